"""Reads sessions, gives the studio and the streams that sold the unit [kWh; h]."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.stages.inventory import Exchanges, Quantities, repeated
from carbon.stages.production import ELECTRICITY

__all__ = ["RENEWABLE", "STREAMING", "stream", "studio"]

STREAMING = "video streaming"
RENEWABLE = "electricity, solar"


def studio(of: Quantities) -> Iterator[Exchanges]:
    """Electricity of the studio that sold one kept unit, where the goods start from [kWh].

    Parameters
    ----------
    of : Quantities
        A filled catalogue; the energy of a session is already shared over its kept units.

    Notes
    -----
    The share of the studio's electricity under a contract for renewable power is solar power, on
    a life-cycle basis and with grid losses: renewable is little, not nothing.
    """
    energy, renewable = of.of("studio_kwh"), of.of("studio_renewable")
    yield of.everywhere(ELECTRICITY, of.origin, energy * (1 - renewable))
    yield of.everywhere(RENEWABLE, of.origin, energy * renewable)


def stream(of: Quantities) -> Iterator[Exchanges]:
    """Viewing that sold one kept unit, where the buyers are [h]."""
    hours = of.of("viewer_hours")
    row = np.flatnonzero(hours != 0)
    yield of.to_destinations(row, repeated(STREAMING, len(row)), hours[row])
