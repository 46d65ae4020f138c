# ruff: noqa: E501, SIM905 - headers stand as the programs write them, in one line
"""Raw exports of shop programs, as rows of cells: what each writes above, between and beside.

Each is ``(rows, skus)``: the SKUs are those of goods, in their order; rows of pictures, products
with variants, labels and help are none.
"""

from __future__ import annotations

from collections.abc import Callable

CHINESE = [
    "2026夏季新款纯棉短袖T恤女宽松百搭上衣",
    "男士牛仔裤直筒宽松春秋款长裤子",
    "无线蓝牙耳机入耳式降噪运动跑步",
    "加厚羽绒服女中长款冬季外套",
    "真皮女包单肩包斜挎小方包",
    "老爹鞋女秋冬透气运动鞋",
    "304不锈钢保温杯大容量便携",
    "法式碎花连衣裙夏收腰显瘦长裙",
    "东北五常大米5kg稻花香新米",
    "补水保湿面霜女学生滋润秋冬",
    "儿童积木拼装玩具益智6岁",
    "手工定制小众摆件",
]
ENGLISH = [
    "Organic Cotton T-Shirt",
    "Slim Fit Denim Jeans",
    "Wireless Bluetooth Headphones",
    "Leather Crossbody Handbag",
    "Women's Running Shoes",
    "Stainless Steel Vacuum Flask 500ml",
    "Floral Summer Dress",
    "Kids Building Blocks",
    "Moisturizing Face Cream",
    "Down Jacket with Hood",
    "Wool Scarf",
    "The Sunday Edit",
]
Export = tuple[list[list[str]], list[str]]
EXPORTS: dict[str, Callable[[], Export]] = {}


def export(function: Callable[[], Export]) -> Callable[[], Export]:
    EXPORTS[function.__name__] = function
    return function


def table(
    heads: list[str],
    titles: list[str],
    row: Callable[[int, str], list[list[str]]],
    *above: list[str],
) -> list[list[str]]:
    rows = [each for at, title in enumerate(titles) for each in row(at, title)]
    return [*above, heads, *rows]


@export
def shopify() -> Export:
    heads = "Handle|Title|Body (HTML)|Vendor|Product Category|Type|Tags|Published|Option1 Name|Option1 Value|Variant SKU|Variant Grams|Variant Inventory Qty|Variant Price|Variant Barcode|Image Src|Image Position|Status".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        handle = title.lower().replace(" ", "-")
        return [
            [handle, title, "<p>Nice</p>", "Acme", "", "", "new", "true", "Size", "S", f"SH{at}-S", "0", "25", "29.00", "", "https://a/a.jpg", "1", "active"],
            [handle, *[""] * 8, "M", f"SH{at}-M", "0", "0", "29.00", "", "https://a/b.jpg", "2", ""],
            [handle, *[""] * 14, "https://a/c.jpg", "3", ""],
        ]  # fmt: skip

    return table(heads, ENGLISH, row), [f"SH{at}-{size}" for at in range(12) for size in "SM"]


@export
def woocommerce() -> Export:
    heads = "ID|Type|SKU|Name|Published|Is featured?|Short description|In stock?|Stock|Weight (kg)|Regular price|Categories|Images|Parent|Attribute 1 name|Attribute 1 value(s)".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        if at % 2:
            return [
                [
                    f"{at}",
                    "simple",
                    f"WC{at}",
                    title,
                    "1",
                    "0",
                    "",
                    "1",
                    "9",
                    "",
                    "19",
                    "",
                    "",
                    "",
                    "",
                    "",
                ]
            ]
        parent, child = f"{100 + at}", f"{200 + at}"
        return [
            [parent, "variable", f"P{at}", title, "1", "0", "", "1", "", "", "", "", "u", "", "Size", "S, M"],
            [child, "variation", f"WC{at}", f"{title} - S", "1", "0", "", "1", "5", "", "19", "", "", f"P{at}", "Size", "S"],
        ]  # fmt: skip

    return table(heads, ENGLISH, row), [f"WC{at}" for at in range(12)]


@export
def taobao() -> Export:
    heads = "宝贝名称|宝贝类目|店铺类目|新旧程度|省|城市|出售方式|宝贝价格|宝贝数量|有效期|运费承担|宝贝描述|商家编码|物流体积|物流重量".split(
        "|"
    )
    names = "title|cid|seller_cids|stuff_status|location_state|location_city|item_type|price|num|valid_thru|freight_payer|description|outer_id|item_size|item_weight".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        return [
            [
                title,
                "50010850",
                "",
                "1",
                "浙江",
                "杭州",
                "1",
                "59.00",
                "200",
                "7",
                "2",
                "<p>",
                f"TB{at}",
                "",
                "",
            ]
        ]

    rows = table(heads, CHINESE, row, ["version 1.00", *[""] * 14], names)
    return rows, [f"TB{at}" for at in range(12)]


@export
def jd() -> Export:
    heads = "商品编号|商品名称|SKU编号|商家SKU|三级类目|京东价(元)|市场价(元)|库存数|商品状态|上架时间".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        return [
            [
                f"1000{at}",
                title,
                f"2000{at}",
                f"JD{at}",
                "",
                "59.00",
                "99.00",
                "88",
                "上架",
                "2026-01-02 10:00:00",
            ]
        ]

    return table(heads, CHINESE, row), [f"JD{at}" for at in range(12)]


@export
def pinduoduo() -> Export:
    heads = "商品ID|商品名称|商品类目|SKU ID|规格名称|规格编码|拼单价(元)|单买价(元)|库存|商品状态".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        return [
            [
                f"7{at}",
                title,
                "",
                f"8{at}{size}",
                size,
                f"PD{at}-{size}",
                "39.9",
                "49.9",
                "500",
                "在售中",
            ]
            for size in "SM"
        ]

    return table(heads, CHINESE, row), [f"PD{at}-{size}" for at in range(12) for size in "SM"]


@export
def douyin() -> Export:
    heads = "商品ID|商品名称|商品类目|商家编码|规格ID|规格|售价|库存|商品状态|创建时间".split("|")

    def row(at: int, title: str) -> list[list[str]]:
        return [
            [
                f"35{at}",
                title,
                "",
                f"DY{at}",
                f"17{at}",
                "均码",
                "79.00",
                "1000",
                "在售",
                "2026/3/1 12:00",
            ]
        ]

    return table(heads, CHINESE, row), [f"DY{at}" for at in range(12)]


@export
def kuaishou() -> Export:
    heads = "快手商品ID|商品标题|商品类目|SKU ID|SKU规格|SKU编码|SKU价格(元)|SKU库存|商品状态|累计销量".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        first = [
            f"21{at}",
            title,
            "",
            f"31{at}1",
            "红",
            f"KS{at}-1",
            "29.9",
            "300",
            "已上架",
            "1234",
        ]
        return [first, [f"21{at}", "", "", f"31{at}2", "蓝", f"KS{at}-2", "29.9", "0", "", ""]]

    return table(heads, CHINESE, row), [f"KS{at}-{n}" for at in range(12) for n in (1, 2)]


@export
def jushuitan() -> Export:
    heads = "图片|款式编码|商品编码|商品名称|商品简称|颜色规格|基本售价|成本价|重量|商品分类|品牌|国标码|库存数|商品状态".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        return [
            [
                "",
                f"K{at}",
                f"JST{at}",
                title,
                "",
                "黑;M",
                "99",
                "30",
                "",
                "",
                "无品牌",
                "",
                "12",
                "启用",
            ]
        ]

    total = ["合计", *[""] * 11, "144", ""]
    return [*table(heads, CHINESE, row), total], [f"JST{at}" for at in range(12)]


@export
def wangdian() -> Export:
    heads = "货品编号|货品名称|货品简称|商家编码|规格名称|货品分类|品牌|零售价|市场价|重量|库存|单位|主条码|修改时间".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        return [
            [
                f"H{at}",
                title,
                "",
                f"WD{at}",
                "默认",
                "",
                "",
                "59",
                "79",
                "",
                "30",
                "件",
                "",
                "2026-05-01",
            ]
        ]

    return table(heads, CHINESE, row), [f"WD{at}" for at in range(12)]


@export
def amazon() -> Export:
    template = [
        "TemplateType=fptcustom",
        "Version=2023.0101",
        "TemplateSignature=Q0xPVEhJTkc=",
        "The top 3 rows are for Amazon.com use only. Do not modify or delete the top 3 rows.",
        *[""] * 6,
    ]
    labels = "Product Type|Seller SKU|Brand Name|Product Name|Item Type Keyword|Standard Price|Quantity|Parentage|Parent SKU|Relationship Type".split(
        "|"
    )
    names = "feed_product_type|item_sku|brand_name|item_name|item_type|standard_price|quantity|parent_child|parent_sku|relationship_type".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        if at % 3:
            return [["clothing", f"AZ{at}", "Acme", title, "", "19.99", "40", "", "", ""]]
        return [
            ["clothing", f"AP{at}", "Acme", title, "", "", "", "parent", "", ""],
            ["clothing", f"AZ{at}", "Acme", f"{title} (Blue, M)", "", "19.99", "40", "child", f"AP{at}", "variation"],
        ]  # fmt: skip

    return table(names, ENGLISH, row, template, labels), [f"AZ{at}" for at in range(12)]


@export
def tiktok() -> Export:
    names = "category|brand|product_name|product_description|main_image|property_value_1|parcel_weight|parcel_length|price|quantity|seller_sku".split(
        "|"
    )
    labels = "Category|Brand|Product Name|Product Description|Main Image|Variation 1|Parcel Weight(g)|Parcel Length(cm)|Retail Price|Quantity|Seller SKU".split(
        "|"
    )
    needed = [
        "Mandatory",
        "Optional",
        "Mandatory",
        "Mandatory",
        "Mandatory",
        "Optional",
        "Mandatory",
        "Optional",
        "Mandatory",
        "Mandatory",
        "Optional",
    ]
    told = [
        "Select a category",
        "",
        "Enter a product name of 1 to 255 characters",
        "",
        "Use a public URL",
        "",
        "In grams",
        "",
        "Enter the price",
        "Enter the stock",
        "Your own code",
    ]

    def row(at: int, title: str) -> list[list[str]]:
        return [
            [
                "",
                "Acme",
                title,
                "<p>",
                "https://a/a.jpg",
                "Red",
                "350",
                "20",
                "12.5",
                "30",
                f"TT{at}",
            ]
        ]

    rows = table(names, ENGLISH, row)
    return [rows[0], labels, needed, told, *rows[1:]], [f"TT{at}" for at in range(12)]


@export
def shopee() -> Export:
    keys = "et_title_product_id|et_title_product_name|et_title_variation_id|et_title_variation_name|et_title_parent_sku|et_title_variation_sku|et_title_variation_price|et_title_variation_stock".split(
        "|"
    )
    labels = "Product ID|Product Name|Variation ID|Variation Name|Parent SKU|SKU|Price|Stock".split(
        "|"
    )
    needed = [
        "Not editable",
        "Not editable",
        "Not editable",
        "Not editable",
        "Optional",
        "Optional",
        "Required",
        "Required",
    ]

    def row(at: int, title: str) -> list[list[str]]:
        return [[f"9{at}", title, f"91{at}", "Red", "", f"SP{at}", "15.00", "100"]]

    rows = table(keys, ENGLISH, row)
    return [rows[0], labels, needed, *rows[1:]], [f"SP{at}" for at in range(12)]


@export
def lazada() -> Export:
    heads = "Product ID|Product Name|PrimaryCategory|SellerSKU|ShopSKU|Price|SpecialPrice|quantity|Package Weight (kg)|MainImage|Status".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        first = [
            f"5{at}",
            title,
            "",
            f"LZ{at}-1",
            f"s{at}1",
            "20",
            "",
            "9",
            "0.4",
            "https://a",
            "active",
        ]
        return [
            first,
            [f"5{at}", "", "", f"LZ{at}-2", f"s{at}2", "20", "", "3", "0.4", "", "active"],
        ]

    return table(heads, ENGLISH, row), [f"LZ{at}-{n}" for at in range(12) for n in (1, 2)]


@export
def odoo() -> Export:
    heads = "External ID|Internal Reference|Name|Product Category|Sales Price|Cost|Quantity On Hand|Weight|Barcode|Unit of Measure".split(
        "|"
    )

    def row(at: int, title: str) -> list[list[str]]:
        return [
            [
                f"__export__.p{at}",
                f"OD{at}",
                title,
                "All",
                "25.0",
                "10.0",
                "14.0",
                "0.0",
                "",
                "Units",
            ]
        ]

    return table(heads, ENGLISH, row), [f"OD{at}" for at in range(12)]
