"""Codes of links to other systems: own backgrounds and exports."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error, warning

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # own backgrounds
    "X001": error(
        "a mapping is CSV with activity, location and their_code or their_name",
        "begin with carbon background use PROJECT/DATABASE --unmapped mapping.csv",
    ),
    "X002": error(
        "a mapped activity and its place must be known to the edition",
        "see carbon factors search",
    ),
    "X003": error(
        "the database has no such activity", "copy code or name from Brightway or Activity Browser"
    ),
    "X004": error(
        "several activities of the database fit, or one makes several products",
        "give their_code, or their_product and their_location",
    ),
    "X005": error(
        "the unit of the database must become ours",
        "write into factor how many of their units one of ours is",
    ),
    "X006": error("factor, gsd2, pedigree and year must be usable", "see docs/own-background.md"),
    "X007": error("an activity is mapped once per place", "remove the repetition"),
    "X008": error(
        "the Brightway project, database or method must exist and be of Brightway 2.5",
        "see bw2data.projects, or set BRIGHTWAY2_DIR",
    ),
    "X009": error(
        "their system must have one solution",
        "compute one activity in Brightway; each process needs one product of its own",
    ),
    "X010": error(
        "an activity may not cause less than nothing: credits are cut off",
        "map it to a dataset without substitution; the shipped edition is kept for it",
    ),
    "X011": warning(
        "an elementary flow looks like a greenhouse gas and is not known",
        "it was left out; compare with a method of the database by --check",
    ),
    "X012": error("no own background has this name", "see carbon background list"),
    "X013": warning(
        "a factor differs tenfold from what the units say", "check the factor; it was used"
    ),
    "X014": error(
        "an own background is named in letters, digits, . _ -, and ends in no version",
        "give another --name",
    ),
    "X015": warning(
        "a part of the footprint stays on the shipped edition",
        "see carbon background coverage; map what it names",
    ),
    # exports
    "X020": error("an export must not replace a Brightway project", "choose another --project"),
    "X021": error("a SKU without a footprint cannot be exported", "see its codes; leave it out"),
    "X022": error(
        "licensed data must not leave the machine in a file",
        "export to a project, or without --background",
    ),
}
"""In the order of the documentation."""
