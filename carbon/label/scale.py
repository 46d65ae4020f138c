"""The scale: from the ratio to a reference to a letter, with its probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.edition import Edition
from carbon.base.errors import FactorsError
from carbon.footprint.result import Footprints

__all__ = ["GRADE_COLUMNS", "STATES", "Scale", "grade", "lettered", "scale_of"]

STATES: Final = ("graded", "provisional", "unknown", "not_applicable")
"""States of a label, each with a design of its own."""

GRADE_COLUMNS: Final = (
    "reference_kg",
    "ratio",
    "ratio_gsd",
    "letter",
    "letter_probability",
    "state",
    "reason",
    "reference",
)
"""Columns that :func:`grade` adds to those of a result."""

REASONS: Final = ("", "low_confidence", "not_drawn", "no_reference")


@dataclass(frozen=True)
class Scale:
    """Letters with their bounds.

    Parameters
    ----------
    letters : tuple of str
        The best first.
    bounds : ndarray of float64, shape (letters - 1,)
        Largest ratio to the reference that each letter but the last takes [1].
    confidence : float
        Probability from which a letter is printed as sure [1].
    validity : float
        How long a label stands [year].
    least_skus : int
        SKUs that a category needs before their mean is a reference [1].

    Examples
    --------
    >>> from carbon import Study
    >>> Study().scale.letters[0]
    'A'
    """

    letters: tuple[str, ...]
    bounds: npt.NDArray[np.float64]
    confidence: float
    validity: float
    least_skus: int

    def letter(self, ratio: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """Position of the letter of each ratio; a bound belongs to the better letter.

        Parameters
        ----------
        ratio : ndarray of float64
            Footprint over reference [1].

        Returns
        -------
        ndarray of int
            Positions in ``letters``; -1 where the ratio is unknown.

        Examples
        --------
        >>> scale = Scale(("A", "B", "C"), np.array([0.6, 1.0]), 0.9, 2.0, 5)
        >>> scale.letter(np.array([0.6, 0.6000001, 7.0, np.nan])).tolist()
        [0, 1, 2, -1]
        """
        found = np.searchsorted(self.bounds, ratio, side="left")
        return np.where(np.isnan(ratio), -1, found)


def scale_of(edition: Edition) -> Scale:
    """The scale of an edition.

    Parameters
    ----------
    edition : Edition
        Tables ``scale`` and ``scale_parameters``.

    Raises
    ------
    carbon.base.errors.FactorsError
        F018 if the bounds do not ascend, or a parameter is missing or out of its range.

    Examples
    --------
    >>> from carbon.background.edition import load_edition
    >>> scale = scale_of(load_edition())
    >>> "".join(scale.letters), scale.bounds.tolist(), scale.confidence
    ('ABCDE', [0.6, 0.8, 1.0, 1.25], 0.9)
    """
    table = edition.scales["scale"]
    told = edition.scales["scale_parameters"].set_index("parameter")["value"]
    upper = table["upper"].to_numpy(dtype=np.float64)
    bounds, source = upper[:-1], str(table["source"].iloc[0])
    ascending = len(upper) > 1 and np.isnan(upper[-1]) and bool(np.all(np.diff(bounds) > 0))
    if not ascending or not bounds[0] > 0 or table["letter"].duplicated().any():
        raise FactorsError("F018", "letters and bounds", file=source)
    ranges = {"confidence": (0.5, 1), "validity": (0, 10), "least_skus": (1, 1000)}
    for name, (low, high) in ranges.items():
        if name not in told.index or not low <= float(told[name]) <= high:
            raise FactorsError("F018", f"from {low} to {high}", file=source, value=name)
    return Scale(
        tuple(table["letter"].astype(str)),
        bounds,
        float(told["confidence"]),
        float(told["validity"]),
        int(told["least_skus"]),
    )


def grade(
    footprints: Footprints, scale: Scale, reference: str, *, stages: bool = False
) -> pd.DataFrame:
    """Grade footprints that were held against references.

    Parameters
    ----------
    footprints : Footprints
        With their standing, of n SKUs.
    scale : Scale
        Letters and confidence.
    reference : str
        Id of the references.
    stages : bool
        The bounds of each stage too, as labels print them.

    Returns
    -------
    pandas.DataFrame
        The columns of :meth:`Footprints.to_frame` and :data:`GRADE_COLUMNS`. ``letter`` is that
        of the central ratio, so that it agrees with the number; ``letter_probability`` is the
        share of the draws that give the same letter. ``state`` is ``graded`` from the scale's
        confidence on, else ``provisional``; ``unknown`` where the footprint is; and
        ``not_applicable`` where the category has no reference. ``reason`` says why not graded:
        codes of problems, or ``low_confidence``, ``not_drawn``, ``no_reference``.
    """
    assert footprints.standing is not None
    frame = footprints.to_frame(stages=stages)
    standing, total = footprints.standing, footprints.total
    ratio = total / standing.reference
    position = scale.letter(ratio)
    ends = np.column_stack(
        [np.zeros(len(frame)), standing.below, np.ones(len(frame))],
    )
    at = np.maximum(position, 0)
    row = np.arange(len(frame))
    probability = np.where(position < 0, np.nan, ends[row, at + 1] - ends[row, at])
    unknown, without = np.isnan(total), np.isnan(standing.reference)
    sure = probability >= scale.confidence - 1e-9
    state = np.select([unknown, without, sure], [2, 3, 0], default=1)
    reason = np.select([unknown | sure, without, np.isnan(probability)], [0, 3, 2], default=1)
    frame["reference_kg"], frame["ratio"] = standing.reference, ratio
    frame["ratio_gsd"] = standing.gsd
    names = pd.Index(["", *scale.letters])
    frame["letter"] = pd.Categorical.from_codes(position + 1, categories=names)
    frame["letter_probability"] = probability
    frame["state"] = pd.Categorical.from_codes(state, categories=pd.Index(STATES))
    words = pd.Series(np.array(REASONS, dtype="object")[reason])
    frame["reason"] = words.mask(pd.Series(unknown), frame["problem"].astype("object"))
    frame["reference"] = pd.Categorical.from_codes(
        np.zeros(len(frame), dtype=np.int8), categories=pd.Index([reference])
    )
    return frame


def lettered(table: pd.DataFrame, reference_kg: pd.Series, scale: Scale) -> pd.DataFrame:
    """Letters before and after a change.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``category before_kg after_kg`` [kg CO2e per kept unit].
    reference_kg : pandas.Series
        Footprint of the reference by category [kg CO2e per kept unit].
    scale : Scale
        Letters and bounds.

    Returns
    -------
    pandas.DataFrame
        The table with ``letter_before`` and ``letter_after``: letters of the central ratios,
        whatever their probability; empty where there is none.
    """
    reference = table["category"].astype("object").map(reference_kg).to_numpy(dtype=np.float64)
    names = pd.Index(["", *scale.letters])
    out = table.copy(deep=False)
    for when in ("before", "after"):
        position = scale.letter(table[f"{when}_kg"].to_numpy(dtype=np.float64) / reference)
        out[f"letter_{when}"] = pd.Categorical.from_codes(position + 1, categories=names)
    return out
