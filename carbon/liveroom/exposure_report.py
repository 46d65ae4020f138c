"""What an allocation of exposure costs whom: rules, prices, concentration, fairness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.liveroom.concentration import gini, herfindahl, lorenz, top_share
from carbon.liveroom.linear import LARGEST, least_moved
from carbon.liveroom.nearest import Nearest, Rulebook
from carbon.liveroom.policy import ExposureRules

__all__ = ["REPORT_COLUMNS", "report"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

REPORT_COLUMNS: Final = (
    "section",
    "name",
    "before",
    "after",
    "bound",
    "slack",
    "binds",
    "price",
    "unit",
    "en",
    "zh",
)
"""Columns of the report."""

PAID: Final = 1e-9
"""Multiplier above which a rule has a price [nat]."""

TOUCH: Final = 1e-9


def report(
    base: Floats,
    wish: Floats,
    small: Flags,
    boost: Floats,
    book: Rulebook,
    result: Nearest,
    rules: ExposureRules,
    revenue: Floats | None,
) -> pd.DataFrame:
    """Tell an allocation.

    Parameters
    ----------
    base, wish : ndarray of float64, shape (n,)
        Shares of the baseline, and with boosts alone.
    small : ndarray of bool, shape (n,)
        Rooms of small merchants.
    boost : ndarray of float64, shape (n,)
        Their boosts.
    book : Rulebook
        The rules in force.
    result : Nearest
        The allocation.
    rules : ExposureRules
        The figures.
    revenue : ndarray of float64, shape (n,), optional
        Sales of each room over the baseline, in one currency.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`REPORT_COLUMNS`; sections ``rule``, ``concentration``, ``fairness`` and
        ``lorenz``. The price of a rule is the factor, less 1, by which it changes the exposure of
        the rooms it speaks of, all else unchanged.
    """
    rows = [
        *_rules(base, wish, small, boost, book, result, rules),
        *_concentration(base, small, book, result),
        *_fairness(base, wish, boost, book, result, revenue),
        *_lorenz(base, result.share),
    ]
    table = pd.DataFrame(rows).reindex(columns=list(REPORT_COLUMNS))
    table["binds"] = table["binds"].astype("boolean")
    numbers = ["before", "after", "bound", "slack", "price"]
    table[numbers] = table[numbers].astype(np.float64)
    text = ["section", "name", "unit", "en", "zh"]
    table[text] = table[text].astype("object").fillna("")
    return table


def _rules(
    base: Floats,
    wish: Floats,
    small: Flags,
    boost: Floats,
    book: Rulebook,
    result: Nearest,
    rules: ExposureRules,
) -> Iterator[dict[str, Any]]:
    share = result.share
    # what a room without boost gets of its baseline, if no rule but the sum speaks of it
    plain = float(np.exp(result.total) / (base @ (1 + boost)))
    yield {
        "name": "total",
        "before": 1.0,
        "after": float(share.sum()),
        "bound": 1.0,
        "slack": 0.0,
        "binds": True,
        "price": plain - 1,
        "en": f"the sum stays: a room without boost or rule of its own gets {plain - 1:+.1%}",
        "zh": f"总量不变：无加成且不受其他规则约束的直播间{plain - 1:+.1%}",
    } | _RULE
    granted = boost > 0
    asked, got = _mean(boost, base, granted), _mean(share / base - 1, base, granted)
    said = {
        "en": f"{granted.sum():d} rooms have a boost, {asked:.1%} on average; they get {got:+.1%}",
        "zh": f"{granted.sum():d}个直播间有加成，平均{asked:.1%}，实得{got:+.1%}",
    }
    none = {"en": "no room has a boost", "zh": "没有直播间获得加成"}
    yield {
        "name": "boost",
        "before": asked,
        "after": got,
        "price": np.nan,
        **(said if granted.any() else none),
    } | _RULE
    factor = _factor(result.floor)
    held = float(share[small].sum())
    yield {
        "name": "floor",
        "before": float(base[small].sum()),
        "after": held,
        "bound": book.floor,
        "slack": held - book.floor,
        "binds": result.floor > PAID,
        "price": factor,
        **_told(
            factor,
            f"small merchants' rooms get {factor:+.1%} beside what they would get without it",
            f"中小商家直播间因此{factor:+.1%}",
        ),
    } | _RULE
    if book.head < len(share):
        factor = _factor(-result.head)
        head = top_share(share, book.head)
        yield {
            "name": "head_cap",
            "before": top_share(base, book.head),
            "after": head,
            "bound": rules.head_cap.value,
            "slack": rules.head_cap.value - head,
            "binds": result.head > PAID,
            "price": factor,
            **_told(
                factor,
                f"{int(result.in_head.sum())} rooms at the top get up to {factor:+.1%}",
                f"头部{int(result.in_head.sum())}个直播间至多{factor:+.1%}",
            ),
        } | _RULE
    free = wish * np.exp(result.total + result.floor * small - result.head * result.in_head)
    capped = share >= book.high * (1 - TOUCH)
    kept = (share <= book.low * (1 + TOUCH)) & (book.low > 0)
    for name, bound, before, after, at, en, zh in (
        (
            "room_cap",
            rules.room_cap.value,
            float(base.max()),
            float(share.max()),
            capped,
            "rooms may have no more",
            "个直播间触及上限",
        ),
        (
            "largest_loss",
            rules.largest_loss.value,
            0.0,
            float((1 - share / base).max()),
            kept,
            "rooms may lose no more",
            "个直播间触及保底",
        ),
    ):
        factor = _factor(float(np.log(share[at].sum() / free[at].sum()))) if at.any() else 0.0
        count = int(at.sum())
        yield {
            "name": name,
            "before": before,
            "after": after,
            "bound": bound,
            "slack": bound - after,
            "binds": factor != 0,
            "price": factor,
            **_told(
                factor,
                f"{count} {en}; together they get {factor:+.1%}",
                f"{count}{zh}，合计{factor:+.1%}",
            ),
        } | _RULE


def _factor(multiplier: float) -> float:
    """Change of exposure by a multiplier, 0 below what can be told from rounding."""
    return float(np.expm1(multiplier)) if abs(multiplier) > PAID else 0.0


def _told(factor: float, en: str, zh: str) -> dict[str, str]:
    if factor == 0:
        return {"en": "kept without a price: it changes nothing", "zh": "自然满足，不起作用"}
    return {"en": en, "zh": zh}


_RULE: Final = {"section": "rule", "unit": "share of impressions"}


def _mean(values: Floats, weights: Floats, among: Flags) -> float:
    """Mean weighted by baseline; NaN over nothing."""
    if not among.any():
        return float("nan")
    return float(np.average(values[among], weights=weights[among]))


def _concentration(
    base: Floats, small: Flags, book: Rulebook, result: Nearest
) -> Iterator[dict[str, Any]]:
    share = result.share
    head = book.head
    for name, before, after, en, zh in (
        ("gini", gini(base), gini(share), "Gini coefficient", "基尼系数"),
        (
            "top_share",
            top_share(base, head),
            top_share(share, head),
            f"share of the top {head} rooms",
            f"前{head}名份额",
        ),
        ("top_10_share", top_share(base, 10), top_share(share, 10), "top ten", "前10名份额"),
        (
            "small_share",
            float(base[small].sum()),
            float(share[small].sum()),
            "share of small merchants",
            "中小商家份额",
        ),
        ("hhi", herfindahl(base), herfindahl(share), "Herfindahl-Hirschman", "赫芬达尔指数"),
    ):
        told = {"section": "concentration", "name": name, "before": before, "after": after}
        yield told | {"unit": "1", "en": en, "zh": zh}
    yield {
        "section": "concentration",
        "name": "rooms",
        "before": float(len(base)),
        "after": float(len(base)),
        "unit": "rooms",
        "en": "rooms with impressions",
        "zh": "有曝光的直播间",
    }


def _fairness(
    base: Floats,
    wish: Floats,
    boost: Floats,
    book: Rulebook,
    result: Nearest,
    revenue: Floats | None,
) -> Iterator[dict[str, Any]]:
    share = result.share
    moved = float(np.abs(share - base).sum() / 2)
    elsewhere = float(np.abs(share - wish).sum() / 2)
    told = [
        ("moved_share", moved, "impressions that change rooms", "改变去向的曝光占比"),
        (
            "price_of_fairness",
            elsewhere,
            "impressions that the rules send elsewhere than boosts alone would",
            "因规则（而非加成）改变去向的曝光占比",
        ),
    ]
    if len(base) <= LARGEST:
        told.append(
            (
                "least_moved",
                least_moved(base, book),
                "least that had to change rooms for the rules, boosts aside",
                "仅为满足规则至少须改变去向的曝光占比",
            )
        )
    if (boost > 0).any():
        gain = _mean(share / base - 1, base, boost > 0)
        told.append(("boost_delivered", gain, "gain of boosted rooms", "有加成直播间的实际增幅"))
    for name, after, en, zh in told:
        yield {"section": "fairness", "name": name, "after": after, "unit": "1", "en": en, "zh": zh}
    if revenue is not None and np.isfinite(revenue).all() and revenue.sum() > 0:
        sales = float(revenue @ (share / base) / revenue.sum())
        yield {
            "section": "fairness",
            "name": "sales",
            "before": 1.0,
            "after": sales,
            "unit": "of the baseline's sales",
            "en": f"sales {sales - 1:+.1%} if an impression sells in each room what it sold before",
            "zh": f"若各直播间单位曝光销售额不变，销售额{sales - 1:+.1%}",
        }


def _lorenz(base: Floats, share: Floats) -> Iterator[dict[str, Any]]:
    before, after = lorenz(base), lorenz(share)
    for place, (one, other) in enumerate(zip(before, after, strict=True)):
        at = place / (len(before) - 1)
        yield {
            "section": "lorenz",
            "name": f"{at:.2f}",
            "before": float(one),
            "after": float(other),
            "unit": "share of impressions",
        }
