"""Reads a filled catalogue, gives the spread of each cell by its provenance and category [1]."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from carbon.background.edition import MOST_KNOWN, Edition
from carbon.base.arrays import Flags, Floats, Integers, Singles
from carbon.base.terms import PROVENANCES
from carbon.catalogue.schema import COLUMNS, Catalogue, Vocabulary
from carbon.footprint.distributions import (
    WIDTH,
    beta_quantiles,
    centre_of,
    check,
    expected,
    quantile_function,
    triangle,
)
from carbon.footprint.streams import middles
from carbon.stages.groups import DIVISORS, ODDS, PARAMETERS, RATES, odds

__all__ = ["NO_SPREAD", "Spread", "Spreads", "cell_provenances", "moved"]

STEPS: Final = 256
"""Means for which a beta distribution is tabulated; the rest is shifted or scaled a little."""

NO_SPREAD: Final = -1


@dataclass(frozen=True)
class Spread:
    """Spread of one parameter of some SKUs.

    - ``below``, ``above`` (n,): standard deviation of the logarithm of the factor below and above
      its median
    - ``centre`` (n,): logarithm of that median, which gives the factor (of a divisor, its inverse)
      the mean that it ought to have
    - ``table`` (rows, draws): quantile functions, used instead where ``row`` is not -1
    - ``row`` (n,): row of the table
    - ``shift`` (n,): added to the quantiles of a rate
    - ``scale`` (n,): multiplies the quantiles of a factor or of odds
    - ``low``, ``high``: physical limits
    """

    below: Singles
    above: Singles
    centre: Singles
    table: Singles | None = None
    row: Integers | None = None
    shift: Singles | None = None
    scale: Singles | None = None
    low: float = 0.0
    high: float = np.inf

    @classmethod
    def none(cls, n: int) -> Spread:
        """Spread of what is certain."""
        nothing = np.zeros(n, np.float32)
        return cls(nothing, nothing, nothing)


class Spreads:
    """Spreads of every parameter, from the tables of an edition.

    - ``edition``: its ``foreground_uncertainty`` and archetypes
    - ``vocabulary``: categories and items
    - ``quantiles`` (draws,): where quantile functions are tabulated

    Raises F012 if a squared geometric standard deviation is below 1, F013 if a distribution has no
    parameters.
    """

    def __init__(self, edition: Edition, vocabulary: Vocabulary, quantiles: Floats) -> None:
        table = edition.spreads["foreground_uncertainty"]
        for row in table.to_dict("records"):
            check(row)
        self._spec = {
            (row["parameter"], row["origin"]): row
            for row in table.to_dict("records")
            if row["distribution"] != "fixed"
        }
        self._quantiles = quantiles
        self._vocabulary = vocabulary
        self._bounds = _bounds(edition, vocabulary)
        self._categories: dict[str, Singles] = {}
        self._betas: dict[tuple[str, float, float], tuple[Singles, Flags]] = {}

    @classmethod
    @lru_cache(maxsize=MOST_KNOWN)
    def at(cls, edition: Edition, vocabulary: Vocabulary, count: int) -> Spreads:
        """Spreads tabulated at the middles of equally probable strata, once in a process."""
        return cls(edition, vocabulary, middles(count))

    def of(self, catalogue: Catalogue, name: str, dear: Floats | None = None) -> Spread:
        """Spread of a parameter or rate, of :data:`carbon.stages.groups.PARAMETERS` or ``RATES``.

        ``dear`` is what a default was multiplied by, of a rate the value it was moved to: the draws
        stay where the category is; NaN where the default stands in the middle. The mean of a factor
        is 1, and that of a rate (of odds r/(1-r), where the formulas take the odds) what the
        catalogue says: an expected value is what is printed.
        """
        provenance = cell_provenances(catalogue, name)
        category = catalogue.skus["category"].cat.codes.to_numpy().astype(np.int64)
        if name in RATES:
            value = catalogue.skus[name].to_numpy(dtype=np.float64)
            return self._rate(name, provenance, category, value, dear)
        spread = self._factor(name, provenance, category, dear)
        if name == "materials":
            # one material has no composition that could be another
            lines = catalogue.materials["row"].to_numpy()
            single = np.bincount(lines, minlength=len(provenance)) == 1
            single &= provenance != PROVENANCES.index("default")
            nought = np.where(single, 0, 1).astype(np.float32)
            spread = replace(
                spread,
                below=spread.below * nought,
                above=spread.above * nought,
                centre=spread.centre * nought,
                row=None if spread.row is None else np.where(single, NO_SPREAD, spread.row),
            )
        return spread

    def dear_factors(self, name: str, quantile: float) -> Floats:
        """Quantile of a default on its dear side, over its mean, by code of a category.

        Of shape (categories + 1,): at least 1, and of a divisor at most 1.
        """
        from scipy.special import ndtri

        count = len(self._vocabulary.categories)
        provenance = np.full(count + 1, PROVENANCES.index("default"), np.uint8)
        spread = self._factor(name, provenance, np.append(np.arange(count), -1), None)
        score = float(ndtri(quantile))
        centre = spread.centre.astype(np.float64)
        if name in DIVISORS:
            below = np.where(score > 0, spread.below, spread.above)
            return np.minimum(np.exp(centre - score * below), 1.0)
        above = np.where(score > 0, spread.above, spread.below)
        return np.maximum(np.exp(centre + score * above), 1.0)

    def dear_rates(self, name: str, quantile: float) -> Floats:
        """Quantile of a default rate on its dear side, by code of a category.

        Of shape (categories + 1,): the upper one of losses and returns, the lower one of a share
        that is sold or used again; NaN where the edition tells no bounds; never better than the
        middle.
        """
        bounds = self._bounds.get(name)
        count = len(self._vocabulary.categories)
        spec = self._spec.get((name, "default"))
        if bounds is None or spec is None:
            return np.full(count + 1, np.nan)
        table = self._by_category(name, bounds, spec["count"], COLUMNS[name].limit)
        rising = name in ODDS
        at = np.searchsorted(self._quantiles, quantile if rising else 1 - quantile)
        drawn = table[:, min(at, table.shape[1] - 1)].astype(np.float64)
        if rising:
            drawn = np.maximum(drawn / (1 + drawn), bounds[0])
        else:
            drawn = np.minimum(drawn, bounds[0])
        return np.append(drawn, np.nan)

    def _factor(
        self,
        name: str,
        provenance: npt.NDArray[np.uint8],
        category: npt.NDArray[Any],
        dear: Floats | None,
    ) -> Spread:
        n = len(provenance)
        below, above = np.zeros(n, np.float32), np.zeros(n, np.float32)
        row = np.full(n, NO_SPREAD, np.int64)
        tables: list[Singles] = []
        for code, known in enumerate(PROVENANCES):
            spec = self._spec.get((name, known))
            where = provenance == code
            if spec is None or not where.any():
                continue
            if spec["distribution"] != "lognormal":
                row[where] = len(tables)
                values = quantile_function(spec, self._quantiles)
                mean = 1 / (1 / values).mean() if name in DIVISORS else values.mean()
                tables.append((values / mean).astype(np.float32))
                continue
            sigma = np.log(spec["gsd2"]) / 2
            below[where], above[where] = sigma, sigma
            if spec["bounds"] and name in self._bounds:
                down, up = self._bounds[name]
                here = category[where]
                below[where] = np.where(np.isnan(down[here]), sigma, down[here])
                above[where] = np.where(np.isnan(up[here]), sigma, up[here])
        centre = centre_of(below, above, self._quantiles, divisor=name in DIVISORS)
        scale = np.ones(n, np.float32)
        if dear is not None:
            moved = (provenance == PROVENANCES.index("default")) & ~np.isnan(dear)
            centre = np.where(moved, centre - np.log(dear), centre)
            scale[moved] = 1 / dear[moved]
        table = np.array(tables) if tables else None
        return Spread(
            below,
            above,
            centre.astype(np.float32),
            table,
            row,
            np.zeros(n, np.float32),
            scale,
        )

    def _rate(
        self,
        name: str,
        provenance: npt.NDArray[np.uint8],
        category: npt.NDArray[Any],
        value: Floats,
        dear: Floats | None,
    ) -> Spread:
        n, limit = len(provenance), COLUMNS[name].limit
        row = np.full(n, NO_SPREAD, np.int64)
        centre = value.copy()
        tables: list[Singles] = []
        for code, known in enumerate(PROVENANCES):
            spec = self._spec.get((name, known))
            where = np.flatnonzero((provenance == code) & ~np.isnan(value))
            if spec is None or not len(where):
                continue
            first = sum(map(len, tables))
            bounds = self._bounds.get(name) if spec["bounds"] else None
            if bounds is not None:
                tables.append(self._by_category(name, bounds, spec["count"], limit))
                row[where] = first + category[where]
                centre[where] = bounds[0][category[where]]
                if dear is not None:
                    centre[where] = np.where(np.isnan(dear), centre, dear)[where]
            else:
                means = np.sin(np.linspace(0, np.pi / 2, STEPS)) ** 2
                nearest = np.searchsorted((means[1:] + means[:-1]) / 2, value[where])
                tables.append(self._beta(name, means, spec["count"], limit, np.unique(nearest)))
                row[where] = first + nearest
                centre[where] = means[nearest]
        table = np.concatenate(tables) if tables else None
        zero, even = np.zeros(n, np.float32), np.ones(n, np.float32)
        if name in ODDS:
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = odds(value) / odds(np.minimum(centre, limit))
            scale = np.where(np.isfinite(ratio), ratio, 1.0).astype(np.float32)
            return Spread(zero, zero, zero, table, row, zero, scale)
        shift = (value - centre).astype(np.float32)
        return Spread(zero, zero, zero, table, row, shift, even, 0.0, limit)

    def _beta(
        self, name: str, means: Floats, count: float, limit: float, wanted: npt.NDArray[np.intp]
    ) -> Singles:
        """Quantile functions of rates by their mean; of means nobody wants, NaN.

        The inverse is dear: of two SKUs all means would take longer than all the rest.
        """
        key = (name if name in ODDS else "", count, limit)
        if key not in self._betas:
            shape = (len(means), len(self._quantiles))
            self._betas[key] = np.full(shape, np.nan, np.float32), np.zeros(len(means), bool)
        table, known = self._betas[key]
        new = wanted[~known[wanted]]
        if len(new):
            here = means[new]
            drawn = beta_quantiles(
                here[:, None], np.full((len(new), 1), count), limit, self._quantiles
            )
            table[new] = expected(name, drawn, np.minimum(here, limit))
            known[new] = True
        return table

    def _by_category(
        self, name: str, bounds: tuple[Floats, ...], fewest: float, limit: float
    ) -> Singles:
        """Beta distributions of the categories, triangles where the value lies at a bound."""
        if name not in self._categories:
            value, low, high = bounds
            deviation = (high - low) / (2 * WIDTH)
            with np.errstate(divide="ignore", invalid="ignore"):
                count = np.maximum(value * (1 - value) / deviation**2 - 1, fewest)
            drawn = beta_quantiles(value[:, None], count[:, None], limit, self._quantiles)
            edge = (value <= low) | (value >= high) | (value <= 0) | (value >= limit)
            for at in np.flatnonzero(edge & ~np.isnan(value)):
                drawn[at] = triangle(low[at], value[at], min(high[at], limit), self._quantiles)
            self._categories[name] = expected(name, drawn, np.minimum(value, limit))
        return self._categories[name]


def cell_provenances(catalogue: Catalogue, name: str) -> npt.NDArray[np.uint8]:
    """Where the parameter of each SKU comes from; the poorest of its lines counts."""
    default = PROVENANCES.index("default")
    provenance = catalogue.provenance[name].to_numpy(dtype=np.uint8, copy=True)
    if name == "manufacturing_loss":
        provenance[provenance == PROVENANCES.index("absent")] = default
    if name == "materials" and "unspecific" in catalogue.skus:
        provenance[catalogue.skus["unspecific"].to_numpy(dtype=bool)] = default
    if name == "packaging":
        pieces = catalogue.packaging
        provenance[pieces["row"].to_numpy()[pieces["origin"].to_numpy() == default]] = default
    if name in ("transport", "return_transport"):
        legs = catalogue.legs
        which = legs["returning"].to_numpy(dtype=bool) == (name == "return_transport")
        which &= (legs["origin"].to_numpy() == default) & (legs["basis"] == "tkm").to_numpy()
        provenance[legs["row"].to_numpy()[which]] = default
    return provenance


def _bounds(edition: Edition, vocabulary: Vocabulary) -> dict[str, tuple[Floats, ...]]:
    """By category: σ below and above of a factor; value, low and high of a rate."""
    categories = vocabulary.categories["category"].astype(str)
    table = edition.vocabulary["archetype_parameters"]
    bounds: dict[str, tuple[Floats, ...]] = {}
    for name, rows in table.groupby("parameter"):
        if name not in (*PARAMETERS, *RATES):
            continue
        by_category = rows.set_index("category").reindex(categories)
        value, low, high = (
            by_category[key].to_numpy(np.float64) for key in ("value", "low", "high")
        )
        if name in RATES:
            bounds[str(name)] = (value, low, high)
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            below, above = np.log(value / low) / WIDTH, np.log(high / value) / WIDTH
        usable = (low > 0) & (value > 0) & (low <= value) & (value <= high)
        bounds[str(name)] = (np.where(usable, below, np.nan), np.where(usable, above, np.nan))
    pieces = edition.vocabulary["archetype_packaging"]
    variance = ((pieces["high"] - pieces["low"]) / (2 * WIDTH)) ** 2
    deviation = np.sqrt(variance.groupby(pieces["category"]).sum())
    share = deviation / pieces["mass_g"].groupby(pieces["category"]).sum()
    sigma = np.sqrt(np.log1p(share**2)).reindex(categories).to_numpy()
    bounds["packaging"] = (sigma, sigma)
    return bounds


def moved(spread: Spread, ranks: Integers, part: slice) -> Singles:
    """Quantiles of some SKUs, moved to where they stand."""
    assert spread.table is not None
    assert spread.shift is not None
    assert spread.scale is not None
    drawn: Singles = spread.table.ravel().take(ranks, mode="clip")
    scale, shift = spread.scale[part], spread.shift[part]
    scaled, shifted = bool((scale != 1).any()), bool(shift.any())
    if scaled:
        drawn *= scale[:, None]
    if shifted:
        drawn += shift[:, None]
    if scaled or shifted:  # the table itself lies within the limits
        np.clip(drawn, spread.low, spread.high, out=drawn)
    return drawn
