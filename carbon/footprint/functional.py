"""Reads a filled catalogue, gives what the buyer of each SKU gets out of it [unit of the category].

Two products are compared by their functional quantity and by nothing else: a kilogram of rice, a
litre of shampoo, an adult's T-shirt. The edition names it for each category, with the column that
it is read from.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.tables import Tables
from carbon.base import units
from carbon.base.arrays import Flags, Floats, Integers
from carbon.base.terms import PROVENANCES
from carbon.base.words import template_rows
from carbon.catalogue.schema import Catalogue, Vocabulary

__all__ = ["Functional", "contents", "size_class_of"]


_GIVEN, _DEFAULT = (PROVENANCES.index(name) for name in ("given", "default"))
_CONTENT: Final = re.compile(
    r"\s*(?:(\d+)\s*[x×*]\s*)?(\d+(?:[.,]\d+)?)\s*([^\d\s][^\d]*?)?\s*(?:[x×*]\s*(\d+))?\s*", re.I
)
_KINDS: Final = ("mass", "volume")
_ENOUGH: Final = 1e-12


def contents(texts: pd.Series, aliases: dict[str, str]) -> pd.DataFrame:
    """What cells of the column ``quantity`` say: ``mass`` [kg], ``volume`` [L] and ``count`` [1].

    NaN where the cell says none of that kind; ``unread`` where it is not understood; ``aliases``
    are further names of units.

    >>> contents(pd.Series(["500 ml", "2 x 1.5 kg", "300 sheets", "?"]), {}).values.tolist()[:2]
    [[nan, 0.5, nan, False], [3.0, nan, nan, False]]
    """
    code, cells = pd.factorize(texts)
    rows = np.full((len(cells) + 1, 3), np.nan)
    unread = np.zeros(len(cells) + 1, bool)
    for position, cell in enumerate(cells):
        parsed = _CONTENT.fullmatch(str(cell))
        if parsed is None:
            unread[position] = True
            continue
        before, amount, unit, after = parsed.groups()
        value = float(amount.replace(",", ".")) * int(before or 1) * int(after or 1)
        for at, kind in enumerate(_KINDS):
            scale = units.scale(unit, kind, aliases) if unit else units.UnitScale(code="C103")
            if not scale.code:
                rows[position, at] = scale(np.array([value]))[0]
        if np.isnan(rows[position]).all():
            rows[position, 2] = value
        unread[position] = not value > 0
    rows[unread] = np.nan
    table = pd.DataFrame(rows[code], columns=[*_KINDS, "count"])
    return table.assign(unread=unread[code])


@lru_cache
def _size_aliases() -> dict[str, str]:
    rows = template_rows("catalogue", "size_classes.csv")
    return {row["alias"]: row["size_class"] for row in rows}


def size_class_of(word: str) -> str:
    """Name of a size class as the edition has it, else the merchant's word in lower case.

    >>> size_class_of("儿童"), size_class_of("Adults"), size_class_of("giant")
    ('child', 'adult', 'giant')
    """
    plain = unicodedata.normalize("NFKC", word).strip().lower()
    return _size_aliases().get(plain, plain)


class Functional:
    """Functional quantities of an edition.

    - ``tables``: ``functional_quantities``, ``size_classes``, ``densities`` and, where there is
      one, ``fixed_pieces``
    - ``vocabulary``: categories, items, archetypes
    """

    def __init__(self, tables: Tables, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        names = vocabulary.names("category").ids
        table = tables["functional_quantities"].set_index("category").reindex(names)
        # a category of someone's own is compared by the piece, until its table says otherwise
        self.unit = table["unit"].fillna("piece").astype(str).tolist()
        self.column = np.append(table["column"].fillna("pieces").astype(str).to_numpy(object), "")
        self.usual = _padded(table["usual"].fillna(1.0))
        self.exponent = _padded(table["packaging_exponent"])
        per = [
            float(number[0]) if (number := re.match(r"\d+", unit)) else 1.0 for unit in self.unit
        ]
        self.pieces = np.append(per, 1.0)
        self.kilograms = np.append([0.001 if unit == "g" else 1.0 for unit in self.unit], 1.0)
        density = tables["densities"].set_index("category").reindex(names)
        self.density = _padded(density["density"])
        self.mass = _padded(vocabulary.parameter_table["mass"])
        self.fixed = np.zeros(len(vocabulary.packaging_items) + 1, bool)
        if "fixed_pieces" in tables:
            items = set(tables["fixed_pieces"]["item"])
            self.fixed[:-1] = vocabulary.packaging_items["item"].isin(items).to_numpy()
        self.metal = self._metals()
        classes = tables["size_classes"]
        self.classes = classes[classes["category"].isin(names)].reset_index(drop=True)
        self.sizes = _Sizes(self.classes, names)

    def _metals(self) -> npt.NDArray[np.object_]:
        """Largest material of each archetype."""
        table = self.vocabulary.archetype_materials
        first = table.sort_values("share", ascending=False, kind="stable").drop_duplicates(
            "category"
        )
        names = self.vocabulary.names("category").ids
        return np.append(
            first.set_index("category")["material"].reindex(names).to_numpy(object), ""
        )

    def sized(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue with functional quantities, and with what follows from a told one.

        A mass that was not told follows from quantity, count or size; the archetype's packaging
        follows from quantity and size by ``(quantity / usual)^packaging_exponent``, surface to
        volume; the energy that a live session takes by default is shared by revenue, hence by
        quantity, and that of use is of each device in the pack.
        """
        skus = catalogue.skus
        category = skus["category"].cat.codes.to_numpy()
        column, usual = self.column[category], self.usual[category]
        quantities = contents(skus["quantity"], self.vocabulary.unit_words)
        count = skus["pack_count"].to_numpy(dtype=np.float64)
        weighed = (catalogue.provenance["mass"] != _DEFAULT).to_numpy()
        mass = np.where(weighed, skus["mass_kg"].to_numpy(dtype=np.float64), np.nan)
        name, size = self._class(skus, category, mass)
        by_mass = mass / (self.mass[category] * size) * usual
        density = self.density[category]
        litres = _first(quantities["volume"], quantities["mass"] / density)
        sheets = _first(quantities["count"] / self.pieces[category], count * np.nan)
        amount = np.full(len(skus), np.nan)
        certain = np.zeros(len(skus), bool)
        for kind, stated, otherwise in (
            ("mass", _first(mass, quantities["mass"], quantities["volume"] * density), None),
            ("volume", _first(litres, mass / density), None),
            ("capacity", _first(litres), by_mass),
            ("pieces", _first(count, quantities["count"]), np.where(usual == 1, 1.0, by_mass)),
            ("sheets", sheets, by_mass),
            ("fine_metal", self._fine(catalogue, category, mass), None),
        ):
            here = column == kind
            # none of what the category is bought for is no quantity to compare by
            stated = np.where(stated > 0, stated, np.nan)
            if kind in ("mass", "fine_metal"):
                stated = stated / self.kilograms[category]
            amount[here] = (stated if otherwise is None else _first(stated, otherwise))[here]
            certain[here] = ~np.isnan(stated[here])
        single = (column == "pieces") & (usual == 1)
        stated_amount = ~np.isnan(amount)
        amount = np.where(stated_amount, amount, usual)
        ratio = np.where(stated_amount, amount / usual, 1.0) * size
        # what a told quantity weighs, where nobody weighed it
        kg = _first(
            np.where(
                np.isin(column, ("mass", "volume")),
                _first(quantities["mass"], litres * density),
                np.nan,
            ),
            self.mass[category] * ratio,
        )
        devices = np.where(stated_amount & (column == "pieces"), amount / usual, 1.0)
        sized = self._scaled(catalogue, ~weighed, kg, ratio, self.exponent[category], devices)
        units_ = pd.Categorical.from_codes(
            *_recoded(category, [*self.unit, ""]),
        )
        return replace(
            sized,
            skus=sized.skus.assign(
                functional_quantity=amount,
                unit=units_,
                size_class=name,
                quantity_told=certain | single,
            ),
        )

    def _class(
        self, skus: pd.DataFrame, category: npt.NDArray[Any], mass: Floats
    ) -> tuple[pd.Categorical[Any], Floats]:
        """Size class of each SKU, and its factor on the mass of the archetype."""
        sizes = self.sizes
        code, words = pd.factorize(skus["size_class"])
        place = {word: position for position, word in enumerate(sizes.words)}
        known = [place.get(size_class_of(str(word)), -2) for word in words]
        stated = np.array([*known, -2])[code]
        of = sizes.word[category]
        match = (of == stated[:, None]) & (of >= 0)
        usual = sizes.usual[category]
        row = np.arange(len(skus))
        low, high = sizes.low[category], sizes.high[category]
        weighed = ~np.isnan(mass)[:, None]
        beyond = (mass < low[row, usual]) | (mass > high[row, usual])
        # a mass that no unit of the usual class has tells the class by itself
        fits = weighed & beyond[:, None] & (mass[:, None] >= low) & (mass[:, None] <= high)
        fits[row, usual] = False
        # of several, the last one: sizes ascend
        last = fits.shape[1] - 1 - np.argmax(fits[:, ::-1], axis=1)
        at = np.where(
            match.any(axis=1), np.argmax(match, axis=1), np.where(fits.any(axis=1), last, usual)
        )
        chosen = of[row, at]
        names = pd.Categorical.from_codes(
            np.where(chosen < 0, len(sizes.words), chosen), categories=pd.Index([*sizes.words, ""])
        )
        return names, np.where(chosen < 0, 1.0, sizes.factor[category][row, at])

    def _fine(self, catalogue: Catalogue, category: npt.NDArray[Any], mass: Floats) -> Floats:
        """Mass of the main material of the archetype [kg]; NaN where no mass is told."""
        lines = catalogue.materials
        row = lines["row"].to_numpy()
        column = lines["material"].array
        place = {str(word): at for at, word in enumerate(column.categories)}
        metal = np.array([place.get(str(word), -2) for word in self.metal])
        same = column.codes == metal[category][row]
        kg = np.bincount(row[same], lines["mass_kg"].to_numpy()[same], len(mass))
        return np.where(np.isnan(mass), np.nan, kg)

    def _scaled(
        self,
        catalogue: Catalogue,
        unweighed: Flags,
        kg: Floats,
        ratio: Floats,
        exponent: Floats,
        devices: Floats,
    ) -> Catalogue:
        """Mass, archetype packaging and defaults of energy of another quantity than the usual."""
        skus, lines, pieces = catalogue.skus, catalogue.materials, catalogue.packaging
        mass = skus["mass_kg"].to_numpy(dtype=np.float64)
        new = np.where(unweighed & ~np.isnan(kg) & (np.abs(kg - mass) > _ENOUGH), kg, mass)
        with np.errstate(invalid="ignore", divide="ignore"):
            grown = np.where(new == mass, 1.0, new / mass)
            law = np.where(ratio == 1, 1.0, ratio ** np.nan_to_num(exponent))
        row = lines["row"].to_numpy()
        lines = lines.assign(mass_kg=lines["mass_kg"].to_numpy() * grown[row])
        row = pieces["row"].to_numpy()
        untold = (catalogue.provenance["packaging"] == _DEFAULT).to_numpy()[row]
        free = untold & ~self.fixed[pieces["item"].cat.codes.to_numpy()]
        pieces = pieces.assign(mass_kg=pieces["mass_kg"].to_numpy() * np.where(free, law[row], 1.0))
        changed = {"mass_kg": new}
        for name, output, times in (
            ("session_kwh", "studio_kwh", ratio),
            ("viewer_hours", "viewer_hours", ratio),
            ("energy_per_year", "energy_per_year_kwh", devices),  # each device takes its own
        ):
            default = (catalogue.provenance[name] == _DEFAULT).to_numpy()
            share = np.where(default & ~np.isnan(times), times, 1.0)
            changed[output] = skus[output].to_numpy(dtype=np.float64) * share
        return replace(catalogue, skus=skus.assign(**changed), materials=lines, packaging=pieces)


class _Sizes:
    """Size classes of each category side by side, by code of a category; the last has none."""

    def __init__(self, classes: pd.DataFrame, names: list[str]) -> None:
        self.words = sorted(set(classes["size_class"].astype(str)))
        place = classes.groupby("category", sort=False).cumcount().to_numpy()
        width = int(place.max(initial=0)) + 1
        shape = (len(names) + 1, width)
        at = np.array([names.index(name) for name in classes["category"]], dtype=np.int64), place
        self.word = np.full(shape, -1)
        self.word[at] = [self.words.index(word) for word in classes["size_class"].astype(str)]
        self.usual = np.zeros(shape[0], np.int64)
        usual = (classes["usual"] == "yes").to_numpy()
        self.usual[at[0][usual]] = place[usual]
        self.factor, self.low, self.high = (np.full(shape, np.nan) for _ in range(3))
        for name in ("factor", "low", "high"):
            getattr(self, name)[at] = classes[name].to_numpy(dtype=np.float64)


def _padded(column: pd.Series) -> Floats:
    """By code of a category; the last one, of no category, is NaN."""
    return np.append(column.to_numpy(dtype=np.float64), np.nan)


def _first(*choices: Any) -> Floats:
    """The first of several numbers that is known."""
    chosen = np.asarray(choices[0], dtype=np.float64)
    for other in choices[1:]:
        chosen = np.where(np.isnan(chosen), np.asarray(other, dtype=np.float64), chosen)
    return chosen


def _recoded(category: npt.NDArray[Any], words: list[str]) -> tuple[Integers, pd.Index]:
    """Codes and categories of a word by category."""
    code, unique = pd.factorize(np.array(words, dtype=object))
    return code[category], pd.Index(unique, dtype="str")
