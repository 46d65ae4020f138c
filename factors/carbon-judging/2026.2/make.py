"""Tables of the judging that follow from other packages: steps, plausible values, trips.

    python factors/carbon-judging/2026.2/make.py

Curated by hand beside this file are ``functional_quantities.csv``, ``size_classes.csv``,
``densities.csv``, ``material_groups.csv``, ``plausible_materials.csv``,
``unspecific_materials.csv``, ``price_bounds.csv``, ``silence.csv`` and ``step_names.csv`` (the word
of each unit process). Written from the packages of the edition: ``production_steps.csv``,
``plausible_values.csv`` and ``plausible_trips.csv``.

- A step's energy is the electricity and heat of its unit process times the kg through it; the least
  plausible energy is the lower 95 % bound of that process, energy / gsd2.
- A told value is believed up to the quartile of its category where it is declared and up to the
  95 % bound where it is documented. Bounds of the archetypes are read as 95 % bounds of a lognormal
  value: quartile = value x (bound / value)^(0.6745 / 1.96); with a bound of zero, of a normal one.
"""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import NormalDist
from typing import Final

from carbon.background.source import write_rows

HERE = Path(__file__).parent
FACTORS = HERE.parents[1]
ARCHETYPES = (FACTORS / "carbon-goods" / "2026.2", FACTORS / "carbon-archetypes" / "2026.1")
"""The first that has a category says all of it."""

VOCABULARY = FACTORS / "carbon-vocabulary" / "2026.2"
PROCESSES = tuple(
    FACTORS / name / version
    for name, version in (("carbon-processes", "2026.2"), ("ecobalyse-processes", "2025"))
)
ELECTRICITY: Final = "electricity, consumer"
QUARTILE = NormalDist().inv_cdf(0.75) / NormalDist().inv_cdf(0.975)
FLATTERS: Final = {
    "mass": "low",
    "units_per_parcel": "high",
    "return_rate": "low",
    "resale_share": "high",
    "loss_rate": "low",
    "packaging_reuse": "high",
    "session_kwh": "low",
    "viewer_hours": "low",
    "energy_per_year": "low",
    "service_life": "low",
    "distance": "low",
}
"""Parameter of an archetype → side on which a wrong value makes the footprint smaller."""

REUSED: Final = 3.0
"""Trips of a single-use item that a document can show: a box that is sent again twice."""


def main() -> None:
    """Write the three tables."""
    write_rows(HERE, "production_steps", production_steps())
    write_rows(HERE, "plausible_values", [*plausible_values(), *packaging()])
    write_rows(HERE, "plausible_trips", plausible_trips())


def production_steps() -> list[dict[str, object]]:
    """The unit processes of every processing activity, in order."""
    exchanges: dict[str, list[dict[str, str]]] = {}
    spread: dict[str, float] = {}
    for folder in PROCESSES:
        for row in read(folder / "exchanges.csv"):
            exchanges.setdefault(row["activity"], []).append(row)
        for row in read(folder / "activities.csv"):
            spread[row["activity"]] = float(row["gsd2"])
    names = {row["component"]: row["step"] for row in read(HERE / "step_names.csv")}
    processing = {row["processing"] for row in read(VOCABULARY / "materials.csv")} - {""}
    table: list[dict[str, object]] = []
    for activity in sorted(processing):
        chain = unit_processes(activity, 1.0, exchanges)
        energy = [energy_of(exchanges[component]) for component, _ in chain]
        power = [kwh * amount for (kwh, _), (_, amount) in zip(energy, chain, strict=True)]
        heat = [mj * amount for (_, mj), (_, amount) in zip(energy, chain, strict=True)]
        for position, (component, amount) in enumerate(chain):
            table.append(
                {
                    "activity": activity,
                    "step": names[component],
                    "position": position + 1,
                    "component": component,
                    "amount": float(f"{amount:.15g}"),
                    "electricity": rounded(power[position]),
                    "heat": rounded(heat[position]),
                    "electricity_share": rounded(share(power, position)),
                    "heat_share": rounded(share(heat, position)),
                    "least_electricity": rounded(power[position] / spread[component]),
                    "least_heat": rounded(heat[position] / spread[component]),
                    "kind": "derived",
                    "cite": f"carbon-processes/2026.1 {activity}: inputs of {component}; least: "
                    f"energy / gsd2 {spread[component]:g} of {component}",
                }
            )
    return table


def unit_processes(
    activity: str, amount: float, exchanges: dict[str, list[dict[str, str]]]
) -> list[tuple[str, float]]:
    """Those that take energy themselves, with the kg through each per kg of product."""
    rows = exchanges[activity]
    if any(row["flow"] == ELECTRICITY for row in rows):
        return [(activity, amount)]
    return [
        process
        for row in rows
        if row["kind"] == "input"
        for process in unit_processes(row["flow"], amount * float(row["amount"]), exchanges)
    ]


def energy_of(rows: list[dict[str, str]]) -> tuple[float, float]:
    """Electricity [kWh/kg] and heat [MJ/kg] that a unit process takes."""
    power = sum(float(row["amount"]) for row in rows if row["unit"] == "kWh")
    return power, sum(float(row["amount"]) for row in rows if row["unit"] == "MJ")


def plausible_values() -> list[dict[str, object]]:
    """Bounds of every parameter of every category."""
    table: list[dict[str, object]] = []
    for row in first_of("archetype_parameters", ("category", "parameter")):
        side = FLATTERS.get(row["parameter"])
        value, low, high = (float(row[name]) for name in ("value", "low", "high"))
        if side is None or high <= 0:
            continue
        table.append(
            {
                "category": row["category"],
                "parameter": row["parameter"],
                **bounds(value, low, high),
                "unit": row["unit"],
                "flatters": side,
                "kind": "derived",
                "cite": f"{row['source']} archetype_parameters, {row['category']} "
                f"{row['parameter']}: 95 % bounds and quartiles between",
            }
        )
    return table


def packaging() -> list[dict[str, object]]:
    """Bounds of the mass of all packaging of one sales unit, over that of the archetype."""
    pieces: dict[str, list[dict[str, str]]] = {}
    for row in first_of("archetype_packaging", ("category",)):
        pieces.setdefault(row["category"], []).append(row)
    table: list[dict[str, object]] = []
    for category, rows in pieces.items():
        value, low, high = (
            sum(float(row[name]) for row in rows) for name in ("mass_g", "low", "high")
        )
        table.append(
            {
                "category": category,
                "parameter": "packaging",
                **bounds(1.0, low / value, high / value),
                "unit": "1",
                "flatters": "low",
                "kind": "derived",
                "cite": f"{rows[0]['source']} archetype_packaging, {category}: sums of the "
                "bounds of its pieces over the sum of their masses",
            }
        )
    return table


def first_of(table: str, keys: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of the archetypes, each key from the first package that has it."""
    taken: list[dict[str, str]] = []
    for folder in ARCHETYPES:
        known = {tuple(row[key] for key in keys) for row in taken}
        source = f"{folder.parent.name}/{folder.name}"
        taken += [
            {**row, "source": source}
            for row in read(folder / f"{table}.csv")
            if tuple(row[key] for key in keys) not in known
        ]
    return taken


def plausible_trips() -> list[dict[str, object]]:
    """Most trips of every item."""
    table: list[dict[str, object]] = []
    for row in read(VOCABULARY / "packaging_items.csv"):
        trips = float(row["trips"])
        table.append(
            {
                "item": row["item"],
                "declared_high": trips,
                "high": max(REUSED, REUSED * trips) if trips > 1 else REUSED,
                "kind": "derived",
                "cite": "carbon-vocabulary/2026.1 packaging_items, trips: the usual number without "
                "a document, three times it with one",
            }
        )
    return table


def bounds(value: float, low: float, high: float) -> dict[str, object]:
    """95 % bounds and the quartiles between them and the central value."""
    quartiles = {
        name: rounded(
            value * (bound / value) ** QUARTILE
            if value > 0 and bound > 0
            else value + (bound - value) * QUARTILE
        )
        for name, bound in (("declared_low", low), ("declared_high", high))
    }
    return {"low": rounded(low), **quartiles, "high": rounded(high)}


def share(amounts: list[float], position: int) -> float:
    """Of the sum; zero where the sum is."""
    return amounts[position] / sum(amounts) if sum(amounts) else 0.0


def rounded(number: float) -> float:
    """To six significant digits: more would not be data."""
    return float(f"{number:.6g}")


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
