"""Reads the lines of a period, gives the catalogue with the ledger's return rates [1]."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from carbon.base.problems import Problems
from carbon.catalogue.schema import Catalogue
from carbon.footprint.levers.returns import with_return_rate

__all__ = ["with_ledger_rates"]

LEAST_SOLD: Final = 30
"""Units below which a rate of the ledger says little."""

SLACK: Final = 0.02
"""Difference of rates that rounding explains [1]."""

SIGMAS: Final = 3.0
"""Standard deviations that chance explains."""

LARGEST: Final = 0.95
"""Return rate above which no footprint per kept unit is computed [1]."""


def with_ledger_rates(catalogue: Catalogue, lines: pd.DataFrame) -> tuple[Catalogue, pd.DataFrame]:
    """Put the return rate of the ledger where it is above that of the catalogue of what was sold.

    T041 tells both rates of each SKU that was changed.

    A catalogue is a promise, the ledger of the same dossier is what became of it. Where more came
    back than ``r + 3·sqrt(r(1−r)/n) + 0.02`` of n units, chance does not explain it.
    """
    sums = lines.assign(sku=lines["sku"].astype(str)).groupby("sku")[["units", "returned_units"]]
    total = sums.sum().reindex(catalogue.skus["sku"].astype(str))
    sold, back = (total[name].to_numpy(np.float64) for name in ("units", "returned_units"))
    promised = catalogue.skus["return_rate"].to_numpy(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.minimum(back / sold, LARGEST)
        bound = promised + SIGMAS * np.sqrt(promised * (1 - promised) / sold) + SLACK
        above = (sold >= LEAST_SOLD) & (rate > bound)
    problems = Problems()
    at = np.flatnonzero(above)
    problems.add(
        "T041",
        file=catalogue.file,
        row=catalogue.skus["line"].to_numpy()[at],
        column="return_rate",
        sku=catalogue.skus["sku"].astype(str).to_numpy()[at],
        value=[f"{promised[row]:.1%}, {rate[row]:.1%} in the ledger" for row in at],
    )
    if not len(at):
        return catalogue, problems.table()
    skus = with_return_rate(catalogue.skus, np.where(above, rate, promised))
    return replace(catalogue, skus=skus), problems.table()
