"""Reads Brightway databases, keeps them as own backgrounds: ``carbon background``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.cli.options import (
    AS_TABLE,
    CATALOGUE,
    EDITION,
    PATH,
    Group,
    echo,
    new_study,
    progress,
    show,
    words,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import print_problems, said, say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["background"]

DEFAULT_METHOD = click.option(
    "--method",
    default="GWP100 AR6",
    show_default=True,
    help="Method by which the impacts are told; any can be used later.",
)
WITH = click.option(
    "--background", default="", metavar="NAME", help="An own background, see carbon background."
)


@click.group(cls=Group)
def background() -> None:
    """Own backgrounds: datasets of your Brightway project in the place of shipped ones."""


@background.command("use")
@click.argument("database", metavar="PROJECT/DATABASE")
@click.option(
    "--mapping",
    type=PATH,
    metavar="FILE",
    help="CSV: activity, location, and their_code or their_name of each dataset.",
)
@click.option("--name", default="", help="Name of the background; the database's without.")
@click.option(
    "--check",
    default="",
    metavar="METHOD",
    help="Compare with a method of the project, its parts joined by |.",
)
@click.option(
    "--draws",
    default=0,
    show_default=True,
    type=click.IntRange(0, 10_000),
    help="Draws of the database's own distributions, for the spread of each dataset.",
)
@click.option(
    "--unmapped",
    type=PATH,
    metavar="OUT",
    help="Write the activities that are still open, as a mapping to fill in.",
)
@click.option("--problems", type=PATH, metavar="OUT", help="Problems as a table.")
@show(20, "Datasets and problems")
@DEFAULT_METHOD
@EDITION
def background_use(
    database: str,
    mapping: Path | None,
    name: str,
    check: str,
    draws: int,
    unmapped: Path | None,
    problems: Path | None,
    show: int,
    method: str,
    edition: str,
) -> None:
    """Solve datasets of a Brightway database and keep them for --background NAME.

    The life cycles of the mapped datasets are solved once; their greenhouse gases stay in your
    data folder, and activities that are not mapped stay on the shipped edition. Without
    --mapping, only the activities to map are written.

    \b
    carbon background use PROJECT/DATABASE --unmapped mapping.csv
    carbon background use PROJECT/DATABASE --mapping mapping.csv
    carbon background use "my work/ecoinvent-3.10-cutoff" --mapping mapping.csv --name ei310
    """
    from carbon.background import own
    from carbon.run.results import write_table

    for output in (unmapped, problems):
        guard(output, *([mapping] if mapping else []))
    project, slash, base = database.partition("/")
    if not slash or not project or not base:
        raise click.UsageError("write PROJECT/DATABASE")
    study = new_study(edition=edition, method=method)
    if mapping is None:
        if unmapped is None:
            raise click.UsageError("--mapping FILE, or --unmapped OUT to begin one")
        rest = own.unmapped(study.edition)
        write_table(rest, unmapped)
        say("to_map", count=len(rest), output=unmapped)
        return
    with progress("solving", max(draws, 1)) as done:
        used = own.use(
            project,
            base,
            mapping,
            study.edition,
            method=method,
            name=name,
            check=tuple(part.strip() for part in check.split("|")) if check else (),
            draws=draws,
            progress=done,
        )
    _print_mapped(used.mapped, show)
    print_problems(used.problems, show, "more_written")
    if problems is not None:
        write_table(used.problems, problems)
    mine = new_study(edition=edition, method=method, background=used.name)
    rest = own.unmapped(mine.edition)
    if unmapped is not None:
        write_table(rest, unmapped)
    names = ", ".join(rest["activity"].head(5))
    say("still_shipped", count=len(rest), names=names)
    count, edition_id = len(used.mapped), mine.edition.id
    say("mapped", count=count, database=database, name=used.name, edition=edition_id)
    sys.exit(1 if (used.problems["severity"] == "error").any() else 0)


@background.command("list")
def background_list() -> None:
    """Own backgrounds that are kept on this machine.

    \b
    carbon background list
    """
    from carbon.background.store import root, stored

    for row in stored().to_dict("records"):
        star = "*" if row["current"] else " "
        about = {"name": row["name"], "version": row["version"], "count": row["datasets"]}
        echo(f"{star} {said('datasets', **about)}")
        echo(f"    {row['title']}")
    echo(str(root()))


@background.command("drop")
@click.argument("name")
def background_drop(name: str) -> None:
    """Delete an own background, or one version of it.

    \b
    carbon background drop ei310
    carbon background drop ei310@0123456789ab
    """
    from carbon.background.store import drop

    say("dropped", count=drop(name), name=name)


@background.command("coverage")
@CATALOGUE
@WITH
@AS_TABLE
@show(20, "Activities")
@EDITION
@words
def background_coverage(catalogue: Path, output: Path | None, show: int, **scope: Any) -> None:
    """Which activities of a catalogue rest on your background, and which do not.

    \b
    carbon background coverage catalogue.csv --background ei310
    """
    from carbon.run.results import write_table

    guard(output, catalogue)
    study = new_study(**scope)
    table = study.coverage(catalogue)
    for row in table.head(show).to_dict("records"):
        place = {"activity": row["activity"], "location": row["location"]}
        say("covered", share=row["share"], own=row["own_share"], **place)
    if output is not None:
        write_table(table, output)
        say("activities_written", count=len(table), output=output)
    share = (table["share"] * table["own_share"]).sum()
    say("coverage", share=share, basis=study.basis)


def _print_mapped(mapped: pd.DataFrame, show: int) -> None:
    checked = mapped["theirs"].notna().any()
    for row in mapped.head(show).to_dict("records"):
        theirs = said("theirs", kg=row["theirs"]) if checked else ""
        echo(
            f"{row['kg']:>10.4g} kg CO2e/{row['unit']:<7}{theirs}  {row['activity']}, "
            f"{row['location']}  <- {row['title'][:70]}"
        )
    if len(mapped) > show:
        say("more", count=len(mapped) - show)
