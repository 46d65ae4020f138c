"""Reads SKUs batch by batch, gives those that stood before, in a catalogue of any size."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.util import hash_array

from carbon.catalogue.cells import clean

__all__ = ["Keys", "SkuIndex", "runs", "sku_digests"]

Keys = NDArray[np.uint64]

_SECOND: Final = "fedcba9876543210"
_LARGEST: Final = 1 << 21
"""Keys of a run that grows no further: it is kept in a file, and the system decides what of it
stays in memory."""


def sku_digests(texts: Any) -> Keys:
    """128 bits of each SKU, by which no two are taken for one.

    ``texts``: pyarrow.Array, SKUs; nulls and empty ones give zeros. Returns: shape (n, 2).

    >>> import pyarrow as pa
    >>> a, b, c = sku_digests(pa.array(["A", "B", "A"]))
    >>> bool((a == c).all()), bool((a == b).any())
    (True, False)
    """
    filled = pc.fill_null(texts, "") if texts.null_count else texts
    words = filled.to_numpy(zero_copy_only=False)
    digests = np.column_stack(
        [
            hash_array(words, categorize=False),
            hash_array(words, hash_key=_SECOND, categorize=False),
        ]
    )
    digests[words == ""] = 0
    return digests


class SkuIndex:
    """SKUs of the rows so far, as sorted runs of keys.

    >>> import pyarrow as pa, tempfile
    >>> seen = SkuIndex(Path(tempfile.mkdtemp()))
    >>> [seen.add(sku_digests(pa.array(list(text)))).tolist() for text in ("AB", "CAD")]
    [[], [1]]
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runs: list[tuple[Keys, Keys, NDArray[np.int64]]] = []
        self._rows = 0
        self._files = 0

    def add(self, keys: Keys) -> NDArray[np.int64]:
        """Positions of those that were seen before; the others are remembered.

        ``keys``: shape (n, 2), as :func:`sku_digests` gives them; zeros are nobody's.
        """
        order = np.argsort(keys[:, 0], kind="stable")
        row = self._found(keys, order)
        order = order[((row < 0) & (keys[:, 0] != 0))[order]]
        run = (keys[order, 0], keys[order, 1], self._rows + order)
        while self._runs and len(self._runs[-1][0]) < min(2 * len(run[0]), _LARGEST):
            run = self._merged(self._runs.pop(), run)
        self._runs.append(run)
        self._rows += len(keys)
        return np.flatnonzero(row >= 0)

    def rows(self, keys: Keys) -> NDArray[np.int64]:
        """Row at which each was first seen, -1 if it was not."""
        return self._found(keys, np.argsort(keys[:, 0], kind="stable"))

    def _found(self, keys: Keys, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of keys, looked for in their order: a run is read through and not at random."""
        positions = np.full(len(keys), -1, np.int64)
        first, second = keys[order, 0], keys[order, 1]
        for ones, two, rows in self._runs:
            if not len(ones):
                continue
            at = np.minimum(np.searchsorted(ones, first), len(ones) - 1)
            same = (ones[at] == first) & (two[at] == second) & (first != 0)
            positions[order[same]] = rows[at[same]]
        return positions

    def _merged(self, *runs: tuple[Keys, Keys, NDArray[np.int64]]) -> Any:
        joined = [np.concatenate(column) for column in zip(*runs, strict=True)]
        order = np.argsort(joined[0], kind="stable")
        merged = [column[order] for column in joined]
        if len(order) < _LARGEST:
            return tuple(merged)
        self._files += 1
        pairs = []
        for name, column in zip("abc", merged, strict=True):
            path = self.folder / f"seen-{self._files}-{name}.npy"
            np.save(path, column)
            pairs.append(np.load(path, mmap_mode="r"))
            with contextlib.suppress(PermissionError):  # where a mapped file cannot be removed
                path.unlink()
        return tuple(pairs)


def runs(column: Any) -> tuple[NDArray[np.int64], Any]:
    """Where runs of one cell begin, and the clean text of each run.

    >>> starts, heads = runs(pa.array(["A ", "A ", "B"]))
    >>> starts.tolist(), heads.to_pylist()
    ([0, 2], ['A', 'B'])
    """
    new = np.ones(len(column), bool)
    if len(column) > 1:
        differs = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1))
        new[1:] = pc.fill_null(differs, True).to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(new)
    return starts, clean(column.take(pa.array(starts)))
