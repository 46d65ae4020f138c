"""Policies: what they say, and which of them are refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from carbon.base.errors import RuleError
from carbon.base.rules import templates_root
from carbon.cli.policy import policy as group
from carbon.label.claims import check, load_market
from carbon.liveroom.policy import Policy
from carbon.liveroom.policy_file import conflicts, explain, policy_path, read_policy
from carbon.liveroom.studio import equipment_kwh
from carbon.study import Study

TEXT = policy_path("default").read_text(encoding="utf-8")


def told(**changes: Any) -> Policy:
    """The default policy with some values changed, by dotted key."""
    content = tomllib.loads(TEXT)
    for key, value in changes.items():
        *way, last = key.split("__")
        at: Any = content
        for step in way:
            at = at[int(step)] if step.isdigit() else at[step]
        at[last] = value
    return Policy.model_validate(content)


def bound(value: float) -> dict[str, Any]:
    return {"value": value, "kind": "assumption", "cite": "test"}


def test_the_default_holds_together_and_says_where_everything_comes_from() -> None:
    rules = read_policy()
    assert not list(conflicts(rules))
    assert sum(one.weight.value for one in rules.criteria.values()) == 100
    groups = {one.group for one in rules.criteria.values() if one.group}
    assert groups == {"packaging"}
    packaging = [one.weight.value for one in rules.criteria.values() if one.group == "packaging"]
    assert sum(packaging) == 15
    assert TEXT.count("kind = ") == TEXT.count("cite = ")


def test_its_words_pass_the_claim_rules_of_their_market() -> None:
    for one in read_policy().wording:
        assert check([one.zh, one.en], load_market(one.market)).empty, one


@pytest.mark.parametrize(
    ("changes", "code", "key"),
    [
        ({"criteria__intensity__weight": bound(34)}, "R040", "criteria"),
        ({"criteria__air_share__full": bound(0.6)}, "R041", "criteria.air_share.full"),
        ({"criteria__air_share__full": bound(0.7)}, "R041", "criteria.air_share.full"),
        ({"criteria__primary_share__full": bound(0.1)}, "R041", "criteria.primary_share.full"),
        ({"criteria__intensity__unknown": bound(1.0)}, "R042", "criteria.intensity.unknown"),
        (
            {"criteria__primary_share__unknown": bound(0.5)},
            "R042",
            "criteria.primary_share.unknown",
        ),
        ({"criteria__air_share__zero": bound(60)}, "R043", "criteria.air_share.zero"),
        ({"criteria__intensity__full": bound(-1)}, "R043", "criteria.intensity.full"),
        ({"gates__coverage": bound(90)}, "R043", "gates.coverage"),
        ({"return_prior": bound(-1)}, "R043", "return_prior"),
        ({"tiers__0__least": bound(101)}, "R044", "tiers.zero-carbon.least"),
        ({"tiers__2__least": bound(0)}, "R044", "tiers.green.least"),
        ({"tiers__2__least": bound(90)}, "R045", "tiers.green.least"),
        ({"tiers__1__least": bound(60)}, "R045", "tiers.green.least"),
        ({"tiers__2__boost": bound(0.25)}, "R045", "tiers.green.boost"),
        ({"tiers__0__boost": bound(0.31)}, "R046", "tiers.zero-carbon.boost"),
        ({"boost_cap": bound(0.1)}, "R046", "tiers.zero-carbon.boost"),
        ({"tiers__2__id": "low-carbon"}, "R047", "tiers"),
        ({"wording__0__tier": "golden"}, "R047", "wording"),
        ({"wording__0__market": "US"}, "R047", "wording"),
        ({"market": "US"}, "R047", "market"),
        ({"wording__0__market": "EU"}, "R048", "wording"),
    ],
)
def test_rules_that_conflict(changes: dict[str, Any], code: str, key: str) -> None:
    found = list(conflicts(told(**changes)))
    assert (code, key) in [(one.code, one.key) for one in found]


def test_words_of_a_market_that_is_a_path_are_not_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(TEXT.replace('market = "CN"\nzh', 'market = "x.toml"\nzh', 1), encoding="utf-8")
    result = CliRunner().invoke(group, ["check", str(path)])
    assert result.exit_code == 3
    assert "R047" in result.output


def test_words_that_the_claim_rules_of_their_market_forbid(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    text = TEXT.replace('en = "Platform footprint rating 2', 'en = "Zero-carbon: rating 2', 1)
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(group, ["check", str(path)])
    assert result.exit_code == 3
    assert "R049" in result.output
    assert "low-carbon CN" in result.output
    market = '[[markets]]\nid = "US"\noffset_claims = true\nkind = "assumption"\ncite = "-"\n\n'
    path.write_text(TEXT.replace("[[wording]]", market + "[[wording]]", 1), encoding="utf-8")
    assert CliRunner().invoke(group, ["check", str(path)]).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('version = "2026.1"', "", "version"),
        ("[gates.metered]", "[gates.meterd]", "gates.meterd"),
        ("value = 0.90", 'value = "most"', "gates.coverage.value"),
        ("value = 0.90", "value = nan", "gates.coverage.value"),
        ("[criteria.air_share]", "[criteria.air]", "criteria.air"),
        ('cite = "assumption: all of it"', 'cite = ""', "criteria.renewable_share.full.cite"),
        ('currency = "CNY"', 'currency = "yuan"', "currency"),
    ],
)
def test_a_file_that_does_not_follow_the_model(
    old: str, new: str, key: str, tmp_path: Path
) -> None:
    path = tmp_path / "ours.toml"
    assert old in TEXT
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleError) as error:
        read_policy(path)
    assert error.value.code == "P003"
    assert error.value.column.startswith(key)


def test_the_first_conflict_is_raised_and_the_others_counted(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(TEXT.replace("boost_cap = { value = 0.30", "boost_cap = { value = 0.15"))
    with pytest.raises(RuleError, match=r"R046 .*zero-carbon\.boost.*and 1 more"):
        read_policy(path)


def test_the_id_follows_what_the_rules_say_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text("# a remark\n" + TEXT, encoding="utf-8")
    assert read_policy(path).id == read_policy().id
    assert told(criteria__intensity__full=bound(0.5)).id != read_policy().id


def test_check_tells_every_conflict(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(TEXT.replace("boost_cap = { value = 0.30", "boost_cap = { value = 0.15"))
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    result = CliRunner().invoke(group, ["check", str(path), str(broken), "default"])
    assert result.exit_code == 3
    assert result.output.count("R046") == 2
    assert "P002" in result.output
    assert "no conflicts" in result.output
    assert CliRunner().invoke(group, ["check", "default"]).exit_code == 0


def cites(told: Any, key: str = "") -> list[tuple[str, str]]:
    """Where every number and rule of a policy comes from, by its key."""
    if isinstance(told, dict):
        own = [(key, told["cite"])] if "cite" in told else []
        return own + [row for name, one in told.items() for row in cites(one, f"{key}.{name}")]
    if isinstance(told, tuple | list):
        return [row for at, one in enumerate(told) for row in cites(one, f"{key}.{at}")]
    return []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_explain_tells_every_number_with_its_source(lang: str) -> None:
    result = CliRunner().invoke(group, ["explain", "--lang", lang])
    assert result.exit_code == 0
    rules = read_policy()
    assert result.output.splitlines() == explain(rules, lang, Study().titles(lang))
    for tier in rules.tiers:
        assert (tier.zh if lang == "zh" else tier.en) in result.output
    for key, cite in cites(rules.model_dump()):
        assert cite.split(": ", 1)[-1] in result.output, key
    assert CliRunner().invoke(group, ["explain", "nowhere.toml"]).exit_code == 3


def test_equipment_is_data_with_brackets() -> None:
    table = pd.read_csv(templates_root() / "policies" / "equipment.csv")
    assert ((table["low"] < table["watts"]) & (table["watts"] < table["high"])).all()
    assert (table["kind"] + table["cite"]).notna().all()
    words = table["synonyms"].str.split(";").explode()
    assert words.is_unique
    lists = pd.Series(["", "LED补光灯×2; 空调", "camera x 99999", "a" * 10_000, "camera x 2 3 h"])
    kwh, strange = equipment_kwh(lists, pd.Series([2.0] * 5).to_numpy())
    assert kwh[1] == pytest.approx((2 * 100 + 1200) / 1000 * 2)
    assert strange.tolist() == [False, False, True, True, True]
