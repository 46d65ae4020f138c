"""Reads rooms and a policy, gives gates, points, tier, boost, and residual emissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.liveroom.claims import CLOSE, Claims, claimed
from carbon.liveroom.criteria import measures, sums
from carbon.liveroom.matching import match_credits, match_power
from carbon.liveroom.merchants import Merchants, merchants_of
from carbon.liveroom.plausible import watched_too_little
from carbon.liveroom.policy import Policy
from carbon.liveroom.reasons import Gate, Measured, reasons
from carbon.liveroom.room_problems import RoomProblems, text_of
from carbon.liveroom.sales import Sold, tally
from carbon.liveroom.studio import Studio, studio

__all__ = ["CountedBefore", "Judgement", "Tables", "judge"]


DATA: Final = ("R008", "R009", "R010", "R011", "R013")
"""Problems with which a room cannot be judged at all."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Ledgers of a platform, as :func:`carbon.catalogue.ledger.read_ledger` types them.

    - ``findings``: ``room words``: claims in titles and slogans that the claim rules forbid; empty
      if they were looked at and nothing was found
    - ``rates``: price of one unit of each currency in the policy's
    - ``refused``: lines of the sales that could not be read
    """

    rooms: pd.DataFrame
    sessions: pd.DataFrame
    sales: pd.DataFrame
    merchants: pd.DataFrame | None = None
    certificates: pd.DataFrame | None = None
    credits: pd.DataFrame | None = None
    findings: pd.DataFrame | None = None
    rates: Mapping[str, float] | None = None
    refused: pd.DataFrame | None = None


@dataclass(frozen=True, eq=False)
class CountedBefore:
    """What counted before, in other rooms or periods.

    Claims have :data:`carbon.liveroom.claims.CLAIM_COLUMNS`, sessions ``session room period start
    end meter``.
    """

    claims: pd.DataFrame
    sessions: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Judgement:
    """Result of :func:`judge`.

    Parameters
    ----------
    rooms : pandas.DataFrame
        One row a room, in the order of the rooms.
    reasons : pandas.DataFrame
        Every gate and criterion with value, bound, points and a sentence in Chinese and English.
    problems : pandas.DataFrame
        Columns :data:`carbon.base.errors.PROBLEM_COLUMNS`.
    claims : pandas.DataFrame
        Serials claimed and how much of each was used.
    sessions : pandas.DataFrame
        Sessions that counted.
    """

    rooms: pd.DataFrame
    reasons: pd.DataFrame
    problems: pd.DataFrame
    claims: pd.DataFrame
    sessions: pd.DataFrame


def judge(
    tables: Tables,
    goods: pd.DataFrame,
    impacts: pd.DataFrame,
    policy: Policy,
    *,
    as_of: np.datetime64,
    period: str = "",
    basis: str = "",
    edition: str = "",
    earlier: CountedBefore | None = None,
) -> Judgement:
    """Judge every room, once in each period, by what was settled and retired by the day ``as_of``.

    Goods are as :func:`carbon.liveroom.products.goods_of` gives them, one row a SKU; impacts have
    the columns :data:`carbon.liveroom.studio.IMPACT_COLUMNS` by place; basis and edition of the
    footprints are carried into the result.

    A value is a mean over what was sold, before returns, so that a return changes the return rate
    and nothing else; it is weighed by revenue
    (:data:`carbon.liveroom.criteria.BY_REVENUE`) or by units. What is not known
    counts at the ``unknown`` bound of its criterion, and earns nothing if nothing is known. The
    return rate is ``(x + k·p)/((n + k)·p)``: x of n closed units came back, p is the rate of the
    categories sold, k the prior of the policy (a Beta-binomial mean, credibility n/(n + k)).
    """
    rooms = _rooms(tables.rooms)
    problems = RoomProblems(pd.Index(rooms["room"]))
    _repeated_rooms(tables.rooms, problems)
    before = earlier or CountedBefore(pd.DataFrame(), pd.DataFrame())
    on_air = studio(
        tables.sessions,
        problems.rooms,
        impacts,
        policy.viewers,
        problems,
        before.sessions,
        as_of=as_of,
        plausible=policy.plausible,
    )
    goods = goods.drop_duplicates("sku").sort_values("sku")
    sold = tally(
        tables.sales,
        problems.rooms,
        on_air.sessions,
        goods,
        policy,
        as_of,
        problems,
        tables.rates,
        period=period,
        refused=tables.refused,
    )
    _doubts(sold, goods, problems)
    claims = {
        of: claimed(
            frame if frame is not None else pd.DataFrame(),
            of,
            problems.rooms,
            on_air.sessions,
            policy,
            as_of,
            period,
            problems,
            before.claims,
        )
        for of, frame in (("power", tables.certificates), ("credits", tables.credits))
    }
    matched, power = match_power(claims["power"], on_air.sessions, problems)
    table = sums(len(rooms), sold, goods, on_air, matched)
    if policy.plausible is not None:  # hours that cannot be are hours not known
        watched, units = table["viewer_hours"].to_numpy(), table["units"].to_numpy()
        hasty = np.flatnonzero(watched_too_little(units, watched, policy.plausible))
        table.loc[hasty, ["session_kg", "footprint_kg"]] = np.nan
        values = [f"{units[at]:g} units, {watched[at]:g} h" for at in hasty]
        problems.add("R069", file="sessions", column="viewer_hours", owner=hasty, value=values)
    credits_kg, used = match_credits(
        claims["credits"], (table["footprint_kg"] - table["power_kg"]).to_numpy(), problems
    )
    table["credits_kg"] = credits_kg
    table["residual_kg"] = table["footprint_kg"] - table["power_kg"] - credits_kg
    table["certificates"] = _serials(power, len(rooms))
    table["credits"] = _serials(used, len(rooms))
    measured = measures(sold, goods, table, policy)
    who = merchants_of(rooms, tables.merchants, tables.findings, policy, problems)
    gates = _gates(table, sold, who, policy, as_of, problems)
    _earlier_told(on_air, (power, used), problems)
    judged = _decide(rooms, table, measured, gates, who, policy, problems)
    judged.insert(3, "period", period)
    judged.insert(4, "as_of", str(as_of))
    judged = judged.assign(policy=policy.id, basis=basis, edition=edition)
    return Judgement(
        judged,
        reasons(judged, measured, gates, policy),
        problems.table(),
        pd.concat([power.table, used.table], ignore_index=True),
        on_air.sessions.assign(period=period),
    )


def _doubts(sold: Sold, goods: pd.DataFrame, problems: RoomProblems) -> None:
    """Tell the rooms which of their goods are doubted."""
    names = goods["sku"].astype(str).to_numpy(dtype=object)
    for code, column, flag in (
        ("R073", "packaging", "bare"),
        ("R074", "sku", "withheld"),
        ("R082", "sku", "doubted"),
    ):
        if flag in goods:
            doubted = np.append(goods[flag].to_numpy(dtype=bool), False)
            at = np.flatnonzero(doubted[sold.sku])
            name = names[sold.sku[at]]
            problems.add(
                code,
                file="catalogue",
                column=column,
                owner=sold.room[at],
                value=list(name),
                sku=name,
            )


def _rooms(rooms: pd.DataFrame) -> pd.DataFrame:
    """One row a room, the first."""
    table = rooms.assign(room=text_of(rooms, "room").to_numpy())
    return table[(table["room"] != "")].drop_duplicates("room").reset_index(drop=True)


def _repeated_rooms(rooms: pd.DataFrame, problems: RoomProblems) -> None:
    table = rooms.assign(room=text_of(rooms, "room").to_numpy())
    line = table["line"] if "line" in table else pd.Series(np.arange(2, len(table) + 2))
    rest = table.drop(columns="line", errors="ignore")
    repeated = rest.astype("str").duplicated().to_numpy()
    again = rest["room"].duplicated().to_numpy() & (rest["room"] != "").to_numpy()
    for code, bad in (("R006", again & repeated), ("R011", again & ~repeated)):
        at = np.flatnonzero(bad)
        name = table["room"].iloc[at]
        place = problems.rooms.get_indexer(pd.Index(name))
        problems.add(code, file="rooms", column="room", owner=place, row=line.iloc[at], value=name)


def _serials(claims: Claims, n: int) -> npt.NDArray[np.object_]:
    """Serials of which something was used, by room."""
    table = claims.table
    used = table[table["used"] > 0]
    text = used["registry"].astype(str) + " " + used["serial"].astype(str)
    block = used["last_serial"] != used["serial"]
    text = text.where(~block, text + " … " + used["last_serial"].astype(str))
    serials = np.full(n, "", dtype=object)
    by_place: dict[int, list[str]] = {}
    for place, each in zip(used["place"].tolist(), text.tolist(), strict=True):
        by_place.setdefault(place, []).append(each)
    for place, each_of in by_place.items():
        serials[place] = "; ".join(each_of)
    return serials


def _gates(
    table: pd.DataFrame,
    sold: Sold,
    who: Merchants,
    policy: Policy,
    as_of: np.datetime64,
    problems: RoomProblems,
) -> list[Gate]:
    """Gates in force, with ``data``, which no policy can leave out."""
    n = len(table)
    unsold = ~(table["revenue"].to_numpy() > 0) & ~sold.mixed
    back = ~unsold & (table["kept_units"] == 0).to_numpy()
    silent = (table["sessions"] == 0).to_numpy()
    for code, source, bad in (
        ("R009", "sales", unsold),
        ("R010", "sales", back),
        ("R013", "sessions", silent),
    ):
        at = np.flatnonzero(bad)
        problems.add(
            code, file=source, column="room", owner=at, value=list(problems.rooms[at].astype("str"))
        )
    codes = problems.by_room()
    sound = ~(unsold | back | silent | sold.mixed)
    sound &= np.array(["R011" not in gate_codes for gate_codes in codes], dtype=bool)
    none = np.full(n, np.nan)
    gate_codes = [" ".join(code for code in text.split() if code in DATA) for text in codes]
    gates = [Gate("data", sound, none, np.nan, np.array(gate_codes, dtype=object))]
    asked = policy.gates
    for name, column, bound in (
        ("coverage", "coverage", asked.coverage),
        ("metered", "metered_share", asked.metered),
        ("in_session", "in_session_share", asked.in_session),
    ):
        if bound is not None:
            value = table[column].to_numpy(dtype=np.float64)
            with np.errstate(invalid="ignore"):
                passed = value >= bound.value - CLOSE
            gates.append(Gate(name, passed, value, bound.value, none))
    if asked.block_list is not None:
        gates.append(Gate("block_list", who.clear, none, np.nan, who.known))
    if asked.claims is not None:
        gates.append(Gate("claims", who.words == "", none, np.nan, who.words))
    if asked.return_window is not None:
        still = sold.open_lines / np.maximum(sold.lines, 1)
        closes = np.where(sold.closes > as_of, sold.closes, np.datetime64("NaT"))
        gates.append(Gate("return_window", sold.open_lines == 0, still, 0.0, closes))
    return gates


def _earlier_told(on_air: Studio, claims: tuple[Claims, ...], problems: RoomProblems) -> None:
    """Earlier judgements that rest on what now counts nowhere."""
    for table, thing in (
        (on_air.earlier, "session"),
        *((claim.earlier, "serial") for claim in claims),
    ):
        if not len(table):
            continue
        value = table["room"] + ", " + table["period"].astype(str) + ": " + table[thing].astype(str)
        value = value.drop_duplicates()
        place = problems.rooms.get_indexer(pd.Index(table.loc[value.index, "room"]))
        problems.add("R051", file="history", column=thing, owner=place, value=value)


def _decide(
    rooms: pd.DataFrame,
    table: pd.DataFrame,
    measured: dict[str, Measured],
    gates: list[Gate],
    who: Merchants,
    policy: Policy,
    problems: RoomProblems,
) -> pd.DataFrame:
    """Status, tier and boost of each room, and everything they rest on."""
    n = len(rooms)
    points = np.round(sum((each.points for each in measured.values()), np.zeros(n)), 9)
    sound, open_yet = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    failed = np.full(n, "", dtype=object)
    for gate in gates:
        if gate.name == "return_window":
            open_yet = ~gate.passed
        else:
            sound &= gate.passed
        failed = failed + np.where(gate.passed, "", f"{gate.name} ")
    need = (table["footprint_kg"] - table["power_kg"]).to_numpy(dtype=np.float64)
    offset = table["credits_kg"].to_numpy(dtype=np.float64)
    tier = np.full(n, -1)
    for position, each in reversed(list(enumerate(policy.tiers))):
        enough = points >= each.least.value - CLOSE
        if each.matched is not None:
            with np.errstate(invalid="ignore"):
                enough &= offset >= each.matched.value * need * (1 - CLOSE)
        tier[enough] = position
    tier = np.where(sound, tier, -1)
    status = np.where(open_yet & sound, "provisional", "eligible")
    status = np.where(~sound | ((tier < 0) & ~open_yet), "not_eligible", status)

    def of_tier(values: list[str]) -> npt.NDArray[np.object_]:
        by_room: npt.NDArray[np.object_] = np.array([*values, ""], dtype=object)[tier]
        return by_room

    boost = np.array([*(each.boost.value for each in policy.tiers), 0.0])[tier]
    granted = {"eligible": 1.0, "provisional": policy.provisional_share.value, "not_eligible": 0.0}
    boost = boost * np.array([granted[each] for each in status], dtype=np.float64)
    market = text_of(rooms, "market").str.upper().replace("", policy.market)
    words = {(each.tier, each.market): each for each in policy.wording}
    said = [
        words.get((name, place)) if each == "eligible" else None
        for name, place, each in zip(
            of_tier([t.id for t in policy.tiers]), market, status, strict=True
        )
    ]
    judged = pd.DataFrame({"room": rooms["room"], "merchant": text_of(rooms, "merchant")})
    judged["market"] = market
    judged["status"] = status
    judged["tier"] = of_tier([each.id for each in policy.tiers])
    judged["tier_zh"] = of_tier([each.zh for each in policy.tiers])
    judged["tier_en"] = of_tier([each.en for each in policy.tiers])
    judged["points"] = points
    judged["boost"] = np.round(boost, 9)
    judged["small_merchant"] = who.small
    judged["credit_grade"] = who.grade
    if "impressions" in rooms:
        judged["impressions"] = rooms["impressions"].to_numpy()
    judged["gates_failed"] = [text.strip() for text in failed]
    columns: dict[str, object] = {}
    for name, criterion in measured.items():
        columns[f"points_{name}"] = criterion.points
        columns[f"value_{name}"] = criterion.value
    judged = pd.concat([judged, pd.DataFrame(columns, index=judged.index), table], axis=1)
    judged["claim_zh"] = ["" if each is None else each.zh for each in said]
    judged["claim_en"] = ["" if each is None else each.en for each in said]
    judged["problem"] = problems.by_room()
    return judged
