"""Reads a sized catalogue, gives it with what a merchant leaves unsaid on the dear side.

A merchant knows mass, materials, packaging, air share, return rate and resale share. Where he does
not tell them, the category's 75th percentile stands in his own number: silence never flatters.
References are never made dear.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
import scipy

from carbon.background.edition import Edition
from carbon.background.unit_impacts import cache_path, load, save
from carbon.base.arrays import Flags, Floats
from carbon.base.terms import PROVENANCES
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.footprint.levers.returns import with_return_rate
from carbon.footprint.spreads import Spreads
from carbon.stages.groups import RATES

__all__ = ["Silence"]


_DEFAULT: Final = PROVENANCES.index("default")
_CELLS: Final = {
    "units_per_parcel": "units_per_parcel",
    "energy_per_year": "energy_per_year_kwh",
    "service_life": "service_life_years",
}
"""Factor → the number of a SKU that it scales; mass, materials and packaging scale lines."""


_POINTS: Final = 1000
"""Points at which the spreads of defaults are tabulated to find their dear side."""

FORMAT: Final = "dear sides 1"
"""Kept dear sides of another format are found again; a new one for any change of the formulas."""


class Silence:
    """Dear sides of an edition.

    Parameters
    ----------
    edition : Edition
        With a table ``silence`` (parameter, quantile) and, where there is one, ``air_shares``.
    vocabulary : Vocabulary
        Categories and modes.
    cache : bool
        Look for the dear sides in the user's cache folder, and leave them there.
    """

    def __init__(self, edition: Edition, vocabulary: Vocabulary, *, cache: bool = True) -> None:
        tables = edition.judging
        quantiles = dict(
            zip(tables["silence"]["parameter"], tables["silence"]["quantile"], strict=True)
        )
        known = {name: float(at) for name, at in quantiles.items() if float(at) != 0.5}
        moved = {
            name: at
            for name, at in known.items()
            if name in ("mass", "materials", "packaging", *_CELLS, *RATES)
        }
        sides = dict(zip(moved, _dear_sides(edition, vocabulary, moved, cache), strict=True))
        self.factors = {name: side for name, side in sides.items() if name not in RATES}
        self.rates = {name: side for name, side in sides.items() if name in RATES}
        names = vocabulary.names("category").ids
        self.air: tuple[Floats, Floats] | None = None
        if "air_shares" in tables and "transport" in known:
            table = tables["air_shares"].set_index("category").reindex(names)
            middle, dear = (
                np.append(table[column].to_numpy(dtype=np.float64), np.nan)
                for column in ("middle", "dear")
            )
            self.air = middle, dear
        table = vocabulary.parameter_table
        if "units_per_parcel" in self.factors:  # no parcel holds less than one unit
            least = 1 / np.append(table["units_per_parcel"].to_numpy(dtype=np.float64), np.nan)
            self.factors["units_per_parcel"] = np.fmax(self.factors["units_per_parcel"], least)
        level = vocabulary.packaging_items["level"] == "parcel"
        self.parcel = np.append(level.to_numpy(dtype=bool), False)
        self.middle = {
            name: np.append(table[name].to_numpy(dtype=np.float64), np.nan) for name in self.rates
        }

    def is_stated(self, catalogue: Catalogue, name: str) -> Flags:
        """SKUs that tell a parameter, shape (n,)."""
        flags: Flags = (catalogue.provenance[name] != _DEFAULT).to_numpy()
        if name == "materials" and "unspecific" in catalogue.skus:
            flags = flags & ~catalogue.skus["unspecific"].to_numpy(dtype=bool)
        if name == "materials" and "supplied" in catalogue.skus:  # the supplier's figure tells them
            flags = flags | catalogue.skus["supplied"].to_numpy(dtype=bool)
        return flags

    def moved(self, catalogue: Catalogue, name: str) -> Floats | None:
        """What a parameter was multiplied by, of a rate the value it was moved to.

        Parameters
        ----------
        catalogue : Catalogue
            As :meth:`dear` gives it.
        name : str
            One of :data:`carbon.stages.groups.PARAMETERS` or ``RATES``.

        Returns
        -------
        ndarray of float64, shape (n,), or None
            NaN for SKUs that tell it; None where silence moves nothing.
        """
        table = self.factors.get(name, self.rates.get(name))
        if table is None:
            return None
        category = catalogue.skus["category"].cat.codes.to_numpy()
        return np.where(self.is_stated(catalogue, name), np.nan, table[category])

    def dear(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue with what was not told on the dear side.

        Parameters
        ----------
        catalogue : Catalogue
            Filled and sized.
        """
        return self._turned(catalogue, 1)

    def middled(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue with what was not told in the middle again.

        Parameters
        ----------
        catalogue : Catalogue
            As :meth:`dear` gives it.
        """
        return self._turned(catalogue, -1)

    def _turned(self, catalogue: Catalogue, power: int) -> Catalogue:
        skus, materials, pieces = catalogue.skus, catalogue.materials, catalogue.packaging

        def factor(name: str) -> Floats:
            moved = self.moved(catalogue, name)
            if moved is None:
                return np.ones(len(skus))
            return np.where(np.isnan(moved), 1.0, moved) ** power

        changed: dict[str, Any] = {}
        mass = factor("mass")
        changed["mass_kg"] = skus["mass_kg"].to_numpy(dtype=np.float64) * mass
        # pieces weighed one by one tell the mass too: only defaulted ones are moved
        goods = mass * factor("materials")
        row = materials["row"].to_numpy()
        materials = materials.assign(mass_kg=materials["mass_kg"].to_numpy() * goods[row])
        wrapped = factor("packaging")[pieces["row"].to_numpy()]
        apart = np.where(self.parcel[pieces["item"].cat.codes.to_numpy()], 1.0, 0.0)
        parcels = factor("units_per_parcel")[pieces["row"].to_numpy()] ** -apart
        pieces = pieces.assign(
            mass_kg=pieces["mass_kg"].to_numpy() * wrapped,
            share=pieces["share"].to_numpy(dtype=np.float64) * parcels,
        )
        for name, output in _CELLS.items():
            changed[output] = skus[output].to_numpy(dtype=np.float64) * factor(name)
        category = skus["category"].cat.codes.to_numpy()
        for name in self.rates:
            moved = self.moved(catalogue, name)
            value = skus[name].to_numpy(dtype=np.float64)
            assert moved is not None
            target = moved if power > 0 else self.middle[name][category]
            if name == "resale_share" and "stranded_share" in skus:  # nobody abroad sells it again
                target = target * (1 - skus["stranded_share"].to_numpy(dtype=np.float64))
            changed[name] = np.where(np.isnan(moved), value, target)
        rate = changed.pop("return_rate", None)
        skus = skus.assign(**changed)
        if rate is not None:
            skus = with_return_rate(skus, rate)
        return replace(
            catalogue,
            skus=skus,
            materials=materials,
            packaging=pieces,
            legs=self._flown(catalogue, power),
        )

    def _flown(self, catalogue: Catalogue, power: int) -> pd.DataFrame:
        """Legs with the dear share by air, where no transport is told."""
        legs = catalogue.legs
        if self.air is None or not len(legs):
            return legs
        category = catalogue.skus["category"].cat.codes.to_numpy()
        before, after = (share[category] for share in self.air[::power])
        silent = ~self.is_stated(catalogue, "transport") & ~(before == after)
        share = legs["chain_share"].to_numpy(dtype=np.float64, copy=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            up, rest = after / before, (1 - after) / (1 - before)
        # a category that never flies has no chain to fly by
        usable = silent & (before > 0) & (after > 0) & (before < 1) & (after < 1)
        row, returning = legs["row"].to_numpy(), legs["returning"].to_numpy(dtype=bool)
        mirrored = ~self.is_stated(catalogue, "return_transport")
        here = np.flatnonzero(usable[row] & (mirrored[row] | ~returning))
        if not len(here):
            return legs
        row, chain = row[here], legs["chain"].to_numpy()[here]
        new = np.ones(len(here), bool)
        new[1:] = (np.diff(row) != 0) | (np.diff(chain) != 0) | np.diff(returning[here])
        mode = legs["mode"].array
        planes = np.array([str(name) == "plane" for name in mode.categories] + [False])
        flown = np.logical_or.reduceat(planes[mode.codes[here]], np.flatnonzero(new))
        flown = flown[np.cumsum(new) - 1]
        # goods that cross a sea have no chains of their category: their one chain stays whole
        dear = new & flown & ~returning[here]
        by_air = np.bincount(row, np.where(dear, share[here], 0.0), len(before))
        usual = np.isclose(by_air, before, rtol=0, atol=1e-6)[row]
        share[here] *= np.where(usual, np.where(flown, up[row], rest[row]), 1.0)
        return legs.assign(chain_share=share)


def _dear_sides(
    edition: Edition, vocabulary: Vocabulary, quantiles: dict[str, float], cache: bool
) -> Floats:
    """Factor or rate of each parameter at its quantile, shape (parameters, categories + 1).

    What finds them takes longer to load than a small catalogue to weigh.
    """
    path = cache_path(edition, FORMAT, scipy.__version__)
    shape = len(quantiles), len(vocabulary.categories) + 1
    kept = load(path, shape, np.float64) if cache else None
    if kept is not None:
        return kept
    spreads = Spreads.at(edition, vocabulary, _POINTS)
    sides = np.empty(shape)
    for position, (name, at) in enumerate(quantiles.items()):
        side = spreads.dear_rates if name in RATES else spreads.dear_factors
        sides[position] = side(name, at)
    if cache:
        save(path, sides)
    return sides
