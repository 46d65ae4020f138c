"""Reads amounts and unit impacts as arrays, gives their sums of products [kg CO2e]."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["added", "weigh", "worst"]

Integers = npt.NDArray[np.integer[Any]]


def weigh(
    group: Integers,
    row: Integers,
    amount: npt.NDArray[np.float64],
    groups: int,
    values: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Sum amount times unit impact within groups.

    Parameters
    ----------
    group : ndarray of int, shape (m,)
        Group of each exchange, as SKU·stages + stage.
    row : ndarray of int, shape (m,)
        Activity of each exchange; -1 stands for the last row of ``values``.
    amount : ndarray of float64, shape (m,)
        In the unit of the activity.
    groups : int
        Number of groups.
    values : ndarray of float64, shape (p, k)
        Impact of one unit of each activity.

    Returns
    -------
    ndarray of float64, shape (groups, k)
        A group that takes an activity without impact (NaN) is NaN; one that takes nothing is 0.

    Notes
    -----
    ``h = C·B·A⁻¹·f`` (Heijungs & Suh 2002) with ``C·B·A⁻¹`` already solved: a sparse matrix of
    amounts times a dense one of unit impacts.

    Examples
    --------
    >>> weigh(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([2.0, 1.0, 3.0]), 3,
    ...       np.array([[1.0], [10.0]])).ravel().tolist()
    [12.0, 30.0, 0.0]
    """
    column = np.where(row < 0, len(values) - 1, row).astype(np.int32, copy=False)
    matrix = sparse.coo_matrix(
        (amount, (group.astype(np.int32, copy=False), column)), shape=(groups, len(values))
    ).tocsr()
    product: npt.NDArray[np.float64] = matrix @ np.ascontiguousarray(values)
    return product


def worst(sku: Integers, fit: npt.NDArray[np.int8], skus: int) -> npt.NDArray[np.int8]:
    """Worst fit of the exchanges of each SKU.

    Parameters
    ----------
    sku : ndarray of int, shape (m,)
        SKU of each exchange.
    fit : ndarray of int8, shape (m,)
        Position in :data:`carbon.base.terms.FITS`.
    skus : int
        Number of SKUs.

    Returns
    -------
    ndarray of int8, shape (skus,)
        0 for a SKU without exchanges.

    Examples
    --------
    >>> worst(np.array([0, 0, 2]), np.array([1, 4, 2], dtype=np.int8), 3).tolist()
    [4, 0, 2]
    """
    out = np.zeros(skus, dtype=np.int8)
    for value in range(1, int(fit.max(initial=0)) + 1):
        out[sku[fit == value]] = value
    return out


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
    out: npt.NDArray[np.float64] = first.copy()
    for each in rest:
        out += each
    return out
