"""Reads parameters of distributions, gives quantile functions of the mean that is stated [1]."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats, Integers, Singles
from carbon.base.errors import FactorsError
from carbon.stages.groups import ODDS, RATES, odds

__all__ = [
    "WIDTH",
    "beta_quantiles",
    "centre_of",
    "check",
    "expected",
    "kinds_of",
    "quantile_function",
    "triangle",
]

WIDTH: Final = 1.959963984540054
"""Standard deviations on each side of a 95 % interval of a normal distribution."""


def expected(name: str, drawn: Singles, mean: Floats) -> Singles:
    """Quantile functions whose mean is the stated one; odds for a rate that is taken as odds.

    A stated 0 or a share at its bound can only be left on one side: it is not moved.
    """
    if name not in ODDS:
        moved = drawn + (mean - drawn.mean(axis=1, dtype=np.float64))[:, None]
        inside = ((moved >= 0) & (moved <= 1)).all(axis=1)
        return np.where(inside[:, None], moved, drawn).astype(np.float32)
    values = odds(drawn.astype(np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = odds(mean) / values.mean(axis=1)
    scaled = values * np.where(np.isfinite(scale), scale, 1.0)[:, None]
    result: Singles = scaled.astype(np.float32)
    return result


def centre_of(
    below: Singles,
    above: Singles,
    at: Floats,
    *,
    divisor: bool,
) -> Floats:
    """Logarithm of the median of a factor (divisor) of which the mean (of the inverse) is 1.

    The mean over the very points that are drawn, so that few points are as true as many.
    """
    from scipy.special import ndtri

    code, first = kinds_of(below, above)
    scores = ndtri(at)
    sigma = np.where(scores < 0, below[first, None], above[first, None])
    logs = scores * sigma.astype(np.float64)
    mean = np.exp(-logs if divisor else logs).mean(axis=1)
    centre: Floats = (np.log(mean) if divisor else -np.log(mean))[code]
    return centre


def kinds_of(below: Singles, above: Singles) -> tuple[Integers, Integers]:
    """Number of the pair of each SKU, and a SKU that has each pair.

    >>> code, first = kinds_of(np.float32([1, 2, 1]), np.float32([0, 0, 0]))
    >>> code.tolist(), first.tolist()
    ([0, 1, 0], [0, 1])
    """
    bits = below.view(np.uint32).astype(np.uint64) << np.uint64(32)
    code, pairs = pd.factorize(bits | above.view(np.uint32))
    first = np.zeros(len(pairs), np.int64)
    first[code[::-1]] = np.arange(len(code))[::-1]
    return code, first


def check(row: dict[Any, Any]) -> None:
    """Refuse a row of ``foreground_uncertainty`` that says no distribution.

    F012 if a squared geometric standard deviation is below 1, F013 if a distribution has no
    parameters or is not one for its parameter.
    """
    kind = row["distribution"]
    where = ", ".join(str(row[key]) for key in ("parameter", "origin", "distribution"))
    low, high = row["low"], row["high"]
    missing = {
        "lognormal": np.isnan(row["gsd2"]),
        "beta": not row["count"] > 0,
        "normal": not low < high,
        "uniform": not 0 <= low <= 1 <= high,
        "triangular": not 0 <= low <= 1 <= high,
        "fixed": False,
    }.get(kind, True)
    if missing or (kind != "fixed" and (row["parameter"] in RATES) != (kind == "beta")):
        raise FactorsError("F013", file=str(row["source"]), value=where)
    if row["gsd2"] < 1:
        raise FactorsError("F012", file=str(row["source"]), value=where)


def quantile_function(row: dict[Any, Any], at: Floats) -> Floats:
    """Quantiles of a factor that is normal, triangular or uniform; never below 0."""
    low, high = float(row["low"]), float(row["high"])
    if row["distribution"] == "uniform":
        return low + (high - low) * at
    if row["distribution"] == "triangular":
        return triangle(low, 1.0, high, at)
    from scipy.special import ndtr, ndtri

    mean, deviation = (low + high) / 2, (high - low) / (2 * WIDTH)
    cut = ndtr(-mean / deviation)
    quantiles: Floats = mean + deviation * ndtri(cut + at * (1 - cut))
    return quantiles


def triangle(low: float, mode: float, high: float, at: Floats) -> Floats:
    """Quantiles of a triangular distribution.

    >>> triangle(0.0, 1.0, 2.0, np.array([0.125, 0.5])).tolist()
    [0.5, 1.0]
    """
    if high <= low:
        return np.full(len(at), mode)
    peak = (mode - low) / (high - low)
    rising = low + np.sqrt(at * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - at) * (high - low) * (high - mode))
    return np.where(at < peak, rising, falling)


def beta_quantiles(mean: Floats, count: Floats, limit: float, at: Floats) -> Singles:
    """Quantiles of beta distributions cut off at a limit, shape (rows, draws)."""
    from scipy.special import betainc, betaincinv

    # many categories share a distribution, and the inverse is dear
    pairs, again = np.unique(np.hstack([mean, count]), axis=0, return_inverse=True)
    mean, count = pairs[:, :1], pairs[:, 1:]
    inside = (mean > 0) & (mean < 1)
    safe = np.where(inside, mean, 0.5)
    alpha, beta = safe * count, (1 - safe) * count
    inner = betaincinv(alpha, beta, at * betainc(alpha, beta, limit))
    quantiles = np.where(inside, inner, np.minimum(mean, limit))
    return quantiles.astype(np.float32)[again.ravel()]
