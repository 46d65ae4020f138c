"""Reads columns of cells, gives the XML of a sheet's rows, many at once.

xlsxwriter writes some 50,000 formulas a second; a dossier has millions. Its constant-memory mode
keeps the finished rows of a sheet in a file, and the rows made here are put into that file, so
that styles, names, links and the package stay its own. Every text is escaped; none is a formula.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["SHEET_ROWS", "SheetColumn", "letters", "write_rows"]

SHEET_ROWS: Final = 1_048_576
"""Rows that a sheet can hold, the header included."""

CHUNK: Final = 20_000
LONGEST: Final = 32_767
"""Characters that a cell can hold."""

FORBIDDEN: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
"""Characters that no XML may hold."""

ESCAPED: Final = r"_(x[0-9A-Fa-f]{4}_)"
"""Text that a spreadsheet would read as an escaped character."""

PLACE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class SheetColumn:
    """A column of cells.

    - ``values``: numbers (NaN is an empty cell) or texts; of formulas, what they come to
    - ``formula``: without ``=``; ``{r}`` is the row, other names stand in ``rows``
    - ``style``: a format of the workbook
    - ``rows``: further row numbers that the formula names; where one is 0 the value stands alone
    """

    values: Any
    formula: str = ""
    style: Any = None
    rows: dict[str, Any] = field(default_factory=dict)


def letters(column: int) -> str:
    """Name of a column; what writes workbooks is imported when one is written."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))


def write_rows(sheet: Any, first: int, columns: Sequence[SheetColumn]) -> None:
    """Write columns of one length, from A on, below the rows of a sheet in constant-memory mode.

    The first row is counted from 0.
    """
    count = len(columns[0].values)
    if not count:
        return
    sheet._write_single_row(first)  # what was written before goes first
    sheet._check_dimensions(first + count - 1, len(columns) - 1)
    for start in range(0, count, CHUNK):
        stop = min(start + CHUNK, count)
        row = pc.cast(pa.array(np.arange(first + start + 1, first + stop + 1)), pa.string())
        pieces: list[Any] = ['<row r="', row, '">']
        for at, cells in enumerate(columns):
            pieces.append(_cells(cells, letters(at), row, slice(start, stop)))
        pieces.append("</row>")
        sheet.row_data_fh.write(_joined(pieces))
    sheet.previous_row = first + count


def _cells(cells: SheetColumn, name: str, row: Any, part: slice) -> Any:
    """XML of the cells of one column."""
    style = f' s="{cells.style._get_xf_index()}"' if cells.style is not None else ""
    head = f'<c r="{name}'
    values = cells.values[part]
    texts, number = _texts(values)
    if not cells.formula:
        return _values(head, row, style, texts, number)
    kind = "" if number else ' t="str"'
    formula = _formula(cells, row, part)
    shown = pc.fill_null(texts, "")
    plain = _element(head, row, f'"{style}{kind}><f>', formula, "</f><v>", shown, "</v></c>")
    if number:  # an empty text is what such a formula comes to where there is no number
        empty = _element(head, row, f'"{style} t="str"><f>', formula, "</f><v></v></c>")
        plain = pc.if_else(pc.is_valid(texts), plain, empty)
    if not cells.rows:
        return plain
    there = np.all([np.asarray(rows)[part] > 0 for rows in cells.rows.values()], axis=0)
    return pc.if_else(pa.array(there), plain, _values(head, row, style, texts, number))


def _values(head: str, row: Any, style: str, texts: Any, number: bool) -> Any:
    """Cells without a formula; an unknown number and an empty text leave none."""
    kind, before, after = ' t="inlineStr"', '<is><t xml:space="preserve">', "</t></is></c>"
    if number:
        kind, before, after = "", "<v>", "</v></c>"
    made = _element(head, row, f'"{style}{kind}>{before}', texts, after)
    full = pc.is_valid(texts) if number else pc.not_equal(texts, "")
    return pc.if_else(full, made, "")


def _formula(cells: SheetColumn, row: Any, part: slice) -> Any:
    """Formula of each row, escaped."""
    pieces: list[Any] = []
    text = cells.formula.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for at, word in enumerate(PLACE.split(text)):
        if at % 2 == 0:
            pieces.append(word)
        elif word == "r":
            pieces.append(row)
        else:
            pieces.append(pc.cast(pa.array(np.asarray(cells.rows[word])[part]), pa.string()))
    return _element(*pieces) if len(pieces) > 1 else pieces[0]


def _element(*pieces: Any) -> Any:
    return pc.binary_join_element_wise(*pieces, "")


def _texts(values: Any) -> tuple[Any, bool]:
    """Values as escaped text, null for none, and whether they are numbers."""
    if pd.api.types.is_bool_dtype(values):
        values = np.asarray(values).astype(np.int64)
    if pd.api.types.is_numeric_dtype(values):
        numbers = np.asarray(values)
        if numbers.dtype.kind == "f":
            numbers = np.where(np.isfinite(numbers), numbers, np.nan) + 0.0  # no minus zero
            return pc.cast(pa.array(numbers, from_pandas=True), pa.string()), True
        return pc.cast(pa.array(numbers), pa.string()), True
    if isinstance(values, pd.Series) and isinstance(values.dtype, pd.CategoricalDtype):
        values = values.array
    if isinstance(values, pd.Categorical):
        names = pa.array([*values.categories.astype(str), ""], pa.string())
        return _escaped(names).take(pa.array(values.codes.astype(np.int64) % len(names))), False
    texts = pa.array(np.asarray(values, dtype="object"), pa.string(), from_pandas=True)
    return _escaped(pc.fill_null(texts, "")), False


def _escaped(texts: Any) -> Any:
    texts = pc.utf8_slice_codeunits(texts, 0, LONGEST)
    texts = pc.replace_substring_regex(texts, FORBIDDEN, "")
    texts = pc.replace_substring_regex(texts, ESCAPED, r"_x005F_\1")
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        texts = pc.replace_substring(texts, character, entity)
    return texts


def _joined(pieces: list[Any]) -> str:
    """All rows as one text: the data of a string array lie one after the other."""
    rows = _element(*pieces)
    if isinstance(rows, pa.ChunkedArray):
        rows = rows.combine_chunks()
    offsets = np.frombuffer(rows.buffers()[1], dtype=np.int32)[: len(rows) + 1]
    return bytes(memoryview(rows.buffers()[2])[offsets[0] : offsets[-1]]).decode("utf-8")
