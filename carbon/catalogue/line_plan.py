"""Reads the SKUs of tidy tables, gives the lines that belong to each batch.

Line tables usually stand in the order of their SKUs: then a batch's lines are the next ones, and
nothing is kept but their number. Tables in another order are sorted into files, one a batch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base.errors import CatalogueError
from carbon.catalogue import cells
from carbon.catalogue.files import settled
from carbon.catalogue.headers import Header
from carbon.catalogue.line_tables import filled_down
from carbon.catalogue.schema import LINE_COLUMNS, Vocabulary
from carbon.catalogue.sheets import Fault, Sheet, plain
from carbon.catalogue.sku_index import SkuIndex, runs, sku_digests
from carbon.catalogue.sources import Damaged, Piece, Reader, empty, only

__all__ = ["LinePlan", "OutOfOrder", "Planner", "percents"]

STEP: Final = 1 << 16
"""Lines looked at together."""

Readers = dict[str, list[Reader]]


class OutOfOrder(Exception):  # noqa: N818  no error: the lines must be sorted
    """Lines do not stand in the order of their SKUs."""


def percents(table: str, head: Mapping[str, Header]) -> list[str]:
    """Columns of a line table that say percent: one cell can tell that they hold fractions."""
    spec = LINE_COLUMNS[table]
    return [
        name for name, header in head.items() if spec[name].kind == "share" and header.unit == "%"
    ]


class _Cursor:
    """Lines of a table, taken in their order."""

    def __init__(
        self,
        readers: Sequence[Reader],
        columns: Sequence[str] | None = None,
        *,
        settle: bool = False,
    ) -> None:
        self.settle = settle
        self._sheets = self._read(readers, columns)
        self._current: Sheet | None = None
        self._at = 0
        self._runs: tuple[NDArray[np.int64], Any] | None = None

    def _read(self, readers: Sequence[Reader], columns: Sequence[str] | None) -> Iterator[Sheet]:
        for reader in readers:
            for piece in reader.pieces(STEP, columns):
                if isinstance(piece, Damaged):
                    detail = f"rows {piece.first} to {piece.last}: {piece.reason}"
                    raise CatalogueError("C011", detail, file=piece.file)
                sheet = piece if isinstance(piece, Sheet) else piece.sheet()
                yield settled(sheet) if columns is not None or self.settle else sheet

    def peek(self) -> Sheet | None:
        """The next lines, some of them."""
        while self._current is None or self._at >= len(self._current.lines):
            self._current = next(self._sheets, None)
            self._at = 0
            self._runs = None
            if self._current is None:
                return None
        return self._current.part(self._at, len(self._current.lines))

    def runs(self, header: str) -> tuple[NDArray[np.int64], Any]:
        """Runs of a column in what :meth:`peek` gives, which begins with one."""
        assert self._current is not None
        if self._runs is None:  # once for lines that several batches share
            self._runs = runs(settled(only(self._current, {header})).columns[0])
        starts, heads = self._runs
        first = int(np.searchsorted(starts, self._at))
        return starts[first:] - self._at, heads.slice(first)

    def skip(self, count: int) -> None:
        """Leave lines that were seen behind."""
        self._at += count

    def take(self, count: int) -> list[Sheet]:
        """Take the next lines."""
        sheets = []
        while count > 0:
            sheet = self.peek()
            if sheet is None:
                break
            part = sheet.part(0, count)
            sheets.append(part)
            self.skip(len(part.lines))
            count -= len(part.lines)
        return sheets


@dataclass
class LinePlan:
    """Lines of each batch."""

    # table → lines of each batch, in the order of the table
    counts: dict[str, list[int]] = field(default_factory=dict)
    # table → folder with a file of lines for each batch, for tables in another order
    folders: dict[str, Path] = field(default_factory=dict)
    everything: bool = False  # one batch takes all lines

    @classmethod
    def single(cls, tables: Sequence[str]) -> LinePlan:
        """Plan of a single batch."""
        return cls({name: [] for name in tables}, everything=True)

    def open(self, tables: Readers) -> Callable[[int], dict[str, list[Piece]]]:
        """Begin to read; the answer gives the lines of each batch in turn."""
        cursors = {name: _Cursor(tables[name]) for name in self.counts}

        def of(number: int) -> dict[str, list[Piece]]:
            pieces: dict[str, list[Piece]] = {}
            for name, cursor in cursors.items():
                wanted = 1 << 62 if self.everything else self.counts[name][number]
                pieces[name] = list(cursor.take(wanted)) or [empty(tables[name][0])]
            for name, folder in self.folders.items():
                path = folder / f"{number}.lines"
                pieces[name] = list(_spilled(path)) or [empty(tables[name][0])]
            return pieces

        return of


class Planner:
    """Follows the SKUs and finds the lines of each batch.

    ``folder``: for tables that must be sorted; ``index``: knows the row of every SKU, once all have
    been added; ``keep``: read all columns, and hand the lines over (:meth:`lines`).
    """

    def __init__(
        self,
        tables: Readers,
        headers: dict[str, dict[str, Header]],
        vocabulary: Vocabulary,
        folder: Path,
        index: SkuIndex,
        *,
        keep: bool = False,
    ) -> None:
        self.tables, self.headers, self.vocabulary = tables, headers, vocabulary
        self.folder, self.index, self.keep = folder, index, keep
        self.fractions: frozenset[str] = frozenset()
        self._counts: dict[str, list[int]] = {name: [] for name in tables}
        self._sizes: list[int] = []
        self._sorted = True
        self._found: Iterator[tuple[int, list[Piece]]] = iter(())
        self._lines: dict[str, list[Piece]] = {}
        self._pool = ThreadPoolExecutor(len(tables))
        self._cursors = {
            name: _Cursor(readers, None if keep else self._columns(name))
            for name, readers in tables.items()
        }
        self._percents = {name: percents(name, headers[name]) for name in tables}

    def _columns(self, table: str) -> list[str]:
        head = self.headers[table]
        names = {"sku", *percents(table, head)} & set(head)
        return [head[name].source for name in names]

    def begin(self, skus: Any) -> None:
        """Look for the lines of the next batch of SKUs, until :meth:`add` asks for them."""
        self._sizes.append(len(skus))
        if self._sorted:  # table beside table: Arrow's kernels run without the GIL
            self._found = self._pool.map(lambda name: self._prefix(name, skus), self.tables)

    def add(self, repeats: Any) -> None:
        """Count the lines of the batch.

        ``repeats``: numpy.ndarray, positions of SKUs that stood before.
        """
        if not self._sorted:
            return
        for name, (count, lines) in zip(self.tables, self._found, strict=True):
            self._counts[name].append(count)
            self._lines[name] = lines or [empty(self.tables[name][0])]
        self._sorted = not len(repeats)  # lines behind a repeated SKU may belong to the first

    def _prefix(self, table: str, skus: Any) -> tuple[int, list[Piece]]:
        """Next lines of a table that belong to some SKUs: their number, and if kept they too."""
        lines: list[Piece] = []
        cursor, count, known = self._cursors[table], 0, pc.drop_null(skus)
        next_sku = 0
        while (sheet := cursor.peek()) is not None:
            starts, heads = cursor.runs(self._sku_header(sheet, table))
            if next_sku and len(heads) and heads[0] == skus[next_sku - 1]:
                next_sku -= 1  # its lines go on
            run = _alike(starts, heads, skus.slice(next_sku), len(sheet.lines))
            if run >= 0:
                next_sku += min(len(heads), len(skus) - next_sku)
            else:
                fits = pc.or_(pc.is_in(heads, value_set=known), pc.is_null(heads))
                strange = np.flatnonzero(~fits.to_numpy(zero_copy_only=False))
                run = int(starts[strange[0]]) if len(strange) else len(sheet.lines)
            mine = sheet.part(0, run)
            if self.keep and run:
                lines.append(mine)
            self._look(mine, table)
            cursor.skip(run)
            count += run
            if run < len(sheet.lines):
                break
        return count, lines

    def _sku_header(self, sheet: Sheet, table: str) -> str:
        if "sku" not in self.headers[table]:
            raise CatalogueError("C005", f"no sku in {table}", file=sheet.file)
        return self.headers[table]["sku"].source

    def _look(self, sheet: Sheet, table: str) -> None:
        """See whether a column that says percent holds fractions."""
        for name in self._percents[table]:
            header = self.headers[table][name]
            texts = cells.clean(sheet.columns[sheet.headers.index(header.source)])
            read = cells.measure(texts, LINE_COLUMNS[table][name], "%", self.vocabulary.unit_words)
            if any(code == "C108" for code, _ in read.faults):
                self.fractions |= {f"{table}.{name}"}

    def lines(self) -> dict[str, list[Piece]]:
        """Lines of the batch that was added last, as ``LinePlan.open`` gives them."""
        return self._lines

    def ordered(self, *, end: bool = False) -> None:
        """Hold on only while lines stand in the order of their SKUs; at the ``end``, all of them.

        Raises OutOfOrder.
        """
        left = end and any(cursor.peek() is not None for cursor in self._cursors.values())
        if end or not self._sorted:
            self._pool.shutdown()
        if left or not self._sorted:
            raise OutOfOrder

    def done(self) -> LinePlan:
        """Finish; tables that are not in the order of the SKUs are sorted."""
        self._pool.shutdown()
        plan = LinePlan()
        for name, cursor in self._cursors.items():
            if self._sorted and cursor.peek() is None:
                plan.counts[name] = self._counts[name]
            else:
                plan.folders[name] = self._spill(name)
        return plan

    def _spill(self, table: str) -> Path:
        """Write the lines of each batch into a file of its own."""
        folder = self.folder / table
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        ends = np.cumsum(self._sizes)
        cursor, above = _Cursor(self.tables[table], settle=True), 0
        while (sheet := cursor.peek()) is not None:
            self._look(sheet, table)
            column = sheet.columns[sheet.headers.index(self._sku_header(sheet, table))]
            texts = filled_down(sheet, column, cells.clean(column))
            row = self.index.rows(sku_digests(texts))
            batch = np.where(row < 0, 0, np.searchsorted(ends, row, side="right"))
            blank = pc.is_null(column).to_numpy(zero_copy_only=False)
            if len(blank) and blank[0]:
                batch[: int(np.argmin(blank)) if not blank.all() else len(blank)] = above
            above = int(batch[-1])
            for number in np.unique(batch):
                _append(folder / f"{number}.lines", sheet, np.flatnonzero(batch == number))
            cursor.skip(len(sheet.lines))
        return folder


def _alike(starts: NDArray[np.int64], heads: Any, skus: Any, lines: int) -> int:
    """Lines of the first runs, if these are the SKUs one by one; -1 if they are not."""
    count = min(len(heads), len(skus))
    same = pc.all(pc.equal(heads.slice(0, count), skus.slice(0, count)), skip_nulls=False)
    if not count or not same.as_py():
        return -1
    return int(starts[count]) if count < len(heads) else lines


def _append(path: Path, sheet: Sheet, rows: Any) -> None:
    """Add lines to a file, as a stream of their own behind those that stand there."""
    at = pa.array(rows)
    files = np.full(len(sheet.lines), sheet.file, object) if sheet.files is None else sheet.files
    columns = [*(column.take(at) for column in sheet.columns), pa.array(sheet.lines[rows])]
    columns.append(pa.array(files[rows], pa.string()))
    header = json.dumps([sheet.headers, [astuple(fault) for fault in sheet.faults]])
    names = [str(position) for position in range(len(columns))]
    batch = pa.record_batch(columns, names=names).replace_schema_metadata({"table": header})
    with path.open("ab") as target, pa.ipc.new_stream(target, batch.schema) as stream:
        stream.write_batch(batch)


def _spilled(path: Path) -> Iterator[Sheet]:
    """Lines of a file that :func:`_append` wrote."""
    if not path.exists():
        return
    with path.open("rb") as source:
        while source.tell() < path.stat().st_size:
            table = pa.ipc.open_stream(source).read_all()
            headers, faults = json.loads(table.schema.metadata[b"table"])
            *columns, lines, files = (plain(column) for column in table.columns)
            names = files.to_numpy(zero_copy_only=False)
            yield Sheet(
                names[0],
                headers,
                columns,
                lines.to_numpy(),
                [Fault(*each) for each in faults],
                names,
            )
