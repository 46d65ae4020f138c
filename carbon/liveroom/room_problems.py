"""Problems of rooms, gathered while they are judged: one row a code and room, with a count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.errors import CODES, problem_table

__all__ = ["RoomProblems", "text_of"]

LONGEST: Final = 120
"""Characters of a value that are told."""


def text_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as text, ``""`` where it is empty or missing.

    Parameters
    ----------
    frame : pandas.DataFrame
    name : str

    Examples
    --------
    >>> text_of(pd.DataFrame({"room": ["a", None]}), "room").tolist()
    ['a', '']
    """
    if name not in frame:
        return pd.Series([""] * len(frame), index=frame.index, dtype="str")
    return frame[name].astype("str").fillna("").astype("str").str.strip()


class RoomProblems:
    """Collector of problems.

    Parameters
    ----------
    rooms : pandas.Index
        Rooms in the order of their table.

    Examples
    --------
    >>> problems = RoomProblems(pd.Index(["a", "b"]))
    >>> problems.add("R009", "sales", "room", room=[1], value=["b"])
    >>> problems.table()[["file", "value", "code"]].values.tolist(), problems.by_room().tolist()
    ([['sales', 'b', 'R009']], ['', 'R009'])
    """

    def __init__(self, rooms: pd.Index) -> None:
        self.rooms = rooms
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        code: str,
        table: str,
        column: str,
        *,
        room: Any,
        value: Sequence[str] | pd.Series = (),
        line: Any = None,
        sku: Any = "",
    ) -> None:
        """Note a code.

        Parameters
        ----------
        code : str
            A key of :data:`carbon.base.errors.CODES`.
        table, column : str
            Where.
        room : array of int
            Position of each room, -1 for none.
        value : sequence of str
            What was found.
        line : array of int, optional
            Row of the file.
        sku : array of str, optional
            The SKU.
        """
        if not len(room):
            return
        self._parts.append(
            pd.DataFrame(
                {
                    "file": table,
                    "row": np.nan if line is None else np.asarray(line, dtype=np.float64),
                    "column": column,
                    "sku": sku,
                    "value": pd.Series(list(value) or "", index=range(len(room)), dtype="object")
                    .astype("str")
                    .str.slice(0, LONGEST),
                    "code": code,
                    "room": np.asarray(room, dtype=np.int64),
                }
            )
        )

    def add_lines(
        self,
        code: str,
        frame: pd.DataFrame,
        column: str,
        at: npt.NDArray[np.int64],
        room: npt.NDArray[np.int64],
    ) -> None:
        """Note a code at lines of the sales: the first line of each room, and how many more.

        Parameters
        ----------
        code : str
        frame : pandas.DataFrame
            The sales, with ``line``.
        column : str
            What is at fault.
        at : ndarray of int
            Positions in the frame.
        room : ndarray of int
            Room of each of these lines, -1 for none.
        """
        if not len(at):
            return
        line = frame["line"].to_numpy()[at]
        order = np.lexsort((line, room))
        first = np.flatnonzero(np.diff(room[order], prepend=-2))
        count = np.diff(np.append(first, len(order)))
        shown = at[order[first]]
        values = text_of(frame.iloc[shown], column)
        more = [f" (and {n - 1} more)" if n > 1 else "" for n in count]
        self.add(
            code,
            "sales",
            column,
            room=room[order[first]],
            line=line[order[first]],
            value=[f"{value}{rest}" for value, rest in zip(values, more, strict=True)],
            sku=text_of(frame.iloc[shown], "sku").to_numpy(),
        )

    def by_room(self) -> npt.NDArray[np.object_]:
        """Codes of each room, joined by a space; notes are left out."""
        out = np.full(len(self.rooms), "", dtype=object)
        if self._parts:
            found = pd.concat([part[["room", "code"]] for part in self._parts])
            grave = found["code"].map({code: one.severity != "note" for code, one in CODES.items()})
            found = (
                found[(found["room"] >= 0) & grave].drop_duplicates().sort_values(["room", "code"])
            )
            told = found.groupby("room")["code"].agg(" ".join)
            out[told.index.to_numpy()] = told.to_numpy()
        return out

    def table(self) -> pd.DataFrame:
        """Problems with rule and remedy, by table, row and code."""
        if not self._parts:
            return problem_table()
        found = pd.concat(self._parts, ignore_index=True)
        found["row"] = found["row"].astype("Int64")
        found = found.sort_values(["file", "row", "code", "value"], kind="stable")
        return problem_table(found)
