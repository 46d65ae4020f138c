"""The timed subjects still run, and Brightway's own ways still agree; nothing is timed here."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from nightly import night

pytest.importorskip("resource", reason="peaks of memory are those of POSIX")

from benchmarks import growth, harness
from benchmarks.harness import Bound, Note, Row, SkippedError, dump, every, parse

SUBJECTS = every()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all subjects: what one solved and drew lies in the cache of the next."""
    return tmp_path_factory.mktemp("home")


DEAR = ("streaming", "label", "a background of ecoinvent's size")
"""Subjects that take long even when they are small."""


@pytest.mark.parametrize("name", [*(name for name in SUBJECTS if name not in DEAR), *night(*DEAR)])
def test_a_subject_runs_small(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "APART", False)
    for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(home))
    one = SUBJECTS[name]
    assert one.run.__doc__, name
    try:
        told = list(one.run(**one.small))
    except SkippedError as reason:
        pytest.skip(str(reason))
    rows = [row for row in told if isinstance(row, Row)]
    assert rows
    assert all(row.seconds > 0 and row.items > 0 for row in rows)
    assert all(math.isfinite(bound.value) for bound in told if isinstance(bound, Bound))


@pytest.mark.parametrize("apart", [True, False])
def test_a_snippet_tells_its_own_time(apart: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own it has a peak of memory; here it has none, and is sooner done."""
    monkeypatch.setattr(harness, "APART", apart)
    code = (
        "import sys, time; held = b'x' * 100_000_000; time.sleep(0.2)\n"
        "print('said'); print(float(sys.argv[1]) * 2)"
    )
    runs, peak = harness.snippet(code, 1.5)
    assert runs == (3.0,)
    assert (peak > 100) == apart


def test_what_is_told_survives_the_way_between_processes() -> None:
    for told in (
        Row("a", (1.0, 2.0, 4.0), 4, "room", 3.5),
        Bound("b", 2.0, most=1.0),
        Note("| c |"),
    ):
        assert parse(dump(told)) == told
    assert Row("a", (1.0, 2.0, 4.0), 4).each == 0.5
    assert not Bound("b", 2.0, most=1.0).met
    assert Bound("b", 2.0, least=1.0).met


def test_the_picture_of_growth_is_drawn() -> None:
    rows = {
        name: [Row(name, (10.0**power / 1e5,), 10**power, "SKU", 300.0) for power in (3, 5, 7)]
        for name in growth.COLOURS
    }
    assert growth._drawn(rows).count("<polyline") == 4
