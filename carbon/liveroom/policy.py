"""Policy of a platform: gates, criteria, weights, tiers, boosts and the words a tier may print.

The file holds every number; what is here is what a policy can speak of, and which rules conflict.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from carbon.liveroom.cited import Bound, Cited, Text
from carbon.liveroom.platform_rules import ExposureRules, GamingRules
from carbon.rules import Rules

__all__ = [
    "Bound",
    "Cited",
    "Criterion",
    "Gates",
    "Market",
    "Matching",
    "Policy",
    "Registry",
    "Tier",
    "Wording",
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


class Criterion(Rules):
    """Points between two bounds, linear.

    Parameters
    ----------
    weight : Bound
        Points at the full bound or better.
    full, zero : Bound
        Values that earn all points and none.
    unknown : Bound, optional
        What a part of the sales counts as whose value is not known; the zero bound without.
    group : str
        Criteria that are told together, as those of packaging.
    """

    weight: Bound
    full: Bound
    zero: Bound
    unknown: Bound | None = None
    group: Identifier | None = None


class Gates(Rules):
    """Gates in force; one that is left out is not asked.

    Parameters
    ----------
    coverage : Bound, optional
        Least share of revenue with a valid footprint [1].
    metered : Bound, optional
        Least share of session hours with metered studio energy [1].
    return_window : Bound, optional
        Days after a sale until its returns are known [d].
    block_list : Cited, optional
        The merchant must not be on the block list.
    claims : Cited, optional
        Titles and slogans must hold no claim that the claim rules forbid.
    """

    coverage: Bound | None = None
    metered: Bound | None = None
    return_window: Bound | None = None
    block_list: Cited | None = None
    claims: Cited | None = None


class Tier(Rules):
    """A tier, strictest first.

    Parameters
    ----------
    id : str
        As results name it.
    zh, en : str
        Its name.
    least : Bound
        Points it needs.
    boost : Bound
        Exposure boost [1].
    matched : Bound, optional
        Share of the remaining emissions that retired credits must match [1].
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


class Wording(Cited):
    """Words that a tier may print in a market."""

    tier: Identifier
    market: str
    zh: Text
    en: Text


class Registry(Cited):
    """A registry whose serials count.

    Parameters
    ----------
    id : str
        As results name it.
    names : tuple of str
        What merchants call it.
    of : str
        ``"power"`` for certificates of green power, ``"credits"`` for retired credits.
    each : float
        What one serial stands for [kWh of power, kg CO2e of credits].
    """

    id: Text
    names: tuple[Text, ...] = ()
    of: Literal["power", "credits"]
    each: float = Field(gt=0)


class Matching(Rules):
    """What certificates and credits may be matched.

    Parameters
    ----------
    certificate_months : Bound
        Months, from the first of generation on, in which a certificate may be used.
    credit_years : Bound
        Years after its vintage in which a credit may be used.
    registries : tuple of Registry
        Whose serials count.
    """

    certificate_months: Bound
    credit_years: Bound
    registries: tuple[Registry, ...]


class Items(Cited):
    """Names in the catalogue."""

    names: tuple[Text, ...] = Field(min_length=1)


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
    wording : tuple of Wording
    matching : Matching
    exposure : ExposureRules, optional
        How impressions are shared out.
    gaming : GamingRules, optional
        When suspicious patterns are told.
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
    wording: tuple[Wording, ...] = ()
    matching: Matching
    exposure: ExposureRules | None = None
    gaming: GamingRules | None = None

    @property
    def id(self) -> str:
        """Name, version and digest of what the rules say."""
        told = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return f"{self.name} {self.version}+{hashlib.sha256(told.encode()).hexdigest()[:12]}"
