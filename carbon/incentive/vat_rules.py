"""Reads tax rule files, gives what is relieved, by how much, when, and on which law.

The law is in the file, none of it in Python. A rule that rests on no statute says so.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from carbon.base.errors import RuleError, StudyError
from carbon.base.rules import Cited, Rules, Text
from carbon.base.rules import load as load_rules
from carbon.catalogue.aliases import letter_of
from carbon.catalogue.days import period_days
from carbon.catalogue.names import Names

__all__ = ["EVERYBODY", "NO_LAW", "Condition", "Period", "TaxRule", "in_ids", "load_rule"]

NO_LAW: Final = "none on file"
"""What a rule without a statute says in ``legal_basis``."""

EVERYBODY: Final = "*"
"""Stands for all taxpayers together, and so names none."""

Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=12, decimal_places=6)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=4)]
Bound = Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=6)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Period(Rules):
    """Consecutive days that a dossier covers, the last one too; its name is as ``2026Q3``."""

    name: str
    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a year, half-year, quarter or month (``2026``, ``2026H2``, ``2026Q3``, ``2026-09``).

        T001 if it is none of them.

        >>> period = Period.parse("2026Q3")
        >>> str(period.first), str(period.last)
        ('2026-07-01', '2026-09-30')
        """
        days = period_days(text)
        if days is None:
            raise StudyError("T001", value=text)
        return cls(
            name=text.strip().upper(),
            first=date.fromisoformat(str(days[0])),
            last=date.fromisoformat(str(days[1])),
        )


def _letter(value: object) -> object:
    return letter_of(value) if isinstance(value, str) else value


class _Cited(Cited):
    cite_zh: str = ""


class IntensityAtMost(_Cited):
    """Carbon intensity, or the upper bound of its 95 % interval [kg CO2e/1,000 of currency]."""

    predicate: Literal["intensity_at_most", "interval_high_at_most"]
    bound: Bound
    category_bounds: dict[str, Bound] = Field(default_factory=dict)


class LetterAtLeast(_Cited):
    """The letter, printed as sure, is this one or a better one."""

    predicate: Literal["letter_at_least"]
    bound: Annotated[str, BeforeValidator(_letter), Field(pattern="^[A-Z]$")]


class PrimaryShareAtLeast(_Cited):
    """Share of the footprint that rests on given or measured cells [1]."""

    predicate: Literal["primary_share_at_least"]
    bound: Share


class Verified(_Cited):
    """A certificate of a verifier is in force on the last day of the period."""

    predicate: Literal["verified"]


class CategoryIn(_Cited):
    """The SKU is of one of these categories."""

    predicate: Literal["category_in"]
    bound: Annotated[list[str], Field(min_length=1)]


Condition = Annotated[
    IntensityAtMost | LetterAtLeast | PrimaryShareAtLeast | Verified | CategoryIn,
    Field(discriminator="predicate"),
]
"""A named predicate with its bound."""


class Valid(Rules):
    """First and last day on which the rule is in force."""

    first: date
    last: date


class Relief(_Cited):
    """How much is relieved.

    ``share_of_tax``: rate × the tax on the sale. ``rate_points``: rate × the tax base, which is the
    tax rate lowered by so many points (0.02 is two points).
    """

    measure: Literal["share_of_tax", "rate_points"]
    rate: Annotated[Decimal, Field(gt=0, le=1, max_digits=8, decimal_places=6)]


class Rounding(Rules):
    """How amounts are rounded to the smallest unit, and where.

    ``line``: every line is rounded and the total is their sum. ``total``: the exact sum of the
    lines is rounded once. Either way the difference is shown.
    """

    mode: Literal["half_up", "half_even", "down", "up"]
    level: Literal["line", "total"]


class Caps(Rules):
    """The most that is relieved in a period."""

    per_sku: Amount | None = None
    per_taxpayer: Amount | None = None


class Target(_Cited):
    """A reduction of carbon intensity against the base year, drawn as a line."""

    reduction: Share


class TaxRule(Rules):
    """A rule file.

    >>> from carbon.base.rules import templates_root
    >>> rule = load_rule(templates_root() / "tax" / "paper-2percent.toml")
    >>> rule.legal_basis, rule.relief.measure, str(rule.relief.rate)
    ('none on file', 'share_of_tax', '0.02')
    """

    name: Name
    version: Annotated[str, Field(min_length=1, max_length=40)]
    title: Text
    title_zh: Text
    jurisdiction: Text
    jurisdiction_zh: Text
    legal_basis: Text
    legal_note: Text
    legal_note_zh: Text
    tax: Text
    tax_zh: Text
    valid: Valid
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    minor_digits: Annotated[int, Field(ge=0, le=3)]
    prices: Literal["tax_included", "tax_excluded"]
    tax_rate: Share | None = None
    negative_base: Literal["claw_back", "zero"]
    relief: Relief
    rounding: Rounding
    caps: Caps = Caps()
    target: Target | None = None
    edition: str = ""
    condition: Annotated[list[Condition], Field(min_length=1, max_length=20)]

    @field_validator("condition")
    @classmethod
    def _once(cls, conditions: list[Condition]) -> list[Condition]:
        names = [condition.predicate for condition in conditions]
        if len(set(names)) < len(names):
            raise ValueError("a predicate may stand once only")
        return conditions

    @model_validator(mode="after")
    def _whole(self) -> TaxRule:
        if self.valid.last < self.valid.first:
            raise ValueError("valid.last lies before valid.first")
        unit = Decimal(1).scaleb(-self.minor_digits)
        for cap in (self.caps.per_sku, self.caps.per_taxpayer):
            if cap is not None and cap % unit:
                raise ValueError(f"a cap is a whole number of {unit} {self.currency}")
        return self

    def demand(self, period: Period, edition: str) -> None:
        """Refuse a period (T002) or an edition (T003) that the rule does not cover."""
        if period.first < self.valid.first or period.last > self.valid.last:
            valid = f"{self.valid.first} to {self.valid.last}"
            raise StudyError("T002", valid, value=period.name)
        if self.edition and self.edition != edition:
            raise StudyError("T003", f"the rule demands {self.edition}", value=edition)


def in_ids(rule: TaxRule, names: Names) -> TaxRule:
    """A rule whose categories are told by their ids, however it spells them.

    P003 if no category is called so, or one has two bounds.
    """

    def found(word: str, key: str) -> str:
        code = names.code(word)
        if code < 0:
            near = names.suggest(word)
            hint = f"did you mean '{near}'?" if near else "no such category"
            raise RuleError("P003", hint, file=rule.name, column=key, value=word)
        return str(names.ids[code])

    told: list[Condition] = []
    for each in rule.condition:
        if isinstance(each, CategoryIn):
            bound = [found(word, "bound") for word in each.bound]
            each = each.model_copy(update={"bound": list(dict.fromkeys(bound))})
        elif isinstance(each, IntensityAtMost):
            own: dict[str, Bound] = {}
            for word, limit in each.category_bounds.items():
                name = found(word, "category_bounds")
                if own.setdefault(name, limit) != limit:
                    raise RuleError(
                        "P003", "two bounds", file=rule.name, column="category_bounds", value=word
                    )
            each = each.model_copy(update={"category_bounds": own})
        told.append(each)
    return rule.model_copy(update={"condition": told})


def load_rule(path: object) -> TaxRule:
    """Read a rule file (TOML); P001 to P003, as :func:`carbon.base.rules.load`."""
    return load_rules(str(path), TaxRule)
