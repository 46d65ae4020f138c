"""Reads a catalogue and levers, writes what each would save: ``carbon whatif``."""

from __future__ import annotations

import sys
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
    import pandas as pd

    from carbon.footprint.scenario_file import Scenario

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
    from carbon.run.batches import run
    from carbon.run.rows import what_if_job, write_at_once

    guard(output, catalogue, folder=True)
    study = new_study(**scope)
    scenario = _scenario(scenario_file)
    asked = [*(scenario.levers if scenario else ()), *settings, *levers]
    draw_factors(study, draws)
    job = what_if_job(study, levers=asked, draws=draws, days=days, lang=lang)
    outcome = None
    if catalogue is None or skus or picture is not None:
        if running["manifest"] or running["since"] or "://" in f"{catalogue}{output}":
            raise click.UsageError(
                "--manifest, --previous-run and URLs do not go with --sku, --picture or a base"
            )
        filled = study.catalogue(_base(catalogue, scenario))
        filled = filled.select(list(skus)) if skus else filled
        tally, left_out = write_at_once(job, filled, Path(output))
        if picture is not None:
            _draw(study, filled, asked, picture, lang)
    else:
        outcome = run(job, catalogue, output, **running)
        tally, left_out = outcome.tally, outcome.left_out
    _print_levers(tally, _titles(study) if lang == "zh" else {})
    if scenario is not None:
        _print_ratio(tally, scenario, lang)
    impossible = int(tally["impossible"])
    if impossible:
        say("impossible", count=impossible)
    if outcome is None:
        say("skus_left_out", skus=len(filled), left_out=left_out, output=output, basis=study.basis)
    else:
        print_run(outcome, study.basis)
    refused = bool(asked) and impossible > 0  # of the whole list, some never fit
    rejected = outcome is not None and bool(outcome.rejects)
    sys.exit(1 if left_out or refused or rejected else 0)


def _scenario(name: str | None) -> Scenario | None:
    from carbon.base.rules import shipped
    from carbon.footprint.scenario_file import read_scenario

    return None if name is None else read_scenario(shipped("scenarios", name))


def _base(catalogue: Path | str | None, scenario: Scenario | None) -> Path | pd.DataFrame:
    if catalogue is not None:
        return Path(catalogue)
    if scenario is None or scenario.base is None:
        raise click.UsageError("a CATALOGUE, or a scenario that holds its base, is needed")
    return scenario.base


def _draw(study: Any, filled: Any, levers: list[str], path: Path, lang: str) -> None:
    from carbon.explained import first_name
    from carbon.footprint.scenario import steps
    from carbon.paper.sku_charts import waterfall
    from carbon.run.results import write_picture

    before, after = steps(study, filled, levers, lang=lang)
    name = first_name(filled)
    write_picture(waterfall(before, after, name=name, basis=str(study.basis), lang=lang), path)
    say("drawn_levers", name=name, count=len(after), output=path)


def _titles(study: Any) -> dict[str, str]:
    """Levers by their Chinese titles, behind which stands the name to ask for them by."""
    from carbon.footprint.levers import LEVERS
    from carbon.footprint.scenario import ALL, book_of

    book = book_of(study)
    return {name: f"{book.words(name)[1]} {name}" for name in LEVERS} | {ALL: said("all")}


def _print_levers(tally: dict[str, float], titles: dict[str, str]) -> None:
    """Levers over the whole catalogue, the largest saving first, all of them together last."""
    from carbon.footprint.scenario import ALL

    names = [name.removesuffix("|known") for name in tally if name.endswith("|known")]
    share = {name: tally[f"{name}|share"] / tally[f"{name}|known"] for name in names}
    heads = [said(key) for key in ("levers_head", "applies_to", "saved", "kg_a_year")]
    numbers = (padded(*each, right=True) for each in zip(heads[1:], (12, 9, 14), strict=True))
    echo(padded(heads[0], 32) + "".join(numbers))
    for name in sorted(names, key=lambda name: (name == ALL, -share[name])):
        year = f"{tally[f'{name}|year']:,.0f}" if f"{name}|year" in tally else ""
        applies = int(tally[f"{name}|applies"])
        echo(f"{padded(titles.get(name, name), 32)}{applies:>12}{share[name]:>9.1%}{year:>14}")


def _print_ratio(tally: dict[str, float], scenario: Scenario, lang: str) -> None:
    """Footprint after the whole scenario per footprint before."""
    echo(scenario.title_zh if lang == "zh" else scenario.title)
    known = scenario.reported == scenario.reported
    reported = said("reported", ratio=scenario.reported) if known else ""
    count = int(tally["ratios"])
    say("ratio", count=count, mean=tally["ratio"] / max(count, 1), reported=reported)
