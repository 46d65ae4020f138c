"""Labels: SVG with QR code and JSON of many SKUs, written to a folder; one label; one PNG."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.catalogue import wide
from benchmarks.harness import Bound, Row, Told, snippet, subject, timed
from carbon.doors.label_run import Job, write_labels
from carbon.label.design import load_design
from carbon.label.facts import Issue, about, facts
from carbon.label.render import Style, render
from carbon.study import Study

GRADED = 1_000
"""SKUs that are graded; the others repeat them under names of their own. Grading has a subject of
its own."""


def graded(rows: int) -> tuple[pd.DataFrame, pd.DataFrame, Issue]:
    """What labels are filled with, for many SKUs."""
    study = Study()
    filled = study.catalogue(wide(min(rows, GRADED)))
    frame = study.grades(filled, draws=100)
    told = about(filled, study.vocabulary.categories)
    at = np.resize(np.arange(len(frame)), rows)
    frame, told = (table.iloc[at].reset_index(drop=True) for table in (frame, told))
    names = pd.Series([f"SKU-{number:07d}" for number in range(rows)])
    frame["sku"], told["sku"] = names, names
    told["name"] = "夏季新款纯棉圆领短袖T恤宽松男女同款 " + names
    url = "https://shop.example/goods/{sku}"
    issue = Issue(date(2026, 9, 1), study.scale, study.method, study.boundary, url=url)
    return frame, told, issue


def batch(rows: int) -> float:
    """Seconds in which the labels of so many SKUs lie in a folder, on all cores."""
    frame, told, issue = graded(rows)
    job = Job(issue, formats=("svg", "json"))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        out = Path(folder) / "labels"
        files, _ = write_labels(frame, told, job, out, workers=os.cpu_count() or 1)
        seconds = time.perf_counter() - start
    if files != 2 * rows:
        raise AssertionError(f"{files} files")
    return seconds


@subject("label", small={"rows": 200, "repeat": 1}, order=40)
def run(rows: int = 100_000, repeat: int = 3) -> Iterator[Told]:
    """Labels drawn and written to a folder, on all cores; one label; one PNG.

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
