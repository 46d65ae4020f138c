"""Reads legs, gives freight, hubs and the last mile of a dispatch [t·km; t; parcel]."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.stages.inventory import Exchanges, Quantities, chosen, inbound, repeated

__all__ = ["TRIP", "arrival", "back", "bringing", "dispatch", "fetching", "legs"]

TRIP = "passenger car, trip to a pick-up point"


def dispatch(of: Quantities) -> Iterator[Exchanges]:
    """Legs of the outbound chains of one dispatch, as :func:`legs` gives them."""
    yield from legs(of, returning=False)


def back(of: Quantities) -> Iterator[Exchanges]:
    """Legs of the way back of one dispatch, as :func:`legs` gives them."""
    yield from legs(of, returning=True)


def fetching(of: Quantities) -> Iterator[Exchanges]:
    """Trip of the shopper who fetches the parcel of one dispatch by car, as :func:`trips` [km]."""
    yield from trips(of, "units_per_parcel")


def bringing(of: Quantities) -> Iterator[Exchanges]:
    """The same trip with what goes back, in the parcel in which it does [km]."""
    yield from trips(of, "units_per_return" if _alone(of) else "units_per_parcel")


def trips(of: Quantities, per: str) -> Iterator[Exchanges]:
    """Trips of shoppers by car to a pick-up point and back.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.
    per : str
        Column of the units that share a parcel.

    Yields
    ------
    Exchanges
        By car [km], where buyers are.

    Notes
    -----
    ``pickup_km`` a parcel, shared by the units in it. Where it is not told the parcel is brought to
    the door or fetched on foot: no trip.
    """
    if "pickup_km" not in of.catalogue.skus:
        return
    km = of.of("pickup_km") / of.of(per)
    row = np.flatnonzero(km > 0)
    if len(row):
        yield of.to_destinations(row, repeated(TRIP, len(row)), km[row], national=True)


def _alone(of: Quantities) -> bool:
    """Whether units that went out together come back one by one."""
    return "units_per_return" in of.catalogue.skus


def arrival(of: Quantities) -> Iterator[Exchanges]:
    """Freight of a unit made from where it is made to where it is sent from [tkm].

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        By road, then by sea.

    Notes
    -----
    ``m/1000·D`` of every unit made: what is never sold has come as well, and a returned unit that
    is sold again does not come twice.
    """
    skus = of.catalogue.skus
    yield from inbound(np.arange(len(skus)), of.made_in_country, of.of("mass_kg"), skus)


def legs(of: Quantities, *, returning: bool) -> Iterator[Exchanges]:
    """Legs of the outbound chains, or of the way back.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.
    returning : bool
        The way back instead of the way out.

    Yields
    ------
    Exchanges
        Freight [tkm], handling [t] and delivery [parcel].

    Notes
    -----
    ``(m+P)/1000·D`` per leg (ISO 14083: transport activity is mass times distance), packaging P
    weighed with the product m; a hub handles ``(m+P)/1000`` tonnes; the last mile is one parcel,
    shared by the units in it; where the catalogue says so (``units_per_return``) a unit comes back
    in a parcel of its own, however many went out together. Each chain counts by its share, feeder
    legs included.
    """
    lines = of.catalogue.legs
    mine = np.flatnonzero(lines["returning"].to_numpy(dtype=bool) == returning)
    row = lines["row"].to_numpy()[mine]
    per = "units_per_return" if returning and _alone(of) else "units_per_parcel"
    tonnes, per_parcel = of.shipped[row], 1 / of.of(per)[row]
    basis = chosen(of.column(lines, "basis"), mine)
    value = np.where(basis == "tkm", tonnes * lines["km"].to_numpy()[mine], np.nan)
    value = np.where(basis == "t", tonnes, np.where(basis == "parcel", per_parcel, value))
    amount = lines["chain_share"].to_numpy()[mine] * value
    activity = chosen(of.column(lines, "activity"), mine)
    place = chosen(of.column(lines, "place"), mine)
    for where, location in (("origin", of.origin), ("country", of.country)):
        here = np.flatnonzero(place == where)
        yield Exchanges(row[here], chosen(activity, here), of.at(location, row[here]), amount[here])
    here = np.flatnonzero(place == "destination")
    yield of.to_destinations(row[here], chosen(activity, here), amount[here])
