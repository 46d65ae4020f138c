"""Reads a fault that nobody foresaw, gives one line for the user and a file to send."""

from __future__ import annotations

import os
import platform
import re
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from carbon.base.errors import CarbonError

__all__ = ["UnexpectedError", "shown_text", "unexpected", "versions"]

STEERING: Final = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029"
    "\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
"""Characters that move a cursor, turn the direction of text, or are half of one."""

NAMED: Final = ("carbon-label", "numpy", "pandas", "pyarrow", "scipy", "click", "bw2calc")


class UnexpectedError(CarbonError):
    """A fault of the program itself."""

    exit_code = 6


def shown_text(text: str) -> str:
    """A text whose steering characters are shown instead of obeyed.

    ``text``: it may hold names and cells of a stranger.

    >>> print(shown_text("tea\\x1b[2J 茶\\n"), end="")
    tea\\x1b[2J 茶
    """
    return STEERING.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def versions(names: Sequence[str]) -> dict[str, str]:
    """Version of each package; empty where it is not installed."""
    known = dict.fromkeys(names, "")
    for name in names:
        with suppress(PackageNotFoundError):
            known[name] = version(name)
    return known


def unexpected(error: BaseException, arguments: Sequence[str] = ()) -> UnexpectedError:
    """What the user is told of a fault, whose particulars are written into a file.

    Returns: O006 with the file; it holds places in the program and versions, and no cell of a table
    but what the fault itself says.
    """
    lines = [
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        ", ".join(f"{name} {known or '?'}" for name, known in versions(NAMED).items()),
        "carbon " + " ".join(map(repr, arguments)),
        "".join(traceback.format_exception(error)),
    ]
    detail = f"{type(error).__name__}: {str(error)[:200]}".splitlines()[0]
    if isinstance(error, MemoryError):
        detail = "the memory was not enough"
    try:
        handle, path = tempfile.mkstemp(prefix="carbon-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines))
    except OSError:
        path = ""
    return UnexpectedError("O006", detail, file=path)
