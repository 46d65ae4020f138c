"""Reads a market's figures, gives a scenario of exposure with what was reported of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from carbon.base.rules import Rules, load, shipped
from carbon.liveroom.policy import Bound, Count, Positive, Share, Text

__all__ = ["ExposureScenario", "MarketModel", "Reported", "read_scenario", "rooms_of"]


class MarketModel(Rules):
    """A market that a scenario makes up, room by room.

    - ``rooms``: how many, each of a merchant of its own
    - ``steepness``: baseline of the room of rank k is proportional to k to the power of minus this
    - ``small_rooms``: share of the rooms that belong to small merchants; they are the last by rank
    - ``small_sales``: their share of sales before; baselines of the two groups are scaled to meet
      it
    - ``public``: share of all impressions that the platform hands out; the rest finds its rooms by
      itself
    - ``boosted_small``, ``boosted_others``: share of the rooms that have a boost, evenly over the
      ranks
    - ``boost``: their boost
    - ``feedback``: part of a round's baseline that is the exposure of the round before; the rest is
      demand
    - ``noise``: standard deviation of the logarithm of demand from round to round
    - ``seed``: of the noise
    """

    rooms: Count
    steepness: Positive
    small_rooms: Share
    small_sales: Share
    public: Share
    boosted_small: Share
    boosted_others: Share
    boost: Share
    feedback: Share
    noise: Share
    seed: Count


class Reported(Rules):
    """What was reported, to be held against what comes out."""

    small_sales_before: Bound
    small_sales_after: Bound
    head_change: Bound


class ExposureScenario(Rules):
    """A scenario of exposure: a market, and figures that were reported of one."""

    title: Text
    title_zh: Text
    text: Text
    text_zh: Text
    market: MarketModel
    reported: Reported | None = None


def read_scenario(name: Path | str) -> ExposureScenario:
    """Read a scenario of exposure: a TOML file, or a shipped one by name; P001 to P003 as ``load``.

    >>> read_scenario("fair-exposure").market.small_sales.value
    0.12
    """
    return load(shipped("markets", name), ExposureScenario)


def rooms_of(market: MarketModel) -> pd.DataFrame:
    """Table of rooms of a market; a million impressions in all.

    >>> rooms = rooms_of(read_scenario("fair-exposure").market)
    >>> small = rooms["small_merchant"]
    >>> float((rooms["impressions"][small].sum() / rooms["impressions"].sum()).round(6))
    0.12
    """
    count = int(market.rooms.value)
    base = np.arange(1, count + 1, dtype=np.float64) ** -market.steepness.value
    small = np.arange(count) >= count - round(count * market.small_rooms.value)
    part = market.small_sales.value
    for flags, share in ((small, part), (~small, 1 - part)):
        base[flags] *= share / base[flags].sum() if flags.any() else 1
    boost = np.zeros(count)
    for flags, share in (
        (small, market.boosted_small.value),
        (~small, market.boosted_others.value),
    ):
        rows = np.flatnonzero(flags)
        # every so many ranks one, so that head and tail have their part
        chosen = np.diff(np.floor(np.arange(len(rows) + 1) * share + 0.5)) > 0
        boost[rows[chosen]] = market.boost.value
    names = [f"R{number:0{len(str(count))}}" for number in range(1, count + 1)]
    return pd.DataFrame(
        {
            "room": names,
            "merchant": names,
            "impressions": base * 1e6,
            "boost": boost,
            "small_merchant": small,
        }
    )
