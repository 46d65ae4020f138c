"""Tax dossiers: a worked one to the cent, the laws they obey, the conflicts they settle."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.base.errors import LedgerError, RuleError, StudyError
from carbon.base.rules import templates_root
from carbon.catalogue.ledger import read_ledger
from carbon.incentive.money import MILLION, divided
from carbon.incentive.sales import settle
from carbon.incentive.sold import with_ledger_rates
from carbon.incentive.vat import Assessment, assess
from carbon.incentive.vat_rules import Period, TaxRule, load_rule
from carbon.study import Study

SHIPPED = templates_root() / "tax" / "paper-2percent.toml"
QUARTER = Period.parse("2026Q3")
HEADER = "entry,taxpayer,room,sku,units,revenue,currency,returned_units,refund,vat_rate,date"
MODES = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "down": ROUND_DOWN,
    "up": ROUND_UP,
}


def rule(**changes: object) -> TaxRule:
    """The shipped rule with one condition, 50 kg CO2e per 1,000 CNY, and some changes."""
    told = load_rule(SHIPPED).model_dump()
    bound = {"predicate": "intensity_at_most", "bound": "50", "kind": "assumption", "cite": "test"}
    return TaxRule.model_validate(told | {"condition": [bound]} | changes)


def ledger(*rows: str, header: str = HEADER):
    cells = [row.split(",") for row in rows]
    return read_ledger(pd.DataFrame(cells, columns=header.split(","), dtype=str), "sales")


def footprints(**kg: float) -> pd.DataFrame:
    """Grades by hand: 20 % wide, letter B printed as sure."""
    total = np.array(list(kg.values()))
    return pd.DataFrame(
        {
            "sku": list(kg),
            "category": "goods",
            "total_kg": total,
            "low_kg": total * 0.8,
            "high_kg": total * 1.2,
            "letter": "B",
            "letter_text": "B",
            "letter_worst": "B",
            "letter_probability": 0.95,
            "state": "sure",
            "primary_share": 0.5,
            "problem": "",
            "line": range(2, 2 + len(kg)),
        }
    )


def judged(rows: list[str], kg: dict[str, float], told: TaxRule | None = None) -> Assessment:
    told = told or rule()
    return assess(settle(ledger(*rows), told, QUARTER).lines, footprints(**kg), told, QUARTER)


WORKED = [
    "1,T1,r1,A,10,1130.00,CNY,2,226.00,13%,2026-07-01",
    "2,T1,r1,B,3,100.25,CNY,0,0,13%,2026-08-15",
    "3,T1,r1,C,5,99.99,CNY,0,0,9%,2026-09-30",
    "4,T1,r1,E,5,28.25,CNY,0,0,13%,2026-09-30",
    "5,T2,r2,A,7,55.50,CNY,0,0,13%,2026-07-02",
    "6,T2,r2,D,4,226.00,CNY,0,0,13%,2026-07-02",
    "7,T2,r2,E,5,28.25,CNY,0,0,13%,2026-07-02",
]
KG = {"A": 4.0, "B": 2.0, "C": 0.5, "D": 1.0, "E": 0.1}


def test_a_worked_dossier_to_the_cent() -> None:
    """By hand: base = net/1.13 or /1.09, relief 2 % of the tax, bound 50 kg per 1,000 CNY.

    T1 A: net 904.00, base 800.00, tax 104.00, 1000·4·8/800 = 40 kg → 2.08
    T1 B: base 88.716… = 88.72, tax 11.53, 1000·2·3/88.72 = 67.6 kg → none
    T1 C: base 91.733… = 91.73, tax 8.26, 27.3 kg → 0.1652 = 0.17
    T1 E: base 25.00, tax 3.25, 20 kg → 0.065 = 0.07
    T2 A: base 49.115… = 49.12, tax 6.38, 570 kg → none; D: 200.00, 26.00, 20 kg → 0.52; E as T1
    """
    found = judged(WORKED, KG)
    lines = found.lines
    assert lines["base"].tolist() == [80000, 8872, 9173, 2500, 4912, 20000, 2500]
    assert lines["tax"].tolist() == [10400, 1153, 826, 325, 638, 2600, 325]
    assert lines["intensity"].round(2).tolist() == [40.0, 67.63, 27.25, 20.0, 570.03, 20.0, 20.0]
    assert lines["eligible"].tolist() == [True, False, True, True, False, True, True]
    assert lines["relief"].tolist() == [208, 0, 17, 7, 0, 52, 7]
    assert lines["relief_micro"].tolist()[2] == 16_520_000
    totals = found.totals.set_index("taxpayer")
    assert totals["relief_lines"].to_dict() == {"T1": 232, "T2": 59}
    assert totals["relief_once"].to_dict() == {"T1": 231, "T2": 59}  # 2.3102 and 0.585
    assert totals["difference"].to_dict() == {"T1": 1, "T2": 0}
    assert totals["relief"].to_dict() == {"T1": 232, "T2": 59}
    assert totals["emissions_kg"].round(6).to_dict() == {"T1": 41.0, "T2": 32.5}
    once = rule(rounding={"mode": "half_up", "level": "total"})
    assert judged(WORKED, KG, once).totals["relief"].tolist() == [231, 59]


def test_equal_lines_of_two_orders_both_count() -> None:
    told = "order,letter,taxpayer,sku,units,revenue,currency,vat_rate,date"
    two = ["O1,B,T1,A,1,113.00,CNY,13%,2026-07-01", "O2,B,T1,A,1,113.00,CNY,13%,2026-07-01"]
    found = settle(ledger(*two, header=told), rule(), QUARTER)
    assert found.lines["units"].tolist() == [2]
    assert found.problems.empty
    again = settle(ledger(*two, two[0], header=told), rule(), QUARTER)
    assert again.lines["units"].tolist() == [2]
    assert again.problems["code"].tolist() == ["T027"]
    other = settle(ledger(two[0], two[0].replace(",B,", ",C,"), header=told), rule(), QUARTER)
    assert other.lines["relabelled"].tolist() == [True]


def test_the_mark_of_all_taxpayers_is_none() -> None:
    found = settle(ledger(WORKED[0].replace("T1", "*"), WORKED[1]), rule(), QUARTER)
    assert found.lines["taxpayer"].astype(str).tolist() == ["T1"]
    assert found.problems["code"].tolist() == ["T021"]


def test_rate_points_lower_the_tax_rate() -> None:
    """Two points of 800.00 CNY are 16.00 CNY."""
    relief = {"measure": "rate_points", "rate": "0.02", "kind": "cited", "cite": "test"}
    found = judged(WORKED[:1], KG, rule(relief=relief))
    assert found.lines["relief"].tolist() == [1600]
    assert judged(WORKED[:1], KG, rule(prices="tax_excluded")).lines["tax"].tolist() == [11752]


def test_caps_of_sku_and_taxpayer() -> None:
    found = judged(WORKED, KG, rule(caps={"per_sku": "1.50", "per_taxpayer": "1.60"}))
    assert found.lines["relief"].tolist() == [150, 0, 17, 7, 0, 52, 7]
    assert found.totals["granted"].tolist() == [174, 59]
    assert found.totals["relief"].tolist() == [160, 59]


def test_every_condition_has_value_bound_and_result() -> None:
    cite = {"kind": "assumption", "cite": "test"}
    conditions = [
        {
            "predicate": "intensity_at_most",
            "bound": "50",
            "category_bounds": {"goods": "39"},
            **cite,
        },
        {"predicate": "interval_high_at_most", "bound": "48", **cite},
        {"predicate": "letter_at_least", "bound": "B", **cite},
        {"predicate": "primary_share_at_least", "bound": "0.6", **cite},
        {"predicate": "verified", **cite},
        {"predicate": "category_in", "bound": ["goods", "other"], **cite},
    ]
    told = rule(condition=conditions)
    certificates = pd.DataFrame(
        {
            "sku": ["A", "A", "B"],
            "certificate": ["OLD", "NEW", "LATE"],
            "verifier": "V",
            "valid_from": pd.to_datetime(["2025-01-01", "2026-01-01", "2026-10-01"]),
            "valid_to": pd.to_datetime(["2026-09-29", "2026-09-30", "2027-10-01"]),
        }
    )
    lines = settle(ledger(*WORKED[:2]), told, QUARTER).lines
    out = assess(lines, footprints(**KG), told, QUARTER, certificates).lines
    first = out.iloc[0]
    assert (first["intensity_at_most_bound"], first["intensity_at_most_met"]) == (39.0, False)
    assert first["interval_high_at_most_value"] == pytest.approx(48.0)
    assert first["letter_at_least_value"] == "B"
    assert first["letter_at_least_met"]
    assert not first["primary_share_at_least_met"]
    assert first["verified_value"] == "NEW (V, 2026-09-30)"
    assert out["verified_met"].tolist() == [True, False]
    assert out["category_in_met"].all()
    provisional = footprints(**KG).assign(state="provisional")
    assert not assess(lines, provisional, told, QUARTER).lines["letter_at_least_met"].any()


def test_unknown_footprints_are_never_eligible_and_named() -> None:
    found = judged(
        [
            *WORKED[:1],
            "2,T1,r,X,1,100,CNY,0,0,13%,2026-07-01",
            "3,T1,r,N,1,1,CNY,0,0,13%,2026-07-01",
        ],
        {"A": 4.0, "N": float("nan")},
    )
    assert found.lines["eligible"].tolist() == [True, False, False]
    assert found.lines["problem"].tolist() == ["", "T031", "T030"]  # sorted: A, N, X
    total = found.totals.iloc[0]
    assert total["base"] == 80000 + 88 + 8850  # their sales stay in the totals
    assert total["coverage"] == pytest.approx(80000 / 88938)


# conflicts ---------------------------------------------------------------------------------------


def codes(problems: pd.DataFrame) -> dict[str, str]:
    return dict(zip(problems["code"], problems["value"], strict=True))


def test_a_sku_in_two_rooms_is_summed_and_told() -> None:
    found = judged(
        ["1,T,r1,A,5,565,CNY,0,0,13%,2026-07-01", "2,T,r2,A,5,565,CNY,0,0,13%,2026-07-01"],
        {"A": 4.0},
    )
    assert found.lines[["rooms", "units", "base", "problem"]].to_numpy().tolist() == [
        [2, 10, 100000, "T038"]
    ]
    assert found.lines["eligible"].all()


def test_one_entry_claimed_by_two_rooms_counts_for_none() -> None:
    rows = [*WORKED[:1], WORKED[1], WORKED[1].replace("r1", "r9")]
    sales = settle(ledger(*rows), rule(), QUARTER)
    assert sales.lines["sku"].tolist() == ["A"]
    assert sales.problems["code"].tolist() == ["T028", "T028"]
    assert sales.problems["row"].tolist() == [3, 4]


def test_a_line_that_stands_twice_counts_once() -> None:
    sales = settle(ledger(WORKED[0], WORKED[0]), rule(), QUARTER)
    assert sales.lines["units"].tolist() == [10]
    assert sales.problems["code"].tolist() == ["T027"]


def test_a_refund_counts_on_its_own_day() -> None:
    header = HEADER + ",refund_date"
    rows = [
        "1,T,r,A,10,1130.00,CNY,2,226.00,13%,2026-09-30,2026-10-02",  # sent back later
        "2,T,r,B,10,1130.00,CNY,1,113.00,13%,2026-06-30,2026-07-01",  # sold before
        "3,T,r,C,1,113.00,CNY,0,0,13%,2026-06-30,2026-06-30",
    ]
    told = ledger(*rows, header=header)
    third = settle(told, rule(), QUARTER)
    assert third.lines[["sku", "revenue", "refund", "returned_units"]].to_numpy().tolist() == [
        ["A", 113000, 0, 0],
        ["B", 0, 11300, 1],
    ]
    assert codes(third.problems) == {"T024": "1 lines", "T025": "1 lines", "T026": "1 lines"}
    second = settle(told, rule(), Period.parse("2026Q2"))
    fourth = settle(told, rule(), Period.parse("2026Q4"))
    whole = settle(told, rule(), Period.parse("2026"))
    for name in ("units", "revenue", "refund", "returned_units"):
        parts = sum(int(part.lines[name].sum()) for part in (second, third, fourth))
        assert parts == int(whole.lines[name].sum())


def test_refunds_alone_take_the_relief_back_or_none() -> None:
    """B of the test above: base −100.00, tax −13.00, 1000·4·(−1)/(−100) = 40 kg → −0.26."""
    header = HEADER + ",refund_date"
    row = "2,T,r,B,10,1130.00,CNY,1,113.00,13%,2026-06-30,2026-07-01"
    for choice, relief in (("claw_back", -26), ("zero", 0)):
        told = rule(negative_base=choice)
        lines = settle(ledger(row, header=header), told, QUARTER).lines
        out = assess(lines, footprints(B=4.0), told, QUARTER).lines
        assert out["base"].tolist() == [-10000]
        assert out["relief"].tolist() == [relief]
        assert "T033" in out["problem"][0]


def test_a_relabelled_sku_and_two_rates_block() -> None:
    header = HEADER + ",category,letter,edition"
    rows = [
        "1,T,r,A,1,1000,CNY,0,0,13%,2026-07-01,bags,A,2026.1",
        "2,T,r,A,1,1000,CNY,0,0,13%,2026-08-01,gifts,A,2026.1",
        "3,T,r,B,1,1000,CNY,0,0,13%,2026-07-01,bags,A,2026.1+0123",
        "4,T,r,B,1,1000,CNY,0,0,13%,2026-08-01,bags,B,",
        "5,T,r,C,1,1000,CNY,0,0,13%,2026-07-01,,,2025.1",
        "6,T,r,D,1,1000,CNY,0,0,13%,2026-07-01,,,",
        "7,T,r,D,1,1000,CNY,0,0,9%,2026-07-01,,,",
    ]
    lines = settle(ledger(*rows, header=header), rule(), QUARTER, "2026.1").lines
    out = assess(lines, footprints(A=1.0, B=1.0, C=1.0, D=1.0), rule(), QUARTER).lines
    told = dict(zip(zip(out["sku"], out["vat_ppm"], strict=True), out["problem"], strict=True))
    assert told == {
        ("A", 130000): "T034",
        ("B", 130000): "T034",
        ("C", 130000): "T037",
        ("D", 130000): "T035",
        ("D", 90000): "T035",
    }
    assert out["eligible"].tolist() == [False, False, True, False, False]


def test_zero_revenue_and_nothing_kept_have_no_intensity() -> None:
    rows = [
        "1,T,r,A,5,0,CNY,0,0,13%,2026-07-01",
        "2,T,r,B,5,500,CNY,5,100,13%,2026-07-01",
    ]
    found = judged(rows, {"A": 1.0, "B": 1.0})
    assert found.lines["problem"].tolist() == ["T032", "T036"]
    assert found.lines["intensity"].isna().all()
    assert not found.lines["eligible"].any()


def test_lines_that_cannot_count_are_left_out_and_named() -> None:
    rows = [
        WORKED[0],
        "2,T1,r,A,1,10,USD,0,0,13%,2026-07-01",
        "3,,r,A,1,10,CNY,0,0,13%,2026-07-01",
        "4,T1,r,A,1,10,CNY,0,0,,2026-07-01",
        "5,T1,r,A,1,10.005,CNY,0,0,13%,2026-07-01",
    ]
    sales = settle(ledger(*rows), rule(), QUARTER)
    assert sales.lines["units"].tolist() == [10]
    assert sales.counted == 1
    told = sales.problems.set_index("code")
    assert told["row"].to_dict() == {"T020": 3, "T021": 4, "T022": 5, "T023": 6}
    assert told.loc["T020", "value"] == "USD"
    assumed = settle(ledger(*rows), rule(tax_rate="0.13"), QUARTER)
    assert "T022" not in set(assumed.problems["code"])


def test_many_problems_of_a_kind_are_counted_not_listed() -> None:
    rows = [WORKED[0], *(f"x{at},T1,r,A,1,10,USD,0,0,13%,2026-07-01" for at in range(1500))]
    problems = settle(ledger(*rows), rule(), QUARTER).problems
    assert len(problems) == 1001
    assert problems["value"].value_counts().to_dict() == {"USD": 1000, "500 lines": 1}


CASES = Path(__file__).parent / "cases"
DATED = HEADER + ",refund_date"


def test_red_letter_lines_are_refunds_on_their_day() -> None:
    told = settle(
        read_ledger(CASES / "ledgers" / "b04_negative_rows.csv", "sales"), rule(), QUARTER
    )
    line = told.lines.iloc[0]
    assert (line["units"], line["returned_units"]) == (10, 8)
    assert (line["revenue"], line["refund"]) == (100_000, 80_000)
    assert assess(told.lines, footprints(A1=1.0), rule(), QUARTER).lines["base"].tolist() == [
        17_699
    ]
    assert told.problems["code"].tolist() == ["T043"]


@pytest.mark.parametrize("cells", ["-3,100.00", "3,-100.00"])
def test_a_line_of_two_signs_is_left_out(cells: str) -> None:
    told = settle(ledger(WORKED[0], f"x,T1,r1,A,{cells},CNY,0,0,13%,2026-07-01"), rule(), QUARTER)
    assert told.lines["units"].tolist() == [10]
    assert told.problems["code"].tolist() == ["T042"]


def test_a_refund_dated_before_its_sale_is_not_lost() -> None:
    row = "1,T1,r1,A,10,1000.00,CNY,8,800.00,13%,2026-07-01,2026-06-20"
    told = settle(ledger(row, header=DATED), rule(), QUARTER)
    assert told.lines["refund"].tolist() == [80_000]
    assert told.problems["code"].tolist() == ["T029"]


def test_two_spellings_of_a_category_are_one() -> None:
    sold = read_ledger(CASES / "ledgers" / "b24_alias.csv", "sales")
    ids = {"T恤": "t_shirt"}
    assert settle(sold, rule(), QUARTER, categories=ids).lines["relabelled"].tolist() == [False]
    assert settle(sold, rule(), QUARTER).lines["relabelled"].tolist() == [True]


def test_amounts_of_problems_stand_as_they_were_written() -> None:
    told = settle(read_ledger(CASES / "ledgers" / "b32_decimals.csv", "sales"), rule(), QUARTER)
    assert told.problems["value"].tolist() == ["1234567.895"]


def test_refused_rows_are_told_where_they_may_move_the_result() -> None:
    few = [f"x{at},T1,r,A,1,10,CNY,0,0,13%,2026-07-01" for at in range(60)]
    gone = [f"y{at},T1,r,A,1,10,CNY,0,0,13%,soon" for at in range(3)]
    assert "T040" not in set(settle(ledger(*few, "z,T1,r,A,x,10,CNY,0,0,13%,2026-07-01"), rule(),
                                    QUARTER).problems["code"])  # fmt: skip
    told = settle(ledger(*few, *gone), rule(), QUARTER).problems
    assert told.loc[told["code"] == "T040", "value"].tolist() == [
        "4.8% of the rows were refused, all in date with 'soon'"
    ]
    with pytest.raises(LedgerError, match="3 rows G012 date"):
        settle(ledger(*gone), rule(), QUARTER)


def test_the_return_rate_of_the_ledger_stands_for_a_lower_one_of_the_catalogue() -> None:
    sold = settle(read_ledger(CASES / "office" / "x4.csv", "sales"), rule(), QUARTER).lines
    study = Study("2026.1")
    promised = study.catalogue(CASES / "office" / "cat0.csv")
    found, problems = with_ledger_rates(promised, sold)
    assert problems[["code", "sku", "value"]].to_numpy().tolist() == [
        ["T041", "TS", "0.0%, 80.0% in the ledger"]
    ]
    rates = found.skus.set_index("sku")["return_rate"]
    assert rates["TS"] == 0.8
    assert rates["DR"] == 0.5  # not sold
    assert study.footprints(found).total[0] > 2 * study.footprints(promised).total[0]
    honest, none = with_ledger_rates(study.catalogue(CASES / "office" / "cat80.csv"), sold)
    assert none.empty
    assert honest.skus["return_rate"].iloc[0] == 0.8


@pytest.mark.parametrize(
    ("state", "worst", "text", "met"),
    [
        ("sure", "B", "B", True),
        ("range", "B", "A–B", True),
        ("range", "C", "B–C", False),
        ("estimate", "B", "B", False),
        ("withheld", "", "", False),
    ],
)
def test_a_letter_condition_uses_the_worse_end(
    state: str, worst: str, text: str, met: bool
) -> None:
    bound = {"predicate": "letter_at_least", "bound": "B", "kind": "assumption", "cite": "test"}
    grades = footprints(A=4.0).assign(
        letter=text[:1], letter_worst=worst, letter_text=text, state=state
    )
    told = rule(condition=[bound])
    lines = assess(settle(ledger(WORKED[0]), told, QUARTER).lines, grades, told, QUARTER).lines
    assert lines["letter_at_least_met"].tolist() == [met]
    assert lines["letter"].tolist() == [text]
    assert lines["letter_used"].tolist() == [worst if state in ("sure", "range") else ""]


def test_nothing_in_the_period_and_sums_too_large_are_refused() -> None:
    with pytest.raises(LedgerError, match="T004"):
        settle(ledger(WORKED[0]), rule(), Period.parse("2027"))
    big = [
        "1,T,r,A,1,9999999999,CNY,0,0,13%,2026-07-01",
        "2,T,r,A,1,9999999999,CNY,0,0,13%,2026-07-01",
    ]
    with pytest.raises(LedgerError, match="T005"):
        settle(ledger(*big), rule(), QUARTER)


# rules -------------------------------------------------------------------------------------------


def test_the_shipped_rule_cites_no_statute_and_says_so() -> None:
    shipped = load_rule(SHIPPED)
    assert shipped.legal_basis == "none on file"
    assert "cites no statute" in shipped.legal_note
    assert "未引用任何法律条文" in shipped.legal_note_zh
    assert shipped.relief.rate == Decimal("0.02")
    assert shipped.target is not None
    assert shipped.target.reduction == Decimal("0.28")
    assert all(condition.cite for condition in shipped.condition)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('rate = "0.02"', 'rate = "1.5"'),
        ('rate = "0.02"', 'rate = "0.0200001"'),
        ('measure = "share_of_tax"', 'measure = "exec"'),
        ('legal_basis = "none on file"', 'legal_basis = ""'),
        ('currency = "CNY"', 'currency = "yuan"'),
        ('predicate = "interval_high_at_most"', 'predicate = "intensity_at_most"'),
        ('predicate = "intensity_at_most"', 'predicate = "__import__"'),
        ("first = 2026-01-01", "first = 2028-01-01"),
        ('level = "line"', 'level = "line"\nlevle = "line"'),
        ("[rounding]", '[caps]\nper_sku = "0.005"\n\n[rounding]'),
        ('bound = "80"', "bound = nan"),
    ],
)
def test_rule_files_that_are_wrong_are_refused(tmp_path: Path, old: str, new: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "rule.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RuleError, match="P003"):
        load_rule(tmp_path / "rule.toml")


def test_periods() -> None:
    days = {
        text: (str(Period.parse(text).first), str(Period.parse(text).last))
        for text in ("2026", "2026h2", "2024-02", "2026Q1")
    }
    assert days == {
        "2026": ("2026-01-01", "2026-12-31"),
        "2026h2": ("2026-07-01", "2026-12-31"),
        "2024-02": ("2024-02-01", "2024-02-29"),
        "2026Q1": ("2026-01-01", "2026-03-31"),
    }
    for text in ("2026Q5", "26Q1", "2026-13", "0000", "2026Q1x", ""):
        with pytest.raises(StudyError, match="T001"):
            Period.parse(text)
    with pytest.raises(StudyError, match="T002"):
        rule().demand(Period.parse("2030"), "2026.1")
    with pytest.raises(StudyError, match="T003"):
        rule(edition="2027.1").demand(QUARTER, "2026.1")


# laws --------------------------------------------------------------------------------------------

cents = st.integers(0, 10_000_000)
sale = st.tuples(
    st.sampled_from(["T1", "T2"]),
    st.sampled_from("ABCDE"),
    st.sampled_from(["13%", "9%", "6%", "0%", "12%"]),
    st.integers(0, 50),
    cents,
    st.integers(0, 20),
    cents,
)


def written(sold: list[tuple]) -> list[str]:
    return [
        f"{at},{payer},r,{sku},{units},{paid / 100:.2f},CNY,{back},{refund / 100:.2f},{rate},"
        "2026-07-01"
        for at, (payer, sku, rate, units, paid, back, refund) in enumerate(sold)
    ]


@settings(deadline=None, max_examples=15)
@given(
    st.lists(sale, min_size=1, max_size=12),
    st.sampled_from(sorted(MODES)),
    st.sampled_from(["line", "total"]),
    st.sampled_from(["tax_included", "tax_excluded"]),
    st.sampled_from(["claw_back", "zero"]),
)
def test_amounts_are_those_of_decimal_arithmetic(
    sold: list[tuple], mode: str, level: str, prices: str, negative: str
) -> None:
    told = rule(rounding={"mode": mode, "level": level}, prices=prices, negative_base=negative)
    rows = written(sold)
    found = judged(rows, dict.fromkeys("ABCDE", 1.0), told)
    lines, totals, fen = found.lines, found.totals, Decimal("0.01")
    exact: dict[str, Decimal] = {}
    for row in lines.to_dict("records"):
        net = Decimal(int(row["net"])) / 100
        rate = Decimal(int(row["vat_ppm"])) / MILLION
        if prices == "tax_included":
            base = (net / (1 + rate)).quantize(fen, MODES[mode])
            tax = net - base
        else:
            base, tax = net, (net * rate).quantize(fen, MODES[mode])
        assert (Decimal(int(row["base"])) / 100, Decimal(int(row["tax"])) / 100) == (base, tax)
        relief = tax * Decimal("0.02") if row["eligible"] else Decimal(0)
        relief = max(relief, Decimal(0)) if negative == "zero" else relief
        assert Decimal(int(row["relief"])) / 100 == relief.quantize(fen, MODES[mode])
        exact[row["taxpayer"]] = exact.get(row["taxpayer"], Decimal(0)) + relief
    for row in totals.to_dict("records"):
        own = lines[lines["taxpayer"] == row["taxpayer"]]
        for name in ("revenue", "refund", "net", "base", "tax", "units", "kept_units"):
            assert row[name] == own[name].sum()
        assert row["relief_lines"] == own["relief"].sum()
        once = exact[row["taxpayer"]].quantize(fen, MODES[mode])
        assert Decimal(int(row["relief_once"])) / 100 == once
        assert row["difference"] == row["relief_lines"] - row["relief_once"]
        assert row["relief"] == row["relief_lines" if level == "line" else "relief_once"]
    assert (lines["base"] + lines["tax"] == lines["net"]).all() or prices == "tax_excluded"


@settings(deadline=None, max_examples=5)
@given(st.lists(sale, min_size=2, max_size=8), st.randoms())
def test_the_order_of_the_ledger_changes_nothing(sold: list[tuple], random) -> None:
    rows = written(sold)
    kg = dict.fromkeys("ABCDE", 1.0)
    first = judged(rows, kg)
    random.shuffle(rows)
    second = judged(rows, kg)
    pd.testing.assert_frame_equal(
        first.lines.drop(columns="first_row"), second.lines.drop(columns="first_row")
    )
    pd.testing.assert_frame_equal(first.totals, second.totals)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6), st.sampled_from(sorted(MODES)))
def test_division_rounds_as_decimal_does(number: int, by: int, mode: str) -> None:
    found = int(divided(np.array([number]), by, mode)[0])
    assert found == int((Decimal(number) / by).quantize(Decimal(1), MODES[mode]))
