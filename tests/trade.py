"""The vocabulary of trade that tests read with: that of the edition whose words are newest."""

from __future__ import annotations

from functools import lru_cache

from carbon.catalogue.schema import Vocabulary
from carbon.study import Study


@lru_cache(maxsize=1)
def trade_vocabulary() -> Vocabulary:
    return Study(edition="2026.2").vocabulary
