"""Reads decimal amounts, gives integers of the smallest unit, rounded by a stated rule.

A million amounts as ``decimal.Decimal`` take seconds for each sum; as 64-bit integers of the
smallest unit (cents, 分) they are as exact, and a product with a rate is an integer again in
millionths of that unit. Floating point never carries an amount.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from carbon.base.arrays import Flags, Integers
from carbon.catalogue.ledger import MONEY

__all__ = ["LARGEST", "MILLION", "divided", "minor", "share", "text"]

MILLION: Final = 1_000_000
"""Rates are whole millionths."""

LARGEST: Final = 10**12
"""Largest amount of one line [smallest unit]: a rate times it still fits 64 bits."""


def minor(amounts: Integers, digits: int) -> tuple[Integers, Flags]:
    """Amounts of a ledger [1/10,000 of the unit of the currency] in the smallest unit.

    ``digits`` are its decimals, 2 for CNY; an amount that has more decimals or is too large is not
    exact.

    >>> [column.tolist() for column in minor(np.array([1000, 26750, 26755]), 2)]
    [[10, 267, 267], [True, False, False]]
    """
    units, rest = np.divmod(amounts, MONEY // 10**digits)
    return units, (rest == 0) & (np.abs(units) <= LARGEST)


def divided(numerator: Integers, denominator: int | Integers, mode: str) -> Integers:
    """Quotient of whole numbers, rounded; the denominator is above 0.

    Modes are ``half_up`` (away from zero), ``half_even``, ``down`` (towards zero), ``up`` (away).

    >>> five = np.array([25, -25, 35])
    >>> [divided(five, 10, mode).tolist() for mode in ("half_up", "half_even", "down", "up")]
    [[3, -3, 4], [2, -2, 4], [2, -2, 3], [3, -3, 4]]
    """
    size, sign = np.abs(numerator), np.sign(numerator)
    quotient, rest = size // denominator, size % denominator
    if mode == "up":
        quotient = quotient + (rest > 0)
    elif mode == "half_up":
        quotient = quotient + (2 * rest >= denominator)
    elif mode == "half_even":
        quotient = quotient + (
            (2 * rest > denominator) | ((2 * rest == denominator) & (quotient % 2 == 1))
        )
    rounded: Integers = (sign * quotient).astype(np.int64)
    return rounded


def share(rate: Decimal) -> int:
    """A rate in millionths.

    >>> share(Decimal("0.02"))
    20000
    """
    return int(rate * MILLION)


def text(units: int, digits: int) -> str:
    """An amount as decimal text.

    >>> text(-5, 2), text(123456, 2), text(7, 0)
    ('-0.05', '1234.56', '7')
    """
    return str(Decimal(units).scaleb(-digits).quantize(Decimal(1).scaleb(-digits)))
