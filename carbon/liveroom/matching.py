"""Reads certificates, credits and sessions, gives matched power and the residual [kWh; kg]."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats, Integers
from carbon.liveroom.claims import CLOSE, SERIALS, TABLES, Claims
from carbon.liveroom.room_problems import RoomProblems

__all__ = ["match_credits", "match_power"]


def match_power(
    claims: Claims, sessions: pd.DataFrame, problems: RoomProblems
) -> tuple[Floats, Claims]:
    """Match certificates with the electricity of sessions [kWh], which are by room and start.

    Never more than a session took; the claims come back with what was used; gathers R029 and R032.

    Certificates of a room are taken by their end, each fills the earliest sessions of its time
    first. That matches as much as can be matched (Glover 1967, convex bipartite graphs): whatever
    a later-ending certificate could fill at an early session it could fill at a late one too.
    """
    table = claims.table
    need = sessions["kwh"].to_numpy(dtype=np.float64, copy=True)
    demand = np.nan_to_num(need)
    matched = np.zeros(len(sessions))
    live = table[table["counts"]]
    if not len(live):
        return matched, claims
    keys = ["place", "end", "start"]
    groups = live.groupby(keys, sort=True)["left"].sum().reset_index()
    turn = groups.groupby("place").cumcount().to_numpy()
    filled, possible = np.zeros(len(groups)), np.zeros(len(groups))
    home = sessions["room"].to_numpy()
    starts = sessions["start"].to_numpy(dtype="datetime64[s]")
    ends = sessions["end"].to_numpy(dtype="datetime64[s]")
    for step in range(int(turn.max()) + 1):
        now = np.flatnonzero(turn == step)
        group = np.full(len(problems.rooms), -1, dtype=np.int64)
        group[groups["place"].to_numpy()[now]] = now
        at = np.flatnonzero(group[home] >= 0)
        of = group[home[at]]
        fits = starts[at] >= groups["start"].to_numpy()[of]
        fits &= ends[at] <= groups["end"].to_numpy()[of]
        at, of = at[fits], of[fits]
        possible += np.bincount(of, weights=demand[at], minlength=len(groups))
        taken = _fill(of, demand[at] - matched[at], groups["left"].to_numpy())
        matched[at] += taken
        filled += np.bincount(of, weights=taken, minlength=len(groups))
    place = groups.set_index(keys)
    of = place.index.get_indexer(pd.MultiIndex.from_frame(live[keys]))
    used = _fill(of, live["left"].to_numpy(dtype=np.float64), filled)
    idle = np.flatnonzero(possible[of] == 0)
    return matched, _used(claims, live, used, "power", idle, problems)


def match_credits(claims: Claims, need: Floats, problems: RoomProblems) -> tuple[Floats, Claims]:
    """Match retired credits with what remains of each room [kg CO2e].

    NaN where it is not known, and nothing is matched; the claims come back with what was used;
    gathers R032.
    """
    live = claims.table[claims.table["counts"]]
    left = live["left"].to_numpy(dtype=np.float64)
    place = live["place"].to_numpy(dtype=np.int64)
    cap = np.maximum(np.nan_to_num(need), 0.0)
    offered = np.bincount(place, weights=left, minlength=len(need))
    matched = np.minimum(offered, cap)
    used = _fill(place, left, matched)
    return matched, _used(claims, live, used, "credits", np.empty(0, np.int64), problems)


def _fill(group: Integers, demand: Floats, supply: Floats) -> Floats:
    """Fill demands of each group in their order until its supply is spent."""
    order = np.argsort(group, kind="stable")
    before = np.empty(len(group))
    running = np.cumsum(demand[order]) - demand[order]
    new = np.flatnonzero(np.diff(group[order], prepend=-1))
    size = np.diff(np.append(new, len(order)))
    before[order] = running - np.repeat(running[new], size)
    return np.clip(supply[group] - before, 0.0, demand)


def _used(
    claims: Claims,
    live: pd.DataFrame,
    used: Floats,
    of: str,
    idle: Integers,
    problems: RoomProblems,
) -> Claims:
    table = claims.table.copy()
    table.loc[live.index, "used"] = used
    at, places = live.index.to_numpy(), (TABLES[of], SERIALS[of])
    problems.add_rows("R029", *places, table, at[idle], table["serial"], "place")
    rest = np.setdiff1d(np.flatnonzero(used < live["left"].to_numpy() * (1 - CLOSE)), idle)
    problems.add_rows("R032", *places, table, at[rest], table["serial"], "place")
    return Claims(table, claims.earlier)
