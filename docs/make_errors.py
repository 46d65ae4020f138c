"""Reads carbon/base/codes.csv, gives docs/errors.md and docs/errors.zh-CN.md.

Run ``python docs/make_errors.py`` after a code was added or reworded; a test holds the pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from carbon.base.codes import CODES
from carbon.base.words import text

HERE: Final = Path(__file__).resolve().parent
PAGES: Final = {"en": "errors.md", "zh": "errors.zh-CN.md"}

RULE: Final = "|---|---|---|---|---|\n"
"""End of what is written by hand; the rows below it are made."""


def page(lang: str) -> str:
    """The page of all codes.

    Parameters
    ----------
    lang : str
        ``"zh"`` or ``"en"``.

    Returns
    -------
    str
        Markdown: the head of the page as it is, and a row a code in the order of the table.
    """
    rows = []
    for code, entry in CODES.items():
        severity = text(f"severity.{entry.severity}", lang)
        example = f"`{entry.example}`" if entry.example else ""
        cells = (code, severity, entry.rule_in(lang), entry.remedy_in(lang), example)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    head, rule, _ = (HERE / PAGES[lang]).read_text(encoding="utf-8").partition(RULE)
    return head + rule + "".join(rows)


if __name__ == "__main__":
    for language, name in PAGES.items():
        (HERE / name).write_text(page(language), encoding="utf-8", newline="\n")
