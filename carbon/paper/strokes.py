"""Reads places and texts, gives what charts are drawn with: lines, text, whiskers [px]."""

from __future__ import annotations

import math
from typing import Final
from xml.sax.saxutils import escape

__all__ = ["line", "point", "step", "text", "whisker"]

INK, SOFT, GRID, PAPER = "#1a1a1a", "#595959", "#d9d9d9", "#ffffff"
MORE, LESS, WHOLE = "#1f6f4a", "#8a3b12", "#2b3a67"
"""Above zero, below zero or worse, whole: each at least 4.5 : 1 on paper (WCAG 2 AA)."""

SIZE: Final = 13.0
"""Size of type that has none of its own [px]."""


def line(
    x1: float, y1: float, x2: float, y2: float, colour: str, wide: float = 1, dash: str = ""
) -> str:
    """A straight line [px]; ``dash`` are lengths of dashes and gaps, solid without.

    >>> line(0, 0.5, 10, 0.5, INK)
    '<line x1="0" y1="0.5" x2="10" y2="0.5" stroke="#1a1a1a" stroke-width="1"/>'
    """
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{point(x1)}" y1="{point(y1)}" x2="{point(x2)}" y2="{point(y2)}" '
        f'stroke="{colour}" stroke-width="{wide:g}"{dashed}/>'
    )


def text(
    x: float,
    y: float,
    content: str,
    fill: str = INK,
    anchor: str = "",
    weight: str = "",
    size: float = SIZE,
) -> str:
    """A line of text, escaped, whose baseline begins, or ends, or has its middle at a point [px].

    ``anchor`` is ``middle`` or ``end``, the beginning without.

    >>> text(1, 2, "<tea>", anchor="end")
    '<text x="1" y="2" font-size="13" fill="#1a1a1a" text-anchor="end">&lt;tea&gt;</text>'
    """
    side = f' text-anchor="{anchor}"' if anchor else ""
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{point(x)}" y="{point(y)}" font-size="{size:g}" fill="{fill}"{side}{bold}>'
        f"{escape(content)}</text>"
    )


def whisker(low: float, high: float, middle: float) -> list[str]:
    """An interval [px]: a light line under a dark one, so that it is seen on a bar as well."""
    return [
        line(*ends, colour, wide)
        for colour, wide in ((PAPER, 4.0), (INK, 1.5))
        for ends in (
            (low, middle, high, middle),
            (low, middle - 5, low, middle + 5),
            (high, middle - 5, high, middle + 5),
        )
    ]


def step(length: float) -> float:
    """Distance between the marks of an axis: 1, 2 or 5 times a power of ten, at least ``length``.

    >>> step(0.13), step(40.0)
    (0.2, 50.0)
    """
    power = 10.0 ** math.floor(math.log10(length))
    return next(power * nice for nice in (1, 2, 5, 10) if power * nice >= length)


def point(value: float) -> str:
    """A coordinate to a hundredth, without noughts that say nothing."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
