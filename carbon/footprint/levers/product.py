"""Reads products and sessions, gives them with recycled content or a renewable studio."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carbon.catalogue.schema import Catalogue
from carbon.footprint.levers.book import Book, Change

__all__ = ["recycled_content", "renewable_studio"]


def recycled_content(catalogue: Catalogue, sizes: Mapping[str, float], book: Book) -> Change:
    """Materials and packaging with a recycled source take more of it.

    ``material_share`` and ``packaging_share`` are the recycled content afterwards [1]: lines below
    rise to it, none falls. Some virgin materials stay because their source already holds recycled
    fibre. Not for SKUs without a recycled source, or whose lines all have as much.
    """
    kept = set(book.swaps("recycled-content", "kept")["from"])
    able = np.zeros(len(catalogue), dtype=bool)
    below = np.zeros(len(catalogue), dtype=bool)
    tables: dict[str, tuple[pd.DataFrame, np.ndarray, float]] = {}
    for name in ("materials", "packaging"):
        lines: pd.DataFrame = getattr(catalogue, name)
        share = sizes["material_share" if name == "materials" else "packaging_share"]
        row = lines["row"].to_numpy()
        stays = lines["virgin"].isin(kept) | lines["virgin"].isna()
        can = (lines["recycled"].notna() & ~stays & (lines["mass_kg"] > 0)).to_numpy()
        rises = can & (lines["recycled_share"].to_numpy() < share)
        able[row[can]] = True
        below[row[rises]] = True
        tables[name] = (lines, rises, share)
    change = Change.of(catalogue, ("no-source", ~able), ("recycled", ~below))
    return change.with_tables(
        **{
            name: lines.assign(
                recycled_share=np.where(
                    rises & change.applies[lines["row"].to_numpy()],
                    share,
                    lines["recycled_share"].to_numpy(),
                )
            )
            for name, (lines, rises, share) in tables.items()
        }
    )


def renewable_studio(catalogue: Catalogue, sizes: Mapping[str, float], _book: Book) -> Change:
    """The ``share`` [1] of the studio's electricity is solar power, on a life-cycle basis.

    Not for SKUs without studio electricity. What viewers' networks and telephones take is not the
    studio's to change.
    """
    skus = catalogue.skus
    studio = skus["studio_kwh"].to_numpy(dtype=np.float64)
    now = skus["studio_renewable"].to_numpy(dtype=np.float64)
    change = Change.of(
        catalogue, ("no-studio", ~(studio > 0)), ("renewable", now >= sizes["share"])
    )
    share = np.where(change.applies, sizes["share"], now)
    return change.with_tables(skus=skus.assign(studio_renewable=share))
