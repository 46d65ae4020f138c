"""Reads goods, gives what a room is judged by: flights, wrapping and the category's typical.

Only what the merchant told counts. What the catalogue filled from the category is in the
footprint, but earns nobody points.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from carbon.catalogue.schema import Catalogue
from carbon.liveroom.pattern_rows import stated
from carbon.liveroom.policy import Policy
from carbon.stages.air import air_share

__all__ = ["GOODS_COLUMNS", "facts", "goods_of"]

GOODS_COLUMNS: Final = (
    "sku",
    "category",
    "total_kg",
    "live_session_kg",
    "intensity",
    "air_share",
    "packaging_mass",
    "packaging_plastic",
    "packaging_layers",
    "primary_share",
    "category_return_rate",
    "price",
    "bare",
    "withheld",
    "doubted",
)
"""What a judgement needs of each SKU; NaN where it is not known. ``price`` [currency of the
catalogue]; what is ``bare`` (without packaging), ``withheld`` (given no letter) or ``doubted`` is
told on its rooms."""

DOUBTS: Final = r"\bC271\b"
"""The reason of a grade that says that a meter is below the least energy of its steps."""


def facts(catalogue: Catalogue, policy: Policy) -> pd.DataFrame:
    """Air share, packaging and return rate of each SKU of a filled catalogue.

    ``air_share`` [1] is the share of dispatches whose chain holds a flight; ``packaging_kg`` is the
    packaging of one dispatch, each piece divided by its trips; the plastic share [1] is by mass.
    """
    size = len(catalogue)
    lines = catalogue.packaging
    row = lines["row"].to_numpy()
    mass = (lines["mass_kg"] * lines["share"] / lines["trips"]).to_numpy(dtype=np.float64)
    plastic = lines["disposal"].astype(str).isin(policy.plastics.names).to_numpy(dtype=bool)
    layer = lines["item"].astype(str).isin(policy.layers.names).to_numpy(dtype=bool)
    mass_sum = np.bincount(row, weights=mass, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.bincount(row[plastic], weights=mass[plastic], minlength=size) / mass_sum
    layers = np.bincount(row[layer], minlength=size).astype(np.float64)
    skus = catalogue.skus
    failed = skus["failed"].to_numpy(dtype=bool)
    stated_by = {name: ~failed & stated(catalogue, name) for name in ("transport", "packaging")}
    return pd.DataFrame(
        {
            "sku": skus["sku"].astype(str),
            "category": skus["category"].astype(str),
            "air_share": np.where(failed, np.nan, np.minimum(air_share(catalogue), 1.0)),
            "packaging_kg": np.where(failed, np.nan, mass_sum),
            "packaging_plastic": np.where(mass_sum > 0, share, 0.0),
            "packaging_layers": layers,
            "return_rate": skus["return_rate"].to_numpy(dtype=np.float64),
            "told_transport": stated_by["transport"],
            "told_packaging": stated_by["packaging"],
        }
    )


def _prices(skus: pd.DataFrame, currency: str) -> pd.Series | float:
    """Price of each SKU; NaN where it is in another currency."""
    if "price" not in skus:
        return np.nan
    prices = skus["price"].astype(np.float64)
    return prices.where(skus["currency"] == currency) if "currency" in skus else prices


def goods_of(
    catalogue: Catalogue, archetypes: Catalogue, graded: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    """What a judgement needs of each SKU: :data:`GOODS_COLUMNS`; of a repeated SKU the first.

    ``archetypes`` is filled, one SKU a category that says nothing but its category, which is its
    ``sku``; ``graded`` has ``sku total_kg live_session_kg ratio``, and ``primary_share`` where
    there were draws.
    """
    product_facts = facts(catalogue, policy)
    typical = facts(archetypes, policy).set_index("sku")
    category = product_facts["category"]
    of_category = typical["packaging_kg"].reindex(category).to_numpy(dtype=np.float64)
    bare = product_facts["told_packaging"].to_numpy(dtype=bool) & ~(
        product_facts["packaging_kg"].to_numpy() > 0
    )
    wrapped = product_facts["told_packaging"].to_numpy(dtype=bool) & ~bare
    flown = product_facts["told_transport"].to_numpy(dtype=bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = product_facts["packaging_kg"].to_numpy() / np.where(
            of_category > 0, of_category, np.nan
        )
    table = pd.DataFrame(
        {
            "sku": product_facts["sku"],
            "category": category,
            "air_share": product_facts["air_share"].where(flown),
            "packaging_mass": np.where(wrapped, ratio, np.nan),
            "packaging_plastic": product_facts["packaging_plastic"].where(wrapped),
            "packaging_layers": product_facts["packaging_layers"].where(wrapped),
            "category_return_rate": typical["return_rate"].reindex(category).to_numpy(),
            "price": _prices(catalogue.skus, policy.currency),
            "bare": bare,
        }
    )
    table = table.drop_duplicates("sku").set_index("sku")
    result = graded.drop_duplicates("sku").set_index("sku").reindex(table.index)
    table["withheld"] = (result["state"] == "withheld").to_numpy() if "state" in result else False
    reasons = result["reason"].astype("object").fillna("") if "reason" in result else ""
    table["doubted"] = pd.Series(reasons, table.index).str.contains(DOUBTS) & ~table["withheld"]
    table["total_kg"] = result["total_kg"]
    table["live_session_kg"] = result["live_session_kg"].fillna(0.0)
    table["intensity"] = result["ratio"].mask(table["withheld"])
    table["primary_share"] = result.get("primary_share", np.nan)
    return table.reset_index()[list(GOODS_COLUMNS)]
