"""Reads an edition, prints its packages, datasets and differences: ``carbon factors``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carbon.base.errors import FactorsError
from carbon.cli.options import EDITION, FACTORS, Group, echo, language, new_study
from carbon.cli.outputs import guard
from carbon.cli.printing import print_problems, said, say, words_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["factors"]


@click.group(cls=Group)
def factors() -> None:
    """Published numbers: list, search, show, check, compare and seal them."""


@factors.command("list")
@EDITION
@FACTORS
def factors_list(edition: str, factors: tuple[Path, ...]) -> None:
    """Packages of an edition, with licence and citation.

    \b
    carbon factors list
    """
    from carbon.background.edition import editions, load_edition

    loaded = load_edition(edition, extra=factors)
    say("edition", edition=loaded.id, known=", ".join(editions()))
    for package in loaded.packages:
        licence = ", ".join(entry["name"] for entry in package.descriptor["licenses"])
        count = len(package.tables.get("activities", ()))
        echo(f"\n{package.id}  {package.descriptor['title']}")
        say("package", count=count, licence=licence, digest=package.digest[:12])
        echo(f"  {package.descriptor['citation']}")


@factors.command("search")
@click.argument("words", nargs=-1, required=True)
@EDITION
@FACTORS
def factors_search(words: tuple[str, ...], edition: str, factors: tuple[Path, ...]) -> None:
    """Datasets whose name, title or place holds all the words.

    \b
    carbon factors search cotton
    carbon factors search electricity CN-ZJ
    """
    datasets = new_study(edition=edition, factors=factors).factors(*words)
    if datasets.empty:
        raise FactorsError("F011", value=" ".join(words))
    kinds = words_of("kind_")
    made = datasets["template"] & ~datasets["location"].isin([*words, "CN", "GLO"])
    for row in datasets[~made].to_dict("records"):
        echo(
            f"{_digits(row['kg']):>10} kg CO2e/{row['unit']:<7} {row['activity']}, "
            f"{row['location']}  ({row['source']}, {row['year']:.0f}, {kinds[row['kind']]})"
        )


@factors.command("show")
@click.argument("activity")
@click.argument("location", default="CN")
@EDITION
@FACTORS
def factors_show(activity: str, location: str, edition: str, factors: tuple[Path, ...]) -> None:
    """One dataset: what it emits and takes, and the cell of each number.

    \b
    carbon factors show "electricity, consumer" CN-ZJ
    """
    study = new_study(edition=edition, factors=factors)
    for line in study.explain_factor(activity, location, lang=language()).splitlines():
        echo(line)


@factors.command("check")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@EDITION
def factors_check(folder: Path | None, edition: str) -> None:
    """Verify every hash, unit, cite and link of an edition, or of one folder.

    Datasets of a folder that no footprint can use are named, with the nearest name.

    \b
    carbon factors check
    carbon factors check my-factors/
    """
    study = new_study(edition=edition, factors=(folder,) if folder else (), cache=False)
    study.unit_impacts  # noqa: B018  solving is the check that every number is finite
    loaded = study.edition
    say(
        "checked",
        edition=loaded.id,
        packages=len(loaded.packages),
        activities=len(loaded.activities),
        exchanges=len(loaded.exchanges),
    )
    if folder is not None:
        from carbon.background.begun import never_used

        idle = never_used(folder, loaded)
        print_problems(idle, len(idle))
        sys.exit(int(len(idle) > 0))


@factors.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
def factors_new(folder: Path) -> None:
    """A folder of your own factors with an example in it, to be changed and sealed.

    \b
    carbon factors new my-factors/
    """
    from carbon.background.begun import begin_package

    echo(f"{folder}: sha256 {begin_package(folder)}")


@factors.command("seal")
@click.argument("folder", type=click.Path(path_type=Path))
def factors_seal(folder: Path) -> None:
    """Write the tables of your own folder and their hashes into its datapackage.json.

    \b
    carbon factors seal my-factors/
    """
    from carbon.background.source import seal

    echo(f"{folder}: sha256 {seal(folder)}")


@factors.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the table.")
def factors_diff(old: str, new: str, output: Path | None) -> None:
    """What moved between two editions or factor folders, by how much and why.

    OLD and NEW are names of editions, or folders that are laid over the present edition.

    \b
    carbon factors diff 2026.1 2026.2
    carbon factors diff 2026.1 my-factors/
    """
    from carbon.background.edition import DEFAULT_EDITION
    from carbon.run.results import write_table

    guard(output)
    studies = []
    for name in (old, new):
        folders = (Path(name),) if Path(name).is_dir() else ()
        studies.append(new_study(edition=DEFAULT_EDITION if folders else name, factors=folders))
    table = studies[0].differences(studies[1])
    if output is not None:
        write_table(table, output)
    _print_differences(table)


def _print_differences(table: pd.DataFrame) -> None:
    """Each difference, then how many there are of each kind and reason."""
    for row in table.to_dict("records"):
        place = f", {row['location']}" if row["location"] else ""
        moved = ""
        if row["unit"]:
            before, after = _digits(row["before"]), _digits(row["after"])
            moved = said(
                "moved", before=before, was=row["was"], after=after, now=row["is"], unit=row["unit"]
            )
        echo(f"{row['kind']} {row['name']}{place}: {row['why']}{moved}")
    for (kind, why), rows in table.groupby(["kind", "why"], sort=True):
        echo(f"{len(rows)} {kind}: {why}")
    say("differ", count=int((table["kind"] == "dataset").sum()))


def _digits(value: float) -> str:
    return said("no_factor") if value != value else f"{value:.4g}"
