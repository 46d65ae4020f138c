"""Reads the statistics of mutmut, fails if more than a share of the bent lines passed [%].

python .ci/mutants.py mutants/mutmut-cicd-stats.json 15
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(path: str, most: float) -> None:
    """Print killed, survived and not reached; exit with 1 above the bound."""
    stats = json.loads(Path(path).read_text(encoding="utf-8"))
    lost = stats["survived"] + stats["no_tests"]
    tried = lost + stats["killed"] + stats["timeout"] + stats["suspicious"] + stats["segfault"]
    share = 100 * lost / max(tried, 1)
    print(f"{tried} of {stats['total']} bent lines tried, {lost} passed: {share:.1f} %")
    sys.exit(share > most or not tried)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
