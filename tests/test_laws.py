"""What must hold for every catalogue."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.base.terms import BOUNDARIES
from carbon.stages import take
from carbon.study import Study

STAGE_SUM = [
    "materials_kg",
    "production_kg",
    "packaging_kg",
    "distribution_kg",
    "live_session_kg",
    "use_kg",
    "returns_kg",
    "end_of_life_kg",
]
PART_SUM = ["fossil_kg", "biogenic_kg", "removals_kg", "land_use_change_kg", "aircraft_kg"]
NUMBERS = ["total_kg", *STAGE_SUM, *PART_SUM, "aggregate_share"]


@cache
def study(boundary: str = "cradle-to-grave") -> Study:
    return Study(boundary=boundary)


def grams(low: float, high: float) -> st.SearchStrategy[str]:
    return st.floats(low, high).map(lambda value: f"{value:.3f} g")


SKUS = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["t_shirt", "dress", "skincare", "tea", "smartphone", "toy"]),
        "materials": st.sampled_from(
            ["", "cotton 100%", "cotton 60% recycled 30%; polyester 40%", "steel 50%; paper 50%"]
        ),
        "packaging": st.sampled_from(
            [
                "",
                "no packaging",
                "courier bag 12 g",
                "corrugated box 150 g; tape 3 g; waybill 4 g",
            ]
        ),
        "origin": st.sampled_from(["", "CN-ZJ", "CN-GD", "CN-XJ"]),
        "destination": st.sampled_from(["", "CN-BJ", "CN-GD 40%; CN-BJ 60%"]),
        "transport": st.sampled_from(
            [
                "",
                "air",
                "truck 1700 km, van 20 km",
                "air 60%: plane 900 km | road 40%: truck 900 km",
            ]
        ),
        "return_rate": st.floats(0, 0.9).map(lambda value: f"{value:.4f}"),
        "resale_share": st.sampled_from(["", "0%", "60%", "100%"]),
        "loss_rate": st.sampled_from(["", "0%", "20%"]),
        "units_per_parcel": st.sampled_from(["", "1", "3"]),
    }
)


def table(rows: list[dict[str, str]], **columns: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    frame.insert(0, "sku", [f"S{i}" for i in range(len(frame))])
    return frame.assign(**columns)


@settings(max_examples=12, deadline=None)
@given(rows=st.lists(SKUS, min_size=1, max_size=6), boundary=st.sampled_from(list(BOUNDARIES)))
def test_stages_and_indicators_sum_to_the_total(rows: list[dict[str, str]], boundary: str) -> None:
    result = study(boundary).footprints(table(rows)).to_frame()
    known = result[result["total_kg"].notna()]
    assert known[STAGE_SUM].sum(axis=1).to_numpy() == pytest.approx(known["total_kg"].to_numpy())
    assert known[PART_SUM].sum(axis=1).to_numpy() == pytest.approx(known["total_kg"].to_numpy())
    unknown = result[result["total_kg"].isna()]
    assert (unknown["problem"] != "").all()


@settings(max_examples=8, deadline=None)
@given(row=SKUS, mass=st.floats(100, 300))
def test_grams_and_kilograms_are_the_same(row: dict[str, str], mass: float) -> None:
    row = {**row, "category": "t_shirt"}
    both = table([row, row]).assign(mass=[f"{mass:.3f} g", f"{float(f'{mass:.3f}') / 1000:.9f} kg"])
    result = study().footprints(both).to_frame()[NUMBERS].to_numpy(dtype=float)
    np.testing.assert_allclose(result[0], result[1], rtol=1e-9)


@settings(max_examples=8, deadline=None)
@given(row=SKUS, mass=st.floats(100, 200), more=st.floats(1.0, 2.0))
def test_more_mass_is_never_less_and_materials_are_linear(
    row: dict[str, str], mass: float, more: float
) -> None:
    row = {**row, "category": "t_shirt"}
    light, heavy = float(f"{mass:.4f}"), float(f"{mass * more:.4f}")
    both = table([row, row]).assign(mass=[f"{light} g", f"{heavy} g"])
    result = study().footprints(both).to_frame()
    assert result["total_kg"][1] >= result["total_kg"][0] * (1 - 1e-12)
    for stage in ("materials_kg", "production_kg"):
        assert result[stage][1] == pytest.approx(result[stage][0] * heavy / light, rel=1e-9)


@settings(max_examples=8, deadline=None)
@given(km=st.floats(1, 3000))
def test_freight_is_linear_in_distance(km: float) -> None:
    km = float(f"{km:.3f}")
    row = {"category": "t_shirt", "mass": "200 g"}
    # a leg of no length is refused (C112), so that the law begins at one
    three = table([row] * 3).assign(transport=[f"truck {n * km:.3f} km" for n in (1, 2, 3)])
    once, twice, thrice = study().footprints(three).to_frame()["distribution_kg"]
    assert thrice - twice == pytest.approx(twice - once, rel=1e-6, abs=1e-12)
    assert twice > once


@settings(max_examples=8, deadline=None)
@given(low=st.floats(0, 0.9), high=st.floats(0, 0.9))
def test_more_returns_are_never_less(low: float, high: float) -> None:
    low, high = sorted((low, high))
    row = {"category": "dress"}
    both = table([row, row]).assign(return_rate=[f"{low:.4f}", f"{high:.4f}"])
    total = study().footprints(both).to_frame()["total_kg"]
    assert total[1] >= total[0] * (1 - 1e-12)


@settings(max_examples=5, deadline=None)
@given(rows=st.lists(SKUS, min_size=2, max_size=8), random=st.randoms(use_true_random=False))
def test_order_of_rows_and_size_of_batches_change_nothing(
    rows: list[dict[str, str]], random: object
) -> None:
    whole = table(rows)
    expected = study().footprints(whole).to_frame().set_index("sku")
    order = list(range(len(whole)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = study().footprints(whole.iloc[order].reset_index(drop=True)).to_frame()
    pd.testing.assert_frame_equal(
        shuffled.set_index("sku").loc[expected.index, NUMBERS], expected[NUMBERS], check_exact=True
    )
    cuts = sorted({0, len(whole), *(random.randrange(len(whole)) for _ in range(2))})  # type: ignore[attr-defined]
    batches = [
        study().footprints(whole.iloc[start:end].reset_index(drop=True)).to_frame()
        for start, end in pairwise(cuts)
    ]
    pd.testing.assert_frame_equal(
        pd.concat(batches).set_index("sku")[NUMBERS], expected[NUMBERS], check_exact=True
    )


def test_chunks_change_nothing() -> None:
    rows = [{"category": category} for category in ("t_shirt", "dress", "toy", "tea", "book")]
    catalogue = study().catalogue(table(rows))
    whole = study().footprints(catalogue).impact
    np.testing.assert_array_equal(study().footprints(catalogue, chunk=2).impact, whole)


def test_stages_alone_are_those_of_the_footprint() -> None:
    """A what-if asks for them and for nothing else."""
    rows = [
        {"category": name, "mass": mass} for name in ("dress", "tea", "?") for mass in ("", "1 kg")
    ]
    catalogue = study().catalogue(table(rows))
    inventory = take(catalogue, study().boundary)
    stages = study().weigh(catalogue, inventory).stages
    assert np.isnan(stages).any()
    assert (stages > 0).any()
    np.testing.assert_array_equal(study().stage_kg(catalogue, inventory), stages)
