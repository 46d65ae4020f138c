"""Reads shares and the rules of exposure, gives the least traffic that has to move at all [1].

Half the L1 distance to the nearest shares that the rules allow; a linear program, solved by HiGHS.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from carbon.base.arrays import Floats
from carbon.liveroom.entropy import Rulebook

__all__ = ["LARGEST", "least_moved", "solved"]

LARGEST: Final = 5_000
"""Rooms up to which the program is solved; 5,000 take some seconds."""

TOLERANCE: Final = 1e-9


def least_moved(base: Floats, rules: Rulebook) -> float:
    """Least share of the traffic that must move for the rules to be kept.

    It is half the smallest L1 distance.

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
    return start + float(solved(cost, width, owner, low * n, rules, float(n)).fun) / n


def solved(
    cost: Floats,
    width: Floats,
    owner: sparse.csr_matrix,
    low: Floats,
    rules: Rulebook,
    total: float,
) -> Any:
    """Fill the pieces of each room above its lower bound, within floor and head cap.

    ``cost`` per share and ``width`` are of shape (pieces,), ``owner`` of (rooms, pieces), ``low``
    of (rooms,); ``total`` is the sum of the shares.
    """
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
