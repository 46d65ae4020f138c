"""Reads impacts of SKUs, gives the result of a study, one row a SKU [kg CO2e per kept unit]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.unit_impacts import PARTS
from carbon.base.arguments import checked
from carbon.base.shown import as_json
from carbon.base.terms import AGGREGATES, BOUNDARIES, FITS, PROVENANCES, STAGES, Basis
from carbon.catalogue.schema import Catalogue
from carbon.footprint.draws import Interval
from carbon.footprint.quality import Quality
from carbon.footprint.standing import Standing
from carbon.footprint.weigh import added

if TYPE_CHECKING:
    from carbon.paper.shown import Picture

__all__ = [
    "BIOGENIC_CO2_COLUMN",
    "INTERVAL_COLUMNS",
    "QUANTITY_COLUMNS",
    "RESULT_COLUMNS",
    "Footprints",
    "spread_out",
]

Record = TypeVar("Record", Interval, Quality, Standing)
STAGE_COLUMNS: Final = tuple(f"{stage}_kg" for stage in STAGES)
PART_COLUMNS: Final = tuple(f"{part}_kg" for part in PARTS)
GWP_COLUMNS: Final = tuple(f"aggregate_{report.lower()}_share" for report in AGGREGATES)
WEAK_COLUMNS: Final = ("proxy_share", "assumption_share")
RESULT_COLUMNS: Final = (
    "sku",
    "category",
    "total_kg",
    *STAGE_COLUMNS,
    *PART_COLUMNS,
    "aggregate_share",
    *GWP_COLUMNS,
    *WEAK_COLUMNS,
    "defaulted",
    "match",
    "basis",
    "edition",
    "problem",
)
QUANTITY_COLUMNS: Final = ("functional_quantity", "unit", "size_class", "kg_per_unit")
"""Columns of a result in an edition that compares by what the buyer gets."""

BIOGENIC_CO2_COLUMN: Final = "biogenic_co2_kg"
"""Column of such an edition: of ``biogenic_kg`` the carbon dioxide; methane and the rest remain."""

ROUNDING: Final = 1e-9
"""Share of a total that adding in another order may leave over."""

INTERVAL_COLUMNS: Final = ("low_kg", "high_kg", "gsd", "primary_share", "dqr", "ask_first")
"""Columns of a result with draws."""


@checked()
@dataclass(frozen=True)
class Footprints:
    """Impacts of the SKUs of a catalogue.

    Parameters
    ----------
    catalogue : Catalogue
        The filled catalogue.
    impact : ndarray of float64, shape (n, 8, 5)
        By SKU, stage and indicator [kg CO2e per kept unit]; NaN where it is unknown.
    carbon : ndarray of float64, shape (n, 2)
        Biogenic carbon dioxide taken up (negative) and released [kg CO2 per kept unit].
    aggregate : ndarray of float64, shape (n, 4)
        Part that rests on sources' own CO2e aggregates, by assessment report [kg CO2e].
    fit : ndarray of int8, shape (n,)
        Worst fit on which a tenth of the SKU rests, a position in
        :data:`carbon.base.terms.FITS`.
    missing : ndarray of bool, shape (n,)
        An activity of the SKU has no factor.
    basis : Basis
        What must be equal before two footprints may be compared.
    interval : Interval, optional
        95 % intervals of total and stages; with draws only.
    quality : Quality, optional
        Primary share, rating and what to ask first; with draws only.
    standing : Standing, optional
        How the draws lie against the references; where these were given.
    own_part : ndarray of float64, shape (n, 1), optional
        Part that rests on the user's own background [kg CO2e]; shape (n, 0) without one.
    weak : ndarray of float64, shape (n, 2), optional
        Part that datasets of another place carry (proxies), and part that datasets whose figure
        is an assumption carry [kg CO2e].
    beyond : ndarray of float64, shape (n,), optional
        Total of what is withheld as no good of the category can have it, NaN for all others
        [kg CO2e per kept unit].

    Examples
    --------
    >>> from carbon import Study
    >>> goods = {"sku": "A", "category": "t_shirt"}
    >>> len(Study().footprints(goods)), Study().footprints(goods).stages.shape
    (1, (1, 8))
    """

    catalogue: Catalogue
    impact: npt.NDArray[np.float64]
    carbon: npt.NDArray[np.float64]
    aggregate: npt.NDArray[np.float64]
    fit: npt.NDArray[np.int8]
    missing: npt.NDArray[np.bool_]
    basis: Basis
    interval: Interval | None = None
    quality: Quality | None = None
    standing: Standing | None = None
    own_part: npt.NDArray[np.float64] | None = None
    weak: npt.NDArray[np.float64] | None = None
    beyond: npt.NDArray[np.float64] | None = None

    @classmethod
    def joined(cls, catalogue: Catalogue, parts: Sequence[Footprints]) -> Footprints:
        """Footprints of consecutive parts of a catalogue as one.

        Parameters
        ----------
        catalogue : Catalogue
            The whole.
        parts : sequence of Footprints
            In its order, at least one.
        """

        def every(name: str) -> Any:
            values = [value for part in parts if (value := getattr(part, name)) is not None]
            if not values:
                return None
            arrays = isinstance(values[0], np.ndarray)
            return np.concatenate(values) if arrays else _joined(type(values[0]), values)

        names = [each.name for each in fields(cls) if each.name not in ("catalogue", "basis")]
        return cls(catalogue, basis=parts[0].basis, **{name: every(name) for name in names})

    def __len__(self) -> int:
        return len(self.impact)

    @property
    def stages(self) -> npt.NDArray[np.float64]:
        """Impact by SKU and stage, shape (n, 8) [kg CO2e per kept unit]."""
        return added(self.impact, 2)

    @property
    def total(self) -> npt.NDArray[np.float64]:
        """Impact by SKU, shape (n,) [kg CO2e per kept unit]."""
        total: npt.NDArray[np.float64] = self.stages.sum(axis=1)
        return total

    @property
    def problem(self) -> pd.Series:
        """Codes of each SKU, those of its result among them, separated by spaces."""
        skus, total = self.catalogue.skus, self.total
        beyond = np.isfinite(np.full(len(self), np.nan) if self.beyond is None else self.beyond)
        unknown = np.isnan(total) & ~self.missing & ~skus["failed"].to_numpy(dtype=bool) & ~beyond
        problem = _with_code(skus["problem"], self.missing, "S001")
        problem = _with_code(problem, unknown, "S006")
        return _with_code(problem, beyond, "S007")

    def to_frame(self, *, stages: bool = False) -> pd.DataFrame:
        """The result as a table.

        Parameters
        ----------
        stages : bool
            With draws: the bounds of each stage too, as ``<stage>_low_kg`` and
            ``<stage>_high_kg``.

        Returns
        -------
        pandas.DataFrame
            One row a SKU in the order of the catalogue, columns :data:`RESULT_COLUMNS`. The
            stage columns sum to ``total_kg``, and so do the indicator columns; land-use change is
            empty where no source tells it apart. A stage outside the boundary is empty; so is
            every number of a SKU that could not be computed, and ``problem`` names the codes.
            With draws, :data:`INTERVAL_COLUMNS` too; with an own background ``own_share``, the
            share of the total that rests on it; in an edition that compares by what the buyer
            gets, :data:`QUANTITY_COLUMNS` [kg CO2e per that unit].

        Examples
        --------
        >>> from carbon.study import Study
        >>> table = Study().footprints("sku,category\\nA,t_shirt\\n").to_frame()
        >>> bool(abs(table.filter(like="_kg").iloc[0, 1:9].sum() - table["total_kg"][0]) < 1e-9)
        True
        """
        skus = self.catalogue.skus
        by_stage = self.stages
        inside = np.array([stage in BOUNDARIES[self.basis.boundary] for stage in STAGES])
        total = by_stage.sum(axis=1)
        parts = added(self.impact, 1)
        parts[:, PARTS.index("removals")] += self.carbon[:, 0]
        parts[:, PARTS.index("biogenic")] += self.carbon[:, 1]
        land = PARTS.index("land_use_change")  # no source says that it is nothing, so 0 is unknown
        parts[:, land] = np.where(parts[:, land] == 0, np.nan, parts[:, land])
        frame: dict[str, Any] = {"sku": skus["sku"], "category": skus["category"]}
        frame["total_kg"] = total
        if "functional_quantity" in skus:
            for name in QUANTITY_COLUMNS[:-1]:
                frame[name] = skus[name]
            frame["kg_per_unit"] = total / skus["functional_quantity"].to_numpy(dtype=np.float64)
        if self.interval is not None:
            frame["low_kg"], frame["high_kg"] = self.interval.low[:, 0], self.interval.high[:, 0]
            frame["gsd"] = self.interval.gsd
        for position, name in enumerate(STAGE_COLUMNS):
            frame[name] = by_stage[:, position] if inside[position] else np.nan
            if stages and self.interval is not None and inside[position]:
                stem = name.removesuffix("_kg")
                frame[f"{stem}_low_kg"] = self.interval.low[:, 1 + position]
                frame[f"{stem}_high_kg"] = self.interval.high[:, 1 + position]
        for position, name in enumerate(PART_COLUMNS):
            frame[name] = parts[:, position]
        if "functional_quantity" in skus:
            frame[BIOGENIC_CO2_COLUMN] = self.carbon[:, 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            frame["aggregate_share"] = self.aggregate.sum(axis=1) / total
            for position, name in enumerate(GWP_COLUMNS):
                frame[name] = self.aggregate[:, position] / total
            for position, name in enumerate(WEAK_COLUMNS):
                weak = np.nan if self.weak is None else self.weak[:, position]
                frame[name] = weak / total
            if self.own_part is not None and self.own_part.size:
                frame["own_share"] = self.own_part[:, 0] / total
        frame["defaulted"] = _names(self.catalogue.provenance == PROVENANCES.index("default"))
        if self.quality is not None:
            known = ~np.isnan(total)
            frame["primary_share"] = np.where(known, self.quality.primary_share, np.nan)
            frame["dqr"] = np.where(known, self.quality.dqr, np.nan)
            frame["ask_first"] = np.where(known, self.quality.ask_first, "")
        fits = np.where(np.isnan(total) & ~self.missing, -1, self.fit)
        frame["match"] = pd.Categorical.from_codes(fits, categories=pd.Index(FITS))
        same = np.zeros(len(self), dtype=np.int8)
        for name, text in (("basis", str(self.basis)), ("edition", self.basis.edition)):
            frame[name] = pd.Categorical.from_codes(same, categories=pd.Index([text]))
        problem = self.problem
        if self.own_part is not None and self.own_part.size:
            problem = _with_code(problem, self.own_part[:, 0] < total * (1 - ROUNDING), "X015")
        frame["problem"] = problem.astype("object")
        return pd.DataFrame(frame, copy=False)

    def __repr__(self) -> str:
        from carbon.footprint.shown import text_of

        return text_of(self)

    def _repr_html_(self) -> str:
        """First SKUs with intervals and a bar of their stages, for a notebook."""
        from carbon.footprint.shown import html_of

        return html_of(self)

    def plot(self, sku: str = "", lang: str = "en") -> Picture:
        """Stages of one SKU as a picture, with their intervals where there were draws.

        Parameters
        ----------
        sku : str
            The first one without.
        lang : str
            ``"zh"`` or ``"en"``.

        Returns
        -------
        carbon.paper.shown.Picture
            It shows itself in a notebook; ``picture.svg`` is its text.

        Raises
        ------
        carbon.base.errors.StudyError
            S003 if the SKU is not among them.

        Examples
        --------
        >>> from carbon.study import Study
        >>> Study().footprints({"sku": "A", "category": "t_shirt"}).plot("A").svg[:4]
        '<svg'
        """
        from carbon.footprint.shown import picture_of

        return picture_of(self, sku, lang)

    def to_json(self, *, stages: bool = False) -> str:
        """The result as one document of JSON: rows of :meth:`to_frame`, gaps as null.

        Parameters
        ----------
        stages : bool
            As for :meth:`to_frame`.

        Examples
        --------
        >>> from carbon.study import Study
        >>> Study().footprints({"sku": "A", "category": "t_shirt"}).to_json()[:12]
        '[{"sku": "A"'
        """
        return as_json(self.to_frame(stages=stages))


def _joined(kind: type[Record], parts: Sequence[Record]) -> Record:
    """Records of arrays, joined array by array."""
    return kind(
        *(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(kind))
    )


def spread_out(record: Record, place: npt.NDArray[np.int64]) -> Record:
    """The record of each of n SKUs, from that of the one of k which was drawn for it."""
    return type(record)(*(getattr(record, item.name)[place] for item in fields(record)))


def _names(flags: pd.DataFrame) -> pd.Categorical[str]:
    """Names of the columns that are true, joined by a space; as few strings as possible."""
    packed = flags.to_numpy() @ (1 << np.arange(flags.shape[1], dtype=np.int64))
    patterns, code = np.unique(packed, return_inverse=True)
    names = [
        " ".join(name for bit, name in enumerate(flags.columns) if pattern >> bit & 1)
        for pattern in patterns
    ]
    return pd.Categorical.from_codes(code, categories=pd.Index(names))


def _with_code(problem: pd.Series, flag: npt.NDArray[np.bool_], code: str) -> pd.Series:
    if not flag.any():
        return problem
    codes = problem.astype("object")
    codes[flag] = (codes[flag].astype(str) + f" {code}").str.strip()
    return codes
