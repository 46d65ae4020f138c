"""Reads the inputs of a dossier, gives a folder with their copies, from which it is made again.

A dossier is computed from the copies that lie inside it, so that whoever has the folder has
everything that is needed to compute it again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from pydantic import Field

from carbon.base.errors import (
    CatalogueError,
    FactorsError,
    LedgerError,
    OutputError,
    RuleError,
    StudyError,
)
from carbon.base.files import digest, plain_place, whole_folder
from carbon.base.rules import Rules
from carbon.run.manifest import Manifest, Named, files_below, read_manifest

__all__ = [
    "MANIFEST",
    "DossierOptions",
    "copied",
    "dossier_manifest",
    "free",
    "options_of",
    "outputs",
    "replaced_folder",
    "restored",
]

MANIFEST: Final = "manifest.json"
"""Name of the manifest in the folder of a dossier."""

Refusal = (
    type[CatalogueError]
    | type[LedgerError]
    | type[RuleError]
    | type[StudyError]
    | type[FactorsError]
)
MISSING: Final[dict[str, tuple[Refusal, str]]] = {
    "catalogue": (CatalogueError, "C001"),
    "sales": (LedgerError, "G001"),
    "rules": (RuleError, "P001"),
    "base_sales": (LedgerError, "G001"),
    "base_catalogue": (CatalogueError, "C001"),
    "verified": (LedgerError, "G001"),
    "previous": (StudyError, "T006"),
    "evidence": (CatalogueError, "C001"),
    "factors": (FactorsError, "F001"),
    "map": (CatalogueError, "C001"),
}
"""Role of an input → how its absence is told."""

NEEDED: Final = frozenset({"catalogue", "sales", "rules"})
"""Roles without which there is no dossier."""


class DossierOptions(Rules):
    """What decides a dossier, its inputs apart."""

    # period, base_period: as ``2026Q3``; of the base year, all of its ledger without
    period: str
    base_period: str = ""
    base_edition: str = ""  # edition in force in the base year; the one now without
    languages: Annotated[list[Annotated[str, Field(pattern="^(zh|en)$")]], Field(max_length=2)]
    draws: Annotated[int, Field(ge=0, le=100_000)]
    edition: str
    method: str
    boundary: str
    background: str = ""
    preset: str = ""  # program whose export the catalogues are


def dossier_manifest(path: Path) -> Manifest:
    """Read the manifest of a dossier; it names nothing outside its folder.

    Raises T010 if it is none.
    """
    try:
        manifest = read_manifest(path)
        options_of(manifest)
        # a role names a folder when the inputs are copied, and so must be a known word
        roles = {named.role for named in manifest.inputs}
        if manifest.command != "tax" or not NEEDED <= roles <= set(MISSING):
            raise ValueError(f"roles of inputs: {', '.join(MISSING)}")
        for named in (*manifest.inputs, *manifest.outputs):
            if not _inside(named.path) or not named.sha256:
                raise ValueError(f"a path lies inside the dossier: {named.path!r}")
    except OutputError as error:
        raise StudyError("T010", error.detail, file=str(path)) from error
    except ValueError as error:
        raise StudyError("T010", str(error).splitlines()[0][:120], file=str(path)) from error
    return manifest


def options_of(manifest: Manifest) -> DossierOptions:
    """Options of a dossier by its manifest.

    Raises ValueError: if they are none.
    """
    return DossierOptions.model_validate(manifest.arguments)


def _inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    outside = not parts or path.startswith("/") or ".." in parts or ":" in parts[0]
    return not (outside or "\\" in path or "\0" in path)


def _really_inside(home: Path, file: Path) -> bool:
    """Whether a plain file lies in a folder, with no link on the way."""
    way = [file, *file.parents]
    between = way[: way.index(home)]
    return file.is_file() and not any(each.is_symlink() for each in between)


def free(output: Path, inputs: list[Path]) -> None:
    """Refuse a folder that holds something else, or one of the inputs.

    ``output``: where a dossier is to stand; ``inputs``: files and folders that are read. Raises
    T007 with the reason.
    """
    plain_place(output, folder=True)
    place = output.resolve()
    for path in inputs:
        if path.resolve() == place or place in path.resolve().parents:
            raise OutputError("T007", f"{path} lies in it", file=str(output))
    _ours(output)


def _ours(output: Path) -> None:
    """Refuse a folder that holds a file which the manifest of its dossier does not name."""
    if not output.exists() or not any(output.iterdir()):
        return
    if not (output / MANIFEST).is_file():
        raise OutputError("T007", "it holds other files", file=str(output))
    named = {MANIFEST, *dossier_manifest(output / MANIFEST).named}
    for name in files_below(output):
        if name not in named:
            raise OutputError("T007", f"it holds other files: {name}", file=str(output))


@contextmanager
def replaced_folder(output: Path) -> Iterator[Path]:
    """A folder beside another; it takes its place when all is written.

    ``output``: where it is to stand; a dossier that is there is moved aside, and goes when the new
    one stands. Yields: where to write. Raises O001 if it cannot be written, T007 if other files
    came there meanwhile.
    """
    with whole_folder(output) as folder:
        yield folder
        _ours(output)


def copied(
    inputs: dict[str, list[Path]], folder: Path
) -> tuple[dict[str, list[Path]], list[Named]]:
    """Copy the inputs into a dossier and hash them.

    ``inputs``: role → files or folders; ``folder``: the dossier; they go to ``inputs/<role>``.
    Returns ``copies``: as ``inputs``, inside the dossier; ``named``: every file with its hash.
    Raises CarbonError: the code of a file that is missing, by its role.
    """
    copies: dict[str, list[Path]] = {}
    named = []
    for role, paths in inputs.items():
        for number, path in enumerate(paths):
            if not path.exists():
                kind, code = MISSING[role]
                raise kind(code, file=str(path))
            home = folder / "inputs" / (role if number == 0 else f"{role}-{number + 1}")
            home.mkdir(parents=True)
            target = home / (path.resolve().name or "input")
            if path.is_dir():
                shutil.copytree(path, target, ignore=_special)
            else:
                shutil.copyfile(path, target)
            copies.setdefault(role, []).append(target)
            files = sorted(file for file in target.rglob("*") if file.is_file())
            named += [
                Named(role=role, path=file.relative_to(folder).as_posix(), sha256=digest(file))
                for file in (files if path.is_dir() else [target])
            ]
    return copies, named


def outputs(folder: Path, inputs: list[Named]) -> list[Named]:
    """Hash every file of a dossier that is no input."""
    known = {each.path for each in inputs}
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    return [
        Named(role="output", path=name, sha256=digest(folder / name))
        for name in names
        if name not in known
    ]


def restored(path: Path, manifest: Manifest) -> dict[str, list[Path]]:
    """Inputs of a manifest, unless one has changed.

    Returns: as :func:`make` takes them. Raises T011 with the file.
    """
    home = path.resolve().parent
    by_input: dict[str, list[Path]] = {}
    for each in manifest.inputs:
        file = home / each.path
        if not file.is_file():
            raise StudyError("T011", "it is missing", file=each.path)
        if not _really_inside(home, file):
            raise StudyError("T011", "a link is not followed", file=each.path)
        if digest(file) != each.sha256:
            raise StudyError("T011", f"SHA-256 is not {each.sha256[:12]}", file=each.path)
        parts = Path(each.path).parts
        folder = home.joinpath(*parts[:3])
        if folder not in by_input.setdefault(each.role, []):
            by_input[each.role].append(folder)
    known = {home / each.path for each in manifest.inputs}
    for folder in (path for paths in by_input.values() for path in paths if path.is_dir()):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file not in known:
                name = file.relative_to(home).as_posix()
                raise StudyError("T011", "the manifest does not name it", file=name)
    return by_input


def _special(folder: str, names: list[str]) -> list[str]:
    """What is neither a file nor a folder: whoever copies a pipe or a device does not end."""
    return [
        name for name in names if not (Path(folder, name).is_file() or Path(folder, name).is_dir())
    ]
