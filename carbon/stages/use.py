"""Reads energy and years of use, gives the electricity of the product's service life [kWh]."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.stages.inventory import Exchanges, Quantities, repeated
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

    Notes
    -----
    Where products are judged, from the mix of the country: the province of those who buy is no
    merit of the product, and a declared one must not make its letter.
    """
    energy = of.of("energy_per_year_kwh") * of.of("service_life_years")
    row = np.flatnonzero(energy != 0)
    yield of.to_destinations(row, repeated(ELECTRICITY, len(row)), energy[row], national=of.judged)
