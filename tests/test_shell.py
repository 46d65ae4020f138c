"""The shell of the project: what is installed under which licence, and what strangers meet."""

from __future__ import annotations

import csv
import importlib.metadata
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from carbon.background.edition import DEFAULT_EDITION, load_edition

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FREE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
    *("MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0", "W3C", "Zlib"),
}
WEAK = {"LGPL-3.0-or-later": {"pyxlsb"}}
"""Licences that bind what is changed in the library itself, and the packages that have them."""

MOST_MB = 600


def lines(name: str) -> set[str]:
    """Packages of a lock."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return {canonicalize_name(found) for found in re.findall(r"^([\w.-]+)==", text, re.M)}


def listed() -> dict[str, dict[str, str]]:
    with (ROOT / "tests/licences.csv").open(encoding="utf-8", newline="") as file:
        return {row["package"]: row for row in csv.DictReader(file)}


def closure(requirements: list[str]) -> set[str]:
    """Packages that an installation of some requirements brings on this machine."""
    todo = [(Requirement(text), frozenset[str]()) for text in requirements]
    done: set[str] = set()
    while todo:
        requirement, extras = todo.pop()
        name = canonicalize_name(requirement.name)
        markers = [{"extra": extra} for extra in (extras or {""})]
        if requirement.marker and not any(map(requirement.marker.evaluate, markers)):
            continue
        if name not in done:
            done.add(name)
            needs = importlib.metadata.requires(name) or []
            todo += [(Requirement(text), frozenset(requirement.extras)) for text in needs]
    return done


def test_every_dependency_has_a_licence_that_lets_us_ship() -> None:
    table, default, every = listed(), lines("requirements.lock"), lines("requirements-dev.lock")
    assert set(table) == default | every, "renew tests/licences.csv with the locks"
    for name, row in table.items():
        assert (row["install"] == "default") == (name in default), name
        for licence in re.split(r" AND | OR ", row["licence"]):
            assert licence in FREE or name in WEAK.get(licence, ()), f"{name}: {licence}"
        if row["install"] == "default":
            assert "GPL" not in row["licence"], name


@pytest.mark.parametrize("name", sorted(listed()))
def test_a_licence_is_what_the_package_itself_says(name: str) -> None:
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("not installed on this system")
    row = listed()[name]
    if told["License-Expression"]:
        assert row["licence"] == told["License-Expression"]
    words = [told["License-Expression"], *told.get_all("Classifier", [])]
    words.append((told["License"] or "").splitlines()[0] if told["License"] else "")
    if re.search(r"GPL|Affero", " ".join(word or "" for word in words)):
        assert "GPL" in row["licence"] or "GPL" in row["note"], words


def test_the_default_install_is_small() -> None:
    """Unpacked files, without the bytecode that Python adds: 552 MB on Linux in November 2026."""
    size = 0
    for name in closure(PROJECT["project"]["dependencies"]):
        for file in importlib.metadata.files(name) or []:
            if "__pycache__" not in file.parts and (path := Path(str(file.locate()))).is_file():
                size += path.stat().st_size
    assert 100 < size / 1e6 < MOST_MB


def test_nothing_is_installed_that_is_not_imported() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "carbon").rglob("*.py"))
    modules = {
        "fonttools": r"(from|import) fontTools\b",
        "python-calamine": r"""(from|import) python_calamine\b|.*engine="calamine\"""",
        "zxing-cpp": r"(from|import) zxingcpp\b",
    }
    for text in PROJECT["project"]["dependencies"]:
        name = Requirement(text).name
        pattern = modules.get(name, rf"(from|import) {name.replace('-', '_')}\b")
        assert re.search(rf"^\s*({pattern})", source, re.M), name


def test_the_default_install_has_no_client_of_the_network() -> None:
    brought = closure(PROJECT["project"]["dependencies"]) | lines("requirements.lock")
    assert not brought & {"bw2io", "requests", "urllib3", "httpx", "aiohttp", "sparqlwrapper"}


# continuous integration


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob(".github/**/*.yml"), ROOT / ".pre-commit-config.yaml"],
    ids=lambda path: path.name,
)
def test_settings_are_yaml(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


def jobs() -> list[Any]:
    return [
        pytest.param(path, name, job, id=f"{path.stem}-{name}")
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items()
    ]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_unless_a_job_says_more(path: Path) -> None:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert told[True], "on"  # YAML 1.1 reads the key "on" as true
    assert told["permissions"] == {"contents": "read"}
    writers = {
        ("release", "publish"): {"id-token"},
        ("release", "announce"): {"contents"},
        ("pages", "site"): {"pages", "id-token"},
        ("lock", "renew"): {"contents", "pull-requests"},
    }
    for name, job in told["jobs"].items():
        may = {key for key, value in job.get("permissions", {}).items() if value == "write"}
        assert may == writers.get((path.stem, name), set()), name


@pytest.mark.parametrize(("path", "name", "job"), jobs())
def test_a_job_is_bounded_and_its_steps_exist(path: Path, name: str, job: dict[str, Any]) -> None:
    if "uses" in job:
        assert (ROOT / job["uses"]).is_file()
        return
    assert 0 < job["timeout-minutes"] <= 350, name
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step), step
        if "uses" in step:
            owner = step["uses"].split("/")[0]
            assert owner in {"actions", "pypa"}, step
            assert re.search(r"@(v\d+|release/v1)$", step["uses"]), step
        for line in step.get("run", "").splitlines():
            # what a stranger writes must not become a command
            assert not re.search(r"\$\{\{\s*github\.(event|head_ref)", line), line
            for word in re.findall(r"^make (.+)$", line):
                wanted = [target for target in word.split() if "=" not in target]
                assert set(wanted) <= set(targets), line
            for file in re.findall(
                r"(?<!/)\b(?:requirements[\w.-]*\.lock|examples/\S+\.csv)", line
            ):
                assert (ROOT / file).is_file(), line


def test_every_promised_python_and_system_is_tried() -> None:
    gate = yaml.safe_load((ROOT / ".github/workflows/gate.yml").read_text(encoding="utf-8"))
    matrix = gate["jobs"]["test"]["strategy"]["matrix"]
    promised = [
        text.rpartition(" ")[2]
        for text in PROJECT["project"]["classifiers"]
        if re.search(r"Python :: 3\.\d+$", text)
    ]
    assert matrix["python"] == promised
    assert PROJECT["project"]["requires-python"] == f">={promised[0]}"
    assert [name.split("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]


def test_hooks_before_a_commit_have_the_versions_of_the_lock() -> None:
    told = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    for hook in told["repos"][0]["hooks"]:
        for pin in hook["additional_dependencies"]:
            assert re.search(rf"^{re.escape(pin)}\s", lock, re.M), pin


def test_forms_ask_for_something_and_say_what_must_be_answered() -> None:
    for path in sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")):
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.name == "config.yml":
            continue
        assert len(form["name"] + form["description"]) > 20, path.name
        ids = [field["id"] for field in form["body"]]
        assert len(ids) == len(set(ids)), path.name
        assert any(f.get("validations", {}).get("required") for f in form["body"]), path.name
        assert {field["type"] for field in form["body"]} <= {"textarea", "input", "dropdown"}


def test_the_container_runs_as_nobody_special_and_copies_what_exists() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and line[0] != "#"]
    words = [step[0] for step in steps]
    assert "ADD" not in words
    assert words[-2:] == ["ENTRYPOINT", "CMD"]
    assert words.index("USER") < words.index("ENTRYPOINT")
    for word, rest in steps:
        if word == "FROM":
            assert re.match(r"python:3\.\d+-slim-\w+( AS \w+)?$", rest), rest
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}\n" in (ROOT / ".dockerignore").read_text(encoding="utf-8")
        if word == "RUN" and "pip install" in rest:
            assert "--no-cache-dir" in rest
            assert "--require-hashes" in rest or "--no-deps" in rest


def test_the_workspace_in_a_container_has_its_settings() -> None:
    told = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert told["postCreateCommand"].split()[0] == "make"


# line ends


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("attributes", [True, False])
def test_seals_survive_a_clone_on_windows(tmp_path: Path, attributes: bool) -> None:
    """core.autocrlf=true writes every text with CRLF, unless .gitattributes knows better."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    kept = ["factors", "templates", "examples/platform", "tests/golden"]
    for name in kept:
        shutil.copytree(ROOT / name, origin / name, ignore=shutil.ignore_patterns("__pycache__"))
    if attributes:
        shutil.copy(ROOT / ".gitattributes", origin)

    def git(*words: object, crlf: str = "false") -> None:
        options = ("-c", f"core.autocrlf={crlf}", "-c", "user.name=t", "-c", "user.email=t@t")
        subprocess.run(["git", *options, *map(str, words)], check=True, capture_output=True)

    git("init", "-q", origin)
    git("-C", origin, "add", "-A")
    git("-C", origin, "commit", "-q", "-m", "all", "--no-verify")
    git("clone", "-q", origin, clone, crlf="true")
    files = [path for name in kept for path in (origin / name).rglob("*") if path.is_file()]
    same = [path.read_bytes() == (clone / path.relative_to(origin)).read_bytes() for path in files]
    assert all(same) == attributes  # without them the test sees the fault it guards against
    if attributes:
        again = load_edition(DEFAULT_EDITION, root=clone / "factors")
        assert again.id == load_edition(DEFAULT_EDITION).id


def test_what_is_committed_has_line_feeds() -> None:
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *(ROOT / "carbon").rglob("*.py")):
        assert b"\r" not in path.read_bytes(), path
