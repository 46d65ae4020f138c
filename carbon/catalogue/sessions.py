"""Live sessions: their totals are shared between the SKUs that were shown in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from carbon.catalogue.problems import Problems, Rows
from carbon.terms import ORIGINS

__all__ = ["check_sessions", "share_sessions"]

_GIVEN, _DEFAULT, _ABSENT = (ORIGINS.index(name) for name in ("given", "default", "absent"))


def check_sessions(skus: pd.DataFrame, rows: Rows, problems: Problems, uncounted: set[str]) -> None:
    """See that the totals of live sessions can be shared.

    Parameters
    ----------
    skus : pandas.DataFrame
    rows : Rows
    problems : Problems
    uncounted : set of str
        Sessions of which a row cannot be counted, for its SKU stands twice.
    """
    sold = skus["units_sold"].to_numpy()
    unsold = ~(sold > 0)
    group = pd.factorize(skus["session"])[0]
    maimed = skus["session"].isin(uncounted).to_numpy(dtype=bool)
    for name in ("session_kwh", "viewer_hours"):
        total = skus[name].to_numpy()
        given = ~np.isnan(total)
        problems.add(
            rows, np.flatnonzero(given & unsold), name, _told(rows, name, given & unsold), "C241"
        )
        if not (group >= 0).any() or not given.any():
            continue
        frame = pd.DataFrame({"group": group, "total": total, "unsold": unsold & ~(sold == 0)})
        frame = frame[group >= 0]
        by = frame.groupby("group")
        most, least = by["total"].transform("max"), by["total"].transform("min")
        unlike = np.zeros(len(skus), bool)
        unlike[frame.index[(most > least) & (frame["total"] < most)]] = True
        problems.add(rows, np.flatnonzero(unlike), name, _told(rows, name, unlike), "C242")
        shared = np.zeros(len(skus), bool)
        missing = by["unsold"].transform("any") | maimed[frame.index]
        shared[frame.index[missing & most.notna() & ~frame["unsold"]]] = True
        problems.add(rows, np.flatnonzero(shared), name, _told(rows, name, shared), "C243")
        orphan = np.zeros(len(skus), bool)
        orphan[frame.index[frame["unsold"] & most.notna()]] = True
        orphan &= ~given
        problems.add(rows, np.flatnonzero(orphan), "units_sold", (), "C241")


def _told(rows: Rows, name: str, where: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.Array:
    """Text of a column where a condition holds."""
    if name not in rows.texts:
        return pa.array([""] * int(where.sum()))
    return rows.texts[name].filter(pa.array(where))


def share_sessions(
    skus: pd.DataFrame,
    origin: dict[str, NDArray[Any]],
    parameter: Callable[[str], NDArray[np.float64]],
) -> None:
    """Share the energy and viewer-hours of live sessions, per kept unit.

    Every row whose units sold are known has its part, also one that is not computed for another
    reason. Where nobody knows a return rate, nothing is taken to come back.

    Parameters
    ----------
    skus : pandas.DataFrame
        Changed in place.
    origin : dict of str to numpy.ndarray
        Changed in place.
    parameter : callable
        From the name of a parameter to its value for the category of each SKU.
    """
    sold = skus["units_sold"].to_numpy(dtype=np.float64)
    kept = sold * (1 - np.nan_to_num(skus["return_rate"].to_numpy(dtype=np.float64)))
    revenue = skus["price"].to_numpy(dtype=np.float64) * kept
    # a SKU without a session is a session of its own
    named = pd.factorize(skus["session"])[0]
    own = np.where(named >= 0, named, named.max(initial=-1) + 1 + np.arange(len(skus)))
    group = pd.factorize(own)[0]
    shared = kept > 0
    currency = pd.Series(pd.factorize(skus["currency"])[0][shared]).groupby(group[shared])
    mixed = np.zeros(len(skus), bool)
    mixed[shared] = (currency.transform("nunique") > 1).to_numpy()
    unpriced = np.bincount(group, weights=shared & (np.isnan(revenue) | mixed)) > 0
    weight = np.where(shared, np.where(unpriced[group], kept, revenue), 0.0)
    whole = np.bincount(group, weights=weight)
    if (whole[group] == 0).any():  # free gifts only: by units
        weight = np.where((whole[group] == 0) & shared, kept, weight)
        whole = np.bincount(group, weights=weight)
    for name, output in (("session_kwh", "studio_kwh"), ("viewer_hours", "viewer_hours")):
        total = np.full(len(whole), -np.inf)
        stated = skus[name].to_numpy(dtype=np.float64)
        has = ~np.isnan(stated)
        np.maximum.at(total, group[has], stated[has])
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(
                shared & (total[group] >= 0), total[group] * weight / whole[group] / kept, np.nan
            )
        origin[name][~np.isnan(each)] = _GIVEN
        take = np.isnan(each)
        skus[output] = np.where(take, parameter(name), each)
        origin[name][take] = np.where(np.isnan(skus[output].to_numpy()[take]), _ABSENT, _DEFAULT)
