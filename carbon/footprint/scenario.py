"""Reads a catalogue and levers, gives what each lever would save [kg CO2e per kept unit]."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon import stages
from carbon.base.arrays import Floats
from carbon.base.digits import interval
from carbon.base.terms import BOUNDARIES, STAGES
from carbon.catalogue.schema import Catalogue
from carbon.footprint.compare import probability_lower
from carbon.footprint.computing import Computing, sampled
from carbon.footprint.levers import LEVERS, REASONS, Book, Change, Lever, lever
from carbon.footprint.streams import with_keys

__all__ = ["ALL", "WHATIF_COLUMNS", "book_of", "in_turn", "steps", "summary", "what_if"]

ALL: Final = "all"
"""Name of the combination of all levers asked for."""

WHATIF_COLUMNS: Final = (
    "sku",
    "category",
    "lever",
    "applies",
    "reason",
    "before_kg",
    "after_kg",
    "saved_kg",
    "saved_share",
    "saved_low_kg",
    "saved_high_kg",
    "p_saves",
    "saved_kg_year",
    "problem",
    "basis",
)
DAYS: Final = 365
"""Days of a year."""

CHUNK: Final = 20_000
CHUNK_DRAWN: Final = 2_000
"""SKUs changed at once: without and with draws, whose numbers are a thousand times as many."""


def book_of(study: Computing) -> Book:
    """The levers of a study's edition."""
    return Book.of(study.edition.levers, study.vocabulary)


def what_if(
    study: Computing,
    catalogue: Catalogue,
    levers: Sequence[str | Lever | Callable[[Catalogue], Catalogue | Change]] = (),
    *,
    draws: int | None = None,
    days: float = DAYS,
    lang: str = "en",
    chunk: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> pd.DataFrame:
    """What each lever would save, and all of them together: :data:`WHATIF_COLUMNS`.

    Levers and settings are as :func:`carbon.footprint.levers.lever` reads them, none for every
    lever of the edition. Draws are paired, since a SKU keeps its draws under a lever; without, the
    interval is empty. ``days`` are those that ``units_sold`` covers; ``chunk`` SKUs changed at once
    bound the memory and change no number; ``progress`` is called with the SKUs done since the last
    call. SKUs come in the order of the catalogue, their levers by saving, those that do not apply
    after them, and the combination (``all``, of several) last. S020 to S024 if a lever or setting
    is refused as a whole.

    Only stages that a lever can touch are weighed again, and only for SKUs to which it applies;
    the others keep their numbers bit for bit. A year's saving is that of one kept unit times the
    kept units of the year *before* the lever, ``units_sold·(1−r)``: the same customers are served.
    In the combination, levers are taken one after the other, settings first, then in the order
    of the list; a box that has become a bag is no longer right-sized.

    >>> from carbon.study import Study
    >>> study = Study()
    >>> goods = study.catalogue("sku,category,transport\\nA,t_shirt,plane 1650 km\\n")
    >>> table = what_if(study, goods, ["air-to-ground", "box-to-bag"])
    >>> table[["lever", "applies"]].values.tolist()
    [['air-to-ground', True], ['box-to-bag', False], ['all', True]]
    """
    book = book_of(study)
    pulled = [lever(text, book) for text in levers or LEVERS]
    step = chunk or (CHUNK if draws is None else CHUNK_DRAWN)
    parts = []
    for start in range(0, max(len(catalogue), 1), step):
        part = with_keys(catalogue.part(start, start + step))
        parts.append(_part(study, part, pulled, book, draws))
        if progress is not None:
            progress(len(part))
    names = [each.name for each in pulled] + ([ALL] if len(pulled) > 1 else [])
    results = _Results(*map(np.hstack, zip(*parts, strict=True)))
    return _table(study, catalogue, names, results, days, lang)


class _Results(NamedTuple):
    """Numbers of shape (levers, SKUs)."""

    before: Floats
    after: Floats
    reason: npt.NDArray[np.int8]
    low: Floats
    high: Floats
    chance: Floats
    problem: npt.NDArray[np.object_]


def _part(
    study: Computing, part: Catalogue, levers: Sequence[Lever], book: Book, draws: int | None
) -> _Results:
    weighed = study.footprints(part)
    base = weighed.stages
    before = base.sum(axis=1)
    unknown = np.isnan(before)
    drawn = None if draws is None else sampled(study, part, draws)
    rows = []
    for change, touches in _changes(part, levers, book):
        reason = np.where(unknown, np.int8(1), change.reason)
        here = np.flatnonzero(reason == 0)
        after = before.copy()
        low, high, chance = (np.where(unknown, np.nan, fill) for fill in (0.0, 0.0, 0.0))
        if len(here):
            only = change.catalogue if len(here) == len(part) else change.catalogue.rows(here)
            stage = base[here]
            inside = [name for name in touches if name in BOUNDARIES[study.boundary]]
            if inside:
                inventory = stages.take(only, study.boundary, inside)
                new = study.stage_kg(only, inventory)
                at = [STAGES.index(name) for name in inside]
                stage[:, at] = new[:, at]
            after[here] = stage.sum(axis=1)
            if drawn is not None and draws is not None:
                then = sampled(study, only, draws)
                chance[here] = probability_lower(then, drawn[here])
                central = (before - after)[here]
                bounds = interval(drawn[here] - then)
                low[here], high[here] = np.fmin(bounds[0], central), np.fmax(bounds[1], central)
        if drawn is None:
            low, high, chance = (np.full(len(part), np.nan) for _ in range(3))
        rows.append((before, after, reason, low, high, chance))
    problem = weighed.problem.to_numpy(dtype=object)
    before, after, reason, low, high, chance = (np.stack(each) for each in zip(*rows, strict=True))
    return _Results(before, after, reason, low, high, chance, problem)


def _changes(
    part: Catalogue, levers: Sequence[Lever], book: Book
) -> Iterator[tuple[Change, tuple[str, ...]]]:
    """Each lever alone, then all of them one after the other."""
    for each in levers:
        yield each.pull(part, book), each.touches
    if len(levers) > 1:
        applies = np.zeros(len(part), dtype=bool)
        for _, change in in_turn(part, levers, book):
            applies |= change.applies
        touches = tuple(name for name in STAGES if any(name in each.touches for each in levers))
        first = levers[0].pull(part, book).reason
        yield Change(change.catalogue, np.where(applies, np.int8(0), first)), touches


def in_turn(
    catalogue: Catalogue, levers: Sequence[Lever], book: Book
) -> Iterator[tuple[Lever, Change]]:
    """Levers one after the other: settings first, then in the order of the list.

    With each comes the catalogue changed by it and all before it.
    """
    order = {name: position for position, name in enumerate(LEVERS)}
    for each in sorted(levers, key=lambda each: _turn(each, order)):
        change = each.pull(catalogue, book)
        catalogue = change.catalogue
        yield each, change


def _turn(each: Lever, order: dict[str, int]) -> int:
    """Place of a lever: settings first, those of a user last."""
    return order.get(each.name.partition(":")[0], -1 if "=" in each.name else len(order))


def steps(
    study: Computing, catalogue: Catalogue, levers: Sequence[str] = (), *, lang: str = "en"
) -> tuple[float, list[tuple[str, float]]]:
    """Levers one after the other on the first SKU, as a waterfall shows them.

    Given are the footprint now [kg CO2e per kept unit], then the name of each lever that applies
    and the footprint after it and all before it; the last is that of the combination.
    """
    book = book_of(study)
    single = catalogue.part(0, 1)
    before = float(study.footprints(single).total[0])
    rows = []
    for each, change in in_turn(single, [lever(text, book) for text in levers or LEVERS], book):
        if change.applies[0]:
            after = float(study.footprints(change.catalogue).total[0])
            rows.append((each.words[lang == "zh"], after))
    return before, rows


def _table(
    study: Computing,
    catalogue: Catalogue,
    names: Sequence[str],
    results: _Results,
    days: float,
    lang: str,
) -> pd.DataFrame:
    skus = catalogue.skus
    count, size = results.before.shape
    saved = results.before - results.after
    applies = results.reason == 0
    last = np.array([name == ALL for name in names])[:, None]
    # by SKU; the combination last; then those that apply; then by saving
    key = np.where(applies, -saved, np.inf)
    lever_at, sku_at = (at.ravel() for at in np.indices((count, size)))
    order = np.lexsort(
        (lever_at, key.ravel(), ~applies.ravel(), np.repeat(last, size, 1).ravel(), sku_at)
    )
    lever_at, sku_at = lever_at[order], sku_at[order]

    def column(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        taken: npt.NDArray[Any] = values.ravel()[order]
        return taken

    kept = skus["units_sold"].to_numpy(dtype=np.float64) * (
        1 - skus["return_rate"].to_numpy(dtype=np.float64)
    )
    year = saved * kept * (DAYS / days)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(results.before != 0, saved / results.before, np.nan)
    impossible = column(results.reason) == list(REASONS).index("S024")
    problem = results.problem[sku_at]
    problem[impossible] = (pd.Series(problem[impossible]).astype(str) + " S024").str.strip()
    return pd.DataFrame(
        {
            "sku": skus["sku"].to_numpy()[sku_at],
            "category": skus["category"].array.take(sku_at),
            "lever": pd.Categorical.from_codes(lever_at, categories=pd.Index(names)),
            "applies": column(applies),
            "reason": pd.Categorical.from_codes(
                column(results.reason),
                categories=pd.Index([words[lang == "zh"] for words in REASONS.values()]),
            ),
            "before_kg": column(results.before),
            "after_kg": column(results.after),
            "saved_kg": column(saved),
            "saved_share": column(share),
            "saved_low_kg": column(results.low),
            "saved_high_kg": column(results.high),
            "p_saves": column(results.chance),
            "saved_kg_year": column(year),
            "problem": problem,
            "basis": pd.Categorical.from_codes(
                np.zeros(len(order), dtype=np.int8), categories=pd.Index([str(study.basis)])
            ),
        }
    )[list(WHATIF_COLUMNS)]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Levers over the whole catalogue, the largest saving first, from a table of :func:`what_if`.

    Given are SKUs to which one applies, the mean share saved over all SKUs that were computed [1],
    and kg saved a year by SKUs whose units sold are known.

    >>> from carbon.study import Study
    >>> study = Study()
    >>> goods = study.catalogue("sku,category,units_sold\\nA,dress,1000\\n")
    >>> summary(what_if(study, goods, ["return-rate", "e-van"]))["lever"].tolist()
    ['return-rate', 'e-van', 'all']
    """
    known = table[table["before_kg"].notna()]
    grouped = known.groupby("lever", observed=True, sort=False)
    summed = pd.DataFrame(
        {
            "applies": grouped["applies"].sum(),
            "saved_share": grouped["saved_share"].mean(),
            "saved_kg_year": grouped["saved_kg_year"].sum(min_count=1),
        }
    ).reset_index()
    summed["lever"] = summed["lever"].astype(str)
    summed["last"] = summed["lever"] == ALL
    summed = summed.sort_values(["last", "saved_share"], ascending=[True, False], kind="stable")
    return summed.drop(columns="last").reset_index(drop=True)
