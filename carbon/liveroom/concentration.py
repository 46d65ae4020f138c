"""Reads amounts of rooms, gives how unevenly they are spread [1]."""

from __future__ import annotations

from typing import Final

import numpy as np

from carbon.base.arrays import Floats
from carbon.liveroom.entropy import largest

__all__ = ["LORENZ_POINTS", "gini", "herfindahl", "lorenz", "top_share"]

LORENZ_POINTS: Final = 101
"""Points of a Lorenz curve: every hundredth of the rooms, and 0."""


def gini(values: Floats) -> float:
    """Gini coefficient [1] of values at or above 0: 0 where all have the same, NaN if all are 0.

    G = Σ (2i − n − 1)·xᵢ / (n·Σx) over the values in ascending order (Sen, On Economic Inequality,
    1973). No correction for small samples: all rooms are counted, none is sampled.

    >>> gini(np.array([1.0, 1.0, 1.0])), gini(np.array([0.0, 0.0, 3.0]))
    (0.0, 0.6666666666666666)
    """
    n, total = len(values), float(values.sum())
    if not total > 0:
        return float("nan")
    rank = 2 * np.arange(1, n + 1) - n - 1
    return float(rank @ np.sort(values)) / (n * total)


def herfindahl(values: Floats) -> float:
    """Herfindahl-Hirschman index: the sum of squared shares, from 1/n to 1; NaN if values sum to 0.

    >>> herfindahl(np.array([1.0, 1.0]))
    0.5
    """
    total = float(values.sum())
    return float(((values / total) ** 2).sum()) if total > 0 else float("nan")


def top_share(values: Floats, count: int) -> float:
    """Share of the largest ``count`` values in their sum, from 0 to 1; NaN if they sum to 0.

    >>> top_share(np.array([1.0, 2.0, 1.0]), 1)
    0.5
    """
    total = float(values.sum())
    return largest(values, count) / total if total > 0 else float("nan")


def lorenz(values: Floats) -> Floats:
    """Lorenz curve: share that the poorest rooms hold together, at each hundredth of the rooms.

    >>> lorenz(np.array([1.0, 1.0])).round(2)[[0, 50, 100]].tolist()
    [0.0, 0.5, 1.0]
    """
    total = float(values.sum())
    at = np.linspace(0, 1, LORENZ_POINTS)
    if not total > 0:
        return np.full(LORENZ_POINTS, np.nan)
    cumulated = np.concatenate([[0.0], np.cumsum(np.sort(values))]) / total
    return np.interp(at, np.linspace(0, 1, len(cumulated)), cumulated)
