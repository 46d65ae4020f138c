"""The return-insurance pool: rates, suspicion, tiers, the fund and the command."""

from __future__ import annotations

import hashlib
import json
import tomllib
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from scipy import optimize, special, stats

from carbon.base.codes import CODES
from carbon.base.errors import LedgerError, RuleError, StudyError
from carbon.base.rules import load, templates_root
from carbon.catalogue.ledger import read_ledger
from carbon.cli.options import Group as Commands
from carbon.cli.pool import pool as command
from carbon.incentive import credibility
from carbon.incentive.fund import ClaimGroup, balance, simulate
from carbon.incentive.pool_orders import per_return_of
from carbon.incentive.pool_policy import Figure, PoolPolicy, load_policy
from carbon.incentive.pool_season import profile
from carbon.incentive.pool_tiers import money, tiers
from carbon.incentive.return_pool import pool
from carbon.incentive.suspicion import says

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "office" / "orders.csv"


def quick(**fund: object) -> PoolPolicy:
    """The shipped policy with few simulations."""
    policy = load_policy()
    changed = policy.fund.model_copy(update={"simulations": 300, **fund})
    return policy.model_copy(update={"fund": changed})


def orders(size: int = 400, merchants: int = 20, seed: int = 1, **columns: object) -> pd.DataFrame:
    """Orders of a window, one category, freight 10."""
    rng = np.random.default_rng(seed)
    returned = rng.random(size) < 0.3
    table = pd.DataFrame(
        {
            "merchant": [f"M{at:03d}" for at in rng.integers(0, merchants, size)],
            "category": "bag",
            "premium": "3",
            "currency": "CNY",
            "returned": np.where(returned, "yes", "no"),
            "return_freight": np.where(returned, "10", ""),
            "date": "2026-08-01",
        }
    )
    # the last day of the ledger lies open_days after the window
    last = pd.DataFrame([{**table.iloc[0], "returned": "no", "date": "2026-09-15"}])
    ends = [last] * (2 + size // 500)  # fewer would be strays
    return pd.concat([table.assign(**columns), *ends], ignore_index=True).astype(str)


def computed(table: pd.DataFrame, policy: PoolPolicy | None = None, per_return: object = None):
    return pool(read_ledger(table, "orders"), policy or quick(), per_return)


# credible rates


def simulated(merchants: int, a: float, b: float, mean_orders: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    n = rng.geometric(1 / mean_orders, merchants)
    rate = rng.beta(a, b, merchants)
    return n, rng.binomial(n, rate), rate


def fitted(n, k, **bounds):
    group = np.zeros(len(n), np.int64)
    return credibility.fit(group, n, k, 1, **{"least": 5, "most": 1e4, **bounds})


def test_prior_maximises_the_likelihood():
    n, k, _ = simulated(300, 3.0, 6.0, 30)
    found = fitted(n, k)

    def loss(point):
        a, b = np.exp(point)
        return -np.sum(special.betaln(a + k, b + n - k) - special.betaln(a, b))

    best = optimize.minimize(loss, [1, 1], method="Nelder-Mead", options={"xatol": 1e-9}).x
    assert np.log([found.a[0], found.b[0]]) == pytest.approx(best, abs=1e-5)
    exact = stats.betabinom.logpmf(k, n, found.a[0], found.b[0]).sum()
    assert exact >= stats.betabinom.logpmf(k, n, found.a[0] * 1.05, found.b[0] * 1.05).sum()
    assert exact >= stats.betabinom.logpmf(k, n, found.a[0] * 0.95, found.b[0]).sum()


def test_known_rates_are_recovered_and_the_intervals_cover_them():
    truth = [(2.0, 8.0), (6.0, 9.0), (0.7, 3.0)]
    parts = [simulated(1500, a, b, 25, seed) for seed, (a, b) in enumerate(truth)]
    group = np.repeat(np.arange(3), 1500)
    n, k, rate = (np.concatenate([part[at] for part in parts]) for at in range(3))
    found = credibility.fit(group, n, k, 3, least=5, most=1e4)
    assert found.a / (found.a + found.b) == pytest.approx([0.2, 0.4, 0.7 / 3.7], abs=0.02)
    assert found.a + found.b == pytest.approx([10, 15, 3.7], rel=0.2)
    a, b = found.a[group] + k, found.b[group] + n - k
    low, high = credibility.interval(a, b, 0.95)
    inside = (low <= rate) & (rate <= high)
    for each in range(3):
        assert 0.93 < inside[group == each].mean() < 0.97
    # drawn towards the category, the estimate is nearer to the truth than the raw rate
    credible = a / (a + b)
    assert np.mean((credible - rate) ** 2) < 0.8 * np.mean((k / n - rate) ** 2)


def test_three_of_five_is_not_sixty_percent():
    n, k, _ = simulated(400, 6.0, 14.0, 40)
    n, k = np.append(n, 5), np.append(k, 3)
    found = fitted(n, k)
    rate = (found.a[0] + 3) / (found.a[0] + found.b[0] + 5)
    assert 0.3 < rate < 0.42


@pytest.mark.parametrize(
    ("n", "k", "source"),
    [
        ([50], [20], "none"),  # one merchant in all
        ([1] * 30, [0, 1] * 15, "none"),  # nobody has two orders
        ([100] * 8, [30] * 8, "no spread"),
        ([100] * 8, [0] * 8, "no spread"),
        ([100] * 8, [100] * 8, "no spread"),
        ([100] * 8, [0, 100] * 4, "category"),
        ([40] * 200, list(np.random.default_rng(3).binomial(40, 0.3, 200)), None),
    ],
)
def test_limits_of_the_prior(n, k, source):
    found = fitted(np.array(n), np.array(k))
    if source is not None:
        assert credibility.SOURCES[found.source[0]] == source
    assert np.isfinite([found.a[0], found.b[0]]).all()
    assert found.a[0] > 0
    assert found.b[0] > 0
    if source == "no spread":
        mean = found.a[0] / (found.a[0] + found.b[0])
        assert mean == pytest.approx((sum(k) + 0.5) / (sum(n) + 1))
        assert found.a[0] + found.b[0] == pytest.approx(min(1e4, sum(n) + 1))
    if source == "none":
        assert (found.a[0], found.b[0]) == (0.5, 0.5)


def test_a_category_of_few_merchants_takes_the_prior_of_all():
    n, k, _ = simulated(200, 4.0, 6.0, 30)
    group = np.append(np.zeros(200, int), 1)
    found = credibility.fit(group, np.append(n, 9), np.append(k, 9), 2, least=5, most=1e4)
    whole = fitted(np.append(n, 9), np.append(k, 9))
    assert [credibility.SOURCES[at] for at in found.source] == ["category", "portfolio"]
    assert found.a[1] == pytest.approx(whole.a[0])
    assert found.b[1] == pytest.approx(whole.b[0])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
        min_size=1,
        max_size=40,
    )
)
def test_credible_rates_lie_between_the_raw_rate_and_the_category(pairs):
    n, k = np.array(pairs).T
    found = fitted(n, k)
    a, b = found.a[0], found.b[0]
    mean, rate, raw = a / (a + b), (a + k) / (a + b + n), k / n
    assert np.all(rate >= np.minimum(mean, raw) - 1e-12)
    assert np.all(rate <= np.maximum(mean, raw) + 1e-12)
    low, high = credibility.interval(a + k, b + n - k, 0.95)
    assert np.all((low <= high) & (low >= 0) & (high <= 1))


# tiers


def line(place: int, insured: int, cents: int) -> dict[str, float]:
    return {"place": place, "orders": insured, "insured": insured, "expected_returns": 1.0,
            "expected_cents": cents, "paid_cents": 0, "claims_cents": 0}  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 10**6), st.integers(0, 10**9)),
        min_size=1,
        max_size=50,
    ),
    st.decimals(0, 2, places=3),
)
def test_premiums_are_expected_claims_with_the_loading_to_the_cent(rows, loading):
    policy = load_policy()
    figure = Figure(value=loading, kind="choice", cite="test")
    pricing = policy.pricing.model_copy(update={"loading": figure})
    policy = policy.model_copy(update={"pricing": pricing})
    merchants = pd.DataFrame([line(*row) for row in rows])
    table = tiers(merchants, policy)
    for place, row in table.iterrows():
        expected = sum(cents for at, _, cents in rows if at == place)
        insured = sum(count for at, count, _ in rows if at == place)
        due = (Decimal(expected) * (1 + loading)).quantize(Decimal(1), ROUND_HALF_EVEN)
        assert row["expected_cents"] == expected
        assert row["due_cents"] == due
        if insured:
            assert row["collected_cents"] - due == row["rounding_cents"]
            assert abs(row["rounding_cents"]) * 2 <= insured
        else:
            assert pd.isna(row["premium_cents"])


def test_lines_sum_to_the_tiers_and_the_tiers_to_the_pool():
    found = computed(orders(4000, 60, category=[f"c{at % 3}" for at in range(4000)]))
    lines = found.merchants.groupby("tier")[["insured", "expected_cents", "due_cents"]].sum()
    table = found.tiers[found.tiers["insured"] > 0].set_index("tier")
    assert lines["expected_cents"].to_dict() == table["expected_cents"].to_dict()
    assert lines["due_cents"].to_dict() == table["collected_cents"].to_dict()
    assert lines["insured"].sum() == found.totals["insured"] == found.totals["orders"]


def test_a_higher_tier_costs_more_where_claims_are_alike():
    rng = np.random.default_rng(5)
    rate = np.repeat(rng.uniform(0.02, 0.9, 60), 100)
    back = rng.random(6000) < rate
    table = orders(6000).iloc[:6000].assign(
        merchant=[f"M{at // 100:03d}" for at in range(6000)],
        returned=np.where(back, "yes", "no"), return_freight=np.where(back, "10", ""),
    )  # fmt: skip
    found = computed(pd.concat([table, orders(6000).iloc[6000:]]))
    known = found.tiers["premium_cents"].dropna()
    assert len(known) >= 6
    assert (known.diff().dropna() > 0).all()
    assert "I010" not in set(found.problems["code"])
    merchants = found.merchants
    assert (merchants["low"] <= merchants["rate"]).all()
    assert (merchants["rate"] <= merchants["high"]).all()
    ends = [float(tier.up_to) for tier in load_policy().tiers]
    places = merchants["place"]
    assert all(rate <= ends[at] for rate, at in zip(merchants["rate"], places, strict=True))
    assert all(
        at == 0 or rate > ends[at - 1] for rate, at in zip(merchants["rate"], places, strict=True)
    )


def test_a_tier_that_costs_less_than_the_one_below_is_told():
    cheap, dear = orders(2000, 10, seed=1), orders(2000, 10, seed=2)
    cheap["category"], dear["category"] = "socks", "sofa"
    dear["merchant"] = "D" + dear["merchant"]
    often = np.random.default_rng(0).random(len(cheap)) < 0.6
    cheap["returned"] = np.where(often, "yes", "no")
    cheap["return_freight"] = np.where(often, "1", "")
    cheap.loc[cheap["date"] != "2026-08-01", ["returned", "return_freight"]] = ["no", ""]
    found = computed(pd.concat([cheap, dear]))
    assert "I010" in set(found.problems["code"])


def test_moving_one_tier_is_worth_yuan_and_kilograms():
    table = orders(6000, 30)
    table["merchant"] = np.where(np.arange(len(table)) % 2, "low", "high")
    back = np.random.default_rng(1).random(len(table)) < np.where(
        table["merchant"] == "low", 0.07, 0.35
    )
    back &= (table["date"] == "2026-08-01").to_numpy()
    table["returned"] = np.where(back, "yes", "no")
    table["return_freight"] = np.where(back, "10", "")
    prints = pd.DataFrame(
        {"sku": ["S"], "category": ["bags"], "return_rate": [0.25], "returns_kg": [0.2]}
    )
    found = computed(table, per_return=per_return_of(prints, {"bag": "bags"}))
    low, high = (found.merchants.set_index("merchant").loc[name] for name in ("low", "high"))
    assert pd.isna(low["saved_cents"])
    assert np.isnan(low["saved_kg"])
    assert high["next_tier"] == low["tier"] == "2"  # the tiers between have no merchant
    premium = found.tiers.set_index("tier")["premium_cents"]
    assert high["saved_cents"] == (premium["5"] - premium["2"]) * high["insured"]
    less = (high["rate"] - 0.1) * high["orders"]
    assert high["returns_less"] == pytest.approx(less)
    # returns stage 0.2 kg per kept unit, 0.25 / 0.75 returns per kept unit: 0.6 kg per return
    assert high["saved_kg"] == pytest.approx(less * 0.6)


def test_kilograms_are_unknown_without_footprints_and_told_without_the_category():
    assert computed(orders()).merchants["saved_kg"].isna().all()
    prints = pd.DataFrame({"category": ["tea"], "return_rate": [0.2], "returns_kg": [0.1]})
    found = computed(orders(), per_return=per_return_of(prints, {"bag": "bag"}))
    assert found.merchants["kg_per_return"].isna().all()
    assert "I011" in set(found.problems["code"])


def test_the_returns_of_an_sku_go_before_its_category():
    prints = pd.DataFrame({"sku": ["A", "B", "C"], "category": "bag", "return_rate": [0.5, 0.5, 0],
                           "returns_kg": [1.0, 3.0, 0.0]})  # fmt: skip
    found = per_return_of(prints, {"箱包": "bag"})
    assert found.category.to_dict() == {"箱包": 2.0}
    assert found.sku.dropna().to_dict() == {"A": 1.0, "B": 3.0}
    table = orders(500, 5, sku="A", category="箱包")
    assert computed(table, per_return=found).merchants["kg_per_return"].to_numpy() == (
        pytest.approx(1.0)
    )


# suspicion


def with_fraud() -> pd.DataFrame:
    table = orders(3000, 30, seed=4)
    at = np.arange(len(table))
    table["buyer"] = [f"B{number}" for number in np.random.default_rng(2).integers(0, 800, len(at))]
    table["address"] = "A" + table["buyer"].str[1:]
    table["reason"] = np.where(at % 3, "size", "quality")
    bad = slice(100, 130)
    table.loc[table.index[bad], ["buyer", "address"]] = ["FRAUD", "HOME"]
    shared = slice(200, 230)
    table.loc[table.index[shared], "address"] = "FLAT"
    for part in (bad, shared):
        table.loc[table.index[part], ["returned", "return_freight"]] = ["yes", "10"]
    rows = table["merchant"] == "M007"
    table.loc[rows, "reason"] = "quality"
    return table


def test_suspicion_names_who_cheats_with_the_evidence_and_nobody_else():
    found = computed(with_fraud())
    listed = found.suspected.set_index(["kind", "name"])
    assert {name for kind, name in listed.index if kind in ("buyer", "address")} == {
        "FRAUD",
        "HOME",
        "FLAT",
    }
    row = listed.loc[("buyer", "FRAUD")]
    assert (row["orders"], row["returns"]) == (30, 30)
    assert row["expected_returns"] == pytest.approx(9, abs=2)
    assert row["chance"] < 1e-8
    assert (row["buyers"], row["claims_cents"]) == (1, 30 * 1000)
    assert row["merchants"] > 5
    assert 0.5 < row["reason_share"] <= 0.9
    assert listed.loc[("address", "FLAT"), "buyers"] > 20
    assert "30 of 30" in says(found.suspected, "en")[0]
    assert "30 单中退 30 单" in says(found.suspected, "zh")[0]
    assert listed.loc[("merchant reason", "quality"), "merchant"] == "M007"
    assert found.totals["suspected_orders"] == 60
    assert found.totals["suspected_returns"] == 60


def test_honest_buyers_are_not_named():
    named = 0
    for seed in range(4):
        table = orders(2000, 20, seed=seed)
        rng = np.random.default_rng(seed)
        table["buyer"] = [f"B{at}" for at in rng.integers(0, 120, len(table))]
        table["address"] = [f"A{at}" for at in rng.integers(0, 120, len(table))]
        table["reason"] = rng.choice(["size", "quality", "colour"], len(table))
        named += len(computed(table, quick(simulations=100)).suspected)
    assert named <= 1


def test_both_rates_are_shown_and_the_policy_says_which_prices():
    policy = quick()
    without = policy.model_copy(
        update={"pricing": policy.pricing.model_copy(update={"rates": "without_suspected"})}
    )
    whole, rest = (computed(with_fraud(), each) for each in (policy, without))
    assert whole.totals["insured"] == rest.totals["insured"]
    assert whole.tiers["insured"].sum() - rest.tiers["insured"].sum() == 60
    one, two = (each.merchants.set_index("merchant") for each in (whole, rest))
    assert one["rate_without_suspected"].to_numpy() == pytest.approx(two["rate"].to_numpy())
    assert two["rate_all"].to_numpy() == pytest.approx(one["rate"].to_numpy())
    assert (one["rate"] >= one["rate_without_suspected"] - 1e-9).mean() > 0.8
    cells = whole.cells
    assert cells["orders"].sum() - cells["orders_without_suspected"].sum() == 60


def test_a_merchant_beyond_what_its_category_explains_is_named():
    table = orders(6000, 40)
    table.loc[table["merchant"] == "M003", ["returned", "return_freight"]] = ["yes", "10"]
    table.loc[table["date"] != "2026-08-01", ["returned", "return_freight"]] = ["no", ""]
    found = computed(table).suspected
    rows = found[found["kind"] == "merchant rate"]
    assert rows["merchant"].tolist() == ["M003"]
    assert rows["returns"].iloc[0] > rows["expected_returns"].iloc[0]


# the fund


def one_day(size: int, rate: float, claim: float = 10.0, sd: float = 0.0) -> ClaimGroup:
    return ClaimGroup(
        np.array([[size]]), np.array([rate]), np.zeros(1), np.array([claim]), np.array([sd])
    )


def test_ruin_of_one_day_is_a_binomial_tail():
    group, income = one_day(200, 0.3), np.array([200 * 3.3])
    claims = simulate(
        group, np.ones(1), lag=0, shock_sd=0, shock_days=1, simulations=40_000, seed=1
    )
    found = balance(claims, income)
    for reserve in (0.0, 25.0, 95.0):
        exact = stats.binom.sf(np.floor((660 + reserve) / 10), 200, 0.3)
        share, low, high = found.ruin(reserve)
        assert low <= share <= high
        assert low - 0.002 < exact < high + 0.002
    need = stats.binom.ppf(0.99, 200, 0.3) * 10 - 660
    middle, low, high = found.reserve(0.01)
    assert low <= middle <= high
    assert low <= need <= high


def test_ruin_of_two_days_counts_the_first_that_fails():
    rate, size = 0.4, 6
    group = ClaimGroup(
        np.array([[size], [size]]), np.array([rate]), np.zeros(1), np.array([1.0]), np.zeros(1)
    )
    claims = simulate(
        group, np.ones(2), lag=0, shock_sd=0, shock_days=1, simulations=60_000, seed=2
    )
    income = np.array([3.0, 3.0])
    pmf = stats.binom.pmf(np.arange(size + 1), size, rate)
    exact = sum(
        pmf[first] * pmf[second]
        for first in range(size + 1)
        for second in range(size + 1)
        if first > 3 or first + second > 6
    )
    share, low, high = balance(claims, income).ruin(0.0)
    assert low - 0.002 < exact < high + 0.002
    assert share > 0


def test_claims_have_the_moments_they_should():
    group = one_day(1000, 0.25, 9.0, 3.0)
    claims = simulate(
        group, np.ones(1), lag=0, shock_sd=0, shock_days=1, simulations=20_000, seed=3
    ).sum(axis=1)
    count = 1000 * 0.25
    assert claims.mean() == pytest.approx(count * 9, rel=0.005)
    variance = count * 9 + 1000 * 0.25 * 0.75 * 81
    assert claims.var() == pytest.approx(variance, rel=0.05)


def test_common_shocks_and_uncertain_rates_spread_the_claims_but_not_their_mean():
    days = np.full((60, 1), 500)
    still = ClaimGroup(days, np.array([0.3]), np.zeros(1), np.array([10.0]), np.zeros(1))
    unsure = ClaimGroup(days, np.array([0.3]), np.array([0.03]), np.array([10.0]), np.zeros(1))

    def total(group, shock):
        return simulate(
            group, np.ones(60), lag=3, shock_sd=shock, shock_days=7, simulations=3000, seed=4
        ).sum(axis=1)

    plain, shocked, doubtful = total(still, 0.0), total(still, 0.2), total(unsure, 0.0)
    for each in (plain, shocked, doubtful):
        assert each.mean() == pytest.approx(60 * 500 * 0.3 * 10, rel=0.02)
    assert shocked.std() > 3 * plain.std()
    assert doubtful.std() == pytest.approx(60 * 500 * 0.03 * 10, rel=0.1)


def test_a_larger_reserve_is_never_less_safe_and_the_season_has_its_festivals():
    policy = quick()
    found = profile(pd.date_range("2026-10-01", "2026-12-31"), policy).set_index("date")
    assert found.loc["2026-11-11", "orders"] == 4.0
    assert found.loc["2026-10-20", "festival"] == "Double 11"
    assert found.loc["2026-11-30", "orders"] == 1.0
    ahead = computed(orders(2000), policy).outlook
    days = ahead.days
    assert len(days) == 92 + 10
    assert days["orders"].iloc[-10:].sum() == 0
    peak = days.set_index("date").loc["2026-11-11", "orders"]
    assert peak == pytest.approx(4 * days["orders"].iloc[0], abs=2)
    assert (days["low"] <= days["median"]).all()
    claims = np.random.default_rng(0).gamma(2, 5, (200, 30))
    funds = balance(claims, np.full(30, 10.5))
    shares = [funds.ruin(reserve)[0] for reserve in (0, 10, 50, 1e9)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0


def test_premiums_of_the_season_are_those_of_the_tiers():
    found = computed(orders(3000, 30))
    days, table = found.outlook.days, found.tiers
    known = table[table["insured"] > 0]
    if len(known) == 1:
        premium = float(known["premium_cents"].iloc[0]) / 100
        assert days["premium"].sum() == pytest.approx(days["orders"].sum() * premium)
    fund = found.outlook.fund
    assert fund["break_even"]["premiums"] == pytest.approx(days["premium"].sum(), abs=0.5)
    assert fund["simulated_claims"] == pytest.approx(fund["expected_claims"], rel=0.05)


# what a ledger may hold


LEDGERS = Path(__file__).parent / "cases" / "ledgers"


@pytest.mark.parametrize("name", ["b07_pool_twice", "b24_pool_alias", "b25_pool_all_refused"])
def test_one_season_told_in_other_ways_is_the_same_season(name: str) -> None:
    once, again = (
        pool(read_ledger(LEDGERS / f"{each}.csv", "orders"), quick(), categories={"箱包": "bag"})
        for each in ("b07_pool_once", name)
    )
    assert again.tiers["premium_cents"].dropna().tolist() == [314]
    pd.testing.assert_frame_equal(once.tiers, again.tiers, check_exact=True)
    assert ("I013" in set(again.problems["code"])) == (name == "b07_pool_twice")


def test_an_order_of_two_states_came_back():
    table = orders(40).assign(order=[f"O{at}" for at in range(42)])
    kept = table[table["returned"] == "no"].iloc[[0]]
    later = kept.assign(returned="yes", return_freight="10")
    once, twice = computed(table), computed(pd.concat([table, later]))
    assert twice.totals["orders"] == once.totals["orders"]
    assert twice.totals["returns"] == once.totals["returns"] + 1
    assert "I014" in set(twice.problems["code"])


def test_a_date_that_was_mistyped_moves_no_window():
    table = orders()
    for day in ("2026-10-30", "2062-08-01"):
        stray = computed(pd.concat([table, table.iloc[:1].assign(date=day)]))
        assert stray.totals["ledger_last"] == "2026-09-15"
        assert stray.problems.loc[stray.problems["code"] == "I012", "value"].tolist() == [
            "1 orders"
        ]
        pd.testing.assert_frame_equal(stray.tiers, computed(table).tiers, check_exact=True)
    ledger = read_ledger(table, "orders")
    asked = pool(ledger, quick(), as_of=date(2026, 9, 14))
    assert asked.totals["ledger_last"] == "2026-09-14"
    assert "I012" in set(asked.problems["code"])


def test_orders_refused_for_their_state_give_no_rate():
    table = orders()
    unread = table.assign(returned=table["returned"].replace("yes", "gone"))
    with pytest.raises(StudyError, match=r"I016.*'gone'.*G014") as error:
        computed(unread)
    assert error.value.code == "I016"
    late = table.assign(date=table["date"].mask(table.index < 30, "soon"))
    assert "I015" in set(computed(late).problems["code"])


def test_no_orders_and_orders_out_of_the_window():
    empty = orders(5).iloc[:0]
    with pytest.raises(StudyError, match="I001"):
        computed(empty)
    with pytest.raises(StudyError, match=r"I001.*2026"):
        computed(orders(5, date="2020-01-01"))
    found = computed(pd.concat([orders(300), orders(50, date="2025-01-01")]))
    assert found.totals["old_orders"] == 50
    assert found.totals["orders"] == 300
    assert {"I005", "I006"} <= set(found.problems["code"])


def test_all_returned_and_none_returned():
    table = orders(500)
    every = table.assign(returned="yes", return_freight="10")
    found = computed(every)
    assert found.merchants["rate"].between(0.9, 1).all()
    assert set(found.merchants["tier"]) == {"8"}
    assert found.tiers.iloc[-1]["premium_cents"] == pytest.approx(1200, abs=15)
    nothing = computed(table.assign(returned="no", return_freight=""))
    assert nothing.merchants["rate"].max() < 0.05
    assert nothing.outlook.fund["expected_claims"] == 0


def test_one_merchant():
    found = computed(orders(500, 1))
    row = found.merchants.iloc[0]
    assert row["low"] < row["raw_rate"] < row["high"]
    assert found.cells["prior"].tolist() == ["none"]
    assert np.isnan(found.cells["low"]).sum() == 0


def test_a_merchant_in_several_categories_has_the_mean_of_its_rates():
    table = orders(3000, 20, category=[f"c{at % 2}" for at in range(3000)])
    found = computed(table)
    own = found.cells[found.cells["merchant"] == "M005"]
    mean = np.average(own["rate"], weights=own["orders"])
    row = found.merchants.set_index("merchant").loc["M005"]
    assert row["categories"] == 2
    assert row["rate"] == pytest.approx(mean)


def test_freight_that_is_missing_or_beyond_the_most_that_is_paid():
    table = orders(500)
    back = table.index[table["returned"] == "yes"]
    table.loc[back[:10], "return_freight"] = ""
    table.loc[back[10:20], "return_freight"] = "500"
    found = computed(table)
    assert "I008" in set(found.problems["code"])
    known = len(back) - 10
    assert found.categories.loc[0, "claim"] == pytest.approx(
        (10 * (known - 10) + 19.35 * 10) / known
    )
    with pytest.raises(StudyError, match="I003"):
        computed(table.assign(return_freight=""))
    stray = orders(200)
    stray.loc[stray["returned"] == "no", "return_freight"] = "10"
    assert "I007" in set(computed(stray).problems["code"])


def test_orders_without_premium_are_not_insured():
    table = orders(600)
    table.loc[table.index[:100], "premium"] = "0"
    found = computed(table)
    assert found.totals["orders"] - found.totals["insured"] == 100
    assert "I009" in set(found.problems["code"])
    free = computed(table.assign(premium="0"))
    assert free.tiers["premium_cents"].isna().all()
    assert free.merchants["premium_cents"].isna().all()


def test_bad_orders_are_told_and_left_out():
    table = orders(300)
    for at, (name, value) in enumerate(
        [("premium", "-1"), ("returned", ""), ("returned", "maybe"), ("date", "03/04/2026"),
         ("merchant", ""), ("return_freight", "1e12"), ("category", "n/a")]
    ):  # fmt: skip
        table.loc[table.index[at], name] = value
    ledger = read_ledger(table, "orders")
    assert ledger.dropped == 7
    assert ledger.problems["code"].tolist() == [
        *("C106", "G011", "G014", "G013", "G011", "G017", "G011")
    ]
    assert pool(ledger, quick()).totals["orders"] == 293
    with pytest.raises(LedgerError, match="G005"):
        read_ledger(table.drop(columns="returned"), "orders")


def test_another_currency_is_refused():
    with pytest.raises(StudyError, match="I002"):
        computed(orders(50, currency="USD"))
    with pytest.raises(StudyError, match=r"I002.*CNY"):
        computed(orders(50, currency=["USD", "CNY"] * 25))


def test_order_of_rows_changes_nothing():
    table = with_fraud()
    table["category"] = np.where(np.arange(len(table)) % 3, "bag", "tea")
    other = table.sample(frac=1, random_state=1)
    one, two = computed(table), computed(other)
    for name in ("merchants", "cells", "categories", "tiers"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), rtol=1e-6)
    assert one.suspected["name"].tolist() == two.suspected["name"].tolist()


# the policy file


def test_shipped_policy_cites_every_figure():
    path = templates_root() / "pool" / "default.toml"
    told = tomllib.loads(path.read_text(encoding="utf-8"))

    def figures(node):
        if isinstance(node, dict):
            if "value" in node:
                yield node
            for child in node.values():
                yield from figures(child)

    found = list(figures(told))
    assert len(found) >= 15
    assert all(figure["cite"] and figure["kind"] for figure in found)
    assert all("low" in figure for figure in found if figure["kind"] == "assumption")
    assert all(row["cite"] for row in (*told["tiers"], *told["season"]["festivals"]))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("up_to = 1.00", "up_to = 0.90", "reach 1"),
        ("up_to = 0.10", "up_to = 0.05", "rise"),
        ('rates = "all"', 'rates = "some"', "rates"),
        ("loading = { value = 0.20", "loading = { value = 20", "rise"),
        ("seed = 20260901", "seed = -1", "seed"),
        ("simulations = 10000", "simulations = 10000000000", "simulations"),
        ('first = "11-09"', 'first = "11-31"', "no such day"),
        ('last = "11-12"', 'last = "11-01"', "within one year"),
        ("[fund]", "[fund]\nsurprise = 1", "surprise"),
        ('kind = "assumption", low = 7, high = 30,', 'kind = "assumption",', "low and high"),
        ("tariff = 0.30", "tariff = nan", "tariff"),
        ('name = "2"', 'name = "1"', "one name"),
    ],
)
def test_policies_that_are_refused(tmp_path, before, after, said):
    text = (templates_root() / "pool" / "default.toml").read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "policy.toml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(RuleError) as found:
        load(path, PoolPolicy)
    assert found.value.code == "P003"
    assert said in str(found.value)


def test_money_is_exact():
    cents = np.array([0, 1, -1, 10**17 + 1, -(10**17) - 1, 123456789])
    assert [Decimal(str(each)) for each in money(cents)] == [
        Decimal(int(each)) / 100 for each in cents
    ]
    missing = money(pd.array([5, None], dtype="Int64"))
    assert pd.isna(missing[1])


# the command


def asked(*words: object):
    main = Commands("carbon", {"pool": command})
    return CliRunner().invoke(main, ["pool", *map(str, words)])


@pytest.fixture(scope="module")
def quick_policy(tmp_path_factory) -> Path:
    text = (templates_root() / "pool" / "default.toml").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("policy") / "quick.toml"
    path.write_text(text.replace("simulations = 10000", "simulations = 300"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def goods(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("goods") / "catalogue.csv"
    kinds = pd.read_csv(EXAMPLE, encoding="utf-8-sig")["类目"].unique()
    table = {"sku": [f"S{at}" for at in range(len(kinds))], "category": kinds, "mass": "400 g"}
    pd.DataFrame(table | {"return_rate": "50%"}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory, quick_policy, goods):
    out = tmp_path_factory.mktemp("pool") / "out"
    result = asked(EXAMPLE, "--policy", quick_policy, "--catalogue", goods, "-o", out)
    return result, out


def test_command_writes_everything_and_tells_it(written):
    result, out = written
    assert result.exit_code == 0, result.output
    assert "36 under suspicion" in result.output
    assert "reserve" in result.output
    manifest = json.loads((out / "manifest.json").read_text())
    assert {path.name for path in out.iterdir()} == {
        *(file["path"] for file in manifest["outputs"]),
        "manifest.json",
    }
    for name, digest in ((file["path"], file["sha256"]) for file in manifest["outputs"]):
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    assert manifest["inputs"][0]["sha256"] == hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    assert manifest["basis"].endswith("| kept unit")
    tiers_ = pd.read_csv(out / "tiers.csv", dtype=str)
    due = sum(map(Decimal, tiers_["due"]))
    collected, rounding = (sum(map(Decimal, tiers_[name])) for name in ("collected", "rounding"))
    assert collected - due == rounding
    merchants = pd.read_csv(out / "merchants.csv", dtype=str)
    assert sum(map(Decimal, merchants["due"])) == collected
    assert merchants["currency"].unique().tolist() == ["CNY"]
    kept = pq.read_table(out / "merchants.parquet")
    assert str(kept.schema.field("due").type) == "decimal128(38, 2)"
    assert sum(kept["due"].to_pylist()) == collected
    fund = json.loads((out / "fund.json").read_text())
    assert fund["season"]["seed"] == 20260901
    assert pd.read_csv(out / "merchants.csv")["kg_per_return"].gt(0).all()
    assert (out / "summary.pdf").read_bytes()[:5] == b"%PDF-"


def test_same_orders_give_the_same_bytes(written, tmp_path, quick_policy, goods):
    _, out = written
    again = tmp_path / "again"
    asked(EXAMPLE, "--policy", quick_policy, "--catalogue", goods, "-o", again)
    for path in sorted(out.iterdir()):
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_the_fund_follows_its_schema(written):
    schema = json.loads(
        (templates_root() / "pool" / "fund.schema.json").read_text(encoding="utf-8")
    )
    Draft202012Validator.check_schema(schema)
    follows = Draft202012Validator(schema)
    fund = json.loads((written[1] / "fund.json").read_text(encoding="utf-8"))
    follows.validate(fund)
    assert schema["$id"] == fund["schema"]
    assert not follows.is_valid({**fund, "currency": ""})
    del fund["season"]["break_even"]["reserve_needed"]
    assert not follows.is_valid(fund)


def test_page_in_chinese_tells_the_same_numbers(written, tmp_path, quick_policy):
    import pdfplumber

    out = tmp_path / "zh"
    result = asked(EXAMPLE, "--policy", quick_policy, "--lang", "zh", "-o", out)
    assert result.exit_code == 0, result.output
    with pdfplumber.open(out / "summary.pdf") as book:
        assert len(book.pages) == 1
        text = book.pages[0].extract_text()
    assert "退货运费险资金池" in text
    assert "双11高峰" in text
    for row in pd.read_csv(written[1] / "tiers.csv", dtype=str).dropna().to_dict("records"):
        assert row["premium"] in text


def test_many_tiers_and_categories_still_fit_the_page():
    from carbon.incentive.pool_page import summary

    policy = quick(simulations=100)
    first = policy.tiers[0]
    many = tuple(
        first.model_copy(update={"name": f"{at}", "up_to": Decimal(at) / 100, "tariff": None})
        for at in range(1, 101)
    )
    table = orders(3000, 60, category=[f"category {at % 40}" for at in range(3000)])
    policy = policy.model_copy(update={"tiers": many})
    found = computed(table, policy)
    assert "tariff" not in found.outlook.fund
    assert summary(found, policy, source="x" * 500, lang="en")[:5] == b"%PDF-"


def test_formulas_and_markup_in_names_stay_text(tmp_path, quick_policy):
    table = orders(300, 6)
    table["merchant"] = table["merchant"].replace({"M001": "=1+1", "M002": "<script>x</script>"})
    table["category"] = "<b>袋&"
    path = tmp_path / "orders.csv"
    table.to_csv(path, index=False)
    out = tmp_path / "out"
    result = asked(path, "--policy", quick_policy, "-o", out)
    assert result.exit_code == 0, result.output
    names = pd.read_csv(out / "merchants.csv")["merchant"].tolist()
    assert "'=1+1" in names
    assert "=1+1" not in names


def test_left_out_orders_are_exit_code_one_and_inputs_are_safe(tmp_path, quick_policy):
    table = orders(300)
    table.loc[0, "returned"] = ""
    path = tmp_path / "merchants.csv"
    table.to_csv(path, index=False)
    before = path.read_bytes()
    refused = asked(path, "--policy", quick_policy, "-o", tmp_path)
    assert refused.exit_code == 5
    assert "O004" in refused.output
    assert path.read_bytes() == before
    assert asked(path, "--policy", quick_policy, "-o", path).exit_code == 5
    result = asked(path, "--policy", quick_policy, "-o", tmp_path / "out")
    assert result.exit_code == 1
    problems = pd.read_csv(tmp_path / "out" / "problems.csv")
    assert problems.loc[problems["severity"] == "error", "code"].tolist() == ["G011"]
    assert asked(tmp_path / "none.csv", "-o", tmp_path / "x").exit_code == 3


def test_codes_of_pools_are_used():
    text = "".join(
        path.read_text(encoding="utf-8") for path in Path("carbon/incentive").glob("*pool*.py")
    )
    assert [code for code in CODES if code.startswith("I0") and f'"{code}"' not in text] == []


def test_click_command_is_named():
    assert isinstance(command, click.Command)
    assert command.name == "pool"
