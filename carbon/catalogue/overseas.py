"""Reads destinations that no road reaches, gives the chains of the home market there."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carbon.catalogue.schema import Vocabulary
from carbon.catalogue.templates import Modes, Templates, cold_categories

__all__ = ["LAND_KM", "afloat", "crossing", "grounded"]

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

    ``given``: legs that are given; ``rows``: SKUs without legs that go over LAND_KM; ``category``:
    code of the category of each SKU. Returns ``legs``: the given ones, and one bare leg for each
    SKU that crosses; ``crossed``: those SKUs.
    """
    moving = np.flatnonzero(modes.tkm)
    planes, ships = (moving[modes.reach[moving] == reach] for reach in (_PLANE, _SHIP))
    if not len(rows) or not (len(planes) or len(ships)):
        return given, np.empty(0, np.int64)
    cold = cold_categories(vocabulary)
    ship = ships_of(cold, modes, planes)
    flies = np.zeros(len(cold), bool)
    main = chains.main
    flies[chains.category[(main >= 0) & (modes.reach[main] == _PLANE)]] = True
    plane = planes[0] if len(planes) else ships[0]
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


def ships_of(
    cold: NDArray[np.bool_], modes: Modes, instead: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Mode of the ship that takes each category, by its code: a refrigerated one if it is cold."""
    moving = np.flatnonzero(modes.tkm)
    ships = moving[modes.reach[moving] == _SHIP]
    cooled = [at for at in ships if modes.names.ids[at].startswith("reefer")]
    dry = [at for at in ships if at not in cooled]
    mode: NDArray[np.int64] = np.where(
        cold, [*cooled, *dry, *instead][0], [*dry, *cooled, *instead][0]
    )
    return mode


def afloat(
    given: pd.DataFrame,
    apart: NDArray[np.bool_],
    category: NDArray[Any],
    vocabulary: Vocabulary,
    modes: Modes,
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Put on a ship what is told to go by lorry or train, and no more, where no road leads.

    ``given``: legs that are given; ``apart``: SKUs on whose way a sea, a strait or a closed border
    is known to lie; ``category``: code of the category of each SKU. Returns ``legs``: the given
    ones, with the ship in the place of such a word; ``shipped``: the SKUs that it concerns.
    """
    row = given["row"].to_numpy()
    mode = given["mode"].cat.codes.to_numpy()
    bare = given["bare"].to_numpy(dtype=bool)
    ashore = bare & apart[row] & modes.tkm[mode] & (modes.reach[mode] < _SHIP)
    moving = np.flatnonzero(modes.tkm)
    instead = moving[modes.reach[moving] >= _SHIP]
    if not ashore.any() or not len(instead):
        return given, np.empty(0, np.int64)
    ship = ships_of(cold_categories(vocabulary), modes, instead)
    mode = np.where(ashore, ship[category[row]], mode)
    return given.assign(mode=modes.names.categorical(mode)), np.unique(row[ashore])


def grounded(
    legs: dict[str, NDArray[Any]],
    of: NDArray[np.int64],
    far: NDArray[np.bool_],
    apart: NDArray[np.bool_],
    modes: Modes,
) -> NDArray[np.int64]:
    """SKUs that go beyond the reach of land in a chain without plane or ship.

    ``legs``: sorted by chain; ``of``: chain of each leg; ``far``: SKUs that go over LAND_KM; the
    length of the chain is then not told; ``apart``: SKUs on whose way a sea, a strait or a closed
    border is known to lie, whatever is told.
    """
    chains = int(of[-1]) + 1 if len(of) else 0
    moving = modes.tkm[legs["mode"]]
    carried = np.bincount(of, moving & (modes.reach[legs["mode"]] >= _SHIP), minlength=chains) > 0
    untold = np.bincount(of, moving & np.isnan(legs["km"]), minlength=chains) > 0
    row = legs["row"]
    wrong = ~carried[of] & (apart[row] | far[row] & untold[of])
    return np.unique(legs["row"][wrong]).astype(np.int64)
