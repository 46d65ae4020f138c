"""A background of ecoinvent's size: solved, kept, drawn, mapped and used."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import bw2calc
import bw2data
import numpy as np

from benchmarks.catalogue import wide, write, write_parquet, write_tidy
from benchmarks.harness import Bound, Note, Row, Told, command, subject, timed
from benchmarks.synthetic import FLOWS, System, synthetic
from carbon import stages
from carbon.background import own
from carbon.background.sampling import sample
from carbon.background.unit_impacts import PARTS, characterization, solve
from carbon.study import Study

METHOD = "GWP100 AR6"


@subject(
    "a background of ecoinvent's size",
    small={"activities": 300, "rows": 12, "draws": 10, "demands": 3, "repeat": 1},
    order=40,
)
def run(
    activities: int = 20_000,
    rows: int = 1_000_000,
    draws: int = 1000,
    demands: int = 30,
    repeat: int = 3,
) -> Iterator[Told]:
    """A synthetic technosphere with hubs, loops, waste treatment and odd units.

    It is calibrated on what bw2calc reports of ecoinvent 3.9: SuperLU factors it in about two
    seconds. Brightway gets it as a package in memory and in double precision, its fastest way;
    we get it as a project on disk, mapped by a file. The re-use loop factors once.
    """
    system = synthetic(activities)
    # data and cache of this subject are its own: nothing is solved before it is timed
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = os.environ["XDG_DATA_HOME"] = folder
        edition = system.edition()
        linked = Row(
            f"linking {activities:,} activities", timed(lambda: len(edition.activities), 1)
        )
        cold = Row(
            "one solve, all activities and indicators",
            timed(lambda: solve(edition, METHOD, cache=False), repeat),
        )
        solve(edition, METHOD)
        cached = Row("the same from the cache", timed(lambda: solve(edition, METHOD), repeat))
        drawn = Row(
            f"{draws:,} draws of every activity",
            timed(lambda: sample(edition, METHOD, draws, cache=False), 1),
            draws,
            "draw",
        )
        yield from (linked, cold, cached, drawn)
        loop = _brightway(system, edition, demands, repeat)
        yield from loop
        yield from _mapped(system, Path(folder), rows, loop)
    yield Bound(
        f"one solve of {activities:,} activities, cold [s]", cold.seconds + linked.seconds, most=60
    )
    yield Bound("the same, cached [s]", cached.seconds, most=1)


def _brightway(system: System, edition: object, demands: int, repeat: int) -> list[Row]:
    """Ordinary LCAs of single activities; they must agree with the one solve."""
    factors = characterization(edition, METHOD)
    package = system.package(np.array([factors[flow][: len(PARTS)].sum() for flow in FLOWS]))
    expected = solve(edition, METHOD).values.sum(axis=1)
    sign = np.sign(system.production)
    wanted = np.linspace(0, system.n - 1, demands).astype(int).tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lca = bw2calc.LCA({0: 1.0}, data_objs=[package])
        start = time.perf_counter()
        lca.lci(factorize=True)
        lca.lcia()
        first = time.perf_counter() - start

        plain = bw2calc.LCA({0: 1.0}, data_objs=[package])
        plain.lci()
        plain.lcia()
        unfactored = timed(lambda: plain.lcia({wanted[-1]: float(sign[wanted[-1]])}), repeat)

        def loop() -> None:
            for activity in wanted:
                lca.lcia({activity: float(sign[activity])})
                if not np.isclose(lca.score, expected[activity], rtol=1e-9):
                    raise AssertionError("an ordinary LCA disagrees; times do not compare")

        return [
            Row("Brightway: matrices, factors and the first LCA", (first,)),
            Row("Brightway: re-use loop, factored once", timed(loop, repeat), demands),
            Row("Brightway: re-use loop", unfactored, 1, "SKU"),
        ]


def _mapped(system: System, folder: Path, rows: int, loops: list[Row]) -> Iterator[Told]:
    """The whole path with every activity of the catalogue mapped into a project."""
    _write_project(system)
    study = Study()
    inventory = stages.take(study.catalogue(wide(min(rows, 5000))), study.boundary)
    units = study.edition.datasets.drop_duplicates("activity").set_index("activity")["unit"]
    random = np.random.default_rng(2)
    lines = ["activity,location,their_code,factor"]
    for activity in sorted(name for name in inventory.activities if name in units.index):
        same = [i for i, unit in enumerate(system.units) if unit == units[activity]]
        made = system.production[same or slice(None)] > 0
        code = random.choice(np.array(same or range(system.n))[made])
        lines.append(f'"{activity}",GLO,{code},1')
    mapping = folder / "mapping.csv"
    mapping.write_text("\n".join(lines) + "\n", encoding="utf-8")
    used: list[own.Used] = []
    call = lambda: used.append(own.use("synthetic", "work", mapping, study.edition, method=METHOD))  # noqa: E731
    yield Row(f"carbon background use, {len(lines) - 1} datasets of {system.n:,}", timed(call, 1))
    if used[0].problems["severity"].eq("error").any():
        raise AssertionError(used[0].problems.head().to_string())
    name = used[0].name
    share = Study(background=name).footprints(wide(50)).to_frame()["own_share"]
    yield Note(f"Share of the footprints on the mapped background: {share.min():.0%} or more.")
    target = folder / "out.parquet"
    _, factored, plain = loops
    for told, make, file in (
        ("CSV", write, "catalogue.csv"),
        ("wide Parquet", write_parquet, "catalogue.parquet"),
        ("tidy Parquet", write_tidy, "tidy"),
    ):
        source = make(rows, folder / file)
        words = ("-o", target, "--draws", 0, "--no-resume", "--background", name)
        runs, peak = command("footprint", source, *words, repeat=1)
        row = Row(f"ours, {told} to footprints on it", runs, rows, "SKU", peak)
        yield row
        ratio = f"whole path from {told}, ecoinvent's size"
        yield Bound(f"re-use loop, factored once / {ratio}", factored.each / row.each, least=1000)
        if file == "catalogue.csv":
            yield Bound(f"re-use loop / {ratio}", plain.each / row.each, least=1000)


def _write_project(system: System) -> None:
    """The greenhouse gases of it as an analyst's project."""
    spelled = {"kg": "kilogram", "kWh": "kilowatt hour", "tkm": "ton kilometer"}
    names = {flow: flow.capitalize() for flow in FLOWS}
    names["methane, biogenic"] = "Methane, non-fossil"
    names["carbon dioxide, from land use change"] = "Carbon dioxide, from soil or biomass stock"
    bw2data.projects.set_current("synthetic")
    bw2data.Database("flows").write(
        {
            ("flows", flow): {
                "name": names[flow],
                "type": "emission",
                "unit": "kilogram",
                "categories": ("air",),
                "exchanges": [],
            }
            for flow in FLOWS
        }
    )
    nodes: dict[tuple[str, str], dict[str, object]] = {}
    edges: list[list[dict[str, object]]] = []
    for i, (made, unit) in enumerate(zip(system.production.tolist(), system.units, strict=True)):
        edges.append([{"input": ("work", str(i)), "amount": made, "type": "production"}])
        nodes["work", str(i)] = {
            "name": f"market for synthetic {i}",
            "reference product": f"synthetic {i}",
            "location": "GLO",
            "unit": spelled[unit],
            "type": "processwithreferenceproduct",
            "exchanges": edges[i],
        }
    for row, col, amount in zip(
        system.row.tolist(), system.col.tolist(), system.amount.tolist(), strict=True
    ):
        edges[col].append({"input": ("work", str(row)), "amount": amount, "type": "technosphere"})
    gas = system.flow < len(FLOWS)
    released = (system.flow[gas].tolist(), system.by[gas].tolist(), system.released[gas].tolist())
    for flow, by, amount in zip(*released, strict=True):
        edges[by].append({"input": ("flows", FLOWS[flow]), "amount": amount, "type": "biosphere"})
    bw2data.Database("work").write(nodes)
