"""Reads a column of cells, gives numbers in base units with their faults.

Every pattern is run by RE2, in time linear in the text. A cell that cannot be understood becomes
NaN and a fault: an error code with the positions at which it holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from carbon.base import units
from carbon.catalogue.names import by_unique, written
from carbon.catalogue.prose.signs import signs
from carbon.catalogue.schema import Column

__all__ = [
    "RATES",
    "Faults",
    "Numbers",
    "as_written",
    "blank",
    "clean",
    "different",
    "few",
    "floats",
    "holds_percent",
    "measure",
    "numbers",
    "present",
    "scaled",
]

Faults = list[tuple[str, NDArray[np.int64]]]
MISSING: Final = tuple(signs("gaps"))
"""Texts that say that a cell is not filled."""

_INVISIBLE: Final = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
_LEADS: Final = b"\xc2\xe2\xef"
"""First bytes of invisible characters; Chinese text has others, so it is told at once."""

_LONGEST: Final = max(len(word.encode()) for word in MISSING)
_SAMPLE, _FEW = 1000, 100
"""A column whose first cells hold so few different ones is looked at once for each of them."""

_SUMMED: Final = ("share", "chain_share")
"""Shares whose sum shows whether they are percent."""

RATES: Final = ("return_rate", "resale_share", "loss_rate", "packaging_reuse")
"""Shares that stand alone: a column of them is read as percent or as fractions, never as both."""

_ABOVE_ONE: Final = r"^\s*(?:(?:[2-9]|[1-9][0-9]|100)(?:[.,][0-9]*)?|1[.,]0*[1-9][0-9]*)\s*$"
_PLAIN: Final = r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?$"
_CELL: Final = (
    r"^(?P<number>[-+−]?(?:[0-9][0-9.,' ]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?) *"
    r"(?P<unit>[^0-9.,' ].*)?$"
)


@dataclass
class Numbers:
    """Numbers of a column and what was wrong with the others."""

    values: NDArray[np.float64]  # NaN where a cell is missing or at fault
    faults: Faults = field(default_factory=list)  # error code and positions
    # text found beside each number (fuel, currency), ``""`` for none
    rest: NDArray[np.object_] | None = None

    def fail(self, code: str, where: NDArray[Any]) -> None:
        """Blank the values where a condition holds and note the code."""
        failed = np.flatnonzero(where)
        if len(failed):
            self.values[failed] = np.nan
            self.faults.append((code, failed))

    def at(self, index: NDArray[Any]) -> Numbers:
        """Numbers of a longer column, which says at each cell which of these it holds."""
        faults: Faults = []
        for code, where in self.faults:
            faulty = np.zeros(len(self.values), bool)
            faulty[where] = True
            faults.append((code, np.flatnonzero(faulty[index])))
        rest = None if self.rest is None else self.rest[index]
        return Numbers(self.values[index], faults, rest)


def different(texts: Any) -> tuple[Any, NDArray[np.int32] | None]:
    """Different texts of a column, and which of them each cell holds.

    ``texts``: pyarrow.Array, strings without nulls. Where most differ: the texts themselves, and
    None.

    >>> words, index = different(pa.array(["bag 2 g", "tag", "bag 2 g", "bag 2 g"]))
    >>> words.to_pylist(), index.tolist()
    (['bag 2 g', 'tag'], [0, 1, 0, 0])
    """
    coded = pc.dictionary_encode(texts)
    if 2 * len(coded.dictionary) > len(texts):
        return texts, None
    return coded.dictionary, coded.indices.to_numpy(zero_copy_only=False)


def clean(cells: Any) -> Any:
    """Text of a column: NFKC, trimmed, null where a cell says that it is not filled.

    ``cells``: pyarrow.Array, strings or numbers.

    >>> clean(pa.array([" ２００ｇ", "n/a", None])).to_pylist()
    ['200g', None, None]
    """
    if pa.types.is_floating(cells.type):
        integral = pc.and_(pc.equal(cells, pc.floor(cells)), pc.less(pc.abs(cells), 1e15))
        integers = pc.cast(pc.if_else(integral, cells, None), pa.int64(), safe=False)
        return pc.coalesce(pc.cast(integers, pa.string()), pc.cast(cells, pa.string()))
    if pa.types.is_integer(cells.type):
        return pc.cast(cells, pa.string())
    coded = few(cells)
    return _clean(cells) if coded is None else _clean(coded.dictionary).take(coded.indices)


def as_written(cells: Any, cleaned: Any) -> Any:
    """Clean texts with the signs that the merchant wrote, as ``A™`` and ``X²``, for print.

    ``cells``: pyarrow.Array, strings or numbers, as the file holds them; ``cleaned``:
    pyarrow.Array, what :func:`clean` made of them: the key by which they are compared.

    >>> column = pa.array(["A™ ", "（Ｘ）１６½"])
    >>> as_written(column, clean(column)).to_pylist(), clean(column).to_pylist()
    (['A™', '（X）16½'], ['ATM', '(X)161⁄2'])
    """
    if not pa.types.is_string(cells.type) or pc.all(pc.string_is_ascii(cells)).as_py():
        return cleaned
    differs = pc.fill_null(pc.not_equal(cells, cleaned), False)
    at = np.flatnonzero(differs.to_numpy(zero_copy_only=False))
    if not len(at):
        return cleaned
    texts = [written(text) for text in cells.take(pa.array(at)).to_pylist()]
    return pc.replace_with_mask(cleaned, differs, pa.array(texts, pa.string()))


def few(texts: Any) -> Any:
    """Texts as codes of their few different ones; None if a first look finds many.

    >>> few(pa.array(["a", "b"])) is None, len(few(pa.array(["a", "b"] * 1000)).dictionary)
    (True, 2)
    """
    if len(texts) <= _FEW or len(pc.unique(texts.slice(0, _SAMPLE))) > _FEW:
        return None
    coded = pc.dictionary_encode(texts)
    return coded if len(coded.dictionary) < len(texts) // 4 else None


def _clean(cells: Any) -> Any:
    """Clean texts."""
    if pc.all(pc.string_is_ascii(cells)).as_py():
        cells = pc.ascii_trim_whitespace(cells)
    elif len(cells):
        cells = pc.utf8_normalize(cells, "NFKC")
        dirty = _holds_bytes(cells, _LEADS)
        if dirty and pc.any(pc.match_substring_regex(cells, _INVISIBLE)).as_py():
            cells = pc.replace_substring_regex(cells, _INVISIBLE, "")
        cells = pc.utf8_trim_whitespace(cells)
    if pc.any(pc.starts_with(cells, '="')).as_py():  # a text that a spreadsheet must not count
        cells = pc.replace_substring_regex(cells, r'^="([^"]*)"$', r"\1")
    short = pc.fill_null(pc.less_equal(pc.binary_length(cells), _LONGEST), False)
    if not pc.any(short).as_py():
        return cells
    missing = pc.is_in(pc.ascii_lower(cells.filter(short)), value_set=pa.array(MISSING))
    if not pc.any(missing).as_py():
        return cells
    gone = pc.replace_with_mask(short, short, missing)
    return pc.if_else(gone, pa.scalar(None, pa.string()), cells)


def _holds_bytes(texts: Any, leads: bytes) -> bool:
    """Whether any of some bytes stands in texts; what lies beside a slice counts too."""
    buffer = texts.buffers()[2]
    data = b"" if buffer is None else buffer.to_pybytes()
    return any(lead in data for lead in leads)


def holds_percent(cells: Any) -> bool:
    """Whether a bare number of a column of rates is above 1, and so can only be percent.

    ``cells``: pyarrow.Array, strings or numbers, as the file holds them.

    >>> holds_percent(pa.array(["0.35", "12%"])), holds_percent(pa.array(["0.35", "12"]))
    (False, True)
    """
    if not pa.types.is_string(cells.type):
        largest = pc.max(cells).as_py()
        return largest is not None and 1 < largest <= 100
    return bool(pc.any(pc.match_substring_regex(cells, _ABOVE_ONE)).as_py())


def numbers(texts: Any) -> Numbers:
    """Parse a column of numbers as text.

    ``1,234,567`` ``1,234.5`` ``1 200`` ``1.234,5`` and ``0,5`` can mean one thing only; ``1,200``
    cannot (C111).

    >>> numbers(pa.array(["1.5", "1,234.5", "0,5", "1,200", None])).values.tolist()
    [1.5, 1234.5, 0.5, nan, nan]
    """
    try:
        read = Numbers(floats(pc.cast(texts, pa.float64())))
    except pa.ArrowInvalid:
        plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN), False)
        read = Numbers(floats(pc.cast(pc.if_else(plain, texts, None), pa.float64())))
        at = np.flatnonzero(~plain.to_numpy(zero_copy_only=False) & present(texts))
        if len(at):
            odd = by_unique(texts.take(pa.array(at)), _odd, np.float64, np.nan)
            read.values[at] = odd
            infinite = np.isinf(odd)
            read.fail("C111", _mask(len(texts), at[infinite]))
            read.fail("C101", _mask(len(texts), at[np.isnan(odd)]))
    read.fail("C101", np.isinf(read.values))
    return read


def _odd(text: str) -> float:
    """Parse a number with separators; inf if it is ambiguous, NaN if it is none."""
    text = re.sub(r"\s+", " ", text.replace("\x01", ",").replace("−", "-").strip().rstrip(",'"))
    sign = -1.0 if text.startswith("-") else 1.0
    body = text.lstrip("+-")
    if re.fullmatch(r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", body):
        return sign * float(body)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}", body):
        return sign * float(body.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:[ ']\d{3})+(?:\.\d+)?", body):
        return sign * float(re.sub(r"[ ']", "", body))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", body):
        return sign * float(body.replace(".", "").replace(",", "."))
    if re.fullmatch(r"0,\d+|\d+,(?:\d{1,2}|\d{4,})", body):
        return sign * float(body.replace(",", "."))
    if re.fullmatch(r"\d{1,3}[.,]\d{3}(?:[.,]\d{3})*", body):
        return float("inf")
    return float("nan")


def measure(
    cells: Any,
    column: Column,
    header_unit: str,
    aliases: Mapping[str, str],
    fractions: bool = False,
) -> Numbers:
    """Numbers of a column in its base unit.

    ``cells``: pyarrow.Array, strings (see :func:`clean`) or numbers; ``header_unit``: unit of
    numbers that carry none; ``aliases``: merchants' words for units; ``fractions``: as for
    :func:`scaled`.

    >>> column = Column("mass", "mass_kg", "")
    >>> measure(pa.array(["200 g", "0.2", "2 ton"]), column, "kg", {}).values.tolist()
    [0.2, 0.2, nan]
    """
    if cells.null_count == len(cells):
        return Numbers(np.full(len(cells), np.nan))
    if not pa.types.is_string(cells.type):
        read = Numbers(floats(cells))
        read.fail("C101", np.isinf(read.values))
        return scaled(read, None, column, header_unit, aliases, fractions)
    parts = pc.extract_regex(cells, _CELL)
    number = pc.utf8_trim_whitespace(parts.field("number"))
    number = pc.if_else(pc.is_valid(parts), number, pa.scalar(None, pa.string()))
    read = numbers(number)
    read.fail("C101", present(cells) & ~present(parts))
    return scaled(read, parts.field("unit"), column, header_unit, aliases, fractions)


def scaled(
    amounts: Numbers,
    unit: Any,
    column: Column,
    header_unit: str,
    aliases: Mapping[str, str],
    fractions: bool = False,
) -> Numbers:
    """Bring numbers to the base unit of their column and hold them against its bounds.

    ``amounts``: changed in place; ``unit``: pyarrow.Array, unit of each number, ``""`` for none;
    without, none carries one; ``fractions``: in a row that is not among these, the column says
    percent and holds a fraction of 1, or says nothing and holds a number that can only be percent.
    """
    candidates: list[tuple[units.UnitScale, str]] = []

    def remember(text: str) -> int:
        candidates.append(_scale_of(text.strip(), column, header_unit or column.implied, aliases))
        return len(candidates) - 1

    if unit is None:
        codes: Any = np.full(1, remember(""))  # of all
        bare = np.ones(len(amounts.values), bool)
    else:
        unit = pc.fill_null(unit, "")
        codes, bare = by_unique(unit, remember, np.int32, -1), np.asarray(pc.equal(unit, ""), bool)
    given, percent = ~np.isnan(amounts.values), header_unit == "%"
    if column.kind == "share" and percent and column.output not in _SUMMED:
        # a cell formatted as percent holds 0.35 where it shows 35 %
        fraction = bare & (amounts.values > 0) & (amounts.values < 1)
        if fractions or fraction.any():
            amounts.fail("C108", fraction | (bare & (amounts.values == 1)))
            given = ~np.isnan(amounts.values)
    bare_percent = np.zeros(len(amounts.values), bool)
    if column.kind == "share" and not percent and column.output in RATES:
        bare_percent = bare & (amounts.values > 1) & (amounts.values <= 100)
        if fractions or bare_percent.any():  # the column is read in one way, as percent
            amounts.fail("C108", bare & (amounts.values > 0) & (amounts.values <= 1))
            amounts.values = np.where(bare_percent, amounts.values / 100, amounts.values)
            given = ~np.isnan(amounts.values)
    scales = [scale for scale, _ in candidates]
    if any((scale.multiply, scale.divide) != (1.0, 1.0) for scale in scales):
        multiply = np.array([scale.multiply for scale in scales])[codes]
        divide = np.array([scale.divide for scale in scales])[codes]
        amounts.values = amounts.values * multiply / divide
    for code in sorted({scale.code for scale in scales} - {""}):
        wrong = given & np.array([scale.code == code for scale in scales])[codes]
        nothing = wrong & (amounts.values == 0) & (column.positive and code == "C102")
        amounts.fail("C112", nothing)  # of whatever unit
        amounts.fail(code, wrong & ~nothing)
    if any(rest for _, rest in candidates):
        amounts.rest = np.array([rest for _, rest in candidates], object)[codes]
        amounts.rest = np.broadcast_to(amounts.rest, len(amounts.values)).copy()
    values = amounts.values
    amounts.fail("C106", values < 0)
    if bare_percent.any():  # read, and told
        amounts.faults.append(("C108", np.flatnonzero(bare_percent)))
    elif column.kind == "share":
        amounts.fail("C108", bare & (not percent) & (values > 1) & (values <= 100))
    if column.kind == "share":
        amounts.fail("C107", values > column.limit)
    if column.positive or column.least:
        amounts.fail("C112", (values <= 0) if column.positive else (values < column.least))
    if column.most < np.inf:
        amounts.fail("C122", values > column.most)
    return amounts


def _scale_of(
    text: str, column: Column, default: str, aliases: Mapping[str, str]
) -> tuple[units.UnitScale, str]:
    """Scale of the text after a number, and what of that text is no unit (the fuel of heat)."""
    name = text or default
    if column.kind == "share":
        name = {"percent": "%", "permille": "‰"}.get(aliases.get(name.lower(), name), name)
        parts = {"": 1.0, "%": 100.0, "‰": 1000.0}.get(name)
        return units.UnitScale(1.0, parts) if parts else units.UnitScale(code="C103"), ""
    if column.kind == "count":
        times = units.multiple(name)
        if np.isnan(times) and aliases.get(name.lower()) == "dimensionless":
            times = 1.0
        return (units.UnitScale(code="C103") if np.isnan(times) else units.UnitScale(times)), ""
    if not name:
        return units.UnitScale(code="C102"), ""
    scale = units.scale(name, column.kind, aliases)
    if scale.code and column.kind == "heat" and " " in name:
        head, rest = name.split(" ", 1)
        if not units.scale(head, "heat", aliases).code:
            return units.scale(head, "heat", aliases), rest.strip(" ()")
    return scale, ""


def floats(values: Any) -> NDArray[np.float64]:
    """Writable floats of an array, NaN for null."""
    return np.array(pc.cast(values, pa.float64(), safe=False), np.float64)


def present(values: Any) -> NDArray[np.bool_]:
    """Where an array is not null."""
    return np.asarray(pc.is_valid(values), bool)


def blank(cells: Any) -> Any:
    """Where a cell is null or holds nothing that shows, as an Arrow mask."""
    if not pa.types.is_string(cells.type):
        return pc.is_null(cells)
    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(cells), ""), True)


def _mask(size: int, positions: NDArray[Any]) -> NDArray[np.bool_]:
    """Mask that holds at positions."""
    mask = np.zeros(size, bool)
    mask[positions] = True
    return mask
