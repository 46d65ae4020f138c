"""Reads meters of production, gives the steps that they replace and those that they leave.

A meter replaces the steps that it covers and no other: the merchant names them, else it is the
last one. Less than the least energy of the steps is counted as the least.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from carbon.background.tables import Tables
from carbon.base.arrays import Flags, Integers
from carbon.base.terms import PROVENANCES
from carbon.catalogue.schema import Catalogue
from carbon.catalogue.tables import spread

__all__ = ["LEAST", "UNKNOWN_STEP", "Meters"]

LEAST: Final = "C271"
"""Code of a meter that shows less than the least energy of its steps."""

UNKNOWN_STEP: Final = "C274"
"""Code of a step that no process of the product has."""

_SEPARATORS: Final = re.compile(r"[^\w\s-]+|\band\b")
_ENERGIES: Final = (("electricity", "electricity_kwh"), ("heat", "heat_mj"))


class Meters:
    """Steps of the processes of an edition, from ``production_steps`` and ``step_words``."""

    def __init__(self, tables: Tables) -> None:
        steps = tables["production_steps"].sort_values(["activity", "position"], kind="stable")
        self.steps = steps.reset_index(drop=True)
        self.names = sorted(set(steps["step"]))
        code = {name: position for position, name in enumerate(self.names)}
        self.step = self.steps["step"].map(code).to_numpy(dtype=np.int64)
        words = tables["step_words"]
        self.words = {name: name for name in self.names}
        self.words |= dict(zip(words["alias"].str.lower(), words["step"], strict=True))
        self.activities = pd.Index(sorted(set(steps["activity"])))
        self.of = self.activities.get_indexer(pd.Index(self.steps["activity"]))
        count = np.bincount(self.of, minlength=len(self.activities))
        self.count = np.append(count, 0)
        self.start = np.append(np.cumsum(count) - count, 0)
        last = self.steps.groupby("activity", sort=True)["position"].transform("max")
        names = self.steps.loc[self.steps["position"] == last].drop_duplicates("activity")
        final = names.set_index("activity")["step"].reindex(self.activities)
        self.final = np.append(final.map(code).to_numpy(dtype=np.int64), -1)

    def read(self, catalogue: Catalogue) -> tuple[Catalogue, dict[str, Integers]]:
        """The filled catalogue with the steps that no meter covers; rows by code of a problem.

        Its materials say which lines are processed ``stepwise``, its ``steps`` what of; meters are
        at least the least of the steps that they cover.

        ``m · amount`` of each step that is left, with ``amount`` the output of the step per
        kilogram of the whole process: the losses of the later steps are inside. The two meters
        are one statement: both are needed, as in :mod:`carbon.stages.production`.
        """
        skus, lines = catalogue.skus, catalogue.materials
        electricity, heat = (
            skus[output].to_numpy(dtype=np.float64, copy=True) for _, output in _ENERGIES
        )
        metered = ~np.isnan(electricity) & ~np.isnan(heat)
        none: dict[str, Integers] = {}
        row = lines["row"].to_numpy()
        if not metered.any():
            return replace(catalogue, materials=lines.assign(stepwise=False)), none
        named, any_named, unknown = self._named(
            skus["metered_steps"].where(pd.Series(metered), np.nan)
        )
        processing = lines["processing"].astype(str).to_numpy(object)
        activity = self.activities.get_indexer(pd.Index(processing))
        here = np.flatnonzero(metered[row] & (activity >= 0))
        line, step = spread(here, activity[here], self.start, self.count)
        wanted = named[row[line]]
        last = self.step[step] == self.final[activity[line]]
        # a step that no process of this product has adds its energy and replaces nothing
        covered = np.where(
            any_named[row[line]], wanted[np.arange(len(line)), self.step[step]], last
        )
        mass = lines["mass_kg"].to_numpy()[line]
        table = self.steps
        low = []
        for name, values in (("electricity", electricity), ("heat", heat)):
            per_kg = table[f"least_{name}"].to_numpy(dtype=np.float64)[step]
            least = np.bincount(row[line], per_kg * mass * covered, len(skus))
            short = metered & (values < least * (1 - 1e-9))
            values[short] = least[short]
            low.append(short)
        short = low[0] | low[1]
        left = ~covered
        steps = pd.DataFrame(
            {
                "row": row[line[left]].astype(np.int32),
                "activity": pd.Categorical(table["component"].to_numpy(object)[step[left]]),
                "mass_kg": mass[left] * table["amount"].to_numpy(dtype=np.float64)[step[left]],
            }
        )
        stepwise = np.zeros(len(lines), bool)
        stepwise[here] = True
        provenance = catalogue.provenance
        if short.any():
            provenance = provenance.copy()
            for name, _ in _ENERGIES:
                codes = provenance[name].to_numpy(copy=True)
                codes[short] = PROVENANCES.index("given")
                provenance[name] = codes
        problems = {LEAST: np.flatnonzero(short), UNKNOWN_STEP: np.flatnonzero(unknown & metered)}
        return replace(
            catalogue,
            skus=skus.assign(electricity_kwh=electricity, heat_mj=heat),
            materials=lines.assign(stepwise=stepwise),
            provenance=provenance,
            steps=steps,
        ), {code: at for code, at in problems.items() if len(at)}

    def _named(self, texts: pd.Series) -> tuple[Flags, Flags, Flags]:
        """Steps named by each cell, shape (n, steps); whether any is, and any word that is none."""
        code, cells = pd.factorize(texts)
        flags = np.zeros((len(cells) + 1, len(self.names)), bool)
        named, unknown = np.zeros((2, len(cells) + 1), bool)
        for position, cell in enumerate(cells):
            for word in _SEPARATORS.split(str(cell).lower()):
                step = self.words.get(word.strip())
                named[position] |= step is not None
                unknown[position] |= step is None and bool(word.strip())
                if step in self.names:
                    flags[position, self.names.index(step)] = True
        return flags[code], named[code], unknown[code]
