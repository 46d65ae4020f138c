"""Commands on what could be otherwise: ``carbon whatif`` and ``carbon compare``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.cli.options import (
    DRAWS,
    LANG,
    TARGET,
    Place,
    draw_factors,
    first_name,
    guard,
    new_study,
    run_options,
    scope,
    since_options,
    tell_run,
)

if TYPE_CHECKING:
    import pandas as pd

    from carbon.catalogue.schema import Catalogue
    from carbon.footprint.scenario_file import Scenario
    from carbon.run.folder import Files
    from carbon.study import Study

__all__ = ["compare", "whatif"]


@click.command()
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
@click.option("--sku", "skus", multiple=True, help="Only this SKU. May be repeated.")
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
    carbon whatif goods/ -o new.parquet --manifest tuesday.json --since monday.json

    \b
    Levers: return-rate, resale-share, air-to-ground, regional-warehouse, e-van, box-to-bag,
    reusable-box, right-size-box, packaging-light, recycled-content, renewable-studio.
    """
    guard(output, *([catalogue] if catalogue else []), folder=True)
    study = new_study(**scope)
    scenario = _scenario(scenario_file)
    asked = (*(scenario.levers if scenario else ()), *settings, *levers)
    draw_factors(study, draws)
    options = {"levers": list(asked), "draws": draws, "days": days, "lang": lang}
    rejected, outcome = False, None
    if catalogue is None or skus or picture is not None:
        tally, size, left_out = _at_once(
            study, catalogue, scenario, skus, output, options, picture, running
        )
    else:
        from carbon.run.batches import Job, run

        job = Job("whatif", study, changed, options, tally=tallied)
        outcome = run(job, catalogue, output, **running)
        tally, size, left_out = outcome.tally, outcome.skus, outcome.left_out
        rejected = bool(outcome.rejects)
    _tell_levers(tally)
    if scenario is not None:
        _tell_ratio(tally, scenario, lang)
    impossible = int(tally["impossible"])
    if impossible:
        click.echo(f"{impossible} changes were impossible and left out (S024)")
    refused = bool(asked) and impossible > 0  # of the whole list, some never fit
    if outcome is None:
        click.echo(f"{size} SKUs, {left_out} left out -> {output}  [{study.basis}]")
    else:
        tell_run(outcome, study.basis)
    sys.exit(1 if left_out or refused or rejected else 0)


def changed(
    study: Study, catalogue: Catalogue, files: Files | None, *, levers: list[str], **how: Any
) -> pd.DataFrame:
    """Rows of a batch, with the letters before and after."""
    from carbon.footprint.scenario import what_if
    from carbon.label.scale import lettered

    del files
    table = what_if(study, catalogue, levers, **(how | {"draws": how["draws"] or None}))
    return lettered(table, study.references.stages(study).sum(axis=1), study.scale)


def tallied(table: pd.DataFrame) -> dict[str, float]:
    """Sums of a batch, for the summary: a what-if tells its levers over the whole catalogue."""
    known = table[table["before_kg"].notna()]
    by = known.groupby("lever", observed=True, sort=False)
    out = {"impossible": float(table["problem"].str.contains("S024").sum())}
    for name, rows in by:
        out[f"{name}|applies"] = float(rows["applies"].sum())
        out[f"{name}|known"] = float(len(rows))
        out[f"{name}|share"] = float(rows["saved_share"].sum())
        if rows["saved_kg_year"].notna().any():
            out[f"{name}|year"] = float(rows["saved_kg_year"].sum())
    last = known.groupby("sku", sort=False, observed=True).tail(1)
    ratio = last["after_kg"] / last["before_kg"]
    return out | {"ratio": float(ratio.sum()), "ratios": float(ratio.count())}


def _at_once(
    study: Study,
    catalogue: Path | str | None,
    scenario: Scenario | None,
    skus: tuple[str, ...],
    output: Path | str,
    options: dict[str, Any],
    picture: Path | None,
    running: dict[str, Any],
) -> tuple[dict[str, float], int, int]:
    """A scenario's own base, some SKUs, or a picture: what is no matter of batches."""
    from carbon.run.results import write_table

    if running["manifest"] or running["since"] or "://" in f"{catalogue}{output}":
        raise click.UsageError(
            "--manifest, --since and URLs do not go with --sku, --picture or a base"
        )
    filled = _base(study, None if catalogue is None else Path(catalogue), scenario)
    if skus:
        filled = filled.select(list(skus))
    table = changed(study, filled, None, **options)
    write_table(table, Path(output))
    if picture is not None:
        _draw(study, filled, tuple(options["levers"]), picture, options["lang"])
    left_out = int(table.loc[table["before_kg"].isna(), "sku"].nunique())
    return tallied(table), len(filled), left_out


def _tell_levers(tally: dict[str, float]) -> None:
    """Levers over the whole catalogue, the largest saving first, all of them together last."""
    from carbon.footprint.scenario import ALL

    names = [name.removesuffix("|known") for name in tally if name.endswith("|known")]
    share = {name: tally[f"{name}|share"] / tally[f"{name}|known"] for name in names}
    click.echo(f"{'lever':<32}{'applies to':>12}{'saved':>9}{'kg a year':>14}")
    for name in sorted(names, key=lambda name: (name == ALL, -share[name])):
        year = f"{tally[f'{name}|year']:,.0f}" if f"{name}|year" in tally else ""
        applies = int(tally[f"{name}|applies"])
        click.echo(f"{name:<32}{applies:>12}{share[name]:>9.1%}{year:>14}")


@click.command()
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT", help="As a table.")
@click.option("--most", default=10, show_default=True, help="Pairs to print.")
@DRAWS
@scope
def compare(
    a: Path,
    b: tuple[str, ...],
    output: Path | None,
    most: int,
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
    from carbon.footprint.beside import beside, pairs
    from carbon.run.results import write_table

    if len(b) > 2:
        raise click.UsageError("two catalogues, or a catalogue and two SKUs")
    guard(output, a, *([Path(b[0])] if len(b) == 1 else []))
    study = new_study(**scope)
    alone: list[str] = []
    if len(b) == 2:
        whole = study.catalogue(a)
        left, right = (whole.select([sku]) for sku in b)
    else:
        left, right, alone = pairs(study.catalogue(a), study.catalogue(Path(b[0])))
    draw_factors(study, draws)
    table = beside(study, left, right, draws=draws or None)
    count = len(table) // len(left)
    for at in range(min(len(left), most)):
        _tell_pair(table.iloc[at * count : (at + 1) * count])
    if len(left) > most:
        click.echo(f"... and {len(left) - most} more pairs; write them with -o")
    if alone:
        click.echo(f"{len(alone)} SKUs stand in one catalogue only: {', '.join(alone[:5])}")
    if output is not None:
        write_table(table, output)
        click.echo(f"{len(left)} pairs -> {output}")
    click.echo(f"kg CO2e per kept unit  [{study.basis}]")
    sys.exit(1 if table["a_kg"].isna().any() or table["b_kg"].isna().any() or alone else 0)


def _scenario(name: str | None) -> Scenario | None:
    from carbon.base.rules import shipped
    from carbon.footprint.scenario_file import read_scenario

    return None if name is None else read_scenario(shipped("scenarios", name))


def _base(study: Study, catalogue: Path | None, scenario: Scenario | None) -> Catalogue:
    if catalogue is not None:
        return study.catalogue(catalogue)
    if scenario is None or scenario.base is None:
        raise click.UsageError("a CATALOGUE, or a scenario that holds its base, is needed")
    return study.catalogue(scenario.base)


def _tell_ratio(tally: dict[str, float], scenario: Scenario, lang: str) -> None:
    """Footprint after the whole scenario per footprint before."""
    click.echo(scenario.title_zh if lang == "zh" else scenario.title)
    told = "" if scenario.reported != scenario.reported else f"; reported {scenario.reported:g}"
    count = int(tally["ratios"])
    mean = tally["ratio"] / max(count, 1)
    click.echo(f"  after / before, mean of {count}: {mean:.2f}{told}")


def _draw(study: Study, filled: Catalogue, asked: tuple[str, ...], path: Path, lang: str) -> None:
    from carbon.footprint.scenario import steps
    from carbon.paper.sku_charts import waterfall
    from carbon.run.results import write_picture

    before, after = steps(study, filled, asked, lang=lang)
    name = first_name(filled)
    write_picture(waterfall(before, after, name=name, basis=str(study.basis), lang=lang), path)
    click.echo(f"{name}: {len(after)} levers -> {path}")


def _tell_pair(rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    names = [str(first["sku_a"]), str(first["sku_b"])]
    if names[0] == names[1]:
        names = [f"{names[0]} A", "B"]
    click.echo(f"{'':<14}{names[0][:16]:>17}{names[1][:16]:>17}{'A - B':>12}")
    for row in rows.to_dict("records"):
        share = row["difference_share"]
        told = "" if share != share else f"{share:+.0%}"
        click.echo(
            f"{row['stage']:<14}{row['a_kg']:>17.3g}{row['b_kg']:>17.3g}"
            f"{row['difference_kg']:>+12.3g}  {told}"
        )
    total = rows.iloc[-1]
    if total["p_a_less"] == total["p_a_less"]:
        click.echo(
            f"A less than B in {total['p_a_less']:.0%} of the draws; difference "
            f"{total['difference_low_kg']:+.3g} to {total['difference_high_kg']:+.3g}"
        )
