"""Reads a place, gives a draft for it that is locked while it is written; removes dead ones.

A run that is killed leaves its draft. The next one for the same place removes it: a draft has a
name of its own, belongs to the user and is locked by whoever writes it, on this machine or, where
the file system carries locks, on another.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # Windows: nobody can tell whether a draft is still written; it stays
    fcntl = None  # type: ignore[assignment]

LOCKS: bool = fcntl is not None

__all__ = ["draft_file", "draft_folder"]

MARK: Final = ".draft-"
"""Stands in the name of a draft behind that of the place."""

YOUNG: Final = 10.0
"""Age below which a draft may not have been locked yet [s]."""


@contextlib.contextmanager
def draft_file(path: Path) -> Iterator[Path]:
    """An empty file beside a place, locked; it is gone afterwards, unless it was moved.

    Parameters
    ----------
    path : pathlib.Path
        Whose folder exists.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with draft_file(Path(folder) / "out.csv") as draft:
    ...         draft.name[:15], draft.suffix
    ('.out.csv.draft-', '.csv')
    """
    _clear(path.parent, path.name)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}{MARK}", suffix=path.suffix
    )
    try:
        with _locked(handle):
            yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextlib.contextmanager
def draft_folder(folder: Path, name: str) -> Iterator[Path]:
    """An empty folder in another, locked; it is gone afterwards, unless it was moved.

    Parameters
    ----------
    folder : pathlib.Path
        Where it stands.
    name : str
        Of what it is a draft.
    """
    _clear(folder, name)
    draft = Path(tempfile.mkdtemp(dir=folder, prefix=f".{name}{MARK}"))
    try:
        with _locked(os.open(draft, os.O_RDONLY) if LOCKS else None):
            yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextlib.contextmanager
def _locked(handle: int | None) -> Iterator[None]:
    """Hold the lock of an open draft, where there are locks."""
    try:
        if not LOCKS and handle is not None:  # an open file could not be moved
            os.close(handle)
            handle = None
        elif handle is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _clear(folder: Path, name: str) -> None:
    """Remove drafts of a place that nobody writes any more."""
    if not LOCKS:
        return
    with os.scandir(folder) as entries:
        left = [entry.path for entry in entries if entry.name.startswith(f".{name}{MARK}")]
    for path in left:
        with contextlib.suppress(OSError):
            about = os.lstat(path)
            own = about.st_uid == os.geteuid() and time.time() - about.st_mtime > YOUNG
            if not own or not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
                continue
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held: it is still written
                if stat.S_ISDIR(about.st_mode):
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    Path(path).unlink()
            finally:
                os.close(handle)
