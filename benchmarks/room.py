"""Live rooms judged from the file of their sales, footprints at hand."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.harness import Bound, Row, Told, snippet, subject
from carbon.catalogue.ledger import read_ledger
from carbon.liveroom.eligibility import Judgement, Tables, judge
from carbon.liveroom.policy_file import read_policy

SKUS = 100_000
SESSIONS = 3
"""Of each room."""


def goods(skus: int = SKUS, seed: int = 5) -> pd.DataFrame:
    """Footprints and facts of SKUs."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sku": [f"SKU-{number:06d}" for number in range(skus)],
            "category": "t_shirt",
            "total_kg": random.lognormal(1, 1, skus),
            "live_session_kg": random.uniform(0, 0.1, skus),
            "intensity": random.lognormal(0, 0.4, skus),
            "air_share": random.choice([0.0, 0.3, np.nan], skus),
            "packaging_mass": random.lognormal(0, 0.3, skus),
            "packaging_plastic": random.uniform(0, 1, skus),
            "packaging_layers": random.integers(1, 5, skus).astype(float),
            "primary_share": random.uniform(0.1, 0.9, skus),
            "category_return_rate": 0.35,
        }
    )


def tables(rooms: int, lines: int, folder: Path, seed: int = 6) -> dict[str, pd.DataFrame]:
    """Ledgers of a platform; the sales stand in ``folder/sales.parquet``."""
    random = np.random.default_rng(seed)
    names = np.array([f"room-{number:05d}" for number in range(rooms)])
    room = np.sort(random.integers(0, rooms, lines))
    session = random.integers(0, SESSIONS, lines)
    units = random.integers(1, 50, lines)
    pd.DataFrame(
        {
            "room": pd.Categorical.from_codes(room, pd.Index(names)),
            "session": pd.Categorical.from_codes(
                room * SESSIONS + session,
                pd.Index(
                    [f"S-{number}-{part}" for number in range(rooms) for part in range(SESSIONS)]
                ),
            ),
            "sku": pd.Categorical.from_codes(
                random.integers(0, SKUS, lines), pd.Index(goods()["sku"])
            ),
            "units": units,
            "revenue": np.round(units * random.uniform(10, 500, lines), 2),
            "returned_units": random.binomial(units, 0.3),
            "date": np.datetime64("2026-10-01") + random.integers(0, 30, lines),
        }
    ).to_parquet(folder / "sales.parquet")
    each = np.repeat(np.arange(rooms), SESSIONS)
    part = np.tile(np.arange(SESSIONS), rooms)
    start = np.datetime64("2026-10-01T19", "s") + part * np.timedelta64(1, "D")
    return {
        "rooms": pd.DataFrame({"room": names, "merchant": names}),
        "sessions": pd.DataFrame(
            {
                "session": [f"S-{a}-{b}" for a, b in zip(each, part, strict=True)],
                "room": names[each],
                "start": start,
                "end": start + np.timedelta64(4, "h"),
                "studio_kwh": random.uniform(3, 9, len(each)),
                "viewer_hours": random.uniform(1e3, 1e5, len(each)),
                "place": "CN",
            }
        ),
        "merchants": pd.DataFrame({"merchant": names, "blocked": False}),
        "certificates": pd.DataFrame(
            {
                "certificate": [f"GEC-{number:08d}" for number in range(rooms)],
                "registry": "GEC",
                "room": names,
                "energy_kwh": 1000.0,
                "generation_start": np.datetime64("2026-06-01", "s"),
            }
        ),
        "credits": pd.DataFrame(
            {
                "serial": [f"CCER-{number:08d}" for number in range(rooms)],
                "last": [f"CCER-{number:08d}" for number in range(rooms)],
                "registry": "CCER",
                "room": names,
                "co2e_kg": 1000.0,
                "vintage": 2024.0,
                "retired": np.datetime64("2026-10-20", "s"),
            }
        ),
        "findings": pd.DataFrame({"room": [], "words": []}),
    }


IMPACTS = pd.DataFrame(
    {"grid_kg": [0.6], "renewable_kg": [0.05], "streaming_kg": [0.05]}, index=["CN"]
)


def judged(rooms: int, lines: int) -> tuple[float, Judgement]:
    """Seconds from the file of the sales to the judgement, and the judgement."""
    with tempfile.TemporaryDirectory() as folder:
        frames, known = tables(rooms, lines, Path(folder)), goods()
        start = time.perf_counter()
        sales = read_ledger(Path(folder) / "sales.parquet", "sales").frame
        found = judge(
            Tables(sales=sales, **frames),
            known,
            IMPACTS,
            read_policy(),
            as_of=np.datetime64("2026-11-30"),
        )
        return time.perf_counter() - start, found


@subject("room", small={"rows": 20, "lines": 2_000, "repeat": 1})
def run(rows: int = 10_000, lines: int = 5_000_000, repeat: int = 3) -> Iterator[Told]:
    """Live rooms judged: sales read from Parquet, gates, points, matching, reasons."""
    code = (
        "import sys; from benchmarks.room import judged; "
        "seconds, found = judged(int(sys.argv[1]), int(sys.argv[2])); "
        "assert len(found.rooms) == int(sys.argv[1]) and found.rooms['points'].max() > 0; "
        "print(seconds)"
    )
    runs, peak = snippet(code, rows, lines, repeat=repeat)
    row = Row(f"rooms, {lines:,} sales lines", runs, rows, "room", peak)
    yield row
    yield Bound("rooms judged [s]", row.seconds, most=20)
    yield Bound("rooms judged, peak [MB]", peak, most=3000)


if __name__ == "__main__":
    print(judged(int(sys.argv[1]), int(sys.argv[2]))[0])
