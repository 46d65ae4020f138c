"""Reads sales, sessions, orders and other ledgers, gives typed tables with their problems.

A column of money is counted in whole ten-thousandths of the currency unit (int64; Int64 where a
cell may be empty): ``revenue`` 2580000 is 258.00 CNY. Sums are exact; divide by
:data:`carbon.catalogue.ledger.MONEY` only to show them. The currency of each row stands in
``currency``. A row with any error is reported and left out; the rest goes on.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base import units
from carbon.base.arguments import checked
from carbon.base.arguments import table as table_rule
from carbon.base.errors import CatalogueError, LedgerError
from carbon.base.files import digest
from carbon.base.shown import Shown
from carbon.catalogue.assignment import joined
from carbon.catalogue.files import open_sheets
from carbon.catalogue.headers import (
    Header,
    currency_of,
    header_table,
    money_unit,
    understand,
)
from carbon.catalogue.inputs import inputs_of
from carbon.catalogue.ledger_cells import MONEY, QUANTITIES, Cells, parse
from carbon.catalogue.ledger_columns import LedgerColumn, ledger_columns, names_of
from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.schema import Limits
from carbon.catalogue.sheets import Sheet

__all__ = ["MONEY", "Ledger", "read_ledger"]

LIMITS: Final = Limits(bytes=8_000_000_000, unpacked=16_000_000_000, rows=50_000_000)
"""How large a ledger may be."""

_CODES: Final = {
    "C001": "G001",
    "C002": "G002",
    "C003": "G003",
    "C004": "G004",
    "C006": "G006",
    "C011": "G008",
}
"""Failure of a catalogue's file → the same of a ledger's."""


@dataclass(frozen=True, eq=False, repr=False)
class Ledger(Shown):
    """A table beside the catalogue, typed and checked.

    Parameters
    ----------
    frame : pandas.DataFrame
        Our columns that the file has, in the order of the documentation, and ``line``, the row of
        the file as a spreadsheet counts it. Texts are categories; money is in ten-thousandths of
        ``currency``; energy is in kWh, mass in kg, time in hours; dates are ``datetime64[s]``.
    problems : pandas.DataFrame
        Columns :data:`carbon.base.errors.PROBLEM_COLUMNS`.
    headers : pandas.DataFrame
        ``file, source, column, unit, note``: how each header was understood.
    table : str
        Kind of the ledger.
    file : str
        Name of the file.
    sha256 : str
        Of the bytes of the file; empty for a data frame.
    dropped : int
        Rows left out because of an error.
    refused : pandas.DataFrame
        These rows, typed as ``frame``; a cell at fault holds nothing that counts.

    Examples
    --------
    >>> from carbon import read_ledger
    >>> told = pd.DataFrame({"room": ["R1"], "impressions": ["900"]})
    >>> len(read_ledger(told, "exposure"))
    1
    """

    frame: pd.DataFrame
    problems: pd.DataFrame
    headers: pd.DataFrame
    table: str
    file: str = ""
    sha256: str = ""
    dropped: int = 0
    refused: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __len__(self) -> int:
        return len(self.frame)


@checked(source=table_rule)
def read_ledger(
    source: str | os.PathLike[str] | pd.DataFrame, table: str, *, limits: Limits | None = None
) -> Ledger:
    """Read a ledger from CSV, XLSX, Parquet, JSON Lines, a folder of them, or a data frame.

    Sheets and files with the same headers are one ledger.

    Headers are understood in Chinese and English, amounts with their currency, dates as ISO,
    ``2026年9月1日`` or Excel's own; ``03/04/2026`` is refused.

    Parameters
    ----------
    source : path or pandas.DataFrame
    table : str
        Kind of the ledger, one of :func:`carbon.catalogue.ledger_columns.ledgers`.
    limits : Limits, optional
        How large it may be.

    Returns
    -------
    Ledger

    Raises
    ------
    carbon.base.errors.LedgerError
        G001 to G004, G008 if the file cannot be read, G005 if a required column is missing, G006
        if two headers mean one column, G010 if there is no such kind of ledger.

    Examples
    --------
    >>> told = pd.DataFrame({"商品编码": ["A", "B"], "销量": ["2", "x"], "日期": "2026年9月1日"})
    >>> sales = read_ledger(told.assign(**{"销售额(元)": "1,299.50"}), "sales")
    >>> sales.frame["revenue"].tolist(), sales.frame["currency"].tolist(), sales.dropped
    ([12995000], ['CNY'], 1)
    >>> sales.problems.loc[0, ["column", "value", "code"]].tolist()
    ['销量', 'x', 'C101']
    """
    columns = ledger_columns(table)
    path = None if isinstance(source, pd.DataFrame) else Path(source)
    problems = CellProblems({})  # a row with an error is left out
    try:
        opened = open_sheets(source, limits or LIMITS, complete=False)
        sheet, headers = _choose([opened_sheet for _, opened_sheet in opened], table, problems)
    except CatalogueError as error:
        raise LedgerError(
            _CODES[error.code],
            error.detail,
            file=error.file,
            row=error.row,
            column=error.column,
            value=error.value,
        ) from error
    del opened
    frame, refused = _frame(sheet, headers, columns, problems)
    return Ledger(
        frame,
        problems.table(),
        header_table([(sheet.file, header) for header in headers]),
        table,
        "" if path is None else path.name,
        "" if path is None else _digest(path),
        len(refused),
        refused,
    )


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and digests of those of a folder."""
    if not path.is_dir():
        return digest(path)
    lines = "".join(f"{digest(each.path)}  {each.name}\n" for each in inputs_of(path))
    return hashlib.sha256(lines.encode()).hexdigest()


def _choose(sheets: list[Sheet], table: str, problems: CellProblems) -> tuple[Sheet, list[Header]]:
    """Take the first sheet that has the required columns and those alike; the others are told."""
    needed = [name for name, column in ledger_columns(table).items() if column.required]
    known = names_of(table)
    taken: tuple[Sheet, list[Header]] | None = None
    alike: list[Sheet] = []
    for sheet in sheets:
        if taken is None:
            if _holds(sheet, table, needed):
                taken = sheet, understand(sheet.headers, known, _unit_of(table), sheet.file)
                alike.append(sheet)
                continue
        elif sorted(map(str.strip, sheet.headers)) == sorted(map(str.strip, taken[0].headers)):
            alike.append(sheet)  # one table in several sheets or files, as a month each
            continue
        # a month whose headers differ must not fall out unseen
        lost = taken is not None and len(sheet.lines) > 0 and _holds(sheet, table, needed)
        problems.add("G021" if lost else "G009", file=sheet.file)
    if taken is not None and len(alike) > 1:
        taken = joined(alike), taken[1]
    if taken is None:
        sheet = sheets[0]
        headers = understand(sheet.headers, known, _unit_of(table), sheet.file)
        have = {header.column for header in headers}
        missing = [ledger_columns(table)[name] for name in needed if name not in have]
        names = ", ".join(f"{column.name} ({column.header_zh})" for column in missing)
        shown = ", ".join(sheet.headers)[:300]
        raise LedgerError("G005", f"missing {names}; headers seen: {shown}", file=sheet.file)
    for header, cells in zip(taken[1], taken[0].columns, strict=True):
        if not header.column and (header.source.strip() or cells.null_count < len(cells)):
            code = "G007" if header.code == "C007" else header.code
            problems.add(code, file=taken[0].file, row=1, column=header.source, hint=header.note)
    return taken


def _holds(sheet: Sheet, table: str, needed: list[str]) -> bool:
    """Whether a sheet has every column that the ledger needs."""
    try:
        headers = understand(sheet.headers, names_of(table), _unit_of(table), sheet.file)
    except CatalogueError:  # two headers mean one column
        return False
    return {header.column for header in headers}.issuperset(needed)


def _unit_of(table: str) -> Any:
    """Find the unit that a header of a table names."""
    columns = ledger_columns(table)

    def unit_of(text: str, name: str) -> tuple[str, bool]:
        kind = columns[name].kind
        if kind == "money":
            return text, money_unit(text)[2]
        if kind == "share":
            return ("%", True) if text in ("%", "percent", "百分比") else (text, False)
        if kind in QUANTITIES:
            code = units.scale(text, QUANTITIES[kind]).code
            return text, code in ("", "C104", "C105")  # an ambiguous one counts, and its cells fail
        if kind in ("count", "number"):
            return text, not np.isnan(units.multiple(text))
        return "", False

    return unit_of


_DATE: Final = LedgerColumn("", "date", "", False, 0.0, 0.0, "", "", (), {}, "")


def _frame(
    sheet: Sheet, headers: list[Header], columns: dict[str, LedgerColumn], problems: CellProblems
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Typed columns of a sheet without the rows at fault, and those rows."""
    size = len(sheet.lines)
    at = {header.column: place for place, header in enumerate(headers) if header.column}
    sku: Any = sheet.columns[at["sku"]] if "sku" in at else pa.nulls(size, pa.string())
    if not pa.types.is_string(sku.type):
        sku = pc.cast(sku, pa.string())
    sources = {header.column: header.source for header in headers}
    rows = Rows(
        sheet.file, sheet.lines, sku, np.full(size, -1, np.int8), sources, files=sheet.files
    )
    bad = np.zeros(size, bool)

    def fail(name: str, code: str, where: NDArray[Any]) -> None:
        bad[where] = True
        values = sheet.columns[at[name]].take(pa.array(where)) if name in at else []
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        problems.cells(rows, where, name, values, code)

    named = {source: name for name, source in sources.items()}
    for fault in sheet.faults:
        where = sheet.rows_of(fault)
        code = _CODES.get(fault.code, fault.code)
        if code == "C014" and columns.get(named.get(fault.column, ""), _DATE).kind != "id":
            continue  # a date is a date
        bad[where] |= code == "G008"
        if len(where):
            hints = [fault.hint] * len(where)
            problems.cells(rows, where, fault.column, [fault.text] * len(where), code, hints)
        else:
            problems.add(
                code, file=fault.file, row=fault.line or None, value=fault.text, hint=fault.hint
            )
    known = [name for name in columns if name in at]

    def understood(name: str) -> Cells:
        return parse(sheet.columns[at[name]], columns[name], headers[at[name]].unit)

    with ThreadPoolExecutor() as threads:  # most of the work is done outside the interpreter
        parsed = dict(zip(known, threads.map(understood, known), strict=True))
    for name, cells in parsed.items():
        column = columns[name]
        for code, where in cells.faults:
            fail(name, code, where)
        if column.required and cells.empty.any():
            fail(name, "G011", np.flatnonzero(cells.empty))
    by_column: dict[str, Any] = {}
    if "currency" in columns:
        units_of = {name: money_unit(headers[place].unit)[0] for name, place in at.items()}
        row, names = _currency(parsed, columns, units_of, fail)
        if ((row == 0) & ~bad).any():
            (only,) = {column.unit for column in columns.values() if column.kind == "money"}
            problems.add("G019", file=sheet.file, column="currency", hint=f"{only} was assumed")
            names[0] = only
        by_column["currency"] = _merged(row, names)
    keep = None if not bad.any() else ~bad
    for name, column in columns.items():
        if name in parsed and name != "currency":
            by_column[name] = _typed(parsed.pop(name), column)
    by_column["line"] = sheet.lines.astype(np.int32)
    frame = pd.DataFrame(by_column, copy=False)
    frame = frame[[*(name for name in columns if name in by_column), "line"]]
    if keep is None:
        return frame, frame.iloc[:0]
    return frame[keep].reset_index(drop=True), frame[bad].reset_index(drop=True)


def _typed(cells: Cells, column: LedgerColumn) -> Any:
    """Column of the frame: the types depend on the kind of the column, not on the data."""
    if column.kind in ("count", "money") and not column.required:
        return pd.arrays.IntegerArray(cells.values, cells.empty)
    if column.kind == "flag" and not column.required:
        return pd.arrays.BooleanArray(cells.values, cells.empty)
    return cells.values


def _currency(
    cells_of: dict[str, Cells],
    columns: dict[str, LedgerColumn],
    header: dict[str, str],
    fail: Any,
) -> tuple[NDArray[np.int16], list[str]]:
    """Currency of each row, 0 where none is told, and their names; a conflict is an error."""
    size = len(next(iter(cells_of.values())).empty)
    names = [""]
    row = np.zeros(size, np.int16)

    def place(name: str) -> int:
        if name not in names:
            names.append(name)
        return names.index(name)

    if "currency" in cells_of:
        stated: pd.Categorical = cells_of["currency"].values
        words = [currency_of(word) or currency_of(word.upper()) for word in stated.categories]
        codes = np.array([*(place(word) for word in words), 0], np.int16)
        row = codes[stated.codes]
        unknown = np.array([*(not word for word in words), False])
        if unknown.any():
            fail("currency", "C103", np.flatnonzero(unknown[stated.codes]))
    for name, cells in cells_of.items():
        if columns[name].kind != "money":
            continue
        in_cell = np.zeros(size, np.int16)
        if cells.currency is not None:
            in_cell = np.array([place(word) for word in cells.currencies], np.int16)[cells.currency]
        if header.get(name):
            in_cell = np.where((in_cell == 0) & ~cells.empty, place(header[name]), in_cell).astype(
                np.int16
            )
        if in_cell.any():
            fail(name, "G018", np.flatnonzero((in_cell != row) & (in_cell != 0) & (row != 0)))
            row = np.where(row == 0, in_cell, row)
    return row, names


def _merged(codes: NDArray[np.int16], names: list[str]) -> pd.Categorical:
    """Categories of codes whose names may be the same, without those not used."""
    used = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    kept = list(dict.fromkeys(names[at] for at in used))
    new = np.array([kept.index(name) if name in kept else -1 for name in names], np.int16)
    return pd.Categorical.from_codes(new[codes], pd.Index(kept, dtype="str"))
