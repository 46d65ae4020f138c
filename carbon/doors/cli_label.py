"""``carbon label``: badges, labels, information sheets and overlays of a catalogue."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.doors.cli_reference import REFERENCES, weighed
from carbon.doors.options import CATALOGUE, DRAWS, errors_in, new_study, scope
from carbon.errors import OutputError

if TYPE_CHECKING:
    import pandas as pd

    from carbon.doors.label_run import Job
    from carbon.study import Study

__all__ = ["label"]

KINDS = ("svg", "png", "pdf", "html", "json")
TABLES = (".csv", ".parquet", ".xlsx", ".jsonl")
MANY = 2000
"""SKUs from which a second process is worth its start."""


@click.command()
@CATALOGUE
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
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
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; all cores without.")
@REFERENCES
@DRAWS
@scope
def label(
    catalogue: Path,
    output: Path,
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
    workers: int | None,
    references: Path | None,
    draws: int,
    **scope: Any,
) -> None:
    """Badge, label, information sheet or live overlay of every SKU.

    OUT is a folder with one file a SKU and format in sub-folders, and index.csv that says which
    file is whose; or a .zip of the same. A run that was stopped goes on where it was when it is
    started again. For one SKU, OUT can be one file: label.svg, label.png and so on.

    \b
    carbon label catalogue.xlsx -o labels --format svg,png,json --lang zh,en
    carbon label catalogue.xlsx -o labels.zip --template badge --template label --sheets
    carbon label catalogue.xlsx -o TS-001.pdf --template sheet --only TS-001
    carbon label catalogue.xlsx -o live --template overlay-portrait --format html,png --only TS-001
    carbon label catalogue.xlsx -o changes.csv --against labels/index.csv
    """
    from carbon.doors.label_index import read_index
    from carbon.label import facts

    single = output.suffix.lower().removeprefix(".")
    kinds = tuple(dict.fromkeys(kind.strip() for kind in formats.split(",") if kind.strip()))
    if not kinds or not set(kinds) <= set(KINDS):
        raise click.UsageError(f"formats are {', '.join(KINDS)}")
    compared = against is not None and output.suffix.lower() in TABLES
    if single in KINDS:
        kinds = (single,)
    elif output.suffix.lower() in TABLES and not compared:
        raise OutputError("O002", "labels go to a folder or a .zip", file=str(output))
    if output.exists() and catalogue.exists() and output.samefile(catalogue):
        raise OutputError("O004", file=str(output))
    old = None if against is None else read_index(against)
    study = new_study(**scope)
    filled = study.catalogue(catalogue)
    if skus:
        filled = filled.select(list(skus))
    if single in KINDS and len(filled) != 1:
        raise click.UsageError(f"{output} is one file: name one SKU with --only")
    names = templates or ("label",)
    job = _job(study, names, lang, kinds, issued, url, resolver)
    job = replace(
        job, dpi=dpi, outline=outline, market=market, sheets=scale / 100 if sheets else 0.0
    )
    graded = weighed(study, filled, references, draws, stages=True)
    about = facts.about(filled, study.vocabulary.categories)
    if verifications is not None:
        about = _verified(about, verifications, job.issue.issued)
    if old is not None:
        _tell_changes(old, graded, about, job, output if compared else None)
    if not compared:
        count = os.cpu_count() or 1
        processes = workers or (count if len(filled) >= MANY else 1)
        _write(graded, about, job, output, processes, single in KINDS)
    left_out = int(graded["total_kg"].isna().sum())
    told = graded["state"].value_counts()
    click.echo(
        f"{len(graded)} SKUs: "
        + ", ".join(f"{told.get(state, 0)} {state.replace('_', ' ')}" for state in told.index)
        + f" -> {output}  [{study.basis}]"
    )
    sys.exit(1 if left_out or errors_in(filled) else 0)


def _job(
    study: Study,
    templates: tuple[str, ...],
    lang: str,
    kinds: tuple[str, ...],
    issued: datetime | None,
    url: str,
    resolver: str,
) -> Job:
    from carbon.doors.label_run import Job
    from carbon.label.facts import Issue
    from carbon.label.link import check_url

    day = issued.date() if issued else date.today()
    issue = Issue(
        day,
        study.scale,
        study.method,
        study.boundary,
        url=check_url(url),
        resolver=check_url(resolver).rstrip("/"),
    )
    return Job(issue, templates, tuple(lang.split(",")), kinds)


def _verified(about: pd.DataFrame, path: Path, day: date) -> pd.DataFrame:
    """What third parties have verified, where it holds on the day of the label."""
    import pandas as pd

    from carbon.catalogue.ledger import read_ledger

    ledger = read_ledger(path, "verifications")
    table, today = ledger.frame, pd.Timestamp(day)
    table = table[(table["valid_from"] <= today) & (table["valid_to"] >= today)]
    table = table.sort_values("valid_to").drop_duplicates("sku", keep="last")
    table = table.set_index(table["sku"].astype(str))
    for column in ("verifier", "certificate"):
        told = about["sku"].map(table[column].astype(str))
        about[column] = told.fillna("").to_numpy(dtype=object)
    until = about["sku"].map(table["valid_to"].dt.strftime("%Y-%m-%d"))
    about["verified_until"] = until.fillna("").to_numpy(dtype=object)
    count = int((about["certificate"] != "").sum())
    click.echo(f"{count} verified, {len(ledger.problems)} problems in {path}")
    return about


def _tell_changes(
    old: pd.DataFrame, graded: pd.DataFrame, about: pd.DataFrame, job: Job, output: Path | None
) -> None:
    from carbon.doors.batch import write_table
    from carbon.doors.label_index import changes, indexed

    table = changes(old, indexed(graded, about, job.issue))
    told = table["change"].value_counts()
    click.echo(
        f"{len(table)} labels change: "
        + (", ".join(f"{count} {kind}" for kind, count in told.items()) or "none")
    )
    for row in table[table["change"] == "letter"].head(20).to_dict("records"):
        click.echo(f"  {row['sku']}: {row['letter_old'] or '-'} -> {row['letter_new'] or '-'}")
    if output is not None:
        write_table(table, output)


def _write(
    graded: pd.DataFrame, about: pd.DataFrame, job: Job, output: Path, workers: int, single: bool
) -> None:
    from carbon.doors.label_run import write_labels, write_one

    if single:
        noted = write_one(graded, about, job, output)
    else:
        with click.progressbar(length=len(graded), label="labels", file=sys.stderr) as bar:
            files, noted = write_labels(
                graded, about, job, output, workers=workers, progress=bar.update
            )
        click.echo(f"{files} files, index.csv")
    for row in noted.head(10).to_dict("records"):
        click.echo(
            f"{row['severity']} {row['code']}  {row['sku']} {row['column']}: "
            f"{str(row['value'])[:60]!r}  {row['rule']}; {row['remedy']}"
        )
    if len(noted) > 10:
        click.echo(f"... and {len(noted) - 10} more in problems.csv")
