"""The help of every command in Chinese: nothing missing, nothing left over, no English."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from chinese import latin
from click.testing import CliRunner

from carbon.cli.chinese_help import help_words, values
from carbon.cli.main import main

CHINESE = re.compile("[一-鿿]")
HALF_WIDTH = re.compile(r"[一-鿿][,;:?!()]|[,;:?!()][一-鿿]|\d %|CO2e")
NAMES = (
    "activity air-to-ground all aviation badge box-to-bag bw2package certificate course "
    "CO₂ e-van excellence GS1 host html json label legs local location materials monitor "
    "neutral non-CO2 none offsets overlay-landscape overlay-portrait packaging "
    "packaging-light pdf plan png probability problems pt reasons recycled-content "
    "regional-warehouse renewable-studio report resale-share return-rate reusable-box "
    "right-size-box round scheme settlement sha256 sheet shopify sku skus source spark svg "
    "verifier"
)
"""What is typed or stands in a table as it is."""


def commands(
    command: click.Command = main, path: str = "carbon"
) -> Iterator[tuple[str, click.Command]]:
    """Every command and group by the words that call it."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{path} {name}")


def paragraphs(command: click.Command) -> Iterator[str]:
    """What a command says of itself, without examples that are commands only."""
    for paragraph in re.split(r"\n\s*\n", command.help or ""):
        lines = paragraph.replace("\b", "").strip().splitlines()
        examples = all(re.match(r"\s*(carbon|--\S+) (?!.*\S {3,}\S)", line) for line in lines)
        if not ("\b" in paragraph and examples):
            yield " ".join(" ".join(lines).split())


def test_every_help_has_chinese_and_no_chinese_is_left_over() -> None:
    words = help_words()
    said = {text for _, command in commands() for text in paragraphs(command)}
    assert said == set(words["command"])
    helps: set[str] = set()
    for path, command in commands():
        for each in command.params:
            if isinstance(each, click.Option):
                assert each.help, (path, each.name)
                helps.add(" ".join(each.help.split()))
    assert helps - set(words["click"]) == set(words["option"])


def test_kinds_of_values_and_headings_are_used_and_known() -> None:
    seen = ""
    headings: set[str] = {"Usage"}
    for path, command in commands():
        context = click.Context(command, info_name=path, help_option_names=["-h", "--help"])
        seen += " ".join(command.collect_usage_pieces(context)) + " "
        for each in command.params:
            if isinstance(each, click.Option):
                record = each.get_help_record(context)
                seen += (record[0] if record else "") + " "
        headings |= set(re.findall(r"^(\S[^\n]*):$", command.get_help(context), re.MULTILINE))
    names = re.findall(r"(?<![\w-])[A-Z][A-Z_]*(?: RANGE)?(?![\w-])", seen)
    assert set(names) - {"A", "B", "CSV", "JSON", "SVG", "OUT2"} == set(help_words()["value"])
    assert headings == set(help_words()["heading"])
    assert values("--map CSV") == "--map CSV"


def test_chinese_help_is_chinese() -> None:
    for name in ("click", "command", "option"):
        for english, chinese in help_words()[name].items():
            assert CHINESE.search(chinese) or not CHINESE.search(english), english
            assert not HALF_WIDTH.search(chinese), chinese
            assert latin([chinese], *NAMES.split()) == set(), chinese
            assert chinese.endswith(("。", "”", "xlsx", "格")), chinese
            options = set(re.findall(r"--[a-z-]+", english))
            assert options == set(re.findall(r"--[a-z-]+", chinese)), english


@pytest.mark.parametrize(
    "words",
    ["--help --lang zh", "--lang zh --help", "label --lang=zh,en --help", "--lang zh tax --help"],
)
def test_help_follows_the_language_wherever_it_is_asked_for(words: str) -> None:
    output = CliRunner().invoke(main, words.split(), prog_name="carbon").output
    assert output.startswith("用法：carbon")
    assert "显示本帮助并退出。" in output
    assert not {"Options", "Usage", "OPTIONS", "default", "required", "RANGE"} & set(
        re.findall("[A-Za-z]+", output)
    )


def test_help_fits_the_terminal_and_no_line_begins_with_a_mark() -> None:
    from carbon.cli.chinese_help import _columns

    for path, _ in commands():
        words = [*path.split()[1:], "--help", "--lang", "zh"]
        output = CliRunner().invoke(main, words, terminal_width=80).output
        for line in output.splitlines():
            assert _columns(line) <= 80 or re.search(r"^ *(carbon |--boundary)", line), line
            assert line.lstrip()[:1] not in {*"，。；：、）”"} or not line.strip(), line


def test_help_stays_english_in_any_other_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARBON_LANG", "de")
    output = CliRunner().invoke(main, ["label", "--help"]).output
    assert output.startswith("Usage: ")
    assert not CHINESE.search(output)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--nope", "没有选项 '--nope'。"),
        ("footprint", "缺少参数 '商品目录'。"),
        ("footprint g.csv -o out.csv --draws many", "'--draws' 的值 'many' 无效，须为整数。"),
        ("label g.csv -o out --date today", "'--date' 的值 'today' 不是日期，应如 2026-11-30"),
        ("factors nope", "没有命令 'nope'。"),
    ],
)
def test_a_command_that_is_not_understood_is_told_so(words: str, said: str) -> None:
    result = CliRunner().invoke(main, words.split(), env={"CARBON_LANG": "zh"}, prog_name="carbon")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"命令有误：{said}"
    assert result.stderr.startswith("用法：carbon ")


def test_chinese_is_read_only_where_it_is_asked_for() -> None:
    help_words.cache_clear()
    CliRunner().invoke(main, ["--help"], env={"CARBON_LANG": "en"})
    assert help_words.cache_info().currsize == 0
