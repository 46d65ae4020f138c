"""Codes and words: both languages alike, and the pages made from them as they are."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pandas as pd
import pytest

from carbon.base.codes import CODES, SEVERITIES
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
