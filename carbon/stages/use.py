"""Use: the electricity of the product's service life; outside the default boundary."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.stages.inventory import Exchanges, Quantities, one
from carbon.stages.production import ELECTRICITY

__all__ = ["take"]


def take(of: Quantities) -> Iterator[Exchanges]:
    """Electricity of the service life, where the buyers are.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        Energy per year times years [kWh].
    """
    energy = of.of("energy_per_year_kwh") * of.of("service_life_years")
    row = np.flatnonzero(energy != 0)
    yield of.to_destinations(row, one(ELECTRICITY, len(row)), energy[row])
