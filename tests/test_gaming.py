"""Suspicious patterns: what was planted is found, what is honest is left alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, false_discovery_control, median_abs_deviation

from carbon.base.words import sections
from carbon.cli import rank as cli_rank
from carbon.liveroom import gaming_checks as tests
from carbon.liveroom.gaming import ANOMALY_COLUMNS, GamingPatterns, anomalies
from carbon.liveroom.pattern_rows import CHECKS
from carbon.liveroom.policy_file import read_policy

RULES = read_policy().gaming
BOUNDS = {"A": 0.6, "B": 0.8, "C": 1.0, "D": 1.25}
SHOPS = 8


def listing(n: int = 240, seed: int = 0) -> pd.DataFrame:
    """An honest catalogue of one category, eight shops, no two goods alike."""
    draw = np.random.default_rng(seed)
    mass = np.exp(draw.normal(np.log(300), 0.25, n))
    sold = draw.integers(100, 2000, n)
    back = draw.binomial(sold, draw.beta(30, 70, n))
    return pd.DataFrame(
        {
            "sku": [f"S{i:04}" for i in range(n)],
            "name": [f"dress no. {i} {'abcdefgh'[i % 8] * (1 + i % 5)}" for i in range(n)],
            "category": "dress",
            "merchant": [f"shop {i % SHOPS}" for i in range(n)],
            "price": np.round(draw.uniform(50, 900, n), 2),
            "units_sold": sold,
            "mass": [f"{value:.1f} g" for value in mass],
            "packaging": [f"courier bag {value:.1f} g" for value in draw.uniform(8, 16, n)],
            "return_rate": back / sold,
        }
    )


def look(study, table: pd.DataFrame, ratio: np.ndarray | None = None, **ledgers) -> GamingPatterns:
    catalogue = study.catalogue(table)
    total = study.footprints(catalogue).to_frame()["total_kg"].to_numpy()
    if ratio is None:
        ratio = total / np.median(total)
    grades = pd.DataFrame({"ratio": ratio, "total_kg": total})
    return anomalies(catalogue, grades, BOUNDS, RULES, **ledgers)


def told(found: GamingPatterns, check: str) -> pd.DataFrame:
    return found.table[found.table["check"] == check]


def test_an_honest_catalogue_is_left_alone(study):
    found = look(study, listing())
    assert list(found.table.columns) == list(ANOMALY_COLUMNS)
    assert len(found.table) <= 1
    assert found.tested["return_rate"] == 240
    assert found.tested["light_mass"] == 240
    assert found.tested["missing_mass"] == SHOPS
    assert found.tested["waybill_mass"] == 0


def test_one_shop_that_stops_just_under_a_bound_is_named(study):
    draw = np.random.default_rng(1)
    table = listing(2400)
    ratio = np.exp(draw.normal(-0.2, 0.35, 2400))
    shop = table["merchant"] == "shop 3"
    just_over = (ratio > 0.8) & (ratio < 0.84) & shop.to_numpy()
    assert just_over.sum() > 10
    ratio[just_over] = draw.uniform(0.775, 0.7999, just_over.sum())
    found = told(look(study, table, ratio), "bunching")
    assert found["merchant"].tolist()[:1] == ["shop 3"]
    row = found.iloc[0]
    assert row["observed"] > 0.8 > row["expected"]
    assert row["q_value"] <= 0.05
    assert "letter B" in row["en"]
    assert "B级" in row["zh"]
    assert set(row["skus"].split()) <= set(table.loc[shop, "sku"])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_a_slope_is_not_bunching(seed: int):
    """400,000 SKUs on the flank of a smooth density: a share of one half is far from expected."""
    draw = np.random.default_rng(seed)
    place = draw.normal(-0.5, 0.4, 400_000)
    counts, expected, p = tests.bunching(place, np.zeros(len(place), dtype=np.int64), 1, 0.05)
    assert counts[0, 1] > counts[0, 2] * 1.1
    assert expected[0] > 0.52
    assert p[0] > 1e-4


def test_bunching_is_seldom_told_by_chance():
    draw = np.random.default_rng(0)
    group = np.repeat(np.arange(2000), 60)
    _, _, p = tests.bunching(draw.uniform(-0.1, 0.1, len(group)), group, 2000, 0.05)
    assert 0.02 < (p < 0.05).mean() < 0.07
    assert (p < 0.005).mean() < 0.01


def test_a_bound_belongs_to_the_letter_below_it():
    counts, _, _ = tests.bunching(np.array([0.0, 1e-12]), np.zeros(2, dtype=np.int64), 1, 0.05)
    assert counts.tolist() == [[0, 1, 1, 0]]


def test_clones_by_name_by_data_and_by_number(study):
    table = listing(40)
    table["gtin"] = ""
    table["materials"] = "cotton"
    extra = table.iloc[[0, 8, 16, 24]].copy()
    extra["sku"] = ["C-NAME", "C-DATA", "C-GTIN", "C-OTHER"]
    extra.loc[extra.index[0], "name"] = " Ｄｒｅｓｓ　No.0 A！"  # the same, written otherwise
    extra.loc[extra.index[1], "name"] = "quite another name"
    extra.loc[extra.index[2], ["name", "price", "gtin"]] = ["third", 1.0, "6901234567892"]
    table.loc[16, "gtin"] = "6901234567892"
    extra.loc[extra.index[3], "merchant"] = "shop 7"  # another shop may sell the same
    whole = pd.concat([table, extra], ignore_index=True)
    found = told(look(study, whole), "clone")
    sets = {frozenset(names.split()) for names in found["skus"]}
    assert sets == {
        frozenset({"S0000", "C-NAME"}),
        frozenset({"S0008", "C-DATA"}),
        frozenset({"S0016", "C-GTIN"}),
    }
    assert (found["n"] == 2).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.01, 100), min_size=2, max_size=30),
    st.floats(-0.0099, 0.0099),
    st.integers(0, 29),
)
def test_numbers_within_the_tolerance_always_meet(values, off, place):
    near = values[place % len(values)]
    numbers = np.array([*values, near * (1 + off)])
    same = np.zeros(len(numbers), dtype=np.int64)
    label = tests.clones([[same]], [[numbers, numbers[::-1][::-1]]], 0.01)
    assert label[place % len(values)] == label[-1] != -1
    apart = tests.clones([[np.arange(len(numbers))]], [[numbers]], 0.01)
    assert (apart == -1).all()


def test_a_product_far_lighter_than_its_like_is_named(study):
    table = listing()
    table.loc[17, "mass"] = "20 g"
    table.loc[18, "mass"] = "3 kg"  # too heavy flatters nobody
    found = told(look(study, table), "light_mass")
    assert found["sku"].tolist() == ["S0017"]
    assert found["observed"].iloc[0] == pytest.approx(0.02)
    assert 0.25 < found["expected"].iloc[0] < 0.35


def test_robust_z_is_that_of_scipy():
    draw = np.random.default_rng(0)
    values, group = draw.normal(0, 1, 90), np.repeat([0, 1, 2], 30)
    values[5] = np.nan
    z = tests.robust_z(values, group, 3, 20)
    for one in range(3):
        part = values[(group == one) & ~np.isnan(values)]
        want = (part - np.median(part)) / median_abs_deviation(part, scale="normal")
        np.testing.assert_allclose(z[(group == one) & ~np.isnan(values)], want, rtol=1e-4)
    assert np.isnan(z[5])
    assert np.isnan(tests.robust_z(values, group, 3, 31)).all()


def test_a_return_rate_too_good_for_the_category_is_named(study):
    table = listing()
    table.loc[30, ["units_sold", "return_rate"]] = [1500, 0.01]
    table.loc[31, ["units_sold", "return_rate"]] = [12, 0.0]  # too few to judge
    found = told(look(study, table), "return_rate")
    assert found["sku"].iloc[0] == "S0030"
    assert len(found) <= 2
    assert "15 of 1500" in found["en"].iloc[0]
    assert "1500件退回15件" in found["zh"].iloc[0]


def test_return_rates_by_settled_sales(study):
    table = listing()
    lines = pd.DataFrame({"sku": table["sku"], "units": 500, "returned_units": 150})
    draw = np.random.default_rng(2)
    lines["returned_units"] = draw.binomial(500, draw.beta(30, 70, len(lines)))
    lines["settled"] = pd.array([True] * len(lines), dtype="boolean")
    lines.loc[40, "returned_units"] = 2
    lines.loc[41, ["returned_units", "settled"]] = [0, False]  # its returns are still to come
    found = look(study, table, sales=lines)
    assert told(found, "return_rate")["sku"].tolist() == ["S0040"]
    assert found.tested["return_rate"] == 239
    lines.loc[40, "returned_units"] = 501  # more than were sold: not a line to judge by
    assert look(study, table, sales=lines).tested["return_rate"] == 238
    bare = look(study, table, sales=lines[["sku", "units"]])
    assert bare.tested["return_rate"] == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(30, 3000), st.floats(0.02, 0.9), st.floats(0.001, 0.3), st.floats(-8, 0))
def test_the_tail_is_that_of_the_beta_binomial(n: int, mean: float, rho: float, power: float):
    total = 1 / rho - 1
    shape = n, mean * total, (1 - mean) * total
    hits = float(betabinom.ppf(10**power, *shape))
    exact = betabinom.cdf(hits, *shape)
    found = tests.beta_binomial_tail(*(np.array([x]) for x in (hits, float(n), mean, rho)))[0]
    if found < 0.02:
        assert found == pytest.approx(exact, rel=1e-6)
    else:
        assert found == pytest.approx(exact, abs=0.1)  # far from what is told of


def test_adjustment_is_that_of_benjamini_and_hochberg():
    p = np.array([0.001, np.nan, 0.04, 0.03, 0.9])
    known = ~np.isnan(p)
    np.testing.assert_allclose(tests.adjusted(p)[known], false_discovery_control(p[known]))
    assert np.isnan(tests.adjusted(np.array([np.nan]))).all()


@pytest.mark.parametrize("column", ["mass", "packaging"])
def test_a_shop_that_leaves_out_what_others_state_is_named(study, column: str):
    table = listing()
    table.loc[(table["merchant"] == "shop 5") & (table.index < 120), column] = ""
    found = told(look(study, table), f"missing_{column}")
    assert found["merchant"].tolist() == ["shop 5"]
    row = found.iloc[0]
    assert row["observed"] == pytest.approx(15 / 30)
    assert row["expected"] == 0
    assert "15 of 30" in row["en"]


def test_nobody_is_missed_where_half_the_category_says_nothing(study):
    table = listing()
    table.loc[table.index % 2 == 0, "mass"] = ""
    assert told(look(study, table), "missing_mass").empty
    alone = listing().assign(merchant="")
    alone.loc[:20, "mass"] = ""
    assert look(study, alone).tested["missing_mass"] == 0


def test_parcels_heavier_than_declared_are_named(study):
    table = listing(60)
    mass = table["mass"].str.removesuffix(" g").astype(float) / 1000
    parcels = pd.DataFrame({"sku": table["sku"].repeat(12), "units": 1}).reset_index(drop=True)
    parcels["parcel_mass"] = (mass.repeat(12).to_numpy() + 0.012) * 1.05
    light = parcels["sku"] == "S0007"
    parcels.loc[light, "parcel_mass"] *= 1.6
    parcels["waybill"] = [f"W{i}" for i in range(len(parcels))]
    mixed = parcels["sku"] == "S0009"
    parcels.loc[mixed, ["waybill", "parcel_mass"]] = ["W-SHARED", 9.0]  # many goods in one parcel
    strange = pd.DataFrame({"sku": ["NOT-OURS"], "units": [1], "parcel_mass": [5.0]})
    whole = pd.concat([parcels, strange.assign(waybill="W-X")], ignore_index=True)
    found = look(study, table, waybills=whole)
    rows = told(found, "waybill_mass")
    assert rows["sku"].tolist() == ["S0007"]
    assert rows["n"].iloc[0] == 12
    assert rows["observed"].iloc[0] > 1.5
    assert found.tested["waybill_mass"] == 59


def test_neither_order_nor_empty_catalogues_matter(study):
    table = listing(120)
    table.loc[17, "mass"] = "20 g"
    table.loc[30, ["units_sold", "return_rate"]] = [1500, 0.01]
    catalogue = study.catalogue(table)
    total = study.footprints(catalogue).total
    before = look(study, table, total).table
    places = np.random.default_rng(0).permutation(len(table))
    after = look(study, table.iloc[places].reset_index(drop=True), total[places]).table
    assert len(before) == 2
    pd.testing.assert_frame_equal(before, after)


def test_every_check_has_its_words():
    words = sections()["anomaly"]
    assert set(words) == set(CHECKS)
    for spoken in words.values():
        assert spoken["en"].isascii()
        assert not spoken["zh"].isascii()


def test_the_command(study, tmp_path):
    table = listing(60)
    table.loc[17, "mass"] = "20 g"
    table.to_csv(tmp_path / "goods.csv", index=False)
    parcels = pd.DataFrame({"sku": ["S0003"] * 10, "重量(克)": 900})
    parcels.to_csv(tmp_path / "parcels.csv", index=False)
    out = tmp_path / "out.csv"
    words = [str(tmp_path / "goods.csv"), "-o", str(out), "--draws", "0", "--lang", "zh"]
    done = CliRunner().invoke(
        cli_rank.anomalies, [*words, "--waybills", str(tmp_path / "parcels.csv")]
    )
    assert done.exit_code == 0, done.output
    found = pd.read_csv(out)
    assert {"S0003", "S0017"} <= set(found["sku"])
    assert found["policy"].str.startswith("default ").all()
    assert "请重新称量" in done.output
    parcels.assign(**{"重量(克)": -900}).to_csv(tmp_path / "parcels.csv", index=False)
    done = CliRunner().invoke(
        cli_rank.anomalies, [*words, "--waybills", str(tmp_path / "parcels.csv")]
    )
    assert "台账中有 10 行未采用" in done.output
    problems = pd.read_csv(tmp_path / "out-problems.csv")
    assert problems["code"].tolist() == ["C106"] * 10
    assert problems["row"].tolist() == list(range(2, 12))
