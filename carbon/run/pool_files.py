"""Reads a priced pool, gives its folder: tables, fund, page and manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

import carbon
from carbon.base.errors import OutputError
from carbon.base.files import digest, whole_files
from carbon.base.problems import retold
from carbon.base.rules import shipped
from carbon.base.terms import Basis
from carbon.base.words import basis_text
from carbon.catalogue.ledger import Ledger
from carbon.incentive.pool_page import summary
from carbon.incentive.pool_policy import DEFAULT, PoolPolicy
from carbon.incentive.pool_tiers import shown
from carbon.incentive.return_pool import Pool
from carbon.incentive.suspicion import says
from carbon.run.manifest import Manifest, Named, write_json
from carbon.run.results import write_table

__all__ = ["FUND", "check_pool_folder", "write_pool"]

FUND: Final = "carbon-pool-fund/1"
"""Names the layout of ``fund.json``; see ``templates/pool/fund.schema.json``."""

TABLES: Final = ("merchants", "cells", "categories", "tiers", "suspected", "season", "problems")
OTHERS: Final = ("merchants.parquet", "fund.json", "summary.pdf")
MANIFEST: Final = "manifest.json"


def check_pool_folder(output: Path, inputs: Sequence[Path]) -> None:
    """Refuse a folder that is a file, or in which a result would replace an input.

    Raises O001 or O004.
    """
    if output.exists() and not output.is_dir():
        raise OutputError("O001", "it is a file", file=str(output))
    names = {*(f"{name}.csv" for name in TABLES), *OTHERS, MANIFEST}
    for path in inputs:
        if path.name in names and path.resolve().parent == output.resolve():
            raise OutputError("O004", file=str(path))


def write_pool(
    priced: Pool,
    ledger: Ledger,
    policy: PoolPolicy,
    output: Path,
    *,
    inputs: Mapping[str, Path | None],
    basis: Basis | str = "",
    reading: Mapping[str, str] | None = None,
    lang: str = "en",
    names: Mapping[str, str] | None = None,
) -> tuple[list[Path], pd.DataFrame]:
    """Write the tables, the fund, the page and the manifest of a pool.

    ``inputs``: role → file: ``orders``, and as far as there are ``policy`` and ``catalogue``;
    ``basis``: of the emissions of a return; empty without a catalogue; ``reading``: how the
    catalogue was read, as :func:`carbon.catalogue.mapping.reading_of` tells. Returns ``files``:
    what was written, the manifest last; ``problems``: of ledger and pool. Raises O001 if something
    cannot be written.
    """
    problems = pd.concat([ledger.problems, priced.problems], ignore_index=True)
    merchants = shown(priced.merchants.drop(columns="place"), policy.currency)
    suspected = shown(priced.suspected, policy.currency)
    tables = {
        "merchants": merchants,
        "cells": priced.cells,
        "categories": priced.categories,
        "tiers": shown(priced.tiers, policy.currency),
        "suspected": suspected.assign(says=says(priced.suspected, lang)),
        "season": priced.outlook.days,
        "problems": problems if lang == "en" else retold(problems, lang),
    }
    page = summary(
        priced,
        policy,
        source=ledger.file,
        basis=basis_text(basis, lang) if basis else "",
        lang=lang,
        names=names,
    )
    files = [*(f"{name}.csv" for name in TABLES), *OTHERS]
    with whole_files(output) as place:
        for name, file in zip(TABLES, files, strict=False):
            write_table(tables[name], place / file)
        write_table(merchants, place / OTHERS[0])
        _write_others(priced, policy, place, page)
        made = [place / name for name in files]
        write_json(
            _manifest(ledger, policy, inputs, basis, reading or {}, lang, made), place / MANIFEST
        )
    return [output / name for name in (*files, MANIFEST)], problems


def _write_others(priced: Pool, policy: PoolPolicy, place: Path, page: bytes) -> None:
    """Write the fund and the page."""
    fund = {
        "schema": FUND,
        "policy": {"name": policy.name, "version": policy.version},
        "currency": policy.currency,
        "orders": priced.totals,
        "season": priced.outlook.fund,
    }
    for name, data in ((OTHERS[1], _json(fund)), (OTHERS[2], page)):
        (place / name).write_bytes(data)


def _json(data: dict[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False)
    return (text + "\n").encode()


def _manifest(
    ledger: Ledger,
    policy: PoolPolicy,
    inputs: Mapping[str, Path | None],
    basis: Basis | str,
    reading: Mapping[str, str],
    lang: str,
    files: Sequence[Path],
) -> Manifest:
    """What the results rest on, and their hashes."""
    policy_input = inputs.get("policy")
    sha256 = {"orders": ledger.sha256}
    return Manifest(
        program=f"carbon-label {carbon.__version__}",
        command="pool",
        edition=basis.edition if isinstance(basis, Basis) else "",
        basis=str(basis),
        arguments={
            "lang": lang,
            "policy": {
                "name": policy.name,
                "version": policy.version,
                "file": DEFAULT if policy_input is None else policy_input.name,
                "sha256": digest(policy_input or shipped("pool", DEFAULT)),
            },
            **reading,
        },
        about={"orders": {"read": len(ledger) + ledger.dropped, "left_out": ledger.dropped}},
        inputs=[
            Named(role=role, path=path.name, sha256=sha256.get(role) or digest(path))
            for role, path in inputs.items()
            if path is not None and path.is_file()
        ],
        outputs=[Named(role="output", path=path.name, sha256=digest(path)) for path in files],
    )
