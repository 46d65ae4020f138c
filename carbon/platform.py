"""Reads a platform's ledgers, gives judged rooms, rankings, exposure, anomalies and pool prices.

Labels, live rooms and incentives do not know each other; what needs two of them meets here.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd

from carbon.base.arguments import checked, kind, path_or, read_or
from carbon.base.errors import LedgerError, RuleError
from carbon.base.progress import Progress, silent
from carbon.catalogue.aliases import spelled
from carbon.catalogue.ledger import Ledger, read_ledger
from carbon.footprint.reference import References, read_references
from carbon.incentive.pool_orders import returned
from carbon.incentive.pool_policy import load_policy
from carbon.incentive.return_pool import Pool, pool
from carbon.liveroom import gaming, ranking
from carbon.liveroom.exposed import Exposure, share_exposure
from carbon.liveroom.gaming import Anomalies
from carbon.liveroom.judged import RoomsJudged, day_of, judge_rooms
from carbon.liveroom.ledgers import LEDGERS, Table, ledger_files, problems_of
from carbon.liveroom.market import ExposureScenario
from carbon.liveroom.policy import Policy
from carbon.liveroom.policy_file import refuse, with_items
from carbon.liveroom.room_words import word_conflicts
from carbon.liveroom.settlement import read_history
from carbon.policy_words import PolicyWords, forbidden

if TYPE_CHECKING:
    from carbon.catalogue.given import Source
    from carbon.incentive.pool_policy import PoolPolicy
    from carbon.study import Study

__all__ = ["LEDGERS", "Anomalies", "Exposure", "Platform", "RoomsJudged"]


@checked(
    study=kind("Study"),
    references=read_or(read_references, "References"),
    policy=path_or("Policy", "PoolPolicy"),
    scenario=path_or("ExposureScenario"),
    judged=kind("RoomsJudged"),
    shared=kind("Exposure"),
)
class Platform(PolicyWords):
    """What a platform does with the footprints of what it sells.

    Parameters
    ----------
    study : Study
        Goal and scope.
    policy : Policy, path or str
        Policy of the platform: its model, a TOML file, or the name of a shipped one.
    references : References or path, optional
        A platform's own yardsticks; those of the edition without.
    draws : int
        Draws for intervals and letters.
    progress : Progress, optional
        Told how far long tasks are.

    Raises
    ------
    carbon.base.errors.RuleError
        P001 to P003 if the policy cannot be read, R040 to R049 if its rules conflict.

    Examples
    --------
    >>> from carbon import Platform, Study
    >>> goods = "sku,category,mass\\nA,t_shirt,60 g\\nB,t_shirt,300 g\\n"
    >>> ranked = Platform(Study(), draws=50).rank(goods)
    >>> ranked[["sku", "rank"]].values.tolist()
    [['A', 1], ['B', 2]]
    """

    def __init__(
        self,
        study: Study,
        policy: Policy | Path | str = "default",
        *,
        references: References | Path | str | None = None,
        draws: int = 1000,
        progress: Progress = silent,
    ) -> None:
        self.study = study
        super().__init__(policy)
        self.references = cast("References | None", references)  # a file was read by its rule
        self.draws = draws
        self.progress = progress

    @cached_property
    def policy(self) -> Policy:
        """Gates, criteria, tiers, boosts, and rules of exposure and gaming; items by their ids."""
        return with_items(super().policy, self.study.vocabulary.names("item"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.study!r}, {self.policy_name!r})"

    def _titles(self, lang: str) -> Mapping[str, str]:
        return self.study.titles(lang)

    def grades(self, catalogue: Source) -> pd.DataFrame:
        """Footprints with their letters.

        Parameters
        ----------
        catalogue : path, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.

        Returns
        -------
        pandas.DataFrame
            As :meth:`carbon.study.Study.grades`.
        """
        filled = self.study.catalogue(catalogue)
        if self.draws:
            with self.progress("drawing factors", self.draws) as done:
                self.study.sampler(self.draws, progress=done)
        with self.progress("weighing", len(filled)) as done:
            return self.study.grades(
                filled, references=self.references, draws=self.draws, progress=done
            )

    def judge(
        self,
        rooms: Table,
        catalogue: Source,
        *,
        ledgers: Mapping[str, Table | None] | None = None,
        as_of: str | datetime.date | None = None,
        period: str = "",
        history: Path | str | None = None,
    ) -> RoomsJudged:
        """Gates, points, tier and boost of every live room, and what would bring more.

        Parameters
        ----------
        rooms : path or pandas.DataFrame
            A table of rooms, or a folder that holds ``rooms`` and the other ledgers.
        catalogue : path, pandas.DataFrame or Catalogue
            The goods sold, as for :meth:`carbon.study.Study.catalogue`.
        ledgers : mapping of str to path or pandas.DataFrame, optional
            By a name of :data:`LEDGERS`: ``sessions`` and ``sales`` at least, unless they stand
            in the folder of the rooms.
        as_of : str or datetime.date, optional
            Day of the judgement; today without.
        period : str
            What is judged, as ``2026-11``; a room is judged once in each.
        history : path, optional
            Folder of earlier judgements: nothing counts twice. It is read, not written.

        Returns
        -------
        RoomsJudged

        Raises
        ------
        carbon.base.errors.LedgerError
            G001 if a ledger that is needed is missing, G002 to G010 as it is read, G012 if the
            day is no date, G011 if a history has no period.
        carbon.base.errors.RuleError
            R049 if words of the policy are forbidden in their market.

        Examples
        --------
        >>> import pandas as pd
        >>> from carbon import Platform, Study
        >>> judged = Platform(Study(), draws=0).judge(
        ...     pd.DataFrame({"room": ["R1"], "merchant": ["M1"]}),
        ...     "sku,category\\nA,t_shirt\\n",
        ...     ledgers={
        ...         "sessions": pd.DataFrame({"session": ["S1"], "room": ["R1"],
        ...             "start": ["2026-11-01 19:00"], "end": ["2026-11-01 21:00"]}),
        ...         "sales": pd.DataFrame({"session": ["S1"], "room": ["R1"], "sku": ["A"],
        ...             "units": [10], "revenue": ["1000 CNY"], "date": ["2026-11-01"]}),
        ...     },
        ...     as_of="2026-11-30",
        ... )
        >>> judged.rooms["room"].tolist()
        ['R1']
        """
        day = day_of(as_of)
        if history is not None and not period:
            raise LedgerError("G011", "a history needs the period it judges", column="period")
        refuse(word_conflicts(self.policy, forbidden), self.policy_name)
        before = None if history is None else read_history(Path(history))
        read = self._ledgers(ledger_files(rooms, ledgers or {}))
        filled = self.study.catalogue(catalogue)
        graded = self.grades(filled)
        return judge_rooms(
            self.study,
            self.policy,
            read,
            filled,
            graded,
            forbidden,
            day=day,
            period=period,
            before=before,
        )

    def rank(
        self, catalogue: Source, *, by: str = "intensity", within: str = "category"
    ) -> pd.DataFrame:
        """Rank SKUs within their category; those that cannot be told apart share a rank.

        Parameters
        ----------
        catalogue : path, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`; it must fit in memory. ``carbon rank``
            does the same for any size.
        by : str
            ``intensity``, ``letter`` or ``saving``.
        within : str
            ``category`` or ``merchant``.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.liveroom.ranking.rank`.
        """
        filled = self.study.catalogue(catalogue)
        graded = self.grades(filled)
        graded["merchant"] = filled.skus["merchant"].to_numpy()
        if by == "saving":
            best = ranking.savings(self.study, filled, draws=self.draws)
            graded = pd.concat([graded, best], axis=1)
        return ranking.rank(graded, by=by, within=within, confidence=self.study.scale.confidence)

    def signals(self, catalogue: Source) -> pd.DataFrame:
        """Scores of a ranking by intensity, for a search system.

        Parameters
        ----------
        catalogue : path, pandas.DataFrame or Catalogue
            As for :meth:`rank`.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.liveroom.ranking.signals`.
        """
        return ranking.signals(self.rank(catalogue))

    def find_anomalies(
        self, catalogue: Source, *, sales: Table | None = None, waybills: Table | None = None
    ) -> Anomalies:
        """Patterns that look like gaming, with their evidence.

        Parameters
        ----------
        catalogue : path, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.
        sales, waybills : path or pandas.DataFrame, optional
            Ledgers of sales with returned units, and of weighed parcels.

        Returns
        -------
        Anomalies

        Raises
        ------
        carbon.base.errors.RuleError
            R209 if the policy has no rules of gaming.
        """
        rules = self.policy.gaming
        if rules is None:
            raise RuleError("R209", file=self.policy_name, value="gaming")
        read = self._ledgers({"sales": sales, "waybills": waybills})
        filled = self.study.catalogue(catalogue)
        scale = self.study.scale
        patterns = gaming.anomalies(
            filled,
            self.grades(filled),
            dict(zip(scale.letters, scale.bounds.tolist(), strict=False)),
            rules,
            **{name: ledger.frame for name, ledger in read.items()},
        )
        table = patterns.table.assign(policy=self.policy.id, basis=str(self.study.basis))
        return Anomalies(
            table, patterns.tested, problems_of(read), sum(each.dropped for each in read.values())
        )

    def price_pool(
        self,
        orders: Table | Ledger,
        *,
        policy: PoolPolicy | Path | str | None = None,
        catalogue: Source | None = None,
        as_of: str | datetime.date | None = None,
    ) -> Pool:
        """Return insurance: credible rates, tiers, premiums that break even, and the reserve.

        Parameters
        ----------
        orders : path, pandas.DataFrame or Ledger
            A ledger of orders.
        policy : pool_policy.PoolPolicy or path, optional
            Tiers, loading, season and bounds; the shipped policy without.
        catalogue : path, pandas.DataFrame or Catalogue, optional
            The goods, for the emissions of a return.
        as_of : str or datetime.date, optional
            Day of pricing; the last day of the orders without, strays left aside.

        Returns
        -------
        Pool
            Its problems are those of the ledger and of the pool.
        """
        rules = load_policy(policy) if policy is None or isinstance(policy, str | Path) else policy
        ledger = orders if isinstance(orders, Ledger) else read_ledger(orders, "orders")
        per_return = None
        if catalogue is not None:
            per_return = returned(self.study, ledger, self.study.catalogue(catalogue))
        ids = spelled(ledger.frame["category"], self.study.vocabulary.names("category"))
        day = None if as_of is None else day_of(as_of)
        with self.progress("drawing seasons", rules.fund.simulations) as done:
            return pool(ledger, rules, per_return, done, as_of=day, categories=ids)

    def share_exposure(
        self,
        rooms: Table | None = None,
        *,
        rounds_made: int | None = None,
        scenario: ExposureScenario | Path | str | None = None,
    ) -> Exposure:
        """Share out impressions: boosts, long-tail floor, caps and largest loss; the sum stays.

        Parameters
        ----------
        rooms : path or pandas.DataFrame, optional
            Room and impressions, and as far as there are merchant, boost, size; those of the
            scenario's market without.
        rounds_made : int, optional
            Rounds to share out; one without.
        scenario : market.ExposureScenario, path or str, optional
            A made-up market.

        Returns
        -------
        Exposure

        Raises
        ------
        carbon.base.errors.RuleError
            R209 if the policy has no rules of exposure, R200 if they contradict each other.
        carbon.base.errors.LedgerError
            G001 if there are neither rooms nor a scenario.

        Examples
        --------
        >>> from carbon import Platform, Study
        >>> shared = Platform(Study()).share_exposure(scenario="fair-exposure", rounds_made=2)
        >>> shared.course["small_exposure"].round(3).tolist()
        [0.12, 0.3, 0.3]
        """
        return share_exposure(
            self.policy,
            rooms,
            rounds_made=rounds_made,
            scenario=scenario,
            name=self.policy_name,
        )

    def backtest(
        self, scenario: ExposureScenario | Path | str = "fair-exposure", *, rounds_made: int = 12
    ) -> pd.DataFrame:
        """What the rules of exposure do to a market of which the outcome was reported.

        Parameters
        ----------
        scenario : market.ExposureScenario, path or str
            A made-up market with what was reported of one.
        rounds_made : int
            Rounds to share out.

        Returns
        -------
        pandas.DataFrame
            As :meth:`carbon.Exposure.backtest`.

        Examples
        --------
        >>> from carbon import Platform, Study
        >>> Platform(Study()).backtest(rounds_made=2)["name"].tolist()
        ['small_sales_before', 'small_sales_after', 'head_change']
        """
        return self.share_exposure(rounds_made=rounds_made, scenario=scenario).backtest()

    def dashboard(
        self, judged: RoomsJudged, shared: Exposure | None = None, *, langs: Sequence[str] = ("en",)
    ) -> str:
        """One page on live rooms: tiers, points lost, exposure before and after.

        Parameters
        ----------
        judged : RoomsJudged
        shared : Exposure, optional
        langs : sequence of str
            ``"en"``, ``"zh"`` or both; the first is that of the page.

        Returns
        -------
        str
            An HTML document.
        """
        from carbon.pages.dashboard import page

        report = None if shared is None else shared.last.report
        return page(judged.rooms, judged.reasons, report, langs=langs, subject=self.policy_name)

    def _ledgers(self, sources: Mapping[str, Table | None]) -> dict[str, Ledger]:
        given = {name: source for name, source in sources.items() if source is not None}
        ledgers = {}
        with self.progress("reading", len(given)) as done:
            for name, source in given.items():
                ledgers[name] = read_ledger(source, name)
                done(1)
        return ledgers
