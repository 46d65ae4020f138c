"""Intervals for a catalogue, beside Brightway's own Monte Carlo of one SKU."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks.catalogue import write
from benchmarks.footprint import _row, _timed, _watched
from carbon import stages
from carbon.background.brightway import draw_spreads, lca, sampled_package
from carbon.background.sampling import sample, spread
from carbon.background.unit_impacts import PARTS, characterization
from carbon.study import Study

ALONE = """
import sys, time
from carbon.study import Study
study = Study()
catalogue = study.catalogue(sys.argv[1])
draws = int(sys.argv[2])
study.footprints(catalogue.part(0, 10), draws=draws)
study.footprints(catalogue)
start = time.perf_counter()
study.footprints(catalogue)
middle = time.perf_counter()
study.footprints(catalogue, draws=draws)
print(time.perf_counter() - middle, middle - start)
"""


def run(rows: int = 100_000, draws: int = 1000, repeat: int = 3) -> list[dict[str, object]]:
    """Time the subject.

    Parameters
    ----------
    rows : int
        SKUs of the catalogue.
    draws : int
        Draws a SKU.
    repeat : int
        Runs; the median is reported, with the lowest and the highest.

    Returns
    -------
    list of dict
        ``subject, seconds, low, high, per_sku_us, peak_mb``.
    """
    study = Study()
    study.sampler(draws)  # the drawn background is in the cache, as in daily use
    with tempfile.TemporaryDirectory() as folder:
        source = write(rows, Path(folder) / "catalogue.csv")
        seconds, peaks = [], []
        for _ in range(repeat):
            whole, peak = _alone(source, draws)
            seconds.append(whole)
            peaks.append(peak)
        catalogue = study.catalogue(source).part(0, 1)
    background = _timed(lambda: sample(study.edition, study.method, draws, cache=False))
    inventory = stages.take(catalogue, study.boundary)
    matched, _ = study.match(inventory)
    unique, inverse = np.unique(matched, return_inverse=True)
    amounts = np.bincount(inverse, weights=inventory.amount)
    demand = dict(zip(unique.tolist(), amounts.tolist(), strict=True))
    once = [_monte_carlo(study, demand, draws) for _ in range(repeat)]
    return [
        _row(f"intervals and quality, {draws:,} draws, all stages", seconds, rows, max(peaks)),
        _row(f"drawing the background, {draws:,} draws, once an edition", [background], 1),
        _row(f"Brightway's Monte Carlo of one SKU, {draws:,} draws", once, 1),
    ]


def _alone(source: Path, draws: int) -> tuple[float, float]:
    """Seconds that intervals and quality add, and peak memory [MB] of a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", ALONE, source, str(draws)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
        env=os.environ,
    )
    peak = _watched(process)
    both, central = map(float, process.communicate()[0].split())
    return both - central, peak


def _monte_carlo(study: Study, demand: dict[int, float], draws: int) -> float:
    """Seconds of ``next(lca)`` for one SKU, set-up left out."""
    edition = study.edition
    flows = characterization(edition, study.method)
    total = {flow: float(vector[: len(PARTS)].sum()) for flow, vector in flows.items()}
    factors = draw_spreads(spread(edition), draws, 1)[edition.activities["published"].to_numpy()]
    one = lca(sampled_package(edition, total, factors), demand, use_arrays=True)
    one.lci()
    scores = np.empty(draws)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for draw in range(draws):
            next(one)
            scores[draw] = one.inventory.sum()
    if not scores.std() > 0:
        raise AssertionError("nothing was drawn; times do not compare")
    return time.perf_counter() - start
