"""Make the example catalogue from the archetypes of the edition: ``python examples/make.py``.

Eight SKUs a category, each varied from its archetype as follows, with a fixed seed; no brand, no
real product. It tells what merchants know, as they would.

- mass: lognormal around the archetype's, GSD 1.12, kept inside the plausible bounds;
- quantity: what the category is compared by (litres, sheets, pieces), near the archetype's per kg;
- materials: the archetype's shares, the first changed by up to 5 points;
- packaging: the archetype's pieces, masses ±20 %, larger for more by the edition's law;
- transport: the chain, by road, or a part of the units by air where the category flies, no
  shorter than is believed without a waybill;
- return rate and resale share: beta around the archetype's;
- where it is sent from: a province, shown by the waybill;
- energy in use: near the archetype's, by its label;
- price: between the bounds at which the category is sold;
- two merchants of three keep records and name them beside what was measured; the third only of
  what is better than in three goods of four;
- one SKU in eight leaves transport and returns to the default;
- one SKU of every eighth category says only what it is: everything else is assumed.

Written: ``catalogue.csv`` (one row a SKU, Chinese headers) and ``tidy/*.parquet`` (the same SKUs,
lines in tables of their own). Both give the same footprints.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from carbon.background.edition import load_edition

HERE = Path(__file__).resolve().parent
EACH = 8
SILENT = 8
"""One category in so many has a SKU of which nothing is told."""

CARELESS = 3
"""One merchant in so many keeps no records, but of what is better than three in four."""

PROVINCES = ("CN-ZJ", "CN-GD", "CN-JS", "CN-FJ", "CN-SD", "CN-HE", "CN-SC", "CN-HN")
BUYERS = ("CN-BJ", "CN-SH", "CN-GD", "CN-SC", "CN-HB", "CN-LN")
STYLES = ("基础款", "经典款", "轻便款", "加大款", "礼盒装", "家庭装", "新款", "限量款")
HEADERS = {
    "sku": "商品编码",
    "name": "商品名称",
    "category": "类目",
    "merchant": "商家",
    "price": "售价",
    "currency": "币种",
    "units_sold": "销量",
    "mass": "净重(克)",
    "quantity": "功能数量",
    "pack_count": "件数",
    "materials": "材质",
    "packaging": "包装",
    "origin": "发货地",
    "destination": "收货地",
    "transport": "运输",
    "return_rate": "退货率",
    "resale_share": "二次销售率",
    "energy_per_year": "年耗电",
}


RECORDED = "实测【{}】"
"""What stands beside a number of which a record is kept."""


def main() -> None:
    """Write both forms."""
    random = np.random.default_rng(20261111)
    edition = load_edition("2026.2")
    words, judging = edition.vocabulary, edition.judging
    typical = words["archetype_parameters"].pivot_table(
        index="category", columns="parameter", values="value"
    )
    compared = judging["functional_quantities"].set_index("category")
    prices = judging["price_bounds"].query("per == 'sales unit'").set_index("category")
    believed = judging["plausible_values"].set_index(["category", "parameter"])
    flown = judging["air_shares"].set_index("category")["middle"]
    skus, materials, packaging, legs = [], [], [], []
    # the goods of the first edition: enough to show every kind
    kinds = load_edition("2026.1").vocabulary["categories"]
    for number, category in enumerate(kinds.itertuples()):
        name = category.category
        of = typical.loc[name]
        for i in range(EACH):
            sku = f"{name.upper()}-{i + 1:03d}"
            if i == EACH - 1 and number % SILENT == 0:
                skus.append({"sku": sku, "name": category.name_zh + STYLES[i], "category": name})
                continue
            mass = of["mass"] * random.lognormal(0, np.log(1.12))
            mass = float(np.clip(mass, of["mass_min"], of["mass_max"]))
            merchant = int(random.integers(1, 13))
            recorded = RECORDED if merchant % CARELESS else ""
            light = mass < believed.loc[(name, "mass"), "declared_low"]
            untold = i == EACH - 2
            price = price_of(prices.loc[name], mass, compared.loc[name, "column"], random)
            quantity, pieces = content(compared.loc[name], mass / of["mass"], random)
            skus.append(
                {
                    "sku": sku,
                    "name": f"{category.name_zh}{STYLES[i]}",
                    "category": name,
                    "merchant": f"示例商家{merchant:02d}",
                    "price": price,
                    "currency": "CNY",
                    "units_sold": str(int(random.integers(100, 20000))),
                    "mass": f"{mass * 1000:.4g}"
                    + (RECORDED if light else recorded).format(f"称重单{sku}"),
                    "quantity": quantity,
                    "pack_count": pieces,
                    "origin": f"{random.choice(PROVINCES)}{RECORDED.format(f'运单{sku}')}",
                    "destination": destinations(random),
                    **({} if untold else returns(of, believed.loc[name], recorded, sku, random)),
                    **energy(of, sku, random),
                }
            )
            materials += composition(words["archetype_materials"], name, sku, random)
            # a pack that holds more is larger by the law of the edition
            law = (mass / of["mass"]) ** compared.loc[name, "packaging_exponent"]
            packaging += wrapping(words["archetype_packaging"], name, sku, law, random)
            if not untold:
                least = believed.loc[(name, "distance"), "declared_low"]
                legs += chains(sku, float(flown[name]), least, random)
    chinese = {
        column: dict(zip(words[table][column], words[table]["name_zh"], strict=True))
        for table, column in (
            ("categories", "category"),
            ("materials", "material"),
            ("packaging_items", "item"),
            ("modes", "mode"),
        )
    }
    chinese["material"]["silver"] = "925银"  # the bare word may be a colour
    write(*(pd.DataFrame(rows) for rows in (skus, materials, packaging, legs)), chinese)


def price_of(bounds: pd.Series, mass: float, column: str, random: np.random.Generator) -> str:
    """Near the middle of the bounds in the logarithm; of fine metal, by its mass."""
    if column == "fine_metal":
        each = 600 if bounds["low"] > 100 else 8
        return f"{mass * 1000 * each * random.uniform(1.1, 1.6):.0f}"
    middle = np.sqrt(bounds["low"] * bounds["high"])
    width = np.log(bounds["high"] / bounds["low"]) / 8
    price = middle * random.lognormal(0, width)
    return f"{price:.1f}" if price < 10 else f"{price:.0f}"


def content(row: pd.Series, ratio: float, random: np.random.Generator) -> tuple[str, str]:
    """Cells ``quantity`` and ``pack_count``: what the mass does not tell."""
    amount = row["usual"] * ratio * random.lognormal(0, 0.05)
    if row["column"] in ("volume", "capacity"):
        return f"{amount * 1000:.0f}毫升", ""
    if row["column"] == "sheets":
        return f"{amount * 100:.0f}抽", ""
    if row["column"] == "pieces" and row["usual"] > 1:
        return "", f"{max(round(amount), 1)}"
    return "", ""


def returns(
    of: pd.Series, believed: pd.DataFrame, recorded: str, sku: str, random: np.random.Generator
) -> dict[str, str]:
    """Return rate and resale share, beta around those of the archetype."""
    cells = {}
    for column in ("return_rate", "resale_share"):
        usual = min(of[column], 0.99)
        rate = min(float(random.beta(80 * usual + 1e-3, 80 * (1 - usual))), 0.9)
        low, high = believed.loc[column, ["declared_low", "declared_high"]]
        better = rate < low if column == "return_rate" else rate > high
        record = (RECORDED if better else recorded).format(f"台账{sku}")
        cells[column] = f"{rate:.1%}{record}"
    return cells


def energy(of: pd.Series, sku: str, random: np.random.Generator) -> dict[str, str]:
    """Energy of what takes energy in use, as its label says; how long it is kept nobody knows."""
    if not of["energy_per_year"] > 0:
        return {}
    told = f"{of['energy_per_year'] * random.lognormal(0, 0.1):.3g} kWh"
    return {"energy_per_year": told + RECORDED.format(f"能效标识{sku}")}


def destinations(random: np.random.Generator) -> str:
    """One place, or two with shares."""
    first, second = random.choice(BUYERS, 2, replace=False)
    share = int(random.integers(2, 9)) * 10
    return str(first) if share == 80 else f"{first} {share}%; {second} {100 - share}%"


def composition(
    table: pd.DataFrame, category: str, sku: str, random: np.random.Generator
) -> list[dict[str, str]]:
    """The archetype's materials; the first share moves by up to five points."""
    rows = table[table["category"] == category]
    shares = np.round(rows["share"].to_numpy() * 1000).astype(int)
    if len(shares) > 1:
        step = int(random.integers(-50, 51))
        step = max(min(step, int(shares[1]) - 10), 10 - int(shares[0]))
        shares[0] += step
        shares[1] -= step
    shares[0] += 1000 - shares.sum()
    return [
        {
            "sku": sku,
            "material": row.material,
            "share": f"{share / 10:.1f}%",
            "recycled": f"{row.recycled_share:.0%}" if row.recycled_share else "",
        }
        for row, share in zip(rows.itertuples(), shares, strict=True)
    ]


def wrapping(
    table: pd.DataFrame, category: str, sku: str, law: float, random: np.random.Generator
) -> list[dict[str, str]]:
    """The archetype's packaging for the quantity, masses within 20 %."""
    rows = table[table["category"] == category]
    return [
        {
            "sku": sku,
            "item": row.item,
            "mass_g": f"{row.mass_g * law * random.uniform(0.8, 1.2):.2f}",
            "trips": f"{row.trips:.0f}" if row.trips > 1 else "",
        }
        for row in rows.itertuples()
    ]


def chains(
    sku: str, flown: float, least: float, random: np.random.Generator
) -> list[dict[str, str]]:
    """One chain by road, or a part of the units by air, where the category flies."""
    trunk = max(float(random.integers(650, 2000)), float(np.ceil(least)))
    air = 5 * round(20 * flown * float(random.choice((0.5, 1.0, 1.5))))
    plans = {"road": ((100 - air), [("truck", trunk), ("van", 20.0)])}
    if air:
        flight = ("plane", round(trunk * 0.8 + 95))
        plans = {"air": (air, [("truck", 80.0), flight, ("van", 20.0)]), **plans}
    return [
        {
            "sku": sku,
            "chain": chain,
            "chain_share": f"{share}%",
            "position": str(position),
            "mode": mode,
            "distance_km": f"{km:g}",
        }
        for chain, (share, plan) in plans.items()
        for position, (mode, km) in enumerate(plan, start=1)
    ]


def write(
    skus: pd.DataFrame,
    materials: pd.DataFrame,
    packaging: pd.DataFrame,
    legs: pd.DataFrame,
    chinese: dict[str, dict[str, str]],
) -> None:
    """Write the tidy tables, and the wide one with compact cells in Chinese."""
    folder = HERE / "tidy"
    folder.mkdir(exist_ok=True)
    for name, table in (
        ("skus", skus),
        ("materials", materials),
        ("packaging", packaging),
        ("legs", legs),
    ):
        table.to_parquet(folder / f"{name}.parquet", index=False)
    recycled = materials["recycled"].where(
        materials["recycled"] == "", " 再生" + materials["recycled"]
    )
    cells = {
        "materials": (
            materials["material"].map(chinese["material"]) + " " + materials["share"] + recycled
        )
        .groupby(materials["sku"], sort=False)
        .agg("; ".join),
        "packaging": (
            packaging["item"].map(chinese["item"])
            + " "
            + packaging["mass_g"]
            + "克"
            + packaging["trips"].where(
                packaging["trips"] == "", " 循环" + packaging["trips"] + "次"
            )
        )
        .groupby(packaging["sku"], sort=False)
        .agg("; ".join),
    }
    leg = (legs["mode"].map(chinese["mode"]) + legs["distance_km"] + "公里").groupby(
        [legs["sku"], legs["chain"], legs["chain_share"]], sort=False
    )
    chain = leg.agg(", ".join).reset_index(name="text")
    name = chain["chain"].map({"air": "空运", "road": "陆运"})
    text = name + " " + chain["chain_share"] + ": " + chain["text"]
    cells["transport"] = text.groupby(chain["sku"], sort=False).agg(" | ".join)
    wide = skus.set_index("sku", drop=False)
    wide["category"] = wide["category"].map(chinese["category"])
    for name, column in cells.items():
        wide[name] = column.reindex(wide.index).fillna("")
    wide = wide.reindex(columns=list(HEADERS)).fillna("").rename(columns=HEADERS)
    wide.to_csv(HERE / "catalogue.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")


if __name__ == "__main__":
    main()
