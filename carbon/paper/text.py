"""Reads any text, gives what can be printed of it, how wide it is and where its lines break [em].

Widths come from a table of a Chinese typeface, not from the fonts of the machine, so that the same
label breaks its lines in the same places everywhere. What the table does not have counts a full
em, emoji a little more.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from carbon.base.words import template_rows

__all__ = ["fitted", "plain", "width", "wrapped"]

LONGEST: Final = 2_000
"""Characters of a text that are looked at; no line of paper holds so many."""

MARKS: Final = 2
"""Combining marks that one character keeps; a tower of them would run over its line."""

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
UNSEEN: Final = re.compile(
    r"[\u00ad\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    r"\uffa0\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
FORBIDDEN: Final = re.compile(r"[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
ASTRAL: Final = re.compile(r"[\U0001f000-\U0001faff\ufdfa-\ufdfd]")
SIMPLE: Final = re.compile(r"[ -~\u00a1-\u024f\u3001-\u30ff\u4e00-\u9fff\uff01-\uff5e]*\Z")
ELLIPSIS: Final = "…"
NOT_FIRST: Final = frozenset("、。，．：；！？％）］｝〉》」』】〕’”…·!%),.:;?]}")
NOT_LAST: Final = frozenset("（［｛〈《「『【〔‘“([{")


@cache
def _advances(*, bold: bool) -> dict[str, float]:
    """Width of each character of the table [em]."""
    column = "bold" if bold else "regular"
    rows = template_rows("paper", "advances.csv")
    return {chr(int(row["character"][2:], 16)): float(row[column]) for row in rows}


def plain(text: str) -> str:
    """One line of a text, of what can be printed.

    In NFC, without control and bidirectional marks, invisible characters, more than two combining
    marks in a row, or doubled spaces; at most 2,000 characters.

    >>> plain("a\\tb\\u202e  c\\n")
    'a b c'
    """
    if SIMPLE.match(text) and len(text) <= LONGEST:
        return " ".join(text.split())
    text = FORBIDDEN.sub("", UNSEEN.sub("", CONTROL.sub(" ", text[:LONGEST])))
    text = unicodedata.normalize("NFC", text)
    characters: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MARKS:
            characters.append(character)
    return " ".join("".join(characters).split())


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text of one line is, in the unit of its size.

    >>> width("碳足迹", 10)
    30.0
    """
    get = _advances(bold=bold).get
    ems = sum([get(character, 1.0) for character in text])
    if not text.isascii():
        ems += 0.4 * len(ASTRAL.findall(text))
    return ems * size


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """A line cut to a width, with an ellipsis if something is left out.

    >>> fitted("碳足迹标签", 10, 36)
    '碳足…'
    """
    if width(text, size, bold=bold) <= room:
        return text
    kept = _prefix(text, room - width(ELLIPSIS, size, bold=bold), size, bold)
    return text[:kept].rstrip() + ELLIPSIS


def wrapped(
    text: str, size: float, room: float, count: int = 2, *, bold: bool = False
) -> list[str]:
    """A text in lines, at least one: broken at spaces and between Chinese characters.

    The last of at most ``count`` lines ends in an ellipsis if something is left out.

    >>> wrapped("organic cotton T-shirt", 10, 90)
    ['organic cotton', 'T-shirt']
    """
    lines: list[str] = []
    while len(lines) < count - 1 and width(text, size, bold=bold) > room:
        cut = _break(text, max(_prefix(text, room, size, bold), 1))
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*lines, fitted(text, size, room, bold=bold)]


def _prefix(text: str, room: float, size: float, bold: bool) -> int:
    """How many characters fit."""
    get = _advances(bold=bold).get
    used = 0.0
    for position, character in enumerate(text):
        wide = 1.4 if ASTRAL.match(character) else get(character, 1.0)
        used += wide * size
        if used > room:
            while position > 0 and unicodedata.combining(text[position]):
                position -= 1
            return position
    return len(text)


def _break(text: str, most: int) -> int:
    """The last place, not after ``most``, where a line may end."""
    for position in range(most, most // 3, -1):
        if position < len(text) and _may_break(text[position - 1], text[position]):
            return position
    return most


def _may_break(before: str, after: str) -> bool:
    if before == " " or after == " ":
        return True
    if after in NOT_FIRST or before in NOT_LAST or unicodedata.combining(after):
        return False
    return before == "/" or "\u2e80" <= before <= "\uffef" or "\u2e80" <= after <= "\uffef"
