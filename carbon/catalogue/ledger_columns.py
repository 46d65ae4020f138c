"""Reads a table of the templates, gives the ledgers and what each of their columns holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from carbon.base.errors import LedgerError
from carbon.base.words import template_rows
from carbon.catalogue.names import key

__all__ = ["LedgerColumn", "flag_words", "ledger_columns", "ledgers", "money_words", "names_of"]


@dataclass(frozen=True)
class LedgerColumn:
    """A column of a ledger."""

    name: str  # column of ``Ledger.frame``
    kind: str  # ``text id count number money share date datetime energy mass hours choice flag``
    unit: str  # unit of bare numbers: kWh, kg, h, or a currency
    required: bool  # the header must be there, and no cell may be empty
    # least, most: bounds, in the unit of the frame; infinite for none
    least: float
    most: float
    header_en: str
    header_zh: str
    synonyms: tuple[str, ...]  # further headers that mean it
    choices: Mapping[str, str]  # folded word → value, for the kind ``choice``
    example: str


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, LedgerColumn]]:
    tables: dict[str, dict[str, LedgerColumn]] = {}
    for row in template_rows("ledgers", "columns.csv"):
        tables.setdefault(row["table"], {})[row["column"]] = LedgerColumn(
            name=row["column"],
            required=row["required"] == "yes",
            least=float(row["least"] or "-inf"),
            most=float(row["most"] or "inf"),
            synonyms=tuple(word for word in row["synonyms"].split(";") if word),
            choices=_choices(row["choices"]),
            **{name: row[name] for name in ("kind", "unit", "header_en", "header_zh", "example")},
        )
    return tables


def _choices(text: str) -> dict[str, str]:
    """Words of ``road:truck,公路;air:plane``; a value is a word of itself."""
    choices: dict[str, str] = {}
    for part in filter(None, text.split(";")):
        value, _, words = part.partition(":")
        choices |= {key(word): value for word in (value, *words.split(",")) if word}
    return choices


def ledgers() -> tuple[str, ...]:
    """Kinds of ledgers.

    >>> "sales" in ledgers()
    True
    """
    return tuple(_tables())


def ledger_columns(table: str) -> dict[str, LedgerColumn]:
    """Columns of a kind of ledger, by name.

    ``table``: one of :func:`ledgers`. Raises G010 if there is no such kind.

    >>> ledger_columns("sales")["revenue"].kind
    'money'
    """
    if table not in _tables():
        raise LedgerError("G010", f"it is one of {', '.join(ledgers())}", value=table)
    return _tables()[table]


def names_of(table: str) -> dict[str, str]:
    """Folded header → column, for a kind of ledger.

    ``table``: one of :func:`ledgers`.

    >>> names_of("sales")["销售额"]
    'revenue'
    """
    columns = ledger_columns(table).values()
    known = {key(word): column.name for column in columns for word in column.synonyms}
    known |= {key(column.header_zh): column.name for column in columns}
    known |= {key(column.header_en): column.name for column in columns}
    return known | {key(column.name): column.name for column in columns}


@lru_cache(maxsize=1)
def money_words() -> dict[str, tuple[str, float]]:
    """Word of a multiple of a currency → currency, ``""`` if it names none, and multiple.

    >>> money_words()["万元"]
    ('CNY', 10000.0)
    """
    rows = template_rows("ledgers", "money.csv")
    return {row["word"]: (row["currency"], float(row["multiple"])) for row in rows}


@lru_cache(maxsize=1)
def flag_words() -> dict[str, bool]:
    """Folded word of a state → yes or no.

    >>> flag_words()["退款成功"], flag_words()["0.0"]
    (True, False)
    """
    return {key(row["word"]): row["flag"] == "yes" for row in template_rows("ledgers", "flags.csv")}
