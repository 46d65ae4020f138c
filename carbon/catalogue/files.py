"""Reads separated text, XLSX, Parquet, JSON Lines, folders or data frames, gives tables of cells.

Cells are text, or numbers where the file itself says so; nothing is interpreted here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from carbon.base.errors import CatalogueError
from carbon.catalogue.cells import blank
from carbon.catalogue.csv_text import read_csv
from carbon.catalogue.inputs import Input, inputs_of, true_kind
from carbon.catalogue.json_lines import json_lines
from carbon.catalogue.schema import Limits
from carbon.catalogue.sheets import SUFFIXES, TEXTS, Fault, Sheet, cells_of, plain, with_constants
from carbon.catalogue.workbook import read_workbook

__all__ = ["SUFFIXES", "bounded_group", "checked", "column_text", "named", "open_sheets", "settled"]


SPARE: Final = 1 << 20
"""Bytes by which a column may exceed what its cells hold: dictionaries, pages."""


_SHEET_ERROR: Final = (
    r"^#(?i:N/A|(?:REF|VALUE|DIV/0|NUM|NULL|SPILL|CALC|FIELD|BLOCKED|CONNECT|UNKNOWN|BUSY)!|NAME\?"
    r"|GETTING_DATA)\s*$"
)
"""What a spreadsheet writes in a cell that it cannot compute, as CSV keeps it."""


def open_sheets(
    source: str | os.PathLike[str] | pd.DataFrame, limits: Limits, complete: bool = True
) -> list[tuple[str, Sheet]]:
    """Read every table of a file or folder.

    ``complete``: columns as one array each; else those of CSV may come in chunks, which needs less
    memory. Returns: name of the sheet or stem of the file, and its table. Raises C001 missing, C002
    unknown format, C003 too large, C004 encoding, C011 damaged.
    """
    if isinstance(source, pd.DataFrame):
        return [("skus", checked(_frame(source), limits))]
    path = Path(source)
    if path.is_dir():
        return [
            named(item, name, sheet)
            for item in inputs_of(path)
            for name, sheet in open_sheets(item.path, limits, complete)
        ]
    reader = _READERS.get(path.suffix.lower())
    if not path.is_file():
        raise CatalogueError("C001", file=str(path))
    try:
        kind = true_kind(path)
    except OSError as error:
        raise CatalogueError("C001", str(error), file=path.name) from error
    if reader is None or kind:
        raise CatalogueError("C002", kind, file=path.name)
    if path.stat().st_size > limits.bytes:
        raise CatalogueError("C003", f"more than {limits.bytes:,} bytes", file=path.name)
    try:
        opened = reader(path, limits, complete)
    except OSError as error:
        raise CatalogueError("C001", str(error), file=path.name) from error
    return [(name, checked(sheet, limits)) for name, sheet in opened.items()]


def named(item: Input, name: str, sheet: Sheet) -> tuple[str, Sheet]:
    """Name by which a table of a folder is known, and the table with what its folders tell.

    ``name``: as the file alone names it; ``sheet``: changed in place.
    """
    with_constants(sheet, item.constants)
    if sheet.file == Path(item.path).name:
        sheet.file = item.name
    return (name if item.name.lower().endswith(".xlsx") else item.table), sheet


def checked(sheet: Sheet, limits: Limits) -> Sheet:
    """Hold a table against the limits and leave out its empty rows.

    ``sheet``: changed in place. Raises C003 if it is larger.
    """
    if len(sheet.headers) > limits.columns:
        raise CatalogueError("C003", f"more than {limits.columns} columns", file=sheet.file)
    if len(sheet.lines) > limits.rows:
        raise CatalogueError("C003", f"more than {limits.rows:,} rows", file=sheet.file)
    empty: Any = True
    for position, header in enumerate(sheet.headers):
        cells = sheet.columns[position]
        if pa.types.is_string(cells.type):
            cells = _short(cells, header, sheet, limits.cell)
            cells = sheet.columns[position] = _valued(cells, header, sheet)
        if empty is not False:
            bare = blank(cells)
            empty = bare if empty is True else pc.and_(empty, bare)
            if not pc.any(empty).as_py():
                empty = False
    if empty is not False and empty is not True:
        keep = pc.invert(empty)
        sheet.columns = [cells.filter(keep) for cells in sheet.columns]
        sheet.lines = sheet.lines[keep.to_numpy(zero_copy_only=False)]
    return sheet


def _short(cells: Any, header: str, sheet: Sheet, most: int) -> Any:
    """A column without its overlong cells, each of which fails its row."""
    lengths = pc.fill_null(pc.binary_length(cells), 0)
    if not len(cells) or pc.max(lengths).as_py() <= most:
        return cells
    long = pc.greater(lengths, most)
    for at in np.flatnonzero(long.to_numpy(zero_copy_only=False)):
        begin, line = cells[int(at)].as_py()[:80], int(sheet.lines[at])
        hint = f"a cell of more than {most:,} bytes"
        sheet.faults.append(Fault(sheet.file, line, begin, hint, column=header))
    return pc.if_else(long, None, cells)


def _valued(cells: Any, header: str, sheet: Sheet) -> Any:
    """A column without the errors of a spreadsheet, which a workbook marks and a text spells."""
    hashed = pc.starts_with(cells, "#")
    if not pc.any(hashed).as_py():
        return cells
    wrong = pc.and_(hashed, pc.match_substring_regex(cells, _SHEET_ERROR))
    for at in np.flatnonzero(pc.fill_null(wrong, False).to_numpy(zero_copy_only=False)):
        text, line = cells[int(at)].as_py(), int(sheet.lines[at])
        sheet.faults.append(Fault(sheet.file, line, text.strip(), "", column=header, code="C015"))
    return pc.if_else(wrong, None, cells)


def _frame(frame: pd.DataFrame) -> Sheet:
    """Table of a data frame."""
    columns = []
    for position in range(frame.shape[1]):
        series = frame.iloc[:, position]
        kind = series.dtype
        if isinstance(kind, (pd.CategoricalDtype, pd.StringDtype)) or kind.kind == "M":
            columns.append(plain(pa.array(series, from_pandas=True)))
            continue
        if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(
            series.dtype
        ):
            columns.append(plain(pa.array(series, from_pandas=True)))
        else:
            values = series.astype("object").where(series.notna(), None)
            columns.append(cells_of(values.tolist()))
    lines = np.arange(2, len(frame) + 2, dtype=np.int64)
    return Sheet("", [str(name) for name in frame.columns], columns, lines)


def _parquet(path: Path, limits: Limits, _whole: bool) -> dict[str, Sheet]:
    """Table of a Parquet file."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            groups = range(file.metadata.num_row_groups)
            unpacked = sum(
                bounded_group(file.metadata, group, limits, path.name) for group in groups
            )
            if unpacked > limits.unpacked or file.metadata.num_rows > limits.rows:
                raise CatalogueError("C003", f"unpacks to {unpacked:,} bytes", file=path.name)
            if file.metadata.num_columns > limits.columns:
                raise CatalogueError("C003", f"more than {limits.columns} columns", file=path.name)
            table = file.read()
        lines = np.arange(2, len(table) + 2, dtype=np.int64)
        sheet = Sheet(path.name, list(table.column_names), [], lines)
        for name, column in zip(sheet.headers, table.columns, strict=True):
            sheet.columns.append(column_text(column, name, sheet))
    except pa.ArrowException as error:
        raise CatalogueError("C011", str(error), file=path.name) from error
    return {path.stem: sheet}


def bounded_group(about: Any, group: int, limits: Limits, file: str) -> int:
    """Bytes to which a row group of a Parquet file unpacks, unless cells of it are too long.

    Raises C003 if a column unpacks to more than so many cells may hold.
    """
    rows = about.row_group(group)
    most = rows.num_rows * limits.cell + SPARE
    for column in range(rows.num_columns):
        size = rows.column(column).total_uncompressed_size
        if size > most:
            detail = f"a cell of more than {limits.cell:,} bytes"
            name = rows.column(column).path_in_schema[:80]
            raise CatalogueError("C003", detail, file=file, column=name)
    return int(rows.total_byte_size)


def settled(sheet: Sheet) -> Sheet:
    """Table whose columns are texts and numbers; bytes that are no text are told and left out."""
    if not sheet.raw:
        return sheet
    headers, faults = list(sheet.headers), list(sheet.faults)
    copied = replace(sheet, headers=headers, columns=[], faults=faults, raw=False)
    copied.columns = [
        column_text(column, name, copied)
        for name, column in zip(sheet.headers, sheet.columns, strict=True)
    ]
    return copied


def column_text(column: Any, name: str, sheet: Sheet) -> Any:
    """Column of a Parquet file; bytes that are no text are told and left out.

    ``column``: pyarrow.Array or pyarrow.ChunkedArray.
    """
    try:
        if isinstance(column, pa.ChunkedArray):
            column = column.unify_dictionaries().combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column.validate(full=True)  # a file may call text what is none
        return plain(column)
    except pa.ArrowInvalid:
        if not pa.types.is_nested(column.type):
            column = column.cast(pa.large_binary())
        texts: list[str | None] = []
        for position, value in enumerate(column.to_pylist()):
            try:
                texts.append(value.decode("utf-8") if isinstance(value, bytes) else value)
            except UnicodeDecodeError:
                texts.append(None)
                line = int(sheet.lines[position])
                hint = f"the bytes of {name} are not UTF-8"
                sheet.faults.append(Fault(sheet.file, line, repr(value)[:80], hint))
        return pa.array(texts, pa.string())


def _jsonl(path: Path, limits: Limits, _whole: bool) -> dict[str, Sheet]:
    """Table of a JSON Lines file; a damaged line is told and left out."""
    parts = list(json_lines(path, path.name, limits, limits.rows).sheets(limits.rows))
    first = parts[0]
    columns = [
        pa.chunked_array([part.columns[at] for part in parts]).combine_chunks()
        for at in range(len(first.headers))
    ]
    lines = np.concatenate([part.lines for part in parts])
    faults = [fault for part in parts for fault in part.faults]
    return {path.stem: Sheet(path.name, first.headers, columns, lines, faults)}


def _text(path: Path, limits: Limits, whole: bool) -> dict[str, Sheet]:
    """Table of separated text."""
    return {path.stem: read_csv(path, whole, limits.columns)}


_READERS: Final[dict[str, Callable[[Path, Limits, bool], dict[str, Sheet]]]] = {
    **dict.fromkeys(TEXTS, _text),
    ".xlsx": lambda path, limits, _: read_workbook(path, limits),
    ".parquet": _parquet,
    ".jsonl": _jsonl,
}
