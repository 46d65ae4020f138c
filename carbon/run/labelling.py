"""Reads a catalogue and how labels are drawn, writes them, at once or in batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from carbon.base.errors import problem_table
from carbon.base.files import digest
from carbon.footprint.reference import read_references
from carbon.run.batches import run
from carbon.run.folder import rows_of
from carbon.run.label_index import PROBLEMS, changes, finished, read_index, tallied
from carbon.run.label_job import LabelJob, check_job, verified_on
from carbon.run.labels import KINDS, Drawing, Labels
from carbon.run.plan import Job, Outcome
from carbon.run.results import FORMATS, write_table

if TYPE_CHECKING:
    from carbon.catalogue.schema import Catalogue
    from carbon.study import Study

__all__ = ["LabelsDrawn", "draw_at_once", "draw_in_batches", "drawing_of", "is_single", "is_table"]

SHOWN: Final = 10
"""Claims that are handed on to be shown."""


@dataclass
class LabelsDrawn:
    """What was drawn, and what it changes."""

    # state of a letter, and ``verified`` → SKUs
    states: Mapping[Any, int] = field(default_factory=dict)
    # labels that were written; None where only changes were asked for, or one file
    files: int | None = None
    # against an earlier index, as :func:`carbon.run.label_index.changes`
    changes: pd.DataFrame | None = None
    # problems: the first names that claimed what the market forbids
    claims: pd.DataFrame = field(default_factory=problem_table)
    claimed: int = 0  # how many did
    left_out: bool = False  # a SKU has no footprint
    outcome: Outcome | None = None  # of a run in batches


def is_table(output: Path | str) -> bool:
    """Whether a result is a table of changes, and no labels."""
    return PurePath(output).suffix.lower() in FORMATS


def is_single(output: Path | str) -> bool:
    """Whether a result is one file with one label."""
    return PurePath(output).suffix.lower().removeprefix(".") in KINDS


def drawing_of(
    study: Study, job: LabelJob, *, references: Path | None = None, verified: Path | None = None
) -> tuple[Drawing, dict[str, Any], tuple[int, int]]:
    """How labels are drawn, and what decides their bytes.

    ``references``: a platform's own; ``verified``: columns ``sku verifier certificate valid_from
    valid_to``. Returns ``drawing``; ``decided``: for the manifest: the job, references and
    verifications, by their digests; ``counts``: SKUs that are verified on the day of the labels,
    and rows at fault.
    """
    decided = check_job(job)
    chosen = study.references if references is None else read_references(references)
    decided["references"] = chosen.id if references is None else digest(references)
    on_file, wrong = None, 0
    if verified is not None:
        on_file, wrong = verified_on(verified, job.issue.issued)
        decided["verifications"] = digest(verified)
    count = 0 if on_file is None else len(on_file)
    return Drawing(job, chosen, on_file), decided, (count, wrong)


def draw_in_batches(
    study: Study,
    drawing: Drawing,
    decided: Mapping[str, Any],
    catalogue: Path | str,
    output: Path | str,
    old: pd.DataFrame | None = None,
    **running: Any,
) -> LabelsDrawn:
    """Labels of a catalogue of any size; for a table of changes none is drawn.

    ``decided``: as :func:`drawing_of` gives it, with the number of draws; ``**running``: as for
    :func:`carbon.run.batches.run`.
    """
    drawn, kept = LabelsDrawn(), ""
    finish = partial(_finish, old=old, lang=drawing.job.langs[0])
    table = old is not None and is_table(output)
    if table:
        finish, kept = partial(_compare, old=old), ".parquet"
    finish = partial(finish, drawn=drawn)
    job = Job("label", study, drawing, dict(decided), not kept, tallied, kept, finish)
    drawn.outcome = run(job, catalogue, output, **running)
    drawn.states = {name: int(count) for name, count in drawn.outcome.tally.items()}
    files = drawn.states.pop("files", 0)
    drawn.files = None if table else files
    return drawn


def _finish(
    joined: Path, made: Path, *, old: pd.DataFrame | None, lang: str, drawn: LabelsDrawn
) -> None:
    """Index, problems and archive of labels that are all drawn; what they change."""
    finished(joined, made, lang)
    if old is not None:
        drawn.changes = changes(old, read_index(joined))
    if (joined / PROBLEMS).exists():
        rows = rows_of(joined / PROBLEMS)
        drawn.claims = _of_names(pd.DataFrame(islice(rows, SHOWN)))
        drawn.claimed = len(drawn.claims) + sum(1 for _ in rows)


def _compare(joined: Path, made: Path, *, old: pd.DataFrame | None, drawn: LabelsDrawn) -> None:
    """What labels would change."""
    assert old is not None
    drawn.changes = changes(old, pd.read_parquet(joined))
    FORMATS[made.suffix.lower()](drawn.changes, made)


def draw_at_once(
    study: Study,
    drawing: Drawing,
    catalogue: Catalogue,
    output: Path,
    old: pd.DataFrame | None = None,
    *,
    draws: int,
) -> LabelsDrawn:
    """Labels of some SKUs, or of one as a file: what is no matter of batches.

    ``study``, ``drawing``, ``output``, ``old``: as for :func:`draw_in_batches`; ``catalogue``:
    filled.
    """
    labels = Labels(*drawing.graded(study, catalogue, draws), drawing.job)
    graded = labels.graded
    drawn = LabelsDrawn(graded["state"].value_counts(sort=False).to_dict())
    drawn.left_out = bool(graded["total_kg"].isna().any())
    if old is not None:
        drawn.changes = changes(old, labels.index)
    if drawn.changes is not None and is_table(output):
        write_table(drawn.changes, output)
        return drawn
    files, claims = labels.save(output)
    drawn.files = None if is_single(output) else files
    drawn.claims, drawn.claimed = _of_names(claims.head(SHOWN)), len(claims)
    return drawn


def _of_names(claims: pd.DataFrame) -> pd.DataFrame:
    """Claims as problems: a name has no row of a file, its SKU says whose it is."""
    return claims.assign(row=None, file=claims["sku"]) if len(claims) else problem_table()
