"""Reads help in English as click lays it out, gives the same in Chinese, wrapped by columns."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final
from unicodedata import east_asian_width

import click

from carbon.base.words import templates_root, text

__all__ = ["ChineseHelp", "chinese", "help_words", "values"]

KEPT: Final = "\b"
"""click leaves the lines of a paragraph that begins with it as they are."""

BRACKET: Final = re.compile(r"(?:^|  )\[([^\[\]]*)\]$")
"""Default, range and duty of an option, as click writes them behind its help."""

VALUE: Final = re.compile(r"(?<![\w-])[A-Z][A-Z_]*(?: RANGE)?(?![\w-])")
"""A kind of value, as ``FILE`` or ``INTEGER RANGE``."""

CLOSING: Final = "，。；：、？）”〕"
PIECE: Final = re.compile(rf"\s+|[“（〔]*(?:[!-~]+|[^\s!-~])[{CLOSING}]*")
"""What stays together on a line: a Latin word or a character, with the marks around it."""


@cache
def help_words() -> Mapping[str, Mapping[str, str]]:
    """Chinese of ``templates/help.zh.toml``: section → English → Chinese."""
    return tomllib.loads((templates_root() / "help.zh.toml").read_text(encoding="utf-8"))


@cache
def _sentences() -> Mapping[str, str]:
    words = help_words()
    return {
        key: each for name in ("click", "command", "option") for key, each in words[name].items()
    }


def chinese(english: str) -> str:
    """The Chinese of a paragraph of help, or the paragraph where it has none, as an example.

    Examples
    --------
    >>> chinese("May be repeated."), chinese("carbon check goods.csv")
    ('可多次给出。', 'carbon check goods.csv')
    """
    return _sentences().get(" ".join(english.replace(KEPT, "").split()), english)


def values(usage: str) -> str:
    """A usage with its kinds of values in Chinese.

    Examples
    --------
    >>> values("[OPTIONS] CATALOGUE"), values("--scale FLOAT RANGE")
    ('[选项] 商品目录', '--scale 数值')
    """
    words = help_words()["value"]
    usage = usage.replace("[%Y-%m-%d]", words["DATE"])
    return VALUE.sub(lambda found: words.get(found[0], found[0]), usage)


def _columns(line: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)


def _wrapped(paragraph: str, width: int) -> Iterator[str]:
    """Lines of at most so many columns, broken between words and characters."""
    line = ""
    for piece in PIECE.findall(paragraph):
        if line and _columns(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += piece if line else piece.lstrip()
    if line:
        yield line.rstrip()


class ChineseHelp(click.HelpFormatter):
    """Writes Chinese where click writes English."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        del prefix
        self.write(text("cli.usage", "zh", path=prog, usage=values(args)) + "\n")

    def write_heading(self, heading: str) -> None:
        """Write the head of a section."""
        self.write(
            f"{'':>{self.current_indent}}{help_words()['heading'].get(heading, heading)}：\n"
        )

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        margin = " " * self.current_indent
        paragraphs = []
        for paragraph in re.split(r"\n\s*\n", text):
            said = chinese(paragraph)
            lines = said.replace(KEPT, "").strip("\n").splitlines()
            if KEPT not in paragraph:
                lines = list(_wrapped(" ".join(lines), self.width - self.current_indent))
            paragraphs.append("".join(f"{margin}{line.strip()}\n" for line in lines))
        self.write("\n".join(paragraphs))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write names and what they mean, in two columns."""
        said = [(values(first), _meaning(second)) for first, second in rows]
        longest = max((_columns(first) for first, _ in said), default=0)
        column = min(longest, col_max) + col_spacing
        margin = " " * self.current_indent
        for first, second in said:
            fits = _columns(first) <= column - col_spacing
            start = first + " " * (column - _columns(first)) if fits else first
            lines = list(_wrapped(second, max(self.width - column - self.current_indent, 10)))
            if not fits:
                self.write(f"{margin}{first}\n")
                start = " " * column
            for line in lines or [""]:
                self.write(f"{margin}{start}{line}".rstrip() + "\n")
                start = " " * column


def _meaning(english: str) -> str:
    """Help of an option in Chinese, with what click writes behind it."""
    found = BRACKET.search(english)
    said = chinese(english[: found.start()] if found else english)
    if not found:
        return said
    words = help_words()["bracket"]
    notes = []
    for note in found[1].split("; "):
        name, colon, value = note.partition(": ")
        notes.append(words.get(name, name) + ("：" + value if colon else ""))
    return f"{said}〔{'；'.join(notes)}〕"
