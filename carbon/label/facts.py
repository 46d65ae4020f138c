"""Reads graded footprints, gives what every kind of label prints of a SKU [kg CO2e, %, g].

Badge, label, sheet, overlay, page and machine-readable label are all filled from this one table.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base import digits
from carbon.base.arrays import Floats
from carbon.base.rests import RESTS
from carbon.base.terms import PROVENANCES, STAGES
from carbon.catalogue.barcodes import is_gtin
from carbon.catalogue.schema import Catalogue
from carbon.label.link import link_of
from carbon.label.scale import Scale
from carbon.paper.text import plain
from carbon.stages.air import air_share
from carbon.stages.inventory import Quantities

__all__ = ["Issue", "about", "facts", "ratios"]

WORTH_TELLING: Final = 0.01
"""Share of the total from which it is told what silence added [1]."""

PIECES: Final = ("piece", "device", "garment", "pair", "kept unit")
"""Units that are the sales unit itself where there is one of them."""


@dataclass(frozen=True)
class Issue:
    """What all labels of one run have in common.

    - ``issued``: date of the labels
    - ``scale``: letters, bounds and validity
    - ``method``, ``boundary``: of the study
    - ``url``: template of the link for SKUs without GTIN, as ``https://shop.example/{sku}``
    - ``resolver``: where GS1 Digital Links begin
    - ``activities``: Chinese names of activities, for the data that would help most
    """

    issued: date
    scale: Scale
    method: str
    boundary: str
    url: str = ""
    resolver: str = "https://id.gs1.org"
    activities: Mapping[str, str] = field(default_factory=dict)

    @property
    def valid_until(self) -> date:
        """Last day on which the labels stand."""
        months = round(self.scale.validity * 12)
        year, month = divmod(self.issued.year * 12 + self.issued.month - 1 + months, 12)
        if year > date.max.year:
            return date.max
        return date(year, month + 1, min(self.issued.day, monthrange(year, month + 1)[1]))


def about(catalogue: Catalogue, categories: pd.DataFrame) -> pd.DataFrame:
    """What a label tells of each SKU of a filled catalogue beside its footprint.

    ``air_share`` is the share of dispatches on a chain with a flight [1], ``packaging_g`` the
    packaging carried with one unit [g]; NaN where unknown.
    """
    skus = catalogue.skus
    n = len(skus)
    packed = np.bincount(catalogue.packaging["row"].to_numpy(), minlength=n) > 0
    names = categories.set_index(categories["category"].astype(str))
    category = _text(skus["category"])
    default = PROVENANCES.index("default")
    frame = pd.DataFrame(
        {
            "sku": _text(skus["sku"]),
            "gtin": _text(skus["gtin"]),
            "name": _text(skus["name"]),
            "merchant": _text(skus["merchant"]),
            "category_zh": category.map(names["name_zh"]).fillna(category),
            "category_en": category.map(names["name"]).fillna(category),
            "air_share": air_share(catalogue),
            "air_assumed": (catalogue.provenance["transport"] == default).to_numpy(),
            "packaging_g": np.where(packed, Quantities(catalogue).packaging_mass * 1000, np.nan),
            "return_rate": skus["return_rate"].to_numpy(dtype=np.float64),
            "verifier": "",
            "certificate": "",
            "verified_until": "",
        }
    )
    return frame.reset_index(drop=True)


def facts(graded: pd.DataFrame, about: pd.DataFrame, issue: Issue) -> pd.DataFrame:
    """What is printed of each SKU, from :func:`carbon.label.scale.grade` and :func:`about`.

    Columns of the functional unit, of ranges of letters and of evidence may be absent. A row a SKU:
    text and rounded numbers, the same in every language; words are put to it when it is drawn.
    Numbers have the digits of :mod:`carbon.base.digits`; ``state`` is one of
    :data:`carbon.label.scale.STATES`; ``letter`` is what is printed ("B", "B–C" or nothing),
    ``likeliest`` the likeliest letter, ``best`` and ``worst`` the ends; ``ratio`` [%] is that of
    the printed total and reference, within the letter; ``probability`` [%] is rounded down.
    "Returns add" is the stage returns over all the others. What is unknown is an empty text.
    """
    total = graded["total_kg"].to_numpy(dtype=np.float64)
    low, high = (_column(graded, name) for name in ("low_kg", "high_kg"))
    frame = pd.DataFrame({"sku": about["sku"].to_numpy(dtype=object)})
    frame["total"], frame["low"], frame["high"] = digits.amounts(total, low, high)
    frame = pd.concat([frame, _graded(graded)], axis=1)
    frame["reference_kg"] = digits.amounts(_column(graded, "reference_kg"))[0]
    printed = frame["total"].tolist(), frame["reference_kg"].tolist()
    # without a letter a ratio would be one by another name
    ratio = np.where(frame["letter"] != "", _column(graded, "ratio"), np.nan)
    frame["ratio"] = ratios(*printed, ratio, issue.scale)
    stages = np.column_stack([_column(graded, f"{stage}_kg") for stage in STAGES])
    with np.errstate(invalid="ignore", divide="ignore"):
        returns = stages[:, STAGES.index("returns")]
        added = returns / (total - returns)
    shares = _stage_shares(stages, total)
    for position, stage in enumerate(STAGES):
        bounds = [_column(graded, f"{stage}_{end}_kg") for end in ("low", "high")]
        texts = digits.amounts(stages[:, position], *bounds)
        frame[f"{stage}_kg"], frame[f"{stage}_low"], frame[f"{stage}_high"] = texts
        frame[f"{stage}_share"] = shares[position]
    frame["returns_add"] = digits.plain_percents(added)
    frame["air"] = digits.plain_percents(about["air_share"].to_numpy(dtype=np.float64))
    frame["air_assumed"] = about["air_assumed"].to_numpy(dtype=bool)
    frame["packaging"] = digits.amounts(about["packaging_g"].to_numpy(dtype=np.float64))[0]
    frame["return_rate"] = digits.plain_percents(about["return_rate"].to_numpy(dtype=np.float64))
    for name in ("primary_share", "documented_share", *RESTS.values()):
        frame[name] = digits.plain_percents(_column(graded, name))
    frame["dqr"] = [
        f"{rating:.1f}" if rating == rating else "" for rating in _column(graded, "dqr")
    ]
    for name in ("ask_first", "defaulted", "reference", "edition", "problem"):
        frame[name] = _texts(graded, name)
    chinese = {text: _asked(text, issue.activities) for text in set(frame["ask_first"])}
    frame["ask_first_zh"] = frame["ask_first"].map(chinese)
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


def _graded(graded: pd.DataFrame) -> pd.DataFrame:
    """State, letters, reasons and the functional unit of each SKU."""
    state = _texts(graded, "state")
    lettered = (state == "sure") | (state == "range")
    likeliest = np.where(lettered, _texts(graded, "letter"), "")
    ends = {"best": "letter_best", "worst": "letter_worst", "letter": "letter_text"}
    columns = {
        name: np.where(lettered, _texts(graded, column), "") if column in graded else likeliest
        for name, column in ends.items()
    }
    dear, total = _column(graded, "dear_kg"), _column(graded, "total_kg")
    probability = _column(graded, "letter_probability")
    unit = _texts(graded, "unit")
    quantity = digits.amounts(_column(graded, "functional_quantity"))[0]
    # what is a piece anyway is not told twice
    single = np.array([each == "1.00" for each in quantity], dtype=bool)
    single &= np.isin(unit, PIECES)
    another = (unit != "") & ~single
    per_unit = np.where(another, _column(graded, "kg_per_unit"), np.nan)
    return pd.DataFrame(
        {
            "state": state,
            "likeliest": likeliest,
            **columns,
            "probability": _floored(probability),
            "reason": _texts(graded, "reason"),
            "why": np.where(lettered, _texts(graded, "why"), ""),
            "dear": digits.amounts(np.where(dear >= WORTH_TELLING * total, dear, np.nan))[0],
            "evidence": _texts(graded, "evidence"),
            "supplier": digits.amounts(_column(graded, "supplier_kg"))[0],
            "quantity": quantity,
            "unit": unit,
            "size_class": _texts(graded, "size_class"),
            "unit_kg": digits.amounts(per_unit)[0],
        }
    )


def ratios(
    totals: Sequence[str], references: Sequence[str], ratio: Floats, scale: Scale
) -> list[str]:
    """Percentages of the reference: of the numbers that are printed, moved into the letter.

    A reader who divides what is printed finds the same number; only where rounding would carry it
    into another letter than the exact ratio [1] has, it stops at the bound between them. Empty
    where the ratio is not known.

    >>> scale = Scale(("A", "B"), np.array([1.0]), 0.9, 2.0, 5)
    >>> ratios(["3.7", "3.6"], ["3.6", "3.6"], np.array([1.0278, 1.0275]), scale)
    ['103', '100.1']
    """
    pairs = zip(totals, references, strict=True)
    percents = np.array([digits.percent_of(*pair) for pair in pairs]).reshape(len(ratio))
    percents = np.where(np.isnan(ratio), np.nan, percents)
    edges = np.concatenate([[0.0], scale.bounds * 100, [np.inf]])
    position = np.maximum(scale.letter(ratio), 0)
    astray = scale.letter(percents / 100) != scale.letter(ratio)
    below = np.floor(edges[position + 1] * 10 + 1e-9) / 10
    above = (np.floor(edges[position] * 10 + 1e-9) + 1) / 10
    moved = np.where(astray, np.clip(percents, above, below), percents)
    return ["" if value != value else f"{value:.1f}".removesuffix(".0") for value in moved.tolist()]


def _stage_shares(stages: Floats, total: Floats) -> list[list[str]]:
    """Share of each stage [%]: whole, summing to 100 where no stage is below nothing."""
    summed_shares = digits.shares(stages)
    with np.errstate(invalid="ignore", divide="ignore"):
        exact = stages / total[:, None]
    sound = summed_shares.sum(axis=1) == 100
    columns = []
    for position in range(stages.shape[1]):
        plain_texts = digits.plain_percents(exact[:, position])
        pairs = zip(
            summed_shares[:, position].tolist(),
            plain_texts,
            exact[:, position].tolist(),
            sound.tolist(),
            strict=True,
        )
        columns.append(
            [
                ""
                if text == ""
                else text
                if not summed
                else "<1"
                if share == 0 and part > 0
                else f"{share}"
                for share, text, part, summed in pairs
            ]
        )
    return columns


def _asked(text: str, activities: Mapping[str, str]) -> str:
    """Data that would help most, its factors under their Chinese names."""
    items = []
    for item in text.split("; "):
        kind, colon, activity = item.partition(": ")
        items.append(f"{kind}{colon}{activities.get(activity, activity)}" if colon else item)
    return "; ".join(items)


def _floored(probability: Floats) -> list[str]:
    """Whole percentages, rounded down: nothing is printed as surer than it is."""
    return digits.plain_percents(np.floor(probability * 100 + 1e-9) / 100)


def _texts(frame: pd.DataFrame, name: str) -> npt.NDArray[np.object_]:
    """A column of text; empty where it is not there."""
    if name not in frame:
        return np.full(len(frame), "", dtype=object)
    return _text(frame[name]).to_numpy(dtype=object)


def _text(column: pd.Series) -> pd.Series:
    """Text, empty where there is none."""
    values = column.astype("object")
    return values.where(values.notna(), "").astype(str)


def _column(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    values: Floats = frame[name].to_numpy(dtype=np.float64)
    return values
