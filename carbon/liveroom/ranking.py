"""Reads graded SKUs, gives ranks of like with like, and none where none is clear."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats
from carbon.base.errors import StudyError
from carbon.catalogue.schema import Catalogue
from carbon.footprint.computing import Computing
from carbon.footprint.scenario import ALL, what_if
from carbon.liveroom.ordering import Keys, Order, certainty, needed, scores

__all__ = [
    "RANK_COLUMNS",
    "SIGNAL_COLUMNS",
    "rank",
    "ranked_rows",
    "savings",
    "signal_rows",
    "signals",
]

RANK_COLUMNS: Final = ("rank", "sharing", "ranked", "p_next", "reason_not_ranked")
"""Columns that a ranking adds."""

SIGNAL_COLUMNS: Final = (
    "sku",
    "category",
    "score",
    "confidence",
    "rank",
    "state",
    "edition",
    "basis",
)
"""Columns of ranking signals."""

CHUNK: Final = 20_000


def rank(
    grades: pd.DataFrame,
    *,
    by: str = "intensity",
    within: str = "category",
    confidence: float,
) -> pd.DataFrame:
    """Rank SKUs within their category, or the merchant's part of it, by a key of ``ORDERS``.

    Grades are those of ``Study.grades`` with draws; for ``by="saving"`` with the columns of
    :func:`savings` too. From a probability of ``confidence`` on two SKUs are told apart
    (``study.scale.confidence``).

    Given are the rows by group and rank, with :data:`RANK_COLUMNS`: ``rank``; ``sharing``, how many
    SKUs have that rank; ``ranked``, how many of the group are ranked; ``p_next``, probability that
    the SKU is lower (or saves more) than the next row. SKUs that cannot be ranked stand last, their
    rank empty, with the reason. A SKU's rank depends neither on the order of the rows nor on its
    name; its row within a rank does, on value and then name. R100 if columns are missing or the
    order is not known, S002 if the rows rest on unlike bases or references.

    For SKUs a and b of one category, P(a < b) = Φ(ln(r_b/r_a) / √(ln²g_a + ln²g_b)), with r the
    ratio to the reference and g its geometric standard deviation over what the merchant tells.
    Like a letter it is conditional on the edition: factors and defaults are the same rules on
    both sides and are not drawn. What two merchants tell is taken for independent, also where
    they tell the same, so that SKUs share a rank rather too often than too seldom. A million
    SKUs need no draws of pairs, and the result does not depend on how many there are.

    A rank begins with a leader. Whoever follows and cannot be told apart from the *leader* shares
    the rank; the first that can be told apart leads the next. A chain of neighbours, each alike
    the next, so cannot merge best and worst. The price: two neighbours on either side of a
    border may be alike; ``p_next`` tells.

    >>> told = pd.DataFrame(
    ...     {
    ...         "sku": ["A", "B", "C", "D"],
    ...         "category": "dress",
    ...         "ratio": [0.50, 0.55, 1.40, np.nan],
    ...         "ratio_gsd": [1.2, 1.2, 1.2, np.nan],
    ...         "letter": ["A", "A", "E", ""],
    ...         "state": ["sure", "sure", "sure", "unknown"],
    ...         "reason": ["", "", "", "S006"],
    ...         "basis": "one",
    ...     }
    ... )
    >>> found = rank(told, confidence=0.9)
    >>> found["rank"].tolist(), found["reason_not_ranked"].tolist()
    ([1, 1, 3, <NA>], ['', '', '', 'S006'])
    """
    missing = sorted({"sku", *needed(by, within)} - set(grades))
    if missing:
        raise StudyError("R100", f"missing {', '.join(missing)}")
    keys = Keys(by, within)
    keys.add(grades)
    order = keys.order(lambda asked: grades["sku"][asked], confidence=confidence)
    return ranked_rows(grades.iloc[order.rows].reset_index(drop=True), order)


def ranked_rows(rows: pd.DataFrame, order: Order, start: int = 0) -> pd.DataFrame:
    """Rows of a ranking or a piece of them from place ``start`` on, with :data:`RANK_COLUMNS`."""
    table = rows.assign(**order.columns(start, start + len(rows)))
    front = ["sku", "category", "rank", "sharing", "ranked", "p_next"]
    return table[[*front, *(name for name in table if name not in front)]]


def signals(ranked: pd.DataFrame) -> pd.DataFrame:
    """Scores for a search system, of a ranking by intensity or letter.

    ``score`` is 1/(1 + r), r the geometric mean of the ratios that share the rank: 0.5 at the
    category's reference, towards 1 below and 0 above it, and the same for SKUs that cannot be told
    apart. ``confidence`` is the probability that the SKU lies on that side of the reference on
    which its own ratio does. Both are empty for a SKU without a rank: unknown is neither good nor
    bad.

    >>> told = pd.DataFrame({"sku": ["A"], "category": ["dress"], "ratio": [1.0]})
    >>> told = told.assign(ratio_gsd=1.2, letter="C", state="sure", reason="", basis="one")
    >>> signals(rank(told, confidence=0.9))[["score", "confidence"]].values.tolist()
    [[0.5, 0.5]]
    """
    known = ranked["rank"].notna().to_numpy()
    count = int(known.sum())
    ratio = ranked["ratio"].to_numpy(dtype=np.float64)[:count]
    gsd = ranked["ratio_gsd"].to_numpy(dtype=np.float64)[:count]
    # rows stand by rank: a new one where the number changes, or the row above ends its group
    number = ranked["rank"].iloc[:count].to_numpy(dtype=np.int64)
    ended = ranked["p_next"].isna().to_numpy()[:count]
    new = np.diff(number, prepend=0) != 0
    new[1:] |= ended[:-1]
    run = np.cumsum(new) - 1
    with np.errstate(divide="ignore"):
        log_ratio, log_gsd = np.log(ratio), np.log(gsd)
    score, confidence = np.full(len(ranked), np.nan), np.full(len(ranked), np.nan)
    score[:count] = scores(run, log_ratio)[run]
    confidence[:count] = certainty(log_ratio, log_gsd)
    return signal_rows(ranked, score, confidence)


def signal_rows(ranked: pd.DataFrame, score: Floats, confidence: Floats) -> pd.DataFrame:
    """Rows of ranking signals, or a piece of them, with :data:`SIGNAL_COLUMNS`."""
    table = ranked[["sku", "category", "rank", "state", "basis"]].copy()
    table["score"], table["confidence"] = score, confidence
    table["edition"] = ranked.get("edition", "")
    return table[list(SIGNAL_COLUMNS)]


def savings(
    study: Computing,
    catalogue: Catalogue,
    *,
    draws: int,
    chunk: int = CHUNK,
) -> pd.DataFrame:
    """What the best single lever would save, a row a SKU [kg CO2e per kept unit].

    Empty where none applies. ``chunk`` SKUs at once bound the memory and change no number.
    """
    columns = {
        "lever": "lever",
        "saved_kg": "saving_kg",
        "saved_low_kg": "saving_low_kg",
        "saved_high_kg": "saving_high_kg",
    }
    parts = []
    for start in range(0, max(len(catalogue), 1), chunk):
        part = catalogue.part(start, start + chunk)
        table = what_if(study, part, draws=draws)
        # levers stand by saving and the combination last, so that the first row is the best
        table = table[table["lever"] != ALL]
        table = table.iloc[:: max(len(table) // max(len(part), 1), 1)]
        best = table[list(columns)].rename(columns=columns).reset_index(drop=True)
        none = ~table["applies"].to_numpy(dtype=bool)
        best["lever"] = best["lever"].astype("object").where(~none, "")
        best.loc[none, ["saving_kg", "saving_low_kg", "saving_high_kg"]] = np.nan
        parts.append(best)
    return pd.concat(parts, ignore_index=True)
