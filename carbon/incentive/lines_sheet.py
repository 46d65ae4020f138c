"""Reads assessed lines and totals, gives sheets that compute them as live formulas.

A formula works in the smallest unit of the currency: ``ROUND(x, 6)`` before the last rounding
takes away what binary numbers add, so that every program rounds a half the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from carbon.incentive.sheet_rows import SheetColumn, letters
from carbon.incentive.vat import BLOCKING
from carbon.incentive.vat_rules import TaxRule

__all__ = ["line_cells", "rounded", "total_formulas"]

ROUNDED: Final = {
    "half_up": "ROUND({x},0)",
    "down": "ROUNDDOWN({x},0)",
    "up": "ROUNDUP({x},0)",
    "half_even": "IF(MOD(ABS({x}),1)=0.5,2*ROUND({x}/2,0),ROUND({x},0))",
}


def rounded(amount: str, rule: TaxRule) -> str:
    """Formula of an amount [smallest unit] rounded as the rule says.

    >>> from carbon.incentive.vat_rules import load_rule
    >>> from carbon.base.rules import templates_root
    >>> rounded("A1*100", load_rule(templates_root() / "tax" / "paper-2percent.toml"))
    'ROUND(ROUND(A1*100,6),0)/100'
    """
    text = ROUNDED[rule.rounding.mode].replace("{x}", f"ROUND({amount},6)")
    return f"{text}/{10**rule.minor_digits}"


def line_cells(
    lines: pd.DataFrame,
    rule: TaxRule,
    at: Mapping[str, Any],
    styles: Callable[[str], Any],
    footprint: tuple[str, Any],
) -> dict[str, SheetColumn]:
    """Columns of the sheet of lines by key; formulas name their neighbours by ``{r}``.

    ``at`` are cells of the sheet of the rule: ``relief``, ``cap_sku`` and each predicate; ``sheet``
    is its name, ``<predicate> row`` and ``rows`` (by category) are rows of bounds. ``styles`` gives
    the format of a kind of number; ``footprint`` is its formula with ``{i}``, and the row of each
    line, 0 for none.
    """
    digits = rule.minor_digits
    unit = 10.0**digits
    names = [*LEFT, *(f"{c.predicate} {part}" for c in rule.condition for part in ("bound", "met"))]
    names += RIGHT
    col = {name: letters(place) + "{r}" for place, name in enumerate(names)}

    def number(name: str, kind: str, formula: str = "", **rows: Any) -> SheetColumn:
        values = lines[name].to_numpy()
        shown = values / unit if kind == "money" else values
        return SheetColumn(shown, formula, styles(kind), rows)

    cells = {
        name: SheetColumn(lines[name].array if name == "taxpayer" else lines[name].to_numpy())
        for name in TEXTS
    }
    for name in ("sales_rows", "first_row", "catalogue_row", "rooms", "units", "returned_units"):
        cells[name] = number(name, "count")
    for name in ("revenue", "refund"):
        cells[name] = number(name, "money")
    for name in ("letter_probability", "primary_share"):
        cells[name] = number(name, "share")
    cells["high_kg"] = number("high_kg", "kg")
    cells["vat_rate"] = SheetColumn(lines["vat_ppm"].to_numpy() / 1e6, "", styles("rate"))
    kept, base = col["kept_units"], col["base"]
    cells["kept_units"] = number("kept_units", "count", f"{col['units']}-{col['returned_units']}")
    net = f"ROUND({col['revenue']}-{col['refund']},{digits})"
    cells["net"] = number("net", "money", net)
    if rule.prices == "tax_included":
        divided = rounded(f"{col['net']}*{unit:.0f}/(1+{col['vat_rate']})", rule)
        taxed = f"ROUND({col['net']}-{base},{digits})"
    else:
        divided, taxed = col["net"], rounded(f"{base}*{unit:.0f}*{col['vat_rate']}", rule)
    cells["base"] = number("base", "money", divided)
    cells["tax"] = number("tax", "money", taxed)
    cells["total_kg"] = number("total_kg", "kg", footprint[0], i=footprint[1])
    if not footprint[0]:
        cells["total_kg"] = number("total_kg", "kg")
    for name, kg in (("intensity", "total_kg"), ("intensity_high", "high_kg")):
        sound = f'IF(ISNUMBER({col[kg]}),IF({kept}*{base}>0,1000*{col[kg]}*{kept}/{base},""),"")'
        cells[name] = number(name, "intensity", sound)
    for condition in rule.condition:
        name = condition.predicate
        cells[f"{name} bound"], cells[f"{name} met"] = _judged(name, lines, col, at, styles)
    met = ",".join(f"{col[f'{c.predicate} met']}=1" for c in rule.condition)
    blocked = lines["problem"].str.contains("|".join(BLOCKING), regex=True).to_numpy()
    cells["blocked"] = SheetColumn(blocked.astype(np.int64), "", styles("count"))
    eligible = f"IF(AND({met},{col['blocked']}=0),1,0)"
    cells["eligible"] = SheetColumn(lines["eligible"].to_numpy(np.int64), eligible, styles("count"))
    amount = col["tax" if rule.relief.measure == "share_of_tax" else "base"]
    if rule.negative_base == "zero":
        amount = f"MAX(0,{amount})"
    exact = f"ROUND({amount}*{at['relief']},{digits + 6})"
    if rule.caps.per_sku is not None:
        exact = f"MAX(-{at['cap_sku']},MIN({at['cap_sku']},{exact}))"
    cells["relief_exact"] = SheetColumn(
        lines["relief_micro"].to_numpy(np.float64) / (unit * 1e6),
        f"IF({col['eligible']}=1,{exact},0)",
        styles("exact"),
    )
    cells["relief"] = number("relief", "money", rounded(f"{col['relief_exact']}*{unit:.0f}", rule))
    return {name: cells[name] for name in names}


TEXTS: Final = (
    *("taxpayer", "sku", "category", "letter", "letter_used", "state", "certificate", "problem"),
)
LEFT: Final = (
    *("taxpayer", "sku", "category", "catalogue_row", "sales_rows", "first_row", "rooms", "units"),
    *("returned_units", "kept_units", "revenue", "refund", "net", "vat_rate", "base", "tax"),
    *("total_kg", "high_kg", "intensity", "intensity_high", "letter", "letter_used"),
    *("letter_probability", "state", "primary_share", "certificate"),
)
RIGHT: Final = ("blocked", "eligible", "relief_exact", "relief", "problem")


def _judged(
    name: str,
    lines: pd.DataFrame,
    col: Mapping[str, str],
    at: Mapping[str, Any],
    styles: Callable[[str], Any],
) -> tuple[SheetColumn, SheetColumn]:
    """Bound of a condition, and whether it is met."""
    bounds, met = lines[f"{name}_bound"], lines[f"{name}_met"].to_numpy(np.int64)
    bound, count = col[f"{name} bound"], styles("count")
    if name in ("intensity_at_most", "interval_high_at_most"):
        value = col["intensity" if name == "intensity_at_most" else "intensity_high"]
        category_bound = lines["category"].map(at[f"{name} rows"]).fillna(at[f"{name} row"])
        cells = SheetColumn(
            bounds.to_numpy(np.float64),
            f"{at['sheet']}$B${{b}}",
            styles("intensity"),
            {"b": category_bound.to_numpy(np.int64)},
        )
        formula = f"IF(ISNUMBER({value}),IF({value}<={bound},1,0),0)"
        return cells, SheetColumn(met, formula, count)
    if name == "primary_share_at_least":
        value = col["primary_share"]
        formula = f"IF(ISNUMBER({value}),IF({value}>={bound},1,0),0)"
        return SheetColumn(bounds.to_numpy(np.float64), at[name], styles("share")), SheetColumn(
            met, formula, count
        )
    if name == "letter_at_least":
        graded = f'AND({col["letter_used"]}<>"",{col["letter_used"]}<={bound})'
        return SheetColumn(bounds.to_numpy(), at[name]), SheetColumn(
            met, f"IF({graded},1,0)", count
        )
    if name == "verified":
        return SheetColumn(bounds.to_numpy()), SheetColumn(
            met, f'IF({col["certificate"]}<>"",1,0)', count
        )
    return SheetColumn(bounds.to_numpy()), SheetColumn(met, "", count)


def total_formulas(
    rule: TaxRule, sums: Callable[[str], str], col: Mapping[str, str], cap: str
) -> dict[str, str]:
    """Formulas of a row of totals, by column.

    ``sums`` gives the formula of the sum of a column of the lines over the taxpayer, ``col`` the
    cell of a column of the totals; ``cap`` is the cell of the cap of a taxpayer.
    """
    digits, unit = rule.minor_digits, 10**rule.minor_digits
    formulas = {name: f"ROUND({sums(name)},{digits})" for name in ("revenue", "refund", "net")}
    formulas |= {name: f"ROUND({sums(name)},{digits})" for name in ("base", "tax")}
    formulas |= {name: sums(name) for name in ("units", "returned_units", "kept_units", "eligible")}
    formulas["relief_lines"] = f"ROUND({sums('relief')},{digits})"
    formulas["exact"] = f"ROUND({sums('relief_exact')},{digits + 6})"
    formulas["relief_once"] = rounded(f"{col['exact']}*{unit}", rule)
    formulas["difference"] = f"ROUND({col['relief_lines']}-{col['relief_once']},{digits})"
    formulas["granted"] = col["relief_lines" if rule.rounding.level == "line" else "relief_once"]
    capped = rule.caps.per_taxpayer is not None
    formulas["relief"] = f"MIN({col['granted']},{cap})" if capped else col["granted"]
    return formulas
