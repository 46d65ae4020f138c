"""Reads small tables by row number, gives values for columns of many lines."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from carbon.catalogue.schema import Vocabulary

__all__ = ["CodedTable", "alive", "spread"]


class CodedTable:
    """A table whose columns are taken by row number.

    ``starts``, ``counts``: rows of each group, where the table is sorted by group.

    >>> table = CodedTable(pd.DataFrame({"virgin": ["wood", "", "wood"]}))
    >>> table.words("virgin", np.array([2, 1])).tolist()
    ['wood', nan]
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        starts: NDArray[np.int64] | None = None,
        counts: NDArray[np.int64] | None = None,
    ) -> None:
        self.frame = frame
        self.starts = np.zeros(1, np.int64) if starts is None else starts
        self.counts = np.zeros(1, np.int64) if counts is None else counts
        self._known: dict[str, tuple[NDArray[np.int64], pd.Index[Any]]] = {}

    @classmethod
    @lru_cache(maxsize=32)
    def of(cls, vocabulary: Vocabulary, table: str) -> CodedTable:
        """Table of a vocabulary; batch after batch needs the same."""
        return cls(getattr(vocabulary, table))

    @classmethod
    @lru_cache(maxsize=32)
    def by_category(cls, vocabulary: Vocabulary, table: str) -> CodedTable:
        """Archetype table sorted by category; the last group, of no category, is empty."""
        frame: pd.DataFrame = getattr(vocabulary, table)
        names = vocabulary.names("category")
        code = names.find(pa.array(frame["category"].astype(str), pa.string()))
        frame = frame[code >= 0].iloc[np.argsort(code[code >= 0], kind="stable")]
        counts = np.append(np.bincount(code[code >= 0], minlength=len(names)), 0)
        starts = np.append(0, np.cumsum(counts)[:-1])
        return cls(frame.reset_index(drop=True), starts, counts)

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Column of numbers; NaN where it is empty."""
        if column not in self.frame:
            return np.full(len(self.frame), np.nan)
        return pd.to_numeric(self.frame[column]).to_numpy(dtype=np.float64)

    def _factorized(self, column: str) -> tuple[NDArray[np.int64], pd.Index[Any]]:
        if column not in self._known:
            words = self.frame[column]
            codes, unique = pd.factorize(words.where(words.notna() & (words != ""), None))
            self._known[column] = codes, pd.Index(unique, dtype="str")
        return self._known[column]

    def codes(self, column: str) -> NDArray[np.int64]:
        """Codes of a column of words; -1 where it is empty."""
        return self._factorized(column)[0]

    def words(self, column: str, rows: NDArray[Any]) -> pd.Categorical:
        """Words of a column at some rows, as a categorical."""
        codes, unique = self._factorized(column)
        small = codes.astype(np.int16 if len(unique) < 2**15 else np.int32)
        taken = small[rows] if len(small) else np.empty(0, np.int16)
        return pd.Categorical.from_codes(taken, categories=unique)


def alive(lines: pd.DataFrame, live: NDArray[np.bool_]) -> pd.DataFrame:
    """Lines of the SKUs that have not failed."""
    return lines if live.all() else lines[live[lines["row"].to_numpy()]]


def spread(
    rows: NDArray[Any],
    group: NDArray[Any],
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each row all rows of its group in another table, sorted by group.

    ``group``: group of each row; -1 is the last group; ``starts``, ``counts``: first row and number
    of rows of each group of the other table. Returns ``row``, ``taken``: row, and row of the other
    table, of each line.

    >>> starts, counts = np.array([0, 2]), np.array([2, 1])
    >>> [part.tolist() for part in spread(np.array([7, 8]), np.array([1, 0]), starts, counts)]
    [[7, 8, 8], [2, 0, 1]]
    """
    times = counts[group]
    before = np.cumsum(times) - times
    taken = np.arange(int(times.sum())) + np.repeat(starts[group] - before, times)
    return np.repeat(rows, times).astype(np.int64), taken.astype(np.int64)
