"""What the timed subjects share: how they are registered, timed and told.

A subject is a generator in a file of its own, marked with :func:`subject`; it yields what it
measured (:class:`Row`) and what the project promises of it (:class:`Bound`).
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import pkgutil
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psutil

ROOT = Path(__file__).resolve().parents[1]
CARBON = Path(sys.executable).parent / "carbon"


@dataclass(frozen=True)
class Row:
    """What was measured of one way to an answer.

    Parameters
    ----------
    name : str
        What was done.
    runs : tuple of float
        Seconds of each repeat.
    items : int
        How many answers a run gave.
    item : str
        What an answer is: a SKU, a room, a draw.
    peak_mb : float, optional
        Peak memory of the process and its children [MB], where it ran in one of its own.
    """

    name: str
    runs: tuple[float, ...]
    items: int = 1
    item: str = "SKU"
    peak_mb: float | None = None

    @property
    def seconds(self) -> float:
        """Median of the runs [s]."""
        return statistics.median(self.runs)

    @property
    def each(self) -> float:
        """Median per answer [s]."""
        return self.seconds / self.items


@dataclass(frozen=True)
class Bound:
    """A figure of this run and what is promised of it.

    Parameters
    ----------
    name : str
        Ratio or quantity, with its unit in brackets.
    value : float
        As measured in this run.
    least, most : float, optional
        What it must reach, or must not pass; neither if it is only told.
    """

    name: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)


@dataclass(frozen=True)
class Note:
    """A sentence for the page.

    Parameters
    ----------
    text : str
        Markdown.
    """

    text: str


Told = Row | Bound | Note
BRIEF: Final = 20.0
"""A run so short [s] is repeated to look at its memory."""

SELDOM: Final = 100
"""How many times longer than it takes to look at memory it is not looked at."""

KINDS: dict[str, type[Row] | type[Bound] | type[Note]] = {
    kind.__name__: kind for kind in (Row, Bound, Note)
}


class SkippedError(Exception):
    """What a way to an answer needs is not installed; the reason stands on the page."""


@dataclass(frozen=True)
class Subject:
    """A registered subject.

    Parameters
    ----------
    name : str
        On the command line and as a heading of the page.
    run : callable
        Yields rows, bounds and notes; its defaults are the full size.
    small : dict
        Arguments with which it is also run by ``make test``, untimed.
    order : int
        Place on the page.
    """

    name: str
    run: Callable[..., Iterator[Told]]
    small: dict[str, Any]
    order: int


APART = True
"""Whether commands run in processes of their own; the tests, which time nothing, run them here."""

SUBJECTS: dict[str, Subject] = {}
"""Filled by :func:`subject` when :func:`every` imports the files beside this one."""


def subject(
    name: str, *, small: dict[str, Any], order: int = 50
) -> Callable[[Callable[..., Iterator[Told]]], Callable[..., Iterator[Told]]]:
    """Register a generator as a timed subject.

    Parameters
    ----------
    name : str
        On the command line and as a heading of the page.
    small : dict
        Arguments of a run that takes a second or two.
    order : int
        Place on the page; the pipeline comes first.
    """

    def register(run: Callable[..., Iterator[Told]]) -> Callable[..., Iterator[Told]]:
        SUBJECTS[name] = Subject(name, run, small, order)
        return run

    return register


def every() -> dict[str, Subject]:
    """All subjects, in the order of the page."""
    package = importlib.import_module("benchmarks")
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"benchmarks.{module.name}")
    return {one.name: one for one in sorted(SUBJECTS.values(), key=lambda s: (s.order, s.name))}


def timed(call: Callable[[], object], repeat: int = 3) -> tuple[float, ...]:
    """Seconds of each of several calls, what they return thrown away."""
    runs = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        runs.append(time.perf_counter() - start)
    return tuple(runs)


def command(*words: object, repeat: int = 3) -> tuple[tuple[float, ...], float]:
    """Seconds and peak memory [MB] of a ``carbon`` command, interpreter and children included.

    Raises
    ------
    subprocess.CalledProcessError
        If it computed nothing (exit code above 1).
    """
    if not APART:
        from click.testing import CliRunner

        from carbon.cli.main import main

        start = time.perf_counter()
        result = CliRunner().invoke(main, [str(word) for word in words])
        if result.exit_code > 1:
            raise subprocess.CalledProcessError(result.exit_code, words, result.output)
        return (time.perf_counter() - start,), 0.0
    return alone([CARBON, *words], repeat=repeat)[:2]


def snippet(code: str, *words: object, repeat: int = 1) -> tuple[tuple[float, ...], float]:
    """Seconds that a piece of Python prints, and peak memory [MB] of the process it ran in.

    The piece finds the words in ``sys.argv[1:]`` and prints one number last, so that it can
    leave its own preparation out of the time.
    """
    if not APART:
        return (_inside(code, words),), 0.0
    runs, peaks = [], []
    for _ in range(repeat):
        _, peak, out = alone([sys.executable, "-c", code, *words], repeat=1)
        runs.append(float(out.split()[-1]))
        peaks.append(peak)
    return tuple(runs), max(peaks)


def _inside(code: str, words: Sequence[object]) -> float:
    """The same in this process, which has read its libraries already."""
    before, printed = sys.argv, io.StringIO()
    sys.argv = ["-c", *map(str, words)]
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "<snippet>", "exec"), {"__name__": "__main__"})  # ours, not a user's
    finally:
        sys.argv = before
    return float(printed.getvalue().split()[-1])


def alone(words: Sequence[object], *, repeat: int) -> tuple[tuple[float, ...], float, str]:
    """Run a command in processes of its own: seconds, peak memory [MB], last output.

    To look at memory takes time, so that a short run is looked at closely once more, untimed.
    """
    runs, peak, out = [], 0.0, b""
    while len(runs) < repeat or (len(runs) == repeat and max(runs) < BRIEF):
        closely = len(runs) == repeat
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        peak = max(peak, _peak(process, closely))
        out = process.communicate()[0]
        runs.append(time.perf_counter() - start)
        if process.returncode > 1 or process.returncode < 0:
            raise subprocess.CalledProcessError(process.returncode, process.args, out)
    return tuple(runs[:repeat]), peak, out.decode()


def _peak(process: subprocess.Popen[bytes], closely: bool) -> float:
    """Peak memory [MB] of a process and its children until it ends.

    Pages that several of them share are counted once, where the system tells (Linux: PSS).
    """
    peak, watched = 0.0, psutil.Process(process.pid)
    while process.poll() is None:
        used, start = 0.0, time.perf_counter()
        try:
            family = [watched, *watched.children(recursive=True)]
            for member in family:
                memory = member.memory_full_info() if len(family) > 1 else member.memory_info()
                used += getattr(memory, "pss", memory.rss) / 1e6
        except psutil.Error:
            pass
        peak = max(peak, used)
        looked = time.perf_counter() - start
        _wait(process, 0.02 if closely else max(0.02, SELDOM * looked))
    return peak


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait, at most until a process ends."""
    if not hasattr(os, "pidfd_open"):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        return
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(process.pid)
        try:
            select.select([handle], [], [], seconds)
        finally:
            os.close(handle)


def dump(told: Told) -> str:
    """One line of JSON."""
    return json.dumps({"kind": type(told).__name__, **asdict(told)}, ensure_ascii=False)


def parse(line: str) -> Told:
    """What :func:`dump` wrote."""
    values = json.loads(line)
    kind = KINDS[values.pop("kind")]
    if kind is Row:
        values["runs"] = tuple(values["runs"])
    return kind(**values)
