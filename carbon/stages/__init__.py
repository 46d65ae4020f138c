"""Reads a filled catalogue, gives what each SKU takes, one file a stage [unit of the activity]."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from importlib import import_module

from carbon.base.terms import BOUNDARIES, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.stages.inventory import Exchanges, Inventory, Quantities, collect

__all__ = ["take"]


def take(catalogue: Catalogue, boundary: str, only: Collection[str] = STAGES) -> Inventory:
    """Everything that one kept unit of each SKU takes inside a boundary.

    Parameters
    ----------
    catalogue : Catalogue
        As :func:`carbon.catalogue.defaults.fill` leaves it.
    boundary : str
        A key of :data:`carbon.base.terms.BOUNDARIES`.
    only : collection of str
        Stages that are wanted.

    Returns
    -------
    Inventory
    """
    of = Quantities(catalogue)

    def blocks() -> Iterator[tuple[int, Exchanges]]:
        for position, name in enumerate(STAGES):
            if name in BOUNDARIES[boundary] and name in only:
                stage = import_module(f"carbon.stages.{name}")
                for block in of.all(stage.take):
                    yield position, block

    return collect(blocks(), catalogue)
