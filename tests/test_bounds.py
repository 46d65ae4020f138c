"""Rules at their bounds and on their other side, where a bent rule would pass unseen."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rooms import goods, judged
from test_tax import HEADER, QUARTER, footprints, ledger, rule
from test_tax import judged as taxed

from carbon.incentive.fund import ClaimGroup, simulate
from carbon.incentive.pool_policy import PoolPolicy, load_policy
from carbon.incentive.pool_season import profile
from carbon.incentive.sales import settle
from carbon.incentive.vat import assess
from carbon.liveroom.claims import Claims
from carbon.liveroom.matching import match_power
from carbon.liveroom.room_problems import RoomProblems
from carbon.run.results import as_text, write_table

# tax


@pytest.mark.parametrize(("cap", "relief"), [("0.10", -10), ("0.26", -26), ("5.00", -26)])
def test_the_cap_of_a_sku_holds_for_what_is_taken_back_too(cap: str, relief: int) -> None:
    """One unit of tax base −100.00 and tax −13.00 comes back: −0.26 without a cap."""
    row = "2,T,r,B,10,1130.00,CNY,1,113.00,13%,2026-06-30,2026-07-01"
    capped = rule(negative_base="claw_back", caps={"per_sku": cap})
    lines = settle(ledger(row, header=HEADER + ",refund_date"), capped, QUARTER).lines
    assert assess(lines, footprints(B=4.0), capped, QUARTER).lines["relief"].tolist() == [relief]


@pytest.mark.parametrize(("kg", "met"), [(5.0, True), (5.000_001, False), (4.999_999, True)])
@pytest.mark.parametrize("predicate", ["intensity_at_most", "interval_high_at_most"])
def test_an_intensity_exactly_at_its_bound_is_met(predicate: str, kg: float, met: bool) -> None:
    """Base 800.00 and 8 kept units: 1000·5·8/800 = 50, the bound itself.

    The upper end of the interval is 1.2 times the total, and so is its bound.
    """
    high = predicate == "interval_high_at_most"
    bound = {"bound": "60" if high else "50", "kind": "assumption", "cite": "test"}
    row = "1,T1,r1,A,10,1130.00,CNY,2,226.00,13%,2026-07-01"
    lines = taxed([row], {"A": kg}, rule(condition=[{"predicate": predicate, **bound}])).lines
    assert lines[f"{predicate}_met"].tolist() == [met]
    assert lines["eligible"].tolist() == [met]
    if kg == 5.0:
        assert lines[f"{predicate}_value"].tolist() == [60.0 if high else 50.0]


def test_of_two_certificates_in_force_the_one_that_ends_last_is_named() -> None:
    """The other one began later and has the greater number."""
    certificates = pd.DataFrame(
        {
            "sku": "A",
            "certificate": ["C-1", "C-2"],
            "verifier": "TUV",
            "valid_from": pd.to_datetime(["2026-01-01", "2026-06-01"]),
            "valid_to": pd.to_datetime(["2026-12-31", "2026-10-31"]),
        }
    )
    row = "1,T1,r1,A,10,1130.00,CNY,2,226.00,13%,2026-07-01"
    for table in (certificates, certificates[::-1].reset_index(drop=True)):
        lines = settle(ledger(row), rule(), QUARTER).lines
        found = assess(lines, footprints(A=4.0), rule(), QUARTER, table).lines
        assert found["certificate"].tolist() == ["C-1 (TUV, 2026-12-31)"]


def test_the_cap_of_a_sku_holds_for_what_is_granted() -> None:
    row = "1,T1,r1,A,10,1130.00,CNY,2,226.00,13%,2026-07-01"
    found = taxed([row], {"A": 4.0}, rule(caps={"per_sku": "1.50"}))
    assert found.lines["relief"].tolist() == [150]


# pool


@pytest.mark.parametrize("shock_sd", [0.3, 0.8])
def test_a_shock_has_the_mean_one(shock_sd: float) -> None:
    """A lognormal factor of median 1 would raise the claims by exp(sd²/2): 5 % and 38 %."""
    days = 1000
    group = ClaimGroup(
        np.full((days, 1), 100), np.array([0.02]), np.zeros(1), np.array([10.0]), np.zeros(1)
    )
    claims = simulate(
        group, np.ones(days), lag=0, shock_sd=shock_sd, shock_days=1, simulations=200, seed=11
    )
    assert claims.mean() == pytest.approx(100 * 0.02 * 10, rel=0.01)


def season(*festivals: tuple[str, str, str, float]) -> PoolPolicy:
    """The shipped policy with some festivals."""
    policy = load_policy()
    first = policy.season.festivals[0]
    told = tuple(
        first.model_copy(update={"name": name, "first": start, "last": end, "orders": orders})
        for name, start, end, orders in festivals
    )
    return policy.model_copy(
        update={"season": policy.season.model_copy(update={"festivals": told})}
    )


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_overlapping_festivals_the_busier_one_counts(turned: bool) -> None:
    festivals = [("sale", "11-01", "11-12", 2.0), ("peak", "11-10", "11-15", 4.0)]
    policy = season(*(festivals[::-1] if turned else festivals))
    days = profile(pd.date_range("2026-11-09", "2026-11-16"), policy)
    assert days["festival"].tolist() == ["sale", *["peak"] * 6, ""]
    assert days["orders"].tolist() == [2.0, *[4.0] * 6, 1.0]


def test_a_quiet_festival_counts_where_no_other_one_is() -> None:
    days = profile(
        pd.date_range("2026-02-16", "2026-02-17"), season(("rest", "02-17", "02-20", 0.6))
    )
    assert days["festival"].tolist() == ["", "rest"]
    assert days["orders"].tolist() == [1.0, 0.6]


# rooms


def matched(*offers: tuple[int, int, float]) -> tuple[list[float], list[float]]:
    """Power of certificates (first day, last day, kWh) at sessions of 10 kWh on days 2 and 8."""
    day = np.datetime64("2026-01-01", "s")
    start = day + np.array([2, 8]) * np.timedelta64(1, "D")
    sessions = pd.DataFrame(
        {"room": 0, "start": start, "end": start + np.timedelta64(1, "h"), "kwh": 10.0}
    )
    table = pd.DataFrame(
        {
            "of": "power",
            "place": 0,
            "serial": [str(at) for at in range(len(offers))],
            "counts": True,
            "left": [amount for _, _, amount in offers],
            "start": [day + np.timedelta64(first, "D") for first, _, _ in offers],
            "end": [day + np.timedelta64(last, "D") for _, last, _ in offers],
            "line": range(len(offers)),
            "used": 0.0,
        }
    )
    kwh, after = match_power(Claims(table, pd.DataFrame()), sessions, RoomProblems(pd.Index(["r"])))
    return kwh.tolist(), after.table["used"].tolist()


@pytest.mark.parametrize("turned", [False, True])
def test_certificates_are_taken_by_their_end_not_by_their_start(turned: bool) -> None:
    """The counterexample: the long one starts first, and the early session needs the short one.

    By start, the long one would fill day 2, the short one would idle, and day 8 stay open.
    """
    offers = [(0, 20, 10.0), (1, 5, 10.0)]
    kwh, used = matched(*(offers[::-1] if turned else offers))
    assert kwh == [10.0, 10.0]
    assert used == [10.0, 10.0]


def test_a_certificate_fills_the_earliest_session_of_its_time() -> None:
    """What ends later may still fill the later session; the other way round, 5 kWh were lost."""
    kwh, used = matched((1, 12, 10.0), (7, 20, 10.0))
    assert kwh == [10.0, 10.0]
    assert used == [10.0, 10.0]


@pytest.mark.parametrize(
    ("intensity_points", "said"),
    [(19.96, "5.1"), (20.0, "5"), (24.92, "0.1"), (24.999, "0.1"), (20.04, "5")],
)
def test_points_that_are_still_needed_are_rounded_up(intensity_points: float, said: str) -> None:
    """Rounded to the nearest, a room that did all it was told would still miss its tier.

    All but intensity (35 points) and air (15) is full; air is lost, 60 points make a tier.
    """
    known = goods({"air_share": 0.6, "intensity": 0.6 + 0.65 * (1 - (intensity_points - 15) / 35)})
    found = judged(known=known)
    row = found.rooms.iloc[0]
    short = 60 - row["points"]
    told = found.reasons
    words = told.loc[told["kind"] == "tier", "en"].iloc[0]
    assert f"{said} points short of" in words, (words, short)
    assert float(said) >= short - 1e-6


# tables


SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_no_sign_of_a_formula_begins_a_cell(sign: str, kind: str, tmp_path: Path) -> None:
    """The list of OWASP, with the full-width forms that Chinese input methods write."""
    text = f"{sign}SUM(1;1)*cmd"
    table = pd.DataFrame({"name": pd.Series([text, f"a{sign}b", None], dtype=kind)})
    assert as_text(table)["name"].tolist()[:2] == [f"'{text}", f"a{sign}b"]
    write_table(table, tmp_path / "out.csv")
    raw = (tmp_path / "out.csv").read_bytes().decode("utf-8-sig")
    back = pd.read_csv(io.StringIO(raw, newline=""), lineterminator="\n", dtype=str)["name"]
    assert back[0].startswith(f"'{sign}")
    assert back[1].startswith("a")


def test_numbers_keep_their_minus() -> None:
    table = pd.DataFrame({"kg": [-1.5, 2.0], "units": [-3, 4]})
    pd.testing.assert_frame_equal(as_text(table), table)
