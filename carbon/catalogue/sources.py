"""Reads a file, a folder of files or a URL piece by piece, gives tables of any size.

Parquet comes row group by row group, CSV in spans of rows, JSON Lines some lines at a time; what
can only be understood as a whole (XLSX, irregular CSV) is read so, and handed over in parts.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final, Protocol

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


class Reader(Protocol):
    """A table, or a part of one, that is read piece by piece."""

    @property
    def name(self) -> str:
        """Name by which its table is known."""

    text: bool
    """Whether its cells must be parsed."""

    @property
    def file(self) -> str:
        """File told to the user."""

    @property
    def headers(self) -> list[str]:
        """Headers of its columns."""

    @property
    def rows(self) -> int:
        """Rows, about: blank lines count too."""

    def pieces(self, step: int, columns: Collection[str] | None = None) -> Iterator[Piece]:
        """Consecutive rows, about ``step`` at a time; of some columns, if these are named."""


@dataclass
class _Held:
    """A table that was read whole."""

    name: str
    sheet: Sheet
    text = False

    @property
    def file(self) -> str:
        return self.sheet.file

    @property
    def headers(self) -> list[str]:
        return self.sheet.headers

    @property
    def rows(self) -> int:
        return len(self.sheet.lines)

    def pieces(self, step: int, columns: Collection[str] | None = None) -> Iterator[Piece]:
        for start in range(0, max(len(self.sheet.lines), 1), step):
            yield only(self.sheet.part(start, start + step), columns)


@dataclass
class _Spans:
    """A CSV file whose rows stand in spans."""

    name: str
    file: str
    headers: list[str]
    spans: list[Span]
    limits: Limits
    text = True

    @property
    def rows(self) -> int:
        return sum(span.rows for span in self.spans)

    def pieces(self, step: int, columns: Collection[str] | None = None) -> Iterator[Piece]:
        del step, columns  # a line is read as one
        for span in self.spans:
            if span.length > self.limits.bytes:
                detail = f"{span.rows} rows of more than {self.limits.bytes:,} bytes"
                raise CatalogueError("C003", detail, file=self.file, row=span.above + 2)
            yield span


@dataclass
class _Parquet:
    """A Parquet file."""

    name: str
    item: Input
    headers: list[str]
    rows: int
    limits: Limits
    text = False

    @property
    def file(self) -> str:
        return self.item.name

    def pieces(self, step: int, columns: Collection[str] | None = None) -> Iterator[Piece]:
        import pyarrow.parquet as pq

        stored = [name for name in self.headers if name not in self.item.constants]
        wanted = stored if columns is None else [name for name in stored if name in columns]
        with self.item.open() as source, pq.ParquetFile(source) as file:
            line = 2
            for group in range(file.metadata.num_row_groups):
                about = file.metadata.row_group(group)
                bounded_group(file.metadata, group, self.limits, self.file)
                if about.total_byte_size > self.limits.unpacked:
                    detail = f"a row group unpacks to {about.total_byte_size:,} bytes"
                    raise CatalogueError("C003", detail, file=self.file)
                end = line + about.num_rows
                try:
                    for batch in file.iter_batches(
                        step, row_groups=[group], columns=wanted, use_threads=False
                    ):
                        yield self._sheet(batch, line, columns)
                        line += len(batch)
                except (pa.ArrowException, OSError) as error:
                    yield Damaged(self.file, line, end - 1, str(error).splitlines()[0][:200])
                line = end

    def _sheet(self, batch: Any, line: int, columns: Collection[str] | None) -> Sheet:
        lines = np.arange(line, line + len(batch), dtype=np.int64)
        sheet = Sheet(self.file, list(batch.schema.names), list(batch.columns), lines, raw=True)
        told = self.item.constants.items()
        return with_constants(sheet, {k: v for k, v in told if columns is None or k in columns})


@dataclass
class _Records:
    """A JSON Lines file that is read line by line."""

    name: str
    item: Input
    found: JsonLines
    text = False

    @property
    def file(self) -> str:
        return self.item.name

    @property
    def headers(self) -> list[str]:
        return _headers(self.found.columns, self.item)

    @property
    def rows(self) -> int:
        return self.found.rows

    def pieces(self, step: int, columns: Collection[str] | None = None) -> Iterator[Piece]:
        for sheet in self.found.sheets(step):
            yield only(named(self.item, self.name, sheet)[1], columns)


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
    return Sheet(
        sheet.file,
        [sheet.headers[position] for position in at],
        [sheet.columns[position] for position in at],
        sheet.lines,
        sheet.faults,
        sheet.files,
        sheet.raw,
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

    ``vocabulary``: by whose words exports of other programs are understood; ``inputs``: its files;
    ``limits``: of a file that is read whole, and of a piece of one that is not; ``folder``: for
    copies: of remote files that are not Parquet, of text that is not UTF-8; ``step``: rows in a
    span of CSV; ``unsplit_bytes``: files up to this size are read whole [bytes]. Returns
    ``readers``; ``damaged``: files of several that could not be opened. Raises CatalogueError: if
    none could.
    """
    if isinstance(source, pd.DataFrame):
        opened = open_sheets(source, limits)
        return [_Held(name, as_goods(sheet, vocabulary)) for name, sheet in opened], []
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
            headers = Span(spanned, item.name, *shape, constants=item.constants).sheet()
            _, preset = headed(parts[0].sheet() if parts else headers, vocabulary.preset)
            if preset is None:  # rows of an export belong together
                return [_Spans(item.table, item.name, headers.headers, parts, limits)]
    if suffix == ".jsonl" and item.size > unsplit_bytes:
        records = json_lines(path, item.name, limits)
        if (vocabulary.preset or recognised(list(records.columns))) in (None, NO_PRESET):
            return [_Records(item.table, item, records)]
    sheets = open_sheets(path, limits)
    copy = replace(item, path=str(path))
    return [_Held(*named(copy, name, as_goods(sheet, vocabulary))) for name, sheet in sheets]


def _parquet(item: Input, limits: Limits) -> Reader:
    import pyarrow.parquet as pq

    try:
        with item.open() as source, contextlib.closing(pq.ParquetFile(source)) as file:
            headers, rows = list(file.schema_arrow.names), file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise CatalogueError("C011", str(error), file=item.name) from error
    if len(headers) > limits.columns:
        raise CatalogueError("C003", f"more than {limits.columns} columns", file=item.name)
    return _Parquet(item.table, item, _headers(headers, item), rows, limits)


def _headers(stored: Collection[str], item: Input) -> list[str]:
    """Headers of a file, and those that the names of its folders add."""
    return [*stored, *(name for name in item.constants if name not in stored)]
