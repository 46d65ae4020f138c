"""A platform of one faultless room, to be spoilt by the tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from carbon.liveroom.eligibility import CountedBefore, Judgement, Tables, judge
from carbon.liveroom.policy import Policy
from carbon.liveroom.policy_file import read_policy

POLICY = read_policy()
AS_OF = np.datetime64("2026-11-30")
IMPACTS = pd.DataFrame(
    {"grid_kg": [0.5, 0.8], "renewable_kg": [0.1, 0.1], "streaming_kg": [0.04, 0.05]},
    index=["CN", "CN-ZJ"],
)
MONEY = 10_000


def goods(*rows: dict[str, Any]) -> pd.DataFrame:
    """SKUs; what is not said earns every point."""
    best = {
        "category": "t_shirt",
        "total_kg": 2.0,
        "live_session_kg": 0.5,
        "intensity": 0.6,
        "air_share": 0.1,
        "packaging_mass": 0.7,
        "packaging_plastic": 0.1,
        "packaging_layers": 2.0,
        "primary_share": 0.8,
        "category_return_rate": 0.4,
    }
    return pd.DataFrame([{"sku": "A", **best, **row} for row in (rows or ({},))])


def sale(**cells: Any) -> dict[str, Any]:
    """A line; ``revenue`` in yuan."""
    line = {
        "room": "r1",
        "session": "s1",
        "sku": "A",
        "units": 1000,
        "revenue": 1000.0,
        "currency": "CNY",
        "returned_units": 180,
        "date": "2026-11-01",
        "void_share": 0.25,
    }
    return line | cells


def sales(*lines: dict[str, Any]) -> pd.DataFrame:
    """Sales as the ledger types them."""
    table = pd.DataFrame([sale(**line) for line in (lines or ({},))])
    table["revenue"] = (table["revenue"] * MONEY).round().astype("int64")
    table["date"] = table["date"].astype("datetime64[s]")
    table["line"] = np.arange(2, len(table) + 2)
    for name in ("room", "session", "sku", "currency"):
        table[name] = table[name].astype("category")
    return table


def session(**cells: Any) -> dict[str, Any]:
    line = {
        "session": "s1",
        "room": "r1",
        "start": "2026-11-01 19:00",
        "end": "2026-11-01 23:00",
        "studio_kwh": 10.0,
        "viewer_hours": 100.0,
        "place": "CN-ZJ",
    }
    line |= cells
    return {"meter_id": f"M-{line['session']}", **line}


def sessions(*lines: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame([session(**line) for line in (lines or ({},))])
    for name in ("start", "end"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[s]")
    return table


def certificate(**cells: Any) -> dict[str, Any]:
    line = {
        "certificate": "GEC-2026-000001",
        "registry": "GEC",
        "room": "r1",
        "energy_kwh": 1000.0,
        "generation_start": "2026-06-01",
        "retired": "2026-11-20",
    }
    return line | cells


def certificates(*lines: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame([certificate(**line) for line in (lines or ({},))])
    for name in ("generation_start", "retired"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[s]")
    return table


def credit(**cells: Any) -> dict[str, Any]:
    line = {
        "serial": "CCER-2024-000001",
        "last": "CCER-2024-000002",
        "registry": "CCER",
        "room": "r1",
        "co2e_kg": 2000.0,
        "vintage": 2024.0,
        "retired": "2026-11-20",
    }
    return line | cells


def retired(*lines: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame([credit(**line) for line in (lines or ({},))])
    table["retired"] = pd.to_datetime(table["retired"]).astype("datetime64[s]")
    return table


def tables(**given: Any) -> Tables:
    """Ledgers of the faultless room, or those given."""
    whole: dict[str, Any] = {
        "rooms": pd.DataFrame({"room": ["r1"], "merchant": ["m1"]}),
        "sessions": sessions(),
        "sales": sales(),
        "merchants": pd.DataFrame(
            {"merchant": ["m1", "m2"], "blocked": [False, False], "small_merchant": [True, False]}
        ),
        "certificates": certificates(),
        "findings": pd.DataFrame({"room": [], "words": []}),
    }
    return Tables(**whole | given)


def judged(
    of: Tables | None = None,
    known: pd.DataFrame | None = None,
    policy: Policy = POLICY,
    **given: Any,
) -> Judgement:
    """Judge the faultless room, or what is given."""
    as_of: np.datetime64 = given.pop("as_of", AS_OF)
    earlier: CountedBefore | None = given.pop("earlier", None)
    period: str = given.pop("period", "2026-11")
    return judge(
        of or tables(**given),
        goods() if known is None else known,
        IMPACTS,
        policy,
        as_of=as_of,
        period=period,
        basis="basis",
        earlier=earlier,
    )


def codes(found: Judgement) -> set[str]:
    """Codes of its problems, notes left out."""
    grave = found.problems[found.problems["severity"] != "note"]
    return set(grave["code"])


def reason(found: Judgement, name: str, room: str = "r1") -> pd.Series:
    """The reason of a name."""
    table = found.reasons
    return table[(table["room"] == room) & (table["name"] == name)].iloc[0]
