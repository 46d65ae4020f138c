"""The files of a dossier: formulas that recompute, bytes that repeat, text that never runs."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import formualizer
import openpyxl
import pandas as pd
import pdfplumber
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

import carbon.incentive.workbook as workbook
from carbon.base.errors import CarbonError, OutputError, StudyError
from carbon.base.files import digest
from carbon.base.rules import templates_root
from carbon.cli.tax import reproduce, tax
from carbon.incentive.dossier import Dossier, changes, earlier, line_table
from carbon.incentive.signature import summary_pdf
from carbon.incentive.vat_rules import load_rule
from carbon.office import make_dossier as make
from carbon.run.dossier_files import write_amounts
from carbon.run.dossier_folder import DossierOptions as Asked
from carbon.run.dossier_folder import dossier_manifest as read_manifest
from carbon.run.dossier_folder import restored

RULE = templates_root() / "tax" / "paper-2percent.toml"
EVIL = '=HYPERLINK("http://x.example")'
MARKUP = "<r><t>&amp;</t></r>"
CATALOGUE = f"""sku,category,mass,transport,return_rate
A,t_shirt,180 g,,20%
B,dress,400 g,"air 100%: truck 80 km, plane 900 km",30%
C,nothing of the kind,1 kg,,
"{EVIL.replace('"', '""')}",t_shirt,190 g,,25%
"""
SALES = f"""entry,taxpayer,room,sku,units,revenue,currency,returned_units,refund,vat_rate,date
1,T1,r1,A,20,4000.00,CNY,2,400.00,13%,2026-07-01
2,T1,r1,B,3,100.25,CNY,0,0,13%,2026-08-15
3,T1,r1,C,5,99.99,CNY,0,0,9%,2026-09-30
4,T1,r1,"{EVIL.replace('"', '""')}",5,1528.25,CNY,0,0,13%,2026-09-30
5,{MARKUP},r2,A,10,2555.55,CNY,0,0,13%,2026-07-02
6,{MARKUP},r2,A,10,2555.55,USD,0,0,13%,2026-07-02
"""
BASE = "sku,category,mass,return_rate\nA,t_shirt,200 g,30%\nB,dress,450 g,30%\n"
BASE_SALES = """taxpayer,sku,units,revenue,currency,vat_rate,date
T1,A,20,3800.00,CNY,13%,2025-07-01
T1,B,3,90.00,CNY,13%,2025-08-01
"""
BEFORE = {
    "schema": "carbon-tax-dossier/1",
    "currency": "CNY",
    "period": {"name": "2026Q2"},
    "basis": "another",
    "lines": [
        {
            "taxpayer": "T1",
            "sku": "A",
            "base": "-1.05",
            "relief": "0.00",
            "eligible": False,
            "total_kg": 1.0,
        },
        {
            "taxpayer": "T1",
            "sku": "GONE",
            "base": "7.00",
            "relief": "0.02",
            "eligible": True,
            "total_kg": None,
        },
    ],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dossier]:
    home = tmp_path_factory.mktemp("tax")
    for name, text in (
        ("catalogue.csv", CATALOGUE),
        ("sales.csv", SALES),
        ("base.csv", BASE),
        ("base-sales.csv", BASE_SALES),
        ("before.json", json.dumps(BEFORE)),
    ):
        (home / name).write_text(text, encoding="utf-8")
    rule = RULE.read_text(encoding="utf-8").replace('level = "line"', 'level = "total"')
    (home / "rule.toml").write_text(rule, encoding="utf-8")
    inputs = {
        "catalogue": [home / "catalogue.csv"],
        "sales": [home / "sales.csv"],
        "rules": [home / "rule.toml"],
        "base_sales": [home / "base-sales.csv"],
        "base_catalogue": [home / "base.csv"],
        "previous": [home / "before.json"],
    }
    asked = Asked(
        period="2026Q3",
        languages=["en", "zh"],
        draws=100,
        edition="2026.1",
        method="GWP100 AR6",
        boundary="cradle-to-grave",
    )
    _, dossier = make(inputs, asked, home / "dossier")
    return home / "dossier", dossier


def agrees(value: object, again: object) -> bool:
    value, again = ("" if one is None else one for one in (value, again))
    if isinstance(value, int | float) and isinstance(again, int | float):
        return math.isclose(value, again, rel_tol=1e-12, abs_tol=1e-9)
    return value == again


def formulas(path: Path) -> list[tuple[str, int, int, object]]:
    """Sheet, row, column and cached value of every formula."""
    told, shown = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    return [
        (sheet.title, cell.row, cell.column, shown[sheet.title].cell(cell.row, cell.column).value)
        for sheet in told
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]


def recomputed(path: Path) -> int:
    book = formualizer.load_workbook(str(path), strategy="eager_all")
    book.evaluate_all()
    found = formulas(path)
    for sheet, row, column, value in found:
        again = book.evaluate_cell(sheet, row, column)
        assert agrees(value, again), (sheet, row, column, value, again)
    return len(found)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_independent_evaluator_comes_to_the_same(made: tuple[Path, Dossier], lang: str) -> None:
    folder, dossier = made
    path = folder / f"dossier.{lang}.xlsx"
    assert recomputed(path) > 100
    relief = sum(dossier.assessment.totals["relief"]) / 100
    cover = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    assert relief in [row[1].value for row in cover.iter_rows(max_col=2)]
    assert relief > 0


def test_a_changed_bound_and_rate_run_through_to_the_total(made: tuple[Path, Dossier]) -> None:
    folder, dossier = made
    path = folder / "dossier.en.xlsx"
    total = next(f for f in formulas(path) if f[0] == "Cover")
    rules = openpyxl.load_workbook(path)["Rule"]
    rows = {row[0].value: row[0].row for row in rules.iter_rows()}
    book = formualizer.load_workbook(str(path), strategy="eager_all")
    relief = rows["Relief rate (share of the tax)"]
    book.set_value("Rule", relief, 2, 0.04)
    book.evaluate_all()
    exact = dossier.assessment.totals["exact_micro"] / 1e6
    doubled = sum(math.floor(2 * value + 0.5) for value in exact) / 100
    assert book.evaluate_cell(*total[:3]) == pytest.approx(doubled, abs=1e-9)
    book.set_value("Rule", rows["Intensity at most"], 2, 1e-6)
    book.evaluate_all()
    assert book.evaluate_cell(*total[:3]) == 0


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_comes_to_the_same(made: tuple[Path, Dossier], tmp_path: Path) -> None:
    path = made[0] / "dossier.en.xlsx"
    profile = tmp_path / "profile" / "user"
    profile.mkdir(parents=True)
    always = (
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item '
        'oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" '
        'oor:op="fuse"><value>0</value></prop></item></oor:items>'
    )
    (profile / "registrymodifications.xcu").write_text(always, encoding="utf-8")
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{profile.parent}"]
    command += ["--convert-to", "xlsx", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    again = openpyxl.load_workbook(tmp_path / path.name, data_only=True)
    for sheet, row, column, value in formulas(path):
        assert agrees(value, again[sheet].cell(row, column).value), (sheet, row, column)


def test_a_table_longer_than_a_sheet_is_split(
    made: tuple[Path, Dossier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    path = tmp_path / "split.xlsx"
    dossier = replace(made[1], exchanges=None)
    workbook.write_workbook(dossier, path, "en", datetime(2026, 1, 1))
    sheets = openpyxl.load_workbook(path, read_only=True).sheetnames
    assert [name for name in sheets if name.startswith("Lines")] == ["Lines", "Lines 2", "Lines 3"]
    recomputed(path)


def test_licensed_factors_are_not_handed_on(made: tuple[Path, Dossier], tmp_path: Path) -> None:
    """Their SKU keeps its footprint as a number; nothing adds up to something else."""
    dossier = made[1]
    assert dossier.exchanges is not None
    hidden = dossier.exchanges.copy()
    first = hidden.index[hidden["sku"] == "A"][:2]
    hidden.loc[first, ["kg_per_unit", "kg"]] = float("nan")
    path = tmp_path / "licensed.xlsx"
    workbook.write_workbook(replace(dossier, exchanges=hidden), path, "en", datetime(2026, 1, 1))
    recomputed(path)
    sheet = openpyxl.load_workbook(path)["Inventory"]
    names = [cell.value for cell in sheet[1]]
    total = names.index("Footprint [kg CO₂e/unit]")
    rows = {row[0].value: row[total] for row in sheet.iter_rows(min_row=2)}
    assert isinstance(rows["A"].value, float)
    assert rows["B"].data_type == "f"


@pytest.mark.parametrize("mode", ["half_even", "down", "up"])
def test_every_rounding_rule_has_its_formula(
    made: tuple[Path, Dossier], tmp_path: Path, mode: str
) -> None:
    from carbon.incentive.sales import settle
    from carbon.incentive.vat import assess

    dossier = made[1]
    changed = load_rule(RULE).model_dump() | {
        "rounding": {"mode": mode, "level": "line"},
        "prices": "tax_excluded" if mode == "up" else "tax_included",
        "caps": {"per_sku": "40.00", "per_taxpayer": "45.00"},
        "negative_base": "zero",
    }
    rule = type(dossier.rule).model_validate(changed)
    from carbon.catalogue.ledger import read_ledger

    lines = settle(read_ledger(made[0].parent / "sales.csv", "sales"), rule, dossier.period).lines
    told = dossier.footprints.assign(line=2)
    path = tmp_path / "rounded.xlsx"
    other = replace(dossier, rule=rule, assessment=assess(lines, told, rule, dossier.period))
    workbook.write_workbook(other, path, "zh", datetime(2026, 1, 1))
    recomputed(path)


def test_text_never_runs(made: tuple[Path, Dossier]) -> None:
    folder, _ = made
    book = openpyxl.load_workbook(folder / "dossier.en.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    evil = [cell for cell in cells if isinstance(cell.value, str) and cell.value == EVIL]
    assert len(evil) > 3
    assert {cell.data_type for cell in evil} == {"s"}
    assert any(cell.value == MARKUP for cell in cells)
    assert not any("HYPERLINK" in str(cell.value) for cell in cells if cell.data_type == "f")
    for name in ("lines.csv", "problems.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        assert not re.search(r'(^|,)"?=HYPER', text, re.MULTILINE)
    assert "'=HYPERLINK" in (folder / "lines.csv").read_text(encoding="utf-8")
    with zipfile.ZipFile(folder / "dossier.en.xlsx") as package:
        assert not any("externalLink" in name for name in package.namelist())


def test_the_json_follows_its_schema_and_the_tables(made: tuple[Path, Dossier]) -> None:
    folder, dossier = made
    told = json.loads((folder / "dossier.json").read_text(encoding="utf-8"))
    schema = json.loads((folder / "dossier.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(told)
    lines = pd.read_csv(folder / "lines.csv", dtype=str, keep_default_na=False)
    assert [line["relief"] for line in told["lines"]] == lines["relief"].tolist()
    assert lines["currency"].eq("CNY").all()
    assert sum(float(line["relief"]) for line in told["lines"]) == pytest.approx(
        sum(float(one["relief_lines"]) for one in told["totals"])
    )
    by_sku = {(line["taxpayer"], line["sku"]): line for line in told["lines"]}
    assert by_sku["T1", "C"]["total_kg"] is None
    assert not by_sku["T1", "C"]["eligible"]
    evidence = by_sku["T1", "A"]["conditions"]["intensity_at_most"]["evidence"]
    assert "catalogue row 2" in evidence
    assert "sales rows from row 2" in evidence
    exchanges = pd.read_parquet(folder / "inventory.parquet")
    total = exchanges[exchanges["sku"] == "A"]["kg"].sum()
    assert total == pytest.approx(by_sku["T1", "A"]["total_kg"], abs=1e-6)
    assert set(exchanges["cite"]) <= {factor["cite"] for factor in told["factors"]} | {""}
    assert dossier.change is not None


@pytest.mark.parametrize(
    ("lang", "sheet", "names"),
    [
        (
            "en",
            "Lines",
            ("SKU", "Footprint [kg CO₂e/unit]", "Upper bound [kg CO₂e/unit]", "Relief"),
        ),
        ("zh", "明细", ("商品编码", "碳足迹（kg CO₂e/件）", "上限（kg CO₂e/件）", "优惠额")),
    ],
)
def test_every_file_of_a_dossier_holds_the_same_value(
    made: tuple[Path, Dossier], lang: str, sheet: str, names: tuple[str, ...]
) -> None:
    folder, _ = made
    told = json.loads((folder / "dossier.json").read_text(encoding="utf-8"))["lines"]
    table = pd.read_csv(folder / "lines.csv", dtype=str, keep_default_na=False)
    rows = openpyxl.load_workbook(folder / f"dossier.{lang}.xlsx", data_only=True)[sheet]
    head, *cells = rows.iter_rows(values_only=True)
    assert len(cells) == len(told) == len(table) > 3
    keys = ("sku", "total_kg", "high_kg", "relief")
    for line, written, shown in zip(told, table.to_dict("records"), cells, strict=True):
        for key, name in zip(keys, names, strict=True):
            value = shown[head.index(name)]
            text = written[key].removeprefix("'")
            if key == "sku" or line[key] is None or value is None:
                assert (line[key] or "") == text == str(value or "").removeprefix("'")
            else:  # the workbook shows six decimals of kilograms, and money as it is
                assert f"{float(line[key]):.6f}" == f"{float(text):.6f}" == f"{value:.6f}"


def test_the_summary_can_be_signed(made: tuple[Path, Dossier]) -> None:
    folder, dossier = made
    relief = f"{sum(dossier.assessment.totals['relief']) / 100:,.2f} CNY"
    for lang, words in (("zh", ["纳税人签章", "无（未登记）"]), ("en", ["none on file"])):
        with pdfplumber.open(folder / f"summary.{lang}.pdf") as pdf:
            text = "\n".join(page.extract_text() or "" for page in pdf.pages)
        assert relief in text
        for word in words:
            assert word in text
        told = read_manifest(folder / "manifest.json")
        hashes = {one.path: one.sha256 for one in told.outputs}
        assert hashes["dossier.json"] in text.replace("\n", "")


def test_changes_since_the_period_before(made: tuple[Path, Dossier], tmp_path: Path) -> None:
    table = made[1].changes
    assert table is not None
    rows = {(row["taxpayer"], row["sku"]): row for row in table.to_dict("records")}
    one, gone = rows["T1", "A"], rows["T1", "GONE"]
    assert (one["status_before"], one["base_before"], one["status_now"]) == ("no", -105, "yes")
    assert math.isnan(one["kg_before"])  # on another basis it is not compared
    assert (gone["status_now"], gone["relief_before"], gone["relief_now"]) == ("", 2, 0)
    again = earlier(made[0] / "dossier.json", made[1].rule)
    same = changes(made[1].assessment.lines, again, made[1].basis)
    assert same["relief_before"].equals(same["relief_now"])
    assert same["kg_before"].equals(same["kg_now"])
    endless = json.dumps(BEFORE).replace("-1.05", "Infinity")
    for text in ("{}", "[", '{"schema": "x", "currency": "CNY"}', "[1]", endless):
        (tmp_path / "bad.json").write_text(text, encoding="utf-8")
        with pytest.raises(StudyError, match="T006"):
            earlier(tmp_path / "bad.json", made[1].rule)


def test_a_dossier_is_reproduced_byte_for_byte(made: tuple[Path, Dossier], tmp_path: Path) -> None:
    shutil.copytree(made[0], tmp_path / "handed-in")
    manifest = tmp_path / "handed-in" / "manifest.json"
    again = tmp_path / "again"
    found = CliRunner().invoke(reproduce, [str(manifest), "-o", str(again)])
    assert found.exit_code == 0, found.output
    assert "the same byte for byte" in found.output
    files = {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert files == {path.relative_to(made[0]) for path in made[0].rglob("*") if path.is_file()}
    assert (again / "manifest.json").read_bytes() == manifest.read_bytes()
    text = manifest.read_text(encoding="utf-8")
    told = read_manifest(manifest)
    wrong = next(one for one in told.outputs if one.path == "lines.csv").sha256
    manifest.write_text(text.replace(wrong, "0" * 64), encoding="utf-8")
    found = CliRunner().invoke(reproduce, [str(manifest)])
    assert isinstance(found.exception, StudyError)
    assert found.exception.code == "T012"
    assert found.exception.file == "lines.csv, manifest.json"
    assert "MISSTATED" in found.output
    (tmp_path / "handed-in" / "inputs" / "sales" / "sales.csv").write_text("x", encoding="utf-8")
    found = CliRunner().invoke(reproduce, [str(manifest)])
    assert isinstance(found.exception, StudyError)
    assert (found.exception.code, found.exception.file) == ("T011", "inputs/sales/sales.csv")


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../../x", "C:/x", "a\\b", "", ".", "a\0"]
)
def test_a_manifest_names_nothing_outside(
    made: tuple[Path, Dossier], tmp_path: Path, path: str
) -> None:
    told = json.loads((made[0] / "manifest.json").read_text(encoding="utf-8"))
    told["inputs"][0]["path"] = path
    (tmp_path / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(StudyError, match="T010"):
        read_manifest(tmp_path / "manifest.json")
    with pytest.raises(StudyError, match="T010"):
        read_manifest(tmp_path / "none.json")


@pytest.mark.parametrize("role", ["../../x", "/tmp/x", "output", "", "rules"])
def test_a_role_of_a_manifest_is_no_path(
    made: tuple[Path, Dossier], tmp_path: Path, role: str
) -> None:
    """A role names the folder that an input is copied to; a dossier needs its first three."""
    told = json.loads((made[0] / "manifest.json").read_text(encoding="utf-8"))
    sales = next(one for one in told["inputs"] if one["role"] == "sales")
    sales["role"] = role
    (tmp_path / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(StudyError, match="T010"):
        read_manifest(tmp_path / "manifest.json")
    sales["role"] = "sales"
    told["arguments"]["languages"] = ["../../x"]
    (tmp_path / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(StudyError, match="T010"):
        read_manifest(tmp_path / "manifest.json")


def test_a_file_that_was_put_beside_the_inputs_is_refused(
    made: tuple[Path, Dossier], tmp_path: Path
) -> None:
    shutil.copytree(made[0], tmp_path / "d")
    manifest = tmp_path / "d" / "manifest.json"
    own = tmp_path / "d" / "inputs" / "factors" / "own"
    own.mkdir(parents=True)
    (own / "a.csv").write_text("a", encoding="utf-8")
    told = json.loads(manifest.read_text(encoding="utf-8"))
    named = {"role": "factors", "path": "inputs/factors/own/a.csv"}
    told["inputs"].append(named | {"sha256": digest(own / "a.csv")})
    manifest.write_text(json.dumps(told), encoding="utf-8")
    assert restored(manifest, read_manifest(manifest))["factors"] == [own]
    (own / "b.csv").write_text("b", encoding="utf-8")
    with pytest.raises(StudyError, match=r"T011 .*inputs/factors/own/b\.csv"):
        restored(manifest, read_manifest(manifest))


def test_amounts_below_zero_stay_numbers_in_csv(made: tuple[Path, Dossier], tmp_path: Path) -> None:
    lines = made[1].assessment.lines
    less = lines.assign(relief=-lines["relief"] - 5, relief_micro=-lines["relief_micro"] - 1)
    assessment = replace(made[1].assessment, lines=less)
    table = line_table(replace(made[1], assessment=assessment))
    write_amounts(table, tmp_path / "lines.csv")
    again = pd.read_csv(tmp_path / "lines.csv", dtype=str, keep_default_na=False)
    for name in ("relief", "relief_exact", "vat_rate"):
        assert again[name].tolist() == table[name].tolist()
    assert again["relief"].str.startswith("-").all()


def test_names_and_large_amounts_do_not_overlap_in_the_summary(
    made: tuple[Path, Dossier], tmp_path: Path
) -> None:
    totals = made[1].assessment.totals.copy()
    totals["taxpayer"] = ["91330100EXAMPLE01X", "W" * 60]
    for name in ("net", "base", "tax", "relief"):
        totals[name] = 123_456_789_012
    dossier = replace(made[1], assessment=replace(made[1].assessment, totals=totals))
    (tmp_path / "s.pdf").write_bytes(summary_pdf(dossier, "", [], "en"))
    with pdfplumber.open(tmp_path / "s.pdf") as pdf:
        words = [word for page in pdf.pages for word in page.extract_words()]
    texts = [word["text"] for word in words]
    assert "91330100EXAMPLE01X" in texts
    assert texts.count("1,234,567,890.12") >= 8
    first = next(word for word in words if word["text"] == "91330100EXAMPLE01X")
    row = sorted((word["x0"], word["x1"]) for word in words if abs(word["top"] - first["top"]) < 2)
    assert len(row) == 9
    assert all(end[1] < start[0] for end, start in pairwise(row))


def test_a_missing_input_is_named(made: tuple[Path, Dossier], tmp_path: Path) -> None:
    shutil.copyfile(made[0] / "manifest.json", tmp_path / "manifest.json")
    manifest = tmp_path / "manifest.json"
    with pytest.raises(StudyError, match="T011"):
        restored(manifest, read_manifest(manifest))


def test_what_must_not_be_replaced(made: tuple[Path, Dossier], tmp_path: Path) -> None:
    home = made[0].parent

    def run(*words: str) -> CarbonError:
        common = [str(home / "catalogue.csv"), "--period", "2026Q3", "--draws", "0"]
        found = CliRunner().invoke(tax, [*common, *words])
        assert isinstance(found.exception, CarbonError), found.output
        return found.exception

    sales = ["--sales", str(home / "sales.csv")]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine", encoding="utf-8")
    error = run(*sales, "-o", str(tmp_path / "full"))
    assert isinstance(error, OutputError)
    assert error.code == "T007"
    assert run(*sales, "-o", str(home)).code == "T007"
    error = run(*sales, "--previous", str(made[0] / "dossier.json"), "-o", str(made[0]))
    assert error.code == "T007"
    assert run("--sales", str(home / "none.csv"), "-o", str(tmp_path / "d")).code == "G001"
    assert run(*sales, "--rules", "none.toml", "-o", str(tmp_path / "d")).code == "P001"
    assert not (tmp_path / "d").exists()
    assert not list(tmp_path.glob(".d*"))


def test_the_command_tells_and_replaces_its_own(made: tuple[Path, Dossier], tmp_path: Path) -> None:
    home = made[0].parent
    out = tmp_path / "dossier"
    words = [str(home / "catalogue.csv"), "--sales", str(home / "sales.csv"), "--period", "2026Q3"]
    words += ["--draws", "0", "--lang", "en", "-o", str(out)]
    found = CliRunner().invoke(tax, words)
    assert found.exit_code == 1, found.output  # one SKU is unknown, one line in dollars
    assert "legal basis: none on file" in found.output
    for code in ("T020", "T031", "T039"):  # without draws an upper bound is unknown
        assert code in found.output
    assert "relief 0.00 CNY" in found.output
    found = CliRunner().invoke(tax, [*words[:-3], "zh", "-o", str(out)])
    assert found.exit_code == 1
    names = {path.name for path in out.iterdir()}
    assert "dossier.zh.xlsx" in names
    assert "dossier.en.xlsx" not in names  # nothing of the dossier before is left
    assert CliRunner().invoke(tax, [*words[:-3], "fr", "-o", str(out)]).exit_code == 2
