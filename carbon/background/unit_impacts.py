"""Unit impacts: what one unit of every activity of an edition causes.

They are solved once for all activities and kept in the user's cache folder under the digest of
the edition and the name of the method, so that a second run needs no Brightway.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import platformdirs

from carbon.background.edition import Edition
from carbon.errors import StudyError
from carbon.terms import AGGREGATES, INDICATORS

__all__ = ["BIOGENIC_CO2", "PARTS", "UnitImpacts", "methods", "solve"]

PARTS: Final = INDICATORS[1:]
"""Indicators that are solved; the total is their sum."""

BIOGENIC_CO2: Final = ("carbon dioxide, in air", "carbon dioxide, biogenic")
"""Uptake and release of carbon dioxide by biomass.

They cancel over a whole life cycle, so they are shown as indicators and kept out of stages and
total: a box would else lower the stage packaging and raise the end of life.
"""

WIDTH: Final = len(PARTS) + len(AGGREGATES) + len(BIOGENIC_CO2)
CACHE_FORMAT: Final = "2"


@dataclass(frozen=True)
class UnitImpacts:
    """Impact of one unit of each activity.

    Parameters
    ----------
    values : ndarray of float64, shape (activities + 1, 5)
        Indicators :data:`PARTS` without :data:`BIOGENIC_CO2` [kg CO2e per unit]; the last row is
        NaN and stands for an activity that the edition does not have.
    aggregates : ndarray of float64, shape (activities + 1, 4)
        Part of the impact that rests on a source's own CO2e aggregate, by its assessment report
        (:data:`carbon.terms.AGGREGATES`) [kg CO2e per unit].
    carbon : ndarray of float64, shape (activities + 1, 2)
        Uptake (negative) and release of :data:`BIOGENIC_CO2` [kg CO2e per unit].
    method : str
        Name of the characterization method.
    """

    values: npt.NDArray[np.float64]
    aggregates: npt.NDArray[np.float64]
    carbon: npt.NDArray[np.float64]
    method: str


def methods(edition: Edition) -> list[str]:
    """Names of the characterization methods of an edition.

    Examples
    --------
    >>> from carbon.background.edition import load_edition
    >>> "GWP100 AR6" in methods(load_edition())
    True
    """
    return sorted(edition.characterization["method"].unique())


def solve(
    edition: Edition, method: str, *, whole_life: bool = True, cache: bool = True
) -> UnitImpacts:
    """Solve the unit impacts of all activities of an edition, or take them from the cache.

    Parameters
    ----------
    edition : Edition
        The activities and their exchanges.
    method : str
        One of :func:`methods`.
    whole_life : bool
        False if the boundary ends before the end of life: uptake of carbon dioxide by biomass
        and its release are then not even shown, since the uptake alone would flatter.
    cache : bool
        Look for the answer in the user's cache folder, and leave it there.

    Returns
    -------
    UnitImpacts

    Raises
    ------
    carbon.errors.StudyError
        S005 if the method is not known.
    carbon.errors.FactorsError
        F008 if the system has no single solution.
    """
    if method not in methods(edition):
        raise StudyError("S005", f"known: {', '.join(methods(edition))}", value=method)
    path = _cache_path(edition, method, whole_life)
    values = _load(path, len(edition.activities)) if cache else None
    if values is None:
        from carbon.background.brightway import unit_impacts

        values = unit_impacts(edition, characterization(edition, method, whole_life=whole_life))
        if cache:
            _save(path, values)
    gap = np.full((1, values.shape[1]), np.nan)
    values = np.vstack([values, gap])
    parts, aggregates, carbon = np.split(values, [len(PARTS), WIDTH - len(BIOGENIC_CO2)], axis=1)
    return UnitImpacts(np.ascontiguousarray(parts), aggregates, carbon, method)


def characterization(
    edition: Edition, method: str, *, whole_life: bool = True
) -> dict[str, npt.NDArray[np.float64]]:
    """Characterization factors of every elementary flow.

    Parameters
    ----------
    edition, method, whole_life
        As for :func:`solve`.

    Returns
    -------
    dict of str to ndarray of float64, shape (5 + 4 + 2,)
        By flow: the indicators :data:`PARTS`, the aggregates by assessment report, uptake and
        release of :data:`BIOGENIC_CO2` [kg CO2e per kg].
    """
    table = edition.characterization
    table = table[table["method"] == method]
    out: dict[str, npt.NDArray[np.float64]] = {}
    rows = zip(table["flow"], table["indicator"], table["factor"], strict=True)
    for flow, indicator, factor in rows:
        vector = out.setdefault(flow, np.zeros(WIDTH))
        if flow in BIOGENIC_CO2:
            vector[BIOGENIC_CO2.index(flow) - len(BIOGENIC_CO2)] = factor * whole_life
            continue
        vector[PARTS.index(indicator)] = factor
        for position, report in enumerate(AGGREGATES, start=len(PARTS)):
            if flow.startswith("greenhouse gases, aggregate") and flow.endswith(report):
                vector[position] = factor
    return out


def _cache_path(edition: Edition, method: str, whole_life: bool) -> Path:
    key = f"{CACHE_FORMAT}|{edition.digest}|{method}|{whole_life}"
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return Path(platformdirs.user_cache_dir("carbon-label")) / f"{name}.npy"


def _load(path: Path, activities: int) -> npt.NDArray[np.float64] | None:
    try:
        values: npt.NDArray[np.float64] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, BadZipFile):
        return None
    return values if values.shape == (activities, WIDTH) and values.dtype == np.float64 else None


def _save(path: Path, values: npt.NDArray[np.float64]) -> None:
    """Leave the values beside and move them into place; a cache that cannot be written is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            np.save(file, values, allow_pickle=False)
        Path(file.name).replace(path)
    except OSError:
        return
