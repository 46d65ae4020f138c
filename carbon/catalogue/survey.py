"""Reads a part of the SKU table, gives what all other parts need of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import pyarrow as pa

from carbon.catalogue import cells
from carbon.catalogue.files import settled
from carbon.catalogue.headers import Header
from carbon.catalogue.line_tables import understood
from carbon.catalogue.problems import CellProblems
from carbon.catalogue.read import read_tables
from carbon.catalogue.schema import COLUMNS, BatchContext, Vocabulary
from carbon.catalogue.sheets import Sheet
from carbon.catalogue.sku_index import Keys, sku_digests
from carbon.catalogue.sources import only

__all__ = ["Surveyed", "survey_columns", "surveyed", "told_percents", "unlabelled"]

_IN_SESSIONS: Final = (
    *("session", "merchant", "session_kwh", "viewer_hours", "units_sold", "price", "currency"),
    "return_rate",
)


@dataclass
class Surveyed:
    """What a batch tells the others."""

    keys: Keys  # shape (n, 2), of its SKUs
    sessions: pd.DataFrame | None = None
    fractions: frozenset[str] = frozenset()  # as ``BatchContext.fractions``


def survey_columns(head: Mapping[str, Header]) -> set[str] | None:
    """Columns that reach over batches; None if only the SKUs do."""
    names = {
        name
        for name, header in head.items()
        if COLUMNS[name].kind == "share" and header.unit == "%"
    }
    if "session" in head and {"session_kwh", "viewer_hours"} & set(head):
        names |= {name for name in _IN_SESSIONS if name in head}
    return {"sku", "category", *names} if names else None


def unlabelled(head: Mapping[str, Header]) -> dict[str, str]:
    """Header → rate whose header does not say whether its bare numbers are percent."""
    return {head[name].source: name for name in cells.RATES if name in head and not head[name].unit}


def told_percents(sheet: Sheet, rates: Mapping[str, str]) -> frozenset[str]:
    """Rates of a part of the SKU table in which a bare number can only be percent."""
    return frozenset(
        f"skus.{name}"
        for source, name in rates.items()
        if source in sheet.headers
        and cells.holds_percent(settled(only(sheet, {source})).columns[0])
    )


def surveyed(
    sheet: Sheet, vocabulary: Vocabulary, columns: Collection[str] | None, context: BatchContext
) -> Surveyed:
    """What a part of the SKU table tells the others.

    ``columns``: headers of what reaches over parts; without, the SKUs only; ``context``: with the
    positions of SKUs that stood before, once these are known.
    """
    headers = understood(sheet, "skus", vocabulary, CellProblems(), [])
    rates = unlabelled({name: header for name, (_, header) in headers.items()})
    percents_told = told_percents(sheet, rates)
    if columns is None:
        keys = sku_digests(cells.clean(sheet.columns[headers["sku"][0]]))
        return Surveyed(keys, fractions=percents_told)
    part = read_tables({"skus": only(sheet, columns)}, vocabulary, context=context)
    percent = part.headers[part.headers["unit"] == "%"]
    named = dict(zip(percent["source"], percent["column"], strict=True))
    bad = part.problems.loc[part.problems["code"] == "C108", "column"].unique()
    fractions = frozenset(f"skus.{named[name]}" for name in bad if name in named)
    texts = cells.clean(pa.array(part.skus["sku"], pa.string()))
    return Surveyed(sku_digests(texts), part.sessions, fractions | percents_told)
