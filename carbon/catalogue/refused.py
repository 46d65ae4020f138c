"""Reads a ledger with its refused rows, gives whether leaving them out biases what rests on it [1].

A row that cannot be read is seldom a row like the others: the returned orders have the word that
nobody knows, the corrections the sign that nobody expects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from carbon.base.errors import CODES
from carbon.catalogue.ledger import Ledger

__all__ = ["FEW", "Bias", "bias_of", "first_causes"]

FEW: Final = 0.03
"""Share of refused rows up to which they are taken for slips."""

LEAST: Final = 3
"""Refused rows of one value that are a pattern."""

CAUSES: Final = 3
"""Causes that a message names."""


@dataclass(frozen=True)
class Bias:
    """How the refused rows of a ledger lie."""

    share: float  # refused rows of all [1]
    column: str  # column in which all of them are at fault; ``""`` if they are several
    value: str  # what stands there if all of them hold the same, else ``""``

    @property
    def suspect(self) -> bool:
        """Whether leaving them out may have moved the result."""
        return self.share > FEW or bool(self.value)

    def __str__(self) -> str:
        where = f", all in {self.column}" if self.column else ""
        what = f" with {self.value!r}" if self.value else ""
        return f"{self.share:.1%} of the rows were refused{where}{what}"


def bias_of(ledger: Ledger) -> Bias:
    """How the refused rows of a ledger lie.

    >>> import pandas as pd
    >>> from carbon.catalogue.ledger import read_ledger
    >>> rows = pd.DataFrame({"merchant": "M", "category": "bag", "premium": "1", "currency": "CNY",
    ...                      "date": "2026-09-01", "returned": ["no"] * 6 + ["gone"] * 3})
    >>> str(bias_of(read_ledger(rows, "orders")))
    "33.3% of the rows were refused, all in returned with 'gone'"
    """
    if not ledger.dropped:
        return Bias(0.0, "", "")
    share = ledger.dropped / (ledger.dropped + len(ledger))
    faults = ledger.problems
    faults = faults[(faults["severity"] == "error") & faults["row"].notna()]
    columns, values = faults["column"].unique(), faults["value"].unique()
    column = str(columns[0]) if len(columns) == 1 else ""
    names = dict(zip(ledger.headers["source"], ledger.headers["column"], strict=True))
    column = str(names.get(column, column))
    value = str(values[0]) if column and len(values) == 1 and ledger.dropped >= LEAST else ""
    return Bias(share, column, value)


def first_causes(ledger: Ledger) -> str:
    """Why most rows of a ledger were refused, the commonest causes first.

    Returns: as ``12 rows G014 returned: yes or no was expected``; empty if none was refused.
    """
    faults = ledger.problems
    faults = faults[(faults["severity"] == "error") & faults["row"].notna()]
    counts = faults.groupby(["code", "column"], sort=True).size().reset_index(name="rows")
    counts = counts.sort_values("rows", ascending=False, kind="stable").head(CAUSES)
    return "; ".join(
        f"{cause['rows']} rows {cause['code']} {cause['column']}: {CODES[cause['code']].rule}"
        for cause in counts.to_dict("records")
    )
