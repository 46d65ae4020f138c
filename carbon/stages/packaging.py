"""Reads packaging, gives what a dispatch takes: made, washed and hauled back [kg; t·km]."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.stages.inventory import Exchanges, Quantities, repeated

__all__ = ["HAUL", "disposal", "take"]

HAUL = "freight, lorry"


def take(of: Quantities) -> Iterator[Exchanges]:
    """Packaging of one dispatch.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        Virgin and recycled material [kg], forming [kg], washing [kg], return haul [tkm].

    Notes
    -----
    ``g/n`` of each component, g its mass and n its trips; a component of the parcel is shared by
    the units in it. A component that makes n trips is washed and hauled back n−1 times.
    """
    lines = of.catalogue.packaging
    row = lines["row"].to_numpy()
    country = of.at(of.country, row)
    mass = of.packed
    trips = lines["trips"].to_numpy(dtype=np.float64)
    recycled = of.column(lines, "recycled")
    share = np.where(recycled.codes >= 0, lines["recycled_share"].to_numpy(), 0.0)
    yield Exchanges(row, of.column(lines, "virgin"), country, mass / trips * (1 - share))
    yield Exchanges(row, recycled, country, mass / trips * share)
    yield Exchanges(row, of.column(lines, "processing"), country, mass / trips)
    again = mass * (trips - 1) / trips
    yield Exchanges(row, of.column(lines, "washing"), country, again)
    haul = np.where(again > 0, again / 1000 * lines["return_haul_km"].to_numpy(), 0.0)
    yield Exchanges(row, repeated(HAUL, len(row)), country, haul)


def disposal(of: Quantities) -> Iterator[Exchanges]:
    """Disposal of the packaging of one dispatch, where the buyer is.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        Packaging [kg].
    """
    lines = of.catalogue.packaging
    trips = lines["trips"].to_numpy(dtype=np.float64)
    yield of.to_destinations(
        lines["row"].to_numpy(), of.column(lines, "disposal"), of.packed / trips
    )
