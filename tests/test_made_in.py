"""Where things are made, apart from where they are sent from; no lorry crosses a sea."""

from __future__ import annotations

import pandas as pd
import pytest

from carbon.base.terms import BOUNDARIES
from carbon.footprint.uncertainty import Part
from carbon.stages.groups import GROUPS
from carbon.study import Study

HEAD = "sku,category,mass,materials,made_in,origin,destination,return_rate,resale_share\n"


@pytest.fixture(scope="module")
def study() -> Study:
    return Study("2026.2", cache=False)


def stages(study: Study, *rows: str) -> pd.DataFrame:
    text = HEAD + "\n".join(rows) + "\n"
    return study.footprints(text).to_frame(stages=True).set_index("sku")


def test_production_is_where_it_is_made_and_not_where_it_is_sent_from(study: Study) -> None:
    table = stages(
        study,
        "CN,t_shirt,180 g,cotton 100%,,CN-ZJ,CN-GD,0%,",
        "VN,t_shirt,180 g,cotton 100%,VN,CN-ZJ,CN-GD,0%,",
        "FR,t_shirt,180 g,cotton 100%,FR,CN-ZJ,CN-GD,0%,",
        "sent from VN,t_shirt,180 g,cotton 100%,,VN,CN-GD,0%,",
    )
    assert table.loc["FR", "production_kg"] < table.loc["VN", "production_kg"]
    assert table.loc["VN", "production_kg"] < table.loc["CN", "production_kg"]
    assert table.loc["VN", "production_kg"] == table.loc["sent from VN", "production_kg"]
    apart = table["distribution_kg"] - table.loc["CN", "distribution_kg"]
    assert apart["CN"] == 0
    assert 0 < apart["VN"] < apart["FR"]


def test_a_unit_that_is_sold_again_does_not_come_twice(study: Study) -> None:
    row = "{0},t_shirt,180 g,cotton 100%,{1},CN-ZJ,CN-GD,50%,{2}".format
    table = stages(
        study,
        row("near", "", "100%"),
        row("far", "FR", "100%"),
        row("near lost", "", "0%"),
        row("far lost", "FR", "0%"),
    )
    came = table.loc["far", "distribution_kg"] - table.loc["near", "distribution_kg"]
    assert table.loc["far", "returns_kg"] == pytest.approx(table.loc["near", "returns_kg"])
    kg = table[["materials_kg", "production_kg", "returns_kg"]]
    lost = kg.loc["far lost"] - kg.loc["near lost"]
    made = lost["materials_kg"] + lost["production_kg"] + came
    assert lost["returns_kg"] == pytest.approx(made, rel=1e-5)


def test_a_material_has_its_own_place_and_way(study: Study) -> None:
    text = HEAD + "A,t_shirt,180 g,cotton @ IN 95%; elastane 5%,,CN-ZJ,CN-GD,0%,\n"
    lines = study.catalogue(text).materials
    assert lines["made_in"].astype(str).tolist() == ["IN", "CN-ZJ"]
    assert lines["inbound_sea_km"].tolist()[0] > 4_000
    assert lines["inbound_sea_km"].tolist()[1] == lines["inbound_road_km"].tolist()[1] == 0
    taken = study.inventory(text)
    taken = taken[taken["stage"] == "materials"].groupby("activity", observed=True)["amount"].sum()
    assert taken["freight, ship, container"] == pytest.approx(
        taken["cotton fibre"] / 1000 * lines["inbound_sea_km"].iloc[0]
    )


def test_a_place_that_is_not_known_is_told(study: Study) -> None:
    text = HEAD + "A,t_shirt,180 g,cotton @ Atlantis 100%,,CN-ZJ,CN-GD,0%,\n"
    problems = study.catalogue(text).problems
    assert problems["code"].tolist() == ["C231"]


def test_groups_give_what_the_stages_give(study: Study) -> None:
    text = HEAD + "A,t_shirt,180 g,cotton @ IN 95%; elastane 5%,FR,CN-ZJ,CN-GD,30%,60%\n"
    catalogue = study.catalogue(text)
    part = Part(study.sampler(20), catalogue)
    assert part.matrix[GROUPS.index("arrival")].nnz > 0
    assert "distribution" in BOUNDARIES[study.boundary]


@pytest.mark.parametrize("there", ["JP", "KR", "TW", "ID", "PH", "GB"])
@pytest.mark.parametrize("told", ["", "truck", "train"])
def test_no_lorry_crosses_a_sea(study: Study, there: str, told: str) -> None:
    text = f"sku,category,origin,destination,transport\nA,t_shirt,CN-ZJ,{there},{told}\n"
    catalogue = study.catalogue(text)
    legs = catalogue.legs[catalogue.legs["activity"].astype(str).str.startswith("freight")]
    ashore = legs["activity"].astype(str).str.contains("lorry|train|van")
    assert legs.loc[ashore, "km"].max() < 200
    assert not ashore.all()
    assert set(catalogue.problems["code"]) == {"C226" if told else "C227"}
    out = legs[~legs["returning"].to_numpy(dtype=bool)]
    assert out.drop_duplicates("chain")["chain_share"].sum() == pytest.approx(1)


def test_land_is_crossed_by_lorry(study: Study) -> None:
    text = "sku,category,origin,destination,transport\nA,t_shirt,CN-ZJ,VN,truck\n"
    catalogue = study.catalogue(text)
    assert catalogue.problems.empty
    assert "freight, lorry" in set(catalogue.legs["activity"].astype(str))
