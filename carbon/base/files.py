"""Reads paths, gives bounded bytes, decoded text and digests; writes complete files.

Nothing is written where it is to stand: a file or folder is made beside its place and moved there
when it is whole, so that a run that ends early leaves what was there before.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from carbon.base.drafts import draft_file, draft_folder
from carbon.base.encodings import CODECS, encoding_of, mark_of
from carbon.base.errors import CarbonError, OutputError

__all__ = [
    "LARGEST_TEXT",
    "NO_ENCODING",
    "as_utf8",
    "beside",
    "blocks",
    "decoded",
    "digest",
    "permissions",
    "plain_place",
    "read_bounded",
    "utf8_copy",
    "whole_file",
    "whole_files",
    "whole_folder",
    "write_text",
]

LARGEST_TEXT: Final = 100_000_000
"""Bytes that a file which is read at once may have, unless its reader says otherwise."""

BLOCK: Final = 1 << 20
"""Bytes decoded or hashed at once."""

NO_ENCODING: Final = "no encoding that is known"
"""What is found where a text cannot be decoded."""

Fault = Callable[[str], CarbonError]
"""Makes the error of a reader from what was found."""


def as_utf8(data: bytes, encoding: str = "") -> bytes | None:
    """Text as UTF-8, in whatever known encoding it was, without its byte order mark.

    ``encoding``: as :func:`carbon.base.encodings.encoding_of` gives it; found out without. Returns:
    None if it is none: a character is never replaced in silence.

    >>> as_utf8("茶".encode("gb18030")).decode(), as_utf8(b"\\xff\\xff")
    ('茶', None)
    """
    # piece by piece, to need little memory
    pieces = (data[start : start + BLOCK] for start in range(0, len(data), BLOCK))
    encoding = encoding or encoding_of(pieces)
    if not encoding:
        return None
    data = data[mark_of(data)[1] :]
    if encoding == "UTF-8":
        return data
    try:
        return data.decode(CODECS[encoding]).encode("utf-8")
    except UnicodeError:
        return None


def utf8_copy(path: Path, target: Path) -> tuple[Path, str] | None:
    """Path of a text file in UTF-8, of whatever size: its own, or that of a copy if it is not.

    ``path``, ``target``: the file, and where a copy of it may stand. Returns ``path``.
    ``encoding``: that it was in. None in place of both if it is none that is known, or holds zero
    bytes.
    """
    encoding = encoding_of(blocks(path))
    if encoding in ("", "UTF-8"):
        return (path, encoding) if encoding else None
    decoder = codecs.getincrementaldecoder(CODECS[encoding])()
    try:
        with target.open("wb") as copy:
            for number, block in enumerate(blocks(path)):
                skip = 0 if number else mark_of(block)[1]
                copy.write(decoder.decode(block[skip:]).encode("utf-8"))
            copy.write(decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeError:
        return None
    return target, encoding


def blocks(path: Path) -> Iterator[bytes]:
    """Reads a file, gives its bytes block by block."""
    with path.open("rb") as source:
        while block := source.read(4 * BLOCK):
            yield block


def decoded(data: bytes, fault: Fault) -> str:
    """Text of a file in a known encoding.

    ``fault``: makes the error that is raised if it is neither. Raises CarbonError: that of
    ``fault``.
    """
    text = as_utf8(data)
    if text is None:
        raise fault(NO_ENCODING)
    return text.decode("utf-8")


def read_bounded(path: Path, fault: Fault, largest: int = LARGEST_TEXT) -> bytes:
    """Content of a plain file that is not too large.

    ``path``: anything else than a plain file is refused before it is read: a device has no end;
    ``fault``: makes the error from what was found; ``largest``: [byte]. Raises CarbonError: that of
    ``fault``.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # who opens a pipe waits for ever
            raise fault("not a plain file")
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except (OSError, ValueError) as error:
        raise fault(getattr(error, "strerror", None) or str(error)) from error
    if len(data) > largest:
        raise fault(f"more than {largest} bytes")
    return data


def digest(path: Path | str) -> str:
    """SHA-256 of a file, in hexadecimal digits; it is read block by block."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_place(path: Path, *, folder: bool = False) -> None:
    """Refuse a place of a result that is a link, a device or of the other kind.

    ``path``: where a result is to stand; nothing stands there yet, or a file or folder; ``folder``:
    whether the result is a folder. Raises O005.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError("O001", error.strerror or str(error), file=str(path)) from None
    if not (stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode)):
        raise OutputError("O005", _kind(mode), file=str(path))


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFLNK: "a link",
        stat.S_IFDIR: "a folder",
        stat.S_IFREG: "a file",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")


def permissions(bits: int) -> int:
    """Permissions that the user's mask leaves."""
    mask = os.umask(0)
    os.umask(mask)
    return bits & ~mask


@contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[Path]:
    """A place beside a file; what is written there is moved into place when it is whole.

    ``path``: where the file is to appear; its folder is made if need be; ``private``: nobody but
    the user may read it, as it may hold what is not handed on. Yields: where to write. Raises O001
    if it cannot be written, O005 if something else than a plain file stands there.
    """
    plain_place(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft_file(path) as draft:
            yield draft
            draft.chmod(0o600 if private else permissions(0o666))
            draft.replace(path)
    except OSError as error:
        raise OutputError("O001", error.strerror or str(error), file=str(path)) from None


@contextmanager
def beside(path: Path, home: Path | None = None) -> Iterator[Path]:
    """An empty folder beside a place, or in a folder, for drafts; it is gone afterwards.

    Raises O001 with the place if it, or what is done in it, cannot be written.
    """
    home = home or path.parent
    try:
        home.mkdir(parents=True, exist_ok=True)
        with draft_folder(home, path.name) as draft:
            yield draft
    except OSError as error:
        raise OutputError("O001", error.strerror or str(error), file=str(path)) from None


def _put_in_place(draft: Path, path: Path) -> None:
    """Move a folder to its place; what was there is no draft, and goes when the new one stands."""
    if not path.exists():
        draft.rename(path)
        return
    aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    path.rename(aside / "before")
    try:
        draft.rename(path)
    except OSError:
        (aside / "before").rename(path)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder beside a place; it is moved there when it is whole, and what was there goes last.

    ``path``: where the folder is to appear. Whoever calls has seen that what stands there may go.
    Yields: an empty folder to write in. Raises O001 if it cannot be written, O005 if something else
    than a folder stands there.
    """
    plain_place(path, folder=True)
    with beside(path) as draft:
        draft.chmod(permissions(0o777))
        yield draft
        _put_in_place(draft, path)


@contextmanager
def whole_files(folder: Path) -> Iterator[Path]:
    """A place beside a folder; the files that are written there are moved into it at the end.

    ``folder``: it may hold other files, which stay; it is made if need be. Yields: an empty folder
    to write plain files in, the one that names the others last. Raises O001 if one cannot be
    written: then none is replaced. O005 if a link or a device stands in the way.
    """
    plain_place(folder, folder=True)
    with beside(folder, folder) as draft:
        yield draft
        made = sorted(draft.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        for file in made:
            plain_place(folder / file.name)
        for file in made:
            file.chmod(permissions(0o666))
            file.replace(folder / file.name)


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8 with line feeds; it appears only when it is whole.

    Raises OutputError: as :func:`whole_file`.
    """
    with whole_file(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")
