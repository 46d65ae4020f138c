"""The product study report: its numbers are the row's, and each has its cite."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from carbon.base.digits import amount
from carbon.base.errors import StudyError
from carbon.base.terms import BOUNDARIES, FITS
from carbon.base.words import section
from carbon.cli.main import main
from carbon.office import Office
from carbon.pages.html import Say
from carbon.study import Study

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "catalogue.csv"
SKUS = ["DRESS-001", "RICE-003"]
DRAWS = 50


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


@pytest.fixture(scope="module")
def document(study: Study) -> dict[str, Any]:
    return Office(study, draws=DRAWS).study_report(EXAMPLES, SKUS).document


def gap(value: float) -> float | None:
    """A number as JSON holds it."""
    return None if value != value else value


def numbers(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Records that hold a number, with where they stand."""
    if isinstance(node, dict):
        held = [
            value
            for item in node.values()
            for value in (item if isinstance(item, list) else [item])
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        if held:
            yield path, node
        for key, item in node.items():
            yield from numbers(item, f"{path}.{key}")
    elif isinstance(node, list):
        for item in node:
            yield from numbers(item, path)


def test_the_numbers_are_those_of_the_row(study: Study, document: dict[str, Any]) -> None:
    catalogue = study.catalogue(EXAMPLES).select(SKUS)
    table = study.grades(catalogue, draws=DRAWS, stages=True)
    for row, product in zip(table.to_dict("records"), document["products"], strict=True):
        results, held = product["results"], product["comparison"]
        assert product["sku"] == row["sku"]
        assert results["total"]["kg"] == row["total_kg"]
        assert (results["total"]["low_kg"], results["total"]["high_kg"]) == (
            row["low_kg"],
            row["high_kg"],
        )
        assert [stage["stage"] for stage in results["stages"]] == list(BOUNDARIES[study.boundary])
        for stage in results["stages"]:
            assert stage["kg"] == row[f"{stage['stage']}_kg"]
        for part in results["indicators"]:
            assert part["kg"] == gap(row[f"{part['indicator']}_kg"])
        assert (held["ratio"], held["letter_text"]) == (row["ratio"], row["letter_text"])
        assert held["reference_kg"] == row["reference_kg"]


def test_each_sum_is_that_of_its_parts(document: dict[str, Any]) -> None:
    for product in document["products"]:
        results, total = product["results"], product["results"]["total"]["kg"]
        for stage in results["stages"]:
            parts = [row["kg"] for row in product["inventory"] if row["stage"] == stage["stage"]]
            assert sum(parts) == pytest.approx(stage["kg"], rel=1e-9, abs=1e-12)
        for name in ("stages", "indicators"):
            assert sum(part["kg"] or 0.0 for part in results[name]) == pytest.approx(
                total, rel=1e-9
            )
        for row in product["inventory"]:
            assert row["amount"] * row["kg_per_unit"] == pytest.approx(row["kg"], rel=1e-9)


def test_every_number_has_its_cite(document: dict[str, Any]) -> None:
    held = list(numbers(document))
    assert len(held) > 200
    assert [path for path, record in held if not record.get("cite")] == []


def test_every_exchange_is_followed_to_a_package(document: dict[str, Any]) -> None:
    """Of what an inventory meets, the datasets are there, their inputs too, and their packages."""
    known = {(each["source"], each["cite"]) for each in document["datasets"]}
    names = {each["activity"] for each in document["datasets"]}
    packages = {package["id"]: package for package in document["packages"]}
    for product in document["products"]:
        for row in product["inventory"]:
            assert (row["factor_source"], row["cite"]) in known
    for dataset in document["datasets"]:
        assert packages[dataset["source"]]["citation"]
        assert packages[dataset["source"]]["licence"]
        inputs = [each for each in dataset["exchanges"] if each["kind"] == "input"]
        assert {each["flow"].partition(", from ")[0] for each in inputs} <= names


@pytest.mark.parametrize("langs", [("en",), ("zh",), ("zh", "en")])
def test_the_page_prints_what_the_document_holds(study: Study, langs: tuple[str, ...]) -> None:
    report = Office(study, draws=DRAWS).study_report(EXAMPLES, SKUS[:1], langs=langs)
    total = report.document["products"][0]["results"]["total"]
    assert total["text"] == amount(total["kg"], total["low_kg"], total["high_kg"])
    assert total["text"] in report.html
    assert report.html.count("<h2 ") == 10
    assert "http-equiv" in report.html
    assert "<script" not in report.html
    assert "nan" not in re.sub(r"<[^>]+>", " ", report.html).lower().split()


def test_chinese_stands_in_the_chinese_page(study: Study) -> None:
    page = Office(study, draws=0).study_report(EXAMPLES, SKUS[:1], langs=["zh"]).html
    for word in ("目的与范围", "系统边界", "清单", "数据质量", "敏感性", "假定与局限", "第 106 行"):
        assert word in page
    assert "Goal and scope" not in page


def test_a_gap_stays_a_gap(study: Study) -> None:
    goods = "sku,category,mass\nA,no such thing,100 g\n"
    report = Office(study, draws=DRAWS).study_report(goods)
    assert report.left_out
    product = json.loads(report.to_json())["products"][0]
    assert product["results"]["total"]["kg"] is None
    assert product["comparison"]["ratio"] is None
    assert "–" in report.html


def test_a_text_of_a_merchant_stays_a_text(study: Study) -> None:
    goods = {"sku": "<b>1", "name": "<script>alert(1)</script>", "category": "t_shirt"}
    page = Office(study, draws=0).study_report(goods).html
    assert "<script" not in page
    assert "<b>1" not in page


def test_too_many_are_refused(study: Study) -> None:
    with pytest.raises(StudyError, match="S036"):
        Office(study, draws=0).study_report(EXAMPLES)


def test_the_command_writes_the_same(tmp_path: Path, document: dict[str, Any]) -> None:
    words = ["report", str(EXAMPLES), "--draws", str(DRAWS), "--sku", SKUS[0], "--sku", SKUS[1]]
    for name in ("study.json", "study.html"):
        result = CliRunner().invoke(main, [*words, "--lang", "en", "-o", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "study.json").read_text(encoding="utf-8"))
    assert written == document
    assert document["catalogue"]["sha256"] in (tmp_path / "study.json").read_text("utf-8")
    whole = CliRunner().invoke(main, ["report", str(EXAMPLES), "-o", str(tmp_path / "all.json")])
    assert whole.exit_code == 5


def test_every_fit_has_its_word() -> None:
    keys = [f"match_{fit.replace(' ', '_')}" for fit in FITS]
    assert set(keys) <= set(section("explain", "zh"))
    assert all(Say("study", ["zh"]).has(key) for key in keys)
