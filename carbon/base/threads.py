"""Reads the machine, gives how many threads may work at once."""

from __future__ import annotations

import os

__all__ = ["cores", "use_threads", "workers"]

_threads: list[int] = []


def use_threads(count: int) -> None:
    """Let so many threads of this process work at once, for others work beside it."""
    _threads[:] = [count]


def workers() -> int:
    """Threads that may work at once."""
    return _threads[0] if _threads else cores()


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
