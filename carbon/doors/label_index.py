"""The index of labels: which file is whose, and which labels change against an earlier one."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

import pandas as pd

from carbon.doors.batch import RUN
from carbon.errors import OutputError
from carbon.label.facts import Issue, facts

__all__ = ["INDEX", "INDEX_COLUMNS", "changes", "indexed", "read_index", "safe"]

INDEX: Final = "index.csv"
INDEX_COLUMNS: Final = (
    "sku",
    "file",
    "template",
    "state",
    "letter",
    "probability",
    "total",
    "low",
    "high",
    "edition",
    "issued",
    "valid_until",
    "sha256",
)
"""Columns of the index, a row a file."""


def safe(cell: object) -> str:
    """A cell that no spreadsheet runs as a formula.

    Parameters
    ----------
    cell : object
        Anything; missing is empty.

    Examples
    --------
    >>> safe("=1+1")
    "'=1+1"
    """
    text = "" if cell is None or cell != cell else str(cell)
    text = text.encode("utf-8", "replace").decode()
    return f"'{text}" if text.startswith(RUN) else text


def read_index(path: Path) -> pd.DataFrame:
    """The index of labels that were issued before.

    Parameters
    ----------
    path : pathlib.Path
        An ``index.csv``, a folder of labels, or a ZIP of them.

    Returns
    -------
    pandas.DataFrame
        A row a SKU: columns ``sku state letter total edition``, all text.

    Raises
    ------
    carbon.errors.OutputError
        L016 if it is no index.
    """
    wanted = ["sku", "state", "letter", "total", "edition"]
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive, archive.open(INDEX) as file:
                table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        else:
            path = path / INDEX if path.is_dir() else path
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        table = table[wanted]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise OutputError("L016", str(error)[:120], file=str(path)) from None
    table["sku"] = table["sku"].str.replace(r"^'(?=[=+\-@\t\r])", "", regex=True)
    return table.drop_duplicates("sku", ignore_index=True)


def indexed(graded: pd.DataFrame, about: pd.DataFrame, issue: Issue) -> pd.DataFrame:
    """What an index would say of labels that were not drawn; columns as :func:`read_index`."""
    table = facts(graded, about, issue)
    return table[["sku", "state", "letter", "total", "edition"]].astype(str)


def changes(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Which labels are to be made anew.

    Parameters
    ----------
    old, new : pandas.DataFrame
        As :func:`read_index` gives them.

    Returns
    -------
    pandas.DataFrame
        A row a SKU whose label changed, columns ``sku change`` and both values of state, letter,
        total and edition. ``change`` is the first that holds: ``new``, ``gone``, ``letter``,
        ``state``, ``number``; a change of the edition alone is ``edition``.

    Examples
    --------
    >>> columns = ["sku", "state", "letter", "total", "edition"]
    >>> old = pd.DataFrame([["A", "graded", "C", "7.2", "1"]], columns=columns)
    >>> new = pd.DataFrame([["A", "graded", "B", "6.1", "1"]], columns=columns)
    >>> changes(old, new)[["sku", "change", "letter_old", "letter_new"]].values.tolist()
    [['A', 'letter', 'C', 'B']]
    """
    both = old.merge(new, on="sku", how="outer", suffixes=("_old", "_new"), sort=False)
    both = both.fillna("")
    kind = pd.Series("", index=both.index)
    for name, word in (
        ("edition", "edition"),
        ("total", "number"),
        ("state", "state"),
        ("letter", "letter"),
    ):
        kind = kind.mask(both[f"{name}_old"] != both[f"{name}_new"], word)
    kind = kind.mask(both["state_old"] == "", "new").mask(both["state_new"] == "", "gone")
    both.insert(1, "change", kind)
    return both[both["change"] != ""].reset_index(drop=True)
