"""A platform's month, a tax quarter and a pool's season, small, with each fault in turn.

The answer is that of the faultless ledger, or it is withheld, or something is said of it: a
spoilt ledger is never answered otherwise in silence. Faults come in files, as users bring them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from carbon.base.errors import CarbonError
from carbon.base.rules import templates_root
from carbon.catalogue.ledger import read_ledger
from carbon.incentive.pool_policy import load_policy
from carbon.incentive.return_pool import pool
from carbon.incentive.sales import settle
from carbon.incentive.vat_rules import Period, load_rule
from carbon.platform import Platform
from carbon.study import Study

CASES: Final = Path(__file__).parent / "cases" / "ledgers"
RULE: Final = load_rule(templates_root() / "tax" / "paper-2percent.toml")
POLICY: Final = load_policy()
QUICK: Final = POLICY.model_copy(
    update={"fund": POLICY.fund.model_copy(update={"simulations": 200})}
)

Table = pd.DataFrame
Spoil = Callable[[Table], Table]


# ------------------------------------------------------------------ three faultless ledgers


def quarter() -> Table:
    """Thirty lines of a quarter, some with a later refund."""
    at = np.arange(30)
    back = at % 5 == 0
    return pd.DataFrame(
        {
            "taxpayer": "T1",
            "sku": np.where(at % 2 == 0, "BAG001", "TEE002"),
            "units": "10",
            "revenue": "1000",
            "currency": "CNY",
            "returned units": np.where(back, "2", ""),
            "refund": np.where(back, "200", ""),
            "date": [f"2026-07-{day + 1:02d}" for day in at],
            "refund date": np.where(back, "2026-08-15", ""),
            "VAT rate": "13%",
            "entry": [f"E{number}" for number in at],
        }
    )


def season() -> Table:
    """Forty-eight orders of three merchants, a quarter of them returned."""
    at = np.arange(48)
    back = at % 4 == 0
    return pd.DataFrame(
        {
            "merchant": [f"M{number % 3}" for number in at],
            "category": "bag",
            "premium": "1.20",
            "currency": "CNY",
            "returned": np.where(back, "yes", "no"),
            "return freight": np.where(back, "10.00", ""),
            "date": [f"2026-06-{day % 28 + 1:02d}" for day in at],
            "order": [f"O{number}" for number in at],
        }
    )


def month() -> Table:
    """Twelve lines of one live room."""
    at = np.arange(12)
    return pd.DataFrame(
        {
            "room": "r1",
            "session": "S1",
            "sku": "A1",
            "units": "100",
            "revenue": "7900",
            "currency": "CNY",
            "returned units": "10",
            "date": "2026-11-07",
            "order": [f"O{number}" for number in at],
        }
    )


# ------------------------------------------------------------------ what is computed of each


@dataclass(frozen=True)
class Answer:
    """Figures, or none, and what is said."""

    figures: tuple[float, ...] | None
    codes: frozenset[str]


def _loud(problems: Table) -> frozenset[str]:
    return frozenset(problems.loc[problems["severity"] != "note", "code"])


def taxed(path: Path, _: Study) -> Answer:
    sold = settle(read_ledger(path, "sales"), RULE, Period.parse("2026Q3"))
    sums = sold.lines.groupby("sku", observed=True)[["units", "revenue", "refund"]].sum()
    return Answer(tuple(sums.to_numpy(dtype=float).ravel()), _loud(sold.problems))


def priced(path: Path, _: Study) -> Answer:
    found = pool(read_ledger(path, "orders"), QUICK)
    told = found.tiers.dropna(subset="premium_cents")
    return Answer(tuple(told["premium_cents"].astype(float)), _loud(found.problems))


def judged(path: Path, study: Study) -> Answer:
    folder = CASES / "b01_room_viewers"
    ledgers: dict[str, Any] = {
        name: folder / f"{name}.csv" for name in ("sessions", "merchants")
    } | {"sales": path}
    found = Platform(study, draws=20).judge(
        folder / "rooms.csv", CASES / "catalogue.csv", ledgers=ledgers, as_of="2026-11-30"
    )
    room = found.rooms.iloc[0]
    said = {*_loud(found.problems), *str(room["problem"]).split()}
    figures = (float(room["points"]), float(room["footprint_kg"]))
    return Answer(None if np.isnan(figures).any() else figures, frozenset(said))


MADE: Final = {"tax": (quarter, taxed), "pool": (season, priced), "room": (month, judged)}


def ask(kind: str, path: Path, study: Study) -> Answer:
    try:
        return MADE[kind][1](path, study)
    except CarbonError as error:
        return Answer(None, frozenset({error.code}))


# ------------------------------------------------------------------ faults of cells and headers


def ten_thousand(column: str, header: str) -> Spoil:
    """Amounts of a column in 万 and the header says so."""

    def spoil(table: Table) -> Table:
        cells = table[column].astype(float) / 10_000
        return table.assign(**{column: cells.map("{:.8f}".format)}).rename(columns={column: header})

    return spoil


def named(column: str, header: str) -> Spoil:
    return lambda table: table.rename(columns={column: header})


def cells(column: str, value: str, where: Callable[[Table], Any]) -> Spoil:
    def spoil(table: Table) -> Table:
        return table.assign(**{column: table[column].mask(where(table), value)})

    return spoil


def first(count: int) -> Callable[[Table], Any]:
    return lambda table: np.arange(len(table)) < count


def returned(table: Table) -> Any:
    column = "returned" if "returned" in table else "returned units"
    return table[column].isin(["yes", "2", "10"])


def spelt(column: str) -> Spoil:
    """One identity in three spellings, of which two differ only where nobody sees it."""

    def spoil(table: Table) -> Table:
        told = table[column]
        wide = told.map(
            lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in text)
        )
        marked = told.str.slice(0, 1) + "\u200b" + told.str.slice(1)
        at = np.arange(len(table)) % 3
        return table.assign(**{column: np.select([at == 0, at == 1], [told, wide], marked)})

    return spoil


def more(**change: str) -> Spoil:
    """One more row, like the first but for some cells."""

    def spoil(table: Table) -> Table:
        number = "entry" if "entry" in table else "order"
        row = table.iloc[1:2].assign(**{number: "X1"} | change)
        return pd.concat([table, row], ignore_index=True)

    return spoil


def twice(table: Table) -> Table:
    return pd.concat([table, table], ignore_index=True)


SPOILT: Final[dict[str, tuple[Spoil, str, str]]] = {
    # fault: (how, right | told | withheld, a code that must be said)
    "tax unit of money": (ten_thousand("revenue", "销售额(万元)"), "right", ""),
    "tax unit of units": (ten_thousand("units", "件数(万件)"), "right", ""),
    "tax unknown unit": (named("revenue", "销售额(foo)"), "withheld", "G005"),
    "tax impossible units": (cells("units", "9e30", first(1)), "told", "G016"),
    "tax impossible refund": (cells("refund", "99999", first(1)), "told", "T044"),
    "tax far date": (cells("date", "2062-07-01", first(1)), "told", ""),
    "tax refused returns": (cells("returned units", "?!", returned), "told", "T040"),
    "tax sku folded": (spelt("sku"), "right", ""),
    "tax taxpayer folded": (spelt("taxpayer"), "right", ""),
    "tax refund before sale": (cells("refund date", "2026-06-01", returned), "told", "T029"),
    "tax foreign month": (more(date="2026-10-02"), "right", ""),
    "tax rows twice": (twice, "told", ""),
    "pool unit of money": (named("return freight", "return freight(元)"), "right", ""),
    "pool cents": (cells("premium", "120 分", first(48)), "right", ""),
    "pool unknown unit": (named("premium", "保费(foo)"), "withheld", "G005"),
    "pool impossible freight": (cells("return freight", "9e30", returned), "told", ""),
    "pool far date": (more(date="2062-06-01"), "told", "I012"),
    "pool refused returns": (cells("returned", "?!", returned), "withheld", "I016"),
    "pool words of state": (cells("returned", "退款成功", returned), "right", ""),
    "pool merchant folded": (spelt("merchant"), "right", ""),
    "pool category folded": (spelt("category"), "right", ""),
    "pool rows twice": (twice, "told", "I013"),
    "room unit of money": (ten_thousand("revenue", "销售额(万元)"), "right", ""),
    "room unknown unit": (named("units", "件数(foo)"), "withheld", "G005"),
    "room impossible units": (cells("units", "9e30", first(1)), "told", ""),
    "room far date": (more(date="2062-11-07"), "told", "R060"),
    "room refused returns": (cells("returned units", "?!", first(6)), "told", "R075"),
    "room sku folded": (spelt("sku"), "right", ""),
    "room session folded": (spelt("session"), "right", ""),
    "room foreign month": (more(date="2026-09-07"), "told", ""),
    "room rows twice": (twice, "told", ""),
}


@pytest.fixture(scope="module")
def faultless(study: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    out = {}
    for kind, (make, _) in MADE.items():
        path = tmp_path_factory.mktemp(kind) / "ledger.csv"
        make().to_csv(path, index=False)
        out[kind] = ask(kind, path, study)
        assert out[kind].figures
    return out


def same(answer: Answer, right: Answer) -> bool:
    if answer.figures is None or right.figures is None:
        return False
    return answer.figures == pytest.approx(right.figures, rel=1e-9)


@pytest.mark.parametrize("fault", SPOILT)
def test_a_spoilt_ledger_is_never_answered_otherwise_in_silence(
    fault: str, study: Study, faultless: dict[str, Answer], tmp_path: Path
) -> None:
    kind = fault.split()[0]
    spoil, verdict, code = SPOILT[fault]
    path = tmp_path / "ledger.csv"
    spoil(MADE[kind][0]()).to_csv(path, index=False)
    answer, right = ask(kind, path, study), faultless[kind]
    new = answer.codes - right.codes
    if verdict == "right":
        assert same(answer, right)
        assert not new
    elif verdict == "withheld":
        assert answer.figures is None
        assert new
    else:
        assert new
    assert not code or code in new


# ------------------------------------------------------------------ faults of files


def _lock(folder: Path, table: Table) -> None:
    table.to_csv(folder / "ledger.csv", index=False)
    (folder / "~$ledger.xlsx").write_bytes(b"\x05Owner")
    (folder / ".ledger.csv.swp").write_bytes(b"swap")


def _parts(folder: Path, table: Table) -> None:
    table.iloc[:7].to_csv(folder / "a.csv", index=False)
    table.iloc[7:].to_csv(folder / "b.csv", index=False)


def _copies(folder: Path, table: Table) -> None:
    for name in ("ledger.csv", "ledger (1).csv"):
        table.to_csv(folder / name, index=False)


def _sheets(folder: Path, table: Table) -> None:
    with pd.ExcelWriter(folder / "ledger.xlsx") as book:
        for number, start in enumerate(range(0, len(table), len(table) // 3)):
            part = table.iloc[start : start + len(table) // 3]
            part.to_excel(book, sheet_name=f"{number + 7}月", index=False)


FILES: Final = {"lock file": _lock, "parts": _parts, "copies": _copies, "sheets": _sheets}


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("fault", FILES)
def test_files_and_sheets_are_one_ledger(
    kind: str, fault: str, study: Study, faultless: dict[str, Answer], tmp_path: Path
) -> None:
    FILES[fault](tmp_path, MADE[kind][0]())
    answer, right = ask(kind, tmp_path, study), faultless[kind]
    assert same(answer, right)
    if fault == "copies":
        assert answer.codes - right.codes
    else:
        assert answer.codes == right.codes
