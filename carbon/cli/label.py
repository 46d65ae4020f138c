"""Reads a catalogue, draws badges, labels, sheets and overlays: ``carbon label``."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Final

import click

from carbon.base.errors import OutputError
from carbon.cli.label_options import job_options
from carbon.cli.options import (
    DRAWS,
    PATH,
    REFERENCES,
    SKUS,
    SOURCE,
    Place,
    command,
    draw_factors,
    new_study,
    run_options,
    scope,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import errors_in, print_labels, print_run, say

__all__ = ["label"]

BATCH: Final = 1920
"""SKUs drawn at once; four, six and eight labels a page divide it."""


@command()
@SOURCE
@click.option(
    "-o",
    "--output",
    required=True,
    type=Place(),
    metavar="OUT",
    help="A folder, a .zip, or one file for one SKU; with --compare-with, a table.",
)
@job_options
@SKUS
@click.option(
    "--verifications",
    type=PATH,
    metavar="TABLE",
    help="Columns sku, verifier, certificate, valid_from and valid_to of verified footprints.",
)
@click.option(
    "--compare-with",
    type=PATH,
    metavar="OLD",
    help="Tell which labels change against an earlier index; with OUT a table, draw none.",
)
@REFERENCES
@DRAWS
@partial(run_options, size=BATCH)
@scope
def label(
    catalogue: Path | str,
    output: Path | str,
    asked: dict[str, Any],
    skus: tuple[str, ...],
    verifications: Path | None,
    compare_with: Path | None,
    references: Path | None,
    draws: int,
    running: dict[str, Any],
    **scope: Any,
) -> None:
    """Badge, label, information sheet or live overlay of every SKU.

    OUT is a folder with one file a SKU and format in sub-folders, and index.csv that says which
    file is whose; or a .zip of the same. CATALOGUE is a file, a folder of files, or a URL, of any
    size: labels are drawn in batches on all cores, and a run that was stopped goes on with
    --resume. For one SKU, OUT can be one file: label.svg, label.png and so on.

    \b
    carbon label catalogue.xlsx -o labels --format svg,png,json --lang zh,en
    carbon label catalogue.xlsx -o labels.zip --template badge --template label --sheets
    carbon label catalogue.xlsx -o TS-001.pdf --template sheet --sku TS-001
    carbon label catalogue.xlsx -o live --template overlay-portrait --format html,png --sku TS-001
    carbon label goods/ -o labels --workers 8 --resume
    carbon label catalogue.xlsx -o changes.csv --compare-with labels/index.csv
    """
    from carbon.run.label_index import read_index
    from carbon.run.label_job import label_job
    from carbon.run.labelling import draw_at_once, draw_in_batches, drawing_of, is_single

    _guard(catalogue, output, compared=compare_with is not None)
    old = None if compare_with is None else read_index(compare_with)
    study = new_study(**scope)
    job = label_job(study, **asked)
    drawing, decided, (certificates, wrong) = drawing_of(
        study, job, references=references, verified=verifications
    )
    if verifications is not None:
        about = {"day": job.issue.issued, "problems": wrong, "file": verifications}
        say("certificates", count=certificates, **about)
    draw_factors(study, draws)
    if not (skus or is_single(output)):
        decided = {"draws": draws, **decided}
        drawn = draw_in_batches(study, drawing, decided, catalogue, output, old, **running)
        print_labels(drawn)
        assert drawn.outcome is not None
        print_run(drawn.outcome, study.basis)
        sys.exit(drawn.outcome.exit_code)
    if running["manifest"] is not None or "://" in f"{catalogue}{output}":
        raise click.UsageError("--manifest and URLs do not go with --sku or a single file")
    filled = study.catalogue(catalogue)
    filled = filled.select(list(dict.fromkeys(skus))) if skus else filled
    if is_single(output) and len(filled) != 1:
        raise click.UsageError(f"{output} is one file: name one SKU with --sku")
    drawn = draw_at_once(study, drawing, filled, Path(output), old, draws=draws)
    print_labels(drawn)
    say("rows_written", skus=len(filled), output=output, basis=study.basis)
    sys.exit(int(errors_in(filled) or drawn.left_out))


def _guard(catalogue: Path | str, output: Path | str, *, compared: bool) -> None:
    """Refuse an OUT that could not or must not be written."""
    from carbon.run.label_index import INDEX_START
    from carbon.run.labelling import is_single, is_table
    from carbon.run.labels import check_target

    suffix = PurePath(output).suffix.lower()
    if is_table(output) and not compared:
        raise OutputError("O002", "labels go to a folder or a .zip", file=str(output))
    if is_single(output) or is_table(output) or suffix == ".zip":
        guard(output, catalogue, only=(suffix,))
    else:
        guard(output, catalogue, folder=True, index=INDEX_START)
    if isinstance(output, Path) and suffix == ".zip":
        check_target(output)
