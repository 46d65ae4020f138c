"""Reads tables of rooms and exposure, writes a page of HTML: ``carbon dashboard``."""

from __future__ import annotations

from pathlib import Path

import click

from carbon.cli.options import LANGS, OUTPUT, command
from carbon.cli.outputs import guard
from carbon.cli.printing import say
from carbon.cli.report import PAGES

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
    from carbon.run.results import read_result

    reasons = reasons or rooms.with_name(f"{rooms.stem}-reasons{rooms.suffix}")
    shares = None if exposure is None else _report_of(exposure)
    guard(output, *(each for each in (rooms, reasons, shares) if each is not None), only=PAGES)
    judged = read_result(rooms, ROOMS)
    html = page(
        judged,
        read_result(reasons, REASONS),
        None if shares is None else read_result(shares, EXPOSURE),
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
