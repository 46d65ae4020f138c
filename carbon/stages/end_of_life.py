"""Reads products, gives what is thrown away, by the routes of the buyer's region [kg]."""

from __future__ import annotations

from collections.abc import Iterator

from carbon.stages import packaging
from carbon.stages.inventory import Exchanges, Quantities

__all__ = ["product", "returned", "take"]


def take(of: Quantities) -> Iterator[Exchanges]:
    """Disposal of one kept unit and of the packaging it came in.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        Product, then packaging [kg].

    Notes
    -----
    The route shares are inside the disposal activity of each region. Waste sent to recycling
    leaves without credit (cut-off); energy recovered is not subtracted.
    """
    lines = of.catalogue.materials
    mass = lines["mass_kg"].to_numpy() * lines["disposed_share"].to_numpy()
    yield of.to_destinations(lines["row"].to_numpy(), of.column(lines, "disposal"), mass)
    yield from of.all(packaging.disposal)


def product(of: Quantities) -> Exchanges:
    """Disposal of a whole unit that nobody kept, at the place of dispatch [kg].

    Parameters
    ----------
    of : Quantities
        A filled catalogue.
    """
    lines = of.catalogue.materials
    row = lines["row"].to_numpy()
    return Exchanges(
        row, of.column(lines, "disposal"), of.at(of.country, row), lines["mass_kg"].to_numpy()
    )


def returned(of: Quantities) -> Iterator[Exchanges]:
    """Disposal of a returned unit that is never sold again [kg].

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Notes
    -----
    At the place of dispatch, where the returns go; a unit that has no way back is disposed of
    where its buyer is (``stranded_share``).
    """
    if "stranded_share" not in of.catalogue.skus:
        yield product(of)
        return
    lines = of.catalogue.materials
    row, mass = lines["row"].to_numpy(), lines["mass_kg"].to_numpy()
    stranded = of.of("stranded_share")[row]
    disposal = of.column(lines, "disposal")
    yield Exchanges(row, disposal, of.at(of.country, row), mass * (1 - stranded))
    yield of.to_destinations(row, disposal, mass * stranded)
