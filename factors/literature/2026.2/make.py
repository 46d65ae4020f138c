"""Writes the tables of literature/2026.1 with gold and silver from papers instead of trade pages.

    python factors/literature/2026.2/make.py

``source.csv`` beside this file holds the rows that take the place of those of literature/2026.1,
which edition 2026.1 locks; all others are taken over, by the rules of its ``make.py``.

The spread of a metal is set so that its interval of 95 % holds every reading named in its cite: the
amount is the expected value of a lognormal m, whose interval is m exp(-s2/2 ± 1.96 s).
"""

from __future__ import annotations

import csv
import runpy
from pathlib import Path

HERE = Path(__file__).parent
BEFORE = HERE.parent / "2026.1"


def main() -> None:
    """Write both tables."""
    rows = {row["activity"]: row for row in read(HERE)}
    merged = [rows.pop(row["activity"], row) for row in read(BEFORE)]
    if rows:
        raise SystemExit(f"not in {BEFORE.name}: {sorted(rows)}")
    runpy.run_path(str(BEFORE / "make.py"))["write"](merged, HERE)


def read(folder: Path) -> list[dict[str, str]]:
    """Rows of a curated table."""
    with (folder / "source.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
