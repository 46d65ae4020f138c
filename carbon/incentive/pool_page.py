"""Reads a priced pool, gives a page of PDF: figures, tiers, fund and rates by category."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from carbon.base import digits
from carbon.base.rules import templates_root
from carbon.base.words import closed, section
from carbon.incentive import credibility
from carbon.incentive.money import text as amount
from carbon.incentive.pool_policy import PoolPolicy
from carbon.incentive.return_pool import Pool
from carbon.paper import strokes
from carbon.paper.charts import Bar, bars
from carbon.paper.page import page
from carbon.paper.pdf import Placed, sheets
from carbon.paper.strokes import GRID, MORE, SOFT
from carbon.paper.text import fitted, plain
from carbon.paper.text import width as width_of

__all__ = ["fan", "summary"]

MM: Final = 25.4 / 96
"""Millimetres of a CSS pixel."""

LABEL: Final = 160.0
"""Room for the name of the last festival [px]."""

TIERS: Final = 10
"""Tiers of the table; of more, the first that have insured orders. All stand in tiers.csv."""

SHOWN: Final = 8
"""Categories of the chart, those with most orders."""

BAND: Final = "#c9dfd3"
FONT: Final = "Noto Sans, Noto Sans SC, Noto Sans CJK SC, Microsoft YaHei, Arial, sans-serif"


def summary(
    pool: Pool,
    policy: PoolPolicy,
    *,
    source: str,
    basis: str = "",
    lang: str = "zh",
    names: Mapping[str, str] | None = None,
) -> bytes:
    """The page as PDF, A4; the same for the same pool and fonts; L010 if no Chinese font is found.

    ``basis`` is edition, method and boundary of the footprints, empty if none were given; ``names``
    of categories are in the language; a category without stands as the ledger has it.
    """
    say = section("pool", lang)
    template = (templates_root() / "pool" / "summary.svg.j2").read_text(encoding="utf-8")
    days = pool.outlook.days
    values = _values(pool, policy, say, source, basis, lang)
    fund = fan(
        days["date"].tolist(),
        days[["low", "median", "high"]].to_numpy(np.float64),
        days["festival_zh" if lang == "zh" else "festival"].tolist(),
    )
    shown = pool.categories.sort_values("orders", ascending=False, kind="stable").head(SHOWN)
    level = float(policy.credibility.interval)
    low, high = credibility.interval(
        shown["prior_a"].to_numpy(), shown["prior_b"].to_numpy(), level
    )
    known = names or {}
    rows = [
        Bar(
            known.get(str(name), str(name)),
            (mean,),
            closed(
                say["bracket"].format(
                    value=digits.percent(mean, 1),
                    rest=say["to"].format(
                        low=digits.percent(least, 1), high=digits.percent(most, 1)
                    ),
                ),
                lang,
            ),
            least,
            most,
        )
        for name, mean, least, most in zip(
            shown["category"], shown["prior_mean"], low, high, strict=True
        )
    ]
    chart = bars(rows, name=say["categories"], key="c")
    top = values["fund_y"] * MM
    return sheets(
        [
            [
                Placed(
                    closed(page(template, "summary.svg.j2").render(values), lang), alt=say["title"]
                ),
                Placed(fund, 10.6, top + 3, 1.0, values["fund"]),
                Placed(chart, 10.6, values["categories_y"] * MM + 3, 0.8, say["categories"]),
            ]
        ],
        title=f"{say['title']}: {plain(source)}",
        lang=lang,
    )


def _values(
    pool: Pool, policy: PoolPolicy, say: dict[str, str], source: str, basis: str, lang: str
) -> dict[str, Any]:
    totals, fund = pool.totals, pool.outlook.fund
    even, currency = fund["break_even"], policy.currency
    rate = digits.percent(totals["returns"] / totals["orders"])
    saved = pool.merchants["saved_cents"].sum()
    kg = pool.merchants["saved_kg"].sum(min_count=1)
    less = f"{_whole(saved)} {currency}"
    ends = say["to"].format(
        low=digits.amount(even["reserve_low"]), high=digits.amount(even["reserve_high"])
    )
    chance = say["to"].format(
        low=digits.percent(even["ruin_low"], 1), high=digits.percent(even["ruin_high"], 1)
    )
    facts = [
        (say["orders"], f"{totals['orders']:,}"),
        (say["returns"], say["bracket"].format(value=f"{totals['returns']:,}", rest=rate)),
        (say["merchants"], f"{totals['merchants']:,}"),
        (say["insured"], f"{totals['insured']:,}"),
        (say["paid"], f"{_whole(totals['paid_cents'])} {currency}"),
        (say["claims"], f"{_whole(totals['claims_cents'])} {currency}"),
        (say["suspected"], f"{totals['suspected_orders']:,}"),
        (
            say["saved"],
            less + ("" if math.isnan(kg) else say["and_kg"].format(kg=digits.amount(kg))),
        ),
        (
            say["reserve"].format(ruin=digits.percent(fund["ruin"], 1)),
            say["bracket"].format(
                value=f"{digits.amount(even['reserve_needed'])} {currency}", rest=ends
            ),
        ),
        (
            say["ruin"],
            say["bracket"].format(value=digits.percent(even["ruin_probability"], 1), rest=chance),
        ),
    ]
    rows = _rows(pool, say)
    table_y = 334
    fund_y = table_y + 42 + 18 * len(rows)
    loading = digits.percent(float(policy.pricing.loading))
    return {
        "lang": lang,
        "font": FONT,
        "title": say["title"],
        "source": fitted(plain(source), 13, 700),
        "window": say["window"].format(first=totals["first"], last=totals["last"]),
        "policy": fitted(
            plain(
                say["policy"].format(
                    name=policy.name_zh if lang == "zh" else policy.name, version=policy.version
                )
            ),
            12,
            440,
        ),
        "facts": [
            {"name": name, "value": value, "x": 40 + 370 * (at % 2), "y": 138 + 35 * (at // 2)}
            for at, (name, value) in enumerate(facts)
        ],
        "tiers": say["tiers"].format(loading=loading, rates=say[f"rates_{policy.pricing.rates}"]),
        "tiers_y": table_y,
        "rows": [
            {"y": table_y + 24 + 18 * at, "bold": at == 0, "cells": cells}
            for at, cells in enumerate(rows)
        ],
        "fund": say["fund"].format(currency=currency),
        "fund_y": fund_y,
        "categories": say["categories"],
        "categories_y": fund_y + 250,
        "notes": [
            say["simulated"].format(
                simulations=f"{fund['simulations']:,}", seed=fund["seed"], shock=fund["shock_sd"]
            ),
            say["assumed"],
            say["kg"].format(basis=basis) if basis else say["no_kg"],
        ],
    }


def _whole(cents: Any) -> str:
    """An amount without cents."""
    return f"{float(amount(int(cents), 2)):,.0f}"


def _rows(pool: Pool, say: dict[str, str]) -> list[list[dict[str, Any]]]:
    """Cells of the table of tiers, with their right edge."""
    edges = [66, 160, 228, 318, 368, 470, 560, 622, 682, 740]
    lines = [say["head"].split("|")]
    listed = pool.tiers
    if len(listed) > TIERS:
        listed = listed[listed["insured"] > 0].head(TIERS)
    for row in listed.to_dict("records"):
        known = row["insured"] > 0
        lines.append(
            [
                str(row["tier"]),
                digits.percent(row["up_to"], 1),
                f"{row['merchants']:,}",
                f"{row['insured']:,}",
                digits.percent(row["rate"], 2),
                _whole(row["expected_cents"]),
                _whole(row["due_cents"]),
                amount(int(row["premium_cents"]), 2) if known else "–",
                amount(int(row["rounding_cents"]), 2).replace("-", "−") if known else "–",
                "–" if row["tariff_cents"] is None or row["tariff_cents"] != row["tariff_cents"]
                else amount(int(row["tariff_cents"]), 2),
            ]
        )  # fmt: skip
    return [
        [
            {"x": edge, "text": fitted(plain(cell), 11, edge - before - 4)}
            for cell, edge, before in zip(line, edges, [20, *edges], strict=False)
        ]
        for line in lines
    ]


def fan(dates: Sequence[str], paths: npt.NDArray[np.float64], marks: Sequence[str]) -> str:
    """Quantiles of a balance over days [day, 3] as SVG, with the days of festivals named.

    >>> paths = np.array([[0.0, 1.0, 2.0], [-1.0, 1.0, 3.0]])
    >>> fan(["2026-10-01", "2026-10-02"], paths, ["", "<a>"]).count("&lt;a&gt;")
    1
    """
    wide, high, left, top, bottom = 712, 200, 78, 22, 24
    least, most = min(0.0, float(paths.min())), max(0.0, float(paths.max()))
    if most == least:
        most = least + 1
    across = (wide - left - 10) / max(len(dates) - 1, 1)
    up = (high - top - bottom) / (most - least)

    def x(at: int) -> str:
        return f"{left + at * across:.1f}"

    def y(value: float) -> str:
        return f"{high - bottom - (value - least) * up:.1f}"

    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" font-family="{FONT}" font-size="11">'
    ]
    start = 0
    for at in range(1, len(marks) + 1):
        if at == len(marks) or marks[at] != marks[start]:
            if marks[start]:
                width = max(float(x(at - 1)) - float(x(start)), across)
                following = [day for day in range(at, len(marks)) if marks[day]]
                left_end = float(x(start))
                room = float(x(following[0])) - left_end - 6 if following else LABEL
                name = fitted(plain(marks[start]), 11, room)
                if not following:
                    left_end = min(left_end, wide - width_of(name, 11) - 4)
                rows.append(
                    f'<rect x="{x(start)}" y="{top}" width="{width:.1f}" '
                    f'height="{high - top - bottom}" fill="#f3ead9"/>'
                    f'<text x="{left_end:.1f}" y="{top - 6}" fill="{SOFT}">{escape(name)}</text>'
                )
            start = at
    step = strokes.step((most - least) / 4)
    for tick in range(math.ceil(least / step), math.floor(most / step) + 1):
        at_y = y(tick * step)
        colour = SOFT if tick == 0 else GRID
        rows.append(
            f'<line x1="{left}" y1="{at_y}" x2="{wide - 10}" y2="{at_y}" stroke="{colour}"/>'
            f'<text x="{left - 6}" y="{float(at_y) + 4:.1f}" text-anchor="end" fill="{SOFT}">'
            f"{tick * step:,.0f}</text>".replace(">-", ">−")
        )
    upper = [f"{x(at)},{y(value)}" for at, value in enumerate(paths[:, 2])]
    lower = [f"{x(at)},{y(value)}" for at, value in enumerate(paths[:, 0])]
    rows.append(
        f'<polygon points="{" ".join([*upper, *reversed(lower)])}" fill="{BAND}" '
        f'fill-opacity="0.75"/>'
    )
    middle = " ".join(f"{x(at)},{y(value)}" for at, value in enumerate(paths[:, 1]))
    rows.append(f'<polyline points="{middle}" fill="none" stroke="{MORE}" stroke-width="2"/>')
    for at in sorted({0, len(dates) // 3, 2 * len(dates) // 3, len(dates) - 1}):
        side = "end" if at and at == len(dates) - 1 else "start" if at == 0 else "middle"
        rows.append(
            f'<text x="{x(at)}" y="{high - 6}" text-anchor="{side}" fill="{SOFT}">'
            f"{escape(dates[at])}</text>"
        )
    return "\n".join([*rows, "</svg>"])
