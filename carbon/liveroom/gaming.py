"""Suspicious patterns in a catalogue, told with their evidence; nothing follows from them here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.catalogue.schema import Catalogue
from carbon.liveroom import gaming_checks as tests
from carbon.liveroom import gaming_skus as single
from carbon.liveroom.gaming_told import CHECKS, Listing, Told, packed, row, stated
from carbon.liveroom.platform_rules import GamingRules

__all__ = ["ANOMALY_COLUMNS", "Anomalies", "anomalies"]

Floats = npt.NDArray[np.float64]

ANOMALY_COLUMNS: Final = (
    "check",
    "sku",
    "merchant",
    "category",
    "observed",
    "expected",
    "unit",
    "n",
    "p_value",
    "q_value",
    "skus",
    "en",
    "zh",
)
"""Columns of the report."""


@dataclass(frozen=True, eq=False)
class Anomalies:
    """What stands out.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns :data:`ANOMALY_COLUMNS`, by check and p-value: what was observed and expected, of
        how many, the p-value and the same adjusted for the number of tests.
    tested : dict of str to int
        Tests made, by check.
    """

    table: pd.DataFrame
    tested: dict[str, int]


def anomalies(
    catalogue: Catalogue,
    grades: pd.DataFrame,
    bounds: dict[str, float],
    rules: GamingRules,
    *,
    sales: pd.DataFrame | None = None,
    waybills: pd.DataFrame | None = None,
) -> Anomalies:
    """Look for suspicious patterns.

    Parameters
    ----------
    catalogue : Catalogue
        Filled.
    grades : pandas.DataFrame
        As ``Study.grades`` gives it, of the same SKUs in the same order.
    bounds : dict of str to float
        Letter → largest ratio that it takes.
    rules : GamingRules
        When a pattern is told.
    sales : pandas.DataFrame, optional
        As the ledger ``sales``: ``sku units returned_units`` and, if there is, ``settled``; without
        it, units and return rates of the catalogue.
    waybills : pandas.DataFrame, optional
        As the ledger ``waybills``: ``sku parcel_mass`` [kg] and, if there are, ``units waybill``.

    Returns
    -------
    Anomalies

    Notes
    -----
    A pattern is evidence, not proof: bounds attract honest improvements too. Every check has its
    own family of tests, adjusted by Benjamini and Hochberg, so that of what is told at most the
    share ``false_discovery`` is expected to be chance.
    """
    goods = Listing.of(catalogue.skus)
    ratio = grades["ratio"].to_numpy(dtype=np.float64)
    found: list[dict[str, Any]] = []
    tested = dict.fromkeys(CHECKS, 0)
    for check, rows, count in (
        _bunching(goods, ratio, bounds, rules),
        _clones(goods, catalogue, ratio, grades, rules),
        single.light(goods, catalogue, rules),
        single.returns(goods, catalogue, sales, rules),
        _missing(goods, catalogue, "mass", rules),
        _missing(goods, catalogue, "packaging", rules),
        single.waybills(goods, catalogue, waybills, rules),
    ):
        tested[check] = count
        found += [{"check": check, **row} for row in rows]
    table = pd.DataFrame(found).reindex(columns=list(ANOMALY_COLUMNS))
    for column in ("check", "sku", "merchant", "category", "unit", "skus", "en", "zh"):
        table[column] = table[column].astype("object").fillna("")
    numbers = ["observed", "expected", "n", "p_value", "q_value"]
    table[numbers] = table[numbers].astype(np.float64)
    rank = {name: position for position, name in enumerate(CHECKS)}
    order = table.assign(place=table["check"].map(rank)).sort_values(
        ["place", "p_value", "category", "merchant", "sku", "en"], kind="stable"
    )
    return Anomalies(table.loc[order.index].reset_index(drop=True), tested)


def _bunching(goods: Listing, ratio: Floats, bounds: dict[str, float], rules: GamingRules) -> Told:
    """Per bound: each merchant over all categories, and each category over all merchants."""
    parts = []
    for letter, bound in bounds.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            place = np.log(ratio / bound)
        known = np.isfinite(place)
        place = np.where(known, place, 9.0)  # outside every window
        for kind, codes, names in (
            ("merchant", goods.merchants, goods.merchant_names),
            ("category", goods.categories, goods.category_names),
        ):
            counts, expected, p = tests.bunching(
                place, np.where(known, codes, -1), len(names), rules.bunching_window.value
            )
            enough = (counts.sum(axis=1) >= rules.bunching_least.value) & (np.array(names) != "")
            told = {"under": counts[:, 1], "over": counts[:, 2], "expected": expected, "p": p}
            part = pd.DataFrame({**told, "name": names, "kind": kind, "letter": letter})
            parts.append(part[enough])
    whole = pd.concat(parts, ignore_index=True)
    whole["q"] = tests.adjusted(whole["p"].to_numpy(dtype=np.float64))

    def rows() -> Iterator[dict[str, Any]]:
        for one in whole[whole["q"] <= rules.false_discovery.value].to_dict("records"):
            codes = goods.merchants if one["kind"] == "merchant" else goods.categories
            names = goods.merchant_names if one["kind"] == "merchant" else goods.category_names
            bound = bounds[one["letter"]]
            under = (ratio <= bound) & (ratio > bound * np.exp(-rules.bunching_window.value))
            yield row(
                "bunching",
                **{one["kind"]: one["name"]},
                letter=one["letter"],
                under=one["under"],
                over=one["over"],
                observed=one["under"] / (one["under"] + one["over"]),
                expected=one["expected"],
                unit="share just under the bound",
                n=one["under"] + one["over"],
                p_value=one["p"],
                q_value=one["q"],
                skus=goods.named(np.flatnonzero(under & (codes == names.index(one["name"])))),
            )

    return "bunching", rows(), len(whole)


def _clones(
    goods: Listing, catalogue: Catalogue, ratio: Floats, grades: pd.DataFrame, rules: GamingRules
) -> Told:
    """Within a merchant and category: the same name, or the same data under another name."""
    skus = catalogue.skus
    given = stated(catalogue, "mass")
    mass = np.where(given, skus["mass_kg"].to_numpy(dtype=np.float64), np.nan)
    price = skus["price"].to_numpy(dtype=np.float64)
    name = tests.folded(skus["name"]).to_numpy(dtype=object)
    gtin = skus["gtin"].astype("object").fillna("").astype(str).to_numpy(dtype=object)
    unnamed = np.where(name == "", np.nan, 1.0)
    told = stated(catalogue, "materials") & stated(catalogue, "packaging")
    told &= goods.merchant != ""  # among all merchants numbers would meet by chance
    shop = [goods.merchants, goods.categories]
    total = grades["total_kg"].to_numpy(dtype=np.float64)
    label = tests.clones(
        [[goods.merchants, gtin], [*shop, name], shop],
        [
            [np.where(gtin == "", np.nan, 1.0)],
            [mass, np.where(np.isnan(price), 1.0, price), unnamed],
            [mass, price, packed(catalogue), np.where(told, total, np.nan)],
        ],
        rules.clone_tolerance.value,
    )
    alike = np.flatnonzero(label >= 0)
    alike = alike[np.argsort(label[alike], kind="stable")]
    begins = np.flatnonzero(np.diff(label[alike], prepend=-1) != 0)

    def rows() -> Iterator[dict[str, Any]]:
        for members in np.split(alike, begins[1:]) if len(alike) else []:
            known = ratio[members][np.isfinite(ratio[members])]
            low, high = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
            first = members[np.argmin(goods.sku[members])]
            yield row(
                "clone",
                sku=goods.sku[first],
                merchant=goods.merchant[first],
                category=goods.category[first],
                observed=high / low - 1,
                expected=0.0,
                unit="spread of the ratio",
                n=float(len(members)),
                low=low,
                high=high,
                skus=goods.named(members),
            )

    return "clone", rows(), len(skus)


def _missing(goods: Listing, catalogue: Catalogue, column: str, rules: GamingRules) -> Told:
    """Per merchant and category, held against the other merchants of the category."""
    check = f"missing_{column}"
    width = len(goods.category_names)
    cell = goods.merchants * width + goods.categories
    blank = ~stated(catalogue, column)
    cells, place = np.unique(cell, return_inverse=True)
    number = np.bincount(place, minlength=len(cells))
    without = np.bincount(place, blank, len(cells)).astype(np.int64)
    category = cells % width
    all_number = np.bincount(category, number, width)[category].astype(np.int64)
    all_without = np.bincount(category, without, width)[category].astype(np.int64)
    others, others_without = all_number - number, all_without - without
    p = tests.missing(without, number, others_without, others)
    usual = others - others_without >= rules.always.value * others
    judged = usual & (others >= rules.least_skus.value)
    p = np.where(judged, p, np.nan)
    q = tests.adjusted(p)

    def rows() -> Iterator[dict[str, Any]]:
        for at in np.flatnonzero((q <= rules.false_discovery.value) & (without > 0)):
            yield row(
                check,
                merchant=goods.merchant_names[cells[at] // width],
                category=goods.category_names[category[at]],
                observed=without[at] / number[at],
                expected=others_without[at] / others[at],
                unit="share of SKUs",
                n=float(number[at]),
                without=without[at],
                p_value=p[at],
                q_value=q[at],
                skus=goods.named(np.flatnonzero(blank & (place == at))),
            )

    return check, rows(), int(judged.sum())
