"""Every descriptor, hash, unit and cite; every activity resolved, kept as a snapshot."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carbon.background.edition import DEFAULT_EDITION, Edition, editions, load_edition
from carbon.background.source import factors_root, read_package
from carbon.background.unit_impacts import PARTS, methods
from carbon.base.errors import FactorsError
from carbon.base.terms import FITS
from carbon.footprint.judging import Judging, vocabulary_of
from carbon.study import Study

ROOT = factors_root()
PACKAGES = sorted(path.parent for path in ROOT.glob("*/*/datapackage.json"))


@pytest.fixture(scope="module", params=editions())
def study(request: pytest.FixtureRequest) -> Study:
    return Study(request.param, cache=False)


@pytest.fixture(scope="module")
def edition(study: Study) -> Edition:
    return study.edition


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_package_names_publisher_licence_and_file(folder: Path) -> None:
    package = read_package(folder)
    assert (package.name, package.version) == (folder.parent.name, folder.name)
    for key in ("publisher", "citation", "licenses", "sources", "gwp_basis", "boundary", "year"):
        assert package.descriptor.get(key), key
    assert (folder / "LICENSE.md").is_file()
    for licence in package.descriptor["licenses"]:
        assert "NC" not in licence["name"]
    for name, table in package.tables.items():
        if "cite" in table:
            assert (table["cite"] != "").all(), name
            assert not table["cite"].str.contains("recalled", case=False).any(), name


def test_every_package_of_the_folder_is_locked() -> None:
    locked = {package.id for name in editions() for package in load_edition(name).packages}
    assert locked == {f"{folder.parent.name}/{folder.name}" for folder in PACKAGES}


def test_every_word_leads_somewhere(edition: Edition) -> None:
    """Every activity that the vocabulary or a stage names has a dataset."""
    words = edition.vocabulary
    named = {"electricity, consumer", "video streaming", "return inspection", "freight, lorry"}
    named |= {"electricity, solar"}
    materials = words["materials"]
    for column in ("virgin", "recycled", "processing", "disposal"):
        named |= set(materials[column])
    named |= set(words["packaging_items"]["washing"])
    named |= set(words["modes"]["activity"]) | set(words["modes"]["activity_beyond"])
    named -= {""}
    assert {name for name in named if edition.match(name, "CN")[0] < 0} == set()
    assert set(words["packaging_items"]["material"]) <= set(materials["material"])
    assert set(words["archetype_materials"]["material"]) <= set(materials["material"])
    assert set(words["archetype_packaging"]["item"]) <= set(words["packaging_items"]["item"])
    assert set(words["archetype_chains"]["mode"]) <= set(words["modes"]["mode"])


def test_archetypes_are_whole(edition: Edition) -> None:
    words = edition.vocabulary
    categories = set(words["categories"]["category"])
    assert len(categories) >= 24
    wanted = {
        "mass", "mass_min", "mass_max", "units_per_parcel", "return_rate", "resale_share",
        "loss_rate", "packaging_reuse", "session_kwh", "viewer_hours", "distance",
    }  # fmt: skip
    table = words["archetype_parameters"]
    for category, rows in table.groupby("category"):
        assert wanted <= set(rows["parameter"]), category
    for name in ("archetype_parameters", "archetype_materials", "archetype_packaging"):
        rows = words[name]
        value = rows["value" if "value" in rows else "share" if "share" in rows else "mass_g"]
        assert (rows["low"] <= value).all(), name
        assert (value <= rows["high"]).all(), name
        assert rows["kind"].isin(["cited", "assumption"]).all(), name
        assumed = rows[(rows["kind"] == "assumption") & (value > 0) & (value != 1)]
        assert (assumed["low"] < assumed["high"]).all(), f"{name}: an assumption has a spread"
    shares = words["archetype_materials"].groupby("category")["share"].sum()
    assert shares.to_numpy() == pytest.approx(1, abs=1e-9)
    chains = words["archetype_chains"].drop_duplicates(["category", "chain"])
    assert chains.groupby("category")["share"].sum().to_numpy() == pytest.approx(1, abs=1e-9)
    assert set(chains["category"]) == categories


def test_nothing_shipped_is_negative(study: Study) -> None:
    """No credits: only removals are below zero, and no activity is NaN."""
    linked = study.edition.linked
    values = study.unit_impacts.values[:-1][linked]
    assert np.isfinite(values).all()
    assert (values >= -1e-12).all()
    uptake, release = study.unit_impacts.carbon[:-1][linked].T
    assert (uptake <= 1e-12).all()
    assert (release >= -1e-12).all()


def test_uptake_and_release_balance(study: Study, edition: Edition) -> None:
    """What a material takes up leaves on every route: nothing is removed for good."""
    materials = edition.vocabulary["materials"]
    uptake, release = study.unit_impacts.carbon.T
    for row in materials.itertuples():
        taken = -uptake[edition.match(row.virgin, "CN")[0]]
        assert taken < 1e-6 or row.disposed_share == 1, row.material
        if row.recycled:
            again = -uptake[edition.match(row.recycled, "CN")[0]]
            assert again == pytest.approx(taken, abs=1e-6), row.material
        for place in ("CN", "GLO"):
            released = release[edition.match(row.disposal, place)[0]]
            assert released == pytest.approx(taken, abs=1e-6), (
                f"{row.material} in {place}: {taken} up, {released} back"
            )


def test_gases_give_ar5_and_ar6(edition: Edition) -> None:
    assert {"GWP100 AR5", "GWP100 AR6"} <= set(methods(edition))
    row, _ = edition.match("freight, plane, long-haul", "GB")
    plain = Study(edition, method="GWP100 AR6").unit_impacts.values[row]
    with_rf = Study(edition, method="GWP100 AR6 + aviation non-CO2 1.7").unit_impacts.values[row]
    aircraft = PARTS.index("aircraft")
    others = [i for i in range(len(PARTS)) if i != aircraft]
    assert with_rf[others] == pytest.approx(plain[others])
    assert 1.68 < with_rf[aircraft] / plain[aircraft] < 1.7


def test_places_take_their_own_electricity(edition: Edition, study: Study) -> None:
    values = study.unit_impacts.values.sum(axis=1)
    for activity in ("freight, van, electric", "parcel sorting"):
        sichuan, shanxi = (edition.match(activity, place) for place in ("CN-SC", "CN-SX"))
        assert sichuan[1] == shanxi[1] == FITS.index("exact")
        assert values[sichuan[0]] < values[shanxi[0]] / 2


def test_the_match_says_how_it_fitted(edition: Edition) -> None:
    assert FITS[edition.match("freight, lorry", "CN-ZJ")[1]] == "world proxy"
    assert FITS[edition.match("electricity, consumer", "CN-XZ")[1]] == "region"
    assert FITS[edition.match("freight, van, electric", "CN-XZ")[1]] == "region"
    if edition.name == "2026.1":  # which knows the grids of China and Britain only
        assert FITS[edition.match("freight, van, electric", "FR")[1]].endswith("proxy")
    assert edition.match("unobtainium", "CN") == (-1, FITS.index("none"))


def test_an_edited_cell_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ROOT, tmp_path / "factors")
    table = tmp_path / "factors" / "mee" / "2024.1" / "exchanges.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("0.924", "0.824"), encoding="utf-8")
    with pytest.raises(FactorsError, match="F003"):
        load_edition(root=tmp_path / "factors")


def test_a_resealed_package_is_refused_by_the_lock(tmp_path: Path) -> None:
    shutil.copytree(ROOT, tmp_path / "factors")
    path = tmp_path / "factors" / "mee" / "2024.1" / "datapackage.json"
    descriptor = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**descriptor, "year": 2030}), encoding="utf-8")
    with pytest.raises(FactorsError, match="F003"):
        load_edition(root=tmp_path / "factors")


BASE = {
    "activities": "activity,location,unit,year,title,title_zh,boundary,production,gsd2,pedigree,"
    "kind,cite\nmill,CN,kg,2025,mill,,gate,1,1.2,1;1;1;1;1,published,p. 1\n",
    "exchanges": "activity,location,kind,flow,flow_location,amount,unit,cite\n"
    'mill,CN,emission,"carbon dioxide, fossil",,1.5,kg,p. 1\n',
}


@pytest.mark.parametrize(
    ("table", "old", "new", "code"),
    [
        ("exchanges", "p. 1\n", "\n", "F004"),
        ("exchanges", "kg,p", ",p", "F004"),
        ("exchanges", "1.5", "much", "F002"),
        ("exchanges", "amount", "quantity", "F002"),
        ("exchanges", "carbon dioxide, fossil", "carbon dioxyde", "F006"),
        ("exchanges", 'emission,"carbon dioxide, fossil",', 'input,"steam engine",CN', "F007"),
        ("exchanges", 'emission,"carbon dioxide, fossil",', 'input,"freight, lorry",GB', "F005"),
        ("exchanges", "mill,CN", "mill,GB", "F007"),
        (
            "activities",
            "p. 1\n",
            "p. 1\nmill,CN,kg,2025,m,,gate,1,1.2,1;1;1;1;1,published,x\n",
            "F009",
        ),
        ("activities", "gate,1,", "gate,0,", "F008"),
        ("activities", "gate,1,", "gate,inf,", "F002"),
        ("exchanges", "1.5,kg", "1500,g", "F005"),
        ("exchanges", "1.5,kg", "-1.5,kg", "F015"),
        ("exchanges", "1.5,kg", "1e999,kg", "F002"),
    ],
)
def test_a_bad_folder_is_refused_with_its_code(
    tmp_path: Path, table: str, old: str, new: str, code: str
) -> None:
    from carbon.background.source import seal

    own = tmp_path / "own"
    own.mkdir()
    for name, content in BASE.items():
        changed = content.replace(old, new, 1) if name == table else content
        assert name != table or changed != content
        (own / f"{name}.csv").write_text(changed, encoding="utf-8")
    descriptor = {"name": "own", "version": "1", "title": "t", "licenses": [{"name": "x"}]}
    (own / "datapackage.json").write_text(json.dumps({**descriptor, "citation": "c"}))

    def use() -> None:
        seal(own)
        _ = load_edition(extra=[own]).activities

    with pytest.raises(FactorsError, match=code):
        use()


def test_a_system_without_solution_is_refused(tmp_path: Path) -> None:
    from carbon.background.source import seal

    own = tmp_path / "own"
    own.mkdir()
    (own / "activities.csv").write_text(BASE["activities"], encoding="utf-8")
    (own / "exchanges.csv").write_text(
        "activity,location,kind,flow,flow_location,amount,unit,cite\n"
        "mill,CN,input,mill,CN,1,kg,p. 1\n",
        encoding="utf-8",
    )
    descriptor = {"name": "own", "version": "1", "title": "t", "licenses": [{"name": "x"}]}
    (own / "datapackage.json").write_text(json.dumps({**descriptor, "citation": "c"}))
    seal(own)
    with pytest.raises(FactorsError, match="F008"):
        _ = Study(factors=[own], cache=False).unit_impacts


def test_a_users_folder_is_preferred(tmp_path: Path) -> None:
    from carbon.background.source import seal

    own = tmp_path / "own"
    own.mkdir()
    for name, content in BASE.items():
        text = content.replace("mill,CN", '"freight, lorry",GLO').replace("CN,kg", "GLO,tkm")
        text = text.replace("GLO,kg,2025", "GLO,tkm,2025")
        (own / f"{name}.csv").write_text(text, encoding="utf-8")
    descriptor = {"name": "own", "version": "1", "title": "t", "licenses": [{"name": "x"}]}
    (own / "datapackage.json").write_text(json.dumps({**descriptor, "citation": "c"}))
    seal(own)
    edition = load_edition(extra=[own])
    row, fit = edition.match("freight, lorry", "CN-ZJ")
    assert edition.activities["source"][row] == "own/1"
    assert FITS[fit] == "global"
    assert edition.id.startswith(f"{DEFAULT_EDITION}+own/1+")
    assert edition.digest != load_edition().digest


def own_folder(folder: Path, activities: str, exchanges: str, *, sealed: bool = True) -> Path:
    from carbon.background.source import seal

    folder.mkdir()
    (folder / "activities.csv").write_text(activities, encoding="utf-8")
    (folder / "exchanges.csv").write_text(exchanges, encoding="utf-8")
    descriptor = {"name": "own", "version": "1", "title": "t", "licenses": [{"name": "x"}]}
    (folder / "datapackage.json").write_text(json.dumps({**descriptor, "citation": "c"}))
    if sealed:
        seal(folder)
    return folder


def test_a_known_activity_in_another_unit_is_refused(tmp_path: Path) -> None:
    """1,900 kg per tonne must not be read as 1,900 kg per kg."""
    activities = BASE["activities"].replace("mill,CN,kg", "cotton fibre,CN,t")
    exchanges = BASE["exchanges"].replace("mill,", "cotton fibre,").replace("1.5", "1900")
    with pytest.raises(FactorsError, match="F005"):
        _ = load_edition(extra=[own_folder(tmp_path / "own", activities, exchanges)]).activities


def test_a_dataset_without_exchanges_is_refused(tmp_path: Path) -> None:
    exchanges = BASE["exchanges"].splitlines()[0] + "\n"
    folder = own_folder(tmp_path / "own", BASE["activities"], exchanges)
    with pytest.raises(FactorsError, match="F016"):
        _ = load_edition(extra=[folder]).activities


def test_a_folder_that_is_not_sealed_counts_for_nothing_and_says_so(tmp_path: Path) -> None:
    folder = own_folder(tmp_path / "own", BASE["activities"], BASE["exchanges"], sealed=False)
    with pytest.raises(FactorsError, match="F017"):
        load_edition(extra=[folder])


def test_an_activity_that_makes_less_than_nothing_is_refused(tmp_path: Path) -> None:
    exchanges = BASE["exchanges"] + 'mill,CN,input,"electricity, consumer",CN,-9,kWh,p. 1\n'
    folder = own_folder(tmp_path / "own", BASE["activities"], exchanges)
    with pytest.raises(FactorsError, match="F015"):
        _ = Study(factors=[folder], cache=False).unit_impacts


@pytest.mark.parametrize("resources", ['["x"]', '{"a": 1}', '[{"path": "a\\u0000b"}]', "3"])
def test_a_strange_descriptor_is_refused(tmp_path: Path, resources: str) -> None:
    folder = own_folder(tmp_path / "own", BASE["activities"], BASE["exchanges"])
    descriptor = json.loads((folder / "datapackage.json").read_text())
    descriptor["resources"] = json.loads(resources)
    (folder / "datapackage.json").write_text(json.dumps(descriptor))
    with pytest.raises(FactorsError):
        load_edition(extra=[folder])


def test_a_package_name_is_a_name(tmp_path: Path) -> None:
    folder = own_folder(tmp_path / "own", BASE["activities"], BASE["exchanges"])
    text = (folder / "datapackage.json").read_text().replace('"own"', '"../\\u001b[31m"')
    (folder / "datapackage.json").write_text(text)
    with pytest.raises(FactorsError, match="F002"):
        load_edition(extra=[folder])


def test_a_cached_file_that_was_changed_is_solved_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fresh = Study().unit_impacts.values
    (path,) = (tmp_path / "carbon-label").iterdir()
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(bytes(content))
    np.testing.assert_array_equal(Study().unit_impacts.values, fresh)
    path.write_bytes(b"")
    np.testing.assert_array_equal(Study().unit_impacts.values, fresh)


def test_kept_dear_sides_are_those_that_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    edition = load_edition()
    found, kept = (
        Judging(edition, vocabulary_of(edition), cache=cache).silence for cache in (False, True)
    )
    (path,) = (tmp_path / "carbon-label").iterdir()
    again = Judging(edition, vocabulary_of(edition)).silence
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(bytes(content))
    mended = Judging(edition, vocabulary_of(edition)).silence
    for other in (kept, again, mended):
        for name, side in (found.factors | found.rates).items():
            np.testing.assert_array_equal((other.factors | other.rates)[name], side)
    assert (found.factors["mass"][:-1] >= 1).all()
    assert (found.factors["mass"][:-1] > 1).any()


COUNTRIES = ("SE", "FR", "GB", "VN", "IN", "BD")


@pytest.fixture(scope="module")
def world() -> Study:
    return Study("2026.2", cache=False)


def test_two_hundred_countries_have_their_grid(world: Study) -> None:
    """Hong Kong, Macao and Taiwan included; a national figure keeps precedence."""
    table = world.edition.activities
    grids = table[table["activity"] == "electricity, consumer"]
    assert grids["location"].nunique() >= 240
    source = {
        place: table["source"][world.edition.match("electricity, consumer", place)[0]]
        for place in ("CN", "CN-ZJ", "GB", "HK", "MO", "TW", "VN")
    }
    assert source == {
        "CN": "mee/2024.1", "CN-ZJ": "mee/2024.1", "GB": "desnz/2025.1", "HK": "ember-owid/2025",
        "MO": "ember-owid/2025", "TW": "ember-owid/2025", "VN": "ember-owid/2025",
    }  # fmt: skip


def test_a_second_reading_lies_inside_the_interval_of_a_grid(world: Study) -> None:
    """Of the two authorities that publish their own, neither of which made the interval."""
    unit = world.unit_impacts.values.sum(axis=1)
    table = world.edition.activities
    for place in ("CN", "GB"):
        rows = table[
            (table["activity"] == "electricity, consumer") & (table["location"] == place)
        ].set_index("source")
        ours = rows.loc["ember-owid/2025"]
        row = table.index[(table["activity"] == ours["activity"]) & (table["location"] == place)]
        by_source = dict(zip(table["source"][row], unit[row], strict=True))
        official = by_source[{"CN": "mee/2024.1", "GB": "desnz/2025.1"}[place]]
        ratio = by_source["ember-owid/2025"] / official
        assert 1 / ours["gsd2"] <= ratio <= ours["gsd2"], place


def test_the_order_of_countries_is_the_order_of_their_grids(world: Study) -> None:
    goods = "sku,category,mass,materials,origin\n" + "".join(
        f"{place},t_shirt,180 g,cotton 100%,{place}\n" for place in COUNTRIES
    )
    table = world.footprints(goods).to_frame(stages=True).set_index("sku")
    unit = world.unit_impacts.values.sum(axis=1)
    grid = [unit[world.edition.match("electricity, consumer", place)[0]] for place in COUNTRIES]
    assert grid == sorted(grid)
    made = table.loc[list(COUNTRIES), "production_kg"].tolist()
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_places_are_linked_when_they_are_wanted_and_the_order_changes_nothing() -> None:
    goods = "sku,category,origin\n{0},t_shirt,{0}\n".format
    # a process keeps what it has linked: each goes its way from an edition of its own
    own = [replace(load_edition("2026.2"), _found={}) for _ in range(2)]
    forth, back = (Study(edition, cache=False) for edition in own)
    assert forth.edition.linked.sum() < 4_000 < len(forth.edition.activities)
    first = {
        place: forth.footprints(goods(place), draws=20).to_frame() for place in ("VN", "FR", "BD")
    }
    for place in ("BD", "FR", "VN"):
        again = back.footprints(goods(place), draws=20).to_frame()
        assert again.equals(first[place]), place
    assert forth.edition.linked.sum() < 4_500


def test_a_place_that_is_linked_later_agrees_with_an_ordinary_calculation(world: Study) -> None:
    from carbon.background.brightway import data_package, lca
    from carbon.background.unit_impacts import characterization

    row, _ = world.edition.match("garment production, knitted cotton", "VN")
    assert row not in world.edition.at_first
    factors = characterization(world.edition, world.method)
    calculation = lca(data_package(world.edition, factors), {int(row): 1.0})
    calculation.lci()
    n = len(world.edition.activities)
    total = sum(
        factors[list(factors)[flow - n]][: len(PARTS)].sum() * calculation.inventory[position].sum()
        for flow, position in calculation.dicts.biosphere.items()
    )
    assert world.unit_impacts.values[row].sum() == pytest.approx(total, rel=1e-9)


def test_the_difference_of_editions_says_what_moved_and_why() -> None:
    from carbon.background.differences import differences

    old, new = Study("2026.1", cache=False), Study("2026.2", cache=False)
    sides = [
        side
        for study in (old, new)
        for side in (study.edition, study.unit_impacts.values[:-1].sum(axis=1))
    ]
    table = differences(*sides).set_index(["kind", "name"])
    board = table.loc[("material", "pcb")]
    assert (board["why"], board["is"]) == ("another dataset", "circuit board, populated")
    assert board["after"] < board["before"] / 4
    assert table.loc[("category", "laptop"), "why"] == "new"
    grids = table.loc[("dataset", "electricity, consumer")]
    assert set(grids["why"]) == {"new"}
    assert len(grids) > 200
    again = differences(*sides[:2], *sides[:2])
    assert again.empty


def test_a_cleaner_grid_never_raises_what_is_made_there(world: Study) -> None:
    """Law: every template at a place is monotone in the electricity of the place."""
    places = ("SE", "FR", "BR", "GB", "VN", "IN", "BD")
    unit = world.unit_impacts  # linked below, read again after
    names = sorted(
        set(world.edition.datasets.loc[world.edition.datasets["location"] == "*", "activity"])
    )
    rows = np.array([[world.edition.match(name, place)[0] for place in places] for name in names])
    grid = [world.edition.match("electricity, consumer", place)[0] for place in places]
    values = world.unit_impacts.values.sum(axis=1)
    assert len(values) == len(unit.values)
    order = np.argsort(values[grid])
    # heat is one mix outside China, but Britain's own fuels are the same dataset
    steps = np.diff(values[rows][:, order], axis=1)
    assert (steps >= -1e-12).all()
