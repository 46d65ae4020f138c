"""Codes of factor packages and editions."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # factors and editions
    "F001": error("the factor folder must exist and hold a datapackage.json", "check the path"),
    "F002": error("a factor package must follow the schema", "see factors/schema"),
    "F003": error(
        "a published folder must not change",
        "restore the file, or publish the correction as a new version",
    ),
    "F004": error("every factor needs a unit and a citation", "fill unit and cite"),
    "F005": error("an input must be taken in the unit of its activity", "correct the unit"),
    "F006": error("an emission must be a characterized flow", "use a flow of the method"),
    "F007": error("an input must find its activity", "correct flow and flow_location"),
    "F008": error("the system must have one solution", "look for an activity that makes nothing"),
    "F009": error("an activity stands once per location in a package", "remove the repetition"),
    "F010": error("the edition must exist", "see carbon factors list"),
    "F011": error("no such factor", "see carbon factors search"),
    "F015": error(
        "no activity may cause less than nothing: credits are cut off",
        "leave the credit out, or report it apart",
    ),
    "F016": error("a dataset must take or emit something", "add its exchanges, 0 if it is 0"),
    "F017": error("a factor folder must be sealed", "run carbon factors seal FOLDER"),
    "F012": error(
        "a squared geometric standard deviation is at least 1", "write 1.5 for a factor of 1.5"
    ),
    "F013": error(
        "a distribution needs its parameters",
        "lognormal gsd2; normal, triangular and uniform low and high around 1; beta count",
    ),
    "F014": error("a pedigree is five scores from 1 to 5", "write 2;2;1;3;2"),
    "F018": error(
        "a scale is letters with ascending bounds, the last without, and its parameters",
        "see factors/carbon-scale",
    ),
}
