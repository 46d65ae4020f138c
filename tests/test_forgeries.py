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
        draws=20,
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
        if same and options.model_dump() == manifest.arguments:
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


def linked(name: str, target: str) -> Callable[[Path], None]:
    """Put a link where a file was."""

    def forge(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return forge


def piped(name: str) -> Callable[[Path], None]:
    """Put a pipe there: whoever reads it waits for ever."""

    def forge(folder: Path) -> None:
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
    "swapped files": and_sealed(swapped("lines.csv", "totals.csv")),
    "empty file": and_sealed(put("lines.csv", b"")),
}


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
        assert error.code in ("T004", "T010", "T011", "T013", "F001", "F010", "T001"), error  # noqa: PT017
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
