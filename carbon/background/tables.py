"""Reads the packages of an edition, gives its tables, in which the first package wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pandas as pd

__all__ = [
    "FURTHER_SPREADS",
    "JUDGING",
    "LEVERS",
    "OPTIONAL",
    "SCALES",
    "SPREADS",
    "VOCABULARY",
    "Tables",
]

VOCABULARY: Final[dict[str, tuple[str, ...]]] = {
    "regions": ("location",),
    "materials": ("material",),
    "packaging_items": ("item",),
    "modes": ("mode",),
    "words": ("kind", "alias"),
    "categories": ("category",),
    "archetype_parameters": ("category", "parameter"),
    "archetype_materials": ("category",),
    "archetype_packaging": ("category",),
    "archetype_chains": ("category",),
    "landmasses": ("location",),
    "densities": ("category",),
}
"""Tables for the catalogue; the first package that has a key decides what it means."""

OPTIONAL: Final = ("landmasses", "densities")
"""Tables that the first edition does not have; they are empty there."""

SPREADS: Final[dict[str, tuple[str, ...]]] = {
    "pedigree": ("indicator", "score"),
    "basic_uncertainty": ("name",),
    "quality_scores": ("kind", "key", "indicator"),
    "foreground_uncertainty": ("parameter", "origin"),
}

FURTHER_SPREADS: Final[dict[str, tuple[str, ...]]] = {
    "mismatch": ("fit",),
    "official": ("source",),
}
"""Spreads that the first edition has not: of a poor fit, and of national figures at home."""

LEVERS: Final[dict[str, tuple[str, ...]]] = {
    "levers": ("lever",),
    "lever_sizes": ("lever", "parameter"),
    "lever_swaps": ("lever", "part", "from"),
    "lever_categories": ("lever", "category"),
}
"""Tables of a what-if, in the same way."""

SCALES: Final[dict[str, tuple[str, ...]]] = {"scale": (), "scale_parameters": ("parameter",)}
"""Tables of the label; the scale comes whole from the first package that has one."""

JUDGING: Final[dict[str, tuple[str, ...]]] = {
    "functional_quantities": ("category",),
    "size_classes": ("category",),
    "densities": ("category",),
    "production_steps": ("activity",),
    "material_groups": ("material",),
    "plausible_materials": ("category",),
    "unspecific_materials": ("material", "category"),
    "plausible_values": ("category", "parameter"),
    "plausible_trips": ("item",),
    "price_bounds": ("category", "per"),
    "silence": ("parameter",),
    "step_words": ("alias",),
    "fixed_pieces": ("item",),
    "scrap": ("material",),
    "air_shares": ("category",),
    "standard_codes": ("category",),
    "spend": ("category", "currency"),
}
"""Tables of the judging: what goods are compared by, and what is believed of them."""


class Tables(Mapping[str, pd.DataFrame]):
    """Tables by name, each read or joined at its first use: no command needs all of them.

    Parameters
    ----------
    makers : mapping of str to callable
        What gives each table.

    Examples
    --------
    >>> tables = Tables({"sizes": lambda: pd.DataFrame({"size": ["child"]})})
    >>> "sizes" in tables, tables["sizes"] is tables["sizes"]
    (True, True)
    """

    def __init__(self, makers: Mapping[str, Callable[[], pd.DataFrame]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
