"""Reads what comes back, gives the inspection of it [kg]."""

from __future__ import annotations

from collections.abc import Iterator

from carbon.stages.inventory import Exchanges, Quantities

__all__ = ["INSPECTION", "inspection"]

INSPECTION = "return inspection"


def inspection(of: Quantities) -> Iterator[Exchanges]:
    """Inspection of one returned unit, unless it has no way back (``stranded_share``) [kg].

    Parameters
    ----------
    of : Quantities
        A filled catalogue.
    """
    inspected = of.of("mass_kg")
    if "stranded_share" in of.catalogue.skus:
        inspected = inspected * (1 - of.of("stranded_share"))
    yield of.everywhere(INSPECTION, of.origin, inspected)
