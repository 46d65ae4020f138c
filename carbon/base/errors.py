"""Every failure a user can cause: its code, its rule and its remedy.

A failure that stops a command is raised as a :class:`CarbonError`; a failure of one cell is a
row of the problems table and the rest of the batch goes on. Both use the codes listed here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from carbon.base.codes import CODES, Code

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CODES",
    "PROBLEM_COLUMNS",
    "CarbonError",
    "CatalogueError",
    "Code",
    "FactorsError",
    "LedgerError",
    "OutputError",
    "RuleError",
    "StudyError",
    "problem_table",
]

PROBLEM_COLUMNS: Final = (
    "file",
    "row",
    "column",
    "sku",
    "value",
    "code",
    "severity",
    "rule",
    "remedy",
)


class CarbonError(Exception):
    """A failure that stops what was asked for.

    Parameters
    ----------
    code : str
        A key of :data:`CODES`.
    detail : str, optional
        What was found.
    file, column, value : str, optional
        Where, and the offending text.
    row : int, optional
        Row of the file as a spreadsheet counts it: the header is row 1.

    Examples
    --------
    >>> print(CatalogueError("C002", file="goods.doc"))
    C002 goods.doc: a catalogue is CSV, XLSX, Parquet or JSON Lines; save it as ...
    """

    exit_code = 3

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        file: str = "",
        row: int | None = None,
        column: str = "",
        value: str = "",
    ) -> None:
        self.code = code
        self.detail = detail
        self.file = file
        self.row = row
        self.column = column
        self.value = value
        super().__init__(str(self))

    def __reduce__(self) -> tuple[object, ...]:
        # made again from its message an error would not be the same one: workers hand it over
        state = {name: getattr(self, name) for name in ("file", "row", "column", "value")}
        return partial(type(self), **state), (self.code, self.detail)

    def __str__(self) -> str:
        entry = CODES[self.code]
        where = [self.file] if self.file else []
        where += [f"row {self.row}"] if self.row is not None else []
        where += [f"column {self.column}"] if self.column else []
        where += [f"value {self.value!r}"] if self.value else []
        found = f" ({self.detail})" if self.detail else ""
        place = " " + ", ".join(where) if where else ""
        return f"{self.code}{place}: {entry.rule}{found}; {entry.remedy}"


class CatalogueError(CarbonError):
    """The catalogue as a whole cannot be read."""


class StudyError(CarbonError):
    """The question cannot be answered as it was put."""


class FactorsError(CarbonError):
    """A factor package or edition is refused."""

    exit_code = 4


class LedgerError(CarbonError):
    """A table beside the catalogue cannot be read: sales, sessions, orders."""


class RuleError(CarbonError):
    """A policy, rule or template file is refused."""


class OutputError(CarbonError):
    """A result cannot be written."""

    exit_code = 5


def problem_table(rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Complete a table of problems with the severity, rule and remedy of each code.

    Parameters
    ----------
    rows : pandas.DataFrame, optional
        Any of the columns ``file row column sku value code``; ``code`` is required.

    Returns
    -------
    pandas.DataFrame
        The columns :data:`PROBLEM_COLUMNS`, in the order of the rows given.

    Examples
    --------
    >>> import pandas as pd
    >>> found = pd.DataFrame({"row": [2], "column": ["mass"], "value": ["2 ton"], "code": ["C104"]})
    >>> problem_table(found).loc[0, ["severity", "remedy"]].tolist()
    ['error', 'write t or kg for ton, g for oz']
    """
    import pandas as pd

    if rows is None or rows.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in PROBLEM_COLUMNS})
    out = rows.reset_index(drop=True).reindex(columns=list(PROBLEM_COLUMNS))
    at, codes = pd.factorize(out["code"].astype("object"))
    entries = [CODES[str(code)] for code in codes]
    for name in ("severity", "rule", "remedy"):
        told = [getattr(entry, name) for entry in entries]
        out[name] = pd.array(told, dtype="str").take(at)
    for name in ("file", "column", "sku", "value"):
        column = out[name].astype("object")
        missing = column.isna()
        out[name] = column.where(~missing, "") if missing.any() else column
    return out
