"""The command ``carbon footprint``: a catalogue of any size to its footprints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from carbon.cli.options import (
    DRAWS,
    SOURCE,
    TARGET,
    draw_factors,
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
    from carbon.run.folder import Files
    from carbon.study import Study

__all__ = ["footprint"]

CHUNK: Final = 25_000
"""SKUs of a batch weighed at once."""


@click.command()
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
    carbon footprint goods/ -o new.parquet --manifest tuesday.json --since monday.json
    carbon footprint s3://bucket/goods -o s3://bucket/footprints.parquet
    carbon footprint goods.parquet -o footprints/ --spark spark://host:7077
    """
    from carbon.run.batches import Job, run

    guard(output, catalogue, folder=True)
    if spark is not None and (running["since"] or running["manifest"]):
        raise click.UsageError("--manifest and --since do not go with --spark")
    study = new_study(**scope)
    if spark is not None:
        from carbon.run.spark import submit

        rows = submit(spark, study, str(catalogue), str(output), draws=draws, stages=stages)
        click.echo(f"{rows} SKUs -> {output}  [{study.basis}]")
        return
    draw_factors(study, draws)
    job = Job("footprint", study, weighed, {"draws": draws, "stages": stages})
    outcome = run(job, catalogue, output, **running)
    tell_run(outcome, study.basis)
    sys.exit(outcome.exit_code)


def weighed(
    study: Study, catalogue: Catalogue, files: Files | None, *, draws: int, stages: bool
) -> pd.DataFrame:
    """Rows of a batch."""
    del files
    return study.footprints(catalogue, draws=draws, chunk=CHUNK).to_frame(stages=stages)
