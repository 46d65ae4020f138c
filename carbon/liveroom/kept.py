"""Reads a sales ledger and a catalogue, gives kept units and takings of each SKU [units, money].

What a merchant declares to have sold moves the yardstick that he is held against; what a platform
booked, less what came back, does not hang on his word.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats
from carbon.base.errors import StudyError
from carbon.catalogue.ledger import MONEY, Ledger
from carbon.catalogue.schema import Catalogue
from carbon.liveroom.sales_lines import codes_of, number_of, repeated_lines

__all__ = ["kept_sales"]

MOST_REFUSED: Final = 0.05
"""Share of lines that may be unreadable: above it their returns would decide the yardstick."""


def kept_sales(sales: Ledger, catalogue: Catalogue) -> pd.DataFrame:
    """Units that buyers kept, what they paid, and the currencies, by row of the filled catalogue.

    Sales are ``sku units revenue`` and, if there are, ``returned_units currency order date session
    room``. A negative line is a return or a correction; lines that repeat an earlier one count
    once; where a line does not say what came back, the SKU's own return rate does. The first row of
    a SKU that stands twice has them. S035 if more than one line in twenty could not be read, or no
    line is of the catalogue.

    >>> from carbon import Study, read_ledger
    >>> goods = Study().catalogue("sku,category\\nA,t_shirt\\n")
    >>> lines = {"sku": ["A", "A"], "units": ["9", "-2"], "revenue": ["90", "-20"],
    ...          "returned_units": ["3", "0"], "date": ["2026-11-01"] * 2, "currency": ["CNY"] * 2}
    >>> kept_sales(read_ledger(pd.DataFrame(lines), "sales"), goods)["units"].tolist()
    [4.0]
    """
    lines = len(sales) + sales.dropped
    if sales.dropped > MOST_REFUSED * lines:
        raise StudyError("S035", f"{sales.dropped} of {lines} lines", file=sales.file)
    names = catalogue.skus["sku"].astype(str)
    first = np.flatnonzero(~names.duplicated().to_numpy())
    frame = sales.frame
    sku = codes_of(frame, "sku", pd.Index(names.iloc[first]))
    units, back, revenue = (
        number_of(frame, name) for name in ("units", "returned_units", "revenue")
    )
    unplaced = np.zeros(len(frame), dtype=np.int64)
    counted = (sku >= 0) & np.isfinite(units)
    counted &= ~repeated_lines(frame, counted, unplaced, unplaced, sku, units, revenue, back)
    if not counted.any():
        raise StudyError("S035", "no line is of the catalogue", file=sales.file)
    rate = catalogue.skus["return_rate"].to_numpy(dtype=np.float64)[first][sku]
    gone = np.where(np.isnan(back), np.maximum(units, 0.0) * rate, back)
    kept = np.where(units < 0, units, np.clip(units - gone, 0.0, None))
    with np.errstate(divide="ignore", invalid="ignore"):
        paid = np.nan_to_num(revenue) * np.where(units > 0, kept / units, 1.0)

    def summed(values: Floats) -> Floats:
        total = np.bincount(sku[counted], values[counted], len(first))
        by_row = np.zeros(len(names))
        by_row[first] = np.maximum(total, 0.0)
        return by_row

    currency = frame["currency"].astype("object") if "currency" in frame else pd.Series(dtype=str)
    known = sorted(set(currency[counted[: len(currency)]].dropna().astype(str)) - {""})
    return pd.DataFrame(
        {
            "units": summed(kept),
            "revenue": summed(paid) / MONEY,
            "currency": " ".join(known),
        }
    )
