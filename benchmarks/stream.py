"""Runs that are killed and go on, runs of what has changed, and intervals batch by batch."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.catalogue import wide, write_parquet
from benchmarks.harness import CARBON, Bound, Note, Row, Told, command, subject
from carbon.study import Study


@subject(
    "streaming",
    small={"rows": 8, "kills": 1, "drawn": 20, "draws": 20, "workers": ("--workers", 1)},
    order=16,
)
def run(
    rows: int = 200_000,
    kills: int = 10,
    drawn: int = 100_000,
    draws: int = 1000,
    workers: tuple[object, ...] = (),
) -> Iterator[Told]:
    """`carbon footprint IN.parquet -o out.parquet`, killed at random, since a manifest, drawn."""
    study = Study()
    study.unit_impacts  # noqa: B018  in the cache, as in daily use
    study.sampler(draws)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = write_parquet(rows, folder / "in.parquet")
        step = max(rows // 20, 1)
        whole, first = folder / "whole.parquet", folder / "first.json"
        words = ("footprint", source, "-o", whole, "--draws", 0, "--batch", step, *workers)
        seconds, peak = command(*words, "--manifest", first, repeat=1)
        yield Row("whole, with a manifest by SKU", seconds, rows, "SKU", peak)
        done = _killed(source, folder / "killed.parquet", step, kills, workers)
        alike = (folder / "killed.parquet").read_bytes() == whole.read_bytes()
        yield Bound(f"killed {done} times, bytes as if never", float(alike), least=1)

        table = wide(rows)
        table.loc[:: max(rows // 100, 1), "mass_g"] = "250"
        changed = folder / "changed.parquet"
        table.to_parquet(changed, index=False)
        words = ("footprint", changed, "-o", folder / "new.parquet", "--draws", 0)
        again, peak = command(*words, "--previous-run", first, "--batch", step, repeat=1)
        yield Row("since that manifest, 1 % or less changed", again, rows, "SKU", peak)
        yield Bound("since the manifest / whole, time", again[0] / seconds[0])

        few = write_parquet(drawn, folder / "few.parquet")
        words = ("footprint", few, "-o", folder / "drawn.parquet", "--batch", max(drawn // 4, 1))
        seconds, peak = command(*words, *workers, "--draws", draws, repeat=1)
        row = Row(f"{draws:,} draws, intervals and quality", seconds, drawn, "SKU", peak)
        yield row
        yield Bound(f"SKUs with {draws:,} draws [1/s]", drawn / row.seconds, least=8000)
        frame = pd.read_parquet(folder / "drawn.parquet", columns=["low_kg", "high_kg"])
        if not (frame["low_kg"] < frame["high_kg"]).all():
            raise AssertionError("an interval is empty")
        yield Note(
            f"Killed runs were ended by SIGKILL at random moments; batches of {step:,} SKUs."
        )


def _killed(source: Path, target: Path, step: int, kills: int, workers: tuple[object, ...]) -> int:
    """Kill a run again and again, and let it end; how often it was killed."""
    moments, done = random.Random(20261111), 0
    words = [CARBON, "footprint", source, "-o", target, "--draws", 0, "--batch", step, *workers]
    parts = target.with_name(f".{target.name}.run") / "parts"
    if not Path(CARBON).exists():
        words[:1] = [sys.executable, "-c", "from carbon.cli.main import main; main()"]
    while True:
        resume = ["--resume"] if parts.exists() else []
        process = subprocess.Popen(
            [str(word) for word in [*words, *resume]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        had = len(list(parts.glob("*.done")))
        while done < kills and process.poll() is None:
            if len(list(parts.glob("*.done"))) > had:  # it got somewhere
                time.sleep(moments.uniform(0, 0.5))
                process.kill()
                process.wait()
                done += 1
                break
            time.sleep(0.02)
        else:
            if process.wait() > 1:
                raise subprocess.CalledProcessError(process.returncode, words)
            shutil.rmtree(parts.parent, ignore_errors=True)
            return done
