"""Each stage with numbers worked by hand: one shirt, sold twice, returned once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from carbon import stages
from carbon.base.terms import BOUNDARIES, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.stages.distribution import TRIP
from carbon.stages.groups import GROUPS, combine, grouped, rates


def filled(**changes: object) -> Catalogue:
    """A shirt of 200 g: 150 g cotton (20 % recycled), 50 g polyester; half of them come back."""
    sku = {
        "sku": "A",
        "category": "t_shirt",
        "mass_kg": 0.2,
        "units_per_parcel": 2.0,
        "electricity_kwh": float("nan"),
        "heat_mj": float("nan"),
        "heat_fuel": "heat, industrial",
        "origin": "CN-ZJ",
        "return_rate": 0.5,
        "resale_share": 0.75,
        "loss_rate": 0.2,
        "packaging_reuse": 0.25,
        "studio_kwh": 0.02,
        "studio_renewable": 0.0,
        "viewer_hours": 0.5,
        "energy_per_year_kwh": 4.0,
        "service_life_years": 3.0,
        "failed": False,
    }
    skus = pd.DataFrame([{**sku, **changes}])
    for name in ("category", "heat_fuel", "origin"):
        skus[name] = skus[name].astype("category")
    material = {"row": 0, "disposed_share": 1.0, "loss": 0.1}
    materials = pd.DataFrame(
        [
            {
                **material,
                "mass_kg": 0.15,
                "recycled_share": 0.2,
                "virgin": "cotton",
                "recycled": "cotton, recycled",
                "processing": "knitting",
                "disposal": "disposal of cotton",
            },
            {
                **material,
                "mass_kg": 0.05,
                "recycled_share": 0.5,
                "virgin": "polyester",
                "recycled": None,
                "processing": None,
                "disposal": "disposal of polyester",
            },
        ]
    )
    piece = {"row": 0, "recycled_share": 0.0, "recycled": None, "processing": None}
    packaging = pd.DataFrame(
        [
            {
                **piece,
                "mass_kg": 0.01,
                "share": 1.0,
                "trips": 1.0,
                "virgin": "paper",
                "disposal": "disposal of paper",
                "washing": None,
                "return_haul_km": float("nan"),
            },
            {
                **piece,
                "mass_kg": 0.4,
                "share": 0.5,
                "trips": 20.0,
                "virgin": "polypropylene",
                "disposal": "disposal of plastics",
                "washing": "washing of reusable packaging",
                "return_haul_km": 100.0,
            },
        ]
    )
    leg = {"row": 0, "returning": False, "chain_share": 0.6, "km": float("nan")}
    legs = pd.DataFrame(
        [
            {**leg, "activity": "lorry", "basis": "tkm", "km": 80.0, "place": "origin"},
            {**leg, "activity": "plane", "basis": "tkm", "km": 1000.0, "place": "country"},
            {**leg, "activity": "hub", "basis": "t", "place": "country"},
            {**leg, "activity": "tricycle", "basis": "parcel", "place": "destination"},
            {
                **leg,
                "returning": True,
                "chain_share": 1.0,
                "activity": "lorry",
                "basis": "tkm",
                "km": 500.0,
                "place": "country",
            },
        ]
    )
    destinations = pd.DataFrame(
        {"row": [0, 0], "location": ["CN-GD", "CN-BJ"], "share": [0.75, 0.25]}
    )
    for table in (materials, packaging, legs, destinations):
        text = table.select_dtypes(["object", "str"]).columns
        table[text] = table[text].astype("category")
    empty = pd.DataFrame()
    return Catalogue(skus, materials, packaging, legs, destinations, empty, empty, empty)


def taken(catalogue: Catalogue, stage: str) -> dict[tuple[str, str], float]:
    """Amounts of one stage by activity and location."""
    table = stages.take(catalogue, "cradle-to-grave-with-use").to_frame(catalogue.skus["sku"])
    table = table[table["stage"] == stage]
    return table.groupby(["activity", "location"], observed=True)["amount"].sum().to_dict()


def test_materials_carry_loss_in_making_and_before_sale() -> None:
    """0.15·1.1/0.8 = 0.20625 kg, a fifth of it recycled; no recycled polyester is known."""
    assert taken(filled(), "materials") == pytest.approx(
        {
            ("cotton", "CN"): 0.165,
            ("cotton, recycled", "CN"): 0.04125,
            ("polyester", "CN"): 0.06875,
        }
    )


def test_production_without_meters_takes_processing_and_disposes_of_waste() -> None:
    """Knitting 0.15/0.8; waste 0.15·(0.1+0.2)/0.8 and 0.05·0.3/0.8."""
    assert taken(filled(), "production") == pytest.approx(
        {
            ("knitting", "CN-ZJ"): 0.1875,
            ("disposal of cotton", "CN"): 0.05625,
            ("disposal of polyester", "CN"): 0.01875,
        }
    )


def test_production_with_both_meters_takes_energy() -> None:
    found = taken(filled(electricity_kwh=1.6, heat_mj=8.0), "production")
    assert found["electricity, consumer", "CN-ZJ"] == pytest.approx(2.0)
    assert found["heat, industrial", "CN-ZJ"] == pytest.approx(10.0)
    assert ("knitting", "CN-ZJ") not in found


def test_one_meter_alone_changes_nothing() -> None:
    assert taken(filled(electricity_kwh=0.1), "production") == taken(filled(), "production")


def test_packaging_shares_the_parcel_and_its_trips() -> None:
    """Box 0.4·0.5/20 = 0.01 kg; washed 0.2·19/20 = 0.19 kg; hauled 0.19/1000·100 = 0.019 tkm."""
    assert taken(filled(), "packaging") == pytest.approx(
        {
            ("paper", "CN"): 0.01,
            ("polypropylene", "CN"): 0.01,
            ("washing of reusable packaging", "CN"): 0.19,
            ("freight, lorry", "CN"): 0.019,
        }
    )


def test_distribution_weighs_packaging_at_its_full_mass() -> None:
    """m+P = 0.2 + 0.01 + 0.2 = 0.41 kg; 60 % of the units fly."""
    assert taken(filled(), "distribution") == pytest.approx(
        {
            ("lorry", "CN-ZJ"): 0.6 * 0.00041 * 80,
            ("plane", "CN"): 0.6 * 0.00041 * 1000,
            ("hub", "CN"): 0.6 * 0.00041,
            ("tricycle", "CN-GD"): 0.6 / 2 * 0.75,
            ("tricycle", "CN-BJ"): 0.6 / 2 * 0.25,
        }
    )


def test_a_parcel_that_is_fetched_by_car_takes_its_kilometres() -> None:
    """6 km there and back for the 2 units of a parcel; back once more, together or one by one."""
    there, back = ("distribution", "returns")
    apart = filled(pickup_km=6.0, units_per_return=1.0)
    together = filled(pickup_km=6.0)
    assert taken(together, there)[TRIP, "CN"] == pytest.approx(3.0)
    assert taken(together, back)[TRIP, "CN"] == pytest.approx(3.0 + 3.0)
    assert taken(apart, back)[TRIP, "CN"] == pytest.approx(3.0 + 6.0)
    for nothing in (0.0, float("nan")):
        assert taken(filled(pickup_km=nothing), back) == taken(filled(), back)
    # what a draw scales says the same
    packed = apart.packaging.assign(item=pd.Categorical(["tag", "box"]))
    groups = grouped(replace(apart, packaging=packed), "cradle-to-grave", np.array([True, False]))
    trip = groups.activity == groups.activities.index(TRIP)
    each = np.bincount(groups.stage[trip], groups.amount[trip], len(GROUPS))
    drawn = combine(
        dict(zip(GROUPS, each.tolist(), strict=True)),
        rates(apart) | {"return_parcels": 1.0},
        (1, 0, 0),
        BOUNDARIES["cradle-to-grave"],
    )
    assert [float(np.sum(drawn[name])) for name in (there, back)] == pytest.approx([3.0, 9.0])


def test_live_session_is_where_the_studio_and_the_viewers_are() -> None:
    assert taken(filled(), "live_session") == pytest.approx(
        {
            ("electricity, consumer", "CN-ZJ"): 0.02,
            ("video streaming", "CN-GD"): 0.375,
            ("video streaming", "CN-BJ"): 0.125,
        }
    )


def test_use_is_energy_times_years() -> None:
    assert taken(filled(), "use") == pytest.approx(
        {("electricity, consumer", "CN-GD"): 9.0, ("electricity, consumer", "CN-BJ"): 3.0}
    )


def test_end_of_life_disposes_of_product_and_packaging() -> None:
    found = taken(filled(), "end_of_life")
    assert found["disposal of cotton", "CN-GD"] == pytest.approx(0.15 * 0.75)
    assert found["disposal of plastics", "CN-BJ"] == pytest.approx(0.01 * 0.25)
    assert sum(found.values()) == pytest.approx(0.2 + 0.01 + 0.01)


def test_returns_at_one_half_bring_one_dispatch_back_per_kept_unit() -> None:
    """ρ = 1; a quarter of the packaging is used again; a quarter of the units is lost."""
    found = taken(filled(), "returns")
    assert found["plane", "CN"] == pytest.approx(0.6 * 0.00041 * 1000)
    assert found["lorry", "CN"] == pytest.approx(0.00041 * 500)
    assert found["return inspection", "CN-ZJ"] == pytest.approx(0.2)
    assert found["paper", "CN"] == pytest.approx(0.75 * 0.01)
    assert found["disposal of paper", "CN-GD"] == pytest.approx(0.75 * 0.01 * 0.75)
    assert found["cotton", "CN"] == pytest.approx(0.25 * 0.165)
    assert found["knitting", "CN-ZJ"] == pytest.approx(0.25 * 0.1875)
    assert found["disposal of cotton", "CN"] == pytest.approx(0.25 * (0.05625 + 0.15))


def test_no_returns_take_nothing() -> None:
    assert taken(filled(return_rate=0.0), "returns") == {}


def test_an_unknown_quantity_stays_unknown() -> None:
    inventory = stages.take(filled(return_rate=float("nan")), "cradle-to-grave")
    returns = inventory.stage == STAGES.index("returns")
    assert pd.isna(inventory.amount[returns]).all()


def test_a_failed_sku_takes_nothing() -> None:
    assert len(stages.take(filled(failed=True), "cradle-to-grave").amount) == 0


def test_a_boundary_leaves_stages_out() -> None:
    inventory = stages.take(filled(), "cradle-to-gate")
    assert {STAGES[code] for code in inventory.stage} == {"materials", "production"}
