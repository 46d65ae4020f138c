"""The house itself: what is documented is what there is."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import carbon
from carbon.base.digits import amount
from carbon.base.errors import CODES
from carbon.base.terms import STAGES
from carbon.catalogue.schema import COLUMNS
from carbon.cli.main import SECTIONS, main
from carbon.footprint.result import INTERVAL_COLUMNS, RESULT_COLUMNS
from carbon.label.scale import GRADE_COLUMNS
from carbon.run.template_file import columns

ROOT = Path(__file__).resolve().parents[1]
MODULES = [
    module.name
    for module in pkgutil.walk_packages(carbon.__path__, "carbon.")
    if not module.name.endswith("__main__")
]
COMMANDS = {
    "footprint", "inventory", "explain", "check", "template", "whatif", "compare",
    "label", "report", "claims", "reference list", "reference build",
    "rank", "anomalies", "room", "policy check", "policy explain", "exposure", "dashboard", "pool",
    "tax", "reproduce",
    "background use", "background list", "background drop", "background coverage",
    "export brightway",
    "factors list", "factors show", "factors search", "factors check", "factors diff",
    "factors new", "factors seal",
}  # fmt: skip


FIRST_LINE = re.compile(r"Reads .+?, (gives|writes|prints|draws|keeps) .+")
"""A module says what it takes and what comes of it."""
VAGUE = {
    "told",
    "thing",
    "things",
    "stuff",
    "something",
    "seen",
    "held",
    "whole",
    "beside",
    "various",
}


PUBLIC = {
    "footprint": "Study.footprints", "inventory": "Study.inventory", "explain": "Study.explain",
    "check": "read", "template": "Study.template", "whatif": "Study.what_if",
    "compare": "Study.compare", "label": "Study.label", "report": "Study.report",
    "claims": "Study.claims", "reference list": "Study.reference_table",
    "reference build": "Study.build_references", "rank": "Platform.rank",
    "anomalies": "Platform.find_anomalies", "room": "Platform.judge",
    "policy check": "Platform.conflicts", "policy explain": "Platform.explain_policy",
    "exposure": "Platform.share_exposure", "dashboard": "Platform.dashboard",
    "pool": "Platform.price_pool", "tax": "Office.dossier", "reproduce": "reproduce",
    "background use": "background.own.use", "background list": "background.store.stored",
    "background drop": "background.store.drop", "background coverage": "Study.coverage",
    "export brightway": "Study.export", "factors list": "Edition.packages",
    "factors search": "Study.factors", "factors show": "Study.explain_factor",
    "factors check": "Study.unit_impacts", "factors diff": "Study.differences",
    "factors new": "background.begun.begin_package", "factors seal": "background.source.seal",
}  # fmt: skip
"""Command → what does the same from Python."""

LONGEST_COMMAND = 60
"""Lines of code under a command, its declarations and help apart: it parses, calls and prints."""


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_and_what_it_offers(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, name
    first = module.__doc__.partition("\n")[0]
    assert FIRST_LINE.fullmatch(first), f"{name}: {first}"
    assert not VAGUE & set(re.findall(r"\w+", first)), f"{name}: {first}"
    offered = getattr(module, "__all__", None)
    assert offered is not None or name.count(".") == 1, f"{name} has no __all__"
    for word in offered or ():
        thing = getattr(module, word)
        if callable(thing):
            assert thing.__doc__, f"{name}.{word} has no docstring"


def test_files_fit_on_a_few_screens() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "carbon").rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 430
    }
    assert not long


def test_no_factor_in_python() -> None:
    """A decimal number in the formula book would be a factor without unit and cite."""
    for path in (ROOT / "carbon" / "stages").glob("*.py"):
        code = re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.S)
        assert not re.findall(r"(?<![\w.])(?!0\.0)\d+\.\d+", code), path.name


def test_the_help_shows_every_command_under_a_heading() -> None:
    shown = [name for names in SECTIONS.values() for name in names]
    assert sorted(shown) == sorted(main.commands)


def test_every_code_is_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "carbon").rglob("*.py"))
    for code in CODES:
        assert f'"{code}"' in source, f"{code} is never raised"


def test_every_column_is_documented() -> None:
    reference = text("docs/columns.md")
    for name in (*COLUMNS, *RESULT_COLUMNS, *INTERVAL_COLUMNS, *GRADE_COLUMNS):
        assert f"| `{name}` |" in reference, name
    assert set(columns()["column"]) <= set(COLUMNS)


def test_every_command_has_help_with_examples() -> None:
    found = {
        f"{name} {child}" if hasattr(command, "commands") else name
        for name, command in main.commands.items()
        for child in getattr(command, "commands", {"": None})
    }
    assert found == COMMANDS
    for words in COMMANDS:
        output = CliRunner().invoke(main, [*words.split(), "--help"]).output
        assert f"carbon {words}" in output.split("Options")[0].split("\n", 2)[2], words


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_what_a_command_does_can_be_done_from_python(name: str) -> None:
    path = PUBLIC[name].split(".")
    if path[0] == "background":  # folders on this machine: functions of a documented module
        module = importlib.import_module(f"carbon.{'.'.join(path[:-1])}")
        assert path[-1] in module.__all__
        assert getattr(module, path[-1]).__doc__
        assert f"carbon.{PUBLIC[name]}" in text("docs/api.md")
        return
    assert path[0] in carbon.__all__
    owner = getattr(carbon, path[0])
    known = {*dir(owner), *getattr(owner, "__dataclass_fields__", {})}
    assert set(path[1:]) <= known, name


def test_commands_parse_call_and_print() -> None:
    """A command computes nothing: it has few lines, and no arrays or tables of its own."""
    for path in (ROOT / "carbon" / "cli").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        commands, lines = 0, 0
        for node in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)):
            body = node.body[bool(ast.get_docstring(node)) :]
            lines += sum(part.end_lineno - part.lineno + 1 for part in body)
            commands += any("command" in ast.unparse(each) for each in node.decorator_list)
            imports = [part for part in ast.walk(node) if isinstance(part, ast.Import)]
            loaded = {each.name for part in imports for each in part.names}
            assert not loaded & {"numpy", "pandas", "pyarrow"}, f"{path.name} {node.name}"
        if commands:
            assert lines <= LONGEST_COMMAND * commands, f"{path.name}: {lines} lines"


def test_the_commands_of_the_readmes_are_the_real_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each runs in the order of the page; one that differs in its language only, once.

    Of the example some SKUs and draws are enough to see that a command does what it is told.
    """
    monkeypatch.chdir(tmp_path)
    goods = "examples/catalogue.csv"
    head, *rows = text(goods).splitlines()
    shown = ("README.md", "README.zh-CN.md", "examples/platform/sales.csv")
    named = {sku for name in shown for sku in re.findall(r"[A-Z_]+-\d+", text(name))}
    few = [row for row in rows if row.split(",")[0] in named]
    (tmp_path / "examples").mkdir()
    (tmp_path / goods).write_text("\n".join([head, *few, ""]), encoding="utf-8")
    targets = re.findall(r"^([a-z]+):", text("Makefile"), re.M)
    done: set[str] = set()
    for name in ("README.md", "README.zh-CN.md"):
        blocks = re.findall(r"```console\n(.*?)```", text(name), re.S)
        commands = [line[2:] for block in blocks for line in block.splitlines() if line[:2] == "$ "]
        for line in commands:
            if line.startswith("make "):
                assert line.split()[1] in targets, line
                continue
            line = re.sub(r" --draws \d+", " --draws 20", line)
            alike = re.sub(r" --lang \S+| --draws \d+", "", line)
            if alike in done:
                continue
            done.add(alike)
            words = [
                str(ROOT / word) if word.startswith("examples/") and word != goods else word
                for word in shlex.split(line)
            ]
            result = CliRunner().invoke(main, words[1:])
            # 1: something was left out, refused or differs, and told
            assert result.exit_code in (0, 1), f"{line}\n{result.output}"
            assert result.exception is None or isinstance(result.exception, SystemExit), line
    assert len(done) > 20


def test_the_readmes_are_equals() -> None:
    def shape(name: str) -> list[str]:
        return re.findall(r"^(#+|```\w*)", text(name), re.M)

    assert shape("README.md") == shape("README.zh-CN.md")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("sku", ["DRESS-001", "RICE-003"])
def test_the_labels_of_the_readme_are_the_real_ones(sku: str, lang: str, tmp_path: Path) -> None:
    label = tmp_path / "label.svg"
    words = ["--sku", sku, "--lang", lang, "--text-as-paths", "--date", "2026-11-23"]
    words += ["-o", str(label)]
    result = CliRunner().invoke(main, ["label", str(ROOT / "examples/catalogue.csv"), *words])
    assert result.exit_code == 0, result.output
    assert label.read_text(encoding="utf-8") == text(f"docs/pictures/label-{sku}-{lang}.svg")


@pytest.mark.parametrize(("page", "to"), [("README.md", " to "), ("README.zh-CN.md", "至")])
def test_the_table_of_the_readme_is_the_real_one(page: str, to: str) -> None:
    names = ["T_SHIRT-001", "DRESS-001", "SMARTPHONE-001", "SKINCARE-001", "FRESH_FRUIT-001"]
    stages = [f"{stage}_kg" for stage in STAGES]
    goods = carbon.Study().catalogue(ROOT / "examples/catalogue.csv").select(names)
    found = carbon.Study().footprints(goods, draws=1000).to_frame().set_index("sku")
    told = [line for line in text(page).splitlines() if "| **" in line]
    for name, line in zip(names, told, strict=True):
        row = found.loc[name]
        value, _, bounds = amount(row["total_kg"], row["low_kg"], row["high_kg"], to).partition(" ")
        cells = [f"**{value}** {bounds}", *(amount(row[stage]) for stage in stages)]
        assert [cell.strip() for cell in line.split("|")[2:-1]] == cells, name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_pictures_of_the_readme_are_the_real_ones(lang: str, tmp_path: Path) -> None:
    words = ["--sku", "DRESS-001", "--lang", lang, "--draws", "0"]
    words += ["-o", str(tmp_path / "out.csv"), "--picture", str(tmp_path / "levers.svg")]
    result = CliRunner().invoke(main, ["whatif", str(ROOT / "examples/catalogue.csv"), *words])
    assert result.exit_code == 0, result.output
    shown = text(f"docs/pictures/levers-{lang}.svg")
    assert (tmp_path / "levers.svg").read_text(encoding="utf-8") == shown


def test_versions_have_lower_bounds_and_a_lock() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    lock = text("requirements.lock")
    for requirement in project["dependencies"]:
        name = re.fullmatch(r"([\w-]+)[>=]=[\d.]+", requirement)[1]
        assert re.search(rf"^{name.lower().replace('_', '-')}==", lock, re.M), name


def test_the_changelog_knows_this_version() -> None:
    assert f"## {carbon.__version__}" in text("CHANGELOG.md")


def test_nothing_happens_at_import(tmp_path: Path) -> None:
    """No folder is made and Brightway is not imported until it is used."""
    code = (
        "import importlib, sys\n"
        f"for name in {MODULES!r}: importlib.import_module(name)\n"
        "sys.exit(' '.join(m for m in ('bw2data', 'bw2calc', 'pint') if m in sys.modules) or 0)"
    )
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], env=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())
