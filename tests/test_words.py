"""Codes and words: both languages alike, and the pages made from them as they are."""

from __future__ import annotations

import ast
import csv
import re
import string
from pathlib import Path

import pandas as pd
import pytest

from carbon.base.codes import CODES, SEVERITIES, detail_in
from carbon.base.errors import CatalogueError, problem_table
from carbon.base.words import default_language, sections
from carbon.cli.main import main
from docs.make_errors import PAGES, page

ROOT = Path(__file__).resolve().parents[1]
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?]|[,;:!?][\u4e00-\u9fff]")


def places(words: str) -> set[str]:
    """Names of the values that a text is filled with."""
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


@pytest.mark.parametrize("code", CODES)
def test_a_code_says_the_same_in_both_languages(code: str) -> None:
    entry = CODES[code]
    assert entry.severity in SEVERITIES
    for english, chinese in ((entry.rule, entry.rule_zh), (entry.remedy, entry.remedy_zh)):
        assert english, code
        assert re.search(r"[\u4e00-\u9fff]", chinese), code
        assert not HALF_WIDTH.search(re.sub("“.*?”", "", chinese)), chinese
        assert not re.search(r"\d %", chinese), f"a percent sign follows its number: {chinese}"
        # what is typed is the same in every language
        assert set(re.findall(r"--[a-z-]+", english)) == set(re.findall(r"--[a-z-]+", chinese))
        commands = re.findall(rf"carbon (?:{'|'.join(main.commands)})", english)
        assert all(command in chinese for command in commands), chinese
        assert not chinese.endswith(("。", "；", ".", ";")), chinese


@pytest.mark.parametrize("lang", PAGES)
def test_the_pages_of_errors_are_made_from_the_table(lang: str) -> None:
    assert page(lang).count("\n| ") == len(CODES) + 1
    shown = (ROOT / "docs" / PAGES[lang]).read_text(encoding="utf-8")
    assert shown == page(lang), "run python docs/make_errors.py"


def test_a_word_is_filled_with_the_same_values_in_both_languages() -> None:
    for name, words in sections().items():
        for key, spoken in words.items():
            assert all(spoken.values()), f"{name}.{key}"
            assert places(spoken["en"]) == places(spoken["zh"]), f"{name}.{key}"
            assert not HALF_WIDTH.search(spoken["zh"]), spoken["zh"]


def test_an_error_is_told_in_the_language_asked_for() -> None:
    error = CatalogueError("C104", "found", file="goods.csv", row=7, column="mass", value="2 ton")
    assert str(error) == error.text("en")
    assert error.text("zh") == (
        "C104 goods.csv，第 7 行，“mass”列，值“2 ton”：该单位在不同地方含义不同（found）；"
        "吨请写 t 或 kg，盎司请写 g"
    )


def test_a_table_of_problems_can_be_told_again_in_another_language() -> None:
    found = problem_table(pd.DataFrame({"row": [2, 3], "code": ["C104", "C109"]}))
    chinese = problem_table(found, "zh")
    assert chinese["rule"].tolist() == [CODES[code].rule_zh for code in ("C104", "C109")]
    assert chinese["severity"].tolist() == found["severity"].tolist() == ["error", "warning"]
    pd.testing.assert_frame_equal(problem_table(chinese, "en"), found)


def test_the_language_is_that_of_the_surroundings() -> None:
    assert default_language({}) == "en"
    assert default_language({"LC_ALL": "", "LANG": "zh_TW"}) == "zh"
    assert default_language({"LC_ALL": "de_DE.UTF-8", "LANG": "zh_CN"}) == "en"


def _details() -> set[str]:
    """What errors say was found, as it stands in the program; ``{}`` for what is filled in."""
    found = set()
    for path in (ROOT / "carbon").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            name = getattr(node.func, "id", "")
            code, detail = node.args[:2]
            if not name.endswith("Error") or not isinstance(code, ast.Constant):
                continue
            if isinstance(detail, ast.Constant) and isinstance(detail.value, str):
                found.add(detail.value)
            elif isinstance(detail, ast.JoinedStr):
                pieces = (
                    piece.value if isinstance(piece, ast.Constant) else "{}"
                    for piece in detail.values
                )
                found.add("".join(map(str, pieces)))
    return found


def test_what_was_found_has_chinese() -> None:
    with (ROOT / "carbon/base/details.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["en"]: row["zh"] for row in csv.DictReader(file)}
    for english, chinese in rows.items():
        assert english.count("{}") == len(set(re.findall(r"{\d}", chinese))), english
        assert not HALF_WIDTH.search(chinese), chinese
    details = _details()
    assert len(details) > 50
    missing = {text for text in details if re.search("[a-z]{2}", text)} - set(rows)
    assert not missing, "write them into carbon/base/details.csv"


def test_a_detail_is_told_by_its_most_special_pattern() -> None:
    assert detail_in("12 rooms, at most 10", "zh") == "12 个直播间，最多 10 个"
    assert detail_in("no sku in a.csv", "zh") == "a.csv 中没有商品编码"
    told = "it may mean charger or phone_case; the name says smartphone"
    assert not {"or", "name", "says"} & set(detail_in(told, "zh").split())
    strange = "; by its name it is phone_case, which is no category: taken as other"
    for ids in ("charger", "charger or other", "a or b or c", "a or b or c or d"):
        said = detail_in(f"it may mean {ids}{strange}", "zh")
        assert not re.search(r" or |name|mean|taken", said), said
        assert said.endswith("按商品名称是 phone_case，目录中没有该类目，按 other 处理")
    assert detail_in("no sku in a.csv", "en") == "no sku in a.csv"
    error = CatalogueError("C001", "Permission denied", file="goods.csv")
    assert error.text("zh") == "C001 goods.csv：文件须存在且可读取（权限不足）；请检查路径和权限"
