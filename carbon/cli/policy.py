"""``carbon policy``: what the policy of a platform says, and whether its rules hold together."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from carbon.base.errors import RuleError
from carbon.cli.options import LANG, Group

if TYPE_CHECKING:
    import pandas as pd

    from carbon.label.claims import Market as ClaimRules
    from carbon.liveroom.policy import Policy
    from carbon.liveroom.policy_file import Conflict

__all__ = ["clashes", "findings", "policy"]

POLICY = click.option(
    "--policy",
    "policy_file",
    default="default",
    show_default=True,
    metavar="FILE",
    help="Policy of the platform, TOML, or a shipped one by name.",
)


@click.group(cls=Group)
def policy() -> None:
    """Policy of a platform: its gates, criteria, tiers and boosts.

    \b
    carbon policy explain
    carbon policy check ours.toml
    """


@policy.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def check(files: tuple[str, ...]) -> None:
    """Whether the rules of a policy hold together; every conflict is told.

    \b
    carbon policy check ours.toml
    carbon policy check default
    """
    from carbon.base.errors import CODES
    from carbon.base.rules import load
    from carbon.liveroom.policy import Policy
    from carbon.liveroom.policy_file import policy_path

    found = 0
    for name in files:
        path = policy_path(name)
        try:
            rules = load(path, Policy)
        except RuleError as error:
            click.echo(str(error))
            found += 1
            continue
        conflicting = clashes(rules)
        found += len(conflicting)
        for one in conflicting:
            entry = CODES[one.code]
            detail = f" ({one.detail})" if one.detail else ""
            click.echo(
                f"{entry.severity} {one.code}  {path} {one.key}: {one.value!r}  "
                f"{entry.rule}{detail}; {entry.remedy}"
            )
        if not conflicting:
            click.echo(f"{path}: no conflicts  [{rules.id}]")
    sys.exit(3 if found else 0)


@policy.command("explain")
@click.argument("file", default="default")
@LANG
def explain(file: str, lang: str) -> None:
    """A policy in sentences, with the source of each number.

    \b
    carbon policy explain
    carbon policy explain ours.toml --lang zh
    """
    from carbon.liveroom.policy_file import explain as told
    from carbon.liveroom.policy_file import read_policy

    for line in told(read_policy(file), lang):
        click.echo(line)


def _claim_rules(market: str) -> ClaimRules:
    """Claim rules of a market; those of no market in particular if it has none of its own."""
    from carbon.label.claims import load_market

    try:
        return load_market(market)
    except RuleError as error:
        if error.code != "L101":
            raise
        return load_market("neutral")


def clashes(rules: Policy) -> list[Conflict]:
    """Rules that conflict, and words of tiers that the claim rules of their market forbid."""
    from carbon.label.claims import check
    from carbon.liveroom.policy_file import Conflict, conflicts

    found = list(conflicts(rules))
    known = {market.id for market in rules.markets}
    for one in (one for one in rules.wording if one.market in known):
        words = check([one.zh, one.en], _claim_rules(one.market))["words"]
        if len(words):
            told = ", ".join(dict.fromkeys(words))
            found.append(Conflict("R049", "wording", f"{one.tier} {one.market}", told))
    return found


def findings(rooms: pd.DataFrame, rules: Policy) -> pd.DataFrame:
    """Claims in names and slogans that the rules of the room's market do not allow."""
    import pandas as pd

    from carbon.label.claims import check
    from carbon.liveroom.room_problems import text_of

    own = text_of(rooms, "market").str.upper().replace("", rules.market)
    ids = text_of(rooms, "room")
    parts = [pd.DataFrame({"room": [], "words": []}, dtype="str")]
    for market in sorted(own.unique()):
        of = _claim_rules(market)
        for name in ("name", "slogan"):
            texts = text_of(rooms, name)[own == market]
            found = check(texts, of)
            at = found["text"].to_numpy()
            parts.append(
                pd.DataFrame({"room": ids.loc[at].to_numpy(), "words": found["words"].to_numpy()})
            )
    return pd.concat(parts, ignore_index=True)
