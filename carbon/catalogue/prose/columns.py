"""Reads the cells of a column that the grammar did not understand, gives compact ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.catalogue.lines import Lines
from carbon.catalogue.names import by_unique, key
from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.prose.materials import MaterialProse
from carbon.catalogue.prose.packaging import PackagingProse
from carbon.catalogue.prose.transport import TransportProse
from carbon.catalogue.prose.wording import Reading, reworded
from carbon.catalogue.schema import Vocabulary

__all__ = ["reword_lines", "tell_reworded"]

_KINDS = {"materials": "material", "packaging": "item", "legs": "mode"}


class _Prose(Protocol):
    def read(self, text: str, category: str = "", /) -> Reading:
        """Reading of a cell."""


@lru_cache(maxsize=16)
def _prose(table: str, vocabulary: Vocabulary) -> _Prose:
    """Reader of a table; batch after batch needs the same."""
    readers: dict[str, Callable[[Vocabulary], _Prose]] = {
        "materials": MaterialProse,
        "packaging": PackagingProse,
        "legs": TransportProse,
    }
    return readers[table](vocabulary)


def reword_lines(
    rows: Rows,
    table: str,
    column: str,
    lines: Lines,
    vocabulary: Vocabulary,
    category: Any,
    problems: CellProblems,
) -> bool:
    """Reword the cells of a compact column that were not understood.

    ``rows``: its texts are changed; ``table``, ``column``: table of the lines and canonical column;
    ``category``: pandas.Categorical, of each SKU; ``problems``: told what was assumed or left open.
    Returns: whether the column must be read again.
    """
    names = vocabulary.names(_KINDS[table])
    unknown = names.find(lines.name) < 0
    odd = unknown.copy()
    for numbers in lines.values.values():
        for _, where in numbers.faults:
            odd[where] = True
    if table == "materials":
        bare = np.isnan(lines.values["share"].values) & np.isnan(lines.values["mass"].values)
        odd |= bare & (np.bincount(lines.at, minlength=1)[lines.at] > 1)
    if table == "legs":  # several ways without a share, as air and sea, are no chain of legs
        ways = vocabulary.words_of("way")
        bare = by_unique(lines.name, lambda name: key(name) in ways, bool, False)
        bare &= np.isnan(lines.values["distance"].values)
        of_cell = np.bincount(lines.at, minlength=1)
        every = of_cell == np.bincount(lines.at, weights=bare, minlength=1)
        chains = lines.extra["chain"]
        several = np.bincount(lines.at, weights=chains > 0, minlength=1) > 0
        odd |= (every & (of_cell > 1) & ~several)[lines.at]
    where = np.unique(lines.at[odd])
    if not len(where):
        return False
    given = rows.texts[column]
    context = [str(each) for each in np.asarray(category)[rows.owner[where]]]
    texts, readings = reworded(given, where, _prose(table, vocabulary).read, context)
    tell_reworded(rows, column, given, readings, problems)
    if table == "legs":  # a way that is not known is left open whole, not in part
        cells = pa.array(where)
        kept = pc.fill_null(pc.equal(texts.take(cells), given.take(cells)), False)
        lost = np.intersect1d(where[kept.to_numpy(zero_copy_only=False)], lines.at[unknown])
        if len(lost):
            lines.unknown(
                problems, names, np.flatnonzero(unknown & np.isin(lines.at, lost)), "mode", "C221"
            )
            gone = np.zeros(len(texts), bool)
            gone[lost] = True
            texts = pc.if_else(pa.array(gone), pa.scalar(None, pa.string()), texts)
    if texts.equals(given):
        return False
    rows.texts[column] = texts
    return True


def tell_reworded(
    rows: Rows,
    column: str,
    given: Any,
    readings: list[tuple[str, NDArray[np.int64], list[str]]],
    problems: CellProblems,
) -> None:
    """Note what :func:`carbon.catalogue.prose.wording.reworded` has to tell."""
    for code, at, hints in readings:
        problems.cells(rows, at, column, given.take(pa.array(at)), code, hints)
