"""Reads words of one kind, gives ids, candidates or nothing; and rewords the cells of a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from carbon.catalogue.names import key, simplified
from carbon.catalogue.prose.signs import signs
from carbon.catalogue.schema import Vocabulary

__all__ = ["LEFT_ALONE", "LONGEST", "Reading", "Wording", "pieces", "reworded", "tidy"]

_OPEN: Final = "".join(["([{<", *signs("brackets_open")])
_CLOSE: Final = "".join([")]}>", *signs("brackets_close")])
_BRACKET: Final = re.compile(
    rf"[{re.escape(_OPEN)}]([^{re.escape(_OPEN + _CLOSE)}]*)[{re.escape(_CLOSE)}]"
)
_SEPARATORS: Final = frozenset([*";,/|+&\n\r", *signs("separators")])
_AND: Final = re.compile(r"\s+(?:and|with|plus)\s+", re.I)


@dataclass(frozen=True)
class Reading:
    """What a cell in the words of trade means."""

    text: str | None  # the compact cell; None where the cell is left open, or left as it stands
    code: str = ""  # what is told about it; empty for nothing
    hint: str = ""  # said before the remedy of the code


LONGEST: Final = 400
"""Characters that a cell in the words of trade may have; a longer one is no label."""

LEFT_ALONE: Final = Reading(None)
"""The cell was not understood here, and stays as it stands."""


def tidy(text: str) -> str:
    """Text of a cell: NFKC, simplified characters, single blanks.

    >>> tidy(" cotton　１００％ ")
    'cotton 100%'
    """
    return re.sub(r"[ \t\u00a0\u3000]+", " ", simplified(text)).strip()


def pieces(text: str) -> list[str]:
    """Pieces of a cell: one rule for all separators, outside brackets and between digits.

    >>> pieces("box+bubble wrap/tape (2 rolls, clear); 1,200 g")
    ['box', 'bubble wrap', 'tape (2 rolls, clear)', '1,200 g']
    """
    depth, start = 0, 0
    cut: list[str] = []
    for position, character in enumerate(text):
        if character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth = max(depth - 1, 0)
        elif not depth and character in _SEPARATORS:
            around = text[position - 1 : position] + text[position + 1 : position + 2]
            if character in ",/" and len(around) == 2 and around.isdigit():
                continue
            if character == "&" and len(around) == 2 and around.isascii() and around.isalpha():
                continue
            cut.append(text[start:position])
            start = position + 1
    cut.append(text[start:])
    split = [part for piece in cut for part in _AND.split(piece)]
    return [piece.strip() for piece in split if piece.strip()]


class Wording:
    """Words of one kind of a vocabulary.

    ``kind``: as for :meth:`carbon.catalogue.schema.Vocabulary.names`.

    >>> import pandas as pd
    >>> words = [("drop.material", "combed", ""), ("ask.material", "hide", "leather faux")]
    >>> columns = ["kind", "alias", "id"]
    >>> vocabulary = Vocabulary.of(
    ...     materials=pd.DataFrame({"material": ["cotton", "leather"]}),
    ...     words=pd.DataFrame(words, columns=columns),
    ... )
    >>> wording = Wording(vocabulary, "material")
    >>> wording.ids("combed cotton (long staple)"), wording.ids("hide"), wording.ids("mithril")
    (('cotton',), ('leather', 'faux'), ())
    """

    def __init__(self, vocabulary: Vocabulary, kind: str) -> None:
        self.names = vocabulary.names(kind)
        self.asks = vocabulary.asks(kind)
        self.dropped = sorted(
            (key(word) for word in vocabulary.words_of(f"drop.{kind}")), key=len, reverse=True
        )

    @cached_property
    def _dropped_words(self) -> frozenset[str]:
        return frozenset(word for word in self.dropped if word.isascii())

    @cached_property
    def _dropped_signs(self) -> tuple[str, ...]:
        return tuple(word for word in self.dropped if not word.isascii())

    def known(self, name: str) -> tuple[str, ...]:
        """Ids of a name as it stands: one, several that it may mean, or none."""
        folded = key(name)
        code = self.names.codes.get(folded, -1)
        if code >= 0:
            return (self.names.ids[code],)
        return self.asks.get(folded, ())

    def ids(self, name: str) -> tuple[str, ...]:
        """Ids of a name, also without its brackets and the words that change nothing."""
        for candidate in self.candidates(name):
            ids = self.known(candidate)
            if ids:
                return ids
        return ()

    def candidates(self, name: str) -> list[str]:
        """Spellings of a name, from the most to the least of what was written."""
        folded = key(name)
        outside = key(_BRACKET.sub(" ", folded))
        inside = [key(part) for part in _BRACKET.findall(folded)]
        spellings = [folded]
        for spelling in (outside, *inside):
            spellings += [spelling, self.bare(spelling), *_without_counts(spelling)]
            spellings += [self.bare(each) for each in _without_counts(spelling)]
        return list(dict.fromkeys(filter(None, spellings)))

    def bare(self, name: str) -> str:
        """A name without the words that change nothing, as *premium*."""
        words = [word for word in name.split(" ") if word not in self._dropped_words]
        text = " ".join(words) if words else name
        for _ in range(_MOST_DROPPED):
            if self.known(text):
                break
            shorter = next(
                (cut for sign in self._dropped_signs for cut in _cuts(text, sign) if cut), text
            )
            if shorter == text:
                break
            text = shorter
        return text


def _cuts(text: str, sign: str) -> list[str]:
    """A text without a sign at one of its ends."""
    cuts = [text.removeprefix(sign), text.removesuffix(sign)]
    return [key(cut) for cut in cuts if len(cut) < len(text)]


_MOST_DROPPED: Final = 6
"""Words that change nothing are taken off so often."""

_COUNTS: Final = "|".join(map(re.escape, signs("count_of_yarn")))
_YARN: Final = re.compile(rf"(?<![a-z0-9])\d+(?:\.\d+)?\s*(?:{_COUNTS})(?![a-z0-9])")


def _without_counts(name: str) -> list[str]:
    """A name without the counts of yarn and cloth, as 380T, 40s, 20D and 300 g/m²."""
    text = _YARN.sub(" ", name)
    return [key(text)] if text != name else []


def reworded(
    texts: Any,
    rows: NDArray[np.int64],
    read: Callable[[str, str], Reading],
    context: Sequence[str] | None = None,
) -> tuple[Any, list[tuple[str, NDArray[np.int64], list[str]]]]:
    """Reword some cells of a column; each different one is read once.

    ``read``: from a cell, and what is known beside it, to its reading; ``context``: what is known
    beside each of ``rows``, as the category. Returns ``texts``: with the cells that were understood
    in their compact form; ``told``: code, positions and hints.
    """
    answers: dict[tuple[str, str], Reading] = {}
    changed = texts.to_pylist()
    codes: dict[str, list[tuple[int, str]]] = {}
    contexts = context if context is not None else [""] * len(rows)
    for row, known in zip(rows.tolist(), contexts, strict=True):
        text = changed[row]
        if text is None:
            continue
        if len(text) > LONGEST:
            continue
        if (text, known) not in answers:
            answers[text, known] = read(text, known)
        reading = answers[text, known]
        if reading is LEFT_ALONE:
            continue
        changed[row] = reading.text
        if reading.code:
            codes.setdefault(reading.code, []).append((row, reading.hint))
    readings = [
        (code, np.array([row for row, _ in understood]), [hint for _, hint in understood])
        for code, understood in codes.items()
    ]
    return pa.array(changed, pa.string()), readings
