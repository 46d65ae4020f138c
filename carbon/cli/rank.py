"""``carbon rank``, ``carbon anomalies`` and ``carbon exposure``: what a platform puts first."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.base.errors import OutputError
from carbon.cli.options import (
    CATALOGUE,
    DRAWS,
    LANG,
    OUTPUT,
    SOURCE,
    TARGET,
    draw_factors,
    errors_in,
    guard,
    new_study,
    run_options,
    scope,
    tell_run,
)
from carbon.cli.policy import POLICY
from carbon.cli.reference import REFERENCES, own_references, weighed

if TYPE_CHECKING:
    import pandas as pd

    from carbon.liveroom.exposure import Allocation
    from carbon.liveroom.market import Scenario
    from carbon.liveroom.rounds import Rounds
    from carbon.run.rank import Ranking

__all__ = ["anomalies", "exposure", "rank"]

SHOWN = 10
"""Rows that are printed."""

LEFT_OUT = "G007"
"""Note on a header that is no column of the ledger: those of carbon room are many."""


@click.command()
@SOURCE
@TARGET
@click.option(
    "--by",
    default="intensity",
    show_default=True,
    type=click.Choice(["intensity", "letter", "saving"]),
    help="Ratio to the category's reference; its letter; or what the best lever would save.",
)
@click.option(
    "--within",
    default="category",
    show_default=True,
    type=click.Choice(["category", "merchant"]),
    help="Rank all of a category, or each merchant's SKUs of it.",
)
@click.option(
    "--signals",
    "signals_file",
    type=click.Path(path_type=Path),
    metavar="OUT2",
    help="Scores for a search system: sku, category, score, confidence, edition.",
)
@REFERENCES
@DRAWS
@run_options
@scope
def rank(
    catalogue: Path | str,
    output: Path | str,
    by: str,
    within: str,
    signals_file: Path | None,
    references: Path | None,
    draws: int,
    running: dict[str, Any],
    **rest: Any,
) -> None:
    """Rank SKUs within their category; those that cannot be told apart share a rank.

    OUT has a row a SKU, by category and rank. A rank holds those that differ from its first with
    less than the scale's confidence (9 draws in 10); p_next is the probability that a SKU is lower
    than the next row. What cannot be ranked stands last, with the reason, and is counted. Files,
    folders and URLs of any size are read and written as carbon footprint does.

    \b
    carbon rank catalogue.csv -o ranking.xlsx
    carbon rank catalogue.csv -o ranking.csv --by saving --within merchant
    carbon rank catalogue.csv -o ranking.parquet --signals signals.jsonl
    carbon rank goods/ -o ranking.parquet --workers 8 --resume
    """
    from functools import partial

    from carbon.run.batches import Job, run
    from carbon.run.rank import Ranking, graded

    guard(output, catalogue, folder=True)
    guard(signals_file, catalogue)
    if signals_file is not None and isinstance(output, Path):
        place = output.resolve()
        if place in (signals_file.resolve(), *signals_file.resolve().parents):
            raise OutputError("O004", "OUT2 is OUT, or lies in it", file=str(signals_file))
    if by == "saving" and signals_file is not None:
        raise click.UsageError("--signals says how low a footprint is, not what could be saved")
    study = new_study(**rest)
    own = own_references(references)
    draw_factors(study, draws)
    chosen = own or study.references
    options = {"by": by, "within": within, "draws": draws, "references": chosen.id}
    told = Ranking(by, within, study.scale.confidence, str(output), signals_file)
    job = Job("rank", study, partial(graded, own=own), options, kept=".arrow", finish=told.finish)
    outcome = run(job, catalogue, output, **running)
    if signals_file is not None:
        click.echo(f"signals -> {signals_file}")
    _tell_ranking(told)
    click.echo(f"{outcome.skus} SKUs, {told.ranked} ranked, {outcome.skus - told.ranked} not")
    tell_run(outcome, study.basis)
    sys.exit(outcome.exit_code)


def _tell_ranking(told: Ranking) -> None:
    click.echo(f"{'category':<24}{'SKUs':>10}{'ranks':>8}  first by {told.by}")
    for category, skus, ranks, first in told.table:
        click.echo(f"{category:<24}{skus:>10}{ranks:>8}  {first}")
    if told.categories > len(told.table):
        click.echo(f"... and {told.categories - len(told.table)} more categories")
    for reason, count in told.reasons.items():
        click.echo(f"not ranked: {count}  {_reason(reason)}")


def _reason(text: str) -> str:
    """Codes with what they say."""
    from carbon.base.errors import CODES

    said = [f"{code}: {CODES[code].rule}" for code in text.split() if code in CODES]
    return "; ".join(said) or text


@click.command()
@CATALOGUE
@OUTPUT
@click.option(
    "--sales",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sales with returned units; else the catalogue's own return rates.",
)
@click.option(
    "--waybills",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Weighed parcels: sku, units, parcel mass.",
)
@POLICY
@REFERENCES
@DRAWS
@LANG
@scope
def anomalies(
    catalogue: Path,
    output: Path,
    sales: Path | None,
    waybills: Path | None,
    policy_file: str,
    references: Path | None,
    draws: int,
    lang: str,
    **rest: Any,
) -> None:
    """Patterns that look like gaming, with their evidence; nothing follows from them by itself.

    SKUs bunched just under a letter, the same good under several numbers, masses below those of
    the parcels or of similar products, return rates too good for the category, mass or packaging
    left out where others state it. Each row: observed, expected, of how many, p-value, and the
    same adjusted for the number of tests. OUT-problems tells what is wrong with sales or waybills.

    \b
    carbon anomalies catalogue.csv -o anomalies.xlsx
    carbon anomalies catalogue.csv -o out.csv --waybills parcels.csv --sales sales.csv --lang zh
    """
    import pandas as pd

    from carbon.base.errors import RuleError
    from carbon.catalogue.ledger import read_ledger
    from carbon.liveroom.gaming import anomalies as look
    from carbon.liveroom.policy_file import read_policy
    from carbon.run.results import write_table

    beside = output.with_name(f"{output.stem}-problems{output.suffix}")
    for path in (output, beside):
        guard(path, catalogue, *(one for one in (sales, waybills) if one))
    policy = read_policy(policy_file)
    if policy.gaming is None:
        raise RuleError("R209", file=policy_file, value="gaming")
    ledgers = {
        name: read_ledger(path, name)
        for name, path in (("sales", sales), ("waybills", waybills))
        if path is not None
    }
    study = new_study(**rest)
    filled = study.catalogue(catalogue)
    grades = weighed(study, filled, references, draws)
    bounds = dict(zip(study.scale.letters, study.scale.bounds.tolist(), strict=False))
    frames = {name: ledger.frame for name, ledger in ledgers.items()}
    found = look(
        filled,
        grades,
        bounds,
        policy.gaming,
        sales=frames.get("sales"),
        waybills=frames.get("waybills"),
    )
    table = found.table.assign(policy=policy.id, basis=str(study.basis))
    write_table(table, output)
    if ledgers:
        write_table(pd.concat([one.problems for one in ledgers.values()]), beside)
    click.echo(f"{'check':<20}{'tests':>10}{'told':>8}")
    for check, tests in found.tested.items():
        click.echo(f"{check:<20}{tests:>10}{int((table['check'] == check).sum()):>8}")
    for row in table.head(SHOWN).to_dict("records"):
        who = row["sku"] or row["merchant"] or row["category"]
        click.echo(f"  {row['check']}  {who}: {row[lang]}")
    dropped = sum(ledger.dropped for ledger in ledgers.values())
    if dropped:
        click.echo(f"{dropped} rows of ledgers were left out -> {beside}")
    click.echo(f"{len(table)} patterns -> {output}  [{policy.id} | {study.basis}]")
    sys.exit(1 if errors_in(filled) or dropped else 0)


@click.command()
@click.argument("rooms", required=False, type=click.Path(path_type=Path))
@OUTPUT
@POLICY
@click.option(
    "--method",
    default="entropy",
    show_default=True,
    type=click.Choice(["entropy", "linear"]),
    help="Nearest in relative entropy, or by the linear program that checks it.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Share out so many times and watch running shares; a column round is taken as it is.",
)
@click.option(
    "--scenario",
    "scenario_file",
    metavar="FILE",
    help="A made-up market from a TOML file, or a shipped one by name.",
)
@LANG
def exposure(
    rooms: Path | None,
    output: Path,
    policy_file: str,
    method: str,
    rounds: int | None,
    scenario_file: str | None,
    lang: str,
) -> None:
    """Share out impressions: boosts, long-tail floor, caps and largest loss; the sum stays.

    ROOMS has room and impressions, and as far as there are merchant, boost, size or small merchant;
    the output of carbon room is such a table. Beside OUT stand OUT-report (rules with their
    prices, concentration, fairness, Lorenz curve), OUT-problems, and with rounds OUT-monitor and
    OUT-course.

    \b
    carbon exposure rooms.csv -o exposure.xlsx
    carbon exposure rooms.csv --policy ours.toml -o exposure.csv --method linear
    carbon exposure --scenario fair-exposure --rounds 12 -o market.csv
    """
    from carbon.base.errors import CODES, RuleError, problem_table
    from carbon.catalogue.ledger import read_ledger
    from carbon.liveroom.market import read_scenario, rooms_of
    from carbon.liveroom.policy_file import read_policy
    from carbon.liveroom.rounds import run
    from carbon.run.results import write_table

    outputs = {
        name: output.with_name(f"{output.stem}{name}{output.suffix}")
        for name in ("", "-report", "-problems", "-monitor", "-course")
    }
    for path in outputs.values():
        guard(path, *([rooms] if rooms else []))
    policy = read_policy(policy_file)
    if policy.exposure is None:
        raise RuleError("R209", file=policy_file, value="exposure")
    scenario = None if scenario_file is None else read_scenario(scenario_file)
    if rooms is not None:
        ledger = read_ledger(rooms, "exposure")
        table, wrong, dropped = ledger.frame, ledger.problems, ledger.dropped
    elif scenario is not None:
        table, wrong, dropped = rooms_of(scenario.market), problem_table(), 0
    else:
        raise click.UsageError("ROOMS, or a scenario that makes them up, is needed")
    market = scenario.market if scenario else None
    done = run(
        table,
        policy.exposure,
        policy.boost_cap.value,
        rounds=rounds or 1,
        market=market,
        policy=policy.id,
        method=method,
    )
    problems = _problems(wrong, done.last, rooms)
    write_table(done.last.rooms, output)
    write_table(done.last.report, outputs["-report"])
    write_table(problems, outputs["-problems"])
    if rounds is not None or "round" in table:
        write_table(done.monitor, outputs["-monitor"])
        write_table(done.course, outputs["-course"])
        _tell_rounds(done)
    _tell_report(done.last, lang)
    if scenario is not None:
        _tell_scenario(scenario, done, lang)
    for code, count in problems["code"].value_counts(sort=False).items():
        if code != LEFT_OUT:
            click.echo(f"{CODES[str(code)].severity} {code} x {count}  {_reason(str(code))}")
    left_out = int(done.last.rooms["exposure"].isna().sum()) + dropped
    click.echo(f"{len(done.last.rooms)} rooms, {left_out} rows left out -> {output}  [{policy.id}]")
    sys.exit(1 if left_out or (problems["severity"] == "error").any() else 0)


def _problems(ledger: pd.DataFrame, last: Allocation, rooms: Path | None) -> pd.DataFrame:
    import pandas as pd

    from carbon.base.errors import problem_table

    found = last.problems.assign(file="" if rooms is None else rooms.name)
    parts = [part for part in (ledger, problem_table(found)) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else problem_table()


def _tell_report(last: Allocation, lang: str) -> None:
    report = last.report
    rules = report[report["section"] == "rule"]
    click.echo(f"{'rule':<14}{'before':>9}{'after':>9}{'bound':>9}{'price':>9}")
    for row in rules.to_dict("records"):
        numbers = "".join(_share(row[name]) for name in ("before", "after", "bound", "price"))
        click.echo(f"{row['name']:<14}{numbers}  {row[lang]}")
    rest = report[report["section"].isin(["concentration", "fairness"])]
    for row in rest[rest["name"] != "rooms"].to_dict("records"):
        before = "" if row["before"] != row["before"] else f"{row['before']:.3f} -> "
        click.echo(f"  {row[lang]}: {before}{row['after']:.3f}")


def _share(value: float) -> str:
    return f"{'':>9}" if value != value else f"{value:>9.1%}"


def _tell_rounds(done: Rounds) -> None:
    below = done.monitor[done.monitor["below"]]
    click.echo(
        f"{len(done.course) - 1} rounds: {len(below)} of {len(done.monitor)} merchants below "
        "their floor"
    )
    worst = below.sort_values(["drift", "merchant"]).head(SHOWN)
    for row in worst.to_dict("records"):
        click.echo(
            f"  {row['merchant']}: {row['share']:.4%} of impressions, floor {row['floor']:.4%} "
            f"({row['drift']:+.1%}), below in {row['rounds_below']} of {row['rounds']} rounds"
        )


def _tell_scenario(scenario: Scenario, done: Rounds, lang: str) -> None:
    """What came out beside what was reported."""
    first, last = done.course.iloc[0], done.course.iloc[-1]
    zh = lang == "zh"
    click.echo(scenario.title_zh if zh else scenario.title)
    told = scenario.reported
    small = f"{first['small_sales']:.1%} -> {last['small_sales']:.1%}"
    head = f"{last['top_sales'] / first['top_sales'] - 1:+.1%}"
    reported = ["", ""]
    if told is not None:
        before, after = told.small_sales_before.value, told.small_sales_after.value
        word = "论文" if zh else "reported"
        reported = [
            f"  ({word} {before:.0%} -> {after:.0%})",
            f"  ({word} {told.head_change.value:+.0%})",
        ]
    click.echo(
        f"  {'中小商家销售占比' if zh else 'small merchants, of sales'}: {small}{reported[0]}"
    )
    click.echo(f"  {'头部集中度' if zh else 'head concentration'}: {head}{reported[1]}")
