"""Reads numbers and draws, gives the digits that are printed and the bounds of 95 % intervals [1].

Every label, page, sheet and message prints a quantity through this file, so that one value reads
the same behind every door, however often it was drawn.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from carbon.base.arrays import Floats, Integers

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DASH",
    "PROBABILITY",
    "amount",
    "amounts",
    "carried",
    "carried_table",
    "interval",
    "last_places",
    "percent",
    "percent_of",
    "plain_percents",
    "printed",
    "shares",
    "signed",
    "written",
]


PROBABILITY: Final = 0.95
"""Probability of an interval [1]."""

DASH: Final = "–"
"""What stands for a number that is not known."""

DIGITS: Final = 10
"""Significant digits that a result is written with: far more than any of them carries."""

LARGEST_POWER: Final = 300

_POWERS: Final = np.array([float(f"1e{k}") for k in range(-LARGEST_POWER, LARGEST_POWER + 1)])
"""Powers of ten, each the nearest number there is."""

FINEST: Final = -12
"""Power of ten below which nothing is printed."""


def carried(values: Floats) -> Floats:
    """Numbers without the last bits, in which processors differ.

    Sums and exponentials may differ in the last bit between processors, for their vector units add
    in another order. Only operations that IEEE 754 rounds correctly are used here. ``values``: any
    shape and unit. Returns: the nearest decimal of :data:`DIGITS`, in the same unit, never coarser
    than a hundredth; what is not finite stays.

    >>> carried(np.array([0.1 + 0.2, 3.7000000000000006e-5, 2e12 + 0.01, -0.0])).tolist()
    [0.3, 3.7e-05, 2000000000000.01, -0.0]
    """
    _, binary = np.frexp(values)
    exponent = ((binary.astype(np.int64) - 1) * 1233) >> 12  # 1233 / 4096 is log10(2)
    exponent = np.clip(exponent, -LARGEST_POWER + 20, LARGEST_POWER - 1)
    exponent += np.abs(values) >= _POWERS[exponent + 1 + LARGEST_POWER]
    shift = np.clip(DIGITS - 1 - exponent, 2, LARGEST_POWER)
    power = _POWERS[shift + LARGEST_POWER]
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = values * power
        near: Floats = np.rint(scaled) / power
    # beyond 2 ** 53 every number is a multiple of its last bit already
    plain = np.isfinite(near) & (np.abs(scaled) < 2.0**53)
    return np.where(plain, near, values)


def carried_table(frame: pd.DataFrame) -> pd.DataFrame:
    """A table whose numbers of 64 bits are as :func:`carried` leaves them, to be written.

    >>> import pandas as pd
    >>> carried_table(pd.DataFrame({"total_kg": [0.1 + 0.2], "sku": ["A"]})).to_numpy().tolist()
    [[0.3, 'A']]
    """
    names = [name for name, kind in frame.dtypes.items() if kind == np.float64]
    if not names or not frame.columns.is_unique:
        return frame
    return frame.assign(**{str(name): carried(frame[name].to_numpy()) for name in names})


def interval(draws: npt.NDArray[np.floating[Any]]) -> tuple[Any, Any]:
    """Bounds that hold 95 % of the draws in each row; the draws are sorted in place.

    Order statistics number ``0.025·(draws+1)`` from below and from above, so that the interval
    holds a further draw with a probability of 95 % (David, H. A. & Nagaraja, H. N. (2003), Order
    Statistics, section 7.1). Returns ``low``, ``high``: shape (k,), in the type and unit of the
    draws.

    >>> low, high = interval(np.arange(999, dtype=np.float32)[None, ::-1].copy())
    >>> low.tolist(), high.tolist()
    ([24.0], [974.0])
    """
    count = draws.shape[1]
    first = max(int((1 - PROBABILITY) / 2 * (count + 1) + 1e-9) - 1, 0)
    draws.sort(axis=1)
    return draws[:, first].copy(), draws[:, count - 1 - first].copy()


def last_places(values: Floats) -> Integers:
    """Power of ten of the last digit that is printed of each value.

    ``values``: any unit. Returns: three significant digits where the first is 1, else two: rounding
    moves no value by more than 2.5 %, and the digits hang neither on draws nor on the width of an
    interval.

    >>> last_places(np.array([141.2, 0.674, 86.4, 9.96, 0.0])).tolist()
    [0, -2, 0, -1, 0]
    """
    sizes = np.abs(values)
    known = np.isfinite(sizes) & (sizes > 0)
    # what is far below the last place that is printed has the same places
    safe = np.where(known, np.maximum(sizes, 10.0 ** (2 * FINEST)), 1.0)
    power = np.floor(np.log10(safe))
    # 1.996 is printed as 2.0, so it has the digits of 2
    leading = np.round(safe / 10.0**power, 2)
    places = np.where(leading < 2, power - 2, power - 1)
    return np.where(known, np.maximum(places, FINEST), 0).astype(np.int64)


def written(values: Floats, places: Integers) -> list[str]:
    """Values as plain text to a stated last place.

    ``values``: shape (n,), any unit; ``places``: shape (n,), power of ten of the last digit of
    each. Returns: empty where a value is not known; never ``-0``.

    >>> written(np.array([141.2, 0.674, -0.001, np.nan]), np.array([1, -2, -2, 0]))
    ['140', '0.67', '0.00', '']
    """
    texts = []
    for value, place in zip(values.tolist(), places.tolist(), strict=True):
        if not math.isfinite(value):
            texts.append("")
            continue
        text = f"{round(value, -place):.{max(-place, 0)}f}"
        texts.append(text.lstrip("-") if float(text) == 0 else text)
    return texts


def amounts(
    values: Floats, low: Floats | None = None, high: Floats | None = None
) -> tuple[list[str], list[str], list[str]]:
    """Values and their intervals as plain text, in the digits of the values.

    ``values``: shape (n,), any unit; ``low``, ``high``: shape (n,), ends of their intervals; a
    value that lies inside still does when all are printed. Returns ``values``, ``low``, ``high``:
    empty where a number is not known.

    >>> amounts(np.array([141.2, 0.674]), np.array([49.6, 0.5]), np.array([428.0, 1.84]))
    (['141', '0.67'], ['50', '0.50'], ['428', '1.84'])
    """
    places = last_places(values)
    gaps = np.full(len(values), np.nan)
    ends = [gaps if end is None else end for end in (low, high)]
    return written(values, places), written(ends[0], places), written(ends[1], places)


def printed(text: str) -> str:
    """Plain digits as people read them.

    ``text``: as :func:`written` gives it. Returns: with commas at the thousands and a true minus; a
    dash if it is empty.

    >>> printed("39000"), printed("-1234.5"), printed("0.67"), printed("")
    ('39,000', '−1,234.5', '0.67', '–')
    """
    if not text:
        return DASH
    number, dot, decimals = text.lstrip("-").partition(".")
    sign = "−" if text.startswith("-") else ""
    return f"{sign}{int(number):,}{dot}{decimals}"


def amount(value: float, low: float = math.nan, high: float = math.nan, to: str = "–") -> str:
    """One value as people read it, with its interval where there is one.

    ``value``: any unit; ``low``, ``high``: ends of its interval; ``to``: what stands between them.

    >>> amount(39123.4, 30210, 60400), amount(1.2345), amount(math.nan), amount(-0.0512)
    ('39,000 (30,000–60,000)', '1.23', '–', '−0.051')
    """
    texts = [text[0] for text in amounts(*(np.array([number]) for number in (value, low, high)))]
    if texts[0] and texts[1] and texts[2] and high > low:
        return f"{printed(texts[0])} ({printed(texts[1])}{to}{printed(texts[2])})"
    return printed(texts[0])


def signed(value: float) -> str:
    """A change as people read it, its sign always told.

    >>> signed(2.345), signed(-14.02), signed(0.0)
    ('+2.3', '−14.0', '0')
    """
    text = amount(value)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def plain_percents(fractions: Floats) -> list[str]:
    """Shares as whole percentages without their sign.

    ``fractions``: shape (n,), [1]. Returns ``<1`` where it is more than nothing and rounds to
    nothing; empty where it is not known.

    >>> plain_percents(np.array([0.2345, 0.0004, 0.0, -0.051, np.nan]))
    ['23', '<1', '0', '-5', '']
    """
    texts = written(np.round(fractions * 100, 9), np.zeros(len(fractions), dtype=np.int64))
    tiny = ((fractions > 0) & (fractions < 0.005)).tolist()
    return ["<1" if small else text for text, small in zip(texts, tiny, strict=True)]


def percent(fraction: float, decimals: int = 0) -> str:
    """A share as a percentage, in the one style of the house.

    ``fraction``: [1]; ``decimals``: decimals, for rates that whole percentages do not tell apart.
    Returns: with a no-break space and the sign; a dash if it is not known.

    >>> percent(0.2345), percent(0.0004), percent(-0.05), percent(0.0123, 1), percent(math.nan)
    ('23\xa0%', '<1\xa0%', '−5\xa0%', '1.2\xa0%', '–')
    """
    if not math.isfinite(fraction):
        return DASH
    if decimals:
        text = written(np.array([fraction * 100]), np.array([-decimals]))[0]
    else:
        text = plain_percents(np.array([fraction]))[0]
    return f"{text if text.startswith('<') else printed(text)}\u00a0%"


def percent_of(value: str, reference: str) -> float:
    """Ratio of two printed numbers, so that a reader who divides them finds the same.

    ``value``, ``reference``: as :func:`written` gives them, in one unit. Returns: [%], whole; NaN
    where one is not known or the reference is 0.

    >>> percent_of("3.7", "3.6"), percent_of("", "3.6")
    (103.0, nan)
    """
    if not value or not reference or float(reference) == 0:
        return math.nan
    return float(round(100 * float(value) / float(reference)))


def shares(parts: Floats) -> Integers:
    """Parts of wholes as whole percentages that sum to 100.

    ``parts``: shape (n, k), parts of each whole, in one unit, none negative; NaN counts as nothing.
    Returns: shape (n, k), by largest remainders (Hamilton's method); all 0 where a whole is nothing
    or a part of it is negative.

    >>> shares(np.array([[1.0, 1.0, 1.0], [2.0, np.nan, 1.0], [0.0, 0.0, 0.0]])).tolist()
    [[34, 33, 33], [67, 0, 33], [0, 0, 0]]
    """
    sizes = np.nan_to_num(np.asarray(parts, dtype=np.float64))
    total = sizes.sum(axis=1, keepdims=True)
    sound = (total > 0) & (sizes >= 0).all(axis=1, keepdims=True)
    exact = np.where(sound, 100 * sizes / np.where(sound, total, 1.0), 0.0)
    # equal parts must not be ordered by the last bit of a sum
    floors = np.floor(exact + 1e-9)
    missing = (np.where(sound[:, 0], 100, 0) - floors.sum(axis=1)).astype(np.int64)
    order = np.argsort(-np.round(exact - floors, 9), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    counts: Integers = (floors + (rank < missing[:, None])).astype(np.int64)
    return counts
