"""Reads spreads of an edition's datasets, gives sampled unit impacts [kg CO2e per unit].

Every dataset is uncertain by one lognormal factor: its published spread where it has one, else
its basic uncertainty and its pedigree. The draws are Brightway's and the seed is the edition's, so
that every SKU meets the same draws (paired).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from carbon.background.edition import Edition
from carbon.background.unit_impacts import (
    PARTS,
    cache_path,
    characterization,
    fill_later,
    load,
    save,
)
from carbon.base.errors import StudyError
from carbon.base.terms import PLACED

__all__ = [
    "INDICATORS",
    "Mismatch",
    "drawn_gsd2",
    "edition_seed",
    "fill_sample",
    "sample",
    "scores",
    "spread",
]

INDICATORS: Final = ("reliability", "completeness", "temporal", "geographical", "technological")
"""Indicators of a pedigree, in the order in which its scores are written."""

SAMPLE_FORMAT: Final = "sample 4"
BASIC: Final = "aggregated factor"


def edition_seed(edition: Edition) -> int:
    """Seed of all draws, fixed by the edition.

    >>> from carbon.background.edition import load_edition
    >>> edition_seed(load_edition()) == edition_seed(load_edition())
    True
    """
    return int(edition.digest[:16], 16)


def pedigree_factors(edition: Edition) -> npt.NDArray[np.float64]:
    """Ln of the contribution of each score, shape (5 indicators, 1 + 5 scores)."""
    table = edition.spreads["pedigree"]
    factors = np.zeros((len(INDICATORS), 6))
    for indicator, score, gsd2 in zip(
        table["indicator"], table["score"], table["gsd2"], strict=True
    ):
        factors[INDICATORS.index(indicator), int(score)] = np.log(gsd2)
    return factors


def scores(datasets: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Pedigree scores of datasets, shape (datasets, 5)."""
    table = datasets["pedigree"].str.split(";", expand=True)
    return table.to_numpy().astype(np.int64)


def spread(edition: Edition) -> npt.NDArray[np.float64]:
    """Squared geometric standard deviation of every dataset as published.

    ``gsd2`` above the basic uncertainty of an aggregated factor is a spread that somebody looked at
    (between sources, over a bracket, of a proxy) and is taken as it is. At or below it, for a
    figure of the source's own (published, or with emissions), it is the basic uncertainty U_b alone
    and the pedigree joins in: ``GSD² = exp(sqrt(ln²U_b + Σ ln²U_i))`` (Frischknecht et al. 2007;
    U_i of Ciroth et al. 2016). A dataset that only links others inherits their spread. The
    reliability of a national figure at home (table ``official``) is not scored: it is the reference
    there; used abroad it gets the spread of its fit (:class:`Mismatch`). ``edition``: its datasets,
    with ``gsd2`` and ``pedigree``. Returns: shape (datasets,), in the order of
    ``edition.datasets``.

    >>> from carbon.background.edition import load_edition
    >>> edition = load_edition()
    >>> bool((spread(edition) >= edition.datasets["gsd2"].to_numpy()).all())
    True
    """
    datasets = edition.datasets
    gsd2 = datasets["gsd2"].to_numpy(dtype=np.float64)
    basic = edition.spreads["basic_uncertainty"].set_index("name").loc[BASIC, "gsd2"]
    emitting = pd.MultiIndex.from_frame(
        edition.exchanges.loc[edition.exchanges["kind"] == "emission", ["col"]]
    ).get_level_values(0)
    has_spread = np.zeros(len(datasets), dtype=bool)
    has_spread[edition.activities["published"].to_numpy()[np.unique(emitting)]] = True
    joined = (gsd2 <= basic) & (has_spread | (datasets["kind"] == "published").to_numpy())
    logs = np.take_along_axis(pedigree_factors(edition), scores(datasets).T, axis=1)
    if "official" in edition.spreads:
        official = datasets["source"].isin(edition.spreads["official"]["source"]).to_numpy()
        logs[INDICATORS.index("reliability"), official] = 0
    both = np.exp(np.sqrt(np.log(gsd2) ** 2 + (logs**2).sum(axis=0)))
    return np.where(joined, both, gsd2)


def drawn_gsd2(edition: Edition, row: int, fit: int) -> float:
    """Squared geometric standard deviation with which one dataset is drawn.

    ``row``: of ``edition.activities``; ``fit``: how it met the demand, a position in
    :data:`carbon.base.terms.FITS`. Returns: its own spread and that of its fit together; what its
    inputs add is not in it [1].

    >>> from carbon.background.edition import load_edition
    >>> edition = load_edition()
    >>> row, fit = edition.match("freight, lorry", "CN")
    >>> bool(drawn_gsd2(edition, row, fit) > edition.activities["gsd2"].iloc[row])
    True
    """
    published = int(edition.activities["published"].iloc[row])
    rows, fits = np.array([row], dtype=np.int32), np.array([fit], dtype=np.int8)
    logs = np.log([spread(edition)[published], float(Mismatch(edition).gsd2(rows, fits)[0])])
    return float(np.exp(np.hypot(*logs)))


def sample(
    edition: Edition,
    method: str,
    draws: int,
    *,
    cache: bool = True,
    progress: Callable[[int], object] | None = None,
) -> npt.NDArray[np.float32]:
    """Total impact of one unit of every activity in every draw.

    ``cache``: look for the draws in the user's cache folder, and leave them there; ``progress``:
    called with the number of draws that were solved since the last call. Returns: shape (activities
    + 1, draws), [kg CO2e per unit]; the last row is NaN and stands for an activity that the edition
    does not have. Uptake and release of biogenic carbon dioxide are left out as in the totals. Only
    the rows that are linked at first are filled (:func:`fill_sample`); the others are memory that
    is not touched.
    """
    if not isinstance(draws, int | np.integer) or draws < 1:
        raise StudyError("S008", value=str(draws))
    path = cache_path(edition, SAMPLE_FORMAT, method, str(draws))
    first = edition.at_first
    known = load(path, (len(first), draws), np.float32) if cache else None
    if known is None:
        from carbon.background.brightway import sampled_impacts

        factors = _dataset_factors(edition, draws)
        published = edition.activities["published"].to_numpy()[first]
        known = sampled_impacts(edition, _totals(edition, method), factors[published], progress)
        if cache:
            save(path, known)
    count = len(edition.activities) + 1
    # NumPy asks for huge pages, and rows far apart would fill them all
    size = count * draws * np.dtype(np.float32).itemsize
    room = pa.allocate_buffer(size, pa.system_memory_pool())
    values = np.frombuffer(room, dtype=np.float32).reshape(count, draws)
    values[first] = known
    values[-1] = np.nan
    return values


def fill_sample(
    edition: Edition, method: str, values: npt.NDArray[np.float32], rows: npt.NDArray[np.intp]
) -> None:
    """Fill the draws of activities that were linked later, in place.

    ``values``: shape (activities + 1, draws), as :func:`sample` gives them; ``rows``: shape (m,),
    activities that are wanted, ascending.
    """
    factors = _dataset_factors(edition, values.shape[1])
    published = edition.activities["published"].to_numpy()[rows]
    flows = {flow: np.array([total]) for flow, total in _totals(edition, method).items()}
    fill_later(edition, values, flows, rows, drawn=factors[published])


def _totals(edition: Edition, method: str) -> dict[str, float]:
    """Characterization of each elementary flow over all indicators [kg CO2e per kg]."""
    flows = characterization(edition, method)
    return {flow: float(vector[: len(PARTS)].sum()) for flow, vector in flows.items()}


def _dataset_factors(edition: Edition, draws: int) -> npt.NDArray[np.float64]:
    """Factor of each dataset as published in every draw, shape (datasets, draws), mean 1."""
    from carbon.background.brightway import draw_spreads

    factors = draw_spreads(spread(edition), draws, edition_seed(edition) % 2**32)
    factors /= factors.mean(axis=1, keepdims=True)  # a published number is an expected value
    return factors


class Mismatch:
    """What a poor fit adds: a dataset of another place or time is more uncertain here.

    ``edition``: its tables of scores, and the year to which ages are counted.
    """

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        table = edition.spreads["quality_scores"]
        fit = table[table["kind"] == "fit"].set_index("key")["score"]
        self.place = fit.reindex(PLACED).fillna(fit.max()).to_numpy(dtype=np.int64)
        # an edition that tells no spread of a fit takes that of its score
        self.fits = pedigree_factors(edition)[INDICATORS.index("geographical"), self.place]
        if "mismatch" in edition.spreads:
            spreads = edition.spreads["mismatch"].set_index("fit")["gsd2"]
            self.fits = np.log(spreads.reindex(PLACED).to_numpy(dtype=np.float64))
        age = table[table["kind"] == "age"]
        order = np.argsort(age["key"].astype(float).to_numpy())
        self.limits = age["key"].astype(float).to_numpy()[order]
        self.ages = age["score"].to_numpy(dtype=np.int64)[order]

    def time(self, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Temporal score of datasets by their age."""
        year = self.edition.activities["year"].to_numpy(dtype=np.float64)[rows]
        position = np.searchsorted(self.limits, self.edition.year - year, side="right")
        return self.ages[np.minimum(position, len(self.ages) - 1)]

    def gsd2(
        self, rows: npt.NDArray[np.int32], fits: npt.NDArray[np.int8]
    ) -> npt.NDArray[np.float64]:
        """Squared geometric standard deviation that a fit adds.

        ``rows``: shape (k,), rows of ``edition.activities``; ``fits``: shape (k,), positions in
        :data:`carbon.base.terms.FITS`.
        """
        factors = pedigree_factors(self.edition)
        place = self.fits[fits]
        score = self.time(rows)
        # younger data are dated by their own pedigree
        score = np.where(score > self.ages[1], score, 0)
        time = factors[INDICATORS.index("temporal"), score]
        squared: npt.NDArray[np.float64] = np.exp(np.hypot(place, time))
        return squared

    def draw(
        self, rows: npt.NDArray[np.int32], fits: npt.NDArray[np.int8], draws: int
    ) -> npt.NDArray[np.float32]:
        """Factor of each dataset and fit in every draw, shape (k, draws), mean 1.

        Keyed by the dataset as published and its fit: one draw for all SKUs and all instances.
        """
        sigma = np.log(self.gsd2(rows, fits)) / 2
        published = self.edition.activities["published"].to_numpy()[rows]
        datasets, seed = self.edition.datasets, edition_seed(self.edition)
        names = (
            datasets["source"] + "|" + datasets["activity"] + "|" + datasets["location"]
        ).tolist()
        factors = np.ones((len(rows), draws), dtype=np.float32)
        for position in np.flatnonzero(sigma > 0):
            name = f"{names[published[position]]}|{PLACED[fits[position]]}"
            key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
            random = np.random.Generator(np.random.Philox(key=np.array([seed, key], np.uint64)))
            factors[position] = np.exp(sigma[position] * random.standard_normal(draws))
        factors /= factors.mean(axis=1, dtype=np.float64, keepdims=True).astype(np.float32)
        return factors
