"""Reads a picture as SVG, gives it as PNG [pixel]."""

from __future__ import annotations

from carbon.paper.fonts import find_fonts
from carbon.paper.outline import outlined, size_of
from carbon.paper.pdf import compiled

__all__ = ["png"]

SOURCE = """
#set document(date: none)
#set page(
  width: float(sys.inputs.width) * 1mm, height: float(sys.inputs.height) * 1mm,
  margin: 0mm, fill: none,
)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, height: 100%)
"""


def png(svg: str, dpi: float = 300) -> bytes:
    """Draw a picture as PNG; where it draws nothing it is transparent.

    See :func:`carbon.paper.outline.outlined` for what its text may use; a picture in pixels keeps
    its size at 96 pixels per inch. The same bytes for the same picture and fonts; L010 if no
    Chinese font is found, L004 if the picture cannot be understood.

    >>> png('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')[1:4]
    b'PNG'
    """
    width, height = size_of(svg)
    inputs = {
        "svg": outlined(svg, find_fonts()),
        "width": f"{width:.9g}",
        "height": f"{height:.9g}",
    }
    return compiled(SOURCE, inputs, dpi=dpi)
