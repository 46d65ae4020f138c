"""Reads grades piece by piece, gives the order of a ranking from a few numbers a SKU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

from carbon.base.arrays import Flags, Floats
from carbon.base.errors import StudyError
from carbon.footprint.distributions import WIDTH

__all__ = ["ORDERS", "WITHIN", "Keys", "Order", "certainty", "needed", "scores", "starts"]

Integers = npt.NDArray[Any]

ORDERS: Final = ("intensity", "letter", "saving")
"""What can be ranked by."""

WITHIN: Final = {"category": ("category",), "merchant": ("category", "merchant")}
"""What SKUs must share to stand in one ranking."""

GLANCE: Final = 64
"""SKUs looked at first for the next one that can be told apart; twice as many each time after."""

STRIDE: Final = 1 << 16
"""Rows compared with their neighbours at once; it bounds the memory and changes no number."""


def needed(by: str, within: str) -> list[str]:
    """Columns of graded footprints that an order needs, beside the names; R100 if it is not known.

    >>> needed("saving", "category")[-3:]
    ['saving_kg', 'saving_low_kg', 'saving_high_kg']
    """
    if by not in ORDERS or within not in WITHIN:
        raise StudyError("R100", "order or group", value=f"{by}, {within}")
    more = ["saving_kg", "saving_low_kg", "saving_high_kg"] if by == "saving" else []
    return ["basis", "ratio", "ratio_gsd", "letter", "state", "reason", *WITHIN[within], *more]


class _Texts:
    """Texts of a column as numbers, piece by piece."""

    def __init__(self) -> None:
        self._known = {"": 0}
        self._codes: list[Integers] = []

    def add(self, codes: Integers, words: Sequence[object] | pd.Index) -> None:
        """Add rows as places among words; below 0 there is no word."""
        of = [self._known.setdefault(str(word), len(self._known)) for word in words]
        self._codes.append(np.array([*of, 0], dtype=np.int32)[codes])

    def taken(self) -> tuple[Integers, list[str]]:
        """All rows as places among the sorted words, and these; what is missing is empty."""
        words = sorted(self._known)
        place = np.empty(len(words), dtype=np.min_scalar_type(len(words)))
        place[[self._known[word] for word in words]] = np.arange(len(words))
        codes = [place[part] for part in self._codes]
        self._codes.clear()
        return np.concatenate(codes) if codes else place[:0], words


class Keys:
    """What an order needs of each SKU: two numbers and some codes, gathered piece by piece.

    Orders and groups are those of :func:`carbon.liveroom.ranking.rank`; R100 if one is not known.
    """

    def __init__(self, by: str, within: str) -> None:
        self.by, self.within = by, within
        self.columns = needed(by, within)
        self._value: list[Floats] = []
        self._spread: list[Floats] = []
        self._groups = {key: _Texts() for key in WITHIN[within]}
        self._letter, self._reason = _Texts(), _Texts()
        self._told: dict[str, set[str]] = {"basis": set(), "reference": set()}

    def add(self, grades: pd.DataFrame) -> None:
        """Add graded footprints: rows with at least the columns of :func:`needed`.

        R100 if columns are missing, S002 if the rows rest on unlike bases or references.
        """
        missing = sorted({*self.columns} - set(grades))
        if missing:
            raise StudyError("R100", f"missing {', '.join(missing)}")
        for column, values in self._told.items():
            if column in grades:
                values |= set(map(str, grades[column].dropna().unique())) - {""}
            if len(values) > 1:
                first, other, *_ = sorted(values)
                raise StudyError("S002", f"{column}: {first} against {other}")
        value, spread, reason, words = _values(grades, self.by)
        self._value.append(value)
        self._spread.append(spread)
        self._reason.add(reason, words)
        for key, texts in self._groups.items():
            texts.add(*pd.factorize(grades[key]))
        if self.by == "letter":
            self._letter.add(*pd.factorize(grades["letter"]))

    def order(self, names: Callable[[Flags], pd.Series], *, confidence: float) -> Order:
        """Order what was added; it is forgotten thereby.

        ``names`` gives the names of the SKUs of the rows that are flagged, in their order; it is
        asked once, for those that are alike and those that cannot be ranked. From a probability of
        ``confidence`` on two SKUs are told apart.
        """
        reason, reasons = self._reason.taken()
        unknown = reason != 0  # the empty word is the first
        rows = np.flatnonzero(~unknown)
        code, categories, in_group, in_category = self._coded(rows)
        value, spread = _taken(self._value, rows), _taken(self._spread, rows)
        order = np.lexsort((value, code))
        rows, code, value, spread = rows[order], code[order], value[order], spread[order]
        del order
        alike = (code[1:] == code[:-1]) & (value[1:] == value[:-1])
        several = np.zeros(len(rows), dtype=bool)
        several[:-1] = alike
        several[1:] |= alike
        asked = unknown.copy()
        asked[rows[several]] = True
        ask = np.flatnonzero(asked)
        named = np.empty(len(ask), dtype=np.min_scalar_type(len(ask)))
        named[_sorted(names(asked))] = np.arange(len(ask), dtype=named.dtype)
        at = np.flatnonzero(several)
        if len(at):
            # runs of one group and value: by spread, then name
            run = np.cumsum(~np.append(False, alike)[at], dtype=named.dtype)
            inside = at[np.lexsort((named[np.searchsorted(ask, rows[at])], spread[at], run))]
            rows[at], spread[at] = rows[inside], spread[inside]
        rest = np.flatnonzero(unknown)
        rest = rest[np.argsort(named[np.searchsorted(ask, rest)])]
        group = code // in_group
        new_group = _changes(group)
        if self.by == "letter":
            begins = _changes(code)
        else:
            begins = starts(new_group, value, spread**2, float(ndtri(confidence)))
        heads = np.flatnonzero(new_group)
        return Order(
            np.concatenate([rows, rest]),
            value,
            spread,
            np.append(np.flatnonzero(begins), len(rows)),
            np.append(heads, len(rows)),
            [categories[at] for at in group[heads] // in_category],
            reason,
            reasons,
        )

    def _coded(self, rows: Integers) -> tuple[Integers, list[str], int, int]:
        """Group and letter of rows as one number; categories; how to get them out of it."""
        (code, categories), *more = (texts.taken() for texts in self._groups.values())
        more.append(self._letter.taken() if self.by == "letter" else (code[:0], [""]))
        sizes = [len(words) for _, words in more]
        code = code[rows].astype(np.min_scalar_type(len(categories) * int(np.prod(sizes))))
        for (codes, words), size in zip(more, sizes, strict=True):
            code *= code.dtype.type(size)
            if len(words) > 1:
                code += codes[rows].astype(code.dtype)
        return code, categories, sizes[-1], int(np.prod(sizes[:-1], dtype=np.int64))


def _values(grades: pd.DataFrame, by: str) -> tuple[Floats, Floats, Integers, list[str]]:
    """Value and its standard deviation, lowest first; why it is not ranked, as places of words."""
    ratio = grades["ratio"].to_numpy(dtype=np.float64)
    words = ["", "R101", "R102", "R103"]
    reason = np.zeros(len(grades), dtype=np.int32)
    if by == "saving":
        value = -grades["saving_kg"].to_numpy(dtype=np.float64)
        low, high = (grades[f"saving_{end}_kg"].to_numpy(np.float64) for end in ("low", "high"))
        spread = (high - low) / (2 * WIDTH)
        reason[~(value < 0)] = 2
        reason[(value < 0) & np.isnan(spread)] = 1
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            value = np.log(ratio)
            spread = np.log(grades["ratio_gsd"].to_numpy(dtype=np.float64))
        reason[~np.isfinite(value) | ~np.isfinite(spread)] = 1
    state = grades["state"].astype("str")
    if by == "letter":
        reason[(reason == 0) & (state != "sure").to_numpy(dtype=bool, na_value=True)] = 3
    unknown = np.isnan(ratio)
    if by != "saving":  # what is not believed stands apart with its evidence, never in front
        unknown |= (state == "withheld").to_numpy(dtype=bool, na_value=False)
    codes, reasons = pd.factorize(grades["reason"][unknown])
    reason[unknown] = np.where(codes < 0, 1, len(words) + codes)
    return value, spread, reason, words + [str(word) or "R101" for word in reasons]


def _taken(parts: list[Floats], rows: Integers) -> Floats:
    """Some rows of an array in parts, which are given up."""
    joined = np.concatenate(parts) if parts else np.empty(0)
    parts.clear()
    return joined if len(rows) == len(joined) else joined[rows]


def _sorted(names: pd.Series) -> npt.NDArray[np.intp]:
    """Places of texts from first to last; what is alike keeps its order, what is missing is last.

    Compared by code point, as Python does.
    """
    return np.asarray(names.astype("str").array.argsort(kind="stable"), dtype=np.intp)


def _changes(codes: Integers) -> Flags:
    """Rows that are unlike the row before."""
    flags = np.ones(len(codes), dtype=bool)
    flags[1:] = codes[1:] != codes[:-1]
    return flags


@dataclass(frozen=True)
class Order:
    """SKUs in their order, and where ranks begin.

    - ``rows``: row of each place, of shape (n,); k places are ranked, those that are not stand
      behind
    - ``value``, ``spread``: what they are ranked by, lowest first, and its standard deviation, of
      shape (k,)
    - ``leads``: places at which ranks begin, and k
    - ``heads``: places at which groups begin, and k
    - ``categories``: of each group
    - ``reason``: by row, why it is not ranked: a place among the reasons, of shape (n,)
    - ``reasons``: the first is empty
    """

    rows: Integers
    value: Floats
    spread: Floats
    leads: Integers
    heads: Integers
    categories: list[str]
    reason: Integers
    reasons: list[str]

    def columns(self, start: int = 0, stop: int | None = None) -> dict[str, Any]:
        """Columns :data:`carbon.liveroom.ranking.RANK_COLUMNS` of some places, of all without."""
        stop = len(self.rows) if stop is None else stop
        ranked = min(stop, self.heads[-1])
        place = np.arange(start, ranked)
        leader, sharing = _ends(self.leads, place)
        first, of = _ends(self.heads, place)
        behind = stop - start - len(place)
        p_next = np.full(stop - start, np.nan)
        p_next[: len(place)] = self._next(start, ranked)
        words = np.array(self.reasons, dtype=object)
        return {
            "rank": _numbers(leader - first + 1, behind),
            "sharing": _numbers(sharing, behind),
            "ranked": _numbers(of, behind),
            "p_next": p_next,
            "reason_not_ranked": words[self.reason[self.rows[start:stop]]],
        }

    def signals(self, start: int, stop: int) -> tuple[Floats, Floats]:
        """Score and confidence of some places, as :func:`carbon.liveroom.ranking.signals` does."""
        ranked = max(min(stop, self.heads[-1]) - start, 0)
        score, sure = np.full(stop - start, np.nan), np.full(stop - start, np.nan)
        places = slice(start, start + ranked)
        run = np.searchsorted(self.leads, np.arange(start, start + ranked), side="right") - 1
        score[:ranked] = self._scores[run]
        sure[:ranked] = certainty(self.value[places], self.spread[places])
        return score, sure

    @cached_property
    def _scores(self) -> Floats:
        runs = np.diff(self.leads)
        return scores(np.repeat(np.arange(len(runs)), runs), self.value)

    def _next(self, start: int, stop: int) -> Floats:
        """Probability of being lower than the next of the group; NaN for its last."""
        upto = min(stop + 1, len(self.value))
        value, spread = self.value[start:upto], self.spread[start:upto]
        following = np.full(max(stop - start, 0), np.nan)
        gap = np.diff(value)
        deviation = np.hypot(spread[1:], spread[:-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            score = np.where(gap == 0, 0.0, gap / deviation)
        following[: len(score)] = ndtr(score)
        last = self.heads[1:] - 1 - start
        following[last[(last >= 0) & (last < len(following))]] = np.nan
        return following


def scores(run: Integers, log_ratio: Floats) -> Floats:
    """Score of each run of SKUs that share a rank: 1/(1 + r), r the geometric mean of ratios."""
    mean = np.bincount(run, log_ratio) / np.bincount(run)
    return np.asarray(1 / (1 + np.exp(mean)))


def certainty(log_ratio: Floats, log_gsd: Floats) -> Floats:
    """Probability of lying on that side of the reference on which the ratio itself does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs(log_ratio) / log_gsd
    return np.asarray(ndtr(np.where(log_ratio == 0, 0.0, away)))


def _ends(begins: Integers, place: Integers) -> tuple[Integers, Integers]:
    """Where the stretch of each place begins, and how long it is."""
    at = np.searchsorted(begins, place, side="right") - 1
    return begins[at], begins[at + 1] - begins[at]


def _numbers(known: Integers, behind: int) -> pd.arrays.IntegerArray:
    """Integers numbers, and empty cells behind them."""
    numbers = np.concatenate([known, np.full(behind, -1)]).astype(np.int64)
    return pd.arrays.IntegerArray(numbers, numbers < 0)


def starts(new_group: Flags, value: Floats, variance: Floats, score: float) -> Flags:
    """Rows that begin a rank: the first of a group, and who can be told apart from the leader.

    ``value`` ascends in each group and has a variance; ``score`` is the standard score from which
    two are told apart. The loop goes from leader to leader, not from SKU to SKU: each looks ahead
    over a window that doubles until someone can be told apart.
    """
    n = len(value)
    bar = score**2
    ends = np.append(new_group, True)
    last = np.append(new_group[1:], True)
    end = _upcoming(last, 1)
    # where each can be told apart from the very next, there is nothing to look for
    alike = ~last
    for at in range(0, n - 1, STRIDE):
        upto = min(at + STRIDE, n - 1)
        gap = np.diff(value[at : upto + 1])
        apart = bar * (variance[at + 1 : upto + 1] + variance[at:upto])
        alike[at:upto] &= (gap <= 0) | (gap**2 < apart)
    alike[-1:] = True
    alike = _upcoming(alike, 0)
    at = 0
    while at < n:
        if alike[at] > at:
            ends[at : alike[at] + 1] = True
            at = int(alike[at])
            continue
        lead, look, width = int(end[at]), at + 1, GLANCE
        while look < end[at]:
            upto = min(look + width, int(end[at]))
            ahead = value[look:upto] - value[at]
            apart = (ahead > 0) & (ahead**2 >= bar * (variance[look:upto] + variance[at]))
            first = int(apart.argmax())
            if apart[first]:
                lead = look + first
                break
            look, width = upto, 2 * width
        ends[lead] = True
        at = lead
    return ends[:n]


def _upcoming(flag: Flags, more: int) -> Integers:
    """Place of the next flagged row, the row itself included, and more; the last is flagged."""
    kind = np.int32 if len(flag) < np.iinfo(np.int32).max else np.int64
    upcoming = np.full(len(flag), np.iinfo(kind).max, dtype=kind)
    upcoming[flag] = np.flatnonzero(flag) + more
    return np.asarray(np.minimum.accumulate(upcoming[::-1], out=upcoming[::-1])[::-1])
