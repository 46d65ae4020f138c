"""Reads JSON Lines, gives tables, with little more in memory than the cells of some rows.

A file is read twice: first for its headers and for what each column holds, then for its cells, so
that a part of it has the types that the whole has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from carbon.base.encodings import BYTE_ORDER_MARK, CODECS, USUAL, encoding_of
from carbon.base.errors import CatalogueError
from carbon.base.files import blocks
from carbon.catalogue.limits import Limits
from carbon.catalogue.sheets import MOST_FAULTS, Fault, Sheet, text_of

__all__ = ["JsonLines", "json_lines"]

LONGEST: Final = 8_000_000
"""Bytes of a line: more than the cells of a row may have together, and little once it is parsed."""

AT_ONCE: Final = 4_000_000
"""Bytes of lines whose objects are held at once; each becomes some ten times as large."""

_INTEGER, _LARGE, _REAL, _OTHER = 1, 2, 4, 8


@dataclass
class JsonLines:
    """A JSON Lines file that was looked through."""

    path: Path
    file: str
    encoding: str  # codec of UTF-8 or GB18030
    columns: dict[str, int] = field(default_factory=dict)  # header → kinds of its values
    rows: int = 0  # lines that hold an object

    def sheets(self, step: int) -> Iterator[Sheet]:
        """Consecutive rows, at most so many at a time; damaged lines are told and left out."""
        for lines, records, faults in self._objects(step):
            columns = [
                _column([record.get(name) for record in records], kinds)
                for name, kinds in self.columns.items()
            ]
            numbers = np.array(lines, np.int64)
            yield Sheet(self.file, list(self.columns), columns, numbers, faults)

    def look(self, limits: Limits, rows: int | None) -> None:
        """Find the headers and what each column holds.

        ``rows``: rows that the file may have. Raises C003 if it has more rows or columns than may
        be, C011 if no line is an object.
        """
        told = 0
        for lines, records, faults in self._objects(1 << 30):
            self.rows += len(records)
            told += len(faults)
            if told > MOST_FAULTS:
                raise CatalogueError("C011", faults[-1].hint, file=self.file, row=faults[-1].line)
            if rows is not None and self.rows > rows:
                raise CatalogueError("C003", f"more than {rows:,} rows", file=self.file)
            for line, record in zip(lines, records, strict=True):
                for name, value in record.items():
                    self.columns[name] = self.columns.get(name, 0) | _kind(value)
                if len(self.columns) > limits.columns:
                    detail = f"more than {limits.columns} columns"
                    raise CatalogueError("C003", detail, file=self.file, row=line)
        if not self.rows:
            raise CatalogueError("C011", "no JSON object in any line", file=self.file)

    def _objects(self, step: int) -> Iterator[tuple[list[int], list[dict[str, Any]], list[Fault]]]:
        """Numbers of lines, their objects, and lines that hold none."""
        lines: list[int] = []
        records: list[dict[str, Any]] = []
        faults: list[Fault] = []
        held = 0
        for number, line in self._lines():
            found = _parsed(line) if line is not None else f"a line of more than {LONGEST:,} bytes"
            if isinstance(found, dict):
                lines.append(number)
                records.append(found)
            elif found:
                faults.append(Fault(self.file, number, (line or "").strip()[:80], found))
            held += len(line or "") + 16
            if held > AT_ONCE or len(lines) >= step:
                yield lines, records, faults
                lines, records, faults, held = [], [], [], 0
        if lines or faults:
            yield lines, records, faults

    def _lines(self) -> Iterator[tuple[int, str | None]]:
        """Lines with their numbers; None for one that is too long."""
        with self.path.open("rb") as source:
            if source.read(len(BYTE_ORDER_MARK)) != BYTE_ORDER_MARK:
                source.seek(0)
            number = 0
            while line := source.readline(LONGEST + 1):
                number += 1
                if len(line) <= LONGEST or line.endswith(b"\n"):
                    yield number, line.decode(self.encoding)
                    continue
                while line and not line.endswith(b"\n"):
                    line = source.readline(LONGEST)
                yield number, None


def json_lines(path: Path, file: str, limits: Limits, rows: int | None = None) -> JsonLines:
    """Look through a JSON Lines file.

    ``rows``: rows that it may have. Raises C003 if it has more rows or columns than may be, C004
    encoding, C011 if no line is an object or very many are none.
    """
    # a zero byte spoils its line only
    encoding = encoding_of(block.replace(b"\x00", b" ") for block in blocks(path))
    if encoding not in USUAL:
        raise CatalogueError("C004", encoding, file=file)
    found = JsonLines(path, file, CODECS[encoding])
    found.look(limits, rows)
    return found


def _parsed(line: str) -> dict[str, Any] | str:
    """Object of a line, or what is wrong with it; nothing is wrong with a blank one."""
    if not line.strip():
        return ""
    hint = "no JSON object"
    try:
        record = json.loads(line)
        if "\\ud" in line.lower():  # half of a character is none
            hint = "half of a character"
            json.dumps(record, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return hint
    return record if isinstance(record, dict) else "no JSON object"


def _kind(value: Any) -> int:
    if value is None:
        return 0
    if type(value) is int:
        if -(2**63) <= value < 2**63:
            return _INTEGER
        return _LARGE if abs(value) < 10**308 else _OTHER
    return _REAL if type(value) is float else _OTHER


def _column(values: list[Any], kinds: int) -> Any:
    """Array of a column: numbers if all of its file are, else text."""
    if kinds == _INTEGER:
        return pa.array(values, pa.int64())
    if kinds & _REAL and not kinds & _OTHER:
        return pa.array([None if value is None else float(value) for value in values])
    return pa.array([text_of(value) for value in values], pa.string())
