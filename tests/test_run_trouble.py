"""Batch runs in trouble: a disk that is full, and two runs of one result at a time."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from click.testing import CliRunner
from running import CARBON, wait_for_parts

from benchmarks.catalogue import wide
from carbon.base.errors import OutputError
from carbon.cli.main import main
from carbon.cli.outputs import guard

resource = pytest.importorskip("resource", reason="limits and signals of POSIX")

ROWS = 500


def started(*words: object, **options: object) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*CARBON, *map(str, words)], **pipes, **options)


def carbon(*words: object, **options: object) -> tuple[int, str]:
    process = started(*words, **options)
    _, told = process.communicate(timeout=120)
    assert "Traceback" not in told
    return process.returncode, told


def here(*words: object) -> tuple[int, str]:
    """The same in this process, which has read its libraries already."""
    result = CliRunner().invoke(main, [*map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("goods") / "goods.parquet"
    frame = wide(ROWS).assign(sku=[f"K{at:05d}" for at in range(ROWS)])
    frame.to_parquet(path, row_group_size=100)
    return path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 4 MB, in a mount namespace of its own: no privilege is needed."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = 'mount -t tmpfs -o size=4m none "$0" && echo mounted && read end'
    try:
        holder = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", mount, str(place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except FileNotFoundError:
        pytest.skip("no unshare")
    if holder.stdout.readline().strip() != "mounted":
        holder.wait()
        pytest.skip("namespaces are not for everyone here")
    yield Path(f"/proc/{holder.pid}/root{place}")
    holder.communicate("end\n")


def files(place: Path) -> dict[str, bytes]:
    """Bytes of a file, or of the files of a folder."""
    found = sorted(place.iterdir()) if place.is_dir() else [place]
    return {item.name if place.is_dir() else "": item.read_bytes() for item in found}


@pytest.mark.parametrize(("name", "step", "workers"), [("out.csv", 128, 1), ("out", 64, 2)])
def test_a_full_disk(
    goods: Path, disk: Path, tmp_path: Path, name: str, step: int, workers: int
) -> None:
    """Whatever is written when there is no more room, what was there before stays."""
    run = ("footprint", goods, "--batch", 250, "--draws", 0)
    code, told = here(*run, "--workers", 1, "-o", tmp_path / name)
    assert code == 0, told
    expected = files(tmp_path / name)
    out, manifest = disk / name, disk / "m.json"
    before = out / "part-000000.parquet" if name == "out" else out
    before.parent.mkdir(exist_ok=True)
    before.write_text("what was there before")
    earlier = files(out)
    fillers = full(disk, step << 10)
    run = (*run, "--workers", workers, "-o", out, "--manifest", manifest, "--resume")
    failed = 0
    while True:
        code, told = here(*run)
        if not code:
            break
        assert (code, "O001" in told) == (5, True), told
        found = files(out)
        assert found == (earlier if found != expected else expected)
        for _ in range(2**failed):
            fillers.pop().unlink()
        failed += 1
    assert failed > 1, "nothing was in the way"
    assert files(out) == expected
    assert manifest.exists()
    left = {item.name for item in disk.iterdir()} - {item.name for item in fillers}
    assert left == {name, "m.json", "m.skus.parquet", "m.times.json"}


def full(disk: Path, step: int) -> list[Path]:
    """Fill a disk to the last byte."""
    fillers = []
    while shutil.disk_usage(disk).free:
        fillers.append(disk / f"filler-{len(fillers)}")
        fillers[-1].write_bytes(b"x" * min(step, shutil.disk_usage(disk).free))
    return fillers


def test_a_file_that_may_not_grow(goods: Path, tmp_path: Path) -> None:
    """The same by a limit of the process, where there are no namespaces."""
    out = tmp_path / "out.csv"
    out.write_text("what was there before")
    run = ("footprint", goods, "-o", out, "--draws", 0, "--batch", 100)

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))

    code, told = carbon(*run, preexec_fn=small)
    assert (code, "O001" in told) == (5, True), told
    assert out.read_text() == "what was there before"
    assert here(*run, "--resume")[0] == 0
    assert here(*run[:3], tmp_path / "fresh.csv", *run[4:6])[0] == 0
    assert files(out) == files(tmp_path / "fresh.csv")
    assert len(pd.read_csv(out)) == ROWS


def test_two_runs_of_one_result(goods: Path, tmp_path: Path) -> None:
    """The second is refused while the first lives, asleep or not, and changes nothing of it."""
    out = tmp_path / "out.csv"
    run = ("footprint", goods, "-o", out, "--draws", 0, "--batch", 50, "--workers", 1)
    first = started(*run)
    parts = tmp_path / ".out.csv.run" / "parts"
    wait_for_parts(first, out)
    first.send_signal(signal.SIGSTOP)
    try:
        had = files(parts)
        code, told = here(*run, "--no-resume")
        assert (code, "B001" in told) == (5, True), told
        assert files(parts) == had
        assert not out.exists()
    finally:
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=120)
    assert first.returncode == 0
    told = files(out)
    assert here(*run[:6])[0] == 0, "nobody holds it any more"
    assert files(out) == told


@pytest.mark.parametrize("command", ["footprint", "whatif"])
def test_a_file_that_cannot_be_read_is_told_of(goods: Path, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "goods"
    folder.mkdir()
    shutil.copy(goods, folder / "a.parquet")
    (folder / "b.parquet").write_bytes(b"PAR1 and nothing else")
    out = str(tmp_path / "out.csv")
    told = CliRunner().invoke(main, [command, str(folder), "-o", out, "--draws", "0"])
    assert told.exit_code == 1, "a gap never passes for a whole"
    assert "B005  b.parquet" in told.output
    assert (tmp_path / "out.rejects.csv").exists()


def test_a_folder_at_a_url_is_not_replaced_unless_a_run_wrote_it(tmp_path):
    """A bucket holds other things too."""
    remote, place = fsspec.core.url_to_fs("memory://bucket/goods")
    remote.pipe(f"{place}/invoices.csv", b"not ours")
    with pytest.raises(OutputError, match="B009"):
        guard("memory://bucket/goods", tmp_path / "goods.csv", folder=True)
    with pytest.raises(OutputError, match="O004"):
        guard("memory://bucket/goods/out", "memory://bucket/goods", folder=True)
    remote.rm(place, recursive=True)
    remote.pipe(f"{place}/part-000000.parquet", b"PAR1")
    guard("memory://bucket/goods", tmp_path / "goods.csv", folder=True)
    with pytest.raises(OutputError, match="B009"):
        guard("memory://bucket/goods", tmp_path / "goods.csv", folder=True, index="sku,file")
    remote.pipe(f"{place}/index.csv", "\ufeffsku,file,template\n".encode())
    guard("memory://bucket/goods", tmp_path / "goods.csv", folder=True, index="sku,file")
    guard("memory://bucket/new", tmp_path / "goods.csv", folder=True)
