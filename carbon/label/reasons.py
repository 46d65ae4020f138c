"""Reads a footprint and its reference, gives the stated facts that part them [%]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Floats
from carbon.base.terms import STAGES
from carbon.footprint.evidence import EVIDENCE, documented_share
from carbon.footprint.plausible import PARTS, Plausible
from carbon.footprint.result import Footprints

if TYPE_CHECKING:
    from carbon.label.scale import Scale

__all__ = ["SHOWN", "Codes", "contributions", "evidence_of", "reasons_of", "worse"]

LARGEST: Final = 999
"""Percent above which no figure says more."""

DECIDING: Final = 4
"""A part decides that is at least one in so many of the largest."""

TENTH: Final = 1.2816
"""Standard deviations from the middle beyond which a tenth of a spread lies."""

SHOWN: Final = 3
"""Facts that a letter comes with."""

STAGE_OF: Final = {
    "materials": "materials",
    "production": "production",
    "packaging": "packaging",
    "transport": "distribution",
    "live_session": "live_session",
    "use": "use",
    "returns": "returns",
}
"""Part → the stage that shows it; mass shows in several."""


def _decided(footprints: Footprints) -> Floats:
    """What each part of the cells decides [kg CO2e per kept unit]; mass has no part of its own."""
    table = np.zeros((len(footprints), len(PARTS)))
    for part, name in STAGE_OF.items():
        table[:, PARTS.index(part)] = np.abs(
            np.nan_to_num(footprints.stages[:, STAGES.index(name)])
        )
    return table


def contributions(footprints: Footprints) -> Floats:
    """What each part of the cells adds to the ratio to the reference [1], of shape (n, parts).

    Mass times what the reference takes per kilogram to be made; materials and production at equal
    mass; the other parts by their stages. NaN where the reference is unknown.
    """
    stage = footprints.stages
    n = len(stage)
    standing = footprints.standing
    against = None if standing is None else getattr(standing, "reference_stages", None)
    if standing is None or against is None:
        return np.full((n, len(PARTS)), np.nan)
    reference = against.sum(axis=1)
    mass = footprints.catalogue.skus["mass_kg"].to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        heavier = mass / standing.reference_mass
        table = np.zeros((n, len(PARTS)))
        made = np.zeros(n)
        for part, name in STAGE_OF.items():
            place = STAGES.index(name)
            usual = np.nan_to_num(against[:, place])
            own_stage = np.nan_to_num(stage[:, place])
            if part in ("materials", "production"):
                made += usual
                usual = usual * heavier
            table[:, PARTS.index(part)] = own_stage - usual
        table[:, PARTS.index("mass")] = (heavier - 1) * made
        share: Floats = table / reference[:, None]
    return share


def reasons_of(share: Floats, stated: Flags) -> npt.NDArray[np.object_]:
    """The told facts that move the ratio most, as machine text.

    Up to three ``part:percent`` joined by ``;``, the largest of :func:`contributions` first, those
    of a percent or more whose part the merchant told.

    >>> share = np.zeros((1, len(PARTS)))
    >>> share[0, PARTS.index("packaging")], share[0, PARTS.index("returns")] = -0.058, 0.14
    >>> reasons_of(share, np.ones(share.shape, dtype=bool)).tolist()
    ['returns:+14;packaging:-6']
    """
    bounded = np.clip(np.nan_to_num(share), -LARGEST / 100, LARGEST / 100)
    percent = np.rint(np.where(stated, bounded * 100, 0.0)).astype(np.int64)
    order = np.argsort(-np.abs(percent), axis=1, kind="stable")[:, :SHOWN]
    size = np.take_along_axis(percent, order, axis=1)
    key = np.where(size != 0, order * 2000 + size + 1000, -1)
    patterns, inverse = np.unique(key, axis=0, return_inverse=True)
    word = {
        item: f"{PARTS[item // 2000]}:{item % 2000 - 1000:+d}"
        for item in np.unique(key).tolist()
        if item >= 0
    }
    words = [";".join(word[item] for item in each if item >= 0) for each in patterns.tolist()]
    text: npt.NDArray[np.object_] = np.array(words, dtype=object)[inverse.ravel()]
    return text


def worse(
    scale: Scale,
    honest: tuple[Floats, Floats],
    ends: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
) -> Flags:
    """Whether a letter would be worse, or less sure, with cells that are not believed as usual.

    ``honest`` are the ratio with these cells as there [1] and its geometric standard deviation,
    ``ends`` best and worst of the printed range, as ``Scale.ranges``. So it is if less than a tenth
    would be as good as the better end, or more than a tenth worse than the worse end.
    """
    ratio, gsd = honest
    flags = np.zeros(len(ratio), dtype=bool)
    for end, side in zip(ends, (ratio / gsd**TENTH, ratio * gsd**TENTH), strict=True):
        flags |= (end >= 0) & (scale.letter(side) > end)
    return flags


def evidence_of(
    footprints: Footprints, plausible: Plausible | None
) -> tuple[npt.NDArray[np.int8], Floats]:
    """Lowest class of the cells that decide most, and the share that documents stand behind [1].

    Classes are positions in :data:`carbon.footprint.evidence.EVIDENCE`.
    """
    weight = _decided(footprints)
    if plausible is None:
        return np.zeros(len(weight), dtype=np.int8), np.zeros(len(weight))
    level = plausible.level.copy()
    mass = level[:, PARTS.index("mass")]
    for part in ("materials", "production"):
        weakest = np.minimum(level[:, PARTS.index(part)], mass)
        # a supplier's footprint is of the unit, whatever it weighs
        level[:, PARTS.index(part)] = np.where(
            plausible.supplied, level[:, PARTS.index(part)], weakest
        )
    # what he cannot know, no merchant needs to show
    free = [PARTS.index(part) for part in ("live_session",)]
    counted = weight.copy()
    counted[:, free] = np.where(plausible.stated[:, free], counted[:, free], 0.0)
    decides = (counted >= counted.max(axis=1, keepdims=True) / DECIDING) & (counted > 0)
    lowest = np.where(decides, level, len(EVIDENCE) - 1).min(axis=1).astype(np.int8)
    return lowest, documented_share(weight, level)


class Codes:
    """Codes of n SKUs.

    >>> codes = Codes(2)
    >>> codes.add("J004", np.array([True, False]))
    >>> codes.words(np.array(["C263", ""], dtype=object)).tolist()
    ['J004 C263', '']
    """

    def __init__(self, n: int) -> None:
        self.flags: dict[str, Flags] = {}
        self.n = n

    def add(self, code: str, flag: Flags) -> None:
        """Say a code of some SKUs."""
        self.flags[code] = flag

    def words(self, before: npt.NDArray[np.object_] | None) -> npt.NDArray[np.object_]:
        """Codes of each SKU after those of its cells."""
        names = sorted(self.flags)
        packed = np.zeros(self.n, dtype=np.int64)
        for bit, name in enumerate(names):
            packed |= self.flags[name].astype(np.int64) << bit
        cells = np.full(self.n, "", dtype=object) if before is None else before
        code, distinct = pd.factorize(cells)
        pair = packed * max(len(distinct), 1) + code
        patterns, inverse = np.unique(pair, return_inverse=True)
        text = [
            " ".join(
                [
                    *(name for bit, name in enumerate(names) if (key // len(distinct)) >> bit & 1),
                    *str(distinct[key % len(distinct)]).split(),
                ]
            )
            for key in patterns.tolist()
        ]
        words: npt.NDArray[np.object_] = np.array(text, dtype=object)[inverse.ravel()]
        return words
