"""The vocabulary of trade that tests read with: an edition with the words of the newest package."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pandas as pd

from carbon.background.source import factors_root
from carbon.catalogue.schema import Vocabulary
from carbon.study import Study


@lru_cache(maxsize=1)
def trade_vocabulary() -> Vocabulary:
    folder = factors_root() / "carbon-vocabulary" / "2026.2"
    tables = {
        name: pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""], dtype=str)
        for name in ("words", "regions")
    }
    for name in ("lat", "lon"):
        tables["regions"][name] = pd.to_numeric(tables["regions"][name])
    return replace(Study(edition="2026.1").vocabulary, **tables)
