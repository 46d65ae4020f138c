"""Plausibility against the literature: misses are shown, and none may grow by a factor.

``python tests/test_validation.py`` prints the rows of the tables in ``docs/validation.md``.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from carbon.footprint.result import RESULT_COLUMNS
from carbon.study import Study

ROOT = Path(__file__).resolve().parents[1]
ROWS = pd.read_csv(
    ROOT / "tests" / "published" / "plausibility.csv", dtype=str, keep_default_na=False
).set_index("id")
PAGE = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
QUANTITIES = {name for name in RESULT_COLUMNS if name.endswith("_kg")}
TERM = re.compile(r"\s*(?P<sign>[+-]?)\s*(?P<factor>[\d.]+ )?(?P<sku>\w+)\.(?P<column>\w+)\s*")


@cache
def study(boundary: str, method: str) -> Study:
    return Study(boundary=boundary, method=method)


def weighted_sum(terms: str, result: pd.DataFrame) -> float:
    """``0.4 A.packaging_kg + B.returns_kg``: columns of SKUs, with factors."""
    total, position = 0.0, 0
    while position < len(terms):
        term = TERM.match(terms, position)
        assert term, terms[position:]
        assert term["column"] in QUANTITIES, term["column"]
        sign = -1.0 if term["sign"] == "-" else 1.0
        total += sign * float(term["factor"] or 1) * result.loc[term["sku"], term["column"]]
        position = term.end()
    return total


@cache
def computed(name: str) -> float:
    """What the model finds; ``per`` divides all that stands before it by all after it."""
    row = ROWS.loc[name]
    result = study(row["boundary"], row["method"]).footprints(row["catalogue"] + "\n").to_frame()
    above, *below = row["quantity"].split(" per ")
    result = result.set_index("sku")
    found = weighted_sum(above, result) / float(row["divide_by"])
    return found / weighted_sum(below[0], result) if below else found


def miss(name: str) -> float:
    """The figure over the bound it passes; 1 inside the range."""
    low, high = (float(ROWS.loc[name, f"literature_{end}"]) for end in ("low", "high"))
    found = computed(name)
    return found / min(max(found, low), high)


def verdict(name: str) -> str:
    factor = f"{miss(name):.2g}" if miss(name) < 1 else f"{miss(name):.1f}"
    if abs(miss(name) - 1) < 0.05:
        return "inside"
    return f"x{factor} {'above' if miss(name) > 1 else 'below'}"


def line(name: str) -> str:
    """A row of the page."""
    row = ROWS.loc[name]
    found = f"{computed(name):#.3g}"
    ends = dict.fromkeys((row["literature_low"], row["literature_high"]))
    cells = (f"`{name}`", row["remark"], found, " to ".join(ends), row["unit"], verdict(name))
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("name", ROWS.index)
def test_the_page_tells_what_the_model_finds(name: str) -> None:
    assert line(name) in PAGE.splitlines()


@pytest.mark.parametrize("name", ROWS.index)
def test_no_miss_grows_by_a_factor(name: str) -> None:
    tolerated = float(ROWS.loc[name, "tolerated_factor"])
    assert 1 / tolerated <= miss(name) <= tolerated


def test_the_page_holds_these_rows_and_no_others() -> None:
    assert re.findall(r"^\| `([^`]+)`", PAGE, re.M) == list(ROWS.index)


if __name__ == "__main__":
    print("\n".join(map(line, ROWS.index)))
