"""Reads what a run or a dossier did, gives its manifest: one format, with a version, that verifies.

The same run writes the same bytes; when it ran, and how fast, stands in a file of its own.
"""

from __future__ import annotations

import hashlib
import json
import platform
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal

import pandas as pd
from pyarrow import parquet
from pydantic import ConfigDict, Field
from pydantic_core import from_json

import carbon
from carbon.base.arguments import checked, file
from carbon.base.errors import OutputError
from carbon.base.faults import versions
from carbon.base.files import digest as file_digest
from carbon.base.files import read_bounded, whole_file, write_text
from carbon.base.rules import Rules
from carbon.catalogue.inputs import Input
from carbon.run.older_manifests import FORMAT, upgraded
from carbon.run.parts import digest, read_part
from carbon.run.plan import Outcome
from carbon.run.workspace import BatchRecord

__all__ = [
    "FORMAT",
    "Manifest",
    "Named",
    "files_below",
    "fonts",
    "libraries",
    "read_manifest",
    "verify",
    "write_json",
    "write_manifest",
]

LARGEST: Final = 100_000_000
"""Bytes that a manifest may have."""

LIBRARIES: Final = ("numpy", "pandas", "pyarrow", "xlsxwriter", "typst", "bw2calc")
"""Libraries whose versions can change the bytes of a result."""

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Named(Rules):
    """A file that a manifest names."""

    model_config = ConfigDict(str_strip_whitespace=False)

    role: str  # what it is to the run: ``catalogue``, ``result``, ``skus``, ``output`` …
    # as seen from the manifest; an input of a batch run by its name only
    path: Annotated[str, Field(min_length=1, max_length=4000)]
    sha256: Hash | Literal[""]  # of its bytes; empty where a result is a folder of very many files
    # bytes, rows: size [bytes], and rows of a result
    bytes: int | None = None
    rows: int | None = None


class Manifest(Rules):
    """What a run, a pool or a dossier rests on, and what it wrote."""

    model_config = ConfigDict(str_strip_whitespace=False)

    manifest: Literal["carbon-manifest/1"] = FORMAT  # name and version of the format
    program: str  # ``carbon-label`` and its version
    command: str  # as ``footprint`` or ``tax``
    # versions of what computes and writes, where bytes are to be made again
    libraries: dict[str, str] = Field(default_factory=dict)
    edition: str = ""
    edition_sha256: str = ""
    method: str = ""
    boundary: str = ""
    basis: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)  # what else decides the result
    about: dict[str, Any] = Field(default_factory=dict)  # counts and notes, which decide nothing
    inputs: list[Named] = Field(default_factory=list)
    outputs: list[Named] = Field(default_factory=list)
    parts: list[dict[str, Any]] = Field(default_factory=list)  # of a batch run

    @property
    def decided(self) -> dict[str, Any]:
        """What decides the numbers of a SKU whose cells are as they were."""
        names = ("command", "edition_sha256", "method", "boundary")
        options = {"version": self.program.rpartition(" ")[2], "options": self.arguments}
        return {name: getattr(self, name) for name in names} | options

    @property
    def named(self) -> dict[str, str]:
        """SHA-256 of every file that it names, by path."""
        return {each.path: each.sha256 for each in (*self.inputs, *self.outputs)}

    def output(self, role: str) -> Named | None:
        """The output of a role; None if there is none."""
        return next((named for named in self.outputs if named.role == role), None)


def read_manifest(path: Path | str, name: str = "") -> Manifest:
    """Read a manifest, also one of the formats before this one.

    ``name``: path or URL that errors name; the path without. Raises B006 if it is none.

    >>> read_manifest("nowhere.json")
    Traceback (most recent call last):
    carbon.base.errors.OutputError: B006 nowhere.json: ...
    """
    shown = name or str(path)
    data = read_bounded(Path(path), lambda detail: OutputError("B006", detail, file=shown), LARGEST)
    try:
        return Manifest.model_validate(upgraded(from_json(data)))
    except ValueError as error:
        # a failed check of a model is a ValueError too
        detail = str(error).splitlines()[0][:120]
        raise OutputError("B006", detail, file=shown) from None


@checked(path=file)
def verify(path: Path | str) -> pd.DataFrame:
    """Whether the files that a manifest names are as it left them.

    Parameters
    ----------
    path : path
        Manifest of a batch run, of a pool, of labels or of a dossier.

    Returns
    -------
    pandas.DataFrame
        Columns ``path role state sha256``: the state is ``same``, ``differs``, ``missing``,
        ``not plain`` (a link, device or pipe, which is not read), ``extra`` (in the folder of a
        dossier, which is whole) or ``not hashed``. Inputs are looked for beside the manifest;
        those of a batch run, which are named only, are ``not beside`` where they lie elsewhere.

    Raises
    ------
    carbon.base.errors.OutputError
        B006 if it is no manifest.

    Examples
    --------
    >>> import tempfile
    >>> from carbon import verify
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "manifest.json"
    ...     named = Named(role="result", path="a.csv", sha256="0" * 64)
    ...     write_json(Manifest(program="x 1", command="footprint", outputs=[named]), place)
    ...     verify(place)["state"].tolist()
    ['missing']
    """
    manifest, home = read_manifest(path), Path(path).resolve().parent
    rows = [
        (named.path, named.role, _state(home, named, kind), named.sha256)
        for kind, files in (("input", manifest.inputs), ("output", manifest.outputs))
        for named in files
    ]
    if manifest.command == "tax":
        known = {*manifest.named, Path(path).name}
        rows += [(name, "", "extra", "") for name in files_below(home) if name not in known]
    return pd.DataFrame(rows, columns=["path", "role", "state", "sha256"])


def files_below(home: Path) -> dict[str, Path]:
    """Every file, link and device in a folder, by its path there; links are not followed."""
    return {
        file.relative_to(home).as_posix(): file
        for file in sorted(home.rglob("*"))
        if file.is_symlink() or not file.is_dir()
    }


def _state(home: Path, named: Named, kind: str) -> str:
    """What is said of a file that a manifest names."""
    if "://" in named.path or not named.sha256:
        return "not hashed"
    file = home / named.path
    try:
        mode = file.lstat().st_mode
    except (OSError, ValueError):
        return "not beside" if kind == "input" and "/" not in named.path else "missing"
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "not plain"
    try:
        actual = digest(file) if file.is_dir() else file_digest(file)
    except OSError:
        return "not plain"
    return "same" if actual == named.sha256 else "differs"


def libraries() -> dict[str, str]:
    """Versions of what computes and writes.

    >>> "pandas" in libraries()
    True
    """
    return {"python": platform.python_version()} | versions(LIBRARIES)


def fonts() -> str:
    """Names and digests of the fonts in which PDF and outlined text are set.

    Returns: as ``NotoSansSC.ttf 3f5a9c0d1e2b``; empty if the machine has none with Chinese
    characters.
    """
    from carbon.paper.fonts import find_fonts

    try:
        known = find_fonts()
    except OutputError:
        return ""
    paths = dict.fromkeys((known.regular.path, known.bold.path))
    return ", ".join(f"{path.name} {file_digest(path)[:12]}" for path in paths)


def write_json(manifest: Manifest, path: Path) -> None:
    """Write a manifest; the same one gives the same bytes.

    Raises O001 if it cannot be written.
    """
    content = manifest.model_dump(exclude_defaults=True)
    _write({"manifest": FORMAT} | content, path)


def _write(content: Mapping[str, Any], path: Path) -> None:
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n")


def write_manifest(
    path: Path,
    plan: dict[str, Any],
    inputs: Sequence[Input],
    output: tuple[str, int, str],
    parts: Sequence[BatchRecord],
    outcome: Outcome,
    keys: Path | None,
    workers: int,
) -> list[Path]:
    """Write the manifest of a batch run, its times, and the table of SKUs if there is one.

    ``plan``: what decided the numbers, and how the headers were understood; ``output``: path, rows
    and SHA-256 of the result; ``keys``: folder of the parts, if they hold what
    :func:`carbon.run.keys.content_keys` gave. Returns: what was written, the manifest last: whoever
    finds it finds what it names.
    """
    name, rows, sha = output
    times_file = path.with_name(f"{path.stem}.times.json")
    written = [times_file, path]
    outputs = [Named(role="result", path=_relative(name, path), sha256=sha, rows=rows)]
    if keys is not None:
        table = path.with_name(f"{path.stem}.skus.parquet")
        _write_keys(table, keys, parts)
        outputs.append(Named(role="skus", path=table.name, sha256=digest(table)))
        written.insert(0, table)
    scope = ("command", "edition", "edition_sha256", "method", "boundary", "basis")
    manifest = Manifest(
        program=f"carbon-label {carbon.__version__}",
        **{key: plan[key] for key in scope},
        arguments=plan["options"],
        about={
            "headers": plan["headers"],
            "batch": plan["batch"],
            "skus": outcome.skus,
            "left_out": outcome.left_out,
            "problems": dict(sorted(outcome.codes.items())),
            "defaulted": dict(sorted(outcome.defaulted.items())),
            "rejects": [asdict(reject) for reject in outcome.rejects],
        },
        inputs=[
            Named(role="catalogue", path=each.name, bytes=each.size, sha256=_sha(each))
            for each in inputs
        ],
        outputs=outputs,
        parts=[
            {
                "number": part.number,
                "skus": part.skus,
                "rows": part.rows,
                "sha256": {each.name.split(".")[1]: each.sha256 for each in part.files},
            }
            for part in parts
        ],
    )
    _write(
        {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(outcome.seconds, 3),
            "skus_per_second": round(outcome.skus / max(outcome.seconds, 1e-9), 1),
            "skus_of_an_interrupted_run": outcome.resumed,
            "workers": workers,
            "machine": f"{platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}",
        },
        times_file,
    )
    write_json(manifest, path)
    return written


def _sha(item: Input) -> str:
    with item.open() as source:
        hashed = hashlib.sha256()
        while block := source.read(1 << 22):
            hashed.update(block)
        return hashed.hexdigest()


def _relative(name: str, manifest: Path) -> str:
    """Path of the result as seen from the manifest, if it lies beside or below it."""
    if "://" in name:
        return name
    result, folder = Path(name).resolve(), manifest.resolve().parent
    inside = result.is_relative_to(folder)
    return PurePosixPath(result.relative_to(folder) if inside else result).as_posix()


def _write_keys(path: Path, folder: Path, parts: Iterable[BatchRecord]) -> None:
    """Table of SKUs in the order of the result."""
    with whole_file(path) as draft:
        file: Any = None
        for part in parts:
            if part.has("keys"):
                table = read_part(folder / part.name_of("keys"))
                file = file or parquet.ParquetWriter(draft, table.schema, compression="zstd")
                file.write_table(table)
        if file is not None:
            file.close()
