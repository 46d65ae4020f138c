"""Many labels as files: sharded folders or one ZIP, on several cores, resumable and whole.

Labels are drawn in chunks. A chunk that is done leaves its part of the index in the folder beside
the result; a run that was stopped finds the parts again and draws only the rest.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd

from carbon.doors.batch import whole_file
from carbon.doors.label_index import INDEX, INDEX_COLUMNS, safe
from carbon.errors import CarbonError, OutputError, RuleError, problem_table
from carbon.label.claims import check, clean, load_market, problems
from carbon.label.design import Design, load_design
from carbon.label.facts import Issue, facts
from carbon.label.render import Style, name_of, per_page, render, sheet_of

__all__ = ["Job", "label_rows", "write_labels", "write_one"]

CHUNK: Final = 480
"""SKUs drawn at once; four, six and eight labels a page divide it."""

OLD: Final = (1980, 1, 1, 0, 0, 0)
"""Date of the files in a ZIP, so that the same labels give the same bytes."""


@dataclass(frozen=True)
class Job:
    """What is to be drawn of each SKU.

    Parameters
    ----------
    issue : Issue
        What all labels share.
    templates : tuple of str
        Names of designs, or paths of folders.
    langs, formats : tuple of str
        As for :class:`carbon.label.render.Style`.
    dpi : float
        Pixels per inch of PNG.
    outline : bool
        SVG without text.
    sheets : float
        Scale of labels on A4 sheets [1]; 0 for no sheets.
    market : str
        Whose rules of claims every text passes.
    """

    issue: Issue
    templates: tuple[str, ...] = ("label",)
    langs: tuple[str, ...] = ("zh",)
    formats: tuple[str, ...] = ("svg",)
    dpi: float = 300.0
    outline: bool = False
    sheets: float = 0.0
    market: str = "neutral"

    def style(self, design: Design) -> Style:
        """How one of the designs is drawn; JSON is written once a SKU, beside it."""
        kinds = tuple(kind for kind in self.formats if kind != "json")
        return Style(design, self.issue.scale, self.langs, kinds, self.dpi, self.outline)


def write_labels(
    graded: pd.DataFrame,
    about: pd.DataFrame,
    job: Job,
    out: Path,
    *,
    workers: int = 1,
    progress: Callable[[int], object] | None = None,
) -> tuple[int, pd.DataFrame]:
    """Draw the labels of a catalogue.

    Parameters
    ----------
    graded, about : pandas.DataFrame
        As for :func:`carbon.label.facts.facts`.
    job : Job
        What is drawn.
    out : pathlib.Path
        A folder, or ``.zip``. A folder that exists must be empty or hold labels; it is replaced.
    workers : int
        Processes.
    progress : callable, optional
        Called with the number of SKUs drawn since the last call.

    Returns
    -------
    files : int
        How many were written, the index not counted.
    problems : pandas.DataFrame
        Claims in names that were reworded or left out; also ``problems.csv`` in the result.

    Raises
    ------
    carbon.errors.OutputError
        O001 if it cannot be written, L015 if the folder holds something else, L010 without font.
    carbon.errors.RuleError
        L001 to L014 if a template is refused.
    """
    _replaceable(out)
    designs = _designs(job)
    if job.sheets and not all(_fits(job, design) for design in designs):
        raise RuleError("L013", value=f"{job.sheets:.0%}")
    beside = out.with_name(f".{out.name}.partial")
    try:
        _prepared(beside, job, designs, about["sku"])
        starts = range(0, len(graded), CHUNK)
        chunks = (
            (number, graded.iloc[start : start + CHUNK], about.iloc[start : start + CHUNK])
            for number, start in enumerate(starts)
        )
        told: dict[int, list[dict[str, str]]] = {}
        for number, size, found in _drawn(chunks, job, beside, workers):
            told[number] = found
            if progress is not None:
                progress(size)
        rows = [row for number in sorted(told) for row in told[number]]
        noted = problem_table(pd.DataFrame(rows)) if rows else problem_table()
        files = _finish(beside, out, len(starts), noted)
    except CarbonError:
        shutil.rmtree(beside, ignore_errors=True)  # it would fail in the same place again
        raise
    except OSError as error:
        raise OutputError("O001", error.strerror or str(error), file=str(out)) from None
    return files, noted


def _prepared(beside: Path, job: Job, designs: tuple[Design, ...], skus: pd.Series) -> None:
    """The folder beside the result, emptied unless the same files were being made in it."""
    key = hashlib.sha256(repr((job, [design.sha256 for design in designs])).encode())
    key.update("\x00".join(skus.astype(str)).encode("utf-8", "surrogatepass"))
    same = beside / ".parts" / "key"
    if not (same.is_file() and same.read_text(encoding="ascii") == key.hexdigest()):
        shutil.rmtree(beside, ignore_errors=True)
        same.parent.mkdir(parents=True)
        same.write_text(key.hexdigest(), encoding="ascii")


def write_one(graded: pd.DataFrame, about: pd.DataFrame, job: Job, out: Path) -> pd.DataFrame:
    """Draw one label of one SKU as one file.

    Parameters
    ----------
    graded, about : pandas.DataFrame
        One row each.
    job : Job
        Of one template and one format.
    out : pathlib.Path
        The file.

    Returns
    -------
    pandas.DataFrame
        Problems, as :func:`write_labels`.

    Raises
    ------
    carbon.errors.OutputError, carbon.errors.RuleError
        As :func:`write_labels`.
    """
    design, kind = _designs(job)[0], job.formats[0]
    about, claimed = _claimless(about, job.market)
    record = facts(graded, about, job.issue).to_dict("records")[0]
    fact = {str(key): value for key, value in record.items()}
    style = replace(job.style(design), formats=(kind,))
    with whole_file(out) as beside:
        beside.write_bytes(render(fact, style)[kind])
    return problem_table(pd.DataFrame(claimed)) if claimed else problem_table()


def label_rows(graded: pd.DataFrame, about: pd.DataFrame, job: Job) -> pd.DataFrame:
    """Labels as rows, for those who keep them in a table.

    Parameters
    ----------
    graded, about : pandas.DataFrame
        As for :func:`carbon.label.facts.facts`.
    job : Job
        What is drawn; its first template.

    Returns
    -------
    pandas.DataFrame
        Columns ``sku, svg, json``.
    """
    design = _designs(job)[0]
    about, _ = _claimless(about, job.market)
    table = facts(graded, about, job.issue)
    style = replace(job.style(design), formats=("svg", "json"))
    rows = []
    for record in table.to_dict("records"):
        fact = {str(key): value for key, value in record.items()}
        files = render(fact, style)
        rows.append((fact["sku"], files["svg"].decode(), files["json"].decode()))
    return pd.DataFrame(rows, columns=["sku", "svg", "json"])


def _drawn(
    chunks: Iterator[tuple[int, pd.DataFrame, pd.DataFrame]], job: Job, beside: Path, workers: int
) -> Iterator[tuple[int, int, list[dict[str, str]]]]:
    if workers <= 1:
        for number, graded, about in chunks:
            yield number, len(graded), _chunk(job, beside, number, graded, about)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting: dict[Future[list[dict[str, str]]], tuple[int, int]] = {}
        try:
            for number, graded, about in chunks:
                waiting[pool.submit(_chunk, job, beside, number, graded, about)] = (
                    number,
                    len(graded),
                )
                while len(waiting) > 2 * workers:
                    yield from _ready(waiting)
            while waiting:
                yield from _ready(waiting)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _ready(
    waiting: dict[Future[list[dict[str, str]]], tuple[int, int]],
) -> Iterator[tuple[int, int, list[dict[str, str]]]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        number, size = waiting.pop(future)
        yield number, size, future.result()


def _designs(job: Job) -> tuple[Design, ...]:
    """The designs of a job; a template that claims what the market forbids is refused."""
    return _linted(job.templates, job.market)


@cache
def _linted(templates: tuple[str, ...], market_name: str) -> tuple[Design, ...]:
    market = load_market(market_name)
    out = []
    for name in templates:
        design = load_design(name)
        found = check(design.texts, market)
        if len(found):
            raise RuleError(
                "L014", found["message"].iloc[0], file=name, value=found["words"].iloc[0]
            )
        out.append(design)
    return tuple(out)


def _fits(job: Job, design: Design) -> bool:
    return min(per_page(job.style(design), job.sheets)) > 0


def _chunk(
    job: Job, beside: Path, number: int, graded: pd.DataFrame, about: pd.DataFrame
) -> list[dict[str, str]]:
    """Draw one chunk, unless it was drawn before; what its names claimed."""
    about, claimed = _claimless(about, job.market)
    table = facts(graded, about, job.issue)
    columns = [str(name) for name in table.columns]
    rows_of = zip(*(table[name].tolist() for name in columns), strict=True)
    records = [dict(zip(columns, row, strict=True)) for row in rows_of]
    designs = _designs(job)
    key = repr((job, [design.sha256 for design in designs], records))
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    part = beside / ".parts" / f"{number:06d}.json"
    if part.is_file() and json.loads(part.read_text(encoding="utf-8"))["digest"] == digest:
        return claimed
    rows: list[list[str]] = []
    own = Style(designs[0], job.issue.scale, job.langs, ("json",))
    for record in records:
        stem = name_of(str(record["sku"]))
        if "json" in job.formats:
            rows.append(_write(beside, f"{stem}.json", render(record, own)["json"], record, ""))
        for design in designs:
            for kind, content in render(record, job.style(design)).items():
                file = f"{stem}.{design.sheet.name}.{kind}"
                rows.append(_write(beside, file, content, record, design.sheet.name))
    if job.sheets:
        for design in designs:
            content = sheet_of(records, job.style(design), job.sheets)
            (beside / f"{design.sheet.name}s-{number + 1:04d}.pdf").write_bytes(content)
    whole = json.dumps({"digest": digest, "rows": rows}, ensure_ascii=False)
    with whole_file(part) as file_beside:
        file_beside.write_text(whole, encoding="utf-8")
    return claimed


def _claimless(about: pd.DataFrame, market: str) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    rules = load_market(market)
    out = about.copy(deep=False)
    rows: list[dict[str, str]] = []
    for column in ("name", "merchant", "verifier"):
        texts = about[column].reset_index(drop=True)
        cleaned, found = clean(texts, rules)
        out[column] = cleaned.to_numpy(dtype=object)
        if len(found):
            told = problems(found, column=column)
            told["sku"] = about["sku"].to_numpy()[found["text"].to_numpy(dtype=int)]
            rows += [
                {name: str(row[name]) for name in ("column", "sku", "value", "code")}
                for row in told.to_dict("records")
            ]
    return out, rows


def _write(
    folder: Path, file: str, content: bytes, fact: dict[str, Any], template: str
) -> list[str]:
    path = f"{folder}/{file}"
    try:
        _put(path, content)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        _put(path, content)
    return [
        fact["sku"],
        file,
        template,
        *(fact[key] for key in ("state", "letter", "probability", "total", "low", "high")),
        *(fact[key] for key in ("edition", "date", "valid_until")),
        hashlib.sha256(content).hexdigest(),
    ]


def _put(path: str, content: bytes) -> None:
    """Write a small file with the three calls it needs; there are many of them."""
    handle = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o644
    )
    try:
        if os.write(handle, content) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(handle)


def _replaceable(out: Path) -> None:
    """Refuse a folder that holds something other than labels."""
    if out.suffix.lower() == ".zip":
        if out.is_dir():
            raise OutputError("O001", "it is a folder", file=str(out))
        return
    if out.is_dir():
        if any(out.iterdir()) and not _holds_labels(out):
            raise OutputError("L015", file=str(out))
    elif out.exists():
        raise OutputError("L015", file=str(out))


def _holds_labels(folder: Path) -> bool:
    index = folder / INDEX
    if not index.is_file():
        return False
    with index.open(encoding="utf-8-sig", errors="replace") as file:
        return file.readline(200).startswith(",".join(INDEX_COLUMNS[:3]))


def _finish(beside: Path, out: Path, count: int, noted: pd.DataFrame) -> int:
    """Join the parts to the index and move the result into place."""
    files = 0
    parts = beside / ".parts"
    with (beside / INDEX).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(INDEX_COLUMNS)
        for number in range(count):
            rows = json.loads((parts / f"{number:06d}.json").read_text(encoding="utf-8"))["rows"]
            writer.writerows([[safe(cell) for cell in row] for row in rows])
            files += len(rows)
    if len(noted):
        noted.map(safe).to_csv(beside / "problems.csv", index=False, encoding="utf-8-sig")
    shutil.rmtree(parts)
    if out.suffix.lower() == ".zip":
        with whole_file(out) as zipped:
            _zip(beside, zipped)
        shutil.rmtree(beside)
        return files
    old = out.with_name(f".{out.name}.old")
    if out.exists():
        shutil.rmtree(old, ignore_errors=True)
        out.rename(old)
    beside.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    return files


def _zip(folder: Path, zipped: Path) -> None:
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), OLD)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
