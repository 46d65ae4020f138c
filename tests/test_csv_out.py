"""CSV of every command: one writer, one encoding, and one variable that changes it."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from carbon.base.encodings import BYTE_ORDER_MARK
from carbon.base.errors import OutputError
from carbon.cli.main import main
from carbon.incentive.dossier import DECIMAL
from carbon.run.csv_files import CSV_VARIABLE
from carbon.run.dossier_files import write_amounts
from carbon.run.parts import header_line, joiner, write_part
from carbon.run.results import write_table

ROOT = Path(__file__).parents[1]
GOODS = "sku,category,mass\nA,T恤,180 g\nB,没有的类目,1 kg\n"

WRITERS = {"run/csv_files.py", "run/label_index.py", "background/source.py"}
"""The writer; the index of labels, row by row as it says; tables of factors, which are hashed."""

COMMANDS = {
    "check": ["check", "goods.csv", "-o", "out.csv"],
    "learn": ["check", "goods.csv", "--learn", "out.csv"],
    "footprint": ["footprint", "goods.csv", "-o", "out.csv", "--draws", "0"],
    "inventory": ["inventory", "goods.csv", "-o", "out.csv"],
    "template": ["template", "-o", "out.csv", "--lang", "zh"],
    "exposure": ["exposure", "--scenario", "fair-exposure", "--rounds", "1", "-o", "out.csv"],
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(CSV_VARIABLE, raising=False)
    (tmp_path / "goods.csv").write_text(GOODS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_writes_what_a_spreadsheet_reads(command: str, place: Path) -> None:
    CliRunner().invoke(main, COMMANDS[command])
    for file in place.glob("out*.csv"):
        content = file.read_bytes()
        assert content.startswith(BYTE_ORDER_MARK)
        assert BYTE_ORDER_MARK not in content[3:]
    assert (place / "out.csv").is_file()


def test_the_variable_leaves_the_mark_out(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame({"类目": ["茶"], next(iter(DECIMAL)): ["1.00"]})
    write_table(table, place / "marked.csv")
    monkeypatch.setenv(CSV_VARIABLE, "UTF-8")
    write_table(table, place / "plain.csv")
    assert header_line(["类目"]) == '"类目"\n'.encode()
    # a dossier is hashed, so nobody's variable moves its bytes
    write_amounts(table, place / "dossier.csv")
    marked = (place / "marked.csv").read_bytes()
    assert marked == BYTE_ORDER_MARK + (place / "plain.csv").read_bytes()
    assert (place / "dossier.csv").read_bytes().startswith(BYTE_ORDER_MARK)
    monkeypatch.setenv(CSV_VARIABLE, "gbk")
    with pytest.raises(OutputError, match="O007"):
        write_table(table, place / "plain.csv")


def test_parts_are_joined_under_one_mark(place: Path) -> None:
    table = pd.DataFrame({"sku": ["A"], "name": ["茶"]})
    end = joiner(".csv", place / "whole.csv", list(table), "whole.csv")
    for number in range(2):
        write_part(table, place / str(number), ".csv")
        end.add(place / str(number))
    end.close()
    write_table(pd.concat([table, table]), place / "once.csv")
    assert (place / "whole.csv").read_bytes() == (place / "once.csv").read_bytes()


def test_csv_is_written_in_one_place() -> None:
    calls = {"to_csv", "write_csv", "writer", "DictWriter"}
    owners = {"csv"}
    found = set()
    for path in sorted((ROOT / "carbon").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            own = isinstance(owner, ast.Name) and owner.id in owners
            if node.func.attr == "to_csv" or (node.func.attr in calls and own):
                found.add(path.relative_to(ROOT / "carbon").as_posix())
    assert found == WRITERS
