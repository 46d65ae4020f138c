"""Make the ademe-base-empreinte/2025 tables: electronics and appliances by item, produce by kg.

Publisher: ADEME, Base Empreinte (https://base-empreinte.ademe.fr/), as published with Impact CO2,
https://github.com/incubateur-ademe/impactco2 at 8076a489, src/data/categories/numerique.ts,
electromenager.ts and fruitsetlegumes.ts; impactco2.json is an extract of them (kg CO2e by stage).
Usage: python factors/ademe-base-empreinte/2025/make.py SOURCES
(reads SOURCES/ademe-impactco2/impactco2.json).

The stage "Assemblage et distribution" is left out. Of electronics it leaves the stage
"Construction", the finished item; of household appliances the parts, since there the source counts
assembly together with distribution. Per kg: one item over an assumed mass, low and high in cite.
Of fruit and vegetables the stage "Agriculture" is taken alone: the way from the farm is ours.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FILE = "ademe-impactco2/impactco2.json"
SHA256 = "1d9589ea08c438bc9b91b2aba643a8be5f9bb41f80ac0f8573484a05a9e73b29"
SUM = "greenhouse gases, aggregate, unstated"
STAGES = {
    "numerique": ("Construction",),
    "electromenager": ("Matières premières", "Approvisionnement", "Mise en forme"),
    "fruitsetlegumes": ("Agriculture",),
}
LEFT_OUT = {
    "Assemblage et distribution",
    "Transformation",
    "Emballage",
    "Transport",
    "Supermarché et distribution",
    "Consommation",
}
UNIT = {"numerique": "unit", "electromenager": "unit", "fruitsetlegumes": "kg"}
BERRIES, BERRIES_ZH = "food, berries", "浆果"
BERRY_MEMBERS = ("strawberry", "raspberry", "blueberry", "blackberry")
BOUNDARY = {
    "numerique": "cradle to finished item; without the stage assembly and distribution",
    "electromenager": "cradle to formed parts; without the stage assembly and distribution",
    "fruitsetlegumes": "cradle to farm gate, produce of the French market; no packing or transport",
}
DECIMALS = 9
"""Sums of the publisher's stages are cut of their binary dust [kg CO2e]."""

Record = dict[str, str | float | int]
Pick = dict[str, str]


def read_source(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """File and slug to the item, once the hash is right."""
    path = folder / FILE
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"{path}: not the expected file (sha256 {digest})")
    return {(item["file"], item["slug"]): item for item in json.loads(content)}


def dataset(pick: Pick, activity: str, unit: str, gsd2: float, kind: str, cite: str) -> Record:
    """One row of the activities."""
    return {
        "activity": activity,
        "location": "FR",
        "unit": unit,
        "year": 2025,
        "title": pick["slug"] + (" [per kg of item]" if activity == pick["assembled"] else ""),
        "title_zh": pick["title_zh"] + (" 每千克" if activity == pick["assembled"] else ""),
        "boundary": BOUNDARY[pick["file"]],
        "production": 1.0,
        "gsd2": gsd2,
        "pedigree": "4;4;4;2;3" if kind == "assumption" else "3;3;4;2;2",
        "kind": kind,
        "cite": cite,
    }


def exchange(activity: str, kind: str, flow: str, amount: float, unit: str, cite: str) -> Record:
    """One row of the exchanges."""
    return {
        "activity": activity,
        "location": "FR",
        "kind": kind,
        "flow": flow,
        "flow_location": "FR" if kind == "input" else "",
        "amount": amount,
        "unit": unit,
        "cite": cite,
    }


def write(name: str, records: list[Record]) -> None:
    """Write a table beside this file: UTF-8, LF, shortest exact floats."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(records[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    print(f"{name}: {len(records)} rows")


def main(folder: Path) -> None:
    """Write activities.csv and exchanges.csv."""
    source = read_source(folder)
    with (HERE / "selection.tsv").open(encoding="utf-8", newline="") as file:
        picks = list(csv.DictReader(file, delimiter="\t"))
    activities: list[Record] = []
    exchanges: list[Record] = []
    for pick in picks:
        item, stages = source[pick["file"], pick["slug"]], STAGES[pick["file"]]
        if set(item["stages"]) - {*stages, *LEFT_OUT}:
            raise SystemExit(f"{pick['slug']}: unexpected stages {sorted(item['stages'])}")
        amount = round(float(sum(item["stages"][stage] for stage in stages)), DECIMALS)
        cite = f"{pick['file']}, {pick['slug']}, stage " + " + ".join(stages)
        cite += f", Base Empreinte id {item['id']}" if item["id"] else ""
        activity = pick["activity"]
        activities.append(dataset(pick, activity, UNIT[pick["file"]], 1.5, "published", cite))
        exchanges.append(exchange(activity, "emission", SUM, amount, "kg", cite))
        if pick["assembled"]:
            mass, low, high = (float(pick[name]) for name in ("mass", "low", "high"))
            cite = (
                f"assumption: 1 item / {mass:g} kg, the source gives no mass;"
                f" bracketed by common items (no source read), low {low:g} kg, high {high:g} kg"
            )
            gsd2 = round(max(mass / low, high / mass), 2)
            activities.append(dataset(pick, pick["assembled"], "kg", gsd2, "assumption", cite))
            per_kg = exchange(pick["assembled"], "input", activity, 1 / mass, "unit", cite)
            exchanges.append(per_kg)
    cite = "assumption: equal parts of four berries of this source; low 0.227, high 1.04 kg CO2e/kg"
    berries = {
        "slug": "fraise; framboise; myrtille; mure",
        "file": "fruitsetlegumes",
        "assembled": "",
        "title_zh": BERRIES_ZH,
    }
    activities.append(dataset(berries, BERRIES, "kg", 2.0, "assumption", cite))
    for name in BERRY_MEMBERS:
        share = 1 / len(BERRY_MEMBERS)
        exchanges.append(exchange(BERRIES, "input", f"food, {name}, at farm", share, "kg", cite))
    write("activities.csv", activities)
    write("exchanges.csv", exchanges)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
