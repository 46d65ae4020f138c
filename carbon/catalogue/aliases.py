"""Reads the words of a column, gives the id that the vocabulary has for each [1]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from carbon.catalogue.names import Names, simplified

__all__ = ["letter_of", "renamed", "spelled"]

_AROUND_LETTER: Final = re.compile(r"^(?:等级|GRADE|LETTER|CLASS)[\s:]*|[\s-]*(?:级|GRADE)$")


def letter_of(text: str) -> str:
    """A letter of a label, whatever its width and case and the words around it.

    >>> [letter_of(text) for text in ("a", "Ａ", " B级", "grade c", "")]
    ['A', 'A', 'B', 'C', '']
    """
    return _AROUND_LETTER.sub("", simplified(text).strip().upper()).strip()


def spelled(words: pd.Series, names: Names) -> dict[str, str]:
    """Id of each different word of a column.

    ``names``: as ``study.vocabulary.names("category")``. Returns: a word that the vocabulary does
    not know stands for itself.
    """
    codes = {str(word): names.code(str(word)) for word in words.cat.categories}
    return {word: str(names.ids[code]) if code >= 0 else word for word, code in codes.items()}


def renamed(words: pd.Series, ids: Mapping[str, str]) -> pd.Series:
    """A column with one word a thing: words of one id are one category.

    ``ids``: as :func:`spelled` gives it.

    >>> sold_as = pd.Series(["bag", "箱包", None], dtype="category")
    >>> renamed(sold_as, {"箱包": "bag"}).tolist()
    ['bag', 'bag', nan]
    """
    targets = [ids.get(str(word), str(word)) for word in words.cat.categories]
    index = pd.Index(dict.fromkeys(targets), dtype="str")
    place = np.append(index.get_indexer(pd.Index(targets)), -1)
    codes = place[words.cat.codes.to_numpy()]
    return pd.Series(pd.Categorical.from_codes(codes, index), index=words.index)
