"""The same study on a local cluster of two worker processes, beside the local batch."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.catalogue import write_parquet
from benchmarks.harness import Bound, Row, SkippedError, Told, command, subject
from carbon.study import Study


@subject("spark", small={"rows": 10}, order=60)
def run(rows: int = 1_000_000, master: str = "local-cluster[2,1,2048]") -> Iterator[Told]:
    """`carbon.run.spark.footprints`, totals, written as Parquet; the session is not timed."""
    if rows < 1000:
        raise SkippedError("tests/test_spark.py does the same with few rows")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise SkippedError("Java is not installed")
    try:
        import pyspark
    except ImportError:
        raise SkippedError("PySpark is not installed") from None
    from carbon.run import spark

    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    study = Study()
    study.unit_impacts  # noqa: B018  in the cache, as in daily use
    with tempfile.TemporaryDirectory() as name:
        source = write_parquet(rows, Path(name) / "in.parquet")
        words = ("footprint", source, "-o", Path(name) / "out.parquet", "--draws", 0)
        seconds, peak = command(*words, repeat=1)
        local = Row("local batch, two workers", seconds, rows, "SKU", peak)
        yield local
        session = spark.session(master)
        session.sparkContext.setLogLevel("ERROR")
        runs = []
        for number in range(2):
            df = session.read.parquet(str(source))
            start = time.perf_counter()
            spark.footprints(df, study).write.parquet(f"{name}/out-{number}")
            runs.append(time.perf_counter() - start)
        session.stop()
        there = Row("Spark, two executors of one core", tuple(runs[1:]), rows)
        yield there
        yield Bound("Spark / local batch, time", there.seconds / local.seconds, most=1.5)
