"""Reads a sparse system, gives the solution of its transpose for all right-hand sides.

Notes
-----
``Aᵀ·Y = R`` is split into its diagonal and the rest, ``Y = D⁻¹·(R − (Aᵀ − D)·Y)``, and repeated
until nothing moves (Jacobi; Golub & Van Loan 2013, Matrix Computations, section 11.2). For
inputs smaller than what is made of them it converges, each round costs one pass over the
exchanges, and where no activity needs itself it ends exactly, after as many rounds as the
longest chain has links. Factors of a background with hubs (electricity, transport) fill in:
those of 20,000 activities have twenty times its exchanges. They are made only if the
rounds do not settle.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy import sparse

from carbon.base.arrays import Floats

__all__ = ["each", "rounds", "transposed"]


MOST: Final = 1000
"""Rounds before factors are made: what shrinks by less than 3 % a round is not awaited."""

STILL: Final = 1e-14
"""Relative change in a round that counts as none: a few units in the last place."""

FLOOR: Final = 1e-17
"""The same, relative to the largest value of a column, for what cancels to nothing."""


def transposed(technosphere: Any, right: Floats) -> Floats:
    """Solve ``Aᵀ·Y = R``.

    ``technosphere``: scipy sparse, shape (n, n), a: products in rows, activities in columns, what
    is made on the diagonal; ``right``: shape (n, k), one column an indicator, by activity. Returns:
    shape (n, k), by product. Raises RuntimeError: if the system has no single solution.

    >>> loop = sparse.csc_array(np.array([[1.0, -0.5], [-0.5, 1.0]]))
    >>> transposed(loop, np.array([[1.0], [1.0]])).ravel().round(12).tolist()
    [2.0, 2.0]
    """
    turned = sparse.csr_array(technosphere.T)
    diagonal = turned.diagonal()
    others = turned - sparse.diags_array(diagonal, format="csr")
    solution = rounds(others, diagonal[:, None], right)
    if solution is not None:
        return solution
    return _factored(turned, np.ascontiguousarray(right))


def each(others: Any, diagonal: Floats, right: Floats) -> Floats:
    """Solve systems that differ on their diagonals alone, as draws of production do.

    ``others``: scipy sparse, shape (n, n), what all of them share, without a diagonal;
    ``diagonal``: shape (n, k), one column a system; ``right``: shape (n, 1) or (n, k), shared too,
    or one column a system. Returns: shape (n, k). Raises RuntimeError: if one of them has no single
    solution.
    """
    solution = rounds(others, diagonal, right)
    if solution is not None:
        return solution
    shape = (len(right), max(diagonal.shape[1], right.shape[1]))
    columns = zip(np.broadcast_to(diagonal, shape).T, np.broadcast_to(right, shape).T, strict=True)
    solved = [
        _factored(others + sparse.dia_array((made[None], [0]), shape=others.shape), side)
        for made, side in columns
    ]
    return np.stack(solved, axis=1)


def rounds(others: Any, diagonal: Floats, right: Floats) -> Floats | None:
    """Solve ``(D + M)·Y = R`` by repetition.

    ``others``: scipy sparse, shape (n, n), M, without a diagonal; ``diagonal``: shape (n, 1) or (n,
    k), D, for all columns or for each of its own; ``right``: shape (n, 1) or (n, k), R, in the same
    way. Returns: shape (n, k), None if it did not settle.
    """
    if not np.all(diagonal):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.broadcast_to(
            right / diagonal, (len(right), max(diagonal.shape[1], right.shape[1]))
        )
        for _ in range(MOST):
            moved = (right - others @ values) / diagonal
            change = np.abs(moved - values)
            size = np.abs(moved)
            top = size.max(axis=0, initial=0)
            if not np.all(np.isfinite(top)):
                return None
            if np.all(change <= STILL * size + FLOOR * top):
                settled: Floats = moved
                return settled
            values = moved
    return None


def _factored(matrix: Any, right: Floats) -> Floats:
    # seldom needed, and slow to load
    from scipy.sparse.linalg import splu

    solved: Floats = splu(matrix.tocsc()).solve(right)
    return solved
