"""Reads exposure of many rounds, gives the rooms that drift below their floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Floats
from carbon.base.errors import RuleError
from carbon.base.words import spoken
from carbon.liveroom.concentration import gini, top_share
from carbon.liveroom.conflicts import head_of
from carbon.liveroom.exposure import Allocation, allocate
from carbon.liveroom.market import MarketModel
from carbon.liveroom.policy import ExposureRules
from carbon.liveroom.room_problems import text_of

__all__ = ["COURSE_COLUMNS", "Rounds", "run"]

COURSE_COLUMNS: Final = (
    "round",
    "small_exposure",
    "small_sales",
    "top_share",
    "top_sales",
    "gini",
    "moved_share",
    "below",
)
"""Columns of the course."""


@dataclass(frozen=True, eq=False)
class Rounds:
    """What became of many rounds.

    Parameters
    ----------
    last : Allocation
        Of the last round.
    monitor : pandas.DataFrame
        ``merchant small rounds share floor drift below rounds_below``, one row a merchant:
        ``share`` of all impressions so far, the ``floor`` that it is held against, ``drift`` from
        it [share of the floor], whether it is ``below`` by more than the policy's tolerance, and
        in how many rounds it was.
    course : pandas.DataFrame
        Columns :data:`COURSE_COLUMNS`, one row a round; round 0 is before the rules. Shares of
        exposure are those of impressions that the platform hands out; shares of sales are those
        of all impressions, at equal sales per impression.
    """

    last: Allocation
    monitor: pd.DataFrame
    course: pd.DataFrame


def run(
    rooms: pd.DataFrame,
    rules: ExposureRules,
    boost_cap: float,
    *,
    rounds: int = 1,
    market: MarketModel | None = None,
    policy: str = "",
) -> Rounds:
    """Share out impressions round after round, and watch the running shares.

    With a column ``round`` the rounds of the rooms are taken as they are, in order of their
    numbers; else so many are made up, with feedback, noise and public share of the market; without
    a market each has the same baseline and all impressions are public. Raises R200 with the round
    in which the rules contradict each other; all else as :func:`carbon.liveroom.exposure.allocate`.

    Amortised fairness (Biega, Gummadi and Weikum, SIGIR 2018, 405-414): not every round has to be
    fair, the sum of all has to. A merchant is entitled to (1−δ) of what was demanded of it, a small
    one also to its part of the floor, φ times its part of what was demanded of small merchants.
    Demand is what a room would draw by itself. In made-up rounds it is the first baseline times
    noise, while the baseline of a round also echoes the exposure of the round before: a loss bound
    that holds in every round can be lost bit by bit over many, and this is what the monitor sees.

    >>> from carbon.liveroom.market import read_scenario, rooms_of
    >>> from carbon.liveroom.policy_file import read_policy
    >>> policy, market = read_policy(), read_scenario("fair-exposure").market
    >>> found = run(rooms_of(market), policy.exposure, policy.boost_cap.value, rounds=2)
    >>> found.course["small_exposure"].round(3).tolist()
    [0.12, 0.3, 0.3]
    """
    merchants = _merchants(rooms)
    names, place = np.unique(merchants, return_inverse=True)
    rooms = rooms.assign(merchant=merchants, place=place)
    small = np.zeros(len(names), dtype=bool)
    entitled, got = np.zeros(len(names)), np.zeros(len(names))
    handed, ever, often = 0.0, np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
    course: list[tuple[float, ...]] = []
    last: Allocation | None = None
    below = np.zeros(len(names), dtype=bool)
    has_rounds = "round" in rooms
    echo = None if has_rounds else _Echo(rooms, market)
    parts = _parts(rooms, rounds)
    for number, part in parts:
        demand = part["impressions"].to_numpy(dtype=np.float64)
        if echo is not None:
            demand, base = echo.next()
            part = part.assign(impressions=base)
        try:
            last = allocate(
                part,
                rules,
                boost_cap,
                policy=policy,
                reported=number == parts[-1][0],
            )
        except RuleError as error:
            where = dict.fromkeys(("en", "zh"), "")
            if len(parts) > 1:
                where = spoken("exposure.round", number=number)
            raise RuleError(
                error.code, where["en"] + error.detail, detail_zh=where["zh"] + error.detail_zh
            ) from error
        exposure = last.rooms["exposure"].to_numpy(dtype=np.float64)
        known = np.isfinite(exposure)
        x, d = np.where(known, exposure, 0.0), np.where(known, demand, 0.0)
        if echo is not None:
            echo.exposure = x
        flags, at = last.rooms["small"].to_numpy(dtype=bool), part["place"].to_numpy()
        if not course:
            start = d if echo is None else np.where(known, echo.first, 0.0)
            course.append(_state(0, start, start, flags, rules, market, 0.0, 0))
        small[at] |= flags
        got += np.bincount(at, x, len(names))
        entitled += np.bincount(at, _floor(d, flags, rules) * x.sum(), len(names))
        handed += x.sum()
        ever += np.bincount(at, known, len(names)) > 0
        below = got < entitled * (1 - rules.drift.value)
        often += below
        moved = float(np.abs(x - d * (x.sum() / d.sum())).sum() / 2 / x.sum())
        course.append(_state(number, x, d, flags, rules, market, moved, int(below.sum())))
    assert last is not None
    with np.errstate(divide="ignore", invalid="ignore"):
        drift = got / entitled - 1
    monitor = pd.DataFrame(
        {
            "merchant": names,
            "small": small,
            "rounds": ever,
            "share": got / handed,
            "floor": entitled / handed,
            "drift": drift,
            "below": below,
            "rounds_below": often,
        }
    )
    return Rounds(last, monitor, pd.DataFrame(course, columns=list(COURSE_COLUMNS)))


def _merchants(rooms: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Merchant of each room; a room without one is its own."""
    merchants = text_of(rooms, "merchant").to_numpy(object)
    return np.where(merchants == "", rooms["room"].astype(str).to_numpy(object), merchants)


def _parts(rooms: pd.DataFrame, rounds: int) -> list[tuple[int, pd.DataFrame]]:
    """Rounds as they are told, else so many times the same rooms."""
    if "round" not in rooms:
        return [(number, rooms) for number in range(1, rounds + 1)]
    number = rooms["round"].astype("Int64").fillna(0).to_numpy(dtype=np.int64)
    return [(int(each), rooms[number == each]) for each in np.unique(number)]


class _Echo:
    """Made-up rounds of noisy demand; each baseline echoes the exposure of the round before."""

    def __init__(self, rooms: pd.DataFrame, market: MarketModel | None) -> None:
        self.first = rooms["impressions"].to_numpy(dtype=np.float64)
        self.feedback = market.feedback.value if market else 0.0
        self.noise = market.noise.value if market else 0.0
        # in the order of the names, so that the order of the rows changes no digit
        self.order = np.argsort(rooms["room"].astype(str).to_numpy(), kind="stable")
        self.draw = np.random.Generator(np.random.Philox(int(market.seed.value) if market else 0))
        self.exposure: Floats | None = None

    def next(self) -> tuple[Floats, Floats]:
        """Demand and baseline of the next round."""
        score = np.empty(len(self.first))
        score[self.order] = self.draw.standard_normal(len(self.first))
        demand = self.first * np.exp(self.noise * score)
        with np.errstate(
            invalid="ignore", divide="ignore"
        ):  # nothing to share out is refused later
            demand *= np.nansum(self.first) / np.nansum(demand)
        if self.exposure is None:
            return demand, demand
        return demand, (1 - self.feedback) * demand + self.feedback * self.exposure


def _floor(demand: Floats, small: Flags, rules: ExposureRules) -> Floats:
    """Least share that each room is entitled to, by what was demanded of it."""
    share = demand / demand.sum()
    least = share * (1 - rules.largest_loss.value)
    small_share = float(share[small].sum())
    if small_share > 0:
        least = np.where(small, np.maximum(least, rules.floor.value * share / small_share), least)
    return np.asarray(least, dtype=np.float64)


def _state(
    number: int,
    exposure: Floats,
    demand: Floats,
    small: Flags,
    rules: ExposureRules,
    market: MarketModel | None,
    moved: float,
    below: int,
) -> tuple[float, ...]:
    """One row of the course."""
    public = market.public.value if market else 1.0
    handed = exposure / exposure.sum()
    sales = public * handed + (1 - public) * demand / demand.sum()
    head = head_of(rules, int((demand > 0).sum()))
    return (
        number,
        float(handed[small].sum()),
        float(sales[small].sum()),
        top_share(handed, head),
        top_share(sales, head),
        gini(handed),
        moved,
        below,
    )
