"""Reads tables of rooms and exposure, writes a page of HTML: ``carbon dashboard``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carbon.base.errors import LedgerError
from carbon.cli.options import LANGS, OUTPUT, command
from carbon.cli.outputs import guard
from carbon.cli.printing import say
from carbon.cli.report import PAGES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["dashboard"]


@command()
@click.argument("rooms", type=click.Path(path_type=Path))
@OUTPUT
@click.option(
    "--reasons",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Reasons of the rooms; ROOMS-reasons without.",
)
@click.option(
    "--exposure",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What carbon exposure wrote; its FILE-report is read.",
)
@LANGS
def dashboard(
    rooms: Path, output: Path, reasons: Path | None, exposure: Path | None, langs: tuple[str, ...]
) -> None:
    """One page on live rooms: tiers, points lost, exposure before and after, price of fairness.

    ROOMS is what carbon room wrote. OUT is .html: one file without scripts that fetches nothing.

    \b
    carbon room platform/ --catalogue catalogue.csv -o rooms.csv
    carbon exposure rooms.csv -o exposure.csv
    carbon dashboard rooms.csv --exposure exposure.csv -o dashboard.html --lang zh,en
    """
    from carbon.base.files import write_text
    from carbon.pages.dashboard import EXPOSURE, REASONS, ROOMS, page

    reasons = reasons or rooms.with_name(f"{rooms.stem}-reasons{rooms.suffix}")
    shares = None if exposure is None else _report_of(exposure)
    guard(output, *(each for each in (rooms, reasons, shares) if each is not None), only=PAGES)
    judged = _read(rooms, ROOMS)
    html = page(
        judged,
        _read(reasons, REASONS),
        None if shares is None else _read(shares, EXPOSURE),
        langs=langs,
        subject=rooms.name,
    )
    write_text(output, html)
    say("rooms_written", count=len(judged), output=output)


def _report_of(exposure: Path) -> Path:
    """The report beside an allocation, or the file itself if it is a report."""
    if exposure.stem.endswith("-report"):
        return exposure
    return exposure.with_name(f"{exposure.stem}-report{exposure.suffix}")


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A result of another command.

    Raises
    ------
    carbon.base.errors.LedgerError
        G001 to G005 or G008 if it is not there, or not what that command writes.
    """
    import json

    import pandas as pd

    readers = {
        ".csv": lambda: pd.read_csv(path, keep_default_na=True, encoding="utf-8-sig"),
        ".parquet": lambda: pd.read_parquet(path),
        ".xlsx": lambda: pd.read_excel(path, engine="calamine"),
        ".jsonl": lambda: pd.DataFrame(map(json.loads, path.read_text("utf-8").splitlines())),
    }
    if path.suffix.lower() not in readers:
        raise LedgerError("G002", file=str(path))
    if not path.is_file():
        raise LedgerError("G001", file=str(path))
    try:
        table = readers[path.suffix.lower()]()
    except Exception as error:  # readers raise errors of several unrelated kinds
        raise LedgerError("G008", str(error)[:120], file=str(path)) from None
    missing = [name for name in columns if name not in table]
    if missing:
        raise LedgerError("G005", f"as {path.stem} has none", file=str(path), column=missing[0])
    return table
