"""Reads ``templates/claims/*.toml``, gives what the claim rules of a market say."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from carbon.base.rules import Rules

__all__ = ["EVIDENCE", "NUMBERS", "ClaimRule", "MarketRules", "Need", "Spoken", "Term", "Terms"]

EVIDENCE: Final = (
    "same_basis",
    "probability",
    "primary_share",
    "certificate",
    "offsets",
    "plan",
    "plan_verifier",
    "excellence",
    "scheme",
    "source",
)
"""What a claim may have to show; the words for each stand in ``terms.toml``."""

NUMBERS: Final = ("probability", "primary_share")
"""Evidence that is a share with a bound [1]; all other is told or not told."""

Phrase = Annotated[str, Field(min_length=1, max_length=80)]
Phrases = Annotated[tuple[Phrase, ...], Field(max_length=2000)]
Sentence = Annotated[str, Field(min_length=1, max_length=400)]
Name = Annotated[str, Field(pattern=re.compile(r"^[a-z][a-z0-9_-]{0,39}$").pattern)]


class Spoken(Rules):
    """Words in both languages."""

    en: Sentence
    zh: Sentence


class Term(Rules):
    """Phrases of one kind of claim, and phrases that hold its words and claim nothing."""

    words: Phrases
    innocent: Phrases = ()


class Terms(Rules):
    """Phrases by kind, characters that stand for others, and the words for evidence."""

    fold: dict[str, str]
    unseen: str = ""
    evidence: dict[Literal[EVIDENCE], Spoken]  # type: ignore[valid-type]
    term: dict[Name, Term]

    @model_validator(mode="after")
    def _pairs(self) -> Terms:
        if any(len(source) != len(to) for source, to in self.fold.items()):
            raise ValueError("both sides of a fold must have the same length")
        if set(self.evidence) != set(EVIDENCE):
            raise ValueError("every kind of evidence needs its words")
        return self


class Need(Rules):
    """Evidence that makes a claim lawful; a bound that no law gives is an assumption."""

    evidence: Literal[EVIDENCE]  # type: ignore[valid-type]
    at_least: float | None = Field(default=None, ge=0, le=1)
    kind: Literal["law", "assumption"] = "law"
    cite: Sentence

    @model_validator(mode="after")
    def _bound(self) -> Need:
        if (self.at_least is None) == (self.evidence in NUMBERS):
            raise ValueError("probability and primary_share need at_least, other evidence has none")
        return self


class ClaimRule(Rules):
    """What a market does about some phrases, and by which law.

    ``refuse`` forbids them, ``reword`` replaces them, ``needs`` allows them with evidence.
    """

    id: Name
    terms: tuple[Name, ...] = ()
    words: Phrases = ()
    innocent: Phrases = ()
    action: Literal["refuse", "reword", "needs"]
    reword_en: str = Field(default="", max_length=80)
    reword_zh: str = Field(default="", max_length=80)
    needs: tuple[Need, ...] = ()
    message_en: Sentence
    message_zh: Sentence
    cite: Sentence

    @model_validator(mode="after")
    def _whole(self) -> ClaimRule:
        if not self.terms and not self.words:
            raise ValueError("a rule needs terms or words")
        if (self.action == "reword") != bool(self.reword_en and self.reword_zh):
            raise ValueError("reword_en and reword_zh belong to the action reword, both of them")
        if (self.action == "needs") != bool(self.needs):
            raise ValueError("needs belong to the action needs")
        return self


class MarketRules(Rules):
    """Claim rules of one market; where two rules meet the same words, the first one decides."""

    id: Name
    aliases: tuple[str, ...] = ()
    name_en: Sentence
    name_zh: Sentence
    status: Sentence
    rule: Annotated[tuple[ClaimRule, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _once(self) -> MarketRules:
        names = [rule.id for rule in self.rule]
        if len(set(names)) != len(names):
            raise ValueError("the id of a rule must be its own")
        return self
