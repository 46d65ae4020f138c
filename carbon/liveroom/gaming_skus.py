"""Suspicious data of single SKUs: too light, too few returns, heavier on the scale than told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from carbon.catalogue.schema import Catalogue
from carbon.liveroom import gaming_checks as tests
from carbon.liveroom.gaming_told import Listing, Told, packed, row, stated
from carbon.liveroom.platform_rules import GamingRules

__all__ = ["light", "returns", "waybills"]

Floats = npt.NDArray[np.float64]


def light(goods: Listing, catalogue: Catalogue, rules: GamingRules) -> Told:
    """Declared mass far below that of the category's other products; only the flattering side."""
    mass = catalogue.skus["mass_kg"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(stated(catalogue, "mass"), np.log(mass), np.nan)
    count = len(goods.category_names)
    z = tests.robust_z(scale, goods.categories, count, int(rules.least_skus.value))
    p = np.where(np.isnan(z), np.nan, ndtr(z))
    q = tests.adjusted(p)
    out = np.flatnonzero((q <= rules.false_discovery.value) & (z <= -rules.robust_z.value))
    known = np.isfinite(scale)
    middle = pd.Series(mass[known]).groupby(goods.categories[known]).agg(["median", "size"])

    def rows() -> Iterator[dict[str, Any]]:
        for at in out:
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


def returns(
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
    known = lines["returned_units"].notna()
    if "settled" in lines:
        known &= lines["settled"].fillna(value=False).astype(bool)
    lines = lines[known]
    by = lines[columns].astype(np.float64).groupby(lines["sku"].astype(str)).sum()
    both = by.reindex(pd.Index(sku)).to_numpy(dtype=np.float64)
    return both[:, 0], both[:, 1]


def waybills(
    goods: Listing, catalogue: Catalogue, parcels: pd.DataFrame | None, rules: GamingRules
) -> Told:
    """Most parcels weigh more than what is declared; those with one SKU in them count."""
    if parcels is None:
        return "waybill_mass", iter(()), 0
    declared = catalogue.skus["mass_kg"].to_numpy(dtype=np.float64) + packed(catalogue)
    declared = np.where(stated(catalogue, "mass"), declared, np.nan)
    if "waybill" in parcels:
        number = parcels["waybill"].astype("object").fillna("").astype(str)
        parcels = parcels[~((number != "") & number.duplicated(keep=False)).to_numpy()]
    first = np.flatnonzero(~pd.Series(goods.sku).duplicated().to_numpy())
    place = pd.Index(goods.sku[first]).get_indexer(pd.Index(parcels["sku"].astype(str)))
    at = np.append(first, -1)[place]
    told = parcels["units"] if "units" in parcels else pd.Series(1, index=parcels.index)
    units = told.astype("Float64").fillna(1).to_numpy(dtype=np.float64)
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
        for one in by[by["q"] <= rules.false_discovery.value].to_dict("records"):
            yield row(
                "waybill_mass",
                **goods.who(one["at"]),
                observed=one["times"],
                expected=1.0,
                unit="weighed over declared",
                n=float(one["n"]),
                over=int(one["over"]),
                p_value=one["p"],
                q_value=one["q"],
            )

    return "waybill_mass", rows(), len(by)
