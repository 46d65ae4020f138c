"""Codes of policy and rule files."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    "P001": error("the rule file must exist and be readable", "check the path and the permissions"),
    "P002": error("a rule file is TOML in UTF-8, at most a megabyte", "mend it and save it again"),
    "P003": error("a rule file must follow its model", "correct the key that is named"),
}
