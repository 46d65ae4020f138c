"""Texts as other programs write them: encodings, separators, line ends; and what is no text."""

from __future__ import annotations

import zipfile

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv

from carbon.base.errors import CatalogueError
from carbon.catalogue.files import open_sheets
from carbon.catalogue.read import read
from carbon.catalogue.schema import Limits
from carbon.catalogue.stream import Stream

SIMPLE = [
    ["sku", "name", "类目", "材质"],
    ["A", "纯棉T恤", "T恤", "棉100%"],
    ["B", "短袖", "T恤", ""],
]
OLD = [
    ["sku", "name", "類目", "材質"],
    ["A", "純棉T恤", "T恤", "棉100%"],
    ["B", "短袖", "T恤", ""],
]
JAPANESE = [
    ["sku", "name", "category"],
    ["A", "コットンシャツ 綿100%", "t_shirt"],
    ["B", "半袖", "t_shirt"],
]


def text(rows, separator=",", end="\n"):
    return "".join(separator.join(row) + end for row in rows)


def written(tmp_path, data, name="g.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def notes(found):
    return found.problems.loc[found.problems["code"] == "C027", "value"].tolist()


@pytest.mark.parametrize(
    ("encoding", "mark", "told", "rows"),
    [
        ("utf-8", b"", [], SIMPLE),
        ("utf-8", b"\xef\xbb\xbf", [], SIMPLE),
        ("gb18030", b"", [], SIMPLE),
        ("utf-16-le", b"\xff\xfe", ["UTF-16LE"], SIMPLE),
        ("utf-16-be", b"\xfe\xff", ["UTF-16BE"], SIMPLE),
        ("utf-16-le", b"", ["UTF-16LE"], SIMPLE),
        ("utf-16-be", b"", ["UTF-16BE"], SIMPLE),
        ("big5", b"", ["Big5"], OLD),
        ("cp932", b"", ["Shift_JIS"], JAPANESE),
    ],
)
@pytest.mark.parametrize(
    ("name", "separator", "end"),
    [
        *(("g.csv", ",", "\n"), ("g.csv", ";", "\r\n"), ("g.tsv", "\t", "\n")),
        *(("g.txt", "\t", "\r\n"), ("g.csv", ",", "\r")),
    ],
)
def test_a_text_is_read_in_its_encoding(
    vocabulary, tmp_path, encoding, mark, told, rows, name, separator, end
):
    data = mark + text(rows, separator, end).encode(encoding)
    path = written(tmp_path, data, name)
    found = read(path, vocabulary)
    assert found.skus["sku"].tolist() == ["A", "B"]
    assert found.skus["name"].tolist() == [row[1] for row in rows[1:]]
    assert found.skus["category"].astype(str).tolist() == ["t_shirt", "t_shirt"]
    assert notes(found) == told
    assert not found.skus["failed"].any()
    stream = Stream(path, vocabulary, tmp_path, step=1, unsplit_bytes=0)
    pieces = [batch.sheets(Limits())[0]["skus"] for batch in stream]
    assert [sku for piece in pieces for sku in piece.columns[0].to_pylist()] == ["A", "B"]
    faults = [fault for piece in pieces for fault in piece.faults if fault.code == "C027"]
    assert [fault.text for fault in faults] == told


@pytest.mark.parametrize(
    "data",
    [
        "sku,category,name\nA,t_shirt,Crème brûlée\n".encode("cp1252"),
        "sku,category,name\nA,t_shirt,Größe 40 °C\n".encode("cp1252"),
        "sku,category,name\nA,t_shirt,Рубашка\n".encode("koi8-r"),
        "sku,category,name\nA,t_shirt,茶\n".encode("utf-32"),
        text(SIMPLE).encode("gb18030")[:-9] + b"\xff\xff\n",
        text(SIMPLE).encode("utf-16")[:-1] + b"\xd8",
        b"sku,category\nA,t_\x00shirt\n",
    ],
)
def test_a_text_in_no_encoding_for_certain_is_refused(vocabulary, tmp_path, data):
    path = written(tmp_path, data)
    with pytest.raises(CatalogueError) as refused:
        read(path, vocabulary)
    assert refused.value.code == "C004"
    with pytest.raises(CatalogueError) as refused:
        list(Stream(path, vocabulary, tmp_path, step=1, unsplit_bytes=0))
    assert refused.value.code == "C004"


def workbook(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "detail"),
    [
        ("g.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel 97"),
        ("g.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel 97"),
        ("g.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password"),
        ("g.xls", b"<html><table><tr><td>sku</td></tr></table></html>", "HTML"),
        ("g.xls", text(SIMPLE, "\t").encode("gb18030"), "text"),
        ("g.xls", text(SIMPLE, "\t").encode("utf-16"), "text"),
        ("g.xlsx", text(SIMPLE).encode(), "text"),
        ("g.xls", None, "XLSX"),
        ("g.csv", None, "XLSX"),
        ("g.ods", None, ""),
    ],
)
@pytest.mark.parametrize("reader", [read, lambda path, words: Stream(path, words, path.parent)])
def test_what_is_no_table_is_refused_by_its_name(vocabulary, tmp_path, reader, name, data, detail):
    data = workbook(tmp_path / "book.zip") if data is None else data
    with pytest.raises(CatalogueError) as refused:
        list(reader(written(tmp_path, data, name), vocabulary).skus)
    assert refused.value.code == "C002"
    assert detail in str(refused.value)
    assert ".xlsx" in refused.value.text("zh")
    assert not detail or detail not in ("HTML", "text") or "内容为" in refused.value.text("zh")


# habits of programs ------------------------------------------------------------------------------

FRAME = {
    "sku": ["007", "B"],
    "category": ["t_shirt", "t_shirt"],
    "name": ['27" wide, white', "two\nlines"],
    "mass": ["180 g", "0.2 kg"],
}


def rows_of(separator=",", end="\r\n", always=False, extra=0):
    """Rows as a spreadsheet quotes them."""

    def cell(value):
        if always or any(mark in value for mark in (separator, '"', "\n")):
            return '"' + value.replace('"', '""') + '"'
        return value

    lines = [list(FRAME), *map(list, zip(*FRAME.values(), strict=True))]
    return "".join(separator.join([*map(cell, row), *[""] * extra]) + end for row in lines)


def of_arrow():
    sink = pa.BufferOutputStream()
    arrow_csv.write_csv(pa.table(FRAME), sink)
    return sink.getvalue().to_pybytes()


HABITS = {
    # Polars quotes where it must, ends lines with a feed, and writes a mark where it is asked to
    "polars": lambda: rows_of(end="\n").encode(),
    "polars, tabs and a mark": lambda: rows_of("\t", "\n").encode("utf-8-sig"),
    "Arrow": lambda: of_arrow(),
    "pandas": lambda: pd.DataFrame(FRAME).to_csv(index=False).encode("utf-8-sig"),
    "LibreOffice": lambda: rows_of(end="\n").encode(),
    "LibreOffice, all quoted": lambda: rows_of(end="\n", always=True).encode(),
    "WPS": lambda: rows_of().encode("gb18030"),
    "WPS, trailing columns": lambda: rows_of(extra=3).encode("utf-8-sig"),
    "Numbers": lambda: rows_of(";").encode(),
    "Excel, semicolons and a mark": lambda: rows_of(";").encode("utf-8-sig"),
    "Excel, its own line": lambda: ("sep=;\r\n" + rows_of(";")).encode("utf-8-sig"),
    "Excel, its own line in GB18030": lambda: ("sep=|\r\n" + rows_of("|")).encode("gb18030"),
    "Excel, Unicode text": lambda: rows_of("\t").encode("utf-16"),
    "Excel of old Macs": lambda: rows_of(end="\r").encode(),
    "an empty end": lambda: (rows_of() + ",,,\r\n" * 3 + "\r\n").encode(),
    "no last line end": lambda: rows_of().removesuffix("\r\n").encode(),
    "a title": lambda: ("Goods 2026,,,\r\n,,,\r\n" + rows_of()).encode(),
}


@pytest.mark.parametrize("habit", HABITS)
def test_habits_of_writers_change_nothing(vocabulary, tmp_path, habit):
    path = written(tmp_path, HABITS[habit](), "g.txt" if "Unicode text" in habit else "g.csv")
    found = read(path, vocabulary)
    assert found.skus["sku"].tolist() == FRAME["sku"]
    assert found.skus["name"].tolist() == FRAME["name"]
    assert found.skus["mass_kg"].tolist() == [0.18, 0.2]
    assert set(found.problems["code"]) <= {"C007", "C027"}
    assert not found.skus["failed"].any()


def test_a_text_in_a_folder_is_a_note_and_tabs_are_a_table(vocabulary, tmp_path):
    written(tmp_path, b"see the mail of Monday", "README.txt")
    written(tmp_path, text([["sku", "category"], ["A", "t_shirt"]], "\t").encode(), "skus.tsv")
    assert [name for name, _ in open_sheets(tmp_path, Limits())] == ["skus"]
    assert read(tmp_path, vocabulary).skus["sku"].tolist() == ["A"]
