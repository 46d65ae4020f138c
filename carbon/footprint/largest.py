"""Reads footprints, gives those that nothing of their category can have [kg CO2e per kept unit].

Cells have bounds of their own; this one stands behind them: a unit that was misread in a header, or
a session of ten thousand hours on three units, is met here whatever cell it came through.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Flags, Floats
from carbon.base.words import template_rows
from carbon.catalogue.problems import noted
from carbon.catalogue.schema import Catalogue

__all__ = ["RESULT_CODES", "impossible", "with_results"]

RESULT_CODES: Final = ("S001", "S006", "S007")
"""Codes of footprints that are not told, though the row was read."""


@lru_cache(maxsize=1)
def _largest() -> dict[str, float]:
    """Category → most of one functional unit, of ``largest_footprints.csv`` [kg CO2e]."""
    rows = template_rows("catalogue", "largest_footprints.csv")
    return {row["category"]: float(row["most_kg"]) for row in rows}


def impossible(skus: pd.DataFrame, total: Floats) -> Flags:
    """Whether footprints [kg CO2e per kept unit] lie beyond what any good of their category has.

    Without functional quantities there is no bound.

    >>> skus = pd.DataFrame({"category": pd.Categorical(["t_shirt", "t_shirt"]),
    ...                      "functional_quantity": [1.0, 1.0]})
    >>> impossible(skus, np.array([31_072.0, 4.6])).tolist()
    [True, False]
    """
    if "functional_quantity" not in skus:
        return np.zeros(len(skus), dtype=bool)
    category = skus["category"].astype("category").array
    table = _largest()
    most = np.array([table.get(str(name), np.inf) for name in category.categories] + [np.inf])
    with np.errstate(invalid="ignore"):
        quantity = skus["functional_quantity"].to_numpy(dtype=np.float64)
        beyond: Flags = total > most[category.codes] * quantity
    return beyond


def with_results(catalogue: Catalogue, frame: pd.DataFrame) -> Catalogue:
    """The catalogue with a problem for each result that is not told.

    Results without columns ``sku`` and ``problem`` have none.
    """
    if not {"sku", "problem"} <= set(frame):
        return catalogue
    code, texts = pd.factorize(frame["problem"].astype("object"))
    untold = np.array(
        [bool(set(RESULT_CODES) & set(str(text).split())) for text in texts] + [False]
    )
    at = np.flatnonzero(untold[code])
    if not len(at):
        return catalogue
    table = pd.DataFrame({"sku": frame["sku"].to_numpy(object)[at]})
    table["code"] = [
        [name for name in str(texts[each]).split() if name in RESULT_CODES] for each in code[at]
    ]
    table = table.explode("code").drop_duplicates(ignore_index=True)
    skus = catalogue.skus[["sku", "line"]].drop_duplicates("sku")
    line = skus["line"].set_axis(skus["sku"].astype("object")).reindex(table["sku"])
    return noted(catalogue, table.assign(row=line.to_numpy(), column="total_kg", value=""))
