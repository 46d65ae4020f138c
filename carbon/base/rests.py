"""Reads shares of a total by column, gives the line that says what a footprint rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from carbon.base import digits
from carbon.base.terms import AGGREGATES
from carbon.base.words import text

__all__ = ["RESTS", "rests_text"]

RESTS: Final = {
    "proxy": "proxy_share",
    "assumption": "assumption_share",
    **{report.lower(): f"aggregate_{report.lower()}_share" for report in AGGREGATES},
}
"""What a footprint rests on: name in words, and column of a result that has its share [1]."""


def rests_text(shares: Mapping[str, float], lang: str) -> str:
    """What a footprint rests on in words.

    ``shares``: share of the total by column, those of :data:`RESTS` [1]. Returns ``""`` where a
    share is not known.

    >>> rests_text({column: 0.25 for column in RESTS.values()}, "en")[:35]
    'Rests on: data of other places 25 %'
    """
    known = np.array([shares.get(column, np.nan) for column in RESTS.values()], dtype=float)
    if not np.isfinite(known).all():
        return ""
    return text("label.rests", lang, **dict(zip(RESTS, digits.plain_percents(known), strict=True)))
