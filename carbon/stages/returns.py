"""Reads return rates, gives the dispatches that came back and the units lost with them."""

from __future__ import annotations

from collections.abc import Iterator

from carbon.stages import distribution, end_of_life, materials, packaging, production
from carbon.stages.inventory import Exchanges, Quantities

__all__ = ["INSPECTION", "take"]

INSPECTION = "return inspection"


def take(of: Quantities) -> Iterator[Exchanges]:
    """What the returns of one kept unit take.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        The way out again, the way back, packaging again and its disposal, inspection, and the
        making and disposal of units that were never sold again.

    Notes
    -----
    With r the return rate, ρ = r/(1−r) dispatches come back per kept unit. Each takes the
    distribution again, the way back, ``1−y`` of its packaging and the disposal of that, and
    inspection; ``1−s`` of them are never sold again, so that another unit was made for nothing
    and is disposed of. The emissions of the way out are not refunded with the order.
    """
    back = of.returns_per_kept
    for block in of.all(distribution.dispatch):
        yield block.scaled(back)
    for block in distribution.legs(of, returning=True):
        yield block.scaled(back)
    wasted = back * (1 - of.of("packaging_reuse"))
    for block in of.all(packaging.take):
        yield block.scaled(wasted)
    for block in of.all(packaging.disposal):
        yield block.scaled(wasted)
    inspected = back * of.of("mass_kg")
    if "stranded_share" in of.catalogue.skus:
        inspected = inspected * (1 - of.of("stranded_share"))
    yield of.everywhere(INSPECTION, of.origin, inspected)
    lost = back * (1 - of.of("resale_share"))
    for block in of.all(distribution.arrival):
        yield block.scaled(lost)
    for block in of.all(materials.take):
        yield block.scaled(lost)
    for block in of.all(production.take):
        yield block.scaled(lost)
    for block in of.all(end_of_life.returned):
        yield block.scaled(lost)
