"""Reads a Brightway project on the user's disk, gives its datasets and inventories.

A project is read as an analyst would: the processed packages of its databases, one matrix, one
solve. Brightway keeps names and units as pickles in the project's own SQLite file, so a
project is to be trusted as much as Brightway itself trusts it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from carbon.background.brightway import quiet, user_projects
from carbon.background.solving import transposed
from carbon.base.arrays import Floats
from carbon.base.errors import StudyError

if TYPE_CHECKING:
    import bw2calc

__all__ = ["Database", "Inventories", "open_database"]

KILOGRAMS: Final = ("kg", "kilogram")


@dataclass(frozen=True)
class Inventories:
    """Life-cycle inventories of some activities, per unit of their products."""

    amounts: Floats  # shape (m, k), of each elementary flow that was asked for [kg per unit]
    # elementary flows that look like greenhouse gases, are released and were not asked for
    unknown: list[str]
    scores: Floats  # shape (m,), by the method of the project that was named; NaN without one
    draws: Floats  # shape (m, draws), weighted amounts in every draw of the exchanges


class Database:
    """A database of a Brightway project.

    ``project``, ``name``: as Brightway lists them.
    """

    def __init__(self, project: str, name: str) -> None:
        self.project = project
        self.name = name
        self._nodes: dict[str, Any] = {}

    @property
    def activities(self) -> pd.DataFrame:
        """All processes: columns ``code name product location``."""
        from bw2data import labels
        from bw2data.backends.schema import ActivityDataset as Row

        rows = Row.select(Row.code, Row.name, Row.product, Row.location).where(
            Row.database == self.name, Row.type << labels.process_node_types
        )
        table = pd.DataFrame(rows.tuples(), columns=["code", "name", "product", "location"])
        return table.fillna("").astype("str").sort_values("code", ignore_index=True)

    def unit(self, code: str) -> str:
        """Unit of the product of a process, as Brightway spells it."""
        return str(self._node(code).get("unit") or "")

    def product(self, code: str) -> tuple[int, float] | None:
        """Id of the one product of a process, and the sign with which it is made.

        None if it makes none or several.
        """
        made = list(self._node(code).production())
        if not made:
            return int(self._node(code).id), 1.0
        if len(made) > 1 or not made[0]["amount"]:
            return None
        return int(made[0].input.id), float(np.sign(made[0]["amount"]))

    def inventories(
        self,
        codes: Sequence[str],
        flows: Callable[[str, Sequence[str]], tuple[str, float]],
        wanted: Sequence[str],
        *,
        suspect: Callable[[str], bool] = lambda _: False,
        check: tuple[str, ...] = (),
        weights: Sequence[float] = (),
        draws: int = 0,
        seed: int = 0,
        progress: Callable[[int], object] | None = None,
    ) -> Inventories:
        """Solve the life cycles of some processes together.

        ``codes``: processes of this database, each with one product; ``flows``: from the name and
        the compartments of an elementary flow to ours and a sign; the flow is ``""`` if it is none
        of ours; ``wanted``: our elementary flows, k of them; ``suspect``: whether the name of a
        flow that is none of ours looks like a greenhouse gas; ``check``: a method of the project,
        to compare with; none if empty; ``weights``: one a wanted flow: by what the draws are
        summed; ``draws``: draws of the exchanges' own distributions; ``progress``: called with 1
        after each draw. Raises X009 if the system has no single solution.
        """
        import bw2data
        from bw2calc.errors import BW2CalcError

        place = f"{self.project}/{self.name}"
        first = self._node(codes[0])
        with quiet():  # databases that were edited are processed here
            demand, packages, _ = bw2data.prepare_lca_inputs({first: 1.0}, remapping=False)
        try:
            central = _loaded(packages, demand)
        except BW2CalcError as error:
            raise StudyError("X009", str(error)[:200], file=place) from None
        products = [self.product(code) for code in codes]
        rows = np.array([central.dicts.product[product[0]] for product in products if product])
        signs = np.array([product[1] for product in products if product])
        table, unknown = self._flows(central, flows, list(wanted), suspect)
        columns = [table]
        if check:
            columns.append(_method(central, check, place))
        try:
            solved = _solve(central, np.hstack(columns))[rows] * signs[:, None]
        except RuntimeError as error:
            raise StudyError("X009", str(error)[:200], file=place) from None
        amounts = solved[:, : len(wanted)]
        released = self._released(central, rows, unknown)
        scores = solved[:, -1] if check else np.full(len(codes), np.nan)
        drawn = np.empty((len(codes), draws))
        calculation = _loaded(packages, demand, seed) if draws else central
        right = table @ np.asarray(weights, dtype=np.float64).reshape(-1, 1) if draws else table
        for draw in range(draws):
            next(calculation)
            drawn[:, draw] = _solve(calculation, right)[rows, 0] * signs
            if progress is not None:
                progress(1)
        return Inventories(amounts, released, scores, drawn)

    def _node(self, code: str) -> Any:
        import bw2data

        if code not in self._nodes:
            self._nodes[code] = bw2data.get_node(database=self.name, code=code)
        return self._nodes[code]

    def _flows(
        self,
        calculation: bw2calc.LCA,
        flows: Callable[[str, Sequence[str]], tuple[str, float]],
        wanted: list[str],
        suspect: Callable[[str], bool],
    ) -> tuple[Floats, dict[int, str]]:
        """Elementary flow by ours, and rows of those that look like greenhouse gases."""
        position = calculation.dicts.biosphere
        table = np.zeros((len(position), len(wanted)))
        unknown: dict[int, str] = {}
        for key, node in _elementary(list(position)).items():
            name = str(node.get("name", ""))
            compartments = [str(part) for part in node.get("categories") or ()]
            ours, sign = flows(name, compartments)
            mass = str(node.get("unit", "")).lower() in KILOGRAMS
            if ours and mass:
                table[position[key], wanted.index(ours)] = sign
            elif ours or suspect(name):
                unknown[position[key]] = ", ".join([name, *compartments])
        return table, unknown

    def _released(
        self, calculation: bw2calc.LCA, rows: npt.NDArray[np.int64], unknown: dict[int, str]
    ) -> list[str]:
        """Which of the unknown flows the processes release."""
        if not unknown:
            return []
        identified = list(unknown)
        unit_row = np.zeros((calculation.biosphere_matrix.shape[0], len(identified)))
        unit_row[identified, np.arange(len(identified))] = 1.0
        amount = np.abs(_solve(calculation, unit_row)[rows]).max(axis=0)
        return sorted(
            {unknown[row] for row, most in zip(identified, amount, strict=True) if most > 0}
        )


def open_database(project: str, name: str) -> Database:
    """A database of a project of the user's Brightway folder (``BRIGHTWAY2_DIR``).

    ``project``, ``name``: as Brightway lists them. Raises X008 if there is no such project or
    database, or it is of Brightway 2.
    """
    bw2data = user_projects()
    if project not in {each.name for each in bw2data.projects}:
        raise StudyError("X008", "no such project", value=project)
    with quiet():
        bw2data.projects.set_current(project)
    if not bw2data.projects.dataset.data.get("25"):
        raise StudyError("X008", "run bw2data.projects.migrate_project_25()", value=project)
    if name not in bw2data.databases:
        known = ", ".join(sorted(bw2data.databases)[:10])
        raise StudyError("X008", f"databases of the project: {known}", value=f"{project}/{name}")
    return Database(project, name)


def _loaded(packages: list[Any], demand: dict[int, float], seed: int | None = None) -> bw2calc.LCA:
    """Matrices of several packages; with a seed, drawn from their distributions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import bw2calc

        logging.getLogger("bw2calc").setLevel(logging.WARNING)
        drawn = seed is not None
        calculation = bw2calc.LCA(
            demand, data_objs=packages, use_distributions=drawn, seed_override=seed
        )
    calculation.load_lci_data()
    return calculation


def _elementary(keys: list[int]) -> dict[int, Any]:
    """Data of nodes by id."""
    from bw2data.backends.schema import ActivityDataset as Row

    flows: dict[int, Any] = {}
    for start in range(0, len(keys), 500):  # below SQLite's limit of variables
        some = Row.select(Row.id, Row.data).where(Row.id << keys[start : start + 500])
        flows.update((row.id, row.data) for row in some)
    return flows


def _method(calculation: bw2calc.LCA, name: tuple[str, ...], place: str) -> Floats:
    """Factors of a method of the project, one column by elementary flow."""
    import bw2data

    if name not in bw2data.methods:
        raise StudyError("X008", "no such method", file=place, value="|".join(name))
    position = calculation.dicts.biosphere
    column = np.zeros((len(position), 1))
    for flow, factor, *_ in bw2data.Method(name).load():
        key = flow if isinstance(flow, int) else bw2data.get_node(key=tuple(flow)).id
        if key in position:
            column[position[key]] = factor["amount"] if isinstance(factor, dict) else factor
    return column


def _solve(calculation: bw2calc.LCA, factors: Floats) -> Floats:
    """Amount of each column of flows per unit of every product.

    The column of an activity is put where the row of its product stands, so that the diagonal
    holds what is made even if products have ids of their own.
    """
    from bw2calc.errors import InvalidReferenceFlags
    from bw2calc.utils import production_pivot_map, reference_entries

    matrix = sparse.csc_array(calculation.technosphere_matrix)
    right = np.asarray(calculation.biosphere_matrix.T @ factors)
    try:
        row_of = production_pivot_map(*reference_entries(calculation.technosphere_mm), matrix.shape)
    except InvalidReferenceFlags:
        return transposed(matrix, right)
    column_of = np.argsort(row_of)
    return transposed(matrix[:, column_of], right[column_of])
