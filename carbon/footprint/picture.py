"""Pictures of one SKU as SVG text: its stages with their intervals, and a waterfall of levers.

No screen and no font is needed, and the same numbers give the same bytes. Nothing is told by
colour alone: every bar has its name and its number beside it, and what falls below zero, or what
a lever makes worse, is hatched as well.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from carbon.base.terms import STAGES
from carbon.paper import strokes
from carbon.paper.strokes import GRID, LESS, MORE, PAPER, SOFT, WHOLE, point

__all__ = ["stage_chart", "waterfall"]

WIDTH: Final = 820
LEFT: Final = 236
RIGHT: Final = 160
TOP: Final = 86
ROW: Final = 34
BAR: Final = 18
FOOT: Final = 56
LONGEST: Final = {"name": 80, "label": 34, "basis": 120}
"""Widths of a character that a text may take; a Chinese one takes two."""

UNPRINTABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
FORBIDDEN: Final = re.compile(r"[\ud800-\udfff\ufffe\uffff]")

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        **{stage: stage.replace("_", " ") for stage in STAGES},
        "total": "total",
        "unit": "kg CO2e per kept unit",
        "stages": "Footprint by stage",
        "levers": "What each lever saves",
        "interval": "lines: 95 % interval",
        "below": "hatched: below zero",
        "worse": "hatched: makes it worse",
        "now": "now",
        "then": "all together",
        "to": "to",
        "none": "no lever applies",
        "unknown": "unknown",
        "target": "dashed: target",
    },
    "zh": {
        **dict(
            zip(
                STAGES,
                ("原材料", "生产", "包装", "配送", "直播", "使用", "退货", "废弃处理"),
                strict=True,
            )
        ),
        "total": "合计",
        "unit": "千克CO2e/留存件",
        "stages": "各阶段碳足迹",
        "levers": "各措施减排量",
        "interval": "线段：95% 区间",
        "below": "斜纹：低于零",
        "worse": "斜纹：反而增加",
        "now": "现状",
        "then": "全部措施",
        "to": "至",
        "none": "没有适用的措施",
        "unknown": "未知",
        "target": "虚线：目标",
    },
}


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
    """Bars of the stages of one SKU, and of their total.

    Parameters
    ----------
    stages : mapping of str to float
        Stage → kg CO2e per kept unit, in the order to be shown; a stage that is NaN is outside
        the boundary and left out.
    intervals : mapping of str to (float, float), optional
        Stage or ``total`` → 95 % interval [kg CO2e per kept unit].
    name : str
        What the SKU is called; any text.
    basis : str
        Printed below: edition, method, boundary.
    lang : str
        ``"zh"`` or ``"en"``.

    Returns
    -------
    str
        An SVG document.

    Examples
    --------
    >>> picture = stage_chart({"materials": 1.0, "packaging": -0.1}, name="Tea <1>", lang="en")
    >>> picture.startswith("<svg "), "Tea &lt;1&gt;" in picture
    (True, True)
    """
    words, spread = WORDS[lang], dict(intervals or {})
    shown = {stage: value for stage, value in stages.items() if not math.isnan(value)}
    total = math.fsum(shown.values())
    bars = []
    for stage, value in [*shown.items(), ("total", total)] if shown else ():
        low, high = spread.get(stage, (math.nan, math.nan))
        colour = WHOLE if stage == "total" else LESS if value < 0 else MORE
        text = _number(value, low, high, words["to"])
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
    """Levers one after the other, from the footprint now to that with all of them.

    Parameters
    ----------
    before : float
        Footprint now [kg CO2e per kept unit].
    steps : sequence of (str, float)
        Name of a lever, and the footprint after it and all levers before it.
    name, basis, lang : str
        As for :func:`stage_chart`.
    says : mapping of str to str, optional
        Other words for ``levers`` (the title), ``unit``, ``now``, ``then`` and ``target``.
    target : float
        A value to reach, drawn as a dashed line, in the unit of ``before``.

    Returns
    -------
    str
        An SVG document.

    Examples
    --------
    >>> "−0.5" in waterfall(2.0, [("air to ground", 1.5)], lang="en")
    True
    """
    words = WORDS[lang] | dict(says or {})
    bars = [_Bar(words["now"], 0.0, before, _number(before, digits=3), WHOLE)]
    at = before
    for label, after in steps:
        change = after - at
        sign = "+" if change > 0 else "−" if change < 0 else ""
        text = sign + _number(abs(change))
        bars.append(_Bar(label, at, after, text, LESS if change > 0 else MORE, change > 0))
        at = after
    if steps:
        bars.append(_Bar(words["then"], 0.0, at, _number(at, digits=3), WHOLE))
    notes = [words["unit"]] if steps else [words["unit"], words["none"]]
    if any(bar.hatched for bar in bars):
        notes.append(words["worse"])
    if math.isnan(before):
        bars = []
    if bars and math.isfinite(target):
        notes.append(f"{words['target']}: {_number(target, digits=3)}")
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
    name = _plain(name)
    whole = f"{title}: {name}" if name else title
    height = TOP + ROW * max(len(bars), 1) + FOOT
    words = [f"{_plain(bar.label)} {bar.text}" for bar in bars] or [WORDS[lang]["unknown"]]
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d" '
        f'xml:lang="{lang}" font-family="Noto Sans, Noto Sans CJK SC, Microsoft YaHei, '
        'PingFang SC, Arial, sans-serif">',
        f'<title id="t">{escape(whole)}</title>',
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
        out += _axis(bars, height)
        scale = _scale(bars)
        for position, bar in enumerate(bars):
            y = TOP + ROW * (position + 0.5)
            if position and bars[position - 1].end in (bar.start, bar.end):
                # where one bar ends the next begins
                x = _x(bars[position - 1].end, scale)
                out.append(strokes.line(x, y - ROW, x, y, SOFT))
            out += _row(bar, y, scale)
        if scale[0] <= target <= scale[1]:
            x = _x(target, scale)
            out.append(strokes.line(x, TOP - 4, x, height - FOOT + 2, LESS, 1.5, "6 4"))
    else:
        out.append(strokes.text(16, TOP + 20, WORDS[lang]["unknown"], size=14))
    out.append(strokes.text(16, height - 24, "  ·  ".join(notes), SOFT, size=12))
    out.append(strokes.text(16, height - 8, _plain(basis, "basis"), SOFT, size=11))
    return "\n".join([*out, "</svg>"]) + "\n"


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
    out = []
    for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        x = _x(number * step, scale)
        colour = SOFT if number == 0 else GRID
        out.append(strokes.line(x, TOP - 4, x, bottom, colour))
        digits = max(0, -math.floor(math.log10(step)))
        label = f"{abs(number * step):.{digits}f}"
        label = f"−{label}" if number < 0 else label
        out.append(strokes.text(x, TOP - 9, label, SOFT, "middle", size=11))
    return out


def _row(bar: _Bar, middle: float, scale: tuple[float, float]) -> list[str]:
    ends = sorted((_x(bar.start, scale), _x(bar.end, scale)))
    fill = "url(#h)" if bar.hatched else bar.colour
    label = _plain(bar.label, "label")
    out = [
        strokes.text(LEFT - 12, middle + 5, label, anchor="end"),
        f'<rect x="{point(ends[0])}" y="{point(middle - BAR / 2)}" '
        f'width="{point(max(ends[1] - ends[0], 1))}" height="{BAR}" fill="{fill}" '
        f'stroke="{bar.colour}"/>',
    ]
    last = ends[1]
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        low, high = _x(bar.low, scale), _x(bar.high, scale)
        last = max(last, high)
        out += strokes.whisker(low, high, middle)
    out.append(strokes.text(last + 8, middle + 5, bar.text))
    return out


def _number(
    value: float,
    low: float = math.nan,
    high: float = math.nan,
    to: str = "to",
    digits: int = 2,
) -> str:
    """A number with no more digits than its interval allows, and the interval."""
    if math.isfinite(low) and math.isfinite(high) and high > low:
        places = min(max(0, 1 - math.floor(math.log10(high - low))), 6)
        rounded = [f"{number:.{places}f}" for number in (value, low, high)]
        value_text, low_text, high_text = (_minus(text) for text in rounded)
        return f"{value_text} ({low_text} {to} {high_text})"
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "?"
    places = min(max(0, digits - 1 - math.floor(math.log10(abs(value)))), 6)
    return _minus(f"{value:.{places}f}")


def _minus(text: str) -> str:
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def _plain(text: str, kind: str = "name") -> str:
    """One line of text that can be printed, cut to a width; CJK characters count two."""
    text = FORBIDDEN.sub("", UNPRINTABLE.sub(" ", text))
    text = " ".join(unicodedata.normalize("NFC", text).split())
    width = 0
    out: list[str] = []
    for character in text:
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > LONGEST[kind]:
            return "".join(out).rstrip() + "…"
        out.append(character)
    return text
