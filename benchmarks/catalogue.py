"""Catalogues of any size: wide CSV with three materials, packaging items and legs a SKU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

CATEGORIES = ("t_shirt", "dress", "jeans", "small_appliance", "toy", "home_textile")
PROVINCES = ("CN-ZJ", "CN-GD", "CN-JS", "CN-FJ", "CN-SD", "CN-BJ", "CN-SC", "CN-HB")


def wide(rows: int, seed: int = 1) -> pd.DataFrame:
    """A catalogue in which no two compact cells are alike.

    Parameters
    ----------
    rows : int
        Number of SKUs.
    seed : int
        Of the variation.
    """
    random = np.random.default_rng(seed)

    def numbers(low: float, high: float, digits: int) -> np.ndarray:
        return np.char.mod(f"%.{digits}f", random.uniform(low, high, rows))

    first = random.integers(50, 90, rows)
    second = random.integers(1, 10, rows)
    third = 100 - first - second
    text = np.char.mod
    table = {
        "sku": text("S%07d", np.arange(rows)),
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
    """Write :func:`wide` as CSV."""
    wide(rows).to_csv(path, index=False)
    return path


def _join(*parts: str | np.ndarray) -> np.ndarray:
    out = np.asarray(parts[0])
    for part in parts[1:]:
        out = np.char.add(out, part)
    return out
