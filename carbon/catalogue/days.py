"""Reads dates of ledger rows, gives which of them cannot be [days].

The one check of dates that dossiers, rooms and pools share. A date that is not told is no fault
here: whoever needs it says so.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags

__all__ = ["as_days", "last_day", "misdated", "period_days"]

Days = npt.NDArray[np.datetime64]

PERIOD: Final = re.compile(r"(\d{4})(?:[Qq]([1-4])|[Hh]([12])|-(0[1-9]|1[0-2]))?")
"""A year, quarter, half-year or month."""

GAP: Final = 7
"""Days without any row after which the few rows that follow are strays."""

STRAYS: Final = 0.001
"""Largest share of all rows that may be strays; one row always may."""


def as_days(dates: pd.Series | Days) -> Days:
    """Dates as whole days.

    ``dates``: shape (n,).

    >>> as_days(pd.Series(pd.to_datetime(["2026-09-01 23:59", None]))).tolist()
    [datetime.date(2026, 9, 1), None]
    """
    return np.asarray(dates).astype("datetime64[s]").astype("datetime64[D]")


def misdated(
    dates: Days,
    *,
    after: Days | None = None,
    as_of: np.datetime64 | None = None,
    period: tuple[np.datetime64, np.datetime64] | None = None,
) -> dict[str, Flags]:
    """Which dates cannot be.

    ``dates``: shape (n,); ``after``: shape (n,), what each date follows, as the sale a refund
    follows; ``as_of``: the last day of which anything can be known; ``period``: first and last day
    that count. Returns: shape (n,), ``early`` (before what it follows), ``future`` (after the as-of
    day) and ``outside`` (of the period); all False where nothing was asked.

    >>> sold = np.array(["2026-09-05", "2026-09-05"], dtype="datetime64[D]")
    >>> back = np.array(["2026-09-01", "2062-01-01"], dtype="datetime64[D]")
    >>> faults = misdated(back, after=sold, as_of=np.datetime64("2026-11-30"))
    >>> faults["early"].tolist(), faults["future"].tolist()
    ([True, False], [False, True])
    """
    never = np.zeros(len(dates), dtype=np.bool_)
    faults = dict.fromkeys(("early", "future", "outside"), never)
    if after is not None:
        faults["early"] = dates < after
    if as_of is not None:
        faults["future"] = dates > as_of
    if period is not None:
        faults["outside"] = (dates < period[0]) | (dates > period[1])
    return faults


def last_day(dates: Days) -> np.datetime64:
    """The day up to which a ledger runs; strays after a gap do not move it.

    A date that was mistyped stands alone, far after all others. So rows after a gap of more than
    :data:`GAP` days are left out while they are no more than :data:`STRAYS` of all rows. ``dates``:
    shape (n,), at least one.

    >>> days = np.array(["2026-09-01", "2026-09-02", "2062-01-01"], dtype="datetime64[D]")
    >>> last_day(days)
    np.datetime64('2026-09-02')
    """
    ordered = np.sort(dates)
    few = max(1, int(STRAYS * len(ordered)))
    tail = ordered[-few - 1 :]
    gaps = np.flatnonzero(np.diff(tail) > np.timedelta64(GAP, "D"))
    last: np.datetime64 = tail[gaps[0]] if len(gaps) else ordered[-1]
    return last


def period_days(text: str) -> tuple[np.datetime64, np.datetime64] | None:
    """First and last day of a year, half-year, quarter or month.

    ``text``: ``2026``, ``2026H2``, ``2026Q3`` or ``2026-09``. Returns: None for any other name.

    >>> [str(day) for day in period_days("2026Q3")], period_days("double eleven")
    (['2026-07-01', '2026-09-30'], None)
    """
    parts = PERIOD.fullmatch(text.strip())
    if parts is None or int(parts[1]) == 0:
        return None
    year, quarter, half, month = (int(part) if part else 0 for part in parts.groups())
    months = 1 if month else 3 if quarter else 6 if half else 12
    first = month or 1 + months * ((quarter or half or 1) - 1)
    start = np.datetime64(f"{year:04}-{first:02}", "M")
    end = (start + months).astype("datetime64[D]") - np.timedelta64(1, "D")
    return start.astype("datetime64[D]"), end
