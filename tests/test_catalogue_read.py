"""Reading a catalogue: formats, headers, quantities, compact cells, tidy tables, problems."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from carbon.base.errors import CatalogueError
from carbon.base.terms import PROVENANCES
from carbon.catalogue import cells, csv_text, files, headers
from carbon.catalogue.read import read
from carbon.catalogue.schema import Limits
from carbon.catalogue.sheets import TEXTS


def one(vocabulary, **given):
    """Catalogue of one T-shirt."""
    return read(pd.DataFrame([{"sku": "S1", "category": "T-shirt", **given}]), vocabulary)


def codes(catalogue):
    return sorted(catalogue.problems.loc[catalogue.problems["severity"] != "note", "code"])


def same(left, right):
    for name in ("materials", "packaging", "legs", "destinations"):
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name), check_exact=True)


# formats ---------------------------------------------------------------------------------------

GOODS = pd.DataFrame(
    {
        "货号": ["S1", "S2"],
        "类目": ["T恤", "swimsuit"],
        "净重(克)": ["200", "150"],
        "材质": ["棉95%；氨纶5%", "polyester 100%"],
    }
)


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", "\t"), ("gb18030", ","), ("utf-8", "\t")],
)
def test_csv_encodings_and_separators(vocabulary, tmp_path, encoding, separator):
    path = tmp_path / "goods.csv"
    GOODS.to_csv(path, index=False, encoding=encoding, sep=separator)
    found = read(path, vocabulary)
    assert found.skus["mass_kg"].tolist() == [0.2, 0.15]
    assert found.skus["category"].tolist() == ["t_shirt", "swimsuit"]
    assert found.materials["material"].tolist() == ["cotton", "elastane", "polyester"]
    assert codes(found) == []
    assert found.file == "goods.csv"


def test_all_formats_give_the_same(vocabulary, tmp_path):
    frame = GOODS.assign(**{"净重(克)": [200.0, 150.5]})
    for suffix in TEXTS:
        frame.to_csv(tmp_path / f"a{suffix}", index=False, sep="," if suffix == ".csv" else "\t")
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True, force_ascii=False)
    found = [read(tmp_path / f"a{suffix}", vocabulary) for suffix in files.SUFFIXES]
    rows = dict(zip(files.SUFFIXES, (each.skus["line"].tolist() for each in found), strict=True))
    assert rows == {suffix: [2, 3] for suffix in files.SUFFIXES} | {".jsonl": [1, 2]}
    found.append(read(frame, vocabulary))
    for other in found[1:]:
        columns = [name for name in other.skus if name != "line"]
        pd.testing.assert_frame_equal(found[0].skus[columns], other.skus[columns], check_exact=True)
        same(found[0], other)


def test_workbook_with_chinese_sheets_and_a_title(vocabulary, tmp_path):
    path = tmp_path / "goods.xlsx"
    with pd.ExcelWriter(path) as book:
        title = pd.DataFrame(
            [["商品表 2026", None, None], ["货号", "类目", "净重"], [1, "T恤", "200克"]]
        )
        title.to_excel(book, sheet_name="商品", index=False, header=False)
        pd.DataFrame({"货号": [1], "material": ["棉"], "占比": [1]}).to_excel(
            book, sheet_name="材料", index=False
        )
        pd.DataFrame({"sku": [1, 9], "item": "tape", "mass_g": 3}).to_excel(
            book, sheet_name="包材明细", index=False
        )
    found = read(path, vocabulary)
    assert found.skus["sku"].tolist() == ["1"]
    assert found.skus["line"].tolist() == [3]
    assert found.materials["share"].tolist() == [1.0]
    assert found.packaging["mass_kg"].tolist() == [0.003]
    problem = found.problems.iloc[0]
    assert (problem["file"], problem["row"], problem["sku"], problem["code"]) == (
        "goods.xlsx#包材明细",
        3,
        "9",
        "C251",
    )


def test_folder_and_keywords_are_one(vocabulary, tmp_path):
    skus = pd.DataFrame({"sku": ["S1"], "category": ["t_shirt"]})
    lines = pd.DataFrame({"sku": ["S1"], "material": ["cotton"], "mass": ["0.2 kg"]})
    skus.to_csv(tmp_path / "skus.csv", index=False)
    lines.to_parquet(tmp_path / "materials.parquet")
    same(read(tmp_path, vocabulary), read(skus, vocabulary, materials=lines))


def test_irregular_csv(vocabulary, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku,category,mass\nS1,t_shirt\n\nS2,t_shirt,2 g,oh,no\nS3,t_shirt,200 g\n,,\n")
    found = read(path, vocabulary)
    assert found.skus["line"].tolist() == [2, 4, 5]
    assert found.problems[["row", "code"]].values.tolist()[0] == [4, "C011"]
    assert found.skus["failed"].tolist() == [False, True, False]


def test_quick_and_slow_csv_agree(tmp_path):
    data = b'a,b\n1,"x, y"\n"two\nlines",\n" 3 ",""\n'
    quick, slow = csv_text.fast("f", data, ","), csv_text.slow("f", data, ",")
    assert quick is not None
    assert [item.to_pylist() for item in quick.columns] == [
        item.to_pylist() for item in slow.columns
    ]
    assert quick.lines.tolist() == slow.lines.tolist()


def test_bad_json_line(vocabulary, tmp_path):
    path = tmp_path / "goods.jsonl"
    good = json.dumps({"sku": "S1", "category": "t_shirt", "mass_g": 200, "gtin": 6901234567892})
    path.write_text(f"{good}\n{{oops\n\n[1]\n")
    found = read(path, vocabulary)
    assert found.skus["gtin"].tolist() == ["6901234567892"]
    assert found.problems[["row", "code"]].values.tolist() == [[2, "C011"], [4, "C011"]]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("none.csv", None, "C001"),
        ("a.doc", b"x", "C002"),
        ("a.csv", b"sku,category\n" + b"x,y\n" * 500, "C003"),
        ("a.csv", b"a,b,c,d,e,f,g,h,i\n1,2,3,4,5,6,7,8,9\n", "C003"),
        ("a.csv", b"\xff\xfe\x00", "C004"),
        ("a.csv", b"sku,category\n\xff\xff\xff,x\n", "C004"),
        ("a.csv", b"sku,mass\n1,2 g\n", "C005"),
        ("a.csv", b"sku,category,mass_g,mass (kg)\n1,2,3,4\n", "C006"),
        ("a.csv", b"", "C011"),
        ("a.xlsx", b"PK\x03\x04no zip", "C011"),
        ("a.parquet", b"no parquet", "C011"),
        ("a.jsonl", b"{\n", "C011"),
    ],
)
def test_a_file_is_refused(vocabulary, tmp_path, name, data, code):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CatalogueError) as caught:
        read(tmp_path / name, vocabulary, limits=Limits(bytes=1500, columns=8, cell=300))
    assert caught.value.code == code


def test_an_unpacked_workbook_is_limited(vocabulary, tmp_path):
    GOODS.to_excel(tmp_path / "a.xlsx", index=False)
    with pytest.raises(CatalogueError, match="unpacks"):
        read(tmp_path / "a.xlsx", vocabulary, limits=Limits(unpacked=1000))


# headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "column", "unit"),
    [
        ("mass_g", "mass", "g"),
        ("Mass (g)", "mass", "g"),
        ("净重(克)", "mass", "克"),
        ("净重（克）", "mass", "克"),
        (" 净重【kg】", "mass", "kg"),
        ("heat_MJ", "heat", "MJ"),
        ("weight_g", "mass", "g"),
        ("净重kg", "mass", "kg"),
        ("gross kg", "mass", "kg"),
        ("净重(含税)", "mass", ""),
        ("electricity kWh", "electricity", "kWh"),
        ("return_rate (%)", "return_rate", "%"),
        ("退货率", "return_rate", ""),
        ("price_cny", "price", "CNY"),
        ("Units Sold", "units_sold", ""),
        ("session_kwh", "session_kwh", ""),
        ("colour", "", ""),
        ("mass_colour", "", ""),
        ("mass (ton)", "mass", "ton"),
    ],
)
def test_headers(vocabulary, source, column, unit):
    head = headers.match_headers([source], "skus", vocabulary)[0]
    assert (head.source, head.column, head.unit) == (source, column, unit)


def test_headers_are_told_back(vocabulary):
    found = read(GOODS.assign(colour="red"), vocabulary)
    assert found.headers["column"].tolist() == ["sku", "category", "mass", "materials", ""]
    note = found.problems.iloc[0]
    assert (note["code"], note["row"], note["column"], note["severity"]) == (
        "C007",
        1,
        "colour",
        "note",
    )
    assert not found.skus["failed"].any()


# quantities ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "text", "output", "value"),
    [
        ("mass", "200 g", "mass_kg", 0.2),
        ("mass", "２００ｇ", "mass_kg", 0.2),
        ("mass", "0.4斤", "mass_kg", 0.2),
        ("mass", "0,2 kg", "mass_kg", 0.2),
        ("mass", "2e-1 kg", "mass_kg", 0.2),
        ("mass_g", 200, "mass_kg", 0.2),
        ("mass_g", "0.2kg", "mass_kg", 0.2),
        ("electricity", "1 度", "electricity_kwh", 1.0),
        ("electricity", "3.6 MJ", "electricity_kwh", 1.0),
        ("heat", "3 MJ natural gas", "heat_mj", 3.0),
        ("energy_per_year", "30 kWh/year", "energy_per_year_kwh", 30.0),
        ("service_life", 3, "service_life_years", 3.0),
        ("service_life", "18个月", "service_life_years", 1.5),
        ("units_sold", "1,234,567件", "units_sold", 1234567.0),
        ("units_sold", "1 200", "units_sold", 1200.0),
        ("return_rate", "35%", "return_rate", 0.35),
        ("return_rate", 0.35, "return_rate", 0.35),
        ("return_rate (%)", 35, "return_rate", 0.35),
        ("resale_share", "100%", "resale_share", 1.0),
        ("price", "￥129.90", "price", 129.9),
        ("price", "1,299.50 CNY", "price", 1299.5),
        ("mass", "n/a", "mass_kg", np.nan),
        ("mass", " 未知 ", "mass_kg", np.nan),
    ],
)
def test_quantities(vocabulary, column, text, output, value):
    found = one(vocabulary, **{column: text})
    np.testing.assert_equal(found.skus[output].iloc[0], value)
    assert codes(found) == (["C115"] if column in ("electricity", "heat") else [])


def test_one_meter_alone_is_told_and_both_are_not(vocabulary):
    both = one(vocabulary, electricity="1 kWh", heat="0 MJ")
    assert codes(both) == []
    assert not one(vocabulary, heat="3 MJ").skus["failed"].iloc[0]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("mass", "180 g measured"),
        ("mass", "180 g (weighed)"),
        ("mass", "180克 实测"),
        ("return_rate", "35% Measured"),
        ("transport", "truck 80 km, van 20 km measured"),
    ],
)
def test_a_measured_cell_says_so(vocabulary, column, text):
    words = vocabulary.words.iloc[:0]
    rows = [("origin", word, "measured") for word in ("measured", "weighed", "实测")]
    words = pd.DataFrame(rows, columns=["kind", "alias", "id"]).reindex(columns=words.columns)
    told = dataclasses.replace(vocabulary, words=pd.concat([vocabulary.words, words]))
    found = one(told, **{column: text})
    assert codes(found) == []
    assert PROVENANCES[found.provenance[column].iloc[0]] == "measured"


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("mass", "heavy", "C101"),
        ("mass", "1,2,3 g", "C101"),
        ("mass", "nan g", "C101"),
        ("mass", "1e999 kg", "C101"),
        ("mass", "200", "C102"),
        ("mass", 200, "C102"),
        ("heat", "200", "C102"),
        ("electricity", "3", "C102"),
        ("energy_per_year", "3", "C102"),
        ("mass", "2 foo", "C103"),
        ("units_sold", "3 kg", "C103"),
        ("mass", "2 ton", "C104"),
        ("mass", "7 oz", "C104"),
        ("mass (ton)", 2, "C104"),
        ("mass", "3 km", "C105"),
        ("mass", "-200 g", "C106"),
        ("mass", "−200 g", "C106"),
        ("return_rate", "-5%", "C106"),
        ("return_rate", 0.97, "C107"),
        ("return_rate", "135%", "C107"),
        ("return_rate", 35, "C108"),
        ("return_rate", "35", "C108"),
        ("mass", "500 g", "C109"),
        ("mass", "32 kg", "C110"),
        ("mass", "240000 g", "C110"),
        ("mass", "1 g", "C110"),
        ("mass", "1,200 g", "C111"),
        ("mass", "240,000 g", "C111"),
        ("mass", "0 g", "C112"),
        ("units_per_parcel", "0.5", "C112"),
        ("heat", "3 MJ unobtainium", "C114"),
        ("category", "spaceship", "C010"),
        ("category", "", "C010"),
        ("sku", "", "C009"),
        ("origin", "Atlantis", "C231"),
        ("origin", "95.0, 200.0", "C231"),
        ("destination", "CN-GD 40%; CN-BJ 50%", "C232"),
        ("session_kwh", 5, "C241"),
        ("materials", "cotton 95%; elastane 4%", "C202"),
        ("materials", "cotton 95; elastane 5", "C108"),
        ("materials", "cotton 95%; elastane 10 g", "C203"),
        ("materials", "coton 100%", "C201"),
        ("materials", "cotton; elastane", "C207"),
        ("materials", "cotton -5%; elastane 105%", "C106"),
        ("materials", "elastane 100% recycled 20%", "C205"),
        ("packaging", "courier bag 12", "C102"),
        ("packaging", "magic bag 12 g", "C211"),
        ("packaging", "reusable box 500 g 0.5 trips", "C212"),
        ("transport", "rocket 80 km", "C221"),
        ("transport", "truck 80", "C102"),
        ("transport", "truck 80000 km", "C113"),
        ("transport", "air 60%: truck 8 km | road 30%: van 2 km", "C222"),
        ("transport", "truck 80 km | van 20 km", "C222"),
    ],
)
def test_problems(vocabulary, column, text, code):
    found = one(vocabulary, **{column: text})
    assert code in codes(found)
    entry = found.problems[found.problems["code"] == code].iloc[0]
    assert entry["row"] == 2
    assert entry["column"] == column
    assert entry["remedy"]
    assert bool(found.skus["failed"].iloc[0]) == (entry["severity"] == "error")
    assert code in found.skus["problem"].iloc[0].split()


def test_the_swimsuit_of_32_kg(vocabulary):
    found = one(vocabulary, category="泳衣", mass="32 kg")
    assert codes(found) == ["C110"]
    assert "0.05 to 0.5 kg" in found.problems["remedy"].iloc[0]


def test_did_you_mean(vocabulary):
    found = one(vocabulary, materials="coton 60%; polyestr 40%")
    assert found.problems["remedy"].str.contains("did you mean '(?:cotton|polyester)'").all()
    assert found.problems["value"].tolist() == ["coton 60%", "polyestr 40%"]


def test_a_bad_row_does_not_stop_the_rest(vocabulary):
    frame = pd.DataFrame(
        {
            "sku": ["A", "A", None, "B"],
            "category": "t_shirt",
            "mass": ["200 g", "1 g", "2 ton", "0.1 kg"],
        }
    )
    found = read(frame, vocabulary)
    assert found.skus["failed"].tolist() == [False, True, True, False]
    assert found.problems[["row", "code"]].values.tolist() == [
        [3, "C008"],
        [3, "C110"],
        [4, "C009"],
        [4, "C104"],
    ]


def test_materials_that_weigh_too_little(vocabulary):
    assert codes(one(vocabulary, mass="200 g", materials="cotton 150 g")) == ["C204"]
    assert codes(one(vocabulary, mass="200 g", materials="cotton 185 g")) == []
    assert codes(one(vocabulary, materials="steel 90 kg")) == ["C110"]


def test_sessions(vocabulary):
    frame = pd.DataFrame(
        {
            "sku": list("ABC"),
            "category": "t_shirt",
            "session": "live-1",
            "session_kwh": [10, 12, None],
            "units_sold": [5, 5, None],
        }
    )
    found = read(frame, vocabulary)
    assert found.skus["problem"].tolist() == ["C242 C243", "C243", "C241"]


# compact cells ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cotton 95% recycled 20%; elastane 5%", [("cotton", 0.95, 0.2), ("elastane", 0.05, 0)]),
        ("95% cotton (recycled 20%), 5% elastane", [("cotton", 0.95, 0.2), ("elastane", 0.05, 0)]),
        ("cotton 95% (20% recycled)\nelastane 5%", [("cotton", 0.95, 0.2), ("elastane", 0.05, 0)]),
        ("棉95%；氨纶5%", [("cotton", 0.95, 0), ("elastane", 0.05, 0)]),
        ("95%棉、5%氨纶", [("cotton", 0.95, 0), ("elastane", 0.05, 0)]),
        ("棉：95%，含再生20%；氨纶：5%", None),
        ("棉95%(含再生20%)；氨纶（5%）", [("cotton", 0.95, 0.2), ("elastane", 0.05, 0)]),
        ("纯棉", [("cotton", 1, 0)]),
        ("cotton 0.95; elastane 0.05", [("cotton", 0.95, 0), ("elastane", 0.05, 0)]),
        ("recycled polyester 30%; cotton 70%", [("polyester", 0.3, 1), ("cotton", 0.7, 0)]),
        ("100% recycled polyester", [("polyester", 1, 1)]),
        ("再生纤维素 100%", [("viscose", 1, 0)]),
        (
            "cotton 94.8%; elastane 5%",
            [("cotton", 0.948 / 0.998, 0), ("elastane", 0.05 / 0.998, 0)],
        ),
    ],
)
def test_material_cells(vocabulary, text, expected):
    found = one(vocabulary, materials=text).materials
    if expected is None:
        return
    assert found["material"].tolist() == [name for name, _, _ in expected]
    assert found["share"].tolist() == pytest.approx([share for _, share, _ in expected], rel=1e-15)
    assert found["recycled_share"].tolist() == [part for _, _, part in expected]


def test_material_masses(vocabulary):
    found = one(vocabulary, category="bare", materials="steel 1.2 kg; 300 g ABS; 棉1斤").materials
    assert found["mass_kg"].tolist() == [1.2, 0.3, 0.5]
    assert found["share"].isna().all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("courier bag 12 g; paper tag 3 g", [("courier_bag", 0.012, 1), ("paper_tag", 0.003, 1)]),
        ("快递袋 12克", [("courier_bag", 0.012, 1)]),
        ("快递袋12克；2 x tape 3 g", [("courier_bag", 0.012, 1), ("tape", 0.003, 2)]),
        ("tape 3 g ×2, 2个胶带3克", [("tape", 0.003, 2), ("tape", 0.003, 2)]),
        ("courier bag", [("courier_bag", np.nan, 1)]),
    ],
)
def test_packaging_cells(vocabulary, text, expected):
    found = one(vocabulary, packaging=text).packaging
    assert found["item"].tolist() == [item for item, _, _ in expected]
    np.testing.assert_array_equal(found["mass_kg"], [mass for _, mass, _ in expected])
    assert found["count"].tolist() == [count for _, _, count in expected]


@pytest.mark.parametrize(
    "text", ["reusable box 800 g 20 trips recycled 50%", "循环箱800克 再生50% 循环20次"]
)
def test_reusable_packaging(vocabulary, text):
    found = one(vocabulary, packaging=text).packaging.iloc[0]
    assert (found["mass_kg"], found["trips"], found["recycled_share"]) == (0.8, 20, 0.5)


@pytest.mark.parametrize(
    "text",
    [
        "air 60%: truck 80 km, plane 1650 km, van 20 km | road 40%: truck 1700 km, van 20 km",
        "空运60%：货车80公里，飞机1650公里，van 20km｜陆运40%：货车1700公里、van 20 km",
        "air 0.6: truck 80km → plane 1650.0 km → van 20000 m\nroad 0.4: truck 1700km, van 20 km",
    ],
)
def test_transport_cells(vocabulary, text):
    found = one(vocabulary, transport=text).legs
    assert found["mode"].tolist() == ["truck", "plane", "van", "truck", "van"]
    assert found["km"].tolist() == [80, 1650, 20, 1700, 20]
    assert found["chain"].tolist() == [0, 0, 0, 1, 1]
    assert found["chain_share"].tolist() == [0.6, 0.6, 0.6, 0.4, 0.4]
    assert found["position"].tolist() == [0, 1, 2, 0, 1]
    assert not found["bare"].any()


def test_chains_by_their_mode(vocabulary):
    found = one(vocabulary, transport="air 60% | road 40%").legs
    assert found["mode"].tolist() == ["plane", "truck"]
    assert found["bare"].all()
    assert not one(vocabulary, transport="truck, van").legs["bare"].any()
    assert one(vocabulary, transport="空运").legs["chain_share"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CN-GD 40%; CN-BJ 60%", [("CN-GD", 0.4), ("CN-BJ", 0.6)]),
        ("广东省 40%，北京市 60%", [("CN-GD", 0.4), ("CN-BJ", 0.6)]),
        ("Guangdong", [("CN-GD", 1)]),
        ("广东省深圳市", [("CN-GD", 1)]),
        ("23.13, 113.26", [("CN-GD", 1)]),
        ("23.2，113.3 40%; 40,116 60%", [("CN-GD", 0.4), ("CN-BJ", 0.6)]),
    ],
)
def test_destination_cells(vocabulary, text, expected):
    found = one(vocabulary, destination=text)
    assert codes(found) == []
    assert (
        list(zip(found.destinations["location"], found.destinations["share"], strict=True))
        == expected
    )


def test_patterns_take_linear_time(vocabulary):
    for text in (
        "a" * 15000 + "!",
        "1," * 7000,
        "recycled " * 1500,
        ";" * 15000,
        "(" * 15000,
        "9 " * 7000,
    ):
        for column in ("materials", "packaging", "transport", "destination", "mass", "price"):
            one(vocabulary, **{column: text})


# tidy tables -----------------------------------------------------------------------------------


def test_tidy_equals_compact(vocabulary):
    rng = np.random.default_rng(3)
    skus, materials, packaging, legs, compact = [], [], [], [], []
    for number in range(60):
        sku = f"S{number}"
        cut = round(float(rng.uniform(1, 99)), 2)
        mass = [round(value, 3) for value in rng.uniform(1, 90, 3).tolist()]
        km = [round(value, 1) for value in rng.uniform(1, 2000, 5).tolist()]
        air = int(rng.integers(1, 100))
        skus.append({"sku": sku, "category": "t_shirt"})
        materials += [
            {"sku": sku, "material": "cotton", "share": f"{cut}%", "再生": "", "recycled": "20%"},
            {
                "sku": sku,
                "material": "氨纶",
                "share": round((100 - cut), 2) / 100,
                "recycled": None,
            },
        ]
        packaging += [
            {"sku": sku, "item": "快递袋", "mass_g": mass[0], "recycled": 0.5},
            {"sku": sku, "item": "tape", "mass_g": mass[1], "count": 2},
            {"sku": sku, "item": "reusable box", "mass_g": f"{mass[2] / 1000!r} kg", "trips": 20},
        ]
        names, modes = ["air"] * 3 + ["road"] * 2, ["truck", "plane", "van", "truck", "van"]
        lines = [
            {
                "sku": sku,
                "chain": chain,
                "chain_share": f"{air if chain == 'air' else 100 - air}%",
                "mode": mode,
                "距离_km": length,
                "position": at,
            }
            for at, (chain, mode, length) in enumerate(zip(names, modes, km, strict=True))
        ]
        legs += [lines[at] for at in (2, 0, 1, 4, 3)]  # position puts them in order
        compact.append(
            {
                **skus[-1],
                "materials": f"cotton {cut}% recycled 20%; 氨纶 {round(100 - cut, 2)}%",
                "packaging": f"快递袋 {mass[0]} g recycled 50%; 2 x tape {mass[1]} g; "
                f"reusable box {mass[2] / 1000!r} kg 20 trips",
                "transport": f"air {air}%: truck {km[0]} km, plane {km[1]} km, van {km[2]} km"
                f" | road {100 - air}%: truck {km[3]} km, van {km[4]} km",
            }
        )
    tidy = read(
        pd.DataFrame(skus),
        vocabulary,
        materials=pd.DataFrame(materials),
        packaging=pd.DataFrame(packaging),
        legs=pd.DataFrame(legs),
    )
    wide = read(pd.DataFrame(compact), vocabulary)
    assert codes(tidy) == codes(wide) == []
    same(tidy, wide)
    pd.testing.assert_frame_equal(tidy.provenance, wide.provenance)


def test_lines_in_two_places(vocabulary):
    frame = pd.DataFrame({"sku": ["A"], "category": ["t_shirt"], "materials": ["cotton"]})
    lines = pd.DataFrame({"sku": ["A"], "material": ["cotton"], "share": [1.0]})
    assert codes(read(frame, vocabulary, materials=lines)) == ["C252"]


def test_tidy_return_legs(vocabulary):
    legs = pd.DataFrame(
        {
            "sku": "A",
            "direction": ["out", "return", "退货", "sideways"],
            "mode": ["truck", "van", "truck", "van"],
            "distance": ["800 km", "20 km", "900 km", "1 km"],
        }
    )
    found = read(pd.DataFrame({"sku": ["A"], "category": ["t_shirt"]}), vocabulary, legs=legs)
    assert codes(found) == ["C223"]
    assert found.legs["returning"].tolist()[-2:] == [True, True]


def test_line_table_without_sku(vocabulary):
    with pytest.raises(CatalogueError, match="C005"):
        read(GOODS, vocabulary, packaging=pd.DataFrame({"item": ["tape"]}))


def test_numbers_that_are_ambiguous():
    import pyarrow as pa

    found = cells.numbers(pa.array(["1,200", "1.200.000", "12.", "1'200", "0,500", "1.234,5", "x"]))
    np.testing.assert_array_equal(found.values, [np.nan, np.nan, 12, 1200, 0.5, 1234.5, np.nan])
    assert sorted(code for code, _ in found.faults) == ["C101", "C111"]


def test_entries_that_many_cells_share_are_read_as_each_alone(vocabulary):
    """They are parsed once; what is wrong with one is told of every cell that holds it."""
    cells = {
        "materials": ["cotton 95%; elastane 5%", "cotton 120 foo; steel 5%", "steel 100%"],
        "packaging": ["courier bag 12 g; tape 3 g", "2 x courier bag 12 ton", "paper bag 9 g"],
        "transport": ["truck 80 km, van 20 km", "truck 80 parsecs, van 20 km", "air"],
    }
    rows = [dict(zip(cells, each, strict=True)) for each in zip(*cells.values(), strict=True)]
    table = pd.DataFrame(rows * 5).assign(category="t_shirt")
    table.insert(0, "sku", [f"S{row:02d}" for row in range(len(table))])
    together = read(table, vocabulary)
    alone = [
        read(table.iloc[[row]].reset_index(drop=True), vocabulary) for row in range(len(table))
    ]
    for name in ("materials", "packaging", "legs"):
        lines = getattr(together, name).drop(columns="row").reset_index(drop=True)
        each = pd.concat([getattr(one_row, name) for one_row in alone], ignore_index=True)
        pd.testing.assert_frame_equal(lines, each.drop(columns="row"), check_dtype=False)
    told = ["column", "sku", "value", "code"]
    each = pd.concat([one_row.problems for one_row in alone], ignore_index=True)
    assert set(each["code"]) >= {"C103", "C104"}
    expected, found = (
        table_[told].sort_values(told).astype("str").to_numpy().tolist()
        for table_ in (each, together.problems)
    )
    assert found == expected
