"""Hundreds of generated inputs: good rows keep their bits, bad ones are told, nothing crashes.

The gate tries 600; ``CARBON_FUZZ=100000`` tries as many at night, from another seed with
``CARBON_FUZZ_SEED``. What fails names its seed and is kept in the folder of the test.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
import resource
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from carbon.background.source import factors_root, read_package
from carbon.base.errors import CODES, CarbonError
from carbon.base.rules import templates_root
from carbon.catalogue.ledger import read_ledger
from carbon.catalogue.read import read
from carbon.incentive.pool_policy import load_policy as load_pool_policy
from carbon.incentive.vat_rules import load_rule
from carbon.run.dossier_folder import dossier_manifest
from carbon.run.manifest import verify

INPUTS: Final = int(os.environ.get("CARBON_FUZZ", "600"))
SEED: Final = int(os.environ.get("CARBON_FUZZ_SEED", "20261130"))
LONGEST: Final = 10.0
"""Seconds for one input."""
MOST: Final = 1_000_000_000
"""Bytes by which all of them may grow the process."""

COLUMNS: Final = ("sku", "category", "mass", "materials", "packaging", "return_rate", "transport")
GOOD: Final = [
    ["G1", "t_shirt", "180 g", "cotton 95%; elastane 5%", "courier bag 12 g", "35%", ""],
    ["G2", "t_shirt", "0.2 kg", "", "", "", "truck 80 km, plane 900 km"],
    ["G3", "swimsuit", "", "polyester 100%", "", "20%", ""],
]
LEDGERS: Final = {
    "sales": (
        ["taxpayer", "sku", "units", "revenue", "currency", "vat_rate", "date"],
        [["T1", "G1", "3", "99.50", "CNY", "13%", "2026-07-01"]],
    ),
    "exposure": (["room", "impressions"], [["R1", "900"]]),
    "sessions": (
        ["room", "session", "start", "end", "viewer_hours"],
        [["R1", "S1", "2026-07-01 10:00", "2026-07-01 12:00", "400"]],
    ),
}
HOSTILE: Final = [
    *(
        "",
        " ",
        "0",
        "-1",
        "-0",
        "1e309",
        "NaN",
        "inf",
        "9" * 400,
        "1e-400",
        "１２ 克",
        "½ kg",
        "1,5 g",
    ),
    *(
        "12 ton",
        "180 g 180 g",
        "g",
        "%",
        "150%",
        "-5%",
        "1/0",
        "0x1F",
        "1_000",
        "TRUE",
        "null",
        "None",
    ),
    *(
        "=1+1",
        "@SUM(A1)",
        "'",
        '"',
        '""',
        ";",
        ",",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "a\nb,c\nd,e",
        "\x00",
    ),
    *(
        "\x1b[2J",
        "\u202etxt",
        "\u200b",
        "\ufeff",
        "\uffff",
        "\U0010ffff",
        "茶",
        "a" * 19_999,
        "b" * 21_000,
    ),
    *(
        "../../etc/passwd",
        "<script>",
        "{{7*7}}",
        "${x}",
        "%s%n",
        "cotton 50%; cotton 50%; cotton 50%",
    ),
    *(
        "cotton -5%; elastane 105%",
        "truck 1e9 km",
        "plane 9999999999 km",
        "truck km",
        ": : :",
        "100%: ",
    ),
    *(
        "9998-01-01",
        "2026-02-30",
        "0000-00-00",
        "12:60",
        "2026年13月40日",
        "44927.5",
        "-99999999999",
    ),
]


def cell(chance: random.Random) -> str:
    """One hostile cell, or some of them put together."""
    pick = chance.random()
    if pick < 0.6:
        return chance.choice(HOSTILE)
    if pick < 0.8:
        return chance.choice(HOSTILE) + chance.choice(HOSTILE)[:200]
    letters = "0123456789.,%-+eE;:/ gk克斤%棉\"'\\\u3000"
    return "".join(chance.choice(letters) for _ in range(chance.randrange(1, 40)))


def rows(
    chance: random.Random, columns: list[str] | tuple[str, ...], good: list[list[str]]
) -> list[list[str]]:
    """Good rows with hostile ones between them; a hostile row never has the name of a good one."""
    table = [list(row) for row in good]
    for number in range(chance.randrange(1, 4)):
        base = list(chance.choice(good))
        base[list(columns).index("sku") if "sku" in columns else 0] = f"BAD{number}"
        for position in range(len(columns)):
            if chance.random() < 0.5:
                base[position] = cell(chance)
        known = {row[0] for row in good}
        if base[0].strip() in known:
            base[0] = f"BAD{number}"
        table.insert(chance.randrange(len(table) + 1), base)
    return table


def written(
    chance: random.Random, place: Path, columns: list[str] | tuple[str, ...], table: list[list[str]]
) -> Path:
    """A table as a file of one of the four formats."""
    suffix = chance.choice([".csv", ".csv", ".jsonl", ".jsonl", ".parquet", ".xlsx"])
    path = place / f"fuzzed{suffix}"
    if suffix == ".csv":
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator=chance.choice(["\n", "\r\n"])).writerows(
            [columns, *table]
        )
        encoding = chance.choice(["utf-8", "utf-8-sig", "gb18030"])
        path.write_bytes(buffer.getvalue().encode(encoding, "replace"))
    elif suffix == ".jsonl":
        lines = [json.dumps(dict(zip(columns, row, strict=True))) for row in table]
        path.write_text("\n".join(lines), encoding="utf-8")
    elif suffix == ".parquet":
        data = {name: [row[at] for row in table] for at, name in enumerate(columns)}
        parquet.write_table(pa.table(data), path)
    else:
        import xlsxwriter

        with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for line, row in enumerate([list(columns), *table]):
                for position, value in enumerate(row):
                    sheet.write_string(line, position, value[:32_000])
    return path


def broken(chance: random.Random, data: bytes) -> bytes:
    """The same bytes with some changed, taken out, put in or doubled."""
    out = bytearray(data)
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(out) + 1)
        kind = chance.randrange(5)
        if kind == 0 and at < len(out):
            out[at] = chance.randrange(256)
        elif kind == 1:
            del out[at : at + chance.randrange(1, 64)]
        elif kind == 2:
            out[at:at] = chance.choice(
                [b"\x00", b'"', b"\n", b"[" * 3000, b"{", b"9" * 5000, b"\xff\xfe"]
            )
        elif kind == 3:
            out[at:at] = out[at : at + chance.randrange(1, 200)]
        else:
            out[at : at + 1] = cell(chance).encode("utf-8", "replace")
    return bytes(out)


def zipped(chance: random.Random, data: bytes) -> bytes:
    """A workbook of which one part is broken."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(buffer, "w") as book:
        wrong = chance.choice(before.namelist())
        for name in before.namelist():
            content = before.read(name)
            book.writestr(name, broken(chance, content) if name == wrong else content)
    return buffer.getvalue()


class Bench:
    """What the inputs are tried on."""

    def __init__(self, place: Path, vocabulary: Any) -> None:
        self.place, self.vocabulary = place, vocabulary
        self.texts = {
            "tax": (templates_root() / "tax" / "paper-2percent.toml").read_bytes(),
            "pool": (templates_root() / "pool" / "default.toml").read_bytes(),
        }
        self.package = factors_root() / "carbon-levers"
        good = place / "good.csv"
        with good.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *GOOD])
        self.known = read(good, vocabulary).skus.set_index("sku")
        named = {"role": "result", "path": "good.csv", "sha256": "0" * 64}
        self.manifest = json.dumps(
            {
                "manifest": "carbon-manifest/1",
                "program": "carbon-label 0.1",
                "command": "tax",
                "arguments": {"period": "2026Q3", "languages": ["zh"], "draws": 3},
                "inputs": [named | {"role": role} for role in ("catalogue", "sales", "rules")],
                "outputs": [named],
            }
        ).encode()

    def catalogue(self, chance: random.Random) -> None:
        """Good rows between hostile ones."""
        path = written(chance, self.place, COLUMNS, rows(chance, COLUMNS, GOOD))
        found = read(path, self.vocabulary)
        skus = found.skus.set_index("sku")
        for name in self.known.index:
            assert name in skus.index, f"{name} is lost in {path}"
            row = skus.loc[name]
            assert isinstance(row, pd.Series), name
            assert row["problem"] == self.known.loc[name, "problem"], (name, row["problem"])
            for column in ("mass_kg", "return_rate", "category"):
                if column in self.known:
                    one, other = row[column], self.known.loc[name, column]
                    assert one == other or (pd.isna(one) and pd.isna(other)), (name, column)
        lost = skus[skus["failed"]] if "failed" in skus else skus.iloc[:0]
        assert (lost["problem"] != "").all()
        assert set(found.problems["code"]) <= set(CODES)

    def bytes_of_a_catalogue(self, chance: random.Random) -> None:
        """A file that was damaged anywhere."""
        path = written(chance, self.place, COLUMNS, [list(row) for row in GOOD])
        data = path.read_bytes()
        whole = path.suffix != ".xlsx" or chance.random() < 0.3
        path.write_bytes(broken(chance, data) if whole else zipped(chance, data))
        read(path, self.vocabulary)

    def ledger(self, chance: random.Random) -> None:
        """A ledger with hostile rows, or one that was damaged."""
        kind = chance.choice(list(LEDGERS))
        columns, good = LEDGERS[kind]
        path = written(chance, self.place, columns, rows(chance, columns, good))
        if chance.random() < 0.4:
            path.write_bytes(broken(chance, path.read_bytes()))
            read_ledger(path, kind)
            return
        found = read_ledger(path, kind)
        first = columns[0]
        assert good[0][0] in set(found.frame[first].astype(str)), f"the good row is lost: {path}"

    def rule(self, chance: random.Random) -> None:
        """A TOML file of rules that was damaged."""
        kind = chance.choice(list(self.texts))
        path = self.place / "fuzzed.toml"
        data = broken(chance, self.texts[kind])
        if chance.random() < 0.2:
            data += b"\nx = " + chance.choice([b"9" * 5000, b"[" * 5000, b"{a=" * 2000, b"1e99999"])
        path.write_bytes(data)
        (load_rule if kind == "tax" else load_pool_policy)(path)

    def json(self, chance: random.Random) -> None:
        """A manifest that was damaged."""
        path = self.place / "fuzzed.json"
        path.write_bytes(broken(chance, self.manifest))
        with contextlib.suppress(CarbonError):
            dossier_manifest(path)
        verify(path)

    def factors(self, chance: random.Random) -> None:
        """A factor folder of which a file was damaged: its hash must tell."""
        source = sorted(self.package.iterdir())[-1]
        folder = self.place / "package"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder)
        files = sorted(path for path in folder.iterdir() if path.is_file())
        wrong = chance.choice(files)
        before = wrong.read_bytes()
        wrong.write_bytes(broken(chance, before))
        if wrong.read_bytes() != before:
            read_package(folder)

    def tries(self) -> Iterator[tuple[str, Callable[[random.Random], None], float]]:
        """Name, function and share of the inputs."""
        yield "catalogue", self.catalogue, 0.2
        yield "bytes", self.bytes_of_a_catalogue, 0.2
        yield "ledger", self.ledger, 0.2
        yield "rule", self.rule, 0.2
        yield "json", self.json, 0.15
        yield "factors", self.factors, 0.05


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, vocabulary: Any) -> Bench:
    return Bench(tmp_path_factory.mktemp("fuzz"), vocabulary)


@pytest.mark.parametrize("name", ["catalogue", "bytes", "ledger", "rule", "json", "factors"])
def test_generated_inputs(bench: Bench, name: str) -> None:
    attempt, share = next((each[1], each[2]) for each in bench.tries() if each[0] == name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused, told = 0, True
    for number in range(round(INPUTS * share)):
        seed = f"{SEED}-{name}-{number}"
        began = time.process_time()
        try:
            attempt(random.Random(seed))
        except CarbonError as error:
            told = error.code in CODES and len(str(error)) < 3000
            refused += told
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(f"{seed}: {type(error).__name__}: {str(error)[:300]}") from error
        assert told, seed
        assert time.process_time() - began < LONGEST, seed
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST
    # an oracle that accepts nothing, or refuses nothing, tests nothing
    assert refused < INPUTS * share if name in ("catalogue", "ledger") else refused
