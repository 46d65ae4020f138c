"""Reads tasks, gives their results from worker processes that may die."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, TypeVar

from carbon.base.errors import OutputError

__all__ = ["Workers", "settle"]

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")

AHEAD: Final = 1
"""Tasks that wait for a worker, so that none waits for a task."""

DEATH: Final = 1
"""Setting of prctl: the signal that a process gets when its parent dies (PR_SET_PDEATHSIG)."""

DECAY: Final = 10_000
"""How long Arrow keeps what is free [ms]: half as many page faults as with its usual choice."""

KEPT: Final = {-1: 1 << 28, -3: 1 << 25}
"""Settings of mallopt: free bytes that are kept (M_TRIM_THRESHOLD), size of what is not
(M_MMAP_THRESHOLD)."""


def _begin(parent: int, threads: int, begin: Callable[[Any], None], state: Any) -> None:
    """First act of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)  # nobody would take the answer

    if sys.platform == "linux":  # at once: a run that goes on must not meet writers of the last one
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(DEATH, signal.SIGKILL)
    threading.Thread(target=watch, daemon=True).start()
    settle(threads)
    begin(state)


def settle(threads: int) -> None:
    """Make a process one that works on batch after batch, with some threads.

    What is freed is kept a while, for the next batch asks for as much again, and what is there
    already is not searched for rubbish again and again. ``threads``: of Arrow and of the drawing of
    intervals.
    """
    import pyarrow as pa

    from carbon.base.threads import use_threads

    pa.set_cpu_count(threads)
    use_threads(threads)
    gc.freeze()
    if "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())
        pa.jemalloc_set_decay_ms(DECAY)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            for option, value in KEPT.items():
                library.mallopt(option, value)


class Workers:
    """Workers of one run.

    ``workers``: processes; with 1 the work is done in this one; ``begin``: called with the state in
    each worker before it works; ``state``: shared without a copy where processes fork, else sent
    once to each.
    """

    def __init__(self, workers: int, begin: Callable[[Any], None], state: Any) -> None:
        self.workers, self._begin, self._state = workers, begin, state
        self._executor: ProcessPoolExecutor | None = None
        if workers == 1:
            begin(state)

    def each(
        self, function: Callable[[Thing], Answer], things: Iterable[Thing]
    ) -> Iterator[tuple[Thing, Answer]]:
        """Apply a function to many things; they come back in their order, each with its answer.

        ``function``: known by name to every process; ``things``: taken as workers become free.
        Raises B004 if a worker dies twice of the same thing.
        """
        if self.workers == 1:
            for thing in things:
                yield thing, function(thing)
            return
        waiting: deque[tuple[Thing, Future[Answer]]] = deque()
        source, ended = iter(things), False
        while True:
            while not ended and len(waiting) < self.workers + AHEAD:
                try:
                    thing = next(source)
                except StopIteration:
                    ended = True
                    break
                waiting.append((thing, self._submit(function, thing)))
            if not waiting:
                return
            thing, future = waiting.popleft()
            try:
                yield thing, future.result()
            except BrokenProcessPool:
                # one of them was its death: each is tried alone
                for again in (thing, *(other for other, _ in waiting)):
                    yield again, self._alone(function, again)
                waiting.clear()

    def _alone(self, function: Callable[[Thing], Answer], thing: Thing) -> Answer:
        self.close()
        try:
            return self._submit(function, thing).result()
        except BrokenProcessPool:
            raise OutputError("B004", value=str(getattr(thing, "label", thing))[:80]) from None

    def _submit(self, function: Callable[[Thing], Answer], thing: Thing) -> Future[Answer]:
        if self._executor is None:
            from carbon.base.threads import cores

            # Typst leaves threads behind, whose locks a forked process would wait for
            forks = sys.platform == "linux" and "typst" not in sys.modules
            method = "fork" if forks else "spawn"
            self._executor = ProcessPoolExecutor(
                self.workers,
                multiprocessing.get_context(method),
                _begin,
                (os.getpid(), max(1, cores() // self.workers), self._begin, self._state),
            )
        try:
            return self._executor.submit(function, thing)
        except BrokenProcessPool as broken:
            failed: Future[Answer] = Future()
            failed.set_exception(broken)
            return failed

    def close(self) -> None:
        """End the workers at once."""
        if self._executor is None:
            return
        processes = list((self._executor._processes or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        self._executor = None
