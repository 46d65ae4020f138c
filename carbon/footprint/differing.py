"""Reads two catalogues row against row, gives the parts of each pair that differ.

A comparison is about what differs: equal cells cancel, and a claim has to say which do not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Floats
from carbon.catalogue.schema import Catalogue
from carbon.footprint.plausible import PARTS
from carbon.footprint.streams import content_keys, key_of

__all__ = ["differing", "in_words", "paired"]

CELLS: Final[dict[str, tuple[str, ...]]] = {
    "production": ("electricity_kwh", "heat_mj"),
    "packaging": ("units_per_parcel",),
    "transport": ("pickup_km",),
    "live_session": ("studio_kwh", "viewer_hours", "studio_renewable"),
    "use": ("energy_per_year_kwh", "service_life_years"),
    "returns": ("return_rate", "resale_share", "packaging_reuse"),
}
"""Part → columns of SKUs that decide it; mass and lines are looked at apart."""

LINES: Final[dict[str, tuple[str, ...]]] = {
    "materials": ("material", "mass_kg", "recycled_share", "loss"),
    "packaging": ("item", "mass_kg", "trips", "recycled_share"),
    "transport": ("mode", "chain_share", "km"),
}
"""Part → columns of its lines; masses of materials as shares of the product's."""

PARAMETERS_OF: Final[dict[str, tuple[str, ...]]] = {
    "mass": ("mass",),
    "materials": ("materials", "manufacturing_loss", "loss_rate"),
    "production": ("electricity", "heat"),
    "packaging": ("packaging", "units_per_parcel"),
    "transport": ("transport", "return_transport", "pickup_km"),
    "live_session": ("session_kwh", "viewer_hours"),
    "use": ("energy_per_year", "service_life"),
    "returns": ("return_rate", "resale_share", "packaging_reuse"),
}
"""Part → parameters that are drawn for it."""

DIGITS: Final = 9
"""Decimal places beyond which two amounts are the same."""


def differing(a: Catalogue, b: Catalogue) -> Flags:
    """Which parts of each pair of two filled catalogues differ, of shape (n, parts).

    In the order of :data:`carbon.footprint.plausible.PARTS`. Mass differs per functional quantity;
    the materials differ in their shares.

    >>> from carbon.study import Study
    >>> study = Study()
    >>> both = study.catalogue("sku,category,return_rate\\nA,dress,20%\\nB,dress,60%\\n")
    >>> in_words(differing(both.select(["A"]), both.select(["B"]))).tolist()
    ['live_session returns']
    """
    flags = np.zeros((len(a), len(PARTS)), dtype=bool)
    for part, columns in CELLS.items():
        for name in columns:
            flags[:, PARTS.index(part)] |= _unlike(_numbers(a, name), _numbers(b, name))
    flags[:, PARTS.index("mass")] = _unlike(_mass(a), _mass(b))
    for part, columns in LINES.items():
        flags[:, PARTS.index(part)] |= _lines(a, part, columns) != _lines(b, part, columns)
    return flags


def paired(a: Catalogue, b: Catalogue) -> tuple[Catalogue, Catalogue]:
    """The pairs such that what does not differ is drawn alike and cancels.

    The second draws a parameter of an equal part by the key of the first.
    """
    flags = differing(a, b)
    first, second = content_keys(a), content_keys(b)
    keys: dict[str, np.ndarray] = {}
    for part, parameters in PARAMETERS_OF.items():
        values = np.where(flags[:, PARTS.index(part)], second, first)
        keys |= {key_of(name): values for name in parameters}
    return a, replace(b, skus=b.skus.assign(**keys))


def in_words(flags: Flags) -> npt.NDArray[np.object_]:
    """Names of the parts that are true, separated by spaces, of each of n SKUs."""
    packed = flags @ (1 << np.arange(flags.shape[1], dtype=np.int64))
    patterns, inverse = np.unique(packed, return_inverse=True)
    words = [
        " ".join(name for bit, name in enumerate(PARTS) if pattern >> bit & 1)
        for pattern in patterns.tolist()
    ]
    text: npt.NDArray[np.object_] = np.array(words, dtype=object)[inverse.ravel()]
    return text


def _numbers(catalogue: Catalogue, name: str) -> Floats:
    return catalogue.skus[name].to_numpy(dtype=np.float64)


def _mass(catalogue: Catalogue) -> Floats:
    """Net mass per functional quantity, of one sales unit where there is none [kg]."""
    mass = _numbers(catalogue, "mass_kg")
    if "functional_quantity" in catalogue.skus:
        mass = mass / _numbers(catalogue, "functional_quantity")
    return mass


def _unlike(a: Floats, b: Floats) -> Flags:
    same: Flags = np.isclose(a, b, rtol=10.0**-DIGITS, atol=0, equal_nan=True)
    return ~same


def _lines(catalogue: Catalogue, part: str, columns: tuple[str, ...]) -> npt.NDArray[np.uint64]:
    """A number of each SKU's lines that no order of them changes."""
    table: pd.DataFrame = catalogue.legs if part == "transport" else getattr(catalogue, part)
    if part == "transport":
        table = table[~table["returning"].to_numpy(dtype=bool)]
    row = table["row"].to_numpy()
    size = len(catalogue)
    stated: dict[str, Any] = {}
    for name in columns:
        cells = table[name]
        if isinstance(cells.dtype, pd.CategoricalDtype):
            stated[name] = cells.astype("object").fillna("").astype(str).to_numpy(object)
            continue
        values = cells.to_numpy(dtype=np.float64)
        if part == "materials" and name == "mass_kg":
            values = values / np.bincount(row, values, size)[row]
        stated[name] = np.round(np.where(np.isnan(values), -1.0, values), DIGITS)
    number = pd.util.hash_pandas_object(pd.DataFrame(stated), index=False).to_numpy(dtype=np.uint64)
    total = np.zeros(size, dtype=np.uint64)
    np.add.at(total, row, number)  # wraps around
    return total
