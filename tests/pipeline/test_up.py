"""`kabar up` as a user starts it: the demo to its end, Ctrl-C, a killed launcher."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from connectors.demo import expected
from tests.waiting import until

KABAR = [sys.executable, "-c", "from pipeline.cli import main; main()"]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that the servers' user can enter."""
    with tempfile.TemporaryDirectory(prefix="kabar-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.mark.slow
def test_the_demo_runs_to_its_end_and_the_books_close(data_dir: Path) -> None:
    """Every record of the demo is accounted for, the distinct items are indexed, and no process is left."""
    environment = {**os.environ, "KABAR_DATA_DIR": str(data_dir)}
    command = [*KABAR, "up", "--demo", "--exit-when-idle", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    books = json.loads(done.stdout)
    assert books["difference"] == 0
    assert books["in_flight"] == 0
    assert books["indexed"] == expected().items
    assert "ALERT     Kim Jong Un" in done.stderr
    assert processes_of(data_dir) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_it_ends(data_dir: Path, number: signal.Signals) -> None:
    """Ctrl-C stops everything, and a killed launcher leaves no orphan."""
    environment = {**os.environ, "KABAR_DATA_DIR": str(data_dir)}
    with (data_dir / "out").open("wb") as out:
        launcher = subprocess.Popen([*KABAR, "up"], env=environment, stdout=out, stderr=out)
    running = data_dir / "running.json"
    try:
        until(running.exists, seconds=120, what="kabar is up")
        launcher.send_signal(number)
        launcher.wait(40)
    finally:
        launcher.kill()
        launcher.wait()
    until(lambda: processes_of(data_dir) == [], seconds=40, what=f"no process left after {number.name}")
    if number is signal.SIGINT:
        assert not running.exists()


def processes_of(data_dir: Path) -> list[str]:
    """The processes that name this data directory in their command line or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            text = " ".join(process.cmdline()) + " ".join(process.environ().values())
        except psutil.Error:
            continue
        if str(data_dir) in text and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
            found.append(f"{process.pid} {time.time() - process.create_time():.0f}s {text[:200]}")
    return found
