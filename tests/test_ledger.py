"""Ledgers: headers, amounts, dates and what is wrong with a row."""

from __future__ import annotations

import datetime
import hashlib
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.base.errors import CODES, LedgerError
from carbon.catalogue.ledger import MONEY, read_ledger
from carbon.catalogue.ledger_cells import QUANTITIES, parse
from carbon.catalogue.ledger_columns import ledger_columns, ledgers, names_of
from carbon.catalogue.names import key
from carbon.catalogue.schema import Limits

SALES = ledger_columns("sales")
DAY = "2026-09-01"


def table(**cells: object) -> pd.DataFrame:
    """A sales ledger of as many rows as the cells have; what is not told is the same everywhere."""
    size = max(len(value) for value in cells.values() if isinstance(value, list))
    plain = {"sku": "A", "units": "1", "revenue": "10", "currency": "CNY", "date": DAY}
    return pd.DataFrame({**plain, **cells}, index=range(size))


def column(name: str, *cells: object) -> tuple[list[object], list[str]]:
    """Values of a column of a ledger, and the codes told of its other rows."""
    read = read_ledger(table(**{name: list(cells)}), "sales")
    codes = read.problems.loc[read.problems["severity"] == "error", "code"].tolist()
    return read.frame[name].tolist(), codes


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("258.00", 2_580_000),
        ("¥1,299.50", 12_995_000),
        ("￥１２９９.５", 12_995_000),
        ("1,200", 12_000_000),
        ("1，200元", 12_000_000),
        ("1,234,567.89 CNY", 12_345_678_900),
        ("1.2万", 120_000_000),
        ("1.2万元", 120_000_000),
        ("0.0001", 1),
        ("0", 0),
    ],
)
def test_amounts_are_exact(cell, parts):
    assert column("revenue", cell, "10") == ([parts, 100_000], [])


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("-1e13", "G016 G017"),
        ("0.00001", "G017"),
        ("1e15", "G017"),
        ("inf", "C101"),
        ("1e999", "C101"),
        ("=1+1", "C101"),
        ("12 bananas", "C103"),
        ("", "G011"),
        ("n/a", "G011"),
        ("nan", "G011"),
        ("12 USD", "G018"),
        ("1.2.3", "C101"),
    ],
)
def test_amounts_that_are_refused(cell, code):
    values, codes = column("revenue", cell, "10")
    assert values == [100_000]
    assert set(codes) <= set(code.split())
    assert codes


@settings(max_examples=60, deadline=None)
@given(st.lists(st.decimals(0, 10**11 - 1, places=4), min_size=1, max_size=8))
def test_any_decimal_is_kept_exactly(amounts):
    for cells in ([f"{amount}" for amount in amounts], [f"CNY {amount:,}" for amount in amounts]):
        read = read_ledger(table(revenue=cells), "sales").frame
        assert [Decimal(int(value)) / MONEY for value in read["revenue"]] == amounts


def test_floats_of_a_spreadsheet_are_rounded_only_by_their_noise():
    values, codes = column("revenue", 0.1 + 0.2, 129.0, 1299.99 * 3, 0.30001)
    assert values == [3000, 1_290_000, 38_999_700]
    assert codes == ["G017"]


def test_units_of_money_in_headers():
    told = table(units=["1"]).drop(columns=["revenue", "currency"])
    for header, parts, currency in (
        ("销售额(万元)", 120_000_000, "CNY"),
        ("销售额（分）", 120, "CNY"),
        ("revenue_usd", 12_000, "USD"),
        ("Revenue (EUR)", 12_000, "EUR"),
        ("销售额", 12_000, "CNY"),
    ):
        read = read_ledger(told.assign(**{header: "1.2"}), "sales")
        assert read.frame.loc[0, ["revenue", "currency"]].tolist() == [parts, currency], header
        assert ("G019" in read.problems["code"].tolist()) == (header == "销售额")


def test_a_bare_number_is_read_alike_beside_one_with_a_sign():
    told = table(revenue=["1.2", "1.2元"]).rename(columns={"revenue": "销售额(万元)"})
    assert read_ledger(told, "sales").frame["revenue"].tolist() == [120_000_000, 12_000]


def test_currencies_stay_apart_and_conflicts_are_refused():
    read = read_ledger(
        table(revenue=["$5", "5", "€5", "5"], currency=["", "usd", "USD", "wampum"]), "sales"
    )
    assert read.frame["currency"].tolist() == ["USD", "USD"]
    assert read.problems["code"].tolist() == ["G018", "C103"]


@pytest.mark.parametrize(
    "cell",
    [
        "2026-09-01",
        "2026-9-1",
        "2026/09/01",
        "2026.9.1",
        "2026年9月1日",
        "２０２６年９月１日",
        "20260901",
        "46266",
        "46266.75",
        "2026-09-01 23:59:59",
        "2026-09-01T08:00:00Z",
        "2026-08-31T20:30:00Z",
        "2026-09-01T00:30:00.123+08:00",
        "2026年9月1日 13时45分",
    ],
)
def test_days(cell):
    values, codes = column("date", cell)
    assert codes == []
    assert values == [pd.Timestamp(DAY)]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("03/04/2026", "G013"),
        ("25/12/2026", "G013"),
        ("1-9-26", "G013"),
        ("2026-02-29", "G012"),
        ("2026-13-01", "G012"),
        ("2026-00-10", "G012"),
        ("2026-09-01 25:00", "G012"),
        ("1756700000000", "G012"),
        ("12", "G012"),
        ("Sept 1", "G012"),
        ("0000-01-01", "G012"),
        ("", "G011"),
    ],
)
def test_dates_that_are_refused(cell, code):
    assert column("date", cell, DAY) == ([pd.Timestamp(DAY)], [code])


def test_stamps_keep_the_clock_of_china():
    told = pd.DataFrame({"场次": ["S1"], "直播间": "r", "开播时间": ["2026-09-01T11:30:00+00:00"]})
    assert read_ledger(told, "sessions").frame.loc[0, "start"] == pd.Timestamp("2026-09-01 19:30")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dates(datetime.date(1990, 1, 1), datetime.date(2110, 1, 1)), min_size=1))
def test_every_day_is_read_in_every_spelling(days):
    serial = [str((day - datetime.date(1899, 12, 30)).days) for day in days]
    spelled = [f"{day.year}年{day.month}月{day.day}日" for day in days]
    for cells in ([day.isoformat() for day in days], serial, spelled):
        got = parse(pa.array(cells), SALES["date"], "")
        assert got.values.astype("datetime64[D]").tolist() == days
        assert not got.faults


@pytest.mark.parametrize(
    ("cell", "value"), [("3", 3), ("3件", 3), ("1,200", 1200), ("1.5万", 15_000), ("3.0", 3)]
)
def test_counts(cell, value):
    assert column("units", cell, "x件") == ([value], ["C101"])


def test_red_letter_lines_of_sales_keep_their_sign():
    assert column("units", "-3", "1 件") == column("units", "-3件", "1") == ([-3, 1], [])
    assert column("revenue", "-5", "¥10") == ([-50_000, 100_000], [])
    for name, cell in (("refund", "-5"), ("returned_units", "-1"), ("returned_units", "-1件")):
        values, codes = column(name, cell, "1")
        assert values == [10_000 if name == "refund" else 1]
        assert "C106" in codes


@pytest.mark.parametrize(("cell", "code"), [("2.5", "G020"), ("-1e10", "G016"), ("1e17", "G016")])
def test_counts_that_are_refused(cell, code):
    values, codes = column("units", cell, "1 件")
    assert values == [1]
    assert code in codes


def test_a_number_is_judged_alike_alone_and_beside_text():
    for cell in ("2.5", "-1e10", "1e17"):
        alone, beside = column("units", cell), column("units", cell, "1 件")
        assert alone[0] == []
        assert set(alone[1]) & set(beside[1])


def test_empty_cells_of_other_columns_are_unknown_and_never_zero():
    read = read_ledger(
        table(refund=["", "1"], settled=["是", ""], returned_units=["", "0"]), "sales"
    )
    assert read.frame["refund"].isna().tolist() == [True, False]
    assert read.frame["settled"].isna().tolist() == [False, True]
    assert read.frame["returned_units"].isna().tolist() == [True, False]
    assert read.dropped == 0


def test_energy_and_hours_have_units():
    told = pd.DataFrame(
        {"场次": ["S1", "S2", "S3"], "直播间": "r", "开始时间": DAY,
         "用电量(度)": ["12.5", "1 MWh", "2 kg"], "viewer hours": ["30 min", "2", "1"]}
    )  # fmt: skip
    read = read_ledger(told, "sessions")
    assert read.frame["studio_kwh"].tolist() == [12.5, 1000.0]
    assert read.frame["viewer_hours"].tolist() == [0.5, 2.0]
    assert read.problems["code"].tolist() == ["C105"]


def test_flags_in_both_languages():
    values, codes = column("settled", "是", "no", "TRUE", "0", "maybe")
    assert values == [True, False, True, False]
    assert codes == ["G014"]


def test_chinese_headers_of_each_ledger_are_understood():
    for name in ledgers():
        columns = ledger_columns(name)
        for spoken in ("header_zh", "header_en", "name"):
            told = pd.DataFrame(
                {getattr(each, spoken): [each.example] for each in columns.values()}
            )
            read = read_ledger(told, name)
            assert len(read) == 1, (name, read.problems["value"].tolist())
            assert set(read.frame) == {*columns, "line"}


def test_table_of_columns_is_well_formed():
    for name in ledgers():
        columns = ledger_columns(name).values()
        spoken = [
            word
            for each in columns
            for word in {key(word) for word in (each.name, each.header_zh, *each.synonyms)}
        ]
        mapped = names_of(name)
        assert {mapped[each.name.replace("_", " ")] for each in columns} == {
            each.name for each in columns
        }, name
        assert len(spoken) == len(set(spoken)), f"a word of {name} means two columns"
        for each in columns:
            assert each.kind in {
                *("text", "id", "count", "number", "money", "share"),
                *("date", "datetime", "choice", "flag", *QUANTITIES),
            }
            assert (each.kind == "choice") == bool(each.choices)
            assert each.unit or each.kind not in ("money", *QUANTITIES)
            assert each.kind != "money" or "currency" in ledger_columns(name)


def test_bad_rows_are_told_and_the_rest_goes_on(tmp_path):
    path = tmp_path / "sales.csv"
    text = f"商品编码,件数,销售额,日期,备注\nA,1,10,{DAY},\nB,x,10,2026-02-30,\n"
    text += f",1,10,{DAY},\nD,2,20,{DAY},好\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    read = read_ledger(path, "sales")
    assert read.frame["line"].tolist() == [2, 5]
    assert read.dropped == 2
    errors = read.problems[read.problems["severity"] == "error"]
    assert errors[["row", "column", "value", "code", "sku"]].to_numpy().tolist() == [
        [3, "件数", "x", "C101", "B"],
        [3, "日期", "2026-02-30", "G012", "B"],
        [4, "商品编码", "", "G011", ""],
    ]
    assert (errors["remedy"] != "").all()
    assert "G007" in read.problems["code"].tolist()
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_format_gives_the_same_frame(tmp_path):
    rows = pd.DataFrame(
        {"sku": ["A", "B"], "units": [1, 2], "revenue": [10.5, 1299.99], "currency": "CNY",
         "date": pd.to_datetime([DAY, "2026-09-02"]), "settled": [True, False]}
    )  # fmt: skip
    rows.to_csv(tmp_path / "a.csv", index=False)
    rows.to_csv(tmp_path / "gb.csv", index=False, encoding="gb18030", quoting=1)
    rows.to_parquet(tmp_path / "a.parquet")
    rows.to_excel(tmp_path / "a.xlsx", index=False)
    exact = pa.array([Decimal("10.50"), Decimal("1299.99")], pa.decimal128(12, 2))
    arrow = pa.Table.from_pandas(rows)
    arrow = arrow.set_column(2, "revenue", exact)
    pq.write_table(arrow, tmp_path / "decimal.parquet")
    records = json.loads(rows.assign(date=rows["date"].astype(str)).to_json(orient="records"))
    lines = "\n".join(map(json.dumps, records))
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    want = read_ledger(rows, "sales").frame
    assert want["revenue"].tolist() == [105_000, 12_999_900]
    for file in sorted(tmp_path.iterdir()):
        read = read_ledger(file, "sales")
        assert read.problems.empty, (file.name, read.problems)
        start = 1 if file.suffix == ".jsonl" else 2
        assert read.frame["line"].tolist() == [start, start + 1]
        pd.testing.assert_frame_equal(
            read.frame.drop(columns="line"), want.drop(columns="line"), check_categorical=False
        )


def test_chinese_text_in_gb18030_and_categories(tmp_path):
    path = tmp_path / "s.csv"
    text = f"商家,商品编码,件数,销售额,日期\n示例商家, Ａ１ ,1,10,{DAY}\n示例商家,A1,2,10,{DAY}\n"
    path.write_bytes(text.encode("gb18030"))
    frame = read_ledger(path, "sales").frame
    assert frame["sku"].tolist() == ["A1", "A1"]
    assert list(frame["merchant"].cat.categories) == ["示例商家"]


def test_quoted_and_broken_csv(tmp_path):
    path = tmp_path / "s.csv"
    head = "sku,units,revenue,date,currency\n"
    path.write_text(head + f'"A","1","1,200","{DAY}","CNY"\nB,1\nC,1,5,{DAY},CNY,extra\n')
    read = read_ledger(path, "sales")
    assert read.frame["sku"].tolist() == ["A"]
    assert read.problems["code"].tolist() == ["G011", "G011", "G008"]


def test_the_sheet_that_holds_the_ledger_is_found(tmp_path):
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"about": ["notes"]}).to_excel(book, sheet_name="readme", index=False)
        table(units=["1"]).to_excel(book, sheet_name="销售", index=False)
    read = read_ledger(path, "sales")
    assert len(read) == 1
    assert read.problems["code"].tolist() == ["G009"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.csv", None, "G001"),
        ("a.doc", b"sku", "G002"),
        ("a.csv", b"", "G008"),
        ("a.csv", b"sku,units\nA,1\n", "G005"),
        ("a.csv", b"sku,sku id,units,revenue,date\nA,A,1,1,1\n", "G006"),
        ("a.csv", b"sku,\xff\xff\xff\n\x81", "G004"),
        ("a.csv", b"s\x00ku\n1\n", "G004"),
        ("a.parquet", b"no parquet", "G008"),
        ("a.xlsx", b"PK\x03\x04no workbook", "G008"),
        ("a.jsonl", b"[1]\n", "G008"),
    ],
)
def test_a_ledger_that_cannot_be_read(tmp_path, name, content, code):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LedgerError) as found:
        read_ledger(path, "sales")
    assert found.value.code == code
    assert found.value.file.endswith(name)
    if code == "G005":
        assert "revenue (销售额), date (日期); headers seen: sku, units" in str(found.value)


def test_limits_folders_and_unknown_kinds(tmp_path):
    with pytest.raises(LedgerError, match="G003"):
        read_ledger(table(units=["1"] * 4), "sales", limits=Limits(rows=3))
    with pytest.raises(LedgerError, match="G001"):
        read_ledger(tmp_path, "sales")
    with pytest.raises(LedgerError, match=r"G010.*orders"):
        read_ledger(tmp_path, "salaries")


def test_a_ledger_of_no_rows_is_empty_and_typed(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("sku,units,revenue,date,refund\n")
    frame = read_ledger(path, "sales").frame
    assert len(frame) == 0
    assert frame["revenue"].dtype == np.int64
    assert str(frame["refund"].dtype) == "Int64"
    assert str(frame["date"].dtype) == "datetime64[s]"


def test_rows_in_another_order_read_the_same():
    rng = np.random.default_rng(3)
    told = table(
        units=[str(n) for n in rng.integers(0, 9, 50)],
        revenue=rng.choice(["1,000", "¥5", "x", "", "1.2万"], 50).tolist(),
        date=rng.choice([DAY, "46000", "1/2/2026"], 50).tolist(),
    )
    told["sku"] = [f"S{at}" for at in range(50)]
    order = rng.permutation(50)
    first, other = (read_ledger(each, "sales") for each in (told, told.iloc[order]))
    keys = ["sku", "units", "revenue", "date"]
    one, two = (
        read.frame[keys].astype({"sku": "str"}).sort_values("sku", ignore_index=True)
        for read in (first, other)
    )
    pd.testing.assert_frame_equal(one, two)
    assert first.dropped == other.dropped > 0


def test_codes_of_ledgers_are_used():
    from pathlib import Path

    text = "".join(
        path.read_text(encoding="utf-8") for path in Path("carbon/catalogue").glob("ledger*.py")
    )
    assert [code for code in CODES if code.startswith("G0") and f'"{code}"' not in text] == []
