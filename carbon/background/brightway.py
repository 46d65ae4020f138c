"""Reads datasets of an edition, gives Brightway packages, matrices and transposed solves.

Notes
-----
With technosphere A, biosphere B and characterization C, the impact of a demand f is
``C·B·A⁻¹·f`` (Heijungs & Suh 2002, The Computational Structure of Life Cycle Assessment). The
row vector ``y = C·B·A⁻¹`` holds the impact of one unit of every activity; it solves
``Aᵀ·yᵀ = (C·B)ᵀ``: one factorization for all activities and indicators.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from carbon.background.edition import Edition
from carbon.background.solving import each, transposed
from carbon.base.errors import FactorsError

if TYPE_CHECKING:
    import bw2calc
    import bw_processing

__all__ = [
    "data_package",
    "draw_spreads",
    "homeless",
    "lca",
    "quiet",
    "sampled_impacts",
    "sampled_package",
    "unit_impacts",
    "user_projects",
]

BLOCK: Final = 50
"""Draws solved at once: enough to read the exchanges seldom, few enough to stay in the caches."""

Characterization = dict[str, npt.NDArray[np.float64]]


def data_package(
    edition: Edition,
    characterization: Characterization,
    of: npt.NDArray[np.bool_] | None = None,
    rows: npt.NDArray[np.intp] | None = None,
) -> bw_processing.Datapackage:
    """An edition as an in-memory ``bw_processing`` data package.

    ``characterization``: shape (k,), factors by elementary flow [kg CO2e per kg]; ``of``: shape
    (activities,), only what these activities release is counted; ``rows``: activities that are
    wanted with all that they take, ascending; all that are linked. Returns: activity ids and
    product ids are the row of ``edition.activities``; the ids of the elementary flows follow, in
    the order of ``characterization``.
    """
    import bw_processing

    made = np.flatnonzero(edition.linked) if rows is None else rows
    exchanges = edition.exchanges[edition.exchanges["col"].isin(made)]
    n = len(edition.activities)
    flow_id = {flow: n + i for i, flow in enumerate(characterization)}
    col = exchanges["col"].to_numpy()
    amount = exchanges["amount"].to_numpy(dtype=np.float64)
    emission = (exchanges["kind"] == "emission").to_numpy()
    row = exchanges["row"].to_numpy(copy=True)
    row[emission] = exchanges.loc[emission, "flow"].map(flow_id).to_numpy()

    package = bw_processing.create_datapackage(name="carbon-label", sum_intra_duplicates=True)
    package.add_persistent_vector(
        matrix="technosphere_matrix",
        name="technosphere",
        indices_array=_indices(
            np.concatenate([made, row[~emission]]),
            np.concatenate([made, col[~emission]]),
        ),
        data_array=np.concatenate([_production(edition, made), amount[~emission]]),
        flip_array=np.concatenate(
            [np.zeros(len(made), bool), np.ones(int((~emission).sum()), bool)]
        ),
    )
    package.add_persistent_vector(
        matrix="biosphere_matrix",
        name="biosphere",
        indices_array=_indices(row[emission], col[emission]),
        data_array=amount[emission] * (1.0 if of is None else of[col[emission]]),
    )
    return package


def lca(package: bw_processing.Datapackage, demand: dict[int, float], **kwargs: Any) -> bw2calc.LCA:
    """An ordinary ``bw2calc.LCA`` with its matrices built.

    ``package``: as :func:`data_package` makes it; ``demand``: amount by activity id; ``**kwargs``:
    handed to ``bw2calc.LCA``.
    """
    with warnings.catch_warnings(), quiet():
        # bw2calc advertises pypardiso on import; plain SciPy is as fast at this size.
        warnings.simplefilter("ignore")
        logging.getLogger("bw2calc").setLevel(logging.WARNING)
        with homeless():
            import bw2calc

        calculation = bw2calc.LCA(demand, data_objs=[package], **kwargs)
    calculation.load_lci_data()
    return calculation


def unit_impacts(
    edition: Edition,
    characterization: Characterization,
    of: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.float64]:
    """Impact of one unit of every activity, by one transposed solve.

    ``characterization``: shape (k,), factors by elementary flow [kg CO2e per kg]; ``of``: shape
    (activities,), only what these activities release is counted. Returns: shape (activities linked
    at first, k), [kg CO2e per unit], in the order of ``edition.activities``. An activity whose
    production is negative treats waste: its row is the impact of treating one unit. Raises F008 if
    the technosphere is singular.
    """
    made = edition.at_first
    package = data_package(edition, characterization, of, made)
    calculation = lca(package, {int(made[0]): 1.0})
    n = len(edition.activities)
    right = calculation.biosphere_matrix.T @ _by_flow(calculation, n, characterization)
    try:
        solved = transposed(calculation.technosphere_matrix, np.asarray(right))
    except RuntimeError as error:
        raise FactorsError("F008", str(error), file=edition.name) from None
    rows = np.array([calculation.dicts.product[i] for i in made.tolist()], dtype=np.int64)
    sign = np.sign(_production(edition, made))
    return np.ascontiguousarray(solved[rows] * sign[:, None])


def draw_spreads(gsd2: npt.NDArray[np.float64], draws: int, seed: int) -> npt.NDArray[np.float64]:
    """Draw a lognormal factor for each dataset with ``stats_arrays``, Brightway's distributions.

    ``gsd2``: shape (datasets,), squared geometric standard deviations; one of 1 is not drawn.
    Returns: shape (datasets, draws), factors whose median is 1.

    >>> factors = draw_spreads(np.array([1.0, 4.0]), 2000, seed=1)
    >>> bool((factors[0] == 1).all()), round(float(np.quantile(factors[1], 0.975)), 0)
    (True, 4.0)
    """
    import stats_arrays

    moved = np.flatnonzero(gsd2 > 1)
    factors = np.ones((len(gsd2), draws))
    if len(moved):
        params = stats_arrays.UncertaintyBase.from_dicts(
            *(
                {
                    "loc": 0.0,
                    "scale": sigma,
                    "uncertainty_type": stats_arrays.LognormalUncertainty.id,
                }
                for sigma in np.log(gsd2[moved]) / 2
            )
        )
        random = stats_arrays.MCRandomNumberGenerator(params, seed=seed)
        for draw in range(draws):
            factors[moved, draw] = next(random)
    return factors


def sampled_package(
    edition: Edition,
    flows: dict[str, float],
    factors: npt.NDArray[np.float64],
) -> bw_processing.Datapackage:
    """An edition with presampled production, for ``bw2calc.LCA(..., use_arrays=True)``.

    A dataset that is uncertain by a factor as a whole makes ``1/factor`` of its product from the
    same exchanges: only the diagonal is drawn. It is an array of the data package, one column a
    draw (presampled as in Lesage et al. 2018, doi:10.1007/s11367-018-1463-8), because the instances
    of a template share one published figure, hence one factor; distributions would be drawn apart
    for each. ``flows``: characterization factor of each elementary flow [kg CO2e per kg];
    ``factors``: shape (linked activities, draws), by how much the impact of one unit of each
    activity is multiplied. Returns: with technosphere, and a biosphere of one flow that is
    characterized already.
    """
    import bw_processing

    exchanges, n = edition.exchanges, len(edition.activities)
    made = np.flatnonzero(edition.linked)
    row, col = exchanges["row"].to_numpy(), exchanges["col"].to_numpy()
    amount = exchanges["amount"].to_numpy(dtype=np.float64)
    emission = (exchanges["kind"] == "emission").to_numpy()
    package = bw_processing.create_datapackage(
        name="carbon-label-sampled", sum_intra_duplicates=True, sequential=True
    )
    package.add_persistent_vector(
        matrix="technosphere_matrix",
        name="inputs",
        indices_array=_indices(row[~emission], col[~emission]),
        data_array=amount[~emission],
        flip_array=np.ones(int((~emission).sum()), bool),
    )
    package.add_persistent_array(
        matrix="technosphere_matrix",
        name="production",
        indices_array=_indices(made, made),
        data_array=_production(edition, made)[:, None] / factors,
        flip_array=np.zeros(len(made), bool),
    )
    characterized = exchanges.loc[emission, "flow"].map(flows).to_numpy(dtype=np.float64)
    package.add_persistent_vector(
        matrix="biosphere_matrix",
        name="biosphere",
        indices_array=_indices(np.full(int(emission.sum()), n), col[emission]),
        data_array=amount[emission] * characterized,
    )
    return package


def sampled_impacts(
    edition: Edition,
    flows: dict[str, float],
    factors: npt.NDArray[np.float64],
    progress: Callable[[int], object] | None = None,
) -> npt.NDArray[np.float32]:
    """Impact of one unit of every activity in every draw: matrices drawn again, solved transposed.

    ``edition``, ``flows``, ``factors``: as for :func:`sampled_package`; ``progress``: called with
    the number of draws that were solved since the last call. Returns: shape (activities linked at
    first, draws), [kg CO2e per unit], in the order of ``edition.activities``.
    """
    central = {flow: np.array([factor]) for flow, factor in flows.items()}
    linked = edition.at_first
    calculation = lca(data_package(edition, central, rows=linked), {int(linked[0]): 1.0})
    n, draws = factors.shape
    rows = np.array([calculation.dicts.product[i] for i in linked.tolist()], dtype=np.int64)
    made = np.empty((n, 1))
    made[rows, 0] = _production(edition, linked)
    turned = sparse.csr_array(calculation.technosphere_matrix.T)
    diagonal = turned.diagonal()
    others = turned - sparse.diags_array(diagonal, format="csr")
    of_its_own = diagonal[:, None] - made
    right = calculation.biosphere_matrix.T @ _by_flow(calculation, len(edition.activities), central)
    values = np.empty((n, draws), dtype=np.float32)
    for start in range(0, draws, BLOCK):
        drawn = np.empty_like(factors[:, start : start + BLOCK])
        drawn[rows] = factors[:, start : start + BLOCK]
        try:
            solved = each(others, made / drawn + of_its_own, right)
        except RuntimeError as error:
            raise FactorsError("F008", str(error), file=edition.name) from None
        values[:, start : start + BLOCK] = (solved * np.sign(made))[rows]
        if progress is not None:
            progress(drawn.shape[1])
    return values


@contextlib.contextmanager
def homeless() -> Iterator[None]:
    """Import Brightway without its folders: it makes them in the user's home on import.

    Matrices need none of them. :func:`user_projects` goes back to the user's own when a project
    is asked for.
    """
    if "bw2data" in sys.modules or "BRIGHTWAY2_DIR" in os.environ:
        yield
        return
    place = tempfile.mkdtemp(prefix="carbon-brightway-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    os.environ["BRIGHTWAY2_DIR"] = place
    try:
        yield
        _temporary.append(place)
    finally:
        del os.environ["BRIGHTWAY2_DIR"]


_temporary: list[str] = []
"""Folder that stands for the user's, if Brightway was imported by :func:`homeless`."""


def user_projects() -> Any:
    """``bw2data`` with the projects of the user's folder (``BRIGHTWAY2_DIR``, else their home)."""
    with quiet():
        import bw2data

        if _temporary:
            data, logs = (Path(each) for each in bw2data.projects._get_base_directories())
            for folder in (data, logs):
                folder.mkdir(parents=True, exist_ok=True)
            bw2data.projects.change_base_directories(data, logs, update=False)
            _temporary.clear()
    return bw2data


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what Brightway tells of its progress off standard output, where results stand."""
    sink = io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        yield


def _by_flow(
    calculation: bw2calc.LCA, n: int, characterization: Characterization
) -> npt.NDArray[np.float64]:
    """Characterization factors in the order of the rows of the biosphere matrix."""
    flows = np.array(list(characterization.values()))
    factors = np.zeros((calculation.biosphere_matrix.shape[0], flows.shape[1]))
    for flow, row in calculation.dicts.biosphere.items():
        factors[row] = flows[flow - n]
    return factors


def _production(edition: Edition, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """What one dataset of each row makes, in its unit; negative where it treats waste."""
    return edition.activities["production"].to_numpy(dtype=np.float64)[rows]


def _indices(row: npt.NDArray[Any], col: npt.NDArray[Any]) -> npt.NDArray[Any]:
    import bw_processing

    indices = np.zeros(len(row), dtype=bw_processing.INDICES_DTYPE)
    indices["row"], indices["col"] = row, col
    return indices
