"""Reads a catalogue and its study, gives the numbers of a merchant's report [kg CO2e, 1]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from carbon.base import digits
from carbon.base.arrays import Floats
from carbon.base.terms import BOUNDARIES, PROVENANCES, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.footprint.compare import probability_lower
from carbon.footprint.largest import with_results
from carbon.footprint.reference import References
from carbon.footprint.scenario import what_if
from carbon.label.claims import ClaimMarket, check
from carbon.label.facts import ratios
from carbon.liveroom.policy_file import read_policy
from carbon.liveroom.products import facts

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["Figures", "Sum", "figures"]

CHUNK: Final = 500
"""SKUs whose draws of all stages are held at once."""

FACTS: Final = {
    "air_share": "air_share",
    "wrapping_kg": "packaging_kg",
    "plastic": "packaging_plastic",
}
"""Column of the report → fact of :func:`carbon.liveroom.products.facts`."""


class Sum(NamedTuple):
    """A sum over the catalogue and its 95 % interval [kg CO2e]; NaN ends without draws."""

    kg: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """What a report tells.

    - ``skus``: one row a SKU in the order of the catalogue: the columns of ``Study.grades``,
      ``name``, ``merchant``, ``kept`` (kept units, NaN if units sold are not known), ``weight``
      (units that it counts for in totals; 0 if it does not), ``kg`` (total times weight),
      ``mass_kg``, ``ratio_text`` (percentage of the printed numbers), ``units_per_parcel``,
      ``return_rate``, ``air_share``, ``wrapping_kg`` and ``plastic`` (the mass of the packaging of
      one dispatch and its plastic share), and ``lever`` and ``lever_share``, the largest saving
    - ``weighted``: whether the units sold are known; else each SKU counts for one kept unit
    - ``stages``: ``total`` and the stages inside the boundary, summed over the weights
    - ``parts``: sums over the weights by indicator [kg CO2e]
    - ``categories``: one row a category, the heaviest first: ``skus kg mean least most p`` with the
      positions of its SKUs of least and most footprint and the probability that they stand in this
      order
    - ``levers``: ``lever applies saved_kg saved_share``, the largest saving first and all together
      last
    - ``asked``: inputs whose better knowledge would narrow intervals: ``name skus share assumed``;
      share of the total that rests on these SKUs [1]
    - ``assumed``: cells filled from the category, by column
    - ``claims``: findings in the names, as :func:`carbon.label.claims.check`; ``text`` is the SKU
    - ``problems``: as the catalogue tells them
    """

    skus: pd.DataFrame
    weighted: bool
    stages: dict[str, Sum]
    parts: dict[str, float]
    categories: pd.DataFrame
    levers: pd.DataFrame
    asked: pd.DataFrame
    assumed: pd.Series
    claims: pd.DataFrame
    problems: pd.DataFrame


def figures(
    study: Study,
    catalogue: Catalogue,
    market: ClaimMarket,
    *,
    draws: int = 1000,
    references: References | None = None,
    lang: str = "en",
    progress: Callable[[int], object] | None = None,
) -> Figures:
    """Compute what a report on a filled catalogue tells, by own references or the edition's.

    ``lang`` is that of messages on claims; ``progress`` is called with the number of SKUs graded
    since the last call.
    """
    skus = study.grades(catalogue, references=references, draws=draws, progress=progress)
    goods = catalogue.skus
    for name in ("name", "merchant"):
        skus[name] = goods[name].astype("object").where(goods[name].notna(), "").astype(str)
    totals, usual = (
        digits.amounts(_numbers(skus, name))[0] for name in ("total_kg", "reference_kg")
    )
    skus["ratio_text"] = ratios(totals, usual, _numbers(skus, "ratio"), study.scale)
    for name in ("mass_kg", "units_per_parcel", "return_rate"):
        skus[name] = goods[name].to_numpy(dtype=np.float64)
    sold = goods["units_sold"].to_numpy(dtype=np.float64)
    skus["kept"] = sold * (1 - skus["return_rate"])
    weighted = bool(np.nansum(sold) > 0)
    counts = skus["total_kg"].notna() & (skus["kept"].notna() | (not weighted))
    skus["weight"] = np.where(counts, skus["kept"] if weighted else 1.0, 0.0)
    skus["kg"] = np.where(counts, skus["weight"] * skus["total_kg"], np.nan)
    product_facts = facts(catalogue, read_policy())
    for name, fact in FACTS.items():
        skus[name] = product_facts[fact].to_numpy(dtype=np.float64)
    levers = _levers(study, catalogue, skus)
    weight = skus["weight"].to_numpy(dtype=np.float64)
    parts = ("fossil_kg", "biogenic_kg", "removals_kg", "land_use_change_kg", "aircraft_kg")
    return Figures(
        skus,
        weighted,
        _stages(study, catalogue, skus, draws),
        {name: float(np.nansum(weight * skus[name])) for name in parts},
        _categories(study, catalogue, skus, draws),
        levers,
        _asked(catalogue, skus) if draws else pd.DataFrame(),
        (catalogue.provenance == PROVENANCES.index("default")).sum(),
        check(skus.set_index("sku")["name"], market, lang=lang),
        with_results(catalogue, skus).problems,
    )


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    values: Floats = table[name].to_numpy(dtype=np.float64)
    return values


def _stages(study: Study, catalogue: Catalogue, skus: pd.DataFrame, draws: int) -> dict[str, Sum]:
    """Sums over the catalogue, with the interval of the sums of paired draws."""
    inside = [stage for stage in STAGES if stage in BOUNDARIES[study.boundary]]
    weight = skus["weight"].to_numpy(dtype=np.float64)
    columns = ["total_kg", *(f"{stage}_kg" for stage in inside)]
    kg = np.array([np.nansum(weight * skus[name]) for name in columns])
    low, high = np.full((2, len(kg)), np.nan)
    if draws and weight.any():
        sums = np.zeros((len(STAGES), draws))
        for part in study.sample(catalogue, draws, stages=True, chunk=CHUNK):
            assert part.stages is not None
            weight_of_part = weight[part.start : part.start + len(part.total)]
            some = weight_of_part > 0
            sums += np.tensordot(weight_of_part[some], part.stages[some].astype(np.float64), axes=1)
        picked = sums[[STAGES.index(stage) for stage in inside]]
        every = np.vstack([picked.sum(axis=0), picked])
        low, high = digits.interval(every)
        low, high = np.minimum(low, kg), np.maximum(high, kg)
    names = ["total", *inside]
    ends = zip(kg.tolist(), low.tolist(), high.tolist(), strict=True)
    return {name: Sum(*end) for name, end in zip(names, ends, strict=True)}


def _categories(study: Study, catalogue: Catalogue, skus: pd.DataFrame, draws: int) -> pd.DataFrame:
    """Each category with its SKUs of least and most footprint."""
    known = skus[skus["total_kg"].notna()].assign(at=lambda table: table.index)
    known = known.sort_values(["total_kg", "sku"], kind="stable")
    grouped = known.groupby("category", observed=True, sort=False)
    categories = pd.DataFrame(
        {
            "skus": grouped.size(),
            "kg": grouped["kg"].sum(),
            "weight": grouped["weight"].sum(),
            "least": grouped["at"].first(),
            "most": grouped["at"].last(),
        }
    )
    categories["mean"] = (categories["kg"] / categories["weight"]).where(
        categories["weight"] > 0, grouped["total_kg"].mean()
    )
    categories["p"] = np.nan
    several = (categories["skus"] > 1).to_numpy(dtype=bool)
    if draws and several.any():
        drawn = []
        for end in ("least", "most"):
            rows = categories.loc[several, end].to_numpy(dtype=np.int64)
            picked = study.sample(catalogue.rows(rows), draws)
            drawn.append(np.concatenate([part.total for part in picked]))
        categories.loc[several, "p"] = probability_lower(drawn[0], drawn[1])
    categories = categories.rename_axis("category").reset_index()
    categories["category"] = categories["category"].astype(str)
    return categories.sort_values(["kg", "category"], ascending=[False, True], ignore_index=True)


def _levers(study: Study, catalogue: Catalogue, skus: pd.DataFrame) -> pd.DataFrame:
    """What each lever saves in all; the largest one of each SKU is added to the table of SKUs."""
    table = what_if(study, catalogue)
    count = len(table) // max(len(catalogue), 1)
    row = np.repeat(np.arange(len(catalogue)), count)
    table["kg"] = table["saved_kg"].to_numpy() * skus["weight"].to_numpy(dtype=np.float64)[row]
    lever = table["lever"].astype(str)
    best = table[(lever != "all") & table["applies"] & (table["saved_kg"] > 0)]
    first = best.groupby(row[best.index.to_numpy()]).head(1)
    position = row[first.index.to_numpy()]
    skus["lever"], skus["lever_share"] = "", np.nan
    skus.loc[position, "lever"] = first["lever"].astype(str).to_numpy()
    skus.loc[position, "lever_share"] = first["saved_share"].to_numpy()
    total = np.nansum(skus["kg"])
    grouped = table.groupby(lever, sort=True)
    sums = pd.DataFrame({"applies": grouped["applies"].sum(), "saved_kg": grouped["kg"].sum()})
    sums["saved_share"] = sums["saved_kg"] / total if total else np.nan
    sums["last"] = sums.index == "all"
    sums = sums.sort_values(["last", "saved_kg"], ascending=[True, False], kind="stable")
    return sums.drop(columns="last").rename_axis("lever").reset_index()


def _asked(catalogue: Catalogue, skus: pd.DataFrame) -> pd.DataFrame:
    """Inputs that are among the first to be asked for, over the catalogue."""
    named = skus["ask_first"].astype(str).str.split("; ").explode()
    named = named[named != ""]
    row = named.index.to_numpy()
    kg = np.nan_to_num(skus["kg"].to_numpy(dtype=np.float64))
    default = catalogue.provenance == PROVENANCES.index("default")
    flags: dict[str, Any] = {
        name: default[name].to_numpy(dtype=bool)[row] for name in default.columns
    }
    guessed = np.zeros(len(named), dtype=bool)
    for name, flag in flags.items():
        guessed |= (named == name).to_numpy(dtype=bool) & flag
    table = pd.DataFrame({"name": named.to_numpy(), "kg": kg[row], "assumed": guessed})
    grouped = table.groupby("name", sort=True)
    inputs = pd.DataFrame(
        {"skus": grouped.size(), "kg": grouped["kg"].sum(), "assumed": grouped["assumed"].sum()}
    )
    inputs["share"] = inputs["kg"] / kg.sum() if kg.sum() else np.nan
    inputs = inputs.reset_index().sort_values(
        ["kg", "skus", "name"], ascending=[False, False, True]
    )
    return inputs.reset_index(drop=True)[["name", "skus", "share", "assumed"]]
