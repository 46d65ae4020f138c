"""Files → tables of cells: CSV, XLSX, Parquet, JSON Lines, a folder of them, or a data frame.

Cells are text, or numbers where the file itself says so; nothing is interpreted here.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.catalogue.schema import Limits
from carbon.errors import CatalogueError

__all__ = ["SUFFIXES", "Sheet", "open_sheets"]

SUFFIXES: Final = (".csv", ".xlsx", ".parquet", ".jsonl")


@dataclass
class Sheet:
    """A table of cells as it stands in a file.

    Parameters
    ----------
    file : str
        Name told to the user; a sheet of a workbook is ``goods.xlsx#materials``.
    headers : list of str
    columns : list of pyarrow.Array
        Strings or numbers, one array a header.
    lines : numpy.ndarray
        Row of the file, as a spreadsheet counts it, of each row of the table.
    faults : list of (int, str)
        Rows that are not well formed: row of the file and text.
    """

    file: str
    headers: list[str]
    columns: list[Any]
    lines: NDArray[np.int64]
    faults: list[tuple[int, str]] = field(default_factory=list)


def open_sheets(source: str | os.PathLike[str] | pd.DataFrame, limits: Limits) -> dict[str, Sheet]:
    """Read every table of a file or folder.

    Parameters
    ----------
    source : path or pandas.DataFrame
    limits : Limits

    Returns
    -------
    dict of str to Sheet
        By name of the sheet or stem of the file.

    Raises
    ------
    CatalogueError
        C001 missing, C002 unknown format, C003 too large, C004 encoding, C011 damaged.
    """
    if isinstance(source, pd.DataFrame):
        return {"skus": _checked(_frame(source), limits)}
    path = Path(source)
    if path.is_dir():
        files = sorted(item for item in path.iterdir() if item.suffix.lower() in SUFFIXES)
        if not files:
            raise CatalogueError("C001", "no table in the folder", file=str(path))
        found: dict[str, Sheet] = {}
        for item in files:
            for name, sheet in open_sheets(item, limits).items():
                found.setdefault(item.stem if item.suffix.lower() != ".xlsx" else name, sheet)
        return found
    reader = _READERS.get(path.suffix.lower())
    if not path.is_file():
        raise CatalogueError("C001", file=str(path))
    if reader is None:
        raise CatalogueError("C002", file=path.name)
    if path.stat().st_size > limits.bytes:
        raise CatalogueError("C003", f"more than {limits.bytes:,} bytes", file=path.name)
    try:
        opened = reader(path, limits)
    except OSError as error:
        raise CatalogueError("C001", str(error), file=path.name) from error
    return {name: _checked(sheet, limits) for name, sheet in opened.items()}


def _checked(sheet: Sheet, limits: Limits) -> Sheet:
    """Hold a table against the limits and leave out its empty rows."""
    if len(sheet.headers) > limits.columns:
        raise CatalogueError("C003", f"more than {limits.columns} columns", file=sheet.file)
    if len(sheet.lines) > limits.rows:
        raise CatalogueError("C003", f"more than {limits.rows:,} rows", file=sheet.file)
    empty: Any = True
    for header, cells in zip(sheet.headers, sheet.columns, strict=True):
        if pa.types.is_string(cells.type):
            lengths = pc.binary_length(cells)
            if len(cells) and (pc.max(lengths).as_py() or 0) > limits.cell:
                worst = int(np.nanargmax(pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False)))
                raise CatalogueError(
                    "C003",
                    f"a cell of more than {limits.cell:,} bytes",
                    file=sheet.file,
                    row=int(sheet.lines[worst]),
                    column=header,
                )
        if empty is not False:
            bare = pc.is_null(cells)
            if cells.null_count < len(cells) and pa.types.is_string(cells.type):
                bare = pc.or_(
                    bare, pc.fill_null(pc.equal(pc.utf8_trim_whitespace(cells), ""), True)
                )
            empty = bare if empty is True else pc.and_(empty, bare)
            if not pc.any(empty).as_py():
                empty = False
    if empty is not False and empty is not True:
        keep = pc.invert(empty)
        sheet.columns = [cells.filter(keep) for cells in sheet.columns]
        sheet.lines = sheet.lines[keep.to_numpy(zero_copy_only=False)]
    return sheet


def _cells(values: Sequence[Any]) -> Any:
    """Array of a column of Python values: numbers if all are, else text."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds and kinds <= {int, float}:
        try:
            if kinds == {int}:
                return pa.array(values, pa.int64())
            return pa.array([None if value is None else float(value) for value in values])
        except (OverflowError, pa.ArrowInvalid):
            pass
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    """Text of a value; an integral float loses its ``.0``."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, float):
        if value != value:
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _frame(frame: pd.DataFrame) -> Sheet:
    """Table of a data frame."""
    columns = []
    for position in range(frame.shape[1]):
        series = frame.iloc[:, position]
        if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(
            series.dtype
        ):
            columns.append(_plain(pa.array(series, from_pandas=True)))
        else:
            values = series.astype("object").where(series.notna(), None)
            columns.append(_cells(values.tolist()))
    lines = np.arange(2, len(frame) + 2, dtype=np.int64)
    return Sheet("", [str(name) for name in frame.columns], columns, lines)


def _csv(path: Path, _: Limits) -> dict[str, Sheet]:
    """Table of a CSV file: encoding and separator are found out."""
    data = path.read_bytes()
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if b"\x00" in data:
        raise CatalogueError("C004", file=path.name)
    data = _utf8(data, path.name)
    if not data.strip():
        raise CatalogueError("C011", "the file is empty", file=path.name)
    first = data.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace")
    separator = max(",;\t", key=lambda mark: len(next(csv.reader([first], delimiter=mark))))
    return {
        path.stem: _csv_fast(path.name, data, separator) or _csv_slow(path.name, data, separator)
    }


def _utf8(data: bytes, file: str) -> bytes:
    """Text as UTF-8, whether it was that or GB18030."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), 1 << 20):  # piece by piece, to need little memory
            decoder.decode(data[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        try:
            return data.decode("gb18030").encode("utf-8")
        except UnicodeDecodeError as error:
            raise CatalogueError("C004", file=file) from error
    return data


def _csv_fast(file: str, data: bytes, separator: str) -> Sheet | None:
    """Table of a regular CSV file, or None if it has blank lines or rows of unlike lengths."""
    from pyarrow import csv as arrow_csv

    if b"\n\n" in data or b"\n\r\n" in data or data[:1] in (b"\n", b"\r"):
        return None
    end = data.find(b"\n")
    header = data[: end if end >= 0 else len(data)].decode("utf-8").rstrip("\r")
    if header.count('"') % 2:
        return None  # a header over several lines
    headers = next(csv.reader([header], delimiter=separator))
    names = [str(position) for position in range(len(headers))]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=1 << 22),
            parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    table = table.slice(1)
    columns = [_plain(table.column(name)) for name in names]
    return Sheet(file, headers, columns, np.arange(2, len(table) + 2, dtype=np.int64))


def _csv_slow(file: str, data: bytes, separator: str) -> Sheet:
    """Table of an irregular CSV file: short rows are padded, long rows are told."""
    text = io.StringIO(data.decode("utf-8"), newline="")
    try:
        rows = [
            (number, row)
            for number, row in enumerate(csv.reader(text, delimiter=separator), start=1)
            if any(row)
        ]
    except csv.Error as error:
        raise CatalogueError("C011", str(error), file=file) from error
    return _records(file, rows)


def _records(file: str, rows: Sequence[tuple[int, Sequence[Any]]]) -> Sheet:
    """Table of numbered rows, the first of which holds the headers."""
    if not rows:
        raise CatalogueError("C011", "the table is empty", file=file)
    headers = [_text(cell) or "" for cell in rows[0][1]]
    while headers and not headers[-1]:
        headers.pop()
    width = len(headers)
    faults = []
    body: list[Sequence[Any]] = []
    for number, row in rows[1:]:
        if len(row) > width and any(cell not in (None, "") for cell in row[width:]):
            faults.append((number, "; ".join(str(cell) for cell in row[width:] if cell)[:80]))
        body.append([*row[:width], *([None] * (width - len(row)))])
    columns = [
        _cells([cell if cell != "" else None for cell in column])
        for column in zip(*body, strict=True)
    ]
    if not body:
        columns = [pa.array([], pa.string()) for _ in headers]
    lines = np.array([number for number, _ in rows[1:]], np.int64)
    return Sheet(file, headers, columns, lines, faults)


def _xlsx(path: Path, limits: Limits) -> dict[str, Sheet]:
    """Tables of a workbook, one a sheet; empty sheets are left out."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except zipfile.BadZipFile as error:
        raise CatalogueError("C011", "no XLSX workbook", file=path.name) from error
    if unpacked > limits.unpacked:
        raise CatalogueError("C003", f"unpacks to {unpacked:,} bytes", file=path.name)
    try:
        frames = pd.read_excel(
            path, sheet_name=None, header=None, dtype=object, na_filter=False, engine="calamine"
        )
    except Exception as error:  # calamine raises errors of several unrelated kinds
        raise CatalogueError("C011", str(error), file=path.name) from error
    sheets = {}
    for name, frame in frames.items():
        rows = [
            (number, row)
            for number, row in enumerate(frame.itertuples(index=False, name=None), start=1)
            if any(cell != "" and cell is not None for cell in row)
        ]
        if rows:
            # a sheet may open with a title: the header is the first row that is at least half full
            width = max(sum(cell != "" for cell in row) for _, row in rows[:10])
            while len(rows) > 1 and sum(cell != "" for cell in rows[0][1]) * 2 < width:
                rows.pop(0)
            file = path.name if len(frames) == 1 else f"{path.name}#{name}"
            sheets[str(name)] = _records(file, rows)
    if not sheets:
        raise CatalogueError("C011", "the workbook is empty", file=path.name)
    return sheets


def _parquet(path: Path, limits: Limits) -> dict[str, Sheet]:
    """Table of a Parquet file."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            groups = range(file.metadata.num_row_groups)
            unpacked = sum(file.metadata.row_group(group).total_byte_size for group in groups)
            if unpacked > limits.unpacked or file.metadata.num_rows > limits.rows:
                raise CatalogueError("C003", f"unpacks to {unpacked:,} bytes", file=path.name)
            table = file.read()
        columns = [_plain(column) for column in table.columns]
    except pa.ArrowException as error:
        raise CatalogueError("C011", str(error), file=path.name) from error
    lines = np.arange(2, len(table) + 2, dtype=np.int64)
    return {path.stem: Sheet(path.name, list(table.column_names), columns, lines)}


def _plain(column: Any) -> Any:
    """One array of strings, int64 or float64."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64(), safe=False)
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
        return pc.if_else(pc.fill_null(pc.is_nan(column), True), None, column)
    if pa.types.is_null(column.type) or not pa.types.is_nested(column.type):
        return column.cast(pa.string())
    return pa.array([_text(value) for value in column.to_pylist()], pa.string())


def _jsonl(path: Path, limits: Limits) -> dict[str, Sheet]:
    """Table of a JSON Lines file; a damaged line is told and left out."""
    text = _utf8(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), path.name).decode("utf-8")
    records: list[dict[str, Any]] = []
    lines: list[int] = []
    faults: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            records.append(record)
            lines.append(number)
        else:
            faults.append((number, line.strip()[:80]))
    if not records:
        raise CatalogueError("C011", "no JSON object in any line", file=path.name)
    headers = list(dict.fromkeys(_keys(records)))
    if len(headers) > limits.columns:
        raise CatalogueError("C003", f"more than {limits.columns} columns", file=path.name)
    columns = [_cells([record.get(name) for record in records]) for name in headers]
    return {path.stem: Sheet(path.name, headers, columns, np.array(lines, np.int64), faults)}


def _keys(records: Iterable[dict[str, Any]]) -> Iterable[str]:
    for record in records:
        yield from record


_READERS: Final[dict[str, Callable[[Path, Limits], dict[str, Sheet]]]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".jsonl": _jsonl,
}
