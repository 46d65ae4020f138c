"""Reads what rooms sold and took, gives the value and points of each criterion."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats
from carbon.catalogue.ledger import MONEY
from carbon.liveroom.metrics import METRICS
from carbon.liveroom.policy import Criterion, Policy
from carbon.liveroom.reasons import Measured
from carbon.liveroom.sales import Sold
from carbon.liveroom.studio import Studio

__all__ = ["BY_REVENUE", "measures", "points_of", "sums"]

BY_REVENUE: Final = ("intensity", "primary_share")
"""Criteria weighed by revenue; those of dispatches are weighed by units."""


def points_of(value: Floats, criterion: Criterion) -> Floats:
    """Points between the bounds, linear, from 0 to the weight; none where the value is not known.

    >>> from carbon.liveroom.policy_file import read_policy
    >>> points_of(np.array([0.05, 0.4, 0.62, np.nan]), read_policy().criteria["air_share"]).tolist()
    [15.0, 6.0, 0.0, 0.0]
    """
    full, zero = criterion.full.value, criterion.zero.value
    part = np.clip((value - zero) / (full - zero), 0.0, 1.0)
    return np.round(criterion.weight.value * np.nan_to_num(part), 9)


def sums(n: int, sold: Sold, goods: pd.DataFrame, on_air: Studio, matched: Floats) -> pd.DataFrame:
    """Sums of sales, sessions and emissions of each of n rooms, a row a room.

    ``goods_kg`` is kept units times footprint without its stage live_session, which ``session_kg``
    counts as metered; what has no footprint counts like the rest, by revenue. ``power_kg`` is what
    matched green power [kWh by session] saves against the mix of the place: a session is
    location-based, green power enters the residual and the criterion only (market-based).
    """

    def by_room(weights: Floats) -> Floats:
        return np.bincount(sold.room, weights=weights, minlength=n).astype(np.float64)

    revenue, units = by_room(sold.revenue), by_room(sold.units)
    revenue = np.where(sold.mixed, np.nan, revenue)
    unsure = sold.unsure > 0
    returned = np.where(unsure, np.nan, by_room(sold.returned))
    kept_share = 1 - sold.returned / np.maximum(sold.units, 1.0)
    total = (goods["total_kg"] - goods["live_session_kg"]).to_numpy(dtype=np.float64)
    each = np.append(total, np.nan)[sold.sku]
    known = ~np.isnan(each)
    covered = by_room(np.where(known, sold.revenue, 0.0))
    kg = by_room(np.where(known, np.nan_to_num(each), 0.0) * (sold.units - sold.returned))
    with np.errstate(invalid="ignore", divide="ignore"):
        coverage = covered / (revenue + sold.refused)
        inside = sold.in_session / revenue
        goods_kg = np.where(unsure, np.nan, kg / (covered / revenue))
    goods_kg[~(coverage > 0)] = np.nan
    air = on_air.sessions

    def by_session(weights: Floats) -> Floats:
        sums_by_room = np.bincount(air["room"], weights=weights, minlength=n).astype(np.float64)
        return np.where(np.bincount(air["room"], minlength=n) > 0, sums_by_room, np.nan)

    hours = air["hours"].to_numpy()
    saved = np.maximum((air["grid_kg"] - air["renewable_kg"]).to_numpy(), 0.0)
    # nothing matched is nothing saved, also where the place of the studio is not known
    saved = np.where(matched > 0, matched * saved, 0.0)
    session_kg = by_session(air["session_kg"].to_numpy())
    whole_hours = by_session(hours)
    return pd.DataFrame(
        {
            "revenue": revenue / MONEY,
            "kept_revenue": np.where(
                unsure | sold.mixed, np.nan, by_room(sold.revenue * kept_share)
            )
            / MONEY,
            "currency": sold.currency,
            "units": units,
            "returned_units": returned,
            "kept_units": units - returned,
            "lines": sold.lines,
            "lines_left_out": sold.left_out,
            "coverage": coverage,
            "in_session_share": inside,
            "sessions": np.bincount(air["room"], minlength=n),
            "session_hours": whole_hours,
            "session_kwh": by_session(air["kwh"].to_numpy()),
            "metered_share": by_session(hours * air["metered"].to_numpy()) / whole_hours,
            "viewer_hours": by_session(air["viewer_hours"].to_numpy()),
            "matched_kwh": np.bincount(air["room"], weights=matched, minlength=n),
            "session_kg": session_kg,
            "goods_kg": goods_kg,
            "footprint_kg": session_kg + goods_kg,
            "power_kg": np.bincount(air["room"], weights=saved, minlength=n),
        }
    )


def measures(
    sold: Sold, goods: pd.DataFrame, table: pd.DataFrame, policy: Policy
) -> dict[str, Measured]:
    """Value, points and known share of each criterion by room, from the table of :func:`sums`."""
    n = len(table)
    measured: dict[str, Measured] = {}
    units = np.bincount(sold.room, weights=sold.units, minlength=n).astype(np.float64)
    for name, criterion in policy.criteria.items():
        unknown = (criterion.unknown or criterion.zero).value
        if name == "renewable_share":
            with np.errstate(invalid="ignore", divide="ignore"):
                value = (table["matched_kwh"] / table["session_kwh"]).to_numpy(dtype=np.float64)
            share = np.where(np.isnan(value), 0.0, 1.0)
        elif name == "return_rate":
            value, share = _returns(sold, goods, units, policy.return_prior.value)
        else:
            weight = np.where(sold.mixed[sold.room], 0.0, sold.revenue)
            weight = weight if name in BY_REVENUE else sold.units
            if name == "packaging_void":
                part, void_weight = sold.void, sold.void_units
            else:
                each = np.append(goods[name].to_numpy(dtype=np.float64), np.nan)[sold.sku]
                void_weight = np.where(np.isnan(each), 0.0, weight)
                part = np.nan_to_num(each) * void_weight
            known, total, sums = (
                np.bincount(sold.room, weights=amounts, minlength=n).astype(np.float64)
                for amounts in (void_weight, weight, part)
            )
            with np.errstate(invalid="ignore", divide="ignore"):
                value = (sums + (total - known) * unknown) / total
                share = known / total
            value[~(known > 0)] = np.nan
        measured[name] = Measured(
            METRICS[name], criterion, value, points_of(value, criterion), share
        )
    return measured


def _returns(sold: Sold, goods: pd.DataFrame, units: Floats, prior: float) -> tuple[Floats, Floats]:
    """Return rate against that of the categories, shrunk towards it; share of closed units."""
    n = len(units)
    rate = np.append(goods["category_return_rate"].to_numpy(dtype=np.float64), np.nan)[sold.sku]
    use = ~np.isnan(rate)
    counted, back, typical = (
        np.bincount(sold.room[use], weights=each[use], minlength=n).astype(np.float64)
        for each in (sold.closed_units, sold.closed_returned, sold.closed_units * rate)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = typical / counted
        value = (back + prior * mean) / ((counted + prior) * mean)
        share = counted / units
    value[~(counted > 0) | ~(mean > 0)] = np.nan
    return value, share
