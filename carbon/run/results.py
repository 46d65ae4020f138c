"""Reads tables and pictures, writes them in the format of the extension, then into place."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from carbon.base.digits import carried_table
from carbon.base.errors import LedgerError, OutputError
from carbon.base.files import read_bounded, whole_file, write_text
from carbon.run.csv_files import write_csv

__all__ = [
    "FORMATS",
    "SHEET_ROWS",
    "as_text",
    "json_lines",
    "read_result",
    "write_picture",
    "write_table",
]

SHEET_ROWS: Final = 1_048_576
"""Rows that a sheet of a spreadsheet can hold, the header included."""

LONGEST: Final = 32_766
"""Characters that a cell of a spreadsheet can hold, less one."""

RUN: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that make a spreadsheet run a text cell as a formula (OWASP, CSV injection)."""

FORMULA: Final = f"^([{re.escape(''.join(RUN))}])"

EPOCH: Final = datetime(2026, 1, 1)
"""Creation date in spreadsheets, so that the same result gives the same bytes."""


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Escape text that a spreadsheet would run as a formula.

    Returns: text cells that begin with ``= + - @``, their full-width forms, a tab or the end of a
    line have an apostrophe before it, as OWASP advises against CSV injection.

    >>> as_text(pd.DataFrame({"name": ["=1+1", "tea"]}))["name"].tolist()
    ["'=1+1", 'tea']
    """
    texts = frame.copy(deep=False)
    for name in texts.columns:
        column = texts[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            categories = column.cat.categories.astype(str)
            texts[name] = column.cat.rename_categories(
                list(categories.str.replace(FORMULA, r"'\1", regex=True))
            )
        elif column.dtype == object or pd.api.types.is_string_dtype(column.dtype):
            text = column.astype("str")
            risky = text.str.match(FORMULA, na=False)
            if risky.any():
                texts[name] = column.mask(risky, "'" + text)
    return texts


def write_table(frame: pd.DataFrame, path: Path | str, *, encoding: str = "") -> None:
    """Write a table; the file appears only when it is whole.

    ``frame``: the result; its numbers are written as :func:`carbon.base.digits.carried` leaves
    them; ``path``: ``.csv``, ``.parquet``, ``.xlsx`` or ``.jsonl``; its folder is made if need be;
    ``encoding``: of CSV, as for :func:`carbon.run.csv_files.write_csv`. Raises O001 if it cannot be
    written, O002 if the extension is not known, O003 if it has more rows than a sheet.
    """
    path = Path(path)
    writer = FORMATS.get(path.suffix.lower())
    if writer is None:
        raise OutputError("O002", file=str(path))
    if path.suffix.lower() == ".xlsx" and len(frame) >= SHEET_ROWS:
        raise OutputError("O003", f"{len(frame)} rows", file=str(path))
    with whole_file(path) as draft:
        writer(carried_table(frame), draft, encoding)


def write_picture(svg: str, path: Path) -> None:
    """Write a picture; the file appears only when it is whole.

    ``svg``: an SVG document; ``path``: ``.svg``. Raises O001 if it cannot be written, O002 for
    another extension.
    """
    if path.suffix.lower() != ".svg":
        raise OutputError("O002", "a picture is .svg", file=str(path))
    write_text(path, svg)


def _csv(frame: pd.DataFrame, path: Path, encoding: str = "") -> None:
    write_csv(_arrow(as_text(frame)), path, encoding=encoding)


def _parquet(frame: pd.DataFrame, path: Path, _encoding: str = "") -> None:
    parquet.write_table(_arrow(frame), path, compression="zstd")


def json_lines(frame: pd.DataFrame) -> Iterator[str]:
    """Rows of a table as lines of JSON.

    Yields: with its line feed; a missing cell is null.

    >>> list(json_lines(pd.DataFrame({"sku": ["A"], "total_kg": [None]})))
    ['{"sku": "A", "total_kg": null}\\n']
    """
    columns = [_cells(frame[name]) for name in frame.columns]
    for row in zip(*columns, strict=True):
        line = dict(zip(frame.columns, row, strict=True))
        yield json.dumps(line, ensure_ascii=False, allow_nan=False, default=str) + "\n"


def _jsonl(frame: pd.DataFrame, path: Path, _encoding: str = "") -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json_lines(frame))


def _xlsx(frame: pd.DataFrame, path: Path, _encoding: str = "") -> None:
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxFileError

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    try:
        with xlsxwriter.Workbook(path, options) as book:
            book.set_properties({"created": EPOCH})
            bold = book.add_format({"bold": True, "bottom": 1})
            number = book.add_format({"num_format": "0.000"})
            sheet = book.add_worksheet("footprints" if "total_kg" in frame else "table")
            sheet.freeze_panes(1, 1)
            sheet.write_row(0, 0, list(frame.columns), bold)
            numeric = [pd.api.types.is_numeric_dtype(frame[name].dtype) for name in frame.columns]
            for position, is_number in enumerate(numeric):
                sheet.set_column(position, position, 14 if is_number else 18)
            rows = zip(*(_cells(frame[name]) for name in frame.columns), strict=True)
            for at, row in enumerate(rows, start=1):
                for position, value in enumerate(row):
                    if value is None:
                        continue
                    if numeric[position]:
                        sheet.write_number(at, position, value, number)
                    else:
                        # a text in <r> is taken for markup, and written unescaped
                        text = str(value)[:LONGEST]
                        sheet.write_string(at, position, f"'{text}" if text[:3] == "<r>" else text)
    except XlsxFileError as error:
        raise OSError(str(error)) from None


def _cells(column: pd.Series) -> list[object]:
    values: list[object] = column.astype("object").where(column.notna(), None).tolist()
    return values


def _arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


FORMATS: Final[dict[str, Callable[..., None]]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".xlsx": _xlsx,
    ".jsonl": _jsonl,
}
"""Writers by extension."""


def read_result(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A result of another command, read again.

    ``path``: a table; ``columns``: that it must have. Raises G001 to G005 or G008 if it is not
    there, or not what that command writes.
    """
    readers: dict[str, Callable[[bytes], pd.DataFrame]] = {
        ".csv": lambda raw: pd.read_csv(
            io.BytesIO(raw), keep_default_na=True, encoding="utf-8-sig"
        ),
        ".parquet": lambda raw: pd.read_parquet(io.BytesIO(raw)),
        ".jsonl": lambda raw: pd.DataFrame(map(json.loads, raw.decode("utf-8").splitlines())),
        ".xlsx": lambda _: _first_sheet(path),
    }
    if path.suffix.lower() not in readers:
        raise LedgerError("G002", file=str(path))
    if not path.is_file():
        raise LedgerError("G001", file=str(path))
    raw = read_bounded(path, lambda detail: LedgerError("G008", detail, file=str(path)))
    try:
        table = readers[path.suffix.lower()](raw)
    except Exception as error:  # readers raise errors of several unrelated kinds
        raise LedgerError("G008", str(error)[:120], file=str(path)) from None
    missing = [name for name in columns if name not in table]
    if missing:
        raise LedgerError("G005", f"as {path.stem} has none", file=str(path), column=missing[0])
    return table


def _first_sheet(path: Path) -> pd.DataFrame:
    """First sheet of a workbook, bounded as a catalogue is."""
    from carbon.catalogue.files import open_sheets
    from carbon.catalogue.schema import Limits

    _, sheet = open_sheets(path, Limits())[0]
    columns = [column.to_pandas() for column in sheet.columns]
    return pd.DataFrame(dict(zip(sheet.headers, columns, strict=True)))
