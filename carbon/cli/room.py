"""Reads ledgers of rooms, writes tiers, points and reasons: ``carbon room``."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from carbon.base.errors import LedgerError
from carbon.cli.options import (
    DRAWS,
    LANG,
    OUTPUT,
    PATH,
    POLICY,
    REFERENCES,
    command,
    echo,
    ledger_options,
    new_study,
    progress,
    scope,
)
from carbon.cli.outputs import result_files, write_tables
from carbon.cli.printing import padded, say, words_of

if TYPE_CHECKING:
    import pandas as pd

    from carbon.liveroom.judged import RoomsJudged

__all__ = ["room"]

SHOWN: Final = 10
"""Rooms and reasons that are printed."""


@command()
@click.argument("rooms", type=PATH)
@click.option(
    "--catalogue",
    required=True,
    type=PATH,
    metavar="FILE",
    help="Catalogue of the goods sold.",
)
@ledger_options
@OUTPUT
@POLICY
@click.option("--as-of", metavar="DATE", help="Day of the judgement, 2026-11-30; today without.")
@click.option("--period", default="", metavar="NAME", help="What is judged, as 2026-11.")
@click.option(
    "--history",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Earlier judgements: nothing counts twice, late returns re-open a score.",
)
@REFERENCES
@DRAWS
@LANG
@scope
def room(
    rooms: Path,
    catalogue: Path,
    output: Path,
    policy_file: str,
    as_of: str | None,
    period: str,
    history: Path | None,
    references: Path | None,
    draws: int,
    lang: str,
    **rest: Any,
) -> None:
    """Gates, points, tier and boost of every live room, and what would bring more.

    ROOMS is a table, or a folder that also holds sessions, sales, merchants, certificates,
    credits and rates (.csv .parquet .xlsx .jsonl). Beside OUT stand OUT-reasons, OUT-problems
    and, with a history, OUT-settlement.

    \b
    carbon room examples/platform --catalogue examples/catalogue.csv -o rooms.xlsx
    carbon room rooms.csv --sessions s.csv --sales sales.parquet --catalogue c.csv -o rooms.csv
    carbon room platform/ --catalogue c.csv --period 2026-11 --history judged/ -o rooms.parquet
    """
    from carbon.liveroom.ledgers import LEDGERS
    from carbon.platform import Platform

    named = {name: rest.pop(name) for name in LEDGERS}
    day, sources = _asked(as_of, rooms, named)
    if history is not None and not period:
        raise click.UsageError("--history needs --period: a room is judged once in each")
    files = result_files(output, "reasons", "problems", "settlement", inputs=(catalogue, *sources))
    study = new_study(**rest)
    platform = Platform(study, policy_file, references=references, draws=draws, progress=progress)
    judged = platform.judge(
        rooms, catalogue, ledgers=named, as_of=day, period=period, history=history
    )
    write_tables(
        files,
        out=judged.rooms,
        reasons=judged.reasons,
        problems=judged.problems,
        settlement=judged.settlement,
    )
    if history is not None:
        entry = judged.keep(history)
        say("nothing_new") if entry is None else say("entry", path=entry)
    if judged.settlement is not None:
        _print_changes(judged.settlement, lang)
    _print_rooms(judged, lang)
    problems = judged.problems
    counts = {"rooms": len(judged.rooms), "problems": len(problems), "output": output}
    say("judged", day=judged.as_of, policy=platform.policy.id, basis=study.basis, **counts)
    sys.exit(1 if (problems["severity"] == "error").any() else 0)


def _asked(
    as_of: str | None, rooms: Path, named: dict[str, Path | None]
) -> tuple[date, list[Path]]:
    """Day of the judgement and files of the ledgers; what is missing is told as an option."""
    from carbon.liveroom.judged import day_of
    from carbon.liveroom.ledgers import ledger_files

    try:
        day = day_of(as_of)
    except LedgerError:
        raise click.UsageError(f"--as-of {as_of!r} is not a date like 2026-11-30") from None
    try:
        return day, [Path(str(path)) for path in ledger_files(rooms, named).values()]
    except LedgerError as error:
        if error.file in named:
            raise click.UsageError(f"--{error.file} is needed, or a folder that holds it") from None
        raise


def _print_rooms(judged: RoomsJudged, lang: str) -> None:
    """Rooms by tier, and what the first rooms could do."""
    rooms, statuses = judged.rooms, words_of("room_")
    titles = dict(zip(rooms["tier"], rooms["tier_zh"], strict=True)) if lang == "zh" else {}
    counts = rooms.groupby(["status", "tier"], sort=True).size().reset_index(name="rooms")
    for row in counts.to_dict("records"):
        tier = titles.get(row["tier"]) or row["tier"] or "-"
        echo(f"{padded(statuses[row['status']], 14)}{padded(tier, 14)}{row['rooms']:>8}")
    for row in rooms.head(SHOWN).to_dict("records"):
        state = f"{statuses[row['status']]} {titles.get(row['tier']) or row['tier']}"
        what = f"{row['boost']:+.0%}  {row['problem']}"
        echo(f"{row['room']}  {row['points']:.1f}  {state}  {what}".rstrip())
        for sentence in judged.advice(row["room"])[lang]:
            echo(f"    {sentence}")
    if len(rooms) > SHOWN:
        say("more_rooms", count=len(rooms) - SHOWN)


def _print_changes(changed: pd.DataFrame, lang: str) -> None:
    for row in changed.head(SHOWN).to_dict("records"):
        say("change", room=row["room"], period=row["period"], words=row[lang])
    if len(changed) > SHOWN:
        say("more_changes", count=len(changed) - SHOWN)
