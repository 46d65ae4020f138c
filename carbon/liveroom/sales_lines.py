"""Reads lines of room sales, gives what they name: rooms and SKUs by position, and copies [1]."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Floats, Integers
from carbon.liveroom.room_problems import text_of

__all__ = ["codes_of", "day_of", "number_of", "places_of", "repeated_lines", "text_blank"]

MIX: Final = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
"""Odd constants of the splitmix64 generator (Steele et al. 2014), to mix columns into one key."""


def codes_of(frame: pd.DataFrame, name: str, known: pd.Index, *, fold: bool = False) -> Integers:
    """Position of each cell in an index of unique texts, -1 where it is empty or not there.

    With ``fold`` without case; the index is in small letters then.

    >>> codes_of(pd.DataFrame({"room": ["b", "x", None]}), "room", pd.Index(["a", "b"])).tolist()
    [1, -1, -1]
    """
    if name not in frame:
        return np.full(len(frame), -1, dtype=np.int64)
    column = frame[name]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    words = column.cat.categories.astype("str").str.strip()
    words = words.str.casefold() if fold else words
    place = np.append(known.get_indexer(words), -1).astype(np.int64)
    codes: Integers = place[column.cat.codes.to_numpy()]
    return codes


def places_of(
    frame: pd.DataFrame, rooms: pd.Index, sessions: pd.DataFrame
) -> tuple[Integers, Integers]:
    """Room and session that each row names; a session belongs to a room, S1 and s1 are one.

    The room is that of the session where none is named, -1 if it is none or not clear; the session
    is -1 for one that is not listed, -2 where none is named.

    >>> rows = pd.DataFrame({"room": ["a", "b", "", ""], "session": ["1", "2", "2", "1"]})
    >>> listed = pd.DataFrame({"session": ["1", "1", "2"], "room": [0, 1, 1]})
    >>> places = places_of(rows, pd.Index(["a", "b"]), listed)
    >>> places[0].tolist(), places[1].tolist()
    ([0, 1, 1, -1], [0, 2, 2, -1])
    """
    room = codes_of(frame, "room", rooms)
    written = sessions["session"].astype("str").str.casefold()
    names = pd.Index(written.unique())
    code = codes_of(frame, "session", names, fold=True)
    home = sessions["room"].to_numpy(dtype=np.int64)
    listed = names.get_indexer(written)
    several = np.bincount(listed, minlength=len(names)) > 1
    alone = np.full(len(names) + 1, -1, dtype=np.int64)
    alone[listed] = np.arange(len(listed))
    alone[np.flatnonzero(several)] = -1
    blank = text_blank(frame, "room")
    room = np.where(blank, np.append(home, -1)[alone[code]], room)
    pairs = pd.Index(home * (len(names) + 1) + listed)
    session = pairs.get_indexer(room * (len(names) + 1) + code).astype(np.int64)
    session = np.where((room < 0) | (code < 0), -1, session)
    return room, np.where(text_blank(frame, "session"), -2, session)


def repeated_lines(
    sales: pd.DataFrame,
    kept: Flags,
    room: Integers,
    session: Integers,
    sku: Integers,
    *numbers: Floats,
) -> Flags:
    """Lines that repeat an earlier one in full, its order number and all other cells included.

    A key of 64 bits finds the suspects among lines that count so far; only these are compared in
    full.

    >>> lines = pd.DataFrame({"sku": ["A", "A", "A"], "line": [2, 3, 4], "order": ["1", "1", "2"]})
    >>> none = np.zeros(3, dtype=np.int64)
    >>> repeated_lines(lines, none == 0, none, none, none, np.ones(3)).tolist()
    [False, True, False]
    """
    written = pd.factorize(sales["sku"])[0] if (sku < 0).any() else sku
    columns = [room, session, np.where(sku >= 0, sku, -2 - written)]
    columns += [np.nan_to_num(number, nan=-1.0).view(np.int64) for number in numbers]
    columns += [
        day_of(sales, name).view(np.int64) for name in ("date", "settled_on") if name in sales
    ]
    columns += [
        pd.factorize(sales[name])[0].astype(np.int64)
        for name in ("order", "currency", "void_share")
        if name in sales
    ]
    key = np.zeros(len(sales), dtype=np.uint64)
    for column in columns:
        key = (key ^ column.view(np.uint64)) * np.uint64(MIX[1])
        key = (key ^ (key >> np.uint64(31))) * np.uint64(MIX[2]) + np.uint64(MIX[0])
    suspects = np.flatnonzero(pd.Series(key).duplicated(keep=False).to_numpy() & kept)
    repeated = np.zeros(len(sales), dtype=bool)
    if len(suspects):
        first = np.argsort(sales["line"].to_numpy()[suspects], kind="stable")
        suspects = suspects[first]
        table = pd.DataFrame({at: column[suspects] for at, column in enumerate(columns)})
        repeated[suspects[table.duplicated().to_numpy()]] = True
    return repeated


def text_blank(frame: pd.DataFrame, name: str) -> Flags:
    """Where a text is empty or the column is missing."""
    if name not in frame:
        return np.ones(len(frame), dtype=bool)
    column = frame[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        empty = np.asarray(column.cat.categories.astype("str").str.strip() == "", dtype=bool)
        flags: Flags = np.append(empty, True)[column.cat.codes.to_numpy()]
        return flags
    return (text_of(frame, name) == "").to_numpy(dtype=bool)


def day_of(frame: pd.DataFrame, name: str) -> npt.NDArray[np.datetime64]:
    """A column of days, NaT where it is empty or missing."""
    if name not in frame:
        return np.full(len(frame), np.datetime64("NaT"), dtype="datetime64[D]")
    return frame[name].to_numpy(dtype="datetime64[s]").astype("datetime64[D]")


def number_of(frame: pd.DataFrame, name: str) -> Floats:
    """A column of numbers, NaN where it is empty or missing."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
