"""Reads sessions, gives their studio energy, metered or estimated, and emissions [kWh; kg]."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Flags, Floats, Integers
from carbon.base.rules import templates_root
from carbon.catalogue.days import as_days, misdated
from carbon.catalogue.names import key
from carbon.liveroom.plausible import odd_power
from carbon.liveroom.policy import PlausibleRules
from carbon.liveroom.room_problems import RoomProblems, text_of
from carbon.liveroom.sales_lines import codes_of, number_of

__all__ = ["IMPACT_COLUMNS", "Studio", "clusters", "equipment_kwh", "studio", "viewers_of"]

IMPACT_COLUMNS: Final = ("grid_kg", "renewable_kg", "streaming_kg")
"""Columns of the impacts of a place: a kilowatt-hour of its mix, a renewable one [kg CO2e/kWh], an
hour watched [kg CO2e/h]; NaN where the place is not known."""

SECONDS: Final = 3600
ITEM: Final = (
    r"^(?P<name>.*?)(?:\s*[x×*]\s*(?P<count>[0-9]{1,4}))?"
    r"(?:[\s,，]+(?P<hours>[0-9]+(?:\.[0-9]+)?)\s*(?:h|hours?|小时))?$"
)


@dataclass(frozen=True)
class Studio:
    """Sessions that count.

    - ``sessions``: ``session room start end hours kwh metered meter viewer_hours grid_kg
      renewable_kg session_kg line``, by room and start; ``room`` is the position of the room,
      ``kwh`` is NaN where it is not known
    - ``earlier``: sessions of earlier periods that clash with one of these: ``room period session``
    """

    sessions: pd.DataFrame
    earlier: pd.DataFrame


def clusters(group: Integers, first: Integers, last: Integers) -> Integers:
    """Number the sets of closed intervals that hang together by overlaps within a group.

    >>> one = np.array([1, 5, 3, 1])
    >>> clusters(np.array([0, 0, 0, 7]), one, one + 2).tolist()
    [0, 0, 0, 1]
    >>> clusters(np.zeros(2, int), np.array([1, 4]), np.array([3, 6])).tolist()
    [0, 1]
    """
    if not len(group):
        return np.empty(0, dtype=np.int64)
    order = np.lexsort((last, first, group))
    ranks = np.unique(np.concatenate([first, last]), return_inverse=True)[1]
    start, stop = ranks[: len(first)][order], ranks[len(first) :][order]
    base = pd.factorize(group[order])[0].astype(np.int64) * (ranks.max() + 1)
    reach = np.maximum.accumulate(stop + base)
    fresh = np.append(True, (start + base)[1:] > reach[:-1])
    numbers = np.empty(len(group), dtype=np.int64)
    numbers[order] = np.cumsum(fresh) - 1
    return numbers


@lru_cache(maxsize=1)
def _watts() -> dict[str, float]:
    """Power of each piece of equipment by its folded names [W]."""
    table = pd.read_csv(templates_root() / "policies" / "equipment.csv", keep_default_na=False)
    return {
        key(name): float(row["watts"])
        for row in table.to_dict("records")
        for name in (
            row["equipment"],
            str(row["equipment"]).replace("_", " "),
            row["name_zh"],
            *str(row["synonyms"]).split(";"),
        )
    }


def equipment_kwh(lists: pd.Series, hours: Floats) -> tuple[Floats, Flags]:
    """Estimate studio energy [kWh] from lists as ``led panel x 4 | camera x 2 4 h``.

    Pieces stand between ``|``, semicolons or lines, with count and hours where they differ from 1
    and from the session's. Power × count × hours: powers are in
    ``templates/policies/equipment.csv``, each with its bracket; NaN where the list is empty or not
    understood, which is flagged.

    >>> equipment_kwh(pd.Series(["LED panel x 4 | 摄像机×2 4小时", "organ"]), np.array([5.0, 5.0]))
    (array([2.12,  nan]), array([False,  True]))
    """
    filled = lists[lists.notna() & (lists != "")]
    pieces = filled.str.split(r"[|;；、\n]", regex=True).explode()
    pieces = pieces.astype("str").str.strip()
    at = pieces.index.to_numpy() if len(pieces) else np.empty(0, dtype=np.int64)
    pieces = pieces.reset_index(drop=True)
    position = pd.Series(np.arange(len(lists)), index=lists.index).reindex(at).to_numpy()
    parts = pieces.str.extract(ITEM)
    watts = parts["name"].fillna("").map(lambda name: _watts().get(key(str(name)), np.nan))
    count = pd.to_numeric(parts["count"]).fillna(1).to_numpy(dtype=np.float64)
    hours_of = hours[position]
    stated = pd.to_numeric(parts["hours"]).to_numpy(dtype=np.float64)
    time = np.where(np.isnan(stated), hours_of, stated)
    each = watts.to_numpy(dtype=np.float64) / 1000 * count * time
    said = (pieces != "").to_numpy(dtype=bool)
    odd = said & (np.isnan(each) | (time > hours_of))
    strange = np.bincount(position[odd], minlength=len(lists)) > 0
    some = np.bincount(position[said], minlength=len(lists)) > 0
    kwh = np.bincount(position[said & ~odd], weights=each[said & ~odd], minlength=len(lists))
    return np.where(some & ~strange, kwh, np.nan), strange


def studio(
    sessions: pd.DataFrame,
    rooms: pd.Index,
    impacts: pd.DataFrame,
    viewers: str,
    problems: RoomProblems,
    earlier: pd.DataFrame | None = None,
    *,
    as_of: np.datetime64 | None = None,
    plausible: PlausibleRules | None = None,
) -> Studio:
    """Check sessions, as the ledger types them, and find their energy and emissions.

    Impacts have the columns :data:`IMPACT_COLUMNS` by place, as the sessions write it; ``viewers``
    is where viewers and studio are if a session does not say; ``earlier`` are sessions that counted
    in other periods or rooms; no session ends after ``as_of``. Gathers R005, R006, R014 to R020,
    R034, R036, R065 to R068 and R070.
    """
    table = _read(sessions, rooms, problems)
    table = _possible(table, as_of, plausible, problems)
    table = table.sort_values(["room", "start", "session"], kind="stable").reset_index(drop=True)
    twice, clash = _clashes(table, rooms, problems, earlier)
    hours = (table["end"] - table["start"]).dt.total_seconds().to_numpy() / SECONDS
    kwh, metered = _energy(table, hours, plausible, problems)
    kwh, metered = np.where(twice, np.nan, kwh), metered & ~twice
    place = table["place"].where(table["place"] != "", viewers)
    untold = table["place"] == ""
    problems.add_rows("R036", "sessions", "place", table, untold.to_numpy(), table["session"])
    viewer_nearest = table["viewer_place"].where(table["viewer_place"] != "", viewers)
    here, there = impacts.reindex(place), impacts.reindex(viewer_nearest)
    for column, where, nearest in (("place", place, here), ("viewer_place", viewer_nearest, there)):
        lost = nearest["grid_kg"].isna().to_numpy()
        problems.add_rows("R019", "sessions", column, table, lost, where)
    watched = table["viewer_hours"].to_numpy(dtype=np.float64)
    problems.add_rows(
        "R068", "sessions", "viewer_hours", table, np.isnan(watched), table["session"]
    )
    table = table.assign(
        hours=hours,
        kwh=kwh,
        metered=metered,
        grid_kg=here["grid_kg"].to_numpy(),
        renewable_kg=here["renewable_kg"].to_numpy(),
        session_kg=kwh * here["grid_kg"].to_numpy() + watched * there["streaming_kg"].to_numpy(),
    )
    return Studio(table.drop(columns=["studio_kwh", "told"]), clash)


def _read(sessions: pd.DataFrame, rooms: pd.Index, problems: RoomProblems) -> pd.DataFrame:
    """Sessions with all columns, without those that are not of a room or have no length."""
    n = len(sessions)
    line = sessions["line"] if "line" in sessions else pd.Series(np.arange(2, n + 2))
    table = pd.DataFrame(
        {
            "session": text_of(sessions, "session").to_numpy(),
            "room": codes_of(sessions, "room", rooms),
            "line": line.to_numpy(),
        }
    )
    for name in ("start", "end"):
        table[name] = sessions[name].to_numpy(dtype="datetime64[s]") if name in sessions else pd.NaT
        table[name] = table[name].astype("datetime64[s]")
    for name in ("studio_kwh", "viewer_hours"):
        table[name] = number_of(sessions, name)
    for name in ("equipment", "place", "viewer_place", "meter_id"):
        table[name] = text_of(sessions, name).to_numpy()
    stated = (
        sessions["metered"].astype("boolean")
        if "metered" in sessions
        else pd.Series(pd.NA, range(n))
    )
    table["told"] = stated.ne(other=False).fillna(True).to_numpy(dtype=bool)
    lost = (table["room"] < 0).to_numpy()
    problems.add_rows("R005", "sessions", "room", table, lost, text_of(sessions, "room"))
    same = table.drop(columns="line").duplicated().to_numpy() & ~lost
    problems.add_rows("R006", "sessions", "session", table, same, table["session"])
    empty = ~(table["end"] > table["start"]).to_numpy() & ~lost & ~same
    problems.add_rows("R014", "sessions", "end", table, empty, table["session"])
    rest = ~lost & ~same
    unlike = rest & (table["session"] == "").to_numpy()
    names = table["session"].astype("str").str.casefold()
    unlike[rest] |= table.assign(session=names)[rest].duplicated(["room", "session"], keep=False)
    problems.add_rows("R015", "sessions", "session", table, unlike, table["session"])
    return table[rest & ~empty & ~unlike].reset_index(drop=True)


def _possible(
    table: pd.DataFrame,
    as_of: np.datetime64 | None,
    plausible: PlausibleRules | None,
    problems: RoomProblems,
) -> pd.DataFrame:
    """Sessions without those that no studio can have held."""
    never = np.zeros(len(table), dtype=np.bool_)
    future = misdated(as_days(table["end"]), as_of=as_of)["future"]
    hours = (table["end"] - table["start"]).dt.total_seconds().to_numpy() / SECONDS
    long = never if plausible is None else hours > plausible.session_hours.value
    problems.add_rows("R067", "sessions", "end", table, future, table["end"])
    problems.add_rows("R066", "sessions", "end", table, long & ~future, table["session"])
    return table[~(long | future)].reset_index(drop=True)


def _energy(
    table: pd.DataFrame,
    hours: Floats,
    plausible: PlausibleRules | None,
    problems: RoomProblems,
) -> tuple[Floats, Flags]:
    """Energy of each session [kWh], and whether it was metered."""
    given = table["studio_kwh"].to_numpy(dtype=np.float64)
    nothing = given <= 0
    problems.add_rows("R020", "sessions", "studio_kwh", table, nothing, table["studio_kwh"])
    given = np.where(nothing, np.nan, given)
    estimate, strange = equipment_kwh(table["equipment"], hours)
    strange &= np.isnan(given)
    problems.add_rows("R018", "sessions", "equipment", table, strange, table["equipment"])
    kwh = np.where(np.isnan(given), estimate, given)
    metered = ~np.isnan(given) & table["told"].to_numpy(dtype=bool)
    nameless = metered & (table["meter_id"] == "").to_numpy()
    problems.add_rows("R070", "sessions", "meter_id", table, nameless, table["session"])
    guessed = ~np.isnan(kwh) & ~metered
    problems.add_rows("R017", "sessions", "studio_kwh", table, guessed, table["session"])
    if plausible is not None:
        odd = odd_power(given, hours, estimate, plausible)
        pairs = zip(given[odd], hours[odd], strict=True)
        said = [f"{energy:g} kWh in {time:g} h" for energy, time in pairs]
        readings = pd.Series(said, dtype="str")
        problems.add_rows("R065", "sessions", "studio_kwh", table, odd, readings)
        kwh, metered = np.where(odd, estimate, kwh), metered & ~odd
    return kwh, metered


def _clashes(
    table: pd.DataFrame, rooms: pd.Index, problems: RoomProblems, earlier: pd.DataFrame | None
) -> tuple[Flags, pd.DataFrame]:
    """Sessions whose energy would count twice, and the earlier ones they clash with."""
    sessions_used = table[["session", "room", "start", "end", "meter_id"]].copy()
    sessions_used["name"] = rooms.to_numpy()[sessions_used["room"]] if len(sessions_used) else ""
    sessions_used["period"] = ""
    if earlier is not None and len(earlier):
        before = earlier.rename(columns={"room": "name", "meter": "meter_id"})
        before["room"] = rooms.get_indexer(pd.Index(before["name"]))
        sessions_used = pd.concat(
            [sessions_used, before[[*sessions_used.columns]]], ignore_index=True
        )
    past = np.arange(len(sessions_used)) >= len(table)
    start = sessions_used["start"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    end = sessions_used["end"].to_numpy(dtype="datetime64[s]").astype(np.int64) - 1
    by_name = pd.factorize(sessions_used["name"])[0].astype(np.int64)
    meter = pd.factorize(sessions_used["meter_id"])[0].astype(np.int64)
    blank = (sessions_used["meter_id"] == "").to_numpy()
    # a meter not told is no meter
    meter = np.where(blank, -1 - np.arange(len(sessions_used)), meter)
    names = sessions_used["name"] + "\n" + sessions_used["session"]
    named = pd.factorize(names)[0].astype(np.int64)
    bad, touched = np.zeros((2, len(sessions_used)), dtype=bool)
    for cluster in (clusters(by_name, start, end), clusters(meter, start, end), named):
        size, old = np.bincount(cluster), np.bincount(cluster, weights=past)
        new = size - old
        bad |= (size > 1)[cluster] & (new > 0)[cluster]
        touched |= ((old > 0) & (new > 0))[cluster]
    again = touched[: len(table)]
    twice = bad[: len(table)]
    problems.add_rows("R016", "sessions", "start", table, twice & ~again, table["session"])
    problems.add_rows("R034", "sessions", "session", table, again, table["session"])
    clash = sessions_used.loc[past & touched, ["name", "period", "session"]]
    return twice, clash.rename(columns={"name": "room"}).reset_index(drop=True)


def viewers_of(sessions: pd.DataFrame, viewers: str) -> list[str]:
    """Places that a study must know: of studios and of viewers."""
    places = {*text_of(sessions, "place"), *text_of(sessions, "viewer_place"), viewers}
    return sorted(places - {""})
