"""``carbon label``: badges, labels, information sheets and overlays of a catalogue."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import click

from carbon.base.errors import OutputError
from carbon.cli.options import (
    DRAWS,
    SOURCE,
    Place,
    draw_factors,
    errors_in,
    guard,
    new_study,
    run_options,
    scope,
    tell_run,
)
from carbon.cli.reference import REFERENCES, own_references

if TYPE_CHECKING:
    import pandas as pd

    from carbon.run.labels import Drawing
    from carbon.run.labels import Job as Labels
    from carbon.study import Study

__all__ = ["label"]

KINDS = ("svg", "png", "pdf", "html", "json")
TABLES = (".csv", ".parquet", ".xlsx", ".jsonl")
BATCH: Final = 1920
"""SKUs drawn at once; four, six and eight labels a page divide it."""

TOLD: Final = 10
"""Claims that are printed."""


@click.command()
@SOURCE
@click.option(
    "-o",
    "--output",
    required=True,
    type=Place(),
    metavar="OUT",
    help="A folder, a .zip, or one file for one SKU; with --against, a table.",
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
@click.option(
    "--lang",
    default="zh",
    show_default=True,
    type=click.Choice(["zh", "en", "zh,en", "en,zh"]),
    help="Language of the labels; with a comma both, the first one first.",
)
@click.option("--only", "skus", multiple=True, metavar="SKU", help="May be repeated.")
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
@click.option("--outline", is_flag=True, help="SVG without text: characters as outlines.")
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
    type=click.Path(path_type=Path),
    metavar="TABLE",
    help="Columns sku, verifier, certificate, valid_from and valid_to of verified footprints.",
)
@click.option(
    "--market",
    default="neutral",
    show_default=True,
    help="Whose rules of claims every text passes: china, eu, neutral, or a rule file.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
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
    lang: str,
    skus: tuple[str, ...],
    sheets: bool,
    scale: float,
    dpi: float,
    outline: bool,
    url: str,
    resolver: str,
    issued: datetime | None,
    verifications: Path | None,
    market: str,
    against: Path | None,
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
    carbon label catalogue.xlsx -o TS-001.pdf --template sheet --only TS-001
    carbon label catalogue.xlsx -o live --template overlay-portrait --format html,png --only TS-001
    carbon label goods/ -o labels --workers 8 --resume
    carbon label catalogue.xlsx -o changes.csv --against labels/index.csv
    """
    from carbon.base.rules import digest
    from carbon.run.label_index import INDEX_START, read_index
    from carbon.run.labels import Drawing, check_job, check_target

    suffix = PurePath(output).suffix.lower()
    single = suffix.removeprefix(".") in KINDS
    kinds = tuple(dict.fromkeys(kind.strip() for kind in formats.split(",") if kind.strip()))
    if not kinds or not set(kinds) <= set(KINDS):
        raise click.UsageError(f"formats are {', '.join(KINDS)}")
    compared = against is not None and suffix in TABLES
    if suffix in TABLES and not compared:
        raise OutputError("O002", "labels go to a folder or a .zip", file=str(output))
    if single or compared or suffix == ".zip":
        guard(output, catalogue, only=(suffix,))
    else:
        guard(output, catalogue, folder=True, index=INDEX_START)
    if isinstance(output, Path) and suffix == ".zip":
        check_target(output)
    old = None if against is None else read_index(against)
    study = new_study(**scope)
    kinds = (suffix.removeprefix("."),) if single else kinds
    names = tuple(dict.fromkeys(templates)) or ("label",)
    job = replace(
        _job(study, names, lang, kinds, issued, url, resolver),
        dpi=dpi,
        outline=outline,
        market=market,
        sheets=scale / 100 if sheets else 0.0,
    )
    told = {"draws": draws, **check_job(job), **_told(job)}
    chosen = own_references(references) or study.references
    held = None
    if verifications is not None:
        held = _verified(verifications, job.issue.issued)
        told["verifications"] = digest(verifications)
    told["references"] = chosen.id if references is None else digest(references)
    draw_factors(study, draws)
    drawing = Drawing(job, chosen, held)
    if skus or single:
        code = _at_once(study, drawing, draws, catalogue, skus, output, old, running)
    else:
        code = _in_batches(study, drawing, told, catalogue, output, old, running)
    sys.exit(code)


def _job(
    study: Study,
    templates: tuple[str, ...],
    lang: str,
    kinds: tuple[str, ...],
    issued: datetime | None,
    url: str,
    resolver: str,
) -> Labels:
    from carbon.label.facts import Issue
    from carbon.label.link import check_url
    from carbon.run.labels import Job as Labels

    day = issued.date() if issued else date.today()
    issue = Issue(
        day,
        study.scale,
        study.method,
        study.boundary,
        url=check_url(url),
        resolver=check_url(resolver).rstrip("/"),
    )
    return Labels(issue, templates, tuple(lang.split(",")), kinds)


def _told(labels: Labels) -> dict[str, Any]:
    """What decides the bytes of labels, for the manifest."""
    issue = labels.issue
    return {
        "langs": list(labels.langs),
        "formats": list(labels.formats),
        "dpi": labels.dpi,
        "outline": labels.outline,
        "sheets": labels.sheets,
        "issued": issue.issued.isoformat(),
        "url": issue.url,
        "resolver": issue.resolver,
    }


def _verified(path: Path, day: date) -> pd.DataFrame:
    """What third parties have verified, where it holds on the day of the label."""
    import pandas as pd

    from carbon.catalogue.ledger import read_ledger

    ledger = read_ledger(path, "verifications")
    table, today = ledger.frame, pd.Timestamp(day)
    table = table[(table["valid_from"] <= today) & (table["valid_to"] >= today)]
    table = table.sort_values("valid_to").drop_duplicates("sku", keep="last")
    out = table[["verifier", "certificate"]].astype(str).astype("object")
    out["verified_until"] = table["valid_to"].dt.strftime("%Y-%m-%d").astype("object")
    click.echo(f"{len(out)} certificates hold on {day}, {len(ledger.problems)} problems in {path}")
    return out.set_index(table["sku"].astype(str).astype("object"))


def _in_batches(
    study: Study,
    drawing: Drawing,
    told: dict[str, Any],
    catalogue: Path | str,
    output: Path | str,
    old: pd.DataFrame | None,
    running: dict[str, Any],
) -> int:
    """Labels of a catalogue of any size."""
    from carbon.run.batches import Job, run
    from carbon.run.label_index import tallied

    if (
        old is not None and PurePath(output).suffix.lower() in TABLES
    ):  # against an earlier index: none is drawn
        kept, finish = ".parquet", partial(_compared, old=old)
    else:
        kept, finish = "", partial(_finished, old=old)
    job = Job("label", study, drawing, told, not kept, tallied, kept, finish)
    outcome = run(job, catalogue, output, **running)
    tally = {name: int(count) for name, count in outcome.tally.items()}
    if not kept:
        click.echo(f"{tally.pop('files', 0)} files, index.csv")
    _tell_states(tally)
    tell_run(outcome, study.basis)
    return outcome.exit_code


def _finished(joined: Path, made: Path, *, old: pd.DataFrame | None) -> None:
    """Index, problems and archive of labels that are all drawn; what they change."""
    from carbon.run.folder import rows_of
    from carbon.run.label_index import PROBLEMS, changes, finished, read_index

    finished(joined, made)
    if old is not None:
        _tell_changes(changes(old, read_index(joined)))
    if (joined / PROBLEMS).exists():
        rows = rows_of(joined / PROBLEMS)
        _tell_claims(list(islice(rows, TOLD)), sum(1 for _ in rows))


def _compared(joined: Path, made: Path, *, old: pd.DataFrame) -> None:
    """What labels would change."""
    import pandas as pd

    from carbon.run.label_index import changes
    from carbon.run.results import FORMATS

    table = changes(old, pd.read_parquet(joined))
    _tell_changes(table)
    FORMATS[made.suffix.lower()](table, made)


def _at_once(
    study: Study,
    drawing: Drawing,
    draws: int,
    catalogue: Path | str,
    skus: tuple[str, ...],
    output: Path | str,
    old: pd.DataFrame | None,
    running: dict[str, Any],
) -> int:
    """Labels of some SKUs, or of one as a file: what is no matter of batches."""
    from carbon.run.label_index import changes, indexed
    from carbon.run.labels import write_labels, write_one
    from carbon.run.results import write_table

    if running["manifest"] is not None or "://" in f"{catalogue}{output}":
        raise click.UsageError("--manifest and URLs do not go with --only or a single file")
    output, suffix = Path(output), PurePath(output).suffix.lower()
    filled = study.catalogue(Path(catalogue))
    if skus:
        filled = filled.select(list(dict.fromkeys(skus)))
    single = suffix.removeprefix(".") in KINDS
    if single and len(filled) != 1:
        raise click.UsageError(f"{output} is one file: name one SKU with --only")
    graded, beside = drawing.graded(study, filled, draws)
    table = None
    if old is not None:
        table = changes(old, indexed(graded, beside, drawing.job.issue))
        _tell_changes(table)
    if suffix in TABLES and table is not None:
        write_table(table, output)
    else:
        if single:
            noted = write_one(graded, beside, drawing.job, output)
        else:
            files, noted = write_labels(graded, beside, drawing.job, output)
            click.echo(f"{files} files, index.csv")
        _tell_claims(noted.head(TOLD).to_dict("records"), len(noted) - TOLD)
    _tell_states(graded["state"].value_counts(sort=False).to_dict())
    click.echo(f"{len(filled)} SKUs -> {output}  [{study.basis}]")
    return int(errors_in(filled) or bool(graded["total_kg"].isna().any()))


def _tell_states(tally: Mapping[Any, int]) -> None:
    """How many SKUs have a letter, and how sure it is."""
    from carbon.label.facts import STATES

    certified = tally.get("verified", 0)
    told = [f"{tally[state]} {state.replace('_', ' ')}" for state in STATES if tally.get(state)]
    click.echo(", ".join(told + ([f"{certified} verified"] if certified else [])) or "no labels")


def _tell_changes(table: pd.DataFrame) -> None:
    told = table["change"].value_counts()
    click.echo(
        f"{len(table)} labels change: "
        + (", ".join(f"{count} {kind}" for kind, count in told.items()) or "none")
    )
    for row in table[table["change"] == "letter"].head(20).to_dict("records"):
        click.echo(f"  {row['sku']}: {row['letter_old'] or '-'} -> {row['letter_new'] or '-'}")


def _tell_claims(rows: Sequence[Mapping[Any, Any]], more: int) -> None:
    """Names that claimed what the market forbids."""
    for row in rows:
        click.echo(
            f"{row['severity']} {row['code']}  {row['sku']} {row['column']}: "
            f"{str(row['value'])[:60]!r}  {row['rule']}; {row['remedy']}"
        )
    if more > 0:
        click.echo(f"... and {more} more in problems.csv")
