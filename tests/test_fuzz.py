"""Thousands of generated inputs: good rows keep their bits, bad ones are told, nothing crashes.

The gate tries some 1,000; ``CARBON_FUZZ=100000`` tries as many at night, from another seed with
``CARBON_FUZZ_SEED``. What fails names its seed and is kept in the folder of the test.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import shutil
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
from hostile import broken, cell, memory, rows, toml_of, written, wrong_tree, zipped

from carbon.background.mapping import read_mapping as read_background_mapping
from carbon.background.source import NUMBERS, factors_root, read_package, read_schema, seal
from carbon.base.errors import CODES, CarbonError
from carbon.base.rules import templates_root
from carbon.catalogue.ledger import read_ledger
from carbon.catalogue.mapping import mapped, read_mapping
from carbon.catalogue.read import read
from carbon.footprint.evidence_table import Documents
from carbon.footprint.reference import read_references
from carbon.footprint.scenario_file import read_scenario
from carbon.incentive.dossier import SCHEMA, earlier
from carbon.incentive.pool_policy import load_policy as load_pool_policy
from carbon.incentive.vat_rules import load_rule
from carbon.label.claims_match import compiled
from carbon.label.design import load_design
from carbon.liveroom.market import read_scenario as read_exposure
from carbon.liveroom.policy_file import read_policy
from carbon.liveroom.settlement import CLAIM_COLUMNS, FORMAT, SESSION_COLUMNS, read_history
from carbon.run.dossier_folder import dossier_manifest
from carbon.run.manifest import verify
from carbon.run.workspace import BatchRecord
from carbon.study import Study

INPUTS: Final = int(os.environ.get("CARBON_FUZZ", "1000"))
SEED: Final = int(os.environ.get("CARBON_FUZZ_SEED", "20261130"))
LONGEST: Final = 10.0
"""Seconds for one input."""
MOST: Final = 1_000_000_000
"""Bytes by which all of them may grow the process."""

SHARES: Final = {
    "catalogue": 0.045,
    "bytes": 0.11,
    "ledger": 0.08,
    "evidence": 0.07,
    "mapping": 0.1,
    "toml": 0.32,
    "json": 0.24,
    "hashes": 0.03,
    "factors": 0.0067,
}
"""What is tried: part of the inputs."""

GOODS: Final = ("sku", "category", "mass", "materials", "packaging", "return_rate", "transport")
GOOD: Final = [
    ["G1", "t_shirt", "180 g", "cotton 95%; elastane 5%", "courier bag 12 g", "35%", ""],
    ["G2", "t_shirt", "0.2 kg", "", "", "", "truck 80 km, plane 900 km"],
    ["G3", "swimsuit", "", "polyester 100%", "", "20%", ""],
]
EVIDENCE: Final = (
    ["sku", "column", "document", "sha256", "date"],
    [["G1", "mass", "scale.pdf", "0" * 64, "2026-07-01"], ["G2", "mass", "b.pdf", "", ""]],
)
WORDS: Final = (
    ["kind", "word", "meaning"],
    [
        ["category", "tee", "t_shirt"],
        ["material", "koton", "cotton"],
        ["header", "gewicht", "mass"],
    ],
)
OWN: Final = (
    ["activity", "location", "their_code", "their_name", "factor", "gsd2", "pedigree"],
    [
        ["steel", "CN", "a1", "", "1", "1.2", "1;2;3;4;5"],
        ["cotton fibre", "CN", "", "b", "", "", ""],
    ],
)
RULES: Final[dict[str, tuple[str, Callable[[Path], object]]]] = {
    "tax/paper-2percent.toml": ("rule", load_rule),
    "pool/default.toml": ("pool", load_pool_policy),
    "policies/default.toml": ("policy", read_policy),
    "claims/eu.toml": ("claims", compiled),
    "markets/fair-exposure.toml": ("market", read_exposure),
    "scenarios/live-commerce-parcel.toml": ("scenario", read_scenario),
    "label/label.toml": ("design", lambda path: load_design(path.parent)),
}


def ledgers() -> dict[str, tuple[list[str], list[str]]]:
    """Columns of every kind of ledger, and a row of the examples that are printed for them."""
    table = pd.read_csv(
        templates_root() / "ledgers" / "columns.csv", dtype=str, keep_default_na=False
    )
    return {
        kind: (part["column"].tolist(), part["example"].tolist())
        for kind, part in table.groupby("table")
    }


def written_table(path: Path, columns: list[str] | tuple[str, ...], table: list[list[str]]) -> Path:
    """A table as CSV, as it is."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *table])
    return path


class Bench:
    """What the inputs are tried on."""

    def __init__(self, place: Path, vocabulary: Any, study: Study) -> None:
        self.place, self.vocabulary, self.study = place, vocabulary, study
        self.package = factors_root() / "carbon-levers"
        self.goods = read(written_table(place / "good.csv", GOODS, GOOD), vocabulary)
        self.known = self.goods.skus.set_index("sku")
        self.ledgers = ledgers()
        self.tables = [
            (name, package.tables[name].head(4))
            for name in sorted(path.stem for path in (factors_root() / "schema").glob("*.json"))
            for package in study.edition.packages
            if name in package.tables
        ]
        self.rule_file = load_rule(templates_root() / "tax" / "paper-2percent.toml")
        shutil.copytree(templates_root() / "label", place / "label")
        self.trees = self._trees()

    def _trees(self) -> dict[str, tuple[Any, Callable[[Path], object]]]:
        """Good JSON of every kind that is read, and its reader."""
        named = {"role": "result", "path": "good.csv", "sha256": "0" * 64}
        manifest = {
            "manifest": "carbon-manifest/1",
            "program": "carbon-label 0.1",
            "command": "tax",
            "arguments": {"period": "2026Q3", "languages": ["zh"], "draws": 3},
            "inputs": [named | {"role": role} for role in ("catalogue", "sales", "rules")],
            "outputs": [named],
        }
        references = json.loads(self.study.references.write())
        kept = [at for at, name in enumerate(references["category"]) if name == "rice"]
        for name in ("category", "stage", "activity", "location", "amount"):
            references[name] = [references[name][at] for at in kept]
        history = {
            "format": FORMAT,
            "run": 1,
            "previous": "",
            "period": "2026Q3",
            "scores": [{"room": "R1", "period": "2026Q3", "points": 3.5}] * 2,
            "claims": [dict.fromkeys(CLAIM_COLUMNS, "1") | {"room": "R1", "period": "2026Q3"}],
            "sessions": [dict.fromkeys(SESSION_COLUMNS, "2026-07-01 10:00:00")],
        }
        line = {"taxpayer": "T1", "sku": "G1", "base": "9.50", "relief": "0.10", "eligible": True}
        dossier = {
            "schema": SCHEMA,
            "currency": self.rule_file.currency,
            "period": {"name": "2026Q2"},
            "basis": "b",
            "lines": [line | {"total_kg": 1.5}] * 2,
        }
        done = {"number": 0, "skus": 3, "rows": 3, "columns": ["sku"], "files": []}
        return {
            "manifest": (manifest, self._manifest),
            "references": (references, self._references),
            "history": (history, lambda path: read_history(path.parent)),
            "dossier": (dossier, lambda path: earlier(path, self.rule_file)),
            "batch": (done, lambda path: BatchRecord.load(path.parent, 0)),
        }

    @staticmethod
    def _manifest(path: Path) -> None:
        with contextlib.suppress(CarbonError):
            dossier_manifest(path)
        verify(path)

    def _references(self, path: Path) -> None:
        read_references(path).stages(self.study)

    def catalogue(self, chance: random.Random) -> None:
        """Good rows between hostile ones."""
        path = written(chance, self.place, GOODS, rows(chance, GOODS, GOOD))
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

    def bytes(self, chance: random.Random) -> None:
        """A catalogue that was damaged anywhere."""
        path = written(chance, self.place, GOODS, [list(row) for row in GOOD])
        data = path.read_bytes()
        whole = path.suffix != ".xlsx" or chance.random() < 0.3
        path.write_bytes(broken(chance, data) if whole else zipped(chance, data))
        read(path, self.vocabulary)

    def ledger(self, chance: random.Random) -> None:
        """A ledger of any kind with hostile rows, or one that was damaged."""
        kind = chance.choice(sorted(self.ledgers))
        columns, good = self.ledgers[kind]
        path = written(chance, self.place, columns, rows(chance, columns, [good]))
        if chance.random() < 0.4:
            path.write_bytes(broken(chance, path.read_bytes()))
            read_ledger(path, kind)
            return
        found = read_ledger(path, kind)
        first = columns[0]
        assert good[0] in set(found.frame[first].astype(str)), f"the good row is lost: {path}"

    def evidence(self, chance: random.Random) -> None:
        """A table of documents, and the catalogue that they stand behind."""
        columns, good = EVIDENCE
        path = written(chance, self.place, columns, rows(chance, columns, good))
        if chance.random() < 0.3:
            path.write_bytes(broken(chance, path.read_bytes()))
        Documents.of(path, self.vocabulary).behind(self.goods)

    def mapping(self, chance: random.Random) -> None:
        """A table of words, or of datasets of an own background."""
        own = chance.random() < 0.5
        columns, good = OWN if own else WORDS
        path = written_table(self.place / "mapping.csv", columns, rows(chance, columns, good))
        if chance.random() < 0.5:
            path.write_bytes(broken(chance, path.read_bytes()))
        if own:
            read_background_mapping(path, self.study.edition)
        else:
            mapped(self.vocabulary, read_mapping(path, self.vocabulary))

    def toml(self, chance: random.Random) -> None:
        """A file of rules that was damaged, or whose values are others."""
        name = chance.choice(sorted(RULES))
        kind, reader = RULES[name]
        data = (templates_root() / name).read_bytes()
        path = self.place / ("label/label.toml" if kind == "design" else "fuzzed.toml")
        if chance.random() < 0.7:
            text = toml_of(wrong_tree(chance, tomllib.loads(data.decode("utf-8"))))
            data = text.encode("utf-8", "surrogatepass")
        else:
            data = broken(chance, data)
            if chance.random() < 0.2:
                long = [b"9" * 5000, b"[" * 5000, b"{a=" * 2000, b"1e99999"]
                data += b"\nx = " + chance.choice(long)
        path.write_bytes(data)
        reader(path)

    def json(self, chance: random.Random) -> None:
        """A file of JSON that was damaged, or whose values are others."""
        kind = chance.choice(sorted(self.trees))
        tree, reader = self.trees[kind]
        folder = self.place / kind
        folder.mkdir(exist_ok=True)
        path = folder / {"history": "000001.json", "batch": "000000.done"}.get(kind, "a.json")
        if chance.random() < 0.8:
            tree = wrong_tree(chance, tree)
            if kind == "references" and chance.random() < 0.7:
                tree = self._signed(tree)
            path.write_text(json.dumps(tree), encoding="utf-8")
        else:
            path.write_bytes(broken(chance, json.dumps(tree).encode()))
        reader(path)

    def _signed(self, tree: Any) -> Any:
        """References whose digest fits, so that what lies behind it is reached."""
        with contextlib.suppress(Exception):
            from carbon.footprint.reference import COLUMNS, References

            lists = pd.DataFrame({name: tree[name] for name in COLUMNS})
            rest = {name: tree[name] for name in tree if name not in {*COLUMNS, "sha256"}}
            tree = tree | {"sha256": References(exchanges=lists, **rest).sha256}
        return tree

    def hashes(self, chance: random.Random) -> None:
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

    def factors(self, chance: random.Random) -> None:
        """A sealed factor folder with wrong cells: each table in its turn, three at a time."""
        folder = self.place / "own"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        about = {"name": "own", "version": "1", "title": "t", "licenses": [{"name": "n"}]}
        text = json.dumps(about | {"citation": "c"})
        (folder / "datapackage.json").write_text(text, encoding="utf-8")
        for at in range(3 * self.turn, 3 * self.turn + 3):
            name, table = self.tables[at % len(self.tables)]
            path = folder / f"{name}.csv"
            self._wrong(chance, name, table).to_csv(path, index=False)
            if chance.random() < 0.05:
                path.write_bytes(broken(chance, path.read_bytes()))
        seal(folder)
        Study(factors=[folder]).footprints(self.place / "good.csv", draws=0)

    @staticmethod
    def _wrong(chance: random.Random, name: str, table: pd.DataFrame) -> pd.DataFrame:
        """Rows of a table of factors, some cells of which are others."""
        kinds = {field["name"]: field["type"] for field in read_schema(name)["fields"]}
        wrong = table[list(kinds)].astype("object")
        for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 5])):
            at, column = chance.randrange(len(wrong)), chance.choice(list(kinds))
            number = kinds[column] in NUMBERS and chance.random() < 0.9
            odd = chance.choice(["0", "-1", "1e308", "-1e-300", "inf", "nan", "", "1e9"])
            wrong.iloc[at, wrong.columns.get_loc(column)] = odd if number else cell(chance)
        return wrong

    turn = 0
    """Number of the input."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, vocabulary: Any, study: Study) -> Bench:
    return Bench(tmp_path_factory.mktemp("fuzz"), vocabulary, study)


@pytest.mark.parametrize("name", SHARES)
def test_generated_inputs(bench: Bench, name: str) -> None:
    attempt = getattr(bench, name)
    count = round(INPUTS * SHARES[name])
    before = memory()
    refused, told = 0, True
    for number in range(count):
        seed = f"{SEED}-{name}-{number}"
        bench.turn = number
        began = time.process_time()
        try:
            attempt(random.Random(seed))
        except CarbonError as error:
            shown = [error.text(lang).encode("utf-8", "backslashreplace") for lang in ("en", "zh")]
            told = error.code in CODES and max(map(len, shown)) < 3000
            refused += told
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(f"{seed}: {type(error).__name__}: {str(error)[:300]}") from error
        assert told, seed
        assert time.process_time() - began < LONGEST, seed
    assert memory() - before < MOST
    # an oracle that accepts nothing, or refuses nothing, tests nothing
    assert refused < count if name in ("catalogue", "ledger", "mapping", "factors") else refused
