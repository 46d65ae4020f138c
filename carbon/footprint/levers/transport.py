"""Reads legs, gives ground for air, regional warehouses and electric vans."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Floats, Integers
from carbon.catalogue.schema import Catalogue
from carbon.catalogue.templates import Modes
from carbon.footprint.levers.book import Book, Change, put

__all__ = ["air_to_ground", "e_van", "regional_warehouse"]


def air_to_ground(catalogue: Catalogue, _sizes: Mapping[str, float], book: Book) -> Change:
    """Flights inside a country go by lorry, those of cold goods by refrigerated lorry.

    Legs there and back. Not for SKUs without a flight, nor for goods that cross a border.

    The great circle is the flight without its offset, divided by its distance factor; the road is
    that times the lorry's factor. Feeder legs, hubs and last mile stay, though a lorry might not
    need them all.
    """
    legs = catalogue.legs
    row = legs["row"].to_numpy()
    cold = book.cold(catalogue)[row]
    new, flies = _swapped(legs, book, "air-to-ground", cold)
    change = Change.of(
        catalogue,
        ("no-air", np.bincount(row[flies], minlength=len(catalogue)) == 0),
        ("abroad", _abroad(catalogue)),
    )
    return _moved(change, legs, flies, new, book)


def e_van(catalogue: Catalogue, _sizes: Mapping[str, float], book: Book) -> Change:
    """Diesel vans on feeder legs and on the last mile become electric.

    Legs there and back, of the same length. Not for SKUs that no diesel van carries.
    """
    legs = catalogue.legs
    row = legs["row"].to_numpy()
    new, vans = _swapped(legs, book, "e-van", np.zeros(len(legs), dtype=bool))
    change = Change.of(catalogue, ("no-van", np.bincount(row[vans], minlength=len(catalogue)) == 0))
    return _moved(change, legs, vans, new, book)


def regional_warehouse(catalogue: Catalogue, sizes: Mapping[str, float], book: Book) -> Change:
    """Stock waits in the buyer's region, so that a parcel's last haul is short.

    Every leg by air or road that is longer than ``last_haul`` [km], from the regional warehouse to
    the buyer's town. Out: stock as far as the warehouse, one more handling there, then the last
    haul. Back: the last haul only, for returns stay in the region. Not for SKUs without such a leg,
    nor across a border.

    A flight is replaced as well: stock that waits near the buyer need not fly. Ships and trains
    are bulk already. The space and the energy of keeping stock are not counted.
    """
    legs = catalogue.legs
    row = legs["row"].to_numpy()
    cold = book.cold(catalogue)[row]
    bulk, known = _swapped(legs, book, "regional-warehouse", cold)
    last, _ = _swapped(legs, book, "regional-warehouse", cold, ("last", "last cold"))
    road = _road_km(legs, bulk, book)
    haul = sizes["last_haul"]
    with np.errstate(invalid="ignore"):
        long = known & (road > haul)
    outward = long & ~legs["returning"].to_numpy(dtype=bool)
    near = np.bincount(row[outward], minlength=len(catalogue)) == 0
    change = Change.of(catalogue, ("near", near), ("abroad", _abroad(catalogue)))
    long &= change.applies[row]
    if not long.any():
        return change
    outward &= long
    # out: stock, handling, last haul; back: last haul
    source = np.repeat(np.arange(len(legs)), np.where(outward, 3, 1))
    begin = np.cumsum(np.where(outward, 3, 1)) - np.where(outward, 3, 1)
    first, hub, end = begin[outward], begin[outward] + 1, begin[outward] + 2
    back = begin[long & ~outward]
    table = legs.iloc[source].reset_index(drop=True)
    modes = Modes(book.vocabulary)
    names = [*book.modes.index]
    hubs = np.array([names.index(modes.names.ids[code]) for code in modes.hubs])
    cold_hub = hubs[cold[outward].astype(np.int64)]
    where = np.concatenate([first, hub, end, back])
    code = np.concatenate([bulk[outward], cold_hub, last[outward], last[long & ~outward]])
    km = np.concatenate(
        [
            road[outward] - haul,
            np.full(len(hub), np.nan),
            np.full(len(end), haul),
            np.full(len(back), haul),
        ]
    )
    return change.with_tables(legs=_by(table, where, code, book, km))


def _swapped(
    legs: pd.DataFrame,
    book: Book,
    lever: str,
    cold: Flags,
    parts: tuple[str, str] = ("ambient", "cold"),
) -> tuple[Integers, Flags]:
    """Position of the new mode of each leg in ``book.modes``, and which legs have one."""
    names = {name: at for at, name in enumerate(book.modes.index)}
    mode = legs["mode"].array
    tables = []
    for part in parts:
        swaps = book.swaps(lever, part)
        to = dict(zip(swaps["from"], swaps["to"], strict=True))
        tables.append([*(names[to[m]] if m in to else -1 for m in mode.categories), -1])
    warm, chilled = (np.array(table, dtype=np.int64)[mode.codes] for table in tables)
    new = np.where(cold, chilled, warm)
    with np.errstate(invalid="ignore"):
        moves = ~(legs["km"].to_numpy() == 0) & (legs["chain_share"].to_numpy() > 0)
    return new, (new >= 0) & moves


def _abroad(catalogue: Catalogue) -> Flags:
    """Whether any destination lies in another country than the origin."""

    def countries(column: pd.Series) -> npt.NDArray[np.object_]:
        of = column.array
        names = [str(name).partition("-")[0] for name in of.categories]
        countries: npt.NDArray[np.object_] = np.array([*names, ""], dtype=object)[of.codes]
        return countries

    table = catalogue.destinations
    row = table["row"].to_numpy()
    away = countries(table["location"]) != countries(catalogue.skus["origin"])[row]
    away &= table["share"].to_numpy() > 0
    return np.asarray(np.bincount(row[away], minlength=len(catalogue)) > 0)


def _road_km(legs: pd.DataFrame, new: Integers, book: Book) -> Floats:
    """Length of each leg by its new mode, between the same places [km]."""
    table = book.modes
    factor, offset = (
        np.nan_to_num(table[f"distance_{name}"].to_numpy(), nan=missing)
        for name, missing in (("factor", 1.0), ("offset_km", 0.0))
    )
    names = {name: at for at, name in enumerate(table.index)}
    mode = legs["mode"].array
    old = np.array([*(names[name] for name in mode.categories), 0])[mode.codes]
    km = legs["km"].to_numpy()
    circle = np.where(km > offset[old], km - offset[old], km) / factor[old]
    moved = circle * factor[new] + offset[new]
    same = (factor[old] == factor[new]) & (offset[old] == offset[new])
    return np.where(same, km, moved)


def _moved(change: Change, legs: pd.DataFrame, moved: Flags, new: Integers, book: Book) -> Change:
    """Legs between the same places by their new modes, where the lever applies."""
    where = np.flatnonzero(moved & change.applies[legs["row"].to_numpy()])
    if not len(where):
        return change
    return change.with_tables(legs=_by(legs, where, new[where], book))


def _by(
    legs: pd.DataFrame,
    where: npt.NDArray[np.integer],
    new: Integers,
    book: Book,
    km: Floats | None = None,
) -> pd.DataFrame:
    """Legs that go by other modes at some rows; without lengths, between the same places."""
    table = book.modes
    if km is None:
        km = _road_km(legs.iloc[where], new, book)
    with np.errstate(invalid="ignore"):
        far = km > table["beyond_km"].to_numpy()[new]
    near, beyond = (table[name].astype(str).to_numpy() for name in ("activity", "activity_beyond"))
    activities = [*near, *np.where(beyond == "", near, beyond)]
    length = legs["km"].to_numpy(copy=True)
    length[where] = np.where(table["basis"].to_numpy()[new] == "tkm", km, np.nan)
    return legs.assign(
        mode=put(legs["mode"], where, [*table.index], new),
        activity=put(legs["activity"], where, activities, new + far * len(table)),
        basis=put(legs["basis"], where, [*table["basis"].astype(str)], new),
        km=length,
    )
