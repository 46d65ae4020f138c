"""Commands on what is said to people: ``carbon claims`` and ``carbon report``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from carbon.base.errors import RuleError
from carbon.base.files import decoded
from carbon.cli.options import (
    AS_TABLE,
    CATALOGUE,
    DRAWS,
    LANG,
    LANGS,
    MARKET,
    OUTPUT,
    REFERENCES,
    SKUS,
    command,
    draw_factors,
    echo,
    new_study,
    progress,
    scope,
    show,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import errors_in, print_catalogue_problems, said, say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["claims", "report"]

PAGES: Final = (".html", ".htm")
"""Extensions of a page."""

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
    found = check(lines, rules, shown, lang=lang)
    for row in found.head(show).to_dict("records"):
        place = said("line", line=row["text"]) if len(lines) > 1 else ""
        echo(f"{row['action']:<7} {place}{row['words']!r}  [{row['rule']}]")
        echo(f"        {row['message']}")
        if row["reword"]:
            echo(f"        -> {row['reword']}")
        echo(f"        {row['cite']}")
    if len(found) > show:
        say("more_written", count=len(found) - show)
    if cleaned:
        for line in clean(lines, rules, shown)[0]:
            echo(line)
    if output is not None:
        write_table(found.rename(columns={"text": "line"}), output)
    name = rules.rules.name_zh if lang == "zh" else rules.rules.name_en
    tally = found["action"].value_counts()
    parts = [
        said(f"claims_{action}", count=tally[action])
        for action in ("refuse", "reword", "needs")
        if action in tally
    ]
    counts = ", ".join(parts) or said("claims_none")
    echo(f"{name}: {counts}  [{rules.id} {rules.sha256[:12]}]", err=cleaned)
    sys.exit(1 if len(found) else 0)


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


def _evidence(told: tuple[str, ...], count: int) -> pd.DataFrame | None:
    import pandas as pd

    if not told:
        return None
    pairs = [one.partition("=")[::2] for one in told]
    frame = pd.DataFrame({key.strip(): [value.strip()] * count for key, value in pairs})
    for name in ("probability", "primary_share"):
        if name in frame:
            percent = frame[name].str.endswith("%")
            number = pd.to_numeric(frame[name].str.rstrip("% "), errors="coerce")
            frame[name] = number.where(~percent, number / 100)
    return frame


@command()
@CATALOGUE
@OUTPUT
@SKUS
@LANGS
@MARKET
@REFERENCES
@DRAWS
@scope
def report(
    catalogue: Path,
    output: Path,
    skus: tuple[str, ...],
    langs: tuple[str, ...],
    market: str,
    references: Path | None,
    draws: int,
    **scope: Any,
) -> None:
    """One page on a whole catalogue, or with --sku a study of some products.

    OUT is .html: one file without scripts that fetches nothing, to be read, printed or sent. With
    --sku it tells goal, unit, boundary, inventory, results, data quality, sensitivity, comparison
    and limits in the order of ISO 14067 and GB/T 24067; it can be .json too, each number with its
    cite.

    \b
    carbon report catalogue.xlsx -o report.html
    carbon report catalogue.csv -o report.html --lang zh,en --market China
    carbon report catalogue.csv -o report.html --references ours.json --draws 5000
    carbon report catalogue.csv -o study.html --sku TS-001
    carbon report catalogue.csv -o study.json --sku TS-001 --sku TS-002
    """
    from carbon.base.files import write_text
    from carbon.footprint.reference import read_references
    from carbon.office import Office

    guard(output, catalogue, only=(*PAGES, *([".json"] if skus else [])))
    own = None if references is None else read_references(references)
    study = new_study(**scope)
    filled = study.catalogue(catalogue)
    draw_factors(study, draws)
    options = _typed(scope)
    if skus:
        office = Office(study, draws=draws)
        product_study = office.study_report(
            filled, skus, langs=langs, references=own, file=catalogue, options=options
        )
        write_text(
            output,
            product_study.to_json() if output.suffix.lower() == ".json" else product_study.html,
        )
        say("rows_written", skus=len(set(skus)), output=output, basis=study.basis)
        sys.exit(
            1
            if any(
                each["results"]["total"]["kg"] is None
                for each in product_study.document["products"]
            )
            else 0
        )
    with progress("grading", len(filled)) as done:
        page = study.report(
            filled,
            langs=langs,
            market=market,
            references=own,
            draws=draws,
            file=catalogue,
            options=options,
            progress=done,
        )
    write_text(output, page.html)
    left_out = int(page.figures.skus["total_kg"].isna().sum())
    counts = {"skus": len(filled), "left_out": left_out, "claims": len(page.figures.claims)}
    say("report", **counts, output=output, basis=study.basis)
    print_catalogue_problems(filled, brief=True)
    sys.exit(1 if left_out or errors_in(filled) else 0)


def _typed(scope: dict[str, Any]) -> list[str]:
    """Options of goal and scope as they are typed; a folder of factors by its name."""
    out = []
    for name, value in sorted(scope.items()):
        for one in value if isinstance(value, tuple) else (value,):
            if one not in (None, ""):
                out += [f"--{name}", one.name if isinstance(one, Path) else str(one)]
    return out
