"""Reads blocks of exchanges of many SKUs, gives one tall table [unit of the activity]."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Floats
from carbon.base.terms import STAGES
from carbon.catalogue.schema import Catalogue
from carbon.catalogue.tables import spread

__all__ = ["Exchanges", "Inventory", "Quantities", "chosen", "collect", "inbound", "repeated"]

Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Exchanges:
    """Exchanges of one kind, taken by many SKUs.

    Parameters
    ----------
    row : ndarray of int32, shape (m,)
        Row of the SKU in the catalogue, ascending.
    activity, location : pandas.Categorical, shape (m,)
        What is taken, and where.
    amount : ndarray of float64, shape (m,)
        How much per kept unit, in the unit of the activity.
    """

    row: Integers
    activity: pd.Categorical[Any]
    location: pd.Categorical[Any]
    amount: Floats

    def scaled(self, factor: Floats) -> Exchanges:
        """The same exchanges, each times the ``factor`` of its SKU, of shape (n,) [1]."""
        return Exchanges(self.row, self.activity, self.location, self.amount * factor[self.row])

    def where(self, taken: npt.NDArray[np.bool_]) -> Exchanges:
        """Those of the exchanges that are ``taken``, an array of bool of shape (m,)."""
        if taken.all():
            return self
        at = np.flatnonzero(taken)
        return Exchanges(
            self.row[at], chosen(self.activity, at), chosen(self.location, at), self.amount[at]
        )

    def present(self) -> Exchanges:
        """Exchanges of which there is any."""
        return self.where((self.activity.codes >= 0) & (self.amount != 0))

    def joined(self, other: Exchanges) -> Exchanges | None:
        """Both as one, if they take the very same of the same SKUs."""
        same = (
            self.row is other.row
            and self.activity is other.activity
            and self.location is other.location
        )
        return replace(self, amount=self.amount + other.amount) if same else None


@dataclass(frozen=True)
class Quantities:
    """What several stages need to know of a filled catalogue.

    Parameters
    ----------
    catalogue : Catalogue
        As :func:`carbon.catalogue.defaults.fill` leaves it.
    """

    catalogue: Catalogue
    _made: dict[Any, list[Exchanges]] = field(default_factory=dict, repr=False)

    def all(self, take: Callable[[Quantities], Iterable[Exchanges]]) -> list[Exchanges]:
        """What a function as :func:`carbon.stages.materials.take` takes, found once for all."""
        if take not in self._made:
            self._made[take] = [block.where(block.activity.codes >= 0) for block in take(self)]
        return self._made[take]

    def of(self, column: str) -> Floats:
        """A number column of the SKUs, shape (n,)."""
        return self.catalogue.skus[column].to_numpy(dtype=np.float64)

    @cached_property
    def returns_per_kept(self) -> Floats:
        """ρ = r/(1−r), returned dispatches per kept unit [1]."""
        rate = self.of("return_rate")
        return rate / (1 - rate)

    @cached_property
    def packed(self) -> Floats:
        """Mass of each line of packaging that one unit takes, shape (lines,) [kg]."""
        lines = self.catalogue.packaging
        return np.asarray(lines["mass_kg"].to_numpy() * lines["share"].to_numpy())

    @cached_property
    def scaled(self) -> Floats:
        """What a supplier's own footprint makes of the making, by SKU [1]; 1 without."""
        skus = self.catalogue.skus
        return self.of("supplier_scale") if "supplier_scale" in skus else np.ones(len(skus))

    @cached_property
    def supplied(self) -> Floats:
        """The same for what is counted by its mass [1]; 0 where the price is counted instead."""
        if "spent" not in self.catalogue.skus:
            return self.scaled
        return np.where(self.of("spent") > 0, 0.0, self.scaled)

    @cached_property
    def packaging_mass(self) -> Floats:
        """P, packaging carried with one unit [kg]."""
        row, n = self.catalogue.packaging["row"].to_numpy(), len(self.catalogue.skus)
        return np.bincount(row, self.packed, n).astype(np.float64, copy=False)

    @cached_property
    def shipped(self) -> Floats:
        """(m+P)/1000, what one unit weighs on the road [t]."""
        return (self.of("mass_kg") + self.packaging_mass) / 1000

    @cached_property
    def country(self) -> pd.Categorical[Any]:
        """Country of the place of dispatch, shape (n,)."""
        return countries(self.origin)

    @property
    def made_in(self) -> pd.Categorical[Any]:
        """Place of production, shape (n,); that of dispatch where a catalogue has no other."""
        known = "made_in" in self.catalogue.skus
        return self.column(self.catalogue.skus, "made_in" if known else "origin")

    @cached_property
    def made_in_country(self) -> pd.Categorical[Any]:
        """Country of the place of production, shape (n,)."""
        return countries(self.made_in)

    @cached_property
    def material_country(self) -> pd.Categorical[Any]:
        """Country in which each line of materials is made, shape (lines,)."""
        lines = self.catalogue.materials
        if "made_in" not in lines:
            return self.at(self.made_in_country, lines["row"].to_numpy())
        return countries(self.column(lines, "made_in"))

    @cached_property
    def works_disposal(self) -> tuple[Integers, pd.Categorical[Any], pd.Categorical[Any]]:
        """SKU, route and country of what each line of materials throws away where it is made."""
        lines = self.catalogue.materials
        row = lines["row"].to_numpy()
        return row, self.column(lines, "disposal"), self.at(self.made_in_country, row)

    def column(self, table: pd.DataFrame, name: str) -> pd.Categorical[Any]:
        """A column of codes of a line table."""
        values = table[name].array
        return values if isinstance(values, pd.Categorical) else pd.Categorical(values)

    def at(self, places: pd.Categorical, row: Integers) -> pd.Categorical[Any]:
        """The place of each exchange, from the places of the SKUs."""
        return chosen(places, row)

    @property
    def origin(self) -> pd.Categorical[Any]:
        """Place of dispatch, shape (n,)."""
        return self.column(self.catalogue.skus, "origin")

    def everywhere(self, activity: str, location: pd.Categorical, amount: Floats) -> Exchanges:
        """One activity taken by every SKU that takes any of it.

        Parameters
        ----------
        activity : str
            Its name.
        location : pandas.Categorical, shape (n,)
            The place of each SKU.
        amount : ndarray of float64, shape (n,)
            Amount per kept unit.
        """
        row = np.flatnonzero(amount != 0)
        return Exchanges(row, repeated(activity, len(row)), self.at(location, row), amount[row])

    @property
    def judged(self) -> bool:
        """Whether the catalogue was completed by the rules of an edition that judges products."""
        return "functional_quantity" in self.catalogue.skus

    def to_destinations(
        self, row: Integers, activity: pd.Categorical, amount: Floats, *, national: bool = False
    ) -> Exchanges:
        """Exchanges shared over the destinations of each SKU.

        Parameters
        ----------
        row : ndarray of int, shape (m,)
            SKU of each exchange.
        activity : pandas.Categorical, shape (m,)
            What is taken.
        amount : ndarray of float64, shape (m,)
            How much, over all destinations.
        national : bool
            In the countries of the destinations, whatever their provinces.
        """
        lines = self.catalogue.destinations
        at, share = lines["row"].to_numpy(), lines["share"].to_numpy()
        location = self.column(lines, "location")
        if national:
            location = countries(location)
        n = len(self.catalogue.skus)
        count = np.bincount(at, minlength=n)
        first = np.cumsum(count) - count
        entry, line = spread(np.arange(len(row)), row, first, count)
        return Exchanges(
            row[entry],
            chosen(activity, entry),
            chosen(location, line),
            amount[entry] * share[line],
        )


@dataclass(frozen=True)
class Inventory:
    """Foreground exchanges of a catalogue as columns of length m.

    Parameters
    ----------
    sku : ndarray of int32
        Row of the SKU in the catalogue.
    stage : ndarray of int8
        Position in :data:`carbon.base.terms.STAGES`.
    activity, location : ndarray of int16
        Positions in ``activities`` and ``locations``.
    amount : ndarray of float64
        Amount per kept unit, in the unit of the activity.
    activities, locations : tuple of str
        Names that the codes refer to.
    n : int
        Number of SKUs.

    Examples
    --------
    >>> from carbon import Inventory, Study
    >>> from carbon.stages import take
    >>> study = Study()
    >>> goods = study.catalogue({"sku": "A", "category": "t_shirt"})
    >>> isinstance(take(goods, study.boundary), Inventory)
    True
    """

    sku: npt.NDArray[np.int32]
    stage: npt.NDArray[np.int8]
    activity: npt.NDArray[np.int16]
    location: npt.NDArray[np.int16]
    amount: Floats
    activities: tuple[str, ...]
    locations: tuple[str, ...]
    n: int

    def __repr__(self) -> str:
        return f"Inventory({len(self.sku):,} exchanges, {self.n:,} SKUs)"

    @cached_property
    def demands(self) -> tuple[npt.NDArray[np.int32], list[tuple[str, str]]]:
        """Demand of each exchange, and the different demands: an activity, and where."""
        width = len(self.locations)
        pair = self.activity.astype(np.intp) * width + self.location
        seen = np.zeros(len(self.activities) * width, dtype=bool)
        seen[pair] = True
        used = np.flatnonzero(seen)
        place = np.zeros(len(seen), np.int32)
        place[used] = np.arange(len(used))
        names = [(self.activities[at // width], self.locations[at % width]) for at in used.tolist()]
        return place[pair], names

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """Positions of the exchanges by SKU and stage."""
        return np.lexsort((self.stage, self.sku))

    def to_frame(self, skus: pd.Series) -> pd.DataFrame:
        """The inventory as a table.

        Parameters
        ----------
        skus : pandas.Series, shape (n,)
            Identifiers of the SKUs.

        Returns
        -------
        pandas.DataFrame
            Columns ``sku stage activity location amount``, in the order of SKU and stage.
        """
        order = self.order
        return pd.DataFrame(
            {
                "sku": skus.to_numpy()[self.sku[order]],
                "stage": pd.Categorical.from_codes(self.stage[order], categories=pd.Index(STAGES)),
                "activity": pd.Categorical.from_codes(
                    self.activity[order], categories=pd.Index(self.activities)
                ),
                "location": pd.Categorical.from_codes(
                    self.location[order], categories=pd.Index(self.locations)
                ),
                "amount": self.amount[order],
            }
        )


def countries(places: pd.Categorical[Any]) -> pd.Categorical[Any]:
    """Country of each place.

    Examples
    --------
    >>> list(countries(pd.Categorical(["CN-ZJ", "FR", "CN"])))
    ['CN', 'FR', 'CN']
    """
    names = [str(place).partition("-")[0] for place in places.categories.tolist()]
    known = {name: code for code, name in enumerate(sorted(set(names)))}
    code = np.array([known[name] for name in names] or [0], dtype=np.int16)
    codes = np.where(places.codes >= 0, code[places.codes], -1)
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(known)), validate=False)


def inbound(
    row: Integers, country: pd.Categorical[Any], mass: Floats, lines: pd.DataFrame
) -> Iterator[Exchanges]:
    """Freight of goods or materials from where they are made [tkm], by road and by sea.

    Parameters
    ----------
    row : ndarray of int, shape (m,)
        Row of the SKU of each line.
    country : pandas.Categorical, shape (m,)
        Where it comes from.
    mass : ndarray of float64, shape (m,)
        What is carried [kg].
    lines : pandas.DataFrame
        With ``inbound_road_km`` and ``inbound_sea_km``, m rows.
    """
    for activity, way in (("freight, lorry", "road"), ("freight, ship, container", "sea")):
        km = lines.get(f"inbound_{way}_km", pd.Series(0.0, lines.index)).to_numpy()
        at = np.flatnonzero(km > 0)
        tkm = mass[at] / 1000 * km[at]
        yield Exchanges(row[at], repeated(activity, len(at)), chosen(country, at), tkm)


def repeated(name: str, count: int) -> pd.Categorical[Any]:
    """One name, repeated.

    Examples
    --------
    >>> list(repeated("freight, lorry", 2))
    ['freight, lorry', 'freight, lorry']
    """
    return pd.Categorical.from_codes(np.zeros(count, dtype=np.int8), categories=pd.Index([name]))


def chosen(column: pd.Categorical, at: Integers) -> pd.Categorical[Any]:
    """Entries of a column of codes.

    Parameters
    ----------
    column : pandas.Categorical, shape (m,)
    at : ndarray of int
        Positions.

    Examples
    --------
    >>> list(chosen(pd.Categorical(["a", "b"]), np.array([1, 1])))
    ['b', 'b']
    """
    return pd.Categorical.from_codes(column.codes[at], dtype=column.dtype, validate=False)


def collect(blocks: Iterable[tuple[int, Exchanges]], catalogue: Catalogue) -> Inventory:
    """Join the exchanges of all stages; SKUs that failed take nothing.

    Parameters
    ----------
    blocks : iterable of (int, Exchanges)
        Position of the stage, and exchanges of it, all of them present.
    catalogue : Catalogue
        The SKUs.
    """
    failed = catalogue.skus["failed"].to_numpy(dtype=bool)
    activities: dict[str, int] = {}
    locations: dict[str, int] = {}
    rows, positions, names, places, amounts = [], [], [], [], []
    known: dict[int, tuple[Any, Any]] = {}
    for stage, block in blocks:
        if failed.any():
            block = block.where(~failed[block.row])
        rows.append(block.row.astype(np.int32, copy=False))
        positions.append(np.full(len(block.row), stage, dtype=np.int8))
        names.append(_codes(block.activity, activities, known))
        places.append(_codes(block.location, locations, known))
        amounts.append(block.amount)
    codes = np.concatenate(rows), np.concatenate(positions), np.concatenate(names)
    return Inventory(
        *codes,
        np.concatenate(places),
        np.concatenate(amounts),
        tuple(activities),
        tuple(locations),
        len(catalogue.skus),
    )


def _codes(
    column: pd.Categorical, names: dict[str, int], known: dict[int, tuple[Any, Any]]
) -> npt.NDArray[np.int16]:
    """Codes of a column by one list of names; columns and categories that came before are known."""
    if id(column) in known:  # those of a stage come again with its returns
        return np.asarray(known[id(column)][1], np.int16)
    categories = column.categories
    if id(categories) not in known:
        code = [names.setdefault(str(name), len(names)) for name in categories.tolist()]
        known[id(categories)] = (categories, code)  # held, so that no other takes its id
    code = known[id(categories)][1]
    unknown = names.setdefault("", len(names)) if (column.codes < 0).any() else -1
    codes: npt.NDArray[np.int16] = np.array([*code, unknown], dtype=np.int16)[column.codes]
    known[id(column)] = (column, codes)
    return codes
