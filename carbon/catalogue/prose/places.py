"""Reads places as people write them, gives ids of places: one, several candidates, or none.

A place consumes its whole cell: what is left over makes it unknown, and an abbreviation is never
the beginning of a name (Kuala Lumpur, in Chinese, begins like the short name of Jilin).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from carbon.catalogue.names import key
from carbon.catalogue.prose.signs import sign, signs
from carbon.catalogue.prose.wording import LEFT_ALONE, LONGEST, Reading, pieces, tidy
from carbon.catalogue.schema import Vocabulary

__all__ = ["PlaceProse"]

_TENTHS: Final = sign("tenths")
_SHARE: Final = re.compile(
    rf"^(?:(?P<first>\d+(?:\.\d+)?)\s*(?P<fu>%|{_TENTHS})\s*)?(?P<name>.*?)"
    rf"(?:\s*[:(]?\s*(?P<last>\d+(?:\.\d+)?)\s*(?P<lu>%|{_TENTHS})\s*\)?)?$"
)
_BRACKET: Final = re.compile(r"[(\[\u3010]([^()\[\]\u3010\u3011]*)[)\]\u3011]")
_SUFFIX: Final = tuple(signs("place_suffixes"))
_ROAD: Final = re.compile(rf"(?:{'|'.join(signs('directions'))})?(?:{'|'.join(signs('roads'))})")


class PlaceProse:
    """Reader of places.

    ``vocabulary``: its words of the kinds ``zone`` (a word for several places), ``head.region`` and
    ``tail.region`` (what may stand before and behind a place) and ``street`` (signs of an address)
    are known beside the places.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"location": ["CN", "CN-ZJ"], "name": ["China", "Zhejiang"]})
    >>> places = PlaceProse(Vocabulary.of(regions=table.assign(parent=["", "CN"])))
    >>> places.ids("Zhejiang, China"), places.ids("Zhejiangbad")
    (('CN-ZJ',), ())
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        names = vocabulary.names("region")
        self.known: dict[str, tuple[str, ...]] = {
            word: (names.ids[code],) for word, code in names.codes.items()
        }
        self.known |= vocabulary.asks("region")
        self.zones = {
            key(word): tuple(ids.split()) for word, ids in vocabulary.words_of("zone").items()
        }
        self.heads = _longest(vocabulary, "head.region")
        self.tails = _longest(vocabulary, "tail.region")
        self.streets = tuple(vocabulary.words_of("street"))
        table = vocabulary.regions
        self.parent = dict(
            zip(table["location"].astype(str), table["parent"].fillna("").astype(str), strict=True)
        )
        self.longest = max((len(word) for word in self.known), default=0)

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, vocabulary: Vocabulary) -> PlaceProse:
        """Reader of a vocabulary; batch after batch needs the same."""
        return cls(vocabulary)

    def ids(self, text: str) -> tuple[str, ...]:
        """Ids of a place: one, or the several that a word may mean, or none."""
        if len(text) > LONGEST:
            return ()
        folded = key(text)
        for candidate in self._spellings(folded):
            if candidate in self.known:
                return self.known[candidate]
        for candidate in self._spellings(folded):
            ids = self._address(candidate)
            if ids:
                return ids
        return self._nested(text)

    def candidates(self, text: str) -> tuple[str, ...]:
        """Ids that a place may mean, also those of a zone."""
        name = key(text)
        return self.ids(text) or self.zones.get(name) or self.zones.get(self._stripped(name), ())

    def _spellings(self, folded: str) -> list[str]:
        """A name, and the same without what may stand around it."""
        bare = key(_BRACKET.sub(" ", folded))
        inside = [key(part) for part in _BRACKET.findall(folded)]
        spellings = [folded, self._stripped(folded)]
        if bare != folded:
            # what a bracket adds must be a place as well, or words that change nothing
            fits = all(part in self.known or not self._stripped(part) for part in inside)
            spellings += [bare, self._stripped(bare)] if fits else []
        return list(dict.fromkeys(filter(None, spellings)))

    def _stripped(self, text: str) -> str:
        changed = True
        while changed and text not in self.known:
            changed = False
            for word in self.heads:
                if text.startswith(word) and text not in self.known:
                    text, changed = key(text[len(word) :]), True
            for word in self.tails:
                if text.endswith(word) and text not in self.known:
                    text, changed = key(text[: -len(word)]), True
        return text

    def _address(self, text: str) -> tuple[str, ...]:
        """Chinese address: places one within the other, then perhaps a street."""
        text = text.replace(" ", "")
        if text.isascii():
            return ()
        rest = text
        ids: tuple[str, ...] = ()
        levels, suffixed = 0, False
        while rest:
            length = next(
                (
                    size
                    for size in range(min(len(rest), self.longest), 1, -1)
                    if rest[:size] in self.known and not rest[:size].isascii()
                ),
                0,
            )
            if not length:
                break
            here = self.known[rest[:length]]
            merged = self._within(ids, here) if levels else here
            if not merged:
                break
            ids, levels = merged, levels + 1
            suffixed = rest[:length].endswith(_SUFFIX)
            rest = rest[length:]
            for suffix in _SUFFIX:
                if rest.startswith(suffix):
                    rest, suffixed = rest[len(suffix) :], True
                    break
        rest = self._stripped(rest) if rest else rest
        if not rest:
            return ids
        if suffixed and rest.endswith(_SUFFIX) and not self._begins(rest):
            return ids  # a place within it
        street = levels and (levels > 1 or suffixed) and any(sign in rest for sign in self.streets)
        return ids if street and not self._begins(rest) else ()

    def _begins(self, rest: str) -> bool:
        """Whether what is left begins with one more place, which then is of elsewhere."""
        return any(
            rest[:size] in self.known and not _ROAD.match(rest[size:])
            for size in range(2, min(len(rest), self.longest) + 1)
        )

    def _within(self, outer: tuple[str, ...], inner: tuple[str, ...]) -> tuple[str, ...]:
        """Candidates that fit both: equal, or one inside the other."""
        fits = []
        for a in outer:
            for b in inner:
                if a == b or self._contains(a, b):
                    fits.append(b)
                elif self._contains(b, a):
                    fits.append(a)
        return tuple(dict.fromkeys(fits))

    def _contains(self, outer: str, inner: str) -> bool:
        above = self.parent.get(inner, "")
        while above:
            if above == outer:
                return True
            above = self.parent.get(above, "")
        return False

    def _nested(self, text: str) -> tuple[str, ...]:
        """Places with commas or blanks between them, one within the other: ``Shenzhen, China``."""
        for split in (pieces(text), re.split(r"[\s\-]+", key(text))):
            if not 1 < len(split) <= 6:
                continue
            nested = [self.known.get(self._stripped(key(part)), ()) for part in split]
            if not all(nested):
                continue
            ids = nested[0]
            for other in nested[1:]:
                ids = self._within(ids, other)
            if ids:
                return ids
        return ()

    def read(self, text: str, _category: str = "") -> Reading:
        """Compact cell of a mix of places."""
        clean = tidy(text)
        complete = self.ids(clean)
        if len(complete) == 1:
            return Reading(complete[0])
        if len(complete) > 1:
            return Reading(None, "C234", _candidates(complete))
        parts = pieces(clean)
        if len(parts) == 1 and " " in clean:
            parts = re.split(r"(?<!\d)\s+(?=\D)|(?<=%)\s+", clean)
        entries: list[tuple[tuple[str, ...], float | None]] = []
        code = ""
        for part in parts:
            match = _SHARE.match(part)
            if match is None:
                return LEFT_ALONE
            number, unit = match["first"] or match["last"], match["fu"] or match["lu"]
            name = key(match["name"])
            ids = self.zones.get(name) or self.zones.get(self._stripped(name), ())
            if ids:
                code = "C233"
            else:
                ids = self.ids(match["name"])
                if len(ids) > 1:
                    return Reading(None, "C234", _candidates(ids))
            if not ids:
                return LEFT_ALONE
            share = float(number) * (10.0 if unit == _TENTHS else 1.0) if number else None
            entries.append((ids, share))
        if len(entries) == 1 and entries[0][1] is None:
            entries = [(entries[0][0], 100.0)]
        if any(share is None for _, share in entries):
            if len({ids for ids, _ in entries}) == 1 and code == "":
                return Reading(entries[0][0][0])
            return Reading("; ".join(ids[0] for ids, _ in entries) if not code else None, code)
        cells = [
            f"{place} {share / len(ids):.12g}%"
            for ids, share in entries
            if share is not None
            for place in ids
        ]
        return Reading("; ".join(cells), code)


def _candidates(ids: tuple[str, ...]) -> str:
    return f"it may lie in {' or '.join(ids[:5])}"


def _longest(vocabulary: Vocabulary, kind: str) -> tuple[str, ...]:
    words = (key(word) for word in vocabulary.words_of(kind))
    return tuple(sorted(words, key=len, reverse=True))
