"""Make the rivm-food/1 tables from RIVM's database of the environmental impact of foods, version 1.

Publisher: National Institute for Public Health and the Environment (RIVM), Netherlands, CC BY 4.0,
https://www.rivm.nl/voedsel-en-voeding/duurzaam-voedsel/database-milieubelasting-voedingsmiddelen
Usage: python factors/rivm-food/1/make.py SOURCES (reads SOURCES/rivm-food/rivm.xlsx).

``selection.tsv`` beside this file names the rows of sheet "tot-en-met-distributie" (up to the Dutch
distribution centre) by number and by their Dutch name, and both must agree. ``groups.tsv`` mixes
some of them in equal parts under the names of food groups. The figures of tea and coffee are per kg
of dry product: in sheet "tot-en-met-consumptie" the same two (NEVO codes 645 and 644) fall to 0.16
and 0.30 kg CO2e per kg of drink.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path

import openpyxl

HERE = Path(__file__).parent
FILE = "rivm-food/rivm.xlsx"
SHA256 = "996cb6162cf2ef6e1e8c012711ebc5ee62fab9095fb7f33a6479568cad270118"
SHEET = "tot-en-met-distributie"
COLUMN, INDICATOR = "D", "Global warming"
SUM = "greenhouse gases, aggregate, AR5"
BOUNDARY = (
    "cradle to Dutch distribution centre, mix of origins on the Dutch market, with land use change,"
    " processing, primary packaging, transport and losses"
)
Record = dict[str, str | float | int]
Cells = dict[str, str | float | None]
ACTIVITIES: list[Record] = []
EXCHANGES: list[Record] = []


def open_sheet(folder: Path) -> Cells:
    """Read the cells of the sheet by address, once the file's hash is right."""
    path = folder / FILE
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"{path}: not the publisher's file (sha256 {digest})")
    sheet = openpyxl.load_workbook(path, data_only=True)[SHEET]
    cells = {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row}
    if (cells[f"{COLUMN}2"], cells[f"{COLUMN}3"]) != (INDICATOR, "kg CO2 eq"):
        raise SystemExit(f"column {COLUMN} is not {INDICATOR}")
    return cells


def read_table(name: str) -> list[dict[str, str]]:
    """Read a table beside this file."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def dataset(pick: dict[str, str], title: str, pedigree: str, kind: str, cite: str) -> None:
    """Add one row to the activities, per kg."""
    ACTIVITIES.append(
        {
            "activity": pick["activity"],
            "location": "NL",
            "unit": "kg",
            "year": 2021,
            "title": title + (f" [{pick['note']}]" if pick["note"] else ""),
            "title_zh": pick["title_zh"],
            "boundary": BOUNDARY,
            "production": 1.0,
            "gsd2": float(pick["gsd2"]),
            "pedigree": pedigree,
            "kind": kind,
            "cite": cite,
        }
    )


def exchange(activity: str, flow: str, amount: float, cite: str) -> None:
    """Add one row to the exchanges: the aggregate emitted, or another food taken in."""
    EXCHANGES.append(
        {
            "activity": activity,
            "location": "NL",
            "kind": "emission" if flow == SUM else "input",
            "flow": flow,
            "flow_location": "" if flow == SUM else "NL",
            "amount": amount,
            "unit": "kg",
            "cite": cite,
        }
    )


def food(pick: dict[str, str], cells: Cells) -> None:
    """Add a food as published."""
    label, amount = str(cells[f"A{pick['row']}"]).strip(), cells[f"{COLUMN}{pick['row']}"]
    if label != pick["name"] or not isinstance(amount, float):
        raise SystemExit(f"row {pick['row']}: {label!r} = {amount!r}, not {pick['name']!r}")
    nevo = str(cells[f"J{pick['row']}"]).strip()
    cite = f"{SHEET}!{COLUMN}{pick['row']}, {label} (NEVO {nevo})"
    uncertain = "proxy" in pick["note"] or "dry weight" in pick["note"]
    dataset(pick, label, "3;3;3;2;4" if uncertain else "3;2;3;2;2", "published", cite)
    exchange(pick["activity"], SUM, amount, cite)


def group(pick: dict[str, str]) -> None:
    """Add a group of foods: its members in equal parts."""
    members = [member.strip() for member in pick["members"].split(";")]
    kind, cite = "derived", f"derived: the same as {members[0]}"
    if len(members) > 1:
        found = {str(row["activity"]): float(row["amount"]) for row in EXCHANGES}
        spread = sorted(found[member] for member in members)
        kind = "assumption"
        cite = (
            f"assumption: equal parts of {len(members)} foods of this source, no sales shares were"
            f" read; low {spread[0]:.3g}, high {spread[-1]:.3g} kg CO2e/kg"
        )
    dataset(pick, "; ".join(members), "4;3;3;2;4", kind, cite)
    for member in members:
        exchange(pick["activity"], member, 1 / len(members), cite)


def write(name: str, records: list[Record]) -> None:
    """Write a table beside this file: UTF-8, LF, shortest exact floats."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(records[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    print(f"{name}: {len(records)} rows")


def main(folder: Path) -> None:
    """Write activities.csv and exchanges.csv."""
    cells = open_sheet(folder)
    for pick in read_table("selection.tsv"):
        food(pick, cells)
    for pick in read_table("groups.tsv"):
        group(pick)
    write("activities.csv", ACTIVITIES)
    write("exchanges.csv", EXCHANGES)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
