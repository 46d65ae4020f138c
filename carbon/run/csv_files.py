"""Reads tables, gives them as CSV: the one writer of all commands.

Spreadsheets take text without a byte order mark for the system's own encoding and garble Chinese,
so that every CSV begins with one, unless the variable ``CARBON_CSV`` is ``utf-8``. A dossier always
has it: its bytes are hashed, and made again elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
from pyarrow import csv

from carbon.base.encodings import BYTE_ORDER_MARK
from carbon.base.errors import OutputError

__all__ = ["CSV_ENCODINGS", "CSV_VARIABLE", "MARKED", "csv_encoding", "csv_start", "write_csv"]

CSV_VARIABLE: Final = "CARBON_CSV"
"""Variable of the environment that says how CSV is written."""

MARKED: Final = "utf-8-sig"
CSV_ENCODINGS: Final = (MARKED, "utf-8")
"""With a byte order mark, as without the variable, and without."""


def csv_encoding() -> str:
    """How CSV is written.

    Returns: one of :data:`CSV_ENCODINGS`. Raises O007 if the variable says anything else.

    >>> csv_encoding()
    'utf-8-sig'
    """
    told = os.environ.get(CSV_VARIABLE, "") or MARKED
    if told.lower() not in CSV_ENCODINGS:
        raise OutputError("O007", ", ".join(CSV_ENCODINGS), column=CSV_VARIABLE, value=told)
    return told.lower()


def csv_start(encoding: str = "") -> bytes:
    """First bytes of a CSV file.

    ``encoding``: one of :data:`CSV_ENCODINGS`; that of the environment without.
    """
    return BYTE_ORDER_MARK if (encoding or csv_encoding()) == MARKED else b""


def write_csv(
    table: pa.Table, sink: Path | IO[bytes], *, encoding: str = "", header: bool = True
) -> None:
    """Write a table as CSV.

    ``table``: text that a spreadsheet would run is escaped already; ``sink``: where to write; a
    file is gone on with; ``encoding``: one of :data:`CSV_ENCODINGS`; that of the environment
    without; ``header``: begin with the mark and the headers, or write rows only.

    >>> import io
    >>> file = io.BytesIO()
    >>> write_csv(pa.table({"类目": ["茶"]}), file)
    >>> file.getvalue().decode()
    '\\ufeff"类目"\\n"茶"\\n'
    """
    if isinstance(sink, Path):
        with sink.open("wb") as file:
            write_csv(table, file, encoding=encoding, header=header)
        return
    if header:
        sink.write(csv_start(encoding))
    csv.write_csv(table, sink, csv.WriteOptions(include_header=header))
