"""Facts: what is printed of one SKU, in the digits its interval allows, for every kind of label.

Badge, label, sheet, overlay, page and machine-readable label are all filled from this one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.terms import ORIGINS, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.label.link import is_gtin, link_of
from carbon.label.scale import Scale
from carbon.paper.text import plain
from carbon.stages.inventory import Quantities

__all__ = ["ABOUT_COLUMNS", "Issue", "about", "facts"]

Floats = npt.NDArray[np.float64]

FLIGHT: Final = "freight, plane"
"""Beginning of the names of activities that are flights."""

ABOUT_COLUMNS: Final = (
    "sku",
    "gtin",
    "name",
    "merchant",
    "category_zh",
    "category_en",
    "air_share",
    "air_assumed",
    "packaging_g",
    "return_rate",
    "verifier",
    "certificate",
    "verified_until",
)
"""What a label tells of a SKU beside its footprint."""


@dataclass(frozen=True)
class Issue:
    """What all labels of one run have in common.

    Parameters
    ----------
    issued : datetime.date
        Date of the labels.
    scale : Scale
        Letters, bounds and validity.
    method, boundary : str
        Of the study.
    url : str
        Template of the link for SKUs without GTIN, as ``https://shop.example/{sku}``.
    resolver : str
        Where GS1 Digital Links begin.
    """

    issued: date
    scale: Scale
    method: str
    boundary: str
    url: str = ""
    resolver: str = "https://id.gs1.org"

    @property
    def valid_until(self) -> date:
        """Last day on which the labels stand."""
        months = round(self.scale.validity * 12)
        year, month = divmod(self.issued.year * 12 + self.issued.month - 1 + months, 12)
        day = self.issued.day
        while True:
            try:
                return date(year, month + 1, day)
            except ValueError:
                day -= 1


def about(catalogue: Catalogue, categories: pd.DataFrame) -> pd.DataFrame:
    """What a label tells of each SKU beside its footprint.

    Parameters
    ----------
    catalogue : Catalogue
        Filled.
    categories : pandas.DataFrame
        Columns ``category name name_zh``.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`ABOUT_COLUMNS`. ``air_share`` is the share of dispatches on a chain with a
        flight [1], ``packaging_g`` the packaging carried with one unit [g]; NaN where unknown.
    """
    skus, legs = catalogue.skus, catalogue.legs
    n = len(skus)
    out = legs[~legs["returning"].to_numpy(dtype=bool)]
    flight = out["activity"].astype(str).str.startswith(FLIGHT).to_numpy(dtype=bool)
    chains = out.assign(flight=flight).groupby(["row", "chain"], observed=True)
    each = chains.agg(share=("chain_share", "first"), flight=("flight", "any")).reset_index()
    row = each["row"].to_numpy()
    air = np.bincount(row, each["share"].to_numpy() * each["flight"].to_numpy(), n)
    told = np.bincount(row, minlength=n) > 0
    packed = np.bincount(catalogue.packaging["row"].to_numpy(), minlength=n) > 0
    names = categories.set_index(categories["category"].astype(str))
    category = _text(skus["category"])
    default = ORIGINS.index("default")
    frame = pd.DataFrame(
        {
            "sku": _text(skus["sku"]),
            "gtin": _text(skus["gtin"]),
            "name": _text(skus["name"]),
            "merchant": _text(skus["merchant"]),
            "category_zh": category.map(names["name_zh"]).fillna(category),
            "category_en": category.map(names["name"]).fillna(category),
            "air_share": np.where(told, air, np.nan),
            "air_assumed": (catalogue.origin["transport"] == default).to_numpy(),
            "packaging_g": np.where(packed, Quantities(catalogue).packaging_mass * 1000, np.nan),
            "return_rate": skus["return_rate"].to_numpy(dtype=np.float64),
            "verifier": "",
            "certificate": "",
            "verified_until": "",
        }
    )
    return frame.reset_index(drop=True)


def facts(graded: pd.DataFrame, about: pd.DataFrame, issue: Issue) -> pd.DataFrame:
    """What is printed of each SKU.

    Parameters
    ----------
    graded : pandas.DataFrame
        As :func:`carbon.label.scale.grade` gives it, n rows.
    about : pandas.DataFrame
        Columns :data:`ABOUT_COLUMNS`, n rows in the same order.
    issue : Issue
        What all labels share.

    Returns
    -------
    pandas.DataFrame
        A row a SKU: text and rounded numbers, the same in every language; words are put to it
        when it is drawn. ``total``, ``low`` and ``high`` have the digits that the width of the
        interval allows, two of it; ``ratio`` is a percentage that never looks better than the
        letter; ``probability`` is rounded down. What is unknown is an empty text.

    Notes
    -----
    "Returns add" is the stage returns over all the others.
    """
    total = graded["total_kg"].to_numpy(dtype=np.float64)
    low, high = (_column(graded, name) for name in ("low_kg", "high_kg"))
    power = _power(total, low, high)
    state = _text(graded["state"]).to_numpy(dtype=object)
    shown = {"total": total, "low": low, "high": high}
    frame = pd.DataFrame({"sku": about["sku"].to_numpy(dtype=object)})
    for name, value in shown.items():
        frame[name] = _rounded(value, power)
    letter = _text(graded["letter"]).to_numpy(dtype=object)
    frame["state"] = state
    frame["letter"] = np.where((state == "graded") | (state == "provisional"), letter, "")
    frame["ratio"] = _percent_of_reference(graded["ratio"].to_numpy(dtype=np.float64), issue.scale)
    frame["probability"] = _percent(np.floor(_column(graded, "letter_probability") * 100 + 1e-9))
    frame["reason"] = _text(graded["reason"]).to_numpy(dtype=object)
    stages = np.column_stack([_column(graded, f"{stage}_kg") for stage in STAGES])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = stages / total[:, None]
        returns = stages[:, STAGES.index("returns")]
        added = returns / (total - returns)
    for position, stage in enumerate(STAGES):
        bounds = [_column(graded, f"{stage}_{end}_kg") for end in ("low", "high")]
        own = _power(stages[:, position], *bounds)
        frame[f"{stage}_kg"] = _rounded(stages[:, position], own)
        frame[f"{stage}_low"], frame[f"{stage}_high"] = (_rounded(one, own) for one in bounds)
        frame[f"{stage}_share"] = _share(share[:, position])
    frame["returns_add"] = _share(added)
    frame["air"] = _share(about["air_share"].to_numpy(dtype=np.float64))
    frame["air_assumed"] = about["air_assumed"].to_numpy(dtype=bool)
    frame["packaging"] = _significant(about["packaging_g"].to_numpy(dtype=np.float64))
    frame["return_rate"] = _share(about["return_rate"].to_numpy(dtype=np.float64))
    frame["reference_kg"] = _rounded(_column(graded, "reference_kg"), power)
    frame["primary_share"] = _percent(np.floor(_column(graded, "primary_share") * 100 + 1e-9))
    frame["dqr"] = [f"{one:.1f}" if one == one else "" for one in _column(graded, "dqr")]
    for name in ("ask_first", "defaulted", "reference", "edition", "problem"):
        told = graded[name] if name in graded else pd.Series("", index=graded.index)
        frame[name] = _text(told).to_numpy(dtype=object)
    for name in ("gtin", "category_zh", "category_en"):
        frame[name] = about[name].to_numpy(dtype=object)
    for name in ("name", "merchant", "verifier", "certificate"):
        frame[name] = [plain(text) for text in about[name].tolist()]
    frame["gtin"] = [gtin if is_gtin(gtin) else "" for gtin in frame["gtin"]]
    frame["method"], frame["boundary"] = issue.method, issue.boundary
    frame["date"] = issue.issued.isoformat()
    last = issue.valid_until.isoformat()
    frame["valid_until"] = [min(last, until or last) for until in about["verified_until"]]
    frame["link"] = [
        link_of(sku, gtin, edition, url=issue.url, resolver=issue.resolver)
        for sku, gtin, edition in zip(frame["sku"], frame["gtin"], frame["edition"], strict=True)
    ]
    return frame


def _text(column: pd.Series) -> pd.Series:
    """Text, empty where there is none."""
    told = column.astype("object")
    return told.where(told.notna(), "").astype(str)


def _column(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    values: Floats = frame[name].to_numpy(dtype=np.float64)
    return values


def _power(total: Floats, low: Floats, high: Floats) -> npt.NDArray[np.int64]:
    """Power of ten of the last digit: the second of the interval's width, else of the value."""
    width = np.where(high > low, high - low, np.abs(total))
    safe = np.where(np.isfinite(width) & (width > 0), width, 1.0)
    out: npt.NDArray[np.int64] = (np.floor(np.log10(safe)) - 1).astype(np.int64)
    return out


def _rounded(values: Floats, power: npt.NDArray[np.int64]) -> list[str]:
    out = []
    for value, last in zip(values.tolist(), power.tolist(), strict=True):
        if value != value:
            out.append("")
            continue
        text = f"{round(value, -last):.{max(-last, 0)}f}"
        out.append(text.lstrip("-") if float(text) == 0 else text)
    return out


def _significant(values: Floats) -> list[str]:
    """Two significant digits."""
    return _rounded(values, _power(values, values, values))


def _percent(values: Floats) -> list[str]:
    return ["" if value != value else f"{value + 0.0:.0f}" for value in values.tolist()]


def _share(values: Floats) -> list[str]:
    """Whole percentages; what is more than nothing never reads as nothing."""
    told = _percent(np.round(values * 100))
    small = ((values > 0) & (values < 0.005)).tolist()
    return ["<1" if tiny else text for tiny, text in zip(small, told, strict=True)]


def _percent_of_reference(ratio: Floats, scale: Scale) -> list[str]:
    """Percentages that lie in the same letter as the ratio."""
    whole = np.round(ratio * 100)
    fine = np.ceil(ratio * 1000 - 1e-9) / 10
    differs = scale.letter(whole / 100) != scale.letter(ratio)
    # just above a bound the ceiling to a tenth stands above it too
    fine = np.where(scale.letter(fine / 100) != scale.letter(ratio), fine + 0.1, fine)
    return [
        "" if one != one else f"{tenth:.1f}" if odd else f"{one:.0f}"
        for one, tenth, odd in zip(whole.tolist(), fine.tolist(), differs.tolist(), strict=True)
    ]
