"""Reads the document of a product study report, gives words for its numbers and names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from carbon.base.digits import DASH, amount
from carbon.base.words import section as words
from carbon.label.phrases import unit_word
from carbon.pages.html import LANGS, Say
from carbon.pages.report_words import Names, spoken_names
from carbon.pages.study_figures import Record
from carbon.paper.text import plain

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["Teller", "number"]


class Teller:
    """A document with the words for it, and the numbers of its cells."""

    def __init__(self, document: Record, say: Say, inputs: Say, study: Study) -> None:
        self.document, self.say, self.inputs, self.study = document, say, inputs, study
        names = spoken_names(study)
        self.categories: Names = names[0]
        self.activities: Names = names[2]
        self._cells: dict[tuple[str, str], int] = {}

    def cell(self, record: Mapping[str, Any]) -> str:
        """Number under which the cell of an exchange stands at the end."""
        key = (str(record["factor_source"]), str(record["cite"]))
        return f"[{self._cells.setdefault(key, len(self._cells) + 1)}]" if key[0] else DASH

    @property
    def cells(self) -> list[list[str]]:
        """Rows of the table of cells."""
        return [
            [f"[{place}]", source, plain(cite)] for (source, cite), place in self._cells.items()
        ]

    def words(self, room: str, key: str) -> str:
        """A word of another room."""
        return self.say.side({each: words(room, each).get(key, key) for each in LANGS})

    def activity(self, name: str) -> str:
        """Name of an activity."""
        return self.say.side(self.activities.get(name, dict.fromkeys(LANGS, name)))

    def stage(self, name: str) -> str:
        """Name of a stage."""
        return self.words("chart", name)

    def input(self, name: str) -> str:
        """Name of an input, or of a factor."""
        kind, colon, activity = name.partition(": ")
        if colon and kind == "factor":
            return self.activity(activity)
        return self.say.side(self.inputs.input(name))

    def inputs_of(self, names: Sequence[str]) -> str:
        """Names of inputs as a list."""
        between = words("label", self.say.langs[0])["semicolon"]
        return between.join(self.input(name) for name in names)

    def unit(self, name: str) -> str:
        """A functional unit in words."""
        return self.say.side({each: unit_word(name, words("label", each)) for each in LANGS})


def number(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A number and its interval as people read them; a dash if it is not known."""
    first, lower, upper = (math.nan if each is None else each for each in (value, low, high))
    return amount(first, lower, upper)
