"""Reads SKUs ready to be drawn, gives how their totals move with what is stated [1].

A letter is conditional on the edition: factors and category defaults are its rules, the same for a
SKU and its reference. So its probability rests on points that move only what the merchant told,
spread evenly, the same for all SKUs and however many draws are asked for.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from carbon.background.edition import Edition
from carbon.base.arrays import Flags, Integers, Singles
from carbon.base.terms import FITS, PROVENANCES, STAGES
from carbon.catalogue.schema import Vocabulary
from carbon.footprint.distributions import kinds_of
from carbon.footprint.spreads import NO_SPREAD, Spread, Spreads, cell_provenances, moved
from carbon.footprint.streams import even_ranks, middles
from carbon.footprint.uncertainty import Part
from carbon.stages.groups import DRAWN, GROUPS, PARAMETERS, RATES, combine

__all__ = ["POINTS", "EvenPoints", "Letters"]

POINTS: Final = 256
"""Points on which a letter rests."""

TOLD: Final = tuple(PROVENANCES.index(name) for name in ("given", "measured"))
"""Codes of cells that the merchant told."""


class EvenPoints:
    """Points of letters and the spreads at them; ``cache``: keep them in the user's folder."""

    def __init__(self, edition: Edition, vocabulary: Vocabulary, *, cache: bool = True) -> None:
        self.spreads = Spreads.at(edition, vocabulary, POINTS)
        # points of more dimensions are others in all of them: letters of 2026.1 must not move
        first = even_ranks(POINTS, len(DRAWN) - 1, cache=cache)
        ranks = [*first, even_ranks(POINTS, len(DRAWN), cache=cache)[-1]]
        self.ranks = dict(zip(DRAWN, ranks, strict=True))


class Letters:
    """What the letters of some SKUs rest on."""

    def __init__(self, points: EvenPoints, part: Part) -> None:
        self.points, self.part = points, part
        central = part.sampler.central
        unit = central[np.minimum(part.used // len(FITS), len(central) - 1)]
        impact = np.asarray(part.matrix @ unit, dtype=np.float64)
        self.group = impact.reshape(part.n, len(GROUPS)).astype(np.float32)
        self.factors: dict[str, tuple[Singles, Integers]] = {}
        self.rates: dict[str, tuple[Spread, Flags]] = {}
        for name in (*PARAMETERS, *RATES):
            stated = np.isin(cell_provenances(part.catalogue, name), TOLD)
            spread = points.spreads.of(part.catalogue, name)
            if name in RATES:
                row = np.full(part.n, NO_SPREAD) if spread.row is None else spread.row
                self.rates[name] = spread, stated & (row != NO_SPREAD)
            elif stated.any():
                self.factors[name] = _tabulated(spread, stated, points.ranks[name])

    def ratios(self, block: slice) -> Singles:
        """Totals of k SKUs over the total as stated [1], of shape (k, points).

        Exactly 1 for a SKU that tells nothing.
        """
        part = self.part
        group = {
            name: self.group[block, g, None]
            for g, name in enumerate(GROUPS)
            if self.group[block, g].any()
        }
        of: dict[str, Any] = {
            name: table[code[block]] for name, (table, code) in self.factors.items()
        }
        of |= {name: self._rate(name, block) for name in RATES}
        if "units_per_parcel" in of:
            fewest = 1 / part.per_parcel[block, None]
            of["units_per_parcel"] = np.maximum(of["units_per_parcel"], fewest)
        if part.returns_alone:
            of["return_parcels"] = np.float32(1)
        product, unit, shared = (share[block, None].astype(np.float32) for share in part.shares)
        stages = combine(group, of, (product, unit, shared), part.inside)
        total = np.zeros((block.stop - block.start, POINTS + 1), dtype=np.float32)
        for name in STAGES:
            total += stages[name]
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio: Singles = (total[:, :-1] / total[:, -1:]).astype(np.float32, copy=False)
        return ratio

    def _rate(self, name: str, block: slice) -> Singles:
        """A rate at the points, and as stated at the last one."""
        spread, is_stated = self.rates[name]
        stated: Singles = self.part.rates[name][block].astype(np.float32)[:, None]
        if not is_stated[block].any():
            return stated
        assert spread.row is not None
        ranks = self.points.ranks[name] + (np.maximum(spread.row[block], 0) * POINTS)[:, None]
        drawn = np.where(is_stated[block, None], moved(spread, ranks, block), stated)
        return np.concatenate([drawn, stated], axis=1)


def _tabulated(spread: Spread, stated: Flags, ranks: Integers) -> tuple[Singles, Integers]:
    """Factors at the points, a row for each different spread, and the row of each SKU.

    The last point of a row is 1, the total as stated; what is not told is 1 throughout.
    """
    from scipy.special import ndtri

    row = np.full(len(stated), NO_SPREAD) if spread.row is None else spread.row
    row = np.where(stated, row, NO_SPREAD)
    moves = stated & (row == NO_SPREAD)
    below, above = (side * moves for side in (spread.below, spread.above))
    code, first = kinds_of(below, above)
    count = 0 if spread.table is None else len(spread.table)
    scores = ndtri(middles(POINTS))[ranks]
    table = np.ones((len(first) + count, POINTS + 1), dtype=np.float32)
    for kind, sku in enumerate(first):
        if below[sku] or above[sku]:
            logs = np.where(scores < 0, below[sku], above[sku]) * scores + spread.centre[sku]
            table[kind, :-1] = np.exp(logs)
    if spread.table is not None:
        table[len(first) :, :-1] = spread.table[:, ranks]
    return table, np.where(row == NO_SPREAD, code, len(first) + row)
