"""Codes of batch runs: batches, manifests, workers and clusters."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # batch runs
    "B001": error(
        "only one run may write a result at a time", "wait for the other one, or choose another OUT"
    ),
    "B002": error(
        "an interrupted run of this result has finished parts",
        "add --resume to go on with it, or --no-resume to begin again",
    ),
    "B003": error(
        "an interrupted run can only go on with what it began with",
        "restore the inputs and options, or begin again with --no-resume",
    ),
    "B004": error(
        "a worker must live until its batch is done",
        "add --resume with a smaller --batch or fewer --workers: memory may be short",
    ),
    "B005": error(
        "rows that cannot be read are left out", "mend the file and run with --since MANIFEST"
    ),
    "B006": error(
        "the manifest must be one that a run of the same command wrote",
        "give the file of --manifest",
    ),
    "B007": error(
        "unchanged rows are copied from the result of the manifest, Parquet that is as it was",
        "run without --since, into .parquet or a folder: only these keep every bit",
    ),
    "B008": error(
        "every file of a result needs a name of its own", "rename one of the SKUs or templates"
    ),
    "B009": error(
        "a folder must be new, empty, or one that the same command wrote before",
        "choose another OUT, or empty it",
    ),
    "B010": error(
        "a cluster needs PySpark and Java 17 or later",
        "pip install carbon-label[spark], install Java and set JAVA_HOME",
    ),
    "B012": error(
        "the cluster must finish", "see its log; every executor needs carbon-label installed"
    ),
    "B011": error("a table of a cluster needs the columns sku and category", "rename the columns"),
}
