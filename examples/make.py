"""Make the example catalogue from the archetypes of the edition: ``python examples/make.py``.

Eight SKUs a category, each varied from its archetype as follows, with a fixed seed; no brand, no
real product.

- mass: lognormal around the archetype's, GSD 1.15, kept inside the plausible bounds;
- materials: the archetype's shares, the first changed by up to 5 points;
- packaging: the archetype's pieces, masses ±20 %;
- transport: every third SKU states its chain, half of those fly a part of the units;
- return rate: beta around the archetype's; one SKU in eight leaves it to the default;
- one SKU in eight says only what it is: everything else is assumed.

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
    "mass_g": "净重(克)",
    "materials": "材质",
    "packaging": "包装",
    "origin": "发货地",
    "destination": "收货地",
    "transport": "运输",
    "return_rate": "退货率",
}


def main() -> None:
    """Write both forms."""
    random = np.random.default_rng(20261111)
    words = load_edition().vocabulary
    typical = words["archetype_parameters"].pivot_table(
        index="category", columns="parameter", values="value"
    )
    skus, materials, packaging, legs = [], [], [], []
    for category in words["categories"].itertuples():
        of = typical.loc[category.category]
        for i in range(EACH):
            sku = f"{category.category.upper()}-{i + 1:03d}"
            bare = i == EACH - 1
            mass = of["mass"] * random.lognormal(0, np.log(1.15))
            mass = float(np.clip(mass, of["mass_min"], of["mass_max"]))
            rate = of["return_rate"]
            drawn = float(random.beta(40 * rate + 1e-3, 40 * (1 - rate)))
            skus.append(
                {
                    "sku": sku,
                    "name": f"{category.name_zh}{STYLES[i]}",
                    "category": category.category,
                    "merchant": f"示例商家{random.integers(1, 13):02d}",
                    "price": "" if bare else str(int(random.integers(19, 999))),
                    "currency": "" if bare else "CNY",
                    "units_sold": "" if bare else str(int(random.integers(100, 20000))),
                    "mass_g": "" if bare else f"{mass * 1000:.1f}",
                    "origin": "" if bare else str(random.choice(PROVINCES)),
                    "destination": "" if bare else destinations(random),
                    "return_rate": "" if bare or i == EACH - 2 else f"{min(drawn, 0.9):.1%}",
                }
            )
            if not bare:
                materials += composition(
                    words["archetype_materials"], category.category, sku, random
                )
                packaging += wrapping(words["archetype_packaging"], category.category, sku, random)
            if i % 3 == 0:
                legs += chains(sku, random)
    chinese = {
        column: dict(zip(words[table][column], words[table]["name_zh"], strict=True))
        for table, column in (
            ("categories", "category"),
            ("materials", "material"),
            ("packaging_items", "item"),
            ("modes", "mode"),
        )
    }
    write(*(pd.DataFrame(rows) for rows in (skus, materials, packaging, legs)), chinese)


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
    table: pd.DataFrame, category: str, sku: str, random: np.random.Generator
) -> list[dict[str, str]]:
    """The archetype's packaging, masses within 20 %."""
    rows = table[table["category"] == category]
    return [
        {
            "sku": sku,
            "item": row.item,
            "mass_g": f"{row.mass_g * random.uniform(0.8, 1.2):.2f}",
            "trips": f"{row.trips:.0f}" if row.trips > 1 else "",
        }
        for row in rows.itertuples()
    ]


def chains(sku: str, random: np.random.Generator) -> list[dict[str, str]]:
    """One chain by road, or a part of the units by air."""
    trunk = float(random.integers(300, 2000))
    air = int(random.integers(0, 2)) * int(random.integers(2, 9)) * 10
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
    wide = wide[list(HEADERS)].rename(columns=HEADERS)
    wide.to_csv(HERE / "catalogue.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")


if __name__ == "__main__":
    main()
