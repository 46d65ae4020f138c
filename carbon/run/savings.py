"""Reads a catalogue and levers, writes what each would save, at once or in batches [kg CO2e]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from carbon.base.rules import shipped
from carbon.footprint.scenario import ALL, steps
from carbon.footprint.scenario_file import Scenario, read_scenario
from carbon.paper.sku_charts import waterfall
from carbon.run.batches import run
from carbon.run.plan import Job, Outcome
from carbon.run.results import write_picture, write_table

if TYPE_CHECKING:
    from carbon.catalogue.schema import Catalogue
    from carbon.run.folder import Files
    from carbon.study import Study

__all__ = [
    *("LeverTotal", "Savings", "draw_levers", "save_at_once", "save_in_batches", "scenario_of"),
    "what_if_job",
]


class LeverTotal(NamedTuple):
    """A lever over a whole catalogue."""

    name: str
    applies: int
    share: float
    kg_a_year: float | None


@dataclass(frozen=True)
class Savings:
    """What a what-if wrote."""

    tally: Mapping[str, float]  # as :func:`tallied`
    # skus, left_out: SKUs, and those that were not computed
    skus: int
    left_out: int
    asked: bool  # levers were named, so that one that never fits is a failure
    outcome: Outcome | None = None  # of a run in batches

    @property
    def levers(self) -> list[LeverTotal]:
        """Each lever, the largest saving first, all of them together last."""
        rows = []
        for key, known in self.tally.items():
            name, _, kind = key.rpartition("|")
            if kind == "known":
                share = self.tally[f"{name}|share"] / known
                applies = int(self.tally[f"{name}|applies"])
                rows.append(LeverTotal(name, applies, share, self.tally.get(f"{name}|year")))
        return sorted(rows, key=lambda row: (row.name == ALL, -row.share))

    @property
    def impossible(self) -> int:
        """Levers that never fit, summed over the SKUs."""
        return int(self.tally["impossible"])

    @property
    def ratio(self) -> tuple[int, float]:
        """SKUs, and the mean of their footprint after per footprint before [1]."""
        count = int(self.tally["ratios"])
        return count, self.tally["ratio"] / max(count, 1)

    @property
    def exit_code(self) -> int:
        """0 if everything was computed and every lever that was named can fit, else 1."""
        rejected = self.outcome is not None and bool(self.outcome.rejects)
        return int(bool(self.left_out) or (self.asked and self.impossible > 0) or rejected)


def scenario_of(name: Path | str | None) -> Scenario | None:
    """A scenario by its file or shipped name; None for none."""
    return None if name is None else read_scenario(shipped("scenarios", name))


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


def save_at_once(job: Job, catalogue: Catalogue, output: Path) -> Savings:
    """Write the savings of a few SKUs, in this process.

    ``catalogue``: filled; ``output``: a table.
    """
    table = job.compute(job.study, catalogue, None, **job.options)
    write_table(table, output)
    left_out = int(table.loc[table["before_kg"].isna(), "sku"].nunique())
    return Savings(tallied(table), len(catalogue), left_out, bool(job.options["levers"]))


def save_in_batches(job: Job, catalogue: Path | str, output: Path | str, **running: Any) -> Savings:
    """Write the savings of a catalogue of any size.

    ``**running``: as for :func:`carbon.run.batches.run`.
    """
    outcome = run(job, catalogue, output, **running)
    levers = bool(job.options["levers"])
    return Savings(outcome.tally, outcome.skus, outcome.left_out, levers, outcome)


def draw_levers(job: Job, catalogue: Catalogue, path: Path, *, name: str, lang: str) -> int:
    """Draw the levers of the first SKU as a waterfall; how many there are.

    ``catalogue``: filled; ``path``: an SVG file; ``name``, ``lang``: of the SKU; ``"en"`` or
    ``"zh"``.
    """
    before, after = steps(job.study, catalogue, job.options["levers"], lang=lang)
    write_picture(waterfall(before, after, name=name, basis=str(job.study.basis), lang=lang), path)
    return len(after)
