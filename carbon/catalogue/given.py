"""Reads what a person hands over at a prompt, gives the table of SKUs that it means."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from carbon.base.errors import CatalogueError
from carbon.catalogue.schema import Catalogue

__all__ = ["Given", "Source", "table_of"]

Given = str | os.PathLike[str] | pd.DataFrame | Sequence[Mapping[str, Any]] | Mapping[str, Any]
"""A file, CSV text of several lines, a table, a list of rows, or one row or table as a dict."""

Source = Given | Catalogue
"""What a catalogue is read from, or one that was filled before."""


def table_of(source: Given) -> str | os.PathLike[str] | pd.DataFrame:
    """The table that is meant; the path of a file is left as it is.

    ``source``: CSV text has a header and at least one row. A dict holds one row, if its values are
    cells; columns, if they are lists; or rows by SKU, if they are dicts. SKUs may stand in a named
    index. Raises C028 if it is none of these, or has no row.

    >>> table_of({"sku": "A", "mass": "180 g"}).values.tolist()
    [['A', '180 g']]
    >>> table_of({"A": {"mass": "180 g"}, "B": {}})["sku"].tolist()
    ['A', 'B']
    >>> table_of([{"sku": "A"}, {"sku": "B", "mass": "1 kg"}]).columns.tolist()
    ['sku', 'mass']
    >>> table_of(pd.DataFrame({"mass": ["1 kg"]}, index=pd.Index(["A"], name="sku")))["sku"][0]
    'A'
    """
    if isinstance(source, str) and "\n" in source:
        return pd.read_csv(io.StringIO(source), dtype=str, keep_default_na=False)
    if isinstance(source, pd.DataFrame):
        named = [name for name in source.index.names if name is not None]
        lacking = [name for name in named if name not in source.columns]
        return source.reset_index(level=lacking) if lacking else source
    if isinstance(source, Mapping):
        cells = list(source.values())
        if cells and all(isinstance(cell, Mapping) for cell in cells):
            rows = [{"sku": key, **row} for key, row in source.items()]
            return pd.DataFrame(rows)
        if any(isinstance(cell, list | tuple | pd.Series) for cell in cells):
            return pd.DataFrame(dict(source))
        if not source:
            raise CatalogueError("C028", value="{}")
        return pd.DataFrame([dict(source)])
    if isinstance(source, str | os.PathLike):
        return source
    try:
        whatever: Any = source  # a user may hand over anything
        items = [] if isinstance(whatever, pd.Series | bytes) else list(whatever)
    except TypeError:
        items = []
    if not items or not all(isinstance(row, Mapping) for row in items):
        raise CatalogueError("C028", value=f"{type(source).__name__}: {str(source)[:40]}")
    return pd.DataFrame([dict(row) for row in items])
