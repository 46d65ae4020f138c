"""Small inputs that were once answered wrong, and the law behind each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from carbon import stages
from carbon.base.terms import FITS, PROVENANCES
from carbon.catalogue.read import read
from carbon.catalogue.schema import Catalogue
from carbon.footprint.levers import lever
from carbon.footprint.quality import _total
from carbon.footprint.scenario import book_of
from carbon.stages.groups import GROUPS
from carbon.study import Study

CASES = Path(__file__).parent / "cases" / "judge"
TOLD = (
    "sku,category,mass,materials,packaging,units_per_parcel,origin,destination,transport,"
    "return_transport,return_rate,resale_share,loss_rate,packaging_reuse,energy_per_year,"
    "service_life,pack_count,quantity\n"
    "TEE,t_shirt,180 g,cotton 95%; elastane 5%,courier bag 18 g; waybill 4 g,1,CN-ZJ,CN-GD,"
    "truck 1300 km,truck 1300 km,35%,60%,3%,0%,,,,\n"
    "DRESS,dress,300 g,polyester 100%,courier bag 30 g,1,CN-ZJ,CN-BJ,"
    "plane 1100 km,truck 1300 km,80%,50%,3%,5%,,,,\n"
    "RICE,rice,5 kg,rice 100%,poly bag 40 g; corrugated box 200 g,1,CN-HL,CN-GD,"
    "train 3000 km,train 3000 km,2%,10%,1%,0%,,,,\n"
)


@pytest.fixture(scope="module")
def judge() -> Study:
    return Study("2026.2")


def graded(judge: Study, name: str, draws: int = 200) -> pd.DataFrame:
    return judge.grades(CASES / f"{name}.csv", draws=draws).set_index("sku")


# ------------------------------------------------------------------ like with like


def test_one_letter_whatever_the_pack(judge: Study) -> None:
    table = graded(judge, "pack_size")
    place = judge.scale.letter(table["ratio"].to_numpy())
    product = table.index.str.split("-").str[0]
    for name in ("RICE", "SHAMPOO", "MILKPOWDER", "TOWEL", "GOLD"):
        packs = table[product == name].sort_values("functional_quantity")
        letters = place[np.flatnonzero(product == name)]
        assert np.ptp(letters) <= 1, name
        # a smaller pack is never the better one
        assert (np.diff(packs["kg_per_unit"]) <= 1e-9).all(), name
    assert (table["unit"][:4] == "kg").all()
    assert table.loc["RICE-2.5KG", "functional_quantity"] == 2.5
    assert np.isclose(table["kg_per_unit"] * table["functional_quantity"], table["total_kg"]).all()


def test_equal_rows_give_equal_results_to_the_bit(judge: Study) -> None:
    table = graded(judge, "twins")
    for _, rows in table.groupby(table.index.str.rsplit("-", n=1).str[0]):
        assert len(rows) == 12
        assert len(rows.reset_index(drop=True).astype(str).drop_duplicates()) == 1
    goods = judge.catalogue(CASES / "twins.csv")
    alone = judge.grades(goods.rows(np.array([5])), draws=200, chunk=1).iloc[0]
    for name in ("total_kg", "low_kg", "high_kg", "letter_probability", "ratio"):
        assert alone[name] == table.iloc[5][name], name


def test_letters_rest_on_points_that_do_not_hang_on_draws(judge: Study) -> None:
    few, many = (graded(judge, "twins", draws) for draws in (50, 400))
    for name in ("letter", "letter_text", "letter_probability", "state"):
        assert few[name].astype(str).tolist() == many[name].astype(str).tolist()


def test_a_cell_changed_by_a_thousandth_hardly_moves_a_probability(judge: Study) -> None:
    base = (CASES / "metered_sewing.csv").read_text().splitlines()
    head, row = base[0], base[1]
    rows = [
        row.replace("DEFAULT", f"S{i}").replace("170 g", f"{g} g")
        for i, g in enumerate(170 * 1.001**step for step in range(12))
    ]
    table = judge.grades("\n".join([head, *rows]) + "\n", draws=100)
    assert table["ratio"].diff().dropna().between(0, 0.002).all()
    assert table["letter_probability"].diff().abs().max() < 0.012


# ------------------------------------------------------------------ meters


def test_a_meter_replaces_the_steps_that_it_covers(judge: Study) -> None:
    table = graded(judge, "metered_sewing")
    whole, sewn = table.loc["DEFAULT"], table.loc["SEWING"]
    assert abs(sewn["total_kg"] / whole["total_kg"] - 1) < 0.02
    head = "sku,category,mass,materials,electricity,heat,heat_fuel,metered_steps\n"
    cells = "t_shirt,170 g,cotton 100%"
    text = head + f"A,{cells},,,,\n"
    # what the table says that sewing takes, and what dyeing and sewing take
    steps = judge.edition.judging["production_steps"]
    steps = steps[steps["activity"] == "garment production, knitted cotton"]
    for sku, names in (("B", ["sewing"]), ("C", ["dyeing", "sewing"])):
        energy = steps[steps["step"].isin(names)][["electricity", "heat"]].sum() * 0.17
        words = '"' + ", ".join(names) + '"' if sku == "C" else ""
        text += (
            (
                f"{sku},{cells},{energy['electricity']!r} kWh,{energy['heat']!r} MJ,"
                f'"heat, industrial",{words}\n'
            )
            .replace("np.float64(", "")
            .replace(")", "")
        )
    production = judge.footprints(text).to_frame()["production_kg"]
    assert np.allclose(production, production[0], rtol=1e-4)
    inventory = judge.inventory(text)
    left = inventory[(inventory["sku"] == "C") & (inventory["stage"] == "production")]
    assert {"spinning, ring", "knitting, circular"} <= set(left["activity"])
    assert "garment making" not in set(left["activity"])


def test_steps_sum_to_their_process(judge: Study) -> None:
    steps = judge.edition.judging["production_steps"]
    unit = judge.unit_impacts.values.sum(axis=1)
    for activity, rows in steps.groupby("activity"):
        whole = unit[judge.edition.match(activity, "CN")[0]]
        parts = sum(
            amount * unit[judge.edition.match(component, "CN")[0]]
            for component, amount in zip(rows["component"], rows["amount"], strict=True)
        )
        assert abs(parts / whole - 1) < 1e-6, activity


def test_less_than_the_least_energy_is_not_believed(judge: Study) -> None:
    table = graded(judge, "tiny_energy")
    tiny, real = table.loc["TINY"], table.loc["REAL"]
    assert 0.9 < tiny["total_kg"] / real["total_kg"] <= 1
    assert "C271" in tiny["reason"]
    assert tiny["state"] != "sure"


def test_a_step_that_is_not_of_the_product_adds_its_energy(judge: Study) -> None:
    head = "sku,category,mass,electricity,heat,metered_steps\n"
    text = (
        head
        + "A,kettle,1.2 kg,,,\nB,kettle,1.2 kg,2 kWh,0 MJ,assembly\n"
        + "C,kettle,1.2 kg,2 kWh,0 MJ,gilding\n"
    )
    goods = judge.catalogue(text)
    bare, added, unknown = judge.footprints(goods).to_frame()["production_kg"]
    assert added > bare
    assert goods.problems["code"].tolist() == ["C274"]
    assert unknown > 0


# ------------------------------------------------------------------ sessions, use, ways back


def test_a_default_session_follows_the_return_rate(judge: Study) -> None:
    table = graded(judge, "session_default")["live_session_kg"]
    usual = table["R35"]
    assert usual == pytest.approx(0.2143, abs=2e-4)
    for sku, rate in (("R05", 0.05), ("R80", 0.8)):
        assert table[sku] == pytest.approx(usual * 0.65 / (1 - rate), rel=1e-9)
    goods = judge.catalogue(CASES / "session_default.csv")
    moved = lever("return_rate=80%", book_of(judge)).pull(goods.select(["R35"]), book_of(judge))
    there = judge.footprints(moved.catalogue).total[0]
    assert there == pytest.approx(judge.footprints(goods.select(["R80"])).total[0], rel=1e-12)


def test_use_is_inside_the_grave(judge: Study) -> None:
    table = graded(judge, "use_phase")
    assert (table["use_kg"] > 0).all()
    a, b = table.loc["COOKER-A"], table.loc["COOKER-B"]
    assert (
        judge.scale.letter(np.array([a["ratio"], b["ratio"]])).tolist()[1]
        > judge.scale.letter(np.array([a["ratio"]]))[0]
    )
    assert "without-use" in str(Study("2026.1").basis)
    assert "without" not in str(judge.basis)


def test_a_return_from_overseas_does_not_fly_home(judge: Study) -> None:
    goods = judge.catalogue(CASES / "overseas.csv")
    table = judge.inventory(goods)
    back = table[table["stage"] == "returns"]
    out = table[table["stage"] == "distribution"]
    rho = 0.4 / 0.6

    def tkm(rows: pd.DataFrame, sku: str) -> float:
        flown = rows["activity"].str.startswith("freight, plane") & (rows["sku"] == sku)
        return float(rows.loc[flown, "amount"].sum())

    assert tkm(out, "US-AIR") > 0
    for sku in ("US-AIR", "US-AIR-LOCAL"):
        assert tkm(back, sku) == pytest.approx(rho * tkm(out, sku))
    thrown = back[
        back["activity"].str.startswith("disposal of textiles") & (back["sku"] == "US-AIR")
    ]
    assert "US" in set(thrown["location"])
    assert goods.skus["resale_share"].tolist()[0] == 0
    home = back[(back["sku"] == "CN") & back["activity"].str.startswith("freight, ")]
    assert (
        home["amount"].sum()
        > rho
        * out.loc[
            (out["sku"] == "CN") & out["activity"].str.startswith("freight, "), "amount"
        ].sum()
    )


def test_each_returned_unit_comes_back_in_a_parcel_of_its_own(judge: Study) -> None:
    text = "sku,category,units_per_parcel,return_rate\nA,socks,1,50%\nB,socks,5,50%\n"
    table = judge.inventory(text)
    parcels = table[(table["stage"] == "returns") & (table["unit"] == "parcel")]
    amount = parcels.groupby("sku")["amount"].sum()
    assert amount["A"] == pytest.approx(2)  # out again, and back
    assert amount["B"] == pytest.approx(0.2 + 1)


def test_new_scrap_is_not_virgin_metal_lost(judge: Study) -> None:
    text = "sku,category,mass,materials,manufacturing_loss\n" + "".join(
        f"{sku},cookware,1 kg,aluminium 100%,{loss}\n" for sku, loss in (("A", "0%"), ("B", "40%"))
    )
    table = judge.inventory(text)
    table = table[table["stage"] == "materials"].astype({"activity": str})
    metal = table.groupby(["sku", "activity"])["amount"].sum()
    remelted = judge.judging.remelted[
        judge.vocabulary.names("material").code("aluminium")  # type: ignore[union-attr]
    ]
    lost = 0.4 * metal["A", "aluminium"]
    assert metal["B", "aluminium"] - metal["A", "aluminium"] == pytest.approx(lost * (1 - remelted))
    assert metal["B", "aluminium, recycled"] == pytest.approx(lost * remelted)


# ------------------------------------------------------------------ silence


def test_silence_stands_dear_and_tells_the_difference(judge: Study) -> None:
    text = "sku,category\n" + "".join(f"{name},{name}\n" for name in ("t_shirt", "rice", "toy"))
    goods = judge.catalogue(text)
    table = judge.grades(goods, draws=400)
    assert (table["dear_kg"] > 0).all()
    middle = table["total_kg"] - table["dear_kg"]
    bare = judge.references.stages(judge).sum(axis=1)
    keys = ["t_shirt/adult", "rice", "toy"]
    assert np.allclose(middle, bare[keys].to_numpy(), rtol=1e-9)
    drawn = next(judge.sample(goods, 1000)).total
    assert (drawn.mean(axis=1) <= table["total_kg"]).all()
    back = judge.judging.silence.middled(goods)  # type: ignore[union-attr]
    again = judge.judging.silence.dear(back)  # type: ignore[union-attr]
    assert np.allclose(judge.footprints(again).total, table["total_kg"], rtol=1e-12)


def test_a_reference_is_never_dear(judge: Study) -> None:
    names = ["t_shirt", "rice", "toy"]
    table = pd.DataFrame({"sku": names, "category": names})
    bare = judge.complete(read(table, judge.vocabulary), dear=False)
    typical = judge.vocabulary.parameter_table.loc[["t_shirt", "rice", "toy"]]
    assert np.allclose(bare.skus["mass_kg"], typical["mass"])
    for name in ("return_rate", "resale_share", "packaging_reuse"):
        assert np.allclose(bare.skus[name], typical[name]), name


# ------------------------------------------------------------------ the printed value is expected


@pytest.mark.parametrize("draws", [200, 1000])
def test_the_printed_value_is_the_mean_of_its_draws(judge: Study, draws: int) -> None:
    goods = judge.catalogue(TOLD)
    central = judge.footprints(goods).stages
    drawn = next(judge.sample(goods, draws, stages=True)).stages.astype(float)
    mean = drawn.mean(axis=2)
    known = central > 0
    assert np.abs(mean[known] / central[known] - 1).max() < 0.02
    total = drawn.sum(axis=1)
    assert np.abs(total.mean(axis=1) / central.sum(axis=1) - 1).max() < 0.01
    assert 0.4 < (total.sum(axis=0) < central.sum()).mean() < 0.65


def test_a_plain_monte_carlo_finds_the_same_interval(judge: Study) -> None:
    """Cells drawn one by one and put through the stages themselves, without groups or pools."""
    draws, random = 600, np.random.default_rng(8)
    goods = judge.catalogue(TOLD).select(["TEE"])
    many = goods.rows(np.zeros(draws, dtype=np.int64))
    table = judge.edition.spreads["foreground_uncertainty"].set_index(["parameter", "origin"])

    def factor(name: str) -> np.ndarray:
        origin = PROVENANCES[int(goods.provenance[name].iloc[0])]
        row = table.loc[(name, "default" if origin == "absent" else origin)]
        sigma = np.log(row["gsd2"]) / 2
        return random.lognormal(-(sigma**2) / 2, sigma, draws)

    def rate(name: str) -> np.ndarray:
        value, count = float(goods.skus[name].iloc[0]), table.loc[(name, "given"), "count"]
        return random.beta(value * count, (1 - value) * count, draws) if value else np.zeros(draws)

    mass, materials = factor("mass"), factor("materials")
    sku = many.skus.assign(
        mass_kg=many.skus["mass_kg"] * mass,
        studio_kwh=many.skus["studio_kwh"] * factor("session_kwh"),
        viewer_hours=many.skus["viewer_hours"] * factor("viewer_hours"),
        **{name: rate(name) for name in ("return_rate", "resale_share", "loss_rate")},
    )
    row = many.materials["row"].to_numpy()
    lines = many.materials.assign(
        mass_kg=many.materials["mass_kg"] * (mass * materials)[row],
        loss=many.materials["loss"] * factor("manufacturing_loss")[row],
    )
    pieces = many.packaging.assign(
        mass_kg=many.packaging["mass_kg"] * factor("packaging")[many.packaging["row"]]
    )
    way = np.where(
        many.legs["returning"],
        factor("return_transport")[many.legs["row"]],
        factor("transport")[many.legs["row"]],
    )
    legs = many.legs.assign(km=many.legs["km"] * way)
    drawn = replace(many, skus=sku, materials=lines, packaging=pieces, legs=legs)
    total = _weighed_draw_by_draw(judge, drawn, draws)
    found = judge.footprints(goods, draws=draws).interval
    assert total.mean() == pytest.approx(judge.footprints(goods).total[0], rel=0.04)
    for level, bound in ((0.025, found.low[0, 0]), (0.975, found.high[0, 0])):
        assert np.quantile(total, level) == pytest.approx(bound, rel=0.1)


def _weighed_draw_by_draw(judge: Study, drawn: Catalogue, draws: int) -> np.ndarray:
    inventory = stages.take(drawn, judge.boundary)
    rows, fits = judge.match(inventory)
    sampler = judge.sampler(draws)
    codes, column = np.unique(rows.astype(np.int64) * len(FITS) + fits, return_inverse=True)
    unit = sampler.columns(codes)[column, inventory.sku]
    return np.bincount(inventory.sku, inventory.amount * unit, draws)


def test_stages_and_groups_are_one_book(judge: Study) -> None:
    """What draws are made of gives the very footprint, with meters, scrap and stranded returns."""
    for name in ("metered_sewing", "overseas", "cheats", "use_phase"):
        goods = judge.catalogue(CASES / f"{name}.csv")
        central = judge.footprints(goods).stages
        part = judge.sampler(50).part(goods)
        impact = (part.matrix @ judge.sampler(50).central[part.used // len(FITS)]).reshape(
            part.n, len(GROUPS)
        )
        total = _total(part, dict(zip(GROUPS, impact.T, strict=True)), dict(part.rates))
        known = ~np.isnan(central.sum(axis=1))
        assert np.allclose(total[known], central.sum(axis=1)[known], rtol=1e-9), name
