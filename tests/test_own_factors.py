"""Own factors: the recipe as it is printed, and what no footprint would use."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from carbon.background.begun import begin_package, never_used
from carbon.background.edition import load_edition
from carbon.background.source import seal
from carbon.base.errors import OutputError
from carbon.cli.main import main

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_recipe_works_as_printed(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = (ROOT / page).read_text(encoding="utf-8")
    lines = re.findall(r"^\$ carbon (.*my-factors.*)$", printed, re.M)
    assert [line.split()[1] for line in lines[:3]] == ["new", "seal", "check"]
    assert lines[3].startswith("footprint")
    (tmp_path / "examples").mkdir()
    goods = "sku,category,mass,materials\nA,t_shirt,180 g,cotton 100%\n"
    (tmp_path / "examples" / "catalogue.csv").write_text(goods, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for line in lines:
        result = CliRunner().invoke(main, shlex.split(line))
        assert result.exit_code == 0, result.output
    own = pd.read_csv("own.csv")
    assert "my-factors/1" in own["edition"][0]


def test_what_nothing_asks_for_is_named_with_the_nearest(tmp_path: Path) -> None:
    folder = tmp_path / "mill"
    begin_package(folder)
    for table in ("activities.csv", "exchanges.csv"):
        text = (folder / table).read_text(encoding="utf-8")
        fine = text.splitlines(keepends=True)
        wrong = [line.replace("cotton fibre,CN", "The Cotton Fibre,CN", 1) for line in fine[1:]]
        away = [line.replace("cotton fibre,CN", "wool fibre,cn", 1) for line in fine[1:]]
        (folder / table).write_text("".join([*fine, *wrong, *away]), encoding="utf-8")
    seal(folder)
    found = never_used(folder, load_edition(extra=[folder]))
    assert found[["code", "row", "column", "value"]].to_numpy().tolist() == [
        ["F019", 3, "activity", "The Cotton Fibre"],
        ["F020", 4, "location", "cn"],
    ]
    assert "the nearest is cotton fibre" in found["remedy"][0]
    assert "the nearest is CN" in found["remedy"][1]


def test_an_input_of_another_own_dataset_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "mill"
    begin_package(folder)
    activities = pd.read_csv(folder / "activities.csv", dtype=str)
    exchanges = pd.read_csv(folder / "exchanges.csv", dtype=str)
    bale = activities.assign(activity="our bale")
    taken = exchanges.iloc[:1].assign(activity="our bale")
    using = exchanges.iloc[1:].assign(flow="our bale", amount="1", unit="kg")
    for name, parts in (
        ("activities", [activities, bale]),
        ("exchanges", [exchanges.iloc[:1], using, taken]),
    ):
        pd.concat(parts).to_csv(folder / f"{name}.csv", index=False)
    seal(folder)
    assert never_used(folder, load_edition(extra=[folder])).empty


def test_a_start_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept.csv").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="B009"):
        begin_package(tmp_path)
