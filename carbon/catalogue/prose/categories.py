"""Reads categories, paths of categories and product names, gives a category or candidates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from carbon.catalogue.names import key
from carbon.catalogue.prose.wording import LONGEST, Wording, tidy
from carbon.catalogue.schema import Vocabulary

__all__ = ["CategoryProse", "Choice"]

_STEP: Final = re.compile(r"\s*(?:>{1,2}|›|»|/|\||\\|→)\s*")


@dataclass(frozen=True)
class Choice:
    """What the cells of a SKU say about its category.

    Parameters
    ----------
    category : str
        Empty if none is certain.
    code : str
        C017 where a word has several meanings, C018 where name or mass decided, C024 where the
        name alone proposes it.
    hint : str
    """

    category: str
    code: str = ""
    hint: str = ""


class CategoryProse:
    """Reader of categories.

    Parameters
    ----------
    vocabulary : Vocabulary
        Its words of the kinds ``ask.category``, ``drop.category`` and ``title`` (words of product
        names) are known beside the categories.
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
        self.titles = words
        self.proposes = bool(vocabulary.words_of("title"))
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

        Parameters
        ----------
        text : str
        name : str
            Of the product, empty if there is none.
        mass_kg : float
            Of one unit [kg], NaN if it is not known.
        """
        if len(text) > LONGEST:
            return Choice("")
        leaf = [step for step in _STEP.split(tidy(text)) if step]
        for candidate in dict.fromkeys([text, leaf[-1] if leaf else text]):
            ids = self.wording.ids(candidate)
            asked = self.wording.asks.get(key(candidate), ())
            if len(ids) == 1 and asked:  # a category's own name, which may mean another as well
                choice = self._decided(asked, name, float("nan"))
                return choice if choice.category else Choice(ids[0])
            if len(ids) == 1:
                return Choice(ids[0])
            if ids:
                return self._decided(ids, name, mass_kg)
        proposal = self.proposal(name)
        hint = f"the name says {proposal!r}" if proposal else ""
        if proposal and self.proposes:
            return Choice(proposal, "C024", hint)
        return Choice("", "", hint)

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
                    follows = text[start + size : start + size + 1]
                    cut = word[-1].isascii() and follows.isascii() and follows.isalpha()
                    if word in self.titles and not cut:
                        categories.append(word)
                        step = size
                        break
            start += step
        return categories

    def proposal(self, name: str) -> str:
        """Category that a product's name speaks of, the last one named; empty if none.

        Parameters
        ----------
        name : str
        """
        words = self._spoken(name)
        return self.titles[words[-1]] if words else ""

    def _decided(self, ids: tuple[str, ...], name: str, mass_kg: float) -> Choice:
        """Choose among the meanings of a word."""
        asked = f"it may mean {' or '.join(ids)}"
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
        return Choice("", "C017", f"{asked}; {how} it is {category}, which is no category")
