"""Labels of many SKUs as files of a folder or a ZIP, of a few at once, of one as a file."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from carbon.base.errors import OutputError, RuleError, problem_table
from carbon.base.files import whole_file
from carbon.label.claims import check, clean, load_market, problems
from carbon.label.design import Design, load_design
from carbon.label.facts import Issue, about, facts
from carbon.label.render import Style, name_of, per_page, render, sheet_of
from carbon.run.folder import INDEX, Files
from carbon.run.label_index import INDEX_COLUMNS, INDEX_START, finished, indexed, tallied
from carbon.run.publish import check_folder, publish
from carbon.run.results import as_text

if TYPE_CHECKING:
    from carbon.catalogue.schema import Catalogue
    from carbon.footprint.reference import References
    from carbon.study import Study

__all__ = [
    "Drawing",
    "Job",
    "check_job",
    "check_target",
    "label_rows",
    "write_labels",
    "write_one",
]

ROW_COLUMNS = (*INDEX_COLUMNS, "claims", "verified")
"""Columns of the index, and what of a SKU is told elsewhere, on the first of its rows."""


@dataclass(frozen=True)
class Job:
    """What is to be drawn of each SKU.

    Parameters
    ----------
    issue : Issue
        What all labels share.
    templates : tuple of str
        Names of designs, or paths of folders.
    langs, formats : tuple of str
        As for :class:`carbon.label.render.Style`.
    dpi : float
        Pixels per inch of PNG.
    outline : bool
        SVG without text.
    sheets : float
        Scale of labels on A4 sheets [1]; 0 for no sheets.
    market : str
        Whose rules of claims every text passes.
    """

    issue: Issue
    templates: tuple[str, ...] = ("label",)
    langs: tuple[str, ...] = ("zh",)
    formats: tuple[str, ...] = ("svg",)
    dpi: float = 300.0
    outline: bool = False
    sheets: float = 0.0
    market: str = "neutral"

    def style(self, design: Design) -> Style:
        """How one of the designs is drawn; JSON is written once a SKU, beside it."""
        kinds = tuple(kind for kind in self.formats if kind != "json")
        return Style(design, self.issue.scale, self.langs, kinds, self.dpi, self.outline)


@dataclass(frozen=True)
class Drawing:
    """What a batch run does to label a catalogue.

    Parameters
    ----------
    job : Job
        What is drawn.
    references : References, optional
        A platform's own.
    verified : pandas.DataFrame, optional
        What others have verified, indexed by SKU: columns ``verifier certificate verified_until``.
    draw : bool
        Draw the labels; else only tell what the index would say of them.
    """

    job: Job
    references: References | None = None
    verified: pd.DataFrame | None = None
    draw: bool = True

    def __call__(
        self, study: Study, catalogue: Catalogue, files: Files | None, *, draws: int, **told: Any
    ) -> pd.DataFrame:
        """Rows of a batch.

        Parameters
        ----------
        study : Study
        catalogue : Catalogue
            Filled.
        files : Files, optional
            Takes the labels.
        draws : int
            For intervals and letters.
        **told : object
            What else the manifest tells of the job.
        """
        del told
        graded, beside = self.graded(study, catalogue, draws)
        if files is None:
            return indexed(graded, beside, self.job.issue)
        rows, _ = drawn(graded, beside, self.job, files)
        return rows

    def graded(
        self, study: Study, catalogue: Catalogue, draws: int
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Footprints with their letters, and what a label tells beside them.

        Rows without a SKU, and those whose SKU stood before, have no label: it would be another's.
        """
        graded = study.grades(catalogue, references=self.references, draws=draws, stages=True)
        beside = about(catalogue, study.vocabulary.categories)
        if self.verified is not None:
            beside = with_verified(beside, self.verified)
        again = catalogue.skus["problem"].astype(str).str.contains("C008").to_numpy(dtype=bool)
        own = ~again & (beside["sku"] != "").to_numpy(dtype=bool)
        return graded[own].reset_index(drop=True), beside[own].reset_index(drop=True)


def with_verified(about: pd.DataFrame, verified: pd.DataFrame) -> pd.DataFrame:
    """Put what others have verified beside the SKUs."""
    out = about.copy(deep=False)
    for column in ("verifier", "certificate", "verified_until"):
        told = about["sku"].map(verified[column]).astype("object")
        out[column] = told.where(told.notna(), "").to_numpy(dtype=object)
    return out


def check_target(out: Path) -> None:
    """Refuse a folder that holds something other than labels.

    Parameters
    ----------
    out : pathlib.Path
        A folder, or ``.zip``.

    Raises
    ------
    carbon.base.errors.OutputError
        B009; O001 if a folder has the name of the ZIP.
    """
    if out.suffix.lower() != ".zip":
        check_folder(out, INDEX_START)
    elif out.is_dir():
        raise OutputError("O001", "it is a folder", file=str(out))


def check_job(job: Job) -> dict[str, Any]:
    """Refuse designs that cannot be drawn; what decides the others.

    Parameters
    ----------
    job : Job

    Returns
    -------
    dict
        SHA-256 of each template, and of the rules of claims.

    Raises
    ------
    carbon.base.errors.OutputError
        B008 if two templates have one name.
    carbon.base.errors.RuleError
        L001 to L014 if a template is refused, L101 if the market is not known.
    """
    designs = _designs(job)
    if job.sheets and not all(min(per_page(job.style(one), job.sheets)) for one in designs):
        raise RuleError("L013", value=f"{job.sheets:.0%}")
    told = {design.sheet.name: design.sha256 for design in designs}
    if len(told) < len(designs):
        raise OutputError("B008", "two templates have one name", value=", ".join(told))
    return {"templates": told, "claims": load_market(job.market).sha256}


def write_labels(
    graded: pd.DataFrame, about: pd.DataFrame, job: Job, out: Path
) -> tuple[int, pd.DataFrame]:
    """Draw the labels of a few SKUs at once, in this process.

    Parameters
    ----------
    graded, about : pandas.DataFrame
        As for :func:`carbon.label.facts.facts`; each SKU once.
    job : Job
        What is drawn.
    out : pathlib.Path
        A folder, or ``.zip``. A folder that exists must be empty or hold labels; it is replaced.

    Returns
    -------
    files : int
        How many were written, the index not counted.
    problems : pandas.DataFrame
        Claims in names that were reworded or left out; also ``problems.csv`` in the result.

    Raises
    ------
    carbon.base.errors.OutputError
        O001 if it cannot be written, B009 if the folder holds something else, L010 without font.
    carbon.base.errors.RuleError
        L001 to L014 if a template is refused.
    """
    check_target(out)
    check_job(job)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise OutputError("O001", error.strerror or str(error), file=str(out)) from None
    try:
        joined, made = beside / "labels", beside / f"made{out.suffix}"
        joined.mkdir()
        rows, claimed = drawn(graded, about, job, Files(joined, 0))
        as_text(rows).to_csv(joined / INDEX, index=False)
        finished(joined, made)
        whole = made if made.exists() else joined
        publish(whole, str(out), whole.is_dir())
    except OSError as error:
        raise OutputError("O001", error.strerror or str(error), file=str(out)) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    noted = problem_table(pd.DataFrame(claimed)) if claimed else problem_table()
    return int(tallied(rows)["files"]), noted


def write_one(graded: pd.DataFrame, about: pd.DataFrame, job: Job, out: Path) -> pd.DataFrame:
    """Draw one label of one SKU as one file.

    Parameters
    ----------
    graded, about : pandas.DataFrame
        One row each.
    job : Job
        Of one template and one format.
    out : pathlib.Path
        The file.

    Returns
    -------
    pandas.DataFrame
        Problems, as :func:`write_labels`.

    Raises
    ------
    carbon.base.errors.OutputError, carbon.base.errors.RuleError
        As :func:`write_labels`.
    """
    design, kind = _designs(job)[0], job.formats[0]
    about, claimed = _claimless(about, job.market)
    record = facts(graded, about, job.issue).to_dict("records")[0]
    fact = {str(key): value for key, value in record.items()}
    style = replace(job.style(design), formats=(kind,))
    with whole_file(out) as beside:
        beside.write_bytes(render(fact, style)[kind])
    return problem_table(pd.DataFrame(claimed)) if claimed else problem_table()


def label_rows(graded: pd.DataFrame, about: pd.DataFrame, job: Job) -> pd.DataFrame:
    """Labels as rows, for those who keep them in a table.

    Parameters
    ----------
    graded, about : pandas.DataFrame
        As for :func:`carbon.label.facts.facts`.
    job : Job
        What is drawn; its first template.

    Returns
    -------
    pandas.DataFrame
        Columns ``sku, svg, json``.
    """
    design = _designs(job)[0]
    about, _ = _claimless(about, job.market)
    table = facts(graded, about, job.issue)
    style = replace(job.style(design), formats=("svg", "json"))
    rows = []
    for record in table.to_dict("records"):
        fact = {str(key): value for key, value in record.items()}
        files = render(fact, style)
        rows.append((fact["sku"], files["svg"].decode(), files["json"].decode()))
    return pd.DataFrame(rows, columns=["sku", "svg", "json"])


def _designs(job: Job) -> tuple[Design, ...]:
    """The designs of a job; a template that claims what the market forbids is refused."""
    return _linted(job.templates, job.market)


@cache
def _linted(templates: tuple[str, ...], market_name: str) -> tuple[Design, ...]:
    market = load_market(market_name)
    out = []
    for name in templates:
        design = load_design(name)
        found = check(design.texts, market)
        if len(found):
            raise RuleError(
                "L014", found["message"].iloc[0], file=name, value=found["words"].iloc[0]
            )
        out.append(design)
    return tuple(out)


def drawn(
    graded: pd.DataFrame, about: pd.DataFrame, job: Job, files: Files
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Draw labels into a folder.

    Parameters
    ----------
    graded, about : pandas.DataFrame
        As for :func:`carbon.label.facts.facts`; each SKU once.
    job : Job
        What is drawn.
    files : Files
        Takes them; sheets have the number of its batch.

    Returns
    -------
    rows : pandas.DataFrame
        A row a file, columns :data:`ROW_COLUMNS`; a sheet is nobody's, its ``sku`` is empty.
    claimed : list of dict
        What the names claimed.
    """
    about, claimed = _claimless(about, job.market)
    claims: dict[str, list[dict[str, str]]] = {}
    for one in claimed:
        claims.setdefault(one["sku"], []).append(one)
    table = facts(graded, about, job.issue)
    columns = [str(name) for name in table.columns]
    rows_of = zip(*(table[name].tolist() for name in columns), strict=True)
    records = [dict(zip(columns, row, strict=True)) for row in rows_of]
    designs = _designs(job)
    styles = [(design.sheet.name, job.style(design)) for design in designs]
    own = Style(designs[0], job.issue.scale, job.langs, ("json",))
    rows: list[list[str]] = []
    for record in records:
        sku = str(record["sku"])
        stem = name_of(sku)
        found = claims.get(sku)
        told = [json.dumps(found, ensure_ascii=False) if found else "", record["certificate"]]
        if "json" in job.formats:
            content = render(record, own)["json"]
            rows.append(_row(record, f"{stem}.json", "", files, content, told))
            told = ["", ""]
        for name, style in styles:
            for kind, content in render(record, style).items():
                rows.append(_row(record, f"{stem}.{name}.{kind}", name, files, content, told))
                told = ["", ""]
    if job.sheets:
        for name, style in styles:
            file = f"{name}s-{files.number + 1:04d}.pdf"
            sha256 = files.put(file, sheet_of(records, style, job.sheets))
            rows.append(["", file, name, *[""] * 9, sha256, "", ""])
    return pd.DataFrame(rows, columns=list(ROW_COLUMNS), dtype="str"), claimed


def _row(
    fact: dict[str, Any], file: str, template: str, files: Files, content: bytes, told: list[str]
) -> list[str]:
    return [
        fact["sku"],
        file,
        template,
        *(fact[key] for key in ("state", "letter", "probability", "total", "low", "high")),
        *(fact[key] for key in ("edition", "date", "valid_until")),
        files.put(file, content),
        *told,
    ]


def _claimless(about: pd.DataFrame, market: str) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    rules = load_market(market)
    out = about.copy(deep=False)
    rows: list[dict[str, str]] = []
    for column in ("name", "merchant", "verifier"):
        texts = about[column].reset_index(drop=True)
        cleaned, found = clean(texts, rules)
        out[column] = cleaned.to_numpy(dtype=object)
        if len(found):
            told = problems(found, column=column)
            told["sku"] = about["sku"].to_numpy()[found["text"].to_numpy(dtype=int)]
            rows += [
                {name: str(row[name]) for name in ("column", "sku", "value", "code")}
                for row in told.to_dict("records")
            ]
    return out, rows
