"""Reads nothing, gives limits of a file, and what a batch knows of its catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["BatchContext", "Limits"]


@dataclass(frozen=True)
class Limits:
    """How large a file may be; a larger one is refused with C003 before it is unpacked.

    >>> Limits().columns
    256
    """

    bytes: int = 1_000_000_000
    unpacked: int = 4_000_000_000  # size of an XLSX or Parquet file when unpacked
    rows: int = 5_000_000
    columns: int = 256
    cell: int = 20_000  # bytes of one cell


@dataclass(frozen=True)
class BatchContext:
    """What a part of a catalogue must know of the whole, to give what the whole gives."""

    # positions in the part of rows whose SKU stood before
    repeats: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    # what is known of each live session; without, the part knows all of them
    sessions: pd.DataFrame | None = None
    # ``table.column`` whose header says percent and in which fractions of 1 stand
    fractions: frozenset[str] = frozenset()
    first: bool = True  # tell here what belongs to no row: headers and files that were left out
