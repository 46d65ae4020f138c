"""Reads a study through what a comparison needs of it, gives draws of totals [kg CO2e]."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.edition import Edition
from carbon.background.unit_impacts import UnitImpacts
from carbon.base.terms import Basis
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.footprint.draws import Draws
from carbon.footprint.result import Footprints
from carbon.stages.inventory import Inventory

__all__ = ["Computing", "sampled"]


class Computing(Protocol):
    """What a what-if needs of a :class:`carbon.study.Study`."""

    boundary: str
    edition: Edition

    @property
    def basis(self) -> Basis:
        """What must be equal before two footprints may be compared."""

    @property
    def unit_impacts(self) -> UnitImpacts:
        """Impact of one unit of every activity."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Words, places and archetypes of the edition."""

    def catalogue(self, source: pd.DataFrame, /) -> Catalogue:
        """Read and fill a table of SKUs."""

    def footprints(self, source: Catalogue, /) -> Footprints:
        """Footprint of every SKU."""

    def match(self, inventory: Inventory) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
        """Dataset of each exchange."""

    def stage_kg(self, catalogue: Catalogue, inventory: Inventory) -> npt.NDArray[np.float64]:
        """Stages of the footprints of an inventory."""

    def sample(self, source: Catalogue, draws: int, /) -> Iterator[Draws]:
        """Draws of every SKU."""


def sampled(study: Computing, part: Catalogue, draws: int) -> npt.NDArray[np.float32]:
    """Footprint of n filled SKUs in every draw, of shape (n, draws) [kg CO2e per kept unit]."""
    return np.concatenate([block.total for block in study.sample(part, draws)])
