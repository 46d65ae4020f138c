"""The same allocation as a linear program, and the least traffic that has to move at all.

Relative entropy is replaced by its chords: a change costs the more per impression the larger it is
in proportion, in steps of five per cent. One step for every change would be the plain L1 distance,
whose nearest allocation is not unique, so that nothing could be said of the rules that bind;
:func:`least_moved` gives that distance alone, which is unique. Both are solved by HiGHS.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

from carbon.liveroom.nearest import Nearest, Rulebook

__all__ = ["LARGEST", "least_moved", "nearest_linear"]

Floats = npt.NDArray[np.float64]

STEP: Final = 0.05
"""Width of a chord [logarithm of share over wish]."""

REACH: Final = 80
"""Chords above and below the wish: from a 55th to 55 times it."""

LARGEST: Final = 5_000
"""Rooms up to which the linear program is offered; 5,000 take some seconds."""

TOLERANCE: Final = 1e-9


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
        As :func:`carbon.liveroom.nearest.nearest`; its shares and multipliers are those of
        relative entropy to within a chord, some five per cent.

    Examples
    --------
    >>> small = np.array([True, False, False])
    >>> rules = Rulebook(small, np.zeros(3), np.ones(3), floor=0.3, head=3, head_cap=1.0)
    >>> nearest_linear(np.array([0.1, 0.3, 0.6]), rules).share.round(2).tolist()
    [0.3, 0.23, 0.47]
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
    solved = _solve(
        slopes[chord], width[room, chord] * wish[room] * n, owner, rules.low * n, rules, float(n)
    )
    share = rules.low + (owner @ solved.x[:size]) / n
    prices = -solved.ineqlin.marginals
    floor = float(prices[0])
    capped = len(prices) > 1
    head = float(prices[1]) if capped else 0.0
    lowered = np.zeros(n, dtype=bool)
    if head > 0:
        lowered = share >= np.partition(share, n - rules.head)[n - rules.head] * (1 - TOLERANCE)
    return Nearest(share, float(solved.eqlin.marginals[0]), floor, head, lowered)


def least_moved(base: Floats, rules: Rulebook) -> float:
    """Least share of the traffic that must move from where it is, for the rules to be kept.

    Parameters
    ----------
    base : ndarray of float64, shape (n,)
        Shares as they are.
    rules : Rulebook
        Rules that some shares can keep.

    Returns
    -------
    float
        Half the smallest L1 distance.

    Examples
    --------
    >>> small = np.array([True, False, False])
    >>> rules = Rulebook(small, np.zeros(3), np.ones(3), floor=0.3, head=3, head_cap=1.0)
    >>> round(least_moved(np.array([0.1, 0.3, 0.6]), rules), 9)
    0.2
    """
    n = len(base)
    # what is kept costs nothing, what is added costs 1: the shares sum to 1, so half is added
    low, high = rules.low, rules.high
    kept = np.clip(base, low, high) - low
    width = np.concatenate([kept, high - low - kept]) * n
    owner = sparse.hstack([sparse.identity(n), sparse.identity(n)], format="csr")
    cost = np.repeat([0.0, 1.0], n)
    start = float(np.maximum(low - base, 0).sum())
    solved = _solve(cost, width, owner, low * n, rules, float(n))
    return start + float(solved.fun) / n


def _solve(
    cost: Floats,
    width: Floats,
    owner: sparse.csr_matrix,
    low: Floats,
    rules: Rulebook,
    total: float,
) -> Any:
    """Fill the pieces of each room above its lower bound, within the rules."""
    n, size = owner.shape
    small = sparse.csr_matrix(rules.small.astype(np.float64)[None, :])
    upper = [-(small @ owner)]
    bound = [np.array([float(low[rules.small].sum()) - rules.floor * total])]
    every = np.ones((1, size))
    bounds = np.column_stack([np.zeros(size), width])
    if rules.head < n and rules.head_cap < 1:
        # the sum of the k largest is k·level + Σ max(x − level, 0)
        extra = n + 1
        cost = np.concatenate([cost, np.zeros(extra)])
        bounds = np.vstack([bounds, np.column_stack([np.zeros(extra), np.full(extra, np.inf)])])
        every = np.hstack([every, np.zeros((1, extra))])
        level = sparse.csr_matrix(np.ones((n, 1)))
        upper = [
            sparse.hstack([upper[0], sparse.csr_matrix((1, extra))]),
            sparse.hstack(
                [
                    sparse.csr_matrix((1, size)),
                    sparse.csr_matrix([[float(rules.head)]]),
                    sparse.csr_matrix(np.ones((1, n))),
                ]
            ),
            sparse.hstack([owner, -level, -sparse.identity(n)]),
        ]
        bound += [np.array([rules.head_cap * total]), -low]
    solve: Any = linprog  # its stubs know no arrays of bounds
    return solve(
        cost,
        A_ub=sparse.vstack(upper, format="csr"),
        b_ub=np.concatenate(bound),
        A_eq=sparse.csr_matrix(every),
        b_eq=[total - float(low.sum())],
        bounds=bounds,
        method="highs",
        options={
            "primal_feasibility_tolerance": TOLERANCE,
            "dual_feasibility_tolerance": TOLERANCE,
        },
    )
