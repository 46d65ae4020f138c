"""``carbon room``: may a live room call itself what it wants to."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.base.errors import LedgerError, OutputError
from carbon.cli.options import (
    DRAWS,
    LANG,
    OUTPUT,
    guard,
    new_study,
    scope,
)
from carbon.cli.policy import POLICY, clashes, findings
from carbon.cli.reference import REFERENCES, weighed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from carbon.catalogue.ledger import Ledger
    from carbon.liveroom.eligibility import Judgement
    from carbon.study import Study

__all__ = ["room"]

BESIDE = ("sessions", "sales", "merchants", "certificates", "credits", "rates")
"""Ledgers that stand in the folder of the rooms, unless an option names them."""

NEEDED = ("sessions", "sales")
SHOWN = 10
"""Rooms and reasons that are printed."""


def _tables(command: Any) -> Any:
    """Options that name the ledgers beside the rooms."""
    helps = {
        "sessions": "Sessions with studio energy and viewer-hours.",
        "sales": "Sales lines with returns.",
        "merchants": "Standing of merchants: block list, size, credit grade.",
        "certificates": "Certificates of green power with serials.",
        "credits": "Retired credits with serials.",
        "rates": "Currencies and their price in the policy's.",
    }
    for name in reversed(BESIDE):
        command = click.option(
            f"--{name}", type=click.Path(path_type=Path), metavar="FILE", help=helps[name]
        )(command)
    return command


@click.command()
@click.argument("rooms", type=click.Path(path_type=Path))
@click.option(
    "--catalogue",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Catalogue of the goods sold.",
)
@_tables
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
    import pandas as pd

    from carbon.liveroom.eligibility import Tables, judge
    from carbon.liveroom.goods import goods_of
    from carbon.liveroom.policy_file import read_policy, refuse
    from carbon.liveroom.room_problems import text_of
    from carbon.liveroom.settlement import read_history, settle
    from carbon.liveroom.studio import viewers_of
    from carbon.run.results import write_table

    files = _files(rooms, {name: rest.pop(name) for name in BESIDE})
    day = _day(as_of)
    if history is not None and not period:
        raise click.UsageError("--history needs --period: a room is judged once in each")
    outputs = {
        name: output.with_name(f"{output.stem}{name}{output.suffix}")
        for name in ("", "-reasons", "-problems", "-settlement")
    }
    inputs = [catalogue, *files.values()]
    for path in outputs.values():
        guard(path, *inputs)
    rules = read_policy(policy_file)
    refuse(clashes(rules), policy_file)
    before = read_history(history) if history is not None else None
    ledgers = _read(files)
    study = new_study(**rest)
    filled = study.catalogue(catalogue)
    graded = weighed(study, filled, references, draws)
    names = study.vocabulary.categories["category"].astype(str).tolist()
    goods = goods_of(filled, _archetypes(study, names), graded, rules)
    frames = {name: ledger.frame for name, ledger in ledgers.items()}
    rates, odd_rates = _rates(ledgers.get("rates"))
    frames.pop("rates", None)
    tables = Tables(
        **frames,
        findings=findings(frames["rooms"], rules),
        rates=rates,
        refused=ledgers["sales"].refused,
    )
    impacts = _impacts(study, viewers_of(tables.sessions, rules.viewers))
    judged = judge(
        tables,
        goods,
        impacts,
        rules,
        as_of=day,
        period=period,
        basis=str(study.basis),
        edition=study.basis.edition,
        earlier=None
        if before is None
        else before.others(pd.Index(text_of(frames["rooms"], "room")), period),
    )
    problems = _problems(ledgers, odd_rates, judged.problems)
    write_table(judged.rooms, output)
    write_table(judged.reasons, outputs["-reasons"])
    write_table(problems, outputs["-problems"])
    if before is not None and history is not None:
        changed = settle(before, judged, rules)
        write_table(changed, outputs["-settlement"])
        _keep(history, before, judged, period)
        _tell_changes(changed, lang)
    _tell(judged, lang)
    grave = int((problems["severity"] == "error").sum())
    click.echo(
        f"{len(judged.rooms)} rooms, as of {day}, {len(problems)} problems -> {output}  "
        f"[{rules.id} | {study.basis}]"
    )
    sys.exit(1 if grave else 0)


def _files(rooms: Path, named: dict[str, Path | None]) -> dict[str, Path]:
    """File of each ledger: the one named, else the one in the folder."""
    from carbon.run.results import FORMATS

    files: dict[str, Path] = {}
    folder = rooms if rooms.is_dir() else None
    for name in ("rooms", *BESIDE):
        path = rooms if name == "rooms" and folder is None else named.get(name)
        if path is None and folder is not None:
            there = [folder / f"{name}{ending}" for ending in FORMATS]
            there = [one for one in there if one.is_file()]
            if len(there) > 1:
                raise LedgerError("G001", f"two files of {name}", file=str(folder))
            path = there[0] if there else None
        if path is not None:
            files[name] = path
        elif name == "rooms":
            raise LedgerError("G001", "it holds no table of rooms", file=str(rooms))
        elif name in NEEDED:
            raise click.UsageError(f"--{name} is needed, or a folder that holds it")
    return files


def _day(text: str | None) -> np.datetime64:
    import datetime

    import numpy as np

    try:
        day = datetime.date.fromisoformat(text) if text else datetime.date.today()
    except ValueError:
        raise click.UsageError(f"--as-of {text!r} is not a date like 2026-11-30") from None
    return np.datetime64(day, "D")


def _read(files: dict[str, Path]) -> dict[str, Ledger]:
    from carbon.catalogue.ledger import read_ledger

    out = {}
    with click.progressbar(files.items(), label="reading", file=sys.stderr) as bar:
        for name, path in bar:
            out[name] = read_ledger(path, name)
    return out


def _archetypes(study: Study, names: list[str]) -> Any:
    import pandas as pd

    return study.catalogue(pd.DataFrame({"sku": names, "category": names}))


def _impacts(study: Study, places: list[str]) -> pd.DataFrame:
    """What a kilowatt-hour and an hour watched cause in each place."""
    import numpy as np
    import pandas as pd

    from carbon.liveroom.studio import IMPACT_COLUMNS
    from carbon.stages.live_session import RENEWABLE, STREAMING
    from carbon.stages.production import ELECTRICITY

    names = study.vocabulary.names("region")
    unit = study.unit_impacts.values.sum(axis=1)
    table = np.full((len(places), len(IMPACT_COLUMNS)), np.nan)
    for row, place in enumerate(places):
        code = names.code(place)
        for column, activity in enumerate((ELECTRICITY, RENEWABLE, STREAMING)):
            if code >= 0:
                table[row, column] = unit[study.edition.match(activity, names.ids[code])[0]]
    return pd.DataFrame(table, index=pd.Index(places), columns=list(IMPACT_COLUMNS))


def _rates(ledger: Ledger | None) -> tuple[dict[str, float] | None, pd.DataFrame]:
    """Price of each currency, and what is wrong with the others."""
    from carbon.base.errors import problem_table

    if ledger is None:
        return None, problem_table()
    table = ledger.frame
    odd = table["currency"].duplicated(keep=False) | ~(table["rate"] > 0)
    bad = table[odd].rename(columns={"line": "row", "currency": "value"})
    bad = bad.assign(file=ledger.file, column="rate", sku="", code="R038").drop(columns="rate")
    sound = table[~odd]
    return dict(zip(sound["currency"].astype(str), sound["rate"], strict=True)), problem_table(bad)


def _problems(ledgers: dict[str, Ledger], *found: pd.DataFrame) -> pd.DataFrame:
    """Problems of the ledgers as they were read, and of the rooms, with the names of the files."""
    import pandas as pd

    named = {name: ledger.file for name, ledger in ledgers.items()}
    parts = [one.problems for one in ledgers.values()]
    parts += [part.assign(file=part["file"].replace(named)) for part in found]
    full = [part for part in parts if len(part)]
    return pd.concat(full, ignore_index=True) if full else parts[-1]


def _keep(history: Path, before: Any, judged: Judgement, period: str) -> None:
    from carbon.base.files import whole_file
    from carbon.liveroom.settlement import entry

    new = entry(before, judged, period)
    if new is None:
        click.echo(f"history: nothing new, {before.runs} entries, last {before.head[:12]}")
        return
    path = history / new[0]
    if path.exists():
        raise OutputError("O004", file=str(path))
    with whole_file(path) as beside:
        beside.write_text(new[1], encoding="utf-8", newline="\n")
    click.echo(f"history: entry {path}")


def _tell(judged: Judgement, lang: str) -> None:
    """Rooms by tier, and what the first rooms could do."""
    rooms = judged.rooms
    counts = rooms.groupby(["status", "tier"], sort=True).size().reset_index(name="rooms")
    for row in counts.to_dict("records"):
        click.echo(f"{row['status']:<14}{row['tier'] or '-':<14}{row['rooms']:>8}")
    for row in rooms.head(SHOWN).to_dict("records"):
        click.echo(
            f"{row['room']}  {row['points']:.1f}  {row['status']} {row['tier']}  "
            f"{row['boost']:+.0%}  {row['problem']}".rstrip()
        )
        told = judged.reasons[judged.reasons["room"] == row["room"]]
        worth = told[(told["kind"] == "gate") & ~told["passed"].astype(bool)]
        best = told[told["kind"] == "criterion"].nlargest(2, "adds")
        for one in [*worth.to_dict("records"), *best.to_dict("records")]:
            if one["adds"] > 0 or one["kind"] == "gate":
                click.echo(f"    {one[lang]}")
    if len(rooms) > SHOWN:
        click.echo(f"... and {len(rooms) - SHOWN} more rooms")


def _tell_changes(changed: pd.DataFrame, lang: str) -> None:
    for row in changed.head(SHOWN).to_dict("records"):
        click.echo(f"{row['room']} {row['period']}: {row[lang]}")
    if len(changed) > SHOWN:
        click.echo(f"... and {len(changed) - SHOWN} more changes")
