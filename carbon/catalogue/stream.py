"""Reads a catalogue of any size, gives its SKUs with their lines in batches.

Parts must give what the whole gives. Three things reach over batches: SKUs that stand twice, live
sessions that are shared by SKUs, and columns that say percent and hold fractions somewhere. A first
pass (:meth:`Stream.survey`) finds them. It is left out for a catalogue of one batch, and where
nothing but earlier SKUs can matter and cells need no parsing: these are then followed on the way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carbon.catalogue import cells
from carbon.catalogue.assignment import assigned, joined
from carbon.catalogue.files import checked, settled
from carbon.catalogue.headers import Header
from carbon.catalogue.inputs import inputs_of
from carbon.catalogue.line_plan import LinePlan, Planner, percents
from carbon.catalogue.line_tables import understood
from carbon.catalogue.problems import CellProblems
from carbon.catalogue.read import read_tables
from carbon.catalogue.schema import LINE_TABLES, BatchContext, Limits, Vocabulary
from carbon.catalogue.sessions import joined_sessions
from carbon.catalogue.sheets import Sheet
from carbon.catalogue.sku_index import SkuIndex, sku_digests
from carbon.catalogue.sources import (
    WHOLE,
    Damaged,
    Piece,
    empty,
    only,
    open_readers,
)
from carbon.catalogue.survey import Surveyed, survey_columns, surveyed, told_percents, unlabelled

__all__ = ["BATCH", "Batch", "Stream", "Surveyed", "survey_columns", "surveyed", "unlabelled"]

BATCH: Final = 25_000
"""SKUs read at once: their cells and lines fill some 300 MB while they are understood."""

Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[tuple[Any, Any]]]
"""Applies a function to each of many things; pairs of thing and answer, in their order."""


@dataclass
class Batch:
    """Consecutive SKUs with their lines, as they stand in the files."""

    number: int
    rows: int  # rows of SKUs
    pieces: dict[str, list[Piece]]  # table → its rows
    context: BatchContext = field(default_factory=BatchContext)  # what it must know of the whole

    def sheets(self, limits: Limits) -> tuple[dict[str, Sheet], BatchContext]:
        """Read the tables, without their empty rows, and what they must know of the whole.

        Raises CatalogueError: if one is damaged or too large.
        """
        sheets = {}
        kept: list[NDArray[np.int64]] = []
        for table, pieces in self.pieces.items():
            read = [_sheet(piece) for piece in pieces]
            lines = [sheet.lines for sheet in read]
            sheets[table] = joined([checked(sheet, limits) for sheet in read])
            if table == "skus":
                starts = np.cumsum([0, *(len(part) for part in lines)])
                kept = [
                    start + np.searchsorted(part, sheet.lines)
                    for start, part, sheet in zip(starts, lines, read, strict=False)
                ]
        repeats = np.flatnonzero(np.isin(np.concatenate(kept), self.context.repeats))
        return sheets, replace(self.context, repeats=repeats)

    def places(self) -> list[Damaged]:
        """Where its SKUs stand."""
        places = []
        for piece in self.pieces["skus"]:
            if isinstance(piece, Sheet):
                ends = (int(piece.lines[0]), int(piece.lines[-1])) if len(piece.lines) else (0, 0)
            else:
                assert not isinstance(piece, Damaged)
                ends = (piece.above + 2, piece.above + 1 + piece.rows)
            places.append(Damaged(piece.file, *ends, ""))
        return places


class Stream:
    """A catalogue that is read in batches.

    ``folder``: for what cannot be kept in memory; ``step``: SKUs in a batch, about; it changes no
    number; ``unsplit_bytes``: files up to this size are read whole [bytes]; ``ordered``: lines are
    taken to stand in the order of their SKUs until they are seen not to; iterating may then raise
    :class:`carbon.catalogue.line_plan.OutOfOrder`, and what was made of earlier batches is void.
    Raises CatalogueError: if the catalogue as a whole cannot be read.

    >>> import tempfile
    >>> vocabulary = Vocabulary.of(categories=pd.DataFrame({"category": ["bag"]}))
    >>> goods = pd.DataFrame({"sku": ["A", "B", "A"], "category": "bag"})
    >>> stream = Stream(goods, vocabulary, Path(tempfile.mkdtemp()), step=2)
    >>> stream.survey()
    >>> tables = [batch.sheets(Limits()) for batch in stream]
    >>> parts = [read_tables(sheets, vocabulary, context=context) for sheets, context in tables]
    >>> [part.skus["problem"].tolist() for part in parts]
    [['', ''], ['C008']]
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | pd.DataFrame,
        vocabulary: Vocabulary,
        folder: Path,
        step: int = BATCH,
        unsplit_bytes: int = WHOLE,
        ordered: bool = False,
    ) -> None:
        self.vocabulary, self.folder, self.step = vocabulary, folder, step
        self.limits = Limits()
        self.inputs = [] if isinstance(source, pd.DataFrame) else inputs_of(source)
        readers, self.damaged = open_readers(
            *(source, vocabulary, self.inputs, self.limits, folder, step, unsplit_bytes)
        )
        self.problems = CellProblems()
        headed = [(reader, empty(reader)) for reader in readers]
        named = assigned(
            [(reader.name, sheet) for reader, sheet in headed], vocabulary, self.problems
        )
        by_sheet = {id(sheet): reader for reader, sheet in headed}
        self.tables = {
            table: [by_sheet[id(sheet)] for sheet in sheets] for table, sheets in named.items()
        }
        whole_sheets = {table: joined(sheets) for table, sheets in named.items()}
        self.file = (
            whole_sheets["skus"].file if isinstance(source, pd.DataFrame) else Path(source).name
        )
        self.headers: dict[str, dict[str, Header]] = {}
        for table in ("skus", *LINE_TABLES):
            if table in whole_sheets:
                headers = understood(whole_sheets[table], table, vocabulary, CellProblems(), [])
                self.headers[table] = {name: header for name, (_, header) in headers.items()}
        read_tables(whole_sheets, vocabulary)  # refuses what lacks a column
        self.lines: LinePlan | None = None
        self._followed = ordered
        self._repeats: dict[int, Any] = {}
        self.sessions: pd.DataFrame | None = None
        self.fractions: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[Batch]:
        """Batches with all their columns and lines."""
        if self._followed:
            yield from self._following()
            return
        tables = [name for name in LINE_TABLES if name in self.tables]
        plan = self.lines or LinePlan.single(tables)
        cursor = plan.open(self.tables)
        for batch in self._skus(self.damaged):
            batch.pieces.update(cursor(batch.number))
            repeats = self._repeats.get(batch.number, np.empty(0, np.int64))
            batch.context = BatchContext(repeats, None, self.fractions, batch.number == 0)
            yield batch

    def _following(self) -> Iterator[Batch]:
        """The same in one pass, while lines stand in the order of their SKUs."""
        index = SkuIndex(self.folder)
        plan = self._planner(index, keep=True)
        for batch in self._skus(self.damaged):
            skus = _sku_texts(batch, self.headers["skus"]["sku"].source)
            if plan is not None:
                plan.begin(skus)
            repeats = index.add(sku_digests(skus))
            batch.context = BatchContext(repeats, None, self.fractions, batch.number == 0)
            if plan is not None:
                plan.add(repeats)
                plan.ordered()
                batch.pieces.update(plan.lines())
            yield batch
        if plan is not None:
            plan.ordered(end=True)

    def _planner(self, index: SkuIndex, *, keep: bool = False) -> Planner | None:
        tables = {name: self.tables[name] for name in LINE_TABLES if name in self.tables}
        if not tables:
            return None
        return Planner(tables, self.headers, self.vocabulary, self.folder, index, keep=keep)

    def _skus(
        self, damaged: list[Damaged], columns: Collection[str] | None = None
    ) -> Iterator[Batch]:
        """Batches of the SKU table only, with some columns of it.

        All are read: where one is damaged, batches must be cut alike whatever is looked at.
        """
        pieces: list[Piece] = []
        rows = number = 0
        for reader in self.tables["skus"]:
            for piece in reader.pieces(self.step):
                if isinstance(piece, Damaged):
                    if piece not in damaged:
                        damaged.append(piece)
                    continue
                size = len(piece.lines) if isinstance(piece, Sheet) else piece.rows
                pieces.append(only(piece, columns) if isinstance(piece, Sheet) else piece)
                rows += size
                if rows >= self.step:
                    yield Batch(number, rows, {"skus": pieces})
                    pieces, rows, number = [], 0, number + 1
        if pieces and (rows or not number):
            yield Batch(number, rows, {"skus": pieces})

    @property
    def rows(self) -> int:
        """Rows of SKUs, about."""
        return sum(reader.rows for reader in self.tables["skus"])

    @cached_property
    def single(self) -> bool:
        """Whether one batch holds it all."""
        batches = self._skus([])
        next(batches, None)
        return next(batches, None) is None

    def survey(self, apply: Map | None = None, *, always: bool = False) -> None:
        """Find what reaches over batches.

        ``apply``: applies a function to each batch, in other processes if need be; ``always``: look
        also at a single batch, which needs no one to tell it.
        """
        if self.single and not always:
            self._followed = False
            return
        head = self.headers["skus"]
        names = survey_columns(head)
        parsed = any(reader.text for reader in self.tables["skus"])
        fractions = any(
            percents(name, self.headers[name]) for name in LINE_TABLES if name in self.tables
        )
        self._followed &= names is None and not parsed and not fractions
        rates = unlabelled(head)
        if self._followed:
            for reader in self.tables["skus"] if rates else ():
                for piece in reader.pieces(self.step, list(rates)):
                    if not isinstance(piece, Damaged):
                        self.fractions |= told_percents(_sheet(piece), rates)
            return
        columns = {head[name].source for name in names or ("sku",)} | set(rates)
        look = partial(_survey, self.vocabulary, None if names is None else columns)
        index = SkuIndex(self.folder)
        sessions: list[pd.DataFrame] = []
        plan = self._planner(index)
        for batch, surveyed_batch in (apply or _in_turn)(look, self._skus([], columns)):
            if plan is not None:
                plan.begin(_sku_texts(batch, head["sku"].source))
            repeats = index.add(surveyed_batch.keys)
            if len(repeats):
                self._repeats[batch.number] = repeats
                if surveyed_batch.sessions is not None:
                    batch.context = replace(batch.context, repeats=repeats)
                    surveyed_batch = look(batch)
            if surveyed_batch.sessions is not None:
                sessions.append(surveyed_batch.sessions)
                sessions = [joined_sessions(sessions)]
            self.fractions |= surveyed_batch.fractions
            if plan is not None:
                plan.add(repeats)
        self.sessions = sessions[0] if sessions else None
        if plan is not None:
            self.lines = plan.done()
            self.fractions |= plan.fractions


def _in_turn(function: Callable[[Any], Any], things: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for thing in things:
        yield thing, function(thing)


def _sheet(piece: Piece) -> Sheet:
    assert not isinstance(piece, Damaged)
    return settled(piece) if isinstance(piece, Sheet) else piece.sheet()


def _rows(batch: Batch, columns: Collection[str] | None = None) -> Sheet:
    """Rows of a batch, the empty ones too: other columns may be filled."""
    pieces = batch.pieces["skus"]
    parts = [only(piece, columns) if isinstance(piece, Sheet) else piece for piece in pieces]
    return joined([_sheet(piece) for piece in parts])


def _sku_texts(batch: Batch, header: str) -> Any:
    sheet = _rows(batch, {header})
    return cells.clean(sheet.columns[sheet.headers.index(header)])


def _survey(vocabulary: Vocabulary, columns: Collection[str] | None, batch: Batch) -> Surveyed:
    return surveyed(_rows(batch), vocabulary, columns, batch.context)
