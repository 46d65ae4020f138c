"""Reads merchants and rooms, gives the merchant of each room and the words they use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.liveroom.alike import looks
from carbon.liveroom.policy import Policy
from carbon.liveroom.room_problems import RoomProblems, text_of

__all__ = ["Merchants", "merchants_of"]


@dataclass(frozen=True, eq=False)
class Merchants:
    """Merchants of the merchant of each room.

    - ``clear``: known not to be on the block list
    - ``known``: whether the standing is known
    - ``words``: forbidden claims in the room's texts, ``""`` for none; ``"?"`` where nobody looked
    - ``small``: small merchant; missing where it is not told
    - ``grade``: credit grade
    """

    clear: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    words: npt.NDArray[np.object_]
    small: pd.Series
    grade: npt.NDArray[np.object_]


def merchants_of(
    rooms: pd.DataFrame,
    merchants: pd.DataFrame | None,
    findings: pd.DataFrame | None,
    policy: Policy,
    problems: RoomProblems,
) -> Merchants:
    """Look up merchants and findings of rooms, one row a room; gathers R012, R078 and R083.

    No ``findings`` means that nobody looked.
    """
    register = merchants if merchants is not None else pd.DataFrame()
    table = pd.DataFrame({"grade": text_of(register, "credit_grade")})
    for name in ("blocked", "small_merchant"):
        table[name] = register[name].astype("boolean") if name in register else pd.NA
        table[name] = table[name].astype("boolean")
    # one that stands twice is blocked if any of its rows says so
    by = table.groupby(text_of(register, "merchant").to_numpy(), sort=True)
    by_merchant = by.agg({"grade": "last", "blocked": "max", "small_merchant": "max"})
    group = _with_blocked(register, by_merchant["blocked"])
    who = text_of(rooms, "merchant")
    matched = by_merchant.reindex(pd.Index(who))
    at = np.flatnonzero(who.isin(group))
    problems.add("R083", file="merchants", column="taxpayer", owner=at, value=who.iloc[at])
    blocked = matched["blocked"].astype("boolean").mask(who.isin(group).to_numpy(), True)
    banned = looks(pd.Series(by_merchant.index[by_merchant["blocked"].fillna(False)], dtype="str"))
    alike = looks(who).isin(banned).to_numpy() & ~blocked.fillna(False).to_numpy(dtype=bool)
    at = np.flatnonzero(alike)
    problems.add("R078", file="rooms", column="merchant", owner=at, value=who.iloc[at])
    blocked = blocked.mask(alike, True)
    known = blocked.notna().to_numpy(dtype=bool)
    if policy.gates.block_list is not None:
        at = np.flatnonzero(~known)
        problems.add("R012", file="rooms", column="merchant", owner=at, value=who.iloc[at])
    small = matched["small_merchant"].astype("boolean").reset_index(drop=True)
    if "small_merchant" in rooms:
        small = small.fillna(rooms["small_merchant"].astype("boolean").reset_index(drop=True))
    return Merchants(
        (~blocked.fillna(value=True)).to_numpy(dtype=bool),
        known,
        _words(problems.rooms, findings),
        small,
        matched["grade"].fillna("").to_numpy(dtype=object),
    )


def _with_blocked(merchants: pd.DataFrame, blocked: pd.Series) -> set[str]:
    """Merchants that are not on the block list but of one taxpayer with one that is."""
    names = text_of(merchants, "merchant").reset_index(drop=True)
    payer = text_of(merchants, "taxpayer").str.casefold().reset_index(drop=True)
    banned = names.isin(blocked.index[blocked.fillna(False).to_numpy(dtype=bool)])
    payers = set(payer[banned]) - {""}
    return set(names[payer.isin(payers) & ~banned])


def _words(rooms: pd.Index, findings: pd.DataFrame | None) -> npt.NDArray[np.object_]:
    if findings is None:
        return np.full(len(rooms), "?", dtype=object)
    texts = np.full(len(rooms), "", dtype=object)
    words = text_of(findings, "words").groupby(text_of(findings, "room"), sort=True)
    joined = words.agg(lambda words_of: ", ".join(dict.fromkeys(words_of)))
    place = rooms.get_indexer(joined.index)
    texts[place[place >= 0]] = joined.to_numpy()[place >= 0]
    return texts
