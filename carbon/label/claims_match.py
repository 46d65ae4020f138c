"""Reads the phrases of claim rules, gives a market that finds them in texts as people read them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from carbon.base.errors import RuleError
from carbon.base.files import digest
from carbon.base.rules import load, templates_root
from carbon.label.claims_rules import MarketRules, Terms

__all__ = ["HAN", "ClaimMarket", "ClaimSpan", "compiled"]

SPACES: Final = frozenset(".·•‧・*'`~|#@\\\"_")
"""Punctuation that is put between letters to hide a word; a comma or a stop parts two words."""

TOKENS: Final = {
    "*": ".{0,24}?",
    "#": "(?:百 ?分 ?之 ?)?[0-9零一二三四五六七八九十百千半]{1,12}(?: [0-9]{1,6})? ?"
    "(?:%|成|percent)?",
    "~": "[a-z]{0,4}",
}
SPREAD: Final = 7
"""Letters from which a phrase is also found with gaps between its letters: shorter ones, as eco,
stand by chance in other words."""

AFTER, BEFORE, GAP = "(?<![a-z0-9])", "(?![a-z0-9])", " ?"
"""Where a Latin word begins and ends, and where a gap may be."""

FEW: Final = 2000
"""Characters from which the sieves are worth being made ready."""

BREAK: Final = "\x1e"
LATIN: Final = re.compile(r"[a-z0-9]")
HAN: Final = re.compile(r"[\u3400-\u9fff]")


class ClaimSpan(NamedTuple):
    """A claim: its first character, the one after its last, and the position of its rule."""

    start: int
    end: int
    rule: int


class _Fold(dict[int, str]):
    """Character → what it is read as; a space if it parts nothing, nothing if it is not seen."""

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        sides = [zip(*pair, strict=True) for pair in terms.fold.items()]
        self.pairs = {ord(a): b for side in sides for a, b in side}
        self.pairs |= dict.fromkeys(map(ord, terms.unseen), "")

    def __missing__(self, code: int) -> str:
        folded = []
        for character in unicodedata.normalize("NFKD", chr(code)).casefold():
            read = self.pairs.get(ord(character), character)
            kind = unicodedata.category(read) if read else "Cf"
            if kind in ("Mn", "Me", "Cf", "Cs", "Co", "Cn"):
                continue
            parts = kind[0] == "Z" or kind in ("Pd", "Pc", "Pi", "Pf", "So", "Sk", "Sm", "Cc")
            folded.append(" " if parts or read in SPACES else read)
        self[code] = "".join(folded)
        return self[code]


@dataclass(frozen=True)
class ClaimMarket:
    """Claim rules of a market, ready to be used, with the SHA-256 of their file."""

    rules: MarketRules
    sha256: str
    terms: Terms = field(repr=False)
    _fold: _Fold = field(repr=False)
    _patterns: tuple[re.Pattern[str], ...] = field(repr=False)
    _innocent: re.Pattern[str] = field(repr=False)
    _sieves: tuple[str, ...] = field(repr=False)

    @property
    def id(self) -> str:
        """Name of the market."""
        return self.rules.id

    def folded(self, text: str) -> tuple[str, list[int]]:
        """Text as it is read, and where each of its characters stands in the text."""
        characters: list[str] = []
        places: list[int] = []
        for position, character in enumerate(text):
            for read in self._fold[ord(character)]:
                if read != " " or (characters and characters[-1] != " "):
                    characters.append(read)
                    places.append(position)
        return "".join(characters), places

    def spans(self, text: str, rules: Sequence[int] | None = None) -> list[ClaimSpan]:
        """Claims of one text, in its order, by some rules or all; none overlaps another."""
        read, places = self.folded(text)
        read = self._innocent.sub(lambda matches: "\x00" * len(matches[0]), read)
        matches = [
            ClaimSpan(match.start(), match.end(), number)
            for number in (range(len(self._patterns)) if rules is None else rules)
            for match in self._patterns[number].finditer(read)
        ]
        last, kept = 0, []
        for start, end, rule in sorted(
            matches, key=lambda span: (span.start, -span.end, span.rule)
        ):
            if start >= last:
                last = end
                kept.append(ClaimSpan(places[start], places[end - 1] + 1, rule))
        return kept

    def suspects(self, texts: pd.Series) -> dict[int, list[int]]:
        """Positions of texts that can hold a claim, and the rules that can find it."""
        if texts.str.len().sum() < FEW:
            every = [*range(len(self._patterns))]
            return dict.fromkeys(range(len(texts)), every)
        joined = BREAK.join(texts.str.replace(BREAK, " ", regex=False))
        table = {code: self._fold[code] for code in set(map(ord, joined))}
        table[ord(BREAK)] = BREAK
        read = pa.array(joined.translate(table).split(BREAK), pa.large_string())
        suspected: dict[int, list[int]] = {}
        for number, sieve in enumerate(self._sieves):  # one large sieve would outgrow RE2's memory
            for position in np.flatnonzero(pc.match_substring_regex(read, sieve)):
                suspected.setdefault(int(position), []).append(number)
        return dict(sorted(suspected.items()))


def compiled(path: Path) -> ClaimMarket:
    """Read a rule file that follows ``MarketRules`` and make it ready.

    L102 for a phrase that is too short, L105 for new words that claim something, L106 for an
    unknown kind of terms, P001 to P003 if the file cannot be read.
    """
    rules = load(path, MarketRules)
    terms = load(templates_root() / "claims" / "terms.toml", Terms)
    fold = _Fold(terms)
    unknown = [name for rule in rules.rule for name in rule.terms if name not in terms.term]
    if unknown:
        raise RuleError("L106", f"known: {', '.join(terms.term)}", file=str(path), value=unknown[0])
    patterns, sieves = [], []
    for rule in rules.rule:
        words = [*rule.words, *(word for name in rule.terms for word in terms.term[name].words)]
        phrases = [_phrase(word, fold, path) for word in words]
        patterns.append(_either(phrases))
        sieves.append(_sieve(phrases))
    innocent = [word for rule in rules.rule for word in rule.innocent]
    innocent += [word for term in terms.term.values() for word in term.innocent]
    market = ClaimMarket(
        rules,
        digest(path),
        terms,
        fold,
        tuple(patterns),
        _either([_phrase(word, fold, path) for word in innocent]),
        tuple(sieves),
    )
    for rule in rules.rule:
        if market.spans(rule.reword_en) or market.spans(rule.reword_zh):
            raise RuleError("L105", file=str(path), column=rule.id, value=rule.reword_en)
    return market


def _either(phrases: Sequence[str]) -> re.Pattern[str]:
    """One pattern of many, the longest first; none matches nothing."""
    longest = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    return re.compile("|".join(longest) or "(?!)")


def _sieve(phrases: Sequence[str]) -> str:
    """The same for RE2, which reads many texts at once; gaps may be of any width there."""
    pattern = "|".join(sorted(set(phrases)))
    for python, re2 in ((AFTER, r"\b"), (BEFORE, r"\b"), (GAP, " *")):
        pattern = pattern.replace(python, re2)
    return pattern


def _phrase(word: str, fold: _Fold, path: Path) -> str:
    """Pattern of a phrase on folded text."""
    body = word.removeprefix("^").removesuffix("$")
    parts = [part for token in body for part in ([token] if token in TOKENS else fold[ord(token)])]
    plain = max(
        "".join(token if token not in TOKENS else "*" for token in parts).split("*"), key=len
    )
    if len(plain.replace(" ", "")) < (2 if HAN.search(plain) else 3):
        raise RuleError("L102", file=str(path), value=word)
    letters = sum(LATIN.match(token) is not None for token in parts)
    spread = letters >= SPREAD
    pattern, before = "", ""
    for part in parts:
        tight = not spread and LATIN.match(part) and LATIN.match(before)
        if part != " ":
            pattern += "" if not before or tight or part == "~" else GAP
            pattern += TOKENS.get(part, re.escape(part))
        before = part
    pattern = (AFTER if LATIN.match(parts[0]) or parts[0] == "#" else "") + pattern
    pattern += BEFORE if LATIN.match(parts[-1]) or parts[-1] == "~" else ""
    return (
        ("^" + GAP if word.startswith("^") else "")
        + pattern
        + (GAP + "$" if word.endswith("$") else "")
    )
