"""Reads archetypes or sales, gives references, weighed like any other inventory [kg CO2e].

A reference is the mean inventory of a category: of its archetype, or of the SKUs that a platform
sells, weighted by units or revenue. It is kept as exchanges, not as kilograms: so it moves with
the edition, shares the draws of the background with every SKU, and can be read line by line.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, ValidationError

from carbon import stages
from carbon.base.errors import StudyError
from carbon.base.files import read_bounded
from carbon.base.rules import Rules
from carbon.base.shown import html_table
from carbon.base.terms import STAGES
from carbon.catalogue.schema import Catalogue
from carbon.footprint.bounded import bounded
from carbon.footprint.computing import Computing
from carbon.stages.inventory import Inventory

__all__ = ["WEIGHTS", "References", "of_archetypes", "of_sales", "read_references"]

WEIGHTS: Final = ("units", "revenue", "equal")
"""What the SKUs of a platform's own reference can be weighted by."""

KEPT: Final = "kept "
"""Before the weights of a reference that rests on a sales ledger."""

LARGEST: Final = 100_000_000
"""Bytes that a file of references may have."""

COLUMNS: Final = ("category", "stage", "activity", "location", "amount")


class File(Rules):
    """A file of references, as it is written."""

    name: str
    version: str
    boundary: str
    edition: str
    weights: str
    catalogue: str
    skus: dict[str, int]
    left_out: dict[str, int]
    category: list[str]
    stage: list[str]
    activity: list[str]
    location: list[str]
    amount: list[float]
    quantity: dict[str, float] = Field(default_factory=dict)
    mass: dict[str, float] = Field(default_factory=dict)
    sha256: str


@dataclass(frozen=True)
class References:
    """Mean inventories of categories.

    Parameters
    ----------
    name, version : str
        As results name them.
    boundary : str
        A key of :data:`carbon.base.terms.BOUNDARIES`.
    edition : str
        Edition in which they were built.
    weights : str
        ``archetype``, or one of :data:`WEIGHTS`; ``kept units`` and so on from a sales ledger.
    catalogue : str
        SHA-256 of what they were built from; empty for archetypes.
    skus, left_out : dict of str to int
        By category: SKUs that count, and SKUs that could not.
    exchanges : pandas.DataFrame
        Columns ``category stage activity location amount`` [unit of the activity per kept unit];
        a category with sizes has one of each, as ``t_shirt/child``.
    quantity : dict of str to float
        Functional quantity of the unit that each describes; 1 where it is absent.
    mass : dict of str to float
        Net mass of that unit [kg].

    Examples
    --------
    >>> from carbon import Study
    >>> [name for name in Study().references.categories if name.startswith("t_shirt")]
    ['t_shirt/adult', 't_shirt/child', 't_shirt/infant']
    """

    name: str
    version: str
    boundary: str
    edition: str
    weights: str
    catalogue: str
    skus: dict[str, int]
    left_out: dict[str, int]
    exchanges: pd.DataFrame
    quantity: dict[str, float] = field(default_factory=dict)
    mass: dict[str, float] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        """First categories with the SKUs behind them, for a notebook."""
        counts = pd.DataFrame({"category": [*self.skus], "SKUs": [*self.skus.values()]})
        return f"<p>{escape(repr(self))}</p>{html_table(counts)}"

    def __repr__(self) -> str:
        return f"References({self.name} {self.version}, {len(self.categories)} categories)"

    @cached_property
    def categories(self) -> list[str]:
        """Categories that have a reference, in the order of their names."""
        return sorted(set(self.exchanges["category"].astype(str)))

    @cached_property
    def sha256(self) -> str:
        """Digest of all that a result depends on."""
        return hashlib.sha256(json.dumps(self._content(), sort_keys=True).encode()).hexdigest()

    @property
    def id(self) -> str:
        """Name, version and the first twelve digits of the digest, as printed on results."""
        return f"{self.name} {self.version}+{self.sha256[:12]}"

    @cached_property
    def inventory(self) -> Inventory:
        """The exchanges with categories in the place of SKUs."""
        table = self.exchanges
        row = {name: position for position, name in enumerate(self.categories)}
        stage = {name: position for position, name in enumerate(STAGES)}
        activity, location = (
            pd.Categorical(table[name].astype(str)) for name in ("activity", "location")
        )
        return Inventory(
            np.asarray(table["category"].map(row), dtype=np.int32),
            np.asarray(table["stage"].map(stage), dtype=np.int8),
            activity.codes.astype(np.int16),
            location.codes.astype(np.int16),
            table["amount"].to_numpy(dtype=np.float64),
            tuple(activity.categories),
            tuple(location.categories),
            len(row),
        )

    def stages(self, study: Computing) -> pd.DataFrame:
        """Footprint of each reference by stage.

        Parameters
        ----------
        study : Study
            Edition, method and boundary.

        Returns
        -------
        pandas.DataFrame
            Indexed by category, a column a stage [kg CO2e per kept unit].

        Raises
        ------
        carbon.base.errors.StudyError
            S002 if the boundary is another one than the study's.

        Examples
        --------
        >>> from carbon.study import Study
        >>> study = Study()
        >>> kg = study.references.stages(study).sum(axis=1)
        >>> bool(0 < kg["rice"] < kg["cookware"])
        True
        """
        if self.boundary != study.boundary:
            raise StudyError("S002", f"boundary: {self.boundary} against {study.boundary}")
        rows, _ = study.match(self.inventory)
        unit = study.unit_impacts.values.sum(axis=1)
        each = np.where(rows < 0, np.nan, unit[rows]) * self.inventory.amount
        group = self.inventory.sku.astype(np.int64) * len(STAGES) + self.inventory.stage
        total = np.bincount(group, each, len(self.categories) * len(STAGES))
        return pd.DataFrame(
            total.reshape(-1, len(STAGES)), index=self.categories, columns=list(STAGES)
        )

    def write(self) -> str:
        """The references as the text of a file.

        Returns
        -------
        str
            JSON with the digest of its content.
        """
        content = {**self._content(), "sha256": self.sha256}
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    def _content(self) -> dict[str, object]:
        content = {
            name: getattr(self, name)
            for name in ("name", "version", "boundary", "edition", "weights", "catalogue")
        }
        lists = {name: self.exchanges[name].astype("object").tolist() for name in COLUMNS}
        sizes = {name: of for name in ("quantity", "mass") if (of := getattr(self, name))}
        return {**content, "skus": self.skus, "left_out": self.left_out, **sizes, **lists}


def read_references(path: Path | str) -> References:
    """Read a file of references, as ``carbon reference build`` writes it.

    S030 if it cannot be read or is no such file, S031 if its content was changed.
    """
    path = Path(path)
    data = read_bounded(path, lambda detail: StudyError("S030", detail, file=str(path)), LARGEST)
    try:
        file = File.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StudyError("S030", f"{where}: {first['msg']}", file=str(path)) from error
    lists = {name: getattr(file, name) for name in COLUMNS}
    if len({len(values) for values in lists.values()}) > 1 or not set(file.stage) <= set(STAGES):
        raise StudyError("S030", "the columns do not fit together", file=str(path))
    single = file.model_dump(exclude={*COLUMNS, "sha256"})
    references = References(exchanges=pd.DataFrame(lists), **single)
    if references.sha256 != file.sha256:
        raise StudyError("S031", file=str(path), value=file.sha256[:12])
    return references


def of_archetypes(catalogue: Catalogue, boundary: str, edition: str) -> References:
    """References of an edition: its archetypes.

    The filled catalogue has one SKU a category that states nothing else; the boundary is a key of
    :data:`carbon.base.terms.BOUNDARIES`.
    """
    count = len(catalogue)
    keys = _keys(catalogue)
    table = _mean(catalogue, keys, boundary, np.ones(count))
    skus = dict.fromkeys(keys.tolist(), 1)
    name, _, digest = edition.partition("+")
    return References(
        "archetype",
        name,
        boundary,
        f"{name}+{digest}",
        "archetype",
        "",
        skus,
        {},
        table,
        *_amounts(catalogue, keys, np.ones(count)),
    )


def of_sales(
    catalogue: Catalogue,
    known: npt.NDArray[np.bool_],
    boundary: str,
    edition: str,
    *,
    weights: str,
    least: int,
    largest: tuple[float, float] = (1.0, 1.0),
    sold: pd.DataFrame | None = None,
    name: str,
    version: str,
    sha256: str,
) -> References:
    """References of a platform: the weighted mean of what it sells in each category.

    ``known`` flags SKUs whose footprint is known; the others are left out and counted. ``weights``
    are ``units`` sold, ``revenue`` (price × units), or ``equal``; a category needs ``least`` SKUs;
    ``largest`` are the largest shares of one SKU, and of one merchant, in a category [1]. ``sold``
    has ``units revenue currency`` that a sales ledger books for each row, kept units only, in place
    of what merchants declare. S032 if no category has enough SKUs that count, S033 if revenue has
    several currencies, S034 if the weights are not known.
    """
    skus = catalogue.skus
    if weights not in WEIGHTS:
        raise StudyError("S034", value=weights)
    weight = _weights(skus, weights, sold)
    category = _keys(catalogue)
    counts = known & np.nan_to_num(weight).__gt__(0)
    number = category[counts].value_counts()
    enough = set(number[number >= least].index)
    counts = counts & category.isin(enough).to_numpy()
    if not counts.any():
        raise StudyError("S032", f"{weights}; at least {least} SKUs a category")
    part = catalogue.rows(np.flatnonzero(counts))
    keys = category[counts]
    share = bounded(weight[counts], keys, skus["merchant"][counts], *largest)
    table = _mean(part, keys, boundary, share)
    left = category[~counts & category.isin(enough).to_numpy()].value_counts()
    return References(
        name,
        version,
        boundary,
        edition,
        weights if sold is None else f"{KEPT}{weights}",
        sha256,
        {str(key): int(number[key]) for key in sorted(enough)},
        {str(key): int(left[key]) for key in sorted(left.index)},
        table,
        *_amounts(part, keys, share),
    )


def _weights(
    skus: pd.DataFrame, weights: str, sold: pd.DataFrame | None
) -> npt.NDArray[np.float64]:
    """Weight of each SKU, of what a ledger books where there is one, else as declared."""
    if weights == "equal":
        if sold is None:
            return np.ones(len(skus))
        return (sold["units"].to_numpy(dtype=np.float64) > 0).astype(np.float64)
    if sold is None:
        weight = skus["units_sold"].to_numpy(dtype=np.float64)
        if weights == "revenue":
            weight = weight * skus["price"].to_numpy(dtype=np.float64)
        currencies = set(skus["currency"][~np.isnan(weight)].dropna())
    else:
        weight = sold[weights].to_numpy(dtype=np.float64)
        currencies = set(" ".join(sold["currency"]).split())
    if weights == "revenue" and len(currencies) > 1:
        raise StudyError("S033", ", ".join(sorted(currencies)))
    return weight


def _keys(catalogue: Catalogue) -> pd.Series:
    """Name of the reference of each SKU."""
    skus = catalogue.skus
    category = skus["category"].astype(str)
    if "functional_quantity" not in skus:
        return category
    sized = skus["size_class"].astype(str)
    return category.where(sized == "", category + "/" + sized)


def _amounts(
    catalogue: Catalogue, keys: pd.Series, weight: npt.NDArray[np.float64]
) -> tuple[dict[str, float], dict[str, float]]:
    """Weighted functional quantity and net mass [kg] of each reference."""
    skus = catalogue.skus
    if "functional_quantity" not in skus:
        return {}, {}
    table = pd.DataFrame(
        {
            "quantity": skus["functional_quantity"].to_numpy(dtype=np.float64) * weight,
            "mass": skus["mass_kg"].to_numpy(dtype=np.float64) * weight,
        }
    )
    by: Any = table.groupby(keys.to_numpy(dtype=object), sort=True).sum(min_count=1).to_dict()
    return by["quantity"], by["mass"]


def _mean(
    catalogue: Catalogue, keys: pd.Series, boundary: str, weight: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Weighted inventory of each category (and size)."""
    inventory = stages.take(catalogue, boundary)
    inventory = replace(inventory, amount=inventory.amount * weight[inventory.sku])
    table = inventory.to_frame(keys.reset_index(drop=True)).rename(columns={"sku": "category"})
    of = list(COLUMNS[:-1])
    table[of] = table[of].astype(str)
    table["stage"] = pd.Categorical(table["stage"], categories=list(STAGES), ordered=True)
    mean = table.groupby(of, observed=True, sort=True)["amount"].sum().reset_index()
    mean["stage"] = mean["stage"].astype(str)
    return mean
