"""Reads counts and values, gives the test statistics of suspicious patterns [1]."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import betainc, betaln, ndtr
from scipy.stats import binom, false_discovery_control

from carbon.base.arrays import Floats, Integers

__all__ = [
    "adjusted",
    "beta_binomial_tail",
    "bunching",
    "clones",
    "folded",
    "heavier",
    "missing",
    "overdispersion",
    "robust_z",
]

Codes = Integers

MAD_TO_SD: Final = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

SMALL: Final = 0.02
"""Probability below which its digits matter."""

BARELY: Final = 1e-8
"""Correlation that stands for none, and its distance from 1."""

BLOCK: Final = 5_000
"""Rows whose sums are taken at once; it bounds the memory."""


def adjusted(p: Floats) -> Floats:
    """P-values adjusted for the number of tests (Benjamini and Hochberg 1995); NaN stays.

    >>> adjusted(np.array([0.01, np.nan, 0.04])).tolist()
    [0.02, nan, 0.04]
    """
    values = np.full(len(p), np.nan)
    known = ~np.isnan(p)
    if known.any():
        values[known] = false_discovery_control(p[known])
    return values


def bunching(
    position: Floats, group: Codes, groups: int, window: float
) -> tuple[Integers, Floats, Floats]:
    """Whether a group has more just under a bound than its density explains.

    ``position`` is the logarithm of ratio over bound, at most 0 under it; ``group`` is -1 for none.
    Given are the SKUs in two windows under the bound and two above it, in ascending order, of shape
    (groups, 4); by group the share just under among just under and just over, if the density has no
    jump; and a one-sided p-value.

    After McCrary (J. Econometrics 142, 2008, 698-714): the logarithm of the density is continued
    from both sides to the bound and the jump is tested. Here each side has two windows: where the
    logarithm is linear or quadratic in the position, ln(n2/n3) = ln(n1/n4)/3, so that the slope
    of the density is not taken for bunching. Given their sum, n2 is binomial with the share that
    follows; its variance holds that of the slope too. Normal, with continuity correction.

    >>> even = np.linspace(-0.0999, 0.0999, 400)
    >>> counts, expected, p = bunching(even, np.zeros(400, dtype=np.int64), 1, 0.05)
    >>> counts.tolist(), expected.tolist(), bool(p[0] > 0.4)
    ([[100, 100, 100, 100]], [0.5], True)
    """
    at = np.ceil(position / window).astype(np.int64) + 1  # (−2w, −w] is window 0
    here = (at >= 0) & (at < 4) & (group >= 0)
    counts = np.bincount(group[here] * 4 + at[here], minlength=groups * 4).reshape(groups, 4)
    outer = counts[:, [0, 3]] + 0.5
    slope = np.log(outer[:, 0] / outer[:, 1]) / 3
    expected = 1 / (1 + np.exp(-slope))
    here = counts[:, 1:3].sum(axis=1)
    chance = here * expected * (1 - expected)
    variance = chance + chance**2 * (1 / outer).sum(axis=1) / 9
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (counts[:, 1] - here * expected - 0.5) / np.sqrt(variance)
    return counts, expected, np.where(here > 0, ndtr(-score), 1.0)


def folded(names: pd.Series) -> pd.Series:
    """Names without case, width, spaces and punctuation.

    >>> folded(pd.Series(["Silk-Dress （Ａ）", None])).tolist()
    ['silkdressa', '']
    """
    text = names.astype("str").fillna("").str.normalize("NFKC").str.lower()
    return text.str.replace(r"[\W_]+", "", regex=True)


def clones(
    exact: Sequence[Sequence[Any]], near: Sequence[Sequence[Floats]], tolerance: float
) -> Codes:
    """Sets of rows that are the same in every exact column and nearly so in every number.

    Each pair of ``exact`` and ``near`` is a fingerprint: columns that must be equal and numbers
    that must be near; a row with an unknown number has none, rows that share any are one set, -1 is
    a row like no other. Numbers within the relative ``tolerance`` are found for certain; up to
    twice as large a difference may be.

    No pairs are compared: numbers are put on a logarithmic grid of twice the tolerance, and on the
    same grid moved by half a cell, in every combination, so that two numbers within the tolerance
    meet in one cell of some grid. Rows of a cell are linked, and linked rows are a set.

    >>> mass = np.array([1.0, 1.005, 2.0])
    >>> clones([[np.array(["a", "a", "a"])]], [[mass]], 0.01).tolist()
    [0, 0, -1]
    """
    n = len(exact[0][0])
    left, right = [], []
    cell = 2 * np.log1p(tolerance)
    for same, numbers in zip(exact, near, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = [np.log(values) / cell for values in numbers]
        rows = np.flatnonzero(np.all([np.isfinite(values) for values in scaled], axis=0))
        base = pd.DataFrame({str(i): np.asarray(values)[rows] for i, values in enumerate(same)})
        seed = pd.util.hash_pandas_object(base, index=False).to_numpy()
        for shift in product((0.0, 0.5), repeat=len(numbers)):
            cells = np.array(
                [np.floor(values[rows] + by) for values, by in zip(scaled, shift, strict=True)]
            )
            table = pd.DataFrame(cells.T.astype(np.int64)).assign(seed=seed)
            mark = pd.util.hash_pandas_object(table, index=False).to_numpy()
            order = np.argsort(mark, kind="stable")
            linked = np.flatnonzero(np.diff(mark[order].view(np.int64)) == 0)
            left.append(rows[order[linked]])
            right.append(rows[order[linked + 1]])
    edges = np.concatenate(left), np.concatenate(right)
    graph = sparse.coo_matrix((np.ones(len(edges[0])), edges), shape=(n, n))
    _, label = sparse.csgraph.connected_components(graph, directed=False)
    size = np.bincount(label, minlength=n)
    return np.where(size[label] > 1, label, -1).astype(np.int64)


def robust_z(values: Floats, group: Codes, groups: int, least: int) -> Floats:
    """Distance from the median of the group in robust standard deviations, of shape (n,).

    NaN where the group has fewer than ``least`` known values or half of it has one value.

    Modified z-score of Iglewicz and Hoaglin (How to Detect and Handle Outliers, ASQC, 1993):
    median and median absolute deviation, which the outliers themselves cannot move.

    >>> z = robust_z(np.array([1.0, 2.0, 3.0, 4.0, -9.0]), np.zeros(5, np.int64), 1, 3)
    >>> z.round(2).tolist()
    [-0.67, 0.0, 0.67, 1.35, -7.42]
    """
    known = np.isfinite(values) & (group >= 0)
    table = pd.Series(values[known]).groupby(group[known])
    middle = table.median().reindex(range(groups)).to_numpy()
    count = table.count().reindex(range(groups), fill_value=0).to_numpy()
    away = values - np.where(group >= 0, middle[group], np.nan)
    spread = pd.Series(np.abs(away[known])).groupby(group[known]).median()
    scale = MAD_TO_SD * spread.reindex(range(groups)).to_numpy()
    scale = np.where((count >= least) & (scale > 0), scale, np.nan)
    return np.where(known, away / scale[group], np.nan)


def overdispersion(
    hits: Floats, trials: Floats, group: Codes, groups: int
) -> tuple[Floats, Floats]:
    """Mean rate of each group, and how much rates differ beyond chance.

    That is the correlation within a row, ρ = 1/(α+β+1) of the beta-binomial distribution, by
    moments; 0 if rates differ by chance alone.

    >>> mean, correlation = overdispersion(
    ...     np.array([10.0, 30.0]), np.array([100.0, 100.0]), np.zeros(2, np.int64), 1
    ... )
    >>> mean.tolist(), correlation.round(3).tolist()
    ([0.2], [0.116])
    """
    rate = hits / trials
    count = np.bincount(group, minlength=groups).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, rate, groups) / count
        variance = np.bincount(group, (rate - mean[group]) ** 2, groups) / (count - 1)
        chance = np.bincount(group, 1 / trials, groups) / count
        binomial = mean * (1 - mean)
        correlation = (variance / binomial - chance) / (1 - chance)
    return mean, np.clip(np.nan_to_num(correlation), 0, 1)


def beta_binomial_tail(hits: Floats, trials: Floats, mean: Floats, correlation: Floats) -> Floats:
    """Probability of so few hits or fewer, with mean and correlation of :func:`overdispersion`.

    Where it is small, the sum over the beta-binomial distribution; elsewhere, where nothing depends
    on its digits, that of the beta distribution of the same mean and variance.

    >>> from scipy.stats import betabinom
    >>> tail = beta_binomial_tail(*(np.array([v]) for v in (6.0, 200.0, 0.2, 0.05)))
    >>> bool(abs(tail[0] / betabinom.cdf(6, 200, 3.8, 15.2) - 1) < 1e-9)
    True
    """
    correlation = np.clip(correlation, BARELY, 1 - BARELY)
    part = (1 + (trials - 1) * correlation) / trials  # variance over mean·(1 − mean)
    total = 1 / part - 1
    with np.errstate(invalid="ignore"):
        reached = np.clip((hits + 0.5) / trials, 0, 1)
        tail = np.asarray(betainc(mean * total, (1 - mean) * total, reached), dtype=np.float64)
    small = np.flatnonzero(tail < SMALL)
    for start in range(0, len(small), BLOCK):
        rows = small[start : start + BLOCK]
        tail[rows] = _summed(hits[rows], trials[rows], mean[rows], correlation[rows])
    return tail


def _summed(hits: Floats, trials: Floats, mean: Floats, correlation: Floats) -> Floats:
    """Sum of the beta-binomial distribution up to the hits."""
    terms = hits.astype(np.int64) + 1
    row = np.repeat(np.arange(len(hits)), terms)
    first = np.cumsum(terms) - terms
    k, n = np.arange(len(row)) - first[row], trials[row]
    total = 1 / correlation - 1
    alpha, beta = mean * total, (1 - mean) * total
    ways = -np.log1p(n) - betaln(n - k + 1, k + 1)
    weight = ways + betaln(k + alpha[row], n - k + beta[row]) - betaln(alpha, beta)[row]
    return np.asarray(np.bincount(row, np.exp(weight), len(hits)), dtype=np.float64)


def heavier(over: Codes, parcels: Codes) -> Floats:
    """Probability that so many parcels or more are too heavy, if half were (sign test).

    >>> heavier(np.array([5]), np.array([5])).tolist()
    [0.03125]
    """
    return np.asarray(binom.sf(over - 1, parcels, 0.5), dtype=np.float64)


def missing(without: Codes, number: Codes, others_without: Codes, others: Codes) -> Floats:
    """Probability that so many or more leave a datum out, if they were as the other merchants.

    One is added to both counts of the others, so that never having seen it does not make it
    impossible.

    >>> missing(*(np.array([value]) for value in (2, 2, 0, 98))).round(6).tolist()
    [0.0001]
    """
    share = (others_without + 1) / (others + 2)
    return np.asarray(binom.sf(without - 1, number, share), dtype=np.float64)
