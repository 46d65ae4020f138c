"""Reads packaging, gives it as bags, reusable boxes, fitting boxes or lighter pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from carbon.base.arrays import Flags, Floats
from carbon.catalogue.schema import Catalogue
from carbon.footprint.levers.book import Book, Change, put

__all__ = ["box_to_bag", "packaging_light", "reusable_box", "right_size_box"]


def box_to_bag(catalogue: Catalogue, _sizes: Mapping[str, float], book: Book) -> Change:
    """The parcel's box becomes a courier bag; its tape and filler are left out.

    Not for SKUs without a box, of a category that does not travel well in a bag, or whose bag would
    be no lighter; the masses of bags are those of the packaging items.
    """
    return _replaced(
        catalogue,
        book,
        "box-to-bag",
        ("not-soft", ~book.categories("box-to-bag", catalogue)),
        lighter=True,
    )


def reusable_box(catalogue: Catalogue, sizes: Mapping[str, float], book: Book) -> Change:
    """The parcel's box becomes a reusable one that is washed and hauled back after ``trips`` [1].

    Not for SKUs without a box. The box weighs more on the road, so that few trips or a long way can
    make it worse: the saving is then negative, and stands there.
    """
    return _replaced(catalogue, book, "reusable-box", trips=sizes["trips"])


def right_size_box(catalogue: Catalogue, sizes: Mapping[str, float], book: Book) -> Change:
    """The parcel's box shrinks by its empty space, and takes less filler.

    ``box_cut`` and ``fill_cut`` are the shares of board and filler saved [1]. Not for SKUs without
    a box. A smaller parcel also takes less room in a lorry; freight is counted by mass, so that
    this is not seen.
    """
    lines = catalogue.packaging
    row = lines["row"].to_numpy()
    box, fill = (
        _is(lines, set(book.swaps("right-size-box", part)["from"])) for part in ("box", "fill")
    )
    boxed = np.bincount(row[box], minlength=len(catalogue)) > 0
    change = Change.of(catalogue, ("no-box", ~boxed))
    here = change.applies[row]
    factor = np.where(box, 1 - sizes["box_cut"], np.where(fill, 1 - sizes["fill_cut"], 1.0))
    return change.with_tables(packaging=_lighter(lines, np.where(here, factor, 1.0)))


def packaging_light(catalogue: Catalogue, sizes: Mapping[str, float], book: Book) -> Change:
    """Every piece that comes with the unit itself is made lighter by the share ``cut`` [1].

    Not for SKUs without packaging of their own.
    """
    lines = catalogue.packaging
    row = lines["row"].to_numpy()
    items = book.items
    unit_items = (
        _is(lines, set(items.index[items["level"] == "unit"])) & (lines["mass_kg"] > 0).to_numpy()
    )
    packed = np.bincount(row[unit_items], minlength=len(catalogue)) > 0
    change = Change.of(catalogue, ("no-packaging", ~packed))
    factor = np.where(unit_items & change.applies[row], 1 - sizes["cut"], 1.0)
    return change.with_tables(packaging=_lighter(lines, factor))


def _is(lines: pd.DataFrame, items: set[str]) -> Flags:
    return lines["item"].isin(items).to_numpy(dtype=bool)


def _lighter(lines: pd.DataFrame, factor: Floats) -> pd.DataFrame:
    return lines.assign(mass_kg=lines["mass_kg"].to_numpy() * factor)


def _replaced(
    catalogue: Catalogue,
    book: Book,
    lever: str,
    *whys: tuple[str, Flags],
    trips: float | None = None,
    lighter: bool = False,
) -> Change:
    """Boxes replaced as the swaps of a lever say; what goes with them is left out."""
    lines, items = catalogue.packaging, book.items
    row = lines["row"].to_numpy()
    swaps = book.swaps(lever, "box")
    names = [*items.index]
    to = {
        str(old): (names.index(new), float(factor))
        for old, new, factor in zip(swaps["from"], swaps["to"], swaps["mass_factor"], strict=True)
    }
    item = lines["item"].array
    replacements = [to.get(str(name), (-1, np.nan)) for name in item.categories]
    code = np.array([*(pair[0] for pair in replacements), -1])[item.codes]
    factor = np.array([*(pair[1] for pair in replacements), np.nan])[item.codes]
    box = (code >= 0) & (lines["mass_kg"] > 0).to_numpy()
    usual = pd.to_numeric(items["mass_g"]).to_numpy(dtype=np.float64)[code] / 1000
    mass = np.where(np.isnan(factor), usual, lines["mass_kg"].to_numpy() * factor)

    def by_sku(weight: Floats) -> Floats:
        share = lines["share"].to_numpy()[box]
        return np.bincount(row[box], weight[box] * share, len(catalogue)).astype(np.float64)

    boxed = np.bincount(row[box], minlength=len(catalogue)) > 0
    heavier = boxed & (by_sku(mass) >= by_sku(lines["mass_kg"].to_numpy()))
    change = Change.of(catalogue, ("no-box", ~boxed), *whys, ("no-lighter", heavier & lighter))
    here = change.applies[row]
    where = np.flatnonzero(box & here)
    if not len(where):
        return change
    new = code[where]
    units = catalogue.skus["units_per_parcel"].to_numpy(dtype=np.float64)[row[where]]
    parcel = (items["level"] == "parcel").to_numpy(dtype=bool)[new]
    columns: dict[str, Any] = {
        name: put(lines[name], where, [*items[name]], new)
        for name in ("virgin", "recycled", "processing", "disposal", "washing")
    }
    columns["item"] = put(lines["item"], where, names, new)
    numbers = {
        "mass_kg": mass[where],
        "share": np.where(parcel, 1 / units, 1.0),
        "trips": _column(items, "trips", 1.0)[new] if trips is None else trips,
        "recycled_share": _column(items, "recycled_share", 0.0)[new],
        "return_haul_km": _column(items, "return_haul_km", 0.0)[new],
    }
    for name, values in numbers.items():
        column = lines[name].to_numpy(dtype=np.float64, copy=True)
        column[where] = values
        columns[name] = column
    table = lines.assign(**columns)
    gone = _is(lines, set(book.swaps(lever, "with")["from"])) & here
    return change.with_tables(packaging=table[~gone].reset_index(drop=True))


def _column(items: pd.DataFrame, name: str, missing: float) -> Floats:
    values = pd.to_numeric(items[name]).to_numpy(dtype=np.float64)
    filled: Floats = np.nan_to_num(values, nan=missing)
    return filled
