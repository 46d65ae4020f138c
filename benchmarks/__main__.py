"""Run the subjects, write docs/performance.md and fail if a promise is missed.

python -m benchmarks                     everything, full size
python -m benchmarks what-if growth      some, printed only
python -m benchmarks --small             everything, as in the tests
"""

from __future__ import annotations

import argparse
import inspect
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from benchmarks.harness import (
    ROOT,
    Bound,
    Note,
    Row,
    SkippedError,
    Subject,
    Told,
    dump,
    every,
    parse,
)

PAGE = ROOT / "docs" / "performance.md"
HEAD = """# Performance

Written by `make bench`. Times are medians, with the lowest and the highest run; only ratios within
one run compare. The catalogues have three materials, packaging items and legs a SKU, no two cells
alike. The solved background is in the user's cache, as in daily use. Brightway's own ways get the
same demands of the same SKUs, totals only, and must give the same scores to 1e-9 (a project on
disk, which keeps single precision, to 1e-6), else the run fails. Peak memory is that of a process
of its own with its children; pages they share count once.
"""


def main() -> int:
    """Run what was asked for; 1 if a promise is missed or a subject failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="SUBJECT")
    parser.add_argument("--small", action="store_true", help="sizes of the tests")
    parser.add_argument("--list", action="store_true", help="names only")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    subjects = every()
    if asked.list:
        print("\n".join(subjects))
        return 0
    if asked.one:
        for told in _told(subjects[asked.one], small=asked.small):
            print(dump(told), flush=True)
        return 0
    unknown = set(asked.names) - set(subjects)
    if unknown:
        parser.error(f"no subject {', '.join(sorted(unknown))}")
    found: dict[str, list[Told]] = {}
    failed = []
    for name, one in subjects.items():
        if asked.names and name not in asked.names:
            continue
        print(f"## {name}\n\n{_about(one)}\n", flush=True)
        found[name], code = _apart(name, small=asked.small)
        print(_section(found[name]), flush=True)
        if code:
            failed.append(name)
    promises = _promises(found)
    if not asked.small:
        print(promises)
    if not asked.names and not asked.small:
        PAGE.write_text(_page(subjects, found, promises, failed), encoding="utf-8")
    missed = [
        told.name
        for rows in found.values()
        for told in rows
        if isinstance(told, Bound) and not told.met
    ]
    for name in failed:
        print(f"failed: {name}")
    return int(bool(failed) or (bool(missed) and not asked.small))


def _about(one: Subject) -> str:
    """What stands under its heading: the description without its parameters."""
    return (inspect.getdoc(one.run) or "").partition("\n\nParameters\n")[0]


def _told(one: Subject, *, small: bool) -> Iterator[Told]:
    try:
        yield from one.run(**(one.small if small else {}))
    except SkippedError as reason:
        yield Note(f"Skipped: {reason}.")


def _apart(name: str, *, small: bool) -> tuple[list[Told], int]:
    """Run a subject in a process of its own, so that none inherits another's memory."""
    words = [sys.executable, "-W", "ignore", "-m", "benchmarks", "--one", name]
    with tempfile.TemporaryDirectory(prefix="carbon-bench-") as home:
        process = subprocess.Popen(
            [*words, *(["--small"] if small else [])],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "BRIGHTWAY2_DIR": home},
        )
        lines = process.stdout or ()
        told = [parse(line) for line in lines if line.startswith('{"kind"')]
        return told, process.wait()


def _section(rows: list[Told]) -> str:
    lines = []
    timed = [told for told in rows if isinstance(told, Row)]
    if timed:
        lines += ["| | seconds (low to high) | per answer | peak MB |", "|---|---|---|---|"]
        for row in timed:
            spread = f"{_brief(row.seconds)} ({_brief(min(row.runs))} to {_brief(max(row.runs))})"
            peak = "" if row.peak_mb is None else f"{row.peak_mb:,.0f}"
            lines.append(f"| {row.name} | {spread} | {_each(row)} | {peak} |")
    lines += ["\n" + told.text for told in rows if isinstance(told, Note)]
    return "\n".join(lines) + "\n"


def _brief(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds >= 0.1 else f"{seconds:.3g}"


def _each(row: Row) -> str:
    return "" if row.items == 1 else f"{row.each * 1e6:,.1f} µs a {row.item}"


def _promises(found: dict[str, list[Told]]) -> str:
    lines = ["| measured in this run | | promised | |", "|---|---|---|---|"]
    for rows in found.values():
        for told in rows:
            if isinstance(told, Bound):
                sign = "" if told.least is None else f"≥ {told.least:,g}"
                sign += "" if told.most is None else f"≤ {told.most:,g}"
                missed = "" if told.met else "missed"
                lines.append(f"| {told.name} | {told.value:,.3g} | {sign} | {missed} |")
    return "\n".join(lines) + "\n"


def _page(
    subjects: dict[str, Subject], found: dict[str, list[Told]], promises: str, failed: list[str]
) -> str:
    lines = [HEAD, f"Machine: {_machine()}.\n", "## What is promised\n", promises]
    for name, rows in found.items():
        lines += [
            f"## {name.capitalize()}\n",
            f"{_about(subjects[name])}\n",
            _section(rows),
        ]
        if name in failed:
            lines.append("This subject ended with an error.\n")
    return "\n".join(lines).rstrip() + "\n"


def _machine() -> str:
    versions = []
    for package in ("bw2calc", "bw2data", "numpy", "scipy", "pandas", "pyarrow"):
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{_processor()}, {psutil.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, {', '.join(versions)}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "processor unknown"
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else "processor unknown"


if __name__ == "__main__":
    sys.exit(main())
