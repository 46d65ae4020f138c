"""Reads a study and a catalogue, gives what else is asked of them: savings, labels, a page.

Each answer is computed in its own room; the rooms do not know the study, which stands above them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from carbon.base.arguments import checked, read_or, refusal
from carbon.base.errors import StudyError
from carbon.base.shown import html_table
from carbon.catalogue.given import Source
from carbon.catalogue.schema import Catalogue
from carbon.footprint.reference import References, read_references

if TYPE_CHECKING:
    from carbon.footprint.levers import Change, Lever
    from carbon.pages.report import Report
    from carbon.run.labels import Labels
    from carbon.study import Study

__all__ = ["Questions"]


@checked(references=read_or(read_references, "References"))
class Questions:
    """What is asked of a :class:`carbon.study.Study` beside footprints and letters.

    Examples
    --------
    >>> from carbon import Study
    >>> Study(boundary="cradle-to-door")
    Study(2026... | GWP100 AR6 | cradle-to-door | kept unit)
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}({cast('Study', self).basis})"

    def _repr_html_(self) -> str:
        """What is computed with which factors, for a notebook."""
        study = cast("Study", self)
        basis = asdict(study.basis)
        packages = ", ".join(f"{each.name} {each.version}" for each in study.edition.packages)
        rows = pd.DataFrame({"": [*basis, "packages"], "study": [*basis.values(), packages]})
        rows[""] = rows[""].str.replace("_", " ")
        return html_table(rows)

    def what_if(
        self,
        source: Source,
        levers: Sequence[str | Lever | Callable[[Catalogue], Catalogue | Change]] = (),
        *,
        draws: int = 0,
        days: float = 365.0,
        lang: str = "en",
        progress: Callable[[int], object] | None = None,
    ) -> pd.DataFrame:
        """What each lever would save, and all of them together, with the letters before and after.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.
        levers : sequence of str, Lever or callable
            Names (``"air-to-ground"``), settings (``"return_rate=-15pt"``), levers of your own
            (:func:`carbon.lever`) or bare functions from a catalogue to the changed one; none for
            every lever of the edition.
        draws : int
            Paired draws for the interval of the saving; none without.
        days : float
            Days that ``units_sold`` covers [d].
        lang : str
            Language of the reasons, ``"en"`` or ``"zh"``.
        progress : callable, optional
            Called with the number of SKUs done since the last call.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.footprint.scenario.what_if`, with ``letter_before`` and
            ``letter_after``.

        Raises
        ------
        carbon.base.errors.StudyError
            S020 to S024 if a lever is refused, S027 if one of your own fails.

        Examples
        --------
        >>> from carbon import Study
        >>> goods = {"sku": "A", "category": "t_shirt", "transport": "plane 1650 km"}
        >>> table = Study().what_if(goods, ["air-to-ground"])
        >>> bool(table["saved_kg"][0] > 0)
        True
        """
        from carbon.footprint.levers import Lever
        from carbon.footprint.scenario import what_if
        from carbon.label.scale import lettered

        study = cast("Study", self)
        one = isinstance(levers, str | Lever) or callable(levers)
        if not one and not isinstance(levers, Iterable):
            raise refusal("levers", levers, "levers")
        catalogue = study.catalogue(source)
        table = what_if(
            study,
            catalogue,
            cast("list[str | Lever]", [levers] if one else levers),
            draws=draws or None,
            days=days,
            lang=lang,
            progress=progress,
        )
        kg = pd.Series(study.reference_kg(catalogue), index=catalogue.skus["sku"])
        reference = table["sku"].map(kg[~kg.index.duplicated()])
        return lettered(table, reference, study.scale)

    def compare(
        self, a: Source, b: Source | None = None, *, skus: Sequence[str] = (), draws: int = 0
    ) -> pd.DataFrame:
        """Two catalogues SKU by SKU, or two SKUs of one, stage by stage.

        Parameters
        ----------
        a, b : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`; of two, the SKUs that both have are
            compared.
        skus : sequence of str
            With one catalogue: the two that are compared.
        draws : int
            Paired draws for the interval of the difference; none without.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.footprint.side_by_side.side_by_side`; ``attrs["alone"]`` names the
            SKUs that only one of two catalogues has.

        Raises
        ------
        carbon.base.errors.StudyError
            S002 for two categories, S003 for an unknown SKU or catalogues that share none.

        Examples
        --------
        >>> from carbon import Study
        >>> goods = "sku,category,return_rate\\nA,dress,20%\\nB,dress,60%\\n"
        >>> table = Study().compare(goods, skus=["A", "B"])
        >>> bool(table.set_index("stage").loc["total", "difference_kg"] < 0)
        True
        """
        from carbon.footprint.side_by_side import pairs, side_by_side

        study = cast("Study", self)
        alone: list[str] = []
        if b is not None:
            left, right, alone = pairs(study.catalogue(a), study.catalogue(b))
        elif len(skus) == 2:
            both = study.catalogue(a)
            left, right = (both.select([sku]) for sku in skus)
        else:
            raise StudyError("S003", "two catalogues, or one and two SKUs", value=" ".join(skus))
        table = side_by_side(study, left, right, draws=draws or None)
        table.attrs["alone"] = alone
        return table

    def label(
        self,
        source: Source,
        *,
        skus: Sequence[str] = (),
        references: References | None = None,
        verified: Path | pd.DataFrame | None = None,
        draws: int = 1000,
        **options: Any,
    ) -> Labels:
        """Labels of some SKUs, drawn when they are shown or saved.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`; it must fit in memory. ``carbon label``
            draws any number.
        skus : sequence of str
            Only these; all without.
        references : References, optional
            A platform's own.
        verified : path or pandas.DataFrame, optional
            Columns ``sku verifier certificate valid_from valid_to``.
        draws : int
            For intervals and letters.
        **options : object
            ``templates langs formats issued url resolver dpi outline sheets market`` as
            :func:`carbon.run.label_job.label_job` takes them.

        Returns
        -------
        carbon.run.labels.Labels

        Raises
        ------
        carbon.base.errors.RuleError
            L001 to L014 if a template is refused.

        Examples
        --------
        >>> from carbon import Study
        >>> labels = Study().label({"sku": "A", "category": "t_shirt"}, draws=50)
        >>> labels.svg("A")[:4], labels.index["sku"].tolist()
        ('<svg', ['A'])
        """
        from carbon.run.label_job import label_job, verified_on
        from carbon.run.labels import KINDS, Drawing, Labels

        if not set(options.get("formats", KINDS)) <= set(KINDS):
            raise refusal("formats", options["formats"], "formats")
        study = cast("Study", self)
        job = label_job(study, **options)
        on_file = None if verified is None else verified_on(verified, job.issue.issued)[0]
        drawing = Drawing(job, references or study.references, on_file)
        catalogue = study.catalogue(source)
        if skus:
            catalogue = catalogue.select(list(dict.fromkeys(skus)))
        return Labels(*drawing.graded(study, catalogue, draws), job)

    def report(
        self,
        source: Source,
        *,
        langs: Sequence[str] = ("en",),
        market: str = "neutral",
        references: References | None = None,
        draws: int = 1000,
        file: Path | None = None,
        options: Sequence[str] = (),
        progress: Callable[[int], object] | None = None,
    ) -> Report:
        """One page on a whole catalogue: totals, SKUs, stages, air, packaging, returns, measures.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.
        langs : sequence of str
            ``"zh"``, ``"en"`` or both; the first is that of the page.
        market : str
            Whose rules on claims the names are held against.
        references : References, optional
            A platform's own.
        draws : int
            Draws for intervals; none without.
        file : pathlib.Path, optional
            File to name, with its digest; the source without, if it is one.
        options : sequence of str
            Options of the command that gives the same numbers again.
        progress : callable, optional
            Called with the number of SKUs graded since the last call.

        Returns
        -------
        carbon.pages.report.Report

        Raises
        ------
        carbon.base.errors.RuleError
            L101 if the market is not known.

        Examples
        --------
        >>> from carbon import Study
        >>> page = Study().report({"sku": "A", "category": "t_shirt"}, draws=0)
        >>> page.html[:15].lower()
        '<!doctype html>'
        """
        from carbon.label.claims import load_market
        from carbon.pages.report import Report, report

        study = cast("Study", self)
        catalogue = study.catalogue(source)
        html, figures = report(
            study,
            catalogue,
            load_market(market),
            source=file or Path(catalogue.file or "catalogue"),
            langs=langs,
            draws=draws,
            references=references,
            options=options,
            progress=progress,
        )
        return Report(html, figures)

    def export(
        self,
        source: Source,
        project: str,
        *,
        skus: Sequence[str] = (),
        output: Path | None = None,
    ) -> pd.DataFrame:
        """Write SKUs, edition and method as a new Brightway project.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.
        project : str
            Name of the new project.
        skus : sequence of str
            Only these; all without.
        output : pathlib.Path, optional
            The same as a ``.bw2package`` file.

        Returns
        -------
        pandas.DataFrame
            One row a SKU: ``sku total_kg problem``.

        Raises
        ------
        carbon.base.errors.OutputError
            As :func:`carbon.run.brightway.export_project`.

        Examples
        --------
        >>> from carbon import Study
        >>> Study().export({"sku": "A", "category": "t_shirt"}, "tea", output=Path("tea.csv"))
        Traceback (most recent call last):
        carbon.base.errors.OutputError: O002 tea.csv: ...
        """
        from carbon.run.brightway import export_project

        study = cast("Study", self)
        catalogue = study.catalogue(source)
        if skus:
            catalogue = catalogue.select(list(skus))
        return export_project(study, catalogue, project, output)
