"""Reads what letters rest on, gives where SKUs stand against the references of their category.

A reference is held per functional quantity: what the SKU's own quantity would take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats, Integers, Singles

__all__ = ["Standing", "Yardsticks", "reference_key"]


@dataclass(frozen=True)
class Standing:
    """Where SKUs stand against their references.

    - ``reference`` (n,): footprint of the reference, times the SKU's functional quantity [kg CO2e
      per kept unit]; NaN if the category has none
    - ``below`` (n, bounds): probability that the ratio to the reference is at most each bound: only
      what the merchant tells is uncertain, factors and defaults are the edition's rules
    - ``gsd`` (n,): geometric standard deviation of that ratio
    - ``reference_stages`` (n, 8): the reference by stage [kg CO2e per kept unit]
    - ``reference_mass`` (n,): net mass of the reference for the SKU's functional quantity [kg]
    - ``dear_kg`` (n,): what silence added: the total less the total with all that is untold in the
      middle
    """

    reference: Floats
    below: Floats
    gsd: Floats
    reference_stages: Floats
    reference_mass: Floats
    dear_kg: Floats


def reference_key(category: Any, size_class: Any) -> str:
    """Name of a reference: the category and, where it has sizes, the size.

    >>> reference_key("t_shirt", "child"), reference_key("rice", "")
    ('t_shirt/child', 'rice')
    """
    return f"{category}/{size_class}" if size_class else str(category)


class Yardsticks:
    """References per functional quantity, ready to be held against SKUs.

    - ``stages``: footprint of one unit of each reference, by stage [kg CO2e]; indexed by its name
    - ``quantity``: functional quantity of that unit; 1 where there is none
    - ``mass``: its net mass [kg]; unknown where there is none
    - ``bounds`` (bounds,): ratios of interest, ascending; a ratio on a bound is inside it
    """

    def __init__(
        self,
        stages: pd.DataFrame,
        quantity: dict[str, float],
        mass: dict[str, float],
        bounds: Floats,
    ) -> None:
        names = [str(name) for name in stages.index]
        amount = np.array([quantity.get(name, 1.0) for name in names])
        weight = np.array([mass.get(name, np.nan) for name in names])
        gap = np.full((1, stages.shape[1]), np.nan)
        each = stages.to_numpy(dtype=np.float64) / amount[:, None]
        self.stages = np.vstack([each, gap])
        self.mass = np.append(weight / amount, np.nan)
        self.row = {name: position for position, name in enumerate(names)}
        self.bounds = bounds

    def rows(self, skus: pd.DataFrame) -> Integers:
        """Reference of each SKU, -1 for none.

        A size that a platform has no reference of is held against the category's own.
        """
        category = skus["category"].astype("category").array
        size = (
            skus["size_class"].astype("category").array
            if "functional_quantity" in skus
            else pd.Categorical([""]).take(np.zeros(len(skus), np.int64))
        )
        sizes = [*size.categories.astype(str), ""]
        table = np.full((len(category.categories) + 1, len(sizes)), -1, np.int64)
        for at, name in enumerate(category.categories):
            for other, word in enumerate(sizes):
                plain = self.row.get(str(name), -1)
                table[at, other] = self.row.get(reference_key(name, word), plain)
        rows: Integers = table[category.codes, size.codes]
        return rows

    def standing_of(self, skus: pd.DataFrame) -> Standing:
        """Begin with some SKUs of a completed catalogue; :meth:`measure` fills what was drawn."""
        row, n = self.rows(skus), len(skus)
        amount = np.ones(n)
        if "functional_quantity" in skus:
            amount = skus["functional_quantity"].to_numpy(dtype=np.float64)
        stages = self.stages[row] * amount[:, None]
        return Standing(
            stages.sum(axis=1),
            np.full((n, len(self.bounds)), np.nan),
            np.full(n, np.nan),
            stages,
            self.mass[row] * amount,
            np.full(n, np.nan),
        )

    def measure(
        self,
        into: Standing,
        ratios: Callable[[slice], Singles],
        block: slice,
        *,
        total: Floats,
    ) -> None:
        """Fill the standing of a block of SKUs.

        ``ratios`` gives, from a slice, totals at the points of letters over the totals as printed,
        of shape (k, points) [1]; ``total`` are those of all SKUs [kg CO2e per kept unit].
        """
        spread = ratios(block)
        ratio = (total[block] / into.reference[block])[:, None] * spread
        known = ~np.isnan(ratio).any(axis=1)
        for position, bound in enumerate(self.bounds):
            inside = (ratio <= bound).mean(axis=1)
            into.below[block, position] = np.where(known, inside, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            deviation = np.exp(np.log(spread, dtype=np.float64).std(axis=1))
        into.gsd[block] = np.where(known & (spread > 0).all(axis=1), deviation, np.nan)
