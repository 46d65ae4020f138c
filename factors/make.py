"""Build every factor package from the publishers' files, seal it and lock the editions.

``python factors/make.py SOURCES`` where SOURCES holds the publishers' files, one folder a
publisher; their hashes are in each package's ``datapackage.json``. Without SOURCES the tables are
left as they are: only seals and locks are renewed. A package that an edition has locked must not
change: publish the correction as a new version, in a new edition.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from carbon.background.source import seal

YEAR = 2026
"""Datasets are called older by their distance to this year."""

HOME = "CN"
"""Where templates are linked from the start (``carbon/background/linking.py``)."""

FIRST = (
    # in order of preference where two packages offer the same activity equally well
    ("ipcc-gwp", "2021"),
    ("mee", "2024"),
    ("desnz", "2025"),
    ("literature", "2026.1"),
    ("rivm-food", "1"),
    ("ademe-base-empreinte", "2025"),
    ("epa-warm", "15"),
    ("ecobalyse-processes", "2025"),
    ("carbon-processes", "2026.1"),
    ("carbon-waste", "2026.1"),
    ("carbon-vocabulary", "2026.1"),
    ("carbon-archetypes", "2026.1"),
    ("pedigree", "2016"),
    ("carbon-uncertainty", "2026.1"),
    ("carbon-levers", "2026.1"),
    ("carbon-scale", "2026.1"),
)
CHANGED = {
    "ademe-base-empreinte": "2025.1",
    "carbon-processes": "2026.2",
    "carbon-scale": "2026.2",
    "carbon-uncertainty": "2026.2",
    "carbon-vocabulary": "2026.2",
    "desnz": "2025.1",
    "literature": "2026.2",
    "mee": "2024.1",
}
"""Packages of the first edition that the second takes in a newer version."""

AFTER = {
    "epa-warm": (("epa-supply-chain", "1.3.0"),),
    "desnz": (("ember-owid", "2025"),),
    "carbon-waste": (
        ("carbon-places", "2026.2"),
        ("carbon-goods", "2026.2"),
    ),
    "carbon-scale": (("carbon-judging", "2026.2"),),
}
"""Packages that the second edition adds, each behind one of the first."""

EDITIONS = {
    "2026.1": FIRST,
    "2026.2": tuple(
        package
        for name, version in FIRST
        for package in ((name, CHANGED.get(name, version)), *AFTER.get(name, ()))
    ),
}


def main(sources: str | None) -> None:
    """Make and seal every package once, then lock the editions."""
    root = Path(__file__).resolve().parent
    seals: dict[tuple[str, str], str] = {}
    for name, version in dict.fromkeys(pair for packages in EDITIONS.values() for pair in packages):
        folder = root / name / version
        if sources is not None and (folder / "make.py").is_file():
            subprocess.run([sys.executable, folder / "make.py", sources], check=True)
        seals[name, version] = seal(folder)
    for edition, packages in EDITIONS.items():
        locked = [
            {"name": name, "version": version, "sha256": seals[name, version]}
            for name, version in packages
        ]
        home = {} if edition == "2026.1" else {"home": HOME}
        lock = {"edition": edition, "year": YEAR, **home, "packages": locked}
        text = json.dumps(lock, ensure_ascii=False, indent=2) + "\n"
        path = root / "editions" / f"{edition}.json"
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
