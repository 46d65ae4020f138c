"""Reads nothing, gives the quantities that the criteria of a policy can judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from carbon.base.words import spoken

__all__ = ["METRICS", "Metric"]


@dataclass(frozen=True)
class Metric:
    """A quantity that a criterion can judge; its words stand in ``templates/words.toml``.

    - ``name``: as policies name it
    - ``unit``: ``"ratio"`` to what the category takes, ``"share"`` [1] or ``"count"``
    - ``more_is_better``: whether points rise with the value
    """

    name: str
    unit: str
    more_is_better: bool = False

    @property
    def titles(self) -> dict[str, str]:
        """Its name by language."""
        return spoken(f"metric.{self.name}")

    @property
    def data(self) -> dict[str, str]:
        """The datum that is missing where it is unknown, by language."""
        return spoken(f"metric.{self.name}_datum")


METRICS: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric("intensity", "ratio"),
        Metric("air_share", "share"),
        Metric("packaging_mass", "ratio"),
        Metric("packaging_plastic", "share"),
        Metric("packaging_layers", "count"),
        Metric("packaging_void", "share"),
        Metric("return_rate", "ratio"),
        Metric("renewable_share", "share", more_is_better=True),
        Metric("primary_share", "share", more_is_better=True),
    )
}
"""Criteria a policy can weigh; their values are in the unit named."""
