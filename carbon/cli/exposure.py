"""Reads rooms and a policy, writes impressions shared out: ``carbon exposure``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from carbon.base.words import text
from carbon.cli.options import LANG, OUTPUT, PATH, POLICY, command, echo
from carbon.cli.outputs import result_files, write_tables
from carbon.cli.printing import code_words, padded, said, say, words_of

if TYPE_CHECKING:
    from carbon.liveroom.exposed import Exposure
    from carbon.liveroom.exposure import Allocation
    from carbon.liveroom.market import ExposureScenario
    from carbon.liveroom.rounds import Rounds

__all__ = ["exposure"]

SHOWN: Final = 10
"""Merchants that are printed."""

LEFT_OUT: Final = "G007"
"""Note on a header that is no column of the ledger: those of carbon room are many."""


@command()
@click.argument("rooms", required=False, type=PATH)
@OUTPUT
@POLICY
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
    carbon exposure rooms.csv --policy ours.toml -o exposure.csv
    carbon exposure --scenario fair-exposure --rounds 12 -o market.csv
    """
    from carbon.base.errors import CODES
    from carbon.liveroom.exposed import share_exposure
    from carbon.liveroom.policy_file import read_policy

    files = result_files(output, "report", "problems", "monitor", "course", inputs=(rooms,))
    policy = read_policy(policy_file)
    if rooms is None and scenario_file is None:
        raise click.UsageError("ROOMS, or a scenario that makes them up, is needed")
    shared = share_exposure(
        policy, rooms, rounds_made=rounds, scenario=scenario_file, name=policy_file
    )
    write_tables(
        files,
        out=shared.last.rooms,
        report=shared.last.report,
        problems=shared.problems,
        monitor=shared.monitor if shared.several else None,
        course=shared.course if shared.several else None,
    )
    if shared.several:
        _print_rounds(shared)
    _print_report(shared.last, lang)
    if shared.scenario is not None:
        _print_scenario(shared.scenario, shared, lang)
    for code, count in shared.problems["code"].value_counts(sort=False).items():
        if code != LEFT_OUT:
            severity = text(f"severity.{CODES[str(code)].severity}", lang)
            values = {"code": code, "count": count, "words": code_words(str(code))}
            say("code_count", severity=severity, **values)
    rooms_left = {"rooms": len(shared.last.rooms), "left_out": shared.left_out}
    say("exposed", **rooms_left, output=output, policy=policy.id)
    sys.exit(1 if shared.left_out or (shared.problems["severity"] == "error").any() else 0)


def _print_report(last: Allocation, lang: str) -> None:
    report = last.report
    rules = report[report["section"] == "rule"]
    heads = [said(key) for key in ("rule", "before", "after", "bound", "price")]
    names = words_of("rule_")
    width = 16 if lang == "zh" else 14
    echo(padded(heads[0], width) + "".join(padded(head, 9, right=True) for head in heads[1:]))
    for row in rules.to_dict("records"):
        numbers = "".join(_share(row[name]) for name in ("before", "after", "bound", "price"))
        echo(f"{padded(names[row['name']], width)}{numbers}  {row[lang]}")
    rest = report[report["section"].isin(["concentration", "fairness"])]
    for row in rest[rest["name"] != "rooms"].to_dict("records"):
        before = "" if row["before"] != row["before"] else f"{row['before']:.3f} -> "
        say("measure", words=row[lang], numbers=f"{before}{row['after']:.3f}")


def _share(value: float) -> str:
    return f"{'':>9}" if value != value else f"{value:>9.1%}"


def _print_rounds(shared: Rounds) -> None:
    below = shared.monitor[shared.monitor["below"]]
    say("rounds", rounds=len(shared.course) - 1, below=len(below), merchants=len(shared.monitor))
    columns = ["merchant", "share", "floor", "drift", "rounds_below", "rounds"]
    for row in below.sort_values(["drift", "merchant"])[columns].head(SHOWN).to_dict("records"):
        say("merchant", **{str(name): value for name, value in row.items()})


def _print_scenario(scenario: ExposureScenario, shared: Exposure, lang: str) -> None:
    """What came out beside what was reported."""
    echo(scenario.title_zh if lang == "zh" else scenario.title)
    table = shared.backtest().set_index("name")
    before, after, moved = table["given"]
    shares, change = "", ""
    if scenario.reported is not None:
        was, became, by = table["reported"]
        shares = said("paper_shares", before=was, after=became)
        change = said("paper_change", change=by)
    say("small_sales", before=before, after=after, reported=shares)
    say("head_sales", change=moved, reported=change)
