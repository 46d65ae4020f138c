"""Names → ids, for columns of many cells with few different names."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["Names", "by_unique", "key"]

_GAP = re.compile(r"[\s_\-‐–—]+")


def key(name: str) -> str:
    """Fold a name for comparison: NFKC, lower case, blanks and hyphens alike.

    Examples
    --------
    >>> key("  T-Shirt： ") == key("t_shirt")
    True
    """
    folded = unicodedata.normalize("NFKC", name).casefold().strip(" \t\r\n:：.,-—_'\"")
    return _GAP.sub(" ", folded).strip()


def by_unique(texts: Any, function: Callable[[str], Any], dtype: Any, missing: Any) -> NDArray[Any]:
    """Apply a function once to each different text of a column.

    Parameters
    ----------
    texts : pyarrow.Array
        Strings; nulls give ``missing``.
    function : callable
        From a text to a value of ``dtype``.
    dtype : numpy dtype
    missing
        Value of a null.

    Examples
    --------
    >>> by_unique(pa.array(["a", None, "a"]), len, np.int32, -1).tolist()
    [1, -1, 1]
    """
    coded = texts if pa.types.is_dictionary(texts.type) else pc.dictionary_encode(texts)
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    values = np.empty(len(coded.dictionary) + 1, dtype)
    for position, text in enumerate(coded.dictionary.to_pylist()):
        values[position] = function(text)
    values[-1] = missing
    indices = pc.fill_null(coded.indices, len(coded.dictionary)).to_numpy(zero_copy_only=False)
    out: NDArray[Any] = values[indices]
    return out


class Names:
    """Finder of ids by any of their names.

    Parameters
    ----------
    ids : sequence of str
        The position of an id is its code.
    aliases : mapping of str to str
        Folded name (see :func:`key`) → id.

    Examples
    --------
    >>> names = Names(["cotton"], {"cotton": "cotton", "棉": "cotton"})
    >>> names.find(pa.array(["Cotton ", "棉", "wood"])).tolist(), names.suggest("coton")
    ([0, 0, -1], 'cotton')
    """

    def __init__(self, ids: Sequence[str], aliases: Mapping[str, str]) -> None:
        self.ids = list(ids)
        codes = {name: code for code, name in enumerate(self.ids)}
        self.codes = {alias: codes[item] for alias, item in aliases.items() if item in codes}

    def __len__(self) -> int:
        return len(self.ids)

    def code(self, name: str) -> int:
        """Code of one name, -1 if it is not known."""
        return self.codes.get(key(name), -1)

    def find(self, texts: Any) -> NDArray[np.int32]:
        """Codes of a column of names, -1 where a name is not known."""
        return by_unique(texts, self.code, np.int32, -1)

    def suggest(self, name: str) -> str:
        """Find the known name nearest to an unknown one, or ``""``."""
        near = difflib.get_close_matches(key(name)[:60], self.codes, n=1, cutoff=0.7)
        return near[0] if near else ""

    def categorical(self, codes: NDArray[Any]) -> pd.Categorical:
        """Ids as a categorical column; -1 becomes NaN."""
        return pd.Categorical.from_codes(codes, categories=self._index)

    @cached_property
    def _index(self) -> pd.Index[Any]:
        return pd.Index(self.ids, dtype="str")
