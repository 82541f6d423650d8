"""`kabar up` as a user starts it: the demo to its end, Ctrl-C, a killed launcher."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from connectors.demo import expected
from tests.connectors.server import LocalServer
from tests.waiting import until

ROOT = Path(__file__).parents[2]
KABAR = [sys.executable, "-c", "from pipeline.cli import main; main()"]
README_COMMANDS = ('kabar search "kunjungan Putin"', "kabar books")
TIMES = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?|\d+ ms")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that the servers' user can enter."""
    with tempfile.TemporaryDirectory(prefix="kabar-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A folder with what the wheel installs, built from a copy of what is in the repository."""
    for name in ("pipeline", "connectors", "schemas", "deploy"):
        shutil.copytree(ROOT / name, tmp_path / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / "source")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(tmp_path / "installed"), str(tmp_path / "source")], check=True)
    return tmp_path / "installed"


@pytest.mark.slow
def test_the_demo_runs_to_its_end_and_the_books_close(data_dir: Path, wheel: Path) -> None:
    """An installed wheel runs the demo: every record is accounted for, the distinct items are indexed, nothing runs on.

    The checkout is not on its path, so a file that the wheel lacks is missed.
    """
    environment = {**os.environ, "KABAR_DATA_DIR": str(data_dir), "PYTHONPATH": str(wheel)}
    where = subprocess.run(
        [sys.executable, "-c", "import deploy, connectors; print(deploy.__file__, connectors.__file__)"],
        cwd=wheel, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.count(str(wheel)) == 2
    command = [*KABAR, "up", "--demo", "--exit-when-idle", "--json"]
    done = subprocess.run(command, cwd=wheel, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    books = json.loads(done.stdout)
    assert books["difference"] == 0
    assert books["in_flight"] == 0
    assert books["indexed"] == expected().items
    assert "ALERT     Kim Jong Un" in done.stderr
    assert processes_of(data_dir) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_run_follows_ones_own_feeds(data_dir: Path) -> None:
    """`make run FEEDS=list.opml` starts everything, shows what the feeds bring, and ends with Ctrl-C."""
    article = "<item><title>Banjir melanda Jakarta</title><link>https://own.example/1</link></item>"
    feed = f'<rss version="2.0"><channel><title>Own</title>{article}</channel></rss>'.encode()
    with LocalServer() as server:
        outline = f'<outline text="Own News" xmlUrl="{server.serve("/feed", feed, content_type="text/xml")}"/>'
        (data_dir / "mine.opml").write_text(f'<opml version="2.0"><body>{outline}</body></opml>')
        environment = {**os.environ, "KABAR_DATA_DIR": str(data_dir), "KABAR_ALLOW_NETWORKS": "127.0.0.0/8"}
        # Set-up is taken as done: these tests run in what it made.
        command = ["make", "-o", f"{sys.prefix}/.installed", "run", f"VENV={sys.prefix}", f"FEEDS={data_dir}/mine.opml"]
        with (data_dir / "out").open("wb") as out:
            made = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True)
        try:
            until(lambda: "Banjir melanda" in (data_dir / "out").read_text(), seconds=150, what="the item is shown")
        finally:
            os.killpg(made.pid, signal.SIGINT)  # as a terminal's Ctrl-C: to all in the foreground
            made.wait(40)
    told = (data_dir / "out").read_text()
    assert "Own News" in told
    assert "Try, in another terminal" in told
    until(lambda: processes_of(data_dir) == [], seconds=40, what="no process left")


@pytest.mark.slow
def test_the_readme_shows_what_the_demo_prints(data_dir: Path) -> None:
    """The commands of the README's first screen print what it shows, times aside; Ctrl-C stops everything."""
    environment = {**os.environ, "KABAR_DATA_DIR": str(data_dir)}
    with started(data_dir, "--demo") as launcher:
        for command in README_COMMANDS:
            until(partial(prints, command, environment, data_dir), seconds=150, what=f"{command} prints what is shown")
        launcher.send_signal(signal.SIGINT)
        launcher.wait(40)
    until(lambda: processes_of(data_dir) == [], seconds=40, what="no process left after Ctrl-C")
    assert not (data_dir / "running.json").exists()


@pytest.mark.slow
def test_a_killed_launcher_leaves_no_orphan(data_dir: Path) -> None:
    """What it had started ends with it, whatever ended it."""
    with started(data_dir) as launcher:
        launcher.kill()
        launcher.wait()
    until(lambda: processes_of(data_dir) == [], seconds=40, what="no process left after SIGKILL")


@pytest.mark.slow
def test_servers_that_die_are_started_anew(data_dir: Path) -> None:
    """At their old addresses and with their data, said in a sentence; news goes on flowing through the same steps."""
    environment = {**os.environ, "KABAR_DATA_DIR": str(data_dir)}
    (data_dir / "first.txt").write_text("Banjir melanda Jakarta\n\nAir naik sejak Senin malam.")
    (data_dir / "second.txt").write_text("Gempa mengguncang Padang\n\nWarga berlari ke luar rumah.")
    with started(data_dir) as launcher:
        _kabar(environment, "ingest", str(data_dir / "first.txt"), "--source", "demo")
        until(lambda: "Banjir" in _kabar(environment, "search", "banjir"), seconds=60, what="the first is found")
        for server in _servers_of(data_dir):
            server.kill()
        told = data_dir / "out"
        until(lambda: told.read_text().count("is ready at") == 4, seconds=120, what="both serve again")
        assert told.read_text().count("It is started anew.") == 2
        _kabar(environment, "ingest", str(data_dir / "second.txt"), "--source", "demo")
        until(lambda: "Gempa" in _kabar(environment, "search", "gempa"), seconds=60, what="the second is found")
        assert "Banjir" in _kabar(environment, "search", "banjir")
        launcher.send_signal(signal.SIGINT)
        launcher.wait(40)
    until(lambda: processes_of(data_dir) == [], seconds=40, what="no process left after Ctrl-C")


def _kabar(environment: dict[str, str], *words: str) -> str:
    return subprocess.run([*KABAR, *words], env=environment, capture_output=True, text=True, check=False).stdout


def _servers_of(data_dir: Path) -> list[psutil.Process]:
    servers = [process for process in psutil.process_iter() if _serves(process, data_dir)]
    assert len(servers) == 2
    return servers


def _serves(process: psutil.Process, data_dir: Path) -> bool:
    try:
        home = any(word.startswith(f"-Dkabar.home={data_dir}") for word in process.cmdline())
        return home and "java" in process.name()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # it has ended since it was listed, or is of another user
        return False


@contextmanager
def started(data_dir: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`kabar up`, once it is up; its words go to `out` in that folder."""
    environment = {**os.environ, "KABAR_DATA_DIR": str(data_dir)}
    with (data_dir / "out").open("wb") as out:
        launcher = subprocess.Popen([*KABAR, "up", *options], env=environment, stdout=out, stderr=out)
    try:
        until((data_dir / "running.json").exists, seconds=200, what="kabar is up")
        yield launcher
    finally:
        launcher.kill()
        launcher.wait()


def prints(command: str, environment: dict[str, str], folder: Path) -> bool:
    """Whether a command of the README prints what stands below it there."""
    after = (ROOT / "README.md").read_text(encoding="utf-8").split(f"$ .venv/bin/{command}\n", 1)[1]
    wanted = after.split("\n```", 1)[0].split("\n$ ", 1)[0]
    words = [*KABAR, *shlex.split(command)[1:]]
    done = subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    return _timeless(done.stdout) == _timeless(wanted)


def _timeless(text: str) -> str:
    return TIMES.sub("<time>", "\n".join(line.rstrip() for line in text.strip().splitlines()))


def processes_of(data_dir: Path) -> list[str]:
    """The processes that name this data directory in their command line or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            text = " ".join(process.cmdline()) + " ".join(process.environ().values())
            if str(data_dir) in text and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {time.time() - process.create_time():.0f}s {text[:200]}")
        except psutil.Error:  # it has ended meanwhile
            continue
    return found
