"""Reads graded goods, gives those that resemble another category whose letter would be worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.tables import Tables
from carbon.base.arrays import Flags, Floats
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.footprint.evidence import categories_shown
from carbon.footprint.plausible import Plausible, assess
from carbon.footprint.result import Footprints
from carbon.footprint.standing import Yardsticks
from carbon.footprint.supplied import believed

__all__ = ["gaining", "judged"]

CLOSER: Final = 0.25
"""Share of the materials by which goods must be closer to another category than to their own; an
archetype's shares are bracketed by more than half of that."""

CLOSER_TWICE: Final = 0.1
"""The same where the mass too is nearer to what is usual in the other category: two signs agree."""

AT_ONCE: Final = 4_000
"""SKUs that are held against all categories at once: some 20 MB of shares."""


def judged(
    footprints: Footprints,
    yardsticks: Yardsticks,
    judging: Tables,
    vocabulary: Vocabulary,
    bound: float,
) -> Plausible:
    """What is believed of footprints that were held against references.

    ``judging``: tables of :attr:`carbon.background.edition.Edition.judging`; ``bound``: ratio to a
    reference up to which a letter is better than the middle.
    """
    plausible = believed(assess(footprints.catalogue, judging, vocabulary), footprints)
    table = judging["plausible_values"].query("parameter == 'mass'").set_index("category")
    gain = gaining(footprints, yardsticks, table, vocabulary, bound)
    return replace(plausible, gaining=gain)


def gaining(
    footprints: Footprints,
    yardsticks: Yardsticks,
    masses: pd.DataFrame,
    vocabulary: Vocabulary,
    bound: float,
) -> Flags:
    """SKUs that look like goods of another category, and whose letter there would be worse.

    ``masses`` are indexed by category, of a sales unit [kg]: 95 % bounds ``low`` and ``high``, and
    the quartiles ``declared_low`` and ``declared_high``. Flagged (n,) is a SKU whose mass is usual
    in another category, whose materials are closer to it, and which per kilogram is no better than
    its middle. A document for the category lifts it.
    """
    standing, goods = footprints.standing, footprints.catalogue
    assert standing is not None
    flags = np.zeros(len(goods), dtype=bool)
    listed = goods.skus["category"].cat.codes.to_numpy()
    with np.errstate(invalid="ignore"):
        some = (footprints.total < standing.reference) & (listed >= 0) & ~categories_shown(goods)
    at = np.flatnonzero(some)
    if not at.size:
        return flags
    names = vocabulary.names("category").ids
    usual = masses.reindex(names)
    low, high, least, most = (
        usual[end].to_numpy(dtype=np.float64)
        for end in ("low", "high", "declared_low", "declared_high")
    )
    middle = np.sqrt(least * most)
    dear = bound * _by_kilogram(yardsticks, names)
    for start in range(0, len(at), AT_ONCE):
        here = at[start : start + AT_ONCE]
        row = np.arange(len(here)), listed[here]
        shared = _shared(goods, here, vocabulary)
        mass = goods.skus["mass_kg"].to_numpy(dtype=np.float64)[here][:, None]
        each = footprints.total[here][:, None] / mass
        with np.errstate(invalid="ignore", divide="ignore"):
            apart = np.abs(np.log(mass / middle))
            nearer = apart < apart[row][:, None]
            close = shared >= shared[row][:, None] + np.where(nearer, CLOSER_TWICE, CLOSER)
            close &= (mass >= low) & (mass <= high)
            close &= each > dear
        flags[here] = close.any(axis=1)
    return flags


def _shared(goods: Catalogue, at: npt.NDArray[np.int64], vocabulary: Vocabulary) -> Floats:
    """Share of the materials of some SKUs that each category's archetype has too."""
    categories = pd.Index(vocabulary.names("category").ids)
    materials = pd.Index(vocabulary.names("material").ids)
    table = vocabulary.archetype_materials
    usual = np.zeros((len(categories), len(materials)))
    row, column = (
        index.get_indexer(pd.Index(table[name].astype(str)))
        for index, name in ((categories, "category"), (materials, "material"))
    )
    known = (row >= 0) & (column >= 0)
    usual[row[known], column[known]] = table["share"].to_numpy(dtype=np.float64)[known]
    position = np.full(len(goods), -1)
    position[at] = np.arange(len(at))
    lines = goods.materials
    place = position[lines["row"].to_numpy()]
    code = lines["material"].cat.codes.to_numpy()
    wanted = (place >= 0) & (code >= 0)
    lines, place, code = lines[wanted], place[wanted], code[wanted]
    # a material that is told in several lines is one
    both, inverse = np.unique(place.astype(np.int64) * len(materials) + code, return_inverse=True)
    weight = np.bincount(inverse.ravel(), lines["mass_kg"].to_numpy(dtype=np.float64))
    place, code = both // len(materials), both % len(materials)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = weight / np.bincount(place, weight, len(at))[place]
    shared = np.zeros((len(at), len(categories)))
    np.add.at(shared, place, np.minimum(np.nan_to_num(share)[:, None], usual[:, code].T))
    return shared


def _by_kilogram(yardsticks: Yardsticks, names: Sequence[str]) -> Floats:
    """Reference of each category per kilogram of net mass; the heaviest of its sizes counts."""
    row = np.array(list(yardsticks.row.values()), dtype=np.int64)
    mass = yardsticks.mass[row]
    each = yardsticks.stages[row].sum(axis=1) / mass
    category = [name.partition("/")[0] for name in yardsticks.row]
    table = pd.DataFrame({"category": category, "each": each, "mass": mass}).dropna()
    heaviest = table.sort_values("mass").groupby("category")["each"].last()
    return heaviest.reindex(list(names)).to_numpy(dtype=np.float64)
