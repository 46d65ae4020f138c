"""Reads ``templates/catalogue/prose.toml``, gives the signs that part cells, as patterns."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from typing import Any

from carbon.base.rules import templates_root

__all__ = ["any_of", "sign", "signs"]


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    path = templates_root() / "catalogue" / "prose.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def signs(name: str) -> list[str]:
    """Signs of a name, the longest first.

    >>> "trips" in signs("times")
    True
    """
    return sorted(_table()[name], key=len, reverse=True)  # of a table, its keys


def sign(name: str) -> Any:
    """A single sign, or a table of them."""
    return _table()[name]


def any_of(name: str) -> str:
    """Pattern of any of the signs of a name; a Latin word is no part of a longer one.

    >>> bool(re.fullmatch(any_of("times"), "trips"))
    True
    """
    latin = [re.escape(word) for word in signs(name) if word.isascii()]
    other = [re.escape(word) for word in signs(name) if not word.isascii()]
    closed = [rf"(?<![A-Za-z])(?:{'|'.join(latin)})(?![A-Za-z])"] if latin else []
    return f"(?:{'|'.join([*other, *closed])})"
