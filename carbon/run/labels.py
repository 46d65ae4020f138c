"""Reads graded footprints, gives labels as a folder, a ZIP, a file, a table or at a prompt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from carbon.base.arguments import checked
from carbon.base.errors import OutputError, StudyError, problem_table
from carbon.base.files import beside, whole_file
from carbon.label.facts import about
from carbon.run.folder import INDEX, Files
from carbon.run.label_files import drawn, label_files
from carbon.run.label_index import INDEX_START, finished, indexed, tallied
from carbon.run.label_job import LabelJob, check_job, designs_of, with_verified
from carbon.run.publish import check_folder, publish
from carbon.run.results import write_table

if TYPE_CHECKING:
    from carbon.catalogue.schema import Catalogue
    from carbon.footprint.reference import References
    from carbon.study import Study

__all__ = [
    "KINDS",
    "Drawing",
    "Labels",
    "check_target",
    "label_rows",
    "write_labels",
    "write_one",
]

KINDS: Final = ("svg", "png", "pdf", "html", "json")
"""Formats of a label."""


@dataclass(frozen=True)
class Drawing:
    """What a batch run does to label a catalogue."""

    job: LabelJob  # what is drawn
    references: References | None = None  # a platform's own
    # what others have verified, indexed by SKU: columns ``verifier certificate verified_until``
    verified: pd.DataFrame | None = None
    draw: bool = True  # draw the labels; else only tell what the index would say of them

    def __call__(
        self, study: Study, catalogue: Catalogue, files: Files | None, *, draws: int, **counts: Any
    ) -> pd.DataFrame:
        """Rows of a batch.

        ``catalogue``: filled; ``**counts``: what else the manifest tells of the job.
        """
        del counts
        graded, about_skus = self.graded(study, catalogue, draws)
        if files is None:
            return indexed(graded, about_skus, self.job.issue)
        rows, _ = drawn(graded, about_skus, self.job, files)
        return rows

    def graded(
        self, study: Study, catalogue: Catalogue, draws: int
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Footprints with their letters, and what a label tells beside them.

        Rows without a SKU, and those whose SKU stood before, have no label: it would be another's.
        """
        graded = study.grades(catalogue, references=self.references, draws=draws, stages=True)
        about_skus = about(catalogue, study.vocabulary.categories)
        if self.verified is not None:
            about_skus = with_verified(about_skus, self.verified)
        again = catalogue.skus["problem"].astype(str).str.contains("C008").to_numpy(dtype=bool)
        first = ~again & (about_skus["sku"] != "").to_numpy(dtype=bool)
        return graded[first].reset_index(drop=True), about_skus[first].reset_index(drop=True)


@checked()
class Labels:
    """Labels of some SKUs, drawn when they are shown or saved.

    Parameters
    ----------
    graded, about : pandas.DataFrame
        As :meth:`Drawing.graded` gives them.
    job : LabelJob
        What is drawn.

    Examples
    --------
    >>> from carbon import Study
    >>> labels = Study().label({"sku": "A", "category": "t_shirt"}, draws=50)
    >>> labels
    Labels(1 SKU, svg json, label)
    """

    def __init__(self, graded: pd.DataFrame, about: pd.DataFrame, job: LabelJob) -> None:
        self.graded, self.about, self.job = graded, about, job

    def __len__(self) -> int:
        return len(self.graded)

    def __repr__(self) -> str:
        skus = "SKU" if len(self) == 1 else "SKUs"
        names = " ".join(design.sheet.name for design in designs_of(self.job))
        return f"Labels({len(self):,} {skus}, {' '.join(self.job.formats)}, {names})"

    @property
    def index(self) -> pd.DataFrame:
        """What the labels say: columns ``sku state letter total edition``, a row a SKU."""
        return indexed(self.graded, self.about, self.job.issue)

    def svg(self, sku: str) -> str:
        """One label as an SVG document.

        Parameters
        ----------
        sku : str

        Raises
        ------
        carbon.base.errors.StudyError
            S003 if it is not among them.
        """
        here = (self.graded["sku"].astype(str) == sku).to_numpy()
        if not here.any():
            raise StudyError("S003", value=sku)
        return str(label_rows(self.graded[here], self.about[here], self.job)["svg"].iloc[0])

    def _repr_svg_(self) -> str:
        """The first label, for a notebook."""
        return self.svg(str(self.graded["sku"].iloc[0])) if len(self) else ""

    def save(self, output: Path | str) -> tuple[int, pd.DataFrame]:
        """Write the labels.

        Parameters
        ----------
        output : path
            A folder, a ``.zip``, or for one SKU one file: ``.svg .png .pdf .html .json``.

        Returns
        -------
        files : int
            How many were written.
        problems : pandas.DataFrame
            Claims in names that were reworded or left out.

        Raises
        ------
        carbon.base.errors.OutputError
            As :func:`write_labels`.
        """
        output = Path(output)
        kind = output.suffix.lower().removeprefix(".")
        if kind in KINDS:
            job = replace(self.job, formats=(kind,))
            return 1, write_one(self.graded, self.about, job, output)
        return write_labels(self.graded, self.about, self.job, output)


def check_target(output: Path) -> None:
    """Refuse a folder that holds something other than labels.

    ``output``: a folder, or ``.zip``. Raises B009; O001 if a folder has the name of the ZIP.
    """
    if output.suffix.lower() != ".zip":
        check_folder(output, INDEX_START)
    elif output.is_dir():
        raise OutputError("O001", "it is a folder", file=str(output))


def write_labels(
    graded: pd.DataFrame, about: pd.DataFrame, job: LabelJob, output: Path
) -> tuple[int, pd.DataFrame]:
    """Draw the labels of a few SKUs at once, in this process.

    ``graded``, ``about``: as for :func:`carbon.label.facts.facts`; each SKU once. ``output``: a
    folder, or ``.zip``. A folder that exists must be empty or hold labels; it is replaced. Returns
    ``files``: how many were written, the index not counted; ``problems``: claims in names that were
    reworded or left out; also ``problems.csv`` in the result. Raises O001 if it cannot be written,
    B009 if the folder holds something else, L010 without font; L001 to L014 if a template is
    refused.
    """
    check_target(output)
    check_job(job)
    with beside(output) as draft:
        joined, made = draft / "labels", draft / f"made{output.suffix}"
        joined.mkdir()
        rows, claimed = drawn(graded, about, job, Files(joined, 0))
        write_table(rows, joined / INDEX)
        finished(joined, made, job.langs[0])
        folder = made if made.exists() else joined
        publish(folder, str(output), folder.is_dir())
    return int(tallied(rows)["files"]), problem_table(pd.DataFrame(claimed))


def write_one(
    graded: pd.DataFrame, about: pd.DataFrame, job: LabelJob, output: Path
) -> pd.DataFrame:
    """Draw one label of one SKU as one file.

    ``graded``, ``about``: one row each; ``job``: of one template and one format. Returns: problems,
    as :func:`write_labels`. Raises RuleError: as :func:`write_labels`.
    """
    (only,), claimed = label_files(graded, about, replace(job, templates=job.templates[:1]))
    with whole_file(output) as draft:
        draft.write_bytes(only.content)
    return problem_table(pd.DataFrame(claimed))


def label_rows(graded: pd.DataFrame, about: pd.DataFrame, job: LabelJob) -> pd.DataFrame:
    """Labels as rows, for those who keep them in a table.

    ``graded``, ``about``: as for :func:`carbon.label.facts.facts`; ``job``: what is drawn; its
    first template. Returns: columns ``sku, svg, json``.
    """
    files, _ = label_files(
        graded, about, replace(job, templates=job.templates[:1], formats=("svg", "json"))
    )
    rows: dict[str, dict[str, str]] = {}
    for file in files:
        rows.setdefault(file.fact["sku"], {})[file.kind] = file.content.decode()
    table = [(sku, kinds["svg"], kinds["json"]) for sku, kinds in rows.items()]
    return pd.DataFrame(table, columns=["sku", "svg", "json"])
