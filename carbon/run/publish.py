"""Reads the files of a finished run, writes them to their place together."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pandas as pd

from carbon.base.errors import OutputError
from carbon.base.files import permissions, plain_place
from carbon.catalogue.inputs import filesystem
from carbon.catalogue.sources import Damaged
from carbon.run.folder import INDEX, files_of, rows_of
from carbon.run.results import write_table

__all__ = ["check_folder", "publish", "tell_rejects"]


def publish(joined: Path, output: str, folder: bool) -> None:
    """Move the whole into place; a link, device or thing of another kind is never replaced."""
    if "://" in output:
        remote, path = filesystem(output)
        draft = f"{path}.part"
        remote.put(str(joined), draft, recursive=folder)
        if remote.exists(path):
            remote.rm(path, recursive=folder)
        remote.mv(draft, path, recursive=folder)
        return
    target = Path(output)
    plain_place(target, folder=folder)
    if folder and target.exists():
        before = joined.with_name("before")
        shutil.rmtree(before, ignore_errors=True)
        target.replace(before)
    joined.chmod(permissions(0o777 if folder else 0o666))
    joined.replace(target)


def check_folder(output: Path | str, index: str = "") -> None:
    """Refuse to replace a folder that no run of the same kind wrote.

    ``output``: it may be new or empty; ``index``: how the index of a folder of files begins;
    without, it holds Parquet in parts. Raises B009, for a file of that name too.
    """
    where = output if "://" in str(output) else Path(output).absolute().as_uri()
    files, path = filesystem(str(where))
    if not files.exists(path):
        return
    ours = files.isdir(path)
    names = [PurePosixPath(each).name for each in files.ls(path, detail=False)] if ours else []
    foreign: list[str] = []
    if names and index:
        head = files.head(f"{path}/{INDEX}", 400) if INDEX in names else b""
        ours = head.decode("utf-8-sig", "replace").startswith(index)
        if ours and "://" not in str(output):
            foreign = _foreign(Path(output))
    elif names:
        foreign = [name for name in names if not fnmatchcase(name, "part-*.parquet")]
    if foreign or not ours:
        detail = f"it also holds {', '.join(foreign[:3])}" if foreign and ours else ""
        raise OutputError("B009", detail, file=str(output))


def _foreign(folder: Path) -> list[str]:
    """Files in a folder that its index does not name."""
    try:
        named = {row.get("file", "") for row in rows_of(folder / INDEX)} | {INDEX}
    except (OSError, ValueError, csv.Error) as error:
        raise OutputError("B009", str(error)[:120], file=str(folder)) from None
    return [name for name in files_of(str(folder)) if name not in named]


def tell_rejects(rejects: Sequence[Damaged], output: str) -> None:
    """List the rows that could not be read beside the result."""
    if not rejects or "://" in output:
        return
    rows = [
        {"file": each.file, "first_row": each.first, "last_row": each.last, "code": "B005"}
        | {"reason": each.reason}
        for each in rejects
    ]
    path = Path(output)
    write_table(pd.DataFrame(rows), path.with_name(f"{path.stem}.rejects.csv"))
