"""Make the mee/2024 tables from two annexes on China's electricity.

Publisher: Ministry of Ecology and Environment of the People's Republic of China, with the National
Bureau of Statistics (and the National Energy Administration for the second):
- 2023 electricity CO2 emission factors, Announcement 2025 No. 47, direct CO2 only,
  https://www.mee.gov.cn/xxgk2018/xxgk/xxgk01/202512/W020251231726284332528.pdf
- 2024 electricity carbon footprint factors, announcement of 2025-09-28, https://www.mee.gov.cn/
Usage: python factors/mee/2024/make.py SOURCES (reads SOURCES/mee-cn-electricity/*.pdf).

The province figures are direct and CO2 only, so they are never used as kg CO2e: divided by the
direct factor of fossil power they give the share of fossil power in what a province consumes, and
that share mixes the life-cycle figures. The national mix comes out at the published 0.5777.
"""

from __future__ import annotations

import csv
import hashlib
import re
import sys
from pathlib import Path

import pdfplumber

HERE = Path(__file__).parent
FOLDER = "mee-cn-electricity"
DIRECT = "mee_2023_grid_official.pdf"
FOOTPRINT = "mee_2024_elec_footprint_official.pdf"
SHA256 = {
    DIRECT: "d43b60a3eaad9f3fe59ca37c204d3d0e1b6ea52742a092f0d856971a3f018e5a",
    FOOTPRINT: "68aa11aea4c3d14d2ee1c4859ae03552a986fad529bf7bf59136fa2e078e7718",
}
SUM = "greenhouse gases, aggregate, unstated"
CONSUMER, FOSSIL, CLEAN, WIRES = (
    "electricity, consumer",
    "electricity, fossil, at grid",
    "electricity, non-fossil, at grid",
    "electricity, transmission and distribution",
)

TECHNOLOGIES = {
    "coal": "燃煤发电",
    "natural gas": "燃气发电",
    "hydro": "水力发电",
    "nuclear": "核能发电",
    "wind": "风力发电",
    "solar": "光伏发电",
    "solar thermal": "光热发电",
    "biomass": "生物质发电",
}
NON_FOSSIL = ("hydro", "nuclear", "wind", "solar")
PROVINCES = {
    "北京": "BJ",
    "天津": "TJ",
    "河北": "HE",
    "山西": "SX",
    "内蒙古": "NM",
    "辽宁": "LN",
    "吉林": "JL",
    "黑龙江": "HL",
    "上海": "SH",
    "江苏": "JS",
    "浙江": "ZJ",
    "安徽": "AH",
    "福建": "FJ",
    "江西": "JX",
    "山东": "SD",
    "河南": "HA",
    "湖北": "HB",
    "湖南": "HN",
    "广东": "GD",
    "广西": "GX",
    "海南": "HI",
    "重庆": "CQ",
    "四川": "SC",
    "贵州": "GZ",
    "云南": "YN",
    "陕西": "SN",
    "甘肃": "GS",
    "青海": "QH",
    "宁夏": "NX",
    "新疆": "XJ",
}

Record = dict[str, str | float | int]
ACTIVITIES: list[Record] = []
EXCHANGES: list[Record] = []


def read_tables(path: Path) -> dict[tuple[int, str], float]:
    """Table number and row label to the printed factor."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256[path.name]:
        raise SystemExit(f"{path}: not the publisher's file (sha256 {digest})")
    figures, table = {}, 0
    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            for line in page.extract_text().splitlines():
                if heading := re.match(r"表 ?(\d)", line):
                    table = int(heading[1])
                elif row := re.fullmatch(r"(\S+) (0\.\d{4})", line.strip()):
                    figures[table, row[1]] = float(row[2])
    return figures


def dataset(
    activity: str,
    location: str,
    title: str,
    title_zh: str,
    boundary: str,
    gsd2: float,
    pedigree: str,
    kind: str,
    cite: str,
) -> None:
    """Add one row to the activities, per kWh."""
    ACTIVITIES.append(
        {
            "activity": activity,
            "location": location,
            "unit": "kWh",
            "year": 2024,
            "title": title,
            "title_zh": title_zh,
            "boundary": boundary,
            "production": 1.0,
            "gsd2": gsd2,
            "pedigree": pedigree,
            "kind": kind,
            "cite": cite,
        }
    )


def exchange(activity: str, location: str, flow: str, amount: float, cite: str) -> None:
    """Add one row to the exchanges: an emission of the aggregate, or national electricity."""
    emission = flow == SUM
    EXCHANGES.append(
        {
            "activity": activity,
            "location": location,
            "kind": "emission" if emission else "input",
            "flow": flow,
            "flow_location": "" if emission else "CN",
            "amount": amount,
            "unit": "kg" if emission else "kWh",
            "cite": cite,
        }
    )


def published(activity: str, title: str, title_zh: str, amount: float, cite: str) -> None:
    """Add a printed life-cycle factor of 2024."""
    boundary = "life cycle of the generation, at the station's connection to the grid"
    if activity == WIRES:
        boundary = "life cycle of the grid and its losses, per kWh used"
    dataset(activity, "CN", title, title_zh, boundary, 1.2, "2;2;2;1;2", "published", cite)
    exchange(activity, "CN", SUM, amount, cite)


def mix(location: str, name: str, share: float, gsd2: float, pedigree: str, cite: str) -> None:
    """Electricity at the consumer: a share of fossil power, the rest non-fossil, and the grid."""
    dataset(
        CONSUMER,
        location,
        f"{name}: consumer mix of fossil and non-fossil power with grid losses",
        f"{name} 用户端电力 含输配电损耗",
        "life cycle, consumer mix, with transmission, distribution and losses; shares of 2023",
        gsd2,
        pedigree,
        "derived",
        cite,
    )
    exchange(CONSUMER, location, FOSSIL, share, f"derived: fossil share; {cite}")
    exchange(CONSUMER, location, CLEAN, 1 - share, f"derived: 1 - fossil share; {cite}")
    exchange(CONSUMER, location, WIRES, 1.0, "2024 annex, table 3, 输配电(含线损)")


def write(name: str, records: list[Record]) -> None:
    """Write a table beside this file: UTF-8, LF, shortest exact floats."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(records[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    print(f"{name}: {len(records)} rows")


def main(folder: Path) -> None:
    """Read both annexes and write activities.csv and exchanges.csv."""
    direct = read_tables(folder / FOLDER / DIRECT)
    footprint = read_tables(folder / FOLDER / FOOTPRINT)
    national = footprint[1, "全国"]
    fossil_direct = direct[5, "全国"]
    share = direct[1, "全国"] / fossil_direct
    non_fossil = sum(footprint[2, TECHNOLOGIES[t]] for t in NON_FOSSIL) / len(NON_FOSSIL)
    fossil = (national - (1 - share) * non_fossil) / share
    if not footprint[2, "燃气发电"] < fossil < footprint[2, "燃煤发电"]:
        raise SystemExit(f"fossil power {fossil} lies outside gas and coal")

    cite = "2024 annex, table 1, 全国"
    name = "electricity, average mix, at grid"
    published(name, "全国电力平均碳足迹因子", "全国电力平均 上网端", national, cite)
    for technology, label in TECHNOLOGIES.items():
        cite = f"2024 annex, table 2, {label}"
        name = f"electricity, {technology}, at grid"
        published(name, label, f"{label} 上网端", footprint[2, label], cite)
    wires = "输配电（含线损）"
    cite = "2024 annex, table 3, 输配电(含线损)"
    published(WIRES, wires, "输配电 含线损", footprint[3, wires], cite)

    cite = (
        "assumption: mean of hydro, nuclear, wind and solar PV of the 2024 annex, table 2, because"
        " the publisher gives no generation shares; low 0.0065 (nuclear), high 0.0520 (solar PV)"
    )
    title, title_zh = "Non-fossil power, equal parts of four technologies", "非化石能源发电 平均"
    boundary = "life cycle of the generation, at the station's connection to the grid"
    dataset(CLEAN, "CN", title, title_zh, boundary, 2.8, "4;3;2;1;3", "assumption", cite)
    for technology in NON_FOSSIL:
        part = f"electricity, {technology}, at grid"
        exchange(CLEAN, "CN", part, 1 / len(NON_FOSSIL), cite)

    cite = (
        f"derived: ({national} - (1 - f) x {non_fossil:.5f}) / f with f = {direct[1, '全国']} /"
        f" {fossil_direct}: 2024 annex, table 1; 2023 annex, tables 1 and 5; lies between gas"
        f" {footprint[2, '燃气发电']} and coal {footprint[2, '燃煤发电']}"
    )
    title, title_zh = "Fossil power, so that the national average is met", "化石能源发电 推算"
    dataset(FOSSIL, "CN", title, title_zh, boundary, 1.2, "3;2;2;1;2", "derived", cite)
    exchange(FOSSIL, "CN", SUM, fossil, cite)

    cite = "f = 0.5306 / 0.8273, 2023 annex, tables 1 and 5 (shares of 2023, factors of 2024)"
    mix("CN", "全国", share, 1.05, "2;2;2;1;2", cite)
    for label, code in PROVINCES.items():
        figure = direct[3, label]
        cite = (
            f"f = {figure} / {fossil_direct}, 2023 annex, table 3 {label} and table 5"
            " (shares of 2023, factors of 2024, one fossil fleet for all provinces)"
        )
        mix(f"CN-{code}", label, figure / fossil_direct, 1.3, "3;2;2;1;3", cite)
    for technology in ("coal", "natural gas", *NON_FOSSIL, "solar thermal", "biomass"):
        label = TECHNOLOGIES[technology]
        name = f"electricity, {technology}"
        cite = f"derived: 2024 annex, table 2 {label} + table 3 输配电(含线损), average grid losses"
        boundary = "life cycle of the generation, with average transmission, distribution, losses"
        title = f"{label}, at the consumer"
        dataset(name, "CN", title, f"{label} 用户端", boundary, 1.05, "2;2;2;1;2", "derived", cite)
        exchange(name, "CN", f"electricity, {technology}, at grid", 1.0, cite)
        exchange(name, "CN", WIRES, 1.0, cite)

    missing = set(PROVINCES) ^ {label for table, label in direct if table == 3}
    if missing:
        raise SystemExit(f"provinces not matched: {missing}")
    write("activities.csv", ACTIVITIES)
    write("exchanges.csv", EXCHANGES)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
