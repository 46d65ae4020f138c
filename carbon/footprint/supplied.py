"""Reads footprints that suppliers give of their goods, gives the SKUs whose making they replace.

A figure counts only with a document and from cradle to gate: it takes the place of materials and
production, of the unit kept and of those lost with returns. What is taken stays as it is for the
category, scaled to the figure, so that each exchange can still be traced; the interval stays as
wide as that of the category, since nothing else is known of the supplier's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Floats, Integers
from carbon.base.terms import STAGES
from carbon.catalogue.names import key
from carbon.catalogue.prose.signs import signs
from carbon.catalogue.schema import Catalogue
from carbon.footprint.evidence import EVIDENCE, REPLACED, levels
from carbon.footprint.result import Footprints

if TYPE_CHECKING:
    from carbon.footprint.plausible import Plausible

__all__ = ["TOO_LOW", "UNUSED", "believed", "supplier_kg", "usable", "with_suppliers"]

UNUSED: Final = ("C279", "C280")
"""Codes of a figure that is not taken: no document stands behind it, or another boundary."""

TOO_LOW: Final = "C284"
"""Code of a figure below what the data of the category give."""

_DOCUMENTED: Final = EVIDENCE.index("documented")


def usable(catalogue: Catalogue) -> tuple[Catalogue, dict[str, Integers]]:
    """Which suppliers' footprints are taken: ``skus`` say ``supplied``.

    Rows by code of a problem.
    """
    skus = catalogue.skus
    told = skus["supplier_kg"].notna().to_numpy()
    nothing: dict[str, Integers] = {}
    if not told.any():
        return replace(catalogue, skus=skus.assign(supplied=False)), nothing
    words = {key(word) for word in signs("gate")}
    code, names = pd.factorize(skus["supplier_boundary"])
    known = np.array([key(str(name)) in words for name in names] + [False])
    gate, shown = known[code], levels(catalogue)["supplier_kg"].to_numpy() >= _DOCUMENTED
    found = dict(zip(UNUSED, (told & ~shown, told & ~gate), strict=True))
    changed = replace(catalogue, skus=skus.assign(supplied=told & shown & gate))
    return changed, {name: np.flatnonzero(flag) for name, flag in found.items() if flag.any()}


def with_suppliers(catalogue: Catalogue, made_kg: Callable[[Catalogue], Floats]) -> Catalogue:
    """The completed catalogue in which making is what the suppliers say it is.

    ``made_kg`` gives the footprint of making one unit of each SKU of a catalogue [kg CO2e];
    ``supplier_scale`` is the supplier's figure over that of the category's data [1].
    """
    skus = catalogue.skus
    at = np.flatnonzero(skus["supplied"].to_numpy(dtype=bool))
    if not len(at):
        return catalogue
    usual = made_kg(catalogue.rows(at))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = skus["supplier_kg"].to_numpy(dtype=np.float64)[at] / usual
    sound = np.isfinite(ratio) & (ratio > 0)
    scale, supplied = np.ones(len(skus)), np.zeros(len(skus), dtype=bool)
    scale[at[sound]], supplied[at[sound]] = ratio[sound], True
    return replace(catalogue, skus=skus.assign(supplied=supplied, supplier_scale=scale))


def supplier_kg(catalogue: Catalogue) -> Floats:
    """Suppliers' footprints that were taken, shape (n,) [kg CO2e]; NaN where there is none."""
    skus = catalogue.skus
    if "supplied" not in skus:
        return np.full(len(skus), np.nan)
    taken = skus["supplied"].to_numpy(dtype=bool)
    return np.where(taken, skus["supplier_kg"].to_numpy(dtype=np.float64), np.nan)


def believed(plausible: Plausible, footprints: Footprints) -> Plausible:
    """What is believed of the cells, and of suppliers' footprints of the same SKUs.

    A figure below the lower end of the 95 % interval that the category's data give for the same
    unit lies outside, whoever signed it.
    """
    from carbon.footprint.plausible import PARTS

    if not plausible.supplied.any() or footprints.interval is None:
        return plausible
    at = [STAGES.index(stage) for stage in REPLACED]
    # the draws are those of the category, scaled to the figure
    low = footprints.interval.low[:, [1 + stage for stage in at]].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        least = low / footprints.stages[:, at].sum(axis=1)
    scale = footprints.catalogue.skus["supplier_scale"].to_numpy(dtype=np.float64)
    short = plausible.supplied & (scale < least)
    outside = plausible.outside.copy()
    outside[np.ix_(short, [PARTS.index(part) for part in REPLACED])] = True
    codes = plausible.codes.copy()
    codes[short] = [f"{told} {TOO_LOW}".strip() for told in codes[short].tolist()]
    return replace(plausible, outside=outside, codes=codes)
