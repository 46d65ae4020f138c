"""The allocation as a linear program: the oracle of :mod:`carbon.liveroom.entropy`.

Relative entropy is replaced by its chords: a change costs the more per impression the larger it is
in proportion, in steps of five per cent. One step for every change would be the plain L1 distance,
whose nearest allocation is not unique, so that nothing could be said of the rules that bind.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from carbon.liveroom.entropy import Nearest, Rulebook
from carbon.liveroom.least_moved import TOLERANCE, solved

Floats = npt.NDArray[np.float64]

STEP: Final = 0.05
"""Width of a chord [logarithm of share over wish]."""

REACH: Final = 80
"""Chords above and below the wish: from a 55th to 55 times it."""


def nearest_linear(wish: Floats, rules: Rulebook) -> Nearest:
    """Find the nearest shares by linear programming.

    Parameters
    ----------
    wish : ndarray of float64, shape (n,)
        Shares wished for, all above 0.
    rules : Rulebook
        Rules that some shares can keep.

    Returns
    -------
    Nearest
        As :func:`carbon.liveroom.entropy.nearest`; its shares and multipliers are those of
        relative entropy to within a chord, some five per cent.

    """
    n = len(wish)
    knots = np.exp(STEP * np.arange(-REACH, REACH + 1))
    height = knots * np.log(knots) - knots + 1
    first = (height[0] - 1) / knots[0]
    slopes = np.concatenate([[first], np.diff(height) / np.diff(knots), [np.log(knots[-1]) + STEP]])
    edges = np.concatenate([[0.0], knots, [np.inf]])
    low, high = rules.low / wish, rules.high / wish
    width = np.minimum(edges[None, 1:], high[:, None]) - np.maximum(edges[None, :-1], low[:, None])
    room, chord = np.nonzero(width > 0)
    size = len(room)
    owner = sparse.csr_matrix((np.ones(size), (room, np.arange(size))), shape=(n, size))
    # in the mean room's share, so that the solver's absolute tolerances mean something
    solution = solved(
        slopes[chord], width[room, chord] * wish[room] * n, owner, rules.low * n, rules, float(n)
    )
    share = rules.low + (owner @ solution.x[:size]) / n
    prices = -solution.ineqlin.marginals
    floor = float(prices[0])
    capped = len(prices) > 1
    head = float(prices[1]) if capped else 0.0
    lowered = np.zeros(n, dtype=bool)
    if head > 0:
        lowered = share >= np.partition(share, n - rules.head)[n - rules.head] * (1 - TOLERANCE)
    return Nearest(share, float(solution.eqlin.marginals[0]), floor, head, lowered)
