"""Codes of studies, scenarios and comparisons."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # studies
    "S001": error("an activity has no factor", "add one with --factors DIR"),
    "S002": error(
        "footprints on unlike bases are not comparable",
        "compute both with the same edition, method, boundary and functional unit",
    ),
    "S003": error("the sku is not in the catalogue", "check the spelling"),
    "S004": error("the boundary is not known", "choose one that carbon footprint --help lists"),
    "S005": error("the method is not known", "choose one that carbon footprint --help lists"),
    "S006": error(
        "a quantity that the footprint needs is unknown",
        "fill the cell; the category assumes nothing for it",
    ),
    "S020": error("the lever is not known", "choose one that carbon whatif --help lists"),
    "S021": error(
        "the size of a lever must be one of its own", "write it as reusable-box:trips=40"
    ),
    "S022": error(
        "the setting could not be understood",
        "write return_rate=-15pt, mass=-10% or mass=180 g",
    ),
    "S023": error("the column cannot be set", "choose a column of numbers"),
    "S024": error(
        "a change must leave rates between 0 and their limit, and masses above 0",
        "change less; the SKU was left as it is",
    ),
    "S025": error("the scenario file could not be understood", "see templates/scenarios"),
    "S026": error("every figure of a scenario needs a cite", "add cite to the table"),
    "S027": error(
        "a lever of your own must load, run, and give the same SKUs in the same order",
        "see carbon.lever, or leave it out",
    ),
    "S030": error(
        "a file of references must be one that carbon reference build wrote",
        "check the path, or build it again",
    ),
    "S031": error(
        "a file of references must not be changed", "restore it, or build it under a new version"
    ),
    "S032": error(
        "a reference needs SKUs with a footprint and a weight",
        "fill units_sold (and price for revenue), or choose --weights equal",
    ),
    "S033": error("revenue must be in one currency", "convert the prices, or weigh by units"),
    "S034": error("the weights are not known", "choose units, revenue or equal"),
}
