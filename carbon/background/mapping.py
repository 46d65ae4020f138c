"""Reads a mapping file, gives the dataset of the user's database that stands for an activity."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from carbon.background.edition import Edition
from carbon.base.errors import StudyError
from carbon.base.files import decoded, read_bounded
from carbon.base.problems import Problems
from carbon.base.units import per_unit

__all__ = ["COLUMNS", "Mapping", "found_in", "read_mapping"]

COLUMNS: Final = (
    "activity",
    "location",
    "their_code",
    "their_name",
    "their_product",
    "their_location",
    "their_unit",
    "factor",
    "year",
    "pedigree",
    "gsd2",
)
"""Columns of a mapping; ``activity``, ``location`` and a code or a name are needed."""

NUMBERS: Final = ("factor", "year", "gsd2")
MAX_BYTES: Final = 16 * 1024 * 1024
"""Largest mapping that is read; a stranger's file must not fill the memory."""

TENFOLD: Final = 10


@dataclass(frozen=True)
class Mapping:
    """Rows that can be used, and the problems of the others."""

    file: str  # where they stand
    # :data:`COLUMNS`, ``unit`` (ours) and ``row`` (of the file); after :func:`found_in` also
    # ``code`` and ``title`` (theirs)
    rows: pd.DataFrame
    problems: pd.DataFrame  # as :func:`carbon.base.errors.problem_table` makes it


def read_mapping(path: Path, edition: Edition) -> Mapping:
    """Read a mapping and hold it against the edition.

    ``path``: CSV, UTF-8 or GB 18030, with the columns :data:`COLUMNS`; ``edition``: whose
    activities are mapped. Raises X001 if the file as a whole cannot be used.
    """
    table, problems = _table(path).assign(file=str(path)), Problems()
    table["row"] = np.arange(2, len(table) + 2)
    units = edition.datasets.drop_duplicates("activity").set_index("activity")["unit"]
    table["unit"] = table["activity"].map(units)
    table = _without(table, table["unit"].isna(), "activity", "X002", problems)
    places = set(edition.parents)
    table = _without(table, ~table["location"].isin(places), "location", "X002", problems)
    twice = table.duplicated(["activity", "location"])
    table = _without(table, twice, "activity", "X007", problems)
    blank = (table["their_code"] == "") & (table["their_name"] == "")
    table = _without(table, blank, "their_code", "X003", problems)
    for column in NUMBERS:
        number = pd.to_numeric(table[column].where(table[column] != ""), errors="coerce")
        least = 1.0 if column == "gsd2" else 0.0
        wrong = ~np.isfinite(number.fillna(np.nan)) | (number <= 0) | (number < least)
        bad = (table[column] != "") & wrong
        table = _without(table.assign(**{f"{column}_read": number}), bad, column, "X006", problems)
    bad = (table["pedigree"] != "") & ~table["pedigree"].str.fullmatch("[1-5](;[1-5]){4}")
    table = _without(table, bad, "pedigree", "X006", problems)
    for column in NUMBERS:
        table[column] = table.pop(f"{column}_read")
    return Mapping(str(path), table.reset_index(drop=True), problems.table())


def found_in(mapping: Mapping, activities: pd.DataFrame, unit_of: Any, product_of: Any) -> Mapping:
    """Find the mapped datasets in a database.

    ``mapping``: as read; ``activities``: the database: ``code name product location``; ``unit_of``,
    ``product_of``: callable, from a code to its unit, and to its one product or None. Returns: rows
    with ``code``, ``title`` and ``factor``: how many of their units one of ours is.
    """
    problems, table = Problems(), mapping.rows.copy()
    wanted = {
        "their_code": "code",
        "their_name": "name",
        "their_product": "product",
        "their_location": "location",
    }
    by = {name: activities.groupby(name).indices for name in wanted.values()}
    hits = []
    for row in table[list(wanted)].to_dict("records"):
        sets = [
            set(by[theirs].get(row[ours], ())) for ours, theirs in wanted.items() if row[ours] != ""
        ]
        hits.append(sorted(set.intersection(*sets)))
    count = np.array([len(hit) for hit in hits], dtype=np.int64)
    table["code"] = [activities["code"].iloc[hit[0]] if hit else "" for hit in hits]
    shown = table["their_code"].where(table["their_code"] != "", table["their_name"])
    table["shown"] = shown
    table["count"] = count
    table = _without(table, table["count"] == 0, "shown", "X003", problems, "their_code")
    table = _without(table, table["count"] > 1, "shown", "X004", problems, "their_name")
    makes = table["code"].map(lambda code: product_of(code) is not None).astype(bool)
    table = _without(table, ~makes, "shown", "X004", problems, "their_code")
    titles = activities.set_index("code")[["name", "product", "location"]]
    table["title"] = [" | ".join(filter(None, titles.loc[code])) for code in table["code"]]
    table["found_unit"] = [unit_of(code) for code in table["code"]]
    other = (table["their_unit"] != "") & (table["their_unit"] != table["found_unit"])
    table = _without(table, other, "found_unit", "X005", problems, "their_unit")
    pairs = zip(table["unit"], table["found_unit"], strict=True)
    computed = pd.Series(
        [per_unit(ours, theirs) for ours, theirs in pairs], table.index, dtype=float
    )
    lost = computed.isna() & table["factor"].isna()
    table = _without(table, lost, "found_unit", "X005", problems, "factor")
    ratio = table["factor"] / computed.reindex(table.index)
    odd = (ratio >= TENFOLD) | (ratio <= 1 / TENFOLD)
    _without(table, odd, "factor", "X013", problems)
    table["factor"] = table["factor"].fillna(computed.reindex(table.index))
    table = table.drop(columns=["shown", "count"]).reset_index(drop=True)
    both = [mapping.problems, problems.table()]
    ordered = pd.concat([part for part in both if len(part)] or both[:1], ignore_index=True)
    ordered = ordered.sort_values("row", kind="stable", ignore_index=True)
    return Mapping(mapping.file, table, ordered)


def _table(path: Path) -> pd.DataFrame:
    def fault(detail: str) -> StudyError:
        return StudyError("X001", detail, file=str(path))

    text = decoded(read_bounded(path, fault, MAX_BYTES), fault)
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except ValueError as error:
        raise StudyError("X001", str(error)[:200], file=str(path)) from None
    table.columns = [re.sub(r"\s+", "_", str(name).strip().lower()) for name in table.columns]
    missing = [name for name in ("activity", "location") if name not in table.columns]
    if not {"their_code", "their_name"} & set(table.columns):
        missing.append("their_code")
    if missing or table.columns.duplicated().any():
        raise StudyError("X001", f"columns missing or twice: {', '.join(missing)}", file=str(path))
    empty = pd.Series("", index=table.index, dtype="str")
    return pd.DataFrame({name: table.get(name, empty).str.strip() for name in COLUMNS})


def _without(
    table: pd.DataFrame,
    bad: pd.Series,
    column: str,
    code: str,
    problems: Problems,
    named: str = "",
) -> pd.DataFrame:
    """The rows without those that are bad, which become problems."""
    where = bad.to_numpy(dtype=bool)
    wrong = table[where]
    place: dict[str, Any] = {"file": wrong["file"], "row": wrong["row"], "column": named or column}
    problems.add(code, **place, value=wrong[column].astype(str))
    return table.loc[~where]
