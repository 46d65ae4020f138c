"""The last step of a run: its files put together and moved into place."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from carbon.base.errors import OutputError
from carbon.catalogue.inputs import filesystem
from carbon.catalogue.sources import Damaged
from carbon.run.folder import INDEX
from carbon.run.results import write_table

__all__ = ["check_folder", "publish", "tell_rejects"]


def publish(joined: Path, output: str, folder: bool) -> None:
    """Move the whole into place."""
    if "://" in output:
        remote, path = filesystem(output)
        beside = f"{path}.part"
        remote.put(str(joined), beside, recursive=folder)
        if remote.exists(path):
            remote.rm(path, recursive=folder)
        remote.mv(beside, path, recursive=folder)
        return
    target = Path(output)
    if folder and target.exists():
        before = joined.with_name("before")
        shutil.rmtree(before, ignore_errors=True)
        target.replace(before)
    joined.chmod(0o755 if folder else 0o644)
    joined.replace(target)


def check_folder(output: Path | str, index: str = "") -> None:
    """Refuse to replace a folder that no run of the same kind wrote.

    Parameters
    ----------
    output : path or URL
        It may be new or empty.
    index : str
        How the index of a folder of files begins; without, it holds Parquet in parts.

    Raises
    ------
    carbon.base.errors.OutputError
        B009, for a file of that name too.
    """
    where = output if "://" in str(output) else Path(output).absolute().as_uri()
    files, path = filesystem(str(where))
    if not files.exists(path):
        return
    ours = files.isdir(path)
    names = [PurePosixPath(each).name for each in files.ls(path, detail=False)] if ours else []
    if names and index:
        head = files.head(f"{path}/{INDEX}", 400) if INDEX in names else b""
        ours = head.decode("utf-8-sig", "replace").startswith(index)
    elif names:
        ours = all(name.startswith("part-") and name.endswith(".parquet") for name in names)
    if not ours:
        raise OutputError("B009", file=str(output))


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
