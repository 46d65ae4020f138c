"""Reads orders, writes rates, tiers, premiums and reserve: ``carbon pool``."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon.cli.options import LANG, PATH, command, echo, new_study, progress, scope, show
from carbon.cli.printing import category_names, padded, print_problems, said, say

if TYPE_CHECKING:
    from carbon.incentive.pool_policy import PoolPolicy
    from carbon.incentive.return_pool import Pool

__all__ = ["pool"]


@command()
@click.argument("orders", type=PATH)
@click.option(
    "--policy",
    "policy_file",
    type=PATH,
    metavar="FILE",
    help="Tiers, loading, season and bounds; the shipped policy without.",
)
@click.option(
    "--catalogue",
    type=PATH,
    metavar="CATALOGUE",
    help="Catalogue of the goods, for the emissions of a return.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Day of pricing, 2026-11-30; the last day of the orders without.",
)
@click.option(
    "-o", "--output", required=True, type=PATH, metavar="DIR", help="Folder of the result."
)
@show(10, "Problems")
@LANG
@scope
def pool(
    orders: Path,
    policy_file: Path | None,
    catalogue: Path | None,
    as_of: datetime.datetime | None,
    output: Path,
    show: int,
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
    from carbon.catalogue.mapping import reading_of
    from carbon.incentive.pool_policy import load_policy
    from carbon.platform import Platform
    from carbon.run.pool_files import check_pool_folder, write_pool

    check_pool_folder(output, [path for path in (orders, policy_file, catalogue) if path])
    policy = load_policy(policy_file)
    study = new_study(**scope)
    ledger = read_ledger(orders, "orders")
    priced = Platform(study, progress=progress).price_pool(
        ledger,
        policy=policy,
        catalogue=catalogue,
        as_of=None if as_of is None else as_of.date(),
    )
    files, problems = write_pool(
        priced,
        ledger,
        policy,
        output,
        inputs={"orders": orders, "policy": policy_file, "catalogue": catalogue},
        reading=reading_of(study.map, study.preset),
        basis="" if catalogue is None else study.basis,
        lang=lang,
        names=category_names(study),
    )
    _print_pool(priced, policy)
    print_problems(problems, show, "more_in")
    say("files_written", count=len(files), output=output)
    sys.exit(1 if ledger.dropped else 0)


def _print_pool(priced: Pool, policy: PoolPolicy) -> None:
    """Tiers and fund, in a few lines."""
    say("pool", **priced.totals)
    heads = [said(key) for key in ("tier", "up_to", "merchants", "return_rate", "premium")]
    heads.append(said("tariff"))
    widths = (7, 11, 8, 10, 9)
    echo(
        padded(heads[0], 8)
        + "".join(padded(*each, right=True) for each in zip(heads[1:], widths, strict=True))
    )
    for row in priced.tiers[priced.tiers["insured"] > 0].to_dict("records"):
        tariff = row["tariff_cents"]
        charged = "" if tariff is None or tariff != tariff else f"{tariff / 100:.2f}"
        echo(
            f"{row['tier']:<8}{row['up_to']:>7.0%}{row['merchants']:>11,}{row['rate']:>8.1%}"
            f"{row['premium_cents'] / 100:>10.2f}{charged:>9}"
        )
    fund = priced.outlook.fund
    even = fund["break_even"]
    say(
        "reserve",
        needed=even["reserve_needed"],
        low=even["reserve_low"],
        high=even["reserve_high"],
        currency=policy.currency,
        ruin=fund["ruin"],
        seed=fund["seed"],
    )
