"""Reads a merchant's headers, gives the column that each means and the unit of its numbers.

``mass_g``, ``mass (g)``, ``净重(克)`` and ``heat_MJ`` all name a column and a unit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import pandas as pd

from carbon.base import units
from carbon.base.errors import CatalogueError
from carbon.base.words import template_rows
from carbon.catalogue.ledger_columns import money_words
from carbon.catalogue.names import key, simplified
from carbon.catalogue.prose.signs import sign
from carbon.catalogue.schema import COLUMNS, LINE_COLUMNS, Column, Vocabulary

__all__ = [
    "Header",
    "Renamed",
    "column_names",
    "currency_of",
    "header_table",
    "match_headers",
    "money_unit",
    "own_header",
    "understand",
]

_PERCENT: Final = frozenset({"%", "pct", "percent", "百分比", "百分数"})
_CURRENCIES: Final[dict[str, str]] = {
    **dict.fromkeys(("cny", "rmb", "元", "人民币", "¥", "yuan", "块"), "CNY"),
    **dict.fromkeys(("usd", "$", "美元"), "USD"),
    **dict.fromkeys(("eur", "€", "欧元"), "EUR"),
    **dict.fromkeys(("gbp", "£", "英镑"), "GBP"),
}
UnitOf = Callable[[str, str], tuple[str, bool]]
"""Text of a unit and name of a column → the unit and whether it is one of the column."""

_BRACKETED: Final = re.compile(r"^(?P<base>.*?)\s*[(\[【](?P<unit>[^()\[\]【】]*)[)\]】]\s*$")
_SUFFIXED: Final = re.compile(r"^(?P<base>.*\S)[\s_/,:]+(?P<unit>[^\s_/]+)$")
_JOINED: Final = re.compile(r"^(?P<base>.*[\u4e00-\u9fff])(?P<unit>[A-Za-z%]+)$")
_IN_SKUS: Final = {"fuel": "heat_fuel"}
_IN_LINES: Final[dict[str, dict[str, str]]] = {
    "materials": {"materials": "material", "recycled_share": "recycled", "material_share": "share"},
    "packaging": {
        "packaging": "item",
        "recycled_share": "recycled",
        "units_sold": "count",
        "数量": "count",
        "件数": "count",
    },
    "legs": {"transport": "mode", "km": "distance", "share": "chain_share", "leg": "position"},
}
"""What a word for a column of the SKU table means in a line table."""


PERIOD_CODE: Final = "C029"
"""Told of sales whose header names a time other than that of a what-if."""

_WHILE: Final = re.compile(
    r"月销|日销|周销|季销|[0-9一二三四五六七]+ ?[天日周月]"
    r"|\b(monthly|weekly|daily|last [0-9]+ days)\b",
    re.I,
)


class Renamed(str):
    """A header as it is read here, that is another in the merchant's file.

    It goes through every table as a text; what is told to the merchant names :attr:`own`.

    Parameters
    ----------
    name : str
        As it is read.
    own : str
        As it stands in the file.

    Examples
    --------
    >>> grams = Renamed("mass (g)", "Variant Grams")
    >>> grams == "mass (g)", own_header(grams), own_header("sku")
    (True, 'Variant Grams', 'sku')
    """

    own: str

    def __new__(cls, name: str, own: str) -> Renamed:
        """The text, with what it was."""
        header = super().__new__(cls, name)
        header.own = own
        return header

    def __reduce__(self) -> tuple[object, ...]:
        return Renamed, (str(self), self.own)


def own_header(source: str) -> str:
    """A header as it stands in the merchant's file."""
    return getattr(source, "own", source)


@dataclass(frozen=True)
class Header:
    """A header as it was understood."""

    source: str  # as the file spells it
    column: str  # canonical column, ``""`` if it means none
    unit: str = ""  # unit of its bare numbers; ``%`` for percent, a currency for prices
    note: str = ""  # what else the merchant should know
    code: str = "C007"  # what is told where it means no column


def match_headers(
    sources: Sequence[str], table: str, vocabulary: Vocabulary, file: str = ""
) -> list[Header]:
    """Understand the headers of a table.

    ``table``: ``skus``, ``materials``, ``packaging`` or ``legs``. Returns: one for each source, in
    its order. Raises C006 if two headers mean one column.
    """
    columns = COLUMNS if table == "skus" else LINE_COLUMNS[table]

    def unit_of(text: str, column: str) -> tuple[str, bool]:
        return _unit(text, columns[column], vocabulary)

    return understand(sources, _known(table, vocabulary), unit_of, file)


@lru_cache(maxsize=32)
def _known(table: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Folded name → column, of a table."""
    columns = COLUMNS if table == "skus" else LINE_COLUMNS[table]
    known: dict[str, str] = {}
    remap = _IN_LINES.get(table, _IN_SKUS)
    for alias, name in vocabulary.words_of("header").items():
        name = name if name in columns else remap.get(name, name)
        if name in columns:
            known.setdefault(key(alias), name)
    if table == "skus":
        known |= {key(alias): name for alias, name in _of_template().items() if name in columns}
    known |= {key(alias): name for alias, name in remap.items()}
    known |= {key(name): name for name in columns}
    stated = vocabulary.words_of("map.header").items()
    known |= {key(alias): name for alias, name in stated if name in columns}
    return known


@lru_cache(maxsize=1)
def _of_template() -> dict[str, str]:
    """Chinese header of the empty catalogue → column."""
    return {row["zh"]: row["column"] for row in template_rows("catalogue", "columns.csv")}


def column_names(vocabulary: Vocabulary) -> dict[str, str]:
    """Folded word → column of the SKU table that it names, in any language known.

    >>> from carbon.catalogue.schema import Vocabulary
    >>> column_names(Vocabulary.of())["净重"]
    'mass'
    """
    return _known("skus", vocabulary)


def understand(
    sources: Sequence[str], known: Mapping[str, str], unit_of: UnitOf, file: str = ""
) -> list[Header]:
    """Understand headers by the names that are known.

    ``known``: folded name (see :func:`carbon.catalogue.names.key`) → column; a column is one of its
    own; ``unit_of``: from the text of a unit and a column to the unit and whether it is one.
    Returns: one for each source, in its order. Raises C006 if two headers mean one column.

    >>> def unit_of(text, column):
    ...     return text, text == "kWh"
    >>> understand(["用电量(kWh)", "备注"], {"用电量": "energy"}, unit_of)[0]
    Header(source='用电量(kWh)', column='energy', unit='kWh', note='', code='C007')
    """
    headers = [_of_a_while(_match(source, known, unit_of)) for source in sources]
    first_of: dict[str, Header] = {}
    for header in headers:
        if header.column in first_of:
            first = first_of[header.column].source
            detail = f"{first!r} and {header.source!r} both mean {header.column}"
            raise CatalogueError("C006", detail, file=file, column=header.source)
        if header.column:
            first_of[header.column] = header
    return headers


def _match(source: str, known: Mapping[str, str], unit_of: UnitOf) -> Header:
    """Understand one header."""
    text = simplified(source).strip().strip("*").strip()
    name = known.get(key(text), "")
    if name and key(text) == key(name):
        return Header(source, name)
    note = ""
    for pattern in (_BRACKETED, _SUFFIXED, _JOINED):
        parts = pattern.match(text)
        if parts is None or known.get(key(parts["unit"])) == key(parts["unit"]).replace(" ", "_"):
            continue
        # an alias may hold its unit, as "net weight g"; else the part before the unit is one
        column = known.get(key(parts["base"]), name)
        if not column:
            continue
        unit, understood = unit_of(parts["unit"].strip(), column)
        if understood:
            return Header(source, column, unit)
        if pattern is _BRACKETED and not name:
            if unit and not _is_remark(parts["unit"]):
                note = f"({parts['unit']}) is no known unit of {column}; the column was left out"
                return Header(source, "", "", note, "C121")
            name = column
    if name:
        return Header(source, name, "", note)
    return Header(source, "", "", "not a known column; left out")


def _of_a_while(header: Header) -> Header:
    """A header of sales that says in what time they were made, which is no year."""
    if header.column != "units_sold" or not _WHILE.search(simplified(header.source)):
        return header
    return replace(header, code=PERIOD_CODE)


def _is_remark(text: str) -> bool:
    """Whether what stands in the brackets of a header is no unit, as *required*."""
    return key(text) in map(key, sign("remarks")) or not text.strip()


def _unit(text: str, column: Column, vocabulary: Vocabulary) -> tuple[str, bool]:
    """Find the unit that a header names; an ambiguous one counts, and its cells fail.

    A column of no quantity gives no unit; an unknown unit is given back as not understood.
    """
    if column.kind == "share":
        return ("%", True) if text.lower() in _PERCENT else (text, False)
    if column.kind == "price":
        currency, times, known = money_unit(text)
        return (currency if known and times == 1 else text), known and bool(text)
    if column.kind == "count":
        known = not math.isnan(units.multiple(text))
        return text, known
    if column.kind in units.BASE_UNITS:
        code = units.scale(text, column.kind, vocabulary.unit_words).code
        return text, code in ("", "C104", "C105")
    return "", False


def money_unit(text: str) -> tuple[str, float, bool]:
    """Currency, multiple, and whether the text is a unit of money at all.

    >>> money_unit("万元"), money_unit("USD"), money_unit("incl. tax")
    (('CNY', 10000.0, True), ('USD', 1.0, True), ('', 1.0, False))
    """
    text = text.strip()
    if not text:
        return "", 1.0, True
    if text.lower() in money_words():
        return (*money_words()[text.lower()], True)
    currency = currency_of(text)
    return currency, 1.0, bool(currency)


def currency_of(text: str) -> str:
    """ISO 4217 code of a currency's name or sign, ``""`` if it is none.

    >>> currency_of("元"), currency_of("usd"), currency_of("kg")
    ('CNY', 'USD', '')
    """
    folded = text.strip().lower()
    if re.fullmatch(r"[A-Z]{3}", text.strip()):
        return text.strip()
    return _CURRENCIES.get(folded, "")


def header_table(headers: Sequence[tuple[str, Header]]) -> pd.DataFrame:
    """Table that tells the merchant how the headers were understood.

    >>> header_table([("a.csv", Header("净重(克)", "mass", "克"))]).iloc[0].tolist()
    ['a.csv', '净重(克)', 'mass', '克', '']
    """
    return pd.DataFrame(
        [
            (file, own_header(head.source), head.column, head.unit, head.note)
            for file, head in headers
        ],
        columns=["file", "source", "column", "unit", "note"],
    )
