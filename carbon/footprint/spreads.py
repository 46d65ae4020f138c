"""How uncertain a catalogue is: the spread of each cell by its origin and category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from carbon.background.edition import Edition
from carbon.base.errors import FactorsError
from carbon.base.terms import ORIGINS
from carbon.catalogue.schema import COLUMNS, Catalogue, Vocabulary
from carbon.stages.groups import PARAMETERS, RATES

__all__ = ["Spread", "Spreads", "cell_origins"]

Floats = npt.NDArray[np.float64]

WIDTH: Final = 1.959963984540054
"""Standard deviations on each side of a 95 % interval of a normal distribution."""

STEPS: Final = 256
"""Means for which a beta distribution is tabulated; the rest is shifted by under 0.4 points."""

NO_SPREAD: Final = -1


@dataclass(frozen=True)
class Spread:
    """Spread of one parameter of some SKUs.

    Parameters
    ----------
    below, above : ndarray of float32, shape (n,)
        Standard deviation of the logarithm of the factor below and above its median.
    table : ndarray of float32, shape (rows, draws), optional
        Quantile functions, used instead where ``row`` is not -1.
    row : ndarray of int64, shape (n,)
        Row of the table.
    shift : ndarray of float32, shape (n,)
        Added to the quantiles.
    low, high : float
        Physical limits.
    """

    below: npt.NDArray[np.float32]
    above: npt.NDArray[np.float32]
    table: npt.NDArray[np.float32] | None = None
    row: npt.NDArray[np.int64] | None = None
    shift: npt.NDArray[np.float32] | None = None
    low: float = 0.0
    high: float = np.inf


class Spreads:
    """Spreads of every parameter, from the tables of an edition.

    Parameters
    ----------
    edition : Edition
        Its ``foreground_uncertainty`` and archetypes.
    vocabulary : Vocabulary
        Categories and items.
    quantiles : ndarray of float64, shape (draws,)
        Where quantile functions are tabulated.

    Raises
    ------
    carbon.base.errors.FactorsError
        F012 if a squared geometric standard deviation is below 1, F013 if a distribution has no
        parameters.
    """

    def __init__(self, edition: Edition, vocabulary: Vocabulary, quantiles: Floats) -> None:
        table = edition.spreads["foreground_uncertainty"]
        for row in table.to_dict("records"):
            _check(row)
        self._spec = {
            (row["parameter"], row["origin"]): row
            for row in table.to_dict("records")
            if row["distribution"] != "fixed"
        }
        self._quantiles = quantiles
        self._vocabulary = vocabulary
        self._bounds = _bounds(edition, vocabulary)
        self._categories: dict[str, npt.NDArray[np.float32]] = {}
        self._betas: dict[tuple[float, float], npt.NDArray[np.float32]] = {}

    def of(self, catalogue: Catalogue, name: str) -> Spread:
        """Spread of a parameter or rate for every SKU.

        Parameters
        ----------
        catalogue : Catalogue
            Filled.
        name : str
            One of :data:`carbon.stages.groups.PARAMETERS` or ``RATES``.
        """
        origin = cell_origins(catalogue, name)
        category = catalogue.skus["category"].cat.codes.to_numpy().astype(np.int64)
        if name in RATES:
            value = catalogue.skus[name].to_numpy(dtype=np.float64)
            return self._rate(name, origin, category, value)
        return self._factor(name, origin, category)

    def _factor(
        self, name: str, origin: npt.NDArray[np.uint8], category: npt.NDArray[Any]
    ) -> Spread:
        n = len(origin)
        below, above = np.zeros(n, np.float32), np.zeros(n, np.float32)
        row = np.full(n, NO_SPREAD, np.int64)
        tables: list[npt.NDArray[np.float32]] = []
        for code, known in enumerate(ORIGINS):
            spec = self._spec.get((name, known))
            where = origin == code
            if spec is None or not where.any():
                continue
            if spec["distribution"] != "lognormal":
                row[where] = len(tables)
                tables.append(_quantile_function(spec, self._quantiles).astype(np.float32))
                continue
            sigma = np.log(spec["gsd2"]) / 2
            below[where], above[where] = sigma, sigma
            if spec["bounds"] and name in self._bounds:
                down, up = self._bounds[name]
                here = category[where]
                below[where] = np.where(np.isnan(down[here]), sigma, down[here])
                above[where] = np.where(np.isnan(up[here]), sigma, up[here])
        table = np.array(tables) if tables else None
        return Spread(below, above, table, row, np.zeros(n, np.float32))

    def _rate(
        self,
        name: str,
        origin: npt.NDArray[np.uint8],
        category: npt.NDArray[Any],
        value: Floats,
    ) -> Spread:
        n, limit = len(origin), COLUMNS[name].limit
        row = np.full(n, NO_SPREAD, np.int64)
        centre = value.copy()
        tables: list[npt.NDArray[np.float32]] = []
        for code, known in enumerate(ORIGINS):
            spec = self._spec.get((name, known))
            where = np.flatnonzero((origin == code) & ~np.isnan(value))
            if spec is None or not len(where):
                continue
            first = sum(map(len, tables))
            bounds = self._vocabulary_bounds(name) if spec["bounds"] else None
            if bounds is not None:
                tables.append(self._by_category(name, bounds, spec["count"], limit))
                row[where] = first + category[where]
                centre[where] = bounds[0][category[where]]
            else:
                means = np.sin(np.linspace(0, np.pi / 2, STEPS)) ** 2
                nearest = np.searchsorted((means[1:] + means[:-1]) / 2, value[where])
                tables.append(self._beta(means, spec["count"], limit))
                row[where] = first + nearest
                centre[where] = means[nearest]
        table = np.concatenate(tables) if tables else None
        zero = np.zeros(n, np.float32)
        return Spread(zero, zero, table, row, (value - centre).astype(np.float32), 0.0, limit)

    def _vocabulary_bounds(self, name: str) -> tuple[Floats, Floats, Floats] | None:
        bounds = self._bounds.get(name)
        return None if bounds is None else (bounds[0], bounds[1], bounds[2])

    def _beta(self, means: Floats, count: float, limit: float) -> npt.NDArray[np.float32]:
        key = (count, limit)
        if key not in self._betas:
            self._betas[key] = _beta_quantiles(
                means[:, None], np.full((len(means), 1), count), limit, self._quantiles
            )
        return self._betas[key]

    def _by_category(
        self, name: str, bounds: tuple[Floats, Floats, Floats], fewest: float, limit: float
    ) -> npt.NDArray[np.float32]:
        """Beta distributions of the categories, triangles where the value lies at a bound."""
        if name not in self._categories:
            value, low, high = bounds
            deviation = (high - low) / (2 * WIDTH)
            with np.errstate(divide="ignore", invalid="ignore"):
                count = np.maximum(value * (1 - value) / deviation**2 - 1, fewest)
            out = _beta_quantiles(value[:, None], count[:, None], limit, self._quantiles)
            edge = (value <= low) | (value >= high) | (value <= 0) | (value >= limit)
            for at in np.flatnonzero(edge & ~np.isnan(value)):
                out[at] = _triangle(low[at], value[at], min(high[at], limit), self._quantiles)
            self._categories[name] = out
        return self._categories[name]


def cell_origins(catalogue: Catalogue, name: str) -> npt.NDArray[np.uint8]:
    """Where the parameter of each SKU comes from; the poorest of its lines counts."""
    default = ORIGINS.index("default")
    n = len(catalogue)
    if name == "manufacturing_loss":
        return np.full(n, default, dtype=np.uint8)
    origin = catalogue.origin[name].to_numpy(dtype=np.uint8, copy=True)
    if name == "packaging":
        pieces = catalogue.packaging
        origin[pieces["row"].to_numpy()[pieces["origin"].to_numpy() == default]] = default
    if name in ("transport", "return_transport"):
        legs = catalogue.legs
        which = legs["returning"].to_numpy(dtype=bool) == (name == "return_transport")
        which &= (legs["origin"].to_numpy() == default) & (legs["basis"] == "tkm").to_numpy()
        origin[legs["row"].to_numpy()[which]] = default
    return origin


def _bounds(edition: Edition, vocabulary: Vocabulary) -> dict[str, tuple[Floats, ...]]:
    """By category: σ below and above of a factor; value, low and high of a rate."""
    categories = vocabulary.categories["category"].astype(str)
    table = edition.vocabulary["archetype_parameters"]
    out: dict[str, tuple[Floats, ...]] = {}
    for name, rows in table.groupby("parameter"):
        if name not in (*PARAMETERS, *RATES):
            continue
        found = rows.set_index("category").reindex(categories)
        value, low, high = (found[key].to_numpy(np.float64) for key in ("value", "low", "high"))
        if name in RATES:
            out[str(name)] = (value, low, high)
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            below, above = np.log(value / low) / WIDTH, np.log(high / value) / WIDTH
        usable = (low > 0) & (value > 0) & (low <= value) & (value <= high)
        out[str(name)] = (np.where(usable, below, np.nan), np.where(usable, above, np.nan))
    pieces = edition.vocabulary["archetype_packaging"]
    variance = ((pieces["high"] - pieces["low"]) / (2 * WIDTH)) ** 2
    deviation = np.sqrt(variance.groupby(pieces["category"]).sum())
    share = deviation / pieces["mass_g"].groupby(pieces["category"]).sum()
    sigma = np.sqrt(np.log1p(share**2)).reindex(categories).to_numpy()
    out["packaging"] = (sigma, sigma)
    return out


def _check(row: dict[Any, Any]) -> None:
    kind = row["distribution"]
    where = ", ".join(str(row[key]) for key in ("parameter", "origin", "distribution"))
    low, high = row["low"], row["high"]
    missing = {
        "lognormal": np.isnan(row["gsd2"]),
        "beta": not row["count"] > 0,
        "normal": not low < high,
        "uniform": not 0 <= low <= 1 <= high,
        "triangular": not 0 <= low <= 1 <= high,
        "fixed": False,
    }.get(kind, True)
    if missing or (kind != "fixed" and (row["parameter"] in RATES) != (kind == "beta")):
        raise FactorsError("F013", file=str(row["source"]), value=where)
    if row["gsd2"] < 1:
        raise FactorsError("F012", file=str(row["source"]), value=where)


def _quantile_function(row: dict[Any, Any], at: Floats) -> Floats:
    """Quantiles of a factor that is normal, triangular or uniform; never below 0."""
    low, high = float(row["low"]), float(row["high"])
    if row["distribution"] == "uniform":
        return low + (high - low) * at
    if row["distribution"] == "triangular":
        return _triangle(low, 1.0, high, at)
    from scipy.special import ndtr, ndtri

    mean, deviation = (low + high) / 2, (high - low) / (2 * WIDTH)
    cut = ndtr(-mean / deviation)
    out: Floats = mean + deviation * ndtri(cut + at * (1 - cut))
    return out


def _triangle(low: float, mode: float, high: float, at: Floats) -> Floats:
    if high <= low:
        return np.full(len(at), mode)
    peak = (mode - low) / (high - low)
    rising = low + np.sqrt(at * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - at) * (high - low) * (high - mode))
    return np.where(at < peak, rising, falling)


def _beta_quantiles(
    mean: Floats, count: Floats, limit: float, at: Floats
) -> npt.NDArray[np.float32]:
    """Quantiles of beta distributions cut off at a limit, shape (rows, draws)."""
    from scipy.special import betainc, betaincinv

    inside = (mean > 0) & (mean < 1)
    safe = np.where(inside, mean, 0.5)
    alpha, beta = safe * count, (1 - safe) * count
    found = betaincinv(alpha, beta, at * betainc(alpha, beta, limit))
    out = np.where(inside, found, np.minimum(mean, limit))
    return out.astype(np.float32)
