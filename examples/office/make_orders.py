"""Make the example orders of a return-insurance pool: ``python examples/office/make_orders.py``.

Orders of 107 days for SKUs of the example catalogue, with a fixed seed; no real person or shop.

- merchant: that of the SKU; its return rate is beta around that of the SKU, worth 40 orders;
- premium: 10 CNY x the SKU's return rate x 1.2, to the fen; one order in twenty is not insured;
- freight of a return: gamma around 9.6 CNY; it is missing in one return out of fifty;
- one buyer sends back all of 24 orders, and one address 19 of 20 under four names.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
ROWS = 6_000
CATEGORIES = (
    "连衣裙",
    "衬衫",
    "裤子",
    "运动鞋",
    "皮鞋",
    "箱包",
    "面膜",
    "茶叶",
    "蓝牙耳机",
    "银饰",
)
REASONS = ("尺码不合", "质量问题", "与描述不符", "七天无理由", "发错货", "不喜欢")


def main() -> None:
    """Write orders.csv."""
    rng = np.random.default_rng(20260901)
    goods = pd.read_csv(HERE.parent / "catalogue.csv", encoding="utf-8-sig", dtype=str)
    goods = goods[goods["类目"].isin(CATEGORIES)].reset_index(drop=True)
    stated = pd.to_numeric(goods["退货率"].str.rstrip("%")).fillna(30.0).to_numpy() / 100
    rate = np.clip(stated, 0.02, 0.9)
    pairs, at = np.unique(goods["商家"] + goods["类目"], return_inverse=True)
    mean = np.bincount(at, rate) / np.bincount(at)
    own = rng.beta(mean * 40, (1 - mean) * 40)[at]
    popular = rng.dirichlet(np.full(len(goods), 0.7))
    pick = rng.choice(len(goods), ROWS, p=popular)
    buyer = rng.integers(0, 3_000, ROWS)
    address = buyer.copy()
    returned = rng.random(ROWS) < own[pick]
    buyer[:24], address[:24], returned[:24] = 9_001, 9_001, True
    buyer[30:50] = np.resize([9_101, 9_102, 9_103, 9_104], 20)
    address[30:50], returned[30:50] = 9_100, True
    returned[49] = False
    day = pd.to_datetime("2026-06-01") + pd.to_timedelta(rng.integers(0, 107, ROWS), unit="D")
    freight = np.round(rng.gamma(16, 0.6, ROWS), 2)
    told = returned & (rng.random(ROWS) > 0.02)
    premium = np.where(rng.random(ROWS) < 0.05, 0.0, np.round(12 * rate[pick], 2))
    table = pd.DataFrame(
        {
            "日期": day.strftime("%Y-%m-%d"),
            "商家": goods["商家"].to_numpy()[pick],
            "类目": goods["类目"].to_numpy()[pick],
            "商品编码": goods["商品编码"].to_numpy()[pick],
            "保费(元)": [f"{value:.2f}" for value in premium],
            "是否退货": np.where(returned, "是", "否"),
            "退货原因": np.where(returned, np.array(REASONS)[rng.integers(0, 6, ROWS)], ""),
            "退货运费(元)": [
                f"{value:.2f}" if kept else "" for value, kept in zip(freight, told, strict=True)
            ],
            "买家": [f"B-{number:05d}" for number in buyer],
            "收货地址": [f"A-{number:05d}" for number in address],
        }
    )
    table = table.iloc[rng.permutation(ROWS)].sort_values("日期", kind="stable")
    table.to_csv(HERE / "orders.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    print(f"{ROWS} orders of {len(pairs)} merchants by category")


if __name__ == "__main__":
    main()
