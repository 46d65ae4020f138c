"""Reads the words of a column, gives the id that the vocabulary has for each [1]."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carbon.catalogue.names import Names

__all__ = ["renamed", "spelled"]


def spelled(words: pd.Series, names: Names) -> dict[str, str]:
    """Id of each different word of a column.

    Parameters
    ----------
    words : pandas.Series of category
    names : Names
        As ``study.vocabulary.names("category")``.

    Returns
    -------
    dict of str to str
        A word that the vocabulary does not know stands for itself.
    """
    codes = {str(word): names.code(str(word)) for word in words.cat.categories}
    return {word: str(names.ids[code]) if code >= 0 else word for word, code in codes.items()}


def renamed(words: pd.Series, ids: Mapping[str, str]) -> pd.Series:
    """A column with one word a thing: words of one id are one category.

    Parameters
    ----------
    words : pandas.Series of category
    ids : mapping of str to str
        As :func:`spelled` gives it.

    Examples
    --------
    >>> sold_as = pd.Series(["bag", "箱包", None], dtype="category")
    >>> renamed(sold_as, {"箱包": "bag"}).tolist()
    ['bag', 'bag', nan]
    """
    targets = [ids.get(str(word), str(word)) for word in words.cat.categories]
    index = pd.Index(dict.fromkeys(targets), dtype="str")
    place = np.append(index.get_indexer(pd.Index(targets)), -1)
    codes = place[words.cat.codes.to_numpy()]
    return pd.Series(pd.Categorical.from_codes(codes, index), index=words.index)
