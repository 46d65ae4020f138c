"""Every failure a user can cause: its code, its rule and its remedy, a file a wing."""

from __future__ import annotations

from typing import Final

from carbon.base.codes import (
    catalogue,
    factors,
    judging,
    label,
    ledger,
    link,
    office,
    output,
    room,
    rules,
    run,
    study,
)
from carbon.base.codes.code import Code

__all__ = ["CODES", "Code"]

CODES: Final[dict[str, Code]] = {
    **catalogue.CODES,
    **judging.CODES,
    **factors.CODES,
    **study.CODES,
    **ledger.CODES,
    **rules.CODES,
    **label.CODES,
    **room.CODES,
    **office.CODES,
    **run.CODES,
    **link.CODES,
    **output.CODES,
}
"""In the order of the documentation."""
