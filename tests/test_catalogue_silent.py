"""What a catalogue could lose or turn round without a word: each is told, or read rightly."""

import csv as text_of_csv

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carbon.base.errors import CatalogueError
from carbon.base.terms import PROVENANCES
from carbon.catalogue import csv_text
from carbon.catalogue.defaults import fill
from carbon.catalogue.places import great_circle
from carbon.catalogue.read import read
from carbon.study import Study


def one(vocabulary, **given):
    return read(pd.DataFrame([{"sku": "S1", "category": "T-shirt", **given}]), vocabulary)


def codes(catalogue):
    return sorted(catalogue.problems.loc[catalogue.problems["severity"] != "note", "code"])


def notes(catalogue):
    found = catalogue.problems[catalogue.problems["severity"] == "note"]
    found = found.assign(row=found["row"].fillna(0).astype(int))
    return found[["file", "row", "code"]].values.tolist()


def filled(vocabulary, *records):
    rows = [{"sku": f"S{at}", "category": "t_shirt", **given} for at, given in enumerate(records)]
    return fill(read(pd.DataFrame(rows), vocabulary), vocabulary)


def book(path, **sheets):
    with pd.ExcelWriter(path) as writer:
        for name, rows in sheets.items():
            frame = pd.DataFrame(rows[1:], columns=rows[0])
            frame.to_excel(writer, sheet_name=name, index=False)
    return path


def csv(path, text):
    path.write_bytes(text.encode())
    return path


# lines and sheets ------------------------------------------------------------------------------

SKUS = [["货号", "类目"], ["A", "T恤"], ["B", "T恤"]]


def test_merged_cells_belong_to_the_sku_above(vocabulary, tmp_path):
    lines = [
        ["货号", "item", "mass_g"],
        ["A", "快递袋", 500],
        [None, "吊牌", 12],
        [" ", "胶带", 3],
        ["B", "胶带", 4],
    ]
    found = read(book(tmp_path / "g.xlsx", 商品=SKUS, 包装=lines), vocabulary)
    assert found.packaging["row"].tolist() == [0, 0, 0, 1]
    assert found.packaging["mass_kg"].tolist() == [0.5, 0.012, 0.003, 0.004]
    assert codes(found) == []
    assert notes(found) == [["g.xlsx#包装", 3, "C253"], ["g.xlsx#包装", 4, "C253"]]


def test_a_line_of_no_sku_is_an_error(vocabulary, tmp_path):
    lines = [
        ["sku", "item", "mass_g"],
        [None, "tape", 5],
        ["A", "tape", 3],
        ["n/a", "tape", 3],
        [None, None, None],
        [None, "tape", 4],
    ]
    found = read(book(tmp_path / "g.xlsx", 商品=SKUS, 包装=lines), vocabulary)
    assert found.packaging["mass_kg"].tolist() == [0.003]
    told = found.problems[["row", "code", "severity"]].values.tolist()
    assert told == [[2, "C251", "error"], [4, "C251", "error"], [6, "C251", "error"]]


def test_bad_rows_of_a_line_table_are_told(vocabulary, tmp_path):
    csv(tmp_path / "skus.csv", "sku,category\nA,t_shirt\nB,t_shirt\n")
    csv(tmp_path / "packaging.csv", "sku,item,mass\nA,tape,3 g,oh\nB,tape,3 g\n")
    found = read(tmp_path, vocabulary)
    assert found.problems[["file", "row", "code"]].values.tolist() == [["packaging.csv", 2, "C011"]]
    assert found.skus["failed"].tolist() == [True, False]


def test_two_sheets_of_skus_are_one_catalogue(vocabulary, tmp_path):
    more = [["类目", "货号"], ["泳衣", 3], ["nothing", 4]]
    remarks = [["说明"], ["by hand"]]
    found = read(book(tmp_path / "g.xlsx", 一月=SKUS, 二月=more, 说明=remarks), vocabulary)
    assert found.skus["sku"].tolist() == ["A", "B", "3", "4"]
    assert found.skus["category"].tolist()[:3] == ["t_shirt", "t_shirt", "swimsuit"]
    assert notes(found) == [["g.xlsx#说明", 0, "C012"]]
    problem = found.problems[found.problems["code"] == "C010"].iloc[0]
    assert (problem["file"], problem["row"]) == ("g.xlsx#二月", 3)


def test_sheets_of_unlike_headers_are_refused(vocabulary, tmp_path):
    more = [["货号", "类目", "净重"], ["C", "T恤", "200 g"]]
    with pytest.raises(CatalogueError, match=r"C013.*净重"):
        read(book(tmp_path / "g.xlsx", 一月=SKUS, 二月=more), vocabulary)


def test_left_out_files_are_named(vocabulary, tmp_path):
    csv(tmp_path / "skus.csv", "sku,category\nA,t_shirt\n")
    csv(tmp_path / "readme.csv", "hello\nworld\n")
    assert notes(read(tmp_path, vocabulary)) == [["readme.csv", 0, "C012"]]
    lines = [["sku", "item"], ["A", "tape"]]
    workbook = book(tmp_path / "p.xlsx", first=lines, second=lines)
    found = read(tmp_path / "skus.csv", vocabulary, packaging=workbook)
    assert notes(found) == [["p.xlsx#second", 0, "C012"]]


# CSV -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        'A,t_shirt,a\nB,t_shirt,"C,200 g\nC,t_shirt,c\nD,t_shirt,d\n',  # one, open to the end
        'A,t_shirt,a\nB,t_shirt,"b\nC,t_shirt,c\nD,t_shirt,"d"\n',
        'A,t_shirt,a\nB,t_shirt,"b\nC,t_shirt,"c\nD,t_shirt,d\n',  # two: an even number
        'A,t_shirt,a\nB,t_shirt,"b\nC,t_shirt,27"\nD,t_shirt,d\n',  # closed in the same column
        'A,t_shirt,a\nB,t_shirt,"\nC,t_shirt,c\nD,t_shirt,d"\n',
    ],
)
def test_an_open_quotation_mark_fails_its_row_only(vocabulary, tmp_path, text):
    found = read(csv(tmp_path / "g.csv", "sku,category,name\n" + text), vocabulary)
    assert found.skus["sku"].tolist() == ["A", "B", "C", "D"]
    assert found.skus["failed"].tolist()[::3] == [False, False]
    assert found.skus["failed"].iloc[1]
    told = found.problems[found.problems["code"] == "C011"].iloc[0]
    assert told["row"] == 3
    assert "quotation mark is not closed" in told["remedy"]


def test_good_quotation_marks_are_left_alone(vocabulary, tmp_path):
    text = (
        'sku,category,name,transport\nA,t_shirt,27" wide,"air 60%: truck, plane, van\n'
        'road 40%: truck, van, van, van"\nB,t_shirt,"two, lines,\nand ""more""",\n'
        'C,t_shirt,"Nike" shirt,\n'
    )
    found = read(csv(tmp_path / "g.csv", text), vocabulary)
    assert codes(found) == []
    assert found.skus["name"].tolist() == ['27" wide', 'two, lines,\nand "more"', "Nike shirt"]
    assert len(found.legs) == 7


def test_too_many_open_quotation_marks(vocabulary, tmp_path):
    text = "sku,category,name\n" + "".join(f'S{at},t_shirt,"x\n' for at in range(300))
    with pytest.raises(CatalogueError, match=r"C011.*not closed"):
        read(csv(tmp_path / "g.csv", text), vocabulary)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sku,category,name\rA,t_shirt,x\rB,t_shirt,y\r", 2),
        ('sku,category,name\rA,t_shirt,"x\nx"\rB,t_shirt,y\r', 2),
        ("sep=;\nsku;category;name\nA;t_shirt;x\nB;t_shirt;y\n", 3),
        ('"sep=;"\r\nsku;category;name\r\nA;t_shirt;x\r\nB;t_shirt;y\r\n', 3),
        ("Catalogue 2026\nsku,category,name\nA,t_shirt,x\nB,t_shirt,y\n", 3),
        ("商品表,,\n,,\nsku,category,name\nA,t_shirt,x\nB,t_shirt,y\n", 4),
        ('"a, b",,\nsku,category,name\nA,t_shirt,x\nB,t_shirt,y\n', 3),
    ],
)
def test_line_ends_and_titles(vocabulary, tmp_path, text, line):
    found = read(csv(tmp_path / "g.csv", text), vocabulary)
    assert found.skus["sku"].tolist() == ["A", "B"]
    assert found.skus["line"].tolist() == [line, line + 1]
    assert codes(found) == []


@pytest.mark.parametrize("end", ["", '"'])
@pytest.mark.parametrize("limit", [1 << 17, 1 << 27])
def test_a_cell_too_long_for_csv_fails_its_row_alone(vocabulary, tmp_path, end, limit):
    text = f"sku,category,note\nA,t_shirt,x\nB,t_shirt,{'x' * 200_000}{end}\nC,t_shirt,x\n"
    before = text_of_csv.field_size_limit(limit)  # as another reader may have left it
    try:
        found = read(csv(tmp_path / "g.csv", text), vocabulary)
        assert text_of_csv.field_size_limit() == limit
    finally:
        text_of_csv.field_size_limit(before)
    assert found.skus.loc[~found.skus["failed"], "sku"].tolist() == ["A", "C"]
    told = found.problems[found.problems["code"] == "C011"]
    assert told["row"].tolist() == [3]


def test_ordinary_quotation_marks_are_quick():
    data = b'a,b\n1,"x, y"\n"two\nlines",3\n'
    assert csv_text.fast("f", data, ",") is not None
    assert csv_text.fast("f", data.replace(b'lines"', b"lines"), ",") is None


def test_bytes_that_are_no_text_fail_their_row(vocabulary, tmp_path):
    name = pa.array([b"good", b"\xff\xfe", None], pa.binary())
    table = pa.table({"sku": ["A", "B", "C"], "category": ["t_shirt"] * 3, "name": name})
    pq.write_table(table, tmp_path / "g.parquet")
    found = read(tmp_path / "g.parquet", vocabulary)
    assert found.skus["failed"].tolist() == [False, True, False]
    assert found.problems[["row", "code"]].values.tolist() == [[3, "C011"]]


# quantities ------------------------------------------------------------------------------------


def test_a_fraction_under_percent_is_not_guessed(vocabulary):
    frame = pd.DataFrame({"sku": list("ABCDE"), "category": "t_shirt"})
    frame["退货率(%)"] = ["0.35", "1", "0", "35", "0.5%"]
    found = read(frame, vocabulary)
    np.testing.assert_array_equal(found.skus["return_rate"], [np.nan, np.nan, 0.0, 0.35, 0.005])
    assert codes(found) == ["C108", "C108"]
    assert "35%" in found.problems["remedy"].iloc[0]
    assert codes(one(vocabulary, **{"退货率(%)": 0.35})) == ["C108"]
    assert one(vocabulary, **{"退货率(%)": 1}).skus["return_rate"].tolist() == [0.01]


def test_small_shares_of_a_mix_may_be_percent(vocabulary):
    lines = pd.DataFrame({"sku": "A", "material": ["cotton", "elastane"], "占比(%)": [99.5, 0.5]})
    skus = pd.DataFrame({"sku": ["A"], "category": ["t_shirt"]})
    assert codes(read(skus, vocabulary, materials=lines)) == []
    fractions = lines.assign(**{"占比(%)": [0.95, 0.05]})
    assert codes(read(skus, vocabulary, materials=fractions)) == ["C202"]


def test_an_infinite_price(vocabulary, tmp_path):
    frame = pd.DataFrame({"sku": ["A"], "category": ["t_shirt"], "price": [np.inf]})
    assert codes(read(frame, vocabulary)) == ["C101"]
    frame.to_parquet(tmp_path / "g.parquet")
    assert codes(read(tmp_path / "g.parquet", vocabulary)) == ["C101"]


def test_an_ambiguous_price_is_left_out(vocabulary):
    found = one(vocabulary, price="1,299")
    assert codes(found) == ["C117"]
    assert not found.skus["failed"].iloc[0]
    assert np.isnan(found.skus["price"].iloc[0])


@pytest.mark.parametrize(
    ("text", "value"), [("1.2万", 12000.0), ("3万件", 30000.0), ("1.2 万", 12000.0)]
)
def test_ten_thousands(vocabulary, text, value):
    found = one(vocabulary, units_sold=text)
    assert found.skus["units_sold"].tolist() == [value]
    assert codes(found) == []
    assert codes(one(vocabulary, units_sold="3万kg")) == ["C103"]


def test_numbers_whose_digits_are_lost(vocabulary):
    frame = pd.DataFrame({"sku": ["6.9E+12", "7E12"], "category": "t_shirt"})
    found = read(frame.assign(gtin=["6.90123E+12", "6901234567892"]), vocabulary)
    assert found.problems[["row", "column", "code"]].values.tolist() == [
        [2, "sku", "C014"],
        [2, "gtin", "C014"],
    ]
    assert not found.skus["failed"].any()


def test_making_takes_energy(vocabulary):
    nothing = {"electricity": "0 kWh", "heat": "0 MJ"}
    assert codes(one(vocabulary, **nothing)) == ["C116"]
    assert codes(one(vocabulary, **nothing, materials="cotton 5%; paper 95%")) == ["C116"]
    assert codes(one(vocabulary, **nothing, materials="paper 100%")) == []
    assert codes(one(vocabulary, **nothing, category="bare")) == ["C116"]
    assert codes(one(vocabulary, electricity="0 kWh", heat="1 MJ")) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("courier bag 12 g 20 trips", "C212"),
        ("reusable box 800 g 1000000 trips", "C212"),
        ("reusable box 800 g 0 trips", "C212"),
        ("reusable box 800 g 200 trips", ""),
        ("courier bag 12 g 1 trip", ""),
    ],
)
def test_trips(vocabulary, text, code):
    found = one(vocabulary, packaging=text)
    assert codes(found) == ([code] if code else [])
    assert bool(found.skus["failed"].iloc[0]) == bool(code)


@pytest.mark.parametrize(
    ("materials", "code"),
    [("cotton 150 g", "C204"), ("cotton 99 g", "C206"), ("cotton 401 g", "C206")],
)
def test_materials_far_from_the_mass(vocabulary, materials, code):
    found = one(vocabulary, mass="200 g", materials=materials)
    assert codes(found) == [code]
    assert bool(found.skus["failed"].iloc[0]) == (code == "C206")


# sessions --------------------------------------------------------------------------------------

LIVE = {"session": "x", "session_kwh": 12, "units_sold": 10}


def test_a_bad_row_keeps_its_part_of_the_session(vocabulary):
    found = filled(vocabulary, {**LIVE, "return_rate": 0.5}, {**LIVE, "category": "spaceship"})
    assert found.skus["failed"].tolist() == [False, True]
    # kept: 5 of the first and, as no rate is known, all 10 of the second
    assert found.skus["studio_kwh"].iloc[0] == pytest.approx(12 * 5 / 15 / 5)
    assert "C243" not in codes(found)


def test_a_row_that_cannot_be_counted_is_told_to_the_others(vocabulary):
    found = read(
        pd.DataFrame(
            [
                {"sku": "A", "category": "t_shirt", **LIVE},
                {"sku": "B", "category": "t_shirt", **LIVE, "units_sold": "many"},
                {"sku": "C", "category": "t_shirt", **LIVE, "session": "y"},
                {"sku": "C", "category": "t_shirt", **LIVE, "session": "y"},
            ]
        ),
        vocabulary,
    )
    assert found.skus["problem"].tolist()[0] == "C243"
    assert found.skus["problem"].tolist()[2] == "C243"


# transport -------------------------------------------------------------------------------------

ABROAD = {"origin": "CN-GD", "destination": "GB"}


def out(found, row=0):
    legs = found.legs
    return legs[~legs["returning"] & (legs["basis"] == "tkm") & (legs["row"] == row)]


def test_no_lorry_crosses_the_sea_unsaid(vocabulary):
    circle = great_circle(23.13, 113.26, 51.5, -0.12)
    found = filled(
        vocabulary,
        ABROAD,
        {**ABROAD, "category": "berries"},
        {**ABROAD, "transport": "truck"},
        {**ABROAD, "transport": "truck 80 km, van"},
        {**ABROAD, "transport": "truck 80 km, plane, van 20 km"},
        {**ABROAD, "transport": "truck 12000 km"},
        {"origin": "CN-GD", "destination": "CN-BJ"},
    )
    assert found.skus["problem"].tolist() == ["C227", "C227", "C226", "C226", "", "", ""]
    assert not found.skus["failed"].any()
    assert out(found)["mode"].tolist() == ["truck", "plane", "van"]
    assert out(found)["km"].tolist() == pytest.approx([80, circle + 95, 20])
    assert out(found)["activity"].tolist()[1] == "freight, plane, long-haul"
    assert out(found)["chain_share"].tolist() == [1.0] * 3
    assert PROVENANCES[found.provenance["transport"].iloc[0]] == "default"
    assert (out(found)["origin"] == PROVENANCES.index("default")).all()
    assert out(found, 1)["mode"].tolist() == ["ship", "van"]  # berries never fly
    assert out(found, 6)["mode"].tolist().count("truck") == 2  # both chains of the archetype


def test_a_wide_place_across_the_sea_is_measured_roughly(vocabulary):
    found = filled(
        vocabulary, {"destination": "GB"}, {"destination": "GB 10%; CN 90%", "origin": "CN"}
    )
    circle = great_circle(39.9, 116.4, 51.5, -0.12)
    assert out(found)["km"].tolist()[1] == pytest.approx(circle + 95)
    assert out(found, 1)["km"].tolist()[1] == pytest.approx(0.1 * circle + 0.9 * 900 + 95)
    assert found.skus["problem"].tolist() == ["C227", "C227"]


def test_semicolons_between_legs(vocabulary):
    found = one(vocabulary, transport="truck 80 km; plane 1650 km")
    assert codes(found) == []
    assert found.legs["chain"].tolist() == [0, 0]
    assert found.legs["position"].tolist() == [0, 1]
    assert codes(one(vocabulary, transport="truck 80000 km; plane 1650 km")) == ["C113"]
    assert codes(one(vocabulary, transport="truck 0 km, plane 1650 km")) == ["C112"]


@pytest.mark.parametrize("word", ["去", "去程", "out"])
def test_the_way_there(vocabulary, word):
    legs = pd.DataFrame({"sku": "A", "direction": [word, "返"], "mode": "truck", "距离_km": 9})
    skus = pd.DataFrame({"sku": ["A"], "category": ["t_shirt"]})
    found = read(skus, vocabulary, legs=legs)
    assert codes(found) == []
    assert found.legs["returning"].tolist() == [False, True]


def test_places_without_shares(vocabulary):
    found = one(vocabulary, destination="广东、北京")
    assert codes(found) == ["C232"]
    told = found.problems.iloc[0]
    assert told["value"] == "no shares"
    assert "share of each" in told["remedy"]


# materials side by side ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["棉95%氨纶5%", "95%棉 5%氨纶", "95%棉5%氨纶", "cotton 95% elastane 5%"]
)
def test_materials_without_separator(vocabulary, text):
    found = one(vocabulary, materials=text)
    assert codes(found) == []
    assert found.materials["material"].tolist() == ["cotton", "elastane"]
    assert found.materials["share"].tolist() == [0.95, 0.05]


@pytest.mark.parametrize("text", ["棉95% 5%氨纶", "棉 95% 再生 20% 氨纶 5%"])
def test_materials_that_could_mean_two_things(vocabulary, text):
    found = one(vocabulary, materials=text)
    assert found.problems["code"].str.startswith("C2").any()
    assert found.skus["failed"].iloc[0] or not len(found.materials)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("mass", "0"),
        ("mass", "轻"),
        ("materials", "棉60%; 秘银40%"),
        ("packaging", "快递袋12克; 魔法袋3克"),
        ("units_per_parcel", "三件"),
        ("pack_count", "0"),
        ("return_rate", "很高"),
        ("return_rate", "100%"),
        ("resale_share", "120%"),
        ("loss_rate", "-3%"),
        ("session_kwh", "5 kWh"),
        ("energy_per_year", "很多"),
        ("service_life", "0"),
        ("electricity", "5"),
    ],
)
def test_a_bad_optional_cell_is_told_and_left_open(vocabulary, column, text):
    """The SKU goes on, and what the cell would tell is as untold."""
    found = one(vocabulary, **{column: text})
    assert set(found.problems["severity"]) == {"warning"}
    assert not found.skus["failed"].iloc[0]
    open_ = [PROVENANCES.index(name) for name in ("default", "absent")]
    assert fill(found, vocabulary).provenance[column].iloc[0] in open_


@pytest.mark.parametrize(
    ("header", "told"),
    [("月销量", True), ("近30天销量", True), ("销量", False), ("units_sold", False)],
)
def test_sales_of_a_while_are_told(header, told):
    """A month's units are not a year's."""
    goods = Study().catalogue({"sku": "A", "category": "t_shirt", header: "100"})
    assert ("C029" in set(goods.problems["code"])) == told
