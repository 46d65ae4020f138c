"""Reads a command line in a language, gives commands that know old names and say failures."""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

import click

from carbon.base.codes import detail_in
from carbon.base.errors import CarbonError, OutputError
from carbon.base.faults import shown_text, unexpected
from carbon.base.words import LANGUAGES, default_language, text

__all__ = [
    "OLD_NAMES",
    "Command",
    "Group",
    "command",
    "echo",
    "language",
    "languages",
    "one_language",
]

OLD_NAMES: Final = {
    "--most": "--show",
    "--since": "--previous-run",
    "--outline": "--text-as-paths",
    "--against": "--compare-with",
    "--only": "--sku",
}
"""Option as it was called up to version 0.1 → as it is called now."""

LANG_KEY: Final = "carbon.lang"
"""Where a running command keeps its language."""


def language() -> str:
    """Language of the running command: that of its --lang, else of the locale."""
    return language_of(click.get_current_context(silent=True))


def language_of(ctx: click.Context | None) -> str:
    """Language of a command."""
    chosen = None if ctx is None else ctx.meta.get(LANG_KEY)
    return chosen or default_language()


def note_language(ctx: click.Context, args: list[str]) -> None:
    """Keep the language that a command line asks for, even if the rest of it is wrong."""
    for word, after in zip(args, [*args[1:], ""], strict=False):
        name, _, value = word.partition("=")
        first = (value or after).split(",")[0].strip()
        if name == "--lang" and first in LANGUAGES:
            ctx.meta[LANG_KEY] = first


def one_language(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    """Keep the language of --lang, or of the locale, for what the command says."""
    ctx.meta[LANG_KEY] = value or language_of(ctx)
    return str(ctx.meta[LANG_KEY])


def languages(
    ctx: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[str, ...]:
    """Languages of --lang; the first is that in which the command speaks."""
    names = dict.fromkeys(part.strip() for part in (value or language_of(ctx)).split(","))
    if not set(names) <= set(LANGUAGES):
        raise click.BadParameter("zh, en or zh,en")
    ctx.meta[LANG_KEY] = next(iter(names))
    return tuple(names)


SAID_IN = click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    callback=one_language,
    expose_value=False,
    help="Language of what is said; that of the locale without.",
)


class Context(click.Context):
    """A running command, whose help is in its language."""

    def make_formatter(self) -> click.HelpFormatter:
        """What writes the help; the Chinese of it is read where it is asked for only."""
        if language_of(self) != "zh":
            return super().make_formatter()
        from carbon.cli.chinese_help import ChineseHelp

        return ChineseHelp(width=self.terminal_width, max_width=self.max_content_width)


class Command(click.Command):
    """A command that says what it says in a language, and knows what its options were called."""

    context_class = Context

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not any("--lang" in each.opts for each in self.params):
            SAID_IN(self)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read options under their old names too, and say what they are called now."""
        note_language(ctx, args)
        known = {name for each in self.params for name in each.opts}
        renamed = {old: new for old, new in OLD_NAMES.items() if new in known and old not in known}
        stop = args.index("--") if "--" in args else len(args)
        for at, word in enumerate(args[:stop]):
            name, equals, value = word.partition("=")
            if name in renamed:
                args[at] = f"{renamed[name]}{equals}{value}"
                note = text("cli.renamed", language_of(ctx), old=name, new=renamed[name])
                echo(note, err=True)
        return super().parse_args(ctx, args)


def echo(text: object = "", *, err: bool = False) -> None:
    """Print a line; what would steer the terminal is shown instead of sent.

    ``text``: may hold names and cells of files; ``err``: print on stderr.
    """
    click.echo(shown_text(str(text)), err=err)


class Group(click.Group):
    """A group whose failures are told in one line, with the exit code of their kind."""

    command_class = Command
    context_class = Context

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        SAID_IN(self)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the language before anything can be wrong with the rest."""
        note_language(ctx, args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            return _told(ctx, error)

    def sections(self) -> Mapping[str, Iterable[str]]:
        """Names of the commands under the headings of the help."""
        return {"Commands": self.commands}

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of each section; Chinese is short enough to stand whole."""
        chinese = language_of(ctx) == "zh"
        for title, names in self.sections().items():
            rows = []
            for name in names:
                each = self.commands[name]
                first = (each.help or "").partition("\n\n")[0]
                rows.append((name, first if chinese else each.get_short_help_str(60)))
            with formatter.section(title):
                formatter.write_dl(rows)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Read a command line; what is said of it, and its help, any terminal can take."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal may not have every character
                stream.reconfigure(errors="backslashreplace")
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and turn what a user can cause into a line and an exit code."""
        failure: CarbonError
        try:
            return super().invoke(ctx)
        except CarbonError as error:
            failure = error
        except BrokenPipeError:
            sys.stderr.close()
            return ctx.exit(0)
        except click.UsageError as error:
            return _told(ctx, error)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            failure = OutputError("O001", str(error))
        except Exception as error:
            failure = unexpected(error, sys.argv[1:])
        echo(f"carbon: {failure.text(language())}", err=True)
        return ctx.exit(failure.exit_code)


def _told(ctx: click.Context, error: click.UsageError) -> NoReturn:
    """Say in Chinese why a command line was not understood, or leave it to click in English."""
    if language_of(ctx) != "zh" or isinstance(error, click.exceptions.NoArgsIsHelpError):
        raise error
    from carbon.cli.chinese_help import values

    if error.ctx is not None:
        usage = values(" ".join(error.ctx.command.collect_usage_pieces(error.ctx)))
        path = error.ctx.command_path
        echo(text("cli.usage", "zh", path=path, usage=usage), err=True)
        echo(text("cli.try_help", "zh", path=path), err=True)
    message = values(detail_in(error.format_message(), "zh"))
    echo(text("cli.not_understood", "zh", message=message), err=True)
    ctx.exit(error.exit_code)


command = functools.partial(click.command, cls=Command)
"""Decorator of a command."""
