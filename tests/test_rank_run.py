"""A ranking as a run: no byte depends on batches, workers, pieces or interruptions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from nightly import night
from running import CARBON, killed, parts_of

from benchmarks.catalogue import wide
from carbon.base.digits import carried_table
from carbon.cli import rank as cli_rank
from carbon.cli.printing import code_words
from carbon.liveroom.ranking import rank, savings, signals
from carbon.run import parts, reorder
from carbon.run import rank as rank_run
from carbon.run.results import write_table

ROWS = 72
DRAWS = 12


@pytest.fixture(scope="module")
def goods(tmp_path_factory) -> Path:
    """Merchants and SKUs without one; some alike in all but their name, some not to be ranked."""
    path = tmp_path_factory.mktemp("goods") / "goods.parquet"
    draw = np.random.default_rng(3)
    table = wide(ROWS)
    table["sku"] = pd.Series([f"K{at:05d}" for at in draw.permutation(ROWS)], dtype="str")
    table["merchant"] = draw.choice(["Anna", "阿里", None], ROWS)
    alike = [name for name in table if name != "sku"]
    table.loc[40:69, alike] = table.loc[np.repeat(range(5), 6), alike].to_numpy()
    table.loc[[7, 30], "category"] = "no such"
    table.loc[9, "mass_g"] = "-5"
    table.loc[11, "sku"] = "=1+1"
    table.to_parquet(path, row_group_size=30)
    return path


def ranked(source: object, out: Path, *words: object) -> Result:
    told = [source, "-o", out, "--draws", DRAWS, *words]
    return CliRunner().invoke(cli_rank.rank, [str(word) for word in told])


@pytest.fixture
def small(monkeypatch):
    """Groups and pieces so small that there are several."""
    monkeypatch.setattr(parts, "GROUP", 36)
    monkeypatch.setattr(reorder, "PIECE", 25)


@pytest.mark.parametrize(
    ("by", "within"),
    [
        ("intensity", "category"),
        *night(("letter", "merchant"), ("saving", "merchant")),
    ],
)
def test_the_result_is_that_of_one_table(study, goods, tmp_path, small, by, within):
    catalogue = study.catalogue(goods)
    grades = study.grades(catalogue, draws=DRAWS)
    grades["merchant"] = catalogue.skus["merchant"].to_numpy()
    if by == "saving":
        grades = pd.concat([grades, savings(study, catalogue, draws=DRAWS)], axis=1)
    want = rank(carried_table(grades), by=by, within=within, confidence=study.scale.confidence)
    write_table(want, tmp_path / "want.csv")
    more = [] if by == "saving" else ["--signals", tmp_path / "signals.csv"]
    words = ("--by", by, "--within", within, *more)
    done = ranked(goods, tmp_path / "out.csv", *words, "--batch", 30, "--workers", 2)
    assert done.exit_code == 1, done.output
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "want.csv").read_bytes()
    if more:
        write_table(signals(want), tmp_path / "want.csv")
        assert (tmp_path / "signals.csv").read_bytes() == (tmp_path / "want.csv").read_bytes()
    known = want[want["rank"].notna()]
    for category, rows in known.groupby(known["category"].astype(str)):
        line = f"{category:<24}{len(rows):>10}{rows['rank'].nunique():>8}  {rows['sku'].iloc[0]}\n"
        assert line in done.output
    assert f"{ROWS} SKUs, {len(known)} ranked, {ROWS - len(known)} not" in done.output
    for reason, count in want.loc[want["rank"].isna(), "reason_not_ranked"].value_counts().items():
        assert f"not ranked: {count}  {code_words(reason)}" in done.output


@pytest.mark.parametrize("suffix", [".csv", *night(".parquet", ".jsonl", ".xlsx")])
def test_batches_and_workers_change_no_byte(goods, tmp_path, monkeypatch, suffix):
    def told(name: str, *words: object) -> tuple[bytes, bytes]:
        files = [tmp_path / f"{name}{kind}{suffix}" for kind in ("", "-signals")]
        done = ranked(goods, files[0], "--signals", files[1], *words)
        assert done.exit_code == 1, done.output
        return files[0].read_bytes(), files[1].read_bytes()

    whole = told("whole")
    monkeypatch.setattr(reorder, "PIECE", 25)
    assert told("parts", "--workers", 2, "--batch", 35) == whole
    left = {item.name for item in tmp_path.iterdir()}
    assert left == {
        *(f"{name}{kind}{suffix}" for name in ("whole", "parts") for kind in ("", "-signals")),
        f"parts{suffix}.manifest.json",
        f"parts{suffix}.manifest.times.json",
    }


def test_a_killed_run_goes_on_and_ends_alike(goods, tmp_path):
    words = ["--signals", tmp_path / "whole-signals.csv", "--batch", 20]
    ranked(goods, tmp_path / "whole.csv", *words)
    out, told = tmp_path / "out.csv", tmp_path / "out-signals.csv"
    told.write_text("those of yesterday")
    call = [*CARBON, "rank", goods, "-o", out, "--draws", DRAWS, "--signals", told]
    call += ["--batch", 20, "--workers", 2]
    times = 0
    for process in killed(call, out, seed=11, most=3, late=0.05):
        if process is None:
            times += 1
            assert not out.exists()
            assert told.read_text() == "those of yesterday"
    assert process.wait() == 1
    assert times
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert told.read_bytes() == (tmp_path / "whole-signals.csv").read_bytes()
    assert not parts_of(out).exists()


def test_a_run_that_dies_while_it_orders_leaves_the_signals(goods, tmp_path, monkeypatch):
    """What was there stays, and what was computed too."""

    def broken(*_: object) -> None:
        raise OSError("no space left")

    out, told = tmp_path / "out.csv", tmp_path / "signals.csv"
    told.write_text("those of yesterday")
    words = ("--signals", told, "--batch", 40, "--workers", 1)
    with monkeypatch.context() as patched:
        patched.setattr(rank_run.ranking, "signal_rows", broken)
        done = ranked(goods, out, *words)
    assert getattr(done.exception, "code", "") == "O001"
    assert told.read_text() == "those of yesterday"
    assert {item.name for item in tmp_path.iterdir()} == {"signals.csv", ".out.csv.run"}
    assert "B002" in str(ranked(goods, out, *words).exception)
    assert "B003" in str(ranked(goods, out, *words, "--by", "letter", "--resume").exception)
    assert f"{ROWS} SKUs were finished before" in ranked(goods, out, *words, "--resume").output
    assert told.read_text("utf-8-sig").startswith('"sku"')


def test_rows_that_cannot_be_read_are_named(goods, tmp_path):
    folder = tmp_path / "goods"
    folder.mkdir()
    (folder / "a.parquet").write_bytes(goods.read_bytes())
    (folder / "b.parquet").write_bytes(b"PAR1 and nothing else")
    out = tmp_path / "out.csv"
    done = ranked(folder, out, "--manifest", tmp_path / "m.json")
    assert done.exit_code == 1
    assert "error B005  b.parquet" in done.output
    assert len(pd.read_csv(out)) == ROWS
    assert set(pd.read_csv(tmp_path / "out.rejects.csv")["file"]) == {"b.parquet"}
    assert (tmp_path / "m.skus.parquet").exists()


def test_a_folder_and_a_url(goods, tmp_path, small):
    import fsspec

    ranked(goods, tmp_path / "whole.parquet")
    want = pd.read_parquet(tmp_path / "whole.parquet", columns=["sku", "rank"])
    folder = tmp_path / "out"
    assert ranked(goods, folder).exit_code == 1
    assert len(list(folder.glob("part-*.parquet"))) == -(-ROWS // 25)
    found = pd.concat(pq.read_table(one).to_pandas() for one in sorted(folder.iterdir()))
    assert found["sku"].tolist() == want["sku"].tolist()
    with fsspec.filesystem("memory").open("/goods.parquet", "wb") as file:
        file.write(goods.read_bytes())
    assert ranked("memory://goods.parquet", "memory://ranked.parquet").exit_code == 1
    with fsspec.filesystem("memory").open("/ranked.parquet") as file:
        assert file.read() == (tmp_path / "whole.parquet").read_bytes()
    inside = ranked(goods, folder, "--signals", folder / "signals.csv")
    assert getattr(inside.exception, "code", "") == "O004", "it would be replaced with the folder"


def test_nothing_to_rank(tmp_path):
    (tmp_path / "goods.csv").write_text("sku,category,mass\n")
    done = ranked(tmp_path / "goods.csv", tmp_path / "out.csv", "--signals", tmp_path / "s.csv")
    assert done.exit_code == 1, done.output
    assert "C021" in done.output
    assert "0 SKUs, 0 ranked, 0 not" in done.output
    assert list(pd.read_csv(tmp_path / "out.csv").columns)[:3] == ["sku", "category", "rank"]
    assert pd.read_csv(tmp_path / "s.csv").empty
