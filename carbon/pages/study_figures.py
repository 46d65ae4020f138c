"""Reads a study and a few SKUs, gives what a product study report tells [kg CO2e].

Every record that holds a number holds ``cite`` beside it: the cell of the merchant, the cell of a
publisher, or the sum that it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from carbon import __version__
from carbon.background.unit_impacts import PARTS
from carbon.base.digits import amount
from carbon.base.shown import plain
from carbon.base.terms import BOUNDARIES, FUNCTIONAL_UNIT, PROVENANCES, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.footprint.evidence import EVIDENCE, levels
from carbon.footprint.reference import References
from carbon.stages import take

if TYPE_CHECKING:
    from carbon.background.edition import Edition
    from carbon.study import Study

__all__ = ["FORMAT", "LARGEST_SHARES", "Record", "study_figures"]

FORMAT: Final = "carbon-label/product-study/1"
"""Name and version of the document."""

LARGEST_SHARES: Final = 8
"""Exchanges that are told to carry most of a total."""

VALUES: Final = {
    "mass": ("mass_kg", "kg"),
    "units_per_parcel": ("units_per_parcel", "1"),
    "electricity": ("electricity_kwh", "kWh"),
    "heat": ("heat_mj", "MJ"),
    "manufacturing_loss": ("manufacturing_loss", "1"),
    "pickup_km": ("pickup_km", "km"),
    "return_rate": ("return_rate", "1"),
    "resale_share": ("resale_share", "1"),
    "loss_rate": ("loss_rate", "1"),
    "packaging_reuse": ("packaging_reuse", "1"),
    "session_kwh": ("studio_kwh", "kWh"),
    "viewer_hours": ("viewer_hours", "h"),
    "energy_per_year": ("energy_per_year_kwh", "kWh"),
    "service_life": ("service_life_years", "year"),
}
"""Cell → column of the filled catalogue that holds its number, and the unit."""

Record = dict[str, Any]


def study_figures(
    study: Study,
    catalogue: Catalogue,
    *,
    references: References | None = None,
    draws: int = 1000,
    digest: str = "",
) -> Record:
    """What a product study report tells of the SKUs of a filled catalogue, as JSON can hold it.

    ``products`` has a record a SKU: ``unit boundary cells inventory results quality sensitivity
    comparison assumptions problems``; ``datasets`` has every dataset that an inventory meets, with
    its own exchanges, down to the publishers' cells. Gaps are None; ``digest`` is the SHA-256 of
    the catalogue's file.
    """
    graded = study.grades(catalogue, references=references, draws=draws, stages=True)
    graded = graded.reset_index(drop=True)
    level = levels(catalogue)
    taken = take(catalogue, study.boundary)
    met = study.match(taken)[0]
    products = [
        _product(study, catalogue, position, row, level, draws)
        for position, row in enumerate(graded.to_dict("records"))
    ]
    datasets = _datasets(study, sorted(set(met[met >= 0].tolist())))
    used = {record["source"] for record in datasets}
    document = {
        "document": FORMAT,
        "program": f"carbon-label {__version__}",
        "arranged_after": ["ISO 14067:2018", "GB/T 24067-2024"],
        "verified": False,
        "edition": study.edition.id,
        "edition_sha256": study.edition.digest,
        "method": study.method,
        "basis": str(study.basis),
        "functional_unit": FUNCTIONAL_UNIT,
        "catalogue": {"file": catalogue.file, "sha256": digest},
        "draws": {"count": draws, "cite": "option of the study; the same count gives the same"},
        "products": products,
        "datasets": datasets,
        "packages": _packages(study.edition, used),
    }
    return dict(plain(document))


def _product(
    study: Study,
    catalogue: Catalogue,
    position: int,
    row: Mapping[Any, Any],
    level: pd.DataFrame,
    draws: int,
) -> Record:
    """One SKU."""
    sku = catalogue.skus.iloc[position]
    # two rows may have one identifier: the exchanges of a row are those of its own catalogue
    exchanges = study.inventory(catalogue.part(position, position + 1))
    place = f"{catalogue.file or 'catalogue'}, row {int(sku['line'])}"
    inside = [stage for stage in STAGES if stage in BOUNDARIES[study.boundary]]
    return {
        "sku": str(row["sku"]),
        "name": _text(sku["name"]),
        "merchant": _text(sku["merchant"]),
        "category": str(row["category"]),
        "line": {"row": int(sku["line"]), "cite": catalogue.file or "catalogue"},
        "unit": {
            "declared": "one kept unit",
            "functional_quantity": row["functional_quantity"],
            "functional_unit": _text(row["unit"]),
            "size_class": _text(row["size_class"]),
            "cite": f"{place}, columns mass and quantity; {_rule(study, str(row['category']))}",
        },
        "boundary": {
            "name": study.boundary,
            "inside": inside,
            "outside": [stage for stage in STAGES if stage not in inside],
        },
        "cells": _cells(study, catalogue, position, level, place),
        "inventory": _exchanges(exchanges),
        "results": _results(study, row, inside, draws),
        "quality": {
            **{
                name: row.get(name)
                for name in (
                    *("primary_share", "documented_share", "dqr", "gsd"),
                    *("proxy_share", "assumption_share", "aggregate_share"),
                )
            },
            "worst_match": _text(row["match"]),
            "evidence": _text(row["evidence"]),
            "cite": "shares of results.total, by evidence of the cells and kind of the datasets",
        },
        "sensitivity": _sensitivity(exchanges, row),
        "comparison": _comparison(study, row),
        "assumptions": str(row["defaulted"]).split(),
        "problems": _problems(catalogue, str(row["sku"]), place),
    }


def _cells(
    study: Study, catalogue: Catalogue, position: int, level: pd.DataFrame, place: str
) -> list[Record]:
    """Inputs with their origin, evidence and what they rest on."""
    sku, category = catalogue.skus.iloc[position], str(catalogue.skus["category"].iloc[position])
    parameters = study.vocabulary.parameters
    usual = parameters[parameters["category"].astype(str) == category].set_index("parameter")
    named = catalogue.evidence
    named = named[named["row"] == position] if len(named) else named
    records = []
    for column in catalogue.provenance.columns:
        origin = PROVENANCES[int(catalogue.provenance[column].iloc[position])]
        if origin == "absent":
            continue
        documents = named.loc[named["column"] == column, "document"].astype(str).tolist()
        holder, unit = VALUES.get(str(column), ("", ""))
        if origin == "default":
            known = column in usual.index
            cite = (
                "{} ({})".format(*(str(usual[name][column]) for name in ("cite", "source")))
                if known
                else f"default of the category {category}"
            )
            cite += "; a part that is not told stands at its dear side" if study.judging else ""
        else:
            cite = "; ".join([f"{place}, column {column}", *documents])
        records.append(
            {
                "column": str(column),
                "value": float(sku[holder]) if holder and holder in sku.index else None,
                "unit": unit,
                "origin": origin,
                "evidence": EVIDENCE[int(level[column].iloc[position])],
                "documents": documents,
                "cite": cite,
            }
        )
    return records


def _exchanges(exchanges: pd.DataFrame) -> list[Record]:
    """Exchanges of one SKU, those of one dataset in one stage together."""
    keys = ["stage", "activity", "location"]
    summed = exchanges.groupby(keys, observed=True, sort=False, as_index=False).agg(
        {
            "amount": "sum",
            "unit": "first",
            "kg_per_unit": "first",
            "kg": _sum,
            "factor_location": "first",
            "factor_source": "first",
            "cite": "first",
            "match": "first",
            "evidence": "first",
        }
    )
    columns = {name: summed[name].astype(str) for name in ("stage", "match", "evidence")}
    return _records(summed.assign(**columns))


def _results(study: Study, row: Mapping[Any, Any], inside: Sequence[str], draws: int) -> Record:
    total = row["total_kg"]
    drawn = f"; interval: 95 % of {draws} draws" if draws else ""
    low, high = row.get("low_kg", np.nan), row.get("high_kg", np.nan)
    stages = [
        {
            "stage": stage,
            "kg": row[f"{stage}_kg"],
            "low_kg": row.get(f"{stage}_low_kg"),
            "high_kg": row.get(f"{stage}_high_kg"),
            "share": row[f"{stage}_kg"] / total if total else None,
            "cite": f"sum of inventory.kg where stage is {stage}{drawn}",
        }
        for stage in inside
    ]
    indicators = [
        {
            "indicator": part,
            "kg": row[f"{part}_kg"],
            "cite": f"characterization of {study.method}; those known sum to the total",
        }
        for part in PARTS
    ]
    return {
        "total": {
            "kg": total,
            "low_kg": low,
            "high_kg": high,
            "text": amount(total, low, high),
            "cite": f"sum of results.stages.kg{drawn}",
        },
        "per_functional_unit": {
            "kg": row["kg_per_unit"],
            "cite": "results.total.kg / unit.functional_quantity",
        },
        "stages": stages,
        "indicators": indicators,
    }


def _sensitivity(rows: pd.DataFrame, row: Mapping[Any, Any]) -> Record:
    """What carries the total, and what would narrow its interval most."""
    exchanges = pd.DataFrame(_exchanges(rows))
    if len(exchanges) and row["total_kg"] == row["total_kg"]:
        exchanges = exchanges[exchanges["kg"].notna()]
        order = np.argsort(-exchanges["kg"].abs().to_numpy(), kind="stable")[:LARGEST_SHARES]
        largest = exchanges.iloc[order]
        largest = largest.assign(share=largest["kg"] / row["total_kg"])
        shown = largest[["stage", "activity", "location", "kg", "share", "cite"]]
    else:
        shown = pd.DataFrame()
    asked = [item for item in str(row.get("ask_first", "")).split("; ") if item]
    return {"ask_first": asked, "largest": _records(shown)}


def _comparison(study: Study, row: Mapping[Any, Any]) -> Record:
    scale, parameters = study.edition.scales["scale"], str(row["reference"])
    bounds = zip(study.scale.letters, [*study.scale.bounds.tolist(), None], strict=True)
    cites = scale["cite"].astype(str).tolist()
    return {
        "reference": parameters,
        "reference_kg": row["reference_kg"],
        "ratio": row["ratio"],
        "letter": _text(row["letter"]),
        "letter_text": str(row["letter_text"]),
        "letter_probability": row["letter_probability"],
        "state": str(row["state"]),
        "reasons": str(row["reason"]).split(),
        "why": str(row["why"]),
        "dear_kg": row["dear_kg"],
        "scale": [
            {"letter": letter, "largest_ratio": bound, "cite": cite}
            for (letter, bound), cite in zip(bounds, cites, strict=True)
        ],
        "cite": f"{parameters}; ratio: results.total.kg / reference_kg; scale: "
        f"{scale['source'].iloc[0]}",
    }


def _problems(catalogue: Catalogue, sku: str, place: str) -> list[Record]:
    table = catalogue.problems
    table = table[table["sku"].astype(str) == sku] if len(table) else table
    columns = ["code", "severity", "column", "value"]
    return [
        {**{name: _text(problem[name]) for name in columns}, "cite": place}
        for problem in table.to_dict("records")
    ]


def _datasets(study: Study, rows: Sequence[int]) -> list[Record]:
    """Datasets that are met and all that these take, each with its cells."""
    edition, unit = study.edition, study.unit_impacts.values.sum(axis=1)
    groups = dict(tuple(edition.exchanges.groupby("col", sort=True)))
    open_rows, used = sorted(set(rows), reverse=True), set(rows)
    records = []
    while open_rows:
        row = open_rows.pop()
        dataset = edition.activities.iloc[row]
        hidden = bool(edition.licensed[row])
        exchanges = [] if hidden or row not in groups else groups[row].to_dict("records")
        records.append(
            {
                "activity": str(dataset["activity"]),
                "location": str(dataset["location"]),
                "title": str(dataset["title"]),
                "year": None if pd.isna(dataset["year"]) else int(dataset["year"]),
                "unit": str(dataset["unit"]),
                "kg_per_unit": None if hidden else unit[row],
                "kind": str(dataset["kind"]),
                "source": str(dataset["source"]),
                "cite": str(dataset["cite"]),
                "exchanges": [
                    {
                        "kind": str(each["kind"]),
                        "flow": str(each["flow"]),
                        "amount": each["amount"],
                        "unit": str(each["unit"]),
                        "cite": str(each["cite"]),
                    }
                    for each in exchanges
                ],
            }
        )
        taken = {int(each["row"]) for each in exchanges if each["kind"] == "input"} - used
        used |= taken
        open_rows = sorted([*open_rows, *taken], reverse=True)
    return records


def _packages(edition: Edition, used: set[str]) -> list[Record]:
    return [
        {
            "id": package.id,
            "title": str(package.descriptor["title"]),
            "licence": ", ".join(entry["name"] for entry in package.descriptor["licenses"]),
            "citation": str(package.descriptor["citation"]),
            "sha256": package.digest,
        }
        for package in edition.packages
        if package.id in used or "activities" not in package.tables
    ]


def _rule(study: Study, category: str) -> str:
    """Cite of the rule that says how much of what a buyer gets."""
    tables = study.edition.judging
    if "functional_quantities" not in tables:
        return "one sales unit"
    rules = tables["functional_quantities"]
    of_category = rules[rules["category"].astype(str) == category]
    return str(of_category["cite"].iloc[0]) if len(of_category) else "one sales unit"


def _sum(kg: pd.Series) -> float:
    """A sum that is unknown if a part is."""
    return float(kg.sum(skipna=False))


def _records(table: pd.DataFrame) -> list[Record]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _text(value: object) -> str:
    """A text as it is; a gap is empty."""
    return "" if value is None or value is pd.NA or value != value else str(value)
