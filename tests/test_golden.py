"""Reference SKUs of the editions; a difference is a reviewed act (``tests/golden/renew.py``)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from golden import renew

from carbon.study import Study

FOLDER = Path(__file__).parent / "golden"


@pytest.fixture(scope="module", params=renew.EDITIONS)
def study(request: pytest.FixtureRequest) -> Study:
    return Study(request.param, cache=False)


def test_reference_skus(study: Study) -> None:
    kept = pd.read_csv(FOLDER / f"reference_skus-{study.edition.name}.csv")
    land = kept["land_use_change_kg"]
    kept["land_use_change_kg"] = land.where(land != 0)  # a zero stood for "not told apart"
    found = renew.reference_skus(study).reset_index(drop=True)
    assert len(kept) >= 50
    drawn = ["low_kg", "high_kg"]
    exact = [name for name in kept if name not in drawn]
    pd.testing.assert_frame_equal(
        found[exact], kept[exact], rtol=1e-9, atol=1e-12, check_dtype=False
    )
    # single precision, and a sum of draws may be taken in another order
    pd.testing.assert_frame_equal(found[drawn], kept[drawn], rtol=1e-5, check_dtype=False)


def test_unit_impacts(study: Study) -> None:
    kept = pd.read_csv(FOLDER / f"unit_impacts-{study.edition.name}.csv")
    found = renew.unit_impacts(study)
    pd.testing.assert_frame_equal(found, kept, rtol=1e-9, atol=1e-15, check_dtype=False)
