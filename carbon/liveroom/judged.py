"""Reads ledgers, goods and a policy, gives rooms judged and what this changes in a history."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from carbon.base.errors import LedgerError, OutputError
from carbon.base.files import write_text
from carbon.base.shown import Shown
from carbon.catalogue.ledger import Ledger
from carbon.catalogue.schema import Catalogue
from carbon.footprint.computing import Computing
from carbon.liveroom.eligibility import Judgement, Tables, judge
from carbon.liveroom.ledgers import impacts_of, problems_of, rates_of
from carbon.liveroom.policy import Policy
from carbon.liveroom.products import goods_of
from carbon.liveroom.room_problems import text_of
from carbon.liveroom.room_words import Look, findings
from carbon.liveroom.settlement import History, entry, settle
from carbon.liveroom.studio import viewers_of

__all__ = ["RoomsJudged", "day_of", "judge_rooms"]


@dataclass(frozen=True, eq=False, repr=False)
class RoomsJudged(Shown, Judgement):
    """Rooms judged, with what this changes in a history.

    Parameters
    ----------
    settlement : pandas.DataFrame, optional
        Scores that late returns re-open, where there is a history.
    next_entry : tuple of str, optional
        Name and text of the next file of the history; None if it has nothing new.
    as_of : str
        Day of the judgement, ``2026-11-30``.

    Examples
    --------
    >>> none = pd.DataFrame({"room": []})
    >>> RoomsJudged(none, none, none, none, none, as_of="2026-11-30").as_of
    '2026-11-30'
    """

    settlement: pd.DataFrame | None = None
    next_entry: tuple[str, str] | None = None
    as_of: str = ""

    def advice(self, room: str) -> pd.DataFrame:
        """What a room is told first: gates that it missed, then the two criteria that add most.

        Parameters
        ----------
        room : str

        Returns
        -------
        pandas.DataFrame
            Rows of ``reasons``.
        """
        reasons = self.reasons[self.reasons["room"] == room]
        missed = reasons[(reasons["kind"] == "gate") & ~reasons["passed"].astype(bool)]
        best = reasons[reasons["kind"] == "criterion"].nlargest(2, "adds")
        return pd.concat([missed, best[best["adds"] > 0]])

    def keep(self, history: Path | str) -> Path | None:
        """Write the next entry of a history; an entry is never replaced.

        Parameters
        ----------
        history : path
            The folder that was given to :meth:`carbon.Platform.judge`.

        Returns
        -------
        pathlib.Path or None
            The entry; None if there is nothing new.

        Raises
        ------
        carbon.base.errors.OutputError
            O004 if another judgement wrote this entry meanwhile, O001 if it cannot be written.
        """
        if self.next_entry is None:
            return None
        name, content = self.next_entry
        path = Path(history) / name
        if path.exists():
            raise OutputError("O004", file=str(path))
        write_text(path, content)
        return path


def judge_rooms(
    study: Computing,
    policy: Policy,
    ledgers: Mapping[str, Ledger],
    catalogue: Catalogue,
    graded: pd.DataFrame,
    look: Look,
    *,
    day: datetime.date,
    period: str = "",
    before: History | None = None,
) -> RoomsJudged:
    """Gates, points, tier and boost of every live room.

    ``ledgers`` are ``rooms``, ``sessions`` and ``sales``, and as far as there are the others of
    :data:`carbon.liveroom.ledgers.LEDGERS`; ``graded`` are the footprints of the filled catalogue,
    as :meth:`carbon.study.Study.grades`; ``look`` applies the claim rules of a market to texts;
    what was settled and retired by ``day`` counts.
    """
    frames = {name: ledger.frame for name, ledger in ledgers.items()}
    rates, odd_rates = rates_of(ledgers.get("rates"))
    frames.pop("rates", None)
    words = findings(frames["rooms"], policy, look)
    refused = ledgers["sales"].refused
    tables = Tables(**frames, findings=words, rates=rates, refused=refused)
    names = study.vocabulary.categories["category"].astype(str).tolist()
    typical = study.catalogue(pd.DataFrame({"sku": names, "category": names}))
    judged = judge(
        tables,
        goods_of(catalogue, typical, graded, policy),
        impacts_of(study, viewers_of(tables.sessions, policy.viewers)),
        policy,
        as_of=np.datetime64(day, "D"),
        period=period,
        basis=str(study.basis),
        edition=study.basis.edition,
        earlier=None
        if before is None
        else before.others(pd.Index(text_of(frames["rooms"], "room")), period),
    )
    parts = {each.name: getattr(judged, each.name) for each in fields(judged)}
    parts["problems"] = problems_of(ledgers, odd_rates, judged.problems)
    return RoomsJudged(
        **parts,
        settlement=None if before is None else settle(before, judged, policy),
        next_entry=None if before is None else entry(before, judged, period),
        as_of=day.isoformat(),
    )


def day_of(day: str | datetime.date | None) -> datetime.date:
    """Day of a judgement, as ``2026-11-30``; today without, G012 if it is none."""
    if day is None or isinstance(day, datetime.date):
        return day or datetime.date.today()
    try:
        return datetime.date.fromisoformat(day)
    except ValueError:
        raise LedgerError("G012", column="as_of", value=day) from None
