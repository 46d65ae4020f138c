"""Distribution: freight, hubs and the last mile of one dispatch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from carbon.stages.inventory import Exchanges, Quantities

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
    shared by the units in it. Each chain counts by its share, feeder legs included.
    """
    lines = of.catalogue.legs
    lines = lines[lines["returning"].to_numpy(dtype=bool) == returning]
    row = lines["row"].to_numpy()
    basis = of.column(lines, "basis")
    per_parcel = 1 / of.of("units_per_parcel")[row]
    tonnes = of.shipped[row]
    kinds = [
        basis == "tkm",
        basis == "t",
        basis == "parcel",
    ]
    amount = lines["chain_share"].to_numpy() * np.select(
        kinds, [tonnes * lines["km"].to_numpy(), tonnes, per_parcel], default=np.nan
    )
    activity = of.column(lines, "activity")
    place = of.column(lines, "place")
    for where, location in (("origin", of.origin), ("country", of.country)):
        here = np.flatnonzero(place == where)
        yield Exchanges(row[here], _taken(activity, here), of.at(location, row[here]), amount[here])
    here = np.flatnonzero(place == "destination")
    yield of.to_destinations(row[here], _taken(activity, here), amount[here])


def _taken(activity: pd.Categorical, here: np.ndarray) -> pd.Categorical:
    return pd.Categorical.from_codes(activity.codes[here], dtype=activity.dtype)
