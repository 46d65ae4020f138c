"""Reads a workbook, gives its tables with what each cell shows, and the cells that show nothing.

A formula without a stored result and an error of the spreadsheet are no empty cells; a number of
more than 15 digits is taken as the file writes it; ``00123`` keeps the zeros that its format shows.
"""

from __future__ import annotations

import datetime
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carbon.base.errors import CatalogueError
from carbon.catalogue.schema import Limits
from carbon.catalogue.sheets import Fault, Sheet, records, title_rows

__all__ = ["read_workbook"]

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL: Final = rb'<c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"'
_ERROR: Final = re.compile(_CELL + rb'[^>]*?\bt="e"[^>]*>.*?<v>([^<]{1,20})</v>', re.S)
_NO_RESULT: Final = re.compile(
    _CELL + rb"[^>]*>\s*(?:<f\b[^>]*/>|<f\b[^>]*>([^<]*)</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>"
)
_LONG: Final = re.compile(
    _CELL + rb"[^>]*>(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>"
    rb"(-?[0-9]{16,}|-?[0-9](?:\.[0-9]+)?[eE]\+?(?:1[5-9]|[2-9][0-9]))</v>"
)
_STYLED: Final = re.compile(_CELL + rb'[^>]*?\bs="([0-9]+)"[^>]*><v>([0-9]{1,15})</v>')
_ZEROS: Final = re.compile(r"^0{2,30}$")
_MOST_CELLS: Final = 1000
"""Cells of one sheet that are told one by one."""

_MOST_SHEETS: Final = 200
"""Sheets of a workbook."""

_MOST_BYTES: Final = 400_000_000
"""Bytes to which a workbook may unpack, and its shared texts once each cell has its own."""

_MOST_TEXTS: Final = 4_000_000
"""Shared texts of a workbook."""

_LARGEST: Final = 8_000_000
"""Cells of the rectangles that all sheets span: each needs some 100 bytes while it is read."""

_ANY_CELL: Final = re.compile(
    rb"<(?:\w{1,20}:)?(?:c|row)\b[^>]*?\br\s*=\s*[\"']([A-Za-z]{0,3})([0-9]{1,10})[\"']"
)

_TEXT: Final = re.compile(rb"<(?:\w{1,20}:)?si\b")
_SHARED: Final = re.compile(
    rb"\bt\s*=\s*[\"']s[\"'][^>]*>\s*<(?:\w{1,20}:)?v\b[^>]*>\s*([0-9]{1,9})\s*<"
)

_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    ElementTree.ParseError,
    NotImplementedError,
    RuntimeError,  # encrypted
    ValueError,
)


@dataclass
class _Shown:
    """What cells show, by row and column from 0, and the faults among them."""

    texts: dict[tuple[int, int], str | None] = field(default_factory=dict)
    faults: list[tuple[int, int, str, str, str]] = field(default_factory=list)


def read_workbook(path: Path, limits: Limits) -> dict[str, Sheet]:
    """Tables of a workbook, one a sheet; empty and hidden sheets are left out.

    Returns: name of the sheet → its table. Hidden sheets are faults of the first table. Raises C003
    if it unpacks to more than the limits allow, C011 if it is no workbook or empty.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
            if unpacked > min(limits.unpacked, _MOST_BYTES):
                raise CatalogueError("C003", f"unpacks to {unpacked:,} bytes", file=path.name)
            count = sum(name.startswith("xl/worksheets/") for name in archive.namelist())
            if count > _MOST_SHEETS:
                raise CatalogueError("C003", f"more than {_MOST_SHEETS} sheets", file=path.name)
            hidden, shown = _looked_at(archive, limits, path.name)
    except _DAMAGED as error:
        raise CatalogueError("C011", "no XLSX workbook", file=path.name) from error
    try:
        frames = pd.read_excel(
            path, sheet_name=None, header=None, dtype=object, na_filter=False, engine="calamine"
        )
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # calamine raises errors of unrelated kinds, and panics of Rust
        raise CatalogueError("C011", str(error), file=path.name) from error
    visible = [name for name in frames if name not in hidden] or list(frames)
    sheets: dict[str, Sheet] = {}
    for name in visible:
        file = path.name if len(frames) == 1 else f"{path.name}#{name}"
        sheet = _table(frames[name], file, shown.get(name, _Shown()))
        if sheet is not None:
            sheets[str(name)] = sheet
    if not sheets:
        raise CatalogueError("C011", "the workbook is empty", file=path.name)
    first = next(iter(sheets.values()))
    first.faults += [
        Fault(f"{path.name}#{name}", 0, str(name), code="C016")
        for name in frames
        if name not in visible
    ]
    return sheets


def _table(frame: pd.DataFrame, file: str, shown: _Shown) -> Sheet | None:
    """Table of a sheet; None if it is empty."""
    values = frame.to_numpy(dtype=object, copy=True)
    for place, text in shown.texts.items():
        if place[0] < values.shape[0] and place[1] < values.shape[1]:
            values[place] = text
    dates: list[tuple[int, int, str, str, str]] = []
    for (row, column), value in _unlike_text(values):
        if isinstance(value, bool):
            values[row, column] = str(value).upper()
        elif isinstance(value, datetime.datetime) and value.time() == datetime.time():
            values[row, column] = str(value.date())
            dates.append((row, column, str(value.date()), "C014", "a date"))
    rows = [
        (number, row)
        for number, row in enumerate(values.tolist(), start=1)
        if any(cell != "" and cell is not None for cell in row)
    ]
    if not rows:
        return None
    rows = rows[title_rows([row for _, row in rows[:10]]) :]
    sheet = records(file, rows)
    for row, column, text, code, hint in [*shown.faults[:_MOST_CELLS], *dates]:
        if column < len(sheet.headers) and row + 1 > rows[0][0]:
            sheet.faults.append(
                Fault(file, row + 1, text, hint, column=sheet.headers[column], code=code)
            )
    return sheet


def _unlike_text(values: Any) -> list[tuple[tuple[int, int], Any]]:
    """Cells that are truths or dates."""
    return [
        ((row, column), value)
        for row, cells in enumerate(values)
        for column, value in enumerate(cells)
        if isinstance(value, (bool, datetime.datetime))
    ]


def _looked_at(
    archive: zipfile.ZipFile, limits: Limits, file: str
) -> tuple[set[str], dict[str, _Shown]]:
    """Hidden sheets, and what cells of each sheet show where that is not their plain value."""
    book = _parsed(archive.read("xl/workbook.xml"))
    relations = _parsed(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    zeros, texts = _zero_styles(archive), _lengths(archive, file)
    cells = spread = 0
    hidden: set[str] = set()
    shown: dict[str, _Shown] = {}
    for entry in book.iter(f"{_MAIN}sheet"):
        name = entry.get("name", "")
        if entry.get("state") in ("hidden", "veryHidden"):
            hidden.add(name)
        target = targets.get(entry.get(_REL), "").removeprefix("/")
        target = target if target.startswith("xl/") else f"xl/{target}"
        if target in archive.namelist():
            data = archive.read(target)
            place = f"{file}#{name[:40]}"
            cells += _span(data, limits, place)
            if cells > _LARGEST:
                raise CatalogueError("C003", f"more than {_LARGEST:,} cells", file=place)
            spread += _spread(data, texts)
            if spread > _MOST_BYTES:
                raise CatalogueError("C003", f"unpacks to {spread:,} bytes", file=place)
            shown[name] = _shown(data, zeros)
    return hidden, shown


def _lengths(archive: zipfile.ZipFile, file: str) -> NDArray[np.int64]:
    """Bytes of each shared text."""
    name = next((one for one in archive.namelist() if one.lower() == "xl/sharedstrings.xml"), None)
    data = b"" if name is None else archive.read(name)
    found = (match.start() for match in islice(_TEXT.finditer(data), _MOST_TEXTS + 1))
    starts = np.fromiter(found, np.int64)
    if len(starts) > _MOST_TEXTS:
        raise CatalogueError("C003", f"more than {_MOST_TEXTS:,} cells", file=file)
    return np.diff(starts, append=len(data))


def _spread(data: bytes, texts: NDArray[np.int64]) -> int:
    """Bytes of the shared texts of a sheet once each cell has its own; 0 if these are not many."""
    cells = data.count(b'"s"') + data.count(b"'s'")
    if not len(texts) or cells * int(texts.max()) <= _MOST_BYTES // _MOST_SHEETS:
        return 0
    at = np.fromiter((int(match[1]) for match in _SHARED.finditer(data)), np.int64)
    return int(texts[at[at < len(texts)]].sum())


def _span(data: bytes, limits: Limits, file: str) -> int:
    """Cells that a sheet spans, wherever it says it ends."""
    count = data.count(b"<c") + data.count(b":c")
    if count > _LARGEST:
        return count
    columns: set[bytes] = set()
    last = 0
    for match in _ANY_CELL.finditer(data):
        columns.add(match[1])
        last = max(last, int(match[2]))
    width = max((_column(letters) + 1 for letters in columns), default=0)
    if width > 8 * limits.columns:
        raise CatalogueError("C003", f"more than {limits.columns} columns", file=file)
    return max(last * width, count)


def _parsed(data: bytes) -> ElementTree.Element:
    """Small part of a workbook; one with entities of its own is refused."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ElementTree.ParseError("entities")
    return ElementTree.fromstring(data)  # noqa: S314  no entities, see above


def _zero_styles(archive: zipfile.ZipFile) -> dict[int, int]:
    """Style → digits that its format shows, as 5 for ``00000``."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    styles = _parsed(archive.read("xl/styles.xml"))
    formats = {
        each.get("numFmtId"): each.get("formatCode", "") for each in styles.iter(f"{_MAIN}numFmt")
    }
    cells = styles.find(f"{_MAIN}cellXfs")
    digits = {}
    for position, each in enumerate(cells if cells is not None else ()):
        code = formats.get(each.get("numFmtId"), "")
        if _ZEROS.match(code):
            digits[position] = len(code)
    return digits


def _shown(data: bytes, zeros: Mapping[int, int]) -> _Shown:
    """What cells of a sheet show where that is not their plain value."""
    result = _Shown()
    if b't="e"' in data:
        for match in _ERROR.finditer(data):
            if b"</c>" in match[0]:
                continue
            row, column = _place(match)
            result.texts[row, column] = None
            result.faults.append((row, column, match[3].decode(), "C015", ""))
    if b"<f" in data:
        for match in _NO_RESULT.finditer(data):
            row, column = _place(match)
            if (row, column) in result.texts:
                continue
            formula = (match[3] or b"").decode("utf-8", "replace")
            result.texts[row, column] = None
            result.faults.append((row, column, f"={formula}", "C015", ""))
    for match in _LONG.finditer(data):
        result.texts[_place(match)] = match[3].decode()
    if zeros:
        for match in _STYLED.finditer(data):
            digits = zeros.get(int(match[3]))
            if digits:
                result.texts[_place(match)] = match[4].decode().zfill(digits)
    return result


def _place(match: re.Match[bytes]) -> tuple[int, int]:
    """Row and column of a cell, from 0."""
    return int(match[2]) - 1, _column(match[1])


def _column(letters: bytes) -> int:
    """Column by its letters, from 0; -1 for none."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + letter - 64
    return column - 1
