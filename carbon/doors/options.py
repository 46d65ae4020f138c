"""What the commands share: options, the group that tells failures, words on problems."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.errors import CarbonError, OutputError
from carbon.terms import BOUNDARIES

if TYPE_CHECKING:
    from carbon.catalogue.schema import Catalogue
    from carbon.study import Study

__all__ = [
    "Group",
    "draw_factors",
    "errors_in",
    "first_name",
    "guard",
    "new_study",
    "scope",
    "tell_defaults",
    "tell_headers",
    "tell_problems",
]

CATALOGUE = click.argument("catalogue", type=click.Path(path_type=Path))
FACTORS = click.option(
    "--factors",
    "factors",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Your own factor package; it is preferred. May be repeated.",
)
OUTPUT = click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT"
)
DRAWS = click.option(
    "--draws",
    default=1000,
    show_default=True,
    type=click.IntRange(0, 100_000),
    help="Draws for 95 % intervals and data quality; 0 leaves them out.",
)
EDITION = click.option(
    "--edition", default="2026.1", show_default=True, help="Which factors are in force."
)
LANG = click.option(
    "--lang",
    default="en",
    show_default=True,
    type=click.Choice(["zh", "en"]),
    help="Language of reasons and pictures.",
)


class Group(click.Group):
    """A group whose failures are told in one line, with the exit code of their kind."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and turn what a user can cause into a line and an exit code."""
        try:
            return super().invoke(ctx)
        except CarbonError as error:
            click.echo(f"carbon: {error}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(0)
        except OSError as error:
            click.echo(f"carbon: {OutputError('O001', str(error))}", err=True)
            ctx.exit(OutputError.exit_code)


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


def new_study(**scope: Any) -> Study:
    """A study of the scope asked for; the heavy libraries are imported here."""
    from carbon.study import Study

    return Study(**scope)


def guard(output: Path | None, *inputs: Path) -> None:
    """Refuse, before anything is computed, a result that could not or must not be written.

    Parameters
    ----------
    output : pathlib.Path or None
        Where the result goes.
    *inputs : pathlib.Path
        Files and folders that are read.

    Raises
    ------
    carbon.errors.OutputError
        O002 if the format is not known, O004 if the result would replace an input.
    """
    from carbon.doors.batch import FORMATS

    if output is None:
        return
    if output.suffix.lower() not in FORMATS:
        raise OutputError("O002", file=str(output))
    for source in inputs:
        same = output.exists() and source.exists() and output.samefile(source)
        if same or (source.is_dir() and output.resolve().parent == source.resolve()):
            raise OutputError("O004", file=str(output))


def draw_factors(study: Study, draws: int) -> None:
    """Draw the background once, with a progress bar, unless it is in the cache."""
    if draws:
        with click.progressbar(length=draws, label="drawing factors", file=sys.stderr) as bar:
            study.sampler(draws, progress=bar.update)


def first_name(catalogue: Catalogue) -> str:
    """Identifier and name of the first SKU."""
    sku, name = (str(catalogue.skus[column].iloc[0]) for column in ("sku", "name"))
    return sku if name in ("", "nan", "None") else f"{sku}  {name}"


def errors_in(catalogue: Catalogue) -> bool:
    """Whether anything was left out, a SKU or a line."""
    return bool((catalogue.problems["severity"] == "error").any())


def tell_headers(catalogue: Catalogue) -> None:
    """How each header was understood."""
    click.echo("columns")
    for row in catalogue.headers.to_dict("records"):
        meaning = f"{row['column']} [{row['unit']}]" if row["unit"] else row["column"]
        click.echo(f"  {row['source']}  ->  {meaning or 'left out'}")


def tell_defaults(catalogue: Catalogue) -> None:
    """How many cells of each column were assumed."""
    from carbon.terms import ORIGINS

    count = (catalogue.origin == ORIGINS.index("default")).sum()
    click.echo(f"assumed from the category (of {len(catalogue.skus)} SKUs)")
    for name, number in count[count > 0].items():
        click.echo(f"  {name}: {number}")


def tell_problems(catalogue: Catalogue, *, most: int = 10, brief: bool = False) -> None:
    """Problems with row, column, value, rule and remedy."""
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
