"""Reads nothing, gives the model of a policy: gates, criteria, weights, tiers and boosts.

The file holds every number; what is here is what a policy can speak of.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from carbon.base.rules import Cited, Rules, Text

__all__ = [
    "Bound",
    "Cited",
    "Count",
    "Criterion",
    "ExposureRules",
    "GamingRules",
    "Gates",
    "Items",
    "Market",
    "Matching",
    "PlausibleRules",
    "Policy",
    "Positive",
    "Registry",
    "Share",
    "Text",
    "Tier",
    "TierWording",
]

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
MetricName = Literal[
    "intensity",
    "air_share",
    "packaging_mass",
    "packaging_plastic",
    "packaging_layers",
    "packaging_void",
    "return_rate",
    "renewable_share",
    "primary_share",
]


class Bound(Cited):
    """A number and where it comes from."""

    value: float


def _within(low: float, high: float) -> AfterValidator:
    def check(bound: Bound) -> Bound:
        if not low <= bound.value <= high:
            raise ValueError(f"the value must be from {low:g} to {high:g}")
        return bound

    return AfterValidator(check)


def _whole(bound: Bound) -> Bound:
    if bound.value != int(bound.value):
        raise ValueError("the value must be a whole number")
    return bound


Share = Annotated[Bound, _within(0, 1)]
Count = Annotated[Bound, AfterValidator(_whole), _within(1, 1e9)]
Positive = Annotated[Bound, _within(1e-9, 1e9)]


class Criterion(Rules):
    """Points between two bounds, linear.

    - ``weight``: points at the full bound or better
    - ``full``, ``zero``: values that earn all points and none
    - ``unknown``: what a part of the sales counts as whose value is not known; the zero bound
      without
    - ``group``: criteria that are told together, as those of packaging
    """

    weight: Bound
    full: Bound
    zero: Bound
    unknown: Bound | None = None
    group: Identifier | None = None


class Gates(Rules):
    """Gates in force; one that is left out is not asked.

    - ``coverage``: least share of revenue with a valid footprint [1]
    - ``metered``: least share of session hours with metered studio energy [1]
    - ``in_session``: least share of revenue sold in a listed session of the room [1]
    - ``return_window``: days after a sale until its returns are known [d]
    - ``block_list``: the merchant must not be on the block list
    - ``claims``: titles and slogans must hold no claim that the claim rules forbid
    """

    coverage: Bound | None = None
    metered: Bound | None = None
    in_session: Bound | None = None
    return_window: Bound | None = None
    block_list: Cited | None = None
    claims: Cited | None = None


class Tier(Rules):
    """A tier, strictest first.

    - ``id``: as results name it
    - ``zh``, ``en``: its name
    - ``least``: points it needs
    - ``boost``: exposure boost [1]
    - ``matched``: share of the remaining emissions that retired credits must match [1]
    """

    id: Identifier
    zh: Text
    en: Text
    least: Bound
    boost: Bound
    matched: Bound | None = None


class Market(Cited):
    """A market, and whether claims that rest on offsets may be printed there."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,3}$")]
    offset_claims: bool


class TierWording(Cited):
    """Words that a tier may print in a market."""

    tier: Identifier
    market: str
    zh: Text
    en: Text


class Registry(Cited):
    """A registry whose serials count.

    - ``id``: as results name it
    - ``names``: what merchants call it
    - ``of``: ``"power"`` for certificates of green power, ``"credits"`` for retired credits
    - ``each``: what one serial stands for [kWh of power, kg CO2e of credits]
    """

    id: Text
    names: tuple[Text, ...] = ()
    of: Literal["power", "credits"]
    each: float = Field(gt=0)


class Matching(Rules):
    """What certificates and credits may be matched.

    - ``certificate_months``: months, from the first of generation on, in which a certificate may be
      used
    - ``credit_years``: years after its vintage in which a credit may be used
    - ``registries``: whose serials count
    """

    certificate_months: Bound
    credit_years: Bound
    registries: tuple[Registry, ...]


class Items(Cited):
    """Names in the catalogue."""

    names: tuple[Text, ...] = Field(min_length=1)


class ExposureRules(Rules):
    """How impressions are shared out among rooms.

    - ``floor``: least share of all impressions for rooms of small merchants
    - ``room_cap``: largest share of one room
    - ``head_size``: rooms that are the head: those with most impressions, whoever they are
    - ``head_part``: largest part of all rooms that is the head, where there are few of them
    - ``head_cap``: largest share of the head together
    - ``largest_loss``: most that any room may lose [share of its baseline]
    - ``drift``: shortfall of a merchant's running share against its floor that is still taken for
      noise [share of the floor]
    """

    floor: Share
    room_cap: Share
    head_size: Count
    head_part: Share
    head_cap: Share
    largest_loss: Share
    drift: Share


class GamingRules(Rules):
    """From when on a pattern is told.

    - ``false_discovery``: expected share of false alarms among what is told, by check
    - ``bunching_window``: width of the windows at a bound [logarithm of the ratio]
    - ``bunching_least``: SKUs that the windows at a bound must hold
    - ``clone_tolerance``: relative difference below which numbers of two SKUs are taken for the
      same
    - ``waybill_tolerance``: relative difference between weighed and declared parcel that scales and
      rounding explain
    - ``robust_z``: distance from the category's median mass [robust standard deviations]
    - ``least_skus``: SKUs that a category needs before one is held against the others
    - ``least_units``: units sold before a return rate is judged
    - ``always``: share of the category's other SKUs that state a datum, from which on it is missed
    """

    false_discovery: Share
    bunching_window: Positive
    bunching_least: Count
    clone_tolerance: Share
    waybill_tolerance: Share
    robust_z: Positive
    least_skus: Count
    least_units: Count
    always: Share


class PlausibleRules(Rules):
    """What a room can be.

    - ``power_least``, ``power_most``: power of a studio on air [kW]
    - ``estimate_share``: least share of what the listed equipment takes that a meter can show [1]
    - ``session_hours``: longest session [h]
    - ``sale_days``: days after a session in which its orders are still paid [d]
    - ``watched_hours``: least time watched per unit sold [h]
    - ``price_above``, ``price_below``: ratio of sold to listed price above and below which a line
      is told [1]
    - ``return_share``: share of the category's return rate below which returns are told [1]
    - ``return_units``: units that should have come back before that is looked at
    """

    power_least: Positive
    power_most: Positive
    estimate_share: Share
    session_hours: Positive
    sale_days: Count
    watched_hours: Positive
    price_above: Positive
    price_below: Share
    return_share: Share
    return_units: Count


class Policy(Rules):
    """Rules of a platform for its live rooms.

    Parameters
    ----------
    name, version, title_zh, title_en : str
        What it is called.
    market : str
        Of rooms that name none.
    currency : str
        Of sales that name none, ISO 4217.
    viewers : str
        Where viewers are if a session does not say, a place of the catalogue.
    boost_cap : Bound
        Largest boost [1].
    provisional_share : Bound
        Share of its boost that a provisional room has already [1].
    return_prior : Bound
        Units at the category's rate that join the counted ones, so that few sales say little.
    plastics : Items
        Disposal classes of packaging that are plastic.
    layers : Items
        Packaging items that are a layer.
    gates : Gates
    criteria : dict of str to Criterion
        By names of :data:`carbon.liveroom.metrics.METRICS`.
    tiers : tuple of Tier
        Strictest first.
    markets : tuple of Market
    wording : tuple of TierWording
    matching : Matching
    exposure : ExposureRules, optional
        How impressions are shared out.
    gaming : GamingRules, optional
        When suspicious patterns are told.
    plausible : PlausibleRules, optional
        What is told of a room; without, only what needs no number.

    Examples
    --------
    >>> from carbon import Platform, Study
    >>> Platform(Study(), "default").policy.id.split()[0]
    'default'
    """

    name: Identifier
    version: Text
    title_zh: Text
    title_en: Text
    market: str
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    viewers: Text
    boost_cap: Bound
    provisional_share: Bound
    return_prior: Bound
    plastics: Items
    layers: Items
    gates: Gates
    criteria: dict[MetricName, Criterion]
    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=20)
    markets: tuple[Market, ...]
    wording: tuple[TierWording, ...] = ()
    matching: Matching
    exposure: ExposureRules | None = None
    gaming: GamingRules | None = None
    plausible: PlausibleRules | None = None

    def __repr__(self) -> str:
        return f"Policy({self.id}, {self.market}, {len(self.tiers)} tiers)"

    @property
    def id(self) -> str:
        """Name, version and digest of what the rules say."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return f"{self.name} {self.version}+{hashlib.sha256(content.encode()).hexdigest()[:12]}"
