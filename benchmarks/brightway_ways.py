"""The same totals in Brightway's own ways, and in what else the user has installed."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import bw2calc
import bw2data
import bw_processing
import numpy as np

from benchmarks.catalogue import wide, write, write_tidy
from benchmarks.harness import (
    Bound,
    Note,
    Row,
    SkippedError,
    Told,
    alone,
    command,
    dump,
    parse,
    subject,
    timed,
)
from carbon import stages
from carbon.background.brightway import data_package
from carbon.background.brightway_export import as_nodes, write_project
from carbon.background.unit_impacts import PARTS, characterization
from carbon.catalogue.schema import Catalogue
from carbon.study import Study

Demand = dict[int, float]
DOUBLE, SINGLE = 1e-9, 1e-6
"""Agreement of scores from a package in memory, and from a project on disk."""


@subject(
    "Brightway's own ways",
    small={"rows": 12, "sample": 6, "fewer": 2, "repeat": 1},
    order=12,
)
def run(
    rows: int = 100_000, sample: int = 1000, fewer: int = 20, repeat: int = 3
) -> Iterator[Told]:
    """Totals of the same SKUs on the shipped edition, one way beside the other.

    The re-use loop is `lca.lci(demand); lca.lcia_calculation()`, which factors the technosphere
    for every demand; with `factorize=True` it is factored once.
    """
    study = Study()
    study.unit_impacts  # noqa: B018
    with tempfile.TemporaryDirectory() as folder:
        source = write(rows, Path(folder) / "catalogue.csv")
        target = Path(folder) / "out.parquet"
        words = ("-o", target, "--draws", 0, "--no-resume")
        whole = Row(
            "ours, CSV to footprints",
            *_row(command("footprint", source, *words, repeat=repeat), rows),
        )
        tables = write_tidy(rows, Path(folder) / "tidy")
        tidy = Row(
            "ours, tidy Parquet to footprints",
            *_row(command("footprint", tables, *words, repeat=repeat), rows),
        )
        catalogue = study.catalogue(source)
    inventory = stages.take(catalogue, study.boundary)
    weighing = Row(
        "ours, weighing alone, all stages and indicators",
        timed(lambda: study.weigh(catalogue, replace(inventory)), repeat),
        rows,
    )
    yield from (whole, tidy, weighing)
    part = catalogue.part(0, sample)
    demands = _demands(study, part)
    expected = study.footprints(part).total
    package = _with_characterization(study)
    ways = {}
    for name, way, count in (
        ("re-use loop", _loop(package, demands[:fewer]), fewer),
        ("re-use loop, factored once", _factored(package, demands), sample),
        ("new LCA per SKU, package in memory", _new(package, demands[:fewer]), fewer),
        ("new LCA per SKU, Brightway project", _project(study, part, fewer), fewer),
        ("MultiLCA", _multi(study, package, demands[:fewer]), fewer),
    ):
        row = Row(name, _checked(way, expected[:count], name, repeat), count)
        ways[name] = row
        yield row
    try:
        fast = fast_scores(sample, repeat)
        yield fast
        name = "FastScoresOnlyMultiLCA / tidy Parquet to footprints, per SKU"
        yield Bound(name, fast.each / tidy.each, least=1)
    except SkippedError as reason:
        yield Note(f"FastScoresOnlyMultiLCA skipped: {reason}.")
    loop, once = ways["re-use loop"], ways["re-use loop, factored once"]
    project = ways["new LCA per SKU, Brightway project"]
    yield Bound("re-use loop / weighing, per SKU", loop.each / weighing.each, least=200)
    yield Bound("re-use loop, factored once / weighing, per SKU", once.each / weighing.each)
    yield Bound("re-use loop / whole path from CSV, per SKU", loop.each / whole.each, least=15)
    yield Bound("re-use loop, factored once / whole path from CSV", once.each / whole.each)
    yield Bound(
        "new LCA from a project / whole path from CSV", project.each / whole.each, least=500
    )
    yield from _others()


def _row(measured: tuple[tuple[float, ...], float], rows: int) -> tuple[Any, ...]:
    return measured[0], rows, "SKU", measured[1]


def _checked(
    way: Callable[[], np.ndarray], expected: np.ndarray, name: str, repeat: int
) -> tuple[float, ...]:
    """Seconds of a way whose scores are right."""
    runs = []
    for _ in range(repeat):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = time.perf_counter()
            scores = way()
            runs.append(time.perf_counter() - start)
        tolerance = SINGLE if "project" in name else DOUBLE
        if not np.allclose(scores, expected, rtol=tolerance):
            worst = np.abs(scores / expected - 1).max()
            raise AssertionError(f"{name} disagrees by {worst:.1e}; times do not compare")
    return tuple(runs)


def _demands(study: Study, part: Catalogue) -> list[Demand]:
    """What each SKU takes, by activity; a treatment of waste takes a negative amount."""
    inventory = stages.take(part, study.boundary)
    rows, _ = study.match(inventory)
    sign = np.sign(study.edition.activities["production"].to_numpy())
    demands = []
    for sku in range(len(part)):
        mine = inventory.sku == sku
        unique, inverse = np.unique(rows[mine], return_inverse=True)
        amounts = np.bincount(inverse, weights=inventory.amount[mine]) * sign[unique]
        demands.append(dict(zip(unique.tolist(), amounts.tolist(), strict=True)))
    return demands


def _loop(package: bw_processing.Datapackage, demands: list[Demand]) -> Callable[[], np.ndarray]:
    lca = bw2calc.LCA(demands[0], data_objs=[package])
    lca.lci()
    lca.lcia()

    def way() -> np.ndarray:
        scores = np.empty(len(demands))
        for sku, demand in enumerate(demands):
            lca.lci(demand)
            lca.lcia_calculation()
            scores[sku] = lca.score
        return scores

    return way


def _factored(
    package: bw_processing.Datapackage, demands: list[Demand]
) -> Callable[[], np.ndarray]:
    lca = bw2calc.LCA(demands[0], data_objs=[package])
    lca.lci(factorize=True)
    lca.lcia()

    def way() -> np.ndarray:
        scores = np.empty(len(demands))
        for sku, demand in enumerate(demands):
            lca.lcia(demand)
            scores[sku] = lca.score
        return scores

    return way


def _new(package: bw_processing.Datapackage, demands: list[Demand]) -> Callable[[], np.ndarray]:
    def way() -> np.ndarray:
        scores = np.empty(len(demands))
        for sku, demand in enumerate(demands):
            fresh = bw2calc.LCA(demand, data_objs=[package])
            fresh.lci()
            fresh.lcia()
            scores[sku] = fresh.score
        return scores

    return way


def _project(study: Study, part: Catalogue, fewer: int) -> Callable[[], np.ndarray]:
    """A project as an analyst would keep it; the demand names nodes of it."""
    empty = {"sku": [], "name": [], "location": [], "comment": []}
    taken = {"sku": [], "stage": [], "row": [], "amount": [], "fit": []}
    frame = type(study.edition.activities)
    exported = as_nodes(study.edition, study.method, frame(empty), frame(taken), whole_life=True)
    name = f"bench-{time.time_ns()}"
    write_project(name, exported)
    bw2data.projects.set_current(name)
    database = f"carbon-label {study.edition.name}"
    method = ("carbon-label", study.method, "total")
    demands = _demands(study, part.part(0, fewer))
    used = {row for demand in demands for row in demand}
    nodes = {row: bw2data.get_node(database=database, code=str(row)) for row in used}

    def way() -> np.ndarray:
        scores = np.empty(len(demands))
        for sku, demand in enumerate(demands):
            unit = {nodes[row]: amount for row, amount in demand.items()}
            ready, objects, _ = bw2data.prepare_lca_inputs(unit, method=method)
            fresh = bw2calc.LCA(ready, data_objs=objects)
            fresh.lci()
            fresh.lcia()
            scores[sku] = fresh.score
        return scores

    return way


def _multi(
    study: Study, package: bw_processing.Datapackage, demands: list[Demand]
) -> Callable[[], np.ndarray]:
    config = {"impact_categories": [("carbon", study.method)]}
    named = {str(sku): demand for sku, demand in enumerate(demands)}

    def way() -> np.ndarray:
        multi = bw2calc.MultiLCA(named, config, [package])
        multi.lci()
        multi.lcia()
        return np.array([multi.scores[config["impact_categories"][0], name] for name in named])

    return way


def fast_scores(sample: int, repeat: int) -> Row:
    """FastScoresOnlyMultiLCA, here or in the Python that ``CARBON_BENCH_SOLVER`` names.

    Its solver, once installed, serves the other ways too, and small systems badly; so it may
    have an environment of its own, with pypardiso beside what this one has.
    """
    if not (bw2calc.PYPARDISO or bw2calc.UMFPACK):
        python = os.environ.get("CARBON_BENCH_SOLVER")
        if python is None:
            raise SkippedError(
                "its solver is not installed (pip install pypardiso, or name in "
                "CARBON_BENCH_SOLVER a Python that has it)"
            )
        words = [python, "-W", "ignore", "-m", "benchmarks.brightway_ways", sample, repeat]
        told = parse(alone(words, repeat=1)[2].splitlines()[-1])
        assert isinstance(told, Row)
        return told
    study = Study()
    part = study.catalogue(wide(sample))
    demands, package = _demands(study, part), _with_characterization(study)
    config = {"impact_categories": [("carbon", study.method)]}
    named = {str(sku): demand for sku, demand in enumerate(demands)}

    def way() -> np.ndarray:
        fast = bw2calc.FastScoresOnlyMultiLCA(named, config, [package], direction="adjoint")
        next(fast)
        return np.asarray(fast.scores.sel(processes=list(named)).values).ravel()

    runs = _checked(way, study.footprints(part).total, "FastScoresOnlyMultiLCA", repeat)
    return Row("FastScoresOnlyMultiLCA, adjoint", runs, sample)


def _with_characterization(study: Study) -> bw_processing.Datapackage:
    factors = characterization(study.edition, study.method)
    package = data_package(study.edition, factors)
    indices = np.zeros(len(factors), dtype=bw_processing.INDICES_DTYPE)
    indices["row"] = len(study.edition.activities) + np.arange(len(factors))
    package.add_persistent_vector(
        matrix="characterization_matrix",
        name="characterization",
        identifier=["carbon", study.method],
        global_index=0,
        indices_array=indices,
        data_array=np.array([vector[: len(PARTS)].sum() for vector in factors.values()]),
    )
    return package


def _others() -> Iterator[Told]:
    """What answers another question, so only the time of an answer compares."""
    for name, module, variable, code in (
        (
            "BoaviztAPI, impact of one laptop over its life",
            "boaviztapi",
            "CARBON_BENCH_BOAVIZTA",
            BOAVIZTA,
        ),
        (
            "lca_algebraic, one formula of a compiled model",
            "lca_algebraic",
            "CARBON_BENCH_ALGEBRAIC",
            ALGEBRAIC,
        ),
    ):
        python = os.environ.get(variable) or (sys.executable if find_spec(module) else "")
        if not python:
            yield Note(
                f"{name}: skipped, install {module} or name in {variable} a Python that has it."
            )
            continue
        told = alone([python, "-W", "ignore", "-c", code], repeat=1)[2]
        yield Row(name, tuple(float(word) for word in told.splitlines()[-1].split()), 1, "answer")


_TIMED: Final = """
import time
runs = []
for _ in range(21):
    start = time.perf_counter()
    answer()
    runs.append(time.perf_counter() - start)
print(*runs[1:])
"""

BOAVIZTA: Final = f"""
import asyncio
from boaviztapi.routers.terminal_router import laptop_impact_from_model

def answer():
    found = asyncio.run(laptop_impact_from_model(verbose=False, duration=None, criteria=["gwp"]))
    assert found["impacts"]["gwp"]["embedded"]["value"] > 0
{_TIMED}"""

ALGEBRAIC: Final = f"""
import os, tempfile
os.environ["BRIGHTWAY2_DIR"] = tempfile.mkdtemp()
import bw2data, lca_algebraic as agb
bw2data.projects.set_current("bench")
flow = {{"name": "co2", "type": "emission", "unit": "kg", "categories": ("air",), "exchanges": []}}
bw2data.Database("flows").write({{("flows", "co2"): flow}})
method = bw2data.Method(("bench", "carbon", "gwp"))
method.register(unit="kg")
method.write([(("flows", "co2"), 1.0)])
agb.resetDb("foreground")
mass = agb.newFloatParam("mass", default=1.0, min=0.1, max=2.0)
cloth = agb.newActivity("foreground", "cloth", "kg", {{next(iter(bw2data.Database("flows"))): 5.0}})
shirt = agb.newActivity("foreground", "shirt", "unit", {{cloth: mass}})
compute = getattr(agb, "compute_impacts", None) or agb.multiLCAAlgebric

def answer():
    found = compute(shirt, [("bench", "carbon", "gwp")], mass=0.2)
    assert abs(float(found.iloc[0, 0]) - 1) < 1e-9
{_TIMED}"""


if __name__ == "__main__":
    print(dump(fast_scores(int(sys.argv[1]), int(sys.argv[2]))))
