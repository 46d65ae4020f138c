"""Reads materials, gives what is taken, virgin and recycled, with what is lost on the way [kg]."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.base.arrays import Floats
from carbon.stages.inventory import Exchanges, Quantities, inbound

__all__ = ["kept", "lost", "remelted", "take"]


def take(of: Quantities) -> Iterator[Exchanges]:
    """Materials of one unit made.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        Virgin, then recycled material [kg]; then its freight to the place of production [tkm].

    Notes
    -----
    ``m·(1+w)`` of each material, split by its recycled share; w is the manufacturing loss.
    Recycled input carries the burden of its recycling only (cut-off, ISO 14044 4.3.4.3). A
    material whose place is not told comes from the market of the country of production, its
    freight inside. A supplier's own footprint scales all of it.

    Examples
    --------
    200 g of cotton, 10 % lost in making, 20 % lost before sale: 0.2·1.1/0.8 = 0.275 kg.

    >>> from carbon.study import Study
    >>> table = Study().inventory(
    ...     "sku,category,mass,materials,loss_rate\\nA,t_shirt,200 g,cotton 100%,20%\\n"
    ... )
    >>> bool((table.loc[table["stage"] == "materials", "amount"] > 0.2).all())
    True
    """
    mass, wasted = _masses(of)
    yield from _by_source(of, mass, wasted, remelted(of))


def kept(of: Quantities) -> Iterator[Exchanges]:
    """Material that is in the unit made [kg], virgin, then recycled."""
    yield from _by_source(of, _masses(of)[0])


def lost(of: Quantities) -> Iterator[Exchanges]:
    """Material that is lost in making [kg], virgin, then recycled.

    Notes
    -----
    ``m·w``. The share of new scrap that is melted again costs its recycling and no virgin
    material: it goes round in the works or comes back from the mill.
    """
    mass, wasted = _masses(of)
    yield from _by_source(of, np.zeros(len(mass)), wasted, remelted(of))


def _masses(of: Quantities) -> tuple[Floats, Floats]:
    """What each line of materials weighs in the unit, and what of it is lost in making [kg]."""
    lines = of.catalogue.materials
    mass = lines["mass_kg"].to_numpy(dtype=np.float64)
    return mass, mass * lines["loss"].to_numpy(dtype=np.float64)


def remelted(of: Quantities) -> Floats:
    """Share of new scrap that goes back to its recycling, by line of materials [1]."""
    lines = of.catalogue.materials
    if "scrap_remelted" not in lines:
        return np.zeros(len(lines))
    share = lines["scrap_remelted"].to_numpy(dtype=np.float64)
    return np.where(of.column(lines, "recycled").codes >= 0, share, 0.0)


def _by_source(
    of: Quantities, inside: Floats, wasted: Floats | float = 0.0, again: Floats | float = 0.0
) -> Iterator[Exchanges]:
    """Material split by its recycled share; what is melted again is recycled, whatever it was."""
    lines = of.catalogue.materials
    row = lines["row"].to_numpy()
    recycled = of.column(lines, "recycled")
    share = np.where(recycled.codes >= 0, lines["recycled_share"].to_numpy(), 0.0)
    country = of.material_country
    inside, wasted = inside * of.supplied[row], wasted * of.supplied[row]
    bought = inside + wasted * (1 - again)
    yield Exchanges(row, of.column(lines, "virgin"), country, bought * (1 - share))
    yield Exchanges(row, recycled, country, bought * share + wasted * again)
    # what is melted again comes back from the mill
    yield from inbound(row, country, inside + wasted, lines)
