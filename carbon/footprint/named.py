"""Reads names of goods and their categories, gives the names that are of another category."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.catalogue.schema import Vocabulary

__all__ = ["other_category"]

SHORTEST: Final = {True: 2, False: 4}
"""Characters that a word must have to tell a category: Chinese ones, others."""

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


def other_category(
    names: pd.Series, category: pd.Series, vocabulary: Vocabulary
) -> npt.NDArray[np.bool_]:
    """Names that hold words of other categories and none of their own.

    Parameters
    ----------
    names : pandas.Series of str, shape (n,)
        As shown to shoppers; NaN where there is none.
    category : pandas.Series of category, shape (n,)
        What each is listed as.
    vocabulary : Vocabulary
        Words of the categories.

    Returns
    -------
    ndarray of bool, shape (n,)
        A name without any such word, or of goods in the same group where a word may be meant
        for either, says nothing.

    Examples
    --------
    >>> from carbon.study import Study
    >>> goods = Study().catalogue("sku,name,category\\nA,圆领T恤,dress\\nB,圆领T恤,t_shirt\\n").skus
    >>> other_category(goods["name"], goods["category"], Study().vocabulary).tolist()
    [True, False]
    """
    code, unique = pd.factorize(names)
    texts = pd.Series(unique, dtype="object").fillna("").astype(str).str.casefold()
    words = _words(vocabulary)
    flag = np.zeros(len(names), dtype=bool)
    if not words or texts.empty:
        return flag
    alternatives = "|".join(
        re.escape(word) if _CHINESE.search(word) else rf"\b{re.escape(word)}\b"
        for word in sorted(words, key=len, reverse=True)
    )
    matches = texts.str.extractall(f"({alternatives})")[0]
    if matches.empty:
        return flag
    of = matches.map(words)
    named_by_text = pd.crosstab(matches.index.get_level_values(0), of) > 0
    named_by_text = named_by_text.reindex(range(len(texts)), fill_value=False)
    ids = vocabulary.names("category").ids
    of_category = named_by_text.reindex(columns=ids, fill_value=False).to_numpy()
    listed = category.cat.codes.to_numpy()
    at = np.maximum(code, 0)
    some: npt.NDArray[np.bool_] = named_by_text.to_numpy(dtype=bool).max(axis=1)[at]
    some = some & (code >= 0) & (listed >= 0) & ~of_category[at, np.maximum(listed, 0)]
    # a longer word of another category may hold the word of its own
    for item in np.unique(listed[some]):
        here = np.flatnonzero(some & (listed == item))
        alone = "|".join(re.escape(word) for word, name in words.items() if name == ids[item])
        if alone:
            some[here] = ~texts.iloc[code[here]].str.contains(alone).to_numpy(dtype=bool)
    return some


def _words(vocabulary: Vocabulary) -> dict[str, str]:
    """Words of categories that are long enough to tell one."""
    table = {
        alias: item
        for alias, item in vocabulary.words_of("category").items()
        if len(alias) >= SHORTEST[bool(_CHINESE.search(alias))]
    }
    for name, item in zip(
        vocabulary.categories["name_zh"], vocabulary.categories["category"], strict=True
    ):
        table.setdefault(str(name), str(item))
    return table
