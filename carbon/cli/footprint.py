"""Reads a catalogue of any size, writes its footprints [kg CO2e]: ``carbon footprint``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from carbon.cli.options import (
    DRAWS,
    SOURCE,
    TARGET,
    command,
    draw_factors,
    new_study,
    run_options,
    scope,
    since_options,
)
from carbon.cli.outputs import guard
from carbon.cli.printing import print_run, say

__all__ = ["footprint"]


@command()
@SOURCE
@TARGET
@DRAWS
@click.option("--stages", is_flag=True, help="The interval of each stage too.")
@run_options
@since_options
@click.option(
    "--spark", metavar="MASTER", help="Compute on a cluster, as spark://host:7077 or local[4]."
)
@scope
def footprint(
    catalogue: Path | str,
    output: Path | str,
    draws: int,
    stages: bool,
    running: dict[str, Any],
    spark: str | None,
    **scope: Any,
) -> None:
    """Footprint of every SKU, one row each, with its interval.

    OUT is .csv, .parquet, .xlsx or .jsonl, or a folder for Parquet in parts. CATALOGUE is a file
    of the same kinds, or a folder of files: the tables skus, materials, packaging and legs, or
    parts of one. Both may be URLs. A large catalogue is computed in batches on all cores.

    \b
    carbon footprint catalogue.xlsx -o footprints.xlsx
    carbon footprint catalogue.csv -o out.parquet --boundary cradle-to-door
    carbon footprint catalogue.csv -o out.csv --factors my-factors/ --draws 0
    carbon footprint goods/ -o out.parquet --workers 8 --resume
    carbon footprint goods/ -o out.parquet --manifest monday.json
    carbon footprint goods/ -o new.parquet --manifest tuesday.json --previous-run monday.json
    carbon footprint s3://bucket/goods -o s3://bucket/footprints.parquet
    carbon footprint goods.parquet -o footprints/ --spark spark://host:7077
    """
    from carbon.run.batches import run
    from carbon.run.plan import footprint_job

    guard(output, catalogue, folder=True)
    if spark is not None and (running["since"] or running["manifest"]):
        raise click.UsageError("--manifest and --previous-run do not go with --spark")
    study = new_study(**scope)
    if spark is not None:
        from carbon.run.spark import submit

        rows = submit(spark, study, str(catalogue), str(output), draws=draws, stages=stages)
        say("rows_written", skus=rows, output=output, basis=study.basis)
        return
    draw_factors(study, draws)
    outcome = run(footprint_job(study, draws=draws, stages=stages), catalogue, output, **running)
    print_run(outcome, study.basis)
    sys.exit(outcome.exit_code)
