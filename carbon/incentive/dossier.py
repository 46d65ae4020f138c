"""Reads assessed lines of a period, gives the dossier before it becomes files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import from_json

from carbon.base.codes import CODES
from carbon.base.errors import StudyError
from carbon.base.files import read_bounded
from carbon.base.shown import Shown
from carbon.base.words import template_rows
from carbon.base.words import text as spoken
from carbon.incentive.intensity import IntensityChange
from carbon.incentive.money import text
from carbon.incentive.vat import Assessment
from carbon.incentive.vat_rules import Period, TaxRule

__all__ = [
    "AMOUNTS",
    "DECIMAL",
    "SCHEMA",
    "Dossier",
    "Source",
    "amounts",
    "changes",
    "code_text",
    "earlier",
    "line_table",
    "to_json",
    "total_table",
    "words",
]

SCHEMA: Final = "carbon-tax-dossier/1"
"""Names the layout of ``dossier.json``; see ``templates/tax/dossier.schema.json``."""

AMOUNTS: Final = ("revenue", "refund", "net", "base", "tax", "relief")
"""Columns of lines that are amounts of money."""

TOTAL_AMOUNTS: Final = (
    *("revenue", "refund", "net", "base", "tax", "eligible_base", "eligible_tax"),
    *("relief_lines", "relief_once", "difference", "granted", "relief", "known_base"),
)
DECIMAL: Final = (*dict.fromkeys((*AMOUNTS, *TOTAL_AMOUNTS, "vat_rate", "relief_exact")),)
"""Columns of tables that are decimal text: a minus there is a number, and no formula."""

NOT_TOLD: Final = ("relabelled", "two_rates", "other_edition", "late_refund", "vat_ppm")
EARLIER: Final = ("taxpayer", "sku", "base", "relief", "eligible", "total_kg")
LARGEST: Final = 1_000_000_000
"""Bytes that an earlier dossier may have."""


@dataclass(frozen=True)
class Source:
    """An input of a dossier.

    - ``role``: ``catalogue``, ``sales``, ``rules`` and so on
    - ``file``: its name
    - ``sha256``: of its bytes
    """

    role: str
    file: str
    sha256: str


@dataclass(frozen=True, repr=False)
class Dossier(Shown):
    """Everything an office is told about one period.

    Parameters
    ----------
    rule : TaxRule
        What was applied.
    period : Period
        What it covers.
    assessment : Assessment
        Lines and totals.
    footprints : pandas.DataFrame
        ``Study.grades`` of the SKUs that were sold, in the order of the catalogue.
    factors : pandas.DataFrame
        Factors used: ``activity location unit kg_per_unit factor_source cite match uses``.
    exchanges : pandas.DataFrame or None
        ``sku stage activity amount factor kg``, sorted by SKU as ``footprints``; ``factor`` is the
        row of ``factors``. None if they are more than a sheet holds.
    problems : pandas.DataFrame
        Of catalogue, ledger and SKUs.
    changes : pandas.DataFrame or None
        Against the dossier of the period before.
    change : IntensityChange or None
        Carbon intensity against the base year.
    sources : sequence of Source
        Inputs and the rule file.
    basis, program : str
        Basis of the footprints, and name and version of the program.
    titles : mapping of str to str
        Categories and activities → what they are called in Chinese.

    Examples
    --------
    >>> from carbon import Office, Study
    >>> sales = "sku,units,revenue,date,taxpayer,vat_rate\\nA,10,1000 CNY,2026-07-01,T1,13%"
    >>> header, row = (line.split(",") for line in sales.splitlines())
    >>> table = pd.DataFrame([row], columns=header)
    >>> goods = {"sku": "A", "category": "t_shirt"}
    >>> Office(Study(), draws=50).dossier(goods, table, "2026Q3").period.name
    '2026Q3'
    """

    rule: TaxRule
    period: Period
    assessment: Assessment
    footprints: pd.DataFrame
    factors: pd.DataFrame
    exchanges: pd.DataFrame | None
    problems: pd.DataFrame
    changes: pd.DataFrame | None
    change: IntensityChange | None
    sources: Sequence[Source]
    basis: str
    program: str
    titles: Mapping[str, str] = field(default_factory=dict)


@cache
def words(lang: str) -> Mapping[str, str]:
    """Names of columns, sheets and statements in a language.

    >>> words("en")["relief"], words("zh")["relief"]
    ('Relief', '优惠额')
    """
    return {row["key"]: row[lang] for row in template_rows("tax", "words.csv")}


def code_text(code: str, lang: str) -> str:
    """What a code says: rule and remedy.

    >>> code_text("T032", "en")
    'carbon intensity needs revenue; none is needed; the SKU is not eligible'
    """
    entry = CODES[code]
    rule, remedy = entry.rule_in(lang), entry.remedy_in(lang)
    return spoken("problem.sentence", lang, rule=rule, detail="", remedy=remedy)


def amounts(units: npt.NDArray[Any] | pd.Series, digits: int) -> Any:
    """Amounts of smallest units as decimal texts, in bulk.

    >>> amounts(np.array([123456, -5, 0]), 2).to_pylist()
    ['1234.56', '-0.05', '0.00']
    """
    integers = np.asarray(units, dtype=np.int64)
    size = pc.utf8_lpad(pc.cast(pa.array(np.abs(integers)), pa.string()), digits + 1, "0")
    sign = pc.if_else(pa.array(integers < 0), "-", "")
    if digits:
        head = pc.utf8_slice_codeunits(size, 0, -digits)
        size = pc.binary_join_element_wise(head, pc.utf8_slice_codeunits(size, -digits), ".")
    return pc.binary_join_element_wise(sign, size, "")


def line_table(dossier: Dossier) -> pd.DataFrame:
    """Lines as they are written to CSV: amounts as decimal text, the currency on every row."""
    lines, rule = dossier.assessment.lines, dossier.rule
    table = lines.drop(columns=[name for name in NOT_TOLD if name in lines])
    table.insert(2, "period", dossier.period.name)
    table.insert(table.columns.get_loc("revenue"), "currency", rule.currency)  # type: ignore[arg-type]
    table.insert(
        table.columns.get_loc("tax"),  # type: ignore[arg-type]
        "vat_rate",
        amounts(lines["vat_ppm"], 6).to_pandas().to_numpy(),
    )
    for name in AMOUNTS:
        table[name] = amounts(lines[name], rule.minor_digits).to_pandas().to_numpy()
    exact = amounts(lines["relief_micro"], rule.minor_digits + 6).to_pandas().to_numpy()
    table["relief_exact"] = exact
    table["basis"] = dossier.basis
    names = [name for name in table if name not in ("relief_micro", "relief_exact")]
    at = names.index("relief")
    return table[[*names[:at], "relief_exact", *names[at:]]]


def total_table(dossier: Dossier) -> pd.DataFrame:
    """Totals as they are written to CSV, a row a taxpayer and one for all of them."""
    totals, rule = dossier.assessment.totals, dossier.rule
    table = totals.drop(columns=["first_line"])
    table.insert(1, "period", dossier.period.name)
    table.insert(2, "currency", rule.currency)
    for name in TOTAL_AMOUNTS:
        table[name] = amounts(totals[name], rule.minor_digits).to_pandas().to_numpy()
    digits = rule.minor_digits + 6
    table["exact_micro"] = [text(int(value), digits) for value in totals["exact_micro"]]
    return table.rename(columns={"exact_micro": "relief_exact"})


def to_json(dossier: Dossier) -> Iterator[str]:
    """The dossier as JSON, piece by piece; it follows ``dossier.schema.json``.

    Amounts are decimal strings; what is unknown is null.
    """
    rule = dossier.rule
    head = {
        "schema": SCHEMA,
        "program": dossier.program,
        "period": json.loads(dossier.period.model_dump_json()),
        "currency": rule.currency,
        "rule": json.loads(rule.model_dump_json()),
        "basis": dossier.basis,
        "inputs": [vars(source) for source in dossier.sources],
        "totals": list(_records(total_table(dossier))),
        "intensity": _intensity(dossier.change),
        "factors": list(_records(dossier.factors)),
        "problems": list(_records(dossier.problems)),
    }
    yield json.dumps(head, ensure_ascii=False, indent=1, allow_nan=False)[:-2] + ',\n "lines": [\n'
    names = [condition.predicate for condition in rule.condition]
    table = line_table(dossier).drop(columns=["period", "currency", "basis"])
    last = len(table) - 1
    for at, row in enumerate(_records(table)):
        row["conditions"] = {
            name: {
                **{part: row.pop(f"{name}_{part}") for part in ("value", "bound", "met")},
                "evidence": _evidence(name, row, rule),
            }
            for name in names
        }
        yield json.dumps(row, ensure_ascii=False, allow_nan=False) + (",\n" if at < last else "\n")
    yield " ]\n}\n"


def _evidence(name: str, row: Mapping[str, Any], rule: TaxRule) -> str:
    """Where the value of a condition comes from, so that it can be found again."""
    if name == "verified":
        return str(row["certificate"])
    if not row["catalogue_row"]:
        return "not in the catalogue"
    place = f"catalogue row {row['catalogue_row']}"
    if name == "letter_at_least" and row["letter_used"]:
        which = "sure" if row["letter_used"] == row["letter"] else "the worse end"
        return f"{place}; letter {row['letter']}, {which}: {row['letter_used']}"
    if name not in ("intensity_at_most", "interval_high_at_most"):
        return place
    kg = row["total_kg" if name == "intensity_at_most" else "high_kg"]
    sales = f"{row['sales_rows']} sales rows from row {row['first_row']}"
    amount = f"{row['base']} {rule.currency}"
    return f"1000 x {kg} kg x {row['kept_units']} units / {amount}; {place}; {sales}"


def _records(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = [
        column.astype("object").where(column.notna(), None).tolist() for _, column in table.items()
    ]
    names = list(table.columns)
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


def _intensity(change: IntensityChange | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {"ends": list(_records(change.ends)), "effects": list(_records(change.effects))}


def earlier(path: Path, rule: TaxRule) -> dict[str, Any]:
    """Read the ``dossier.json`` of an earlier period: ``period``, ``basis`` and ``lines``.

    Lines are ``taxpayer sku base relief eligible total_kg``, amounts in smallest units; T006 if it
    is none, or its currency or smallest unit is not that of the rule.
    """
    data = read_bounded(path, lambda detail: StudyError("T006", detail, file=str(path)), LARGEST)
    try:
        read = from_json(data)
        if read["schema"] != SCHEMA or read["currency"] != rule.currency:
            raise StudyError("T006", f"{read['schema']}, {read['currency']}", file=str(path))
        scale = 10**rule.minor_digits
        lines = pd.DataFrame(
            [[row[name] for name in EARLIER] for row in read["lines"]], columns=list(EARLIER)
        )
        for name in ("base", "relief"):
            minor = [int(Decimal(amount) * scale) for amount in lines[name]]
            lines[name] = np.array(minor, dtype=np.int64)
        lines["total_kg"] = lines["total_kg"].astype(np.float64)
        return {"period": str(read["period"]["name"]), "basis": str(read["basis"]), "lines": lines}
    except (ValueError, KeyError, TypeError, RecursionError, ArithmeticError) as error:
        raise StudyError("T006", str(error)[:120], file=str(path)) from error


def changes(dossier_lines: pd.DataFrame, before: Mapping[str, Any], basis: str) -> pd.DataFrame:
    """What changed since an :func:`earlier` dossier, a row a taxpayer and SKU.

    Amounts are in smallest units; what was not there is 0 and its status empty; footprints on
    another basis are not compared.
    """
    keys = ["taxpayer", "sku"]
    sides = []
    for lines, suffix in ((before["lines"], "before"), (dossier_lines, "now")):
        table = lines[[*keys, "base", "relief", "eligible", "total_kg"]].astype({"taxpayer": str})
        table = table.assign(eligible=table["eligible"].astype(bool))
        parts = {"base": "sum", "relief": "sum", "eligible": "all", "total_kg": "first"}
        names = {"base": "base", "relief": "relief", "eligible": "status", "total_kg": "kg"}
        summed = table.groupby(keys, sort=True).agg(parts).rename(columns=names)
        sides.append(summed.add_suffix(f"_{suffix}"))
    both = sides[0].join(sides[1], how="outer").sort_index()
    for suffix in ("before", "now"):
        for name in ("base", "relief"):
            column = f"{name}_{suffix}"
            both[column] = both[column].fillna(0).astype(np.int64)
        status = both[f"status_{suffix}"].astype("object")
        both[f"status_{suffix}"] = status.map({True: "yes", False: "no"}).fillna("")
    if before["basis"] != basis:
        both["kg_before"] = np.nan
    order = [f"{n}_{s}" for n in ("status", "base", "relief", "kg") for s in ("before", "now")]
    return both[order].reset_index()
