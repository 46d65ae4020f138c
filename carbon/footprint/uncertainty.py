"""Reads filled catalogues, gives draws and intervals [kg CO2e per kept unit].

The exchanges of a SKU are collapsed into groups that a draw scales as one (see
:mod:`carbon.stages.groups`). A sparse matrix of groups times the sampled unit impacts gives every
group in every draw; the SKU's own parameters are drawn from its counter and join by the formulas.
All SKUs meet the same background draws: differences between SKUs are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from carbon.background.edition import Edition
from carbon.background.sampling import Mismatch, edition_seed, fill_sample, scores
from carbon.base.arrays import Floats, Integers, Singles
from carbon.base.digits import interval
from carbon.base.terms import BOUNDARIES, FITS, PROVENANCES, STAGES
from carbon.base.threads import workers
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.footprint.draws import Draws, Interval
from carbon.footprint.silence import Silence
from carbon.footprint.spreads import NO_SPREAD, Spread, Spreads, moved
from carbon.footprint.streams import Start, Streams, content_keys, key_of
from carbon.stages.groups import (
    DRAWN,
    GROUPS,
    PARAMETERS,
    RATES,
    combine,
    grouped,
    rates,
    shipped_shares,
)
from carbon.stages.inventory import Inventory

__all__ = ["Part", "Sampler"]

Match = Callable[[Inventory], tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]]

BLOCK: Final = 64
"""SKUs drawn at once: a parameter of them fills 256 kB, so that caches hold the sum."""

LETTERED: Final = 128
"""SKUs whose letters are measured at once; no draw of their background stands beside them."""

CLOSE: Final = 0.1
"""Share by which the mean of sampled unit impacts may miss the expected one and is mended."""

ALONE: Final = {
    "electricity": "electricity",
    "heat": "heat",
    "pickup_km": "pickup",
    "session_kwh": "studio",
    "viewer_hours": "stream",
    "energy_per_year": "use",
    "service_life": "use",
}
"""Parameters that scale nothing else: without that group they need no draw."""

WIDE: Final = ("session_kwh", "viewer_hours")
"""Those of which a default is so wide that a sample of its product misses the expected one."""


class Part:
    """Consecutive SKUs of a filled catalogue, ready to be drawn.

    ``matrix`` (n · groups, used) is what each group of each SKU takes of each used dataset;
    ``used`` is ``row · len(FITS) + fit`` of each dataset; ``rates`` are as stated, odds where the
    formulas take odds, of shape (n,).
    """

    def __init__(self, sampler: Sampler, catalogue: Catalogue) -> None:
        self.n, self.inside, self.sampler = len(catalogue), sampler.inside, sampler
        self.catalogue = catalogue
        self.streams = sampler.streams
        inventory = grouped(catalogue, sampler.boundary, sampler.parcel_level)
        rows, fits = sampler.match(inventory)
        met = np.where(rows < 0, len(sampler.sampled) - 1, rows).astype(np.int64) * len(FITS) + fits
        # in the order of the edition, so that no neighbour changes the order of a sum
        self.used = np.flatnonzero(np.bincount(met))
        place = np.zeros(met.max(initial=0) + 1, dtype=np.int32)
        place[self.used] = np.arange(len(self.used))
        column = place[met]
        self.unit = sampler.columns(self.used)
        self.matrix = sparse.coo_matrix(
            (
                inventory.amount,
                (inventory.sku.astype(np.int64) * len(GROUPS) + inventory.stage, column),
            ),
            shape=(self.n * len(GROUPS), len(self.used)),
        ).tocsr()
        self.matrix.sum_duplicates()
        self._single = self.matrix.astype(np.float32)
        self.shares = shipped_shares(catalogue, sampler.parcel_level)
        self.rates = rates(catalogue)
        self.returns_alone = "units_per_return" in catalogue.skus
        self.per_parcel = catalogue.skus["units_per_parcel"].to_numpy(dtype=np.float32)
        # what was not computed stays unknown, whatever its other stages
        self.unknown: Singles = np.zeros(self.n, dtype=np.float32)
        self.unknown[catalogue.skus["failed"].to_numpy(dtype=bool)] = np.nan
        self._draw_from(sampler)

    def _draw_from(self, sampler: Sampler) -> None:
        keys = content_keys(self.catalogue)
        self.spread: dict[str, Spread] = {}
        self.start: dict[str, Start] = {}
        for name in (*PARAMETERS, *RATES):
            dear = sampler.silence.moved(self.catalogue, name) if sampler.silence else None
            self.spread[name] = sampler.spreads.of(self.catalogue, name, dear)
            alone = self.catalogue.skus.get(key_of(name))
            seeds = keys if alone is None else alone.to_numpy(dtype=np.uint64)
            self.start[name] = self.streams.start(name, seeds)
        # the way back that nobody stated is the way out: one distance, one draw
        mirrored = (
            self.catalogue.provenance["return_transport"] == PROVENANCES.index("default")
        ).to_numpy()
        there, back = self.start["transport"], self.start["return_transport"]
        self.start["return_transport"] = Start(
            np.where(mirrored, there.window, back.window), np.where(mirrored, there.sign, back.sign)
        )

    def draw(self, part: slice) -> dict[str, Any]:
        """Stages of k SKUs in every draw, (k, draws).

        One that is 0 for all of them may be a number.
        """
        width = len(GROUPS)
        rows = self._single[part.start * width : part.stop * width]
        filled = (np.diff(rows.indptr).reshape(-1, width) > 0).sum(axis=0)
        product = (rows @ self.unit).reshape(part.stop - part.start, width, -1)
        group = {name: product[:, g] for g, name in enumerate(GROUPS) if filled[g]}
        # a factor on nothing need not be drawn
        of = {
            name: self._factor(name, part)
            for name in PARAMETERS
            if name not in ALONE or ALONE[name] in group
        }
        of |= {name: self._rate(name, part) for name in RATES}
        if isinstance(of["units_per_parcel"], np.ndarray):
            fewest = 1 / self.per_parcel[part, None]
            np.maximum(of["units_per_parcel"], fewest, out=of["units_per_parcel"])
        for name in WIDE:
            other = group.get(ALONE[name])
            if other is not None and np.shape(of.get(name, 1)) == other.shape:
                _expect_product(of[name], other)
        if self.returns_alone:
            of["return_parcels"] = np.float32(1)
        shares = [share[part, None].astype(np.float32) for share in self.shares]
        stages = combine(group, of, (shares[0], shares[1], shares[2]), self.inside)
        unknown = self.unknown[part, None]
        if np.isnan(unknown).any():
            stages["materials"] = stages["materials"] + unknown
        return stages

    def _factor(self, name: str, part: slice) -> Any:
        spread = self.spread[name]
        if spread.table is None or spread.row is None:
            return self._scored(name, part)
        plain = spread.row[part] == NO_SPREAD
        if plain.all():
            return self._scored(name, part)
        tabled = self._tabled(spread, self.start[name], part)
        return np.where(plain[:, None], self._scored(name, part), tabled) if plain.any() else tabled

    def _scored(self, name: str, part: slice) -> Any:
        """A lognormal factor in every draw; a number if it is certain."""
        spread, start = self.spread[name], self.start[name]
        below, above, centre = spread.below[part], spread.above[part], spread.centre[part]
        if not (below.any() or above.any()):
            return _exp(centre.copy())[:, None] if centre.any() else np.float32(1)
        factor = scores = self.streams.scores(start, part)
        sign = start.sign[part]
        if (below == above).all():
            factor *= (below * sign)[:, None]
        else:
            factor = np.abs(scores)
            factor *= ((above - below) / 2)[:, None]
            scores *= ((above + below) / 2 * sign)[:, None]
            factor += scores
        factor += centre[:, None]
        return _exp(factor)

    def _rate(self, name: str, part: slice) -> Any:
        spread, value = self.spread[name], self.rates[name][part]
        stated = value.astype(np.float32)[:, None]
        if spread.table is None:
            return stated
        assert spread.row is not None
        drawn = self._tabled(spread, self.start[name], part)
        fixed = (spread.row[part] == NO_SPREAD)[:, None]
        return np.where(fixed, stated, drawn) if fixed.any() else drawn

    def _tabled(self, spread: Spread, start: Start, part: slice) -> Singles:
        assert spread.row is not None
        ranks = self.streams.ranked(start, part)
        ranks += (np.maximum(spread.row[part], 0) * self.streams.draws)[:, None]
        return moved(spread, ranks, part)

    def blocks(self, size: int = BLOCK) -> Iterator[slice]:
        """Parts of the SKUs that are drawn at once."""
        for start in range(0, self.n, size):
            yield slice(start, min(start + size, self.n))


def _exp(logs: Singles) -> Singles:
    """Exponentials in place, computed in double precision.

    In single precision processors differ in the last bit, and with it in the digits that a
    result carries.
    """
    return np.exp(logs, out=logs, dtype=np.float64, casting="same_kind")


def _expect_product(factor: Singles, group: Singles) -> None:
    """Give a factor of each SKU the size with which its product has the expected mean."""
    each, other = factor.mean(axis=1), group.mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mend = each * other / np.einsum("ij,ij->i", factor, group) * factor.shape[1]
    factor *= np.where(np.isfinite(mend) & (mend > 0), mend, np.float32(1))[:, None]


class Sampler:
    """Draws for any catalogue.

    - ``edition``: seed, scores and spreads
    - ``vocabulary``: categories and items
    - ``boundary``: a key of :data:`carbon.base.terms.BOUNDARIES`
    - ``sampled`` (activities + 1, draws): unit impacts, as
      :func:`carbon.background.sampling.sample`
    - ``match``: as ``Study.match``
    - ``method``: characterization method
    - ``central``: gives the expected unit impacts of what is linked by now, shape (activities + 1,)
    - ``silence``: what is put on the dear side if nobody tells it
    """

    def __init__(
        self,
        edition: Edition,
        vocabulary: Vocabulary,
        boundary: str,
        sampled: Singles,
        match: Match,
        method: str,
        central: Callable[[], Floats],
        silence: Silence | None = None,
    ) -> None:
        self.edition, self.boundary, self.sampled, self.match = edition, boundary, sampled, match
        self._method = method
        self._filled = np.zeros(len(edition.activities), dtype=bool)
        self._filled[edition.at_first] = True
        self._central, self.silence = central, silence
        self.inside = BOUNDARIES[boundary]
        self.draws = sampled.shape[1]
        self.streams = Streams(edition_seed(edition), self.draws, DRAWN)
        self.spreads = Spreads.at(edition, vocabulary, self.draws)
        self.parcel_level = (vocabulary.packaging_items["level"] == "parcel").to_numpy(dtype=bool)
        self.mismatch = Mismatch(edition)
        self._columns: dict[int, Singles] = {}

    @cached_property
    def pedigrees(self) -> Floats:
        """Scores of each dataset of the edition, shape (datasets, indicators)."""
        return scores(self.edition.datasets).astype(np.float64)

    @property
    def central(self) -> Floats:
        """Expected unit impacts, shape (activities + 1,)."""
        return self._central()

    def columns(self, used: Integers) -> Singles:
        """Sampled unit impacts as they are met, (used, draws).

        ``used`` is ``row · len(FITS) + fit``.
        """
        later = np.flatnonzero(self.edition.linked & ~self._filled)
        if len(later):
            fill_sample(self.edition, self._method, self.sampled, later)
            self._filled[later] = True
        new = np.array([code for code in used.tolist() if code not in self._columns], np.int64)
        row, fit = (new // len(FITS)).astype(np.int32), (new % len(FITS)).astype(np.int8)
        known = row < len(self.sampled) - 1
        values = self.sampled[row]
        if known.any():
            values[known] *= self.mismatch.draw(row[known], fit[known], self.draws)
        self._expect(values, self.central[np.minimum(row, len(self.central) - 1)])
        self._columns.update(zip(new.tolist(), values, strict=True))
        if not len(used):
            return np.empty((0, self.draws), np.float32)
        return np.stack([self._columns[code] for code in used.tolist()])

    def _expect(self, values: Singles, central: Floats) -> None:
        """Give sampled unit impacts the expected mean: a product of samples misses it a little."""
        with np.errstate(invalid="ignore", divide="ignore"):
            missed = central / values.mean(axis=1, dtype=np.float64)
        mend = np.abs(missed - 1) < CLOSE
        values[mend] *= missed[mend, None].astype(np.float32)

    def part(self, catalogue: Catalogue) -> Part:
        """Prepare consecutive SKUs."""
        return Part(self, catalogue)

    def intervals(
        self,
        part: Part,
        stages: Floats,
        lettered: Callable[[slice], object] | None = None,
    ) -> Interval:
        """Intervals of the SKUs of a part, widened to hold their own central ``stages``, (n, 8).

        ``lettered`` is called with slices of the SKUs, beside the drawing.
        """
        low = np.empty((part.n, 1 + len(STAGES)), dtype=np.float32)
        high = np.empty_like(low)

        def work(block: slice) -> None:
            drawn = part.draw(block)
            shape = (block.stop - block.start, self.draws)
            total = np.zeros(shape, dtype=np.float32)
            for values in drawn.values():
                if np.ndim(values):  # a stage that nothing enters is a number, 0
                    total += values
            low[block, 0], high[block, 0] = interval(total)
            for position, name in enumerate(STAGES, start=1):
                values = drawn[name]
                if np.ndim(values) < 2 or values.shape[1] < self.draws:
                    low[block, position] = high[block, position] = np.ravel(values)
                else:
                    low[block, position], high[block, position] = interval(values)

        with ThreadPoolExecutor(workers()) as pool:
            measured = pool.map(lettered, part.blocks(LETTERED)) if lettered is not None else ()
            for _ in chain(pool.map(work, part.blocks()), measured):
                pass
        central = np.column_stack([stages.sum(axis=1), stages])
        low64, high64 = np.fmin(low, central), np.fmax(high, central)
        unknown = np.isnan(central)
        return Interval(np.where(unknown, np.nan, low64), np.where(unknown, np.nan, high64))

    def sample(self, part: Part, start: int, central: Floats, *, stages: bool) -> Draws:
        """Draws of the SKUs of a part, whose first stands at row ``start``.

        ``central`` values are by stage, of shape (n, 8); what is unknown there is unknown in every
        draw.
        """
        total = np.empty((part.n, self.draws), dtype=np.float32)
        every = np.empty((part.n, len(STAGES), self.draws), dtype=np.float32) if stages else None

        def work(block: slice) -> None:
            drawn = part.draw(block)
            summed = np.zeros((block.stop - block.start, self.draws), dtype=np.float32)
            for position, name in enumerate(STAGES):
                summed += drawn[name]
                if every is not None:
                    every[block, position] = drawn[name]
            total[block] = summed

        with ThreadPoolExecutor(workers()) as pool:
            for _ in pool.map(work, part.blocks()):
                pass
        total[np.isnan(central).any(axis=1)] = np.nan
        if every is not None:
            every[np.isnan(central)] = np.nan
        return Draws(start, total, every)
