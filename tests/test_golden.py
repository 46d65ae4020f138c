"""Reference SKUs of the edition; a difference is a reviewed act (``tests/golden/renew.py``)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from golden import renew

from carbon.study import Study

FOLDER = Path(__file__).parent / "golden"


def test_reference_skus() -> None:
    kept = pd.read_csv(FOLDER / "reference_skus.csv")
    found = renew.reference_skus(Study(cache=False))
    assert len(kept) >= 50
    pd.testing.assert_frame_equal(
        found.reset_index(drop=True), kept, rtol=1e-9, atol=1e-12, check_dtype=False
    )


def test_unit_impacts() -> None:
    kept = pd.read_csv(FOLDER / "unit_impacts.csv")
    found = renew.unit_impacts(Study(cache=False))
    pd.testing.assert_frame_equal(found, kept, rtol=1e-9, atol=1e-15, check_dtype=False)
