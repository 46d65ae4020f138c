"""Going on from an earlier run: only what has changed is computed; no byte tells the difference."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from click.testing import CliRunner
from nightly import night
from running import CARBON, wait_for_parts

from benchmarks.catalogue import wide
from carbon.background.source import seal
from carbon.cli.main import main

ROWS = 90
FAST = ("--draws", "0", "--batch", "40", "--workers", "1")
LEVERS = ("--lever", "e-van", "--lever", "box-to-bag")
HEAD = "sku,category,mass\n"


def carbon(*words: object, check: int = 0) -> str:
    found = CliRunner().invoke(main, [str(word) for word in words])
    assert found.exit_code == check, f"{found.output}\n{found.exception!r}"
    return found.output


def counts(told: str) -> str:
    """What a run says of its changes."""
    heads = ("since the manifest: ", "与清单相比：")
    line = next(line for line in told.splitlines() if line.startswith(heads))
    numbers = [int(number) for number in re.findall(r"\d+", line)]
    new, changed, unchanged, gone = numbers
    return f"{new} new, {changed} changed, {unchanged} unchanged, {gone} gone"


@pytest.fixture(scope="module")
def monday() -> pd.DataFrame:
    frame = wide(ROWS).assign(sku=[f"K{at:05d}" for at in range(ROWS)]).astype("object")
    frame.loc[70, "mass_g"] = "-5"  # cannot be computed
    return frame


@pytest.fixture(scope="module")
def tuesday(monday: pd.DataFrame) -> pd.DataFrame:
    """Two gone, one changed, one under another name, all in another order."""
    frame = monday.drop(index=[5, 60])
    frame.loc[11, "mass_g"] = "321.5"
    frame.loc[12, "sku"] = "NEW"
    return pd.concat([frame.iloc[50:], frame.iloc[:50]]).assign(**{"a note": "of no meaning"})


def written(frame: pd.DataFrame, path: Path) -> Path:
    frame.to_csv(path, index=False)
    return path


def same(a: Path, b: Path) -> bool:
    """Whether two files, or the files of two folders, have the same names and bytes."""
    if not a.is_dir():
        return a.read_bytes() == b.read_bytes()
    names = sorted(item.name for item in a.iterdir())
    there = sorted(item.name for item in b.iterdir())
    return names == there and all(same(a / name, b / name) for name in names)


@pytest.mark.parametrize(
    ("earlier", "suffix"),
    [
        ("monday.parquet", ".parquet"),
        ("m", ""),
        *night(("monday.parquet", ".csv")),
    ],
)
def test_a_what_if_goes_on(
    monday: pd.DataFrame, tuesday: pd.DataFrame, tmp_path: Path, earlier: str, suffix: str
) -> None:
    before, after = written(monday, tmp_path / "m.csv"), written(tuesday, tmp_path / "t.csv")
    since, changes = tmp_path / "monday.json", tmp_path / "changes.csv"
    run = ("whatif", before, *LEVERS, *FAST, "-o", tmp_path / earlier, "--manifest", since)
    carbon(*run, check=1)
    out, fresh = tmp_path / f"out{suffix}", tmp_path / f"fresh{suffix}"
    told = []
    for place, more in ((out, ("--previous-run", since, "--changes", changes)), (fresh, ())):
        run = ("whatif", after, *LEVERS, *FAST, "-o", place, "--manifest", f"{place}.json")
        told.append(carbon(*run, *more, check=1))
    assert same(out, fresh)
    assert counts(told[0]) == f"1 new, 1 changed, {ROWS - 4} unchanged, 3 gone"
    tables = [text.replace("fresh", "out").partition(f"{ROWS - 2} SKUs, ") for text in told]
    assert all(line for _, line, _ in tables)
    assert tables[0][0] == tables[1][0], "levers are told of all SKUs"
    one, other = (json.loads(Path(f"{place}.json").read_text()) for place in (out, fresh))
    assert one["about"]["skus"] == other["about"]["skus"] == ROWS - 2
    (result, _), (again, _) = one["outputs"], other["outputs"]
    assert result["rows"] == (ROWS - 2) * 3
    assert result["sha256"] == again["sha256"] != ""
    listed = pd.read_csv(changes).set_index("sku")
    assert sorted(listed["change"]) == ["changed", "gone", "gone", "gone", "new"]
    was = pd.read_parquet(tmp_path / earlier).drop_duplicates("sku").set_index("sku")["before_kg"]
    assert listed.loc["K00011", "before_kg"] == was["K00011"]
    assert listed.loc["K00005", "before_kg"] == was["K00005"]
    if suffix == ".parquet":
        now = pd.read_parquet(fresh).drop_duplicates("sku").set_index("sku")["before_kg"]
        assert listed.loc["K00011", "after_kg"] == now["K00011"] != was["K00011"]
        assert listed.loc["NEW", "after_kg"] == now["NEW"]


def own(folder: Path, upper: float) -> Path:
    """A factor package with a scale of its own; it always has the same name and version."""
    folder.mkdir()
    head = "letter,upper,kind,cite\n"
    rows = f"A,{upper},assumption,a test\nB,,assumption,a test\n"
    (folder / "scale.csv").write_text(head + rows, encoding="utf-8")
    told = {"name": "own", "version": "1", "title": "t", "licenses": [{"name": "x"}]}
    (folder / "datapackage.json").write_text(json.dumps({**told, "citation": "c"}))
    seal(folder)
    return folder


def scenario(path: Path, size: str) -> Path:
    change = f'[[change]]\nlever = "reusable-box:trips={size}"\nkind = "assumption"\ncite = "us"\n'
    path.write_text(f'title = "Boxes"\n{change}')
    return path


DECIDING: dict[str, Callable[[Path], tuple[tuple[object, ...], tuple[object, ...]]]] = {
    "method": lambda _: ((), ("--method", "GWP100 AR5")),
    "boundary": lambda _: ((), ("--boundary", "cradle-to-door")),
    "factors": lambda at: ((), ("--factors", own(at / "a", 0.5))),
    "what is in the factors": lambda at: (
        ("--factors", own(at / "a", 0.5)),
        ("--factors", own(at / "b", 0.9)),
    ),
    "draws": lambda _: ((), ("--draws", "20")),
    "stages": lambda _: (("--draws", "20"), ("--draws", "20", "--stages")),
    "days": lambda _: ((), ("--days", "30")),
    "lang": lambda _: ((), ("--lang", "zh")),
    "lever": lambda _: ((), ("--lever", "return-rate")),
    "size of a lever": lambda _: (
        ("--lever", "reusable-box:trips=20"),
        ("--lever", "reusable-box:trips=40"),
    ),
    "setting": lambda _: ((), ("--set", "return_rate=-5pt")),
    "what is in the scenario": lambda at: (
        ("--scenario", scenario(at / "a.toml", "20")),
        ("--scenario", scenario(at / "b.toml", "40")),
    ),
}


@pytest.fixture(scope="module")
def savings(monday: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalogue and a what-if of it."""
    folder = tmp_path_factory.mktemp("savings")
    goods = written(monday.head(6).assign(units_sold=400), folder / "goods.csv")
    run = ("whatif", goods, *FAST, *LEVERS, "-o", folder / "a.parquet")
    carbon(*run, "--manifest", folder / "since.json")
    return folder


NIGHT = ("boundary", "draws", "days", "lang")


@pytest.mark.parametrize(
    "name", [*(each for each in DECIDING if each not in NIGHT), *night(*NIGHT)]
)
def test_what_decides_a_row(name: str, savings: Path, tmp_path: Path) -> None:
    """Another edition, policy or option: all SKUs are computed again, though no cell changed."""
    first, then = DECIDING[name](tmp_path)
    command = "footprint" if name == "stages" else "whatif"
    run = (command, savings / "goods.csv", *FAST, *(LEVERS if command == "whatif" else ()))
    here = savings
    if first:
        here = tmp_path
        carbon(*run, *first, "-o", here / "a.parquet", "--manifest", here / "since.json")
    since = ("--previous-run", here / "since.json")
    again = carbon(*run, *first, "-o", tmp_path / "b.parquet", *since)
    assert counts(again) == "0 new, 0 changed, 6 unchanged, 0 gone"
    assert same(here / "a.parquet", tmp_path / "b.parquet")
    told = carbon(*run, *then, "-o", tmp_path / "c.parquet", *since)
    assert counts(told) == "0 new, 6 changed, 0 unchanged, 0 gone"
    assert not same(here / "a.parquet", tmp_path / "c.parquet")


def test_a_line_below_a_blank_cell_is_its_sku_s(tmp_path: Path) -> None:
    """Merged cells name a SKU once for several lines."""
    for day, second in (("monday", "elastane"), ("tuesday", "wool")):
        folder = tmp_path / day
        folder.mkdir()
        (folder / "skus.csv").write_text(f"{HEAD}A,t_shirt,200 g\nB,t_shirt,200 g\n")
        (folder / "materials.csv").write_text(
            f"sku,material,share\nA,cotton,50%\n,{second},50%\nB,cotton,50%\n,elastane,50%\n"
        )
    assert went_on(tmp_path) == "0 new, 1 changed, 1 unchanged, 0 gone"


def test_a_row_that_was_not_well_formed_is_computed_once_it_is(tmp_path: Path) -> None:
    (tmp_path / "monday.csv").write_text(f"{HEAD}A,t_shirt,200 g,what\nB,t_shirt,200 g\n")
    (tmp_path / "tuesday.csv").write_text(f"{HEAD}A,t_shirt,200 g\nB,t_shirt,200 g\n")
    assert went_on(tmp_path, ".csv") == "0 new, 1 changed, 1 unchanged, 0 gone"


def test_of_what_is_copied_no_problem_is_told(tmp_path: Path) -> None:
    (tmp_path / "monday.csv").write_text(f"{HEAD}A,t_shirt,200 g,what\nB,t_shirt,200 g\n")
    (tmp_path / "tuesday.csv").write_text(f"{HEAD}A,t_shirt,200 g,what\nB,t_shirt,210 g\n")
    assert went_on(tmp_path, ".csv") == "0 new, 1 changed, 1 unchanged, 0 gone"
    told = json.loads((tmp_path / "out.json").read_text())
    assert "C011" not in told["about"]["problems"]


def went_on(folder: Path, suffix: str = "") -> str:
    """Compute Tuesday from Monday's footprints, compare with Tuesday alone, tell the changes."""
    since = folder / "since.json"

    def run(day: str, name: str, *more: object) -> str:
        words = [f"{folder / day}{suffix}", "-o", f"{folder / name}.parquet", "--draws", 0, *more]
        return CliRunner().invoke(main, ["footprint", *map(str, words)]).output

    run("monday", "before", "--manifest", since)
    told = run("tuesday", "out", "--previous-run", since, "--manifest", folder / "out.json")
    run("tuesday", "fresh")
    assert same(folder / "out.parquet", folder / "fresh.parquet")
    return counts(told)


@pytest.fixture(scope="module")
def footprints(monday: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalogue and its footprints in parts."""
    folder = tmp_path_factory.mktemp("footprints")
    goods = written(monday, folder / "goods.csv")
    since = folder / "since.json"
    carbon("footprint", goods, *FAST, "-o", folder / "parts", "--manifest", since, check=1)
    return folder


@pytest.mark.parametrize("harm", ["damaged", "lost", "added"])
def test_every_part_must_be_as_it_was(footprints: Path, tmp_path: Path, harm: str) -> None:
    here = shutil.copytree(footprints, tmp_path / "here")
    run = ("footprint", here / "goods.csv", *FAST, "--previous-run", here / "since.json")
    assert f"{ROWS} unchanged" in carbon(*run, "-o", tmp_path / "a.parquet", check=1)
    part = here / "parts" / "part-000001.parquet"
    if harm == "damaged":
        data = bytearray(part.read_bytes())
        data[len(data) // 2] ^= 1
        part.write_bytes(data)
    elif harm == "lost":
        part.unlink()
    else:
        shutil.copy(part, here / "parts" / "part-000003.parquet")
    told = carbon(*run, "-o", tmp_path / "b.parquet", check=5)
    assert "B007" in told
    assert "parts: " in told
    assert not (tmp_path / "b.parquet").exists()


def test_a_result_may_be_replaced_by_what_goes_on_from_it(
    footprints: Path, tuesday: pd.DataFrame, tmp_path: Path
) -> None:
    here = shutil.copytree(footprints, tmp_path / "here")
    later = written(tuesday, tmp_path / "later.csv")
    run = ("footprint", later, *FAST, "--manifest")
    since = here / "since.json"
    carbon(*run, since, "--previous-run", since, "-o", here / "parts", check=1)
    carbon(*run, tmp_path / "fresh.json", "-o", tmp_path / "fresh", check=1)
    assert same(here / "parts", tmp_path / "fresh")
    told = carbon(*run, since, "--previous-run", since, "-o", here / "parts", check=1)
    assert counts(told) == f"0 new, 0 changed, {ROWS - 2} unchanged, 0 gone"


def test_one_that_was_killed_goes_on_and_ends_alike(
    footprints: Path, tuesday: pd.DataFrame, tmp_path: Path
) -> None:
    later, out = written(tuesday, tmp_path / "later.csv"), tmp_path / "out.parquet"
    run = ("footprint", later, "--draws", "0", "--batch", "4", "--workers", "2", "-o", out)
    since = ("--previous-run", footprints / "since.json", "--changes", tmp_path / "changes.csv")
    words = [*CARBON, *map(str, (*run, *since))]
    killed = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_parts(killed, out)
    killed.kill()
    assert killed.wait() == -9
    assert not out.exists()
    other = shutil.copytree(footprints, tmp_path / "other") / "since.json"
    other.write_text(other.read_text() + "\n")
    assert "B003" in carbon(*run, "--previous-run", other, "--resume", check=5)
    told = carbon(*run, *since, "--resume", check=1)
    assert "were finished before" in told
    assert counts(told) == f"1 new, 1 changed, {ROWS - 4} unchanged, 3 gone"
    assert len(pd.read_csv(tmp_path / "changes.csv")) == 5
    carbon("footprint", later, *FAST, "-o", tmp_path / "fresh.parquet", check=1)
    assert same(out, tmp_path / "fresh.parquet")


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "xlsx"])
def test_text_cannot_be_gone_on_from(footprints: Path, tmp_path: Path, suffix: str) -> None:
    run = ("footprint", footprints / "goods.csv", *FAST)
    since = tmp_path / "since.json"
    carbon(*run, "-o", tmp_path / f"a.{suffix}", "--manifest", since, check=1)
    told = carbon(*run, "-o", tmp_path / "b.parquet", "--previous-run", since, check=5)
    assert "B007" in told
    assert ".parquet" in told


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        (("whatif",), None, "it is of carbon footprint"),
        (("footprint",), '{"program": "carbon-label", "table": {}}', "B006"),
        (("footprint",), "[]", "B006"),
        (("footprint",), "", "B006"),
    ],
)
def test_a_manifest_of_something_else(
    footprints: Path, tmp_path: Path, words: tuple[str, ...], text: str | None, found: str
) -> None:
    since = footprints / "since.json"
    if text is not None:
        since = tmp_path / "since.json"
        since.write_text(text)
    run = (*words, footprints / "goods.csv", *FAST, "-o", tmp_path / "b.parquet")
    told = carbon(*run, "--previous-run", since, check=5)
    assert "B006" in told
    assert found in told
    assert not (tmp_path / "b.parquet").exists()


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl", "xlsx"])
def test_the_list_of_changes_in_every_format(
    footprints: Path, tuesday: pd.DataFrame, tmp_path: Path, suffix: str
) -> None:
    later, listed = written(tuesday, tmp_path / "later.csv"), tmp_path / f"changes.{suffix}"
    run = ("footprint", later, *FAST, "-o", tmp_path / "out.parquet")
    carbon(*run, "--previous-run", footprints / "since.json", "--changes", listed, check=1)
    sheet = lambda path: pd.read_excel(path, engine="openpyxl")  # noqa: E731
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": sheet}
    lines = lambda path: pd.read_json(path, lines=True)  # noqa: E731
    found = read.get(suffix, lines)(listed)
    assert found["sku"].tolist() == ["K00011", "NEW", "K00005", "K00012", "K00060"]
    assert found["change"].tolist() == ["changed", "new", "gone", "gone", "gone"]


@pytest.mark.parametrize("listed", ["changes.txt", "goods.csv", "since.json"])
def test_a_list_that_must_not_be_written_is_refused_at_once(
    footprints: Path, tmp_path: Path, listed: str
) -> None:
    run = ("footprint", footprints / "goods.csv", *FAST, "-o", tmp_path / "out.parquet")
    more = ("--previous-run", footprints / "since.json", "--changes", footprints / listed)
    told = carbon(*run, *more, check=5)
    assert "O002" in told or "O004" in told
    assert not list(tmp_path.iterdir())


def test_what_does_not_go_with_it(footprints: Path, tmp_path: Path) -> None:
    since = ("--previous-run", footprints / "since.json")
    run = (footprints / "goods.csv", "-o", tmp_path / "out.csv", *FAST)
    assert "--sku" in carbon("whatif", *run, *since, "--sku", "K00001", check=2)
    assert "--spark" in carbon("footprint", *run, *since, "--spark", "local", check=2)
    assert "--previous-run" in carbon("footprint", *run, "--changes", tmp_path / "c.csv", check=2)


@pytest.mark.parametrize(("scheme", "name"), [("memory://here", "parts"), ("file", "all.parquet")])
def test_at_a_url(
    monday: pd.DataFrame, tuesday: pd.DataFrame, tmp_path: Path, scheme: str, name: str
) -> None:
    place = f"file://{tmp_path}/there" if scheme == "file" else scheme
    remote, path = fsspec.core.url_to_fs(place)
    remote.makedirs(path, exist_ok=True)
    before, after = written(monday, tmp_path / "m.csv"), written(tuesday, tmp_path / "t.csv")
    since = ("--previous-run", f"{place}/m.json")
    run = ("footprint", *FAST, "-o")
    carbon(*run, f"{place}/{name}", before, "--manifest", f"{place}/m.json", check=1)
    told = carbon(*run, tmp_path / "out.parquet", after, *since, check=1)
    assert counts(told) == f"1 new, 1 changed, {ROWS - 4} unchanged, 3 gone"
    carbon(*run, tmp_path / "fresh.parquet", after, check=1)
    assert same(tmp_path / "out.parquet", tmp_path / "fresh.parquet")
    # a manifest that lies elsewhere than its result
    kept = tmp_path / "kept"
    kept.mkdir()
    for item in ("m.json", "m.skus.parquet"):
        remote.get(f"{path}/{item}", str(kept / item))
    # it would send a reader to an address that is not its own
    refused = carbon(
        *run, tmp_path / "b.parquet", after, "--previous-run", kept / "m.json", check=5
    )
    assert "B007" in refused
    part = f"{path}/{name}" if "." in name else f"{path}/{name}/part-000000.parquet"
    remote.pipe(part, b"something else")
    assert "B007" in carbon(*run, tmp_path / "c.parquet", after, *since, check=5)
    remote.rm(path, recursive=True)
    assert "B006" in carbon(*run, tmp_path / "c.parquet", after, *since, check=5)
