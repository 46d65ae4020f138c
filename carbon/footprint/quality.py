"""Reads SKUs ready to be drawn, gives primary share [1], rating [1 to 5] and what to ask first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from carbon.background.edition import Edition
from carbon.background.sampling import INDICATORS
from carbon.base.arrays import Floats
from carbon.base.terms import FITS, PROVENANCES
from carbon.footprint.distributions import WIDTH
from carbon.footprint.spreads import NO_SPREAD, cell_provenances
from carbon.footprint.uncertainty import Part
from carbon.stages.groups import GROUPS, PARAMETERS, RATES, combine

__all__ = ["ASKED", "Quality", "Variance", "assess", "variance"]


ASKED: Final = 3
"""Inputs that are named as those whose better knowledge would narrow the interval most."""

CELLS: Final[dict[str, tuple[str, ...]]] = {
    "material": ("mass", "materials"),
    "material lost": ("mass", "materials", "manufacturing_loss"),
    "processing": ("mass", "materials", "electricity"),
    "electricity": ("electricity",),
    "heat": ("heat",),
    "spend": ("materials",),  # counted where nobody tells them
    "waste": ("mass", "materials", "manufacturing_loss"),
    "discard": ("mass", "materials"),
    "discard returned": ("mass", "materials"),
    "unit packaging": ("packaging",),
    "parcel packaging": ("packaging", "units_per_parcel"),
    "unit packaging thrown": ("packaging",),
    "parcel packaging thrown": ("packaging", "units_per_parcel"),
    "arrival": ("mass", "transport"),
    "freight": ("mass", "packaging", "transport"),
    "hub": ("mass", "packaging", "transport"),
    "door": ("units_per_parcel", "transport"),
    "pickup": ("units_per_parcel", "pickup_km"),
    "freight back": ("mass", "packaging", "return_transport"),
    "hub back": ("mass", "packaging", "return_transport"),
    "door back": ("units_per_parcel", "return_transport"),
    "pickup back": ("pickup_km",),
    "inspection": ("mass",),
    "studio": ("session_kwh",),
    "stream": ("viewer_hours",),
    "use": ("energy_per_year", "service_life"),
    "product thrown": ("mass", "materials"),
}
"""Catalogue cells that decide the amount of each group."""


@dataclass(frozen=True)
class Variance:
    """First-order variance contributions of some SKUs [(kg CO2e)²].

    Parameters
    ----------
    names : tuple of str
        Catalogue columns, then ``factor: activity``.
    values : ndarray of float64, shape (n, names)
        They sum to ``total``; one may be negative where two factors move against each other.
    total : ndarray of float64, shape (n,)
        First-order variance of the total.
    """

    names: tuple[str, ...]
    values: Floats
    total: Floats


@dataclass(frozen=True)
class Quality:
    """Quality of some SKUs.

    Parameters
    ----------
    primary_share : ndarray of float64, shape (n,)
        Share of the impact whose amounts the merchant told or measured [1].
    dqr : ndarray of float64, shape (n,)
        Data-quality rating, 1 (best) to 5.
    ask_first : ndarray of object, shape (n,)
        Inputs joined by ``"; "``, the first one narrows the interval most.
    """

    primary_share: Floats
    dqr: Floats
    ask_first: npt.NDArray[np.object_]


def _rates(part: Part) -> dict[str, Any]:
    return dict(part.rates)


def _total(part: Part, group: dict[str, Any], of: dict[str, Any]) -> Floats:
    shares = part.shares
    if part.returns_alone:
        of = of | {"return_parcels": 1.0}
    stage = combine(group, of, (shares[0], shares[1], shares[2]), part.inside)
    total: Floats = np.zeros(part.n) + sum(stage.values())
    return total


def weights(part: Part, of: dict[str, Any]) -> Floats:
    """How often each group counts in the total, shape (n, groups)."""
    by_group = np.zeros((part.n, len(GROUPS)))
    for position, name in enumerate(GROUPS):
        by_group[:, position] = _total(part, {name: 1.0}, of)
    return by_group


def variance(part: Part, unit: Floats, names: list[str], weight: Floats | None = None) -> Variance:
    """First-order variance of the total and what each input contributes to it.

    Parameters
    ----------
    part : Part
        The SKUs.
    unit : ndarray of float64, shape (used,)
        Central unit impact of each used dataset [kg CO2e per unit].
    names : list of str
        Activity of each used dataset.
    weight : ndarray of float64, shape (n, groups), optional
        As :func:`weights` gives it for the rates as stated, if that is known already.

    Notes
    -----
    A parameter contributes the square of its effect, half the difference of the totals at the
    ends of its own 95 % interval over 1.96 (one at a time). A dataset contributes its covariance
    with the whole background, ``c_a·Σ_b c_b·cov(y_a, y_b)`` over the sampled unit impacts y: so
    the contributions sum to the variance, whatever datasets share upstream.
    """
    rates = _rates(part)
    if weight is None:
        weight = weights(part, rates)
    count = sparse.csr_matrix(part.matrix, dtype=np.float64, copy=True)
    entry = np.repeat(np.arange(count.shape[0]), np.diff(count.indptr))
    weighted = count.data * weight.ravel()[entry]
    sku = entry // len(GROUPS)
    taken = sparse.coo_matrix(
        (weighted, (sku, count.indices)), shape=(part.n, count.shape[1])
    ).tocsr()
    impact = (count @ np.nan_to_num(unit)).reshape(part.n, len(GROUPS))
    group = dict(zip(GROUPS, impact.T, strict=True))

    parameters = (*PARAMETERS, *RATES)
    values = np.zeros((part.n, len(parameters)))
    for position, name in enumerate(parameters):
        low, high = ends(part, name)
        if (low == high).all():
            continue
        effect = _total(part, group, rates | {name: high}) - _total(
            part, group, rates | {name: low}
        )
        values[:, position] = (effect / (2 * WIDTH)) ** 2

    deviation = part.unit.astype(np.float64)
    deviation -= deviation.mean(axis=1, keepdims=True)
    deviation = np.nan_to_num(deviation)
    covariance = deviation @ deviation.T / max(deviation.shape[1] - 1, 1)
    felt = taken @ covariance
    order = sorted(set(names))
    place = {name: at for at, name in enumerate(order)}
    to = sparse.csr_matrix(
        (np.ones(len(names)), (np.arange(len(names)), [place[name] for name in names])),
        shape=(len(names), len(order)),
    )
    background = (taken.multiply(felt).tocsr() @ to).toarray()
    every = np.hstack([values, background])
    return Variance((*parameters, *(f"factor: {name}" for name in order)), every, every.sum(axis=1))


def ends(part: Part, name: str) -> tuple[Any, Any]:
    """Ends of the 95 % interval of a parameter or rate (of odds, where taken so), each (n,)."""
    spread = part.spread[name]
    with np.errstate(over="ignore"):
        centre = spread.centre.astype(np.float64)
        low = np.exp(centre - WIDTH * spread.below.astype(np.float64))
        high = np.exp(centre + WIDTH * spread.above.astype(np.float64))
    if name in RATES:
        low = high = part.rates[name]
    if spread.table is not None:
        assert spread.row is not None
        assert spread.shift is not None
        assert spread.scale is not None
        draws = spread.table.shape[1]
        at = max(round(draws * 0.025) - 1, 0)
        row, tabled = np.maximum(spread.row, 0), spread.row != NO_SPREAD
        low, high = (
            np.where(
                tabled,
                np.clip(
                    spread.table[row, end] * spread.scale + spread.shift, spread.low, spread.high
                ),
                stated,
            )
            for end, stated in ((at, low), (draws - 1 - at, high))
        )
    if name == "units_per_parcel":
        low = np.maximum(low, 1 / part.per_parcel)
    return low, high


def assess(part: Part, edition: Edition, unit: Floats) -> Quality:
    """Primary share, data-quality rating and what to ask first.

    Parameters
    ----------
    part : Part
        The SKUs.
    edition : Edition
        Pedigrees and scores.
    unit : ndarray of float64, shape (used,)
        Central unit impact of each used dataset [kg CO2e per unit].

    Notes
    -----
    Everything is weighed by the size of its impact, its sign left out. An amount is primary if
    every cell that decides it was given or measured, for a return also the return rate (and the
    resale share, where a lost unit is made again). The rating is the mean of six scores of each
    exchange: the five of its dataset's pedigree, place and time made worse by the fit, and that
    of its amount, the poorest of its cells.
    """
    row = np.minimum(part.used // len(FITS), len(edition.activities) - 1)
    fit = (part.used % len(FITS)).astype(np.int8)
    names = edition.activities["activity"].to_numpy()[row].tolist()
    published = edition.activities["published"].to_numpy()[row]
    pedigree = part.sampler.pedigrees[published]
    mismatch = part.sampler.mismatch
    place, time = INDICATORS.index("geographical"), INDICATORS.index("temporal")
    pedigree[:, place] = np.maximum(pedigree[:, place], mismatch.place[fit])
    pedigree[:, time] = np.maximum(pedigree[:, time], mismatch.time(row.astype(np.int32)))
    size = np.nan_to_num(np.abs(unit))
    both = np.column_stack([size, size * pedigree.sum(axis=1)])
    weighed = (abs(part.matrix) @ both).reshape(part.n, len(GROUPS), 2)
    provenance = {name: cell_provenances(part.catalogue, name) for name in (*PARAMETERS, *RATES)}
    table = edition.spreads["quality_scores"]
    score = (
        table[table["kind"] == "origin"].set_index("key")["score"].reindex(PROVENANCES).to_numpy()
    )
    amount = np.column_stack(
        [np.maximum.reduce([score[provenance[cell]] for cell in CELLS[name]]) for name in GROUPS]
    )
    stated = np.isin(
        np.arange(len(PROVENANCES)), [PROVENANCES.index("given"), PROVENANCES.index("measured")]
    )
    primary = np.column_stack(
        [
            np.logical_and.reduce([stated[provenance[cell]] for cell in CELLS[name]])
            for name in GROUPS
        ]
    )
    once, back, lost = _layers(part)
    rate, resale = provenance["return_rate"], provenance["resale_share"]
    total = known = rated = np.zeros(part.n)
    for layer, cells in ((once, ()), (back, (rate,)), (lost, (rate, resale))):
        here = layer * weighed[..., 0]
        all_primary = np.logical_and.reduce(
            [np.ones(part.n, bool), *(stated[cell] for cell in cells)]
        )
        poorest = np.maximum.reduce(
            [amount, *(np.tile(score[cell], (len(GROUPS), 1)).T for cell in cells)]
        )
        total = total + here.sum(axis=1)
        known = known + (here * primary).sum(axis=1) * all_primary
        rated = rated + (layer * weighed[..., 1] + here * poorest).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share, rating = known / total, rated / total / (len(INDICATORS) + 1)
    return Quality(share, rating, _first(variance(part, unit, names, once + back + lost)))


def _layers(part: Part) -> tuple[Floats, Floats, Floats]:
    """How often each group counts: once, with a return, and for the unit a return lost."""
    rates = _rates(part)
    none = weights(part, rates | {"return_rate": np.zeros(part.n)})
    kept = weights(part, rates | {"resale_share": np.ones(part.n)})
    every = weights(part, rates)
    return none, kept - none, every - kept


def _first(terms: Variance) -> npt.NDArray[np.object_]:
    """The largest contributions of each SKU, by name."""
    count = min(ASKED, len(terms.names))
    top = np.argsort(-terms.values, axis=1, kind="stable")[:, :count]
    size = np.take_along_axis(terms.values, top, axis=1)
    code = np.where(size > 0, top, -1)
    patterns, inverse = np.unique(code, axis=0, return_inverse=True)
    text = np.array(
        ["; ".join(terms.names[at] for at in pattern if at >= 0) for pattern in patterns], object
    )
    names: npt.NDArray[np.object_] = text[inverse.ravel()] if len(code) else np.empty(0, object)
    return names
