"""Claims: what is found however it is written, what is left alone, and what it costs."""

import re
import time
import tomllib
import unicodedata

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.base.errors import CODES, PROBLEM_COLUMNS, RuleError
from carbon.base.rules import templates_root
from carbon.base.words import section
from carbon.cli.claims import claims
from carbon.label.claims import check, clean, load_market, markets, problems
from carbon.label.claims_match import compiled

EU, CHINA, NEUTRAL = (load_market(name) for name in ("EU", "China", "neutral"))


def actions(text, market, **evidence):
    shown = pd.DataFrame({key: [value] for key, value in evidence.items()}) if evidence else None
    return check(text, market, shown)["action"].tolist()


@pytest.mark.parametrize(
    ("text", "eu", "china", "neutral"),
    [
        ("carbon neutral", "refuse", "needs", "needs"),
        ("碳中和", "refuse", "needs", "needs"),
        ("net-zero cup", "refuse", "needs", "needs"),
        ("zero-carbon", "refuse", "refuse", "refuse"),
        ("零碳直播间", "refuse", "refuse", "refuse"),
        ("eco-friendly", "needs", "reword", "reword"),
        ("环保购物袋", "needs", "reword", "reword"),
        ("green", "needs", "reword", "reword"),
        ("绿色", "needs", "reword", "reword"),
        ("绿色产品", "needs", "reword", "reword"),
        ("low-carbon", "needs", "reword", "reword"),
        ("低碳", "needs", "reword", "reword"),
        ("30 % lower carbon than others", "needs", "needs", "needs"),
        ("比同类产品更低碳", "needs", "needs", "needs"),
        ("lowest carbon footprint", "refuse", "refuse", "refuse"),
        ("最环保", "refuse", "refuse", "refuse"),
        ("中国环境标志", "needs", "needs", "needs"),
        ("EU Ecolabel", "needs", "needs", "needs"),
        ("net zero by 2040", "needs", "needs", "needs"),
        ("2030年实现碳中和", "needs", "needs", "needs"),
        ("biodegradable bag", "needs", None, None),
        ("klimaneutrale Tasche", "refuse", "needs", "needs"),
        ("neutre en carbone", "refuse", "needs", "needs"),
    ],
)
def test_each_market_decides(text, eu, china, neutral):
    for market, action in ((EU, eu), (CHINA, china), (NEUTRAL, neutral)):
        assert actions(text, market) == ([action] if action else []), market.id


@pytest.mark.parametrize(
    "text",
    [
        "绿色连衣裙",
        "墨绿色卫衣 / 浅绿色包装盒",
        "green tea",
        "a dark green packaging box",
        "Greenland cod",
        "carbon fibre tripod",
        "low carbon steel knife",
        "低碳钢刀 低碳水化合物 低碳水饮食",
        "decor, record and second",
        "Citizen Eco-Drive watch",
        "可持续发热手套",
        "pH neutral soap",
        "环保局 环保税",
        "not carbon neutral",
        "本标签非官方标识",
        "zero sugar cola, net weight 200 g",
        "",
    ],
)
def test_innocent_words_are_left_alone(text):
    for name in markets():
        assert actions(text, load_market(name)) == [], name


@pytest.mark.parametrize(
    "text",
    [
        "CARBON NEUTRAL",
        "carbon-neutral",
        "carbonneutral",
        "c a r b o n   n e u t r a l",
        "car-bon neu-tral",
        "ｃａｒｂｏｎ　ｎｅｕｔｒａｌ",
        "car\u200bbon neu\u00adtral",
        "\u202ecarbon\u202c neutral",
        "сarbоn nеutrаl",  # Cyrillic letters
        "cаrbοn neυtral",  # Cyrillic and Greek ones
        "𝐜𝐚𝐫𝐛𝐨𝐧 𝐧𝐞𝐮𝐭𝐫𝐚𝐥",
        "ᴄᴀʀʙᴏɴ ɴᴇᴜᴛʀᴀʟ",
        "cárbön neutrål",
        "carbon🌿neutral",
        "carbon_neutral!",
        "CO₂-neutral",
        "碳 中 和",
        "碳·中·和",
        "碳🌍中🌍和",
        "碳\u200b中\u200b和",
        "淨零",
        "净-零",
    ],
)
def test_evasions_are_seen_through(text):
    found = check(text, EU)
    assert found["action"].tolist() == ["refuse"]
    assert found["words"][0] in text


def test_the_words_of_the_report_itself_claim_nothing():
    for name in markets():
        for lang in ("en", "zh"):
            assert check(list(section("chart", lang).values()), load_market(name)).empty


def test_the_span_is_that_of_the_text():
    text = "一件 ＣＯ２－ｎｅｕｔｒａｌ 的T恤"
    row = check(text, EU).iloc[0]
    assert text[row["start"] : row["end"]] == row["words"] == "ＣＯ２－ｎｅｕｔｒａｌ"


def test_the_longer_claim_speaks_for_the_shorter():
    assert check("最环保的绿色低碳生活", CHINA)["rule"].tolist() == [
        "china-superlative",
        "china-low",
    ]


def test_evidence_makes_a_comparison_lawful_and_its_bounds_are_exact():
    sure = {"same_basis": True, "probability": 0.9, "primary_share": 0.5}
    text = "20% lower carbon than last year's model"
    assert actions(text, EU, **sure) == []
    for name, value in (("same_basis", False), ("probability", 0.8999), ("primary_share", None)):
        found = check(
            text, EU, pd.DataFrame({key: [x] for key, x in (sure | {name: value}).items()})
        )
        assert found["action"].tolist() == ["needs"]
        spoken = tomllib.loads((templates_root() / "claims/terms.toml").read_text("utf-8"))
        assert spoken["evidence"][name]["en"] in found["message"][0]


def test_no_evidence_makes_offsets_lawful_in_the_eu():
    every = dict.fromkeys(("certificate", "offsets", "plan", "scheme", "excellence"), "X-1")
    assert actions("climate neutral", EU, **every) == ["refuse"]
    assert actions("carbon neutral", CHINA, certificate="C-1", offsets="VCS 1-9") == []
    assert actions("carbon neutral", CHINA, certificate="C-1") == ["needs"]


def test_clean_takes_out_and_rewords():
    texts = pd.Series(
        {"A": "零碳 环保购物袋", "B": "green tea", "C": "eco-friendly T-shirt", "D": None}
    )
    new, found = clean(texts, CHINA)
    assert new.tolist() == ["标示碳足迹购物袋", "green tea", "footprint-labelled T-shirt", ""]
    assert found["text"].tolist() == ["A", "A", "C"]
    assert clean("绿色环保低碳购物袋", CHINA)[0][0] == "标示碳足迹购物袋"


PIECES = [
    "carbon",
    "neutral",
    " ",
    "-",
    "zero",
    "碳",
    "中",
    "和",
    "环",
    "保",
    "green",
    "绿色",
    "最",
    "T恤",
]


@given(st.lists(st.sampled_from([*PIECES, "eco", "30%", "lower", "产品", "тea"]), max_size=14))
@settings(max_examples=120, deadline=None)
def test_what_is_cleaned_is_clean(pieces):
    text = "".join(pieces)
    for market in (EU, CHINA):
        new, _ = clean(text, market)
        assert check(new, market).empty
        assert set(unicodedata.normalize("NFKC", new[0])) <= set(
            text + "footprint-labelled标示碳足迹 "
        )


@given(st.text(max_size=60), st.sampled_from(["碳中和", "zero carbon", "ecological"]))
@settings(max_examples=60, deadline=None)
def test_whatever_stands_around_it_a_claim_is_found(around, claim):
    found = check(f"{around}, {claim} .", EU)
    assert any(one in row for row in found["words"] for one in (claim, claim[:3])), found


@given(st.permutations(["碳中和 T", "green tea", "eco", "", "低碳"]))
@settings(max_examples=10, deadline=None)
def test_order_and_company_do_not_matter(texts):
    together = check(texts, EU)
    alone = pd.concat([check(pd.Series([text], index=[at]), EU) for at, text in enumerate(texts)])
    pd.testing.assert_frame_equal(
        together, alone.reset_index(drop=True), check_dtype=False, check_like=True
    )


def test_a_batch_of_names_takes_little():
    names = ["纯棉连衣裙", "green tea cup", "carbon fibre rod", "Mug 350 ml", "低碳钢锅"]
    batch = [f"{names[at % 5]} {at}" for at in range(100_000)]
    started = time.process_time()
    assert check(batch, EU).empty
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "text", ["比" * 200_000, "1" * 200_000, "carbon " * 30_000, "百分之" * 50_000]
)
def test_no_text_makes_the_patterns_slow(text):
    started = time.process_time()
    check(text, EU)
    assert time.process_time() - started < 3


def test_a_text_too_long_is_refused():
    with pytest.raises(RuleError, match="L103"):
        check("x" * 1_000_001, EU)


def test_unknown_markets_and_evidence_are_named():
    with pytest.raises(RuleError, match="L101 value 'Mars'"):
        load_market("Mars")
    with pytest.raises(RuleError, match="L104 value 'vibes'"):
        check("eco", EU, pd.DataFrame({"vibes": [1]}))
    with pytest.raises(RuleError, match="L104"):
        check(["eco", "x"], EU, pd.DataFrame({"plan": ["p"]}))


RULE = """
id = "mine"
name_en = "mine"
name_zh = "我的"
status = "own rules"
[[rule]]
id = "own"
words = ["{word}"]
terms = [{terms}]
action = "{action}"
{more}
message_en = "m"
message_zh = "m"
cite = "own"
"""


def own(tmp_path, word="moon friendly", terms="", action="refuse", more=""):
    path = tmp_path / "mine.toml"
    path.write_text(RULE.format(word=word, terms=terms, action=action, more=more), encoding="utf-8")
    return path


def test_a_platform_can_bring_its_rules(tmp_path):
    market = load_market(own(tmp_path, word="moon * friendly"))
    assert check("a moon-and-stars friendly cup", market)["words"].tolist() == [
        "moon-and-stars friendly"
    ]
    assert check("eco", market).empty


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"word": "#"}, "L102"),
        ({"word": "a*b"}, "L102"),
        ({"terms": '"nothing"'}, "L106"),
        ({"action": "reword", "more": 'reword_en = "moon friendly"\nreword_zh = "月"'}, "L105"),
        ({"action": "reword"}, "P003"),
        ({"action": "needs"}, "P003"),
        ({"action": "forbid"}, "P003"),
        ({"more": "colour = 1"}, "P003"),
        ({"action": "needs", "more": 'needs = [{evidence = "probability", cite = "x"}]'}, "P003"),
        ({"action": "needs", "more": 'needs = [{evidence = "vibes", cite = "x"}]'}, "P003"),
        ({"word": "x" * 81}, "P003"),
    ],
)
def test_rules_that_cannot_be_used_are_refused(tmp_path, told, code):
    with pytest.raises(RuleError, match=f"^{code} "):
        load_market(own(tmp_path, **told))


@pytest.mark.parametrize("word", ["(a+)+$", "(?:x|x)*y", "[", "\\\\1", ".{0,9999}abc"])
def test_a_phrase_is_plain_words_never_a_pattern(tmp_path, word):
    market = load_market(own(tmp_path, word=word.replace("\\", "\\\\") + " moon"))
    started = time.process_time()
    check("a" * 100_000, market)
    assert time.process_time() - started < 2


def test_every_rule_is_whole_and_every_number_has_its_cite():
    for name in markets():
        rules = compiled(templates_root() / "claims" / f"{name}.toml").rules
        for rule in rules.rule:
            assert re.search(r"ISO|GB/T|广告法|Directive|认证", rule.cite), rule.id
            for need in rule.needs:
                assert need.cite
                assert need.at_least is None or need.kind == "assumption"


def test_every_shipped_phrase_finds_itself():
    terms = tomllib.loads((templates_root() / "claims/terms.toml").read_text("utf-8"))
    words = [word for term in terms["term"].values() for word in term["words"]]
    plain = [re.sub("[~^$]", "", word).replace("#", "30").replace("*", "x") for word in words]
    found = check(plain, EU)
    assert set(found["text"]) == set(range(len(plain)))
    assert check([word for term in terms["term"].values() for word in term["innocent"]], EU).empty


def test_the_sieve_and_the_patterns_agree():
    terms = tomllib.loads((templates_root() / "claims/terms.toml").read_text("utf-8"))
    texts = [f"T恤 {word}, x" for term in terms["term"].values() for word in term["words"]]
    texts += [
        "c a r b o n  -  n e u t r a l",
        "30.5 % lower   carbon",
        "green tea",
        "百 分 之 三 碳排放",
    ]
    together = check(texts, EU).drop(columns="text").values.tolist()
    assert together == [
        row for text in texts for row in check(text, EU).drop(columns="text").values.tolist()
    ]


def test_findings_become_rows_of_problems():
    found = check(pd.Series({"S1": "zero carbon", "S2": "eco bag", "S3": "net zero"}), CHINA)
    table = problems(found, file="a.csv")
    assert list(table.columns) == list(PROBLEM_COLUMNS)
    assert table["code"].tolist() == ["L110", "L111", "L112"]
    assert table["sku"].tolist() == ["S1", "S2", "S3"]
    assert all(CODES[code].severity == "warning" for code in table["code"])
    assert problems(found.iloc[:0]).empty


def run(*args, **more):
    return CliRunner().invoke(claims, list(args), **more)


def test_the_command_prints_rule_remedy_and_cite(tmp_path):
    told = run("climate-neutral T-shirt", "--market", "EU")
    assert told.exit_code == 1
    assert "refuse  'climate-neutral'  [eu-offsetting]" in told.output
    assert "Annex I, point 4c" in told.output
    assert run("green tea", "--market", "EU").exit_code == 0
    assert "抵消" in run("碳中和", "--market", "EU", "--lang", "zh").output


def test_the_command_reads_lines_and_writes_a_table(tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("green tea\n零碳T恤\n环保袋\n", encoding="gb18030")
    out = tmp_path / "found.csv"
    told = run(str(names), "--market", "China", "-o", str(out))
    assert "line 2: '零碳'" in told.output
    assert pd.read_csv(out)["line"].tolist() == [2, 3]
    told = run("-", "--market", "China", "--clean", input="零碳T恤\n环保袋\n")
    assert told.stdout.splitlines()[-2:] == ["T恤", "标示碳足迹袋"]


def test_a_file_that_is_not_there_is_not_a_text(tmp_path):
    assert run("nowhere.txt").exit_code == 2
    (tmp_path / "goods.xlsx").write_bytes(b"PK\x03\x04\x00\x00")
    assert run(str(tmp_path / "goods.xlsx")).exit_code == 2
    assert run("our cup is green.txt").exit_code == 0


def test_the_command_takes_evidence():
    shown = ["--evidence", "same_basis=yes", "--evidence", "primary_share=60%"]
    assert run("30% less CO2", *shown, "--evidence", "probability=95%").exit_code == 0
    assert run("30% less CO2", *shown, "--evidence", "probability=0.5").exit_code == 1
    assert isinstance(run("eco", "--evidence", "x=1").exception, RuleError)
