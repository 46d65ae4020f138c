"""Worked examples of standards and papers; a new one is a new row of ``published/*.csv``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from carbon.study import Study

FOLDER = Path(__file__).parent / "published"
EXAMPLES = pd.read_csv(FOLDER / "worked_examples.csv", dtype=str, keep_default_na=False)
UNITS = pd.read_csv(FOLDER / "unit_impacts.csv", dtype=str, keep_default_na=False)
CHECK = ["id", "factors", "stage", "expected_kg", "relative_tolerance", "source", "page"]


@pytest.mark.parametrize("example", EXAMPLES["id"])
def test_worked_example(example: str) -> None:
    row = EXAMPLES[EXAMPLES["id"] == example]
    own = [FOLDER / folder for folder in row["factors"] if folder]
    study = Study(factors=own, boundary="cradle-to-door", cache=False)
    catalogue = row.drop(columns=CHECK).assign(sku="A")
    result = study.footprints(catalogue).to_frame()
    expected, tolerance = (
        float(row["expected_kg"].iloc[0]),
        float(row["relative_tolerance"].iloc[0]),
    )
    found = result[f"{row['stage'].iloc[0]}_kg"].iloc[0]
    assert found == pytest.approx(expected, rel=tolerance), row["source"].iloc[0]


@pytest.mark.parametrize(
    ("activity", "location", "method", "expected", "tolerance"),
    UNITS[["activity", "location", "method", "expected", "relative_tolerance"]].to_numpy().tolist(),
)
def test_unit_impact(
    activity: str, location: str, method: str, expected: str, tolerance: str
) -> None:
    study = Study(method=method)
    row, fit = study.edition.match(activity, location)
    assert fit == 0
    assert study.unit_impacts.values[row].sum() == pytest.approx(
        float(expected), rel=float(tolerance)
    )
