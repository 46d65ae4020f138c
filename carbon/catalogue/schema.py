"""Reads nothing, gives what a catalogue is: its columns, tables, vocabulary and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carbon.base import units
from carbon.base.arguments import checked
from carbon.base.errors import StudyError
from carbon.base.shown import as_json, html_table
from carbon.catalogue.columns import (
    COLUMNS,
    FUELS,
    LINE_COLUMNS,
    LINE_TABLES,
    LINES,
    PARAMETER_KINDS,
    PARAMETER_NAMES,
    PROVENANCE_COLUMNS,
    SHEETS,
    Column,
)
from carbon.catalogue.documents import no_evidence
from carbon.catalogue.limits import BatchContext, Limits
from carbon.catalogue.names import Names, key, written

__all__ = [
    "COLUMNS",
    "FUELS",
    "LINES",
    "LINE_COLUMNS",
    "LINE_TABLES",
    "PROVENANCE_COLUMNS",
    "SHEETS",
    "BatchContext",
    "Catalogue",
    "Column",
    "Limits",
    "Vocabulary",
]


_TABLES = {
    "regions": "location parent lat lon",
    "materials": "material virgin recycled processing disposal manufacturing_loss disposed_share",
    "packaging_items": "item material level mass_g recycled_share trips return_haul_km washing",
    "modes": "mode activity basis beyond_km activity_beyond distance_factor distance_offset_km",
    "words": "kind alias id lang",
    "categories": "category name name_zh cold",
    "parameters": "category parameter value unit",
    "archetype_materials": "category material share recycled_share",
    "archetype_packaging": "category item mass_g trips",
    "archetype_chains": "category chain share position mode km",
    "landmasses": "location landmass",
    "densities": "category density",
}
"""Table of a vocabulary → the columns the catalogue needs."""
_EMPTY = {name: pd.DataFrame(columns=columns.split()) for name, columns in _TABLES.items()}


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Tables by which a catalogue is understood and completed, as the edition holds them.

    Parameters
    ----------
    regions, materials, packaging_items, modes, words : pandas.DataFrame
        The tables of the package ``carbon-vocabulary``.
    categories, parameters : pandas.DataFrame
        ``categories.csv`` and ``parameters.csv`` of ``carbon-archetypes``.
    archetype_materials, archetype_packaging, archetype_chains : pandas.DataFrame
        ``materials.csv``, ``packaging.csv`` and ``chains.csv`` of ``carbon-archetypes``.
    landmasses, densities : pandas.DataFrame
        Land that roads join, by place, and kg a litre by category; empty in the first edition.
    preset : str
        Program whose export a catalogue is (:mod:`carbon.catalogue.presets`); recognised by its
        headers without, ``none`` for none.

    Examples
    --------
    >>> from carbon import Study
    >>> "t_shirt" in Study().vocabulary.categories["category"].tolist()
    True
    """

    regions: pd.DataFrame
    materials: pd.DataFrame
    packaging_items: pd.DataFrame
    modes: pd.DataFrame
    words: pd.DataFrame
    categories: pd.DataFrame
    parameters: pd.DataFrame
    archetype_materials: pd.DataFrame
    archetype_packaging: pd.DataFrame
    archetype_chains: pd.DataFrame
    landmasses: pd.DataFrame = field(default_factory=_EMPTY["landmasses"].copy)
    densities: pd.DataFrame = field(default_factory=_EMPTY["densities"].copy)
    preset: str = ""
    _names: dict[str, Names] = field(default_factory=dict, init=False, repr=False)
    _asks: dict[str, dict[str, tuple[str, ...]]] = field(
        default_factory=dict, init=False, repr=False
    )

    def __repr__(self) -> str:
        return f"Vocabulary({len(self.categories)} categories, {len(self.materials)} materials)"

    @classmethod
    def of(cls, **tables: pd.DataFrame) -> Vocabulary:
        """Vocabulary of some tables; the others are empty.

        Parameters
        ----------
        **tables : pandas.DataFrame

        Examples
        --------
        >>> Vocabulary.of(categories=pd.DataFrame({"category": ["bag"]})).names("category").ids
        ['bag']
        """
        return cls(**(_EMPTY | tables))  # type: ignore[arg-type]  # no table is the preset

    def names(self, kind: str) -> Names:
        """Find ids by any of their names.

        Parameters
        ----------
        kind : str
            ``material``, ``item``, ``mode``, ``category``, ``region`` or ``fuel``.

        Returns
        -------
        Names
            Its ids stand in the order of the table.
        """
        if kind not in self._names:
            table, column = {
                "material": (self.materials, "material"),
                "item": (self.packaging_items, "item"),
                "mode": (self.modes, "mode"),
                "category": (self.categories, "category"),
                "region": (self.regions, "location"),
                "fuel": (self._fuels(), "fuel"),
            }[kind]
            ids = table[column].astype(str).tolist()
            words = self.words_of(kind)
            folded = {item: key(item) for item in {*ids, *words.values()}}
            aliases = {folded[item]: item for item in ids}
            for spoken in filter(table.__contains__, ("name", "name_zh")):
                for name, item in zip(table[spoken].tolist(), ids, strict=True):
                    if isinstance(name, str) and name:
                        aliases.setdefault(key(name), item)
            named = set(aliases)
            for alias, item in words.items():
                aliases.setdefault(key(alias), aliases.get(folded[item], item))
            doubtful = {*self.asks(kind), *map(key, self.words_of(f"vague.{kind}"))}
            # what a thing is named by is no doubt; but places of one name lie apart
            plain = {folded[item] for item in ids} if kind == "region" else named
            for alias in doubtful - plain:
                aliases.pop(alias, None)
            aliases |= {key(alias): item for alias, item in self.words_of(f"map.{kind}").items()}
            self._names[kind] = Names(ids, aliases)
        return self._names[kind]

    def asks(self, kind: str) -> dict[str, tuple[str, ...]]:
        """Folded words of several meanings, and the ids that each may mean.

        Parameters
        ----------
        kind : str
            As for :meth:`names`.
        """
        if kind not in self._asks:
            words = self.words_of(f"ask.{kind}").items()
            stated = {key(alias) for alias in self.words_of(f"map.{kind}")}
            asked = {key(alias): tuple(ids.split()) for alias, ids in words}
            self._asks[kind] = {word: ids for word, ids in asked.items() if word not in stated}
        return self._asks[kind]

    def _fuels(self) -> pd.DataFrame:
        """Activities that give heat, those of the words and the three every edition has."""
        named = self.words_of("fuel").values()
        ids = [*FUELS, *(name if name.startswith("heat, ") else f"heat, {name}" for name in named)]
        frame = pd.DataFrame({"fuel": list(dict.fromkeys(ids))})
        return frame.assign(name=frame["fuel"].str.removeprefix("heat, "))

    def words_of(self, kind: str) -> dict[str, str]:
        """Aliases of a kind, in lower case, and their ids."""
        return self._by_kind.get(kind, {})

    @cached_property
    def _by_kind(self) -> dict[str, dict[str, str]]:
        """Aliases and ids of every kind; batch after batch needs them."""
        by_kind: dict[str, dict[str, str]] = {}
        # lists: going through Arrow's strings one by one takes ten times as long
        columns = (self.words[name].astype(str).tolist() for name in ("kind", "alias", "id"))
        for kind, alias, item in zip(*columns, strict=True):
            by_kind.setdefault(kind, {})[alias] = item
        return by_kind

    @cached_property
    def parameter_table(self) -> pd.DataFrame:
        """Parameters in base units: a row a category, in the order of the categories."""
        table = self.parameters
        values = pd.to_numeric(table["value"]).to_numpy(dtype=np.float64, copy=True)
        keys = zip(table["parameter"].astype(str), table["unit"].astype(str), strict=True)
        for position, (name, unit) in enumerate(keys):
            if name in PARAMETER_KINDS:
                scale = units.scale(unit, PARAMETER_KINDS[name])
                values[position] = scale(values[position : position + 1])[0]
        # pivot, not pivot_table: a parameter that stands twice is an error, not a mean
        wide = table.assign(value=values).pivot(  # noqa: PD010
            index="category", columns="parameter", values="value"
        )
        wide = wide.reindex(self.categories["category"].astype(str))
        return wide.reindex(columns=wide.columns.union(list(PARAMETER_NAMES)))

    @cached_property
    def within_materials(self) -> NDArray[np.int32] | None:
        """Material that a material means within a category, shape (categories + 1, materials + 1).

        Rubber of a shoe is a sole. The last row and column are those of an unknown name; None if
        the words of the kind ``within.material`` name none.
        """
        categories, materials = self.names("category"), self.names("material")
        table = np.tile(
            np.append(np.arange(len(materials)), -1).astype(np.int32), (len(categories) + 1, 1)
        )
        changed = False
        for alias, item in self.words_of("within.material").items():
            category, _, word = alias.partition(" ")
            row, column, meant = categories.code(category), *map(materials.code, (word, item))
            if min(row, column, meant) >= 0:
                table[row, column], changed = meant, True
        return table if changed else None

    @cached_property
    def unit_words(self) -> dict[str, str]:
        """Aliases of units."""
        stated = {alias.lower(): unit for alias, unit in self.words_of("map.unit").items()}
        return self.words_of("unit") | stated


def _no_steps() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": np.empty(0, np.int32),
            "activity": pd.Categorical([], categories=pd.Index([], dtype="str")),
            "mass_kg": np.empty(0),
        }
    )


_BELOW: Final = (*LINES, "steps", "evidence")
"""Tables whose ``row`` is the position of a SKU."""


@checked()
@dataclass(frozen=True)
class Catalogue:
    """SKUs as columns in base units, and the lines under them.

    ``read`` gives what the merchant wrote (missing cells are NaN); ``fill`` completes it.

    Parameters
    ----------
    skus : pandas.DataFrame
        One row a SKU, in the order of the file: the ``output`` columns of :data:`COLUMNS`, ``line``
        (row of the file as a spreadsheet counts it), ``failed`` (an error: it is never computed)
        and ``problem`` (codes of its errors and warnings).
    materials, packaging, legs, destinations : pandas.DataFrame
        Lines sorted by ``row``, the position of their SKU in ``skus``.
    provenance : pandas.DataFrame
        Where each cell comes from: codes of :data:`carbon.base.terms.PROVENANCES`, a column for
        each of :data:`PROVENANCE_COLUMNS`.
    problems : pandas.DataFrame
        Columns :data:`carbon.base.errors.PROBLEM_COLUMNS`.
    headers : pandas.DataFrame
        ``file, source, column, unit, note``: how each header was understood.
    file : str
        Name of the file.
    sessions : pandas.DataFrame
        What is known of each live session, a row a session; see
        :func:`carbon.catalogue.sessions.gathered`.
    steps : pandas.DataFrame
        Processing steps that no meter covers, of SKUs whose meters cover some: ``row``,
        ``activity`` and ``mass_kg``, what a step gives out for one unit.
    evidence : pandas.DataFrame
        Documents behind cells: ``row``, ``column`` (one of :data:`PROVENANCE_COLUMNS`), ``level``
        (position in :data:`carbon.footprint.evidence.EVIDENCE`), ``document``, ``sha256``,
        ``date``.

    Examples
    --------
    >>> from carbon import Study
    >>> Study().catalogue({"sku": "A", "category": "t_shirt", "mass": "2 ton"})
    Catalogue(1 SKU, 1 left out, 1 problem)
    """

    skus: pd.DataFrame
    materials: pd.DataFrame
    packaging: pd.DataFrame
    legs: pd.DataFrame
    destinations: pd.DataFrame
    provenance: pd.DataFrame
    problems: pd.DataFrame
    headers: pd.DataFrame
    file: str = ""
    sessions: pd.DataFrame = field(default_factory=pd.DataFrame)
    steps: pd.DataFrame = field(default_factory=_no_steps)
    evidence: pd.DataFrame = field(default_factory=no_evidence)

    def __len__(self) -> int:
        return len(self.skus)

    def __repr__(self) -> str:
        skus = "SKU" if len(self) == 1 else "SKUs"
        left_out = int(self.skus["failed"].sum()) if "failed" in self.skus else 0
        problems = "problem" if (count := len(self.problems)) == 1 else "problems"
        return f"Catalogue({len(self):,} {skus}, {left_out:,} left out, {count:,} {problems})"

    def _repr_html_(self) -> str:
        """First SKUs and problems, for a notebook."""
        return f"<p>{self!r}</p>" + html_table(self.skus) + html_table(self.problems)

    def to_json(self) -> str:
        """SKUs, lines and problems as one document of JSON, gaps as null."""
        names = ("skus", "materials", "packaging", "legs", "destinations", "problems")
        return as_json({name: getattr(self, name) for name in names})

    def part(self, start: int, stop: int) -> Catalogue:
        """Consecutive SKUs with their lines.

        Parameters
        ----------
        start, stop : int
            Positions in ``skus``, as for a slice.

        Returns
        -------
        Catalogue
            Its problems and headers are those of the whole.
        """

        def lines(table: pd.DataFrame) -> pd.DataFrame:
            first, last = np.searchsorted(table["row"].to_numpy(), (start, stop))
            cut = table.iloc[first:last]
            return cut.assign(row=cut["row"].to_numpy() - np.int32(start))

        below: dict[str, Any] = {name: lines(getattr(self, name)) for name in _BELOW}
        return replace(
            self,
            skus=self.skus.iloc[start:stop].reset_index(drop=True),
            provenance=self.provenance.iloc[start:stop].reset_index(drop=True),
            **below,
        )

    def select(self, skus: Sequence[str]) -> Catalogue:
        """Take some SKUs with their lines and problems, in the order asked for.

        Parameters
        ----------
        skus : sequence of str
            Their identifiers; of a repeated one the first row is meant.

        Returns
        -------
        Catalogue

        Raises
        ------
        carbon.base.errors.StudyError
            S003 if one is not in the catalogue.
        """
        position = {sku: at for at, sku in reversed(list(enumerate(self.skus["sku"])))}
        skus = [str(sku) for sku in skus]
        folded = {written(sku): sku for sku in position} if set(skus) - set(position) else {}
        skus = [sku if sku in position else folded.get(written(sku), sku) for sku in skus]
        if unknown := [sku for sku in skus if sku not in position]:
            raise StudyError("S003", file=self.file, value=unknown[0])
        return self.rows(np.array([position[sku] for sku in skus], dtype=np.int64))

    def rows(self, rows: NDArray[np.int64]) -> Catalogue:
        """Take SKUs by their positions, with their lines and problems, in the order asked for.

        Parameters
        ----------
        rows : numpy.ndarray
            Positions in ``skus``.

        Returns
        -------
        Catalogue
        """

        def lines(table: pd.DataFrame) -> pd.DataFrame:
            at = table["row"].to_numpy()
            first = np.searchsorted(at, rows, side="left")
            count = np.searchsorted(at, rows, side="right") - first
            new = np.repeat(np.arange(len(rows), dtype=np.int32), count)
            start = np.repeat(first - (np.cumsum(count) - count), count)
            cut = table.iloc[start + np.arange(len(new))].reset_index(drop=True)
            return cut.assign(row=new)

        skus = self.skus.iloc[rows].reset_index(drop=True)
        below: dict[str, Any] = {name: lines(getattr(self, name)) for name in _BELOW}
        return replace(
            self,
            skus=skus,
            provenance=self.provenance.iloc[rows].reset_index(drop=True),
            problems=self.problems[self.problems["sku"].isin(skus["sku"])].reset_index(drop=True),
            **below,
        )
