"""Reads a catalogue as the merchant wrote it, gives it in base units with every problem."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base.errors import CatalogueError
from carbon.base.terms import PROVENANCES
from carbon.catalogue.assignment import by_table, one_table
from carbon.catalogue.checks import check_energy, check_lines, check_mass
from carbon.catalogue.documents import DOCUMENT, DOCUMENT_NAME, documents
from carbon.catalogue.fields import fill_numbers, fill_words
from carbon.catalogue.files import open_sheets
from carbon.catalogue.headers import Header, header_table
from carbon.catalogue.line_tables import (
    compact_lines,
    line_table,
    rows_of,
    tell_faults,
    understood,
)
from carbon.catalogue.names import may_hold
from carbon.catalogue.places import (
    Geography,
    destination_lines,
    no_destinations,
)
from carbon.catalogue.presets import as_goods
from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.schema import (
    COLUMNS,
    LINE_TABLES,
    PROVENANCE_COLUMNS,
    BatchContext,
    Catalogue,
    Limits,
    Vocabulary,
)
from carbon.catalogue.sessions import check_sessions, gathered
from carbon.catalogue.sheets import Sheet

__all__ = ["read", "read_tables"]

Source = str | os.PathLike[str] | pd.DataFrame
_GIVEN, _ABSENT, _MEASURED = (PROVENANCES.index(name) for name in ("given", "absent", "measured"))

_SCIENTIFIC = r"^[0-9](?:\.[0-9]+)?[eE]\+[0-9]+$"  # as a spreadsheet shows a long number


def read(
    path: Source,
    vocabulary: Vocabulary,
    *,
    materials: Source | None = None,
    packaging: Source | None = None,
    legs: Source | None = None,
    limits: Limits | None = None,
) -> Catalogue:
    """Read a catalogue.

    ``path``: CSV, XLSX, Parquet or JSON Lines; a folder of ``skus``, ``materials``, ``packaging``
    and ``legs``; or a data frame; ``materials``, ``packaging``, ``legs``: tidy line tables, in
    place of those beside the SKUs. Returns: one row a SKU, in the order of the file. Missing cells
    are NaN; see :func:`carbon.catalogue.defaults.fill`. Raises CatalogueError: if the file as a
    whole cannot be read. A bad cell never raises: it is a row of ``problems``, and its SKU is
    marked as failed.

    >>> vocabulary = Vocabulary.of(categories=pd.DataFrame({"category": ["t_shirt"]}))
    >>> goods = pd.DataFrame({"sku": ["S1", "S2"], "category": "T-shirt"})
    >>> goods["mass"] = ["200 g", "2 ton"]
    >>> catalogue = read(goods, vocabulary)
    >>> catalogue.skus["mass_kg"].tolist(), catalogue.skus["problem"].tolist()
    ([0.2, nan], ['', 'C104'])
    """
    limits = limits or Limits()
    problems = CellProblems()
    opened = [(name, as_goods(sheet, vocabulary)) for name, sheet in open_sheets(path, limits)]
    sheets = by_table(opened, vocabulary, problems)
    for table, source in zip(LINE_TABLES, (materials, packaging, legs), strict=True):
        if source is not None:
            sheets[table] = one_table(open_sheets(source, limits), table, vocabulary, problems)
    file = sheets["skus"].file if isinstance(path, pd.DataFrame) else Path(path).name
    return read_tables(sheets, vocabulary, problems=problems, file=file)


def read_tables(
    sheets: dict[str, Sheet],
    vocabulary: Vocabulary,
    *,
    context: BatchContext | None = None,
    problems: CellProblems | None = None,
    file: str = "",
) -> Catalogue:
    """Understand the tables of a catalogue, or of a part of one.

    ``sheets``: ``skus``, and any of ``materials``, ``packaging`` and ``legs``; emptied while they
    are read. Raises C005 if a column is missing, C006 if two headers mean one column.
    """
    problems = problems or CellProblems()
    context = context or BatchContext()
    understood_as: list[tuple[str, Header]] = []
    main = sheets["skus"]
    headers = understood(main, "skus", vocabulary, problems, understood_as, context.first)
    missing = [name for name in ("sku", "category") if name not in headers]
    if missing:
        detail = (
            f"no {' and no '.join(missing)} among {', '.join(filter(None, main.headers))[:200]}"
        )
        raise CatalogueError("C005", detail, file=main.file)
    given = {name: main.columns[position] for name, (position, _) in headers.items()}
    units = {name: header.unit for name, (_, header) in headers.items()}
    rows = rows_of(main, headers, given, None)
    given = {name: None if pa.types.is_string(cell.type) else cell for name, cell in given.items()}
    size = len(main.lines)
    if not size and context.first:
        problems.add("C021", file=main.file)
    tell_faults(main, rows, problems)
    repeated = _identities(rows, problems, context.repeats)
    rows.distinct = not len(repeated) and not rows.sku.null_count
    for name in ("sku", "gtin"):
        if name in rows.texts and pc.any(pc.match_substring(rows.texts[name], "+")).as_py():
            shortened = pc.fill_null(pc.match_substring_regex(rows.texts[name], _SCIENTIFIC), False)
            at = np.flatnonzero(shortened.to_numpy(zero_copy_only=False))
            problems.cells(rows, at, name, rows.texts[name].take(pa.array(at)), "C014")
    _namibia(main, headers, rows, problems)
    measured, evidence = _measured(rows, vocabulary)

    filled: dict[str, Any] = {}
    geography = Geography.of(vocabulary)
    provenance = np.full((size, len(PROVENANCE_COLUMNS)), _ABSENT, np.uint8)
    for name, spec in COLUMNS.items():
        if spec.kind == "lines":
            continue
        if spec.kind in ("text", "choice", "place"):
            has = fill_words(filled, name, size, rows, vocabulary, geography, problems)
        else:
            percent = f"skus.{name}" in context.fractions
            has = fill_numbers(
                filled, name, size, rows, given, units, vocabulary, problems, percent
            )
        if name in PROVENANCE_COLUMNS:
            provenance[has, PROVENANCE_COLUMNS.index(name)] = _GIVEN
    filled["line"] = main.lines
    skus = pd.DataFrame(filled, index=pd.RangeIndex(size), copy=False)
    sessions = (
        _sessions(skus, vocabulary, repeated) if context.sessions is None else context.sessions
    )
    if len(repeated):
        skus.loc[repeated, ["session", "session_kwh", "viewer_hours"]] = np.nan

    frames: dict[str, pd.DataFrame] = {}
    category = skus["category"].array
    compact = compact_lines(rows, vocabulary, category, problems)
    for table in LINE_TABLES:
        cell_lines = compact.pop(table)
        frames[table] = line_table(
            table,
            sheets.get(table),
            rows,
            cell_lines,
            size,
            vocabulary,
            problems,
            understood_as,
            context,
            category,
        )
        pa.default_memory_pool().release_unused()
    del cell_lines
    if "destination" in rows.texts:
        frames["destination"] = destination_lines(rows, size, vocabulary, geography, problems)
    else:
        frames["destination"] = no_destinations(vocabulary)
    returning = frames["legs"]["returning"].to_numpy()
    legs_row = frames["legs"]["row"].to_numpy()
    for name, sheet_columns in (
        ("materials", frames["materials"]["row"]),
        ("packaging", frames["packaging"]["row"]),
        ("transport", legs_row[~returning]),
        ("return_transport", legs_row[returning]),
        ("destination", frames["destination"]["row"]),
    ):
        provenance[np.asarray(sheet_columns, np.int64), PROVENANCE_COLUMNS.index(name)] = _GIVEN
    for name, where in measured.items():
        position = PROVENANCE_COLUMNS.index(name)
        provenance[where & (provenance[:, position] == _GIVEN), position] = _MEASURED

    check_mass(skus, frames["materials"], rows, vocabulary, problems)
    check_lines(frames["materials"], rows, vocabulary, problems)
    check_energy(skus, frames["materials"], rows, vocabulary, problems)
    check_sessions(skus, rows, problems, sessions)
    skus["failed"], codes = problems.by_owner(size)
    pa.default_memory_pool().release_unused()
    skus["problem"] = pd.array(codes, dtype="str")
    return Catalogue(
        skus=skus,
        materials=frames["materials"],
        packaging=frames["packaging"],
        legs=frames["legs"],
        destinations=frames["destination"],
        provenance=pd.DataFrame(provenance, columns=list(PROVENANCE_COLUMNS)),
        problems=problems.table(),
        headers=header_table(understood_as),
        file=file,
        sessions=sessions,
        evidence=evidence,
    )


def _namibia(
    sheet: Sheet, headers: dict[str, tuple[int, Header]], rows: Rows, problems: CellProblems
) -> None:
    """Tell where NA stands for a place: a country's code, or a cell that is not filled."""
    for name in ("origin", "destination"):
        if name not in headers:
            continue
        column = sheet.columns[headers[name][0]]
        if pa.types.is_string(column.type):
            where = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), "NA"), False)
            at = np.flatnonzero(where.to_numpy(zero_copy_only=False))
            problems.cells(rows, at, name, ["NA"] * len(at), "C235")
    sheet.columns = []  # the cleaned texts are in rows
    pa.default_memory_pool().release_unused()


def _measured(
    rows: Rows, vocabulary: Vocabulary
) -> tuple[dict[str, NDArray[np.bool_]], pd.DataFrame]:
    """Take *measured* and the document beside it off the end of cells; say where they stood."""
    said = list(vocabulary.words_of("origin"))
    if not said:
        return {}, documents([])
    pattern = rf"(?i)[ ,;(]*(?:{'|'.join(map(re.escape, said))})\)?(?:\s*{DOCUMENT})?$"
    sheets, named = {}, []
    for name in PROVENANCE_COLUMNS:
        if name not in rows.texts or name in rows.texts.numbers:
            continue
        words = rows.texts.words(name)
        if pa.types.is_dictionary(words.type):
            words = words.dictionary
        if (
            not may_hold(words, said)
            or not pc.any(pc.match_substring_regex(words, pattern)).as_py()
        ):
            continue
        texts = rows.texts[name]
        where = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
        if pc.any(where).as_py():
            cell = pc.struct_field(pc.extract_regex(texts, f"{DOCUMENT_NAME}$"), "document")
            at = np.flatnonzero(pc.and_(where, pc.is_valid(cell)).to_numpy(zero_copy_only=False))
            named.append((name, at, cell.take(pa.array(at)).to_pylist()))
            rows.texts[name] = pc.replace_substring_regex(texts, pattern, "")
            sheets[name] = where.to_numpy(zero_copy_only=False)
    return sheets, documents(named)


def _sessions(
    skus: pd.DataFrame, vocabulary: Vocabulary, repeated: NDArray[np.int64]
) -> pd.DataFrame:
    """What the rows tell of their live sessions."""
    usual = np.append(vocabulary.parameter_table["return_rate"].to_numpy(dtype=float), np.nan)
    stated = skus["return_rate"].to_numpy()
    rate = np.where(np.isnan(stated), usual[skus["category"].cat.codes], stated)
    return gathered(skus, rate, repeated)


def _identities(rows: Rows, problems: CellProblems, before: NDArray[np.int64]) -> NDArray[np.int64]:
    """Note empty and repeated SKUs; positions of the repeats, those of SKUs ``before`` too."""
    present = pc.is_valid(rows.sku).to_numpy(zero_copy_only=False)
    problems.cells(rows, np.flatnonzero(~present), "sku", (), "C009")
    coded = pc.dictionary_encode(rows.sku)
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    _, first = np.unique(codes, return_index=True)
    again = np.ones(len(codes), bool)
    again[first] = False
    again[before] = True
    repeats = np.flatnonzero(again & present)
    problems.cells(rows, repeats, "sku", rows.sku.take(pa.array(repeats)), "C008")
    return repeats
