"""Reads cells of a ledger, gives typed columns; each different text is understood once.

Money is counted in whole ten-thousandths of its currency (int64), so that sums are exact. Dates
are days without a time zone; a stamp with an offset is told in China Standard Time. Counts are
int64, other numbers float64 with NaN for an empty cell, texts categories.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base import units
from carbon.catalogue.cells import Faults, Numbers, as_written, clean, floats, measure, numbers
from carbon.catalogue.headers import money_unit
from carbon.catalogue.ledger_columns import LedgerColumn, flag_words
from carbon.catalogue.names import key
from carbon.catalogue.schema import Column

__all__ = ["MONEY", "QUANTITIES", "Cells", "parse"]

MONEY: Final = 10_000
"""Parts of a currency unit that money is counted in."""

QUANTITIES: Final = {"energy": "electricity", "mass": "mass", "hours": "duration"}
"""Kind of a column → its quantity among the units."""

_LARGEST: Final = 2.0**51  # up to here a float times 10,000 is rounded to the right integer
_NOISE: Final = 1e-3  # of a ten-thousandth: what floats of a spreadsheet may be off
_EXACT: Final = 2.0**53  # whole numbers above are not exact as floats
_CHINA: Final = 8 * 3600  # seconds that China Standard Time is ahead of UTC
_EXCEL: Final = np.datetime64("1899-12-30", "s")
_DAY: Final = 86_400
_MINUS: Final = r"^[-−－] *"
_GROUPED: Final = r"^[-+−]?[^0-9.,]*[-+−]?[0-9]{1,3}(?:,[0-9]{3})+(?:[^0-9.,].*)?$"
_AMOUNT: Final = (
    r"^(?P<sign>[-+−]?)(?P<before>[^-+−0-9.]*)"
    r"(?P<number>[-+−]?[0-9.][0-9.,' ]*(?:[eE][-+]?[0-9]{1,3})?)(?P<after>[^0-9]*)$"
)
_ORDERED: Final = (
    r"^(?P<year>[12][0-9]{3})(?:[-/.]|年)(?P<month>[0-9]{1,2})(?:[-/.]|月)(?P<day>[0-9]{1,2})日?"
    r"(?:[T ]*(?P<hour>[0-9]{1,2})[:时点](?P<minute>[0-9]{1,2})分?"
    r"(?::?(?P<second>[0-9]{1,2})(?:\.[0-9]+)?秒?)?)?"
    r" ?(?P<zone>Z|[-+][0-9]{2}:?[0-9]{2})?$"
)
_COMPACT: Final = r"^(?P<year>[12][0-9]{3})(?P<month>[0-9]{2})(?P<day>[0-9]{2})$"
_SERIAL: Final = r"^[2-7][0-9]{4}(?:\.[0-9]+)?$"  # Excel's days from 1954 to 2119
_DAY_FIRST: Final = r"^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}(?: .*)?$"


@dataclass
class Cells:
    """A column that was understood."""

    # array or pandas.Categorical, typed; what an empty cell or a cell at fault holds means nothing
    values: Any
    empty: NDArray[np.bool_]  # where a cell is not filled
    faults: Faults = field(default_factory=list)  # error code and positions
    # position in ``currencies`` of the currency of each amount
    currency: NDArray[np.int16] | None = None
    currencies: list[str] = field(default_factory=list)  # ISO 4217 codes; ``""`` where none is told

    def fail(self, code: str, where: NDArray[Any]) -> None:
        """Note a code where a condition holds."""
        at = np.flatnonzero(where)
        if len(at):
            self.faults.append((code, at))


def parse(cells: Any, column: LedgerColumn, unit: str) -> Cells:
    """Understand a column of cells.

    ``cells``: pyarrow.Array or pyarrow.ChunkedArray, strings or numbers; ``unit``: unit that the
    header names, ``""`` for none; ``万元`` and ``分`` are units of money.

    >>> from carbon.catalogue.ledger_columns import ledger_columns
    >>> sales = ledger_columns("sales")
    >>> parse(pa.array(["¥1,299.50", "12"]), sales["revenue"], "").values.tolist()
    [12995000, 120000]
    >>> parse(pa.array(["2026年9月1日", "46266"]), sales["date"], "").values.astype(str).tolist()
    ['2026-09-01T00:00:00', '2026-09-01T00:00:00']
    """
    quick = _quick(cells) if column.kind in ("count", "number", "money") else None
    if quick is not None:
        empty = np.isnan(quick)
        parsed = Cells(quick, empty)
        parsed.fail("C101", np.isinf(quick))
        if column.kind == "money":
            return _money(parsed, unit, column)
        parsed.values = _times(parsed.values, unit)
        return _counted(parsed, column)
    if column.kind == "id":
        texts = clean(cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells)
        return Cells(pd.array(texts, dtype="str"), _null(texts))
    as_printed = column.name == "sku"
    return _spread(cells, lambda texts: _PARSERS[column.kind](texts, column, unit), as_printed)


def _quick(cells: Any) -> NDArray[np.float64] | None:
    """Floats of a column of bare numbers, NaN for an empty cell; None if they are not bare."""
    try:
        return floats(cells)
    except pa.ArrowInvalid:
        return None


def _times(values: NDArray[np.float64], unit: str) -> NDArray[np.float64]:
    """Numbers times the multiple that a header names, as thousands."""
    times = units.multiple(unit)
    return values if times == 1 or np.isnan(times) else np.round(values * times, 6)


def _null(texts: Any) -> NDArray[np.bool_]:
    return np.asarray(pc.is_null(texts), bool)


def _spread(cells: Any, understand: Callable[[Any], Cells], as_printed: bool = False) -> Cells:
    """Understand each different text once and spread the result over the rows."""
    encoded = pc.dictionary_encode(cells)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # of no chunk
        encoded = pc.dictionary_encode(pa.array([], pa.string()))
    texts = clean(encoded.dictionary)
    if as_printed:  # SKUs stand in a catalogue as the merchant wrote them
        texts = as_written(encoded.dictionary, texts)
    texts = pa.concat_arrays([texts, pa.nulls(1, texts.type)])
    at = pc.fill_null(encoded.indices, len(texts) - 1).to_numpy(zero_copy_only=False)
    unique = understand(texts)
    every = Cells(unique.values[at], unique.empty[at])
    for code, where in unique.faults:
        mask = np.zeros(len(texts), bool)
        mask[where] = True
        every.fail(code, mask[at])
    if unique.currency is not None:
        every.currency, every.currencies = unique.currency[at], unique.currencies
    return every


def _text(texts: Any, _column: LedgerColumn, _unit: str) -> Cells:
    encoded = pc.dictionary_encode(texts)
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    words = pd.Index(pd.array(encoded.dictionary, dtype="str"))
    return Cells(pd.Categorical.from_codes(codes, words, validate=False), _null(texts))


def _choice(texts: Any, column: LedgerColumn, _unit: str) -> Cells:
    names = list(dict.fromkeys(column.choices.values()))
    words = [None if word is None else column.choices.get(key(word)) for word in texts.to_pylist()]
    codes = np.array([names.index(word) if word else -1 for word in words], np.int32)
    chosen = Cells(pd.Categorical.from_codes(codes, pd.Index(names, dtype="str")), _null(texts))
    chosen.fail("G015", (codes < 0) & ~chosen.empty)
    return chosen


def _flag(texts: Any, _column: LedgerColumn, _unit: str) -> Cells:
    known = flag_words()
    words = [None if word is None else known.get(key(word)) for word in texts.to_pylist()]
    flags = Cells(np.array([bool(word) for word in words]), _null(texts))
    flags.fail("G014", np.array([word is None for word in words]) & ~flags.empty)
    return flags


def _quantity(texts: Any, column: LedgerColumn, unit: str) -> Cells:
    """Quantities with a unit, and shares."""
    kind = QUANTITIES.get(column.kind, column.kind)
    most = min(column.most, 1.0)
    read = measure(texts, Column(kind, "", "", implied=column.unit, limit=most), unit, {})
    parsed = Cells(read.values, _null(texts), read.faults)
    return _bounded(parsed, column)


def _count(texts: Any, column: LedgerColumn, unit: str) -> Cells:
    """Counts and bare numbers, also as 3 件 or 12.5 万."""
    plain = _ungrouped(texts)
    minus = np.asarray(pc.fill_null(pc.match_substring_regex(plain, _MINUS), False), bool)
    if column.least < 0 and minus.any():  # a red-letter line: its number is read without its sign
        plain = pc.if_else(pa.array(minus), pc.replace_substring_regex(plain, _MINUS, ""), plain)
    else:
        minus[:] = False
    read = measure(plain, Column("count", "", ""), unit, {})
    values = np.where(minus, -read.values, read.values)
    if column.kind == "count":
        values = np.round(values, 6)  # 1.1 万 is 11,000, not a millionth more
    return _counted(Cells(values, _null(texts), read.faults), column)


def _counted(parsed: Cells, column: LedgerColumn) -> Cells:
    parsed = _bounded(parsed, column)
    if column.kind == "count":
        values = parsed.values
        parsed.fail("G020", (values != np.floor(values)) & np.isfinite(values))
        parsed.fail("G016", np.isfinite(values) & (np.abs(values) > _EXACT))
        bad = ~np.isfinite(values) | (np.abs(values) > _EXACT)
        parsed.values = np.where(bad, 0, values).astype(np.int64)
    return parsed


def _bounded(parsed: Cells, column: LedgerColumn) -> Cells:
    values = parsed.values
    negative = (values < 0) & (column.least >= 0 or column.kind not in ("money", "count"))
    parsed.fail("C106", negative)
    parsed.fail("G016", ((values < column.least) & ~negative) | (values > column.most))
    return parsed


def _ungrouped(texts: Any) -> Any:
    """Take the commas out of 1,200 and 1,234,567: in a ledger they part thousands."""
    grouped = pc.fill_null(pc.match_substring_regex(texts, _GROUPED), False)
    return pc.if_else(grouped, pc.replace_substring(texts, ",", ""), texts)


def _amount(texts: Any, column: LedgerColumn, unit: str) -> Cells:
    """Money as text: ¥1,299.50, 12 USD, -¥5, 1.2 万元."""
    parts = pc.extract_regex(_ungrouped(texts), _AMOUNT)
    number = pc.binary_join_element_wise(parts.field("sign"), parts.field("number"), "")
    number = pc.if_else(pc.is_valid(parts), pc.utf8_trim_whitespace(number), None)
    read: Numbers = numbers(number)
    read.fail("C101", ~_null(texts) & ~np.asarray(pc.is_valid(parts), bool))
    signs = pc.binary_join_element_wise(parts.field("before"), parts.field("after"), "")
    words = [(word or "").strip() for word in signs.to_pylist()]
    units = {word: money_unit(word) for word in set(words)}
    read.fail("C103", np.array([not units[word][2] for word in words]) & ~np.isnan(read.values))
    parsed = Cells(read.values, _null(texts), read.faults)
    parsed.currencies = list(dict.fromkeys(units[word][0] for word in words))
    place = {name: at for at, name in enumerate(parsed.currencies)}
    parsed.currency = np.array([place[units[word][0]] for word in words], np.int16)
    currency = np.array([units[word][1] for word in words])
    header = money_unit(unit)[1]  # a cell that names its own unit is not in that of the header
    parsed.values = parsed.values * np.where(
        np.array([word != "" for word in words]), currency, header
    )
    return _money(parsed, "", column)


def _money(parsed: Cells, unit: str, column: LedgerColumn) -> Cells:
    """Whole ten-thousandths of amounts; the unit of the header is already in those of texts."""
    parsed = _bounded(parsed, column)
    exact = parsed.values * (money_unit(unit)[1] * MONEY)
    fine = np.abs(exact) < _LARGEST
    exact[~fine] = 0.0
    rounded = np.rint(exact)
    off = np.abs(exact - rounded)
    uneven = off > _NOISE
    if uneven.any():
        uneven &= off > 4 * np.spacing(np.abs(exact))
    parsed.fail("G017", (~fine & np.isfinite(parsed.values)) | uneven)
    parsed.values = rounded.astype(np.int64)
    return parsed


def _date(texts: Any, column: LedgerColumn, _unit: str) -> Cells:
    """Dates and stamps: ISO, 2026年9月1日, 20260901, Excel's own; any other order is refused."""
    parsed = Cells(np.full(len(texts), np.datetime64("NaT", "s")), _null(texts))
    for pattern in (_ORDERED, _COMPACT):
        parts = pc.extract_regex(texts, pattern)
        valid = np.asarray(pc.is_valid(parts), bool)
        if valid.any():
            parsed.values[valid] = _stamp(parts.filter(pa.array(valid)))
    serial = np.asarray(pc.fill_null(pc.match_substring_regex(texts, _SERIAL), False), bool)
    if serial.any():
        days = np.array(pc.cast(texts.filter(pa.array(serial)), pa.float64()), np.float64)
        seconds = np.rint(days * _DAY).astype(np.int64)
        parsed.values[serial] = _EXCEL + seconds.astype("timedelta64[s]")
    if column.kind == "date":
        parsed.values = parsed.values.astype("datetime64[D]").astype("datetime64[s]")
    unread = np.isnat(parsed.values) & ~parsed.empty
    first = np.asarray(pc.fill_null(pc.match_substring_regex(texts, _DAY_FIRST), False), bool)
    parsed.fail("G013", unread & first)
    parsed.fail("G012", unread & ~first)
    return parsed


def _stamp(parts: Any) -> NDArray[np.datetime64]:
    """Seconds of dates in parts; NaT where there is no such day or time."""
    names = {parts.type.field(at).name for at in range(parts.type.num_fields)}

    def part(name: str) -> NDArray[np.int64]:
        if name not in names:
            return np.zeros(len(parts), np.int64)
        texts = parts.field(name)
        return np.array(pc.cast(pc.if_else(pc.equal(texts, ""), "0", texts), pa.int64()))

    year, month, day = part("year"), part("month"), part("day")
    hour, minute, second = part("hour"), part("minute"), part("second")
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    date = start.astype("datetime64[D]") + (day - 1)
    fine = (month >= 1) & (month <= 12) & (day >= 1) & (date.astype("datetime64[M]") == start)
    fine &= (hour < 24) & (minute < 60) & (second < 60)
    seconds = hour * 3600 + minute * 60 + second
    if "zone" in names:
        seconds += np.array([_ahead(zone) for zone in parts.field("zone").to_pylist()], np.int64)
    stamps: NDArray[np.datetime64] = date.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    stamps[~fine] = np.datetime64("NaT", "s")
    return stamps


def _ahead(zone: str) -> int:
    """Seconds from the clock of a zone to that of China."""
    if not zone:
        return 0
    if zone == "Z":
        return _CHINA
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "")
    return _CHINA - sign * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)


_PARSERS: Final[dict[str, Callable[[Any, LedgerColumn, str], Cells]]] = {
    "text": _text,
    "choice": _choice,
    "flag": _flag,
    "count": _count,
    "number": _count,
    "money": _amount,
    "date": _date,
    "datetime": _date,
    **dict.fromkeys(("share", *QUANTITIES), _quantity),
}
