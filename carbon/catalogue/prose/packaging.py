"""Reads packaging as people say it, gives a compact cell of items with counts and masses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from carbon.base.words import template_rows
from carbon.catalogue.names import key
from carbon.catalogue.prose.signs import any_of, sign
from carbon.catalogue.prose.wording import LEFT_ALONE, Reading, Wording, pieces, tidy
from carbon.catalogue.schema import Vocabulary

__all__ = ["PackagingProse"]

_CENTIMETRES: Final[dict[str, float]] = sign("centimetres")
_UNIT: Final = "|".join(sorted(_CENTIMETRES, key=len, reverse=True))
_SIZE: Final = re.compile(
    rf"(?P<a>\d+(?:\.\d+)?)\s*(?P<ua>{_UNIT})?\s*[x×*]\s*(?P<b>\d+(?:\.\d+)?)\s*(?P<ub>{_UNIT})?"
    rf"(?:\s*[x×*]\s*(?P<c>\d+(?:\.\d+)?))?\s*(?P<u>{_UNIT})?",
    re.I,
)
_PIECES: Final = any_of("counters")
_NUMERALS: Final = {numeral: at + 1 for at, numeral in enumerate(sign("numerals"))} | {
    sign("two"): 2
}
_COUNT: Final = (
    re.compile(rf"^\s*(?P<n>\d{{1,3}})\s*(?:[x×*]|{_PIECES})\s*(?:of\s+)?", re.I),
    re.compile(rf"\s*[x×*]\s*(?P<n>\d{{1,3}})\s*(?:{_PIECES}|{any_of('packs')})?\s*$", re.I),
    re.compile(rf"\s*(?P<n>\d{{1,3}})\s*{_PIECES}\s*$", re.I),
    re.compile(rf"^\s*(?P<n>{'|'.join(_NUMERALS)}){_PIECES}\s*"),
    re.compile(rf"\s*(?P<n>{'|'.join(_NUMERALS)}){_PIECES}\s*$"),
    re.compile(r"^\s*(?P<n>[2-9])\s+(?=[a-z])", re.I),
)
_MASS: Final = re.compile(
    rf"{any_of('about')}?\s*(?P<n>\d+(?:\.\d+)?)\s*(?P<u>{any_of('grams')})", re.I
)
_TRIPS: Final = re.compile(rf"(?P<n>\d+)\s*{any_of('times')}", re.I)
_LABEL: Final = re.compile(rf"^{any_of('packaging_label')}\s*:\s*", re.I)
_BOXES: Final = frozenset({"corrugated_box", "small_box", "large_box"})


@lru_cache(maxsize=1)
def _boxes() -> list[tuple[float, str]]:
    """Largest sum of length, width and height [cm] → the box of that size."""
    rows = template_rows("catalogue", "boxes.csv")
    return [(float(row["most_cm"]), row["item"]) for row in rows]


class PackagingProse:
    """Reader of cells about packaging.

    ``vocabulary``: its words of the kinds ``ask.item`` and ``drop.item`` are known beside the
    items.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.wording = Wording(vocabulary, "item")
        self.gaps = {key(word) for word in vocabulary.words_of("gap.item")}

    def read(self, text: str, _category: str = "") -> Reading:
        """Compact cell of what is said of packaging."""
        cells = []
        clean = _LABEL.sub("", tidy(text))
        if key(clean) in self.gaps:
            return Reading(None, "C213", "it names no packaging")
        for piece in pieces(clean):
            cell = self._piece(piece)
            if isinstance(cell, Reading):
                return cell
            cells.append(cell)
        return Reading("; ".join(cells)) if cells else LEFT_ALONE

    def _piece(self, text: str) -> str | Reading:
        """One item, or why it is none."""
        known = self.wording.known(text)
        trips = _TRIPS.search(text) if not known else None
        rest = _TRIPS.sub(" ", text) if trips else text
        size = _SIZE.search(rest) if not known else None
        rest = _SIZE.sub(" ", rest, count=1) if size else rest
        mass = None if known else _MASS.search(rest)
        rest = _MASS.sub(" ", rest, count=1) if mass else rest
        count = 1
        ids = self.wording.ids(rest)
        if not ids:
            for pattern in _COUNT:
                match = pattern.search(rest)
                if match:
                    number = match["n"]
                    count = _NUMERALS.get(number) or int(number)
                    rest = pattern.sub(" ", rest, count=1)
                    ids = self.wording.ids(rest)
                    break
        if not ids:
            return LEFT_ALONE
        if len(ids) > 1:
            return Reading(None, "C213", f"it may mean {' or '.join(ids)}")
        item = self._sized(ids[0], size)
        cell = f"{count} x {item}" if count != 1 else item
        if mass:
            cell += f" {mass['n']} {mass['u']}"
        return f"{cell} {trips['n']} trips" if trips else cell

    def _sized(self, item: str, size: re.Match[str] | None) -> str:
        """Box of the stated size."""
        if size is None or item not in _BOXES or not size["c"]:
            return item
        unit = (size["u"] or size["ub"] or size["ua"] or "cm").lower()
        lengths = [float(size[side]) * _CENTIMETRES.get(unit, 1.0) for side in "abc"]
        total = sum(lengths)
        sized = next((name for most, name in _boxes() if total <= most), item)
        return sized if key(sized) in self.wording.names.codes else item
