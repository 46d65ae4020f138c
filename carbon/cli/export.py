"""Reads a catalogue, writes its footprints for other programs: ``carbon export``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from carbon.cli.options import CATALOGUE, PATH, SKUS, Group, echo, new_study, scope
from carbon.cli.printing import say

__all__ = ["export"]


@click.group(cls=Group)
def export() -> None:
    """Footprints for other programs."""


@export.command("brightway")
@CATALOGUE
@SKUS
@click.option("--project", required=True, metavar="NAME", help="Of the new Brightway project.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FILE",
    help="The same as a .bw2package file, to pass on.",
)
@scope
def export_brightway(
    catalogue: Path, skus: tuple[str, ...], project: str, output: Path | None, **scope: Any
) -> None:
    """A Brightway project in which an analyst finds the same footprints.

    Each SKU is a process that takes its life-cycle stages; each stage takes datasets of the
    edition; the method and its indicators are registered. BRIGHTWAY2_DIR says where projects lie.

    \b
    carbon export brightway catalogue.csv --project spring --sku TS-001 --sku TS-002
    carbon export brightway catalogue.csv --project spring -o spring.bw2package
    """
    study = new_study(**scope)
    table = study.export(catalogue, project, skus=skus, output=output)
    left_out = table["problem"].ne("")
    for row in table.head(20).to_dict("records"):
        echo(f"{row['sku']}: {row['total_kg']:.4g} kg CO2e  {row['problem']}")
    if output is not None:
        say("written", output=output)
    count = int((~left_out).sum())
    say("exported", count=count, project=project, method=study.method, basis=study.basis)
    sys.exit(1 if left_out.any() else 0)
