"""Reads a filled catalogue, gives what each SKU takes, one file a stage [unit of the activity]."""

from __future__ import annotations

from carbon.stages.groups import take

__all__ = ["take"]
