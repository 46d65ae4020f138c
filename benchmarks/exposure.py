"""Sharing out impressions, beside general solvers of the same problem."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.harness import Bound, Row, Told, subject, timed
from carbon.liveroom.exposure import allocate
from carbon.liveroom.policy_file import read_policy


def rooms(count: int) -> pd.DataFrame:
    """Rooms whose audiences fall with their rank; four of five are small merchants'."""
    draw = np.random.default_rng(20260701)
    audience = 1e6 * np.arange(1, count + 1, dtype=np.float64) ** -0.8
    return pd.DataFrame(
        {
            "room": np.char.add("R", draw.permutation(count).astype(str)),
            "impressions": np.ceil(audience * draw.uniform(0.5, 1.5, count)),
            "boost": draw.choice([0, 0.1, 0.2, 0.3], count, p=[0.7, 0.1, 0.1, 0.1]),
            "small_merchant": np.arange(count) >= count // 5,
        }
    )


@subject("exposure", small={"count": 300, "repeat": 1}, order=61)
def run(count: int = 100_000, repeat: int = 3) -> Iterator[Told]:
    """Boosts, floor, caps and largest loss; floor and head cap bind; report included."""
    policy = read_policy()
    assert policy.exposure is not None
    cap, told = policy.boost_cap.value, policy.exposure.model_dump()
    many = rooms(count)
    small = many["impressions"][many["small_merchant"]].sum() / many["impressions"].sum()
    top = many["impressions"].nlargest(50).sum() / many["impressions"].sum()
    told["floor"]["value"] = round(float(small) * 1.08, 4)
    told["head_cap"]["value"] = round(float(top) * 0.85, 4)
    rules = type(policy.exposure).model_validate(told)
    found = allocate(many, rules, cap).report
    binding = found[(found["section"] == "rule") & found["binds"].fillna(value=False)]["name"]
    if count >= 10_000 and not {"floor", "head_cap"} <= set(binding):
        raise AssertionError("floor and head cap were meant to bind")
    row = Row("exposure", timed(lambda: allocate(many, rules, cap), repeat), count, "room")
    yield row
    yield Bound(f"exposure of {count:,} rooms [s]", row.seconds, most=10)
