"""Reads a filled catalogue, gives random numbers that belong to what its cells say [1].

Each parameter has a small pool of stratified normal scores in random order (Latin hypercube
sampling, McKay et al. 1979). A 64-bit hash of seed, content of the SKU and parameter chooses the
order, where to begin in it, and the sign: a counter, not a sequence, so that no SKU depends on its
neighbours, and a key of cells, not of names, so that equal rows draw alike to the last bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from carbon.background.unit_impacts import array_path, load, save
from carbon.base.digits import carried
from carbon.base.terms import PROVENANCES
from carbon.catalogue.schema import Catalogue

__all__ = [
    "Start",
    "Streams",
    "content_keys",
    "distinct",
    "even_ranks",
    "key_of",
    "middles",
    "with_keys",
]

ORDERS: Final = 32
"""Random orders in the pool of a parameter: 32 orders × 1,000 beginnings × 2 signs."""

GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))

NOTHING: Final = np.uint64(0)

KEY: Final = "content"
"""Column of ``Catalogue.skus`` that holds the key which a SKU had before a lever."""

SKU_CELLS: Final = (
    *("mass_kg", "functional_quantity", "units_per_parcel", "units_per_return"),
    *("electricity_kwh", "heat_mj", "return_rate", "resale_share", "loss_rate"),
    *("packaging_reuse", "studio_kwh", "viewer_hours", "studio_renewable"),
    *("energy_per_year_kwh", "service_life_years", "stranded_share", "pickup_km"),
)
NOT_CELLS: Final = ("price", "units_sold", "supplier_kg", "supplier_boundary")
LINE_CELLS: Final = ("materials", "packaging", "legs", "destinations", "steps")
UNFELT: Final = (
    *("sku", "gtin", "name", "merchant", "price", "currency", "units_sold", "line", "problem"),
)
"""Columns of ``Catalogue.skus`` that no draw feels; any other tells two SKUs apart."""

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]


def content_keys(catalogue: Catalogue) -> Keys:
    """A 64-bit key of each SKU, from the cells that decide its footprint.

    It is the one that it had before a lever changed it (:func:`with_keys`), else that of its cells.
    Identifiers, names, prices and what was sold do not count, nor does the order of lines.

    >>> from carbon.study import Study
    >>> goods = Study().catalogue("sku,category,mass\\nA,dress,\\nB,dress,\\nC,dress,300 g\\n")
    >>> a, b, c = content_keys(goods)
    >>> bool(a == b), bool(a == c)
    (True, False)
    """
    if KEY in catalogue.skus:
        kept: Keys = catalogue.skus[KEY].to_numpy(dtype=np.uint64)
        return kept
    return _cell_keys(catalogue)


def distinct(catalogue: Catalogue) -> tuple[Catalogue, Rows, Rows]:
    """SKUs of which each draws for all that are equal to it.

    Given are the first of all equal SKUs, category by category, with their keys and without
    problems; where they stand in the catalogue; and of every SKU the row that is equal to it.

    >>> from carbon.study import Study
    >>> goods = Study().catalogue("sku,category,mass\\nA,dress,\\nB,belt,\\nC,dress,\\n")
    >>> equal, rows, place = distinct(goods)
    >>> sorted(rows.tolist()), bool(place[0] == place[2]), len(equal)
    ([0, 1], True, 2)
    """
    skus = catalogue.skus
    cells = _cell_keys(catalogue)
    keys = cells
    for name in skus.columns:
        if name not in UNFELT and name not in SKU_CELLS:
            numeric = pd.api.types.is_numeric_dtype(skus[name].dtype)
            exact = name == KEY or name.startswith(f"{KEY} of ")
            if exact:
                column = skus[name].to_numpy(dtype=np.uint64)
            else:
                column = _numbers(skus[name]) if numeric else _words(skus[name])
            keys = mixed(keys ^ column)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    category = skus["category"].cat.codes.to_numpy()[first]
    order = np.lexsort((first, category))
    place = np.empty(len(first), dtype=np.int64)
    place[order] = np.arange(len(first))
    rows: Rows = first[order].astype(np.int64)
    goods = replace(catalogue, problems=catalogue.problems.iloc[:0]).rows(rows)
    if KEY not in skus:
        goods = replace(goods, skus=goods.skus.assign(**{KEY: cells[rows]}))
    return goods, rows, place[inverse]


def _cell_keys(catalogue: Catalogue) -> Keys:
    skus = catalogue.skus
    keys = _words(skus["category"]) ^ _words(skus["origin"])
    # cells that are not there add nothing: a column that comes with a version moves no draw
    for name in SKU_CELLS:
        if name in skus:
            empty = skus[name].isna().to_numpy()
            keys += np.where(empty, NOTHING, mixed(_of_name(name) ^ _numbers(skus[name])))
    for name in catalogue.provenance.columns.difference(pd.Index(NOT_CELLS)):
        told = mixed(
            _of_name(f"provenance of {name}") ^ np.arange(len(PROVENANCES), dtype=np.uint64)
        )
        told[PROVENANCES.index("absent")] = NOTHING
        keys += told[catalogue.provenance[name].to_numpy()]
    keys = mixed(keys)
    for position, name in enumerate(LINE_CELLS):
        table = getattr(catalogue, name)
        if not len(table):
            continue
        line = np.full(len(table), np.uint64(position + 1))
        for column in table.columns:
            if column != "row":
                cells = table[column]
                hashed = _words if isinstance(cells.dtype, pd.CategoricalDtype) else _numbers
                line = mixed(line ^ hashed(cells))
        total = np.zeros(len(skus), np.uint64)
        np.add.at(total, table["row"].to_numpy(), line)  # wraps around: lines in any order
        keys = mixed(keys ^ total)
    return keys


def with_keys(catalogue: Catalogue) -> Catalogue:
    """The catalogue with its keys, which it keeps whatever a lever makes of it."""
    if KEY in catalogue.skus:
        return catalogue
    return replace(catalogue, skus=catalogue.skus.assign(**{KEY: content_keys(catalogue)}))


def key_of(parameter: str) -> str:
    """Column of ``Catalogue.skus`` that holds the key by which one parameter alone is drawn."""
    return f"{KEY} of {parameter}"


def _numbers(column: pd.Series) -> Keys:
    """Bits of numbers; one zero, one not-a-number, none that depends on the processor."""
    values = column.to_numpy(dtype=np.float64)
    if not pd.api.types.is_integer_dtype(column.dtype):  # those are carried as they are
        values = carried(values)
    return np.where(np.isnan(values), np.nan, values + 0.0).view(np.uint64)


def _of_name(name: str) -> np.uint64:
    """A hash of a name."""
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()))


def _words(column: pd.Series) -> Keys:
    """A hash of each word, whatever its code."""
    from pandas.util import hash_array

    values = column.array
    if not isinstance(values, pd.Categorical):
        values = pd.Categorical(values)
    words = np.append(values.categories.astype(str).to_numpy(object), "")
    hashed: Keys = hash_array(words, categorize=False)[values.codes]
    return hashed


def mixed(keys: Keys) -> Keys:
    """SplitMix64 finalizer (Steele et al. 2014): every bit depends on every bit."""
    keys = keys + GOLDEN
    keys = (keys ^ (keys >> np.uint64(30))) * MIX[0]
    keys = (keys ^ (keys >> np.uint64(27))) * MIX[1]
    return keys ^ (keys >> np.uint64(31))


def middles(count: int) -> npt.NDArray[np.float64]:
    """Middles of equally probable strata [1].

    >>> middles(2).tolist()
    [0.25, 0.75]
    """
    points: npt.NDArray[np.float64] = (np.arange(count) + 0.5) / count
    return points


def even_ranks(count: int, dimensions: int, *, cache: bool = False) -> npt.NDArray[np.int64]:
    """Points spread evenly in many dimensions, as ranks, shape (dimensions, count).

    A Sobol sequence scrambled by a fixed seed (Owen 1995, as in SciPy), of a power of two points in
    at most 21,201 dimensions: every stratum of every dimension is met once, so that ranks say it
    all. They are the same in every run, and what makes them takes longer to load than a label to
    draw: with ``cache`` they are looked for in the user's cache folder, and left there.

    >>> sorted(even_ranks(8, 3)[2].tolist())
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    path = array_path("even ranks", str(count), str(dimensions), scipy.__version__)
    known = load(path, (dimensions, count), np.int64) if cache else None
    if known is not None:
        return known
    from scipy.stats import qmc

    points = qmc.Sobol(dimensions, scramble=True, seed=np.random.default_rng(1)).random(count)
    ranks: npt.NDArray[np.int64] = np.argsort(np.argsort(points, axis=0), axis=0).T.astype(np.int64)
    if cache:
        save(path, ranks)
    return ranks


class Start(NamedTuple):
    """Where the draws of n SKUs begin in the pool of a parameter: the window, and 1 or -1."""

    window: npt.NDArray[np.int64]
    sign: npt.NDArray[np.float32]


class Streams:
    """Pools of normal scores and ranks, one of its own for each parameter: two of a SKU never meet.

    ``seed`` is that of the edition, ``draws`` the numbers in a stream.

    >>> streams = Streams(7, 5, ["mass", "return_rate"])
    >>> start = streams.start("mass", np.array([3, 4], dtype=np.uint64))
    >>> scores = streams.scores(start, slice(0, 2)) * start.sign[:, None]
    >>> bool(np.allclose(np.sort(scores[0]), np.sort(scores[1])))
    True
    """

    def __init__(self, seed: int, draws: int, names: Sequence[str]) -> None:
        self.seed = seed
        self.draws = draws
        self.names = tuple(names)

    @cached_property
    def ranks(self) -> npt.NDArray[np.int64]:
        """Random orders of 0 … draws-1, each written twice."""
        random = np.random.Generator(np.random.Philox(key=self.seed))
        orders = np.tile(np.arange(self.draws), (len(self.names) * ORDERS, 1))
        random.permuted(orders, axis=1, out=orders)
        return np.tile(orders, (1, 2)).ravel()

    @cached_property
    def quantiles(self) -> npt.NDArray[np.float64]:
        """Middle of each stratum, shape (draws,)."""
        return middles(self.draws)

    @cached_property
    def _rank_windows(self) -> npt.NDArray[np.int64]:
        return np.lib.stride_tricks.sliding_window_view(self.ranks, self.draws)

    @cached_property
    def _score_windows(self) -> npt.NDArray[np.float32]:
        from scipy.special import ndtri

        scores = ndtri(self.quantiles).astype(np.float32)[self.ranks]
        return np.lib.stride_tricks.sliding_window_view(scores, self.draws)

    def start(self, name: str, keys: Keys) -> Start:
        """Where the draws of a parameter begin, by the keys of :func:`content_keys`."""
        digest = hashlib.blake2b(f"{self.seed}|{name}".encode(), digest_size=8).digest()
        key = mixed(keys ^ np.uint64(int.from_bytes(digest, "big")))
        order = (key & np.uint64(ORDERS - 1)).astype(np.int64)
        begin = ((key >> np.uint64(8)) % np.uint64(self.draws)).astype(np.int64)
        negative = (key >> np.uint64(63)).astype(bool)
        first = self.names.index(name) * ORDERS
        return Start(
            (first + order) * (2 * self.draws) + begin,
            np.where(negative, -1, 1).astype(np.float32),
        )

    def scores(self, start: Start, part: slice) -> npt.NDArray[np.float32]:
        """Normal scores of some SKUs without their sign, shape (k, draws)."""
        return self._score_windows[start.window[part]]

    def ranked(self, start: Start, part: slice) -> npt.NDArray[np.int64]:
        """Ranks of some SKUs, shape (k, draws)."""
        return self._rank_windows[start.window[part]]
