"""Reads datasets and their exchanges, gives them as one system of linked activities.

A dataset located at ``*`` is a template. It has a row at every place that has a dataset of its
own for one of the inputs taken at ``@``, but what it takes there is looked up only where it is
wanted: at the places of the home market from the start, elsewhere on demand. A row keeps its
number whatever was wanted before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    from the start, with the places inside it; ``""`` is everywhere; ``of_dataset``: position of the
    dataset that each exchange belongs to.
    """

    def __init__(
        self,
        datasets: pd.DataFrame,
        exchanges: pd.DataFrame,
        parents: Mapping[str, tuple[str, ...]],
        year: int,
        own_packages: int,
        home: str,
        of_dataset: npt.NDArray[np.intp],
    ) -> None:
        self.parents, self.year, self.own_packages = parents, year, own_packages
        template = (datasets["location"] == TEMPLATE).to_numpy(dtype=bool)
        fixed, made = np.flatnonzero(~template), np.flatnonzero(template)
        taken_here = exchanges[
            (exchanges["location"] == TEMPLATE) & (exchanges["flow_location"] == HERE)
        ]
        of_fixed = datasets.iloc[fixed]
        with_own = of_fixed.loc[of_fixed["activity"].isin(taken_here["flow"]), "location"]
        places = sorted({ROOT, *with_own})
        self.places = {place: at for at, place in enumerate(places)}
        self.templates = frozenset(datasets["activity"].iloc[made])
        self._dataset = np.concatenate([fixed, np.repeat(made, len(places))])
        activities = datasets.iloc[self._dataset].reset_index(names="published")
        everywhere = pd.Series(places, dtype="str").iloc[np.tile(np.arange(len(places)), len(made))]
        where = pd.concat([of_fixed["location"], everywhere], ignore_index=True)
        self._fits: npt.NDArray[np.int8] = np.full(len(activities), EXACT, np.int8)
        self._template = template[self._dataset]
        self.activities = activities.assign(location=where, template=self._template, fit=self._fits)
        self._where = where
        self._units = activities["unit"].to_numpy()
        self._published = exchanges
        self._of_dataset = of_dataset
        self._grids = _grids(exchanges)
        self._fixed, self._made = _candidates(datasets, fixed, made, len(places))
        self.linked: npt.NDArray[np.bool_] = np.zeros(len(activities), dtype=bool)
        """Which activities have their exchanges, shape (activities,)."""
        self.wanted: set[str] = set()
        """Places at which templates are linked."""
        self.exchanges = pd.DataFrame()
        named = set(exchanges.loc[exchanges["flow"].isin(self.templates), "flow_location"])
        first = {
            place
            for place in places
            if place in (ROOT, home) or not home or home in parents.get(place, ())
        }
        self.wanted = first | (named & self.places.keys())
        self._link(~self._template | self._at(self.wanted))
        self.at_first: npt.NDArray[np.intp] = np.flatnonzero(self.linked)
        """Rows that are linked whatever was wanted later."""

    def reach(self, places: Iterable[str]) -> None:
        """Link the templates at some places and at the places that contain them.

        ``places``: where something is demanded; a place without data of its own adds nothing.
        """
        around = {above for place in places for above in (place, *self.parents.get(place, ()))}
        new = (around & self.places.keys()) - self.wanted
        if new:
            self.wanted |= new
            self._link(self._at(new) & self._template)

    def _at(self, places: set[str]) -> npt.NDArray[np.bool_]:
        flags: npt.NDArray[np.bool_] = self._where.isin(places).to_numpy(dtype=bool)
        return flags

    def search(self, activity: str, location: str, *, fits: bool = True) -> tuple[int, int]:
        """Find the dataset that serves a demand.

        ``activity``, ``location``: what is needed, and where; ``fits``: count the fit of what a
        template takes at its place. Returns ``row``, ``fit``: row of :attr:`activities` (-1 for
        none) and position in ``FITS``.
        """
        by_place, made = self._fixed.get(activity, {}), self._made.get(activity, [])
        if not by_place and not made:
            return -1, NONE
        above = self.parents.get(location, (ROOT,))
        near = [
            place
            for place in dict.fromkeys((location, *above, ROOT))
            if place in by_place or (made and place in self.places)
        ]
        best: tuple[tuple[int, int, int, int, int], int, int] | None = None
        for place in near or by_place:
            nearness = 0 if place == location else 1 + len(above)
            if place != location and place in above:
                nearness = 1 + above.index(place)
            at = self.places.get(place, -1)
            here = [(row + at, rank, year) for row, rank, year in made if at >= 0]
            for row, rank, year in by_place.get(place, []) + here:
                if place == location:
                    fit = OLDER if self.year - year > OLD_AFTER else EXACT
                elif place in above and place != ROOT:
                    fit = REGION
                elif place == ROOT:
                    fit = GLOBAL
                else:
                    fit = self._far(place, location)
                foreign = 0 if rank < self.own_packages and fit < PROXY else 1
                fit = max(fit, int(self._fits[row])) if fits else fit
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
        wanted = np.flatnonzero(which)
        wanted = wanted[np.argsort(self._dataset[wanted], kind="stable")]
        datasets = self._dataset[wanted]
        start = np.searchsorted(datasets, self._of_dataset, side="left")
        count = np.searchsorted(datasets, self._of_dataset, side="right") - start
        each = np.repeat(np.arange(len(count)), count)
        col = wanted[np.arange(len(each)) + np.repeat(start - (np.cumsum(count) - count), count)]
        table = self._published.iloc[each].reset_index(drop=True).assign(col=col)
        at_place = (table["flow_location"] == HERE).to_numpy(dtype=bool)
        where = table["flow_location"].mask(at_place, self._where.iloc[col].set_axis(table.index))
        row = np.full(len(table), -1, dtype=np.int64)
        fit = np.zeros(len(table), dtype=np.int8)
        inputs = np.flatnonzero((table["kind"] == "input").to_numpy())
        met: dict[tuple[str, str], tuple[int, int]] = {}
        for i, demand in zip(
            inputs.tolist(),
            zip(table["flow"].iloc[inputs].tolist(), where.iloc[inputs].tolist(), strict=True),
            strict=True,
        ):
            if demand not in met:
                met[demand] = self.search(*demand, fits=False)
            row[i], fit[i] = met[demand]
        table["flow_location"] = where
        table["row"], table["fit"] = row, fit
        self._check(table.iloc[inputs])
        self._fits = _template_fits(self._fits.copy(), table[at_place])
        self.activities = self.activities.assign(fit=self._fits)
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


def _candidates(
    datasets: pd.DataFrame,
    fixed: npt.NDArray[np.intp],
    made: npt.NDArray[np.intp],
    places: int,
) -> tuple[Candidates, dict[str, list[tuple[int, int, int]]]]:
    """Rows of datasets by activity and place, and of templates at the first of their places."""
    columns = ("activity", "location", "rank", "year")

    def rows(which: npt.NDArray[np.intp]) -> Iterator[tuple[str, str, int, int]]:
        table = datasets.iloc[which]
        return zip(*(table[name].tolist() for name in columns), strict=True)

    table: Candidates = {}
    for row, (activity, place, rank, year) in enumerate(rows(fixed)):
        table.setdefault(activity, {}).setdefault(place, []).append((row, int(rank), int(year)))
    templates: dict[str, list[tuple[int, int, int]]] = {}
    for at, (activity, _, rank, year) in enumerate(rows(made)):
        first = len(fixed) + at * places
        templates.setdefault(activity, []).append((first, int(rank), int(year)))
    return table, templates


def _template_fits(fit: npt.NDArray[np.int8], here: pd.DataFrame) -> npt.NDArray[np.int8]:
    """Worst fit of what the templates take at their places, through templates of templates."""
    col, row = here["col"].to_numpy(), here["row"].to_numpy()
    local = here["fit"].to_numpy(dtype=np.int8)
    while True:
        before = fit.copy()
        np.maximum.at(fit, col, np.maximum(local, fit[row]))
        if np.array_equal(before, fit):
            return fit
