"""Reads graded batches, writes a ranking in pieces, ordered by few numbers a SKU."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import numpy as np
import pandas as pd
import pyarrow as pa

from carbon.base.arrays import Flags
from carbon.base.files import whole_file
from carbon.base.words import text
from carbon.catalogue.schema import Catalogue
from carbon.footprint.reference import References
from carbon.liveroom import ranking
from carbon.liveroom.ordering import Keys, Order
from carbon.run.parts import FrameFile, groups
from carbon.run.plan import Job
from carbon.run.reorder import reordered

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["Ranking", "graded", "rank_job"]

SHOWN: Final = 10
"""Categories that are told."""


def rank_job(
    study: Study,
    output: str,
    *,
    by: str = "intensity",
    within: str = "category",
    draws: int = 1000,
    references: References | None = None,
    signals: Path | None = None,
    lang: str = "en",
) -> tuple[Job, Ranking]:
    """A ranking of a catalogue of any size.

    ``by``, ``within``: as for :func:`carbon.liveroom.ranking.rank`; ``references``: a platform's;
    ``signals``: where scores for a search system go. Returns: what is done, and what says
    afterwards what is in it.
    """
    chosen = references or study.references
    options = {"by": by, "within": within, "draws": draws, "references": chosen.id}
    ranking = Ranking(by, within, study.scale.confidence, output, signals, lang)
    compute = partial(graded, yardsticks=references)
    return Job("rank", study, compute, options, kept=".arrow", finish=ranking.finish), ranking


def graded(
    study: Study,
    catalogue: Catalogue,
    folder: Path | None,
    *,
    yardsticks: References | None,
    by: str,
    draws: int,
    **_: Any,
) -> pd.DataFrame:
    """Rows of a batch: graded, with the merchant and, if it is ranked by, the best lever."""
    del folder
    grades = study.grades(catalogue, references=yardsticks, draws=draws)
    grades["merchant"] = catalogue.skus["merchant"].to_numpy()
    if by == "saving":
        best = ranking.savings(study, catalogue, draws=draws)
        grades = pd.concat([grades, best], axis=1)
    return grades


@dataclass
class Ranking:
    """Makes the ranking of the graded footprints of a run, and says what is in it."""

    # by, within, confidence: as for :func:`carbon.liveroom.ranking.rank`
    by: str
    within: str
    confidence: float
    output: str  # the result, told to the user
    signals: Path | None = None  # where the signals go; they appear only when they are whole
    lang: str = "en"  # of what is shown meanwhile
    # of the first categories: name, SKUs, ranks and first SKU
    table: list[tuple[str, int, int, str]] = field(default_factory=list)
    # categories, ranked: how many there are, of categories and of SKUs with a rank
    categories: int = 0
    ranked: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # why SKUs are not ranked, and how many

    def finish(self, joined: Path, made: Path) -> None:
        """Order what the batches were joined to, and write it.

        ``joined``, ``made``: as :class:`carbon.run.job.Job` tells.
        """
        keys = Keys(self.by, self.within)
        for table in groups(joined, [*keys.columns, "reference"]):
            keys.add(table.to_pandas())

        def names(asked: Flags) -> pd.Series:
            return _names(joined, asked)

        order = keys.order(names, confidence=self.confidence)
        firsts = self._tell(order)
        start = 0
        with ExitStack() as stack:
            scratch = made.with_name("joined-piece")
            files = [FrameFile(made, self.output, scratch)]
            if self.signals is not None:
                draft = stack.enter_context(whole_file(self.signals))
                files.append(FrameFile(draft, str(self.signals), scratch))
            for piece in _shown(
                reordered(joined, order.rows, made.with_name("joined-pieces")), self.lang
            ):
                rows = ranking.ranked_rows(piece.to_pandas(), order, start)
                stop = start + len(rows)
                files[0].add(rows)
                if self.signals is not None:
                    files[1].add(ranking.signal_rows(rows, *order.signals(start, stop)))
                for place in firsts:
                    if start <= place < stop:
                        self.table.append((*firsts[place], str(rows["sku"].iloc[place - start])))
                start = stop
            for file in files:
                file.close()

    def _tell(self, order: Order) -> dict[int, tuple[str, int, int]]:
        """What is told of the first categories, by the place at which each begins."""
        heads, lead = order.heads[:-1], order.leads[:-1]
        new = np.array(order.categories[1:], object) != np.array(order.categories[:-1], object)
        begins = heads[np.append(len(heads) > 0, new).astype(bool)[: len(heads)]]
        ends = np.append(begins, order.heads[-1])
        names = [order.categories[at] for at in np.searchsorted(heads, begins)]
        # groups of one category count their ranks from 1 each
        ranks = lead - heads[np.searchsorted(heads, lead, side="right") - 1]
        cuts = np.searchsorted(lead, ends)
        self.categories, self.ranked = len(names), int(ends[-1])
        reason = order.reason[order.rows[self.ranked :]]
        counts = pd.Series(reason).value_counts()
        words = [order.reasons[code] for code in counts.index]
        self.reasons = dict(zip(words, counts.tolist(), strict=True))
        return {
            int(begins[at]): (
                names[at],
                int(ends[at + 1] - ends[at]),
                len(np.unique(ranks[cuts[at] : cuts[at + 1]])),
            )
            for at in range(min(len(names), SHOWN))
        }


def _names(joined: Path, asked: Flags) -> pd.Series:
    """Names of the SKUs that are asked for."""
    texts, start = [], 0
    for table in groups(joined, ["sku"]):
        stop = start + len(table)
        texts.append(table.filter(pa.array(asked[start:stop])))
        start = stop
    names: pd.Series = pa.concat_tables(texts).column("sku").to_pandas()
    return names


def _shown(pieces: Iterator[pa.Table], lang: str) -> Iterator[pa.Table]:
    """Show that pieces are written."""
    with click.progressbar(pieces, label=text("cli.ordering", lang), file=sys.stderr) as bar:
        yield from bar
