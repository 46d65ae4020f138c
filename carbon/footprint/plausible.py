"""Reads a catalogue and what is believed of its categories, gives the cells that lie outside.

Every cell is written by someone whom a lower number helps. A declared cell is believed as far as
the quartile of its category, where silence stands too; a documented one as far as the 95 % bound; a
verified one stands by itself. Outside is no error: the number is computed and shown, and a letter
that rests on it is withheld.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.tables import Tables
from carbon.base.arrays import Flags, Floats
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.footprint.belonging import composition, graded, priced
from carbon.footprint.evidence import EVIDENCE, categories_shown, levels
from carbon.footprint.named import said
from carbon.footprint.supplied import UNUSED

__all__ = ["CELLS_OF", "PARTS", "Plausible", "assess"]


CELLS_OF: Final[dict[str, tuple[str, ...]]] = {
    "mass": ("mass",),
    "materials": ("materials",),
    "production": ("electricity", "heat", "made_in", "origin"),
    "packaging": ("packaging", "units_per_parcel"),
    "transport": ("transport", "destination"),
    "live_session": ("session_kwh", "viewer_hours"),
    "use": ("energy_per_year", "service_life"),
    "returns": ("return_rate", "resale_share"),
}
"""Part of a footprint → the cells that decide it."""

PARTS: Final = tuple(CELLS_OF)

SLACK: Final = 1e-6
"""Share by which a bound may be missed: it was written with six digits."""

ROUNDED: Final = 0.03
"""Share by which net contents may be short: about what metrology allows at 500 g (OIML R 87)."""

_DECLARED, _DOCUMENTED, _VERIFIED = (
    EVIDENCE.index(name) for name in ("declared", "documented", "verified")
)
_BOUNDED: Final = (
    # parameter of plausible_values, column of the catalogue, column of skus, part, code
    ("return_rate", "return_rate", "return_rate", "returns", "C264"),
    ("resale_share", "resale_share", "resale_share", "returns", "C264"),
    ("packaging_reuse", "packaging_reuse", "packaging_reuse", "returns", "C264"),
    ("units_per_parcel", "units_per_parcel", "units_per_parcel", "packaging", "C265"),
    ("energy_per_year", "energy_per_year", "energy_per_year_kwh", "use", "C266"),
    ("service_life", "service_life", "service_life_years", "use", "C266"),
    ("loss_rate", "loss_rate", "loss_rate", "materials", "C267"),
    ("session_kwh", "session_kwh", "studio_kwh", "live_session", "C267"),
    ("viewer_hours", "viewer_hours", "viewer_hours", "live_session", "C267"),
)


@dataclass(frozen=True)
class Plausible:
    """What is not believed of some SKUs as it stands.

    Parameters
    ----------
    outside : ndarray of bool, shape (n, parts)
        A cell that decides the part lies outside what is believed, on the side that flatters.
    wrong : ndarray of bool, shape (n,)
        It is not what its category is: other materials, another name, another price.
    vague : ndarray of bool, shape (n,)
        Its materials are words for anything.
    codes : ndarray of object, shape (n,)
        Codes of what lies outside, separated by spaces.
    level : ndarray of int8, shape (n, parts)
        Evidence class of each part: that of the weakest cell that was told. Making without a
        meter follows from the materials.
    stated : ndarray of bool, shape (n, parts)
        The merchant told a cell of the part.
    placed : ndarray of bool, shape (n,)
        Where it is made is told and no document stands behind it: the power of another place
        decides its making.
    unnamed : ndarray of bool, shape (n,)
        Neither its name nor a document says that it is of its category.
    supplied : ndarray of bool, shape (n,)
        A supplier's documented footprint stands for its making.
    graded : ndarray of bool, shape (n,)
        What the merchant told can tell it from equal goods, so that a letter says something.
    gaining : ndarray of bool, shape (n,)
        It looks like goods of another category, where its letter would be worse.
    """

    outside: Flags
    wrong: Flags
    vague: Flags
    codes: npt.NDArray[np.object_]
    level: npt.NDArray[np.int8]
    stated: Flags
    placed: Flags
    unnamed: Flags
    supplied: Flags
    graded: Flags
    gaining: Flags

    @classmethod
    def joined(cls, parts: list[Plausible]) -> Plausible:
        """Those of consecutive parts of a catalogue as one."""
        return cls(
            *(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(cls))
        )


def assess(catalogue: Catalogue, judging: Tables, vocabulary: Vocabulary) -> Plausible:
    """Which cells of each SKU lie outside what is believed.

    Parameters
    ----------
    catalogue : Catalogue
        Filled, settled and with functional quantities, of n SKUs.
    judging : Tables
        Tables of :attr:`carbon.background.edition.Edition.judging`.
    vocabulary : Vocabulary
        Words and archetypes.

    Returns
    -------
    Plausible
    """
    size = len(catalogue)
    evidence = levels(catalogue)
    outside = np.zeros((size, len(PARTS)), dtype=bool)
    codes: dict[str, Flags] = {}

    def add(code: str, flag: Flags, part: str = "") -> None:
        codes[code] = codes.get(code, np.zeros(size, dtype=bool)) | flag
        if part:
            outside[:, PARTS.index(part)] |= flag

    bounds = _Bounds(catalogue, judging, vocabulary, evidence)
    devices = _devices(catalogue, bounds)
    for parameter, cell, column, part, code in _BOUNDED:
        each = devices if parameter == "energy_per_year" else 1.0
        value = catalogue.skus[column].to_numpy(float)
        add(code, bounds.outside(parameter, cell, value, each), part)
    add("C263", _light(catalogue, bounds, judging), "mass")
    add("C263", _thin(catalogue, bounds, judging), "mass")
    add("C265", _packed(catalogue, bounds, judging, vocabulary), "packaging")
    add("C268", bounds.outside("distance", "transport", _distance(catalogue)), "transport")
    add("C272", _recycled(catalogue, judging, vocabulary, evidence), "materials")
    place = evidence[["made_in", "origin"]].to_numpy().max(axis=1)
    supplied = catalogue.skus["supplied"].to_numpy(dtype=bool)
    placed = (place >= _DECLARED) & (place < _DOCUMENTED) & ~supplied
    outside[:, PARTS.index("production")] |= placed
    wrong = composition(catalogue, judging, vocabulary, evidence)
    add("C261", wrong)
    names = said(catalogue.skus["name"], catalogue.skus["category"], vocabulary)
    add("C269", names.other)
    dear = priced(catalogue, judging["price_bounds"], vocabulary)
    add("C270", dear)
    # a category that the name alone proposes is not confirmed
    proposed = catalogue.skus["problem"].str.contains("C024", regex=False).to_numpy(dtype=bool)
    vague = catalogue.skus["unspecific"].to_numpy(dtype=bool)
    add("C262", vague)
    below = catalogue.skus.get("least_energy")
    if below is not None:
        add("C271", below.to_numpy(dtype=bool), "production")
    by_part = [evidence[list(cells)].to_numpy() for cells in CELLS_OF.values()]
    stated = np.column_stack([cells.max(axis=1) for cells in by_part]) >= _DECLARED
    # units in a parcel without what they are packed in do not tell the packaging
    stated[:, PARTS.index("packaging")] = evidence["packaging"].to_numpy() >= _DECLARED
    # an untold cell stands dear and decides nothing: the weakest of those that were told
    level = np.column_stack(
        [np.where(cells >= _DECLARED, cells, _VERIFIED).min(axis=1) for cells in by_part]
    )
    level = np.where(stated, level, 0)
    made = PARTS.index("production")
    follows = level[:, PARTS.index("materials")]
    level[:, made] = np.where(stated[:, made], level[:, made], follows)
    for part in ("materials", "production"):
        at = PARTS.index(part)
        level[:, at] = np.where(supplied, evidence["supplier_kg"].to_numpy(), level[:, at])
        stated[:, at] |= supplied
    for code in UNUSED:
        add(code, catalogue.skus["problem"].str.contains(code, regex=False).to_numpy(dtype=bool))
    return Plausible(
        outside,
        wrong | names.other | dear | proposed,
        vague,
        _joined_codes(codes, size),
        level.astype(np.int8),
        stated,
        placed,
        ~(names.own | categories_shown(catalogue)),
        supplied,
        graded(catalogue, judging["functional_quantities"], vocabulary, evidence),
        np.zeros(size, dtype=bool),  # until it is held against references
    )


class _Bounds:
    """Bounds of every SKU, by the evidence of its cells."""

    def __init__(
        self,
        catalogue: Catalogue,
        judging: Tables,
        vocabulary: Vocabulary,
        evidence: pd.DataFrame,
    ) -> None:
        self.category = catalogue.skus["category"].cat.codes.to_numpy()
        self.evidence = evidence
        self.names = vocabulary.names("category").ids
        table = judging["plausible_values"]
        self.table = {
            str(parameter): rows.set_index("category").reindex(self.names)
            for parameter, rows in table.groupby("parameter", sort=False)
        }
        quantities = judging["functional_quantities"].set_index("category")
        self.quantities = quantities.reindex(self.names)
        self.usual = self.of(self.quantities["usual"])

    def of(self, column: pd.Series) -> Floats:
        """Numbers of categories, in their order, for every SKU; NaN for one of none."""
        numbers: Floats = np.append(column.to_numpy(dtype=np.float64), np.nan)[self.category]
        return numbers

    def counted(self, *columns: str) -> Flags:
        """SKUs whose functional quantity stands in one of some columns."""
        flags: Flags = np.append(self.quantities["column"].isin(columns), False)[self.category]
        return flags

    def outside(self, parameter: str, cell: str, value: Floats, scale: Any = 1.0) -> Flags:
        """Whether told values flatter beyond what is believed.

        Parameters
        ----------
        parameter : str
            Of ``plausible_values``.
        cell : str
            Column whose evidence decides.
        value : ndarray of float64, shape (n,)
            [unit of the parameter].
        scale : float or ndarray
            By which the bounds of the SKU are multiplied.
        """
        if parameter not in self.table:
            return np.zeros(len(value), dtype=bool)
        rows = self.table[parameter]
        level = self.evidence[cell].to_numpy()

        def flatters(side: str) -> Flags:
            flags: Flags = np.append(rows["flatters"].isin((side, "both")), False)[self.category]
            return flags

        documented = level >= _DOCUMENTED
        low = np.where(documented, self.of(rows["low"]), self.of(rows["declared_low"])) * scale
        high = np.where(documented, self.of(rows["high"]), self.of(rows["declared_high"])) * scale
        with np.errstate(invalid="ignore"):
            small = flatters("low") & (value < low * (1 - SLACK))
            large = flatters("high") & (value > high * (1 + SLACK))
        declared = (level >= _DECLARED) & (level < _VERIFIED)
        flag: Flags = declared & (small | large)
        return flag


def _light(catalogue: Catalogue, bounds: _Bounds, judging: Tables) -> Flags:
    """Lighter than is believed for one piece of the size; only where mass is not the quantity."""
    skus = catalogue.skus
    quantity = skus["functional_quantity"].to_numpy(dtype=np.float64)
    classes = judging["size_classes"]
    sizes = skus["size_class"].astype("category").array
    factors = np.ones((len(bounds.names) + 1, len(sizes.categories) + 1))
    row = pd.Index(bounds.names).get_indexer(pd.Index(classes["category"]))
    column = sizes.categories.get_indexer(pd.Index(classes["size_class"]))
    known = (row >= 0) & (column >= 0)
    factors[row[known], column[known]] = classes["factor"].to_numpy(dtype=np.float64)[known]
    factor = factors[bounds.category, sizes.codes]
    mass = skus["mass_kg"].to_numpy(dtype=np.float64)
    lighter = bounds.outside("mass", "mass", mass, quantity / bounds.usual * factor)
    flag: Flags = bounds.counted("pieces", "sheets", "capacity") & lighter
    return flag


def _devices(catalogue: Catalogue, bounds: _Bounds) -> Floats:
    """How many times the usual number of pieces a sales unit holds; 1 where it is not counted."""
    quantity = catalogue.skus["functional_quantity"].to_numpy(dtype=np.float64)
    return np.where(bounds.counted("pieces"), quantity / bounds.usual, 1.0)


def _thin(catalogue: Catalogue, bounds: _Bounds, judging: Tables) -> Flags:
    """More litres than the told mass can fill, whatever documents say of the mass alone."""
    skus = catalogue.skus
    density = bounds.of(judging["densities"].set_index("category")["low"].reindex(bounds.names))
    litres = skus["functional_quantity"].to_numpy(dtype=np.float64)
    mass = skus["mass_kg"].to_numpy(dtype=np.float64)
    told = (bounds.evidence[["mass", "quantity"]].to_numpy() >= _DECLARED).all(axis=1)
    with np.errstate(invalid="ignore"):
        short = mass < litres * density * (1 - ROUNDED)
    flag: Flags = bounds.counted("volume") & told & short
    return flag


def _packed(
    catalogue: Catalogue,
    bounds: _Bounds,
    judging: Tables,
    vocabulary: Vocabulary,
) -> Flags:
    """Less packaging than is believed for the quantity, or more trips of a piece."""
    skus, size = catalogue.skus, len(catalogue)
    lines = catalogue.packaging
    row = lines["row"].to_numpy()
    weight: Floats = np.bincount(row, lines["mass_kg"].to_numpy(dtype=np.float64), size).astype(
        np.float64
    )
    archetype = vocabulary.archetype_packaging
    usual = archetype["mass_g"].astype(float).groupby(archetype["category"].astype(str)).sum()
    ratio = skus["functional_quantity"].to_numpy(dtype=np.float64) / bounds.usual
    law = ratio ** bounds.of(bounds.quantities["packaging_exponent"])
    grams = bounds.of(usual.reindex(bounds.names)) * law
    light = bounds.outside("packaging", "packaging", weight, grams / 1000)
    trips = judging["plausible_trips"].set_index("item").reindex(vocabulary.names("item").ids)
    code = lines["item"].cat.codes.to_numpy()
    level = bounds.evidence["packaging"].to_numpy()[row]
    most = np.where(
        level >= _DOCUMENTED,
        np.append(trips["high"].to_numpy(dtype=np.float64), np.nan)[code],
        np.append(trips["declared_high"].to_numpy(dtype=np.float64), np.nan)[code],
    )
    declared = (level >= _DECLARED) & (level < _VERIFIED)
    many = declared & (lines["trips"].to_numpy(dtype=np.float64) > most * (1 + SLACK))
    flag: Flags = light | (np.bincount(row[many], minlength=size) > 0)
    return flag


def _distance(catalogue: Catalogue) -> Floats:
    """Mean way of the units to the buyer [km]."""
    legs = catalogue.legs
    outward = legs[~legs["returning"].to_numpy(dtype=bool)]
    # handling and the last mile have no length
    length = np.nan_to_num(outward["km"].to_numpy(dtype=np.float64))
    km = outward["chain_share"].to_numpy(dtype=np.float64) * length
    return np.bincount(outward["row"].to_numpy(), km, len(catalogue)).astype(np.float64)


def _recycled(
    catalogue: Catalogue, judging: Tables, vocabulary: Vocabulary, evidence: pd.DataFrame
) -> Flags:
    """A larger recycled share than is believed without a document."""
    lines, size = catalogue.materials, len(catalogue)
    names = vocabulary.names("material").ids
    table = judging["material_groups"].set_index("material")["recycled_high"].reindex(names)
    high = np.append(table.to_numpy(dtype=np.float64), np.nan)
    row = lines["row"].to_numpy()
    share = lines["recycled_share"].to_numpy(dtype=np.float64)
    over = share > high[lines["material"].cat.codes.to_numpy()] * (1 + SLACK)
    level = evidence["materials"].to_numpy()
    declared = (level >= _DECLARED) & (level < _DOCUMENTED)
    flag: Flags = declared & (np.bincount(row[over], minlength=size) > 0)
    return flag


def _joined_codes(codes: dict[str, Flags], size: int) -> npt.NDArray[np.object_]:
    """Codes of each SKU in their order, separated by spaces; as few strings as possible."""
    names = sorted(codes)
    packed = np.zeros(size, dtype=np.int64)
    for bit, name in enumerate(names):
        packed |= codes[name].astype(np.int64) << bit
    patterns, inverse = np.unique(packed, return_inverse=True)
    words = [
        " ".join(name for bit, name in enumerate(names) if pattern >> bit & 1)
        for pattern in patterns.tolist()
    ]
    text: npt.NDArray[np.object_] = np.array(words, dtype=object)[inverse.ravel()]
    return text
