"""Reads datasets and their exchanges, gives them as one system of linked activities.

A dataset located at ``*`` is a template. It has a row at every place that has a dataset of its
own for one of the inputs taken at ``@``, but what it takes there is looked up only where it is
wanted: at the places of the home market from the start, elsewhere on demand. A row keeps its
number whatever was wanted before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.errors import FactorsError
from carbon.base.terms import FITS

__all__ = ["ROOT", "STAND_IN", "TEMPLATE", "Links", "refuse"]

OLD_AFTER: Final = 6
"""Years after which a dataset is called older: the newest data are two years late, and the
temporal score of the pedigree (Weidema 2013) leaves its second class at six years."""

HERE: Final = "@"
TEMPLATE: Final = "*"
ROOT: Final = "GLO"
EXACT, OLDER, REGION, GLOBAL, PROXY, GRID_PROXY, WORLD_PROXY, STAND_IN, NONE = range(len(FITS))

ALIKE: Final = 1.25
"""How many times as much one grid may emit as another and be alike: the project's own choice,
about the spread between two readings of one grid."""

CONSUMER_GRID: Final = "electricity, consumer"
AGGREGATE: Final = "greenhouse gases, aggregate"

COLUMNS: Final = ("col", "kind", "flow", "row", "amount", "unit", "cite", "fit")

Candidates = dict[str, dict[str, list[tuple[int, int, int]]]]
"""By activity and place: row, rank of the package, year."""


class Links:
    """Activities and exchanges of an edition.

    ``datasets``, ``exchanges``: as published, with ``source`` and ``rank``; ``parents``: the places
    that contain each place, the nearest first; ``year``: to which a dataset's age is compared;
    ``own_packages``: how many packages are the user's own; ``home``: where templates are linked
    from the start, with the places inside it; ``""`` is everywhere.
    """

    def __init__(
        self,
        datasets: pd.DataFrame,
        exchanges: pd.DataFrame,
        parents: Mapping[str, tuple[str, ...]],
        year: int,
        own_packages: int,
        home: str,
    ) -> None:
        self.parents, self.year, self.own_packages = parents, year, own_packages
        datasets = datasets.reset_index(names="published")
        fixed = datasets[datasets["location"] != TEMPLATE]
        of_template = exchanges["location"] == TEMPLATE
        here = exchanges[of_template & (exchanges["flow_location"] == HERE)]
        with_own = fixed.loc[fixed["activity"].isin(here["flow"]), "location"]
        self.places = frozenset({ROOT, *with_own})
        templates = datasets[datasets["location"] == TEMPLATE]
        activities = pd.concat(
            [
                fixed.assign(place=fixed["location"], template=False),
                templates.merge(pd.DataFrame({"place": sorted(self.places)}), how="cross").assign(
                    template=True
                ),
            ],
            ignore_index=True,
        )
        self.templates = frozenset(templates["activity"])
        keys = ["source", "activity", "location"]
        self._keys = activities.reset_index(names="col")[[*keys, "place", "col"]]
        activities["location"] = activities["place"]
        activities["fit"] = np.int8(EXACT)
        self.activities = activities.drop(columns="place")
        self._units = activities["unit"].to_numpy()
        self._published = exchanges
        self._grids = _grids(exchanges)
        self._candidates = _candidates(self.activities)
        self.linked: npt.NDArray[np.bool_] = np.zeros(len(activities), dtype=bool)
        """Which activities have their exchanges, shape (activities,)."""
        self.wanted: set[str] = set()
        """Places at which templates are linked."""
        self.exchanges = pd.DataFrame()
        named = set(exchanges.loc[exchanges["flow"].isin(self.templates), "flow_location"])
        first = {
            place
            for place in self.places
            if place in (ROOT, home) or not home or home in parents.get(place, ())
        }
        self.wanted = first | (named & self.places)
        template = self.activities["template"].to_numpy(dtype=bool)
        at_first = self.activities["location"].isin(self.wanted).to_numpy(dtype=bool)
        self._link(~template | at_first)
        self.at_first: npt.NDArray[np.intp] = np.flatnonzero(self.linked)
        """Rows that are linked whatever was wanted later."""

    def reach(self, places: Iterable[str]) -> None:
        """Link the templates at some places and at the places that contain them.

        ``places``: where something is demanded; a place without data of its own adds nothing.
        """
        around = {above for place in places for above in (place, *self.parents.get(place, ()))}
        new = (around & self.places) - self.wanted
        if new:
            self.wanted |= new
            at_new = self.activities["location"].isin(new).to_numpy(dtype=bool)
            self._link(at_new & self.activities["template"].to_numpy(dtype=bool))

    def search(self, activity: str, location: str, *, fits: bool = True) -> tuple[int, int]:
        """Find the dataset that serves a demand.

        ``activity``, ``location``: what is needed, and where; ``fits``: count the fit of what a
        template takes at its place. Returns ``row``, ``fit``: row of :attr:`activities` (-1 for
        none) and position in ``FITS``.
        """
        by_place = self._candidates.get(activity)
        if by_place is None:
            return -1, NONE
        above = self.parents.get(location, (ROOT,))
        near = [place for place in dict.fromkeys((location, *above, ROOT)) if place in by_place]
        own_fits = self.activities["fit"].to_numpy()
        best: tuple[tuple[int, int, int, int, int], int, int] | None = None
        for place in near or by_place:
            nearness = 0 if place == location else 1 + len(above)
            if place != location and place in above:
                nearness = 1 + above.index(place)
            for row, rank, year in by_place[place]:
                if place == location:
                    fit = OLDER if self.year - year > OLD_AFTER else EXACT
                elif place in above and place != ROOT:
                    fit = REGION
                elif place == ROOT:
                    fit = GLOBAL
                else:
                    fit = self._far(place, location)
                foreign = 0 if rank < self.own_packages and fit < PROXY else 1
                fit = max(fit, int(own_fits[row])) if fits else fit
                key = (foreign, min(fit, PROXY), nearness, rank, -year)  # proxies choose alike
                if best is None or key < best[0]:
                    best = (key, row, fit)
        return (-1, NONE) if best is None else (best[1], best[2])

    def _far(self, place: str, location: str) -> int:
        """How far a place is whose dataset stands for another place's."""
        around, near = (
            {where, *self.parents.get(where, ())} - {ROOT} for where in (place, location)
        )
        if around & near:
            return PROXY
        here, there = self._grid(location), self._grid(place)
        alike = min(here, there) > 0 and max(here, there) <= ALIKE * min(here, there)
        return GRID_PROXY if alike else WORLD_PROXY

    def _grid(self, place: str) -> float:
        """Electricity of a place or of what contains it [kg CO2e/kWh]; 0 where it is not told."""
        around = (place, *self.parents.get(place, ()))
        return next((self._grids[where] for where in around if where in self._grids), 0.0)

    def _link(self, which: npt.NDArray[np.bool_]) -> None:
        """Look up what some activities take."""
        self.linked |= which
        wanted = self._keys[which]
        table = self._published.merge(wanted, on=["source", "activity", "location"], how="inner")
        at_place = (table["flow_location"] == HERE).to_numpy(dtype=bool)
        where = table["flow_location"].mask(at_place, table["place"])
        row = np.full(len(table), -1, dtype=np.int64)
        fit = np.zeros(len(table), dtype=np.int8)
        inputs = np.flatnonzero((table["kind"] == "input").to_numpy())
        met: dict[tuple[str, str], tuple[int, int]] = {}
        for i, demand in zip(
            inputs, zip(table["flow"].iloc[inputs], where.iloc[inputs], strict=True), strict=True
        ):
            if demand not in met:
                met[demand] = self.search(*demand, fits=False)
            row[i], fit[i] = met[demand]
        table["flow_location"] = where
        table["row"], table["fit"] = row, fit
        self._check(table.iloc[inputs])
        fits = _template_fits(self.activities["fit"].to_numpy(copy=True), table[at_place])
        self.activities = self.activities.assign(fit=fits)
        linked = table[list(COLUMNS)].sort_values("col", kind="stable", ignore_index=True)
        parts = [part for part in (self.exchanges, linked) if len(part)]
        self.exchanges = pd.concat(parts, ignore_index=True) if len(parts) > 1 else linked

    def _check(self, inputs: pd.DataFrame) -> None:
        lost = inputs["row"] < 0
        if lost.any():
            refuse("F007", inputs[lost])
        wrong = inputs["unit"].to_numpy() != self._units[inputs["row"].to_numpy()]
        if wrong.any():
            refuse("F005", inputs[wrong])


def refuse(code: str, rows: pd.DataFrame) -> None:
    """Raise the error of a code for the first of some rows.

    ``code``: of a :class:`carbon.base.errors.FactorsError`; ``rows``: datasets or exchanges, at
    least one.
    """
    first = rows.iloc[0]
    names = ("source", "activity", "location", "flow", "flow_location", "unit")
    present = [str(first[name]) for name in names if name in rows and str(first[name])]
    raise FactorsError(code, file=present[0], value=", ".join(present[1:]))


def _grids(exchanges: pd.DataFrame) -> dict[str, float]:
    """Consumer electricity by place, where a source gives it as one figure [kg CO2e/kWh]."""
    stated = exchanges[
        (exchanges["activity"] == CONSUMER_GRID) & exchanges["flow"].str.startswith(AGGREGATE)
    ]
    first = stated[stated["rank"] == stated.groupby("location")["rank"].transform("min")]
    return {
        str(where): float(kg) for where, kg in first.groupby("location")["amount"].sum().items()
    }


def _candidates(activities: pd.DataFrame) -> Candidates:
    table: Candidates = {}
    columns = ("activity", "location", "rank", "year")
    rows = zip(*(activities[name].tolist() for name in columns), strict=True)
    for row, (activity, place, rank, year) in enumerate(rows):
        table.setdefault(activity, {}).setdefault(place, []).append((row, int(rank), int(year)))
    return table


def _template_fits(fit: npt.NDArray[np.int8], here: pd.DataFrame) -> npt.NDArray[np.int8]:
    """Worst fit of what the templates take at their places, through templates of templates."""
    col, row = here["col"].to_numpy(), here["row"].to_numpy()
    local = here["fit"].to_numpy(dtype=np.int8)
    while True:
        before = fit.copy()
        np.maximum.at(fit, col, np.maximum(local, fit[row]))
        if np.array_equal(before, fit):
            return fit
