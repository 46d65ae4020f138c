"""Reads tables of judged rooms and exposure, gives the page of a platform's operator as HTML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from carbon import __version__
from carbon.base.digits import DASH, amount, percent
from carbon.base.words import basis_text
from carbon.liveroom.metrics import METRICS
from carbon.pages.html import (
    LANGS,
    Block,
    Say,
    facts,
    figure,
    heading,
    rendered,
    section,
    table,
    text,
    user,
)
from carbon.paper.charts import Bar, Curve, bars, lorenz

__all__ = ["EXPOSURE", "REASONS", "ROOMS", "page"]

ROOMS: Final = ("room", "merchant", "status", "tier", "points", "boost", "gates_failed")
"""Columns of rooms that the page cannot do without."""

REASONS: Final = ("room", "kind", "name", "value", "points", "most", "lost", "adds", "zh", "en")
EXPOSURE: Final = ("section", "name", "before", "after", "bound", "binds", "price", "zh", "en")

TOP: Final = 10
"""Rooms that are named."""

BINS: Final = tuple(range(0, 100, 10))
"""From which a row of the spread of points begins; the last one holds 100 as well."""

LINE: Final = 2000.0
"""Room of a sentence."""

COUNTS: Final = ("rooms",)
"""Measures of concentration that are counts, not shares."""

BINDS: Final = {"true": "yes", "1.0": "yes", "1": "yes", "false": "no", "0.0": "no", "0": "no"}
"""How the formats of a table write yes and no → word."""

FINE: Final = ("gini", "hhi")
"""Measures of concentration that are told as numbers, not as percent."""


def page(
    rooms: pd.DataFrame,
    reasons: pd.DataFrame,
    exposure: pd.DataFrame | None = None,
    *,
    langs: Sequence[str] = ("en",),
    subject: str = "",
) -> str:
    """One self-contained page on the rooms of a platform; the same tables give the same bytes.

    Rooms (:data:`ROOMS`) and the gates and criteria of each (:data:`REASONS`) are as ``carbon
    room`` writes them, exposure (:data:`EXPOSURE`) as ``carbon exposure``. The first language is
    that of the page.

    >>> rooms = pd.DataFrame(columns=ROOMS)
    >>> page(rooms, pd.DataFrame(columns=REASONS))[:15]
    '<!DOCTYPE html>'
    """
    say = Say("dashboard", langs)
    policy = _only(rooms, "policy")
    basis = basis_text(_only(rooms, "basis"), say.langs[0])
    return rendered(
        say,
        title=say("title"),
        title_text=f"{say.plain('title')} · {user(subject)}",
        subject=user(subject),
        basis=basis,
        declared=say("declared"),
        sections=[
            _overview(say, rooms),
            _tiers(say, rooms),
            _gates(say, rooms, reasons),
            _lost(say, reasons),
            _next(say, rooms, reasons),
            _exposure(say, exposure),
            _method(say, rooms, policy, basis),
        ],
        footer=f"carbon-label {__version__} · {policy}",
    )


def _only(rooms: pd.DataFrame, name: str) -> str:
    """What a column says of all rooms; each of it once."""
    if name not in rooms:
        return ""
    values = rooms[name].dropna().astype(str)
    return user("; ".join(sorted(set(values[values != ""]))), LINE)


def _points(points: float) -> str:
    """Points to a tenth, rounded down: a room is never told more than it has."""
    return f"{math.floor(points * 10 + 1e-9) / 10:.1f}" if math.isfinite(points) else DASH


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of numbers; NaN where it is not there."""
    if name not in frame:
        return pd.Series(np.nan, index=frame.index, dtype=np.float64)
    return pd.to_numeric(frame[name], errors="coerce").astype(np.float64)


def _overview(say: Say, rooms: pd.DataFrame) -> dict[str, Any]:
    points, revenue = _numbers(rooms, "points"), _numbers(rooms, "kept_revenue").fillna(0.0)
    count = rooms["status"].astype(str).value_counts()
    rows: list[tuple[Markup, str, Markup | str]] = [(say("rooms"), f"{len(rooms):,}", "")]
    for status in ("eligible", "provisional", "not_eligible"):
        of = int(count.get(status, 0))
        rows.append((say(status), f"{of:,}", percent(of / len(rooms)) if len(rooms) else ""))
    if points.notna().any():
        sold = float(revenue[points.notna()].sum())
        weighted = _points(float((points * revenue).sum() / sold)) if sold > 0 else "–"
        weighting = say("of_100", weighted=weighted)
        rows.append((say("mean_points"), _points(float(points.mean())), weighting))
    kg = _numbers(rooms, "footprint_kg")
    if kg.notna().any():
        retired, rest = (
            amount(float(_numbers(rooms, name).sum()) / 1000)
            for name in ("credits_kg", "residual_kg")
        )
        rows.append((say("footprint"), amount(float(kg.sum()) / 1000), say("t")))
        rows.append((say("residual"), rest, say("matched", credits=retired)))
    open_ = int(count.get("provisional", 0)) > 0
    note = text(say("provisional_note"), note=True) if open_ else None
    return section("overview", say("overview"), facts(rows), note)


def _tiers(say: Say, rooms: pd.DataFrame) -> dict[str, Any]:
    """Rooms by tier; those of one that are not eligible have none."""
    stands = rooms["status"].astype(str).isin(["eligible", "provisional"])
    tier = rooms["tier"].astype("object").fillna("").astype(str).where(stands, "")
    names = {"": say.each("no_tier")}
    columns = [rooms.get(f"tier_{lang}", tier) for lang in LANGS]
    for name, *spoken_of in zip(tier, *columns, strict=True):
        spoken = (str(word) if word == word and word else name for word in spoken_of)
        names.setdefault(name, dict(zip(LANGS, spoken, strict=True)))
    boost, revenue = _numbers(rooms, "boost"), _numbers(rooms, "kept_revenue").fillna(0.0)
    order = boost.groupby(tier).max().fillna(0.0)
    # the tier with the largest boost first, rooms without a tier last
    ranked = sorted(names, key=lambda name: (name == "", -float(order.get(name, 0.0)), name))
    shown, cells = [], []
    for name in ranked:
        mine = tier == name
        sure = int((mine & (rooms["status"].astype(str) != "provisional")).sum())
        vague = int(mine.sum()) - sure
        label = user(say.side(names[name]))
        parts = (sure, vague) if name else (0, 0, sure + vague)
        shown.append(Bar(label, parts, f"{sure:,} + {vague:,}" if vague else f"{sure:,}"))
        cells.append(
            [
                label,
                f"{int(mine.sum()):,}",
                percent(float(boost[mine].mean())) if mine.any() else "–",
                percent(float(revenue[mine].sum() / revenue.sum())) if revenue.sum() else "–",
            ]
        )
    heads = say.heads(tier="head", rooms="number", boost="number", revenue="number")
    legend = [say.plain("eligible"), say.plain("provisional")]
    chart = bars(
        shown, name=say.plain("tiers"), key="tiers", legend=legend, unit=say.plain("rooms")
    )
    return section(
        "tiers",
        say("tiers"),
        figure(chart),
        table(say("tiers_table"), heads, cells),
        *_spread(say, _numbers(rooms, "points").dropna()),
    )


def _spread(say: Say, points: pd.Series) -> list[Block]:
    if points.empty:
        return []
    bin_of = np.clip(np.searchsorted(BINS, points.to_numpy(), side="right") - 1, 0, len(BINS) - 1)
    counts = np.bincount(bin_of, minlength=len(BINS))
    shown = [
        Bar(f"{low}–{low + 10}", (int(count),), f"{count:,}")
        for low, count in zip(BINS[::-1], counts[::-1], strict=True)
    ]
    chart = bars(shown, name=say.plain("spread"), key="spread", unit=say.plain("rooms"))
    return [heading(say("spread")), figure(chart)]


def _gates(say: Say, rooms: pd.DataFrame, reasons: pd.DataFrame) -> dict[str, Any]:
    failed = rooms["gates_failed"].astype("object").fillna("").astype(str)
    failed = failed.str.split().explode().dropna()
    if failed.empty:
        return section("gates", say("gates"), text(say("all_open")))
    known = reasons.loc[reasons["kind"] == "gate", "name"].astype(str).unique()
    counts = failed.value_counts().reindex(list(dict.fromkeys([*known, *failed])), fill_value=0)
    counts = counts[counts > 0].sort_values(ascending=False, kind="stable")
    shown = []
    for name, count in counts.items():
        label = say.plain(str(name)) if say.has(str(name)) else user(name)
        number = f"{count:,} · {percent(count / len(rooms))}"
        shown.append(Bar(label, (int(count),), number))
    chart = bars(shown, name=say.plain("gates"), key="gates", unit=say.plain("rooms"))
    return section("gates", say("gates"), figure(chart), text(say("gates_note"), note=True))


def _criterion(say: Say, name: object) -> str:
    metric = METRICS.get(str(name))
    return user(name) if metric is None else say.side(metric.titles)


def _lost(say: Say, reasons: pd.DataFrame) -> dict[str, Any]:
    """Points lost by criterion, mean over the rooms."""
    of = reasons[reasons["kind"] == "criterion"]
    if of.empty:
        return section("lost", say("lost"), text(say("none")))
    table_ = pd.DataFrame(
        {name: _numbers(of, name) for name in ("value", "points", "most", "lost")}
    ).assign(name=of["name"].astype(str))
    grouped = table_.groupby("name", sort=False)
    criteria = grouped[["points", "most", "lost"]].mean()
    criteria["losing"] = table_["lost"].gt(0).groupby(table_["name"]).sum()
    criteria["unknown"] = table_["value"].isna().groupby(table_["name"]).sum()
    criteria["rooms"] = grouped.size()
    criteria = criteria.sort_values("lost", ascending=False, kind="stable")
    shown, cells = [], []
    for name, row in zip(criteria.index, criteria.to_dict("records"), strict=True):
        label = _criterion(say, name)
        lost, kept, most = row["lost"], row["points"], row["most"]
        number = f"−{_points(lost)} / {most:g}" if lost else "0"
        shown.append(Bar(label, (lost, kept), number))
        cells.append(
            [
                label,
                f"{most:g}",
                _points(lost),
                f"{row['losing']:,}",
                percent(row["losing"] / row["rooms"]),
                f"{row['unknown']:,}",
            ]
        )
    heads = say.heads(
        criterion="head",
        weight="number",
        mean_lost="number",
        losing="number",
        share="number",
        not_known="number",
    )
    legend = [say.plain("lost_points"), say.plain("kept_points")]
    unit = say.plain("lost_unit")
    chart = bars(shown, name=say.plain("lost"), key="lost", legend=legend, unit=unit)
    return section("lost", say("lost"), figure(chart), table(say("lost_table"), heads, cells))


def _next(say: Say, rooms: pd.DataFrame, reasons: pd.DataFrame) -> dict[str, Any]:
    """Rooms that can rise, and the step that adds most."""
    adds = _numbers(reasons, "adds")
    steps = reasons[adds > 0].assign(adds=adds, room=reasons["room"].astype(str))
    steps = steps.sort_values("adds", ascending=False, kind="stable").drop_duplicates("room")
    steps = steps.set_index("room")
    points = _numbers(rooms, "points")
    boost = _numbers(rooms, "boost")
    can = rooms["room"].astype(str).isin(steps.index) & ((boost < boost.max()) | (boost == 0))
    # chosen last: an empty frame would take over the index of what is assigned to it
    rising = rooms.assign(points=points, room=rooms["room"].astype(str))[can & points.notna()]
    rising = rising.sort_values(["points", "room"], ascending=[False, True], kind="stable")
    if rising.empty:
        return section("next", say("next"), text(say("none")))
    heads = say.heads(
        room="head", merchant="user", points="number", tier="text", step="text", adds="number"
    )
    cells = []
    for row in rising.head(TOP).to_dict("records"):
        step = steps.loc[row["room"]]
        tier = {lang: str(row.get(f"tier_{lang}") or row["tier"] or "") for lang in LANGS}
        sentence = {lang: user(step[lang], LINE) for lang in LANGS}
        cells.append(
            [
                user(row["room"], 160),
                user(row["merchant"], 200),
                _points(row["points"]),
                user(say.side(tier)) if row["tier"] == row["tier"] and row["tier"] else "–",
                say.both(sentence),
                _points(float(step["adds"])),
            ]
        )
    more = say("and_more", count=f"{len(rising) - TOP:,}") if len(rising) > TOP else ""
    shown = table(say("next_table"), heads, cells, more=more)
    return section("next", say("next"), text(say("next_note"), note=True), shown)


def _exposure(say: Say, exposure: pd.DataFrame | None) -> dict[str, Any]:
    """Lorenz curves, concentration, rules with their prices, and what fairness costs."""
    if exposure is None or exposure.empty:
        return section("exposure", say("exposure"), text(say("no_exposure")))
    parts = {
        str(name): part.reset_index(drop=True)
        for name, part in exposure.groupby(exposure["section"].astype(str), sort=False)
    }
    empty = exposure.iloc[:0]
    spread, measures = parts.get("lorenz", empty), parts.get("concentration", empty)
    blocks: list[Block | None] = []
    if len(spread):
        across = pd.to_numeric(spread["name"], errors="coerce").tolist()
        curves = []
        for when in ("before", "after"):
            gini = _numbers(measures[measures["name"] == "gini"], when)
            spread_of = f"{float(gini.iloc[0]):.3f}" if len(gini) else ""
            gini_text = f", {say.plain('gini')} {spread_of}" if spread_of else ""
            ys = _numbers(spread, when).tolist()
            curves.append(Curve(say.plain(when) + gini_text, across, ys))
        words = {key: say.plain(key) for key in ("across", "up", "equal")}
        blocks.append(figure(lorenz(curves, name=say.plain("lorenz"), **words), say("lorenz")))
    if len(measures):
        blocks.append(_concentration(say, measures))
    if "rule" in parts:
        blocks += [_rules(say, parts["rule"]), text(say("price_note"), note=True)]
    if "fairness" in parts:
        rows = [
            (say.both({lang: user(row[lang], LINE) for lang in LANGS}), percent(row["after"]), "")
            for row in parts["fairness"].to_dict("records")
        ]
        blocks += [heading(say("fairness")), facts(rows)]
    return section("exposure", say("exposure"), *blocks)


def _concentration(say: Say, measures: pd.DataFrame) -> Block:
    heads = say.heads(measure="head", before="number", after="number")
    cells = []
    for row in measures.to_dict("records"):
        ends = [
            f"{value:,.0f}"
            if row["name"] in COUNTS
            else f"{value:.3f}"
            if row["name"] in FINE
            else percent(value)
            for value in (float(row["before"]), float(row["after"]))
        ]
        measure = {lang: user(row[lang], LINE) for lang in LANGS}
        cells.append([say.side(measure), *ends])
    return table(say("concentration"), heads, cells)


def _rules(say: Say, rules: pd.DataFrame) -> Block:
    heads = say.heads(
        rule="head",
        before="number",
        after="number",
        bound="number",
        binds="text",
        price="number",
        told="text",
    )
    cells = []
    for row in rules.to_dict("records"):
        key = f"rule_{row['name']}"
        binds = BINDS.get(str(row["binds"]).strip().casefold(), "")
        price = float(row["price"])
        cells.append(
            [
                say.plain(key) if say.has(key) else user(row["name"]),
                *(percent(float(row[name])) for name in ("before", "after", "bound")),
                say.plain(binds) if binds else "–",
                ("+" if price > 0 else "") + percent(price) if binds == "yes" else "–",
                say.both({lang: user(row[lang], LINE) for lang in LANGS}),
            ]
        )
    return table(say("rules"), heads, cells)


def _method(say: Say, rooms: pd.DataFrame, policy: str, basis: str) -> dict[str, Any]:
    rows = [(say("policy"), policy, "")]
    for name in ("period", "as_of"):
        value = _only(rooms, name)
        rows += [(say(name), value, "")] if value else []
    return section(
        "method",
        say("method"),
        facts(rows) if policy else None,
        text(say("basis_note", basis=basis)) if basis else None,
        text(say("words_note"), note=True),
    )
