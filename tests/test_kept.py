"""A platform's own reference rests on what its ledger books as kept, and on nobody's word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from carbon import read_ledger
from carbon.base.errors import StudyError
from carbon.cli.reference import reference
from carbon.footprint.reference import read_references
from carbon.liveroom.kept import kept_sales
from carbon.study import Study

TRICKS = pd.read_csv(Path(__file__).parent / "cheats" / "ledger.csv")
HONEST = pd.DataFrame(
    {
        "sku": [f"S{number}" for number in range(24)],
        "category": "t_shirt",
        "merchant": [f"M{number % 12}" for number in range(24)],
        "mass": [f"{mass} g" for mass in np.linspace(150, 190, 24).round(1)],
        "units_sold": "1000",
    }
)


def lines(goods: pd.DataFrame, units: int = 1000, returned: int | str = 300) -> pd.DataFrame:
    """A ledger of one line a SKU."""
    return pd.DataFrame(
        {
            "sku": goods["sku"],
            "units": str(units),
            "revenue": str(units * 79),
            "currency": "CNY",
            "returned_units": str(returned),
            "date": "2026-11-02",
        }
    )


@pytest.fixture(scope="module")
def honest(study: Study) -> float:
    return kilograms(study, HONEST, lines(HONEST))


def kilograms(study: Study, goods: pd.DataFrame, sales: pd.DataFrame, weights: str = "units"):
    built = study.build_references(goods, weights=weights, sales=sales)
    assert built.weights == f"kept {weights}"
    return float(built.stages(study).sum(axis=1).iloc[0])


@pytest.mark.parametrize("weights", ["units", "revenue"])
@pytest.mark.parametrize("position", range(len(TRICKS)), ids=TRICKS["trick"])
def test_a_trick_moves_the_reference_only_so_far(study, honest, position: int, weights: str):
    trick = TRICKS.iloc[position]
    goods = {name: str(trick[name]) for name in ("sku", "merchant", "mass")}
    goods |= {"category": "t_shirt", "units_sold": str(trick["declared"])}
    more = pd.DataFrame([goods])
    booked = lines(more, int(trick["units"]), int(trick["returned"]))
    sales = pd.concat([lines(HONEST), *[booked] * int(trick["lines"])], ignore_index=True)
    moved = kilograms(study, pd.concat([HONEST, more], ignore_index=True), sales, weights)
    assert -1e-9 <= moved / honest - 1 <= trick["most_moved"] + 1e-9


def test_what_is_declared_is_not_looked_at(study, honest):
    goods = HONEST.assign(units_sold=[str(10**number) for number in range(1, 9)] * 3)
    assert kilograms(study, goods, lines(goods)) == pytest.approx(honest, rel=1e-12)
    assert kilograms(study, goods.drop(columns="units_sold"), lines(goods)) == pytest.approx(
        honest, rel=1e-12
    )


def test_kept_units_are_sold_less_returned_by_line_and_by_red_line(study):
    goods = study.catalogue(HONEST.head(3).assign(return_rate="40%"))
    told = pd.DataFrame(
        {
            "sku": ["S0", "S0", "S1", "S2", "S2", "X"],
            "units": ["10", "-2", "10", "5", "-9", "50"],
            "revenue": ["100", "-20", "100", "50", "-90", "500"],
            "currency": "CNY",
            "returned_units": ["3", "", "", "0", "", "0"],
            "date": "2026-11-02",
        }
    )
    kept = kept_sales(read_ledger(told, "sales"), goods)
    assert kept["units"].tolist() == [5.0, 6.0, 0.0]
    assert kept["revenue"].tolist() == [50.0, 60.0, 0.0]


def test_a_ledger_that_is_not_read_makes_no_reference(study):
    sales = lines(HONEST)
    sales.loc[:1, "returned_units"] = "gone"
    with pytest.raises(StudyError, match=r"S035: .*2 of 24"):
        study.build_references(HONEST, sales=sales)
    with pytest.raises(StudyError, match="S035"):
        study.build_references(HONEST, sales=lines(HONEST.assign(sku="other")))
    two = lines(HONEST)
    two.loc[0, "currency"] = "USD"
    with pytest.raises(StudyError, match="S033"):
        study.build_references(HONEST, sales=two, weights="revenue")


def test_the_command_reads_a_ledger(study, tmp_path, honest):
    goods, sales, file = (tmp_path / name for name in ("goods.csv", "sales.csv", "ours.json"))
    HONEST.to_csv(goods, index=False)
    lines(HONEST).to_csv(sales, index=False)
    words = ["build", str(goods), "-o", str(file), "--sales", str(sales)]
    done = CliRunner().invoke(reference, words)
    assert done.exit_code == 0, done.output
    built = read_references(file)
    assert built.weights == "kept units"
    assert len(built.catalogue.split()) == 2
    assert float(built.stages(study).sum(axis=1).iloc[0]) == pytest.approx(honest, rel=1e-12)
