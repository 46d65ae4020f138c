"""Goods that go farther than land reaches: chains of a category are those of its home market."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carbon.catalogue.schema import Vocabulary
from carbon.catalogue.templates import Modes, Templates, cold_categories

__all__ = ["LAND_KM", "crossing", "grounded"]

LAND_KM: Final = 5_000.0
"""Great circle beyond which a parcel is not taken to go by land alone: more than any way in China
(Kashgar to Fuyuan 4,660 km)."""

_SHIP, _PLANE = 3, 4  # reach of Modes


def crossing(
    given: pd.DataFrame,
    rows: NDArray[np.int64],
    category: NDArray[Any],
    vocabulary: Vocabulary,
    modes: Modes,
    chains: Templates,
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Add a chain by air to SKUs that have none of their own, or by ship where air is not usual.

    Parameters
    ----------
    given : pandas.DataFrame
        Legs that are given.
    rows : numpy.ndarray
        SKUs without legs that go over LAND_KM.
    category : numpy.ndarray
        Code of the category of each SKU.
    vocabulary : Vocabulary
    modes : Modes
    chains : Templates

    Returns
    -------
    legs : pandas.DataFrame
        The given ones, and one bare leg for each SKU that crosses.
    crossed : numpy.ndarray
        Those SKUs.
    """
    moving = np.flatnonzero(modes.tkm)
    planes, ships = (moving[modes.reach[moving] == reach] for reach in (_PLANE, _SHIP))
    if not len(rows) or not (len(planes) or len(ships)):
        return given, np.empty(0, np.int64)
    cold = cold_categories(vocabulary)
    flies = np.zeros(len(cold), bool)
    main = chains.main
    flies[chains.category[(main >= 0) & (modes.reach[main] == _PLANE)]] = True
    cooled = [at for at in ships if modes.names.ids[at].startswith("reefer")]
    dry = [at for at in ships if at not in cooled]
    plane = planes[0] if len(planes) else ships[0]
    ship = np.where(cold, [*cooled, *dry, plane][0], [*dry, *cooled, plane][0])
    mode = np.where(flies, plane, ship)[category[rows]]
    takes = chains.by_mode[category[rows], mode] >= 0
    rows, mode = rows[takes], mode[takes]
    added = pd.DataFrame(
        {
            "row": rows.astype(np.int32),
            "returning": False,
            "chain": np.int16(0),
            "chain_share": 1.0,
            "position": np.int16(0),
            "mode": modes.names.categorical(mode),
            "km": np.nan,
            "bare": True,
        }
    )
    parts = [frame for frame in (given, added) if len(frame)]
    return (pd.concat(parts, ignore_index=True) if parts else given), rows


def grounded(
    legs: dict[str, NDArray[Any]], of: NDArray[np.int64], far: NDArray[np.bool_], modes: Modes
) -> NDArray[np.int64]:
    """SKUs that go over LAND_KM in a chain without plane or ship whose length is not told.

    Parameters
    ----------
    legs : dict of str to numpy.ndarray
        Sorted by chain.
    of : numpy.ndarray
        Chain of each leg.
    far : numpy.ndarray of bool
        SKUs that go over LAND_KM.
    modes : Modes
    """
    chains = int(of[-1]) + 1 if len(of) else 0
    moving = modes.tkm[legs["mode"]]
    carried = np.bincount(of, moving & (modes.reach[legs["mode"]] >= _SHIP), minlength=chains) > 0
    untold = np.bincount(of, moving & np.isnan(legs["km"]), minlength=chains) > 0
    wrong = far[legs["row"]] & (untold & ~carried)[of]
    return np.unique(legs["row"][wrong]).astype(np.int64)
