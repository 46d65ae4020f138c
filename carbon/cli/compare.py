"""Reads two catalogues or two SKUs, prints them stage by stage: ``carbon compare``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.base.words import section, text
from carbon.cli.options import (
    AS_TABLE,
    DRAWS,
    command,
    draw_factors,
    echo,
    language,
    new_study,
    scope,
    show,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import column_words, padded, said, say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare"]


@command()
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", nargs=-1, required=True)
@AS_TABLE
@show(10, "Pairs")
@DRAWS
@scope
def compare(
    a: Path,
    b: tuple[str, ...],
    output: Path | None,
    show: int,
    draws: int,
    **scope: Any,
) -> None:
    """Two SKUs of one catalogue, or two catalogues, beside each other by stage.

    Catalogues are matched by sku. Both sides are computed on one basis; two SKUs must be of one
    category. The probability that A emits less than B is told.

    \b
    carbon compare catalogue.csv TS-001 TS-002
    carbon compare catalogue.csv TS-001 TS-002 --draws 5000
    carbon compare before.csv after.csv -o difference.xlsx
    """
    from carbon.run.results import write_table

    if len(b) > 2:
        raise click.UsageError("two catalogues, or a catalogue and two SKUs")
    other = Path(b[0]) if len(b) == 1 else None
    guard(output, a, other)
    study = new_study(**scope)
    draw_factors(study, draws)
    table = study.compare(a, other, skus=b if other is None else (), draws=draws)
    alone = table.attrs["alone"]
    count = table["stage"].nunique()
    pairs = len(table) // count
    for start in range(0, min(pairs, show) * count, count):
        _print_pair(table.iloc[start : start + count])
    if pairs > show:
        say("more_pairs", count=pairs - show)
    if alone:
        say("alone", count=len(alone), skus=said("comma").join(alone[:5]))
    if output is not None:
        write_table(table, output)
        say("pairs_written", count=pairs, output=output)
    say("unit", basis=study.basis)
    sys.exit(1 if table["a_kg"].isna().any() or table["b_kg"].isna().any() or alone else 0)


_COLUMNS = (("a_kg", ".3g", 17), ("b_kg", ".3g", 17), ("difference_kg", "+.3g", 12))
"""What a pair prints beside each stage: column, form of a number, width."""


def _print_pair(rows: pd.DataFrame) -> None:
    first, total = rows.iloc[0], rows.iloc[-1]
    names = [str(first["sku_a"]), str(first["sku_b"])]
    if names[0] == names[1]:
        names = [f"{names[0]} A", "B"]
    stages = section("chart", "zh") if language() == "zh" else {}
    unknown = text("explain.not_available", language())
    echo(f"{'':<14}{names[0][:16]:>17}{names[1][:16]:>17}{'A - B':>12}")
    for row in rows.to_dict("records"):
        part = row["difference_share"]
        share = "" if part != part else f"{part:+.0%}"
        stage = padded(stages.get(row["stage"], row["stage"]), 14)
        known = "".join(
            padded(unknown if row[name] != row[name] else f"{row[name]:{form}}", width, right=True)
            for name, form, width in _COLUMNS
        )
        echo(f"{stage}{known}  {share}")
    differs = [stages.get(name, column_words(name)) for name in str(total["differs"]).split()]
    say("parts", parts=said("comma").join(differs) or "–")
    if total["p_a_less"] == total["p_a_less"]:
        low, high = total["difference_low_kg"], total["difference_high_kg"]
        say("less", share=total["p_a_less"], low=low, high=high)
