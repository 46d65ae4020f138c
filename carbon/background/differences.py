"""Reads two editions with their unit impacts, gives what moved between them and why [kg CO2e]."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.edition import Edition

__all__ = ["COLUMNS", "differences"]

COLUMNS: Final = ("kind", "name", "location", "unit", "before", "after", "was", "is", "why")
"""Columns of :func:`differences`."""

KEYS: Final = ["activity", "location"]


def differences(
    old: Edition,
    old_kg: npt.NDArray[np.float64],
    new: Edition,
    new_kg: npt.NDArray[np.float64],
    market: str = "CN",
) -> pd.DataFrame:
    """What one unit of each thing causes in two editions, where it is not the same.

    ``old``, ``new``: the editions; ``old_kg``, ``new_kg``: shape (activities,), unit impacts, NaN
    where an activity is not linked [kg CO2e per unit]; ``market``: where the materials of the
    vocabulary are taken. Returns: :data:`COLUMNS`, a row a dataset, a material or a category:
    ``before`` and ``after`` [kg CO2e per unit], NaN where an edition has none; ``was`` and ``is``
    name source or dataset; ``why`` is *new*, *gone*, *another source* or *its inputs moved*, for a
    material also *another dataset*.
    """
    parts = [
        _datasets(_told(old, old_kg), _told(new, new_kg)),
        _materials(old, old_kg, new, new_kg, market),
        _categories(old, new),
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _told(edition: Edition, kg: npt.NDArray[np.float64]) -> pd.DataFrame:
    table = edition.activities[[*KEYS, "unit", "source", "rank"]].assign(kg=kg)
    table = table[edition.linked].sort_values("rank", kind="stable")
    return table.drop_duplicates(KEYS)


def _moved(kind: str, both: pd.DataFrame, source: str, another: str) -> pd.DataFrame:
    """Rows of :data:`COLUMNS`; ``source`` is the column of what a thing rests on."""
    why = np.select(
        [both["kg_old"].isna(), both["kg"].isna(), both[f"{source}_old"] != both[source]],
        ["new", "gone", another],
        "its inputs moved",
    )
    return pd.DataFrame(
        {
            "kind": kind,
            **{name: both[name] for name in ("name", "location", "unit")},
            "before": both["kg_old"],
            "after": both["kg"],
            "was": both[f"{source}_old"].fillna(""),
            "is": both[source].fillna(""),
            "why": why,
        }
    )


def _datasets(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    both = old.merge(new, on=KEYS, how="outer", suffixes=("_old", ""))
    same = (both["kg_old"] == both["kg"]) & (both["unit_old"] == both["unit"])
    both = both[~same].sort_values(KEYS)
    both = both.assign(name=both["activity"], unit=both["unit"].fillna(both["unit_old"]))
    return _moved("dataset", both, "source", "another source")


def _materials(
    old: Edition,
    old_kg: npt.NDArray[np.float64],
    new: Edition,
    new_kg: npt.NDArray[np.float64],
    market: str,
) -> pd.DataFrame:
    sides = []
    for edition, kg in ((old, old_kg), (new, new_kg)):
        virgin = edition.vocabulary["materials"].set_index("material")["virgin"].astype(str)
        rows = [edition.match(name, market)[0] for name in virgin]
        sides.append(pd.DataFrame({"virgin": virgin, "kg": np.append(kg, np.nan)[rows]}))
    both = sides[0].add_suffix("_old").join(sides[1], how="outer")
    both = both[~(both["kg_old"] == both["kg"])].sort_index().reset_index(names="name")
    both = both.assign(location=market, unit="kg")
    return _moved("material", both, "virgin", "another dataset")


def _categories(old: Edition, new: Edition) -> pd.DataFrame:
    before, after = (
        set(edition.vocabulary["categories"]["category"].astype(str)) for edition in (old, new)
    )
    moved = [*((name, "new") for name in sorted(after - before))]
    moved += [(name, "gone") for name in sorted(before - after)]
    return pd.DataFrame(
        {
            "kind": "category",
            "name": [name for name, _ in moved],
            "location": "",
            "unit": "",
            "before": np.nan,
            "after": np.nan,
            "was": "",
            "is": "",
            "why": [why for _, why in moved],
        }
    )
