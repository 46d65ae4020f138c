"""One way to open files: whoever reads or writes by other means stands on a list, with a reason."""

from __future__ import annotations

import ast
import csv
import io
import os
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import pytest

from carbon.background.mapping import _table as mapping_table
from carbon.background.source import read_package
from carbon.base.errors import CarbonError
from carbon.base.files import read_bounded, whole_file, whole_files, whole_folder, write_text
from carbon.catalogue.inputs import inputs_of
from carbon.footprint.reference import read_references
from carbon.footprint.scenario_file import read_scenario
from carbon.incentive.dossier import earlier
from carbon.incentive.vat_rules import TaxRule, load_rule
from carbon.label.render import name_of
from carbon.liveroom.settlement import read_history
from carbon.run.label_index import read_index
from carbon.run.manifest import read_manifest
from carbon.run.results import read_result

ROOT: Final = Path(__file__).resolve().parents[1]
METHODS: Final = {
    *("open", "write_text", "write_bytes", "read_text", "read_bytes", "to_csv", "to_parquet"),
    *("to_excel", "to_feather", "to_pickle", "tofile", "fromfile", "rmtree", "copytree"),
    *("copyfile", "copyfileobj", "copy2", "move", "mkstemp", "mkdtemp", "NamedTemporaryFile"),
    *("TemporaryDirectory", "read_csv", "read_parquet", "read_excel", "read_feather", "read_table"),
    *("ParquetFile", "ParquetWriter", "ZipFile", "urlopen", "urlretrieve", "OSFile", "memory_map"),
    *("loadtxt", "savetxt"),
}
"""Functions and methods that open a file."""

CALLS: Final = {"os.replace", "os.rename", "os.remove", "os.unlink", "os.makedirs"}


def opened() -> Counter[str]:
    """File of the program → its calls that open a file."""
    found: Counter[str] = Counter()
    for path in sorted((ROOT / "carbon").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                whole = ast.unparse(node.func)
                name = whole.rpartition(".")[2]
                # text and tables written by base/files and run/results are called as functions
                method = isinstance(node.func, ast.Attribute) or name == "open"
                if whole in CALLS or (method and name in METHODS):
                    found[path.relative_to(ROOT).as_posix()] += 1
    return found


def test_nobody_opens_files_by_other_means() -> None:
    """A new call uses base/files (read_bounded, whole_file, …), or gives its reason in the list."""
    with (ROOT / "tests/openers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["file"]: int(row["calls"]) for row in rows} == dict(opened())
    assert all(len(row["why"]) > 3 for row in rows)


READERS: Final[dict[str, Callable[[Path], Any]]] = {
    "rules.toml": load_rule,
    "references.json": read_references,
    "scenario.toml": read_scenario,
    "mapping.csv": mapping_table,
    "000001.json": lambda path: read_history(path.parent),
    "dossier.json": lambda path: earlier(path, cast("TaxRule", None)),
    "datapackage.json": lambda path: read_package(path.parent),
    "index.csv": read_index,
    "index.zip": read_index,
    "manifest.json": read_manifest,
    "rooms.csv": lambda path: read_result(path, ["room"]),
    "rooms.parquet": lambda path: read_result(path, ["room"]),
    "rooms.xlsx": lambda path: read_result(path, ["room"]),
    "goods.jsonl": inputs_of,
}


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "link to itself"])
@pytest.mark.parametrize("name", READERS)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes, links and devices of Unix")
def test_whatever_is_no_plain_file_is_refused_at_once(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else path)
    with pytest.raises(CarbonError):
        READERS[name](path)


DEEP: Final = {"json": b"[" * 100_000, "toml": b"x = " + b"[" * 100_000}


@pytest.mark.parametrize("name", [name for name in READERS if name[-4:] in ("json", "toml")])
def test_deep_text_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for data in (DEEP[name[-4:]], b"\xff\xfe\x00", b"", b"9" * 6000, b'{"a": NaN', b"null", b"[1]"):
        path.write_bytes(data)
        with pytest.raises(CarbonError):
            READERS[name](path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(ValueError, match="more than 5 bytes"):
        read_bounded(path, lambda detail: ValueError(detail), 5)


def test_outputs_are_the_users_alone_under_such_a_mask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_text(tmp_path / "new" / "a.txt", "a")
        with whole_folder(tmp_path / "b") as place:
            (place / "a.txt").write_text("a", encoding="utf-8")
        with whole_files(tmp_path / "c") as place:
            (place / "a.txt").write_text("a", encoding="utf-8")
        with whole_file(tmp_path / "a.key", private=True) as place:
            place.write_text("a", encoding="utf-8")
    finally:
        os.umask(before)
    for path in tmp_path.rglob("*"):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path
    assert not list(tmp_path.rglob(".*"))


RESERVED: Final = {
    *("con", "prn", "aux", "nul"),
    *(f"{name}{digit}" for name in ("com", "lpt") for digit in "123456789¹²³"),
}


def test_a_file_of_a_label_can_be_made_on_every_system() -> None:
    """Reserved names, trailing dots, streams, and names that differ in case or form only."""
    skus = ["CON", "con.txt", "NUL", "aux.", "COM1", "LPT¹", "a", "A", "a.", "a ", "a:b", "a/b"]
    skus += [
        "é",
        "e\u0301",
        "ß",
        "ss",
        "..",
        "-",
        "",
        "a" * 400,
        "茶" * 90,
        "\ud800",
        "a\\b",
        "a|b",
    ]
    names = [name_of(sku) for sku in skus]
    assert len({name.casefold() for name in names}) == len(skus)
    for name in names:
        folder, stem = name.split("/")
        for part in (folder, stem, f"{stem}.svg"):
            assert part.split(".")[0].casefold() not in RESERVED
            assert not set(part) & set('<>:"/\\|?*')
            assert part.isascii()
            assert part == part.strip(" .")
        assert len(name) < 80


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    class Full(io.StringIO):
        write = fail

    for way in (whole_file, whole_folder, whole_files):
        place = tmp_path / ("a.txt" if way is whole_file else "f")
        with pytest.raises(CarbonError, match="O001"), way(place):
            Full().write("a")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.rglob("*")) in (["a.txt"], ["a.txt", "f"])
