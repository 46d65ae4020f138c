"""A dossier that somebody forged: no change of a file, a manifest or both passes for reproduced."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import carbon.office as office
from carbon.base.errors import CarbonError
from carbon.base.rules import templates_root
from carbon.run.dossier_folder import DossierOptions
from carbon.run.manifest import Manifest, verify
from carbon.run.reproduced import Reproduction

CATALOGUE = "sku,category,mass,return_rate\nA,t_shirt,180 g,20%\nB,dress,400 g,30%\n"
SALES = """taxpayer,sku,units,revenue,currency,vat_rate,date
T1,A,20,4000.00,CNY,13%,2026-07-01
T1,B,3,100.25,CNY,13%,2026-08-15
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A small dossier, made once."""
    home = tmp_path_factory.mktemp("forged")
    (home / "catalogue.csv").write_text(CATALOGUE, encoding="utf-8")
    (home / "sales.csv").write_text(SALES, encoding="utf-8")
    inputs = {
        "catalogue": [home / "catalogue.csv"],
        "sales": [home / "sales.csv"],
        "rules": [templates_root() / "tax" / "paper-2percent.toml"],
    }
    options = DossierOptions(
        period="2026Q3",
        languages=["en"],
        draws=10,
        edition="2026.1",
        method="GWP100 AR6",
        boundary="cradle-to-grave",
    )
    manifest, _ = office.make_dossier(inputs, options, home / "dossier")
    return home / "dossier", manifest


def again(
    folder: Path, made: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch
) -> Reproduction:
    """Reproduce a folder; what is computed from the same inputs and options is computed once."""
    original, manifest = made
    compute = office.make_dossier

    def cached(inputs: Any, options: Any, output: Path, *rest: Any) -> Any:
        named = [path for paths in inputs.values() for path in paths]
        true = sorted(each.sha256 for each in manifest.inputs)
        same = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in named) == true
        if same and options == DossierOptions(**manifest.arguments):
            shutil.copytree(original, output)
            return manifest, None
        return compute(inputs, options, output, *rest)

    monkeypatch.setattr(office, "make_dossier", cached)
    return office.reproduce(folder / "manifest.json")


def sealed(folder: Path, edit: Callable[[dict[str, Any]], object] = len) -> None:
    """Write the manifest anew, with the hashes of what lies there: whoever forges does so."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for named in (*content["inputs"], *content["outputs"]):
        file = folder / named["path"]
        if file.is_file():
            named["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    edit(content)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def edited(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Change a text file."""

    def forge(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return forge


def stated(key: str, value: Any) -> Callable[[Path], None]:
    """Change what the manifest says of itself."""
    return lambda folder: sealed(folder, lambda content: content.__setitem__(key, value))


def option(key: str, value: Any) -> Callable[[Path], None]:
    """Change an option of the manifest."""
    return lambda folder: sealed(
        folder, lambda content: content["arguments"].__setitem__(key, value)
    )


def put(name: str, data: bytes) -> Callable[[Path], None]:
    """Write a file of that name."""

    def forge(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    return forge


def gone(name: str) -> Callable[[Path], None]:
    """Delete a file."""
    return lambda folder: (folder / name).unlink()


def forgotten(name: str) -> Callable[[Path], None]:
    """Delete an output, and its name from the manifest."""

    def edit(content: dict[str, Any]) -> None:
        content["outputs"] = [each for each in content["outputs"] if each["path"] != name]

    def forge(folder: Path) -> None:
        (folder / name).unlink()
        sealed(folder, edit)

    return forge


def named_too(name: str, data: bytes) -> Callable[[Path], None]:
    """Add a file, and name it in the manifest as an output."""

    def forge(folder: Path) -> None:
        put(name, data)(folder)
        entry = {"role": "output", "path": name, "sha256": hashlib.sha256(data).hexdigest()}
        sealed(folder, lambda content: content["outputs"].append(entry))

    return forge


def link(path: Path, target: str) -> None:
    """Make a link, where the machine has such a target and lets a user make links."""
    if target.startswith("/") and not Path(target).exists():
        pytest.skip(f"no {target} on this machine")
    try:
        path.symlink_to(target)
    except OSError:  # Windows asks for a privilege
        pytest.skip("no links on this machine")


def linked(name: str, target: str) -> Callable[[Path], None]:
    """Put a link where a file was."""

    def forge(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        link(folder / name, target)

    return forge


def piped(name: str) -> Callable[[Path], None]:
    """Put a pipe there: whoever reads it waits for ever."""

    def forge(folder: Path) -> None:
        if not hasattr(os, "mkfifo"):
            pytest.skip("pipes of Unix")
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return forge


def workbook(folder: Path) -> None:
    """Another number in the workbook."""
    path = folder / "dossier.en.xlsx"
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data.replace(b"<v>20</v>", b"<v>21</v>"))


def exchanges(folder: Path) -> None:
    """Half of every exchange."""
    path = folder / "inventory.parquet"
    table = pd.read_parquet(path)
    table["amount"] = table["amount"] / 2
    table.to_parquet(path)


def and_sealed(forge: Callable[[Path], None]) -> Callable[[Path], None]:
    """Forge a file, and its hash in the manifest."""

    def both(folder: Path) -> None:
        forge(folder)
        sealed(folder)

    return both


def swapped(first: str, second: str) -> Callable[[Path], None]:
    """Exchange two files."""

    def forge(folder: Path) -> None:
        one, other = (folder / first).read_bytes(), (folder / second).read_bytes()
        (folder / first).write_bytes(other)
        (folder / second).write_bytes(one)

    return forge


def of_manifest(edit: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the manifest in some way."""
    return lambda folder: sealed(folder, edit)


def text_of_manifest(text: bytes) -> Callable[[Path], None]:
    """Another manifest altogether."""
    return lambda folder: (folder / "manifest.json").write_bytes(text) and None


def input_named(path: str) -> Callable[[Path], None]:
    """Name another place as the sales."""

    def edit(content: dict[str, Any]) -> None:
        next(each for each in content["inputs"] if each["role"] == "sales")["path"] = path

    return of_manifest(edit)


def moved(name: str, to: str) -> Callable[[Path], None]:
    """Move a file, and say so in the manifest."""

    def forge(folder: Path) -> None:
        (folder / to).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).rename(folder / to)
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        (folder / "manifest.json").write_text(text.replace(name, to), encoding="utf-8")

    return forge


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    """Change bytes of a file."""

    def forge(folder: Path) -> None:
        data = (folder / name).read_bytes()
        assert old in data
        (folder / name).write_bytes(data.replace(old, new))

    return forge


def unpacks_to_much(folder: Path) -> None:
    """The table of exchanges with one long text, which is stored once and repeated on every row."""
    from pyarrow import array, parquet

    path = folder / "inventory.parquet"
    table = parquet.read_table(path)
    at = table.schema.get_field_index("sku")
    long = array(["x" * 90_000] * len(table), table.schema.field(at).type)
    parquet.write_table(table.set_column(at, table.schema.field(at), long), path)


def part_of_workbook(name: str, **about: int) -> Callable[[Path], None]:
    """A part of the workbook that is said to be encrypted, or packed in an unknown way."""

    def forge(folder: Path) -> None:
        path = folder / "dossier.en.xlsx"
        with zipfile.ZipFile(path) as book:
            place = book.getinfo(name).header_offset
        data = bytearray(path.read_bytes())
        central = data.rfind(b"PK\x01\x02", 0, data.rfind(name.encode()))
        for where, value in about.items():
            skip = int(where[1:])
            data[place + skip - 2], data[central + skip] = value, value
        path.write_bytes(data)

    return forge


def linked_folder(folder: Path) -> None:
    """A link where the inputs were."""
    (folder / "inputs").rename(folder / "elsewhere")
    link(folder / "inputs", "/etc")


BY_MORE_MEANS: dict[str, Callable[[Path], None]] = {
    "an input of the network": input_named("http://127.0.0.1:9/sales.csv"),
    "an input in an archive": input_named("zip://sales.csv::/tmp/a.zip"),
    "an input elsewhere": input_named("/etc/passwd"),
    "an input above": input_named("inputs/sales/../../../sales.csv"),
    "an input that is a device": input_named("/dev/zero"),
    "an input of Windows": input_named("C:\\sales.csv"),
    "an input of another machine": input_named("\\\\host\\share\\sales.csv"),
    "an input with a zero byte": input_named("inputs/sales/sal\0es.csv"),
    "an input by another name": input_named("inputs/sales/./sales.csv"),
    "an input that is a folder": input_named("inputs/sales"),
    "an input outside of the inputs": moved("inputs/sales/sales.csv", "sales.csv"),
    "an input as another role": of_manifest(
        lambda content: content["inputs"][0].__setitem__("role", "previous")
    ),
    "an input of an unknown role": of_manifest(
        lambda content: content["inputs"][0].__setitem__("role", "permit")
    ),
    "an input twice": of_manifest(lambda content: content["inputs"].append(content["inputs"][0])),
    "no inputs": of_manifest(lambda content: content["inputs"].clear()),
    "no outputs": of_manifest(lambda content: content["outputs"].clear()),
    "an output elsewhere": of_manifest(
        lambda content: content["outputs"][0].__setitem__("path", "../../lines.csv")
    ),
    "an output twice": of_manifest(
        lambda content: content["outputs"].append(content["outputs"][0])
    ),
    "sizes of an output": of_manifest(
        lambda content: content["outputs"][0].__setitem__("bytes", 1)
    ),
    "a hash of capitals": of_manifest(
        lambda content: content["outputs"][0].__setitem__("sha256", "A" * 64)
    ),
    "no hash": of_manifest(lambda content: content["outputs"][0].__setitem__("sha256", "")),
    "another command": stated("command", "footprint"),
    "an unknown key": stated("approved_by", "the State"),
    "a later format": stated("manifest", "carbon-manifest/99"),
    "very many languages": option("languages", ["en"] * 5000),
    "an unknown language": option("languages", ["../../etc"]),
    "very many draws": option("draws", 10**12),
    "draws that are no number": option("draws", "NaN"),
    "a background of the network": option("background", "https://127.0.0.1:9/x"),
    "a period that never ends": option("period", "0000-9999"),
    "an edition elsewhere": option("edition", "../../2026.1"),
    "another option": option("approved", True),
    "no manifest": text_of_manifest(b""),
    "half a manifest": text_of_manifest(b'{"manifest": "carbon-manifest/1", "inputs": ['),
    "a deep manifest": text_of_manifest(b"[" * 200_000),
    "a manifest of a long number": text_of_manifest(b'{"manifest": ' + b"9" * 5000 + b"}"),
    "a manifest of half a character": text_of_manifest(b'{"manifest": "\\ud800"}'),
    "a manifest in another code": text_of_manifest("{}".encode("utf-16")),
    "the manifest is a device": linked("manifest.json", "/dev/zero"),
    "the manifest is a pipe": piped("manifest.json"),
    "the folder of inputs is a link": linked_folder,
    "a link to the folder above": linked("more", ".."),
    "a text that is repeated, sealed": and_sealed(unpacks_to_much),
    "an encrypted workbook, sealed": and_sealed(part_of_workbook("xl/worksheets/sheet1.xml", _8=1)),
    "a workbook of another packing, sealed": and_sealed(
        part_of_workbook("xl/worksheets/sheet1.xml", _10=99)
    ),
    "a cut workbook, sealed": and_sealed(
        lambda folder: put("dossier.en.xlsx", (folder / "dossier.en.xlsx").read_bytes()[:9000])(
            folder
        )
    ),
    "a cut table, sealed": and_sealed(
        lambda folder: put("inventory.parquet", (folder / "inventory.parquet").read_bytes()[:-9])(
            folder
        )
    ),
    "a table of no table, sealed": and_sealed(put("inventory.parquet", b"PAR1" * 3)),
    "a number of another size": and_sealed(edited("lines.csv", "4000.00", "4000.00e300")),
    "a number of no size": and_sealed(edited("lines.csv", "4000.00", "nan")),
    "a minus": and_sealed(edited("lines.csv", "4000.00", "-4000.00")),
    "more digits": and_sealed(edited("lines.csv", "4000.00", "4000.004")),
    "a word": and_sealed(edited("dossier.json", '"CNY"', '"USD"')),
    "a line more": and_sealed(
        lambda folder: put("lines.csv", (folder / "lines.csv").read_bytes() * 2)(folder)
    ),
    "a space": and_sealed(edited("totals.csv", "T1", "T1 ")),
    "a file in capitals": put("LINES.CSV", b"a"),
    "a file with a trailing dot": put("lines.csv.", b"a"),
    "a stream of a file": put("lines.csv:approved", b"a"),
}
"""Forgeries of another kind: places, formats, and files that are not what they seem."""

RELIEF = edited("lines.csv", "4000.00", "9000.00")
FORGERIES: dict[str, Callable[[Path], None]] = {
    "relief in lines": RELIEF,
    "relief in lines, sealed": and_sealed(RELIEF),
    "totals": edited("totals.csv", "T1", "T2"),
    "totals, sealed": and_sealed(edited("totals.csv", "T1", "T2")),
    "json": edited("dossier.json", '"T1"', '"T9"'),
    "json, sealed": and_sealed(edited("dossier.json", '"T1"', '"T9"')),
    "json program": and_sealed(edited("dossier.json", "carbon-label", "carbon-lab")),
    "schema": and_sealed(put("dossier.schema.json", b"{}")),
    "problems": and_sealed(put("problems.csv", b"file\n")),
    "workbook": workbook,
    "workbook, sealed": and_sealed(workbook),
    "exchanges": exchanges,
    "exchanges, sealed": and_sealed(exchanges),
    "another PDF": put("summary.en.pdf", b"%PDF-1.7 certified"),
    "another PDF, sealed": and_sealed(put("summary.en.pdf", b"%PDF-1.7 certified")),
    "no PDF": gone("summary.en.pdf"),
    "no PDF, forgotten": forgotten("summary.en.pdf"),
    "no lines": gone("lines.csv"),
    "no lines, forgotten": forgotten("lines.csv"),
    "no inventory, forgotten": forgotten("inventory.parquet"),
    "added file": put("certificate.pdf", b"%PDF-1.7"),
    "added file, named": named_too("certificate.pdf", b"%PDF-1.7"),
    "added folder": put("annex/approval.txt", b"approved"),
    "hidden file": put(".approval", b"approved"),
    "added input": put("inputs/sales/more.csv", b"a"),
    "another input": and_sealed(edited("inputs/sales/sales.csv", "20,4000.00", "20,400.00")),
    "another input, unsealed": edited("inputs/sales/sales.csv", "20,4000.00", "20,400.00"),
    "a lighter shirt": and_sealed(edited("inputs/catalogue/catalogue.csv", "180 g", "120 g")),
    "another rule": and_sealed(
        edited("inputs/rules/paper-2percent.toml", 'level = "line"', 'level = "total"')
    ),
    "no input": gone("inputs/sales/sales.csv"),
    "edition": stated("edition", "2099 certified by the State"),
    "edition hash": stated("edition_sha256", "0" * 64),
    "method": stated("method", "GWP500"),
    "boundary": stated("boundary", "cradle-to-gate"),
    "basis": stated("basis", "all of it"),
    "program": stated("program", "carbon-label 9.9 certified"),
    "rule": stated("about", {"rule": "state-rule/1"}),
    "fewer draws": option("draws", 0),
    "another period": option("period", "2026Q2"),
    "another edition": option("edition", "2099"),
    "another boundary": option("boundary", "cradle-to-gate"),
    "another method": option("method", "GWP100 AR5"),
    "link to a file": linked("lines.csv", "totals.csv"),
    "link to a device": linked("lines.csv", "/dev/zero"),
    "input is a link": linked("inputs/sales/sales.csv", "/dev/zero"),
    "pipe": piped("extra"),
    "pipe for a file": piped("totals.csv"),
    **BY_MORE_MEANS,
    "swapped files": and_sealed(swapped("lines.csv", "totals.csv")),
    "empty file": and_sealed(put("lines.csv", b"")),
}


CODED = ("T001", "T002", "T004", "T010", "T011", "T013", "F001", "F010", "X012")
"""What a refusal may say: the dossier is none, its inputs are not whole, or its scope is not."""


def test_the_untouched_dossier_is_reproduced(
    made: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = again(made[0], made, monkeypatch)
    assert result.bytes_equal
    assert result.amounts_equal
    assert set(result.files["state"]) == {"same"}
    assert "inputs/sales/sales.csv" in set(result.files["path"])


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_named(
    made: tuple[Path, Manifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / "handed-in"
    shutil.copytree(made[0], folder)
    FORGERIES[name](folder)
    try:
        result = again(folder, made, monkeypatch)
    except CarbonError as error:
        assert error.code in CODED, error  # noqa: PT017
    else:
        assert not result.bytes_equal
        # the amounts are as they are, whoever is said to have computed them
        assert not result.amounts_equal or name == "program"
        wrong = result.files[result.files["state"] != "same"]
        assert len(wrong)
        assert len(result.cause) > 3


def test_last_bits_and_versions_are_no_forgery(
    made: tuple[Path, Manifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another processor or library would do: other last digits, hashed by its own manifest."""
    folder = tmp_path / "handed-in"
    shutil.copytree(made[0], folder)
    table = pd.read_parquet(folder / "inventory.parquet")
    table["kg"] = table["kg"] * (1 + 1e-15)
    original = pd.read_parquet(made[0] / "inventory.parquet")
    assert not table["kg"].equals(original["kg"])
    from pyarrow import Table, parquet

    schema = parquet.read_schema(made[0] / "inventory.parquet")
    arrow = Table.from_pandas(table, schema=schema, preserve_index=False)
    parquet.write_table(arrow, folder / "inventory.parquet")
    sealed(folder, lambda content: content["libraries"].__setitem__("numpy", "1.0"))
    result = again(folder, made, monkeypatch)
    assert not result.bytes_equal
    assert result.amounts_equal, result.files
    assert "numpy 1.0 now" in result.cause


def test_verify_names_what_is_extra_and_follows_no_link(
    made: tuple[Path, Manifest], tmp_path: Path
) -> None:
    folder = tmp_path / "handed-in"
    shutil.copytree(made[0], folder)
    put("more.txt", b"more")(folder)
    linked("lines.csv", "/dev/zero")(folder)
    piped("totals.csv")(folder)
    states = verify(folder / "manifest.json").set_index("path")["state"]
    assert states["more.txt"] == "extra"
    assert states["lines.csv"] == states["totals.csv"] == "not plain"
    assert states["dossier.json"] == "same"
