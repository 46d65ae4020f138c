"""Reads materials that say too little, gives the composition of the category in their place [kg].

*Other*, *synthetic*, a shoe of *rubber*: such a word carries none of the making of the category, so
that the vaguer cell would be the better one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.terms import PROVENANCES
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.catalogue.tables import CodedTable

__all__ = ["settle", "vague_materials"]

VAGUE: Final = 0.1
"""Share of the mass from which vague materials leave a SKU without a sure letter: trims and threads
of a label are not named one by one."""

_DEFAULT: Final = PROVENANCES.index("default")


def settle(
    catalogue: Catalogue, vague_of: npt.NDArray[np.bool_], vocabulary: Vocabulary
) -> Catalogue:
    """Put the composition of the category in the place of words that say too little.

    Parameters
    ----------
    catalogue : Catalogue
        Filled.
    vague_of : ndarray of bool, shape (categories + 1, materials + 1)
        As :func:`vague_materials` gives it.
    vocabulary : Vocabulary
        Archetypes.

    Returns
    -------
    Catalogue
        The vague share of each mass is made of the archetype's materials, which carry the making
        of the category. ``skus["unspecific"]`` says where it is more than a tenth of the mass.
    """
    size, lines = len(catalogue), catalogue.materials
    row, mass = lines["row"].to_numpy(), lines["mass_kg"].to_numpy(dtype=np.float64)
    category = catalogue.skus["category"].cat.codes.to_numpy()
    vague = vague_of[category[row], lines["material"].cat.codes.to_numpy()]
    stated = (catalogue.provenance["materials"] != _DEFAULT).to_numpy()
    vague &= stated[row]
    row_kg = np.bincount(row, mass, size)
    part = np.bincount(row[vague], mass[vague], size)
    with np.errstate(invalid="ignore", divide="ignore"):
        unspecific = part > VAGUE * row_kg
    skus = catalogue.skus.assign(unspecific=unspecific)
    at = np.flatnonzero(part > 0)
    if not len(at):
        return replace(catalogue, skus=skus)
    names = vocabulary.names("category")
    usual = vocabulary.archetype_materials
    usual = usual.assign(of=usual["category"].map({name: i for i, name in enumerate(names.ids)}))
    of = pd.DataFrame({"row": at.astype(np.int32), "of": category[at], "kg": part[at]})
    added = of.merge(usual, on="of", how="inner", sort=False)
    names = vocabulary.names("material")
    code = added["material"].map({name: i for i, name in enumerate(names.ids)}).to_numpy()
    materials = CodedTable.of(vocabulary, "materials")
    recycled = np.nan_to_num(added["recycled_share"].to_numpy(dtype=np.float64))
    # what else a line says (where the material is made) is that of the vague one
    first = np.full(size, -1)
    spots = np.flatnonzero(vague)[::-1]
    first[row[spots]] = spots
    likeness = lines.iloc[first[added["row"]]].reset_index(drop=True)
    made = likeness.assign(
        row=added["row"].to_numpy(np.int32),
        material=names.categorical(code),
        mass_kg=added["kg"].to_numpy() * added["share"].to_numpy(dtype=np.float64),
        recycled_share=np.where(materials.codes("recycled")[code] < 0, 0.0, recycled),
        loss=materials.numbers("manufacturing_loss")[code],
        disposed_share=materials.numbers("disposed_share")[code],
        **{
            name: materials.words(name, code)
            for name in ("virgin", "recycled", "processing", "disposal")
        },
        origin=np.full(len(added), _DEFAULT, dtype=lines["origin"].to_numpy().dtype),
    )
    kept = lines[~(vague & np.isin(row, added["row"]))]
    joined = pd.concat([kept, made], ignore_index=True)
    return replace(
        catalogue,
        skus=skus,
        materials=joined.sort_values("row", kind="stable", ignore_index=True),
    )


def vague_materials(table: pd.DataFrame, vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    """Which materials say too little for a category, shape (categories + 1, materials + 1).

    ``table``: ``unspecific_materials`` of an edition. The last row and column are of no name.
    """
    materials, names = vocabulary.names("material").ids, vocabulary.names("category").ids
    flag = np.zeros((len(names) + 1, len(materials) + 1), dtype=bool)
    at = {name: position for position, name in enumerate(materials)}
    of = {name: position for position, name in enumerate(names)}
    known = table[table["material"].isin(at)]
    column = known["material"].map(at).to_numpy()
    everywhere = (known["category"] == "*").to_numpy()
    flag[:, column[everywhere]] = True
    row = known["category"].map(of).fillna(-1).to_numpy(dtype=np.int64)
    flag[row[~everywhere], column[~everywhere]] = True
    flag[-1] = False
    return flag
