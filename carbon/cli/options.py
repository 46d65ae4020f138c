"""What the commands share: options, the group that tells failures, words on problems."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from carbon.base.errors import CarbonError, OutputError
from carbon.base.terms import BOUNDARIES

if TYPE_CHECKING:
    import pandas as pd

    from carbon.catalogue.schema import Catalogue
    from carbon.run.batches import Outcome
    from carbon.study import Study

__all__ = [
    "Group",
    "Place",
    "draw_factors",
    "errors_in",
    "first_name",
    "guard",
    "new_study",
    "run_options",
    "scope",
    "since_options",
    "tell_defaults",
    "tell_headers",
    "tell_problems",
    "tell_run",
]


class Place(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A path, or a URL as it was written."""

    name = "path"

    def convert(self, value: Any, param: object, ctx: object) -> Path | str:
        """Leave a URL as it is."""
        del param, ctx
        return value if "://" in str(value) else Path(value)


SOURCE = click.argument("catalogue", type=Place())
TARGET = click.option("-o", "--output", required=True, type=Place(), metavar="OUT")
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
    "--edition", default="2026.2", show_default=True, help="Which factors are in force."
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
        click.option(
            "--background",
            default="",
            metavar="NAME",
            help="Your own background, preferred to shipped data; see carbon background.",
        ),
        EDITION,
    ):
        command = option(command)
    return command


def run_options(command: Callable[..., Any], *, size: int = 25_000) -> Callable[..., Any]:
    """Options of a batch run; the command is given them together, as ``running``.

    Parameters
    ----------
    command : callable
    size : int
        SKUs of a batch, where no other number is asked for.
    """

    @functools.wraps(command)
    def gathered(
        workers: int | None,
        batch: int,
        resume: bool | None,
        manifest: Path | str | None,
        **rest: Any,
    ) -> Any:
        running = {"workers": workers, "batch": batch, "resume": resume, "manifest": manifest}
        return command(running=running, **rest)

    for option in (
        click.option(
            "--manifest",
            type=Place(),
            metavar="JSON",
            help="Say what was done, by SKU; --since can go on from it.",
        ),
        click.option(
            "--resume/--no-resume",
            default=None,
            help="Go on with an interrupted run, or begin it again.",
        ),
        click.option(
            "--batch",
            default=size,
            show_default=True,
            type=click.IntRange(1, 1_000_000),
            help="SKUs in memory at once, for each worker; it changes no number.",
        ),
        click.option(
            "--workers",
            type=click.IntRange(1, 1024),
            help="Processes; as many as there are cores without.",
        ),
    ):
        gathered = option(gathered)
    return gathered


def since_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a run that goes on from an earlier one; they join those of :func:`run_options`."""

    @functools.wraps(command)
    def gathered(
        running: dict[str, Any], since: Path | str | None, changes: Path | None, **rest: Any
    ) -> Any:
        if changes is not None:
            if since is None:
                raise click.UsageError("--changes lists what has changed --since a manifest")
            guard(changes, since, *([rest["catalogue"]] if rest["catalogue"] else []))
        return command(running=running | {"since": since, "changes": changes}, **rest)

    for option in (
        click.option(
            "--changes",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="List what has changed since, as a table.",
        ),
        click.option(
            "--since",
            type=Place(),
            metavar="JSON",
            help="Manifest of an earlier run: what is as it was is copied from its result.",
        ),
    ):
        gathered = option(gathered)
    return gathered


def new_study(**scope: Any) -> Study:
    """A study of the scope asked for; the heavy libraries are imported here."""
    from carbon.footprint.uncertainty import cores
    from carbon.run.workers import settle
    from carbon.study import Study

    settle(cores())
    return Study(**scope)


def guard(
    output: Path | str | None,
    *inputs: Path | str,
    folder: bool = False,
    only: tuple[str, ...] = (),
    index: str = "",
) -> None:
    """Refuse, before anything is computed, a result that could not or must not be written.

    Parameters
    ----------
    output : pathlib.Path, URL or None
        Where the result goes.
    *inputs : pathlib.Path or URL
        Files and folders that are read.
    folder : bool
        A folder may be written too: a name without an extension.
    only : tuple of str
        Extensions of what is no table; those of tables without.
    index : str
        How the index of a folder of files begins: any name is that of a folder.

    Raises
    ------
    carbon.base.errors.OutputError
        O002 if the format is not known, O004 if the result would replace an input, B009 if it
        would replace a folder that holds something else.
    """
    from carbon.run.publish import check_folder
    from carbon.run.results import FORMATS

    if output is None:
        return
    suffix = "" if index else PurePath(output).suffix.lower()
    if suffix not in (only or FORMATS) and not (folder and not suffix):
        detail = f"this one is {' or '.join(only)}" if only else ""
        raise OutputError("O002", detail, file=str(output))
    if isinstance(output, str):
        read = [str(each).rstrip("/") for each in inputs]
        if output in read or any(output.startswith(f"{each}/") for each in read):
            raise OutputError("O004", file=output)
        if not suffix:
            check_folder(output, index)
        return
    for source in (Path(each) for each in inputs if "://" not in str(each)):
        same = output.exists() and source.exists() and output.samefile(source)
        # what is no table is not read again with the folder in which it lies
        inside = not only and source.is_dir() and source.resolve() in output.resolve().parents
        if same or inside:
            raise OutputError("O004", file=str(output))
    if not suffix:
        check_folder(output, index)


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
    from carbon.base.terms import ORIGINS

    count = (catalogue.origin == ORIGINS.index("default")).sum()
    click.echo(f"assumed from the category (of {len(catalogue.skus)} SKUs)")
    for name, number in count[count > 0].items():
        click.echo(f"  {name}: {number}")


def tell_run(outcome: Outcome, basis: object) -> None:
    """What a run did: rows, problems by code, what was assumed, rate."""
    click.echo(
        f"{outcome.skus} SKUs, {outcome.skus - outcome.left_out} computed, "
        f"{outcome.left_out} left out -> {outcome.output}  [{basis}]"
    )
    if outcome.resumed:
        click.echo(f"{outcome.resumed} SKUs were finished before")
    if outcome.changes:
        told = (f"{count} {name}" for name, count in outcome.changes.items())
        click.echo(f"since the manifest: {', '.join(told)}")
    if outcome.defaulted:
        told = (f"{name} {count}" for name, count in outcome.defaulted.most_common(8))
        click.echo(f"assumed from the category: {', '.join(told)}")
    for reject in outcome.rejects[:10]:
        place = f"rows {reject.first} to {reject.last}" if reject.first else "all of it"
        click.echo(f"error B005  {reject.file} {place} could not be read: {reject.reason}")
    told_problems(outcome.problems)
    count = sum(number for code, number in outcome.codes.items())
    if count:
        codes = ", ".join(f"{code} {number}" for code, number in sorted(outcome.codes.items()))
        click.echo(
            f"{count} problems ({codes}); {outcome.left_out} of {outcome.skus} SKUs left out"
        )
    else:
        click.echo("no problems")
    if outcome.manifest is not None:
        click.echo(f"manifest -> {outcome.manifest}")
    rate = outcome.skus / max(outcome.seconds, 1e-9)
    click.echo(f"{outcome.seconds:,.1f} s, {rate:,.0f} SKUs/s", err=True)


def told_problems(problems: pd.DataFrame) -> None:
    """Problems, a line each."""
    for row in problems.to_dict("records"):
        place = "" if row["row"] is None or row["row"] != row["row"] else f"row {row['row']:.0f}"
        click.echo(
            f"{row['severity']} {row['code']}  {place} {row['column']}: "
            f"{str(row['value'])[:60]!r}  {row['rule']}; {row['remedy']}"
        )


def tell_problems(catalogue: Catalogue, *, most: int = 10, brief: bool = False) -> None:
    """Problems with row, column, value, rule and remedy."""
    problems = catalogue.problems
    if problems.empty:
        click.echo("no problems")
        return
    if brief:
        problems = problems[problems["severity"] != "note"]
    told_problems(problems.head(most))
    if len(problems) > most:
        click.echo(f"... and {len(problems) - most} more; carbon check CATALOGUE -o problems.xlsx")
    left_out = int(catalogue.skus["failed"].sum())
    click.echo(f"{len(problems)} problems; {left_out} of {len(catalogue.skus)} SKUs left out")
