"""Reads a word, a file or a stream, gives texts to check; reads words, gives their evidence [1]."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import pandas as pd

from carbon.base.errors import RuleError
from carbon.base.files import decoded

__all__ = ["evidence_of", "is_file", "texts_of"]

LARGEST: Final = 10_000_000
"""Bytes of a file or of a stream that are read."""

FILES: Final = (".txt", ".csv", ".tsv", ".md", ".xlsx", ".parquet", ".jsonl", ".json", ".html")
"""Endings by which a word is meant as a file."""


def is_file(text: str) -> bool:
    """Whether a text is the name of a file that is there."""
    try:
        return text != "-" and len(text) < 1000 and "\n" not in text and Path(text).is_file()
    except (OSError, ValueError):
        return False


def texts_of(text: str, stream: BinaryIO) -> pd.Series:
    """Texts, numbered from 1: the text itself, a file with one a line, or ``-`` for the stream.

    ValueError for a name of a file that is not there, and for a file that is no text; L103 if it is
    too long or its encoding is not known.

    >>> import io
    >>> texts_of("-", io.BytesIO(b"green dress\\nzero-carbon tea")).tolist()
    ['green dress', 'zero-carbon tea']
    """
    lines = [text]
    if text == "-":
        lines = _lines(text, stream)
    elif is_file(text):
        with Path(text).open("rb") as file:
            lines = _lines(text, file)
    elif Path(text).suffix.lower() in FILES and not text.split()[1:]:
        raise ValueError(f"no such file: {text}")
    return pd.Series(lines, index=pd.RangeIndex(1, len(lines) + 1))


def _lines(name: str, stream: BinaryIO) -> list[str]:
    raw = stream.read(LARGEST + 1)
    if b"\0" in raw:
        raise ValueError(f"{name} is no text; carbon report reads the names of a catalogue")
    if len(raw) > LARGEST:
        raise RuleError("L103", f"more than {LARGEST} bytes", file=name)
    return decoded(raw, lambda detail: RuleError("L103", detail, file=name)).splitlines() or [""]


def evidence_of(words: Sequence[str], count: int) -> pd.DataFrame | None:
    """What ``KIND=VALUE`` says, for each of the texts; None if nothing is shown.

    >>> evidence_of(["probability=95%"], 1)["probability"].tolist()
    [0.95]
    """
    if not words:
        return None
    pairs = [word.partition("=")[::2] for word in words]
    frame = pd.DataFrame({key.strip(): [value.strip()] * count for key, value in pairs})
    for name in ("probability", "primary_share"):
        if name in frame:
            percent = frame[name].str.endswith("%")
            number = pd.to_numeric(frame[name].str.rstrip("% "), errors="coerce")
            frame[name] = number.where(~percent, number / 100)
    return frame
