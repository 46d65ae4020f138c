"""The project's own processes: chains of open unit processes, heat, logistics, live rooms.

    python factors/carbon-processes/2026.1/make.py

Three tables beside this file are curated by hand: ``processes.csv`` (one dataset a row),
``takes.csv`` (what a dataset takes or emits, with its bracket) and ``steps.csv`` (the unit
processes of a chain in order, with the share of its input that each step loses). Written from
them: ``activities.csv`` and ``exchanges.csv``.

- A unit process counts per kg of its own output. To put out 1 kg at the end of a chain, step i
  must put out the product of 1/(1 - loss) over the steps j after i.
- ``gsd2`` is stated, or it follows from the brackets of what the dataset takes, read as 95 %
  intervals: the largest of high/amount and amount/low.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from pathlib import Path

from carbon.background.source import write_rows

HERE = Path(__file__).parent
AT_THE_PLACE = "@"


def main(here: Path = HERE) -> None:
    """Write both tables beside the curated ones."""
    takes, steps = defaultdict(list), defaultdict(list)
    for row in read(here / "takes.csv"):
        takes[row["activity"], row["location"]].append(row)
    for row in read(here / "steps.csv"):
        steps[row["activity"]].append(row)
    activities: list[dict[str, object]] = []
    exchanges: list[dict[str, object]] = []
    for row in read(here / "processes.csv"):
        at = {"activity": row["activity"], "location": row["location"]}
        taken, chain = takes[row["activity"], row["location"]], steps[row["activity"]]
        if not taken and not chain:
            raise SystemExit(f"{row['activity']} takes nothing")
        cite = f"{row['cite']}; {losses(chain)}" if chain else row["cite"]
        activities.append(
            {
                **at,
                "unit": row["unit"],
                "year": int(row["year"]),
                "title": row["title"],
                "title_zh": row["title_zh"],
                "boundary": row["boundary"],
                "production": 1.0,
                "gsd2": float(row["gsd2"]) if row["gsd2"] else spread(taken),
                "pedigree": row["pedigree"],
                "kind": row["kind"],
                "cite": cite,
            }
        )
        exchanges.extend({**at, **exchange} for exchange in (*as_stated(taken), *linked(chain)))
    write_rows(here, "activities", activities)
    write_rows(here, "exchanges", exchanges)


def as_stated(taken: list[dict[str, str]]) -> list[dict[str, object]]:
    """Exchanges whose amounts stand in ``takes.csv``."""
    return [
        {
            "kind": row["kind"],
            "flow": row["flow"],
            "flow_location": row["flow_location"],
            "amount": float(row["amount"]),
            "unit": row["unit"],
            "cite": row["cite"]
            + (f" (bracket {row['low']} to {row['high']})" if row["low"] else ""),
        }
        for row in taken
    ]


def linked(chain: list[dict[str, str]]) -> list[dict[str, object]]:
    """Unit processes of a chain, each at the amount that the later losses ask for [kg]."""
    exchanges: list[dict[str, object]] = []
    for position, row in enumerate(chain):
        later = [other for other in chain[position + 1 :] if float(other["loss"])]
        amount = math.prod(1 / (1 - float(other["loss"])) for other in later)
        formula = " x ".join(f"1/(1 - {other['loss']}) of {other['process']}" for other in later)
        factor = f"amount {formula or '1, no later loss'}"
        exchanges.append(
            {
                "kind": "input",
                "flow": row["process"],
                "flow_location": AT_THE_PLACE,
                "amount": float(amount),
                "unit": "kg",
                "cite": f"{factor}; own loss {row['loss']}: {row['cite']}",
            }
        )
    return exchanges


def losses(chain: list[dict[str, str]]) -> str:
    """Share of the input that the whole chain loses, in words."""
    kept = math.prod(1 - float(row["loss"]) for row in chain)
    return f"input lost over these steps {round(1 - kept, 4)!r}"


def spread(taken: list[dict[str, str]]) -> float:
    """The 95 % factor that the brackets ask for."""
    factors = []
    for row in taken:
        if row["low"]:
            low, amount, high = float(row["low"]), float(row["amount"]), float(row["high"])
            if not 0 < low <= amount <= high:
                raise SystemExit(f"{row['activity']}: {amount} is outside {low} to {high}")
            factors.append(max(high / amount, amount / low))
    return round(max(factors), 3)


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a curated table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
