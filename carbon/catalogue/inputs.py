"""Reads a path, a folder or a URL, gives the files of a catalogue."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa

from carbon.base.encodings import encoding_of
from carbon.base.errors import CatalogueError
from carbon.catalogue.sheets import SUFFIXES

__all__ = ["Input", "filesystem", "inputs_of", "true_kind"]


@dataclass(frozen=True)
class Input:
    """A file of a catalogue."""

    name: str  # path inside the folder, told to the user
    path: str  # of the file, in its filesystem
    size: int
    stamp: str  # changes when the file changes
    # filesystem by the interface of fsspec; None for this machine's own
    remote: Any = field(default=None, compare=False)

    @property
    def table(self) -> str:
        """Name by which its table is known: that of its folder, else its own."""
        parts = PurePosixPath(self.name).parts
        if len(parts) > 1 and "=" not in parts[0]:
            return parts[0]
        return PurePosixPath(self.name).stem

    @property
    def constants(self) -> dict[str, str]:
        """Columns that the folders tell, as ``category=toy``."""
        pairs = [part.partition("=") for part in PurePosixPath(self.name).parts[:-1]]
        return {unquote(name): unquote(value) for name, sign, value in pairs if sign}

    def open(self) -> Any:
        """Open for reading."""
        return Path(self.path).open("rb") if self.remote is None else self.remote.open(self.path)

    def changed(self) -> bool:
        """Whether a file of this machine is another one than when it was looked at first."""
        if self.remote is not None:
            return False
        try:
            now = Path(self.path).stat()
        except OSError:
            return True
        return (now.st_size, str(now.st_mtime_ns)) != (self.size, self.stamp)

    def local(self, folder: Path) -> Path:
        """Path on this machine; a remote file is copied to a folder first."""
        if self.remote is None:
            return Path(self.path)
        copy = folder / self.name.replace("/", "+")
        with self.open() as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 22)
        return copy


def filesystem(url: str) -> tuple[Any, str]:
    """Filesystem of a URL, by the interface of fsspec, and the path in it.

    ``url``: as ``s3://bucket/goods`` (``s3a`` is the same) or anything fsspec knows. Raises C001 if
    nothing installed can read it.
    """
    import fsspec

    url = url.replace("s3a://", "s3://", 1)
    try:
        known: tuple[Any, str] = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as missing:
        from fsspec.implementations.arrow import ArrowFSWrapper
        from pyarrow.fs import FileSystem

        try:
            system, path = FileSystem.from_uri(url)
        except (pa.ArrowException, OSError):
            raise CatalogueError("C001", str(missing), file=url) from None
        return ArrowFSWrapper(system), path
    return known


_FILE: Final = "file://"


def true_kind(path: Path) -> str:
    """What a file is where its ending says something else; empty if that cannot be told."""
    with path.open("rb") as file:
        head = file.read(512)
    suffix = path.suffix.lower()
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        locked = suffix == ".xlsx"
        return "a workbook with a password" if locked else "XLS, the workbook of Excel 97 to 2003"
    if head.startswith(b"PK\x03\x04"):
        return "" if suffix == ".xlsx" else "an XLSX workbook under another ending"
    if re.match(rb"\W{0,4}\s*<(?:!doctype|html|table|meta|head)", head, re.I):
        return "a page of HTML under another ending"
    if suffix in (".xls", ".xlsx") and head and encoding_of([head.rpartition(b"\n")[0] or head]):
        return "text under the ending of a workbook"
    return ""


def inputs_of(source: str | os.PathLike[str]) -> list[Input]:
    """Files of a catalogue, in the order in which they are read.

    ``source``: a file, or a folder, whose subfolders are looked into too; names that begin with a
    dot or an underscore are not looked at. Raises C001 if there is none, C002 for a file of another
    kind.
    """
    text = os.fspath(source)
    if text.startswith(_FILE) and not Path(text.removeprefix(_FILE)).exists():
        text = unquote(text)  # a browser and a file manager write %20 for a blank
    if "://" in text:
        return _remote(text)
    path = Path(source)
    if path.is_dir():
        listed = [
            (item.relative_to(path).as_posix(), item) for item in path.rglob("*") if item.is_file()
        ]
        files = sorted((name, item) for name, item in listed if _wanted(name))
        if not files:
            raise CatalogueError("C001", "no table in the folder", file=str(path))
        return [_input(name, item) for name, item in files]
    if not path.is_file():
        raise CatalogueError("C001", file=str(path))
    if path.suffix.lower() not in SUFFIXES:
        raise CatalogueError("C002", true_kind(path), file=path.name)
    return [_input(path.name, path)]


def _wanted(name: str) -> bool:
    parts = PurePosixPath(name).parts
    # names with ~$ are locks of a spreadsheet that is open, and a text in a folder may be a note
    hidden = any(part.startswith((".", "_", "~$")) for part in parts)
    return not hidden and name.lower().endswith(SUFFIXES) and not name.lower().endswith(".txt")


def _input(name: str, path: Path) -> Input:
    stat = path.stat()
    return Input(name, str(path), stat.st_size, str(stat.st_mtime_ns))


def _remote(url: str) -> list[Input]:
    remote, path = filesystem(url)
    try:
        if remote.isfile(path):
            entries = {path: remote.info(path)}
            root = str(PurePosixPath(path).parent)
        else:
            entries, root = remote.find(path, detail=True), path
    except OSError as error:
        raise CatalogueError("C001", str(error), file=url) from error
    inputs = []
    for item, info in sorted(entries.items()):
        name = item.removeprefix(root).lstrip("/")
        if _wanted(name):
            stamp = next(
                (str(info[key]) for key in ("ETag", "etag", "mtime", "created") if key in info), ""
            )
            inputs.append(Input(name, item, int(info["size"]), stamp, remote))
    if not inputs:
        raise CatalogueError("C001", "no table there", file=url)
    return inputs
