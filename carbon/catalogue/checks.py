"""Reads the cells of a SKU together, gives what contradicts in mass, materials and energy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.schema import Vocabulary

__all__ = ["check_energy", "check_lines", "check_mass"]

IMPOSSIBLE = 5.0
"""A mass this many times outside its category's bounds is an error: a wrong unit, as kg for g."""

_TOO_FAR = 2.0
"""Materials this many times heavier or lighter than their SKU are an error."""

_APART = 0.10  # materials may weigh this much more or less than their SKU


def check_energy(
    skus: pd.DataFrame,
    materials: pd.DataFrame,
    rows: Rows,
    vocabulary: Vocabulary,
    problems: CellProblems,
) -> None:
    """Tell where one meter stands without the other, and refuse two that stand still."""
    electricity = skus["electricity_kwh"].notna().to_numpy()
    heat = skus["heat_mj"].notna().to_numpy()
    for column, alone in (("electricity", electricity & ~heat), ("heat", heat & ~electricity)):
        at = np.flatnonzero(alone)
        if len(at):
            problems.cells(rows, at, column, rows.texts[column].take(pa.array(at)), "C115")
    nothing = (skus["electricity_kwh"] == 0) & (skus["heat_mj"] == 0)
    if nothing.any():
        at = np.flatnonzero(nothing.to_numpy() & _processed(skus, materials, vocabulary))
        problems.cells(rows, at, "electricity", ["0 and no heat"] * len(at), "C116")


def _processed(
    skus: pd.DataFrame, materials: pd.DataFrame, vocabulary: Vocabulary
) -> NDArray[np.bool_]:
    """Whether a material of each SKU is processed; so it is taken to be where none is known."""
    processing = vocabulary.materials["processing"]
    by_material = np.append((processing.notna() & (processing != "")).to_numpy(dtype=bool), False)
    names, size = vocabulary.names("material"), len(skus)

    def any_of(group: NDArray[Any], code: NDArray[Any], groups: int) -> NDArray[np.bool_]:
        count = np.bincount(group, minlength=groups)
        worked = np.bincount(group, weights=by_material[code], minlength=groups)
        return np.where(count > 0, worked > 0, True)

    table = vocabulary.archetype_materials
    category, material = (
        finder.find(pa.array(table[column].astype(str), pa.string()))
        for finder, column in ((vocabulary.names("category"), "category"), (names, "material"))
    )
    known = category >= 0
    usual = any_of(category[known], material[known], len(vocabulary.categories) + 1)
    row = materials["row"].to_numpy()
    processes = any_of(row, materials["material"].cat.codes.to_numpy(), size)
    has = np.bincount(row, minlength=size) > 0
    return np.where(has, processes, usual[skus["category"].cat.codes.to_numpy()])


def check_mass(
    skus: pd.DataFrame,
    materials: pd.DataFrame,
    rows: Rows,
    vocabulary: Vocabulary,
    problems: CellProblems,
) -> None:
    """Hold masses against the category's bounds, and the materials against the mass."""
    size = len(skus)
    mass = skus["mass_kg"].to_numpy()
    weight = materials["mass_kg"].to_numpy()
    has = ~np.isnan(weight)
    line = materials["row"].to_numpy()[has]
    total = np.bincount(line, weights=weight[has], minlength=size).astype(float)  # int if empty
    total[np.bincount(line, minlength=size) == 0] = np.nan
    apart = np.flatnonzero(np.abs(total - mass) > _APART * mass)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = total[apart] / mass[apart]
    wide = (ratio > _TOO_FAR) | (ratio < 1 / _TOO_FAR)
    for at, code in ((apart[~wide], "C204"), (apart[wide], "C206")):
        stated = [f"{total[item]:.6g} kg of {mass[item]:.6g} kg" for item in at]
        problems.cells(rows, at, "materials", stated, code)

    category = skus["category"].cat.codes.to_numpy()
    bounds = vocabulary.parameter_table
    least, most = (
        np.where(
            category >= 0, bounds[name].to_numpy()[category] if len(bounds) else np.nan, np.nan
        )
        for name in ("mass_min", "mass_max")
    )
    for value, column in ((mass, "mass"), (np.where(np.isnan(mass), total, np.nan), "materials")):
        impossible = (value > IMPOSSIBLE * most) | (value < least / IMPOSSIBLE)
        unusual = ((value > most) | (value < least)) & ~impossible
        for where, problem in ((impossible, "C110"), (unusual, "C109")):
            at = np.flatnonzero(where)
            bounded = zip(*(each[at].tolist() for each in (value, least, most)), strict=True)
            hints = [f"{kg:.6g} kg, but {a:g} to {b:g} kg is usual" for kg, a, b in bounded]
            written = rows.texts.get(column)
            problems.cells(
                rows,
                at,
                column,
                () if written is None else written.take(pa.array(at)),
                problem,
                hints,
            )


def check_lines(
    materials: pd.DataFrame, rows: Rows, vocabulary: Vocabulary, problems: CellProblems
) -> None:
    """Note recycled shares of materials for which only the virgin one is known."""
    table = vocabulary.materials
    virgin_only = (table["recycled"].isna() | (table["recycled"] == "")).to_numpy(dtype=bool)
    code = materials["material"].cat.codes.to_numpy()
    if not len(code):
        return
    recycled_virgin = virgin_only[code] & (materials["recycled_share"].to_numpy() > 0)
    names = materials.loc[recycled_virgin, "material"].astype(str)
    problems.cells(
        rows, materials["row"].to_numpy()[recycled_virgin], "materials", names.tolist(), "C205"
    )
