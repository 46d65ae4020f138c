"""Labels as files: sharded folders, ZIP, index, change report, the command, its batches."""

from __future__ import annotations

import hashlib
import json
import pickle
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from label_facts import ISSUE, frames
from nightly import night
from running import CARBON, wait_for_parts

from benchmarks.catalogue import wide
from carbon.base.errors import OutputError, RuleError
from carbon.cli.label import label
from carbon.cli.main import main
from carbon.cli.options import Group
from carbon.label.render import name_of
from carbon.run.label_index import changes, indexed, read_index
from carbon.run.label_job import LabelJob as Job
from carbon.run.labels import write_labels

JOB = Job(ISSUE, formats=("svg", "json"), templates=("badge", "label"))
SKUS = [
    "TS-001",
    "../../etc/passwd",
    "a/b\\c:d*",
    "CON",
    "=1+1",
    "ts-001",
    "货号 1",
    "x" * 500,
    ".",
]


def many(count: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    return frames(*({"sku": f"S-{number}", "state": "range"} for number in range(count)))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_file_is_in_the_index_with_its_digest(tmp_path: Path) -> None:
    out = tmp_path / "labels"
    files, noted = write_labels(*frames(*({"sku": sku} for sku in SKUS)), JOB, out)
    assert files == 3 * len(SKUS)
    assert noted.empty
    index = pd.read_csv(out / "index.csv", dtype=str, keep_default_na=False)
    found = contents(out)
    assert set(index["file"]) | {"index.csv"} == set(found)
    for row in index.to_dict("records"):
        assert hashlib.sha256(found[row["file"]]).hexdigest() == row["sha256"]
    assert index["sku"].tolist()[12] == "'=1+1"
    assert len({name.lower() for name in found}) == len(found)
    assert read_index(out)["sku"].tolist() == SKUS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels"]
    told = json.loads(found[index.loc[index["sku"] == "TS-001", "file"].iloc[0]])
    assert told["footprint"]["value"] == 7.2


@given(st.text(min_size=1, max_size=80))
def test_a_file_name_is_safe_and_its_own(sku: str) -> None:
    folder, _, stem = name_of(sku).partition("/")
    assert len(folder) == 2
    assert stem.isascii()
    assert all(character.isalnum() or character == "-" for character in stem)
    assert len(stem) <= 51
    assert name_of(sku) != name_of(sku + "x")


def test_a_zip_holds_the_same(tmp_path: Path) -> None:
    graded, about = many()
    for name in ("labels", "a.zip", "b.zip"):
        write_labels(graded, about, JOB, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        zipped = {name: archive.read(name) for name in archive.namelist()}
    assert list(zipped) == sorted(zipped)
    assert zipped == contents(tmp_path / "labels")
    assert read_index(tmp_path / "a.zip").equals(read_index(tmp_path / "labels"))


def test_what_cannot_be_drawn_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="L012"):
        write_labels(*many(1), Job(ISSUE, ("poster",)), tmp_path / "none")
    assert not list(tmp_path.iterdir())


def test_labels_replace_only_labels(tmp_path: Path) -> None:
    graded, about = many(1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(OutputError, match="B009"):
        write_labels(graded, about, JOB, tmp_path / "mine")
    assert (tmp_path / "mine" / "diary.txt").read_text() == "dear diary"
    write_labels(*many(2), JOB, tmp_path / "labels")
    write_labels(graded, about, JOB, tmp_path / "labels")
    assert len(read_index(tmp_path / "labels")) == 1
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.csv").write_text("title,author\n")
    (tmp_path / "file").write_text("x")
    for name in ("other", "file"):
        with pytest.raises(OutputError, match="B009"):
            write_labels(graded, about, JOB, tmp_path / name)
    with pytest.raises(OutputError, match="O001"):
        write_labels(graded, about, JOB, tmp_path / "file" / "labels")


def test_names_that_claim_are_not_printed(tmp_path: Path) -> None:
    about = [{"sku": "A", "name": "零碳环保T恤"}, {"sku": "B", "name": "zero-carbon dress"}]
    _, noted = write_labels(*frames(*about), JOB, tmp_path / "labels")
    assert set(noted["sku"]) == {"A", "B"}
    assert noted["code"].str.match(r"L11\d").all()
    assert (tmp_path / "labels" / "problems.csv").is_file()
    for name, content in contents(tmp_path / "labels").items():
        if name != "problems.csv":
            assert "零碳".encode() not in content
            assert b"zero-carbon" not in content


def test_two_templates_of_one_name_are_refused(tmp_path: Path) -> None:
    import shutil

    from carbon.base.rules import templates_root

    shutil.copytree(templates_root() / "badge", tmp_path / "mine")
    job = Job(ISSUE, ("badge", str(tmp_path / "mine")))
    with pytest.raises(OutputError, match="B008"):
        write_labels(*many(1), job, tmp_path / "labels")


def test_a_template_that_claims_is_refused(tmp_path: Path) -> None:
    import shutil

    from carbon.base.rules import templates_root

    shutil.copytree(templates_root() / "badge", tmp_path / "green")
    path = tmp_path / "green" / "picture.svg.j2"
    path.write_text(path.read_text().replace("</svg>", "<text>carbon neutral</text></svg>"))
    with pytest.raises(RuleError, match="L014"):
        write_labels(
            *many(1), Job(ISSUE, (str(tmp_path / "green"),), market="eu"), tmp_path / "labels"
        )


def test_sheets_that_cannot_hold_a_label_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="L013"):
        write_labels(*many(1), Job(ISSUE, ("sheet",), sheets=1.0), tmp_path / "labels")


def test_the_change_report_names_what_to_make_anew(tmp_path: Path) -> None:
    old = frames(*({"sku": sku} for sku in "ABCDE"))
    write_labels(*old, JOB, tmp_path / "labels")
    graded, about = frames(
        {"sku": "A"},
        {"sku": "B", "letter": "C", "ratio": 0.9},
        {"sku": "C", "state": "range", "letter": "B", "ratio": 0.72},
        {"sku": "D", "total_kg": 7.3},
        {"sku": "F"},
    )
    table = changes(read_index(tmp_path / "labels" / "index.csv"), indexed(graded, about, ISSUE))
    told = table.set_index("sku")["change"].to_dict()
    assert told == {"B": "letter", "C": "state", "D": "number", "E": "gone", "F": "new"}
    with pytest.raises(OutputError, match="L016"):
        read_index(tmp_path)


# the command

CATALOGUE = "sku,gtin,name,category,mass\nA,6901234567892,T恤,t_shirt,180 g\nB,,裙,dress,300 g\n"


def carbon(*arguments: object, draws: int = 0) -> Result:
    group = Group(commands={"label": label})
    told = [str(one) for one in ("label", "--workers", 1, *arguments)]
    return CliRunner().invoke(group, [*told, "--draws", str(draws), "--date", "2026-09-01"])


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("goods") / "goods.csv"
    path.write_text(CATALOGUE, encoding="utf-8")
    return path


def test_what_others_have_verified_is_printed_while_it_holds(goods: Path, tmp_path: Path) -> None:
    table = tmp_path / "verified.csv"
    table.write_text(
        "sku,certificate,verifier,valid_from,valid_to\n"
        "A,PCF-1,Example Body,2026-01-01,2027-01-31\nB,PCF-2,Example Body,2020-01-01,2021-01-01\n"
    )
    for sku, kind in (("A", "verified"), ("B", "self-declared")):
        out = tmp_path / f"{sku}.json"
        assert carbon(goods, "-o", out, "--sku", sku, "--verifications", table).exit_code == 0
        told = json.loads(out.read_text())
        assert told["declaration"]["kind"] == kind
    assert json.loads((tmp_path / "A.json").read_text())["valid_until"] == "2027-01-31"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["-o", "out.docx.csv"], 5, "O002"),
        (["-o", "labels", "--format", "gif"], 2, "formats are"),
        (["-o", "labels", "--template", "poster"], 3, "L012"),
        (["-o", "labels", "--url", "javascript:alert(1)"], 3, "L011"),
        (["-o", "labels", "--market", "moon"], 3, "L101"),
        (["-o", "labels", "--compare-with", "nowhere.csv"], 5, "L016"),
        (["-o", "labels", "--sku", "Z"], 3, "S003"),
        (["-o", "labels", "--references", "nowhere.json"], 3, ""),
    ],
)
def test_what_the_command_refuses(
    goods: Path, tmp_path: Path, monkeypatch: Any, arguments: list[str], code: int, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = carbon(goods, *arguments)
    assert found.exit_code == code, found.output
    assert told in found.output
    assert not (tmp_path / "labels").exists()


def test_a_worker_hands_its_failure_over_as_it_was() -> None:
    error = RuleError("L002", "why", file="a.j2", row=3, column="b", value="c")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.code, again.row) == (RuleError, str(error), "L002", 3)


def test_goods_that_cannot_be_computed_have_labels_that_say_so(tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.csv"
    hostile.write_text(
        "sku,name,category,mass\n=cmd|1,<script>alert(1)</script>,t_shirt,180 g\n"
        '../../x,bag,t_shirt,2 ton\n"a""b",{{7*7}} 🎁,nothing,1 kg\n',
        encoding="utf-8",
    )
    told = carbon(hostile, "-o", tmp_path / "labels", "--format", "svg,json,html")
    assert told.exit_code == 1, told.output
    assert read_index(tmp_path / "labels")["state"].tolist() == ["estimate", *["unknown"] * 2]
    assert "2 unknown" in told.output


# batches

ROWS = 60


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of many SKUs; some claim, one cannot be computed."""
    path = tmp_path_factory.mktemp("shelf") / "shelf.parquet"
    table = wide(ROWS)
    table["name"] = "T恤 " + table["sku"]
    table.loc[[3, 30], "name"] = ["=零碳环保T恤", "zero-carbon dress"]
    table.loc[7, "mass_g"] = "-5"
    table.to_parquet(path, row_group_size=20)
    return path


@pytest.fixture(scope="module")
def whole(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "labels"
    told = carbon(shelf, "-o", out, "--workers", 1, draws=20)
    assert told.exit_code == 1, told.output
    assert f"{2 * ROWS} files, index.csv" in told.output
    assert "zero-carbon" in told.output
    assert "1 unknown" in told.output
    assert "1 left out" in told.output
    return out


@pytest.mark.parametrize(("workers", "batch"), [(2, 20), *night((1, 25))])
def test_batches_and_workers_change_no_byte(
    shelf: Path, whole: Path, tmp_path: Path, workers: int, batch: int
) -> None:
    told = carbon(
        shelf, "-o", tmp_path / "labels", "--workers", workers, "--batch", batch, draws=20
    )
    assert told.exit_code == 1, told.output
    assert contents(tmp_path / "labels") == contents(whole)
    assert "problems.csv" in contents(whole)


def test_a_zip_of_batches_holds_the_same(shelf: Path, whole: Path, tmp_path: Path) -> None:
    for name, batch in (("a.zip", 1920), ("b.zip", 25)):
        carbon(shelf, "-o", tmp_path / name, "--batch", batch, draws=20)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == contents(whole)


def test_killed_labels_go_on_and_end_alike(shelf: Path, whole: Path, tmp_path: Path) -> None:
    """A torn part is made again, the others are still the same files."""
    out = tmp_path / "labels"
    words = ["label", shelf, "-o", out, "--draws", 20, "--date", "2026-09-01", "--batch", 10]
    command = [*map(str, words), "--workers", "2"]
    process = subprocess.Popen(
        [*CARBON, *map(str, words), "--workers", "1"],  # whose parts end in their order
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    work = tmp_path / ".labels.run"
    wait_for_parts(process, out, 2)
    process.kill()
    process.wait()
    assert not out.exists()

    def files_of(part: int) -> list[str]:
        done = json.loads((work / "parts" / f"{part:06d}.done").read_text())
        return pd.read_csv(work / "parts" / f"{part:06d}.rows", names=done["columns"])["file"]

    torn, gone = (work / "filled" / file for file in files_of(0)[:2])
    torn.write_bytes(torn.read_bytes()[:-9])
    gone.unlink()
    gone.with_name("of-a-batch-that-cannot-be-read-any-more.svg").write_text("<svg/>")
    before = {file: (work / "filled" / file).stat() for file in files_of(1)}
    refused = CliRunner().invoke(main, command)
    assert (refused.exit_code, "B002" in refused.output) == (5, True)
    found = CliRunner().invoke(main, [*command, "--resume"])
    assert found.exit_code == 1, found.output
    resumed = int(found.output.partition(" SKUs were finished before")[0].split()[-1])
    assert 0 < resumed < ROWS, "all but the torn part and those that were not finished"
    assert resumed % 10 == 0
    assert contents(out) == contents(whole)
    assert not work.exists()
    for file, stat in before.items():
        now = (out / file).stat()
        assert (now.st_ino, now.st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_a_repeated_sku_has_one_label(tmp_path: Path) -> None:
    goods = tmp_path / "goods.csv"
    lines = ["A,T恤,t_shirt,180 g", "B,裙,dress,300 g", ",裙,dress,300 g", "A,裤,jeans,600 g"]
    goods.write_text("sku,name,category,mass\n" + "\n".join([*lines, *lines[2:]]) + "\n")
    for batch in (2, 20):
        out = tmp_path / f"labels-{batch}"
        told = carbon(goods, "-o", out, "--format", "json", "--batch", batch)
        assert told.exit_code == 1, told.output
        assert "4 left out" in told.output
        index = pd.read_csv(out / "index.csv", keep_default_na=False)
        assert index["sku"].tolist() == ["A", "B"]
        assert len(contents(out)) == 3
        assert json.loads((out / index["file"][0]).read_text())["name"] == "T恤"
    assert contents(tmp_path / "labels-2") == contents(tmp_path / "labels-20")


def test_changes_of_batches_are_those_of_the_whole(
    shelf: Path, whole: Path, tmp_path: Path
) -> None:
    table = pd.read_parquet(shelf).iloc[:-1]
    table.loc[10, "mass_g"] = "900"
    table.loc[11, "sku"] = "NEW"
    table.to_parquet(tmp_path / "new.parquet")
    for name, batch in (("a.csv", 1920), ("b.csv", 25)):
        told = carbon(
            tmp_path / "new.parquet", "-o", tmp_path / name, "--compare-with", whole,
            "--batch", batch, draws=20,
        )  # fmt: skip
        assert "4 labels change" in told.output
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    found = pd.read_csv(tmp_path / "a.csv").set_index("sku")["change"].to_dict()
    assert found.pop("S00000010") in ("letter", "state", "number")
    assert found == {"NEW": "new", "S00000011": "gone", f"S{ROWS - 1:08d}": "gone"}
    drawn = carbon(
        tmp_path / "new.parquet", "-o", tmp_path / "labels", "--compare-with", whole, draws=20
    )
    assert "4 labels change" in drawn.output


def test_the_manifest_of_labels_says_what_decided_them(shelf: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels"
    carbon(shelf, "-o", out, "--format", "json", "--manifest", tmp_path / "m.json")
    told = json.loads((tmp_path / "m.json").read_text())
    assert told["arguments"]["issued"] == "2026-09-01"
    assert len(told["arguments"]["templates"]["label"]) == 64
    assert told["about"]["skus"] == ROWS


# PDFs, last: after one no process forks any more


def test_sheets_are_filled_batch_by_batch(shelf: Path, tmp_path: Path) -> None:
    words = ["label", shelf, "--format", "json", "--sheets", "--draws", 0]
    words += ["--date", "2026-09-01", "--batch", ROWS // 2]
    told = subprocess.run(
        [*CARBON, *map(str, words), "-o", str(tmp_path / "2"), "--workers", "2"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert told.returncode == 1, told.stderr
    assert f"{ROWS} files, index.csv" in told.stdout
    assert carbon(*words[1:], "-o", tmp_path / "1").exit_code == 1
    tree, other = contents(tmp_path / "1"), contents(tmp_path / "2")
    assert tree == other
    assert {name for name in tree if name.endswith(".pdf")} == {
        "labels-0001.pdf",
        "labels-0002.pdf",
    }
    assert "pdf" not in tree["index.csv"].decode()


def test_the_command_writes_labels_and_says_so(goods: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels"
    told = carbon(
        goods, "-o", out, "--format", "svg,html,json", "--template", "badge", "--template", "sheet",
        "--lang", "zh,en", "--sheets", "--scale", "70", draws=20,
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "10 个文件，index.csv" in told.output
    assert (out / "badges-0001.pdf").is_file()
    assert any("–" in path.read_text() for path in out.rglob("*.sheet.svg"))
    again = carbon(goods, "-o", tmp_path / "changes.csv", "--compare-with", out, draws=20)
    assert "0 labels change: none" in again.output
    assert pd.read_csv(tmp_path / "changes.csv").empty


def test_one_sku_is_one_file(goods: Path, tmp_path: Path) -> None:
    for kind in ("png", "pdf", "json"):
        told = carbon(goods, "-o", tmp_path / f"a.{kind}", "--sku", "A")
        assert told.exit_code == 0, told.output
    assert "id.gs1.org/01/06901234567892" in (tmp_path / "a.json").read_text()
    assert carbon(goods, "-o", tmp_path / "a.svg").exit_code == 2
