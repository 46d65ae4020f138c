"""Distribution: freight, hubs and the last mile of one dispatch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.stages.inventory import Exchanges, Quantities, chosen

__all__ = ["legs", "take"]


def take(of: Quantities) -> Iterator[Exchanges]:
    """Freight of one outbound dispatch.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        As :func:`legs`.
    """
    yield from legs(of, returning=False)


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
    skus = of.catalogue.skus
    per = "units_per_return" if returning and "units_per_return" in skus else "units_per_parcel"
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
