"""Reads transport chains such as ``air 60%: truck 80 km | road 40%``, gives legs [km]."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.catalogue import cells, grammar
from carbon.catalogue.lines import Lines, shares
from carbon.catalogue.names import by_unique
from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.schema import LINE_COLUMNS, Vocabulary

__all__ = ["LEG_COLUMNS", "compact_legs", "leg_lines", "tidy_legs"]

LEG_COLUMNS: Final = ("row", "returning", "chain", "chain_share", "position", "mode", "km", "bare")
_LONGEST_KM: Final = 40_075.0  # once around the equator: no leg is longer
_HEAD: Final = r"^(?P<head>[^:]*):(?P<legs>.*)$"
_BARE: Final = r"^(?P<head>(?P<legs>[^0-9%,、→>:]+)[0-9][0-9.]*\s*%)$"
_BACK: Final = re.compile(
    r"^(?:r|ret|returns?|returning|back|inbound|true|1|退货?|退回|返回?|回|回程|返程|逆向)$", re.I
)
_OUT: Final = re.compile(
    r"^(?:o|out|outbound|outward|forward|delivery|false|0|去|去程|发货|正向|配送)$", re.I
)


def compact_legs(rows: Rows, column: str, vocabulary: Vocabulary) -> Lines:
    """Legs of a compact column.

    Chains stand between ``|``, ``;`` or new lines; legs between commas. A chain may open with its
    name, its share and a colon. ``air 60%`` alone is a chain by its main mode. ``column``:
    ``transport`` or ``return_transport``.
    """
    spec, words = LINE_COLUMNS["legs"], vocabulary.unit_words
    texts = grammar.guard(rows.texts[column])
    # legs of one chain may stand between semicolons too, if nothing else says chain
    single = pc.invert(pc.match_substring_regex(texts, r"[:%|\n]"))
    texts = pc.if_else(single, grammar.replace(texts, ";", ","), texts)
    of_cell, chain = grammar.split(grammar.replace(texts, r"[|\n]", ";"), ";")
    legs: Any = chain
    head = pa.nulls(len(chain), pa.string())
    for hint, pattern in ((":", _HEAD), ("%", _BARE)):
        mask = pc.and_(pc.match_substring(chain, hint), pc.is_null(head))
        if pc.any(mask).as_py():
            part = pc.extract_regex(chain.filter(mask), pattern)
            fits = pc.is_valid(part)
            kept = legs.filter(mask)
            head = pc.replace_with_mask(head, mask, pc.if_else(fits, part.field("head"), None))
            legs = pc.replace_with_mask(legs, mask, pc.if_else(fits, part.field("legs"), kept))
    _, number, unit = grammar.amount(pc.if_else(pc.is_null(head), "", head))
    share = cells.scaled(cells.numbers(number), unit, spec["chain_share"], "", words)
    of_chain, text = grammar.split(grammar.replace(legs, r"(?:、|→|->|>|\+)", ","), ",")
    different, index = cells.different(text)
    name, number, unit = grammar.amount(different)
    distance = cells.scaled(cells.numbers(number), unit, spec["distance"], "", words)
    if index is not None:
        name, distance = name.take(pa.array(index)), distance.at(index)
    values = {"distance": distance, "chain_share": _spread(share, of_chain)}
    size = len(text)
    starts = np.searchsorted(of_cell, of_cell, side="left")  # of_cell is sorted
    extra = {
        "returning": np.full(size, column == "return_transport"),
        "chain": (np.arange(len(of_cell)) - starts)[of_chain],
        "position": np.arange(size),
        "strange": np.zeros(size, bool),
    }
    return Lines(rows, of_cell[of_chain], column, text, name, values, extra)


def _spread(unique: cells.Numbers, at: NDArray[np.int64]) -> cells.Numbers:
    """Numbers of chains, as numbers of their legs; a fault is told at the first leg."""
    every = cells.Numbers(unique.values[at])
    for code, where in unique.faults:
        first = np.searchsorted(at, where, side="left")
        every.faults.append((code, first[first < len(at)]))
    return every


def tidy_legs(lines: Lines) -> Lines:
    """Add direction, chain and position to the legs of a tidy table."""
    texts = lines.rows.texts
    size = len(lines.at)
    blank = pa.nulls(size, pa.string())

    def direction(text: str) -> int:
        return 1 if _BACK.match(text) else 0 if _OUT.match(text) else -1

    way = by_unique(texts.get("direction", blank), direction, np.int8, 0)
    named = pc.dictionary_encode(pc.fill_null(texts.get("chain", blank), ""))
    place = lines.values["position"].values
    lines.extra = {
        "returning": way == 1,
        "chain": named.indices.to_numpy(zero_copy_only=False),
        # a leg that tells no place stands behind those that do, as written
        "position": np.where(np.isnan(place), np.inf, place),
        "strange": way < 0,
    }
    return lines


def leg_lines(
    lines: Lines, size: int, vocabulary: Vocabulary, problems: CellProblems
) -> pd.DataFrame:
    """Judge legs.

    Returns: the columns :data:`LEG_COLUMNS`; ``km`` is NaN where it is not given, and ``bare`` says
    that a chain is named by its main mode only.
    """
    lines.tell_faults(problems)
    lines.fail(problems, np.flatnonzero(lines.extra["strange"]), "direction", "C223")
    names = vocabulary.names("mode")
    code = lines.find(problems, names, "mode", "C221")
    km = lines.values["distance"].values
    lines.fail(problems, np.flatnonzero(km > _LONGEST_KM), "distance", "C113")
    owner = lines.owner
    # chains are numbered as they first appear under their SKU and direction
    way = owner * 2 + lines.extra["returning"]
    known = np.flatnonzero(owner >= 0)
    span = int(lines.extra["chain"].max(initial=0)) + 1
    _, first, chain_of = np.unique(
        way[known] * span + lines.extra["chain"][known], return_index=True, return_inverse=True
    )
    order = np.lexsort((first, way[known][first]))  # chains by SKU, direction and appearance
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    chain_of = rank[chain_of]
    way_of_chain = way[known][first][order]
    begin = np.searchsorted(way_of_chain, way_of_chain, side="left")
    number = np.arange(len(order)) - begin
    chains_of_way = np.bincount(way_of_chain, minlength=2 * size)

    legs = known[np.lexsort((lines.extra["position"][known], chain_of))]
    chain = np.empty(len(owner), np.int64)
    chain[known] = chain_of
    of = chain[legs]
    start = np.searchsorted(of, np.arange(len(order)), side="left")
    length = np.bincount(of, minlength=len(order))
    given = lines.values["chain_share"].values[legs]
    has = ~np.isnan(given)
    total = np.full(len(order), np.nan)
    total[of[has][::-1]] = given[has][::-1]  # the first share given in a chain
    highest = np.full(len(order), -np.inf)
    np.maximum.at(highest, of[has], given[has])
    unlike = np.flatnonzero(highest > total)
    lines.fail(problems, legs[start[unlike]], "chain_share", "C225")
    total = np.where(np.isnan(total) & (chains_of_way[way_of_chain] == 1), 1.0, total)

    fit = np.zeros(2 * size, bool)
    fit[way_of_chain] = True
    for _, where in lines.values["chain_share"].faults:
        fit[way[where][owner[where] >= 0]] = False
    first_leg = lines.at[legs[start]]  # noqa: PD008
    heads = Lines(lines.rows, first_leg, lines.column, lines.text, lines.name, {}, {})
    share = shares(heads, total, way_of_chain, 2 * size, fit, "chain_share", "C222", problems)
    tkm = (vocabulary.modes["basis"] == "tkm").to_numpy(dtype=bool)
    moves = (code[legs] >= 0) & tkm[np.maximum(code[legs], 0)]
    legs_of_chain = np.bincount(of[moves], minlength=len(order))
    bare = (legs_of_chain[of] == 1) & np.isnan(km[legs]) & moves & (length[of] == 1)
    keep = code[legs] >= 0
    legs_told = pd.DataFrame(
        {
            "row": (way_of_chain // 2)[of].astype(np.int32),
            "returning": (way_of_chain % 2)[of].astype(bool),
            "chain": number[of].astype(np.int16),
            "chain_share": share[of],
            "position": (np.arange(len(legs)) - start[of]).astype(np.int16),
            "mode": names.categorical(code[legs]),
            "km": np.where(moves, km[legs], np.nan),
            "bare": bare,
        },
        copy=False,
    )
    return legs_told if keep.all() else legs_told[keep].reset_index(drop=True)
