"""What is exported scores the same in Brightway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bw2calc
import bw2data
import bw2io
import pytest
from click.testing import CliRunner
from nightly import night

from carbon.base.errors import OutputError, StudyError
from carbon.cli.export import export
from carbon.run.brightway import export_project
from carbon.study import Study

TEXT = """sku,name,category,mass,materials,packaging,origin,destination,transport,return_rate
A,棉 T 恤,t_shirt,180 g,cotton 95% recycled 20%; elastane 5%,courier bag 12 g,CN-ZJ,CN-BJ,air,35%
B,,smartphone,190 g,,,CN-GD,CN-SC,,
C,Fruit,fresh_fruit,2.5 kg,,,CN-HI,CN-BJ,air,
"""


@pytest.fixture(scope="module", autouse=True)
def brightway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    before = bw2data.projects._base_data_dir, bw2data.projects._base_logs_dir
    place = tmp_path_factory.mktemp("brightway")
    bw2data.projects.change_base_directories(place, place)
    yield place
    bw2data.projects.change_base_directories(*before)


def score(code: str, *method: str) -> float:
    node = bw2data.get_node(database="footprints", code=code)
    demand, packages, _ = bw2data.prepare_lca_inputs({node: 1.0}, method=("carbon-label", *method))
    lca = bw2calc.LCA(demand, data_objs=packages)
    lca.lci()
    lca.lcia()
    return float(lca.score)


@pytest.fixture(scope="module")
def exported(brightway: Path) -> tuple[Study, Path]:
    """One export for the module: a project and a file of it."""
    study = Study()
    path = brightway / "spring.bw2package"
    told = export_project(study, study.catalogue(TEXT), "spring", path)
    assert told["problem"].tolist() == ["", "", ""]
    return study, path


@pytest.mark.parametrize("way", ["project", *night("file")])
def test_scores_stages_and_indicators_agree(exported: tuple[Study, Path], way: str) -> None:
    """Single precision, in which Brightway keeps matrices on disk, bounds the agreement."""
    study, path = exported
    bw2data.projects.set_current("spring" if way == "project" else "from a file")
    if way == "file":
        bw2io.BW2Package.import_file(path)
    frame = study.footprints(TEXT).to_frame().set_index("sku")
    for sku, row in frame.iterrows():
        assert score(sku, study.method, "total") == pytest.approx(row["total_kg"], rel=1e-6)
        if way == "project":
            for stage in ("distribution", "returns", "end_of_life"):
                found = score(f"{sku} | {stage}", study.method, "total")
                assert found == pytest.approx(row[f"{stage}_kg"], rel=1e-6), stage
    for part in ("fossil", "biogenic", "removals", "aircraft"):
        assert score("A", study.method, part) == pytest.approx(
            frame.loc["A", f"{part}_kg"], rel=1e-6, abs=1e-9
        )


def test_nodes_say_what_an_analyst_asks(exported: tuple[Study, Path]) -> None:
    study, _ = exported
    bw2data.projects.set_current("spring")
    node = bw2data.get_node(database="footprints", code="A")
    assert node["name"] == "A 棉 T 恤"
    assert node["location"] == "CN-ZJ"
    assert "kg CO2e per kept unit" in node["comment"]
    for database in bw2data.databases:
        for one in bw2data.Database(database):
            assert one["unit"], one
            assert one["name"], one
            if database == "carbon-label flows":
                assert one["categories"], one
            else:
                assert one["reference product"], one
                assert one["location"], one
    power = next(
        one
        for one in bw2data.Database(f"carbon-label {study.edition.name}")
        if one["name"] == "electricity, consumer" and one["location"] == "CN-ZJ"
    )
    assert power["unit"] == "kilowatt hour"
    assert "mee/2024.1" in power["comment"]
    edge = next(iter(node.technosphere()))
    assert edge.input["name"].startswith("A 棉 T 恤 | ")
    spread = next(iter(power.production()))
    assert spread["uncertainty type"] in (0, 2) or "uncertainty type" not in spread


def test_the_same_catalogue_gives_the_same_file(
    exported: tuple[Study, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    study, path = exported
    again = path.with_name("again.bw2package")
    monkeypatch.setattr("carbon.run.brightway.write_project", lambda *_: None)
    export_project(study, study.catalogue(TEXT), "again", again)
    assert again.read_bytes() == path.read_bytes()


def test_an_existing_project_is_never_replaced(exported: tuple[Study, Path]) -> None:
    study, _ = exported
    before = bw2data.projects.current
    for name in ("spring", "default", " "):
        with pytest.raises(OutputError, match="X020"):
            export_project(study, study.catalogue(TEXT), name)
    assert bw2data.projects.current == before


def test_a_failure_leaves_no_project(
    exported: tuple[Study, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    study, _ = exported

    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("bw2data.backends.base.SQLiteBackend.write", full)
    with pytest.raises(OutputError, match="O001"):
        export_project(study, study.catalogue(TEXT), "half")
    assert "half" not in {one.name for one in bw2data.projects}


def test_what_cannot_be_exported(exported: tuple[Study, Path], tmp_path: Path) -> None:
    study, _ = exported
    bad = "sku,category,mass\nA,t_shirt,-5 g\n"
    with pytest.raises(StudyError, match="X021"):
        export_project(study, study.catalogue(bad), "none")
    with pytest.raises(OutputError, match="O002"):
        export_project(study, study.catalogue(TEXT), "other", tmp_path / "out.zip")
    assert not {"none", "other"} & {one.name for one in bw2data.projects}


def test_the_command_names_what_it_leaves_out(brightway: Path, tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text(TEXT + "D,,t_shirt,-5 g,,,,,,\n", encoding="utf-8")
    words = ["brightway", str(source), "--project", "by command", "--sku", "C", "--sku", "D"]
    result = CliRunner().invoke(export, words)
    assert result.exit_code == 1, result.output
    assert "1 SKUs -> Brightway project 'by command'" in result.output
    assert "X021" in result.output
    again = CliRunner().invoke(export, words)
    assert again.exit_code == 5, again.output
