"""References, scale and letters."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from carbon.base.errors import FactorsError, StudyError
from carbon.cli.reference import reference
from carbon.footprint.reference import of_sales, read_references
from carbon.label.scale import Scale, grade, lettered, scale_of
from carbon.study import Study

GOODS = """sku,category,mass,units_sold,price
A,t_shirt,120 g,100,50 CNY
B,t_shirt,200 g,300,100 CNY
C,t_shirt,180 g,50,80 CNY
D,t_shirt,150 g,10,60 CNY
E,t_shirt,160 g,20,70 CNY
F,t_shirt,2 ton,20,70 CNY
G,dress,300 g,20,200 CNY
"""
SCALE = Scale(("A", "B", "C", "D", "E"), np.array([0.6, 0.8, 1.0, 1.25]), 0.9, 2.0, 5)


@pytest.fixture(scope="module")
def filled(study: Study):
    return study.catalogue(GOODS)


def sales(study: Study, filled, weights: str = "units"):
    known = ~np.isnan(study.footprints(filled).total)
    return of_sales(
        filled,
        known,
        study.boundary,
        study.edition.id,
        weights=weights,
        least=5,
        name="shop",
        version="1",
        sha256="0" * 64,
    )


def test_an_archetype_stands_at_one(study: Study) -> None:
    names = study.vocabulary.categories["category"].tolist()
    names.remove("other")  # nothing is known of it without a price
    bare = pd.DataFrame({"sku": names, "category": names})
    first = Study("2026.1")
    known = first.vocabulary.categories["category"].tolist()
    plain = first.grades(pd.DataFrame({"sku": known, "category": known}), draws=0)
    assert np.allclose(plain["ratio"], 1, rtol=1e-9, atol=0)
    graded = study.grades(bare, draws=0)
    drawn = study.grades(bare, draws=20)
    middle = drawn["ratio"] * (1 - drawn["dear_kg"] / drawn["total_kg"])
    assert np.allclose(middle, 1, rtol=1e-6, atol=0)
    assert (drawn["dear_kg"] > 0).all()
    assert set(graded["state"]) == {"estimate", "not_applicable"}
    estimates = graded[graded["state"] == "estimate"]
    assert estimates["reason"].str.contains("J001").all()
    assert estimates["reason"].str.contains("J005").all()
    assert set(graded["letter"]) == {""}


@pytest.mark.parametrize("weights", ["units", "revenue", "equal"])
def test_a_platforms_reference_is_the_weighted_mean_of_what_it_sells(
    study: Study, filled, weights: str
) -> None:
    built = sales(study, filled, weights)
    total = study.footprints(filled).total[:5]
    units = np.array([100, 300, 50, 10, 20.0])
    price = np.array([50, 100, 80, 60, 70.0])
    weight = {"units": units, "revenue": units * price, "equal": np.ones(5)}[weights]
    kg = built.stages(study).sum(axis=1)
    assert kg.index.tolist() == ["t_shirt/adult"]
    assert kg["t_shirt/adult"] == pytest.approx(np.average(total, weights=weight), rel=1e-12)
    assert built.skus == {"t_shirt/adult": 5}
    assert built.left_out == {"t_shirt/adult": 1}


def test_a_category_without_reference_is_not_applicable_and_a_gap_is_unknown(
    study: Study, filled
) -> None:
    graded = study.grades(filled, references=sales(study, filled), draws=50).set_index("sku")
    assert graded.loc["G", ["letter", "state", "reason"]].tolist() == [
        "", "not_applicable", "J002",
    ]  # fmt: skip
    assert graded.loc["F", ["letter", "state"]].tolist() == ["", "unknown"]
    assert "C104" in graded.loc["F", "reason"]
    assert graded.loc["G", "total_kg"] > 0


def test_the_letter_is_the_likeliest_and_its_range_holds_nine_tenths(study: Study, filled) -> None:
    weighed = study.footprints(filled, draws=200, references=study.references)
    graded = grade(weighed, study.scale, "x")
    letters = study.scale.letters
    below = weighed.standing.below
    for row in range(5):
        chance = np.diff([0, *below[row], 1])
        told = graded.loc[row]
        assert told["letter_probability"] == pytest.approx(chance.max(), abs=1e-6)
        pairs = chance[1:] + chance[:-1]
        single, double = chance.max() >= 0.9 - 1e-9, pairs.max() >= 0.9 - 1e-9
        assert told["state"] == ("sure" if single else "range" if double else "withheld")
        if double:
            first, last = (letters.index(told[f"letter_{end}"]) for end in ("best", "worst"))
            assert last - first == (0 if single else 1)
            assert chance[first : last + 1].sum() >= 0.9 - 1e-9
            assert told["letter"] == letters[chance.argmax()]
            assert told["letter_text"] == "–".join(letters[first : last + 1])
    # what a SKU shares with its reference cancels
    assert (graded["ratio_gsd"] < graded["gsd"])[:5].all()


def test_parts_and_neighbours_change_no_grade(study: Study, filled) -> None:
    whole = study.grades(filled, draws=50)
    parts = study.grades(filled, draws=50, chunk=2)
    pd.testing.assert_frame_equal(whole, parts)
    alone = study.grades(filled.select(["C"]), draws=50)
    columns = ["ratio", "letter_probability", "ratio_gsd"]
    assert alone.loc[0, columns].tolist() == whole.loc[2, columns].tolist()


@given(st.floats(0, 5), st.sampled_from([-1, 0, 1]))
def test_a_bound_belongs_to_the_better_letter(ratio: float, step: int) -> None:
    """The letter is that of the exact ratio, but for the rounding of the machine."""
    letter = SCALE.letter(np.array([ratio]))[0]
    bounds = [0.0, *SCALE.reach, np.inf]
    assert bounds[letter] < ratio <= bounds[letter + 1] or (ratio == 0 and letter == 0)
    for position, bound in enumerate(SCALE.bounds):
        near = bound * (1 + step * 1e-10)
        assert SCALE.letter(np.array([near]))[0] == position
        assert SCALE.letter(np.array([bound * (1 + 1e-8)]))[0] == position + 1


@given(st.lists(st.integers(0, 1000), min_size=5, max_size=5).filter(sum))
def test_the_range_is_the_shortest_that_is_sure_enough(counts: list[int]) -> None:
    share = np.array([counts]) / sum(counts)
    likeliest, best, worst = (int(part[0]) for part in SCALE.ranges(share))
    assert share[0, likeliest] == share.max()
    assert likeliest == max(np.flatnonzero(share[0] == share.max()))  # of equals the worse
    pairs = share[0, 1:] + share[0, :-1]
    enough = 0.9 - 1e-9
    if share.max() >= enough:
        assert best == worst == likeliest
    elif pairs.max() >= enough:
        assert worst == best + 1
        assert share[0, best : worst + 1].sum() >= enough
        assert best <= likeliest <= worst
    else:
        assert best == worst == -1


def test_a_file_of_references_comes_back_and_must_not_be_changed(
    study: Study, filled, tmp_path: Path
) -> None:
    built = sales(study, filled)
    path = tmp_path / "ours.json"
    path.write_text(built.write(), encoding="utf-8")
    again = read_references(path)
    assert again.id == built.id
    pd.testing.assert_frame_equal(again.stages(study), built.stages(study))
    told = json.loads(path.read_text(encoding="utf-8"))
    told["amount"][0] *= 2
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(StudyError, match="S031"):
        read_references(path)
    for bad in ("{}", "[]", "no json", json.dumps({**told, "stage": ["nowhere"]})):
        path.write_text(bad, encoding="utf-8")
        with pytest.raises(StudyError, match="S030"):
            read_references(path)


def test_another_boundary_is_refused(study: Study, filled) -> None:
    gate = Study(boundary="cradle-to-gate")
    with pytest.raises(StudyError, match="S002"):
        gate.grades(GOODS, references=sales(study, filled), draws=0)


def test_what_cannot_be_a_reference_is_refused(study: Study, filled) -> None:
    for text, weights, code in (
        ("sku,category\nA,t_shirt\n", "units", "S032"),
        (GOODS.replace("60 CNY", "60 USD"), "revenue", "S033"),
        (GOODS, "mass", "S034"),
    ):
        with pytest.raises(StudyError, match=code):
            sales(study, study.catalogue(text), weights)


def test_a_faulty_scale_is_refused(study: Study) -> None:
    class Edition:
        def __init__(self, upper, confidence=0.9):
            letters = pd.DataFrame({"letter": list("ABC"), "upper": upper, "source": "own/1"})
            told = pd.DataFrame(
                {
                    "parameter": ["confidence", "validity", "least_skus"],
                    "value": [confidence, 2, 5],
                }
            )
            self.scales = {"scale": letters, "scale_parameters": told}

    assert scale_of(Edition([0.5, 1, np.nan])).letters == ("A", "B", "C")
    for upper, confidence in (([1, 0.5, np.nan], 0.9), ([0.5, 1, 2], 0.9), ([0.5, 1, np.nan], 2)):
        with pytest.raises(FactorsError, match="F018"):
            scale_of(Edition(upper, confidence))


def test_letters_before_and_after_a_lever() -> None:
    table = pd.DataFrame(
        {"category": ["x", "x", "y"], "before_kg": [1.3, 0.9, 1.0], "after_kg": [0.7, np.nan, 1.0]}
    )
    out = lettered(table, pd.Series({"x": 1.0}), SCALE)
    assert out["letter_before"].tolist() == ["E", "C", ""]
    assert out["letter_after"].tolist() == ["B", "", ""]


def test_the_commands(study: Study, tmp_path: Path) -> None:
    goods, ours = tmp_path / "goods.csv", tmp_path / "ours.json"
    goods.write_text(GOODS, encoding="utf-8")
    run = CliRunner().invoke
    done = run(reference, ["build", str(goods), "-o", str(ours), "--name", "shop"])
    assert done.exit_code == 1, done.output  # row F is left out
    first = ours.read_bytes()
    run(reference, ["build", str(goods), "-o", str(ours), "--name", "shop"])
    assert ours.read_bytes() == first
    done = run(reference, ["list", "--references", str(ours), "-o", str(tmp_path / "r.csv")])
    assert done.exit_code == 0, done.output
    assert pd.read_csv(tmp_path / "r.csv").loc[0, "skus"] == 5
    assert run(reference, ["build", str(goods), "-o", str(goods)]).exit_code == 5


def test_ungraded_footprints_keep_their_columns(study: Study, filled) -> None:
    weighed = study.footprints(filled, references=study.references)
    assert grade(weighed, SCALE, "x")["total_kg"].equals(weighed.to_frame()["total_kg"])
