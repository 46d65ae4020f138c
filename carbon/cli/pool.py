"""``carbon pool``: rates, tiers, premiums and reserve of a return-insurance pool."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.base.errors import OutputError
from carbon.cli.options import LANG, new_study, scope

if TYPE_CHECKING:
    import pandas as pd

    from carbon.catalogue.ledger import Ledger
    from carbon.incentive.pool_orders import PerReturn
    from carbon.incentive.pool_policy import Policy
    from carbon.incentive.return_pool import Pool

__all__ = ["pool"]

FUND = "carbon-pool-fund/1"
"""Names the layout of ``fund.json``; see ``templates/pool/fund.schema.json``."""

TABLES = ("merchants", "cells", "categories", "tiers", "suspected", "season", "problems")


@click.command()
@click.argument("orders", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Tiers, loading, season and bounds; the shipped policy without.",
)
@click.option(
    "--catalogue",
    type=click.Path(path_type=Path),
    metavar="CATALOGUE",
    help="Catalogue of the goods, for the emissions of a return.",
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="DIR")
@click.option("--most", default=10, show_default=True, help="Problems to print.")
@LANG
@scope
def pool(
    orders: Path,
    policy_file: Path | None,
    catalogue: Path | None,
    output: Path,
    most: int,
    lang: str,
    **scope: Any,
) -> None:
    """Return insurance: credible return rates, tiers, premiums that break even, and the reserve.

    ORDERS is a ledger with merchant, category, premium, returned and date, and if known reason,
    return_freight, buyer, address and sku. DIR gets a page of PDF, the tables and a manifest.

    \b
    carbon pool orders.csv -o pool
    carbon pool orders.parquet --catalogue catalogue.csv --lang zh -o pool
    carbon pool orders.csv --policy my-policy.toml -o pool

    Exit codes: 0 everything counted; 1 orders were left out, see problems.csv.
    """
    from carbon.catalogue.ledger import read_ledger
    from carbon.incentive.pool_policy import load_policy
    from carbon.incentive.return_pool import pool as compute

    inputs = [path for path in (orders, policy_file, catalogue) if path is not None]
    _guard(output, inputs)
    policy = load_policy(policy_file)
    ledger = read_ledger(orders, "orders")
    per_return, basis = _per_return(ledger, catalogue, scope)
    with click.progressbar(
        length=policy.fund.simulations, label="drawing seasons", file=sys.stderr
    ) as bar:
        found = compute(ledger, policy, per_return, bar.update)
    problems = _problems(ledger, found)
    files = _write(output, ledger, found, policy, problems, basis, lang)
    _manifest(output, ledger, policy, policy_file, inputs, basis, lang, files)
    _tell(found, policy, problems, most)
    click.echo(f"{len(files) + 1} files -> {output}")
    sys.exit(1 if ledger.dropped else 0)


def _guard(output: Path, inputs: list[Path]) -> None:
    """Refuse a folder that is a file, or in which a result would replace an input."""
    if output.exists() and not output.is_dir():
        raise OutputError("O001", "it is a file", file=str(output))
    names = {
        *(f"{name}.csv" for name in TABLES),
        *("merchants.parquet", "fund.json", "summary.pdf", "manifest.json"),
    }
    for path in inputs:
        if path.name in names and path.resolve().parent == output.resolve():
            raise OutputError("O004", file=str(path))


def _per_return(
    ledger: Ledger, catalogue: Path | None, scope: dict[str, Any]
) -> tuple[PerReturn | None, str]:
    """Emissions of one return, and their basis."""
    from carbon.incentive.pool_orders import per_return_of

    if catalogue is None:
        return None, ""
    study = new_study(**scope)
    filled = study.catalogue(catalogue)
    table = study.footprints(filled).to_frame()
    table = table.assign(return_rate=filled.skus["return_rate"].to_numpy())
    names = study.vocabulary.names("category")
    spelled = {}
    for name in ledger.frame["category"].cat.categories:
        code = names.code(str(name))
        spelled[str(name)] = names.ids[code] if code >= 0 else str(name)
    return per_return_of(table, spelled), str(study.basis)


def _problems(ledger: Ledger, found: Pool) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([ledger.problems, found.problems], ignore_index=True)


def _write(
    output: Path,
    ledger: Ledger,
    found: Pool,
    policy: Policy,
    problems: pd.DataFrame,
    basis: str,
    lang: str,
) -> list[Path]:
    """Write the tables, the fund and the page."""
    from carbon.base.files import whole_file
    from carbon.incentive.pool_page import summary
    from carbon.incentive.pool_tiers import shown
    from carbon.incentive.suspicion import says
    from carbon.run.results import write_table

    merchants = shown(found.merchants.drop(columns="place"), policy.currency)
    suspected = shown(found.suspected, policy.currency)
    tables = {
        "merchants": merchants,
        "cells": found.cells,
        "categories": found.categories,
        "tiers": shown(found.tiers, policy.currency),
        "suspected": suspected.assign(says=says(found.suspected, lang)),
        "season": found.outlook.days,
        "problems": problems,
    }
    page = summary(found, policy, source=ledger.file, basis=basis, lang=lang)
    paths = [output / f"{name}.csv" for name in TABLES]
    for name, path in zip(TABLES, paths, strict=True):
        write_table(tables[name], path)
    write_table(merchants, output / "merchants.parquet")
    fund = {
        "schema": FUND,
        "policy": {"name": policy.name, "version": policy.version},
        "currency": policy.currency,
        "orders": found.totals,
        "season": found.outlook.fund,
    }
    for name, data in (("fund.json", _json(fund)), ("summary.pdf", page)):
        with whole_file(output / name) as beside:
            beside.write_bytes(data)
    return [*paths, *(output / name for name in ("merchants.parquet", "fund.json", "summary.pdf"))]


def _json(data: dict[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False)
    return (text + "\n").encode()


def _manifest(
    output: Path,
    ledger: Ledger,
    policy: Policy,
    policy_file: Path | None,
    inputs: list[Path],
    basis: str,
    lang: str,
    files: list[Path],
) -> None:
    """What the results rest on, and their hashes."""
    import carbon
    from carbon.base.files import whole_file
    from carbon.base.rules import digest, shipped
    from carbon.incentive.pool_policy import DEFAULT

    manifest = {
        "program": f"carbon-label {carbon.__version__}",
        "command": "carbon pool",
        "lang": lang,
        "policy": {
            "name": policy.name,
            "version": policy.version,
            "file": DEFAULT if policy_file is None else policy_file.name,
            "sha256": digest(policy_file or shipped("pool", DEFAULT)),
        },
        "basis": basis,
        "orders": {"read": len(ledger) + ledger.dropped, "left_out": ledger.dropped},
        "inputs": [
            {"file": path.name, "sha256": ledger.sha256 if at == 0 else digest(path)}
            for at, path in enumerate(inputs)
            if path.is_file()
        ],
        "outputs": {path.name: digest(path) for path in files},
    }
    with whole_file(output / "manifest.json") as beside:
        beside.write_bytes(_json(manifest))


def _tell(found: Pool, policy: Policy, problems: pd.DataFrame, most: int) -> None:
    """Tiers, fund and problems, in a few lines."""
    totals, currency = found.totals, policy.currency
    click.echo(
        f"{totals['orders']:,} orders of {totals['merchants']:,} merchants, "
        f"{totals['first']} to {totals['last']}; {totals['returns']:,} returned, "
        f"{totals['suspected_orders']:,} under suspicion"
    )
    click.echo(f"{'tier':<8}{'up to':>7}{'merchants':>11}{'rate':>8}{'premium':>10}{'tariff':>9}")
    for row in found.tiers[found.tiers["insured"] > 0].to_dict("records"):
        tariff = row["tariff_cents"]
        charged = "" if tariff is None or tariff != tariff else f"{tariff / 100:.2f}"
        click.echo(
            f"{row['tier']:<8}{row['up_to']:>7.0%}{row['merchants']:>11,}{row['rate']:>8.1%}"
            f"{row['premium_cents'] / 100:>10.2f}{charged:>9}"
        )
    even = found.outlook.fund["break_even"]
    click.echo(
        f"reserve {even['reserve_needed']:,.0f} {currency} for ruin "
        f"{found.outlook.fund['ruin']:.1%} ({even['reserve_low']:,.0f} to "
        f"{even['reserve_high']:,.0f}: simulation, seed {found.outlook.fund['seed']})"
    )
    for row in problems.head(most).to_dict("records"):
        place = "" if row["row"] is None or row["row"] != row["row"] else f"row {row['row']:.0f} "
        click.echo(
            f"{row['severity']} {row['code']}  {place}{row['column']}: {str(row['value'])[:60]!r}  "
            f"{row['rule']}; {row['remedy']}"
        )
    if len(problems) > most:
        click.echo(f"... and {len(problems) - most} more; see problems.csv")
