"""Reads CSV files, gives tables of cells; encoding, separator and titles are detected.

Where the rows of a large file begin is found in one pass and in little memory; a span of rows is
then read alone, by any process. A file whose quotation marks are irregular, or whose line ends are
a Mac's of old, has no spans: it is read whole.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base.encodings import BYTE_ORDER_MARK, USUAL, encoding_of
from carbon.base.errors import CatalogueError
from carbon.base.files import as_utf8
from carbon.catalogue.csv_repair import slow, swallowed
from carbon.catalogue.sheets import Fault, Sheet, plain, title_rows, with_constants

__all__ = ["Span", "fast", "header_of", "in_encoding", "layout", "read_csv", "spans"]

BLOCK: Final = 1 << 22
_SEPARATOR_LINE: Final = re.compile(rb'"?sep=([^\w\s"])"?\r?\n', re.I)
_PIECE: Final = 1 << 18
_HEAD: Final = 65536  # bytes in which the layout of a file shows
_HEADER: Final = 1 << 17  # bytes in which its header ends
_QUOTE, _FEED = b'"'[0], b"\n"[0]


def read_csv(path: Path, complete: bool = True, most: int = 256) -> Sheet:
    """Table of a CSV file.

    ``complete``: as for :func:`fast`. Raises C003 columns, C004 encoding, C011 damaged.
    """
    file, raw = path.name, path.read_bytes()
    encoding = encoding_of(raw[at : at + BLOCK] for at in range(0, len(raw), BLOCK))
    data = as_utf8(raw, encoding) if encoding else None
    del raw
    if data is None or b"\x00" in data:
        raise CatalogueError("C004", file=file)
    data = _line_feeds(data)
    if not data or data.isspace():
        raise CatalogueError("C011", "the file is empty", file=file)
    try:
        separator, start, titles, quoted = layout(data)
        data, above = data[start:], int(start > 0)
        if titles and not quoted:
            data, above = data.split(b"\n", titles)[titles], above + titles
        _narrow(data, separator, most, file)
        quick = None if quoted else fast(file, data, separator, above, complete)
        return in_encoding(quick or slow(file, data, separator, above), encoding)
    except csv.Error as error:
        raise CatalogueError("C011", str(error), file=file) from error


def in_encoding(sheet: Sheet, encoding: str) -> Sheet:
    """A table that tells in which encoding its text was, if that is none of the usual."""
    if encoding not in USUAL:
        sheet.faults.append(Fault(sheet.file, 0, encoding, code="C027"))
    return sheet


def _narrow(data: bytes, separator: str, most: int, file: str) -> None:
    """Refuse a table whose first lines have far more cells than columns may be."""
    for line in data[: 1 << 24].split(b"\n", 10)[:10]:
        allowed = (100 if b'"' in line else 8) * most  # quoted cells may hold separators
        if line.count(separator.encode()) > allowed:
            raise CatalogueError("C003", f"more than {most} columns", file=file)


def layout(data: bytes) -> tuple[str, int, int, bool]:
    """How a CSV file is laid out, by its beginning.

    ``data``: at least its first lines. Returns ``separator``; ``start``: where its table begins:
    behind Excel's own line, as ``sep=;``; ``titles``: lines from there to the header; ``quoted``:
    these lines hold quotation marks, which may reach over lines.
    """
    stated = _SEPARATOR_LINE.match(data)
    start = stated.end() if stated else 0
    head = data[start : start + _HEAD]
    separator = stated[1].decode() if stated else _separator(head)
    titles, quoted = _titles(head, separator)
    return separator, start, titles, quoted


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


class _Quotes:
    """Quotation marks of a text, block by block: each opens or closes a cell in turn."""

    def __init__(self, separator: str) -> None:
        self.count = 0
        self._last = _FEED
        self._neighbours = np.zeros(256, bool)
        self._neighbours[[ord(mark) for mark in (separator, '"', "\n", "\r")]] = True

    def skip(self, block: bytes) -> None:
        """Pass over a block that has no mark."""
        self._last = block[-1]

    def add(self, block: NDArray[np.uint8], following: int = _FEED) -> NDArray[np.int64] | None:
        """Positions of the marks of the next block; None if one stands where none may.

        ``following``: first byte behind it.
        """
        marks = np.flatnonzero(block == _QUOTE)
        if len(marks):
            opening, closing = marks[self.count % 2 :: 2], marks[1 - self.count % 2 :: 2]
            before = block[opening - 1]
            if len(opening) and opening[0] == 0:
                before[0] = self._last
            after = block[np.minimum(closing + 1, len(block) - 1)]
            if len(closing) and closing[-1] == len(block) - 1:
                after[-1] = following
            if not (self._neighbours[before].all() and self._neighbours[after].all()):
                return None
        self.count += len(marks)
        self._last = int(block[-1])
        return marks


def _regular(data: bytes, separator: str) -> bool:
    """Whether every quotation mark stands where one may, in turn opening and closing a cell."""
    if b'"' not in data:
        return True
    text, quotes = np.frombuffer(data, np.uint8), _Quotes(separator)
    for start in range(0, len(text), _PIECE):  # a piece stays in the processor's cache
        stop = start + _PIECE
        if quotes.add(text[start:stop], text[stop] if stop < len(text) else _FEED) is None:
            return False
    return quotes.count % 2 == 0


def fast(
    file: str, data: bytes, separator: str, above: int = 0, complete: bool = True
) -> Sheet | None:
    """Table of a regular CSV file, or None if :func:`slow` must look at it.

    ``above``: lines of the file above the header; ``complete``: columns as one array each; else in
    chunks, which needs less memory.
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
    columns = [plain(table.column(name)) if complete else table.column(name) for name in names]
    if b'"' in data and _any_swallowed(columns, separator):
        return None
    lines = np.arange(2 + above, len(table) + 2 + above, dtype=np.int64)
    return Sheet(file, headers, columns, lines)


def _any_swallowed(columns: Sequence[Any], separator: str) -> bool:
    """Whether a cell of the table holds the rest of its row and more."""
    width = len(columns)
    for position, cells in enumerate(columns):
        many = pc.match_substring(cells, "\n")
        if pc.any(many).as_py():
            long = cells.filter(many)
            long = long.filter(pc.greater_equal(pc.count_substring(long, separator), width - 1))
            if any(swallowed(cell, position, width, separator) for cell in long.to_pylist()):
                return True
    return False


@dataclass(frozen=True)
class Span:
    """Consecutive rows of a CSV file."""

    path: Path
    file: str
    header: bytes  # line of the headers
    separator: str
    # offset, length: where the rows stand [bytes]
    offset: int
    length: int
    above: int  # lines of the file above the rows, less one
    rows: int  # lines in the span
    encoding: str = "UTF-8"  # that of the file, told with its first rows
    # columns that the file's folders tell
    constants: Mapping[str, str] = field(default_factory=dict)

    def sheet(self) -> Sheet:
        """Read the rows."""
        with self.path.open("rb") as source:
            source.seek(self.offset)
            data = self.header + b"\n" + source.read(self.length)
        table = fast(self.file, data, self.separator, self.above)
        table = table or slow(self.file, data, self.separator, self.above, headed=True)
        return in_encoding(with_constants(table, self.constants), self.encoding)


@dataclass(frozen=True)
class _Layout:
    header: bytes
    separator: str
    begin: int
    above: int


def header_of(path: Path) -> _Layout | None:
    """How a CSV file begins; None if it must be read whole."""
    with path.open("rb") as source:
        head = source.read(_HEADER)
    skip = len(BYTE_ORDER_MARK) if head.startswith(BYTE_ORDER_MARK) else 0
    data = head[skip:]
    carriage, feed = data.find(b"\r"), data.find(b"\n")
    if feed < 0 or 0 <= carriage < feed - 1:
        return None
    separator, start, titles, quoted = layout(data)
    lines = data[start:].split(b"\n", titles + 1)
    if quoted or len(lines) < titles + 2 or lines[titles].count(b'"') % 2:
        return None
    begin = skip + start + sum(len(line) + 1 for line in lines[: titles + 1])
    header = lines[titles].removesuffix(b"\r")
    return _Layout(header, separator, begin, int(start > 0) + titles)


def spans(path: Path, file: str, step: int, encoding: str = "UTF-8") -> list[Span] | None:
    """Spans of a CSV file in UTF-8; None if it must be read whole.

    ``step``: rows in a span; ``encoding``: that the file was in before it was copied.
    """
    shape = header_of(path)
    if shape is None:
        return None
    with path.open("rb") as source:
        source.seek(shape.begin)
        scanned = _scan(source, shape.separator, step)
    if scanned is None:
        return None
    starts, counts, several = scanned
    parts = []
    for number, (start, rows) in enumerate(zip(starts[:-1], counts, strict=True)):
        begin, length = shape.begin + start, starts[number + 1] - start
        above = shape.above + number * step
        was = "UTF-8" if number else encoding
        span = Span(path, file, shape.header, shape.separator, begin, length, above, rows, was)
        parts.append(span)
    # a cell of several lines may have swallowed rows: only a look at its rows can tell
    for number in several:
        with path.open("rb") as source:
            source.seek(parts[number].offset)
            data = parts[number].header + b"\n" + source.read(parts[number].length)
        if fast(file, data, shape.separator, parts[number].above) is None:
            return None
    return parts


def _scan(
    source: BinaryIO | io.BufferedReader, separator: str, step: int
) -> tuple[list[int], list[int], list[int]] | None:
    """Starts of spans and the end, rows of each, and spans with cells of several lines."""
    quotes = _Quotes(separator)
    starts, rows, position, last = [0], 0, 0, _FEED
    several: set[int] = set()
    block = source.read(BLOCK)
    while block:
        after = source.read(BLOCK)
        text = np.frombuffer(block, np.uint8)
        feeds = np.flatnonzero(text == _FEED)
        if quotes.count % 2 or b'"' in block:
            before = quotes.count
            marks = quotes.add(text, after[0] if after else _FEED)
            if marks is None:
                return None
            inside = (np.searchsorted(marks, feeds) + before) % 2 == 1
            if inside.any():
                lines = np.cumsum(~inside)[inside] + rows
                several.update(np.unique(lines // step).tolist())
                feeds = feeds[~inside]
        else:
            quotes.skip(block)
        first = (-rows) % step or step
        starts += (feeds[first - 1 :: step] + position + 1).tolist()
        rows += len(feeds)
        position += len(block)
        last, block = block[-1], after
    if quotes.count % 2:
        return None
    if last != _FEED:
        rows += 1
    if starts[-1] == position and len(starts) > 1:
        starts.pop()
    counts = [step] * (len(starts) - 1) + [rows - step * (len(starts) - 1)]
    return [*starts, position], counts, sorted(several)
