"""Reads a catalogue, a ledger of sales and a tax rule, gives dossiers and product studies.

A dossier in memory is made of plain tables; one in a folder holds copies of its inputs, and is made
again from them byte for byte.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

import carbon
from carbon.base.arguments import checked, kind, path, path_or
from carbon.base.digits import carried_table
from carbon.base.errors import StudyError, problem_table
from carbon.base.files import digest
from carbon.base.rules import shipped
from carbon.catalogue.given import Source as Goods
from carbon.catalogue.ledger import read_ledger
from carbon.catalogue.schema import Catalogue
from carbon.incentive import intensity as intensities
from carbon.incentive.dossier import Dossier, Source, changes, earlier
from carbon.incentive.intensity import IntensityChange
from carbon.incentive.sales import settle
from carbon.incentive.sold import all_days, settled_sales, sku_problems, sold_goods
from carbon.incentive.vat import assess, taxed
from carbon.incentive.vat_rules import Period, TaxRule, in_ids, load_rule
from carbon.liveroom.ledgers import Table
from carbon.run import dossier_folder as folders
from carbon.run.dossier_files import exchanges_of, write_dossier
from carbon.run.dossier_folder import DossierOptions
from carbon.run.manifest import Manifest, fonts, libraries, write_json
from carbon.run.reproduced import Reproduction, held_against
from carbon.study import Study

if TYPE_CHECKING:
    from carbon.pages.study_report import StudyReport

__all__ = ["DEFAULT_RULE", "BaseYear", "Office", "make_dossier", "reproduce"]

DEFAULT_RULE: Final = "paper-2percent"
"""The shipped rule; it cites no statute, and says so."""


@dataclass(frozen=True, eq=False)
class BaseYear:
    """What carbon intensity is compared with.

    >>> BaseYear("sales-2025.csv", "catalogue-2025.csv", "2025Q3").period
    '2025Q3'
    """

    sales: Table  # ledger of the base year
    catalogue: Goods  # goods of the base year
    period: str = ""  # as ``2025Q3``; all days of the ledger without
    study: Study | None = None  # in the edition of the base year; the one now without


@checked(study=kind("Study"), rule=path_or("TaxRule"), base=kind("BaseYear"))
class Office:
    """What an office that levies or checks a tax asks of a study.

    Parameters
    ----------
    study : Study
        Goal and scope.
    rule : TaxRule, path or str
        Its model, a rule file, or the name of a shipped one.
    draws : int
        Draws for intervals and letters.

    Raises
    ------
    carbon.base.errors.RuleError
        P001 to P003 if the rule cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> from carbon import Office, Study
    >>> sales = pd.DataFrame({"sku": ["A"], "units": [10], "revenue": ["1000 CNY"]})
    >>> sales = sales.assign(date="2026-07-01", taxpayer="T1", vat_rate="13%")
    >>> dossier = Office(Study(), draws=50).dossier("sku,category\\nA,t_shirt\\n", sales, "2026Q3")
    >>> dossier.assessment.totals["taxpayer"].astype(str).tolist()
    ['T1']
    """

    def __init__(
        self, study: Study, rule: TaxRule | Path | str = DEFAULT_RULE, *, draws: int = 1000
    ) -> None:
        self.study = study
        rule = rule if isinstance(rule, TaxRule) else load_rule(shipped("tax", rule))
        self.rule = in_ids(rule, study.vocabulary.names("category"))
        self.draws = draws

    def __repr__(self) -> str:
        return f"Office({self.study!r}, {self.rule.name!r})"

    def dossier(
        self,
        catalogue: Goods,
        sales: Table,
        period: str,
        *,
        verified: Table | None = None,
        previous: Path | None = None,
        base: BaseYear | None = None,
        inventory: Path | None = None,
        sources: Sequence[Source] = (),
    ) -> Dossier:
        """Every SKU that was sold, its condition, tax base and relief.

        Parameters
        ----------
        catalogue : path, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.
        sales : path or pandas.DataFrame
            Ledger of the sales.
        period : str
            ``2026``, ``2026H2``, ``2026Q3`` or ``2026-09``.
        verified, previous : path, optional
            Ledger of verifiers' certificates; ``dossier.json`` of the period before.
        base : BaseYear, optional
            For the change of carbon intensity.
        inventory : pathlib.Path, optional
            Where every exchange is written, ``.parquet``.
        sources : sequence of Source
            Inputs that the dossier names.

        Returns
        -------
        Dossier

        Raises
        ------
        carbon.base.errors.StudyError
            T001 to T006 as :mod:`carbon.base.codes.office` lists them.
        carbon.base.errors.LedgerError
            If a ledger cannot be read.
        """
        study, rule, of = self.study, self.rule, Period.parse(period)
        rule.demand(of, study.edition.name)
        settled = settled_sales(sales, rule, of, study.edition.name, study.vocabulary)
        sold, rates = sold_goods(study.catalogue(catalogue), settled)
        footprints = carried_table(study.grades(sold, draws=self.draws))
        footprints["line"] = sold.skus["line"].to_numpy(np.int64)
        certificates = None if verified is None else read_ledger(verified, "verifications")
        parts = [settled.problems]
        parts += [] if certificates is None else [certificates.problems]
        frame = None if certificates is None else certificates.frame
        assessment = assess(settled.lines, footprints, rule, of, frame)
        serious = sold.problems[sold.problems["severity"] == "error"]
        parts += [serious, rates, sku_problems(assessment.lines)]
        exchanges, factors = exchanges_of(study, sold, inventory)
        before = None if previous is None else earlier(previous, rule)
        change = None
        if base is not None:
            change, problems = self._change(assessment.lines, sold, base)
            parts.append(problems)
        full = [part for part in parts if not part.empty] or [problem_table()]
        return Dossier(
            rule=rule,
            period=of,
            assessment=assessment,
            footprints=footprints,
            factors=factors,
            exchanges=exchanges,
            problems=pd.concat(full, ignore_index=True),
            changes=changes(assessment.lines, before, str(study.basis)) if before else None,
            change=change,
            sources=list(sources),
            basis=str(study.basis),
            program=f"carbon-label {carbon.__version__}",
            titles=study.titles("zh"),
        )

    def intensity(
        self, catalogue: Goods, sales: Table, period: str, base: BaseYear
    ) -> IntensityChange:
        """Change of carbon intensity since a base year, by what it came from.

        Parameters
        ----------
        catalogue, sales, period
            As for :meth:`dossier`.
        base : BaseYear
            What it is compared with.

        Returns
        -------
        carbon.incentive.intensity.IntensityChange
            [kg CO2e per 1,000 of the rule's currency].

        Raises
        ------
        carbon.base.errors.CarbonError
            As :meth:`dossier`.
        """
        rule, of = self.rule, Period.parse(period)
        settled = settled_sales(sales, rule, of, self.study.edition.name, self.study.vocabulary)
        sold, _ = sold_goods(self.study.catalogue(catalogue), settled)
        return self._change(taxed(settled.lines, rule), sold, base)[0]

    def study_report(
        self,
        catalogue: Goods,
        skus: Sequence[str] = (),
        *,
        file: Path | None = None,
        **options: Any,
    ) -> StudyReport:
        """Document on one SKU or a few, in the order of ISO 14067 and GB/T 24067.

        Parameters
        ----------
        catalogue : path, pandas.DataFrame or Catalogue
            As for :meth:`carbon.study.Study.catalogue`.
        skus, file
            Which, all without; a file to name by its digest, the source without if it is one.
        **options : object
            ``langs references issued options`` of :func:`carbon.pages.study_report.study_report`.

        Returns
        -------
        carbon.pages.study_report.StudyReport
            ``html``, and ``to_json()`` with ``cite`` beside every number [kg CO2e per kept unit].

        Raises
        ------
        carbon.base.errors.StudyError
            S003 if a SKU is not there, S036 if there are none or too many.

        Examples
        --------
        >>> from carbon import Office, Study
        >>> goods = "sku,category,mass\\nA,t_shirt,180 g\\n"
        >>> report = Office(Study(), draws=50).study_report(goods)
        >>> report.document["products"][0]["results"]["total"]["cite"]
        'sum of results.stages.kg; interval: 95 % of 50 draws'
        """
        from carbon.pages.study_report import study_report

        filled = self.study.catalogue(catalogue)
        file = file or (catalogue if isinstance(catalogue, Path) else None)
        filled = filled.select(list(dict.fromkeys(skus))) if skus else filled
        return study_report(
            self.study,
            filled,
            draws=self.draws,
            digest=digest(file) if file is not None and file.is_file() else "",
            **options,
        )

    def _change(
        self, lines: pd.DataFrame, sold: Catalogue, base: BaseYear
    ) -> tuple[IntensityChange, pd.DataFrame]:
        """Carbon intensity against the base year, and the problems of its ledger."""
        study, rule = self.study, self.rule
        ledger = read_ledger(base.sales, "sales")
        period = Period.parse(base.period) if base.period else all_days(ledger)
        sales = settle(ledger, rule, period)
        old = base.study or study
        base_now = intensities.components(study, study.catalogue(base.catalogue))
        same = old is study
        then = base_now if same else intensities.components(old, old.catalogue(base.catalogue))
        change: IntensityChange = intensities.change(
            (lines, intensities.components(study, sold)),
            (taxed(sales.lines, rule), then),
            base_now,
            digits=rule.minor_digits,
        )
        return change, sales.problems


def make_dossier(
    inputs: dict[str, list[Path]],
    options: DossierOptions,
    output: Path,
    progress: Callable[[str], object] = lambda step: None,  # noqa: ARG005  told to nobody
) -> tuple[Manifest, Dossier]:
    """Compute a dossier from files and write its folder, from which it can be made again.

    ``inputs``: role → files or folders: ``catalogue sales rules`` and, where given, ``base_sales
    base_catalogue verified previous evidence factors map``; ``options``: what decides the result
    beside them; ``output``: a folder that is new, empty, or holds an earlier dossier, which is
    replaced; ``progress``: told what is done next. Raises CarbonError: as reading, computing and
    writing tell.

    >>> options = DossierOptions(period="2026Q3", languages=["zh"], draws=0, edition="2026.1",
    ...                          method="GWP100 AR6", boundary="cradle-to-grave")
    >>> make_dossier({"catalogue": [Path("goods.csv")]}, options, Path("goods.csv"))
    Traceback (most recent call last):
    carbon.base.errors.OutputError: T007 goods.csv: ...
    """
    folders.free(output, [path for paths in inputs.values() for path in paths])
    with folders.replaced_folder(output) as folder:
        progress("inputs")
        copies, named = folders.copied(inputs, folder)
        progress("footprints")
        study = _study(options, options.edition, copies)
        office = Office(study, load_rule(copies["rules"][0]), draws=options.draws)
        base = None
        if "base_sales" in copies:
            old = _study(options, options.base_edition, copies) if options.base_edition else None
            files = copies["base_sales"][0], copies["base_catalogue"][0]
            base = BaseYear(*files, options.base_period, old)
        dossier = office.dossier(
            copies["catalogue"][0],
            copies["sales"][0],
            options.period,
            verified=copies.get("verified", [None])[0],
            previous=copies.get("previous", [None])[0],
            base=base,
            inventory=folder / "inventory.parquet",
            sources=[Source(each.role, Path(each.path).name, each.sha256) for each in named],
        )
        progress("files")
        write_dossier(dossier, options.languages, folder)
        manifest = Manifest(
            program=dossier.program,
            command="tax",
            libraries=libraries() | {"fonts": fonts()},
            edition=study.edition.id,
            edition_sha256=study.edition.digest,
            method=study.method,
            boundary=study.boundary,
            basis=str(study.basis),
            arguments=options.model_dump(exclude=set() if options.preset else {"preset"}),
            about={"rule": f"{dossier.rule.name}/{dossier.rule.version}"},
            inputs=named,
            outputs=folders.outputs(folder, named),
        )
        write_json(manifest, folder / folders.MANIFEST)
    return manifest, dossier


@checked(manifest=path)
def reproduce(
    manifest: Path,
    output: Path | None = None,
    progress: Callable[[str], object] = lambda step: None,  # noqa: ARG005  told to nobody
) -> Reproduction:
    """Compute a dossier again from its inputs and hold every file on disk against it.

    Parameters
    ----------
    manifest : pathlib.Path
        A ``manifest.json``.
    output : pathlib.Path, optional
        Keep the dossier that was made again.
    progress : callable, optional
        Told what is done next.

    Returns
    -------
    Reproduction
        Files that are missing, extra or other; claims of the manifest that are not so.

    Raises
    ------
    carbon.base.errors.StudyError
        T010, T011 or T013.

    Examples
    --------
    >>> reproduce(Path("nowhere.json"))
    Traceback (most recent call last):
    carbon.base.errors.StudyError: T010 nowhere.json: ...
    """
    stated = folders.dossier_manifest(manifest)
    inputs = folders.restored(manifest, stated)
    with tempfile.TemporaryDirectory() as place:
        target = output or Path(place) / "again"
        made, _ = make_dossier(inputs, folders.options_of(stated), target, progress)
        if made.edition_sha256 != stated.edition_sha256:
            raise StudyError("T013", made.edition, file=str(manifest), value=stated.edition)
        return held_against(manifest.resolve().parent, stated, target, made)


def _study(options: DossierOptions, edition: str, inputs: dict[str, list[Path]]) -> Study:
    return Study(
        edition,
        factors=inputs.get("factors", []),
        method=options.method,
        boundary=options.boundary,
        background=options.background,
        map=inputs.get("map", [None])[0],
        preset=options.preset,
        evidence=inputs.get("evidence", [None])[0],
    )
