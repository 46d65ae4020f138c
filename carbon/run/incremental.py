"""Reads an earlier run, gives a result in which only what changed is computed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import parquet

from carbon.base.errors import OutputError
from carbon.base.files import whole_file
from carbon.catalogue.schema import BatchContext
from carbon.catalogue.sheets import Sheet
from carbon.run.keys import line_skus
from carbon.run.parts import FrameFile, arrow, read_part
from carbon.run.previous import StoredRows, earlier_run
from carbon.run.workspace import BatchRecord

__all__ = ["CHANGE_COLUMNS", "Since", "since_of"]

CHANGE_COLUMNS: Final = ("sku", "change", "before_kg", "after_kg", "moved_kg", "moved_share")
"""Of the list of changes: ``before_kg`` and ``after_kg`` are the footprint of the SKU in the
earlier run and in this one [kg CO2e per kept unit]; of a what-if, that without any lever."""

_COLUMNS: Final = ("a", "b", "content", "row")
_FOOTPRINT: Final = ("total_kg", "before_kg")
"""Columns of a result that hold the footprint of a SKU: of footprints, and of what-ifs."""


@dataclass(frozen=True)
class Since:
    """An earlier run."""

    sha256: str  # of its manifest
    result: StoredRows  # its result
    each: int  # rows of the result for each SKU
    table: Path  # its SKUs, in the order of the result
    folder: Path  # with what is known of them, sorted
    alike: bool  # edition, method, boundary and options are as they were
    sku: dict[str, str]  # header of the SKUs in each table of the present catalogue

    def _known(self) -> list[NDArray[Any]]:
        return [np.load(self.folder / f"since-{name}.npy", mmap_mode="r") for name in _COLUMNS]

    def find(self, keys: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Place of each SKU in the earlier run, -1 for none; whether its cells are as they were.

        ``keys``: as :func:`carbon.run.keys.content_keys` gives it.
        """
        a, b, content, row = self._known()
        first = keys["a"].to_numpy()
        if not len(a):
            return np.full(len(keys), -1), np.zeros(len(keys), bool)
        at = np.minimum(np.searchsorted(a, first), len(a) - 1)
        unchanged = (a[at] == first) & (b[at] == keys["b"].to_numpy()) & ~keys["again"].to_numpy()
        same = unchanged & (content[at] == keys["content"].to_numpy()) & self.alike
        return np.where(unchanged, row[at], -1), same

    def split(
        self, keys: pd.DataFrame, sheets: dict[str, Sheet], context: BatchContext
    ) -> tuple[pa.Table, dict[str, Sheet], BatchContext]:
        """Rows of the earlier result that hold still, and the tables without their SKUs."""
        row, same = self.find(keys)
        copied = self.result.take(_rows(row[same], self.each))
        keep = ~same
        again = np.zeros(len(keys), bool)
        again[context.repeats] = True
        changed = {"skus": _filtered(sheets["skus"], keep)}
        still = pa.array(keys["sku"].to_numpy()[same], pa.string())
        for table, sheet in sheets.items():
            if table != "skus":
                owner = line_skus(sheet, self.sku[table])
                gone = pc.is_in(owner, value_set=still).to_numpy(zero_copy_only=False)
                changed[table] = _filtered(sheet, ~gone)
        return (
            copied,
            changed,
            replace(
                context,
                repeats=np.flatnonzero(again[keep]),
                first=context.first and bool(keep.any()),
            ),
        )

    def merged(
        self, frame: pd.DataFrame, keys: pd.DataFrame, copied: pa.Table
    ) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
        """Computed and copied rows in the order of the catalogue; what has changed; its counts."""
        row, same = self.find(keys)
        new = arrow(frame)
        computed, unchanged = int((~same).sum()), int(same.sum())
        each = len(new) // computed if computed else self.each
        place = np.empty(len(keys), np.int64)
        place[~same] = np.arange(computed)
        place[same] = computed + np.arange(unchanged)
        both = new
        if unchanged:  # else the earlier result may have other columns
            both = pa.concat_tables([new, copied.select(new.column_names).cast(new.schema)])
        table = both.take(pa.array(_rows(place, each))).to_pandas()
        once = ~keys["again"].to_numpy()
        moved = np.flatnonzero(~same & once)
        before = np.full(len(keys), np.nan)
        had = moved[row[moved] >= 0]
        before[had] = self._footprints(row[had])
        change = _changes(
            keys["sku"].to_numpy()[moved],
            np.where(row[moved] >= 0, "changed", "new"),
            before[moved],
            table[_footprint(new.column_names)].to_numpy(dtype=np.float64)[moved * each],
        )
        counts = {"new": len(moved) - len(had), "changed": len(had), "unchanged": unchanged}
        return table, change, counts

    def write_changes(
        self, parts: list[BatchRecord], folder: Path, path: Path | None
    ) -> dict[str, int]:
        """Write what has changed, and what is gone; how many are gone.

        ``folder``: where the parts are; ``path``: ``.csv`` or ``.parquet``; not written without.
        """
        kept_rows = np.zeros(parquet.read_metadata(self.table).num_rows, bool)
        for part in parts:
            if part.has("keys"):
                row, _ = self.find(read_part(folder / part.name_of("keys")).to_pandas())
                kept_rows[row[row >= 0]] = True
        rows = np.flatnonzero(~kept_rows & self._own())
        skus = StoredRows.of(self.table).take(rows, ["sku"]).column(0)
        before = self._footprints(rows)
        gone = _changes(
            skus.to_numpy(zero_copy_only=False),
            np.full(len(rows), "gone"),
            before,
            np.full(len(rows), np.nan),
        )
        if path is not None:
            with whole_file(path) as draft:
                file = FrameFile(draft, str(path), folder / "gone")
                for part in parts:
                    if part.has("changes"):
                        file.add(read_part(folder / part.name_of("changes")).to_pandas())
                file.add(gone)
                file.close()
        return dict(Counter({"gone": len(rows)}))

    def _footprints(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Footprint of some of its SKUs [kg CO2e per kept unit]."""
        column = _footprint(self.result.schema.names)
        cells = self.result.take(places * self.each, [column]).column(0)
        values: NDArray[np.float64] = cells.to_numpy(zero_copy_only=False).astype(np.float64)
        return values

    def _own(self) -> NDArray[np.bool_]:
        """SKUs of the earlier run that did not stand before."""
        column = parquet.read_table(self.table, columns=["again"]).column(0)
        flags: NDArray[np.bool_] = ~column.to_numpy(zero_copy_only=False)
        return flags


def _rows(places: NDArray[np.int64], each: int) -> NDArray[np.int64]:
    """Rows of some SKUs, each of which has as many."""
    rows: NDArray[np.int64] = (places[:, None] * each + np.arange(each)).ravel()
    return rows


def _footprint(names: Sequence[str]) -> str:
    return next(name for name in _FOOTPRINT if name in names)


def _changes(skus: Any, change: Any, before: Any, after: Any) -> pd.DataFrame:
    before = np.asarray(before, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (after - before) / before
    frame = pd.DataFrame({"sku": pd.array(skus, dtype="str"), "change": pd.Categorical(change)})
    frame["before_kg"], frame["after_kg"] = before, after
    frame["moved_kg"], frame["moved_share"] = after - before, share
    return frame[list(CHANGE_COLUMNS)]


def _filtered(sheet: Sheet, keep: NDArray[np.bool_]) -> Sheet:
    """Some rows of a table, with the faults in them and those in none."""
    mask = pa.array(keep)
    at = [sheet.rows_of(fault) for fault in sheet.faults]
    return Sheet(
        sheet.file,
        sheet.headers,
        [column.filter(mask) for column in sheet.columns],
        sheet.lines[keep],
        [
            fault
            for fault, rows in zip(sheet.faults, at, strict=True)
            if keep[rows].any() or not len(rows)
        ],
        None if sheet.files is None else sheet.files[keep],
    )


def since_of(manifest: Path | str, plan: dict[str, Any], folder: Path) -> Since:
    """Open an earlier run.

    It takes 85 bytes of memory for each SKU of the earlier run. ``plan``: what decides the numbers
    of this run; ``folder``: for what is known of its SKUs, sorted, and for copies of what stands at
    a URL. Raises B006 if the manifest is none of this command, B007 if its result is not there as
    it was.
    """
    previous = earlier_run(manifest, folder)
    before = previous.manifest.decided
    if before["command"] != plan["command"]:
        detail = f"it is of carbon {before['command']}"
        raise OutputError("B006", detail, file=str(manifest))

    def column(name: str) -> NDArray[Any]:  # one at a time, for there may be very many
        cells = parquet.read_table(previous.table, columns=[name]).column(0)
        values: NDArray[Any] = cells.to_numpy(zero_copy_only=False)
        return values

    again = column("again")
    rows = np.flatnonzero(~again)
    rows = rows[np.argsort(column("a")[rows], kind="stable")]
    np.save(folder / "since-row.npy", rows)
    for name in _COLUMNS[:3]:
        np.save(folder / f"since-{name}.npy", column(name)[rows])
    each, rest = divmod(len(previous.result), len(again))
    if rest:
        raise OutputError("B007", "it has not as many rows for every SKU", file=str(manifest))
    alike = all(before[name] == plan[name] for name in before)
    sku = {name: heads["sku"][0] for name, heads in plan["headers"].items() if "sku" in heads}
    return Since(previous.sha256, previous.result, each, previous.table, folder, alike, sku)
