"""Reads goods and parts that merchants sell and the first edition had not, gives their datasets.

    python factors/carbon-goods/2026.2/make.py

Two tables beside this file are curated by hand, beside ``materials.csv`` and ``words.csv``:

- ``parts.csv``, a dataset a row: kg of ``flow`` per kg with its bracket, read as a 95 % interval.
- ``goods.csv``, a category a row: mass of one sales unit with its bracket, materials and packaging
  by share and mass, and the category it is sold ``like``. What a row does not tell (chains, rates,
  live session, life, the parcel) is that category's; it is marked as an assumption with its cite.

A composition that nobody published is an assumption: shares are bracketed by 0.6 and 1.4 of
themselves, pieces by half and twice. Bounds of a plausible mass are 0.55 x low and 2.14 x high, as
in carbon-archetypes (T-shirt: 60 g and 600 g for 110 to 280 g).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from carbon.background.source import write_rows

HERE = Path(__file__).parent
BEFORE = HERE.parents[1] / "carbon-archetypes" / "2026.1"
PIECES = HERE.parents[1] / "carbon-vocabulary" / "2026.1" / "packaging_items.csv"
LEAST, MOST = 0.55, 2.14
TOLD = ("mass", "mass_min", "mass_max")

Rows = list[dict[str, object]]


def main() -> None:
    """Write every table."""
    parts()
    level = {row["item"]: row["level"] for row in read(PIECES)}
    earlier = {
        name: by_category(BEFORE / f"archetype_{name}.csv")
        for name in ("parameters", "materials", "packaging", "chains")
    }
    tables: dict[str, Rows] = defaultdict(list)
    for good in read(HERE / "goods.csv"):
        at = {"category": good["category"]}
        tables["categories"].append(
            {**at, "name": good["name"], "name_zh": good["name_zh"], "group": good["group"],
             "cold": good["cold"]}
        )  # fmt: skip
        tables["archetype_parameters"] += parameters(good, earlier["parameters"][good["like"]])
        tables["archetype_materials"] += materials(good)
        tables["archetype_packaging"] += packaging(good, earlier["packaging"][good["like"]], level)
        tables["archetype_chains"] += [
            {**row, **at, "cite": as_like(row, good)} for row in earlier["chains"][good["like"]]
        ]
    for name, rows in tables.items():
        write_rows(HERE, name, rows)


def parts() -> None:
    """Write the datasets of parts."""
    activities: Rows = []
    exchanges: Rows = []
    for row in read(HERE / "parts.csv"):
        low, amount, high = (float(row[name]) for name in ("low", "amount", "high"))
        if not 0 < low <= amount <= high:
            raise SystemExit(f"{row['activity']}: {amount} is outside {low} to {high}")
        at = {"activity": row["activity"], "location": row["location"]}
        cite = f"{row['cite']} (bracket {low!r} to {high!r})"
        activities.append(
            {
                **at,
                "unit": "kg",
                "year": int(row["year"]),
                "title": row["title"],
                "title_zh": row["title_zh"],
                "boundary": row["boundary"],
                "production": 1.0,
                "gsd2": round(max(high / amount, amount / low), 3),
                "pedigree": "5;5;2;4;4" if row["kind"] == "assumption" else "2;3;1;4;3",
                "kind": row["kind"],
                "cite": cite,
            }
        )
        exchanges.append(
            {**at, "kind": "emission", "flow": row["flow"], "amount": amount, "unit": "kg",
             "cite": cite}
        )  # fmt: skip
    write_rows(HERE, "activities", activities)
    write_rows(HERE, "exchanges", exchanges)


def parameters(good: dict[str, str], like: list[dict[str, str]]) -> Rows:
    """Mass and its bounds as told, energy and life if told, the rest as of the other category."""
    low, mass, high = (float(good[name]) for name in ("low", "mass", "high"))
    at = {"category": good["category"], "kind": "assumption"}
    bound = "assumption: bound of plausible sales units, a check of the entry and not a spread"
    told: Rows = [
        {"parameter": "mass", "value": mass, "unit": "kg", "low": low, "high": high,
         "cite": f"assumption: {good['why']}, bracketed by {low:g} and {high:g} kg"},
        {"parameter": "mass_min", "value": rounded(LEAST * low), "unit": "kg",
         "low": rounded(LEAST * low / 2), "high": low, "cite": bound},
        {"parameter": "mass_max", "value": rounded(MOST * high), "unit": "kg", "low": high,
         "high": rounded(2 * MOST * high), "cite": bound},
    ]  # fmt: skip
    for name, unit, spread in (
        ("energy_per_year", "kWh/year", 3),
        ("service_life", "year", 2),
    ):
        if good[name]:
            value = float(good[name])
            cite = f"assumption: {good['why']}; within a factor of {spread}"
            told.append(
                {"parameter": name, "value": value, "unit": unit, "low": value / spread,
                 "high": value * spread, "cite": cite}
            )  # fmt: skip
    named = {row["parameter"] for row in told}
    rest = [row for row in like if row["parameter"] not in named]
    return [{**at, **row} for row in told] + [
        {**row, "category": good["category"], "cite": as_like(row, good)} for row in rest
    ]


def materials(good: dict[str, str]) -> Rows:
    """Composition, with a bracket of 0.6 and 1.4 of each share."""
    entries = [entry.rsplit(" ", 1) for entry in good["materials"].split("; ")]
    total = sum(float(share) for _, share in entries)
    if abs(total - 1) > 1e-9:
        raise SystemExit(f"{good['category']}: shares sum to {total}")
    rows: Rows = []
    for material, text in entries:
        share = float(text)
        low, high = (0.9, 1.0) if share == 1 else (rounded(0.6 * share), min(1, 1.4 * share))
        rows.append(
            {
                "category": good["category"],
                "material": material,
                "share": share,
                "recycled_share": 0,
                "low": low,
                "high": rounded(high),
                "kind": "assumption",
                "cite": f"assumption: usual composition ({good['why']}), bracketed by {low:g} and"
                f" {rounded(high):g}; recycled content unknown, taken as 0",
            }
        )
    return rows


def packaging(good: dict[str, str], like: list[dict[str, str]], level: dict[str, str]) -> Rows:
    """Pieces of the unit as told, of the parcel as of the other category."""
    told = [entry.rsplit(" ", 1) for entry in good["packaging"].split("; ") if entry]
    rows: Rows = [
        {
            "category": good["category"],
            "item": item,
            "mass_g": float(grams),
            "low": float(grams) / 2,
            "high": float(grams) * 2,
            "trips": 1,
            "kind": "assumption",
            "cite": f"assumption: sized for {good['why']}, within a factor of two",
        }
        for item, grams in told
    ]
    named = {item for item, _ in told}
    boxed = any(item in ("large_box", "small_box") for item in named)
    for row in like:
        parcel = level[row["item"]] == "parcel"
        if (
            row["item"] in named
            or (told and not parcel)
            or (boxed and row["item"].endswith("_box"))
        ):
            continue
        rows.append({**row, "category": good["category"], "cite": as_like(row, good)})
    return rows


def as_like(row: dict[str, str], good: dict[str, str]) -> str:
    """Cite of a cell that is another category's."""
    if good["category"] == good["like"]:
        return row["cite"]
    return f"assumption: as {good['like']} ({row['cite']})"


def rounded(value: float) -> float:
    """Three digits: no bound is known better."""
    return float(f"{value:.3g}")


def by_category(path: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of a table of archetypes."""
    table = defaultdict(list)
    for row in read(path):
        table[row["category"]].append(row)
    return table


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
