"""Reads labels of batches, gives the index of whose each file is and which change."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd

from carbon.base.errors import OutputError, problem_table
from carbon.base.files import read_bounded, whole_file
from carbon.label.facts import Issue, facts
from carbon.run.csv_files import csv_encoding
from carbon.run.folder import INDEX, rows_of
from carbon.run.results import RUN, as_text

__all__ = [
    "INDEX_COLUMNS",
    "INDEX_START",
    "PROBLEMS",
    "changes",
    "finished",
    "indexed",
    "read_index",
    "tallied",
]

PROBLEMS: Final = "problems.csv"
"""Claims in names that were reworded or left out, where there were any."""

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

INDEX_START: Final = ",".join(INDEX_COLUMNS[:3])
"""How the first line of an index begins."""

OLD: Final = (1980, 1, 1, 0, 0, 0)
"""Date of the files in a ZIP, so that the same labels give the same bytes."""

LARGEST: Final = 1_000_000_000
"""Bytes that an index may have."""

HELD: Final = 10_000
"""Claims that are written at once."""


def read_index(path: Path) -> pd.DataFrame:
    """The index of labels that were issued before.

    ``path``: an ``index.csv``, a folder of labels, or a ZIP of them. Returns: a row a SKU: columns
    ``sku state letter total edition``, all text. Raises L016 if it is no index.
    """
    wanted = ["sku", "state", "letter", "total", "edition"]
    options: dict[str, Any] = {"dtype": str, "keep_default_na": False, "encoding": "utf-8-sig"}
    options["usecols"] = wanted
    table: pd.DataFrame

    def no_index(detail: str) -> OutputError:
        return OutputError("L016", detail, file=str(path))

    try:
        if path.suffix.lower() == ".zip" and path.is_file():
            with zipfile.ZipFile(path) as archive, archive.open(INDEX) as file:
                if archive.getinfo(INDEX).file_size > LARGEST:
                    raise ValueError(f"more than {LARGEST} bytes")
                table = pd.read_csv(file, **options)
        else:
            path = path / INDEX if path.is_dir() else path
            data = read_bounded(path, no_index, LARGEST)
            table = pd.read_csv(io.BytesIO(data), **options)
        table = table[wanted]
    except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise OutputError("L016", str(error)[:120], file=str(path)) from None
    apostrophe = f"^'(?=[{re.escape(''.join(RUN))}])"
    table["sku"] = table["sku"].str.replace(apostrophe, "", regex=True)
    return table.drop_duplicates("sku", ignore_index=True)


def finished(joined: Path, made: Path, lang: str = "en") -> None:
    """Give labels that lie in a folder the index and the problems that users read; pack them.

    ``joined``: folder of the labels; its index has the columns of :func:`carbon.run.labels.drawn`;
    ``made``: where a ZIP is written, if its name ends in ``.zip``.
    """
    claims = joined / PROBLEMS
    claims.unlink(missing_ok=True)
    kept_claims: list[dict[str, str]] = []
    with (
        whole_file(joined / INDEX) as draft,
        draft.open("w", encoding=csv_encoding(), newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(INDEX_COLUMNS)
        for row in rows_of(joined / INDEX):
            if row["sku"]:  # a sheet is nobody's
                writer.writerow([row[name] for name in INDEX_COLUMNS])
            if row["claims"]:
                kept_claims += json.loads(row["claims"])
            if len(kept_claims) >= HELD:
                kept_claims = _append(kept_claims, claims, lang)
    _append(kept_claims, claims, lang)
    if made.suffix.lower() == ".zip":
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name in _sorted_files(joined):
                entry = zipfile.ZipInfo(name, OLD)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, (joined / name).read_bytes())


def _append(kept_claims: list[dict[str, str]], path: Path, lang: str) -> list[dict[str, str]]:
    if kept_claims:
        new = not path.exists()
        table = as_text(problem_table(pd.DataFrame(kept_claims), lang))
        code = csv_encoding() if new else "utf-8"
        table.to_csv(path, mode="a", header=new, index=False, encoding=code)
    return []


def _sorted_files(folder: Path, above: str = "") -> Iterator[str]:
    for entry in sorted(os.scandir(folder / above), key=lambda item: item.name):
        if entry.is_dir():
            yield from _sorted_files(folder, f"{above}{entry.name}/")
        else:
            yield f"{above}{entry.name}"


def tallied(rows: pd.DataFrame) -> dict[str, float]:
    """Sums of a batch, for the summary: labels by state, files, certificates."""
    of_sku = rows[rows["sku"] != ""]
    states = of_sku.drop_duplicates("sku")["state"].value_counts(sort=False)
    counts = {str(state): float(count) for state, count in states.items()}
    if "verified" in rows:
        counts |= {"verified": float((rows["verified"] != "").sum()), "files": float(len(of_sku))}
    return counts


def indexed(graded: pd.DataFrame, about: pd.DataFrame, issue: Issue) -> pd.DataFrame:
    """What an index would say of labels that were not drawn; columns as :func:`read_index`."""
    table = facts(graded, about, issue)
    return table[["sku", "state", "letter", "total", "edition"]].astype(str)


def changes(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Which labels are to be made anew.

    ``old``, ``new``: as :func:`read_index` gives them. Returns: a row a SKU whose label changed,
    columns ``sku change`` and both values of state, letter, total and edition. ``change`` is the
    first that holds: ``new``, ``gone``, ``letter``, ``state``, ``number``; a change of the edition
    alone is ``edition``.

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
