"""Reads a unit as a merchant wrote it, gives what it is worth in the base unit of a quantity.

A list of commerce (``templates/catalogue/units.csv``) says which names count and what they are
worth; a word with two meanings (ton, oz, cup, 两) is refused, and so is a unit of the wrong kind.
Only *unique* names are ever looked up, so the cost does not grow with the catalogue. Pint, which
knows more units than trade does, serves units of datasets only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from carbon.base.words import template_rows

__all__ = ["BASE_UNITS", "UnitScale", "multiple", "per_unit", "scale"]

BASE_UNITS: Final[dict[str, str]] = {
    "mass": "kilogram",
    "volume": "liter",
    "electricity": "kilowatt_hour",
    "heat": "megajoule",
    "distance": "kilometer",
    "duration": "hour",
    "lifetime": "year",
    "footprint": "kilogram CO2e",
}
"""Quantity → its base unit."""

_KINDS: Final = {
    "electricity": "energy",
    "heat": "energy",
    "duration": "time",
    "lifetime": "time",
}
"""Quantity → kind of its units, where the two differ."""

_PER_PIECE: Final = re.compile(
    r"\s*(?:/|\bper\b|\ba\b|每)\s*(?:unit|piece|pcs?|item|sku|件|个|台|只|双|部|盒|瓶|条|套|单)$",
    re.I,
)
_PER_YEAR: Final = re.compile(r"\s*(?:/|\bper\b|\ba\b|每)\s*(?:years?|yr|y|a|annum|年)$", re.I)


@dataclass(frozen=True)
class UnitScale:
    """Factor from a unit to the base unit of its quantity.

    It is kept as a multiplication *and* a division, because dividing by 1000 rounds correctly and
    multiplying by 0.001 does not: 12 g and 0.012 kg must be the same float.

    >>> import numpy as np
    >>> UnitScale(1.0, 1000.0)(np.array([12.0])).tolist()
    [0.012]
    """

    # multiply, divide: Base units = amount × ``multiply`` / ``divide``
    multiply: float = 1.0
    divide: float = 1.0
    code: str = ""  # empty, or the error code why the unit cannot be used

    def __call__(self, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Amounts in the base unit; NaN if the unit was refused."""
        if self.code:
            return np.full_like(amounts, np.nan)
        return amounts * self.multiply / self.divide


def scale(text: str, quantity: str, aliases: Mapping[str, str] | None = None) -> UnitScale:
    """Scale from a unit, as a merchant wrote it, to the base unit of a quantity.

    The name is tried as written (``mJ`` is not ``MJ``), then as an alias, then in lower case; the
    first that names a unit of this quantity is taken. "per piece" after a unit is left out, and
    "per year" after an electricity unit. ``text``: name of the unit, NFKC; ``quantity``: a key of
    :data:`BASE_UNITS`; ``aliases``: further names in lower case → names of the list. Returns: its
    ``code`` is C103 for an unknown unit, C104 for an ambiguous one, C105 for a unit of another
    kind, and empty otherwise.

    >>> scale("g", "mass"), scale("斤", "mass").divide, scale("gr", "mass").divide
    (UnitScale(multiply=1.0, divide=1000.0, code=''), 2.0, 1000.0)
    >>> [scale(name, "mass").code for name in ("tonne", "ton", "km", "foo")]
    ['', 'C104', 'C105', 'C103']
    """
    name = _PER_PIECE.sub("", text.strip())
    if quantity == "electricity":
        name = _PER_YEAR.sub("", name)
    lower = _folded(name)
    worst = "C103"
    for candidate in (name, (aliases or {}).get(lower, ""), lower):
        if not candidate:
            continue
        result = _scale(candidate, quantity)
        if not result.code or (lower in _names()[1] and result.code == "C104"):
            return result
        worst = max(worst, result.code)
    return UnitScale(code=worst)


def multiple(text: str) -> float:
    """How many pieces one of a unit of counts is; NaN if it is none.

    ``text``: as ``k``, ``thousand pieces`` or ``pcs``; empty for single pieces.

    >>> multiple("k"), multiple("thousand pieces"), multiple("pcs"), multiple(""), multiple("kg")
    (1000.0, 1000.0, 1.0, 1.0, nan)
    """
    lower = _folded(text)
    folded = _names()[1]
    pieces = [name for name, (kind, _) in folded.items() if kind == "count"]
    for rest in (lower, *(lower.removesuffix(name).strip() for name in pieces)):
        if not rest:
            return 1.0
        kind, worth = folded.get(rest, ("", Fraction(0)))
        if kind in ("multiple", "count"):
            return float(worth)
    return float("nan")


def _folded(name: str) -> str:
    return re.sub(r"[\s·.*_]+", " ", name.lower()).strip()


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, tuple[str, Fraction]], dict[str, tuple[str, Fraction]]]:
    """Name as written → kind and worth in SI units, and the same of folded names."""
    exact: dict[str, tuple[str, Fraction]] = {}
    folded: dict[str, tuple[str, Fraction]] = {}
    for row in template_rows("catalogue", "units.csv"):
        entry = (row["kind"], Fraction(row["worth"] or 0))
        for name in filter(None, (row["unit"], *row["names"].split(";"))):
            folded.setdefault(_folded(name), entry)
        for name in filter(None, (row["unit"], row["exact"])):
            exact[name] = entry
    return exact, folded


@lru_cache(maxsize=4096)
def _scale(name: str, quantity: str) -> UnitScale:
    """Scale of one name."""
    exact, folded = _names()
    entry = exact.get(name) or folded.get(_folded(name))
    if entry is None:
        return UnitScale(code="C103")
    kind, worth = entry
    if kind == "unsure":
        return UnitScale(code="C104")
    if kind != _KINDS.get(quantity, quantity):
        return UnitScale(code="C105")
    factor = worth / exact[BASE_UNITS[quantity]][1]
    if factor < 1 and factor.denominator % factor.numerator == 0:
        return UnitScale(1.0, float(1 / factor))
    inverse = float(f"{float(1 / factor):.10g}")
    if factor < 1 and abs(inverse * float(factor) - 1) < 1e-12:
        return UnitScale(1.0, inverse)
    return UnitScale(float(factor), 1.0)


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

    ``ours``, ``theirs``: units of datasets, as ``"tkm"`` and ``"ton kilometer"``. Returns: NaN if
    they are not of one kind, or pint does not know them and they are not one word.

    >>> per_unit("t", "kilogram"), per_unit("kWh", "megajoule"), per_unit("parcel", "kilogram")
    (1000.0, 3.6, nan)
    """
    import pint

    names = []
    for word in (ours, theirs):
        lower = " ".join(word.strip().lower().split())
        known = _OF_DATASETS.get(lower)
        plain = re.fullmatch(r"[A-Za-zµμ][A-Za-zµμ_ ]{0,39}", word.strip())
        # a name that means different amounts in different places or trades
        unsure = _names()[1].get(lower, ("", 0))[0] == "unsure"
        names.append(known or (lower.replace(" ", "_") if plain and not unsure else ""))
    if ours.strip().lower() == theirs.strip().lower():
        return 1.0
    if not all(names):
        return float("nan")
    try:
        quantity = _registry().Quantity(1.0, names[0])
        return float(f"{quantity.to(names[1]).magnitude:.14g}")
    except (pint.errors.PintError, AttributeError, ValueError, TypeError):
        return float("nan")


@lru_cache(maxsize=1)
def _registry() -> Any:
    """Make the unit registry at the first use (0.3 s)."""
    import pint

    registry: Any = pint.UnitRegistry(on_redefinition="ignore")
    return registry
