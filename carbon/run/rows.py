"""Reads a study and options, gives jobs that batches do: footprints, savings; known by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from carbon.catalogue.schema import Catalogue
from carbon.run.folder import Files
from carbon.run.plan import Job
from carbon.run.results import write_table

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["changed", "footprint_job", "tallied", "weighed", "what_if_job", "write_at_once"]

CHUNK: Final = 25_000
"""SKUs of a batch weighed at once."""


def footprint_job(study: Study, *, draws: int, stages: bool = False) -> Job:
    """Footprints of a catalogue, a row a SKU.

    ``draws``: for 95 % intervals; none without; ``stages``: the bounds of each stage too.
    """
    return Job("footprint", study, weighed, {"draws": draws, "stages": stages})


def weighed(
    study: Study, catalogue: Catalogue, files: Files | None, *, draws: int, stages: bool
) -> pd.DataFrame:
    """Rows of a batch of footprints."""
    del files
    return study.footprints(catalogue, draws=draws, chunk=CHUNK).to_frame(stages=stages)


def what_if_job(study: Study, *, levers: list[str], draws: int, days: float, lang: str) -> Job:
    """Savings of a catalogue, a row a SKU and lever.

    ``levers``: as for :meth:`carbon.study.Study.what_if`, by name; ``draws``, ``days``, ``lang``:
    as there.
    """
    options = {"levers": levers, "draws": draws, "days": days, "lang": lang}
    return Job("whatif", study, changed, options, tally=tallied)


def changed(
    study: Study, catalogue: Catalogue, files: Files | None, *, levers: list[str], **how: Any
) -> pd.DataFrame:
    """Rows of a batch of savings, with the letters before and after."""
    del files
    return study.what_if(catalogue, levers, **how)


def tallied(table: pd.DataFrame) -> dict[str, float]:
    """Sums of a batch: a what-if tells its levers over the whole catalogue."""
    known = table[table["before_kg"].notna()]
    by = known.groupby("lever", observed=True, sort=False)
    sums = {"impossible": float(table["problem"].str.contains("S024").sum())}
    for name, rows in by:
        sums[f"{name}|applies"] = float(rows["applies"].sum())
        sums[f"{name}|known"] = float(len(rows))
        sums[f"{name}|share"] = float(rows["saved_share"].sum())
        if rows["saved_kg_year"].notna().any():
            sums[f"{name}|year"] = float(rows["saved_kg_year"].sum())
    last = known.groupby("sku", sort=False, observed=True).tail(1)
    ratio = last["after_kg"] / last["before_kg"]
    return sums | {"ratio": float(ratio.sum()), "ratios": float(ratio.count())}


def write_at_once(job: Job, catalogue: Catalogue, output: Path) -> tuple[dict[str, float], int]:
    """Do a what-if of a few SKUs in this process.

    ``job``: of :func:`what_if_job`; ``catalogue``: filled; ``output``: a table. Returns ``tally``:
    as :func:`tallied`; ``left_out``: SKUs that were not computed.
    """
    table = job.compute(job.study, catalogue, None, **job.options)
    write_table(table, output)
    left_out = int(table.loc[table["before_kg"].isna(), "sku"].nunique())
    return tallied(table), left_out
