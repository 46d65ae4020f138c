"""Categories, pieces and letters mean one thing, whatever rule, policy or ledger spells them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from carbon.base.errors import RuleError
from carbon.base.rules import templates_root
from carbon.catalogue.ledger import read_ledger
from carbon.incentive.sales import settle
from carbon.incentive.vat_rules import (
    CategoryIn,
    IntensityAtMost,
    LetterAtLeast,
    Period,
    in_ids,
    load_rule,
)
from carbon.liveroom.policy_file import read_policy, with_items
from carbon.office import Office
from carbon.platform import Platform
from carbon.study import Study

RULE = load_rule(templates_root() / "tax" / "paper-2percent.toml")
CITED: dict[str, Any] = {"kind": "assumption", "cite": "assumption: a test"}


def rule(*conditions: object) -> Any:
    return RULE.model_copy(update={"condition": list(conditions)})


@pytest.mark.parametrize("spelt", ["T恤", "t-shirt", "Ｔ恤", "T SHIRT"])
def test_a_category_of_a_rule_is_the_catalogue_s(study: Study, spelt: str) -> None:
    named = CategoryIn(predicate="category_in", bound=[spelt, "t_shirt"], **CITED)
    bound = IntensityAtMost(
        predicate="intensity_at_most",
        bound=Decimal("0.001"),
        category_bounds={spelt: Decimal(100_000)},
        **CITED,
    )
    office = Office(study, rule(named, bound), draws=20)
    assert office.rule.condition[0].bound == ["t_shirt"]
    sales = pd.DataFrame({"sku": ["A"], "units": 9, "revenue": "900 CNY", "date": "2026-07-01"})
    sales = sales.assign(taxpayer="T1", vat_rate="13%")
    lines = office.dossier("sku,category\nA,T恤\n", sales, "2026Q3").assessment.lines
    assert (lines["relief"] > 0).all()


def test_a_category_of_a_rule_that_is_none_is_refused(study: Study) -> None:
    names = study.vocabulary.names("category")
    wrong = CategoryIn(predicate="category_in", bound=["T恤杉"], **CITED)
    with pytest.raises(RuleError, match="P003"):
        in_ids(rule(wrong), names)
    twice = {"T恤": Decimal(1), "t_shirt": Decimal(2)}
    bound = IntensityAtMost(
        predicate="intensity_at_most", bound=Decimal(1), category_bounds=twice, **CITED
    )
    with pytest.raises(RuleError, match="two bounds"):
        in_ids(rule(bound), names)


@pytest.mark.parametrize("spelt", ["b", "Ｂ", " B级", "b级", "等级：B"])
def test_a_letter_is_a_letter(spelt: str) -> None:
    assert LetterAtLeast(predicate="letter_at_least", bound=spelt, **CITED).bound == "B"
    sales = pd.DataFrame({"sku": "A", "units": 1, "revenue": "1 CNY", "letter": ["B", spelt]})
    sales = sales.assign(date="2026-07-01", taxpayer="T1", vat_rate="13%", entry=["1", "2"])
    sold = settle(read_ledger(sales, "sales"), RULE, Period.parse("2026Q3"))
    assert not sold.lines["relabelled"].any()


def test_pieces_of_a_policy_are_the_catalogue_s(study: Study) -> None:
    policy = read_policy()
    layers = policy.layers.model_copy(update={"names": ("Courier Bag", "courier-bag", "快递袋")})
    told = with_items(
        policy.model_copy(update={"layers": layers}), study.vocabulary.names("item")
    ).layers.names
    assert told == ("courier_bag",)
    # what is spelt as the catalogue spells it keeps its digest
    assert Platform(study).policy.id == policy.id


def test_a_ranking_holds_one_category_together(study: Study) -> None:
    goods = "sku,category,mass\nA,T恤,60 g\nB,t_shirt,300 g\nC,T-Shirt,180 g\n"
    ranked = Platform(study, draws=20).rank(goods)
    assert set(ranked["category"].astype(str)) == {"t_shirt"}
    assert ranked["rank"].max() == 3
