"""Reads a catalogue, gives suspicious patterns with their evidence, without a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from carbon.base.arrays import Floats
from carbon.base.shown import Shown
from carbon.catalogue.schema import Catalogue
from carbon.liveroom import gaming_checks as tests
from carbon.liveroom.pattern_rows import CHECKS, Listing, Told, row, stated
from carbon.liveroom.policy import GamingRules
from carbon.stages.inventory import Quantities

__all__ = ["ANOMALY_COLUMNS", "Anomalies", "GamingPatterns", "anomalies"]

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
class GamingPatterns:
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


@dataclass(frozen=True, eq=False, repr=False)
class Anomalies(Shown, GamingPatterns):
    """What stands out, with what was wrong with the ledgers.

    Parameters
    ----------
    problems : pandas.DataFrame
        Columns :data:`carbon.base.errors.PROBLEM_COLUMNS`.
    left_out : int
        Rows of the ledgers that were left out.

    Examples
    --------
    >>> from carbon import Platform, Study
    >>> goods = "sku,category,mass\\nA,t_shirt,60 g\\n"
    >>> Platform(Study(), draws=0).find_anomalies(goods).left_out
    0
    """

    problems: pd.DataFrame
    left_out: int


def anomalies(
    catalogue: Catalogue,
    grades: pd.DataFrame,
    bounds: dict[str, float],
    rules: GamingRules,
    *,
    sales: pd.DataFrame | None = None,
    waybills: pd.DataFrame | None = None,
) -> GamingPatterns:
    """Look for suspicious patterns of a filled catalogue.

    Grades are those of ``Study.grades``, of the same SKUs in the same order; ``bounds`` maps a
    letter to the largest ratio that it takes. Sales are ``sku units returned_units`` and, if there
    is, ``settled``; without them, units and return rates of the catalogue count. Waybills are ``sku
    parcel_mass`` [kg] and, if there are, ``units waybill``.

    A pattern is evidence, not proof: bounds attract honest improvements too. Every check has its
    own family of tests, adjusted by Benjamini and Hochberg, so that of what is told at most the
    share ``false_discovery`` is expected to be chance.
    """
    goods = Listing.of(catalogue.skus)
    ratio = grades["ratio"].to_numpy(dtype=np.float64)
    patterns: list[dict[str, Any]] = []
    tested = dict.fromkeys(CHECKS, 0)
    for check, rows, count in (
        _bunching(goods, ratio, bounds, rules),
        _clones(goods, catalogue, ratio, grades, rules),
        _light(goods, catalogue, rules),
        _returns(goods, catalogue, sales, rules),
        _missing(goods, catalogue, "mass", rules),
        _missing(goods, catalogue, "packaging", rules),
        _waybills(goods, catalogue, waybills, rules),
    ):
        tested[check] = count
        patterns += [{"check": check, **row} for row in rows]
    table = pd.DataFrame(patterns).reindex(columns=list(ANOMALY_COLUMNS))
    for column in ("check", "sku", "merchant", "category", "unit", "skus", "en", "zh"):
        table[column] = table[column].astype("object").fillna("")
    numbers = ["observed", "expected", "n", "p_value", "q_value"]
    table[numbers] = table[numbers].astype(np.float64)
    rank = {name: position for position, name in enumerate(CHECKS)}
    order = table.assign(place=table["check"].map(rank)).sort_values(
        ["place", "p_value", "category", "merchant", "sku", "en"], kind="stable"
    )
    return GamingPatterns(table.loc[order.index].reset_index(drop=True), tested)


def _bunching(goods: Listing, ratio: Floats, bounds: dict[str, float], rules: GamingRules) -> Told:
    """Per bound: each merchant over all categories, and each category over all merchants."""
    parts = []
    for letter, bound in bounds.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            place = np.log(ratio / bound)
        known = np.isfinite(place)
        place = np.where(known, place, 0.0)
        for kind, codes, names in (
            ("merchant", goods.merchants, goods.merchant_names),
            ("category", goods.categories, goods.category_names),
        ):
            counts, expected, p = tests.bunching(
                place, np.where(known, codes, -1), len(names), rules.bunching_window.value
            )
            enough = (counts.sum(axis=1) >= rules.bunching_least.value) & (np.array(names) != "")
            columns = {"under": counts[:, 1], "over": counts[:, 2], "expected": expected, "p": p}
            part = pd.DataFrame({**columns, "name": names, "kind": kind, "letter": letter})
            parts.append(part[enough])
    table = pd.concat(parts, ignore_index=True)
    table["q"] = tests.adjusted(table["p"].to_numpy(dtype=np.float64))

    def rows() -> Iterator[dict[str, Any]]:
        for pattern in table[table["q"] <= rules.false_discovery.value].to_dict("records"):
            codes = goods.merchants if pattern["kind"] == "merchant" else goods.categories
            names = goods.merchant_names if pattern["kind"] == "merchant" else goods.category_names
            bound = bounds[pattern["letter"]]
            under = (ratio <= bound) & (ratio > bound * np.exp(-rules.bunching_window.value))
            yield row(
                "bunching",
                **{pattern["kind"]: pattern["name"]},
                letter=pattern["letter"],
                under=pattern["under"],
                over=pattern["over"],
                observed=pattern["under"] / (pattern["under"] + pattern["over"]),
                expected=pattern["expected"],
                unit="share just under the bound",
                n=pattern["under"] + pattern["over"],
                p_value=pattern["p"],
                q_value=pattern["q"],
                skus=goods.named(np.flatnonzero(under & (codes == names.index(pattern["name"])))),
            )

    return "bunching", rows(), len(table)


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
    stated_goods = stated(catalogue, "materials") & stated(catalogue, "packaging")
    stated_goods &= goods.merchant != ""  # among all merchants numbers would meet by chance
    shop = [goods.merchants, goods.categories]
    total = grades["total_kg"].to_numpy(dtype=np.float64)
    label = tests.clones(
        [[goods.merchants, gtin], [*shop, name], shop],
        [
            [np.where(gtin == "", np.nan, 1.0)],
            [mass, np.where(np.isnan(price), 1.0, price), unnamed],
            [
                mass,
                price,
                Quantities(catalogue).packaging_mass,
                np.where(stated_goods, total, np.nan),
            ],
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


def _light(goods: Listing, catalogue: Catalogue, rules: GamingRules) -> Told:
    """Declared mass far below that of the category's other products; only the flattering side."""
    mass = catalogue.skus["mass_kg"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(stated(catalogue, "mass"), np.log(mass), np.nan)
    count = len(goods.category_names)
    z = tests.robust_z(scale, goods.categories, count, int(rules.least_skus.value))
    p = np.where(np.isnan(z), np.nan, ndtr(z))
    q = tests.adjusted(p)
    outliers = np.flatnonzero((q <= rules.false_discovery.value) & (z <= -rules.robust_z.value))
    known = np.isfinite(scale)
    middle = pd.Series(mass[known]).groupby(goods.categories[known]).agg(["median", "size"])

    def rows() -> Iterator[dict[str, Any]]:
        for at in outliers:
            usual = middle.loc[goods.categories[at]]
            yield row(
                "light_mass",
                **goods.who(at),
                observed=mass[at],
                expected=float(usual["median"]),
                unit="kg",
                n=float(usual["size"]),
                z=-z[at],
                p_value=p[at],
                q_value=q[at],
            )

    return "light_mass", rows(), int(np.isfinite(p).sum())


def _returns(
    goods: Listing, catalogue: Catalogue, sales: pd.DataFrame | None, rules: GamingRules
) -> Told:
    """Return rate too low for the category, by the settled sales or else by the catalogue."""
    if sales is None:
        skus = catalogue.skus
        sold = skus["units_sold"].to_numpy(dtype=np.float64)
        sold = np.where(stated(catalogue, "return_rate"), sold, np.nan)
        back = np.round(sold * skus["return_rate"].to_numpy(dtype=np.float64))
    else:
        sold, back = _settled(sales, goods.sku)
    enough = np.flatnonzero((sold >= rules.least_units.value) & (back >= 0) & (back <= sold))
    count = len(goods.category_names)
    group = goods.categories[enough]
    size = np.bincount(group, minlength=count)
    mean, correlation = tests.overdispersion(back[enough], sold[enough], group, count)
    judged = size[group] >= rules.least_skus.value
    p = tests.beta_binomial_tail(back[enough], sold[enough], mean[group], correlation[group])
    p = np.where(judged, p, np.nan)
    q = tests.adjusted(p)

    def rows() -> Iterator[dict[str, Any]]:
        for place in np.flatnonzero(q <= rules.false_discovery.value):
            at = enough[place]
            yield row(
                "return_rate",
                **goods.who(at),
                observed=back[at] / sold[at],
                expected=mean[group[place]],
                unit="share of units",
                n=sold[at],
                hits=back[at],
                p_value=p[place],
                q_value=q[place],
            )

    return "return_rate", rows(), int(np.isfinite(p).sum())


def _settled(sales: pd.DataFrame, sku: npt.NDArray[np.object_]) -> tuple[Floats, Floats]:
    """Units sold and returned of each SKU, of lines whose returns are known."""
    columns = ["units", "returned_units"]
    lines = sales.reindex(columns=["sku", *columns, *sales.columns.intersection(["settled"])])
    known = (lines["returned_units"] <= lines["units"]).fillna(value=False).astype(bool)
    if "settled" in lines:
        known &= lines["settled"].fillna(value=False).astype(bool)
    lines = lines[known]
    by = lines[columns].astype(np.float64).groupby(lines["sku"].astype(str)).sum()
    both = by.reindex(pd.Index(sku)).to_numpy(dtype=np.float64)
    return both[:, 0], both[:, 1]


def _waybills(
    goods: Listing, catalogue: Catalogue, parcels: pd.DataFrame | None, rules: GamingRules
) -> Told:
    """Most parcels weigh more than what is declared; those with one SKU in them count."""
    if parcels is None:
        return "waybill_mass", iter(()), 0
    declared = (
        catalogue.skus["mass_kg"].to_numpy(dtype=np.float64) + Quantities(catalogue).packaging_mass
    )
    declared = np.where(stated(catalogue, "mass"), declared, np.nan)
    if "waybill" in parcels:
        number = parcels["waybill"].astype("object").fillna("").astype(str)
        parcels = parcels[~((number != "") & number.duplicated(keep=False)).to_numpy()]
    first = np.flatnonzero(~pd.Series(goods.sku).duplicated().to_numpy())
    place = pd.Index(goods.sku[first]).get_indexer(pd.Index(parcels["sku"].astype(str)))
    at = np.append(first, -1)[place]
    unit_counts = parcels["units"] if "units" in parcels else pd.Series(1, index=parcels.index)
    units = unit_counts.astype("Float64").fillna(1).to_numpy(dtype=np.float64)
    weighed = parcels["parcel_mass"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(at >= 0, weighed / (units * np.append(declared, np.nan)[at]), np.nan)
    known = np.isfinite(times)
    table = pd.DataFrame({"at": at[known], "times": times[known]})
    table["over"] = table["times"] > 1 + rules.waybill_tolerance.value
    by = table.groupby("at").agg(
        times=("times", "median"), over=("over", "sum"), n=("over", "size")
    )
    p = tests.heavier(by["over"].to_numpy(dtype=np.int64), by["n"].to_numpy(dtype=np.int64))
    by = by.assign(p=p, q=tests.adjusted(p)).reset_index()

    def rows() -> Iterator[dict[str, Any]]:
        for pattern in by[by["q"] <= rules.false_discovery.value].to_dict("records"):
            yield row(
                "waybill_mass",
                **goods.who(pattern["at"]),
                observed=pattern["times"],
                expected=1.0,
                unit="weighed over declared",
                n=float(pattern["n"]),
                over=int(pattern["over"]),
                p_value=pattern["p"],
                q_value=pattern["q"],
            )

    return "waybill_mass", rows(), len(by)
