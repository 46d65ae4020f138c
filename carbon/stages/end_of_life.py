"""Reads products, gives what is thrown away, by the routes of the buyer's region [kg]."""

from __future__ import annotations

from collections.abc import Iterator

from carbon.stages.inventory import Exchanges, Quantities

__all__ = ["returned", "thrown"]


def thrown(of: Quantities) -> Iterator[Exchanges]:
    """Disposal of one kept unit, by its buyer.

    Parameters
    ----------
    of : Quantities
        A filled catalogue.

    Yields
    ------
    Exchanges
        Product [kg].

    Notes
    -----
    The route shares are inside the disposal activity of each region. Waste sent to recycling
    leaves without credit (cut-off); energy recovered is not subtracted.
    """
    lines = of.catalogue.materials
    mass = lines["mass_kg"].to_numpy() * lines["disposed_share"].to_numpy()
    yield of.to_destinations(lines["row"].to_numpy(), of.column(lines, "disposal"), mass)


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
    lines = of.catalogue.materials
    row, mass = lines["row"].to_numpy(), lines["mass_kg"].to_numpy()
    disposal = of.column(lines, "disposal")
    if "stranded_share" not in of.catalogue.skus:
        yield Exchanges(row, disposal, of.at(of.country, row), mass)
        return
    stranded = of.of("stranded_share")[row]
    yield Exchanges(row, disposal, of.at(of.country, row), mass * (1 - stranded))
    yield of.to_destinations(row, disposal, mass * stranded)
