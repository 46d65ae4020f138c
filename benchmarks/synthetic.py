"""A background shaped like ecoinvent, made from a seed: hubs, loops, waste, and odd units.

Calibrated on what bw2calc reports of ecoinvent 3.9 cutoff (21,255 activities, issue 176 of
brightway2-calc): SuperLU needs 1.7 s for the transposed technosphere and 52 s for the other one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import bw_processing
import numpy as np
import pandas as pd

from carbon.background.edition import Edition, load_edition
from carbon.background.source import Package

FLOWS: Final = ("carbon dioxide, fossil", "methane, fossil", "methane, biogenic",
                "dinitrogen monoxide", "carbon dioxide, from land use change")  # fmt: skip
"""Greenhouse gases that the activities release; the other elementary flows are not."""


@dataclass(frozen=True)
class System:
    """A random technosphere and biosphere.

    Parameters
    ----------
    row, col : ndarray of int64
        Supplier and user of each input; no input twice.
    amount : ndarray of float64
        Of each input, as a positive number where it is taken.
    production : ndarray of float64
        What each activity makes; negative for waste treatments.
    flow, by, released : ndarray
        Position of each emission's flow, its activity, and how much.
    flows : int
        Number of elementary flows; the first five are :data:`FLOWS`.
    """

    row: np.ndarray
    col: np.ndarray
    amount: np.ndarray
    production: np.ndarray
    flow: np.ndarray
    by: np.ndarray
    released: np.ndarray
    flows: int

    @property
    def n(self) -> int:
        """Number of activities."""
        return len(self.production)

    @cached_property
    def units(self) -> list[str]:
        """Unit of each product; a third each is counted in kilograms, kWh and tonne-km."""
        return ["kg", "kWh", "tkm"] * (self.n // 3) + ["kg"] * (self.n % 3)

    def package(self, factors: np.ndarray) -> bw_processing.Datapackage:
        """Matrices in memory and double precision, as the fastest way to an ordinary LCA.

        Parameters
        ----------
        factors : ndarray of float64
            Characterization of the first flows.
        """
        n = self.n
        package = bw_processing.create_datapackage(name="synthetic", sum_intra_duplicates=True)
        everything = np.arange(n)
        package.add_persistent_vector(
            matrix="technosphere_matrix",
            name="technosphere",
            indices_array=_indices(
                np.concatenate([everything, self.row]), np.concatenate([everything, self.col])
            ),
            data_array=np.concatenate([self.production, self.amount]),
            flip_array=np.arange(n + len(self.row)) >= n,
        )
        package.add_persistent_vector(
            matrix="biosphere_matrix",
            name="biosphere",
            indices_array=_indices(n + self.flow, self.by),
            data_array=self.released,
        )
        package.add_persistent_vector(
            matrix="characterization_matrix",
            name="characterization",
            identifier=("synthetic", "GWP"),
            global_index=0,
            indices_array=_indices(n + np.arange(len(factors)), np.zeros(len(factors), np.int64)),
            data_array=factors,
        )
        return package

    def edition(self) -> Edition:
        """The greenhouse gases of it as an edition."""
        names = np.array([f"synthetic {i}" for i in range(self.n)])
        units = np.array(self.units)
        shipped = load_edition()
        activities = pd.DataFrame(
            {
                "activity": names,
                "location": "GLO",
                "unit": units,
                "year": 2026.0,
                "title": names,
                "title_zh": "",
                "boundary": "",
                "production": self.production,
                "gsd2": 1.2,
                "pedigree": "2;2;2;2;2",
                "kind": "published",
                "cite": "synthetic",
            }
        )
        gas = self.flow < len(FLOWS)
        inputs = pd.DataFrame(
            {
                "activity": names[self.col],
                "kind": "input",
                "flow": names[self.row],
                "amount": self.amount,
                "unit": units[self.row],
            }
        )
        emissions = pd.DataFrame(
            {
                "activity": names[self.by[gas]],
                "kind": "emission",
                "flow": np.array(FLOWS)[self.flow[gas]],
                "amount": self.released[gas],
                "unit": "kg",
            }
        )
        exchanges = pd.concat([inputs, emissions], ignore_index=True)
        exchanges = exchanges.assign(location="GLO", flow_location="GLO", cite="synthetic")
        tables = {
            "activities": activities,
            "exchanges": exchanges,
            "characterization": shipped.characterization.drop(columns=["source", "rank"]),
            "regions": pd.DataFrame({"location": ["GLO"], "parent": [""]}),
            "basic_uncertainty": shipped.spreads["basic_uncertainty"],
            "pedigree": shipped.spreads["pedigree"],
            "quality_scores": shipped.spreads["quality_scores"],
            "foreground_uncertainty": shipped.spreads["foreground_uncertainty"],
        }
        digest = f"{self.n:064x}"
        return Edition("synthetic", digest, 2026, (Package("synthetic", "1", {}, tables, digest),))


def synthetic(activities: int = 20_000, flows: int = 2_000, seed: int = 1) -> System:
    """Draw a system.

    Parameters
    ----------
    activities : int
        How many; ecoinvent has some 20,000.
    flows : int
        Elementary flows; each activity has some 25 of them.
    seed : int
        Of everything.
    """
    random = np.random.default_rng(seed)
    n = activities
    # fourteen inputs or so, a quarter from the own sector, the rest by the rank of the supplier
    degree = np.minimum(4 + random.geometric(1 / 14, n), n // 2)
    col = np.repeat(np.arange(n), degree)
    popular = (np.arange(1, n + 1) + 5.0) ** -2.0
    hubs = random.permutation(n)
    row = hubs[random.choice(n, len(col), p=popular / popular.sum())]
    near = (col - random.geometric(0.05, len(col))) % n
    row = np.where(random.random(len(col)) < 0.25, near, row)
    pairs = np.unique(np.stack([col, row])[:, row != col], axis=1)
    col, row = pairs
    # what all inputs cause is a part of what one unit causes; then each product gets its own unit
    share = random.lognormal(0.0, 1.5, len(col))
    share *= (random.uniform(0.2, 0.9, n) / np.bincount(col, share, n))[col]
    size = random.lognormal(0.0, 2.0, n)
    made = np.where(random.random(n) < 0.1, 10.0 ** random.integers(1, 4, n), 1.0)
    waste = random.random(n) < 0.03
    production = np.where(waste, -made, made)
    amount = share * made[col] * size[row] / size[col]
    amount = np.where(waste[row], -amount, amount)
    by = np.repeat(np.arange(n), 25)
    flow = np.concatenate(
        [np.tile(np.arange(5), (n, 1)), random.integers(5, max(flows, 6), (n, 20))], 1
    )
    key = np.unique(by * flows + flow.ravel())
    by, flow = key // flows, key % flows
    released = random.lognormal(-3.0, 1.0, len(by)) * made[by] / size[by]
    return System(row, col, amount, production, flow, by, released, flows)


def _indices(row: np.ndarray, col: np.ndarray) -> np.ndarray:
    out = np.zeros(len(row), dtype=bw_processing.INDICES_DTYPE)
    out["row"], out["col"] = row, col
    return out
