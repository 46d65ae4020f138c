"""Reads weights of SKUs and their merchants, gives weights of which none is too large [1].

What a merchant declares to have sold moves the yardstick that he himself is held against: no SKU
and no merchant may be more of it than the bounds say.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats

__all__ = ["bounded"]

ROUNDS: Final = 200
"""Most rounds of taking off and sharing out; a few tens are enough."""

CLOSE: Final = 1e-12


def bounded(weight: Floats, key: pd.Series, merchant: pd.Series, sku: float, shop: float) -> Floats:
    """Weights that sum to 1 in each group, none above its bound.

    ``weight`` is positive; ``merchant`` is who sells it, an empty one a merchant of its own;
    ``sku`` and ``shop`` are the largest shares of one SKU and of one merchant in its group [1].
    Where a group has so few that they cannot all be below, each has the same bound, 1 / number.

    >>> weight = np.array([1e9, 1.0, 1.0, 1.0, 1.0])
    >>> shops = pd.Series(["a", "b", "c", "d", "e"])
    >>> bounded(weight, pd.Series(["tea"] * 5), shops, 0.3, 0.4).round(6).tolist()
    [0.3, 0.175, 0.175, 0.175, 0.175]
    """
    group, _ = pd.factorize(key.to_numpy(dtype=object))
    merchants = merchant.fillna("").astype(str).to_numpy(dtype=object)
    row = np.arange(len(merchants)).astype(str).astype(object)
    named = np.where(merchants == "", "\0" + row, merchants)
    _, each = np.unique(
        np.column_stack([group, pd.factorize(named)[0]]), axis=0, return_inverse=True
    )
    each = each.ravel()
    share = _shared(weight, group)
    low = np.bincount(group)
    shops = pd.DataFrame({"group": group, "shop": each}).drop_duplicates()
    number = np.bincount(shops["group"])
    for _ in range(ROUNDS):
        before = share
        share = _cut(share, group, np.arange(len(share)), np.maximum(sku, 1 / low))
        share = _cut(share, group, each, np.maximum(shop, 1 / number))
        if np.abs(share - before).max(initial=0.0) < CLOSE:
            break
    return share


def _cut(share: Floats, group: Any, unit: Any, most: Floats) -> Floats:
    """Cut units down to their bound and share out among the others what was taken off."""
    unit_share = np.bincount(unit, share)[unit]
    bound = most[group]
    over = unit_share > bound
    with np.errstate(invalid="ignore", divide="ignore"):
        cut = np.where(over, share * bound / unit_share, 0.0)
    fixed = np.bincount(group, cut, most.size)
    rest = np.bincount(group, np.where(over, 0.0, share), most.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        grown = np.where(rest > 0, (1 - fixed) / rest, 1.0)[group]
    filled: Floats = np.where(over, cut, share * grown)
    return _shared(filled, group)


def _shared(weight: Floats, group: Any) -> Floats:
    share: Floats = weight / np.bincount(group, weight)[group]
    return share
