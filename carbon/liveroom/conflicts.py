"""Reads rules of exposure, gives those that no allocation can keep together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil
from typing import Final

import numpy as np

from carbon.base.arrays import Flags, Floats
from carbon.base.words import spoken
from carbon.liveroom.entropy import Rulebook, largest
from carbon.liveroom.policy import ExposureRules

__all__ = ["RULES", "ExposureConflict", "conflicts", "head_of", "rulebook"]

RULES: Final = ("floor", "room_cap", "head_cap", "largest_loss")
"""Rules that can contradict each other, by their keys in the policy file."""

SLACK: Final = 1e-12
"""Contradiction that is rounding [share]."""


@dataclass(frozen=True)
class ExposureConflict:
    """Rules that contradict each other, none of which can be left out of the contradiction.

    They are of :data:`RULES`; ``en`` and ``zh`` say what they ask for and what is possible.
    """

    rules: tuple[str, ...]
    en: str
    zh: str


def rulebook(
    base: Floats, small: Flags, rules: ExposureRules, names: Sequence[str] = RULES
) -> Rulebook:
    """The rules named, of :data:`RULES`, as bounds on the shares of rooms, of shape (n,).

    ``base`` are shares of the baseline, above 0; ``small`` flags rooms of small merchants.
    """
    n = len(base)
    head = head_of(rules, n)
    kept = 1 - rules.largest_loss.value if "largest_loss" in names else 0.0
    cap = rules.room_cap.value if "room_cap" in names else 1.0
    return Rulebook(
        small,
        base * kept,
        np.full(n, cap),
        rules.floor.value if "floor" in names else 0.0,
        head,
        rules.head_cap.value if "head_cap" in names and head < n else 1.0,
    )


def head_of(rules: ExposureRules, rooms: int) -> int:
    """How many of so many rooms are the head, at least one."""
    return max(1, min(int(rules.head_size.value), ceil(rooms * rules.head_part.value)))


def conflicts(
    base: Floats, small: Flags, rooms: Sequence[str], rules: ExposureRules
) -> list[ExposureConflict]:
    """Smallest sets of rules that no allocation keeps: single rules first, then pairs, and so on.

    Exact, without a solver: shares filled up to one level from their lower bounds are the least
    concentrated that the bounds allow (Marshall, Olkin and Arnold, Inequalities, 2011, chapter 1),
    so that no other shares have a smaller head; with a floor, small and other rooms have a level
    each.
    """
    conflicts_found: list[ExposureConflict] = []
    for size in range(1, len(RULES) + 1):
        for names in combinations(RULES, size):
            if any(set(conflict.rules) <= set(names) for conflict in conflicts_found):
                continue
            why = _impossible(base, rooms, rulebook(base, small, rules, names))
            if why is not None:
                conflicts_found.append(ExposureConflict(names, why["en"], why["zh"]))
    return conflicts_found


def _impossible(base: Floats, rooms: Sequence[str], book: Rulebook) -> dict[str, str] | None:
    """What cannot be kept, by language; None if all can."""
    count = len(base)
    crossed = book.low - book.high
    if crossed.max() > SLACK:
        at = int(crossed.argmax())
        return spoken(
            "exposure.crossed",
            count=int((crossed > SLACK).sum()),
            room=rooms[at],
            base=base[at],
            kept=book.low[at],
            cap=book.high[at],
        )
    capacity = float(book.high.sum())
    if capacity < 1 - SLACK:
        return spoken("exposure.too_few", count=count, cap=book.high[0], capacity=capacity)
    small, others = book.small, ~book.small
    if book.floor > 0 and not small.any():
        return spoken("exposure.no_small", floor=book.floor)
    taken = float(book.low[others].sum())
    most = min(float(book.high[small].sum()), 1 - taken)
    if book.floor > most + SLACK:
        theirs = int(small.sum())
        return spoken(
            "exposure.floor_above", floor=book.floor, count=theirs, most=most, taken=taken
        )
    if book.head_cap < 1:
        least = largest(_flattest(book), book.head)
        if least > book.head_cap + SLACK:
            return spoken(
                "exposure.head_below", head=book.head, count=count, cap=book.head_cap, least=least
            )
    return None


def _flattest(book: Rulebook) -> Floats:
    """The least concentrated shares within bounds and floor."""
    share = _filled(book.low, book.high, 1.0)
    if share[book.small].sum() < book.floor:
        for part, sum_ in ((book.small, book.floor), (~book.small, 1 - book.floor)):
            if part.any():
                share[part] = _filled(book.low[part], book.high[part], sum_)
    return share


def _filled(low: Floats, high: Floats, total: float) -> Floats:
    """Shares between bounds that come as near to one level as they can, and sum to a total."""
    knots = np.unique(np.concatenate([low, high]))

    def above(bounds: Floats) -> Floats:
        """Sum of max(knot − bound, 0) at each knot."""
        bounds = np.sort(bounds)
        count = np.searchsorted(bounds, knots)
        passed = np.concatenate([[0.0], np.cumsum(bounds)])[count]
        return np.asarray(knots * count - passed, dtype=np.float64)

    # the sum of clip(level, low, high) at each knot; straight between knots
    filled = low.sum() + above(low) - above(high)
    level = float(np.interp(total, np.maximum.accumulate(filled), knots))
    return np.asarray(np.clip(level, low, high), dtype=np.float64)
