"""Reads categories, paths of categories and product names, gives a category or candidates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from carbon.base.words import template_rows
from carbon.catalogue.names import key
from carbon.catalogue.prose.signs import sign
from carbon.catalogue.prose.wording import LONGEST, Wording, tidy
from carbon.catalogue.schema import Vocabulary

__all__ = ["CategoryProse", "Choice"]

_STEP: Final = re.compile(r"\s*(?:>{1,2}|›|»|\||\\|→)\s*")
_LEVEL: Final = re.compile(r"\s*/\s*")
_AMONG: Final = re.compile(r"\s*(?:[/&,、，]|\band\b|\bor\b)\s*", re.I)
_BESIDE: Final = re.compile(r"\s(?:for|with|from|w/|by|inspired)\s|\s[-–|]\s|,\s", re.I)
"""What stands behind it in an English name is no thing of its own: a use, a part, a colour."""

_ATTRIBUTE: Final = re.compile("味|色|风|型|香型|口味|通用|专用|适用|可用|图案|印花")
"""Behind a word of a Chinese name it says that the word is a flavour, a colour or a use."""

_PLURAL: Final = re.compile(r"(?:e?s)?(?![a-z])")


OTHER: Final = "other"
"""Category of goods of which the edition knows nothing but their price."""


@lru_cache(maxsize=1)
def _title_words() -> dict[str, str]:
    """Folded words of product names and leaves → a category; empty where they name no thing.

    A category that the edition lacks says that the thing is none of its categories.
    """
    rows = template_rows("catalogue", "titles.csv")
    return {key(row["word"]): row["category"] for row in rows}


@dataclass(frozen=True)
class Choice:
    """What the cells of a SKU say about its category."""

    category: str  # empty if none is certain
    # C017 where a word has several meanings, C018 where name or mass decided, C024 where the name
    # alone proposes it
    code: str = ""
    hint: str = ""


def _leaf(text: str) -> str:
    """Last step of a path of categories."""
    steps = [step for step in _STEP.split(tidy(text)) if step]
    return steps[-1] if steps else text


class CategoryProse:
    """Reader of categories.

    ``vocabulary``: its words of the kinds ``ask.category``, ``drop.category`` and ``title`` (words
    of product names) are known beside the categories.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.wording = Wording(vocabulary, "category")
        codes = self.wording.names.codes
        words = {
            word: self.wording.names.ids[code]
            for word, code in codes.items()
            if len(word) >= (4 if word.isascii() else 2)
        }
        words |= {key(word): item for word, item in vocabulary.words_of("title").items()}
        self.proposes = bool(vocabulary.words_of("title"))
        if self.proposes:
            words |= _title_words()
            stated = vocabulary.words_of("map.category").items()
            words |= {key(word): item for word, item in stated}
        self.titles = words
        self._ids = frozenset(self.wording.names.ids)
        self._longest = max(map(len, words), default=0)
        table = vocabulary.parameter_table
        self.bounds = {
            str(name): (float(low), float(high))
            for name, low, high in zip(
                table.index, table["mass_min"], table["mass_max"], strict=True
            )
        }

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, vocabulary: Vocabulary) -> CategoryProse:
        """Reader of a vocabulary; batch after batch needs the same."""
        return cls(vocabulary)

    def read(self, text: str, name: str = "", mass_kg: float = float("nan")) -> Choice:
        """Category of a cell; where its word has several meanings, name and mass may decide.

        ``name``: of the product, empty if there is none; ``mass_kg``: of one unit [kg], NaN if it
        is not known.
        """
        if len(text) > LONGEST:
            return Choice("")
        leaf = _leaf(text)
        levels = _LEVEL.split(leaf)
        each = [self.wording.ids(level) for level in levels]
        wider, narrower = sign("broader"), {ids[0] for ids in each if len(ids) == 1}
        beside = tuple(
            each for each in sorted(narrower) if not narrower.intersection(wider.get(each, ()))
        )
        for candidate in dict.fromkeys([text, leaf, levels[-1]]):
            ids = self.wording.ids(candidate)
            if candidate not in (text, leaf) and ids and len(beside) > 1:
                return self._decided(beside, name, mass_kg)  # 帽子/围巾 stand beside each other
            asked = self.wording.asks.get(key(candidate), ())
            if len(ids) == 1 and asked:  # a category's own name, which may mean another as well
                choice = self._decided(asked, name, float("nan"))
                return choice if choice.category else Choice(ids[0])
            if len(ids) == 1:
                return Choice(ids[0])
            if ids:
                return self._decided(ids, name, mass_kg)
        said = self._of_leaf(leaf) if self.proposes else ""
        proposal = said or self.proposal(name)
        hint = f"the {'path' if said else 'name'} says {proposal!r}" if proposal else ""
        if proposal and self.proposes:
            return Choice(proposal, "C024", hint)
        return Choice("", "", hint)

    def _of_leaf(self, leaf: str) -> str:
        """Category of which all parts of a leaf speak that speak of any; empty if they differ."""
        parts = _AMONG.split(leaf)
        if any(key(part) in self.wording.asks for part in parts):
            return ""
        spoken = {self.proposal(part) for part in parts} - {""}
        return spoken.pop() if len(spoken) == 1 else ""

    def _spoken(self, name: str) -> list[str]:
        """Known words of a name in their order, the longest at each place."""
        text = key(name[:LONGEST])
        categories = []
        start = 0
        while start < len(text):
            inside = start > 0 and text[start - 1].isascii() and text[start - 1].isalnum()
            step = 1
            if not (inside and text[start].isascii() and text[start].isalnum()):
                for size in range(min(self._longest, len(text) - start), 1, -1):
                    word = text[start : start + size]
                    cut = word[-1].isascii() and not _PLURAL.match(text, start + size)
                    if word in self.titles and not cut:
                        step = self._overlapped(text, start, size)
                        attribute = step < size or _ATTRIBUTE.match(text, start + size)
                        if self.titles[word] and not attribute:
                            categories.append(word)
                        break
            start += step
        return categories

    def _overlapped(self, text: str, start: int, size: int) -> int:
        """Where the next word begins: inside a Chinese one, if a known word goes on beyond it.

        A phone's case (华为手机壳) is no phone: what a thing is stands last.
        """
        if text[start].isascii():
            return size
        for step in range(1, size):
            here = start + step
            for end in range(min(len(text), here + self._longest), start + size, -1):
                if text[here:end] in self.titles:
                    return step
        return size

    def proposal(self, name: str) -> str:
        """Category that a product's name speaks of; empty if none, or several."""
        # an English name says what the thing is before it says for what, or with what
        for part in (_BESIDE.split(f"{tidy(name)[:LONGEST]} ")[0], name):
            words = self._spoken(part)
            if words:
                return self._thing([self.titles[word] for word in words])
        return ""

    def _thing(self, named: list[str]) -> str:
        """The thing that a name names; empty if it names several, or what is no category."""
        if not self.proposes:
            return named[-1]
        things = set(named)
        things -= {each for each in things if things.intersection(sign("broader").get(each, ()))}
        return things.pop() if len(things) == 1 and things <= self._ids else ""

    def _decided(self, ids: tuple[str, ...], name: str, mass_kg: float) -> Choice:
        """Choose among the meanings of a word."""
        known = self.wording.names.codes
        # what is no category is written as the one for all that have none
        meant = dict.fromkeys(each if key(each) in known else OTHER for each in ids)
        asked = f"it may mean {' or '.join(each for each in meant if key(each) in known)}"
        named = [self.titles[word] for word in self._spoken(name)]
        strange = sorted(set(named) - set(ids))
        if strange:
            return Choice("", "C017", f"{asked}; the name says {' and '.join(strange)}")
        if named:  # what a thing is stands last in its name
            return self._known(named[-1], "by its name", asked)
        if not np.isnan(mass_kg):
            within = [
                each
                for each in ids
                if each in self.bounds and self.bounds[each][0] <= mass_kg <= self.bounds[each][1]
            ]
            if len(within) == 1 and all(each in self.bounds for each in ids):
                return self._known(within[0], "by its mass", asked)
        return Choice("", "C017", asked)

    def _known(self, category: str, how: str, asked: str) -> Choice:
        if key(category) in self.wording.names.codes:
            return Choice(category, "C018", f"taken as {category} {how}")
        hint = f"{asked}; {how} it is {category}, which is no category"
        known = OTHER in self.wording.names.codes  # counted by its price, wide and without a letter
        return (
            Choice(OTHER, "C018", f"{hint}: taken as {OTHER}")
            if known
            else Choice("", "C017", hint)
        )
