"""What-if: each lever by hand, the laws of all of them, settings and scenario files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from nightly import night

from carbon.background.unit_impacts import PARTS
from carbon.base.errors import StudyError
from carbon.base.terms import BOUNDARIES, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.cli import whatif as cli_whatif  # noqa: F401  registers its commands
from carbon.cli.main import main
from carbon.footprint.computing import sampled
from carbon.footprint.levers import LEVERS, REASONS, TOUCHES, Book, Change, lever
from carbon.footprint.levers.settings import SETTABLE
from carbon.footprint.scenario import (
    ALL,
    WHATIF_COLUMNS,
    book_of,
    in_turn,
    steps,
    summary,
    what_if,
)
from carbon.footprint.scenario_file import read_scenario
from carbon.footprint.side_by_side import SIDE_BY_SIDE_COLUMNS, pairs, side_by_side
from carbon.study import Study

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted((ROOT / "templates" / "scenarios").glob("*.toml"))
TABLES = ("skus", "materials", "packaging", "legs", "destinations", "provenance")
GOODS = """sku,category,mass,materials,packaging,origin,destination,transport,return_rate,resale_share,units_sold
AIR,dress,300 g,polyester 100%,corrugated box 200 g; tape 3 g; poly bag 8 g,CN-ZJ,CN-GD,"truck 80 km, plane 1350 km, van 20 km",60%,50%,1000
ROAD,toy,500 g,abs 100%,no packaging,CN-ZJ,CN-ZJ,truck 100 km,5%,0%,
SHIP,dress,300 g,cotton 60% recycled 80%; polyester 40%,courier bag 12 g,CN-ZJ,GB,plane 9000 km,20%,90%,10
COLD,berries,1 kg,,eps box 150 g; tape 3 g,CN-YN,CN-BJ,plane 2100 km,1%,0%,500
BAD,dress,-2 kg,,,,,,,,
"""  # noqa: E501


@cache
def study() -> Study:
    return Study()


@cache
def book() -> Book:
    return book_of(study())


@cache
def goods() -> Catalogue:
    return study().catalogue(GOODS)


def pull(text: str, catalogue: Catalogue | None = None) -> Change:
    return lever(text, book()).pull(catalogue or goods(), book())


def why(change: Change) -> list[str]:
    return [list(REASONS)[code] for code in change.reason]


def lines(change: Change, table: str, sku: str) -> pd.DataFrame:
    catalogue = change.catalogue
    row = catalogue.skus["sku"].tolist().index(sku)
    frame = getattr(catalogue, table)
    return frame[frame["row"] == row].reset_index(drop=True)


# ---------------------------------------------------------------- each lever by hand


def test_air_goes_by_road() -> None:
    change = pull("air-to-ground")
    assert why(change) == ["", "no-air", "abroad", "", "failed"]
    legs = lines(change, "legs", "AIR")
    lorry = legs[legs["mode"] == "truck"]
    # there and back: the feeder of 80 km, and (1350 - 95) km of great circle × 1.26 by road
    assert sorted(lorry["km"]) == pytest.approx([80, 80, 1255 * 1.26, 1255 * 1.26])
    assert set(lorry["activity"]) == {"freight, lorry"}
    cold = lines(change, "legs", "COLD")
    assert cold.loc[cold["mode"] == "reefer_truck", "km"].tolist() == pytest.approx(
        [2005 * 1.26] * 2
    )


def test_a_regional_warehouse_shortens_the_last_haul() -> None:
    change = pull("regional-warehouse:last_haul=200 km")
    assert why(change)[:3] == ["", "near", "abroad"]
    legs = lines(change, "legs", "AIR")
    moving = legs[legs["basis"] == "tkm"]
    out = moving[~moving["returning"]]
    assert out["mode"].tolist() == ["truck", "artic", "truck", "van"]
    assert out["km"].tolist() == pytest.approx([80, 1255 * 1.26 - 200, 200, 20])
    back = moving[moving["returning"]]
    assert back["mode"].tolist() == ["van", "truck", "truck"]
    assert back["km"].tolist() == pytest.approx([20, 200, 80])
    hubs = (lines(Change.of(goods()), "legs", "AIR")["basis"] == "t").sum()
    assert (legs["basis"] == "t").sum() == hubs + 1
    assert (np.diff(change.catalogue.legs["row"]) >= 0).all()


def test_vans_become_electric() -> None:
    change = pull("e-van")
    assert why(change)[0] == ""
    legs = lines(change, "legs", "AIR")
    assert legs.loc[legs["mode"] == "e_van", "km"].tolist() == [20, 20]
    assert not (legs["mode"] == "van").any()


def test_a_box_becomes_a_bag() -> None:
    change = pull("box-to-bag")
    assert why(change) == ["", "no-box", "no-box", "no-box", "failed"]
    packaging = lines(change, "packaging", "AIR")
    assert packaging["item"].tolist() == ["courier_bag_large", "poly_bag"]
    assert packaging["mass_kg"].tolist() == pytest.approx([0.032, 0.008])
    assert packaging["recycled_share"].tolist() == [0.858, 0]
    assert packaging["virgin"].tolist() == ["polyethylene, low density"] * 2
    light = study().catalogue("sku,category,packaging\nA,dress,corrugated box 20 g\n")
    assert why(pull("box-to-bag", light)) == ["no-lighter"]
    hard = study().catalogue("sku,category,packaging\nA,kettle,corrugated box 200 g\n")
    assert why(pull("box-to-bag", hard)) == ["not-soft"]


def test_a_box_is_used_again() -> None:
    change = pull("reusable-box:trips=40")
    assert why(change)[:4] == ["", "no-box", "no-box", ""]
    box = lines(change, "packaging", "AIR").iloc[0]
    assert box["item"] == "reusable_box"
    assert box["mass_kg"] == pytest.approx(0.2 * 2.96)
    assert (box["trips"], box["return_haul_km"]) == (40, 100)
    assert box["washing"] == "washing of reusable packaging"
    assert lines(change, "packaging", "COLD")["item"].tolist()[0] == "epp_box"
    near = study().catalogue(
        "sku,category,packaging,transport,return_rate\n"
        "A,toy,corrugated box 300 g,truck 300 km,5%\n"
        "B,toy,corrugated box 300 g,plane 2000 km,60%\n"
    )
    few, now, many = (
        study().footprints(each).total
        for each in (
            pull("reusable-box:trips=1", near).catalogue,
            near,
            pull("reusable-box:trips=70", near).catalogue,
        )
    )
    assert many[0] < now[0] < few[0]
    assert many[1] > now[1], "a heavy box that flies is worse however often it is used"


def test_a_box_fits_its_goods() -> None:
    packed = study().catalogue(
        "sku,category,packaging\nA,toy,corrugated box 200 g; air pillow 20 g; tape 3 g\n"
    )
    change = pull("right-size-box:box_cut=25%,fill_cut=0.5", packed)
    mass = dict(
        zip(*(lines(change, "packaging", "A")[name] for name in ("item", "mass_kg")), strict=True)
    )
    assert mass["corrugated_box"] == pytest.approx(0.15)
    assert mass["air_pillow"] == pytest.approx(0.01)
    assert mass["tape"] == pytest.approx(0.003)


def test_packaging_of_the_unit_gets_lighter() -> None:
    change = pull("packaging-light")
    assert why(change)[:3] == ["", "no-packaging", "no-packaging"]
    assert lines(change, "packaging", "AIR")["mass_kg"].tolist() == pytest.approx(
        [0.2, 0.003, 0.0072]
    )


def test_recycled_content_rises_and_never_falls() -> None:
    change = pull("recycled-content")
    assert why(change)[1] == "no-source"
    assert lines(change, "materials", "AIR")["recycled_share"].tolist() == [0.3]
    assert lines(change, "materials", "SHIP")["recycled_share"].tolist() == [0.8, 0.3]
    box, _, bag = lines(change, "packaging", "AIR")["recycled_share"]
    assert (box, bag) == (0, 0.858), "board already holds recycled fibre"


def test_returns_fall_by_points_and_share_the_session() -> None:
    change = pull("return-rate")
    assert why(change) == ["", "not-worn", "", "not-worn", "failed"]
    before, after = goods().skus.iloc[0], change.catalogue.skus.iloc[0]
    assert after["return_rate"] == pytest.approx(0.45)
    # energy per sold unit stays: per kept unit × (1 - 0.60) / (1 - 0.45)
    for name in ("studio_kwh", "viewer_hours"):
        assert after[name] == pytest.approx(before[name] * 0.4 / 0.55)
    assert why(pull("return-rate:points=25"))[2] == "S024"


def test_more_returns_are_sold_again() -> None:
    change = pull("resale-share")
    assert why(change) == ["", "never-resold", "resold", "never-resold", "failed"]
    assert change.catalogue.skus["resale_share"].tolist()[:3] == [0.78, 0, 0.9]


def test_a_renewable_studio_is_little_but_not_nothing() -> None:
    table = what_if(study(), goods(), ["renewable-studio"])
    change = pull("renewable-studio").catalogue
    stage = STAGES.index("live_session")
    before, after = (study().footprints(each).stages[0, stage] for each in (goods(), change))
    assert 0 < after < before
    assert table["saved_kg"][0] == pytest.approx(before - after)


# ---------------------------------------------------------------- laws


CELLS = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["t_shirt", "dress", "toy", "berries", "skincare", "quilt"]),
        "packaging": st.sampled_from(
            ["", "no packaging", "mailer box 90 g; air pillow 9 g; tape 2 g", "eps box 200 g"]
        ),
        "destination": st.sampled_from(["", "CN-GD", "CN-GD 40%; CN-BJ 60%", "GB"]),
        "transport": st.sampled_from(
            ["", "air", "truck 200 km", "air 60%: plane 900 km | road 40%"]
        ),
        "return_rate": st.sampled_from(["", "0%", "8%", "70%"]),
        "units_sold": st.sampled_from(["", "100"]),
    }
)


def table_of(rows: list[dict[str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    frame.insert(0, "sku", [f"S{at}" for at in range(len(frame))])
    return frame


def same(a: Catalogue, b: Catalogue) -> None:
    for name in TABLES:
        left, right = getattr(a, name), getattr(b, name)
        assert len(left) == len(right), name
        for column in right:
            x, y = left[column].astype("object"), right[column].astype("object")
            assert ((x == y) | (x.isna() & y.isna())).all(), (name, column)


@settings(max_examples=6, deadline=None)
@given(rows=st.lists(CELLS, min_size=1, max_size=6), name=st.sampled_from(list(LEVERS)))
def test_what_does_not_apply_is_not_changed(rows: list[dict[str, str]], name: str) -> None:
    catalogue = study().catalogue(table_of(rows))
    change = pull(name, catalogue)
    assert change.catalogue.skus["sku"].tolist() == catalogue.skus["sku"].tolist()
    still = np.flatnonzero(~change.applies)
    same(change.catalogue.rows(still), catalogue.rows(still))
    before, after = (study().footprints(each).impact for each in (catalogue, change.catalogue))
    np.testing.assert_array_equal(after[still], before[still])
    # only what a lever is said to touch can differ, so that the rest need not be weighed again
    others = [at for at, stage in enumerate(STAGES) if stage not in TOUCHES[name]]
    np.testing.assert_array_equal(after[:, others], before[:, others])


SOME = st.lists(st.sampled_from(list(LEVERS)), min_size=2, max_size=4, unique=True)


@settings(max_examples=6, deadline=None)
@given(
    rows=st.lists(CELLS, min_size=2, max_size=6),
    random=st.randoms(use_true_random=False),
    some=SOME,
)
def test_order_of_skus_and_chunks_change_nothing(
    rows: list[dict[str, str]], random: object, some: list[str]
) -> None:
    whole = table_of(rows)
    expected = what_if(study(), study().catalogue(whole), some)
    assert tuple(expected) == WHATIF_COLUMNS
    order = list(range(len(whole)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = study().catalogue(whole.iloc[order].reset_index(drop=True))
    mixed = what_if(study(), shuffled, some, chunk=2)
    keys = ["sku", "lever"]
    numbers = ["before_kg", "after_kg", "saved_kg", "applies"]
    for frame in (expected, mixed):
        frame["lever"] = frame["lever"].astype(str)
    pd.testing.assert_frame_equal(
        mixed.set_index(keys)[numbers].sort_index(),
        expected.set_index(keys)[numbers].sort_index(),
        check_exact=True,
    )


@settings(max_examples=4, deadline=None)
@given(rows=st.lists(CELLS, min_size=1, max_size=5))
def test_savings_are_differences_in_order(rows: list[dict[str, str]]) -> None:
    catalogue = study().catalogue(table_of(rows))
    table = what_if(study(), catalogue)
    known = table["before_kg"].notna()
    assert (table["saved_kg"] == table["before_kg"] - table["after_kg"])[known].all()
    assert (table.loc[~table["applies"], "saved_kg"] == 0).all()
    kept = (catalogue.skus["units_sold"] * (1 - catalogue.skus["return_rate"])).to_numpy()
    by_sku = dict(zip(catalogue.skus["sku"], kept, strict=True))
    year = table["saved_kg"] * table["sku"].map(by_sku)
    np.testing.assert_allclose(table["saved_kg_year"], year)
    for _, rows_of in table.groupby("sku", sort=False):
        assert rows_of["lever"].iloc[-1] == ALL
        applying = rows_of.iloc[:-1][rows_of["applies"].iloc[:-1]]
        assert applying["saved_kg"].is_monotonic_decreasing
        assert rows_of["applies"].iloc[: len(applying)].all()
    # the combination is what a full computation of the changed catalogue gives
    turns = list(in_turn(catalogue, [lever(name, book()) for name in LEVERS], book()))
    full = study().footprints(turns[-1][1].catalogue).total
    np.testing.assert_allclose(table.loc[table["lever"] == ALL, "after_kg"], full, rtol=1e-12)


@settings(max_examples=6, deadline=None)
@given(rows=st.lists(CELLS, min_size=1, max_size=5))
def test_ground_never_flies_more(rows: list[dict[str, str]]) -> None:
    catalogue = study().catalogue(table_of(rows))
    change = pull("air-to-ground", catalogue)
    at = PARTS.index("aircraft")
    before, after = (
        study().footprints(each).impact[..., at].sum(axis=1)
        for each in (catalogue, change.catalogue)
    )
    assert (after <= before).all()
    assert (after[change.applies] == 0).all()


def test_a_lever_never_changes_its_input() -> None:
    fresh = study().catalogue(GOODS)
    for name in (*LEVERS, "mass=-10%", "air_share=20%", "legs.distance=-10%"):
        pull(name, fresh)
    same(fresh, goods())


def test_every_lever_is_in_the_data_and_the_help() -> None:
    tables = study().edition.levers
    assert set(tables["levers"]["lever"]) == set(LEVERS) == set(TOUCHES)
    for name in ("lever_sizes", "lever_swaps", "lever_categories"):
        assert set(tables[name]["lever"]) <= set(LEVERS)
    sizes = tables["lever_sizes"]
    assert ((sizes["low"] <= sizes["value"]) & (sizes["value"] <= sizes["high"])).all()
    words = study().vocabulary
    categories = set(words.categories["category"])
    assert set(tables["lever_categories"]["category"]) <= categories
    known = {*words.packaging_items["item"], *words.modes["mode"], ""}
    swaps = tables["lever_swaps"][tables["lever_swaps"]["part"] != "kept"]
    assert set(swaps["from"]) | set(swaps["to"]) <= known
    text = CliRunner().invoke(main, ["whatif", "--help"]).output
    assert all(name in text for name in LEVERS)


def test_intervals_of_differences_are_paired() -> None:
    few = goods().part(0, 4)
    table = what_if(study(), few, ["air-to-ground", "return-rate"], draws=200)
    hit = table[table["applies"]]
    assert (hit["saved_low_kg"] <= hit["saved_kg"]).all()
    assert (hit["saved_kg"] <= hit["saved_high_kg"]).all()
    idle = table[~table["applies"]]
    assert (idle[["saved_low_kg", "saved_high_kg", "p_saves"]] == 0).all(axis=None)
    # the same goods twice as far by air: worse in every draw, though the intervals overlap
    flown = study().catalogue(
        "sku,category,transport\nA,dress,plane 1000 km\nB,dress,plane 1100 km\n"
    )
    near, far = flown.select(["A"]), pull("legs.distance=+10%", flown.select(["A"])).catalogue
    assert (sampled(study(), far, 200) > sampled(study(), near, 200)).all()
    both = side_by_side(study(), near, far, draws=200)
    assert both["p_a_less"].iloc[-1] == 1


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("return_rate=-15pt", "return_rate", 0.45),
        ("return_rate=−15 个百分点", "return_rate", 0.45),
        ("return_rate = -50%", "return_rate", 0.30),
        ("resale_share=80%", "resale_share", 0.80),
        ("resale_share=0.8", "resale_share", 0.80),
        ("mass=-10%", "mass_kg", 0.27),
        ("mass=180 g", "mass_kg", 0.18),
        ("mass=0.4斤", "mass_kg", 0.20),
        ("mass=+50 g", "mass_kg", 0.35),
        ("units_per_parcel=3", "units_per_parcel", 3),
        ("session_kwh=0.1 kWh", "studio_kwh", 0.1),
        ("units_sold=+10%", "units_sold", 1100),
    ],
)
def test_a_setting_changes_a_column(text: str, column: str, expected: float) -> None:
    change = pull(text)
    assert why(change)[0] == ""
    assert change.catalogue.skus[column].iloc[0] == pytest.approx(expected)


def test_settings_keep_the_lines_in_step() -> None:
    assert lines(pull("mass=-10%"), "materials", "AIR")["mass_kg"].tolist() == pytest.approx([0.27])
    share = lines(pull("units_per_parcel=4"), "packaging", "AIR")["share"].tolist()
    assert share == [0.25, 0.25, 1.0], "box and tape are the parcel's, the inner bag the unit's"
    assert lines(pull("packaging.mass=+50%"), "packaging", "AIR")["mass_kg"].tolist() == (
        pytest.approx([0.3, 0.0045, 0.012])
    )
    km = lines(pull("legs.distance=+10 km"), "legs", "AIR")["km"].dropna().tolist()
    assert km == pytest.approx([90, 1360, 30, 30, 1360, 90])
    assert why(pull("materials.recycled=50%"))[:2] == ["", "unknown"]


def test_air_share_keeps_the_chains_whole() -> None:
    mixed = study().catalogue(
        "sku,category,transport\n"
        "A,dress,air 60%: plane 900 km | road 40%: truck 900 km\nB,dress,truck 90 km\n"
    )
    change = pull("air_share=30%", mixed)
    assert why(change) == ["", "one-way"]
    legs = lines(change, "legs", "A")
    assert legs.groupby("mode", observed=True)["chain_share"].first()[
        ["plane", "truck"]
    ].tolist() == pytest.approx([0.3, 0.7])
    heads = legs.drop_duplicates(["returning", "chain"])
    assert heads.groupby("returning")["chain_share"].sum().tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("warp-drive", "S020"),
        ("", "S020"),
        ("reusable-box:trips=0", "S021"),
        ("reusable-box:trips=many", "S021"),
        ("reusable-box:size=3", "S021"),
        ("right-size-box:box_cut=120%", "S021"),
        ("regional-warehouse:last_haul=200 kg", "S021"),
        ("air-to-ground:speed=2", "S021"),
        ("return_rate=15pt", "S022"),
        ("return_rate=-0.1", "S022"),
        ("mass=180", "S022"),
        ("mass=180 km", "S022"),
        ("mass=10%", "S022"),
        ("mass=2 ton", "S022"),
        ("mass=-15pt", "S022"),
        ("mass=", "S022"),
        ("mass=nan kg", "S022"),
        ("units_per_parcel=2 g", "S022"),
        ("origin=CN-GD", "S023"),
        ("colour=3", "S023"),
        ("return_rate=96%", "S024"),
        ("return_rate=35", "S024"),
        ("mass=0 g", "S024"),
        ("units_per_parcel=0", "S024"),
        ("mass=-110%", "S024"),
    ],
)
def test_bad_input_gets_its_own_code(text: str, code: str) -> None:
    with pytest.raises(StudyError) as caught:
        lever(text, book())
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["return_rate=-30pt", "mass=-400 g", "return_rate=+40pt"])
def test_an_impossible_value_is_flagged_and_changes_nothing(text: str) -> None:
    change = pull(text)
    bad = np.array([name == "S024" for name in why(change)])
    assert bad.any()
    same(change.catalogue.rows(np.flatnonzero(bad)), goods().rows(np.flatnonzero(bad)))
    table = what_if(study(), goods(), [text])
    assert (table["problem"].str.contains("S024").to_numpy() == bad).all()


def test_every_column_of_numbers_can_be_set() -> None:
    for name, spec in SETTABLE.items():
        unit = {"mass": "g", "electricity": "kWh", "heat": "MJ", "distance": "km"}.get(
            spec.kind, ""
        )
        unit = {"duration": "h", "lifetime": "year"}.get(spec.kind, unit)
        change = pull(f"{name}=0.5 {unit}" if spec.least == 0 else f"{name}=2")
        assert set(why(change)) <= {"", "failed", "same", "unknown", "one-way"}, name


# ---------------------------------------------------------------- scenario files, doors


def test_the_shipped_scenarios_compute() -> None:
    assert [path.stem for path in SHIPPED] == ["live-commerce-parcel"]
    scenario = read_scenario(SHIPPED[0])
    assert scenario.reported == 1.8
    assert len(scenario.cites) == len(scenario.levers)
    # docs/validation.md tells those of the first edition
    for edition, expected in (
        ("2026.1", [1.20, 1.34, 1.19, 2.20]),
        ("2026.2", [1.18, 1.34, 1.18, 2.01]),
    ):
        of = Study(edition)
        base = of.catalogue(scenario.base)
        assert not base.skus["failed"].any()
        table = what_if(of, base, scenario.levers)
        assert table["applies"].all()
        last = table[table["lever"] == ALL]
        ratio = (last["after_kg"] / last["before_kg"]).tolist()
        assert ratio == pytest.approx(expected, abs=0.06)


GOOD = 'title = "T"\n[[change]]\nset = "mass=-10%"\nkind = "assumption"\ncite = "mine"\n'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("title = ", "S025"),
        ("title = 3", "S025"),
        (GOOD + f"[reported]\nratio = {10**400}\nkind = 'cited'\ncite = 'x'\n", "S025"),
        (GOOD + "[reported]\nratio = inf\nkind = 'cited'\ncite = 'x'\n", "S025"),
        ('title = "T"\n', "S025"),
        (GOOD + "[other]\na = 1\n", "S025"),
        (GOOD + "[reported]\nratio = -1\nkind = 'cited'\ncite = 'x'\n", "S025"),
        (GOOD + "[reported]\nratio = 2\n", "S026"),
        (GOOD + "[[base]]\nsku = 'A'\ncategory = 'dress'\n", "S026"),
        (GOOD + "[[base]]\nsku = 'A'\ncolour = 'red'\nkind = 'cited'\ncite = 'x'\n", "S025"),
        (GOOD.replace('cite = "mine"\n', ""), "S026"),
        (GOOD.replace("assumption", "guess"), "S026"),
        (GOOD.replace('set = "mass=-10%"', ""), "S025"),
        (GOOD.replace("set =", 'lever = "e-van"\nset ='), "S025"),
        ("base = 3\n" + GOOD, "S025"),
        ("change = [1]\ntitle = 'T'\n", "S025"),
    ],
)
def test_a_bad_scenario_file_is_refused(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_scenario(path)
    assert caught.value.code == code


def test_a_scenario_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="S025"):
        read_scenario(tmp_path / "none.toml")


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, [*words, "--draws", "50"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_the_command_writes_what_python_gives(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text(GOODS, encoding="utf-8")
    out, picture = tmp_path / "out.parquet", tmp_path / "p.svg"
    code, text = run("whatif", str(source), "-o", str(out), "--picture", str(picture))
    assert code == 1, text  # one row could not be read
    pd.testing.assert_frame_equal(
        pd.read_parquet(out)[["sku", "saved_kg"]],
        what_if(study(), goods())[["sku", "saved_kg"]],
        check_dtype=False,
    )
    written = pd.read_parquet(out)
    before = written["sku"].map(study().grades(goods(), draws=0).set_index("sku")["ratio"])
    scale = study().scale
    letters = np.array([*scale.letters, ""])
    assert written["letter_before"].astype(str).tolist() == letters[scale.letter(before)].tolist()
    ratio = written["after_kg"] / written["before_kg"] * before
    best = ratio[written["lever"] == "all"] <= scale.reach[0]
    assert (written.loc[best.index, "letter_after"].eq("A") == best).all()
    assert picture.read_text(encoding="utf-8").startswith("<svg ")
    code, text = run(
        "whatif", str(source), "-o", str(tmp_path / "o.csv"), "--sku", "AIR",
        "--set", "mass=-10%", "--lever", "e-van", "--days", "30", "--lang", "zh",
    )  # fmt: skip
    assert code == 0, text
    assert "适用" in (tmp_path / "o.csv").read_text(encoding="utf-8")
    code, text = run("whatif", "--scenario", "live-commerce-parcel", "-o", str(tmp_path / "s.csv"))
    assert code == 0, text
    assert "reported 1.8" in text
    assert run("whatif", "-o", str(tmp_path / "s.csv"))[0] == 2
    assert run("whatif", str(source), "-o", str(out), "--lever", "magic")[0] == 3
    words = ("--sku", "AIR", "--set", "return_rate=-70pt", "--lever", "e-van")
    assert run("whatif", str(source), "-o", str(out), *words)[0] == 1
    assert run("whatif", str(source), "-o", str(out), "--picture", str(tmp_path / "p.png"))[0] == 5


def test_compare_side_by_side(tmp_path: Path) -> None:
    source, other = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text(GOODS, encoding="utf-8")
    other.write_text(GOODS.replace("60%,50%", "30%,50%").replace("ROAD", "NEW"), encoding="utf-8")
    code, text = run("compare", str(source), "AIR", "SHIP")
    assert code == 0, text
    assert "total" in text
    assert run("compare", str(source), "AIR", "ROAD")[0] == 3, "two categories"
    assert run("compare", str(source), "AIR", "NONE")[0] == 3
    assert run("compare", str(source), "A", "B", "C")[0] == 2
    out = tmp_path / "d.csv"
    code, text = run("compare", str(source), str(other), "-o", str(out))
    assert code == 1, "some stand in one catalogue only"
    assert "NEW" in text
    assert tuple(pd.read_csv(out)) == SIDE_BY_SIDE_COLUMNS
    left, right, alone = pairs(goods(), study().catalogue(other))
    assert alone == ["NEW", "ROAD"]
    table = side_by_side(study(), left, right).set_index(["sku_a", "stage"])
    assert table.loc[("AIR", "total"), "difference_kg"] == pytest.approx(
        table.loc["AIR"].drop("total")["difference_kg"].sum()
    )
    with pytest.raises(StudyError, match="S003"):
        pairs(goods(), study().catalogue("sku,category\nX,dress\n"))


def test_steps_end_where_the_combination_does() -> None:
    before, after = steps(study(), goods(), lang="zh")
    table = what_if(study(), goods().part(0, 1))
    last = table[table["lever"] == ALL].iloc[0]
    assert before == last["before_kg"]
    assert after[-1][1] == pytest.approx(last["after_kg"], rel=1e-12)
    assert after[0][0] == "降低退货率（虚拟试衣）"
    assert summary(table)["lever"].iloc[-1] == ALL


@pytest.mark.parametrize("boundary", [*list(BOUNDARIES)[:2], *night(*list(BOUNDARIES)[2:])])
def test_every_boundary_has_its_savings(boundary: str) -> None:
    here = Study(boundary=boundary)
    table = what_if(here, goods(), [*LEVERS, "service_life=+10%", "price=-10%", "mass=-10%"])
    named = table[table["lever"] != ALL].set_index(["sku", "lever"])
    for name in ("air-to-ground", "service_life=+10%", "price=-10%", "mass=-10%"):
        change = pull(name)
        before, after = (here.footprints(each).total for each in (goods(), change.catalogue))
        expected = np.where(change.applies, before - after, np.where(np.isnan(before), np.nan, 0))
        found = named.xs(name, level="lever")["saved_kg"].reindex(goods().skus["sku"])
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_every_column_of_the_answers_is_documented() -> None:
    reference = (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")
    for name in (*WHATIF_COLUMNS, *SIDE_BY_SIDE_COLUMNS):
        assert f"| `{name}` |" in reference, name
    method = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in method for name in LEVERS)
