"""Reads the bytes of a text, gives the encoding they are in: known by mark or by what it spells.

UTF-8 and GB18030 are the usual ones. UTF-16, Big5 and Shift_JIS are found too, and told: bytes of
one decode without an error in another, so that an encoding counts only where what it spells are
characters that people write.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

__all__ = ["BYTE_ORDER_MARK", "CODECS", "USUAL", "encoding_of", "mark_of"]

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""What some programs write at the beginning of a text in UTF-8."""

USUAL: Final = frozenset({"UTF-8", "GB18030"})
"""Encodings that need no word about them."""

_MARKS: Final = {
    BYTE_ORDER_MARK: "UTF-8",
    codecs.BOM_UTF16_LE: "UTF-16LE",
    codecs.BOM_UTF16_BE: "UTF-16BE",
}
CODECS: Final = {
    "UTF-8": "utf-8",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "GB18030": "gb18030",
    "Big5": "big5hkscs",
    "Shift_JIS": "cp932",
}
"""Encoding → the codec that reads it."""

_TWO_BYTES: Final = ("GB18030", "Big5", "Shift_JIS")
_SAMPLE: Final = 1 << 18
"""Bytes of lines that are not ASCII by which an encoding is known."""

_HEAD: Final = 1 << 20
_LEAST: Final = 0.6
"""Least share of characters that people write, of those that are not ASCII."""

_APART: Final = 0.15
"""By how much more of what it spells an unusual encoding must be what people write."""

_FEW: Final = 3
"""Characters that tell nothing of an unusual encoding."""

_KANA: Final = re.compile("[\u3041-\u30ff]")


def mark_of(data: bytes) -> tuple[str, int]:
    """Encoding that the first bytes of a text mark, and how many they are.

    >>> mark_of(b"\\xff\\xfea\\x00"), mark_of(b"a")
    (('UTF-16LE', 2), ('', 0))
    """
    found = (each for each in _MARKS.items() if data.startswith(each[0]))
    mark, name = next(found, (b"", ""))
    return name, len(mark)


def encoding_of(blocks: Iterable[bytes]) -> str:
    """Encoding of a text; empty if it is none that is known for certain.

    ``blocks``: the text, whole or block by block.

    >>> [encoding_of(["茶,1\\n".encode(name)]) for name in ("utf-8", "gb18030", "utf-16")]
    ['UTF-8', 'GB18030', 'UTF-16LE']
    >>> encoding_of(["商品名稱,重量\\n".encode("big5")]), encoding_of(["Crème".encode("cp1252")])
    ('Big5', '')
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    first, utf8, sample, tail = True, True, b"", b""
    for block in blocks:
        if first:
            marked, _ = mark_of(block)
            if marked.startswith("UTF-16"):  # or UTF-32, whose mark is longer
                return "" if block.startswith(codecs.BOM_UTF32_LE) else marked
            if b"\x00" in block[:_HEAD]:
                return _utf16(block[:_HEAD])
        first = False
        if b"\x00" in block:
            return ""
        ascii_only = block.isascii()
        try:
            if utf8 and not (ascii_only and not decoder.getstate()[0]):
                decoder.decode(block)
        except UnicodeDecodeError:
            utf8 = False
        if len(sample) < _SAMPLE:
            *lines, rest = (tail + block).split(b"\n") if not ascii_only else (b"", b"")
            sample += b"\n".join(line for line in lines if not line.isascii())
            tail = rest if len(rest) < _SAMPLE else b""
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        utf8 = False
    return "UTF-8" if utf8 else _of_bytes((sample + b"\n" + tail).removeprefix(BYTE_ORDER_MARK))


def _utf16(head: bytes) -> str:
    """UTF-16 without its mark: its line ends and separators have a zero on one side."""
    found = []
    for name in ("UTF-16LE", "UTF-16BE"):
        text = head[: len(head) // 2 * 2].decode(CODECS[name], "ignore")
        lines = "\n" in text or "\r" in text
        if lines and "\x00" not in text and _share(text, "") >= _LEAST:
            found.append(name)
    return found[0] if len(found) == 1 else ""


def _of_bytes(sample: bytes) -> str:
    """Encoding in two bytes that spells what people write; empty if none does."""
    shares = {}
    for name in _TWO_BYTES:
        try:
            text = sample.decode(CODECS[name])
        except UnicodeDecodeError:
            continue
        few = name not in USUAL and sum(not each.isascii() for each in text) < _FEW
        shares[name] = 0.0 if few else _share(text, name)
    best = max(shares, key=lambda name: shares[name], default="")  # of equals the first
    if not best or shares[best] < _LEAST:
        return ""
    usual = shares.get("GB18030", 0.0)
    doubt = best not in USUAL and usual >= _LEAST and shares[best] - usual < _APART
    return "" if doubt else best


def _share(text: str, encoding: str) -> float:
    """Share of the characters beyond ASCII that are written in texts of trade."""
    strange = [character for character in text if not character.isascii()]
    if not strange:
        return 1.0
    return sum(_usual(character, encoding) for character in strange) / len(strange)


def _usual(character: str, encoding: str) -> float:
    """How usual a character is in an encoding: characters of daily use 1, rare ones less."""
    category = unicodedata.category(character)
    if category in ("Cc", "Cn", "Co", "Cs"):
        return 0.0
    if _KANA.match(character):
        return 1.0 if encoding in ("Shift_JIS", "") else 0.3
    if unicodedata.east_asian_width(character) == "H":  # half-width kana: bytes of something else
        return 0.2
    if not "\u4e00" <= character <= "\u9fff":
        return 0.8 if not encoding or category[0] in "PZ" or category == "Nd" else 0.5
    if encoding == "Big5":
        return 1.0 if character.encode("big5hkscs")[0] < 0xC9 else 0.3
    if encoding == "Shift_JIS":
        return 1.0 if character.encode("cp932")[0] < 0x98 else 0.3
    try:
        return 1.0 if character.encode("gb2312")[0] < 0xD8 else 0.5
    except UnicodeEncodeError:
        return 0.8 if not encoding else 0.0
