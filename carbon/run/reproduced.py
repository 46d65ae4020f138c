"""Reads a dossier as filed and one made again from it, gives what differs.

Every file that lies in the folder is held against the one made again, not against the manifest: a
manifest is written by whoever hands the dossier in. Two questions are answered apart: whether the
bytes are equal, and whether the amounts are.
"""

from __future__ import annotations

import lzma
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from carbon.base.files import digest
from carbon.run.dossier_folder import MANIFEST
from carbon.run.manifest import Manifest, Named, files_below

__all__ = ["STATES", "Reproduction", "held_against"]

STATES: Final = ("same", "misstated", "changed", "differs", "missing", "extra", "not_plain")
"""What may be said of a file: see :class:`Reproduction`."""

TOLERANCE: Final = 1e-9
"""Relative difference up to which two amounts are equal: far below the last digit of any."""

SPARE: Final = 1_000_000
"""Bytes by which a file that is compared may exceed twice the one made again."""

NUMBER: Final = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
UNREADABLE: Final = (
    *(OSError, ValueError, KeyError, EOFError, RuntimeError),  # RuntimeError: it is encrypted
    *(pa.ArrowException, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
)
"""Errors of a file that is not what it seems."""

FOUND_ALIKE: Final = ("same", "misstated")
CLAIMS: Final = (
    *("program", "command", "edition", "edition_sha256", "method", "boundary", "basis"),
    *("arguments", "about", "parts"),
)


@dataclass(frozen=True, eq=False)
class Reproduction:
    """A dossier that was handed in, held against the one made again."""

    # columns ``path state amounts``. The state is ``same`` (the bytes, and the hash that the
    # manifest states), ``misstated`` (the bytes, but the manifest states another hash), ``changed``
    # (neither as made again nor as the manifest states), ``differs`` (as the manifest states, not
    # as made again), ``missing``, ``extra`` or ``not_plain`` (a link or device, not read). Amounts
    # are ``equal``, ``differ`` or ``not_read``
    files: pd.DataFrame
    # columns ``field stated used``: what the manifest says of itself and is not so
    claims: pd.DataFrame
    versions: pd.DataFrame  # the same columns: libraries and fonts that are others now
    edition: str  # in which it was made again

    @property
    def bytes_equal(self) -> bool:
        """Whether the folder and the one made again are the same, byte for byte."""
        return bool((self.files["state"] == "same").all()) and self.claims.empty

    @property
    def amounts_equal(self) -> bool:
        """Whether all amounts that can be read are equal, no file more or less, no claim false.

        Another version of program or libraries is no false claim; a file whose amounts cannot be
        read, as a PDF, is passed over only if its manifest states it so and other versions made it.
        """
        unread = self.files[self.files["amounts"] == "not_read"]
        false = self.claims[self.claims["field"] != "program"]
        excused = ("same", "differs") if self._other_versions else ("same",)
        return bool(
            (self.files["amounts"] != "differ").all()
            and (self.files["state"] != "misstated").all()
            and unread["state"].isin(excused).all()
            and false.empty
        )

    @property
    def _other_versions(self) -> bool:
        return len(self.versions) > 0 or "program" in set(self.claims["field"])

    @property
    def unread(self) -> list[str]:
        """Files of other bytes whose amounts were not compared."""
        other = ~self.files["state"].isin(FOUND_ALIKE) & (self.files["amounts"] == "not_read")
        return [str(path) for path in self.files.loc[other, "path"]]

    @property
    def cause(self) -> str:
        """Why bytes differ, as far as can be told."""
        rows = [*self.claims.to_dict("records"), *self.versions.to_dict("records")]
        parts = [f"{row['field']} {row['stated']} now {row['used']}"[:200] for row in rows]
        wrong = self.files.loc[self.files["state"].isin(("changed", "extra", "missing")), "path"]
        if len(wrong):
            parts.append("changed after the manifest was written")
        text = ", ".join(parts)
        return text or "the versions and fonts are the same: another processor, or a forged file"


def held_against(home: Path, stated: Manifest, again: Path, made: Manifest) -> Reproduction:
    """Hold a dossier as it lies on disk against the one made again.

    ``home``: folder that was handed in; ``stated``: its manifest; ``again``: folder made again from
    its inputs; ``made``: of that.
    """
    disk, said = files_below(home), stated.named
    true = made.named | {MANIFEST: digest(again / MANIFEST)}
    program = (stated.program.encode(), made.program.encode())
    rows = []
    for name in sorted({*disk, *true, *said}):
        state = _state(disk.get(name), true.get(name), said.get(name), name == MANIFEST)
        amounts = "equal"
        if name == MANIFEST and state == "differs":
            pass  # what it says is held against what is so, field by field
        elif state in ("changed", "differs"):
            amounts = _amounts(disk[name], again / name, program)
        elif state not in FOUND_ALIKE:
            amounts = "differ"
        rows.append((name, state, amounts))
    files = pd.DataFrame(rows, columns=["path", "state", "amounts"])
    return Reproduction(files, _claims(stated, made), _versions(stated, made), made.edition)


def _state(path: Path | None, true: str | None, said: str | None, manifest: bool) -> str:
    """One of :data:`STATES`."""
    if path is None:
        return "missing"
    if not stat.S_ISREG(path.lstat().st_mode):
        return "not_plain"
    if true is None:
        return "extra"
    actual = digest(path)
    if actual == true:
        return "same" if manifest or said == true else "misstated"
    return "differs" if manifest or said == actual else "changed"


def _table(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["field", "stated", "used"])


def _claims(stated: Manifest, made: Manifest) -> pd.DataFrame:
    """What a manifest says of its scope, program, rule and files that is not so."""
    rows = [
        (name, _plain(getattr(stated, name)), _plain(getattr(made, name)))
        for name in CLAIMS
        if getattr(stated, name) != getattr(made, name)
    ]
    for name in ("inputs", "outputs"):
        before, now = (_listed(getattr(each, name)) for each in (stated, made))
        if before != now:
            rows.append((name, f"{len(before)} named", f"{len(now)}"))
    return _table(rows)


def _plain(value: object) -> str:
    return str(value)[:80]


def _listed(named: list[Named]) -> list[tuple[str, str, object, object]]:
    # whether a hash is right is said of the file itself
    return sorted((each.role, each.path, each.bytes, each.rows) for each in named)


def _versions(stated: Manifest, made: Manifest) -> pd.DataFrame:
    names = sorted({*stated.libraries, *made.libraries})
    pairs = [(name, stated.libraries.get(name, ""), made.libraries.get(name, "")) for name in names]
    return _table(
        [(name, before[:40] or "none", now) for name, before, now in pairs if before != now]
    )


def _amounts(path: Path, again: Path, program: tuple[bytes, bytes]) -> str:
    """Whether two files of other bytes hold equal amounts, and the same words around them."""
    if path.stat().st_size > 2 * again.stat().st_size + SPARE:
        return "differ"
    kind = path.suffix.lower()
    try:
        if kind == ".parquet":
            equal = _same_parquet(path, again)
        elif kind == ".xlsx":
            equal = _same_workbook(path, again, program)
        elif kind in (".csv", ".json", ".svg", ".toml"):
            equal = _same_text(path.read_bytes().replace(*program), again.read_bytes())
        else:
            return "not_read"
    except UNREADABLE:
        return "differ"
    return "equal" if equal else "differ"


def _same_text(first: bytes, second: bytes) -> bool:
    """Whether texts are the same but for the last bits of their numbers."""
    if first == second:
        return True
    if NUMBER.sub(b"0", first) != NUMBER.sub(b"0", second):
        return False
    first_text, other = (
        np.array([float(each) for each in NUMBER.findall(text)]) for text in (first, second)
    )
    return bool(np.isclose(first_text, other, rtol=TOLERANCE, atol=0).all())


def _same_workbook(path: Path, again: Path, program: tuple[bytes, bytes]) -> bool:
    with zipfile.ZipFile(path) as first, zipfile.ZipFile(again) as second:
        names = sorted(second.namelist())
        if sorted(first.namelist()) != names:
            return False
        for name in names:
            if first.getinfo(name).file_size > 2 * second.getinfo(name).file_size + SPARE:
                return False
            if not _same_text(first.read(name).replace(*program), second.read(name)):
                return False
    return True


def _same_parquet(path: Path, again: Path) -> bool:
    # repeated texts stay as they are stored: spread out, a small file becomes very large
    schema = parquet.read_schema(again)
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    with (
        parquet.ParquetFile(path, read_dictionary=texts) as first,
        parquet.ParquetFile(again, read_dictionary=texts) as second,
    ):
        sizes = [
            sum(each.metadata.row_group(at).total_byte_size for at in range(each.num_row_groups))
            for each in (first, second)
        ]
        rows = first.metadata.num_rows == second.metadata.num_rows
        if not rows or sizes[0] > 2 * sizes[1] + SPARE or first.schema_arrow != second.schema_arrow:
            return False
        first_batch, other = first.read(), second.read()
    for name in other.column_names:
        left, right = first_batch.column(name), other.column(name)
        if pa.types.is_floating(left.type):
            close = np.isclose(
                left.to_numpy(), right.to_numpy(), rtol=TOLERANCE, atol=0, equal_nan=True
            )
            if not close.all():
                return False
        elif not left.equals(right):
            return False
    return True
