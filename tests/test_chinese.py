"""What Chinese people read is Chinese: every output is searched for Latin words."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from chinese import latin, texts_of
from label_facts import ISSUE, SCALE, fact

from carbon.base.codes import CODES
from carbon.base.errors import CatalogueError
from carbon.base.problems import Problems, problem_lines, retold
from carbon.base.rules import templates_root
from carbon.base.words import section, sections
from carbon.label.claims import load_market
from carbon.label.design import DESIGNS, load_design
from carbon.label.machine import json_ld
from carbon.label.scale import STATES
from carbon.pages.dashboard import EXPOSURE, REASONS, page
from carbon.pages.report import report
from carbon.paper.sku_charts import stage_chart, waterfall
from carbon.study import Study

CHINESE = re.compile(r"[\u4e00-\u9fff]")
GOODS = (
    "sku,name,category,mass,materials,packaging,units_sold,return_rate\n"
    "TS-001,纯棉T恤,t_shirt,180 g,棉95%; 氨纶5%,快递袋12克,1200,35%\n"
    "TS-002,零碳T恤,t_shirt,2 ton,,,300,\n"
    "FR-001,苹果,fresh_fruit,2.4 kg,,,500,2%\n"
    "PH-001,手机,smartphone,184 g,,,,\n"
)


def test_the_search_finds_what_is_not_chinese() -> None:
    assert latin(["碳足迹 footprint", "请写 200 g", "编码 TS-001 为 C104"]) == {"footprint"}
    assert latin(["运行 carbon check goods.csv -o problems.xlsx", "加 --resume 继续"]) == set()
    assert texts_of("<p>茶<script>x()</script></p><svg aria-label='tea'/>") == ["茶", "tea"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", DESIGNS)
def test_labels(name: str, state: str) -> None:
    design = load_design(name)
    said = fact(state=state, gtin="6901234567892")
    values = design.values(said, SCALE, ("zh",))
    svg = design.svg(values)
    texts = [*texts_of(svg), *texts_of(design.html(values, svg, json_ld(said, SCALE)))]
    assert sum(bool(CHINESE.search(text)) for text in texts) > 2
    # the facts of the tests name an input of no catalogue, whose activity has no Chinese name
    assert latin(texts, "cotton", "fibre", "GTIN") <= set(SCALE.letters)


def test_codes_and_words() -> None:
    rules = [words for code in CODES.values() for words in (code.rule_zh, code.remedy_zh)]
    known = "cite flow unit low high count gsd2 pedigree factor terms sku category activity year"
    known += " location skus materials packaging legs equal weights units revenue neutral mass pt"
    known += " document serial sha256 months OUT DIR FOLDER MANIFEST PROJECT DATABASE projects"
    known += " bw2data pip install fonts spark reusable-box yes no"
    found = latin([re.sub("“.*?”", "", words) for words in rules], *known.split())
    assert not found
    for name in sections():
        # a terminal may not have the subscript of CO₂e; Beta a distribution, total a method
        allowed = ("CO2e", "Beta", "GSD", "carbon", "sha256", "total")
        assert latin(section(name, "zh").values(), *allowed) == set(), name


def test_problems() -> None:
    problems = Problems()
    for row, code in enumerate(CODES, start=2):
        problems.add(code, file="goods.csv", row=row, column="mass", value="2 吨")
    table = retold(problems.table(), "zh")
    assert table["rule"].tolist() == [code.rule_zh for code in CODES.values()]
    lines = list(problem_lines(problems.table(), lang="zh"))
    assert len(lines) == len(CODES)
    assert all(line.startswith(("错误 ", "警告 ", "提示 ")) for line in lines)
    error = CatalogueError("C101", file="goods.csv", row=3, column="净重", value="很轻")
    assert latin([error.text("zh")]) == set()


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


def test_a_report(study: Study) -> None:
    catalogue = study.catalogue(GOODS)
    html, _ = report(
        study, catalogue, load_market("China"), source=Path("goods.csv"), langs=("zh",), draws=50
    )
    laws = ("Advertising", "Law", "art", "Anti-Unfair", "Competition")
    assert latin(texts_of(html), "ton", "mass", *laws) == set()
    assert "\u00a0%" not in html


def test_a_dashboard() -> None:
    rooms = pd.DataFrame(
        [
            {
                "room": "r-1", "merchant": "示例商家", "status": "eligible", "tier": "green",
                "tier_zh": "绿色直播间", "tier_en": "green room", "points": 72.34, "boost": 0.1,
                "gates_failed": "", "kept_revenue": 1000.0, "footprint_kg": 12.0,
                "credits_kg": 0.0, "residual_kg": 12.0, "period": "2026Q3",
                "basis": "2026.1+0123456789ab | GWP100 AR6 | cradle-to-grave | kept unit",
                "policy": "示例政策",
            }
        ]
    )  # fmt: skip
    reasons = pd.DataFrame(
        [
            (
                "r-1",
                "criterion",
                "air_share",
                0.6,
                5.0,
                15.0,
                10.0,
                6.0,
                "空运占比低于 40% 加 6 分",
                "x",
            )
        ],
        columns=REASONS,
    )
    exposure = pd.DataFrame(
        [("rule", "head_cap", 0.5, 0.4, 0.4, "true", 0.01, "头部上限起作用", "x")],
        columns=EXPOSURE,
    )
    texts = texts_of(page(rooms, reasons, exposure, langs=("zh",), subject="示例平台"))
    assert latin(texts) == set()
    assert "72.3" in texts, "points are rounded down, to a tenth"


def test_charts() -> None:
    drawn = stage_chart({"materials": 1.0, "use": -0.1}, name="茶", lang="zh")
    steps = waterfall(2.0, [("空运改陆运", 1.5)], lang="zh", target=1.0)
    assert latin([*texts_of(drawn), *texts_of(steps)]) == set()


def test_words_of_pages_are_written_alike() -> None:
    """One term a thing: the glossary's, in every file of words."""
    other = ("一手数据", "实测数据占比", "留用", "品类", "千克CO2e", "吨CO2e", "CO2e", "卖家")
    pages = [
        (templates_root() / name / "words.toml").read_text() for name in ("report", "dashboard")
    ]
    printed = ("cli", "explain")  # on terminals, which may not have the subscript of CO₂e
    read = [name for name in sections() if name not in printed]
    spoken = [word for name in read for word in section(name, "zh").values()]
    for text in (*pages, *spoken):
        assert not [word for word in other if word in text], text[:80]
    assert ISSUE.boundary.endswith("without-use")
