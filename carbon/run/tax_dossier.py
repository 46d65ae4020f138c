"""From files to a dossier: what ``carbon tax`` computes and writes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet

from carbon import __version__
from carbon.base.errors import LedgerError, problem_table
from carbon.base.rules import digest, templates_root
from carbon.catalogue.aliases import spelled
from carbon.catalogue.ledger import Ledger, read_ledger
from carbon.catalogue.schema import Catalogue
from carbon.incentive import intensity
from carbon.incentive.dossier import (
    DECIMAL,
    Dossier,
    Source,
    changes,
    earlier,
    line_table,
    to_json,
    total_table,
)
from carbon.incentive.returned import with_ledger_rates
from carbon.incentive.sales import settle
from carbon.incentive.sheet_rows import SHEET_ROWS
from carbon.incentive.signature import intensity_chart, summary_pdf
from carbon.incentive.vat import assess, taxed
from carbon.incentive.vat_rules import Period, TaxRule, load_rule
from carbon.incentive.workbook import write_workbook
from carbon.run.results import EPOCH, as_text, write_picture, write_table
from carbon.run.tax_manifest import (
    MANIFEST,
    Asked,
    Manifest,
    Named,
    beside,
    copied,
    free,
    libraries,
    outputs,
)
from carbon.study import Study

__all__ = ["make", "write_amounts"]

CHUNK: Final = 20_000
FACTOR: Final = ("activity", "factor_location", "unit", "kg_per_unit", "factor_source", "cite")


def make(
    inputs: dict[str, list[Path]],
    asked: Asked,
    output: Path,
    progress: Callable[[str], object] = lambda _: None,
) -> tuple[Manifest, Dossier]:
    """Compute a dossier and write it.

    Parameters
    ----------
    inputs : dict of str to list of pathlib.Path
        Role → files or folders: ``catalogue sales rules`` and, where given, ``base_sales
        base_catalogue verified previous factors``.
    asked : Asked
        What decides the result beside them.
    output : pathlib.Path
        A folder that is new, empty, or holds an earlier dossier, which is replaced.
    progress : callable, optional
        Told what is done next.

    Returns
    -------
    Manifest, Dossier

    Raises
    ------
    carbon.base.errors.CarbonError
        As reading, computing and writing tell.
    """
    free(output, [path for paths in inputs.values() for path in paths])
    with beside(output) as folder:
        progress("inputs")
        copies, named = copied(inputs, folder)
        progress("footprints")
        dossier, study = _computed(copies, asked, named, folder)
        progress("files")
        _written(dossier, asked.languages, folder)
        rule = dossier.rule
        manifest = Manifest(
            program=dossier.program,
            libraries=libraries(),
            edition=study.edition.id,
            edition_sha256=study.edition.digest,
            rule=f"{rule.name}/{rule.version}",
            arguments=asked,
            inputs=named,
            outputs=outputs(folder, named),
        )
        text = manifest.model_dump_json(indent=1) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    return manifest, dossier


def _computed(
    inputs: dict[str, list[Path]], asked: Asked, named: list[Named], folder: Path
) -> tuple[Dossier, Study]:
    rule, period = load_rule(inputs["rules"][0]), Period.parse(asked.period)
    study = _study(asked, asked.edition, inputs)
    rule.demand(period, study.edition.name)
    ledger = read_ledger(inputs["sales"][0], "sales")
    names = study.vocabulary.names("category")
    ids = spelled(ledger.frame["category"], names) if "category" in ledger.frame else {}
    sales = settle(ledger, rule, period, study.edition.name, ids)
    catalogue = study.catalogue(inputs["catalogue"][0])
    wanted = set(sales.lines["sku"])
    at = np.flatnonzero([sku in wanted for sku in catalogue.skus["sku"]])
    sold, rates = with_ledger_rates(catalogue.rows(at.astype(np.int64)), sales.lines)
    footprints = study.grades(sold, draws=asked.draws)
    footprints["line"] = sold.skus["line"].to_numpy(np.int64)
    told = None
    parts = [sales.problems]
    if "verified" in inputs:
        ledger = read_ledger(inputs["verified"][0], "verifications")
        told = ledger.frame
        parts.append(ledger.problems)
    assessment = assess(sales.lines, footprints, rule, period, told)
    serious = sold.problems[sold.problems["severity"] == "error"]
    parts += [serious, rates, _sku_problems(assessment.lines)]
    exchanges, factors = _exchanges(study, sold, folder / "inventory.parquet")
    before = earlier(inputs["previous"][0], rule) if "previous" in inputs else None
    compared = changes(assessment.lines, before, str(study.basis)) if before else None
    change = None
    if "base_sales" in inputs:
        change, problems = _change(study, asked, inputs, rule, assessment.lines, sold)
        parts.append(problems)
    found = [part for part in parts if not part.empty]
    return (
        Dossier(
            rule=rule,
            period=period,
            assessment=assessment,
            footprints=footprints,
            factors=factors,
            exchanges=exchanges,
            problems=pd.concat(found, ignore_index=True) if found else problem_table(),
            changes=compared,
            change=change,
            sources=[Source(one.role, Path(one.path).name, one.sha256) for one in named],
            basis=str(study.basis),
            program=f"carbon-label {__version__}",
        ),
        study,
    )


def _study(asked: Asked, edition: str, inputs: dict[str, list[Path]]) -> Study:
    own = inputs.get("factors", [])
    return Study(
        edition,
        factors=own,
        method=asked.method,
        boundary=asked.boundary,
        background=asked.background,
    )


def _change(
    study: Study,
    asked: Asked,
    inputs: dict[str, list[Path]],
    rule: TaxRule,
    lines: pd.DataFrame,
    sold: Catalogue,
) -> tuple[intensity.Change, pd.DataFrame]:
    """Carbon intensity against the base year, and the problems of its ledger."""
    ledger = read_ledger(inputs["base_sales"][0], "sales")
    period = Period.parse(asked.base_period) if asked.base_period else _whole(ledger)
    sales = settle(ledger, rule, period)
    old = _study(asked, asked.base_edition, inputs) if asked.base_edition else study
    source = inputs["base_catalogue"][0]
    catalogue = study.catalogue(source)
    base_now = intensity.components(study, catalogue)
    base = base_now if old is study else intensity.components(old, old.catalogue(source))
    found = intensity.change(
        (lines, intensity.components(study, sold)),
        (taxed(sales.lines, rule), base),
        base_now,
        digits=rule.minor_digits,
    )
    return found, sales.problems


def _whole(ledger: Ledger) -> Period:
    """All days of a ledger."""
    days = ledger.frame["date"]
    if days.empty:
        raise LedgerError("T004", file=ledger.file)
    name = "base"
    return Period(name=name, first=days.min().date(), last=days.max().date())


def _sku_problems(lines: pd.DataFrame) -> pd.DataFrame:
    """Codes of the SKUs of a dossier as rows."""
    parts = []
    for code in sorted({code for codes in lines["problem"].unique() for code in codes.split()}):
        if code.startswith("T"):
            at = lines[lines["problem"].str.contains(code)]
            parts.append(
                pd.DataFrame({"sku": at["sku"].astype(str), "value": at["taxpayer"].astype(str)})
            )
            parts[-1]["code"] = code
    return problem_table(pd.concat(parts) if parts else None)


def _exchanges(
    study: Study, sold: Catalogue, path: Path
) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """Write every exchange, and find the factors that were used."""
    kept: list[pd.DataFrame] = []
    used: list[pd.DataFrame] = []
    count = 0
    writer = None
    try:
        for start in range(0, max(len(sold), 1), CHUNK):
            table = study.inventory(sold.part(start, start + CHUNK))
            arrow = pa.Table.from_pandas(table, preserve_index=False)
            plain = pa.schema([(one.name, _plain(one.type)) for one in arrow.schema])
            writer = writer or parquet.ParquetWriter(path, plain, compression="zstd")
            writer.write_table(arrow.cast(plain))
            names = [*FACTOR, "match"]
            some = table.groupby(names, observed=True, sort=True, dropna=False).size()
            used.append(some.rename("uses").reset_index())
            count += len(table)
            if count < SHEET_ROWS:
                kept.append(table)
    finally:
        if writer is not None:
            writer.close()
    by = pd.concat(used).groupby([*FACTOR, "match"], sort=True, dropna=False, observed=True)
    factors = by["uses"].sum().reset_index()
    factors = factors[factors["factor_source"] != ""].reset_index(drop=True)
    if count >= SHEET_ROWS:
        return None, factors
    whole = pd.concat(kept, ignore_index=True)
    whole = whole[whole["factor_source"] != ""].reset_index(drop=True)
    number = factors.assign(factor=np.arange(len(factors)))[[*FACTOR, "match", "factor"]]
    whole = whole.astype(dict.fromkeys((*FACTOR[:3], *FACTOR[4:], "match"), "object"))
    number = number.astype(dict.fromkeys((*FACTOR[:3], *FACTOR[4:], "match"), "object"))
    return whole.merge(number, on=[*FACTOR, "match"], how="left"), factors


def _plain(kind: pa.DataType) -> pa.DataType:
    """Type of a column, the same in every chunk."""
    words = pa.types.is_dictionary(kind) or pa.types.is_large_string(kind)
    return pa.string() if words else kind


def write_amounts(table: pd.DataFrame, path: Path) -> None:
    """Write a table with amounts as CSV: text is made harmless, an amount below zero stays one.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :func:`carbon.incentive.dossier.line_table` or :func:`~.total_table`.
    path : pathlib.Path
        ``.csv``.
    """
    amounts = {name: table[name] for name in DECIMAL if name in table}
    csv.write_csv(
        pa.Table.from_pandas(as_text(table).assign(**amounts), preserve_index=False), path
    )


def _written(dossier: Dossier, languages: list[str], folder: Path) -> None:
    """Write the files of a dossier."""
    write_amounts(line_table(dossier), folder / "lines.csv")
    write_amounts(total_table(dossier), folder / "totals.csv")
    write_table(dossier.problems.astype({"row": "Int64"}), folder / "problems.csv")
    with (folder / "dossier.json").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(to_json(dossier))
    shutil.copyfile(
        templates_root() / "tax" / "dossier.schema.json", folder / "dossier.schema.json"
    )
    change = dossier.change
    if change is not None:
        effects = change.effects.set_index(["taxpayer", "measure", "effect"])["value"].unstack()  # noqa: PD010
        wide = change.ends.merge(effects.reset_index(), on=["taxpayer", "measure"])
        write_table(wide, folder / "intensity.csv")
    signed = [
        Source("output", name, digest(folder / name))
        for name in ("dossier.json", "lines.csv", "totals.csv", "inventory.parquet")
    ]
    for lang in languages:
        write_workbook(dossier, folder / f"dossier.{lang}.xlsx", lang, EPOCH)
        chart = ""
        if change is not None:
            chart = intensity_chart(change, dossier.rule, dossier.basis, lang)
            write_picture(chart, folder / f"intensity.{lang}.svg")
        (folder / f"summary.{lang}.pdf").write_bytes(summary_pdf(dossier, chart, signed, lang))
