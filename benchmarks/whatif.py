"""Every lever alone, and all of them together, for a whole catalogue."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.catalogue import wide
from carbon.footprint.levers import LEVERS
from carbon.footprint.scenario import what_if
from carbon.study import Study


def run(rows: int = 100_000, repeat: int = 3) -> list[dict[str, object]]:
    """Time the subject: central values, catalogue already read.

    The courier bag of each SKU is a box here, and one material comes with recycled content, so
    that no lever stands idle for all of them.

    Parameters
    ----------
    rows : int
        SKUs of the catalogue.
    repeat : int
        Runs; the median is reported, with the lowest and the highest.

    Returns
    -------
    list of dict
        As the other subjects.
    """
    study = Study()
    study.unit_impacts  # noqa: B018  the solved background is in the cache, as in daily use
    table = wide(rows)
    table["packaging"] = table["packaging"].str.replace("courier bag", "mailer box")
    catalogue = study.catalogue(table)
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        found = what_if(study, catalogue)
        seconds.append(time.perf_counter() - start)
        used = found.groupby("lever", observed=True)["applies"].any()
        if rows >= len(LEVERS) * 10 and not used.all():
            raise AssertionError(f"idle levers: {', '.join(used.index[~used].astype(str))}")
    median = float(np.median(seconds))
    return [
        {
            "subject": f"what-if, {len(LEVERS)} levers and their combination",
            "seconds": median,
            "low": min(seconds),
            "high": max(seconds),
            "skus": rows,
            "per_sku_us": median / rows * 1e6,
            "peak_mb": None,
        }
    ]
