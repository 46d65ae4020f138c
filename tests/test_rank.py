"""Ranking: like with like, ranks that are shared, and what they rest on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from carbon.base.errors import CODES, StudyError
from carbon.cli import rank as cli_rank
from carbon.footprint.compare import probability_lower
from carbon.footprint.differing import PARAMETERS_OF, differing
from carbon.footprint.letters import POINTS, EvenPoints, Letters
from carbon.footprint.plausible import PARTS
from carbon.footprint.scenario import ALL, what_if
from carbon.footprint.streams import even_ranks
from carbon.liveroom import ordering
from carbon.liveroom.ordering import ORDERS, Keys
from carbon.liveroom.ranking import (
    RANK_COLUMNS,
    SIGNAL_COLUMNS,
    rank,
    ranked_rows,
    savings,
    signal_rows,
    signals,
)
from carbon.stages.groups import DRAWN

EXAMPLE = "examples/catalogue.csv"
CONFIDENCE = 0.9


def graded(ratios: list[float], gsd: float | list[float] = 1.2, **more: object) -> pd.DataFrame:
    ratio = np.array(ratios, dtype=np.float64)
    letter = np.array([*"ABCDE"], dtype=object)[np.searchsorted([0.6, 0.8, 1.0, 1.25], ratio)]
    letter[np.isnan(ratio)] = ""
    known = np.where(np.isnan(ratio), np.nan, gsd)
    return pd.DataFrame(
        {
            "sku": [f"S{i:03}" for i in range(len(ratio))],
            "category": "dress",
            "merchant": "M",
            "total_kg": ratio * 5,
            "ratio": ratio,
            "ratio_gsd": known,
            "letter": letter,
            "letter_probability": 0.95,
            "state": np.where(np.isnan(ratio), "unknown", "sure"),
            "reason": np.where(np.isnan(ratio), "S006", ""),
            "basis": "one",
            "edition": "2026.1",
            **more,
        }
    )


def ranks(table: pd.DataFrame, **how: str) -> dict[str, object]:
    found = rank(table, confidence=CONFIDENCE, **how)
    return dict(zip(found["sku"], found["rank"], strict=True))


def test_a_rank_is_shared_up_to_the_confidence():
    apart = float(np.exp(ndtri(CONFIDENCE) * np.sqrt(2) * np.log(1.2)))
    assert ranks(graded([1.0, apart * 0.999]))["S001"] == 1
    assert ranks(graded([1.0, apart * 1.001]))["S001"] == 2


def test_a_chain_of_neighbours_does_not_merge_best_and_worst():
    """Each is like the next; the last is far from the first."""
    found = rank(graded(list(np.exp(np.linspace(0, 2, 21)))), confidence=CONFIDENCE)
    assert (found["p_next"].dropna() < 0.9).all()
    assert found["rank"].nunique() > 4
    assert found["rank"].iloc[-1] > found["rank"].iloc[0]
    for _, group in found.groupby("rank"):
        far = np.log(group["ratio"].iloc[-1] / group["ratio"].iloc[0])
        assert ndtr(far / np.hypot(*[np.log(1.2)] * 2)) < CONFIDENCE


def test_ranks_leave_gaps_and_count():
    found = rank(graded([0.5, 0.51, 1.0, 2.0]), confidence=CONFIDENCE)
    assert found["rank"].tolist() == [1, 1, 3, 4]
    assert found["sharing"].tolist() == [2, 2, 1, 1]
    assert found["ranked"].tolist() == [4] * 4
    assert set(RANK_COLUMNS) <= set(found)


def test_categories_are_ranked_apart():
    table = graded([1.0, 2.0, 0.1, 3.0], category=["b", "b", "a", "a"])
    found = rank(table, confidence=CONFIDENCE)
    assert found["sku"].tolist() == ["S002", "S003", "S000", "S001"]
    assert found["rank"].tolist() == [1, 2, 1, 2]
    assert found["p_next"].isna().tolist() == [False, True, False, True]
    shops = graded([1.0, 2.0, 3.0], merchant=["x", "y", "x"])
    assert ranks(shops, within="merchant") == {"S000": 1, "S002": 2, "S001": 1}


def test_skus_without_a_merchant_are_not_ranked_across_categories():
    table = graded([1.0, 2.0, 0.1, 3.0], category=["b", "b", "a", "a"], merchant=None)
    found = rank(table, within="merchant", confidence=CONFIDENCE)
    assert found["sku"].tolist() == ["S002", "S003", "S000", "S001"]
    assert found["ranked"].tolist() == [2] * 4


@pytest.mark.parametrize("by", ORDERS)
def test_rows_gathered_in_pieces_are_ordered_as_at_once(by: str):
    draw = np.random.default_rng(5)
    table = graded(
        list(np.exp(draw.normal(0, 0.4, 400)).round(2)),
        category=draw.choice(["b", "a", "c"], 400),
        merchant=draw.choice(["n", "m", None], 400),
        saving_kg=draw.normal(1, 1, 400).round(1),
        saving_low_kg=0.1,
        saving_high_kg=draw.random(400).round(1),
    )
    table.loc[::9, ["ratio", "reason"]] = [np.nan, "S006"]
    table.loc[::90, "sku"] = None
    keys = Keys(by, "merchant")
    for start in range(0, 400, 33):
        keys.add(table.iloc[start : start + 33])
    order = keys.order(lambda asked: table["sku"][asked], confidence=CONFIDENCE)
    whole = rank(table, by=by, within="merchant", confidence=CONFIDENCE)
    for start in range(0, 400, 50):
        rows = table.iloc[order.rows[start : start + 50]].reset_index(drop=True)
        want = whole.iloc[start : start + 50].reset_index(drop=True)
        pd.testing.assert_frame_equal(ranked_rows(rows, order, start), want)
        if by != "saving":
            told = signals(whole).iloc[start : start + 50]
            found = signal_rows(want, *order.signals(start, start + 50))
            pd.testing.assert_frame_equal(found, told.reset_index(drop=True), check_exact=True)


def test_the_unknown_stands_apart_with_its_reason():
    table = graded([np.nan, 1.0, np.nan, 0.5, -1.0, 2.0])
    table.loc[2, ["state", "reason"]] = ["not_applicable", "no_reference"]
    table.loc[5, "ratio_gsd"] = np.nan
    found = rank(table, confidence=CONFIDENCE).set_index("sku")
    assert found.index.tolist() == ["S003", "S001", "S000", "S002", "S004", "S005"]
    assert found.loc["S000", "reason_not_ranked"] == "S006"
    assert found.loc["S002", "reason_not_ranked"] == "no_reference"
    assert found.loc["S004", "reason_not_ranked"] == found.loc["S005", "reason_not_ranked"]
    assert found.loc["S005", "reason_not_ranked"] == "R101"
    assert found.loc[["S000", "S002"], "rank"].isna().all()
    assert found.loc["S003", "ranked"] == 2
    assert {"R101", "R102", "R103", "R100"} <= set(CODES)


def test_by_letter_ranks_only_letters_that_are_sure():
    table = graded([0.5, 0.55, 0.7, 0.9], state=["sure", "sure", "range", "sure"])
    found = rank(table, by="letter", confidence=CONFIDENCE)
    assert found["rank"].iloc[:3].tolist() == [1, 1, 3]
    assert found["reason_not_ranked"].iloc[3] == "R103"


@pytest.mark.parametrize("column", ["basis", "reference"])
def test_unlike_bases_are_refused(column: str):
    table = graded([1.0, 2.0]).assign(**{column: ["one", "other"]})
    with pytest.raises(StudyError, match="S002"):
        rank(table, confidence=CONFIDENCE)


def test_what_is_missing_is_told():
    with pytest.raises(StudyError, match="missing ratio_gsd"):
        rank(graded([1.0]).drop(columns="ratio_gsd"), confidence=CONFIDENCE)
    with pytest.raises(StudyError, match="R100"):
        rank(graded([1.0]), by="price", confidence=CONFIDENCE)
    with pytest.raises(StudyError, match="saving_kg"):
        rank(graded([1.0]), by="saving", confidence=CONFIDENCE)


def test_nothing_to_rank():
    for table in (graded([]), graded([np.nan])):
        found = rank(table, confidence=CONFIDENCE)
        assert found["rank"].isna().all()
        assert len(signals(found)) == len(table)


values = st.floats(0.1, 10).map(lambda value: round(value, 1))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(values, st.sampled_from([1.0, 1.05, 1.5, 3.0])), min_size=1, max_size=40),
    st.randoms(),
)
def test_neither_order_nor_names_change_a_rank(cells, random):
    table = graded([ratio for ratio, _ in cells], [gsd for _, gsd in cells])
    before = ranks(table)
    places = list(range(len(table)))
    random.shuffle(places)
    assert ranks(table.iloc[places].reset_index(drop=True)) == before
    renamed = table.assign(sku=[f"X{place:03}" for place in places])
    after = ranks(renamed)
    assert [after[f"X{place:03}"] for place in places] == [before[sku] for sku in table["sku"]]
    whole = rank(table, confidence=CONFIDENCE)
    again = rank(table.iloc[places].reset_index(drop=True), confidence=CONFIDENCE)
    pd.testing.assert_frame_equal(whole, again)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_the_leaders_are_those_of_a_plain_loop(seed: int):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 70))
    value = np.sort(draw.normal(0, 1, n).round(int(draw.integers(1, 4))))
    variance = (draw.choice([0, 0.1, 0.5], n) * draw.random(n)) ** 2
    new_group = draw.random(n) < 0.1
    new_group[0] = True
    want, leader, score = np.zeros(n, dtype=bool), 0, float(ndtri(CONFIDENCE))
    for i in range(n):
        gap = value[i] - value[leader]
        if new_group[i] or (gap > 0 and gap**2 >= score**2 * (variance[i] + variance[leader])):
            want[i], leader = True, i
    glance, ordering.GLANCE = ordering.GLANCE, int(draw.integers(1, 5))
    try:
        got = ordering.starts(new_group, value, variance, score)
    finally:
        ordering.GLANCE = glance
    np.testing.assert_array_equal(got, want)


# --- signals


def test_signals_say_what_the_ranking_says():
    ranked = rank(graded([0.5, 0.51, 1.0, 2.0, np.nan]), confidence=CONFIDENCE)
    found = signals(ranked)
    assert list(found.columns) == list(SIGNAL_COLUMNS)
    score = found["score"]
    assert score[0] == score[1] == pytest.approx(1 / (1 + np.sqrt(0.5 * 0.51)))
    assert score[2] == 0.5
    assert score[:4].is_monotonic_decreasing
    assert np.isnan(score[4])
    assert np.isnan(found["confidence"][4])
    assert found["confidence"][2] == 0.5
    assert found["confidence"][3] == pytest.approx(float(ndtr(np.log(2) / np.log(1.2))))
    assert (found["edition"] == "2026.1").all()


def test_scores_of_two_categories_do_not_mix():
    table = graded([1.0, 1.01, 3.0, 3.01], category=["a", "a", "b", "b"])
    found = signals(rank(table, confidence=CONFIDENCE))
    assert found["rank"].tolist() == [1, 1, 1, 1]
    assert found["score"].nunique() == 2


# --- against paired draws


@pytest.fixture(scope="module")
def example(study):
    catalogue = study.catalogue(EXAMPLE)
    grades = study.grades(catalogue, draws=300)
    totals = np.concatenate([part.total for part in study.sample(catalogue, 300)])
    return catalogue, grades, totals


@pytest.fixture(scope="module")
def compared(study, example):
    """All pairs of one category and size: P(a < b) by the formula, and by draws of both.

    The draws are conditional on the edition, as a letter is: told cells alone move. Those of the
    second SKU are drawn apart from those of the first, ``all`` of them, or only those of the
    parts that ``differ``, so that what is equal cancels.
    """
    catalogue, grades, _ = example
    groups = grades.groupby([grades["category"].astype(str), grades["size_class"].astype(str)])
    pairs = [rows[np.array(np.triu_indices(len(rows), 1))] for rows in groups.indices.values()]
    a, b = np.concatenate(pairs, axis=1)
    drawn = grades["ratio_gsd"].notna().to_numpy()
    a, b = (side[drawn[a] & drawn[b]] for side in (a, b))
    ratio = grades["ratio"].to_numpy()
    spread = np.log(grades["ratio_gsd"].to_numpy())
    formula = ndtr(np.log(ratio[b] / ratio[a]) / np.hypot(spread[a], spread[b]))
    names = DRAWN[:-1]  # nobody tells the way to a pick-up point
    ranks = even_ranks(POINTS, 2 * len(names))
    first, second = (
        dict(zip(names, rows, strict=True)) for rows in (ranks[: len(names)], ranks[len(names) :])
    )
    points = EvenPoints(study.edition, study.vocabulary)
    part = study.sampler(300).part(catalogue)

    def totals(ranks: dict[str, np.ndarray]) -> np.ndarray:
        points.ranks = ranks
        return ratio[:, None] * Letters(points, part).ratios(slice(0, len(catalogue)))

    one, other = totals(first), totals(second)
    every = probability_lower(one[a], other[b])
    flags = differing(catalogue.rows(a), catalogue.rows(b))
    differ = np.full(len(a), np.nan)
    patterns, pattern = np.unique(flags, axis=0, return_inverse=True)
    for number, unlike in enumerate(patterns):
        alike = [
            name
            for name, apart in zip(PARTS, unlike, strict=True)
            if not apart
            for name in PARAMETERS_OF[name]
            if name in names
        ]
        pair = np.flatnonzero(pattern.ravel() == number)
        other = totals(second | {name: first[name] for name in alike})
        differ[pair] = probability_lower(one[a[pair]], other[b[pair]])
    return formula, every, differ, (a, b)


def verdict(chance: np.ndarray) -> np.ndarray:
    """1 where the first is told to be lower, -1 where the second is, else 0."""
    return (chance >= CONFIDENCE).astype(int) - (chance <= 1 - CONFIDENCE)


def test_the_formula_is_that_of_draws_of_all_that_is_told(compared):
    formula, every, _, _ = compared
    assert len(formula) > 1500
    assert np.abs(formula - every).mean() < 0.01
    assert np.abs(formula - every).max() < 0.08
    assert (verdict(formula) * verdict(every) >= 0).all()
    assert (verdict(formula) == verdict(every)).mean() > 0.97


def test_the_formula_shares_a_rank_rather_than_tell_apart_what_is_alike(compared):
    """Where parts are equal and cancel, draws tell more apart, never the other way round."""
    formula, _, differ, _ = compared
    assert np.abs(formula - differ).mean() < 0.02
    assert (verdict(formula) * verdict(differ) >= 0).all()
    assert (verdict(formula) == verdict(differ)).mean() > 0.95
    assert ((verdict(formula) != 0) & (verdict(differ) == 0)).mean() < 0.01
    assert 0.4 < (verdict(differ) != 0).mean() < 0.8


def test_full_draws_never_say_the_opposite(example, compared):
    """Factors and defaults too: what they tell apart beside all that, the formula does as well."""
    _, grades, totals = example
    formula, _, _, (a, b) = compared
    each = totals / grades["functional_quantity"].to_numpy(dtype=np.float64)[:, None]
    full = probability_lower(each[a], each[b])
    assert (verdict(full) * verdict(formula) >= 0).all()
    assert ((verdict(full) != 0) & (verdict(formula) == 0)).mean() < 0.01


def test_what_is_not_believed_does_not_come_first():
    table = graded([0.3, 0.5, 1.0], state=["withheld", "sure", "sure"], reason=["C272", "", ""])
    for by in ("intensity", "letter"):
        found = rank(table, by=by, confidence=CONFIDENCE)
        assert found["sku"].tolist() == ["S001", "S002", "S000"]
        assert found["reason_not_ranked"].iloc[2] == "C272"
        assert np.isnan(signals(found)["score"].iloc[2])


def test_letters_of_the_example_are_ranked(example):
    _, grades, _ = example
    found = rank(grades, by="letter", confidence=CONFIDENCE)
    assert (found["rank"].notna() == (found["state"] == "sure")).all()
    assert found["rank"].notna().sum() > 400


def test_savings_are_those_of_the_best_lever(study, example):
    catalogue = example[0].part(0, 3)
    best = savings(study, catalogue, draws=300, chunk=2)
    table = what_if(study, catalogue, draws=300)
    table = table[(table["lever"] != ALL) & table["applies"]]
    want = table.groupby("sku", sort=False)["saved_kg"].max()
    np.testing.assert_allclose(best["saving_kg"], want.to_numpy())
    assert (best["lever"] != "").all()
    assert (best["saving_low_kg"] <= best["saving_kg"]).all()
    grades = pd.concat([example[1].iloc[:3].reset_index(drop=True), best], axis=1)
    found = rank(grades, by="saving", confidence=CONFIDENCE)
    assert (found.groupby("category", observed=True)["saving_kg"].first() > 0).all()
    for _, group in found.groupby("category", observed=True):
        assert group["saving_kg"].is_monotonic_decreasing
    none = grades.assign(saving_kg=np.nan)
    assert set(rank(none, by="saving", confidence=0.9)["reason_not_ranked"]) == {"R102"}


# --- the command


def test_the_command(tmp_path):
    goods = tmp_path / "goods.csv"
    goods.write_text(
        "sku,category,mass\nA,t_shirt,180 g\nB,t_shirt,182 g\nC,t_shirt,900 g\nD,no such,1 g\n"
    )
    out, scores = tmp_path / "out.csv", tmp_path / "signals.jsonl"
    words = [str(goods), "-o", str(out), "--signals", str(scores), "--draws", "300"]
    done = CliRunner().invoke(cli_rank.rank, words)
    assert done.exit_code == 1, done.output
    assert "3 ranked, 1 not" in done.output
    assert "not ranked: 1" in done.output
    table = pd.read_csv(out)
    assert table["rank"].tolist()[:3] == [1, 1, 3]
    assert table["edition"].str.startswith("2026.2").all()
    assert len(scores.read_text().splitlines()) == 4
    first = out.read_bytes()
    CliRunner().invoke(cli_rank.rank, words)
    assert out.read_bytes() == first
    done = CliRunner().invoke(cli_rank.rank, [*words, "--by", "saving"])
    assert done.exit_code == 2
    one = [str(goods), "-o", str(out), "--signals", str(tmp_path / "." / "out.csv")]
    assert getattr(CliRunner().invoke(cli_rank.rank, one).exception, "code", "") == "O004"
    assert out.read_bytes() == first
    undrawn = [str(goods), "-o", str(out), "--draws", "0"]
    done = CliRunner().invoke(cli_rank.rank, undrawn)
    assert "0 ranked" in done.output
    assert "drawn" in done.output
