"""The last step of a run: its files put together and moved into place."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from carbon.catalogue.inputs import filesystem
from carbon.catalogue.sources import Damaged
from carbon.doors.batch import write_table
from carbon.errors import OutputError

__all__ = ["check_folder", "link_files", "publish", "tell_rejects"]


def link_files(source: Path, target: Path) -> None:
    """Put the files of a part among those of the others; the part keeps them too."""
    for item in source.iterdir():
        try:
            (target / item.name).hardlink_to(item)
        except FileExistsError:
            raise OutputError("B008", file=item.name) from None
        except OSError:  # a filesystem without links
            shutil.copyfile(item, target / item.name)


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


def check_folder(output: Path) -> None:
    """Refuse to replace a folder that no run wrote.

    Raises
    ------
    carbon.errors.OutputError
        B009
    """
    if output.is_dir():
        names = [item.name for item in output.iterdir()]
        parts = all(name.startswith("part-") and name.endswith(".parquet") for name in names)
        if not parts and "index.csv" not in names:
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
