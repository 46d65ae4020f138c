"""Reads a catalogue of any size, writes one result, batch by batch, on all cores.

The result appears only when it is whole. What is finished stays in a folder beside it until then,
so that a run that was interrupted goes on where it was; see :mod:`carbon.run.workspace`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final

import click
import pandas as pd

from carbon import __version__
from carbon.base.errors import CatalogueError, OutputError, problem_table
from carbon.base.threads import cores
from carbon.base.words import text
from carbon.catalogue.line_plan import OutOfOrder
from carbon.catalogue.mapping import reading_of
from carbon.catalogue.read import read
from carbon.catalogue.sources import Damaged
from carbon.catalogue.stream import BATCH, Batch, Stream
from carbon.footprint.judging import bare_goods
from carbon.run import job as jobs
from carbon.run.folder import INDEX, only_named
from carbon.run.incremental import since_of
from carbon.run.job import State, begin
from carbon.run.manifest import write_manifest
from carbon.run.parts import digest, joiner, read_part
from carbon.run.plan import Job, Outcome
from carbon.run.publish import publish, tell_rejects
from carbon.run.workers import Workers
from carbon.run.workspace import BatchRecord, Work

__all__ = ["Job", "Outcome", "run"]

TOLD: Final = 10
"""Problems that a summary shows."""


def run(
    job: Job,
    source: str | os.PathLike[str] | pd.DataFrame,
    output: str | os.PathLike[str],
    *,
    workers: int | None = None,
    batch: int = BATCH,
    resume: bool | None = None,
    manifest: Path | str | None = None,
    since: Path | str | None = None,
    changes: Path | None = None,
    lang: str = "en",
) -> Outcome:
    """Do a job for every SKU of a catalogue.

    ``output``: ``.csv``, ``.parquet``, ``.xlsx``, ``.jsonl``, a folder of Parquet, or what the job
    makes; ``workers``: processes; as many as there are cores by default, one for a single batch;
    ``batch``: SKUs in a batch; it bounds the memory and changes no number; ``resume``: go on with
    an interrupted run, or begin again; None refuses to choose; ``manifest``: where to say what was
    done; runs of several batches say it beside the result in any case; ``since``: manifest of an
    earlier run: SKUs that are as they were are copied from its result; ``changes``: where to list
    what has changed since. Raises CatalogueError: if the catalogue as a whole cannot be read; B001
    to B009 as :mod:`carbon.base.codes.run` lists them, O001 to O003.
    """
    began = time.perf_counter()
    work = Work(os.fspath(output))
    keep = True
    try:
        go = partial(_run, job, source, work, workers, batch, manifest, since, changes, began)
        try:
            outcome = go(resume, ordered=True, lang=lang)
        except OutOfOrder:  # nothing done so far holds
            work.clear()
            outcome = go(False, ordered=False, lang=lang)
        keep = False
    except OSError as error:
        raise OutputError("O001", error.strerror or str(error), file=work.output) from None
    except KeyboardInterrupt:
        click.echo(text("cli.interrupted", lang), err=True)
        sys.exit(130)
    finally:
        work.release(keep=keep)
    return outcome


def _run(
    job: Job,
    source: Any,
    work: Work,
    workers: int | None,
    batch: int,
    manifest: Path | str | None,
    since: Path | str | None,
    changes: Path | None,
    began: float,
    resume: bool | None,
    *,
    ordered: bool,
    lang: str,
) -> Outcome:
    suffix = "" if job.folder else PurePosixPath(work.output).suffix.lower()
    kept = job.kept or suffix
    vocabulary = job.study.vocabulary
    stream = Stream(source, vocabulary, work.scratch, batch, ordered=ordered)
    decided = _plan(job, stream)
    earlier = None if since is None else since_of(since, decided, work.scratch)
    plan = decided | {
        "batch": batch,
        "suffix": suffix,
        "inputs": [[each.name, each.size, each.stamp] for each in stream.inputs],
        "since": None if earlier is None else earlier.sha256,
        "keys": manifest is not None,
    }
    resumed = work.begin(plan, resume)
    keys = manifest is not None or since is not None
    alone = stream.single
    workers = 1 if alone else workers or cores()
    surveying = Workers(workers, begin, None)
    try:
        stream.survey(surveying.each, always=keys)
    finally:
        surveying.close()
    filled = work.filled if job.folder else None
    if filled is not None:
        filled.mkdir(exist_ok=True)
        kept = ".csv"
    state = State(job, stream, work.parts, kept, keys, earlier, alone, filled)
    job.study.unit_impacts  # noqa: B018  solved once, before there are workers
    if workers > 1:  # and what every batch looks up is indexed once
        bare = bare_goods(vocabulary, None).head(1)
        job.study.footprints(job.study.complete(read(bare, vocabulary)))
    pool = Workers(workers, begin, state)
    outcome = Outcome(work.output)
    parts: list[BatchRecord] = []
    end: Any = None
    joined = filled or work.folder / f"joined{kept}"
    try:
        for part in _done(pool, stream, state, resumed, outcome, lang):
            parts.append(part)
            if part.rejected:
                continue
            if end is None:
                table = filled / INDEX if filled else joined
                end = joiner(kept, table, part.columns, work.output)
            end.add(work.parts / part.name_of("rows"))
    finally:
        pool.close()
        begin(None)
    if end is None:
        raise CatalogueError("C011", parts[0].rejected if parts else "", file=stream.file)
    end.close()
    _summed(outcome, parts, stream)
    if filled is not None:
        only_named(filled, outcome.rows)
    if job.finish is not None:
        made = work.folder / f"joined-made{PurePosixPath(work.output).suffix}"
        job.finish(joined, made)
        joined = made if made.exists() else joined
    outcome.seconds = time.perf_counter() - began
    outcome.problems = _first_problems(parts, work.parts)
    if earlier is not None:
        outcome.changes.update(earlier.write_changes(parts, work.parts, changes))
    tell = manifest is not None or len(parts) > 1
    sha = "" if not tell or (job.folder and joined.is_dir()) else digest(joined)
    for each in stream.inputs:
        if each.changed():
            raise OutputError("B013", file=each.name)
    publish(joined, work.output, joined.is_dir())
    tell_rejects(outcome.rejects, work.output)
    if tell:
        there = "://" in str(manifest or work.output)
        place = manifest or f"{work.output if there else Path(work.output)}.manifest.json"
        where = work.folder / PurePosixPath(str(place)).name if there else Path(place)
        outcome.manifest = place if there else where
        written = write_manifest(
            where,
            decided | {"batch": batch},
            stream.inputs,
            (work.output, outcome.rows, sha),
            parts,
            outcome,
            work.parts if keys else None,
            workers,
        )
        for file in written if there else ():
            publish(file, f"{str(place).rpartition('/')[0]}/{file.name}", False)
    return outcome


def _plan(job: Job, stream: Stream) -> dict[str, Any]:
    """What decides the numbers beside the inputs."""
    study = job.study
    return {
        "command": job.name,
        "version": __version__,
        "edition": study.edition.id,
        "edition_sha256": study.edition.digest,
        "method": study.method,
        "boundary": study.boundary,
        "basis": str(study.basis),
        "options": dict(job.options)
        | reading_of(study.map, study.preset)
        | study.documents.decided,
        "headers": {
            table: {name: [head.source, head.unit] for name, head in heads.items()}
            for table, heads in stream.headers.items()
        },
    }


def _done(
    pool: Workers,
    stream: Stream,
    state: State,
    resumed: bool,
    outcome: Outcome,
    lang: str,
) -> Iterator[BatchRecord]:
    """Parts in their order, those that were finished before among them."""
    ready: dict[int, BatchRecord] = {}

    def left() -> Iterator[Batch]:
        for each in stream:
            saved = BatchRecord.load(state.parts, each.number, state.filled) if resumed else None
            if saved is None:
                yield each
            else:
                ready[each.number] = saved
                outcome.resumed += saved.skus

    began, done, number = time.perf_counter(), 0, 0

    def rate(_: object) -> str:
        return text("cli.rate_now", lang, rate=done / max(time.perf_counter() - began, 1e-9))

    with click.progressbar(
        length=stream.rows,
        label=text(f"cli.{state.job.name}", lang),
        file=sys.stderr,
        show_pos=True,
        item_show_func=rate,
    ) as bar:
        for each, part in pool.each(jobs.work, left()):
            while number < each.number:
                before = ready.pop(number)
                bar.update(before.skus)
                yield before
                number += 1
            done += each.rows
            bar.update(each.rows, part)
            yield part
            number += 1
        while number in ready:
            yield ready.pop(number)
            number += 1


def _summed(outcome: Outcome, parts: list[BatchRecord], stream: Stream) -> None:
    """Sums over the parts."""
    for part in parts:
        outcome.skus += part.skus
        outcome.rows += part.rows
        outcome.left_out += part.left_out
        outcome.errors |= part.errors
        outcome.codes.update(part.codes)
        outcome.defaulted.update(part.defaulted)
        outcome.changes.update(part.changes)
        for name, value in part.tally.items():
            outcome.tally[name] = outcome.tally.get(name, 0.0) + value
        for file, first, last in part.places:
            outcome.rejects.append(Damaged(file, first, last, part.rejected))
    outcome.rejects += stream.damaged


def _first_problems(parts: list[BatchRecord], folder: Path) -> pd.DataFrame:
    """The first problems that are no notes."""
    problems: list[pd.DataFrame] = []
    for part in parts:
        if part.has("problems") and sum(map(len, problems)) < TOLD:
            table = read_part(folder / part.name_of("problems")).to_pandas()
            problems.append(table[table["severity"] != "note"].head(TOLD))
    return pd.concat(problems, ignore_index=True).head(TOLD) if problems else problem_table()
