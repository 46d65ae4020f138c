"""Reads orders, gives those that count, their claims, and sums by merchant and category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats, Integers
from carbon.base.errors import StudyError
from carbon.base.problems import Problems
from carbon.catalogue.aliases import renamed, spelled
from carbon.catalogue.days import as_days, last_day, misdated
from carbon.catalogue.ledger import MONEY, Ledger
from carbon.catalogue.refused import bias_of, first_causes
from carbon.catalogue.schema import Catalogue
from carbon.footprint.computing import Computing
from carbon.incentive.pool_policy import PoolPolicy

__all__ = [
    "PerReturn",
    "category_claims",
    "cells_of",
    "claims_of",
    "kilograms",
    "per_return_of",
    "returned",
    "sums",
    "window_of",
]


@dataclass(frozen=True, eq=False)
class PerReturn:
    """Emissions of one return [kg CO2e].

    - ``category``: by name of the category as the orders spell it
    - ``sku``: by SKU; it goes before the category
    """

    category: pd.Series[float]
    sku: pd.Series[float]


def per_return_of(footprints: pd.DataFrame, spelled: Mapping[str, str]) -> PerReturn:
    """Emissions of one return: those of the returns stage, by the returns per kept unit r/(1−r).

    Footprints have ``sku category return_rate returns_kg``; ``spelled`` maps categories as the
    orders spell them to those of the footprints; a category has the mean of its SKUs.

    >>> table = pd.DataFrame({"sku": ["A"], "category": ["bag"], "return_rate": [0.5],
    ...                       "returns_kg": [0.1]})
    >>> per_return_of(table, {"箱包": "bag"}).category.tolist()
    [0.1]
    """
    rate, stage = (footprints[name].to_numpy(np.float64) for name in ("return_rate", "returns_kg"))
    some = np.isfinite(rate) & (rate > 0) & (rate < 1)
    kg = np.full(len(rate), np.nan)
    kg[some] = stage[some] * (1 - rate[some]) / rate[some]
    mean = pd.Series(kg).groupby(footprints["category"].astype("str").to_numpy()).mean()
    by_spelling = mean.reindex(list(spelled.values())).set_axis(list(spelled))
    names: Any = footprints["sku"].astype("str").to_numpy() if "sku" in footprints else []
    by_sku = pd.Series(kg[: len(names)], index=pd.Index(names, dtype="str"), dtype="float64")
    return PerReturn(by_spelling.astype("float64"), by_sku[~by_sku.index.duplicated()])


def window_of(
    orders: Ledger,
    policy: PoolPolicy,
    problems: Problems,
    as_of: date | None = None,
    categories: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Orders that count, and from when to when.

    The pool is priced on ``as_of``, on the last day of the ledger without, strays left aside;
    ``categories`` maps categories as the orders spell them to ids. Gathers I005, I006 and I012 to
    I015; raises I001 if none counts, I002 for another currency, I016 if rows were refused for what
    a rate is made of.
    """
    frame, file = orders.frame, orders.file
    bias = bias_of(orders)
    if bias.suspect and bias.column == "returned":
        raise StudyError("I016", f"{bias}; {first_causes(orders)}", file=file)
    if bias.suspect:
        problems.add("I015", file=file, column=bias.column, value=str(bias))
    if not len(frame):
        causes = first_causes(orders)
        detail = f"the ledger has no order{'; refused: ' * bool(causes)}{causes}"
        raise StudyError("I001", detail, file=file)
    if list(frame["currency"].cat.categories) != [policy.currency]:
        currencies = ", ".join(frame["currency"].cat.categories)
        raise StudyError("I002", f"{currencies}, not {policy.currency}", file=file)
    frame = _once(frame, problems, file)
    if categories:
        frame = frame.assign(category=renamed(frame["category"], categories))
    ordered = as_days(frame["date"])
    last = last_day(ordered) if as_of is None else np.datetime64(as_of, "D")
    end = pd.Timestamp(last) - pd.Timedelta(days=int(policy.window.open_days))
    start = end - pd.DateOffset(months=int(policy.window.months)) + pd.Timedelta(days=1)
    first_day, end_day = np.datetime64(start, "D"), np.datetime64(end, "D")
    faults = misdated(ordered, as_of=last, period=(first_day, end_day))
    young = faults["outside"] & (ordered > end_day) & ~faults["future"]
    old = faults["outside"] & (ordered < first_day)
    for code, where in (("I005", young), ("I006", old), ("I012", faults["future"])):
        if where.any():
            problems.add(code, file=file, column="date", value=f"{int(where.sum())} orders")
    kept = ~faults["outside"]
    if not kept.any():
        raise StudyError("I001", f"none from {start.date()} to {end.date()}", file=file)
    if not kept.all():
        frame = frame[kept].reset_index(drop=True)
    window = {
        "first": str(start.date()),
        "last": str(end.date()),
        "ledger_last": str(last),
        "open_orders": int(young.sum()),
        "old_orders": int(old.sum()),
    }
    return frame, window


def _once(frame: pd.DataFrame, problems: Problems, file: str) -> pd.DataFrame:
    """Each order once: the same lines once, and where they differ the one that came back."""
    if "order" not in frame:
        return frame
    named = frame["order"].notna() & (frame["order"] != "")
    keys = [name for name in ("merchant", "order", "sku") if name in frame]
    rows = frame.drop(columns="line", errors="ignore")
    same = rows.duplicated() & named
    for code, where in (("I013", same), ("I014", rows[~same].duplicated(keys) & named[~same])):
        count = int(where.sum())
        if count:
            problems.add(code, file=file, column="order", value=f"{count} lines")
    rest = frame[~same]
    state = rest.sort_values("returned", ascending=False, kind="stable")
    gone = state.duplicated(keys) & named[state.index]
    return rest.drop(index=gone.index[gone]).reset_index(drop=True)


def claims_of(frame: pd.DataFrame, policy: PoolPolicy, problems: Problems) -> Floats:
    """Claim of each order [ten-thousandths]: 0 without return, NaN where it is not told."""
    returned = frame["returned"].to_numpy(dtype=bool)
    claims = np.zeros(len(frame))
    if "return_freight" in frame:
        stated = frame["return_freight"].to_numpy(dtype=np.float64, na_value=np.nan)
        most = float(policy.pricing.claim_most.value * MONEY)
        claims = np.where(returned, np.minimum(stated, most), 0.0)
        stray = ~returned & (stated > 0)
        if stray.any():
            problems.add("I007", column="return_freight", value=f"{int(stray.sum())} orders")
    else:
        claims[returned] = np.nan
    unknown = int(np.isnan(claims).sum())
    if unknown and unknown == returned.sum():
        raise StudyError("I003", f"{unknown} returns")
    if unknown:
        problems.add("I008", column="return_freight", value=f"{unknown} returns")
    free = int((frame["premium"].to_numpy() == 0).sum())
    if free:
        problems.add("I009", column="premium", value=f"{free} orders")
    return claims


def cells_of(frame: pd.DataFrame) -> tuple[Integers, pd.DataFrame]:
    """Cell (merchant by category) of each order, and the codes of both by cell, rising."""
    categories = len(frame["category"].cat.categories)
    merchant = frame["merchant"].cat.codes.to_numpy().astype(np.int64)
    key = merchant * categories + frame["category"].cat.codes.to_numpy()
    of, keys = pd.factorize(key, sort=True)
    return of, pd.DataFrame({"merchant": keys // categories, "category": keys % categories})


def sums(frame: pd.DataFrame, claim: Floats, of: Integers, cells: pd.DataFrame) -> pd.DataFrame:
    """Orders, returns, ``paid`` and ``claims`` [ten-thousandths] by cell of :func:`cells_of`."""
    returned = frame["returned"].to_numpy(dtype=bool)
    premium = frame["premium"].to_numpy()
    insured = premium > 0

    def total(weights: Any = None) -> Integers:
        # sums of whole numbers below 2**53 are exact as floats
        return np.rint(np.bincount(of, weights, len(cells))).astype(np.int64)

    return cells.assign(
        orders=total(),
        returns=total(returned),
        insured=total(insured),
        paid=total(premium),
        claims=total(np.where(insured, np.nan_to_num(claim), 0.0)),
    )


def category_claims(frame: pd.DataFrame, claim: Floats, size: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of a claim by category [currency]; of all where none is told."""
    known = frame["returned"].to_numpy(dtype=bool) & ~np.isnan(claim)
    category = frame["category"].cat.codes.to_numpy()[known]
    amount = claim[known] / MONEY
    count = np.bincount(category, minlength=size)
    overall = amount.mean() if len(amount) else 0.0
    mean = np.where(count, np.bincount(category, amount, size) / np.maximum(count, 1), overall)
    around = np.bincount(category, (amount - mean[category]) ** 2, size)
    spread = amount.std() if len(amount) else 0.0
    sd = np.where(count > 1, np.sqrt(around / np.maximum(count, 1)), spread)
    return mean, sd


def kilograms(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    of: Integers,
    per_return: PerReturn | None,
    names: dict[str, pd.Index[Any]],
    problems: Problems,
) -> Floats:
    """Emissions of one return of each merchant: of its SKUs, else of its categories, by orders."""
    merchant = table["merchant"].to_numpy()
    codes, at = np.unique(merchant, return_inverse=True)
    if per_return is None:
        return np.full(len(codes), np.nan)
    by_category = per_return.category.reindex(names["category"]).to_numpy(dtype=np.float64)
    for name in names["category"][np.isnan(by_category)]:
        problems.add("I011", column="category", value=str(name))
    cells = by_category[table["category"].to_numpy()]
    weight = table["orders"].to_numpy()
    if "sku" in frame and len(per_return.sku):
        by_sku = per_return.sku.reindex(frame["sku"].cat.categories).to_numpy(dtype=np.float64)
        kg = np.append(by_sku, np.nan)[frame["sku"].cat.codes.to_numpy()]
        kg = np.where(np.isnan(kg), cells[of], kg)
        cells = np.bincount(of, kg, len(table)) / weight
    weights = np.bincount(at, weight, len(codes))
    means: Floats = np.bincount(at, cells * weight, len(codes)) / weights
    return means


def returned(study: Computing, orders: Ledger, catalogue: Catalogue) -> PerReturn:
    """Emissions of one return, from the goods of a filled catalogue.

    Categories of the orders may be spelled in any way that a catalogue may spell them.
    """
    table = study.footprints(catalogue).to_frame()
    table = table.assign(return_rate=catalogue.skus["return_rate"].to_numpy())
    ids = spelled(orders.frame["category"], study.vocabulary.names("category"))
    return per_return_of(table, ids | {each: each for each in ids.values()})
