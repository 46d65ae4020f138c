"""Run every subject, write docs/performance.md and fail if a ratio is missed."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import psutil

from benchmarks import footprint, start, uncertainty, whatif

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
MACHINE = (
    f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, "
    f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, "
    f"bw2calc {version('bw2calc')}, numpy {version('numpy')}, pandas {version('pandas')}"
)
HEAD = """# Performance

Written by `make bench`. Times are medians, with the lowest and the highest run; only ratios within
one run compare. The catalogue has 100,000 SKUs with three materials, packaging items and legs each,
no two cells alike; Brightway's own ways get the same demands of the same SKUs, totals
only, and must give the same scores to 1e-9 (a project on disk, which keeps single precision, to
1e-6). The solved background is in the user's cache, as in
daily use.
"""


def main() -> int:
    """Write what was measured, as Markdown; 1 if a ratio is missed."""
    rows = [*footprint.run(), *uncertainty.run(), *whatif.run(), *start.run()]
    table = pd.DataFrame(rows).set_index("subject")
    lines = [HEAD, f"Machine: {MACHINE}.\n"]
    lines += ["| subject | seconds (low to high) | µs per SKU | peak MB |", "|---|---|---|---|"]
    for subject, row in table.iterrows():
        per = "" if pd.isna(row["per_sku_us"]) else f"{row['per_sku_us']:,.1f}"
        peak = "" if pd.isna(row["peak_mb"]) else f"{row['peak_mb']:,.0f}"
        spread = f"{row['seconds']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        lines.append(f"| {subject} | {spread} | {per} | {peak} |")
    whole, weighing, loop, project, memory = table["per_sku_us"].iloc[:5]
    drawn = table[table.index.str.startswith("intervals")].iloc[0]
    monte_carlo = table["per_sku_us"].filter(like="Monte Carlo").iloc[0]
    path, helped = table.iloc[0], table.loc["carbon --help"]
    ratios = [
        ("re-use loop / whole path", loop / whole, 5, True),
        ("new LCA from a project / whole path", project / whole, 500, True),
        ("new LCA from memory / whole path", memory / whole, None, True),
        ("re-use loop / weighing", loop / weighing, 100, True),
        ("whole path [s]", path["seconds"], 5, False),
        ("whole path, peak [MB]", path["peak_mb"], 800, False),
        ("weighing [s]", table["seconds"].iloc[1], 0.3, False),
        ("intervals and quality [s]", drawn["seconds"], 12, False),
        ("intervals and quality, peak [MB]", drawn["peak_mb"], 2000, False),
        ("Monte Carlo of one SKU / intervals", monte_carlo / drawn["per_sku_us"], None, True),
        ("what-if, every lever [s]", table["seconds"].filter(like="what-if").iloc[0], 15, False),
        ("carbon --help [s]", helped["seconds"], 0.3, False),
    ]
    lines += ["\n| measured in this run | | bound | |", "|---|---|---|---|"]
    missed = 0
    for name, value, bound, least in ratios:
        met = bound is None or (value >= bound if least else value <= bound)
        missed += not met
        sign = "" if bound is None else ("≥ " if least else "≤ ") + f"{bound:g}"
        lines.append(f"| {name} | {value:,.3g} | {sign} | {'' if met else 'missed'} |")
    text = "\n".join(lines) + "\n"
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
