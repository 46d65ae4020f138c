"""The public face: its names, what they cost, and how they do without the command line."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import carbon
from carbon.base.digits import carried_table
from carbon.base.errors import CarbonError, OutputError, StudyError
from carbon.base.shown import as_json
from carbon.catalogue.schema import Catalogue
from carbon.cli.main import main
from carbon.cli.options import OLD_NAMES
from carbon.office import Office
from carbon.platform import Platform
from carbon.run.manifest import read_manifest
from carbon.stages import take
from carbon.study import Study

ROOT = Path(__file__).resolve().parents[1]
GOODS = "sku,category,transport,return_rate\nA,t_shirt,plane 1650 km,30%\nB,dress,,\n"
EXPECTED = {
    "Anomalies", "Basis", "CarbonError", "Catalogue", "Change", "Dossier", "Edition", "Exposure",
    "Footprints", "Inventory", "Labels", "Ledger", "Lever", "Office", "Platform", "Policy", "Pool",
    "References", "RoomsJudged", "Scale", "Study", "UnitImpacts", "Vocabulary", "__version__",
    "lever", "read", "read_ledger", "reproduce", "verify",
}  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_names_of_the_face() -> None:
    """A name that comes or goes is a reviewed act."""
    assert set(carbon.__all__) == EXPECTED
    assert set(carbon.FACE) == EXPECTED - {"__version__"}
    assert dir(carbon) == sorted(dir(carbon), key=carbon.__all__.index)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = carbon.nonsense


@pytest.mark.parametrize("name", sorted(EXPECTED - {"__version__"}))
def test_a_name_is_documented_with_an_example(name: str) -> None:
    thing = getattr(carbon, name)
    text = inspect.getdoc(thing) or ""
    assert "Examples\n--------\n>>> " in text, name
    assert "Parameters\n----------\n" in text, name


def test_the_package_is_typed() -> None:
    assert (Path(carbon.__file__).parent / "py.typed").is_file()


def test_importing_the_face_imports_nothing_else() -> None:
    code = "import carbon, sys; print(*(m for m in sys.modules if m.split('.')[0] in {!r}))"
    heavy = ("numpy", "pandas", "pyarrow", "scipy", "pydantic", "bw2calc", "click")
    assert python(code.format(heavy)).split() == []
    loaded = python("import carbon, sys; print(*(m for m in sys.modules if 'carbon' in m))")
    assert loaded.split() == ["carbon"]


@pytest.mark.parametrize("module", ["run.batches", "run.spark", "pages.report"])
def test_rooms_below_a_study_do_not_import_it(module: str) -> None:
    """They name its type only; so the contract may leave the line out."""
    module = f"carbon.{module}"
    code = f"import {module}, sys; print(*(m for m in sys.modules if m.startswith('carbon.')))"
    loaded = set(python(code).split())
    assert module in loaded
    assert not loaded & {"carbon.study", "carbon.questions", "carbon.platform", "carbon.cli"}


def test_rooms_are_judged_from_two_imports() -> None:
    code = f"""
import pandas as pd
from carbon import Platform, Study
judged = Platform(Study(), draws=0).judge(
    {str(ROOT / "examples/platform")!r},
    {str(ROOT / "examples/catalogue.csv")!r},
    as_of="2026-12-31",
)
assert isinstance(judged.rooms, pd.DataFrame)
print(len(judged.rooms), judged.as_of)
"""
    count, day = python(code).split()
    assert int(count) == len(pd.read_csv(ROOT / "examples/platform/rooms.csv"))
    assert day == "2026-12-31"


def test_the_command_prints_what_the_face_gives(tmp_path: Path) -> None:
    out = tmp_path / "rooms.csv"
    words = ["room", ROOT / "examples/platform", "--catalogue", ROOT / "examples/catalogue.csv"]
    words += ["--as-of", "2026-12-31", "--draws", "0", "-o", out]
    CliRunner().invoke(main, [str(word) for word in words])
    judged = carbon.Platform(Study(), draws=0).judge(
        ROOT / "examples/platform", ROOT / "examples/catalogue.csv", as_of="2026-12-31"
    )
    written = pd.read_csv(out, keep_default_na=False, na_values=[""])
    assert written["points"].tolist() == carried_table(judged.rooms)["points"].tolist()


@pytest.mark.parametrize(
    "source",
    [
        pd.DataFrame({"sku": ["A", "B"], "category": ["t_shirt", "dress"]}),
        pd.DataFrame({"category": ["t_shirt", "dress"]}, index=pd.Index(["A", "B"], name="sku")),
        [{"sku": "A", "category": "t_shirt"}, {"sku": "B", "category": "dress"}],
        {"sku": ["A", "B"], "category": ["t_shirt", "dress"]},
        {"A": {"category": "t_shirt"}, "B": {"category": "dress"}},
        "sku,category\nA,t_shirt\nB,dress\n",
    ],
)
def test_goods_are_handed_over_in_any_shape(study: Study, source: object) -> None:
    expected = study.footprints("sku,category\nA,t_shirt\nB,dress\n").total
    assert study.footprints(source).total.tolist() == expected.tolist()


WRONG = {
    "C028": (5, None, [1, 2], [], {}, {"a"}, b"sku", pd.Series(["A"])),
    "C005": ({"category": "t_shirt"}, pd.DataFrame([[1, 2]])),
    "C001": ("nowhere.csv",),
}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_no_catalogue_is_told_with_a_code(study: Study, code: str) -> None:
    for source in WRONG[code]:
        with pytest.raises(CarbonError) as told:
            study.footprints(source)  # type: ignore[arg-type]
        assert told.value.code == code, source
        assert re.search("[\u4e00-\u9fff]", told.value.text("zh"))


def test_a_sku_without_a_category_is_left_out(study: Study) -> None:
    for gap in (float("nan"), None, pd.NA):
        assert np.isnan(study.footprints([{"sku": "A", "category": gap}]).total).all()


def test_what_no_study_knows_is_told_with_a_code(study: Study) -> None:
    goods = {"sku": "7", "category": "t_shirt"}
    asked: dict[str, list[Callable[[], object]]] = {
        "F010": [lambda: Study("1999.1"), lambda: Study(5)],  # type: ignore[arg-type]
        "S004": [lambda: Study(boundary="well-to-wheel")],
        "S005": [lambda: Study(method="GWP500")],
        "S008": [
            lambda: study.footprints(goods, draws=-1),
            lambda: study.footprints(goods, draws="many"),  # type: ignore[arg-type]
            lambda: study.footprints(goods, draws=10.0),  # type: ignore[arg-type]
        ],
        "S003": [lambda: study.explain(goods, 8)],  # type: ignore[arg-type]
        "S020": [lambda: study.what_if(goods, "less")],
    }
    for code, calls in asked.items():
        for call in calls:
            with pytest.raises(CarbonError) as told:
                call()
            assert told.value.code == code
    assert study.explain(goods, 7).startswith("7  (t_shirt)")  # type: ignore[arg-type]
    assert not study.what_if(goods, "air-to-ground").empty


def test_what_is_not_asked_for_is_told_with_a_code(study: Study, tmp_path: Path) -> None:
    """A wrong kind of argument never ends in an error of Python's from some room below."""
    goods = study.catalogue({"sku": "A", "category": "t_shirt"})
    platform, office = Platform(study, draws=0), Office(study, draws=0)
    sales, wrong = "examples/office/sales-2026Q3.csv", 5
    labels = study.label(goods, draws=0)
    page = {"draws": 0}
    asked: dict[str, list[Callable[..., object]]] = {
        "S009": [
            lambda: Platform("x"),
            lambda: Office("x"),
            lambda: Platform(study, wrong),
            lambda: Office(study, wrong),
            lambda: Platform(study, references=wrong),
            lambda: Platform(study, progress=wrong),
            lambda: Study(factors=wrong),
            lambda: Study(background=wrong),
            lambda: Study(map=wrong),
            lambda: Study(evidence=wrong),
            lambda: Study(boundary=["x"]),
            lambda: study.complete({"sku": "A"}),
            lambda: study.reference_kg("goods.csv"),
            lambda: study.footprints(goods, chunk=0),
            lambda: study.footprints(goods, progress=wrong),
            lambda: study.grades(goods, references=wrong),
            lambda: study.what_if(goods, wrong),
            lambda: study.what_if(goods, days=0),
            lambda: study.compare(goods, skus=wrong),
            lambda: study.label(goods, formats=["doc"]),
            lambda: study.label(goods, dpi=0),
            lambda: study.label(goods, issued="today"),
            lambda: study.label(goods, verified=wrong),
            lambda: study.report(goods, file=wrong, **page),
            lambda: study.explain(goods, "A", cut=-1),
            lambda: study.claims(wrong),
            lambda: study.claims("green", evidence=wrong),
            lambda: study.differences("2026.1"),
            lambda: study.template(wrong),
            lambda: study.export(goods, wrong),
            lambda: labels.save(wrong),
            lambda: goods.select(wrong),
            lambda: platform.judge(wrong, goods),
            lambda: platform.judge("rooms", goods, as_of=wrong),
            lambda: platform.judge("rooms", goods, ledgers=wrong),
            lambda: platform.judge("rooms", goods, history=wrong),
            lambda: platform.price_pool(wrong),
            lambda: platform.price_pool("orders.csv", policy=wrong),
            lambda: platform.share_exposure(scenario="fair-exposure", rounds_made=0),
            lambda: platform.backtest(wrong),
            lambda: platform.dashboard("rooms"),
            lambda: office.dossier(goods, wrong, "2026Q3"),
            lambda: office.dossier(goods, sales, 2026),
            lambda: office.dossier(goods, sales, "2026Q3", previous=wrong),
            lambda: office.dossier(goods, sales, "2026Q3", base=wrong),
            lambda: office.study_report(goods, wrong),
            lambda: carbon.read_ledger([{"sku": "A"}], "sales"),
            lambda: carbon.reproduce(wrong),
            lambda: carbon.verify(None),
            lambda: carbon.lever("mine")(wrong),
            lambda: carbon.Lever("mine", wrong, ("use",), ("a", "b")),
        ],
        "S010": [
            lambda: study.explain(goods, "A", lang="fr"),
            lambda: study.what_if(goods, lang="fr"),
            lambda: study.report(goods, langs=("fr",), **page),
            lambda: study.report(goods, langs=(), **page),
            lambda: study.label(goods, langs=["zh", "fr"]),
            lambda: study.template(tmp_path / "goods.csv", lang="fr"),
            lambda: study.footprints(goods).plot("A", "fr"),
            lambda: platform.explain_policy(lang="fr"),
            lambda: office.study_report(goods, langs="de"),
        ],
        "S008": [lambda: Platform(study, draws="x"), lambda: study.footprints(goods, draws=True)],
        "S027": [lambda: carbon.lever(wrong), lambda: carbon.lever("mine", wrong)],
        "S030": [lambda: study.grades(goods, references="nowhere.json")],
    }
    for code, calls in asked.items():
        for at, call in enumerate(calls):
            with pytest.raises(CarbonError) as told:
                call()
            assert told.value.code == code, at
            assert not re.search(r"\(.*[a-z]{3} [a-z]{3}", told.value.text("zh")), told.value


def test_what_is_meant_is_taken(study: Study) -> None:
    """One name for a list of one, a text for a path, languages as an option takes them."""
    goods = study.catalogue({"sku": "A", "category": "t_shirt"})
    assert goods.select("A").skus["sku"].tolist() == ["A"]
    assert (
        repr(study.label(goods, formats="svg", langs="zh,en", draws=0))
        == "Labels(1 SKU, svg, label)"
    )
    assert study.report(goods, langs="zh", draws=0).html == (
        study.report(goods, langs=("zh",), draws=0).html
    )


def test_who_uses_a_study_is_short_at_a_prompt(study: Study) -> None:
    goods = study.catalogue({"sku": "A", "category": "t_shirt"})
    platform = Platform(study)
    for each in (
        *(platform, platform.policy, Office(study), study.references, study.scale, study.basis),
        *(study.edition, study.vocabulary, study.unit_impacts, carbon.lever("is-short")(len)),
        *(take(goods, study.boundary), carbon.Change.of(goods)),
    ):
        assert len(repr(each)) < 200, each
        assert not re.search(r" at 0x|\n", repr(each))
    assert "GWP100 AR6" in study._repr_html_()
    assert next(iter(study.references.skus)) in study.references._repr_html_()


def test_what_a_prompt_shows_is_short_and_escaped(study: Study) -> None:
    goods = study.catalogue([{"sku": "<b>A", "category": "t_shirt"}, {"sku": "C", "category": "?"}])
    footprints = study.footprints(goods, draws=50)
    labels = study.label({"sku": "A", "category": "t_shirt"}, draws=50)
    for thing in (study, goods, footprints, labels):
        assert len(repr(thing)) < 200
        assert "\n" not in repr(thing)
    html = footprints._repr_html_()
    assert "&lt;b&gt;A" in html
    assert "<b>A" not in html
    assert html.count("<svg") == 2
    assert "<svg" in labels._repr_svg_()
    assert footprints.plot("<b>A", "zh").svg.startswith("<svg")
    with pytest.raises(StudyError, match="S003"):
        footprints.plot("nobody")


def test_json_has_null_for_a_gap(study: Study) -> None:
    goods = [{"sku": "A", "category": "t_shirt"}, {"sku": "C", "category": "nonsense"}]
    rows = json.loads(study.footprints(goods).to_json())
    assert rows[0]["total_kg"] > 0
    assert rows[1]["total_kg"] is None
    assert json.loads(study.catalogue(goods).to_json())["skus"][0]["sku"] == "A"
    gaps = {"a": np.nan, "b": np.inf, "c": pd.NA, "d": pd.NaT, "e": np.float64(1), "f": {1}}
    assert as_json(gaps) == '{"a": null, "b": null, "c": null, "d": null, "e": 1.0, "f": [1]}'


def halved(catalogue: Catalogue) -> Catalogue:
    skus = catalogue.skus.assign(return_rate=catalogue.skus["return_rate"] / 2)
    return replace(catalogue, skus=skus)


def test_a_function_is_a_lever(study: Study) -> None:
    table = study.what_if(GOODS, [halved, "air-to-ground", lambda goods: goods])
    saved = table.pivot(index="sku", columns="lever", values="saved_kg")
    assert (saved["halved"] > 0).all()
    assert (saved["<lambda>"] == 0).all()
    assert not table.loc[table["lever"] == "<lambda>", "applies"].any()
    assert (saved["all"] >= saved["halved"]).all()


def wrong_goods(catalogue: Catalogue) -> Catalogue:
    return catalogue.part(0, 1)


def failing(catalogue: Catalogue) -> Catalogue:
    raise RuntimeError("no")


@pytest.mark.parametrize("function", [wrong_goods, failing, len])
def test_a_lever_that_fails_is_told_with_a_code(study: Study, function: object) -> None:
    with pytest.raises(StudyError) as raised:
        study.what_if(GOODS, [function])
    assert raised.value.code == "S027"


@pytest.mark.parametrize("words", [("Big Name",), ("",), ("x", ("nonsense",))])
def test_a_lever_has_a_name_and_known_stages(words: tuple[object, ...]) -> None:
    with pytest.raises(StudyError, match="S027"):
        carbon.lever(*words)


def test_levers_of_installed_packages(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One is loaded when its name is asked for; one that fails is an error with a code."""
    (tmp_path / "plugged.py").write_text(
        "import carbon\nfrom test_face import halved\n"
        "ours = carbon.lever('plugged-in', ('live_session', 'returns'))(halved)\nother = 7\n"
    )
    (tmp_path / "broken.py").write_text("raise OSError('half installed')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    offered = {
        "of-a-package": "plugged:ours",
        "no-lever": "plugged:other",
        "broken": "broken:ours",
        "missing": "nowhere:ours",
    }

    def entry_points(group: str, name: str) -> list[EntryPoint]:
        assert group == "carbon.levers"
        return [EntryPoint(name, offered[name], group)] if name in offered else []

    room = importlib.import_module("carbon.footprint.levers.registered")
    monkeypatch.setattr(room, "entry_points", entry_points)
    assert (study.what_if(GOODS, ["of-a-package"])["saved_kg"] > 0).all()
    for name in ("no-lever", "broken", "missing"):
        with pytest.raises(StudyError) as raised:
            study.what_if(GOODS, [name])
        assert raised.value.code == "S027"
        assert name in raised.value.value
    with pytest.raises(StudyError, match="S020"):
        study.what_if(GOODS, ["nobody"])


@pytest.mark.parametrize("old", sorted(OLD_NAMES))
def test_an_old_name_of_an_option_holds_and_is_said(old: str) -> None:
    """It is not shown, and where there is a new one it is taken for it."""
    new, owners = OLD_NAMES[old], []
    for name, command in main.commands.items():
        for each in getattr(command, "commands", {name: command}).values():
            options = {opt for parameter in each.params for opt in parameter.opts}
            assert old not in options
            if new in options:
                owners.append(each)
    assert owners
    value = [] if old == "--outline" else ["no-such-value"]
    result = CliRunner().invoke(owners[0], [old, *value])
    assert f"{old} is now {new}" in result.stderr
    assert f"No such option: {old}" not in result.output


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_speaks_both_languages(lang: str, tmp_path: Path) -> None:
    for name, command in main.commands.items():
        for each in getattr(command, "commands", {name: command}).values():
            assert any("--lang" in parameter.opts for parameter in each.params), each.name
    (tmp_path / "goods.csv").write_text(GOODS, encoding="utf-8")
    words = ["check", str(tmp_path / "goods.csv"), "--lang", lang]
    said = CliRunner().invoke(main, words).output
    assert ("按类目补全的单元格" in said) == (lang == "zh")
    missing = CliRunner().invoke(main, ["check", str(tmp_path / "none.csv"), "--lang", lang])
    assert missing.exit_code == 3
    assert ("商品表" in missing.stderr or "文件" in missing.stderr) == (lang == "zh")


def test_the_locale_chooses_the_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "goods.csv").write_text(GOODS, encoding="utf-8")
    for name in ("CARBON_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for variable, words in (("zh_CN.UTF-8", "按类目补全"), ("fr_FR.UTF-8", "assumed from")):
        monkeypatch.setenv("LANG", variable)
        said = CliRunner().invoke(main, ["check", str(tmp_path / "goods.csv")]).output
        assert words in said


def test_a_manifest_is_verified(study: Study, tmp_path: Path) -> None:
    goods, out = tmp_path / "goods.csv", tmp_path / "out.csv"
    goods.write_text(GOODS, encoding="utf-8")
    words = ["footprint", goods, "-o", out, "--draws", "0", "--manifest", tmp_path / "m.json"]
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    table = carbon.verify(tmp_path / "m.json")
    assert table["state"].tolist() == ["same"] * 3
    assert table["role"].tolist() == ["catalogue", "result", "skus"]
    out.write_text("x", encoding="utf-8")
    goods.unlink()
    assert carbon.verify(tmp_path / "m.json")["state"].tolist() == ["not beside", "differs", "same"]
    (tmp_path / "bad.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(OutputError, match="B006"):
        carbon.verify(tmp_path / "bad.json")


def test_manifests_of_before_are_read(tmp_path: Path) -> None:
    sha = "0" * 64
    old = {
        "batch": {
            "program": "carbon-label", "command": "footprint", "version": "0.1.0",
            "edition": "2026.1+x", "edition_sha256": sha, "method": "M", "boundary": "b",
            "basis": "2026.1", "options": {"draws": 0}, "headers": {}, "batch": 1,
            "inputs": [{"file": "a.csv", "bytes": 3, "sha256": sha}],
            "output": {"file": "o.parquet", "rows": 1, "sha256": sha},
            "table": {"file": "o.skus.parquet", "sha256": sha}, "skus": 1, "parts": [],
        },
        "tax": {
            "manifest": "carbon-tax-manifest/1", "program": "carbon-label 0.1.0", "libraries": {},
            "edition": "2026.1+x", "edition_sha256": sha, "rule": "paper/1",
            "arguments": {"period": "2026Q3", "method": "M", "boundary": "b"},
            "inputs": [{"role": "sales", "path": "inputs/s.csv", "sha256": sha}], "outputs": [],
        },
        "pool": {
            "program": "carbon-label 0.1.0", "command": "carbon pool", "lang": "en",
            "policy": {"name": "default"}, "basis": "", "orders": {"read": 1, "left_out": 0},
            "inputs": [{"file": "orders.csv", "sha256": sha}], "outputs": {"tiers.csv": sha},
        },
    }  # fmt: skip
    found = {}
    for name, content in old.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        found[name] = read_manifest(tmp_path / f"{name}.json")
    assert {name: each.command for name, each in found.items()} == {
        "batch": "footprint", "tax": "tax", "pool": "pool",
    }  # fmt: skip
    assert found["batch"].output("skus").path == "o.skus.parquet"
    assert found["batch"].decided["version"] == "0.1.0"
    assert found["batch"].decided["options"] == {"draws": 0}
    assert found["tax"].method == "M"
    assert found["pool"].outputs[0].path == "tiers.csv"


def test_the_office_makes_in_memory_what_the_command_writes(tmp_path: Path, study: Study) -> None:
    catalogue, sales = ROOT / "examples/catalogue.csv", ROOT / "examples/office/sales-2026Q3.csv"
    dossier = carbon.Office(study, draws=0).dossier(catalogue, sales, "2026Q3")
    words = ["tax", catalogue, "--sales", sales, "--period", "2026Q3", "--draws", "0"]
    words += ["-o", tmp_path / "d", "--lang", "en"]
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code in (0, 1), done.output
    lines = pd.read_csv(tmp_path / "d" / "lines.csv", dtype=str)
    assert len(lines) == len(dossier.assessment.lines)
    assert set(carbon.verify(tmp_path / "d" / "manifest.json")["state"]) == {"same"}


def test_no_module_of_the_face_is_private() -> None:
    for module in set(carbon.FACE.values()):
        assert not any(part.startswith("_") for part in module.split("."))
        importlib.import_module(module)
