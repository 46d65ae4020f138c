"""Reads entries of cells and tidy rows, gives materials, packaging, legs and destinations.

A compact cell and a tidy table are two spellings of the same lines. Each is brought to the same
columns (:class:`Lines`), and one function per kind judges them, so that both give equal tables.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.catalogue import cells, grammar
from carbon.catalogue.cells import Numbers
from carbon.catalogue.names import Names, by_unique, may_hold
from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.schema import LINE_COLUMNS, Vocabulary

__all__ = ["Lines", "material_lines", "packaging_lines", "read_compact", "read_tidy", "shares"]

TOLERANCE: Final = 0.005
"""Shares that sum to 1 within this are scaled to 1 exactly."""

_RECYCLED: Final = (
    r"(?i)[(,]?\s*(?:with|含)?\s*(?:recycled|再生|回收)(?:\s*content|率|料|含量|比例)?\s*[:=]?\s*"
    r"(?P<n>[0-9][0-9.]*\s*%?)\s*\)?",
    r"(?i)[(,]?\s*(?:with|含)?\s*(?P<n>[0-9][0-9.]*\s*%)\s*(?:recycled|再生|回收)"
    r"(?:\s*content|料)?\s*\)?$",
)
_TRIPS: Final = (
    r"(?i)[(,]?\s*(?:循环|重复使用|周转|reused|used)?\s*(?P<n>[0-9][0-9.]*)\s*"
    r"(?:trips?|times|uses|cycles|次)\s*\)?"
)
_COUNT: Final = (
    r"^(?P<n>[0-9]+)\s*(?:[xX×*]|个|只|条|张)\s*",
    r"\s*[xX×*]\s*(?P<n>[0-9]+)$",
)
_WHOLLY_RECYCLED: Final = re.compile(r"^(?:100%\s*)?(?:recycled|再生|回收)\s*(?P<name>.+)$", re.I)


@dataclass
class Lines:
    """Lines of one kind before they are judged."""

    rows: Rows  # where they stand
    at: NDArray[np.int64]  # row of each line in ``rows``
    column: str  # compact column they come from; ``""`` for a tidy table
    text: Any  # pyarrow.Array, entry of each line as written; of a tidy table, empty
    name: Any  # pyarrow.Array, name of the material, item, mode or place
    values: dict[str, Numbers]
    # direction, chain and position of legs; coordinates of destinations
    extra: dict[str, NDArray[Any]]

    @property
    def owner(self) -> NDArray[np.int64]:
        """Row of the SKU of each line."""
        owner: NDArray[np.int64] = self.rows.owner[self.at]
        return owner

    def fail(
        self,
        problems: CellProblems,
        where: NDArray[Any],
        column: str,
        code: str,
        hints: list[str] | None = None,
        values: list[str] | None = None,
    ) -> None:
        """Note a problem at some of the lines (positions)."""
        if not len(where):
            return
        texts: Any = values
        if texts is None and self.column:
            texts = self.text.take(pa.array(where))
        elif texts is None:
            texts = self.rows.texts[column].take(pa.array(self.at[where]))
        problems.cells(self.rows, self.at[where], self.column or column, texts, code, hints)

    def tell_faults(self, problems: CellProblems) -> None:
        """Note the faults of the numbers."""
        for column, numbers in self.values.items():
            for code, where in numbers.faults:
                self.fail(problems, where, column, code)

    def find(
        self, problems: CellProblems, names: Names, column: str, code: str
    ) -> NDArray[np.int32]:
        """Codes of the names; unknown ones are noted with the nearest known name."""
        codes = names.find(self.name)
        self.unknown(problems, names, np.flatnonzero(codes < 0), column, code)
        return codes

    def unknown(
        self, problems: CellProblems, names: Names, where: NDArray[Any], column: str, code: str
    ) -> None:
        """Note unknown names with the nearest known one."""
        written = self.name.take(pa.array(where)).to_pylist()
        near: dict[str, str] = {}
        for name in written:
            if name and name not in near:
                # nearness is costly; a file with more unknown names than this needs another remedy
                near[name] = names.suggest(name) if len(near) < 300 else ""
        hints = [f"did you mean {near[name]!r}?" if name and near[name] else "" for name in written]
        self.fail(problems, where, column, code, hints)

    def by_row(self, *keys: NDArray[Any]) -> NDArray[np.int64]:
        """Order of the lines of known SKUs: by SKU, then by further keys, then as written."""
        owner = self.owner
        known = np.flatnonzero(owner >= 0)
        if len(keys):
            order = np.lexsort((*(item[known] for item in reversed(keys)), owner[known]))
        else:
            order = np.argsort(owner[known], kind="stable")
        return known[order]

    def whole(self, codes: NDArray[np.int32]) -> NDArray[np.int64]:
        """Order of the lines of SKUs whose names are all known: the rest is another product."""
        order, owner = self.by_row(), self.owner
        return order[~np.isin(owner[order], owner[codes < 0])]


def read_compact(rows: Rows, kind: str, column: str, vocabulary: Vocabulary) -> Lines:
    """Lines of a compact column of materials or packaging.

    ``kind``: ``materials`` or ``packaging``; ``column``: canonical column.
    """
    at, text = grammar.entries(rows.texts[column])
    if kind == "materials":
        at, text = grammar.part(at, text)
    spec, words = LINE_COLUMNS[kind], vocabulary.unit_words
    values: dict[str, Numbers] = {}
    rest, index = cells.different(text)  # each different entry is read once
    if kind == "packaging":
        rest, trips = grammar.take_out(rest, r"(?i)[0-9]\s*(?:trip|times|uses|cycles|次)", _TRIPS)
        values["trips"] = cells.measure(trips, spec["trips"], "", words)
        rest, count = grammar.take_out(rest, r"^[0-9]+\s*[xX×*个只条张]|[xX×*]\s*[0-9]+$", *_COUNT)
        values["count"] = cells.measure(count, spec["count"], "", words)
    rest, recycled = grammar.take_out(rest, r"(?i)recycled|再生|回收", *_RECYCLED)
    values["recycled"] = cells.measure(recycled, spec["recycled"], "", words)
    name, number, unit = grammar.amount(rest)
    numbers = cells.numbers(number)
    if kind == "materials":
        share = pc.is_in(pc.fill_null(unit, ""), value_set=pa.array(["", "%", "‰"]))
        is_share = share.to_numpy(zero_copy_only=False)
        first = Numbers(np.where(is_share, numbers.values, np.nan), numbers.faults)
        values["share"] = cells.scaled(first, pc.if_else(share, unit, ""), spec["share"], "", words)
        numbers = Numbers(np.where(is_share, np.nan, numbers.values))
        unit = pc.if_else(share, "", unit)
    values["mass"] = cells.scaled(numbers, unit, spec["mass"], "", words)
    if index is not None:
        name = name.take(pa.array(index))
        values = {each: numbers.at(index) for each, numbers in values.items()}
    return Lines(rows, at, column, text, name, values, {})


def read_tidy(
    rows: Rows,
    sheet: dict[str, Any],
    units: dict[str, str],
    kind: str,
    vocabulary: Vocabulary,
    fractions: Collection[str] = (),
) -> Lines:
    """Lines of a tidy table.

    ``sheet``: cells of its canonical columns, numbers where the file has numbers; ``units``: unit
    of each header; ``kind``: ``materials``, ``packaging`` or ``legs``; ``fractions``: columns that
    say percent and hold fractions of 1, as ``materials.recycled``.
    """
    size = len(rows.lines)
    at = np.arange(size)
    blank = pa.nulls(size, pa.string())
    values = {
        column: cells.measure(
            sheet.get(column, blank),
            spec,
            units.get(column, ""),
            vocabulary.unit_words,
            f"{kind}.{column}" in fractions,
        )
        for column, spec in LINE_COLUMNS[kind].items()
        if spec.kind not in ("text", "choice")
    }
    name = {"materials": "material", "packaging": "item", "legs": "mode"}[kind]
    return Lines(rows, at, "", blank, rows.texts.words(name, blank), values, {})


def material_lines(
    lines: Lines, size: int, vocabulary: Vocabulary, problems: CellProblems, category: Any
) -> pd.DataFrame:
    """Judge lines of materials.

    ``category``: pandas.Categorical, of each SKU; rubber of a shoe is a sole. Returns ``row,
    material, share, mass_kg, recycled_share, made_in`` (code of a place, NaN for none), either the
    share or the mass given.
    """
    lines.tell_faults(problems)
    names = vocabulary.names("material")
    made_in = _made_in(lines, vocabulary, problems)
    recycled = lines.values["recycled"].values
    codes = names.find(lines.name)
    if (codes < 0).any():
        codes, wholly = _recycled_names(lines.name, codes, names)
        recycled = np.where(wholly & np.isnan(recycled), 1.0, recycled)
    lines.unknown(problems, names, np.flatnonzero(codes < 0), "material", "C201")
    if vocabulary.within_materials is not None:
        codes = vocabulary.within_materials[np.append(category.codes, -1)[lines.owner], codes]
    share, mass = lines.values["share"].values, lines.values["mass"].values
    owner = lines.owner
    known = owner >= 0
    count = np.bincount(owner[known], minlength=size)
    neither = np.isnan(share) & np.isnan(mass)
    stated = np.zeros(len(owner), bool)
    for numbers in lines.values.values():
        for _, where in numbers.faults:
            stated[where] = True
    alone = neither & known & (count[owner] == 1) & ~stated
    share = np.where(alone, 1.0, share)
    lines.fail(problems, np.flatnonzero(neither & ~alone & ~stated & known), "material", "C101")
    shared, weighed = (np.zeros(size, bool) for _ in range(2))
    shared[owner[known & ~np.isnan(share)]] = True
    weighed[owner[known & ~np.isnan(mass)]] = True
    mixed = shared & weighed
    lines.fail(problems, _firsts(lines, mixed), "material", "C203")
    fit = shared & ~mixed
    fit[owner[(stated | neither & ~alone) & known]] = False
    share = shares(lines, share, owner, size, fit, "share", "C202", problems)
    order = lines.whole(codes)
    order = order[~(np.isnan(share) & np.isnan(mass))[order]]
    return pd.DataFrame(
        {
            "row": owner[order].astype(np.int32),
            "material": names.categorical(codes[order]),
            "share": share[order],
            "mass_kg": mass[order],
            "recycled_share": np.where(np.isnan(recycled), 0.0, recycled)[order],
            "made_in": made_in[order],
        },
        copy=False,
    )


def _made_in(lines: Lines, vocabulary: Vocabulary, problems: CellProblems) -> NDArray[np.float64]:
    """Code of the place where each material is made, NaN where none is told.

    A compact cell tells it behind the name, as ``cotton @ IN 95%``; a tidy table in its column.
    """
    places = vocabulary.names("region")
    blank = pa.nulls(len(lines.at), pa.string())
    if lines.column == "":
        place_texts = lines.rows.texts.words("made_in", blank)
    elif may_hold(lines.name, "@\uff20"):
        parts = pc.extract_regex(lines.name, "^(?P<name>[^@\uff20]+)[@\uff20](?P<place>.+)$")
        place_texts = pc.utf8_trim_whitespace(pc.struct_field(parts, "place"))
        name = pc.utf8_trim_whitespace(pc.struct_field(parts, "name"))
        lines.name = pc.coalesce(name, lines.name)
    else:
        return np.full(len(lines.at), np.nan)
    codes = places.find(place_texts)
    unknown = (codes < 0) & pc.is_valid(place_texts).to_numpy(zero_copy_only=False)
    where = np.flatnonzero(unknown)
    values = place_texts.take(pa.array(where)).to_pylist()
    lines.fail(problems, where, lines.column or "made_in", "C231", values=values)
    return np.where(codes >= 0, codes, np.nan)


def _recycled_names(
    texts: Any, codes: NDArray[np.int32], names: Names
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Understand ``recycled polyester`` as wholly recycled polyester."""

    def look(text: str) -> int:
        match = _WHOLLY_RECYCLED.match(text.strip())
        return names.code(match["name"]) if match else -1

    code = by_unique(texts, look, np.int32, -1)
    wholly = (codes < 0) & (code >= 0)
    return np.where(wholly, code, codes), wholly


def packaging_lines(lines: Lines, vocabulary: Vocabulary, problems: CellProblems) -> pd.DataFrame:
    """Judge lines of packaging.

    Returns ``row, item, mass_kg`` (of one piece), ``count, trips, recycled_share``; NaN = not
    given.
    """
    lines.tell_faults(problems)
    names = vocabulary.names("item")
    codes = lines.find(problems, names, "item", "C211")
    trips = lines.values["trips"].values
    _check_trips(lines, trips, codes, vocabulary, problems)
    count = np.nan_to_num(lines.values["count"].values, nan=1.0)
    order = lines.whole(codes)
    return pd.DataFrame(
        {
            "row": lines.owner[order].astype(np.int32),
            "item": names.categorical(codes[order]),
            "mass_kg": lines.values["mass"].values[order],
            "count": count[order],
            "trips": np.where(trips >= 1, trips, np.nan)[order],
            "recycled_share": lines.values["recycled"].values[order],
        },
        copy=False,
    )


def _check_trips(
    lines: Lines,
    trips: NDArray[np.float64],
    codes: NDArray[np.int32],
    vocabulary: Vocabulary,
    problems: CellProblems,
) -> None:
    """Refuse trips of items that are used once, and more trips than an item lasts."""
    table = vocabulary.packaging_items
    usual = pd.to_numeric(table["trips"]).to_numpy(dtype=np.float64)
    named = table["item"].astype(str).str.contains("reusable").to_numpy(dtype=bool)
    once = np.append(~((usual > 1) | named), False)[codes]
    most = LINE_COLUMNS["packaging"]["trips"].limit
    for wrong, hint in (
        (once & (trips != 1), "the item is used once; write a reusable one, as reusable box"),
        (~once & (trips < 1), "a reusable item makes at least one trip"),
        (~once & (trips > most), f"no item lasts more than {most:g} trips"),
    ):
        at = np.flatnonzero(wrong & ~np.isnan(trips))
        lines.fail(problems, at, "trips", "C212", [hint] * len(at))


def _firsts(lines: Lines, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First line of each SKU for which a condition holds."""
    owner = lines.owner
    at = np.flatnonzero((owner >= 0) & rows[np.maximum(owner, 0)])
    _, first = np.unique(owner[at], return_index=True)
    return at[first]


def shares(
    lines: Lines,
    share: NDArray[np.float64],
    group: NDArray[np.int64],
    size: int,
    judged: NDArray[np.bool_],
    column: str,
    code: str,
    problems: CellProblems,
) -> NDArray[np.float64]:
    """Scale the shares of each group to sum to 1; a group further off is noted.

    ``group``: group of each line, -1 for none; ``judged``: groups to look at; ``column``, ``code``:
    where and as what to note a group that does not sum to 1.
    """
    inside = (group >= 0) & judged[np.maximum(group, 0)] & ~np.isnan(share)
    total = np.bincount(group[inside], weights=share[inside], minlength=size)
    off = judged & ~(np.abs(total - 1.0) <= TOLERANCE)
    if off.any():
        at = np.flatnonzero((group >= 0) & off[np.maximum(group, 0)])
        _, first = np.unique(group[at], return_index=True)
        where = at[first]
        stated = np.bincount(group[inside], minlength=size) > 0
        sums = [f"sum {total[item]:.4%}" if stated[item] else "" for item in group[where]]
        hints = ["" if text else "write the share of each, as 40%; 60%" for text in sums]
        values = [text.replace(".0000%", "%") or "no shares" for text in sums]
        lines.fail(problems, where, column, code, hints, values)
    exact = np.where(total > 0, total, 1.0)
    scaled: NDArray[np.float64] = np.where(inside, share / exact[np.maximum(group, 0)], share)
    return scaled
