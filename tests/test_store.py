"""A folder of own backgrounds that was damaged is told of; what a killed run left is no version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from carbon.background import store
from carbon.base.errors import FactorsError, StudyError
from carbon.cli.main import main

DESCRIPTOR = {
    "name": "own-mine",
    "version": "0a1b",
    "title": "Mine",
    "licenses": [{"name": "ours"}],
    "citation": "a project",
    "datasets": 3,
}


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Descriptor of the only version of an own background."""
    monkeypatch.setattr(store, "root", lambda: tmp_path / "backgrounds")
    draft = tmp_path / "backgrounds" / "mine" / ".making-killed"
    draft.mkdir(parents=True)
    (draft / "datapackage.json").write_text(json.dumps(DESCRIPTOR), encoding="utf-8")
    made = tmp_path / "made"
    made.mkdir()
    (made / "datapackage.json").write_text(json.dumps(DESCRIPTOR), encoding="utf-8")
    return store.put(made, draft.parent) / "datapackage.json"


def test_what_a_killed_run_left_is_no_version(mine: Path) -> None:
    assert store.stored()[["version", "current"]].to_numpy().tolist() == [["0a1b", True]]
    assert store.drop("mine") == 1
    assert not mine.parent.parent.exists(), "the draft goes with it"


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"\xff\xfe", b"[" * 200_000, b'{"name": "own-mine"}', b"9" * 5000]
    + [json.dumps({**DESCRIPTOR, "datasets": bad}).encode() for bad in (None, "many", [1])],
)
def test_a_damaged_descriptor_is_told(mine: Path, damage: bytes) -> None:
    mine.write_bytes(damage)
    with pytest.raises(FactorsError, match="F002"):
        store.stored()
    said = CliRunner().invoke(main, ["background", "list", "--lang", "en"])
    assert (said.exit_code, "F002" in said.stderr) == (FactorsError.exit_code, True), said.output
    with pytest.raises(StudyError, match="known: mine"):
        store.folder("yours")
    assert store.drop("mine") == 1, "what cannot be read can be deleted"


@pytest.mark.parametrize("pointer", [b"\xff", b"../../..", b"", b"x" * 5000])
def test_a_damaged_pointer_names_no_version(mine: Path, pointer: bytes) -> None:
    (mine.parents[1] / "current").write_bytes(pointer)
    assert not store.stored()["current"].any()
    with pytest.raises(StudyError, match="X012"):
        store.folder("mine")
    assert store.folder("mine@0a1b") == mine.parent
