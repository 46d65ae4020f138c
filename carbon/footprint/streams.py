"""Random numbers that belong to a SKU: the same alone, in any batch and on any worker.

Each parameter has a small pool of stratified normal scores in random order (Latin hypercube
sampling, McKay et al. 1979). A 64-bit hash of seed, SKU and parameter chooses the order, where to
begin in it, and the sign: a counter, not a sequence, so that no SKU depends on its neighbours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["Start", "Streams", "sku_keys"]

ORDERS: Final = 32
"""Random orders in the pool of a parameter: 32 orders × 1,000 beginnings × 2 signs."""

GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))

Keys = npt.NDArray[np.uint64]


def sku_keys(skus: Any) -> Keys:
    """A 64-bit key of each SKU, from its identifier alone.

    Parameters
    ----------
    skus : sequence of str
        Identifiers.

    Returns
    -------
    ndarray of uint64

    Examples
    --------
    >>> both, one = sku_keys(["A", "B"]), sku_keys(["B"])
    >>> bool(both[1] == one[0]), bool(both[0] == one[0])
    (True, False)
    """
    from pandas.util import hash_array

    keys: Keys = hash_array(np.asarray(skus, dtype=object), categorize=False)
    return keys


def mixed(keys: Keys) -> Keys:
    """SplitMix64 finalizer (Steele et al. 2014): every bit depends on every bit."""
    keys = keys + GOLDEN
    keys = (keys ^ (keys >> np.uint64(30))) * MIX[0]
    keys = (keys ^ (keys >> np.uint64(27))) * MIX[1]
    return keys ^ (keys >> np.uint64(31))


class Start:
    """Where the draws of some SKUs begin in the pool of a parameter.

    Parameters
    ----------
    window : ndarray of int64, shape (n,)
        Window of the pool.
    sign : ndarray of float32, shape (n,)
        1 or -1.
    """

    __slots__ = ("sign", "window")

    def __init__(self, window: npt.NDArray[np.int64], sign: npt.NDArray[np.float32]) -> None:
        self.window = window
        self.sign = sign


class Streams:
    """Pools of normal scores and ranks.

    Parameters
    ----------
    seed : int
        Of the edition.
    draws : int
        Numbers in a stream.
    names : sequence of str
        Parameters; each has a pool of its own, so that two of one SKU never meet.

    Examples
    --------
    >>> streams = Streams(7, 5, ["mass", "return_rate"])
    >>> start = streams.start("mass", sku_keys(["A", "B"]))
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
        middles: npt.NDArray[np.float64] = (np.arange(self.draws) + 0.5) / self.draws
        return middles

    @cached_property
    def _rank_windows(self) -> npt.NDArray[np.int64]:
        return np.lib.stride_tricks.sliding_window_view(self.ranks, self.draws)

    @cached_property
    def _score_windows(self) -> npt.NDArray[np.float32]:
        from scipy.special import ndtri

        scores = ndtri(self.quantiles).astype(np.float32)[self.ranks]
        return np.lib.stride_tricks.sliding_window_view(scores, self.draws)

    def start(self, name: str, keys: Keys) -> Start:
        """Where the draws of a parameter begin.

        Parameters
        ----------
        name : str
            Parameter.
        keys : ndarray of uint64, shape (n,)
            As :func:`sku_keys`.
        """
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
