"""Small ledgers that were once answered wrong: each with its right value and what is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from carbon.base.rules import templates_root
from carbon.catalogue.ledger import read_ledger
from carbon.incentive.pool_policy import load_policy
from carbon.incentive.return_pool import pool
from carbon.incentive.sales import settle
from carbon.incentive.vat import assess
from carbon.incentive.vat_rules import Period, load_rule
from carbon.liveroom.exposed import share_exposure
from carbon.liveroom.policy_file import read_policy
from carbon.platform import Platform
from carbon.study import Study

CASES = Path(__file__).parent / "cases" / "ledgers"
EXPECTED = pd.read_csv(CASES / "expected.csv", keep_default_na=False)


def room(study: Study, case: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    platform = Platform(study, draws=20)
    found = platform.judge(CASES / case, CASES / "catalogue.csv", as_of="2026-12-31")
    return found.rooms, found.problems


def tax(_: Study, case: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    rule = load_rule(templates_root() / "tax" / "paper-2percent.toml")
    period = Period.parse("2026Q3")
    sold = settle(
        read_ledger(CASES / f"{case}.csv", "sales"), rule, period, categories={"T恤": "t_shirt"}
    )
    grades = pd.DataFrame(
        {"sku": ["A1"], "category": "goods", "total_kg": 1.0, "low_kg": 0.8, "high_kg": 1.2}
        | dict.fromkeys(("letter", "letter_text", "letter_worst"), "B")
        | {"letter_probability": 0.95, "state": "sure", "primary_share": 0.5, "problem": ""}
        | {"line": 2}
    )
    lines = assess(sold.lines, grades, rule, period).lines
    return lines.assign(relabelled=sold.lines["relabelled"]), sold.problems


def price(_: Study, case: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    policy = load_policy()
    quick = policy.model_copy(update={"fund": policy.fund.model_copy(update={"simulations": 300})})
    orders = read_ledger(CASES / f"{case}.csv", "orders")
    found = pool(orders, quick, categories={"箱包": "bag"})
    return found.tiers.dropna(subset="premium_cents"), found.problems


def share(_: Study, case: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    shared = share_exposure(read_policy(), CASES / f"{case}.csv")
    return shared.last.rooms, shared.problems


READERS = {"room": room, "tax": tax, "pool": price, "exposure": share}


@pytest.mark.parametrize("row", EXPECTED.to_dict("records"), ids=EXPECTED["case"])
def test_a_case_is_answered_right_and_told(study: Study, row: dict[str, Any]) -> None:
    result, problems = READERS[row["reader"]](study, row["case"])
    assert set(row["codes"].split()) <= set(problems["code"])
    if not row["codes"]:
        assert not (problems["severity"] == "error").any()
    expected = float(row["value"]) if row["value"] != "" else np.nan
    values = [] if row["figure"] not in result else result[row["figure"]].astype(float).tolist()
    assert (values or [0.0])[0] == pytest.approx(expected, nan_ok=True, rel=1e-9)


def test_every_case_of_a_ledger_is_expected() -> None:
    there = {path.stem for path in CASES.iterdir()} - {"expected", "catalogue"}
    assert there == set(EXPECTED["case"])
