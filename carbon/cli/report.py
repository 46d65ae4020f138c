"""Commands on what is said to people: ``carbon claims`` and ``carbon report``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.base.errors import RuleError
from carbon.cli.options import (
    CATALOGUE,
    DRAWS,
    OUTPUT,
    draw_factors,
    errors_in,
    guard,
    new_study,
    scope,
    tell_problems,
)
from carbon.cli.reference import REFERENCES, own_references

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["claims", "report"]

PAGES = (".html", ".htm")
"""Extensions of a page."""

LARGEST = 10_000_000
"""Bytes of a file or of the standard input that ``carbon claims`` reads."""

FILES = (".txt", ".csv", ".tsv", ".md", ".xlsx", ".parquet", ".jsonl", ".json", ".html")
"""Endings by which a word is meant as a file."""

MARKET = click.option(
    "--market",
    default="neutral",
    show_default=True,
    help="Whose rules on claims: EU, China, neutral, or a rule file.",
)
PAGE_LANG = click.option(
    "--lang",
    default="en",
    show_default=True,
    type=click.Choice(["zh", "en", "zh,en", "en,zh"]),
    help="Language of the page; of two, the second stands beside the first.",
)


@click.command()
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
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="OUT", help="Findings as a table."
)
@click.option("--most", default=100, show_default=True, help="Findings to print.")
@click.option(
    "--lang",
    default="en",
    show_default=True,
    type=click.Choice(["zh", "en"]),
    help="Language of the messages.",
)
def claims(
    text: str,
    market: str,
    evidence: tuple[str, ...],
    cleaned: bool,
    output: Path | None,
    most: int,
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
    for row in found.head(most).to_dict("records"):
        place = f"line {row['text']}: " if len(lines) > 1 else ""
        click.echo(f"{row['action']:<7} {place}{row['words']!r}  [{row['rule']}]")
        click.echo(f"        {row['message']}")
        if row["reword"]:
            click.echo(f"        -> {row['reword']}")
        click.echo(f"        {row['cite']}")
    if len(found) > most:
        click.echo(f"... and {len(found) - most} more; write them with -o")
    if cleaned:
        for line in clean(lines, rules, shown)[0]:
            click.echo(line)
    if output is not None:
        write_table(found.rename(columns={"text": "line"}), output)
    name = rules.rules.name_zh if lang == "zh" else rules.rules.name_en
    counts = _counts(found, lang) or ("未发现问题" if lang == "zh" else "nothing found")
    click.echo(f"{name}: {counts}  [{rules.id} {rules.sha256[:12]}]", err=cleaned)
    sys.exit(1 if len(found) else 0)


def _counts(found: pd.DataFrame, lang: str) -> str:
    words = {
        "refuse": ("to leave out", "处须删除"),
        "reword": ("to reword", "处须改写"),
        "needs": ("to prove", "处须举证"),
    }
    counts = found["action"].value_counts()
    return ", ".join(
        f"{counts[action]} {told[lang == 'zh']}"
        for action, told in words.items()
        if action in counts
    )


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
    try:
        return raw.decode("utf-8-sig").splitlines() or [""]
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace").splitlines()


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


@click.command()
@CATALOGUE
@OUTPUT
@PAGE_LANG
@MARKET
@REFERENCES
@DRAWS
@scope
def report(
    catalogue: Path,
    output: Path,
    lang: str,
    market: str,
    references: Path | None,
    draws: int,
    **scope: Any,
) -> None:
    """One page on a whole catalogue: totals, SKUs, stages, air, packaging, returns, measures.

    OUT is .html: one file without scripts that fetches nothing, to be read, printed or sent.

    \b
    carbon report catalogue.xlsx -o report.html
    carbon report catalogue.csv -o report.html --lang zh,en --market China
    carbon report catalogue.csv -o report.html --references ours.json --draws 5000
    """
    from carbon.base.files import whole_file
    from carbon.label.claims import load_market
    from carbon.pages.report import report as page

    guard(output, catalogue, only=PAGES)
    rules = load_market(market)
    chosen = own_references(references)
    study = new_study(**scope)
    filled = study.catalogue(catalogue)
    draw_factors(study, draws)
    with click.progressbar(length=len(filled), label="grading", file=sys.stderr) as bar:
        html, found = page(
            study,
            filled,
            rules,
            source=catalogue,
            langs=lang.split(","),
            draws=draws,
            references=chosen,
            options=_typed(scope),
            progress=bar.update,
        )
    with whole_file(output) as path:
        path.write_text(html, encoding="utf-8", newline="\n")
    left_out = int(found.skus["total_kg"].isna().sum())
    click.echo(
        f"{len(filled)} SKUs, {left_out} left out, {len(found.claims)} claims in names "
        f"-> {output}  [{study.basis}]"
    )
    tell_problems(filled, brief=True)
    sys.exit(1 if left_out or errors_in(filled) else 0)


def _typed(scope: dict[str, Any]) -> list[str]:
    """Options of goal and scope as they are typed; a folder of factors by its name."""
    out = []
    for name, value in sorted(scope.items()):
        for one in value if isinstance(value, tuple) else (value,):
            if one not in (None, ""):
                out += [f"--{name}", one.name if isinstance(one, Path) else str(one)]
    return out
