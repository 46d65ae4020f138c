"""Reads what care labels and product pages say of materials, gives a compact cell of shares."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from carbon.base.words import template_rows
from carbon.catalogue.names import key
from carbon.catalogue.prose.signs import any_of
from carbon.catalogue.prose.wording import LEFT_ALONE, Reading, Wording, pieces, tidy
from carbon.catalogue.schema import Vocabulary

__all__ = ["MaterialProse"]

_PERCENT: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:%|percent\b|pct\b)", re.I)
_MASS: Final = re.compile(
    rf"^(?P<a>.*?)\s*:?\s*(?P<n>\d+(?:\.\d+)?)\s*(?P<u>{any_of('grams')})(?P<b>.*)$", re.I
)
_CONTENT_OF_DOWN: Final = re.compile(
    rf"[(,;]?\s*{any_of('down_content')}\s*:?\s*\d+(?:\.\d+)?\s*(?:%|{any_of('grams')}|\+)?\s*\)?",
    re.I,
)
_BRACKETED: Final = re.compile(r"\(\s*(\d+(?:\.\d+)?\s*%)\s*\)")
_REMARK: Final = re.compile(r"^\([^()]*\)$")
_RECYCLED: Final = re.compile(rf"^{any_of('recycled')}\s*(?P<name>.+)$", re.I)
_EDGE: Final = " ;,/|+.:=-~\u3001\u3002"
_OTHER: Final = 0.05
"""Largest share of unnamed fibres that counts like the rest: labels need not name less (Regulation
(EU) 1007/2011, article 9; GB/T 29862)."""
_OFF: Final = 0.01  # the sum of what a label states may be off by its rounding

Entry = tuple[str, float | None, float]
"""Id of a material (several ids joined by ``|`` are candidates), share, recycled share."""


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    """Part of a product → its usual share of the mass, of ``templates/catalogue/parts.csv``."""
    rows = template_rows("catalogue", "parts.csv")
    return {row["part"]: float(row["weight"]) for row in rows}


class MaterialProse:
    """Reader of cells about materials.

    ``vocabulary``: its words of the kinds ``part``, ``blend``, ``vague.material``, ``ask.material``
    and ``drop.material`` are known beside the materials.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.wording = Wording(vocabulary, "material")
        self.blends = {key(k): v for k, v in vocabulary.words_of("blend").items()}
        self.vague = {key(word) for word in vocabulary.words_of("vague.material")}
        self.within = {key(k): v for k, v in vocabulary.words_of("within.material").items()}
        parts = vocabulary.words_of("part")
        self.parts = {key(word): part for word, part in parts.items()}
        words = sorted(self.parts, key=len, reverse=True)
        signs = "|".join(re.escape(word) for word in words if not word.isascii())
        latin = "|".join(re.escape(word) for word in words if word.isascii())
        behind = r"(?:^|(?<=[\s;,/|+.)\u3001\u3002]))"
        self._label = re.compile(
            rf"{behind}(?:(?P<sign>{signs or '(?!)'})(?:\s*{any_of('composition')})?\s*"
            r"(?:[:\-]\s*|\s+|(?=[^\s;,/|+\u3001]))"
            rf"|(?P<latin>{latin or '(?!)'})\s*(?:[:\-]\s*|\s+(?=\d)))",
            re.I,
        )

    def read(self, text: str, category: str = "") -> Reading:
        """Compact cell of what a label says.

        ``category``: in which a word of several meanings may have one.
        """
        clean = _CONTENT_OF_DOWN.sub(" ", tidy(text)).strip()
        clean = _BRACKETED.sub(r" \1 ", clean)
        if key(clean) in self.vague:
            return Reading(None, "C209", "it names no material")
        weighed = self._weighed(clean)
        if weighed:
            return Reading(weighed)
        parts = self._parts(clean)
        mixed: dict[tuple[str, float], float] = {}
        total = sum(_weights().get(part, 1.0) for part, _ in parts)
        contents = []
        for part, content in parts:
            entries = self._entries(content, category)
            if entries is None and part == "fill":  # down of 90 %: the rest is feathers
                entries = self._entries(_PERCENT.sub(" ", content), category)
                if entries is not None and [name for name, _, _ in entries] != ["down"]:
                    entries = None
            if entries is None:
                return LEFT_ALONE
            asked = next((name for name, _, _ in entries if "|" in name), "")
            if asked:
                meanings = " or ".join(dict.fromkeys(asked.split("|")))
                return Reading(None, "C209", f"it may mean {meanings}")
            if any(name == "?" for name, _, _ in entries):
                return Reading(None, "C209", "a large part of it is not named")
            if len(entries) > 1 and any(share is None for _, share, _ in entries):
                return Reading(None, "C207")
            for name, share, recycled in entries:
                weight = _weights().get(part, 1.0) / total
                item = (name, recycled)
                mixed[item] = mixed.get(item, 0.0) + weight * (1.0 if share is None else share)
            contents.append(sorted(entries, key=str))
        cell = "; ".join(
            f"{name} {share * 100:.12g}%" + (f" recycled {part * 100:.12g}%" if part else "")
            for (name, part), share in mixed.items()
        )
        alike = all(content == contents[0] for content in contents)
        return Reading(cell, "" if alike else "C208")

    def _weighed(self, text: str) -> str:
        """Compact cell of materials that are all given by their mass, else nothing."""
        cells = []
        for piece in pieces(text):
            mass = _MASS.match(piece)
            ids = self.wording.ids(mass["a"] + mass["b"]) if mass else ()
            if mass is None or len(ids) != 1:
                return ""
            cells.append(f"{ids[0]} {mass['n']} {mass['u']}")
        return "; ".join(cells)

    def _parts(self, text: str) -> list[tuple[str, str]]:
        """Parts of a product, as shell and lining, and what is said of each."""
        labels = list(self._label.finditer(text))
        if not labels or self.wording.known(text):
            return [("", text)]
        parts: list[tuple[str, str]] = []
        before = text[: labels[0].start()].strip(_EDGE)
        if before:
            parts.append(("shell", before))
        for label, following in zip(labels, [*labels[1:], None], strict=True):
            end = following.start() if following else len(text)
            content = text[label.end() : end].strip(_EDGE)
            part = self.parts[key(label["sign"] or label["latin"])]
            if content:
                parts.append((part, content))
        return parts or [("", text)]

    def _entries(self, text: str, category: str) -> list[Entry] | None:
        """Materials of one part; None if one is not known or the shares do not sum to 100 %."""
        entries: list[Entry] = []
        for piece in pieces(text):
            piece_entries = self._piece(piece, category)
            if piece_entries is None:
                return None
            entries += piece_entries
        if not entries:
            return None
        named = [entry for entry in entries if entry[0] != "?"]
        rest = sum(share or 0.0 for name, share, _ in entries if name == "?")
        if named and len(named) < len(entries) and 0 < rest <= _OTHER:
            entries = named
        else:
            rest = 0.0
        shares = [share for _, share, _ in entries if share is not None]
        if len(shares) == len(entries):
            total = sum(shares)
            if abs(total + rest - 1.0) > _OFF:
                return None
            entries = [(name, (share or 0.0) / total, part) for name, share, part in entries]
        return entries

    def _piece(self, text: str, category: str) -> list[Entry] | None:
        """Materials of a piece, as ``95% cotton 5% spandex`` or ``combed cotton``."""
        direct = None if "%" in text else self._named(text, category)
        if direct is not None:
            return direct
        tokens = _PERCENT.split(text)
        texts, numbers = tokens[0::2], tokens[1::2]
        texts = [part.strip(_EDGE) for part in texts]
        if not numbers:
            return None
        if texts[0] and _REMARK.match(texts[-1]) and not self.wording.ids(texts[-1].strip("()")):
            texts[-1] = ""  # what a bracket adds behind the shares, as a certificate
        if texts[0] and not texts[-1]:
            names = texts[:-1]
        elif texts[-1] and not texts[0]:
            names = texts[1:]
        else:
            return None
        if not all(names):
            return None
        entries: list[Entry] = []
        for name, number in zip(names, numbers, strict=True):
            share = float(number.replace(",", ".")) / 100
            named = self._named(name, category)
            if named is None:
                return None
            entries += [
                (each, share if part is None else part * share, recycled)
                for each, part, recycled in named
            ]
        return entries

    def _named(self, text: str, category: str) -> list[Entry] | None:
        """Materials that a name means, without a share of its own."""
        for candidate in self.wording.candidates(text):
            if candidate in self.vague:
                return [("?", None, 0.0)]
            blend = self.blends.get(candidate)
            if blend is not None:
                mixed = (part.rsplit(" ", 1) for part in blend.split("; "))
                return [(name, float(share.rstrip("%")) / 100, 0.0) for name, share in mixed]
            within = self.within.get(key(f"{category} {candidate}"))
            if category and within:
                return [(within, None, 0.0)]
            ids = self.wording.known(candidate)
            if ids:
                return [("|".join(ids), None, 0.0)]
            recycled = _RECYCLED.match(candidate)
            if recycled:
                ids = self.wording.ids(recycled["name"])
                if len(ids) == 1:
                    return [(ids[0], None, 1.0)]
        return None
