"""Problems of a catalogue, gathered while it is read and told cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base.errors import CODES, problem_table
from carbon.catalogue.cells import clean, few
from carbon.catalogue.columns import LEFT_OPEN

__all__ = ["Problems", "Rows", "Runs", "Texts"]

_LONGEST = 120  # characters of a value that are told


class Texts(dict[str, Any]):
    """Canonical column → text of its cells; numbers are written out only when that is asked for.

    Parameters
    ----------
    columns : mapping of str to pyarrow.Array
        As the file holds them.

    Examples
    --------
    >>> texts = Texts({"sku": pa.array([" A"]), "mass": pa.array([0.5])})
    >>> texts["sku"].to_pylist(), "mass" in texts, texts["mass"].to_pylist()
    (['A'], True, ['0.5'])
    """

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.numbers = {
            name: cells for name, cells in columns.items() if not pa.types.is_string(cells.type)
        }
        self._coded: dict[str, Any] = {}
        super().__init__()
        for name, cells in columns.items():
            if name not in self.numbers:
                coded = few(cells)
                if coded is None:
                    self[name] = clean(cells)
                else:
                    self._coded[name] = _cleaned(coded)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.numbers or name in self._coded

    def __missing__(self, name: str) -> Any:
        coded = self._coded.pop(name, None)
        if coded is not None:
            self[name] = coded.dictionary.take(coded.indices)
        else:
            self[name] = clean(self.numbers.pop(name))
        return self[name]

    def words(self, name: str, default: Any = None) -> Any:
        """Text of a column, as codes of its different ones where these are few."""
        return self._coded[name] if name in self._coded else self.get(name, default)

    def get(self, name: str, default: Any = None) -> Any:
        """Text of a column, or something else if there is no such column."""
        return self[name] if name in self else default  # noqa: SIM401  is this method

    def add(self, name: str, cells: Any) -> None:
        """Add a column, unless there is one of that name."""
        if name not in self:
            self[name] = cells


def _cleaned(coded: Any) -> Any:
    """Clean the different texts of a column; what says that it is not filled becomes null."""
    words = clean(coded.dictionary)
    if words.null_count:
        place = pc.if_else(pc.is_null(words), None, pa.array(range(len(words)), pa.int32()))
        return pa.DictionaryArray.from_arrays(
            place.take(coded.indices).cast(pa.int32()), pc.fill_null(words, "")
        )
    return pa.DictionaryArray.from_arrays(coded.indices, words)


@dataclass(frozen=True)
class Runs:
    """A column in which equal cells stand together.

    Parameters
    ----------
    values : pyarrow.Array
        One a run.
    of : numpy.ndarray
        Run of each row.
    """

    values: Any
    of: NDArray[np.int64]

    def take(self, at: Any) -> Any:
        """Cells at some positions; all of them for None."""
        return self.values.take(pa.array(self.of if at is None else self.of[at]))


@dataclass
class Rows:
    """Rows of a file and the SKUs they belong to.

    Parameters
    ----------
    file : str
    lines : numpy.ndarray
        Row of the file of each row.
    sku : pyarrow.Array or Runs
        SKU as it is written.
    owner : numpy.ndarray
        Row of that SKU in the catalogue, -1 for none.
    sources : dict of str to str
        Canonical column → header of the file.
    texts : dict of str to pyarrow.Array
        Canonical column → text of its cells.
    files : numpy.ndarray of str, optional
        File of each row, where they stand in several.
    distinct : bool
        Whether each row is known to have a SKU of its own.
    """

    file: str
    lines: NDArray[np.int64]
    sku: Any
    owner: NDArray[np.int64]
    sources: dict[str, str] = field(default_factory=dict)
    texts: Texts = field(default_factory=lambda: Texts({}))
    files: NDArray[np.object_] | None = None
    distinct: bool = False


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
        open_codes = LEFT_OPEN.get(column)
        left_open = open_codes is not None and (not open_codes or code in open_codes)
        self._parts.append(
            pd.DataFrame(
                {
                    "file": rows.file if rows.files is None else rows.files[at],
                    "row": rows.lines[at],
                    "column": rows.sources.get(column, column),
                    "sku": pc.fill_null(rows.sku.take(pa.array(at)), "").to_pylist(),
                    "value": pc.replace_substring(values, "\x01", ",").to_pylist(),
                    "code": code,
                    "hint": list(hints) if hints is not None else "",
                    "owner": rows.owner[at],
                    "left_open": left_open,
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
        self._parts.append(pd.DataFrame([{**entry, "hint": hint, "owner": -1, "left_open": False}]))

    def _all(self) -> pd.DataFrame:
        if not self._parts:
            return pd.DataFrame(columns=["file", "row", "code", "hint", "owner", "left_open"])
        if len(self._parts) == 1:
            return self._parts[0]
        whole = pd.concat(
            [part.astype({"row": "Int64"}) for part in self._parts], ignore_index=True
        )
        whole = whole.sort_values(
            ["file", "row"], kind="stable", na_position="first", ignore_index=True
        )
        self._parts = [whole]  # sorted once
        return whole

    def table(self) -> pd.DataFrame:
        """Table of problems in the order of the file."""
        found = self._all()
        out = problem_table(found)
        if len(found):
            hinted = (found["hint"] != "").to_numpy()
            out.loc[hinted, "remedy"] = found["hint"][hinted] + "; " + out["remedy"][hinted]
            opened = found["left_open"].to_numpy(dtype=bool) & (out["severity"] == "error")
            out.loc[opened, "severity"] = "warning"
        return out

    def by_sku(self, size: int) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
        """Which SKUs failed, and the codes of each SKU's errors and warnings in one text."""
        found = self._all()
        codes = [code for code in CODES if code.startswith("C")]
        bits = np.zeros(size, np.uint64)
        owner = found["owner"].to_numpy(dtype=np.int64, na_value=-1)
        told = found["code"].to_numpy(dtype=object)
        for code in set(told.tolist()):
            rows = owner[(told == code) & (owner >= 0)]
            if CODES[code].severity != "note" and len(rows):
                bits[rows] |= np.uint64(1 << codes.index(code))
        unique, inverse = np.unique(bits, return_inverse=True)
        words = [[code for at, code in enumerate(codes) if int(mask) >> at & 1] for mask in unique]
        fatal = np.isin(told, [code for code in codes if CODES[code].severity == "error"])
        fatal &= ~found["left_open"].to_numpy(dtype=bool) & (owner >= 0)
        failed = np.zeros(size, bool)
        failed[owner[fatal]] = True
        text = np.array([" ".join(each) for each in words], object)
        return failed, text[inverse]
