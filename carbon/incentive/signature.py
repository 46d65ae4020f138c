"""Reads a dossier, gives its summary for signature as PDF."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from carbon.base.rules import templates_root
from carbon.base.words import basis_text
from carbon.base.words import text as spoken_text
from carbon.incentive.dossier import Dossier, Source, code_text, words
from carbon.incentive.intensity import EFFECTS, IntensityChange
from carbon.incentive.money import text
from carbon.incentive.vat_rules import EVERYBODY, NO_LAW, TaxRule
from carbon.paper.sku_charts import waterfall

__all__ = ["intensity_chart", "summary_pdf"]

LISTED: Final = 400
"""Taxpayers that the summary lists, the largest relief first; the workbook holds all of them."""

COLUMNS: Final = (
    *("line_count", "eligible", "net", "base", "tax", "relief_lines", "difference", "relief"),
)
COUNTS: Final = {"line_count": "lines", "eligible": "eligible"}


def intensity_chart(change: IntensityChange, rule: TaxRule, basis: str, lang: str) -> str:
    """Waterfall of the change of carbon intensity of all taxpayers, with the target as a line.

    An SVG document, without a bar if nothing can be compared; ``basis`` is printed below.
    """
    say = words(lang)
    ends = change.ends[
        (change.ends["taxpayer"] == EVERYBODY) & (change.ends["measure"] == "per_1000")
    ]
    effects = change.effects[
        (change.effects["taxpayer"] == EVERYBODY) & (change.effects["measure"] == "per_1000")
    ]
    base = float(ends["base"].iloc[0]) if len(ends) else math.nan
    at, steps = base, []
    for group in dict.fromkeys(EFFECTS.values()):
        at += float(effects.loc[effects["group"] == group, "value"].sum())
        steps.append((say[group], at))
    says = {
        "levers": say["intensity_title"],
        "unit": f"kg CO₂e/1,000 {rule.currency}",
        "now": say["base_year"],
        "then": say["now"],
    }
    target = base * (1 - float(rule.target.reduction)) if rule.target else math.nan
    if rule.target:
        says["target"] = f"{say['target']} −{float(rule.target.reduction):.0%}"
        says["target"] = f"{say['dashed']}{says['target']}"
    return waterfall(
        base, steps if len(ends) else [], basis=basis, lang=lang, says=says, target=target
    )


def summary_pdf(dossier: Dossier, chart: str, signed: Sequence[Source], lang: str) -> bytes:
    """The summary for signature; the same bytes for the same dossier and fonts.

    ``chart`` is that of :func:`intensity_chart`, empty for none; the hashes of ``signed`` files are
    printed, so that the signature covers them. L010 if no Chinese font is found.
    """
    from carbon.paper.fonts import find_fonts
    from carbon.paper.outline import outlined
    from carbon.paper.pdf import typeset

    say, rule, zh = words(lang), dossier.rule, lang == "zh"
    period, comma = dossier.period, spoken_text("problem.comma", lang)
    bracket = spoken_text("pool.bracket", lang)
    days = f"{period.first} {say['to']} {period.last}"
    facts = [
        [say["rule_title"], rule.title_zh if zh else rule.title],
        [say["jurisdiction"], rule.jurisdiction_zh if zh else rule.jurisdiction],
        [
            say["legal_basis"],
            say["none_on_file"] if rule.legal_basis == NO_LAW else rule.legal_basis,
        ],
        [say["tax_name"], rule.tax_zh if zh else rule.tax],
        [say["relief_measure"], f"{float(rule.relief.rate):.2%} · {say[rule.relief.measure]}"],
        [say["rounding"], comma.join((say[rule.rounding.mode], say[rule.rounding.level]))],
        [say["period"], bracket.format(value=period.name, rest=days)],
        [say["basis"], basis_text(dossier.basis, lang)],
        [say["program"], dossier.program],
    ]
    relief = sum(int(value) for value in dossier.assessment.totals["relief"])
    data: dict[str, Any] = {
        "title": say["title"],
        "facts": facts,
        "note": rule.legal_note_zh if zh else rule.legal_note,
        "total": [say["relief"], f"{_grouped(relief, rule)} {rule.currency}"],
        "totals": _totals(dossier, say, lang),
        "conditions": _conditions(dossier, say, lang),
        "settled": _settled(dossier, say, lang),
        "chart": outlined(chart, find_fonts()) if chart else "",
        "chart_title": say["intensity_title"],
        "chart_alt": say["intensity_title"],
        "inputs": {
            "title": say["inputs"],
            "head": [say["input"], say["file"], say["sha256"]],
            "rows": [
                [say[f"role_{each.role}"], each.file, each.sha256]
                for each in (*dossier.sources, *signed)
            ],
        },
        "statements": [say["statement_unknown"], say["statement_emissions"]],
        "signatures": [say["signature"], say["checked"], say["date"]],
    }
    source = (templates_root() / "tax" / "summary.typ").read_text(encoding="utf-8")
    return typeset(source, data, title=f"{say['title']} {period.name}", lang=lang)


def _grouped(units: int, rule: TaxRule) -> str:
    integer, dot, rest = text(units, rule.minor_digits).partition(".")
    grouped = f"{int(integer):,}{dot}{rest}" if integer != "-0" else f"{integer}{dot}{rest}"
    return grouped.replace("-", "−")


def _totals(dossier: Dossier, say: Any, lang: str) -> dict[str, Any]:
    totals, rule = dossier.assessment.totals, dossier.rule
    shown = totals.sort_values(["relief", "taxpayer"], ascending=[False, True]).head(LISTED)
    rows = [
        [
            str(row["taxpayer"]),
            *(
                f"{int(row[COUNTS[name]]):,}" if name in COUNTS else _grouped(int(row[name]), rule)
                for name in COLUMNS
            ),
        ]
        for row in shown.to_dict("records")
    ]
    everything = [say["all"]]
    for name in COLUMNS:
        total = sum(int(value) for value in totals[COUNTS.get(name, name)])
        everything.append(f"{total:,}" if name in COUNTS else _grouped(total, rule))
    return {
        "title": spoken_text("pool.bracket", lang).format(value=say["summary"], rest=rule.currency),
        "head": [say["taxpayer"], *(say[name] for name in COLUMNS)],
        "rows": [*rows, everything],
        "more": say["most_taxpayers"] if len(totals) > LISTED else "",
    }


def _conditions(dossier: Dossier, say: Any, lang: str) -> dict[str, Any]:
    lines = dossier.assessment.lines
    rows = []
    for condition in dossier.rule.condition:
        bound = getattr(condition, "bound", "")
        bound = (
            spoken_text("problem.comma", lang).join(bound)
            if isinstance(bound, list)
            else f"{bound}"
        )
        missed = int((~lines[f"{condition.predicate}_met"].astype(bool)).sum())
        chinese = condition.cite_zh if lang == "zh" else ""
        cite, kind = chinese or condition.cite, say[condition.kind]
        if not cite.startswith(kind):
            cite = spoken_text("pool.bracket", lang).format(value=cite, rest=kind)
        rows.append([say[condition.predicate], bound, f"{missed:,}", cite])
    head = [say["condition"], say["bound"].capitalize(), say["not_met"], say["factor_source"]]
    return {"title": say["condition"], "head": head, "rows": rows}


def _settled(dossier: Dossier, say: Any, lang: str) -> dict[str, Any]:
    codes = dossier.problems["code"].astype(str)
    counts = codes[codes.str.startswith("T")].value_counts().sort_index()
    rows = [[str(code), f"{count:,}", code_text(str(code), lang)] for code, count in counts.items()]
    head = [say["code"], say["count"], say["rule_broken"]]
    return {"title": say["settled"], "head": head, "rows": rows}
