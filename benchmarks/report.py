"""What is said to people: claims in product names, and a merchant's report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.catalogue import wide
from benchmarks.harness import Bound, Row, Told, subject, timed
from carbon.label.claims import check, load_market
from carbon.pages.report import report
from carbon.study import Study

NAMES = ("纯棉连衣裙 绿色", "green tea cup", "carbon fibre rod", "Mug 350 ml", "低碳钢锅", "decor")


@subject("claims", small={"rows": 100, "repeat": 1}, order=60)
def claims(rows: int = 100_000, repeat: int = 3) -> Iterator[Told]:
    """Names held against the rules of the EU: none makes a claim, then one in a hundred does."""
    market = load_market("EU")
    plain = [f"{NAMES[at % len(NAMES)]} {at}" for at in range(rows)]
    some = [f"环保 {name}" if at % 100 == 0 else name for at, name in enumerate(plain)]
    if len(check(plain, market)) or len(check(some, market)) != -(-rows // 100):
        raise AssertionError("claims that are none, or none where there are some")
    innocent = Row(
        "names without claims", timed(lambda: check(plain, market), repeat), rows, "name"
    )
    yield innocent
    yield Row(
        "one name in a hundred claims", timed(lambda: check(some, market), repeat), rows, "name"
    )
    yield Bound(f"claims in {rows:,} names [s]", innocent.seconds, most=2)


@subject("report", small={"rows": 30, "draws": 20, "repeat": 1}, order=61)
def pages(rows: int = 584, draws: int = 1000, repeat: int = 3) -> Iterator[Told]:
    """A merchant's report with its intervals, catalogue already read."""
    study, market = Study(), load_market("China")
    catalogue = study.catalogue(wide(rows))
    study.sampler(draws)

    def page() -> None:
        html, found = report(
            study, catalogue, market, source=Path("goods.csv"), langs=("zh", "en"), draws=draws
        )
        if found.skus["total_kg"].isna().any() or "<script" in html:
            raise AssertionError("a SKU without footprint, or a page with a script")

    row = Row("report in two languages", timed(page, repeat), rows, "SKU")
    yield row
    yield Bound(f"report on {rows:,} SKUs [s]", row.seconds, most=10)
