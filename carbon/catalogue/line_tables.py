"""Reads compact cells and tidy tables, gives the lines under the SKUs."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from carbon.base.errors import CatalogueError
from carbon.catalogue import cells
from carbon.catalogue.chains import LEG_COLUMNS, compact_legs, leg_lines, tidy_legs
from carbon.catalogue.headers import PERIOD_CODE, Header, match_headers, own_header
from carbon.catalogue.lines import Lines, material_lines, packaging_lines, read_compact, read_tidy
from carbon.catalogue.problems import CellProblems, Rows, Runs, Texts
from carbon.catalogue.prose.columns import reword_lines
from carbon.catalogue.schema import LINE_COLUMNS, LINE_TABLES, BatchContext, Vocabulary
from carbon.catalogue.sheets import Sheet
from carbon.catalogue.sku_index import runs

__all__ = [
    "compact_lines",
    "filled_down",
    "line_table",
    "rows_of",
    "tell_faults",
    "understood",
]

IDENTITIES: Final = ("sku", "gtin", "session")
"""Columns of names and numbers whose digits mean no amount."""

_COMPACT: Final = {"materials": "materials", "packaging": "packaging", "legs": "transport"}


def understood(
    sheet: Sheet,
    table: str,
    vocabulary: Vocabulary,
    problems: CellProblems,
    understood_as: list[tuple[str, Header]],
    first: bool = True,
) -> dict[str, tuple[int, Header]]:
    """Canonical column → its position and header; damaged rows and unknown headers are told.

    The headers of a table in parts are told by the ``first`` part only.
    """
    by_column: dict[str, tuple[int, Header]] = {}
    for position, header in enumerate(match_headers(sheet.headers, table, vocabulary, sheet.file)):
        if header.column:
            by_column[header.column] = (position, header)
            if first and header.code == PERIOD_CODE:
                problems.add(PERIOD_CODE, file=sheet.file, row=1, column=own_header(header.source))
        elif not header.source.strip() and sheet.columns[position].null_count == len(sheet.lines):
            continue
        elif first:
            problems.add(
                header.code,
                file=sheet.file,
                row=1,
                column=own_header(header.source),
                hint=header.note,
            )
        understood_as.append((sheet.file, header))
    for fault in sheet.faults:
        if not len(sheet.rows_of(fault)) and (first or fault.line):
            problems.add(
                fault.code,
                file=fault.file,
                row=fault.line or None,
                column=fault.column,
                value=fault.text,
                hint=fault.hint,
            )
    return by_column


def tell_faults(sheet: Sheet, rows: Rows, problems: CellProblems) -> None:
    """Note the rows of a table that are not well formed, and its cells that show no value."""
    columns = {source: name for name, source in rows.sources.items()}
    for fault in sheet.faults:
        at = sheet.rows_of(fault)
        name = columns.get(fault.column, fault.column)
        if fault.code == "C014" and name not in IDENTITIES:
            continue  # a date is a date
        problems.cells(rows, at, name, [fault.text] * len(at), fault.code, [fault.hint] * len(at))


def rows_of(
    sheet: Sheet,
    headers: dict[str, tuple[int, Header]],
    given: dict[str, Any],
    goods: Rows | None,
) -> Rows:
    """Rows of a sheet; ``goods`` are those of the catalogue, None for the catalogue itself."""
    sources = {name: own_header(header.source) for name, (_, header) in headers.items()}
    if goods is None:
        texts = Texts(given)
        sku = texts.get("sku", pa.nulls(len(sheet.lines), pa.string()))
        owner = np.arange(len(sheet.lines))
        shown = cells.as_written(given["sku"], sku) if "sku" in given else sku
        names = None if shown is sku else shown
        return Rows(sheet.file, sheet.lines, sku, owner, sources, texts, sheet.files, names=names)
    starts, heads = runs(given["sku"])
    run = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(sheet.lines))))
    if heads.null_count:
        sku = filled_down(sheet, given["sku"], heads.take(pa.array(run)))
        run = np.arange(len(sheet.lines))
    else:
        sku = heads
    if goods.distinct and sku.equals(goods.sku):
        owner = run  # SKU by SKU, as the catalogue has them
    else:
        position = pc.index_in(sku, value_set=goods.sku, skip_nulls=True)
        owner = pc.fill_null(position, -1).to_numpy(zero_copy_only=False).astype(np.int64)[run]
    texts = Texts({name: column for name, column in given.items() if name != "sku"})
    return Rows(
        *(sheet.file, sheet.lines, Runs(sku, run), owner, sources, texts, sheet.files),
        names=goods.names,
    )


def filled_down(sheet: Sheet, given: Any, sku: Any) -> Any:
    """SKUs of lines; a blank cell takes the one above it, as merged cells do, up to a gap.

    ``given``, ``sku``: pyarrow.Array, its SKUs, as they stand there and cleaned.
    """
    blank = np.asarray(cells.blank(given), bool)
    if not blank.any():
        return sku
    at = np.arange(len(blank))
    new = np.ones(len(blank), bool)
    new[1:] = np.diff(sheet.lines) != 1
    if sheet.files is not None:
        new[1:] |= sheet.files[1:] != sheet.files[:-1]
    block = np.maximum.accumulate(np.where(new, at, 0))
    above = np.maximum.accumulate(np.where(blank, -1, at))
    above = np.where(above >= block, above, at)
    return sku.take(pa.array(above))


def compact_lines(
    rows: Rows, vocabulary: Vocabulary, category: Any, problems: CellProblems
) -> dict[str, list[Lines]]:
    """Lines of the compact cells, column beside column: Arrow's kernels run without the GIL.

    Cells in the words of trade are reworded first, and what that assumed is told to ``problems``.
    """

    def parse(item: tuple[str, str]) -> Lines:
        table, column = item
        if table == "legs":
            return compact_legs(rows, column, vocabulary)
        return read_compact(rows, table, column, vocabulary)

    wanted = [*_COMPACT.items(), ("legs", "return_transport")]
    filled = [
        item
        for item in wanted
        if item[1] in rows.texts and rows.texts[item[1]].null_count < len(rows.lines)
    ]
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        parsed = list(pool.map(parse, filled))
    by_table: dict[str, list[Lines]] = {table: [] for table in LINE_TABLES}
    for (table, column), lines in zip(filled, parsed, strict=True):
        changed = reword_lines(rows, table, column, lines, vocabulary, category, problems)
        if changed and rows.texts[column].null_count == len(rows.lines):
            continue
        by_table[table].append(parse((table, column)) if changed else lines)
    return by_table


def line_table(
    table: str,
    sheet: Sheet | None,
    rows: Rows,
    compact: Sequence[Lines],
    size: int,
    vocabulary: Vocabulary,
    problems: CellProblems,
    understood_as: list[tuple[str, Header]],
    context: BatchContext,
    category: Any,
) -> pd.DataFrame:
    """Lines of one kind, from the compact cells, the tidy table or both."""
    sources = list(compact)
    if sheet is not None:
        sources += _tidy(table, sheet, rows, sources, vocabulary, problems, understood_as, context)
    frames = []
    for lines in sources:
        if table == "materials":
            frames.append(material_lines(lines, size, vocabulary, problems, category))
        elif table == "packaging":
            frames.append(packaging_lines(lines, vocabulary, problems))
        else:
            frames.append(leg_lines(lines, size, vocabulary, problems))
    return _joined(frames, table, vocabulary)


def _tidy(
    table: str,
    sheet: Sheet,
    rows: Rows,
    compact: Sequence[Lines],
    vocabulary: Vocabulary,
    problems: CellProblems,
    understood_as: list[tuple[str, Header]],
    context: BatchContext,
) -> list[Lines]:
    """Lines of a tidy table; those of unknown SKUs, or of SKUs that have a cell too, are noted."""
    headers = understood(sheet, table, vocabulary, problems, understood_as, context.first)
    named = {"materials": "material", "packaging": "item", "legs": "mode"}[table]
    missing = [name for name in ("sku", named) if name not in headers]
    if missing:
        raise CatalogueError("C005", f"no {' and no '.join(missing)} in {table}", file=sheet.file)
    given = {name: sheet.columns[position] for name, (position, _) in headers.items()}
    units = {name: header.unit for name, (_, header) in headers.items()}
    row = rows_of(sheet, headers, given, rows)
    tell_faults(sheet, row, problems)
    if (
        row.sku.values.null_count
        or given["sku"].null_count
        or len(row.sku.values) == len(row.lines)
    ):
        blank = pc.is_null(cells.clean(given["sku"])).to_numpy(zero_copy_only=False)
        named_above = pc.is_valid(row.sku.take(None)).to_numpy(zero_copy_only=False)
        problems.cells(row, np.flatnonzero(blank & named_above), "sku", (), "C253")
    strange = np.flatnonzero(row.owner < 0)
    problems.cells(row, strange, "sku", row.sku.take(pa.array(strange)), "C251")
    numeric = {
        name: row.texts[name] if pa.types.is_string(column.type) else column
        for name, column in given.items()
        if name != "sku"
    }
    lines = read_tidy(row, numeric, units, table, vocabulary, context.fractions)
    for column in LINE_COLUMNS[table]:
        row.texts.add(column, pa.nulls(len(sheet.lines), pa.string()))
    if table == "legs":
        lines = tidy_legs(lines)
    for other in compact:
        way = lines.extra["returning"] if table == "legs" else np.zeros(len(lines.at), bool)
        same = way == (other.column == "return_transport")
        both = np.isin(row.owner, other.owner) & (row.owner >= 0) & same
        at = np.flatnonzero(both)
        problems.cells(row, at, named, row.texts[named].take(pa.array(at)), "C252")
    return [lines]


def _joined(frames: list[pd.DataFrame], table: str, vocabulary: Vocabulary) -> pd.DataFrame:
    """Lines of all sources, sorted by SKU."""
    if len(frames) == 1:
        return frames[0]
    if not frames:
        kind = {"materials": "material", "packaging": "item", "legs": "mode"}[table]
        columns: Sequence[str] = {
            "materials": ("row", "material", "share", "mass_kg", "recycled_share"),
            "packaging": ("row", "item", "mass_kg", "count", "trips", "recycled_share"),
            "legs": LEG_COLUMNS,
        }[table]
        empty = pd.DataFrame({name: np.empty(0) for name in columns}).astype({"row": np.int32})
        empty[kind] = vocabulary.names(kind).categorical(np.empty(0, np.int32))
        if table == "legs":
            empty = empty.astype(
                {"returning": bool, "bare": bool, "chain": np.int16, "position": np.int16}
            )
        return empty
    lines = pd.concat(frames, ignore_index=True)
    by = ["row", "returning", "chain", "position"] if table == "legs" else ["row"]
    return lines.sort_values(by, kind="stable", ignore_index=True)
