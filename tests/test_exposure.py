"""Exposure: the rules hold to the last digit, others' solvers agree, conflicts are named."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import clarabel
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from inequality.gini import Gini
from inequality.theil import Theil
from linear import nearest_linear
from scipy import sparse
from scipy.optimize import linprog

from carbon.base.errors import CODES, LedgerError, RuleError, StudyError
from carbon.catalogue.ledger import read_ledger
from carbon.cli.exposure import exposure as exposure_command
from carbon.liveroom import concentration
from carbon.liveroom.conflicts import RULES, conflicts, rulebook
from carbon.liveroom.entropy import Rulebook, largest, nearest
from carbon.liveroom.exposed import share_exposure
from carbon.liveroom.exposure import EXPOSURE_COLUMNS, allocate
from carbon.liveroom.exposure_report import REPORT_COLUMNS
from carbon.liveroom.least_moved import least_moved
from carbon.liveroom.market import read_scenario, rooms_of
from carbon.liveroom.policy import ExposureRules
from carbon.liveroom.policy_file import policy_path, read_policy
from carbon.liveroom.rounds import run

CASES = Path(__file__).parent / "cases" / "ledgers"
POLICY = read_policy()
CAP = POLICY.boost_cap.value
FAST = settings(max_examples=40, deadline=None)


def rules(**values: float) -> ExposureRules:
    told = POLICY.exposure.model_dump()
    for name, value in values.items():
        told[name]["value"] = value
    return ExposureRules.model_validate(told)


def random_case(seed: int, n: int | None = None) -> SimpleNamespace:
    """Rules that some shares keep: those of a random point are loosened a little."""
    draw = np.random.default_rng(seed)
    n = n or int(draw.integers(2, 60))
    base = draw.lognormal(0, draw.uniform(0.1, 2.5), n)
    base /= base.sum()
    wish = base * (1 + draw.choice([0, 0.1, 0.2, 0.3], n))
    wish /= wish.sum()
    small = draw.random(n) < draw.random()
    # flatter than the wish and kinder to the small, so that floor and head cap have to work
    point = wish ** draw.uniform(0.5, 1) * np.exp(draw.uniform(0, 1) * small)
    point *= np.exp(draw.normal(0, 0.2, n))
    point /= point.sum()
    kept = draw.uniform(0, (point / base).min()) if draw.random() < 0.7 else 0.0
    cap = draw.uniform(point.max(), 1) if draw.random() < 0.7 else 1.0
    head = int(draw.integers(1, n + 3))
    floor = float(point[small].sum()) * draw.uniform(0.7, 1) if draw.random() < 0.8 else 0.0
    top = min(1.0, largest(point, head)) ** draw.random() if draw.random() < 0.8 else 1.0
    book = Rulebook(small, base * kept, np.full(n, cap), floor, head, top)
    return SimpleNamespace(n=n, base=base, wish=wish, book=book)


def violation(share: np.ndarray, book: Rulebook) -> float:
    over = largest(share, book.head) - book.head_cap if book.head < len(share) else 0.0
    return max(
        abs(share.sum() - 1),
        book.floor - share[book.small].sum(),
        over,
        (book.low - share).max(),
        (share - book.high).max(),
    )


def by_clarabel(wish: np.ndarray, book: Rulebook) -> np.ndarray | None:
    """The same problem, written out for a conic interior-point solver."""
    n, head = len(wish), book.head
    top = head < n and book.head_cap < 1
    size = 2 * n + (n + 1 if top else 0)  # shares, their entropies, level, excesses

    def block(rows: int, **parts: sparse.spmatrix) -> sparse.spmatrix:
        widths = {"x": n, "e": n} | ({"level": 1, "over": n} if top else {})
        return sparse.hstack(
            [parts.get(name, sparse.csc_matrix((rows, width))) for name, width in widths.items()]
        )

    one, row = sparse.identity(n), np.ones((1, n))
    matrix = [block(1, x=row), block(n, x=-one), block(n, x=one)]
    bound = [[1.0], -book.low, book.high]
    matrix.append(block(1, x=-book.small.astype(float)[None, :]))
    bound.append([-book.floor])
    if top:
        matrix.append(block(1, level=sparse.csc_matrix([[float(head)]]), over=row))
        matrix.append(block(n, x=one, level=-np.ones((n, 1)), over=-one))
        matrix.append(block(n, over=-one))
        bound += [[book.head_cap], np.zeros(n), np.zeros(n)]
    plain = sum(len(part) for part in bound) - 1
    cone = sparse.lil_matrix((3 * n, size))
    right = np.zeros(3 * n)
    at = np.arange(n)
    cone[3 * at, n + at], cone[3 * at + 1, at], right[3 * at + 2] = 1, -1, wish
    cost = np.zeros(size)
    cost[n : 2 * n] = 1
    chosen = clarabel.DefaultSettings()
    chosen.verbose = False
    chosen.tol_gap_abs = chosen.tol_gap_rel = chosen.tol_feas = 1e-11
    solved = clarabel.DefaultSolver(
        sparse.csc_matrix((size, size)),
        cost,
        sparse.vstack([*matrix, cone]).tocsc(),
        np.concatenate([*bound, right]),
        [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(plain)]
        + [clarabel.ExponentialConeT()] * n,
        chosen,
    ).solve()
    return np.array(solved.x[:n]) if str(solved.status) == "Solved" else None


def distance(share: np.ndarray, wish: np.ndarray) -> float:
    return float(np.sum(share * np.log(share / wish)))


def test_a_conic_solver_finds_the_same_shares():
    compared = 0
    for seed in range(90):
        case = random_case(seed)
        found = nearest(case.wish, case.book).share
        assert violation(found, case.book) < 1e-10
        other = by_clarabel(case.wish, case.book)
        if other is None:
            continue
        compared += 1
        assert distance(found, case.wish) <= distance(other, case.wish) + 1e-8
        # near its flat bottom a distance of 1e-11 is a share of some 1e-6
        np.testing.assert_allclose(found, other, atol=2e-6)
    assert compared > 75


@FAST
@given(st.integers(1000, 10**6))
def test_rules_hold_to_the_ninth_digit(seed: int):
    case = random_case(seed)
    result = nearest(case.wish, case.book)
    assert violation(result.share, case.book) <= 1e-10
    assert result.floor >= 0
    assert result.head >= 0
    # what a rule does not touch keeps its proportion to the wish
    book = case.book
    free = (result.share > book.low * (1 + 1e-9)) & (result.share < book.high * (1 - 1e-9))
    factor = np.exp(result.total + result.floor * book.small)
    plain = free & ~result.in_head
    np.testing.assert_allclose(result.share[plain], (case.wish * factor)[plain], rtol=1e-7)
    # a rule with a price is kept with nothing to spare
    if result.floor > 1e-9:
        assert abs(result.share[book.small].sum() - book.floor) < 1e-10
    if result.head > 1e-9:
        assert abs(largest(result.share, book.head) - book.head_cap) < 1e-10


@pytest.mark.parametrize("slack", [1e-3, 1e-6, 1e-9, 0.0])
def test_rules_that_barely_fit_together_are_kept(slack: float):
    draw = np.random.default_rng(5)
    base = draw.lognormal(0, 1.5, 500)
    base /= base.sum()
    small = draw.random(500) < 0.8
    low = base * 0.75
    floor = (1 - low[~small].sum()) * (1 - slack) + base[small].sum() * slack
    book = Rulebook(small, low, np.ones(500), floor, 50, 1.0)
    assert violation(nearest(base, book).share, book) <= 1e-9


def test_the_linear_program_agrees_on_the_rules_that_bind():
    step = 0.05
    bound = {"floor": 0, "head": 0}
    for seed in range(40):
        case = random_case(seed)
        one, other = nearest(case.wish, case.book), nearest_linear(case.wish, case.book)
        assert violation(other.share, case.book) < 1e-8
        assert np.abs(np.log(one.share / other.share)).max() < 2.2 * step
        for name in ("floor", "head"):
            first, second = getattr(one, name), getattr(other, name)
            assert first < 2 * step or second > 0, (seed, name, first, second)
            assert second < 2 * step or first > 0, (seed, name, first, second)
            bound[name] += first > 2 * step
    assert min(bound.values()) > 5


def test_least_moved_is_a_lower_bound_and_exact_by_hand():
    small = np.array([True, False, False])
    base = np.array([0.1, 0.3, 0.6])
    book = Rulebook(small, np.zeros(3), np.full(3, 0.5), 0.3, 3, 1.0)
    assert least_moved(base, book) == pytest.approx(0.2)  # 0.1 from the cap serves the floor too
    for seed in range(20):
        case = random_case(seed)
        moved = np.abs(nearest(case.wish, case.book).share - case.base).sum() / 2
        assert least_moved(case.base, case.book) <= moved + 1e-9


# --- conflicts


def feasible_by_lp(base: np.ndarray, book: Rulebook) -> bool:
    n = len(base)
    rows, right = [np.concatenate([-book.small.astype(float), np.zeros(n + 1)])], [-book.floor]
    if book.head < n and book.head_cap < 1:
        rows.append(np.concatenate([np.zeros(n), [book.head], np.ones(n)]))
        right.append(book.head_cap)
        rows += list(np.hstack([np.eye(n), -np.ones((n, 1)), -np.eye(n)]))
        right += [0.0] * n
    if (book.low > book.high).any():
        return False
    bounds = [*zip(book.low, book.high, strict=True), (None, None), *[(0, None)] * n]
    total = np.concatenate([np.ones(n), np.zeros(n + 1)])[None, :]
    found = linprog(np.zeros(2 * n + 1), A_ub=rows, b_ub=right, A_eq=total, b_eq=[1], bounds=bounds)
    return found.status == 0


@FAST
@given(st.integers(0, 10**6))
def test_conflicts_are_those_that_a_linear_program_finds(seed: int):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 14))
    base = draw.lognormal(0, 1, n)
    base /= base.sum()
    small = draw.random(n) < 0.5
    chosen = rules(
        floor=draw.uniform(0, 0.9),
        room_cap=draw.uniform(0.05, 0.6),
        head_size=int(draw.integers(1, 6)),
        head_part=1,
        head_cap=draw.uniform(0.1, 1),
        largest_loss=draw.uniform(0, 1),
    )
    found = {one.rules for one in conflicts(base, small, [f"R{i}" for i in range(n)], chosen)}
    minimal: list[set[str]] = []
    for size in range(1, 5):
        for names in combinations(RULES, size):
            if not any(one <= set(names) for one in minimal) and not feasible_by_lp(
                base, rulebook(base, small, chosen, names)
            ):
                minimal.append(set(names))
    assert {frozenset(one) for one in found} == {frozenset(one) for one in minimal}


def test_a_conflict_is_named_with_its_numbers():
    told = pd.DataFrame(
        {
            "room": ["big", "a", "b", "c"],
            "impressions": [700.0, 100.0, 100.0, 100.0],
            "small_merchant": [False, True, True, True],
        }
    )
    with pytest.raises(RuleError) as error:
        allocate(told, rules(floor=0.5, room_cap=0.5, largest_loss=0.2), CAP)
    assert error.value.code == "R200"
    assert "floor + largest_loss: small merchants must have 50.00%" in str(error.value)
    assert "room_cap + largest_loss: 1 rooms must keep more" in str(error.value)
    assert "big keeps at least 56.00% of 70.00%, and may have 50.00%" in str(error.value)
    with pytest.raises(RuleError, match=r"room_cap: 4 rooms of at most 20.00% hold 80.00%"):
        allocate(told, rules(floor=0), CAP)
    none_small = told.assign(small_merchant=False)
    with pytest.raises(RuleError, match="no room with impressions is told to be of one"):
        allocate(none_small, rules(room_cap=1, largest_loss=1), CAP)


# --- allocations


def some_rooms(n: int = 60, seed: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "room": [f"R{i:03}" for i in range(n)],
            "merchant": [f"M{i % 25:02}" for i in range(n)],
            "impressions": np.round(draw.lognormal(8, 0.8, n)),
            "boost": draw.choice([0, 0.1, 0.2, 0.3], n),
            "small_merchant": draw.random(n) < 0.6,
            "tier": "",
        }
    )


def test_columns_total_and_gains_sum_to_nothing():
    rooms = some_rooms()
    found = allocate(rooms, rules(), CAP, policy="p")
    assert list(found.rooms.columns) == list(EXPOSURE_COLUMNS)
    assert list(found.report.columns) == list(REPORT_COLUMNS)
    assert found.rooms["exposure"].sum() == pytest.approx(rooms["impressions"].sum(), rel=1e-12)
    gain = found.rooms["exposure"] - found.rooms["impressions"]
    assert abs(gain.sum()) < 1e-6
    assert (found.rooms["change"] >= -0.25 - 1e-9).all()
    assert found.rooms.loc[found.rooms["small"], "share_after"].sum() >= 0.3 - 1e-9


def test_boosts_alone_are_paid_by_all():
    rooms = pd.DataFrame({"room": ["a", "b"], "impressions": [100.0, 100.0], "boost": [0.3, 0.0]})
    loose = rules(floor=0, room_cap=1, head_cap=1, largest_loss=1)
    found = allocate(rooms, loose, CAP).rooms
    assert found["exposure"].tolist() == pytest.approx([200 * 1.3 / 2.3, 200 / 2.3])
    assert found["binds"].tolist() == ["", ""]


@settings(max_examples=8, deadline=None)
@given(st.randoms())
def test_the_order_of_rows_changes_no_digit(random):
    rooms = some_rooms()
    places = list(range(len(rooms)))
    random.shuffle(places)
    chosen = rules(floor=0.7, head_size=10, head_part=1, head_cap=0.38, largest_loss=0.4)
    one = allocate(rooms, chosen, CAP)
    other = allocate(rooms.iloc[places].reset_index(drop=True), chosen, CAP)
    pd.testing.assert_frame_equal(one.rooms.iloc[places].reset_index(drop=True), other.rooms)
    pd.testing.assert_frame_equal(one.report, other.report)


def test_a_higher_boost_never_brings_less():
    rooms = some_rooms()
    chosen = rules(floor=0.7, head_size=10, head_part=1, head_cap=0.38, largest_loss=0.4)
    before = allocate(rooms.assign(boost=0.0), chosen, CAP).rooms["exposure"]
    for at in (0, 7, 33):
        boosted = rooms.assign(boost=0.0)
        boosted.loc[at, "boost"] = 0.3
        after = allocate(boosted, chosen, CAP).rooms["exposure"]
        assert after[at] >= before[at] * (1 - 1e-9)


def test_the_report_tells_which_rule_pays():
    rooms = some_rooms()
    small = rooms["small_merchant"]
    share = rooms["impressions"][small].sum() / rooms["impressions"].sum()
    found = allocate(rooms, rules(floor=share * 1.05, head_cap=1), CAP).report
    rule = found[found["section"] == "rule"].set_index("name")
    assert rule.loc["floor", "binds"]
    assert rule.loc["floor", "price"] > 0
    assert rule.loc["floor", "slack"] == pytest.approx(0, abs=1e-10)
    assert not rule.loc["head_cap", "binds"]
    assert rule.loc["head_cap", "price"] == 0
    curve = found[found["section"] == "lorenz"]
    assert len(curve) == concentration.LORENZ_POINTS
    assert curve["after"].is_monotonic_increasing
    assert curve["after"].iloc[-1] == pytest.approx(1)
    assert found.loc[found["section"] != "lorenz", ["en", "zh"]].ne("").all().all()


def test_the_linear_method_keeps_the_same_rules():
    rooms = some_rooms()
    found = allocate(rooms, rules(floor=0.7), CAP, solve=nearest_linear).rooms
    assert found["exposure"].sum() == pytest.approx(rooms["impressions"].sum())
    assert found.loc[found["small"], "share_after"].sum() >= 0.7 - 1e-9


# --- adversarial rooms


def codes(found) -> dict[str, str]:
    return dict(zip(found.rooms["room"], found.rooms["problem"], strict=True))


def test_rooms_at_fault_are_named_and_left_out():
    rooms = pd.DataFrame(
        {
            "room": ["good", "twice", "twice", "none", "minus", "nan", "inf", "greedy", "lost"],
            "impressions": [100, 50, 50, 0, -5, np.nan, np.inf, 100, 100],
            "boost": [0.1, 0, 0, 0.3, 0, 0, 0, 0.9, -0.1],
            "small_merchant": pd.array([True, True, True, True, True, True, True, None, False]),
        }
    )
    found = allocate(rooms, rules(room_cap=1, largest_loss=0.5), CAP)
    told = codes(found)
    assert told["good"] == ""
    assert told["twice"] == "R203"
    assert told["none"] == "R206"
    assert told["minus"] == told["nan"] == told["inf"] == "R204"
    assert told["greedy"] == "R205 R208"
    assert told["lost"] == "R205"
    out = found.rooms["exposure"].tolist()
    assert np.isnan([out[i] for i in (1, 2, 4, 5, 6)]).all()
    assert out[3] == 0
    assert out[0] + out[7] + out[8] == pytest.approx(300)
    assert set(found.problems["code"]) == {"R203", "R204", "R205", "R206", "R208"}
    assert set(found.problems["code"]) <= set(CODES)


def test_a_room_whose_boost_cannot_be_read_keeps_its_traffic():
    shared = share_exposure(POLICY, CASES / "b37_exposure.csv")
    rooms = shared.last.rooms.set_index("room")
    assert rooms["exposure"].sum() == pytest.approx(11_340)
    assert rooms.loc["r0", "exposure"] == pytest.approx(1000)  # nobody has a boost
    assert np.isnan([rooms.loc["r0", "boost"], rooms.loc["r0", "wished"]]).all()
    assert rooms.loc["r0", "problem"] == "R210"
    assert {"C108", "R210"} <= set(shared.problems["code"])
    assert shared.left_out == 0
    table = pd.read_csv(CASES / "b37_exposure.csv", dtype=str)
    table.loc[1:2, ["boost", "impressions"]] = [["20%", "990"], ["0", "many"]]
    shared = share_exposure(POLICY, table)
    rooms = shared.last.rooms.set_index("room")
    assert "r2" not in rooms.index
    assert rooms.loc["r1", "exposure"] > 990 > rooms.loc["r3", "exposure"] * 990 / 970
    assert shared.left_out == 1


@pytest.mark.parametrize("impressions", [[0.0, 0.0], [np.nan, -1.0]])
def test_nothing_to_share_out_is_an_error(impressions: list[float]):
    rooms = pd.DataFrame({"room": ["a", "b"], "impressions": impressions})
    with pytest.raises(StudyError, match="R201"):
        allocate(rooms, rules(), CAP)


def test_one_room_and_all_small_and_no_room():
    one = pd.DataFrame({"room": ["a"], "impressions": [7.0], "boost": [0.3]})
    one = one.assign(small_merchant=True)
    alone = allocate(one, rules(room_cap=1), CAP)
    assert alone.problems["code"].tolist() == ["R207"]
    assert alone.rooms["exposure"].tolist() == pytest.approx([7.0])
    everyone = some_rooms().assign(small_merchant=True)
    found = allocate(everyone, rules(), CAP).report.set_index("name")
    assert found.loc["floor", "price"] == 0
    with pytest.raises(StudyError, match="R201"):
        allocate(one[:0], rules(), CAP)
    whole = allocate(everyone, rules(floor=1), CAP).rooms  # all of it to all of them
    pd.testing.assert_series_equal(
        whole["exposure"], allocate(everyone, rules(), CAP).rooms["exposure"]
    )


# --- concentration against PySAL


@FAST
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_gini_is_that_of_an_independent_library(values: list[float]):
    given_values = np.array(values)
    assume(given_values.sum() > 1e-6)
    assert concentration.gini(given_values) == pytest.approx(Gini(given_values).g, abs=1e-9)
    # the area under the Lorenz curve; 100 steps of it stray by half a step at most
    curve = concentration.lorenz(given_values)
    area = 1 - 2 * np.trapezoid(curve, dx=1 / (concentration.LORENZ_POINTS - 1))
    assert abs(area - concentration.gini(given_values)) < 0.03
    assert 1 / len(values) - 1e-12 <= concentration.herfindahl(given_values) <= 1 + 1e-12
    assert concentration.top_share(given_values, len(values)) == pytest.approx(1)


def test_the_distance_is_the_theil_index_of_independent_library():
    """Relative entropy to equal shares is Theil's T."""
    values = np.random.default_rng(0).lognormal(0, 1, 200)
    share = values / values.sum()
    assert distance(share, np.full(200, 1 / 200)) == pytest.approx(float(Theil(values).T))


def test_measures_of_nothing_are_unknown():
    for measure in (concentration.gini, concentration.herfindahl):
        assert np.isnan(measure(np.zeros(3)))
    assert np.isnan(concentration.top_share(np.zeros(3), 1))
    assert np.isnan(concentration.lorenz(np.zeros(3))).all()


# --- rounds


def test_rounds_as_they_are_told():
    rooms = pd.DataFrame(
        {
            "room": ["a", "b", "c"] * 2,
            "merchant": ["A", "B", "C"] * 2,
            "round": [1, 1, 1, 2, 2, 2],
            "impressions": [60.0, 20.0, 20.0, 20.0, 60.0, 20.0],
            "small_merchant": [False, False, True] * 2,
        }
    )
    loose = rules(floor=0.3, room_cap=1, head_cap=1, largest_loss=0.5)
    found = run(rooms, loose, CAP)
    monitor = found.monitor.set_index("merchant")
    assert monitor["share"].sum() == pytest.approx(1)
    assert monitor.loc["C", "share"] == pytest.approx(0.3)
    assert monitor.loc["C", "floor"] == pytest.approx(0.3)
    assert not monitor["below"].any()
    assert found.course["round"].tolist() == [0, 1, 2]


def test_a_merchant_below_its_floor_is_found():
    """Of two small merchants one is boosted, which takes from the other's part of the floor."""
    rooms = pd.DataFrame(
        {
            "room": ["big1", "big2", "up", "down"],
            "merchant": ["B1", "B2", "U", "D"],
            "impressions": [440.0, 440.0, 60.0, 60.0],
            "boost": [0.0, 0.0, 0.3, 0.0],
            "small_merchant": [False, False, True, True],
        }
    )
    found = run(rooms, rules(room_cap=0.5, head_cap=1), CAP, rounds=3)
    monitor = found.monitor.set_index("merchant")
    assert monitor["below"].tolist() == [False, False, True, False]
    assert monitor.loc["D", "drift"] == pytest.approx(0.3 / 2.3 / 0.15 - 1)
    assert monitor.loc["D", "rounds_below"] == 3
    assert found.course["below"].tolist() == [0, 1, 1, 1]


def test_a_conflict_names_its_round():
    rooms = some_rooms(30).assign(round=1)
    second = rooms.assign(round=2, small_merchant=False)
    both = pd.concat([rooms, second], ignore_index=True)
    chosen = rules(room_cap=1)
    with pytest.raises(RuleError, match="round 2: floor"):
        run(both, chosen, CAP)


def test_the_papers_figures_as_the_documentation_tells_them():
    scenario = read_scenario("fair-exposure")
    told = rooms_of(scenario.market)
    found = run(told, POLICY.exposure, CAP, rounds=12, market=scenario.market)
    first, last = found.course.iloc[0], found.course.iloc[-1]
    assert first["small_sales"] == pytest.approx(scenario.reported.small_sales_before.value)
    assert last["small_exposure"] == pytest.approx(0.3, abs=1e-9)
    assert last["small_sales"] == pytest.approx(0.246, abs=0.003)
    assert last["top_sales"] / first["top_sales"] - 1 == pytest.approx(-0.134, abs=0.01)
    assert found.monitor["below"].mean() == pytest.approx(0.62, abs=0.02)
    shuffled = told.sample(frac=1, random_state=1).reset_index(drop=True)
    again = run(shuffled, POLICY.exposure, CAP, rounds=2, market=scenario.market)
    plain = run(told, POLICY.exposure, CAP, rounds=2, market=scenario.market)
    pd.testing.assert_frame_equal(again.course, plain.course)


# --- the command


def call(*words: object):
    return CliRunner().invoke(exposure_command, [str(word) for word in words])


def test_the_command_writes_what_it_says(tmp_path):
    path = tmp_path / "rooms.csv"
    some_rooms().to_csv(path, index=False)
    out = tmp_path / "out.csv"
    done = call(path, "-o", out)
    assert done.exit_code == 0, done.output
    names = {one.name for one in tmp_path.iterdir()}
    assert names == {"rooms.csv", "out.csv", "out-report.csv", "out-problems.csv"}
    table = pd.read_csv(out)
    assert table["policy"].str.startswith("default ").all()
    assert "floor" in done.output
    again = (tmp_path / "out.csv").read_bytes()
    assert call(path, "-o", out).exit_code == 0
    assert out.read_bytes() == again
    assert call(path, "-o", out, "--rounds", 2, "--lang", "zh").exit_code == 0
    assert (tmp_path / "out-monitor.csv").exists()
    assert (tmp_path / "out-course.csv").exists()


def test_the_output_of_an_allocation_can_be_allocated_again(tmp_path):
    found = allocate(some_rooms(), rules(), CAP)
    ledger = read_ledger(found.rooms.rename(columns={"small": "small merchant"}), "exposure")
    assert len(ledger.frame) == 60


def test_chinese_headers_and_bad_cells(tmp_path):
    path = tmp_path / "直播间.csv"
    lines = ["直播间,商家,曝光量,曝光加成,中小商家"]
    lines += [
        f"间{i},商{i},{1000 + i},{'20%' if i < 3 else '0%'},{'是' if i % 2 else '否'}"
        for i in range(20)
    ]
    path.write_text(
        "\n".join([*lines, "坏,商,-3,0%,是", "坏2,商,很多,0%,是"]) + "\n", encoding="utf-8"
    )
    done = call(path, "-o", tmp_path / "o.csv", "--lang", "zh")
    assert done.exit_code == 1, done.output
    problems = pd.read_csv(tmp_path / "o-problems.csv")
    assert {"C101", "C106"} <= set(problems["code"])
    assert "20 个直播间，2 行未采用" in done.output


def test_the_command_refuses(tmp_path):
    assert call("-o", tmp_path / "o.csv").exit_code == 2
    path = tmp_path / "rooms.csv"
    some_rooms().to_csv(path, index=False)
    policy = tmp_path / "p.toml"
    text = policy_path("default").read_text(encoding="utf-8")
    policy.write_text(text.split("\n[exposure.")[0], encoding="utf-8")
    done = call(path, "-o", tmp_path / "o.csv", "--policy", policy)
    assert isinstance(done.exception, RuleError)
    assert done.exception.code == "R209"
    for old, new in (("value = 0.20", "value = 1.5"), ("value = 50", "value = 2.5")):
        policy.write_text(text.replace(old, new), encoding="utf-8")
        done = call(path, "-o", tmp_path / "o.csv", "--policy", policy)
        assert isinstance(done.exception, RuleError), old
        assert done.exception.code == "P003"


def test_a_backtest_holds_a_scenario_against_its_report() -> None:
    shared = share_exposure(POLICY, scenario="fair-exposure", rounds_made=2)
    table = shared.backtest().set_index("name")
    last = shared.course.iloc[-1]
    assert table.loc["small_sales_after", "given"] == last["small_sales"]
    moved = last["top_sales"] / shared.course["top_sales"].iloc[0] - 1
    assert table.loc["head_change", "given"] == pytest.approx(moved)
    assert table.loc["head_change", "reported"] == pytest.approx(-0.18)
    assert np.allclose(table["difference"], table["given"] - table["reported"])
    with pytest.raises(LedgerError, match="scenario"):
        replace(shared, scenario=None).backtest()
