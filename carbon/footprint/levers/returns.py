"""Reads return and resale rates, gives lower and higher ones [1]."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.catalogue.schema import Catalogue
from carbon.footprint.levers.book import Book, Change

__all__ = ["resale_share", "return_rate", "with_return_rate"]


def return_rate(catalogue: Catalogue, sizes: Mapping[str, float], book: Book) -> Change:
    """The return rate of what is worn falls by ``points`` [1], as with a virtual fitting room.

    Not for other categories. A SKU whose rate is lower than the points gets S024: a lever does not
    make a rate negative, nor is it cut at zero.
    """
    skus = catalogue.skus
    rate = skus["return_rate"].to_numpy(dtype=np.float64)
    new = rate - sizes["points"]
    change = Change.of(
        catalogue,
        ("not-worn", ~book.categories("return-rate", catalogue)),
        ("unknown", np.isnan(rate)),
        ("no-returns", rate == 0),
        ("S024", new < 0),
    )
    return change.with_tables(skus=with_return_rate(skus, np.where(change.applies, new, rate)))


def resale_share(catalogue: Catalogue, sizes: Mapping[str, float], _book: Book) -> Change:
    """More of the returned units are sold again as new: the ``share`` [1].

    Not for SKUs without returns, whose returns are never sold again (hygiene, food), or with as
    high a share already.
    """
    skus = catalogue.skus
    rate, now = (skus[name].to_numpy(dtype=np.float64) for name in ("return_rate", "resale_share"))
    change = Change.of(
        catalogue,
        ("unknown", np.isnan(now)),
        ("no-returns", ~(rate > 0)),
        ("never-resold", now == 0),
        ("resold", now >= sizes["share"]),
    )
    share = np.where(change.applies, sizes["share"], now)
    return change.with_tables(skus=skus.assign(resale_share=share))


def with_return_rate(skus: pd.DataFrame, rate: npt.NDArray[np.float64]) -> pd.DataFrame:
    """SKUs of a filled catalogue with other return rates [1].

    A session's energy per *sold* unit stays as it was, and so its energy per kept unit is times
    (1−r before)/(1−r after): fewer returns leave more kept units to share it.
    """
    before = skus["return_rate"].to_numpy(dtype=np.float64)
    changed = ~((rate == before) | (np.isnan(rate) & np.isnan(before)))
    rates = {"return_rate": rate}
    for name in ("studio_kwh", "viewer_hours"):
        energy = skus[name].to_numpy(dtype=np.float64)
        rates[name] = np.where(changed, energy * (1 - before) / (1 - rate), energy)
    return skus.assign(**rates)
