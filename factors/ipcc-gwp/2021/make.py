"""Make the ipcc-gwp/2021 characterization: GWP100 of AR5 and AR6, and both for flight at height.

Publisher of the table: openclimatedata/globalwarmingpotentials (CC0), values of the IPCC,
https://github.com/openclimatedata/globalwarmingpotentials
The aviation multiplier is checked against the UK Government GHG Conversion Factors 2025,
https://www.gov.uk/government/publications/greenhouse-gas-reporting-conversion-factors-2025
Usage: python factors/ipcc-gwp/2021/make.py SOURCES
(reads SOURCES/gwp/globalwarmingpotentials_cc0.csv and SOURCES/desnz-2025/2025_flat-file.xlsx).
"""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path

import openpyxl

HERE = Path(__file__).parent
TABLE = "gwp/globalwarmingpotentials_cc0.csv"
FLIGHTS = "desnz-2025/2025_flat-file.xlsx"
SHA256 = {
    TABLE: "9b80412cb5aeeb91038ef84145a10cdab0ab202cbb623cb14d2ec35ec2454f36",
    FLIGHTS: "8bfdb45b81ec4a88e3bdf4584637330f62e6bd09ce1940e654c5d7b7f736de94",
}
COLUMN = {"AR6": "AR6GWP100", "AR5": "AR5GWP100"}
WITH_RF, WITHOUT_RF = "27_317_3156_14_2", "27_317_3157_14_2"
AVIATION = 1.7
UNIT = "kg CO2e/kg"

CO2 = {
    "carbon dioxide, fossil": ("fossil", 1.0),
    "carbon dioxide, biogenic": ("biogenic", 1.0),
    "carbon dioxide, in air": ("removals", -1.0),
    "carbon dioxide, from land use change": ("land_use_change", 1.0),
    "carbon dioxide, fossil, aircraft": ("aircraft", 1.0),
}
METHANE = {
    "methane, fossil": ("fossil", "fossil"),
    "methane, fossil, aircraft": ("aircraft", "fossil"),
    "methane, biogenic": ("biogenic", "non-fossil"),
}
AR6_METHANE = {"fossil": 29.8, "non-fossil": 27.0}
OTHERS = {
    "dinitrogen monoxide": ("fossil", "N2O"),
    "dinitrogen monoxide, aircraft": ("aircraft", "N2O"),
    "tetrafluoromethane": ("fossil", "CF4"),
    "hexafluoroethane": ("fossil", "C2F6"),
    "sulfur hexafluoride": ("fossil", "SF6"),
    "HFC-134a": ("fossil", "HFC134a"),
    "HFC-32": ("fossil", "HFC32"),
}
AGGREGATES = ("AR4", "AR5", "AR6", "unstated")


def check(path: Path, expected: str) -> Path:
    """Return the path, once its hash is right."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != expected:
        raise SystemExit(f"{path}: not the publisher's file (sha256 {digest})")
    return path


def read_potentials(path: Path) -> dict[str, dict[str, str]]:
    """Species to the columns of the table."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return {row["Species"]: row for row in csv.DictReader(lines)}


def flight_ratio(path: Path) -> float:
    """CO2 of a long-haul freight flight with radiative forcing over the same without."""
    sheet = openpyxl.load_workbook(path, read_only=True, data_only=True)["Factors by Category"]
    rows = {cells[0]: cells[9] for cells in sheet.iter_rows(min_row=7, values_only=True)}
    return float(rows[WITH_RF]) / float(rows[WITHOUT_RF])


def factors(
    report: str, potentials: dict[str, dict[str, str]]
) -> list[tuple[str, str, float, str]]:
    """List indicator, flow, factor and cite of every flow on the basis of one report."""
    name = f"IPCC {report}, GWP100; {Path(TABLE).name}, column {COLUMN[report]}"
    rows = [
        (indicator, flow, factor, "1 by definition of the GWP; uptake counts as -1")
        for flow, (indicator, factor) in CO2.items()
    ]
    for flow, (indicator, origin) in METHANE.items():
        if report == "AR6":
            cite = (
                f"IPCC AR6 WGI Table 7.15, methane, {origin}; read in three repositories that"
                " quote the table, not in the report; the CC0 table gives 27.9 (7.SM.7)"
            )
            rows.append((indicator, flow, AR6_METHANE[origin], cite))
        else:
            cite = f"{name}, row CH4; taken for every origin, AR5's own fossil value was not read"
            rows.append((indicator, flow, float(potentials["CH4"][COLUMN[report]]), cite))
    for flow, (indicator, species) in OTHERS.items():
        factor = float(potentials[species][COLUMN[report]])
        rows.append((indicator, flow, factor, f"{name}, row {species}"))
    for basis in AGGREGATES:
        cite = "1: the source's own kg CO2e, kept on the source's own basis"
        rows.append(("fossil", f"greenhouse gases, aggregate, {basis}", 1.0, cite))
    return rows


def main(folder: Path) -> None:
    """Write characterization.csv."""
    potentials = read_potentials(check(folder / TABLE, SHA256[TABLE]))
    ratio = flight_ratio(check(folder / FLIGHTS, SHA256[FLIGHTS]))
    if abs(ratio - AVIATION) > 1e-4:
        raise SystemExit(f"the publisher's ratio is {ratio}, not {AVIATION}")
    rows = []
    for report in COLUMN:
        for aviation in (False, True):
            method = f"GWP100 {report}" + (f" + aviation non-CO2 {AVIATION}" if aviation else "")
            for indicator, flow, factor, cite in factors(report, potentials):
                if aviation and flow == "carbon dioxide, fossil, aircraft":
                    factor *= AVIATION
                    cite = (
                        f"1 x {AVIATION}: CO2 of long-haul freight With RF / Without RF, UK"
                        f" Government GHG Conversion Factors 2025, IDs {WITH_RF} and {WITHOUT_RF}"
                    )
                rows.append((method, indicator, flow, factor, UNIT, cite))
    with (HERE / "characterization.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["method", "indicator", "flow", "factor", "unit", "cite"])
        table.writerows(rows)
    print(f"characterization.csv: {len(rows)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
