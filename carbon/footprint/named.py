"""Reads names of goods and their categories, gives what each name says of its category."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.edition import MOST_KNOWN
from carbon.base.arrays import Flags
from carbon.catalogue.names import simplified
from carbon.catalogue.prose.signs import sign
from carbon.catalogue.schema import Vocabulary

__all__ = ["Said", "said"]

SHORTEST: Final = {True: 2, False: 4}
"""Characters that a word must have to tell that goods are of another category: Chinese ones,
others. A shorter one can still say that they are of their own."""

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


class Said(NamedTuple):
    """What names say of the categories that goods are listed as.

    - ``other`` (n,): the name holds words of other categories and none of its own; a part of its
      own, as cherries are of fruit, is no other
    - ``own`` (n,): the name holds a word of its own category, and none of another in the same group
    """

    other: Flags
    own: Flags


def said(names: pd.Series, category: pd.Series, vocabulary: Vocabulary) -> Said:
    """What each name, as shown to shoppers, says of what the goods are listed as.

    A name without any word of a category says neither. One that speaks of two categories between
    which goods could be moved, of one group, says neither too: a merchant could write both.

    >>> from carbon.study import Study
    >>> text = "sku,name,category\\nA,圆领T恤,dress\\nB,圆领T恤,t_shirt\\nC,,t_shirt\\n"
    >>> goods = Study().catalogue(text).skus
    >>> [part.tolist() for part in said(goods["name"], goods["category"], Study().vocabulary)]
    [[True, False, False], [False, True, False]]
    >>> fruit = Study().catalogue("sku,name,category\\nA,车厘子,水果\\nB,车厘子,大米\\n").skus
    >>> said(fruit["name"], fruit["category"], Study().vocabulary).other.tolist()
    [False, True]
    """
    nothing = Said(np.zeros(len(names), dtype=bool), np.zeros(len(names), dtype=bool))
    words, pattern, tables = _lexicon(vocabulary)
    code, unique = pd.factorize(names)
    listed = category.cat.codes.to_numpy()
    known = (code >= 0) & (listed >= 0)
    if not words or not known.any():
        return nothing
    texts = pd.Series([simplified(str(name)).casefold() for name in unique], dtype="object")
    matches = texts.str.extractall(pattern)[0]
    if matches.empty:
        return nothing
    ids = vocabulary.names("category").ids
    spoken = pd.DataFrame(
        {
            "text": matches.index.get_level_values(0),
            "word": pd.Index(words).get_indexer(
                pd.Index([_singular(word, words) for word in matches])
            ),
        }
    )
    # each different pair of a name and what it is listed as is looked at once
    pair, at = np.unique(np.column_stack([code, listed])[known], axis=0, return_inverse=True)
    pairs = pd.DataFrame({"text": pair[:, 0], "listed": pair[:, 1], "pair": range(len(pair))})
    held = pairs.merge(spoken, on="text")
    word, of = held["word"].to_numpy(), held["listed"].to_numpy()
    own = tables.means[word, of]
    alike = tables.groups[word, tables.group[of]]

    def any_of(flag: Flags) -> Flags:
        return np.bincount(held["pair"].to_numpy()[flag], minlength=len(pair)) > 0

    some_own = any_of(own)
    other = any_of(tables.tells[word] & ~tables.narrower[word, of]) & ~some_own
    # a longer word of another category may hold the word of its own: it says neither
    for item in np.unique(pair[other, 1]):
        here = np.flatnonzero(other & (pair[:, 1] == item))
        alone = "|".join(re.escape(name) for name, means in words.items() if means == (ids[item],))
        if alone:
            other[here] = ~texts.iloc[pair[here, 0]].str.contains(alone).to_numpy(dtype=bool)
    for flags, found in zip(nothing, (other, some_own & ~any_of(alike & ~own)), strict=True):
        flags[known] = found[at.ravel()]
    return nothing


@lru_cache(maxsize=MOST_KNOWN)
def _lexicon(vocabulary: Vocabulary) -> tuple[dict[str, tuple[str, ...]], str, _Tables]:
    """Words, one pattern of them all, and what they mean; batch after batch needs the same."""
    words = _words(vocabulary)
    return words, f"({_pattern(words)})", _tables(words, vocabulary)


class _Tables(NamedTuple):
    """What words mean, as arrays: categories, what these are part of, groups, what tells."""

    means: Flags
    narrower: Flags
    groups: Flags
    tells: Flags
    group: npt.NDArray[np.intp]


def _tables(words: dict[str, tuple[str, ...]], vocabulary: Vocabulary) -> _Tables:
    ids = vocabulary.names("category").ids
    position = {name: at for at, name in enumerate(ids)}
    table = vocabulary.categories
    goods = table["group"] if "group" in table else table["category"]
    group = pd.factorize(goods.astype(str))[0]
    means = np.zeros((len(words), len(ids)), dtype=bool)
    for row, names in enumerate(words.values()):
        means[row, [position[name] for name in names if name in position]] = True
    narrower = np.zeros_like(means)
    for wide, parts in sign("broader").items():
        if wide in position:
            here = [position[name] for name in parts if name in position]
            narrower[:, position[wide]] = means[:, here].any(axis=1)
    groups = np.zeros((len(words), len(ids)), dtype=bool)
    word, column = np.nonzero(means)
    groups[word, group[column]] = True
    tells = np.array(
        [
            len(names) == 1 and len(name) >= SHORTEST[bool(_CHINESE.search(name))]
            for name, names in words.items()
        ]
    )
    return _Tables(means, narrower, groups, tells, group)


def _pattern(words: dict[str, tuple[str, ...]]) -> str:
    """One pattern of all words, the longest first."""

    def each(word: str) -> str:
        if not _CHINESE.search(word):
            return rf"\b{re.escape(word)}(?:e?s)?\b"
        # one character stands in many words; what a thing is stands last
        return re.escape(word) + ("$" if len(word) == 1 else "")

    return "|".join(each(word) for word in sorted(words, key=len, reverse=True))


def _singular(word: str, words: dict[str, tuple[str, ...]]) -> str:
    """The known word that was met, its plural's ending left out."""
    ends = (word, word.removesuffix("s"), word.removesuffix("es"))
    return next(end for end in ends if end in words)


def _words(vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """Words of categories → what each may mean."""
    table = dict(vocabulary.asks("category"))
    for kind in ("title", "category", "map.category"):
        for name, item in vocabulary.words_of(kind).items():
            table[simplified(name).casefold()] = (item,)
    goods = vocabulary.categories
    for column in ("category", "name", "name_zh"):
        if column in goods:
            for name, item in zip(goods[column], goods["category"], strict=True):
                if isinstance(name, str) and name:
                    table.setdefault(simplified(name).casefold(), (str(item),))
    return {name: ids for name, ids in table.items() if name}
