"""A background shaped like ecoinvent: one solve, drawn, kept, and equal to ordinary LCAs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bw2calc
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from benchmarks.synthetic import FLOWS, System, synthetic
from carbon.background import solving
from carbon.background.brightway import draw_spreads, lca, sampled_impacts, sampled_package
from carbon.background.edition import Edition
from carbon.background.sampling import sample, spread
from carbon.background.unit_impacts import PARTS, characterization, solve

METHOD = "GWP100 AR6"


@pytest.fixture(scope="module")
def system() -> System:
    return synthetic(1500)


@pytest.fixture(scope="module")
def edition(system: System) -> Edition:
    return system.edition()


def test_it_has_hubs_loops_waste_and_odd_units(system: System) -> None:
    users = np.sort(np.bincount(system.row, minlength=system.n))[::-1]
    assert users[0] > 0.4 * system.n
    assert np.median(users) < 20
    assert 8 < len(system.row) / system.n < 16
    assert (system.production < 0).any()
    assert (np.abs(system.production) > 1).any()
    graph = sparse.coo_array((np.ones(len(system.row)), (system.row, system.col)), (system.n,) * 2)
    _, part = sparse.csgraph.connected_components(graph, connection="strong")
    assert np.bincount(part).max() > 0.5 * system.n


def test_every_unit_impact_is_that_of_an_ordinary_lca(system: System, edition: Edition) -> None:
    found = solve(edition, METHOD, cache=False).values.sum(axis=1)
    factors = characterization(edition, METHOD)
    package = system.package(np.array([factors[flow][: len(PARTS)].sum() for flow in FLOWS]))
    ordinary = bw2calc.LCA({0: 1.0}, data_objs=[package])
    ordinary.lci(factorize=True)
    ordinary.lcia()
    waste = np.flatnonzero(system.production < 0)[:3]
    for activity in (*range(0, 1500, 150), *waste.tolist()):
        ordinary.lcia({activity: float(np.sign(system.production[activity]))})
        assert found[activity] == pytest.approx(ordinary.score, rel=1e-10)


def test_draws_are_those_of_a_matrix_drawn_again(edition: Edition) -> None:
    factors = draw_spreads(spread(edition), 3, seed=5)
    flows = {
        flow: float(v[: len(PARTS)].sum()) for flow, v in characterization(edition, METHOD).items()
    }
    drawn = sampled_impacts(edition, flows, factors)
    oracle = lca(sampled_package(edition, flows, factors), {7: 1.0}, use_arrays=True)
    oracle.lci()
    sign = np.sign(edition.activities["production"][7])
    for draw in range(3):
        if draw:
            next(oracle)
        assert drawn[7, draw] * sign == pytest.approx(oracle.inventory.sum(), rel=1e-6)


def test_the_cache_answers_without_brightway(
    edition: Edition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first, drawn = solve(edition, METHOD), sample(edition, METHOD, 5)
    monkeypatch.setattr("carbon.background.brightway.lca", None)
    assert np.array_equal(solve(edition, METHOD).values, first.values, equal_nan=True)
    assert np.array_equal(sample(edition, METHOD, 5), drawn, equal_nan=True)


def test_processes_that_solve_at_once_leave_one_answer(tmp_path: Path) -> None:
    """Neither reads what the other has half written, and both say the same."""
    code = (
        "from benchmarks.synthetic import synthetic\n"
        "from carbon.background.unit_impacts import solve\n"
        f"print(solve(synthetic(300).edition(), {METHOD!r}).values[:-1].sum().hex())\n"
    )
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(root)}
    words = [sys.executable, "-W", "ignore", "-c", code]
    many = [
        subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(2)
    ]
    told = {process.communicate()[0].splitlines()[-1] for process in many}
    assert [process.returncode for process in many] == [0, 0]
    assert len(told) == 1
    assert len(list(tmp_path.rglob("*.npy"))) == 1
    assert not list(tmp_path.rglob(".*.npy.*"))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(0, 2**32 - 1), st.floats(0.1, 3.0))
def test_rounds_or_factors_the_solution_is_the_same(n: int, seed: int, strength: float) -> None:
    """Where needs grow faster than they are met, the rounds give up and factors are made."""
    random = np.random.default_rng(seed)
    dense = np.eye(n) * random.choice([1.0, -1.0, 1000.0], n)
    dense = dense - random.uniform(-strength, strength, (n, n)) * (random.random((n, n)) < 0.4)
    right = random.random((n, 2))
    if np.linalg.cond(dense) > 1e8:
        return
    found = solving.transposed(sparse.csc_array(dense), right)
    assert dense.T @ found == pytest.approx(right, rel=1e-6, abs=1e-7)


def test_a_product_of_another_row_and_no_solution() -> None:
    swapped = sparse.csc_array(np.array([[0.0, 1.0], [2.0, 0.0]]))
    assert solving.transposed(swapped, np.array([[2.0], [3.0]])).ravel().tolist() == [3.0, 1.0]
    with pytest.raises(RuntimeError):
        solving.transposed(sparse.csc_array(np.ones((2, 2))), np.ones((2, 1)))
    grown = sparse.csr_array(np.array([[0.0, -5.0], [-5.0, 0.0]]))
    assert solving.rounds(grown, np.ones((2, 1)), np.ones((2, 1))) is None
    each = solving.each(grown, np.ones((2, 3)), np.ones((2, 1)))
    assert np.allclose(each, -0.25)
