"""Only what has changed since an earlier run is computed; the rest is copied from its result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import parquet

from carbon.catalogue import cells
from carbon.catalogue.schema import Whole
from carbon.catalogue.sheets import Sheet
from carbon.doors.batch import whole_file
from carbon.doors.manifest import read_manifest
from carbon.doors.parts import arrow, digest, joiner, read_part, write_part
from carbon.doors.work import Part
from carbon.errors import OutputError

__all__ = ["CHANGE_COLUMNS", "Since", "since_of"]

CHANGE_COLUMNS: Final = ("sku", "change", "before_kg", "after_kg", "moved_kg", "moved_share")
DECIDE: Final = ("command", "version", "edition_sha256", "method", "boundary", "options")
"""What of a plan decides the numbers of a SKU whose cells are as they were."""

_COLUMNS: Final = ("a", "b", "content", "row")


@dataclass(frozen=True)
class Since:
    """An earlier run.

    Parameters
    ----------
    result : pathlib.Path
        Its result.
    table : pathlib.Path
        Its SKUs.
    folder : pathlib.Path
        With what is known of them, sorted.
    alike : bool
        Edition, method, boundary and options are as they were.
    sku : str
        Header of the SKUs in the present catalogue.
    """

    result: Path
    table: Path
    folder: Path
    alike: bool
    sku: dict[str, str]

    def _known(self) -> list[NDArray[Any]]:
        return [np.load(self.folder / f"since-{name}.npy", mmap_mode="r") for name in _COLUMNS]

    def find(self, keys: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Row of each SKU in the earlier result, -1 for none; whether its cells are as they were.

        Parameters
        ----------
        keys : pandas.DataFrame
            As :func:`carbon.doors.manifest.content_keys` gives it.
        """
        a, b, content, row = self._known()
        first = keys["a"].to_numpy()
        if not len(a):
            return np.full(len(keys), -1), np.zeros(len(keys), bool)
        at = np.minimum(np.searchsorted(a, first), len(a) - 1)
        found = (a[at] == first) & (b[at] == keys["b"].to_numpy()) & ~keys["again"].to_numpy()
        same = found & (content[at] == keys["content"].to_numpy()) & self.alike
        return np.where(found, row[at], -1), same

    def split(
        self, keys: pd.DataFrame, sheets: dict[str, Sheet], whole: Whole
    ) -> tuple[pa.Table, dict[str, Sheet], Whole]:
        """Rows of the earlier result that hold still, and the tables without their SKUs."""
        row, same = self.find(keys)
        copied = taken(self.result, row[same])
        keep = ~same
        again = np.zeros(len(keys), bool)
        again[whole.repeats] = True
        out = {"skus": _filtered(sheets["skus"], keep)}
        still = pa.array(keys["sku"].to_numpy()[same], pa.string())
        for table, sheet in sheets.items():
            if table != "skus":
                texts = cells.clean(sheet.columns[sheet.headers.index(self.sku[table])])
                gone = pc.is_in(texts, value_set=still).to_numpy(zero_copy_only=False)
                out[table] = _filtered(sheet, ~gone)
        return copied, out, replace(whole, repeats=np.flatnonzero(again[keep]))

    def merged(
        self, frame: pd.DataFrame, keys: pd.DataFrame, copied: pa.Table
    ) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
        """Computed and copied rows in the order of the catalogue; what has changed; its counts."""
        row, same = self.find(keys)
        new = arrow(frame)
        order = np.empty(len(keys), np.int64)
        order[~same] = np.arange(len(new))
        order[same] = len(new) + np.arange(int(same.sum()))
        both = pa.concat_tables([new, copied.select(new.column_names).cast(new.schema)])
        whole = both.take(pa.array(order)).to_pandas()
        once = ~keys["again"].to_numpy()
        moved = np.flatnonzero(~same & once)
        before = np.full(len(keys), np.nan)
        had = moved[row[moved] >= 0]
        before[had] = (
            taken(self.result, row[had], ["total_kg"]).column(0).to_numpy(zero_copy_only=False)
        )
        change = _changes(
            whole["sku"].to_numpy()[moved],
            np.where(row[moved] >= 0, "changed", "new"),
            before[moved],
            whole["total_kg"].to_numpy(dtype=np.float64)[moved],
        )
        counts = {"new": len(moved) - len(had), "changed": len(had), "unchanged": int(same.sum())}
        return whole, change, counts

    def write_changes(self, parts: list[Part], folder: Path, path: Path | None) -> dict[str, int]:
        """Write what has changed, and what is gone; how many are gone.

        Parameters
        ----------
        parts : list of Part
        folder : pathlib.Path
            Where the parts are.
        path : pathlib.Path, optional
            ``.csv`` or ``.parquet``; not written without.
        """
        held = np.zeros(self._rows(), bool)
        for part in parts:
            if part.has("keys"):
                row, _ = self.find(read_part(folder / part.name_of("keys")).to_pandas())
                held[row[row >= 0]] = True
        rows = np.flatnonzero(~held & self._own())
        skus = taken(self.table, rows, ["sku"]).column(0).to_numpy(zero_copy_only=False)
        before = taken(self.result, rows, ["total_kg"]).column(0).to_numpy(zero_copy_only=False)
        gone = _changes(skus, np.full(len(rows), "gone"), before, np.full(len(rows), np.nan))
        if path is not None:
            last = folder / "gone"
            suffix = path.suffix.lower()
            with whole_file(path) as beside:
                end = joiner(suffix, beside, list(CHANGE_COLUMNS), str(path))
                for part in parts:
                    if part.has("changes"):
                        again = read_part(folder / part.name_of("changes")).to_pandas()
                        write_part(again, last, suffix)
                        end.add(last)
                write_part(gone, last, suffix)
                end.add(last)
                end.close()
            last.unlink()
        return dict(Counter({"gone": len(rows)}))

    def _rows(self) -> int:
        count: int = parquet.read_metadata(self.table).num_rows
        return count

    def _own(self) -> NDArray[np.bool_]:
        """Rows of the earlier result whose SKU did not stand before them."""
        column = parquet.read_table(self.table, columns=["again"]).column(0)
        out: NDArray[np.bool_] = ~column.to_numpy(zero_copy_only=False)
        return out


def _changes(skus: Any, change: Any, before: Any, after: Any) -> pd.DataFrame:
    before = np.asarray(before, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (after - before) / before
    frame = pd.DataFrame({"sku": pd.array(skus, dtype="str"), "change": pd.Categorical(change)})
    frame["before_kg"], frame["after_kg"] = before, after
    frame["moved_kg"], frame["moved_share"] = after - before, share
    return frame[list(CHANGE_COLUMNS)]


def _filtered(sheet: Sheet, keep: NDArray[np.bool_]) -> Sheet:
    mask = pa.array(keep)
    return Sheet(
        sheet.file,
        sheet.headers,
        [column.filter(mask) for column in sheet.columns],
        sheet.lines[keep],
        sheet.faults,
        None if sheet.files is None else sheet.files[keep],
    )


def taken(path: Path, rows: NDArray[np.int64], columns: list[str] | None = None) -> pa.Table:
    """Some rows of a Parquet file, in the order asked for; only their row groups are read."""
    with parquet.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
        ends = np.cumsum([0, *sizes])
        group = np.searchsorted(ends, rows, side="right") - 1
        order = np.argsort(rows, kind="stable")
        pieces = [file.schema_arrow.empty_table().select(columns or file.schema_arrow.names)]
        for at in np.unique(group):
            mine = rows[order][group[order] == at] - ends[at]
            pieces.append(file.read_row_group(int(at), columns=columns).take(pa.array(mine)))
    back = np.empty(len(rows), np.int64)
    back[order] = np.arange(len(rows))
    return pa.concat_tables(pieces).take(pa.array(back))


def since_of(path: Path, plan: dict[str, Any], folder: Path) -> Since:
    """Open an earlier run.

    Parameters
    ----------
    path : pathlib.Path
        Its manifest.
    plan : dict
        What decides the numbers of this run.
    folder : pathlib.Path
        For what is known of its SKUs, sorted.

    Raises
    ------
    carbon.errors.OutputError
        B006 if the manifest is none, B007 if its result is not there as it was.
    """
    found = read_manifest(path)
    table, result = (path.parent / str(found[name]["file"]) for name in ("table", "output"))
    if result.suffix.lower() != ".parquet":
        raise OutputError("B007", file=str(result))
    for file, kind, code in ((table, "table", "B006"), (result, "output", "B007")):
        if not file.is_file() or digest(file) != found[kind]["sha256"]:
            raise OutputError(code, "it is not as it was", file=str(file))
    known = parquet.read_table(table, columns=["a", "b", "content", "again"])
    once = ~known.column("again").to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(once)
    columns = [known.column(name).to_numpy()[rows] for name in _COLUMNS[:3]] + [rows]
    order = np.argsort(columns[0], kind="stable")
    for name, column in zip(_COLUMNS, columns, strict=True):
        np.save(folder / f"since-{name}.npy", column[order])
    alike = all(found.get(name) == plan.get(name) for name in DECIDE)
    sku = {name: heads["sku"][0] for name, heads in plan["headers"].items() if "sku" in heads}
    return Since(result, table, folder, alike, sku)
