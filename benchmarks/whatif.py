"""Every lever alone, and all of them together, for a whole catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.catalogue import wide
from benchmarks.harness import Bound, Row, Told, subject, timed
from carbon.footprint.levers import LEVERS
from carbon.footprint.scenario import what_if
from carbon.study import Study


@subject("what-if", small={"rows": 30, "repeat": 1}, order=30)
def run(rows: int = 100_000, repeat: int = 3) -> Iterator[Told]:
    """Every lever alone and all together, central values, catalogue already read.

    The courier bag of each SKU is a box here, and one material comes with recycled content, so
    that no lever stands idle for all of them.
    """
    study = Study()
    study.unit_impacts  # noqa: B018  the solved background is in the cache, as in daily use
    table = wide(rows)
    table["packaging"] = table["packaging"].str.replace("courier bag", "mailer box")
    catalogue = study.catalogue(table)

    def levers() -> None:
        found = what_if(study, catalogue)
        used = found.groupby("lever", observed=True)["applies"].any()
        if rows >= len(LEVERS) * 10 and not used.all():
            raise AssertionError(f"idle levers: {', '.join(used.index[~used].astype(str))}")

    row = Row(f"what-if, {len(LEVERS)} levers and their combination", timed(levers, repeat), rows)
    yield row
    yield Bound(f"what-if of {rows:,} SKUs [s]", row.seconds, most=15)
