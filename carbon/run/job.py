"""Reads a batch of a catalogue, gives its rows as a finished part, in any process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from carbon.base.errors import CatalogueError
from carbon.base.terms import PROVENANCES
from carbon.catalogue.read import read_tables
from carbon.catalogue.schema import Catalogue
from carbon.catalogue.stream import Batch, Stream
from carbon.footprint.largest import with_results
from carbon.run.folder import Files
from carbon.run.incremental import Since
from carbon.run.keys import content_keys
from carbon.run.parts import write_part
from carbon.run.plan import Job
from carbon.run.workspace import BatchRecord, Written

__all__ = ["State", "begin", "work"]


@dataclass(frozen=True)
class State:
    """What every worker knows."""

    job: Job
    stream: Stream  # surveyed
    parts: Path  # folder of the parts
    suffix: str  # of the result
    keep_keys: bool  # say what each SKU is and what its rows say
    since: Since | None  # an earlier run
    alone: bool  # there is one batch: if it cannot be read, nothing can
    filled: Path | None = None  # folder that the batches fill


_state: list[State] = []


def begin(state: State | None) -> None:
    """Know what every worker knows; nothing any more without."""
    _state[:] = [] if state is None else [state]


def work(batch: Batch) -> BatchRecord:
    """Do a batch, in any process."""
    state = _state[0]
    try:
        sheets, context = batch.sheets(state.stream.limits)
        context = replace(context, sessions=state.stream.sessions)
        problems = state.stream.problems if context.first else None
        keys = content_keys(sheets, context, state.stream) if state.keep_keys else None
        copied = None
        if state.since is not None and keys is not None:
            copied, sheets, context = state.since.split(keys, sheets, context)
        vocabulary = state.job.study.vocabulary
        catalogue = state.job.study.complete(
            read_tables(
                sheets, vocabulary, context=context, problems=problems, file=state.stream.file
            )
        )
    except CatalogueError as error:
        if state.alone:
            raise
        places = [[at.file, at.first, at.last] for at in batch.places()]
        part = BatchRecord(batch.number, rejected=str(error), places=places)
        part.save(state.parts)
        return part
    return _computed(state, batch.number, catalogue, keys, copied)


def _computed(
    state: State, number: int, catalogue: Catalogue, keys: Any, copied: Any
) -> BatchRecord:
    job = state.job
    part = BatchRecord(number)
    files = None if state.filled is None else Files(state.filled, number)
    frame = job.compute(job.study, catalogue, files, **job.options)
    catalogue = with_results(catalogue, frame)
    changes: dict[str, int] = {}
    written = []
    if state.since is not None and keys is not None:
        frame, moved, changes = state.since.merged(frame, keys, copied)
        if len(moved):
            name = part.name_of("changes")
            written.append(Written(name, write_part(moved, state.parts / name, "")))
    for kind, table, suffix in (
        ("rows", frame, state.suffix),
        ("problems", catalogue.problems, ""),
        ("keys", keys, ""),
    ):
        if table is not None and (len(table) or kind == "rows"):
            name = part.name_of(kind)
            written.append(Written(name, write_part(table, state.parts / name, suffix)))
    assumed = (catalogue.provenance == PROVENANCES.index("default")).sum()
    codes = catalogue.problems["code"].value_counts().sort_index()
    part = replace(
        part,
        skus=len(catalogue) if copied is None else len(keys),
        rows=len(frame),
        left_out=_left_out(frame, catalogue),
        errors=bool((catalogue.problems["severity"] == "error").any()),
        codes={str(code): int(count) for code, count in codes.items()},
        defaulted={str(name): int(count) for name, count in assumed.items() if count},
        columns=[str(name) for name in frame.columns],
        files=written,
        changes=changes,
        tally={} if job.tally is None else job.tally(frame),
    )
    part.save(state.parts)
    return part


def _left_out(frame: pd.DataFrame, catalogue: Catalogue) -> int:
    """SKUs that were not computed."""
    if "total_kg" in frame:
        return int(frame["total_kg"].isna().sum())
    if "before_kg" in frame:  # several rows a SKU
        return int(frame.loc[frame["before_kg"].isna(), "sku"].nunique(dropna=False))
    if "total" in frame:  # labels: several rows a SKU, and none for one that stood before
        left_out = frame.loc[frame["total"] != "", "sku"]
        return len(catalogue) - left_out[left_out != ""].nunique()
    return int(catalogue.skus["failed"].sum())
