"""Reads an inventory, gives each exchange with its factor and its cell [kg CO2e]."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carbon.base.terms import FITS
from carbon.catalogue.schema import Catalogue
from carbon.footprint.computing import Computing
from carbon.footprint.evidence import EVIDENCE, by_stage
from carbon.stages.inventory import Inventory

__all__ = ["exchange_sources"]


def exchange_sources(
    study: Computing, catalogue: Catalogue, inventory: Inventory, *, licensed: bool = False
) -> pd.DataFrame:
    """Add to an inventory what it was weighed with.

    ``evidence`` is the lowest class of the told cells that decide the stage, assumed where none was
    told; ``kg_per_unit`` and ``kg`` are the total indicator [kg CO2e]. Both are NaN for factors of
    a user's own background, which are not handed on, unless ``licensed`` asks for them, as for the
    user alone.
    """
    table = inventory.to_frame(catalogue.skus["sku"])
    rows, fits = study.match(inventory)
    rows, fits = rows[inventory.order], fits[inventory.order]
    activities = study.edition.activities.iloc[np.maximum(rows, 0)].reset_index(drop=True)
    known = pd.Series(rows >= 0)
    table["unit"] = activities["unit"].where(known, "")
    table["kg_per_unit"] = study.unit_impacts.values.sum(axis=1)[rows]
    table["kg"] = table["amount"] * table["kg_per_unit"]
    if not licensed:
        is_licensed = np.append(study.edition.licensed, False)[rows]
        table.loc[is_licensed, ["kg_per_unit", "kg"]] = np.nan
    table["factor_location"] = activities["location"].where(known, "")
    table["factor_source"] = activities["source"].where(known, "")
    table["cite"] = activities["cite"].where(known, "")
    table["match"] = pd.Categorical.from_codes(
        study.edition.reported(rows, fits), categories=pd.Index(FITS)
    )
    level = by_stage(catalogue)[inventory.sku[inventory.order], inventory.stage[inventory.order]]
    table["evidence"] = pd.Categorical.from_codes(level, categories=pd.Index(EVIDENCE))
    return table
