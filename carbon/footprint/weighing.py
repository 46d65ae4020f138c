"""Reads an inventory and an edition, gives footprints [kg CO2e per kept unit]."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from carbon import stages
from carbon.background.edition import Edition
from carbon.background.unit_impacts import UnitImpacts, extended, methods, solve
from carbon.base.errors import StudyError
from carbon.base.terms import BOUNDARIES, FITS, PLACED, PROVENANCES, STAGES, Basis
from carbon.catalogue.schema import Catalogue
from carbon.footprint.largest import impossible
from carbon.footprint.result import Footprints
from carbon.footprint.weigh import added, by_fit, decisive, weigh
from carbon.stages.inventory import Inventory

__all__ = ["CHUNK", "DEFAULT_BOUNDARY", "DEFAULT_METHOD", "NEEDED", "WITHOUT_USE", "Weighing"]

DEFAULT_BOUNDARY = "cradle-to-grave"
DEFAULT_METHOD = "GWP100 AR6"
WITHOUT_USE: Final = "cradle-to-grave-without-use"
CHUNK = 20_000
"""SKUs weighed at once: their exchanges fill some 40 MB, which the caches still help with."""

NEEDED: Final = {
    "materials": ("materials", "production", "returns", "end_of_life"),
    "packaging": ("packaging", "distribution", "returns", "end_of_life"),
    "transport": ("distribution", "returns"),
}
"""Stages that are unknown, not zero, if neither merchant nor category gives the lines."""


class Weighing:
    """Matches inventories with an edition and multiplies them by its unit impacts.

    Parameters
    ----------
    edition : Edition
        Which factors are in force.
    method : str
        Characterization method.
    boundary : str
        A key of :data:`carbon.base.terms.BOUNDARIES`.
    cache : bool
        Keep solved unit impacts in the user's cache folder.

    Examples
    --------
    >>> from carbon.background.edition import load_edition
    >>> Weighing(load_edition("2026.2"), "GWP100 AR6", "cradle-to-door").basis.boundary
    'cradle-to-door'
    """

    def __init__(self, edition: Edition, method: str, boundary: str, *, cache: bool = True) -> None:
        if method not in methods(edition):
            raise StudyError("S005", f"known: {', '.join(methods(edition))}", value=str(method))
        self.edition = edition
        self.method = method
        self.boundary = boundary
        self.cache = cache
        self._solved: UnitImpacts | None = None

    @property
    def basis(self) -> Basis:
        """What must be equal before two footprints may be compared."""
        return Basis(self.edition.id, self.method, self.boundary)

    @property
    def unit_impacts(self) -> UnitImpacts:
        """Impact of one unit of every activity of the edition that is linked."""
        whole_life = "end_of_life" in BOUNDARIES[self.boundary]
        if self._solved is None:
            self._solved = solve(self.edition, self.method, whole_life=whole_life, cache=self.cache)
        self._solved = extended(self._solved, self.edition, whole_life=whole_life)
        return self._solved

    def unit_totals(self) -> npt.NDArray[np.float64]:
        """Impact of one unit over all indicators, shape (activities + 1,) [kg CO2e]."""
        totals: npt.NDArray[np.float64] = self.unit_impacts.values.sum(axis=1)
        return totals

    def match(self, inventory: Inventory) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
        """Find the dataset of each exchange.

        Parameters
        ----------
        inventory : Inventory
            Of length m.

        Returns
        -------
        rows : ndarray of int32, shape (m,)
            Row of ``edition.activities``, -1 where there is none.
        fits : ndarray of int8, shape (m,)
            Position in :data:`carbon.base.terms.FITS`.
        """
        width = len(inventory.locations)
        pair = inventory.activity.astype(np.int32) * width + inventory.location
        used = np.flatnonzero(np.bincount(pair, minlength=len(inventory.activities) * width))
        self.edition.reach({inventory.locations[key % width] for key in used})
        row = np.full(len(inventory.activities) * width, -1, dtype=np.int32)
        fit = np.full(len(row), len(FITS) - 1, dtype=np.int8)
        for key in used:
            row[key], fit[key] = self.edition.match(
                inventory.activities[key // width], inventory.locations[key % width]
            )
        return row[pair], fit[pair]

    def total_kg(self, catalogue: Catalogue, boundary: str) -> npt.NDArray[np.float64]:
        """Totals of n SKUs inside a boundary, shape (n,) [kg CO2e per kept unit]."""
        inventory = stages.take(catalogue, boundary)
        rows, _ = self.match(inventory)
        each = self.unit_totals()[rows] * inventory.amount
        return np.bincount(inventory.sku, each, len(catalogue)).astype(np.float64)

    def made_kg(self, catalogue: Catalogue) -> npt.NDArray[np.float64]:
        """What making one unit of n SKUs takes, nothing lost before sale, shape (n,) [kg CO2e]."""
        made = replace(catalogue, skus=catalogue.skus.assign(loss_rate=0.0))
        return self.total_kg(made, "cradle-to-gate")

    def weigh(
        self,
        catalogue: Catalogue,
        inventory: Inventory,
        rows: npt.NDArray[np.int32],
        fits: npt.NDArray[np.int8],
    ) -> Footprints:
        """Multiply a matched inventory by the unit impacts.

        Parameters
        ----------
        catalogue : Catalogue
            The SKUs, n of them.
        inventory : Inventory
            What they take.
        rows, fits : ndarray
            As :meth:`match` returns them.

        Returns
        -------
        Footprints
        """
        n, unit = inventory.n, self.unit_impacts
        group = inventory.sku * len(STAGES) + inventory.stage
        both = np.hstack([unit.values, unit.carbon, unit.aggregates, unit.own_part])
        weighed = weigh(group, rows, inventory.amount, n * len(STAGES), both)
        weighed = weighed.reshape(n, len(STAGES), both.shape[1])
        weighed[catalogue.skus["failed"].to_numpy(dtype=bool)] = np.nan
        for column, touched in NEEDED.items():
            absent = (catalogue.provenance[column] == PROVENANCES.index("absent")).to_numpy()
            for stage in set(touched) & set(BOUNDARIES[self.boundary]):
                weighed[absent, STAGES.index(stage)] = np.nan
        missing = np.bincount(inventory.sku[rows < 0], minlength=n) > 0
        kg = inventory.amount * unit.values.sum(axis=1)[rows]
        impact, carbon, aggregate, own_part = np.split(weighed, np.cumsum(unit.widths), axis=2)
        total = added(impact, 2).sum(axis=1)
        beyond = impossible(catalogue.skus, total)
        impact[beyond] = np.nan
        return Footprints(
            catalogue,
            impact,
            added(carbon, 1),
            added(aggregate, 1),
            decisive(by_fit(inventory.sku, self.edition.reported(rows, fits), kg, n), missing),
            missing,
            self.basis,
            own_part=added(own_part, 1),
            weak=self._weak(inventory, rows, fits, kg),
            beyond=np.where(beyond, total, np.nan),
        )

    def _weak(
        self,
        inventory: Inventory,
        rows: npt.NDArray[np.int32],
        fits: npt.NDArray[np.int8],
        kg: npt.NDArray[np.float64],
    ) -> npt.NDArray[np.float64]:
        """Part of each SKU that proxies and assumed datasets carry, shape (n, 2) [kg CO2e]."""
        proxy = np.array([placed == "proxy" for placed in PLACED])
        kind = np.append(self.edition.activities["kind"].to_numpy() == "assumption", False)
        each = [np.flatnonzero(flag) for flag in (proxy[fits], kind[rows])]
        return np.column_stack(
            [np.bincount(inventory.sku[at], kg[at], inventory.n).astype(np.float64) for at in each]
        )
