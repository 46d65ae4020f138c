"""Reads meters and materials, gives energy of production and its waste [kWh; MJ; kg]."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from carbon.stages.inventory import Exchanges, Quantities, chosen
from carbon.stages.materials import remelted

__all__ = ["ELECTRICITY", "electricity", "heat", "processing", "take", "waste"]

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
        Electricity [kWh] and heat [MJ] where both are given; the processing of each material, or
        of its steps that no meter covers [kg]; then the disposal of what is lost [kg].

    Notes
    -----
    Energy and waste are ``·1/(1−λ)``, since what never reaches sale was made as well. The waste
    is ``m·w/(1−λ)`` from cutting and forming and ``m·λ/(1−λ)`` lost before sale. Electricity
    without heat, or heat without electricity, does not replace the processing: leaving the other
    one out would flatter.
    """
    yield from electricity(of)
    yield from heat(of)
    yield from processing(of)
    yield waste(of, unsold=True)


def metered(of: Quantities) -> npt.NDArray[np.bool_]:
    """SKUs with both meters, shape (n,)."""
    both: npt.NDArray[np.bool_] = ~np.isnan(of.of("electricity_kwh")) & ~np.isnan(of.of("heat_mj"))
    return both


def electricity(of: Quantities) -> Iterator[Exchanges]:
    """Metered electricity [kWh]."""
    amount = np.where(metered(of), of.of("electricity_kwh"), 0.0) * of.units_made * of.supplied
    yield of.everywhere(ELECTRICITY, of.made_in, amount)


def heat(of: Quantities) -> Iterator[Exchanges]:
    """Metered heat [MJ]."""
    amount = of.of("heat_mj") * of.supplied
    row = np.flatnonzero(metered(of) & (amount != 0))
    fuel = of.column(of.catalogue.skus, "heat_fuel")
    yield Exchanges(
        row, chosen(fuel, row), of.at(of.made_in, row), amount[row] * of.units_made[row]
    )


def processing(of: Quantities) -> Iterator[Exchanges]:
    """Processing of each material, where a meter covers some of its steps the others [kg]."""
    lines = of.catalogue.materials
    row = lines["row"].to_numpy()
    mass = lines["mass_kg"].to_numpy() * of.units_made[row] * of.supplied[row]
    replaced = metered(of)[row]
    if "stepwise" in lines:
        replaced = lines["stepwise"].to_numpy(dtype=bool)
    amount = np.where(replaced, 0.0, mass)
    yield Exchanges(row, of.column(lines, "processing"), of.at(of.made_in, row), amount)
    steps = of.catalogue.steps
    if len(steps):
        row = steps["row"].to_numpy()
        amount = steps["mass_kg"].to_numpy() * of.units_made[row] * of.supplied[row]
        yield Exchanges(row, of.column(steps, "activity"), of.at(of.made_in, row), amount)


def waste(of: Quantities, *, unsold: bool = False) -> Exchanges:
    """Disposal of what is lost in making and, if asked for, before sale [kg]."""
    lines = of.catalogue.materials
    row = lines["row"].to_numpy()
    mass = lines["mass_kg"].to_numpy() * of.units_made[row]
    lost = lines["loss"].to_numpy()
    if "scrap_remelted" in lines:
        lost = lost * (1 - remelted(of))
    lost = lost * of.supplied[row]
    if unsold:
        lost = lost + of.of("loss_rate")[row]
    return Exchanges(row, of.column(lines, "disposal"), of.at(of.made_in_country, row), mass * lost)
