"""The site: the reference follows the public face, both languages are found, one word a thing."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

import carbon

pytest.importorskip("sphinx", reason="the docs group is not installed")

DOCS = Path(__file__).resolve().parents[1] / "docs"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$", re.M)
QUERIES = [
    "退货率是多少",
    "率",
    "shirt 退货 rates",
    "GWP100 碳足迹",
    "运输 truck_km",
    "",
    "a,b;退，货",
]


@pytest.fixture(scope="module")
def site() -> ModuleType:
    """The settings of the site."""
    spec = importlib.util.spec_from_file_location("site_settings", DOCS / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_holds_every_public_name(site: ModuleType) -> None:
    directives = re.findall(r"^\.\. auto(\w+):: carbon\.(\w+)$", site.face(), re.M)
    assert [name for _, name in directives] == list(carbon.__all__)
    kinds = {name: kind for kind, name in directives}
    for name in carbon.__all__:
        assert (kinds[name] in {"class", "exception"}) == inspect.isclass(getattr(carbon, name))


def split(site: ModuleType, query: str) -> list[str]:
    return site.SearchBoth({}).split(query)


def test_chinese_is_found_by_pairs_and_english_by_words(site: ModuleType) -> None:
    assert split(site, "退货率 of shirts") == ["of", "shirts", "退货", "货率"]
    assert split(site, "率") == ["率"]
    # what is asked for is found wherever it stands in a longer run
    assert set(split(site, "退货率")) <= set(split(site, "一个类目的退货率是多少"))


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_browser_cuts_a_query_as_the_index_was_cut(site: ModuleType) -> None:
    code = f"{site.SearchBoth.js_splitter_code}\n"
    code += f"console.log(JSON.stringify({json.dumps(QUERIES)}.map(splitQuery)))"
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [split(site, query) for query in QUERIES]


def test_a_chinese_page_is_that_of_an_english_one_or_links_to_it() -> None:
    for page in DOCS.rglob("*.zh-CN.md"):
        english = page.with_name(page.name.replace(".zh-CN", "")).is_file()
        links = re.findall(r"\]\((\w[\w-]*)\.md", page.read_text(encoding="utf-8"))
        assert english or any((DOCS / f"{link}.md").is_file() for link in links), page.name


def rows(name: str) -> list[tuple[str, ...]]:
    """Terms of a glossary, without heads, rules and the words that are not used."""
    text = (DOCS / name).read_text(encoding="utf-8")
    told = [tuple(cell.strip() for cell in row) for row in ROW.findall(text)]
    return [row for row in told if row[0] not in {"term", "术语"} and set(row[0]) != {"-"}]


def test_one_term_a_thing_in_both_languages() -> None:
    english, chinese = rows("glossary.md"), rows("glossary.zh-CN.md")
    assert [(row[0], row[1], row[3]) for row in english] == [
        (row[1], row[0], row[3]) for row in chinese
    ]
    for column in (0, 1, 2):
        words = [row[column] for row in english]
        assert len(words) == len(set(words)), "one term a thing, one thing a term"
    assert len(english) > 50


def test_every_public_class_has_its_word() -> None:
    named = set(re.findall(r"`(\w+)`", " ".join(row[3] for row in rows("glossary.md"))))
    public = {name for name in carbon.__all__ if inspect.isclass(getattr(carbon, name))}
    assert public <= named
    assert named <= set(carbon.__all__)


def test_chinese_meanings_are_chinese() -> None:
    """Latin words only where the field has no other: standards, units, symbols."""
    allowed = {"CO", "e", "SHA", "GWP", "AR", "k", "C"}
    for row in rows("glossary.zh-CN.md"):
        assert set(re.findall(r"[A-Za-z]+", row[2])) <= allowed, row
        assert not re.search(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]", row[2]), row
