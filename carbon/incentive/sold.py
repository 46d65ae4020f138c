"""Reads a ledger of sales and a catalogue, gives the goods that were sold in a period."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from carbon.base.errors import LedgerError, problem_table
from carbon.base.problems import Problems
from carbon.catalogue.aliases import spelled
from carbon.catalogue.ledger import Ledger, read_ledger
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.footprint.levers.returns import with_return_rate
from carbon.incentive.sales import Sales, settle
from carbon.incentive.vat_rules import Period, TaxRule

__all__ = ["all_days", "settled_sales", "sku_problems", "sold_goods", "with_ledger_rates"]

LEAST_SOLD: Final = 30
"""Units below which a rate of the ledger says little."""

SLACK: Final = 0.02
"""Difference of rates that rounding explains [1]."""

SIGMAS: Final = 3.0
"""Standard deviations that chance explains."""

LARGEST: Final = 0.95
"""Return rate above which no footprint per kept unit is computed [1]."""


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

    With the problems of :func:`with_ledger_rates`.
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


def with_ledger_rates(catalogue: Catalogue, lines: pd.DataFrame) -> tuple[Catalogue, pd.DataFrame]:
    """Put the return rate of the ledger where it is above that of the catalogue of what was sold.

    T041 tells both rates of each SKU that was changed.

    A catalogue is a promise, the ledger of the same dossier is what became of it. Where more came
    back than ``r + 3·sqrt(r(1−r)/n) + 0.02`` of n units, chance does not explain it.
    """
    sums = lines.assign(sku=lines["sku"].astype(str)).groupby("sku")[["units", "returned_units"]]
    total = sums.sum().reindex(catalogue.skus["sku"].astype(str))
    sold, back = (total[name].to_numpy(np.float64) for name in ("units", "returned_units"))
    promised = catalogue.skus["return_rate"].to_numpy(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.minimum(back / sold, LARGEST)
        bound = promised + SIGMAS * np.sqrt(promised * (1 - promised) / sold) + SLACK
        above = (sold >= LEAST_SOLD) & (rate > bound)
    problems = Problems()
    at = np.flatnonzero(above)
    problems.add(
        "T041",
        file=catalogue.file,
        row=catalogue.skus["line"].to_numpy()[at],
        column="return_rate",
        sku=catalogue.skus["sku"].astype(str).to_numpy()[at],
        value=[f"{promised[row]:.1%}, {rate[row]:.1%} in the ledger" for row in at],
    )
    if not len(at):
        return catalogue, problems.table()
    skus = with_return_rate(catalogue.skus, np.where(above, rate, promised))
    return replace(catalogue, skus=skus), problems.table()
