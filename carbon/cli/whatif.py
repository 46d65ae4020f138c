"""Reads a catalogue and levers, writes what each would save: ``carbon whatif``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.cli.options import (
    DRAWS,
    LANG,
    SKUS,
    TARGET,
    Place,
    command,
    draw_factors,
    echo,
    new_study,
    run_options,
    scope,
    since_options,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import padded, print_run, said, say

if TYPE_CHECKING:
    from carbon.footprint.scenario_file import Scenario
    from carbon.run.savings import Savings
    from carbon.study import Study

__all__ = ["whatif"]


@command()
@click.argument("catalogue", required=False, type=Place())
@TARGET
@click.option(
    "--lever",
    "levers",
    multiple=True,
    metavar="NAME",
    help="Only this lever, with its sizes after a colon. May be repeated; all without.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="COLUMN=CHANGE",
    help="Change a number: -15pt, -10%, 180 g or 80%. May be repeated.",
)
@click.option(
    "--scenario",
    "scenario_file",
    metavar="FILE",
    help="Levers and settings from a TOML file, or a shipped one by name.",
)
@SKUS
@click.option(
    "--days",
    default=365.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Days that units_sold covers.",
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    metavar="SVG",
    help="Draw the levers of the first SKU as a waterfall.",
)
@DRAWS
@LANG
@run_options
@since_options
@scope
def whatif(
    catalogue: Path | str | None,
    output: Path | str,
    levers: tuple[str, ...],
    settings: tuple[str, ...],
    scenario_file: str | None,
    skus: tuple[str, ...],
    days: float,
    picture: Path | None,
    draws: int,
    lang: str,
    running: dict[str, Any],
    **scope: Any,
) -> None:
    """What each lever would save, per SKU, largest saving first.

    OUT is .csv, .parquet, .xlsx or .jsonl: one row for each SKU and lever, with what it saves per
    kept unit and, where units_sold is known, per year; a lever that does not apply says why. The
    row "all" takes the levers one after the other.

    \b
    carbon whatif catalogue.csv -o savings.xlsx
    carbon whatif catalogue.csv -o out.csv --lever air-to-ground --lever reusable-box:trips=40
    carbon whatif catalogue.csv -o out.csv --set return_rate=-15pt --set packaging.mass=-20%
    carbon whatif catalogue.csv -o out.csv --sku TS-001 --picture levers.svg
    carbon whatif --scenario live-commerce-parcel -o parcel.csv
    carbon whatif goods/ -o savings.parquet --workers 8 --resume
    carbon whatif goods/ -o new.parquet --manifest tuesday.json --previous-run monday.json

    \b
    Levers: return-rate, resale-share, air-to-ground, regional-warehouse, e-van, box-to-bag,
    reusable-box, right-size-box, packaging-light, recycled-content, renewable-studio.
    """
    from carbon.explained import first_name
    from carbon.run.savings import (
        draw_levers,
        save_at_once,
        save_in_batches,
        scenario_of,
        what_if_job,
    )

    guard(output, catalogue, folder=True)
    study = new_study(**scope)
    scenario = scenario_of(scenario_file)
    asked = [*(scenario.levers if scenario else ()), *settings, *levers]
    draw_factors(study, draws)
    job = what_if_job(study, levers=asked, draws=draws, days=days, lang=lang)
    if catalogue is not None and not skus and picture is None:
        saved = save_in_batches(job, catalogue, output, **running)
    else:
        if running["manifest"] or running["since"] or "://" in f"{catalogue}{output}":
            raise click.UsageError(
                "--manifest, --previous-run and URLs do not go with --sku, --picture or a base"
            )
        base = scenario.base if scenario and catalogue is None else catalogue
        if base is None:
            raise click.UsageError("a CATALOGUE, or a scenario that holds its base, is needed")
        filled = study.catalogue(base)
        filled = filled.select(list(skus)) if skus else filled
        saved = save_at_once(job, filled, Path(output))
        if picture is not None:
            name = first_name(filled)
            count = draw_levers(job, filled, picture, name=name, lang=lang)
            say("drawn_levers", name=name, count=count, output=picture)
    _print_levers(saved, _titles(study) if lang == "zh" else {})
    if scenario is not None:
        _print_ratio(saved, scenario, lang)
    if saved.impossible:
        say("impossible", count=saved.impossible)
    if saved.outcome is not None:
        print_run(saved.outcome, study.basis)
    else:
        counts = {"skus": saved.skus, "left_out": saved.left_out}
        say("skus_left_out", **counts, output=output, basis=study.basis)
    sys.exit(saved.exit_code)


def _titles(study: Study) -> dict[str, str]:
    """Levers by their Chinese titles, behind which stands the name to ask for them by."""
    from carbon.footprint.levers import LEVERS
    from carbon.footprint.scenario import ALL, book_of

    book = book_of(study)
    return {name: f"{book.words(name)[1]} {name}" for name in LEVERS} | {ALL: said("all")}


def _print_levers(saved: Savings, titles: Mapping[str, str]) -> None:
    """Levers over the whole catalogue, the largest saving first, all of them together last."""
    heads = [said(key) for key in ("levers_head", "applies_to", "saved", "kg_a_year")]
    numbers = (padded(*each, right=True) for each in zip(heads[1:], (12, 9, 14), strict=True))
    echo(padded(heads[0], 32) + "".join(numbers))
    for name, applies, share, kg in saved.levers:
        year = "" if kg is None else f"{kg:,.0f}"
        echo(f"{padded(titles.get(name, name), 32)}{applies:>12}{share:>9.1%}{year:>14}")


def _print_ratio(saved: Savings, scenario: Scenario, lang: str) -> None:
    """Footprint after the whole scenario per footprint before."""
    echo(scenario.title_zh if lang == "zh" else scenario.title)
    known = scenario.reported == scenario.reported
    count, mean = saved.ratio
    reported = said("reported", ratio=scenario.reported) if known else ""
    say("ratio", count=count, mean=mean, reported=reported)
