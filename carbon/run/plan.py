"""Reads a study, gives plain data on a run: what is to be done and what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from carbon.base.errors import problem_table
from carbon.catalogue.sources import Damaged

if TYPE_CHECKING:
    from carbon.catalogue.schema import Catalogue
    from carbon.run.folder import Files
    from carbon.study import Study

__all__ = ["Job", "Outcome", "footprint_job", "weighed"]

Compute = Callable[..., pd.DataFrame]
"""``compute(study, catalogue, files, **options)`` gives the rows of a batch."""


@dataclass(frozen=True)
class Job:
    """What is done with every batch."""

    name: str  # of the command
    study: Study
    # ``compute(study, catalogue, files, **options)`` gives the rows of the result for a filled
    # catalogue; known by name to other processes. ``files`` takes the files of the batch
    # (:class:`carbon.run.folder.Files`) where the result is a folder, else it is None
    compute: Compute
    # what decides the result beside the study; JSON can hold it
    options: Mapping[str, Any] = field(default_factory=dict)
    # the result is a folder of the files, with the rows as ``index.csv`` among them: a row a file,
    # with its ``file`` and ``sha256``
    folder: bool = False
    # from the rows of a batch to numbers by name, which are summed over the batches
    tally: Callable[[pd.DataFrame], dict[str, float]] | None = None
    kept: str = ""  # suffix of what the batches are joined to, where it is not that of the result
    # ``finish(joined, made)`` makes the result of what was joined, where no batch can: both are
    # paths, the second does not exist yet. If it still does not, the first is the result
    finish: Callable[[Path, Path], None] | None = None


@dataclass
class Outcome:
    """What a run did."""

    output: str
    # skus, rows, left_out: SKUs, rows of the result, and SKUs that were not computed
    skus: int = 0
    rows: int = 0
    left_out: int = 0
    errors: bool = False  # whether anything was left out, a SKU or a line
    codes: Counter[str] = field(default_factory=Counter)  # problems by code
    defaulted: Counter[str] = field(default_factory=Counter)  # column → cells that were assumed
    # the first of them that are no notes
    problems: pd.DataFrame = field(default_factory=problem_table)
    rejects: list[Damaged] = field(default_factory=list)  # rows that could not be read
    resumed: int = 0  # SKUs of parts that were finished before
    seconds: float = 0.0
    manifest: Path | str | None = None
    # new, changed, unchanged and gone SKUs, where an earlier run is known
    changes: Counter[str] = field(default_factory=Counter)
    tally: dict[str, float] = field(default_factory=dict)  # sums of what the command tallies

    @property
    def exit_code(self) -> int:
        """0 if everything was computed, else 1."""
        return int(bool(self.left_out or self.errors or self.rejects))


CHUNK: Final = 25_000
"""SKUs of a batch weighed at once."""


def footprint_job(study: Study, *, draws: int, stages: bool = False) -> Job:
    """Footprints of a catalogue, a row a SKU.

    ``draws``: for 95 % intervals; none without; ``stages``: the bounds of each stage too.
    """
    return Job("footprint", study, weighed, {"draws": draws, "stages": stages})


def weighed(
    study: Study, catalogue: Catalogue, files: Files | None, *, draws: int, stages: bool
) -> pd.DataFrame:
    """Rows of a batch of footprints."""
    del files
    return study.footprints(catalogue, draws=draws, chunk=CHUNK).to_frame(stages=stages)
