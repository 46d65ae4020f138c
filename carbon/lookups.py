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
        """Which activities of a catalogue rest on your own background, and which do not.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.

        Returns
        -------
        pandas.DataFrame
            ``activity location share own_share``: share of the total, and how much of it rests on
            the background, direct or behind a shipped dataset [1]; the heaviest of what stays on
            the shipped edition first.

        Examples
        --------
        >>> from carbon import Study
        >>> table = Study().coverage({"sku": "A", "category": "t_shirt"})
        >>> bool(abs(table["share"].sum() - 1) < 1e-9)
        True
        """
        from carbon import stages
        from carbon.background.own import kept

        study = cast("Study", self)
        filled = study.catalogue(source)
        inventory = stages.take(filled, study.boundary)
        rows = study.match(inventory)[0][inventory.order]
        table = inventory.to_frame(filled.skus["sku"])
        unit = study.unit_impacts
        table["kg"] = table["amount"] * unit.values.sum(axis=1)[rows]
        table["own_kg"] = table["amount"] * unit.own_part.sum(axis=1)[rows]
        return kept(table[table["kg"].notna()])

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
            A row a category: ``category reference_kg`` [kg CO2e per kept unit] ``skus left_out``,
            each stage, ``weights`` and ``reference``; in an edition that has standard codes ``hs``,
            the heading of the Harmonized System under which most of its goods fall.

        Examples
        --------
        >>> from carbon import Study
        >>> bool((Study().reference_table()["reference_kg"] > 0).all())
        True
        """
        study = cast("Study", self)
        chosen = references or study.references
        stages = chosen.stages(study)
        table = stages.add_suffix("_kg")
        table.insert(0, "reference_kg", stages.sum(axis=1, skipna=False))
        table.insert(1, "skus", [chosen.skus.get(name, 0) for name in stages.index])
        table.insert(2, "left_out", [chosen.left_out.get(name, 0) for name in stages.index])
        table["weights"], table["reference"] = chosen.weights, chosen.id
        codes = study.edition.judging.get("standard_codes")
        if codes is not None:
            heading = codes.set_index("category")["hs"]
            table["hs"] = [heading.get(str(name).partition("/")[0], "") for name in table.index]
        return table.reset_index(names="category")

    def build_references(
        self,
        source: Source,
        *,
        weights: str = "units",
        name: str = "platform",
        version: str = "1",
        file: Path | None = None,
        sales: Path | pd.DataFrame | None = None,
    ) -> References:
        """References from what a platform sells, to be frozen with :meth:`carbon.References.write`.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.
        weights : str
            ``units``, ``revenue`` or ``equal``.
        name, version : str
            Printed on results.
        file : pathlib.Path, optional
            Whose digest the references hold.
        sales : pathlib.Path or pandas.DataFrame, optional
            Sales ledger of the platform: kept units are counted from it, and what merchants declare
            to have sold is not looked at.

        Returns
        -------
        carbon.footprint.reference.References
            One a category that has SKUs enough.

        Raises
        ------
        carbon.base.errors.StudyError
            S032 to S035 if the SKUs cannot be weighed.

        Examples
        --------
        >>> from carbon import Study
        >>> goods = "sku,category,units_sold\\n" + "".join(
        ...     f"S{at},t_shirt,{at + 1}\\n" for at in range(40))
        >>> Study().build_references(goods).skus
        {'t_shirt/adult': 40}
        """
        import numpy as np

        from carbon.base.files import digest
        from carbon.catalogue.ledger import read_ledger
        from carbon.footprint.reference import of_sales
        from carbon.liveroom.kept import kept_sales

        study = cast("Study", self)
        catalogue = study.catalogue(source)
        digests = [digest(file)] if file is not None and file.is_file() else []
        sold = None
        if sales is not None:
            ledger = read_ledger(sales, "sales")
            sold = kept_sales(ledger, catalogue)
            digests.append(ledger.sha256)
        return of_sales(
            catalogue,
            ~np.isnan(study.footprints(catalogue).total),
            study.boundary,
            study.edition.id,
            weights=weights,
            least=study.scale.least_skus,
            largest=study.scale.largest,
            sold=sold,
            name=name,
            version=version,
            sha256=" ".join(digests),
        )
