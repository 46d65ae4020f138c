"""Reads a ledger of sales and a catalogue, gives the goods that were sold in a period."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from carbon.base.errors import LedgerError, problem_table
from carbon.catalogue.aliases import spelled
from carbon.catalogue.ledger import Ledger, read_ledger
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.incentive.returned import with_ledger_rates
from carbon.incentive.sales import Sales, settle
from carbon.incentive.vat_rules import Period, TaxRule

__all__ = ["all_days", "settled_sales", "sku_problems", "sold_goods"]


def settled_sales(
    sales: str | os.PathLike[str] | pd.DataFrame,
    rule: TaxRule,
    period: Period,
    edition: str,
    vocabulary: Vocabulary,
) -> Sales:
    """Lines of a period from a ledger of sales, categories by their ids."""
    ledger = read_ledger(sales, "sales")
    names = vocabulary.names("category")
    ids = spelled(ledger.frame["category"], names) if "category" in ledger.frame else {}
    return settle(ledger, rule, period, edition, ids)


def sold_goods(catalogue: Catalogue, sales: Sales) -> tuple[Catalogue, pd.DataFrame]:
    """SKUs that were sold, in the order of the catalogue, at the return rates of the ledger.

    With the problems of :func:`carbon.incentive.returned.with_ledger_rates`.
    """
    wanted = set(sales.lines["sku"])
    row = np.flatnonzero([sku in wanted for sku in catalogue.skus["sku"]])
    return with_ledger_rates(catalogue.rows(row.astype(np.int64)), sales.lines)


def all_days(ledger: Ledger) -> Period:
    """Period from the first to the last day of a ledger; T004 if it has none."""
    days = ledger.frame["date"]
    if days.empty:
        raise LedgerError("T004", file=ledger.file)
    return Period(name="base", first=days.min().date(), last=days.max().date())


def sku_problems(lines: pd.DataFrame) -> pd.DataFrame:
    """Codes of the SKUs of a dossier as rows."""
    parts = []
    for code in sorted({code for codes in lines["problem"].unique() for code in codes.split()}):
        if code.startswith("T"):
            lines_of = lines[lines["problem"].str.contains(code)]
            parts.append(
                pd.DataFrame(
                    {"sku": lines_of["sku"].astype(str), "value": lines_of["taxpayer"].astype(str)}
                )
            )
            parts[-1]["code"] = code
    return problem_table(pd.concat(parts) if parts else None)
