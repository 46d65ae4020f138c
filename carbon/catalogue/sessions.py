"""Reads totals of live sessions, gives the share of each SKU that was shown [kWh; h].

A session may reach over batches and partitions, so what is known of a session is gathered in a
table of its own (:func:`gathered`): largest and smallest totals, and sums that do not depend on
the order of their terms. Tables of parts join into that of the whole (:func:`joined_sessions`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pandas.util import hash_array

from carbon.base.terms import PROVENANCES
from carbon.catalogue.names import key
from carbon.catalogue.problems import CellProblems, Rows

__all__ = [
    "check_sessions",
    "gathered",
    "joined_sessions",
    "kept_units",
    "session_keys",
    "share_sessions",
]

_GIVEN, _DEFAULT, _ABSENT = (PROVENANCES.index(name) for name in ("given", "default", "absent"))
_TOTALS: Final = ("session_kwh", "viewer_hours")
_WHOLE: Final = re.compile(r"^([0-9]+)\.0+$")  # as a spreadsheet hands on a whole number
_LIMB: Final = 2.0**32
_LIMBS: Final = 4
"""Digits to base 2³² of a sum, from 2⁶⁴ down to 2⁻⁶⁴: sums of integers know no order."""

_LARGEST: Final = 2.0**84
"""Beyond all that is sold on Earth; a larger weight counts as this one."""

_NEEDED: Final = ("session", *_TOTALS, "units_sold", "price", "currency")
_NO_KEY: Final = (np.iinfo(np.uint64).max, np.uint64(0))


def gathered(
    skus: pd.DataFrame, rate: NDArray[np.float64], repeated: NDArray[np.int64]
) -> pd.DataFrame:
    """What some SKUs tell of their sessions.

    ``rate``: return rate of each, that of its category where it tells none; ``repeated``: positions
    of rows whose SKU stood before: they are not counted, and their session knows. Returns: a row a
    session, by its name; join the tables of several parts with :func:`joined_sessions`.
    """
    named = skus["session"].notna().to_numpy()
    if len(skus) and not named.any():
        return _nobody(tuple((name, skus[name].dtype) for name in _NEEDED))
    maimed = np.zeros(len(skus), bool)
    maimed[repeated] = True
    part, maimed = skus.loc[named, list(_NEEDED)], maimed[named]
    sold = part["units_sold"].to_numpy(dtype=np.float64)
    kept = kept_units(sold, rate[named])
    revenue = part["price"].to_numpy(dtype=np.float64) * kept
    shared = (kept > 0) & ~maimed
    currency = hash_array(part["currency"].astype("object").fillna("").to_numpy(), categorize=False)
    table: dict[str, NDArray[Any]] = {"session": session_keys(skus.loc[named])}
    for name in _TOTALS:
        stated = np.where(maimed, np.nan, part[name].to_numpy(dtype=np.float64))
        table[f"{name}_most"] = table[f"{name}_least"] = stated
    table["unsold"] = ~(sold >= 0) & ~maimed
    table["maimed"] = maimed
    table["unpriced"] = shared & np.isnan(revenue)
    table["currency_least"] = np.where(shared, currency, _NO_KEY[0])
    table["currency_most"] = np.where(shared, currency, _NO_KEY[1])
    for name, value in (("kept", kept), ("revenue", revenue)):
        for at, limb in enumerate(_limbs(np.where(shared, np.nan_to_num(value), 0.0))):
            table[f"{name}_{at}"] = limb
    if not named.any():
        return pd.DataFrame(table).set_index("session")
    return _by_session(pd.DataFrame(table))


@cache
def _nobody(kinds: tuple[tuple[str, Any], ...]) -> pd.DataFrame:
    """Table of no sessions."""
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds})
    return gathered(empty, np.empty(0), np.empty(0, np.int64))


def kept_units(sold: NDArray[np.float64], rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Units that are kept; where nobody knows a return rate, nothing is taken to come back."""
    return sold * (1 - np.nan_to_num(rate))


def joined_sessions(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of parts of a catalogue as the table of the whole, whatever their order.

    ``tables``: as :func:`gathered` gives them, at least one.
    """
    if len(tables) == 1:
        return tables[0]
    return _by_session(pd.concat(tables).reset_index())


def _by_session(table: pd.DataFrame) -> pd.DataFrame:
    by = table.groupby("session", sort=True)
    sums = {}
    for name in table.columns[1:]:
        column = by[name]
        if name.endswith("_most"):
            sums[name] = column.max()
        elif name.endswith("_least"):
            sums[name] = column.min()
        else:
            sums[name] = column.any() if table[name].dtype == bool else column.sum()
    return pd.DataFrame(sums)


def _limbs(values: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Digits to base 2³² of values that are not negative."""
    rest = np.minimum(values, _LARGEST) / _LIMB
    limbs = []
    for _ in range(_LIMBS):
        limb = np.floor(rest)
        limbs.append(limb.astype(np.int64))
        rest = (rest - limb) * _LIMB
    return limbs


def _sum(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Sum of the digits, carried over first, so that equal sums give equal floats."""
    digits = [table[f"{name}_{at}"].to_numpy(dtype=np.int64).copy() for at in range(_LIMBS)]
    for at in range(_LIMBS - 1, 0, -1):
        digits[at - 1] += digits[at] >> 32
        digits[at] &= 0xFFFFFFFF
    total = np.zeros(len(table))
    for at in range(_LIMBS - 1, -1, -1):
        total = total + digits[at].astype(np.float64) * _LIMB ** (1 - at)
    return total


def check_sessions(
    skus: pd.DataFrame, rows: Rows, problems: CellProblems, sessions: pd.DataFrame
) -> None:
    """See that the totals of live sessions can be shared.

    ``sessions``: as :func:`gathered` gives it, of the whole catalogue.
    """
    sold = skus["units_sold"].to_numpy()
    unsold = ~(sold > 0)
    at = _positions(skus, sessions)
    inside = at >= 0
    unknown = inside & ~(sold >= 0)
    for name in _TOTALS:
        total = skus[name].to_numpy()
        given = ~np.isnan(total)
        problems.cells(
            rows, np.flatnonzero(given & unsold), name, _told(rows, name, given & unsold), "C241"
        )
        if not inside.any():
            continue
        most, least = (
            np.append(sessions[f"{name}_{end}"].to_numpy(), np.nan)[at] for end in ("most", "least")
        )
        unlike = (most > least) & (total < most)
        problems.cells(rows, np.flatnonzero(unlike), name, _told(rows, name, unlike), "C242")
        missing = np.append((sessions["unsold"] | sessions["maimed"]).to_numpy(), False)[at]
        shared = inside & missing & ~np.isnan(most) & ~unknown
        problems.cells(rows, np.flatnonzero(shared), name, _told(rows, name, shared), "C243")
        orphan = unknown & ~np.isnan(most) & ~given
        problems.cells(rows, np.flatnonzero(orphan), "units_sold", (), "C241")


def session_keys(skus: pd.DataFrame) -> NDArray[np.object_]:
    """Keys of the sessions of SKUs: folded, and of each merchant his own; None for no session.

    ``S1`` and ``s1`` are one session, and so are ``20261111`` and ``20261111.0``; equal numbers of
    two shops are two sessions.

    >>> session_keys(pd.DataFrame({"session": ["S1", "s1", "7.0"], "merchant": ["A", "A", None]}))
    array(['s1 | a', 's1 | a', '7'], dtype=object)
    """
    session, sessions = pd.factorize(skus["session"])
    names = [_WHOLE.sub(r"\1", key(str(name))) for name in sessions]
    merchant, merchants = session * 0 - 1, pd.Index([])
    if "merchant" in skus:
        merchant, merchants = pd.factorize(skus["merchant"])
    sellers = [f" | {key(str(name))}" for name in merchants] + [""]
    pairs, of = np.unique(np.stack([session, merchant]), axis=1, return_inverse=True)
    words = [None if at < 0 else names[at] + sellers[by] for at, by in pairs.T.tolist()]
    keys: NDArray[np.object_] = np.array([*words, None], object)[:-1][of.reshape(-1)]
    return keys


def _positions(skus: pd.DataFrame, sessions: pd.DataFrame) -> NDArray[np.int64]:
    """Row of the table of each SKU's session, -1 for none."""
    if skus["session"].isna().all():
        return np.full(len(skus), -1, np.int64)
    keys = pd.Index(session_keys(skus), dtype="object")
    at: NDArray[np.int64] = np.where(keys.isna(), -1, sessions.index.get_indexer(keys))
    return at


def _told(rows: Rows, name: str, where: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.Array:
    """Text of a column where a condition holds."""
    if name not in rows.texts:
        return pa.array([""] * int(where.sum()))
    return rows.texts[name].filter(pa.array(where))


def share_sessions(
    skus: pd.DataFrame,
    provenance: dict[str, NDArray[Any]],
    parameter: Callable[[str], NDArray[np.float64]],
    sessions: pd.DataFrame,
) -> None:
    """Share the energy and viewer-hours of live sessions, per kept unit.

    Every row whose units sold are known has its part, also one that is not computed for another
    reason. ``skus``: changed in place; ``provenance``: changed in place; ``parameter``: from the
    name of a parameter to its value for the category of each SKU; ``sessions``: as :func:`gathered`
    gives it, of the whole catalogue.
    """
    kept = kept_units(
        skus["units_sold"].to_numpy(dtype=np.float64), skus["return_rate"].to_numpy(dtype=float)
    )
    revenue = skus["price"].to_numpy(dtype=np.float64) * kept
    at = _positions(skus, sessions)
    alone = at < 0  # a SKU without a session is a session of its own
    mixed = (sessions["currency_most"] > sessions["currency_least"]).to_numpy()
    units, money = _sum(sessions, "kept"), _sum(sessions, "revenue")
    # also of free gifts only
    by_units = sessions["unpriced"].to_numpy() | mixed | (money == 0)
    session_total = np.append(np.where(by_units, units, money), 1.0)[at]
    weight = np.where(alone, 1.0, np.where(np.append(by_units, True)[at], kept, revenue))
    for name, output in zip(_TOTALS, ("studio_kwh", "viewer_hours"), strict=True):
        stated = skus[name].to_numpy(dtype=np.float64)
        most = np.append(sessions[f"{name}_most"].to_numpy(dtype=np.float64), np.nan)[at]
        total = np.where(alone, stated, most)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(
                (kept > 0) & (total >= 0), total * weight / session_total / kept, np.nan
            )
        provenance[name][~np.isnan(each)] = _GIVEN
        take = np.isnan(each)
        skus[output] = np.where(take, parameter(name), each)
        provenance[name][take] = np.where(
            np.isnan(skus[output].to_numpy()[take]), _ABSENT, _DEFAULT
        )
