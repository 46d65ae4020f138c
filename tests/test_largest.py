"""A footprint that nothing of its category can have is withheld behind every door."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from carbon.base.rules import templates_root
from carbon.cli.main import main
from carbon.footprint.largest import with_results
from carbon.footprint.scenario import what_if
from carbon.incentive.vat_rules import load_rule
from carbon.office import Office
from carbon.platform import Platform
from carbon.study import Study

# a session of fifty thousand kilowatt-hours on one unit: each cell is possible, the result is not
GOODS = (
    "sku,category,mass,units_sold,session,session_kwh\nA,t_shirt,180 g,1,S1,50000\nB,T恤,180 g,,,\n"
)


@pytest.fixture(scope="module")
def graded(study: Study) -> pd.DataFrame:
    return study.grades(GOODS, draws=20)


def test_it_is_no_number_and_has_its_code(study: Study, graded: pd.DataFrame) -> None:
    row = graded.iloc[0]
    assert graded["problem"].tolist() == ["S007", ""]
    assert row[["total_kg", "low_kg", "high_kg", "ratio"]].isna().all()
    assert (row["state"], row["letter"], row["reason"]) == ("unknown", "", "S007")
    found = study.footprints(GOODS)
    assert found.beyond is not None
    assert (found.beyond > 10_000).tolist() == [True, False]
    told = with_results(found.catalogue, graded).problems
    assert told[["code", "sku", "row"]].to_numpy().tolist() == [["S007", "A", 2]]
    assert set(what_if(study, found.catalogue, ["e-van"])["problem"]) == {"S007", ""}


def test_it_is_neither_ranked_nor_credited(study: Study, graded: pd.DataFrame) -> None:
    ranked = Platform(study, draws=20).rank(GOODS)
    assert ranked[["sku", "reason_not_ranked"]].to_numpy().tolist() == [["B", ""], ["A", "S007"]]
    sales = pd.DataFrame({"sku": ["A", "B"], "units": 9, "revenue": "100 CNY"})
    sales = sales.assign(date="2026-07-01", taxpayer="T1", vat_rate="13%")
    rule = load_rule(templates_root() / "tax" / "paper-2percent.toml")
    lines = Office(study, rule, draws=20).dossier(GOODS, sales, "2026Q3").assessment.lines
    assert lines.set_index("sku").loc["A", "relief"] == 0


def test_every_category_has_a_bound_that_no_archetype_comes_near(study: Study) -> None:
    path = templates_root() / "catalogue" / "largest_footprints.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["category"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(study.vocabulary.names("category").ids)
    assert all(row["cite"] and row["kind"] == "assumption" for row in rows.values())
    units = study.edition.judging["functional_quantities"].set_index("category")["unit"]
    assert all(row["unit"] == units[name] for name, row in rows.items())
    kg = study.references.stages(study).sum(axis=1)
    each = kg / pd.Series(study.references.quantity).reindex(kg.index).fillna(1.0)
    most = np.array([float(rows[name.partition("/")[0]]["most_kg"]) for name in each.index])
    assert (most > 50 * each.to_numpy()).all()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_beyond_is_told_in_words(tmp_path, monkeypatch, lang: str) -> None:
    (tmp_path / "g.csv").write_text(GOODS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for asked in (["compare", "g.csv", "A", "B"], ["explain", "g.csv", "A"]):
        answer = CliRunner().invoke(main, [*asked, "--lang", lang])
        assert answer.exit_code in (0, 1), answer.output
        assert "nan" not in answer.output.replace("finance", "")
        assert ("无数据" if lang == "zh" else "not available") in answer.output
