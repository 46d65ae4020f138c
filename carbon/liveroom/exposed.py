"""Reads rooms with impressions or a scenario, gives exposure shared out, with problems."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from carbon.base.errors import LedgerError, RuleError, problem_table
from carbon.base.shown import Shown
from carbon.catalogue.ledger import Ledger, read_ledger
from carbon.liveroom.ledgers import Table
from carbon.liveroom.market import ExposureScenario, read_scenario, rooms_of
from carbon.liveroom.policy import Policy
from carbon.liveroom.rounds import Rounds, run

__all__ = ["Exposure", "share_exposure"]


@dataclass(frozen=True, eq=False, repr=False)
class Exposure(Shown, Rounds):
    """Impressions shared out, round after round.

    Parameters
    ----------
    problems : pandas.DataFrame
        Columns :data:`carbon.base.errors.PROBLEM_COLUMNS`, of the ledger and of the sharing.
    left_out : int
        Rows that got no share.
    several : bool
        Rounds were asked for, or told; there may be one.
    scenario : ExposureScenario, optional
        The made-up market that was asked for.

    Examples
    --------
    >>> from carbon import Platform, Study
    >>> Platform(Study()).share_exposure(scenario="fair-exposure").left_out
    0
    """

    problems: pd.DataFrame
    left_out: int
    several: bool = False
    scenario: ExposureScenario | None = None

    def backtest(self) -> pd.DataFrame:
        """What came out of a scenario, and what was reported of such a market.

        Returns
        -------
        pandas.DataFrame
            Columns ``name given reported difference`` [1]: ``small_sales_before`` and
            ``small_sales_after``, the share of sales of small merchants, and ``head_change``, how
            much the sales of the largest rooms moved. ``reported`` is NaN where nobody did.

        Raises
        ------
        carbon.base.errors.LedgerError
            G001 if no scenario was asked for: a ledger of rooms tells no sales.
        """
        if self.scenario is None:
            raise LedgerError("G001", "a scenario is needed: rooms alone tell no sales")
        first, last = self.course.iloc[0], self.course.iloc[-1]
        given = {
            "small_sales_before": first["small_sales"],
            "small_sales_after": last["small_sales"],
            "head_change": last["top_sales"] / first["top_sales"] - 1,
        }
        paper = self.scenario.reported
        reported = [np.nan if paper is None else getattr(paper, name).value for name in given]
        table = pd.DataFrame({"name": list(given), "given": list(given.values())})
        return table.assign(reported=reported, difference=table["given"] - reported)


def share_exposure(
    policy: Policy,
    rooms: Table | None = None,
    *,
    rounds_made: int | None = None,
    scenario: ExposureScenario | Path | str | None = None,
    name: str = "",
) -> Exposure:
    """Share out impressions: boosts, long-tail floor, caps and largest loss; the sum stays.

    Parameters and errors as for :meth:`carbon.platform.Platform.share_exposure`; ``name`` is that
    of the policy, for errors.

    >>> from carbon.liveroom.policy_file import read_policy
    >>> shared = share_exposure(read_policy(), scenario="fair-exposure", rounds_made=2)
    >>> shared.course["small_exposure"].round(3).tolist()
    [0.12, 0.3, 0.3]
    """
    rules = policy.exposure
    if rules is None:
        raise RuleError("R209", file=name or policy.id, value="exposure")
    if scenario is not None and not isinstance(scenario, ExposureScenario):
        scenario = read_scenario(scenario)
    market = None if scenario is None else scenario.market
    wrong, left_out, file = problem_table(), 0, ""
    if rooms is not None:
        ledger = read_ledger(rooms, "exposure")
        wrong, file = ledger.problems, ledger.file
        table = _with_open_wishes(ledger)
        left_out = ledger.dropped + len(ledger) - len(table)
    elif market is not None:
        table = rooms_of(market)
    else:
        raise LedgerError("G001", "rooms are needed, or a scenario that makes them up")
    shared = run(
        table,
        rules,
        policy.boost_cap.value,
        rounds=rounds_made or 1,
        market=market,
        policy=policy.id,
    )
    noted = problem_table(shared.last.problems.assign(file=file))
    parts = [part for part in (wrong, noted) if len(part)]
    return Exposure(
        shared.last,
        shared.monitor,
        shared.course,
        problems=pd.concat(parts, ignore_index=True) if parts else problem_table(),
        left_out=int(shared.last.rooms["exposure"].isna().sum()) + left_out,
        several=rounds_made is not None or "round" in table,
        scenario=scenario,
    )


def _with_open_wishes(ledger: Ledger) -> pd.DataFrame:
    """Rows that were read, and those of which only the wish or what is beside it was not.

    A room whose boost cannot be read keeps its part of the traffic; ``unread`` marks it.
    """
    refused = ledger.refused
    if not len(refused):
        return ledger.frame
    source = dict(zip(ledger.headers["column"], ledger.headers["source"], strict=True))
    faults = ledger.problems[ledger.problems["severity"] == "error"]
    needed = faults["column"].isin([source.get(name, name) for name in ("room", "impressions")])
    lost = set(faults.loc[needed, "row"])
    kept = refused[~refused["line"].isin(lost)]
    unread = set(faults.loc[faults["column"] == source.get("boost", "boost"), "row"])
    rows = pd.concat([ledger.frame, kept], ignore_index=True).sort_values("line")
    return rows.assign(unread=rows["line"].isin(unread)).reset_index(drop=True)
