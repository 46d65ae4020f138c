"""Ranking with the footprints at hand, and looking for suspicious patterns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.harness import Bound, Row, Told, snippet, subject, timed
from carbon.liveroom.ranking import rank, signals

CATEGORIES = 70

BATCH = 20_000

ORDER = f"""
import sys, time
import numpy as np, pandas as pd
from benchmarks.ranking import graded
from carbon.liveroom.ordering import Keys
piece, draw = graded({BATCH}), np.random.default_rng(1)
if sys.argv[2] == "alike":
    piece = piece.assign(ratio=1.0, ratio_gsd=1.2, category="one")
start, keys = time.perf_counter(), Keys("intensity", "category")
for _ in range(0, int(sys.argv[1]), {BATCH}):
    noise = 0 if sys.argv[2] == "alike" else draw.normal(0, 0.1, {BATCH})
    keys.add(piece.assign(ratio=piece["ratio"] * np.exp(noise)))
keys.order(lambda asked: pd.Series(np.flatnonzero(asked)).astype("str"), confidence=0.9)
print(time.perf_counter() - start)
"""
"""An order gathered batch by batch; names of seven digits."""


def graded(rows: int) -> pd.DataFrame:
    """Graded footprints of made-up SKUs; one in fifty is unknown."""
    draw = np.random.default_rng(20260701)
    ratio = np.exp(draw.normal(0, 0.4, rows))
    gsd = np.exp(draw.uniform(0.05, 0.4, rows))
    unknown = draw.random(rows) < 0.02
    letter = np.array([*"ABCDE"])[np.searchsorted([0.6, 0.8, 1.0, 1.25], ratio)]
    names = [f"category {number:02}" for number in range(CATEGORIES)]
    return pd.DataFrame(
        {
            "sku": np.char.add("SKU", np.char.zfill(draw.permutation(rows).astype(str), 7)),
            "category": pd.Categorical.from_codes(draw.integers(0, CATEGORIES, rows), names),
            "total_kg": np.where(unknown, np.nan, ratio * 5),
            "ratio": np.where(unknown, np.nan, ratio),
            "ratio_gsd": np.where(unknown, np.nan, gsd),
            "letter": np.where(unknown, "", letter),
            "state": np.where(unknown, "unknown", "graded"),
            "reason": np.where(unknown, "S006", ""),
            "basis": pd.Categorical.from_codes(np.zeros(rows, dtype=np.int8), ["basis"]),
            "edition": pd.Categorical.from_codes(np.zeros(rows, dtype=np.int8), ["2026.1"]),
        }
    )


@subject("ranking", small={"rows": 120, "repeat": 1}, order=60)
def run(rows: int = 1_000_000, repeat: int = 3) -> Iterator[Told]:
    """SKUs of 70 categories, footprints with their spreads at hand.

    The worst case is made too: spreads so narrow that two or three SKUs share a rank.
    """
    table = graded(rows)
    row = Row("ranking within categories", timed(lambda: rank(table, confidence=0.9), repeat), rows)
    yield row
    yield Bound(f"ranking of {rows:,} SKUs [s]", row.seconds, most=10)
    narrow = table.assign(category="one", ratio_gsd=1 + 2 / rows)
    worst = Row(
        "the same, one category, ranks of two or three",
        timed(lambda: rank(narrow, confidence=0.9), repeat),
        rows,
    )
    yield worst
    yield Bound(f"ranking of {rows:,} SKUs, worst case [s]", worst.seconds, most=10)
    ranked = rank(table, confidence=0.9)
    count = int(table["ratio"].notna().sum())
    if int(ranked["rank"].notna().sum()) != count:
        raise AssertionError("SKUs were lost")
    yield Row("ranking signals", timed(lambda: signals(ranked), repeat), rows)
    for kind, told in (("usual", ""), ("alike", ", all alike")):
        name = f"order gathered in batches{told}"
        _, before = snippet(ORDER, min(BATCH, rows), kind)
        seconds, peak = snippet(ORDER, rows, kind, repeat=repeat)
        yield Row(name, seconds, rows, "SKU", peak)
        yield Bound(f"{name}, memory [B a SKU]", (peak - before) * 1e6 / rows, most=150)
