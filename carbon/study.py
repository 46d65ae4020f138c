"""Reads a catalogue, gives its footprints [kg CO2e]: read, fill, take, match, weigh."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon import stages
from carbon.background.edition import DEFAULT_EDITION, MOST_KNOWN, Edition, load_edition
from carbon.background.sampling import sample
from carbon.background.store import folder
from carbon.base.arguments import checked, kind, read_or
from carbon.base.errors import StudyError
from carbon.base.terms import BOUNDARIES, FITS
from carbon.catalogue.defaults import fill
from carbon.catalogue.given import Source, table_of
from carbon.catalogue.mapping import mapped, read_mapping
from carbon.catalogue.read import read
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.footprint import quality
from carbon.footprint.draws import Draws
from carbon.footprint.evidence import settled
from carbon.footprint.evidence_table import Documents
from carbon.footprint.exchange_sources import exchange_sources
from carbon.footprint.judging import Judging, bare_goods, judging_of, vocabulary_of
from carbon.footprint.letters import EvenPoints, Letters
from carbon.footprint.reference import References, of_archetypes, read_references
from carbon.footprint.resembling import judged
from carbon.footprint.result import ROUNDING, Footprints, spread_out
from carbon.footprint.standing import Yardsticks
from carbon.footprint.streams import distinct
from carbon.footprint.supplied import with_suppliers
from carbon.footprint.uncertainty import Sampler
from carbon.footprint.weighing import CHUNK, DEFAULT_BOUNDARY, DEFAULT_METHOD, WITHOUT_USE, Weighing
from carbon.label.scale import Scale, grade, scale_of
from carbon.lookups import Lookups
from carbon.questions import Questions

__all__ = ["DEFAULT_BOUNDARY", "DEFAULT_METHOD", "Study"]


@checked(references=read_or(read_references, "References"), catalogue=kind("Catalogue"))
class Study(Questions, Lookups, Weighing):
    """Goal and scope of a computation.

    Parameters
    ----------
    edition, factors : str or Edition, and sequence of path
        Which factors are in force, and a user's own packages, preferred to the edition's.
    method : str
        Characterization method.
    boundary : str
        A key of :data:`carbon.base.terms.BOUNDARIES`.
    background : str
        Name of an own background (:mod:`carbon.background.own`), preferred to the edition's data.
    cache : bool
        Keep solved unit impacts in the user's cache folder.
    map, preset : path and str, optional
        A merchant's mapping of words (:mod:`carbon.catalogue.mapping`), and the program whose
        export a catalogue is (:mod:`carbon.catalogue.presets`).
    evidence : path or pandas.DataFrame, optional
        Documents behind the cells of the catalogues (:mod:`carbon.footprint.evidence_table`).

    Raises
    ------
    carbon.base.errors.StudyError
        S004 if the boundary is not known, S005 the method, X012 the background.
    carbon.base.errors.FactorsError
        If a factor package is refused.

    Examples
    --------
    >>> study = Study()
    >>> result = study.footprints("sku,category,mass\\nA,t_shirt,180 g\\n").to_frame()
    >>> result["sku"].tolist(), bool(result["total_kg"][0] > 0)
    (['A'], True)
    """

    def __init__(
        self,
        edition: str | Edition = DEFAULT_EDITION,
        *,
        factors: Sequence[Path | str] = (),
        method: str = DEFAULT_METHOD,
        boundary: str = DEFAULT_BOUNDARY,
        background: str = "",
        cache: bool = True,
        map: Path | str | None = None,  # noqa: A002  as the option is called
        preset: str = "",
        evidence: Path | str | pd.DataFrame | None = None,
    ) -> None:
        if boundary not in BOUNDARIES:
            raise StudyError("S004", f"known: {', '.join(BOUNDARIES)}", value=boundary)
        if not isinstance(edition, Edition):
            folders = [folder(background)] if background else []
            edition = load_edition(str(edition), extra=[*factors, *folders])
        if boundary == DEFAULT_BOUNDARY and not edition.judging:
            boundary = WITHOUT_USE  # an edition that leaves use out says so in the name
        super().__init__(edition, method, boundary, cache=cache)
        self.map, self.preset = map, preset
        self.documents = Documents()
        if evidence is not None:
            self.documents = Documents.of(evidence, self.vocabulary)
        self._samplers: dict[int, Sampler] = {}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Words, places and archetypes of the edition."""
        vocabulary = vocabulary_of(self.edition, self.preset)
        return mapped(vocabulary, read_mapping(self.map, vocabulary)) if self.map else vocabulary

    def catalogue(self, source: Source) -> Catalogue:
        """Read a catalogue and fill what it leaves open.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            A file or folder, CSV text with a header and at least one row, a table, a list of
            dicts, a dict (:func:`carbon.catalogue.given.table_of`), or a filled catalogue.

        Returns
        -------
        Catalogue

        Raises
        ------
        carbon.base.errors.CatalogueError
            If the file cannot be read, or documents are of SKUs that it has not.
        """
        if isinstance(source, Catalogue):
            return source
        return self.complete(self.documents.checked(read(table_of(source), self.vocabulary)))

    @cached_property
    def judging(self) -> Judging | None:
        """Rules by which the edition judges products, if it has any."""
        if self.map and self.edition.judging:
            return Judging(self.edition, self.vocabulary, cache=self.cache)
        return judging_of(self.edition, cache=self.cache)

    def complete(self, catalogue: Catalogue, *, dear: bool = True) -> Catalogue:
        """Fill what a catalogue leaves open, by the rules of the edition.

        Parameters
        ----------
        catalogue : Catalogue
            As it is read.
        dear : bool
            Put what a merchant knows and does not tell on its dear side.

        Returns
        -------
        Catalogue
        """
        catalogue = self.documents.behind(catalogue)
        if self.judging is None:
            return fill(catalogue, self.vocabulary)
        filled = fill(settled(catalogue), self.vocabulary)
        return with_suppliers(self.judging.complete(filled, dear=dear), self.made_kg)

    @cached_property
    def references(self) -> References:
        """The edition's own yardsticks: each category's archetype in each size, nothing dear."""
        return _references(self.edition, self.boundary)

    @cached_property
    def scale(self) -> Scale:
        """Letters and their bounds."""
        return scale_of(self.edition)

    def grades(
        self,
        source: Source,
        *,
        references: References | None = None,
        draws: int = 1000,
        chunk: int = CHUNK,
        progress: Callable[[int], object] | None = None,
        stages: bool = False,
    ) -> pd.DataFrame:
        """Footprint of every SKU, its ratio to the reference of its category, and its letter.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`catalogue`.
        references : References, optional
            A platform's own; by default those of the edition.
        draws : int
            Draws for intervals and for the probability of the letter; 0 leaves them out, and
            every letter is then provisional.
        chunk, progress
            As for :meth:`footprints`.
        stages : bool
            The bounds of each stage too.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.label.scale.grade`.

        Raises
        ------
        carbon.base.errors.StudyError
            S002 if the references are of another boundary.

        Examples
        --------
        >>> text = "sku,category,mass\\nA,t_shirt,60 g\\nB,t_shirt,\\n"
        >>> graded = Study().grades(text, draws=100)
        >>> graded["state"].tolist(), bool(graded["dear_kg"][1] > 0)
        (['estimate', 'estimate'], True)
        """
        references = references or self.references
        weighed = self.footprints(
            source, draws=draws, chunk=chunk, progress=progress, references=references
        )
        plausible = None
        if self.judging is not None:
            better = float(self.scale.bounds[self.scale.middle - 1])
            held, known = self._yardsticks(references), (self.edition.judging, self.vocabulary)
            plausible = judged(weighed, held, *known, better)
        return grade(weighed, self.scale, references.id, stages=stages, plausible=plausible)

    def footprints(
        self,
        source: Source,
        *,
        draws: int = 0,
        chunk: int = CHUNK,
        progress: Callable[[int], object] | None = None,
        references: References | None = None,
    ) -> Footprints:
        """Footprint of every SKU.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`catalogue`.
        draws : int
            Draws for intervals and quality, 1,000 for reports; none without.
        chunk : int
            SKUs weighed at once; it bounds the memory and changes no number.
        progress : callable, optional
            Called with the number of SKUs weighed since the last call.
        references : References, optional
            Yardsticks to hold the SKUs against, draw by draw; of this boundary, else S002.

        Returns
        -------
        Footprints
        """
        catalogue = self.catalogue(source)
        sampler = self.sampler(draws) if draws else None
        yardsticks = self._yardsticks(references) if references else None
        parts = []
        for start in range(0, max(len(catalogue), 1), chunk):
            part = catalogue.part(start, start + chunk)
            weighed = self._weighed(part)
            if sampler is not None:
                weighed = self._drawn(part, sampler, weighed, yardsticks)
            elif yardsticks is not None:
                weighed = replace(weighed, standing=yardsticks.standing_of(part.skus))
            parts.append(weighed)
            if progress is not None:
                progress(len(part))
        return Footprints.joined(catalogue, parts)

    def reference_kg(
        self, catalogue: Catalogue, references: References | None = None
    ) -> npt.NDArray[np.float64]:
        """Footprint of the reference of each SKU, times its functional quantity.

        Parameters
        ----------
        catalogue : Catalogue
            As :meth:`catalogue` gives it.
        references : References, optional
            A platform's own; by default those of the edition.

        Returns
        -------
        ndarray of float64, shape (n,)
            [kg CO2e per kept unit]; NaN where the category has none.
        """
        return self._yardsticks(references or self.references).standing_of(catalogue.skus).reference

    @cached_property
    def _even_points(self) -> EvenPoints:
        return EvenPoints(self.edition, self.vocabulary, cache=self.cache)

    def _weighed(self, part: Catalogue) -> Footprints:
        inventory = stages.take(part, self.boundary)
        return self.weigh(part, inventory)

    def _yardsticks(self, references: References) -> Yardsticks:
        quantity, mass = references.quantity, references.mass
        return Yardsticks(references.stages(self), quantity, mass, self.scale.reach)

    def _drawn(
        self,
        catalogue: Catalogue,
        sampler: Sampler,
        weighed: Footprints,
        yardsticks: Yardsticks | None,
    ) -> Footprints:
        """Add interval, quality and standing to central values; equal SKUs are drawn once."""
        goods, rows, place = distinct(catalogue)
        part = sampler.part(goods)
        unit = sampler.central[np.minimum(part.used // len(FITS), len(sampler.central) - 1)]
        standing, lettered = None, None
        if yardsticks is not None:
            total = weighed.total[rows]
            standing = yardsticks.standing_of(goods.skus)
            letters = Letters(self._even_points, part)
            lettered = partial(yardsticks.measure, standing, letters.ratios, total=total)
            middle = self.judging.silence.middled(goods) if self.judging else goods
            dear = total - self.total_kg(middle, self.boundary)
            # what is added up in another order differs in the last bits
            standing.dear_kg[:] = np.where(np.abs(dear) < ROUNDING * np.abs(total), 0.0, dear)
        interval = sampler.intervals(part, weighed.stages[rows], lettered)
        rated = quality.assess(part, self.edition, unit)
        return replace(
            weighed,
            interval=spread_out(interval, place),
            quality=spread_out(rated, place),
            standing=None if standing is None else spread_out(standing, place),
        )

    def sampler(
        self, draws: int = 1000, *, progress: Callable[[int], object] | None = None
    ) -> Sampler:
        """What draws SKUs; made once for a number of draws.

        Parameters
        ----------
        draws : int
            How many.
        progress : callable, optional
            Called with the number of draws of the background made since the last call.
        """
        if draws not in self._samplers:
            self.unit_impacts  # noqa: B018  refuses an unknown method before anything is drawn
            sampled = sample(self.edition, self.method, draws, cache=self.cache, progress=progress)
            self._samplers[draws] = Sampler(
                self.edition,
                self.vocabulary,
                self.boundary,
                sampled,
                self.match,
                self.method,
                self.unit_totals,
                self.judging.silence if self.judging is not None else None,
            )
        return self._samplers[draws]

    def sample(
        self,
        source: Source,
        draws: int = 1000,
        *,
        chunk: int = 2000,
        stages: bool = False,
    ) -> Iterator[Draws]:
        """Draws of every SKU, in the order of the catalogue.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`catalogue`.
        draws : int
            How many; the same number gives the same draws.
        chunk : int
            SKUs handed over at once; it bounds the memory and changes no number.
        stages : bool
            Hand over the stages too.

        Yields
        ------
        Draws
            Paired: draw k of every SKU rests on the same background, and a SKU draws the same
            whatever is computed beside it. NaN where the footprint is unknown.

        Examples
        --------
        >>> study = Study()
        >>> text = "sku,category,mass\\nA,t_shirt,180 g\\nB,t_shirt,185 g\\n"
        >>> a, b = next(study.sample(text, draws=50)).total
        >>> a.shape
        (50,)
        """
        catalogue = self.catalogue(source)
        sampler = self.sampler(draws)
        for start in range(0, len(catalogue), chunk):
            part = catalogue.part(start, start + chunk)
            central = self.footprints(part).stages
            yield sampler.sample(sampler.part(part), start, central, stages=stages)

    def inventory(self, source: Source) -> pd.DataFrame:
        """What every SKU takes, each exchange with its factor and the cell it comes from.

        Parameters
        ----------
        source : path, str, pandas.DataFrame or Catalogue
            As for :meth:`catalogue`.

        Returns
        -------
        pandas.DataFrame
            As :func:`carbon.footprint.exchange_sources.exchange_sources` makes it.
        """
        catalogue = self.catalogue(source)
        return exchange_sources(self, catalogue, stages.take(catalogue, self.boundary))


@lru_cache(maxsize=MOST_KNOWN)
def _references(edition: Edition, boundary: str) -> References:
    """References of an edition, which no words, documents or methods of a study change."""
    study = Study(edition, boundary=boundary)
    bare = bare_goods(study.vocabulary, study.judging)
    filled = study.complete(read(bare, study.vocabulary), dear=False)
    return of_archetypes(filled, study.boundary, edition.id)
