"""Reads a lock file and its packages, gives the edition in force and the dataset of a demand.

A dataset located at ``*`` is a template: it is made once at every place that has a dataset of
its own for one of the inputs taken at ``@``, so that an electric van in Sichuan takes the
electricity of Sichuan (:mod:`carbon.background.linking`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.linking import STAND_IN, Links, refuse
from carbon.background.source import Package, factors_root, read_package, read_schema
from carbon.background.tables import (
    FURTHER_SPREADS,
    JUDGING,
    LEVERS,
    OPTIONAL,
    SCALES,
    SPREADS,
    VOCABULARY,
    Tables,
)
from carbon.base.errors import FactorsError
from carbon.base.terms import DEFAULT_EDITION

__all__ = ["DEFAULT_EDITION", "LICENSED", "Edition", "editions", "load_edition"]

RELATED: Final = 4
"""Technological score from which a dataset is of a related thing, not of the thing itself."""

LICENSED: Final = "licensed"
"""Key of a descriptor that marks a user's own background: its numbers are not handed on."""


MOST_KNOWN: Final = 8
"""Editions that a process keeps; every file is opened and hashed again before one is handed out."""

_KNOWN: dict[tuple[str, str], Edition] = {}


@dataclass(frozen=True, eq=False)
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
    own_packages : int
        How many of the packages are the user's own.
    home : str
        Place whose templates are linked from the start, those elsewhere when they are wanted; empty
        if all of them are.

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
    own_packages: int = 0
    home: str = ""
    _found: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return f"Edition({self.id}, {len(self.packages)} packages)"

    @property
    def id(self) -> str:
        """Name and the first twelve digits of the digest, as printed on results."""
        return f"{self.name}+{self.digest[:12]}"

    @cached_property
    def vocabulary(self) -> Tables:
        """Tables of places, materials, words and archetypes; a user's rows come first."""
        return self._tables(VOCABULARY)

    @cached_property
    def spreads(self) -> Tables:
        """Tables of pedigree, basic uncertainty, scores and spreads of merchants' data."""
        known = SPREADS | {
            name: keys
            for name, keys in FURTHER_SPREADS.items()
            if any(name in package.tables for package in self.packages)
        }
        return self._tables(known)

    @cached_property
    def levers(self) -> Tables:
        """Tables of a what-if: words, sizes, swaps and categories of each lever."""
        return self._tables(LEVERS)

    @cached_property
    def scales(self) -> Tables:
        """Tables of the label: letters with their bounds, confidence, validity."""
        return self._tables(SCALES)

    @cached_property
    def judging(self) -> Tables:
        """Tables of the judging; none in an edition that has no such package."""
        have = {name for package in self.packages for name in package.tables}
        return self._tables({name: keys for name, keys in JUDGING.items() if name in have})

    @cached_property
    def characterization(self) -> pd.DataFrame:
        """Global warming potentials by method, indicator and flow."""
        return self._table("characterization")

    @cached_property
    def datasets(self) -> pd.DataFrame:
        """Datasets as published, templates not yet made; column ``source`` names the package."""
        return self._table("activities")

    @property
    def activities(self) -> pd.DataFrame:
        """Datasets with every template at its places; the row number is the activity's id.

        Columns of ``activities.csv`` and ``published`` (row of :attr:`datasets`), ``source``,
        ``rank`` (of the package), ``fit`` (worst fit of the inputs taken at the place) and
        ``template`` (bool).
        """
        return self._links.activities

    @property
    def exchanges(self) -> pd.DataFrame:
        """Exchanges of the activities that are linked.

        Columns ``col`` (the activity's row), ``kind``, ``flow``, ``row`` (the input's row, -1
        for an emission), ``amount``, ``unit``, ``cite``, ``fit``.
        """
        return self._links.exchanges

    @property
    def linked(self) -> npt.NDArray[np.bool_]:
        """Which activities have their exchanges, shape (activities,)."""
        return self._links.linked

    @property
    def at_first(self) -> npt.NDArray[np.intp]:
        """Rows of the activities that are linked whatever is wanted."""
        return self._links.at_first

    def reach(self, places: Iterable[str]) -> None:
        """Link the templates at the places where something is demanded.

        Parameters
        ----------
        places : iterable of str

        Examples
        --------
        >>> edition = load_edition()
        >>> edition.reach(["GB"])
        >>> row, _ = edition.match("freight, van, electric", "GB")
        >>> bool(edition.linked[row])
        True
        """
        self._links.reach(places)

    @cached_property
    def chinese_titles(self) -> dict[str, str]:
        """Chinese name of each activity that has one, as of its first dataset."""
        known = self.activities.drop_duplicates("activity")[["activity", "title_zh"]]
        rows = known[known["title_zh"].notna()].astype(str).to_numpy().tolist()
        return {activity: title for activity, title in rows if title}

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
            if activity in self._links.templates:
                self.reach([location])
            self._found[key] = self._links.search(activity, location)
        return self._found[key]

    def reported(
        self, rows: npt.NDArray[np.int32], fits: npt.NDArray[np.int8]
    ) -> npt.NDArray[np.int8]:
        """Fits as they are told: a dataset of another activity is a stand-in wherever it is.

        Parameters
        ----------
        rows : ndarray of int32, shape (m,)
            Rows of :attr:`activities`, -1 for none.
        fits : ndarray of int8, shape (m,)
            As :meth:`match` gives them; they hold the place, on which the spread rests.

        Returns
        -------
        ndarray of int8, shape (m,)
            Positions in :data:`carbon.base.terms.FITS`.

        Notes
        -----
        The technological score of the dataset's pedigree tells it: from 4 on the data are of
        related processes or materials, not of the one that is asked for (Weidema et al. 2013).
        """
        published = self.activities["published"].to_numpy()
        least = np.append(np.where(self._related[published], STAND_IN, 0), 0).astype(np.int8)
        reported: npt.NDArray[np.int8] = np.maximum(fits, least[rows])
        return reported

    @cached_property
    def assumed(self) -> npt.NDArray[np.bool_]:
        """Which of :attr:`datasets` are assumptions, shape (datasets,)."""
        return (self.datasets["kind"] == "assumption").to_numpy(dtype=bool)

    @cached_property
    def _related(self) -> npt.NDArray[np.bool_]:
        score = self.datasets["pedigree"].str.rpartition(";")[2].astype(int)
        related: npt.NDArray[np.bool_] = score.ge(RELATED).to_numpy(dtype=bool)
        return related

    # ---------------------------------------------------------------- how it is built

    def _table(self, name: str) -> pd.DataFrame:
        have = [rank for rank, package in enumerate(self.packages) if name in package.tables]
        parts = [self.packages[rank].tables[name] for rank in have]
        if not parts and name in OPTIONAL:
            names = [field["name"] for field in read_schema(name)["fields"]]
            return pd.DataFrame({column: pd.Series(dtype="str") for column in names}).assign(
                source="", rank=0
            )
        if not parts:
            raise FactorsError("F002", f"no package has a table {name}", file=self.name)
        sizes = [len(part) for part in parts]
        ids = pd.Series([self.packages[rank].id for rank in have], dtype="str")
        table: pd.DataFrame = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
        return table.assign(source=ids.repeat(sizes).array, rank=np.repeat(have, sizes))

    def _tables(self, keys: dict[str, tuple[str, ...]]) -> Tables:
        return Tables({name: partial(self._first, name, key) for name, key in keys.items()})

    def _first(self, name: str, keys: tuple[str, ...]) -> pd.DataFrame:
        """Rows of a table, each key from the first package that has it."""
        table = self._table(name)
        rank: npt.NDArray[np.int64] = table["rank"].to_numpy()
        if not len(rank) or rank[0] == rank[-1]:  # ranks ascend
            return table
        key = np.zeros(len(rank), np.int64)
        for name in keys:
            code, values = pd.factorize(table[name])
            key = key * len(values) + code
        first = np.full(key.max() + 1, rank[-1])
        np.minimum.at(first, key, rank)
        kept: pd.DataFrame = table[rank == first[key]].reset_index(drop=True)
        return kept

    @cached_property
    def _links(self) -> Links:
        datasets, exchanges = self.datasets, self._table("exchanges")
        of_dataset = self._checked(datasets, exchanges)
        return Links(
            datasets, exchanges, self.parents, self.year, self.own_packages, self.home, of_dataset
        )

    def _checked(self, datasets: pd.DataFrame, exchanges: pd.DataFrame) -> npt.NDArray[np.intp]:
        """Position of the dataset of each exchange, after both were looked over."""
        keys = ["source", "activity", "location"]
        twice = datasets.duplicated(keys)
        if twice.any():
            refuse("F009", datasets[twice])
        if datasets["production"].eq(0).any():
            refuse("F008", datasets[datasets["production"] == 0])
        known = pd.MultiIndex.from_frame(datasets[keys])
        of_dataset: npt.NDArray[np.intp] = known.get_indexer(
            pd.MultiIndex.from_frame(exchanges[keys])
        )
        orphan = of_dataset < 0
        if orphan.any():
            refuse("F007", exchanges[orphan])
        emission = exchanges["kind"] == "emission"
        taking = np.bincount(of_dataset, minlength=len(datasets)) > 0
        for code, table, bad in (
            ("F012", datasets, datasets["gsd2"] < 1),
            ("F014", datasets, ~datasets["pedigree"].str.fullmatch("[1-5](;[1-5]){4}")),
            ("F002", exchanges, ~exchanges["kind"].isin(["emission", "input"])),
            ("F006", exchanges, emission & ~exchanges["flow"].isin(self.characterization["flow"])),
            ("F002", exchanges, ~np.isfinite(exchanges["amount"])),
            ("F002", datasets, ~np.isfinite(datasets["production"])),
            ("F005", exchanges, emission & (exchanges["unit"] != "kg")),
            ("F015", exchanges, emission & (exchanges["amount"] < 0)),
            ("F016", datasets, ~taking),
            ("F005", datasets, datasets.groupby("activity")["unit"].transform("nunique") > 1),
        ):
            if bad.any():
                refuse(code, table[bad])
        return of_dataset


def editions(root: Path | None = None) -> list[str]:
    """Names of the editions that ship with the program.

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
    """Read an edition and verify that nobody has edited a table of it.

    ``name``: one of :func:`editions`; ``extra``: a user's own factor packages; they are preferred
    to the edition's; ``root``: folder that holds ``editions`` and the packages. Raises F010 if
    there is no such edition; F001 to F009 if a package is refused.

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
    added = [read_package(Path(folder)) for folder in extra]
    shipped = [
        read_package(root / entry["name"] / entry["version"], expected=entry["sha256"])
        for entry in lock["packages"]
    ]
    digest = hashlib.sha256(content)
    for package in added:
        digest.update(package.digest.encode())
    label = "+".join([lock["edition"], *(package.id for package in added)])
    known = _KNOWN.get((label, digest.hexdigest()))
    if known is None:
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.pop(next(iter(_KNOWN)))
        known = _KNOWN[label, digest.hexdigest()] = Edition(
            label,
            digest.hexdigest(),
            int(lock["year"]),
            (*added, *shipped),
            len(added),
            str(lock.get("home", "")),
        )
    return known
