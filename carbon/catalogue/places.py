"""Reads names of places, gives where they are and the great circle between two [km]."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from carbon.catalogue import cells, grammar
from carbon.catalogue.lines import Lines, shares
from carbon.catalogue.names import by_unique
from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.prose.columns import tell_reworded
from carbon.catalogue.prose.places import PlaceProse
from carbon.catalogue.prose.wording import reworded
from carbon.catalogue.schema import Column, Vocabulary
from carbon.catalogue.tables import spread

__all__ = ["Geography", "destination_lines", "great_circle", "no_destinations", "origin_places"]

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius of the Earth (IUGG; Moritz 2000, doi:10.1007/s001900050278)."""

_COORDINATES: Final = r"([-+]?[0-9]{1,3}(?:\.[0-9]+)?)\s*,\s*([-+]?[0-9]{1,3}(?:\.[0-9]+)?)"
_PLACED: Final = (
    r"^\(?(?P<lat>[-+]?[0-9.]+)\x02(?P<lon>[-+]?[0-9.]+)\)?"
    r"(?:\s*[: ]\s*(?P<number>[0-9][0-9.]*)\s*(?P<unit>%?))?$"
)


def great_circle(
    lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike
) -> NDArray[np.float64]:
    """Distance on a sphere by the haversine formula [km].

    ``lat1``, ``lon1``, ``lat2``, ``lon2``: degrees.

    >>> great_circle(23.13, 113.26, 39.9, 116.4).round().item()
    1888.0
    """
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    across = np.sin((np.radians(lon2) - np.radians(lon1)) / 2)
    up = np.sin((phi2 - phi1) / 2)
    chord = up * up + np.cos(phi1) * np.cos(phi2) * across * across
    km: NDArray[np.float64] = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return km


@dataclass(frozen=True)
class Geography:
    """Places of the vocabulary as arrays, in the order of ``regions``."""

    # lat, lon: of the capital; NaN for a place that contains others: it is too wide to measure from
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    # typical distance inside a place: half the way to the nearest other capital of its parent
    within_km: NDArray[np.float64]
    # rough_lat, rough_lon: of the capital, also of a wide place, or the middle of the places it
    # contains: good enough to tell whether goods go farther than land reaches
    rough_lat: NDArray[np.float64]
    rough_lon: NDArray[np.float64]
    land: NDArray[np.int64]  # code of the land that roads join, -1 where it is not known
    parent: NDArray[np.int32]  # code of the place that contains each place, -1 for none

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, vocabulary: Vocabulary) -> Geography:
        """Geography of a vocabulary; batch after batch needs the same."""
        regions = vocabulary.regions
        lat = regions["lat"].to_numpy(dtype=np.float64, copy=True)
        lon = regions["lon"].to_numpy(dtype=np.float64, copy=True)
        rough = {}
        for name in ("lat", "lon"):
            area = regions[name].astype(float)
            inside = area.groupby(regions["parent"]).mean().reindex(regions["location"])
            root = ~regions["parent"].notna().to_numpy()
            rough[name] = np.where(area.notna() | root, area, inside.to_numpy())
        wide = regions["location"].isin(set(regions["parent"].dropna())).to_numpy(dtype=bool)
        lat[wide] = lon[wide] = np.nan
        parent = pd.factorize(regions["parent"])[0]
        apart = great_circle(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
        apart[(parent[:, None] != parent[None, :]) | np.isnan(apart)] = np.inf
        np.fill_diagonal(apart, np.inf)
        nearest = apart.min(axis=1) / 2 if len(apart) else np.empty(0)
        within = np.where(np.isfinite(nearest), nearest, np.nan)
        named = vocabulary.landmasses.set_index("location")["landmass"]
        land = pd.factorize(named.reindex(regions["location"].astype(str)))[0]
        above = vocabulary.names("region").find(pa.array(regions["parent"], pa.string()))
        return cls(lat, lon, within, rough["lat"], rough["lon"], land, above)

    def apart(self, here: NDArray[Any], there: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether a sea, a strait or a closed border lies between places, by their codes."""
        land = np.append(self.land, -1)
        known = (land[here] >= 0) & (land[there] >= 0)
        flags: NDArray[np.bool_] = known & (land[here] != land[there])
        return flags

    def nearest(self, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.int32]:
        """Code of the place whose capital is nearest to each point."""
        nearest = np.full(len(lat), -1, np.int32)
        candidates = np.flatnonzero(~np.isnan(self.lat))
        for start in range(0, len(lat), 20_000):  # keeps the table of distances small
            part = slice(start, start + 20_000)
            away = great_circle(
                lat[part, None], lon[part, None], self.lat[candidates], self.lon[candidates]
            )
            nearest[part] = candidates[np.argmin(away, axis=1)]
        return nearest


def _find(names: Any, vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Codes of places by code, name or address; -1 where none or several are meant."""
    region = vocabulary.names("region")

    def look(text: str) -> int:
        code = region.code(text)
        if code >= 0:
            return code
        ids = PlaceProse.of(vocabulary).ids(text)
        return region.code(ids[0]) if len(ids) == 1 else -1

    return by_unique(names, look, np.int32, -1)


def _parsed(text: Any) -> tuple[Any, Any, Any, Any]:
    """Coordinates, name, share and its unit of entries."""
    parts = pc.extract_regex(text, _PLACED)
    name, number, unit = grammar.amount(text)
    if parts.null_count < len(parts):
        placed = pc.is_valid(parts)
        name = pc.if_else(placed, text, name)
        number = pc.if_else(placed, _null_if_empty(parts.field("number")), number)
        unit = pc.if_else(placed, parts.field("unit"), unit)
    return parts, name, number, unit


def _points(parts: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of a match; NaN where they are none on Earth."""
    lat, lon = (cells.numbers(_null_if_empty(parts.field(item))).values for item in ("lat", "lon"))
    off = (np.abs(lat) > 90) | (np.abs(lon) > 180)
    return np.where(off, np.nan, lat), np.where(off, np.nan, lon)


def _null_if_empty(texts: Any) -> Any:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _protect(texts: Any) -> Any:
    """Hide the comma inside coordinates."""
    return grammar.replace(texts, _COORDINATES, "\\1\x02\\2")


def origin_places(
    rows: Rows,
    vocabulary: Vocabulary,
    geography: Geography,
    problems: CellProblems,
    column: str = "origin",
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Places of origin or of making: code (-1 for none) and coordinates (NaN if too wide).

    ``column``: ``origin`` or ``made_in``.
    """
    texts = rows.texts[column]
    everywhere = np.arange(len(texts))
    coded = cells.few(texts)
    if coded is None:
        name = _protect(texts)
        parts = pc.extract_regex(name, _PLACED)
    else:  # each different one once
        words = _protect(coded.dictionary)
        name = words.take(coded.indices)
        parts = pc.extract_regex(words, _PLACED).take(coded.indices)
    lines = Lines(rows, everywhere, column, texts, name, {}, {})
    return _located(lines, parts, vocabulary, geography, problems)


def _located(
    lines: Lines, parts: Any, vocabulary: Vocabulary, geography: Geography, problems: CellProblems
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Places of lines whose coordinates, where they have any, are ``parts``."""
    placed = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    present = pc.is_valid(lines.name).to_numpy(zero_copy_only=False)
    code = np.where(placed, -1, _find(lines.name, vocabulary)).astype(np.int32)
    lat, lon = np.append(geography.lat, np.nan)[code], np.append(geography.lon, np.nan)[code]
    if placed.any():
        at_lat, at_lon = _points(parts)
        real = placed & ~np.isnan(at_lat) & ~np.isnan(at_lon)
        code[real] = geography.nearest(at_lat[real], at_lon[real])
        lat, lon = np.where(real, at_lat, lat), np.where(real, at_lon, lon)
    unknown = np.flatnonzero((code < 0) & present)
    if len(unknown):
        prose = PlaceProse.of(vocabulary)
        written = lines.name.take(pa.array(unknown)).to_pylist()
        meant = {name: prose.candidates(name) for name in set(written)}
        several = np.array([len(meant[name]) > 1 for name in written])
        hints = [f"it may lie in {' or '.join(meant[name][:5])}" for name in written]
        lines.fail(
            problems,
            unknown[several],
            lines.column,
            "C234",
            [hint for hint, many in zip(hints, several, strict=True) if many],
        )
        lines.unknown(problems, vocabulary.names("region"), unknown[~several], lines.column, "C231")
    return code, lat, lon


def _entries(texts: Any) -> tuple[NDArray[np.int64], Any]:
    """Entries of mixes, and the position of the cell of each."""
    return grammar.split(grammar.replace(_protect(texts), r"[|\n、,]", ";"), ";")


def destination_lines(
    rows: Rows, size: int, vocabulary: Vocabulary, geography: Geography, problems: CellProblems
) -> pd.DataFrame:
    """Lines of the column ``destination``, a mix as ``CN-GD 40%; CN-BJ 60%``.

    Returns ``row, location, share, lat, lon``.
    """
    at, text, parts, name, share = _mixes(rows.texts.words("destination"))
    code = _find(name, vocabulary)
    several = np.bincount(at, minlength=size)[at] > 1
    odd = (code < 0) & ~pc.is_valid(parts).to_numpy(zero_copy_only=False)
    odd |= several & np.isnan(share.values)
    for _, where in share.faults:
        odd[where] = True
    if odd.any():
        given = rows.texts["destination"]
        mixes, readings = reworded(given, np.unique(at[odd]), PlaceProse.of(vocabulary).read)
        tell_reworded(rows, "destination", given, readings, problems)
        if not mixes.equals(given):
            rows.texts["destination"] = mixes
            if mixes.null_count == len(mixes):
                return no_destinations(vocabulary)
            at, text, parts, name, share = _mixes(mixes)
    written = pc.replace_substring(text, "\x02", ", ")
    lines = Lines(rows, at, "destination", written, name, {"share": share}, {})
    lines.tell_faults(problems)
    code, lat, lon = _located(lines, parts, vocabulary, geography, problems)
    owner = lines.owner
    alone = np.isnan(share.values) & (np.bincount(owner, minlength=size)[owner] == 1)
    fit = np.zeros(size, bool)
    fit[owner] = True
    for _, where in share.faults:
        alone[where] = False
        fit[owner[where]] = False
    mix = shares(
        lines, np.where(alone, 1.0, share.values), owner, size, fit, "destination", "C232", problems
    )
    # a mix that is not understood whole is left open whole
    fit[owner[(code < 0) | np.isnan(mix)]] = False
    total = np.bincount(owner, weights=np.nan_to_num(mix), minlength=size)
    keep = (fit & (np.abs(total - 1) < 1e-6))[owner]
    names = vocabulary.names("region")
    return pd.DataFrame(
        {
            "row": owner[keep].astype(np.int32),
            "location": names.categorical(code[keep]),
            "share": mix[keep],
            "lat": lat[keep],
            "lon": lon[keep],
        },
        copy=False,
    )


def _mixes(texts: Any) -> tuple[NDArray[np.int64], Any, Any, Any, cells.Numbers]:
    """Entries of mixes: cell, text, coordinates, name and share of each."""
    if pa.types.is_dictionary(texts.type):  # each different one once
        of, words = _entries(texts.dictionary)
        count = np.append(np.bincount(of, minlength=len(texts.dictionary)), 0)  # none of a null
        word = pc.fill_null(texts.indices, len(texts.dictionary)).to_numpy(zero_copy_only=False)
        at, entry = spread(np.arange(len(word)), word, np.cumsum(count) - count, count)
        text, parts, name, number, unit = (part.take(entry) for part in (words, *_parsed(words)))
    else:
        at, text = _entries(texts)
        parts, name, number, unit = _parsed(text)
    share = cells.scaled(cells.numbers(number), unit, Column("share", "", ""), "", {})
    return at, text, parts, name, share


def no_destinations(vocabulary: Vocabulary) -> pd.DataFrame:
    """Table of no destinations."""
    frame = pd.DataFrame({name: np.empty(0) for name in ("row", "location", "share", "lat", "lon")})
    frame["location"] = vocabulary.names("region").categorical(np.empty(0, np.int32))
    return frame.astype({"row": np.int32})
