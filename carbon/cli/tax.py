"""Commands for tax offices: ``carbon tax`` and ``carbon reproduce``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.base.errors import StudyError
from carbon.cli.options import CATALOGUE, DRAWS, scope

if TYPE_CHECKING:
    from carbon.incentive.dossier import Dossier

__all__ = ["reproduce", "tax"]

PATH = click.Path(path_type=Path)


def _languages(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for part in value.split(",")))
    if not set(found) <= {"zh", "en"}:
        raise click.BadParameter("zh, en or zh,en")
    return found


@click.command()
@CATALOGUE
@click.option("--sales", required=True, type=PATH, metavar="SALES", help="Ledger of the sales.")
@click.option(
    "--rules",
    default="paper-2percent",
    show_default=True,
    metavar="FILE",
    help="Rule file, or a shipped one by name.",
)
@click.option("--period", required=True, metavar="PERIOD", help="2026, 2026H2, 2026Q3 or 2026-09.")
@click.option(
    "-o", "--output", required=True, type=PATH, metavar="DIR", help="Folder of the dossier."
)
@click.option(
    "--base-year",
    nargs=2,
    type=PATH,
    metavar="SALES_BASE CATALOGUE_BASE",
    help="Ledger and catalogue of the base year, for the change of carbon intensity.",
)
@click.option(
    "--base-period", default="", metavar="PERIOD", help="Of SALES_BASE; all of it without."
)
@click.option(
    "--base-edition",
    default="",
    metavar="EDITION",
    help="Edition in force in the base year; the one now without.",
)
@click.option("--verified", type=PATH, metavar="FILE", help="Ledger of verifiers' certificates.")
@click.option("--previous", type=PATH, metavar="JSON", help="dossier.json of the period before.")
@click.option(
    "--lang",
    "languages",
    default="zh",
    show_default=True,
    callback=_languages,
    help="Languages of workbook and summary: zh, en or zh,en.",
)
@DRAWS
@scope
def tax(
    catalogue: Path,
    sales: Path,
    rules: str,
    period: str,
    output: Path,
    base_year: tuple[Path, Path] | None,
    base_period: str,
    base_edition: str,
    verified: Path | None,
    previous: Path | None,
    languages: tuple[str, ...],
    draws: int,
    **scope: Any,
) -> None:
    """The dossier of a period for a tax office: every SKU, condition, tax base and relief.

    DIR holds a workbook whose amounts are live formulas, a summary to sign (PDF), lines and totals
    (CSV), everything (JSON with its schema), every exchange (Parquet), copies of the inputs, and a
    manifest of hashes by which `carbon reproduce` makes the same bytes again.

    \b
    carbon tax catalogue.csv --sales sales.csv --period 2026Q3 -o dossier
    carbon tax catalogue.csv --sales sales.csv --rules my-rule.toml --period 2026-09 -o dossier
    carbon tax catalogue.csv --sales sales.csv --period 2026Q3 --lang zh,en -o dossier \\
        --base-year sales-2025.csv catalogue-2025.csv --previous 2026Q2/dossier.json

    The shipped rule follows a proposal and cites no statute. Conflicts are settled by the rules
    in docs/tax.md; what is doubtful or unknown is named and never eligible.
    """
    from carbon.base.rules import shipped
    from carbon.run.tax_dossier import make
    from carbon.run.tax_manifest import Asked

    inputs = {"catalogue": [catalogue], "sales": [sales], "rules": [shipped("tax", rules)]}
    if base_year:
        inputs |= {"base_sales": [base_year[0]], "base_catalogue": [base_year[1]]}
    inputs |= {"verified": [verified]} if verified else {}
    inputs |= {"previous": [previous]} if previous else {}
    inputs |= {"factors": list(scope.pop("factors"))}
    asked = Asked(
        period=period,
        base_period=base_period,
        base_edition=base_edition,
        languages=list(languages),
        draws=draws,
        **scope,
    )
    _, dossier = make(inputs, asked, output, _tell)
    _summary(dossier)
    click.echo(f"-> {output}  [{dossier.basis}]")
    left_out = bool((dossier.problems["severity"] == "error").any())
    sys.exit(1 if left_out else 0)


@click.command()
@click.argument("manifest", type=PATH)
@click.option(
    "-o", "--output", type=PATH, metavar="DIR", help="Keep the dossier that was made again."
)
def reproduce(manifest: Path, output: Path | None) -> None:
    """Compute a dossier again from its manifest and compare every file byte for byte.

    \b
    carbon reproduce dossier/manifest.json
    carbon reproduce dossier/manifest.json -o again

    An input that is not the one the manifest names is refused with its name; an output that
    differs is named, and with it the versions that differ.
    """
    from carbon.run.tax_dossier import make
    from carbon.run.tax_manifest import compared, differing, read_manifest, restored

    told = read_manifest(manifest)
    inputs = restored(manifest, told)
    with tempfile.TemporaryDirectory() as place:
        target = output or Path(place) / "again"
        again, _ = make(inputs, told.arguments, target, _tell)
    if again.edition_sha256 != told.edition_sha256:
        raise StudyError("T013", again.edition, file=str(manifest), value=told.edition)
    pairs = compared(told, again)
    for path, same in pairs:
        click.echo(f"{'same' if same else 'DIFFERS':<9}{path}")
    wrong = [path for path, same in pairs if not same]
    if wrong:
        raise StudyError("T012", differing(told, again), file=", ".join(wrong))
    click.echo(f"{len(pairs)} files, the same byte for byte  [{told.edition}]")


def _tell(step: str) -> None:
    click.echo(f"{step} ...", err=True)


def _summary(dossier: Dossier) -> None:
    """Totals of the largest taxpayers, and what was settled."""
    from carbon.incentive.money import text

    rule, totals = dossier.rule, dossier.assessment.totals
    for row in totals.sort_values("relief", ascending=False).head(10).to_dict("records"):
        base, relief = (text(int(row[name]), rule.minor_digits) for name in ("base", "relief"))
        click.echo(
            f"{row['taxpayer']:<24}{row['eligible']:>8} of {row['lines']:<8}"
            f"base {base:>16}  relief {relief:>14} {rule.currency}"
        )
    whole = text(sum(int(value) for value in totals["relief"]), rule.minor_digits)
    click.echo(f"{len(totals)} taxpayers, relief {whole} {rule.currency} (rule {rule.name})")
    if rule.legal_basis == "none on file":
        click.echo("legal basis: none on file")
    for code, count in dossier.problems["code"].value_counts().sort_index().items():
        click.echo(f"  {code}: {count}")
