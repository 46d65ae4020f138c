"""Carbon intensity against a base year: the effects sum to the change, whatever was sold."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.base.rules import templates_root
from carbon.incentive.intensity import EFFECTS, TERMS, IntensityChange, change, components, log_mean
from carbon.incentive.signature import intensity_chart
from carbon.incentive.vat_rules import load_rule
from carbon.paper.sku_charts import waterfall
from carbon.study import Study

PLAIN = [name for name in TERMS if name not in ("freight", "returns")]


def terms(**skus: dict[str, float]) -> pd.DataFrame:
    """Components of some SKUs; what is not told is 0."""
    rows = []
    for sku, told in skus.items():
        row = {"sku": sku, "category": told.get("category", "goods")}
        for name in (*TERMS, "shipped", "tkm", "returned"):
            row[name] = told.get(name, 0.0)
        rows.append(row)
    return pd.DataFrame(rows)


def lines(*rows: tuple[str, str, float, int]) -> pd.DataFrame:
    """Taxpayer, SKU, kept units and tax base [cents]."""
    return pd.DataFrame(rows, columns=["taxpayer", "sku", "kept_units", "base"])


def effects(
    found: IntensityChange, payer: str = "*", measure: str = "per_1000"
) -> dict[str, float]:
    told = found.effects
    told = told[(told["taxpayer"] == payer) & (told["measure"] == measure)]
    return dict(zip(told["effect"], told["value"], strict=True))


def ends(found: IntensityChange, payer: str = "*", measure: str = "per_1000") -> dict[str, float]:
    told = found.ends
    return told[(told["taxpayer"] == payer) & (told["measure"] == measure)].iloc[0].to_dict()


def test_coverage_is_unknown_where_refunds_of_unknown_goods_cancel_the_revenue() -> None:
    sold = lines(("T", "A", 10, 100_000))
    cancelled = lines(("T", "A", 10, 100_000), ("T", "UNKNOWN", -1, -100_000))
    kg = terms(A={"materials": 2.0})
    told = ends(change((cancelled, kg), (sold, kg), kg))
    assert math.isnan(told["coverage"])
    assert told["coverage_base"] == 1
    assert told["now"] == pytest.approx(20.0)


def test_one_factor_alone_takes_the_whole_change() -> None:
    """10 units at 100 CNY of 2 kg materials and 1 kg packaging; then the packaging halves."""
    sold = lines(("T", "A", 10, 100_000))
    before, after = ({"materials": 2.0, "packaging": kg} for kg in (1.0, 0.5))
    found = change((sold, terms(A=after)), (sold, terms(A=before)), terms(A=before))
    assert ends(found)["base"] == pytest.approx(30.0)  # 1000 · 10 · 3 / 1000
    assert ends(found)["now"] == pytest.approx(25.0)
    told = effects(found)
    assert told.pop("packaging") == pytest.approx(-5.0)
    assert all(abs(value) < 1e-12 for value in told.values())


def test_two_factors_by_hand() -> None:
    """Price 100 → 125 CNY and materials 2 → 1 kg: 20 → 8, L = 12/ln 2.5."""
    found = change(
        (lines(("T", "A", 10, 125_000)), terms(A={"materials": 1.0})),
        (lines(("T", "A", 10, 100_000)), terms(A={"materials": 2.0})),
        terms(A={"materials": 2.0}),
    )
    mean = 12 / math.log(2.5)
    told = effects(found)
    assert told["price"] == pytest.approx(-mean * math.log(1.25))
    assert told["materials"] == pytest.approx(-mean * math.log(2))
    assert told["mix"] == pytest.approx(0.0, abs=1e-12)
    assert effects(found, measure="per_unit")["materials"] == pytest.approx(-1.0)
    assert "price" not in effects(found, measure="per_unit")


def test_freight_is_weight_distance_and_mode() -> None:
    """Twice the distance, and a mode that emits half as much per tonne-kilometre."""
    sold = lines(("T", "A", 1, 100_000))
    before = terms(A={"freight": 1.0, "shipped": 0.001, "tkm": 1.0})
    after = terms(A={"freight": 1.0, "shipped": 0.001, "tkm": 2.0})
    told = effects(change((sold, after), (sold, before), before))
    assert told["distance"] == pytest.approx(math.log(2))
    assert told["transport_mode"] == pytest.approx(-math.log(2))
    assert told["weight_carried"] == pytest.approx(0.0)


def test_a_new_model_is_compared_with_its_like() -> None:
    """A SKU of one year only is pooled by category: a lighter successor is materials, not mix."""
    found = change(
        (lines(("T", "NEW", 10, 100_000)), terms(NEW={"materials": 1.0})),
        (lines(("T", "OLD", 10, 100_000)), terms(OLD={"materials": 2.0})),
        terms(OLD={"materials": 2.0}),
    )
    told = effects(found)
    assert told["materials"] == pytest.approx(-10.0)
    assert told["mix"] == pytest.approx(0.0)


def test_a_category_that_appears_is_mix() -> None:
    goods = {"A": {"materials": 2.0}, "B": {"materials": 6.0, "category": "other"}}
    now = (lines(("T", "A", 5, 50_000), ("T", "B", 5, 50_000)), terms(**goods))
    base = (lines(("T", "A", 10, 100_000)), terms(A=goods["A"]))
    told = effects(change(now, base, base[1]))
    assert told["mix"] == pytest.approx(20.0)  # 20 → 40, nothing else changed


def test_the_edition_is_apart() -> None:
    sold = lines(("T", "A", 10, 100_000))
    found = change(
        (sold, terms(A={"materials": 3.0})),
        (sold, terms(A={"materials": 2.0})),
        terms(A={"materials": 3.0}),
    )
    told = effects(found)
    assert told.pop("edition") == pytest.approx(10.0)
    assert all(value == 0 for value in told.values())


def test_a_freight_that_begins_is_distance_and_returns_are_their_rate() -> None:
    """Zeros by their limits: the factor that left zero takes the whole change."""
    sold = lines(("T", "A", 1, 100_000))
    before = terms(A={"materials": 1.0, "shipped": 0.001})
    after = terms(
        A={
            "materials": 1.0,
            "shipped": 0.001,
            "tkm": 1.0,
            "freight": 0.5,
            "returned": 0.2,
            "returns": 0.4,
        }
    )
    told = effects(change((sold, after), (sold, before), before))
    assert told["distance"] == pytest.approx(0.5)
    assert told["return_rate"] == pytest.approx(0.4)
    assert told["per_return"] == told["transport_mode"] == 0.0


def test_an_unknown_footprint_is_outside_and_covered_so() -> None:
    sold = lines(("T", "A", 10, 100_000), ("T", "B", 10, 300_000))
    known = terms(A={"materials": 2.0}, B={"materials": math.nan})
    told = ends(change((sold, known), (sold, known), known))
    assert told["now"] == pytest.approx(20.0)
    assert told["coverage"] == pytest.approx(0.25)


def test_nothing_sold_in_the_base_year_gives_no_comparison() -> None:
    one = terms(A={"materials": 1.0})
    found = change(
        (lines(("T", "A", 1, 100), ("U", "A", 1, 100)), one), (lines(("T", "A", 1, 100)), one), one
    )
    assert set(found.ends["taxpayer"]) == {"*", "T"}


VALUES = np.array([0.0, 0.0, 1e-9, 0.3, 1.0, 7.5, 4e4, -0.2])


def drawn(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines of 60 taxpayers, and components of 12 SKUs; zeros, gaps and signs of all kinds."""
    random = np.random.default_rng(seed)
    skus = [f"S{number}" for number in range(12)]
    table = {name: random.choice(VALUES, 12) for name in (*TERMS, "shipped", "tkm", "returned")}
    goods = pd.DataFrame({"sku": skus, "category": random.choice(["x", "y"], 12), **table})
    goods = goods[random.random(12) < 0.8]
    count = 200
    sold = pd.DataFrame(
        {
            "taxpayer": np.char.mod("T%02d", random.integers(0, 60, count)),
            "sku": random.choice(skus, count),
            "kept_units": random.integers(-3, 50, count),
            "base": random.integers(-500, 500_000, count),
        }
    )
    return sold, goods


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_effects_sum_to_the_change(seed: int, moved: bool) -> None:
    now, base = drawn(seed), drawn(seed + 1)
    base_now = drawn(seed + 2)[1] if moved else base[1]
    there, back = change(now, base, base_now), change(base, now, now[1])
    keys = ["taxpayer", "measure"]
    by = there.effects.groupby(keys)["value"]
    sums, largest = by.sum(), by.agg(lambda values: values.abs().max())
    assert len(there.ends) > 60
    for row in there.ends.to_dict("records"):
        key = (row["taxpayer"], row["measure"])
        scale = max(abs(row["base"]), abs(row["now"]), largest[key], 1.0)
        assert sums[key] == pytest.approx(row["change"], abs=1e-9 * scale)
    assert np.isfinite(there.effects["value"]).all()
    assert set(there.effects["effect"]) <= set(EFFECTS)
    if not moved:  # backwards in time every effect turns its sign
        both = there.effects.merge(back.effects, on=[*keys, "effect"])
        scale = both[["value_x", "value_y"]].abs().groupby(both["taxpayer"]).transform("max")
        gap = (both["value_x"] + both["value_y"]).abs()
        assert (gap <= 1e-9 * scale.max(axis=1) + 1e-9).all()


@settings(deadline=None, max_examples=25)
@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_a_logarithmic_mean_lies_between(a: float, b: float) -> None:
    mean = float(log_mean(np.array([a]), np.array([b]))[0])
    assert min(a, b) * (1 - 1e-9) <= mean <= max(a, b) * (1 + 1e-9)


def test_terms_sum_to_the_footprint(study: Study) -> None:
    catalogue = study.catalogue(
        'sku,category,mass,transport\nA,t_shirt,180 g,"air 100%: truck 80 km, plane 900 km"\n'
        "B,t_shirt,180 g,\nC,nothing of the kind,1 kg,\n"
    )
    found = components(study, catalogue)
    total = study.footprints(catalogue).total
    assert found[list(TERMS)].sum(axis=1, skipna=False).to_numpy() == pytest.approx(
        total, nan_ok=True
    )
    assert math.isnan(total[2])
    per_tkm = found["freight"] / found["tkm"]
    assert per_tkm[0] > 2 * per_tkm[1]  # what flies emits more per tonne-kilometre
    assert found["tkm"][0] / found["shipped"][0] == pytest.approx(980)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_chart_shows_the_target_and_every_group(lang: str) -> None:
    rule = load_rule(templates_root() / "tax" / "paper-2percent.toml")
    sold = lines(("T", "A", 10, 100_000))
    one, two = terms(A={"materials": 4.0}), terms(A={"materials": 3.0})
    picture = intensity_chart(change((sold, two), (sold, one), one), rule, "basis", lang)
    assert "stroke-dasharray" in picture
    assert "29<" in picture  # 40 less 28 %, in two digits
    for word in ["Packaging", "Transport mode"] if lang == "en" else ["包装", "运输方式"]:
        assert word in picture


def test_a_picture_without_a_target_is_as_before() -> None:
    assert "dasharray" not in waterfall(2.0, [("a", 1.5)], lang="en")
