"""Reads what stands behind the cells of a catalogue, gives the evidence class of each cell.

Assumed < declared < documented < verified. A cell that nobody filled is assumed; one that the
merchant filled is declared, whatever word stands beside the number; it is documented when a file
or a number is named that can be asked for, and verified when a signed statement stands behind it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.errors import CatalogueError
from carbon.base.terms import PROVENANCES, STAGES
from carbon.catalogue.documents import EVIDENCE_COLUMNS, TRACEABLE
from carbon.catalogue.names import key
from carbon.catalogue.problems import cell_rows, noted
from carbon.catalogue.prose.signs import sign
from carbon.catalogue.schema import PROVENANCE_COLUMNS, Catalogue

__all__ = [
    "EVIDENCE",
    "attached",
    "by_stage",
    "categories_shown",
    "documented_share",
    "levels",
    "settled",
]

EVIDENCE: Final = ("assumed", "declared", "documented", "verified")
"""Classes of evidence, the weakest first; the position is the stored code."""

ASSUMED, DECLARED, DOCUMENTED, VERIFIED = range(len(EVIDENCE))
CATEGORY: Final = "category"
"""What a SKU is sold as: no number, yet a document can stand behind it."""
LARGEST: Final = 2_000_000
"""Rows that a table of evidence may have."""

CELLS_OF_STAGE: Final[dict[str, tuple[str, ...]]] = {
    "materials": ("mass", "materials"),
    "production": ("mass", "materials", "electricity", "heat"),
    "packaging": ("packaging", "units_per_parcel"),
    "distribution": ("mass", "packaging", "destination", "transport"),
    "live_session": ("session_kwh", "viewer_hours"),
    "use": ("energy_per_year", "service_life"),
    "returns": ("return_rate", "resale_share"),
    "end_of_life": ("mass", "materials"),
}
"""Stage → cells that decide it."""

REPLACED: Final = ("materials", "production")
"""Stages that a supplier's footprint, cradle to gate, takes the place of."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_GIVEN, _MEASURED = (PROVENANCES.index(name) for name in ("given", "measured"))
_TOLD: Final = (_GIVEN, _MEASURED)


def levels(catalogue: Catalogue) -> pd.DataFrame:
    """Evidence class of each cell: columns ``PROVENANCE_COLUMNS`` of positions in ``EVIDENCE``.

    >>> from carbon.study import Study
    >>> goods = Study().catalogue("sku,category,mass\\nA,t_shirt,180 g\\nB,t_shirt,\\n")
    >>> [EVIDENCE[level] for level in levels(goods)["mass"]]
    ['declared', 'assumed']
    """
    code = catalogue.provenance.to_numpy()
    level = np.where(np.isin(code, _TOLD), DECLARED, ASSUMED).astype(np.int8)
    named = catalogue.evidence
    if len(named):
        position = pd.Index(catalogue.provenance.columns).get_indexer(pd.Index(named["column"]))
        inside = position >= 0
        row = named["row"].to_numpy(dtype=np.int64)[inside]
        stated = named["level"].to_numpy(dtype=np.int8)[inside]
        column = position[inside]
        # a document shows what was written, and stands behind nothing that was not
        declared = level[row, column] > ASSUMED
        np.maximum.at(level, (row[declared], column[declared]), stated[declared])
    return pd.DataFrame(level, columns=catalogue.provenance.columns)


def by_stage(catalogue: Catalogue) -> npt.NDArray[np.int8]:
    """Evidence class of each stage, of shape (n, 8): that of the weakest told cell that decides it.

    Assumed where no cell of the stage was told.
    """
    level = levels(catalogue)
    columns = []
    for stage in STAGES:
        cells = level[list(CELLS_OF_STAGE[stage])].to_numpy()
        weakest = np.where(cells > ASSUMED, cells, VERIFIED).min(axis=1)
        columns.append(np.where((cells > ASSUMED).any(axis=1), weakest, ASSUMED))
        if stage in REPLACED and "supplied" in catalogue.skus:
            supplied = catalogue.skus["supplied"].to_numpy(dtype=bool)
            columns[-1] = np.where(supplied, level["supplier_kg"].to_numpy(), columns[-1])
    return np.column_stack(columns).astype(np.int8)


def categories_shown(catalogue: Catalogue) -> npt.NDArray[np.bool_]:
    """SKUs with a document that shows what they are sold as, as the page of a platform.

    >>> from carbon.study import Study
    >>> goods = Study().catalogue("sku,category\\nA,t_shirt\\nB,t_shirt\\n")
    >>> page = {"document": ["https://shop.example/t-shirts/417"]}
    >>> table = pd.DataFrame({"sku": ["B"], "column": ["category"]} | page)
    >>> categories_shown(attached(goods, table)).tolist()
    [False, True]
    """
    named = catalogue.evidence
    row = named["row"].to_numpy(dtype=np.int64)[(named["column"] == CATEGORY).to_numpy()]
    return np.bincount(row, minlength=len(catalogue)) > 0


def settled(catalogue: Catalogue) -> Catalogue:
    """The catalogue in which *measured* without a document is what it is, declared.

    Each such cell is noted among its problems (C273).

    >>> from carbon.study import Study
    >>> goods = Study().catalogue("sku,category,mass\\nA,t_shirt,180 g measured\\n")
    >>> goods.problems.query("code == 'C273'")["column"].tolist()
    ['mass']
    """
    provenance = catalogue.provenance.to_numpy()
    measured = provenance == _MEASURED
    if not measured.any():
        return catalogue
    bare = measured & (levels(catalogue).to_numpy() < DOCUMENTED)
    changed = pd.DataFrame(np.where(bare, _GIVEN, provenance), columns=catalogue.provenance.columns)
    row, column = np.nonzero(bare)
    name = catalogue.provenance.columns.to_numpy()[column]
    told = noted(catalogue, cell_rows(catalogue, "C273", row, name))
    return replace(told, provenance=changed.astype(catalogue.provenance.dtypes))


def attached(catalogue: Catalogue, table: pd.DataFrame, *, part: bool = False) -> Catalogue:
    """Put the documents of a side table behind the cells of a catalogue, beside those it names.

    The table has columns ``sku column document`` and any of ``sha256 serial date signed_by``, a row
    a document; one with ``signed_by`` is verified, else documented, and documented too where the
    merchant signs for itself or the words name nobody (C288). Of a ``part`` of a catalogue,
    documents of SKUs that are not in it are left out. C281 if a column is missing or the table is
    too large, C282 if a SKU or a column is not in the catalogue, C283 if neither a document nor a
    number is named or a hash is none.

    >>> from carbon.study import Study
    >>> goods = Study().catalogue("sku,category,mass\\nA,t_shirt,180 g\\n")
    >>> paper = pd.DataFrame({"sku": ["A"], "column": ["mass"], "document": ["scale-0412.pdf"]})
    >>> EVIDENCE[levels(attached(goods, paper)).loc[0, "mass"]]
    'documented'
    """
    missing = [name for name in ("sku", "column") if name not in table]
    if missing or len(table) > LARGEST:
        raise CatalogueError("C281", ", ".join(missing) or f"at most {LARGEST} rows")
    text = {
        name: table[name].fillna("").astype(str).str.strip()
        if name in table
        else pd.Series("", index=table.index)
        for name in ("sku", "column", "document", "sha256", "serial", "date", "signed_by")
    }
    first = pd.Index(catalogue.skus["sku"].astype(str))
    row = pd.Series(np.arange(len(first)), index=first).groupby(level=0).first()
    place = text["sku"].map(row)
    if part:
        text = {name: column[place.notna()] for name, column in text.items()}
        place = place[place.notna()]
    _refuse("C282", text["sku"], place.isna())
    _refuse("C282", text["column"], ~text["column"].isin((*PROVENANCE_COLUMNS, CATEGORY)))
    named = text["document"].mask(text["document"] == "", text["serial"])
    _refuse("C283", named, ~named.str.contains(TRACEABLE, regex=True))
    digest = text["sha256"].str.lower()
    _refuse("C283", digest, (digest != "") & ~digest.str.fullmatch(_DIGEST))
    at = place.to_numpy(dtype=np.int64)
    signed = (text["signed_by"] != "").to_numpy()
    own = signed & ~_independent(text["signed_by"], catalogue.skus["merchant"].iloc[at])
    added = pd.DataFrame(
        {
            "row": place.to_numpy(dtype=np.int32),
            "column": text["column"].to_numpy(dtype=object),
            "level": np.where(signed & ~own, VERIFIED, DOCUMENTED).astype(np.int8),
            "document": named.to_numpy(dtype=object),
            "sha256": digest.to_numpy(dtype=object),
            "date": text["date"].to_numpy(dtype=object),
        }
    )
    both = [part for part in (catalogue.evidence, added) if len(part)]
    joined = pd.concat(both, ignore_index=True) if both else catalogue.evidence
    joined = joined[list(EVIDENCE_COLUMNS)].sort_values("row", kind="stable", ignore_index=True)
    words = text["signed_by"].to_numpy(dtype=object)[own]
    column = text["column"].to_numpy(dtype=object)[own]
    told = noted(catalogue, cell_rows(catalogue, "C288", at[own], column, words))
    return replace(told, evidence=joined)


def _independent(signers: pd.Series, merchants: pd.Series) -> npt.NDArray[np.bool_]:
    """Whether somebody signs who is not the merchant; equal in more than the way of writing."""
    who, seller = (
        column.map({name: key(str(name)) for name in column.dropna().unique()}).to_numpy()
        for column in (signers, merchants)
    )
    nobody = [key(name) for name in sign("no_signers")]
    independent: npt.NDArray[np.bool_] = ~np.isin(who.astype(object), nobody) & (who != seller)
    return independent


def documented_share(
    by_part: npt.NDArray[np.float64], level: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Share of a footprint whose deciding cells are documented or verified, from 0 to 1.

    ``by_part`` is the impact that each part of the cells decides, its sign left out [kg CO2e], and
    ``level`` the class of its weakest cell, of shape (n, parts); NaN where the impact is unknown.

    >>> documented_share(np.array([[3.0, 1.0]]), np.array([[DOCUMENTED, DECLARED]])).tolist()
    [0.75]
    """
    size = np.abs(by_part)
    with np.errstate(invalid="ignore", divide="ignore"):
        share: npt.NDArray[np.float64] = (size * (level >= DOCUMENTED)).sum(axis=1) / size.sum(
            axis=1
        )
    return share


def _refuse(code: str, column: pd.Series, bad: pd.Series) -> None:
    if bad.any():
        at = int(bad.to_numpy().argmax())
        raise CatalogueError(code, row=at + 2, value=str(column.iloc[at]))
