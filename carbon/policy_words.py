"""Reads a policy, gives its conflicts and what claim rules forbid in the words of a platform.

Labels and live rooms do not know each other; their rules on words meet here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd

from carbon.base.arguments import checked, path_or
from carbon.base.errors import RuleError
from carbon.base.rules import load
from carbon.label.claims import check, load_market
from carbon.liveroom.policy import Policy
from carbon.liveroom.policy_file import PolicyConflict, explain, policy_path, read_policy
from carbon.liveroom.room_words import word_conflicts

__all__ = ["PolicyWords", "forbidden", "policy_conflicts"]


def policy_conflicts(name: Path | str) -> tuple[Policy, list[PolicyConflict]]:
    """Rules of a policy that conflict, and words that the claim rules of their market forbid.

    ``name``: a TOML file, or the name of a shipped policy. Returns ``policy``; ``conflicts``: R040
    to R049; empty if its rules hold together. Raises P001 to P003 if it cannot be read.

    >>> policy_conflicts("default")[1]
    []
    """
    policy = load(policy_path(name), Policy)
    return policy, word_conflicts(policy, forbidden)


def forbidden(market: str, texts: Sequence[str] | pd.Series) -> pd.DataFrame:
    """What the claim rules of a market forbid; those of no market if it has none of its own.

    Returns: as :func:`carbon.label.claims.check`.
    """
    try:
        rules = load_market(market)
    except RuleError as error:
        if error.code != "L101":
            raise
        rules = load_market("neutral")
    return check(texts, rules)


@checked(policy=path_or("Policy"))
class PolicyWords:
    """The policy of a platform, and what it says.

    Parameters
    ----------
    policy : Policy, path or str
        Its model, a TOML file, or the name of a shipped one.

    Examples
    --------
    >>> PolicyWords().conflicts()
    []
    """

    def __init__(self, policy: Policy | Path | str = "default") -> None:
        self._policy = policy

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.policy_name!r})"

    @cached_property
    def policy(self) -> Policy:
        """Gates, criteria, tiers, boosts, and rules of exposure and gaming."""
        return self._policy if isinstance(self._policy, Policy) else read_policy(self._policy)

    def conflicts(self) -> list[PolicyConflict]:
        """Rules of the policy that conflict, and words that the market forbids.

        Returns
        -------
        list of carbon.liveroom.policy_file.PolicyConflict
            Empty if its rules hold together.
        """
        if isinstance(self._policy, Policy):
            return word_conflicts(self._policy, forbidden)
        return policy_conflicts(self._policy)[1]

    def explain_policy(self, *, lang: str = "en") -> str:
        """The policy in sentences, with the source of each number.

        Parameters
        ----------
        lang : str
            ``"en"`` or ``"zh"``.
        """
        return "\n".join(explain(self.policy, lang, self._titles(lang)))

    def _titles(self, lang: str) -> Mapping[str, str]:  # noqa: ARG002  whoever has words adds them
        """Names of categories and pieces in a language."""
        return {}

    @property
    def policy_name(self) -> str:
        """The policy as errors name it."""
        return self._policy.id if isinstance(self._policy, Policy) else str(self._policy)
