"""The same input gives the same bytes: on any processor, by any workers, in any place."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import night

from carbon.base.digits import carried

EXAMPLES: Final = Path(__file__).resolve().parent.parent / "examples"
SIZE: Final = int(os.environ.get("CARBON_DETERMINISM_STEP", "97"))
"""Every so many-th SKU of the example; 1 at night."""

RUN: Final = """
import os
import sys
from pathlib import Path
from click.testing import CliRunner
from carbon.cli.main import main

place, workers, batch = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
running = ["--workers", workers, "--batch", batch]
goods = place.parent / "goods.csv"
draws = ["--draws", "16"]
levers = [] if "CARBON_DETERMINISM_STEP" in os.environ else ["--lever", "e-van"]
for words in (
    ["footprint", goods, "-o", place / "footprints.parquet", *draws, *running],
    ["footprint", goods, "-o", place / "footprints.csv", *draws, *running],
    ["inventory", goods, "-o", place / "inventory.parquet"],
    ["whatif", goods, "-o", place / "savings.csv", *levers, *draws, *running],
    ["rank", goods, "-o", place / "ranked.csv", *draws, *running],
    ["label", goods, "-o", place / "labels", "--format", "svg,json", "--lang", "zh,en",
     "--date", "2026-11-30", *draws, *running],
    ["report", goods, "-o", place / "report.html", "--lang", "en", *draws],
    ["tax", goods, "--sales", place.parent / "sales.csv", "--period", "2026Q3",
     "-o", place / "dossier", "--lang", "en", *draws],
):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code in (0, 1), (words, result.output, result.exception)
"""


def _features() -> str:
    """Vector units of this processor that NumPy uses where it finds them."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))


PROCESSOR: Final = {"NPY_DISABLE_CPU_FEATURES": _features(), "OPENBLAS_CORETYPE": "Nehalem"}
PLACE: Final = {
    "PYTHONHASHSEED": "77",
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "LANG": "de_DE.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
VARIANTS: Final = {
    "no vector units, two workers, another place": (["2", "5"], PROCESSOR | PLACE),
    "no vector units": (["1", "25000"], PROCESSOR),
    "two workers in another place": (["2", "7"], PLACE),
}
"""Where the first one differs, the others say what did it."""


def results(home: Path, name: str, running: list[str], variant: dict[str, str]) -> dict[str, str]:
    """SHA-256 of every file that the commands write under a variant."""
    place = home / name
    place.mkdir()
    known = {key: value for key, value in os.environ.items() if key not in ("LC_ALL", "LANG")}
    environment = known | {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"} | variant
    environment["XDG_CACHE_HOME"] = str(place / "cache")  # drawn anew, not read
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(place), *running],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {
        path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.rglob("*"))
        # a run of several batches has a manifest, which names them
        if path.is_file()
        and "cache" not in path.relative_to(place).parts
        and ".manifest." not in path.name
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("same")
    head, *rows = (EXAMPLES / "catalogue.csv").read_text(encoding="utf-8").splitlines()
    kept = rows[::SIZE]
    (folder / "goods.csv").write_text("\n".join([head, *kept]) + "\n", encoding="utf-8")
    sales = ["taxpayer,sku,units,revenue,currency,vat_rate,date"]
    for number, row in enumerate(kept):
        sku = row.split(",")[0]
        sales.append(
            f"T{number % 3},{sku},{number + 1},{number * 99.37 + 10:.2f},CNY,13%,2026-07-01"
        )
    (folder / "sales.csv").write_text("\n".join(sales) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def plain(home: Path) -> dict[str, str]:
    return results(home, "plain", ["1", "25000"], {})


@pytest.mark.parametrize("name", [next(iter(VARIANTS)), *night(*list(VARIANTS)[1:])])
def test_the_bytes_are_the_same(home: Path, plain: dict[str, str], name: str) -> None:
    assert len(plain) > 20
    found = results(home, re.sub(r"\W+", "-", name), *VARIANTS[name])
    assert set(found) == set(plain)
    other = [path for path in plain if found[path] != plain[path]]
    assert not other, f"{name}: {len(other)} of {len(plain)} differ: {other[:12]}"


@given(st.floats(allow_subnormal=False), st.integers(-3, 3))
def test_last_bits_are_not_carried(value: float, steps: int) -> None:
    """A neighbour some bits away is written as the same number, but where it is a tie."""
    near = carried(np.array([value]))
    assert np.array_equal(carried(near), near, equal_nan=True)
    if np.isfinite(value) and 1e-280 < abs(value) < 1e280:
        assert abs(near[0] - value) <= max(abs(value) * 5.1e-10, 0)
        text = float(f"{value:.9e}")
        if abs(value) < 1e7 and abs(value) > 1e-12:
            assert near[0] == pytest.approx(text, rel=1.1e-9)
        bits = np.array([value]).view(np.int64) + steps
        moved = carried(bits.view(np.float64))
        assert moved[0] == pytest.approx(near[0], rel=1.1e-9)
