"""Standing: how the draws of a SKU lie against those of its reference, draw by draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from carbon.catalogue.schema import Catalogue
    from carbon.footprint.computing import Computing
    from carbon.footprint.reference import References
    from carbon.footprint.uncertainty import Sampler

__all__ = ["Held", "Standing", "Yardstick"]


@dataclass(frozen=True)
class Standing:
    """Where SKUs stand against their references.

    Parameters
    ----------
    reference : ndarray of float64, shape (n,)
        Footprint of the reference [kg CO2e per kept unit]; NaN if the category has none.
    below : ndarray of float64, shape (n, bounds)
        Share of the draws in which the ratio to the reference is at most each bound.
    gsd : ndarray of float64, shape (n,)
        Geometric standard deviation of the ratio: what SKU and reference share cancels.
    """

    reference: npt.NDArray[np.float64]
    below: npt.NDArray[np.float64]
    gsd: npt.NDArray[np.float64]


class Yardstick:
    """References in every draw, ready to be held against SKUs.

    Parameters
    ----------
    kg : ndarray of float64, shape (c,)
        Central footprint of each reference.
    draws : ndarray of float32, shape (c, draws)
        The same in every draw.
    bounds : ndarray of float64, shape (bounds,)
        Ratios, ascending.
    """

    def __init__(
        self,
        kg: npt.NDArray[np.float64],
        draws: npt.NDArray[np.float32],
        bounds: npt.NDArray[np.float64],
    ) -> None:
        self.kg = np.append(kg, np.nan)
        gap = np.full((1, draws.shape[1]), np.nan, dtype=np.float32)
        self.inverse = 1 / np.vstack([draws, gap])
        self.bounds = bounds.astype(np.float32)

    def empty(self, row: npt.NDArray[np.int64]) -> Standing:
        """A standing to be filled by :meth:`measure`.

        Parameters
        ----------
        row : ndarray of int64, shape (n,)
            Reference of each SKU, -1 for none.
        """
        n = len(row)
        below = np.full((n, len(self.bounds)), np.nan)
        return Standing(self.kg[row], below, np.full(n, np.nan))

    def measure(
        self,
        into: Standing,
        row: npt.NDArray[np.int64],
        block: slice,
        whole: npt.NDArray[np.floating[Any]],
    ) -> None:
        """Fill the standing of some SKUs.

        Parameters
        ----------
        into : Standing
            Of all SKUs.
        row : ndarray of int64, shape (n,)
            Reference of each SKU, -1 for none.
        block : slice
            Of the SKUs.
        whole : ndarray of float, shape (k, draws)
            Their totals [kg CO2e per kept unit].
        """
        ratio = whole * self.inverse[row[block]]
        known = ~np.isnan(ratio).any(axis=1)
        for position, bound in enumerate(self.bounds):
            into.below[block, position] = np.where(known, (ratio <= bound).mean(axis=1), np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.exp(np.log(ratio, dtype=np.float32).std(axis=1, dtype=np.float64))
        into.gsd[block] = np.where((ratio > 0).all(axis=1), spread, np.nan)


class Held:
    """References held against a catalogue, part by part.

    Parameters
    ----------
    references : carbon.footprint.reference.References
        The yardsticks.
    study : Study
        Edition, method and boundary.
    catalogue : Catalogue
        The SKUs, n of them.
    bounds : ndarray of float64
        Ratios of interest, ascending.
    sampler : Sampler or None
        For draws.
    """

    def __init__(
        self,
        references: References,
        study: Computing,
        catalogue: Catalogue,
        bounds: npt.NDArray[np.float64],
        sampler: Sampler | None,
    ) -> None:
        kg = references.stages(study).sum(axis=1, skipna=False).to_numpy(dtype=np.float64)
        drawn = np.empty((len(kg), 0), dtype=np.float32)
        if sampler is not None:
            drawn = references.draws(study, sampler)
        self.yardstick = Yardstick(kg, drawn, bounds)
        column = catalogue.skus["category"].astype("category").array
        position = {name: at for at, name in enumerate(references.categories)}
        table = [*(position.get(str(name), -1) for name in column.categories), -1]
        self.rows = np.array(table, dtype=np.int64)[column.codes]

    def part(self, start: int, count: int) -> Standing:
        """Begin with consecutive SKUs; :meth:`measure` fills their standing.

        Parameters
        ----------
        start, count : int
            Position of the first SKU in the catalogue, and their number.
        """
        self.at = self.rows[start : start + count]
        self.standing = self.yardstick.empty(self.at)
        return self.standing

    def measure(self, block: slice, whole: npt.NDArray[np.float32]) -> None:
        """Hold the draws of some SKUs of the part against the references.

        Parameters
        ----------
        block : slice
            Of the part.
        whole : ndarray of float32, shape (k, draws)
            Their totals [kg CO2e per kept unit].
        """
        self.yardstick.measure(self.standing, self.at, block, whole)
