"""Reads claims day by day, gives a pool's fund over a season, ruin and reserve [money].

Claims of a tier on a day are binomial in its orders; the rate carries the season's profile, the
uncertainty of the estimate (one draw a season) and a shock that all tiers share (one draw a
period, lognormal with mean 1). What a day's claims cost is gamma distributed with the moments of
the claims in the ledger. Ruin is a balance below zero at the end of any day; the reserve is the
quantile of the largest deficit. Bühlmann, H. (1970), Mathematical Methods in Risk Theory, chapter
6; interval of a quantile by order statistics: David, H. A. & Nagaraja, H. N. (2003), section 7.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from carbon.base.arrays import Floats, Integers

__all__ = ["Balance", "ClaimGroup", "balance", "simulate"]

_BLOCK: Final = 500
"""Simulations at once: they fill some tens of megabytes."""

_LEVEL: Final = 0.95  # of the intervals that tell the error of the simulation


@dataclass(frozen=True)
class ClaimGroup:
    """Tiers, one an entry.

    - ``orders``: orders of each day [day, tier]
    - ``rate``: expected claims an order [1]
    - ``rate_sd``: standard deviation of the estimate of that rate [1]
    - ``claim``, ``claim_sd``: mean and standard deviation of one claim [currency]
    """

    orders: Integers
    rate: Floats
    rate_sd: Floats
    claim: Floats
    claim_sd: Floats


@dataclass(frozen=True)
class Balance:
    """What the simulations found.

    - ``deficits``: largest deficit of each simulation, without reserve; never below 0 [currency],
      rising
    - ``paths``: quantiles 1 %, 50 % and 99 % of the balance at the end of each day, without reserve
      [currency; quantile, day]
    """

    deficits: Floats
    paths: Floats

    def ruin(self, reserve: float) -> tuple[float, float, float]:
        """Probability of ruin with a reserve [currency], and its 95 % interval (Wilson)."""
        size = len(self.deficits)
        share = float((self.deficits > reserve).mean())
        z = float(stats.norm.ppf(0.5 + _LEVEL / 2))
        middle = (share + z**2 / (2 * size)) / (1 + z**2 / size)
        half = z * math.sqrt(share * (1 - share) / size + z**2 / (4 * size**2)) / (1 + z**2 / size)
        low = 0.0 if share == 0 else max(middle - half, 0.0)
        return share, low, 1.0 if share == 1 else min(middle + half, 1.0)

    def reserve(self, ruin: float) -> tuple[float, float, float]:
        """Reserve that is exceeded with the probability ``ruin`` [1], and its 95 % interval."""
        size = len(self.deficits)
        tail = (1 - _LEVEL) / 2
        at = math.ceil((1 - ruin) * size) - 1
        below, above = (int(stats.binom.ppf(p, size, 1 - ruin)) for p in (tail, 1 - tail))
        low, high = max(below - 1, 0), min(above, size - 1)
        return float(self.deficits[at]), float(self.deficits[low]), float(self.deficits[high])


def simulate(
    group: ClaimGroup,
    returns: Floats,
    *,
    lag: int,
    shock_sd: float,
    shock_days: int,
    simulations: int,
    seed: int,
    progress: Callable[[int], object] | None = None,
) -> Floats:
    """Claims paid on each day of drawn seasons, and on ``lag`` days after [currency; season, day].

    ``returns`` is the factor of the return rate on each day [1]; ``lag`` is from order to claim
    [d]; a shock, one factor on all rates, has a standard deviation of its logarithm and lasts some
    days; ``progress`` is told the simulations that are done.

    One day, claims of exactly 10, no shock: ruin without reserve is a binomial tail.

    >>> none = np.zeros(1)
    >>> group = ClaimGroup(np.array([[20]]), np.array([0.3]), none, np.array([10.0]), none)
    >>> claims = simulate(group, np.ones(1), lag=0, shock_sd=0, shock_days=1,
    ...                   simulations=20_000, seed=1)
    >>> exact = float(stats.binom.sf(7, 20, 0.3))
    >>> share, low, high = balance(claims, np.array([20 * 3.6])).ruin(0.0)
    >>> low < exact < high
    True
    """
    rng = np.random.default_rng(seed)
    days = len(group.orders)
    fund = np.zeros((simulations, days + lag))
    periods = -(-days // shock_days)
    for start in range(0, simulations, _BLOCK):
        size = min(_BLOCK, simulations - start)
        rate = _rates(rng, group, size)
        shock = np.exp(shock_sd * rng.standard_normal((size, periods)) - shock_sd**2 / 2)
        factor = np.repeat(shock, shock_days, axis=1)[:, :days] * returns
        chance = np.minimum(rate[:, None, :] * factor[:, :, None], 1.0)
        count = rng.binomial(group.orders[None], chance).astype(float)
        fund[start : start + size, lag:] = _cost(rng, count, group).sum(axis=2)
        if progress is not None:
            progress(size)
    return fund


def balance(claims: Floats, income: Floats) -> Balance:
    """Balance of the fund in each season.

    The income of each day [currency], none after the season.
    """
    paid = np.zeros(claims.shape[1])
    paid[: len(income)] = income
    path = np.cumsum(paid - claims, axis=1)
    deficits = np.sort(np.maximum(-path.min(axis=1), 0.0))
    return Balance(deficits, np.quantile(path, [0.01, 0.5, 0.99], axis=0))


def _rates(rng: np.random.Generator, group: ClaimGroup, size: int) -> Floats:
    """Rate of each tier in each season: beta with the moments of the estimate."""
    mean = np.clip(group.rate, 1e-9, 1 - 1e-9)
    variance = np.minimum(group.rate_sd**2, mean * (1 - mean) * 0.5)
    known = variance > 0
    size_of = np.where(known, mean * (1 - mean) / np.where(known, variance, 1.0) - 1, 1.0)
    drawn = rng.beta(mean * size_of, (1 - mean) * size_of, (size, len(mean)))
    return np.where(known, drawn, group.rate)


def _cost(rng: np.random.Generator, count: Floats, group: ClaimGroup) -> Floats:
    """Cost of some claims: the sum of gamma variables is gamma."""
    varied = group.claim_sd > 0
    if not varied.any():
        return count * group.claim
    shape = np.where(varied, (group.claim / np.where(varied, group.claim_sd, 1.0)) ** 2, 1.0)
    scale = np.where(varied, group.claim / shape, 0.0)
    drawn = rng.standard_gamma(np.maximum(count * shape, 1e-12)) * scale
    return np.where(varied & (count > 0), drawn, count * group.claim)
