"""What a code says: its severity, its rule and its remedy."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Code", "error", "note", "warning"]


@dataclass(frozen=True)
class Code:
    """A stable error code.

    Parameters
    ----------
    severity : str
        ``"error"``: the file or the SKU is not computed; ``"warning"``: it is computed and
        flagged; ``"note"``: told, nothing more.
    rule : str
        What the input broke.
    remedy : str
        What the user should do next.
    """

    severity: str
    rule: str
    remedy: str


def error(rule: str, remedy: str) -> Code:
    """A failure: the file or the row is not computed."""
    return Code("error", rule, remedy)


def warning(rule: str, remedy: str) -> Code:
    """A doubt: it is computed and flagged."""
    return Code("warning", rule, remedy)


def note(rule: str, remedy: str) -> Code:
    """Told, nothing more."""
    return Code("note", rule, remedy)
