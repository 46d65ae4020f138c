"""Reads a catalogue and its study, gives a merchant's report as one HTML page."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carbon import __version__
from carbon.base.files import digest
from carbon.base.words import basis_text, joined
from carbon.base.words import section as words
from carbon.catalogue.schema import Catalogue
from carbon.footprint.reference import References
from carbon.label.claims import ClaimMarket
from carbon.label.phrases import reference_text
from carbon.pages import report_overview as overview
from carbon.pages import report_topics as topics
from carbon.pages.html import LANGS, Say, code, facts, rendered, section, text, user
from carbon.pages.report_figures import Figures, figures
from carbon.pages.report_words import Telling, spoken_names
from carbon.paper.shown import Page
from carbon.paper.text import plain

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["Report", "report"]


@dataclass(frozen=True, repr=False)
class Report(Page):
    """A page on a catalogue, with the figures that it tells.

    Parameters
    ----------
    html : str
        An HTML document.
    figures : Figures
    """

    figures: Figures


def report(
    study: Study,
    catalogue: Catalogue,
    market: ClaimMarket,
    *,
    source: Path,
    langs: Sequence[str] = ("en",),
    draws: int = 1000,
    references: References | None = None,
    options: Sequence[str] = (),
    progress: Callable[[int], object] | None = None,
) -> tuple[str, Figures]:
    """One self-contained page on a filled catalogue, for its merchant, and the figures in it.

    Names are held against the rules on claims of the market; the source is named with its digest;
    the first language is that of the page; ``options`` give the same numbers again, as they were
    typed; ``progress`` is called with the number of SKUs graded since the last call. The same
    catalogue gives the same bytes.
    """
    lang = langs[0]
    numbers = figures(
        study,
        catalogue,
        market,
        draws=draws,
        references=references,
        lang=lang,
        progress=progress,
    )
    say = Say("report", langs)
    categories, levers, activities = spoken_names(study)
    of = Telling(numbers, say, categories, levers, activities, study.scale.confidence)
    subject = plain(source.name)
    html = rendered(
        say,
        title=say("title"),
        title_text=f"{say.plain('title')} · {user(source.name)}",
        subject=subject,
        basis=say.side(_basis(study)),
        declared=say("declared"),
        sections=[
            *_sections(of, study, market, source),
            _method(of, study, source, references or study.references, draws, options),
        ],
        footer=f"carbon-label {__version__} · {basis_text(study.basis, lang)}",
    )
    return html, numbers


def _sections(of: Telling, study: Study, market: ClaimMarket, source: Path) -> list[dict[str, Any]]:
    scale, inside = study.scale, of.figures.stages
    bounds = [
        f"{letter} ≤ {bound:g}" for letter, bound in zip(scale.letters, scale.bounds, strict=False)
    ]
    bounds.append(f"{scale.letters[-1]} > {scale.bounds[-1]:g}")
    bounds_text = joined([dict.fromkeys(LANGS, each) for each in bounds], "problem.comma")
    sections = [
        overview.totals(of),
        overview.letters(of, scale.letters, bounds_text),
        overview.where(of),
    ]
    sections += overview.extremes(of)
    for stage, topic in (
        ("distribution", topics.air),
        ("packaging", topics.packaging),
        ("returns", topics.returns),
    ):
        sections += [topic(of)] if stage in inside else []
    spoken = {"en": market.rules.name_en, "zh": market.rules.name_zh}
    checked = f"carbon check {shlex.quote(source.name)} -o problems.xlsx"
    sections += [topics.measures(of), topics.improve(of), topics.claims(of, spoken)]
    return [*sections, topics.problems(of, checked)]


def _method(
    of: Telling,
    study: Study,
    source: Path,
    references: References,
    draws: int,
    options: Sequence[str],
) -> dict[str, Any]:
    """What it rests on, and how to get the same numbers again."""
    say, name, typed = of.say, shlex.quote(source.name), " ".join(map(shlex.quote, options))
    first = of.figures.skus["sku"].iloc[0] if len(of.skus) else "SKU"
    about = [
        (say("edition"), study.edition.id, ""),
        (say("reference"), say.side(_reference(references.id)), ""),
        (say("draws"), f"{draws:,}", ""),
        (say("program"), f"carbon-label {__version__}", ""),
    ]
    sha256 = digest(source) if source.is_file() else ""
    commands = [
        f"carbon footprint {name} -o footprints.xlsx --draws {draws} {typed}".rstrip(),
        f"carbon explain {name} {shlex.quote(plain(str(first)))} {typed}".rstrip(),
        "carbon factors check",
    ]
    return section(
        "method",
        say("method"),
        text(say("unit_text")),
        text(say("offsets_text")),
        facts(about),
        text(say("basis_note", basis=_basis(study))),
        text(say("file_note", file=plain(source.name), sha256=sha256)) if sha256 else None,
        text(say("verify_text")),
        code(commands),
    )


def _basis(study: Study) -> dict[str, str]:
    return {each: basis_text(study.basis, each) for each in LANGS}


def _reference(name: str) -> dict[str, str]:
    """What the references are, in each language."""
    return {each: reference_text(name, words("label", each)) for each in LANGS}
