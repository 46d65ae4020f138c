"""CSV files → tables of cells: encoding, separator, line ends and titles are found out.

A quotation mark that is not closed would swallow the rows below it. It fails the row in which it
stands, and the rows below are read.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.base.errors import CatalogueError
from carbon.catalogue.sheets import Fault, Sheet, plain, records, title_rows

__all__ = ["fast", "layout", "read_csv", "slow", "utf8"]

_MOST_UNCLOSED: Final = 100  # a file with more open quotation marks needs another remedy
_UNCLOSED: Final = "a quotation mark is not closed"
_SEPARATOR_LINE: Final = re.compile(rb'"?sep=([^\w\s"])"?\r?\n', re.I)
_CHAIN: Final = re.compile(r"[:：%]|[0-9]\s*(?:km|公里)")  # what no first cell of a row holds
_PIECE: Final = 1 << 18
_MOST_CELLS: Final = 4096  # of a row; more than columns may be
_HEAD: Final = 65536  # bytes in which the layout of a file shows
_BREAK: Final = re.compile(r"\r\n|\r|\n")


def read_csv(path: Path, whole: bool = True, most: int = 256) -> Sheet:
    """Table of a CSV file.

    Parameters
    ----------
    path : pathlib.Path
    whole : bool
        As for :func:`fast`.
    most : int
        Columns.

    Raises
    ------
    CatalogueError
        C003 columns, C004 encoding, C011 damaged.
    """
    file, data = path.name, path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if b"\x00" in data:
        raise CatalogueError("C004", file=file)
    data = _line_feeds(utf8(data, file))
    if not data or data.isspace():
        raise CatalogueError("C011", "the file is empty", file=file)
    try:
        separator, start, titles, quoted = layout(data)
        data, above = data[start:], int(start > 0)
        if titles and not quoted:
            data, above = data.split(b"\n", titles)[titles], above + titles
        _narrow(data, separator, most, file)
        quick = None if quoted else fast(file, data, separator, above, whole)
        return quick or slow(file, data, separator, above)
    except csv.Error as error:
        raise CatalogueError("C011", str(error), file=file) from error


def _narrow(data: bytes, separator: str, most: int, file: str) -> None:
    """Refuse a table whose first lines have far more cells than columns may be."""
    for line in data[: 1 << 24].split(b"\n", 10)[:10]:
        allowed = (100 if b'"' in line else 8) * most  # quoted cells may hold separators
        if line.count(separator.encode()) > allowed:
            raise CatalogueError("C003", f"more than {most} columns", file=file)


def layout(data: bytes) -> tuple[str, int, int, bool]:
    """How a CSV file is laid out, by its beginning.

    Parameters
    ----------
    data : bytes
        At least its first lines.

    Returns
    -------
    separator : str
    start : int
        Where its table begins: behind Excel's own line, as ``sep=;``.
    titles : int
        Lines from there to the header.
    quoted : bool
        These lines hold quotation marks, which may reach over lines.
    """
    stated = _SEPARATOR_LINE.match(data)
    start = stated.end() if stated else 0
    head = data[start : start + _HEAD]
    separator = stated[1].decode() if stated else _separator(head)
    titles, quoted = _titles(head, separator)
    return separator, start, titles, quoted


def utf8(data: bytes, file: str) -> bytes:
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


def _line_feeds(data: bytes) -> bytes:
    """Turn the line ends of old Macs into line feeds, if the first line ends so."""
    carriage, feed = data.find(b"\r"), data.find(b"\n")
    if carriage < 0 or (0 <= feed <= carriage + 1):
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _head(data: bytes) -> list[str]:
    """First ten lines."""
    return data[:_HEAD].decode("utf-8", "replace").split("\n")[:10]


def _separator(data: bytes) -> str:
    """Separator by which the first line that holds one has most cells."""
    for line in _head(data):
        cells = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in ",;\t"}
        best = max(cells, key=lambda mark: cells[mark])
        if cells[best] > 1:
            return best
    return ","


def _titles(data: bytes, separator: str) -> tuple[int, bool]:
    """Lines above the header, and whether they hold quotation marks, which may reach over lines."""
    head = _head(data)
    above = title_rows([next(csv.reader([line], delimiter=separator), []) for line in head])
    return above, any('"' in line for line in head[:above])


def _regular(data: bytes, separator: str) -> bool:
    """Whether every quotation mark stands where one may, in turn opening and closing a cell."""
    if b'"' not in data:
        return True
    text = np.frombuffer(data, np.uint8)
    fits = np.zeros(256, bool)
    fits[[ord(mark) for mark in (separator, '"', "\n", "\r")]] = True
    before = 0
    for start in range(0, len(text), _PIECE):  # a piece stays in the processor's cache
        at = np.flatnonzero(text[start : start + _PIECE] == ord('"')) + start
        opening, closing = at[before % 2 :: 2], at[1 - before % 2 :: 2]
        opening, closing = opening[opening > 0], closing[closing < len(text) - 1]
        if not (fits[text[opening - 1]].all() and fits[text[closing + 1]].all()):
            return False
        before += len(at)
    return before % 2 == 0


def fast(
    file: str, data: bytes, separator: str, above: int = 0, whole: bool = True
) -> Sheet | None:
    """Table of a regular CSV file, or None if :func:`slow` must look at it.

    Parameters
    ----------
    file : str
    data : bytes
    separator : str
    above : int
        Lines of the file above the header.
    whole : bool
        Columns as one array each; else in chunks, which needs less memory.
    """
    from pyarrow import csv as arrow_csv

    if b"\n\n" in data or b"\n\r\n" in data or data[:1] in (b"\n", b"\r"):
        return None
    end = data.find(b"\n")
    header = data[: end if end >= 0 else len(data)].decode("utf-8").rstrip("\r")
    if header.count('"') % 2 or not _regular(data, separator):
        return None
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
    columns = [plain(table.column(name)) if whole else table.column(name) for name in names]
    if b'"' in data and _any_swallowed(columns, separator):
        return None
    lines = np.arange(2 + above, len(table) + 2 + above, dtype=np.int64)
    return Sheet(file, headers, columns, lines)


def _any_swallowed(columns: Sequence[Any], separator: str) -> bool:
    """Whether a cell of the table holds a row (see :func:`_swallowed`)."""
    width = len(columns)
    for position, cells in enumerate(columns):
        many = pc.match_substring(cells, "\n")
        if pc.any(many).as_py():
            long = cells.filter(many)
            long = long.filter(pc.greater_equal(pc.count_substring(long, separator), width - 1))
            if any(_swallowed(cell, position, width, separator) for cell in long.to_pylist()):
                return True
    return False


def _swallowed(cell: str, position: int, width: int, separator: str, short: bool = False) -> bool:
    """Whether a cell holds the rest of its row and the beginning of another one.

    A line of it is then as long as a row, or its first line ends as its row would and its last one
    begins as another row would; a ``short`` row has not enough cells. Lines of chains, which hold
    commas too, are none.
    """
    parts = _BREAK.split(cell)
    counts = [part.count(separator) for part in parts]
    if len(parts) == 1 or sum(counts) < width - 1:
        return False
    if any(_CHAIN.search(part.split(separator, 1)[0]) for part in parts[1:]):
        return False
    whole = max(counts[1:]) >= width - 1
    return short or whole or (counts[-1] == position and counts[0] == width - 1 - position)


class _Lines:
    """Lines that can be read again."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.at = lines, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1]


def slow(file: str, data: bytes, separator: str, above: int = 0, headed: bool = False) -> Sheet:
    """Table of an irregular CSV file: short rows are padded, long and open rows are told.

    Parameters
    ----------
    file : str
    data : bytes
    separator : str
    above : int
        Lines of the file above the header.
    headed : bool
        The first line is the header; else it is looked for among the first ten.
    """
    source = _Lines(list(io.StringIO(data.decode("utf-8"), newline="")))
    rows: list[tuple[int, list[str]]] = []
    faults: list[Fault] = []
    number, width = above, 0
    reader = csv.reader(source, delimiter=separator, strict=True)
    while source.at < len(source.lines):
        start = source.at
        number += 1
        try:
            row = next(reader)
            span = source.at - start
            open_cell = span > 1 and any(
                _swallowed(cell, position, width, separator, len(row) < width)
                for position, cell in enumerate(row)
            )
        except csv.Error:
            row, open_cell = [], True
        if open_cell:
            line = source.lines[start]
            if source.at == start + 1 and line.count('"') % 2 == 0:  # as "Nike" shirt
                row = next(csv.reader([line], delimiter=separator))
            else:
                source.at = start + 1
                row = next(csv.reader([line.replace('"', "")], delimiter=separator), [])
                faults.append(Fault(file, number, line.strip()[:80], _UNCLOSED))
                if len(faults) > _MOST_UNCLOSED:
                    raise CatalogueError("C011", _UNCLOSED, file=file, row=faults[0].line)
            reader = csv.reader(source, delimiter=separator, strict=True)
        if any(row):
            rows.append((number, row[:_MOST_CELLS]))
            width = max(width, len(row)) if len(rows) < 10 else width
    titles = 0 if headed else title_rows([row for _, row in rows[:10]])
    sheet = records(file, rows[titles:])
    told = {fault.line for fault in faults}
    sheet.faults = [*faults, *(fault for fault in sheet.faults if fault.line not in told)]
    return sheet
