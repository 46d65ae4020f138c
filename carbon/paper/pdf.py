"""Reads pictures and documents, gives PDF (its text stays text, tagged) or PNG [pixel]."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from carbon.base.errors import RuleError
from carbon.base.rules import templates_root
from carbon.paper.fonts import SUBSCRIPT, Fonts, find_fonts
from carbon.paper.outline import outlined, prepared, size_of

__all__ = ["Placed", "compiled", "pdf", "png", "sheets", "typeset"]

HEAD = """
#set document(title: sys.inputs.title, date: none)
"""

SOURCE = (
    HEAD
    + """
#set text(lang: sys.inputs.lang)
#let pages = json(bytes(sys.inputs.pages))
#let pictures = json(bytes(sys.inputs.pictures))
#for (number, sheet) in pages.enumerate() {
  set page(width: sheet.width * 1mm, height: sheet.height * 1mm, margin: 0mm)
  for one in sheet.placed {
    place(top + left, dx: one.x * 1mm, dy: one.y * 1mm,
      image(bytes(pictures.at(one.picture)), format: "svg", width: one.width * 1mm,
        height: one.height * 1mm, alt: one.alt))
  }
  if number + 1 < pages.len() { pagebreak() }
}
"""
)

DRAWING = """
#set document(date: none)
#set page(
  width: float(sys.inputs.width) * 1mm, height: float(sys.inputs.height) * 1mm,
  margin: 0mm, fill: none,
)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, height: 100%)
"""


@dataclass(frozen=True)
class Placed:
    """A picture with its place on a page.

    - ``svg``: a picture with ``width`` and ``height``
    - ``x``, ``y``: its left upper corner [mm]
    - ``scale``: of its own size [1]
    - ``alt``: what it says, for those who do not see it
    """

    svg: str
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    alt: str = ""


def pdf(svg: str, *, title: str, lang: str = "zh", alt: str = "") -> bytes:
    """One picture as a page of its size; errors as :func:`sheets`.

    >>> pdf('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', title="a")[:5]
    b'%PDF-'
    """
    return sheets([[Placed(svg, alt=alt or title)]], size_of(svg), title=title, lang=lang)


def sheets(
    pages: Sequence[Sequence[Placed]],
    size: tuple[float, float] = (210.0, 297.0),
    *,
    title: str,
    lang: str = "zh",
) -> bytes:
    """Pages of pictures, of a size [mm]; the same bytes for the same pages and fonts.

    L010 if no Chinese font is found, L004 if a picture cannot be understood.
    """
    fonts = find_fonts()
    pictures: dict[str, int] = {}
    sheets_data = []
    for placed in pages:
        row = []
        for picture in placed:
            width, height = size_of(picture.svg)
            number = pictures.setdefault(picture.svg, len(pictures))
            row.append(
                {
                    "picture": number,
                    "x": picture.x,
                    "y": picture.y,
                    "width": width * picture.scale,
                    "height": height * picture.scale,
                    "alt": picture.alt,
                }
            )
        sheets_data.append({"width": size[0], "height": size[1], "placed": row})
    # a renderer takes the thinnest weight of a variable font, so its text is drawn instead
    ready = outlined if fonts.regular.variable else prepared
    inputs = {
        "pages": json.dumps(sheets_data),
        "pictures": json.dumps([ready(svg, fonts) for svg in pictures]),
        "title": title,
        "lang": lang,
    }
    return compiled(SOURCE, inputs, fonts)


def typeset(source: str, data: Mapping[str, Any], *, title: str, lang: str = "zh") -> bytes:
    """A document in Typst's markup: headings, tables that run over pages, page numbers.

    The source is shipped with the program and never written by a user; it finds ``data``, what JSON
    can hold, and has the language and the fonts set. Nothing in the data is read as markup. The
    same bytes for the same data and fonts; L010 if no Chinese font is found, L002 if the source is
    wrong.

    >>> typeset("= #data.name", {"name": "#panic() 碳"}, title="a")[:5]
    b'%PDF-'
    """
    fonts = find_fonts()
    covered = json.loads(fonts.covered(json.dumps(data, ensure_ascii=False)))
    head = HEAD + (
        "#set text(lang: sys.inputs.lang, font: sys.inputs.font)\n"
        f'#show "{SUBSCRIPT}": sub(typographic: false)[2]\n'
        "#let data = json(bytes(sys.inputs.data))\n"
    )
    inputs = {
        "data": json.dumps(covered, ensure_ascii=False),
        "title": title,
        "lang": lang,
        "font": fonts.regular.family,
    }
    return compiled(head + source, inputs, fonts)


def compiled(
    source: str, inputs: Mapping[str, str], fonts: Fonts | None = None, *, dpi: float | None = None
) -> bytes:
    """Run the typesetter: PDF, or PNG at some pixels per inch.

    L002 if it refuses the source, L004 a picture.
    """
    import typst

    kind = {"format": "png", "ppi": float(dpi)} if dpi else {"format": "pdf"}
    try:
        content = _compiler(fonts).compile(source.encode(), sys_inputs=dict(inputs), **kind)
    except typst.TypstError as error:
        message = str(error)
        raise RuleError("L004" if "SVG" in message else "L002", message[:200]) from None
    if isinstance(content, list):
        content = content[0]
    return bytes(content)


@cache
def _compiler(fonts: Fonts | None) -> Any:
    import typst

    faces = [fonts.regular, fonts.bold] if fonts else []
    folders = sorted({str(face.path.parent) for face in faces})
    root = str(templates_root() / "paper")  # a document can include nothing else from this machine
    return typst.Compiler(root=root, ignore_system_fonts=True, font_paths=folders)


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
    return compiled(DRAWING, inputs, dpi=dpi)
