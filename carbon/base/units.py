"""Units: what a unit's name is worth in the base unit of a quantity.

Pint knows the units; this module decides which names are safe to accept. A word with two meanings
(ton, oz, cup, 两) is refused, and so is a unit of the wrong kind. Only *unique* names are ever
looked up, so the cost does not grow with the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["BASE_UNITS", "Scale", "per_unit", "scale"]

BASE_UNITS: Final[dict[str, str]] = {
    "mass": "kilogram",
    "volume": "liter",
    "electricity": "kilowatt_hour",
    "heat": "megajoule",
    "distance": "kilometer",
    "duration": "hour",
    "lifetime": "year",
}
"""Quantity → its base unit, in pint's spelling."""

_SYMBOLS: Final = {
    "mass": "kg",
    "volume": "L",
    "electricity": "kWh",
    "heat": "MJ",
    "distance": "km",
    "duration": "h",
}

_AMBIGUOUS: Final = frozenset(
    [
        "ton",
        "tons",
        "kiloton",
        "oz",
        "ozs",
        "ounce",
        "ounces",
        "cup",
        "cups",
        "gallon",
        "gallons",
        "gal",
        "gals",
        "pint",
        "pints",
        "quart",
        "quarts",
        "bag",
        "bags",
        "barrel",
        "barrels",
        "bbl",
        "bushel",
        "bushels",
        "stone",
        "stones",
        "drachm",
        "dram",
        "cwt",
        "hundredweight",
        "pood",
        "两",
        "里",
        "英吨",
        "盎司",
        "担",
    ]
)
"""Words that name different amounts in different places or trades."""

_NOT_DISTANCES: Final = frozenset({"pc", "pcs"})  # pieces, not parsecs

_SPELLINGS: Final[dict[str, str]] = {
    **dict.fromkeys(("kgs", "kilo", "kilos"), "kilogram"),
    **dict.fromkeys(("gm", "gms", "gs", "gr"), "gram"),
    **dict.fromkeys(("kwh", "kwhs", "kw h"), "kilowatt_hour"),
    **dict.fromkeys(("kms",), "kilometer"),
    **dict.fromkeys(("y", "yrs"), "year"),
    **dict.fromkeys(("mo", "mos"), "month"),
    **dict.fromkeys(("mth", "mths"), "month"),
    "wh": "watt_hour",
    "mwh": "megawatt_hour",
    "kj": "kilojoule",
    "mj": "megajoule",
    "gj": "gigajoule",
    "t": "metric_ton",
    "克": "gram",
    "毫克": "milligram",
    "千克": "kilogram",
    "公斤": "kilogram",
    "斤": "jin",
    "市斤": "jin",
    "吨": "metric_ton",
    "公吨": "metric_ton",
    "升": "liter",
    "公升": "liter",
    "毫升": "milliliter",
    "ml": "milliliter",
    "米": "meter",
    "千米": "kilometer",
    "公里": "kilometer",
    "度": "kilowatt_hour",
    "千瓦时": "kilowatt_hour",
    "千瓦小时": "kilowatt_hour",
    "焦": "joule",
    "焦耳": "joule",
    "千焦": "kilojoule",
    "兆焦": "megajoule",
    "兆焦耳": "megajoule",
    "吉焦": "gigajoule",
    "大卡": "kilocalorie",
    "千卡": "kilocalorie",
    "小时": "hour",
    "分钟": "minute",
    "天": "day",
    "日": "day",
    "月": "month",
    "个月": "month",
    "年": "year",
}
"""Spellings pint does not know, in lower case; merchants' further ones come as aliases."""

_PER_PIECE: Final = re.compile(
    r"\s*(?:/|\bper\b|\ba\b|每)\s*(?:unit|piece|pcs?|item|sku|件|个|台|只|双|部|盒|瓶|条|套|单)$",
    re.I,
)
_PER_YEAR: Final = re.compile(r"\s*(?:/|\bper\b|\ba\b|每)\s*(?:years?|yr|y|a|annum|年)$", re.I)


@dataclass(frozen=True)
class Scale:
    """Factor from a unit to the base unit of its quantity.

    It is kept as a multiplication *and* a division, because dividing by 1000 rounds correctly and
    multiplying by 0.001 does not: 12 g and 0.012 kg must be the same float.

    Parameters
    ----------
    multiply, divide : float
        Base units = amount × ``multiply`` / ``divide``.
    code : str
        Empty, or the error code why the unit cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> Scale(1.0, 1000.0)(np.array([12.0])).tolist()
    [0.012]
    """

    multiply: float = 1.0
    divide: float = 1.0
    code: str = ""

    def __call__(self, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Amounts in the base unit; NaN if the unit was refused."""
        if self.code:
            return np.full_like(amounts, np.nan)
        return amounts * self.multiply / self.divide


def scale(text: str, quantity: str, aliases: Mapping[str, str] | None = None) -> Scale:
    """Scale from a unit, as a merchant wrote it, to the base unit of a quantity.

    The name is tried as written (``mJ`` is not ``MJ``), then as an alias, then in lower case; the
    first that names a unit of this quantity is taken. "per piece" after a unit is left out, and
    "per year" after an electricity unit.

    Parameters
    ----------
    text : str
        Name of the unit, NFKC.
    quantity : str
        A key of :data:`BASE_UNITS`.
    aliases : mapping of str to str, optional
        Further names in lower case → names that pint knows (or ``jin``, 500 g).

    Returns
    -------
    Scale
        Its ``code`` is C103 for an unknown unit, C104 for an ambiguous one, C105 for a unit of
        another kind, and empty otherwise.

    Examples
    --------
    >>> scale("g", "mass"), scale("斤", "mass").divide
    (Scale(multiply=1.0, divide=1000.0, code=''), 2.0)
    >>> [scale(name, "mass").code for name in ("tonne", "ton", "km", "foo")]
    ['', 'C104', 'C105', 'C103']
    """
    name = _PER_PIECE.sub("", text.strip())
    if quantity == "electricity":
        name = _PER_YEAR.sub("", name)
    lower = re.sub(r"[\s·.*]+", " ", name.lower()).strip()
    if lower in _AMBIGUOUS:
        return Scale(code="C104")
    alias = (aliases or {}).get(lower, "")
    worst = "C103"
    for candidate in (name, alias, _SPELLINGS.get(lower, ""), lower):
        if not candidate:
            continue
        found = _scale(candidate, quantity)
        if not found.code:
            return found
        worst = max(worst, found.code)
    return Scale(code=worst)


_OF_DATASETS: Final[dict[str, str]] = {
    "t": "metric_ton",
    "tonne": "metric_ton",
    "kwh": "kilowatt_hour",
    "kilowatt hour": "kilowatt_hour",
    "mj": "megajoule",
    **dict.fromkeys(("tkm", "ton kilometer", "metric ton*km", "t*km"), "metric_ton*kilometer"),
    **dict.fromkeys(("kgkm", "kilogram kilometer", "kg*km"), "kilogram*kilometer"),
    **dict.fromkeys(("vkm", "vehicle kilometer", "km"), "kilometer"),
    "square meter": "meter**2",
    "cubic meter": "meter**3",
    "litre": "liter",
}
"""Units of datasets as databases spell them, in lower case."""


@lru_cache(maxsize=1024)
def per_unit(ours: str, theirs: str) -> float:
    """How many of one unit make one of another.

    Parameters
    ----------
    ours, theirs : str
        Units of datasets, as ``"tkm"`` and ``"ton kilometer"``.

    Returns
    -------
    float
        NaN if they are not of one kind, or pint does not know them and they are not one word.

    Examples
    --------
    >>> per_unit("t", "kilogram"), per_unit("kWh", "megajoule"), per_unit("parcel", "kilogram")
    (1000.0, 3.6, nan)
    """
    import pint

    names = []
    for word in (ours, theirs):
        lower = " ".join(word.strip().lower().split())
        known = _OF_DATASETS.get(lower)
        plain = re.fullmatch(r"[A-Za-zµμ][A-Za-zµμ_ ]{0,39}", word.strip())
        names.append(
            known or (lower.replace(" ", "_") if plain and lower not in _AMBIGUOUS else "")
        )
    if ours.strip().lower() == theirs.strip().lower():
        return 1.0
    if not all(names):
        return float("nan")
    try:
        one = _registry().Quantity(1.0, names[0])
        return float(f"{one.to(names[1]).magnitude:.14g}")
    except (pint.errors.PintError, AttributeError, ValueError, TypeError):
        return float("nan")


@lru_cache(maxsize=4096)
def _scale(name: str, quantity: str) -> Scale:
    """Scale of a name in pint's spelling."""
    if name.lower() in _AMBIGUOUS:
        return Scale(code="C104")
    if name in (BASE_UNITS[quantity], _SYMBOLS.get(quantity)):
        return Scale()  # needs no registry, which takes a while to make
    if quantity == "distance" and name.lower() in _NOT_DISTANCES:
        return Scale(code="C105")
    # letters only: pint would otherwise evaluate "1e9*g" or "g**9**9"
    if len(name) > 40 or not re.fullmatch(r"[A-Za-zµμ][A-Za-zµμ_ ]*", name):
        return Scale(code="C103")
    import pint

    registry = _registry()
    try:
        unit = registry.parse_units(name.replace(" ", "_"))
    except (pint.errors.PintError, AttributeError, ValueError, TypeError):
        return Scale(code="C103")
    base = registry.parse_units(BASE_UNITS[quantity])
    if unit.dimensionality != base.dimensionality:
        return Scale(code="C105")
    factor = float(registry.Quantity(1, unit).to(base).magnitude)
    inverse = float(f"{1 / factor:.10g}")
    if factor < 1 and abs(inverse * factor - 1) < 1e-12:
        return Scale(1.0, inverse)
    return Scale(float(f"{factor:.14g}"), 1.0)  # 14 digits: pint's last ones are rounding noise


@lru_cache(maxsize=1)
def _registry() -> Any:
    """Make the unit registry at the first use (0.3 s)."""
    import pint

    registry: Any = pint.UnitRegistry(on_redefinition="ignore")
    registry.define("jin = 500 gram")
    return registry
