"""Reads a filled catalogue, gives what it takes, and the formulas by which stages add it up.

What a SKU takes falls into some twenty groups, each per unit made, per dispatch or per return;
:func:`combine` is the one place that says how often a stage counts each group. :func:`take` has it
scale exchanges at the rates as stated. A draw changes a mass, a distance or a rate, never the list
of what is taken: there the groups are weighed once (:func:`grouped`) and combined for any rates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from carbon.base.terms import BOUNDARIES, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.stages import (
    distribution,
    end_of_life,
    live_session,
    materials,
    packaging,
    production,
    returns,
    use,
)
from carbon.stages.inventory import Exchanges, Inventory, Quantities, collect

__all__ = [
    "DIVISORS",
    "DRAWN",
    "GROUPS",
    "ODDS",
    "PARAMETERS",
    "RATES",
    "combine",
    "grouped",
    "odds",
    "rates",
    "shipped_shares",
    "take",
]

GROUPS: Final = (
    "material",
    "material lost",
    "processing",
    "electricity",
    "heat",
    "spend",
    "waste",
    "discard",
    "discard returned",
    "unit packaging",
    "parcel packaging",
    "unit packaging thrown",
    "parcel packaging thrown",
    "arrival",
    "freight",
    "hub",
    "door",
    "pickup",
    "freight back",
    "hub back",
    "door back",
    "pickup back",
    "inspection",
    "studio",
    "stream",
    "use",
    "product thrown",
)
"""What is scaled together; the position is the code of a group."""

PARAMETERS: Final = (
    "mass",
    "materials",
    "manufacturing_loss",
    "electricity",
    "heat",
    "packaging",
    "units_per_parcel",
    "transport",
    "return_transport",
    "pickup_km",
    "session_kwh",
    "viewer_hours",
    "energy_per_year",
    "service_life",
)
"""Factors on what the catalogue says; 1 is what it says."""

RATES: Final = ("return_rate", "resale_share", "loss_rate", "packaging_reuse")
"""Shares that take the place of what the catalogue says."""

DRAWN: Final = (*(name for name in PARAMETERS if name != "pickup_km"), *RATES, "pickup_km")
"""Both in the order in which they came: one that is added stands last and moves no other draw."""

ODDS: Final = ("return_rate", "loss_rate")
"""Rates that come to :func:`combine` as r/(1-r), units returned (lost) per unit kept."""

DIVISORS: Final = ("units_per_parcel",)
"""Parameters that divide, so that it is their inverse of which the mean counts."""

_TAKEN: Final[dict[str, tuple[str, Callable[[Quantities], Iterable[Exchanges]]]]] = {
    "material": ("materials", materials.take),
    "processing": ("production", production.processing),
    "electricity": ("production", production.electricity),
    "heat": ("production", production.heat),
    "spend": ("production", production.spend),
    "waste": ("production", production.waste),
    "discard": ("production", production.unsold),
    "discard returned": ("production", end_of_life.returned),
    "unit packaging": ("packaging", packaging.take),
    "unit packaging thrown": ("packaging", packaging.disposal),
    "arrival": ("distribution", distribution.arrival),
    "freight": ("distribution", distribution.dispatch),
    "pickup": ("distribution", distribution.fetching),
    "freight back": ("distribution", distribution.back),
    "pickup back": ("distribution", distribution.bringing),
    "inspection": ("distribution", returns.inspection),
    "studio": ("live_session", live_session.studio),
    "stream": ("live_session", live_session.stream),
    "use": ("use", use.take),
    "product thrown": ("end_of_life", end_of_life.thrown),
}
"""Group → the stage without which none needs it, and what it takes. Where no factor is drawn, what
is lost in making is part of the material, and all packaging and legs are one."""

_BASES: Final = (("tkm", "freight"), ("t", "hub"), ("parcel", "door"))
"""Basis of a leg → its group."""

Array = Any
"""A scalar, or an array of float over SKUs, or over SKUs and draws."""


@dataclass(frozen=True)
class _Terms:
    """A sum of groups, each times a factor: what :func:`combine` makes of exchanges."""

    terms: tuple[tuple[str, Array], ...]

    __array_ufunc__ = None
    """An array leaves the product to the terms."""

    def __add__(self, other: Any) -> _Terms:
        # a stage that takes nothing is 0
        return _Terms(self.terms + other.terms) if isinstance(other, _Terms) else self

    def __mul__(self, factor: Array) -> _Terms:
        return _Terms(tuple((name, before * factor) for name, before in self.terms))

    __radd__, __rmul__ = __add__, __mul__

    def exchanges(self, of: Quantities) -> Iterator[Exchanges]:
        """What the groups take; of the same of the same SKUs once."""
        last: Exchanges | None = None
        for name, factor in sorted(self.terms, key=lambda term: GROUPS.index(term[0])):
            for block in of.all(_TAKEN[name][1]):
                scaled = block.scaled(factor) if np.ndim(factor) else block
                both = None if last is None else last.joined(scaled)
                if last is not None and both is None:
                    yield last
                last = scaled if both is None else both
        if last is not None:
            yield last


def odds(rate: Any) -> Any:
    """r/(1-r): units returned (or lost) per unit kept [1].

    Examples
    --------
    >>> float(odds(0.5))
    1.0
    """
    return rate / (1 - rate)


def rates(catalogue: Catalogue) -> dict[str, npt.NDArray[np.float64]]:
    """Rates as stated, shape (n,) each; odds for those of :data:`ODDS` [1]."""
    stated = {name: catalogue.skus[name].to_numpy(dtype=np.float64) for name in RATES}
    return {name: odds(value) if name in ODDS else value for name, value in stated.items()}


def take(catalogue: Catalogue, boundary: str, only: Collection[str] = STAGES) -> Inventory:
    """Everything that one kept unit of each SKU takes inside a boundary.

    Parameters
    ----------
    catalogue : Catalogue
        As :func:`carbon.catalogue.defaults.fill` leaves it.
    boundary : str
        A key of :data:`carbon.base.terms.BOUNDARIES`.
    only : collection of str
        Stages that are wanted.

    Returns
    -------
    Inventory
    """
    of, inside = Quantities(catalogue), BOUNDARIES[boundary]
    group = {name: _Terms(((name, 1),)) for name, (stage, _) in _TAKEN.items() if stage in inside}
    stages = combine(group, rates(catalogue), (1, 0, 0), inside)

    def blocks() -> Iterator[tuple[int, Exchanges]]:
        for position, name in enumerate(STAGES):
            if name in only and isinstance(stages[name], _Terms):
                for block in stages[name].exchanges(of):
                    yield position, block.present()

    return collect(blocks(), catalogue)


def grouped(catalogue: Catalogue, boundary: str, parcel_level: npt.NDArray[np.bool_]) -> Inventory:
    """Exchanges of each group: per unit made, per dispatch or per return.

    Parameters
    ----------
    catalogue : Catalogue
        As :func:`carbon.catalogue.defaults.fill` leaves it.
    boundary : str
        A key of :data:`carbon.base.terms.BOUNDARIES`.
    parcel_level : ndarray of bool
        By code of a packaging item: shared by the units of a parcel.

    Returns
    -------
    Inventory
        Its ``stage`` is a position in :data:`GROUPS`.
    """
    inside = BOUNDARIES[boundary]
    blocks = (
        (GROUPS.index(name), block.present())
        for name, taken in _split(catalogue, inside, parcel_level)
        for block in taken
    )
    return collect(blocks, catalogue)


def _split(
    catalogue: Catalogue, inside: tuple[str, ...], parcel_level: npt.NDArray[np.bool_]
) -> Iterator[tuple[str, Iterable[Exchanges]]]:
    """What each group takes, split as far as draws scale it differently."""
    of = Quantities(catalogue)
    yield "material", materials.kept(of)
    yield "material lost", materials.lost(of)
    pieces = catalogue.packaging
    parcel = parcel_level[pieces["item"].cat.codes.to_numpy()]
    parts = [
        (level, Quantities(replace(catalogue, packaging=pieces[where])))
        for level, where in (("unit", ~parcel), ("parcel", parcel))
    ]
    # the factors of freight and hubs see the weight of all packaging
    basis = catalogue.legs["basis"]
    legs = [
        (name, Quantities(replace(catalogue, legs=catalogue.legs[(basis == kind).to_numpy()])))
        for kind, name in _BASES
    ]
    for name, (stage, taken) in _TAKEN.items():
        if stage not in inside or name == "material":
            continue
        if name.startswith("unit packaging"):
            for level, part in parts:
                yield name.replace("unit", level, 1), taken(part)
        elif name.startswith("freight"):
            for other, part in legs:
                yield name.replace("freight", other, 1), taken(part)
        else:
            yield name, taken(of)


def shipped_shares(
    catalogue: Catalogue, parcel_level: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], ...]:
    """Shares of product, unit packaging and parcel packaging in what is shipped, each (n,)."""
    of = Quantities(catalogue)
    lines, carried = catalogue.packaging, of.packed
    parcel = parcel_level[lines["item"].cat.codes.to_numpy()]
    row, n = lines["row"].to_numpy(), len(catalogue)
    product = of.of("mass_kg")
    unit, shared = (
        np.bincount(row[where], carried[where], n).astype(np.float64) for where in (~parcel, parcel)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        shipped = product + unit + shared
        return product / shipped, unit / shipped, shared / shipped


def combine(
    group: Mapping[str, Array],
    of: Mapping[str, Array],
    shares: tuple[Array, Array, Array],
    inside: tuple[str, ...],
) -> dict[str, Array]:
    """Stages from groups, for any parameters and rates.

    Parameters
    ----------
    group : mapping of str to array
        Impact of each of :data:`GROUPS` as the catalogue states it; absent ones are 0.
    of : mapping of str to array
        Factors of :data:`PARAMETERS` (absent ones are 1), values of :data:`RATES` (of
        :data:`ODDS` their odds), and ``return_parcels``, a factor on the parcels in which a
        returned unit comes back (that of a dispatch, if absent).
    shares : tuple of array
        As :func:`shipped_shares`.
    inside : tuple of str
        Stages inside the boundary.

    Returns
    -------
    dict of str to array
        By stage, the absent ones are 0.

    Notes
    -----
    The formulas of the stages, with r the return rate, ρ = r/(1−r), s the resale share, λ the loss
    before sale, 1/(1−λ) = 1 + λ/(1−λ), and y the share of packaging used again; M, C, W, K, V and
    D are factors on mass, composition, manufacturing loss, packaging, parcels per unit and
    distance, and the shipped weight follows from M, K and V.

    Examples
    --------
    A tenth is lost before sale, half of the dispatches come back and none is sold again:

    >>> rates = dict(return_rate=1.0, resale_share=0.0, loss_rate=1 / 9, packaging_reuse=0.0)
    >>> stage = combine({"material": 0.9, "door": 0.2}, rates, (1, 0, 0), STAGES)
    >>> {name: round(float(value), 3) for name, value in stage.items() if np.any(value)}
    {'materials': 1.0, 'distribution': 0.2, 'returns': 1.2}
    """

    def get(name: str) -> Array:
        return group.get(name, 0.0)

    def factor(name: str) -> Array:
        return of.get(name, 1)

    mass, unsold = factor("mass"), of["loss_rate"]
    goods = mass * factor("materials")
    made = 1 + unsold
    wasted = factor("manufacturing_loss")
    stage: dict[str, Array] = dict.fromkeys(STAGES, 0.0)
    stage["materials"] = (get("material") + wasted * get("material lost")) * (goods * made)
    stage["production"] = (
        (get("processing") + wasted * get("waste")) * goods
        + factor("electricity") * get("electricity")
        + factor("heat") * get("heat")
        + get("spend")
    ) * made + unsold * get("discard") * goods
    pieces = factor("packaging")
    parcels = 1 / factor("units_per_parcel")
    thrown = (get("unit packaging thrown") + parcels * get("parcel packaging thrown")) * pieces
    if "packaging" in inside:
        stage["packaging"] = (get("unit packaging") + parcels * get("parcel packaging")) * pieces
    if "distribution" in inside:
        product, unit, shared = shares
        weight = product * mass + (unit + shared * parcels) * pieces
        fetched = get("door") + factor("pickup_km") * get("pickup")
        sent = (factor("transport") * get("freight") + get("hub")) * weight + parcels * fetched
        came = factor("transport") * get("arrival") * mass * made
        stage["distribution"] = sent + came
    if "live_session" in inside:
        stage["live_session"] = factor("session_kwh") * get("studio") + factor(
            "viewer_hours"
        ) * get("stream")
    if "use" in inside:
        stage["use"] = factor("energy_per_year") * factor("service_life") * get("use")
    if "returns" in inside:
        brought = get("door back") + factor("pickup_km") * get("pickup back")
        way_back = (
            factor("return_transport") * get("freight back") + get("hub back")
        ) * weight + of.get("return_parcels", parcels) * brought
        stage["returns"] = of["return_rate"] * (
            sent
            + way_back
            + mass * get("inspection")
            + (1 - of["packaging_reuse"]) * (stage["packaging"] + thrown)
            + (1 - of["resale_share"])
            * (came + stage["materials"] + stage["production"] + goods * get("discard returned"))
        )
    if "end_of_life" in inside:
        stage["end_of_life"] = goods * get("product thrown") + thrown
    return stage
