"""Reads a study, gives what is looked up in it: trees, claims, yardsticks, templates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from carbon.base.arguments import checked, kind, read_or, refusal
from carbon.catalogue.given import Source
from carbon.footprint.reference import References, read_references

if TYPE_CHECKING:
    from carbon.study import Study

__all__ = ["Lookups"]


@checked(references=read_or(read_references, "References"), other=kind("Study"))
class Lookups:
    """What is looked up in a :class:`carbon.study.Study` beside what is computed with it.

    Examples
    --------
    >>> from carbon import Study
    >>> Study().explain({"sku": "A", "category": "t_shirt"}, "A").splitlines()[0]
    'A  (t_shirt)'
    """

    def explain(self, source: Source, sku: str, *, cut: float = 0.01, lang: str = "en") -> str:
        """One SKU as a tree, from its total to the publisher's cell.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.
        sku : str
        cut : float
            Share of the total below which a branch is left out [1].
        lang : str
            ``"en"`` or ``"zh"``.

        Raises
        ------
        carbon.base.errors.StudyError
            S003 if the catalogue has no such SKU.
        """
        from carbon.explained import tree

        study = cast("Study", self)
        return "\n".join(tree(study, study.catalogue(source).select([sku]), cut, lang))

    def titles(self, lang: str) -> dict[str, str]:
        """What categories, packaging items and activities are called.

        Parameters
        ----------
        lang : str
            ``"en"`` or ``"zh"``.

        Returns
        -------
        dict of str to str
            Name in files and tables → title; empty in English, which reads the names.

        Examples
        --------
        >>> from carbon import Study
        >>> Study().titles("zh")["cotton fibre"]
        '棉纤维'
        """
        if lang != "zh":
            return {}
        study = cast("Study", self)
        said: dict[str, str] = {}
        # a title names the place of its dataset; here an activity is spoken of anywhere
        for name, title in study.edition.chinese_titles.items():
            said[name] = title.removesuffix("，中国")
        for table, name in (
            (study.vocabulary.packaging_items, "item"),
            (study.vocabulary.categories, "category"),
        ):
            said.update(zip(table[name].astype(str), table["name_zh"].astype(str), strict=True))
        return said

    def explain_factor(self, activity: str, location: str, *, lang: str = "en") -> str:
        """One dataset as a tree: what it emits and takes, and the cell of each number.

        Parameters
        ----------
        activity, location : str
            What is needed, and where.
        lang : str
            ``"en"`` or ``"zh"``.

        Raises
        ------
        carbon.base.errors.FactorsError
            F011 if the edition has no such activity.

        Examples
        --------
        >>> from carbon import Study
        >>> Study().explain_factor("electricity, consumer", "CN-ZJ").split(":")[0]
        'electricity, consumer, CN-ZJ'
        """
        from carbon.explained import dataset

        return "\n".join(dataset(cast("Study", self), activity, location, lang))

    def factors(self, *words: str) -> pd.DataFrame:
        """Datasets whose name, title, place or source holds all the words.

        Parameters
        ----------
        *words : str
            Upper and lower case are alike.

        Returns
        -------
        pandas.DataFrame
            Rows of :attr:`carbon.Edition.activities` with ``kg`` [kg CO2e per unit].

        Examples
        --------
        >>> from carbon import Study
        >>> bool((Study().factors("cotton")["kg"] > 0).all())
        True
        """
        study = cast("Study", self)
        table = study.edition.activities.copy()
        table["kg"] = study.unit_impacts.values[:-1].sum(axis=1)
        table = table[study.edition.linked]
        columns = ["activity", "title", "title_zh", "location", "source"]
        text = table[columns].agg(" ".join, axis=1)
        for word in words:
            text = text[text.str.contains(word, case=False, regex=False)]
        return table.loc[text.index]

    def differences(self, other: Study) -> pd.DataFrame:
        """What moves from this edition to that of another study, by how much and why.

        Parameters
        ----------
        other : Study
            Of another edition, or with factor packages of your own.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.background.differences.differences`.

        Examples
        --------
        >>> from carbon import Study
        >>> len(Study().differences(Study()))
        0
        """
        from carbon.background.differences import differences

        studies = (cast("Study", self), other)
        places: set[str] = set()
        for study in studies:
            table = study.edition.activities.iloc[study.edition.at_first]
            places |= set(table.loc[table["template"], "location"])
        sides: list[Any] = []
        for study in studies:
            study.edition.reach(places)
            sides += [study.edition, study.unit_impacts.values[:-1].sum(axis=1)]
        return differences(*sides)

    def coverage(self, source: Source) -> pd.DataFrame:
        """Which activities of a catalogue rest on your own background: as the function tells.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.explained.coverage`.
        """
        from carbon.explained import coverage

        return coverage(cast("Study", self), source)

    def claims(
        self,
        texts: str | Sequence[str] | pd.Series,
        market: str = "neutral",
        *,
        evidence: pd.DataFrame | None = None,
        lang: str = "en",
    ) -> pd.DataFrame:
        """Claims in texts that a market forbids, rewords or allows with evidence only.

        Parameters
        ----------
        texts : str, sequence of str or pandas.Series
        market : str
            ``EU``, ``China``, ``neutral``, or a rule file.
        evidence, lang
            As for :func:`carbon.label.claims.check`.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.label.claims.check`.

        Examples
        --------
        >>> from carbon import Study
        >>> Study().claims("climate-neutral T-shirt", "EU")["action"].tolist()
        ['refuse']
        """
        from carbon.label.claims import check, load_market

        if not isinstance(texts, Iterable):
            raise refusal("texts", texts, "texts")
        if evidence is not None and not isinstance(evidence, pd.DataFrame):
            raise refusal("evidence", evidence, "evidence")
        return check(texts, load_market(market), evidence, lang=lang)

    def template(self, output: Path | str, *, lang: str = "en") -> None:
        """Write an empty, annotated catalogue to fill in.

        Parameters
        ----------
        output : path
            ``.xlsx`` or ``.csv``.
        lang : str
            ``"en"`` or ``"zh"``.

        Raises
        ------
        carbon.base.errors.OutputError
            O001 if it cannot be written, O002 for another extension.
        """
        from carbon.run.template_file import write_template

        write_template(cast("Study", self).vocabulary, Path(output), lang)

    def reference_table(self, references: References | None = None) -> pd.DataFrame:
        """Reference of each category, with its stages.

        Parameters
        ----------
        references : References, optional
            A platform's own; those of the edition without.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.reference_tables.reference_table`.
        """
        from carbon.reference_tables import reference_table

        return reference_table(cast("Study", self), references)

    def build_references(self, source: Source, **options: Any) -> References:
        """References from what a platform sells, to be frozen with :meth:`carbon.References.write`.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.
        **options : object
            As for :func:`carbon.reference_tables.build_references`.

        Raises
        ------
        carbon.base.errors.StudyError
            S032 to S035 if the SKUs cannot be weighed.
        """
        from carbon.reference_tables import build_references

        return build_references(cast("Study", self), source, **options)
