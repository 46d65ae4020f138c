"""Reads faults of rooms as they are found, gives one problem a code and room, with a count [1]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Integers
from carbon.base.problems import Problems

__all__ = ["RoomProblems", "text_of"]


def text_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as text, ``""`` where it is empty or missing.

    >>> text_of(pd.DataFrame({"room": ["a", None]}), "room").tolist()
    ['a', '']
    """
    if name not in frame:
        return pd.Series([""] * len(frame), index=frame.index, dtype="str")
    return frame[name].astype("str").fillna("").astype("str").str.strip()


class RoomProblems(Problems):
    """Collector of problems whose owners are rooms, in the order of their table.

    >>> problems = RoomProblems(pd.Index(["a", "b"]))
    >>> problems.add("R009", file="sales", column="room", owner=[1], value=["b"])
    >>> problems.table()[["file", "value", "code"]].values.tolist(), problems.by_room().tolist()
    ([['sales', 'b', 'R009']], ['', 'R009'])
    """

    def __init__(self, rooms: pd.Index) -> None:
        super().__init__()
        self.rooms = rooms

    def add_rows(
        self,
        code: str,
        file: str,
        column: str,
        table: pd.DataFrame,
        where: Integers | Flags,
        value: pd.Series,
        owner: str = "room",
    ) -> None:
        """Note a code at rows of a table of sessions, certificates or credits.

        The table has ``line`` and, in the column ``owner``, the position of the room, -1 for none;
        ``where`` flags rows at fault or has their positions; ``value`` is of all rows or of those
        at fault.
        """
        at = np.flatnonzero(where) if where.dtype == np.bool_ else where
        values = value if len(value) == len(at) else value.iloc[at]
        self.add(
            code,
            file=file,
            column=column,
            owner=table[owner].to_numpy()[at],
            row=table["line"].to_numpy()[at],
            value=values.astype("str").to_numpy(),
        )

    def add_lines(
        self, code: str, frame: pd.DataFrame, column: str, at: Integers, room: Integers
    ) -> None:
        """Note a code at lines of the sales: the first line of each room, and how many more.

        ``at`` are positions in the frame, ``room`` the rooms of these lines, -1 for none.
        """
        if not len(at):
            return
        line = frame["line"].to_numpy()[at]
        order = np.lexsort((line, room))
        first = np.flatnonzero(np.diff(room[order], prepend=-2))
        count = np.diff(np.append(first, len(order)))
        shown = at[order[first]]
        values = text_of(frame.iloc[shown], column)
        more = [f" (+{n - 1})" if n > 1 else "" for n in count]
        self.add(
            code,
            file="sales",
            column=column,
            owner=room[order[first]],
            row=line[order[first]],
            value=[f"{value}{rest}" for value, rest in zip(values, more, strict=True)],
            sku=text_of(frame.iloc[shown], "sku").to_numpy(),
        )

    def by_room(self) -> npt.NDArray[np.object_]:
        """Codes of each room, joined by a space; notes are left out."""
        return self.by_owner(len(self.rooms))[1]
