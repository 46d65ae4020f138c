"""A tax dossier of many taxpayers, workbook, summary and hashes included."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from benchmarks.catalogue import wide
from benchmarks.harness import Bound, Row, Told, snippet, subject

CODE = """
import json, sys, time
from pathlib import Path
from carbon.office import make_dossier as make
from carbon.run.dossier_folder import DossierOptions as Asked
from carbon.base.rules import templates_root
folder, draws = Path(sys.argv[1]), int(sys.argv[2])
rule = templates_root() / "tax" / "paper-2percent.toml"
inputs = {"catalogue": [folder / "catalogue.csv"], "sales": [folder / "sales.csv"], "rules": [rule]}
asked = Asked(period="2026Q3", languages=["zh"], draws=draws, edition="2026.1",
              method="GWP100 AR6", boundary="cradle-to-grave")
start = time.perf_counter()
_, dossier = make(inputs, asked, folder / "dossier")
seconds = time.perf_counter() - start
totals = dossier.assessment.totals
lines = dossier.assessment.lines
assert int(totals["relief_lines"].sum()) == int(lines["relief"].sum())
assert int(totals["lines"].sum()) == len(lines)
print(seconds)
"""


def sales(skus: pd.Series, lines: int, payers: int = 500, seed: int = 1) -> pa.Table:
    """A ledger in which every SKU is sold by one of the taxpayers.

    Parameters
    ----------
    skus : pandas.Series
        Their identifiers.
    lines : int
        Lines of the ledger.
    payers : int
        Taxpayers.
    seed : int
        Of the variation.
    """
    random = np.random.default_rng(seed)
    which = np.append(np.arange(len(skus)), random.integers(0, len(skus), max(lines, 0)))[:lines]
    units = random.integers(1, 40, lines)
    back = random.binomial(units, 0.2)
    price = random.integers(1_000, 50_000, len(skus))[which]
    days = np.datetime64("2026-07-01") + random.integers(0, 92, lines).astype("timedelta64[D]")
    return pa.table(
        {
            "entry": np.char.mod("E%08d", np.arange(lines)),
            "taxpayer": np.char.mod("T%05d", which % payers),
            "room": np.char.mod("room-%04d", which % 700),
            "sku": skus.to_numpy(dtype="object")[which],
            "units": units,
            "revenue": units * price / 100,
            "currency": np.full(lines, "CNY"),
            "returned_units": back,
            "refund": back * price / 100,
            "vat_rate": np.where(which % 5 == 0, "9%", "13%"),
            "date": days.astype(str),
        }
    )


@subject("tax dossier", small={"rows": 60, "lines": 100, "draws": 20}, order=70)
def run(rows: int = 100_000, lines: int = 1_000_000, draws: int = 1000) -> Iterator[Told]:
    """From the catalogue and the ledger (CSV) to the whole folder that an office is handed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        catalogue = wide(rows)
        catalogue["sku"] = np.char.mod("S%07d", np.arange(rows))
        csv.write_csv(
            pa.Table.from_pandas(catalogue, preserve_index=False), folder / "catalogue.csv"
        )
        csv.write_csv(sales(catalogue["sku"], lines), folder / "sales.csv")
        seconds, peak = snippet(CODE, str(folder), str(draws))
        told = json.loads((folder / "dossier" / "manifest.json").read_text(encoding="utf-8"))
        assert any(one["path"] == "dossier.zh.xlsx" for one in told["outputs"])
    name = f"dossier, {lines:,} lines of sales, {draws:,} draws"
    row = Row(name, (seconds,) if isinstance(seconds, float) else tuple(seconds), rows, "SKU", peak)
    yield row
    yield Bound("dossier [s]", row.seconds, most=60)
    yield Bound("dossier, peak [MB]", float(peak or 0.0), most=3000)
