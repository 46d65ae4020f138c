"""Make the example platform from the example catalogue: ``python examples/platform/make.py``.

Fourteen rooms of the twelve merchants of ``examples/catalogue.csv`` in November 2026, three
sessions each, with a fixed seed; no brand, no real room. Rooms 1 to 4 sell what emits least in its
category and is told to go by road, and have certificates; the others sell whatever their merchant
has. On purpose:

- room-05 lists equipment instead of a meter;
- room-06 is of a blocked merchant;
- room-07 sold goods that the catalogue lacks;
- room-08 and room-09 name the same certificate;
- room-10 sold in the last days, so its returns are still open;
- room-11 makes a claim that nobody may make;
- room-12 has credits, but too old ones;
- room-13 has no session, room-14 sold nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from carbon.base.terms import PROVENANCES
from carbon.study import Study

HERE = Path(__file__).resolve().parent
ROOMS = 14
FIRST, LAST = np.datetime64("2026-11-01"), np.datetime64("2026-11-10")
PLACES = ("CN-ZJ", "CN-GD", "CN-JS", "CN-SC")
CAREFUL = 4


def main() -> None:
    """Write the tables."""
    random = np.random.default_rng(20261112)
    study = Study()
    catalogue = study.catalogue(HERE.parent / "catalogue.csv")
    skus = catalogue.skus.assign(ratio=study.grades(catalogue, draws=0)["ratio"])
    skus = skus[skus["price"].notna() & skus["ratio"].notna()]
    flies = catalogue.legs[catalogue.legs["mode"] == "plane"]["row"].unique()
    told = catalogue.provenance["transport"] == PROVENANCES.index("given")
    by_road = skus[~skus.index.isin(flies) & told[skus.index]].sort_values("ratio")
    merchants = sorted(skus["merchant"].unique())
    rooms, sessions, sales = [], [], []
    for number in range(1, ROOMS + 1):
        room = f"room-{number:02d}"
        merchant = merchants[(number - 1) % len(merchants)]
        own = skus[skus["merchant"] == merchant]
        chosen = by_road.iloc[(number - 1) * 8 : number * 8] if number <= CAREFUL else own[:24]
        rooms.append(
            {
                "直播间": room,
                "直播间名称": f"示例直播间{number:02d}",
                "宣传语": "零碳直播间，买了就环保" if number == 11 else "",
                "商家": merchant,
                "曝光量": str(int(random.integers(20_000, 400_000))),
            }
        )
        for part in range(0 if number == 13 else 3):
            session = f"S-{number:02d}-{part + 1}"
            day = FIRST + np.timedelta64(int(random.integers(0, 10)) // 3 * 3 + part, "D")
            day = np.datetime64("2026-11-27") + part if number == 10 else day
            hours = int(random.integers(3, 6))
            metered = number != 5
            sessions.append(
                {
                    "场次": session,
                    "直播间": room,
                    "开始时间": f"{day} 19:00",
                    "结束时间": f"{day} {19 + hours - 1}:30",
                    "直播间用电量(kWh)": f"{hours * random.uniform(0.8, 2.0):.1f}"
                    if metered
                    else "",
                    "设备清单": "" if metered else "LED补光灯 x 4 | 摄像机 x 2 | 电脑 | 空调",
                    "观看时长(小时)": str(int(random.integers(2_000, 30_000))),
                    "地点": PLACES[number % len(PLACES)],
                    "电表编号": f"M-{number:02d}" if metered else "",
                }
            )
            if number != 14:
                sales += lines(random, session, room, chosen, day, careful=number <= CAREFUL)
        if number == 7:
            sales += [{**line, "商品编码": f"新品-{at}"} for at, line in enumerate(sales[-36:], 1)]
    write("rooms", rooms)
    write("sessions", sessions)
    write("sales", sales)
    write(
        "merchants",
        [
            {
                "商家": name,
                "黑名单": "是" if at == 5 else "否",
                "中小商家": "是" if at % 3 else "否",
                "信用等级": ("A", "AA", "B")[at % 3],
            }
            for at, name in enumerate(merchants)
        ],
    )
    write("certificates", certificates())
    write("credits", retired())


def lines(
    random: np.random.Generator,
    session: str,
    room: str,
    skus: pd.DataFrame,
    day: np.datetime64,
    *,
    careful: bool,
) -> list[dict[str, str]]:
    """A line for each SKU of a session."""
    out = []
    for sku in skus.itertuples():
        units = int(random.integers(20, 400))
        rate = 0.0 if sku.return_rate != sku.return_rate else sku.return_rate
        back = random.binomial(units, rate * (0.4 if careful else 1.0))
        out.append(
            {
                "场次": session,
                "直播间": room,
                "商品编码": sku.sku,
                "件数": str(units),
                "销售额(元)": f"{units * sku.price:.2f}",
                "退货件数": str(int(back)),
                "成交日期": str(day),
                "空隙率": f"{random.uniform(0.15, 0.35):.0%}" if careful else "",
            }
        )
    return out


def certificates() -> list[dict[str, str]]:
    """One certificate for each careful room, and one that two rooms name."""
    rooms = [f"room-{number:02d}" for number in (1, 2, 3, 4, 8, 9)]
    serials = [1001, 1002, 1003, 1004, 1008, 1008]
    return [
        {
            "证书编号": f"GEC-2026-{serial:06d}",
            "登记机构": "绿证",
            "直播间": room,
            "电量(kWh)": "1000",
            "发电开始": "2026-06-01",
            "发电结束": "2026-06-30",
            "注销日期": "2026-11-20",
        }
        for room, serial in zip(rooms, serials, strict=True)
    ]


def retired() -> list[dict[str, str]]:
    """Credits of two careful rooms, and old ones of another."""
    return [
        {
            "序列号": f"CCER-{vintage}-{first:06d}",
            "末个序列号": f"CCER-{vintage}-{first + count - 1:06d}",
            "登记机构": "CCER",
            "直播间": room,
            "减排量(kg)": str(count * 1000),
            "年份": str(vintage),
            "注销日期": "2026-11-25",
        }
        for room, vintage, first, count in (
            ("room-01", 2024, 1, 400),
            ("room-02", 2024, 401, 20),
            ("room-12", 2015, 1, 400),
        )
    ]


def write(name: str, rows: list[dict[str, str]]) -> None:
    """Write a table as spreadsheets of platforms come: UTF-8 with a mark, CRLF."""
    path = HERE / f"{name}.csv"
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


if __name__ == "__main__":
    main()
