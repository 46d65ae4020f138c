"""Reads nothing, gives the form of a table of cells: text, or numbers of the file itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base.errors import CatalogueError

_FIGURE = re.compile(r"^[^\w]*[0-9]|[0-9]{3}")
"""A cell that begins with a digit or holds a number is no header."""

__all__ = [
    "MOST_FAULTS",
    "SUFFIXES",
    "TEXTS",
    "Fault",
    "Sheet",
    "cells_of",
    "plain",
    "records",
    "text_of",
    "title_rows",
    "with_constants",
]


TEXTS = (".csv", ".tsv", ".txt")
"""Endings of tables in separated text."""

SUFFIXES = (*TEXTS, ".xlsx", ".parquet", ".jsonl")
"""Endings of the files that are read."""

MOST_FAULTS: Final = 100_000
"""Damaged rows of one piece of a file; one that has more is another kind of file."""


@dataclass(frozen=True)
class Fault:
    """A row that is not well formed, or a cell that shows no value."""

    file: str
    line: int  # row of the file
    text: str  # what was found
    hint: str = ""  # what is wrong with it
    column: str = ""  # header of the cell at fault; empty if it is the whole row
    code: str = "C011"  # what is told about it


@dataclass
class Sheet:
    """A table of cells as it stands in a file."""

    file: str  # name told to the user; a sheet of a workbook is ``goods.xlsx#materials``
    headers: list[str]
    columns: list[Any]  # list of pyarrow.Array, strings or numbers, one array a header
    # row of the file, as a spreadsheet counts it, of each row of the table
    lines: NDArray[np.int64]
    faults: list[Fault] = field(default_factory=list)  # rows that are not well formed
    # file of each row, where a table is put together from several
    files: NDArray[np.object_] | None = None
    # the columns are as a Parquet file holds them: see :func:`carbon.catalogue.files.settled`
    raw: bool = False

    def part(self, start: int, stop: int) -> Sheet:
        """Consecutive rows, with the faults in them; the first rows bear those in none."""
        lines = self.lines[start:stop]
        files = None if self.files is None else self.files[start:stop]
        columns = [cells.slice(start, stop - start) for cells in self.columns]
        part = Sheet(self.file, self.headers, columns, lines, [], files, self.raw)
        part.faults = [
            fault
            for fault in self.faults
            if len(part.rows_of(fault)) or (not start and not len(self.rows_of(fault)))
        ]
        return part

    def __getstate__(self) -> dict[str, Any]:
        # as an IPC stream: a slice would else be pickled with all that it is a slice of
        names = [str(at) for at in range(len(self.columns))]
        batch = pa.record_batch(self.columns, names=names)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        return {**self.__dict__, "columns": sink.getvalue()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        table = pa.ipc.open_stream(state["columns"]).read_all().combine_chunks()
        columns = [column.combine_chunks() for column in table.columns]
        self.__dict__.update(state, columns=columns)
        if not self.raw:
            self.columns = [plain(column) for column in columns]

    def rows_of(self, fault: Fault) -> NDArray[np.int64]:
        """Rows of the table in which a fault stands; none if the row could not be read at all."""
        here = self.lines == fault.line
        if self.files is not None:
            here = here & (self.files == fault.file)
        return np.flatnonzero(here)


def cells_of(values: Sequence[Any]) -> Any:
    """Array of a column of Python values: numbers if all are, else text."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds and kinds <= {int, float}:
        try:
            if kinds == {int}:
                return pa.array(values, pa.int64())
            return pa.array([None if value is None else float(value) for value in values])
        except (OverflowError, pa.ArrowInvalid):
            pass
    return pa.array([text_of(value) for value in values], pa.string())


def text_of(value: Any) -> str | None:
    """Text of a value of JSON; an integral float loses its ``.0``.

    >>> text_of(12.0), text_of("")
    ('12', None)
    """
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, float):
        if value != value:
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def title_rows(rows: Sequence[Sequence[Any]]) -> int:
    """Count the rows above the header: it is the first that is at least half full.

    Of two header rows, groups with gaps above names without, it is the second.

    >>> title_rows([["Catalogue 2026", None, None], ["sku", "category", "mass"]])
    1
    >>> title_rows([["Basics", "", "Weight", ""], ["sku", "category", "net", "gross"]])
    1
    """
    filled = [sum(cell not in (None, "") for cell in row) for row in rows[:10]]
    width = max(filled, default=0)
    first = next((at for at, count in enumerate(filled) if count * 2 >= width), 0)
    if first + 1 < len(filled) and filled[first + 1] * 2 >= filled[first] * 3:
        names = [cell for cell in rows[first + 1] if cell not in (None, "")]
        texts = all(isinstance(cell, str) and not _FIGURE.search(cell) for cell in names)
        if texts and len(set(names)) == len(names):
            return first + 1
    return first


def records(file: str, rows: Sequence[tuple[int, Sequence[Any]]]) -> Sheet:
    """Table of numbered rows, the first of which holds the headers."""
    if not rows:
        raise CatalogueError("C011", "the table is empty", file=file)
    headers = [text_of(cell) or "" for cell in rows[0][1]]
    while headers and not headers[-1]:
        headers.pop()
    width = len(headers)
    faults = []
    body: list[Sequence[Any]] = []
    for number, row in rows[1:]:
        if len(row) > width and any(cell not in (None, "") for cell in row[width:]):
            excess = "; ".join(str(cell) for cell in row[width:] if cell)[:80]
            faults.append(Fault(file, number, excess, "more cells than headers"))
            if len(faults) > MOST_FAULTS:
                raise CatalogueError("C011", faults[0].hint, file=file, row=faults[0].line)
        body.append([*row[:width], *([None] * (width - len(row)))])
    columns = [
        cells_of([cell if cell != "" else None for cell in column])
        for column in zip(*body, strict=True)
    ]
    if not body:
        columns = [pa.array([], pa.string()) for _ in headers]
    lines = np.array([number for number, _ in rows[1:]], np.int64)
    return Sheet(file, headers, columns, lines, faults)


def plain(column: Any) -> Any:
    """One array of strings, int64 or float64; pyarrow.ArrowInvalid if bytes are no text."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_integer(column.type):
        large = column.type == pa.uint64() and (pc.max(column).as_py() or 0) >= 2**63
        return column.cast(pa.string() if large else pa.int64())
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
        return pc.if_else(pc.fill_null(pc.is_nan(column), True), None, column)
    if pa.types.is_null(column.type) or not pa.types.is_nested(column.type):
        return column.cast(pa.string())
    return pa.array([text_of(value) for value in column.to_pylist()], pa.string())


def with_constants(sheet: Sheet, constants: Mapping[str, str]) -> Sheet:
    """A table with columns of one value each, where it has none of that name.

    ``sheet``: changed in place; ``constants``: header and value.
    """
    for name, value in constants.items():
        if name not in sheet.headers:
            sheet.headers.append(name)
            sheet.columns.append(pa.array([value] * len(sheet.lines), pa.string()))
    return sheet
