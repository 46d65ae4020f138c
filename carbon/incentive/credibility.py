"""Reads returns and orders, gives credible return rates, few drawn towards the category's [1].

The returns k of n orders of a merchant are binomial with a rate of its own; the rates of a category
follow Beta(a, b). Then k is beta-binomial, and the posterior of the rate is Beta(a+k, b+n−k): 3 of
5 is not 60 %. The prior is not chosen: a and b maximise the likelihood of the whole category.
Bühlmann, H. & Gisler, A. (2005), A Course in Credibility Theory, Springer, section 2.4; moments to
start from: Kleinman, J. C. (1973), JASA 68(341), 46–54.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import special

from carbon.base.arrays import Flags, Floats, Integers

__all__ = ["SOURCES", "Priors", "fit", "interval"]

SOURCES: Final = ("category", "no spread", "portfolio", "none")
"""Where a prior comes from: the merchants of the category; the category as one, because its
merchants do not differ more than chance; all categories, because it has too few merchants; or
nowhere (Jeffreys' Beta(½, ½))."""

_STEPS: Final = 200
_DONE: Final = 1e-10  # step in the logarithms of a and b


@dataclass(frozen=True)
class Priors:
    """Beta priors, one a category.

    - ``a``, ``b``: parameters [orders]
    - ``source``: position in :data:`SOURCES`
    - ``moment_a``, ``moment_b``: what the method of moments gives; NaN where it gives nothing
    """

    a: Floats
    b: Floats
    source: npt.NDArray[np.int8]
    moment_a: Floats
    moment_b: Floats


def fit(
    group: npt.NDArray[np.integer[Any]],
    orders: npt.NDArray[np.integer[Any]],
    returns: npt.NDArray[np.integer[Any]],
    groups: int,
    *,
    least: int,
    most: float,
) -> Priors:
    """Estimate the prior of each category by maximum likelihood, from n and k of its merchants.

    A category needs ``least`` merchants with two orders or more each for a prior of its own, of
    which a + b is at ``most`` so many orders.

    >>> rng = np.random.default_rng(0)
    >>> rate = rng.beta(4, 6, 4000)
    >>> found = fit(np.zeros(4000, int), np.full(4000, 50), rng.binomial(50, rate), 1,
    ...             least=5, most=1e4)
    >>> bool(abs(found.a[0] - 4) < 0.3), SOURCES[found.source[0]]
    (True, 'category')
    """
    by_group = _fitted(group, orders, returns, groups, least, most)
    if not (by_group.source == SOURCES.index("none")).any():
        return by_group
    overall = _fitted(np.zeros(len(group), np.int64), orders, returns, 1, least, most)
    if overall.source[0] == SOURCES.index("none"):
        return by_group
    poor = by_group.source == SOURCES.index("none")
    return Priors(
        np.where(poor, overall.a[0], by_group.a),
        np.where(poor, overall.b[0], by_group.b),
        np.where(poor, SOURCES.index("portfolio"), by_group.source).astype(np.int8),
        by_group.moment_a,
        by_group.moment_b,
    )


def _fitted(
    group: npt.NDArray[np.integer[Any]],
    orders: npt.NDArray[np.integer[Any]],
    returns: npt.NDArray[np.integer[Any]],
    groups: int,
    least: int,
    most: float,
) -> Priors:
    # merchants alike in orders and returns are one term of the likelihood
    cells, weight = np.unique(
        np.stack([group, orders, returns]).astype(np.int64), axis=1, return_counts=True
    )
    terms = _Terms(cells[0], cells[1].astype(float), cells[2].astype(float), weight, groups)
    merchants, total, back = (
        terms.sum(values) for values in ((terms.n > 1).astype(float), terms.n, terms.k)
    )
    spread = _moments(terms, total, back)
    enough = merchants >= least
    ceiling = np.minimum(most, total + 1.0)
    mean = (back + 0.5) / (total + 1.0)
    start = np.where(np.isfinite(spread), np.clip(spread, 0.1, ceiling), 1.0)
    inner = enough & (back > 0) & (back < total)
    a, b = _newton(terms, mean * start, (1 - mean) * start, ceiling, inner)
    level = inner & (a + b < ceiling * (1 - 1e-6))
    a = np.where(level, a, np.where(enough, mean * ceiling, 0.5))
    b = np.where(level, b, np.where(enough, (1 - mean) * ceiling, 0.5))
    source = np.where(level, 0, np.where(enough, 1, SOURCES.index("none"))).astype(np.int8)
    finite = np.where(enough, spread, np.nan)
    return Priors(a, b, source, mean * finite, (1 - mean) * finite)


@dataclass(frozen=True)
class _Terms:
    group: Integers
    n: Floats
    k: Floats
    weight: Integers
    groups: int

    def sum(self, values: Floats) -> Floats:
        sums: Floats = np.bincount(self.group, values * self.weight, self.groups).astype(float)
        return sums

    def likelihood(self, a: Floats, b: Floats) -> Floats:
        """Logarithm of the likelihood of each group, up to a constant."""
        a, b = a[self.group], b[self.group]
        return self.sum(special.betaln(a + self.k, b + self.n - self.k) - special.betaln(a, b))


def _moments(terms: _Terms, total: Floats, back: Floats) -> Floats:
    """Kleinman's estimate of a + b; NaN where the merchants differ no more than chance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = back / total
        square = terms.sum(terms.n * (terms.k / terms.n - mean[terms.group]) ** 2)
        freedom = np.bincount(terms.group, terms.weight, terms.groups) - 1.0
        expected = mean * (1 - mean)
        room = total - terms.sum(terms.n**2) / total - freedom
        within = (square - expected * freedom) / (expected * room)
        return np.where((within > 0) & (within < 1), 1 / within - 1, np.nan)


def _newton(
    terms: _Terms, a: Floats, b: Floats, ceiling: Floats, inner: Flags
) -> tuple[Floats, Floats]:
    """Newton steps in log a and log b, damped as Levenberg and Marquardt do, for all groups."""
    point = np.log(np.stack([a, b]))
    damping = np.full(len(a), 1e-3)
    best = terms.likelihood(*np.exp(point))
    open_ = inner.copy()
    for _ in range(_STEPS):
        if not open_.any():
            break
        step = _step(terms, point, damping)
        step = np.clip(np.where(open_, step, 0.0), -2.0, 2.0)
        trial = point + step
        over = np.maximum(np.log(np.exp(trial).sum(axis=0) / ceiling), 0.0)
        trial = trial - over
        value = terms.likelihood(*np.exp(trial))
        better = open_ & (value >= best)
        moved = np.abs(trial - point).max(axis=0)
        point = np.where(better, trial, point)
        best = np.where(better, value, best)
        damping = np.clip(np.where(better, damping / 5, damping * 8), 1e-12, 1e13)
        open_ &= ~(better & (moved < _DONE)) & (damping < 1e12)
    solution: Floats = np.exp(point)
    return solution[0], solution[1]


def _step(terms: _Terms, point: Floats, damping: Floats) -> Floats:
    a, b = np.exp(point)
    at, bt, n, k = a[terms.group], b[terms.group], terms.n, terms.k
    with_ab, ab = special.digamma(n + at + bt), special.digamma(at + bt)
    both = terms.sum(ab - with_ab)
    g = np.stack(
        [
            terms.sum(special.digamma(k + at) - special.digamma(at)) + both,
            terms.sum(special.digamma(n - k + bt) - special.digamma(bt)) + both,
        ]
    )
    cross = terms.sum(special.polygamma(1, at + bt) - special.polygamma(1, n + at + bt))
    haa = terms.sum(special.polygamma(1, k + at) - special.polygamma(1, at)) + cross
    hbb = terms.sum(special.polygamma(1, n - k + bt) - special.polygamma(1, bt)) + cross
    # in the logarithms, with the negative Hessian made positive by the damping
    ga, gb = g[0] * a, g[1] * b
    waa, wbb, wab = -(haa * a * a + ga), -(hbb * b * b + gb), -(cross * a * b)
    scale = np.abs(waa) + np.abs(wbb) + np.abs(wab) + 1e-12
    low = (waa + wbb) / 2 - np.sqrt(((waa - wbb) / 2) ** 2 + wab**2)
    shift = damping * scale + np.maximum(-low, 0.0) * 1.01
    waa, wbb = waa + shift, wbb + shift
    determinant = waa * wbb - wab**2
    step: Floats = np.stack(
        [(wbb * ga - wab * gb) / determinant, (waa * gb - wab * ga) / determinant]
    )
    return np.nan_to_num(step, nan=0.0, posinf=0.0, neginf=0.0)


def interval(a: Floats, b: Floats, level: float) -> tuple[Floats, Floats]:
    """Ends of the equal-tailed credible interval of Beta(a, b), of a level as 0.95.

    >>> low, high = interval(np.array([3.5]), np.array([2.5]), 0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.209, 0.906)
    """
    tail = (1 - level) / 2
    ends: Floats = np.stack([special.betaincinv(a, b, tail), special.betaincinv(a, b, 1 - tail)])
    return ends[0], ends[1]
