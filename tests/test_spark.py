"""The same numbers on a cluster, to the last bit, from workers that know no Brightway."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from test_run_stream import goods

from carbon.base.errors import CatalogueError, OutputError
from carbon.cli.main import main
from carbon.run import spark
from carbon.study import Study

pytest.importorskip("pyspark")
pytestmark = pytest.mark.skipif(
    not (shutil.which("java") or os.environ.get("JAVA_HOME")), reason="no Java on this machine"
)
SKUS = 60
BRIEF = (
    "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' "
    "--conf spark.ui.enabled=false --conf spark.sql.codegen.wholeStage=false pyspark-shell"
)
"""A session of a minute is over before what Java and Spark compile for long ones pays."""


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


@pytest.fixture(scope="module")
def cluster():
    os.environ.setdefault("PYSPARK_SUBMIT_ARGS", BRIEF)
    found = spark.session("local[2]")
    found.conf.set("spark.sql.shuffle.partitions", "2")
    found.sparkContext.setLogLevel("ERROR")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("spark") / "goods.parquet"
    goods(SKUS).to_parquet(path, row_group_size=20)
    return path


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    words = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    return frame.astype(dict.fromkeys(words, "object")).fillna(dict.fromkeys(words, ""))


def test_partitions_change_no_bit(cluster, study, source):
    expected = study.footprints(source, draws=50).to_frame()
    df = cluster.read.parquet(str(source))
    found = spark.footprints(df.repartitionByRange(3, "sku"), study, draws=50).toPandas()
    # of rows with one SKU the first counts, by the order of the data frame
    again = found["problem"].str.contains("C008").sum()
    assert again == expected["problem"].str.contains("C008").sum() > 0
    once = expected["sku"].map(expected["sku"].value_counts()) == 1
    here, there = (
        plain(frame[frame["sku"].isin(expected.loc[once, "sku"])])
        .sort_values("sku")
        .reset_index(drop=True)
        for frame in (expected, found)
    )
    pd.testing.assert_frame_equal(there, here, check_exact=True, check_dtype=False)


def test_workers_know_no_brightway(cluster, study, source):
    from pyspark.sql.functions import count

    df = spark.footprints(cluster.read.parquet(str(source)), study)

    def loaded(batches):
        import sys

        import pyarrow as pa

        for batch in batches:
            found = sorted({name for name in sys.modules if name.startswith(("bw2", "bw_"))})
            yield pa.RecordBatch.from_arrays(
                [pa.array([" ".join(found)]), pa.array([len(batch)])], names=["found", "n"]
            )

    rows = df.mapInArrow(loaded, "found string, n long").collect()
    assert sum(row.n for row in rows) == SKUS
    assert {row.found for row in rows} == {""}
    assert df.agg(count("*")).collect()[0][0] == SKUS


@pytest.mark.night
def test_labels_and_ranks(cluster, study, tmp_path):
    from carbon.label.facts import Issue
    from carbon.liveroom.ranking import rank
    from carbon.run.label_job import LabelJob as Job

    names = [f"K{at}" for at in range(12)]
    few = pd.DataFrame({"sku": names, "category": ["t_shirt", "dress"] * 6})
    few["mass"] = [f"{at} g" for at in range(200, 320, 10)]
    few = few.astype("object")
    issue = Issue(date(2026, 10, 1), study.scale, study.method, study.boundary)
    job = Job(issue, ("badge",))
    rows = spark.labels(cluster.createDataFrame(few).limit(3), study, job, draws=50).toPandas()
    assert rows["sku"].tolist() == names[:3]
    assert rows["svg"].str.startswith("<svg").all()
    assert rows["json"].str.startswith("{").all()
    few.head(3).to_csv(tmp_path / "few.csv", index=False)
    words = [tmp_path / "few.csv", "-o", tmp_path / "labels", "--format", "json", "--draws", 50]
    words += ["--date", "2026-10-01", "--template", "badge"]
    done = CliRunner().invoke(main, ["label", *map(str, words)])
    assert done.exit_code == 0, done.output
    one = next((tmp_path / "labels").rglob("K0-*.json"))
    assert rows["json"][0] == one.read_text(encoding="utf-8"), "the same from cluster and shell"

    grades = study.grades(few, draws=50)
    words = [name for name in grades if not pd.api.types.is_numeric_dtype(grades[name].dtype)]
    confidence = study.scale.confidence
    there = cluster.createDataFrame(grades.astype(dict.fromkeys(words, "object")))
    found = spark.ranked(there, confidence=confidence).toPandas().set_index("sku")
    here = rank(grades, confidence=confidence).set_index("sku")
    columns = ["rank", "sharing", "ranked"]
    pd.testing.assert_frame_equal(
        found.loc[names, columns].astype(float), here.loc[names, columns].astype(float)
    )


def test_what_a_cluster_refuses(cluster, study, monkeypatch):
    df = cluster.createDataFrame(pd.DataFrame({"sku": ["A"], "name": ["B"]}))
    with pytest.raises(CatalogueError) as told:
        spark.footprints(df, study)
    assert told.value.code == "B011"
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(OutputError) as refused:
        spark.session("local[2]")
    assert refused.value.code == "B010"
    assert "Java" in str(refused.value)


@pytest.mark.night
def test_the_command(cluster, source, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from carbon.cli.footprint import footprint

    monkeypatch.setattr(spark, "session", lambda _: cluster)
    monkeypatch.setattr(cluster, "stop", lambda: None)
    out = tmp_path / "out"
    words = [str(source), "-o", str(out), "--draws", "0", "--spark", "local[2]"]
    result = CliRunner().invoke(footprint, words)
    assert result.exit_code in (0, 1), result.output
    assert len(pd.read_parquet(out)) == SKUS
    again = CliRunner().invoke(footprint, words)
    assert isinstance(again.exception, OutputError), "a result is not replaced"
    assert np.isfinite(pd.read_parquet(out)["total_kg"]).any()
