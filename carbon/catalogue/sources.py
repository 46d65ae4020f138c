"""Reads a file, a folder of files or a URL piece by piece, gives tables of any size.

Parquet comes row group by row group, CSV in spans of rows, JSON Lines some lines at a time; what
can only be understood as a whole (XLSX, irregular CSV) is read so, and handed over in parts.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from carbon.base.errors import CatalogueError
from carbon.base.files import utf8_copy
from carbon.catalogue.csv_text import Span, header_of, spans
from carbon.catalogue.files import bounded_group, named, open_sheets
from carbon.catalogue.inputs import Input
from carbon.catalogue.json_lines import JsonLines, json_lines
from carbon.catalogue.presets import NO_PRESET, as_goods, headed, recognised
from carbon.catalogue.schema import Limits, Vocabulary
from carbon.catalogue.sheets import TEXTS, Sheet, with_constants

__all__ = ["Damaged", "Piece", "Reader", "empty", "only", "open_readers"]

WHOLE: Final = 1 << 25
"""Files up to this size are read whole [bytes]: nothing is gained by parts."""


@dataclass(frozen=True)
class Damaged:
    """Rows that cannot be read."""

    file: str
    # first, last: rows of the file as a spreadsheet counts them; 0 if not known
    first: int
    last: int
    reason: str


Piece = Sheet | Span | Damaged


@dataclass
class Reader:
    """A table, or a part of one, that is read piece by piece; any process can do it."""

    name: str  # by which its table is known
    file: str  # told to the user
    headers: list[str]
    rows: int  # about: blank lines count too
    read: Callable[[int, Collection[str] | None], Iterator[Piece]]
    text: bool = False  # whether its cells must be parsed

    def pieces(self, step: int, columns: Collection[str] | None = None) -> Iterator[Piece]:
        """Consecutive rows, about ``step`` at a time; of some columns, if these are named."""
        return self.read(step, columns)


def _held(name: str, sheet: Sheet) -> Reader:
    """A table that was read whole."""
    return Reader(name, sheet.file, sheet.headers, len(sheet.lines), partial(_parts, sheet))


def _parts(sheet: Sheet, step: int, columns: Collection[str] | None) -> Iterator[Piece]:
    for start in range(0, max(len(sheet.lines), 1), step):
        yield only(sheet.part(start, start + step), columns)


def _spans(
    spans: list[Span], most: int, _step: int, _columns: Collection[str] | None
) -> Iterator[Piece]:
    """Rows of a CSV file; a line is read as one."""
    for span in spans:
        if span.length > most:
            detail = f"{span.rows} rows of more than {most:,} bytes"
            raise CatalogueError("C003", detail, file=span.file, row=span.above + 2)
        yield span


def _groups(
    item: Input, stored: list[str], limits: Limits, step: int, columns: Collection[str] | None
) -> Iterator[Piece]:
    """Rows of a Parquet file."""
    import pyarrow.parquet as pq

    wanted = [name for name in stored if columns is None or name in columns]
    told = {k: v for k, v in item.constants.items() if columns is None or k in columns}
    with item.open() as source, pq.ParquetFile(source) as file:
        line = 2
        for group in range(file.metadata.num_row_groups):
            about = file.metadata.row_group(group)
            bounded_group(file.metadata, group, limits, item.name)
            if about.total_byte_size > limits.unpacked:
                detail = f"a row group unpacks to {about.total_byte_size:,} bytes"
                raise CatalogueError("C003", detail, file=item.name)
            end = line + about.num_rows
            try:
                for batch in file.iter_batches(
                    step, row_groups=[group], columns=wanted, use_threads=False
                ):
                    lines = np.arange(line, line + len(batch), dtype=np.int64)
                    names, cells = list(batch.schema.names), list(batch.columns)
                    yield with_constants(Sheet(item.name, names, cells, lines, raw=True), told)
                    line += len(batch)
            except (pa.ArrowException, OSError) as error:
                yield Damaged(item.name, line, end - 1, str(error).splitlines()[0][:200])
            line = end


def _records(
    item: Input, found: JsonLines, step: int, columns: Collection[str] | None
) -> Iterator[Piece]:
    """Rows of a JSON Lines file, read line by line."""
    for sheet in found.sheets(step):
        yield only(named(item, item.table, sheet)[1], columns)


def empty(reader: Reader) -> Sheet:
    """Table of no rows."""
    columns = [pa.array([], pa.string()) for _ in reader.headers]
    return Sheet(reader.file, list(reader.headers), columns, np.empty(0, np.int64))


def only(sheet: Sheet, columns: Collection[str] | None) -> Sheet:
    """Some columns of a table.

    ``columns``: headers; all without.
    """
    if columns is None:
        return sheet
    at = [position for position, name in enumerate(sheet.headers) if name in columns]
    return replace(
        sheet,
        headers=[sheet.headers[each] for each in at],
        columns=[sheet.columns[each] for each in at],
    )


def open_readers(
    source: str | os.PathLike[str] | pd.DataFrame,
    vocabulary: Vocabulary,
    inputs: Collection[Input],
    limits: Limits,
    folder: Path,
    step: int,
    unsplit_bytes: int = WHOLE,
) -> tuple[list[Reader], list[Damaged]]:
    """Open every table of a catalogue.

    ``vocabulary``: by whose words exports of other programs are understood; ``limits``: of a file
    that is read whole, and of a piece of one that is not; ``folder``: for copies: of remote files
    that are not Parquet, of text that is not UTF-8; ``step``: rows in a span of CSV;
    ``unsplit_bytes``: files up to this size are read whole [bytes]. Returns ``readers``;
    ``damaged``: files of several that could not be opened. Raises CatalogueError: if none could.
    """
    if isinstance(source, pd.DataFrame):
        opened = open_sheets(source, limits)
        return [_held(name, as_goods(sheet, vocabulary)) for name, sheet in opened], []
    readers: list[Reader] = []
    damaged: list[Damaged] = []
    for item in inputs:
        try:
            readers += _open(item, vocabulary, limits, folder, step, unsplit_bytes)
        except CatalogueError as error:
            if len(inputs) == 1:
                raise
            damaged.append(Damaged(item.name, 0, 0, str(error)))
            first = error
    if not readers:
        raise first
    return readers, damaged


def _open(
    item: Input, vocabulary: Vocabulary, limits: Limits, folder: Path, step: int, unsplit_bytes: int
) -> list[Reader]:
    suffix = PurePosixPath(item.path).suffix.lower()
    if suffix == ".parquet":
        table = _parquet(item, limits)
        wanted = vocabulary.preset or recognised(table.headers)
        if wanted in (None, NO_PRESET):  # rows of an export belong together
            return [table]
    path = item.local(folder)
    if suffix in TEXTS and item.size > unsplit_bytes:
        readable = utf8_copy(path, folder / f"utf8+{item.name.replace('/', '+')}")
        if readable is None:
            raise CatalogueError("C004", file=item.name)
        spanned, encoding = readable
        begin, parts = header_of(spanned), spans(spanned, item.name, step, encoding)
        if begin is not None and parts is not None:
            if begin.header.count(begin.separator.encode()) > 8 * limits.columns:
                raise CatalogueError("C003", f"more than {limits.columns} columns", file=item.name)
            parts = [replace(part, constants=item.constants) for part in parts]
            shape = (begin.header, begin.separator, 0, 0, 0, 0)
            top = Span(spanned, item.name, *shape, constants=item.constants).sheet()
            _, preset = headed(parts[0].sheet() if parts else top, vocabulary.preset)
            if preset is None:  # rows of an export belong together
                rows, read = sum(part.rows for part in parts), partial(_spans, parts, limits.bytes)
                return [Reader(item.table, item.name, top.headers, rows, read, text=True)]
    if suffix == ".jsonl" and item.size > unsplit_bytes:
        records = json_lines(path, item.name, limits)
        if (vocabulary.preset or recognised(list(records.columns))) in (None, NO_PRESET):
            headers, read = _headers(records.columns, item), partial(_records, item, records)
            return [Reader(item.table, item.name, headers, records.rows, read)]
    sheets = open_sheets(path, limits)
    copy = replace(item, path=str(path))
    return [_held(*named(copy, name, as_goods(sheet, vocabulary))) for name, sheet in sheets]


def _parquet(item: Input, limits: Limits) -> Reader:
    import pyarrow.parquet as pq

    try:
        with item.open() as source, contextlib.closing(pq.ParquetFile(source)) as file:
            headers, rows = list(file.schema_arrow.names), file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise CatalogueError("C011", str(error), file=item.name) from error
    if len(headers) > limits.columns:
        raise CatalogueError("C003", f"more than {limits.columns} columns", file=item.name)
    read = partial(_groups, item, [name for name in headers if name not in item.constants], limits)
    return Reader(item.table, item.name, _headers(headers, item), rows, read)


def _headers(stored: Collection[str], item: Input) -> list[str]:
    """Headers of a file, and those that the names of its folders add."""
    return [*stored, *(name for name in item.constants if name not in stored)]
