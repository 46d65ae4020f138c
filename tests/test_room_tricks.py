"""Tricks of a room: each is resisted, or told on the room with what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from rooms import codes, goods, judged, reason, sales, session, sessions

from carbon.cli.main import main

CASES = Path(__file__).parent / "cases"
TRICKS = pd.read_csv(CASES / "rooms" / "expected.csv", keep_default_na=False)


def run(
    rooms: Path, catalogue: Path, as_of: str, output: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rooms by name and their problems, as the command writes them."""
    words = ["room", str(rooms), "--catalogue", str(catalogue), "--as-of", as_of, "--draws", "50"]
    result = CliRunner().invoke(main, [*words, "-o", str(output)])
    assert result.exit_code in (0, 1), result.output
    problems = pd.read_csv(output.with_name(f"{output.stem}-problems.csv"), keep_default_na=False)
    return pd.read_csv(output, keep_default_na=False).set_index("room"), problems


@pytest.fixture(scope="module")
def tricks(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = CASES / "rooms"
    output = tmp_path_factory.mktemp("tricks") / "rooms.csv"
    return run(folder, folder / "catalogue.csv", "2026-12-25", output)


@pytest.mark.parametrize("trick", TRICKS.to_dict("records"), ids=TRICKS["room"])
def test_a_trick_is_resisted_or_told(trick: dict[str, str], tricks: Any) -> None:
    rooms, problems = tricks
    room = rooms.loc[trick["room"]]
    assert set(trick["codes"].split()) <= set(room["problem"].split())
    assert set(trick["gates"].split()) <= set(room["gates_failed"].split())
    if not trick["codes"]:
        assert room["problem"] == ""
    if not trick["gates"]:
        assert room["gates_failed"] == ""
    for code in trick["codes"].split():
        assert (problems.loc[problems["code"] == code, "value"] != "").any()


def test_no_trick_of_sessions_or_dates_earns_points_that_count(tricks: Any) -> None:
    rooms, _ = tricks
    honest = float(rooms.loc["honest", "points"])
    for trick in TRICKS.to_dict("records"):
        room = rooms.loc[trick["room"]]
        if float(room["points"]) > honest + 1e-9:
            told = set(room["problem"].split()) | set(room["gates_failed"].split())
            allowed = {"cert-gen-after-session"}  # judged by the SKU
            assert told or trick["room"] in allowed, trick["room"]


def test_everything_at_once_is_no_zero_carbon_room(tricks: Any) -> None:
    rooms, _ = tricks
    assert rooms.loc["ALL", "tier"] != "zero-carbon"
    assert rooms.loc["ALL", "residual_kg"] == ""  # viewer-hours that cannot be are not known


def ledger(name: str, tmp_path: Path) -> tuple[dict[str, Any], set[str]]:
    """The one room of a case, and its codes."""
    rooms, problems = run(
        CASES / "ledgers" / name, CASES / "ledgers" / "catalogue.csv", "2026-12-31",
        tmp_path / "out.csv",
    )  # fmt: skip
    return rooms.loc["r1"].to_dict(), set(problems["code"])


def test_a_red_letter_line_is_a_return(tmp_path: Path) -> None:
    room, told = ledger("b04_room_negative", tmp_path)
    assert float(room["returned_units"]) == 10
    assert float(room["revenue"]) == 7900
    assert "R080" in told


@pytest.mark.parametrize(("name", "code"), [("b20_room_future", "R067"), ("b20_room_long", "R066")])
def test_a_session_that_cannot_be_is_left_out(name: str, code: str, tmp_path: Path) -> None:
    room, told = ledger(name, tmp_path)
    assert code in told
    assert code in room["problem"]
    assert int(room["sessions"]) == 0
    assert "in_session" in room["gates_failed"]


def test_viewer_hours_that_are_not_told_have_a_code(tmp_path: Path) -> None:
    room, _ = ledger("b40_viewers_empty", tmp_path)
    assert room["session_kg"] == room["footprint_kg"] == ""
    assert "R068" in room["problem"]


def test_sessions_of_one_name_belong_to_their_rooms() -> None:
    rooms = pd.DataFrame({"room": ["r1", "r2"], "merchant": ["m1", "m2"]})
    two = sessions({"meter_id": "A"}, {"room": "r2", "meter_id": "B", "studio_kwh": 7.0})
    found = judged(certificates=None, rooms=rooms, sessions=two, sales=sales({}, {"room": "r2"}))
    assert not codes(found)
    assert found.rooms["session_kwh"].tolist() == [10, 7]
    blank = judged(certificates=None, rooms=rooms, sessions=two, sales=sales({"room": ""}))
    assert "R005" in codes(blank)  # of which room is not told


def test_one_session_in_two_cases_is_one() -> None:
    two = sessions({}, {"session": "S1", "studio_kwh": 7.0, "meter_id": "B"})
    found = judged(sessions=two)
    assert "R015" in codes(found)
    assert found.rooms["sessions"].tolist() == [0]
    named = judged(sales=sales({"session": "S1"}))
    assert "R007" not in codes(named)
    assert named.rooms["gates_failed"].tolist() == [""]


def test_a_second_shop_of_a_blocked_taxpayer_is_blocked() -> None:
    shops = pd.DataFrame({"merchant": ["m1", "m2"], "blocked": pd.array([False, True])})
    assert not codes(judged(merchants=shops.assign(taxpayer=["T1", "T2"])))
    found = judged(merchants=shops.assign(taxpayer=["T1", "t1"]))
    assert codes(found) == {"R083"}
    assert found.rooms["gates_failed"].tolist() == ["block_list"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"studio_kwh": 0.001}, "R065"),
        ({"studio_kwh": 5e6}, "R065"),
        ({"studio_kwh": 0.1, "equipment": "LED panel x 4"}, "R065"),
        ({"meter_id": ""}, "R070"),
        ({"viewer_hours": None}, "R068"),
        ({"viewer_hours": 1.0}, "R069"),
    ],
)
def test_a_session_is_held_against_what_a_studio_takes(cells: dict[str, Any], code: str) -> None:
    found = judged(sessions=sessions(session(**cells)))
    assert code in codes(found)
    if code == "R065":
        assert found.rooms["gates_failed"].tolist() == ["metered"]
    if code in ("R068", "R069"):
        assert np.isnan(found.rooms["residual_kg"].iloc[0])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"date": "2026-12-01"}, "R060"),
        ({"date": "2026-10-15"}, "R064"),
        ({"date": "2026-11-04"}, "R061"),
        ({"date": "2026-11-02"}, None),  # paid on the day after
        ({"session": "", "date": "2026-11-04"}, "R061"),
        ({"session": "", "date": "2026-11-02"}, None),
    ],
)
def test_the_dates_of_a_sale(line: dict[str, Any], code: str | None) -> None:
    found = judged(sales=sales({}, line))
    assert codes(found) == ({code} if code else set())
    if code in ("R060", "R061"):
        gate = "coverage" if code == "R060" else "in_session"
        assert reason(found, gate)["value"] == pytest.approx(0.5)
    if code == "R064":
        assert found.rooms["lines_left_out"].tolist() == [1]
        assert found.rooms["coverage"].tolist() == [1]


def test_a_price_far_from_that_of_the_catalogue_is_told() -> None:
    known = goods({"price": 1.0})
    assert not codes(judged(known=known))
    for revenue in (2001.0, 99.0):
        assert codes(judged(known=known, sales=sales({"revenue": revenue}))) == {"R071"}
    dollars = sales({"revenue": 2001.0, "currency": "USD"})
    assert not codes(judged(known=known, sales=dollars))  # prices are in the policy's currency


def test_goods_whose_letter_is_withheld_are_told() -> None:
    found = judged(known=goods({"intensity": np.nan, "withheld": True}))
    assert codes(found) == {"R074"}
    assert found.rooms["points_intensity"].tolist() == [0]


def test_lines_that_could_not_be_read_count_as_not_covered() -> None:
    for lines, share in (({}, 1.0), ({}, 0.5)):
        refused = sales({}) if share < 1 else None
        found = judged(refused=refused, sales=sales(lines))
        assert found.rooms["coverage"].tolist() == [share]
        assert codes(found) == (set() if share == 1 else {"R075"})


@pytest.mark.parametrize(
    ("line", "revenue", "returned"),
    [
        ({"units": -100, "revenue": -100.0}, 1000.0, 280),
        ({"units": 0, "revenue": -250.0}, 750.0, 180),
        ({"units": -900, "revenue": -900.0}, 1000.0, 1000),
    ],
)
def test_negative_lines_are_returns_or_corrections(
    line: dict[str, Any], revenue: float, returned: int
) -> None:
    found = judged(sales=sales({}, line | {"returned_units": 0}))
    assert found.rooms["revenue"].tolist() == [revenue]
    assert found.rooms["units"].tolist() == [1000]
    assert found.rooms["returned_units"].tolist() == [returned]
    assert "R080" in set(found.problems["code"])
    assert ("R079" in codes(found)) == (returned == 1000)
