"""Writes the tables of desnz/2025 with cites that name every cell and every division.

    python factors/desnz/2025.1/make.py

No amount differs from desnz/2025, which edition 2026.1 locks. The cite of a dataset was that of one
cell: freight and fuels named the vehicle (tank to wheel) and not the fuel's supply (well to tank),
and what the publisher states per tonne did not say that it was divided.

One spread differs: board of any kind at 1.20 kg CO2e/kg stands for folding boxboard, of which mills
report 0.48 to 0.81 (Carbon Catalogue, Meinrenken et al. 2022), so that paperboard spans them.
"""

from __future__ import annotations

import csv
from pathlib import Path

from carbon.background.source import write_rows

HERE = Path(__file__).parent
BEFORE = HERE.parent / "2025"
TO_TANK = "; well-to-tank"
PER_TONNE = "per tonne / 1000"
BOXBOARD = {"paperboard": 2.5}
"""Spread of what is a proxy of board of another kind."""


def main() -> None:
    """Write both tables."""
    activities, exchanges = read("activities"), read("exchanges")
    supply = {
        row["activity"]: row["cite"].partition(TO_TANK)[0]
        for row in exchanges
        if TO_TANK in row["cite"]
    }
    for row in exchanges:
        if row["cite"].endswith("; transport, as of plastics"):
            row["cite"] += f"; {PER_TONNE}"
    divided = {row["activity"] for row in exchanges if " / 1000" in row["cite"]}
    for row in activities:
        if row["activity"] in BOXBOARD:
            row["gsd2"] = f"{BOXBOARD[row['activity']]:g}"
        if row["activity"] in supply:
            row["cite"] += f" tank-to-wheel + {supply[row['activity']]} well-to-tank"
        if row["activity"] in divided:
            row["cite"] += f"; {PER_TONNE}"
        if row["activity"].startswith("landfill") and row["kind"] == "derived":
            row["cite"] += "; derived: what the landfill of plastics does not emit is methane"
    write_rows(HERE, "activities", activities)
    write_rows(HERE, "exchanges", exchanges)


def read(table: str) -> list[dict[str, str]]:
    """Rows of a table of the earlier version."""
    with (BEFORE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
