"""Reads orders, gives credible rates, tiers, premiums, suspicion and reserve.

A merchant that sells in several categories has a rate in each, drawn towards that of the category;
its rate is their mean by orders, and its interval that of a beta distribution with the variance of
this mean. Orders without premium are not insured: they tell about returns and cost the pool
nothing. A claim is the return freight, up to the most that the policy pays; where it is not told,
the mean of the category stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import special

from carbon.base.arrays import Floats
from carbon.base.problems import Problems
from carbon.base.shown import Shown
from carbon.catalogue.ledger import MONEY, Ledger
from carbon.incentive import credibility
from carbon.incentive.pool_orders import (
    PerReturn,
    category_claims,
    cells_of,
    claims_of,
    kilograms,
    sums,
    window_of,
)
from carbon.incentive.pool_policy import PoolPolicy
from carbon.incentive.pool_season import Outlook, outlook
from carbon.incentive.pool_tiers import CENTS, move, tier_of, tiers
from carbon.incentive.suspicion import MerchantCells, suspects

__all__ = ["Pool", "pool"]

_PER_CENT: Final = MONEY // CENTS


@dataclass(frozen=True, eq=False, repr=False)
class Pool(Shown):
    """What a pool's orders say.

    Parameters
    ----------
    merchants : pandas.DataFrame
        One row a merchant: rate, interval, tier, premiums, what one tier less is worth.
    cells : pandas.DataFrame
        Merchant by category: orders, returns, credibility, rates with and without suspicion.
    categories : pandas.DataFrame
        Priors, and what a claim costs.
    tiers : pandas.DataFrame
        Break-even premiums.
    suspected : pandas.DataFrame
        Evidence.
    outlook : Outlook
        The fund over the season.
    problems : pandas.DataFrame
        Columns :data:`carbon.base.errors.PROBLEM_COLUMNS`.
    totals : dict
        Window, counts and sums.

    Examples
    --------
    >>> from carbon import Platform, Study
    >>> order = {"merchant": "M", "category": "T-shirt", "premium": "0.9 CNY", "returned": "no"}
    >>> days = pd.date_range("2026-05-01", periods=60).strftime("%Y-%m-%d")
    >>> orders = pd.DataFrame([order] * 60).assign(date=days)
    >>> Platform(Study()).price_pool(orders).totals["merchants"]
    1
    """

    merchants: pd.DataFrame
    cells: pd.DataFrame
    categories: pd.DataFrame
    tiers: pd.DataFrame
    suspected: pd.DataFrame
    outlook: Outlook
    problems: pd.DataFrame
    totals: dict[str, Any]


def pool(
    orders: Ledger,
    policy: PoolPolicy,
    per_return: PerReturn | None = None,
    progress: Callable[[int], object] | None = None,
    *,
    as_of: date | None = None,
    categories: Mapping[str, str] | None = None,
) -> Pool:
    """Compute a pool of a ledger ``orders``, priced on the day ``as_of``, else the ledger's last.

    Emissions of one return are unknown without; ``progress`` is told the simulations that are done;
    ``categories`` maps categories as the orders spell them to ids, so that two spellings are one.
    I001 if no order counts, I002 if they are in another currency than the policy, I003 if no
    freight of any return is told, I016 if rows were refused for whether they came back.
    """
    problems = Problems()
    frame, window = window_of(orders, policy, problems, as_of, categories)
    names = {each: frame[each].cat.categories for each in ("merchant", "category")}
    claim = claims_of(frame, policy, problems)
    of, known = cells_of(frame)
    table = sums(frame, claim, of, known)
    prior, posterior = _rated(table, len(names["category"]), policy)
    per_category = np.bincount(table["category"], minlength=len(names["category"]))
    poor = prior.source == credibility.SOURCES.index("portfolio")
    for name in names["category"][poor & (per_category > 0)]:
        problems.add("I004", column="category", value=str(name))
    low, high = credibility.interval(*posterior, float(policy.credibility.interval))
    rare = float(policy.suspicion.chance) / np.maximum(per_category, 1)
    prior_high = np.asarray(special.betainccinv(prior.a, prior.b, rare), np.float64)
    alpha, beta = posterior
    cells = MerchantCells(
        of,
        table["merchant"].to_numpy(),
        table["category"].to_numpy(),
        alpha / (alpha + beta),
        low,
        prior_high[table["category"]],
        table["orders"].to_numpy(),
        table["returns"].to_numpy(),
    )
    listed, marked = suspects(
        frame,
        claim,
        cells,
        chance=float(policy.suspicion.chance),
        least=int(policy.suspicion.least_returns),
        same_reason=float(policy.suspicion.same_reason_share),
    )
    rest = ~marked
    left, prior_left, posterior_left = table, prior, posterior
    if marked.any():
        left = sums(frame[rest], claim[rest], of[rest], known)
        prior_left, posterior_left = _rated(left, len(names["category"]), policy)
    priced = policy.pricing.rates == "all"
    base, chosen = (table, posterior) if priced else (left, posterior_left)
    price, price_sd = category_claims(frame, claim, len(names["category"]))
    merchants = _merchants(base, chosen, price, float(policy.credibility.interval))
    merchants["place"] = tier_of(merchants["rate"].to_numpy(), policy)
    other = _merchants(
        left if priced else table,
        posterior_left if priced else posterior,
        price,
        float(policy.credibility.interval),
    )["rate"]
    merchants["rate_without_suspected" if priced else "rate_all"] = other
    premiums = tiers(merchants, policy)
    _monotone(premiums, problems)
    per = kilograms(frame, table, of, per_return, names, problems)
    merchants = merchants.assign(kg_per_return=per).join(move(merchants, premiums, per))
    premium = premiums["premium_cents"].to_numpy(dtype=np.int64, na_value=0)
    merchants["premium_cents"] = pd.arrays.IntegerArray(
        premium[merchants["place"]], merchants["insured"].to_numpy() == 0
    )
    merchants["due_cents"] = premium[merchants["place"]] * merchants["insured"].to_numpy()
    ahead = outlook(base, chosen, merchants, premiums, (price, price_sd), window, policy, progress)
    totals = {
        **window,
        "orders": len(frame),
        "returns": int(table["returns"].sum()),
        "insured": int(table["insured"].sum()),
        "merchants": len(merchants),
        "suspected_orders": int(marked.sum()),
        "suspected_returns": int((marked & frame["returned"].to_numpy(dtype=bool)).sum()),
        "paid_cents": int(merchants["paid_cents"].sum()),
        "claims_cents": int(merchants["claims_cents"].sum()),
    }
    return Pool(
        _named(merchants.reset_index(), names).assign(
            tier=lambda named: [policy.tiers[at].name for at in named["place"]]
        ),
        _named(_with_rates(table, posterior, left, posterior_left, prior, (low, high)), names),
        _priors(names["category"], table, prior, prior_left, price, price_sd),
        premiums,
        listed,
        ahead,
        problems.table().assign(file=orders.file),
        totals,
    )


def _rated(
    table: pd.DataFrame, categories: int, policy: PoolPolicy
) -> tuple[credibility.Priors, tuple[Floats, Floats]]:
    """Priors of the categories, and posterior of each cell."""
    group, n, k = (table[name].to_numpy() for name in ("category", "orders", "returns"))
    some = n > 0
    prior = credibility.fit(
        group[some],
        n[some],
        k[some],
        categories,
        least=int(policy.credibility.least_merchants),
        most=float(policy.credibility.most_orders),
    )
    return prior, (prior.a[group] + k, prior.b[group] + n - k)


def _merchants(
    table: pd.DataFrame, posterior: tuple[Floats, Floats], price: Floats, level: float
) -> pd.DataFrame:
    """Sums and credible rate of each merchant."""
    alpha, beta = posterior
    who, n = table["merchant"].to_numpy(), table["orders"].to_numpy()
    codes, at = np.unique(who, return_inverse=True)
    size = len(codes)

    def total(values: Any) -> Floats:
        return np.bincount(at, values, size).astype(float)

    rate = alpha / (alpha + beta)
    weight = np.where(total(n)[at] > 0, n, 1)
    share = weight / total(weight)[at]
    mean = total(share * rate)
    variance = total(share**2 * rate * (1 - rate) / (alpha + beta + 1))
    worth = mean * (1 - mean) / variance - 1
    low, high = credibility.interval(mean * worth, (1 - mean) * worth, level)
    expected = table["insured"].to_numpy() * rate
    cents = np.rint(total(expected * price[table["category"].to_numpy()]) * CENTS)
    orders, returns = total(n), total(table["returns"])
    with np.errstate(invalid="ignore"):
        raw = returns / np.where(orders > 0, orders, np.nan)
    return pd.DataFrame(
        {
            "orders": orders.astype(np.int64),
            "returns": returns.astype(np.int64),
            "raw_rate": raw,
            "rate": mean,
            "low": low,
            "high": high,
            "categories": np.bincount(at, minlength=size),
            "insured": total(table["insured"]).astype(np.int64),
            "expected_returns": total(expected),
            "expected_cents": cents.astype(np.int64),
            "paid_cents": np.rint(total(table["paid"]) / _PER_CENT).astype(np.int64),
            "claims_cents": np.rint(total(table["claims"]) / _PER_CENT).astype(np.int64),
        },
        index=pd.Index(codes, name="merchant"),
    )


def _monotone(premiums: pd.DataFrame, problems: Problems) -> None:
    """Tell a tier that costs less than one below it."""
    known = premiums[premiums["premium_cents"].notna()]
    cheaper = known["premium_cents"].diff() < 0
    for name in known["tier"][cheaper.fillna(False)]:
        problems.add("I010", column="tier", value=str(name))


def _with_rates(
    table: pd.DataFrame,
    posterior: tuple[Floats, Floats],
    left: pd.DataFrame,
    posterior_left: tuple[Floats, Floats],
    prior: credibility.Priors,
    ends: tuple[Floats, Floats],
) -> pd.DataFrame:
    group, n = table["category"].to_numpy(), table["orders"].to_numpy()
    worth = prior.a + prior.b
    return pd.DataFrame(
        {
            "merchant": table["merchant"],
            "category": table["category"],
            "orders": n,
            "returns": table["returns"],
            "raw_rate": table["returns"] / n,
            "prior_a": prior.a[group],
            "prior_b": prior.b[group],
            "prior": np.asarray(credibility.SOURCES, object)[prior.source[group]],
            "weight": n / (n + worth[group]),
            "rate": posterior[0] / (posterior[0] + posterior[1]),
            "low": ends[0],
            "high": ends[1],
            "orders_without_suspected": left["orders"],
            "returns_without_suspected": left["returns"],
            "rate_without_suspected": posterior_left[0] / (posterior_left[0] + posterior_left[1]),
        }
    )


def _priors(
    names: pd.Index[Any],
    table: pd.DataFrame,
    prior: credibility.Priors,
    left: credibility.Priors,
    price: Floats,
    price_sd: Floats,
) -> pd.DataFrame:
    size = len(names)
    group = table["category"].to_numpy()
    orders = np.bincount(group, table["orders"], size).astype(np.int64)
    returns = np.bincount(group, table["returns"], size).astype(np.int64)
    with np.errstate(invalid="ignore"):
        raw = returns / np.where(orders > 0, orders, np.nan)
    priors = pd.DataFrame(
        {
            "category": names.astype("str"),
            "merchants": np.bincount(group, minlength=size),
            "orders": orders,
            "returns": returns,
            "raw_rate": raw,
            "prior_a": prior.a,
            "prior_b": prior.b,
            "prior_mean": prior.a / (prior.a + prior.b),
            "prior_orders": prior.a + prior.b,
            "prior": np.asarray(credibility.SOURCES, object)[prior.source],
            "moment_a": prior.moment_a,
            "moment_b": prior.moment_b,
            "prior_a_without_suspected": left.a,
            "prior_b_without_suspected": left.b,
            "claim": price,
            "claim_sd": price_sd,
        }
    )
    return priors[priors["orders"] > 0].sort_values("category", ignore_index=True)


def _named(table: pd.DataFrame, names: dict[str, pd.Index[Any]]) -> pd.DataFrame:
    """Names for codes, in their order."""
    renamed = table.copy(deep=False)
    for column in ("merchant", "category"):
        if column in renamed:
            renamed[column] = names[column].astype("str")[renamed[column].to_numpy()]
    keys = [column for column in ("merchant", "category") if column in renamed]
    return renamed.sort_values(keys, kind="stable", ignore_index=True)
