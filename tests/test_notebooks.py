"""The notebooks of the site run, and are committed without what they printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("IPython", reason="the docs group is not installed")

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs/notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_every_notebook_is_on_the_site() -> None:
    listed = re.findall(r"^([a-z][a-z-]+)$", (FOLDER / "index.md").read_text("utf-8"), re.M)
    assert sorted(listed) == [path.stem for path in NOTEBOOKS]
    assert len(NOTEBOOKS) >= 6


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_output_and_no_machine(path: Path) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    assert set(told["metadata"]) == {"kernelspec", "language_info"}
    assert set(told["metadata"]["language_info"]) == {"name"}
    for cell in told["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None), cell["id"]
    ids = [cell["id"] for cell in told["cells"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a home of its own, without a kernel; each asserts what it says.

    With fewer draws than it shows. ``make docs-full`` runs it in Jupyter and prints what it shows.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    code = re.sub(r"\bdraws=\d+", "draws=50", code)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    searched = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(searched))
    monkeypatch.chdir(FOLDER)
    if "bw2data" in code:  # Brightway looks at its folder once in a process
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stderr
    else:
        exec(compile(code, str(path), "exec"), {"__name__": path.stem})
