"""Reads rows of numbers with their texts, gives charts of pages as SVG: bars, Lorenz curves [px].

No font and no screen is needed, and the same numbers give the same bytes. Nothing is told by
colour alone: every bar has its name and its number, parts differ in pattern, curves in their dash.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from carbon.paper import strokes
from carbon.paper.strokes import GRID, LESS, MORE, PAPER, SIZE, SOFT, WHOLE, point
from carbon.paper.text import fitted, plain, width

__all__ = ["Bar", "Curve", "bars", "lorenz"]

WIDTH: Final = 720
ROW: Final = 30
THICK: Final = 16
LEGEND: Final = 30

FILLS: Final = (MORE, LESS, WHOLE)
"""Part by part."""

FONT: Final = (
    'font-family="Noto Sans, Noto Sans SC, Noto Sans CJK SC, Microsoft YaHei, PingFang SC, '
    'Arial, sans-serif"'
)
PLOT: Final = 330
"""Side of the square of a Lorenz curve."""

DASHES: Final = ("", "7 4", "2 3")


@dataclass(frozen=True)
class Bar:
    """A row of a bar chart.

    - ``label``: what it is; any text
    - ``parts``: lengths one after the other; the first is solid, the second hatched, the third
      light
    - ``text``: its number as text
    - ``low``, ``high``: ends of its interval, NaN without
    - ``strong``: a total
    """

    label: str
    parts: tuple[float, ...]
    text: str
    low: float = math.nan
    high: float = math.nan
    strong: bool = False


@dataclass(frozen=True)
class Curve:
    """A Lorenz curve.

    - ``label``: what it is, with its Gini coefficient
    - ``x``, ``y``: share of those counted, the poorest first, and their share of the whole [1]
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]


def bars(
    rows: Sequence[Bar], *, name: str, key: str, legend: Sequence[str] = (), unit: str = ""
) -> str:
    """Bars from zero, one below the other, as ``<svg>``; ``name`` is for those who do not see it.

    ``key`` (letters and digits) tells its patterns from those of other charts on the page;
    ``legend`` is what the parts of a bar are, none for bars of one part; ``unit`` is that of the
    axis.

    >>> "Tea &lt;1&gt;" in bars([Bar("Tea <1>", (2.0,), "2 kg")], name="n", key="a")
    True
    """
    texts = [plain(row.text) for row in rows]
    labels = [fitted(plain(row.label), SIZE, WIDTH * 0.42) for row in rows]
    left = max([60.0, *(width(label, SIZE, bold=True) for label in labels)]) + 14
    right = max([30.0, *(width(text, SIZE, bold=True) for text in texts)]) + 14
    ends = [value for row in rows for value in _ends(row) if math.isfinite(value)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    scale = (WIDTH - left - right) / ((high - low) or 1.0)
    top = (LEGEND if legend else 4) + (18 if unit else 0)
    height = top + ROW * max(len(rows), 1) + 6
    spoken = "; ".join(f"{plain(row.label)} {text}" for row, text in zip(rows, texts, strict=True))
    elements = [*_opened(height, f"{name}: {spoken}", key), *_legend(legend, key)]
    zero = left - low * scale
    if unit:
        elements.append(strokes.text(zero, top - 8, unit, SOFT, size=11))
    for position, row in enumerate(rows):
        middle = top + ROW * (position + 0.5)
        weight = "bold" if row.strong else ""
        elements.append(
            strokes.text(left - 10, middle + 4.5, labels[position], anchor="end", weight=weight)
        )
        start = zero
        for part, value in enumerate(row.parts):
            if not math.isfinite(value) or value == 0:
                continue
            colour = FILLS[2] if row.strong else FILLS[0]
            fill = colour if part == 0 else f"url(#{key}{part})"
            elements.append(
                _rect(min(start, start + value * scale), middle, abs(value) * scale, fill)
            )
            start += value * scale
        last = max(zero, start)
        if math.isfinite(row.low) and math.isfinite(row.high):
            ends_at = (zero + row.low * scale, zero + row.high * scale)
            last = max(last, ends_at[1])
            elements += strokes.whisker(*ends_at, middle)
        elements.append(strokes.text(last + 8, middle + 4.5, texts[position], weight=weight))
    elements.append(strokes.line(zero, top, zero, top + ROW * len(rows), SOFT))
    return "\n".join([*elements, "</svg>"])


def lorenz(
    curves: Sequence[Curve], *, name: str, across: str, up: str, equal: str, key: str = "lorenz"
) -> str:
    """At most three Lorenz curves beside the line of equality, as ``<svg>``; see :func:`bars`.

    >>> half = Curve("before, Gini 0.50", [0, 0.5, 1], [0, 0, 1])
    >>> lorenz([half], name="n", across="rooms", up="share", equal="all alike").count("<path")
    2
    """
    left, top = 56.0, 12.0
    height = top + PLOT + 48
    elements = _opened(height, f"{name}: " + "; ".join(plain(curve.label) for curve in curves), key)
    for tick in range(0, 101, 20):
        x, y = left + tick / 100 * PLOT, top + PLOT - tick / 100 * PLOT
        elements.append(strokes.line(x, top, x, top + PLOT, GRID))
        elements.append(strokes.line(left, y, left + PLOT, y, GRID))
        elements.append(strokes.text(x, top + PLOT + 16, f"{tick}\u00a0%", SOFT, "middle", size=11))
        elements.append(strokes.text(left - 6, y + 4, f"{tick}\u00a0%", SOFT, "end", size=11))
    elements.append(strokes.text(left + PLOT / 2, top + PLOT + 38, across, anchor="middle"))
    legend = left + PLOT + 34
    room = WIDTH - legend
    elements.append(strokes.text(legend, top + 14, fitted(plain(up), SIZE, room)))
    shown = [Curve(equal, (0.0, 1.0), (0.0, 1.0)), *curves]
    for position, curve in enumerate(shown):
        colour = FILLS[(position - 1) % 3] if position else SOFT
        dash = DASHES[(position - 1) % 3] if position else "1 4"
        points = [
            f"{point(left + x * PLOT)} {point(top + PLOT - y * PLOT)}"
            for x, y in zip(curve.x, curve.y, strict=True)
        ]
        elements.append(_path("M" + " L".join(points), colour, dash))
        y = top + 46 + 26 * position
        elements.append(strokes.line(legend, y, legend + 28, y, colour, 2, dash))
        elements.append(
            strokes.text(legend + 36, y + 4.5, fitted(plain(curve.label), SIZE, room - 36))
        )
    return "\n".join([*elements, "</svg>"])


def _ends(row: Bar) -> tuple[float, ...]:
    reached, end = [], 0.0
    for part in row.parts:
        end += part if math.isfinite(part) else 0.0
        reached.append(end)
    return (*reached, row.low, row.high)


def _opened(height: float, spoken: str, key: str) -> list[str]:
    """The element, what it says, and its patterns."""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {point(height)}" '
        f'width="{WIDTH}" height="{point(height)}" role="img" '
        f"aria-label={quoteattr(plain(spoken))} {FONT}>",
        f'<defs><pattern id="{key}1" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{PAPER}"/>'
        f'<rect width="2.5" height="6" fill="{FILLS[0]}"/></pattern>'
        f'<pattern id="{key}2" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{PAPER}"/>'
        f'<circle cx="3" cy="3" r="1" fill="{FILLS[0]}"/></pattern></defs>',
    ]


def _legend(words: Sequence[str], key: str) -> list[str]:
    elements, x = [], 4.0
    for part, word in enumerate(words):
        fill = FILLS[0] if part == 0 else f"url(#{key}{part})"
        elements.append(_rect(x, 12, 18, fill))
        elements.append(strokes.text(x + 26, 16.5, plain(word)))
        x += 52 + width(plain(word), SIZE)
    return elements


def _rect(x: float, middle: float, wide: float, fill: str) -> str:
    stroke = f' stroke="{FILLS[0]}"' if fill.startswith("url") else ""
    return (
        f'<rect x="{point(x)}" y="{point(middle - THICK / 2)}" width="{point(max(wide, 1))}" '
        f'height="{THICK}" fill="{fill}"{stroke}/>'
    )


def _path(points: str, colour: str, dash: str) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'
