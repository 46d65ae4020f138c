"""Reads stages or levers of one SKU, gives a chart as SVG: stages, or a waterfall [kg CO2e].

No screen and no font is needed, and the same numbers give the same bytes. Nothing is told by
colour alone: every bar has its name and its number beside it, and what falls below zero, or what
a lever makes worse, is hatched as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from carbon.base import digits
from carbon.base.words import basis_text, section
from carbon.paper import strokes
from carbon.paper.strokes import GRID, LESS, MORE, PAPER, SIZE, SOFT, WHOLE, point
from carbon.paper.text import fitted, plain

__all__ = ["stage_chart", "waterfall"]

WIDTH: Final = 820
LEFT: Final = 236
RIGHT: Final = 160
TOP: Final = 86
ROW: Final = 34
BAR: Final = 18
FOOT: Final = 56
NAME_ROOM: Final = 640.0
LABEL_ROOM: Final = LEFT - 26.0
BASIS_ROOM: Final = 790.0
"""Widths that a text may take [px]."""


@dataclass(frozen=True)
class _Bar:
    """A bar from one value to another, with its label, the text of its number and an interval."""

    label: str
    start: float
    end: float
    text: str
    colour: str
    hatched: bool = False
    low: float = math.nan
    high: float = math.nan


def stage_chart(
    stages: Mapping[str, float],
    *,
    intervals: Mapping[str, tuple[float, float]] | None = None,
    name: str = "",
    basis: str = "",
    lang: str = "zh",
) -> str:
    """Bars of the stages of one SKU, and of their total [kg CO2e per kept unit], as SVG.

    Stages come in the order to be shown; one that is NaN is outside the boundary and left out. 95 %
    intervals are by stage or ``total``; ``basis`` (edition, method, boundary) is printed below.

    >>> picture = stage_chart({"materials": 1.0, "packaging": -0.1}, name="Tea <1>", lang="en")
    >>> picture.startswith("<svg "), "Tea &lt;1&gt;" in picture
    (True, True)
    """
    words, spread = section("chart", lang), dict(intervals or {})
    shown = {stage: value for stage, value in stages.items() if not math.isnan(value)}
    total = math.fsum(shown.values())
    bars = []
    for stage, value in [*shown.items(), ("total", total)] if shown else ():
        low, high = spread.get(stage, (math.nan, math.nan))
        colour = WHOLE if stage == "total" else LESS if value < 0 else MORE
        text = digits.amount(value, low, high, words["to"])
        bars.append(_Bar(words.get(stage, stage), 0.0, value, text, colour, value < 0, low, high))
    notes = [words["unit"]]
    if spread:
        notes.append(words["interval"])
    if any(bar.hatched for bar in bars):
        notes.append(words["below"])
    return _drawn(bars, words["stages"], name, notes, basis, lang)


def waterfall(
    before: float,
    steps: Sequence[tuple[str, float]],
    *,
    name: str = "",
    basis: str = "",
    lang: str = "zh",
    says: Mapping[str, str] | None = None,
    target: float = math.nan,
) -> str:
    """Levers one after the other, from the footprint now to that with all of them, as SVG.

    Each step is a lever and the footprint after it and all before it [kg CO2e per kept unit];
    ``says`` are other words for ``levers`` (the title), ``unit``, ``now``, ``then`` and ``target``;
    a target to reach is a dashed line.

    >>> "−0.5" in waterfall(2.0, [("air to ground", 1.5)], lang="en")
    True
    """
    words = section("chart", lang) | dict(says or {})
    bars = [_Bar(words["now"], 0.0, before, digits.amount(before), WHOLE)]
    level = before
    for label, after in steps:
        change = after - level
        bars.append(
            _Bar(
                label, level, after, digits.signed(change), LESS if change > 0 else MORE, change > 0
            )
        )
        level = after
    if steps:
        bars.append(_Bar(words["then"], 0.0, level, digits.amount(level), WHOLE))
    notes = [words["unit"]] if steps else [words["unit"], words["none"]]
    if any(bar.hatched for bar in bars):
        notes.append(words["worse"])
    if math.isnan(before):
        bars = []
    if bars and math.isfinite(target):
        notes.append(f"{words['target']}{words['colon']}{digits.amount(target)}")
    return _drawn(bars, words["levers"], name, notes, basis, lang, target)


def _drawn(
    bars: Sequence[_Bar],
    title: str,
    name: str,
    notes: Sequence[str],
    basis: str,
    lang: str,
    target: float = math.nan,
) -> str:
    """The document: title, axis, bars, notes."""
    name = fitted(plain(name), 14, NAME_ROOM)
    heading = f"{title}{section('chart', lang)['colon']}{name}" if name else title
    height = TOP + ROW * max(len(bars), 1) + FOOT
    words = [f"{plain(bar.label)} {bar.text}" for bar in bars] or [
        section("chart", lang)["unknown"]
    ]
    elements = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d" '
        f'xml:lang="{lang}" font-family="Noto Sans, Noto Sans CJK SC, Microsoft YaHei, '
        'PingFang SC, Arial, sans-serif">',
        f'<title id="t">{escape(heading)}</title>',
        f'<desc id="d">{escape("; ".join(words) + ". " + notes[0])}</desc>',
        '<defs><pattern id="h" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)">'
        f'<rect width="6" height="6" fill="{PAPER}"/>'
        f'<rect width="3" height="6" fill="{LESS}"/></pattern></defs>',
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
        strokes.text(16, 28, title, size=18, weight="bold"),
        strokes.text(16, 52, name, SOFT, size=14),
    ]
    if bars:
        elements += _axis(bars, height)
        scale = _scale(bars)
        for position, bar in enumerate(bars):
            y = TOP + ROW * (position + 0.5)
            if position and bars[position - 1].end in (bar.start, bar.end):
                # where one bar ends the next begins
                x = _x(bars[position - 1].end, scale)
                elements.append(strokes.line(x, y - ROW, x, y, SOFT))
            elements += _row(bar, y, scale)
        if scale[0] <= target <= scale[1]:
            x = _x(target, scale)
            elements.append(strokes.line(x, TOP - 4, x, height - FOOT + 2, LESS, 1.5, "6 4"))
    else:
        elements.append(strokes.text(16, TOP + 20, section("chart", lang)["unknown"], size=14))
    elements.append(strokes.text(16, height - 24, "  ·  ".join(notes), SOFT, size=12))
    elements.append(
        strokes.text(
            16, height - 8, fitted(plain(basis_text(basis, lang)), 11, BASIS_ROOM), SOFT, size=11
        )
    )
    return "\n".join([*elements, "</svg>"]) + "\n"


def _scale(bars: Sequence[_Bar]) -> tuple[float, float]:
    """Least and largest value of the axis; zero is on it."""
    values = [value for bar in bars for value in (bar.start, bar.end, bar.low, bar.high)]
    known = [0.0, *(value for value in values if math.isfinite(value))]
    low, high = min(known), max(known)
    return (low, high) if high > low else (low, low + 1.0)


def _x(value: float, scale: tuple[float, float]) -> float:
    low, high = scale
    return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def _axis(bars: Sequence[_Bar], height: int) -> list[str]:
    low, high = scale = _scale(bars)
    step = strokes.step((high - low) / 5)
    bottom = height - FOOT + 2
    elements = []
    for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        x = _x(number * step, scale)
        colour = SOFT if number == 0 else GRID
        elements.append(strokes.line(x, TOP - 4, x, bottom, colour))
        digits = max(0, -math.floor(math.log10(step)))
        label = f"{abs(number * step):.{digits}f}"
        label = f"−{label}" if number < 0 else label
        elements.append(strokes.text(x, TOP - 9, label, SOFT, "middle", size=11))
    return elements


def _row(bar: _Bar, middle: float, scale: tuple[float, float]) -> list[str]:
    ends = sorted((_x(bar.start, scale), _x(bar.end, scale)))
    fill = "url(#h)" if bar.hatched else bar.colour
    label = fitted(plain(bar.label), SIZE, LABEL_ROOM)
    elements = [
        strokes.text(LEFT - 12, middle + 5, label, anchor="end"),
        f'<rect x="{point(ends[0])}" y="{point(middle - BAR / 2)}" '
        f'width="{point(max(ends[1] - ends[0], 1))}" height="{BAR}" fill="{fill}" '
        f'stroke="{bar.colour}"/>',
    ]
    last = ends[1]
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        low, high = _x(bar.low, scale), _x(bar.high, scale)
        last = max(last, high)
        elements += strokes.whisker(low, high, middle)
    elements.append(strokes.text(last + 8, middle + 5, bar.text))
    return elements
