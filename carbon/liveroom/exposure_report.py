"""Reads an allocation, gives what it costs whom: rules, prices, concentration, fairness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Flags, Floats
from carbon.base.words import spoken
from carbon.liveroom.concentration import gini, herfindahl, lorenz, top_share
from carbon.liveroom.entropy import Nearest, Rulebook
from carbon.liveroom.least_moved import LARGEST, least_moved
from carbon.liveroom.policy import ExposureRules

__all__ = ["REPORT_COLUMNS", "TOUCH", "report"]

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
"""Relative distance at which a share stands at its bound."""


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
    """Tell an allocation by the columns :data:`REPORT_COLUMNS`.

    ``base`` and ``wish`` are shares of the baseline and with boosts alone, ``revenue`` sales over
    the baseline in one currency, all of shape (n,). The price of a rule is the factor, less 1, by
    which it changes the exposure of the rooms it speaks of, all else unchanged.
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
        **spoken("exposure.total", price=plain - 1),
    } | _RULE
    granted = boost > 0
    asked, got = _mean(boost, base, granted), _mean(share / base - 1, base, granted)
    said = spoken("exposure.no_boost")
    if granted.any():
        said = spoken("exposure.boost", count=int(granted.sum()), asked=asked, got=got)
    yield {
        "name": "boost",
        "before": asked,
        "after": got,
        "price": np.nan,
        **said,
    } | _RULE
    factor = _factor(result.floor)
    small_share = float(share[small].sum())
    yield {
        "name": "floor",
        "before": float(base[small].sum()),
        "after": small_share,
        "bound": book.floor,
        "slack": small_share - book.floor,
        "binds": result.floor > PAID,
        "price": factor,
        **_priced("floor", factor),
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
            **_priced("head_cap", factor, int(result.in_head.sum())),
        } | _RULE
    free = wish * np.exp(result.total + result.floor * small - result.head * result.in_head)
    capped = share >= book.high * (1 - TOUCH)
    kept = (share <= book.low * (1 + TOUCH)) & (book.low > 0)
    loss = float((1 - share / base).max())
    for name, bound, before, after, at in (
        ("room_cap", rules.room_cap.value, float(base.max()), float(share.max()), capped),
        ("largest_loss", rules.largest_loss.value, 0.0, loss, kept),
    ):
        factor = _factor(float(np.log(share[at].sum() / free[at].sum()))) if at.any() else 0.0
        yield {
            "name": name,
            "before": before,
            "after": after,
            "bound": bound,
            "slack": bound - after,
            "binds": factor != 0,
            "price": factor,
            **_priced(name, factor, int(at.sum())),
        } | _RULE


def _factor(multiplier: float) -> float:
    """Change of exposure by a multiplier, 0 below what can be told from rounding."""
    return float(np.expm1(multiplier)) if abs(multiplier) > PAID else 0.0


def _priced(name: str, price: float, count: int = 0) -> dict[str, str]:
    """What a rule changes, by language."""
    key = "no_price" if price == 0 else name
    return spoken(f"exposure.{key}", price=price, count=count)


_RULE: Final = {"section": "rule", "unit": "share of impressions"}


def _mean(values: Floats, weights: Floats, among: Flags) -> float:
    """Mean weighted by baseline; NaN over nothing."""
    if not among.any():
        return float("nan")
    return float(np.average(values[among], weights=weights[among]))


def _concentration(
    base: Floats, small: Flags, book: Rulebook, result: Nearest
) -> Iterator[dict[str, Any]]:
    share, head = result.share, book.head
    for name, before, after in (
        ("gini", gini(base), gini(share)),
        ("top_share", top_share(base, head), top_share(share, head)),
        ("top_10_share", top_share(base, 10), top_share(share, 10)),
        ("small_share", float(base[small].sum()), float(share[small].sum())),
        ("hhi", herfindahl(base), herfindahl(share)),
        ("rooms", float(len(base)), float(len(base))),
    ):
        yield {
            "section": "concentration",
            "name": name,
            "before": before,
            "after": after,
            "unit": "rooms" if name == "rooms" else "1",
            **spoken(f"exposure.{name}", head=head),
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
    measures = {"moved_share": moved, "price_of_fairness": elsewhere}
    if len(base) <= LARGEST:
        measures["least_moved"] = least_moved(base, book)
    if (boost > 0).any():
        measures["boost_delivered"] = _mean(share / base - 1, base, boost > 0)
    for name, after in measures.items():
        row = {"section": "fairness", "name": name, "after": after, "unit": "1"}
        yield row | spoken(f"exposure.{name}")
    if revenue is not None and np.isfinite(revenue).all() and revenue.sum() > 0:
        sales = float(revenue @ (share / base) / revenue.sum())
        yield {
            "section": "fairness",
            "name": "sales",
            "before": 1.0,
            "after": sales,
            "unit": "of the baseline's sales",
            **spoken("exposure.sales", change=sales - 1),
        }


def _lorenz(base: Floats, share: Floats) -> Iterator[dict[str, Any]]:
    before, after = lorenz(base), lorenz(share)
    for place, (first, other) in enumerate(zip(before, after, strict=True)):
        at = place / (len(before) - 1)
        yield {
            "section": "lorenz",
            "name": f"{at:.2f}",
            "before": float(first),
            "after": float(other),
            "unit": "share of impressions",
        }
