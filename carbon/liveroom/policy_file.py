"""Reads a policy file, gives the policy in sentences; refuses rules that conflict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from carbon.base.errors import RuleError
from carbon.base.rules import Rules, load, shipped
from carbon.base.words import section
from carbon.catalogue.names import Names
from carbon.liveroom.metrics import METRICS, Metric
from carbon.liveroom.policy import Bound, Cited, Criterion, Policy

__all__ = [
    "PolicyConflict",
    "conflicts",
    "explain",
    "policy_path",
    "read_policy",
    "refuse",
    "with_items",
]

WHOLE: Final = 100
"""Points of a room that reaches every full bound."""


@dataclass(frozen=True)
class PolicyConflict:
    """Two rules that cannot both hold: the code, where, what, and against what."""

    code: str
    key: str
    value: str
    detail: str


def policy_path(name: Path | str) -> Path:
    """File of a policy: a path, or the name of a shipped one as ``"default"``."""
    return shipped("policies", name)


def read_policy(name: Path | str = "default") -> Policy:
    """Read a policy and refuse one whose rules conflict.

    Raises P001, P002, P003 as :func:`carbon.base.rules.load`; R040 to R048 if rules conflict.

    >>> policy = read_policy()
    >>> sum(one.weight.value for one in policy.criteria.values())
    100.0
    """
    path = policy_path(name)
    policy = load(path, Policy)
    refuse(list(conflicts(policy)), path)
    return policy


def with_items(policy: Policy, names: Names) -> Policy:
    """A policy whose layers are packaging items by their ids, however it spells them.

    What another edition has keeps its word.
    """
    codes = [names.code(word) for word in policy.layers.names]
    ids = [
        str(names.ids[code]) if code >= 0 else word
        for word, code in zip(policy.layers.names, codes, strict=True)
    ]
    layers = policy.layers.model_copy(update={"names": tuple(dict.fromkeys(ids))})
    return policy.model_copy(update={"layers": layers})


def refuse(clashes: Sequence[PolicyConflict], path: Path | str) -> None:
    """Raise the first of some conflicts with its code, and count the others."""
    if clashes:
        first = clashes[0]
        more = f"; and {len(clashes) - 1} more" if len(clashes) > 1 else ""
        raise RuleError(
            first.code, first.detail + more, file=str(path), column=first.key, value=first.value
        )


def conflicts(policy: Policy) -> Iterator[PolicyConflict]:
    """Rules that cannot hold together.

    R040 weights, R041 to R043 bounds, R044 to R046 tiers, R047 names, R048 words.
    """
    total = sum(entry.weight.value for entry in policy.criteria.values())
    if round(total, 9) != WHOLE:
        yield PolicyConflict("R040", "criteria", f"{total:g}", "sum of the weights")
    for name, criterion in policy.criteria.items():
        yield from _bounds(f"criteria.{name}", METRICS[name], criterion)
    shares = {
        "boost_cap": policy.boost_cap,
        "provisional_share": policy.provisional_share,
        "gates.coverage": policy.gates.coverage,
        "gates.metered": policy.gates.metered,
        **{f"tiers.{tier.id}.boost": tier.boost for tier in policy.tiers},
        **{f"tiers.{tier.id}.matched": tier.matched for tier in policy.tiers},
    }
    for key, bound in shares.items():
        if bound is not None and not 0 <= bound.value <= 1:
            yield PolicyConflict("R043", key, f"{bound.value:g}", "a share lies between 0 and 1")
    for key, bound in (
        ("return_prior", policy.return_prior),
        ("gates.return_window", policy.gates.return_window),
        ("matching.certificate_months", policy.matching.certificate_months),
        ("matching.credit_years", policy.matching.credit_years),
    ):
        if bound is not None and bound.value < 0:
            yield PolicyConflict("R043", key, f"{bound.value:g}", "at least 0")
    yield from _tiers(policy)
    yield from _names(policy)


def _bounds(key: str, metric: Metric, criterion: Criterion) -> Iterator[PolicyConflict]:
    full, zero = criterion.full.value, criterion.zero.value
    unknown = zero if criterion.unknown is None else criterion.unknown.value
    if criterion.weight.value <= 0:
        yield PolicyConflict("R043", f"{key}.weight", f"{criterion.weight.value:g}", "above 0")
    if full == zero or (full > zero) != metric.more_is_better:
        side = "more" if metric.more_is_better else "less"
        yield PolicyConflict(
            "R041", f"{key}.full", f"{full:g}", f"zero is {zero:g}; {side} is better"
        )
    elif (unknown < zero) != (metric.more_is_better and unknown != zero) and unknown != zero:
        yield PolicyConflict("R042", f"{key}.unknown", f"{unknown:g}", f"zero is {zero:g}")
    for name, value in (("full", full), ("zero", zero), ("unknown", unknown)):
        if value < 0 or (metric.unit == "share" and value > 1):
            range_text = "a share lies between 0 and 1" if metric.unit == "share" else "at least 0"
            yield PolicyConflict("R043", f"{key}.{name}", f"{value:g}", range_text)


def _tiers(policy: Policy) -> Iterator[PolicyConflict]:
    for tier in policy.tiers:
        if not 0 < tier.least.value <= WHOLE:
            yield PolicyConflict("R044", f"tiers.{tier.id}.least", f"{tier.least.value:g}", "")
        if tier.boost.value > policy.boost_cap.value:
            detail = f"the cap is {policy.boost_cap.value:g}"
            yield PolicyConflict("R046", f"tiers.{tier.id}.boost", f"{tier.boost.value:g}", detail)
    for high, low in zip(policy.tiers, policy.tiers[1:], strict=False):
        same = high.least.value == low.least.value
        stricter = (high.matched.value if high.matched else 0) > (
            low.matched.value if low.matched else 0
        )
        if high.least.value < low.least.value or (same and not stricter):
            detail = f"it stands below {high.id} with {high.least.value:g} points"
            yield PolicyConflict("R045", f"tiers.{low.id}.least", f"{low.least.value:g}", detail)
        if high.boost.value < low.boost.value:
            detail = f"{high.id} above it has {high.boost.value:g}"
            yield PolicyConflict("R045", f"tiers.{low.id}.boost", f"{low.boost.value:g}", detail)


def _names(policy: Policy) -> Iterator[PolicyConflict]:
    tiers = {tier.id: tier for tier in policy.tiers}
    markets = {market.id: market for market in policy.markets}
    spoken = [
        (each.of, name.casefold())
        for each in policy.matching.registries
        for name in (each.id, *each.names)
    ]
    for key, names in (
        ("tiers", [tier.id for tier in policy.tiers]),
        ("markets", [market.id for market in policy.markets]),
        ("wording", [f"{each.tier} {each.market}" for each in policy.wording]),
        ("matching.registries", [" ".join(name) for name in spoken]),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield PolicyConflict("R047", key, name, "it stands twice")
    if policy.market not in markets:
        yield PolicyConflict("R047", "market", policy.market, "markets do not list it")
    for each in policy.wording:
        if each.tier not in tiers or each.market not in markets:
            yield PolicyConflict(
                "R047", "wording", f"{each.tier} {each.market}", "no such tier or market"
            )
        elif tiers[each.tier].matched is not None and not markets[each.market].offset_claims:
            yield PolicyConflict("R048", "wording", f"{each.tier} {each.market}", "")


def explain(
    policy: Policy, lang: str = "en", titles: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """Tell a policy in sentences, with the source of each number in the language of its file.

    ``titles`` maps activities and packaging items to what they are called.

    >>> explain(read_policy())[0].startswith("Green live rooms")
    True
    """
    say, keys = section("policy", lang), section("policy_key", lang)
    colon = section("explain", lang)["colon"]
    comma = section("explain", lang)["comma"]

    def source(rule: Cited) -> str:
        return keys[rule.kind] + colon + rule.cite.removeprefix(f"{rule.kind}: ")

    def cited(rules: Rules, indent: str) -> list[str]:
        """Each figure of some rules with its source."""
        return [
            f"{indent}{keys[name]} {bound.value:g}  {source(bound)}"
            for name, bound in rules
            if isinstance(bound, Bound)
        ]

    lines = [f"{getattr(policy, f'title_{lang}')}  [{policy.id}]", "", say["gates"]]
    for name, gate in policy.gates:
        if isinstance(gate, Bound):
            lines.append(f"  {keys[name]} {gate.value:g}  {source(gate)}")
        elif isinstance(gate, Cited):
            lines.append(f"  {keys[name]}  {source(gate)}")
    lines += ["", say["criteria"]]
    for key, criterion in policy.criteria.items():
        metric = METRICS[key]
        full, zero = (_shown(metric, bound.value) for bound in (criterion.full, criterion.zero))
        sentence = say["criterion"].format(metric=metric.titles[lang], full=full, zero=zero)
        lines += [f"  {criterion.weight.value:g}  {sentence}", *cited(criterion, "      ")]
    lines += ["", say["tiers"]]
    for tier in policy.tiers:
        title = getattr(tier, lang)
        title = title if lang == "zh" else f"{title} ({tier.id})"
        lines.append(f"  ≥ {tier.least.value:g}  {title}  +{tier.boost.value:.0%}")
        lines += cited(tier, "      ")
    matching = policy.matching
    rest = {
        "boost_cap": policy.boost_cap,
        "provisional_share": policy.provisional_share,
        "return_prior": policy.return_prior,
        "certificate_months": matching.certificate_months,
        "credit_years": matching.credit_years,
    }
    lines += ["", say["also"]]
    lines += [f"  {keys[name]} {bound.value:g}  {source(bound)}" for name, bound in rest.items()]
    for name, items in (("plastics", policy.plastics), ("layers", policy.layers)):
        named = comma.join(titles.get(each, each) for each in items.names)
        lines.append(f"  {keys[name]}{colon}{named}  {source(items)}")
    lines += ["", say["registries"]]
    for registry in matching.registries:
        unit = "kWh" if registry.of == "power" else "kg CO2e"
        names = comma.join((registry.id, *registry.names))
        lines.append(
            f"  {keys[registry.of]}  {names}{colon}{registry.each:g} {unit}  {source(registry)}"
        )
    for name in ("exposure", "gaming", "plausible"):
        rules = getattr(policy, name)
        lines += [] if rules is None else ["", say[name], *cited(rules, "  ")]
    lines += ["", say["markets"]]
    spoken = {tier.id: tier.zh if lang == "zh" else tier.id for tier in policy.tiers}
    for market in policy.markets:
        lines.append(f"  {market.id}  {source(market)}")
        lines += [
            f"      {spoken[wording.tier]}{colon}{getattr(wording, lang)}  {source(wording)}"
            for wording in policy.wording
            if wording.market == market.id
        ]
    return lines


def _shown(metric: Metric, value: float) -> str:
    return f"{value:.0%}" if metric.unit == "share" else f"{value:g}"
