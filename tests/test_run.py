"""Batch runs: nothing is lost, nothing is done twice, and what was done is said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from nightly import night
from running import CARBON, killed

from benchmarks.catalogue import wide, write_tidy
from carbon.base.digits import carried_table
from carbon.base.errors import CarbonError, OutputError
from carbon.cli.main import main
from carbon.cli.outputs import guard
from carbon.run.batches import run
from carbon.run.plan import Job
from carbon.run.workers import Workers
from carbon.study import Study

ROWS = 600


def here(*words: object) -> None:
    """A command in this process."""
    found = CliRunner().invoke(main, [str(word) for word in words])
    assert found.exit_code == 0, found.output


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


@pytest.fixture(scope="module")
def goods(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("goods") / "goods.parquet"
    wide(ROWS).assign(sku=[f"K{at:05d}" for at in range(ROWS)]).to_parquet(path, row_group_size=250)
    return path


def rows_of(study, catalogue, files, *, bad: str = ""):
    """A job for tests: it does to the SKU that is named what the name says."""
    skus = catalogue.skus["sku"].tolist()
    if bad.startswith("die") and "K00350" in skus:
        flag = Path(bad.partition(":")[2])
        if bad.startswith("die always") or not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if files is not None:
        names = ["one.svg"] * len(skus) if bad == "same name" else [f"{sku}.svg" for sku in skus]
        digests = [files.put(name, b"<svg/>") for name in names]
        return pd.DataFrame({"sku": skus, "file": names, "sha256": digests})
    return study.footprints(catalogue).to_frame()


def job(study: Study, bad: str = "", **more) -> Job:
    return Job("footprint", study, rows_of, {"bad": bad}, **more)


@pytest.fixture(scope="module")
def expected(study, goods) -> pd.DataFrame:
    return study.footprints(goods).to_frame()


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    words = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    return frame.astype(dict.fromkeys(words, "object")).fillna(dict.fromkeys(words, ""))


@pytest.mark.parametrize("suffix", [".parquet", ".csv", *night(".jsonl", ".xlsx", "")])
def test_batches_and_workers_change_no_byte(study, goods, expected, tmp_path, suffix):
    whole, parts = tmp_path / f"whole{suffix}", tmp_path / f"parts{suffix}"
    run(job(study), goods, whole, workers=1)
    outcome = run(job(study), goods, parts, workers=2, batch=250, manifest=tmp_path / "m.json")
    assert (outcome.skus, outcome.rows, outcome.left_out) == (ROWS, ROWS, 0)
    if suffix:
        assert whole.read_bytes() == parts.read_bytes()
    if suffix in (".parquet", ""):
        pd.testing.assert_frame_equal(
            plain(pd.read_parquet(parts)),
            plain(carried_table(expected)),
            check_exact=True,
            check_dtype=False,
        )
    left = {item.name for item in tmp_path.iterdir()}
    assert left == {whole.name, parts.name, "m.json", "m.times.json", "m.skus.parquet"}


@pytest.mark.parametrize("workers", [1, 2])
def test_lines_that_fall_out_of_order_late(study, tmp_path, workers):
    """What was done while they seemed to be sorted does not count."""
    folder = write_tidy(ROWS, tmp_path / "goods")
    run(job(study), folder, tmp_path / "sorted.parquet", workers=workers, batch=150)
    legs = pq.read_table(folder / "legs.parquet")
    moved = pa.concat_tables([legs.slice(3), legs.slice(0, 3)])  # the first SKU's stand last
    pq.write_table(moved, folder / "legs.parquet")
    out = tmp_path / "late.parquet"
    outcome = run(job(study), folder, out, workers=workers, batch=150)
    assert outcome.skus == ROWS
    assert not outcome.codes["C251"]
    assert out.read_bytes() == (tmp_path / "sorted.parquet").read_bytes()
    materials = pq.read_table(folder / "materials.parquet")
    at = [*range(3 * ROWS - 6), *range(3 * ROWS - 3, 3 * ROWS), *range(3 * ROWS - 6, 3 * ROWS - 3)]
    pq.write_table(materials.take(pa.array(at)), folder / "materials.parquet")
    pq.write_table(legs, folder / "legs.parquet")
    run(job(study), folder, out, workers=workers, batch=150)  # the last two SKUs, turned
    assert out.read_bytes() == (tmp_path / "sorted.parquet").read_bytes()


@pytest.mark.parametrize("kills", [1, *night(2)])
def test_killed_runs_go_on_and_end_alike(goods, tmp_path, kills):
    here("footprint", goods, "-o", tmp_path / "whole.csv", "--draws", 0, "--batch", 100)
    out, times = tmp_path / "out.csv", 0
    words = ["footprint", goods, "-o", out, "--draws", 0, "--batch", 100, "--workers", 2]
    for process in killed([*CARBON, *words], out, seed=7, most=3, late=0.1, kills=kills):
        if process is None:
            times += 1
            assert not out.exists()
    assert process.wait() == 0, process.stderr.read()
    assert times
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    told, expected = (
        (tmp_path / f"{name}.csv.manifest.json").read_text() for name in ("out", "whole")
    )
    assert told.replace("out.csv", "whole.csv") == expected, "what was done is said alike"
    assert not (tmp_path / ".out.csv.run").exists()


def interrupted(study, goods, folder: Path) -> Path:
    """Leave a run that was interrupted."""
    out = folder / "out.csv"
    with pytest.raises(OutputError) as told:
        run(job(study, f"die always:{folder / 'flag'}"), goods, out, workers=2, batch=100)
    assert told.value.code == "B004"
    assert not out.exists()
    return out


def test_an_interrupted_run_is_not_thrown_away(study, goods, tmp_path):
    out = interrupted(study, goods, tmp_path)
    again = job(study, f"die always:{tmp_path / 'flag'}")
    with pytest.raises(OutputError) as told:
        run(again, goods, out, batch=100)
    assert told.value.code == "B002"
    with pytest.raises(OutputError) as told:
        run(job(study), goods, out, batch=100, resume=True)
    assert told.value.code == "B003"
    assert "options" in str(told.value)
    outcome = run(job(study), goods, out, batch=100, resume=False)
    assert outcome.resumed == 0


def test_parts_that_were_damaged_are_made_again(study, goods, tmp_path):
    flag = tmp_path / "flag"
    words = f"die always:{flag}"
    out = interrupted(study, goods, tmp_path)
    part = tmp_path / ".out.csv.run" / "parts" / "000001.rows"
    part.write_bytes(part.read_bytes()[:-9])
    (tmp_path / ".out.csv.run" / "plan.json").write_text(
        (tmp_path / ".out.csv.run" / "plan.json").read_text().replace(words, "")
    )
    outcome = run(job(study), goods, out, workers=1, batch=100, resume=True)
    assert 0 < outcome.resumed < ROWS
    run(job(study), goods, tmp_path / "whole.csv")
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_worker_that_dies_once_is_replaced(study, goods, tmp_path):
    out = tmp_path / "out.csv"
    run(job(study, f"die once:{tmp_path / 'flag'}"), goods, out, workers=2, batch=100)
    run(job(study), goods, tmp_path / "whole.csv")
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_is_told(goods, tmp_path):
    # so many batches that the run cannot end before it is interrupted
    words = ["footprint", goods, "-o", tmp_path / "out.csv", "--draws", 0, "--batch", 2]
    process = subprocess.Popen(
        [*CARBON, *map(str, words)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # a shell that starts the tests in the background makes its children deaf to interrupts
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not list((tmp_path / ".out.csv.run" / "parts").glob("*.done")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in told
    assert not (tmp_path / "out.csv").exists()


def test_rows_that_cannot_be_read_are_named(study, goods, expected, tmp_path):
    """A row group whose bytes are damaged, and a file that is no Parquet."""
    folder = tmp_path / "goods"
    folder.mkdir()
    data = bytearray(goods.read_bytes())
    group = pq.read_metadata(goods).row_group(1)
    start = group.column(2).data_page_offset
    data[start : start + 400] = b"\xff" * 400
    (folder / "a.parquet").write_bytes(data)
    (folder / "b.parquet").write_bytes(b"PAR1 and nothing else")
    outcome = run(job(study), folder, tmp_path / "out.parquet", batch=125)
    assert outcome.exit_code == 1
    assert outcome.skus == ROWS - 250
    rejects = pd.read_csv(tmp_path / "out.rejects.csv")
    assert set(rejects["file"]) == {"a.parquet", "b.parquet"}
    one = rejects[rejects["file"] == "a.parquet"].iloc[0]
    assert (one["first_row"], one["last_row"], one["code"]) == (252, 501, "B005")
    assert outcome.codes["B005"] == 0
    with pytest.raises(CarbonError) as told:
        run(job(study), folder / "b.parquet", tmp_path / "none.parquet")
    assert told.value.code == "C011"


def test_a_folder_of_files(study, goods, tmp_path):
    out = tmp_path / "labels"
    outcome = run(job(study, folder=True), goods, out, workers=2, batch=250)
    assert outcome.rows == ROWS
    assert len(list(out.glob("*.svg"))) == ROWS
    assert len(pd.read_csv(out / "index.csv")) == ROWS
    guard(out, goods, folder=True, index='"sku","file"')  # may be replaced: a run wrote it
    run(job(study, folder=True), goods, out)
    assert len(list(out.glob("*.svg"))) == ROWS
    with pytest.raises(OutputError) as told:
        run(job(study, "same name", folder=True), goods, tmp_path / "twice", batch=250)
    assert told.value.code == "B008"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(OutputError) as told:
        guard(tmp_path / "mine", goods, folder=True)
    assert told.value.code == "B009"
    assert (tmp_path / "mine" / "letter.txt").exists()


def test_the_manifest_says_what_was_done(study, goods, tmp_path):
    run(job(study), goods, tmp_path / "a.parquet", batch=250, manifest=tmp_path / "m.json")
    first = (tmp_path / "m.json").read_bytes()
    told = json.loads(first)
    assert told["edition_sha256"] == study.edition.digest
    assert told["inputs"][0]["bytes"] == goods.stat().st_size
    assert [part["rows"] for part in told["parts"]] == [250, 250, 100]
    assert told["about"]["problems"].keys() == {"C109"}
    times = json.loads((tmp_path / "m.times.json").read_text())
    assert times["skus_per_second"] > 0
    run(job(study), goods, tmp_path / "a.parquet", batch=250, manifest=tmp_path / "m.json")
    assert (tmp_path / "m.json").read_bytes() == first


def test_urls(study, goods, expected, tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    for at, part in enumerate(np.array_split(np.arange(ROWS), 3)):
        rows = pd.read_parquet(goods).iloc[part]
        with memory.open(f"/goods/part-{at}.csv", "wb") as file:
            rows.to_csv(file, index=False)
    run(job(study), "memory://goods", "memory://out.parquet", batch=250)
    with memory.open("/out.parquet") as file:
        found = pd.read_parquet(file)
    with memory.open("/out.parquet.manifest.json") as file:
        assert json.load(file)["outputs"][0]["rows"] == ROWS
    pd.testing.assert_frame_equal(
        plain(found), plain(carried_table(expected)), check_exact=True, check_dtype=False
    )
    with pytest.raises(CarbonError) as told:
        run(job(study), "memory://nothing", tmp_path / "out.parquet")
    assert told.value.code == "C001"


def double(thing: int) -> int:
    return 2 * thing


def test_workers_answer_in_order():
    pool = Workers(2, len, [])
    try:
        assert list(pool.each(double, range(40))) == [(at, 2 * at) for at in range(40)]
    finally:
        pool.close()


def test_a_refusal_in_a_worker_is_told_as_such(goods, tmp_path):
    words = ["whatif", goods, "-o", tmp_path / "o.csv", "--draws", 0, "--batch", 300]
    refused = CliRunner().invoke(main, [*map(str, words), "--workers", "2", "--lever", "magic"])
    assert (refused.exit_code, "S020" in refused.output) == (3, True)
    assert not list(tmp_path.iterdir())
    here(*words, "--workers", 2, "--lever", "e-van")
    here("whatif", goods, "-o", tmp_path / "whole.csv", "--draws", 0, "--lever", "e-van")
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
