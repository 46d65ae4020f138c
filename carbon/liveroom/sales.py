"""Reads lines of room sales, gives sums by room and SKU, and why lines were left out.

Units and money are whole numbers, so sums are exact and the order of the lines changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Floats, Integers
from carbon.catalogue.days import misdated, period_days
from carbon.catalogue.ledger import MONEY
from carbon.liveroom.plausible import odd_prices, odd_returns, on_air
from carbon.liveroom.policy import Policy
from carbon.liveroom.room_problems import RoomProblems
from carbon.liveroom.sales_lines import (
    codes_of,
    day_of,
    number_of,
    places_of,
    repeated_lines,
)

__all__ = ["Sold", "tally"]

FINE: Final = 1_000_000
"""Parts of one that shares are counted in, so that their sums are exact."""


@dataclass(frozen=True)
class Sold:
    """What rooms sold.

    - ``room``, ``sku`` (pairs,): room and SKU of each pair that was sold; the SKU is -1 where the
      catalogue lacks it
    - ``revenue`` (pairs,): [:data:`carbon.catalogue.ledger.MONEY` parts of the room's currency],
      before returns
    - ``units``, ``returned`` (pairs,): whole; ``returned`` is what is known of it
    - ``closed_units``, ``closed_returned`` (pairs,): of the lines whose return window has closed
    - ``void``, ``void_units`` (pairs,): empty share of the parcel times units, and the units of
      which it is known
    - ``lines``, ``left_out``, ``open_lines``, ``unsure`` (rooms,): lines, those left out, those
      within the window, those whose returns are not known
    - ``closes`` (rooms,): when the last window closes; NaT if nothing was sold or it is not known
    - ``currency`` (rooms,)
    - ``mixed`` (rooms,): several currencies that could not be brought to one
    - ``refused`` (rooms,): revenue of lines that were left out, which has no footprint; a line that
      could not be read counts like the mean of the others [as ``revenue``]
    - ``in_session`` (rooms,): revenue sold in the listed sessions of the room [as ``revenue``]
    """

    room: Integers
    sku: Integers
    revenue: Floats
    units: Floats
    returned: Floats
    closed_units: Floats
    closed_returned: Floats
    void: Floats
    void_units: Floats
    lines: Integers
    left_out: Integers
    open_lines: Integers
    unsure: Integers
    closes: npt.NDArray[np.datetime64]
    currency: npt.NDArray[np.object_]
    mixed: Flags
    refused: Floats
    in_session: Floats


def tally(
    sales: pd.DataFrame,
    rooms: pd.Index,
    sessions: pd.DataFrame,
    goods: pd.DataFrame,
    policy: Policy,
    as_of: np.datetime64,
    problems: RoomProblems,
    rates: Mapping[str, float] | None = None,
    *,
    period: str = "",
    refused: pd.DataFrame | None = None,
) -> Sold:
    """Check the lines of the sales and sum them, as judged on the day ``as_of``.

    Lines are ``sku units revenue date`` and ``room`` or ``session``; optionally ``returned_units
    settled settled_on currency order void_share line``. Goods are ``sku category_return_rate`` and,
    if known, ``price``; ``rates`` are prices of one unit of each currency in the policy's. Where
    the period names days, as 2026-11, other lines are left out; ``refused`` are lines that could
    not be read. Gathers R001 to R008, R035, R060 to R064, R071, R072, R075 and R079 to R081.
    """
    if "line" not in sales:
        sales = sales.assign(line=np.arange(2, len(sales) + 2))
    n = len(sales)
    skus = pd.Index(goods["sku"])
    room, session = places_of(sales, rooms, sessions)
    sku = codes_of(sales, "sku", skus)
    units, returned = number_of(sales, "units"), number_of(sales, "returned_units")
    revenue = number_of(sales, "revenue")
    kept = np.ones(n, dtype=bool)

    def refuse(code: str, column: str, bad: Flags) -> None:
        at = np.flatnonzero(bad & kept)
        problems.add_lines(code, sales, column, at, room[at])
        kept[at] = False

    sold_on = day_of(sales, "date")
    dates = misdated(sold_on, as_of=as_of, period=period_days(period))
    refuse("R005", "room", room < 0)
    refuse(
        "R006", "order", repeated_lines(sales, kept, room, session, sku, units, revenue, returned)
    )
    refuse("R064", "date", dates["outside"] & ~dates["future"])
    left_out = np.bincount(room[~kept & (room >= 0)], minlength=len(rooms))
    settled = kept.copy()
    refuse("R060", "date", dates["future"])
    with np.errstate(invalid="ignore"):
        red = (units == np.floor(units)) & (revenue <= 0) & ((units < 0) | (revenue < 0))
        red &= units <= 0
        refuse("R002", "units", ~red & ~((units > 0) & (units == np.floor(units))))
        refuse("R004", "revenue", ~red & ~(revenue >= 0))
        integral = np.isnan(returned) | (returned == np.floor(returned))
        wrong = ~integral | (returned < 0) | (returned > units)
        refuse("R003", "returned_units", ~red & wrong)
    doubtful = settled & ~kept
    left_out += np.bincount(room[doubtful], minlength=len(rooms))

    def warn(code: str, column: str, doubtful: Flags) -> None:
        at = np.flatnonzero(doubtful & kept)
        problems.add_lines(code, sales, column, at, room[at])

    warn("R007", "session", session == -1)
    warn("R001", "sku", sku < 0)
    warn("R080", "units", red)
    unsure = np.isnan(returned) & ~red
    warn("R035", "returned_units", unsure)
    closed, closes = _closed(sales, policy, as_of, warn)
    closed &= ~unsure
    revenue, currency, mixed = _one_currency(sales, revenue, room, kept, rooms, policy, rates)
    odd = np.flatnonzero(np.append(mixed, False)[room] & kept)
    problems.add_lines("R008", sales, "currency", odd, room[odd])
    rules = policy.plausible
    inside = np.ones(n, dtype=bool)
    if rules is not None:
        inside = on_air(sold_on, room, session, sessions, rules)
        warn("R061", "date", ~inside & ~red & (session != -1))
        listed = goods["price"].to_numpy(dtype=np.float64) if "price" in goods else np.nan
        listed = np.append(np.broadcast_to(listed, len(goods)), np.nan)[sku]
        with np.errstate(invalid="ignore", divide="ignore"):
            price = revenue / units / MONEY
        ours = np.append((currency == policy.currency) & ~mixed, False)[room]
        warn("R071", "revenue", odd_prices(price, listed, rules) & ours & (revenue > 0))
    void = number_of(sales, "void_share")
    warn("R081", "void_share", void == 0)
    lost = _refused(refused, rooms, sessions, problems)

    at = slice(None) if kept.all() else np.flatnonzero(kept)
    doubted, doubted_revenue = room[doubtful], np.nan_to_num(np.maximum(revenue[doubtful], 0.0))
    room, sku = room[at], sku[at]
    key, pair = np.unique(room * (len(skus) + 1) + sku + 1, return_inverse=True)
    void = void[at]
    has_void = ~np.isnan(void) & (void >= 0) & (void <= 1)
    units, returned, closed, red = units[at], returned[at], closed[at], red[at]
    back = np.where(red, -units, 0.0)
    # what came back was sold: a return lowers no revenue here, a correction of the price does
    takings = np.where(back > 0, 0.0, revenue[at])
    units = np.where(red, 0.0, units)

    def total(weights: Any) -> Floats:
        sums: Floats = np.bincount(pair, weights=weights, minlength=len(key)).astype(np.float64)
        return sums

    def lines(flags: Any) -> Integers:
        return np.bincount(room[flags], minlength=len(rooms)).astype(np.int64)

    lines_of = lines(slice(None))
    sums = total(units), total(np.nan_to_num(returned)) + total(back)
    over = sums[1] > sums[0]
    lines_at = np.flatnonzero(over)
    home = key // (len(skus) + 1)
    problems.add(
        "R079",
        file="sales",
        column="units",
        owner=home[lines_at],
        value=[f"{sums[1][at]:g} of {sums[0][at]:g}" for at in lines_at],
    )
    given_back = np.minimum(sums[1], sums[0])
    closed_units = total(np.where(closed, units, 0.0))
    closed_back = total(np.where(closed, np.nan_to_num(returned), 0.0)) + total(back)
    closed_back = np.minimum(closed_back, closed_units)
    if rules is not None:
        rate = np.append(goods["category_return_rate"].to_numpy(dtype=np.float64), np.nan)
        few = odd_returns(closed_units, closed_back, rate[key % (len(skus) + 1) - 1], rules)
        lines_at = np.flatnonzero(few)
        problems.add(
            "R072",
            file="sales",
            column="returned_units",
            owner=home[lines_at],
            value=[f"{closed_back[at]:g} of {closed_units[at]:g}" for at in lines_at],
            sku=skus.to_numpy()[key[lines_at] % (len(skus) + 1) - 1],
        )

    def by_room(place: Integers, weights: Floats) -> Floats:
        return np.bincount(place, weights=weights, minlength=len(rooms)).astype(np.float64)

    sold_for = np.maximum(total(takings), 0.0)
    all_takings = by_room(home, sold_for)
    mean = all_takings / np.maximum(lines_of, 1)
    last = np.full(len(rooms), np.iinfo(np.int64).min)
    np.maximum.at(last, room, closes[at].astype("datetime64[D]").astype(np.int64))
    return Sold(
        home,
        key % (len(skus) + 1) - 1,
        sold_for,
        sums[0],
        given_back,
        closed_units,
        closed_back,
        total(np.where(has_void, np.rint(np.nan_to_num(void) * FINE), 0.0) * units) / FINE,
        total(np.where(has_void, units, 0.0)),
        lines_of,
        (left_out + lost).astype(np.int64),
        lines(~closed),
        lines(unsure[at]),
        last.astype("datetime64[D]"),
        currency,
        mixed,
        by_room(doubted, doubted_revenue) + lost * mean,
        np.minimum(by_room(room, np.where(inside[at], takings, 0.0)), all_takings),
    )


def _refused(
    refused: pd.DataFrame | None,
    rooms: pd.Index,
    sessions: pd.DataFrame,
    problems: RoomProblems,
) -> Integers:
    """How many lines of each room could not be read."""
    if refused is None or not len(refused):
        return np.zeros(len(rooms), dtype=np.int64)
    room, _ = places_of(refused, rooms, sessions)
    known = np.flatnonzero(room >= 0)
    problems.add_lines("R075", refused, "sku", known, room[known])
    return np.bincount(room[known], minlength=len(rooms)).astype(np.int64)


def _closed(
    sales: pd.DataFrame,
    policy: Policy,
    as_of: np.datetime64,
    warn: Callable[[str, str, Flags], None],
) -> tuple[Flags, npt.NDArray[np.datetime64]]:
    """Whether the return window of each line has closed, and when it does."""
    window = policy.gates.return_window
    days = np.timedelta64(round(window.value) if window is not None else 0, "D")
    settled_on, sold_on = day_of(sales, "settled_on"), day_of(sales, "date")
    early = misdated(settled_on, after=sold_on)["early"]
    warn("R063", "settled_on", early)
    settled_on = np.where(early, np.datetime64("NaT"), settled_on)
    closes = np.where(np.isnat(settled_on), sold_on + days, settled_on)
    warn("R062", "settled_on", ~np.isnat(settled_on) & (settled_on < sold_on + days))
    closed = ~np.isnat(closes) & (closes <= as_of)
    if "settled" in sales:
        settled = sales["settled"].astype("boolean")
        yes = settled.fillna(False).to_numpy(dtype=bool)
        no = np.logical_not(settled.fillna(True).to_numpy(dtype=bool))
        warn("R062", "settled", yes & np.isnat(settled_on) & (sold_on + days > as_of))
        closed = (closed | yes) & ~no
        closes = np.where(yes, np.minimum(closes, as_of), closes)
    return closed, closes


def _one_currency(
    sales: pd.DataFrame,
    revenue: Floats,
    room: Integers,
    kept: Flags,
    rooms: pd.Index,
    policy: Policy,
    rates: Mapping[str, float] | None,
) -> tuple[Floats, npt.NDArray[np.object_], Flags]:
    """Revenue in one currency a room, that currency, and rooms where there are several."""
    if "currency" not in sales:
        by_room = np.full(len(rooms), policy.currency, dtype=object)
        return revenue, by_room, np.zeros(len(rooms), dtype=bool)
    column = sales["currency"]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    names = [*column.cat.categories.astype("str"), policy.currency]
    names = [name.strip().upper() or policy.currency for name in names]
    code, unique = pd.factorize(np.array(names, dtype=object))
    line = code[column.cat.codes.to_numpy()].astype(np.int64)
    if rates is not None:
        price = np.array(
            [1.0 if name == policy.currency else rates.get(name, np.nan) for name in unique]
        )
        known = ~np.isnan(price)
        revenue = np.where(known[line], np.rint(revenue * price[line]), revenue)
        line = np.where(known[line], list(unique).index(policy.currency), line)
    count = np.bincount(
        room[kept] * len(unique) + line[kept], minlength=len(rooms) * len(unique)
    ).reshape(len(rooms), len(unique))
    currency = np.asarray(unique, dtype=object)[count.argmax(axis=1)]
    currency[count.sum(axis=1) == 0] = policy.currency
    return revenue, currency, (count > 0).sum(axis=1) > 1
