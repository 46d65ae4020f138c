"""Reads names and serials, gives one key for all that look alike."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from typing import Final

import pandas as pd

from carbon.base.words import templates_root

__all__ = ["looks"]

DIGITS: Final = str.maketrans("OIL", "011")
"""Letters that stand for digits in a serial."""


_UNSEEN: Final = re.compile(r"[\W_]")


@lru_cache(maxsize=1)
def _letters() -> dict[int, str]:
    """Letters of other alphabets and the Latin ones that they look like."""
    terms = tomllib.loads((templates_root() / "claims" / "terms.toml").read_text(encoding="utf-8"))
    pairs = [(key, value) for key, value in terms["fold"].items() if value.isascii()]
    return {ord(a): b for key, value in pairs for a, b in zip(key, value, strict=True)}


def looks(texts: pd.Series, *, serial: bool = False) -> pd.Series:
    """Keys of texts: without case, width, punctuation and what is not seen, in Latin letters.

    In serials, letters that look like digits are taken for these.

    >>> looks(pd.Series(["M-1", "м-1", "Ｍ\\u200b-1"])).tolist()
    ['M1', 'M1', 'M1']
    >>> looks(pd.Series(["GEC-O1"]), serial=True).tolist()
    ['GEC01']
    """
    letters = _letters()

    def look(text: str) -> str:
        plain = unicodedata.normalize("NFKC", text).casefold().translate(letters).upper()
        plain = _UNSEEN.sub("", plain)
        return plain.translate(DIGITS) if serial else plain

    words = texts.astype("str")
    seen = [look(text) if isinstance(text, str) else text for text in words.tolist()]
    return pd.Series(seen, index=words.index, name=words.name, dtype="str")
