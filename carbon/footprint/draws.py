"""Reads draws of SKUs, gives their 95 % intervals [kg CO2e per kept unit]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carbon.base.arrays import Floats, Singles
from carbon.footprint.distributions import WIDTH

__all__ = ["Draws", "Interval"]


@dataclass(frozen=True)
class Draws:
    """Draws of consecutive SKUs.

    - ``start``: row of the first SKU in the catalogue
    - ``total`` (k, draws): [kg CO2e per kept unit]; NaN where the SKU could not be computed
    - ``stages`` (k, 8, draws): by stage
    """

    start: int
    total: Singles
    stages: Singles | None = None


@dataclass(frozen=True)
class Interval:
    """95 % intervals of some SKUs [kg CO2e per kept unit].

    - ``low``, ``high`` (n, 1 + 8): bounds of the total, then of each stage
    """

    low: Floats
    high: Floats

    @property
    def gsd(self) -> Floats:
        """Geometric standard deviation of the total, from its bounds; NaN unless positive."""
        low, high = self.low[:, 0], self.high[:, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            spread: Floats = np.exp(np.log(high / low) / (2 * WIDTH))
        return np.where(low > 0, spread, np.nan)
