"""A return-insurance pool from the file of its orders to the reserve of its fund."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from benchmarks.harness import Bound, Row, Told, subject
from carbon.catalogue.ledger import read_ledger
from carbon.incentive.pool_policy import load_policy
from carbon.incentive.return_pool import pool


def orders(rows: int, seed: int = 6) -> pa.Table:
    """Orders of 5,000 merchants in 12 categories, whose return rates are known.

    Parameters
    ----------
    rows : int
    seed : int

    Returns
    -------
    pyarrow.Table
    """
    rng = np.random.default_rng(seed)
    merchants = min(5_000, max(rows // 20, 1))
    merchant = rng.integers(0, merchants, rows)
    category = (merchant * 7 + rng.integers(0, 2, rows)) % 12
    level = rng.uniform(0.1, 0.6, 12)
    rate = rng.beta(level[category[:merchants]] * 20, (1 - level[category[:merchants]]) * 20)
    returned = rng.random(rows) < rate[merchant]
    freight = np.round(rng.gamma(16, 0.6, rows), 2)
    days = pd.date_range("2026-06-01", periods=107).strftime("%Y-%m-%d").to_numpy()
    reasons = np.array(["尺码不合", "质量问题", "与描述不符", "七天无理由", "发错货"])

    def drawn(prefix: str, count: int) -> pa.Array:
        names = pa.array([f"{prefix}{number:07d}" for number in range(count)])
        return names.take(pa.array(rng.integers(0, count, rows)))

    nothing = pa.scalar(None, pa.string())
    reason = pa.array(reasons[rng.integers(0, len(reasons), rows)])
    return pa.table(
        {
            "merchant": pa.array([f"商家{number:04d}" for number in range(merchants)]).take(
                pa.array(merchant)
            ),
            "category": pa.array([f"类目{number:02d}" for number in range(12)]).take(
                pa.array(category)
            ),
            "premium": np.round(rng.uniform(0.5, 3, rows), 2),
            "returned": pa.array(np.where(returned, "是", "否")),
            "reason": pa.compute.if_else(pa.array(returned), reason, nothing),
            "return_freight": pa.array(freight, mask=~returned),
            "buyer": drawn("B", max(rows // 4, 1)),
            "address": drawn("A", max(rows // 5, 1)),
            "date": pa.array(days).take(pa.array(rng.integers(0, 107, rows))),
        }
    )


@subject("return-insurance pool", small={"rows": 400}, order=71)
def run(rows: int = 5_000_000, repeat: int = 1) -> Iterator[Told]:
    """Orders as CSV read, then rates, suspicion, tiers and 10,000 seasons."""
    policy = load_policy()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        csv.write_csv(orders(rows), path)
        reading, whole = [], []
        for _ in range(repeat):
            start = time.perf_counter()
            ledger = read_ledger(path, "orders")
            reading.append(time.perf_counter() - start)
            found = pool(ledger, policy)
            whole.append(time.perf_counter() - start)
            if found.totals["orders"] + found.totals["open_orders"] > rows:
                raise AssertionError("more orders than there are")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Row("reading the ledger", tuple(reading), rows, "order")
    row = Row("from the ledger to the reserve", tuple(whole), rows, "order", peak)
    yield row
    yield Bound(f"pool of {rows:,} orders [s]", row.seconds, most=20)
