"""Reading what merchants really have: each was once read wrongly in silence."""

import zipfile

import numpy as np
import pandas as pd
import pytest
from trade import trade_vocabulary

from carbon import Study
from carbon.base import units
from carbon.catalogue.ledger import read_ledger
from carbon.catalogue.read import read, read_tables
from carbon.catalogue.schema import Limits
from carbon.catalogue.stream import Stream


@pytest.fixture(scope="module")
def vocabulary():
    return trade_vocabulary()


def rows(vocabulary, **columns):
    """Catalogue of a few T-shirts."""
    frame = pd.DataFrame(columns)
    if "category" not in frame:
        frame["category"] = "t_shirt"
    frame.insert(0, "sku", [f"S{at}" for at in range(len(frame))])
    return read(frame, vocabulary)


def told(catalogue, severity=None):
    table = catalogue.problems
    if severity is not None:
        table = table[table["severity"] == severity]
    return table["code"].tolist()


# places ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "location"),
    [
        ("吉隆坡", "MY"),
        ("马来西亚", "MY"),
        ("京都", "JP"),
        ("日本", "JP"),
        ("北京", "CN-BJ"),
        ("新德里", "IN"),
        ("浙江省杭州市余杭区文一西路969号", "CN-ZJ"),
        ("上海市黄浦区南京东路100号", "CN-SH"),
        ("Shenzhen, Guangdong, China", "CN-GD"),
        ("廣東省深圳市", "CN-GD"),
        ("義烏", "CN-ZJ"),
        ("Los Angeles", "US"),
        ("鹿特丹港", "NL"),
    ],
)
def test_a_destination_takes_its_whole_cell(vocabulary, place, location):
    found = rows(vocabulary, destination=[place])
    assert found.destinations["location"].tolist() == [location]
    assert not told(found)


@pytest.mark.parametrize(
    ("place", "location"),
    [
        ("鄂尔多斯", "CN-NM"),
        ("内蒙古", "CN-NM"),
        ("秦皇岛", "CN-HE"),
        ("河北", "CN-HE"),
        ("台山", "CN-GD"),
        ("台湾", "TW"),
        ("恩施土家族苗族自治州", "CN-HB"),
        ("昆山市", "CN-JS"),
        ("Vietnam", "VN"),
    ],
)
def test_an_abbreviation_is_never_a_beginning(vocabulary, place, location):
    found = rows(vocabulary, origin=[place])
    assert found.skus["origin"].tolist() == [location]
    assert not told(found)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("吉隆坡坡", "C231"),
        ("京都府大阪", "C231"),
        ("朝阳区", "C234"),
        ("鼓楼区", "C234"),
        ("San Jose", "C234"),
        ("广东/浙江/北京", "C232"),
        ("美国/英国/德国", "C232"),
        ("NA", "C235"),
    ],
)
def test_a_doubtful_place_is_left_open_and_told(vocabulary, place, code):
    found = rows(vocabulary, destination=[place])
    assert told(found, "warning") == [code]
    assert found.destinations.empty
    assert not found.skus["failed"].any()


def test_a_mix_that_is_not_understood_whole_is_left_open_whole(vocabulary):
    found = rows(vocabulary, destination=["广东 60%；亚特兰蒂斯 40%", "广东 60%；浙江 40%"])
    assert found.destinations["row"].tolist() == [1, 1]
    assert not found.skus["failed"].any()


@pytest.mark.parametrize("mark", ["；", ";", "，", ",", "、", "/", "|", "+", "&", "\n", " "])
def test_one_rule_for_all_separators(vocabulary, mark):
    found = rows(vocabulary, destination=[f"广东 40%{mark}北京 60%"])
    mix = dict(zip(found.destinations["location"], found.destinations["share"], strict=True))
    assert mix == pytest.approx({"CN-GD": 0.4, "CN-BJ": 0.6})


def test_a_zone_stands_for_its_places_and_says_so(vocabulary):
    found = rows(vocabulary, destination=["江浙沪 70%；东北 30%"])
    mix = dict(zip(found.destinations["location"], found.destinations["share"], strict=True))
    assert mix == pytest.approx(
        {"CN-JS": 0.7 / 3, "CN-ZJ": 0.7 / 3, "CN-SH": 0.7 / 3}
        | {"CN-LN": 0.1, "CN-JL": 0.1, "CN-HL": 0.1}
    )
    assert told(found) == ["C233"]


def test_every_prefecture_lies_in_its_province(vocabulary):
    words = vocabulary.words
    chinese = words[(words["kind"] == "region") & words["id"].str.startswith("CN-")]
    assert len(chinese) > 5000
    assert {"CN-XJ", "CN-XZ", "CN-HI"} <= set(chinese["id"])
    table = dict(zip(chinese["alias"], chinese["id"], strict=True))
    assert (table["三沙"], table["日喀则"], table["儋州市"]) == ("CN-HI", "CN-XZ", "CN-HI")


# units and headers -----------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "kg"), [("50gr", 0.05), ("50 g", 0.05), ("500 gr", 0.5)])
def test_gr_is_a_gram(vocabulary, text, kg):
    found = rows(vocabulary, category=["coffee"], weight=[text])
    assert found.skus["mass_kg"].tolist() == [kg]


@pytest.mark.parametrize(
    ("header", "cell", "output", "value"),
    [
        ("销量(万件)", 1.2, "units_sold", 12_000.0),
        ("销量（万）", "0.5", "units_sold", 5_000.0),
        ("销量(k)", 3, "units_sold", 3_000.0),
        ("销量(千件)", 3, "units_sold", 3_000.0),
        ("销量", "1.2万", "units_sold", 12_000.0),
        ("售价(分)", 7900, "price", 79.0),
        ("售价(角)", 790, "price", 79.0),
        ("售价(万元)", 0.5, "price", 5_000.0),
        ("净重(磅)", 1, "mass_kg", 0.45359237),
        ("净重(斤)", 1, "mass_kg", 0.5),
        ("观看时长(秒)", 3_600, "viewer_hours", 1.0),
        ("观看时长(万小时)", 3, "viewer_hours", 30_000.0),
        ("直播用电(MWh)", 0.1, "session_kwh", 100.0),
        ("直播用电(度)", 5, "session_kwh", 5.0),
        ("热耗(GJ)", 0.001, "heat_mj", 1.0),
        ("净重(含税)", "180 g", "mass_kg", 0.18),
    ],
)
def test_units_in_headers_convert(vocabulary, header, cell, output, value):
    found = rows(vocabulary, category=["bag"], **{header: [cell], "units": ["x"]})
    assert found.skus[output].iloc[0] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "header", ["净重(foo)", "用电(foo)", "销量(foo)", "售价(foo)", "净重(两百)"]
)
def test_an_unknown_unit_refuses_its_column_by_name(vocabulary, header):
    found = rows(vocabulary, **{header: [5]})
    assert told(found) == ["C121"]
    assert found.problems["column"].tolist() == [header]
    assert not found.skus["failed"].any()


def test_units_in_headers_of_ledgers():
    sessions = pd.DataFrame(
        {
            "session": ["S1"],
            "room": ["r1"],
            "start": ["2026-11-07 19:00"],
            "studio_kwh": [5],
            "观看时长(秒)": [3_600_000],
        }
    )
    assert read_ledger(sessions, "sessions").frame["viewer_hours"].tolist() == [1_000.0]
    power = pd.DataFrame({"certificate": ["G1"], "电量(万千瓦时)": [0.1]})
    assert read_ledger(power, "certificates").frame["energy_kwh"].tolist() == [1_000.0]
    sales = pd.DataFrame(
        {"sku": ["A"], "销量(万件)": [1.23], "销售额(万元)": [3.5], "日期": ["2026-09-01"]}
    )
    frame = read_ledger(sales, "sales").frame
    assert frame["units"].tolist() == [12_300]
    assert frame["revenue"].tolist() == [350_000_000]


def test_every_unit_of_the_list_means_one_thing():
    exact, folded = units._names()
    for name in exact:
        assert folded[units._folded(name)][0] == exact[name][0]


# rates, prices and gaps ------------------------------------------------------------------------


def test_a_column_of_rates_is_read_in_one_way(vocabulary):
    found = rows(
        vocabulary, category=["rice", "t_shirt", "dress"], **{"return rate": ["0.8", "12", "35"]}
    )
    np.testing.assert_array_equal(found.skus["return_rate"], [np.nan, 0.12, 0.35])
    assert told(found, "warning") == ["C108"] * 3
    assert not found.skus["failed"].any()
    fractions = rows(vocabulary, **{"return rate": ["0.8", "0.12"]})
    assert fractions.skus["return_rate"].tolist() == [0.8, 0.12]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("price", "12.9-15.9", "C118"),
        ("price", "-1.00", "C106"),
        ("price", "面议", "C101"),
        ("units_sold", "200+", "C118"),
        ("units_sold", "很多", "C101"),
        ("mass", "0", "C112"),
        ("mass", "0 g", "C112"),
        ("origin", "亚特兰蒂斯", "C231"),
        ("transport", "火箭", "C221"),
        ("transport", "顺丰", "C228"),
        ("transport", "中通快递", "C228"),
        ("transport", "空运/陆运", "C229"),
        ("materials", "其他", "C209"),
        ("materials", "ABS+PC", "C207"),
        ("packaging", "普通包装", "C213"),
    ],
)
def test_a_bad_optional_cell_is_told_and_the_sku_goes_on(vocabulary, column, cell, code):
    found = rows(vocabulary, **{column: [cell]})
    assert code in told(found)
    if code != "C102":
        assert not found.skus["failed"].any()


@pytest.mark.parametrize("gap", ["-", "无", "N/A", "待定", "——", "暂无", "TBD", "　"])
def test_a_gap_is_a_gap(vocabulary, gap):
    columns = dict.fromkeys(("mass", "price", "materials", "packaging", "origin", "units_sold"))
    found = rows(vocabulary, **{name: [gap] for name in columns})
    assert not told(found)


def test_a_text_that_looks_like_a_formula(vocabulary, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text('sku,category,mass_g\n"=""00123""",t_shirt,180\n', encoding="utf-8")
    assert read(path, vocabulary).skus["sku"].tolist() == ["00123"]


def test_invisible_characters_change_nothing(vocabulary):
    frame = pd.DataFrame(
        {"sku": ["A1\u200b"], "category": ["t_shirt\u200b"], "净重(克)\u200b": ["180\u200b"]}
    )
    found = read(frame.assign(origin="CN\u2060-ZJ"), vocabulary)
    assert found.skus["sku"].tolist() == ["A1"]
    assert found.skus["mass_kg"].tolist() == [0.18]
    assert found.skus["origin"].tolist() == ["CN-ZJ"]
    assert not told(found)


# categories ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "name", "mass", "meaning"),
    [
        ("笔记本", "联想小新Pro16 笔记本电脑", None, "laptop"),
        ("笔记本", "华为MateBook 14", "1.4kg", "laptop"),
        ("笔记本", "", None, ""),
        ("笔记本", "牛皮纸手账本 文具", None, "stationery"),
        ("手表", "天梭力洛克机械手表", None, "watch"),
        ("手表", "", None, "watch"),
        ("手表", "华为WATCH GT 智能手表", None, "wearable"),
        ("宠物用品", "宠物牵引绳", None, "other"),
        ("手机配件", "iPhone15手机壳", None, ""),
        ("蚕丝被", "桑蚕丝被", None, "other"),
        ("手镯", "足金999古法手镯", None, "jewellery_gold"),
        ("手镯", "999足银手镯", None, "jewellery_silver"),
        ("项链", "合金镀金项链", None, "jewellery_fashion"),
        ("油", "润滑油", None, "motor_oil"),
        ("油", "", None, ""),
        ("女装>>T恤", "", None, "t_shirt"),
        ("Apparel & Accessories > Clothing > Dresses", "", None, "dress"),
        ("家纺/毛巾浴巾", "", None, "towel"),
    ],
)
def test_an_ambiguous_category_asks_unless_the_name_decides(
    vocabulary, category, name, mass, meaning
):
    columns = {"category": [category], "name": [name]}
    found = rows(vocabulary, **columns, **({"mass": [mass]} if mass else {}))
    assert found.skus["category"].astype("object").fillna("").tolist() == [meaning]
    assert found.skus["failed"].tolist() == [meaning == ""]
    if not meaning:
        assert told(found, "error") == ["C017"]
        assert "it may mean" in found.problems["remedy"].iloc[0]


def test_a_name_proposes_a_category_and_never_decides_alone(vocabulary):
    found = rows(vocabulary, category=["宇宙飞船"], name=["纯棉圆领短袖T恤"])
    assert told(found) == ["C024"]  # a proposal: an estimate without a letter until confirmed
    assert "the name says 't_shirt'" in found.problems["remedy"].iloc[0]


# materials -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "material"),
    [
        ("足金999", "gold"),
        ("S925银", "silver"),
        ("s925", "silver"),
        ("au750", "gold"),
        ("sus304", "stainless_steel"),
        ("aa电池", "battery_alkaline"),
        ("pa6", "nylon_plastic"),
        ("gold 999", "gold"),
        ("380T尼丝纺", "nylon_woven"),
        ("头层牛皮", "leather"),
        ("聚氨酯弹性纤维(氨纶)", "elastane"),
        ("滌綸", "polyester"),
    ],
)
def test_aliases_with_digits_and_labels_match(vocabulary, text, material):
    found = rows(vocabulary, category=["toy"], materials=[text])
    assert found.materials["material"].tolist() == [material]
    assert not told(found)


def test_parts_are_weighted_and_told(vocabulary):
    found = rows(vocabulary, materials=["面料：聚酯纤维100%；里料：棉100%"])
    shares = dict(zip(found.materials["material"], found.materials["share"], strict=True))
    assert shares == pytest.approx({"polyester": 0.6 / 0.85, "cotton": 0.25 / 0.85})
    assert told(found) == ["C208"]
    alike = rows(vocabulary, materials=["Shell: 100% cotton; Lining: 100% cotton"])
    assert alike.materials["share"].tolist() == [1.0]
    assert not told(alike)


def test_plated_is_not_solid(vocabulary):
    found = rows(
        vocabulary, category=["饰品", "黄金首饰"], materials=["金", "金"], name=["镀金链", ""]
    )
    assert found.materials["material"].tolist() == ["gold"]
    assert found.materials["row"].tolist() == [1]
    assert "C209" in told(found)


def test_rubber_of_a_shoe_is_a_sole(vocabulary):
    found = rows(vocabulary, category=["运动鞋", "厨房用品"], materials=["橡胶", "橡胶"])
    assert found.materials["material"].tolist() == ["sole_rubber", "rubber"]


def test_a_suggestion_is_never_far(vocabulary):
    found = rows(vocabulary, materials=["48% polyy; 52% cotton", "coton"])
    remedies = found.problems["remedy"].tolist()
    assert not any("poultry" in remedy for remedy in remedies)
    assert any("'cotton'" in remedy for remedy in remedies)


# workbooks and folders -------------------------------------------------------------------------


def _workbook(path, sheet, styles="", hidden=""):
    """A workbook by hand, as other writers leave it."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types">'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        names = ["goods", *(["old"] if hidden else [])]
        state = {"old": ' state="hidden"'}
        sheets = "".join(
            f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"{state.get(name, "")}/>'
            for at, name in enumerate(names, start=1)
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{sheets}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="r{at}" Type="{office}/worksheet" '
            f'Target="worksheets/sheet{at}.xml"/>'
            for at in range(1, len(names) + 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
        )
        if styles:
            archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{main}">{styles}</styleSheet>')
        for at, content in enumerate([sheet, *([hidden] if hidden else [])], start=1):
            archive.writestr(
                f"xl/worksheets/sheet{at}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{content}</sheetData></worksheet>',
            )


def _text(place, text):
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


HEAD = f'<row r="1">{_text("A1", "sku")}{_text("B1", "category")}{_text("C1", "mass_g")}</row>'


def test_errors_and_formulas_without_a_result_are_told_by_cell(vocabulary, tmp_path):
    path = tmp_path / "goods.xlsx"
    body = (
        f'<row r="2">{_text("A2", "T1")}{_text("B2", "t_shirt")}<c r="C2" t="e"><v>#N/A</v></c>'
        "</row>"
        f'<row r="3">{_text("A3", "T2")}{_text("B3", "t_shirt")}<c r="C3"><f>90*2</f><v/></c></row>'
        f'<row r="4">{_text("A4", "T3")}{_text("B4", "t_shirt")}<c r="C4"><f>90*2</f><v>180</v></c>'
        "</row>"
    )
    _workbook(path, HEAD + body)
    found = read(path, vocabulary)
    np.testing.assert_array_equal(found.skus["mass_kg"], [np.nan, np.nan, 0.18])
    told_cells = found.problems[["row", "column", "value", "code", "severity"]].values.tolist()
    assert told_cells == [
        [2, "mass_g", "#N/A", "C015", "warning"],
        [3, "mass_g", "=90*2", "C015", "warning"],
    ]
    assert not found.skus["failed"].any()


def test_errors_of_a_spreadsheet_are_told_in_text_as_in_a_workbook(vocabulary, tmp_path):
    path = tmp_path / "goods.csv"
    wrong = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#n/a"]
    lines = [f"T{at},t_shirt,{text}" for at, text in enumerate(wrong)]
    path.write_text("\n".join(["sku,category,mass_g", *lines, "#1,t_shirt,180", ""]))
    expected = [[at, "mass_g", text, "C015", "warning"] for at, text in enumerate(wrong, start=2)]
    frame = pd.DataFrame({"sku": ["A"], "category": ["t_shirt"], "mass_g": ["#REF!"]})
    batches = Stream(path, vocabulary, tmp_path / "parts", step=3, unsplit_bytes=0)
    batches.survey()
    parts = [batch.sheets(Limits()) for batch in batches]
    read_parts = [read_tables(sheets, vocabulary, context=context) for sheets, context in parts]
    streamed = pd.concat([part.problems for part in read_parts])
    for problems, told_cells in (
        (read(path, vocabulary).problems, expected),
        (streamed, expected),
        (read(frame, vocabulary).problems, [[2, "mass_g", "#REF!", "C015", "warning"]]),
    ):
        found = problems[["row", "column", "value", "code", "severity"]].values.tolist()
        assert found == told_cells
    assert read(path, vocabulary).skus["sku"].tolist()[-1] == "#1"


@pytest.mark.parametrize(
    ("name", "cell", "category", "code"),
    [
        ("华为手机壳", "手机配件", "other", "C018"),  # a case is no phone
        ("苹果手机充电器", "手机配件", "charger", "C018"),
        ("木椅", "", "chair", "C024"),
        ("苹果汁", "", "juice", "C024"),
        ("华为手机", "", "smartphone", "C024"),
    ],
)
def test_what_a_thing_is_stands_last_in_its_name(name, cell, category, code):
    goods = pd.DataFrame({"sku": ["A"], "name": [name], "category": [cell], "price": ["30 CNY"]})
    found = read(goods, Study().vocabulary)
    assert found.skus["category"].tolist() == [category]
    assert code in told(found)


def test_identities_are_what_the_workbook_shows(vocabulary, tmp_path):
    path = tmp_path / "goods.xlsx"
    body = "".join(
        f'<row r="{at}">{cell}{_text(f"B{at}", "t_shirt")}<c r="C{at}"><v>180</v></c></row>'
        for at, cell in enumerate(
            [
                '<c r="A2"><v>3601234567890122753</v></c>',
                '<c r="A3"><v>3601234567890122754</v></c>',
                '<c r="A4" s="1"><v>123</v></c>',
                '<c r="A5" t="b"><v>1</v></c>',
                '<c r="A6"><v>3.60123456789e+18</v></c>',
            ],
            start=2,
        )
    )
    styles = (
        '<numFmts count="1"><numFmt numFmtId="170" formatCode="00000"/></numFmts>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
    )
    _workbook(path, HEAD + body, styles)
    found = read(path, vocabulary)
    assert found.skus["sku"].tolist() == [
        "3601234567890122753",
        "3601234567890122754",
        "00123",
        "TRUE",
        "3.60123456789e+18",
    ]
    assert told(found) == ["C014"]


def test_a_hidden_sheet_is_told_apart(vocabulary, tmp_path):
    path = tmp_path / "goods.xlsx"
    row = f'<row r="2">{_text("A2", "T1")}{_text("B2", "t_shirt")}<c r="C2"><v>180</v></c></row>'
    old = row.replace("T1", "OLD")
    _workbook(path, HEAD + row, hidden=HEAD + old)
    found = read(path, vocabulary)
    assert found.skus["sku"].tolist() == ["T1"]
    assert told(found) == ["C016"]


def test_the_second_of_two_header_rows_is_the_header(vocabulary, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text(
        "基本信息,,,重量,,包装\n商品编码,商品名称,类目,净重(g),毛重(g),包装\nT1,短袖,T恤,180,230,快递袋\n",
        encoding="utf-8",
    )
    found = read(path, vocabulary)
    assert found.skus[["sku", "mass_kg"]].values.tolist() == [["T1", 0.18]]
    assert found.packaging["item"].tolist() == ["courier_bag"]


def test_folders_skip_locks_and_tell_what_their_names_say(vocabulary, tmp_path):
    folder = tmp_path / "shop" / "merchant=%E6%97%97%E8%88%B0%2F1"
    folder.mkdir(parents=True)
    goods = "sku,category,mass_g\nA1,t_shirt,180\n"
    (folder / "goods.csv").write_text(goods, encoding="utf-8")
    (tmp_path / "shop" / "~$goods.xlsx").write_bytes(b"lock")
    found = read(tmp_path / "shop", vocabulary)
    assert found.skus[["sku", "merchant"]].values.tolist() == [["A1", "旗舰/1"]]


def test_equal_sheets_of_a_ledger_are_one_table(tmp_path):
    path = tmp_path / "sales.xlsx"
    with pd.ExcelWriter(path) as writer:
        for month in (7, 8, 9):
            pd.DataFrame(
                {"sku": ["A"], "units": [month], "revenue": [10], "date": [f"2026-0{month}-01"]}
            ).to_excel(writer, sheet_name=f"{month}月", index=False)
    sales = read_ledger(path, "sales")
    assert sales.frame["units"].tolist() == [7, 8, 9]


def test_sessions_are_compared_by_one_folded_key(vocabulary):
    columns = {
        "mass_g": [180, 180],
        "price": [100, 100],
        "units_sold": [100, 100],
        "session_kwh": [100, 100],
        "return_rate": ["0%", "0%"],
    }
    for names in (["20261111", "20261111.0"], ["S1", "s1"]):
        assert len(rows(vocabulary, session=names, **columns).sessions) == 1
    shops = rows(vocabulary, session=["1", "1"], merchant=["甲店", "乙店"], **columns)
    assert len(shops.sessions) == 2


# net contents ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "text", "kg", "code"),
    [
        ("beverage", "250ml*6瓶", 1.545, "C119"),
        ("edible_oil", "5L", 4.6, "C119"),
        ("snacks", "200g*6包", 1.2, ""),
        ("snacks", "约200g", 0.2, ""),
        ("fresh_fruit", "150-180g", 0.18, "C118"),
        ("rice", "净含量：5kg/袋", 5.0, ""),
        ("stationery", "12支", None, "C120"),
        ("kettle", "1.7L", None, "C105"),
    ],
)
def test_net_contents(vocabulary, category, text, kg, code):
    found = rows(vocabulary, category=[category], mass=[text])
    mass = found.skus["mass_kg"].iloc[0]
    assert np.isnan(mass) if kg is None else mass == pytest.approx(kg)
    assert code in told(found) or code == ""


# identities and impossible numbers ---------------------------------------------------------------


def test_a_sku_is_printed_as_written_and_compared_by_one_key(vocabulary):
    frame = pd.DataFrame({"sku": ["A™", "16½", "X²", "（甲）", "Ａ1\u200b", "A1"]})
    found = read(frame.assign(category="t_shirt", mass="oops"), vocabulary)
    assert found.skus["sku"].tolist() == ["A™", "16½", "X²", "（甲）", "A1", "A1"]
    assert found.problems.loc[found.problems["code"] == "C008", "sku"].tolist() == ["A1"]
    assert set(found.problems["sku"]) == set(found.skus["sku"])
    assert found.select(["（甲）", "Ａ1"]).skus["sku"].tolist() == ["（甲）", "A1"]


def test_lines_of_a_sku_are_found_by_its_key(vocabulary):
    goods = pd.DataFrame({"sku": ["A™", "X²"], "category": "t_shirt"})
    lines = pd.DataFrame({"sku": ["ATM", "X²"], "material": ["cotton", "mithril"], "share": "100%"})
    found = read(goods, vocabulary, materials=lines)
    assert found.materials["row"].tolist() == [0]
    assert found.problems["sku"].tolist() == ["X²"]


def test_a_ledger_knows_the_sku_as_the_catalogue_prints_it():
    waybills = pd.DataFrame({"sku": ["A™", "（甲）", "Ａ1 "], "mode": "truck"})
    ledger = read_ledger(waybills.assign(units="1", parcel_mass="1 kg"), "waybills")
    assert ledger.frame["sku"].astype(str).tolist() == ["A™", "（甲）", "A1"]


@pytest.mark.parametrize(
    ("written", "number", "code"),
    [
        ("6901234567892", "6901234567892", None),
        ("690 1234 567892", "6901234567892", "C019"),
        ("690-1234-567892", "6901234567892", "C019"),
        ("6901234567892.0", "6901234567892", "C019"),
        ("36000291452", "036000291452", "C019"),
        ("6901234567893", "6901234567893", "C020"),
        ("own-17", "own-17", "C020"),
    ],
)
def test_a_barcode_is_mended_or_left_out_and_told(vocabulary, written, number, code):
    found = rows(vocabulary, gtin=[written, None])
    assert found.skus["gtin"].fillna("").tolist() == [number or "", ""]
    assert told(found) == ([code] if code else [])
    assert not found.skus["failed"].any()


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("packaging", "courier bag 0 g", "C112"),
        ("transport", "truck 0 km", "C112"),
        ("transport", "汽运0公里", "C112"),
        ("session_kwh", "5000000 kWh", "C122"),
        ("units_per_parcel", "1000000", "C122"),
        ("units_sold", "5e12", "C122"),
    ],
)
def test_what_cannot_be_counts_as_never_filled(vocabulary, column, cell, code):
    found = rows(vocabulary, **{column: [cell, None]})
    assert told(found, "warning") == [code]
    assert not found.skus["failed"].any()
    numbers = found.skus.select_dtypes("number").drop(columns="line")
    pd.testing.assert_series_equal(numbers.iloc[0], numbers.iloc[1], check_names=False)
    assert found.packaging["mass_kg"].isna().all()
    assert found.legs["km"].isna().all()
