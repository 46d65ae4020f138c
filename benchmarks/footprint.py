"""Wide CSV to a Parquet of footprints, beside Brightway's own ways on the same SKUs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("BRIGHTWAY2_DIR", tempfile.mkdtemp(prefix="carbon-bench-"))

import bw2calc
import bw2data
import bw_processing
import numpy as np
import psutil

from benchmarks.catalogue import write
from carbon import stages
from carbon.background.brightway import data_package
from carbon.background.unit_impacts import PARTS, characterization
from carbon.catalogue.schema import Catalogue
from carbon.study import Study

CARBON = Path(sys.executable).parent / "carbon"


def run(rows: int = 100_000, sample: int = 200, repeat: int = 3) -> list[dict[str, object]]:
    """Time the subject.

    Parameters
    ----------
    rows : int
        SKUs of the catalogue.
    sample : int
        SKUs given to Brightway's ways; their time is per SKU.
    repeat : int
        Runs; the median is reported, with the lowest and the highest.

    Returns
    -------
    list of dict
        ``subject, seconds, low, high, per_sku_us, peak_mb``.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = write(rows, Path(folder) / "catalogue.csv")
        target = Path(folder) / "out.parquet"
        study = Study()
        study.unit_impacts  # noqa: B018  the solved background is in the cache, as in daily use
        whole = [_command(source, target) for _ in range(repeat)]
        catalogue = study.catalogue(source)
    inventory = stages.take(catalogue, study.boundary)
    matched = study.match(inventory)
    weighing = [_timed(lambda: study.weigh(catalogue, inventory, *matched)) for _ in range(repeat)]
    fewer = max(sample // 10, 2)
    loop, memory, project = _brightway(study, catalogue, sample, fewer)
    peak = max(megabytes for _, megabytes in whole)
    return [
        _row("carbon footprint, CSV to Parquet", [seconds for seconds, _ in whole], rows, peak),
        _row("weighing alone, all stages and indicators", weighing, rows),
        _row("bw2calc re-use loop, totals only", loop, sample),
        _row("new bw2calc.LCA per SKU from a Brightway project", project, fewer),
        _row("new bw2calc.LCA per SKU from a package in memory", memory, fewer),
    ]


def _row(
    subject: str, seconds: list[float], skus: int, peak: float | None = None
) -> dict[str, object]:
    median = float(np.median(seconds))
    return {
        "subject": subject,
        "seconds": median,
        "low": min(seconds),
        "high": max(seconds),
        "skus": skus,
        "per_sku_us": median / skus * 1e6,
        "peak_mb": peak,
    }


def _command(source: Path, target: Path) -> tuple[float, float]:
    """Seconds and peak memory [MB] of the command, interpreter included."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [CARBON, "footprint", source, "-o", target, "--draws", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = _watched(process)
    process.wait()
    return time.perf_counter() - start, peak


def _watched(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> float:
    """Peak memory [MB] of a process until it ends."""
    peak = 0.0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss / 1e6)
        except psutil.Error:
            break
        time.sleep(0.01)
    return peak


def _timed(call: object) -> float:
    start = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - start


def _brightway(
    study: Study, catalogue: Catalogue, sample: int, fewer: int
) -> tuple[list[float], list[float], list[float]]:
    """Seconds of the re-use loop, and of new LCAs from memory and from a project."""
    part = catalogue.part(0, sample)
    inventory = stages.take(part, study.boundary)
    rows, _ = study.match(inventory)
    demands = []
    for sku in range(len(part)):
        mine = inventory.sku == sku
        unique, inverse = np.unique(rows[mine], return_inverse=True)
        amounts = np.bincount(inverse, weights=inventory.amount[mine])
        demands.append(dict(zip(unique.tolist(), amounts.tolist(), strict=True)))
    expected = study.footprints(part).total
    package = _with_characterization(study)
    nodes, method = _project(study)
    lca = bw2calc.LCA(demands[0], data_objs=[package])
    lca.lci()
    lca.lcia()
    scores = np.empty(len(demands))

    def loop() -> None:
        for sku, demand in enumerate(demands):
            lca.lci(demand)
            lca.lcia_calculation()
            scores[sku] = lca.score

    def memory() -> None:
        for sku, demand in enumerate(demands[:fewer]):
            fresh = bw2calc.LCA(demand, data_objs=[package])
            fresh.lci()
            fresh.lcia()
            scores[sku] = fresh.score

    def project() -> None:
        for sku, demand in enumerate(demands[:fewer]):
            unit = {nodes[row]: amount for row, amount in demand.items()}
            ready, objects, _ = bw2data.prepare_lca_inputs(unit, method=method)
            fresh = bw2calc.LCA(ready, data_objs=objects)
            fresh.lci()
            fresh.lcia()
            scores[sku] = fresh.score

    seconds = []
    for way in (loop, memory, project):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seconds.append([_timed(way) for _ in range(3)])
        # a project on disk keeps single precision; a package in memory keeps double
        if not np.allclose(scores, expected, rtol=1e-6 if way is project else 1e-9):
            worst = np.abs(scores / expected - 1).max()
            raise AssertionError(f"{way.__name__} disagrees by {worst:.1e}; times do not compare")
    return seconds[0], seconds[1], seconds[2]


def _project(study: Study) -> tuple[list[bw2data.Node], tuple[str, ...]]:
    """The edition as a Brightway project of its own, as an analyst would keep it."""
    bw2data.projects.set_current("carbon-bench")
    edition = study.edition
    factors = characterization(edition, study.method)
    bw2data.Database("flows").write(
        {
            ("flows", flow): {"name": flow, "type": "emission", "unit": "kg", "exchanges": []}
            for flow in factors
        }
    )
    data = {}
    for row, activity in enumerate(edition.activities.itertuples()):
        made = {"input": ("edition", str(row)), "amount": activity.production, "type": "production"}
        data["edition", str(row)] = {
            "name": activity.activity,
            "location": activity.location,
            "unit": activity.unit,
            "exchanges": [made],
        }
    for exchange in edition.exchanges.itertuples():
        emission = exchange.kind == "emission"
        data["edition", str(exchange.col)]["exchanges"].append(
            {
                "input": ("flows", exchange.flow) if emission else ("edition", str(exchange.row)),
                "amount": exchange.amount,
                "type": "biosphere" if emission else "technosphere",
            }
        )
    bw2data.Database("edition").write(data)
    method = ("carbon", study.method)
    bw2data.Method(method).write(
        [(("flows", flow), float(vector[: len(PARTS)].sum())) for flow, vector in factors.items()]
    )
    nodes = [bw2data.get_node(database="edition", code=str(row)) for row in range(len(data))]
    return nodes, method


def _with_characterization(study: Study) -> bw_processing.Datapackage:
    factors = characterization(study.edition, study.method)
    package = data_package(study.edition, factors)
    indices = np.zeros(len(factors), dtype=bw_processing.INDICES_DTYPE)
    indices["row"] = len(study.edition.activities) + np.arange(len(factors))
    package.add_persistent_vector(
        matrix="characterization_matrix",
        name="characterization",
        identifier=("carbon", study.method),
        global_index=0,
        indices_array=indices,
        data_array=np.array([vector[: len(PARTS)].sum() for vector in factors.values()]),
    )
    return package
