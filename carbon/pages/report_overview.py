"""Reads figures of a report, gives its sections that tell how much [kg CO2e, t CO2e]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from carbon.base.digits import DASH, amount, percent
from carbon.base.rests import RESTS, rests_text
from carbon.base.words import text as words
from carbon.footprint.evidence import EVIDENCE
from carbon.label.scale import STATES
from carbon.pages.html import LANGS, Block, facts, figure, section, table, text, user
from carbon.pages.report_words import LONG, TOP, Telling
from carbon.paper.charts import Bar, bars

__all__ = ["extremes", "letters", "totals", "where"]


LAND: Final = "land_use_change"
"""Indicator that is unknown, not nothing, where no source tells it apart."""


def totals(of: Telling) -> dict[str, Any]:
    """Numbers that stand first."""
    say, skus, total = of.say, of.skus, of.total
    known, units = int(skus["total_kg"].notna().sum()), float(skus["weight"].sum())
    each, low, high = (end / units if units else np.nan for end in total)
    number, interval = of.parts(*(end / of.unit[1] for end in total))
    mean, mean_interval = of.parts(each, low, high)
    rows: list[tuple[Markup, str, Markup]] = [
        (say("skus"), f"{len(skus):,}", Markup("{} {:,}").format(say("computed"), known)),
        (say("total"), number, Markup("{} {}").format(say(of.unit[0]), interval)),
        (say("mean"), mean, Markup("{} {}").format(say("kg_per"), mean_interval)),
    ]
    if of.figures.weighted:
        rows.insert(1, (say("kept_units"), f"{units:,.0f}", Markup()))
    if "primary_share" in skus and total.kg:
        primary = float((skus["primary_share"] * skus["kg"]).sum()) / total.kg
        rows.append((say("primary"), percent(primary), Markup()))
    rows += _evidence(of)
    unsold = known - int((skus["weight"] > 0).sum())
    return section(
        "totals",
        say("totals"),
        facts(rows),
        _rests(of) if total.kg and set(RESTS.values()) <= set(skus) else None,
        text(say("weighted_note" if of.figures.weighted else "unweighted_note"), note=True),
        text(say("unsold_note", count=f"{unsold:,}"), note=True) if unsold else None,
        text(say("interval_note"), note=True) if np.isfinite(low) else None,
    )


def _evidence(of: Telling) -> list[tuple[Markup, str, Markup]]:
    """What documents stand behind, how many SKUs are of each class, and what silence added."""
    say, skus = of.say, of.skus
    if "documented_share" not in skus or not of.total.kg:
        return []
    documented = float((skus["documented_share"] * skus["kg"]).sum()) / of.total.kg
    dear = float((skus["dear_kg"] * skus["weight"]).sum())
    counts = skus["evidence"].value_counts()
    listed = {
        lang: words("explain.comma", lang).join(
            f"{words(f'label.evidence_{name}', lang)} {counts[name]:,}"
            for name in EVIDENCE
            if counts.get(name, 0)
        )
        for lang in LANGS
    }
    number, _ = of.parts(dear / of.unit[1], np.nan, np.nan)
    return [
        (say("documented"), percent(documented), say.both(listed)),
        (say("dear"), number, say(of.unit[0])),
    ]


def _rests(of: Telling) -> Block:
    """What the total rests on."""
    shares = {
        name: float((of.skus[name] * of.skus["kg"]).sum()) / of.total.kg for name in RESTS.values()
    }
    return text(of.say.both({lang: rests_text(shares, lang) for lang in LANGS}), note=True)


def letters(of: Telling, letters: Sequence[str], scale: Mapping[str, str]) -> dict[str, Any]:
    """How the letters are spread."""
    say, skus = of.say, of.skus
    state = skus["state"].astype(str)
    counts = pd.crosstab(skus["letter"].astype(str), state)
    counts = counts.reindex(index=["", *letters], columns=["sure", "range"])
    counts = counts.fillna(0).astype(int)
    shown = [
        Bar(letter, (sure, vague), f"{sure:,} + {vague:,}")
        for letter, sure, vague in counts.iloc[1:].itertuples()
    ]
    for name in STATES[2:]:
        count = int((state == name).sum())
        if count:
            shown.append(Bar(say.plain(name), (0, 0, count), f"{count:,}"))
    legend = [say.plain("sure_letter"), say.plain("range")]
    title = say.plain("letters")
    note = say("letters_note", scale=scale, confidence=percent(of.confidence))
    return section(
        "letters",
        say("letters"),
        figure(bars(shown, name=title, key="letters", legend=legend, unit=say.plain("skus"))),
        text(note, note=True),
        *_withheld(of),
    )


def _withheld(of: Telling) -> list[Block]:
    """SKUs whose letter is withheld, each with its reasons in words."""
    say = of.say
    rows = of.skus[of.skus["state"].astype(str) == "withheld"]
    if rows.empty:
        return []
    heads = say.heads(sku="head", name="user", category="text", per_unit="number", why="text")
    cells = [
        [*of.who(row), of.kg(row), of.reasons(str(row["reason"]))]
        for row in rows.head(LONG).to_dict("records")
    ]
    return [table(say("withheld_table"), heads, cells, more=of.more(len(rows), LONG))]


def where(of: Telling) -> dict[str, Any]:
    """Stages and indicators."""
    say = of.say
    word, per = of.unit
    shown = []
    for stage, sums in of.figures.stages.items():
        kg, low, high = (end / per for end in sums)
        label = say.side({lang: words(f"chart.{stage}", lang) for lang in LANGS})
        number = amount(kg, low, high)
        strong = stage == "total"
        number += "" if strong else f" · {of.share(sums.kg)}"
        shown.append(Bar(label, (kg,), number, low, high, strong=strong))
    shown = [*shown[1:], shown[0]]
    absent = say.each("unknown")
    parts = {
        key: of.amount(kg) if (kg := of.figures.parts[f"{name}_kg"]) or name != LAND else absent
        for key, name in (
            ("fossil", "fossil"),
            ("biogenic", "biogenic"),
            ("removals", "removals"),
            ("land", LAND),
            ("aircraft", "aircraft"),
        )
    }
    unit = say.plain(word)
    drawn = np.isfinite(of.total.low)
    return section(
        "stages",
        say("stages"),
        figure(bars(shown, name=say.plain("stages"), key="stages", unit=unit)),
        text(say("parts_note", **parts), note=True),
        text(say("skewed_note"), note=True) if drawn else None,
    )


def extremes(of: Telling) -> list[dict[str, Any]]:
    """SKUs that weigh most, those far from their reference, and categories."""
    say, skus = of.say, of.skus
    known = skus[skus["total_kg"].notna()]
    compared = known[known["ratio"].notna()].sort_values(["ratio", "sku"], kind="stable")
    heavy = known[known["kg"] > 0].sort_values(["kg", "sku"], ascending=[False, True])
    worst = compared[compared["ratio"] > 1][::-1].head(TOP)
    best = compared[compared["ratio"] <= 1].head(TOP)
    sections = [section("hot", say("hot"), _hot(of, heavy.head(TOP)))]
    extremes = [
        _held(of, say("highest"), worst) if len(worst) else None,
        _held(of, say("lowest"), best) if len(best) else None,
    ]
    sections.append(
        section("against", say("against"), text(say("like_note"), note=True), *extremes)
    )
    sections.append(section("categories", say("categories"), *_categories(of)))
    return sections


def _hot(of: Telling, rows: pd.DataFrame) -> Block:
    say = of.say
    heads = [
        (say("sku"), "head"),
        (say("name"), "user"),
        (say("category"), "text"),
        (say("per_unit"), "number"),
        (of.head("in_all"), "number"),
        (say("share"), "number"),
        (say("best_lever"), "text"),
        (say("saves"), "number"),
    ]
    cells = [
        [
            *of.who(row),
            of.kg(row),
            of.cell(row["kg"]),
            of.share(row["kg"]),
            say.both(of.levers[row["lever"]]) if row["lever"] else "–",
            percent(row["lever_share"]),
        ]
        for row in rows.to_dict("records")
    ]
    return table(say("hot_table"), heads, cells)


def _held(of: Telling, caption: Markup, rows: pd.DataFrame) -> Block:
    say = of.say
    heads = say.heads(
        sku="head",
        name="user",
        category="text",
        per_unit="number",
        per_functional_unit="number",
        ratio="number",
        letter="text",
        why="text",
    )
    cells = [
        [
            *of.who(row),
            of.kg(row),
            of.per_unit(row),
            f"{row['ratio_text']}\u00a0%" if row["ratio_text"] else DASH,
            of.letter(row),
            of.why(row),
        ]
        for row in rows.to_dict("records")
    ]
    return table(caption, heads, cells)


def _categories(of: Telling) -> list[Block]:
    say, categories = of.say, of.figures.categories
    heads = [
        (say("category"), "head"),
        (say("skus"), "number"),
        (of.head("in_all"), "number"),
        (say("mean"), "number"),
        (say("least"), "user"),
        (say("most"), "user"),
        (say("sure"), "number"),
    ]
    cells = []
    for row in categories.head(LONG).to_dict("records"):
        ends = [
            f"{amount(of.skus['total_kg'][row[end]])} · {user(of.skus['sku'][row[end]], 140)}"
            if row["skus"] > 1
            else "–"
            for end in ("least", "most")
        ]
        cells.append(
            [
                of.name(row["category"]),
                f"{row['skus']:,}",
                of.cell(row["kg"]),
                amount(row["mean"]),
                *ends,
                percent(row["p"]),
            ]
        )
    more = of.more(len(categories), LONG)
    return [
        table(say("categories_table"), heads, cells, more=more),
        text(say("pair_note", confidence=percent(of.confidence)), note=True),
    ]
