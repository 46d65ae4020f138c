"""Reads a filled catalogue, gives exchanges that every draw scales by one factor, by group.

A draw changes a mass, a distance or a rate, never the list of what is taken. So the exchanges of
a SKU are weighed once, as some twenty groups at neutral rates, and :func:`combine` puts the groups
together for any rates: the same stages as :func:`carbon.stages.take`, without its exchanges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from carbon.base.terms import BOUNDARIES, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.stages import distribution, end_of_life, live_session, materials, packaging, production
from carbon.stages import use as use_phase
from carbon.stages.inventory import Exchanges, Inventory, Quantities, collect
from carbon.stages.returns import INSPECTION

__all__ = [
    "DIVISORS",
    "GROUPS",
    "ODDS",
    "PARAMETERS",
    "RATES",
    "combine",
    "grouped",
    "shipped_shares",
]

GROUPS: Final = (
    "material",
    "material lost",
    "processing",
    "electricity",
    "heat",
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
    "freight back",
    "hub back",
    "door back",
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
    "session_kwh",
    "viewer_hours",
    "energy_per_year",
    "service_life",
)
"""Factors on what the catalogue says; 1 is what it says."""

RATES: Final = ("return_rate", "resale_share", "loss_rate", "packaging_reuse")
"""Shares that take the place of what the catalogue says."""

ODDS: Final = ("return_rate", "loss_rate")
"""Rates that come to :func:`combine` as r/(1-r), units returned (lost) per unit kept."""

DIVISORS: Final = ("units_per_parcel",)
"""Parameters that divide, so that it is their inverse of which the mean counts."""

Array = Any
"""A scalar, or an array of float over SKUs, or over SKUs and draws."""


def grouped(catalogue: Catalogue, boundary: str, parcel_level: npt.NDArray[np.bool_]) -> Inventory:
    """Exchanges of each group: per unit made, per dispatch or per return, at neutral rates.

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
        for name, block in _blocks(catalogue, inside, parcel_level)
    )
    return collect(blocks, catalogue)


def _blocks(
    catalogue: Catalogue, inside: tuple[str, ...], parcel_level: npt.NDArray[np.bool_]
) -> Iterator[tuple[str, Exchanges]]:
    # rates at nought: what a stage takes is then what one unit made takes
    skus = catalogue.skus.assign(loss_rate=0.0)
    plain = replace(catalogue, skus=skus)
    of = Quantities(plain)
    for block in materials.kept(of):
        yield "material", block
    for block in materials.lost(of):
        yield "material lost", block
    for block in production.electricity(of):
        yield "electricity", block
    for block in production.heat(of):
        yield "heat", block
    for block in production.processing(of):
        yield "processing", block
    yield "waste", production.waste(of)
    yield "discard", end_of_life.product(of)
    for block in end_of_life.returned(of):
        yield "discard returned", block
    if "packaging" in inside:
        pieces = catalogue.packaging
        parcel = parcel_level[pieces["item"].cat.codes.to_numpy()]
        for name, where in (("unit packaging", ~parcel), ("parcel packaging", parcel)):
            part = Quantities(replace(plain, packaging=pieces[where]))
            for block in packaging.take(part):
                yield name, block
            for block in packaging.disposal(part):
                yield f"{name} thrown", block
    if "distribution" in inside:
        for block in distribution.arrival(of):
            yield "arrival", block
        # the factors of freight and hubs see the weight of all packaging
        for basis, name in (("tkm", "freight"), ("t", "hub"), ("parcel", "door")):
            legs = catalogue.legs[(catalogue.legs["basis"] == basis).to_numpy()]
            part = Quantities(replace(plain, legs=legs))
            for block in distribution.legs(part, returning=False):
                yield name, block
            for block in distribution.legs(part, returning=True):
                yield f"{name} back", block
        inspected = of.of("mass_kg")
        if "stranded_share" in skus:
            inspected = inspected * (1 - of.of("stranded_share"))
        yield "inspection", of.everywhere(INSPECTION, of.origin, inspected)
    if "live_session" in inside:
        *studio, stream = live_session.take(of)
        for block in studio:
            yield "studio", block
        yield "stream", stream
    if "use" in inside:
        for block in use_phase.take(of):
            yield "use", block
    if "end_of_life" in inside:
        thrown, _ = end_of_life.take(of)
        yield "product thrown", thrown


def shipped_shares(
    catalogue: Catalogue, parcel_level: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], ...]:
    """Shares of product, unit packaging and parcel packaging in what is shipped, each (n,)."""
    of = Quantities(catalogue)
    lines = catalogue.packaging
    carried = lines["mass_kg"].to_numpy() * lines["share"].to_numpy()
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
    ) * made + unsold * get("discard") * goods
    pieces = factor("packaging")
    parcels = 1 / factor("units_per_parcel")
    thrown = (get("unit packaging thrown") + parcels * get("parcel packaging thrown")) * pieces
    if "packaging" in inside:
        stage["packaging"] = (get("unit packaging") + parcels * get("parcel packaging")) * pieces
    if "distribution" in inside:
        product, unit, shared = shares
        weight = product * mass + (unit + shared * parcels) * pieces
        sent = (factor("transport") * get("freight") + get("hub")) * weight + parcels * get("door")
        came = factor("transport") * get("arrival") * mass * made
        stage["distribution"] = sent + came
    if "live_session" in inside:
        stage["live_session"] = factor("session_kwh") * get("studio") + factor(
            "viewer_hours"
        ) * get("stream")
    if "use" in inside:
        stage["use"] = factor("energy_per_year") * factor("service_life") * get("use")
    if "returns" in inside:
        way_back = (
            factor("return_transport") * get("freight back") + get("hub back")
        ) * weight + of.get("return_parcels", parcels) * get("door back")
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
