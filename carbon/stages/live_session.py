"""Reads sessions, gives the studio and the streams that sold the unit [kWh; h]."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.stages.inventory import Exchanges, Quantities, repeated
from carbon.stages.production import ELECTRICITY

__all__ = ["RENEWABLE", "STREAMING", "take"]

STREAMING = "video streaming"
RENEWABLE = "electricity, solar"


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

    Notes
    -----
    The share of the studio's electricity under a contract for renewable power is solar power, on
    a life-cycle basis and with grid losses: renewable is little, not nothing.
    """
    studio, renewable = of.of("studio_kwh"), of.of("studio_renewable")
    yield of.everywhere(ELECTRICITY, of.origin, studio * (1 - renewable))
    yield of.everywhere(RENEWABLE, of.origin, studio * renewable)
    hours = of.of("viewer_hours")
    row = np.flatnonzero(hours != 0)
    yield of.to_destinations(row, repeated(STREAMING, len(row)), hours[row])
