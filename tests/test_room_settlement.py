"""Settlement: late returns, one history, and the command on the example platform."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from rooms import POLICY, certificates, codes, judged, retired, sales, sessions

from carbon.base.errors import LedgerError
from carbon.cli.room import room as command
from carbon.liveroom.eligibility import Judgement
from carbon.liveroom.settlement import History, entry, read_history, settle
from carbon.run.results import write_table

ROOT = Path(__file__).resolve().parents[1]


LATE = {"start": "2026-11-29 19:00", "end": "2026-11-29 23:00"}


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
    keep(folder, judged(sales=sales({"date": "2026-11-29"}), sessions=sessions(LATE)))
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
    december = {"start": "2026-12-01 19:00", "end": "2026-12-01 23:00", "session": "s2"}
    _, found = later(
        folder, "2026-12", sessions=sessions(december),
        sales=sales({"session": "s2", "date": "2026-12-01"}), as_of=np.datetime64("2026-12-31"),
        certificates=None,
    )  # fmt: skip
    assert keep(folder, found, "2026-12")
    second = judged(credits=retired(), sales=sales({"returned_units": 200}))
    assert not keep(folder, second)  # also where another period came between
    other = tmp_path / "again"
    keep(other, judged(credits=retired()))
    assert (other / "000001.json").read_bytes() == first


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two") / "history"
    keep(folder, judged())
    keep(folder, judged(sales=sales({"returned_units": 200})))
    return folder


@pytest.mark.parametrize("how", ["edited", "lost", "renamed", "cut", "not json", "no claims"])
def test_a_history_that_was_touched_is_refused(how: str, two_runs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "history"
    shutil.copytree(two_runs, folder)
    assert read_history(folder).runs == 2
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
    given = {
        "sessions": sessions(next_month),
        "sales": sales({"session": "s2", "date": "2026-12-01"}),
        "credits": retired(),
        "certificates": None,
        "as_of": np.datetime64("2026-12-31"),
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
    given = {
        "rooms": rooms,
        "sessions": sessions({"room": "r2", "session": "s2"}),
        "sales": sales({"room": "r2", "session": "s2"}),
        "certificates": certificates({"room": "r2"}),
    }
    history = read_history(folder)
    found = judged(period="again", earlier=history.others(pd.Index(["r2"]), "again"), **given)
    assert codes(found) == {"R021", "R051"}
    assert found.rooms["matched_kwh"].tolist() == [0]
    keep(folder, found, "again")
    _, first = later(folder)  # the earlier room is settled again: it loses the certificate too
    assert "R021" in codes(first)
    assert first.rooms["points_renewable_share"].tolist() == [0]


def test_a_claim_that_was_no_good_by_itself_stands_in_nobodys_way(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    table = certificates()
    table["retired"] = pd.to_datetime(["2026-12-24"]).astype("datetime64[s]")
    early = judged(certificates=table)
    assert codes(early) == {"R031"}
    keep(folder, early)
    history = read_history(folder)
    found = judged(
        rooms=pd.DataFrame({"room": ["r2"], "merchant": ["m2"]}),
        sessions=sessions({"room": "r2", "session": "s2"}),
        sales=sales({"room": "r2", "session": "s2"}),
        certificates=certificates({"room": "r2"}),
        period="again",
        earlier=history.others(pd.Index(["r2"]), "again"),
    )
    assert not codes(found)
    assert found.rooms["matched_kwh"].tolist() == [10]


def test_a_change_of_status_and_of_criteria_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    void = POLICY.criteria["packaging_void"]
    fewer = {name: one for name, one in POLICY.criteria.items() if one is not void}
    keep(folder, judged(policy=POLICY.model_copy(update={"criteria": fewer})))
    history, found = later(folder, sales=sales({"date": "2026-11-29"}), sessions=sessions(LATE))
    row = settle(history, found, POLICY).iloc[0]
    assert "eligible becomes provisional" in row["en"]
    assert "由合格变为暂定" in row["zh"]
    assert row["changed"] == "return_rate 15 -> 0"
    keep(folder, found)
    other = judged(rooms=pd.DataFrame({"room": ["r9"], "merchant": ["m1"]}), certificates=None,
                   sessions=sessions({"room": "r9", "session": "s9"}), period="2026-11",
                   sales=sales({"room": "r9", "session": "s9"}),
                   policy=POLICY.model_copy(update={"criteria": fewer}))  # fmt: skip
    keep(folder, other)
    history = read_history(folder)  # of two policies: what one did not judge is not known
    again = judged(rooms=pd.DataFrame({"room": ["r9"], "merchant": ["m1"]}), certificates=None,
                   sessions=sessions({"room": "r9", "session": "s9"}),
                   sales=sales({"room": "r9", "session": "s9"}))  # fmt: skip
    assert "nan" not in settle(history, again, POLICY).to_string()


# the command


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("room")
    words = [
        str(ROOT / "examples" / "platform"),
        "--catalogue", str(ROOT / "examples" / "catalogue.csv"),
        "--as-of", "2026-11-30", "--draws", "20", "--period", "2026-11",
        "--history", str(folder / "history"), "-o", str(folder / "rooms.csv"),
    ]  # fmt: skip
    return folder, CliRunner().invoke(command, words)


def test_the_example_platform(example: tuple[Path, Any]) -> None:
    folder, result = example
    assert isinstance(result.exception, SystemExit), result.exception  # not a failure
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
    assert table["edition"].str.startswith("2026.2").all()
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
        "--as-of", "2026-11-30", "--draws", "20", "--period", "2026-11",
        "-o", str(tmp_path / "rooms.csv"),
    ]  # fmt: skip
    again = CliRunner().invoke(command, words)
    assert isinstance(again.exception, SystemExit), again.exception
    for name in ("rooms.csv", "rooms-reasons.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_what_only_files_can_get_wrong(tmp_path: Path) -> None:
    """Rates that contradict themselves, and a contract for green power without serials."""
    platform, out = tmp_path / "platform", tmp_path / "out.csv"
    shutil.copytree(ROOT / "examples" / "platform", platform)
    certificates_ = pd.read_csv(platform / "certificates.csv", dtype="str")
    certificates_["证书编号"], certificates_["绿电合同"] = "", "PPA-1"
    write_table(certificates_.iloc[:2], platform / "certificates.csv")
    table = pd.read_csv(platform / "sales.csv", dtype="str").head(40)
    table = table.rename(columns={"销售额(元)": "销售额"})
    table["币种"] = ["usd", "美元", "EUR", "人民币"] * 10
    write_table(table, platform / "sales.csv")
    rates = pd.DataFrame({"币种": ["USD", "EUR", "EUR", "GBP"], "汇率": ["7.1", "8", "9", "0"]})
    write_table(rates, platform / "rates.csv")
    words = [str(platform), "--catalogue", str(ROOT / "examples" / "catalogue.csv"), "-o", str(out)]
    done = CliRunner().invoke(command, [*words, "--as-of", "2026-11-30", "--draws", "0"])
    assert isinstance(done.exception, SystemExit), done.exception
    problems = pd.read_csv(tmp_path / "out-problems.csv").set_index("code")
    assert problems.loc["R033", "value"].tolist() == ["PPA-1"] * 2
    assert problems.loc["R038", "value"].tolist() == ["EUR", "EUR", "GBP"]
    assert problems.loc["R038", "file"].tolist() == ["rates.csv"] * 3
    assert len(problems.loc[["R008"]]) == 2  # two rooms sold in euros too


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

    from carbon.cli.options import Group

    monkeypatch.chdir(ROOT)
    group = click.Group("carbon", commands={"room": command})
    shell = Group("carbon", commands=group.commands)
    given = ["--catalogue", "examples/catalogue.csv", "-o", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(shell, ["room", *given, *words])
    assert result.exit_code == code, result.output
    assert told in result.output
    assert not list(tmp_path.iterdir())
