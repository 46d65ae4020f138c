"""Reads a shipped list of names, gives our elementary flow for each of another database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Final

import pandas as pd

from carbon.background.edition import Edition
from carbon.base.rules import templates_root

__all__ = ["Flows"]

SUSPECT: Final = re.compile(r"carbon dioxide|methane|nitrous|dinitrogen|fluor|[ch]fc-|halon", re.I)
"""Words in the name of an elementary flow that make it a greenhouse gas, most likely."""


class Flows:
    """From names and compartments of elementary flows to ours.

    >>> flows = Flows()
    >>> flows("Carbon dioxide, fossil", ["air", "lower stratosphere + upper troposphere"])
    ('carbon dioxide, fossil, aircraft', 1.0)
    >>> flows("Methane, difluoro-, HFC-32", ["air"]), flows("Water", ["air"])
    (('HFC-32', 1.0), ('', 1.0))
    """

    @cached_property
    def known(self) -> dict[tuple[str, str], list[tuple[str, str, float]]]:
        """By kind of match and name: compartment, our flow, sign; the first that fits decides."""
        path = templates_root() / "background" / "flows.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        entries: dict[tuple[str, str], list[tuple[str, str, float]]] = {}
        for row in table.to_dict("records"):
            entry = (row["compartment"], row["flow"], float(row["sign"]))
            entries.setdefault((row["match"], row["name"]), []).append(entry)
        return entries

    @cached_property
    def gases(self) -> pd.DataFrame:
        """Further gases, with their factors by assessment report."""
        return pd.read_csv(templates_root() / "background" / "gases.csv", keep_default_na=False)

    def __call__(self, name: str, compartments: Sequence[str]) -> tuple[str, float]:
        """Our flow and its sign; ``""`` if it is none of ours."""
        lower, place = name.strip().lower(), " ".join(compartments).lower()
        for key in (("name", lower), ("last part", lower.rpartition(", ")[2])):
            for compartment, flow, sign in self.known.get(key, ()):
                if compartment in place:
                    return flow, sign
        return "", 1.0

    @staticmethod
    def suspect(name: str) -> bool:
        """Whether the name of a flow that is none of ours looks like a greenhouse gas."""
        return SUSPECT.search(name) is not None

    def characterization(self, edition: Edition) -> pd.DataFrame:
        """Factors of the further gases by every method of the edition."""
        methods = sorted(edition.characterization["method"].unique())
        known = set(edition.characterization["flow"])
        table = self.gases[~self.gases["flow"].isin(known)].merge(
            pd.DataFrame({"method": methods}), how="cross"
        )
        same = [
            f" {report} " in f"{method} "
            for report, method in zip(table["report"], table["method"], strict=True)
        ]
        return table[same].drop(columns="report").reset_index(drop=True)
