"""Reads the vocabulary of an edition, gives an empty catalogue that explains itself."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from carbon.base.errors import OutputError
from carbon.base.files import whole_file
from carbon.base.rules import templates_root
from carbon.catalogue.schema import Vocabulary
from carbon.run.parts import header_line
from carbon.run.results import EPOCH

__all__ = ["columns", "write_template"]

ROWS = 1000
"""Rows of the sheet that get drop-down lists."""

FIRST = ("sku", "name", "category", "mass", "materials", "packaging", "origin", "destination")
"""Columns that stand first, because they decide most; the others are folded behind them."""

LISTS = {"category": 0, "materials": 1, "packaging": 2, "made_in": 4, "origin": 4}
"""Column → the list of names that its cells can be chosen from."""

TEXT = {
    "zh": {
        "sheets": ("商品", "说明", "可用名称"),
        "guide": ("列", "单位", "示例", "说明"),
        "names": ("类目", "材质", "包装", "运输方式", "地点"),
    },
    "en": {
        "sheets": ("skus", "guide", "names"),
        "guide": ("column", "unit", "example", "note"),
        "names": ("category", "material", "packaging", "mode", "place"),
    },
}


def columns() -> pd.DataFrame:
    """Canonical columns with unit, example and notes in both languages.

    >>> columns().loc[0, ["column", "zh"]].tolist()
    ['sku', '商品编码']
    """
    return pd.read_csv(templates_root() / "catalogue" / "columns.csv", keep_default_na=False)


def write_template(vocabulary: Vocabulary, path: Path, lang: str) -> None:
    """Write an empty, annotated catalogue.

    ``path``: ``.xlsx`` with notes, drop-down list and guide, or ``.csv`` with headers only. Raises
    O001 if it cannot be written, O002 for another extension.
    """
    writers = {".xlsx": _xlsx, ".csv": _csv}
    if path.suffix.lower() not in writers:
        raise OutputError("O002", "a template is .xlsx or .csv", file=str(path))
    from xlsxwriter.exceptions import XlsxFileError

    with whole_file(path) as draft:
        try:
            writers[path.suffix.lower()](vocabulary, draft, lang)
        except XlsxFileError as error:  # a full disk
            raise OSError(str(error)) from None


def _ordered() -> pd.DataFrame:
    """Columns, those that decide most first."""
    table = columns()
    first = table.set_index("column").loc[list(FIRST)].reset_index()
    return pd.concat([first, table[~table["column"].isin(FIRST)]], ignore_index=True)


def _headers(lang: str) -> list[str]:
    table = _ordered()
    names = table["zh"] if lang == "zh" else table["column"]
    unit = table["unit"].where(table["unit"] == "", "(" + table["unit"] + ")")
    return (names + unit).tolist()


def _csv(_vocabulary: Vocabulary, path: Path, lang: str) -> None:
    path.write_bytes(header_line(_headers(lang)))


def _xlsx(vocabulary: Vocabulary, path: Path, lang: str) -> None:
    import xlsxwriter

    table, text = _ordered(), TEXT[lang]
    notes = table[f"{lang}_note"]
    examples = table["zh_example" if lang == "zh" else "example"]
    headers = _headers(lang)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        book.set_properties({"created": EPOCH})
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E6F2EA"})
        need = book.add_format({"bold": True, "bottom": 1, "bg_color": "#B7DFC6"})
        cell = book.add_format({"num_format": "@"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        skus, guide, words = (book.add_worksheet(name) for name in text["sheets"])
        skus.freeze_panes(1, 1)
        for position, header in enumerate(headers):
            required = table["column"][position] in ("sku", "category")
            skus.write_string(0, position, header, need if required else head)
            skus.write_comment(0, position, f"{notes[position]}\n{examples[position]}")
            folded = {} if position < len(FIRST) else {"level": 1, "hidden": True}
            skus.set_column(position, position, 16, cell, folded)
        skus.set_column(len(headers), len(headers), 3, None, {"collapsed": True})
        guide.freeze_panes(1, 0)
        guide.write_row(0, 0, text["guide"], head)
        guide.set_column(0, 0, 22)
        guide.set_column(1, 1, 8)
        guide.set_column(2, 3, 46)
        for row, header in enumerate(headers):
            cells = (header, table["unit"][row], examples[row], notes[row])
            for position, cell in enumerate(cells):
                guide.write_string(row + 1, position, str(cell), wrap)
        words.freeze_panes(1, 0)
        words.set_column(0, len(text["names"]) - 1, 24)
        names = _names(vocabulary, lang)
        for position, (heading, values) in enumerate(zip(text["names"], names, strict=True)):
            words.write_string(0, position, heading, head)
            words.write_column(1, position, values)
        for name, number in LISTS.items():
            at, letter = int(table.index[table["column"] == name][0]), "ABCDE"[number]
            listed = f"='{text['sheets'][2]}'!${letter}$2:${letter}${len(names[number]) + 1}"
            rule = {"validate": "list", "source": listed}
            # places, materials and packaging may be written in many ways, and several in a cell
            rule |= {} if name == "category" else {"error_type": "warning"}
            skus.data_validation(1, at, ROWS, at, rule)


def _names(vocabulary: Vocabulary, lang: str) -> list[list[str]]:
    sources = (
        (vocabulary.categories, "category"),
        (vocabulary.materials, "material"),
        (vocabulary.packaging_items, "item"),
        (vocabulary.modes, "mode"),
        (vocabulary.regions, "location"),
    )
    return [table["name_zh" if lang == "zh" else column].tolist() for table, column in sources]
