"""Values that a test is tried with at night only: more of what the others hold in the gate."""

from __future__ import annotations

from typing import Any

import pytest


def night(*values: Any) -> list[Any]:
    """Parameters marked ``night``."""
    return [pytest.param(value, marks=pytest.mark.night) for value in values]
