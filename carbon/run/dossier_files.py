"""Reads a dossier, gives its files: workbook, summary, tables, JSON and every exchange."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from carbon.base.digits import carried_table
from carbon.base.files import digest
from carbon.base.problems import retold
from carbon.base.rules import templates_root
from carbon.catalogue.schema import Catalogue
from carbon.incentive.dossier import DECIMAL, Dossier, Source, line_table, to_json, total_table
from carbon.incentive.sheet_rows import SHEET_ROWS
from carbon.incentive.signature import intensity_chart, summary_pdf
from carbon.incentive.workbook import write_workbook
from carbon.run.csv_files import MARKED, write_csv
from carbon.run.results import EPOCH, as_text, write_picture, write_table

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["exchanges_of", "write_amounts", "write_dossier"]

CHUNK: Final = 20_000
FACTOR: Final = ("activity", "factor_location", "unit", "kg_per_unit", "factor_source", "cite")


def exchanges_of(
    study: Study, sold: Catalogue, path: Path | None = None
) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """Every exchange, written as it is made, and the factors that were used.

    ``path``: ``.parquet``; not written without. Returns ``exchanges``: None if they are more than a
    sheet holds; ``factors``: as :class:`carbon.incentive.dossier.Dossier` holds them.
    """
    kept: list[pd.DataFrame] = []
    used: list[pd.DataFrame] = []
    count = 0
    writer = None
    try:
        for start in range(0, max(len(sold), 1), CHUNK):
            table = carried_table(study.inventory(sold.part(start, start + CHUNK)))
            if path is not None:
                arrow = pa.Table.from_pandas(table, preserve_index=False)
                plain = pa.schema([(field.name, _plain(field.type)) for field in arrow.schema])
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
    exchanges = pd.concat(kept, ignore_index=True)
    exchanges = exchanges[exchanges["factor_source"] != ""].reset_index(drop=True)
    number = factors.assign(factor=np.arange(len(factors)))[[*FACTOR, "match", "factor"]]
    exchanges = exchanges.astype(dict.fromkeys((*FACTOR[:3], *FACTOR[4:], "match"), "object"))
    number = number.astype(dict.fromkeys((*FACTOR[:3], *FACTOR[4:], "match"), "object"))
    return exchanges.merge(number, on=[*FACTOR, "match"], how="left"), factors


def _plain(kind: pa.DataType) -> pa.DataType:
    """Type of a column, the same in every chunk."""
    words = pa.types.is_dictionary(kind) or pa.types.is_large_string(kind)
    return pa.string() if words else kind


def write_amounts(table: pd.DataFrame, path: Path) -> None:
    """Write a table with amounts as CSV: text is made harmless, an amount below zero stays one.

    ``table``: of :func:`carbon.incentive.dossier.line_table` or :func:`~.total_table`.
    """
    amounts = {name: table[name] for name in DECIMAL if name in table}
    rows = pa.Table.from_pandas(as_text(table).assign(**amounts), preserve_index=False)
    write_csv(rows, path, encoding=MARKED)


def write_dossier(dossier: Dossier, languages: Sequence[str], folder: Path) -> None:
    """Write workbook, summary, lines, totals, problems and JSON of a dossier.

    ``languages``: ``zh``, ``en`` or both; ``folder``: holds ``inventory.parquet`` of
    :func:`exchanges_of`.
    """
    write_amounts(line_table(dossier), folder / "lines.csv")
    write_amounts(total_table(dossier), folder / "totals.csv")
    problems = dossier.problems
    if languages[0] != "en":
        problems = retold(problems.reset_index(drop=True), languages[0])
    write_table(problems.astype({"row": "Int64"}), folder / "problems.csv", encoding=MARKED)
    with (folder / "dossier.json").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(to_json(dossier))
    shutil.copyfile(
        templates_root() / "tax" / "dossier.schema.json", folder / "dossier.schema.json"
    )
    change = dossier.change
    if change is not None:
        effects = change.effects.set_index(["taxpayer", "measure", "effect"])["value"].unstack()  # noqa: PD010
        wide = change.ends.merge(effects.reset_index(), on=["taxpayer", "measure"])
        write_table(wide, folder / "intensity.csv", encoding=MARKED)
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
