"""Reads names as people write them, gives ids: for columns of many cells with few names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base.words import template_rows

__all__ = ["Names", "by_unique", "key", "may_hold", "nearest", "simplified", "written"]

_NEAR = 0.75
"""Least likeness of a suggestion: two letters of eight may differ, and the first may not."""

_GAP = re.compile(r"[\s_\-‐–—]+")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")


@lru_cache(maxsize=1)
def _characters() -> dict[int, str]:
    """Traditional character → the simplified one (OpenCC, Apache 2.0)."""
    rows = template_rows("catalogue", "traditional.csv")
    return {ord(row["traditional"]): row["simplified"] for row in rows}


def simplified(text: str) -> str:
    """Text in NFKC, without invisible characters, traditional characters made simplified.

    >>> simplified("滌綸\u200b１００％")
    '涤纶100%'
    """
    if text.isascii():
        return text
    shown = text if text.isalnum() else _INVISIBLE.sub("", text)
    return unicodedata.normalize("NFKC", shown).translate(_characters())


_LETTERS = {
    ord(full): plain
    for full in map(chr, range(0xFF01, 0xFF5F))
    if (plain := unicodedata.normalize("NFKC", full)).isalnum()
}
"""Full-width letter or digit → the one that is meant."""

_TEXT_FORMULA = re.compile(r'^="([^"]*)"$')


def written(text: str) -> str:
    """Text as it is printed: what does not show is left out, letters and digits are of one width.

    >>> written(" Ａ™（１６½）\u200b"), written('="00123"')
    ('A™（16½）', '00123')
    """
    shown = _INVISIBLE.sub("", text).translate(_LETTERS).strip()
    return _TEXT_FORMULA.sub(r"\1", shown)


def key(name: str) -> str:
    """Fold a name for comparison: see :func:`simplified`; case, blanks and hyphens are alike.

    >>> key("  T-Shirt： ") == key("t_shirt"), key("棉 襯衫")
    (True, '棉 衬衫')
    """
    folded = simplified(name).casefold()
    if folded.isalnum():
        return folded
    return _GAP.sub(" ", folded.strip(" \t\r\n:：.,-—_'\"")).strip()


def by_unique(texts: Any, function: Callable[[str], Any], dtype: Any, missing: Any) -> NDArray[Any]:
    """Apply a function once to each different text of a column.

    ``texts``: pyarrow.Array, strings; nulls give ``missing``; ``function``: from a text to a value
    of ``dtype``.

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
    every: NDArray[Any] = values[indices]
    return every


def may_hold(texts: Any, words: Iterable[str]) -> bool:
    """Whether any of some words may stand in texts, in any case: cheaper than a pattern.

    Parameters
    ----------
    texts : pyarrow.Array
        Strings in NFKC; what lies beside a slice counts too.
    words : iterable of str

    Examples
    --------
    >>> may_hold(pa.array(["12 g MEASURED"]), ["measured"]), may_hold(pa.array(["12 g"]), ["实测"])
    (True, False)
    """
    buffer = texts.buffers()[2]
    data = b"" if buffer is None else buffer.to_pybytes().lower()
    return any(
        # bytes do not tell the other case of a letter that is not ASCII
        word.lower().encode() in data or (not word.isascii() and word.lower() != word.upper())
        for word in words
    )


def nearest(word: str, known: Iterable[str], least: float, count: int = 1) -> list[str]:
    """Known words that are most like a word, the nearest first.

    ``word``: its first 60 characters count; ``least``: likeness from which a word is like another
    [1]; ``count``: how many at most.

    >>> nearest("coton", ["carton", "cotton", "wood"], 0.6, 2)
    ['cotton', 'carton']
    """
    if not word:
        return []
    from rapidfuzz import process  # only where something is unknown
    from rapidfuzz.fuzz import ratio

    near = process.extract(
        word[:60], list(known), scorer=ratio, score_cutoff=100 * least, limit=count
    )
    return [each for each, *_ in near]


class Names:
    """Finder of ids by any of their names.

    ``ids``: the position of an id is its code; ``aliases``: folded name (see :func:`key`) → id.

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
        folded = re.sub(r"[0-9.%]+", " ", key(name)).strip()
        near = nearest(folded, [known for known in self.codes if known[:1] == folded[:1]], _NEAR)
        return near[0] if near else ""

    def categorical(self, codes: NDArray[Any]) -> pd.Categorical:
        """Ids as a categorical column; -1 becomes NaN."""
        return pd.Categorical.from_codes(codes, categories=self._index)

    @cached_property
    def _index(self) -> pd.Index[Any]:
        return pd.Index(self.ids, dtype="str")
