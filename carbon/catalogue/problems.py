"""Problems of a catalogue, gathered while it is read and told cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.errors import CODES, problem_table

__all__ = ["Problems", "Rows"]

_LONGEST = 120  # characters of a value that are told


@dataclass
class Rows:
    """Rows of a file and the SKUs they belong to.

    Parameters
    ----------
    file : str
    lines : numpy.ndarray
        Row of the file of each row.
    sku : pyarrow.Array
        SKU as it is written.
    owner : numpy.ndarray
        Row of that SKU in the catalogue, -1 for none.
    sources : dict of str to str
        Canonical column → header of the file.
    texts : dict of str to pyarrow.Array
        Canonical column → text of its cells.
    files : numpy.ndarray of str, optional
        File of each row, where they stand in several.
    """

    file: str
    lines: NDArray[np.int64]
    sku: Any
    owner: NDArray[np.int64]
    sources: dict[str, str] = field(default_factory=dict)
    texts: dict[str, Any] = field(default_factory=dict)
    files: NDArray[np.object_] | None = None


class Problems:
    """Collector of problems.

    Examples
    --------
    >>> rows = Rows("a.csv", np.array([2]), pa.array(["S1"]), np.array([0]), {"mass": "mass_g"})
    >>> problems = Problems()
    >>> problems.add(rows, np.array([0]), "mass", pa.array(["2 ton"]), "C104")
    >>> problems.table().loc[0, ["column", "value", "code"]].tolist()
    ['mass_g', '2 ton', 'C104']
    """

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        rows: Rows,
        at: NDArray[Any],
        column: str,
        values: Any,
        code: str,
        hints: Sequence[str] | None = None,
    ) -> None:
        """Note a code at some rows.

        Parameters
        ----------
        rows : Rows
        at : numpy.ndarray
            Positions in ``rows``.
        column : str
            Canonical column.
        values : pyarrow.Array or sequence of str
            Offending text of each position; empty for none.
        code : str
        hints : sequence of str, optional
            Said before the remedy of the code.
        """
        if not len(at):
            return
        if not isinstance(values, pa.Array):
            values = pa.array(list(values) or [""] * len(at), pa.string())
        if not pa.types.is_string(values.type):
            values = pc.cast(values, pa.string())
        values = pc.utf8_slice_codeunits(pc.fill_null(values, ""), 0, _LONGEST)
        self._parts.append(
            pd.DataFrame(
                {
                    "file": rows.file if rows.files is None else rows.files[at],
                    "row": rows.lines[at],
                    "column": rows.sources.get(column, column),
                    "sku": pc.fill_null(rows.sku.take(pa.array(at)), "").to_pylist(),
                    "value": [text.replace("\x01", ",") for text in values.to_pylist()],
                    "code": code,
                    "hint": list(hints) if hints is not None else "",
                    "owner": rows.owner[at],
                }
            )
        )

    def note(
        self, file: str, row: int | None, column: str, value: str, code: str, hint: str = ""
    ) -> None:
        """Note a code that belongs to no SKU."""
        entry = {
            "file": file,
            "row": row,
            "column": column,
            "sku": "",
            "value": value,
            "code": code,
        }
        self._parts.append(pd.DataFrame([{**entry, "hint": hint, "owner": -1}]))

    def _all(self) -> pd.DataFrame:
        if not self._parts:
            return pd.DataFrame(columns=["file", "row", "code", "hint", "owner"])
        whole = pd.concat(
            [part.astype({"row": "Int64"}) for part in self._parts], ignore_index=True
        )
        return whole.sort_values(
            ["file", "row"], kind="stable", na_position="first", ignore_index=True
        )

    def table(self) -> pd.DataFrame:
        """Table of problems in the order of the file."""
        found = self._all()
        out = problem_table(found)
        if len(found):
            hinted = (found["hint"] != "").to_numpy()
            out.loc[hinted, "remedy"] = found["hint"][hinted] + "; " + out["remedy"][hinted]
        return out

    def by_sku(self, size: int) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
        """Which SKUs failed, and the codes of each SKU's errors and warnings in one text."""
        found = self._all()
        codes = [code for code in CODES if code.startswith("C")]
        bits = np.zeros(size, np.uint64)
        owner = found["owner"].to_numpy(dtype=np.int64, na_value=-1)
        for position, code in enumerate(codes):
            rows = owner[(found["code"] == code).to_numpy() & (owner >= 0)]
            if CODES[code].severity != "note" and len(rows):
                bits[rows] |= np.uint64(1 << position)
        unique, inverse = np.unique(bits, return_inverse=True)
        words = [[code for at, code in enumerate(codes) if int(mask) >> at & 1] for mask in unique]
        failed = np.array([any(CODES[code].severity == "error" for code in each) for each in words])
        text = np.array([" ".join(each) for each in words], object)
        return failed[inverse], text[inverse]
