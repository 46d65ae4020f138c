"""Adds to ademe-base-empreinte/2025 the trip of a shopper who fetches a parcel by car [km].

Publisher: as ademe-base-empreinte/2025, file livraison.ts of the same extract.
Usage: python factors/ademe-base-empreinte/2025.1/make.py SOURCES

Of the 28 cases of "livraison" every trip to a shop or pick-up point is one figure, 30 km or 7 km
there and back; on foot or by bicycle it is none. A kilometre is the longer trip over its length,
held against the shorter one. All other rows are those that edition 2026.1 locks.
"""

from __future__ import annotations

import csv
import math
import runpy
import sys
from pathlib import Path

from carbon.background.source import write_rows

HERE = Path(__file__).parent
BEFORE = HERE.parent / "2025"
TRIP = "passenger car, trip to a pick-up point"
STAGES = {30: "Mon déplacement à 30km A/R", 7: "Mon déplacement à 7km A/R"}
"""Length of a trip there and back [km] → its stage."""


def main(folder: Path) -> None:
    """Write both tables."""
    source = runpy.run_path(str(BEFORE / "make.py"))["read_source"](folder)
    trips = {
        km: {
            item["stages"][stage]
            for (file, _), item in source.items()
            if file == "livraison" and stage in item["stages"]
        }
        for km, stage in STAGES.items()
    }
    (long,), (short,) = trips.values()
    per_km = round(long / 30, 9)
    if not math.isclose(per_km, short / 7, rel_tol=1e-3):
        raise SystemExit(f"trips differ by the kilometre: {long} / 30, {short} / 7")
    cite = f"livraison, {STAGES[30]}: {long:g} kg / 30 km; agrees with {short:g} kg / 7 km"
    at = {"activity": TRIP, "location": "FR"}
    activity = {
        **at,
        "unit": "km",
        "year": 2025,
        "title": "Mon déplacement A/R [per km]",
        "title_zh": "自驾取件 每公里",
        "boundary": "driving of a passenger car; whether making the car is in it is not stated",
        "production": 1.0,
        "gsd2": 2.0,
        "pedigree": "3;3;4;4;3",
        "kind": "published",
        "cite": f"{cite}; gsd2 2: car and passengers are not stated",
    }
    exchange = {
        **at,
        "kind": "emission",
        "flow": "greenhouse gases, aggregate, unstated",
        "flow_location": "",
        "amount": per_km,
        "unit": "kg",
        "cite": cite,
    }
    write_rows(HERE, "activities", [*read("activities"), activity])
    write_rows(HERE, "exchanges", [*read("exchanges"), exchange])


def read(table: str) -> list[dict[str, str]]:
    """Rows of a table of the earlier version."""
    with (BEFORE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
