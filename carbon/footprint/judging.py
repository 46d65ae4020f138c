"""Reads a filled catalogue, gives it by the rules by which an edition judges products.

fill → settle → size → meters → dear: functional quantities, steps that meters cover, what silence
costs, local disposal of what cannot come back. An edition without such rules changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.edition import MOST_KNOWN, Edition
from carbon.base.terms import PROVENANCES
from carbon.catalogue.problems import cell_rows, noted
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.footprint.functional import Functional, contents, size_class_of
from carbon.footprint.meters import LEAST, Meters
from carbon.footprint.silence import Silence
from carbon.footprint.spend import BY_PRICE, PRICELESS, by_price
from carbon.footprint.supplied import usable
from carbon.footprint.vague import settle, vague_materials

__all__ = ["Judging", "bare_goods", "judging_of", "vocabulary_of"]

_DEFAULT: Final = PROVENANCES.index("default")
_COLUMN: Final = {
    "C274": "metered_steps",
    "C275": "quantity",
    "C276": "size_class",
    "C279": "supplier_kg",
    "C280": "supplier_boundary",
    BY_PRICE: "price",
    PRICELESS: "price",
}
"""Code of a problem → the column that it is told of."""


class Judging:
    """Rules by which an edition judges products.

    Parameters
    ----------
    edition : Edition
        With tables of :data:`carbon.background.tables.JUDGING`.
    vocabulary : Vocabulary
        Categories and items.
    cache : bool
        As for :class:`carbon.footprint.silence.Silence`.
    """

    def __init__(self, edition: Edition, vocabulary: Vocabulary, *, cache: bool = True) -> None:
        tables = edition.judging
        self.tables, self.vocabulary = tables, vocabulary
        self.functional = Functional(tables, vocabulary)
        self.silence = Silence(edition, vocabulary, cache=cache)
        self.vague = vague_materials(tables["unspecific_materials"], vocabulary)
        self.meters = Meters(tables) if "production_steps" in tables else None
        self.remelted = np.zeros(len(vocabulary.materials) + 1)
        if "scrap" in tables:
            share = tables["scrap"].set_index("material")["recycled_share"]
            shares = share.reindex(vocabulary.materials["material"].astype(str)).fillna(0.0)
            self.remelted[:-1] = shares.to_numpy(dtype=np.float64)
        rate = vocabulary.parameter_table["return_rate"].to_numpy(dtype=np.float64)
        self.return_rate = np.append(rate, np.nan)

    def complete(self, catalogue: Catalogue, *, dear: bool = True) -> Catalogue:
        """The catalogue by the rules of the edition.

        Parameters
        ----------
        catalogue : Catalogue
            As :func:`carbon.catalogue.defaults.fill` leaves it.
        dear : bool
            Put what a merchant knows and does not tell on its dear side; not for references.
        """
        problems: dict[str, npt.NDArray[np.int64]] = {}
        unread = contents(catalogue.skus["quantity"], self.vocabulary.unit_words)["unread"]
        written = catalogue.skus["quantity"].notna()
        problems["C275"] = np.flatnonzero((unread & written).to_numpy())
        problems["C276"] = self._strange_classes(catalogue)
        catalogue = settle(catalogue, self.vague, self.vocabulary)
        catalogue = self.functional.sized(catalogue)
        catalogue = self._lines(catalogue)
        catalogue = self._sessions(catalogue)
        catalogue = _stranded(catalogue)
        if self.meters is not None:
            catalogue, metered = self.meters.read(catalogue)
            problems |= metered
            short = np.zeros(len(catalogue), bool)
            short[metered.get(LEAST, [])] = True
            catalogue = replace(catalogue, skus=catalogue.skus.assign(least_energy=short))
            problems.pop(LEAST, None)  # told with what else is not plausible
        catalogue, noted = usable(catalogue)
        problems |= noted
        if dear:
            if "spend" in self.tables:  # an archetype has no price
                catalogue, guessed = by_price(catalogue, self.tables["spend"])
                problems |= guessed
            catalogue = self.silence.dear(catalogue)
        return _told(catalogue, problems)

    def _strange_classes(self, catalogue: Catalogue) -> npt.NDArray[np.int64]:
        """SKUs whose size class is none of their category."""
        stated = catalogue.skus["size_class"]
        if stated.isna().all():
            return np.empty(0, np.int64)
        table = self.functional.classes
        known = set(zip(table["category"], table["size_class"], strict=True))
        code, names = pd.factorize(stated.astype("object").fillna("").astype(str))
        words = np.array([size_class_of(name) for name in names], dtype=object)[code]
        pairs = zip(catalogue.skus["category"].astype(str), words, strict=True)
        strange = np.array([bool(pair[1]) and pair not in known for pair in pairs], bool)
        return np.flatnonzero(strange)

    def _lines(self, catalogue: Catalogue) -> Catalogue:
        """Scrap that is melted again, and the loss in making that the merchant tells."""
        lines = catalogue.materials
        row = lines["row"].to_numpy()
        stated = catalogue.skus["manufacturing_loss"].to_numpy(dtype=np.float64)[row]
        return replace(
            catalogue,
            skus=catalogue.skus.assign(units_per_return=1.0),
            materials=lines.assign(
                loss=np.where(np.isnan(stated), lines["loss"].to_numpy(), stated),
                scrap_remelted=self.remelted[lines["material"].cat.codes.to_numpy()],
            ),
        )

    def _sessions(self, catalogue: Catalogue) -> Catalogue:
        """A session's default energy belongs to the category's return rate, not to the SKU's."""
        skus = catalogue.skus
        usual = self.return_rate[skus["category"].cat.codes.to_numpy()]
        rate = skus["return_rate"].to_numpy(dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(rate == usual, 1.0, (1 - usual) / (1 - rate))
        changed: dict[str, Any] = {}
        for name, output in (("session_kwh", "studio_kwh"), ("viewer_hours", "viewer_hours")):
            default = (catalogue.provenance[name] == _DEFAULT).to_numpy() & ~np.isnan(share)
            changed[output] = skus[output].to_numpy(dtype=np.float64) * np.where(default, share, 1)
        return replace(catalogue, skus=skus.assign(**changed))


def _stranded(catalogue: Catalogue) -> Catalogue:
    """What is returned abroad does not fly home: it is disposed of there, unless a way is told."""
    skus, there = catalogue.skus, catalogue.destinations
    stated = [PROVENANCES.index("given"), PROVENANCES.index("measured")]
    untold = ~np.isin(catalogue.provenance["return_transport"].to_numpy(), stated)
    row = there["row"].to_numpy()
    made = _countries(skus["origin"])[row]
    abroad = np.bincount(
        row,
        np.where(_countries(there["location"]) != made, there["share"].to_numpy(), 0.0),
        len(skus),
    )
    stranded = np.where(untold, np.minimum(abroad, 1.0), 0.0)
    if not stranded.any():
        return replace(catalogue, skus=skus.assign(stranded_share=stranded))
    legs = catalogue.legs
    left = (1 - stranded)[legs["row"].to_numpy()]
    share = legs["chain_share"].to_numpy() * np.where(legs["returning"], left, 1.0)
    resale = skus["resale_share"].to_numpy(dtype=np.float64)
    kept = (catalogue.provenance["resale_share"] != _DEFAULT).to_numpy()
    return replace(
        catalogue,
        skus=skus.assign(
            stranded_share=stranded,
            resale_share=np.where(kept, resale, resale * (1 - stranded)),
        ),
        legs=legs.assign(chain_share=share),
    )


def _countries(places: pd.Series) -> npt.NDArray[np.object_]:
    column = places.array
    names = np.array([str(name).partition("-")[0] for name in column.categories] + [""], object)
    countries: npt.NDArray[np.object_] = names[column.codes]
    return countries


def _told(catalogue: Catalogue, problems: dict[str, npt.NDArray[np.int64]]) -> Catalogue:
    """The catalogue with problems that were found while it was judged."""
    problems = {code: at for code, at in problems.items() if len(at)}
    if not problems:
        return catalogue
    rows = [
        cell_rows(catalogue, code, at, _COLUMN[code], _values(catalogue.skus, _COLUMN[code], at))
        for code, at in problems.items()
    ]
    problem = catalogue.skus["problem"].astype("object").copy()
    for code, at in problems.items():
        problem.iloc[at] = (problem.iloc[at].astype(str) + f" {code}").str.strip()
    told = noted(catalogue, pd.concat(rows, ignore_index=True))
    return replace(told, skus=told.skus.assign(problem=problem))


def _values(skus: pd.DataFrame, column: str, at: npt.NDArray[np.int64]) -> list[str] | str:
    """Cells as text, numbers as short as they are; empty where there is none."""
    if column not in skus:
        return ""
    cells = skus[column].iloc[at]
    if pd.api.types.is_float_dtype(cells.dtype):
        return ["" if np.isnan(cell) else f"{cell:.10g}" for cell in cells]
    return cells.astype("str").fillna("").tolist()


def bare_goods(vocabulary: Vocabulary, judging: Judging | None) -> pd.DataFrame:
    """A good of each category of which nothing is told; with sizes, one of each.

    Parameters
    ----------
    vocabulary : Vocabulary
        Categories.
    judging : Judging, optional
        Sizes of the categories.

    Returns
    -------
    pandas.DataFrame
        Columns ``sku category``, and ``size_class`` by rules of judging.
    """
    names = vocabulary.categories["category"].astype(str).tolist()
    bare = pd.DataFrame({"sku": names, "category": names})
    if judging is not None:
        sizes = judging.functional.classes[["category", "size_class"]]
        bare = bare[["category"]].merge(sizes.astype(str), how="left").fillna("")
        bare["sku"] = bare["category"] + "/" + bare["size_class"]
    return bare


@lru_cache(maxsize=MOST_KNOWN)
def vocabulary_of(edition: Edition, preset: str = "") -> Vocabulary:
    """Words, places and archetypes of an edition, indexed once in a process for each preset."""
    tables = dict(edition.vocabulary)
    return Vocabulary(parameters=tables.pop("archetype_parameters"), preset=preset, **tables)


@lru_cache(maxsize=MOST_KNOWN)
def judging_of(edition: Edition, *, cache: bool = True) -> Judging | None:
    """Rules of judging of an edition, if it has any, tabulated once in a process."""
    return Judging(edition, vocabulary_of(edition), cache=cache) if edition.judging else None
