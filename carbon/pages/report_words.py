"""Reads figures of a report, gives texts of amounts, categories and SKUs [kg CO2e, t CO2e]."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from carbon.base import digits
from carbon.base.codes import CODES
from carbon.base.digits import DASH, percent
from carbon.base.words import section
from carbon.footprint.levers import LEVERS
from carbon.footprint.scenario import book_of
from carbon.label.phrases import unit_word, why
from carbon.pages.html import LANGS, Say, user
from carbon.pages.report_figures import Figures, Sum

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["LONG", "PROBLEMS", "TONNE", "TOP", "Names", "Telling", "spoken_names"]

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

    - ``figures``: what is told
    - ``say``: words of the folder ``report``
    - ``names``, ``levers``, ``factors``: names of categories, levers and activities in each
      language
    - ``confidence``: probability from which something is sure [1]
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
        number, interval = self.parts(kg / per, low / per, high / per)
        words = self.say.each(unit).items()
        return {lang: f"{number} {word} {interval}".rstrip() for lang, word in words}

    def parts(self, value: float, low: float, high: float) -> tuple[str, str]:
        """A number, and its interval in brackets; that is empty without."""
        number, _, interval = digits.amount(value, low, high).partition(" ")
        return number, interval

    @property
    def unit(self) -> tuple[str, float]:
        """Word for the unit of sums, and how many kilograms it has."""
        return ("t", 1000.0) if abs(self.total.kg) >= TONNE else ("kg", 1.0)

    def head(self, key: str) -> Markup:
        """Header of a column of sums, with their unit."""
        return self.say(f"{key}_unit", unit=self.say.each(self.unit[0]))

    def cell(self, kg: float) -> str:
        """A sum as the cell of a table."""
        return digits.amount(kg / self.unit[1])

    def name(self, category: object) -> str:
        """Name of a category."""
        spoken = self.names.get(str(category))
        return str(category) if spoken is None else self.say.side(spoken)

    def share(self, kg: float) -> str:
        """Share of the total."""
        return percent(kg / self.total.kg) if self.total.kg else "–"

    def who(self, row: Mapping[Any, Any]) -> list[str]:
        """Cells that name a SKU: its number, its name, its category."""
        return [user(row["sku"], 160), user(row["name"], 220), self.name(row["category"])]

    def kg(self, row: Mapping[Any, Any]) -> str:
        """Footprint of a SKU with its interval [kg CO2e per kept unit]."""
        low, high = row.get("low_kg", np.nan), row.get("high_kg", np.nan)
        return digits.amount(row["total_kg"], low, high)

    def letter(self, row: Mapping[Any, Any]) -> Markup | str:
        """Letter or range of a SKU, with the probability of the likeliest one where unsure."""
        letter = str(row.get("letter_text") or row["letter"] or "")
        if not letter:
            return DASH
        if row["state"] == "sure":
            return letter
        chance = (
            math.floor(row["letter_probability"] * 100 + 1e-9) / 100
            if (row["letter_probability"] == row["letter_probability"])
            else math.nan
        )
        likeliest = f"{row['letter']} {percent(chance)}" if math.isfinite(chance) else ""
        return Markup("{} <small>{}</small>").format(letter, likeliest or self.say("range"))

    def reasons(self, codes: str) -> Markup:
        """What codes say, in words."""
        return self.say.both(
            {
                lang: section("problem", lang)["semicolon"].join(
                    f"{code} {CODES[code].rule_in(lang)}" if code in CODES else code
                    for code in codes.split()
                )
                for lang in LANGS
            }
        )

    def why(self, row: Mapping[Any, Any]) -> Markup:
        """The told facts that move a letter most, in words."""
        words = {lang: why(str(row.get("why") or ""), section("label", lang)) for lang in LANGS}
        return self.say.both(words)

    def per_unit(self, row: Mapping[Any, Any]) -> Markup | str:
        """Footprint per functional unit, where there is one other than the sales unit."""
        if not row.get("unit") or row.get("kg_per_unit") in (None, row["total_kg"]):
            return DASH
        number = digits.amount(float(row["kg_per_unit"]))
        return self.say.both(
            {
                lang: f"{number}/{unit_word(str(row['unit']), section('label', lang))}"
                for lang in LANGS
            }
        )

    def more(self, count: int, shown: int) -> Markup | str:
        """How many rows a table leaves out."""
        return self.say("and_more", count=f"{count - shown:,}") if count > shown else ""


def spoken_names(study: Study) -> tuple[Names, Names, Names]:
    """Names of categories, levers and activities in each language, by their ids."""
    table = study.vocabulary.categories
    columns = (table[name].astype(str) for name in ("category", "name", "name_zh"))
    categories = {key: {"en": en, "zh": zh} for key, en, zh in zip(*columns, strict=True)}
    book = book_of(study)
    levers = {name: dict(zip(("en", "zh"), book.words(name), strict=True)) for name in LEVERS}
    titles = study.edition.chinese_titles
    activities = {
        name: {"en": name, "zh": titles.get(name, name)}
        for name in study.edition.activities["activity"].astype(str).unique().tolist()
    }
    return categories, levers, activities
