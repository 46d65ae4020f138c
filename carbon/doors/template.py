"""An empty catalogue that explains itself."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from carbon.catalogue.schema import Vocabulary
from carbon.doors.batch import EPOCH, whole_file
from carbon.errors import OutputError

__all__ = ["columns", "write_template"]

ROWS = 1000
"""Rows of the sheet that get the drop-down list of categories."""

TEXT = {
    "zh": ("商品", "说明", "可用名称", "列", "单位", "示例", "说明"),
    "en": ("skus", "guide", "names", "column", "unit", "example", "note"),
}


def columns() -> pd.DataFrame:
    """Canonical columns with unit, example and notes in both languages.

    Examples
    --------
    >>> columns().loc[0, ["column", "zh"]].tolist()
    ['sku', '商品编码']
    """
    return pd.read_csv(templates_root() / "catalogue" / "columns.csv", keep_default_na=False)


def templates_root() -> Path:
    """Folder of the templates that ship with the program."""
    here = Path(__file__).resolve().parents[1]
    installed = here / "templates"
    return installed if installed.is_dir() else here.parent / "templates"


def write_template(vocabulary: Vocabulary, path: Path, lang: str) -> None:
    """Write an empty, annotated catalogue.

    Parameters
    ----------
    vocabulary : Vocabulary
        Categories and names that can be used.
    path : pathlib.Path
        ``.xlsx`` with notes, drop-down list and guide, or ``.csv`` with headers only.
    lang : str
        ``"zh"`` or ``"en"``.

    Raises
    ------
    carbon.errors.OutputError
        O001 if it cannot be written, O002 for another extension.
    """
    writers = {".xlsx": _xlsx, ".csv": _csv}
    if path.suffix.lower() not in writers:
        raise OutputError("O002", "a template is .xlsx or .csv", file=str(path))
    with whole_file(path) as beside:
        writers[path.suffix.lower()](vocabulary, beside, lang)


def _headers(lang: str) -> list[str]:
    table = columns()
    names = table["zh"] if lang == "zh" else table["column"]
    unit = table["unit"].where(table["unit"] == "", "(" + table["unit"] + ")")
    return (names + unit).tolist()


def _csv(_vocabulary: Vocabulary, path: Path, lang: str) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerow(_headers(lang))


def _xlsx(vocabulary: Vocabulary, path: Path, lang: str) -> None:
    import xlsxwriter

    table, text = columns(), TEXT[lang]
    notes = table[f"{lang}_note"]
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        book.set_properties({"created": EPOCH})
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E6F2EA"})
        need = book.add_format({"bold": True, "bottom": 1, "bg_color": "#B7DFC6"})
        sheet = book.add_worksheet(text[0])
        sheet.freeze_panes(1, 1)
        for position, header in enumerate(_headers(lang)):
            required = table["column"][position] in ("sku", "category")
            sheet.write_string(0, position, header, need if required else head)
            sheet.write_comment(0, position, f"{notes[position]}\n{table['example'][position]}")
            sheet.set_column(position, position, 16)
        at = int(table.index[table["column"] == "category"][0])
        names = _names(vocabulary, lang)
        last = len(names["category"])
        sheet.data_validation(
            1, at, ROWS, at, {"validate": "list", "source": f"='{text[2]}'!$A$2:$A${last + 1}"}
        )
        guide = book.add_worksheet(text[1])
        guide.write_row(0, 0, text[3:], head)
        guide.set_column(0, 3, 24)
        for row, header in enumerate(table["column"], start=1):
            cells = (header, table["unit"][row - 1], table["example"][row - 1], notes[row - 1])
            for position, cell in enumerate(cells):
                guide.write_string(row, position, str(cell))
        words = book.add_worksheet(text[2])
        words.set_column(0, len(names) - 1, 28)
        for position, (kind, values) in enumerate(names.items()):
            words.write_string(0, position, kind, head)
            words.write_column(1, position, values)


def _names(vocabulary: Vocabulary, lang: str) -> dict[str, list[str]]:
    sources = {
        "category": (vocabulary.categories, "category"),
        "material": (vocabulary.materials, "material"),
        "packaging": (vocabulary.packaging_items, "item"),
        "mode": (vocabulary.modes, "mode"),
        "place": (vocabulary.regions, "location"),
    }
    return {
        kind: (table["name_zh"] if lang == "zh" else table[column]).tolist()
        for kind, (table, column) in sources.items()
    }
