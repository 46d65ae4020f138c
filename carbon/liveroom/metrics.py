"""Quantities that the criteria of a policy can judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["METRICS", "Metric"]


@dataclass(frozen=True)
class Metric:
    """A quantity that a criterion can judge.

    Parameters
    ----------
    zh, en : str
        Its name.
    unit : str
        ``"ratio"`` to what the category takes, ``"share"`` [1] or ``"count"``.
    more_is_better : bool
        Whether points rise with the value.
    datum_zh, datum_en : str
        The datum that is missing where it is unknown.
    """

    zh: str
    en: str
    unit: str
    more_is_better: bool
    datum_zh: str
    datum_en: str


METRICS: Final[dict[str, Metric]] = {
    "intensity": Metric(
        "碳强度（对类目基准）",
        "intensity against the category",
        "ratio",
        False,
        "商品目录中的质量、材质和类目",
        "mass, materials and category in the catalogue",
    ),
    "air_share": Metric(
        "空运占比",
        "air share",
        "share",
        False,
        "商品目录中的运输方式",
        "transport in the catalogue",
    ),
    "packaging_mass": Metric(
        "包装质量（对类目基准）",
        "packaging mass against the category",
        "ratio",
        False,
        "商品目录中的包装及其质量",
        "packaging with its mass in the catalogue",
    ),
    "packaging_plastic": Metric(
        "包装塑料占比",
        "plastic share of the packaging",
        "share",
        False,
        "商品目录中的包装及其质量",
        "packaging with its mass in the catalogue",
    ),
    "packaging_layers": Metric(
        "包装层数",
        "layers of packaging",
        "count",
        False,
        "商品目录中的包装",
        "packaging in the catalogue",
    ),
    "packaging_void": Metric(
        "包裹空隙率",
        "empty share of the parcel",
        "share",
        False,
        "销售明细中的包裹空隙率",
        "the empty share of parcels in the sales",
    ),
    "return_rate": Metric(
        "退货率（对类目）",
        "return rate against the category",
        "ratio",
        False,
        "退货期已过的销售及其退货件数",
        "returned units of sales whose return window has closed",
    ),
    "renewable_share": Metric(
        "直播用电绿电占比",
        "renewable share of the session's electricity",
        "share",
        True,
        "场次的计量电量和绿证编号",
        "the metered electricity of the sessions and serials of certificates",
    ),
    "primary_share": Metric(
        "实测与自报数据占比",
        "primary-data share",
        "share",
        True,
        "商品目录中由商家填报的数据（以及不确定度抽样）",
        "cells that the merchant fills in the catalogue (and draws)",
    ),
}
"""Criteria a policy can weigh; their values are in the unit named."""
