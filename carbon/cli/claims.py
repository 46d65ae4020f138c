"""Reads texts and a market, prints claims that it forbids: ``carbon claims``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from carbon.base.errors import RuleError
from carbon.base.files import decoded
from carbon.cli.options import AS_TABLE, LANG, MARKET, command, echo, show
from carbon.cli.outputs import guard
from carbon.cli.printing import padded, said, say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["claims"]

LARGEST: Final = 10_000_000
"""Bytes of a file or of the standard input that ``carbon claims`` reads."""

FILES: Final = (".txt", ".csv", ".tsv", ".md", ".xlsx", ".parquet", ".jsonl", ".json", ".html")
"""Endings by which a word is meant as a file."""


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
    import pandas as pd

    from carbon.label.claims import check, clean, load_market
    from carbon.run.results import write_table

    guard(output, *([Path(text)] if _is_file(text) else []))
    rules = load_market(market)
    lines = pd.Series(_lines(text))
    lines.index = pd.RangeIndex(1, len(lines) + 1)
    shown = _evidence(evidence, len(lines))
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


def _is_file(text: str) -> bool:
    try:
        return text != "-" and len(text) < 1000 and "\n" not in text and Path(text).is_file()
    except (OSError, ValueError):
        return False


def _lines(text: str) -> list[str]:
    """The texts: of the standard input, of a file, or the words themselves."""
    if text == "-":
        raw = sys.stdin.buffer.read(LARGEST + 1)
    elif _is_file(text):
        with Path(text).open("rb") as file:
            raw = file.read(LARGEST + 1)
    elif Path(text).suffix.lower() in FILES and not text.split()[1:]:
        raise click.UsageError(f"no such file: {text}")
    else:
        return [text]
    if b"\0" in raw:
        raise click.UsageError(f"{text} is no text; carbon report reads the names of a catalogue")
    if len(raw) > LARGEST:
        raise RuleError("L103", f"more than {LARGEST} bytes", file=text)
    decoded_text = decoded(raw, lambda detail: RuleError("L103", detail, file=text))
    return decoded_text.splitlines() or [""]


def _evidence(shown: tuple[str, ...], count: int) -> pd.DataFrame | None:
    """What ``KIND=VALUE`` says, for each of the texts; None if nothing is shown."""
    import pandas as pd

    if not shown:
        return None
    pairs = [word.partition("=")[::2] for word in shown]
    frame = pd.DataFrame({key.strip(): [value.strip()] * count for key, value in pairs})
    for name in ("probability", "primary_share"):
        if name in frame:
            percent = frame[name].str.endswith("%")
            number = pd.to_numeric(frame[name].str.rstrip("% "), errors="coerce")
            frame[name] = number.where(~percent, number / 100)
    return frame
