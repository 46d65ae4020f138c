"""Reads the sales ledger of a period, gives lines gathered by taxpayer, SKU and tax rate.

Every conflict is settled here by a rule that stands in ``docs/tax.md``, or the line is left out
and named: what is doubtful never adds to a relief.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import pandas as pd

from carbon.base.arrays import Flags, Integers
from carbon.base.errors import LedgerError
from carbon.base.problems import Problems
from carbon.catalogue.aliases import letter_of, renamed
from carbon.catalogue.days import as_days, misdated
from carbon.catalogue.ledger import Ledger
from carbon.catalogue.refused import bias_of, first_causes
from carbon.incentive.money import LARGEST, MILLION, minor, share
from carbon.incentive.vat_rules import EVERYBODY, Period, TaxRule

__all__ = ["SALES_COLUMNS", "Sales", "settle"]

SALES_COLUMNS: Final = (
    "taxpayer",
    "sku",
    "vat_ppm",
    "sales_rows",
    "first_row",
    "rooms",
    "units",
    "returned_units",
    "revenue",
    "refund",
    "relabelled",
    "two_rates",
    "other_edition",
    "late_refund",
)
"""Columns of the lines of a period."""

BACK: Final = (("units", "returned_units"), ("revenue", "refund"))
"""What is sold, and what comes back of it."""

NOTED: Final = 1000
"""Rows of one kind that the problems table names one by one; the rest is counted in one row."""


@dataclass(frozen=True)
class Sales:
    """What was sold in a period.

    - ``lines``: columns :data:`SALES_COLUMNS`, sorted by taxpayer, SKU and tax rate; amounts in
      whole smallest units, ``vat_ppm`` in millionths
    - ``problems``: lines of the ledger left out, and what was settled
    - ``counted``, ``outside``: lines of the ledger that count in the period, and that lie outside
      it
    """

    lines: pd.DataFrame
    problems: pd.DataFrame
    counted: int
    outside: int


def settle(
    ledger: Ledger,
    rule: TaxRule,
    period: Period,
    edition: str = "",
    categories: Mapping[str, str] | None = None,
) -> Sales:
    """Settle the conflicts of a ledger and gather its lines.

    A sale counts in the period of its date, a refund in that of its own date, but not before its
    sale. A negative line is a red-letter one: a refund on its day. Lines in another currency,
    without a tax rate or taxpayer, or with an amount finer than the smallest unit are left out; so
    are lines that stand twice (but for the first), and all lines of one entry and SKU that tell
    different things. Lines sold under another edition are flagged; ``categories`` maps categories
    as the ledger spells them to ids, so that two spellings are one. T004 if nothing was sold in the
    period, T005 if a sum is too large.

    >>> from carbon.catalogue.ledger import read_ledger
    >>> from carbon.base.rules import templates_root
    >>> from carbon.incentive.vat_rules import load_rule
    >>> told = {"taxpayer": "T", "sku": "A", "units": ["2", "1"], "revenue": ["20", "9.99"]}
    >>> told |= {"vat_rate": "13%", "date": ["2026-07-01", "2026-09-30"], "currency": "CNY"}
    >>> ledger = read_ledger(pd.DataFrame(told), "sales")
    >>> rule = load_rule(templates_root() / "tax" / "paper-2percent.toml")
    >>> lines = settle(ledger, rule, Period.parse("2026Q3")).lines
    >>> lines[["units", "revenue", "vat_ppm"]].to_numpy().tolist()
    [[3, 2999, 130000]]
    """
    rows = _columns(ledger, rule, categories or {})
    left_out = _Left(ledger, len(rows))
    bias = bias_of(ledger)
    if bias.suspect:
        left_out.problems.add("T040", file=ledger.file, column=bias.column, value=str(bias))
    left_out.note("T043", "units", int(rows["red"].sum()))
    left_out.tell("T029", "refund_date", rows["early"].to_numpy())
    # a line of a refund alone names no sale
    beyond = {
        sold: ((rows[sold] > 0) & (rows[back] > rows[sold])).to_numpy() for sold, back in BACK
    }
    left_out.tell("T044", "refund", beyond["revenue"])
    left_out.tell("T044", "returned_units", beyond["units"] & ~beyond["revenue"])
    for code, column, where in _unfit(rows):
        left_out.add(code, column, where)
    sold, refunded = _within(rows["date"], period), _within(rows["refund_date"], period)
    outside = left_out.keep & ~sold & ~refunded
    left_out.note("T024", "date", int(outside.sum()))
    left_out.keep &= sold | refunded
    for code, where in _twice(rows, left_out.keep):
        left_out.add(code, "entry", where)
    keep = left_out.keep
    if not keep.any():
        causes = first_causes(ledger)
        message = f"{int(outside.sum())} lines lie outside" + (
            f"; refused: {causes}" * bool(causes)
        )
        raise LedgerError("T004", message, file=ledger.file)
    returning = (rows["refund"] != 0) | (rows["returned_units"] != 0)
    late = keep & refunded & ~sold & returning
    left_out.note("T025", "refund_date", int(late.sum()))
    left_out.note("T026", "refund_date", int((keep & sold & ~refunded & returning).sum()))
    for name, inside in (
        ("units", sold),
        ("revenue", sold),
        ("returned_units", refunded),
        ("refund", refunded),
    ):
        rows[name] = rows[name].where(inside, 0)
    rows["late"] = late
    rows["foreign"] = _foreign(rows["edition"], edition)
    lines = _gathered(rows[keep])
    if (lines[["revenue", "refund"]].to_numpy(dtype=np.float64) > LARGEST).any():
        raise LedgerError("T005", f"more than {LARGEST} smallest units", file=ledger.file)
    return Sales(lines, left_out.table(), int(keep.sum()), int(outside.sum()))


class _Left:
    """Which lines stay, and why the others do not."""

    def __init__(self, ledger: Ledger, size: int) -> None:
        self.ledger = ledger
        self.keep = np.ones(size, dtype=np.bool_)
        self.problems = Problems()

    def add(self, code: str, column: str, where: Flags) -> None:
        """Leave lines out, those that are still in."""
        gone = where & self.keep
        self.keep &= ~gone
        self.tell(code, column, gone)

    def tell(self, code: str, column: str, where: Flags) -> None:
        """Name the first lines of a code, and count the others."""
        at = np.flatnonzero(where)
        frame = self.ledger.frame
        named = frame.iloc[at[:NOTED]]
        self.problems.add(
            code,
            file=self.ledger.file,
            row=named["line"].to_numpy(),
            column=column,
            sku=named["sku"].astype(str).to_numpy(),
            value=_shown(named, column),
        )
        self.note(code, column, len(at) - len(named))

    def note(self, code: str, column: str, count: int) -> None:
        """Tell how many lines share a code."""
        if count:
            self.problems.add(code, file=self.ledger.file, column=column, value=f"{count} lines")

    def table(self) -> pd.DataFrame:
        """The problems, after those of the ledger."""
        own_table = self.problems.table()
        parts = [part for part in (self.ledger.problems, own_table) if not part.empty]
        return pd.concat(parts, ignore_index=True) if parts else own_table


def _shown(rows: pd.DataFrame, column: str) -> list[str]:
    """Cells as the ledger has them: money in its unit, days without a time."""
    if column not in rows:
        return [""] * len(rows)
    if column in ("revenue", "refund"):
        return [f"{Decimal(int(parts)).scaleb(-4).normalize():f}" for parts in rows[column]]
    return rows[column].astype(str).tolist()


def _columns(ledger: Ledger, rule: TaxRule, categories: Mapping[str, str]) -> pd.DataFrame:
    """Columns of a ledger that a dossier needs, those that are absent as well."""
    frame, size = ledger.frame, len(ledger)
    columns = pd.DataFrame({"sku": frame["sku"].astype("category")})
    who = _words(frame, "taxpayer")
    columns["taxpayer"] = who if "merchant" not in frame else _first(who, _words(frame, "merchant"))
    for name in ("room", "session", "order", "category", "letter", "edition", "entry"):
        columns[name] = _words(frame, name)
    columns["category"] = renamed(columns["category"], categories)
    letters = columns["letter"].cat.categories.astype(str)
    columns["letter"] = renamed(columns["letter"], {word: letter_of(word) for word in letters})
    for name in ("units", "returned_units"):
        columns[name] = frame[name].fillna(0).astype(np.int64) if name in frame else 0
    exact = np.ones(size, dtype=np.bool_)
    for name in ("revenue", "refund"):
        amount = frame[name].fillna(0).to_numpy(np.int64) if name in frame else np.zeros(size, "i8")
        columns[name], fine = minor(amount, rule.minor_digits)
        exact &= fine
    columns["exact"] = exact
    columns["currency"] = frame["currency"].astype(str) == rule.currency
    columns["date"] = frame["date"]
    # a red-letter line takes back what it names, on its own day
    columns["unlike"] = (columns["units"] < 0) & (columns["revenue"] > 0)
    columns["unlike"] |= (columns["units"] > 0) & (columns["revenue"] < 0)
    columns["red"] = ((columns["units"] < 0) | (columns["revenue"] < 0)) & ~columns["unlike"]
    for sold, back in BACK:
        columns[back] += np.where(columns["red"], -columns[sold], 0)
        columns[sold] = columns[sold].where(~columns["red"], 0)
    later = frame["refund_date"] if "refund_date" in frame else pd.Series(pd.NaT, frame.index)
    later = later.where(~columns["red"]).fillna(frame["date"]).astype(frame["date"].dtype)
    columns["early"] = misdated(as_days(later), after=as_days(frame["date"]))["early"]
    columns["refund_date"] = later.where(~columns["early"], frame["date"])
    rate = frame["vat_rate"] if "vat_rate" in frame else pd.Series(np.nan, frame.index)
    assumed = -1 if rule.tax_rate is None else share(rule.tax_rate)
    columns["vat_ppm"] = (rate * MILLION).round().fillna(assumed).astype(np.int64)
    columns["line"] = frame["line"].to_numpy(np.int64)
    return columns


def _words(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series(pd.Categorical([None] * len(frame), categories=[]), index=frame.index)
    return frame[name].astype("category")


def _first(words: pd.Series, others: pd.Series) -> pd.Series:
    """A word, or the other one where there is none."""
    return words.astype("object").where(words.notna(), others.astype("object")).astype("category")


def _within(days: pd.Series, period: Period) -> Flags:
    first, last = pd.Timestamp(period.first), pd.Timestamp(period.last)
    inside: Flags = ((days >= first) & (days < last + pd.Timedelta(days=1))).to_numpy()
    return inside


def _unfit(rows: pd.DataFrame) -> list[tuple[str, str, Flags]]:
    """Code, column and lines that cannot count."""
    return [
        ("T020", "currency", ~rows["currency"].to_numpy()),
        (
            "T021",
            "taxpayer",
            (rows["taxpayer"].isna() | (rows["taxpayer"] == EVERYBODY)).to_numpy(),
        ),
        ("T042", "units", rows["unlike"].to_numpy()),
        ("T022", "vat_rate", (rows["vat_ppm"] < 0).to_numpy()),
        ("T023", "revenue", ~rows["exact"].to_numpy()),
    ]


def _twice(rows: pd.DataFrame, keep: Flags) -> list[tuple[str, Flags]]:
    """Lines that repeat another one, and lines of one entry that contradict each other."""
    at = np.flatnonzero(keep)
    text = ("sku", "taxpayer", "room", "session", "order", "category", "letter", "edition", "entry")
    table = {name: rows[name].cat.codes.to_numpy()[at] for name in text}
    for name in ("units", "revenue", "returned_units", "refund", "vat_ppm", "date", "refund_date"):
        table[name] = rows[name].to_numpy()[at]
    table["refunding"] = (table["units"] == 0) & (table["revenue"] == 0)
    repeats = pd.DataFrame(table)
    again = repeats.duplicated().to_numpy()
    named = repeats["entry"].to_numpy() >= 0
    once = repeats[named & ~again]
    double = once.duplicated(["taxpayer", "sku", "entry", "refunding"], keep=False).to_numpy()
    repeated, contradictory = (np.zeros(len(rows), dtype=np.bool_) for _ in range(2))
    repeated[at[again]] = True
    contradictory[at[once.index.to_numpy()[double]]] = True
    return [("T027", repeated), ("T028", contradictory)]


def _foreign(words: pd.Series, edition: str) -> Flags:
    """Lines sold under another edition than that in force."""
    other = [
        edition != "" and str(word).partition("+")[0] != edition for word in words.cat.categories
    ]
    flags = np.array([*other, False])
    foreign: Flags = flags[words.cat.codes.to_numpy()]
    return foreign


def _gathered(rows: pd.DataFrame) -> pd.DataFrame:
    """One line for each taxpayer, SKU and tax rate, in the order of their names."""
    rows = rows.assign(
        taxpayer=rows["taxpayer"].cat.remove_unused_categories(),
        sku=rows["sku"].cat.remove_unused_categories(),
    )
    names = {name: np.sort(rows[name].cat.categories.astype(str)) for name in ("taxpayer", "sku")}
    code = {
        name: pd.Index(names[name]).get_indexer(rows[name].cat.categories.astype(str))[
            rows[name].cat.codes
        ]
        for name in names
    }
    pair = code["taxpayer"].astype(np.int64) * len(names["sku"]) + code["sku"]
    rates, rate = np.unique(rows["vat_ppm"].to_numpy(), return_inverse=True)
    keys, group = np.unique(pair * len(rates) + rate, return_inverse=True)
    count = len(keys)
    sums = rows[["units", "returned_units", "revenue", "refund"]].groupby(group).sum()
    pairs, rest = np.divmod(keys, len(rates))
    payer, sku = np.divmod(pairs, len(names["sku"]))
    return pd.DataFrame(
        {
            "taxpayer": pd.Categorical.from_codes(payer, categories=pd.Index(names["taxpayer"])),
            "sku": names["sku"][sku],
            "vat_ppm": rates[rest],
            "sales_rows": np.bincount(group, minlength=count),
            "first_row": rows["line"].groupby(group).min().to_numpy(),
            "rooms": _different(group, rows["room"], count),
            **{name: sums[name].to_numpy() for name in sums},
            "relabelled": _relabelled(rows, code["sku"], len(names["sku"]))[sku],
            "two_rates": (np.bincount(np.unique(pairs, return_inverse=True)[1]) > 1)[
                np.unique(pairs, return_inverse=True)[1]
            ],
            "other_edition": np.bincount(group, rows["foreign"], count) > 0,
            "late_refund": np.bincount(group, rows["late"], count) > 0,
        }
    )[list(SALES_COLUMNS)]


def _different(group: Integers, words: pd.Series, count: int) -> Integers:
    """How many different words each group has."""
    width = len(words.cat.categories) + 1
    code = words.cat.codes.to_numpy(dtype=np.int64)
    pairs = np.unique(group[code >= 0] * width + code[code >= 0])
    return np.bincount(pairs // width, minlength=count)


def _relabelled(rows: pd.DataFrame, sku: Integers, count: int) -> Flags:
    """SKUs that were sold under more than one category or letter."""
    flags: Flags = np.zeros(count, dtype=np.bool_)
    for name in ("category", "letter"):
        flags |= _different(sku, rows[name], count) > 1
    return flags
