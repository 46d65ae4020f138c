"""How soon ``carbon --help`` answers, beside the bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def run(repeat: int = 11) -> list[dict[str, object]]:
    """Time the subject; the median of several runs."""
    carbon = Path(sys.executable).parent / "carbon"
    rows = []
    for subject, command in (
        ("carbon --help", [carbon, "--help"]),
        ("python -c pass", [sys.executable, "-c", "pass"]),
    ):
        seconds = []
        for _ in range(repeat):
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            seconds.append(time.perf_counter() - start)
        seconds.sort()
        rows.append(
            {
                "subject": subject,
                "seconds": seconds[repeat // 2],
                "low": seconds[0],
                "high": seconds[-1],
                "skus": None,
                "per_sku_us": None,
                "peak_mb": None,
            }
        )
    return rows
