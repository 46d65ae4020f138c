"""One value reads the same on every page, sheet, chart and label."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from chinese import texts_of
from hypothesis import given, settings
from hypothesis import strategies as st
from label_facts import ISSUE, SCALE, fact

from carbon.base import digits
from carbon.base.terms import STAGES
from carbon.label.claims import load_market
from carbon.label.design import load_design
from carbon.label.facts import about, facts
from carbon.label.machine import json_label
from carbon.pages.html import Say
from carbon.pages.report import report
from carbon.pages.report_words import Telling
from carbon.paper.sku_charts import stage_chart
from carbon.study import Study

GOLD = "sku,name,category,mass,materials,units_sold\nG-1,足金项链,jewellery_gold,10 g,金 100%,500\n"

amounts = st.floats(1e-3, 1e5)


@given(amounts, st.floats(0, 1), st.floats(0, 3))
@settings(max_examples=25, deadline=None)
def test_every_door_prints_a_value_and_its_interval_alike(
    value: float, below: float, above: float
) -> None:
    low, high = value * (1 - below * 0.9), value * (1 + above)
    if not high > low:
        return
    wanted = digits.amount(value, low, high)
    number, interval = wanted.split(" ")
    said = fact(total_kg=value, low_kg=low, high_kg=high)
    machine = json.loads(json_label(said, SCALE))["footprint"]
    assert [digits.printed(said[key]) for key in ("total", "low", "high")] == [
        number,
        *interval.strip("()").split("–"),
    ]
    assert machine["value"] == float(number.replace(",", ""))
    for name in ("label", "sheet"):
        design = load_design(name)
        lines = texts_of(design.svg(design.values(said, SCALE, ("en",))))
        assert any(line == said["total"] for line in lines)
        assert f"95 % interval {said['low']}–{said['high']}" in lines
    telling = Telling(SimpleNamespace(), Say("report", ["en"]), {}, {}, {}, 0.9)  # type: ignore[arg-type]
    assert telling.kg({"total_kg": value, "low_kg": low, "high_kg": high}) == wanted
    drawn = stage_chart({"materials": value}, intervals={"total": (low, high)}, lang="en")
    assert digits.amount(value, low, high, " to ") in texts_of(drawn)


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


@pytest.fixture(scope="module")
def gold(study: Study) -> dict[str, Any]:
    """One SKU with its label, its row and its report."""
    catalogue = study.catalogue(GOLD)
    graded = study.grades(catalogue, draws=200, stages=True)
    table = facts(graded, about(catalogue, study.vocabulary.categories), ISSUE)
    html, _ = report(
        study, catalogue, load_market("neutral"), source=Path("gold.csv"), draws=200, langs=("en",)
    )
    tree = study.explain(catalogue, "G-1").splitlines()
    return {"graded": graded, "label": table.iloc[0].to_dict(), "html": html, "tree": tree}


def test_the_report_of_one_sku_equals_its_row(gold: dict[str, Any]) -> None:
    row = gold["graded"].iloc[0]
    wanted = digits.amount(row["total_kg"], row["low_kg"], row["high_kg"])
    texts = texts_of(gold["html"])
    assert wanted in texts, "the row of the SKU"
    mean = texts.index("mean per kept unit")
    assert texts[mean + 1] == wanted.split(" ")[0]
    assert wanted.split(" ")[1] in texts[mean + 2]
    label = gold["label"]
    assert wanted == (
        f"{digits.printed(label['total'])} ({digits.printed(label['low'])}–"
        f"{digits.printed(label['high'])})"
    )


def test_a_tree_prints_the_total_and_the_stages_of_its_row(gold: dict[str, Any]) -> None:
    row = gold["graded"].iloc[0]
    assert gold["tree"][1].startswith(f"{digits.amount(row['total_kg'])} kg CO2e per kept unit")
    printed = {
        line.split()[1]: line.split("  ")[1] for line in gold["tree"] if line.startswith("├─ ")
    }
    assert len(printed) > 3
    for stage in set(printed) & set(STAGES):
        assert printed[stage] == f"{digits.amount(row[f'{stage}_kg'])} kg"


@given(amounts, st.floats(0, 1), st.floats(0, 3))
@settings(max_examples=12, deadline=None)
def test_a_badge_an_overlay_and_a_frame_print_it_alike(
    value: float, below: float, above: float
) -> None:
    low, high = value * (1 - below * 0.9), value * (1 + above)
    wanted = digits.amount(value, low, high)
    said = fact(total_kg=value, low_kg=low, high_kg=high)
    for name in ("badge", "overlay-portrait", "overlay-landscape"):
        design = load_design(name)
        assert said["total"] in texts_of(design.svg(design.values(said, SCALE, ("en",))))
    assert digits.printed(said["total"]) == wanted.split(" ")[0]


def test_the_interval_of_a_report_of_one_unit_is_that_of_the_row(study: Study) -> None:
    """Without units sold the sum over the catalogue is the SKU itself."""
    lines = GOLD.replace(",units_sold", "").replace(",500", "")
    catalogue = study.catalogue(lines)
    row = study.grades(catalogue, draws=200).iloc[0]
    html, found = report(
        study, catalogue, load_market("neutral"), source=Path("gold.csv"), draws=200, langs=("en",)
    )
    total = found.stages["total"]
    assert digits.amount(*total) == digits.amount(row["total_kg"], row["low_kg"], row["high_kg"])
    assert digits.amount(*total) in texts_of(html), "the bar of the chart"


def test_total_reference_and_ratio_agree_as_they_are_printed(study: Study) -> None:
    graded = study.grades(Path(__file__).parents[1] / "examples/catalogue.csv", draws=0)
    held = graded[graded["ratio"].notna()]
    totals, usual = (
        digits.amounts(held[name].to_numpy(np.float64))[0] for name in ("total_kg", "reference_kg")
    )
    printed = pd.Series(facts_ratio(totals, usual, held["ratio"].to_numpy(np.float64), study))
    again = [
        100 * float(value) / float(reference)
        for value, reference in zip(totals, usual, strict=True)
    ]
    apart = np.abs(printed.astype(float).to_numpy() - np.array(again))
    assert (apart <= 0.501).mean() > 0.97
    astray = study.scale.letter(printed.astype(float).to_numpy() / 100)
    assert (astray == study.scale.letter(held["ratio"].to_numpy(np.float64))).all()
    assert apart.max() < 6


def facts_ratio(totals: Any, usual: Any, ratio: Any, study: Study) -> list[str]:
    from carbon.label.facts import ratios

    return ratios(totals, usual, ratio, study.scale)


def test_the_shares_on_a_label_sum_to_a_hundred(gold: dict[str, Any]) -> None:
    shares = [gold["label"][f"{stage}_share"] for stage in STAGES]
    assert sum(int(share) for share in shares if re.fullmatch(r"\d+", share)) == 100
