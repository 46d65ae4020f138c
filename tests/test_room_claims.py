"""Certificates and credits: each serial counts once, and only as far as it reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rooms import certificates, codes, credit, goods, judged, retired, sales, sessions
from scipy.optimize import linprog

from carbon.liveroom.claims import CLAIM_COLUMNS, Claims, claimed
from carbon.liveroom.eligibility import CountedBefore
from carbon.liveroom.matching import match_power
from carbon.liveroom.policy_file import read_policy
from carbon.liveroom.room_problems import RoomProblems
from carbon.liveroom.studio import clusters

TWO: dict[str, Any] = {
    "rooms": pd.DataFrame({"room": ["r1", "r2"], "merchant": ["m1", "m2"]}),
    "sessions": sessions({}, {"session": "s2", "room": "r2"}),
    "sales": sales({}, {"room": "r2", "session": "s2"}),
}


def claims_of(table: pd.DataFrame, of: str = "power", rooms: tuple[str, ...] = ("r1", "r2")) -> Any:
    """Claims and the codes that were gathered."""
    problems = RoomProblems(pd.Index(rooms))
    on_air = pd.DataFrame(
        {
            "session": ["s1", "s2"],
            "room": [0, 1],
            "start": pd.to_datetime(["2026-11-01 19:00", "2026-11-01 19:00"]),
            "end": pd.to_datetime(["2026-11-01 23:00", "2026-11-01 23:00"]),
        }
    )
    day = np.datetime64("2026-11-30")
    found = claimed(
        table, of, problems.rooms, on_air, read_policy(), day, "2026-11", problems, None
    )
    return found, problems.table()


def test_one_certificate_of_two_rooms_counts_for_neither_and_both_are_named() -> None:
    both = certificates({}, {"room": "r2"})
    found = judged(**TWO, certificates=both)
    assert found.rooms["matched_kwh"].tolist() == [0, 0]
    told = found.problems[found.problems["code"] == "R021"]
    assert told["value"].tolist() == ["GEC GEC-2026-000001: r1, r2"] * 2
    assert told["row"].tolist() == [2, 3]
    own = certificates({}, {"room": "r2", "certificate": "GEC-2026-000002"})
    found = judged(**TWO, certificates=own)
    assert found.rooms["matched_kwh"].tolist() == [10, 10]


@pytest.mark.parametrize(
    "serial",
    [
        "gec-2026-000001",
        " GEC 2026 000001 ",
        "ＧＥＣ－２０２６－０００００１",
        "GEC-2026-0000001",
        "GEC_2026/000001",
    ],
)
def test_a_serial_is_itself_however_it_is_written(serial: str) -> None:
    found, problems = claims_of(certificates({}, {"room": "r2", "certificate": serial}))
    if serial == "GEC-2026-0000001":  # another number of digits is another number here
        assert found.table["counts"].tolist() == [True, True]
    else:
        assert found.table["counts"].tolist() == [False, False], serial
        assert set(problems["code"]) == {"R021"}


def test_blocks_of_two_rooms_that_share_one_serial() -> None:
    blocks = retired(
        {"serial": "CCER-100", "last": "CCER-199", "co2e_kg": 100_000.0},
        {"serial": "CCER-199", "last": "CCER-250", "co2e_kg": 1000.0, "room": "r2"},
        {"serial": "CCER-251", "last": "300", "co2e_kg": 1000.0, "room": "r2"},
    )
    found, problems = claims_of(blocks, "credits")
    assert found.table.sort_values("line")["counts"].tolist() == [False, False, True]
    assert problems["code"].tolist() == ["R021", "R021"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"registry": "Moon"}, "R023"),
        ({"registry": ""}, "R023"),
        ({"energy_kwh": 0.0}, "R024"),
        ({"energy_kwh": -5.0}, "R024"),
        ({"energy_kwh": None}, "R024"),
        ({"energy_kwh": 1001.0}, "R037"),  # one certificate is 1,000 kWh
        ({"certificate": "", "contract": "PPA-7"}, "R033"),
        ({"certificate": ""}, "R027"),
        ({"room": "elsewhere"}, "R028"),
        ({"room": "", "session": "no such"}, "R028"),
        ({"room": "r1", "session": "s2"}, "R028"),
        ({"generation_start": None}, "R030"),
        ({"generation_start": "2024-10-01"}, "R029"),  # its 24 months are over
        ({"generation_start": "2026-11-02"}, "R029"),  # made after the session
        ({"last": "GEC-2026-000000"}, "R026"),
        ({"last": "XYZ-2026-000009"}, "R026"),
        ({"certificate": "9" * 5000, "last": "1" * 5000}, "R026"),
        ({"retired": "2026-12-24"}, "R031"),
    ],
)
def test_certificates_that_do_not_count(line: dict[str, Any], code: str) -> None:
    table = certificates(line)
    if "retired" in line:
        table["retired"] = pd.to_datetime(table["retired"]).astype("datetime64[s]")
    found, problems = claims_of(table)
    if code == "R029":
        on_air = sessions({}).assign(room=0, kwh=10.0)
        gathered = RoomProblems(pd.Index(["r1"]))
        matched, _ = match_power(found, on_air, gathered)
        assert matched.tolist() == [0]
        problems = gathered.table()
    else:
        assert found.table["counts"].tolist() == [False]
    assert problems["code"].tolist() == [code]


def test_a_certificate_of_a_session_gives_to_no_other() -> None:
    two = sessions({}, {"session": "s2", "start": "2026-11-02 19:00", "end": "2026-11-02 23:00"})
    found = judged(sessions=two, certificates=certificates({"room": "", "session": "s2"}))
    assert found.rooms["matched_kwh"].tolist() == [10]
    assert found.claims["used"].tolist() == [10]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"vintage": 2020.0}, "R030"),
        ({"vintage": 2027.0}, "R030"),
        ({"vintage": None}, "R030"),
        ({"retired": None}, "R031"),
        ({"retired": "2026-12-01"}, "R031"),
        ({"co2e_kg": 2001.0}, "R037"),
        ({"vintage": 2021.0}, None),
        ({"retired": "2026-11-30"}, None),
        ({"registry": "国家核证自愿减排量"}, None),
    ],
)
def test_credits_that_count_or_not(line: dict[str, Any], code: str | None) -> None:
    found, problems = claims_of(retired(line), "credits")
    assert found.table["counts"].tolist() == [code is None]
    assert problems["code"].tolist() == ([code] if code else [])


def test_one_room_that_names_a_serial_twice() -> None:
    found, problems = claims_of(retired({}, {}), "credits")
    assert sorted(found.table["counts"]) == [False, True]
    assert problems["code"].tolist() == ["R022"]
    found, problems = claims_of(retired({}, {"co2e_kg": 5.0}), "credits")
    assert found.table["counts"].tolist() == [False, False]
    assert problems["code"].tolist() == ["R025", "R025"]


def test_what_was_used_elsewhere_is_not_there_any_more() -> None:
    def past(room: str, used: float, **cells: Any) -> CountedBefore:
        row = {
            "of": "power",
            "registry": "GEC",
            "serial": "GEC-2026-000001",
            "prefix": "GEC",
            "first": "2026000001",
            "last": "2026000001",
            "room": room,
            "period": "2026-10",
            "used": used,
        }
        return CountedBefore(
            pd.DataFrame([row | cells], columns=list(CLAIM_COLUMNS)), pd.DataFrame()
        )

    same_room = judged(certificates=certificates(), earlier=past("r1", 996.0))
    assert same_room.rooms["matched_kwh"].tolist() == [4]
    assert "R021" not in codes(same_room)
    other = judged(certificates=certificates(), earlier=past("r9", 1.0))
    assert other.rooms["matched_kwh"].tolist() == [0]
    assert codes(other) == {"R021", "R051"}
    told = other.problems.set_index("code")["value"]
    assert told["R021"] == "GEC GEC-2026-000001: r1, r9 (2026-10)"
    assert told["R051"] == "r9, 2026-10: GEC-2026-000001"
    block = judged(certificates=certificates(), earlier=past("r1", 1.0, last="2026000002"))
    assert codes(block) == {"R025", "R051"}
    spent = judged(certificates=certificates(), earlier=past("r1", 1000.0))
    assert spent.rooms["matched_kwh"].tolist() == [0]


def test_a_session_counts_in_one_period() -> None:
    before = pd.DataFrame(
        {
            "session": ["s1"],
            "room": ["r1"],
            "period": ["2026-10"],
            "start": pd.to_datetime(["2026-10-01 19:00"]),
            "end": pd.to_datetime(["2026-10-01 23:00"]),
            "meter": [""],
        }
    )
    found = judged(earlier=CountedBefore(pd.DataFrame(), before), certificates=None)
    assert codes(found) == {"R034", "R051"}
    assert found.rooms["status"].tolist() == ["not_eligible"]
    overlap = before.assign(
        session="other", start=pd.Timestamp("2026-11-01 22:59"), end=pd.Timestamp("2026-11-02")
    )
    assert "R034" in codes(
        judged(earlier=CountedBefore(pd.DataFrame(), overlap), certificates=None)
    )
    clear = before.assign(session="other")
    assert not codes(judged(earlier=CountedBefore(pd.DataFrame(), clear)))


def test_more_than_is_needed_is_left() -> None:
    lines = [{"certificate": f"GEC-{at}", "energy_kwh": 4.0} for at in range(4)]
    found = judged(certificates=certificates(*lines), credits=retired())
    assert found.rooms["matched_kwh"].tolist() == [10]
    power = found.claims[found.claims["of"] == "power"]
    assert power["used"].tolist() == [4, 4, 2, 0]
    assert set(found.problems["code"]) == {"R032"}
    assert found.rooms["certificates"].tolist() == ["GEC GEC-0; GEC GEC-1; GEC GEC-2"]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_matching_is_as_much_as_can_be(data: st.DataObject) -> None:
    """Against a linear programme that may split everything."""
    count = data.draw(st.integers(1, 6))
    hours = data.draw(st.lists(st.integers(0, 20), min_size=count, max_size=count, unique=True))
    day = np.datetime64("2026-01-01", "s")
    start = np.sort(np.array(hours)) * np.timedelta64(1, "D") + day
    kwh = np.array(data.draw(st.lists(st.integers(1, 9), min_size=count, max_size=count)), float)
    on_air = pd.DataFrame(
        {"room": 0, "start": start, "end": start + np.timedelta64(1, "h"), "kwh": kwh}
    )
    offers = data.draw(
        st.lists(st.tuples(st.integers(0, 20), st.integers(0, 12), st.integers(1, 20)), max_size=5)
    )
    table = pd.DataFrame(
        {
            "of": "power",
            "place": 0,
            "serial": [str(at) for at in range(len(offers))],
            "counts": True,
            "left": [float(amount) for _, _, amount in offers],
            "start": [day + np.timedelta64(first, "D") for first, _, _ in offers],
            "end": [day + np.timedelta64(first + long + 1, "D") for first, long, _ in offers],
            "line": range(len(offers)),
            "used": 0.0,
        }
    )
    matched, after = match_power(
        Claims(table, pd.DataFrame()), on_air, RoomProblems(pd.Index(["r"]))
    )
    fits = [
        (i, j)
        for i in range(len(offers))
        for j in range(count)
        if table["start"][i] <= start[j] and start[j] + np.timedelta64(1, "h") <= table["end"][i]
    ]
    best = 0.0
    if fits:
        rows = np.zeros((len(offers) + count, len(fits)))
        for at, (i, j) in enumerate(fits):
            rows[i, at] = rows[len(offers) + j, at] = 1
        most = np.concatenate([table["left"], kwh])
        best = -linprog(-np.ones(len(fits)), A_ub=rows, b_ub=most).fun
    assert matched.sum() == pytest.approx(best)
    assert (matched <= kwh + 1e-9).all()
    assert after.table["used"].sum() == pytest.approx(matched.sum())
    assert (after.table["used"] <= after.table["left"] + 1e-9).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 6)), max_size=12))
def test_clusters_are_what_hangs_together(intervals: list[tuple[int, int, int]]) -> None:
    group = np.array([g for g, _, _ in intervals], dtype=np.int64)
    first = np.array([a for _, a, _ in intervals], dtype=np.int64)
    last = first + np.array([n for _, _, n in intervals], dtype=np.int64)
    found = clusters(group, first, last)
    near = {(a, a) for a in range(len(group))}
    for a in range(len(group)):
        for b in range(len(group)):
            if group[a] == group[b] and first[a] <= last[b] and first[b] <= last[a]:
                near.add((a, b))
    while True:
        more = near | {(a, d) for a, b in near for c, d in near if b == c}
        if more == near:
            break
        near = more
    for a in range(len(group)):
        for b in range(len(group)):
            assert (found[a] == found[b]) == ((a, b) in near)


def test_a_stranger_cannot_spoil_the_claims_of_a_room_with_an_empty_serial() -> None:
    lines = [credit(serial="", last=""), credit(serial="", last="", room="r2")]
    _, problems = claims_of(retired(*lines), "credits")
    assert problems["code"].tolist() == ["R027", "R027"]
    assert not codes(judged(known=goods(), credits=retired()))
