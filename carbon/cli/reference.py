"""``carbon reference``: the yardstick of each category."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.cli.options import (
    CATALOGUE,
    OUTPUT,
    Group,
    draw_factors,
    errors_in,
    guard,
    new_study,
    scope,
)

if TYPE_CHECKING:
    import pandas as pd

    from carbon.catalogue.schema import Catalogue
    from carbon.footprint.reference import References
    from carbon.study import Study

__all__ = ["own_references", "reference", "weighed"]

REFERENCES = click.option(
    "--references",
    type=click.Path(path_type=Path),
    metavar="JSON",
    help="Your own references, from carbon reference build; else the edition's archetypes.",
)


def own_references(path: Path | None) -> References | None:
    """The references of an option."""
    from carbon.footprint.reference import read_references

    return None if path is None else read_references(path)


def weighed(
    study: Study,
    filled: Catalogue,
    references: Path | None,
    draws: int,
    *,
    stages: bool = False,
) -> pd.DataFrame:
    """Footprints with their letters, as :meth:`carbon.study.Study.grades`; progress is shown."""
    draw_factors(study, draws)
    with click.progressbar(length=len(filled), label="weighing", file=sys.stderr) as bar:
        return study.grades(
            filled,
            references=own_references(references),
            draws=draws,
            progress=bar.update,
            stages=stages,
        )


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
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT", help="As a table.")
@scope
def list_(references: Path | None, output: Path | None, **scope: Any) -> None:
    """Reference of each category, with its stages, and the letters of the scale.

    \b
    carbon reference list
    carbon reference list --references ours.json -o references.csv
    """
    from carbon.run.results import write_table

    guard(output)
    study = new_study(**scope)
    chosen = own_references(references) or study.references
    table = _table(study, chosen)
    letters, bounds = study.scale.letters, [f"{bound:g}" for bound in study.scale.bounds]
    click.echo(f"{chosen.id}  [{study.basis}]")
    click.echo(
        "letters by the ratio to the reference: "
        + ", ".join(f"{a} up to {b}" for a, b in zip(letters, bounds, strict=False))
        + f", {letters[-1]} above"
    )
    for row in table.to_dict("records"):
        click.echo(f"  {row['category']:<24} {row['reference_kg']:>12.4g} kg CO2e  {row['skus']}")
    if output is not None:
        write_table(table, output)
        click.echo(f"{len(table)} references -> {output}")


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
@click.option("--name", default="platform", show_default=True, help="Name printed on results.")
@click.option("--version", default="1", show_default=True, help="Version printed on results.")
@scope
def build(
    catalogue: Path, output: Path, weights: str, name: str, version: str, **scope: Any
) -> None:
    """References from what a platform sells, frozen to a file with its digest.

    OUT is .json. It holds the mean inventory of each category, so that a reference moves with
    the edition. A category with too few SKUs gets none.

    \b
    carbon reference build catalogue.xlsx -o ours.json
    carbon reference build sold.parquet -o ours.json --weights revenue --name shop --version 2026Q3
    """
    import numpy as np

    from carbon.base.files import whole_file
    from carbon.base.rules import digest
    from carbon.footprint.reference import of_sales

    guard(output, catalogue, only=(".json",))
    study = new_study(**scope)
    filled = study.catalogue(catalogue)
    known = ~np.isnan(study.footprints(filled).total)
    built = of_sales(
        filled,
        known,
        study.boundary,
        study.edition.id,
        weights=weights,
        least=study.scale.least_skus,
        largest=study.scale.largest,
        name=name,
        version=version,
        sha256=digest(catalogue) if catalogue.is_file() else "",
    )
    with whole_file(output) as path:
        path.write_text(built.write(), encoding="utf-8", newline="\n")
    click.echo(
        f"{len(built.categories)} references from {sum(built.skus.values())} of {len(filled)} "
        f"SKUs, {sum(built.left_out.values())} left out -> {output}  {built.id}"
    )
    sys.exit(1 if errors_in(filled) else 0)


def _table(study: Study, chosen: References) -> Any:
    """References as a table."""
    table = chosen.stages(study)
    out = table.add_suffix("_kg")
    out.insert(0, "reference_kg", table.sum(axis=1, skipna=False))
    out.insert(1, "skus", [chosen.skus.get(name, 0) for name in table.index])
    out.insert(2, "left_out", [chosen.left_out.get(name, 0) for name in table.index])
    out["weights"], out["reference"] = chosen.weights, chosen.id
    return out.reset_index(names="category")
