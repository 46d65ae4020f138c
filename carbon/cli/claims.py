"""Reads texts and a market, prints claims that it forbids: ``carbon claims``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.cli.options import AS_TABLE, LANG, MARKET, command, echo, show
from carbon.cli.outputs import guard
from carbon.cli.printing import padded, said, say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["claims"]


@command()
@click.argument("text", metavar="TEXT")
@MARKET
@click.option(
    "--evidence",
    "evidence",
    multiple=True,
    metavar="KIND=VALUE",
    help="What the claims can show, as probability=0.95. May be repeated.",
)
@click.option("--clean", "cleaned", is_flag=True, help="Print the text as it may be printed.")
@AS_TABLE
@show(100, "Findings")
@LANG
def claims(
    text: str,
    market: str,
    evidence: tuple[str, ...],
    cleaned: bool,
    output: Path | None,
    show: int,
    lang: str,
) -> None:
    """Claims in a text that a market forbids, rewords or allows with evidence only.

    TEXT is the text itself, a text file (each line is one text) or - for the standard input.

    \b
    carbon claims "climate-neutral T-shirt" --market EU
    carbon claims names.txt --market China --lang zh -o findings.xlsx
    carbon claims "30 % lower carbon" --evidence same_basis=yes --evidence probability=0.95

    \b
    Evidence: same_basis, probability, primary_share, certificate, offsets, plan, plan_verifier,
    excellence, scheme, source.

    Exit codes: 0 nothing to do; 1 something is refused, reworded or lacks evidence.
    """
    from carbon.label.claims import check, clean, load_market
    from carbon.label.texts import evidence_of, is_file, texts_of
    from carbon.run.results import write_table

    guard(output, *([Path(text)] if is_file(text) else []))
    rules = load_market(market)
    try:
        lines = texts_of(text, sys.stdin.buffer)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    shown = evidence_of(evidence, len(lines))
    findings = check(lines, rules, shown, lang=lang)
    _print_findings(findings.head(show), several=len(lines) > 1)
    if len(findings) > show:
        say("more_written", count=len(findings) - show)
    if cleaned:
        for line in clean(lines, rules, shown)[0]:
            echo(line)
    if output is not None:
        write_table(findings.rename(columns={"text": "line"}), output)
    name = rules.rules.name_zh if lang == "zh" else rules.rules.name_en
    counts = _counted(findings["action"].value_counts().to_dict())
    verdict = said("market_counts", market=name, counts=counts)
    echo(f"{verdict}  [{rules.id} {rules.sha256[:12]}]", err=cleaned)
    sys.exit(1 if len(findings) else 0)


def _print_findings(findings: pd.DataFrame, *, several: bool) -> None:
    """Findings with rule, message, other words and cite; of several lines, the line too."""
    for row in findings.to_dict("records"):
        place = said("line", line=row["text"]) if several else ""
        action, words = said(f"claim_{row['action']}"), said("quoted", words=row["words"])
        echo(f"{padded(action, 7)} {place}{words}  [{row['rule']}]")
        echo(f"        {row['message']}")
        if row["reword"]:
            echo(f"        -> {row['reword']}")
        echo(f"        {row['cite']}")


def _counted(tally: Mapping[Any, int]) -> str:
    """How many claims are to be left out, reworded or proved."""
    actions = [action for action in ("refuse", "reword", "needs") if action in tally]
    parts = [said(f"claims_{action}", count=tally[action]) for action in actions]
    return said("comma").join(parts) or said("claims_none")
