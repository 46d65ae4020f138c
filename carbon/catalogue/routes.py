"""Reads legs and archetype chains, gives complete ways there and back [km].

A *main leg* is the one whose length follows from where a thing is made and sold; others feed it.
In a chain it is the leg of the farthest-reaching vehicle (plane, ship, train, lorry, van).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carbon.base.terms import PROVENANCES
from carbon.catalogue.overseas import LAND_KM, afloat, crossing, grounded
from carbon.catalogue.places import Geography, great_circle
from carbon.catalogue.schema import Vocabulary
from carbon.catalogue.tables import CodedTable, alive, spread
from carbon.catalogue.templates import Modes, Templates, cold_categories, ways

__all__ = ["Distances", "complete_legs", "leg_distances"]

_GIVEN, _DEFAULT, _ABSENT = (PROVENANCES.index(name) for name in ("given", "default", "absent"))
_PLACES: Final = ("origin", "country", "destination")


@dataclass(frozen=True)
class Distances:
    """How far the goods of each SKU go [km]."""

    # great circle from origin to the destination mix; NaN where a place is unknown or too wide
    circle: NDArray[np.float64]
    exact: NDArray[np.bool_]  # whether origin and destinations were given and lie apart
    default: NDArray[np.float64]  # length of the archetype's main leg
    far: NDArray[np.bool_]  # whether a part goes farther than land reaches
    # whether a sea, a strait or a closed border is known to lie on a part of the way
    apart: NDArray[np.bool_]


def leg_distances(
    skus: pd.DataFrame,
    destinations: pd.DataFrame,
    geography: Geography,
    default: NDArray[np.float64],
) -> Distances:
    """Distances between origins and destinations.

    Inside one and the same place it is half the way to the nearest other capital (flagged). A place
    that is too wide to measure from is measured roughly where goods go beyond the reach of land.
    """
    size = len(skus)
    row = destinations["row"].to_numpy()
    there = destinations["location"].cat.codes.to_numpy()
    share = destinations["share"].to_numpy()
    lat, lon = skus["origin_lat"].to_numpy()[row], skus["origin_lon"].to_numpy()[row]
    apart = great_circle(lat, lon, destinations["lat"].to_numpy(), destinations["lon"].to_numpy())
    same = apart == 0
    within = np.where(there >= 0, geography.within_km[there], np.nan)
    apart = np.where(same, within, apart)
    made = skus["origin"].cat.codes.to_numpy()[row]
    rough_lat, rough_lon = (
        np.append(geography.rough_lat, np.nan),
        np.append(geography.rough_lon, np.nan),
    )
    roughly = great_circle(rough_lat[made], rough_lon[made], rough_lat[there], rough_lon[there])
    across = geography.apart(made, there)
    away = (np.where(np.isnan(apart), roughly, apart) > LAND_KM) | across
    far = np.bincount(row, weights=away, minlength=size) > 0
    blind = np.isnan(apart) & far[row]
    apart = np.where(blind, np.where(roughly > 0, roughly, default[row]), apart)
    circle = np.bincount(row, weights=apart * share, minlength=size)
    none = np.bincount(row, minlength=size) == 0
    rough = np.bincount(row, weights=same | blind, minlength=size) > 0
    exact = ~rough & ~np.isnan(circle) & ~none
    sea = np.bincount(row, weights=across, minlength=size) > 0
    return Distances(np.where(none, np.nan, circle), exact, default, far, sea)


def complete_legs(
    given: pd.DataFrame,
    category: NDArray[Any],
    provenance: dict[str, NDArray[Any]],
    live: NDArray[np.bool_],
    distances: Distances,
    vocabulary: Vocabulary,
) -> tuple[pd.DataFrame, dict[str, NDArray[np.int64]]]:
    """Legs of all live SKUs, there and back.

    ``given``: as :func:`carbon.catalogue.chains.leg_lines` gives them; ``category``: code of the
    category of each SKU; ``provenance``: changed in place; ``live``: SKUs that have not failed.
    Returns ``legs``: see :class:`carbon.catalogue.schema.Catalogue`; ``found``: code of a problem →
    SKUs that have it: C224 a leg whose length cannot be known, C226 a land way beyond the reach of
    land, C227 a chain assumed for it.
    """
    modes, chains = ways(vocabulary)
    given = alive(given, live)
    given_rows = given["row"].to_numpy()[~given["returning"].to_numpy(dtype=bool)]
    far = np.setdiff1d(np.flatnonzero(live & distances.far), given_rows)
    given, crossed = crossing(given, far, category, vocabulary, modes, chains)
    given, shipped = afloat(given, distances.apart, category, vocabulary, modes)
    legs = _chosen(given, category, provenance, live, chains)
    provenance["transport"][crossed] = _DEFAULT
    provenance["return_transport"][crossed] = np.where(
        provenance["return_transport"][crossed] == _ABSENT,
        _DEFAULT,
        provenance["return_transport"][crossed],
    )
    ground = grounded(legs, _chain_of(legs)[0], distances.far, distances.apart, modes)
    ground = np.union1d(ground, shipped)
    _lengths(legs, category, distances, modes, chains, vocabulary)
    del legs["template"]
    tkm = modes.tkm[legs["mode"]]
    lost = np.unique(legs["row"][tkm & np.isnan(legs["km"])])
    hub = np.where(
        cold_categories(vocabulary),
        modes.hubs[1] if modes.hubs[1] >= 0 else modes.hubs[0],
        modes.hubs[0],
    )
    legs = _handled(legs, hub[category], modes)
    legs = _mirrored(legs, len(category))
    table = vocabulary.modes
    mode = legs["mode"]
    mode_table = CodedTable.of(vocabulary, "modes")
    far = legs["km"] > mode_table.numbers("beyond_km")[mode]
    near, beyond = (
        table[name].where(table[name].notna(), "").astype(str)
        for name in ("activity", "activity_beyond")
    )
    both = pd.factorize(pd.concat([near, beyond.where(beyond != "", near)]))
    name = both[0].astype(np.int16)
    activity = np.where(far, name[len(table) :][mode], name[: len(table)][mode])
    del far
    basis = pd.Categorical(table["basis"], categories=["tkm", "t", "parcel"])
    frame = pd.DataFrame(
        {
            "row": legs["row"],
            "returning": legs["returning"],
            "chain": legs["chain"],
            "chain_share": legs["chain_share"],
            "position": legs["position"],
            "mode": modes.names.categorical(mode),
            "activity": pd.Categorical.from_codes(activity, pd.Index(both[1], dtype="str")),
            "basis": pd.Categorical.from_codes(basis.codes[mode], basis.categories),
            "km": legs["km"],
            "place": pd.Categorical.from_codes(legs["place"], pd.Index(_PLACES, dtype="str")),
            "origin": legs["origin"],
        },
        copy=False,
    )
    return frame, {"C224": lost.astype(np.int64), "C226": ground, "C227": crossed}


def _chosen(
    given: pd.DataFrame,
    category: NDArray[Any],
    provenance: dict[str, NDArray[Any]],
    live: NDArray[np.bool_],
    chains: Templates,
) -> dict[str, NDArray[Any]]:
    """Given legs, the legs a bare mode stands for, and archetype chains where none is given."""
    row, returning = given["row"].to_numpy(), given["returning"].to_numpy(dtype=bool)
    mode = given["mode"].cat.codes.to_numpy().astype(np.int64)
    template = np.where(given["bare"].to_numpy(dtype=bool), chains.by_mode[category[row], mode], -1)
    stated = template < 0
    size = len(category)
    has, back = np.zeros(size, bool), np.zeros(size, bool)
    has[row[~returning]] = True
    back[row[returning]] = True
    provenance["transport"][~has] = _ABSENT
    provenance["return_transport"][~back] = _DEFAULT
    bare = np.flatnonzero(live & ~has)
    at, default = spread(bare, category[bare], chains.of_category.starts, chains.of_category.counts)
    provenance["transport"][np.unique(at)] = _DEFAULT
    provenance["return_transport"][~back & (provenance["transport"] == _ABSENT)] = _ABSENT
    number = np.arange(len(at)) - np.searchsorted(at, at, side="left")

    named = np.flatnonzero(~stated)
    heads = np.arange(len(named) + len(at))
    template = np.concatenate([template[named], default])
    head, leg = spread(heads, template, chains.legs.starts, chains.legs.counts)
    blank = np.full(len(at), -1)
    renamed = np.concatenate(
        [np.where(chains.renamed[category[row[named]], mode[named]], mode[named], -1), blank]
    )
    is_main = np.isnan(chains.km[leg]) & (chains.mode[leg] == chains.main[template[head]])
    starts = np.searchsorted(head, head, side="left")
    columns = {
        "row": (row, np.concatenate([row[named], at])),
        "returning": (returning, np.concatenate([returning[named], np.zeros(len(at), bool)])),
        "chain": (
            given["chain"].to_numpy(),
            np.concatenate([given["chain"].to_numpy()[named], number]),
        ),
        "chain_share": (
            given["chain_share"].to_numpy(),
            np.concatenate([given["chain_share"].to_numpy()[named], chains.share[default]]),
        ),
    }
    legs = {name: np.concatenate([a[stated], b[head]]) for name, (a, b) in columns.items()}
    leg_mode = np.where(is_main & (renamed[head] >= 0), renamed[head], chains.mode[leg])
    legs["position"] = np.concatenate(
        [given["position"].to_numpy()[stated], np.arange(len(head)) - starts]
    )
    legs["mode"] = np.concatenate([mode[stated], leg_mode])
    legs["km"] = np.concatenate([given["km"].to_numpy()[stated], chains.km[leg]])
    legs["template"] = np.concatenate([np.zeros(int(stated.sum()), bool), np.ones(len(head), bool)])
    types = {"row": np.int32, "chain": np.int16, "position": np.int16, "mode": np.int16}
    legs |= {name: legs[name].astype(dtype, copy=False) for name, dtype in types.items()}
    if len(head):
        way = legs["row"].astype(np.int64) * 2 + legs["returning"]
        order = np.argsort((way * 4096 + legs["chain"]) * 4096 + legs["position"], kind="stable")
        legs = {name: values[order] for name, values in legs.items()}
    return legs


def _chain_of(legs: dict[str, NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Chain of each leg and first leg of each chain; legs are sorted by chain."""
    if not len(legs["row"]):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    new = np.ones(len(legs["row"]), bool)
    new[1:] = False
    for name in ("row", "returning", "chain"):
        new[1:] |= legs[name][1:] != legs[name][:-1]
    return np.cumsum(new) - 1, np.flatnonzero(new)


def _lengths(
    legs: dict[str, NDArray[Any]],
    category: NDArray[Any],
    distances: Distances,
    modes: Modes,
    chains: Templates,
    vocabulary: Vocabulary,
) -> None:
    """Fill the lengths that are missing, and say where each comes from."""
    mode, row = legs["mode"], legs["row"]
    legs["origin"] = np.where(legs["template"], _DEFAULT, _GIVEN).astype(np.uint8)
    missing = modes.tkm[mode] & np.isnan(legs["km"])
    if not missing.any():
        return
    of, start = _chain_of(legs)
    score = np.where(modes.tkm[mode], modes.reach[mode] * 2 + missing, -1)
    best = np.maximum.reduceat(score, start)
    candidates = np.flatnonzero((score == best[of]) & missing)
    main = candidates[np.unique(of[candidates], return_index=True)[1]]
    feeder = np.setdiff1d(np.flatnonzero(missing), main, assume_unique=True)
    mode_table = CodedTable.of(vocabulary, "modes")
    factor, offset = mode_table.numbers("distance_factor"), mode_table.numbers("distance_offset_km")
    routed = distances.circle[row[main]] * factor[mode[main]] + np.nan_to_num(offset[mode[main]])
    known = ~np.isnan(routed)
    legs["km"] = legs["km"].copy()
    legs["km"][main] = np.where(known, routed, distances.default[row[main]])
    exact = known & distances.exact[row[main]]
    legs["origin"][main] = np.where(exact & ~legs["template"][main], _GIVEN, _DEFAULT)
    legs["km"][feeder] = chains.feeder[category[row[feeder]], mode[feeder]]
    legs["origin"][feeder] = _DEFAULT


def _handled(
    legs: dict[str, NDArray[Any]], hub: NDArray[Any], modes: Modes
) -> dict[str, NDArray[Any]]:
    """Add a hub after each moving leg and a last mile to each chain, unless the chain names them.

    The last mile of a way back is a collection and stands first.
    """
    size = len(legs["row"])
    if not size:
        return {**legs, "place": np.empty(0, np.int8)}
    of, start = _chain_of(legs)
    mode, returning = legs["mode"], legs["returning"]
    moving = modes.tkm[mode]
    handled = np.logical_or.reduceat(modes.tonne[mode], start)[of]
    delivered = np.logical_or.reduceat(modes.parcel[mode], start)
    last = np.append(start[1:], size) - 1
    hub_here = moving & ~handled & (hub[legs["row"]] >= 0)
    door = ~delivered & (modes.door >= 0)
    before, after = np.zeros(size, np.int64), hub_here.astype(np.int64)
    before[start[door & returning[start]]] = 1
    after[last[door & ~returning[start]]] += 1
    end = np.cumsum(before + 1 + after)
    at = end - 1 - after
    source = np.repeat(np.arange(size), before + 1 + after)
    columns = {name: legs[name][source] for name in ("row", "returning", "chain", "chain_share")}
    total = len(source)
    new = np.ones(total, bool)
    new[at] = False
    columns["mode"] = mode[source]
    columns["mode"][new] = modes.door
    hubs = at[hub_here] + 1
    columns["mode"][hubs] = hub[legs["row"][hub_here]]
    columns["km"] = np.full(total, np.nan)
    columns["km"][at] = legs["km"]
    columns["origin"] = legs["origin"][source]
    columns["origin"][new] = _DEFAULT
    first = at[start] - before[start]
    columns["position"] = (np.arange(total) - first[of][source]).astype(np.int16)
    place = np.full(total, _PLACES.index("country"), np.int8)
    place[modes.parcel[columns["mode"]]] = _PLACES.index("destination")
    # the leg at the origin: the first moving one there, the last one back
    moves = np.flatnonzero(moving)
    chain = of[moves]
    for back, pick in ((False, np.unique(chain, return_index=True)[1]), (True, _last_of(chain))):
        ends = moves[pick]
        place[at[ends[returning[ends] == back]]] = _PLACES.index("origin")
    columns["place"] = place
    return columns


def _last_of(chain: NDArray[np.int64]) -> NDArray[np.int64]:
    """Last position of each chain in a sorted array."""
    return np.flatnonzero(np.append(chain[1:] != chain[:-1], True)) if len(chain) else chain


def _mirrored(legs: dict[str, NDArray[Any]], size: int) -> dict[str, NDArray[Any]]:
    """Add the way back, mirrored from the way there, where it is not given."""
    row, returning = legs["row"], legs["returning"]
    back = np.zeros(size, bool)
    back[row[returning]] = True
    of, start = _chain_of(legs)
    length = np.diff(np.append(start, len(row)))
    turned = np.flatnonzero(~returning & ~back[row])
    ends = start[of[turned]] + length[of[turned]] - 1
    image = ends - (turned - start[of[turned]])  # chain by chain, last leg first
    # lines of a SKU: its way there, then its way back
    there = np.bincount(row[~returning], minlength=size)
    mirrored = np.bincount(row[turned], minlength=size)
    given = np.bincount(row[returning], minlength=size)
    begin = np.cumsum(there + mirrored + given) - (there + mirrored + given)
    first = np.cumsum(there + given) - (there + given)
    to = begin[row] + (np.arange(len(row)) - first[row])
    copied = np.cumsum(mirrored) - mirrored
    to_image = (
        begin[row[turned]] + there[row[turned]] + np.arange(len(turned)) - copied[row[turned]]
    )
    source = np.empty(len(row) + len(turned), np.int64)
    source[to] = np.arange(len(row))
    source[to_image] = image
    columns = {name: legs.pop(name)[source] for name in list(legs)}  # frees each column as it goes
    columns["returning"][to_image] = True
    columns["position"][to_image] = turned - start[of[turned]]
    columns["origin"][to_image] = _DEFAULT
    return columns
