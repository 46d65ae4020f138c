"""Reads the facts of a SKU and a design, gives its label as SVG, PNG, PDF, HTML and JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from carbon.label.design import Design
from carbon.label.machine import json_label, json_ld
from carbon.label.scale import Scale
from carbon.paper.fonts import find_fonts
from carbon.paper.outline import outlined
from carbon.paper.pdf import Placed, pdf, png, sheets

__all__ = ["FORMATS", "Style", "example", "name_of", "per_page", "render", "sheet_of"]

FORMATS: Final = ("svg", "png", "pdf", "html", "json")
"""What a label can be written as."""

PIXELS: Final = 96.0
"""Resolution at which a pixel of a picture is one of the PNG [1/inch]."""

A4: Final = (210.0, 297.0)
MARGIN, GAP, MARK = 8.0, 4.0, 3.0
"""Edge of a sheet that stays free, what lies between labels, length of a cut mark [mm]."""


@dataclass(frozen=True)
class Style:
    """How labels are drawn.

    - ``design``: the template folder
    - ``scale``: letters and bounds
    - ``langs``: ``zh``, ``en`` or both, the first one first
    - ``formats``: of :data:`FORMATS`
    - ``dpi``: pixels per inch of PNG
    - ``outline``: SVG without text: every character is drawn as its outline
    """

    design: Design
    scale: Scale
    langs: tuple[str, ...] = ("zh",)
    formats: tuple[str, ...] = ("svg",)
    dpi: float = 300.0
    outline: bool = False


def render(fact: Mapping[str, Any], style: Style) -> dict[str, bytes]:
    """The files of one SKU by format; the same bytes for the same facts, style and fonts.

    L001 to L004 if a template is not allowed or not well formed, L010 if PNG, PDF or outlines find
    no Chinese font.

    >>> from carbon.label.design import load_design
    >>> fact, scale = example()
    >>> files = render(fact, Style(load_design("badge"), scale, formats=("svg", "json")))
    >>> files["svg"][:4], sorted(files)
    (b'<svg', ['json', 'svg'])
    """
    files: dict[str, bytes] = {}
    if set(style.formats) - {"json"}:
        values = style.design.values(fact, style.scale, style.langs)
        svg = style.design.svg(values)
        for kind in style.formats:
            if kind == "svg":
                text = outlined(svg, find_fonts()) if style.outline else svg
                files[kind] = text.encode()
            elif kind == "png":
                files[kind] = png(svg, style.dpi if style.design.sheet.unit == "mm" else PIXELS)
            elif kind == "pdf":
                title, alt = str(values["title"]), str(values["desc"])
                files[kind] = pdf(svg, title=title, lang=style.langs[0], alt=alt)
            elif kind == "html":
                page = style.design.html(values, svg, json_ld(fact, style.scale))
                files[kind] = page.encode("utf-8", "replace")
    if "json" in style.formats:
        files["json"] = json_label(fact, style.scale).encode("utf-8", "replace")
    return files


def per_page(style: Style, scale: float) -> tuple[int, int]:
    """Columns and rows of labels, at a scale [1], on an A4 sheet; zero if a label does not fit."""
    sheet = style.design.sheet
    to_mm = 1.0 if sheet.unit == "mm" else 25.4 / 96
    columns, rows = (
        int((page - 2 * MARGIN + GAP + 1e-9) // (side * to_mm * scale + GAP))
        for page, side in zip(A4, (sheet.width, sheet.height), strict=True)
    )
    return columns, rows


def sheet_of(facts: Sequence[Mapping[str, Any]], style: Style, scale: float = 1.0) -> bytes:
    """Labels on A4 sheets with cut marks, as PDF; errors as for :func:`render`.

    At a scale down to 0.7 [1] a label can be read and scanned.
    """
    design = style.design
    columns, rows = per_page(style, scale)
    to_mm = (1.0 if design.sheet.unit == "mm" else 25.4 / 96) * scale
    width, height = design.sheet.width * to_mm, design.sheet.height * to_mm
    left = (A4[0] - columns * width - (columns - 1) * GAP) / 2
    top = (A4[1] - rows * height - (rows - 1) * GAP) / 2
    pages = []
    for start in range(0, len(facts), columns * rows):
        placed: list[Placed] = []
        marks: list[str] = []
        for position, fact in enumerate(facts[start : start + columns * rows]):
            row, column = divmod(position, columns)
            x, y = left + column * (width + GAP), top + row * (height + GAP)
            values = design.values(fact, style.scale, style.langs)
            placed.append(Placed(design.svg(values), x, y, scale, str(values["desc"])))
            marks += [
                f"M{a:.3f} {b:.3f}h{sign * MARK:g}M{a:.3f} {b:.3f}v{down * MARK:g}"
                for a, sign in ((x, -1), (x + width, 1))
                for b, down in ((y, -1), (y + height, 1))
            ]
        drawn = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{A4[0]}mm" height="{A4[1]}mm" '
            f'viewBox="0 0 {A4[0]} {A4[1]}"><path d="{"".join(marks)}" stroke="#000000" '
            'stroke-width="0.1" fill="none"/></svg>'
        )
        pages.append([Placed(drawn), *placed])
    title = design.sheet.title_zh if style.langs[0] == "zh" else design.sheet.title_en
    return sheets(pages, A4, title=title, lang=style.langs[0])


FOLDERS: Final = 64
"""Folders of a batch: enough for a million labels, and few enough for file systems that place
every new folder far from the last one, where writing takes ten times as long."""


def name_of(sku: str) -> str:
    """A file name for a SKU: short, safe on every system, and its own.

    A folder of two digits, and a stem that ends in ten digits of the SHA-256 of the SKU.

    >>> name_of("../../etc/passwd")
    '37/etc-passwd-3754d6cb3a'
    """
    digest = hashlib.sha256(sku.encode("utf-8", "surrogatepass")).hexdigest()
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in sku[:60])
    stem = "-".join(part for part in safe.split("-") if part)[:40]
    folder = f"{int(digest[:2], 16) % FOLDERS:02x}"
    return f"{folder}/{stem}-{digest[:10]}" if stem else f"{folder}/{digest[:10]}"


def example() -> tuple[dict[str, Any], Scale]:
    """Facts of a SKU that does not exist and a scale, for trying a template out."""
    from datetime import date

    import pandas as pd

    from carbon.background.edition import load_edition
    from carbon.label.facts import Issue, facts
    from carbon.label.scale import scale_of

    scale = scale_of(load_edition())
    graded = {
        "total_kg": 7.2, "low_kg": 5.1, "high_kg": 10.4, "letter": "B", "state": "sure",
        "ratio": 0.72, "letter_probability": 0.94, "reason": "", "reference_kg": 10.0,
        "reference": "archetype 2026.1+000000000000", "edition": "2026.1+000000000000",
        "primary_share": 0.6, "dqr": 2.1, "ask_first": "mass", "defaulted": "heat", "problem": "",
        "materials_kg": 3.6, "production_kg": 1.0, "packaging_kg": 0.2, "distribution_kg": 0.7,
        "live_session_kg": 0.02, "use_kg": float("nan"), "returns_kg": 1.28,
        "end_of_life_kg": 0.4,
    }  # fmt: skip
    about = {
        "sku": "TS-001", "gtin": "6901234567892", "name": "纯棉T恤", "merchant": "示例商家",
        "category_zh": "T恤", "category_en": "T-shirt", "air_share": 0.2, "air_assumed": False,
        "packaging_g": 24.0, "return_rate": 0.35, "verifier": "", "certificate": "",
        "verified_until": "",
    }  # fmt: skip
    issue = Issue(date(2026, 1, 1), scale, "GWP100 AR6", "cradle-to-grave")
    row = facts(pd.DataFrame([graded]), pd.DataFrame([about]), issue).to_dict("records")[0]
    return {str(key): value for key, value in row.items()}, scale
