"""Checks across the cells of a SKU: its mass, its recycled materials, its live session."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from carbon.catalogue.problems import Problems, Rows
from carbon.catalogue.schema import Vocabulary

__all__ = ["check_energy", "check_lines", "check_mass", "check_sessions"]

IMPOSSIBLE = 5.0
"""A mass this many times outside its category's bounds is an error: a wrong unit, as kg for g."""

_APART = 0.10  # materials may weigh this much more or less than their SKU


def check_energy(skus: pd.DataFrame, rows: Rows, problems: Problems) -> None:
    """Tell where one meter stands without the other: it changes nothing."""
    electricity = skus["electricity_kwh"].notna().to_numpy()
    heat = skus["heat_mj"].notna().to_numpy()
    for column, alone in (("electricity", electricity & ~heat), ("heat", heat & ~electricity)):
        at = np.flatnonzero(alone)
        if len(at):
            problems.add(rows, at, column, rows.texts[column].take(pa.array(at)), "C115")


def check_mass(
    skus: pd.DataFrame,
    materials: pd.DataFrame,
    rows: Rows,
    vocabulary: Vocabulary,
    problems: Problems,
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
    told = [f"{total[at]:.6g} kg of {mass[at]:.6g} kg" for at in apart]
    problems.add(rows, apart, "materials", told, "C204")

    code = skus["category"].cat.codes.to_numpy()
    bounds = vocabulary.parameter_table
    least, most = (
        np.where(code >= 0, bounds[name].to_numpy()[code] if len(bounds) else np.nan, np.nan)
        for name in ("mass_min", "mass_max")
    )
    for value, column in ((mass, "mass"), (np.where(np.isnan(mass), total, np.nan), "materials")):
        impossible = (value > IMPOSSIBLE * most) | (value < least / IMPOSSIBLE)
        unusual = ((value > most) | (value < least)) & ~impossible
        for where, problem in ((impossible, "C110"), (unusual, "C109")):
            at = np.flatnonzero(where)
            hints = [
                f"{value[item]:.6g} kg, but {least[item]:g} to {most[item]:g} kg is usual"
                for item in at
            ]
            written = rows.texts.get(column)
            problems.add(
                rows,
                at,
                column,
                () if written is None else written.take(pa.array(at)),
                problem,
                hints,
            )


def check_lines(
    materials: pd.DataFrame, rows: Rows, vocabulary: Vocabulary, problems: Problems
) -> None:
    """Note recycled shares of materials for which only the virgin one is known."""
    table = vocabulary.materials
    virgin_only = (table["recycled"].isna() | (table["recycled"] == "")).to_numpy(dtype=bool)
    code = materials["material"].cat.codes.to_numpy()
    if not len(code):
        return
    found = virgin_only[code] & (materials["recycled_share"].to_numpy() > 0)
    told = materials.loc[found, "material"].astype(str)
    problems.add(rows, materials["row"].to_numpy()[found], "materials", told.tolist(), "C205")


def check_sessions(skus: pd.DataFrame, rows: Rows, problems: Problems) -> None:
    """See that the totals of live sessions can be shared."""
    sold = skus["units_sold"].to_numpy()
    unsold = ~(sold > 0)
    group = pd.factorize(skus["session"])[0]
    for name in ("session_kwh", "viewer_hours"):
        total = skus[name].to_numpy()
        given = ~np.isnan(total)
        problems.add(
            rows, np.flatnonzero(given & unsold), name, _told(rows, name, given & unsold), "C241"
        )
        if not (group >= 0).any() or not given.any():
            continue
        frame = pd.DataFrame({"group": group, "total": total, "unsold": unsold & ~(sold == 0)})
        frame = frame[group >= 0]
        by = frame.groupby("group")
        most, least = by["total"].transform("max"), by["total"].transform("min")
        unlike = np.zeros(len(skus), bool)
        unlike[frame.index[(most > least) & (frame["total"] < most)]] = True
        problems.add(rows, np.flatnonzero(unlike), name, _told(rows, name, unlike), "C242")
        shared = np.zeros(len(skus), bool)
        shared[frame.index[by["unsold"].transform("any") & most.notna() & ~frame["unsold"]]] = True
        problems.add(rows, np.flatnonzero(shared), name, _told(rows, name, shared), "C243")
        orphan = np.zeros(len(skus), bool)
        orphan[frame.index[frame["unsold"] & most.notna()]] = True
        orphan &= ~given
        problems.add(rows, np.flatnonzero(orphan), "units_sold", (), "C241")


def _told(rows: Rows, name: str, where: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.Array:
    """Text of a column where a condition holds."""
    if name not in rows.texts:
        return pa.array([""] * int(where.sum()))
    return rows.texts[name].filter(pa.array(where))
