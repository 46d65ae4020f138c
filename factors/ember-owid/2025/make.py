"""Reads Ember's electricity data by country, gives electricity [kWh] and heat [MJ] of places.

    python factors/ember-owid/2025/make.py SOURCES

Publisher: Ember, Yearly Electricity Data, as Our World in Data hands it on (CC BY 4.0), one CSV a
chart: carbon intensity of generation [g CO2e/kWh, life cycle] and generation by source [TWh].
SOURCES/owid-ember-electricity (or open-data/owid-ember-electricity beside SOURCES) holds them.

- Electricity at the consumer: the intensity of the latest year / (1 - grid losses), once. Losses
  are cells of ``losses.csv``, by place or for the world. No open table of losses by country was
  read, so the world's is an assumption and every place takes it.
- Its spread: the largest of 1.2 and the ratios to a second and a third reading, the country's
  generation by source x China's published footprint of each technology (mee/2024) and x the medians
  of the IPCC (AR5 WGIII annex III, as multiplied in ``readings.csv``), joined with the losses.
- Industrial heat outside China: one mix for every country, coal, gas and oil as the power stations
  of the world burn them. No open table of boilers by country was read, and what a country's power
  stations burn says little of its boilers (Sweden's burn next to nothing, mostly coal), so the mix
  is an assumption whose spread reaches from all gas to all coal.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import sys
from pathlib import Path

from carbon.background.source import write_rows

HERE = Path(__file__).parent
FOLDER = "owid-ember-electricity"
INTENSITY = "carbon-intensity-electricity"
FUELS = ("coal", "gas", "oil")
TECHNOLOGY = {
    "coal": "electricity, coal, at grid",
    "gas": "electricity, natural gas, at grid",
    "hydro": "electricity, hydro, at grid",
    "nuclear": "electricity, nuclear, at grid",
    "solar": "electricity, solar, at grid",
    "wind": "electricity, wind, at grid",
    "rest": "electricity, biomass, at grid",
}
AGGREGATED = {"OWID_WRL": "GLO", "OWID_EUR": "RER", "OWID_KOS": "XK"}
LEAST = 1.2
"""Spread of a published figure that two readings do not widen."""

UNREAD = 1.5
"""Spread where there is no generation by source to hold against it."""

BURNED = {"coal": "coal, burned", "gas": "natural gas, burned", "oil": "fuel oil, burned"}
EFFICIENCY = {"coal": 0.80, "gas": 0.90, "oil": 0.85}
WORLD = "GLO"
HEAT_SPREAD = 1.6
"""All coal or all gas against the mix of both, with boilers better or worse than assumed."""

Series = dict[str, dict[int, float]]
Row = dict[str, object]


def main(sources: Path) -> None:
    """Write both tables."""
    folder = next(
        path for path in (sources / FOLDER, sources.parent / "open-data" / FOLDER) if path.is_dir()
    )
    descriptor = json.loads((HERE / "datapackage.json").read_text(encoding="utf-8"))
    tables = {}
    for source in descriptor["sources"]:
        path = folder / source["title"].rpartition(", ")[2]
        tables[path.stem] = read(path, source["sha256"])
    names = entities(folder / f"{INTENSITY}.csv")
    places = iso2()
    footprint = technologies()
    lost = {row["location"]: row for row in read_rows("losses.csv")}
    medians = {row["location"]: row for row in read_rows("readings.csv")}
    activities: list[Row] = []
    exchanges: list[Row] = []
    for code in sorted(names, key=lambda code: places.get(code, code)):
        place = places.get(code)
        if place is None:
            continue
        year = max(tables[INTENSITY][code])
        grams = tables[INTENSITY][code][year]
        mix = shares(tables, code, year)
        told = f"{INTENSITY}.csv, {code}, {year}: {grams!r} g CO2e/kWh"
        third = medians.get(place)
        made = electricity(place, names[code], year, grams, told, mix, footprint, third, lost)
        if made is None:
            continue
        activities.append(made[0])
        exchanges.append(made[1])
        if place == WORLD:
            boiled = heat(place, names[code], year, mix)
            activities.append(boiled[0])
            exchanges += boiled[1]
    write_rows(HERE, "activities", activities)
    write_rows(HERE, "exchanges", exchanges)
    print(f"{len(activities)} datasets")


def electricity(
    place: str,
    name: str,
    year: int,
    grams: float,
    told: str,
    mix: dict[str, float],
    footprint: dict[str, float],
    third: dict[str, str] | None,
    losses: dict[str, dict[str, str]],
) -> tuple[Row, Row] | None:
    """Give the consumer mix of a place and its one emission, nothing if no reading tells it."""
    second = 1000 * sum(share * footprint[source] for source, share in mix.items())
    printed = grams
    if grams <= 0:  # no generation is free of emissions over its life
        if not second:
            return None
        grams = round(second, 2)
    row = losses.get(place, losses[WORLD])
    low, share, high = (float(row[name]) for name in ("low", "share", "high"))
    kept = 1 - share
    apart = max(second / grams, grams / second) if second else UNREAD
    if third:
        medians = float(third["grams"])
        apart = max(apart, medians / grams, grams / medians)
    lost = max(kept / (1 - high), (1 - low) / kept)
    gsd2 = math.exp(math.hypot(math.log(max(LEAST, apart)), math.log(lost)))
    if printed <= 0:
        gsd2 = max(gsd2, UNREAD)
    reading = f"second reading {second:.0f} g/kWh" if second else "no second reading"
    taken = "" if printed > 0 else " is taken"
    cite = (
        f"{told}; {reading} (generation by source x technologies of mee/2024){taken};"
        f"{third_reading(third)}"
        f" / (1 - {share:g}) grid losses, {row['kind']}, {low:g} to {high:g} (losses.csv)"
    )
    at = {"activity": "electricity, consumer", "location": place}
    activity: Row = {
        **at,
        "unit": "kWh",
        "year": year,
        "title": f"{name}: average mix of generation with grid losses",
        "title_zh": f"{name} 用户端电力 含输配电损耗",
        "boundary": "life cycle of generation as compiled by Ember, no trade; grid losses",
        "production": 1.0,
        "gsd2": round(gsd2, 3),
        "pedigree": "2;2;1;1;2",
        "kind": "derived",
        "cite": cite,
    }
    emission: Row = {
        **at,
        "kind": "emission",
        "flow": "greenhouse gases, aggregate, unstated",
        "amount": grams / 1000 / kept,
        "unit": "kg",
        "cite": cite,
    }
    return activity, emission


def third_reading(row: dict[str, str] | None) -> str:
    """Words of the reading with the medians of the IPCC, nothing where there is none."""
    return f" third reading {row['grams']} g/kWh (x medians of the IPCC, AR5);" if row else ""


def heat(place: str, name: str, year: int, mix: dict[str, float]) -> tuple[Row, list[Row]]:
    """Give industrial heat: fuels as in the power stations of a place."""
    burned = {fuel: mix[fuel] for fuel in FUELS}
    total = sum(burned.values())
    at = {"activity": "heat, industrial", "location": place}
    part = {fuel: share / total for fuel, share in burned.items()}
    spoken = ", ".join(f"{fuel} {share:.0%}" for fuel, share in part.items())
    cite = (
        f"assumption: boilers burn coal, gas and oil as the power stations of the world did in"
        f" {year} (Ember: {spoken}); no open table of industrial boilers by country was read"
    )
    activity: Row = {
        **at,
        "unit": "MJ",
        "year": year,
        "title": f"{name}: industrial heat, fuels as in its power stations",
        "title_zh": f"{name} 工业用热",
        "boundary": "useful heat at the factory",
        "production": 1.0,
        "gsd2": HEAT_SPREAD,
        "pedigree": "5;4;1;2;4",
        "kind": "assumption",
        "cite": f"{cite}; gsd2 {HEAT_SPREAD} spans all gas to all coal",
    }
    fuels: list[Row] = [
        {
            **at,
            "kind": "input",
            "flow": BURNED[fuel],
            "flow_location": "GB",
            "amount": share / EFFICIENCY[fuel],
            "unit": "MJ",
            "cite": f"{share!r} of the heat / {EFFICIENCY[fuel]} boiler efficiency; {cite}",
        }
        for fuel, share in part.items()
    ]
    return activity, fuels


def read_rows(name: str) -> list[dict[str, str]]:
    """Rows of a curated table beside this file."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shares(tables: dict[str, Series], code: str, year: int) -> dict[str, float]:
    """Shares of generation by source in the latest year up to one; empty if it is not told."""
    generated = tables["electricity-generation"].get(code, {})
    known = [y for y in generated if y <= year and generated[y] > 0]
    if not known:
        return {}
    latest = max(known)
    total = generated[latest]
    mix = {}
    for stem, series in tables.items():
        source = stem.removeprefix("electricity-")
        if stem not in (INTENSITY, "electricity-generation"):
            mix[source] = max(series.get(code, {}).get(latest, 0.0), 0.0) / total
    mix["rest"] = max(1 - sum(mix.values()), 0.0)
    return mix


def technologies() -> dict[str, float]:
    """Published footprint of each technology [kg CO2e/kWh]; oil between coal and gas."""
    with (HERE.parents[1] / "mee" / "2024" / "exchanges.csv").open(encoding="utf-8") as file:
        rows = {row["activity"]: float(row["amount"]) for row in csv.DictReader(file)}
    footprint = {source: rows[activity] for source, activity in TECHNOLOGY.items()}
    return footprint | {"oil": (footprint["coal"] + footprint["gas"]) / 2}


def iso2() -> dict[str, str]:
    """From the codes of the source to the places of the edition."""
    with (HERE.parents[1] / "carbon-places" / "2026.2" / "iso.csv").open(encoding="utf-8") as file:
        return {row["iso3"]: row["location"] for row in csv.DictReader(file)} | AGGREGATED


def read(path: Path, sha256: str) -> Series:
    """Values by code and year of a chart of Our World in Data."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise SystemExit(f"{path}: not the publisher's file (sha256 {digest})")
    rows = csv.reader(content.decode("utf-8").splitlines())
    next(rows)
    series: Series = {}
    for _, code, year, value in rows:
        if code and value:
            series.setdefault(code, {})[int(year)] = float(value)
    return series


def entities(path: Path) -> dict[str, str]:
    """Names by code."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["Code"]: row["Entity"] for row in csv.DictReader(file) if row["Code"]}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
