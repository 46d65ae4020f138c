"""Reads prices as merchants write them, gives amounts with their currencies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.catalogue.cells import Numbers, floats, numbers, present
from carbon.catalogue.headers import money_unit
from carbon.catalogue.names import by_unique

__all__ = ["price"]


def price(cells: Any, header_unit: str) -> Numbers:
    """Prices, with the currencies found beside them as ``rest``.

    >>> found = price(pa.array(["¥129", "19.90 EUR", "5元"]), "")
    >>> found.values.tolist(), found.rest.tolist()
    ([129.0, 19.9, 5.0], ['CNY', 'EUR', 'CNY'])
    """
    if not pa.types.is_string(cells.type):
        read = Numbers(floats(cells))
        sign: Any = pa.array([""] * len(cells))
    else:
        pattern = r"^(?P<before>[^-+−0-9.]*)(?P<number>[-+−]?[0-9.][0-9.,' ]*)(?P<after>[^0-9]*)$"
        parts = pc.extract_regex(cells, pattern)
        number = pc.utf8_trim_whitespace(parts.field("number"))
        read = numbers(pc.if_else(pc.is_valid(parts), number, pa.scalar(None, pa.string())))
        read.fail("C101", present(cells) & ~present(parts))
        sign = pc.binary_join_element_wise(parts.field("before"), parts.field("after"), "")
    currencies: list[str] = []

    def remember(text: str) -> int:
        currencies.append(
            (text.strip() if money_unit(text)[2] else "?") if text.strip() else header_unit
        )
        return len(currencies) - 1

    codes = by_unique(pc.fill_null(sign, ""), remember, np.int32, -1)
    money = [("?", 1.0) if item == "?" else money_unit(item)[:2] for item in currencies]
    if any(times != 1 for _, times in money):
        read.values = read.values * np.array([*(times for _, times in money), 1.0])[codes]
    currencies = [currency for currency, _ in money]
    read.rest = np.array([*currencies, ""], object)[codes]
    # a price is not needed: one that could mean two things is left out
    read.faults = [("C117" if code == "C111" else code, where) for code, where in read.faults]
    read.fail("C101", np.isinf(read.values))
    read.fail("C103", (read.rest == "?") & ~np.isnan(read.values))
    read.fail("C106", read.values < 0)
    return read
