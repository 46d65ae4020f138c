"""Reads paired draws of two footprints on one basis, gives how they compare [kg CO2e; 1]."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from carbon.base.errors import StudyError
from carbon.base.terms import Basis

__all__ = ["comparable", "probability_lower"]


def comparable(a: Basis, b: Basis) -> None:
    """Refuse to compare what rests on unlike bases: S002 names what differs.

    >>> one = Basis("2026.1+0123456789ab", "GWP100 AR6", "cradle-to-grave")
    >>> comparable(one, one)
    >>> comparable(one, Basis("2026.1+0123456789ab", "GWP100 AR6", "cradle-to-door"))
    Traceback (most recent call last):
    carbon.base.errors.StudyError: S002: ... (boundary: cradle-to-grave against cradle-to-door); ...
    """
    unlike = [
        f"{name.replace('_', ' ')}: {left} against {right}"
        for name in ("edition", "method", "boundary", "functional_unit")
        if (left := getattr(a, name)) != (right := getattr(b, name))
    ]
    if unlike:
        raise StudyError("S002", "; ".join(unlike))


def probability_lower(
    a: npt.NDArray[np.floating[Any]], b: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.float64]:
    """Probability that the first footprint is lower than the second.

    Of totals in the same draws (``Study.sample``), of shape (..., draws) and the same basis: the
    share of the draws in which a < b, ties counted half; NaN where one is unknown.

    Draw by draw: what both rest on moves both alike, so that a SKU that is always slightly worse
    comes out worse in every draw, however wide the two intervals are.

    >>> float(probability_lower(np.array([1.0, 5.0, 3.0]), np.array([1.1, 5.1, 2.9])).round(3))
    0.667
    """
    lower = (a < b).mean(axis=-1) + (a == b).mean(axis=-1) / 2
    unknown = np.isnan(a).any(axis=-1) | np.isnan(b).any(axis=-1)
    return np.asarray(np.where(unknown, np.nan, lower), dtype=np.float64)
