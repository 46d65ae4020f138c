"""Reads a merchant's table and its problems, gives a copy with the cells at fault marked.

Every row stands where it stood, so that the copy can be mended and read again as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from carbon.base.errors import OutputError
from carbon.base.files import whole_file
from carbon.base.problems import LONGEST_VALUE, retold
from carbon.base.words import text
from carbon.catalogue.files import open_sheets
from carbon.catalogue.mapping import MOST_SEARCHED, rewordings
from carbon.catalogue.names import key
from carbon.catalogue.presets import BETWEEN, headed
from carbon.catalogue.schema import COLUMNS, Catalogue, Limits, Vocabulary
from carbon.catalogue.sheets import Sheet
from carbon.run.results import EPOCH, SHEET_ROWS

__all__ = ["write_check_sheet"]

MOST_COMMENTS: Final = 20_000
"""Comments of a sheet; a spreadsheet program draws each when it opens the file."""

_COLOURS: Final = {"error": "#F4B6B6", "warning": "#FFF2B3"}
_LISTED: Final = {
    **dict.fromkeys(("C010", "C017", "C024"), "category"),
    **dict.fromkeys(("C201", "C209"), "material"),
    **dict.fromkeys(("C211", "C213"), "item"),
}
"""Code beside whose cells a list can be chosen from → what it lists."""


def write_check_sheet(
    source: Path, catalogue: Catalogue, vocabulary: Vocabulary, path: Path, lang: str
) -> int:
    """Write the copy.

    ``source``: the merchant's file or folder; ``catalogue``: read from it, and filled; ``path``:
    ``.xlsx``; ``lang``: ``"zh"`` or ``"en"``: that of the comments. Returns: cells that are marked.
    Raises O001 if it cannot be written, O003 if a table has more rows than a sheet.
    """
    import xlsxwriter

    sheets = open_sheets(source, Limits())
    if any(len(sheet.lines) and sheet.lines[-1] > SHEET_ROWS for _, sheet in sheets):
        raise OutputError("O003", file=str(path))
    problems = catalogue.problems.reset_index(drop=True)
    marked = 0
    with whole_file(path) as draft:
        options = {"strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(draft, options) as book:
            book.set_properties({"created": EPOCH})
            writer = _Writer(book, vocabulary, lang)
            for position, (name, sheet) in enumerate(sheets):
                here = problems[(problems["file"] == sheet.file) & problems["row"].notna()]
                marked += writer.copy(name, sheet, here, catalogue if not position else None)
            writer.listed()
            writer.table(problems)
    return marked


class _Writer:
    """Writes the sheets of one workbook."""

    def __init__(self, book: Any, vocabulary: Vocabulary, lang: str) -> None:
        self.book, self.lang = book, lang
        self.head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E6F2EA"})
        self.text = book.add_format({"num_format": "@"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.formats = {
            grade: book.add_format({"bg_color": colour, "num_format": "@"})
            for grade, colour in _COLOURS.items()
        }
        self.vocabulary = vocabulary
        tables = {
            "category": vocabulary.categories,
            "material": vocabulary.materials,
            "item": vocabulary.packaging_items,
        }
        # heading → what can be chosen, a column of a sheet each; lists of single cells follow
        self.lists: dict[str, list[str]] = {
            kind: frame["name_zh" if lang == "zh" else kind].astype(str).tolist()
            for kind, frame in tables.items()
        }
        ids = vocabulary.categories["category"].astype(str)
        self.names = dict(zip(ids, self.lists["category"], strict=True))
        self.chosen = text("check.categories", lang)

    def copy(self, name: str, sheet: Sheet, problems: pd.DataFrame, goods: Catalogue | None) -> int:
        """Write one table with its marks; the count of these."""
        page = self.book.add_worksheet(_sheet_name(name))
        top = int(sheet.lines[0]) - 2 if len(sheet.lines) else 0
        page.freeze_panes(top + 1, 0)
        headers = list(sheet.headers)
        columns = [_values(column) for column in sheet.columns]
        proposed = self._proposed(sheet, goods)
        if proposed is not None:
            headers += [COLUMNS["category"].output, text("check.proposed", self.lang)]
            columns += [[None] * len(sheet.lines), proposed]
        marks = _marks(headers, sheet, problems, self.lang, self.vocabulary.preset)
        for position, (header, values) in enumerate(zip(headers, columns, strict=True)):
            page.write_string(top, position, header, self.head)
            page.set_column(position, position, 16)
            for line, value in zip(sheet.lines.tolist(), values, strict=True):
                grade = marks.get((line, position), ("", ""))[0]
                cell = (line - 1, position)
                form = self.formats.get(grade)
                if value is None or value == "":
                    page.write_blank(*cell, None, form or self.text)
                elif isinstance(value, str):
                    page.write_string(*cell, value[:32_767], form or self.text)
                else:
                    page.write_number(*cell, value, form)
        for (line, position), (_, said) in list(marks.items())[:MOST_COMMENTS]:
            page.write_comment(line - 1, position, said, {"x_scale": 2})
        self._choices(page, headers, columns, problems, sheet.lines.tolist())
        return len(marks)

    def _proposed(self, sheet: Sheet, goods: Catalogue | None) -> list[str | None] | None:
        """Categories that the names propose, where the merchant's sheet has no column for them."""
        if goods is None or any(key(header) == "category" for header in sheet.headers):
            return None
        skus = goods.skus
        named = skus["problem"].str.contains("C024", regex=False).to_numpy(dtype=bool)
        meant = set(goods.headers.loc[goods.headers["column"] == "category", "source"])
        if not named.any() or meant & set(sheet.headers):
            return None
        of = dict(
            zip(
                skus["line"].to_numpy()[named].tolist(),
                skus["category"].astype(str).to_numpy()[named].tolist(),
                strict=True,
            )
        )
        return [self.names.get(of.get(line, ""), None) for line in sheet.lines.tolist()]

    def _choices(
        self,
        page: Any,
        headers: list[str],
        columns: list[list[Any]],
        problems: pd.DataFrame,
        lines: list[int],
    ) -> None:
        """Drop-down lists where a category, material or packaging is asked for."""
        row_of = {line: row for row, line in enumerate(lines)}
        if "category" in headers and lines:
            at = headers.index("category")
            page.data_validation(lines[0] - 1, at, lines[-1] - 1, at, self._rule("category"))
        asked = problems[problems["code"].isin(list(_LISTED))]
        asked = asked.drop_duplicates(["row", "column"])[:MOST_COMMENTS]
        for code, column, line in zip(asked["code"], asked["column"], asked["row"], strict=True):
            kind, row = _LISTED[str(code)], row_of.get(int(line))
            if row is None or str(column) not in headers or column == "category":
                continue
            at = headers.index(str(column))
            cell = columns[at][row]
            name = self._list(kind, cell) if isinstance(cell, str) else kind
            page.data_validation(int(line) - 1, at, int(line) - 1, at, self._rule(name))

    def _list(self, kind: str, cell: str) -> str:
        """Name of the list for a cell: what it may mean, else all words of the kind."""
        if kind == "category" or len(cell) > LONGEST_VALUE:
            return kind
        name = f"{kind}: {cell}"
        if name not in self.lists and len(self.lists) < MOST_SEARCHED:
            found = rewordings(kind, cell, self.vocabulary, self.lang)
            if found:
                self.lists[name] = found
        return name if name in self.lists else kind

    def _rule(self, name: str) -> dict[str, str]:
        """Rule of a cell that is chosen from a list, or written in another way."""
        from xlsxwriter.utility import xl_col_to_name

        column = xl_col_to_name(list(self.lists).index(name), col_abs=True)
        source = f"='{self.chosen}'!{column}$2:{column}${len(self.lists[name]) + 1}"
        return {"validate": "list", "source": source, "error_type": "warning"}

    def listed(self) -> None:
        """Write the names that the drop-down lists show."""
        page = self.book.add_worksheet(self.chosen)
        page.set_column(0, len(self.lists) - 1, 28)
        for position, (name, words) in enumerate(self.lists.items()):
            kind, _, cell = name.partition(": ")
            heading = text(f"check.kind_{kind}", self.lang)
            page.write_string(0, position, f"{heading}: {cell}" if cell else heading, self.head)
            page.write_column(1, position, words)

    def table(self, problems: pd.DataFrame) -> None:
        """Write all problems, row by row."""
        page = self.book.add_worksheet(text("check.problems", self.lang))
        page.freeze_panes(1, 0)
        shown = retold(problems, self.lang) if self.lang != "en" else problems
        for position, name in enumerate(shown.columns):
            page.write_string(0, position, text(f"check.{name}", self.lang), self.head)
            page.set_column(position, position, 40 if name in ("rule", "remedy") else 14)
            values = shown[name].astype("object").where(shown[name].notna(), "").tolist()
            for line, value in enumerate(values[: SHEET_ROWS - 1], start=1):
                if name == "severity":
                    value = text(f"severity.{value}", self.lang)
                if isinstance(value, int):
                    page.write_number(line, position, value)
                else:
                    page.write_string(line, position, str(value), self.wrap)


def _marks(
    headers: list[str], sheet: Sheet, problems: pd.DataFrame, lang: str, wanted: str
) -> dict[tuple[int, int], tuple[str, str]]:
    """Row and column of a cell → how grave its worst problem is, and what is said of it."""
    top, preset = headed(sheet, wanted)
    known = [*top.headers, *headers[len(top.headers) :]]
    at = {header: position for position, header in reversed(list(enumerate(known)))}
    folded = {key(header): position for header, position in at.items()}
    for sources in preset.columns.values() if preset else ():
        here = [folded[key(source)] for source in sources if key(source) in folded]
        if here:
            own = BETWEEN.join(known[position] for position in here)
            at.setdefault(own, here[0])
    lines = set(sheet.lines.tolist())
    graded = problems[problems["severity"] != "note"].reset_index(drop=True)
    shown = retold(graded, lang) if lang != "en" else graded
    marks: dict[tuple[int, int], tuple[str, str]] = {}
    stop = text("problem.semicolon", lang)
    for row in shown.to_dict("records"):
        line, column = int(row["row"]), str(row["column"])
        if line not in lines:
            continue
        cell = (line, at.get(column, folded.get(key(column), 0)))
        said = f"{row['code']} {row['rule']}{stop}{row['remedy']}"
        grade, before = marks.get(cell, ("warning", ""))
        if said in before:
            continue
        grade = "error" if "error" in (grade, row["severity"]) else "warning"
        marks[cell] = (grade, f"{before}\n{said}".strip()[:2_000])
    return marks


def _values(column: Any) -> list[Any]:
    """Cells as they are written: numbers that a float holds, texts, None."""
    if pa.types.is_integer(column.type):
        return [
            value if value is None or abs(value) < 2**53 else str(value)
            for value in column.to_pylist()
        ]
    if pa.types.is_floating(column.type):
        return [
            value if value is not None and np.isfinite(value) else None
            for value in column.to_pylist()
        ]
    cells: list[Any] = column.to_pylist()
    return cells


def _sheet_name(name: str) -> str:
    """Name that a spreadsheet allows."""
    allowed = "".join("_" if sign in "[]:*?/\\'" else sign for sign in name)
    return allowed[:31] or "goods"
