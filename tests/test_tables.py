"""Every table that can be read: units, dates, refused rows and identities mean one thing.

The tables are those of ``templates/ledgers/columns.csv`` and ``templates/catalogue/columns.csv``.
A new column is tried without being named here; one of a kind, date or table that no test knows
fails until somebody says what is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
from rooms import certificates, codes, judged, retired, sales, sessions

from carbon.base.errors import LedgerError, StudyError
from carbon.base.rules import templates_root
from carbon.catalogue.inputs import inputs_of
from carbon.catalogue.ledger import MONEY, read_ledger
from carbon.catalogue.ledger_columns import LedgerColumn, ledger_columns, ledgers
from carbon.catalogue.read import read
from carbon.catalogue.schema import Vocabulary
from carbon.incentive.pool_policy import load_policy
from carbon.incentive.return_pool import pool
from carbon.incentive.sales import settle
from carbon.incentive.vat import _certificates
from carbon.incentive.vat_rules import Period, load_rule
from carbon.liveroom.exposed import share_exposure
from carbon.liveroom.policy_file import read_policy
from carbon.platform import Platform
from carbon.study import Study

CASES: Final = Path(__file__).parent / "cases" / "ledgers"
RULE: Final = load_rule(templates_root() / "tax" / "paper-2percent.toml")
QUARTER: Final = Period.parse("2026Q3")
POLICY: Final = load_policy()

COLUMNS: Final = [
    pytest.param(table, column, id=f"{table}-{column.name}")
    for table in ledgers()
    for column in ledger_columns(table).values()
]

UNITS: Final = {
    "money": {"元": MONEY, "万元": 10_000 * MONEY, "亿元": 1e8 * MONEY, "角": MONEY / 10,
              "分": MONEY / 100, "含税": MONEY},
    "energy": {"kWh": 1, "度": 1, "MWh": 1000, "万千瓦时": 10_000, "GJ": 1000 / 3.6},
    "mass": {"kg": 1, "克": 0.001, "t": 1000, "磅": 0.45359237, "斤": 0.5},
    "hours": {"h": 1, "分钟": 1 / 60, "秒": 1 / 3600, "天": 24},
    "count": {"件": 1, "千": 1000, "万件": 10_000},
    "number": {"万": 10_000, "千": 1000},
    "share": {"%": 0.01},
}  # fmt: skip
"""Kind of a column → unit in its header → what a bare 3 is worth in the unit of the frame."""

NO_UNIT: Final = {"text", "id", "flag", "choice", "date", "datetime"}
IDENTITIES: Final = {"text", "id"}
BROKEN: Final = "?!"


def rows(table: str, count: int = 1, **cells: list[Any]) -> pd.DataFrame:
    """Rows of examples, some columns otherwise."""
    whole = {
        name: [column.example or "1"] * count for name, column in ledger_columns(table).items()
    }
    return pd.DataFrame(whole | cells)


def bare(column: LedgerColumn) -> str:
    return "3" if column.least < 3 <= column.most or column.kind == "share" else "1"


# ------------------------------------------------------------------ units in headers


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_unit_in_a_header_converts_its_column(table: str, column: LedgerColumn) -> None:
    assert column.kind in UNITS or column.kind in NO_UNIT
    for unit, factor in UNITS.get(column.kind, {}).items():
        told = rows(table, **{column.name: [bare(column)]})
        told = told.rename(columns={column.name: f"{column.header_zh}({unit})"})
        frame = read_ledger(told, table).frame
        assert frame[column.name].tolist() == pytest.approx([float(bare(column)) * factor]), unit


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_an_unknown_unit_refuses_its_column_by_name(table: str, column: LedgerColumn) -> None:
    if column.kind in NO_UNIT:
        return
    header = f"{column.header_zh}(foo)"
    told = rows(table).rename(columns={column.name: header})
    if column.required:
        with pytest.raises(LedgerError, match="G005") as failure:
            read_ledger(told, table)
        assert header in str(failure.value)
        assert column.name in str(failure.value)
        return
    found = read_ledger(told, table)
    assert column.name not in found.frame
    assert found.problems[["code", "column"]].to_numpy().tolist() == [["C121", header]]


# ------------------------------------------------------------------ refused rows


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_row_that_cannot_be_read_is_kept_apart_and_told(table: str, column: LedgerColumn) -> None:
    cell = "" if column.kind in IDENTITIES else BROKEN
    if column.kind in IDENTITIES and not column.required:
        return
    if column.name == "currency":
        cell = ""
    found = read_ledger(
        rows(table, 3, **{column.name: [column.example, cell, column.example]}), table
    )
    assert len(found) == 2
    assert found.dropped == len(found.refused) == 1
    assert found.refused["line"].tolist() == [3]
    error = found.problems[found.problems["severity"] == "error"]
    assert error["row"].tolist() == [3]
    assert error["column"].tolist() == [column.name]
    # what could be read of the row says whom it is about
    for name, other in ledger_columns(table).items():
        if other.kind in IDENTITIES and other is not column:
            assert found.refused[name].astype(str).tolist() == [found.frame[name].astype(str)[0]]


# ------------------------------------------------------------------ identities

INVISIBLE: Final = ("\u200b", "\ufeff", "\u2060", "\u00ad", "\u200e")


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_one_identity_is_one_however_it_is_spelt(table: str, column: LedgerColumn) -> None:
    if column.kind not in IDENTITIES:
        return
    name = column.example
    if column.name == "sku":
        name = name.replace("-", "")  # wide punctuation of goods is kept apart by the reader
    wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in name)
    spelt = [name, wide, f" {name} ", *(name[:1] + mark + name[1:] for mark in INVISIBLE)]
    found = read_ledger(rows(table, len(spelt), **{column.name: spelt}), table)
    assert found.frame[column.name].astype(str).unique().tolist() == [name]
    assert not len(found.problems)


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_names_that_look_like_numbers_stay_as_they_are(table: str, column: LedgerColumn) -> None:
    if column.kind != "id":
        return
    names = ["00123", "123", "1E5", "TRUE", "3601234567890122753", "3601234567890122754"]
    found = read_ledger(rows(table, len(names), **{column.name: names}), table)
    assert found.frame[column.name].astype(str).tolist() == names


# ------------------------------------------------------------------ dates beyond the as-of day

LATE: Final = "2062-08-01"


def _late(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table.assign(**{name: pd.to_datetime([LATE] * len(table)).astype("datetime64[s]")})


def _room(table: str, name: str) -> set[str]:
    """Codes and failed gates of the faultless room with one date far ahead."""
    made = {"sales": sales, "sessions": sessions, "certificates": certificates, "credits": retired}
    found = judged(**{table: _late(made[table](), name)})
    return codes(found) | set(found.rooms["gates_failed"].iloc[0].split())


def _taxed(_: str, name: str) -> set[str]:
    row = {"date": ["2026-08-01"], "units": ["9"], "returned_units": ["1"], "refund": ["10"]}
    told = rows("sales", **row | {name: [LATE]})
    return set(settle(read_ledger(told, "sales"), RULE, QUARTER).problems["code"])


def _pooled(_: str, name: str) -> set[str]:
    told = pd.read_csv(CASES / "b07_pool_once.csv", dtype=str)
    far = told.iloc[:1].assign(**{name: LATE, "order": "far"})
    return set(pool(read_ledger(pd.concat([told, far]), "orders"), POLICY).problems["code"])


def _verified(_: str, name: str) -> set[str]:
    """Whether a certificate is in force on the last day of the period."""
    told = {"sku": ["A"], "valid_from": ["2026-01-01"], "valid_to": ["2027-01-01"]}
    table = read_ledger(rows("verifications", **told | {name: [LATE]}), "verifications").frame
    held = _certificates(pd.Series(["A"]), table, QUARTER)
    return {"in force"} if held.iloc[0] else {"not in force"}


BEYOND: Final[dict[tuple[str, str], tuple[Callable[[str, str], set[str]], str]]] = {
    ("sales", "date"): (_room, "R060"),
    ("sales", "settled_on"): (_room, "return_window"),
    ("sales", "refund_date"): (_taxed, "T026"),
    ("sessions", "start"): (_room, "R014"),
    ("sessions", "end"): (_room, "R067"),
    ("certificates", "issued"): (_room, "R084"),
    ("certificates", "retired"): (_room, "R031"),
    ("certificates", "generation_start"): (_room, "R029"),
    ("certificates", "generation_end"): (_room, "R084"),
    ("credits", "retired"): (_room, "R031"),
    ("orders", "date"): (_pooled, "I012"),
    ("verifications", "valid_from"): (_verified, "not in force"),
    ("verifications", "valid_to"): (_verified, "in force"),
}
"""Date of a table → who reads it, and what is said of one far ahead."""


@pytest.mark.parametrize(
    ("table", "column"), [each for each in COLUMNS if each.values[1].kind in ("date", "datetime")]
)
def test_a_date_far_ahead_is_never_silently_taken(table: str, column: LedgerColumn) -> None:
    reader, expected = BEYOND[table, column.name]
    assert expected in reader(table, column.name)


# ------------------------------------------------------------------ refused rows that may bias


def _judged(study: Study, table: str, **cells: str) -> set[str]:
    """What is said of the one room of a case if a cell of a table cannot be read."""
    folder = CASES / "b01_room_certificate"
    ledger = {
        path.stem: pd.read_csv(path, dtype=str, keep_default_na=False)
        for path in folder.glob("*.csv")
    }
    told = ledger[table]
    broken = told.iloc[:1].assign(**cells)
    more = [told, broken] if table == "sales" else [broken]
    ledger[table] = pd.concat(more, ignore_index=True)
    found = Platform(study, draws=20).judge(
        ledger.pop("rooms"), CASES / "catalogue.csv", ledgers=ledger, as_of="2026-12-31"
    )
    assert "error" in set(found.problems["severity"])
    room = found.rooms.iloc[0]
    lost = {"no power"} if not room["value_renewable_share"] > 0 else set()
    return lost | set(f"{room['problem']} {room['gates_failed']}".split())


def _priced(_: Study, __: str) -> set[str]:
    told = pd.read_csv(CASES / "b07_pool_once.csv", dtype=str)
    told.loc[:3, "returned"] = BROKEN
    with pytest.raises(StudyError) as withheld:
        pool(read_ledger(told, "orders"), POLICY)
    return {withheld.value.code}


def _declared(_: Study, __: str) -> set[str]:
    told = pd.concat([rows("sales", 40), rows("sales", 4, returned_units=[BROKEN] * 4)])
    told["entry"] = [str(number) for number in range(44)]
    told["date"] = "2026-08-01"
    return set(settle(read_ledger(told, "sales"), RULE, QUARTER).problems["code"])


def _shared(_: Study, __: str) -> set[str]:
    shared = share_exposure(read_policy(), CASES / "b37_exposure.csv")
    return set(shared.last.rooms["problem"])


BIAS: Final[dict[str, tuple[tuple[Callable[..., set[str]], dict[str, str], str], ...]]] = {
    "sales": ((_judged, {"returned_units": BROKEN}, "R075"), (_declared, {}, "T040")),
    "sessions": ((_judged, {"end": BROKEN}, "in_session"),),
    "merchants": ((_judged, {"blocked": BROKEN}, "R012"),),
    "certificates": ((_judged, {"电量(万千瓦时)": BROKEN}, "no power"),),
    "orders": ((_priced, {}, "I016"),),
    "exposure": ((_shared, {}, "R210"),),
}
"""Table → who reads it, a cell that it cannot, and what is then said of the result."""

ONLY_LOSES: Final = {
    "rooms": "a room that is not read is not judged",
    "credits": "a credit that is not read is not matched",
    "verifications": "a certificate that is not read fulfils no condition",
    "waybills": "a parcel that is not read accuses nobody",
    "rates": "a currency without a rate leaves its rooms mixed, without points",
}
"""Table → why a refused row of it can flatter nobody."""


def test_each_table_says_what_its_refused_rows_do() -> None:
    assert set(BIAS) | set(ONLY_LOSES) == set(ledgers())


@pytest.mark.parametrize(
    ("table", "number"), [(table, number) for table in BIAS for number in range(len(BIAS[table]))]
)
def test_refused_rows_mark_the_result(study: Study, table: str, number: int) -> None:
    reader, cells, expected = BIAS[table][number]
    assert expected in reader(study, table, **cells)


# ------------------------------------------------------------------ the catalogue

GOODS: Final = pd.read_csv(templates_root() / "catalogue" / "columns.csv", dtype=str).fillna("")
GOODS_UNITS: Final = {"g": {"克": 1, "kg": 1000, "磅": 453.59237}, "kWh": {"度": 1, "MWh": 1000},
                      "MJ": {"MJ": 1, "kWh": 3.6, "GJ": 1000}, "h": {"h": 1, "万小时": 10_000},
                      "km": {"公里": 1, "m": 1 / 1000},
                      "year": {"年": 1, "月": 1 / 12}}  # fmt: skip
"""Unit of a column → unit in its header → what a bare 3 is worth in that unit."""


def _column(vocabulary: Vocabulary, header: str, cell: str) -> tuple[pd.Series, pd.DataFrame]:
    """First row of a catalogue of one SKU, and its problems."""
    told = {"商品编码": ["A"], "类目": ["kettle"], header: [cell]}
    found = read(pd.DataFrame(told), vocabulary)
    return found.skus.iloc[0], found.problems


MEASURED: Final = GOODS[(GOODS["unit"] != "") & (GOODS["kind"] == "quantity")]


@pytest.mark.parametrize("column", MEASURED["column"])
def test_units_of_the_catalogue_convert_or_refuse_their_column(study: Study, column: str) -> None:
    row = MEASURED.set_index("column").loc[column]
    plain, _ = _column(study.vocabulary, row["zh"], f"3 {row['unit']}")
    name = next(
        name for name in plain.index
        if isinstance(plain[name], float) and name.startswith(column) and plain[name] > 0
    )  # fmt: skip
    for unit, factor in GOODS_UNITS[row["unit"]].items():
        found, problems = _column(study.vocabulary, f"{row['zh']}({unit})", "3")
        assert found[name] == pytest.approx(plain[name] * factor, rel=1e-9), unit
    _, problems = _column(study.vocabulary, f"{row['zh']}(foo)", "3")
    assert problems[["code", "column"]].to_numpy().tolist() == [["C121", f"{row['zh']}(foo)"]]


# ------------------------------------------------------------------ files and folders


def test_a_file_is_found_by_its_escaped_url(tmp_path: Path) -> None:
    path = tmp_path / "商品 10%.csv"
    path.write_text("sku,category\nA,t_shirt\n", encoding="utf-8")
    for url in (path.as_uri(), f"file://{path}"):
        assert [each.name for each in inputs_of(url)] == [path.name]


def test_a_month_with_other_headers_does_not_fall_out_unseen(tmp_path: Path) -> None:
    told = rows("sales", 2, entry=["1", "2"])
    told.to_csv(tmp_path / "7.csv", index=False)
    told.rename(columns={"returned_units": "退货件数"}).to_csv(tmp_path / "8.csv", index=False)
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    found = read_ledger(tmp_path, "sales")
    assert len(found) == 2
    assert found.problems[["code", "file", "severity"]].to_numpy().tolist() == [
        ["G021", "8.csv", "error"],
        ["G009", "notes.csv", "note"],
    ]


def test_the_digest_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    def told() -> str:
        return read_ledger(tmp_path, "sales").sha256

    rows("sales").to_csv(tmp_path / "7.csv", index=False)
    before = told()
    (tmp_path / "~$7.xlsx").write_bytes(b"lock")
    assert told() == before
    rows("sales", entry=["2"]).to_csv(tmp_path / "8.csv", index=False)
    assert told() != before
