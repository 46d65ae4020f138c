"""Reads a catalogue, writes a page on it or a study of its products: ``carbon report``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from carbon.cli.options import (
    CATALOGUE,
    DRAWS,
    LANGS,
    MARKET,
    OUTPUT,
    REFERENCES,
    SKUS,
    command,
    draw_factors,
    new_study,
    progress,
    scope,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import errors_in, print_catalogue_problems, say

__all__ = ["PAGES", "report"]

PAGES: Final = (".html", ".htm")
"""Extensions of a page."""


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
    yardsticks = None if references is None else read_references(references)
    study = new_study(**scope)
    filled = study.catalogue(catalogue)
    draw_factors(study, draws)
    options = _typed(scope)
    if skus:
        product_study = Office(study, draws=draws).study_report(
            filled, skus, langs=langs, references=yardsticks, file=catalogue, options=options
        )
        write_text(
            output,
            product_study.to_json() if output.suffix.lower() == ".json" else product_study.html,
        )
        say(
            "rows_written",
            skus=len(product_study.document["products"]),
            output=output,
            basis=study.basis,
        )
        sys.exit(int(product_study.left_out))
    with progress("grading", len(filled)) as done:
        page = study.report(
            filled,
            langs=langs,
            market=market,
            references=yardsticks,
            draws=draws,
            file=catalogue,
            options=options,
            progress=done,
        )
    write_text(output, page.html)
    left_out = int(page.figures.skus["total_kg"].isna().sum())
    counts = {"skus": len(filled), "left_out": left_out, "claims": len(page.figures.claims)}
    say("report", **counts, output=output, basis=study.basis)
    print_catalogue_problems(replace(filled, problems=page.figures.problems), brief=True)
    sys.exit(1 if left_out or errors_in(filled) else 0)


def _typed(scope: dict[str, Any]) -> list[str]:
    """Options of goal and scope as they are typed; a folder of factors by its name."""
    words = []
    for name, value in sorted(scope.items()):
        for choice in value if isinstance(value, tuple) else (value,):
            if choice not in (None, ""):
                words += [f"--{name}", choice.name if isinstance(choice, Path) else str(choice)]
    return words
