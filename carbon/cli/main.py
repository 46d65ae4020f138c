"""Reads a command line, gives it to the command that it names.

Exit codes: 0 everything was computed; 1 some rows have problems and were left out; 2 the command
was not understood; 3 the input was refused; 4 the factors were refused; 5 the result could not
be written; 6 a fault of the program itself, with a file to send.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import click

from carbon import __version__
from carbon.cli.background import background
from carbon.cli.catalogue import check, explain, inventory, template
from carbon.cli.claims import claims
from carbon.cli.compare import compare
from carbon.cli.dashboard import dashboard
from carbon.cli.export import export
from carbon.cli.exposure import exposure
from carbon.cli.factors import factors
from carbon.cli.footprint import footprint
from carbon.cli.label import label
from carbon.cli.options import Group
from carbon.cli.policy import policy
from carbon.cli.pool import pool
from carbon.cli.rank import anomalies, rank
from carbon.cli.reference import reference
from carbon.cli.report import report
from carbon.cli.room import room
from carbon.cli.tax import reproduce, tax
from carbon.cli.whatif import whatif

__all__ = ["SECTIONS", "main"]


SECTIONS: Final = {
    "Catalogues": ("template", "check", "footprint", "explain", "inventory", "whatif", "compare"),
    "Labels and pages": ("label", "report", "claims"),
    "Platforms": (
        ("reference", "rank", "anomalies", "room", "policy", "exposure", "dashboard", "pool")
    ),
    "Offices": ("tax", "reproduce"),
    "Factors and other programs": ("factors", "background", "export"),
}
"""Commands as ``carbon --help`` shows them."""


class Doors(Group):
    """The commands under headings, in the order in which they are met."""

    def sections(self) -> Mapping[str, Iterable[str]]:
        """Names of the commands under the headings of the help."""
        return SECTIONS


@click.group(cls=Doors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="carbon")
def main() -> None:
    """Carbon footprint of every SKU sold in live-stream e-commerce.

    \b
    carbon template -o catalogue.xlsx        an empty catalogue to fill in
    carbon check catalogue.xlsx              what is wrong or was assumed
    carbon footprint catalogue.xlsx -o out.xlsx
    carbon explain catalogue.xlsx TS-001     from the total to the publisher's cell

    Exit codes: 0 computed, 1 some rows left out, 2 command not understood, 3 input refused,
    4 factors refused, 5 result not writable, 6 fault of the program.
    """


for each in (
    *(template, check, footprint, explain, inventory, whatif, compare, label, report, claims),
    *(reference, rank, anomalies, room, policy, exposure, dashboard, pool),
    *(tax, reproduce, factors, background, export),
):
    main.add_command(each)
