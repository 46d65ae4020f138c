"""Facts of SKUs that do not exist, in every state, for the tests of labels."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from carbon.background.edition import load_edition
from carbon.label.facts import Issue, facts
from carbon.label.scale import STATES, Scale, scale_of

LETTERS = "ABCDE"
SCALE: Scale = scale_of(load_edition())
DAY = date(2026, 9, 1)
ISSUE = Issue(
    DAY, SCALE, "GWP100 AR6", "cradle-to-grave-without-use", url="https://shop.example/{sku}"
)

STAGES = {
    "materials_kg": 3.6,
    "production_kg": 1.0,
    "packaging_kg": 0.2,
    "distribution_kg": 0.7,
    "live_session_kg": 0.02,
    "use_kg": np.nan,
    "returns_kg": 1.28,
    "end_of_life_kg": 0.4,
}
GRADED = {
    "total_kg": 7.2,
    "low_kg": 5.1,
    "high_kg": 10.4,
    "letter": "B",
    "ratio": 0.72,
    "letter_probability": 0.94,
    "reference_kg": 10.0,
    "reference": "archetype 2026.1+000000000000",
    "edition": "2026.1+000000000000",
    "primary_share": 0.6,
    "dqr": 2.1,
    "ask_first": "mass; factor: cotton fibre",
    "defaulted": "heat loss_rate",
    "problem": "",
    "letter_best": "B",
    "letter_worst": "B",
    "letter_text": "B",
    "functional_quantity": 1.0,
    "unit": "piece",
    "kg_per_unit": 7.2,
    "size_class": "adult",
    "why": "",
    "dear_kg": 0.0,
    "evidence": "declared",
    "documented_share": 0.2,
    **STAGES,
}
NO_LETTER = {
    "letter": "",
    "letter_best": "",
    "letter_worst": "",
    "letter_text": "",
    "ratio": np.nan,
}
NO_LETTER |= {"letter_probability": np.nan}
BY_STATE: dict[str, dict[str, Any]] = {
    "sure": {
        "reason": "",
        "why": "packaging:-6;returns:+14;transport:-3",
        "evidence": "documented",
    },
    "range": {
        "reason": "",
        "letter_probability": 0.57,
        "letter": "C",
        "letter_best": "B",
        "letter_worst": "C",
        "letter_text": "B–C",
        "ratio": 0.93,
        "reference_kg": 7.75,
        "functional_quantity": 2.5,
        "unit": "kg",
        "kg_per_unit": 2.88,
        "why": "materials:+21;mass:-8;live_session:+2",
        "dear_kg": 0.41,
    },
    "estimate": {"reason": "J004 J006", "evidence": "assumed", "dear_kg": 1.2, **NO_LETTER},
    "withheld": {"reason": "J008 C263", "dear_kg": 0.3, **NO_LETTER},
    "unknown": {
        "reason": "S006 C104",
        "evidence": "",
        **NO_LETTER,
        **dict.fromkeys(("total_kg", "low_kg", "high_kg", "kg_per_unit"), np.nan),
        **dict.fromkeys(STAGES, np.nan),
    },
    "not_applicable": {"reason": "J007", "reference_kg": np.nan, **NO_LETTER},
}
assert set(BY_STATE) == set(STATES)

ABOUT = {
    "sku": "TS-001",
    "gtin": "",
    "name": "纯棉圆领短袖T恤",
    "merchant": "示例商家",
    "category_zh": "T恤",
    "category_en": "T-shirt",
    "air_share": 0.2,
    "air_assumed": False,
    "packaging_g": 24.0,
    "return_rate": 0.35,
    "verifier": "",
    "certificate": "",
    "verified_until": "",
}


def frames(*rows: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Graded frame and what labels tell beside it; a row holds what is other than usual."""
    graded = []
    for row in rows:
        state = row.get("state", "sure")
        told = _known(row, GRADED)
        if "letter" in told:
            ends = dict.fromkeys(("letter_best", "letter_worst", "letter_text"), told["letter"])
            told = ends | told
        graded.append(GRADED | BY_STATE[state] | told | {"state": state})
    about = [ABOUT | _known(row, ABOUT) for row in rows]
    return pd.DataFrame(graded), pd.DataFrame(about)


def fact(issue: Issue = ISSUE, **row: Any) -> dict[str, Any]:
    """Facts of one SKU."""
    return {str(key): value for key, value in facts(*frames(row), issue).iloc[0].items()}


def _known(row: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key in usual or key == "reason"}
