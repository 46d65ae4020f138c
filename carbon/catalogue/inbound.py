"""Reads where goods are made and sent from, gives the way between the two by road and sea [km]."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from carbon.catalogue.overseas import LAND_KM
from carbon.catalogue.places import Geography, great_circle
from carbon.catalogue.schema import Vocabulary
from carbon.catalogue.tables import CodedTable
from carbon.catalogue.templates import ways

__all__ = ["inbound_km"]

_ROAD, _SEA = "truck", "ship"
ENDS: Final = 2
"""Feeder ways of a voyage: to the port and from the port."""


def inbound_km(
    here: NDArray[Any],
    there: NDArray[Any],
    default_km: NDArray[np.float64],
    geography: Geography,
    vocabulary: Vocabulary,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Way of goods or materials to where they are sent from or worked on.

    By lorry where a road leads and the great circle is within the reach of land, else by ship with
    a feeder lorry at both ends: great circle × the mode's distance factor, feeder lengths as the
    chains of all categories have them. ``here``, ``there``: shape (m,), codes of the places, -1 for
    unknown; ``default_km``: shape (m,), great circle to take where one place contains the other
    [km]. Returns ``road``, ``sea``: shape (m,), nought where both places are the same or one is
    unknown [km].
    """
    lat, lon = np.append(geography.rough_lat, np.nan), np.append(geography.rough_lon, np.nan)
    circle = great_circle(lat[here], lon[here], lat[there], lon[there])
    parent = np.append(geography.parent, -1)
    nested = (parent[here] == there) | (parent[there] == here)
    circle = np.where(nested, default_km, circle)
    moves = (here != there) & (here >= 0) & (there >= 0) & ~np.isnan(circle)
    by_sea = moves & (geography.apart(here, there) | (circle > LAND_KM))
    if not moves.any():  # nor need a vocabulary know any way
        return np.zeros(len(here)), np.zeros(len(here))
    modes, chains = ways(vocabulary)
    mode_table = CodedTable.of(vocabulary, "modes")
    factor = mode_table.numbers("distance_factor")
    road, sea = (modes.names.code(name) for name in (_ROAD, _SEA))
    # the last row of feeders is their mean over all categories
    by_road = np.where(by_sea, ENDS * chains.feeder[-1, road], circle * factor[road])
    return (
        np.where(moves, by_road, 0.0),
        np.where(by_sea, circle * factor[sea], 0.0),
    )
