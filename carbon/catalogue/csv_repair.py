"""Reads the text of an irregular CSV file, gives its rows and those that are not well formed.

A quotation mark that is not closed would swallow the rows below it. It fails the row in which it
stands, and the rows below are read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import pyarrow as pa

from carbon.base.errors import CatalogueError
from carbon.catalogue.sheets import MOST_FAULTS, Fault, Sheet, records, title_rows

__all__ = ["slow", "swallowed"]

_MOST_CELLS: Final = 4096  # of a row; more than columns may be
_LARGEST: Final = 80_000_000  # bytes; each needs some eight while it is read
_AT_ONCE: Final = 1 << 18  # cells whose rows are held as lists
_MOST_UNCLOSED: Final = 100  # a file with more open quotation marks needs another remedy
_UNCLOSED: Final = "a quotation mark is not closed"
_LONGEST: Final = 1 << 17  # characters of a cell; far more than Limits let one have
_TOO_LONG: Final = f"a cell of more than {_LONGEST:,} bytes"
_CHAIN: Final = re.compile(r"[:：%]|[0-9]\s*(?:km|公里)")  # what no first cell of a row holds
_BREAK: Final = re.compile(r"\r\n|\r|\n")


def swallowed(cell: str, position: int, width: int, separator: str, short: bool = False) -> bool:
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
    holds_row = max(counts[1:]) >= width - 1
    return short or holds_row or (counts[-1] == position and counts[0] == width - 1 - position)


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


@contextmanager
def _bounded() -> Iterator[None]:
    """Bound cells whatever other readers of CSV in this process allow themselves."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


@_bounded()
def slow(file: str, data: bytes, separator: str, above: int = 0, headed: bool = False) -> Sheet:
    """Table of an irregular CSV file: short rows are padded, long and open rows are told.

    ``above``: lines of the file above the header; ``headed``: the first line is the header; else it
    is looked for among the first ten.
    """
    if len(data) > _LARGEST:
        detail = f"more than {_LARGEST:,} bytes with rows of several lengths, blank or open ones"
        raise CatalogueError("C003", detail, file=file)
    source = _Lines(list(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")))
    rows: list[tuple[int, list[str]]] = []
    parts: list[Sheet] = []
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
                swallowed(cell, position, width, separator, len(row) < width)
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
                hint = _UNCLOSED
                try:
                    row = next(csv.reader([line.replace('"', "")], delimiter=separator), [])
                except csv.Error:
                    hint = _TOO_LONG
                faults.append(Fault(file, number, line.strip()[:80], hint))
                if len(faults) > _MOST_UNCLOSED:
                    raise CatalogueError("C011", hint, file=file, row=faults[0].line)
            reader = csv.reader(source, delimiter=separator, strict=True)
        if any(row):
            rows.append((number, row[:_MOST_CELLS]))
            width = max(width, len(row)) if not parts and len(rows) < 10 else width
        if len(rows) > 10 and len(rows) * width > _AT_ONCE:
            parts.append(_part(file, rows, headed))
            rows, headed = rows[:1], True
            told = [fault for part in parts for fault in part.faults[:MOST_FAULTS]]
            if len(told) > MOST_FAULTS:
                raise CatalogueError("C011", told[0].hint, file=file, row=told[0].line)
    if rows[1:] or not parts:
        parts.append(_part(file, rows, headed))
    unclosed = {fault.line for fault in faults}
    more = (fault for part in parts for fault in part.faults if fault.line not in unclosed)
    columns = [
        pa.concat_arrays([part.columns[at] for part in parts])
        for at in range(len(parts[0].headers))
    ]
    lines = np.concatenate([part.lines for part in parts])
    return Sheet(file, parts[0].headers, columns, lines, [*faults, *more])


def _part(file: str, rows: list[tuple[int, list[str]]], headed: bool) -> Sheet:
    """Table of some rows, which then begin with the header."""
    titles = 0 if headed else title_rows([row for _, row in rows[:10]])
    del rows[:titles]
    return records(file, rows)
