"""Reads scores in order, gives where ranks begin: the next SKU that clearly differs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["starts"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[Any]

GLANCE: Final = 64
"""SKUs looked at first for the next one that can be told apart; twice as many each time after."""

STRIDE: Final = 1 << 16
"""Rows compared with their neighbours at once; it bounds the memory and changes no number."""


def starts(new_group: Flags, value: Floats, variance: Floats, score: float) -> Flags:
    """Rows that begin a rank: the first of a group, and who can be told apart from the leader.

    ``value`` ascends in each group and has a variance; ``score`` is the standard score from which
    two are told apart. The loop goes from leader to leader, not from SKU to SKU: each looks ahead
    over a window that doubles until someone can be told apart.
    """
    n = len(value)
    bar = score**2
    ends = np.append(new_group, True)
    last = np.append(new_group[1:], True)
    end = _upcoming(last, 1)
    # where each can be told apart from the very next, there is nothing to look for
    alike = ~last
    for at in range(0, n - 1, STRIDE):
        upto = min(at + STRIDE, n - 1)
        gap = np.diff(value[at : upto + 1])
        apart = bar * (variance[at + 1 : upto + 1] + variance[at:upto])
        alike[at:upto] &= (gap <= 0) | (gap**2 < apart)
    alike[-1:] = True
    alike = _upcoming(alike, 0)
    at = 0
    while at < n:
        if alike[at] > at:
            ends[at : alike[at] + 1] = True
            at = int(alike[at])
            continue
        lead, look, width = int(end[at]), at + 1, GLANCE
        while look < end[at]:
            upto = min(look + width, int(end[at]))
            ahead = value[look:upto] - value[at]
            apart = (ahead > 0) & (ahead**2 >= bar * (variance[look:upto] + variance[at]))
            first = int(apart.argmax())
            if apart[first]:
                lead = look + first
                break
            look, width = upto, 2 * width
        ends[lead] = True
        at = lead
    return ends[:n]


def _upcoming(flag: Flags, more: int) -> Integers:
    """Place of the next flagged row, the row itself included, and more; the last is flagged."""
    kind = np.int32 if len(flag) < np.iinfo(np.int32).max else np.int64
    upcoming = np.full(len(flag), np.iinfo(kind).max, dtype=kind)
    upcoming[flag] = np.flatnonzero(flag) + more
    return np.asarray(np.minimum.accumulate(upcoming[::-1], out=upcoming[::-1])[::-1])
