"""Reads archetype chains, gives templates for chains that are open or only name a mode."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from carbon.catalogue.schema import Vocabulary
from carbon.catalogue.tables import CodedTable

__all__ = ["Modes", "Templates", "cold_categories"]

_REACH: Final = {"plane": 4, "ship": 3, "train": 2, "lorry": 1}  # van and others 0


class Modes:
    """The table of modes as arrays."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        table = vocabulary.modes
        self.names = vocabulary.names("mode")
        self.tkm = (table["basis"] == "tkm").to_numpy(dtype=bool)
        self.tonne = (table["basis"] == "t").to_numpy(dtype=bool)
        self.parcel = (table["basis"] == "parcel").to_numpy(dtype=bool)
        vehicle = [str(name).split(", ")[1:2] for name in table["activity"]]
        kinds = [item[0] if item else "" for item in vehicle]
        self.kind = pd.factorize(pd.Series(kinds))[0]
        self.reach = np.array([_REACH.get(kind, 0) for kind in kinds], dtype=np.int64)
        cold = np.array([name.startswith("cold") for name in self.names.ids], dtype=bool)
        self.hubs = [self._first(self.tonne & ~cold), self._first(self.tonne & cold)]
        self.door = self._first(self.parcel)

    @staticmethod
    def _first(which: NDArray[np.bool_]) -> int:
        return int(np.argmax(which)) if which.any() else -1


class Templates:
    """Archetype chains as templates: legs sorted by category and chain."""

    def __init__(self, vocabulary: Vocabulary, modes: Modes) -> None:
        chains = CodedTable.by_category(vocabulary, "archetype_chains")
        names = vocabulary.names("category")
        frame = chains.frame
        category = names.find(pa.array(frame["category"].astype(str), pa.string()))
        chain = pd.factorize(frame["chain"].astype(str))[0]
        first = (
            pd.Series(np.arange(len(frame))).groupby([category, chain]).transform("min").to_numpy()
        )
        order = np.lexsort((chains.numbers("position"), first))
        self.mode = modes.names.find(pa.array(frame["mode"].astype(str), pa.string()))[order]
        self.km = chains.numbers("km")[order]
        starts, counts = np.unique(first[order], return_index=True, return_counts=True)[1:]
        self.legs = CodedTable(frame, np.append(starts, 0), np.append(counts, 0))
        self.category = category[order][starts]
        self.share = chains.numbers("share")[order][starts]
        per = np.append(np.bincount(self.category, minlength=len(names)), 0)
        self.of_category = CodedTable(frame, np.append(0, np.cumsum(per)[:-1]), per)
        moving = modes.tkm[self.mode]
        main = np.flatnonzero(moving & np.isnan(self.km))
        self.main = np.full(len(starts), -1)
        self.main[np.searchsorted(starts, main, side="right") - 1] = self.mode[main]
        self.feeder = self._feeders(category[order], moving, modes, len(names))
        self.by_mode, self.renamed = self._choices(vocabulary, modes)

    def _feeders(
        self, category: NDArray[Any], moving: NDArray[np.bool_], modes: Modes, size: int
    ) -> NDArray[np.float64]:
        """Mean length of feeder legs by (category, kind of vehicle), else of that kind anywhere."""
        kinds = int(modes.kind.max(initial=0)) + 1
        use = moving & ~np.isnan(self.km)
        kind = modes.kind[self.mode[use]]
        where = category[use] * kinds + kind
        with np.errstate(invalid="ignore"):
            total = np.bincount(where, weights=self.km[use], minlength=(size + 1) * kinds)
            within = total / np.bincount(where, minlength=(size + 1) * kinds)
            every = np.bincount(kind, weights=self.km[use], minlength=kinds) / np.bincount(
                kind, minlength=kinds
            )
        table = within.reshape(size + 1, kinds)
        shares: NDArray[np.float64] = np.where(np.isnan(table), every, table)[:, modes.kind]
        return shares

    def _choices(
        self, vocabulary: Vocabulary, modes: Modes
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Template for a chain named by its mode, and whether that mode replaces its main one.

        It is the category's chain with that mode on its main leg, else with that kind of vehicle,
        else the category's largest chain. A cold category keeps its refrigerated vehicle.
        """
        shape = (len(vocabulary.names("category")) + 1, len(modes.names))
        template, renamed = np.full(shape, -1), np.ones(shape, bool)
        cold = cold_categories(vocabulary)
        for code in range(shape[0] - 1):
            rows = np.flatnonzero(self.category == code)
            rows = rows[np.argsort(-self.share[rows], kind="stable")]
            rows = rows[self.main[rows] >= 0]
            if not len(rows):
                continue
            main = self.main[rows]
            same = main == np.arange(shape[1])[:, None]
            alike = modes.kind[main] == modes.kind[:, None]
            best = np.where(same.any(axis=1), same.argmax(axis=1), alike.argmax(axis=1))
            template[code] = rows[best]  # the first where none is alike
            renamed[code] = ~(alike.any(axis=1) & cold[code])
        return template, renamed


@lru_cache(maxsize=8)
def ways(vocabulary: Vocabulary) -> tuple[Modes, Templates]:
    """Modes and templates of a vocabulary; batch after batch needs the same."""
    modes = Modes(vocabulary)
    return modes, Templates(vocabulary, modes)


def cold_categories(vocabulary: Vocabulary) -> NDArray[np.bool_]:
    """Whether each category is kept cold; the last place is for no category."""
    if "cold" not in vocabulary.categories:
        return np.zeros(len(vocabulary.categories) + 1, bool)
    text = vocabulary.categories["cold"].astype(str).str.strip().str.lower()
    return np.append(text.isin(["yes", "true", "1", "1.0"]).to_numpy(dtype=bool), False)
