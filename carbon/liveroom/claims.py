"""Reads green-power certificates and retired credits, gives claims; a serial counts once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Floats
from carbon.catalogue.days import as_days, misdated
from carbon.liveroom.alike import looks
from carbon.liveroom.policy import Policy
from carbon.liveroom.room_problems import RoomProblems, text_of
from carbon.liveroom.sales_lines import number_of, places_of
from carbon.liveroom.studio import clusters

__all__ = ["CLAIM_COLUMNS", "CLOSE", "SERIALS", "TABLES", "Claims", "claimed"]

CLAIM_COLUMNS: Final = (
    "of",
    "registry",
    "serial",
    "prefix",
    "first",
    "last",
    "room",
    "period",
    "used",
)
"""What the history keeps of each claim: whose serials, from ``first`` to ``last`` after
``prefix``, by which room and period, and how much of it was used [kWh or kg CO2e]."""

_NOTHING: Final = pd.DataFrame(
    columns=[
        *CLAIM_COLUMNS,
        *("place", "left", "sound", "counts", "start", "end", "line", "last_serial"),
    ]
).astype({"place": "int64", "used": "float64", "sound": "bool", "counts": "bool"})
TABLES: Final = {"power": "certificates", "credits": "credits"}
AMOUNTS: Final = {"power": "energy_kwh", "credits": "co2e_kg"}
SERIALS: Final = {"power": "certificate", "credits": "serial"}
SHORTEST: Final = 8
"""Characters below which serials are too short to look like each other."""

CLOSE: Final = 1e-9
"""Relative difference that rounding may leave between amounts."""


@dataclass(frozen=True)
class Claims:
    """What rooms claim.

    - ``table``: :data:`CLAIM_COLUMNS` and ``place`` (position of the room), ``left`` (what may
      still be used), ``sound`` (nothing is wrong with it by itself), ``counts`` (and nobody else
      names it), ``start end`` (time in which a certificate may be used) and ``line``; by room and
      serial
    - ``earlier``: earlier claims of which something was used and that clash with one of these:
      ``room period serial``
    """

    table: pd.DataFrame
    earlier: pd.DataFrame


def claimed(
    frame: pd.DataFrame,
    of: str,
    rooms: pd.Index,
    sessions: pd.DataFrame,
    policy: Policy,
    as_of: np.datetime64,
    period: str,
    problems: RoomProblems,
    earlier: pd.DataFrame | None = None,
) -> Claims:
    """Check certificates (``of="power"``) or credits of rooms and refuse what counts elsewhere.

    Sessions are as :class:`carbon.liveroom.studio.Studio` has them; ``earlier`` are claims of other
    rooms and periods that are in force (:data:`CLAIM_COLUMNS`); ``problems`` gathers R021 to R033,
    R037, R076, R077 and R084.
    """
    n = len(frame)
    if not n:
        return Claims(_NOTHING, _NOTHING[["room", "period", "serial"]])
    table = pd.DataFrame({"of": [of] * n}, index=pd.RangeIndex(n))
    line = frame["line"] if "line" in frame else pd.Series(np.arange(2, n + 2))
    table["line"] = line.to_numpy(dtype=np.int64)
    amount = AMOUNTS[of]
    table["amount"] = number_of(frame, amount)
    place, session = places_of(frame, rooms, sessions)
    place = np.where(session == -1, -1, place)
    table["place"], table["session"] = place, session
    table["room"] = np.append(rooms.to_numpy(dtype=object), "")[place]
    table["period"] = period
    registry, each = _registries(text_of(frame, "registry"), of, policy)
    table["registry"] = registry
    table["serial"] = text_of(frame, SERIALS[of]).to_numpy()
    last = text_of(frame, "last").to_numpy()
    table["last_serial"] = np.where(last == "", table["serial"], last)
    count = _blocks(table)
    table["counts"] = True

    def refuse(code: str, column: str, bad: Flags, value: pd.Series) -> None:
        at = np.flatnonzero(bad & table["counts"].to_numpy())
        problems.add_rows(code, TABLES[of], column, table, at, value, "place")
        table.loc[at, "counts"] = False

    serial = SERIALS[of]
    naked = (table["serial"] == "").to_numpy()
    contract = text_of(frame, "contract")
    refuse("R033", "contract", naked & (contract != "").to_numpy(), contract)
    refuse("R027", serial, naked, table["registry"])
    refuse("R028", "room", table["place"].to_numpy() < 0, text_of(frame, "room"))
    refuse("R023", "registry", (table["registry"] == "").to_numpy(), text_of(frame, "registry"))
    refuse("R024", amount, ~(table["amount"] > 0).to_numpy(), table["amount"])
    refuse("R026", "last", count < 1, table["last_serial"])
    over = table["amount"].to_numpy() > count * each * (1 + CLOSE)
    refuse("R037", amount, over, table["amount"])
    day = frame["retired"] if "retired" in frame else pd.Series(pd.NaT, range(n))
    retired = day.to_numpy(dtype="datetime64[s]").astype("datetime64[D]")
    late = retired > as_of if of == "power" else ~(retired <= as_of)
    refuse("R031", "retired", late, day)
    untold = np.flatnonzero(np.isnat(retired) & table["counts"].to_numpy())
    if of == "power":
        problems.add_rows("R076", TABLES[of], "retired", table, untold, table["serial"], "place")
    _in_time(frame, table, of, sessions, policy, as_of, refuse)
    table["left"] = table["amount"]
    table["sound"] = table["counts"]
    _lookalikes(table, of, problems)
    clash = _once(table, of, problems, earlier)
    table = table.sort_values(["place", "serial", "line"], kind="stable").reset_index(drop=True)
    table["used"] = 0.0
    return Claims(table, clash)


def _registries(
    names: pd.Series, of: str, policy: Policy
) -> tuple[npt.NDArray[np.object_], Floats]:
    """Registry of each row, ``""`` if it is not accepted, and what one serial stands for."""
    known = {
        name.casefold(): registry
        for registry in policy.matching.registries
        if registry.of == of
        for name in (registry.id, *registry.names)
    }
    words = names.str.casefold()
    ids = words.map({name: registry.id for name, registry in known.items()}).fillna("")
    each = words.map({name: registry.each for name, registry in known.items()})
    return np.asarray(ids, dtype=object), np.asarray(each, dtype=np.float64)


def _blocks(table: pd.DataFrame) -> Floats:
    """Prefix and number of first and last serial; how many serials there are, 0 if none.

    Only letters and digits of a serial count, so that ``gec 2026-01`` is ``GEC-2026-01``.
    """

    def folded(serials: pd.Series) -> pd.DataFrame:
        text = looks(serials, serial=True)
        digits = text.str.extract(r"([0-9]{0,30})$")[0].fillna("")
        stem = text.str.len() - digits.str.len()
        head = [word[:size] for word, size in zip(text, stem, strict=True)]
        return pd.DataFrame({"prefix": head, "digits": digits.to_numpy()}, dtype="str")

    start, stop = folded(table["serial"]), folded(table["last_serial"])
    alone = (stop["prefix"] == "") & (stop["digits"].str.len() <= start["digits"].str.len())
    width = int(max(start["digits"].str.len().max(), stop["digits"].str.len().max(), 1))
    # "2026000010" ends a block that begins with GEC-2026000001: the stem is not written again
    table["prefix"] = start["prefix"].to_numpy()
    first, last = start["digits"].str.zfill(width), stop["digits"].str.zfill(width)
    short = alone & (stop["digits"].str.len() < start["digits"].str.len())
    kept = start["digits"].str.len() - stop["digits"].str.len()
    last = pd.Series(
        [
            (begin[: max(size, 0)] + end).zfill(width) if cut else entire
            for begin, end, size, cut, entire in zip(
                start["digits"], stop["digits"], kept, short, last, strict=True
            )
        ],
        dtype="str",
    )
    table["first"], table["last"] = first.to_numpy(), last.to_numpy()
    same = (start["prefix"] == stop["prefix"]) | alone
    count = [
        float(int(end or 0) - int(begin or 0) + 1) for begin, end in zip(first, last, strict=True)
    ]
    return np.where(same.to_numpy(), np.array(count, dtype=np.float64), 0.0)


def _in_time(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    of: str,
    sessions: pd.DataFrame,
    policy: Policy,
    as_of: np.datetime64,
    refuse: object,
) -> None:
    """Refuse what is too old; the time in which a certificate may be used."""
    assert callable(refuse)
    n = len(frame)
    if of == "credits":
        vintage = frame["vintage"] if "vintage" in frame else pd.Series(np.nan, range(n))
        year = as_of.astype("datetime64[Y]").astype(int) + 1970
        age = year - vintage.to_numpy(np.float64, na_value=np.nan)
        with np.errstate(invalid="ignore"):
            refuse(
                "R030",
                "vintage",
                ~((age >= 0) & (age <= policy.matching.credit_years.value)),
                vintage,
            )
        return
    name = "generation_start"
    times = frame[name] if name in frame else pd.Series(pd.NaT, range(n))
    start = times.to_numpy(dtype="datetime64[s]")
    months = np.timedelta64(round(policy.matching.certificate_months.value), "M")
    refuse("R030", name, np.isnat(start), times)
    for other in ("issued", "generation_end"):
        if other in frame:
            day = as_days(frame[other])
            faults = misdated(day, after=as_days(times), as_of=as_of)
            refuse("R084", other, faults["early"] | faults["future"], frame[other])
    end = (start.astype("datetime64[M]") + months).astype("datetime64[s]")
    at = np.maximum(table["session"].to_numpy(), -1)
    has_session = at >= 0  # it names its session: no other one may take from it
    begins = np.append(sessions["start"].to_numpy(dtype="datetime64[s]"), np.datetime64("NaT", "s"))
    ends = np.append(sessions["end"].to_numpy(dtype="datetime64[s]"), np.datetime64("NaT", "s"))
    table["start"] = np.where(has_session, np.maximum(start, begins[at]), start)
    table["end"] = np.where(has_session, np.minimum(end, ends[at]), end)


def _lookalikes(table: pd.DataFrame, of: str, problems: RoomProblems) -> None:
    """Tell serials that stand at two registries, or go on where another one ends."""
    live = np.flatnonzero(table["sound"].to_numpy())
    texts = looks(table["serial"], serial=True).iloc[live].tolist()
    long = np.array([len(text) >= SHORTEST for text in texts], dtype=bool)
    known = {text for text in texts if len(text) >= SHORTEST}
    registries: dict[str, set[str]] = {}
    for text, registry in zip(texts, table["registry"].iloc[live].tolist(), strict=True):
        registries.setdefault(text, set()).add(registry)
    odd = np.array([len(registries[text]) > 1 for text in texts], dtype=bool)
    for size in (1, 2):
        heads = [text[:-size] for text in texts]
        grown = {head for head in heads if len(head) >= SHORTEST and head in known}
        pairs = zip(heads, texts, strict=True)
        odd |= np.array([head in grown or text in grown for head, text in pairs], dtype=bool)
    at = live[odd & long]
    problems.add_rows("R077", TABLES[of], SERIALS[of], table, at, table["serial"], "place")


def _once(
    table: pd.DataFrame, of: str, problems: RoomProblems, earlier: pd.DataFrame | None
) -> pd.DataFrame:
    """Refuse serials of several rooms and overlapping blocks; take off what was used."""
    columns = ["registry", "prefix", "first", "last", "room", "period", "amount", "line"]
    counted = table.loc[table["counts"], [*columns, "serial"]].sort_values("line").reset_index()
    past = pd.DataFrame(columns=counted.columns)
    if earlier is not None and len(earlier):
        past = earlier[earlier["of"] == of].reset_index(drop=True).assign(index=-1, line=-1)
        past["amount"] = np.nan
    both = (
        pd.concat([counted, past[[*counted.columns]]], ignore_index=True) if len(past) else counted
    )
    if not len(counted):
        return both.loc[[], ["room", "period", "serial"]]
    old = (both["index"] < 0).to_numpy()
    width = both["first"].str.len().max()
    ends = pd.concat([both["first"], both["last"]]).str.zfill(width)
    rank = np.unique(ends.to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64)
    first, last = rank[: len(both)], rank[len(both) :]
    stem = pd.factorize(both["registry"].astype(str) + " " + both["prefix"])[0].astype(np.int64)
    both["cluster"] = clusters(stem, first, last)
    both["from"], both["to"] = first, last
    by = both.groupby("cluster", sort=False)
    rooms = by["room"].transform("nunique").to_numpy() > 1
    same_span = (by["from"].transform("nunique") == 1) & (by["to"].transform("nunique") == 1)
    unlike = ~same_span.to_numpy() | (by["amount"].transform("nunique") > 1).to_numpy()
    fresh = pd.Series(~old).groupby(both["cluster"]).transform("any").to_numpy()
    again = both["cluster"].where(~old).duplicated().to_numpy() & ~old & ~rooms & ~unlike
    names = (
        both.assign(holder=both["room"] + np.where(old, " (" + both["period"] + ")", ""))
        .loc[rooms]
        .sort_values("holder")
        .groupby("cluster")["holder"]
        .agg(lambda texts: ", ".join(dict.fromkeys(texts)))
    )
    named = both["cluster"].map(names)
    serial = both["registry"].astype(str) + " " + both["serial"].astype(str)
    for code, bad, value in (
        ("R021", rooms & ~old, serial + ": " + named.astype("str")),
        ("R025", unlike & ~rooms & ~old, serial),
        ("R022", again, serial),
    ):
        at = both["index"].to_numpy(dtype=np.int64)[bad]
        problems.add_rows(code, TABLES[of], SERIALS[of], table, at, value[bad], "place")
        table.loc[at, "counts"] = False
    if not len(past):
        return both.loc[[], ["room", "period", "serial"]]
    past = past.assign(used=past["used"].astype(np.float64))
    spent = past.groupby(["registry", "prefix", past["first"].str.zfill(width)])["used"].sum()
    matched = spent.reindex(
        pd.MultiIndex.from_arrays(
            [counted["registry"], counted["prefix"], counted["first"].str.zfill(width)]
        )
    ).fillna(0.0)
    left = table.loc[counted["index"], "amount"].to_numpy() - matched.to_numpy()
    table.loc[counted["index"], "left"] = np.maximum(left, 0.0)
    rests = np.append(np.zeros(len(counted), dtype=bool), past["used"].to_numpy() > 0)
    clash: pd.DataFrame = both.loc[rests & fresh & (rooms | unlike), ["room", "period", "serial"]]
    return clash.reset_index(drop=True)
