"""Every command on terminals that have few letters, with names that would steer them."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import COMMANDS, prepared, run, terminal

from carbon.base.faults import STEERING
from carbon.cli.main import main

ENCODINGS = ("gbk", "cp1252", "ascii")
NAMES = {
    *("check", "explain", "footprint", "compare", "label", "report", "rank", "room", "tax"),
    *("factors search", "factors show", "background drop"),
}
"""Commands that print a name of these goods or words."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with terminal("utf-8"):
        return prepared(tmp_path_factory.mktemp("terminals") / "in")


def test_no_command_is_left_out() -> None:
    assert set(COMMANDS) == {
        name if name == inner else f"{name} {inner}"
        for name, command in main.commands.items()
        for inner in getattr(command, "commands", {name: command})
    }


def test_any_terminal_takes_what_every_command_says(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    for at, (name, words) in enumerate(COMMANDS.items(), start=1):
        lang = ("zh", "en")[at % 2]
        with terminal(ENCODINGS[at % len(ENCODINGS)]) as streams:
            code = run(name, words, source, tmp_path / "out", "--lang", lang)
        told = [stream.getvalue() for stream in streams]
        assert code in (0, 1, 3, 4), (name, code, told[1][-400:])
        assert all(b"\x1b" not in each for each in told), name
        # click takes ASCII for a mistake of the locale, and writes UTF-8 there
        text = "".join(each.decode(ENCODINGS[at % 3], "replace") for each in told)
        text += "".join(each.decode("utf-8", "replace") for each in told)
        steering = set(STEERING.findall(text)) - {"\r"} if ENCODINGS[at % 3] != "ascii" else set()
        assert not steering & {"\x9b", "\u202e", "\u2069", "\x1b"}, name
        assert "\\x1b[2J" in text or name not in NAMES, (name, text[-400:])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_help_is_for_any_terminal(encoding: str) -> None:
    with terminal(encoding) as streams, pytest.raises(SystemExit) as end:
        main.main(["--help"], prog_name="carbon")
    assert end.value.code == 0
    assert b"footprint" in streams[0].getvalue()
    for name in ("check", "label", "room", "background"):
        with terminal(encoding), pytest.raises(SystemExit):
            main.main([name, "--help"], prog_name="carbon")
