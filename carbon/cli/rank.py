"""Reads a catalogue, writes ranks or suspicious patterns: ``carbon rank``, ``anomalies``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from carbon.base.errors import OutputError
from carbon.cli.options import (
    CATALOGUE,
    DRAWS,
    LANG,
    OUTPUT,
    PATH,
    POLICY,
    REFERENCES,
    SOURCE,
    TARGET,
    command,
    draw_factors,
    echo,
    new_study,
    progress,
    run_options,
    scope,
)
from carbon.cli.outputs import guard, result_files, write_tables
from carbon.cli.printing import (
    category_names,
    category_words,
    code_words,
    errors_in,
    padded,
    print_run,
    said,
    say,
    words_of,
)

if TYPE_CHECKING:
    from carbon.run.rank import Ranking
    from carbon.study import Study

__all__ = ["anomalies", "rank"]

SHOWN: Final = 10
"""Rows that are printed."""


@command()
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
    type=PATH,
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
    from carbon.footprint.reference import read_references
    from carbon.run.batches import run
    from carbon.run.rank import rank_job

    guard(output, catalogue, folder=True)
    guard(signals_file, catalogue)
    if signals_file is not None and isinstance(output, Path):
        place = output.resolve()
        if place in (signals_file.resolve(), *signals_file.resolve().parents):
            raise OutputError("O004", "OUT2 is OUT, or lies in it", file=str(signals_file))
    if by == "saving" and signals_file is not None:
        raise click.UsageError("--signals says how low a footprint is, not what could be saved")
    study = new_study(**rest)
    yardsticks = None if references is None else read_references(references)
    draw_factors(study, draws)
    job, ranking = rank_job(
        study,
        str(output),
        by=by,
        within=within,
        draws=draws,
        references=yardsticks,
        signals=signals_file,
        lang=running["lang"],
    )
    outcome = run(job, catalogue, output, **running)
    if signals_file is not None:
        say("signals", output=signals_file)
    _print_ranking(ranking, study)
    others = outcome.skus - ranking.ranked
    say("ranked", skus=outcome.skus, ranked=ranking.ranked, others=others)
    print_run(outcome, study.basis)
    sys.exit(outcome.exit_code)


def _print_ranking(ranking: Ranking, study: Study) -> None:
    heads = [said(key) for key in ("category", "skus", "ranks")]
    first_by = said("ranking_head", by=said(f"by_{ranking.by}"))
    echo(
        f"{padded(heads[0], 24)}{padded(heads[1], 10, right=True)}"
        f"{padded(heads[2], 8, right=True)}  {first_by}"
    )
    names = category_names(study)
    for category, skus, ranks, first in ranking.table:
        echo(f"{padded(category_words(category, names), 24)}{skus:>10}{ranks:>8}  {first}")
    if ranking.categories > len(ranking.table):
        say("more_categories", count=ranking.categories - len(ranking.table))
    for reason, count in ranking.reasons.items():
        say("not_ranked", count=count, reason=code_words(reason))


@command()
@CATALOGUE
@OUTPUT
@click.option(
    "--sales",
    type=PATH,
    metavar="FILE",
    help="Sales with returned units; else the catalogue's own return rates.",
)
@click.option(
    "--waybills",
    type=PATH,
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
    from carbon.platform import Platform

    files = result_files(output, "problems", inputs=(catalogue, sales, waybills))
    study = new_study(**rest)
    platform = Platform(study, policy_file, references=references, draws=draws, progress=progress)
    filled = study.catalogue(catalogue)
    patterns = platform.find_anomalies(filled, sales=sales, waybills=waybills)
    table, read = patterns.table, sales is not None or waybills is not None
    write_tables(files, out=table, problems=patterns.problems if read else None)
    names = words_of("check_")
    echo(
        f"{padded(said('check'), 20)}{padded(said('tests'), 10, right=True)}"
        f"{padded(said('told'), 8, right=True)}"
    )
    for check, tests in patterns.tested.items():
        echo(f"{padded(names[check], 20)}{tests:>10}{int((table['check'] == check).sum()):>8}")
    for row in table.head(SHOWN).to_dict("records"):
        who = row["sku"] or row["merchant"] or row["category"]
        say("finding", check=names[row["check"]], who=who, words=row[lang])
    if patterns.left_out:
        say("rows_left_out", count=patterns.left_out, output=files["problems"])
    policy = platform.policy.id
    say("patterns", count=len(table), output=output, policy=policy, basis=study.basis)
    sys.exit(1 if errors_in(filled) or patterns.left_out else 0)
