"""``carbon label``: badges, labels, information sheets and overlays of a catalogue."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import click

from carbon.base.errors import OutputError
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
    echo,
    new_study,
    run_options,
    scope,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import errors_in, print_problems, print_run, said, say, words_of

if TYPE_CHECKING:
    import pandas as pd

    from carbon.run.labels import Drawing
    from carbon.study import Study

__all__ = ["label"]

TABLES: Final = (".csv", ".parquet", ".xlsx", ".jsonl")
BATCH: Final = 1920
"""SKUs drawn at once; four, six and eight labels a page divide it."""

SHOWN: Final = 10
"""Claims that are printed."""


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
        sys.exit(_in_batches(study, drawing, decided, catalogue, output, old, running))
    if running["manifest"] is not None or "://" in f"{catalogue}{output}":
        raise click.UsageError("--manifest and URLs do not go with --sku or a single file")
    sys.exit(_at_once(study, drawing, draws, Path(catalogue), skus, Path(output), old, single))


def _in_batches(
    study: Study,
    drawing: Drawing,
    decided: dict[str, Any],
    catalogue: Path | str,
    output: Path | str,
    old: pd.DataFrame | None,
    running: dict[str, Any],
) -> int:
    """Labels of a catalogue of any size; against an earlier index none is drawn."""
    from carbon.run.batches import run
    from carbon.run.label_index import tallied
    from carbon.run.plan import Job

    if old is not None and PurePath(output).suffix.lower() in TABLES:
        kept, finish = ".parquet", partial(_compared, old=old)
    else:
        kept, finish = "", partial(_finished, old=old)
    job = Job("label", study, drawing, decided, not kept, tallied, kept, finish)
    outcome = run(job, catalogue, output, **running)
    tally = {name: int(count) for name, count in outcome.tally.items()}
    if not kept:
        say("label_files", count=tally.pop("files", 0))
    _print_states(tally)
    print_run(outcome, study.basis)
    return outcome.exit_code


def _finished(joined: Path, made: Path, *, old: pd.DataFrame | None) -> None:
    """Index, problems and archive of labels that are all drawn; what they change."""
    from carbon.run.folder import rows_of
    from carbon.run.label_index import PROBLEMS, changes, finished, read_index

    finished(joined, made)
    if old is not None:
        _print_changes(changes(old, read_index(joined)))
    if (joined / PROBLEMS).exists():
        rows = rows_of(joined / PROBLEMS)
        _print_claims(list(islice(rows, SHOWN)), sum(1 for _ in rows))


def _compared(joined: Path, made: Path, *, old: pd.DataFrame) -> None:
    """What labels would change."""
    import pandas as pd

    from carbon.run.label_index import changes
    from carbon.run.results import FORMATS

    table = changes(old, pd.read_parquet(joined))
    _print_changes(table)
    FORMATS[made.suffix.lower()](table, made)


def _at_once(
    study: Study,
    drawing: Drawing,
    draws: int,
    catalogue: Path,
    skus: tuple[str, ...],
    output: Path,
    old: pd.DataFrame | None,
    single: bool,
) -> int:
    """Labels of some SKUs, or of one as a file: what is no matter of batches."""
    from carbon.run.label_index import changes
    from carbon.run.labels import Labels
    from carbon.run.results import write_table

    filled = study.catalogue(catalogue)
    if skus:
        filled = filled.select(list(dict.fromkeys(skus)))
    if single and len(filled) != 1:
        raise click.UsageError(f"{output} is one file: name one SKU with --sku")
    labels = Labels(*drawing.graded(study, filled, draws), drawing.job)
    table = None if old is None else changes(old, labels.index)
    if table is not None:
        _print_changes(table)
    if table is not None and output.suffix.lower() in TABLES:
        write_table(table, output)
    else:
        files, claimed = labels.save(output)
        if not single:
            say("label_files", count=files)
        _print_claims(claimed.head(SHOWN).to_dict("records"), len(claimed) - SHOWN)
    graded = labels.graded
    _print_states(graded["state"].value_counts(sort=False).to_dict())
    say("rows_written", skus=len(filled), output=output, basis=study.basis)
    return int(errors_in(filled) or bool(graded["total_kg"].isna().any()))


def _print_states(tally: Mapping[Any, int]) -> None:
    """How many SKUs have a letter, and how sure it is."""
    from carbon.label.scale import STATES

    names = words_of("state_")
    parts = [f"{tally[state]} {names[state]}" for state in STATES if tally.get(state)]
    certified = tally.get("verified", 0)
    parts += [said("verified", count=certified)] if certified else []
    echo(", ".join(parts) or said("no_labels"))


def _print_changes(table: pd.DataFrame) -> None:

    names = words_of("change_")
    counts = table["change"].value_counts()
    kinds = ", ".join(f"{count} {names[str(kind)]}" for kind, count in counts.items())
    say("labels_change", count=len(table), kinds=kinds or said("none"))
    for row in table[table["change"] == "letter"].head(20).to_dict("records"):
        echo(f"  {row['sku']}: {row['letter_old'] or '-'} -> {row['letter_new'] or '-'}")


def _print_claims(rows: Sequence[Mapping[Any, Any]], more: int) -> None:
    """Names that claimed what the market forbids."""
    import pandas as pd

    table = pd.DataFrame(rows)
    if len(table):  # a name has no row of a file: its SKU says whose it is
        print_problems(table.assign(row=None, file=table["sku"]), len(table))
    if more > 0:
        say("more_in", count=more, file="problems.csv")
