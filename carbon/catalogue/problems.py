"""Reads rows of a file and what is wrong in their cells, gives problems cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base.errors import problem_table
from carbon.base.problems import LONGEST_VALUE, Problems
from carbon.catalogue.cells import clean, few
from carbon.catalogue.columns import LEFT_OPEN

if TYPE_CHECKING:
    from carbon.catalogue.schema import Catalogue

__all__ = ["CellProblems", "Rows", "Runs", "Texts", "cell_rows", "noted"]


def noted(catalogue: Catalogue, rows: pd.DataFrame) -> Catalogue:
    """The catalogue with further problems; ``rows`` as :func:`cell_rows` gives them."""
    if rows.empty:
        return catalogue
    told = problem_table(rows.assign(file=catalogue.file))
    both = [table for table in (catalogue.problems, told) if len(table)]
    return replace(catalogue, problems=pd.concat(both, ignore_index=True))


def cell_rows(
    catalogue: Catalogue, code: str, at: NDArray[np.intp], column: Any, value: Any = ""
) -> pd.DataFrame:
    """A problem of one cell of each of some SKUs; ``column`` and ``value`` are one or each."""
    skus = catalogue.skus
    return pd.DataFrame(
        {
            "row": skus["line"].to_numpy()[at],
            "column": column,
            "sku": skus["sku"].to_numpy()[at],
            "value": value,
            "code": code,
        }
    )


class Texts(dict[str, Any]):
    """Canonical column → text of its cells; numbers are written out only when that is asked for.

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
    """A column in which equal cells stand together."""

    values: Any  # pyarrow.Array, one a run
    of: NDArray[np.int64]  # run of each row

    def take(self, at: Any) -> Any:
        """Cells at some positions; all of them for None."""
        return self.values.take(pa.array(self.of if at is None else self.of[at]))


@dataclass
class Rows:
    """Rows of a file and the SKUs they belong to."""

    file: str
    lines: NDArray[np.int64]  # row of the file of each row
    sku: Any  # pyarrow.Array or Runs, SKU as it is written
    owner: NDArray[np.int64]  # row of that SKU in the catalogue, -1 for none
    sources: dict[str, str] = field(default_factory=dict)  # canonical column → header of the file
    texts: Texts = field(default_factory=lambda: Texts({}))  # canonical column → text of its cells
    files: NDArray[np.object_] | None = None  # file of each row, where they stand in several
    distinct: bool = False  # whether each row is known to have a SKU of its own
    # pyarrow.Array, SKUs as the catalogue prints them; None where ``sku`` is printed as it is
    names: Any = None

    def printed(self, at: NDArray[Any]) -> Any:
        """SKUs of some rows as they are printed."""
        texts = self.sku.take(pa.array(at))
        if self.names is None:
            return texts
        owner = self.owner[at]
        return pc.coalesce(self.names.take(pa.array(owner, mask=owner < 0)), texts)


class CellProblems(Problems):
    """Collector of problems that stand in cells.

    ``left_open``: see :data:`carbon.catalogue.columns.LEFT_OPEN`.

    >>> rows = Rows("a.csv", np.array([2]), pa.array(["S1"]), np.array([0]), {"mass": "mass_g"})
    >>> problems = CellProblems()
    >>> problems.cells(rows, np.array([0]), "mass", pa.array(["2 ton"]), "C104")
    >>> problems.table().loc[0, ["column", "value", "code"]].tolist()
    ['mass_g', '2 ton', 'C104']
    """

    def __init__(self, left_open: Mapping[str, frozenset[str]] = LEFT_OPEN) -> None:
        super().__init__()
        self.left_open = left_open

    def cells(
        self,
        rows: Rows,
        at: NDArray[Any],
        column: str,
        values: Any,
        code: str,
        hints: Sequence[str] | None = None,
    ) -> None:
        """Note a code at some rows.

        ``at``: positions in ``rows``; ``column``: canonical column;
        :data:`carbon.catalogue.columns.LEFT_OPEN` says whether its cell is left open; ``values``:
        pyarrow.Array or sequence of str, offending text of each position; empty for none;
        ``hints``: said before the remedy of the code.
        """
        if not len(at):
            return
        if not isinstance(values, pa.Array):
            values = pa.array(list(values) or [""] * len(at), pa.string())
        if not pa.types.is_string(values.type):
            values = pc.cast(values, pa.string())
        values = pc.utf8_slice_codeunits(pc.fill_null(values, ""), 0, LONGEST_VALUE)
        codes = self.left_open.get(column)
        self.add(
            code,
            file=rows.file if rows.files is None else rows.files[at],
            row=rows.lines[at],
            column=rows.sources.get(column, column),
            sku=pc.fill_null(rows.printed(at), ""),
            value=pc.replace_substring(values, "\x01", ","),
            hint=list(hints) if hints is not None else "",
            owner=rows.owner[at],
            left_open=codes is not None and (not codes or code in codes),
        )
