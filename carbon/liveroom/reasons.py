"""Reads judged rooms, gives sentences a merchant can act on: each gate, and what it would bring.

Every number in a sentence is computed from the policy and the room.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Flags, Floats
from carbon.base.words import LANGUAGES, Phrase, joined, spoken
from carbon.liveroom.metrics import Metric
from carbon.liveroom.policy import Criterion, Policy, Tier

__all__ = ["REASON_COLUMNS", "Gate", "Measured", "reasons"]

Words = dict[str, str]
"""A sentence by language."""

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

SHARES: Final = ("coverage", "metered", "in_session")
"""Gates that a share must reach."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A criterion of all rooms.

    - ``value``, ``points`` (rooms,): in the unit of the metric, NaN where it is not known; points
      earned
    - ``known`` (rooms,): share of the sales of which it is known [1]
    """

    metric: Metric
    criterion: Criterion
    value: Floats
    points: Floats
    known: Floats


@dataclass(frozen=True, eq=False)
class Gate:
    """A gate of all rooms, of shape (rooms,).

    It is one of ``data coverage metered in_session block_list claims return_window``; ``value`` is
    NaN where there is no number; ``detail`` is what the sentence names.
    """

    name: str
    passed: Flags
    value: Floats
    bound: float
    detail: npt.NDArray[Any]


def reasons(
    rooms: pd.DataFrame, measured: dict[str, Measured], gates: list[Gate], policy: Policy
) -> pd.DataFrame:
    """Every gate and criterion of every room by the columns :data:`REASON_COLUMNS`."""
    n = len(rooms)
    points = rooms["points"].to_numpy(dtype=np.float64)
    parts = [_gate(gate, points) for gate in gates]
    parts += [_criterion(name, judged, points, policy) for name, judged in measured.items()]
    parts += [_tier(rooms, policy), _claim(rooms, policy)]
    by_room = np.arange(n * len(parts)).reshape(len(parts), n).T.ravel()
    table = pd.concat(parts, ignore_index=True).take(by_room).reset_index(drop=True)
    for name in ("room", "merchant"):
        table[name] = rooms[name].array.take(np.repeat(np.arange(n), len(parts)))
    return table.reindex(columns=list(REASON_COLUMNS))


def _table(kind: str, sentences: Sequence[Words], **columns: Any) -> pd.DataFrame:
    """Reasons of one kind, a row a room, with their sentences by language."""
    said = {lang: [words[lang] for words in sentences] for lang in LANGUAGES}
    return pd.DataFrame({"kind": kind, "group": "", **columns, **said})


def _gate(gate: Gate, points: Floats) -> pd.DataFrame:
    met, worth = spoken("room.met"), Phrase("room.worth")
    sentences = []
    for at, passed in enumerate(gate.passed):
        if passed:
            sentences.append(met)
            continue
        value, text = gate.value[at], gate.detail[at]
        key, detail = f"room.gate_{gate.name}", {lang: str(text) for lang in LANGUAGES}
        unasked = (gate.name, text) in (("block_list", False), ("claims", "?"))
        if unasked or (gate.name in SHARES and np.isnan(value)):
            key += "_none"
        elif gate.name == "return_window":
            open_until = not np.isnat(text)
            detail = (
                spoken("room.last_window", day=text) if open_until else dict.fromkeys(detail, "")
            )
        shown = f"{value:.0%}" if value == value else "0%"
        if gate.name in SHARES and shown == f"{gate.bound:.0%}":
            shown = f"{value:.2%}"
        parts = [spoken(key, value=shown, bound=f"{gate.bound:.0%}", detail=detail)]
        if points[at] > 0:
            parts.append(worth(points=_number(points[at])))
        sentences.append(joined(parts))
    return _table(
        "gate",
        sentences,
        name=gate.name,
        passed=gate.passed,
        value=gate.value,
        bound=gate.bound,
        unit="share" if gate.bound == gate.bound else "",
        adds=np.where(gate.passed, 0.0, points),
    )


def _criterion(name: str, judged: Measured, points: Floats, policy: Policy) -> pd.DataFrame:
    criterion, metric = judged.criterion, judged.metric
    weight, full, zero = (
        bound.value for bound in (criterion.weight, criterion.full, criterion.zero)
    )
    lost = np.round(weight - judged.points, 9)
    tiers = [_next(policy, reached) for reached in points.tolist()]
    lacks = np.array([0.0 if tier is None else tier.least.value for tier in tiers])
    missing = np.round(lacks - np.where(lacks > 0, points, 0.0), 9)
    target = zero + (judged.points + missing) / weight * (full - zero)
    best, title, datum = _shown(metric, full), metric.titles, metric.data
    every = spoken("room.all_points", points=_number(weight))
    unknown = spoken("room.unknown", metric=title, datum=datum, points=_number(weight))
    head, partly = Phrase("room.criterion", metric=title), Phrase("room.partly_known", datum=datum)
    step = _step(metric)
    steps_to = {tier.id: _step(metric, tier) for tier in policy.tiers}
    full_shown, better = _shown(metric, full, toward=_better(metric)), _better(metric)
    sentences = []
    # plain floats: a sentence of numpy's takes three times as long
    rows = zip(
        *(part.tolist() for part in (judged.value, lost, missing, target, judged.known)),
        tiers,
        strict=True,
    )
    for value, gap, lack, goal, known, tier in rows:
        if value != value:
            sentences.append(unknown)
            continue
        steps = [every] if gap <= 0 else [step(value=full_shown, points=_number(gap))]
        if tier is not None and gap > 0 and 0 < lack < gap:
            shown = _shown(metric, goal, toward=better)
            if shown != best:
                steps.insert(0, steps_to[tier.id](value=shown, points=_number(lack)))
        if known < 1:
            share = f"{1 - known:.0%}" if round(1 - known, 2) > 0 else "<1%"
            steps.append(partly(share=share))
        said = steps[0] if len(steps) == 1 else joined(steps, "problem.semicolon")
        sentences.append(joined([head(value=_shown(metric, value)), said]))
    return _table(
        "criterion",
        sentences,
        name=name,
        group=criterion.group or name,
        passed=lost == 0,
        value=judged.value,
        full=full,
        zero=zero,
        unit=metric.unit,
        points=judged.points,
        most=weight,
        lost=lost,
        adds=lost,
    )


def _tier(rooms: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The tier, and what the next one needs."""
    need = (rooms["footprint_kg"] - rooms["power_kg"]).to_numpy(dtype=np.float64)
    offset = rooms["credits_kg"].to_numpy(dtype=np.float64)
    places = {tier.id: place for place, tier in enumerate(policy.tiers)}
    names = [{"zh": tier.zh, "en": tier.en} for tier in policy.tiers]
    sentences = []
    for at, (points, reached) in enumerate(zip(rooms["points"], rooms["tier"], strict=True)):
        now = places.get(reached, len(names))
        title = names[now] if now < len(names) else spoken("room.no_tier")
        parts = [spoken("room.tier", points=_number(points), tier=title)]
        for place in reversed(range(now)):
            tier, name = policy.tiers[place], names[place]
            short = tier.least.value - points
            if short > 0:
                lack = _number(short, up=True)
                parts.append(spoken("room.short_of", points=lack, tier=name))
                break
            if tier.matched is not None:
                gap = tier.matched.value * need[at] - offset[at]
                if gap != gap:
                    parts.append(spoken("room.all_known", tier=name))
                elif gap > 0:
                    parts.append(spoken("room.more_credits", kg=f"{gap:,.0f}", tier=name))
        sentences.append(joined(parts, "problem.semicolon"))
    return _table(
        "tier",
        sentences,
        name=rooms["tier"].to_numpy(),
        passed=(rooms["tier"] != "").to_numpy(),
        value=rooms["points"].to_numpy(),
        unit="points",
    )


def _claim(rooms: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The words that may be printed, or why none may."""
    markets = {market.id: market for market in policy.markets}
    sentences = []
    for row in rooms[["market", "status", "claim_zh", "claim_en"]].to_dict("records"):
        market = markets.get(row["market"])
        if row["status"] != "eligible":
            sentences.append(spoken("room.no_words"))
        elif row["claim_zh"]:
            words = {"zh": row["claim_zh"], "en": row["claim_en"]}
            sentences.append(spoken("room.may_print", words=words))
        elif market is None:
            sentences.append(spoken("room.no_market", market=row["market"]))
        else:
            sentences.append(spoken("room.no_words_in", market=market.id, cite=market.cite))
    return _table(
        "claim",
        sentences,
        name=rooms["market"].to_numpy(),
        passed=(rooms["claim_zh"] != "").to_numpy(),
        unit="",
    )


def _next(policy: Policy, points: float) -> Tier | None:
    """The lowest tier that the points do not reach."""
    above = [tier for tier in policy.tiers if tier.least.value > points]
    return above[-1] if above else None


def _step(metric: Metric, tier: Tier | None = None) -> Phrase:
    """How far the value must go and what that adds, and which tier it reaches."""
    nothing = dict.fromkeys(LANGUAGES, "")
    goal = nothing if tier is None else spoken("room.goal", tier={"zh": tier.zh, "en": tier.en})
    return Phrase("room.at_least" if metric.more_is_better else "room.at_most", goal=goal)


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
