"""Carbon footprint of every SKU sold in live-stream e-commerce."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
