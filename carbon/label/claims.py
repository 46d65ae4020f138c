"""Reads texts and the rules of a market, gives their environmental claims and what to do.

A text is folded first (width, case, accents, look-alike letters, traditional characters, what is
not seen), so that a claim is found however it is written. A sieve of plain words then finds the
few texts of a batch that can hold a claim, and only those are read phrase by phrase. Phrases
become patterns without nested repetition, so no rule file and no text can make them slow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from carbon.base.errors import RuleError, problem_table
from carbon.base.rules import templates_root
from carbon.base.words import text as spoken_text
from carbon.label.claims_match import HAN, ClaimMarket, compiled
from carbon.label.claims_rules import EVIDENCE, ClaimRule

__all__ = [
    "EVIDENCE",
    "FINDING_COLUMNS",
    "ClaimMarket",
    "check",
    "clean",
    "load_market",
    "markets",
    "problems",
]

FINDING_COLUMNS: Final = (
    "text",
    "start",
    "end",
    "words",
    "rule",
    "action",
    "reword",
    "message",
    "cite",
)
LONGEST: Final = 1_000_000
"""Characters that a text may have."""

PASSES: Final = 4
"""How often a text is cleaned: taking words out may bring others together."""

CODES: Final = {"refuse": "L110", "reword": "L111", "needs": "L112"}


def markets() -> list[str]:
    """Markets whose rules ship.

    >>> markets()
    ['china', 'eu', 'neutral']
    """
    folder = templates_root() / "claims"
    return sorted(path.stem for path in folder.glob("*.toml") if path.stem != "terms")


def load_market(name: str | Path = "neutral") -> ClaimMarket:
    """Claim rules of a shipped market or one of its aliases (``EU``, ``CN``), or of a rule file.

    L101 if there is no such market, L102, L105 or L106 if its rules cannot be used, P001 to P003 if
    the file cannot be read.

    >>> load_market("EU").id
    'eu'
    """
    asked = str(name)
    if isinstance(name, Path) or asked.endswith(".toml"):
        return compiled(Path(name))
    shipped_market = _shipped().get(asked.strip().casefold())
    if shipped_market is None:
        raise RuleError("L101", f"known: {', '.join(markets())}", value=asked)
    return shipped_market


@lru_cache(maxsize=1)
def _shipped() -> dict[str, ClaimMarket]:
    folder = templates_root() / "claims"
    every = [compiled(folder / f"{name}.toml") for name in markets()]
    return {alias: market for market in every for alias in (market.id, *market.rules.aliases)}


def check(
    texts: str | Sequence[str] | pd.Series,
    market: ClaimMarket,
    evidence: pd.DataFrame | None = None,
    *,
    lang: str = "en",
) -> pd.DataFrame:
    """Claims that a market forbids, or for which evidence is missing, in texts to be printed.

    A missing text claims nothing. Evidence has one row a text, in the same order: any of the
    columns :data:`EVIDENCE`; ``probability`` and ``primary_share`` are numbers [1], ``same_basis``
    is true or false, others are text. Given are :data:`FINDING_COLUMNS`, by text and place:
    ``text`` is the label of the text in its Series (else its position), ``start`` and ``end`` its
    characters, ``action`` is to refuse, replace or show evidence. L103 if a text is too long, L104
    if evidence has another name or length.

    >>> check("A climate-neutral T-shirt", load_market("EU"))[["words", "action"]].values.tolist()
    [['climate-neutral', 'refuse']]
    >>> len(check(["green tea", "绿色连衣裙", "carbon fibre"], load_market("EU")))
    0
    """
    series = _series(texts)
    if evidence is not None and (
        len(evidence) != len(series) or not set(evidence.columns) <= set(EVIDENCE)
    ):
        unknown = sorted(set(map(str, evidence.columns)) - set(EVIDENCE))
        raise RuleError(
            "L104", f"{len(evidence)} rows for {len(series)} texts", value=", ".join(unknown)
        )
    zh = lang == "zh"
    rows = []
    values, labels = series.tolist(), series.index.tolist()
    for position, rules in market.suspects(series).items():
        text = values[position]
        for start, end, number in market.spans(text, rules):
            rule = market.rules.rule[number]
            missing = _missing(rule, market, evidence, position, zh)
            if rule.action == "needs" and not missing:
                continue
            words = text[start:end]
            new = rule.reword_zh if HAN.search(words) else rule.reword_en
            message = (rule.message_zh if zh else rule.message_en) + missing
            place = (labels[position], start, end, words)
            rows.append((*place, rule.id, rule.action, new, message, rule.cite))
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))


def clean(
    texts: str | Sequence[str] | pd.Series,
    market: ClaimMarket,
    evidence: pd.DataFrame | None = None,
) -> tuple[pd.Series, pd.DataFrame]:
    """Texts without the claims that a market forbids, and what :func:`check` found in them.

    Refused words and those without evidence are taken out, others replaced; a text that still makes
    a claim after that is empty.

    >>> clean(["Zero-carbon dress", "环保购物袋"], load_market("china"))[0].tolist()
    ['dress', '标示碳足迹购物袋']
    """
    series = _series(texts).copy()
    rows = pd.Series(np.arange(len(series)))
    findings = first = check(series.reset_index(drop=True), market, evidence)
    for _ in range(PASSES):
        if findings.empty:
            break
        for label, part in findings.groupby("text", sort=False):
            position = int(str(label))
            series.iloc[position] = _without(str(series.iloc[position]), part)
        again = rows[rows.isin(findings["text"])].to_numpy()
        shown = None if evidence is None else evidence.iloc[again]
        findings = check(series.iloc[again].set_axis(again), market, shown)
    series.iloc[findings["text"].unique().tolist()] = ""
    labels = series.index.to_numpy()
    return series, first.assign(text=labels[first["text"].to_numpy(dtype=int)])


def problems(findings: pd.DataFrame, *, file: str = "", column: str = "name") -> pd.DataFrame:
    """Findings of :func:`check`, ``text`` being the row of the file or the SKU, as problems.

    L110 refused, L111 reworded, L112 without evidence.

    >>> problems(check("zero carbon", load_market("EU")))["code"].tolist()
    ['L110']
    """
    if findings.empty:
        return problem_table()
    rows = pd.DataFrame(
        {
            "file": file,
            "column": column,
            "sku": findings["text"].astype(str),
            "value": findings["words"],
            "code": findings["action"].map(CODES),
        }
    )
    return problem_table(rows)


def _series(texts: str | Sequence[str] | pd.Series) -> pd.Series:
    series = (
        texts
        if isinstance(texts, pd.Series)
        else pd.Series([texts] if isinstance(texts, str) else list(texts), dtype="object")
    )
    series = series.astype("object").where(series.notna(), "").astype(str)
    longest = series.str.len().max() if len(series) else 0
    if longest > LONGEST:
        raise RuleError("L103", f"{longest:.0f} characters, at most {LONGEST}")
    return series


def _missing(
    rule: ClaimRule, market: ClaimMarket, evidence: pd.DataFrame | None, position: int, zh: bool
) -> str:
    """Evidence of a rule that is not there, as the end of its message."""
    lacking = []
    for need in rule.needs:
        shown = None
        if evidence is not None and need.evidence in evidence.columns:
            shown = evidence[need.evidence].iloc[position]
        if not _met(shown, need.at_least):
            spoken = market.terms.evidence[need.evidence]
            bound = "" if need.at_least is None else f" ≥ {need.at_least:.0%}"
            lacking.append((spoken.zh if zh else spoken.en) + bound)
    lang = "zh" if zh else "en"
    listed = spoken_text("claim.comma", lang).join(lacking)
    return spoken_text("claim.missing", lang, evidence=listed) if lacking else ""


def _met(shown: object, bound: float | None) -> bool:
    if shown is None or shown != shown:
        return False
    if bound is not None:
        try:
            return float(str(shown)) >= bound
        except ValueError:
            return False
    return str(shown).strip().casefold() not in ("", "false", "no", "0", "none", "nan", "否", "无")


def _without(text: str, findings: pd.DataFrame) -> str:
    """Text with its findings taken out or replaced, from the last to the first."""
    behind: tuple[int, str] = (-1, "")
    for row in findings[::-1].to_dict("records"):
        start, end, new = int(row["start"]), int(row["end"]), str(row["reword"])
        if behind[1] == new and not text[end : max(behind[0], end)].strip(" -–—·,，、&"):
            text = text[:start] + text[max(behind[0], end) :]  # said once, not twice in a row
        else:
            text = text[:start] + new + text[end:]
        behind = (start, new)
    return re.sub(r"[ \t]{2,}", " ", text).strip(" -–—·,，、&")
