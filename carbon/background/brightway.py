"""The one room that knows Brightway: data packages, matrices and the transposed solve.

Notes
-----
With technosphere A, biosphere B and characterization C, the impact of a demand f is
``C·B·A⁻¹·f`` (Heijungs & Suh 2002, The Computational Structure of Life Cycle Assessment). The
row vector ``y = C·B·A⁻¹`` holds the impact of one unit of every activity; it solves
``Aᵀ·yᵀ = (C·B)ᵀ``: one factorization for all activities and indicators.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from carbon.background.edition import Edition
from carbon.errors import FactorsError

if TYPE_CHECKING:
    import bw2calc
    import bw_processing

__all__ = ["data_package", "lca", "unit_impacts"]

Characterization = dict[str, npt.NDArray[np.float64]]


def data_package(edition: Edition, characterization: Characterization) -> bw_processing.Datapackage:
    """An edition as an in-memory ``bw_processing`` data package.

    Parameters
    ----------
    edition : Edition
        Activities and exchanges.
    characterization : dict of str to ndarray, shape (k,)
        Factors by elementary flow [kg CO2e per kg].

    Returns
    -------
    bw_processing.Datapackage
        Activity ids and product ids are the row of ``edition.activities``; the ids of the
        elementary flows follow, in the order of ``characterization``.
    """
    import bw_processing

    exchanges = edition.exchanges
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
            np.concatenate([np.arange(n), row[~emission]]),
            np.concatenate([np.arange(n), col[~emission]]),
        ),
        data_array=np.concatenate(
            [edition.activities["production"].to_numpy(dtype=np.float64), amount[~emission]]
        ),
        flip_array=np.concatenate([np.zeros(n, bool), np.ones(int((~emission).sum()), bool)]),
    )
    package.add_persistent_vector(
        matrix="biosphere_matrix",
        name="biosphere",
        indices_array=_indices(row[emission], col[emission]),
        data_array=amount[emission],
    )
    return package


def lca(package: bw_processing.Datapackage, demand: dict[int, float], **kwargs: Any) -> bw2calc.LCA:
    """An ordinary ``bw2calc.LCA`` with its matrices built.

    Parameters
    ----------
    package : bw_processing.Datapackage
        As :func:`data_package` makes it.
    demand : dict of int to float
        Amount by activity id.
    **kwargs
        Handed to ``bw2calc.LCA``.

    Returns
    -------
    bw2calc.LCA
    """
    with warnings.catch_warnings():
        # bw2calc advertises pypardiso on import; plain SciPy is as fast at this size.
        warnings.simplefilter("ignore")
        logging.getLogger("bw2calc").setLevel(logging.WARNING)
        import bw2calc

        calculation = bw2calc.LCA(demand, data_objs=[package], **kwargs)
    calculation.load_lci_data()
    return calculation


def unit_impacts(edition: Edition, characterization: Characterization) -> npt.NDArray[np.float64]:
    """Impact of one unit of every activity, by one transposed solve.

    Parameters
    ----------
    edition : Edition
        Activities and exchanges.
    characterization : dict of str to ndarray, shape (k,)
        Factors by elementary flow [kg CO2e per kg].

    Returns
    -------
    ndarray of float64, shape (activities, k)
        [kg CO2e per unit], in the order of ``edition.activities``. An activity whose production
        is negative treats waste: its row is the impact of treating one unit.

    Raises
    ------
    carbon.errors.FactorsError
        F008 if the technosphere is singular.
    """
    from scipy.sparse.linalg import splu

    package = data_package(edition, characterization)
    calculation = lca(package, {0: 1.0})
    n = len(edition.activities)
    position = calculation.dicts
    flows = np.array(list(characterization.values()))
    reached = np.array([flow - n for flow in position.biosphere], dtype=np.int64)
    order = np.array([position.biosphere[flow + n] for flow in reached], dtype=np.int64)
    factors = np.zeros((calculation.biosphere_matrix.shape[0], flows.shape[1]))
    factors[order] = flows[reached]
    right = calculation.biosphere_matrix.T @ factors
    try:
        solved = splu(calculation.technosphere_matrix.T.tocsc()).solve(np.asarray(right))
    except RuntimeError as error:
        raise FactorsError("F008", str(error), file=edition.name) from None
    rows = np.array([position.product[i] for i in range(n)], dtype=np.int64)
    sign = np.sign(edition.activities["production"].to_numpy(dtype=np.float64))
    return np.ascontiguousarray(solved[rows] * sign[:, None])


def _indices(row: npt.NDArray[Any], col: npt.NDArray[Any]) -> npt.NDArray[Any]:
    import bw_processing

    out = np.zeros(len(row), dtype=bw_processing.INDICES_DTYPE)
    out["row"], out["col"] = row, col
    return out
