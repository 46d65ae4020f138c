"""Files, pages and the rest of the commands speak Chinese where a Chinese reader asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pdfplumber
import pytest
from chinese import latin, texts_of
from click.testing import CliRunner

from carbon import Study
from carbon.base.words import section
from carbon.cli.main import main

EXAMPLES = Path(__file__).parents[1] / "examples"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TAXPAYERS = ("EXAMPLE01X", "EXAMPLE02K", "EXAMPLE03M")  # 91330100EXAMPLE01X and others
Said = Callable[..., str]


def commanded(*words: object, codes: tuple[int, ...] = (0, 1)) -> str:
    """What a command prints in Chinese."""
    result = CliRunner().invoke(main, [*map(str, words), "--lang", "zh"])
    assert isinstance(result.exception, SystemExit | None), result.output
    assert result.exit_code in codes, result.output
    assert CHINESE.search(result.output), result.output
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two live rooms, six sales and their goods, and a ledger of orders."""
    folder = tmp_path_factory.mktemp("中文")
    goods = pd.read_csv(EXAMPLES / "catalogue.csv", dtype=str)
    named = goods.columns[0]
    (folder / "rooms").mkdir()
    sold: set[str] = set()
    for name in ("rooms", "sales", "sessions", "merchants", "certificates", "credits"):
        table = pd.read_csv(EXAMPLES / f"platform/{name}.csv", dtype=str)
        if "直播间" in table:
            table = table[table["直播间"].isin(["room-01", "room-02"])]
        if name == "sales":
            table = table.groupby("直播间").head(2)
            sold |= set(table["商品编码"])
        table.to_csv(folder / "rooms" / f"{name}.csv", index=False)
    sales = pd.read_csv(EXAMPLES / "office/sales-2026Q3.csv", dtype=str).head(4)
    sales.to_csv(folder / "sales.csv", index=False)
    sold |= set(sales["商品编码"])
    goods[goods[named].isin(sold)].to_csv(folder / "goods.csv", index=False)
    orders = pd.read_csv(EXAMPLES / "office/orders.csv", dtype=str)
    orders.iloc[::8].to_csv(folder / "orders.csv", index=False)
    return folder


def of_files(text: str, folder: Path) -> list[str]:
    """Lines of a terminal without the paths that were asked for."""
    return text.replace(str(folder), "").splitlines()


def pdf_texts(path: Path) -> list[str]:
    with pdfplumber.open(path) as book:
        return [page.extract_text() for page in book.pages]


def test_rooms_and_their_exposure(folder: Path) -> None:
    said = commanded(
        *("room", folder / "rooms", "--catalogue", folder / "goods.csv", "--as-of", "2026-12-31"),
        *("-o", folder / "judged.csv", "--draws", 0),
    )
    assert latin(of_files(said, folder), "CO2e", "default") == set()
    said = commanded("exposure", folder / "judged.csv", "-o", folder / "shares.csv", codes=(3,))
    assert "R200" in said
    assert "单个直播间上限" in said, "two rooms cannot share what a fifth each may have"
    assert latin(of_files(said, folder), "carbon") == set()
    commanded("dashboard", folder / "judged.csv", "-o", folder / "page.html")
    page = texts_of((folder / "page.html").read_text(encoding="utf-8"))
    assert latin(page, "default") == set()


def test_a_dossier(folder: Path) -> None:
    said = commanded(
        *("tax", folder / "goods.csv", "--sales", folder / "sales.csv", "--period", "2026Q3"),
        *("-o", folder / "dossier", "--draws", 0),
    )
    # the folder that was asked for, the rule file and numbers of taxpayers
    assert latin(
        of_files(said, folder), "CO2e", "dossier", "percent", *TAXPAYERS, "paper-2percent"
    ) <= {"paper"}
    pages = pdf_texts(folder / "dossier/summary.zh.pdf")
    assert any(CHINESE.search(page) for page in pages)
    assert latin(pages, *TAXPAYERS) == set()
    book = openpyxl.load_workbook(folder / "dossier/dossier.zh.xlsx")
    cells = [
        text
        for sheet in book
        for column in sheet.iter_cols()
        if column[0].value not in ("表格与单元格", "单位")  # of the publisher
        for cell in column
        for text in (cell.value, cell.comment and cell.comment.text)
        if isinstance(text, str) and not text.startswith("=")
    ]
    assert sum(bool(CHINESE.search(text)) for text in cells) > 100
    assert latin(cells, *TAXPAYERS) == set()


def test_a_pool(folder: Path) -> None:
    said = commanded("pool", folder / "orders.csv", "-o", folder / "pool")
    names = ("orders", "pool", "premium", "category", "date", "trousers")  # files, columns, a value
    assert latin(of_files(said, folder), *names) == set()
    pages = pdf_texts(folder / "pool/summary.pdf")
    assert any(CHINESE.search(page) for page in pages)
    assert latin(pages, "Beta") == set(), "Beta is a distribution"


def test_a_template(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["template", "-o", str(tmp_path / "t.xlsx"), "--lang", "zh"])
    assert result.exit_code == 0, result.output
    cells = [
        text
        for sheet in openpyxl.load_workbook(tmp_path / "t.xlsx")
        for row in sheet.iter_rows()
        for cell in row
        for text in (cell.value, cell.comment and cell.comment.text)
        if isinstance(text, str)
    ]
    plastics = ("AS", "BOPP", "EPP", "PBAT", "TPE", "TPU")
    assert latin(cells, "CO2e", "VR", *plastics) == set()


def test_a_policy_in_sentences() -> None:
    lines = commanded("policy", "explain").splitlines()
    # what a rule file says of a source is in the language of the file
    own = [re.split("  (?:假定|引用|自定)：", line)[0] for line in lines]
    registries = ("GEC", "I-REC", "CCER", "VCS", "Verra", "Gold", "Standard", "standard", "green")
    registries += ("certificate", "carbon", "verified", "guarantee", "of", "origin", "electricity")
    assert latin(own, *registries, "default", "CO2e", "EPP") == set()
    assert any("中小商家保底份额" in line for line in own)


def test_flows_have_chinese_names() -> None:
    edition = Study().edition
    kinds = edition.exchanges["kind"] == "emission"
    words = section("explain", "zh")
    assert {f"flow_{flow}" for flow in edition.exchanges.loc[kinds, "flow"]} <= set(words)


WRONG = {
    "缺少参数 '直播间'": ("room",),
    "没有选项 '--nope'": ("footprint", "a.csv", "--nope"),
    "没有命令 'footprnt'": ("footprnt",),
    "须为整数": ("footprint", "a.csv", "-o", "b.csv", "--draws", "many"),
    "须为其中之一": ("footprint", "a.csv", "-o", "b.csv", "--boundary", "all"),
    "多余的参数": ("factors", "list", "x"),
}


@pytest.mark.parametrize("wanted", WRONG)
def test_a_command_line_that_is_not_understood(wanted: str) -> None:
    result = CliRunner().invoke(main, [*WRONG[wanted], "--lang", "zh"])
    assert result.exit_code == 2
    assert wanted in result.output
    assert result.output.splitlines()[0].startswith("用法：")
