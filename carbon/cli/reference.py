"""Reads categories or sales, writes their yardsticks [kg CO2e]: ``carbon reference``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from carbon.cli.options import (
    AS_TABLE,
    CATALOGUE,
    OUTPUT,
    PATH,
    REFERENCES,
    Group,
    echo,
    new_study,
    scope,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import (
    basis_words,
    category_names,
    category_words,
    errors_in,
    padded,
    said,
    say,
)

__all__ = ["reference"]


@click.group(cls=Group)
def reference() -> None:
    """The yardstick of each category: what a footprint is compared with.

    \b
    carbon reference list
    carbon reference build catalogue.xlsx -o ours.json --weights units
    carbon reference list --references ours.json
    """


@reference.command("list")
@REFERENCES
@AS_TABLE
@scope
def list_(references: Path | None, output: Path | None, **scope: Any) -> None:
    """Reference of each category, with its stages, and the letters of the scale.

    \b
    carbon reference list
    carbon reference list --references ours.json -o references.csv
    """
    from carbon.footprint.reference import read_references
    from carbon.run.results import write_table

    guard(output)
    study = new_study(**scope)
    chosen = study.references if references is None else read_references(references)
    table = study.reference_table(chosen)
    letters, bounds = study.scale.letters, study.scale.bounds
    echo(f"{chosen.id}  [{basis_words(study.basis)}]")
    parts = [
        said("up_to_bound", letter=letter, bound=bound)
        for letter, bound in zip(letters, bounds, strict=False)
    ]
    say("references_scale", bounds=said("comma").join(parts), last=letters[-1])
    names = category_names(study)
    for row in table.to_dict("records"):
        name = padded(category_words(row["category"], names), 24)
        echo(f"  {name} {row['reference_kg']:>12.4g} kg CO2e  {row['skus']}")
    if output is not None:
        write_table(table, output)
        say("references_written", count=len(table), output=output)


@reference.command("build")
@CATALOGUE
@OUTPUT
@click.option(
    "--weights",
    default="units",
    show_default=True,
    type=click.Choice(["units", "revenue", "equal"]),
    help="Weigh the SKUs of a category by units sold, by revenue, or alike.",
)
@click.option(
    "--sales",
    type=PATH,
    metavar="FILE",
    help="The platform's sales ledger: kept units count, not what merchants declare.",
)
@click.option("--name", default="platform", show_default=True, help="Name printed on results.")
@click.option("--version", default="1", show_default=True, help="Version printed on results.")
@scope
def build(
    catalogue: Path,
    output: Path,
    weights: str,
    sales: Path | None,
    name: str,
    version: str,
    **scope: Any,
) -> None:
    """References from what a platform sells, frozen to a file with its digest.

    OUT is .json. It holds the mean inventory of each category, so that a reference moves with
    the edition. A category with too few SKUs gets none.

    \b
    carbon reference build catalogue.xlsx -o ours.json
    carbon reference build catalogue.xlsx --sales sales.parquet -o ours.json
    carbon reference build sold.parquet -o ours.json --weights revenue --name shop --version 2026Q3
    """
    from carbon.base.files import write_text

    guard(output, catalogue, sales, only=(".json",))
    study = new_study(**scope)
    filled = study.catalogue(catalogue)
    built = study.build_references(
        filled, weights=weights, name=name, version=version, file=catalogue, sales=sales
    )
    write_text(output, built.write())
    say(
        "references_built",
        count=len(built.categories),
        used=sum(built.skus.values()),
        skus=len(filled),
        left_out=sum(built.left_out.values()),
        output=output,
        name=built.id,
    )
    sys.exit(1 if errors_in(filled) else 0)
