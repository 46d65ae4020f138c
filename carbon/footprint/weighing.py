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
from carbon.footprint.weigh import Weighed, added, decisive
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

_PROXY: Final = np.array([placed == "proxy" for placed in PLACED])
"""Whether a fit is that of another place's dataset."""


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
        demand, names = inventory.demands
        row, fit = self._datasets(names)
        return row[demand], fit[demand]

    def _datasets(
        self, demands: list[tuple[str, str]]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
        """Row and fit of the dataset of each demand."""
        self.edition.reach({location for _, location in demands})
        met = [self.edition.match(*demand) for demand in demands] or np.empty((0, 2))
        row, fit = np.array(met).T
        return row.astype(np.int32), fit.astype(np.int8)

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

    def weigh(self, catalogue: Catalogue, inventory: Inventory) -> Footprints:
        """Multiply what SKUs take by the unit impacts.

        Parameters
        ----------
        catalogue : Catalogue
            The SKUs, n of them.
        inventory : Inventory
            What they take.

        Returns
        -------
        Footprints
        """
        weighed, row, fit = self._sums(inventory)
        impact, beyond = self._impact(catalogue, weighed, row)
        unit, total = self.unit_impacts, self.unit_totals()[row]
        place = np.arange(len(row))
        at_fit = np.zeros((len(row), len(FITS)))
        at_fit[place, self.edition.reported(row, fit)] = total
        weak = np.column_stack([_PROXY[fit], self._assumed[row]]) * np.nan_to_num(total)[:, None]
        parts = (unit.carbon[row], unit.aggregates[row], unit.own_part[row], weak)
        sums = weighed.by_sku(np.hstack(parts))
        unknown = np.isnan(impact).any(axis=(1, 2)) & np.isnan(beyond)
        ends = np.cumsum([part.shape[1] for part in parts[:-1]])
        carbon, aggregate, own_part, weak = np.split(sums, ends, axis=1)
        for part in (carbon, aggregate, own_part):
            part[unknown] = np.nan
        missing = np.zeros(len(catalogue), bool)
        if (row < 0).any():
            missing = weighed.sizes((row < 0)[:, None].astype(np.float64))[:, 0] > 0
        return Footprints(
            catalogue,
            impact,
            carbon,
            aggregate,
            decisive(weighed.sizes(at_fit), missing),
            missing,
            self.basis,
            own_part=own_part,
            weak=weak,
            beyond=beyond,
        )

    def stage_kg(self, catalogue: Catalogue, inventory: Inventory) -> npt.NDArray[np.float64]:
        """Stages of the footprints that :meth:`weigh` gives, shape (n, 8) [kg CO2e].

        Cheaper by half, where nothing else is asked for.
        """
        weighed, row, _ = self._sums(inventory)
        return added(self._impact(catalogue, weighed, row)[0], 2)

    def _sums(
        self, inventory: Inventory
    ) -> tuple[Weighed, npt.NDArray[np.int32], npt.NDArray[np.int8]]:
        """Amounts of an inventory, and row and fit of the dataset of each of its demands."""
        demand, names = inventory.demands
        shape = inventory.n, len(STAGES), len(names)
        weighed = Weighed(inventory.sku, inventory.stage, demand, inventory.amount, shape)
        return weighed, *self._datasets(names)

    def _impact(
        self, catalogue: Catalogue, weighed: Weighed, row: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Indicators by stage, (n, 8, 5), and the totals that are not told, (n,) [kg CO2e].

        An indicator is NaN where its stage is unknown, or the total beyond what any good of its
        category has; the latter are given, NaN elsewhere.
        """
        impact = weighed.by_stage(self.unit_impacts.values[row])
        impact[catalogue.skus["failed"].to_numpy(dtype=bool)] = np.nan
        for column, touched in NEEDED.items():
            absent = (catalogue.provenance[column] == PROVENANCES.index("absent")).to_numpy()
            for stage in set(touched) & set(BOUNDARIES[self.boundary]):
                impact[absent, STAGES.index(stage)] = np.nan
        total = added(added(impact, 2), 1)
        beyond = impossible(catalogue.skus, total)
        impact[beyond] = np.nan
        return impact, np.where(beyond, total, np.nan)

    @property
    def _assumed(self) -> npt.NDArray[np.bool_]:
        """Which activities are assumptions, shape (activities + 1,)."""
        published = self.edition.activities["published"].to_numpy()
        return np.append(self.edition.assumed[published], False)
