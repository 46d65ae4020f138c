"""Reads a study and a few SKUs, gives a product study report as one HTML page and as JSON."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from carbon.base import digits
from carbon.base.codes import CODES
from carbon.base.digits import DASH, percent
from carbon.base.errors import StudyError
from carbon.base.words import basis_text, joined
from carbon.base.words import section as words
from carbon.base.words import text as text_of
from carbon.catalogue.schema import Catalogue
from carbon.footprint.reference import References
from carbon.label.facts import ratios
from carbon.label.phrases import reference_text, why
from carbon.pages.html import LANGS, Block, Say, code, facts, figure, rendered, section, text, user
from carbon.pages.html import table as page_table
from carbon.pages.study_figures import Record, study_figures
from carbon.pages.study_words import Teller, number
from carbon.paper.shown import Page
from carbon.paper.sku_charts import stage_chart
from carbon.paper.text import plain

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["MOST", "StudyReport", "study_report"]

MOST: Final = 20
"""SKUs of one report: each has an inventory of its own to be read."""


@dataclass(frozen=True, repr=False)
class StudyReport(Page):
    """A product study report, with the document that it shows.

    Parameters
    ----------
    html : str
        An HTML document.
    document : dict
        As :func:`carbon.pages.study_figures.study_figures`.
    """

    document: Record

    @property
    def left_out(self) -> bool:
        """Whether a product has no footprint."""
        return any(each["results"]["total"]["kg"] is None for each in self.document["products"])

    def to_json(self) -> str:
        """The document as JSON, its gaps null."""
        return json.dumps(self.document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def study_report(
    study: Study,
    catalogue: Catalogue,
    *,
    langs: Sequence[str] = ("en",),
    references: References | None = None,
    draws: int = 1000,
    digest: str = "",
    issued: str = "",
    options: Sequence[str] = (),
) -> StudyReport:
    """Document on some SKUs in the order of ISO 14067 and GB/T 24067, as :func:`study_figures`.

    The first language is that of the page; no date is told without ``issued``, so that the same
    input gives the same bytes; ``options`` are those of the command that gives the same numbers
    again. S036 if there is no SKU, or more than :data:`MOST`.
    """
    if not 0 < len(catalogue) <= MOST:
        raise StudyError("S036", value=str(len(catalogue)))
    document = study_figures(study, catalogue, references=references, draws=draws, digest=digest)
    if issued:
        document["issued"] = issued
    teller = Teller(document, Say("study", langs), Say("report", langs), study)
    say, products = teller.say, document["products"]
    subject = ", ".join(user(product["sku"], 160) for product in products)
    sections = [_goal(teller)]
    for position, product in enumerate(products, start=1):
        sections += _product(teller, product, f"-{position}" if len(products) > 1 else "")
    html = rendered(
        say,
        title=say("title"),
        title_text=f"{say.plain('title')} · {subject}",
        subject=subject,
        basis=say.side({each: basis_text(study.basis, each) for each in LANGS}),
        declared=say("declared"),
        sections=[*sections, _sources(teller, options)],
        footer=f"{document['program']} · {basis_text(study.basis, langs[0])}",
    )
    return StudyReport(html, document)


def _share(value: float | None) -> str:
    return DASH if value is None else percent(value)


def _goal(of: Teller) -> dict[str, Any]:
    say, document = of.say, of.document
    about = [
        (say("edition"), document["edition"], ""),
        (say("method"), document["method"], ""),
        (say("draws"), f"{document['draws']['count']:,}", ""),
        (say("file"), user(document["catalogue"]["file"] or DASH), ""),
    ]
    if "issued" in document:
        about.append((say("issued"), document["issued"], ""))
    return section(
        "goal",
        say("goal"),
        text(say("goal_text")),
        text(say("goal_compare")),
        facts(about),
    )


def _product(of: Teller, product: Record, mark: str) -> list[dict[str, Any]]:
    """Sections on one SKU."""
    say = of.say
    parts = {
        "product": _unit(of, product),
        "boundary": [_boundary(of, product)],
        "inventory": [text(say("inventory_note"), note=True), _inventory(of, product)],
        "results": _results(of, product),
        "quality": _quality(of, product),
        "sensitivity": _sensitivity(of, product),
        "comparison": _comparison(of, product),
        "assumptions": _assumptions(of, product),
    }
    named = f" · {user(product['sku'], 160)}" if mark else ""
    return [section(f"{key}{mark}", say(key) + named, *blocks) for key, blocks in parts.items()]


def _unit(of: Teller, product: Record) -> list[Block]:
    say, unit = of.say, product["unit"]
    category = of.categories.get(product["category"])
    quantity = f"{number(unit['functional_quantity'])} {of.unit(unit['functional_unit'])}"
    rows = [
        (say("name"), user(product["name"] or product["sku"]), user(product["sku"], 160)),
        (say("category"), say.side(category) if category else product["category"], ""),
        (say("quantity"), quantity, ""),
    ]
    if product["merchant"]:
        rows.append((say("merchant"), user(product["merchant"]), ""))
    return [text(say("declared_unit_text")), facts(rows)]


def _boundary(of: Teller, product: Record) -> Block:
    say, inside = of.say, product["boundary"]["inside"]
    heads = say.heads(stage="head", held="text")
    stages = [*inside, *product["boundary"]["outside"]]
    rows = [[of.stage(name), say("inside" if name in inside else "outside")] for name in stages]
    return page_table(say("boundary_table"), heads, rows)


def _inventory(of: Teller, product: Record) -> Block:
    say = of.say
    heads = say.heads(
        stage="head",
        activity="text",
        place="text",
        amount="number",
        factor="number",
        kg="number",
        match="text",
        evidence="text",
        cell="text",
    )
    rows, before = [], ""
    for record in product["inventory"]:
        stage = record["stage"]
        rows.append(
            [
                of.stage(stage) if stage != before else "",
                of.activity(record["activity"]),
                record["location"],
                f"{number(record['amount'])} {record['unit']}",
                number(record["kg_per_unit"]),
                number(record["kg"]),
                say(f"match_{record['match'].replace(' ', '_')}"),
                of.words("label", f"evidence_{record['evidence']}"),
                of.cell(record),
            ]
        )
        before = stage
    return page_table(say("inventory_table"), heads, rows)


def _results(of: Teller, product: Record) -> list[Block]:
    say, results, unit = of.say, product["results"], product["unit"]
    total = results["total"]
    if total["kg"] is None:
        return [text(say("unknown"))]
    lang = say.langs[0]
    drawn = total["low_kg"] is not None
    bounds = {row["stage"]: (row["low_kg"], row["high_kg"]) for row in results["stages"]}
    chart = stage_chart(
        {row["stage"]: row["kg"] for row in results["stages"]},
        intervals={**bounds, "total": (total["low_kg"], total["high_kg"])} if drawn else None,
        name=user(product["name"] or product["sku"]),
        basis=of.document["basis"],
        lang=lang,
    )
    shares = digits.shares(np.array([[row["kg"] for row in results["stages"]]]))[0]
    heads = say.heads(stage="head", kg="number", share="number")
    rows = [
        [
            of.stage(row["stage"]),
            number(row["kg"], row["low_kg"], row["high_kg"]),
            f"{share}\u00a0%",
        ]
        for row, share in zip(results["stages"], shares.tolist(), strict=True)
    ]
    rows.append([say("total"), total["text"], "100\u00a0%"])
    headed = say.heads(indicator="head", kg="number")
    indicators = [[say(row["indicator"]), number(row["kg"])] for row in results["indicators"]]
    indicators.append([say("total"), number(total["kg"])])
    large = [(say("per_kept"), total["text"], "")]
    if unit["functional_quantity"] not in (None, 1.0):
        functional = of.unit(unit["functional_unit"])
        each = number(results["per_functional_unit"]["kg"])
        large.append((say("per_unit", unit=functional), each, ""))
    return [
        facts(large),
        figure(chart),
        page_table(say("results_stages"), heads, rows),
        page_table(say("results_indicators"), headed, indicators),
    ]


def _quality(of: Teller, product: Record) -> list[Block]:
    say, quality = of.say, product["quality"]
    shares = [
        (say(name), _share(quality[name]), "")
        for name in (
            *("primary_share", "documented_share", "proxy_share"),
            *("assumption_share", "aggregate_share"),
        )
    ]
    rating = DASH if quality["dqr"] is None else f"{quality['dqr']:.1f}"
    heads = say.heads(input="head", value="number", origin="text", evidence="text", rests="user")
    rows = [
        [
            of.input(cell["column"]),
            "" if cell["value"] is None else _value(cell["value"], cell["unit"]),
            say(f"origin_{cell['origin']}"),
            of.words("label", f"evidence_{cell['evidence']}"),
            _rests(of, cell, product),
        ]
        for cell in product["cells"]
    ]
    return [facts([*shares, (say("dqr"), rating, "")]), page_table(say("cells"), heads, rows)]


def _rests(of: Teller, cell: Record, product: Record) -> str:
    """The place of a cell and its documents, or what an assumption cites."""
    if cell["origin"] == "default":
        return plain(cell["cite"]) if cell["value"] is not None else of.say.plain("by_category")
    row = {each: text_of("problem.row", each, row=product["line"]["row"]) for each in LANGS}
    return ", ".join([of.say.side(row), *map(user, cell["documents"])])


def _value(value: float, unit: str) -> str:
    return number(value) if unit == "1" else f"{number(value)} {unit}"


def _sensitivity(of: Teller, product: Record) -> list[Block]:
    say, sensitivity = of.say, product["sensitivity"]
    asked = of.inputs_of(sensitivity["ask_first"])
    heads = say.heads(activity="head", stage="text", kg="number", share="number")
    rows = [
        [
            of.activity(row["activity"]),
            of.stage(row["stage"]),
            number(row["kg"]),
            _share(row["share"]),
        ]
        for row in sensitivity["largest"]
    ]
    blocks = [text(say("ask_first", names=asked))] if asked else []
    return [*blocks, page_table(say("largest"), heads, rows)] if rows else [text(say("none"))]


def _comparison(of: Teller, product: Record) -> list[Block]:
    say, comparison, scale = of.say, product["comparison"], of.study.scale
    total, reference = (
        digits.amounts(np.array([math.nan if kg is None else kg]))[0]
        for kg in (product["results"]["total"]["kg"], comparison["reference_kg"])
    )
    shown = comparison["ratio"] if comparison["letter_text"] else None  # no letter by another name
    ratio = ratios(total, reference, np.array([math.nan if shown is None else shown]), scale)[0]
    states = {
        each: words("label", each)[
            f"state_{'sure' if comparison['state'] == 'range' else comparison['state']}"
        ]
        for each in LANGS
    }
    letter = comparison["letter_text"] or DASH
    name = {each: reference_text(comparison["reference"], words("label", each)) for each in LANGS}
    rows = [
        (say("letter"), letter, say.side(states) if comparison["state"] != "range" else ""),
        (say("ratio"), f"{ratio}\u00a0%" if ratio else DASH, ""),
        (say("reference_kg"), digits.printed(reference[0]), say.side(name)),
        (say("dear"), number(comparison["dear_kg"]), say("kg")),
    ]
    chance = comparison["letter_probability"]
    if chance is not None and comparison["letter_text"]:
        rows.append((say("probability"), percent(math.floor(chance * 100 + 1e-9) / 100), ""))
    bounds = [
        f"{row['letter']} ≤ {row['largest_ratio']:g}"
        for row in comparison["scale"]
        if row["largest_ratio"] is not None
    ]
    blocks = [facts(rows)]
    moved = {each: why(comparison["why"], words("label", each)) for each in LANGS}
    blocks += [text(say.both(moved))] if comparison["why"] and comparison["letter_text"] else []
    blocks += [text(say.both(_rule(reason))) for reason in comparison["reasons"]]
    bounds_text = joined([dict.fromkeys(LANGS, each) for each in bounds], "problem.comma")
    return [*blocks, text(say("scale", bounds=bounds_text), note=True)]


def _rule(reason: str) -> dict[str, str]:
    if reason not in CODES:
        return dict.fromkeys(LANGS, reason)
    return {each: f"{reason} {CODES[reason].rule_in(each)}" for each in LANGS}


def _assumptions(of: Teller, product: Record) -> list[Block]:
    say = of.say
    blocks = [text(say("limits"))]
    if product["assumptions"]:
        blocks.insert(0, text(say("assumed", names=of.inputs_of(product["assumptions"]))))
    if any(row["kg"] is None and row["factor_source"] for row in product["inventory"]):
        blocks.append(text(say("licensed")))
    if product["problems"]:
        heads = say.heads(code="head", column="user", rule="text")
        rows = [
            [row["code"], of.input(row["column"]), say.both(_rule(row["code"]))]
            for row in product["problems"]
        ]
        blocks.append(page_table(say("problems"), heads, rows))
    return blocks


def _sources(of: Teller, options: Sequence[str]) -> dict[str, Any]:
    say, document = of.say, of.document
    heads = say.heads(number="head", source="text", cell="user")
    file = shlex.quote(document["catalogue"]["file"] or "catalogue.csv")
    typed = " ".join(map(shlex.quote, options))
    commands = [
        f"carbon explain {file} {shlex.quote(product['sku'])} {typed}".rstrip()
        for product in document["products"]
    ]
    packages = [
        [package["id"], package["licence"], package["citation"]] for package in document["packages"]
    ]
    titles = say.heads(source="head", licence="text", citation="user")
    return section(
        "sources",
        say("sources"),
        page_table(say("sources_table"), heads, of.cells),
        page_table(say("packages_table"), titles, packages),
        text(say("again")),
        code([*commands, "carbon factors check"]),
    )
