"""A supplier's own footprint: what it replaces, when it counts, and where it is told."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from carbon.base.rules import templates_root
from carbon.base.terms import STAGES
from carbon.explained import tree
from carbon.label.facts import Issue, about, facts
from carbon.label.machine import json_label
from carbon.study import Study

PHONE = {
    "sku": "P",
    "category": "smartphone",
    "name": "智能手机",
    "mass": "190 g",
    "materials": "smartphone 100%",
    "packaging": "gift box 150 g; corrugated box 150 g; tape 2.7 g; waybill 4.5 g",
    "units_per_parcel": "1",
    "origin": "CN-ZJ",
    "destination": "CN-GD",
    "transport": "truck 1200 km, van 20 km",
    "return_rate": "20%",
    "resale_share": "50%",
    "loss_rate": "10%",
}
REPORT = {
    "supplier_kg": "45 kg CO2e measured [PCF-2026-017]",
    "supplier_boundary": "cradle-to-gate",
}
WITH = PHONE | REPORT
MADE = [STAGES.index(name) for name in ("materials", "production")]


@pytest.fixture(scope="module")
def judge() -> Study:
    return Study("2026.2")


@pytest.fixture(scope="module")
def both(judge: Study) -> pd.DataFrame:
    rows = [PHONE, WITH | {"sku": "S"}, WITH | {"sku": "N", "supplier_kg": "45 kg CO2e"}]
    return judge.grades(rows, draws=200, stages=True).set_index("sku")


def test_it_takes_the_place_of_making_and_of_nothing_else(judge: Study, both: pd.DataFrame) -> None:
    without, taken = both.loc["P"], both.loc["S"]
    stage = judge.footprints([PHONE, WITH | {"sku": "S"}]).stages
    waste = stage[1, MADE].sum() - 45 / 0.9
    # 45 kg for each unit made, a tenth lost before sale and disposed of
    assert 0 < waste < 0.02
    for name in ("packaging", "distribution", "live_session", "use", "end_of_life"):
        assert taken[f"{name}_kg"] == without[f"{name}_kg"]
    # of four kept units one comes back, and half of those are made again
    saved = 0.25 * 0.5 * (stage[0, MADE].sum() - stage[1, MADE].sum())
    assert np.isclose(without["returns_kg"] - taken["returns_kg"], saved)
    assert taken["supplier_kg"] == 45
    assert np.isnan(without["supplier_kg"])


def test_without_a_document_no_number_moves(both: pd.DataFrame) -> None:
    # of other cells other draws, so bounds may differ within their sampling error
    numbers = [name for name in both if name.endswith("_kg") and "low" not in name]
    numbers = [name for name in numbers if "high" not in name]
    assert both.loc["N", numbers].equals(both.loc["P", numbers])
    assert "C279" in both.loc["N", "problem"]
    assert both.loc["N", "state"] == "not_applicable"


def test_a_device_is_graded_by_its_suppliers_report(both: pd.DataFrame) -> None:
    assert both.loc["P", "state"] == "not_applicable"
    assert (both.loc["S", "letter"], both.loc["S", "state"]) == ("B", "sure")
    assert both.loc["S", "evidence"] == "documented"
    assert both.loc["S", "documented_share"] > 0.7


def test_the_interval_is_as_wide_as_that_of_the_category(both: pd.DataFrame) -> None:
    stages = (
        both.loc["S", ["materials_low_kg", "materials_high_kg"]] / both.loc["S", "materials_kg"]
    )
    usual = both.loc["P", ["materials_low_kg", "materials_high_kg"]] / both.loc["P", "materials_kg"]
    # of other contents other draws
    assert np.allclose(stages.astype(float), usual.astype(float), rtol=0.1)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"supplier_boundary": ""}, "C280"),
        ({"supplier_boundary": "cradle-to-grave"}, "C280"),
        ({"supplier_kg": "45 kg CO2e measured"}, "C279"),
        ({"supplier_kg": "0.001 kg CO2e measured [PCF-2026-017]"}, "C284"),
    ],
)
def test_what_does_not_count_is_told(judge: Study, cells: dict[str, str], code: str) -> None:
    row = judge.grades(WITH | cells, draws=100).iloc[0]
    assert code in row["reason"].split()
    assert row["letter_text"] == ""


def test_both_languages_and_headers_say_the_same(judge: Study) -> None:
    zh = {"供应商碳足迹(kg CO2e)": "45 实测【PCF-2026-017】", "供应商足迹边界": "摇篮到大门"}
    first, second = (judge.grades(goods, draws=0)["total_kg"][0] for goods in (WITH, PHONE | zh))
    assert first == second


def test_untold_materials_are_no_silence_under_a_report(judge: Study) -> None:
    told, untold = (judge.grades(WITH | {"materials": text}, draws=100).iloc[0] for text in
                    ("smartphone 100%", ""))  # fmt: skip
    assert untold["total_kg"] == pytest.approx(told["total_kg"])
    assert untold["dear_kg"] == pytest.approx(told["dear_kg"])
    assert untold["state"] == "sure"


def test_it_is_told_in_explain_and_on_labels(judge: Study) -> None:
    lines = "\n".join(tree(judge, judge.catalogue(WITH), 0.5, "en"))
    assert "scaled to the supplier's footprint: 45 kg CO2e, cradle to gate" in lines
    assert "supplier_kg [PCF-2026-017]" in lines
    graded = judge.grades(WITH, draws=100, stages=True)
    issue = Issue(date(2026, 1, 1), judge.scale, judge.method, judge.boundary)
    beside = about(judge.catalogue(WITH), judge.vocabulary.categories)
    fact = facts(graded, beside, issue).iloc[0].to_dict()
    told = json.loads(json_label(fact, judge.scale))
    assert told["quality"]["supplier_footprint"] == 45
    schema = json.loads((templates_root() / "schema" / "label.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(told)
    svg = judge.label(WITH, draws=100, templates=["sheet"], langs=["en"]).svg("P")
    assert "Making by the supplier" in svg
    assert "own footprint: 45 kg" in svg
