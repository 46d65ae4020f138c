"""Large CSV files: where their rows begin, found in one pass and in little memory.

A span of rows is then read alone, by any process. A file whose quotation marks are irregular, or
whose line ends are a Mac's of old, has no spans: it is read whole.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from carbon.base.errors import CatalogueError
from carbon.catalogue.csv_text import fast, layout, slow
from carbon.catalogue.sheets import Sheet

__all__ = ["Span", "header_of", "spans", "to_utf8"]

BLOCK: Final = 1 << 22
_HEAD: Final = 1 << 17
_BOM: Final = b"\xef\xbb\xbf"
_QUOTE, _FEED = b'"'[0], b"\n"[0]


@dataclass(frozen=True)
class Span:
    """Consecutive rows of a CSV file.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Name told to the user.
    header : bytes
        Line of the headers.
    separator : str
    offset, length : int
        Where the rows stand [bytes].
    above : int
        Lines of the file above the rows, less one.
    rows : int
        Lines in the span.
    """

    path: Path
    file: str
    header: bytes
    separator: str
    offset: int
    length: int
    above: int
    rows: int

    def sheet(self) -> Sheet:
        """Read the rows."""
        with self.path.open("rb") as source:
            source.seek(self.offset)
            data = self.header + b"\n" + source.read(self.length)
        found = fast(self.file, data, self.separator, self.above)
        return found or slow(self.file, data, self.separator, self.above, headed=True)


@dataclass(frozen=True)
class _Layout:
    header: bytes
    separator: str
    begin: int
    above: int


def header_of(path: Path) -> _Layout | None:
    """How a CSV file begins; None if it must be read whole."""
    with path.open("rb") as source:
        head = source.read(_HEAD)
    skip = len(_BOM) if head.startswith(_BOM) else 0
    data = head[skip:]
    carriage, feed = data.find(b"\r"), data.find(b"\n")
    if feed < 0 or 0 <= carriage < feed - 1:
        return None
    separator, start, titles, quoted = layout(data)
    lines = data[start:].split(b"\n", titles + 1)
    if quoted or len(lines) < titles + 2 or lines[titles].count(b'"') % 2:
        return None
    begin = skip + start + sum(len(line) + 1 for line in lines[: titles + 1])
    header = lines[titles].removesuffix(b"\r")
    return _Layout(header, separator, begin, int(start > 0) + titles)


def to_utf8(path: Path, beside: Path, file: str) -> Path:
    """Path of the same text in UTF-8: its own, or that of a copy if it is GB18030.

    Raises
    ------
    CatalogueError
        C004 if it is neither, or holds zero bytes.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path):
            if b"\x00" in block:
                raise CatalogueError("C004", file=file)
            if not block.isascii() or decoder.getstate()[0]:
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _copied(path, beside, file)
    return path


def _copied(path: Path, beside: Path, file: str) -> Path:
    decoder = codecs.getincrementaldecoder("gb18030")()
    try:
        with beside.open("wb") as copy:
            for block in _blocks(path):
                copy.write(decoder.decode(block).encode("utf-8"))
            copy.write(decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeDecodeError as error:
        raise CatalogueError("C004", file=file) from error
    return beside


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while block := source.read(BLOCK):
            yield block


def spans(path: Path, file: str, step: int) -> list[Span] | None:
    """Spans of a CSV file in UTF-8; None if it must be read whole.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Name told to the user.
    step : int
        Rows in a span.
    """
    found = header_of(path)
    if found is None:
        return None
    with path.open("rb") as source:
        source.seek(found.begin)
        scanned = _scan(source, found.separator, step)
    if scanned is None:
        return None
    starts, counts, many = scanned
    out = []
    for at, (start, rows) in enumerate(zip(starts[:-1], counts, strict=True)):
        begin, length = found.begin + start, starts[at + 1] - start
        above = found.above + at * step
        out.append(Span(path, file, found.header, found.separator, begin, length, above, rows))
    # a cell of several lines may have swallowed rows: only a look at its rows can tell
    for at in many:
        with path.open("rb") as source:
            source.seek(out[at].offset)
            data = out[at].header + b"\n" + source.read(out[at].length)
        if fast(file, data, found.separator, out[at].above) is None:
            return None
    return out


def _scan(
    source: BinaryIO | io.BufferedReader, separator: str, step: int
) -> tuple[list[int], list[int], list[int]] | None:
    """Starts of spans and the end, rows of each, and spans with cells of several lines."""
    fits = np.zeros(256, bool)
    fits[[ord(mark) for mark in (separator, '"', "\n", "\r")]] = True
    starts, rows, position, quotes, last = [0], 0, 0, 0, _FEED
    many: set[int] = set()
    block = source.read(BLOCK)
    while block:
        after = source.read(BLOCK)
        text = np.frombuffer(block, np.uint8)
        inside: NDArray[Any] | None = None
        if quotes % 2 or b'"' in block:
            at = np.flatnonzero(text == _QUOTE)
            around = np.concatenate([[last], text, [after[0] if after else _FEED]])
            opening, closing = at[quotes % 2 :: 2], at[1 - quotes % 2 :: 2]
            if not (fits[around[opening]].all() and fits[around[closing + 2]].all()):
                return None
            inside = at
        feeds = np.flatnonzero(text == _FEED)
        if inside is not None:
            odd = (np.searchsorted(inside, feeds) + quotes) % 2 == 1
            if odd.any():
                lines = np.cumsum(~odd)[odd] + rows
                many.update(np.unique(lines // step).tolist())
                feeds = feeds[~odd]
            quotes += len(inside)
        first = (-rows) % step or step
        starts += (feeds[first - 1 :: step] + position + 1).tolist()
        rows += len(feeds)
        position += len(block)
        last, block = int(text[-1]), after
    if quotes % 2:
        return None
    if last != _FEED:
        rows += 1
    if starts[-1] == position and len(starts) > 1:
        starts.pop()
    counts = [step] * (len(starts) - 1) + [rows - step * (len(starts) - 1)]
    return [*starts, position], counts, sorted(many)
