"""The command line.

Exit codes: 0 everything was computed; 1 some rows have problems and were left out; 2 the command
was not understood; 3 the input was refused; 4 the factors were refused; 5 the result could not
be written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from carbon import __version__
from carbon.cli.background import background, export
from carbon.cli.dashboard import dashboard
from carbon.cli.factors import factors
from carbon.cli.footprint import footprint
from carbon.cli.label import label
from carbon.cli.options import (
    CATALOGUE,
    EDITION,
    FACTORS,
    LANG,
    OUTPUT,
    Group,
    errors_in,
    first_name,
    guard,
    new_study,
    scope,
    tell_defaults,
    tell_headers,
    tell_problems,
)
from carbon.cli.policy import policy
from carbon.cli.pool import pool
from carbon.cli.rank import anomalies, exposure, rank
from carbon.cli.reference import reference
from carbon.cli.report import claims, report
from carbon.cli.room import room
from carbon.cli.tax import reproduce, tax
from carbon.cli.whatif import compare, whatif

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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of each section."""
        for title, names in SECTIONS.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [(name, one.get_short_help_str(60)) for name, one in found if one is not None]
                )


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
    4 factors refused, 5 result not writable.
    """


@main.command()
@CATALOGUE
@OUTPUT
@click.option("--sku", "skus", multiple=True, help="Only this SKU. May be repeated.")
@scope
def inventory(catalogue: Path, output: Path, skus: tuple[str, ...], **scope: Any) -> None:
    """What every SKU takes, each exchange with its factor and cite.

    \b
    carbon inventory catalogue.csv -o inventory.parquet
    carbon inventory catalogue.csv -o one.csv --sku TS-001
    """
    from carbon.run.results import write_table

    guard(output, catalogue)
    study = new_study(**scope)
    filled = study.catalogue(catalogue)
    if skus:
        filled = filled.select(list(skus))
    table = study.inventory(filled)
    write_table(table, output)
    click.echo(f"{len(table)} exchanges of {len(filled.skus)} SKUs -> {output}")
    sys.exit(1 if errors_in(filled) else 0)


@main.command()
@CATALOGUE
@click.argument("sku")
@click.option(
    "--cut",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 100),
    help="Leave out branches below this percentage of the total.",
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    metavar="SVG",
    help="Draw the stages with their 95 % intervals.",
)
@LANG
@scope
def explain(
    catalogue: Path, sku: str, cut: float, picture: Path | None, lang: str, **scope: Any
) -> None:
    """One SKU as a tree, from its total to the publisher's cell.

    \b
    carbon explain catalogue.csv TS-001
    carbon explain catalogue.csv TS-001 --cut 0 --picture stages.svg
    """
    from carbon.cli.explain import chart, tree
    from carbon.run.results import write_picture

    study = new_study(**scope)
    filled = study.catalogue(catalogue).select([sku])
    for line in tree(study, filled, cut / 100):
        click.echo(line)
    if picture is not None:
        write_picture(chart(study, filled, lang), picture)
        click.echo(f"{first_name(filled)} -> {picture}")
    tell_problems(filled)
    sys.exit(1 if errors_in(filled) else 0)


@main.command()
@CATALOGUE
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="OUT", help="Problems as a table."
)
@click.option("--most", default=50, show_default=True, help="Problems to print.")
@EDITION
@FACTORS
def check(
    catalogue: Path, output: Path | None, most: int, edition: str, factors: tuple[Path, ...]
) -> None:
    """Every problem with row, column, value, rule and remedy; and what was assumed.

    \b
    carbon check catalogue.xlsx
    carbon check catalogue.xlsx -o problems.xlsx
    """
    from carbon.run.results import write_table

    guard(output, catalogue)
    filled = new_study(edition=edition, factors=factors).catalogue(catalogue)
    tell_headers(filled)
    tell_defaults(filled)
    tell_problems(filled, most=most)
    if output is not None:
        write_table(filled.problems, output)
        click.echo(f"{len(filled.problems)} problems -> {output}")
    sys.exit(1 if errors_in(filled) else 0)


@main.command()
@OUTPUT
@click.option(
    "--lang",
    default="zh",
    show_default=True,
    type=click.Choice(["zh", "en"]),
    help="Language of headers and notes.",
)
@EDITION
@FACTORS
def template(output: Path, lang: str, edition: str, factors: tuple[Path, ...]) -> None:
    """An empty, annotated catalogue to fill in (.xlsx or .csv).

    \b
    carbon template -o catalogue.xlsx
    carbon template -o catalogue.csv --lang en
    """
    from carbon.cli.template_file import write_template

    write_template(new_study(edition=edition, factors=factors).vocabulary, output, lang)
    click.echo(f"-> {output}")


for command in (
    *(footprint, whatif, compare, label, report, claims),
    *(reference, rank, anomalies, room, policy, exposure, dashboard, pool),
    *(tax, reproduce, factors, background, export),
):
    main.add_command(command)
