"""Completing a catalogue: three numbers worked by hand for each rule."""

import numpy as np
import pandas as pd
import pytest

from carbon.base.terms import PROVENANCES
from carbon.catalogue.defaults import fill
from carbon.catalogue.places import great_circle
from carbon.catalogue.read import read
from carbon.catalogue.schema import PROVENANCE_COLUMNS

GIVEN, DEFAULT, ABSENT = (PROVENANCES.index(name) for name in ("given", "default", "absent"))


def filled(vocabulary, *records, **keywords):
    frame = pd.DataFrame(
        [{"sku": f"S{at}", "category": "t_shirt", **given} for at, given in enumerate(records)]
    )
    return fill(read(frame, vocabulary, **keywords), vocabulary)


def test_everything_missing_is_the_archetype(vocabulary):
    found = filled(vocabulary, {})
    sku = found.skus.iloc[0]
    assert (sku["mass_kg"], sku["units_per_parcel"], sku["return_rate"]) == (0.2, 2.0, 0.35)
    assert (sku["studio_kwh"], sku["viewer_hours"], sku["service_life_years"]) == (0.15, 2.5, 2.0)
    assert sku[["price", "units_sold", "electricity_kwh"]].isna().all()
    assert np.isnan(sku["energy_per_year_kwh"])  # the archetype does not say: unknown is not zero
    assert found.materials["mass_kg"].tolist() == [0.19, 0.2 * 0.05]
    assert found.packaging["mass_kg"].tolist() == [0.012, 0.003]
    assert found.packaging["share"].tolist() == [0.5, 1.0]
    assert found.packaging["recycled_share"].tolist() == [0.5, 0.0]
    origin = found.provenance.iloc[0]
    assert set(origin.index) == set(PROVENANCE_COLUMNS)
    assert origin["price"] == origin["units_sold"] == origin["energy_per_year"] == ABSENT
    assert (
        origin[["mass", "materials", "packaging", "transport", "return_rate", "origin"]] == DEFAULT
    ).all()
    assert (found.materials["origin"] == DEFAULT).all()


def test_columns_and_types(vocabulary):
    found = filled(vocabulary, {})
    assert list(found.legs) == [
        "row",
        "returning",
        "chain",
        "chain_share",
        "position",
        "mode",
        "activity",
        "basis",
        "km",
        "place",
        "origin",
    ]
    assert list(found.materials) == [
        "row",
        "material",
        "mass_kg",
        "recycled_share",
        "loss",
        "disposed_share",
        "made_in",
        "inbound_road_km",
        "inbound_sea_km",
        "virgin",
        "recycled",
        "processing",
        "disposal",
        "origin",
    ]
    assert list(found.packaging) == [
        "row",
        "item",
        "mass_kg",
        "share",
        "trips",
        "recycled_share",
        "virgin",
        "recycled",
        "processing",
        "disposal",
        "washing",
        "return_haul_km",
        "origin",
    ]
    assert list(found.destinations) == ["row", "location", "share"]
    for frame in (found.materials, found.packaging, found.legs):
        assert frame["row"].dtype == np.int32
        assert frame["origin"].dtype == np.uint8
        assert isinstance(frame.index, pd.RangeIndex)


def test_mass_from_its_materials(vocabulary):
    found = filled(vocabulary, {"materials": "cotton 150 g; elastane 30 g"})
    assert found.skus["mass_kg"].iloc[0] == 0.18
    assert found.provenance["mass"].iloc[0] == GIVEN


def test_shares_of_the_mass(vocabulary):
    found = filled(
        vocabulary,
        {"mass": "300 g", "materials": "cotton 90% recycled 20%; elastane 10% recycled 5%"},
    )
    assert found.materials["mass_kg"].tolist() == pytest.approx([0.27, 0.03], rel=1e-15)
    assert found.materials["recycled_share"].tolist() == [0.2, 0.0]  # no recycled elastane: virgin
    assert found.materials["virgin"].tolist() == ["cotton fibre", "elastane fibre"]
    assert found.materials["recycled"].isna().tolist() == [False, True]
    assert found.materials["loss"].tolist() == [0.25, 0.2]


def test_packaging_items(vocabulary):
    found = filled(
        vocabulary, {"packaging": "courier bag; 2 x tape 3 g; reusable box; paper tag 3 g"}
    )
    packaging = found.packaging
    assert packaging["mass_kg"].tolist() == [0.01, 0.006, 0.8, 0.003]
    assert packaging["origin"].tolist() == [DEFAULT, GIVEN, DEFAULT, GIVEN]
    assert packaging["trips"].tolist() == [1, 1, 20, 1]
    assert packaging["share"].tolist() == [0.5, 0.5, 0.5, 1]
    assert packaging["washing"].tolist()[2] == "washing"
    assert packaging["return_haul_km"].tolist()[2] == 100


def test_a_given_chain_gains_hubs_and_a_last_mile(vocabulary):
    legs = filled(vocabulary, {"transport": "truck 80 km, plane 4000 km, van 20 km"}).legs
    out, back = legs[~legs["returning"]], legs[legs["returning"]]
    assert out["mode"].tolist() == ["truck", "hub", "plane", "hub", "van", "hub", "door"]
    assert out["activity"].tolist()[2] == "freight, plane, long-haul"
    assert out["basis"].tolist() == ["tkm", "t", "tkm", "t", "tkm", "t", "parcel"]
    np.testing.assert_array_equal(out["km"], [80, np.nan, 4000, np.nan, 20, np.nan, np.nan])
    assert out["place"].tolist() == ["origin", *["country"] * 5, "destination"]
    assert out["origin"].tolist() == [0, 1, 0, 1, 0, 1, 1]
    assert back["mode"].tolist() == out["mode"].tolist()[::-1]
    assert back["place"].tolist() == out["place"].tolist()[::-1]
    assert back["position"].tolist() == out["position"].tolist() == list(range(7))
    assert (back["origin"] == DEFAULT).all()


def test_named_hubs_and_doors_are_not_added_again(vocabulary):
    legs = filled(vocabulary, {"transport": "truck 80 km, hub, van 20 km, door"}).legs
    assert legs[~legs["returning"]]["mode"].tolist() == ["truck", "hub", "van", "door"]


def test_a_given_way_back(vocabulary):
    found = filled(
        vocabulary, {"transport": "truck 800 km", "return_transport": "van 20 km, truck 900 km"}, {}
    )
    back = found.legs[(found.legs["row"] == 0) & found.legs["returning"]]
    assert back["mode"].tolist() == ["door", "van", "hub", "truck", "hub"]
    assert back["place"].tolist() == ["destination", "country", "country", "origin", "country"]
    assert found.provenance["return_transport"].tolist() == [GIVEN, DEFAULT]
    assert found.legs["row"].is_monotonic_increasing
    assert (found.legs["row"] == 1).sum() == 2 * (7 + 7)


def test_the_main_leg_follows_the_places(vocabulary):
    places = {"origin": "CN-ZJ", "destination": "CN-GD 40%; CN-BJ 60%"}
    circle = 0.4 * great_circle(30.27, 120.15, 23.13, 113.26) + 0.6 * great_circle(
        30.27, 120.15, 39.9, 116.4
    )
    found = filled(
        vocabulary,
        {**places, "transport": "truck 80 km, plane, van 20 km"},
        {**places, "transport": "truck, van"},
        {"transport": "truck, van 20 km"},
        {**places, "transport": "air"},
        {"origin": "CN", "destination": "CN", "transport": "truck"},
    )
    out = found.legs[~found.legs["returning"] & (found.legs["basis"] == "tkm")]
    km = [out["km"][out["row"] == row].tolist() for row in range(5)]
    assert km[0] == pytest.approx([80, circle + 95, 20])
    assert km[1] == pytest.approx([circle * 1.2, 20])  # mean of the archetype's vans: 15, 25, 20
    assert km[2] == [900, 20]
    assert km[3] == pytest.approx([80, circle + 95, 20])
    assert km[4] == [15, 900, 25]  # a country is too wide to measure from
    origin = [out["origin"][out["row"] == row].tolist() for row in range(5)]
    assert origin == [[0, 0, 0], [0, 1], [1, 0], [1, 1, 1], [1, 1, 1]]


def test_inside_one_place_it_is_half_the_way_to_the_next(vocabulary):
    found = filled(
        vocabulary, {"origin": "CN-BJ", "destination": "CN-BJ", "transport": "truck, van 1 km"}
    )
    next_one = great_circle(39.9, 116.4, 30.27, 120.15)
    assert found.legs["km"].iloc[0] == pytest.approx(1.2 * next_one / 2)
    assert found.legs["origin"].iloc[0] == DEFAULT


def test_a_cold_category_keeps_its_cold_chain(vocabulary):
    found = filled(
        vocabulary, {"category": "berries", "transport": "truck"}, {"category": "berries"}
    )
    for row in (0, 1):
        legs = found.legs[(found.legs["row"] == row) & ~found.legs["returning"]]
        assert legs["mode"].tolist() == ["reefer_truck", "cold_hub", "van", "cold_hub", "door"]
        assert legs["km"].tolist()[0] == 700


def test_a_mode_the_archetype_lacks_takes_its_feeders(vocabulary):
    found = filled(vocabulary, {"transport": "ship", "origin": "CN-GD", "destination": "GB"})
    legs = found.legs[~found.legs["returning"] & (found.legs["basis"] == "tkm")]
    assert legs["mode"].tolist() == ["van", "ship", "van"]
    assert legs["km"].tolist()[1] == pytest.approx(1.15 * great_circle(23.13, 113.26, 51.5, -0.12))


def test_a_leg_without_length_fails(vocabulary):
    found = filled(vocabulary, {"category": "swimsuit", "transport": "truck, van 20 km"}, {})
    assert found.skus["problem"].tolist() == ["C224", ""]
    assert found.problems["code"].tolist() == ["C224"]
    assert set(found.legs["row"]) == {1}


def test_what_nobody_knows_stays_unknown(vocabulary):
    found = filled(vocabulary, {"category": "bare"})
    assert np.isnan(found.skus["mass_kg"].iloc[0])
    assert len(found.materials) == len(found.packaging) == len(found.legs) == 0
    assert (
        found.provenance[["mass", "materials", "packaging", "transport", "return_rate"]] == ABSENT
    ).all(axis=None)


def test_failed_skus_have_no_lines(vocabulary):
    found = filled(vocabulary, {"mass": "2 ton", "materials": "cotton"}, {})
    for frame in (found.materials, found.packaging, found.legs, found.destinations):
        assert set(frame["row"]) == {1}


def test_session_of_one_sku(vocabulary):
    found = filled(
        vocabulary,
        {"session_kwh": "13 kWh", "viewer_hours": 260, "units_sold": 200, "return_rate": "35%"},
    )
    assert found.skus["studio_kwh"].iloc[0] == pytest.approx(13 / 130)
    assert found.skus["viewer_hours"].iloc[0] == pytest.approx(2)
    assert found.provenance["session_kwh"].iloc[0] == GIVEN


def test_session_shared_by_revenue_and_by_units(vocabulary):
    base = {"session": "a", "session_kwh": 12, "return_rate": 0}
    priced = filled(
        vocabulary, {**base, "units_sold": 10, "price": 30}, {**base, "units_sold": 20, "price": 45}
    ).skus["studio_kwh"]
    assert priced.tolist() == pytest.approx([12 * 300 / 1200 / 10, 12 * 900 / 1200 / 20])
    unpriced = filled(
        vocabulary, {**base, "units_sold": 10, "price": 30}, {**base, "units_sold": 20}
    ).skus
    assert unpriced["studio_kwh"].tolist() == pytest.approx([0.4, 0.4])


def test_order_and_batches_change_nothing(vocabulary):
    rng = np.random.default_rng(5)
    cells = ["air", "truck, van", "truck 80 km, plane 4000 km", "road 30%: truck | air 70%", None]
    frame = pd.DataFrame(
        {
            "sku": [f"S{at}" for at in range(40)],
            "category": rng.choice(["t_shirt", "berries", "swimsuit"], 40),
            "transport": rng.choice(np.array(cells, object), 40),
            "origin": rng.choice(np.array(["CN-ZJ", "CN-GD", None], object), 40),
            "destination": "CN-BJ",
        }
    )

    def tables(part):
        found = fill(read(part, vocabulary), vocabulary)
        legs = found.legs.assign(sku=found.skus["sku"].to_numpy()[found.legs["row"]]).drop(
            columns="row"
        )
        legs["mode"] = legs["mode"].astype(str)
        return legs.sort_values(["sku", "returning", "chain", "position"], ignore_index=True)

    whole = tables(frame)
    shuffled = tables(frame.sample(frac=1, random_state=1))
    halves = pd.concat([tables(frame[:17]), tables(frame[17:])])
    halves = halves.sort_values(["sku", "returning", "chain", "position"], ignore_index=True)
    pd.testing.assert_frame_equal(whole, shuffled, check_exact=True)
    columns = ["sku", "returning", "chain", "position", "mode", "km", "chain_share", "origin"]
    pd.testing.assert_frame_equal(whole[columns], halves[columns], check_exact=True)


def test_chain_shares_sum_to_one(vocabulary):
    legs = filled(vocabulary, {}, {"transport": "air 60% | road 40%"}).legs
    first = legs[legs["position"] == 0]
    assert first.groupby(["row", "returning"])["chain_share"].sum().tolist() == [1.0] * 4
