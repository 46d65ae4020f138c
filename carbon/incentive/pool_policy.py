"""Reads a policy file, gives a pool's tiers, loading, season and bounds, each with a cite."""

from __future__ import annotations

import calendar
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from carbon.base.rules import Cited, Rules, Text, shipped
from carbon.base.rules import load as load_rules

__all__ = ["DEFAULT", "Festival", "Figure", "PoolPolicy", "PoolTier", "load_policy"]

MonthDay = Annotated[str, Field(pattern=r"^\d{2}-\d{2}$")]


class Figure(Cited):
    """A number with its cite; an assumption tells how far off it may be.

    - ``kind``: ``cited``, ``assumption`` or ``choice`` (of whoever runs the pool)
    - ``cite``: where it comes from, or why it was assumed or chosen
    - ``low``, ``high``: what an assumption may as well be
    """

    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None

    @model_validator(mode="after")
    def _spread(self) -> Figure:
        if self.kind == "assumption":
            if self.low is None or self.high is None:
                raise ValueError("an assumption needs low and high")
            if not self.low <= self.value <= self.high:
                raise ValueError("low, value and high must rise")
        return self

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)


class PoolTier(Cited):
    """Merchants up to a three-month return rate.

    - ``up_to``: highest return rate [1]
    - ``tariff``: premium that is charged now, or was published [currency per order]
    - ``kind``, ``cite``: of the tariff
    """

    name: Annotated[str, Field(min_length=1, max_length=40)]
    up_to: Annotated[Decimal, Field(gt=0, le=1)]
    tariff: Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=4)] | None = None


class Festival(Cited):
    """Days of the year on which more is ordered, and more of it comes back.

    - ``first``, ``last``: month and day, both included
    - ``orders``, ``returns``: orders a day, and return rate, against a day without festival [1]
    """

    name: Annotated[str, Field(min_length=1, max_length=40)]
    name_zh: Annotated[str, Field(min_length=1, max_length=40)]
    first: MonthDay
    last: MonthDay
    orders: Annotated[float, Field(gt=0, le=1000)]
    returns: Annotated[float, Field(gt=0, le=10)]

    @field_validator("first", "last")
    @classmethod
    def _day(cls, text: str) -> str:
        month, day = int(text[:2]), int(text[3:])
        if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(2024, month)[1]):
            raise ValueError("no such day")
        return text

    @model_validator(mode="after")
    def _order(self) -> Festival:
        if self.last < self.first:
            raise ValueError("a festival lies within one year; split it")
        return self

    def holds(self, day: str) -> bool:
        """Whether a day, as ``11-11``, belongs to it."""
        return self.first <= day <= self.last


class Window(Rules):
    """Which orders count.

    - ``months``: length of the window [months]
    - ``open_days``: how long an order may still come back; younger ones do not count [d]
    """

    months: Figure
    open_days: Figure


class Credibility(Rules):
    """How far own experience counts.

    - ``interval``: level of credible intervals [1]
    - ``least_merchants``: merchants that a category needs for a prior of its own
    - ``most_orders``: orders that a prior is worth at most
    """

    interval: Figure
    least_merchants: Figure
    most_orders: Figure


class Pricing(Rules):
    """From rates to premiums.

    - ``rates``: ``all``: every return is a claim that was paid; ``without_suspected``: claims under
      suspicion are refused, so that neither they nor their orders count
    - ``loading``: premium = expected claims × (1 + loading) [1]
    - ``expenses``: share of the premium that does not reach the fund [1]
    - ``claim_most``: most that is paid for one return [currency]
    """

    rates: Literal["all", "without_suspected"]
    loading: Figure
    expenses: Figure
    claim_most: Figure


class Suspicion(Rules):
    """When returns are put apart.

    - ``chance``: probability of naming anyone at all if nobody cheats, for each kind of evidence
      [1]
    - ``least_returns``: returns below which nothing is said
    - ``same_reason_share``: share of a merchant's returns with one reason, from which on it is
      looked at [1]
    """

    chance: Figure
    least_returns: Figure
    same_reason_share: Figure


class Fund(Rules):
    """The simulation of the fund.

    - ``ruin``: probability of ruin that the reserve is to keep [1]
    - ``reserve``: what the fund begins with [currency]
    - ``lag_days``: from order to claim [d]
    - ``shock_sd``: standard deviation of the logarithm of the factor that moves all return rates
      together [1]
    - ``shock_days``: how long a shock lasts [d]
    """

    simulations: Annotated[int, Field(ge=100, le=1_000_000)]
    seed: Annotated[int, Field(ge=0)]
    ruin: Figure
    reserve: Figure | None = None
    lag_days: Figure
    shock_sd: Figure
    shock_days: Figure


class Season(Rules):
    """The days that are simulated.

    - ``start``: first day, as 2026-10-01; the day after the ledger's last without
    - ``days``: its length [d]
    - ``festivals``: where two overlap the busier one counts
    """

    start: date | None = None
    days: Figure
    festivals: tuple[Festival, ...] = ()


class PoolPolicy(Rules):
    """All of a pool's rules.

    - ``currency``: ISO 4217 code
    - ``tiers``: rising; the last reaches 1
    """

    name: Text
    name_zh: Text
    version: Text
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    window: Window
    credibility: Credibility
    pricing: Pricing
    suspicion: Suspicion
    fund: Fund
    season: Season
    tiers: Annotated[tuple[PoolTier, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _bounds(self) -> PoolPolicy:
        ends = [tier.up_to for tier in self.tiers]
        if any(after <= before for before, after in pairwise(ends)):
            raise ValueError("the bounds of the tiers must rise")
        if ends[-1] != 1:
            raise ValueError("the last tier must reach 1")
        if len({tier.name for tier in self.tiers}) < len(self.tiers):
            raise ValueError("two tiers have one name")
        for figure, low, high in (
            (self.window.months, 1, 60),
            (self.window.open_days, 0, 400),
            (self.credibility.interval, Decimal("0.5"), Decimal("0.9999")),
            (self.credibility.least_merchants, 2, 1000),
            (self.credibility.most_orders, 1, 10**9),
            (self.pricing.loading, 0, 10),
            (self.pricing.expenses, 0, Decimal("0.99")),
            (self.pricing.claim_most, Decimal("0.01"), 10_000),
            (self.suspicion.chance, Decimal("1e-12"), Decimal("0.5")),
            (self.suspicion.least_returns, 2, 10**6),
            (self.suspicion.same_reason_share, 0, 1),
            (self.fund.ruin, Decimal("1e-5"), Decimal("0.5")),
            (self.fund.lag_days, 0, 400),
            (self.fund.shock_sd, 0, 2),
            (self.fund.shock_days, 1, 400),
            (self.season.days, 1, 800),
        ):
            if not low <= figure.value <= high:
                raise ValueError(f"{figure.value} is not between {low} and {high}: {figure.cite}")
        return self


DEFAULT = "default"
"""Name of the policy that is shipped."""


def load_policy(path: Path | str | None = None) -> PoolPolicy:
    """Read a policy file (TOML), the shipped one without; P001, P002 or P003.

    >>> load_policy().currency
    'CNY'
    """
    return load_rules(path or shipped("pool", DEFAULT), PoolPolicy)
