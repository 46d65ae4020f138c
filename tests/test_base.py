"""The ground: digits, files and problems, each held against a law."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.base import digits
from carbon.base.errors import OutputError, RuleError
from carbon.base.files import (
    as_utf8,
    decoded,
    read_bounded,
    whole_file,
    whole_folder,
    write_text,
)
from carbon.base.problems import Problems

SIZES = st.floats(1e-9, 1e12, allow_nan=False)


@given(SIZES, st.floats(0, 1), st.floats(1, 1e4))
def test_a_printed_value_lies_in_its_printed_interval(value, below, above):
    value_text, low, high = (
        float(each[0])
        for each in digits.amounts(
            np.array([value]), np.array([value * below]), np.array([value * above])
        )
    )
    assert low <= value_text <= high


@given(SIZES)
def test_rounding_moves_no_value_by_more_than_two_and_a_half_percent(value):
    text = digits.amounts(np.array([value]))[0][0]
    assert abs(float(text) / value - 1) <= 0.0251


@given(SIZES, st.booleans())
def test_what_is_printed_is_printed_the_same_again(value, negative):
    first = digits.amounts(np.array([-value if negative else value]))[0][0]
    assert digits.amounts(np.array([float(first)]))[0][0] == first


@given(st.lists(st.lists(st.floats(0, 1e6), min_size=4, max_size=4), min_size=1, max_size=5))
def test_shares_sum_to_a_hundred(parts):
    sizes = np.array(parts)
    percents = digits.shares(sizes)
    total = sizes.sum(axis=1)
    assert (percents.sum(axis=1) == np.where(total > 0, 100, 0)).all()
    with np.errstate(invalid="ignore", divide="ignore"):
        exact = 100 * sizes / total[:, None]
    assert (np.abs(percents - exact)[total > 0] < 1 + 1e-6).all()


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    target = tmp_path / "result.txt"
    write_text(target, "before\n")

    def fail_half_way():
        with whole_file(target) as beside:
            beside.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="O001"):
        fail_half_way()
    assert target.read_text() == "before\n"
    assert [path.name for path in tmp_path.iterdir()] == ["result.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="no locks that tell who writes")
def test_drafts_of_a_killed_run_go_and_no_others(tmp_path: Path) -> None:
    import fcntl

    def left(name: str, *, folder: bool = False, age: float = 60.0) -> Path:
        path = tmp_path / name
        path.mkdir() if folder else path.write_text("half")
        os.utime(path, (time.time() - age,) * 2)
        return path

    dead = [left(".out.csv.draft-abcdefgh.csv"), left(".out.draft-abcdefgh", folder=True)]
    locked = left(".out.csv.draft-ijklmnop.csv")
    living = [
        locked,
        left(".out.csv.draft-q.csv", age=0),
        left(".out.csv.bak"),
        left(".out.csv.x.csv"),
    ]
    link = tmp_path / ".out.csv.draft-link.csv"
    link.symlink_to(living[-1])
    with locked.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        write_text(tmp_path / "out.csv", "whole")
        with whole_folder(tmp_path / "out") as draft:
            (draft / "a").write_text("whole")
    assert not any(path.exists() for path in dead)
    assert all(path.exists() for path in living)
    assert link.is_symlink()
    assert (tmp_path / "out/a").read_text() == (tmp_path / "out.csv").read_text() == "whole"
    write_text(tmp_path / "out.csv", "again")
    assert not locked.exists()


def test_a_folder_appears_only_when_it_is_whole(tmp_path):
    target = tmp_path / "labels"
    with whole_folder(target) as beside:
        (beside / "a.svg").write_text("1")

    def fail_half_way():
        with whole_folder(target) as beside:
            (beside / "b.svg").write_text("2")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="O001"):
        fail_half_way()
    assert [path.name for path in target.iterdir()] == ["a.svg"]
    with whole_folder(target) as beside:
        (beside / "c.svg").write_text("3")
    assert [path.name for path in target.iterdir()] == ["c.svg"]
    assert [path.name for path in tmp_path.iterdir()] == ["labels"]


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of Unix")
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_result_replaces_nothing_but_a_plain_file(tmp_path, kind):
    target = tmp_path / "result.csv"
    kept = tmp_path / "kept.csv"
    kept.write_text("kept")
    {
        "link": lambda: target.symlink_to(kept),
        "pipe": lambda: os.mkfifo(target),
        "folder": target.mkdir,
    }[kind]()
    with pytest.raises(OutputError, match="O005"):
        write_text(target, "new")
    assert kept.read_text() == "kept"
    assert target.lstat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="permissions of Unix")
@pytest.mark.parametrize("mask", [0o077, 0o022])
def test_permissions_are_those_that_the_mask_leaves(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "a.txt", "a")
        with whole_folder(tmp_path / "folder"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o666 & ~mask
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o777 & ~mask


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes, links and devices of Unix")
def test_a_device_is_not_read():
    with pytest.raises(RuleError, match="not a plain file"):
        read_bounded(Path("/dev/zero"), lambda found: RuleError("P001", found))


def test_a_large_file_is_refused(tmp_path):
    path = tmp_path / "large.toml"
    path.write_bytes(b"x" * 11)
    with pytest.raises(RuleError, match="more than 10 bytes"):
        read_bounded(path, lambda found: RuleError("P001", found), largest=10)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_text_is_read_as_it_was_written(text):
    assert decoded(text.encode("utf-8"), lambda found: RuleError("P001", found)) == (
        text.removeprefix("\ufeff")
    )


def test_no_character_is_replaced_in_silence():
    assert as_utf8(b"\xff\xfe\xff") is None
    with pytest.raises(RuleError, match="no encoding"):
        decoded(b"\xff\xfe\xff", lambda found: RuleError("P001", found))


def test_codes_of_an_owner_are_told_once_in_order():
    problems = Problems()
    problems.add("C109", row=[3, 3], owner=[1, 1])
    problems.add("C104", row=[3], owner=[1])
    problems.add("C007", row=[2], owner=[0])
    failed, codes = problems.by_owner(3)
    assert failed.tolist() == [False, True, False]
    assert codes.tolist() == ["", "C104 C109", ""]
    assert problems.table()["row"].tolist() == [2, 3, 3, 3]
