"""Reads a policy, gives its conflicts and what claim rules forbid in the words of a platform.

Labels and live rooms do not know each other; their rules on words meet here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from carbon.base.errors import RuleError
from carbon.base.rules import load
from carbon.label.claims import check, load_market
from carbon.liveroom.policy import Policy
from carbon.liveroom.policy_file import PolicyConflict, policy_path
from carbon.liveroom.room_words import word_conflicts

__all__ = ["forbidden", "policy_conflicts"]


def policy_conflicts(name: Path | str) -> tuple[Policy, list[PolicyConflict]]:
    """Rules of a policy that conflict, and words that the claim rules of their market forbid.

    Parameters
    ----------
    name : path
        A TOML file, or the name of a shipped policy.

    Returns
    -------
    policy : Policy
    conflicts : list of PolicyConflict
        R040 to R049; empty if its rules hold together.

    Raises
    ------
    carbon.base.errors.RuleError
        P001 to P003 if it cannot be read.

    Examples
    --------
    >>> policy_conflicts("default")[1]
    []
    """
    policy = load(policy_path(name), Policy)
    return policy, word_conflicts(policy, forbidden)


def forbidden(market: str, texts: Sequence[str] | pd.Series) -> pd.DataFrame:
    """What the claim rules of a market forbid; those of no market if it has none of its own.

    Parameters
    ----------
    market : str
    texts : sequence of str or pandas.Series

    Returns
    -------
    pandas.DataFrame
        As :func:`carbon.label.claims.check`.
    """
    try:
        rules = load_market(market)
    except RuleError as error:
        if error.code != "L101":
            raise
        rules = load_market("neutral")
    return check(texts, rules)
