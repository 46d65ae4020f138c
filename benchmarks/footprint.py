"""From a catalogue on disk to footprints on disk, stage by stage and against the machine."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.catalogue import write, write_parquet, write_tidy
from benchmarks.harness import Bound, Note, Row, Told, command, subject, timed
from carbon import stages
from carbon.catalogue.defaults import fill
from carbon.catalogue.read import read
from carbon.run.results import write_table
from carbon.study import Study

FORMS: dict[str, Callable[[int, Path], Path]] = {
    "catalogue.csv": write,
    "catalogue.parquet": write_parquet,
    "tidy": write_tidy,
}
TOLD = {"catalogue.csv": "CSV", "catalogue.parquet": "wide Parquet", "tidy": "tidy Parquet"}


@subject("whole path", small={"rows": 20, "repeat": 1}, order=10)
def whole(rows: int = 100_000, repeat: int = 3) -> Iterator[Told]:
    """`carbon footprint IN -o out.parquet --draws 0`, interpreter and all, on all cores."""
    Study().unit_impacts  # noqa: B018  the solved background is in the cache, as in daily use
    with tempfile.TemporaryDirectory() as folder:
        for name, make in FORMS.items():
            source = make(rows, Path(folder) / name)
            target = Path(folder) / "out.parquet"
            words = ("footprint", source, "-o", target, "--draws", 0, "--no-resume")
            runs, peak = command(*words, repeat=repeat)
            row = Row(f"{TOLD[name]} to footprints", runs, rows, "SKU", peak)
            yield row
            if name == "catalogue.csv":
                yield Bound(f"{rows:,} SKUs from CSV [s]", row.seconds, most=5)
                yield Bound("its peak memory, all processes [MB]", peak, most=800)


@subject("stages of the pipeline", small={"rows": 20, "repeat": 1, "draws": 10}, order=11)
def parts(rows: int = 100_000, repeat: int = 3, draws: int = 1000) -> Iterator[Told]:
    """What each step costs in one process: CSV in, Parquet out."""
    study = Study()
    study.unit_impacts  # noqa: B018
    few = max(rows // 20, 1)
    with tempfile.TemporaryDirectory() as folder:
        source = write(rows, Path(folder) / "catalogue.csv")
        told = [
            Row(
                "read: text to columns", timed(lambda: read(source, study.vocabulary), repeat), rows
            )
        ]
        raw = [read(source, study.vocabulary) for _ in range(repeat)]
        told.append(
            Row(
                "fill: what is not given",
                timed(lambda: fill(raw.pop(), study.vocabulary), repeat),
                rows,
            )
        )
        catalogue = study.catalogue(source)
        inventory = stages.take(catalogue, study.boundary)
        told.append(
            Row(
                "take: exchanges of every stage",
                timed(lambda: stages.take(catalogue, study.boundary), repeat),
                rows,
            )
        )
        weighing = Row(
            "weigh: datasets, all stages and indicators",
            # a copy, which remembers nothing of the last one
            timed(lambda: study.weigh(catalogue, replace(inventory)), repeat),
            rows,
        )
        told.append(weighing)
        frame = study.footprints(catalogue).to_frame()
        part = catalogue.part(0, few)
        study.footprints(part, draws=draws)
        judging = timed(lambda: study.footprints(part, draws=draws), repeat)
        told.append(Row(f"judge: intervals of {draws:,} draws, weighing included", judging, few))
        target = Path(folder) / "out.parquet"
        told.append(
            Row("write: table to Parquet", timed(lambda: write_table(frame, target), repeat), rows)
        )
        yield from told
        yield Bound(f"weighing {rows:,} SKUs [s]", weighing.seconds, most=0.3)
        yield from _limit(source, target, inventory, told)


def _limit(
    source: Path, target: Path, inventory: stages.inventory.Inventory, told: list[Row]
) -> Iterator[Told]:
    """What the machine would need if moving the bytes were all."""
    size = source.stat().st_size
    disk = _disk_rate(source.parent, max(size, 64 << 20))
    memory = _memory_rate()
    kept = {row.name.partition(":")[0]: row for row in told}
    columns = (
        inventory.sku,
        inventory.stage,
        inventory.activity,
        inventory.location,
        inventory.amount,
    )
    touched = sum(column.nbytes for column in columns)
    groups = inventory.n * 8 * 11 * 8
    table = [
        ("read", size, disk, "the file from the disk"),
        ("read", size, memory, "the file once through memory"),
        ("weigh", touched + groups, memory, "exchanges in and results out, once"),
        ("write", target.stat().st_size, disk, "the result to the disk"),
    ]
    yield Note(
        f"Sequential reads from the disk: {disk / 1e9:.2f} GB/s; memory, read and written: "
        f"{memory / 1e9:.1f} GB/s on one core.\n\n"
        "| step | bytes per SKU | what is counted | at the machine's rate [µs per SKU] | "
        "measured / limit |\n|---|---|---|---|---|\n"
        + "\n".join(
            f"| {step} | {size / inventory.n:,.0f} | {what} | {least / inventory.n * 1e6:.3f} "
            f"| {kept[step].seconds / least:,.1f} |"
            for step, size, rate, what in table
            for least in [size / rate]
        )
    )


def _disk_rate(folder: Path, size: int) -> float:
    """Bytes a second of a sequential read that the page cache does not answer."""
    path = folder / "disk"
    block = np.random.default_rng(1).integers(0, 256, 1 << 20, dtype=np.uint8).tobytes()
    with path.open("wb") as file:
        for _ in range(size >> 20):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    start = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 22):
            pass
    rate = path.stat().st_size / (time.perf_counter() - start)
    path.unlink()
    return rate


def _memory_rate(size: int = 1 << 27) -> float:
    """Bytes a second that a copy reads and writes."""
    source = np.ones(size // 8)
    target = np.empty_like(source)
    target[:] = source
    return 2 * size / min(timed(lambda: np.copyto(target, source), 5))


@subject("start", small={"repeat": 1}, order=90)
def start(repeat: int = 11) -> Iterator[Told]:
    """How soon `carbon --help` answers."""
    helped = Row("carbon --help", command("--help", repeat=repeat)[0], 1, "answer")
    yield helped
    yield Bound("carbon --help [s]", helped.seconds, most=0.3)
