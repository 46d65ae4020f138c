"""Settlement: late returns, one history, and the command on the example platform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from rooms import POLICY, certificates, codes, judged, retired, sales

from carbon.doors.batch import write_table
from carbon.doors.cli_room import room as command
from carbon.errors import LedgerError
from carbon.liveroom.eligibility import Judgement
from carbon.liveroom.settlement import History, entry, read_history, settle

ROOT = Path(__file__).resolve().parents[1]


def keep(folder: Path, found: Judgement, period: str = "2026-11") -> bool:
    """Add a judgement to a history; whether anything was new."""
    new = entry(read_history(folder), found, period)
    if new is not None:
        folder.mkdir(exist_ok=True)
        (folder / new[0]).write_text(new[1], encoding="utf-8")
    return new is not None


def later(folder: Path, period: str = "2026-11", **given: Any) -> tuple[History, Judgement]:
    history = read_history(folder)
    return history, judged(period=period, earlier=history.others(pd.Index(["r1"]), period), **given)


def test_late_returns_reopen_the_score_and_claw_the_boost_back(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    keep(folder, judged())
    history, found = later(folder, sales=sales({"returned_units": 950}))
    changed = settle(history, found, POLICY)
    assert len(changed) == 1
    row = changed.iloc[0]
    assert (row["tier_before"], row["tier"]) == ("low-carbon", "low-carbon")
    assert (row["points_before"], row["points"]) == (100, 85)
    assert row["clawback"] == 0
    assert row["changed"] == "return_rate 15 -> 0"
    assert "low-carbon room as before" in row["en"]
    worse = judged(sales=sales({"returned_units": 950, "void_share": None, "session": ""}),
                   certificates=None)  # fmt: skip
    row = settle(history, worse, POLICY).iloc[0]
    assert (row["status"], row["tier"], row["points"]) == ("eligible", "green", 72)
    assert row["boost_change"] == pytest.approx(-0.1)
    assert row["clawback"] == pytest.approx(0.1)
    assert "a boost of 10.0% is clawed back" in row["en"]
    assert "收回曝光加成10.0%" in row["zh"]
    assert settle(history, judged(), POLICY).empty


def test_a_boost_that_was_due_is_added(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    keep(folder, judged(sales=sales({"date": "2026-11-29"})))
    history, found = later(folder)
    row = settle(history, found, POLICY).iloc[0]
    assert (row["status_before"], row["status"]) == ("provisional", "eligible")
    assert row["boost_change"] == pytest.approx(0.2)
    assert row["clawback"] == 0


def test_the_history_is_kept_and_the_same_again_adds_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    assert keep(folder, judged(credits=retired()))
    first = (folder / "000001.json").read_bytes()
    assert not keep(folder, judged(credits=retired()))
    assert keep(folder, judged(credits=retired(), sales=sales({"returned_units": 200})))
    assert (folder / "000001.json").read_bytes() == first
    history = read_history(folder)
    assert history.runs == 2
    assert len(history.scores) == 1  # the latest counts
    assert history.scores["returned_units"].tolist() == [200]
    other = tmp_path / "again"
    keep(other, judged(credits=retired()))
    assert (other / "000001.json").read_bytes() == first


@pytest.mark.parametrize("how", ["edited", "lost", "renamed", "cut", "not json", "no claims"])
def test_a_history_that_was_touched_is_refused(how: str, tmp_path: Path) -> None:
    folder = tmp_path / "history"
    keep(folder, judged())
    keep(folder, judged(sales=sales({"returned_units": 200})))
    first, second = folder / "000001.json", folder / "000002.json"
    text = first.read_text(encoding="utf-8")
    if how == "edited":
        first.write_text(text.replace('"boost": 0.2', '"boost": 0.3'), encoding="utf-8")
    elif how == "lost":
        first.unlink()
    elif how == "renamed":
        second.rename(folder / "000003.json")
    elif how == "cut":
        second.write_text(second.read_text(encoding="utf-8")[:100], encoding="utf-8")
    elif how == "not json":
        second.write_bytes(b"\xff\xfe[[[[")
    else:
        told = json.loads(second.read_text(encoding="utf-8"))
        del told["claims"]
        second.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(LedgerError) as error:
        read_history(folder)
    assert error.value.code == "R050"


def test_a_credit_is_used_up_over_the_periods(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    keep(folder, judged(credits=retired()))  # 1,235 of 2,000 kg
    next_month = {"start": "2026-12-01 19:00", "end": "2026-12-01 23:00", "session": "s2"}
    from rooms import sessions

    given = {
        "sessions": sessions(next_month),
        "sales": sales({"session": "s2"}),
        "credits": retired(),
        "certificates": None,
    }
    _, found = later(folder, "2026-12", **given)
    assert found.rooms["credits_kg"].tolist() == pytest.approx([2000 - 1235])
    assert found.rooms["tier"].tolist() == ["low-carbon"]
    assert not codes(found)
    _, again = later(folder, credits=retired())  # the same period settles itself
    assert again.rooms["credits_kg"].tolist() == pytest.approx([1235])


def test_double_use_is_found_across_runs_and_both_lose_it(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    keep(folder, judged())
    rooms = pd.DataFrame({"room": ["r2"], "merchant": ["m2"]})
    from rooms import sessions

    given = {
        "rooms": rooms,
        "sessions": sessions({"room": "r2", "session": "s2"}),
        "sales": sales({"room": "r2", "session": "s2"}),
        "certificates": certificates({"room": "r2"}),
    }
    history = read_history(folder)
    found = judged(period="2026-12", earlier=history.others(pd.Index(["r2"]), "2026-12"), **given)
    assert codes(found) == {"R021", "R051"}
    assert found.rooms["matched_kwh"].tolist() == [0]
    keep(folder, found, "2026-12")
    _, first = later(folder)  # the earlier room is settled again: it loses the certificate too
    assert "R021" in codes(first)
    assert first.rooms["points_renewable_share"].tolist() == [0]


# the command


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("room")
    words = [
        str(ROOT / "examples" / "platform"),
        "--catalogue", str(ROOT / "examples" / "catalogue.csv"),
        "--as-of", "2026-11-30", "--draws", "100", "--period", "2026-11",
        "--history", str(folder / "history"), "-o", str(folder / "rooms.csv"),
    ]  # fmt: skip
    return folder, CliRunner().invoke(command, words)


def test_the_example_platform(example: tuple[Path, Any]) -> None:
    folder, result = example
    assert result.exit_code == 1, result.output  # some of it is wrong on purpose
    table = pd.read_csv(folder / "rooms.csv", keep_default_na=False).set_index("room")
    failed = table["gates_failed"].to_dict()
    assert table.loc["room-01", "status"] == "eligible"
    assert failed["room-05"] == "metered"
    assert failed["room-06"] == "block_list"
    assert failed["room-07"] == "coverage"
    assert table.loc["room-10", "status"] == "provisional"
    assert failed["room-11"] == "claims"
    assert "data" in failed["room-13"]
    assert "data" in failed["room-14"]
    assert table["edition"].str.startswith("2026.1").all()
    problems = pd.read_csv(folder / "rooms-problems.csv")
    assert {"certificates.csv", "sessions.csv", "sales.csv"} <= set(problems["file"])
    twice = problems[problems["code"] == "R021"]["value"].unique()
    assert twice.tolist() == ["GEC GEC-2026-001008: room-08, room-09"]
    told = pd.read_csv(folder / "rooms-reasons.csv", keep_default_na=False)
    points = told[told["kind"] == "criterion"].astype({"points": float}).groupby("room")["points"]
    assert points.sum().to_dict() == pytest.approx(table["points"].to_dict())
    assert (folder / "rooms-settlement.csv").read_text(encoding="utf-8").count("\n") == 1
    assert [path.name for path in (folder / "history").iterdir()] == ["000001.json"]


def test_the_order_of_the_files_changes_no_byte(example: tuple[Path, Any], tmp_path: Path) -> None:
    folder, _ = example
    platform = tmp_path / "platform"
    platform.mkdir()
    for path in (ROOT / "examples" / "platform").glob("*.csv"):
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
        write_table(table, platform / f"{path.stem}.parquet")
    words = [
        str(platform), "--catalogue", str(ROOT / "examples" / "catalogue.csv"),
        "--as-of", "2026-11-30", "--draws", "100", "--period", "2026-11",
        "-o", str(tmp_path / "rooms.csv"),
    ]  # fmt: skip
    assert CliRunner().invoke(command, words).exit_code == 1
    for name in ("rooms.csv", "rooms-reasons.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["examples/platform", "--as-of", "yesterday"], 2, "is not a date"),
        (["examples/platform", "--history", "h"], 2, "--history needs --period"),
        (["examples/platform/rooms.csv"], 2, "--sessions is needed"),
        (["examples/platform", "--policy", "none.toml"], 3, "P001"),
        (["examples"], 3, "G001"),
        (["examples/platform", "-o", "rooms.doc"], 5, "O002"),
    ],
)
def test_a_command_that_is_not_understood(
    words: list[str], code: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import click

    from carbon.doors.options import Group

    monkeypatch.chdir(ROOT)
    group = click.Group("carbon", commands={"room": command})
    shell = Group("carbon", commands=group.commands)
    given = ["--catalogue", "examples/catalogue.csv", "-o", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(shell, ["room", *given, *words])
    assert result.exit_code == code, result.output
    assert told in result.output
    assert not list(tmp_path.iterdir())
