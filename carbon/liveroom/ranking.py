"""Ranking: which products come first, like with like, and no order where none can be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

from carbon.catalogue.schema import Catalogue
from carbon.errors import StudyError
from carbon.footprint.computing import Computing
from carbon.footprint.scenario import ALL, what_if
from carbon.footprint.spreads import WIDTH

__all__ = ["ORDERS", "RANK_COLUMNS", "SIGNAL_COLUMNS", "WITHIN", "rank", "savings", "signals"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ORDERS: Final = ("intensity", "letter", "saving")
"""What can be ranked by."""

WITHIN: Final = {"category": ("category",), "merchant": ("category", "merchant")}
"""What SKUs must share to stand in one ranking."""

RANK_COLUMNS: Final = ("rank", "sharing", "ranked", "p_next", "reason_not_ranked")
"""Columns that a ranking adds."""

SIGNAL_COLUMNS: Final = (
    "sku",
    "category",
    "score",
    "confidence",
    "rank",
    "state",
    "edition",
    "basis",
)
"""Columns of ranking signals."""

GLANCE: Final = 64
"""SKUs looked at first for the next one that can be told apart; twice as many each time after."""

CHUNK: Final = 20_000


def rank(
    grades: pd.DataFrame,
    *,
    by: str = "intensity",
    within: str = "category",
    confidence: float,
) -> pd.DataFrame:
    """Rank SKUs within their category.

    Parameters
    ----------
    grades : pandas.DataFrame
        As ``Study.grades`` gives it, with draws; for ``by="saving"`` with the columns of
        :func:`savings` too.
    by : str
        ``"intensity"``, the ratio to the category's reference; ``"letter"``; or ``"saving"``, what
        the best lever would save per kept unit, largest first.
    within : str
        A key of :data:`WITHIN`.
    confidence : float
        Probability from which two SKUs are told apart [1]: ``study.scale.confidence``.

    Returns
    -------
    pandas.DataFrame
        The rows of ``grades`` by group and rank, with :data:`RANK_COLUMNS`: ``rank``; ``sharing``,
        how many SKUs have that rank; ``ranked``, how many of the group are ranked; ``p_next``,
        probability that the SKU is lower (or saves more) than the next row. SKUs that cannot be
        ranked stand last, their rank empty, with the reason. A SKU's rank depends neither on the
        order of the rows nor on its name; its row within a rank does, on value and then name.

    Raises
    ------
    carbon.errors.StudyError
        R100 if columns are missing or the order is not known, S002 if the rows rest on unlike
        bases or references.

    Notes
    -----
    For SKUs a and b of one category, P(a < b) = Φ(ln(r_b/r_a) / √(ln²g_a + ln²g_b)), with r the
    ratio to the reference and g the geometric standard deviation of its paired draws: what SKUs
    share with the reference has cancelled, the rest is taken for independent. So a million SKUs
    need no draws of pairs, and the result does not depend on how many there are.

    A rank begins with a leader. Whoever follows and cannot be told apart from the *leader* shares
    the rank; the first that can be told apart leads the next. A chain of neighbours, each alike
    the next, so cannot merge best and worst. The price: two neighbours on either side of a
    border may be alike; ``p_next`` tells.

    Examples
    --------
    >>> told = pd.DataFrame(
    ...     {
    ...         "sku": ["A", "B", "C", "D"],
    ...         "category": "dress",
    ...         "ratio": [0.50, 0.55, 1.40, np.nan],
    ...         "ratio_gsd": [1.2, 1.2, 1.2, np.nan],
    ...         "letter": ["A", "A", "E", ""],
    ...         "state": ["graded", "graded", "graded", "unknown"],
    ...         "reason": ["", "", "", "S006"],
    ...         "basis": "one",
    ...     }
    ... )
    >>> found = rank(told, confidence=0.9)
    >>> found["rank"].tolist(), found["reason_not_ranked"].tolist()
    ([1, 1, 3, <NA>], ['', '', '', 'S006'])
    """
    keys = WITHIN.get(within)
    if by not in ORDERS or keys is None:
        raise StudyError("R100", "order or group", value=f"{by}, {within}")
    _refuse_unlike(grades, by, keys)
    value, spread, step, reason = _values(grades, by)
    known = reason == ""
    at = np.flatnonzero(known)
    shared = grades[list(keys)].iloc[at].astype("str")
    code = np.asarray(shared.groupby(list(keys), sort=True).ngroup(), dtype=np.int64)
    place = _ordered(grades["sku"].iloc[at], code, step[at], value[at], spread[at])
    at, code = at[place], code[place]
    value, spread, step = value[at], spread[at], step[at]
    new_group = np.diff(code, prepend=-1) != 0
    if by == "letter":
        starts = new_group | (np.diff(step, prepend=-1) != 0)
    else:
        starts = _starts(new_group, value, spread**2, float(ndtri(confidence)))
    leader = np.maximum.accumulate(np.where(starts, np.arange(len(at)), 0))
    first = np.maximum.accumulate(np.where(new_group, np.arange(len(at)), 0))
    rest = np.flatnonzero(~known)
    rest = rest[np.argsort(grades["sku"].iloc[rest].astype(str).to_numpy(), kind="stable")]
    empty = np.full(len(rest), -1)
    out = grades.iloc[np.concatenate([at, rest])].reset_index(drop=True)
    numbers = {
        "rank": leader - first + 1,
        "sharing": np.bincount(leader, minlength=len(at))[leader],
        "ranked": np.bincount(first, minlength=len(at))[first],
    }
    for name, column in numbers.items():
        whole = np.concatenate([column, empty])
        out[name] = pd.arrays.IntegerArray(whole.astype(np.int64), whole < 0)
    out["p_next"] = np.concatenate([_next(new_group, value, spread), np.full(len(rest), np.nan)])
    out["reason_not_ranked"] = np.concatenate([np.full(len(at), "", dtype=object), reason[rest]])
    front = ["sku", "category", "rank", "sharing", "ranked", "p_next"]
    return out[[*front, *(name for name in out if name not in front)]]


def _refuse_unlike(grades: pd.DataFrame, by: str, keys: Sequence[str]) -> None:
    needed = {"sku", "basis", "ratio", "ratio_gsd", "letter", "state", "reason", *keys}
    needed |= {"saving_kg", "saving_low_kg", "saving_high_kg"} if by == "saving" else set()
    missing = sorted(needed - set(grades))
    if missing:
        raise StudyError("R100", f"missing {', '.join(missing)}")
    for column in ("basis", "reference"):
        told = grades[column].dropna().astype(str).unique().tolist() if column in grades else []
        several = sorted(one for one in told if one)
        if len(several) > 1:
            raise StudyError("S002", f"{column}: {several[0]} against {several[1]}")


def _values(
    grades: pd.DataFrame, by: str
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.object_]]:
    """Value and its standard deviation, lowest first; the letter's place; why it is not ranked."""
    ratio = grades["ratio"].to_numpy(dtype=np.float64)
    gsd = grades["ratio_gsd"].to_numpy(dtype=np.float64)
    step = np.zeros(len(grades))
    reason = np.full(len(grades), "", dtype=object)
    if by == "saving":
        value = -grades["saving_kg"].to_numpy(dtype=np.float64)
        low, high = (grades[f"saving_{end}_kg"].to_numpy(np.float64) for end in ("low", "high"))
        spread = (high - low) / (2 * WIDTH)
        reason[~(value < 0)] = "R102"
        reason[(value < 0) & np.isnan(spread)] = "R101"
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            value, spread = np.log(ratio), np.log(gsd)
        reason[~np.isfinite(value) | ~np.isfinite(spread)] = "R101"
    if by == "letter":
        letter = pd.Categorical(grades["letter"].astype(str))
        step = letter.codes.astype(np.float64)
        unsure = (reason == "") & (grades["state"].astype(str) != "graded").to_numpy()
        reason[unsure] = "R103"
    unknown = np.isnan(grades["ratio"].to_numpy(dtype=np.float64))
    told = grades["reason"].astype("object").fillna("").astype(str).to_numpy(dtype=object)
    reason[unknown] = np.where(told[unknown] == "", "R101", told[unknown])
    return value, spread, step, reason


def _ordered(
    sku: pd.Series, code: npt.NDArray[np.int64], step: Floats, value: Floats, spread: Floats
) -> npt.NDArray[np.intp]:
    """Order by group, letter, value, spread; rows that are alike in all of them by their name."""
    order = np.lexsort((spread, value, step, code))
    alike = np.ones(len(order), dtype=bool)
    for column in (code, step, value, spread):
        alike &= np.diff(column[order], prepend=np.nan) == 0
    if alike.any():
        run = np.cumsum(~alike)
        several = np.flatnonzero(np.bincount(run)[run] > 1)
        names = pd.DataFrame({"run": run[several], "sku": sku.iloc[order[several]].astype(str)})
        inside = names.reset_index(drop=True).sort_values(["run", "sku"], kind="stable").index
        order[several] = order[several][inside.to_numpy()]
    return order


def _starts(new_group: Flags, value: Floats, variance: Floats, score: float) -> Flags:
    """Rows that begin a rank: the first of a group, and who can be told apart from the leader.

    The loop goes from leader to leader, not from SKU to SKU: each looks ahead over a window that
    doubles until someone can be told apart.
    """
    n = len(value)
    starts = np.append(new_group, True)
    row = np.arange(n)
    end = _upcoming(np.append(new_group[1:], True), row + 1)
    bar = score**2
    # where each can be told apart from the very next, there is nothing to look for
    gap = np.diff(value)
    apart = (gap > 0) & (gap**2 >= bar * (variance[1:] + variance[:-1]))
    alike = _upcoming(np.append(~apart & ~new_group[1:], True), row)
    at = 0
    while at < n:
        if alike[at] > at:
            starts[at : alike[at] + 1] = True
            at = int(alike[at])
            continue
        found, look, width = int(end[at]), at + 1, GLANCE
        while look < end[at]:
            upto = min(look + width, int(end[at]))
            ahead = value[look:upto] - value[at]
            told = (ahead > 0) & (ahead**2 >= bar * (variance[look:upto] + variance[at]))
            first = int(told.argmax())
            if told[first]:
                found = look + first
                break
            look, width = upto, 2 * width
        starts[found] = True
        at = found
    return starts[:n]


def _upcoming(flag: Flags, mark: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Mark of the next flagged row, the row itself included; the last row is flagged."""
    held = np.where(flag, mark, np.iinfo(np.int64).max)
    return np.asarray(np.minimum.accumulate(held[::-1])[::-1], dtype=np.int64)


def _next(new_group: Flags, value: Floats, spread: Floats) -> Floats:
    """Probability of being lower than the next row of the group; NaN for its last."""
    out = np.full(len(value), np.nan)
    gap = np.diff(value)
    deviation = np.hypot(spread[1:], spread[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(gap == 0, 0.0, gap / deviation)
    out[:-1] = np.where(new_group[1:], np.nan, ndtr(score))
    return out


def signals(ranked: pd.DataFrame) -> pd.DataFrame:
    """Scores for a search system.

    Parameters
    ----------
    ranked : pandas.DataFrame
        As :func:`rank` gives it, by intensity or letter.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`SIGNAL_COLUMNS`. ``score`` is 1/(1 + r), r the geometric mean of the ratios
        that share the rank: 0.5 at the category's reference, towards 1 below and 0 above it, and
        the same for SKUs that cannot be told apart. ``confidence`` is the probability that the
        SKU lies on that side of the reference on which its own ratio does. Both are empty for a
        SKU without a rank: unknown is neither good nor bad.

    Examples
    --------
    >>> told = pd.DataFrame({"sku": ["A"], "category": ["dress"], "ratio": [1.0]})
    >>> told = told.assign(ratio_gsd=1.2, letter="C", state="graded", reason="", basis="one")
    >>> signals(rank(told, confidence=0.9))[["score", "confidence"]].values.tolist()
    [[0.5, 0.5]]
    """
    known = ranked["rank"].notna().to_numpy()
    count = int(known.sum())
    ratio = ranked["ratio"].to_numpy(dtype=np.float64)[:count]
    gsd = ranked["ratio_gsd"].to_numpy(dtype=np.float64)[:count]
    # rows stand by rank: a new one where the number changes, or the row above ends its group
    number = ranked["rank"].iloc[:count].to_numpy(dtype=np.int64)
    ended = ranked["p_next"].isna().to_numpy()[:count]
    new = np.diff(number, prepend=0) != 0
    new[1:] |= ended[:-1]
    run = np.cumsum(new) - 1
    mean = np.bincount(run, np.log(ratio)) / np.bincount(run) if count else np.empty(0)
    score, confidence = np.full(len(ranked), np.nan), np.full(len(ranked), np.nan)
    score[:count] = 1 / (1 + np.exp(mean[run]))
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs(np.log(ratio)) / np.log(gsd)
    confidence[:count] = ndtr(np.where(ratio == 1, 0.0, away))
    out = ranked[["sku", "category", "rank", "state", "basis"]].copy()
    out["score"], out["confidence"] = score, confidence
    out["edition"] = ranked.get("edition", "")
    return out[list(SIGNAL_COLUMNS)]


def savings(
    study: Computing,
    catalogue: Catalogue,
    *,
    draws: int,
    chunk: int = CHUNK,
    progress: Callable[[int], object] | None = None,
) -> pd.DataFrame:
    """What the best single lever would save, SKU by SKU.

    Parameters
    ----------
    study : Study
        Goal and scope.
    catalogue : Catalogue
        Filled.
    draws : int
        Draws for the interval of the saving.
    chunk : int
        SKUs at once; it bounds the memory and changes no number.
    progress : callable, optional
        Called with the number of SKUs done since the last call.

    Returns
    -------
    pandas.DataFrame
        One row a SKU in the order of the catalogue: ``lever saving_kg saving_low_kg
        saving_high_kg`` [kg CO2e per kept unit]; empty where no lever applies.
    """
    columns = {
        "lever": "lever",
        "saved_kg": "saving_kg",
        "saved_low_kg": "saving_low_kg",
        "saved_high_kg": "saving_high_kg",
    }
    parts = []
    for start in range(0, max(len(catalogue), 1), chunk):
        part = catalogue.part(start, start + chunk)
        table = what_if(study, part, draws=draws, progress=progress)
        # levers stand by saving and the combination last, so that the first row is the best
        table = table[table["lever"] != ALL]
        table = table.iloc[:: max(len(table) // max(len(part), 1), 1)]
        best = table[list(columns)].rename(columns=columns).reset_index(drop=True)
        none = ~table["applies"].to_numpy(dtype=bool)
        best["lever"] = best["lever"].astype("object").where(~none, "")
        best.loc[none, ["saving_kg", "saving_low_kg", "saving_high_kg"]] = np.nan
        parts.append(best)
    return pd.concat(parts, ignore_index=True)
