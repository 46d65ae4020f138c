"""Labels: SVG with QR code and JSON of many SKUs, written to a folder; one label; one PNG."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.catalogue import wide
from benchmarks.harness import Bound, Row, Told, command, snippet, subject, timed
from carbon.catalogue.schema import Catalogue
from carbon.label.design import load_design
from carbon.label.facts import Issue, about, facts
from carbon.label.render import Style, render
from carbon.run.batches import run as in_batches
from carbon.run.label_index import finished, tallied
from carbon.run.label_job import LabelJob as Job
from carbon.run.labels import Drawing
from carbon.run.plan import Job as Run
from carbon.study import Study

BATCH = 1920
"""As ``carbon label`` has it."""

GRADED = 1_000
"""SKUs that are graded; the others repeat them under names of their own. Grading has a subject of
its own."""

URL = "https://shop.example/goods/{sku}"


def graded(rows: int) -> tuple[pd.DataFrame, pd.DataFrame, Issue]:
    """What labels are filled with, for many SKUs."""
    study = Study()
    filled = study.catalogue(wide(min(rows, GRADED)))
    frame = study.grades(filled, draws=100, stages=True)
    told = about(filled, study.vocabulary.categories)
    told["name"] = [_name(sku) for sku in told["sku"]]
    issue = Issue(date(2026, 9, 1), study.scale, study.method, study.boundary, url=URL)
    return frame, told, issue


def _name(sku: str) -> str:
    return f"夏季新款纯棉圆领短袖T恤宽松男女同款 {sku}"


@dataclass(frozen=True)
class Known(Drawing):
    """Labels of SKUs whose grades are known."""

    grades: tuple[pd.DataFrame, pd.DataFrame] | None = None

    def graded(
        self, study: Study, catalogue: Catalogue, draws: int
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Grades of other SKUs, under the names of these."""
        del study, draws
        assert self.grades is not None
        at = np.arange(len(catalogue)) % len(self.grades[0])
        frame, told = (table.iloc[at].reset_index(drop=True) for table in self.grades)
        skus = catalogue.skus["sku"].astype("object").to_numpy()
        return frame, told.assign(sku=skus, name=[_name(sku) for sku in skus])


def batch(rows: int) -> float:
    """Seconds in which the labels of so many SKUs lie in a folder, on all cores."""
    frame, told, issue = graded(rows)
    drawing = Known(Job(issue, formats=("svg", "json")), grades=(frame, told))
    with tempfile.TemporaryDirectory() as folder:
        goods = Path(folder) / "goods.parquet"
        wide(rows).to_parquet(goods)
        options: dict[str, Any] = {"draws": 0}
        job = Run("label", Study(), drawing, options, True, tallied, finish=finished)
        start = time.perf_counter()
        outcome = in_batches(job, goods, Path(folder) / "labels", batch=BATCH)
        seconds = time.perf_counter() - start
    if outcome.tally["files"] != 2 * rows:
        raise AssertionError(f"{outcome.tally} files")
    return seconds


@subject("label", small={"rows": 20, "repeat": 1}, order=40)
def run(rows: int = 100_000, repeat: int = 3) -> Iterator[Told]:
    """Labels read, drawn and written to a folder, on all cores; the command; one label; one PNG.

    Parameters
    ----------
    rows : int
        SKUs of the batch.
    repeat : int
        Runs of the single labels, in tens.
    """
    code = (
        "import sys\nfrom benchmarks.label import batch\n"
        "if __name__ == '__main__':\n    print(batch(int(sys.argv[1])))"
    )
    few = max(rows // 5, 1)
    small, peak_small = snippet(code, few)
    seconds, peak = snippet(code, rows)
    yield Row("SVG and JSON of a fifth of them", small, few, peak_mb=peak_small)
    yield Row("labels as SVG with QR code and JSON, in a folder", seconds, rows, peak_mb=peak)
    with tempfile.TemporaryDirectory() as folder:
        goods = Path(folder) / "goods.parquet"
        table = wide(few)
        table.assign(name=[_name(sku) for sku in table["sku"]]).to_parquet(goods)
        words = ("label", goods, "-o", Path(folder) / "labels", "--url", URL)
        whole, most = command(*words, repeat=1)
    yield Row("carbon label, graded with 1,000 draws", whole, few, peak_mb=most)
    frame, told, issue = graded(1)
    row = facts(frame, told, issue).to_dict("records")[0]
    fact = {str(key): value for key, value in row.items()}
    style = Style(load_design("label"), issue.scale, formats=("svg", "json"))
    render(fact, style)
    one = Row("one label, SVG and JSON", timed(lambda: render(fact, style), repeat * 10))
    drawn = replace(style, formats=("png",))
    render(fact, drawn)
    png = Row("one label, PNG at 300 dpi", timed(lambda: render(fact, drawn), repeat * 10))
    yield one
    yield png
    scale = 100_000 / rows
    yield Bound("100,000 labels as SVG and JSON [s]", seconds[0] * scale, most=60)
    yield Bound(
        "memory for each further label [kB]", (peak - peak_small) * 1e3 / (rows - few), most=10
    )
    yield Bound("one label [ms]", one.seconds * 1e3, most=3)
    yield Bound("one PNG [ms]", png.seconds * 1e3, most=30)
