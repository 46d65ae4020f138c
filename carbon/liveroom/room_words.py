"""Reads names, slogans and the words of tiers, gives what the claim rules of a market forbid.

The rules of claims stand in another room: whoever calls hands over a function that applies them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from carbon.liveroom.policy import Policy
from carbon.liveroom.policy_file import PolicyConflict, conflicts
from carbon.liveroom.room_problems import text_of

__all__ = ["findings", "word_conflicts"]

Look = Callable[[str, "Sequence[str] | pd.Series"], pd.DataFrame]
"""From a market and texts to the columns ``text`` (label or position of each) and ``words``."""


def findings(rooms: pd.DataFrame, policy: Policy, look: Look) -> pd.DataFrame:
    """Claims in names and slogans that the rules of the room's market do not allow.

    >>> from carbon.liveroom.policy_file import read_policy
    >>> rooms = pd.DataFrame({"room": ["R1", "R2"], "slogan": ["zero carbon", "tea"]})
    >>> def look(market, texts):
    ...     at = [key for key, text in texts.items() if "zero" in text]
    ...     return pd.DataFrame({"text": at, "words": "zero"})
    >>> findings(rooms, read_policy(), look)["room"].tolist()
    ['R1']
    """
    markets = text_of(rooms, "market").str.upper().replace("", policy.market)
    names = text_of(rooms, "room")
    parts = [pd.DataFrame({"room": [], "words": []}, dtype="str")]
    for market in sorted(markets.unique()):
        for column in ("name", "slogan"):
            forbidden = look(market, text_of(rooms, column)[markets == market])
            rows = names.loc[forbidden["text"].to_numpy()].to_numpy()
            parts.append(pd.DataFrame({"room": rows, "words": forbidden["words"].to_numpy()}))
    return pd.concat(parts, ignore_index=True)


def word_conflicts(policy: Policy, look: Look) -> list[PolicyConflict]:
    """Rules that conflict, and words of tiers that the claim rules of their market forbid.

    R040 to R049.
    """
    clashes = list(conflicts(policy))
    known = {market.id for market in policy.markets}
    for wording in (each for each in policy.wording if each.market in known):
        words = look(wording.market, [wording.zh, wording.en])["words"]
        if len(words):
            detail = ", ".join(dict.fromkeys(words))
            place = f"{wording.tier} {wording.market}"
            clashes.append(PolicyConflict("R049", "wording", place, detail))
    return clashes
