"""Reads the US EPA's factors by sector and a rate of money, gives goods by their price [kg CO2e].

    python factors/epa-supply-chain/1.3.0/make.py SOURCES

Publisher: US EPA, Supply Chain Greenhouse Gas Emission Factors v1.3.0 by NAICS-6, kg CO2e per USD
of 2022 at purchaser prices. SOURCES/epa-supply-chain-1.3 (or open-data beside SOURCES) holds them.
Two tables beside this file are curated by hand: ``sectors.csv``, sectors that make what households
buy, without food; ``conversion.csv``, money per dollar of American purchasing power.

- The factor is the median of the sectors, each sector of the model (USEEIO) once, without margins:
  transport and trade are counted by mass, as for every good. No weights by trade were read.
- Its spread joins the sectors' (the largest ratio of an end to the median) with the rate's.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import statistics
import sys
from pathlib import Path

from carbon.background.source import write_rows

HERE = Path(__file__).parent
FOLDER = "epa-supply-chain-1.3"
FACTOR = "Supply Chain Emission Factors without Margins"


def main(sources: Path) -> None:
    """Write both tables, a dataset a currency."""
    folder = next(
        path for path in (sources / FOLDER, sources.parent / "open-data" / FOLDER) if path.is_dir()
    )
    publisher = json.loads((HERE / "datapackage.json").read_text(encoding="utf-8"))["sources"][0]
    path = folder / publisher["title"].rpartition(", ")[2]
    if hashlib.sha256(path.read_bytes()).hexdigest() != publisher["sha256"]:
        raise SystemExit(f"{path} is not the file that this package was made from")
    published = {row["2017 NAICS Code"]: row for row in read(path)}
    chosen = [published[row["naics"]] for row in read(HERE / "sectors.csv")]
    by_sector = {row["Reference USEEIO Code"]: float(row[FACTOR]) for row in chosen}
    middle = statistics.median(by_sector.values())
    low, high = min(by_sector.values()), max(by_sector.values())
    sectors = math.log(max(high / middle, middle / low))
    activities: list[dict[str, object]] = []
    exchanges: list[dict[str, object]] = []
    for money in read(HERE / "conversion.csv"):
        rate, least, most = (float(money[name]) for name in ("per_usd", "low", "high"))
        spread = math.hypot(sectors, math.log(max(most / rate, rate / least)))
        currency = money["currency"]
        at = {"activity": f"goods by price, {currency}", "location": "GLO"}
        cite = (
            f"{path.name}: median {middle!r} kg CO2e per USD of 2022 of {len(by_sector)} sectors "
            f"(sectors.csv; {low!r} to {high!r}); / {rate!r} {currency} per USD of American "
            f"purchasing power (conversion.csv; {least!r} to {most!r})"
        )
        activities.append(
            {
                **at,
                "unit": currency,
                "year": 2022,
                "title": f"Goods of which only the price is known, per {currency} of price",
                "title_zh": "仅知售价的商品 按售价估算",
                "boundary": "cradle to gate of American sectors, without margins",
                "production": 1.0,
                "gsd2": round(math.exp(spread), 3),
                "pedigree": "3;4;2;5;5",
                "kind": "derived",
                "cite": cite,
            }
        )
        exchanges.append(
            {
                **at,
                "kind": "emission",
                "flow": "greenhouse gases, aggregate, unstated",
                "amount": float(f"{middle / rate:.6g}"),
                "unit": "kg",
                "cite": cite,
            }
        )
    write_rows(HERE, "activities", activities)
    write_rows(HERE, "exchanges", exchanges)


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a table."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
