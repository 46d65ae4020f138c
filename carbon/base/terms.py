"""Reads nothing, gives the words of the house: stages, indicators, boundaries and bases.

The names follow ISO 14040, ISO 14044 and ISO 14067, and Brightway's spelling of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = [
    "AGGREGATES",
    "BOUNDARIES",
    "DEFAULT_EDITION",
    "FITS",
    "FUNCTIONAL_UNIT",
    "INDICATORS",
    "PLACED",
    "PROVENANCES",
    "STAGES",
    "Basis",
]

STAGES: Final = (
    "materials",
    "production",
    "packaging",
    "distribution",
    "live_session",
    "use",
    "returns",
    "end_of_life",
)
"""Life-cycle stages in the order in which they are shown; they sum to the total."""

INDICATORS: Final = (
    "total",
    "fossil",
    "biogenic",
    "removals",
    "land_use_change",
    "aircraft",
)
"""Impact categories [kg CO2e]; the five after ``total`` are disjoint and sum to it."""

AGGREGATES: Final = ("AR4", "AR5", "AR6", "unstated")
"""Assessment reports on which a source's own CO2e aggregate can rest."""

FITS: Final = (
    "exact",
    "older year",
    "region",
    "global",
    "regional proxy",
    "grid proxy",
    "world proxy",
    "stand-in",
    "none",
)
"""How a demanded activity met a published one, from best to worst.

A proxy is the same activity at a foreign place: one of the same region, one whose electricity is
alike, or any other. A stand-in is another activity, wherever it is.
"""

PLACED: Final = tuple("proxy" if fit.endswith(" proxy") else fit for fit in FITS)
"""Name of each of :data:`FITS` in the tables of spreads and scores, where a proxy is a proxy."""

PROVENANCES: Final = ("given", "default", "measured", "absent")
"""Where a catalogue cell comes from; the position is the stored code."""

FUNCTIONAL_UNIT: Final = "one sales unit, delivered and kept, with its packaging"

DEFAULT_EDITION: Final = "2026.2"
"""Factors in force where none are named."""

BOUNDARIES: Final[dict[str, tuple[str, ...]]] = {
    "cradle-to-gate": STAGES[:2],
    "cradle-to-door": tuple(stage for stage in STAGES if stage not in ("use", "end_of_life")),
    "cradle-to-grave": STAGES,
    "cradle-to-grave-without-use": tuple(stage for stage in STAGES if stage != "use"),
    "cradle-to-grave-with-use": STAGES,
}
"""Stages inside each system boundary; a stage outside it is reported as not applicable.

A whole life has its use in it: what leaves use out says so in its name."""


@dataclass(frozen=True)
class Basis:
    """What must be equal before two footprints may be compared.

    Parameters
    ----------
    edition : str
        Name and digest of the edition, as ``"2026.1+0123456789ab"``.
    method : str
        Name of the characterization method, as ``"GWP100 AR6"``.
    boundary : str
        A key of :data:`BOUNDARIES`.
    functional_unit : str
        The unit to which a footprint refers.

    Examples
    --------
    >>> str(Basis("2026.1+0123456789ab", "GWP100 AR6", "cradle-to-grave"))
    '2026.1+0123456789ab | GWP100 AR6 | cradle-to-grave | kept unit'
    """

    edition: str
    method: str
    boundary: str
    functional_unit: str = FUNCTIONAL_UNIT

    def __str__(self) -> str:
        return f"{self.edition} | {self.method} | {self.boundary} | kept unit"
