"""Own backgrounds: a real Brightway project, mapped, solved, kept and used."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import bw2calc
import bw2data
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from carbon.background import own
from carbon.background.edition import Edition, load_edition
from carbon.background.mapping import read_mapping
from carbon.background.store import drop, folder, root, stored
from carbon.base.errors import FactorsError, StudyError
from carbon.cli.background import background
from carbon.study import Study

METHOD = ("IPCC", "their GWP100")
GWP = {
    "co2": 1.0,
    "ch4": 29.8,
    "ch4 bio": 27.0,
    "n2o": 273.0,
    "luc": 1.0,
    "high": 1.0,
    "hfc": 3740.0,
}
AIR = ("air", "urban air close to ground")
FLOWS = {
    "co2": ("Carbon dioxide, fossil", AIR),
    "bio": ("Carbon dioxide, non-fossil", AIR),
    "in air": ("Carbon dioxide, in air", ("natural resource", "in air")),
    "ch4": ("Methane, fossil", AIR),
    "ch4 bio": ("Methane, non-fossil", AIR),
    "n2o": ("Dinitrogen monoxide", AIR),
    "luc": ("Carbon dioxide, from soil or biomass stock", AIR),
    "high": ("Carbon dioxide, fossil", ("air", "lower stratosphere + upper troposphere")),
    "hfc": ("Ethane, pentafluoro-, HFC-125", AIR),
    "odd": ("Methane, trifluoroiodo-, something new", AIR),
    "so2": ("Sulfur dioxide", AIR),
}


def process(name: str, unit: str, made: float, place: str = "GLO", **takes: float) -> dict:
    """A process; what it takes is keyed by code, elementary flows by their short name."""
    exchanges = [{"input": ("work", name), "amount": made, "type": "production"}]
    for key, amount in takes.items():
        plain = key.replace("_", " ")
        if plain in FLOWS:
            exchanges.append({"input": ("flows", plain), "amount": amount, "type": "biosphere"})
        else:
            edge = {"input": ("work", plain), "amount": amount, "type": "technosphere"}
            if plain == "power":
                edge |= {"uncertainty type": 2, "loc": np.log(abs(amount)), "scale": 0.2}
                edge["negative"] = amount < 0
            exchanges.append(edge)
    return {
        "name": f"market for {name}",
        "reference product": name,
        "location": place,
        "unit": unit,
        "type": "processwithreferenceproduct",
        "exchanges": exchanges,
    }


WORK = {
    # power and steel need each other; the mill makes a thousand at once
    "power": process("power", "kilowatt hour", 1.0, "CN", co2=0.7, steel=0.001, ch4=0.002),
    "steel": process("steel", "kilogram", 1000.0, "CN", co2=1500.0, power=600.0, hfc=0.01),
    "incineration": process("incineration", "kilogram", -1.0, co2=2.0, power=0.1),
    "cotton": process(
        "cotton", "kilogram", 1.0, n2o=0.004, power=1.0, bio=0.2, in_air=1.5, luc=0.3
    ),
    "yarn": process("yarn", "ton", 1.0, cotton=1100.0, power=900.0, incineration=-100.0),
    "flight": process("flight", "ton kilometer", 1.0, high=0.6, so2=0.1),
    "lorry": process("lorry", "metric ton*km", 1.0, co2=0.1, odd=1e-6),
    "credit": process("credit", "kilogram", 1.0, power=-1.0),
    "power RoW": process("power RoW", "kilowatt hour", 1.0, "RoW", co2=0.5),
}
WORK["power RoW"]["name"] = "market for power"

MAPPING = """activity,location,their_code,their_name,their_location,factor
"electricity, consumer",CN,power,,,
"steel",GLO,steel,,,
"cotton fibre",GLO,,market for yarn,,0.001
"disposal of textiles (cotton)",GLO,incineration,,,
"freight, plane, long-haul",GLO,flight,,,
"freight, lorry",GLO,lorry,,,
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A project of its own folder, as an analyst would have it."""
    before = bw2data.projects._base_data_dir, bw2data.projects._base_logs_dir
    place = tmp_path_factory.mktemp("brightway")
    bw2data.projects.change_base_directories(place, place)
    bw2data.projects.set_current("analyst")
    flows = {
        ("flows", code): {
            "name": name,
            "categories": where,
            "unit": "kilogram",
            "type": "natural resource" if code == "in air" else "emission",
            "exchanges": [],
        }
        for code, (name, where) in FLOWS.items()
    }
    bw2data.Database("flows").write(flows)
    bw2data.Database("work").write({("work", code): dict(data) for code, data in WORK.items()})
    bw2data.Method(METHOD).register(unit="kg CO2-Eq")
    bw2data.Method(METHOD).write([(("flows", flow), factor) for flow, factor in GWP.items()])
    yield "analyst"
    bw2data.projects.change_base_directories(*before)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@cache
def edition() -> Edition:
    return load_edition()


def write(folder: Path, text: str = MAPPING) -> Path:
    path = folder / "mapping.csv"
    path.write_text(text, encoding="utf-8")
    return path


def used(project: str, folder: Path, text: str = MAPPING, **options: object) -> own.Used:
    options = {"method": "GWP100 AR6", **options}
    return own.use(project, "work", write(folder, text), edition(), **options)


def theirs(code: str, amount: float = 1.0) -> float:
    """Score of an ordinary LCA in the project, by the same factors."""
    node = bw2data.get_node(database="work", code=code)
    demand, packages, _ = bw2data.prepare_lca_inputs({node: amount}, method=METHOD)
    lca = bw2calc.LCA(demand, data_objs=packages)
    lca.lci()
    lca.lcia()
    return float(lca.score)


def test_it_equals_an_ordinary_lca_of_the_project(project: str, home: Path) -> None:
    """Loops, production of a thousand, waste treatment, tonnes, and flights at height."""
    made = used(project, home, check=METHOD)
    kg = made.mapped.set_index("activity")["kg"]
    assert kg["electricity, consumer"] == pytest.approx(theirs("power"), rel=1e-6)
    assert kg["steel"] == pytest.approx(theirs("steel"), rel=1e-6)
    assert kg["disposal of textiles (cotton)"] == pytest.approx(
        theirs("incineration", -1.0), rel=1e-6
    )
    assert kg["cotton fibre"] == pytest.approx(theirs("yarn", 1 / 1000), rel=1e-6)
    assert kg["freight, plane, long-haul"] == pytest.approx(0.6, rel=1e-6)
    assert np.allclose(made.mapped["kg"], made.mapped["theirs"], rtol=1e-6)
    assert kg["steel"] > 1.5 + 0.6 * 0.7  # the loop adds to the sum of its parts


def test_footprints_rest_on_it_and_say_so(project: str, home: Path) -> None:
    made = used(project, home)
    text = "sku,category,mass,materials\nA,t_shirt,180 g,cotton 100%\n"
    shipped, mine = Study(), Study(background=made.name)
    assert mine.basis != shipped.basis
    assert "own-work" in mine.edition.name
    row = mine.footprints(text, draws=20).to_frame().iloc[0]
    before = shipped.footprints(text).to_frame().iloc[0]
    assert "own_share" not in before
    assert row["total_kg"] != pytest.approx(before["total_kg"], rel=1e-3)
    assert 0 < row["own_share"] < 1
    assert "X015" in row["problem"].split()
    assert row["low_kg"] < row["total_kg"] < row["high_kg"]
    matched, _ = mine.edition.match("freight, plane, long-haul", "CN")
    indicators = dict(
        zip(
            ["fossil", "biogenic", "removals", "land_use_change", "aircraft"],
            mine.unit_impacts.values[matched],
            strict=True,
        )
    )
    assert indicators["aircraft"] == pytest.approx(0.6)
    assert indicators["fossil"] == 0
    cotton, _ = mine.edition.match("cotton fibre", "CN-XJ")
    assert mine.unit_impacts.carbon[cotton] == pytest.approx([-1.5 * 1.1, 0.2 * 1.1], rel=1e-6)
    other = Study(background=made.name, method="GWP100 AR5").unit_impacts.values
    steel, _ = mine.edition.match("steel", "CN")
    assert other[steel].sum() < mine.unit_impacts.values[steel].sum()  # HFC-125: 3170, not 3740


def test_what_stands_behind_a_shipped_dataset_counts_as_own(project: str, home: Path) -> None:
    """Shipped textile processing takes the user's electricity."""
    made = used(project, home, "\n".join(MAPPING.splitlines()[:2]))
    study = Study(background=made.name)
    unit = study.unit_impacts
    total = unit.values.sum(axis=1)
    direct, _ = study.edition.match("electricity, consumer", "CN")
    assert unit.own_part[direct, 0] == pytest.approx(total[direct])
    behind, _ = study.edition.match("textile processing, woven cotton", "CN")
    taken = Study().unit_impacts.values.sum(axis=1)[behind]
    assert 0 < unit.own_part[behind, 0] < total[behind]
    assert total[behind] - unit.own_part[behind, 0] < taken
    assert unit.own_part[:-1][study.edition.linked].min() >= 0


def test_licensed_numbers_stay_with_the_user(project: str, home: Path) -> None:
    made = used(project, home)
    for path in (root(), made.folder, *made.folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path == root()
    study = Study(background=made.name)
    study.unit_impacts  # noqa: B018
    for path in (home / "cache").rglob("*.npy"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    table = study.inventory("sku,category,mass,materials\nA,t_shirt,180 g,cotton 100%\n")
    mine = table["factor_source"].str.startswith("own-work")
    assert mine.any()
    assert table.loc[mine, ["kg_per_unit", "kg"]].isna().all().all()
    assert table.loc[~mine, "kg"].notna().all()


def test_the_same_input_gives_the_same_bytes(project: str, home: Path) -> None:
    first, second = used(project, home), used(project, home)
    assert first.name == second.name
    assert len(stored()) == 1
    changed = used(project, home, MAPPING.replace("steel,,,\n", "steel,,,1.5\n"))
    assert changed.name != first.name
    assert folder("work") == changed.folder
    assert folder(first.name) == first.folder  # the older version can still be used
    assert drop(first.name) == 1
    assert drop("work") == 1
    with pytest.raises(StudyError, match="X012"):
        folder("work")
    with pytest.raises(StudyError, match="X012"):
        Study(background="../../etc")


def test_a_kept_background_that_was_edited_is_refused(project: str, home: Path) -> None:
    made = used(project, home)
    table = made.folder / "exchanges.csv"
    table.write_text(table.read_text().replace("0.6", "0.1"))
    with pytest.raises(FactorsError, match="F003"):
        Study(background=made.name)


BAD = [
    ('"no such thing",GLO,power,,,', "X002", "activity"),
    ("steel,Atlantis,power,,,", "X002", "location"),
    ("steel,CN,nowhere,,,", "X003", "their_code"),
    ("steel,DE,,,,", "X003", "their_code"),
    ("steel,FR,,market for power,,", "X004", "their_name"),
    ("steel,GB,power,,,", "X005", "factor"),
    ("steel,US,steel,,,0", "X006", "factor"),
    ("steel,JP,steel,,,-1", "X006", "factor"),
    ("steel,CN-ZJ,steel,,,nan", "X006", "factor"),
    ("steel,CN-GD,steel,,,inf", "X006", "factor"),
    ("steel,CN-BJ,steel,,,1e", "X006", "factor"),
    ("steel,GLO,credit,,,", "X010", "their_code"),
    ("steel,CN-SC,steel,,,20", "X013", "factor"),
    ('"electricity, consumer",CN,power,,,', "X007", "activity"),
    ("steel,CN-HB,lorry,,,1", "X011", "their_code"),
]


def test_a_bad_row_is_named_and_the_rest_goes_on(project: str, home: Path) -> None:
    text = [*MAPPING.splitlines()[:2], *(row for row, _, _ in BAD)]
    made = used(project, home, "\n".join(text))
    assert made.mapped["location"].tolist() == ["CN", "CN-SC", "CN-HB"]
    for at, (row, code, column) in enumerate(BAD, start=3):
        found = made.problems[made.problems["code"] == code]
        assert column in found["column"].tolist(), row
        if code != "X011":  # of the database, not of a row
            assert at in found["row"].tolist(), row
    assert len(made.problems) == len(BAD)


def test_a_name_with_its_place_decides(project: str, home: Path) -> None:
    text = MAPPING.splitlines()[0] + '\n"electricity, consumer",CN,,market for power,RoW,\n'
    assert used(project, home, text).mapped["kg"].tolist() == pytest.approx([0.5])


def test_kilograms_for_parcels_need_a_factor(project: str, home: Path) -> None:
    datasets = edition().datasets
    parcel = datasets.loc[datasets["unit"] == "parcel", "activity"].iloc[0]
    text = MAPPING.splitlines()[0] + f'\n"{parcel}",GLO,steel,,,0.25\n'
    assert used(project, home, text).mapped["kg"][0] == pytest.approx(
        theirs("steel", 0.25), rel=1e-6
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"activity,location\nsteel,GLO\n",
        b"\xff\xfe\x00",
        b"activity,location,their_name\nsteel,CN,caf\xe9 \xff\xff\n",
        b"a,b\n1,2\n",
        b'"',
    ],
)
def test_a_file_that_is_no_mapping(home: Path, content: bytes) -> None:
    path = home / "mapping.csv"
    path.write_bytes(content)
    with pytest.raises(StudyError, match="X001"):
        read_mapping(path, edition())
    with pytest.raises(StudyError, match="X001"):
        read_mapping(home / "absent.csv", edition())


def test_what_does_not_exist(project: str, home: Path) -> None:
    mapping = write(home)
    for place in (("nobody", "work"), (project, "nothing")):
        with pytest.raises(StudyError, match="X008"):
            own.use(*place, mapping, edition(), method="GWP100 AR6")
    assert "nobody" not in {one.name for one in bw2data.projects}
    with pytest.raises(StudyError, match="X008"):
        used(project, home, check=("no", "method"))
    with pytest.raises(StudyError, match="X014"):
        used(project, home, name="../up")


def test_a_system_without_one_solution(project: str, home: Path) -> None:
    bw2data.projects.set_current(project)
    bw2data.Database("broken").write(
        {
            ("broken", "a"): {
                "name": "a",
                "unit": "kilogram",
                "exchanges": [
                    {"input": ("broken", "a"), "amount": 1, "type": "production"},
                    {"input": ("broken", "b"), "amount": 1, "type": "technosphere"},
                ],
            },
            ("broken", "b"): {
                "name": "b",
                "unit": "kilogram",
                "exchanges": [
                    {"input": ("broken", "b"), "amount": 1, "type": "production"},
                    {"input": ("broken", "a"), "amount": 1, "type": "technosphere"},
                    {"input": ("flows", "co2"), "amount": 1, "type": "biosphere"},
                ],
            },
        }
    )
    text = "activity,location,their_code\nsteel,GLO,a\n"
    with pytest.raises(StudyError, match="X009"):
        own.use(project, "broken", write(home, text), edition(), method="GWP100 AR6")


def test_the_spread_is_that_of_their_exchanges(project: str, home: Path) -> None:
    made = used(project, home, draws=40)
    table = pd.read_csv(made.folder / "activities.csv").set_index("activity")
    again = pd.read_csv(used(project, home, draws=40).folder / "activities.csv")
    assert table["gsd2"].tolist() == again["gsd2"].tolist()
    assert table.loc["freight, plane, long-haul", "gsd2"] == pytest.approx(1.0)
    assert 1.01 < table.loc["cotton fibre", "gsd2"] < 1.5


def test_the_commands(project: str, home: Path) -> None:
    run = CliRunner().invoke
    mapping, rest = write(home), home / "rest.csv"
    result = run(background, ["use", "analyst/work", "--unmapped", str(rest)])
    assert result.exit_code == 0, result.output
    assert "steel" in pd.read_csv(rest)["activity"].tolist()
    words = ["use", "analyst/work", "--mapping", str(mapping), "--check", "IPCC|their GWP100"]
    result = run(background, [*words, "--unmapped", str(rest)])
    assert result.exit_code == 0, result.output
    assert "X011" in result.output  # the lorry's new gas is named
    assert "stay on the shipped edition" in result.output
    assert "steel" not in pd.read_csv(rest)["activity"].tolist()
    name = stored().iloc[0]
    assert name["name"] in run(background, ["list"]).output
    catalogue = home / "goods.csv"
    catalogue.write_text("sku,category,mass\nA,t_shirt,180 g\n")
    told = run(background, ["coverage", str(catalogue), "--background", "work"])
    assert told.exit_code == 0, told.output
    assert "of it yours" in told.output
    assert run(background, ["drop", "work"]).exit_code == 0
    assert stored().empty


def test_two_processes_at_once_make_one_background(project: str, home: Path) -> None:
    """Whoever comes second finds the same bytes; nothing half-made is ever seen."""
    mapping = write(home)
    code = (
        "import sys; from pathlib import Path\n"
        "from carbon.background import own\n"
        "from carbon.background.edition import load_edition\n"
        "from carbon.study import Study\n"
        "made = own.use('analyst', 'work', Path(sys.argv[1]), load_edition(), method=sys.argv[2])\n"
        "print(made.name, Study(background='work').unit_impacts.values[:-1].sum().hex())\n"
    )
    environment = {**os.environ, "BRIGHTWAY2_DIR": str(bw2data.projects._base_data_dir)}
    both = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code, mapping, "GWP100 AR6"],
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for _ in range(2)
    ]
    told = [process.communicate()[0].splitlines()[-1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert told[0] == told[1]
    assert len(stored()) == 1
    assert not list(root().rglob(".making-*"))
