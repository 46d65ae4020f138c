"""Reads names of records that stand in cells, gives the table of the documents behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["DOCUMENT", "DOCUMENT_NAME", "EVIDENCE_COLUMNS", "TRACEABLE", "documents", "no_evidence"]

DOCUMENT: Final = r"[\[【][^\[\]【】]{2,200}[\]】]"
DOCUMENT_NAME: Final = r"[\[【](?P<document>[^\[\]【】]{2,200})[\]】]"
"""A file or a number of a record beside *measured*, in brackets of either script."""

TRACEABLE: Final = r"\d|\.[A-Za-z]{2,5}$"
"""What a file or a number of a record holds, and a word for nothing ("none") does not."""

EVIDENCE_COLUMNS: Final = ("row", "column", "level", "document", "sha256", "date")
"""Columns of ``Catalogue.evidence``."""

_DOCUMENTED = 2
"""Position of the class in :data:`carbon.footprint.evidence.EVIDENCE`."""


def no_evidence() -> pd.DataFrame:
    """The table without a document."""
    return pd.DataFrame(
        {
            "row": np.empty(0, np.int32),
            "column": np.empty(0, object),
            "level": np.empty(0, np.int8),
            **{name: np.empty(0, object) for name in ("document", "sha256", "date")},
        }
    )


def documents(named: Sequence[tuple[str, NDArray[np.int64], Sequence[str]]]) -> pd.DataFrame:
    """Documents that stand in cells, as the table ``Catalogue.evidence``.

    ``named``: column, positions of the SKUs, names of the documents; one that is neither a file nor
    a number can not be asked for and is left out.

    >>> len(documents([("mass", np.array([3]), ["none"])]))
    0
    >>> documents([("mass", np.array([3]), ["scale-0412.pdf"])])["document"].tolist()
    ['scale-0412.pdf']
    """
    parts = [
        pd.DataFrame(
            {
                "row": place.astype(np.int32),
                "column": np.full(len(place), column, dtype=object),
                "level": np.full(len(place), _DOCUMENTED, dtype=np.int8),
                "document": np.array([name.strip() for name in names], dtype=object),
                "sha256": np.full(len(place), "", dtype=object),
                "date": np.full(len(place), "", dtype=object),
            }
        )
        for column, place, names in named
        if len(place)
    ]
    if not parts:
        return no_evidence()
    table = pd.concat(parts, ignore_index=True)
    table = table[table["document"].str.contains(TRACEABLE, regex=True)]
    return table.sort_values("row", kind="stable", ignore_index=True)
