"""Live session: the studio and the streams that sold the unit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.stages.inventory import Exchanges, Quantities, one
from carbon.stages.production import ELECTRICITY

__all__ = ["STREAMING", "take"]

STREAMING = "video streaming"


def take(of: Quantities) -> Iterator[Exchanges]:
    """Studio and streaming of one kept unit.

    Parameters
    ----------
    of : Quantities
        A filled catalogue; the energy of a session is already shared over its kept units.

    Yields
    ------
    Exchanges
        Studio electricity [kWh] where the goods start from, viewing [h] where the buyers are.
    """
    yield of.everywhere(ELECTRICITY, of.origin, of.of("studio_kwh"))
    hours = of.of("viewer_hours")
    row = np.flatnonzero(hours != 0)
    yield of.to_destinations(row, one(STREAMING, len(row)), hours[row])
