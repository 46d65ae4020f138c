"""Reads barcodes as people and spreadsheets write them, gives trade item numbers."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_gtin", "mended"]

LENGTHS: Final = (8, 12, 13, 14)
"""Digits of a GTIN."""

_LOST: Final = 3
"""Leading zeros that a spreadsheet may have dropped."""


def is_gtin(text: str) -> bool:
    """Whether a text is a Global Trade Item Number with the right check digit.

    GS1 General Specifications, check digit: digits weighted 3 and 1 from the right sum to a
    multiple of ten. ``text``: 8, 12, 13 or 14 digits.

    >>> is_gtin("6901234567892"), is_gtin("6901234567893")
    (True, False)
    """
    if len(text) not in LENGTHS or not (text.isascii() and text.isdigit()) or not int(text):
        return False
    weighted = sum(
        int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(reversed(text))
    )
    return weighted % 10 == 0


_BETWEEN: Final = re.compile(r"[\s\-\u2010-\u2013.]+")
_FLOAT: Final = re.compile(r"\.0+$")


def mended(text: str) -> tuple[str, str]:
    """Trade item number of a cell, and the code of what is told about it.

    A spreadsheet drops leading zeros; these carry no weight in the check digit, so a number that is
    too short and passes the check is the one that was meant. ``text``: with blanks or hyphens, as a
    float, or without its leading zeros. Returns ``number``: the cell as it stands if it holds none;
    ``code``: C019 where it was mended, C020 where its check digit or length is wrong, else empty.

    >>> mended("690 1234 567892"), mended("36000291452"), mended("6901234567892")
    (('6901234567892', 'C019'), ('036000291452', 'C019'), ('6901234567892', ''))
    >>> mended("6901234567893"), mended("own-17")
    (('6901234567893', 'C020'), ('own-17', 'C020'))
    """
    if is_gtin(text):
        return text, ""
    digits = _BETWEEN.sub("", _FLOAT.sub("", text))
    if digits.isascii() and digits.isdigit() and digits.strip("0"):
        longer = [length for length in LENGTHS if len(digits) <= length <= len(digits) + _LOST]
        for length in longer:
            if is_gtin(digits.zfill(length)):
                return digits.zfill(length), "C019"
    return text, "C020"
