"""Reads a catalogue, prints what it says: ``carbon template|check|inventory|explain``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from carbon.base.words import text
from carbon.cli.options import (
    CATALOGUE,
    EDITION,
    FACTORS,
    LANG,
    OUTPUT,
    PATH,
    SKUS,
    command,
    echo,
    new_study,
    scope,
    show,
    words,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import (
    errors_in,
    print_catalogue_problems,
    print_headers,
    print_summary,
    say,
)

__all__ = ["check", "explain", "inventory", "template"]


@command()
@CATALOGUE
@OUTPUT
@SKUS
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
    filled = filled.select(list(skus)) if skus else filled
    table = study.inventory(filled)
    write_table(table, output)
    say("exchanges", count=len(table), skus=len(filled), output=output)
    sys.exit(1 if errors_in(filled) else 0)


@command()
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
    type=PATH,
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
    from carbon.explained import chart, first_name, tree
    from carbon.run.results import write_picture

    study = new_study(**scope)
    filled = study.catalogue(catalogue).select([sku])
    for line in tree(study, filled, cut / 100, lang):
        echo(line)
    if picture is not None:
        write_picture(chart(study, filled, lang), picture)
        echo(f"{first_name(filled)} -> {picture}")
    print_catalogue_problems(filled)
    sys.exit(1 if errors_in(filled) else 0)


@command()
@CATALOGUE
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="OUT",
    help="A copy with the cells at fault marked (.xlsx), or the problems as a table.",
)
@click.option("--learn", type=PATH, metavar="CSV", help="List the words that were not understood.")
@words
@show(50, "Problems")
@EDITION
@FACTORS
@LANG
def check(
    catalogue: Path,
    output: Path | None,
    learn: Path | None,
    show: int,
    lang: str,
    **scope: Any,
) -> None:
    """What was read, left out and assumed; every problem with row, column, rule and remedy.

    \b
    carbon check catalogue.xlsx
    carbon check catalogue.xlsx -o check.xlsx
    carbon check export.csv --learn words.csv
    carbon check export.csv --map words.csv
    """
    from carbon.base.problems import retold
    from carbon.catalogue.mapping import learned
    from carbon.run.check_sheet import write_check_sheet
    from carbon.run.results import write_table

    for place in (output, learn):
        guard(place, catalogue)
    study = new_study(**scope)
    filled = study.catalogue(catalogue)
    unknown = learned(filled, study.vocabulary, lang)
    print_summary(filled, unknown)
    print_headers(filled)
    print_catalogue_problems(filled, show=show, worst_first=True)
    if learn is not None:
        write_table(unknown, learn)
        echo(text("check.learned", lang, count=len(unknown), output=learn))
    if output is not None and output.suffix.lower() == ".xlsx":
        count = write_check_sheet(catalogue, filled, study.vocabulary, output, lang)
        echo(text("check.marked", lang, count=count, output=output))
    elif output is not None:
        write_table(retold(filled.problems, lang) if lang != "en" else filled.problems, output)
        say("problems_written", count=len(filled.problems), output=output)
    sys.exit(1 if errors_in(filled) else 0)


@command()
@OUTPUT
@LANG
@EDITION
@FACTORS
def template(output: Path, lang: str, edition: str, factors: tuple[Path, ...]) -> None:
    """An empty, annotated catalogue to fill in (.xlsx or .csv).

    \b
    carbon template -o catalogue.xlsx
    carbon template -o catalogue.csv --lang en
    """
    from carbon.run.template_file import write_template

    write_template(new_study(edition=edition, factors=factors).vocabulary, output, lang)
    say("written", output=output)
