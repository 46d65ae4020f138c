"""Reads two periods, gives the change of carbon intensity and its parts [kg CO2e per 1,000].

Additive LMDI-I: B. W. Ang, The LMDI approach to decomposition analysis, Energy Policy 33 (2005)
867-871, and LMDI decomposition approach: a guide for implementation, Energy Policy 86 (2015)
233-238. Zeros by their analytical limits: R. Wood, M. Lenzen, Zero-value problems of the
logarithmic mean Divisia index decomposition method, Energy Policy 34 (2006) 1326-1331. The effects
sum to the change exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from carbon import stages
from carbon.base.arrays import Floats
from carbon.base.terms import STAGES
from carbon.catalogue.schema import Catalogue
from carbon.footprint.computing import Computing
from carbon.incentive.vat_rules import EVERYBODY
from carbon.stages.inventory import Quantities

__all__ = ["EFFECTS", "IntensityChange", "change", "components", "log_mean"]

TERMS: Final = {
    "materials": ("materials",),
    "production": ("production",),
    "packaging": ("packaging",),
    "freight": ("weight_carried", "distance", "transport_mode"),
    "handling": ("handling",),
    "live_session": ("live_session",),
    "use": ("use",),
    "returns": ("return_rate", "per_return"),
    "end_of_life": ("end_of_life",),
}
"""Terms of a footprint, and the factors whose product each of them is."""

EFFECTS: Final = {
    "edition": "edition",
    "mix": "mix",
    "price": "price",
    "materials": "materials",
    "packaging": "packaging",
    "transport_mode": "transport_mode",
    "distance": "distance",
    "return_rate": "returns",
    "per_return": "returns",
    "weight_carried": "rest",
    "handling": "rest",
    "production": "rest",
    "live_session": "rest",
    "use": "rest",
    "end_of_life": "rest",
}
"""Effects in the order they are told, and the bar of the picture that each belongs to."""

CHUNK: Final = 20_000
NEAR: Final = 1e-6
"""Relative difference below which a logarithmic mean is taken from its series."""


@dataclass(frozen=True)
class IntensityChange:
    """The change of carbon intensity since the base year, of each taxpayer and of all (``*``).

    - ``effects``: columns ``taxpayer measure effect group value``: [kg CO2e/1,000 of currency]
      where ``measure`` is ``per_1000``, [kg CO2e per kept unit] where it is ``per_unit``
    - ``ends``: columns ``taxpayer measure base base_now now change coverage_base coverage``: the
      base year in its own edition, the same in the edition now, the period; ``change`` is ``now``
      less ``base``, coverages are shares of revenue with a known footprint
    """

    effects: pd.DataFrame
    ends: pd.DataFrame


def components(study: Computing, catalogue: Catalogue) -> pd.DataFrame:
    """Footprint of each SKU of a filled catalogue in the terms of a decomposition.

    Columns ``sku category`` and, per kept unit: the terms [kg CO2e], which sum to the footprint,
    ``shipped`` [t], ``tkm`` [tkm] and ``returned`` (dispatches that come back).
    """
    parts = []
    for start in range(0, max(len(catalogue), 1), CHUNK):
        part = catalogue.part(start, start + CHUNK)
        inventory = stages.take(part, study.boundary)
        rows, _ = study.match(inventory)
        weighed = study.stage_kg(part, inventory)
        freight = (inventory.stage == STAGES.index("distribution")) & (
            (study.edition.activities["unit"] == "tkm").to_numpy()[rows] & (rows >= 0)
        )
        at, amount = inventory.sku[freight], inventory.amount[freight]
        unit = study.unit_impacts.values.sum(axis=1)[rows[freight]]
        of = Quantities(part)
        table = dict(zip(STAGES, weighed.T, strict=True))
        haul = np.bincount(at, amount * unit, len(part)) + 0 * table["distribution"]
        table["freight"] = haul
        table["handling"] = table.pop("distribution") - haul
        names = part.skus[["sku", "category"]].reset_index(drop=True)
        parts.append(
            pd.DataFrame(
                {
                    "sku": names["sku"],
                    "category": names["category"].astype("object"),
                    **{name: table[name] for name in TERMS},
                    "shipped": of.shipped,
                    "tkm": np.bincount(at, amount, len(part)),
                    "returned": of.returns_per_kept,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def change(
    now: tuple[pd.DataFrame, pd.DataFrame],
    base: tuple[pd.DataFrame, pd.DataFrame],
    base_now: pd.DataFrame,
    *,
    digits: int = 2,
) -> IntensityChange:
    """Decompose the change of carbon intensity since a base year.

    A SKU that was sold in both years stands for itself; those of one year only stand together with
    their like of the same category, so that a new model in place of an old one shows as materials,
    packaging or transport, not as mix.

    ``now`` and ``base`` are lines of an assessment (``taxpayer sku kept_units base``) and
    :func:`components`, each in the edition of its year; ``base_now`` are the components of the base
    year in the edition now; ``digits`` are the decimals of the smallest unit of the currency.

    With w the share of a product in the kept units, p kept units per 1,000 of currency, f the
    footprint per kept unit: ``I = Σ w·p·f``, and of each term of f
    ``ΔI_x = Σ L(V₁, V₀)·ln(x₁/x₀)``, ``L(a, b) = (a − b)/ln(a/b)``, V the product of its factors.
    Freight is weight carried × distance × kg per tonne-kilometre (transport mode); returns are
    dispatches that come back × kg of one. Where a factor is zero in one year, the whole change of
    the product is its effect. The effect of the edition is the base year in the edition now less
    the base year in its own.
    """
    scale = 10.0**digits
    parts: list[pd.DataFrame] = []
    ends: list[pd.DataFrame] = []
    for summed in (True, False):
        tables = [
            _known(lines, terms, scale, summed=summed)
            for lines, terms in (now, base, (base[0], base_now))
        ]
        effects, reasons = _decomposed(*tables)
        parts.append(effects)
        ends.append(reasons)
    return IntensityChange(pd.concat(parts, ignore_index=True), pd.concat(ends, ignore_index=True))


def _known(lines: pd.DataFrame, terms: pd.DataFrame, scale: float, *, summed: bool) -> pd.DataFrame:
    """Amounts of each taxpayer and SKU: kept units, revenue, and every term times the units."""
    single = terms[~terms["sku"].duplicated()]
    at = pd.Index(single["sku"].astype("object")).get_indexer(lines["sku"].astype("object"))
    matched = single.iloc[np.maximum(at, 0)].reset_index(drop=True)
    kept = lines["kept_units"].to_numpy(np.float64)
    pools = pd.DataFrame(
        {
            "taxpayer": EVERYBODY if summed else lines["taxpayer"].astype(str).to_numpy(),
            "sku": lines["sku"].astype(str).to_numpy(),
            "category": matched["category"].astype(str).to_numpy(),
            "kept": kept,
            "revenue": lines["base"].to_numpy(np.float64) / scale,
        }
    )
    for name in (*TERMS, "shipped", "tkm", "returned"):
        pools[name] = matched[name].to_numpy() * kept
    known = (at >= 0) & pools[list(TERMS)].notna().all(axis=1).to_numpy()
    pools["known"] = np.where(known, pools["revenue"], 0.0)
    numbers = [name for name in pools if name not in ("taxpayer", "sku", "category", "revenue")]
    pools.loc[~known, numbers] = 0.0
    keys = ["taxpayer", "sku"]
    sums = pools.drop(columns="category").groupby(keys, sort=True).sum()
    kinds = pools.drop_duplicates(keys).set_index(keys)["category"]
    sums.insert(0, "category", kinds.reindex(sums.index).to_numpy())
    return sums.reset_index()


def _decomposed(
    now: pd.DataFrame, base: pd.DataFrame, base_now: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    both = set(map(tuple, now.loc[now["kept"] != 0, ["taxpayer", "sku"]].to_numpy()))
    both &= set(map(tuple, base.loc[base["kept"] != 0, ["taxpayer", "sku"]].to_numpy()))
    pools = [_pooled(table, both) for table in (now, base_now)]
    index = pools[0].index.union(pools[1].index)
    after, zero = (pool.reindex(index, fill_value=0.0) for pool in pools)
    sums = {
        name: table.groupby("taxpayer")[["kept", "revenue", "known", *TERMS]].sum()
        for name, table in (("now", now), ("base", base), ("base_now", base_now))
    }
    reasons, parts = [], []
    payers = index.get_level_values(0)
    for measure in ("per_1000", "per_unit"):
        per = "known" if measure == "per_1000" else "kept"
        size = 1000.0 if measure == "per_1000" else 1.0
        values = {
            name: size
            * table[list(TERMS)].sum(axis=1)
            / table[per].where((table["known"] > 0) & (table["kept"] > 0))
            for name, table in sums.items()
        }
        changed = pd.DataFrame(values).dropna()
        effects = _effects(after, zero, sums["now"], sums["base_now"], payers, measure)
        effects = effects.reindex(changed.index)
        effects.insert(0, "edition", changed["base_now"] - changed["base"])
        if measure == "per_unit":
            effects = effects.drop(columns="price")
        parts.append(
            effects.reset_index(names="taxpayer")
            .melt("taxpayer", var_name="effect", value_name="value")
            .assign(measure=measure)
        )
        cover = {
            name: table["known"] / table["revenue"].where(table["revenue"] > 0)
            for name, table in sums.items()
        }
        reasons.append(
            pd.DataFrame(
                {
                    "taxpayer": changed.index,
                    "measure": measure,
                    **{name: changed[name].to_numpy() for name in ("base", "base_now", "now")},
                    "change": (changed["now"] - changed["base"]).to_numpy(),
                    "coverage_base": cover["base"].reindex(changed.index).to_numpy(),
                    "coverage": cover["now"].reindex(changed.index).to_numpy(),
                }
            )
        )
    parts_table = pd.concat(parts, ignore_index=True)
    parts_table["group"] = parts_table["effect"].map(EFFECTS)
    rank = parts_table["effect"].map({name: at for at, name in enumerate(EFFECTS)})
    parts_table = parts_table.assign(rank=rank).sort_values(
        ["taxpayer", "measure", "rank"], kind="stable"
    )
    columns = ["taxpayer", "measure", "effect", "group", "value"]
    return parts_table[columns], pd.concat(reasons, ignore_index=True)


def _pooled(table: pd.DataFrame, both: set[tuple[str, str]]) -> pd.DataFrame:
    """Products: SKUs of both years, and what else was sold of each category."""
    table = table[table["kept"] != 0]
    pairs = zip(table["taxpayer"], table["sku"], table["category"], strict=True)
    # a sku can be called anything, so that the two kinds of products are told apart
    keys = [
        (payer, 0, sku) if (payer, sku) in both else (payer, 1, kind) for payer, sku, kind in pairs
    ]
    index = pd.MultiIndex.from_tuples(keys, names=["taxpayer", "kind", "product"])
    numbers = ["kept", *TERMS, "shipped", "tkm", "returned"]
    return table[numbers].set_index(index).groupby(level=[0, 1, 2], sort=True).sum()


def _effects(
    later: pd.DataFrame,
    zero: pd.DataFrame,
    sums: pd.DataFrame,
    before: pd.DataFrame,
    payers: pd.Index,
    measure: str,
) -> pd.DataFrame:
    """Effects of each taxpayer by additive LMDI-I."""
    common, combined = [], []
    for pool, total in ((zero, before), (later, sums)):
        kept, known = (  # a taxpayer who kept nothing in one year is not compared
            total[name].where(total[name] > 0).reindex(payers).to_numpy()
            for name in ("kept", "known")
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            price = 1000.0 * kept / known if measure == "per_1000" else np.ones(len(payers))
            common.append({"mix": pool["kept"].to_numpy() / kept, "price": price})
            combined.append(price / kept)
    effects: dict[str, Floats] = {}
    for term, names in TERMS.items():
        ends = [
            shared | dict(zip(names, _factors(pool, term), strict=True))
            for shared, pool in zip(common, (zero, later), strict=True)
        ]
        values = [
            np.nan_to_num(pool[term].to_numpy() * per)
            for pool, per in zip((zero, later), combined, strict=True)
        ]
        for name, effect in _terms(ends[0], ends[1], values[0], values[1]).items():
            effects[name] = effects.get(name, np.zeros(len(payers))) + effect
    return pd.DataFrame(effects).groupby(payers).sum()


def _factors(pool: pd.DataFrame, term: str) -> list[Floats]:
    """Factors of a term, per kept unit; NaN where they are not defined."""
    chain = {"freight": ["shipped", "tkm", "freight"], "returns": ["returned", "returns"]}
    columns = ["kept", *chain.get(term, [term])]
    with np.errstate(invalid="ignore", divide="ignore"):
        return [
            np.where(pool[below] != 0, pool[above] / pool[below], np.nan)
            for below, above in pairwise(columns)
        ]


def _terms(
    zero: Mapping[str, Floats], later: Mapping[str, Floats], before: Floats, after: Floats
) -> dict[str, Floats]:
    """Effect of each factor on the sum of the products, whose values are handed over."""
    names = list(zero)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = {name: later[name] / zero[name] for name in names}
    lawful = (before != 0) & (after != 0)
    for ratio in ratios.values():
        lawful &= np.isfinite(ratio) & (ratio > 0)
    mean = log_mean(np.where(lawful, after, 1.0), np.where(lawful, before, 1.0))
    open_ = ~lawful
    terms = {}
    for name in names:
        with np.errstate(invalid="ignore", divide="ignore"):
            terms[name] = np.where(lawful, mean * np.log(np.where(lawful, ratios[name], 1.0)), 0.0)
    for name in names:  # the first factor that is zero or turns its sign takes the whole change
        last = name == names[-1]
        signs = np.sign(np.nan_to_num(zero[name])) * np.sign(np.nan_to_num(later[name]))
        turned = open_ & (last | ~(signs > 0))
        terms[name] = np.where(turned, after - before, terms[name])
        open_ = open_ & ~turned
    return terms


def log_mean(a: Floats, b: Floats) -> Floats:
    """Logarithmic mean of two numbers of one sign: ``(a − b)/ln(a/b)``, a where they are equal.

    >>> log_mean(np.array([2.0, 3.0]), np.array([1.0, 3.0])).round(6).tolist()
    [1.442695, 3.0]
    """
    step = (a - b) / b
    near = np.abs(step) < NEAR
    # log1p keeps the digits of a small step, and loses those of a ratio that is nearly nothing
    small = np.where(np.abs(step) < 0.5, step, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        logarithm = np.where(np.abs(step) < 0.5, np.log1p(small), np.log(a / b))
        mean = (a - b) / np.where(near, 1.0, logarithm)
    series: Floats = np.where(near, b * (1 + step / 2 - step**2 / 12), mean)
    return series
