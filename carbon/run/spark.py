"""Reads the rows of a Spark data frame, gives the same study on a cluster: ``mapInArrow``.

The study travels as arrays in one broadcast: workers need this package, numpy, scipy, pandas,
pyarrow, pint and pydantic, not Brightway. What reaches over partitions (SKUs that stand twice, live
sessions, columns that say percent) is found by a first pass over the few columns concerned.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from carbon.base.errors import CatalogueError, OutputError
from carbon.catalogue.files import checked, column_text
from carbon.catalogue.headers import Header
from carbon.catalogue.line_tables import understood
from carbon.catalogue.problems import CellProblems
from carbon.catalogue.read import read_tables
from carbon.catalogue.schema import BatchContext, Catalogue, Limits
from carbon.catalogue.sessions import joined_sessions
from carbon.catalogue.sheets import Sheet
from carbon.catalogue.stream import BATCH
from carbon.catalogue.survey import survey_columns, surveyed, unlabelled
from carbon.run.parts import arrow
from carbon.run.workers import settle

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from carbon.study import Study

__all__ = ["footprints", "labels", "ranked", "session", "submit"]

ROW: Final = "_carbon_row"
"""Column that tells which of two rows with one SKU stands first."""

SPLITS: Final = "spark.sql.files.minPartitionNum"
EACH: Final = 4
"""Pieces of a file for each core: one a core, and the largest sets the pace."""

_SAME: Final = ("basis", "edition")
"""Columns that one study fills alike."""

Compute = Callable[["Study", Catalogue], pd.DataFrame]


@dataclass(frozen=True)
class _Known:
    """What every executor knows."""

    study: Study
    headers: tuple[str, ...]
    sessions: pd.DataFrame | None = None
    fractions: frozenset[str] = frozenset()
    repeated: Mapping[tuple[int, int], int] | None = None


def footprints(df: DataFrame, study: Study, *, draws: int = 0, stages: bool = False) -> DataFrame:
    """Footprint of every row of a Spark data frame.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        A wide catalogue: one row a SKU, materials, packaging and transport in compact cells.
    study : carbon.study.Study
    draws : int
        Draws for intervals and quality; none without.
    stages : bool
        The interval of each stage too.

    Returns
    -------
    pyspark.sql.DataFrame
        The columns of :meth:`carbon.footprint.result.Footprints.to_frame`, with the same numbers
        to the last bit. Of rows with one SKU, which counts is told by the order of ``df``.

    Raises
    ------
    carbon.base.errors.CatalogueError
        B011 if a column is missing, C006 if two headers mean one column.
    """
    study.unit_impacts  # noqa: B018  solved here, and not by each executor
    if draws:
        study.sampler(draws)
    return _applied(df, study, partial(_weighed, draws=draws, stages=stages))


def labels(df: DataFrame, study: Study, job: Any, *, draws: int = 1000) -> DataFrame:
    """Labels as rows ``sku, svg, json``.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        As for :func:`footprints`.
    study : carbon.study.Study
    job : carbon.run.label_job.LabelJob
        What is drawn; its first template.
    draws : int
        Draws for intervals and letters.
    """
    study.unit_impacts  # noqa: B018  as above
    study.references  # noqa: B018  as above
    study.sampler(draws)
    return _applied(df, study, partial(_labelled, job=job, draws=draws))


def ranked(grades: DataFrame, *, confidence: float, by: str = "intensity") -> DataFrame:
    """Rank SKUs within their category, each category a window of its own.

    Parameters
    ----------
    grades : pyspark.sql.DataFrame
        As ``Study.grades`` gives it, with draws.
    confidence : float
        Probability from which two SKUs are told apart [1]: ``study.scale.confidence``.
    by : str
        As for :func:`carbon.liveroom.ranking.rank`.
    """
    kind = _spark_schema(
        _words(arrow(_ranks(grades.limit(0).toArrow().to_pandas(), confidence, by)))
    )

    def rank_one(table: pa.Table) -> pa.Table:
        frame = _ranks(table.to_pandas(), confidence, by)
        return _words(arrow(frame))

    return grades.groupBy("category").applyInArrow(rank_one, kind)


def _ranks(grades: pd.DataFrame, confidence: float, by: str) -> pd.DataFrame:
    from carbon.liveroom.ranking import rank

    return rank(grades, by=by, confidence=confidence)


def _weighed(study: Study, catalogue: Catalogue, *, draws: int, stages: bool) -> pd.DataFrame:
    return study.footprints(catalogue, draws=draws).to_frame(stages=stages)


def _labelled(study: Study, catalogue: Catalogue, *, job: Any, draws: int) -> pd.DataFrame:
    from carbon.label.facts import about
    from carbon.run.labels import label_rows

    graded = study.grades(catalogue, draws=draws, stages=True)
    return label_rows(graded, about(catalogue, study.vocabulary.categories), job)


def _applied(df: DataFrame, study: Study, compute: Compute) -> DataFrame:
    """Compute batches of rows wherever they are."""
    from pyspark.sql import functions as f

    headers = tuple(df.columns)
    head = _understood(headers, study)
    numbered = df.withColumn(ROW, f.monotonically_increasing_id())
    known = _survey(numbered, study, headers, head)
    context = df.sparkSession.sparkContext
    shared = context.broadcast(pickle.dumps(known, protocol=5))
    example = _example(known, head, compute)
    # words that are the same in every row need not travel with it
    same = {name: example.column(name)[0].as_py() for name in _SAME if name in example.schema.names}
    names = [name for name in example.schema.names if name not in same]

    def each(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        state = _loaded(shared.value)
        for table in _batched(batches):
            sheet, repeats = _sheet(table, state)
            context = BatchContext(repeats, state.sessions, state.fractions, first=False)
            catalogue = _filled(sheet, state.study, context)
            rows = arrow(compute(state.study, catalogue)).select(names)
            yield from _words(rows).to_batches()

    mapped = numbered.mapInArrow(each, _spark_schema(example.select(names)))
    told_by = {name: f.lit(word).alias(name) for name, word in same.items()}
    return mapped.select([told_by.get(name, f.col(f"`{name}`")) for name in example.schema.names])


def _understood(headers: Sequence[str], study: Study) -> dict[str, Header]:
    columns = [pa.array([], pa.string()) for _ in headers]
    sheet = Sheet("", list(headers), columns, np.empty(0, np.int64))
    understood_headers = understood(sheet, "skus", study.vocabulary, CellProblems(), [])
    missing = [name for name in ("sku", "category") if name not in understood_headers]
    if missing:
        raise CatalogueError("B011", f"no {' and no '.join(missing)} among {', '.join(headers)}")
    return {name: header for name, (_, header) in understood_headers.items()}


def _survey(
    df: DataFrame, study: Study, headers: tuple[str, ...], head: dict[str, Header]
) -> _Known:
    """Find what reaches over partitions."""
    from pyspark.sql import functions as f

    known = _Known(study, headers)
    rates = set(unlabelled(head).values())
    columns = survey_columns(head)
    columns = {"sku", "category", *(columns or ()), *rates} if columns or rates else None
    wanted = [header.source for name, header in head.items() if name in (columns or {"sku"})]
    slim = df.select(ROW, *(f.col(f"`{name}`") for name in wanted))
    vocabulary = study.vocabulary

    def keys(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in _batched(batches):
            keyed = surveyed(_as_sheet(table), vocabulary, None, BatchContext(first=False))
            parts = {"a": keyed.keys[:, 0].view(np.int64), "b": keyed.keys[:, 1].view(np.int64)}
            row = table.column(ROW).combine_chunks()
            yield pa.RecordBatch.from_arrays(
                [*map(pa.array, parts.values()), row], names=["a", "b", "row"]
            )

    keyed = slim.mapInArrow(keys, "a long, b long, row long").where("a != 0")
    grouped = keyed.groupBy("a", "b").agg(f.min("row").alias("first"), f.count("*").alias("n"))
    repeated = {(row.a, row.b): row.first for row in grouped.where("n > 1").collect()}
    known = replace(known, repeated=repeated)
    if columns is None:
        return known

    def sessions(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in _batched(batches):
            sheet, repeats = _sheet(table, known_to_all)
            part = surveyed(sheet, vocabulary, set(wanted), BatchContext(repeats, first=False))
            payload = pickle.dumps((part.sessions, part.fractions), protocol=5)
            yield pa.RecordBatch.from_arrays([pa.array([payload], pa.binary())], names=["payload"])

    known_to_all = replace(known, headers=tuple(wanted))
    rows = slim.mapInArrow(sessions, "payload binary").collect()
    parts = [pickle.loads(row.payload) for row in rows]  # noqa: S301  from our own executors
    tables = [part for part, _ in parts if part is not None and len(part)]
    fractions = frozenset().union(*(percents for _, percents in parts))
    if not tables:
        tables = [part for part, _ in parts[:1]]
    return replace(known, sessions=joined_sessions(tables) if tables else None, fractions=fractions)


def _loaded(payload: bytes, loaded: dict[int, _Known] = {}) -> _Known:  # noqa: B006  one a worker
    """What was broadcast; a worker unpacks it once."""
    key = hash(payload)
    if key not in loaded:
        settle(threads=1)
        loaded.clear()
        loaded[key] = pickle.loads(payload)  # noqa: S301  from our own driver
    return loaded[key]


def _batched(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Rows of a partition, :data:`carbon.catalogue.stream.BATCH` at a time."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= BATCH:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _as_sheet(table: pa.Table) -> Sheet:
    names = [name for name in table.column_names if name != ROW]
    sheet = Sheet("", names, [], np.arange(len(table), dtype=np.int64))
    sheet.columns = [column_text(table.column(name), name, sheet) for name in names]
    return sheet


def _sheet(table: pa.Table, known: _Known) -> tuple[Sheet, Any]:
    """Rows as a sheet, and positions of those whose SKU stands first elsewhere."""
    sheet = _as_sheet(table.select([*known.headers, ROW]))
    again = np.empty(0, np.int64)
    if known.repeated:
        keyed = surveyed(sheet, known.study.vocabulary, None, BatchContext(first=False))
        a, b = (keyed.keys[:, at].view(np.int64) for at in (0, 1))
        rows = table.column(ROW).to_numpy()
        candidates = np.flatnonzero(np.isin(a, [key for key, _ in known.repeated]))
        again = np.array(
            [
                at
                for at in candidates.tolist()
                if known.repeated.get((int(a[at]), int(b[at])), rows[at]) != rows[at]
            ],
            np.int64,
        )
    return sheet, again


def _filled(sheet: Sheet, study: Study, context: BatchContext) -> Catalogue:
    before = sheet.lines
    sheet = checked(sheet, Limits())
    repeats = np.flatnonzero(np.isin(sheet.lines, before[context.repeats]))
    context = replace(context, repeats=repeats)
    return study.complete(read_tables({"skus": sheet}, study.vocabulary, context=context))


def _example(known: _Known, head: dict[str, Header], compute: Compute) -> pa.Table:
    """Rows of one SKU, for the kinds of their columns."""
    study = known.study
    category = str(study.vocabulary.categories["category"].iloc[0])
    cells = {"sku": "-", "category": category}
    columns = [
        pa.array([cells.get(name)], pa.string())
        for header in known.headers
        for name in [next((key for key, each in head.items() if each.source == header), "")]
    ]
    sheet = Sheet("", list(known.headers), columns, np.zeros(1, np.int64))
    return _words(arrow(compute(study, _filled(sheet, study, BatchContext(first=False)))))


def _words(table: pa.Table) -> pa.Table:
    """Words as plain texts, which Spark knows."""
    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.string()))
    return table


def _spark_schema(table: pa.Table) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(table.schema)


def session(master: str) -> SparkSession:
    """Session on a cluster.

    Parameters
    ----------
    master : str
        As ``spark://host:7077``, ``yarn`` or ``local[4]``.

    Raises
    ------
    carbon.base.errors.OutputError
        B010 if PySpark or Java is missing, or the cluster does not answer.
    """
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise OutputError("B010", "PySpark is not installed") from None
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise OutputError("B010", "Java was not found")
    try:
        # only its exchange with pandas is meant; here rows travel by Arrow
        warnings.filterwarnings(
            "ignore", "PySpark does not yet fully support pandas", FutureWarning
        )
        builder = SparkSession.builder.master(master).appName("carbon-label")
        builder = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", str(BATCH))
        if master.startswith("local"):  # workers on this machine are of this environment
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        made = builder.getOrCreate()
        if made.conf.get(SPLITS, None) is None:
            made.conf.set(SPLITS, str(EACH * made.sparkContext.defaultParallelism))
        return made
    except PySparkRuntimeError as error:
        raise OutputError("B010", str(error).splitlines()[0], value=master) from None


def submit(master: str, study: Study, source: str, output: str, *, draws: int, stages: bool) -> int:
    """Compute a catalogue on a cluster.

    Parameters
    ----------
    master : str
    study : carbon.study.Study
    source : path or URL
        Wide Parquet or CSV, a file or a folder, that every executor can read.
    output : path or URL
        A folder that must not exist; Parquet, or CSV if it is called so.
    draws : int
    stages : bool

    Returns
    -------
    int
        SKUs.

    Raises
    ------
    carbon.base.errors.CarbonError
        B010 without a cluster, B011 without the columns, B012 if the cluster fails, O001 if the
        result cannot be written.
    """
    from pyspark.errors import AnalysisException, PySparkException

    spark = session(master)
    text = source.lower().rstrip("/").endswith(".csv")
    try:
        df = (
            spark.read.csv(source, header=True, multiLine=True, escape='"')
            if text
            else spark.read.parquet(source)
        )
        result = footprints(df, study, draws=draws, stages=stages)
        write = result.write.mode("error")
        if output.lower().endswith(".csv"):
            write.csv(output, header=True)
        else:
            write.parquet(output)
        return int(
            spark.read.parquet(output).count() if not output.endswith(".csv") else df.count()
        )
    except AnalysisException as error:
        raise OutputError("O001", str(error).splitlines()[0], file=output) from None
    except PySparkException as error:
        lines = [line for line in str(error).splitlines() if "Error" in line or "B0" in line]
        raise OutputError("B012", (lines or [str(error)])[-1].strip()[:300]) from None
    finally:
        with contextlib.suppress(Exception):
            spark.stop()
