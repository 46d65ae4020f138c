"""Make the desnz/2025 tables from the UK Government GHG Conversion Factors 2025 (flat file).

Publisher: Department for Energy Security and Net Zero,
https://www.gov.uk/government/publications/greenhouse-gas-reporting-conversion-factors-2025
Usage: python factors/desnz/2025/make.py SOURCES (reads SOURCES/desnz-2025/2025_flat-file.xlsx).

``selection.tsv`` beside this file names the publisher's rows by ID (for freight and fuels without
the last number, which names the gas) and gives our activity, a gsd2 and a remark. Where the file
gives gases as kg CO2e they are divided by the AR5 potentials it uses and entered as gases.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path

import openpyxl

HERE = Path(__file__).parent
FILE = "desnz-2025/2025_flat-file.xlsx"
SHA256 = "8bfdb45b81ec4a88e3bdf4584637330f62e6bd09ce1940e654c5d7b7f736de94"
SHEET = "Factors by Category"

AR5 = {"CO2": 1.0, "CH4": 28.0, "N2O": 265.0}
GAS_SUFFIX = {"CO2": "_2", "CH4": "_3", "N2O": "_4"}
GASES = {
    "CO2": "carbon dioxide, fossil",
    "CH4": "methane, fossil",
    "N2O": "dinitrogen monoxide",
}
AIRCRAFT = {
    "CO2": "carbon dioxide, fossil, aircraft",
    "CH4": "methane, fossil, aircraft",
    "N2O": "dinitrogen monoxide, aircraft",
}
AR4_SUM = "greenhouse gases, aggregate, AR4"
AR5_SUM = "greenhouse gases, aggregate, AR5"
UNSTATED_SUM = "greenhouse gases, aggregate, unstated"
UPTAKE = "carbon dioxide, in air"
BIOGENIC = "carbon dioxide, biogenic"
BIOMETHANE = "methane, biogenic"

KG_PER_TONNE = 1000.0
MJ_PER_KWH = 3.6
CO2_PER_C = 44 / 12

INERT_LANDFILL = "20_505_5383_15_1"

# Biogenic carbon [kg C per kg of material as traded], taken up here, released at every disposal.
CARBON = {"paper": 0.414, "wood": 0.425}
CARBON_CITE = {
    "paper": (
        "assumption: 0.414 kg C/kg x 44/12; 0.9 dry matter x 0.46 C of dry matter, after IPCC 2006"
        " Guidelines Vol. 5 Table 2.4 (not re-read); low 0.37, high 0.45"
    ),
    "wood": (
        "assumption: 0.425 kg C/kg x 44/12; 0.85 dry matter x 0.5 C of dry matter, after IPCC 2006"
        " Guidelines Vol. 5 Table 2.4 (not re-read); low 0.39, high 0.46"
    ),
}

Record = dict[str, str | float | int]
Pick = dict[str, str]
ACTIVITIES: list[Record] = []
EXCHANGES: list[Record] = []
SOURCE: dict[str, tuple[str, float | None, str]] = {}
"""Publisher's ID to its label, value and cell."""


def read_source(folder: Path) -> None:
    """Fill SOURCE from the flat file, once its hash is right."""
    path = folder / FILE
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"{path}: not the publisher's file (sha256 {digest})")
    sheet = openpyxl.load_workbook(path, read_only=True, data_only=True)[SHEET]
    for number, cells in enumerate(sheet.iter_rows(min_row=7, values_only=True), start=7):
        if isinstance(cells[0], str):
            label = "; ".join(str(cell).strip() for cell in (*cells[2:7], cells[7]) if cell)
            figure = float(cells[9]) if isinstance(cells[9], (int, float)) else None
            SOURCE[cells[0]] = (label, figure, f"{SHEET}!J{number}")


def read_selection() -> dict[str, list[Pick]]:
    """Read the rows to take, by group."""
    with (HERE / "selection.tsv").open(encoding="utf-8", newline="") as file:
        picks = list(csv.DictReader(file, delimiter="\t"))
    for pick in picks:
        # the third part of an ID names the vehicle or fuel, the same up and down the chain
        pair = {stem.split("_")[2] for stem in (pick["row"], pick["upstream"]) if stem}
        if len(pair) > 1:
            raise SystemExit(f"{pick['activity']}: {pick['upstream']} is of another service")
    return {group: [p for p in picks if p["group"] == group] for group in GROUPS}


def value(row: str) -> float:
    """Return the number of a row; a blank one stops the run."""
    number = SOURCE[row][1]
    if number is None:
        raise SystemExit(f"{row}: no value")
    return number


def cite(*rows: str) -> str:
    """ID and cell of each row."""
    return " + ".join(f"ID {row} ({SOURCE[row][2]})" for row in rows)


def dataset(
    pick: Pick,
    unit: str,
    row: str,
    boundary: str,
    pedigree: str,
    *,
    kind: str = "published",
    location: str = "GB",
) -> None:
    """Add one row to the activities."""
    ACTIVITIES.append(
        {
            "activity": pick["activity"],
            "location": location,
            "unit": unit,
            "year": 2025,
            "title": SOURCE[row][0] + (f" [{pick['note']}]" if pick["note"] else ""),
            "title_zh": pick["title_zh"],
            "boundary": boundary,
            "production": 1.0,
            "gsd2": float(pick["gsd2"]),
            "pedigree": pedigree,
            "kind": kind,
            "cite": cite(row),
        }
    )


def emit(activity: str, flow: str, amount: float, source: str) -> None:
    """Add an emission [kg]; one that the publisher rounds to nothing is left out."""
    if amount > 0:
        exchange(activity, "GB", "emission", flow, "", amount, "kg", source)


def exchange(
    activity: str,
    location: str,
    kind: str,
    flow: str,
    flow_location: str,
    amount: float,
    unit: str,
    source: str,
) -> None:
    """Add one row to the exchanges."""
    EXCHANGES.append(
        {
            "activity": activity,
            "location": location,
            "kind": kind,
            "flow": flow,
            "flow_location": flow_location,
            "amount": amount,
            "unit": unit,
            "cite": source,
        }
    )


def emit_gases(activity: str, stem: str, flows: dict[str, str], per: float = 1.0) -> None:
    """Add CO2, CH4 and N2O of a row as kg of gas, after checking that they sum to its total."""
    parts = {gas: value(stem + suffix) for gas, suffix in GAS_SUFFIX.items()}
    if abs(sum(parts.values()) - value(stem + "_1")) > 3e-5:
        raise SystemExit(f"{stem}: the gases do not sum to the total")
    for gas, co2e in parts.items():
        source = cite(stem + GAS_SUFFIX[gas])
        if gas != "CO2":
            source += f"; kg CO2e divided by AR5 GWP100 {AR5[gas]:g}"
        if per != 1:
            source += f"; divided by {per:g} MJ/kWh"
        emit(activity, flows[gas], co2e / AR5[gas] / per, source)


def freight(pick: Pick) -> None:
    """Freight per tkm: vehicle operation as gases, fuel supply as the publisher's aggregate."""
    activity, stem, upstream = pick["activity"], pick["row"], pick["upstream"] + "_1"
    plane = "plane" in activity
    boundary = "well-to-wheel: vehicle operation and fuel supply, UK fleet and load"
    if plane:
        boundary = "well-to-wake, UK flights, without the non-CO2 effects of flight"
    pedigree = "2;2;3;2;3" if plane else "3;2;4;3;3" if "ship" in activity else "2;2;2;1;2"
    dataset(pick, "tkm", stem + "_1", boundary, pedigree)
    emit_gases(activity, stem, AIRCRAFT if plane else GASES)
    emit(activity, AR5_SUM, value(upstream), cite(upstream) + "; well-to-tank")


def electric_freight(pick: Pick) -> None:
    """Let an electric van take the electricity of the place where it drives."""
    row = pick["row"]
    boundary = "electricity at the supply point, taken at the place of driving; UK fleet and load"
    dataset(pick, "tkm", row, boundary, "2;2;2;1;2", location="*")
    source = cite(row) + (
        "; the publisher derives it as emissions per tkm / emissions per kWh"
        " (full set, sheet SECR kWh UK electricity for EVs, row 75)"
    )
    electricity = ("input", "electricity, consumer", "@", value(row), "kWh")
    exchange(pick["activity"], "*", *electricity, source)


FUEL_BOUNDARY = "combustion and fuel supply per MJ of fuel (net calorific value); no efficiency"


def fuel(pick: Pick) -> None:
    """Add a fuel burned per MJ of net calorific value; a boiler's efficiency is not included."""
    activity, stem, upstream = pick["activity"], pick["row"], pick["upstream"] + "_1"
    dataset(pick, "MJ", stem + "_1", FUEL_BOUNDARY, "1;1;2;1;2")
    emit_gases(activity, stem, GASES, per=MJ_PER_KWH)
    source = cite(upstream) + "; well-to-tank; per kWh / 3.6"
    emit(activity, AR5_SUM, value(upstream) / MJ_PER_KWH, source)


def biofuel(pick: Pick) -> None:
    """Wood burned per MJ: its carbon dioxide is taken up and released in equal amounts."""
    activity, biogenic = pick["activity"], pick["biogenic"] + "_2"
    rows = (pick["row"] + "_1", pick["upstream"] + "_1")
    dataset(pick, "MJ", rows[0], FUEL_BOUNDARY, "2;2;3;1;3")
    source = cite(*rows) + "; CH4 and N2O of combustion + well-to-tank; per kWh / 3.6"
    emit(activity, AR5_SUM, sum(value(row) for row in rows) / MJ_PER_KWH, source)
    carbon = value(biogenic) / MJ_PER_KWH
    emit(activity, BIOGENIC, carbon, cite(biogenic) + "; per kWh / 3.6")
    emit(activity, UPTAKE, carbon, cite(biogenic) + "; per kWh / 3.6; uptake equal to release")


def electricity(pick: Pick) -> None:
    """UK electricity: generation, or transmission and distribution, with its fuel supply."""
    activity, stem, upstream = pick["activity"], pick["row"], pick["upstream"] + "_1"
    dataset(pick, "kWh", stem + "_1", "operation and fuel supply, no power stations", "1;1;2;1;1")
    emit_gases(activity, stem, GASES)
    emit(activity, AR5_SUM, value(upstream), cite(upstream) + "; well-to-tank")


def consumer(pick: Pick) -> None:
    """Electricity at the consumer: generation, and losses, of one kWh."""
    boundary = "generation, losses and fuel supply per kWh used; no power stations"
    dataset(pick, "kWh", pick["row"] + "_1", boundary, "1;1;2;1;1", kind="derived")
    parts = {
        "electricity, average mix, at grid": pick["row"],
        "electricity, transmission and distribution": pick["upstream"],
    }
    for part, stem in parts.items():
        source = f"derived: generation + transmission and distribution; {cite(stem + '_1')}"
        exchange(pick["activity"], "GB", "input", part, "GB", 1.0, "kWh", source)


def material(pick: Pick) -> None:
    """Add a material per kg: primary, closed-loop recycled and re-used, an AR4 aggregate."""
    boundary = "cradle to UK point of sale; recycled: sorting, processing and transport (cut-off)"
    pedigree = "3;3;4;3;4" if "proxy" in pick["note"] else "3;3;4;2;3"
    kinds = [
        ("", "", pick["row"]),
        (", recycled", " 再生", pick["recycled"]),
        (", reused", " 再使用", pick["reused"]),
    ]
    for suffix, suffix_zh, row in kinds:
        if row:
            activity = pick["activity"] + suffix
            named = {**pick, "activity": activity, "title_zh": pick["title_zh"] + suffix_zh}
            dataset(named, "kg", row, boundary, pedigree)
            emit(activity, AR4_SUM, value(row) / KG_PER_TONNE, cite(row) + "; per tonne / 1000")
            if pick["carbon"]:
                uptake = round(CARBON[pick["carbon"]] * CO2_PER_C, 12)
                emit(activity, UPTAKE, uptake, CARBON_CITE[pick["carbon"]])


def water(pick: Pick) -> None:
    """Water per kg, on a basis that the publisher does not state."""
    dataset(pick, "kg", pick["row"], "operation of the water company", "3;3;3;1;2")
    source = cite(pick["row"]) + "; per m3 / 1000 kg; GWP basis not stated"
    emit(pick["activity"], UNSTATED_SUM, value(pick["row"]) / KG_PER_TONNE, source)


def landfill(pick: Pick) -> None:
    """Add a rotting waste per kg: transport, methane, and all its biogenic carbon as CO2."""
    activity, row, carbon = pick["activity"], pick["row"], pick["carbon"]
    boundary = "collection, transport and landfill; no credit for landfill gas"
    dataset(pick, "kg", row, boundary, "2;3;3;1;3", kind="derived")
    inert = value(INERT_LANDFILL) / KG_PER_TONNE
    emit(activity, AR5_SUM, inert, cite(INERT_LANDFILL) + "; transport, as of plastics")
    methane = (value(row) / KG_PER_TONNE - inert) / AR5["CH4"]
    source = (
        f"derived: ({cite(row)} less {cite(INERT_LANDFILL)}) / 1000 / 28;"
        " assumption: what the landfill of plastics does not emit is methane (AR5)"
    )
    emit(activity, BIOMETHANE, methane, source)
    if carbon:
        released = CARBON[carbon] * CO2_PER_C
        source = f"{CARBON_CITE[carbon]}; methane included once it has oxidized"
        emit(activity, BIOGENIC, released, source)


def handling(pick: Pick) -> None:
    """Add collection, transport and tipping of a waste per kg; nothing rots, nothing is treated."""
    boundary = "collection, transport and landfill handling"
    if pick["activity"].startswith("waste"):
        boundary = "collection and transport to the plant only; no treatment, no credit"
    dataset(pick, "kg", pick["row"], boundary, "2;3;3;1;3")
    source = cite(pick["row"]) + "; per tonne / 1000"
    emit(pick["activity"], AR5_SUM, value(pick["row"]) / KG_PER_TONNE, source)


GROUPS = {
    "freight": freight,
    "electric freight": electric_freight,
    "fuels": fuel,
    "biofuels": biofuel,
    "electricity": electricity,
    "consumer": consumer,
    "materials": material,
    "water": water,
    "landfill": landfill,
    "handling": handling,
}


def write(name: str, records: list[Record]) -> None:
    """Write a table beside this file: UTF-8, LF, shortest exact floats."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(records[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    print(f"{name}: {len(records)} rows")


def main(folder: Path) -> None:
    """Read the publisher's file and write activities.csv and exchanges.csv."""
    read_source(folder)
    for group, picks in read_selection().items():
        for pick in picks:
            GROUPS[group](pick)
    write("activities.csv", ACTIVITIES)
    write("exchanges.csv", EXCHANGES)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
