"""Reads a folder of own factors, gives a start of one, and what of it no footprint can use."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from carbon.background.edition import Edition, load_edition
from carbon.background.source import DESCRIPTOR, seal, write_rows
from carbon.base.errors import OutputError
from carbon.base.files import write_text
from carbon.base.problems import Problems
from carbon.catalogue.names import nearest

__all__ = ["begin_package", "never_used"]

ARTICLES: Final = ("the ", "a ", "an ")
CLOSE: Final = 0.5
"""Likeness from which a name is worth proposing [1]."""

EVERYWHERE: Final = ("GLO", "*")
"""Places that no region names: the world, and a template."""

_CITE: Final = "example: replace with the document, its table and row"
_ACTIVITY: Final = {
    "activity": "cotton fibre",
    "location": "CN",
    "unit": "kg",
    "year": 2025,
    "title": "cotton fibre, our mill (example)",
    "title_zh": "棉纤维，本厂（示例）",
    "boundary": "cradle to gate",
    "production": 1,
    "gsd2": 1.5,
    "pedigree": "3;3;3;3;3",
    "kind": "assumption",
    "cite": _CITE,
}
_EXCHANGES: Final = (
    {"kind": "emission", "flow": "carbon dioxide, fossil", "amount": 1.8, "unit": "kg"},
    {"kind": "input", "flow": "electricity, consumer", "flow_location": "CN", "amount": 0.5,
     "unit": "kWh"},
)  # fmt: skip


def begin_package(folder: Path) -> str:
    """Write a sealed package with one dataset, to be changed and sealed again.

    Parameters
    ----------
    folder : pathlib.Path
        New or empty; its name becomes that of the package.

    Returns
    -------
    str
        SHA-256 of the descriptor.

    Raises
    ------
    carbon.base.errors.OutputError
        B009 if the folder holds anything, O001 if it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("B009", file=str(folder))
    name = "".join(char if char.isascii() and char.isalnum() else "-" for char in folder.name)
    descriptor = {
        "name": name.strip("-").lower()[:64] or "own",
        "version": "1",
        "title": "Factors of our own",
        "citation": "who measured or published the figures, and when",
        "licenses": [{"name": "not published"}],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / DESCRIPTOR, json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n")
        write_rows(folder, "activities", [_ACTIVITY])
        same = {name: _ACTIVITY[name] for name in ("activity", "location", "cite")}
        write_rows(folder, "exchanges", [same | row for row in _EXCHANGES])
        return seal(folder)
    except OSError as error:
        raise OutputError("O001", error.strerror or str(error), file=str(folder)) from None


def never_used(folder: Path, edition: Edition) -> pd.DataFrame:
    """Datasets of a package that nothing can ask for: by their name, or by their place.

    ``folder``: where the package lies; told with each row; ``edition``: with the package as its
    first. Returns: a row a dataset, columns :data:`carbon.base.errors.PROBLEM_COLUMNS`, the nearest
    name or place in the rule.
    """
    problems = Problems()
    package = edition.packages[0]
    table = package.tables.get("activities", pd.DataFrame({"activity": [], "location": []}))
    asked = _asked(edition)
    places = {*edition.parents, *EVERYWHERE}
    file = str(folder / "activities.csv")
    for code, column, known in (("F019", "activity", asked), ("F020", "location", places)):
        names = table[column].astype(str)
        at = np.flatnonzero(~names.isin(known).to_numpy())
        for row in at:  # a package has few datasets, and those of no use are fewer
            near = _nearest(names.iloc[row], known)
            problems.add(
                code,
                file=file,
                row=[int(row) + 2],
                column=column,
                value=[names.iloc[row]],
                hint=f"the nearest is {near}" if near else "",
            )
    return problems.table()


def _asked(edition: Edition) -> set[str]:
    """Names that footprints ask for: shipped ones, inputs of datasets, words of own tables."""
    shipped = load_edition(edition.name.partition("+")[0])
    asked = set(shipped.datasets["activity"])
    for package in edition.packages[: edition.own_packages]:
        for name, table in package.tables.items():
            if name == "exchanges":
                asked |= set(table.loc[table["kind"] == "input", "flow"])
            elif name != "activities":
                asked |= {str(cell) for column in table for cell in table[column].unique()}
    return asked


def _plain(name: str) -> str:
    folded = " ".join(name.casefold().split())
    for article in ARTICLES:
        folded = folded.removeprefix(article)
    return folded


def _nearest(name: str, known: Iterable[str]) -> str:
    """Name that is most like one, without regard to case and articles; empty if none is."""
    folded: dict[str, Any] = {}
    for each in sorted(known):
        folded.setdefault(_plain(each), each)
    found = nearest(_plain(name), folded, CLOSE)
    return str(folded[found[0]]) if found else ""
