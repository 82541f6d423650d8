"""A small process above each server or step: when the launcher is gone, however it went, the child ends too.

launcher ──pipe──► guardian (own session) ──► child (own process group)

The guardian reads commands from the pipe. End of file means that the launcher is gone, even by SIGKILL: the child's
group gets SIGTERM, and SIGKILL after the grace period. Should the guardian itself be killed, the kernel kills the
child (Linux), or the child sees its input end (Elasticsearch, everywhere), or the next start finds it by its pid file.
Ctrl-C in a terminal reaches neither, since the session is their own; the launcher stops them in its order.

As a program this file uses the standard library only and is run by its path, so that it is up in milliseconds.
"""

import base64
import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

PR_SET_PDEATHSIG = 1
FAILED_TO_START = 127
KILL_AGAIN_SECONDS = 1.0
LOST = -signal.SIGKILL


class Guarded:
    """A child under its guardian, as the launcher sees it. Return codes are those of `subprocess`: -9 for SIGKILL.

    `pid` is the guardian's, `child_pid` the child's.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", child_pid: int) -> None:
        self.pid = process.pid
        self.child_pid = child_pid
        self._process = process
        self._lock = threading.Lock()
        self._code: int | None = None

    def poll(self) -> int | None:
        """The child's return code, or None while it runs."""
        with self._lock:
            if self._code is None and self._process.poll() is not None:
                self._code = self._last_word()
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Waits until the child and its guardian have ended.

        Args:
            timeout: seconds; None waits for ever.

        Raises:
            TimeoutError: it still runs.
        """
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"process {self.child_pid} still runs after {timeout} s") from error
        code = self.poll()
        return LOST if code is None else code

    def terminate(self) -> None:
        """Asks the child's group to end (SIGTERM); it is killed after the grace period. Returns at once."""
        self._say(b"terminate\n")

    def kill(self) -> None:
        """Kills the child's group at once (SIGKILL)."""
        self._say(b"kill\n")

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the child and waits for it."""
        self.terminate()
        self.wait()

    def _say(self, command: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - made with a pipe by `spawn`
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(command)
            self._process.stdin.flush()

    def _last_word(self) -> int:
        """The code that the guardian wrote; without one it was killed, and the child with it."""
        assert self._process.stdout is not None  # noqa: S101 - made with a pipe by `spawn`
        assert self._process.stdin is not None  # noqa: S101 - same
        line = self._process.stdout.readline().strip()
        self._process.stdout.close()
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        return int(line) if line else LOST


def spawn(  # noqa: PLR0913 - each is independent of the others
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log_path: Path,
    user: tuple[int, int] | None = None,
    grace_seconds: float = 10.0,
    stdin: bytes | None = None,
    pid_path: Path | None = None,
) -> Guarded:
    """Starts a command under a guardian.

    Args:
        command: program and arguments.
        env: its whole environment; this process's own when None.
        cwd: where it starts.
        log_path: takes its output; what the last run wrote is kept beside it as `….1`.
        user: user and group id to run as; only root can.
        grace_seconds: from SIGTERM to SIGKILL.
        stdin: what it reads first; its input stays open as long as the guardian lives. No input when None.
        pid_path: a file that names the processes while they live, for `deploy.stale`.

    Raises:
        OSError: the command cannot be started.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    if log_path.exists():
        log_path.replace(log_path.with_name(log_path.name + ".1"))
    wish = {
        "command": list(command),
        "env": dict(os.environ if env is None else env),
        "cwd": None if cwd is None else str(cwd),
        "log": str(log_path),
        "user": user,
        "grace": grace_seconds,
        "stdin": None if stdin is None else base64.b64encode(stdin).decode(),
        "pid_path": None if pid_path is None else str(pid_path),
    }
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and this file
        [sys.executable, "-I", "-S", "-u", str(Path(__file__).resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    assert process.stdin is not None  # noqa: S101 - made with pipes above
    assert process.stdout is not None  # noqa: S101 - same
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(wish).encode() + b"\n")
        process.stdin.flush()
    answer = process.stdout.readline().decode().strip()
    if answer.isdigit():
        return Guarded(process, int(answer))
    process.stdin.close()
    process.stdout.close()
    process.wait()
    raise OSError(answer or "the guardian ended before its child was started")


# From here on: what runs inside the guardian.


def _die_with(parent: int) -> None:
    """Runs in the child before its program: the kernel is to kill it when the guardian dies."""
    for number in (signal.SIGINT, signal.SIGHUP):  # Ignored signals would stay so in the child.
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # It died before the line above.
            os._exit(FAILED_TO_START)


def _start(wish: dict[str, Any]) -> "subprocess.Popen[bytes]":
    me = os.getpid()
    user = wish["user"]
    with Path(wish["log"]).open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - the launcher's wish  # pylint: disable=subprocess-popen-preexec-fn
            wish["command"],
            stdin=subprocess.DEVNULL if wish["stdin"] is None else subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=wish["env"],
            cwd=wish["cwd"],
            process_group=0,
            preexec_fn=lambda: _die_with(me),  # noqa: PLW1509 - this process has one thread
            **({} if user is None else {"user": user[0], "group": user[1], "extra_groups": []}),
        )
    if child.stdin is not None and wish["stdin"] is not None:
        child.stdin.write(base64.b64decode(wish["stdin"]))
        child.stdin.flush()
    return child


def _signal_group(child: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _watch(child: "subprocess.Popen[bytes]", orders: int, wake: int, grace: float) -> int:
    """Returns the child's code once it has ended, by itself, by an order, or because the launcher is gone."""
    sources: list[int] = [orders, wake]
    deadline: float | None = None
    while (code := child.poll()) is None:
        patience = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select(sources, [], [], patience)
        order = b""
        if wake in ready and signal.SIGTERM in os.read(wake, 64):
            order = b"terminate"
        if orders in ready:
            order = os.read(orders, 64)
            if not order:
                sources.remove(orders)
                order = b"terminate"
        if b"kill" in order or (deadline is not None and time.monotonic() >= deadline):
            _signal_group(child, signal.SIGKILL)
            deadline = time.monotonic() + KILL_AGAIN_SECONDS
        elif order and deadline is None:
            deadline = time.monotonic() + grace
            _signal_group(child, signal.SIGTERM)
    return code


def main() -> int:
    """Reads the launcher's wish, starts the child, says its pid, watches it, says its return code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    orders = sys.stdin.fileno()  # No buffer above it: what is left to read is what `select` sees.
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(orders, 1 << 16)
        if not part:
            return FAILED_TO_START
        line += part
    wish = json.loads(line)
    try:
        child = _start(wish)
    except (OSError, subprocess.SubprocessError) as error:
        _tell(f"{wish['command'][0]} cannot be started: {error}")
        return FAILED_TO_START
    pid_path = None if wish["pid_path"] is None else Path(wish["pid_path"])
    if pid_path is not None:
        with contextlib.suppress(OSError):  # A full disk must not stop the watch.
            pid_path.write_text(json.dumps({"guardian": os.getpid(), "child": child.pid}), encoding="utf-8")
    _tell(str(child.pid))
    code = _watch(child, orders, wake, wish["grace"])
    _signal_group(child, signal.SIGKILL)  # What the child may have left in its group.
    if pid_path is not None:
        pid_path.unlink(missing_ok=True)
    _tell(str(code))
    return 0


def _tell(line: str) -> None:
    with contextlib.suppress(OSError):  # The launcher is gone.
        os.write(sys.stdout.fileno(), line.replace("\n", " ").encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
