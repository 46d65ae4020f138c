"""Reads a user's database and mapping, gives datasets that stand in for shipped ones.

The life cycles of the mapped datasets are solved once and kept as a sealed factor package in
the user's data folder: their greenhouse gases [kg per unit], so that every method, interval and
explanation works as on shipped data. The folder is the user's alone, and what it holds is
named *licensed*: no table that the program writes carries its numbers, only results do.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.edition import LICENSED, Edition
from carbon.background.flows import Flows
from carbon.background.mapping import found_in, read_mapping
from carbon.background.source import DESCRIPTOR, seal, write_rows
from carbon.background.store import NAME, put, root
from carbon.background.unit_impacts import PARTS, characterization
from carbon.base.errors import OutputError, StudyError, problem_table
from carbon.base.rules import Rules, load, templates_root

__all__ = ["Used", "kept", "unmapped", "use"]

DIGITS: Final = 12
TINY: Final = 1e-12
"""What rounding may leave below zero, relative to the largest gas of a dataset."""


class AssumedSpread(Rules):
    """What is assumed of a dataset whose mapping gives no spread."""

    kind: str
    pedigree: str
    gsd2: float
    cite: str


class Assumed(Rules):
    """The file of assumptions."""

    spread: AssumedSpread


@dataclass(frozen=True)
class Used:
    """What :func:`use` made."""

    name: str  # for ``Study(background=...)``: name and version
    folder: Path  # the sealed package
    # columns ``activity location unit title factor kg theirs``: the impact of one of our units by
    # our method, and by the method of the project that was named [kg CO2e]
    mapped: pd.DataFrame
    problems: pd.DataFrame  # rows of the mapping that were left out, and warnings


def use(
    project: str,
    database: str,
    mapping: Path,
    edition: Edition,
    *,
    method: str,
    name: str = "",
    check: tuple[str, ...] = (),
    draws: int = 0,
    progress: Callable[[int], object] | None = None,
) -> Used:
    """Solve the mapped datasets of a Brightway database and keep them.

    Parameters
    ----------
    project, database : str
        As Brightway lists them.
    mapping : pathlib.Path
        See :func:`carbon.background.mapping.read_mapping`.
    edition : Edition
        Whose activities are mapped.
    method : str
        By which the impacts are told and the draws summed; every method can be used later.
    name : str
        Of the background; the database's without.
    check : tuple of str
        A method of the project to compare with.
    draws : int
        Draws of the database's own distributions, for the spread of each dataset; without,
        the mapping's or an assumed one is taken.
    progress : callable, optional
        Called with 1 after each draw.

    Returns
    -------
    Used

    Raises
    ------
    carbon.base.errors.StudyError
        X001, X008, X009 or X014, or X003 if no row of the mapping can be used.
    carbon.base.errors.OutputError
        O001 if it cannot be kept.
    """
    from carbon.background.brightway_project import open_database

    name = name or re.sub(r"[^A-Za-z0-9._-]+", "-", database).strip("-._")[:40]
    if not NAME.fullmatch(name):
        raise StudyError("X014", value=name)
    read = read_mapping(mapping, edition)
    theirs = open_database(project, database)
    read = found_in(read, theirs.activities, theirs.unit, theirs.product)
    if read.rows.empty:
        raise StudyError("X003", "no row of the mapping can be used", file=str(mapping))
    flows = Flows()
    further = flows.characterization(edition)
    weights = _weights(edition, method, further)
    wanted = list(weights)
    solved = theirs.inventories(
        read.rows["code"].tolist(),
        flows,
        wanted,
        suspect=flows.suspect,
        check=check,
        weights=list(weights.values()),
        draws=draws,
        seed=int(hashlib.sha256(f"{project}/{database}".encode()).hexdigest()[:8], 16),
        progress=progress,
    )
    rows = read.rows.assign(
        kg=solved.amounts @ np.array(list(weights.values())) * read.rows["factor"],
        theirs=solved.scores * read.rows["factor"],
        drawn=_spread(solved.draws),
    )
    problems = [read.problems, _unknown(solved.unknown, read.file)]
    floor = -TINY * np.abs(solved.amounts).max(axis=1, keepdims=True)
    credited = (solved.amounts < floor).any(axis=1)
    problems.append(_credits(rows[credited], read.file))
    amounts = np.maximum(solved.amounts[~credited], 0.0)
    rows = rows[~credited].reset_index(drop=True)
    if rows.empty:
        raise StudyError("X010", "no row of the mapping is left", file=str(mapping))
    made = _write(name, f"{project}/{database}", edition, rows, amounts, wanted, further)
    reported = [table for table in problems if len(table)]
    return Used(
        f"{name}@{made.name}",
        made,
        rows[["activity", "location", "unit", "title", "factor", "kg", "theirs"]],
        pd.concat(reported, ignore_index=True) if reported else problem_table(),
    )


def unmapped(edition: Edition) -> pd.DataFrame:
    """A mapping to fill in: activities of an edition that no own background has.

    ``edition``: with or without an own background. Returns: columns ``activity location unit`` and
    the empty ones of a mapping; an activity stands at the place where it is best known, and can be
    mapped at any other.
    """
    licensed = edition.licensed
    table = edition.activities
    have = set(table.loc[licensed, "activity"])
    open_ = table[~table["activity"].isin(have) & ~table["template"]]
    first = open_.drop_duplicates("activity")[["activity", "location", "unit"]]
    listed = first.sort_values("activity", ignore_index=True)
    for column in ("their_code", "their_name", "their_product", "their_location", "factor"):
        listed[column] = ""
    return listed


def kept(table: pd.DataFrame) -> pd.DataFrame:
    """How far the activities of an inventory rest on the own background.

    ``table``: ``activity location kg own_kg``, one row an exchange; ``own_kg`` is the part of
    ``kg`` that rests on the own background, direct or behind a shipped dataset. Returns: columns
    ``activity location share own_share``, the heaviest of what stays on the shipped edition first:
    share of the whole, and which part of it is own.

    >>> rows = {"activity": ["a", "b"], "location": "CN", "kg": [3.0, 1.0], "own_kg": [3.0, 0.5]}
    >>> kept(pd.DataFrame(rows))["own_share"].tolist()
    [0.5, 1.0]
    """
    columns = ["activity", "location"]
    sums = table.groupby(columns, observed=True)[["kg", "own_kg"]].sum().reset_index()
    sums["share"] = sums["kg"] / table["kg"].sum()
    sums["own_share"] = sums["own_kg"] / sums["kg"]
    sums["open"] = sums["kg"] - sums["own_kg"]
    sums = sums.sort_values(["open", "activity"], ascending=[False, True], ignore_index=True)
    return sums[[*columns, "share", "own_share"]]


# -------------------------------------------------------------------------- how it is made


def _weights(edition: Edition, method: str, further: pd.DataFrame) -> dict[str, float]:
    """Elementary flows that a life cycle is asked for, with the factors of the method."""
    weights = {
        flow: float(vector[: len(PARTS)].sum())
        for flow, vector in characterization(edition, method).items()
        if not flow.startswith("greenhouse gases, aggregate")
    }
    mine = further[further["method"] == method]
    return {**weights, **dict(zip(mine["flow"], mine["factor"].astype(float), strict=True))}


def _spread(draws: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Squared geometric standard deviation of draws: the root of the 95 % interval's ratio."""
    if draws.shape[1] == 0:
        return np.full(len(draws), np.nan)
    low, high = np.quantile(draws, [0.025, 0.975], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(low > 0, np.sqrt(high / low), np.nan)


def _unknown(flows: list[str], file: str) -> pd.DataFrame:
    rows = [{"file": file, "column": "their_code", "value": flow, "code": "X011"} for flow in flows]
    return problem_table(pd.DataFrame(rows))


def _credits(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    table = rows[["row"]].assign(file=file, column="their_code", value=rows["title"], code="X010")
    return problem_table(table)


def _write(
    name: str,
    source: str,
    edition: Edition,
    rows: pd.DataFrame,
    amounts: npt.NDArray[np.float64],
    wanted: list[str],
    further: pd.DataFrame,
) -> Path:
    """Seal the package and move it to the place that its digest names."""
    spread = load(templates_root() / "background" / "assumed.toml", Assumed).spread
    gsd2 = rows["gsd2"].fillna(rows["drawn"]).fillna(spread.gsd2)
    cite = [
        f"{source}, {code}; mapping row {row}"
        for code, row in zip(rows["code"], rows["row"], strict=True)
    ]
    activities: list[dict[str, Any]] = [
        {
            "activity": row["activity"],
            "location": row["location"],
            "unit": row["unit"],
            "year": edition.year if math.isnan(row["year"]) else int(row["year"]),
            "title": row["title"],
            "title_zh": row["title"],
            "boundary": f"as in {source}",
            "production": 1.0,
            "gsd2": float(spread_of),
            "pedigree": row["pedigree"] or spread.pedigree,
            "kind": "derived",
            "cite": cited,
        }
        for row, spread_of, cited in zip(rows.to_dict("records"), gsd2, cite, strict=True)
    ]
    scaled = amounts * rows["factor"].to_numpy()[:, None]
    exchanges = [
        {
            "activity": rows["activity"].iloc[at],
            "location": rows["location"].iloc[at],
            "kind": "emission",
            "flow": flow,
            "amount": float(scaled[at, k]),
            "unit": "kg",
            "cite": cite[at],
        }
        for at in range(len(rows))
        for k, flow in enumerate(wanted)
        if scaled[at, k] or k == 0  # one of nothing says that nothing is released
    ]
    try:
        home = root() / name
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = Path(tempfile.mkdtemp(dir=home, prefix=".making-"))
        try:
            write_rows(draft, "activities", activities)
            write_rows(draft, "exchanges", exchanges)
            write_rows(draft, "characterization", _records(further))
            _describe(draft, name, source, len(rows))
            return put(draft, home)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise OutputError("O001", error.strerror or str(error), file=str(root())) from None


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _describe(folder: Path, name: str, source: str, datasets: int) -> None:
    digest = hashlib.sha256()
    for table in sorted(folder.glob("*.csv")):
        digest.update(table.read_bytes())
    descriptor = {
        "name": f"own-{name}",
        "version": digest.hexdigest()[:DIGITS],
        "title": f"Own background {source}",
        "licenses": [{"name": "licensed to the user; not to be passed on"}],
        "citation": f"Brightway project {source}",
        LICENSED: True,
        "datasets": datasets,
    }
    text = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
    (folder / DESCRIPTOR).write_text(text, encoding="utf-8", newline="\n")
    seal(folder)
    for file in folder.iterdir():
        file.chmod(0o600)
