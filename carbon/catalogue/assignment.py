"""Reads the sheets and files of a catalogue, gives its tables: which is which, pieces joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base.errors import CatalogueError
from carbon.catalogue import cells
from carbon.catalogue.headers import match_headers
from carbon.catalogue.names import key
from carbon.catalogue.problems import CellProblems
from carbon.catalogue.schema import SHEETS, Vocabulary
from carbon.catalogue.sheets import Sheet

__all__ = ["assigned", "by_table", "joined", "one_table"]

Named = Sequence[tuple[str, Sheet]]


def by_table(sheets: Named, vocabulary: Vocabulary, problems: CellProblems) -> dict[str, Sheet]:
    """Tell the SKU table from the line tables, by name or by their headers.

    ``problems``: told what is left out. Raises C013 if two sheets hold the same table under
    different headers.
    """
    return {table: joined(parts) for table, parts in assigned(sheets, vocabulary, problems).items()}


def assigned(
    sheets: Named, vocabulary: Vocabulary, problems: CellProblems
) -> dict[str, list[Sheet]]:
    """Tell which sheets hold which table, by name or by their headers.

    ``problems``: told what is left out.
    """
    of_table: dict[str, list[Sheet]] = {}
    names = _names(vocabulary)
    for name, sheet in sheets:
        table = names.get(key(name), "") if len(sheets) > 1 else ""
        if table not in SHEETS or table == "skus":
            table = "skus" if _holds_skus(sheet, vocabulary) else ""
        of_table.setdefault(table, []).append(sheet)
    others = of_table.pop("", [])
    if "skus" not in of_table:  # told by its headers what it lacks
        named = [sheet for name, sheet in sheets if names.get(key(name)) == "skus"]
        of_table["skus"] = [[*named, *others, sheets[0][1]][0]]
    for sheet in others:
        if sheet is not of_table["skus"][0]:
            problems.add("C012", file=sheet.file, value=sheet.file)
    return of_table


def one_table(sheets: Named, table: str, vocabulary: Vocabulary, problems: CellProblems) -> Sheet:
    """Find the table of lines in a file of its own: its sheets of that name, else the first one.

    ``problems``: told what is left out.
    """
    names = _names(vocabulary)
    mine = [sheet for name, sheet in sheets if names.get(key(name)) == table]
    mine = mine or [sheets[0][1]]
    for _, sheet in sheets:
        if all(sheet is not item for item in mine):
            problems.add("C012", file=sheet.file, value=sheet.file)
    return joined(mine)


def _names(vocabulary: Vocabulary) -> dict[str, str]:
    """Name of a sheet → its table."""
    names = {key(alias): table for table, aliases in SHEETS.items() for alias in aliases}
    for alias, table in vocabulary.words_of("sheet").items():
        names.setdefault(key(alias), "skus" if table == "sku" else table)
    return names


def _holds_skus(sheet: Sheet, vocabulary: Vocabulary) -> bool:
    """Whether a sheet has the two columns a catalogue needs."""
    heads = [match_headers([header], "skus", vocabulary)[0] for header in sheet.headers]
    return {"sku", "category"} <= {head.column for head in heads}


def joined(parts: Sequence[Sheet]) -> Sheet:
    """One table of several with the same headers.

    Raises C013 if the headers are not the same.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    texts = [[header.strip() for header in part.headers] for part in parts]
    for part, headers in zip(parts, texts, strict=True):
        if sorted(headers) != sorted(texts[0]):
            other = sorted(set(headers) ^ set(texts[0]))
            detail = f"{first.file} has not the same: {', '.join(filter(None, other))[:200]}"
            raise CatalogueError("C013", detail, file=part.file)
    columns = []
    for header in texts[0]:
        pieces = [part.columns[line.index(header)] for part, line in zip(parts, texts, strict=True)]
        if len({piece.type for piece in pieces}) > 1:
            pieces = [cells.clean(piece) for piece in pieces]
        columns.append(_behind([pc.cast(piece, pieces[0].type) for piece in pieces]))
    one_file = all(part.file == first.file and part.files is None for part in parts)
    return Sheet(
        first.file,
        first.headers,
        columns,
        np.concatenate([part.lines for part in parts]),
        [fault for part in parts for fault in part.faults],
        None if one_file else np.concatenate([_files(part) for part in parts]),
    )


def _behind(pieces: list[Any]) -> Any:
    """One column behind the other; large ones come in chunks and stay so."""
    if not any(isinstance(piece, pa.ChunkedArray) for piece in pieces):
        return pa.concat_arrays(pieces)
    chunks = [getattr(piece, "chunks", [piece]) for piece in pieces]
    return pa.chunked_array([each for some in chunks for each in some], pieces[0].type)


def _files(part: Sheet) -> NDArray[np.object_]:
    return np.full(len(part.lines), part.file, object) if part.files is None else part.files
