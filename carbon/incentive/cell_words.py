"""Reads cells of a dossier's sheets, gives them in Chinese; other tables keep names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import pandas as pd

from carbon.base.words import column_names, section

__all__ = ["in_chinese"]

NAMED: Final = {
    "stage": ("chart", "{}"),
    "match": ("explain", "match_{}"),
    "evidence": ("label", "evidence_{}"),
    "state": ("cli", "state_{}"),
    "severity": ("severity", "{}"),
}
"""Column whose cells are few and fixed → section and key of their words."""


def in_chinese(name: str, values: Any, titles: Mapping[str, str]) -> Any:
    """Cells of a column as a Chinese reader reads them; what has no Chinese name stays.

    ``titles`` are names of categories and activities.

    >>> in_chinese("evidence", ["declared"], {}), in_chinese("sku", ["A"], {})
    (array(['自述'], dtype=object), ['A'])
    """
    if name not in NAMED and name not in ("category", "activity", "defaulted", "ask_first"):
        return values
    cells = pd.Series(values).astype("object").fillna("").astype(str)
    known = {text: _said(name, text, titles) for text in cells.unique()}
    return cells.map(known).to_numpy(dtype=object)


def _said(name: str, text: str, titles: Mapping[str, str]) -> str:
    """One cell in Chinese."""
    if name in NAMED:
        room, key = NAMED[name]
        return _section(room).get(key.format(text.replace(" ", "_")), text)
    if name == "defaulted":
        return "、".join(_columns().get(column, column) for column in text.split())
    if name == "ask_first":
        items = (item.partition(": ") for item in text.split("; ") if item)
        return "；".join(
            _section("explain")["factor_of"].format(titles.get(after, after))
            if after
            else _columns().get(first, first)
            for first, _, after in items
        )
    return titles.get(text, text)


@cache
def _section(name: str) -> Mapping[str, str]:
    return section(name, "zh")


@cache
def _columns() -> Mapping[str, str]:
    return column_names("zh")
