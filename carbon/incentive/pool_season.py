"""Reads rates and a policy, gives the coming season: days, orders and fund by premium."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats
from carbon.incentive.fund import ClaimGroup, balance, simulate
from carbon.incentive.pool_policy import PoolPolicy
from carbon.incentive.pool_tiers import CENTS

__all__ = ["Outlook", "outlook", "profile"]

_DIGITS: Final = {
    "returns_factor": 4,
    **dict.fromkeys(("premium", "expected_claims", "low", "median", "high"), 2),
}
"""Decimals of the columns of days."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """The fund over the season.

    - ``days``: ``date festival orders_factor returns_factor orders premium expected_claims low
      median high``: quantiles 1 %, 50 % and 99 % of the balance without reserve [currency]. After
      the season claims still come in
    - ``fund``: reserve, probability of ruin and the error of both, at break-even premiums and at
      those of the tariff; with the numbers that the simulation rests on
    """

    days: pd.DataFrame
    fund: dict[str, Any]


def profile(days: pd.DatetimeIndex, policy: PoolPolicy) -> pd.DataFrame:
    """Orders and return rate of each day against a day without festival.

    Of two festivals the busier one counts.

    >>> from carbon.incentive.pool_policy import load_policy
    >>> found = profile(pd.DatetimeIndex(["2026-11-11", "2026-12-01"]), load_policy())
    >>> found["festival"].tolist(), found["orders"].tolist()
    (['Double 11 peak', ''], [4.0, 1.0])
    """
    names = days.strftime("%m-%d").to_numpy()
    season = pd.DataFrame(
        {"date": days, "festival": "", "festival_zh": "", "orders": 1.0, "returns": 1.0}
    )
    for festival in policy.season.festivals:
        here = (names >= festival.first) & (names <= festival.last)
        here &= (season["orders"].to_numpy() < festival.orders) | (
            season["festival"] == ""
        ).to_numpy()
        season.loc[here, ["festival", "festival_zh"]] = [festival.name, festival.name_zh]
        season.loc[here, ["orders", "returns"]] = [festival.orders, festival.returns]
    return season


def outlook(
    cells: pd.DataFrame,
    posterior: tuple[Floats, Floats],
    merchants: pd.DataFrame,
    tiers: pd.DataFrame,
    claims: tuple[Floats, Floats],
    window: dict[str, Any],
    policy: PoolPolicy,
    progress: Callable[[int], object] | None = None,
) -> Outlook:
    """Simulate the fund.

    Cells are ``merchant category insured`` with Beta parameters of their rates; merchants have the
    ``place`` of their tier; tiers are as :func:`carbon.incentive.pool_tiers.tiers` gives them;
    claims are mean and standard deviation by category [currency]; the window has the dates ``first
    last ledger_last``.
    """
    past = profile(pd.date_range(window["first"], window["last"], freq="D"), policy)
    first = policy.season.start or pd.Timestamp(window["ledger_last"]) + pd.Timedelta(days=1)
    ahead = profile(pd.date_range(first, periods=int(policy.season.days), freq="D"), policy)
    group = _group(cells, posterior, merchants, tiers, claims, past, ahead)
    usual = float((past["orders"] * past["returns"]).sum() / past["orders"].sum())
    factor = ahead["returns"].to_numpy() / usual
    rules = policy.fund
    paid = simulate(
        group,
        factor,
        lag=int(rules.lag_days),
        shock_sd=float(rules.shock_sd),
        shock_days=int(rules.shock_days),
        simulations=rules.simulations,
        seed=rules.seed,
        progress=progress,
    )
    net = 1 - float(policy.pricing.expenses)
    expected = np.minimum(group.rate * factor[:, None], 1.0) * group.orders @ group.claim
    premium = tiers["premium_cents"].to_numpy(dtype=np.float64, na_value=0.0) / CENTS
    fund: dict[str, Any] = {
        "season_first": str(ahead["date"].iloc[0].date()),
        "season_last": str(ahead["date"].iloc[-1].date()),
        "orders": int(group.orders.sum()),
        "expected_claims": round(float(expected.sum()), 2),
        "simulated_claims": round(float(paid.sum(axis=1).mean()), 2),
        "simulations": rules.simulations,
        "seed": rules.seed,
        "shock_sd": float(rules.shock_sd),
        "shock_days": int(rules.shock_days),
        "lag_days": int(rules.lag_days),
        "ruin": float(rules.ruin),
    }
    income = group.orders @ premium
    even = balance(paid, income * net)
    fund["break_even"] = _told(even, income, policy)
    tariff = tiers["tariff_cents"]
    needed = tiers["insured"] > 0
    if tariff[needed].notna().all():
        charged = group.orders @ (tariff.to_numpy(dtype=np.float64, na_value=0.0) / CENTS)
        fund["tariff"] = _told(balance(paid, charged * net), charged, policy)
    return Outlook(_days(ahead, group, income, expected, even.paths, int(rules.lag_days)), fund)


def _group(
    cells: pd.DataFrame,
    posterior: tuple[Floats, Floats],
    merchants: pd.DataFrame,
    tiers: pd.DataFrame,
    claims: tuple[Floats, Floats],
    past: pd.DataFrame,
    ahead: pd.DataFrame,
) -> ClaimGroup:
    """Tiers as the simulation takes them."""
    size = len(tiers)
    place = merchants["place"].loc[cells["merchant"]].to_numpy()
    insured = cells["insured"].to_numpy()
    alpha, beta = posterior
    rate = alpha / (alpha + beta)
    expected = insured * rate
    mean, sd = (values[cells["category"].to_numpy()] for values in claims)
    total = np.bincount(place, insured, size)
    number = np.bincount(place, expected, size)
    variance = np.bincount(place, insured**2 * rate * (1 - rate) / (alpha + beta + 1), size)
    some = np.where(total > 0, total, 1.0)
    each = np.where(number > 0, number, 1.0)
    claim = np.bincount(place, expected * mean, size) / each
    square = np.bincount(place, expected * (mean**2 + sd**2), size) / each
    daily = total / past["orders"].sum()
    orders = np.rint(daily * ahead["orders"].to_numpy()[:, None]).astype(np.int64)
    return ClaimGroup(
        orders,
        number / some,
        np.sqrt(variance) / some,
        claim,
        np.sqrt(np.maximum(square - claim**2, 0.0)),
    )


def _told(fund: Any, income: Floats, policy: PoolPolicy) -> dict[str, Any]:
    reserve = 0.0 if policy.fund.reserve is None else float(policy.fund.reserve)
    share, low, high = fund.ruin(reserve)
    need, least, most = fund.reserve(float(policy.fund.ruin))
    return {
        "premiums": round(float(income.sum()), 2),
        "reserve": reserve,
        "ruin_probability": share,
        "ruin_low": low,
        "ruin_high": high,
        "reserve_needed": round(need, 2),
        "reserve_low": round(least, 2),
        "reserve_high": round(most, 2),
    }


def _days(
    ahead: pd.DataFrame,
    group: ClaimGroup,
    income: Floats,
    expected: Floats,
    paths: Floats,
    lag: int,
) -> pd.DataFrame:
    length = len(ahead) + lag
    first = ahead["date"].iloc[0]
    days = pd.DataFrame({"date": pd.date_range(first, periods=length).strftime("%Y-%m-%d")})
    for name, source, empty in (
        ("festival", "festival", ""),
        ("festival_zh", "festival_zh", ""),
        ("orders_factor", "orders", 0.0),
        ("returns_factor", "returns", np.nan),
    ):
        days[name] = ahead[source].reindex(range(length), fill_value=empty)
    days["orders"] = np.append(group.orders.sum(axis=1), np.zeros(lag, np.int64))
    days["premium"] = np.append(income, np.zeros(lag))
    days["expected_claims"] = np.append(np.zeros(lag), expected)
    for name, values in zip(("low", "median", "high"), paths, strict=True):
        days[name] = values
    return days.round(_DIGITS)
