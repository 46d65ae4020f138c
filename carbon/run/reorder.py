"""Reads a table larger than memory, gives its rows in another order.

They are read once, group by group, and cut by the piece of the result in which they will stand;
then each piece is put in order by itself. So nothing is read here and there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from carbon.run.parts import groups, stream_to

__all__ = ["reordered"]

PIECE: Final = 1 << 16
"""Rows of a piece, or more where there would be too many pieces."""

PIECES: Final = 512
"""Most pieces of a result, for each is an open file while they are cut."""

PLACE: Final = "place in the result"


def reordered(
    source: Path, rows: npt.NDArray[np.integer[Any]], scratch: Path
) -> Iterator[pa.Table]:
    """Read a table in another order, piece by piece.

    ``source``: a file of :func:`carbon.run.parts.stream_to`, of n rows; ``rows``: row of each
    place, of shape (n,); ``scratch``: a folder for the pieces; it does not exist, and is gone
    afterwards. Yields: one piece at least, be it empty.
    """
    place = np.empty(len(rows), dtype=np.min_scalar_type(len(rows)))
    place[rows] = np.arange(len(rows), dtype=place.dtype)
    size = max(PIECE, -(-len(rows) // PIECES))
    scratch.mkdir()
    try:
        for path in _cut(source, place, size, scratch):
            piece = pa.concat_tables(groups(path)).unify_dictionaries()
            path.unlink()
            order = np.argsort(piece[PLACE].to_numpy())
            yield piece.drop_columns(PLACE).combine_chunks().take(order)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _cut(source: Path, place: npt.NDArray[Any], size: int, folder: Path) -> list[Path]:
    """Write each row to the file of its piece."""
    paths = [folder / f"{at:03d}" for at in range(max(1, -(-len(place) // size)))]
    files: list[Any] = []
    start = 0
    for table in groups(source):
        here = place[start : start + len(table)]
        start += len(table)
        table = table.append_column(PLACE, pa.array(here.astype(np.int64)))
        files = files or [stream_to(path, table.schema) for path in paths]
        order = np.argsort(here)
        table = table.take(order)
        cuts = np.searchsorted(here[order], np.arange(len(paths) + 1) * size)
        for file, first, last in zip(files, cuts[:-1], cuts[1:], strict=True):
            if last > first:
                file.write_table(table.slice(first, last - first))
    for file in files:
        file.close()
    return paths
