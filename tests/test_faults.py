"""Places and moments at which things go wrong: links, pipes, full disks, terminals, crashes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from carbon.background.unit_impacts import load, save
from carbon.base.errors import OutputError, RuleError
from carbon.base.files import whole_files
from carbon.base.rules import Rules
from carbon.base.rules import load as load_rules
from carbon.cli.main import main
from carbon.cli.options import Group
from carbon.run.folder import INDEX
from carbon.run.manifest import read_manifest
from carbon.run.publish import check_folder
from carbon.run.workspace import Work

GOODS = "sku,category,mass\nA,t_shirt,180 g\nB,dress,400 g\n"
PROGRAM = "from carbon.cli.main import main; main(prog_name='carbon')"


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    path = tmp_path / "goods.csv"
    path.write_text(GOODS, encoding="utf-8")
    return path


def carbon(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


def apart(*words: object, **more: str) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own, with some variables of its own."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        capture_output=True,
        timeout=180,
        env=os.environ | more,
    )


# results ----------------------------------------------------------------------------------------


def test_a_foreign_file_in_a_folder_of_labels_is_kept(goods: Path) -> None:
    out = goods.parent / "labels"
    assert carbon("label", goods, "-o", out, "--format", "json", "--draws", 0)[0] in (0, 1)
    assert carbon("label", goods, "-o", out, "--format", "json", "--draws", 0)[0] in (0, 1)
    (out / "NOTES.txt").write_text("mine", encoding="utf-8")
    code, output = carbon("label", goods, "-o", out, "--format", "json", "--draws", 0)
    assert (code, "B009" in output, "NOTES.txt" in output) == (5, True, True)
    assert (out / "NOTES.txt").read_text(encoding="utf-8") == "mine"
    (out / "NOTES.txt").unlink()
    (out / INDEX).write_bytes(b"sku,file\n\xff\xfe,\x00\n")
    with pytest.raises(OutputError, match="B009"):
        check_folder(out, "sku,file")


def test_a_dossier_is_not_deleted_before_it_is_refused(goods: Path) -> None:
    sales = goods.parent / "sales.csv"
    sales.write_text(
        "taxpayer,sku,units,revenue,currency,vat_rate,date\nT1,A,2,99,CNY,13%,2026-07-01\n",
        encoding="utf-8",
    )
    out = goods.parent / "dossier"
    words = ["tax", goods, "--sales", sales, "--period", "2026Q3", "-o", out, "--draws", 0]
    assert carbon(*words, "--lang", "en")[0] in (0, 1)
    before = sorted(path.relative_to(out) for path in out.rglob("*"))
    (out / "notes").mkdir()
    (out / "notes" / "mine.txt").write_text("mine", encoding="utf-8")
    code, output = carbon(*words, "--lang", "en")
    assert (code, "T007" in output) == (5, True)
    assert set(before) < {path.relative_to(out) for path in out.rglob("*")}


@pytest.mark.parametrize("kind", ["link", "broken link", "pipe", "folder"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes, links and devices of Unix")
def test_a_link_or_pipe_is_no_place_for_a_result(goods: Path, kind: str) -> None:
    out, other = goods.parent / "out.csv", goods.parent / "other.csv"
    other.write_text("kept", encoding="utf-8")
    if kind == "pipe":
        os.mkfifo(out)
    elif kind == "folder":
        out.mkdir()
    else:
        out.symlink_to(other if kind == "link" else goods.parent / "nowhere")
    code, output = carbon("footprint", goods, "-o", out, "--draws", 0)
    assert (code, "O005" in output) == (5, True), output
    assert other.read_text(encoding="utf-8") == "kept"
    assert kind in ("pipe", "folder") or out.is_symlink()


@pytest.mark.parametrize("name", ["", "parts", "filled", "scratch", "lock", "plan.json"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes, links and devices of Unix")
def test_a_link_made_beforehand_is_neither_filled_nor_emptied(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "kept.txt").write_text("kept", encoding="utf-8")
    target = victim if name in ("", "parts", "filled", "scratch") else victim / "kept.txt"
    folder = tmp_path / ".out.csv.run"
    if name:
        folder.mkdir()
    (folder / name if name else folder).symlink_to(target)
    with pytest.raises(OutputError, match="O005"):
        Work(str(tmp_path / "out.csv"))
    assert (victim / "kept.txt").read_text(encoding="utf-8") == "kept"


def test_several_files_appear_together_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("before", encoding="utf-8")

    def write() -> None:
        with whole_files(tmp_path) as place:
            (place / "a.csv").write_text("new", encoding="utf-8")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="O001"):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "before"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes, links and devices of Unix")
def test_the_mask_of_the_user_is_honoured(goods: Path) -> None:
    before = os.umask(0o077)
    try:
        for out in ("out.csv", "out.xlsx", "parts"):
            carbon("footprint", goods, "-o", goods.parent / out, "--draws", 0)
            mode = (goods.parent / out).stat().st_mode
            assert not mode & (stat.S_IRWXG | stat.S_IRWXO), out
    finally:
        os.umask(before)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full device")
def test_a_full_disk_is_told(goods: Path) -> None:
    from carbon.run.template_file import write_template

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    import xlsxwriter

    kept, xlsxwriter.Workbook.close = xlsxwriter.Workbook.close, full
    try:
        from carbon.study import Study

        with pytest.raises(OutputError, match="O001"):
            write_template(Study().vocabulary, goods.parent / "t.xlsx", "en")
    finally:
        xlsxwriter.Workbook.close = kept
    assert not list(goods.parent.glob(".*"))


# inputs -----------------------------------------------------------------------------------------


def test_an_input_that_changes_is_told(goods: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import carbon.run.batches as batches

    summed = batches._summed

    def meanwhile(*words: object) -> None:
        goods.write_text(GOODS + "C,dress,1 kg\n", encoding="utf-8")
        summed(*words)

    monkeypatch.setattr(batches, "_summed", meanwhile)
    code, output = carbon("footprint", goods, "-o", goods.parent / "out.csv", "--draws", 0)
    assert (code, "B013" in output) == (5, True), output
    assert not (goods.parent / "out.csv").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes, links and devices of Unix")
def test_a_device_is_no_manifest_and_no_rule(tmp_path: Path) -> None:
    for place in ("/dev/zero", tmp_path):
        with pytest.raises(OutputError, match="B006"):
            read_manifest(place)
        with pytest.raises(RuleError, match="P001"):
            load_rules(place, Rules)
    (tmp_path / "long.toml").write_text("x = " + "9" * 5000, encoding="utf-8")
    with pytest.raises(RuleError, match="P002"):
        load_rules(tmp_path / "long.toml", Rules)


@pytest.mark.parametrize(
    "path",
    ["http://127.0.0.1:9/x.parquet", "zip://x::/tmp/y", "memory://x", "../x.parquet", "/dev/zero"],
)
def test_a_manifest_of_a_stranger_reaches_nothing(
    goods: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    import carbon.run.previous as previous

    monkeypatch.setattr(previous, "filesystem", lambda place: pytest.fail(f"{place} was asked for"))
    text = (
        '{"manifest": "carbon-manifest/1", "program": "carbon-label 1", "command": "footprint", '
        f'"outputs": [{{"role": "skus", "path": "{path}", "sha256": "{"0" * 64}"}}]}}'
    )
    (goods.parent / "m.json").write_text(text, encoding="utf-8")
    with pytest.raises(OutputError, match="B006"):
        previous.earlier_run(goods.parent / "m.json", goods.parent)


def test_a_forged_cache_is_not_used(tmp_path: Path) -> None:
    import hashlib

    values = np.arange(6.0).reshape(2, 3)
    path = tmp_path / "cache.npy"
    save(path, values)
    assert np.array_equal(load(path, (2, 3), np.float64), values)
    body = path.read_bytes()[:-32]
    forged = body[:-8] + np.float64(0.001).tobytes()
    path.write_bytes(forged + hashlib.sha256(forged).digest())
    assert load(path, (2, 3), np.float64) is None
    save(path, values)
    (tmp_path / "other.npy").write_bytes(path.read_bytes())  # the right seal of another array
    assert load(tmp_path / "other.npy", (2, 3), np.float64) is None


# the program ------------------------------------------------------------------------------------


def test_a_crash_has_an_exit_code_and_a_file_of_its_own() -> None:
    @click.group(cls=Group)
    def program() -> None:
        """Fails."""

    @program.command()
    def fail() -> None:
        raise ZeroDivisionError("a fault\x1b[2J")

    result = CliRunner().invoke(program, ["fail"])
    assert result.exit_code == 6
    assert result.output.startswith("carbon: O006")
    assert len(result.output.splitlines()) == 1
    assert "\x1b" not in result.output
    path = Path(result.output.split()[2].rstrip(":"))
    text = path.read_text(encoding="utf-8")
    path.unlink()
    assert "ZeroDivisionError" in text
    assert "numpy" in text


def test_a_terminal_takes_what_is_said(goods: Path) -> None:
    goods.write_text("sku,category,mass\n茶\U0001f600é\x1b[2J,t_shirt,-5 g\n", encoding="utf-8")
    found = apart("check", goods, "--lang", "zh", PYTHONIOENCODING="gbk")
    assert found.returncode == 1, found.stderr
    assert b"Traceback" not in found.stderr
    assert b"\x1b" not in found.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="a home that nobody can write")
def test_a_home_that_cannot_be_written_is_no_obstacle(goods: Path) -> None:
    known = {
        key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "BRIGHTWAY"))
    }
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, "footprint", str(goods), "-o", str(goods.parent / "o.csv")],
        capture_output=True,
        timeout=180,
        env=known | {"HOME": "/proc/nobody"},
    )
    assert found.returncode == 0, found.stderr[-1500:]
    assert pd.read_csv(goods.parent / "o.csv")["total_kg"].notna().all()


def test_workers_start_after_a_pdf(goods: Path) -> None:
    """Threads that typesetting leaves behind do not stop the workers of a later batch."""
    rows = [f"S{number},t_shirt,180 g" for number in range(40)]
    goods.write_text("\n".join(["sku,category,mass", *rows]) + "\n", encoding="utf-8")
    script = goods.parent / "both.py"
    script.write_text(
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from carbon.cli.main import main\n"
        "def run(*words):\n"
        "    result = CliRunner().invoke(main, list(words))\n"
        "    assert result.exit_code == 0, (result.output, result.exception)\n"
        "if __name__ == '__main__':\n"
        "    goods, folder = sys.argv[1:]\n"
        "    run('label', goods, '-o', folder + '/a.pdf', '--sku', 'S1', '--draws', '16')\n"
        "    run('footprint', goods, '-o', folder + '/a.csv', '--draws', '0', '--batch', '10',\n"
        "        '--workers', '2')\n",
        encoding="utf-8",
    )
    words = [sys.executable, str(script), str(goods), str(goods.parent)]
    found = subprocess.run(words, capture_output=True, timeout=240)
    assert found.returncode == 0, found.stderr[-2000:]
    assert len(pd.read_csv(goods.parent / "a.csv")) == 40


@pytest.mark.parametrize(
    "words",
    [
        ("label", "{}", "-o", "o.json", "--sku", "A", "--date", "9998-12-31", "--draws", "0"),
        ("footprint", "http://[::1", "-o", "o.csv", "--draws", "0"),
        ("footprint", "foo://bar/baz.csv", "-o", "o.csv", "--draws", "0"),
        ("footprint", "file:///\x01nowhere.csv", "-o", "o.csv", "--draws", "0"),
        ("footprint", "{}", "-o", "o.csv", "--edition", "../../x", "--draws", "0"),
        ("footprint", "{}", "-o", "o.parquet", "--draws", "0", "--previous-run", "/dev/zero"),
        ("reproduce", "/dev/zero"),
        ("claims", "\ud800\x00", "--market", "../x"),
    ],
)
def test_odd_words_end_with_a_known_error(
    goods: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(goods.parent)
    code, output = carbon(*(word.replace("{}", str(goods)) for word in words))
    assert code in (0, 1, 2, 3, 4, 5), output
    assert "O006" not in output
