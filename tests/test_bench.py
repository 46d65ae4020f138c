"""The timed subjects still run, and Brightway's own ways still agree; nothing is timed here."""

from __future__ import annotations

from benchmarks import footprint, start, uncertainty, whatif


def test_the_subjects_run_small() -> None:
    rows = footprint.run(rows=40, sample=20, repeat=1)
    assert [row["skus"] for row in rows] == [40, 40, 20, 2, 2]
    assert len(uncertainty.run(rows=40, draws=20, repeat=1)) == 3
    assert all(
        row["seconds"] > 0 for row in [*rows, *start.run(repeat=1), *whatif.run(rows=200, repeat=1)]
    )
