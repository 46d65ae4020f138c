"""Reads the cells of one column of the SKU table, gives its values in base units or its words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.catalogue import cells
from carbon.catalogue.barcodes import mended
from carbon.catalogue.headers import currency_of
from carbon.catalogue.lines import Lines
from carbon.catalogue.names import by_unique, key
from carbon.catalogue.places import (
    Geography,
    origin_places,
)
from carbon.catalogue.prices import price
from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.prose.categories import CategoryProse, Choice
from carbon.catalogue.prose.columns import tell_reworded
from carbon.catalogue.prose.content import ContentProse
from carbon.catalogue.prose.wording import reworded
from carbon.catalogue.schema import (
    COLUMNS,
    Vocabulary,
)

__all__ = ["fill_numbers", "fill_words"]

_RANGE = r"[0-9]\s*(?:[-~\x{2013}\x{2014}]\s*[^0-9]{0,3}[0-9]|\+)"


def fill_words(
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
        if name == "category":
            asks = vocabulary.asks("category")
            odd = codes < 0
            if asks:
                odd |= by_unique(texts, lambda text: key(text) in asks, bool, True)
            if odd.any():
                return _fill_categories(skus, texts, codes, odd, rows, vocabulary, problems)
        wrong = np.flatnonzero(codes < 0 if name == "category" else (codes < 0) & present)
        lines = Lines(rows, np.arange(size), name, texts, texts, {}, {})
        lines.unknown(problems, names, wrong, name, "C010" if name == "category" else "C114")
        skus[output] = names.categorical(codes)
        return codes >= 0
    texts = rows.texts.get(name, texts)
    if name == "sku":
        texts = pc.fill_null(texts if rows.names is None else rows.names, "")
    if name == "gtin" and pc.any(pc.is_valid(texts)).as_py():
        texts = _barcodes(texts, rows, problems)
    if name == "currency":
        stated = pa.array(
            by_unique(texts, lambda text: currency_of(text) or text.upper(), object, None)
        )
        texts = pc.coalesce(
            stated.cast(pa.string()), rows.texts.get("price.currency", stated.cast(pa.string()))
        )
    skus[output] = pd.array(texts, dtype="str")
    return present


def _barcodes(texts: Any, rows: Rows, problems: CellProblems) -> Any:
    """Trade item numbers; what was mended or is none is told."""
    scientific = pc.match_substring(texts, "+")  # told as C014
    texts = pc.if_else(pc.fill_null(scientific, False), None, texts)
    coded = pc.dictionary_encode(texts)
    answers = [mended(text) for text in coded.dictionary.to_pylist()]
    numbers = pa.array([number or None for number, _ in answers], pa.string())
    for code in sorted({code for _, code in answers} - {""}):
        these = pa.array([each == code for _, each in answers])
        where = pc.fill_null(these.take(coded.indices), False)
        at = np.flatnonzero(where.to_numpy(zero_copy_only=False))
        problems.cells(rows, at, "gtin", texts.take(pa.array(at)), code)
    return numbers.take(coded.indices)


def _fill_categories(
    skus: dict[str, Any],
    texts: Any,
    codes: NDArray[np.int32],
    odd: NDArray[np.bool_],
    rows: Rows,
    vocabulary: Vocabulary,
    problems: CellProblems,
) -> NDArray[np.bool_]:
    """Fill categories of which some are no plain names: paths, or words of several meanings."""
    prose, names = CategoryProse.of(vocabulary), vocabulary.names("category")
    where = np.flatnonzero(odd)
    at = pa.array(where)
    written = pc.fill_null(pc.cast(texts, pa.string()).take(at), "").to_pylist()
    blank = pa.nulls(len(codes), pa.string())
    titles = pc.fill_null(rows.texts.get("name", blank).take(at), "").to_pylist()
    header = rows.sources.get("mass.unit", "")
    masses = cells.measure(
        rows.texts.get("mass", blank).take(at), COLUMNS["mass"], header, vocabulary.unit_words
    ).values
    choices: dict[tuple[str, str, float], Choice] = {}
    reworded_cells: dict[str, list[tuple[int, str]]] = {}
    for position, text, title, mass in zip(
        where.tolist(), written, titles, masses.tolist(), strict=True
    ):
        asked = (text, title, mass if mass == mass else -1.0)
        if asked not in choices:
            choices[asked] = prose.read(text, title, mass)
        choice = choices[asked]
        codes[position] = names.code(choice.category) if choice.category else -1
        if choice.code or choice.hint:
            reworded_cells.setdefault(choice.code or "C010", []).append((position, choice.hint))
    unhinted = codes < 0
    lines = Lines(rows, np.arange(len(codes)), "category", texts, texts, {}, {})
    for code, noted in reworded_cells.items():
        positions = np.array([position for position, _ in noted])
        unhinted[positions] = False
        values = pc.fill_null(pc.cast(texts, pa.string()).take(pa.array(positions)), "")
        problems.cells(rows, positions, "category", values, code, [hint for _, hint in noted])
    lines.unknown(problems, names, np.flatnonzero(unhinted), "category", "C010")
    skus[COLUMNS["category"].output] = names.categorical(codes)
    return codes >= 0


def fill_numbers(
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
        numbers = price(column, units[name])
        currency = pa.array(numbers.rest, pa.string())
        rows.texts["price.currency"] = pc.if_else(pc.equal(currency, ""), None, currency)
    else:
        numbers = cells.measure(column, spec, units[name], vocabulary.unit_words, fractions)
        if name == "mass" and numbers.faults:
            _contents(numbers, rows, skus["category"], vocabulary, problems)
    if name in ("price", "units_sold"):
        _open_numbers(numbers, rows.texts[name])
    for code, where in numbers.faults:
        problems.cells(rows, where, name, rows.texts[name].take(pa.array(where)), code)
    if name == "heat" and numbers.rest is not None:
        fuel = pa.array(numbers.rest, pa.string())
        stated = rows.texts.get("heat_fuel", pa.nulls(size, pa.string()))
        rows.texts["heat_fuel"] = pc.coalesce(stated, pc.if_else(pc.equal(fuel, ""), None, fuel))
        rows.sources.setdefault("heat_fuel", rows.sources["heat"])
    skus[spec.output] = numbers.values
    return ~np.isnan(numbers.values)


def _open_numbers(numbers: cells.Numbers, texts: Any) -> None:
    """Tell ranges and numbers with a plus, as 12.9-15.9 and 200+, from what is no number."""
    faults = []
    for code, where in numbers.faults:
        if code in ("C101", "C103"):
            texts_there = texts.take(pa.array(where))
            ranged = pc.match_substring_regex(texts_there, _RANGE).to_numpy(zero_copy_only=False)
            faults += [("C118", where[ranged]), (code, where[~ranged])]
        else:
            faults.append((code, where))
    numbers.faults[:] = [(code, where) for code, where in faults if len(where)]


def _contents(
    numbers: cells.Numbers,
    rows: Rows,
    category: Any,
    vocabulary: Vocabulary,
    problems: CellProblems,
) -> None:
    """Read masses that are written as net contents, as 200g*6 or 500 ml."""
    odd = np.unique(np.concatenate([where for _, where in numbers.faults]))
    texts = rows.texts["mass"]
    context = [str(each) for each in np.asarray(category)[odd]]
    table = vocabulary.densities
    densities = dict(
        zip(table["category"].astype(str), table["density"].astype(float), strict=True)
    )
    prose = ContentProse(vocabulary.unit_words, densities)
    compact, readings = reworded(texts, odd, prose.read, context)
    changed = pc.fill_null(pc.not_equal(texts, compact), True).to_numpy(zero_copy_only=False)
    changed &= pc.is_valid(texts).to_numpy(zero_copy_only=False)
    if not changed.any():
        return
    tell_reworded(rows, "mass", texts, readings, problems)
    at = np.flatnonzero(changed)
    again = cells.measure(compact.take(pa.array(at)), COLUMNS["mass"], "", vocabulary.unit_words)
    numbers.values[at] = again.values
    kept = [(code, where[~changed[where]]) for code, where in numbers.faults]
    numbers.faults[:] = [(code, where) for code, where in kept if len(where)]
    numbers.faults += [(code, at[where]) for code, where in again.faults]
