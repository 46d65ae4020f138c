"""Reads prices of goods of which nothing else is known, gives what is counted by the price [CNY].

A merchant who says *other* says nothing of what is sold. Where he names no material either, making
is a sector's average per unit of money: wide, and never better than a guess.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.terms import PROVENANCES
from carbon.catalogue.schema import Catalogue

__all__ = ["BY_PRICE", "PRICELESS", "by_price", "is_spent"]

BY_PRICE: Final = "C287"
"""Code of a SKU that was counted by its price."""

PRICELESS: Final = "C286"
"""Code of a SKU that could only be counted by a price, and has none."""

_DEFAULT: Final = PROVENANCES.index("default")


def by_price(
    catalogue: Catalogue, table: pd.DataFrame
) -> tuple[Catalogue, dict[str, npt.NDArray[np.int64]]]:
    """Count by price what can only be counted by it, with datasets per unit of money of ``spend``.

    The ``skus`` then say what is ``spent`` [unit of the dataset] on which ``spent_on``, where there
    is any; a SKU that has no price in a known currency has ``failed``. Rows come by code of a
    problem.
    """
    skus = catalogue.skus
    category = skus["category"]
    untold = (catalogue.provenance["materials"] == _DEFAULT).to_numpy()
    failed = skus["failed"].to_numpy(dtype=bool)
    only = category.isin(table["category"]).to_numpy() & untold & ~failed
    if not only.any():
        return catalogue, {}
    pairs = pd.MultiIndex.from_arrays([table["category"], table["currency"]])
    money = pd.MultiIndex.from_arrays([category.astype(object), skus["currency"].astype(object)])
    code = pairs.get_indexer(money)
    price = skus["price"].to_numpy(dtype=np.float64)
    counted = only & (code >= 0) & (price > 0)
    changed = skus.assign(
        spent=np.where(counted, price, 0.0),
        spent_on=pd.Categorical.from_codes(
            np.where(counted, code, -1), categories=pd.Index(table["activity"].astype(str))
        ),
        failed=failed | (only & ~counted),
    )
    found = {BY_PRICE: np.flatnonzero(counted), PRICELESS: np.flatnonzero(only & ~counted)}
    return replace(catalogue, skus=changed), found


def is_spent(catalogue: Catalogue) -> npt.NDArray[np.bool_]:
    """Which SKUs were counted by their price, shape (n,)."""
    skus = catalogue.skus
    if "spent" not in skus:
        return np.zeros(len(skus), dtype=bool)
    flag: npt.NDArray[np.bool_] = skus["spent"].to_numpy(dtype=np.float64) > 0
    return flag
