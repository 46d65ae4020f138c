"""Files that lie about their size, and cells that are no text: told, bounded, the rest goes on."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hostile import memory
from pyarrow import parquet

from carbon.base.errors import CatalogueError
from carbon.catalogue.files import open_sheets
from carbon.catalogue.read import read
from carbon.catalogue.schema import Limits

MOST = 600_000_000
"""Bytes by which a reader may grow on a file that it refuses."""

GOODS = pd.DataFrame({"sku": ["A", "B"], "category": "t_shirt", "mass": "180 g"})


def workbook(path: Path, edit) -> Path:
    """A workbook whose sheet was edited by hand."""
    buffer = io.BytesIO()
    GOODS.to_excel(buffer, index=False)
    with (
        zipfile.ZipFile(buffer) as before,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book,
    ):
        for name in before.namelist():
            data = before.read(name)
            book.writestr(name, edit(data) if name == "xl/worksheets/sheet1.xml" else data)
    return path


def far_cell(place: str):
    cell = (
        f'<row r="{place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{place}"><v>1</v></c></row>'
    )
    return lambda data: data.replace(b"</sheetData>", cell.encode() + b"</sheetData>")


def grown(path: Path) -> str:
    """Code of the refusal; the reader must not have needed much memory."""
    before = memory()
    with pytest.raises(CatalogueError) as caught:
        open_sheets(path, Limits())
    assert memory() - before < MOST
    return caught.value.code


@pytest.mark.parametrize("place", ["XFD1048576", "XFD2", "IX900000", "ZZ1048576"])
def test_a_far_cell_is_refused(tmp_path: Path, place: str) -> None:
    assert grown(workbook(tmp_path / "a.xlsx", far_cell(place))) == "C003"
    prefixed = workbook(
        tmp_path / "b.xlsx",
        lambda data: far_cell(place)(data).replace(
            f'r="{place}"'.encode(), f"r='{place}'".encode()
        ),
    )
    assert grown(prefixed) == "C003"


def test_a_dimension_that_lies_does_no_harm(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", lambda data: data.replace(b'ref="A1:C3"', b'ref="A1:XFD1048576"')
    )
    assert len(open_sheets(path, Limits())[0][1].lines) == 2


def test_many_cells_and_many_sheets_are_refused(tmp_path: Path) -> None:
    row = b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>"
    path = workbook(
        tmp_path / "a.xlsx",
        lambda data: data.replace(b"</sheetData>", row * 90_000 + b"</sheetData>"),
    )
    assert path.stat().st_size < 3_000_000
    assert grown(path) == "C003"
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as book:
        for number in range(2000):
            book.writestr(f"xl/worksheets/sheet{number}.xml", "<worksheet/>")
    assert grown(tmp_path / "b.xlsx") == "C003"


def part_of(path: Path, name: str, edit) -> Path:
    """A workbook one part of which was edited by hand."""
    made = workbook(path.with_name("whole.xlsx"), lambda data: data)
    with (
        zipfile.ZipFile(made) as before,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book,
    ):
        for one in before.namelist():
            book.writestr(one, edit(before.read(one)) if one == name else before.read(one))
    return path


def test_shared_texts_are_bounded(tmp_path: Path) -> None:
    """Very many of them, a very long one, and a long one that very many cells name."""
    texts, sheet = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"
    path = part_of(
        tmp_path / "a.xlsx",
        texts,
        lambda data: data.replace(b"</sst>", b"<si/>" * 4_000_001 + b"</sst>"),
    )
    assert grown(path) == "C003"
    long = b"<t>" + b"k" * 19_000 + b"</t>"
    path = part_of(tmp_path / "b.xlsx", texts, lambda data: data.replace(b"<t>sku</t>", long))
    row = b"<row><c t='s'><v>0</v></c></row>"
    made = tmp_path / "c.xlsx"
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for name in before.namelist():
            data = before.read(name)
            if name == sheet:
                data = data.replace(b"</sheetData>", row * 30_000 + b"</sheetData>")
            book.writestr(name, data)
    assert made.stat().st_size < 50_000
    assert grown(made) == "C003"


def test_cells_of_all_sheets_are_counted(tmp_path: Path) -> None:
    frames = {f"s{number}": pd.DataFrame({"sku": ["A"]}) for number in range(3)}
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer) as book:
        for name, frame in frames.items():
            frame.to_excel(book, sheet_name=name, index=False)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(buffer) as before, zipfile.ZipFile(path, "w") as made:
        for name in before.namelist():
            cell = b'<row r="2800000"><c r="A2800000"><v>1</v></c></row></sheetData>'
            made.writestr(name, before.read(name).replace(b"</sheetData>", cell))
    assert grown(path) == "C003"


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_damaged_rows_without_end_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_text({"jsonl": "x\n" * 200_000, "csv": "a,b\n\n" + "1,2,3\n" * 300_000}[kind])
    assert grown(path) == "C011"


def test_a_line_without_end_fails_its_row_only(vocabulary, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = '{"sku": "B", "category": "t_shirt"}\n'
    path.write_text('{"sku": "A", "x": [' + "{}," * 3_000_000 + "1]}\n" + good)
    found = read(path, vocabulary)
    assert found.skus["sku"].tolist() == ["B"]
    assert found.problems["code"].tolist() == ["C011"]


def test_parts_of_json_lines_have_the_types_of_the_whole(tmp_path: Path) -> None:
    from carbon.catalogue.json_lines import json_lines

    path = tmp_path / "a.jsonl"
    rows = [{"a": 1, "b": 1, "c": 1, "d": 2**70}, {"a": 2, "b": 1.5, "c": "x", "e": None}] * 2
    text = "".join(json.dumps(row) + "\n" for row in rows)
    for data in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.encode("gb18030")):
        path.write_bytes(data)
        whole = open_sheets(path, Limits())[0][1]
        parts = list(json_lines(path, "a.jsonl", Limits()).sheets(1))
        assert [len(part.lines) for part in parts] == [1, 1, 1, 1]
        for at, column in enumerate(whole.columns):
            assert pa.concat_arrays([part.columns[at] for part in parts]).equals(column)
        assert [str(column.type) for column in whole.columns[:3]] == ["int64", "double", "string"]
        assert whole.columns[3].to_pylist()[0] == str(2**70)


def test_a_size_that_lies_in_the_archive_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", lambda data: data.ljust(3_000_000))
    data = bytearray(path.read_bytes())
    size = (3_000_000).to_bytes(4, "little")
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    assert grown(path) == "C011"


@pytest.mark.parametrize("columns", [3000, 300_000])
def test_very_many_columns_are_refused(tmp_path: Path, columns: int) -> None:
    names = ["sku", "category", *map(str, range(columns))]
    path = tmp_path / "a.csv"
    path.write_text(",".join(names) + "\n" + ",".join("x" * len(names)) + "\n", encoding="utf-8")
    assert grown(path) == "C003"
    path.write_text("sku,category\nA,t_shirt\n" + "," * columns + "\n", encoding="utf-8")
    assert grown(path) == "C003"
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(dict.fromkeys(names, "x")) + "\n", encoding="utf-8")
    assert grown(path) == "C003"
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({name: ["x"] for name in names[:3000]}), path)
    assert grown(path) == "C003"


def test_a_cell_that_unpacks_to_very_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"sku": ["A"], "category": ["t_shirt"], "note": ["x" * 100_000_000]})
    parquet.write_table(table, path, compression="zstd")
    assert path.stat().st_size < 100_000
    assert grown(path) == "C003"


@pytest.mark.parametrize("column", ["note", "mass"])
def test_a_long_cell_fails_its_row_only(vocabulary, tmp_path: Path, column: str) -> None:
    table = GOODS.assign(**{column: ["x" * 30_000, "180 g"]})
    table.to_csv(tmp_path / "a.csv", index=False)
    table.to_parquet(tmp_path / "b.parquet")
    table.to_json(tmp_path / "c.jsonl", orient="records", lines=True)
    for name in ("a.csv", "b.parquet", "c.jsonl"):
        found = read(tmp_path / name, vocabulary)
        assert found.skus["problem"].str.contains("C011").tolist() == [True, False], name
        assert found.skus["sku"].tolist() == ["A", "B"]


def test_half_a_character_fails_its_row_only(vocabulary, tmp_path: Path) -> None:
    good = json.dumps({"sku": "B", "category": "t_shirt"})
    for bad in (
        '{"sku": "A\\ud800", "category": "t_shirt"}',
        '{"sku": "A", "category": "t_shirt", "\\udfff": 1}',
        '{"sku": "A", "category": {"x": ["\\uD83D"]}}',
        '{"sku": ' + "9" * 5000 + "}",
        '{"sku": ' + "[" * 100_000,
    ):
        (tmp_path / "a.jsonl").write_text(f"{bad}\n{good}\n", encoding="utf-8")
        found = read(tmp_path / "a.jsonl", vocabulary)
        assert found.skus["sku"].tolist() == ["B"]
        assert found.problems["code"].tolist() == ["C011"]
    (tmp_path / "a.jsonl").write_text('{"sku": "\\ud83d\\ude00", "category": "t_shirt"}\n')
    assert read(tmp_path / "a.jsonl", vocabulary).skus["sku"].tolist() == ["\U0001f600"]


@pytest.mark.parametrize("kind", ["plain", "dictionary", "large"])
def test_bytes_that_are_no_text_fail_their_row_only(vocabulary, tmp_path: Path, kind: str) -> None:
    raw = pa.array([b"A", "茶".encode("gbk"), b"C"], pa.binary())
    text = pa.StringArray.from_buffers(3, raw.buffers()[1], raw.buffers()[2])
    if kind == "dictionary":
        text = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int32()), text)
    if kind == "large":
        large = raw.cast(pa.large_binary())
        text = pa.LargeStringArray.from_buffers(3, large.buffers()[1], large.buffers()[2])
    table = pa.table({"sku": text, "category": ["t_shirt"] * 3})
    parquet.write_table(table, tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet", vocabulary)
    good = found.skus["problem"] == ""
    assert found.skus.loc[good, "sku"].tolist() == ["A", "C"]
    assert "C011" in found.problems["code"].tolist()


def test_large_integers_stay_as_they_are(vocabulary, tmp_path: Path) -> None:
    numbers = pa.array([2**64 - 1, 2**63, 7], pa.uint64())
    parquet.write_table(
        pa.table({"sku": numbers, "category": ["t_shirt"] * 3}), tmp_path / "a.parquet"
    )
    found = read(tmp_path / "a.parquet", vocabulary)
    assert found.skus["sku"].tolist() == [str(2**64 - 1), str(2**63), "7"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes, links and devices of Unix")
def test_a_pipe_and_a_device_are_no_catalogue(vocabulary, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    (tmp_path / "b.csv").symlink_to("/dev/zero")
    for name in ("a.csv", "b.csv"):
        with pytest.raises(CatalogueError, match="C001"):
            read(tmp_path / name, vocabulary)
