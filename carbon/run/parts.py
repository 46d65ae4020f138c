"""Reads results of batches, gives one complete result of their files in order.

The bytes of the whole do not depend on how the parts were cut: text is joined as it is, and the
rows of Parquet are cut again.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from carbon.base.digits import carried_table
from carbon.base.errors import OutputError
from carbon.base.files import digest as file_digest
from carbon.run.csv_files import write_csv
from carbon.run.results import FORMATS, SHEET_ROWS, as_text, json_lines

__all__ = [
    "KEPT",
    "FrameFile",
    "Joiner",
    "arrow",
    "digest",
    "groups",
    "joiner",
    "read_part",
    "stream_to",
    "write_part",
]

GROUP: Final = 1 << 17
"""Rows of a row group of Parquet."""

KEPT: Final = ".arrow"
"""Suffix of parts joined to what is read again."""

_WORDS: Final = pa.dictionary(pa.int32(), pa.string())


def arrow(frame: pd.DataFrame) -> pa.Table:
    """Table of a frame whose types do not depend on its rows.

    ``frame``: categories become a dictionary of texts, other objects texts.

    >>> frame = pd.DataFrame({"a": [None, None], "b": pd.Categorical(["x", "x"])})
    >>> [str(kind) for kind in arrow(frame.astype({"a": object})).schema.types]
    ['string', 'dictionary<values=string, indices=int32, ordered=0>']
    """
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    for at, field in enumerate(table.schema):
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = _WORDS
        elif pa.types.is_null(kind) or pa.types.is_large_string(kind):
            kind = pa.string()
        if kind != field.type:
            table = table.set_column(at, field.name, table.column(at).cast(kind))
    return table


def digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and digests of the files of a folder."""
    if path.is_dir():
        names = sorted(item.name for item in path.iterdir())
        lines = "".join(f"{digest(path / name)}  {name}\n" for name in names)
        return hashlib.sha256(lines.encode()).hexdigest()
    return file_digest(path)


def write_part(frame: pd.DataFrame, path: Path, suffix: str) -> str:
    """Write the rows of a batch; the file appears only when it is whole.

    ``suffix``: of the result: text is written as it will stand there. Returns: its SHA-256.
    """
    frame = carried_table(frame)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if suffix == ".csv":
            write_csv(arrow(as_text(frame)), draft, header=False)
        elif suffix == ".jsonl":
            with draft.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(json_lines(frame))
        else:
            table = arrow(frame)
            lz4 = pa.ipc.IpcWriteOptions(compression="lz4", unify_dictionaries=True)
            with (
                draft.open("wb") as sink,
                pa.ipc.new_file(sink, table.schema, options=lz4) as writer,
            ):
                writer.write_table(table)
        actual = digest(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return actual


def read_part(path: Path) -> pa.Table:
    """Rows of a part that is no text."""
    with pa.OSFile(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def stream_to(path: Path, schema: pa.Schema) -> Any:
    """Begin a file of rows that :func:`groups` reads; each group may have words of its own."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    return pa.ipc.new_stream(pa.OSFile(str(path), "wb"), schema, options=options)


def groups(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Rows of a file of :func:`stream_to`, one group in memory at a time.

    ``columns``: only these; the others are not decompressed. Yields: one at least, be it empty.
    """
    with pa.OSFile(str(path)) as source:
        schema = pa.ipc.read_schema(source)
        source.seek(0)
        wanted = [] if columns is None else [schema.get_field_index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(included_fields=wanted)
        with pa.ipc.open_stream(source, options=options) as stream:
            empty = True
            for batch in stream:
                empty = False
                yield pa.Table.from_batches([batch])
            if empty:
                yield stream.schema.empty_table()


class Joiner(Protocol):
    """Joins parts into a whole."""

    def add(self, part: Path) -> None:
        """Add the next part."""

    def close(self) -> None:
        """Finish."""


class _Text:
    """CSV and JSON Lines: one text behind the other."""

    def __init__(self, target: Path, head: bytes) -> None:
        self._file = target.open("wb")
        self._file.write(head)

    def add(self, part: Path) -> None:
        with part.open("rb") as source:
            shutil.copyfileobj(source, self._file, 1 << 22)

    def close(self) -> None:
        self._file.close()


class _Groups:
    """Rows in groups of one size, however the parts were cut."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._file: Any = None
        self._held: list[pa.Table] = []
        self._rows = 0

    def add(self, part: Path) -> None:
        table = read_part(part)
        self._held.append(table)
        self._rows += len(table)
        if self._rows >= GROUP:
            joined = pa.concat_tables(self._held)
            full = self._rows - self._rows % GROUP
            for start in range(0, full, GROUP):
                self._write(joined.slice(start, GROUP))
            rest = joined.slice(full)
            self._held, self._rows = [rest], len(rest)

    def _write(self, table: pa.Table) -> None:
        raise NotImplementedError

    def close(self) -> None:
        if self._held and (self._rows or self._file is None):
            self._write(pa.concat_tables(self._held))
        self._held = []
        if self._file is not None:
            self._file.close()


class _Parquet(_Groups):
    """One Parquet file, in row groups of one size."""

    def _write(self, table: pa.Table) -> None:
        if self._file is None:
            words = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
            self._file = parquet.ParquetWriter(
                self._target, table.schema, compression="zstd", use_dictionary=words
            )
        for at, field in enumerate(table.schema):
            if field.type == _WORDS:
                table = table.set_column(at, field, _ordered(table.column(at)))
        self._file.write_table(table, row_group_size=GROUP)


class _Kept(_Groups):
    """What is no result yet, of which some columns are read, or all rows one group at a time."""

    def _write(self, table: pa.Table) -> None:
        if self._file is None:
            self._file = stream_to(self._target, table.schema)
        self._file.write_table(table.unify_dictionaries().combine_chunks())


def _ordered(column: pa.ChunkedArray) -> pa.Array:
    """Codes of words in the order in which these appear."""
    words = column.unify_dictionaries().combine_chunks()
    if isinstance(words, pa.ChunkedArray):
        words = words.chunk(0) if words.num_chunks else pa.array([], _WORDS)
    met = pc.dictionary_encode(words.indices)
    return pa.DictionaryArray.from_arrays(met.indices, words.dictionary.take(met.dictionary))


class _Sheet:
    """A spreadsheet: it must be written at once."""

    def __init__(self, target: Path, name: str) -> None:
        self._target, self._name = target, name
        self._held: list[pa.Table] = []

    def add(self, part: Path) -> None:
        self._held.append(read_part(part))
        if sum(map(len, self._held)) >= SHEET_ROWS:
            raise OutputError("O003", file=self._name)

    def close(self) -> None:
        if self._held:
            FORMATS[".xlsx"](pa.concat_tables(self._held).to_pandas(), self._target)


class _Folder:
    """A folder with a Parquet file for each part."""

    def __init__(self, target: Path) -> None:
        self._target, self._number = target, 0
        target.mkdir()

    def add(self, part: Path) -> None:
        file = _Parquet(self._target / f"part-{self._number:06d}.parquet")
        file.add(part)
        file.close()
        self._number += 1

    def close(self) -> None:
        """Nothing is left to do."""


def joiner(suffix: str, target: Path, columns: list[str], name: str) -> Joiner:
    """Begin to join.

    ``suffix``: ``.csv``, ``.jsonl``, ``.parquet``, ``.xlsx``, empty for a folder of Parquet, or
    :data:`KEPT` for what :func:`groups` reads again.
    """
    if suffix == ".csv":
        return _Text(target, header_line(columns))
    if suffix == ".jsonl":
        return _Text(target, b"")
    if suffix == ".xlsx":
        return _Sheet(target, name)
    if suffix == KEPT:
        return _Kept(target)
    return _Parquet(target) if suffix == ".parquet" else _Folder(target)


class FrameFile:
    """A file of frames, joined as the batches of a run are."""

    def __init__(self, target: Path, name: str, scratch: Path) -> None:
        self._target, self._name, self._scratch = target, name, scratch
        self._suffix = target.suffix.lower()
        self._joiner: Joiner | None = None

    def add(self, frame: pd.DataFrame) -> None:
        """Add the next rows."""
        if self._joiner is None:
            columns = [str(name) for name in frame.columns]
            self._joiner = joiner(self._suffix, self._target, columns, self._name)
        write_part(frame, self._scratch, self._suffix)
        self._joiner.add(self._scratch)
        self._scratch.unlink()

    def close(self) -> None:
        """Finish, if anything was added."""
        if self._joiner is not None:
            self._joiner.close()


def header_line(columns: list[str]) -> bytes:
    """Line of headers of a CSV file."""
    sink = io.BytesIO()
    empty = as_text(pd.DataFrame({name: pd.Series(dtype="str") for name in columns}))
    write_csv(pa.Table.from_pandas(empty, preserve_index=False), sink)
    return sink.getvalue()
