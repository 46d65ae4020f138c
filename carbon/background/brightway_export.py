"""Reads an edition and inventories, gives a Brightway project or its file.

The nodes carry what Brightway and Activity Browser show: name, reference product, unit,
location, categories and a comment that ends at the publisher's cell.
"""

from __future__ import annotations

import contextlib
import copy
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from carbon.background.brightway import quiet, user_projects
from carbon.background.edition import Edition
from carbon.background.sampling import spread
from carbon.background.unit_impacts import BIOGENIC_CO2, PARTS, characterization
from carbon.base.errors import OutputError
from carbon.base.terms import FITS

__all__ = ["FOREGROUND", "Exported", "as_nodes", "write_file", "write_project"]

FOREGROUND: Final = "footprints"
FLOWS: Final = "carbon-label flows"
UNITS: Final[dict[str, str]] = {
    "kg": "kilogram",
    "t": "metric ton",
    "kWh": "kilowatt hour",
    "MJ": "megajoule",
    "tkm": "ton kilometer",
    "h": "hour",
}
"""Our units in Brightway's spelling; others are the same word."""

LOGNORMAL: Final = 2
"""Uncertainty type of ``stats_arrays``."""

Nodes = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True)
class Exported:
    """Databases and methods, as ``bw2data`` writes them."""

    # nodes by database and code; a database stands behind those it takes from
    databases: dict[str, Nodes]
    # factors [kg CO2e per kg] by elementary flow, for the total and each indicator
    methods: dict[tuple[str, ...], list[tuple[tuple[str, str], float]]]


def as_nodes(
    edition: Edition, method: str, skus: pd.DataFrame, taken: pd.DataFrame, *, whole_life: bool
) -> Exported:
    """An edition and the SKUs that rest on it, as nodes.

    ``edition``: every activity of it that is linked becomes a process; ``skus``: one row a SKU:
    ``sku name location comment``; ``taken``: one row an exchange: ``sku stage row amount fit``;
    ``row`` is the activity's; ``whole_life``: as for :func:`carbon.background.unit_impacts.solve`.
    """
    factors = characterization(edition, method, whole_life=whole_life)
    background = f"carbon-label {edition.name}"
    flows = {(FLOWS, flow): _flow(flow) for flow in factors}
    return Exported(
        {
            FLOWS: flows,
            background: _activities(edition, background),
            FOREGROUND: _skus(skus, taken, background),
        },
        _methods(method, factors),
    )


def write_project(name: str, exported: Exported) -> None:
    """Write a new Brightway project, or nothing.

    ``name``: of the project, in the folder that ``BRIGHTWAY2_DIR`` names, else the user's. Raises
    X020 if there is such a project, O001 if it cannot be written.
    """
    bw2data = user_projects()
    if not name.strip() or name in {project.name for project in bw2data.projects}:
        raise OutputError("X020", value=name)
    before = bw2data.projects.current
    try:
        with quiet():
            bw2data.projects.set_current(name)
            for database, nodes in exported.databases.items():
                copied = copy.deepcopy(nodes)  # bw2data adds to what it writes
                bw2data.Database(database).write(copied, check_typos=False)
            for method, rows in exported.methods.items():
                target = bw2data.Method(method)
                target.register(unit="kg CO2-Eq", description=" | ".join(method))
                target.write(rows)
    except BaseException as error:
        with contextlib.suppress(Exception):
            bw2data.projects.delete_project(name, delete_dir=True)
        if isinstance(error, OSError):
            raise OutputError("O001", str(error), file=name) from None
        raise
    finally:
        if before in {project.name for project in bw2data.projects}:
            bw2data.projects.set_current(before)


def write_file(path: Path, exported: Exported) -> None:
    """Write a ``.bw2package``, which ``bw2io.BW2Package.import_file`` reads.

    ``path``: written as it is; the caller moves it into place.
    """
    from bw2data.serialization import JsonSanitizer, JsonWrapper

    objects: list[dict[str, Any]] = [
        {
            "metadata": {"format": "carbon-label", "depends": _depends(nodes, database)},
            "name": database,
            "class": {"module": "bw2data.backends.base", "name": "SQLiteBackend"},
            "data": nodes,
        }
        for database, nodes in exported.databases.items()
    ]
    objects += [
        {
            "metadata": {"unit": "kg CO2-Eq", "abbreviation": "-".join(method)},
            "name": method,
            "class": {"module": "bw2data.method", "name": "Method"},
            "data": rows,
        }
        for method, rows in exported.methods.items()
    ]
    JsonWrapper.dump_bz2(JsonSanitizer.sanitize(objects), str(path))


def _flow(flow: str) -> dict[str, Any]:
    uptake = flow == BIOGENIC_CO2[0]
    return {
        "name": flow,
        "unit": "kilogram",
        "type": "natural resource" if uptake else "emission",
        "categories": ("natural resource", "in air") if uptake else ("air",),
        "exchanges": [],
    }


def _activities(edition: Edition, database: str) -> Nodes:
    """Every activity that is linked, uncertain by one lognormal factor on what it makes."""
    table = edition.activities[edition.linked]
    gsd2 = spread(edition)[table["published"].to_numpy()]
    nodes: Nodes = {}
    records = zip(table.index, table.to_dict("records"), gsd2, strict=True)
    for row, activity, squared in records:
        made = float(activity["production"])
        nodes[database, str(row)] = {
            "name": activity["activity"],
            "reference product": activity["activity"],
            "location": activity["location"],
            "unit": UNITS.get(activity["unit"], activity["unit"]),
            "type": "processwithreferenceproduct",
            "production amount": made,
            "comment": (
                f"{activity['title']}. {activity['boundary']}. {activity['source']}: "
                f"{activity['cite']} ({activity['year']:.0f}, {activity['kind']}; "
                f"pedigree {activity['pedigree']})"
            ),
            "exchanges": [
                {
                    "input": (database, str(row)),
                    "amount": made,
                    "type": "production",
                    "uncertainty type": LOGNORMAL,
                    "loc": math.log(abs(made)),
                    "scale": math.log(float(squared)) / 2,
                    "negative": made < 0,
                }
                if squared > 1
                else {"input": (database, str(row)), "amount": made, "type": "production"}
            ],
        }
    columns = ["col", "kind", "flow", "row", "amount", "cite"]
    for col, kind, flow, row, amount, cite in edition.exchanges[columns].itertuples(index=False):
        emission = kind == "emission"
        nodes[database, str(col)]["exchanges"].append(
            {
                "input": (FLOWS, flow) if emission else (database, str(row)),
                "amount": float(amount),
                "type": "biosphere" if emission else "technosphere",
                "comment": cite,
            }
        )
    return nodes


def _skus(skus: pd.DataFrame, taken: pd.DataFrame, background: str) -> Nodes:
    """A process for each SKU, and one for each of its stages."""
    nodes: Nodes = {}
    place: dict[str, str] = dict(zip(skus["sku"], skus["location"], strict=True))
    name: dict[str, str] = dict(zip(skus["sku"], skus["name"], strict=True))
    for sku, comment in zip(skus["sku"], skus["comment"], strict=True):
        nodes[FOREGROUND, sku] = _process(sku, place[sku], name[sku], comment)
    keys = ["sku", "stage", "row", "fit"]
    summed = taken.groupby(keys, observed=True, sort=False)["amount"].sum().reset_index()
    for sku, stage, row, fit, amount in summed[[*keys, "amount"]].itertuples(index=False):
        code = f"{sku} | {stage}"
        if (FOREGROUND, code) not in nodes:
            title = f"{name[sku]} | {stage}"
            nodes[FOREGROUND, code] = _process(code, place[sku], title, "per kept unit")
            nodes[FOREGROUND, sku]["exchanges"].append(
                {"input": (FOREGROUND, code), "amount": 1.0, "type": "technosphere"}
            )
        nodes[FOREGROUND, code]["exchanges"].append(
            {
                "input": (background, str(row)),
                "amount": float(amount),
                "type": "technosphere",
                "comment": f"match: {FITS[fit]}",
            }
        )
    return nodes


def _process(code: str, location: str, name: str, comment: str) -> dict[str, Any]:
    return {
        "name": name,
        "reference product": name,
        "location": location,
        "unit": "unit",
        "type": "processwithreferenceproduct",
        "production amount": 1.0,
        "comment": comment,
        "exchanges": [{"input": (FOREGROUND, code), "amount": 1.0, "type": "production"}],
    }


def _methods(
    method: str, factors: dict[str, Any]
) -> dict[tuple[str, ...], list[tuple[tuple[str, str], float]]]:
    """Factors of the total and of each indicator, as the result's columns have them."""
    shown = {"removals": -2, "biogenic": -1}  # carbon dioxide that biomass takes up and releases
    methods = {}
    for name in ("total", *PARTS):
        rows = []
        for flow, vector in factors.items():
            if name == "total":
                factor = float(vector[: len(PARTS)].sum())
            else:
                factor = float(vector[PARTS.index(name)])
                factor += float(vector[shown[name]]) if name in shown else 0.0
            if factor:
                rows.append(((FLOWS, flow), factor))
        methods["carbon-label", method, name] = rows
    return {name: rows for name, rows in methods.items() if rows}


def _depends(nodes: Nodes, database: str) -> list[str]:
    inputs = {exchange["input"][0] for node in nodes.values() for exchange in node["exchanges"]}
    return sorted(inputs - {database})
