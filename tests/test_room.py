"""Rooms worked by hand: each gate and each criterion at, below and above its bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rooms import (
    POLICY,
    certificates,
    codes,
    goods,
    judged,
    reason,
    retired,
    sale,
    sales,
    session,
    sessions,
    tables,
)

from carbon.liveroom.metrics import METRICS


def room(found: Any, name: str = "r1") -> dict[str, Any]:
    row: dict[str, Any] = found.rooms.set_index("room").loc[name].to_dict()
    return row


@pytest.fixture(scope="module")
def faultless() -> Any:
    return judged()


def test_the_faultless_room_has_every_point(faultless: Any) -> None:
    found = faultless
    told = room(found)
    assert not codes(found)
    assert told["points"] == 100
    assert (told["status"], told["tier"], told["boost"]) == ("eligible", "low-carbon", 0.20)
    assert told["claim_en"].startswith("Platform footprint rating 2")
    # 1000 units, 180 back, 820 kept x (2.0 - 0.5) kg; 10 kWh x 0.8 + 100 h x 0.04
    assert told["goods_kg"] == pytest.approx(820 * 1.5)
    assert told["session_kg"] == pytest.approx(10 * 0.8 + 100 * 0.04)
    assert told["footprint_kg"] == pytest.approx(1242)
    assert told["power_kg"] == pytest.approx(10 * (0.8 - 0.1))
    assert told["residual_kg"] == pytest.approx(1235)
    assert told["coverage"] == 1
    assert told["small_merchant"]


def test_credits_make_it_zero_carbon_and_are_taken_once() -> None:
    found = judged(credits=retired())
    told = room(found)
    assert (told["tier"], told["boost"]) == ("zero-carbon", 0.30)
    assert told["residual_kg"] == pytest.approx(0, abs=1e-9)
    assert told["credits_kg"] == pytest.approx(1235)
    assert "R032" in set(found.problems["code"])  # the rest of 765 kg is left
    short = room(judged(credits=retired({"co2e_kg": 1234.9})))
    assert short["tier"] == "low-carbon"
    text = reason(
        judged(credits=retired({"co2e_kg": 1000.0, "last": "CCER-2024-000001"})), "low-carbon"
    )
    assert "retired credits for 235 kg more make it a zero-carbon room" in text["en"]
    assert "再注销235千克减排量可达“零碳直播间”" in text["zh"]


def test_a_market_that_forbids_offset_claims_gives_the_tier_without_words() -> None:
    rooms = pd.DataFrame({"room": ["r1"], "merchant": ["m1"], "market": ["eu"]})
    found = judged(rooms=rooms, credits=retired())
    told = room(found)
    assert told["tier"] == "zero-carbon"
    assert told["boost"] == 0.30
    assert told["claim_zh"] == told["claim_en"] == ""
    assert "2024/825" in reason(found, "EU")["en"]
    rooms["market"] = "US"
    assert "does not list the market US" in reason(judged(rooms=rooms), "US")["en"]


CRITERIA = [
    # criterion, value, points by hand
    ("intensity", 0.5, 35), ("intensity", 0.6, 35), ("intensity", 0.925, 17.5),
    ("intensity", 1.25, 0), ("intensity", 3.0, 0), ("intensity", np.nan, 0),
    ("air_share", 0.0, 15), ("air_share", 0.1, 15), ("air_share", 0.4, 6),
    ("air_share", 0.6, 0), ("air_share", 0.62, 0), ("air_share", np.nan, 0),
    ("packaging_mass", 0.5, 6), ("packaging_mass", 0.7, 6), ("packaging_mass", 0.95, 3),
    ("packaging_mass", 1.2, 0), ("packaging_mass", 2.0, 0), ("packaging_mass", np.nan, 0),
    ("packaging_plastic", 0.0, 4), ("packaging_plastic", 0.45, 2),
    ("packaging_plastic", 0.8, 0), ("packaging_plastic", 1.0, 0),
    ("packaging_layers", 1.0, 2), ("packaging_layers", 3.0, 1), ("packaging_layers", 4.0, 0),
    ("packaging_layers", 7.0, 0),
    ("primary_share", 1.0, 10), ("primary_share", 0.8, 10), ("primary_share", 0.5, 5),
    ("primary_share", 0.2, 0), ("primary_share", 0.1, 0), ("primary_share", np.nan, 0),
]  # fmt: skip


@pytest.fixture(scope="module")
def each() -> Any:
    """A room for each of the cases, all judged at once."""
    n = len(CRITERIA)
    names = [f"r{at}" for at in range(n)]
    rows = [{"sku": f"S{at}", name: value} for at, (name, value, _) in enumerate(CRITERIA)]
    lines = [{"room": name, "session": "", "sku": f"S{at}"} for at, name in enumerate(names)]
    green = [{"certificate": f"GEC-{at}", "room": name} for at, name in enumerate(names)]
    return judged(
        known=goods(*rows),
        rooms=pd.DataFrame({"room": names, "merchant": "m1"}),
        sessions=sessions(*({"session": f"s{name}", "room": name} for name in names)),
        sales=sales(*lines),
        certificates=certificates(*green),
    )


@pytest.mark.parametrize("case", range(len(CRITERIA)))
def test_a_criterion_of_the_goods(case: int, each: Any) -> None:
    name, value, points = CRITERIA[case]
    told = room(each, f"r{case}")
    full = POLICY.criteria[name].weight.value  # type: ignore[index]
    assert told[f"points_{name}"] == pytest.approx(points)
    assert told["points"] == pytest.approx(100 - full + points)
    why = reason(each, name, f"r{case}")
    assert why["lost"] == why["adds"] == pytest.approx(full - points)
    if np.isnan(value):
        assert METRICS[name].data["en"] in why["en"]
        assert METRICS[name].data["zh"] in why["zh"]
        assert f"up to {full:g} points" in why["en"]
    elif points < full:
        assert f"adds {full - points:g} points" in why["en"]


def side_by_side(column: str, values: list[float]) -> pd.DataFrame:
    """A room for each value of a column of the sales."""
    names = [f"r{at}" for at in range(len(values))]
    return judged(
        rooms=pd.DataFrame({"room": names, "merchant": "m1"}),
        sessions=sessions(*({"session": f"s{name}", "room": name} for name in names)),
        sales=sales(
            *(
                {"room": name, "session": "", column: value}
                for name, value in zip(names, values, strict=True)
            )
        ),
        certificates=None,
    ).rooms


def test_the_empty_share_of_parcels() -> None:
    found = side_by_side("void_share", [0.1, 0.25, 0.375, 0.5, 0.9, np.nan])
    assert found["points_packaging_void"].tolist() == [3, 3, 1.5, 0, 0, 0]


def test_the_return_rate_is_shrunk_to_the_category() -> None:
    # (x + 100*0.4) / (1100*0.4): 180 back is 0.5, 400 back is the category's own rate
    back = [0, 180, 290, 400, 900]
    found = side_by_side("returned_units", back)
    assert found["value_return_rate"].tolist() == pytest.approx([(x + 40) / 440 for x in back])
    assert found["points_return_rate"].tolist() == pytest.approx([15, 15, 7.5, 0, 0])


def test_few_sales_say_little_about_returns() -> None:
    few = judged(sales=sales({"units": 5, "returned_units": 0}))
    assert room(few)["value_return_rate"] == pytest.approx(40 / 42)
    assert room(few)["points_return_rate"] == pytest.approx(15 * (1 - 40 / 42) / 0.5)


@pytest.mark.parametrize(("kwh", "points"), [(10.0, 10), (20.0, 10), (5.0, 5), (0.1, 0.1)])
def test_the_renewable_share(kwh: float, points: float) -> None:
    found = judged(certificates=certificates({"energy_kwh": kwh}))
    assert room(found)["points_renewable_share"] == pytest.approx(points)
    assert room(found)["matched_kwh"] == pytest.approx(min(kwh, 10))


def test_the_footprint_stays_location_based() -> None:
    with_, without = judged(), judged(certificates=None)
    assert room(with_)["footprint_kg"] == room(without)["footprint_kg"]
    assert room(with_)["residual_kg"] < room(without)["residual_kg"]
    assert room(without)["points_renewable_share"] == 0


def test_the_sentence_names_the_value_that_reaches_the_next_tier() -> None:
    # 15 lost by air, so 39 points by intensity and the rest: 54 points, 6 short of green
    known = goods({"air_share": 0.62, "intensity": 0.6 + 0.65 * (31 / 35)})
    found = judged(known=known)
    assert room(found)["points"] == pytest.approx(54)
    why = reason(found, "air_share")
    assert why["en"] == (
        "air share 62%: at most 40% adds 6 points and makes it a green room; "
        "at most 10% adds 15 points"
    )
    assert why["zh"] == "空运占比 62%：降到40%可增加6分，达到“绿色直播间”；降到10%可增加15分"
    assert room(judged(known=known.assign(air_share=0.4)))["tier"] == "green"


@pytest.mark.parametrize(
    ("points", "tier", "boost"),
    [(80, "low-carbon", 0.20), (79.9, "green", 0.10), (60, "green", 0.10), (59.9, "", 0.0)],
)
def test_tiers_at_their_bounds(points: float, tier: str, boost: float) -> None:
    # 45 points are left without intensity and return rate is full: lose them by intensity and air
    lost = 100 - points
    by_air = min(lost, 15)
    known = goods(
        {
            "air_share": 0.1 + 0.5 * by_air / 15,
            "intensity": 0.6 + 0.65 * (lost - by_air) / 35,
        }
    )
    told = room(judged(known=known))
    assert told["points"] == pytest.approx(points)
    assert (told["tier"], told["boost"]) == (tier, boost)


# gates


@pytest.mark.parametrize(
    ("revenue", "passed"), [(900.0, True), (899.9, False), (950.0, True), (0.0, False)]
)
def test_the_coverage_gate(revenue: float, passed: bool) -> None:
    lines = ({"revenue": revenue}, {"sku": "B", "revenue": 1000.0 - revenue})
    found = judged(known=goods({}, {"sku": "B", "total_kg": np.nan}), sales=sales(*lines))
    assert room(found)["coverage"] == pytest.approx(revenue / 1000)
    assert (room(found)["status"] == "eligible") == passed
    why = reason(found, "coverage")
    assert why["passed"] == passed
    if not passed:
        assert "90% are needed" in why["en"]
        points = room(found)["points"]
        assert f"; then {points:.1f}".removesuffix(".0") in why["en"]
        assert why["adds"] == points > 0
        assert room(found)["boost"] == 0


def test_goods_without_a_footprint_count_like_the_others() -> None:
    lines = ({"revenue": 900.0}, {"sku": "B", "revenue": 100.0})
    found = judged(known=goods({}, {"sku": "B", "total_kg": np.nan}), sales=sales(*lines))
    assert room(found)["goods_kg"] == pytest.approx(820 * 1.5 / 0.9)


@pytest.mark.parametrize(
    ("second", "share", "code"),
    [
        ({}, 1.0, None),
        ({"studio_kwh": None, "equipment": "LED panel x 4"}, 0.5, "R017"),
        ({"studio_kwh": None}, 0.5, None),
        ({"metered": False}, 0.5, "R017"),
        ({"studio_kwh": 0.0}, 0.5, "R020"),
    ],
)
def test_the_metering_gate(second: dict[str, Any], share: float, code: str | None) -> None:
    two = {"session": "s2", "start": "2026-11-02 19:00", "end": "2026-11-02 23:00"} | second
    found = judged(sessions=sessions({}, two))
    assert room(found)["metered_share"] == pytest.approx(share)
    assert reason(found, "metered")["passed"] == (share == 1)
    assert room(found)["status"] == ("eligible" if share == 1 else "not_eligible")
    assert codes(found) == ({code} if code else set())
    if code == "R017":
        assert np.isfinite(room(found)["session_kg"])
    elif share < 1:
        assert np.isnan(room(found)["session_kg"])  # unknown, not zero
        assert np.isnan(room(found)["residual_kg"])


@pytest.mark.parametrize(
    ("merchants", "code"),
    [
        ([("m1", True)], None),
        ([("m1", False), ("m1", True)], None),  # one of its rows says so
        ([("m1", None)], "R012"),
        ([("other", False)], "R012"),
        (None, "R012"),
    ],
)
def test_the_block_list_gate(merchants: Any, code: str | None) -> None:
    table = None if merchants is None else pd.DataFrame(merchants, columns=["merchant", "blocked"])
    found = judged(merchants=table)
    assert room(found)["status"] == "not_eligible"
    assert room(found)["gates_failed"] == "block_list"
    assert codes(found) == ({code} if code else set())


def test_the_claims_gate() -> None:
    found = judged(findings=pd.DataFrame({"room": ["r1", "r1"], "words": ["零碳", "环保"]}))
    assert room(found)["gates_failed"] == "claims"
    assert "零碳, 环保" in reason(found, "claims")["zh"]
    assert "then 100 points count" in reason(found, "claims")["en"]
    assert judged(findings=None).rooms["gates_failed"].tolist() == ["claims"]  # nobody looked


@pytest.mark.parametrize(
    ("line", "as_of", "status"),
    [
        ({"date": "2026-11-15"}, "2026-11-30", "eligible"),  # 15 days after
        ({"date": "2026-11-16"}, "2026-11-30", "provisional"),
        ({"date": "2026-11-16"}, "2026-12-01", "eligible"),
        ({"settled": True, "date": "2026-11-29"}, "2026-11-30", "eligible"),
        ({"settled": False, "date": "2026-10-01"}, "2026-11-30", "provisional"),
        ({"settled_on": "2026-11-30"}, "2026-11-30", "eligible"),
        ({"settled_on": "2026-12-01", "date": "2026-10-01"}, "2026-11-30", "provisional"),
        ({"returned_units": None}, "2026-11-30", "provisional"),
    ],
)
def test_the_return_window(line: dict[str, Any], as_of: str, status: str) -> None:
    table = sales(line)
    if "settled_on" in table:
        table["settled_on"] = table["settled_on"].astype("datetime64[s]")
    if "returned_units" in line:
        table["returned_units"] = pd.array([None], dtype="Int64")
    day = line.get("date", "2026-11-01")
    on_air = sessions({"start": f"{day} 19:00", "end": f"{day} 23:00"})
    found = judged(sales=table, sessions=on_air, as_of=np.datetime64(as_of), period="")
    told = room(found)
    assert told["status"] == status
    if status == "provisional":
        assert told["boost"] == 0
        assert told["claim_en"] == ""
        assert np.isnan(told["value_return_rate"])  # not before the window has closed
        assert told["tier"] == "low-carbon"  # what it would get with its 85 points
    if "returned_units" in line:
        assert codes(found) == {"R035"}
        assert np.isnan(told["kept_units"])
        assert np.isnan(told["goods_kg"])


def test_a_policy_may_grant_a_part_before() -> None:
    share = POLICY.provisional_share.model_copy(update={"value": 0.5})
    policy = POLICY.model_copy(update={"provisional_share": share})
    late = sessions({"start": "2026-11-29 19:00", "end": "2026-11-29 23:00"})
    told = room(judged(policy=policy, sessions=late, sales=sales({"date": "2026-11-29"})))
    assert (told["status"], told["boost"]) == ("provisional", 0.10)


# lines that cannot be


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"units": -3, "revenue": 5.0}, "R002"),
        ({"units": 0}, "R002"),
        ({"units": 1.5}, "R002"),
        ({"returned_units": 1001}, "R003"),
        ({"returned_units": -1}, "R003"),
        ({"revenue": -5.0}, "R004"),
        ({"room": "nowhere", "session": ""}, "R005"),
    ],
)
def test_lines_that_are_left_out_and_counted(
    line: dict[str, Any], code: str, faultless: Any
) -> None:
    found = judged(sales=sales({}, line, line | {"revenue": line.get("revenue", 0) * 2}))
    told = found.problems[found.problems["code"] == code]
    assert len(told) == 1  # one row a room, with a count
    assert told["row"].tolist() == [3]
    assert "(+1)" in told["value"].iloc[0]
    assert room(found)["lines_left_out"] == (0 if code == "R005" else 2)
    same = ["points", "units", "revenue", "goods_kg", "lines"]
    assert found.rooms[same].equals(faultless.rooms[same])


def test_a_line_that_stands_twice_counts_once() -> None:
    found = judged(sales=sales({}, {}, {}))
    assert codes(found) == {"R006"}
    assert room(found)["lines_left_out"] == 2
    assert room(found)["units"] == 1000
    orders = sales({}, {}, {}).assign(order=["o1", "o2", "o2"])
    found = judged(sales=orders)
    assert room(found)["units"] == 2000  # two orders may be alike, one order may not


def test_goods_that_are_not_in_the_catalogue_are_counted_as_not_covered() -> None:
    found = judged(sales=sales({}, {"sku": "?", "revenue": 200.0}, {"sku": "??", "revenue": 300.0}))
    assert codes(found) == {"R001"}
    assert room(found)["coverage"] == pytest.approx(1000 / 1500)
    assert room(found)["status"] == "not_eligible"
    assert room(found)["value_intensity"] == pytest.approx((0.6 * 1000 + 2.0 * 500) / 1500)


@pytest.mark.parametrize(
    ("given", "code", "gate"),
    [
        ({"sales": sales({"room": "x", "session": ""})}, {"R005", "R009"}, "data"),
        ({"sales": sales({"revenue": 0.0})}, {"R009"}, "data"),
        ({"sales": sales({"returned_units": 1000})}, {"R010"}, "data"),
        ({"sessions": sessions({"room": "x"})}, {"R005", "R007", "R013"}, "data metered"),
        ({"sales": sales({}, {"currency": "USD", "sku": "A"})}, {"R008"}, "data coverage"),
        ({"sales": sales().iloc[:0]}, {"R009"}, "data coverage"),
    ],
)
def test_a_room_that_cannot_be_judged(given: dict[str, Any], code: set[str], gate: str) -> None:
    found = judged(certificates=None, **given)
    assert codes(found) == code
    assert room(found)["status"] == "not_eligible"
    assert set(gate.split()) <= set(room(found)["gates_failed"].split())
    assert room(found)["boost"] == 0
    assert reason(found, "data")["en"].startswith("data are missing or conflict (R0")


def test_currencies_are_brought_to_one_by_a_table() -> None:
    lines = sales({}, {"currency": "USD", "revenue": 100.0, "sku": "B"})
    known = goods({}, {"sku": "B", "intensity": 1.25})
    found = judged(known=known, sales=lines, rates={"USD": 7.0})
    assert not codes(found)
    assert room(found)["revenue"] == pytest.approx(1700)
    assert room(found)["value_intensity"] == pytest.approx((0.6 * 1000 + 1.25 * 700) / 1700)
    assert codes(judged(known=known, sales=lines, rates={"EUR": 8.0})) == {"R008"}
    alone = sales({"currency": "USD"})
    assert room(judged(sales=alone))["currency"] == "USD"


# sessions that cannot be


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (({}, {"session": "s2", "start": "2026-11-01 22:00", "end": "2026-11-02 01:00"}), "R016"),
        (({}, {"session": "s2", "end": "2026-11-01 18:00"}), "R014"),
        (({}, {"session": "s2", "end": None}), "R014"),
        (({}, {"studio_kwh": 11.0}), "R015"),
        (({}, {}), "R006"),
        (({"place": "Atlantis"},), "R019"),
        (({"place": ""},), "R036"),
        (({"studio_kwh": None, "equipment": "organ x 2"},), "R018"),
        (({"studio_kwh": None, "equipment": "camera x 2, 9 h"},), "R018"),
    ],
)
def test_sessions_that_cannot_be(lines: tuple[dict[str, Any], ...], code: str) -> None:
    found = judged(sessions=sessions(*lines))
    assert code in codes(found)
    told = room(found)
    if code in ("R016", "R015"):
        assert not np.isfinite(told["session_kwh"])
        assert told["status"] == "not_eligible"
    elif code in ("R014", "R006"):
        assert told["session_kwh"] == 10
        assert told["status"] == "eligible"
    elif code == "R019":
        assert np.isnan(told["session_kg"])  # no factor is not no emission
        assert np.isnan(told["power_kg"])  # nor is what its green power saves
        assert np.isnan(told["residual_kg"])


def test_sessions_that_touch_do_not_overlap() -> None:
    next_one = {"session": "s2", "start": "2026-11-01 23:00", "end": "2026-11-02 01:00"}
    assert not codes(judged(sessions=sessions({}, next_one)))


def test_one_meter_of_two_rooms_counts_for_neither() -> None:
    rooms = pd.DataFrame({"room": ["r1", "r2"], "merchant": ["m1", "m2"]})
    shared = ({"meter_id": "M"}, {"session": "s2", "room": "r2", "meter_id": "M"})
    lines = sales({}, {"room": "r2", "session": "s2"})
    found = judged(certificates=None, rooms=rooms, sessions=sessions(*shared), sales=lines)
    assert codes(found) == {"R016"}
    assert found.rooms["status"].tolist() == ["not_eligible"] * 2
    own = ({"meter_id": "M"}, {"session": "s2", "room": "r2", "meter_id": "N"})
    assert not codes(judged(rooms=rooms, sessions=sessions(*own), sales=lines))


def test_rooms_that_stand_twice() -> None:
    same = pd.DataFrame({"room": ["r1", "r1"], "merchant": ["m1", "m1"]})
    assert codes(judged(rooms=same)) == {"R006"}
    unlike = pd.DataFrame({"room": ["r1", "r1"], "merchant": ["m1", "m2"]})
    found = judged(rooms=unlike)
    assert codes(found) == {"R011"}
    assert found.rooms["status"].tolist() == ["not_eligible"]


# laws


def random_goods(random: np.random.Generator, count: int) -> pd.DataFrame:
    """SKUs of all kinds; one datum in ten is not known."""
    table = goods(*({"sku": f"S{at:04d}"} for at in range(count)))
    for name in IN_GOODS:
        share = METRICS[name].unit == "share"
        told = random.uniform(0, 1, count) if share else random.lognormal(0, 0.6, count)
        table[name] = np.where(random.random(count) < 0.1, np.nan, told)
    table["packaging_layers"] = np.ceil(table["packaging_layers"] * 2)
    return table


IN_GOODS = [
    name for name in METRICS if name not in ("return_rate", "renewable_share", "packaging_void")
]
ROOMS = 30
Platform = dict[str, pd.DataFrame]


def many(random: np.random.Generator) -> Platform:
    """Thirty rooms that sell two SKUs of their own each, and what is known of these."""
    names = [f"r{at:02d}" for at in range(ROOMS)]
    units = random.integers(1, 2000, 2 * ROOMS)
    lines = sales(
        *(
            {"room": names[at // 2], "session": "", "sku": f"S{at:04d}", "units": int(units[at])}
            for at in range(2 * ROOMS)
        )
    )
    lines["returned_units"] = random.binomial(units, random.random(2 * ROOMS))
    lines["void_share"] = random.random(2 * ROOMS).round(3)
    each = [{"session": f"s{name}", "room": name} for name in names]
    green = [
        {"certificate": f"GEC-{at}", "room": name, "energy_kwh": float(random.uniform(0.1, 15))}
        for at, name in enumerate(names)
    ]
    return {
        "goods": random_goods(random, 2 * ROOMS),
        "rooms": pd.DataFrame({"room": names, "merchant": "m1"}),
        "sessions": sessions(*each),
        "sales": lines,
        "certificates": certificates(*green),
    }


def together(platforms: list[Platform]) -> Platform:
    """Platforms as one, their names kept apart."""
    out = {}
    for name in platforms[0]:
        parts = []
        for at, one in enumerate(platforms):
            table = one[name].copy()
            for column in {"room", "session", "sku", "certificate", "meter_id"} & {*table}:
                told = table[column].astype("str")
                table[column] = told.where(told == "", f"{at:02d}-" + told)
            parts.append(table)
        out[name] = pd.concat(parts, ignore_index=True)
    return out


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_better_data_on_one_criterion_never_lowers_the_score(seed: int) -> None:
    random = np.random.default_rng(seed)
    before = many(random)
    known, lines, green = before["goods"], before["sales"], before["certificates"]
    cases = [before]
    for name in IN_GOODS:
        criterion = POLICY.criteria[name]  # type: ignore[index]
        at_worst = (criterion.unknown or criterion.zero).value
        now = known[name].fillna(at_worst)
        best = 1.0 if METRICS[name].more_is_better else 0.0
        part = random.random(len(known)) * (random.random(len(known)) < 0.5)
        cases.append(before | {"goods": known.assign(**{name: now + part * (best - now)})})
    for name, table in (
        ("sales", lines.assign(returned_units=lines["returned_units"] // 2)),
        ("sales", lines.assign(void_share=lines["void_share"] * 0.7)),
        ("certificates", green.assign(energy_kwh=green["energy_kwh"] + 2)),
    ):
        cases.append(before | {name: table})
    whole = together(cases)
    found = judged(tables(**{k: v for k, v in whole.items() if k != "goods"}), whole["goods"])
    assert codes(found) <= {"R072", "R081"}  # halved returns may be told as too few
    points = found.rooms["points"].to_numpy().reshape(len(cases), ROOMS)
    assert (points[1:] >= points[0] - 1e-9).all()
    assert (points[1:] > points[0] + 1e-9).any(axis=1).all()  # and each raises some


def platform(count: int = 6, seed: int = 3) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Rooms, sales and sessions, a little of everything."""
    random = np.random.default_rng(seed)
    names = [f"r{number}" for number in range(count)]
    known = goods(
        *(
            {
                "sku": f"S{at}",
                "intensity": random.uniform(0.4, 1.6),
                "air_share": random.choice([0.0, 0.5, np.nan]),
                "total_kg": random.uniform(1, 9),
            }
            for at in range(20)
        )
    )
    lines = [
        {
            "room": str(random.choice(names)),
            "session": "",
            "sku": f"S{random.integers(0, 22)}",
            "units": int(random.integers(1, 90)),
            "revenue": round(float(random.uniform(1, 900)), 2),
            "returned_units": 0,
            "void_share": round(float(random.uniform(0, 1)), 2),
        }
        for _ in range(300)
    ]
    return known, {
        "rooms": pd.DataFrame({"room": names, "merchant": ["m1", "m2"] * (count // 2)}),
        "sessions": sessions(
            *(
                session(session=f"s{name}", room=name, studio_kwh=5.0 + at)
                for at, name in enumerate(names)
            )
        ),
        "sales": sales(*(sale(**line) for line in lines)),
        "certificates": certificates(
            *(
                {"certificate": f"GEC-{at}", "room": name, "energy_kwh": 3.0 + at}
                for at, name in enumerate(names)
            )
        ),
    }


@pytest.mark.parametrize("seed", [0])
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    known, given_ = platform()
    random = np.random.default_rng(seed)
    once = judged(tables(**given_), known)
    shuffled = {
        name: table.assign(line=table.get("line", range(2, len(table) + 2))).iloc[
            random.permutation(len(table))
        ]
        for name, table in given_.items()
        if name != "rooms"
    }
    again = judged(tables(rooms=given_["rooms"], **shuffled), known.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(once.rooms, again.rooms, check_exact=True)
    pd.testing.assert_frame_equal(once.reasons, again.reasons, check_exact=True)
    pd.testing.assert_frame_equal(once.problems, again.problems)


def test_an_ineligible_room_changes_nothing_for_the_others() -> None:
    known, given_ = platform()
    before = judged(tables(**given_), known).rooms
    spoilt = dict(given_)
    spoilt["rooms"] = pd.concat(
        [given_["rooms"], pd.DataFrame({"room": ["bad"], "merchant": ["nobody"]})]
    )
    spoilt["sales"] = pd.concat(
        [given_["sales"].astype(dict.fromkeys(("room", "session", "sku", "currency"), "str")),
         sales({"room": "bad", "session": "", "sku": "none"})]
    )  # fmt: skip
    after = judged(tables(**spoilt), known).rooms
    assert after["status"].iloc[-1] == "not_eligible"
    pd.testing.assert_frame_equal(before, after.iloc[:-1], check_exact=True)


def test_an_empty_platform_gives_empty_tables() -> None:
    none = pd.DataFrame({"room": [], "merchant": []}, dtype="str")
    empty = {"sales": sales().iloc[:0], "sessions": sessions().iloc[:0], "certificates": None}
    found = judged(rooms=none, **empty)
    assert len(found.rooms) == len(found.reasons) == 0
    found = judged(rooms=none)  # ledgers of rooms that nobody has
    assert len(found.rooms) == len(found.reasons) == 0
    assert codes(found) == {"R005", "R028"}
