"""Intervals for a catalogue, beside Brightway's own Monte Carlo of one SKU."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.catalogue import write
from benchmarks.harness import Bound, Row, Told, command, snippet, subject, timed
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
print(time.perf_counter() - middle - (middle - start))
"""


@subject("intervals", small={"rows": 40, "draws": 20, "repeat": 1}, order=20)
def run(rows: int = 100_000, draws: int = 1000, repeat: int = 3) -> Iterator[Told]:
    """What intervals and data quality add to central values, in one process."""
    study = Study()
    study.sampler(draws)  # the drawn background is in the cache, as in daily use
    with tempfile.TemporaryDirectory() as folder:
        source = write(rows, Path(folder) / "catalogue.csv")
        runs, peak = snippet(ALONE, source, draws, repeat=repeat)
        words = ("-o", Path(folder) / "out.parquet", "--draws", draws, "--no-resume")
        path, most = command("footprint", source, *words, repeat=repeat)
        catalogue = study.catalogue(source).part(0, 1)
    whole = Row(f"CSV to footprints with {draws:,} draws, all cores", path, rows, "SKU", most)
    yield whole
    drawn = Row(f"intervals and quality, {draws:,} draws, all stages", runs, rows, "SKU", peak)
    yield drawn
    drawing = timed(lambda: sample(study.edition, study.method, draws, cache=False), repeat)
    yield Row(f"drawing the background, {draws:,} draws, once an edition", drawing)
    inventory = stages.take(catalogue, study.boundary)
    matched, _ = study.match(inventory)
    unique, inverse = np.unique(matched, return_inverse=True)
    amounts = np.bincount(inverse, weights=inventory.amount)
    demand = dict(zip(unique.tolist(), amounts.tolist(), strict=True))
    one = tuple(_monte_carlo(study, demand, draws) for _ in range(repeat))
    brightway = Row(f"Brightway's Monte Carlo of one SKU, {draws:,} draws", one)
    yield brightway
    yield Bound("SKUs a second with intervals, whole path", 1 / whole.each, least=8000)
    yield Bound(f"intervals and quality of {rows:,} SKUs [s]", drawn.seconds, most=12)
    yield Bound("intervals and quality, peak [MB]", peak, most=2000)
    yield Bound("Brightway's Monte Carlo / intervals, per SKU", brightway.each / drawn.each)


def _monte_carlo(study: Study, demand: dict[int, float], draws: int) -> float:
    """Seconds of ``next(lca)`` for one SKU, set-up left out."""
    edition = study.edition
    flows = characterization(edition, study.method)
    total = {flow: float(vector[: len(PARTS)].sum()) for flow, vector in flows.items()}
    published = edition.activities["published"].to_numpy()[edition.linked]
    factors = draw_spreads(spread(edition), draws, 1)[published]
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
