"""Reads wished-for shares and rules, gives the nearest that keep them, in relative entropy.

minimise Σ x ln(x/t) − x + t  subject to  Σ x = 1,  low ≤ x ≤ high,
Σ x over small rooms ≥ floor,  the sum of the k largest x ≤ head cap.

The Lagrangian has one multiplier for each of the three sums, however many rooms there are: for
given multipliers each x follows in closed form, and the dual is a smooth convex function of three
variables (Boyd and Vandenberghe, Convex Optimization, 2004, chapter 5), minimised by projected
Newton steps (Bertsekas, SIAM J. Control Optim. 20, 1982, 221-246).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from carbon.base.arrays import Flags, Floats

__all__ = ["Nearest", "Rulebook", "largest", "nearest"]

TIGHT: Final = 1e-13
"""Violation of a sum at which the search stops [share]."""

STEPS: Final = 400
"""Newton steps at most; a usual case takes ten, rules that barely fit together some forty."""

HALVINGS: Final = 60
"""Times that a step is halved at most."""

ROUNDING: Final = 1e-13
"""Smallest change of the dual that can be seen [nat]."""

STRIDE: Final = 2.0
"""Largest change of a multiplier in one step, so that no exponential runs away."""


@dataclass(frozen=True)
class Rulebook:
    """Rules on shares of n rooms.

    - ``small`` (n,): rooms of small merchants
    - ``low``, ``high`` (n,): bounds of each share
    - ``floor``: least share of the small rooms together; 0 for none
    - ``head``: rooms that are the head
    - ``head_cap``: largest share of the head together; 1 for none
    """

    small: Flags
    low: Floats
    high: Floats
    floor: float
    head: int
    head_cap: float


@dataclass(frozen=True)
class Nearest:
    """The nearest shares and what each rule costs.

    - ``share`` (n,): they sum to 1
    - ``total``, ``floor``, ``head``: multipliers of the three sums [nat]: without other rules a
      room gets exp(total) of its wish, a small one exp(floor) times as much, one in the head
      exp(-head) times as much
    - ``in_head`` (n,): rooms that the head cap lowers
    """

    share: Floats
    total: float
    floor: float
    head: float
    in_head: Flags


def largest(shares: Floats, count: int) -> float:
    """Sum of the ``count`` largest shares, of all if there are fewer.

    >>> largest(np.array([0.1, 0.5, 0.4]), 2)
    0.9
    """
    if count >= len(shares):
        return float(shares.sum())
    return float(np.partition(shares, len(shares) - count)[len(shares) - count :].sum())


@dataclass(frozen=True)
class _Point:
    """Shares at given multipliers, with the level of the head."""

    share: Floats
    level: float
    above: Flags
    tied: Flags
    weight: float
    """Part of each tied room that counts to the head."""


def _at(wish: Floats, rules: Rulebook, multipliers: Floats) -> _Point:
    """The shares that minimise the Lagrangian."""
    total, floor, head = (float(value) for value in multipliers)
    wanted = wish * np.exp(total + floor * rules.small)
    free = np.clip(wanted, rules.low, rules.high)
    if rules.head >= len(wish):
        nobody = np.zeros(len(wish), dtype=bool)
        return _Point(free, 0.0, nobody, nobody, 0.0)
    level = _level(wanted, free, rules, head)
    lowered = np.maximum(wanted * np.exp(-head), np.minimum(wanted, level))
    share = np.clip(lowered, rules.low, rules.high)
    inside = (share > rules.low) & (share < rules.high)
    tied = inside & (share == level)
    above = share > level
    count = int(tied.sum())
    weight = (rules.head - int(above.sum())) / count if count else 0.0
    return _Point(share, level, above, tied, float(np.clip(weight, 0, 1)))


def _level(wanted: Floats, free: Floats, rules: Rulebook, head: float) -> float:
    """Share above which a room is in the head: where as many rooms are as the head has.

    A room counts in full above the level and not at all below it; at the level it counts by the
    part of the head's multiplier that holds it there. That count falls with the level, piece by
    piece linear in its logarithm, so that the pieces are searched by halving.
    """
    count = rules.head
    if head <= 0:
        return float(np.partition(free, len(free) - count)[len(free) - count])
    least = np.clip(wanted * np.exp(-head), rules.low, rules.high)
    bottom = float(np.partition(least, len(least) - count)[len(least) - count])
    near = free >= bottom  # the others cannot reach the head
    y, low, high = wanted[near], rules.low[near], rules.high[near]

    def counted(level: float, *, just_below: bool) -> float:
        part = np.clip((np.log(y) - np.log(level)) / head, 0, 1)
        part[low >= level if just_below else low > level] = 1
        part[high < level if just_below else high <= level] = 0
        return float(part.sum())

    knots = np.concatenate([y, y * np.exp(-head), low, high])
    knots = np.unique(knots[(knots >= bottom) & (knots <= free.max())])
    first, last = 0, len(knots) - 1  # the first knot at which no more than the head are counted
    while first < last:
        middle = (first + last) // 2
        if counted(float(knots[middle]), just_below=False) <= count:
            last = middle
        else:
            first = middle + 1
    knot = float(knots[first])
    below = counted(knot, just_below=True)
    if first == 0 or below >= count:
        return knot
    before = float(knots[first - 1])
    at_before = counted(before, just_below=False)
    part = (at_before - count) / (at_before - below)
    return float(before * (knot / before) ** part)


def _sums(point: _Point, rules: Rulebook) -> Floats:
    """Gradient of the dual: how far each sum is from its rule."""
    small = float(point.share[rules.small].sum())
    over = 0.0
    if rules.head < len(point.share):
        top = np.maximum(point.share - point.level, 0).sum()
        over = rules.head * point.level + float(top)
    return np.array([point.share.sum() - 1, small - rules.floor, rules.head_cap - over])


def _curvature(point: _Point, rules: Rulebook) -> Floats:
    """Hessian of the dual: how the sums answer to the multipliers."""
    share, small = point.share, rules.small.astype(np.float64)
    free = (share > rules.low) & (share < rules.high) & ~point.tied
    moved = share * free
    columns = np.column_stack([np.ones(len(share)), small, -point.above.astype(np.float64)])
    curvature = (columns * moved[:, None]).T @ columns
    if point.tied.any():
        together = np.array([1.0, small[point.tied].mean(), -point.weight])
        curvature += share[point.tied].sum() * np.outer(together, together)
    return np.asarray(curvature, dtype=np.float64)


def _height(wish: Floats, point: _Point, rules: Rulebook, multipliers: Floats) -> float:
    """Value of the dual, to be minimised."""
    share = point.share
    distance = share @ np.log(share / wish, where=share > 0, out=np.zeros(len(share))) - share.sum()
    return float(multipliers @ _sums(point, rules) - distance)


def nearest(wish: Floats, rules: Rulebook) -> Nearest:
    """Nearest shares to those wished for, all above 0, that keep rules which some shares can keep.

    >>> small = np.array([True, False, False])
    >>> rules = Rulebook(small, np.zeros(3), np.ones(3), floor=0.3, head=3, head_cap=1.0)
    >>> nearest(np.array([0.1, 0.3, 0.6]), rules).share.round(3).tolist()
    [0.3, 0.233, 0.467]
    """
    at = np.zeros(3)
    point = _at(wish, rules, at)
    slope = _sums(point, rules)
    height = _height(wish, point, rules, at)
    for _ in range(STEPS):
        pushed = np.array([True, at[1] > 0 or slope[1] < 0, at[2] > 0 or slope[2] < 0])
        if np.abs(slope[pushed]).max() <= TIGHT:
            break
        step = np.zeros(3)
        curve = _curvature(point, rules)[np.ix_(pushed, pushed)]
        ridge = 1e-12 * np.trace(curve) + 1e-300  # where every room stands at a bound it is flat
        step[pushed] = -np.linalg.solve(curve + ridge * np.eye(len(curve)), slope[pushed])
        step *= min(1.0, STRIDE / np.abs(step).max())
        for _ in range(HALVINGS):
            there = at + step
            there[1:] = np.maximum(there[1:], 0)
            new = _at(wish, rules, there)
            gain = height - (new_height := _height(wish, new, rules, there))
            # the height cannot tell steps apart below its own rounding
            if gain >= 1e-4 * slope @ (at - there) or abs(gain) < ROUNDING:
                break
            step /= 2
        at, point, height = there, new, new_height
        slope = _sums(point, rules)
    lowered = point.above | point.tied if at[2] > 0 else np.zeros(len(wish), dtype=bool)
    return Nearest(point.share, float(at[0]), float(at[1]), float(at[2]), lowered)
