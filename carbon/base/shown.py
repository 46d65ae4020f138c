"""Reads a result made of tables, gives what a prompt, a notebook or JSON shows of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any, Final

import pandas as pd

__all__ = ["Shown", "as_json", "html_table", "plain"]

ROWS: Final = 5
"""Rows of a table that a notebook shows."""

COLUMNS: Final = 12
"""Columns of a table that a notebook shows."""

LONGEST: Final = 60
"""Characters of a text that a prompt shows."""


def plain(value: Any) -> Any:
    """What JSON can hold of a value: a gap becomes null, a table a list of rows.

    ``value``: a table, a column, a mapping, a sequence, a number, a text. Returns: made of dict,
    list, str, float, int, bool and None only.

    >>> plain(pd.DataFrame({"sku": ["A"], "total_kg": [float("nan")]}))
    [{'sku': 'A', 'total_kg': None}]
    """
    if isinstance(value, pd.DataFrame):
        columns = {str(name): plain(value[name]) for name in value.columns}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if isinstance(value, pd.Series):
        cells = value.astype("object")
        return [plain(cell) for cell in cells.where(cells.notna(), None).tolist()]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    return None if value is pd.NaT or value is pd.NA else str(value)


def as_json(value: Any) -> str:
    """A value as one document of JSON, its gaps null.

    >>> as_json({"total_kg": float("nan")})
    '{"total_kg": null}'
    """
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def html_table(table: pd.DataFrame) -> str:
    """First rows of a table as HTML, its texts escaped.

    >>> "&lt;b&gt;" in html_table(pd.DataFrame({"name": ["<b>"]}))
    True
    """
    shown = table.iloc[:ROWS, :COLUMNS]
    more = len(table) - len(shown)
    note = f"<p>… {more:,} more rows</p>" if more > 0 else ""
    return shown.to_html(index=False, escape=True, na_rep="", border=0) + note


class Shown:
    """What a prompt, a notebook and JSON show of a record of tables.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, eq=False, repr=False)
    ... class Result(Shown):
    ...     rooms: pd.DataFrame
    ...     basis: str
    >>> Result(pd.DataFrame({"room": ["R1", "R2"]}), "2026.1")
    Result(rooms=2 rows, basis='2026.1')
    """

    def __repr__(self) -> str:
        parts = (f"{name}={_short(value)}" for name, value in _parts(self).items())
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_html_(self) -> str:
        """First rows of each table, for a notebook."""
        tables = {name: value for name, value in _parts(self).items() if _is_table(value)}
        return f"<p><b>{escape(type(self).__name__)}</b></p>" + "".join(
            f"<details{' open' if number == 0 else ''}><summary>{escape(name)}: "
            f"{len(table):,} rows</summary>{html_table(table)}</details>"
            for number, (name, table) in enumerate(tables.items())
        )

    def to_json(self) -> str:
        """All tables as one document of JSON, gaps as null."""
        return as_json(_parts(self))


def _parts(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def _is_table(value: Any) -> bool:
    return isinstance(value, pd.DataFrame)


def _short(value: Any) -> str:
    if _is_table(value):
        return f"{len(value):,} rows"
    text = repr(value)
    return text if len(text) <= LONGEST else f"<{type(value).__name__}>"
