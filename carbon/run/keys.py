"""Reads the tables of a batch, gives numbers that say what each SKU is and what its rows say."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.util import hash_array

from carbon.catalogue import cells
from carbon.catalogue.line_tables import filled_down
from carbon.catalogue.schema import BatchContext
from carbon.catalogue.sessions import session_keys
from carbon.catalogue.sheets import Sheet
from carbon.catalogue.sku_index import sku_digests
from carbon.catalogue.stream import Stream

__all__ = ["content_keys", "line_skus"]

Hashes = NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def content_keys(sheets: dict[str, Sheet], context: BatchContext, stream: Stream) -> pd.DataFrame:
    """What each SKU is and what its rows say, as numbers.

    Returns: columns ``sku, a, b`` (128 bits of the SKU), ``content`` (64 bits of all its cells and
    lines, and of its live session) and ``again`` (the SKU stood before).
    """
    main = sheets["skus"]
    content = _row_hashes(main, "skus", stream)
    sku = _texts(main, "skus", "sku", stream)
    for table, sheet in sheets.items():
        if table == "skus":
            continue
        named = line_skus(sheet, stream.headers[table]["sku"].source)
        owner = pc.index_in(named, value_set=sku, skip_nulls=True)
        at = pc.fill_null(owner, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        known = np.flatnonzero(at >= 0)
        known = known[np.argsort(at[known], kind="stable")]
        place = np.arange(len(known)) - np.searchsorted(at[known], at[known])
        lines = _row_hashes(sheet, table, stream)[known]
        np.add.at(content, at[known], _mixed(lines + place.astype(np.uint64) * _GOLDEN))
    if stream.sessions is not None and len(stream.sessions):
        session_names = stream.sessions.astype("object")
        words = np.array(
            ["|".join(map(repr, row)) for row in session_names.to_numpy().tolist()], object
        )
        of = np.append(hash_array(words, categorize=False), np.uint64(0))
        named = pd.DataFrame(
            {
                name: _texts(main, "skus", name, stream).to_numpy(zero_copy_only=False)
                for name in ("session", "merchant")
            }
        )
        keys_of = pd.Index(session_keys(named), dtype="object")
        session_rows = np.where(keys_of.isna(), -1, stream.sessions.index.get_indexer(keys_of))
        content += _mixed(of[session_rows])
    keys = sku_digests(sku)
    again = np.zeros(len(keys), bool)
    again[context.repeats] = True
    return pd.DataFrame(
        {
            "sku": pd.array(pc.fill_null(sku, ""), dtype="str"),
            "a": keys[:, 0],
            "b": keys[:, 1],
            "content": content,
            "again": again,
        }
    )


def line_skus(sheet: Sheet, header: str) -> Any:
    """SKU of each line; a blank cell takes the one above it, as when the lines are read."""
    column = sheet.columns[sheet.headers.index(header)]
    return filled_down(sheet, column, cells.clean(column))


def _texts(sheet: Sheet, table: str, column: str, stream: Stream) -> Any:
    header = stream.headers[table].get(column)
    if header is None:
        return pa.nulls(len(sheet.lines), pa.string())
    return cells.clean(sheet.columns[sheet.headers.index(header.source)])


def _row_hashes(sheet: Sheet, table: str, stream: Stream) -> Hashes:
    """64 bits of the known cells of each row, and of its being well formed."""
    hashes = np.zeros(len(sheet.lines), np.uint64)
    for name, header in stream.headers[table].items():
        meaning = f"{table}|{name}|{header.unit}|{f'{table}.{name}' in stream.fractions}"
        seed = int.from_bytes(hashlib.blake2b(meaning.encode(), digest_size=8).digest(), "big")
        texts = pc.fill_null(_texts(sheet, table, name, stream), "\x00")
        words = hash_array(texts.to_numpy(zero_copy_only=False), categorize=False)
        hashes += _mixed(words ^ np.uint64(seed))
    for fault in sheet.faults:  # a row that is not well formed fails, whatever its cells
        hashes[sheet.rows_of(fault)] += _GOLDEN
    return hashes


def _mixed(words: Hashes) -> Hashes:
    """Finalizer of SplitMix64 (Steele et al. 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
