"""Reads meters, materials and prices, gives what production takes and its waste [kWh; MJ; kg].

All of it per unit made. Electricity without heat, or heat without electricity, does not replace
the processing: leaving the other one out would flatter.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from carbon.stages.inventory import Exchanges, Quantities, chosen
from carbon.stages.materials import remelted

__all__ = ["ELECTRICITY", "electricity", "heat", "processing", "spend", "unsold", "waste"]

ELECTRICITY = "electricity, consumer"


def metered(of: Quantities) -> npt.NDArray[np.bool_]:
    """SKUs with both meters, shape (n,)."""
    both: npt.NDArray[np.bool_] = ~np.isnan(of.of("electricity_kwh")) & ~np.isnan(of.of("heat_mj"))
    return both


def electricity(of: Quantities) -> Iterator[Exchanges]:
    """Metered electricity [kWh]."""
    amount = np.where(metered(of), of.of("electricity_kwh"), 0.0) * of.supplied
    yield of.everywhere(ELECTRICITY, of.made_in, amount)


def heat(of: Quantities) -> Iterator[Exchanges]:
    """Metered heat [MJ]."""
    amount = of.of("heat_mj") * of.supplied
    row = np.flatnonzero(metered(of) & (amount != 0))
    fuel = of.column(of.catalogue.skus, "heat_fuel")
    yield Exchanges(row, chosen(fuel, row), of.at(of.made_in, row), amount[row])


def processing(of: Quantities) -> Iterator[Exchanges]:
    """Processing of each material, where a meter covers some of its steps the others [kg]."""
    lines = of.catalogue.materials
    row = lines["row"].to_numpy()
    replaced = metered(of)[row]
    if "stepwise" in lines:
        replaced = lines["stepwise"].to_numpy(dtype=bool)
    amount = np.where(replaced, 0.0, lines["mass_kg"].to_numpy() * of.supplied[row])
    yield Exchanges(row, of.column(lines, "processing"), of.at(of.made_in, row), amount)
    steps = of.catalogue.steps
    if len(steps):
        row = steps["row"].to_numpy()
        amount = steps["mass_kg"].to_numpy() * of.supplied[row]
        yield Exchanges(row, of.column(steps, "activity"), of.at(of.made_in, row), amount)


def spend(of: Quantities) -> Iterator[Exchanges]:
    """Making of goods of which only the price is known [unit of money]."""
    skus = of.catalogue.skus
    if "spent" in skus:
        row = np.flatnonzero(of.of("spent") > 0)
        amount = (of.of("spent") * of.scaled)[row]
        yield Exchanges(
            row, chosen(of.column(skus, "spent_on"), row), of.at(of.made_in, row), amount
        )


def waste(of: Quantities) -> Iterator[Exchanges]:
    """Disposal of what is lost in making and not melted again, where the unit is made [kg]."""
    lines = of.catalogue.materials
    lost = lines["loss"].to_numpy() * (1 - remelted(of)) * of.supplied[lines["row"].to_numpy()]
    yield Exchanges(*of.works_disposal, lines["mass_kg"].to_numpy() * lost)


def unsold(of: Quantities) -> Iterator[Exchanges]:
    """Disposal of a whole unit that is lost before sale, where it is made [kg]."""
    yield Exchanges(*of.works_disposal, of.catalogue.materials["mass_kg"].to_numpy())
