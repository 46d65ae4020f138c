"""Reads what a platform sells, gives yardsticks, and yardsticks as a table [kg CO2e]."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from carbon.base.files import digest
from carbon.catalogue.given import Source
from carbon.catalogue.ledger import read_ledger
from carbon.footprint.reference import References, of_sales
from carbon.liveroom.kept import kept_sales

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["build_references", "reference_table"]


def reference_table(study: Study, references: References | None = None) -> pd.DataFrame:
    """Reference of each category, with its stages.

    ``references``: a platform's own; those of the edition without. Returns: a row a category:
    ``category reference_kg`` [kg CO2e per kept unit] ``skus left_out``, each stage, ``weights`` and
    ``reference``; in an edition that has standard codes ``hs``, the heading of the Harmonized
    System under which most of its goods fall.

    >>> from carbon import Study
    >>> table = reference_table(Study())
    >>> bool((table["reference_kg"] > 0).all())
    True
    """
    chosen = references or study.references
    stages = chosen.stages(study)
    table = stages.add_suffix("_kg")
    table.insert(0, "reference_kg", stages.sum(axis=1, skipna=False))
    table.insert(1, "skus", [chosen.skus.get(name, 0) for name in stages.index])
    table.insert(2, "left_out", [chosen.left_out.get(name, 0) for name in stages.index])
    table["weights"], table["reference"] = chosen.weights, chosen.id
    codes = study.edition.judging.get("standard_codes")
    if codes is not None:
        heading = codes.set_index("category")["hs"]
        table["hs"] = [heading.get(str(name).partition("/")[0], "") for name in table.index]
    return table.reset_index(names="category")


def build_references(
    study: Study,
    source: Source,
    *,
    weights: str = "units",
    name: str = "platform",
    version: str = "1",
    file: Path | None = None,
    sales: Path | pd.DataFrame | None = None,
) -> References:
    """References from what a platform sells, to be frozen in a file.

    ``source``: as for :meth:`carbon.study.Study.catalogue`; ``weights``: ``units``, ``revenue`` or
    ``equal``; ``name``, ``version``: printed on results; ``file``: whose digest the references
    hold; ``sales``: sales ledger of the platform: kept units are counted from it, and what
    merchants declare to have sold is not looked at. Returns: one a category that has SKUs enough.
    Raises S032 to S035 if the SKUs cannot be weighed.

    >>> from carbon import Study
    >>> goods = "sku,category,units_sold\\n" + "".join(
    ...     f"S{at},t_shirt,{at + 1}\\n" for at in range(40))
    >>> build_references(Study(), goods).skus
    {'t_shirt/adult': 40}
    """
    catalogue = study.catalogue(source)
    digests = [digest(file)] if file is not None and file.is_file() else []
    sold = None
    if sales is not None:
        ledger = read_ledger(sales, "sales")
        sold = kept_sales(ledger, catalogue)
        digests.append(ledger.sha256)
    return of_sales(
        catalogue,
        ~np.isnan(study.footprints(catalogue).total),
        study.boundary,
        study.edition.id,
        weights=weights,
        least=study.scale.least_skus,
        largest=study.scale.largest,
        sold=sold,
        name=name,
        version=version,
        sha256=" ".join(digests),
    )
