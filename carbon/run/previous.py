"""Reads the manifest of an earlier run, gives its files, as they were, with their rows."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from carbon.base.errors import CatalogueError, OutputError
from carbon.catalogue.inputs import filesystem
from carbon.run.manifest import Manifest, read_manifest
from carbon.run.parts import digest

__all__ = ["PreviousRun", "StoredRows", "earlier_run"]


@dataclass(frozen=True)
class StoredRows:
    """Rows of a Parquet file, or of the files of a folder one behind the other."""

    files: tuple[Path, ...]
    # shape (groups, 2), file of each row group, and its number in the file
    place: NDArray[np.int64]
    ends: NDArray[np.int64]  # shape (groups + 1,), rows before each row group; all of them last
    schema: pa.Schema  # columns, in all files alike
    _last: dict[tuple[str, ...], tuple[int, pa.Table]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, path: Path) -> StoredRows:
        """Look at a file, or at a folder of parts."""
        files = [path]
        if path.is_dir():  # a millionth part has a digit more
            shown = [item for item in path.iterdir() if not item.name.startswith(".")]
            files = sorted(shown, key=lambda item: (len(item.name), item.name))
        place, sizes = [], [0]
        for number, file in enumerate(files):
            metadata = parquet.read_metadata(file)
            for group in range(metadata.num_row_groups):
                place.append((number, group))
                sizes.append(metadata.row_group(group).num_rows)
        at = np.array(place, np.int64).reshape(-1, 2)
        ends = np.cumsum(sizes, dtype=np.int64)
        return cls(tuple(files), at, ends, parquet.read_schema(files[0]))

    def __len__(self) -> int:
        """Rows."""
        return int(self.ends[-1])

    def take(self, rows: NDArray[np.int64], columns: list[str] | None = None) -> pa.Table:
        """Some rows, in the order asked for; only their row groups are read."""
        group = np.searchsorted(self.ends, rows, side="right") - 1
        order = np.argsort(rows, kind="stable")
        pieces = [self.schema.empty_table().select(columns or self.schema.names)]
        for at in np.unique(group):
            mine = rows[order][group[order] == at] - self.ends[at]
            pieces.append(self._group(int(at), columns).take(mine))
        back = np.empty(len(rows), np.int64)
        back[order] = np.arange(len(rows))
        return pa.concat_tables(pieces).take(back)

    def _group(self, at: int, columns: list[str] | None) -> pa.Table:
        """A row group; the last one is kept, for the next batch stands in it too."""
        chosen = tuple(columns or self.schema.names)
        if self._last.get(chosen, (-1,))[0] != at:
            file, number = self.place[at]
            with parquet.ParquetFile(self.files[file]) as source:
                self._last[chosen] = (at, source.read_row_group(int(number), columns=columns))
        return self._last[chosen][1]


@dataclass(frozen=True)
class PreviousRun:
    """An earlier run, whose files are as it left them."""

    manifest: Manifest
    sha256: str  # of the manifest
    table: Path  # its SKUs
    result: StoredRows


def earlier_run(manifest: Path | str, folder: Path) -> PreviousRun:
    """Open an earlier run.

    ``folder``: for copies of what stands at a URL. Raises B006 if the manifest or its table of SKUs
    is none, B007 if its result is no Parquet or not as it was.
    """
    here = _fetched(str(manifest), folder / "since.json", "B006")
    before = read_manifest(here, str(manifest))
    places = {}
    for role, code in (("skus", "B006"), ("result", "B007")):
        named = before.output(role)
        if named is None:
            detail = "it has no table of SKUs: give --manifest"
            raise OutputError("B006", detail, file=str(manifest))
        name = _beside(str(manifest), named.path)
        if not _reached(str(manifest), named.path):
            detail = "a manifest names files beside or below it, and plain ones"
            raise OutputError(code, detail, file=name)
        if role == "result" and Path(name).suffix.lower() not in ("", ".parquet"):
            raise OutputError(code, "its rows cannot be read back bit by bit", file=name)
        places[role] = _fetched(name, folder / f"since-{role}", code)
        if not places[role].exists() or digest(places[role]) != named.sha256:
            raise OutputError(code, "it is not as it was", file=name)
    try:
        result = StoredRows.of(places["result"])
    except (OSError, pa.ArrowException) as error:  # a folder that is none of parts
        raise OutputError("B007", str(error), file=str(places["result"])) from None
    return PreviousRun(before, digest(here), places["skus"], result)


def _beside(manifest: str, name: str) -> str:
    """Place of a file that a manifest names."""
    if "://" in name:
        return name
    if "://" in manifest and not Path(name).is_absolute():
        return f"{manifest.rpartition('/')[0]}/{name}"
    return str(Path(manifest).parent / name)


def _reached(manifest: str, name: str) -> bool:
    """Whether a file may be read because a manifest names it: no address but its own is asked."""
    if "://" in name:
        return "://" in manifest and name.startswith(f"{manifest.rpartition('/')[0]}/")
    if ".." in PurePosixPath(name.replace("\\", "/")).parts or "\0" in name:
        return False
    if "://" in manifest:
        return not PurePosixPath(name).is_absolute()
    try:
        mode = Path(_beside(manifest, name)).stat().st_mode
    except OSError:
        return True  # told as missing
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _fetched(place: str, copy: Path, code: str) -> Path:
    """Path on this machine; what stands at a URL is copied first."""
    if "://" not in place:
        return Path(place)
    try:
        remote, path = filesystem(place)
        remote.get(path, str(copy), recursive=remote.isdir(path))
    except (CatalogueError, OSError) as error:
        raise OutputError(code, str(error), file=place) from None
    return copy
