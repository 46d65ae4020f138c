"""Real commands in processes of their own, that are killed while they run."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CARBON: Final = [
    sys.executable,
    "-c",
    "from carbon.cli.main import main; main(prog_name='carbon')",
]


def parts_of(out: Path) -> Path:
    """Where the parts of a run lie until its result is whole."""
    return out.with_name(f".{out.name}.run") / "parts"


def wait_for_parts(process: subprocess.Popen, out: Path, count: int = 1) -> None:
    """Wait until a run has finished some parts, or has ended."""
    while process.poll() is None and len(list(parts_of(out).glob("*.done"))) < count:
        time.sleep(0.005)


def killed(
    words: list[object], out: Path, *, seed: int, most: int, late: float, kills: int = 1
) -> Iterator[subprocess.Popen | None]:
    """Kill a command at random moments, each time after it got somewhere, and let it go on.

    Parameters
    ----------
    words : list
        The command, without ``--resume``.
    out : pathlib.Path
        Its result.
    seed : int
        Of the moments.
    most : int
        Parts at which it is killed at the latest.
    late : float
        How long after a part it is killed at most [s].
    kills : int
        How often; the second interrupts a run that goes on already.

    Yields
    ------
    subprocess.Popen or None
        None after it was killed; then the process that may end.
    """
    moments, done = random.Random(seed), 0
    while True:
        process = subprocess.Popen(
            [str(word) for word in [*words, *(["--resume"] if done else [])]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        had = len(list(parts_of(out).glob("*.done")))
        wait_for_parts(process, out, min(had, most) + 1)
        time.sleep(moments.uniform(0, late))
        if done == kills or process.poll() is not None:
            yield process
            return
        process.kill()
        process.wait()
        done += 1
        yield None
