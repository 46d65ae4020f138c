"""Reads footprints, gives what a prompt and a notebook show of them [kg CO2e per kept unit]."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from carbon.base.digits import amount
from carbon.base.errors import StudyError
from carbon.base.terms import BOUNDARIES, STAGES
from carbon.paper.shown import Picture
from carbon.paper.sku_charts import stage_chart

if TYPE_CHECKING:
    from carbon.footprint.result import Footprints

__all__ = ["html_of", "picture_of", "stage_bar", "text_of"]

ROWS: Final = 5
"""SKUs that are shown."""

SHADES: Final = (
    "#1b4332",
    "#2d6a4f",
    "#52796f",
    "#74a57f",
    "#95b8d1",
    "#5e7ea6",
    "#c97b63",
    "#8d99ae",
)
"""Colours of the stages; the name and share of each stand in the title of its piece."""

WIDTH: Final = 160
HEIGHT: Final = 12


def text_of(footprints: Footprints) -> str:
    """One line on footprints, for a prompt.

    >>> from carbon import Study
    >>> Study().footprints({"sku": "A", "category": "t_shirt"})
    Footprints(1 SKU, 0 unknown, without draws, 2026... | GWP100 AR6 | cradle-to-grave...)
    """
    count = len(footprints)
    skus = "SKU" if count == 1 else "SKUs"
    unknown = int(np.isnan(footprints.total).sum())
    draws = "without draws" if footprints.interval is None else "with 95 % intervals"
    return f"Footprints({count:,} {skus}, {unknown:,} unknown, {draws}, {footprints.basis})"


def stage_bar(values: Sequence[float]) -> str:
    """Shares of the stages of one SKU as a small drawing (SVG).

    What is unknown or not above 0 has no piece.

    >>> stage_bar([3.0, 1.0]).count("<rect")
    2
    """
    known = [max(value, 0.0) if value == value else 0.0 for value in values]
    total = sum(known)
    pieces, start = [], 0.0
    for name, value, shade in zip(STAGES, known, SHADES, strict=False):
        if value > 0:
            width = value / total * WIDTH
            title = escape(f"{name.replace('_', ' ')} {value / total:.0%}")
            pieces.append(
                f'<rect x="{start:.1f}" width="{width:.1f}" height="{HEIGHT}" fill="{shade}">'
                f"<title>{title}</title></rect>"
            )
            start += width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" role="img">'
        + "".join(pieces)
        + "</svg>"
    )


def html_of(footprints: Footprints) -> str:
    """First SKUs with intervals and a bar of their stages, for a notebook; texts are escaped."""
    part = footprints.to_frame().head(ROWS)
    stages = footprints.stages[:ROWS]
    rows = []
    for row, values in zip(part.to_dict("records"), stages, strict=True):
        low, high = row.get("low_kg", np.nan), row.get("high_kg", np.nan)
        number = amount(row["total_kg"], low, high)
        cells = [str(row["sku"]), str(row["category"]), number, str(row["problem"])]
        cells = [f"<td>{escape(cell)}</td>" for cell in cells]
        rows.append("<tr>" + "".join([*cells[:3], f"<td>{stage_bar(values)}</td>", cells[3]]))
    heads = ("sku", "category", "kg CO2e per kept unit", "stages", "problem")
    more = len(footprints) - len(part)
    note = f"<p>… {more:,} more SKUs</p>" if more > 0 else ""
    head = "".join(f"<th>{name}</th>" for name in heads)
    table = f"<table><tr>{head}</tr>{''.join(rows)}</table>"
    return f"<p>{escape(text_of(footprints))}</p>{table}{note}"


def picture_of(footprints: Footprints, sku: str = "", lang: str = "en") -> Picture:
    """Stages of one SKU, of the first without a name, with their intervals where there were draws.

    S003 if the SKU is not among them.
    """
    names = footprints.catalogue.skus["sku"].astype(str).tolist()
    if not names or (sku and sku not in names):
        raise StudyError("S003", value=sku)
    at = names.index(sku) if sku else 0
    inside: list[str] = [name for name in STAGES if name in BOUNDARIES[footprints.basis.boundary]]
    order: list[str] = list(STAGES)
    position = {name: order.index(name) for name in inside}
    stages = {name: float(footprints.stages[at, place]) for name, place in position.items()}
    intervals = None
    if footprints.interval is not None:
        low, high = footprints.interval.low[at], footprints.interval.high[at]
        intervals = {
            name: (float(low[1 + place]), float(high[1 + place]))
            for name, place in position.items()
        }
        intervals["total"] = (float(low[0]), float(high[0]))
    title = footprints.catalogue.skus["name"].iloc[at]
    name = names[at] if pd.isna(title) or not str(title) else f"{names[at]}  {title}"
    basis = str(footprints.basis)
    return Picture(stage_chart(stages, intervals=intervals, name=name, basis=basis, lang=lang))
