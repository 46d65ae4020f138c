"""Reads what is asked of labels, gives what is drawn of each SKU and what decides its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from carbon.base.errors import OutputError, RuleError
from carbon.catalogue.ledger import read_ledger
from carbon.label.claims import check, load_market
from carbon.label.design import Design, load_design
from carbon.label.facts import Issue
from carbon.label.link import check_url
from carbon.label.render import Style, per_page

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["LabelJob", "check_job", "designs_of", "label_job", "verified_on", "with_verified"]


@dataclass(frozen=True)
class LabelJob:
    """What is to be drawn of each SKU."""

    issue: Issue  # what all labels share
    templates: tuple[str, ...] = ("label",)  # names of designs, or paths of folders
    # langs, formats: as for :class:`carbon.label.render.Style`
    langs: tuple[str, ...] = ("zh",)
    formats: tuple[str, ...] = ("svg",)
    dpi: float = 300.0  # pixels per inch of PNG
    outline: bool = False  # SVG without text
    sheets: float = 0.0  # scale of labels on A4 sheets [1]; 0 for no sheets
    market: str = "neutral"  # whose rules of claims every text passes

    def style(self, design: Design) -> Style:
        """How one of the designs is drawn; JSON is written once a SKU, beside it."""
        kinds = tuple(kind for kind in self.formats if kind != "json")
        return Style(design, self.issue.scale, self.langs, kinds, self.dpi, self.outline)


def label_job(
    study: Study,
    *,
    templates: tuple[str, ...] = ("label",),
    langs: tuple[str, ...] = ("zh",),
    formats: tuple[str, ...] = ("svg", "json"),
    issued: date | None = None,
    url: str = "",
    resolver: str = "https://id.gs1.org",
    **rest: Any,
) -> LabelJob:
    """What is drawn of each SKU of a study.

    ``templates``, ``langs``, ``formats``: as for :class:`LabelJob`; ``issued``: date of the labels;
    today without; ``url``: link of the QR code, as ``https://shop.example/{sku}``; ``resolver``:
    where GS1 Digital Links begin; ``**rest``: ``dpi outline sheets market`` of :class:`LabelJob`.
    Raises RuleError: if a link is refused.

    >>> from carbon.study import Study
    >>> label_job(Study(), issued=date(2026, 11, 30)).issue.valid_until.year
    2028
    """
    issue = Issue(
        issued or date.today(),
        study.scale,
        study.method,
        study.boundary,
        url=check_url(url),
        resolver=check_url(resolver).rstrip("/"),
        activities=study.edition.chinese_titles,
    )
    names = tuple(dict.fromkeys(templates)) or ("label",)
    return LabelJob(issue, names, tuple(langs), tuple(formats), **rest)


def check_job(job: LabelJob) -> dict[str, Any]:
    """Refuse designs that cannot be drawn; what decides the others.

    Returns: what decides the bytes of labels, for the manifest: SHA-256 of each template and of the
    rules of claims, and the options. Raises B008 if two templates have one name; L001 to L014 if a
    template is refused, L101 if the market is not known.
    """
    designs = designs_of(job)
    if job.sheets and not all(min(per_page(job.style(name), job.sheets)) for name in designs):
        raise RuleError("L013", value=f"{job.sheets:.0%}")
    hashes = {design.sheet.name: design.sha256 for design in designs}
    if len(hashes) < len(designs):
        raise OutputError("B008", "two templates have one name", value=", ".join(hashes))
    issue = job.issue
    return {
        "templates": hashes,
        "claims": load_market(job.market).sha256,
        "langs": list(job.langs),
        "formats": list(job.formats),
        "dpi": job.dpi,
        "outline": job.outline,
        "sheets": job.sheets,
        "issued": issue.issued.isoformat(),
        "url": issue.url,
        "resolver": issue.resolver,
    }


def with_verified(about: pd.DataFrame, verified: pd.DataFrame) -> pd.DataFrame:
    """Put what others have verified beside the SKUs."""
    table = about.copy(deep=False)
    for column in ("verifier", "certificate", "verified_until"):
        dates = about["sku"].map(verified[column]).astype("object")
        table[column] = dates.where(dates.notna(), "").to_numpy(dtype=object)
    return table


def verified_on(source: Path | pd.DataFrame, day: date) -> tuple[pd.DataFrame, int]:
    """What third parties have verified, where it holds on the day of the label.

    ``source``: columns ``sku verifier certificate valid_from valid_to``. Returns ``verified``:
    columns ``verifier certificate verified_until``, indexed by SKU; the longest of several;
    ``problems``: rows at fault.

    >>> row = {"sku": ["A"], "verifier": "V", "certificate": "C-1"}
    >>> table = pd.DataFrame(row).assign(valid_from="2026-01-01", valid_to="2027-01-01")
    >>> verified_on(table, date(2026, 11, 30))[0].loc["A", "verified_until"]
    '2027-01-01'
    """
    ledger = read_ledger(source, "verifications")
    table, today = ledger.frame, pd.Timestamp(day)
    table = table[(table["valid_from"] <= today) & (table["valid_to"] >= today)]
    table = table.sort_values("valid_to").drop_duplicates("sku", keep="last")
    valid = table[["verifier", "certificate"]].astype(str).astype("object")
    valid["verified_until"] = table["valid_to"].dt.strftime("%Y-%m-%d").astype("object")
    return valid.set_index(table["sku"].astype(str).astype("object")), len(ledger.problems)


def designs_of(job: LabelJob) -> tuple[Design, ...]:
    """The designs of a job; a template that claims what the market forbids is refused."""
    return _linted(job.templates, job.market)


@cache
def _linted(templates: tuple[str, ...], market_name: str) -> tuple[Design, ...]:
    market = load_market(market_name)
    problems = []
    for name in templates:
        design = load_design(name)
        claims = check(design.texts, market)
        if len(claims):
            raise RuleError(
                "L014", claims["message"].iloc[0], file=name, value=claims["words"].iloc[0]
            )
        problems.append(design)
    return tuple(problems)
