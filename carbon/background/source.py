"""Reads folders of published numbers, gives factor packages whose seals fit.

A package is a Frictionless Data Package: ``datapackage.json`` names the publisher, the licence,
the publisher's file and the hash of every table beside it.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.csv as arrow_csv
from pydantic_core import from_json

from carbon.background.tables import Tables
from carbon.base.errors import FactorsError
from carbon.base.files import read_bounded, whole_file, write_text

__all__ = [
    "DESCRIPTOR",
    "NUMBERS",
    "Package",
    "factors_root",
    "read_descriptor",
    "read_package",
    "read_schema",
    "seal",
    "write_rows",
]

DESCRIPTOR: Final = "datapackage.json"
"""File that describes a package."""

MAX_BYTES: Final = 64 * 1024 * 1024
"""Largest table that is read; a stranger's folder must not fill the memory."""

NUMBERS: Final = ("number", "integer")
"""Frictionless field types that are stored as float64."""

_EMPTY: Final = pa.scalar("")


@dataclass(frozen=True)
class Package:
    """One version of one source."""

    # name, version: as in the descriptor; together they name the package
    name: str
    version: str
    descriptor: dict[str, Any]  # the parsed ``datapackage.json``
    # tables by file stem; numbers are float64 (NaN where empty), text is str ("" where empty)
    tables: Tables
    digest: str  # SHA-256 of the descriptor, hence of every table

    @property
    def id(self) -> str:
        """Name and version, as ``desnz/2025``."""
        return f"{self.name}/{self.version}"


@cache
def factors_root() -> Path:
    """Folder of the factors that ship with the program.

    Returns ``carbon/factors`` of an installed wheel, else ``factors`` of the source tree.

    >>> (factors_root() / "editions").is_dir()
    True
    """
    here = Path(__file__).resolve().parents[1]
    installed = here / "factors"
    return installed if installed.is_dir() else here.parent / "factors"


def read_schema(table: str) -> dict[str, Any]:
    """Field names, types and descriptions of a table.

    ``table``: file stem of the table, as ``"exchanges"``. Returns: a Frictionless Table Schema.
    Raises F002 if no table of that name is known.

    >>> [field["name"] for field in read_schema("categories")["fields"]][:2]
    ['category', 'name']
    """
    path = factors_root() / "schema" / f"{table}.json"
    if not path.is_file():
        raise FactorsError("F002", "no such table in the schema", file=f"{table}.csv")
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def read_package(folder: Path, *, expected: str | None = None) -> Package:
    """Read a package and verify that nobody has edited it.

    ``folder``: the folder that holds ``datapackage.json``; ``expected``: SHA-256 that the edition
    locks; the descriptor must have it. A table of a locked package was looked over when it was
    sealed, and is parsed when it is wanted. Raises F001 if there is no package, F002 if a table
    breaks its schema, F003 if a hash differs, F004 if a number has no unit or citation.
    """
    path = folder / DESCRIPTOR
    if not path.is_file():
        raise FactorsError("F001", file=str(folder))
    descriptor, digest = read_descriptor(path)
    if expected is not None and digest != expected:
        raise FactorsError("F003", "the edition locks another version", file=str(path))
    listed = descriptor.get("resources") or []
    resources: list[dict[str, Any]] = listed if isinstance(listed, list) else []
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in resources):
        raise FactorsError("F002", "resources is a list of tables", file=str(path))
    named = [str(item.get("path", "")) for item in resources]
    if any("\0" in name or not name for name in named):
        raise FactorsError("F002", "a resource needs a path", file=str(path))
    unlisted = [table.name for table in _known_tables(folder) if table.name not in named]
    if unlisted or not named:
        raise FactorsError("F017", ", ".join(unlisted) or "no table is listed", file=str(path))
    makers = {}
    for resource in resources:
        table = folder / str(resource["path"])
        if table.resolve().parent != folder.resolve() or not table.is_file():
            raise FactorsError("F001", f"no table {resource.get('path')!r}", file=str(folder))
        content = _bytes(table)
        if "sha256:" + hashlib.sha256(content).hexdigest() != resource.get("hash"):
            raise FactorsError("F003", "the hash differs from the descriptor's", file=str(table))
        makers[table.stem] = partial(_own_copy, table, content)
    tables = Tables(makers)
    if expected is None:
        list(tables.values())
    return Package(descriptor["name"], str(descriptor["version"]), descriptor, tables, digest)


def seal(folder: Path) -> str:
    """List the tables of a package in its descriptor, with their hashes.

    Parameters
    ----------
    folder : pathlib.Path
        Folder with the tables and a ``datapackage.json`` that has at least name, version, title,
        licenses and citation.

    Returns
    -------
    str
        SHA-256 of the descriptor written, for the lock of an edition.

    Raises
    ------
    carbon.base.errors.FactorsError
        F001 without a descriptor, F002 and F004 if a table breaks its schema.
    """
    path = folder / DESCRIPTOR
    if not path.is_file():
        raise FactorsError("F001", file=str(folder))
    descriptor, _ = read_descriptor(path)
    resources = []
    for table in _known_tables(folder):
        _read_table(table, table.read_bytes())
        resources.append(
            {
                "name": table.stem.replace("_", "-"),
                "path": table.name,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "hash": "sha256:" + hashlib.sha256(table.read_bytes()).hexdigest(),
                "schema": f"../../schema/{table.stem}.json",
            }
        )
    descriptor["resources"] = resources
    text = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
    write_text(path, text)
    return hashlib.sha256(text.encode()).hexdigest()


def write_rows(folder: Path, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Write a table of a package: fields of its schema, UTF-8, LF, shortest exact floats.

    ``table``: file stem, as ``"exchanges"``; ``rows``: field → value; a field that a row leaves out
    is empty. Raises F002 if the table is not known or a number is not finite.
    """
    fields = [field["name"] for field in read_schema(table)["fields"]]
    path = folder / f"{table}.csv"
    for row in rows:
        if any(isinstance(value, float) and not math.isfinite(value) for value in row.values()):
            raise FactorsError("F002", "a number is not finite", file=str(path), value=str(row))
    with whole_file(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def _known_tables(folder: Path) -> list[Path]:
    """Tables of a folder that have a schema; others are sources of its ``make.py``."""
    schemas = {path.stem for path in (factors_root() / "schema").glob("*.json")}
    return [table for table in sorted(folder.glob("*.csv")) if table.stem in schemas]


def _bytes(path: Path) -> bytes:
    """Content of a file of a package."""
    return read_bounded(
        path, lambda detail: FactorsError("F002", detail, file=str(path)), MAX_BYTES
    )


def read_descriptor(path: Path) -> tuple[dict[str, Any], str]:
    """Descriptor of a package, and the SHA-256 of its bytes.

    ``path``: its ``datapackage.json``. Raises F002 if it is damaged, or lacks what every package
    says.
    """
    content = _bytes(path)
    try:
        descriptor = from_json(content)
    except ValueError as error:
        raise FactorsError("F002", str(error)[:200], file=str(path)) from None
    for key in ("name", "version", "title", "licenses", "citation"):
        if not isinstance(descriptor, dict) or not descriptor.get(key):
            raise FactorsError("F002", f"{key} is missing", file=str(path))
    for key in ("name", "version"):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", str(descriptor[key])):
            raise FactorsError("F002", f"{key} has letters, digits, . _ - only", file=str(path))
    return descriptor, hashlib.sha256(content).hexdigest()


def _own_copy(path: Path, content: bytes) -> pd.DataFrame:
    """A table that an edition may name and add columns to, whoever else has read it."""
    return _read_table(path, content).copy(deep=False)


@lru_cache(maxsize=128)
def _fields(table: str) -> tuple[dict[str, Any], ...]:
    """Fields of a table by its schema, which many packages have."""
    return tuple(read_schema(table)["fields"])


@lru_cache(maxsize=512)
def _read_table(path: Path, content: bytes) -> pd.DataFrame:
    """Reads a table's bytes, gives its fields; what was read once is not parsed again."""
    fields = _fields(path.stem)
    try:
        raw = arrow_csv.read_csv(
            pa.BufferReader(content),
            read_options=arrow_csv.ReadOptions(use_threads=False),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types={field["name"]: pa.string() for field in fields},
                strings_can_be_null=False,
            ),
        )
    except ValueError as error:
        raise FactorsError("F002", str(error), file=str(path)) from None
    missing = [field["name"] for field in fields if raw.column_names.count(field["name"]) != 1]
    if missing:
        raise FactorsError("F002", f"no column {', '.join(missing)}", file=str(path))
    columns: dict[str, pa.ChunkedArray] = {}
    for field in fields:
        name = field["name"]
        text = compute.utf8_trim_whitespace(raw[name])
        columns[name] = text
        required = field.get("constraints", {}).get("required")
        if field["type"] not in NUMBERS and not required:
            continue
        empty = compute.equal(text, _EMPTY).to_numpy()
        if field["type"] in NUMBERS:
            words = text.to_numpy()
            words[empty] = np.nan
            numbers = np.asarray(pd.to_numeric(words, errors="coerce"), dtype=np.float64)
            _refuse(path, name, text, ~empty & np.isnan(numbers), "F002")
            columns[name] = pa.chunked_array([pa.array(numbers)])
        if required:
            _refuse(path, name, text, empty, "F004")
    table: pd.DataFrame = pa.table(columns).to_pandas()
    return table


def _refuse(
    path: Path, name: str, column: pa.ChunkedArray, bad: npt.NDArray[np.bool_], code: str
) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise FactorsError(
            code, file=str(path), row=row + 2, column=name, value=column[row].as_py()
        )
