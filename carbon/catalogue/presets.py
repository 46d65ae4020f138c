"""Reads an export of a shop program, gives the table of goods that it means.

An export is recognised by its headers, which ``templates/catalogue/presets`` lists program by
program. Rows of pictures go; variants take name and category of their product; the variant's
number is the SKU; a quantity in stock is no sale.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base.errors import CatalogueError
from carbon.base.rules import templates_root
from carbon.catalogue.cells import blank, clean, present
from carbon.catalogue.headers import Renamed, match_headers
from carbon.catalogue.names import key
from carbon.catalogue.prose.signs import signs
from carbon.catalogue.schema import Vocabulary
from carbon.catalogue.sheets import Fault, Sheet

__all__ = ["NO_PRESET", "Preset", "as_goods", "headed", "presets", "recognised"]

NO_PRESET: Final = "none"
"""Name that says that a file is no export of any of these programs."""

_TOP: Final = 6
"""Rows under the header among which labels and help are looked for."""

_LABELS: Final = 3
"""Cells of a row that are headers or say how to fill in: fewer may be goods."""

_DIGIT: Final = re.compile(r"\d")

BETWEEN: Final = "/"
"""Stands between the parts of which a SKU is made where the merchant gave none."""


@dataclass(frozen=True)
class Preset:
    """How a program exports goods."""

    name: str  # by which ``--preset`` names it
    title: dict[str, str]  # its name by language
    recognise: tuple[frozenset[str], ...]  # folded headers; all of one set must be there
    # header of the catalogue → headers of the export; the first that is filled counts
    columns: dict[str, tuple[str, ...]]
    sku_parts: tuple[str, ...] = ()  # columns that make a SKU where there is none
    left_out: tuple[str, ...] = ()  # headers, or patterns of them, that mean nothing here
    # group, filled_down: column whose equal cells hold a product together, and those that only its
    # first row fills
    group: str = ""
    filled_down: tuple[str, ...] = ()
    goods_have: tuple[str, ...] = ()  # a row that fills none of them is a picture
    # how products with variants are told from these: ``column`` and its ``words``, the column in
    # which a variant has its parent ``named`` by ``key`` or ``id``, and what is ``inherited``
    parents: dict[str, Any] | None = None


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """All presets by their names.

    >>> {"shopify", "taobao"} <= set(presets())
    True
    """
    known = {}
    for path in sorted((templates_root() / "catalogue" / "presets").glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        known[path.stem] = Preset(
            name=path.stem,
            title=content["title"],
            recognise=tuple(frozenset(map(key, headers)) for headers in content["recognise"]),
            columns={name: tuple(sources) for name, sources in content["columns"].items()},
            group=content.get("group", ""),
            parents=content.get("parents"),
            **{
                name: tuple(content.get(name, ()))
                for name in ("sku_parts", "left_out", "filled_down", "goods_have")
            },
        )
    return known


def recognised(headers: Sequence[str]) -> Preset | None:
    """Program whose export has these headers; None if there is none, or the file is a catalogue.

    >>> recognised(["Handle", "Title", "Variant Price", "Vendor"]).name
    'shopify'
    >>> recognised(["sku", "category", "name"]) is None
    True
    """
    folded = {key(header) for header in headers}
    fits = [
        (max(len(needed) for needed in each.recognise if needed <= folded), each)
        for each in presets().values()
        if any(needed <= folded for needed in each.recognise)
    ]
    # the one that needs most of the headers knows the file best
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def as_goods(sheet: Sheet, vocabulary: Vocabulary) -> Sheet:
    """Table of goods of an export; a table that is none is given back as it is.

    ``vocabulary``: by whose words the headers are understood that the preset does not name, and
    which may name a preset that is used whatever the headers; :data:`NO_PRESET` for none. Raises
    C026 if there is no such preset.
    """
    wanted = vocabulary.preset
    if wanted and wanted != NO_PRESET and wanted not in presets():
        raise CatalogueError("C026", f"known: {', '.join(presets())}", value=wanted)
    sheet, preset = headed(sheet, wanted)
    if preset is None:
        return sheet
    export = _Export(sheet)
    keep, joined = np.ones(len(sheet.lines), bool), _help_rows(sheet, preset)
    if preset.group in export:
        export.fill_down(preset.group, preset.filled_down)
    if preset.parents and preset.parents["column"] in export:
        joined |= export.inherit(preset.parents)
    having = [name for name in preset.goods_have if name in export]
    if having:
        joined |= ~np.logical_or.reduce([export.filled(name) for name in having])
    keep &= ~joined
    columns = {name: export.first_of(sources) for name, sources in preset.columns.items()}
    columns = {name: column for name, column in columns.items() if column is not None}
    columns["sku"] = export.skus(columns.get("sku"), preset.sku_parts)
    used = {key(source) for sources in preset.columns.values() for source in sources}
    taken = {name.split(" (")[0] for name in columns}
    for header, column in zip(sheet.headers, sheet.columns, strict=True):
        ignored = any(fnmatchcase(header.strip(), pattern) for pattern in preset.left_out)
        if ignored or key(header) in used:
            continue
        meant = match_headers([header], "skus", vocabulary)[0].column
        if meant and key(header) == key(meant):  # the merchant's own column, written for us
            columns = {name: each for name, each in columns.items() if name.split(" (")[0] != meant}
            taken -= {meant}
        if meant not in taken:
            columns.setdefault(header, column)
            taken |= {meant} - {""}
    if "category" not in taken:
        columns["category"] = pa.nulls(len(sheet.lines), pa.string())
    mask = pa.array(keep)
    goods = Sheet(
        sheet.file,
        [export.headed(name, preset.columns.get(name, ())) for name in columns],
        [column.filter(mask) for column in columns.values()],
        sheet.lines[keep],
        list(sheet.faults),
        None if sheet.files is None else sheet.files[keep],
    )
    goods.faults.append(Fault(sheet.file, 0, preset.name, code="C022"))
    if joined.any():
        goods.faults.append(Fault(sheet.file, 0, f"{int(joined.sum())}", code="C023"))
    return goods


def _first_rows(sheet: Sheet) -> list[list[str]]:
    """Cells of the first rows; none of a table that has numbers in a column."""
    if not sheet.columns or not all(pa.types.is_string(each.type) for each in sheet.columns):
        return []
    columns = [each.slice(0, _TOP).to_pylist() for each in sheet.columns]
    return [[cell or "" for cell in row] for row in zip(*columns, strict=True)]


def headed(sheet: Sheet, wanted: str = "") -> tuple[Sheet, Preset | None]:
    """Table under the row of names that a program knows, below its notes, and the program.

    ``wanted``: name of a preset, to be used whatever the headers; :data:`NO_PRESET` for none.
    Returns ``sheet``: as it is, if its header is that row, or no program is known; ``preset``.
    """
    rows = [] if wanted == NO_PRESET else _first_rows(sheet)
    for at, row in enumerate(rows):
        if sum(map(bool, row)) < 2 or recognised(row) is None:
            continue
        width = len(row)
        headers = [name or sheet.headers[position] for position, name in enumerate(row)]
        columns = [column.slice(at + 1) for column in sheet.columns[:width]]
        files = None if sheet.files is None else sheet.files[at + 1 :]
        lines = sheet.lines[at + 1 :]
        sheet = Sheet(sheet.file, headers, columns, lines, list(sheet.faults), files)
        break
    return sheet, presets().get(wanted) if wanted else recognised(sheet.headers)


def _help_rows(sheet: Sheet, preset: Preset) -> NDArray[np.bool_]:
    """Where rows of labels and help stand under the header, and rows of sums at the end."""
    helps = np.zeros(len(sheet.lines), bool)
    labels = {key(name) for each in presets().values() for name in _names(each)}
    labels |= set(map(key, signs("help_words")))
    prices = {key(source) for source in preset.columns.get("price", ())}
    priced = [at for at, header in enumerate(sheet.headers) if key(header) in prices]
    for at, row in enumerate(_first_rows(sheet)):
        told = sum(key(cell) in labels for cell in row if cell)
        spoken = any(row[column] and not _DIGIT.search(row[column]) for column in priced)
        helps[at] = told >= _LABELS or (spoken and at > 0 and bool(helps[at - 1]))
    if len(sheet.lines) and sheet.columns:
        first = sheet.columns[0].slice(len(sheet.lines) - 1).to_pylist()[0]
        helps[-1] |= isinstance(first, str) and key(first) in set(map(key, signs("sums")))
    return helps


def _names(preset: Preset) -> Iterator[str]:
    """All headers that a preset names."""
    yield from preset.sku_parts
    yield from preset.left_out
    for sources in preset.columns.values():
        yield from sources


class _Export:
    """Columns of an export by their folded headers."""

    def __init__(self, sheet: Sheet) -> None:
        self.headers = {key(header): header for header in reversed(sheet.headers)}
        self.columns = {
            key(header): column
            for header, column in reversed(list(zip(sheet.headers, sheet.columns, strict=True)))
        }

    def __contains__(self, name: str) -> bool:
        return bool(name) and key(name) in self.columns

    def texts(self, name: str) -> Any:
        return clean(self.columns[key(name)])

    def filled(self, name: str) -> NDArray[np.bool_]:
        return present(self.texts(name))

    def fill_down(self, group: str, names: Sequence[str]) -> None:
        """Let the rows of a product have what its first row tells."""
        product = pc.fill_null(self.texts(group), "").to_numpy(zero_copy_only=False)
        at = np.arange(len(product))
        starts = np.ones(len(product), bool)
        starts[1:] = product[1:] != product[:-1]
        first = np.maximum.accumulate(np.where(starts, at, 0))
        for name in names:
            if name not in self:
                continue
            texts = self.texts(name)
            last = np.maximum.accumulate(np.where(self.filled(name), at, -1))
            above = np.where(last >= first, last, at)
            self.columns[key(name)] = texts.take(pa.array(above))

    def inherit(self, parents: dict[str, Any]) -> NDArray[np.bool_]:
        """Let variants have what their product tells; where products with variants stand."""
        kind = pc.utf8_lower(self.texts(parents["column"]))
        is_parent = pc.fill_null(pc.is_in(kind, value_set=pa.array(parents["words"])), False)
        if parents["named"] in self:
            named = self.texts(parents["named"])
            by_id = pc.replace_substring_regex(named, r"^id:", "")
            at = pa.nulls(len(named), pa.int32())
            for column, wanted in ((parents["key"], named), (parents["id"], by_id)):
                if column in self:
                    known = self.texts(column)
                    at = pc.coalesce(at, pc.index_in(wanted, value_set=known, skip_nulls=True))
            for name in parents["inherited"]:
                if name in self:
                    texts = self.texts(name)
                    self.columns[key(name)] = pc.coalesce(texts, texts.take(at))
        return np.asarray(is_parent, bool)

    def headed(self, name: str, sources: Sequence[str]) -> str:
        """A header of the catalogue that knows which of the export it was."""
        own = [self.headers[key(source)] for source in sources if source in self]
        return Renamed(name, BETWEEN.join(own)) if own else name

    def first_of(self, names: Sequence[str]) -> Any:
        """First filled cell of some columns; None if none of them is there."""
        here = [self.columns[key(name)] for name in names if name in self]
        if len(here) <= 1:
            return here[0] if here else None
        if all(pa.types.is_string(column.type) for column in here):
            here = [pc.if_else(blank(column), None, column) for column in here]
            return pc.coalesce(*here)
        return pc.coalesce(*map(clean, here))

    def skus(self, given: Any, parts: Sequence[str]) -> Any:
        """SKUs; where there is none, what makes a variant one of its own."""
        named = [pc.fill_null(self.texts(name), "") for name in parts if name in self]
        if not named:
            return given
        made = named[0]
        for part in named[1:]:
            longer = pc.binary_join_element_wise(made, part, BETWEEN)
            made = pc.if_else(pc.equal(part, ""), made, longer)
        made = pc.replace_substring_regex(made, f"^{BETWEEN}", "")
        made = pc.if_else(pc.equal(made, ""), None, made)
        if given is None:
            return made
        texts = given if pa.types.is_string(given.type) else clean(given)
        return pc.if_else(blank(texts), made, texts)
