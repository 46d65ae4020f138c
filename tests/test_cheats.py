"""The cheat book: no trick gets a better sure letter than the truth, and each is told.

``tests/cheats/*.csv`` hold one row a trick; adding one needs no Python. In ``sku.csv`` a row stands
against the first row of its ``group``, the honest one. ``expected`` is a state, ``no better`` (no
better sure letter, no better end of a range that is sure, or none) or ``any``; ``codes`` must be
among the reasons.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from carbon.footprint.reference import of_sales
from carbon.label.scale import STATES
from carbon.study import Study

FOLDER = Path(__file__).parent / "cheats"
LETTERS = "ABCDE"
DRAWS = 500
OWN = ["trick", "group", "expected", "codes"]


def book(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def judge() -> Study:
    return Study("2026.2")


@pytest.fixture(scope="module")
def graded(judge: Study) -> pd.DataFrame:
    table = book("sku")
    table["sku"] = [f"S{i}" for i in range(len(table))]
    found = judge.grades(table.drop(columns=OWN), draws=DRAWS)
    return found.join(table[OWN])


def claimed(row: pd.Series) -> int:
    """The worst letter that is sure: what a condition asks; none is worse than all."""
    return LETTERS.find(row["letter_worst"]) if row["letter_worst"] else len(LETTERS)


TRICKS = book("sku")


@pytest.mark.parametrize("position", range(len(TRICKS)), ids=TRICKS["trick"])
def test_a_trick_gets_no_better_letter_and_is_told(graded: pd.DataFrame, position: int) -> None:
    row = graded.loc[position]
    honest = graded[graded["group"] == row["group"]].iloc[0]
    assert set(row["codes"].split()) <= set(row["reason"].split())
    if row["expected"] in STATES:
        assert row["state"] == row["expected"]
    if row["expected"] != "any":
        assert claimed(row) >= claimed(honest)
    if row["state"] == "withheld":
        assert row["reason"]
        assert row["letter"] == row["letter_text"] == ""


def test_documents_lift_what_was_withheld(judge: Study) -> None:
    table = book("documents")
    table["sku"] = [f"D{i}" for i in range(len(table))]
    found = judge.grades(table.drop(columns=OWN), draws=DRAWS)
    bare = table.drop(columns=OWN).replace(r" measured \[.*\]", "", regex=True)
    without = judge.grades(bare, draws=DRAWS)
    assert (found["total_kg"] - without["total_kg"]).abs().max() < 1e-9
    cell = ("C261", "C263", "C264", "C272")
    assert not found["reason"].str.contains("|".join(cell)).any()
    assert without["reason"].str.contains("|".join(cell)).all()
    gained = found["documented_share"] - without["documented_share"]
    assert (gained >= 0).all()
    assert (gained[:2] > 0).all()
    light = found.iloc[0]
    assert light["state"] in ("sure", "range")
    assert light["letter"] == "B"
    assert without.iloc[0]["state"] == "withheld"


def test_measured_without_a_document_is_declared(judge: Study) -> None:
    text = "sku,category,mass\nA,t_shirt,150 g\nB,t_shirt,150 g measured\n"
    columns = ["ratio", "ratio_gsd", "low_kg", "high_kg", "letter", "state", "reason"]
    first, second = judge.grades(text, draws=100)[columns].to_numpy(object)
    assert list(first) == list(second)


def test_a_letter_rests_on_one_piece_whatever_stands_in_the_file(judge: Study) -> None:
    table = book("catalogue")
    table["sku"] = [f"S{i}" for i in range(len(table))]
    found = judge.grades(table.drop(columns=OWN), draws=DRAWS).join(table[OWN])
    for trick, rows in found.groupby("trick"):
        best = [claimed(row) for _, row in rows.iterrows()]
        if rows["expected"].iloc[0] == "equal":
            assert rows[["ratio", "letter_probability", "letter_text"]].nunique().max() == 1, trick
        else:
            assert min(best[1:]) >= best[0], trick


@pytest.mark.parametrize("trick", book("reference")["trick"].unique())
def test_declared_sales_move_a_reference_only_so_far(judge: Study, trick: str) -> None:
    rows = book("reference").query("trick == @trick")
    goods = rows.assign(category="t_shirt", currency="CNY")
    goods = goods[["sku", "category", "merchant", "mass", "units_sold", "price", "currency"]]

    def kilograms(table: pd.DataFrame, largest: tuple[float, float]) -> float:
        filled = judge.catalogue(table)
        known = np.ones(len(filled), dtype=bool)
        built = of_sales(
            filled, known, judge.boundary, judge.edition.id,
            weights=rows["weights"].iloc[0], least=5, largest=largest,
            name="shop", version="1", sha256="",
        )  # fmt: skip
        return float(built.stages(judge).sum(axis=1).iloc[0])

    honest = kilograms(goods[~goods["sku"].str.startswith("BIG")], judge.scale.largest)
    moved = kilograms(goods, judge.scale.largest) / honest - 1
    free = kilograms(goods, (1.0, 1.0)) / honest - 1
    most = float(rows["most_moved"].iloc[-1])
    assert free > 1.5 * moved
    assert 0 < moved <= most


def test_the_honest_example_raises_no_false_alarm_and_is_mostly_sure(judge: Study) -> None:
    """No code says that an honest row is not what its category is; nothing is withheld."""
    example = Path(__file__).parents[1] / "examples" / "catalogue.csv"
    found = judge.grades(example, draws=200)
    codes = found["reason"].str.split().explode()
    assert not codes.isin(["C261", "C262", "C269", "C270", "C271", "C272"]).any()
    state = found["state"].value_counts(normalize=True)
    assert state["sure"] >= 0.8
    assert state["withheld"] == state["unknown"] == 0
    ungraded = judge.edition.judging["functional_quantities"].query("graded != 'yes'")
    none = found["state"] == "not_applicable"
    assert set(found.loc[none, "category"]) == set(ungraded["category"]) & set(found["category"])
