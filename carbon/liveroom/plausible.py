"""Reads sessions and lines of sales, gives which of them cannot be as they are written [1].

What is doubtful is told on its room with what was found; only what is physically impossible loses
its effect, so that an unusual but honest room keeps its points.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Floats, Integers
from carbon.catalogue.days import as_days
from carbon.liveroom.policy import PlausibleRules

__all__ = ["odd_power", "odd_prices", "odd_returns", "on_air", "watched_too_little"]


def odd_power(kwh: Floats, hours: Floats, estimate: Floats, rules: PlausibleRules) -> Flags:
    """Whether the power of a session is none that a studio takes.

    Metered and estimated energy [kWh] are NaN where there is none, time on air is in hours; the
    rules say least and most power [kW], and the least share of the estimate [1].

    >>> from carbon.liveroom.policy_file import read_policy
    >>> four, none = np.full(3, 4.0), np.full(3, np.nan)
    >>> odd_power(np.array([10.0, 0.01, 5e6]), four, none, read_policy().plausible).tolist()
    [False, True, True]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        power = kwh / hours
        odd = (power < rules.power_least.value) | (power > rules.power_most.value)
        odd |= kwh < rules.estimate_share.value * estimate
    return np.asarray(odd & ~np.isnan(kwh), dtype=np.bool_)


def on_air(
    sold_on: npt.NDArray[np.datetime64],
    room: Integers,
    session: Integers,
    sessions: pd.DataFrame,
    rules: PlausibleRules,
) -> Flags:
    """Whether a line was sold in a listed session of its room, or within the days after it.

    The position of a session is -1 for none that is listed, -2 where the line names none and any
    session of the room will do; the table of sessions is by room and start.
    """
    if not len(sessions):
        return np.zeros(len(room), dtype=np.bool_)
    first = as_days(sessions["start"])
    last = as_days(sessions["end"]) + np.timedelta64(round(rules.sale_days.value), "D")
    its = np.maximum(session, 0)
    named = (session >= 0) & (sold_on >= first[its]) & (sold_on <= last[its])
    # of the sessions of the room that began by that day, the one whose days last longest
    home = sessions["room"].to_numpy(dtype=np.int64)
    day = first.astype(np.int64)
    low = int(day.min())
    width = max(int(last.astype(np.int64).max()) - low + 2, 2)
    reach = np.maximum.accumulate(home * width + (last.astype(np.int64) - low))
    sold = np.where(np.isnat(sold_on), low - 1, sold_on.astype(np.int64)) - low
    key = room * width + np.clip(sold, -1, width - 1)
    before = np.searchsorted(home * width + (day - low), key, side="right") - 1
    at = np.maximum(before, 0)
    reached = (before >= 0) & (home[at] == room) & (reach[at] >= key) & (sold >= 0)
    return np.asarray(np.where(session == -2, reached, named), dtype=np.bool_)


def watched_too_little(units: Floats, viewer_hours: Floats, rules: PlausibleRules) -> Flags:
    """Whether a room sold more than its viewers had time to buy; NaN hours are not known."""
    with np.errstate(invalid="ignore"):
        return np.asarray(viewer_hours < units * rules.watched_hours.value, dtype=np.bool_)


def odd_prices(price: Floats, listed: Floats, rules: PlausibleRules) -> Flags:
    """Whether a line was sold far above its listed price, or for next to nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = price / listed
        return np.asarray(
            (ratio > rules.price_above.value) | (ratio < rules.price_below.value), dtype=np.bool_
        )


def odd_returns(units: Floats, returned: Floats, usual: Floats, rules: PlausibleRules) -> Flags:
    """Whether so little of a SKU came back to a room, at its category's rate, that it is odd."""
    with np.errstate(invalid="ignore"):
        awaited = units * usual
        few = returned < awaited * rules.return_share.value
    return np.asarray(few & (awaited >= rules.return_units.value), dtype=np.bool_)
