"""A table of evidence at every door, and what each page tells of evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import carbon
from carbon.base.errors import CatalogueError
from carbon.cli.catalogue import check, explain
from carbon.cli.footprint import footprint
from carbon.cli.label import label
from carbon.cli.main import main
from carbon.cli.report import report
from carbon.cli.tax import reproduce, tax
from carbon.footprint.evidence import EVIDENCE, levels
from carbon.study import Study

GOODS = """sku,category,name,mass,materials,packaging,transport
A,t_shirt,纯棉T恤,150 g,cotton 100%,courier bag 18 g; waybill 4.5 g,"truck 1200 km, van 20 km"
B,t_shirt,纯棉T恤,180 g,cotton 100%,courier bag 18 g; waybill 4.5 g,"truck 1200 km, van 20 km"
"""
EVIDENCE_ROWS = "商品编码,列,凭证,编号,日期\nA,净重,scale-0412.pdf,,2026-04-12\nB,材质,,BOM-7,\n"
SALES = """entry,taxpayer,room,sku,units,revenue,currency,returned_units,refund,vat_rate,date
1,T1,r1,A,20,4000.00,CNY,2,400.00,13%,2026-07-01
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    (folder / "goods.csv").write_text(GOODS, "utf-8")
    (folder / "evidence.csv").write_text(EVIDENCE_ROWS, "utf-8")
    (folder / "sales.csv").write_text(SALES, "utf-8")
    (folder / "other.csv").write_text("sku,column,document\nZ,mass,a.pdf\n", "utf-8")
    return folder


def run(command: object, *words: object, code: int = 0) -> str:
    done = CliRunner().invoke(command, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.output


def test_it_is_read_in_python(place: Path) -> None:
    goods, file = place / "goods.csv", place / "evidence.csv"
    table = pd.DataFrame({"sku": ["A"], "column": ["mass"], "document": ["scale-0412.pdf"]})
    for filled in (
        carbon.read(goods, evidence=file),
        Study(evidence=str(file)).catalogue(goods),
        carbon.read(goods, evidence=table),
    ):
        assert EVIDENCE[levels(filled)["mass"][0]] == "documented"
        assert EVIDENCE[levels(filled)["mass"][1]] == "declared"
    assert filled.evidence["document"].tolist() == ["scale-0412.pdf"]


def test_a_document_of_nothing_is_refused(place: Path) -> None:
    with pytest.raises(CatalogueError, match=r"C282 other\.csv, row 2"):
        carbon.read(place / "goods.csv", evidence=place / "other.csv")
    with pytest.raises(CatalogueError, match="C001"):
        Study(evidence=place / "nothing.csv")
    with pytest.raises(CatalogueError, match="C281"):
        Study(evidence=place / "sales.csv")


def test_every_command_that_reads_a_catalogue_takes_it() -> None:
    reading = [
        (name, each)
        for name, each in _commands(main)
        if any(p.name == "catalogue" for p in each.params)
    ]
    assert len(reading) > 10
    for name, each in reading:
        assert any("--evidence" in p.opts for p in each.params), name


def _commands(group: object, before: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name in group.list_commands(None):
        each = group.get_command(None, name)
        inner = hasattr(each, "list_commands")
        found += _commands(each, f"{name} ") if inner else [(before + name, each)]
    return found


def test_check_and_explain_tell_it(place: Path) -> None:
    goods, given = place / "goods.csv", ("--evidence", place / "evidence.csv")
    run(check, goods, *given)
    assert "C282" in run(main, "check", goods, "--evidence", place / "other.csv", code=3)
    said = run(explain, goods, "A", *given, "--lang", "en")
    assert "documents: mass [scale-0412.pdf]" in said
    assert "evidence: assumed; documented 0% of the total" in said
    assert "not told, so taken high: +" in said
    assert "letter: " in said


def test_batches_take_what_is_theirs_and_the_manifest_names_it(place: Path) -> None:
    out = place / "out.csv"
    words = [place / "goods.csv", "-o", out, "--draws", 0, "--batch", 1, "--workers", 1]
    run(footprint, *words, "--evidence", place / "evidence.csv", "--manifest", place / "m.json")
    manifest = json.loads((place / "m.json").read_text("utf-8"))
    assert len(manifest["arguments"]["evidence"]) == 64
    bare = place / "bare.csv"
    run(footprint, place / "goods.csv", "-o", bare, "--draws", 0, "--manifest", place / "n.json")
    assert "evidence" not in json.loads((place / "n.json").read_text("utf-8"))["arguments"]


def test_labels_say_the_class_and_what_documents_show(place: Path) -> None:
    words = [place / "goods.csv", "--sku", "A", "--draws", 50, "--format", "json"]
    out = place / "labels"
    run(label, *words, "-o", out, "--evidence", place / "evidence.csv")
    told = json.loads(next(out.rglob("*.json")).read_text("utf-8"))
    assert told["quality"]["evidence"] == "assumed"  # the return rate is not told
    assert told["footprint"]["taken_high_for_silence"] > 0
    assert told["grade"]["reason"] is None or "C263" not in told["grade"]["reason"]


def test_a_report_counts_evidence_and_what_silence_added(place: Path) -> None:
    page = place / "report.html"
    words = [place / "goods.csv", "-o", page, "--draws", 50, "--lang", "en"]
    run(report, *words, "--evidence", place / "evidence.csv")
    text = page.read_text("utf-8")
    for told in ("share from documented data", "assumed 2",
                 "added because merchants did not tell", "--evidence evidence.csv"):  # fmt: skip
        assert told in text, told


def test_a_dossier_keeps_it_and_is_made_again(place: Path) -> None:
    out = place / "dossier"
    words = [place / "goods.csv", "--sales", place / "sales.csv", "--period", "2026Q3", "-o", out]
    run(tax, *words, "--draws", 50, "--lang", "en", "--evidence", place / "evidence.csv")
    dossier = json.loads((out / "dossier.json").read_text("utf-8"))
    line = dossier["lines"][0]
    assert line["evidence"] == "assumed"
    assert line["documented_share"] == 0
    assert line["dear_kg"] > 0
    assert isinstance(line["reason"], str)
    assert line["supplier_kg"] is None
    assert "evidence" in [named["role"] for named in dossier["inputs"]]
    run(reproduce, out / "manifest.json")
