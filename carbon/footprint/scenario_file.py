"""Reads scenario files, gives levers and settings, each with its cite, and their base."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from carbon.base.errors import StudyError
from carbon.base.files import read_bounded
from carbon.catalogue.columns import COLUMNS

__all__ = ["Scenario", "read_scenario"]

LARGEST_RATIO: Final = 1e9
"""Above which no report is believed; integers of TOML have no end."""

LARGEST: Final = 1_000_000
"""Bytes that a scenario may have."""

KINDS: Final = ("cited", "assumption")
TOP: Final = {"title", "title_zh", "text", "text_zh", "base", "change", "reported"}
CHANGE: Final = {"lever", "set", "kind", "cite"}
REPORTED: Final = {"ratio", "kind", "cite"}


@dataclass(frozen=True)
class Scenario:
    """A named what-if.

    - ``title``, ``title_zh``: what it is called
    - ``text``, ``text_zh``: what it is about
    - ``levers``: levers and settings, as :func:`carbon.footprint.levers.lever` reads them
    - ``cites``: source of each
    - ``base``: the catalogue it starts from; None for the user's own
    - ``reported``: ratio of the footprints after and before that somebody else reports; NaN for
      none
    """

    title: str
    title_zh: str
    text: str
    text_zh: str
    levers: tuple[str, ...]
    cites: tuple[str, ...]
    base: pd.DataFrame | None
    reported: float


def read_scenario(path: Path | str) -> Scenario:
    """Read a scenario file.

    TOML: ``title``, ``[[change]]`` tables with ``lever`` or ``set``, ``kind`` and ``cite``, and
    optionally ``[[base]]`` rows of a catalogue with ``kind`` and ``cite``, and ``[reported]`` with
    ``ratio``, ``kind`` and ``cite``. S025 if the file cannot be read or has other keys, S026 if a
    figure has no cite.
    """
    path = Path(path)
    data = read_bounded(path, lambda detail: StudyError("S025", detail, file=str(path)), LARGEST)
    try:
        content: dict[str, Any] = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise StudyError("S025", str(error)[:200], file=str(path)) from None
    _known(path, "", content, TOP)
    title = content.get("title")
    changes = content.get("change", [])
    if not isinstance(title, str) or not title or not _tables(changes):
        raise StudyError("S025", "title or [[change]] is missing", file=str(path))
    levers = []
    for number, change in enumerate(changes, start=1):
        where = f"change {number}"
        _known(path, where, change, CHANGE)
        _cited(path, where, change)
        pulled = [change[key] for key in ("lever", "set") if key in change]
        if len(pulled) != 1 or not isinstance(pulled[0], str):
            raise StudyError("S025", f"{where}: one of lever and set", file=str(path))
        levers.append(pulled[0])
    base = content.get("base", [])
    if base and not _tables(base):
        raise StudyError("S025", "[[base]] holds rows", file=str(path))
    for number, row in enumerate(base, start=1):
        _known(path, f"base {number}", row, {*COLUMNS, "kind", "cite"})
        _cited(path, f"base {number}", row)
    reported = content.get("reported", {})
    ratio = float("nan")
    if reported:
        _known(path, "reported", reported, REPORTED)
        _cited(path, "reported", reported)
        difference = reported.get("ratio")
        if (
            not isinstance(difference, int | float)
            or isinstance(difference, bool)
            or not 0 < difference < LARGEST_RATIO
        ):
            raise StudyError("S025", "reported: ratio is a number above 0", file=str(path))
        ratio = float(difference)
    rows = [{key: str(row[key]) for key in row if key in COLUMNS} for row in base]
    return Scenario(
        title,
        str(content.get("title_zh", title)),
        str(content.get("text", "")),
        str(content.get("text_zh", content.get("text", ""))),
        tuple(levers),
        tuple(str(change["cite"]) for change in changes),
        pd.DataFrame(rows).fillna("") if rows else None,
        ratio,
    )


def _tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _known(path: Path, where: str, table: dict[str, Any], keys: set[str]) -> None:
    if not isinstance(table, dict):
        raise StudyError("S025", f"{where} is a table", file=str(path))
    unknown = sorted(set(table) - keys)
    if unknown:
        detail = f"{where}: no key {unknown[0]}" if where else f"no key {unknown[0]}"
        raise StudyError("S025", detail, file=str(path))


def _cited(path: Path, where: str, table: dict[str, Any]) -> None:
    cite = table.get("cite")
    if not isinstance(cite, str) or not cite.strip() or table.get("kind") not in KINDS:
        raise StudyError("S026", f"{where}: kind is {' or '.join(KINDS)}", file=str(path))
