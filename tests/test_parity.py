"""The one path equals an ordinary Brightway LCA."""

from __future__ import annotations

import bw2calc
import bw_processing
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon import stages
from carbon.background.brightway import data_package, unit_impacts
from carbon.background.edition import Edition
from carbon.background.source import Package
from carbon.background.unit_impacts import BIOGENIC_CO2, PARTS, characterization
from carbon.study import Study

CO2 = "carbon dioxide, fossil"
CH4 = "methane, fossil"
SURE = {"gsd2": 1.0, "pedigree": "1;1;1;1;1", "kind": "published"}


def system(activities: list[dict], exchanges: list[dict]) -> Edition:
    """An edition of one package made of rows."""
    place = {"location": "GLO", "unit": "kg"}
    datasets = pd.DataFrame(
        [{**place, **SURE, "year": 2026, "production": 1.0, **row} for row in activities]
    )
    link = {**place, "flow_location": "GLO", "cite": "-"}
    links = pd.DataFrame([{**link, **row} for row in exchanges])
    factors = pd.DataFrame(
        {
            "method": "m",
            "indicator": ["fossil", "fossil", "removals", "biogenic"],
            "flow": [CO2, CH4, *BIOGENIC_CO2],
            "factor": [1.0, 29.8, -1.0, 1.0],
        }
    )
    regions = pd.DataFrame({"location": ["GLO"], "parent": [""]})
    tables = {
        "activities": datasets,
        "exchanges": links,
        "characterization": factors,
        "regions": regions,
    }
    return Edition("test", "0" * 64, 2026, (Package("test", "1", {}, tables, "0" * 64),))


def solved(edition: Edition) -> dict[str, float]:
    values = unit_impacts(edition, characterization(edition, "m"))
    return dict(zip(edition.activities["activity"], values[:, 0], strict=True))


def ordinary(edition: Edition, demand: dict[int, float], part: int = 0, method: str = "m") -> float:
    """Score of an ordinary ``bw2calc.LCA`` with inventory and impact assessment."""
    factors = characterization(edition, method)
    package = data_package(edition, factors)
    n = len(edition.activities)
    indices = np.zeros(len(factors), dtype=bw_processing.INDICES_DTYPE)
    indices["row"] = n + np.arange(len(factors))
    package.add_persistent_vector(
        matrix="characterization_matrix",
        name="characterization",
        identifier=("carbon", str(part)),
        global_index=0,
        indices_array=indices,
        data_array=np.array([vector[part] for vector in factors.values()]),
    )
    lca = bw2calc.LCA(demand, data_objs=[package])
    lca.lci()
    lca.lcia()
    return float(lca.score)


def test_signs_an_input_adds_and_a_credit_subtracts() -> None:
    edition = system(
        [{"activity": "power"}, {"activity": "cloth"}, {"activity": "waste heat"}],
        [
            {"activity": "power", "kind": "emission", "flow": CO2, "amount": 0.6},
            {"activity": "cloth", "kind": "input", "flow": "power", "amount": 10},
            {"activity": "waste heat", "kind": "input", "flow": "power", "amount": -2},
        ],
    )
    assert solved(edition) == pytest.approx({"power": 0.6, "cloth": 6.0, "waste heat": -1.2})


def test_non_unit_production() -> None:
    edition = system(
        [{"activity": "mill", "production": 1000.0}],
        [{"activity": "mill", "kind": "emission", "flow": CO2, "amount": 450}],
    )
    assert solved(edition)["mill"] == pytest.approx(0.45)


def test_waste_treatment_with_negative_production() -> None:
    edition = system(
        [{"activity": "incineration", "production": -1.0}, {"activity": "shirt"}],
        [
            {"activity": "incineration", "kind": "emission", "flow": CO2, "amount": 2.3},
            {"activity": "shirt", "kind": "input", "flow": "incineration", "amount": -0.2},
        ],
    )
    assert solved(edition) == pytest.approx({"incineration": 2.3, "shirt": 0.46})
    assert ordinary(edition, {0: -1.0}) == pytest.approx(2.3)
    assert ordinary(edition, {1: 1.0}) == pytest.approx(0.46)


def test_loops() -> None:
    """Power takes steel and steel takes power: x = 0.5 + 0.1·y, y = 1 + 0.2·x."""
    edition = system(
        [{"activity": "power"}, {"activity": "steel"}],
        [
            {"activity": "power", "kind": "emission", "flow": CO2, "amount": 0.5},
            {"activity": "power", "kind": "input", "flow": "steel", "amount": 0.1},
            {"activity": "steel", "kind": "emission", "flow": CO2, "amount": 1.0},
            {"activity": "steel", "kind": "input", "flow": "power", "amount": 0.2},
        ],
    )
    assert solved(edition)["power"] == pytest.approx(0.6 / 0.98)
    assert solved(edition)["steel"] == pytest.approx(1.1 / 0.98)


def test_storage_keeps_double_precision() -> None:
    """Data packages can store float32: 1 + 2⁻⁴⁰ must come back as it went in."""
    amount = 1 + 2.0**-40
    edition = system(
        [{"activity": "power"}],
        [{"activity": "power", "kind": "emission", "flow": CO2, "amount": amount}],
    )
    assert solved(edition)["power"] == amount
    package = data_package(edition, characterization(edition, "m"))
    for name in ("technosphere.data", "biosphere.data"):
        assert package.get_resource(name)[0].dtype == np.float64


def test_repeated_exchanges_are_summed() -> None:
    edition = system(
        [{"activity": "power"}],
        [
            {"activity": "power", "kind": "emission", "flow": CO2, "amount": 0.25},
            {"activity": "power", "kind": "emission", "flow": CO2, "amount": 0.5},
        ],
    )
    assert solved(edition)["power"] == pytest.approx(0.75)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 12))
def test_random_systems_with_loops_waste_credits_and_non_unit_production(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    production = random.choice([1.0, -1.0, 907.18, 0.25], n)
    activities = [{"activity": f"a{i}", "production": production[i]} for i in range(n)]
    exchanges = []
    for i in range(n):
        size = abs(production[i])
        for flow in (CO2, CH4):
            amount = size * random.lognormal()
            exchanges.append(
                {"activity": f"a{i}", "kind": "emission", "flow": flow, "amount": amount}
            )
        for j in random.choice(n, min(n, 3), replace=False):
            # column sums below the diagonal keep every system solvable, loops and credits included
            amount = size * random.uniform(-0.25, 0.25)
            exchanges.append(
                {"activity": f"a{i}", "kind": "input", "flow": f"a{j}", "amount": amount}
            )
    edition = system(activities, exchanges)
    values = unit_impacts(edition, characterization(edition, "m"))[:, 0]
    for i in range(n):
        expected = ordinary(edition, {i: float(np.sign(production[i]))})
        assert values[i] == pytest.approx(expected, rel=1e-9, abs=1e-12)


CATALOGUE = """sku,category,mass,materials,packaging,origin,destination,transport,\
return_rate,pickup_km
A,t_shirt,180 g,cotton 95% recycled 20%; elastane 5%,courier bag 12 g,CN-ZJ,CN-GD 40%; CN-BJ 60%,\
"air 60%: truck 80 km, plane 1650 km, van 20 km | road 40%: truck 1700 km, van 20 km",35%,5 km
B,smartphone,190 g,,,CN-GD,CN-SC,,,
C,fresh_fruit,2.5 kg,,,CN-HI,CN-BJ,air,,
"""


@pytest.mark.parametrize("part", [*range(len(PARTS)), -2, -1], ids=[*PARTS, *BIOGENIC_CO2])
def test_a_sku_of_the_shipped_edition(part: int) -> None:
    study = Study(cache=False)
    catalogue = study.catalogue(CATALOGUE)
    inventory = stages.take(catalogue, study.boundary)
    rows, _ = study.match(inventory)
    result = study.footprints(catalogue)
    impact = np.hstack([result.impact.sum(axis=1), result.carbon])
    production = study.edition.activities["production"].to_numpy()
    for sku in range(len(catalogue.skus)):
        mine = inventory.sku == sku
        demand: dict[int, float] = {}
        for row, amount in zip(rows[mine], inventory.amount[mine], strict=True):
            demand[int(row)] = demand.get(int(row), 0.0) + amount * np.sign(production[row])
        expected = ordinary(study.edition, demand, part, study.method)
        assert impact[sku, part] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_carbon_that_is_stored_is_shown_and_not_subtracted() -> None:
    """A material that claims uptake and never gives it back does not lower a total."""
    edition = system(
        [{"activity": "biochar"}],
        [
            {"activity": "biochar", "kind": "emission", "flow": CO2, "amount": 0.4},
            {"activity": "biochar", "kind": "emission", "flow": BIOGENIC_CO2[0], "amount": 3.0},
        ],
    )
    impacts = unit_impacts(edition, characterization(edition, "m"))[0]
    assert impacts[: len(PARTS)].sum() == pytest.approx(0.4)
    assert impacts[-2] == pytest.approx(-3.0)
    partial = unit_impacts(edition, characterization(edition, "m", whole_life=False))[0]
    assert partial[-2] == 0
