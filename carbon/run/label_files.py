"""Reads graded footprints and what is drawn of each, gives the files of their labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from carbon.label.claims import clean, load_market, problems
from carbon.label.facts import facts
from carbon.label.render import Style, name_of, render, sheet_of
from carbon.run.folder import Files
from carbon.run.label_index import INDEX_COLUMNS
from carbon.run.label_job import LabelJob, designs_of

__all__ = ["LabelFile", "drawn", "label_files"]

ROW_COLUMNS = (*INDEX_COLUMNS, "claims", "verified", "problem")
"""Columns of the index, and what of a SKU is told elsewhere, on the first of its rows."""


@dataclass(frozen=True)
class LabelFile:
    """One file of one label."""

    fact: dict[str, Any]  # what is printed, a row of :func:`carbon.label.facts.facts`
    name: str  # path in a folder of labels
    template: str  # name of the design; empty for JSON, which has none
    kind: str  # format
    content: bytes


def label_files(
    graded: pd.DataFrame, about: pd.DataFrame, job: LabelJob
) -> tuple[Iterator[LabelFile], list[dict[str, str]]]:
    """Draw labels, one SKU after the other: the one way in which a label is drawn.

    ``graded``, ``about``: as for :func:`carbon.label.facts.facts`; each SKU once. Returns
    ``files``: drawn as they are taken; JSON once a SKU, before its pictures; ``claimed``: what the
    names claimed.
    """
    about, claimed = _claimless(about, job.market)
    return _files_of(facts(graded, about, job.issue), job), claimed


def _files_of(table: pd.DataFrame, job: LabelJob) -> Iterator[LabelFile]:
    designs = designs_of(job)
    styles = [("", Style(designs[0], job.issue.scale, job.langs, ("json",)))]
    styles = styles if "json" in job.formats else []
    styles += [(design.sheet.name, job.style(design)) for design in designs]
    columns = [str(name) for name in table.columns]
    for row in zip(*(table[name].tolist() for name in columns), strict=True):
        fact = dict(zip(columns, row, strict=True))
        stem = name_of(str(fact["sku"]))
        for template, style in styles:
            middle = f".{template}" if template else ""
            for kind, content in render(fact, style).items():
                yield LabelFile(fact, f"{stem}{middle}.{kind}", template, kind, content)


def drawn(
    graded: pd.DataFrame, about: pd.DataFrame, job: LabelJob, files: Files
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Draw labels into a folder.

    ``graded``, ``about``: as for :func:`carbon.label.facts.facts`; each SKU once; ``files``: takes
    them; sheets have the number of its batch. Returns ``rows``: a row a file, columns
    :data:`ROW_COLUMNS`; a sheet is nobody's, its ``sku`` is empty; ``claimed``: what the names
    claimed.
    """
    drawings, claimed = label_files(graded, about, job)
    codes = graded["problem"] if "problem" in graded else graded["reason"]
    problem = dict(zip(about["sku"].astype(str), codes.astype(str), strict=True))
    claims: dict[str, list[dict[str, str]]] = {}
    for claim in claimed:
        claims.setdefault(claim["sku"], []).append(claim)
    records: dict[str, dict[str, Any]] = {}
    rows: list[list[str]] = []
    for drawing in drawings:
        sku = str(drawing.fact["sku"])
        claims_cell = ["", "", ""]
        if sku not in records:  # on the first of its rows
            claims_found = claims.get(sku)
            claims_cell = [json.dumps(claims_found, ensure_ascii=False) if claims_found else ""]
            claims_cell += [drawing.fact["certificate"], problem.get(sku, "")]
        records[sku] = drawing.fact
        rows.append(_row(drawing, files, claims_cell))
    if job.sheets:
        for design in designs_of(job):
            name = design.sheet.name
            file = f"{name}s-{files.number + 1:04d}.pdf"
            sheet = sheet_of(list(records.values()), job.style(design), job.sheets)
            rows.append(["", file, name, *[""] * 9, files.put(file, sheet), "", "", ""])
    return pd.DataFrame(rows, columns=list(ROW_COLUMNS), dtype="str"), claimed


def _row(drawing: LabelFile, files: Files, claims_cell: list[str]) -> list[str]:
    fact = drawing.fact
    return [
        fact["sku"],
        drawing.name,
        drawing.template,
        *(fact[key] for key in ("state", "letter", "probability", "total", "low", "high")),
        *(fact[key] for key in ("edition", "date", "valid_until")),
        files.put(drawing.name, drawing.content),
        *claims_cell,
    ]


def _claimless(about: pd.DataFrame, market: str) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    rules = load_market(market)
    cleared = about.copy(deep=False)
    rows: list[dict[str, str]] = []
    for column in ("name", "merchant", "verifier"):
        texts = about[column].reset_index(drop=True)
        cleaned, claims = clean(texts, rules)
        cleared[column] = cleaned.to_numpy(dtype=object)
        if len(claims):
            table = problems(claims, column=column)
            table["sku"] = about["sku"].to_numpy()[claims["text"].to_numpy(dtype=int)]
            rows += [
                {name: str(row[name]) for name in ("column", "sku", "value", "code")}
                for row in table.to_dict("records")
            ]
    return cleared, rows
