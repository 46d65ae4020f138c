"""Reads codes and places, gives the errors and problems that a user sees, in two languages.

A failure that stops a command is raised as a :class:`CarbonError`; a failure of one cell is a
row of the problems table and the rest of the batch goes on. Both use the codes listed here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from carbon.base.codes import CODES, Code, detail_in
from carbon.base.words import LANGUAGES
from carbon.base.words import text as words

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
    detail_zh : str, optional
        What was found, in Chinese; by the patterns of ``details.csv`` without.

    Examples
    --------
    >>> print(CatalogueError("C002", file="goods.doc"))
    C002 goods.doc: a catalogue is CSV, TSV, TXT, XLSX, ...
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
        detail_zh: str = "",
    ) -> None:
        self.code = code
        self.detail = detail
        self.detail_zh = detail_zh
        self.file = file
        self.row = row
        self.column = column
        self.value = value
        super().__init__(str(self))

    def __reduce__(self) -> tuple[object, ...]:
        # made again from its message an error would not be the same one: workers hand it over
        names = ("file", "row", "column", "value", "detail_zh")
        state = {name: getattr(self, name) for name in names}
        return partial(type(self), **state), (self.code, self.detail)

    def __str__(self) -> str:
        return self.text("en")

    def text(self, lang: str) -> str:
        """The whole message in a language.

        Parameters
        ----------
        lang : str
            ``"zh"`` or ``"en"``.

        Returns
        -------
        str
            Code, place, rule, what was found, remedy.

        Examples
        --------
        >>> print(CatalogueError("C101", file="goods.csv", row=3, value="很轻").text("zh"))
        C101 goods.csv，第 3 行，值“很轻”：此处应为数字；请写明数字和单位，如 200 g
        """
        entry = CODES[self.code]
        lang = lang if lang in LANGUAGES else "en"  # an error never fails itself
        where = [self.file] if self.file else []
        where += [words("problem.row", lang, row=self.row)] if self.row is not None else []
        where += [words("problem.column", lang, column=self.column)] if self.column else []
        where += [words("problem.value", lang, value=self.value)] if self.value else []
        place = words("problem.comma", lang).join(where)
        head = words(
            "problem.place" if place else "problem.no_place", lang, code=self.code, place=place
        )
        found = detail_in(self.detail, lang)
        if lang == "zh" and self.detail_zh:
            found = self.detail_zh
        detail = words("problem.detail", lang, detail=found) if found else ""
        body = words(
            "problem.sentence",
            lang,
            rule=entry.rule_in(lang),
            detail=detail,
            remedy=entry.remedy_in(lang),
        )
        return head + body


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


def problem_table(rows: pd.DataFrame | None = None, lang: str = "en") -> pd.DataFrame:
    """Complete a table of problems with the severity, rule and remedy of each code.

    ``rows``: any of the columns ``file row column sku value code``; ``code`` is required. A table
    that is complete already is told again in another language. ``lang``: ``"zh"`` or ``"en"``: that
    of rule and remedy. ``severity`` is the same in both. Returns: the columns
    :data:`PROBLEM_COLUMNS`, in the order of the rows given.

    >>> import pandas as pd
    >>> found = pd.DataFrame({"row": [2], "column": ["mass"], "value": ["2 ton"], "code": ["C104"]})
    >>> problem_table(found).loc[0, ["severity", "remedy"]].tolist()
    ['error', 'write t or kg for ton, g for oz']
    >>> problem_table(found, "zh").loc[0, "remedy"]
    '吨请写 t 或 kg，盎司请写 g'
    """
    import pandas as pd

    if rows is None or rows.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in PROBLEM_COLUMNS})
    table = rows.reset_index(drop=True).reindex(columns=list(PROBLEM_COLUMNS))
    position, codes = pd.factorize(table["code"].astype("object"))
    entries = [CODES[str(code)] for code in codes]
    said = {
        "severity": [entry.severity for entry in entries],
        "rule": [entry.rule_in(lang) for entry in entries],
        "remedy": [entry.remedy_in(lang) for entry in entries],
    }
    for name, words_of_codes in said.items():
        table[name] = pd.array(words_of_codes, dtype="str").take(position)
    for name in ("file", "column", "sku", "value"):
        column = table[name].astype("object")
        missing = column.isna()
        table[name] = column.where(~missing, "") if missing.any() else column
    return table
