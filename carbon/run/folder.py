"""Reads results of batches, gives a folder into which each writes under its own name.

No file is written, linked or read twice. The rows of a batch name its files with their SHA-256, by
which a run that goes on sees whether a finished batch is still whole.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from carbon.base.errors import OutputError
from carbon.base.files import digest

__all__ = ["INDEX", "Files", "files_of", "only_named", "rows_of", "still_whole"]

INDEX: Final = "index.csv"
"""The rows of all batches, in the folder."""

LONGEST: Final = 1 << 27
"""Characters of a cell: it may tell much of one name."""


class Files:
    """What a batch adds to the folder of a result.

    ``folder``: of the result; other batches write into it at the same time; ``number``: of the
    batch.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sha256 = Files(Path(folder), 0).put("3f/tea.svg", b"<svg/>")
    ...     sha256 == digest(f"{folder}/3f/tea.svg")
    True
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self.number = str(folder), number

    def put(self, name: str, content: bytes) -> str:
        """Write a file.

        ``name``: path in the folder; no other file of the result has it. Returns: its SHA-256: a
        row of the batch must hold both, as ``file`` and ``sha256``.
        """
        path = f"{self._folder}/{name}"
        try:
            _put(path, content)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
            _put(path, content)
        return hashlib.sha256(content).hexdigest()


def _put(path: str, content: bytes) -> None:
    """Write a small file with the three calls it needs; there are many of them."""
    handle = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666
    )
    try:
        if os.write(handle, content) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(handle)


def rows_of(path: Path, columns: list[str] | None = None) -> Iterator[dict[str, str]]:
    """Rows of the index, or of the part of it that a batch wrote.

    ``columns``: of a part, which has no headers.
    """
    csv.field_size_limit(LONGEST)
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, columns)


def still_whole(part: Path, columns: list[str], folder: Path) -> bool:
    """Whether all files that a finished batch wrote are there as it wrote them."""
    return all(digest(f"{folder}/{row['file']}") == row["sha256"] for row in rows_of(part, columns))


def only_named(folder: Path, count: int) -> None:
    """Take away what a batch that was not finished has left, where no row names it.

    ``folder``: with its index. ``count``: rows of the index. Only where the number of files is
    another one are the names read, all at once. Raises B008 if two rows name one file.
    """
    if sum(1 for _ in files_of(str(folder))) == count + 1:
        return
    named = {row["file"] for row in rows_of(folder / INDEX)}
    if len(named) < count:
        raise OutputError("B008", f"{count - len(named)} of {count} have none", file=str(folder))
    for name in files_of(str(folder)):
        if name != INDEX and name not in named:
            (folder / name).unlink()


def files_of(folder: str, above: str = "") -> Iterator[str]:
    """Paths of all files in a folder, as seen from it; links are not followed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from files_of(entry.path, f"{above}{entry.name}/")
            else:
                yield above + entry.name
