"""Reads faults as they are found, gives one table of problems and its lines of text.

Every reader and judge of the house gathers its problems here; each row of the table is a cell (or
a file) with the code, rule and remedy of what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.codes import detail_in
from carbon.base.errors import CODES, problem_table
from carbon.base.words import text

__all__ = ["LONGEST_VALUE", "Problems", "problem_lines", "retold"]

LONGEST_VALUE: Final = 120
"""Characters of a value that are kept."""

KEPT: Final = ("file", "row", "column", "sku", "value", "code", "hint", "owner", "left_open")


class Problems:
    """Collector of problems.

    >>> problems = Problems()
    >>> problems.add("C104", file="a.csv", row=[2], column="mass_g", value=["2 ton"], owner=[0])
    >>> problems.add("C007", file="a.csv", column="shade")
    >>> problems.table()[["row", "column", "value", "code"]].values.tolist()
    [[<NA>, 'shade', '', 'C007'], [2, 'mass_g', '2 ton', 'C104']]
    >>> failed, codes = problems.by_owner(2)
    >>> failed.tolist(), codes.tolist()
    ([True, False], ['C104', ''])
    """

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(
        self,
        code: str,
        *,
        file: Any = "",
        row: Any = None,
        column: Any = "",
        sku: Any = "",
        value: Any = "",
        hint: Any = "",
        owner: Any = -1,
        left_open: bool = False,
    ) -> None:
        """Note a code, once or at many rows.

        Sequences have one length; what is single holds for all. Empty sequences note nothing.
        ``code``: a key of :data:`carbon.base.errors.CODES`; ``file``, ``column``: str or sequence
        of str, where; ``row``: int or sequence of int, row of the file as a spreadsheet counts it;
        ``sku``, ``value``: str or sequence of str, whose cell, and its offending text; only its
        first characters are kept; ``hint``: str or sequence of str, said before the remedy of the
        code; ``owner``: int or sequence of int, position of the SKU, room or whatever is judged; -1
        for none; ``left_open``: the cell counts as never filled and its owner goes on: an error
        becomes a warning.
        """
        given = {
            "file": file,
            "row": row,
            "column": column,
            "sku": sku,
            "value": value,
            "code": code,
            "hint": hint,
            "owner": owner,
            "left_open": left_open,
        }
        lengths = {len(each) for each in given.values() if _many(each)}
        if len(lengths) > 1:
            raise ValueError(f"sequences of different lengths: {sorted(lengths)}")
        count = lengths.pop() if lengths else 1
        if not count:
            return
        part = pd.DataFrame(
            {name: _column(each, count) for name, each in given.items()}, columns=list(KEPT)
        )
        part["value"] = part["value"].astype("str").str.slice(0, LONGEST_VALUE)
        self._parts.append(part.astype({"row": "Int64", "owner": "int64"}))

    def join(self, other: Problems) -> None:
        """Take over what another collector has gathered."""
        self._parts.extend(other._parts)

    def _gathered(self) -> pd.DataFrame:
        if not self._parts:
            return pd.DataFrame(columns=list(KEPT))
        if len(self._parts) > 1:
            joined = pd.concat(self._parts, ignore_index=True)
            # sorted once, in the order in which a person goes through the files
            self._parts = [
                joined.sort_values(
                    ["file", "row"], kind="stable", na_position="first", ignore_index=True
                )
            ]
        return self._parts[0]

    def table(self) -> pd.DataFrame:
        """Problems in the order of the files, with severity, rule and remedy.

        Returns: as :func:`carbon.base.errors.problem_table`.
        """
        gathered = self._gathered()
        table = problem_table(gathered)
        if len(gathered):
            hinted = (gathered["hint"] != "").to_numpy()
            hints = gathered["hint"][hinted].astype(str)
            table.loc[hinted, "remedy"] = hints + "; " + table["remedy"][hinted]
            opened = gathered["left_open"].to_numpy(dtype=bool) & (table["severity"] == "error")
            table.loc[opened, "severity"] = "warning"
        return table

    def by_owner(self, size: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.object_]]:
        """Which owners failed, and the codes of their errors and warnings.

        Returns ``failed``: shape (size,), whether an error is among the codes; ``codes``: shape
        (size,), in alphabetical order, joined by a space; notes are left out.
        """
        gathered = self._gathered()
        owner = gathered["owner"].to_numpy(dtype=np.int64, na_value=-1)
        code = gathered["code"].to_numpy(dtype=object)
        grave = sorted({each for each in set(code.tolist()) if CODES[each].severity != "note"})
        marks = np.zeros((size, len(grave)), dtype=bool)
        for position, each in enumerate(grave):
            marks[owner[(code == each) & (owner >= 0)], position] = True
        if not grave:
            return np.zeros(size, dtype=bool), np.full(size, "", dtype=object)
        pattern = np.zeros(size, dtype=np.int64)
        for mark in marks.T:  # renumbered each time, so that any number of codes fits
            pattern = pd.factorize(2 * pattern + mark)[0]
        flags = marks[np.unique(pattern, return_index=True)[1]]
        errors = [each for each in grave if CODES[each].severity == "error"]
        fatal = np.isin(code, errors) & ~gathered["left_open"].to_numpy(dtype=bool) & (owner >= 0)
        failed = np.zeros(size, dtype=bool)
        failed[owner[fatal]] = True
        texts = [" ".join(np.array(grave)[row]) for row in flags]
        return failed, np.array(texts, dtype=object)[pattern]


def _many(value: Any) -> bool:
    return not isinstance(value, str) and hasattr(value, "__len__")


def _column(value: Any, count: int) -> Any:
    """A column of ``count`` entries: text as pandas keeps it, numbers as they are."""
    if hasattr(value, "to_pylist"):  # a column of Arrow
        return pd.array(value.fill_null(""), dtype="str")
    if not _many(value):
        if not isinstance(value, str):
            return [value] * count
        return pd.array([value], dtype="str").take(np.zeros(count, np.intp))
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value
    column = list(value)
    return pd.array(column, dtype="str") if isinstance(column[0], str) else column


def retold(problems: pd.DataFrame, lang: str) -> pd.DataFrame:
    """A complete table of problems in another language, for a file of problems or a page.

    ``lang``: ``"zh"`` or ``"en"``: that of rule and remedy; what a reader said before a remedy
    stays. Returns: with the same columns and rows.

    >>> problems = Problems()
    >>> problems.add("C104", row=2, value="2 ton")
    >>> retold(problems.table(), "zh").loc[0, "rule"]
    '该单位在不同地方含义不同'
    """
    table = problem_table(problems, lang)
    if not len(table):
        return table
    table["severity"] = problems["severity"].to_numpy()  # a cell left open only warns
    for position in (table["row"].isna() & (table["value"] != "")).to_numpy().nonzero()[0].tolist():
        # of what is no cell a count is told in words
        value = detail_in(str(table["value"][position]), lang)
        table.loc[position, "value"] = value
    codes, remedies = (problems[name].astype("object").tolist() for name in ("code", "remedy"))
    semicolon = text("problem.semicolon", lang)
    for position, (code, remedy) in enumerate(zip(codes, remedies, strict=True)):
        told = CODES[str(code)]
        hint = str(remedy).removesuffix(told.remedy).removesuffix(told.remedy_zh)
        hint = hint.removesuffix("; ").removesuffix("；")
        if hint and hint != str(remedy):
            said = f"{detail_in(hint, lang)}{semicolon}{table['remedy'][position]}"
            table.loc[position, "remedy"] = said
    return table


def problem_lines(
    problems: pd.DataFrame, most: int | None = None, lang: str = "en"
) -> Iterator[str]:
    """Problems as lines of text, for a terminal.

    Yields: without a line feed; control characters of a cell are shown, not sent.

    >>> problems = Problems()
    >>> problems.add("C104", file="a.csv", row=2, column="mass_g", value="2\\x1bton")
    >>> print(*problem_lines(problems.table()))
    error C104  a.csv row 2 mass_g: '2\\x1bton'  the unit means different things ...
    >>> print(*problem_lines(problems.table(), lang="zh"))
    错误 C104  a.csv 第 2 行 mass_g：“2\\x1bton”  该单位在不同地方含义不同；吨请写 t 或 kg...
    """
    shown = problems.head(most if most is not None else len(problems))
    if lang != "en":
        shown = retold(shown.reset_index(drop=True), lang)
    rows: Sequence[dict[Any, Any]] = shown.to_dict("records")
    colon, semicolon = (text(f"problem.{key}", lang) for key in ("colon", "semicolon"))
    for row in rows:
        place = [str(row["file"])] if row["file"] else []
        if not pd.isna(row["row"]):
            place.append(text("problem.row", lang, row=f"{row['row']:.0f}"))
        place += [str(row["column"])] if row["column"] else []
        value = repr(str(row["value"])[:60])
        value = text("problem.quoted", lang, value=value[1:-1]) if row["value"] else ""
        severity = text(f"severity.{row['severity']}", lang)
        yield (
            f"{severity} {row['code']}  {' '.join(place)}{colon if value else ''}{value}  "
            f"{row['rule']}{semicolon}{row['remedy']}"
        )
