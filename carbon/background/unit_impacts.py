"""Reads an edition and a method, gives what one unit of every activity causes [kg CO2e].

They are solved once for all activities and kept in the user's cache folder under the digest of
the edition and the name of the method, so that a second run needs no Brightway.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import io
import os
import secrets
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import platformdirs
from scipy import sparse

from carbon.background.edition import Edition
from carbon.background.solving import each
from carbon.base.errors import FactorsError, OutputError, StudyError
from carbon.base.files import whole_file
from carbon.base.terms import AGGREGATES, INDICATORS

__all__ = [
    "BIOGENIC_CO2",
    "PARTS",
    "UnitImpacts",
    "array_path",
    "cache_path",
    "extended",
    "fill_later",
    "load",
    "methods",
    "save",
    "solve",
]

PARTS: Final = INDICATORS[1:]
"""Indicators that are solved; the total is their sum."""

BIOGENIC_CO2: Final = ("carbon dioxide, in air", "carbon dioxide, biogenic")
"""Uptake and release of carbon dioxide by biomass.

They cancel over a whole life cycle, so they are shown as indicators and kept out of stages and
total: a box would else lower the stage packaging and raise the end of life.
"""

WIDTH: Final = len(PARTS) + len(AGGREGATES) + len(BIOGENIC_CO2)
CACHE_FORMAT: Final = "4"
DIGEST: Final = hashlib.sha256().digest_size
"""Bytes at the end of a cached file: a seal of what stands before, by a secret of the user."""

TINY: Final = 1e-12
"""What rounding may leave below zero [kg CO2e per unit]."""


@dataclass(frozen=True)
class UnitImpacts:
    """Impact of one unit of each activity.

    Parameters
    ----------
    values : ndarray of float64, shape (activities + 1, 5)
        Indicators :data:`PARTS` without :data:`BIOGENIC_CO2` [kg CO2e per unit]; the last row is
        NaN and stands for an activity that the edition does not have. An activity that is not
        linked yet is NaN too.
    aggregates : ndarray of float64, shape (activities + 1, 4)
        Part of the impact that rests on a source's own CO2e aggregate, by its assessment report
        (:data:`carbon.base.terms.AGGREGATES`) [kg CO2e per unit].
    carbon : ndarray of float64, shape (activities + 1, 2)
        Uptake (negative) and release of :data:`BIOGENIC_CO2` [kg CO2e per unit].
    method : str
        Name of the characterization method.
    own_part : ndarray of float64, shape (activities + 1, 0 or 1)
        Part of the total that activities of a user's own background release, direct or behind
        shipped ones; no column without such a background [kg CO2e per unit].

    Examples
    --------
    >>> from carbon import Study
    >>> study = Study()
    >>> solved = np.isfinite(study.unit_impacts.values[:-1]).all(axis=1)
    >>> bool((solved == study.edition.linked).all()), bool(solved.all())
    (True, False)
    """

    values: npt.NDArray[np.float64]
    aggregates: npt.NDArray[np.float64]
    carbon: npt.NDArray[np.float64]
    method: str
    own_part: npt.NDArray[np.float64]

    def __repr__(self) -> str:
        return f"UnitImpacts({len(self.values) - 1:,} activities, {self.method})"


def methods(edition: Edition) -> list[str]:
    """Names of the characterization methods of an edition.

    >>> from carbon.background.edition import load_edition
    >>> "GWP100 AR6" in methods(load_edition())
    True
    """
    return sorted(edition.characterization["method"].unique())


def solve(
    edition: Edition, method: str, *, whole_life: bool = True, cache: bool = True
) -> UnitImpacts:
    """Solve the unit impacts of all activities of an edition, or take them from the cache.

    ``method``: one of :func:`methods`; ``whole_life``: False if the boundary ends before the end of
    life: uptake of carbon dioxide by biomass and its release are then not even shown, since the
    uptake alone would flatter; ``cache``: look for the answer in the user's cache folder, and leave
    it there. Raises S005 if the method is not known; F008 if the system has no single solution,
    F015 if an activity causes less than nothing.
    """
    if method not in methods(edition):
        raise StudyError("S005", f"known: {', '.join(methods(edition))}", value=method)
    licensed = edition.licensed
    columns = WIDTH + int(licensed.any())
    path = cache_path(edition, CACHE_FORMAT, method, str(whole_life))
    first = edition.at_first
    known = load(path, (len(first), columns), np.float64) if cache else None
    factors = characterization(edition, method, whole_life=whole_life)
    if known is None:
        from carbon.background.brightway import unit_impacts

        known = unit_impacts(edition, factors)
        if licensed.any():
            mine = unit_impacts(edition, factors, of=licensed)[:, : len(PARTS)]
            known = np.column_stack([known, mine.sum(axis=1)])
        if cache:
            save(path, known)
    values = np.full((len(edition.activities) + 1, columns), np.nan)
    values[first] = known
    _refuse_strange(edition, values, first)
    return _as_unit_impacts(_with_later(edition, values, factors), method)


def extended(unit: UnitImpacts, edition: Edition, *, whole_life: bool = True) -> UnitImpacts:
    """The same, with the activities that were linked since.

    ``unit``: as :func:`solve` gives it; ``edition``: the one it was solved for; ``whole_life``: as
    it was for :func:`solve`.
    """
    if not np.isnan(unit.values[:-1][edition.linked, 0]).any():
        return unit
    values = np.column_stack([unit.values, unit.aggregates, unit.carbon, unit.own_part])
    factors = characterization(edition, unit.method, whole_life=whole_life)
    return _as_unit_impacts(_with_later(edition, values, factors), unit.method)


def _as_unit_impacts(values: npt.NDArray[np.float64], method: str) -> UnitImpacts:
    ends = [len(PARTS), WIDTH - len(BIOGENIC_CO2), WIDTH]
    parts, aggregates, carbon, own_part = np.split(values, ends, axis=1)
    return UnitImpacts(np.ascontiguousarray(parts), aggregates, carbon, method, own_part)


def _with_later(
    edition: Edition,
    values: npt.NDArray[np.float64],
    factors: dict[str, npt.NDArray[np.float64]],
) -> npt.NDArray[np.float64]:
    """Fill the activities that are linked and not solved; the table is changed in place."""
    rows = np.flatnonzero(edition.linked & np.isnan(values[:-1, 0]))
    if not len(rows):
        return values
    fill_later(edition, values[:, :WIDTH], factors, rows)
    licensed = edition.licensed
    if licensed.any():
        total = {flow: vector[: len(PARTS)].sum(keepdims=True) for flow, vector in factors.items()}
        fill_later(edition, values[:, WIDTH:], total, rows, of=licensed)
    _refuse_strange(edition, values, rows)
    return values


def fill_later(
    edition: Edition,
    values: npt.NDArray[Any],
    factors: dict[str, npt.NDArray[np.float64]],
    rows: npt.NDArray[np.intp],
    *,
    of: npt.NDArray[np.bool_] | None = None,
    drawn: npt.NDArray[np.float64] | None = None,
) -> None:
    """Solve activities that no known one takes from, and fill their rows in place.

    The templates at a place take from one another and from what is known, and nothing known takes
    from them: with the known part moved to the right-hand side, a system of m unknowns is left,
    whatever the number of places in the edition. It is solved like the whole
    (:mod:`carbon.background.solving`). ``values``: shape (activities + 1, k), impact of one unit of
    each activity [kg CO2e per unit]; ``factors``: shape (1,) or (k,), characterization of each
    elementary flow [kg CO2e per kg]; ``rows``: shape (m,), activities that are wanted, ascending;
    ``of``: shape (activities,), only what these activities release is counted; ``drawn``: shape (m,
    k), by how much the impact of one unit of each wanted activity is multiplied. Raises F008 if the
    system has no single solution.
    """
    table = edition.exchanges[edition.exchanges["col"].isin(rows)]
    place = np.searchsorted(rows, table["col"].to_numpy())
    amount = table["amount"].to_numpy(dtype=np.float64)
    emission = (table["kind"] == "emission").to_numpy()
    production = edition.activities["production"].to_numpy(dtype=np.float64)
    right = np.zeros((len(rows), values.shape[1]))
    direct = np.array([factors[flow] for flow in table.loc[emission, "flow"]])
    counted = 1.0 if of is None else of[table["col"].to_numpy()[emission]][:, None]
    if emission.any():
        np.add.at(right, place[emission], amount[emission][:, None] * direct * counted)
    taken = table["row"].to_numpy()
    inside = ~emission & np.isin(taken, rows)
    outside = ~emission & ~inside
    signed = amount * np.where(emission, 1.0, np.sign(production[taken]))
    if outside.any():
        known = signed[outside][:, None] * values[taken[outside]].astype(np.float64)
        np.add.at(right, place[outside], known)
    # in the sign of the system: a dataset that treats waste makes less than nothing
    links = sparse.csr_array(
        (-amount[inside], (place[inside], np.searchsorted(rows, taken[inside]))),
        shape=(len(rows), len(rows)),
    )
    made = production[rows][:, None]
    diagonal = made if drawn is None else made / drawn
    try:
        solved = each(links, diagonal, right)
    except RuntimeError as error:
        raise FactorsError("F008", str(error), file=edition.name) from None
    values[rows] = solved * np.sign(made)


def _refuse_strange(
    edition: Edition, values: npt.NDArray[np.float64], rows: npt.NDArray[np.intp]
) -> None:
    """Refuse impacts that are not finite, and activities that cause less than nothing."""
    table = values[rows]
    for code, bad in (("F008", ~np.isfinite(table)), ("F015", table[:, : len(PARTS)] < -TINY)):
        if bad.any():
            row = edition.activities.iloc[int(rows[bad.any(axis=1).argmax()])]
            raise FactorsError(
                code, file=row["source"], value=f"{row['activity']}, {row['location']}"
            )


def characterization(
    edition: Edition, method: str, *, whole_life: bool = True
) -> dict[str, npt.NDArray[np.float64]]:
    """Characterization factors of every elementary flow.

    ``edition``, ``method``, ``whole_life``: as for :func:`solve`. Returns: shape (5 + 4 + 2,), by
    flow: the indicators :data:`PARTS`, the aggregates by assessment report, uptake and release of
    :data:`BIOGENIC_CO2` [kg CO2e per kg].
    """
    table = edition.characterization
    table = table[table["method"] == method]
    weights: dict[str, npt.NDArray[np.float64]] = {}
    rows = zip(table["flow"], table["indicator"], table["factor"], strict=True)
    for flow, indicator, factor in rows:
        vector = weights.setdefault(flow, np.zeros(WIDTH))
        if flow in BIOGENIC_CO2:
            vector[BIOGENIC_CO2.index(flow) - len(BIOGENIC_CO2)] = factor * whole_life
            continue
        vector[PARTS.index(indicator)] = factor
        for position, report in enumerate(AGGREGATES, start=len(PARTS)):
            if flow.startswith("greenhouse gases, aggregate") and flow.endswith(report):
                vector[position] = factor
    return weights


def cache_path(edition: Edition, *key: str) -> Path:
    """Where an array that belongs to an edition is kept.

    ``edition``: its digest is part of the name; ``*key``: what else decides the array.
    """
    return array_path(key[0], edition.digest, *key[1:])


def array_path(*key: str) -> Path:
    """Where an array is kept.

    Parameters
    ----------
    *key : str
        All that decides the array.
    """
    name = hashlib.sha256("|".join(key).encode()).hexdigest()[:32]
    return Path(platformdirs.user_cache_dir("carbon-label")) / f"{name}.npy"


def _seal(path: Path, body: bytes | memoryview) -> bytes:
    """What only this user can write below an array of that name.

    A hash alone would let whoever writes into the cache choose the numbers. OSError if the user
    has no place for a secret: then there is no cache.
    """
    seal = hmac.new(_secret(), path.name.encode() + b"\0", "sha256")
    seal.update(body)
    return seal.digest()


@cache
def _secret() -> bytes:
    """32 bytes in the user's data folder, which nobody else may read."""
    path = Path(platformdirs.user_data_dir("carbon-label")) / "cache.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with (
            contextlib.suppress(FileExistsError),
            tempfile.NamedTemporaryFile(dir=path.parent, prefix=".cache.key.") as draft,
        ):
            draft.write(secrets.token_bytes(32))  # made with mode 0600
            draft.flush()
            os.link(draft.name, path)
    key = path.read_bytes()
    if len(key) != 32:
        raise OSError(f"{path} is no key")
    return key


def load(path: Path, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any] | None:
    """Read an array that :func:`save` left, or None if it is not whole or not the one wanted."""
    try:
        content = path.read_bytes()
        body, digest = memoryview(content)[:-DIGEST], content[-DIGEST:]
        if not hmac.compare_digest(_seal(path, body), digest):
            return None
        values: npt.NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError):
        return None
    return values if values.shape == shape and values.dtype == dtype else None


def save(path: Path, values: npt.NDArray[Any]) -> None:
    """Leave the values for the user alone; a cache that cannot be written is none."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    body = buffer.getvalue()
    with (
        contextlib.suppress(OutputError),
        whole_file(path, private=True) as draft,
        draft.open("wb") as file,
    ):
        file.writelines((body, _seal(path, body)))
