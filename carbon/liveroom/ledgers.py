"""Reads the folder and ledgers of a platform, gives typed tables, rates and unit impacts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from carbon.base.errors import LedgerError, problem_table
from carbon.catalogue.ledger import Ledger
from carbon.footprint.computing import Computing
from carbon.liveroom.studio import IMPACT_COLUMNS
from carbon.stages.live_session import RENEWABLE, STREAMING
from carbon.stages.production import ELECTRICITY

__all__ = ["LEDGERS", "Table", "impacts_of", "ledger_files", "problems_of", "rates_of"]

Table = str | os.PathLike[str] | pd.DataFrame
"""A ledger: its file, or its rows."""

LEDGERS: Final = ("sessions", "sales", "merchants", "certificates", "credits", "rates")
"""Ledgers that stand beside the rooms."""

NEEDED: Final = ("sessions", "sales")
"""Those without which no room is judged."""

FORMATS: Final = (".csv", ".parquet", ".xlsx", ".jsonl")


def ledger_files(rooms: Table, ledgers: Mapping[str, Table | None]) -> dict[str, Table]:
    """Source of each ledger: the one given, else that of its name in the folder of the rooms.

    G001 if rooms, sessions or sales are missing or stand twice, G010 for an unknown name.

    >>> table = pd.DataFrame()
    >>> sorted(ledger_files(table, {"sessions": table, "sales": table, "rates": None}))
    ['rooms', 'sales', 'sessions']
    """
    unknown = sorted(set(ledgers) - set(LEDGERS))
    if unknown:
        raise LedgerError("G010", f"known: {', '.join(LEDGERS)}", value=unknown[0])
    folder = None if isinstance(rooms, pd.DataFrame) or not Path(rooms).is_dir() else Path(rooms)
    sources: dict[str, Table] = {}
    for name in ("rooms", *LEDGERS):
        source = rooms if name == "rooms" and folder is None else ledgers.get(name)
        if source is None and folder is not None:
            files = [folder / f"{name}{suffix}" for suffix in FORMATS]
            files = [path for path in (folder / name, *files) if path.is_file() or path.is_dir()]
            if len(files) > 1:
                raise LedgerError("G001", f"two files of {name}", file=str(folder))
            source = files[0] if files else None
        if source is not None:
            sources[name] = source
        elif name == "rooms":
            raise LedgerError("G001", "it holds no table of rooms", file=str(rooms))
        elif name in NEEDED:
            raise LedgerError("G001", f"{name} are needed, or a folder that holds them", file=name)
    return sources


def rates_of(ledger: Ledger | None) -> tuple[dict[str, float] | None, pd.DataFrame]:
    """Price of each currency [units of the policy's].

    R038 for one that stands twice or has none.
    """
    if ledger is None:
        return None, problem_table()
    table = ledger.frame
    odd = table["currency"].duplicated(keep=False) | ~(table["rate"] > 0)
    bad = table[odd].rename(columns={"line": "row", "currency": "value"})
    bad = bad.assign(file=ledger.file, column="rate", sku="", code="R038").drop(columns="rate")
    sound = table[~odd]
    return dict(zip(sound["currency"].astype(str), sound["rate"], strict=True)), problem_table(bad)


def problems_of(ledgers: Mapping[str, Ledger], *others: pd.DataFrame) -> pd.DataFrame:
    """Problems of the ledgers as they were read, and others, whose ``file`` names a ledger.

    It becomes the name of its file.
    """
    files = {name: ledger.file for name, ledger in ledgers.items()}
    parts = [ledger.problems for ledger in ledgers.values()]
    parts += [part.assign(file=part["file"].replace(files)) for part in others]
    full = [part for part in parts if len(part)]
    if full:
        return pd.concat(full, ignore_index=True)
    return parts[-1] if parts else problem_table()


def impacts_of(study: Computing, places: list[str]) -> pd.DataFrame:
    """What a kilowatt-hour and an hour watched cause in each place [kg CO2e]; NaN where not known.

    >>> from carbon.study import Study
    >>> impacts_of(Study(), ["CN-ZJ", "nowhere"])["grid_kg"].isna().tolist()
    [False, True]
    """
    names = study.vocabulary.names("region")
    unit = study.unit_impacts.values.sum(axis=1)
    table = np.full((len(places), len(IMPACT_COLUMNS)), np.nan)
    for row, place in enumerate(places):
        code = names.code(place)
        for column, activity in enumerate((ELECTRICITY, RENEWABLE, STREAMING)):
            if code >= 0:
                table[row, column] = unit[study.edition.match(activity, names.ids[code])[0]]
    return pd.DataFrame(table, index=pd.Index(places), columns=list(IMPACT_COLUMNS))
