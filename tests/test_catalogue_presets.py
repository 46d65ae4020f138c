"""Exports of shop programs: recognised by their headers, told, and read as goods."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from exports import CHINESE, ENGLISH, EXPORTS

from carbon import Study
from carbon.base.errors import CatalogueError
from carbon.catalogue.files import open_sheets
from carbon.catalogue.presets import as_goods, presets, recognised
from carbon.catalogue.read import read
from carbon.catalogue.schema import Limits

TITLES = {
    "taobao": [
        "2026夏季新款纯棉短袖T恤女宽松百搭上衣",
        "男士牛仔裤直筒宽松春秋款长裤子",
        "无线蓝牙耳机入耳式降噪运动跑步",
        "加厚羽绒服女中长款冬季外套",
        "真皮女包单肩包斜挎小方包",
        "老爹鞋女秋冬透气运动鞋",
        "304不锈钢保温杯大容量便携水杯",
        "法式碎花连衣裙夏收腰显瘦长裙",
        "东北五常大米5kg稻花香新米",
        "补水保湿面霜女学生滋润秋冬",
        "儿童积木拼装玩具益智6岁",
        "四件套全棉床上用品被套床单",
        "手工定制小众摆件",
        "婴儿纸尿裤L码超薄透气",
        "洗衣液深层洁净2kg瓶装",
    ],
    "shopify": [
        "Organic Cotton T-Shirt",
        "Slim Fit Denim Jeans",
        "Wireless Bluetooth Headphones",
        "Leather Crossbody Handbag",
        "Women's Running Shoes",
        "Stainless Steel Water Bottle 500ml",
        "Floral Summer Dress",
        "Kids Wooden Building Blocks Toy",
        "Ceramic Coffee Mug",
        "Moisturizing Face Cream",
        "Down Jacket with Hood",
        "Wool Scarf",
        "The Sunday Edit",
        "Laptop Backpack",
        "Knitted Merino Sweater",
    ],
}


@pytest.fixture(scope="module")
def study():
    return Study()


def shopify(titles=TITLES["shopify"]):
    """A raw export: two variants and a picture a product, told only in its first row."""
    rows = []
    for number, title in enumerate(titles):
        handle = title.lower().replace(" ", "-")
        for size, told in (("S", True), ("M", False)):
            rows.append(
                {
                    "Handle": handle,
                    "Title": title if told else "",
                    "Body (HTML)": "<p>Nice</p>" if told else "",
                    "Vendor": "Acme" if told else "",
                    "Product Category": "",
                    "Type": "",
                    "Tags": "new",
                    "Published": "true",
                    "Option1 Name": "Size",
                    "Option1 Value": size,
                    "Variant SKU": f"SH-{number}-{size}" if number % 3 else "",
                    "Variant Grams": "0",
                    "Variant Inventory Qty": "25",
                    "Variant Price": "29.00",
                    "Variant Barcode": "",
                    "Image Src": "https://example.com/a.jpg",
                    "Status": "active",
                }
            )
        rows.append({"Handle": handle, "Image Src": "https://example.com/b.jpg"})
    return pd.DataFrame(rows).fillna("")


def taobao(titles=TITLES["taobao"]):
    return pd.DataFrame(
        {
            "宝贝名称": titles,
            "宝贝类目": "50010850",
            "店铺类目": "",
            "新旧程度": "1",
            "宝贝价格": "59.00",
            "宝贝数量": "200",
            "商家编码": [f"TB{at:03}" for at in range(len(titles))],
        }
    )


@pytest.mark.parametrize(("export", "name"), [(shopify, "shopify"), (taobao, "taobao")])
def test_most_rows_of_a_raw_export_reach_an_estimate_without_a_letter(study, export, name):
    goods = study.catalogue(export())
    assert goods.problems["code"].eq("C022").sum() == 1
    assert goods.skus["units_sold"].isna().all()  # a stock is no sale
    estimated = ~goods.skus["failed"].to_numpy(dtype=bool)
    assert estimated.mean() >= 0.8
    assert goods.skus.loc[estimated, "problem"].str.contains("C024").all()
    graded = study.grades(goods, draws=50)
    assert not graded["state"].isin(["sure", "range"]).any()
    assert (study.footprints(goods).total[estimated] > 0).all()


@pytest.mark.parametrize("name", EXPORTS)
def test_raw_exports_of_every_program_are_understood(study, tmp_path, name):
    rows, skus = EXPORTS[name]()
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    goods = study.catalogue(path)
    told = goods.problems
    assert told.loc[told["code"] == "C022", "value"].tolist() == [name]
    assert goods.skus["sku"].tolist() == skus
    titles = CHINESE if goods.skus["name"].iloc[0] in CHINESE else ENGLISH
    assert goods.skus["name"].notna().all()
    assert all(any(title in said for title in titles) for said in goods.skus["name"])
    assert goods.skus["units_sold"].isna().all()
    assert goods.skus["price"].notna().all()
    assert not goods.skus["sku"].duplicated().any()
    estimated = ~goods.skus["failed"].to_numpy(dtype=bool)
    assert estimated.mean() >= 0.8
    assert set(told.loc[told["severity"] == "error", "code"]) <= {"C010", "C017"}


def test_pictures_go_and_variants_take_what_their_product_tells(study):
    goods = study.catalogue(shopify(["Organic Cotton T-Shirt"]))
    assert goods.skus["sku"].tolist() == ["organic-cotton-t-shirt/S", "organic-cotton-t-shirt/M"]
    assert goods.skus["category"].tolist() == ["t_shirt", "t_shirt"]
    assert goods.skus["merchant"].tolist() == ["Acme", "Acme"]
    assert goods.problems.loc[goods.problems["code"] == "C023", "value"].tolist() == ["1"]
    assert goods.skus["line"].tolist() == [2, 3]


def test_variations_inherit_and_products_with_variations_are_no_goods(study):
    frame = pd.DataFrame(
        {
            "ID": ["10", "11", "12", "13"],
            "Type": ["variable", "variation", "variation", "simple"],
            "SKU": ["TEE", "TEE-S", "", "MUG"],
            "Name": ["Cotton T-Shirt", "", "Cotton T-Shirt - M", "Ceramic mug"],
            "Regular price": ["", "19", "19", "9"],
            "Categories": ["Clothing > T-Shirts", "", "", ""],
            "Parent": ["", "TEE", "id:10", ""],
            "Weight (kg)": ["", "0.18", "0.2", ""],
            "Stock": ["", "5", "6", "7"],
        }
    )
    goods = study.catalogue(frame)
    assert goods.skus["sku"].tolist() == ["TEE-S", "12", "MUG"]
    assert goods.skus["category"].astype(str).tolist()[:2] == ["t_shirt", "t_shirt"]
    assert goods.skus["mass_kg"].tolist()[:2] == [0.18, 0.2]
    assert goods.skus["units_sold"].isna().all()


def test_problems_of_an_export_name_its_own_headers(study: Study) -> None:
    text = (
        "Handle,Title,Type,Variant SKU,Variant Grams,Variant Price\n"
        "a,Shirt,t_shirt,T1,heavy,12\nb,Shirt,t_shirt,T2,180,12\n"
    )
    goods = study.catalogue(text)
    told = goods.problems[goods.problems["row"].notna()]
    assert told[["row", "column", "value"]].values.tolist() == [[2, "Variant Grams", "heavy"]]
    known = dict(zip(goods.headers["source"], goods.headers["column"], strict=True))
    assert known == {
        "Variant SKU": "sku", "Title": "name", "Type": "category", "Variant Price": "price",
        "Variant Grams": "mass",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(presets()))
def test_each_preset_knows_its_own_headers_and_no_catalogue(study, name):
    preset = presets()[name]
    sources = [source for sources in preset.columns.values() for source in sources[:1]]
    for needed in preset.recognise:
        headers = list(dict.fromkeys([*needed, *sources]))
        frame = pd.DataFrame([dict.fromkeys(headers, "x")])
        assert recognised(headers).name == name
        sheet = open_sheets(frame, Limits())[0][1]
        goods = as_goods(sheet, replace(study.vocabulary, preset=name))
        assert ("C022", name) in {(fault.code, fault.text) for fault in goods.faults}
        assert {"sku", "name", "category"} <= set(goods.headers)
    assert preset.title.keys() == {"en", "zh"}
    assert recognised(["商品编码", "类目", "商品名称", "净重(克)"]) is None


def test_a_preset_is_overridden(study):
    frame = shopify(["Organic Cotton T-Shirt"])
    with pytest.raises(CatalogueError, match=r"C005|C006"):
        read(frame, replace(study.vocabulary, preset="none"))
    with pytest.raises(CatalogueError, match="C026"):
        read(frame, replace(study.vocabulary, preset="wish"))


def test_a_column_that_the_merchant_added_is_read_too(study):
    frame = shopify(["Organic Cotton T-Shirt"]).assign(材质="棉95%; 氨纶5%", category="dress")
    goods = study.catalogue(frame)
    assert goods.skus["category"].astype(str).unique().tolist() == ["dress"]
    assert len(goods.materials) == 4


def test_a_header_without_rows_says_so(study, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("sku,category\n")
    goods = read(path, study.vocabulary)
    assert goods.problems["code"].tolist() == ["C021"]
    assert goods.problems["severity"].tolist() == ["error"]


def test_pieces_of_a_large_export_are_read_together(study, tmp_path):
    from carbon.catalogue.stream import Stream

    path = tmp_path / "shopify.csv"
    shopify().to_csv(path, index=False)
    stream = Stream(path, study.vocabulary, tmp_path, step=4, unsplit_bytes=0)
    skus = [
        sku for batch in stream for sku in batch.sheets(Limits())[0]["skus"].columns[0].to_pylist()
    ]
    whole = as_goods_of(path, study)
    assert skus == whole
    assert len(np.unique(skus)) == 2 * len(TITLES["shopify"])


def as_goods_of(path, study):
    sheet = as_goods(open_sheets(path, Limits())[0][1], study.vocabulary)
    return sheet.columns[sheet.headers.index("sku")].to_pylist()


def test_check_tells_a_summary_and_a_copy_that_can_be_fed_back(study, tmp_path):
    from click.testing import CliRunner
    from openpyxl import load_workbook

    from carbon.cli.main import main

    source, copy = tmp_path / "shop.csv", tmp_path / "check.xlsx"
    frame = shopify().assign(材质="")
    frame.loc[0, "材质"] = "mithril 100%"
    frame.to_csv(source, index=False)
    told = CliRunner().invoke(main, ["check", str(source), "-o", str(copy), "--lang", "zh"])
    assert told.exit_code == 1
    first = told.output.splitlines()
    assert first[0].startswith("shop.csv：读取 30 个商品，其中 2 个未计算")
    assert "Shopify" in first[1]
    assert "mithril 1" in told.output
    assert told.output.index("净重：") < told.output.index("材质：")

    page = load_workbook(copy).worksheets[0]
    heads = [cell.value for cell in page[1]]
    assert heads[: frame.shape[1]] == list(frame.columns)
    cell = page.cell(2, heads.index("材质") + 1)
    assert cell.fill.start_color.rgb == "FFFFF2B3"  # left open, and the SKU goes on
    assert "C201" in cell.comment.text
    assert "材质无法识别" in cell.comment.text
    yellow = page.cell(2, heads.index("Variant Grams") + 1)
    assert yellow.fill.start_color.rgb == "FFFFF2B3"
    assert page.cell(2, heads.index("category") + 1).value is None  # confirmed by the merchant only
    assert page.cell(2, heads.index("category") + 2).value == "T恤"
    assert page.data_validations.dataValidation

    again, before = study.catalogue(copy), study.catalogue(source)
    pd.testing.assert_series_equal(again.skus["category"], before.skus["category"])
    assert again.skus["sku"].tolist() == before.skus["sku"].tolist()
    assert again.skus["line"].tolist() == before.skus["line"].tolist()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_cell_is_mended_by_choosing_from_its_list(study, tmp_path, lang):
    from openpyxl import load_workbook

    from carbon.run.check_sheet import write_check_sheet

    goods = pd.DataFrame(
        {
            "sku": ["A", "B", "C"],
            "category": ["t_shirt", "t_shrit", "t_shirt"],
            "materials": ["cottn 95%; 氨纶5%", "棉100%", "qzxv 100%"],
            "packaging": ["", "", "快递代 12g; 吊牌 3g"],
        }
    )
    source, copy = tmp_path / "goods.csv", tmp_path / "check.xlsx"
    goods.to_csv(source, index=False)
    before = study.catalogue(source)
    assert {"C010", "C201", "C211"} <= set(before.problems["code"])
    write_check_sheet(source, before, study.vocabulary, copy, lang)
    same = study.catalogue(copy)  # as it is; the sheets of choices and problems are told
    codes = sorted(set(same.problems["code"]) - {"C012"})
    assert codes == sorted(set(before.problems["code"]))
    assert same.skus["problem"].tolist() == before.skus["problem"].tolist()

    book = load_workbook(copy)
    page = book.worksheets[0]
    lists = {str(each.sqref): each.formula1 for each in page.data_validations.dataValidation}
    assert set(lists) == {"B2:B4", "C2", "C4", "D4"}

    def choices(cell):
        sheet, _, area = lists[cell].partition("!")
        return [row[0].value for row in book[sheet.strip("'")][area.replace("$", "")]]

    named = study.vocabulary.materials.set_index("material")["name_zh"]
    cotton = named["cotton"] if lang == "zh" else "cotton"
    assert choices("C2")[0] == f"{cotton} 95%; 氨纶5%"
    assert len(choices("C4")) == len(study.vocabulary.materials)  # nothing is like it
    page["B3"], page["C2"], page["C4"] = choices("B2:B4")[0], choices("C2")[0], choices("C4")[0]
    page["D4"] = choices("D4")[0]
    book.save(copy)
    mended = study.catalogue(copy)
    assert not set(mended.problems["code"]) & {"C010", "C201", "C211"}
    assert not mended.skus["failed"].any()


def test_the_template_shows_what_decides_most(tmp_path, study):
    from openpyxl import load_workbook

    from carbon.run.template_file import FIRST, write_template

    path = tmp_path / "t.xlsx"
    write_template(study.vocabulary, path, "zh")
    page = load_workbook(path).worksheets[0]
    heads = [cell.value for cell in page[1] if cell.value]
    assert heads[: len(FIRST)] == [
        *("商品编码", "商品名称", "类目", "净重(g)", "材质", "包装", "发货地", "收货地")
    ]
    hidden = {name for name, each in page.column_dimensions.items() if each.hidden}
    assert hidden
    assert not hidden & set("ABCDEFGH")
    assert len(page.data_validations.dataValidation) == 5
