"""Reads the legs of a catalogue, gives the share of dispatches that fly [1]."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.catalogue.schema import Catalogue

__all__ = ["PLANE", "air_share", "flights"]

PLANE: Final = "freight, plane"
"""How the activities of flights begin."""


def flights(legs: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which legs are flights.

    Parameters
    ----------
    legs : pandas.DataFrame
        ``activity``, shape (legs,).

    Examples
    --------
    >>> flights(pd.DataFrame({"activity": ["freight, plane, belly", "freight, lorry"]})).tolist()
    [True, False]
    """
    return legs["activity"].astype(str).str.startswith(PLANE).to_numpy(dtype=bool)


def air_share(catalogue: Catalogue) -> npt.NDArray[np.float64]:
    """Share of dispatches whose chain holds a flight.

    Parameters
    ----------
    catalogue : Catalogue
        Filled, of n SKUs.

    Returns
    -------
    ndarray of float64, shape (n,)
        [1]; NaN for a SKU without a chain.
    """
    size = len(catalogue)
    outward = catalogue.legs[~catalogue.legs["returning"].to_numpy(dtype=bool)]
    chains = outward.assign(flight=flights(outward)).groupby(["row", "chain"], observed=True)
    each = chains.agg(share=("chain_share", "first"), flight=("flight", "any")).reset_index()
    row = each["row"].to_numpy()
    air = np.bincount(row, each["share"].to_numpy() * each["flight"].to_numpy(), size)
    return np.where(np.bincount(row, minlength=size) > 0, air, np.nan)
