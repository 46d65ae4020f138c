"""What reports of suspicious patterns share: the listing of SKUs, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.terms import ORIGINS
from carbon.catalogue.schema import Catalogue

__all__ = ["CHECKS", "Listing", "Told", "packed", "row", "stated"]

CHECKS: Final = {
    "bunching": (
        "{under} SKUs lie just under the bound of letter {letter} and {over} just over it; "
        "{expected:.0%} under it were expected, {observed:.0%} are. Measure masses and returns "
        "of those just under again",
        "刚好低于{letter}级界限的有{under}个，刚好高于的有{over}个；预期{expected:.0%}在下方，"
        "实为{observed:.0%}。请复核界限下方商品的重量和退货率",
    ),
    "clone": (
        "{n:.0f} SKUs state the same good; their ratios to the reference run from {low:.2f} to "
        "{high:.2f}. List sizes and colours as one good, or say what differs",
        "{n:.0f}个SKU所填数据为同一商品，其对基准比值为{low:.2f}至{high:.2f}。"
        "请合并规格与颜色，或说明差异",
    ),
    "waybill_mass": (
        "{over} of {n:.0f} parcels weigh more than declared; the middle one is {observed:.2f} "
        "times as heavy. Weigh the product and its packaging again",
        "{n:.0f}个包裹中{over}个超过申报重量，中位数为申报的{observed:.2f}倍。请重新称量商品与包装",
    ),
    "light_mass": (
        "{observed:.3g} kg where the {n:.0f} products of the category have {expected:.3g} kg in "
        "the middle, {z:.1f} robust standard deviations below. Weigh it again",
        "申报{observed:.3g}千克，而该类目{n:.0f}个商品的中位数为{expected:.3g}千克，"
        "低{z:.1f}个稳健标准差。请重新称量",
    ),
    "return_rate": (
        "{hits:.0f} of {n:.0f} units came back, {observed:.1%}; {expected:.1%} is usual in the "
        "category. Hold it against the settled orders",
        "售出{n:.0f}件退回{hits:.0f}件（{observed:.1%}），该类目通常为{expected:.1%}。"
        "请与已结算订单核对",
    ),
    "missing_mass": (
        "{without} of {n:.0f} SKUs state no mass; {expected:.0%} is usual among the other "
        "merchants of the category. State it",
        "{n:.0f}个SKU中{without}个未填重量，该类目其他商家通常为{expected:.0%}。请补填",
    ),
    "missing_packaging": (
        "{without} of {n:.0f} SKUs state no packaging; {expected:.0%} is usual among the other "
        "merchants of the category. State it",
        "{n:.0f}个SKU中{without}个未填包装，该类目其他商家通常为{expected:.0%}。请补填",
    ),
}
"""Check → what it tells, in English and Chinese."""

NAMED: Final = 5
"""SKUs that a row names."""


Told = tuple[str, Iterator[dict[str, Any]], int]
"""A check, its rows, and how many tests it made."""


@dataclass(frozen=True, eq=False)
class Listing:
    """Who sells what.

    Parameters
    ----------
    sku, merchant, category : ndarray of object, shape (n,)
        Names; empty where none is told.
    merchants, categories : ndarray of int64, shape (n,)
        Positions in the lists.
    merchant_names, category_names : list of str
        In alphabetical order.
    """

    sku: npt.NDArray[np.object_]
    merchant: npt.NDArray[np.object_]
    category: npt.NDArray[np.object_]
    merchants: npt.NDArray[np.int64]
    categories: npt.NDArray[np.int64]
    merchant_names: list[str]
    category_names: list[str]

    @classmethod
    def of(cls, skus: pd.DataFrame) -> Listing:
        """Listing of the SKUs of a catalogue."""

        def column(name: str) -> tuple[Any, Any, list[str]]:
            text = skus[name].astype("object").fillna("").astype(str)
            codes, names = pd.factorize(text, sort=True)
            return text.to_numpy(dtype=object), codes.astype(np.int64), [*map(str, names)]

        merchant, merchants, merchant_names = column("merchant")
        category, categories, category_names = column("category")
        sku = skus["sku"].astype("object").fillna("").astype(str).to_numpy(dtype=object)
        return cls(sku, merchant, category, merchants, categories, merchant_names, category_names)

    def named(self, rows: npt.NDArray[np.intp]) -> str:
        """The first few SKUs by name."""
        return " ".join(sorted(self.sku[rows].tolist())[:NAMED])

    def who(self, at: np.intp) -> dict[str, str]:
        """Names of one SKU."""
        names = {"sku": self.sku, "merchant": self.merchant, "category": self.category}
        return {column: values[at] for column, values in names.items()}


def row(check: str, **told: Any) -> dict[str, Any]:
    """One row of the report with its sentences.

    Parameters
    ----------
    check : str
        A key of :data:`CHECKS`.
    **told
        Columns, and numbers that the sentences name.
    """
    en, zh = (words.format(**told) for words in CHECKS[check])
    return {**told, "en": en, "zh": zh}


def packed(catalogue: Catalogue) -> npt.NDArray[np.float64]:
    """Packaging that one unit carries [kg].

    Parameters
    ----------
    catalogue : Catalogue
        Filled, of n SKUs.
    """
    pieces = catalogue.packaging
    mass = (pieces["mass_kg"] * pieces["share"]).to_numpy(dtype=np.float64)
    carried = np.bincount(pieces["row"].to_numpy(), mass, len(catalogue))
    return np.asarray(carried, dtype=np.float64)


def stated(catalogue: Catalogue, column: str) -> npt.NDArray[np.bool_]:
    """Whether the merchant told a datum, SKU by SKU.

    Parameters
    ----------
    catalogue : Catalogue
        Filled.
    column : str
        A column of its origins.
    """
    told = catalogue.origin[column].to_numpy()
    return np.isin(told, [ORIGINS.index("given"), ORIGINS.index("measured")])
