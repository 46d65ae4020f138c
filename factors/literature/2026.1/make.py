"""Single published figures, and declared assumptions, for materials no open database covers.

    python factors/literature/2026.1/make.py

``source.csv`` beside this file is curated by hand, one dataset a row. Written from it:
``activities.csv`` and ``exchanges.csv``.

- ``amount`` kg of ``flow`` per kg of material, or ``input_amount`` of another dataset that stands
  in for it (a proxy).
- ``gsd2`` is stated, or it follows from the bracket ``low`` to ``high``, read as a 95 % interval:
  the larger of high/amount and amount/low.
- ``carbon_content`` (kg biogenic C per kg) makes an uptake of CO2 from the air, x 44/12. Where the
  source had already deducted the carbon bound in the fibre (``embedded_deducted``), the same
  amount is added to its figure, so that uptake and emissions stand apart and their sum is the
  source's. Materials without ``carbon_content`` have neither uptake nor release of biogenic CO2.
"""

from __future__ import annotations

import csv
from pathlib import Path

from carbon.background.source import write_rows

HERE = Path(__file__).parent
CO2_PER_C = 44 / 12
UPTAKE = "carbon dioxide, in air"


def main() -> None:
    """Write both tables."""
    write(read("source.csv"), HERE)


def write(rows: list[dict[str, str]], folder: Path) -> None:
    """Write both tables of curated rows."""
    activities: list[dict[str, object]] = []
    exchanges: list[dict[str, object]] = []
    for row in rows:
        at = {"activity": row["activity"], "location": row["location"]}
        activities.append(
            {
                **at,
                "unit": "kg",
                "year": int(row["year"]),
                "title": row["title"],
                "title_zh": row["title_zh"],
                "boundary": row["boundary"],
                "production": 1.0,
                "gsd2": spread(row),
                "pedigree": row["pedigree"],
                "kind": row["kind"],
                "cite": cite(row),
            }
        )
        exchanges.extend({**at, **exchange} for exchange in made_of(row))
    write_rows(folder, "activities", activities)
    write_rows(folder, "exchanges", exchanges)


def spread(row: dict[str, str]) -> float:
    """The 95 % factor: as stated, or from the bracket."""
    if row["gsd2"]:
        return float(row["gsd2"])
    low, amount, high = float(row["low"]), float(row["amount"]), float(row["high"])
    if not 0 < low <= amount <= high:
        raise SystemExit(f"{row['activity']}: {amount} is outside {low} to {high}")
    return round(max(high / amount, amount / low), 3)


def cite(row: dict[str, str]) -> str:
    """The citation, with its bracket."""
    if not row["low"]:
        return row["cite"]
    return f"{row['cite']} (bracket {row['low']} to {row['high']})"


def made_of(row: dict[str, str]) -> list[dict[str, object]]:
    """The exchanges of one dataset."""
    if row["input"]:
        return [
            {
                "kind": "input",
                "flow": row["input"],
                "flow_location": row["input_location"],
                "amount": float(row["input_amount"]),
                "unit": "kg",
                "cite": row["cite"],
            }
        ]
    amount, text = float(row["amount"]), cite(row)
    emission: dict[str, object] = {"kind": "emission", "flow": row["flow"], "unit": "kg"}
    if not row["carbon_content"]:
        return [{**emission, "amount": amount, "cite": text}]
    bound = float(row["carbon_content"]) * CO2_PER_C
    if row["embedded_deducted"]:
        amount, text = amount + bound, f"{text}; the carbon bound in the fibre added back"
    return [
        {**emission, "amount": amount, "cite": text},
        {**emission, "flow": UPTAKE, "amount": bound, "cite": row["carbon_cite"]},
    ]


def read(name: str) -> list[dict[str, str]]:
    """Rows of a table beside this file."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
