"""Reads nothing, gives options that commands share, and the study and progress they ask for."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.base.terms import BOUNDARIES, DEFAULT_EDITION
from carbon.base.words import LANGUAGES, text
from carbon.cli.frame import (
    OLD_NAMES,
    Command,
    Group,
    command,
    echo,
    language,
    languages,
    one_language,
)

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
    "ledger_options",
    "new_study",
    "progress",
    "run_options",
    "scope",
    "since_options",
    "words",
]

LANG = click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    callback=one_language,
    help="Language of what is said; that of the locale without.",
)
LANGS = click.option(
    "--lang",
    "langs",
    metavar="zh|en|zh,en",
    callback=languages,
    help="Language of what is made; with a comma both, the first one first. That of the locale "
    "without.",
)
PATH = click.Path(path_type=Path)
"""A file or folder of this machine."""


class Place(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A path, or a URL as it was written."""

    name = "path"

    def convert(self, value: Any, param: object, ctx: object) -> Path | str:
        """Leave a URL as it is."""
        del param, ctx
        return value if "://" in str(value) else Path(value)


SOURCE = click.argument("catalogue", type=Place())
WRITTEN = "Where the result is written."
TARGET = click.option("-o", "--output", required=True, type=Place(), metavar="OUT", help=WRITTEN)
CATALOGUE = click.argument("catalogue", type=PATH)
OUTPUT = click.option("-o", "--output", required=True, type=PATH, metavar="OUT", help=WRITTEN)
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
_MAP = click.option(
    "--map",
    type=PATH,
    metavar="CSV",
    help="Your words and what they mean here; carbon check --learn lists them.",
)
_PRESET = click.option(
    "--preset",
    default="",
    metavar="NAME",
    help="Program whose export the catalogue is, as shopify; recognised by its headers without, "
    "none for none.",
)
_EVIDENCE = click.option(
    "--evidence",
    type=PATH,
    metavar="FILE",
    help="Documents behind cells: a table of sku, column, document, sha256 or serial, and date.",
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

    ``what``: as ``Problems``.
    """
    return click.option("--show", default=count, show_default=True, help=f"{what} to print.")


def words(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say how a catalogue is read; :class:`carbon.study.Study` takes them."""
    decorated: Callable[..., Any] = _MAP(_PRESET(_EVIDENCE(function)))
    return decorated


def scope(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say goal and scope, and how a catalogue is read."""
    for option in (
        words,
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


def ledger_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that name the ledgers beside the rooms."""
    helps = {
        "sessions": "Sessions with studio energy and viewer-hours.",
        "sales": "Sales lines with returns.",
        "merchants": "Standing of merchants: block list, size, credit grade.",
        "certificates": "Certificates of green power with serials.",
        "credits": "Retired credits with serials.",
        "rates": "Currencies and their price in the policy's.",
    }
    for name, words in reversed(helps.items()):
        function = click.option(f"--{name}", type=PATH, metavar="FILE", help=words)(function)
    return function


def run_options(function: Callable[..., Any], *, size: int = 25_000) -> Callable[..., Any]:
    """Options of a batch run; the command is given them together, as ``running``.

    ``size``: SKUs of a batch, where no other number is asked for.
    """

    @functools.wraps(function)
    def gathered(**rest: Any) -> Any:
        running = {name: rest.pop(name) for name in ("workers", "batch", "resume", "manifest")}
        return function(running=running | {"lang": language()}, **rest)

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

    ``name``: a key of the section ``cli`` of ``templates/words.toml``, or words of their own.
    Yields: takes how many were done since the last call.
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
