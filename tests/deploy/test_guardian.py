"""A child ends when it should, whoever dies first, and its end is seen at once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy import guardian
from tests.deploy.asking import runs, wait_until
from tests.waiting import shortest

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def test_a_killed_child_is_seen_at_once(tmp_path: Path) -> None:
    """`kill -9` from outside shows as -9 within half a second."""

    def seen_after() -> float:
        child = guardian.spawn(SLEEP, log_path=tmp_path / "log")
        assert child.poll() is None
        os.kill(child.child_pid, signal.SIGKILL)
        started = time.monotonic()
        assert child.wait(5) == -signal.SIGKILL
        took = time.monotonic() - started
        assert child.poll() == -signal.SIGKILL
        return took

    assert shortest(seen_after, below=0.5) < 0.5


def test_the_code_of_a_child_is_kept(tmp_path: Path) -> None:
    """Return codes are those of `subprocess`, and the output is in the log."""
    log = tmp_path / "logs" / "log"
    assert guardian.spawn([sys.executable, "-c", "print('one'); exit(3)"], log_path=log).wait(10) == 3
    assert guardian.spawn([sys.executable, "-c", "print('two')"], log_path=log).wait(10) == 0
    assert log.read_text() == "two\n"
    assert (log.parent / "log.1").read_text() == "one\n"


def test_terminate_then_kill(tmp_path: Path) -> None:
    """A child that ignores SIGTERM is killed after the grace period."""
    log = tmp_path / "log"
    child = guardian.spawn(STUBBORN, log_path=log, grace_seconds=0.5)
    wait_until(lambda: "up" in log.read_text(), 10)
    started = time.monotonic()
    child.terminate()
    assert child.wait(10) == -signal.SIGKILL
    assert 0.4 < time.monotonic() - started < 3


def test_kill(tmp_path: Path) -> None:
    """`kill` does not wait for any grace period."""
    child = guardian.spawn(STUBBORN, log_path=tmp_path / "log", grace_seconds=60)
    child.kill()
    assert child.wait(5) == -signal.SIGKILL


def test_ctrl_c_does_not_reach_the_child(tmp_path: Path) -> None:
    """It lives in another session than the terminal's."""
    with guardian.spawn(SLEEP, log_path=tmp_path / "log") as child:
        assert os.getsid(child.child_pid) != os.getsid(0)
        assert os.getpgid(child.child_pid) != os.getpgid(child.pid)


def test_a_killed_launcher_takes_its_child_along(tmp_path: Path) -> None:
    """SIGKILL to the launcher: the guardian sees its pipe end and ends the child."""
    script = (
        "import sys, time; from pathlib import Path; from deploy import guardian\n"
        f"child = guardian.spawn({SLEEP!r}, log_path=Path({str(tmp_path / 'log')!r}))\n"
        "print(child.pid, child.child_pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        pids = [int(part) for part in launcher.stdout.readline().split()]
        assert all(map(runs, pids))
        launcher.kill()
        launcher.wait()
    wait_until(lambda: not any(map(runs, pids)), 5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_guardian_takes_its_child_along(tmp_path: Path) -> None:
    """SIGKILL to the guardian: the kernel kills the child, and the launcher is told."""
    child = guardian.spawn(SLEEP, log_path=tmp_path / "log")
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(5) == -signal.SIGKILL
    wait_until(lambda: not runs(child.child_pid), 5)


def test_what_cannot_be_started(tmp_path: Path) -> None:
    """A missing program is an error with its name."""
    with pytest.raises(OSError, match="/nowhere/program"):
        guardian.spawn(["/nowhere/program"], log_path=tmp_path / "log")


def test_input_stays_open(tmp_path: Path) -> None:
    """What the child reads first arrives, and its input does not end while it is guarded."""
    log = tmp_path / "log"
    script = "import sys; print(sys.stdin.read(5), flush=True); sys.stdin.read(); print('ended', flush=True)"
    with guardian.spawn([sys.executable, "-c", script], log_path=log, stdin=b"hello") as child:
        wait_until(lambda: "hello" in log.read_text(), 10)
        assert child.poll() is None
    assert "ended" not in log.read_text()


def test_the_pid_file_lives_as_long_as_the_child(tmp_path: Path) -> None:
    """It is there while the child runs, and gone after it."""
    pid_path = tmp_path / "child.pid"
    with guardian.spawn(SLEEP, log_path=tmp_path / "log", pid_path=pid_path) as child:
        assert str(child.child_pid) in pid_path.read_text()
    assert not pid_path.exists()
