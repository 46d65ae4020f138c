"""Reads a period's ledger, writes or reproduces its dossier: ``carbon tax``, ``reproduce``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.base.errors import StudyError
from carbon.cli.options import CATALOGUE, DRAWS, LANGS, PATH, command, echo, language, scope
from carbon.cli.printing import said, say, say_aside, words_of

if TYPE_CHECKING:
    from carbon.incentive.dossier import Dossier

__all__ = ["reproduce", "tax"]


@command()
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
@LANGS
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
    langs: tuple[str, ...],
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
    from carbon.office import make_dossier
    from carbon.run.dossier_folder import DossierOptions

    inputs = {"catalogue": [catalogue], "sales": [sales], "rules": [shipped("tax", rules)]}
    if base_year:
        inputs |= {"base_sales": [base_year[0]], "base_catalogue": [base_year[1]]}
    inputs |= {"verified": [verified]} if verified else {}
    inputs |= {"previous": [previous]} if previous else {}
    evidence = scope.pop("evidence")
    inputs |= {"evidence": [Path(evidence)]} if evidence else {}
    inputs |= {"factors": list(scope.pop("factors"))}
    stated = scope.pop("map")
    inputs |= {"map": [stated]} if stated else {}
    options = DossierOptions(
        period=period,
        base_period=base_period,
        base_edition=base_edition,
        languages=list(langs),
        draws=draws,
        **scope,
    )
    _, dossier = make_dossier(inputs, options, output, _step)
    _print_dossier(dossier)
    say("written_basis", output=output, basis=dossier.basis)
    sys.exit(1 if (dossier.problems["severity"] == "error").any() else 0)


@command()
@click.argument("manifest", type=PATH)
@click.option(
    "-o", "--output", type=PATH, metavar="DIR", help="Keep the dossier that was made again."
)
def reproduce(manifest: Path, output: Path | None) -> None:
    """Compute a dossier again from its inputs and hold every file on disk against it.

    \b
    carbon reproduce dossier/manifest.json
    carbon reproduce dossier/manifest.json -o again

    Two verdicts: whether the bytes are equal, and whether the amounts are. A file that is missing,
    extra or changed is named, and so is what the manifest says of edition, rule, program or
    options and is not so; with it the versions and fonts that differ.
    """
    from carbon.office import reproduce as make_again

    result = make_again(manifest, output, _step)
    states = words_of("state_")
    width = max(len(word) for word in states.values()) + 2
    for row in result.files.to_dict("records"):
        note = said(f"amounts_{row['amounts']}") if row["state"] in ("changed", "differs") else ""
        echo(f"{states[row['state']]:<{width}}{row['path']}  {note}".rstrip())
    for row in result.claims.to_dict("records"):
        say("claim", **{str(name): value for name, value in row.items()})
    if result.bytes_equal:
        say("reproduced", count=len(result.files), edition=result.edition)
        return
    wrong = said("comma").join(result.files.loc[result.files["state"] != "same", "path"])
    if result.amounts_equal:
        say("verdict_equal", unread=", ".join(result.unread) or "-")
        raise StudyError("T014", result.cause, file=wrong)
    say("verdict_unequal")
    raise StudyError("T012", result.cause, file=wrong)


def _step(name: str) -> None:
    say_aside(f"step_{name}")


def _print_dossier(dossier: Dossier) -> None:
    """Totals of the largest taxpayers, and what was settled."""
    from carbon.base.codes import CODES
    from carbon.incentive.money import text

    rule, totals = dossier.rule, dossier.assessment.totals
    for row in totals.sort_values("relief", ascending=False).head(10).to_dict("records"):
        base, relief = (text(int(row[name]), rule.minor_digits) for name in ("base", "relief"))
        counts = {name: row[name] for name in ("taxpayer", "eligible", "lines")}
        say("taxpayer", **counts, base=base, relief=relief, currency=rule.currency)
    total = text(sum(int(value) for value in totals["relief"]), rule.minor_digits)
    say("taxpayers", count=len(totals), relief=total, currency=rule.currency, rule=rule.name)
    if rule.legal_basis == "none on file":
        say("no_basis")
    for code, count in dossier.problems["code"].value_counts().sort_index().items():
        say("code_tally", code=code, count=count, rule=CODES[str(code)].rule_in(language()))
