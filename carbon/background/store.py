"""Reads the user's data folder, gives own backgrounds by name and digest.

The folder is the user's alone. A version stays when a newer one is made, so that a result can
be computed again: ``name`` is the newest, ``name@version`` any.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path
from typing import Final

import pandas as pd
import platformdirs

from carbon.background.source import DESCRIPTOR, read_descriptor
from carbon.base.errors import FactorsError, StudyError

__all__ = ["NAME", "drop", "folder", "put", "root", "stored"]

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}")
"""What a background or a version may be called."""


def root() -> Path:
    """Folder of the own backgrounds: the user's data folder."""
    return Path(platformdirs.user_data_dir("carbon-label")) / "backgrounds"


def stored() -> pd.DataFrame:
    """Own backgrounds that are kept: columns ``name version title datasets current``.

    Raises
    ------
    carbon.base.errors.FactorsError
        F002 if the descriptor of one is damaged.
    """
    entries = []
    for path in _descriptors():
        descriptor = read_descriptor(path)[0]
        datasets = descriptor.get("datasets")
        if not isinstance(datasets, int):
            raise FactorsError("F002", "datasets is missing", file=str(path))
        entries.append(
            {
                "name": path.parent.parent.name,
                "version": path.parent.name,
                "title": str(descriptor["title"]),
                "datasets": datasets,
                "current": _current(path.parent.parent) == path.parent.name,
            }
        )
    columns = ["name", "version", "title", "datasets", "current"]
    return pd.DataFrame(entries, columns=columns)


def folder(name: str) -> Path:
    """Folder of an own background.

    ``name``: a name, or ``name@version`` for one that was used before. Raises X012 if there is
    none.
    """
    first, _, version = name.partition("@")
    if not NAME.fullmatch(first) or (version and not NAME.fullmatch(version)):
        raise StudyError("X012", value=name)
    path = root() / first / (version or _current(root() / first) or "none")
    if not (path / DESCRIPTOR).is_file():
        known = {path.parent.parent.name for path in _descriptors()}
        raise StudyError("X012", f"known: {', '.join(sorted(known))}", value=name)
    return path


def drop(name: str) -> int:
    """Delete an own background, or one version of it.

    Parameters
    ----------
    name : str
        As for :func:`folder`; a name without a version stands for all of them.

    Returns
    -------
    int
        How many versions were deleted.
    """
    path = folder(name)
    if "@" in name:
        shutil.rmtree(path)
        with contextlib.suppress(OSError):
            path.parent.rmdir()
        return 1
    count = sum(item.is_dir() and bool(NAME.fullmatch(item.name)) for item in path.parent.iterdir())
    shutil.rmtree(path.parent)
    return count


def put(draft: Path, home: Path) -> Path:
    """Move a sealed package into place; whoever comes second finds the same bytes there.

    ``draft``: where it was made, in the folder of its name. Returns: where it is now. Raises
    OSError: if it could not be moved.
    """
    place: Path = home / str(read_descriptor(draft / DESCRIPTOR)[0]["version"])
    with contextlib.suppress(OSError):
        draft.rename(place)
    if not (place / DESCRIPTOR).is_file():
        raise OSError(f"{place} could not be made")
    pointer = home / f".current.{os.getpid()}"
    pointer.write_text(place.name, encoding="utf-8")
    pointer.replace(home / "current")
    return place


def _descriptors() -> list[Path]:
    """Descriptors of all versions; what a run that was killed left behind begins with a dot."""
    found = sorted(root().glob(f"*/*/{DESCRIPTOR}"))
    return [path for path in found if NAME.fullmatch(path.parent.name)]


def _current(home: Path) -> str:
    """Version that a name stands for; none where the pointer is missing or damaged."""
    try:
        version = (home / "current").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        return ""
    return version if NAME.fullmatch(version) else ""
