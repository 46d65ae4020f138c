"""Reads figures of a report, gives its sections by topic, from air freight to problems."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from carbon.base.digits import amount, percent
from carbon.base.problems import retold
from carbon.pages.html import Block, figure, section, table, text, user
from carbon.pages.report_words import PROBLEMS, TONNE, TOP, Telling
from carbon.paper.charts import Bar, bars

__all__ = ["air", "claims", "improve", "measures", "packaging", "problems", "returns"]

MOSTLY: Final = 0.5
"""Share of the dispatches from which a SKU goes mostly by air."""


def air(of: Telling) -> dict[str, Any]:
    """Air against ground."""
    say, skus = of.say, of.skus
    flown = of.figures.parts["aircraft_kg"]
    if not skus["air_share"].gt(0).any():
        return section("air", say("air"), text(say("no_air")))
    sold = of.sold
    mass = sold * skus["mass_kg"].fillna(0.0)
    shown = []
    for key, weight in (("dispatches", sold), ("goods_mass", mass)):
        counted = float(weight[skus["air_share"].notna()].sum())
        air = float((weight * skus["air_share"]).sum()) / counted if counted else 0.0
        number = f"{percent(air)} + {percent(1 - air)}"
        shown.append(Bar(say.plain(key), (air, 1 - air), number))
    top = skus[skus["aircraft_kg"] > 0].assign(air_kg=skus["aircraft_kg"] * skus["weight"])
    top = top.sort_values(["air_kg", "sku"], ascending=[False, True]).head(TOP)
    heads = [
        (say("sku"), "head"),
        (say("name"), "user"),
        (say("category"), "text"),
        (say("air_share"), "number"),
        (of.head("aircraft"), "number"),
    ]
    cells = [
        [*of.who(row), percent(row["air_share"]), of.cell(row["air_kg"])]
        for row in top.to_dict("records")
    ]
    legend = [say.plain("by_air"), say.plain("by_ground")]
    return section(
        "air",
        say("air"),
        figure(bars(shown, name=say.plain("air"), key="air", legend=legend)),
        text(say("air_note", kg=of.amount(flown), share=of.share(flown))),
        _ways(of, mass),
        table(say("air_table"), heads, cells) if cells else None,
    )


def _ways(of: Telling, mass: pd.Series) -> Block:
    """What a kilogram of goods emits on its way, by how it is sent."""
    say, skus = of.say, of.skus
    share = skus["air_share"]
    way = np.select([share > MOSTLY, share > 0], ["mostly_air", "some_air"], default="without_air")
    table_ = pd.DataFrame(
        {"way": way, "mass": mass, "kg": skus["distribution_kg"] * skus["weight"], "skus": 1}
    )[share.notna() & skus["total_kg"].notna()]
    sums = table_.groupby("way").sum().reindex(["mostly_air", "some_air", "without_air"]).dropna()
    heads = say.heads(by_way="head", skus="number", goods_mass="number", per_mass="number")
    cells = [
        [
            say(str(key)),
            f"{row['skus']:,.0f}",
            f"{amount(row['mass'] / 1000)} t"
            if row["mass"] >= TONNE
            else f"{amount(row['mass'])} kg",
            amount(row["kg"] / row["mass"]) if row["mass"] else "–",
        ]
        for key, row in sums.iterrows()
    ]
    return table(say("way_table"), heads, cells)


def packaging(of: Telling) -> dict[str, Any]:
    """Packaging per parcel and against the goods."""
    say, skus = of.say, of.skus
    sold = of.sold.where(skus["wrapping_kg"].notna() & skus["mass_kg"].gt(0), 0.0)
    wrapped = float((sold * skus["wrapping_kg"]).sum())
    parcels = float((sold / skus["units_per_parcel"]).sum())
    mass, units = float((sold * skus["mass_kg"]).sum()), float(sold.sum())
    plastic = float((sold * skus["wrapping_kg"] * skus["plastic"]).sum())
    sums = of.figures.stages["packaging"]

    def grams(total: float, count: float) -> str:
        return f"{amount(1000 * total / count)} g" if count else "–"

    note = say(
        "packaging_note",
        parcel=grams(wrapped, parcels),
        unit=grams(wrapped, units),
        share=percent(wrapped / mass) if mass else "–",
        plastic=percent(plastic / wrapped) if wrapped else "–",
        kg=of.amount(*sums),
        of=of.share(sums.kg),
    )
    usual = skus["wrapping_kg"].groupby(skus["category"], observed=True).transform("median")
    top = skus.assign(usual=usual, over=(skus["wrapping_kg"] - usual) * sold)
    top = top[top["over"] > 0].sort_values(["over", "sku"], ascending=[False, True]).head(TOP)
    heads = say.heads(
        sku="head",
        name="user",
        category="text",
        wrapping="number",
        usual="number",
        excess="number",
        plastic="number",
    )
    cells = [
        [
            *of.who(row),
            amount(1000 * row["wrapping_kg"]),
            amount(1000 * row["usual"]),
            f"{amount(row['over'])} kg",
            percent(row["plastic"]),
        ]
        for row in top.to_dict("records")
    ]
    shown = table(say("packaging_table"), heads, cells) if cells else None
    return section("packaging", say("packaging"), text(note), shown)


def returns(of: Telling) -> dict[str, Any]:
    """What returns add."""
    say, skus = of.say, of.skus
    sums = of.figures.stages["returns"]
    sold = of.sold
    rate = float((sold * skus["return_rate"]).sum() / sold.sum()) if sold.sum() else np.nan
    rest = of.total.kg - sums.kg
    note = say(
        "returns_note",
        rate=percent(rate),
        adds=percent(sums.kg / rest) if rest > 0 else "–",
        kg=of.amount(*sums),
    )
    counted = skus[skus["weight"] > 0].assign(
        back=skus["returns_kg"] * skus["weight"], sent=sold, came=sold * skus["return_rate"]
    )
    grouped = counted.groupby("category", observed=True)[["back", "kg", "sent", "came"]].sum()
    grouped = grouped.sort_values("back", ascending=False, kind="stable").head(TOP)
    heads = [
        (say("category"), "head"),
        (say("return_rate"), "number"),
        (say("adds"), "number"),
        (of.head("in_all"), "number"),
    ]
    cells = [
        [
            of.name(category),
            percent(came / sent),
            percent(back / (kg - back)) if kg > back else "–",
            of.cell(back),
        ]
        for category, back, kg, sent, came in grouped.itertuples()
    ]
    shown = table(say("returns_table"), heads, cells) if cells else None
    return section("returns", say("returns"), text(note), shown)


def measures(of: Telling) -> dict[str, Any]:
    """Levers and their savings."""
    say, savings = of.say, of.figures.levers
    savings = savings[savings["saved_kg"].abs() > 0]
    shown, (word, per) = [], of.unit
    for row in savings.to_dict("records"):
        last = row["lever"] == "all"
        label = say.plain("all_levers") if last else say.side(of.levers[row["lever"]])
        number = f"{amount(row['saved_kg'] / per)}  · {percent(row['saved_share'])} "
        number += f"({row['applies']:,} {say.plain('skus')})"
        shown.append(Bar(label, (row["saved_kg"] / per,), number, strong=last))
    chart = figure(bars(shown, name=say.plain("levers"), key="levers", unit=say.plain(word)))
    note = text(say("levers_note"), note=True)
    return section("levers", say("levers"), chart if shown else text(say("none")), note)


def improve(of: Telling) -> dict[str, Any]:
    """Data that would narrow the intervals, and what was assumed."""
    say, asked = of.say, of.figures.asked
    blocks: list[Block] = []
    if len(asked):
        blocks.append(text(say("improve_note")))
        factor = asked["name"].str.startswith("factor: ")
        for key, rows in (("own_data", asked[~factor]), ("factor_data", asked[factor])):
            if len(rows):
                blocks.append(_asked(of, say(key), rows.head(TOP), merchants=key == "own_data"))
    counts = of.figures.assumed
    if "use" not in of.figures.stages:
        counts = counts.drop(["energy_per_year", "service_life"])
    counts = counts[counts > 0].sort_values(ascending=False, kind="stable")
    heads = say.heads(column="head", cells="number", share="number")
    size = max(len(of.skus), 1)
    cells = [
        [say.side(say.input(str(name))), f"{count:,}", percent(count / size)]
        for name, count in counts.items()
    ]
    if cells:
        blocks += [text(say("assumed_note"), note=True), table(say("assumed"), heads, cells)]
    return section("improve", say("improve"), *blocks)


def _asked(of: Telling, caption: Markup, rows: pd.DataFrame, *, merchants: bool) -> Block:
    say = of.say
    heads = say.heads(input="head", named="number", rests="number")
    heads += [(say("assumed_now"), "number")] if merchants else []
    cells = []
    for row in rows.to_dict("records"):
        bare = row["name"].removeprefix("factor: ")
        spoken = say.input(bare) if merchants else of.factors.get(bare, {"en": bare, "zh": bare})
        line = [say.side(spoken), f"{row['skus']:,}", percent(row["share"])]
        cells.append([*line, f"{row['assumed']:,}"] if merchants else line)
    return table(caption, heads, cells)


def claims(of: Telling, market: dict[str, str]) -> dict[str, Any]:
    """Environmental claims in the names."""
    say, findings = of.say, of.figures.claims
    blocks = [text(say("claims_note", market=market), note=True)]
    if findings.empty:
        return section("claims", say("claims"), text(say("no_claims")), *blocks)
    heads = say.heads(sku="head", words="user", todo="text", rule="text", law="user")
    cells = [
        [
            user(row["text"], 160),
            user(row["words"], 200),
            say(row["action"]),
            row["message"],
            row["cite"],
        ]
        for row in findings.head(PROBLEMS).to_dict("records")
    ]
    more = of.more(len(findings), PROBLEMS)
    return section("claims", say("claims"), *blocks, table(say("claims"), heads, cells, more=more))


def problems(of: Telling, command: str) -> dict[str, Any]:
    """Problems by row, and SKUs that could not be computed."""
    say, rows = of.say, of.figures.problems
    blocks: list[Block] = []
    failed = of.skus[of.skus["total_kg"].isna()]
    if len(failed):
        heads = say.heads(sku="head", name="user", why="text")
        cells = [
            [user(row["sku"], 160), user(row["name"], 240), of.reasons(str(row["problem"]))]
            for row in failed.head(PROBLEMS).to_dict("records")
        ]
        more = of.more(len(failed), PROBLEMS)
        blocks.append(table(say("not_computed"), heads, cells, more=more))
    if rows.empty:
        return section("problems", say("problems"), *blocks, text(say("no_problems")))
    count = len(rows)
    order = rows["severity"].map({"error": 0, "warning": 1, "note": 2})
    rows = rows.iloc[np.argsort(order.to_numpy(), kind="stable")].head(PROBLEMS)
    rows = retold(rows.reset_index(drop=True), say.langs[0])
    heads = say.heads(
        code="head",
        row="number",
        column="user",
        sku="user",
        value="user",
        rule="text",
        remedy="text",
    )
    cells = [
        [
            row["code"],
            "" if row["row"] is None or row["row"] != row["row"] else f"{row['row']:.0f}",
            *(user(row[name], 160) for name in ("column", "sku", "value")),
            row["rule"],
            row["remedy"],
        ]
        for row in rows.to_dict("records")
    ]
    shown = table(say("problems"), heads, cells, more=of.more(count, PROBLEMS))
    return section(
        "problems",
        say("problems"),
        *blocks,
        shown,
        text(say("problems_note", command=command), note=True),
    )
