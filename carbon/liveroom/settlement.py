"""Reads a history of judgements, gives what counted where and what late returns change.

A history is a folder of numbered JSON files, each with the SHA-256 of the one before: an entry
that is changed or lost is found. The same judgement again adds nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from pydantic_core import from_json

from carbon.base.errors import LedgerError
from carbon.base.files import read_bounded
from carbon.base.words import joined, spoken
from carbon.liveroom.claims import CLAIM_COLUMNS
from carbon.liveroom.eligibility import CountedBefore, Judgement
from carbon.liveroom.metrics import METRICS
from carbon.liveroom.policy import Policy

__all__ = ["SETTLEMENT_COLUMNS", "History", "entry", "read_history", "settle"]

SETTLEMENT_COLUMNS: Final = (
    "room",
    "merchant",
    "period",
    "run",
    "status_before",
    "status",
    "tier_before",
    "tier",
    "points_before",
    "points",
    "boost_before",
    "boost",
    "boost_change",
    "clawback",
    "changed",
    "zh",
    "en",
)
"""``clawback`` is the boost granted before that is not due any more [share of the baseline]."""

FORMAT: Final = "carbon-room-history 1"
SESSION_COLUMNS: Final = ("session", "room", "period", "start", "end", "meter")
LARGEST: Final = 1_000_000_000
"""Bytes that an entry may have."""


@dataclass(frozen=True, eq=False)
class History:
    """What was judged before.

    - ``scores``, ``claims``, ``sessions``: of the latest entry of each room and period
    - ``runs``: entries
    - ``head``: SHA-256 of the last entry, ``""`` if there is none
    - ``last``: content of the last entry of each period
    """

    scores: pd.DataFrame
    claims: pd.DataFrame
    sessions: pd.DataFrame
    runs: int
    head: str
    last: dict[str, dict[str, Any]]

    def others(self, rooms: pd.Index, period: str) -> CountedBefore:
        """What counted in other rooms or periods than those judged now."""

        def rest(table: pd.DataFrame) -> pd.DataFrame:
            now = table["room"].isin(rooms) & (table["period"] == period)
            return table[~now].reset_index(drop=True)

        return CountedBefore(rest(self.claims), rest(self.sessions))


def read_history(folder: Path) -> History:
    """Read a history and check that it is whole; R050 if an entry is missing, changed or unclear.

    The folder holds ``000001.json``, ``000002.json`` …; it is empty or missing before the first
    run.
    """
    scores: list[pd.DataFrame] = []
    claims: list[pd.DataFrame] = []
    sessions: list[pd.DataFrame] = []
    head, runs = "", 0
    last: dict[str, dict[str, Any]] = {}
    # a file that begins with a dot is what a run that was killed had begun to write
    entries = sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))
    for runs, path in enumerate(entries, start=1):
        record, head = _entry(path, runs, head)
        last[str(record.get("period"))] = record
        for tables, name in ((scores, "scores"), (claims, "claims"), (sessions, "sessions")):
            tables.append(pd.DataFrame(record[name]).assign(run=runs))
    frames = [
        _frame(scores, ("room", "period")),
        _frame(claims, CLAIM_COLUMNS),
        _frame(sessions, SESSION_COLUMNS),
    ]
    try:
        for name in ("start", "end"):
            times = pd.to_datetime(frames[2][name], format="ISO8601")
            frames[2][name] = times.astype("datetime64[s]")
    except (ValueError, TypeError, OverflowError) as error:
        raise LedgerError("R050", str(error)[:120], file=str(folder)) from None
    latest = frames[0].groupby(["room", "period"])["run"].max() if len(frames[0]) else pd.Series()
    kept = []
    for table in frames:
        at = pd.MultiIndex.from_frame(table[["room", "period"]])
        newest = latest.reindex(at).to_numpy() == table["run"].to_numpy() if len(table) else []
        kept.append(table[np.asarray(newest, dtype=bool)].reset_index(drop=True))
    return History(kept[0], kept[1], kept[2], runs, head, last)


def _entry(path: Path, run: int, head: str) -> tuple[dict[str, Any], str]:
    raw = read_bounded(path, lambda detail: LedgerError("R050", detail, file=str(path)), LARGEST)
    try:
        content = from_json(raw)
    except ValueError as error:
        raise LedgerError("R050", str(error)[:120], file=str(path)) from error
    shape = isinstance(content, dict) and content.get("format") == FORMAT
    if not shape or path.name != f"{run:06d}.json" or content.get("run") != run:
        raise LedgerError("R050", f"entry {run} was expected here", file=str(path))
    if content.get("previous") != head:
        raise LedgerError("R050", f"entry {run - 1} is not the one it follows", file=str(path))
    for name, columns in (
        ("scores", ("room", "period")),
        ("claims", CLAIM_COLUMNS),
        ("sessions", SESSION_COLUMNS),
    ):
        rows = content.get(name)
        if not isinstance(rows, list) or not all(_whole(row, columns) for row in rows):
            raise LedgerError("R050", f"{name} are not whole", file=str(path))
    return content, hashlib.sha256(raw).hexdigest()


def _whole(row: object, columns: Sequence[str]) -> bool:
    """Whether a row of an entry has its columns, and cells that are no lists."""
    if not isinstance(row, dict) or not {*columns} <= {*row}:
        return False
    told = [row[name] for name in ("room", "period") if name in columns]
    told += [row[name] for name in ("start", "end") if name in columns and row[name] is not None]
    flat = all(cell is None or isinstance(cell, str | int | float) for cell in row.values())
    return flat and all(isinstance(cell, str) for cell in told)


def _frame(tables: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    full = [table for table in tables if len(table)]
    if not full:
        return pd.DataFrame(columns=[*columns, "run"])
    return pd.concat(full, ignore_index=True)


def entry(history: History, judged: Judgement, period: str) -> tuple[str, str] | None:
    """Name and text of the next entry of a history.

    None if the last of the period says the same.
    """
    rooms = judged.rooms.sort_values("room")
    names = ["room", "merchant", "period", "status", "tier", "points", "boost"]
    names += [str(name) for name in rooms if str(name).startswith("points_")]
    names += ["footprint_kg", "power_kg", "credits_kg", "residual_kg", "returned_units"]
    claims = judged.claims
    settled = claims[claims["sound"].to_numpy(dtype=bool)]
    settled = settled.sort_values(["of", "registry", "prefix", "first", "room", "line"])
    sessions = judged.sessions.sort_values(["session"]).rename(columns={"meter_id": "meter"})
    room = judged.rooms["room"].to_numpy()[sessions["room"].to_numpy(dtype=np.int64)]
    sessions = sessions.assign(room=room)
    first = rooms.iloc[0] if len(rooms) else {"policy": "", "basis": "", "as_of": ""}
    content = {
        "format": FORMAT,
        "period": period,
        "as_of": str(first["as_of"]),
        "policy": str(first["policy"]),
        "basis": str(first["basis"]),
        "scores": _records(rooms[names]),
        "claims": _records(settled[list(CLAIM_COLUMNS)]),
        "sessions": _records(sessions[list(SESSION_COLUMNS)]),
    }
    last = history.last.get(period, {})
    before = {key: value for key, value in last.items() if key not in ("run", "previous")}
    if before == json.loads(json.dumps(content)):
        return None
    run = history.runs + 1
    record = {"run": run, "previous": history.head, **content}
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"
    return f"{run:06d}.json", text


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain JSON: no NaN, times as text."""
    records = table.copy()
    for name in records:
        if pd.api.types.is_datetime64_any_dtype(records[name].dtype):
            records[name] = records[name].astype("str")
    plain = records.astype("object").where(records.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]


def settle(history: History, judged: Judgement, policy: Policy) -> pd.DataFrame:
    """What changes against the last judgement of the same rooms and period.

    :data:`SETTLEMENT_COLUMNS`, for rooms whose status, points or boost change.
    """
    if not len(history.scores):
        return pd.DataFrame(columns=list(SETTLEMENT_COLUMNS))
    both = judged.rooms.merge(
        history.scores, on=["room", "period"], suffixes=("", "_before"), how="inner"
    )
    same = (
        (both["points"] == both["points_before"])
        & (both["boost"] == both["boost_before"])
        & (both["status"] == both["status_before"])
        & (both["tier"] == both["tier_before"])
    )
    both = both[~same].reset_index(drop=True)
    both["run"] = history.runs + 1
    both["boost_change"] = np.round(both["boost"] - both["boost_before"], 9)
    both["clawback"] = np.maximum(-both["boost_change"], 0.0)
    both["changed"], both["zh"], both["en"] = "", "", ""
    for at, row in enumerate(both.to_dict("records")):
        moved = [
            (name, row[f"points_{name}_before"], row[f"points_{name}"])
            for name in policy.criteria
            if pd.notna(row.get(f"points_{name}_before"))
            and row[f"points_{name}_before"] != row[f"points_{name}"]
        ]
        message = "; ".join(f"{name} {old:g} -> {new:g}" for name, old, new in moved)
        both.loc[at, "changed"] = message
        said = _sentences(row, moved, policy)
        both.loc[at, ["zh", "en"]] = [said["zh"], said["en"]]
    return both[list(SETTLEMENT_COLUMNS)]


def _sentences(
    row: dict[Any, Any], moved: list[tuple[Any, float, float]], policy: Policy
) -> dict[str, str]:
    """What changed, by language."""
    names = {tier.id: {"zh": tier.zh, "en": tier.en} for tier in policy.tiers}
    none = spoken("settlement.no_tier")
    tiers = [names.get(row[column], none) for column in ("tier_before", "tier")]
    statuses = [spoken(f"settlement.{row[name]}") for name in ("status_before", "status")]
    before, after = f"{row['points_before']:g}", f"{row['points']:g}"
    parts = [spoken("settlement.points", before=before, after=after)]
    if row["status_before"] != row["status"]:
        parts.append(spoken("settlement.status", before=statuses[0], after=statuses[1]))
    if row["tier_before"] == row["tier"]:
        parts.append(spoken("settlement.same_tier", tier=tiers[1]))
    else:
        parts.append(spoken("settlement.tier", before=tiers[0], after=tiers[1]))
    if moved:
        each = [
            spoken("settlement.moved", metric=METRICS[name].titles, before=old, after=new)
            for name, old, new in moved
        ]
        parts.append(spoken("settlement.all_moved", moved=joined(each, "problem.comma")))
    if row["clawback"] > 0:
        parts.append(spoken("settlement.clawback", boost=row["clawback"]))
    elif row["boost_change"] > 0:
        parts.append(spoken("settlement.added", boost=row["boost_change"]))
    return joined(parts)
