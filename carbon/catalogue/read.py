"""Read a catalogue: what the merchant wrote, in base units, with every problem named."""

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
from carbon.base.terms import ORIGINS
from carbon.catalogue import cells
from carbon.catalogue.checks import check_energy, check_lines, check_mass
from carbon.catalogue.documents import DOCUMENT, DOCUMENT_NAME, documents
from carbon.catalogue.files import open_sheets
from carbon.catalogue.gather import (
    compact_lines,
    line_table,
    rows_of,
    tell_faults,
    understood,
)
from carbon.catalogue.headers import Header, currency_of, header_table
from carbon.catalogue.lines import Lines
from carbon.catalogue.names import by_unique
from carbon.catalogue.places import (
    Geography,
    destination_lines,
    no_destinations,
    origin_places,
)
from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.prose.categories import CategoryProse, Choice
from carbon.catalogue.prose.columns import tell_reworded
from carbon.catalogue.prose.content import ContentProse
from carbon.catalogue.prose.wording import reworded
from carbon.catalogue.put_together import by_table, one_table
from carbon.catalogue.schema import (
    COLUMNS,
    LINE_TABLES,
    ORIGIN_COLUMNS,
    Catalogue,
    Limits,
    Vocabulary,
    Whole,
)
from carbon.catalogue.sessions import check_sessions, gathered
from carbon.catalogue.sheets import Sheet

__all__ = ["read", "read_tables"]

Source = str | os.PathLike[str] | pd.DataFrame
_GIVEN, _ABSENT, _MEASURED = (ORIGINS.index(name) for name in ("given", "absent", "measured"))

_RANGE = r"[0-9]\s*(?:[-~\x{2013}\x{2014}]\s*[^0-9]{0,3}[0-9]|\+)"
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

    Parameters
    ----------
    path : path or pandas.DataFrame
        CSV, XLSX, Parquet or JSON Lines; a folder of ``skus``, ``materials``, ``packaging`` and
        ``legs``; or a data frame.
    vocabulary : Vocabulary
    materials, packaging, legs : path or pandas.DataFrame, optional
        Tidy line tables, in place of those beside the SKUs.
    limits : Limits, optional

    Returns
    -------
    Catalogue
        One row a SKU, in the order of the file. Missing cells are NaN; see
        :func:`carbon.catalogue.defaults.fill`.

    Raises
    ------
    CatalogueError
        If the file as a whole cannot be read. A bad cell never raises: it is a row of
        ``problems``, and its SKU is marked as failed.

    Examples
    --------
    >>> vocabulary = Vocabulary.of(categories=pd.DataFrame({"category": ["t_shirt"]}))
    >>> goods = pd.DataFrame({"sku": ["S1", "S2"], "category": "T-shirt"})
    >>> goods["mass"] = ["200 g", "2 ton"]
    >>> catalogue = read(goods, vocabulary)
    >>> catalogue.skus["mass_kg"].tolist(), catalogue.skus["problem"].tolist()
    ([0.2, nan], ['', 'C104'])
    """
    limits = limits or Limits()
    problems = CellProblems()
    sheets = by_table(open_sheets(path, limits), vocabulary, problems)
    for table, source in zip(LINE_TABLES, (materials, packaging, legs), strict=True):
        if source is not None:
            sheets[table] = one_table(open_sheets(source, limits), table, vocabulary, problems)
    file = sheets["skus"].file if isinstance(path, pd.DataFrame) else Path(path).name
    return read_tables(sheets, vocabulary, problems=problems, file=file)


def read_tables(
    sheets: dict[str, Sheet],
    vocabulary: Vocabulary,
    *,
    whole: Whole | None = None,
    problems: CellProblems | None = None,
    file: str = "",
) -> Catalogue:
    """Understand the tables of a catalogue, or of a part of one.

    Parameters
    ----------
    sheets : dict of str to Sheet
        ``skus``, and any of ``materials``, ``packaging`` and ``legs``; emptied while they are read.
    vocabulary : Vocabulary
    whole : Whole, optional
        What a part must know of the whole.
    problems : CellProblems, optional
        Those found before.
    file : str, optional
        Name of the catalogue.

    Returns
    -------
    Catalogue

    Raises
    ------
    CatalogueError
        C005 if a column is missing, C006 if two headers mean one column.
    """
    problems = problems or CellProblems()
    whole = whole or Whole()
    told: list[tuple[str, Header]] = []
    main = sheets["skus"]
    headers = understood(main, "skus", vocabulary, problems, told, whole.first)
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
    tell_faults(main, rows, problems)
    repeated = _identities(rows, problems, whole.repeats)
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
    origin = np.full((size, len(ORIGIN_COLUMNS)), _ABSENT, np.uint8)
    for name, spec in COLUMNS.items():
        if spec.kind == "lines":
            continue
        if spec.kind in ("text", "choice", "place"):
            has = _fill_words(filled, name, size, rows, vocabulary, geography, problems)
        else:
            percent = f"skus.{name}" in whole.fractions
            has = _fill_numbers(
                filled, name, size, rows, given, units, vocabulary, problems, percent
            )
        if name in ORIGIN_COLUMNS:
            origin[has, ORIGIN_COLUMNS.index(name)] = _GIVEN
    filled["line"] = main.lines
    skus = pd.DataFrame(filled, index=pd.RangeIndex(size), copy=False)
    sessions = _sessions(skus, vocabulary, repeated) if whole.sessions is None else whole.sessions
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
            told,
            whole,
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
    for name, own in (
        ("materials", frames["materials"]["row"]),
        ("packaging", frames["packaging"]["row"]),
        ("transport", legs_row[~returning]),
        ("return_transport", legs_row[returning]),
        ("destination", frames["destination"]["row"]),
    ):
        origin[np.asarray(own, np.int64), ORIGIN_COLUMNS.index(name)] = _GIVEN
    for name, where in measured.items():
        position = ORIGIN_COLUMNS.index(name)
        origin[where & (origin[:, position] == _GIVEN), position] = _MEASURED

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
        origin=pd.DataFrame(origin, columns=list(ORIGIN_COLUMNS)),
        problems=problems.table(),
        headers=header_table(told),
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
    words = [re.escape(word) for word in vocabulary.words_of("origin")]
    if not words:
        return {}, documents([])
    pattern = rf"(?i)[ ,;(]*(?:{'|'.join(words)})\)?(?:\s*{DOCUMENT})?$"
    found, named = {}, []
    for name in ORIGIN_COLUMNS:
        if name not in rows.texts or name in rows.texts.numbers:
            continue
        words = rows.texts.words(name)
        if pa.types.is_dictionary(words.type):
            words = words.dictionary
        if not pc.any(pc.match_substring_regex(words, pattern)).as_py():
            continue
        texts = rows.texts[name]
        where = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
        if pc.any(where).as_py():
            cell = pc.struct_field(pc.extract_regex(texts, f"{DOCUMENT_NAME}$"), "document")
            at = np.flatnonzero(pc.and_(where, pc.is_valid(cell)).to_numpy(zero_copy_only=False))
            named.append((name, at, cell.take(pa.array(at)).to_pylist()))
            rows.texts[name] = pc.replace_substring_regex(texts, pattern, "")
            found[name] = where.to_numpy(zero_copy_only=False)
    return found, documents(named)


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


def _fill_words(
    skus: dict[str, Any],
    name: str,
    size: int,
    rows: Rows,
    vocabulary: Vocabulary,
    geography: Geography,
    problems: CellProblems,
) -> NDArray[np.bool_]:
    """Fill a column of words and say where it is given."""
    texts = rows.texts.words(name, pa.nulls(size, pa.string()))
    present: NDArray[np.bool_] = pc.is_valid(texts).to_numpy(zero_copy_only=False)
    output = COLUMNS[name].output
    if COLUMNS[name].kind == "place":
        rows.texts.add(name, texts)
        code, lat, lon = origin_places(rows, vocabulary, geography, problems, name)
        skus[output] = vocabulary.names("region").categorical(code)
        skus[f"{name}_lat"], skus[f"{name}_lon"] = lat, lon
        return code >= 0
    if COLUMNS[name].kind == "choice":
        names = vocabulary.names("category" if name == "category" else "fuel")
        codes = names.find(texts)
        if name == "category" and (codes < 0).any():
            return _fill_categories(skus, texts, codes, rows, vocabulary, problems)
        wrong = np.flatnonzero(codes < 0 if name == "category" else (codes < 0) & present)
        lines = Lines(rows, np.arange(size), name, texts, texts, {}, {})
        lines.unknown(problems, names, wrong, name, "C010" if name == "category" else "C114")
        skus[output] = names.categorical(codes)
        return codes >= 0
    texts = rows.texts.get(name, texts)
    if name == "sku":
        texts = pc.fill_null(texts, "")
    if name == "currency":
        stated = pa.array(
            by_unique(texts, lambda text: currency_of(text) or text.upper(), object, None)
        )
        texts = pc.coalesce(
            stated.cast(pa.string()), rows.texts.get("price.currency", stated.cast(pa.string()))
        )
    skus[output] = pd.array(texts, dtype="str")
    return present


def _fill_categories(
    skus: dict[str, Any],
    texts: Any,
    codes: NDArray[np.int32],
    rows: Rows,
    vocabulary: Vocabulary,
    problems: CellProblems,
) -> NDArray[np.bool_]:
    """Fill categories of which some are no plain names: paths, or words of several meanings."""
    prose, names = CategoryProse.of(vocabulary), vocabulary.names("category")
    where = np.flatnonzero(codes < 0)
    at = pa.array(where)
    written = pc.fill_null(pc.cast(texts, pa.string()).take(at), "").to_pylist()
    blank = pa.nulls(len(codes), pa.string())
    titles = pc.fill_null(rows.texts.get("name", blank).take(at), "").to_pylist()
    header = rows.sources.get("mass.unit", "")
    masses = cells.measure(
        rows.texts.get("mass", blank).take(at), COLUMNS["mass"], header, vocabulary.unit_words
    ).values
    choices: dict[tuple[str, str, float], Choice] = {}
    told: dict[str, list[tuple[int, str]]] = {}
    for position, text, title, mass in zip(
        where.tolist(), written, titles, masses.tolist(), strict=True
    ):
        asked = (text, title, mass if mass == mass else -1.0)
        if asked not in choices:
            choices[asked] = prose.read(text, title, mass)
        choice = choices[asked]
        codes[position] = names.code(choice.category) if choice.category else -1
        if choice.code or choice.hint:
            told.setdefault(choice.code or "C010", []).append((position, choice.hint))
    unhinted = codes < 0
    lines = Lines(rows, np.arange(len(codes)), "category", texts, texts, {}, {})
    for code, noted in told.items():
        positions = np.array([position for position, _ in noted])
        unhinted[positions] = False
        values = pc.fill_null(pc.cast(texts, pa.string()).take(pa.array(positions)), "")
        problems.cells(rows, positions, "category", values, code, [hint for _, hint in noted])
    lines.unknown(problems, names, np.flatnonzero(unhinted), "category", "C010")
    skus[COLUMNS["category"].output] = names.categorical(codes)
    return codes >= 0


def _fill_numbers(
    skus: dict[str, Any],
    name: str,
    size: int,
    rows: Rows,
    given: dict[str, Any],
    units: dict[str, str],
    vocabulary: Vocabulary,
    problems: CellProblems,
    fractions: bool,
) -> NDArray[np.bool_]:
    """Fill a column of numbers and say where it is given."""
    spec = COLUMNS[name]
    if name not in given:
        skus[spec.output] = np.full(size, np.nan)
        return np.zeros(size, bool)
    column = rows.texts[name] if given[name] is None else given[name]
    if spec.kind == "price":
        found = cells.price(column, units[name])
        currency = pa.array(found.rest, pa.string())
        rows.texts["price.currency"] = pc.if_else(pc.equal(currency, ""), None, currency)
    else:
        found = cells.measure(column, spec, units[name], vocabulary.unit_words, fractions)
        if name == "mass" and found.faults:
            _contents(found, rows, skus["category"], vocabulary, problems)
    if name in ("price", "units_sold"):
        _open_numbers(found, rows.texts[name])
    for code, where in found.faults:
        problems.cells(rows, where, name, rows.texts[name].take(pa.array(where)), code)
    if name == "heat" and found.rest is not None:
        fuel = pa.array(found.rest, pa.string())
        stated = rows.texts.get("heat_fuel", pa.nulls(size, pa.string()))
        rows.texts["heat_fuel"] = pc.coalesce(stated, pc.if_else(pc.equal(fuel, ""), None, fuel))
        rows.sources.setdefault("heat_fuel", rows.sources["heat"])
    skus[spec.output] = found.values
    return ~np.isnan(found.values)


def _open_numbers(found: cells.Numbers, texts: Any) -> None:
    """Tell ranges and numbers with a plus, as 12.9-15.9 and 200+, from what is no number."""
    faults = []
    for code, where in found.faults:
        if code in ("C101", "C103"):
            texts_there = texts.take(pa.array(where))
            ranged = pc.match_substring_regex(texts_there, _RANGE).to_numpy(zero_copy_only=False)
            faults += [("C118", where[ranged]), (code, where[~ranged])]
        else:
            faults.append((code, where))
    found.faults[:] = [(code, where) for code, where in faults if len(where)]


def _contents(
    found: cells.Numbers, rows: Rows, category: Any, vocabulary: Vocabulary, problems: CellProblems
) -> None:
    """Read masses that are written as net contents, as 200g*6 or 500 ml."""
    odd = np.unique(np.concatenate([where for _, where in found.faults]))
    texts = rows.texts["mass"]
    beside = [str(each) for each in np.asarray(category)[odd]]
    prose = ContentProse(vocabulary.unit_words)
    compact, told = reworded(texts, odd, prose.read, beside)
    changed = pc.fill_null(pc.not_equal(texts, compact), True).to_numpy(zero_copy_only=False)
    changed &= pc.is_valid(texts).to_numpy(zero_copy_only=False)
    if not changed.any():
        return
    tell_reworded(rows, "mass", texts, told, problems)
    at = np.flatnonzero(changed)
    again = cells.measure(compact.take(pa.array(at)), COLUMNS["mass"], "", vocabulary.unit_words)
    found.values[at] = again.values
    kept = [(code, where[~changed[where]]) for code, where in found.faults]
    found.faults[:] = [(code, where) for code, where in kept if len(where)]
    found.faults += [(code, at[where]) for code, where in again.faults]
