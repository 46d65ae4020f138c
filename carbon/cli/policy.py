"""Reads a policy, prints what it says and its conflicts: ``carbon policy``."""

from __future__ import annotations

import sys

import click

from carbon.base.errors import RuleError
from carbon.cli.options import LANG, Group, echo, language, new_study
from carbon.cli.printing import say

__all__ = ["policy"]


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
    from carbon.base.words import text
    from carbon.liveroom.policy_file import policy_path
    from carbon.policy_words import policy_conflicts

    count, lang = 0, language()
    for name in files:
        path = policy_path(name)
        try:
            rules, clashes = policy_conflicts(name)
        except RuleError as error:
            echo(error.text(lang))
            count += 1
            continue
        count += len(clashes)
        for clash in clashes:
            code = CODES[clash.code]
            detail = text("problem.detail", lang, detail=clash.detail) if clash.detail else ""
            words = {"rule": code.rule_in(lang), "remedy": code.remedy_in(lang), "detail": detail}
            sentence = text("problem.sentence", lang, **words)
            severity = text(f"severity.{code.severity}", lang)
            echo(f"{severity} {clash.code}  {path} {clash.key}: {clash.value!r}  {sentence}")
        if not clashes:
            say("no_conflicts", path=path, policy=rules.id)
    sys.exit(3 if count else 0)


@policy.command("explain")
@click.argument("file", default="default")
@LANG
def explain(file: str, lang: str) -> None:
    """A policy in sentences, with the source of each number.

    \b
    carbon policy explain
    carbon policy explain ours.toml --lang zh
    """
    from carbon.liveroom.policy_file import explain as sentences
    from carbon.liveroom.policy_file import read_policy

    policy = read_policy(file)
    names = new_study().titles(lang) if lang == "zh" else {}
    for line in sentences(policy, lang, names):
        echo(line)
