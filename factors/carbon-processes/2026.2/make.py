"""The project's own processes of the second edition, by the rules of the first.

    python factors/carbon-processes/2026.2/make.py

What differs from 2026.1 stands in the three curated tables: the share of fabric cut away is the one
that the material counts (Ecobalyse, by garment), knitted staple fibre of acrylic is spun as staple,
silk loses its gum, sheet metal is cut to round blanks and not to car bodies, and heat outside China
is another package's (ember-owid).
"""

from __future__ import annotations

import runpy
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    runpy.run_path(str(HERE.parent / "2026.1" / "make.py"))["main"](HERE)
