"""Reads compact cells, gives their entries: names, numbers and units.

Every pattern is run by RE2, in time linear in the text.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["amount", "entries", "guard", "part", "replace", "split", "take_out"]

NUMBER: Final = r"[-+−]?(?:[0-9][0-9.,'\x01]*|\.[0-9]+)"
_USUAL: Final = (
    r"^(?P<name>[^-+−0-9()]+(?:-[^-+−0-9()]+)*)(?P<number>[0-9]+\.?[0-9]*)\s*"
    r"(?P<unit>%|[A-Za-z]+|\p{Han}+)$"
)
_NAME_FIRST: Final = (
    r"^(?P<name>.*[^-+−0-9.,'\x01])(?P<number>"
    + NUMBER
    + r")\s*(?P<unit>%|‰|[A-Za-zµμ]+|\p{Han}+)?$"
)
_NUMBER_FIRST: Final = (
    r"^(?P<number>"
    + NUMBER
    + r")\s*(?P<unit>%|‰|(?i:mg|g|grams?|kg|kilograms?|lbs?|tonnes?|tons?|oz)\b"
    r"|毫克|千克|公斤|市斤|克|斤|吨)\s*(?P<name>\S.*)$"
)

_ONE_ENTRY: Final = r"(?i)recycled|再生|回收|[(),:]"
_NAMES_FIRST: Final = r"^(?:[^0-9%;]*[^0-9%;.\s]\s*[0-9][0-9.]*\s*%\s*){2,}$"
_SHARES_FIRST: Final = r"^(?:[0-9][0-9.]*\s*%\s*[^0-9%;.\s][^0-9%;]*){2,}$"


def entries(cells: Any) -> tuple[NDArray[np.int64], Any]:
    """Split compact cells into their entries.

    Entries end with ``;`` ``|`` ``、`` a new line, or a comma that does not stand between digits.
    Returns ``at``: position of the cell of each entry; ``texts``.

    >>> at, texts = entries(pa.array(["cotton 95%; elastane 5%", None, "steel 1 kg,"]))
    >>> at.tolist(), texts.to_pylist()
    ([0, 0, 2], ['cotton 95%', 'elastane 5%', 'steel 1 kg'])
    """
    return split(replace(replace(guard(cells), r"[|\n、]", ";"), r",", ";"), ";")


def part(at: NDArray[np.int64], texts: Any) -> tuple[NDArray[np.int64], Any]:
    """Part entries that stand side by side, if it is clear which share is whose.

    ``at``: position of the cell of each entry.

    >>> at, texts = part(np.arange(3), pa.array(["棉95%氨纶5%", "95%棉 5%氨纶", "棉95% 5%氨纶"]))
    >>> at.tolist(), texts.to_pylist()
    ([0, 0, 1, 1, 2], ['棉95%', '氨纶5%', '95%棉', '5%氨纶', '棉95% 5%氨纶'])
    """
    several = pc.greater(pc.count_substring(texts, "%"), 1)
    if not pc.any(several).as_py():
        return at, texts
    several = pc.and_(several, pc.invert(pc.match_substring_regex(texts, _ONE_ENTRY)))
    for pattern, mark, by in (
        (_NAMES_FIRST, r"%\s*", "%;"),
        (_SHARES_FIRST, r"\s*([0-9][0-9.]*\s*%)", ";\\1"),
    ):
        fits = pc.and_(several, pc.match_substring_regex(texts, pattern))
        if pc.any(fits).as_py():
            texts = pc.if_else(fits, pc.replace_substring_regex(texts, mark, by), texts)
    which, texts = split(texts, ";")
    return at[which], texts


def guard(cells: Any) -> Any:
    """Hide commas between digits, which belong to a number."""
    return replace(cells, r"([0-9]),([0-9])", "\\1\x01\\2")


def replace(cells: Any, pattern: str, by: str) -> Any:
    """Replace a pattern where it occurs; costs little where it does not."""
    if not pc.any(pc.match_substring_regex(cells, pattern)).as_py():
        return cells
    return pc.replace_substring_regex(cells, pattern, by)


def split(cells: Any, mark: str) -> tuple[NDArray[np.int64], Any]:
    """Trimmed, non-empty pieces of cells, and the position of the cell of each."""
    pieces = pc.split_pattern(cells, mark)
    texts = pc.utf8_trim_whitespace(pc.list_flatten(pieces))
    at = pc.list_parent_indices(pieces).to_numpy(zero_copy_only=False)
    filled = pc.not_equal(texts, "")
    if not pc.all(filled).as_py():
        at, texts = at[filled.to_numpy(zero_copy_only=False)], texts.filter(filled)
    return at.astype(np.int64), texts


def take_out(texts: Any, hint: str, *patterns: str) -> tuple[Any, Any]:
    """Cut a piece out of the entries in which it stands.

    ``hint``: pattern of the entries that may hold the piece (the others are left alone);
    ``*patterns``: of the piece, with a group ``n``; the first that fits is taken. Returns ``rest``,
    ``piece``: the entries without the piece, and its group ``n`` (null where there is none).

    >>> rest, piece = take_out(pa.array(["bag 20 trips", "tag"]), "trip", r"(?P<n>[0-9]+) trips?")
    >>> rest.to_pylist(), piece.to_pylist()
    (['bag', 'tag'], ['20', None])
    """
    mask = pc.match_substring_regex(texts, hint)
    if not pc.any(mask).as_py():
        return texts, pa.nulls(len(texts), pa.string())
    part = texts.filter(mask)
    piece = pa.nulls(len(part), pa.string())
    for pattern in patterns:
        match = pc.extract_regex(part, pattern)
        fits = pc.and_(pc.is_valid(match), pc.is_null(piece))
        piece = pc.if_else(fits, match.field("n"), piece)
        part = pc.if_else(
            fits, pc.replace_substring_regex(part, pattern, " ", max_replacements=1), part
        )
    part = pc.utf8_trim_whitespace(part)
    nothing = pa.nulls(len(texts), pa.string())
    return pc.replace_with_mask(texts, mask, part), pc.replace_with_mask(nothing, mask, piece)


def amount(texts: Any) -> tuple[Any, Any, Any]:
    """Name, number and unit of entries such as ``cotton 95%``, ``95% cotton`` or ``快递袋12克``.

    Returns ``name``, ``number``, ``unit``: the number is null where there is none.

    >>> [part.to_pylist() for part in amount(pa.array(["cotton 95%", "5% 氨纶", "tag"]))]
    [['cotton ', '氨纶', 'tag'], ['95', '5', None], ['%', '%', '']]
    """
    usual = pc.extract_regex(texts, _USUAL)  # one pass: twice as fast as the general patterns
    parts = [usual.field(item) for item in ("name", "number", "unit")]
    if usual.null_count:
        rare = pc.is_null(usual)
        parsed = _amount(texts.filter(rare))
        parts = [pc.replace_with_mask(a, rare, b) for a, b in zip(parts, parsed, strict=True)]
    return parts[0], parts[1], parts[2]


def _amount(texts: Any) -> tuple[Any, Any, Any]:
    """Name, number and unit in any order; the whole text is the name where there is no number."""
    texts = replace(texts, r"\(\s*([^()]*[0-9][^()]*)\)", r" \1 ")
    parts = pc.extract_regex(pc.utf8_rtrim_whitespace(texts), _NAME_FIRST)
    other = pc.extract_regex(texts, _NUMBER_FIRST)
    fits, turned = pc.is_valid(parts), pc.is_valid(other)
    name = pc.if_else(fits, parts.field("name"), pc.if_else(turned, other.field("name"), texts))
    second = pc.if_else(turned, other.field("number"), pa.scalar(None, pa.string()))
    number = pc.if_else(fits, parts.field("number"), second)
    unit = pc.if_else(fits, parts.field("unit"), pc.if_else(turned, other.field("unit"), ""))
    return name, number, unit
