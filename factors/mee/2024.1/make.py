"""Writes the tables of mee/2024 with cites that say which figures are derived.

    python factors/mee/2024.1/make.py

No number differs from mee/2024, which edition 2026.1 locks. The ministry publishes no footprint of
a province: the consumer mix of each is derived from its direct factor, and its cite says so now.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from carbon.background.source import write_rows

HERE = Path(__file__).parent
BEFORE = HERE.parent / "2024"


def main() -> None:
    """Write both tables."""
    with (BEFORE / "activities.csv").open(encoding="utf-8", newline="") as file:
        activities = list(csv.DictReader(file))
    for row in activities:
        if row["kind"] == "derived" and not row["cite"].startswith("derived"):
            row["cite"] = f"derived, not published: {row['cite']}"
    write_rows(HERE, "activities", activities)
    shutil.copyfile(BEFORE / "exchanges.csv", HERE / "exchanges.csv")


if __name__ == "__main__":
    main()
