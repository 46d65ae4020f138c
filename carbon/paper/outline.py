"""Reads a picture, gives it with its text as outlines, or ready for a renderer with fonts.

Understood are ``text`` and ``tspan`` with the presentation attributes ``x y dx dy font-size
font-weight letter-spacing text-anchor fill``, inherited as SVG says; styles in CSS are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from xml.etree import ElementTree

from carbon.base.errors import RuleError
from carbon.paper.fonts import SUBSCRIPT, Fonts

__all__ = ["outlined", "prepared", "size_of"]

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
TEXT, TSPAN = f"{{{SVG}}}text", f"{{{SVG}}}tspan"
_LAYOUT = (
    "x y dx dy fill font-family font-size font-weight letter-spacing text-anchor "
    "textLength lengthAdjust"
)
LAYOUT: Final = frozenset(_LAYOUT.split())
MILLIMETRES: Final = {
    "mm": 1.0,
    "cm": 10.0,
    "in": 25.4,
    "pt": 25.4 / 72,
    "px": 25.4 / 96,
    "": 25.4 / 96,
}
"""Length units of SVG [mm]; a pixel is 1/96 inch, as CSS says."""

SMALL, LOWER = 0.68, 0.18
"""Size of a subscript, and how far it stands below the line [em of the text]."""

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


@dataclass(frozen=True)
class _Style:
    size: float = 16.0
    weight: int = 400
    spacing: float = 0.0
    anchor: str = "start"
    fill: str = "#000"

    def within(self, element: ElementTree.Element) -> _Style:
        get = element.get
        weight = get("font-weight", str(self.weight))
        words = {"normal": "400", "bold": "700"}
        return replace(
            self,
            size=_number(get("font-size"), self.size),
            weight=int(_number(words.get(weight, weight), self.weight)),
            spacing=_number(get("letter-spacing"), self.spacing),
            anchor=get("text-anchor", self.anchor),
            fill=get("fill", self.fill),
        )


@dataclass
class _Run:
    text: str
    style: _Style
    x: float | None
    y: float | None
    dx: float
    dy: float


def outlined(svg: str, fonts: Fonts) -> str:
    """A picture without text: every character drawn as its outline, to look the same anywhere.

    A character that no font has is an ellipsis; L004 if the picture is not well formed.
    """
    root = _parsed(svg)
    for parent, position, element, style in list(_texts(root, _Style())):
        _lower_subscripts(element, style)
        drawn = ElementTree.Element(f"{{{SVG}}}g")
        kept = {key: value for key, value in element.attrib.items() if key not in LAYOUT}
        drawn.attrib.update(kept)
        drawn.tail = element.tail
        _draw(drawn, list(_runs(element, style)), fonts)
        parent[position] = drawn
    return _written(root)


def prepared(svg: str, fonts: Fonts) -> str:
    """A picture whose text names the family of the fonts and holds only what they can draw.

    L004 if it is not well formed.
    """
    root = _parsed(svg)
    root.set("font-family", fonts.regular.family)
    for _parent, _at, element, style in list(_texts(root, _Style())):
        _lower_subscripts(element, style)
        for node, inherited in _with_style(element, style):
            node.attrib.pop("font-family", None)
            node.text = fonts.covered(node.text) if node.text else node.text
            if node is not element and node.tail:
                node.tail = fonts.covered(node.tail)
            thicker = fonts.face(inherited.weight).thicker
            if thicker:
                node.set("stroke", inherited.fill)
                node.set("stroke-width", f"{inherited.size * thicker * 2:.3g}")
                node.set("stroke-linejoin", "round")
    return _written(root)


def size_of(svg: str) -> tuple[float, float]:
    """Width and height of a picture [mm]; L004 if it has none.

    >>> size_of('<svg xmlns="http://www.w3.org/2000/svg" width="68mm" height="96" />')
    (68.0, 25.4)
    """
    head = svg[:2000]
    sides = []
    for name in ("width", "height"):
        match = re.search(rf"<svg\s[^>]*?\b{name}=\"([\d.]+)([a-z]*)\"", head)
        if match is None or match[2] not in MILLIMETRES or float(match[1]) <= 0:
            raise RuleError("L004", f"svg needs {name} in mm or px")
        sides.append(float(match[1]) * MILLIMETRES[match[2]])
    return sides[0], sides[1]


def _parsed(svg: str) -> ElementTree.Element:
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        raise RuleError("L004", "no document type")
    try:
        return ElementTree.fromstring(svg)  # noqa: S314  no entities, see above
    except ElementTree.ParseError as error:
        raise RuleError("L004", str(error)) from None


def _written(root: ElementTree.Element) -> str:
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _texts(
    parent: ElementTree.Element, style: _Style
) -> Iterator[tuple[ElementTree.Element, int, ElementTree.Element, _Style]]:
    style = style.within(parent)
    for position, child in enumerate(parent):
        if child.tag == TEXT:
            yield parent, position, child, style
        else:
            yield from _texts(child, style)


def _lower_subscripts(element: ElementTree.Element, style: _Style) -> None:
    """Write each subscript 2 as a small 2 below the line, and what follows on the line again."""
    style = style.within(element)
    for child in list(element):
        _lower_subscripts(child, style)
        if child.tail and SUBSCRIPT in child.tail:
            child.tail, spans = _spans(child.tail, style.size)
            place = list(element).index(child) + 1
            element[place:place] = spans
    if element.text and SUBSCRIPT in element.text:
        element.text, spans = _spans(element.text, style.size)
        element[0:0] = spans


def _spans(text: str, size: float) -> tuple[str, list[ElementTree.Element]]:
    first, *others = text.split(SUBSCRIPT)
    spans = []
    for rest in others:
        down, up = (
            ElementTree.Element(TSPAN, {"dy": f"{dy:.4g}"}) for dy in (LOWER * size, -LOWER * size)
        )
        down.set("font-size", f"{SMALL * size:.4g}")
        down.text, up.text = "2", rest
        spans += [down, up]
    return first, spans


def _with_style(
    element: ElementTree.Element, style: _Style
) -> Iterator[tuple[ElementTree.Element, _Style]]:
    style = style.within(element)
    yield element, style
    for child in element:
        yield from _with_style(child, style)


def _runs(element: ElementTree.Element, style: _Style) -> Iterator[_Run]:
    """Pieces of one style; those with a place of their own begin a line."""
    inner = style.within(element)
    first = _Run(
        element.text or "",
        inner,
        _number(element.get("x"), 0.0) if "x" in element.attrib else None,
        _number(element.get("y"), 0.0) if "y" in element.attrib else None,
        _number(element.get("dx"), 0.0),
        _number(element.get("dy"), 0.0),
    )
    yield first
    for child in element:
        if child.tag == TSPAN:
            yield from _runs(child, inner)
        yield _Run(child.tail or "", inner, None, None, 0.0, 0.0)


def _draw(into: ElementTree.Element, runs: list[_Run], fonts: Fonts) -> None:
    """Set the runs, a line after the other: a line ends where a run has a place of its own."""
    x = y = 0.0
    line: list[tuple[float, float, _Run, str]] = []
    start, anchor = 0.0, "start"

    def finish() -> None:
        shift = {"middle": 0.5, "end": 1.0}.get(anchor, 0.0) * (x - start)
        for left, base, run, path in line:
            _place(into, left - shift, base, run.style, fonts, path)
        line.clear()

    for run in runs:
        if run.x is not None or run.y is not None:
            finish()
            x = run.x if run.x is not None else x
            y = run.y if run.y is not None else y
            start, anchor = x, run.style.anchor
        x, y = x + run.dx, y + run.dy
        text = re.sub(r"\s+", " ", run.text)
        text = text if any(path for *_, path in line) else text.lstrip()
        face = fonts.face(run.style.weight)
        scale = run.style.size / face.units
        path, left = [], 0.0
        for character in fonts.covered(text):
            wide, outline = face.glyph(character)
            if outline:
                path.append(f"M{left:.5g} 0{outline}")
            left += wide + run.style.spacing / scale
        line.append((x, y, run, "".join(path)))
        x += left * scale
    finish()


def _place(
    into: ElementTree.Element,
    x: float,
    y: float,
    style: _Style,
    fonts: Fonts,
    path: str,
) -> None:
    if not path:
        return
    scale = style.size / fonts.face(style.weight).units
    attributes = {
        "transform": f"translate({x:.3f} {y:.3f}) scale({scale:.6g} {-scale:.6g})",
        "fill": style.fill,
    }
    ElementTree.SubElement(into, f"{{{SVG}}}path", {**attributes, "d": path})


def _number(text: str | None, otherwise: float) -> float:
    match = re.match(r"-?(?:\d+\.?\d*|\.\d+)", text or "")
    return float(match[0]) if match else otherwise
