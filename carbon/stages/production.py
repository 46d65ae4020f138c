"""Production: energy at the place of production, and the waste that making leaves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from carbon.stages.inventory import Exchanges, Quantities, chosen

__all__ = ["ELECTRICITY", "take"]

ELECTRICITY = "electricity, consumer"


def take(of: Quantities) -> Iterator[Exchanges]:
    """Energy and waste of making one kept unit.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        Electricity [kWh] and heat [MJ] where both are given, else the processing of each
        material [kg]; then the disposal of what is lost [kg].

    Notes
    -----
    Energy and waste are ``·1/(1−λ)``, since what never reaches sale was made as well. The waste
    is ``m·w/(1−λ)`` from cutting and forming and ``m·λ/(1−λ)`` lost before sale. Electricity
    without heat, or heat without electricity, does not replace the processing: leaving the other
    one out would flatter.
    """
    skus = of.catalogue.skus
    electricity, heat = of.of("electricity_kwh"), of.of("heat_mj")
    metered = ~np.isnan(electricity) & ~np.isnan(heat)
    yield of.everywhere(
        ELECTRICITY, of.made_in, np.where(metered, electricity, 0.0) * of.units_made
    )
    row = np.flatnonzero(metered & (heat != 0))
    fuel = of.column(skus, "heat_fuel")
    yield Exchanges(
        row,
        chosen(fuel, row),
        of.at(of.made_in, row),
        heat[row] * of.units_made[row],
    )
    lines = of.catalogue.materials
    row = lines["row"].to_numpy()
    mass = lines["mass_kg"].to_numpy() * of.units_made[row]
    yield Exchanges(
        row,
        of.column(lines, "processing"),
        of.at(of.made_in, row),
        np.where(metered[row], 0.0, mass),
    )
    lost = lines["loss"].to_numpy() + of.of("loss_rate")[row]
    yield Exchanges(row, of.column(lines, "disposal"), of.at(of.made_in_country, row), mass * lost)
