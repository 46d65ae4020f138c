"""Reads a study's catalogue, gives what SKUs take as a Brightway project on the edition."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from carbon import stages
from carbon.background.brightway_export import as_nodes, write_file, write_project
from carbon.base.errors import OutputError, StudyError
from carbon.base.files import whole_file
from carbon.base.terms import BOUNDARIES, STAGES
from carbon.catalogue.schema import Catalogue

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["export_project"]

SUFFIX = ".bw2package"


def export_project(
    study: Study, catalogue: Catalogue, project: str, output: Path | None = None
) -> pd.DataFrame:
    """Write SKUs, edition and method as a new Brightway project.

    A project keeps amounts in single precision for its matrices: a score agrees with the footprint
    to about 1e-7 of it. A waste treatment (negative production) is taken as a negative amount, as
    in Brightway. ``catalogue``: filled; ``output``: the same as a ``.bw2package`` file. Returns:
    one row a SKU: ``sku total_kg problem``; a SKU with a problem that leaves no number is not
    exported. Raises X020 if there is such a project, X022 if licensed data would leave the machine,
    O002 for another file format, O001 if something cannot be written; X021 if no SKU has a
    footprint.
    """
    if output is not None and output.suffix.lower() != SUFFIX:
        raise OutputError("O002", f"write {SUFFIX}", file=str(output))
    if output is not None and study.edition.licensed.any():
        raise OutputError("X022", file=str(output))
    result = study.footprints(catalogue)
    table = result.to_frame()
    known = table["total_kg"].notna().to_numpy()
    if not known.any():
        raise StudyError("X021", value=" ".join(table["sku"].head(3).astype(str)))
    inventory = stages.take(catalogue, study.boundary)
    rows, fits = study.match(inventory)
    sign = np.sign(study.edition.activities["production"].to_numpy(dtype=np.float64))
    mine = known[inventory.sku]
    names = catalogue.skus["sku"].astype(str).to_numpy()
    taken = pd.DataFrame(
        {
            "sku": names[inventory.sku[mine]],
            "stage": np.array(STAGES)[inventory.stage[mine]],
            "row": rows[mine],
            "amount": inventory.amount[mine] * sign[rows[mine]],
            "fit": fits[mine],
        }
    )
    order = np.lexsort((inventory.stage[mine], inventory.sku[mine]))
    exported = as_nodes(
        study.edition,
        study.method,
        _described(catalogue, table)[known],
        taken.iloc[order],
        whole_life="end_of_life" in BOUNDARIES[study.boundary],
    )
    write_project(project, exported)
    if output is not None:
        with whole_file(output) as draft:
            write_file(draft, exported)
    totals = table[["sku", "total_kg"]].copy()
    totals["problem"] = np.where(known, "", (table["problem"].astype(str) + " X021").str.strip())
    return totals


def _described(catalogue: Catalogue, table: pd.DataFrame) -> pd.DataFrame:
    skus = catalogue.skus
    sku = skus["sku"].astype(str)
    name = skus["name"].astype("object")
    described = name.notna() & (name != "")
    plain = sku.where(~described, sku + " " + name.astype(str))
    total = table["total_kg"].map("{:.6g}".format)
    assumed = table["defaulted"].astype(str)
    return pd.DataFrame(
        {
            "sku": sku,
            "name": plain,
            "location": skus["origin"].astype("object").fillna("GLO").astype(str),
            "comment": total
            + " kg CO2e per kept unit. "
            + table["basis"].astype(str)
            + ". Assumed from the category: "
            + assumed,
        }
    )
