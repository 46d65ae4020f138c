"""Editions: which versions of which sources are in force, and how a demand finds its dataset.

A dataset located at ``*`` is a template: it is made once at every place that has a dataset of
its own for one of the inputs taken at ``@``, so that an electric van in Sichuan takes the
electricity of Sichuan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.source import Package, factors_root, read_package
from carbon.background.tables import LEVERS, SCALES, SPREADS, VOCABULARY
from carbon.base.errors import FactorsError
from carbon.base.terms import FITS

__all__ = ["DEFAULT_EDITION", "LICENSED", "Edition", "editions", "load_edition"]

DEFAULT_EDITION: Final = "2026.1"
OLD_AFTER: Final = 6
"""Years after which a dataset is called older: the newest data are two years late, and the
temporal score of the pedigree (Weidema 2013) leaves its second class at six years."""

LICENSED: Final = "licensed"
"""Key of a descriptor that marks a user's own background: its numbers are not handed on."""

HERE: Final = "@"
TEMPLATE: Final = "*"
ROOT: Final = "GLO"
EXACT, OLDER, REGION, GLOBAL, PROXY, NONE = range(len(FITS))


@dataclass(frozen=True)
class Edition:
    """A named, locked set of factor packages.

    Parameters
    ----------
    name : str
        As ``"2026.1"``; with a user's own folders, ``"2026.1+mine/1"``.
    digest : str
        SHA-256 over the lock and the user's folders.
    year : int
        The year to which a dataset's age is compared.
    packages : tuple of Package
        In order of preference; a user's own come first.
    own : int
        How many of the packages are the user's own.

    Examples
    --------
    >>> from carbon import Study
    >>> Study().edition.name[:4]
    '2026'
    """

    name: str
    digest: str
    year: int
    packages: tuple[Package, ...]
    own: int = 0
    _found: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict, repr=False)

    @property
    def id(self) -> str:
        """Name and the first twelve digits of the digest, as printed on results."""
        return f"{self.name}+{self.digest[:12]}"

    @cached_property
    def vocabulary(self) -> dict[str, pd.DataFrame]:
        """Tables of places, materials, words and archetypes; a user's rows come first."""
        return {name: self._first(name, keys) for name, keys in VOCABULARY.items()}

    @cached_property
    def spreads(self) -> dict[str, pd.DataFrame]:
        """Tables of pedigree, basic uncertainty, scores and spreads of merchants' data."""
        return {name: self._first(name, keys) for name, keys in SPREADS.items()}

    @cached_property
    def levers(self) -> dict[str, pd.DataFrame]:
        """Tables of a what-if: words, sizes, swaps and categories of each lever."""
        return {name: self._first(name, keys) for name, keys in LEVERS.items()}

    @cached_property
    def scales(self) -> dict[str, pd.DataFrame]:
        """Tables of the label: letters with their bounds, confidence, validity."""
        return {name: self._first(name, keys) for name, keys in SCALES.items()}

    @cached_property
    def characterization(self) -> pd.DataFrame:
        """Global warming potentials by method, indicator and flow."""
        return self._table("characterization")

    @cached_property
    def datasets(self) -> pd.DataFrame:
        """Datasets as published, templates not yet made; column ``source`` names the package."""
        return self._table("activities")

    @cached_property
    def activities(self) -> pd.DataFrame:
        """Datasets with every template made at its places; the row number is the activity's id.

        Columns of ``activities.csv`` and ``published`` (row of :attr:`datasets`), ``source``,
        ``rank`` (of the package), ``fit`` (worst fit of the inputs taken at the place) and
        ``template`` (bool).
        """
        return self._linked[0]

    @cached_property
    def exchanges(self) -> pd.DataFrame:
        """Exchanges of :attr:`activities`.

        Columns ``col`` (the activity's row), ``kind``, ``flow``, ``row`` (the input's row, -1
        for an emission), ``amount``, ``unit``, ``cite``, ``fit``.
        """
        return self._linked[1]

    @cached_property
    def licensed(self) -> npt.NDArray[np.bool_]:
        """Which activities come from a user's own background, shape (activities,)."""
        ids = {package.id for package in self.packages if package.descriptor.get(LICENSED)}
        return self.activities["source"].isin(ids).to_numpy(dtype=bool)

    @cached_property
    def parents(self) -> dict[str, tuple[str, ...]]:
        """The places that contain each place, the nearest first."""
        table = self._table("regions")
        parent = dict(zip(table["location"], table["parent"], strict=True))
        chains: dict[str, tuple[str, ...]] = {}
        for place in parent:
            chain: list[str] = []
            above = parent[place]
            while above and above not in chain and above != place:
                chain.append(above)
                above = parent.get(above, "")
            chains[place] = tuple(chain)
        return chains

    def match(self, activity: str, location: str) -> tuple[int, int]:
        """Find the dataset that serves a demand.

        Parameters
        ----------
        activity : str
            Canonical name.
        location : str
            Where it is needed.

        Returns
        -------
        row : int
            Row of :attr:`activities`, -1 if the edition has none.
        fit : int
            Position in :data:`carbon.base.terms.FITS`.

        Notes
        -----
        Best fit first, then the order of the packages, then the newest. A user's own dataset
        is preferred whenever it fits better than a proxy.
        """
        key = (activity, location)
        if key not in self._found:
            self._found[key] = self._search(activity, location, self._index)
        return self._found[key]

    # ---------------------------------------------------------------- how it is built

    def _table(self, name: str) -> pd.DataFrame:
        parts = [
            package.tables[name].assign(source=package.id, rank=rank)
            for rank, package in enumerate(self.packages)
            if name in package.tables
        ]
        if not parts:
            raise FactorsError("F002", f"no package has a table {name}", file=self.name)
        return pd.concat(parts, ignore_index=True)

    def _first(self, name: str, keys: tuple[str, ...]) -> pd.DataFrame:
        """Rows of a table, each key from the first package that has it."""
        table = self._table(name)
        ranks = table.groupby(list(keys))["rank"].transform("min") if keys else table["rank"].min()
        return table[table["rank"] == ranks].reset_index(drop=True)

    @cached_property
    def _index(self) -> dict[str, list[tuple[int, str, int, int, int]]]:
        return _index(self.activities)

    @cached_property
    def _linked(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        datasets = self.datasets.reset_index(names="published")
        exchanges = self._table("exchanges")
        self._check(datasets, exchanges)
        fixed = datasets[datasets["location"] != TEMPLATE]
        here = exchanges[(exchanges["location"] == TEMPLATE) & (exchanges["flow_location"] == HERE)]
        places = fixed.loc[fixed["activity"].isin(here["flow"]), "location"]
        made_at = pd.DataFrame({"place": sorted({ROOT, *places})})
        activities = pd.concat(
            [
                fixed.assign(place=fixed["location"], template=False),
                datasets[datasets["location"] == TEMPLATE]
                .merge(made_at, how="cross")
                .assign(template=True),
            ],
            ignore_index=True,
        )
        keys = ["source", "activity", "location"]
        table = exchanges.merge(
            activities.reset_index(names="col")[[*keys, "place", "col"]], on=keys, how="left"
        )
        table["here"] = table["flow_location"] == HERE
        table["flow_location"] = table["flow_location"].mask(table["here"], table["place"])
        activities["location"] = activities["place"]
        activities["fit"] = np.int8(EXACT)
        index = _index(activities)
        row = np.full(len(table), -1, dtype=np.int64)
        fit = np.zeros(len(table), dtype=np.int8)
        inputs = np.flatnonzero((table["kind"] == "input").to_numpy())
        found: dict[tuple[str, str], tuple[int, int]] = {}
        wanted = zip(table["flow"].iloc[inputs], table["flow_location"].iloc[inputs], strict=True)
        for i, key in zip(inputs, wanted, strict=True):
            if key not in found:
                found[key] = self._search(*key, index)
            row[i], fit[i] = found[key]
        table["row"], table["fit"] = row, fit
        self._check_inputs(table.iloc[inputs], activities)
        activities["fit"] = _template_fits(len(activities), table[table["here"]])
        columns = ["col", "kind", "flow", "row", "amount", "unit", "cite", "fit"]
        return (
            activities.drop(columns="place"),
            table[columns].sort_values("col", kind="stable", ignore_index=True),
        )

    def _search(
        self,
        activity: str,
        location: str,
        index: dict[str, list[tuple[int, str, int, int, int]]],
    ) -> tuple[int, int]:
        above = self.parents.get(location, (ROOT,))
        best: tuple[tuple[int, int, int, int, int], int, int] | None = None
        for row, place, rank, year, own_fit in index.get(activity, []):
            if place == location:
                fit = OLDER if self.year - year > OLD_AFTER else EXACT
            elif place in above and place != ROOT:
                fit = REGION
            elif place == ROOT:
                fit = GLOBAL
            else:
                fit = PROXY
            if place == location:
                nearness = 0
            else:
                nearness = 1 + (above.index(place) if place in above else len(above))
            foreign = 0 if rank < self.own and fit < PROXY else 1
            fit = max(fit, own_fit)
            key = (foreign, fit, nearness, rank, -year)
            if best is None or key < best[0]:
                best = (key, row, fit)
        return (-1, NONE) if best is None else (best[1], best[2])

    def _check(self, datasets: pd.DataFrame, exchanges: pd.DataFrame) -> None:
        keys = ["source", "activity", "location"]
        twice = datasets.duplicated(keys)
        if twice.any():
            _raise("F009", datasets[twice])
        if datasets["production"].eq(0).any():
            _raise("F008", datasets[datasets["production"] == 0])
        known = pd.MultiIndex.from_frame(datasets[keys])
        orphan = ~pd.MultiIndex.from_frame(exchanges[keys]).isin(known)
        if orphan.any():
            _raise("F007", exchanges[orphan])
        emission = exchanges["kind"] == "emission"
        taking = pd.MultiIndex.from_frame(exchanges[keys])
        for code, table, bad in (
            ("F012", datasets, datasets["gsd2"] < 1),
            ("F014", datasets, ~datasets["pedigree"].str.fullmatch("[1-5](;[1-5]){4}")),
            ("F002", exchanges, ~exchanges["kind"].isin(["emission", "input"])),
            ("F006", exchanges, emission & ~exchanges["flow"].isin(self.characterization["flow"])),
            ("F002", exchanges, ~np.isfinite(exchanges["amount"])),
            ("F002", datasets, ~np.isfinite(datasets["production"])),
            ("F005", exchanges, emission & (exchanges["unit"] != "kg")),
            ("F015", exchanges, emission & (exchanges["amount"] < 0)),
            ("F016", datasets, ~pd.MultiIndex.from_frame(datasets[keys]).isin(taking)),
            ("F005", datasets, datasets.groupby("activity")["unit"].transform("nunique") > 1),
        ):
            if bad.any():
                _raise(code, table[bad])

    def _check_inputs(self, inputs: pd.DataFrame, activities: pd.DataFrame) -> None:
        lost = inputs["row"] < 0
        if lost.any():
            _raise("F007", inputs[lost])
        units = activities["unit"].to_numpy()[inputs["row"].to_numpy()]
        wrong = inputs["unit"].to_numpy() != units
        if wrong.any():
            _raise("F005", inputs[wrong])


def editions(root: Path | None = None) -> list[str]:
    """Names of the editions that ship with the program.

    Examples
    --------
    >>> "2026.1" in editions()
    True
    """
    folder = (root or factors_root()) / "editions"
    return sorted(path.stem for path in folder.glob("*.json"))


def load_edition(
    name: str = DEFAULT_EDITION,
    *,
    extra: Sequence[Path | str] = (),
    root: Path | None = None,
) -> Edition:
    """Read an edition and verify every table of it.

    Parameters
    ----------
    name : str
        One of :func:`editions`.
    extra : sequence of path, optional
        A user's own factor packages; they are preferred to the edition's.
    root : pathlib.Path, optional
        Folder that holds ``editions`` and the packages.

    Returns
    -------
    Edition

    Raises
    ------
    carbon.base.errors.FactorsError
        F010 if there is no such edition; F001 to F009 if a package is refused.

    Examples
    --------
    >>> edition = load_edition()
    >>> row, fit = edition.match("electricity, consumer", "CN-ZJ")
    >>> edition.activities.loc[row, ["location", "unit"]].tolist()
    ['CN-ZJ', 'kWh']
    """
    root = root or factors_root()
    path = root / "editions" / f"{name}.json"
    if name not in editions(root):
        raise FactorsError("F010", f"known: {', '.join(editions(root))}", value=name)
    content = path.read_bytes()
    lock: dict[str, Any] = json.loads(content)
    own = [read_package(Path(folder)) for folder in extra]
    shipped = [
        read_package(root / entry["name"] / entry["version"], expected=entry["sha256"])
        for entry in lock["packages"]
    ]
    digest = hashlib.sha256(content)
    for package in own:
        digest.update(package.digest.encode())
    label = "+".join([lock["edition"], *(package.id for package in own)])
    return Edition(label, digest.hexdigest(), int(lock["year"]), (*own, *shipped), len(own))


def _index(activities: pd.DataFrame) -> dict[str, list[tuple[int, str, int, int, int]]]:
    index: dict[str, list[tuple[int, str, int, int, int]]] = {}
    columns = ("activity", "place" if "place" in activities else "location", "rank", "year", "fit")
    rows = zip(*(activities[name].tolist() for name in columns), strict=True)
    for row, (activity, place, rank, year, fit) in enumerate(rows):
        index.setdefault(activity, []).append((row, place, int(rank), int(year), int(fit)))
    return index


def _template_fits(n: int, here: pd.DataFrame) -> npt.NDArray[np.int8]:
    """Worst fit of what the templates take at their places, through templates of templates."""
    col, row = here["col"].to_numpy(), here["row"].to_numpy()
    local = here["fit"].to_numpy(dtype=np.int8)
    fit = np.zeros(n, dtype=np.int8)
    while True:
        before = fit.copy()
        np.maximum.at(fit, col, np.maximum(local, fit[row]))
        if np.array_equal(before, fit):
            return fit


def _raise(code: str, rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    names = ("source", "activity", "location", "flow", "flow_location", "unit")
    found = [str(first[name]) for name in names if name in rows and str(first[name])]
    raise FactorsError(code, file=found[0], value=", ".join(found[1:]))
