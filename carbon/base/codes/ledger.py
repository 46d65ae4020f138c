"""Codes of ledgers: sales, sessions, orders and other tables beside the catalogue."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error, note, warning

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # the file
    "G001": error("the ledger must exist and be readable", "check the path and the permissions"),
    "G002": error(
        "a ledger is CSV, XLSX, Parquet or JSON Lines",
        "save it as one of .csv .xlsx .parquet .jsonl",
    ),
    "G003": error("a ledger must stay within the size limits", "split the file"),
    "G004": error("text must be UTF-8 or GB18030", "save the file as UTF-8"),
    "G005": error("a ledger needs its required columns", "rename the header or add the column"),
    "G006": error("two headers must not mean the same column", "remove or rename one of them"),
    "G007": note("a header that is no known column is left out", "see docs/columns.md"),
    "G008": error("the ledger must be well formed", "open it, mend it and save it again"),
    "G009": note(
        "a sheet beside the ledger is left out", "keep one sheet with the ledger in a workbook"
    ),
    "G010": error("the kind of ledger is not known", "see docs/columns.md"),
    # its cells
    "G011": error("a required cell must not be empty", "fill it; the row was left out"),
    "G012": error(
        "a date must exist, and tell year, month and day in this order", "write 2026-09-01"
    ),
    "G013": error("a date that begins with day or month is ambiguous", "write 2026-09-01"),
    "G014": error("yes or no was expected", "write yes or no, 是 or 否"),
    "G015": error("the value is none of those that may be chosen", "see docs/columns.md"),
    "G016": error("a number must lie within the bounds of its column", "check sign and size"),
    "G017": error(
        "an amount of money has at most four decimals and twelve digits before them",
        "round it, or check the value",
    ),
    "G018": error("the amounts of a row must be in one currency", "correct sign and currency"),
    "G019": warning(
        "no currency is told, so that of the column was assumed",
        "add a column currency, or write it into the header, as revenue (CNY)",
    ),
    "G020": error("a count must be a whole number", "write 3, not 2.5"),
}
"""In the order of the documentation."""
