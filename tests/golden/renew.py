"""Write the reviewed numbers again: ``python tests/golden/renew.py``; then read the difference."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from carbon.study import Study

HERE = Path(__file__).resolve().parent
EDITIONS = ("2026.1", "2026.2")
PLACES = ("CN", "GLO", "GB", "US", "NL", "FR", "CN-ZJ")
GOODS = HERE / "catalogue.csv"
DRAWS = 200


def unit_impacts(study: Study) -> pd.DataFrame:
    """Total of every activity at the places that are watched [kg CO2e per unit]."""
    study.edition.reach(PLACES)
    table = study.edition.activities[["activity", "location", "source", "unit"]].copy()
    table["kg"] = study.unit_impacts.values[:-1].sum(axis=1)
    keys = ["activity", "location", "source"]
    return table[table["location"].isin(PLACES)].sort_values(keys, ignore_index=True)


def reference_skus(study: Study) -> pd.DataFrame:
    """A SKU of each category: total with its interval, stages and indicators [kg CO2e]."""
    table = study.footprints(GOODS, draws=DRAWS).to_frame()
    return table[["sku", *[name for name in table if name.endswith("_kg")]]]


if __name__ == "__main__":
    for edition in EDITIONS:
        now = Study(edition, cache=False)
        for name, table in (
            ("unit_impacts", unit_impacts(now)),
            ("reference_skus", reference_skus(now)),
        ):
            table.to_csv(HERE / f"{name}-{edition}.csv", index=False, lineterminator="\n")
