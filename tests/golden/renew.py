"""Write the reviewed numbers again: ``python tests/golden/renew.py``; then read the difference."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from carbon.study import Study

HERE = Path(__file__).resolve().parent
PLACES = ("CN", "GLO", "GB", "US", "NL", "FR", "CN-ZJ")
EXAMPLES = HERE.parents[1] / "examples" / "catalogue.csv"


def unit_impacts(study: Study) -> pd.DataFrame:
    """Total of every activity at the places that are watched [kg CO2e per unit]."""
    table = study.edition.activities[["activity", "location", "source", "unit"]].copy()
    table["kg"] = study.unit_impacts.values[:-1].sum(axis=1)
    keys = ["activity", "location", "source"]
    return table[table["location"].isin(PLACES)].sort_values(keys, ignore_index=True)


def reference_skus(study: Study) -> pd.DataFrame:
    """The first SKU of each category: total, stages and indicators [kg CO2e]."""
    catalogue = study.catalogue(EXAMPLES)
    first = catalogue.skus[catalogue.skus["sku"].str.endswith("-001")]["sku"]
    table = study.footprints(catalogue.select(list(first))).to_frame()
    return table[["sku", *[name for name in table if name.endswith("_kg")]]]


if __name__ == "__main__":
    now = Study(cache=False)
    unit_impacts(now).to_csv(HERE / "unit_impacts.csv", index=False, lineterminator="\n")
    reference_skus(now).to_csv(HERE / "reference_skus.csv", index=False, lineterminator="\n")
