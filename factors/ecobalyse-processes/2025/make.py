"""Process energies of textile, metal and food steps, as Ecobalyse publishes them.

    python factors/ecobalyse-processes/2025/make.py

``source.csv`` beside this file holds the figures carried over by hand, one process a row: MJ of
electricity and MJ of heat per kg of output, the share of the input that is lost, and the path of
the publisher's JSON file at the commit named in ``package.toml``. Written: ``activities.csv`` and
``exchanges.csv``.

Each process is a template (location ``*``): it takes electricity and heat at the place where it
stands. Electricity is turned from MJ to kWh. The material loss is not part of the dataset: the
input of material belongs to whoever takes the process.
"""

from __future__ import annotations

import csv
from pathlib import Path

from carbon.background.source import write_rows

HERE = Path(__file__).parent
REPOSITORY = "github MTES-MCT/ecobalyse-data@ac7292ce"
YEAR = 2025
MJ_PER_KWH = 3.6
BOUNDARY = "gate to gate: electricity and heat of the process; no material, water or chemicals"


def main() -> None:
    """Write both tables."""
    activities: list[dict[str, object]] = []
    exchanges: list[dict[str, object]] = []
    for row in read("source.csv"):
        at = {"activity": row["activity"], "location": "*"}
        cite = f"{REPOSITORY} {row['path']}; {row['origin']}"
        activities.append(
            {
                **at,
                "unit": "kg",
                "year": YEAR,
                "title": row["title"],
                "title_zh": row["title_zh"],
                "boundary": BOUNDARY,
                "production": 1.0,
                "gsd2": float(row["gsd2"]),
                "pedigree": row["pedigree"],
                "kind": "published",
                "cite": f"{cite}; share of the input lost {row['waste_ratio']}, not included",
            }
        )
        taken = {"kind": "input", "flow_location": "@"}
        electricity, heat = float(row["electricity_mj"]), float(row["heat_mj"])
        if electricity:
            exchanges.append(
                {
                    **at,
                    **taken,
                    "flow": "electricity, consumer",
                    "amount": electricity / MJ_PER_KWH,
                    "unit": "kWh",
                    "cite": f"{cite}; elecMJ {electricity!r} / 3.6",
                }
            )
        if heat:
            exchanges.append(
                {
                    **at,
                    **taken,
                    "flow": "heat, industrial",
                    "amount": heat,
                    "unit": "MJ",
                    "cite": f"{cite}; heatMJ {heat!r}",
                }
            )
    write_rows(HERE, "activities", activities)
    write_rows(HERE, "exchanges", exchanges)


def read(name: str) -> list[dict[str, str]]:
    """Rows of a table beside this file."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
