"""Reads two catalogues row against row, gives their footprints by stage [kg CO2e]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from carbon.base.digits import interval
from carbon.base.errors import StudyError
from carbon.base.terms import BOUNDARIES, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.footprint.compare import probability_lower
from carbon.footprint.computing import Computing, sampled
from carbon.footprint.differing import differing, in_words, paired

__all__ = ["SIDE_BY_SIDE_COLUMNS", "pairs", "side_by_side"]

SIDE_BY_SIDE_COLUMNS: Final = (
    "sku_a",
    "sku_b",
    "stage",
    "a_kg",
    "b_kg",
    "difference_kg",
    "difference_share",
    "difference_low_kg",
    "difference_high_kg",
    "p_a_less",
    "differs",
    "basis",
)


def pairs(a: Catalogue, b: Catalogue) -> tuple[Catalogue, Catalogue, list[str]]:
    """SKUs that two filled catalogues share, in the order of the first, and those of only one.

    S003 if they share none.
    """
    names, others = (list(dict.fromkeys(each.skus["sku"].astype(str))) for each in (a, b))
    known = set(others)
    shared = [sku for sku in names if sku in known]
    if not shared:
        raise StudyError("S003", "the catalogues share no sku", file=b.file)
    alone = sorted(set(names) ^ known)
    return a.select(shared), b.select(shared), alone


def side_by_side(
    study: Computing, a: Catalogue, b: Catalogue, *, draws: int | None = None
) -> pd.DataFrame:
    """Footprints of two catalogues of one basis, row against row: :data:`SIDE_BY_SIDE_COLUMNS`.

    Both are filled, of the same length, row by row of the same category and size (else S002: a kept
    shoe does not do what a kept shirt does). For each pair its stages inside the boundary, then
    ``total``. Interval of the difference and probability that A is less come from paired draws and
    are those of the total; the probability is that of the footprint per functional quantity.
    ``differs`` names the parts whose cells differ.

    >>> from carbon.study import Study
    >>> study = Study()
    >>> both = study.catalogue("sku,category,return_rate\\nA,dress,20%\\nB,dress,60%\\n")
    >>> table = side_by_side(study, both.select(["A"]), both.select(["B"]))
    >>> bool(table.set_index("stage").loc["total", "difference_kg"] < 0)
    True
    """
    unlike = a.skus["category"].astype(str).to_numpy() != b.skus["category"].astype(str).to_numpy()
    if unlike.any():
        at = int(unlike.argmax())
        named = [
            f"{each.skus['sku'].iloc[at]}: {each.skus['category'].iloc[at]}" for each in (a, b)
        ]
        raise StudyError("S002", "two categories", value=", ".join(named))
    _same_size(a, b)
    inside = [name for name in STAGES if name in BOUNDARIES[study.boundary]]
    at_stage = [STAGES.index(name) for name in inside]
    left, right = (_with_total(study, each, at_stage) for each in (a, b))
    shape = left.shape
    low, high, chance = (np.full(shape, np.nan) for _ in range(3))
    if draws is not None:
        drawn = [sampled(study, each, draws) for each in paired(a, b)]
        amount = [_quantity(each)[:, None] for each in (a, b)]
        chance[:, -1] = probability_lower(drawn[0] / amount[0], drawn[1] / amount[1])
        central = left[:, -1] - right[:, -1]
        bounds = interval(drawn[0] - drawn[1])
        low[:, -1], high[:, -1] = np.fmin(bounds[0], central), np.fmax(bounds[1], central)
    return _table(study, a, b, [*inside, "total"], (left, right, low, high, chance))


def _same_size(a: Catalogue, b: Catalogue) -> None:
    """Refuse to hold an adult's shirt against a child's."""
    if "size_class" not in a.skus or "size_class" not in b.skus:
        return
    sizes = [each.skus["size_class"].astype("object").fillna("").to_numpy() for each in (a, b)]
    unlike = sizes[0] != sizes[1]
    if unlike.any():
        place = int(unlike.argmax())
        raise StudyError("S002", "two sizes", value=", ".join(each[place] for each in sizes))


def _quantity(each: Catalogue) -> np.ndarray:
    """Functional quantity, one sales unit where there is none."""
    if "functional_quantity" not in each.skus:
        return np.ones(len(each))
    return each.skus["functional_quantity"].to_numpy(dtype=np.float64)


def _with_total(study: Computing, each: Catalogue, at_stage: Sequence[int]) -> np.ndarray:
    values = study.footprints(each).stages
    return np.column_stack([values[:, list(at_stage)], values.sum(axis=1)])


def _table(
    study: Computing,
    a: Catalogue,
    b: Catalogue,
    stages: Sequence[str],
    numbers: tuple[np.ndarray, ...],
) -> pd.DataFrame:
    left, right, low, high, chance = (values.ravel() for values in numbers)
    count = len(stages)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(right != 0, (left - right) / right, np.nan)
    return pd.DataFrame(
        {
            "sku_a": np.repeat(a.skus["sku"].to_numpy(), count),
            "sku_b": np.repeat(b.skus["sku"].to_numpy(), count),
            "stage": pd.Categorical(list(stages) * len(a), categories=list(stages)),
            "a_kg": left,
            "b_kg": right,
            "difference_kg": left - right,
            "difference_share": share,
            "difference_low_kg": low,
            "difference_high_kg": high,
            "p_a_less": chance,
            "differs": np.repeat(in_words(differing(a, b)), count),
            "basis": str(study.basis),
        }
    )[list(SIDE_BY_SIDE_COLUMNS)]
