"""Reads SKUs of a pattern, gives its rows: who they are and what is reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.terms import PROVENANCES
from carbon.base.words import spoken
from carbon.catalogue.schema import Catalogue

__all__ = ["CHECKS", "Listing", "Told", "row", "stated"]

CHECKS: Final = (
    *("bunching", "clone", "waybill_mass", "light_mass", "return_rate"),
    *("missing_mass", "missing_packaging"),
)
"""Checks in the order of a report; what each tells stands in ``templates/words.toml``."""

NAMED: Final = 5
"""SKUs that a row names."""


Told = tuple[str, Iterator[dict[str, Any]], int]
"""A check, its rows, and how many tests it made."""


@dataclass(frozen=True, eq=False)
class Listing:
    """Who sells what.

    - ``sku``, ``merchant``, ``category`` (n,): names; empty where none is told
    - ``merchants``, ``categories`` (n,): positions in the lists
    - ``merchant_names``, ``category_names``: in alphabetical order
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


def row(check: str, **columns: Any) -> dict[str, Any]:
    """One row of the report: its columns, and sentences with the numbers that they name."""
    return {**columns, **spoken(f"anomaly.{check}", **columns)}


def stated(catalogue: Catalogue, column: str) -> npt.NDArray[np.bool_]:
    """Whether the merchant told a datum, a column of its origins, SKU by SKU."""
    origin = catalogue.provenance[column].to_numpy()
    return np.isin(origin, [PROVENANCES.index("given"), PROVENANCES.index("measured")])
