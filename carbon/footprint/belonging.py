"""Reads a catalogue and what goods of each category are, gives the SKUs that are not such goods."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from carbon.background.tables import Tables
from carbon.base.arrays import Flags
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.footprint.evidence import EVIDENCE

__all__ = ["composition", "graded", "priced"]


LEAST_PARTS: Final = 3
"""Materials by which a device is told from another of its mass."""

SLACK: Final = 1e-6
"""Share by which a bound may be missed: it was written with six digits."""

_DECLARED, _DOCUMENTED = (EVIDENCE.index(name) for name in ("declared", "documented"))


def composition(
    catalogue: Catalogue, judging: Tables, vocabulary: Vocabulary, evidence: pd.DataFrame
) -> Flags:
    """Made of what goods of the category are not made of; a document lifts it."""
    names, materials = vocabulary.names("category").ids, vocabulary.names("material").ids
    group = judging["material_groups"].set_index("material")["group"].reindex(materials)
    number, groups = pd.factorize(group)
    table = judging["plausible_materials"]
    table = table[table["category"].isin(names)]
    row = table["category"].map({name: i for i, name in enumerate(names)}).to_numpy()
    column = pd.Index(groups).get_indexer(table["group"])
    low = np.zeros((len(names), len(groups)))
    high = np.zeros((len(names), len(groups)))
    low[row[column >= 0], column[column >= 0]] = table["low"].to_numpy()[column >= 0]
    high[row[column >= 0], column[column >= 0]] = table["high"].to_numpy()[column >= 0]
    lines, size = catalogue.materials, len(catalogue)
    at = lines["row"].to_numpy()
    code = number[lines["material"].cat.codes.to_numpy()]
    known = code >= 0
    mass = lines["mass_kg"].to_numpy(dtype=np.float64)
    by_group = np.bincount(
        at[known] * len(groups) + code[known], mass[known], size * len(groups)
    ).reshape(size, len(groups))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = by_group / by_group.sum(axis=1, keepdims=True)
    category = catalogue.skus["category"].cat.codes.to_numpy()
    level = evidence["materials"].to_numpy()
    told = (level >= _DECLARED) & (level < _DOCUMENTED) & (category >= 0)
    told &= ~catalogue.skus["unspecific"].to_numpy(dtype=bool)
    with np.errstate(invalid="ignore"):
        beyond = (share > high[category] + SLACK) | (share < low[category] - SLACK)
    # a category of which nothing is said is of anything
    flag: Flags = told & beyond.any(axis=1) & (high[category].sum(axis=1) > 0)
    return flag


def priced(catalogue: Catalogue, table: pd.DataFrame, vocabulary: Vocabulary) -> Flags:
    """Sold at a price at which no goods of the category are."""
    skus = catalogue.skus
    price = skus["price"].to_numpy(dtype=np.float64)
    yuan = np.isin(skus["currency"].astype(object).fillna("").to_numpy(object), ("CNY", ""))
    category = skus["category"].cat.codes.to_numpy()
    names = vocabulary.names("category").ids
    quantity = skus["functional_quantity"].to_numpy(dtype=np.float64)
    flag = np.zeros(len(skus), dtype=bool)
    for per, amount in (("sales unit", 1.0), ("quantity", quantity)):
        rows = table[table["per"] == per].set_index("category").reindex(names)
        low, high = (
            np.append(rows[name].to_numpy(dtype=np.float64), np.nan)[category]
            for name in ("low", "high")
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            each = price / amount
            flag |= yuan & (price > 0) & ((each < low) | (each > high))
    return flag


def graded(
    catalogue: Catalogue, table: pd.DataFrame, vocabulary: Vocabulary, evidence: pd.DataFrame
) -> Flags:
    """Whether a letter says something: by category, a device's documented parts, or supplier."""
    category = catalogue.skus["category"].cat.codes.to_numpy()
    names = vocabulary.names("category").ids
    grades = table.set_index("category")["graded"].reindex(names)
    word = np.append(grades.fillna("yes").to_numpy(object), "yes")[category]
    lines, size = catalogue.materials, len(catalogue)
    row = lines["row"].to_numpy()
    lump = lines["material"].isin(_assembled(vocabulary)).to_numpy()
    parts = np.bincount(row[~lump], minlength=size)
    whole = np.bincount(row[lump], minlength=size)
    documented = evidence["materials"].to_numpy() >= _DOCUMENTED
    own = documented & (whole == 0) & (parts >= LEAST_PARTS)
    own |= catalogue.skus["supplied"].to_numpy(dtype=bool)
    flag: Flags = (word == "yes") | ((word == "parts") & own)
    return flag


def _assembled(vocabulary: Vocabulary) -> set[str]:
    """Materials that are whole devices."""
    table = vocabulary.materials
    return set(table.loc[table["virgin"].astype(str).str.endswith(" assembly"), "material"])
