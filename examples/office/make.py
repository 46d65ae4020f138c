"""Write the example ledgers for a tax office: sales of two quarters, and certificates.

The goods of the base year are heavier wrapped and fly more often; a few lines hold the conflicts
that a dossier has to settle.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from carbon.study import Study

HERE = Path(__file__).resolve().parent
SKUS = 60
PAYERS = ("91330100EXAMPLE01X", "91440300EXAMPLE02K", "91310000EXAMPLE03M")
FOOD = 0.09


def main() -> None:
    """Write the files."""
    random = np.random.default_rng(2026)
    whole = pd.read_csv(HERE.parent / "catalogue.csv", dtype=str, keep_default_na=False)
    filled = Study().catalogue(HERE.parent / "catalogue.csv").skus
    categories = filled["category"].astype(str)
    whole = whole[pd.to_numeric(whole["售价"], errors="coerce").notna()]
    chosen = whole.iloc[:: max(len(whole) // SKUS, 1)].head(SKUS)
    group = categories.iloc[chosen.index]
    rate = np.where(group.str.contains("fruit|berr|veget|seafood|meat|rice|tea"), FOOD, 0.13)
    price = pd.to_numeric(chosen["售价"]).to_numpy()
    payer = np.array(PAYERS)[np.arange(SKUS) % 3]
    sent_back = filled["return_rate"].iloc[chosen.index].to_numpy(dtype=np.float64)
    goods = chosen["商品编码"].to_numpy()
    now = ledger(random, goods, price, rate, payer, 2026, sent_back)
    before = ledger(random, goods[:55], price * 0.97, rate, payer, 2025, sent_back * 1.15)
    conflicts(now)
    pd.concat(now).to_csv(HERE / "sales-2026Q3.csv", index=False, lineterminator="\n")
    pd.concat(before).to_csv(HERE / "sales-2025Q3.csv", index=False, lineterminator="\n")
    old = chosen.head(55).copy()
    old["净重(克)"] = (filled["mass_kg"].iloc[old.index] * 1040).round(1).astype(str)
    wrapping = old["包装"].str.replace(
        r"([0-9.]+)克", lambda found: f"{float(found[1]) * 1.3:.2f}克", regex=True
    )
    old["包装"] = wrapping
    road = old["运输"].str.contains("陆运 100%")
    old.loc[road, "运输"] = old.loc[road, "运输"].str.replace("陆运 100%:", "陆运 70%:") + (
        "; 空运 30%: 货车80公里, 飞机1200公里, 厢式货车（柴油）20公里"
    )
    old["退货率"] = (sent_back[:55] * 115).round(1).astype(str)
    old["退货率"] += "%"
    old.to_csv(HERE / "catalogue-2025.csv", index=False, lineterminator="\n")
    verified = pd.DataFrame(
        {
            "sku": chosen["商品编码"].iloc[::4],
            "certificate": [f"PCF-2026-{number:04d}" for number in range(1, 16)],
            "verifier": "示例核查机构",
            "valid_from": "2026-01-01",
            "valid_to": ["2027-12-31"] * 14 + ["2026-08-31"],
        }
    )
    verified.to_csv(HERE / "verifications.csv", index=False, lineterminator="\n")


def ledger(
    random: np.random.Generator,
    skus: np.ndarray,
    price: np.ndarray,
    rate: np.ndarray,
    payer: np.ndarray,
    year: int,
    sent_back: np.ndarray,
) -> list[pd.DataFrame]:
    """Three lines a SKU, each with its returns: what the catalogue of the year tells, no more."""
    parts = []
    for month in (7, 8, 9):
        units = random.integers(5, 60, len(skus))
        back = np.floor(units * sent_back[: len(skus)]).astype(int)
        fen = np.round(price[: len(skus)] * 100).astype(int)
        day = random.integers(1, 29, len(skus))
        parts.append(
            pd.DataFrame(
                {
                    "流水号": [f"E-{year}{month:02d}-{at:04d}" for at in range(len(skus))],
                    "纳税人": payer[: len(skus)],
                    "直播间": [f"room-{at % 5 + 1:02d}" for at in range(len(skus))],
                    "商品编码": skus,
                    "件数": units,
                    "销售额": [f"{one / 100:.2f}" for one in units * fen],
                    "币种": "CNY",
                    "退货件数": back,
                    "退款金额": [f"{one / 100:.2f}" for one in back * fen],
                    "税率": [f"{one:.0%}" for one in rate[: len(skus)]],
                    "日期": [f"{year}-{month:02d}-{one:02d}" for one in day],
                    "退款日期": "",
                    "销售类目": "",
                }
            )
        )
    return parts


def conflicts(parts: list[pd.DataFrame]) -> None:
    """Lines that a dossier has to settle, at the end of the ledger."""
    last = parts[-1]
    seventh, eighth = (last.iloc[at].to_dict() for at in (6, 7))
    template = last.iloc[0].to_dict()
    empty = {"退货件数": 0, "退款金额": "0.00"}
    told = [
        {**last.iloc[3].to_dict()},  # twice
        {**last.iloc[4].to_dict(), "直播间": "room-99"},  # one entry in two rooms
        {**template, "流水号": "X-1", "币种": "USD"},
        {**template, "流水号": "X-2", "商品编码": "NOT-IN-CATALOGUE", **empty},
        {**template, "流水号": "X-3", "日期": "2026-10-01"},
        # sold before the period, sent back in it; and the other way round
        {**template, "流水号": "X-4", "日期": "2026-06-28", "退款日期": "2026-07-03"},
        {**template, "流水号": "X-5", "日期": "2026-09-28", "退款日期": "2026-10-03"},
        {**seventh, "流水号": "X-6", "税率": "6%"},
        {**eighth, "流水号": "X-7", "销售类目": "图书"},
        {**eighth, "流水号": "X-8", "销售类目": "礼品"},
    ]
    parts.append(pd.DataFrame(told))


if __name__ == "__main__":
    sys.exit(main())
