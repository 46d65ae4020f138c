"""Codes of labels, scales, templates and claims."""

from __future__ import annotations

from typing import Final

from carbon.codes.code import Code

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {}
