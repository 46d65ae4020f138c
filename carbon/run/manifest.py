"""What a run did: its inputs, its edition, its options, its parts.

The same run writes the same bytes; when it ran, and how fast, stands in a file of its own.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.util import hash_array
from pyarrow import parquet

from carbon.base.errors import OutputError
from carbon.base.files import whole_file
from carbon.catalogue import cells
from carbon.catalogue.gather import filled_down
from carbon.catalogue.inputs import Input
from carbon.catalogue.schema import Whole
from carbon.catalogue.seen import sku_digests
from carbon.catalogue.sessions import session_keys
from carbon.catalogue.sheets import Sheet
from carbon.catalogue.stream import Stream
from carbon.run.parts import digest, read_part

if TYPE_CHECKING:
    from carbon.run.batches import Outcome

__all__ = ["content_keys", "line_skus", "read_manifest", "write_manifest"]

Hashes = NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def content_keys(sheets: dict[str, Sheet], whole: Whole, stream: Stream) -> pd.DataFrame:
    """What each SKU is and what its rows say, as numbers.

    Parameters
    ----------
    sheets : dict of str to Sheet
        Tables of a batch.
    whole : Whole
    stream : Stream

    Returns
    -------
    pandas.DataFrame
        Columns ``sku, a, b`` (128 bits of the SKU), ``content`` (64 bits of all its cells and
        lines, and of its live session) and ``again`` (the SKU stood before).
    """
    main = sheets["skus"]
    content = _row_hashes(main, "skus", stream)
    sku = _texts(main, "skus", "sku", stream)
    for table, sheet in sheets.items():
        if table == "skus":
            continue
        named = line_skus(sheet, stream.headers[table]["sku"].source)
        owner = pc.index_in(named, value_set=sku, skip_nulls=True)
        at = pc.fill_null(owner, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        known = np.flatnonzero(at >= 0)
        known = known[np.argsort(at[known], kind="stable")]
        place = np.arange(len(known)) - np.searchsorted(at[known], at[known])
        lines = _row_hashes(sheet, table, stream)[known]
        np.add.at(content, at[known], _mixed(lines + place.astype(np.uint64) * _GOLDEN))
    if stream.sessions is not None and len(stream.sessions):
        told = stream.sessions.astype("object")
        words = np.array(["|".join(map(repr, row)) for row in told.to_numpy().tolist()], object)
        of = np.append(hash_array(words, categorize=False), np.uint64(0))
        named = pd.DataFrame(
            {
                name: _texts(main, "skus", name, stream).to_numpy(zero_copy_only=False)
                for name in ("session", "merchant")
            }
        )
        keys_of = pd.Index(session_keys(named), dtype="object")
        found = np.where(keys_of.isna(), -1, stream.sessions.index.get_indexer(keys_of))
        content += _mixed(of[found])
    keys = sku_digests(sku)
    again = np.zeros(len(keys), bool)
    again[whole.repeats] = True
    return pd.DataFrame(
        {
            "sku": pd.array(pc.fill_null(sku, ""), dtype="str"),
            "a": keys[:, 0],
            "b": keys[:, 1],
            "content": content,
            "again": again,
        }
    )


def line_skus(sheet: Sheet, header: str) -> Any:
    """SKU of each line; a blank cell takes the one above it, as when the lines are read.

    Parameters
    ----------
    sheet : Sheet
    header : str
        Of its SKUs.
    """
    column = sheet.columns[sheet.headers.index(header)]
    return filled_down(sheet, column, cells.clean(column))


def _texts(sheet: Sheet, table: str, column: str, stream: Stream) -> Any:
    header = stream.headers[table].get(column)
    if header is None:
        return pa.nulls(len(sheet.lines), pa.string())
    return cells.clean(sheet.columns[sheet.headers.index(header.source)])


def _row_hashes(sheet: Sheet, table: str, stream: Stream) -> Hashes:
    """64 bits of the known cells of each row, and of its being well formed."""
    out = np.zeros(len(sheet.lines), np.uint64)
    for name, header in stream.headers[table].items():
        meaning = f"{table}|{name}|{header.unit}|{f'{table}.{name}' in stream.fractions}"
        seed = int.from_bytes(hashlib.blake2b(meaning.encode(), digest_size=8).digest(), "big")
        texts = pc.fill_null(_texts(sheet, table, name, stream), "\x00")
        words = hash_array(texts.to_numpy(zero_copy_only=False), categorize=False)
        out += _mixed(words ^ np.uint64(seed))
    for fault in sheet.faults:  # a row that is not well formed fails, whatever its cells
        out[sheet.rows_of(fault)] += _GOLDEN
    return out


def _mixed(words: Hashes) -> Hashes:
    """Finalizer of SplitMix64 (Steele et al. 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def write_manifest(
    path: Path,
    plan: dict[str, Any],
    inputs: Sequence[Input],
    output: tuple[str, int, str],
    parts: list[dict[str, Any]],
    outcome: Outcome,
    keys: Path | None,
    workers: int,
) -> list[Path]:
    """Write the manifest, its times, and the table of SKUs if there is one.

    Parameters
    ----------
    path : pathlib.Path
    plan : dict
        What decided the numbers.
    inputs : sequence of Input
    output : tuple of str, int and str
        Path, rows and SHA-256 of the result.
    parts : list of dict
    outcome : Outcome
    keys : pathlib.Path, optional
        Folder of the parts, if they hold what :func:`content_keys` gave.
    workers : int

    Returns
    -------
    list of pathlib.Path
        What was written, the manifest last: whoever finds it finds what it names.
    """
    name, rows, sha = output
    told = path.with_name(f"{path.stem}.times.json")
    written = [told, path]
    content = {
        "program": "carbon-label",
        **plan,
        "inputs": [
            {"file": each.name, "bytes": each.size, "sha256": _sha(each)} for each in inputs
        ],
        "output": {"file": _relative(name, path), "rows": rows, "sha256": sha},
        "skus": outcome.skus,
        "left_out": outcome.left_out,
        "problems": dict(sorted(outcome.codes.items())),
        "defaulted": dict(sorted(outcome.defaulted.items())),
        "rejects": [
            {"file": each.file, "first": each.first, "last": each.last, "reason": each.reason}
            for each in outcome.rejects
        ],
        "parts": [
            {
                "number": part["number"],
                "skus": part["skus"],
                "rows": part["rows"],
                "sha256": {each["name"].split(".")[1]: each["sha256"] for each in part["files"]},
            }
            for part in parts
        ],
    }
    if keys is not None:
        table = path.with_name(f"{path.stem}.skus.parquet")
        _write_keys(table, keys, parts)
        content["table"] = {"file": table.name, "sha256": digest(table)}
        written.insert(0, table)
    times = {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(outcome.seconds, 3),
        "skus_per_second": round(outcome.skus / max(outcome.seconds, 1e-9), 1),
        "skus_of_an_interrupted_run": outcome.resumed,
        "workers": workers,
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }
    for where, what in ((told, times), (path, content)):
        text = json.dumps(what, ensure_ascii=False, indent=1, default=str)
        with whole_file(where) as beside:
            beside.write_text(text + "\n", encoding="utf-8", newline="\n")
    return written


def _sha(item: Input) -> str:
    with item.open() as source:
        found = hashlib.sha256()
        while block := source.read(1 << 22):
            found.update(block)
        return found.hexdigest()


def _relative(name: str, manifest: Path) -> str:
    """Path of the result as seen from the manifest, if it lies beside or below it."""
    if "://" in name:
        return name
    result, folder = Path(name).resolve(), manifest.resolve().parent
    inside = result.is_relative_to(folder)
    return PurePosixPath(result.relative_to(folder) if inside else result).as_posix()


def _write_keys(path: Path, folder: Path, parts: list[dict[str, Any]]) -> None:
    """Table of SKUs in the order of the result."""
    with whole_file(path) as beside:
        file: Any = None
        for part in parts:
            name = f"{part['number']:06d}.keys"
            if any(each["name"] == name for each in part["files"]):
                table = read_part(folder / name)
                file = file or parquet.ParquetWriter(beside, table.schema, compression="zstd")
                file.write_table(table)
        if file is not None:
            file.close()


def read_manifest(path: Path, name: str) -> dict[str, Any]:
    """Read the manifest of a run.

    Parameters
    ----------
    path : pathlib.Path
    name : str
        Path or URL that is told to the user.

    Raises
    ------
    carbon.base.errors.OutputError
        B006 if it is none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError("B006", str(error), file=name) from None
    if not isinstance(found, dict) or found.get("program") != "carbon-label":
        raise OutputError("B006", file=name)
    if "table" not in found:
        raise OutputError("B006", "it has no table of SKUs: give --manifest", file=name)
    for kind in ("table", "output"):
        told = found.get(kind)
        if not isinstance(told, dict) or not {"file", "sha256"} <= told.keys():
            raise OutputError("B006", f"it does not say which file its {kind} is", file=name)
    return found
