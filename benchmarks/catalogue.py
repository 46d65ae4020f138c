"""Catalogues of any size: three materials, packaging items and legs a SKU, wide or tidy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

CATEGORIES = ("t_shirt", "dress", "jeans", "small_appliance", "toy", "home_textile")
PROVINCES = ("CN-ZJ", "CN-GD", "CN-JS", "CN-FJ", "CN-SD", "CN-BJ", "CN-SC", "CN-HB")


GROUP = 100_000
"""Rows made at once, so that a large file needs no more memory than a small one."""


def wide(rows: int, seed: int = 1, begin: int = 0) -> pd.DataFrame:
    """A catalogue in which no two compact cells are alike.

    Parameters
    ----------
    rows : int
        Number of SKUs.
    seed : int
        Of the variation.
    begin : int
        Number of the first SKU.
    """
    random = np.random.default_rng(seed)

    def numbers(low: float, high: float, digits: int) -> np.ndarray:
        return np.char.mod(f"%.{digits}f", random.uniform(low, high, rows))

    first = random.integers(50, 90, rows)
    second = random.integers(1, 10, rows)
    third = 100 - first - second
    text = np.char.mod
    table = {
        "sku": text("S%08d", begin + np.arange(rows)),
        "category": random.choice(CATEGORIES, rows),
        "mass_g": numbers(100, 900, 2),
        "materials": _join(
            "cotton ",
            text("%d", first),
            "%; polyester ",
            text("%d", second),
            "% recycled 30%; elastane ",
            text("%d", third),
            "%",
        ),
        "packaging": _join(
            "courier bag ",
            numbers(5, 30, 2),
            " g; paper tag ",
            numbers(1, 5, 2),
            " g; tape ",
            numbers(1, 5, 2),
            " g",
        ),
        "origin": random.choice(PROVINCES, rows),
        "destination": random.choice(PROVINCES, rows),
        "transport": _join(
            "truck ",
            numbers(20, 120, 1),
            " km, plane ",
            numbers(600, 2500, 1),
            " km, van ",
            numbers(5, 40, 1),
            " km",
        ),
        "return_rate": _join(numbers(5, 60, 2), "%"),
    }
    return pd.DataFrame({name: pd.Series(column, dtype="str") for name, column in table.items()})


def write(rows: int, path: Path) -> Path:
    """Write :func:`wide` as CSV, group by group."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for first in range(0, rows, GROUP):
            part = wide(min(GROUP, rows - first), seed=first + 1, begin=first)
            part.to_csv(file, index=False, header=not first, lineterminator="\n")
    return path


def write_parquet(rows: int, path: Path) -> Path:
    """Write :func:`wide` as Parquet, group by group."""
    writer: parquet.ParquetWriter | None = None
    for first in range(0, rows, GROUP):
        part = wide(min(GROUP, rows - first), seed=first + 1, begin=first)
        table = pa.Table.from_pandas(part, preserve_index=False)
        writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return path


def write_tidy(rows: int, folder: Path) -> Path:
    """Write the same SKUs as numbers and codes in four Parquet tables."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, parquet.ParquetWriter] = {}
    for first in range(0, rows, GROUP):
        for name, table in tidy(min(GROUP, rows - first), first + 1, first).items():
            if name not in writers:
                writers[name] = parquet.ParquetWriter(
                    folder / f"{name}.parquet", table.schema, compression="zstd"
                )
            writers[name].write_table(table)
    for writer in writers.values():
        writer.close()
    return folder


def tidy(rows: int, seed: int = 1, first: int = 0) -> dict[str, pa.Table]:
    """A catalogue as tables of SKUs, materials, packaging and legs.

    Parameters
    ----------
    rows, seed, first
        As for :func:`wide`.
    """
    random = np.random.default_rng(seed)
    sku = np.char.mod("S%08d", first + np.arange(rows))
    lines = pa.array(np.repeat(sku, 3))

    def words(*names: str) -> pa.DictionaryArray:
        code = np.tile(np.arange(len(names), dtype=np.int8), rows)
        return pa.DictionaryArray.from_arrays(code, list(names))

    def drawn(names: tuple[str, ...]) -> pa.DictionaryArray:
        code = random.integers(0, len(names), rows).astype(np.int8)
        return pa.DictionaryArray.from_arrays(code, list(names))

    def three(*bounds: tuple[float, float]) -> np.ndarray:
        return np.stack([random.uniform(*bound, rows) for bound in bounds], axis=1)

    shares = three((0.5, 0.9), (0.01, 0.1), (0.0, 0.0))
    shares[:, 2] = 1 - shares.sum(axis=1)
    return {
        "skus": pa.table(
            {
                "sku": sku,
                "category": drawn(CATEGORIES),
                "mass_kg": random.uniform(0.1, 0.9, rows),
                "origin": drawn(PROVINCES),
                "destination": drawn(PROVINCES),
                "return_rate": random.uniform(0.05, 0.6, rows),
            }
        ),
        "materials": pa.table(
            {
                "sku": lines,
                "material": words("cotton", "polyester", "elastane"),
                "share": shares.ravel(),
                "recycled": np.tile([0.0, 0.3, 0.0], rows),
            }
        ),
        "packaging": pa.table(
            {
                "sku": lines,
                "item": words("courier_bag", "paper_tag", "tape"),
                "mass_kg": three((0.005, 0.03), (0.001, 0.005), (0.001, 0.005)).ravel(),
            }
        ),
        "legs": pa.table(
            {
                "sku": lines,
                "mode": words("truck", "plane", "van"),
                "distance_km": three((20, 120), (600, 2500), (5, 40)).ravel(),
            }
        ),
    }


def _join(*parts: str | np.ndarray) -> np.ndarray:
    out = np.asarray(parts[0])
    for part in parts[1:]:
        out = np.char.add(out, part)
    return out
