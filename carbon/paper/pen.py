"""Reads the outline of a glyph, gives it as relative SVG path data, thicker if asked [units]."""

from __future__ import annotations

import math
from typing import Any

from fontTools.pens.basePen import BasePen

__all__ = ["RelativePen"]

Point = tuple[float, float]
Contour = list[tuple[str, list[Point]]]


class RelativePen(BasePen):  # type: ignore[misc]
    """Outline in steps from point to point, so that it can be set anywhere without arithmetic.

    - ``glyphs``: glyphs of the font, for those that are put together of others
    - ``thicker``: how far every outline is moved outwards [units]

    >>> pen = RelativePen({})
    >>> pen.moveTo((10, 0)); pen.lineTo((10, 5)); pen.lineTo((0, 5)); pen.closePath()
    >>> pen.path()
    'm10 0l0 5l-10 0z'
    """

    def __init__(self, glyphs: Any, thicker: float = 0.0) -> None:
        super().__init__(glyphs)
        self._thicker = thicker
        self._contours: list[Contour] = []

    def path(self) -> str:
        """What was drawn, beginning at the origin of the glyph."""
        commands: list[str] = []
        x = y = 0.0
        for contour in self._contours:
            moved = _moved(contour, self._thicker) if self._thicker else contour
            for command, points in moved:
                steps = " ".join(f"{px - x:.5g} {py - y:.5g}" for px, py in points)
                commands.append(f"{command}{steps}")
                x, y = points[-1]
            commands.append("z")
            x, y = moved[0][1][0]
        return "".join(commands)

    def _moveTo(self, pt: Point) -> None:  # noqa: N802
        self._contours.append([("m", [pt])])

    def _lineTo(self, pt: Point) -> None:  # noqa: N802
        self._contours[-1].append(("l", [pt]))

    def _curveToOne(self, pt1: Point, pt2: Point, pt3: Point) -> None:  # noqa: N802
        self._contours[-1].append(("c", [pt1, pt2, pt3]))

    def _qCurveToOne(self, pt1: Point, pt2: Point) -> None:  # noqa: N802
        self._contours[-1].append(("q", [pt1, pt2]))

    def _closePath(self) -> None:  # noqa: N802
        """Nothing: every contour of a glyph is closed."""


def _moved(contour: Contour, by: float) -> Contour:
    """A contour with every point moved to its right, which is outwards in a font of cubic curves.

    A corner moves along its bisector, as far as keeps both sides at the distance; a sharp one
    moves less, so that no spike grows.
    """
    points = [point for _, points in contour for point in points]
    ring = [point for position, point in enumerate(points) if point != points[position - 1]]
    if len(ring) < 3:
        return contour
    normals = []
    for position, (x, y) in enumerate(ring):
        px, py = ring[position - 1]
        length = math.hypot(x - px, y - py)
        normals.append(((y - py) / length, (px - x) / length))
    shifted: dict[Point, Point] = {}
    for position, (x, y) in enumerate(ring):
        (ax, ay), (bx, by_) = normals[position], normals[(position + 1) % len(ring)]
        far = by / max(1.0 + ax * bx + ay * by_, 0.5)
        shifted[x, y] = (round(x + far * (ax + bx)), round(y + far * (ay + by_)))
    return [(command, [shifted[point] for point in points]) for command, points in contour]
