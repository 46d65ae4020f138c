"""Reads lines and a rule, gives tax base, relief and totals of each taxpayer and SKU.

Amounts are whole smallest units (see :mod:`carbon.incentive.money`); a relief is kept in
millionths of that unit until it is rounded, so that what rounding adds or takes can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Integers
from carbon.footprint.spend import BY_PRICE
from carbon.incentive.money import MILLION, divided, share
from carbon.incentive.vat_rules import (
    CategoryIn,
    Condition,
    IntensityAtMost,
    LetterAtLeast,
    Period,
    PrimaryShareAtLeast,
    TaxRule,
)

__all__ = ["BLOCKING", "MILLIGRAM", "Assessment", "assess", "taxed", "total"]

PER: Final = 1000.0
"""Carbon intensity is told per thousand of the currency."""

SHARES: Final = ("letter_probability", "primary_share", "documented_share")
SURE: Final = ("sure", "range")
"""States of a letter that a condition may rest on."""

BLOCKING: Final = ("T030", "T031", "T032", "T034", "T035", "T036", "T045")
"""Codes of a line that is never eligible."""

MILLIGRAM: Final = 6
"""Decimals of a kilogram that footprints of a dossier have: a sheet holds them without loss."""


@dataclass(frozen=True)
class Assessment:
    """What each line and each taxpayer is granted.

    - ``lines``: one row a taxpayer, SKU and tax rate: those of
      :func:`carbon.incentive.sales.settle`, then ``category catalogue_row kept_units net base tax
      total_kg low_kg high_kg intensity intensity_high letter letter_used letter_probability state
      reason evidence dear_kg supplier_kg primary_share documented_share certificate``, for each
      condition ``<predicate>_value _bound _met``, and ``eligible relief_micro relief problem``.
      Amounts in smallest units, ``relief_micro`` in millionths of them
    - ``totals``: as :func:`total` gives them
    """

    lines: pd.DataFrame
    totals: pd.DataFrame


def taxed(lines: pd.DataFrame, rule: TaxRule) -> pd.DataFrame:
    """The lines with ``kept_units net base tax`` [smallest unit].

    With prices that hold the tax: ``base = net/(1 + t)``, ``tax = net − base``; without:
    ``base = net``, ``tax = base·t``; net is revenue less refunds, each result rounded to the
    smallest unit.
    """
    table = lines.copy()
    table["kept_units"] = table["units"] - table["returned_units"]
    table["net"] = table["revenue"] - table["refund"]
    net, ppm = table["net"].to_numpy(np.int64), table["vat_ppm"].to_numpy(np.int64)
    if rule.prices == "tax_included":
        base = divided(net * MILLION, MILLION + ppm, rule.rounding.mode)
        tax = net - base
    else:
        base, tax = net, divided(net * ppm, MILLION, rule.rounding.mode)
    table["base"], table["tax"] = base, tax
    return table


def assess(
    lines: pd.DataFrame,
    footprints: pd.DataFrame,
    rule: TaxRule,
    period: Period,
    verifications: pd.DataFrame | None = None,
) -> Assessment:
    """Judge every line by the conditions of a rule, and grant what it grants.

    Footprints are ``Study.grades`` of the catalogue, with a column ``line`` (row of the catalogue);
    on the last day of the period a certificate of ``verifications`` must be in force. Intensity is
    ``1000·total_kg·kept_units/base`` [kg CO2e/1,000 of currency].
    """
    table = taxed(lines, rule)
    known = _joined(table, footprints)
    table["certificate"] = _certificates(table["sku"], verifications, period)
    scale = 10.0**rule.minor_digits
    base = table["base"].to_numpy(np.int64)
    kept = table["kept_units"].to_numpy(np.float64)
    sound = kept * base > 0  # of refunds alone both are negative, and the ratio is theirs
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, kg in (("intensity", "total_kg"), ("intensity_high", "high_kg")):
            table[name] = np.where(
                sound, PER * table[kg].to_numpy() * kept / (base / scale), np.nan
            )
    conditions = {condition.predicate: _judged(condition, table) for condition in rule.condition}
    eligible = np.ones(len(table), dtype=np.bool_)
    unknown = np.zeros(len(table), dtype=np.bool_)
    for name, (value, bound, met) in conditions.items():
        table[f"{name}_value"], table[f"{name}_bound"], table[f"{name}_met"] = value, bound, met
        eligible &= met
        unknown |= np.asarray(pd.isna(value)) if name != "verified" else False
    flags = {
        "T030": ~known,
        "T031": known & table["total_kg"].isna().to_numpy(),
        "T032": base == 0,
        "T033": base < 0,
        "T034": table["relabelled"].to_numpy(),
        "T035": table["two_rates"].to_numpy(),
        "T036": (base != 0) & ~sound,
        "T037": table["other_edition"].to_numpy(),
        "T038": table["rooms"].to_numpy() > 1,
        "T045": table["footprint_problem"].str.contains(BY_PRICE, regex=False).to_numpy(bool),
    }
    flags["T039"] = unknown & ~(flags["T030"] | flags["T031"] | flags["T032"] | flags["T036"])
    for code in BLOCKING:
        eligible &= ~flags[code]
    table["eligible"] = eligible
    table["relief_micro"] = _relief(table, rule)
    table["relief"] = divided(table["relief_micro"].to_numpy(), MILLION, rule.rounding.mode)
    table["problem"] = _codes(flags, table.pop("footprint_problem"))
    return Assessment(table, total(table, rule))


def _joined(table: pd.DataFrame, footprints: pd.DataFrame) -> Flags:
    """Add the footprint of each line; of a repeated SKU the first row is meant, as it is read."""
    single = footprints[~footprints["sku"].duplicated()]
    at = pd.Index(single["sku"].astype("object")).get_indexer(table["sku"].astype("object"))
    known: Flags = at >= 0
    for name in ("total_kg", "low_kg", "high_kg", "dear_kg", "supplier_kg", *SHARES):
        stated = (
            single[name].to_numpy(np.float64) if name in single else np.full(len(single), np.nan)
        )
        digits = MILLIGRAM if name.endswith("_kg") else 9
        table[name] = np.where(known, np.round(_at(stated, at, np.nan), digits), np.nan)
    single = single.assign(**_letters(single))
    for name in ("category", "letter", "letter_used", "state", "reason", "evidence"):
        empty = pd.Series("", index=single.index)
        words = single.get(name, empty).astype("object").to_numpy()
        table[name] = pd.Series(np.where(known, _at(words, at, ""), "")).fillna("")
    table["footprint_problem"] = np.where(
        known, _at(single["problem"].to_numpy("object"), at, ""), ""
    )
    table["catalogue_row"] = np.where(known, _at(single["line"].to_numpy(np.int64), at, 0), 0)
    return known


def _letters(footprints: pd.DataFrame) -> dict[str, pd.Series]:
    """Letter as it is printed, and the one that conditions use: the worse end of a sure range."""
    empty = pd.Series("", index=footprints.index, dtype="object")
    columns = {
        name: footprints[name].astype("object").fillna("") if name in footprints else empty
        for name in ("letter", "letter_text", "letter_worst", "state")
    }
    used = columns["letter_worst"].where(columns["state"].isin(SURE), "")
    printed = columns["letter_text"].where(columns["letter_text"] != "", columns["letter"])
    return {"letter": printed, "letter_used": used, "state": columns["state"]}


def _at(values: npt.NDArray[Any], at: npt.NDArray[np.intp], gap: object) -> npt.NDArray[Any]:
    return values[at] if len(values) else np.full(len(at), gap)


def _certificates(skus: pd.Series, certificates: pd.DataFrame | None, period: Period) -> pd.Series:
    """Certificate of each SKU that is in force on the last day, the one that lasts longest."""
    if certificates is None or certificates.empty:
        return pd.Series("", index=skus.index, dtype="object")
    day = pd.Timestamp(period.last)
    valid = certificates[(certificates["valid_from"] <= day) & (certificates["valid_to"] >= day)]
    valid = valid.sort_values(["valid_to", "certificate"]).drop_duplicates("sku", keep="last")
    words = valid["certificate"].astype(str) + " (" + valid["verifier"].astype(str) + ", "
    words += valid["valid_to"].dt.strftime("%Y-%m-%d") + ")"
    by_sku = dict(zip(valid["sku"].astype(str), words, strict=True))
    return skus.astype(str).map(by_sku).astype("object").fillna("")


def _judged(condition: Condition, lines: pd.DataFrame) -> tuple[Any, Any, Flags]:
    """Value of a condition, its bound and whether it is met; a gap never meets one."""
    if isinstance(condition, IntensityAtMost):
        high = condition.predicate == "interval_high_at_most"
        value = lines["intensity_high" if high else "intensity"].to_numpy()
        bounds = {name: float(bound) for name, bound in condition.category_bounds.items()}
        bound = lines["category"].map(bounds).astype(np.float64).fillna(float(condition.bound))
        return value, bound.to_numpy(), value <= bound.to_numpy()
    if isinstance(condition, LetterAtLeast):
        letter = lines["letter_used"].replace("", None)
        met = letter.notna() & (letter.fillna("~") <= condition.bound)
        return letter.astype("object"), condition.bound, met.to_numpy(dtype=np.bool_)
    if isinstance(condition, PrimaryShareAtLeast):
        value = lines["primary_share"].to_numpy()
        return value, float(condition.bound), value >= float(condition.bound)
    if isinstance(condition, CategoryIn):
        category = lines["category"].replace("", None).astype("object")
        return category, " ".join(condition.bound), category.isin(condition.bound).to_numpy()
    return lines["certificate"], "", (lines["certificate"] != "").to_numpy()


def _relief(lines: pd.DataFrame, rule: TaxRule) -> Integers:
    """Relief of each line before rounding [millionths of the smallest unit]."""
    amount = lines["tax" if rule.relief.measure == "share_of_tax" else "base"].to_numpy(np.int64)
    if rule.negative_base == "zero":
        amount = np.maximum(amount, 0)
    micro = np.where(lines["eligible"], amount, 0) * share(rule.relief.rate)
    if rule.caps.per_sku is not None:
        cap = int(rule.caps.per_sku.scaleb(rule.minor_digits)) * MILLION
        micro = np.clip(micro, -cap, cap)
    return micro


def _codes(flags: dict[str, Flags], by_line: pd.Series) -> pd.Series:
    """Codes of each line, after those of its footprint."""
    size = np.zeros(len(by_line), dtype=np.int64)
    for bit, flag in enumerate(flags.values()):
        size |= flag.astype(np.int64) << bit
    patterns, code = np.unique(size, return_inverse=True)
    words = np.array(
        [
            " ".join(name for bit, name in enumerate(flags) if pattern >> bit & 1)
            for pattern in patterns
        ],
        dtype="object",
    )[code]
    before = by_line.fillna("").astype(str).to_numpy(dtype="object")
    return pd.Series(before + " " + words, index=by_line.index).str.strip()


def total(lines: pd.DataFrame, rule: TaxRule) -> pd.DataFrame:
    """Sum the lines of each taxpayer, and of all; they are sorted by taxpayer.

    ``relief_lines`` is the sum of the rounded lines, ``relief_once`` the exact sum rounded once,
    ``difference`` the first less the second; ``relief`` is that of the level that the rule names,
    at most the cap of a taxpayer. Amounts are exact (Python integers).
    """
    payer = lines["taxpayer"].cat.codes.to_numpy()
    starts = (
        np.flatnonzero(np.append(True, np.diff(payer) != 0)) if len(lines) else np.zeros(0, int)
    )

    def summed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.add.reduceat(values, starts) if len(starts) else values[:0]

    totals = pd.DataFrame({"taxpayer": lines["taxpayer"].astype(str).to_numpy()[starts]})
    totals["first_line"] = starts
    totals["lines"] = np.diff(np.append(starts, len(lines)))
    eligible = lines["eligible"].to_numpy()
    totals["eligible"] = summed(eligible.astype(np.int64))
    for name in (
        "units",
        "returned_units",
        "kept_units",
        "revenue",
        "refund",
        "net",
        "base",
        "tax",
    ):
        totals[name] = summed(lines[name].to_numpy(np.int64))
    for name in ("base", "tax"):
        totals[f"eligible_{name}"] = summed(np.where(eligible, lines[name], 0).astype(np.int64))
    units, rest = np.divmod(lines["relief_micro"].to_numpy(np.int64), MILLION)
    exact = summed(units).astype(object) * MILLION + summed(rest).astype(object)
    totals["exact_micro"] = exact
    totals["relief_lines"] = summed(lines["relief"].to_numpy(np.int64))
    mode = rule.rounding.mode
    totals["relief_once"] = divided(exact, MILLION, mode).astype(np.int64)
    totals["difference"] = totals["relief_lines"] - totals["relief_once"]
    granted = totals["relief_lines" if rule.rounding.level == "line" else "relief_once"]
    cap = rule.caps.per_taxpayer
    totals["granted"] = granted
    totals["relief"] = (
        granted if cap is None else granted.clip(upper=int(cap.scaleb(rule.minor_digits)))
    )
    kg = (lines["total_kg"] * lines["kept_units"]).to_numpy()
    known = ~np.isnan(kg)
    totals["emissions_kg"] = summed(np.where(known, kg, 0.0))
    totals["known_base"] = summed(np.where(known, lines["base"], 0).astype(np.int64))
    scale = 10.0**rule.minor_digits
    with np.errstate(invalid="ignore", divide="ignore"):
        positive = totals["known_base"].to_numpy() > 0
        intensity = (
            PER * totals["emissions_kg"].to_numpy() / (totals["known_base"].to_numpy() / scale)
        )
        totals["intensity"] = np.where(positive, intensity, np.nan)
        totals["coverage"] = np.where(
            totals["base"] > 0, totals["known_base"] / totals["base"], np.nan
        )
    return totals
