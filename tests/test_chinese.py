"""What Chinese people read is Chinese: every output is searched for Latin words."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from chinese import latin, texts_of
from click.testing import CliRunner
from label_facts import ISSUE, SCALE, fact

from carbon.base.codes import CODES
from carbon.base.errors import CatalogueError
from carbon.base.problems import Problems, problem_lines, retold
from carbon.base.rules import templates_root
from carbon.base.words import section, sections
from carbon.cli.main import main
from carbon.label.claims import load_market
from carbon.label.design import DESIGNS, load_design
from carbon.label.machine import json_ld
from carbon.label.scale import STATES
from carbon.pages.dashboard import EXPOSURE, REASONS, page
from carbon.pages.report import report
from carbon.paper.sku_charts import stage_chart, waterfall
from carbon.run.label_job import label_job
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
    known += " zh en TSV TXT tsv txt Big5 Shift JIS utf sig"
    found = latin([re.sub("“.*?”", "", words) for words in rules], *known.split())
    assert not found
    for name in sections():
        # a terminal may not have the subscript of CO₂e; Beta a distribution, total a method
        allowed = ("CO2e", "Beta", "GSD", "carbon", "sha256", "total")
        if name == "argument":  # names of Python
            words = "Study Catalogue References Policy PoolPolicy TaxRule ExposureScenario Platform"
            words += " RoomsJudged Exposure BaseYear DataFrame svg png pdf html json judge read zh"
            allowed += (*words.split(), "en", "catalogue", "evidence", "value", "office")
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


Printed = Callable[..., str]


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chinese") / "goods.csv"
    path.write_text(GOODS, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def printed(goods: Path) -> Printed:
    """What a command says in Chinese, but for the headers and cells of the file."""

    def said(*words: object) -> str:
        result = CliRunner().invoke(main, [*map(str, words), "--lang", "zh"])
        assert isinstance(result.exception, SystemExit | None), result.output
        assert CHINESE.search(result.output), result.output
        return result.output.replace(str(goods.parent), "")

    return said


OWN_WORDS = ("CO2e", "ton", "mass", "kg")
"""Of the file, and of a terminal without the subscript."""

COMMANDS = {
    "footprint": ("footprint", "{goods}", "-o", "{out}.csv", "--draws", "0"),
    "whatif": ("whatif", "{goods}", "-o", "{out}.csv", "--draws", "0"),
    "rank": ("rank", "{goods}", "-o", "{out}.csv", "--draws", "0"),
    "compare": ("compare", "{goods}", "TS-001", "TS-001", "--draws", "0"),
    "report": ("report", "{goods}", "-o", "{out}.html", "--draws", "0"),
    "label": ("label", "{goods}", "-o", "{out}", "--draws", "0", "--format", "json"),
    "claims": ("claims", "零碳T恤，环保", "--market", "China"),
    "references": ("reference", "list"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_speaks_chinese(name: str, goods: Path, printed: Printed) -> None:
    out = goods.with_name(name)
    said = printed(*(word.format(goods=goods, out=out) for word in COMMANDS[name]))
    names = ("Advertising", "Law", "art", "Anti-Unfair", "Competition", "archetype")
    names += ("name",)  # the catalogue's own header
    names += ("and", "china-zero", "china-generic", "label")  # laws, rules and the folder asked for
    levers = re.findall(r" ([a-z]+(?:-[a-z]+)+) ", said)  # as they are asked for
    assert latin([said], *OWN_WORDS, *names, *levers, "china", "VR") == set()
    assert "\u00a0%" not in said


def test_a_check_speaks_chinese(goods: Path, printed: Printed) -> None:
    sheet, table = goods.with_name("check.xlsx"), goods.with_name("problems.csv")
    said = printed("check", goods, "-o", sheet)
    headers = GOODS.splitlines()[0].split(",")
    assert latin([said], *OWN_WORDS, *headers) == set()
    cells = [
        text
        for page in openpyxl.load_workbook(sheet)
        for row in page.iter_rows()
        for cell in row
        for text in (cell.value, cell.comment and cell.comment.text)
        if isinstance(text, str)
    ]
    ids = ("goods", "smartphone", "VR", *headers)
    ids += ("AS", "BOPP", "EPP", "PBAT", "TPE", "TPU")  # plastics, as people write them
    assert latin(cells, *OWN_WORDS, *ids) == set()
    printed("check", goods, "-o", table)
    with table.open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["rule"], row["code"]) == (CODES["C104"].rule_zh, "C104")


def test_a_tree_speaks_chinese(goods: Path, printed: Printed) -> None:
    """Names of activities and what publishers say of their data stay as they are."""
    said = printed("explain", goods, "TS-001").splitlines()
    own = [line for line in said if not line.startswith("│")]
    assert latin(own, *OWN_WORDS) == set()


def test_a_sheet_names_what_would_help_most_in_chinese(study: Study) -> None:
    named = label_job(study).issue.activities
    assert named["cotton fibre"] == study.edition.chinese_titles["cotton fibre"] == "棉纤维"
