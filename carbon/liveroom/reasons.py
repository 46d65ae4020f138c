"""Sentences a merchant can act on: each gate and criterion, and what it would bring.

Every number in a sentence is computed from the policy and the room.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.liveroom.metrics import Metric
from carbon.liveroom.policy import Criterion, Policy, Tier

__all__ = ["REASON_COLUMNS", "Gate", "Measured", "reasons"]

Floats = npt.NDArray[np.float64]

REASON_COLUMNS: Final = (
    "room",
    "merchant",
    "kind",
    "name",
    "group",
    "passed",
    "value",
    "bound",
    "full",
    "zero",
    "unit",
    "points",
    "most",
    "lost",
    "adds",
    "zh",
    "en",
)
"""Columns of the reasons; ``adds`` are the points that the full bound, or an open gate, brings."""

GATES: Final = {
    "data": (
        "数据不足或互相矛盾（{detail}）：见问题表",
        "data are missing or conflict ({detail}): see the problems",
    ),
    "coverage": (
        "有效碳足迹只覆盖销售额的{value}，需达到{bound}：补全目录中缺少的商品",
        "valid footprints cover {value} of the revenue, {bound} are needed: complete the catalogue",
    ),
    "in_session": (
        "销售额中{value}在登记场次内成交，需达到{bound}：补全场次或更正日期",
        "{value} of the revenue lies in listed sessions, {bound} are needed: add the sessions or "
        "correct the dates",
    ),
    "in_session?": ("没有可计入的销售额", "there is no revenue to place in sessions"),
    "metered": (
        "直播时长中{value}有电表计量，需达到{bound}：填写电表读数",
        "{value} of the hours on air are metered, {bound} are needed: enter the meter's readings",
    ),
    "block_list": (
        "商家在黑名单中，请联系平台",
        "the merchant is on the block list: ask the platform",
    ),
    "coverage?": ("没有可计入的销售额", "there is no revenue to cover"),
    "metered?": ("没有可计入的场次", "there are no sessions to meter"),
    "unknown": ("商家资信未提供", "the standing of the merchant is not told"),
    "claims": (
        "标题或宣传语含禁用表述（{detail}）：改写或删除",
        "title or slogan hold claims that are forbidden ({detail}): reword or remove them",
    ),
    "unread": ("标题和宣传语尚未检查", "title and slogan have not been checked"),
    "return_window": (
        "{value}的销售明细仍在退货期内或退货件数不详{detail}：在此之前为暂定",
        "for {value} of the sales lines returns are still open or not known{detail}: "
        "provisional until then",
    ),
}
"""Gate → what is said where it is not met, in Chinese and English."""

SHARES: Final = ("coverage", "metered", "in_session")
"""Gates that a share must reach."""

WORTH: Final = ("；满足后计入{points}分", "; then {points} points count")
MET: Final = ("满足", "met")


@dataclass(frozen=True, eq=False)
class Measured:
    """A criterion of all rooms.

    Parameters
    ----------
    metric : Metric
    criterion : Criterion
    value, points : ndarray of float64, shape (rooms,)
        In the unit of the metric, NaN where it is not known; points earned.
    known : ndarray of float64, shape (rooms,)
        Share of the sales of which it is known [1].
    """

    metric: Metric
    criterion: Criterion
    value: Floats
    points: Floats
    known: Floats


@dataclass(frozen=True, eq=False)
class Gate:
    """A gate of all rooms.

    Parameters
    ----------
    name : str
        ``data coverage metered in_session block_list claims return_window``.
    passed : ndarray of bool, shape (rooms,)
    value : ndarray of float64, shape (rooms,)
        NaN where there is no number.
    bound : float
    detail : ndarray, shape (rooms,)
        What the sentence names.
    """

    name: str
    passed: npt.NDArray[np.bool_]
    value: Floats
    bound: float
    detail: npt.NDArray[Any]


def reasons(
    rooms: pd.DataFrame, measured: dict[str, Measured], gates: list[Gate], policy: Policy
) -> pd.DataFrame:
    """Every gate and criterion of every room.

    Parameters
    ----------
    rooms : pandas.DataFrame
        As :class:`carbon.liveroom.eligibility.Judgement` has them.
    measured : dict of str to Measured
    gates : list of Gate
    policy : Policy

    Returns
    -------
    pandas.DataFrame
        The columns :data:`REASON_COLUMNS`, room by room.
    """
    n = len(rooms)
    points = rooms["points"].to_numpy(dtype=np.float64)
    parts = [_gate(gate, points) for gate in gates]
    parts += [_criterion(name, one, points, policy) for name, one in measured.items()]
    parts += [_tier(rooms, policy), _claim(rooms, policy)]
    for order, part in enumerate(parts):
        part["place"], part["order"] = np.arange(n), order
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values(["place", "order"], kind="stable", ignore_index=True)
    for name in ("room", "merchant"):
        table[name] = rooms[name].to_numpy()[table["place"].to_numpy(dtype=np.int64)]
    return table.reindex(columns=list(REASON_COLUMNS))


def _gate(gate: Gate, points: Floats) -> pd.DataFrame:
    zh, en = [], []
    for at, passed in enumerate(gate.passed):
        if passed:
            zh.append(MET[0])
            en.append(MET[1])
            continue
        key, detail = gate.name, ("", "")
        told = gate.detail[at]
        if gate.name in SHARES and np.isnan(gate.value[at]):
            key = f"{gate.name}?"
        elif gate.name == "block_list" and not told:
            key = "unknown"
        elif gate.name == "claims":
            key = "unread" if told == "?" else "claims"
            detail = (str(told), str(told))
        elif gate.name == "data":
            detail = (str(told), str(told))
        elif gate.name == "return_window" and not np.isnat(told):
            detail = (f"，最晚{told}截止", f", the last until {told}")
        value = gate.value[at]
        shown = f"{value:.0%}" if value == value else "0%"
        if gate.name in SHARES and shown == f"{gate.bound:.0%}":
            shown = f"{value:.2%}"
        for lang, lines in enumerate((zh, en)):
            text = GATES[key][lang].format(
                value=shown, bound=f"{gate.bound:.0%}", detail=detail[lang]
            )
            worth = WORTH[lang].format(points=_number(points[at])) if points[at] > 0 else ""
            lines.append(text + worth)
    return pd.DataFrame(
        {
            "kind": "gate",
            "name": gate.name,
            "group": "",
            "passed": gate.passed,
            "value": gate.value,
            "bound": gate.bound,
            "unit": "share" if gate.bound == gate.bound else "",
            "adds": np.where(gate.passed, 0.0, points),
            "zh": zh,
            "en": en,
        }
    )


def _criterion(name: str, one: Measured, points: Floats, policy: Policy) -> pd.DataFrame:
    criterion, metric = one.criterion, one.metric
    weight, full, zero = (
        bound.value for bound in (criterion.weight, criterion.full, criterion.zero)
    )
    lost = np.round(weight - one.points, 9)
    goals = [_next(policy, told) for told in points.tolist()]
    lacks = [0.0 if tier is None else tier.least.value for tier in goals]
    missing = np.round(np.array(lacks) - np.where(np.array(lacks) > 0, points, 0.0), 9)
    target = zero + (one.points + missing) / weight * (full - zero)
    best = _shown(metric, full)
    zh, en = [], []
    # plain floats: a sentence of numpy's takes three times as long
    rows = zip(
        *(part.tolist() for part in (one.value, lost, missing, target, one.known)),
        goals,
        strict=True,
    )
    for value, gap, lack, goal, known, tier in rows:
        told: list[tuple[str, str]] = []
        if value != value:
            zh.append(f"{metric.zh}不详：提供{metric.datum_zh}，最多可增加{_number(weight)}分")
            en.append(
                f"{metric.en} not known: {metric.datum_en} would earn up to "
                f"{_number(weight)} points"
            )
            continue
        shown = _shown(metric, value)
        if gap > 0:
            near = 0 < lack < gap and _shown(metric, goal, toward=_better(metric)) != best
            if near and tier is not None:
                told.append(_step(metric, goal, lack, tier.zh, tier.en))
            told.append(_step(metric, full, gap, "", ""))
        else:
            told.append((f"得满{_number(weight)}分", f"all {_number(weight)} points"))
        if known < 1:
            open_part = f"{1 - known:.0%}" if round(1 - known, 2) > 0 else "<1%"
            told.append(
                (
                    f"{open_part}的销售不详：{metric.datum_zh}",
                    f"not known for {open_part} of the sales: {metric.datum_en}",
                )
            )
        zh.append(f"{metric.zh} {shown}：" + "；".join(text for text, _ in told))
        en.append(f"{metric.en} {shown}: " + "; ".join(text for _, text in told))
    return pd.DataFrame(
        {
            "kind": "criterion",
            "name": name,
            "group": criterion.group or name,
            "passed": lost == 0,
            "value": one.value,
            "full": full,
            "zero": zero,
            "unit": metric.unit,
            "points": one.points,
            "most": weight,
            "lost": lost,
            "adds": lost,
            "zh": zh,
            "en": en,
        }
    )


def _tier(rooms: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The tier, and what the next one needs."""
    need = (rooms["footprint_kg"] - rooms["power_kg"]).to_numpy(dtype=np.float64)
    offset = rooms["credits_kg"].to_numpy(dtype=np.float64)
    ids = {one.id: one for one in policy.tiers}
    zh, en = [], []
    for at, (points, name) in enumerate(zip(rooms["points"], rooms["tier"], strict=True)):
        now = ids.get(name)
        told = [
            (f"{_number(points)}分：{now.zh}", f"{_number(points)} points: {now.en}")
            if now
            else (f"{_number(points)}分：未入等级", f"{_number(points)} points: no tier")
        ]
        for tier in reversed(policy.tiers):
            if now is not None and policy.tiers.index(tier) >= policy.tiers.index(now):
                continue
            short = tier.least.value - points
            if short > 0:
                text = _number(short, up=True)
                told.append((f"距“{tier.zh}”还差{text}分", f"{text} points short of {tier.en}"))
                break
            if tier.matched is not None:
                gap = tier.matched.value * need[at] - offset[at]
                if gap != gap:
                    told.append(
                        (
                            f"“{tier.zh}”需要全部排放可知",
                            f"{tier.en} needs all emissions to be known",
                        )
                    )
                elif gap > 0:
                    told.append(
                        (
                            f"再注销{gap:,.0f}千克减排量可达“{tier.zh}”",
                            f"retired credits for {gap:,.0f} kg more make it a {tier.en}",
                        )
                    )
        zh.append("；".join(text for text, _ in told))
        en.append("; ".join(text for _, text in told))
    return pd.DataFrame(
        {
            "kind": "tier",
            "name": rooms["tier"].to_numpy(),
            "group": "",
            "passed": (rooms["tier"] != "").to_numpy(),
            "value": rooms["points"].to_numpy(),
            "unit": "points",
            "zh": zh,
            "en": en,
        }
    )


def _claim(rooms: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The words that may be printed, or why none may."""
    markets = {one.id: one for one in policy.markets}
    zh, en = [], []
    for row in rooms[["market", "status", "claim_zh", "claim_en"]].to_dict("records"):
        market = markets.get(row["market"])
        if row["status"] != "eligible":
            told = ("现在不可使用任何表述", "no words may be printed now")
        elif row["claim_zh"]:
            told = (f"可使用：{row['claim_zh']}", f"may print: {row['claim_en']}")
        elif market is None:
            told = (
                f"政策未列出市场{row['market']}，不可使用任何表述",
                f"the policy does not list the market {row['market']}: no words may be printed",
            )
        else:
            told = (
                f"等级有效，但在{market.id}不可使用任何表述",
                f"the tier holds, but no words may be printed in {market.id}: {market.cite}",
            )
        zh.append(told[0])
        en.append(told[1])
    return pd.DataFrame(
        {
            "kind": "claim",
            "name": rooms["market"].to_numpy(),
            "group": "",
            "passed": (rooms["claim_zh"] != "").to_numpy(),
            "unit": "",
            "zh": zh,
            "en": en,
        }
    )


def _next(policy: Policy, points: float) -> Tier | None:
    """The lowest tier that the points do not reach."""
    above = [tier for tier in policy.tiers if tier.least.value > points]
    return above[-1] if above else None


def _step(metric: Metric, target: float, adds: float, zh: str, en: str) -> tuple[str, str]:
    """How far the value must go and what that adds."""
    shown = _shown(metric, target, toward=_better(metric))
    points = _number(adds)
    bound_zh = "至少" if metric.more_is_better else "降到"
    bound_en = "at least" if metric.more_is_better else "at most"
    goal_zh, goal_en = (f"，达到“{zh}”", f" and makes it a {en}") if zh else ("", "")
    return (
        f"{bound_zh}{shown}可增加{points}分{goal_zh}",
        f"{bound_en} {shown} adds {points} points{goal_en}",
    )


def _better(metric: Metric) -> int:
    """Direction in which points rise."""
    return 1 if metric.more_is_better else -1


def _shown(metric: Metric, value: float, toward: int = 0) -> str:
    """A value with its unit; a target is rounded to the side that reaches it."""
    scale = 1000 if metric.unit == "share" else 100
    scaled = round(value * scale, 6)
    scaled = (
        math.ceil(scaled) if toward > 0 else math.floor(scaled) if toward < 0 else round(scaled)
    )
    number = scaled / scale
    return f"{number * 100:g}%" if metric.unit == "share" else f"{number:g}"


def _number(value: float, *, up: bool = False) -> str:
    """Points with one decimal at most; upwards where they are needed."""
    tenths = round(value * 10, 6)
    return f"{(math.ceil(tenths) if up else round(tenths)) / 10:g}"
