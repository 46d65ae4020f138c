"""Numbers of a policy, each with where it comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from carbon.rules import Rules

__all__ = ["Bound", "Cited", "Text"]

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class Cited(Rules):
    """Whatever says where it comes from."""

    kind: Literal["cited", "assumption"]
    cite: Text


class Bound(Cited):
    """A number and where it comes from."""

    value: float
