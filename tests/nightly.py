"""Values that a test is tried with at night only: more of what the others hold in the gate."""

from __future__ import annotations

from typing import Any

import pytest


def night(*values: Any) -> list[Any]:
    """Parameters marked ``night``; a tuple is one for each of several names."""
    each = (value if isinstance(value, tuple) else (value,) for value in values)
    return [pytest.param(*value, marks=pytest.mark.night) for value in each]
