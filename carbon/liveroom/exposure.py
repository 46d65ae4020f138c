"""Reads impressions and boosts, gives them shared out among rooms within rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arrays import Floats
from carbon.base.errors import LedgerError, RuleError, StudyError
from carbon.base.words import section, text
from carbon.liveroom.conflicts import conflicts, rulebook
from carbon.liveroom.entropy import Nearest, Rulebook, nearest
from carbon.liveroom.exposure_report import REPORT_COLUMNS, TOUCH, report
from carbon.liveroom.policy import ExposureRules
from carbon.liveroom.room_problems import text_of

__all__ = ["EXPOSURE_COLUMNS", "Allocation", "allocate"]

EXPOSURE_COLUMNS: Final = (
    "room",
    "merchant",
    "small",
    "tier",
    "boost",
    "impressions",
    "wished",
    "exposure",
    "change",
    "share_before",
    "share_after",
    "binds",
    "problem",
    "policy",
    "basis",
)
"""Columns of an allocation."""


@dataclass(frozen=True, eq=False)
class Allocation:
    """Impressions shared out.

    - ``rooms``: columns :data:`EXPOSURE_COLUMNS`, one row a room in the order given; impressions
      and exposure in impressions, the others as shares
    - ``report``: rules with their prices, concentration before and after, fairness, the Lorenz
      curve: columns :data:`carbon.liveroom.exposure_report.REPORT_COLUMNS`
    - ``problems``: columns ``row sku column value code``, for
      :func:`carbon.base.errors.problem_table`
    """

    rooms: pd.DataFrame
    report: pd.DataFrame
    problems: pd.DataFrame


def allocate(
    rooms: pd.DataFrame,
    rules: ExposureRules,
    boost_cap: float,
    *,
    policy: str = "",
    solve: Callable[[Floats, Rulebook], Nearest] = nearest,
    reported: bool = True,
) -> Allocation:
    """Share out the impressions that the platform hands out (public traffic).

    Rooms are as ``carbon.catalogue.ledger.read_ledger(source, "exposure").frame`` has them:
    ``room``, ``impressions`` and, if there are, ``merchant boost small_merchant size tier
    revenue``; ``boost_cap`` is a share of the baseline. Tests put an oracle in the place of
    ``solve``. Raises R201 if no room has impressions, R200 with each contradiction of the rules and
    its numbers.

    With b the baseline shares and β the boosts, x minimises the relative entropy
    Σ x·ln(x/(b(1+β))) subject to Σ x = 1, (1−δ)·b ≤ x ≤ κ, Σ over small merchants ≥ φ and the head
    cap; the sum of impressions is the same before and after, so boosts are paid by the others. A
    room without impressions has none to multiply and gets none.

    Rooms are computed in the order of their names, so that the order of the rows changes no digit.

    >>> from carbon.liveroom.policy_file import read_policy
    >>> policy = read_policy()
    >>> told = pd.DataFrame(
    ...     {
    ...         "room": [f"R{number:02}" for number in range(20)],
    ...         "impressions": 100.0,
    ...         "boost": [0.3] + [0.0] * 19,
    ...         "small_merchant": [True] * 10 + [False] * 10,
    ...     }
    ... )
    >>> found = allocate(told, policy.exposure, policy.boost_cap.value)
    >>> found.rooms["exposure"].round(2).head(3).tolist(), float(found.rooms["exposure"].sum())
    ([128.08, 98.52, 98.52], 2000.0)
    """
    if "impressions" not in rooms:
        raise LedgerError("G005", "missing impressions")
    frame, problems = _checked(rooms, boost_cap)
    used = np.flatnonzero(frame["usable"].to_numpy() & (frame["impressions"] > 0).to_numpy())
    if not len(used):
        raise StudyError("R201", f"{len(frame)} rooms")
    names = frame["room"].astype(str).to_numpy(dtype=object)
    used = used[np.argsort(names[used], kind="stable")]
    impressions = frame["impressions"].to_numpy(dtype=np.float64)
    small = frame["small"].to_numpy(dtype=bool)[used]
    boost = frame["boost"].to_numpy(dtype=np.float64)[used]
    total = float(impressions[used].sum())
    base = impressions[used] / total
    clashes = conflicts(base, small, names[used].tolist(), rules)
    if clashes:
        message = "; ".join(f"{' + '.join(clash.rules)}: {clash.en}" for clash in clashes)
        names_zh = section("cli", "zh")
        message_zh = "; ".join(
            text(
                "exposure.clash",
                "zh",
                rules=" + ".join(names_zh[f"rule_{rule}"] for rule in clash.rules),
                why=clash.zh,
            )
            for clash in clashes
        )
        raise RuleError("R200", message, detail_zh=message_zh)
    book = rulebook(base, small, rules)
    wish = base * (1 + boost)
    wish /= wish.sum()
    result = solve(wish, book)
    shared = _rooms(frame, used, total, wish, book, result)
    shared["policy"] = policy
    shared["basis"] = rooms["basis"].astype(str).to_numpy() if "basis" in rooms else ""
    if book.head >= len(used):
        few = pd.DataFrame({"code": ["R207"], "value": [f"{len(used)} rooms"]})
        problems = pd.concat([problems, few], ignore_index=True)
    if not reported:
        empty = pd.DataFrame(columns=list(REPORT_COLUMNS))
        return Allocation(shared[list(EXPOSURE_COLUMNS)], empty, problems)
    revenue = None
    if "revenue" in rooms:
        revenue = rooms["revenue"].to_numpy(dtype=np.float64)[used]
    told_of = report(base, wish, small, boost, book, result, rules, revenue)
    return Allocation(shared[list(EXPOSURE_COLUMNS)], told_of, problems)


def _checked(rooms: pd.DataFrame, boost_cap: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rooms with a boost, a size and whether they can be used; and what is wrong with them."""
    n = len(rooms)
    lines = rooms["line"].to_numpy() if "line" in rooms else np.arange(2, n + 2)
    names = rooms["room"].astype(str)
    impressions = pd.to_numeric(rooms["impressions"], errors="coerce").to_numpy(dtype=np.float64)
    boost = np.zeros(n)
    if "boost" in rooms:
        boost = pd.to_numeric(rooms["boost"], errors="coerce").to_numpy(dtype=np.float64)
    size = text_of(rooms, "size").to_numpy(object)
    small = size == "small"
    unknown = size == ""
    if "small_merchant" in rooms:
        flag = rooms["small_merchant"].astype("boolean")
        small = np.where(flag.isna(), small, flag.fillna(False).to_numpy(dtype=bool))
        unknown &= flag.isna().to_numpy()
    unread = np.zeros(n, dtype=bool)
    if "unread" in rooms:
        unread = rooms["unread"].to_numpy(dtype=bool)
        boost = np.where(unread, 0.0, boost)
    twice = names.duplicated(keep=False).to_numpy()
    no_count = ~np.isfinite(impressions) | (impressions < 0)
    wrong = (boost < 0) | (boost > boost_cap * (1 + TOUCH))
    reasons = {
        "R203": ("room", twice),
        "R204": ("impressions", no_count),
        "R205": ("boost", wrong),
        "R206": ("impressions", impressions == 0),
        "R208": ("small_merchant", unknown),
        "R210": ("boost", unread),
    }
    rows = []
    codes = np.full(n, "", dtype=object)
    for code, (column, flags) in reasons.items():
        at = np.flatnonzero(flags)
        codes[at] += np.where(codes[at] == "", code, " " + code)
        values = rooms[column].astype(str).to_numpy()[at] if column in rooms else ""
        values = "" if code == "R210" else values
        problems = {
            "row": lines[at],
            "sku": names.to_numpy()[at],
            "column": column,
            "value": values,
        }
        rows.append(pd.DataFrame(problems).assign(code=code))
    frame = pd.DataFrame(
        {
            "room": names,
            "merchant": text_of(rooms, "merchant").to_numpy(object),
            "small": small.astype(bool),
            "tier": text_of(rooms, "tier").to_numpy(object),
            "boost": np.where(wrong | np.isnan(boost), 0.0, boost),
            "impressions": np.where(no_count, np.nan, impressions),
            "usable": ~twice & ~no_count,
            "unread": unread,
            "problem": codes,
        }
    )
    return frame, pd.concat(rows, ignore_index=True)


def _rooms(
    frame: pd.DataFrame,
    used: npt.NDArray[np.intp],
    total: float,
    wish: Floats,
    book: Rulebook,
    result: Nearest,
) -> pd.DataFrame:
    """The result by room: one without impressions gets none, one left out is unknown."""
    impressions = frame["impressions"].to_numpy(dtype=np.float64)
    table = frame.drop(columns=["usable", "unread"]).reset_index(drop=True)
    empty = np.where(frame["usable"], 0.0, np.nan)

    def spread(values: Floats) -> Floats:
        column = empty.copy()
        column[used] = values
        return column

    table["wished"] = np.where(frame["unread"], np.nan, spread(wish * total))
    table.loc[frame["unread"].to_numpy(), "boost"] = np.nan
    table["exposure"] = spread(result.share * total)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["change"] = np.where(impressions > 0, table["exposure"] / impressions - 1, np.nan)
    table["share_before"] = spread(impressions[used] / total)
    table["share_after"] = spread(result.share)
    words = np.full(len(used), "", dtype=object)
    for word, flags in (
        ("room_cap", result.share >= book.high * (1 - TOUCH)),
        ("largest_loss", (result.share <= book.low * (1 + TOUCH)) & (book.low > 0)),
        ("head_cap", result.in_head),
    ):
        words[flags] += np.where(words[flags] == "", word, " " + word)
    binds = np.full(len(table), "", dtype=object)
    binds[used] = words
    table["binds"] = binds
    return table
