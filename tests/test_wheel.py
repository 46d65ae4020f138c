"""The wheel alone computes: it carries factors and templates and needs nothing of the tree."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from carbon.study import Study

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="links need a privilege there; the workflow installs the wheel"
)
ROOT = Path(__file__).resolve().parents[1]
TEXT = "sku,category,mass\nA,t_shirt,180 g\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir"]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    return next(folder.glob("carbon_label-*.whl"))


def test_the_wheel_carries_factors_and_templates(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "carbon/factors/editions/2026.1.json" in names
    assert "carbon/factors/desnz/2025/exchanges.csv" in names
    assert "carbon/templates/catalogue/columns.csv" in names
    assert not any(name.startswith(("tests/", "benchmarks/", "examples/")) for name in names)


def test_the_wheel_alone_computes(wheel: Path, tmp_path: Path) -> None:
    """Its own environment sees the installed dependencies, but not this tree."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = tmp_path / "venv" / "lib" / version / "site-packages"
    zipfile.ZipFile(wheel).extractall(site)
    dependencies = Path(sysconfig.get_paths()["purelib"])
    for entry in dependencies.iterdir():
        if "carbon_label" not in entry.name and not (site / entry.name).exists():
            (site / entry.name).symlink_to(entry)
    (tmp_path / "goods.csv").write_text(TEXT, encoding="utf-8")
    code = (
        "import carbon, json; from carbon.study import Study\n"
        "result = Study(cache=False).footprints('goods.csv').to_frame()\n"
        "print(json.dumps([carbon.__file__, result['total_kg'][0], result['edition'][0]]))"
    )
    done = subprocess.run(
        [python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    where, total, edition = json.loads(done.stdout.splitlines()[-1])
    assert Path(where).is_relative_to(site)
    expected = Study().footprints(TEXT).to_frame()
    assert (total, edition) == (expected["total_kg"][0], expected["edition"][0])
