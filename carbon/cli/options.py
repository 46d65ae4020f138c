"""Reads nothing, gives options that commands share, languages, old names and failures."""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from carbon.base.errors import CarbonError, OutputError
from carbon.base.faults import shown_text, unexpected
from carbon.base.terms import BOUNDARIES, DEFAULT_EDITION
from carbon.base.words import LANGUAGES, default_language, text

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = [
    "OLD_NAMES",
    "Command",
    "Group",
    "Place",
    "command",
    "draw_factors",
    "echo",
    "language",
    "new_study",
    "progress",
    "run_options",
    "scope",
    "since_options",
]

OLD_NAMES: Final = {
    "--most": "--show",
    "--since": "--previous-run",
    "--outline": "--text-as-paths",
    "--against": "--compare-with",
    "--only": "--sku",
}
"""Option as it was called up to version 0.1 → as it is called now."""

PATH = click.Path(path_type=Path)
"""A file or folder of this machine."""

LANG_KEY: Final = "carbon.lang"
"""Where a running command keeps its language."""


class Place(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A path, or a URL as it was written."""

    name = "path"

    def convert(self, value: Any, param: object, ctx: object) -> Path | str:
        """Leave a URL as it is."""
        del param, ctx
        return value if "://" in str(value) else Path(value)


def language() -> str:
    """Language of the running command: that of its --lang, else of the locale."""
    ctx = click.get_current_context(silent=True)
    chosen = None if ctx is None else ctx.meta.get(LANG_KEY)
    return chosen or default_language()


def _one_language(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    ctx.meta[LANG_KEY] = value or default_language()
    return str(ctx.meta[LANG_KEY])


def _languages(
    ctx: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[str, ...]:
    names = dict.fromkeys(part.strip() for part in (value or default_language()).split(","))
    if not set(names) <= set(LANGUAGES):
        raise click.BadParameter("zh, en or zh,en")
    ctx.meta[LANG_KEY] = next(iter(names))
    return tuple(names)


LANG = click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    callback=_one_language,
    help="Language of what is said; that of the locale without.",
)
LANGS = click.option(
    "--lang",
    "langs",
    metavar="zh|en|zh,en",
    callback=_languages,
    help="Language of what is made; with a comma both, the first one first. That of the locale "
    "without.",
)
SAID_IN = click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    callback=_one_language,
    expose_value=False,
    help="Language of what is said; that of the locale without.",
)


class Command(click.Command):
    """A command that says what it says in a language, and knows what its options were called."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not any("--lang" in each.opts for each in self.params):
            SAID_IN(self)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read options under their old names too, and say what they are called now."""
        known = {name for each in self.params for name in each.opts}
        renamed = {old: new for old, new in OLD_NAMES.items() if new in known and old not in known}
        stop = args.index("--") if "--" in args else len(args)
        for at, word in enumerate(args[:stop]):
            name, equals, value = word.partition("=")
            if name in renamed:
                args[at] = f"{renamed[name]}{equals}{value}"
                note = text("cli.renamed", default_language(), old=name, new=renamed[name])
                echo(note, err=True)
        return super().parse_args(ctx, args)


def echo(text: object = "", *, err: bool = False) -> None:
    """Print a line; what would steer the terminal is shown instead of sent.

    Parameters
    ----------
    text : object
        May hold names and cells of files.
    err : bool
        Print on stderr.
    """
    click.echo(shown_text(str(text)), err=err)


class Group(click.Group):
    """A group whose failures are told in one line, with the exit code of their kind."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and turn what a user can cause into a line and an exit code."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal may not have every character
                stream.reconfigure(errors="backslashreplace")
        failure: CarbonError
        try:
            return super().invoke(ctx)
        except CarbonError as error:
            failure = error
        except BrokenPipeError:
            sys.stderr.close()
            return ctx.exit(0)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            failure = OutputError("O001", str(error))
        except Exception as error:
            failure = unexpected(error, sys.argv[1:])
        echo(f"carbon: {failure.text(ctx.meta.get(LANG_KEY) or 'en')}", err=True)
        return ctx.exit(failure.exit_code)


command = functools.partial(click.command, cls=Command)
"""Decorator of a command."""

SOURCE = click.argument("catalogue", type=Place())
TARGET = click.option("-o", "--output", required=True, type=Place(), metavar="OUT")
CATALOGUE = click.argument("catalogue", type=PATH)
OUTPUT = click.option("-o", "--output", required=True, type=PATH, metavar="OUT")
AS_TABLE = click.option("-o", "--output", type=PATH, metavar="OUT", help="As a table.")
SKUS = click.option("--sku", "skus", multiple=True, metavar="SKU", help="May be repeated.")
FACTORS = click.option(
    "--factors",
    "factors",
    multiple=True,
    metavar="DIR",
    type=PATH,
    help="Your own factor package; it is preferred. May be repeated.",
)
WORDS = click.option(
    "--map",
    "words",
    type=PATH,
    metavar="CSV",
    help="Your words and what they mean here; carbon check --learn lists them.",
)
DRAWS = click.option(
    "--draws",
    default=1000,
    show_default=True,
    type=click.IntRange(0, 100_000),
    help="Draws for 95 % intervals and data quality; 0 leaves them out.",
)
EDITION = click.option(
    "--edition", default=DEFAULT_EDITION, show_default=True, help="Which factors are in force."
)
REFERENCES = click.option(
    "--references",
    type=PATH,
    metavar="JSON",
    help="Your own references, from carbon reference build; else the edition's archetypes.",
)
POLICY = click.option(
    "--policy",
    "policy_file",
    default="default",
    show_default=True,
    metavar="FILE",
    help="Policy of the platform, TOML, or a shipped one by name.",
)
MARKET = click.option(
    "--market",
    default="neutral",
    show_default=True,
    help="Whose rules on claims every text passes: EU, China, neutral, or a rule file.",
)


def show(count: int, what: str) -> Callable[..., Any]:
    """Option that says how many rows are printed.

    Parameters
    ----------
    count : int
        Without the option.
    what : str
        As ``Problems``.
    """
    return click.option("--show", default=count, show_default=True, help=f"{what} to print.")


def scope(function: Callable[..., Any]) -> Callable[..., Any]:
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
        function = option(function)
    return function


def run_options(function: Callable[..., Any], *, size: int = 25_000) -> Callable[..., Any]:
    """Options of a batch run; the command is given them together, as ``running``.

    Parameters
    ----------
    function : callable
    size : int
        SKUs of a batch, where no other number is asked for.
    """

    @functools.wraps(function)
    def gathered(
        workers: int | None,
        batch: int,
        resume: bool | None,
        manifest: Path | str | None,
        **rest: Any,
    ) -> Any:
        running = {"workers": workers, "batch": batch, "resume": resume, "manifest": manifest}
        return function(running=running, **rest)

    for option in (
        click.option(
            "--manifest",
            type=Place(),
            metavar="JSON",
            help="Say what was done, by SKU; --previous-run can go on from it.",
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


def since_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a run that goes on from an earlier one; they join those of :func:`run_options`."""
    from carbon.cli.outputs import guard

    @functools.wraps(function)
    def gathered(
        running: dict[str, Any], previous_run: Path | str | None, changes: Path | None, **rest: Any
    ) -> Any:
        if changes is not None:
            if previous_run is None:
                raise click.UsageError("--changes lists what has changed since a --previous-run")
            guard(changes, previous_run, *([rest["catalogue"]] if rest["catalogue"] else []))
        return function(running=running | {"since": previous_run, "changes": changes}, **rest)

    for option in (
        click.option(
            "--changes",
            type=PATH,
            metavar="FILE",
            help="List what has changed since, as a table.",
        ),
        click.option(
            "--previous-run",
            type=Place(),
            metavar="JSON",
            help="Manifest of an earlier run: what is as it was is copied from its result.",
        ),
    ):
        gathered = option(gathered)
    return gathered


def new_study(**scope: Any) -> Study:
    """A study of the scope asked for; the heavy libraries are imported here."""
    from carbon.base.threads import cores
    from carbon.run.workers import settle
    from carbon.study import Study

    settle(cores())
    return Study(**scope)


@contextmanager
def progress(name: str, length: int) -> Iterator[Callable[[int], object]]:
    """Show how far a long task is, on stderr.

    Parameters
    ----------
    name : str
        A key of the section ``cli`` of ``templates/words.toml``, or words of their own.
    length : int
        How many there are to do.

    Yields
    ------
    callable
        Takes how many were done since the last call.
    """
    keys = {"drawing factors": "drawing", "drawing seasons": "seasons"}
    label = text(f"cli.{keys.get(name, name)}", language())
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


def draw_factors(study: Study, draws: int) -> None:
    """Draw the background once, with a progress bar, unless it is in the cache."""
    if draws:
        with progress("drawing factors", draws) as done:
            study.sampler(draws, progress=done)
