"""What a poor fit of place and time adds, in the room of the background alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from carbon.background.edition import DEFAULT_EDITION, Edition, load_edition
from carbon.background.sampling import Mismatch
from carbon.base.terms import FITS

YEAR = 2026
EDITIONS = {name: load_edition(name) for name in dict.fromkeys(("2026.1", DEFAULT_EDITION))}
EDITION = EDITIONS[DEFAULT_EDITION]


def aged(*ages: float, edition: Edition = EDITION) -> Any:
    """The shipped tables, and datasets of some ages [a] in one edition."""
    years = [YEAR - age for age in ages]
    datasets = pd.DataFrame(
        {"source": "s", "activity": [f"a{at}" for at in range(len(ages))], "location": "GLO"}
    )
    activities = pd.DataFrame({"year": years, "published": range(len(ages))})
    return SimpleNamespace(
        spreads=edition.spreads,
        year=YEAR,
        activities=activities,
        datasets=datasets,
        id="test",
        sha256="0" * 64,
        digest="0" * 64,
    )


def fits(*names: str) -> np.ndarray:
    return np.array([FITS.index(name) for name in names], dtype=np.int8)


def pedigree(indicator: str, score: int) -> float:
    """Squared geometric standard deviation of a score, as its table has it [1]."""
    table = EDITION.spreads["pedigree"]
    row = table[(table["indicator"] == indicator) & (table["score"].astype(int) == score)]
    return float(row["gsd2"].iloc[0])


def placed(edition: Edition, fit: str) -> float:
    """Squared geometric standard deviation of a fit: told by the edition, or by its score [1]."""
    fit = "proxy" if fit.endswith("proxy") else fit
    if "mismatch" in edition.spreads:
        return float(edition.spreads["mismatch"].set_index("fit")["gsd2"][fit])
    return pedigree("geographical", {"exact": 1, "region": 2, "global": 3, "proxy": 5}[fit])


@pytest.mark.parametrize(
    ("age", "score"),
    [
        (0, 1),
        (2, 1),
        (3, 2),
        (5, 2),
        (6, 3),
        (9, 3),
        (10, 4),
        (14, 4),
        (15, 5),
        (40, 5),
        (np.nan, 5),
    ],
)
def test_the_score_of_an_age_at_its_bounds(age: float, score: int) -> None:
    """Weidema 2013: less than 3, 6, 10 and 15 years; at the bound the poorer score holds."""
    mismatch = Mismatch(aged(age))
    assert mismatch.time(np.zeros(1, dtype=np.int32)).tolist() == [score]


@pytest.mark.parametrize(("age", "score"), [(5, 0), (6, 3), (12, 4), (20, 5)])
def test_age_widens_from_six_years_on(age: float, score: int) -> None:
    """Younger data are dated by their own pedigree, and would else be widened twice."""
    added = Mismatch(aged(age)).gsd2(np.zeros(1, dtype=np.int32), fits("exact"))
    assert added.tolist() == pytest.approx([pedigree("temporal", score) if score else 1.0])
    assert (added[0] > 1.0) == (age >= 6)


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)
@pytest.mark.parametrize("fit", ["region", "global", "regional proxy", "grid proxy", "world proxy"])
def test_place_and_time_add_as_independent_spreads(edition: Edition, fit: str) -> None:
    """Logarithms add in quadrature: neither their sum nor the larger one."""
    mismatch = Mismatch(aged(12, 12, edition=edition))
    added = mismatch.gsd2(np.arange(2, dtype=np.int32), fits("exact", fit))
    time, place = pedigree("temporal", 4), placed(edition, fit)
    both = np.exp(np.hypot(np.log(time), np.log(place)))
    assert added.tolist() == pytest.approx([time, both])
    assert max(time, place) < both < time * place


def test_draws_have_the_spread_that_is_told() -> None:
    """gsd² is the factor of two standard deviations, the mean is 1, and no fit is constant."""
    mismatch = Mismatch(aged(20, 1))
    rows = np.arange(2, dtype=np.int32)
    gsd2 = mismatch.gsd2(rows, fits("world proxy", "exact"))
    drawn = mismatch.draw(rows, fits("world proxy", "exact"), 20_000)
    assert np.log(drawn[0].astype(float)).std() == pytest.approx(np.log(gsd2[0]) / 2, rel=0.02)
    assert drawn[0].mean(dtype=float) == pytest.approx(1.0, rel=1e-5)
    assert gsd2[1] == 1.0
    assert (drawn[1] == 1.0).all()


def test_another_fit_of_one_dataset_is_another_draw() -> None:
    mismatch = Mismatch(aged(20))
    rows = np.zeros(3, dtype=np.int32)
    first, again, other = mismatch.draw(rows, fits("grid proxy", "world proxy", "region"), 50)
    assert (first == again).all()
    assert (first != other).any()
    assert abs(np.corrcoef(np.log(first), np.log(other))[0, 1]) < 0.9


def test_a_proxy_tells_how_far_it_is() -> None:
    """The same region, a grid that emits alike, or neither; freight is British."""
    lorry = {
        place: FITS[EDITION.match("freight, lorry", place)[1]]
        for place in ("GB", "FR", "PT", "VN", "CN-ZJ")
    }
    assert lorry["GB"] == "exact"
    assert lorry["FR"] == lorry["PT"] == "regional proxy"
    assert lorry["VN"] == lorry["CN-ZJ"] == "world proxy"
    grid = EDITION.exchanges
    assert {FITS[fit] for fit in grid["fit"].unique()} <= set(FITS)
    alike = [
        place
        for place in EDITION.vocabulary["regions"]["location"]
        if FITS[EDITION.match("freight, lorry", place)[1]] == "grid proxy"
    ]
    assert alike
    assert "CN" not in alike


def test_a_stand_in_is_told_wherever_it_is_and_keeps_the_spread_of_its_place() -> None:
    row, fit = EDITION.match("display panel, module", "CN")
    rows, placed_fit = np.array([row, -1], dtype=np.int32), fits(FITS[fit], "none")
    assert FITS[fit] == "global"
    reported = EDITION.reported(rows, placed_fit)
    assert [FITS[code] for code in reported] == ["stand-in", "none"]
    assert Mismatch(EDITION).fits[fit] == np.log(placed(EDITION, "global"))


def test_proxies_are_drawn_alike_however_far() -> None:
    mismatch = Mismatch(aged(1))
    rows = np.zeros(3, dtype=np.int32)
    near, grid, far = mismatch.draw(rows, fits("regional proxy", "grid proxy", "world proxy"), 20)
    assert (near == grid).all()
    assert (near == far).all()
