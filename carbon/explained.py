"""Reads a SKU or a dataset, gives it as a tree that ends at the publisher's cells [kg CO2e]."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from carbon import stages
from carbon.background.sampling import drawn_gsd2
from carbon.background.unit_impacts import PARTS, characterization
from carbon.base.digits import amount, shares
from carbon.base.errors import CODES, FactorsError
from carbon.base.rests import RESTS, rests_text
from carbon.base.terms import BOUNDARIES, FITS, PROVENANCES, STAGES
from carbon.base.words import basis_text, column_names, section
from carbon.catalogue.schema import Catalogue
from carbon.footprint.exchange_sources import exchange_sources
from carbon.paper.sku_charts import stage_chart

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["chart", "dataset", "first_name", "tree"]

DRAWS = 1000
JUDGED = 100
"""Draws of a letter that is explained: it rests on points of its own, however many there are."""
DEPTH = 6
"""Levels of linked datasets that are followed; the longest chain of the edition has four."""


def first_name(catalogue: Catalogue) -> str:
    """Identifier and name of the first SKU of a catalogue."""
    sku, name = (str(catalogue.skus[column].iloc[0]) for column in ("sku", "name"))
    return sku if name in ("", "nan", "None") else f"{sku}  {name}"


def tree(study: Study, catalogue: Catalogue, cut: float, lang: str = "en") -> Iterator[str]:
    """Lines that explain the first SKU of a catalogue.

    ``catalogue``: filled; its first SKU is explained; ``cut``: share of the total below which a
    branch is left out [1]. Yields: one line of text.
    """
    result = study.footprints(catalogue)
    total = float(result.total[0])
    teller = _Teller(study, lang)
    yield f"{first_name(catalogue)}  ({teller.category(catalogue)})"
    basis = basis_text(study.basis, lang)
    known = teller("per_kept", kg=amount(total), basis=basis)
    yield f"{teller('not_available')}  [{basis}]" if np.isnan(total) else known
    parts = result.to_frame().iloc[0]
    if np.isnan(total):
        yield teller("not_computed", codes=str(parts["problem"]))
        total = np.nan if result.beyond is None else float(result.beyond[0])
        if np.isnan(total):
            return
    else:
        yield "  ".join(
            f"{teller(part)} {teller.kg(parts[f'{part}_kg'])}"
            for part in ("fossil", "biogenic", "removals", "land_use_change", "aircraft")
        )
        yield rests_text({name: float(parts[name]) for name in RESTS.values()}, lang)
        yield teller("worst_match", match=teller.match(str(parts["match"])))
    yield teller("given", columns=teller.columns(catalogue, "given", "measured"))
    yield teller("assumed", columns=teller.columns(catalogue, "default"))
    yield from _judged(teller, catalogue)
    table = exchange_sources(
        study, catalogue, stages.take(catalogue, study.boundary), licensed=True
    )
    small = 0.0
    whole = table.groupby("stage", observed=True)["kg"].sum().reindex(list(STAGES)).to_numpy()
    percents = dict(zip(STAGES, shares(whole[None, :])[0].tolist(), strict=True))
    credited = bool((whole < 0).any())  # shares of a sum with credits need not add up to all
    for stage in STAGES:
        rows = table[table["stage"] == stage]
        if rows.empty:
            continue
        kg = float(rows["kg"].sum())
        part = _percent(kg, total) if credited else f"{percents[stage]}%"
        yield f"├─ {teller.stage(stage)}  {amount(kg)} kg  {part}"
        grouped = rows.groupby(["activity", "location"], observed=True, sort=False)
        merged = grouped.agg({"amount": "sum", "kg": "sum", "unit": "first", "match": "first"})
        merged = merged.sort_values("kg", key=np.abs, ascending=False).reset_index()
        for row in merged.to_dict("records"):
            if abs(row["kg"]) < cut * abs(total):
                small += float(row["kg"])
                continue
            activity, location = str(row["activity"]), str(row["location"])
            dataset_row, _ = study.edition.match(activity, location)
            yield (
                f"│  ├─ {_number(row['amount'])} {row['unit']}  "
                f"{teller.activity(activity, dataset_row)}, {location}"
                f"  {amount(row['kg'])} kg  {_percent(row['kg'], total)}"
            )
            branch = _Branch(teller, dataset_row, float(row["amount"]), str(row["match"]))
            yield from _below(branch, total, cut, "│  │  ", 1)
    if small:
        yield "└─ " + teller("small", cut=f"{cut:.0%}", kg=amount(small))


def _judged(teller: _Teller, catalogue: Catalogue) -> Iterator[str]:
    """Letter, reasons, evidence and what silence added, of the first SKU."""
    study, lang = teller.study, teller.lang
    if study.judging is None:
        return
    row = study.grades(catalogue.part(0, 1), draws=JUDGED).iloc[0]
    words = section("label", lang)
    state = words[f"state_{row['state']}"].format(row["letter_text"])
    yield teller("letter", letter=row["letter_text"] or teller("none"), state=state)
    for code in str(row["reason"]).split():
        yield f"  {code}  {CODES[code].rule_in(lang)}" if code in CODES else f"  {code}"
    if pd.notna(row["evidence"]):  # nothing stands behind what is unknown
        evidence = words[f"evidence_{row['evidence']}"]
        yield teller("evidence", evidence=evidence, share=f"{row['documented_share']:.0%}")
    named = catalogue.evidence.query("row == 0")
    if len(named):
        pairs = zip(named["column"], named["document"], strict=True)
        titles = column_names(lang) if lang == "zh" else {}
        documents = teller("comma").join(
            f"{titles.get(column, column)} [{name}]" for column, name in pairs
        )
        yield teller("documents", documents=documents)
    if row["dear_kg"] > 0:
        yield teller("dear", kg=amount(row["dear_kg"]))
    if row["supplier_kg"] == row["supplier_kg"]:
        yield teller("supplier", kg=amount(row["supplier_kg"]))


def chart(study: Study, catalogue: Catalogue, lang: str) -> str:
    """Stages of the first SKU of a catalogue as a picture.

    ``catalogue``: filled. Returns: an SVG document with 95 % intervals.
    """
    first = catalogue.part(0, 1)
    row = study.footprints(first, draws=DRAWS).to_frame(stages=True).to_dict("records")[0]
    inside: list[str] = [stage for stage in STAGES if stage in BOUNDARIES[study.boundary]]
    bounds: dict[str, tuple[float, float]] = {
        stage: (row[f"{stage}_low_kg"], row[f"{stage}_high_kg"]) for stage in inside
    }
    return stage_chart(
        {stage: row[f"{stage}_kg"] for stage in inside},
        intervals={**bounds, "total": (row["low_kg"], row["high_kg"])},
        name=first_name(first),
        basis=str(study.basis),
        lang=lang,
    )


def dataset(study: Study, activity: str, location: str, lang: str = "en") -> Iterator[str]:
    """Lines that explain one unit of an activity.

    ``activity``, ``location``: what is needed, and where. Yields: one line of text. Raises F011 if
    the edition has no such activity.
    """
    row, fit = study.edition.match(activity, location)
    if row < 0:
        raise FactorsError("F011", value=f"{activity}, {location}")
    teller = _Teller(study, lang)
    about = study.edition.activities.iloc[row]
    total = float(study.unit_impacts.values[row].sum())
    yield (
        f"{activity}, {location}{teller('colon')}{_kg(total)} kg CO2e/{about['unit']}  "
        f"[{basis_text(study.basis, lang)}]"
    )
    if about["title_zh"]:
        yield f"  {about['title_zh']}"
    yield "  " + teller("boundary", boundary=about["boundary"])
    drawn = drawn_gsd2(study.edition, row, fit)
    same = f"{drawn:.3g}" == f"{about['gsd2']:.3g}"
    published = "" if same else teller("published", gsd2=f"{about['gsd2']:g}")
    yield "  " + teller(
        "spread", drawn=f"{drawn:.3g}", published=published, pedigree=about["pedigree"]
    )
    reported = study.edition.reported(np.array([row], np.int32), np.array([fit], np.int8))
    yield from _below(_Branch(teller, row, 1.0, FITS[reported[0]]), total, 0.0, "  ", 1)


@dataclass(frozen=True)
class _Branch:
    """An amount of a dataset in a tree."""

    teller: _Teller
    row: int  # of the edition's activities; below 0 where there is none
    amount: float  # in the dataset's unit
    match: str  # how it met what was needed


class _Teller:
    """A study with the words of a language."""

    def __init__(self, study: Study, lang: str) -> None:
        self.study, self.lang = study, lang
        self._words, self._stages = section("explain", lang), section("chart", lang)
        self._titles = study.edition.chinese_titles if lang == "zh" else {}

    def __call__(self, key: str, **values: object) -> str:
        return self._words[key].format_map(values)

    def stage(self, name: str) -> str:
        """Name of a stage; in English that of its column."""
        return self._stages[name] if self.lang == "zh" else name

    def activity(self, name: str, row: int = -1) -> str:
        """Name of an activity, with its title where the language has one.

        The title is that of the dataset that stands for it in a row of the edition: another
        place's would name the wrong place.
        """
        title = self._titles.get(name)
        if title and row >= 0:
            about = self.study.edition.activities.iloc[row]
            named = about["activity"] == name and isinstance(about["title_zh"], str)
            title = about["title_zh"] or title if named else title
        return f"{title}（{name}）" if title else name

    def flow(self, exchange: Mapping[Any, Any]) -> str:
        """Name of what an exchange takes or emits."""
        name = str(exchange["flow"])
        if exchange["kind"] == "emission":
            return self._words.get(f"flow_{name}", name)
        return self.activity(name, int(str(exchange["row"])))

    def kg(self, value: float) -> str:
        """A mass, or that there is none."""
        return self("not_available") if np.isnan(value) else amount(value)

    def match(self, name: str) -> str:
        """How a dataset met what was needed."""
        return self(f"match_{name.replace(' ', '_')}")

    def columns(self, catalogue: Catalogue, *kinds: str) -> str:
        """Columns of the first SKU that are of some kinds."""
        wanted = [PROVENANCES.index(kind) for kind in kinds]
        first = catalogue.provenance.iloc[0]
        names = [str(name) for name in first.index[first.isin(wanted)]]
        if self.lang == "zh":
            words = column_names("zh")
            names = [words.get(name, name) for name in names]
        return self("comma").join(names) or self("nothing")

    def category(self, catalogue: Catalogue) -> str:
        """Category of the first SKU; in English its name in a file."""
        name = str(catalogue.skus["category"].iloc[0])
        table = self.study.vocabulary.categories
        known = table.loc[table["category"].astype(str) == name, "name_zh"].astype(str).tolist()
        return known[0] if self.lang == "zh" and known else name


def _below(branch: _Branch, total: float, cut: float, indent: str, depth: int) -> Iterator[str]:
    """Lines of a dataset and of what it takes, down to the publishers' cells."""
    teller, study, row = branch.teller, branch.teller.study, branch.row
    edition = study.edition
    if row < 0:
        yield indent + teller("no_factor")
        return
    about = edition.activities.iloc[row]
    match = teller("match", match=teller.match(branch.match))
    yield (
        f"{indent}{about['source']}  {about['title']}  [{about['location']}, "
        f"{about['year']:.0f}, {teller('kind_' + str(about['kind']))}, {match}]"
    )
    yield indent + teller("cell", cite=about["cite"])
    factors = characterization(edition, study.method)
    exchanges = edition.exchanges[edition.exchanges["col"] == row]
    for exchange in exchanges.to_dict("records"):
        taken = branch.amount * exchange["amount"] / abs(float(about["production"]))
        if exchange["kind"] == "emission":
            kg = taken * float(factors[exchange["flow"]][: len(PARTS)].sum())
        else:
            sign = np.sign(float(edition.activities["production"].iloc[exchange["row"]]))
            kg = sign * taken * float(study.unit_impacts.values[exchange["row"]].sum())
        if abs(kg) < cut * abs(total):
            continue
        yield (
            f"{indent}├─ {_number(taken)} {exchange['unit']}  {teller.flow(exchange)}  "
            f"{_kg(kg)} kg  ({exchange['cite']})"
        )
        if exchange["kind"] == "input" and depth < DEPTH:
            below = _Branch(teller, int(exchange["row"]), taken, FITS[exchange["fit"]])
            yield from _below(below, total, cut, indent + "│  ", depth + 1)


def _kg(value: float) -> str:
    """Part of a dataset, as fine as what its publisher says."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _percent(value: float, total: float) -> str:
    return f"{value / total:.0%}" if total else ""
