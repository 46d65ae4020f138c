"""The command line.

Exit codes: 0 everything was computed; 1 some rows have problems and were left out; 2 the command
was not understood; 3 the input was refused; 4 the factors were refused; 5 the result could not
be written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon import __version__
from carbon.errors import CarbonError, FactorsError
from carbon.terms import BOUNDARIES

if TYPE_CHECKING:
    import pandas as pd

    from carbon.catalogue.schema import Catalogue
    from carbon.study import Study

__all__ = ["main"]

CATALOGUE = click.argument("catalogue", type=click.Path(path_type=Path))
FACTORS = click.option(
    "--factors",
    "factors",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Your own factor package; it is preferred. May be repeated.",
)
EDITION = click.option(
    "--edition", default="2026.1", show_default=True, help="Which factors are in force."
)


class _Group(click.Group):
    """A group whose failures are told in one line, with the exit code of their kind."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CarbonError as error:
            click.echo(f"carbon: {error}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(0)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
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


def scope(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say goal and scope."""
    for option in (
        FACTORS,
        click.option(
            "--method",
            default="GWP100 AR6",
            show_default=True,
            help="Characterization: GWP100 AR6 or AR5, each also with aviation non-CO2.",
        ),
        click.option(
            "--boundary",
            default="cradle-to-grave",
            show_default=True,
            type=click.Choice(list(BOUNDARIES)),
            help="Life-cycle stages inside the system.",
        ),
        EDITION,
    ):
        command = option(command)
    return command


@main.command()
@CATALOGUE
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT")
@scope
def footprint(catalogue: Path, output: Path, **scope: Any) -> None:
    """Footprint of every SKU, one row each.

    OUT is .csv, .parquet, .xlsx or .jsonl. CATALOGUE is a file of the same kinds, or a folder
    with the tables skus, materials, packaging and legs.

    \b
    carbon footprint catalogue.xlsx -o footprints.xlsx
    carbon footprint catalogue.csv -o out.parquet --boundary cradle-to-door
    carbon footprint catalogue.csv -o out.csv --factors my-factors/
    """
    from carbon.doors.batch import write_table

    study = _study(**scope)
    filled = study.catalogue(catalogue)
    with click.progressbar(
        length=len(filled.skus), label="weighing", file=sys.stderr, show_pos=True
    ) as bar:
        result = study.footprints(filled, progress=bar.update).to_frame()
    write_table(result, output)
    left_out = int(result["total_kg"].isna().sum())
    click.echo(
        f"{len(result)} SKUs, {len(result) - left_out} computed, {left_out} left out "
        f"-> {output}  [{study.basis}]"
    )
    _tell_problems(filled, brief=True)
    sys.exit(1 if left_out else 0)


@main.command()
@CATALOGUE
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT")
@click.option("--sku", "skus", multiple=True, help="Only this SKU. May be repeated.")
@scope
def inventory(catalogue: Path, output: Path, skus: tuple[str, ...], **scope: Any) -> None:
    """What every SKU takes, each exchange with its factor and cite.

    \b
    carbon inventory catalogue.csv -o inventory.parquet
    carbon inventory catalogue.csv -o one.csv --sku TS-001
    """
    from carbon.doors.batch import write_table

    study = _study(**scope)
    filled = study.catalogue(catalogue)
    if skus:
        filled = filled.select(list(skus))
    table = study.inventory(filled)
    write_table(table, output)
    click.echo(f"{len(table)} exchanges of {len(filled.skus)} SKUs -> {output}")
    sys.exit(1 if filled.skus["failed"].any() else 0)


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
@scope
def explain(catalogue: Path, sku: str, cut: float, **scope: Any) -> None:
    """One SKU as a tree, from its total to the publisher's cell.

    \b
    carbon explain catalogue.csv TS-001
    carbon explain catalogue.csv TS-001 --cut 0
    """
    from carbon.doors.explain import tree

    study = _study(**scope)
    filled = study.catalogue(catalogue).select([sku])
    for line in tree(study, filled, cut / 100):
        click.echo(line)
    _tell_problems(filled)
    sys.exit(1 if filled.skus["failed"].any() else 0)


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
    from carbon.doors.batch import write_table

    filled = _study(edition=edition, factors=factors).catalogue(catalogue)
    _tell_headers(filled)
    _tell_defaults(filled)
    _tell_problems(filled, most=most)
    if output is not None:
        write_table(filled.problems, output)
        click.echo(f"{len(filled.problems)} problems -> {output}")
    sys.exit(1 if filled.skus["failed"].any() else 0)


@main.command()
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT")
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
    from carbon.doors.template import write_template

    write_template(_study(edition=edition, factors=factors).vocabulary, output, lang)
    click.echo(f"-> {output}")


@main.group()
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
    click.echo(f"edition {loaded.id}  (known: {', '.join(editions())})")
    for package in loaded.packages:
        licence = ", ".join(entry["name"] for entry in package.descriptor["licenses"])
        count = len(package.tables.get("activities", ()))
        click.echo(f"\n{package.id}  {package.descriptor['title']}")
        click.echo(f"  {count} datasets, licence {licence}, sha256 {package.digest[:12]}")
        click.echo(f"  {package.descriptor['citation']}")


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
    found = _factor_table(edition, factors)
    text = found[["activity", "title", "title_zh", "location", "source"]].agg(" ".join, axis=1)
    for word in words:
        text = text[text.str.contains(word, case=False, regex=False)]
    if text.empty:
        raise FactorsError("F011", value=" ".join(words))
    found = found.loc[text.index]
    made = found["template"] & ~found["location"].isin([*words, "CN", "GLO"])
    for row in found[~made].to_dict("records"):
        click.echo(
            f"{_digits(row['kg']):>10} kg CO2e/{row['unit']:<7} {row['activity']}, "
            f"{row['location']}  ({row['source']}, {row['year']:.0f}, {row['kind']})"
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
    from carbon.doors.explain import dataset

    study = _study(edition=edition, factors=factors)
    for line in dataset(study, activity, location):
        click.echo(line)


@factors.command("check")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@EDITION
def factors_check(folder: Path | None, edition: str) -> None:
    """Verify every hash, unit, cite and link of an edition, or of one folder.

    \b
    carbon factors check
    carbon factors check my-factors/
    """
    from carbon.background.edition import load_edition

    loaded = load_edition(edition, extra=[folder] if folder else [])
    click.echo(
        f"{loaded.id}: {len(loaded.packages)} packages, {len(loaded.activities)} activities, "
        f"{len(loaded.exchanges)} exchanges; every hash, unit, cite and link holds"
    )


@factors.command("seal")
@click.argument("folder", type=click.Path(path_type=Path))
def factors_seal(folder: Path) -> None:
    """Write the tables of your own folder and their hashes into its datapackage.json.

    \b
    carbon factors seal my-factors/
    """
    from carbon.background.source import seal

    click.echo(f"{folder}: sha256 {seal(folder)}")


@factors.command("diff")
@click.argument("old")
@click.argument("new")
def factors_diff(old: str, new: str) -> None:
    """Unit impacts that differ between two editions or factor folders.

    OLD and NEW are names of editions, or folders that are laid over the present edition.

    \b
    carbon factors diff 2026.1 my-factors/
    """
    tables = []
    for name in (old, new):
        own = (Path(name),) if Path(name).is_dir() else ()
        table = _factor_table("2026.1" if own else name, own)
        tables.append(table.drop_duplicates(["activity", "location"]))
    kept = ["activity", "location", "kg", "unit", "source"]
    both = tables[0][kept].merge(tables[1][kept], on=kept[:2], how="outer", suffixes=("_old", ""))
    same = (both["kg_old"] == both["kg"]) & (both["unit_old"] == both["unit"])
    for row in both[~same].sort_values(kept[:2]).to_dict("records"):
        click.echo(
            f"{row['activity']}, {row['location']}: {_digits(row['kg_old'])} "
            f"({row['source_old']}) -> {_digits(row['kg'])} ({row['source']}) "
            f"kg CO2e/{row['unit']}"
        )
    click.echo(f"{int((~same).sum())} of {len(both)} differ")


def _study(**scope: Any) -> Study:
    from carbon.study import Study

    return Study(**scope)


def _factor_table(edition: str, own: tuple[Path, ...]) -> pd.DataFrame:
    study = _study(edition=edition, factors=own)
    table = study.edition.activities.copy()
    table["kg"] = study.unit_impacts.values[:-1].sum(axis=1)
    return table


def _digits(value: float) -> str:
    return "none" if value != value else f"{value:.4g}"


def _tell_headers(catalogue: Catalogue) -> None:
    click.echo("columns")
    for row in catalogue.headers.to_dict("records"):
        meaning = f"{row['column']} [{row['unit']}]" if row["unit"] else row["column"]
        click.echo(f"  {row['source']}  ->  {meaning or 'left out'}")


def _tell_defaults(catalogue: Catalogue) -> None:
    from carbon.terms import ORIGINS

    count = (catalogue.origin == ORIGINS.index("default")).sum()
    click.echo(f"assumed from the category (of {len(catalogue.skus)} SKUs)")
    for name, number in count[count > 0].items():
        click.echo(f"  {name}: {number}")


def _tell_problems(catalogue: Catalogue, *, most: int = 10, brief: bool = False) -> None:
    problems = catalogue.problems
    if problems.empty:
        click.echo("no problems")
        return
    if brief:
        problems = problems[problems["severity"] != "note"]
    for row in problems.head(most).to_dict("records"):
        place = "" if row["row"] is None or row["row"] != row["row"] else f"row {row['row']:.0f}"
        click.echo(
            f"{row['severity']} {row['code']}  {place} {row['column']}: "
            f"{str(row['value'])[:60]!r}  {row['rule']}; {row['remedy']}"
        )
    if len(problems) > most:
        click.echo(f"... and {len(problems) - most} more; carbon check CATALOGUE -o problems.xlsx")
    left_out = int(catalogue.skus["failed"].sum())
    click.echo(f"{len(problems)} problems; {left_out} of {len(catalogue.skus)} SKUs left out")
