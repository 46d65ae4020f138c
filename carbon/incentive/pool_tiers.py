"""Reads merchants and premiums, gives the break-even of each tier and what a move is worth.

Claims are expected per merchant and rounded to the cent; a tier is the sum of its merchants, so
that lines and totals agree. The premium due is expected claims × (1 + loading) to the cent; the
premium of one order is that divided by the orders, rounded half to even, and what the rounding
brings or costs is shown.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from carbon.base.arrays import Floats, Integers
from carbon.incentive.money import divided
from carbon.incentive.pool_policy import PoolPolicy

__all__ = ["CENTS", "money", "move", "shown", "tier_of", "tiers"]

CENTS: Final = 100
"""Smallest units of a currency unit in which premiums are charged."""


def tier_of(rate: Floats, policy: PoolPolicy) -> Integers:
    """Position of the tier of each return rate [1].

    >>> from carbon.incentive.pool_policy import load_policy
    >>> tier_of(np.array([0.0, 0.05, 0.0501, 1.0]), load_policy()).tolist()
    [0, 0, 1, 7]
    """
    ends = np.array([float(tier.up_to) for tier in policy.tiers])
    return np.minimum(np.searchsorted(ends, rate, side="left"), len(ends) - 1).astype(np.int64)


def tiers(merchants: pd.DataFrame, policy: PoolPolicy) -> pd.DataFrame:
    """Premiums at which each tier breaks even: one row a tier, in cents.

    Merchants are ``place`` (of the tier) ``orders insured expected_returns expected_cents
    paid_cents claims_cents``; NA where no insured order makes an amount known.
    """
    size = len(policy.tiers)
    place = merchants["place"].to_numpy()

    def total(name: str) -> Integers:
        values = merchants[name].to_numpy()
        return np.bincount(place, values, size).astype(values.dtype)

    insured, expected = total("insured"), total("expected_cents")
    unity = Decimal(1)
    factor = unity + policy.pricing.loading.value
    due = np.array(
        [int((int(each) * factor).quantize(unity, ROUND_HALF_EVEN)) for each in expected], np.int64
    )
    known = insured > 0
    premium = divided(due, np.where(known, insured, 1), "half_even")
    tariff = [None if tier.tariff is None else int(tier.tariff * CENTS) for tier in policy.tiers]
    charged = pd.array(tariff, dtype="Int64")
    with np.errstate(invalid="ignore"):
        rate = total("expected_returns") / np.where(known, insured, np.nan)
    return pd.DataFrame(
        {
            "tier": [tier.name for tier in policy.tiers],
            "up_to": [float(tier.up_to) for tier in policy.tiers],
            "merchants": np.bincount(place, minlength=size),
            "orders": total("orders"),
            "insured": insured,
            "rate": rate,
            "expected_cents": expected,
            "due_cents": due,
            "premium_cents": pd.array(np.where(known, premium, 0), dtype="Int64"),
            "collected_cents": premium * insured,
            "rounding_cents": premium * insured - due,
            "paid_cents": total("paid_cents"),
            "claims_cents": total("claims_cents"),
            "tariff_cents": charged,
            "tariff_income_cents": charged * insured,
        }
    ).assign(premium_cents=lambda table: table["premium_cents"].where(known))


def move(merchants: pd.DataFrame, table: pd.DataFrame, kg_per_return: Floats) -> pd.DataFrame:
    """What each merchant saves by coming down to the next tier that has merchants.

    Merchants are ``place rate orders insured``, with the kg CO2e of a return, NaN where it is not
    known. ``next_rate`` is the rate to reach; ``returns_less``, ``saved_cents`` and ``saved_kg``
    are in the window; missing in the lowest tier.
    """
    filled = table["premium_cents"].notna().to_numpy()
    below = np.full(len(table), -1)
    for at in range(1, len(table)):
        below[at] = at - 1 if filled[at - 1] else below[at - 1]
    place = merchants["place"].to_numpy()
    target = below[place]
    lower = target >= 0
    names = table["tier"].to_numpy(dtype=object)
    ends = table["up_to"].to_numpy()
    premium = table["premium_cents"].to_numpy(dtype=np.int64, na_value=0)
    insured, orders = merchants["insured"].to_numpy(), merchants["orders"].to_numpy()
    less = np.where(lower, (merchants["rate"].to_numpy() - ends[target]) * orders, np.nan)
    saved = (premium[place] - premium[target]) * insured
    known = lower & filled[place]
    return pd.DataFrame(
        {
            "next_tier": np.where(lower, names[target], ""),
            "next_rate": np.where(lower, ends[target], np.nan),
            "returns_less": less,
            "saved_cents": pd.arrays.IntegerArray(saved, ~known),
            "saved_kg": less * kg_per_return,
        },
        index=merchants.index,
    )


def money(cents: Any) -> Any:
    """Cents as exact decimals with two places, as files show them.

    >>> [str(each) for each in money(np.array([5, -123456]))]
    ['0.05', '-1234.56']
    """
    series = pd.Series(cents)
    missing = series.isna().to_numpy()
    low = series.to_numpy(dtype=np.int64, na_value=0)
    words = np.stack([low, low >> 63], axis=1)  # 128 bits, least word first
    valid = np.packbits(~missing, bitorder="little").tobytes()
    buffers = [pa.py_buffer(valid), pa.py_buffer(np.ascontiguousarray(words).tobytes())]
    kind = pa.decimal128(38, 2)
    values = pa.Array.from_buffers(kind, len(low), buffers)
    return pd.array(values, dtype=pd.ArrowDtype(kind))


def shown(table: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Cents as amounts, with their currency in the last column; columns lose ``_cents``.

    >>> shown(pd.DataFrame({"due_cents": [1234]}), "CNY").astype("str").iloc[0].tolist()
    ['12.34', 'CNY']
    """
    table_shown = table.copy(deep=False)
    cents = [name for name in map(str, table) if name.endswith("_cents")]
    for name in cents:
        table_shown[name] = pd.Series(money(table[name]), index=table.index)
    table_shown = table_shown.rename(columns={name: name.removesuffix("_cents") for name in cents})
    return table_shown.assign(currency=currency)
