"""Reads the folder of a run, gives its finished parts, so that it can go on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import platformdirs

from carbon.base.errors import OutputError
from carbon.base.files import plain_place
from carbon.run.folder import still_whole
from carbon.run.parts import digest

__all__ = ["BatchRecord", "Work", "Written"]

try:
    import fcntl
except ImportError:  # Windows: an open file cannot be opened again for writing
    fcntl = None  # type: ignore[assignment]


TRIES: Final = 100
"""To lock a folder that other runs remove."""


@dataclass(frozen=True)
class Written:
    """A file of a part: its name and SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True)
class BatchRecord:
    """What was done with a batch."""

    number: int
    skus: int = 0
    rows: int = 0
    left_out: int = 0  # SKUs that were not computed
    errors: bool = False  # whether a problem is an error
    codes: dict[str, int] = field(default_factory=dict)  # problems by code
    defaulted: dict[str, int] = field(default_factory=dict)  # column → cells that were assumed
    columns: list[str] = field(default_factory=list)  # of the result
    files: list[Written] = field(default_factory=list)
    rejected: str = ""  # why the batch could not be read; empty if it could
    # file, first and last row, of a rejected batch
    places: list[list[Any]] = field(default_factory=list)
    # new, changed and unchanged SKUs, where an earlier run is known
    changes: dict[str, int] = field(default_factory=dict)
    tally: dict[str, float] = field(default_factory=dict)  # what the command sums

    def name_of(self, kind: str) -> str:
        """Name of its file of a kind."""
        return f"{self.number:06d}.{kind}"

    def has(self, kind: str) -> bool:
        """Whether it has a file of a kind."""
        return any(each.name == self.name_of(kind) for each in self.files)

    def save(self, folder: Path) -> None:
        """Say that it is done: the last act on a batch."""
        path = folder / self.name_of("done")
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        draft.replace(path)

    @classmethod
    def load(cls, folder: Path, number: int, filled: Path | None = None) -> BatchRecord | None:
        """A part that was finished before, if its files are still whole.

        ``filled``: folder that the batches fill, if the result is one.
        """
        try:
            stored = json.loads((folder / f"{number:06d}.done").read_text(encoding="utf-8"))
            stored["files"] = [Written(**each) for each in stored["files"]]
            part = cls(**stored)
            intact = all(digest(folder / each.name) == each.sha256 for each in part.files)
            if intact and filled is not None and part.has("rows"):
                intact = still_whole(folder / part.name_of("rows"), part.columns, filled)
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            return None
        return part if intact else None


class Work:
    """Folder of a run; only one run may hold it.

    ``output``: path or URL of the result. Raises B001 if another run holds it, O001 if it cannot be
    made.
    """

    def __init__(self, output: str) -> None:
        self.output = output
        if "://" in output:
            name = hashlib.sha256(output.encode()).hexdigest()[:32]
            self.folder = Path(platformdirs.user_cache_dir("carbon-label")) / "runs" / name
        else:
            path = Path(output)
            self.folder = path.with_name(f".{path.name}.run")
        for place in (self.folder, self.parts, self.filled, self.scratch):
            plain_place(place, folder=True)  # a link made beforehand would be filled, or emptied
        for place in (self.folder / "lock", self.folder / "plan.json"):
            plain_place(place)
        self.made = [above for above in self.folder.parents if not above.exists()]
        self._lock = self._locked()
        self.clear()

    def clear(self) -> None:
        """Remove what is made anew by every run."""
        for folder in (self.scratch, *self.folder.glob("joined*")):
            shutil.rmtree(folder, ignore_errors=True)
            folder.unlink(missing_ok=True)
        self.scratch.mkdir()

    def _locked(self) -> IO[str]:
        path = self.folder / "lock"
        for _ in range(TRIES):
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                lock = path.open("w")
                if fcntl is not None:
                    fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError) as error:
                if path.exists() and os.access(path, os.W_OK):
                    raise OutputError("B001", file=self.output) from None
                raise OutputError("O001", str(error.strerror), file=self.output) from None
            except FileNotFoundError:
                continue  # the run before has just removed it
            except OSError as error:
                raise OutputError("O001", str(error.strerror), file=self.output) from None
            with contextlib.suppress(FileNotFoundError):
                if os.fstat(lock.fileno()).st_ino == path.stat().st_ino:
                    return lock
            lock.close()
        raise OutputError("O001", file=self.output)

    @property
    def parts(self) -> Path:
        """Folder of finished parts."""
        return self.folder / "parts"

    @property
    def filled(self) -> Path:
        """Folder that the batches fill, where the result is one."""
        return self.folder / "filled"

    @property
    def scratch(self) -> Path:
        """Folder of what is made anew by every run."""
        return self.folder / "scratch"

    def begin(self, plan: dict[str, Any], resume: bool | None) -> bool:
        """Begin a run or go on with one.

        ``plan``: what decides the parts; ``resume``: go on, or begin again; None refuses to choose.
        Returns: whether parts of an interrupted run are there. Raises B002 if there is something to
        choose, B003 if the plan is another one.
        """
        path = self.folder / "plan.json"
        text = json.dumps(plan, sort_keys=True, default=str)
        done = any(self.parts.glob("*.done"))
        if done and resume is None:
            raise OutputError("B002", file=self.output)
        if done and resume:
            before = path.read_text(encoding="utf-8") if path.exists() else "{}"
            if before != text:
                raise OutputError("B003", _difference(before, text), file=self.output)
        else:
            done = False
            for folder in (self.parts, self.filled):
                shutil.rmtree(folder, ignore_errors=True)
            path.write_text(text, encoding="utf-8")
        self.parts.mkdir(exist_ok=True)
        return done

    def release(self, *, keep: bool) -> None:
        """End the run; what another could go on with is kept."""
        keep = keep and any(self.parts.glob("*.done"))
        if keep:
            shutil.rmtree(self.scratch, ignore_errors=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
            for above in self.made:
                with contextlib.suppress(OSError):
                    above.rmdir()  # only if it is still empty
        self._lock.close()


def _difference(before: str, now: str) -> str:
    """What is not as it was."""
    new = json.loads(now)
    try:
        old = dict(json.loads(before))
    except (ValueError, TypeError, RecursionError):
        return "the plan is damaged"
    return ", ".join(sorted(key for key in {*old, *new} if old.get(key) != new.get(key)))
