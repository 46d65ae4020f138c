"""Reads amounts and unit impacts as arrays, gives their sums of products [kg CO2e]."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from carbon.base.arrays import Floats
from carbon.base.terms import FITS

__all__ = ["Weighed", "added", "decisive"]

DECISIVE: Final = 0.1
"""Share of a SKU that a fit must carry to be told: less moves no digit that is printed."""

Integers = npt.NDArray[np.integer[Any]]


class Weighed:
    """Sums of amount times unit impact, of each stage of a SKU or of each SKU.

    Parameters
    ----------
    sku, stage : ndarray of int, shape (m,)
        SKU and stage of each exchange.
    demand : ndarray of int, shape (m,)
        Demand of each exchange.
    amount : ndarray of float64, shape (m,)
        In the unit of the activity that serves the demand.
    shape : tuple of int
        Numbers of SKUs, stages and demands.

    Notes
    -----
    ``h = C·B·A⁻¹·f`` (Heijungs & Suh 2002) with ``C·B·A⁻¹`` already solved: a sparse matrix of
    amounts times a dense one of unit impacts. The exchanges of a SKU are added up in their order,
    whoever its neighbours are.

    Examples
    --------
    >>> sums = Weighed(
    ...     np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0, 1, 1]), np.array([2.0, 1, -3]),
    ...     (3, 2, 2)
    ... )
    >>> unit = np.array([[1.0], [10.0]])
    >>> sums.by_stage(unit)[:, :, 0].tolist(), sums.by_sku(unit)[:, 0].tolist()
    ([[2.0, 10.0], [0.0, -30.0], [0.0, 0.0]], [12.0, -30.0, 0.0])
    >>> sums.sizes(unit)[:, 0].tolist()
    [12.0, 30.0, 0.0]
    """

    def __init__(
        self,
        sku: Integers,
        stage: Integers,
        demand: Integers,
        amount: Floats,
        shape: tuple[int, int, int],
    ) -> None:
        skus, stages, demands = self._shape = shape
        matrix = sparse.coo_matrix(
            (amount, (sku * np.int32(stages) + stage, demand)), shape=(skus * stages, demands)
        )
        # a product adds up what stands twice: sorting it out before takes as long as all the rest
        matrix.has_canonical_format = True
        self._of_stages = matrix.tocsr()

    def by_stage(self, values: Floats) -> Floats:
        """Sums of ``values`` (demands, k) by SKU and stage, shape (skus, stages, k).

        A stage that takes an activity without impact (NaN) is NaN; one that takes nothing is 0.
        """
        skus, stages, _ = self._shape
        product: Floats = self._of_stages @ np.ascontiguousarray(values)
        return product.reshape(skus, stages, values.shape[1])

    def by_sku(self, values: Floats) -> Floats:
        """Sums of ``values`` (demands, k) by SKU, shape (skus, k)."""
        return self._of_skus(self._of_stages.data, values)

    def sizes(self, values: Floats) -> Floats:
        """Sums of the sizes of amount times ``values`` (demands, k) by SKU, shape (skus, k).

        Signs are left out, so that nothing cancels; NaN counts as nothing.
        """
        amount = self._of_stages.data
        if amount.min(initial=0.0) < 0:
            amount = np.abs(amount)
        return self._of_skus(amount, np.nan_to_num(np.abs(values)))

    def _of_skus(self, amount: Floats, values: Floats) -> Floats:
        skus, stages, demands = self._shape
        starts = self._of_stages.indptr[::stages]
        matrix = sparse.csr_matrix(
            (amount, self._of_stages.indices, starts), shape=(skus, demands), copy=False
        )
        product: Floats = matrix @ np.ascontiguousarray(values)
        return product


def decisive(kg: npt.NDArray[np.float64], missing: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    """Worst fit on which, with what is worse, a tenth of a SKU rests.

    Parameters
    ----------
    kg : ndarray of float64, shape (skus, fits)
        Size of what each SKU takes at each fit [kg CO2e].
    missing : ndarray of bool, shape (skus,)
        An activity has no factor: the fit is *none*, whatever the others are.

    Returns
    -------
    ndarray of int8, shape (skus,)
        Positions in :data:`carbon.base.terms.FITS`; 0 for a SKU without exchanges.

    Examples
    --------
    >>> kg = np.zeros((1, len(FITS)))
    >>> kg[0, [0, 2, 4]] = 80, 15, 5
    >>> FITS[decisive(kg, np.array([False]))[0]]
    'region'
    """
    worse = np.cumsum(kg[:, ::-1], axis=1)[:, ::-1]
    fit = (worse >= DECISIVE * kg.sum(axis=1, keepdims=True)).sum(axis=1) - 1
    fit = np.where(kg.sum(axis=1) > 0, fit, 0)
    return np.where(missing, len(FITS) - 1, fit).astype(np.int8)


def added(values: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    """Sum over a short axis, slice by slice: several times as fast as NumPy's own.

    Parameters
    ----------
    values : ndarray of float64
    axis : int

    Examples
    --------
    >>> added(np.array([[1.0, 2.0], [3.0, 4.0]]), 1).tolist()
    [3.0, 7.0]
    """
    first, *rest = np.moveaxis(values, axis, 0)
    total: npt.NDArray[np.float64] = first.copy()
    for each in rest:
        total += each
    return total
