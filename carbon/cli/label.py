"""Reads a catalogue, draws badges, labels, sheets and overlays: ``carbon label``."""

from __future__ import annotations

import sys
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Final

import click

from carbon.base.errors import OutputError
from carbon.cli.label_runs import TABLES, at_once, in_batches
from carbon.cli.options import (
    DRAWS,
    LANGS,
    MARKET,
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
from carbon.cli.printing import say

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
@click.option(
    "--format",
    "formats",
    default="svg,json",
    show_default=True,
    help="Any of svg, png, pdf, html, json, with commas.",
)
@click.option(
    "--template",
    "templates",
    multiple=True,
    metavar="NAME|DIR",
    help="badge, label, sheet, overlay-portrait, overlay-landscape, or your own folder; label "
    "without. May be repeated.",
)
@LANGS
@SKUS
@click.option("--sheets", is_flag=True, help="A4 sheets of labels with cut marks too, as PDF.")
@click.option(
    "--scale",
    default=100.0,
    show_default=True,
    type=click.FloatRange(10, 1000),
    help="Size on the sheets, in percent; a label stays readable down to 70.",
)
@click.option(
    "--dpi",
    default=300.0,
    show_default=True,
    type=click.FloatRange(30, 1200),
    help="Of PNG; an overlay keeps its pixels.",
)
@click.option("--text-as-paths", is_flag=True, help="SVG without text: characters as outlines.")
@click.option(
    "--url",
    default="",
    metavar="URL",
    help="Link of the QR code, as https://shop.example/{sku}; a GTIN has its GS1 Digital Link "
    "unless the URL names {gtin}.",
)
@click.option(
    "--resolver",
    default="https://id.gs1.org",
    show_default=True,
    help="Where GS1 Digital Links begin.",
)
@click.option(
    "--date",
    "issued",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Date of the labels; today without.",
)
@click.option(
    "--verifications",
    type=PATH,
    metavar="TABLE",
    help="Columns sku, verifier, certificate, valid_from and valid_to of verified footprints.",
)
@MARKET
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
    formats: str,
    templates: tuple[str, ...],
    langs: tuple[str, ...],
    skus: tuple[str, ...],
    sheets: bool,
    scale: float,
    dpi: float,
    text_as_paths: bool,
    url: str,
    resolver: str,
    issued: datetime | None,
    verifications: Path | None,
    market: str,
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
    from carbon.base.files import digest
    from carbon.footprint.reference import read_references
    from carbon.run.label_index import INDEX_START, read_index
    from carbon.run.label_job import check_job, label_job, verified_on
    from carbon.run.labels import KINDS, Drawing, check_target

    suffix = PurePath(output).suffix.lower()
    single = suffix.removeprefix(".") in KINDS
    kinds = tuple(dict.fromkeys(kind.strip() for kind in formats.split(",") if kind.strip()))
    if not kinds or not set(kinds) <= set(KINDS):
        raise click.UsageError(f"formats are {', '.join(KINDS)}")
    compared = compare_with is not None and suffix in TABLES
    if suffix in TABLES and not compared:
        raise OutputError("O002", "labels go to a folder or a .zip", file=str(output))
    if single or compared or suffix == ".zip":
        guard(output, catalogue, only=(suffix,))
    else:
        guard(output, catalogue, folder=True, index=INDEX_START)
    if isinstance(output, Path) and suffix == ".zip":
        check_target(output)
    old = None if compare_with is None else read_index(compare_with)
    study = new_study(**scope)
    job = label_job(
        study,
        templates=templates,
        langs=langs,
        formats=(suffix.removeprefix("."),) if single else kinds,
        issued=issued.date() if issued else None,
        url=url,
        resolver=resolver,
        dpi=dpi,
        outline=text_as_paths,
        market=market,
        sheets=scale / 100 if sheets else 0.0,
    )
    decided = {"draws": draws, **check_job(job)}
    chosen = study.references if references is None else read_references(references)
    decided["references"] = chosen.id if references is None else digest(references)
    verified = None
    if verifications is not None:
        day = job.issue.issued
        verified, wrong = verified_on(verifications, day)
        say("certificates", count=len(verified), day=day, problems=wrong, file=verifications)
        decided["verifications"] = digest(verifications)
    draw_factors(study, draws)
    drawing = Drawing(job, chosen, verified)
    if not (skus or single):
        sys.exit(in_batches(study, drawing, decided, catalogue, output, old, running))
    if running["manifest"] is not None or "://" in f"{catalogue}{output}":
        raise click.UsageError("--manifest and URLs do not go with --sku or a single file")
    sys.exit(at_once(study, drawing, draws, Path(catalogue), skus, Path(output), old, single))
