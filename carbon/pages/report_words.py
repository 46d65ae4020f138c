"""How a report tells an amount, a category or a SKU, and what it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from carbon.pages.html import Say, user
from carbon.pages.report_figures import Figures, Sum
from carbon.paper.charts import number, percent

__all__ = ["LONG", "PROBLEMS", "TONNE", "TOP", "Names", "Telling"]

TOP: Final = 10
"""Rows of a table of extremes."""

LONG: Final = 40
"""Rows of a table of categories."""

PROBLEMS: Final = 200
"""Rows of a table of problems."""

TONNE: Final = 10_000
"""Kilograms from which tonnes are told."""

Names = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Telling:
    """Figures with the words for them.

    Parameters
    ----------
    figures : Figures
        What is told.
    say : Say
        Words of the folder ``report``.
    names, levers, factors : mapping
        Names of categories, levers and activities in each language.
    confidence : float
        Probability from which something is sure [1].
    """

    figures: Figures
    say: Say
    names: Names
    levers: Names
    factors: Names
    confidence: float

    @property
    def skus(self) -> pd.DataFrame:
        """One row a SKU."""
        return self.figures.skus

    @property
    def total(self) -> Sum:
        """Sum over the catalogue."""
        return self.figures.stages["total"]

    @property
    def sold(self) -> pd.Series:
        """Units dispatched that count, by SKU."""
        return (self.skus["weight"] / (1 - self.skus["return_rate"])).fillna(0.0)

    def amount(self, kg: float, low: float = np.nan, high: float = np.nan) -> dict[str, str]:
        """Kilograms or tonnes with their interval, in each language."""
        unit, per = ("t", 1000.0) if abs(kg) >= TONNE else ("kg", 1.0)
        told, ends = number(kg / per, low / per, high / per), self.interval(low / per, high / per)
        words = self.say.each(unit).items()
        return {lang: f"{told} {word} {ends}".rstrip() for lang, word in words}

    def interval(self, low: float, high: float) -> str:
        """Ends of an interval in brackets; nothing without."""
        if not (np.isfinite(low) and np.isfinite(high)):
            return ""
        return f"({number(low, low, high)}–{number(high, low, high)})"

    @property
    def unit(self) -> tuple[str, float]:
        """Word for the unit of sums, and how many kilograms it has."""
        return ("t", 1000.0) if abs(self.total.kg) >= TONNE else ("kg", 1.0)

    def head(self, key: str) -> Markup:
        """Header of a column of sums, with their unit."""
        return self.say(f"{key}_unit", unit=self.say.each(self.unit[0]))

    def cell(self, kg: float) -> str:
        """A sum as the cell of a table."""
        return number(kg / self.unit[1])

    def name(self, category: object) -> str:
        """Name of a category."""
        told = self.names.get(str(category))
        return str(category) if told is None else self.say.side(told)

    def share(self, kg: float) -> str:
        """Share of the total."""
        return percent(kg / self.total.kg) if self.total.kg else "–"

    def who(self, row: Mapping[Any, Any]) -> list[str]:
        """Cells that name a SKU: its number, its name, its category."""
        return [user(row["sku"], 160), user(row["name"], 220), self.name(row["category"])]

    def kg(self, row: Mapping[Any, Any]) -> str:
        """Footprint of a SKU with its interval [kg CO2e per kept unit]."""
        low, high = row.get("low_kg", np.nan), row.get("high_kg", np.nan)
        return f"{number(row['total_kg'], low, high)} {self.interval(low, high)}".rstrip()

    def more(self, count: int, shown: int) -> Markup | str:
        """How many rows a table leaves out."""
        return self.say("and_more", count=f"{count - shown:,}") if count > shown else ""
